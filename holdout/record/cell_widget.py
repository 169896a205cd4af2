"""What predictions, the placement and the choice of a path share: a widget that a cell shows, and its text where there is none.

Not for live figures, which show a picture beside their controls (`holdout.figures.stage`).
"""

from __future__ import annotations

import contextlib
from importlib.resources import files
from typing import TYPE_CHECKING

from holdout.markup import markup

if TYPE_CHECKING:
    import ipywidgets as W

CLASSES = ("holdout-stage", "holdout-predict")
"""By which the scripts of the page find the widget."""
# ipywidgets knows no live region and no radio group: scripts of the page supply them
_SCRIPTS = (("holdout.figures", "stage.js"), ("holdout.record", "predict.js"))
# ipywidgets gives a radio label one line of fixed height; an option may need two
QUESTION_STYLE = (
    ".holdout-predict.holdout-stage{border-left:5px solid var(--jp-brand-color1,#1565c0);"
    "padding:.2em .9em .4em}"
    ".holdout-predict .widget-radio-box label{height:auto;white-space:normal;line-height:1.45;"
    "display:flex;flex-direction:row-reverse;justify-content:flex-end;align-items:flex-start;"
    "font-size:var(--jp-content-font-size1,14px)}.holdout-predict .widget-radio-box{height:auto;margin:0}"
    ".holdout-predict .widget-label{font-size:var(--jp-content-font-size1,14px);text-align:left}"
    ".holdout-predict .widget-html-content{font-size:var(--jp-content-font-size1,14px);line-height:1.5;"
    "white-space:normal;max-width:46em}"
)
"""How a question with its answers looks."""
STEPS_STYLE = ".holdout-steps{border-collapse:collapse}.holdout-steps :is(td,th){padding:.15em .8em .15em 0;line-height:1.4}"
"""How a table of the class `holdout-steps` looks."""


def readout(text: str) -> str:
    """A sentence as a widget's read-out holds it; no text is no element, so that nothing is read aloud."""
    return f"<span>{markup(text)}</span>" if text else ""


class CellWidget:
    """What shows itself as the last line of a cell: its `widget` and, as text, its `repr`."""

    @property
    def widget(self) -> W.VBox:
        """ipywidgets.VBox: made when first asked for."""
        raise NotImplementedError

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict:
        bundle: dict = {"text/plain": repr(self)}
        with contextlib.suppress(ImportError):  # a kernel without ipywidgets has the text
            bundle["application/vnd.jupyter.widget-view+json"] = {
                "version_major": 2,
                "version_minor": 0,
                "model_id": self.widget.model_id,
            }
        return bundle

    def _ipython_display_(self) -> None:
        from IPython.display import publish_display_data

        scripts = [
            files(package).joinpath("static", name).read_text(encoding="utf-8") for package, name in _SCRIPTS
        ]
        publish_display_data({"application/javascript": "\n".join(scripts)})
        publish_display_data(self._repr_mimebundle_())
