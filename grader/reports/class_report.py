"""The class report: one HTML page that needs no other file, made from the resume log of the last grading. No names unless asked.

Nothing is graded or executed here. The template escapes everything, so nothing that a learner could have chosen (names,
sentences, misconceptions) becomes HTML; the page has no script and forbids itself to load any.
"""

import base64
import io
import os
import pathlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import jinja2
import numpy as np

from grader.authoring.exercise import load_exercise
from grader.authoring.notebooks import write_text
from grader.authoring.question import Question
from grader.grading.hand_ins import where_it_should_be
from grader.grading.resume_log import ResumeLog
from grader.grading.run import NEEDS_REVIEW, RESUME_LOG, WITHDRAWN, Row
from grader.nbgrader_bridge.assignments import find_assignment, is_own
from grader.nbgrader_bridge.gradebook import source_folder, submitted_folder, working_folder
from grader.nbgrader_bridge.roster import Person, match, of_section, read_roster, sections_of
from grader.reports.export import read_students
from grader.reports.item_analysis import QuestionStatistics, analyse
from grader.reports.learning import latest_records, learning
from holdout import paths
from holdout.errors import CourseError
from holdout.register import read_course

TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(pathlib.Path(__file__).parent),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def rows_of(root: str | os.PathLike, exercise: str) -> list[Row]:
    """The last row of every submission of an exercise, by student; of one that is no longer there, with a sentence that says so.

    Raises
    ------
    CourseError
        If nothing has been graded yet.
    """
    root = pathlib.Path(root)
    with ResumeLog(working_folder(root) / RESUME_LOG) as log:
        rows = [Row.from_dict(row) for row in log.rows(exercise)]
    submitted = submitted_folder(root)
    rows = [row if row.key == WITHDRAWN else _still_there(submitted, row) for row in rows]
    if not rows:
        raise CourseError(f"no submission of {exercise} has been graded yet; run `holdout grade` first")
    return rows


def _still_there(submitted, row):
    gone = where_it_should_be(submitted, row.exercise, row.student)
    if not gone:
        return row
    sentence = f"{gone} Its grade is of an earlier hand-in: run `holdout grade {row.exercise[:2]}`, which takes it back."
    return replace(row, outcome=NEEDS_REVIEW, sentence=sentence, questions=[])


def report(
    root: str | os.PathLike | None = None,
    exercise: str = "01",
    *,
    names: bool = False,
    roster: str | os.PathLike | None = None,
    section: str | None = None,
) -> pathlib.Path:
    """Write the report of a class.

    Parameters
    ----------
    root : path, optional
    exercise : str
        Name or number.
    names : bool
        Whether learners are named; numbers stand for them otherwise.
    roster : path, optional
        The platform's list of people (see :mod:`grader.nbgrader_bridge.roster`): the report then compares its sections.
    section : str, optional
        Only the learners of this section of the roster.

    Returns
    -------
    pathlib.Path
        ``classroom/reports/<exercise>.html``; of one section ``<exercise>-<section>.html``.

    Raises
    ------
    CourseError
        If nothing has been graded yet, or nothing of this section.
    RosterError
        If the roster cannot be read, or nobody is in the section.
    """
    root = pathlib.Path(root or paths.find_root()).resolve()
    name = find_assignment(exercise, root, source_folder(root))
    rows, sections = rows_of(root, name), None
    if section and roster is None:
        raise CourseError(
            "sections stand in the roster; give the platform's own list of people with --roster"
        )
    if roster is not None:
        everybody = read_roster(roster)
        people = match(read_students(root), everybody).people
        if section:
            chosen = {id(person) for person in of_section(everybody, section)}
            rows = [row for row in rows if id(people.get(row.student)) in chosen]
            if not rows:
                raise CourseError(f"nobody of the section {section!r} has handed in {name}")
        sections = by_section(rows, everybody, people)
    suffix = "-" + re.sub(r"[^\w.-]+", "-", section).strip("-.") if section else ""
    path = working_folder(root) / "reports" / f"{name}{suffix}.html"
    questions = load_exercise(name, root).questions if is_own(root, name) else []
    learned = _learned(root, rows, names)
    write_text(render(name, rows, questions, names=names, sections=sections, learned=learned), path)
    return path


