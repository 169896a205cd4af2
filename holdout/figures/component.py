"""A live figure in the browser: what the kernel sends, and ``static/stage.js``, which shows it. Not for drawing."""

from pathlib import Path

import ipywidgets as W
import traitlets
from anywidget import AnyWidget

_STATIC = Path(__file__).parent / "static"


class StageView(AnyWidget):
    """Controls, picture and read-out of a figure.

    Attributes
    ----------
    controls : list of ipywidgets.Widget
    frames : list of dict
        Each as ``stage.Frame``: one, or one for every state of the controls, the last control changing first.
    trouble : dict of str to str
        Why the picture is out of date: ``message``, ``place``, ``kept`` and ``traceback``; empty when it is not.
    width : int
        Of the picture, in pixels of the page.
    """

    _esm = _STATIC / "stage.js"
    _css = _STATIC / "stage.css"
    controls: traitlets.List = traitlets.List().tag(sync=True, **W.widget_serialization)
    frames: traitlets.List = traitlets.List().tag(sync=True)
    trouble = traitlets.Dict().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
