"""The portfolio as one HTML page: self-contained, printable, accessible. Not for collecting: it is given what to show.

``page.html.jinja`` holds the page and its sentences, ``page.css`` its style; this module prepares what they show. The
template escapes everything that a learner (or somebody with access to the learner's files) could have written. The page
has no script and forbids itself to load anything.
"""

from __future__ import annotations

import base64
import io
import math
import pathlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import jinja2

from holdout.markup import without_markup
from holdout.record.artefacts import KeptArtefact
from holdout.record.calibration_chart import describe_calibration, draw_calibration
from holdout.record.placement.results import describe_gain
from holdout.record.portfolio import numbers
from holdout.record.portfolio.front import Front
from holdout.record.portfolio.prose import prose
from holdout.record.self_calibration import NEEDED, brier, percent
from holdout.register import Course, Lesson, read_course
from holdout.stats.intervals import wilson_interval

if TYPE_CHECKING:
    import pandas as pd

# characters of a memo in the overview
SHORTEST_BEGINNING, LONGEST_BEGINNING = 60, 180
# of a table: the page is for people and is no data set
ROWS, COLUMNS = 60, 14
# the same code on the same machine gives the same number up to the order of summation
RELATIVE, ABSOLUTE = 1e-6, 1e-9


@dataclass(frozen=True)
class State:
    """Whether a number came out again: a sign, its words for those who do not see it, and its class in the style sheet."""

    sign: str
    words: str
    role: str

    def __str__(self) -> str:
        return f"{self.sign} {self.words}"


CONFIRMED = State("✓", "computed again", "ok")
DIFFERENT = State("≠", "different when computed again", "bad")
UNCONFIRMED = State("○", "not confirmed", "open")


@dataclass(frozen=True)
class Entry:
    """An artefact and what came out when its notebook was run again.

    Parameters
    ----------
    artefact : KeptArtefact
    again : KeptArtefact or None
    reason : str
        Why there is no second one.
    """

    artefact: KeptArtefact
    again: KeptArtefact | None = None
    reason: str = ""


@dataclass(frozen=True)
class Memo:
    """What a learner has written for people.

    Parameters
    ----------
    exercise : str
    text : str
        Markdown (see `holdout.record.portfolio.prose`).
    task : str
        What was asked.
    """

    exercise: str
    text: str
    task: str = ""

    @property
    def number(self) -> str:
        """Number of the exercise."""
        return self.exercise[:2]

    @property
    def beginning(self) -> str:
        """How the memo begins: whole sentences until they say something, cut at a word where they are long."""
        line = without_markup(" ".join(self.text.split()).lstrip("#").strip().replace("**", ""))
        begins = ""
        for sentence in re.split(r"(?<=[a-z)%][.!?])\s", line):
            begins = f"{begins} {sentence}".strip()
            if len(begins) >= SHORTEST_BEGINNING:
                break
        return (
            begins
            if len(begins) <= LONGEST_BEGINNING
            else begins[:LONGEST_BEGINNING].rsplit(" ", 1)[0] + " …"
        )


@dataclass(frozen=True)
class Page:
    """The page and how many of its numbers were confirmed.

    Parameters
    ----------
    html : str
    counts : dict of str to int
        ``numbers``, ``confirmed``, ``different``, ``unconfirmed``.
    """

    html: str
    counts: dict[str, int]


