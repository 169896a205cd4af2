"""A form in which a learner labels texts by hand, twice: right or wrong, and what failed first. What is kept is in `labels`."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping, Sequence

from holdout.errors import InvalidValue
from holdout.record import progress
from holdout.record.cell_widget import CellWidget, buttons, field, words
from holdout.record.labels import LONGEST_NOTE, PASSES, read_labels, write_labels


class LabelForm(CellWidget):
    """Label items by mouse or keyboard; what was labelled is there again after a restart.

    The first pass shows the items in their order, the second in the reverse order and without the labels of the first.

    Parameters
    ----------
    name : str
        Of the set, as `holdout.record.labels` keeps it.
    items : mapping of str to sequence of (str, str)
        Key of an item to its parts, each with a heading, such as `("Question", "What is ...?")`.

    Attributes
    ----------
    labels : holdout.record.labels.Labels
    """

    def __init__(self, name: str, items: Mapping[str, Sequence[tuple[str, str]]]):
        if not items:
            raise InvalidValue(f"the set {name!r} has no item to label")
        self.name, self.items = name, dict(items)
        self.labels = read_labels(name)
        self._orders = {"first": list(self.items), "second": list(self.items)[::-1]}
        self._problem = ""
        self._place: tuple[str, int] = ("first", 0)
        self._to_next()
        self._said = self.state()

    @property
    def todo(self) -> dict[str, int]:
        """How many items of each pass have no label yet."""
        return {one: sum(key not in self.labels.right[one] for key in self.items) for one in PASSES}

    def label(self, key: str, right: bool, failed_first: str = "", *, of_pass: str = "first") -> str:
        """Label one item, without the buttons.

        Parameters
        ----------
        key : str
            Of an item.
        right : bool
        failed_first : str
            For a wrong one: what went wrong first, in a few words.
        of_pass : str
            "first" or "second".

        Returns
        -------
        str
            What to say.

        Raises
        ------
        InvalidValue
            If there is no such item or pass, or the label is not True or False.
        """
        if key not in self.items:
            raise InvalidValue(f"there is no item {key!r} here; the first is {next(iter(self.items))!r}")
        if of_pass not in PASSES:
            raise InvalidValue(f"the passes are called {' and '.join(PASSES)}; got {of_pass!r}")
        if right is not True and right is not False:
            raise InvalidValue(f"a label is True (right) or False (wrong), not {right!r}")
        self._take_over_the_others()
        self.labels.right[of_pass][key] = right
        if of_pass == "first":
            self.labels.failures.pop(key, None)
            note = " ".join(failed_first.split())[:LONGEST_NOTE]
            if note and not right:
                self.labels.failures[key] = note
        try:
            kept = write_labels(self.name, self.labels)
            self._problem = "" if kept else "Recording is switched off: these labels end with this session."
        except progress.ProgressError as error:
            self._problem = str(error)
        return self.state()

    def _take_over_the_others(self) -> None:
        """Take over labels that another notebook has written since; those that could not be kept here stay as they are."""
        kept = read_labels(self.name)
        for one in PASSES:
            for key, right in kept.right[one].items():
                if self._problem and key in self.labels.right[one]:
                    continue
                self.labels.right[one][key] = right
                if one == "first":
                    self.labels.failures.pop(key, None)
                    if key in kept.failures:
                        self.labels.failures[key] = kept.failures[key]

    def state(self) -> str:
        """How far both passes are, in one or two sentences."""
        done = {one: len(self.items) - left for one, left in self.todo.items()}
        text = f"First pass: {done['first']} of {len(self.items)} labelled"
        if done["first"]:
            right = sum(
                self.labels.right["first"][key] for key in self.items if key in self.labels.right["first"]
            )
            text += f", {right} right"
        text += f". Second pass: {done['second']} of {len(self.items)}."
        return f"{text} {self._problem}".strip()

    def taxonomy(self) -> list[tuple[str, int]]:
        """What failed first, most frequent first; capitals do not count."""
        notes = (note.lower() for key, note in self.labels.failures.items() if key in self.items)
        return Counter(notes).most_common()

    def __repr__(self) -> str:
        return f"{len(self.items)} items to label by hand. {self.state()}"

    # -- where the form is

    def _to_next(self) -> None:
        """The next item without a label; the last one where there is none."""
        for one in PASSES:
            for place, key in enumerate(self._orders[one]):
                if key not in self.labels.right[one]:
                    self._place = one, place
                    return
        self._place = "second", len(self.items) - 1

    @property
    def _key(self) -> str:
        return self._orders[self._place[0]][self._place[1]]

    # -- the form

    def _parts(self) -> list[dict]:
        one, place = self._place
        items = "".join(
            f"<div><strong>{html.escape(heading)}</strong></div><div class='holdout-item'>{html.escape(text)}</div>"
            for heading, text in self.items[self._key]
        )
        head = (
            f"<div><strong>Label by hand</strong> · {one} pass, answer {place + 1} of {len(self.items)}</div>"
        )
        note = field(
            "text",
            "note",
            "If it is wrong: what failed first?",
            self.labels.failures.get(self._key, ""),
            placeholder="in a few words of your own",
            suggestions=[note for note, _ in self.taxonomy()][:20],
        )
        return [
            words(head + items),
            *([note] if one == "first" else []),
            buttons("", right="Right", wrong="Wrong", back="One back"),
        ]

    def _pressed(self, name: str, values: dict) -> None:
        one, place = self._place
        if name == "back":
            self._place = one, max(0, place - 1)
        else:
            self.label(self._key, name == "right", values.get("note", ""), of_pass=one)
            if place + 1 < len(self.items) and self._orders[one][place + 1] in self.labels.right[one]:
                self._place = one, place + 1  # going through labels again after a step back
            else:
                self._to_next()
        self._show(self.state())
