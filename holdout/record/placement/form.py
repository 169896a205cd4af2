"""The placement as a widget: one item after the other, by mouse or keyboard, and the result when all are answered.

Not for what follows from the answers (`scoring`, `results`).
"""

from __future__ import annotations

import base64
import contextlib
import html
import io

from holdout.markup import markup
from holdout.record import progress
from holdout.record.cell_widget import CellWidget, buttons, field, words
from holdout.record.placement import KIND, results, scoring
from holdout.record.placement.item import UNKNOWN, Item
from holdout.record.placement.items import form_items
from holdout.record.placement.misconceptions import MISCONCEPTIONS
from holdout.register import Course, read_course

_LETTERS = "abcdefghij"
NAMES = {"A": "placement", "B": "final", "R": "reviewer"}
"""What the forms are called, and the notebooks that ask them."""


def place(form: str = "A") -> Form:
    """Ask the items of a form; as the last line of a cell it shows itself.

    Parameters
    ----------
    form : {"A", "B", "R"}
        "A" before the course, "B" after it; "R" the cases of the reviewer's path.

    Returns
    -------
    Form

    Raises
    ------
    holdout.errors.InvalidValue
        If there is no such form.

    Examples
    --------
    >>> place("A").items[0].id
    'A.01.1'
    """
    return Form(form)