def render(
    entries: Sequence[Entry],
    missing: Sequence[tuple[str, str]],
    memos: Sequence[Memo],
    records: Sequence[dict],
    summary: dict,
    *,
    sentences: Mapping[str, str] | None = None,
    name: str = "",
    absent: Sequence[str] = (),
    course: Course | None = None,
    today: datetime | None = None,
    front: Front | None = None,
    public: bool = False,
) -> Page:
    """Make the page.

    Parameters
    ----------
    entries : sequence of Entry
    missing : sequence of (exercise, name)
        Artefacts that the course's exercises ask for and that are not there.
    memos : sequence of Memo
    records : sequence of dict
        Predictions, as ``progress.prediction_records`` gives them.
    summary : dict
        As ``summary.summary`` gives it.
    sentences : mapping of str to str, optional
        By the number of the exercise, what the learner would say in a review, in the learner's own words.
    name : str
        Of the learner.
    absent : sequence of str
        Numbers of lessons that have no exercise in this copy of the course.
    course : Course, optional
        Titles, and what artefacts are; read from the register by default.
    today : datetime, optional
    front : Front, optional
        What stands on the first page.
    public : bool
        Whether the page says that it leaves out the answers of exercises. Leaving them out is the caller's task.

    Returns
    -------
    Page
    """
    course = read_course() if course is None else course
    sentences = sentences or {}
    shown: dict[str, list[ShownArtefact]] = {
        number: []
        for number in sorted(
            {e.artefact.exercise for e in entries} | {m.number for m in memos} | set(sentences)
        )
    }
    for entry in entries:
        shown[entry.artefact.exercise].append(_artefact(entry, course.lesson(entry.artefact.exercise)))
    sections = [
        Section(
            number,
            course.lesson(number),
            artefacts,
            [memo for memo in memos if memo.number == number],
            sentences.get(number, ""),
        )
        for number, artefacts in shown.items()
    ]
    states = [
        kept.state for section in sections for artefact in section.artefacts for kept in artefact.numbers
    ]
    counts = {
        "numbers": len(states),
        "confirmed": states.count(CONFIRMED),
        "different": states.count(DIFFERENT),
        "unconfirmed": states.count(UNCONFIRMED),
    }
    html = _template().render(
        name=name,
        day=(today or datetime.now(UTC)).date().isoformat(),
        artefacts=len(entries),
        memos=len(memos),
        passed=summary["checks_passed"],
        checks=sum(row["checks_total"] or 0 for row in summary["lessons"]),
        core_passed=sum(row["core_passed"] for row in summary["lessons"]),
        core=sum(row["core_total"] for row in summary["lessons"]),
        counts=counts,
        sections=sections,
        calibration=_calibration(list(records)),
        gain=_gain(summary.get("placement"), course),
        missing=[f"{_title(exercise, course)}: {what}" for exercise, what in missing],
        absent=[_title(number, course) for number in absent],
        front=front or Front(),
        public=public,
        same_for_all=[
            f"{lesson.number} {artefact.name}"
            for lesson in course.lessons
            for artefact in lesson.artefacts
            if not artefact.drawn
        ],
        drawn=sum(bool(entry.artefact.learner) for entry in entries),
        confirmed=CONFIRMED,
        different=DIFFERENT,
        unconfirmed=UNCONFIRMED,
        relative=RELATIVE,
    )
    return Page(html, counts)


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(pathlib.Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "prose": prose}
    return environment.get_template("page.html.jinja")


def _gain(placed: dict | None, course: Course) -> dict | None:
    """The gain from placement to final, lesson by lesson; None until both are finished."""
    if not placed or not placed["gain"]:
        return None
    rows: dict[str, dict] = {}
    for item in placed["items"]:
        number = item["family"].split(".")[0]
        row = rows.setdefault(number, {"lesson": _title(number, course), "cases": 0, "before": 0, "after": 0})
        row["cases"] += 1
        row["before"] += bool(item["before"])
        row["after"] += bool(item["after"])
    return {"sentence": describe_gain(placed["gain"]), "rows": list(rows.values())}


def _title(exercise: str, course: Course) -> str:
    lesson = course.lesson(exercise[:2])
    return f"{lesson.number} · {lesson.title}" if lesson else exercise


# -- what the template shows


@dataclass(frozen=True)
class Section:
    """An exercise: what it was about, its artefacts, its memos, and the learner's own sentence."""

    number: str
    lesson: Lesson | None
    artefacts: list[ShownArtefact]
    memos: list[Memo]
    sentence: str

    @property
    def title(self) -> str:
        return self.lesson.title if self.lesson else f"Exercise {self.number}"

    @property
    def at_a_glance(self) -> list[ShownNumber]:
        """The first numbers of each artefact, three in all."""
        return [number for artefact in self.artefacts for number in artefact.numbers[:2]][:3]


@dataclass(frozen=True)
class ShownNumber:
    """A number as it was kept and as it was computed again."""

    label: str
    value: str
    again: str
    state: State


