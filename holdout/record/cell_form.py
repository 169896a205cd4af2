"""A form in a cell as the browser shows it: what the kernel sends, and ``static/form.js``. What it asks is in `cell_widget`'s children."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import traitlets
from anywidget import AnyWidget

_STATIC = Path(__file__).parent / "static"


class CellForm(AnyWidget):
    """Parts from top to bottom, a live region, and what follows it.

    Parameters
    ----------
    pressed : callable
        Called with the name of a button that was pressed and the values of all parts, by name.
    classes : sequence of str
        Of the form in the page, beside `holdout-form`.

    Attributes
    ----------
    parts : list of dict
        Each has a `kind`. `html` has `html` (and `focus`: reading goes on there); `buttons` has `buttons`, each a name, a label
        and whether it is the main one. The others have `name`, `label`, `value` and perhaps `disabled`: `choice` (radio buttons)
        and `list` with `options` (what is shown, value), `text` with `placeholder` and `suggestions`, `tick`. Of these, one that
        is `short` has the buttons beside it, and one that `tells` counts as pressed when its value changes.
    said, result : str
        HTML: what the live region says, and what stands below it.
    """

    _esm = _STATIC / "form.js"
    _css = _STATIC / "form.css"
    parts: traitlets.List = traitlets.List().tag(sync=True)
    said = traitlets.Unicode().tag(sync=True)
    result = traitlets.Unicode().tag(sync=True)

    def __init__(self, pressed: Callable[[str, dict], None], classes: Sequence[str] = ()):
        super().__init__(_dom_classes=("holdout-form", *classes))
        self._pressed = pressed
        self.on_msg(lambda form, content, buffers: self.press(content["press"], **content["values"]))

    def press(self, name: str, /, **values: object) -> None:
        """Press a button.

        Parameters
        ----------
        name : str
            Of the button.
        **values
            Of parts, by name; those left out are as `parts` has them.
        """
        there = {part["name"]: part["value"] for part in self.parts if "name" in part}
        self._pressed(name, {**there, **values})
