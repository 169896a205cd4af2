"""What runs inside a lesson's kernel while the reading edition is made: figures hand over their pictures.

``watch`` is called before the first cell of a lesson and ``finish`` after the last. In between, whatever a cell displays
that needs a kernel (a live figure, a prediction, a widget) is published as data for ``grader.site.pages`` instead.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import pathlib
import sys
import warnings
from collections.abc import Mapping

import ipywidgets as W
from IPython.core.getipython import get_ipython
from IPython.display import publish_display_data
from PIL import Image

from grader.site.plan import MOST_FRAMES, Control, plan_frames
from holdout.figures.stage import Choices, Frame, _Explorer
from holdout.record.predict import Note, Prediction

FIGURE = "application/vnd.holdout.figure+json"
PREDICTION = "application/vnd.holdout.prediction+json"
RESOLVED = "application/vnd.holdout.resolved+json"
WIDGET = "application/vnd.holdout.widget+json"

MOST_BYTES = 1_000_000
"""All pictures of one figure together, at most."""


def watch(folder: str | os.PathLike, course: str | os.PathLike) -> None:
    """Let this kernel publish figures and predictions as data.

    Parameters
    ----------
    folder : path
        Where pictures go, each under the name that its content gives.
    course : path
        Files below it that the lesson opens are noted, because its pictures depend on them.
    """
    global _session
    _session = _Session(pathlib.Path(folder), pathlib.Path(course).resolve())


def finish(file: str | os.PathLike) -> None:
    """Write what is known only at the end: the answers of the predictions, and which files of the course were read.

    Parameters
    ----------
    file : path
    """
    assert _session is not None, "watch() comes first"
    pathlib.Path(file).write_text(json.dumps(_session.summary(), ensure_ascii=False), encoding="utf-8")


def describe_figure(
    figure: _Explorer, folder: pathlib.Path, *, most_frames: int = MOST_FRAMES, most_bytes: int = MOST_BYTES
) -> dict:
    """Draw the pictures of a figure, write them, and say what belongs to which position of its controls.

    Parameters
    ----------
    figure : LiveFigure or Flipbook
        Afterwards it is as it was.
    folder : path
    most_frames, most_bytes : int
        Limits of one figure. Where its pictures are too large together, fewer are drawn.

    Returns
    -------
    dict
        Plain values: ``controls``, ``frames`` (``at``, ``file``, ``text``, ``alt``; the first is what the figure shows now),
        ``kind``, ``width``, ``size`` (of the pictures, in pixels), ``bytes`` and ``left_out`` (number of states that are not drawn).

    Raises
    ------
    TypeError
        If the values of a control cannot be listed.
    InvalidValue
        If even the ends of all controls are too many pictures, or two pictures are too large.
    """
    choices = figure.choices()
    controls = {name: Control(len(choice.values), choice.position) for name, choice in choices.items()}
    limit, drawn = most_frames, _Drawn(figure, choices, folder)
    plan = plan_frames(controls, limit)
    while (total := sum(drawn.sizes(plan.states))) > most_bytes:
        limit = min(limit - 1, len(plan.states) - 1, int(limit * most_bytes / total))
        plan = plan_frames(controls, limit)
    figure.update()
    every = 1
    for control in controls.values():
        every *= control.count
    used = {drawn.at(state)["file"] for state in plan.states}
    drawn.write(used)
    return {
        "controls": [
            {
                "kind": choice.kind,
                "label": choice.label,
                "labels": [choice.labels[place] for place in plan.kept[name]],
                "start": plan.kept[name].index(choice.position),
            }
            for name, choice in choices.items()
        ],
        "frames": [
            {
                **drawn.at(state),
                "at": [plan.kept[name].index(place) for name, place in zip(choices, state, strict=True)],
            }
            for state in plan.states
        ],
        "kind": plan.kind,
        "width": figure.stage.width,
        "size": drawn.pixels,
        "bytes": sum(drawn.sizes(plan.states)),
        "left_out": every - len(plan.states),
    }


class _Drawn:
    """Pictures of one figure, drawn when first asked for and written once."""

    def __init__(self, figure, choices: Mapping[str, Choices], folder: pathlib.Path):
        self._figure, self._choices, self._folder = figure, choices, folder
        self._known: dict[tuple[int, ...], dict] = {}
        self._pictures: dict[str, bytes] = {}
        self.pixels: tuple[int, int] = (0, 0)

    def at(self, state: tuple[int, ...]) -> dict:
        if state not in self._known:
            values = {
                name: choice.values[place]
                for (name, choice), place in zip(self._choices.items(), state, strict=True)
            }
            frame: Frame = self._figure.frame(**values)
            picture, kind = smaller(frame)
            name = f"{hashlib.sha256(picture).hexdigest()[:20]}.{kind}"
            self._pictures[name] = picture
            self._known[state] = {"file": name, "text": frame.text, "alt": frame.alt}
        return self._known[state]

    def sizes(self, states) -> list[int]:
        """Bytes of the different pictures of some states."""
        return [len(self._pictures[name]) for name in {self.at(state)["file"] for state in states}]

    def write(self, names) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for name in sorted(names):
            path = self._folder / name
            if not path.is_file():
                path.write_bytes(self._pictures[name])
        with Image.open(io.BytesIO(self._pictures[next(iter(names))])) as picture:
            self.pixels = picture.size


def smaller(frame: Frame) -> tuple[bytes, str]:
    """A picture of a live figure with the same pixels in half the bytes: lossless WebP instead of a fast PNG.

    Measured on 12 pictures of lesson 01, 1,050 by 600 pixels: PNG as the live figure sends it 26 kB, PNG with the slowest
    compression 18 kB in 43 ms of processor time, this 14 kB in 40 ms.

    Parameters
    ----------
    frame : Frame

    Returns
    -------
    picture : bytes
    kind : str
        ``"png"`` or ``"webp"``.
    """
    if frame.kind != "png":
        return frame.picture, frame.kind  # already lossy, and small
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(frame.picture)) as picture:
        picture.convert("RGB").save(buffer, "webp", lossless=True, method=2, quality=70)
    return buffer.getvalue(), "webp"


_session: _Session | None = None


class _Session:
    """What one kernel has shown so far."""

    def __init__(self, folder, course):
        self.folder, self.course = folder, course
        self.predictions: dict[str, Prediction] = {}
        self._announced: set[str] = set()
        self._opened: set[str] = set()
        sys.addaudithook(self._note)
        shell = get_ipython()
        assert shell is not None and shell.display_formatter is not None, "this runs in a kernel"
        publish = shell.display_formatter.ipython_display_formatter.for_type
        publish(_Explorer, self._publish_figure)
        publish(Prediction, self._publish_prediction)
        publish(W.Widget, self._publish_widget)
        publish(Note, lambda note: None)  # what resolve() says before a commitment; the page says it itself
        shell.events.register("post_run_cell", self._announce)

    def _note(self, event, arguments):
        # no exception may leave an audit hook: it would stop the one who opens the file
        if event == "open" and arguments and isinstance(arguments[0], str):
            self._opened.add(arguments[0])

    def _publish_figure(self, figure):
        # a state in between may warn where the ends do not; the site is made all the same, and says where
        with warnings.catch_warnings(record=True) as caught:
            try:
                data = describe_figure(figure, self.folder)
            except TypeError as error:
                data = {"problem": str(error)}
        data["warnings"] = sorted({f"{one.category.__name__}: {one.message}" for one in caught})
        frame = figure.frame()
        publish_display_data(
            {FIGURE: data, "text/plain": frame.alt, "image/png": figure.png()},
            {"image/png": {"width": figure.stage.width}},
        )

    def _publish_prediction(self, prediction):
        self.predictions[prediction.id] = prediction
        publish_display_data({PREDICTION: {"id": prediction.id}, "text/plain": repr(prediction)})

    def _publish_widget(self, widget):
        publish_display_data({WIDGET: {}, "text/plain": "A control that needs a kernel."})

    def _announce(self, result):
        """After each cell: which predictions it has resolved."""
        for id, prediction in self.predictions.items():
            if prediction.resolved and id not in self._announced:
                self._announced.add(id)
                publish_display_data({RESOLVED: {"id": id}, "text/plain": ""})

    def summary(self):
        modules = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
        paths = {os.path.realpath(path) for path in self._opened | modules if path}
        below = sorted(
            os.path.relpath(path, self.course)
            for path in paths
            if path.startswith(f"{self.course}{os.sep}") and os.path.isfile(path)
        )
        return {
            "predictions": [prediction.describe() for prediction in self.predictions.values()],
            "read": [
                path
                for path in below
                if not path.startswith((".venv", "build", ".git")) and not path.endswith(".pyc")
            ],
        }
