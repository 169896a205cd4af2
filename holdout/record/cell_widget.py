"""What predictions, the placement and the choice of a path share: a form that a cell shows, and its text where there is none.

Not for live figures, which show a picture beside their controls (`holdout.figures.stage`).
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from holdout.markup import markup

if TYPE_CHECKING:
    from holdout.record.cell_form import CellForm


def readout(text: str) -> str:
    """A sentence as a live region holds it; no text is no element, so that nothing is read aloud."""
    return f"<span>{markup(text)}</span>" if text else ""


def words(html: str, *, focus: bool = False) -> dict[str, Any]:
    """A part of a form that is read; with `focus`, reading goes on there when it replaces what was pressed."""
    return {"kind": "html", "html": html, "focus": focus}


def field(kind: str, name: str, label: str, value: object = None, **more: object) -> dict[str, Any]:
    """A part of a form that has a value: a `choice`, a `list`, a `text` or a `tick` (see `CellForm`)."""
    return {"kind": kind, "name": name, "label": label, "value": value, **more}


def buttons(main: str, **labels: str) -> dict[str, Any]:
    """A row of buttons: what is written on each, by name, and the name of the main one."""
    return {"kind": "buttons", "buttons": [[name, label, name == main] for name, label in labels.items()]}


class CellWidget:
    """What shows itself as the last line of a cell: its `widget` and, as text, its `repr`."""

    _classes: tuple[str, ...] = ()
    _form: CellForm | None = None
    _said = ""

    @property
    def widget(self) -> CellForm:
        """CellForm: made when first asked for."""
        if self._form is None:
            from holdout.record.cell_form import CellForm

            self._form = CellForm(self._pressed, self._classes)
            self._show(self._said)
        return self._form

    def _parts(self) -> list[dict[str, Any]]:
        """The parts of the form as it is now (see `CellForm`)."""
        raise NotImplementedError

    def _result(self) -> str:
        """HTML below the live region."""
        return ""

    def _pressed(self, name: str, values: dict) -> None:
        """Answer a button."""
        raise NotImplementedError

    def _show(self, said: str) -> None:
        """Say something, and show the form as it is now."""
        self._said = said
        if self._form is not None:
            with self._form.hold_sync():  # one message
                self._form.parts, self._form.result = self._parts(), self._result()
                self._form.said = readout(said)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict:
        bundle: dict = {"text/plain": repr(self)}
        with contextlib.suppress(ImportError):  # a kernel without widgets has the text
            bundle["application/vnd.jupyter.widget-view+json"] = {
                "version_major": 2,
                "version_minor": 0,
                "model_id": self.widget.model_id,
            }
        return bundle

    def _ipython_display_(self) -> None:
        from IPython.display import publish_display_data

        publish_display_data(self._repr_mimebundle_())