class Form(CellWidget):
    """The items of one form, what was answered, and the result. Made by `place`.

    Nothing about right or wrong is shown before every item is answered. The first answer to an item counts.
    """

    def __init__(self, form: str, course: Course | None = None):
        self.form = form
        self.items = form_items(form)
        self._course = read_course() if course is None else course
        self._problem = ""
        self.given: dict[str, str | float] = {}
        self.seed = 0
        with self._noting_problems():
            entries = progress.read_with_gaps()[0]
            self.given = {key: value for key, value in results.answers(entries).items()}
            self.seed = results.learner_seed()
        self._said = self._problem

    @contextlib.contextmanager
    def _noting_problems(self):
        try:
            yield
        except progress.ProgressError as error:
            self._problem = str(error)

    @property
    def item(self) -> Item | None:
        """The first item that is not answered; None when all are."""
        return next((item for item in self.items if item.id not in self.given), None)

    def options(self, item: Item) -> list[tuple[str, int]]:
        """The answers that a choice or a line offers: as the learner sees them, and as they are read."""
        if item.kind == "choice":
            shuffled = results.order(item, self.seed)
            return [
                (markup(f"{_LETTERS[place]}) {item.text(item.options[which].text)}"), which)
                for place, which in enumerate(shuffled)
            ]
        return [(f"line {number}", number) for number in range(1, len(item.lines) + 1)]

    def answer(self, answer: object) -> str:
        """Answer the item that is asked now; `"?"` for "I do not know". For those who have no buttons.

        Parameters
        ----------
        answer : str or number
            A letter, a number, or the number of a line.

        Returns
        -------
        str
            That it is recorded.

        Raises
        ------
        holdout.errors.InvalidValue
            If it cannot be read; nothing is recorded then.
        """
        item = self.item
        if item is None:
            return "Every item is answered."
        if isinstance(answer, str) and item.kind == "choice" and answer != UNKNOWN:
            letter = answer.strip().rstrip(")").lower()
            if len(letter) == 1 and letter in _LETTERS[: len(item.options)]:
                answer = self.options(item)[_LETTERS.index(letter)][1]
        value = item.read(answer)
        with self._noting_problems():
            progress.record(KIND, item=item.id, answer=value)
        self.given[item.id] = value
        done = sum(each.id in self.given for each in self.items)
        return f"Recorded: item {done} of {len(self.items)}."

    # -- words

    def _question(self, item: Item) -> str:
        number = self.items.index(item) + 1
        return f"Item {number} of {len(self.items)}"

    def __repr__(self) -> str:
        item = self.item
        if item is None:
            return self.result_text()
        lines = [f"{NAMES[self.form].capitalize()}. {self._question(item)}", item.text(item.stem)]
        if item.kind == "choice":
            lines += [f"  {label}" for label, _ in self.options(item)]
        elif item.kind == "line":
            lines += [f"  {number}  {line}" for number, line in enumerate(item.lines, 1)]
        else:
            lines += [f"  A number of {item.unit}."] + ([item.text(item.alt)] if item.alt else [])
        lines.append(
            'Without buttons: form = place(), then form.answer("b"), a number, or "?" for: I do not know.'
        )
        return "\n".join([*lines, self._problem] if self._problem else lines)

    def result_text(self) -> str:
        """The result in sentences; empty before every item is answered."""
        if self.item is not None:
            return ""
        if self.form == "R":
            own = scoring.score(self.items, self.given)
            return f"Reviewer's cases: {own.right} of {own.items} right (95% interval {own.low:.0%} to {own.high:.0%})."
        found = results.state(
            [{"kind": KIND, "item": key, "answer": value} for key, value in self.given.items()]
        )
        return "" if found is None else results.describe(found)

    def result_html(self) -> str:
        """The result as HTML: score, what to skip, where to begin, misconceptions, and every item with what its answer earns."""
        if self.item is not None:
            return ""
        entries = [{"kind": KIND, "item": key, "answer": value} for key, value in self.given.items()]
        found = results.state(entries)
        own = scoring.score(self.items, self.given)
        parts = [
            f"<p><strong>{own.right} of {own.items} right</strong> (95% interval {own.low:.0%} to {own.high:.0%}).</p>"
        ]
        if self.form == "R" or found is None:
            parts.append("<p>These cases are those of the reviewer's path; they decide no grade.</p>")
        elif self.form == "A":
            parts.append(self._advice(found))
        elif found["gain"]:
            parts.append(f"<p>{html.escape(results.describe_gain(found['gain']))}</p>")
        else:
            parts.append("<p>The placement was not answered, so there is nothing to compare with.</p>")
        shown = scoring.misconceptions(self.items, self.given)
        if shown:
            listed = "".join(
                f"<li>{html.escape(MISCONCEPTIONS[name])} (item {', '.join(self._number(id) for id in ids)}).</li>"
                for name, ids in shown.items()
            )
            parts.append(f"<p>Your wrong answers are those of somebody who</p><ul>{listed}</ul>")
        rows = "".join(self._row(item, found) for item in self.items)
        before = '<th scope="col">placement</th>' if self.form == "B" and found and found["gain"] else ""
        head = f'<th scope="col">item</th><th scope="col">lesson</th>{before}<th scope="col">yours</th><th scope="col">why</th>'
        parts.append(
            f"<table class='holdout-steps'><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )
        return "".join(parts)

    def _number(self, id: str) -> str:
        return str([item.id for item in self.items].index(id) + 1)

    def _advice(self, found: dict) -> str:
        names = {lesson.number: lesson for lesson in self._course.lessons}
        may = [f"{number} {names[number].title}" for number in found["skip"] if number in names]
        needed = scoring.needed_to_skip(self.items)
        chance = scoring.chance_of_guessing(self.items, needed)
        skip = (
            f"You may skip the core of: {'; '.join(may)}." if may else "No core is recommended to be skipped."
        )
        first = next((lesson for lesson in self._course.lessons if lesson.number not in found["skip"]), None)
        begin = f" Begin with lesson {first.number}, {first.title}." if first else ""
        path = self._course.path(found["path"])
        follow = (
            f" By your answers the path “{path.title}” fits best; your work decides first. Choose a path on the start page."
            if path
            else ""
        )
        return (
            f"<p>{html.escape(skip + begin + follow)}</p><p><small>A core may be skipped if all items of its lesson are right and at "
            f"least {needed} items in all, which guessing reaches with probability {chance:.1%}. Where a lesson has one item, somebody "
            "who knows the rest and guesses this one is told to skip it once in four times or less. It is advice: every "
            "lesson stays open.</small></p>"
        )

    def _row(self, item: Item, found: dict | None) -> str:
        answer = self.given[item.id]
        mark = "right" if item.is_right(answer) else "not known" if answer == UNKNOWN else "wrong"
        before = ""
        if self.form == "B" and found and found["gain"]:
            row = next(row for row in found["items"] if row["family"] == item.family)
            before = f"<td>{'right' if row['before'] else 'wrong'}</td>"
        return (
            f'<tr><th scope="row">{self._number(item.id)}</th><td>{item.lesson}</td>{before}<td>{mark}</td>'
            f"<td>{markup(item.explain(answer))}</td></tr>"
        )

    # -- the form

    _classes = ("holdout-placement",)

    def _parts(self) -> list[dict]:
        item, name = self.item, NAMES[self.form].capitalize()
        if item is None:
            head = f"<div><strong>{name}</strong> · all {len(self.items)} items are answered</div>"
            return [words(head)]
        options = [list(option) for option in self.options(item)]
        if item.kind == "choice":
            asked = field("choice", "answer", "Your answer", options=options)
        elif item.kind == "line":
            asked = field("list", "answer", "Your answer", options=[["choose a line", None], *options])
        else:
            asked = field("text", "answer", f"Your answer ({item.unit})", placeholder="a number")
        head = f"<div><strong>{name}</strong> · {self._question(item)}</div><div>{markup(item.text(item.stem))}</div>"
        return [
            words(head + _code(item) + _picture(item)),
            asked,
            buttons("commit", commit="Commit and go on", unknown="I do not know"),
        ]

    def _result(self) -> str:
        return self.result_html()

    def _pressed(self, name: str, values: dict) -> None:
        answer = UNKNOWN if name == "unknown" else values["answer"]
        if answer in (None, ""):
            self._show("Nothing is recorded yet: choose your answer first, or say that you do not know.")
            return
        try:
            text = self.answer(answer)
        except ValueError as error:
            self._show(f"Nothing is recorded yet. {error}")
            return
        self._show(" ".join(filter(None, [text, self._problem])))


def _code(item: Item) -> str:
    if item.kind != "line":
        return ""
    lines = "\n".join(f"{number}  {html.escape(line)}" for number, line in enumerate(item.lines, 1))
    return f"<pre tabindex='0' aria-label='Code with {len(item.lines)} numbered lines'>{lines}</pre>"


def _picture(item: Item) -> str:
    if item.figure is None:
        return ""
    stream = io.BytesIO()
    item.figure(item.values).savefig(stream, format="png", dpi=120)
    data = base64.b64encode(stream.getvalue()).decode("ascii")
    return f'<img alt="{html.escape(item.text(item.alt))}" src="data:image/png;base64,{data}" style="max-width:100%;width:37em">'