@dataclass(frozen=True)
class ShownTable:
    """The part of a table that is shown, as text."""

    head: list[str]
    corner: str | None
    """Heading of the row labels; None if the rows have none that say anything."""
    rows: list[tuple[str, list[str]]]
    """For each row its label and its cells."""
    is_number: list[bool]
    """For each column, whether it holds numbers."""
    cut: str


@dataclass(frozen=True)
class ShownArtefact:
    """An artefact as the template shows it."""

    kept: KeptArtefact
    description: str
    picture: str
    table: ShownTable | None
    table_state: State
    numbers: list[ShownNumber]
    reason: str


def _artefact(entry: Entry, lesson: Lesson | None) -> ShownArtefact:
    kept = entry.artefact
    registered = lesson.artefact(kept.name) if lesson else None
    return ShownArtefact(
        kept=kept,
        description=registered.description if registered else "",
        picture=_data_address(kept.figure) if kept.figure is not None else "",
        table=_table(kept.table) if kept.table is not None else None,
        table_state=_table_state(entry),
        numbers=_numbers(entry),
        reason=entry.reason,
    )


def _numbers(entry: Entry) -> list[ShownNumber]:
    shown = []
    for label, value in entry.artefact.numbers.items():
        again = entry.again.numbers.get(label) if entry.again else None
        if again is None:
            row = ShownNumber(label, numbers.number(value), "", UNCONFIRMED)
        elif math.isclose(value, again, rel_tol=RELATIVE, abs_tol=ABSOLUTE):
            row = ShownNumber(label, numbers.number(value), "", CONFIRMED)
        else:
            row = ShownNumber(label, numbers.exact_number(value), numbers.exact_number(again), DIFFERENT)
        shown.append(row)
    return shown


def _table_state(entry: Entry) -> State:
    if entry.again is None or entry.again.table is None or entry.artefact.table is None:
        return UNCONFIRMED
    return CONFIRMED if entry.artefact.table.equals(entry.again.table) else DIFFERENT


def _table(frame: pd.DataFrame) -> ShownTable:
    part = frame.iloc[:ROWS, :COLUMNS]
    columns = [list(part.iloc[:, position]) for position in range(part.shape[1])]
    is_number = [all(map(numbers.is_number, cells)) for cells in columns]
    columns = [
        numbers.column(cells) if numeric else cells for cells, numeric in zip(columns, is_number, strict=True)
    ]
    # the row numbers that pandas gives say nothing to a reader
    labelled = frame.index.name is not None or list(frame.index) != [str(row) for row in range(len(frame))]
    return ShownTable(
        head=[str(name) for name in part.columns],
        corner=str(frame.index.name or "") if labelled else None,
        rows=[(str(label), [cells[row] for cells in columns]) for row, label in enumerate(part.index)],
        is_number=is_number,
        cut=(
            f"The first {len(part)} of {len(frame)} rows and {len(part.columns)} of {len(frame.columns)} columns."
            if part.shape != frame.shape
            else ""
        ),
    )


def _data_address(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


@dataclass(frozen=True)
class ShownCalibration:
    """How well the learner's confidence agrees with how often the learner was right."""

    predictions: int
    needed: int = NEEDED
    sure: float = math.nan
    right: float = math.nan
    enough: bool = False
    interval: tuple[float, float] = (math.nan, math.nan)
    brier: float = math.nan
    brier_interval: tuple[float, float] = (math.nan, math.nan)
    picture: str = ""
    alt: str = ""


def _calibration(records: list[dict]) -> ShownCalibration:
    scored = [record for record in records if record["correct"] is not None]
    if not scored:
        return ShownCalibration(0)
    right = sum(record["correct"] for record in scored)
    score = brier(records)
    margin = 1.96 * score.standard_error
    picture = ""
    if (figure := draw_calibration(records)) is not None:
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=144, metadata={"Software": None})
        picture = _data_address(buffer.getvalue())
    return ShownCalibration(
        predictions=len(scored),
        sure=sum(record["confidence"] for record in scored) / len(scored),
        right=right / len(scored),
        enough=score.enough,
        interval=wilson_interval(right, len(scored)),
        brier=score.score,
        brier_interval=(max(score.score - margin, 0), min(score.score + margin, 1)),
        picture=picture,
        alt=describe_calibration(records) if picture else "",
    )
