"""The widgets around a memo: grade four anchor memos first, then read the own memo by the same rubric."""

from __future__ import annotations

import contextlib
import html
import os
import pathlib
import re

from holdout.markup import markup
from holdout.record import progress
from holdout.record.cell_widget import CellWidget, buttons, field, words
from holdout.record.memos import ANCHORS, OWN
from holdout.record.memos.agreement import agreement, describe
from holdout.record.memos.anchor import KINDS, Anchor, first_grades, read_rubric
from holdout.record.memos.numbers_in import strangers

_TICK = "Tick the lines of the rubric that it earns."
_FIRST = " The points that the course gives, and why, come after the last memo."
_SWITCHED_OFF = "The memos are graded by you in your own notebook, with the record switched on."


def grade_memos(exercise: str) -> GradeMemos:
    """Grade four memos of other people with the rubric, before you write your own.

    Parameters
    ----------
    exercise : str
        Number of the exercise, such as ``"01"``.

    Returns
    -------
    GradeMemos
        As the last line of a cell it shows itself.
    """
    return GradeMemos(exercise)


def read_my_memo(exercise: str) -> ReadMyMemo:
    """Read your own memo by the same rubric, and see which of its numbers stand in none of your results.

    Parameters
    ----------
    exercise : str
        Number of the exercise, such as ``"01"``.

    Returns
    -------
    ReadMyMemo
        As the last line of a cell it shows itself.
    """
    return ReadMyMemo(exercise)


class _Reading(CellWidget):
    """A rubric with a box to tick for each line. Without a record (when graded, for example) it is one sentence."""

    _classes = ("holdout-memos",)

    def __init__(self, exercise: str):
        self.rubric = read_rubric(exercise)

    def _ipython_display_(self) -> None:
        if progress.record_folder() is None:
            print(_SWITCHED_OFF)
        else:
            super()._ipython_display_()

    @staticmethod
    @contextlib.contextmanager
    def _saying(problems: list[str]):
        try:
            yield
        except progress.ProgressError as error:
            problems.append(str(error))

    def _boxes(self) -> list[dict]:
        return [
            field("tick", str(place), markup(f"({place}) {line}"), False)
            for place, line in enumerate(self.rubric.lines, 1)
        ]

    def _ticked(self, values: dict) -> list[bool]:
        return [values[box["name"]] for box in self._boxes()]


class GradeMemos(_Reading):
    """Four anchor memos, one after the other; the agreement with the course when all are graded. Made by `grade_memos`."""

    def __init__(self, exercise: str):
        super().__init__(exercise)
        self.problems: list[str] = []
        self.given: dict[str, tuple[bool, ...]] = {}
        with self._saying(self.problems):
            self.given = first_grades(progress.read_with_gaps()[0], self.rubric)
        self._begun, self._said = False, " ".join(self.problems)

    @property
    def memo(self) -> Anchor | None:
        """The first memo that is not graded; None when all are."""
        return next((anchor for anchor in self.rubric.anchors if anchor.id not in self.given), None)

    def grade(self, *points: bool) -> str:
        """Grade the memo that is shown now. For those who have no boxes to tick.

        Parameters
        ----------
        *points : bool
            One for each line of the rubric.

        Returns
        -------
        str
            What to say: that it is recorded, or what is missing.
        """
        memo = self.memo
        if memo is None:
            return "All memos are graded."
        if len(points) != len(self.rubric.lines):
            return (
                f"Nothing is recorded yet: the rubric has {len(self.rubric.lines)} lines, not {len(points)}."
            )
        given = [bool(point) for point in points]
        with self._saying(self.problems):
            progress.record(ANCHORS, memo=memo.id, points=given)
        self.given[memo.id] = tuple(given)
        return f"Recorded: memo {len(self.given)} of {len(self.rubric.anchors)}, {sum(given)} of {len(given)} points."

    def __repr__(self) -> str:
        memo = self.memo
        if memo is None:
            return self.result_text()
        lines = [
            f"Memo {len(self.given) + 1} of {len(self.rubric.anchors)}: {self.rubric.question}",
            memo.text,
        ]
        lines += [f"  ({place}) {line}" for place, line in enumerate(self.rubric.lines, 1)]
        lines.append(
            f'Without boxes: memos = grade_memos("{self.rubric.exercise}"), then memos.grade(True, False, ...).'
        )
        return "\n".join(lines)

    def result_text(self) -> str:
        """The agreement in sentences; empty before every memo is graded."""
        if self.memo is not None:
            return ""
        own = [point for anchor in self.rubric.anchors for point in self.given[anchor.id]]
        course = [point for anchor in self.rubric.anchors for point in anchor.points]
        return describe(agreement(own, course))

    def result_html(self) -> str:
        """The agreement, and each memo with both gradings and the reasons; empty before every memo is graded."""
        if self.memo is not None:
            return ""
        parts = [f"<p>{html.escape(self.result_text())}</p>"]
        for anchor in self.rubric.anchors:
            rows = "".join(
                f'<tr><th scope="row">({place}) {markup(line)}</th><td>{_point(own)}</td><td>{_point(point)}</td>'
                f"<td>{'' if own == point else '<strong>differs.</strong> '}{markup(why)}</td></tr>"
                for place, (line, own, point, why) in enumerate(
                    zip(self.rubric.lines, self.given[anchor.id], anchor.points, anchor.why, strict=True), 1
                )
            )
            head = "".join(f'<th scope="col">{title}</th>' for title in ("line", "you", "course", "why"))
            parts.append(
                f"<p><strong>{html.escape(KINDS[anchor.kind].capitalize())}</strong>: {sum(anchor.points)} of "
                f"{len(anchor.points)} points.</p><blockquote>{markup(anchor.text)}</blockquote>"
                f"<table class='holdout-steps'><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
            )
        return "".join(parts)

    def _parts(self) -> list[dict]:
        memo = self.memo
        if memo is None:
            head = "<strong>Anchor memos</strong> · all are graded"
            return [words(head, focus=self._begun)]
        head = f"<strong>Before you write</strong> · memo {len(self.given) + 1} of {len(self.rubric.anchors)}"
        told = (
            f"<div>{head}</div><div>The question: <em>{markup(self.rubric.question)}</em></div>"
            f"<blockquote>{markup(memo.text)}</blockquote><div>{_TICK}{'' if self.given else _FIRST}</div>"
        )
        # the next memo begins at the head: who uses the keyboard reads on from there
        return [
            words(told, focus=self._begun),
            *self._boxes(),
            buttons("give", give="Give these points"),
        ]

    def _result(self) -> str:
        return self.result_html()

    def _pressed(self, name: str, values: dict) -> None:
        self._begun = True
        self._show(" ".join([self.grade(*self._ticked(values)), *self.problems]))