def _learned(root: pathlib.Path, rows: Sequence[Row], names: bool) -> dict | None:
    """What the records say that these learners have handed in; None without any."""
    records, unreadable = latest_records(submitted_folder(root), [row.student for row in rows])
    if not records and not unreadable:
        return None
    numbers = {row.student: number for number, row in enumerate(rows, 1)}
    listed = [
        {"who": one.student if names else f"submission {numbers[one.student]}", "why": one.why}
        for one in unreadable
    ]
    return learning(records, read_course(root)) | {"unreadable": listed}


def by_section(rows: Sequence[Row], roster: Sequence[Person], people: Mapping[str, Person]) -> list[dict]:
    """How the sections of a roster did.

    Parameters
    ----------
    rows : sequence of Row
    roster : sequence of Person
    people : Mapping of str to Person
        Who each learner is.

    Returns
    -------
    list of dict
        ``name``, ``people`` on the roster, ``submissions``, ``median`` of the automatic points (None without submissions), ``reviews``,
        ``waiting``; by name, and at the end those in no section and those who are not on the roster. Who is in several sections counts in each.
    """
    made = []
    names: dict[str, str] = {}
    for name in (name for person in roster for name in sections_of(person)):
        names.setdefault(name.casefold(), name)
    groups: list[tuple[str, int, Any]] = [
        (
            name,
            sum(_is_in(person, key) for person in roster),
            lambda who, key=key: who is not None and _is_in(who, key),
        )
        for key, name in sorted(names.items())
    ]
    nowhere = sum(not sections_of(person) for person in roster)
    groups += [
        ("in no section", nowhere, lambda who: who is not None and not sections_of(who)),
        ("not on the roster", 0, lambda who: who is None),
    ]
    for name, count, belongs in groups:
        theirs = [row for row in rows if belongs(people.get(row.student))]
        if not theirs and name in ("in no section", "not on the roster"):
            continue
        earned = automatic_points(theirs)
        made.append(
            {
                "name": name,
                "people": count or None,
                "submissions": len(theirs),
                "median": float(np.median(earned)) if earned else None,
                "reviews": sum(row.outcome == NEEDS_REVIEW for row in theirs),
                "waiting": sum(row.needs_manual_grade for row in theirs),
            }
        )
    return made


def _is_in(person, key):
    return key in {name.casefold() for name in sections_of(person)}


def automatic_points(rows: Sequence[Row]) -> list[float]:
    """Automatic points of every submission that was executed."""
    return [sum(one["share"] * one["points"] for one in row.questions) for row in rows if row.questions]


def render(
    exercise: str,
    rows: list[Row],
    questions: Sequence[Question] = (),
    *,
    names: bool = False,
    sections: Sequence[Mapping] | None = None,
    learned: Mapping | None = None,
) -> str:
    """The page as text.

    Parameters
    ----------
    exercise : str
    rows : list of Row
    questions : list of grader.authoring.question.Question
        For the objective of every question and why a wrong answer is tempting.
    names : bool
    sections : sequence of Mapping, optional
        As :func:`by_section` gives them; without them the page says nothing of sections.
    learned : Mapping, optional
        As :func:`grader.reports.learning.learning` gives it, with `unreadable` (list of `who` and `why`); without it the page says
        nothing of the learners' records.
    """
    items = analyse(rows)
    earned = automatic_points(rows)
    total = sum(item.points for item in items)
    levels = sorted({row.isolation for row in rows if row.isolation}) or ["nothing was executed"]
    reviews = [
        {
            "who": row.student if names else f"submission {number}",
            "score": row.score,
            "max_score": row.max_score,
            "why": row.sentence if names else without_file_names(row.sentence),
        }
        for number, row in enumerate(rows, 1)
        if row.outcome == NEEDS_REVIEW
    ]
    noted = [
        {
            "who": row.student if names else f"submission {number}",
            "notes": row.notes if names else [without_file_names(note) for note in row.notes],
        }
        for number, row in enumerate(rows, 1)
        if row.notes
    ]
    distribution = difficulty = None
    if earned:
        distribution = _figure(_draw_distribution(earned, total), _describe_distribution(earned, total))
    if items:
        difficulty = _figure(_draw_difficulty(items), _describe_difficulty(items))
    return TEMPLATES.get_template("class_report.html.jinja").render(
        exercise=exercise,
        summary=_summary(rows, earned, total, len(reviews)),
        isolation=", ".join(levels),
        distribution=distribution,
        difficulty=difficulty,
        items=items,
        objectives={item.question: "" for item in items} | {one.id: one.objective for one in questions},
        misconceptions=_misconceptions(items, questions),
        reviews=reviews,
        noted=noted,
        rows=rows,
        names=names,
        sections=sections,
        learned=learned,
        total=total,
    )


