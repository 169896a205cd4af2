"""The start page's field for the learner's name, from which artefacts and project data are drawn. What is kept is in `learner`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdout.errors import InvalidValue
from holdout.record import progress
from holdout.record.cell_widget import CLASSES, CellWidget, readout
from holdout.record.learner import read_name, set_name

if TYPE_CHECKING:
    import ipywidgets as W


class NameField(CellWidget):
    """Keep the learner's name by mouse or keyboard; it stays on the learner's machine."""

    def __init__(self) -> None:
        self._widget: W.VBox | None = None

    def keep(self, name: str) -> str:
        """Keep a name; returns what to say."""
        before = read_name()
        try:
            set_name(name)
        except (InvalidValue, progress.ProgressError) as error:
            text = str(error)
            return text[:1].upper() + text[1:]
        kept = read_name()
        if not kept:
            return "Recording is switched off: your artefacts are drawn from the course's own seed."
        again = " What you have made under another name stays until its exercise is run again." if before not in ("", kept) else ""  # fmt: skip
        return f"Your artefacts are drawn from the name “{kept}”.{again}"

    def __repr__(self) -> str:
        name = read_name()
        return f"Name: {name}" if name else "No name yet: `holdout portfolio --name` keeps it, too."

    @property
    def widget(self) -> W.VBox:
        """Field, button and read-out; made when first asked for."""
        if self._widget is None:
            import ipywidgets as W

            self._name = W.Text(
                value=read_name(),
                description="Your name",
                placeholder="as it shall stand on your portfolio",
                layout=W.Layout(width="26em", max_width="100%"),
            )
            self._keep = W.Button(
                description="Keep my name",
                layout=W.Layout(width="auto", margin="6px 6px 6px 0"),
            )
            self._readout = W.HTML(_dom_classes=("holdout-readout",))
            self._keep.on_click(lambda button: self._show())
            row = W.HBox([self._name, self._keep], layout=W.Layout(flex_flow="row wrap"))
            self._widget = W.VBox([row, self._readout], _dom_classes=CLASSES)
        return self._widget

    def _show(self) -> None:
        self._readout.value = readout(self.keep(self._name.value))
        self._name.value = read_name() or self._name.value