class ReadMyMemo(_Reading):
    """The learner's own memo by the same rubric, and its numbers beside the results. Made by `read_my_memo`."""

    def __init__(self, exercise: str):
        super().__init__(exercise)
        self.text = ""
        self.results: list[str] = []
        notebook = _own_notebook(exercise)
        if notebook is not None:
            self.text, self.results = _memo_and_results(notebook)

    def numbers_without_result(self) -> list[str]:
        """Numbers of the memo that are no rounding of a number in the outputs, the task, or what was kept."""
        from holdout.record.artefacts import read_kept

        folder = progress.record_folder()
        kept = [] if folder is None else read_kept(folder)
        exact = [
            value for one in kept if one.exercise == self.rubric.exercise for value in one.numbers.values()
        ]
        return strangers(self.text, self.results, exact)

    def says(self) -> str:
        """What can be said of the memo by machine."""
        if not self.text:
            return "Your memo is not there yet: write it into the cell above, save the notebook, and run this cell again."
        missing = self.numbers_without_result()
        words = f"Your memo as last saved has {len(self.text.split())} words."
        if not missing:
            return f"{words} Every number in it stands in your results or in the task."
        if len(missing) == 1:
            named, it, is_ = f"number {missing[0]}", "it", "it is"
        else:
            named, it, is_ = f"numbers {', '.join(missing[:-1])} and {missing[-1]}", "them", "they are"
        return (
            f"{words} No result of yours and no line of the task has the {named}: if you computed {it}, say from what; "
            f"if not, {is_} a reader's first question."
        )

    def grade(self, *points: bool) -> str:
        """Give your own memo points. For those who have no boxes to tick."""
        if not self.text:
            return f"Nothing is recorded yet. {self.says()}"
        if len(points) != len(self.rubric.lines):
            return (
                f"Nothing is recorded yet: the rubric has {len(self.rubric.lines)} lines, not {len(points)}."
            )
        given = [bool(point) for point in points]
        problems: list[str] = []
        with self._saying(problems):
            progress.record(OWN, memo=self.rubric.exercise, points=given)
        said = f"Recorded: {sum(given)} of {len(given)} points by your own reading."
        lost = [
            f"({place}) {line}" for place, line in enumerate(self.rubric.lines, 1) if not given[place - 1]
        ]
        if lost:
            said += f" What is left to write: {'; '.join(lost)}."
        return " ".join([said, *problems])

    def __repr__(self) -> str:
        lines = [f"  ({place}) {line}" for place, line in enumerate(self.rubric.lines, 1)]
        return "\n".join([self.says(), *lines])

    def _parts(self) -> list[dict]:
        head = "<div><strong>Your own memo</strong> · read it as you read the four</div>"
        tick = f"<div>{_TICK}</div>" if self.text else ""
        return [
            words(f"{head}<div>{html.escape(self.says())}</div>{tick}"),
            *self._boxes(),
            buttons("give", give="Give myself these points"),
        ]

    def _pressed(self, name: str, values: dict) -> None:
        self._show(self.grade(*self._ticked(values)))


def _point(given: bool) -> str:
    return "1" if given else "0"


def _own_notebook(exercise: str) -> pathlib.Path | None:
    """The learner's notebook: the kernel's own where the server names it, else the one of this number in the working folder."""
    named = pathlib.Path(os.environ.get("JPY_SESSION_NAME", ""))
    candidates = [named, *sorted(pathlib.Path.cwd().glob(f"{exercise}-*.ipynb"))]
    return next((path for path in candidates if path.suffix == ".ipynb" and path.is_file()), None)


def _memo_and_results(path: pathlib.Path) -> tuple[str, list[str]]:
    """The memo of a saved notebook; and the texts whose numbers count as results: outputs, and everything but the memo."""
    import nbformat

    from holdout.checks.run_checks import TEXT_STUB

    try:
        notebook = nbformat.read(path, as_version=4)
    except (OSError, ValueError):
        return "", []
    memo, results = "", []
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.metadata.get("nbgrader", {}).get("solution"):
            written = cell.source.strip()
            memo = "" if written == TEXT_STUB else written
        else:
            results.append(cell.source)
        for output in cell.get("outputs", []):
            results.append("".join(output.get("text", "")))
            data = output.get("data", {})
            results += [
                _plain(str(data.get(kind, ""))) for kind in ("text/plain", "text/html", "text/markdown")
            ]
    return memo, results


def _plain(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", " ", text))