def _summary(rows: list[Row], earned: list[float], total: float, reviews: int) -> str:
    if not earned:
        return f"{len(rows)} submissions, none of which could be executed."
    waiting = sum(row.needs_manual_grade for row in rows)
    spread = f"from {min(earned):.1f} to {max(earned):.1f}"
    late = [row.penalty for row in rows if row.penalty]
    penalties = f" {len(late)} are late, with {sum(late):g} points taken off together." if late else ""
    return (
        f"{len(rows)} submissions. Median {np.median(earned):.1f} of {total:g} automatic points ({spread}). "
        f"{reviews} need review; {waiting} wait for points by hand.{penalties}"
    )


def _misconceptions(items: list[QuestionStatistics], questions: Sequence[Question]) -> list[dict]:
    """One row per question and kind of wrong answer, the most frequent first."""
    reasons = {(one.id, wrong.name): wrong.why for one in questions for wrong in one.wrong_answers}
    rows = []
    for item in items:
        about = {"question": item.question, "answers": item.answers}
        for name, count in item.misconceptions:
            why = reasons.get((item.question, name), "")
            rows.append({**about, "count": count, "name": name, "why": why})
        if item.crashed:
            name = "(an error, or more time than there is: nothing was returned)"
            rows.append({**about, "count": item.crashed, "name": name, "why": ""})
        if item.unexplained:
            name = "something that no known wrong answer does"
            rows.append({**about, "count": item.unexplained, "name": name, "why": ""})
    return rows


def without_file_names(sentence: str) -> str:
    """A sentence with an ellipsis in place of every file name, which may be a person's name."""
    parts = sentence.split("“")
    return parts[0] + "".join("“…”" + part.partition("”")[2] for part in parts[1:])


# ---------------------------------------------------------------------------------------------- figures


def _figure(figure: Any, alt: str) -> dict[str, str]:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=144, metadata={"Software": None})
    return {"png": base64.b64encode(buffer.getvalue()).decode("ascii"), "alt": alt}


def _new_figure(height: float) -> tuple:
    from matplotlib.figure import Figure

    from holdout.figures.style import use

    use()
    figure = Figure(figsize=(7.5, height), layout="constrained")
    return figure, figure.subplots()


def score_bins(earned: Sequence[float], total: float) -> tuple[np.ndarray, np.ndarray]:
    """Counts of learners by automatic points, in ten equal bins from 0 to all points.

    Returns
    -------
    counts, edges : arrays
    """
    return np.histogram(earned, bins=10, range=(0.0, max(total, 1e-9)))


def _draw_distribution(earned, total):
    from holdout.figures.style import COLORS

    figure, ax = _new_figure(2.8)
    counts, edges = score_bins(earned, total)
    ax.bar(edges[:-1], counts, width=np.diff(edges), align="edge", color=COLORS["accent"], edgecolor="white")
    ax.set(xlabel=f"automatic points (of {total:g})", ylabel="submissions")
    ax.yaxis.get_major_locator().set_params(integer=True)
    return figure


def _describe_distribution(earned, total):
    counts, edges = score_bins(earned, total)
    parts = [
        f"{n} from {a:.1f} to {b:.1f}" for n, a, b in zip(counts, edges[:-1], edges[1:], strict=True) if n
    ]
    return f"Histogram of the automatic points of {len(earned)} submissions: " + ", ".join(parts) + "."


def _draw_difficulty(items):
    from holdout.figures.style import COLORS

    figure, ax = _new_figure(0.9 + 0.36 * len(items))
    positions = np.arange(len(items))[::-1]
    ax.barh(positions, [item.difficulty for item in items], color=COLORS["accent"], height=0.66)
    for position, item in zip(positions, items, strict=True):
        ax.text(min(item.difficulty, 0.93) + 0.01, position, f"{item.difficulty:.0%}", va="center")
    ax.set(xlim=(0, 1), xlabel="mean share of the points")
    ax.set_yticks(positions, [item.question for item in items])
    return figure


def _describe_difficulty(items):
    return (
        "Mean share of the points by question: "
        + ", ".join(f"{i.question} {i.difficulty:.0%}" for i in items)
        + "."
    )
