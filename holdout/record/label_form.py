"""A form in which a learner labels texts by hand, twice: right or wrong, and what failed first. What is kept is in `labels`."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from holdout.errors import InvalidValue
from holdout.record import progress
from holdout.record.cell_widget import CLASSES, QUESTION_STYLE, CellWidget, readout
from holdout.record.labels import LONGEST_NOTE, PASSES, read_labels, write_labels

if TYPE_CHECKING:
    import ipywidgets as W

_STYLE = (
    f"<style>{QUESTION_STYLE}.holdout-predict .holdout-item{{white-space:pre-wrap;border:1px solid "
    "var(--jp-border-color1,#bdbdbd);padding:.4em .7em;margin:.2em 0 .5em;max-width:46em;overflow-wrap:anywhere}}</style>"
)


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
        self._widget: W.VBox | None = None

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

    # -- the widget

    @property
    def widget(self) -> W.VBox:
        """The item, what failed, three buttons and read-out; made when first asked for."""
        if self._widget is None:
            import ipywidgets as W

            wide = W.Layout(width="10em", margin="6px 6px 6px 0")
            self._item = W.HTML()
            self._note = W.Combobox(
                description="If it is wrong: what failed first?",
                placeholder="in a few words of your own",
                continuous_update=False,
                layout=W.Layout(width="auto", max_width="46em"),
                style={"description_width": "initial"},
            )
            self._right = W.Button(description="Right", layout=wide)
            self._wrong = W.Button(description="Wrong", layout=wide)
            self._back = W.Button(description="One back", layout=wide)
            self._right.on_click(lambda button: self._clicked(True))
            self._wrong.on_click(lambda button: self._clicked(False))
            self._back.on_click(lambda button: self._go_back())
            self._readout = W.HTML(_dom_classes=("holdout-readout",))
            buttons = W.HBox([self._right, self._wrong, self._back], layout=W.Layout(flex_flow="row wrap"))
            self._widget = W.VBox([self._item, self._note, buttons, self._readout], _dom_classes=CLASSES)
            self._show()
        return self._widget

    def _clicked(self, right: bool) -> None:
        one, place = self._place
        self.label(self._key, right, self._note.value, of_pass=one)
        if place + 1 < len(self.items) and self._orders[one][place + 1] in self.labels.right[one]:
            self._place = one, place + 1  # going through labels again after a step back
        else:
            self._to_next()
        self._show()

    def _go_back(self) -> None:
        one, place = self._place
        if place:
            self._place = one, place - 1
        self._show()

    def _show(self) -> None:
        one, place = self._place
        parts = "".join(
            f"<div><strong>{html.escape(heading)}</strong></div><div class='holdout-item'>{html.escape(text)}</div>"
            for heading, text in self.items[self._key]
        )
        self._item.value = f"{_STYLE}<div><strong>Label by hand</strong> · {one} pass, answer {place + 1} of {len(self.items)}</div>{parts}"
        self._note.value = self.labels.failures.get(self._key, "") if one == "first" else ""
        self._note.layout.display = None if one == "first" else "none"
        self._note.options = [note for note, _ in self.taxonomy()][:20]
        self._readout.value = readout(self.state())
