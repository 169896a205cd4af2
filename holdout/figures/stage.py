"""Live figures: sliders above a picture that answers in under 100 ms, and a sentence that says what it
shows.

A lesson makes a ``Stage``, draws on it, and decorates one plain function that changes the drawing::

    stage = Stage(alt="60 noisy points and a fitted polynomial")
    stage.ax.scatter(x, y, **points("train"))
    (curve,) = stage.ax.plot(grid, 0 * grid, **line("validation"))

    @stage.live(degree=(1, 15), start={"degree": 3})
    def explore(degree):
        curve.set_ydata(fit(degree))
        return f"degree {degree}: training error {error:.2f}"

    explore

The words may stand apart from the drawing, as templates. The update then returns the values that they need; the
controls are there by name::

    stage = Stage(
        alt="60 noisy points and a fitted polynomial",
        title="Validation turns at degree {turn}",
        readout="Degree {degree}: training error {training:.2f}.",
    )

    @stage.live(degree=(1, 15))
    def explore(degree):
        ...
        return {"turn": turn, "training": error}

This module wires widgets. What the browser shows is in ``component``, drawing and encoding in ``renderer``, colours in
``style``; no lesson is known here.

What an update may change: anything matplotlib calls an artist (lines, points, bars, texts, titles, legends,
images, collections, fills, annotations), limits, scales, ticks through ``set_xticks`` and ``tick_params``,
and the names of the axes. It may also draw new artists: they are removed before the next update. What is
not noticed: arrays changed in place (``line.get_ydata()[:] = ...``; use ``set_ydata``) and single tick
labels restyled by hand. Axes cannot be made inside the update (an error says so). An update must give the
same drawing for the same values, because frames are remembered.
"""

import inspect
import itertools
import numbers
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import NamedTuple

import ipywidgets as W
import numpy as np
from IPython.display import publish_display_data
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from holdout.errors import InvalidValue
from holdout.figures import style
from holdout.figures.component import StageView
from holdout.figures.renderer import BlittingRenderer
from holdout.markup import fill

# One and a half times the pixels of the layout: sharp on a common screen, good on one of high resolution, and
# half the cost of twice the pixels (encoding is most of what a frame costs).
_PIXELS_PER_INCH = 150
_LAYOUT_PIXELS_PER_INCH = 100
# A frame takes 15 to 80 kB, so 256 of them stay below 20 MB.
_REMEMBERED_FRAMES = 256
MOST_FLIPBOOK_FRAMES = 60
# Above this an answer no longer feels immediate; such a slider answers when its handle is released.
_SLOW_SECONDS = 0.1
# So that start={"degree": None} is refused and does not count as left out.
_NOT_GIVEN = object()


class Frame(NamedTuple):
    """One state of a live figure."""

    picture: bytes
    """The encoded picture."""
    kind: str
    """Its format: ``"png"`` or ``"webp"``."""
    text: str
    """What the update returned: the read-out."""
    alt: str
    """The alternative text of the picture: the stage's ``alt`` and the read-out."""


class Choices(NamedTuple):
    """What a control offers, one value after the other, for a page that has no kernel."""

    kind: str
    """``"slider"``, ``"checkbox"`` or ``"list"``."""
    label: str
    """The name that the page shows."""
    labels: list[str]
    """Each value in words."""
    values: list
    """The values themselves."""
    position: int
    """Which of them is chosen now."""


class Stage:
    """A figure to draw on, with what is needed to bring it to life.

    Making one applies the course's style (``style.use()``) to the session, because matplotlib looks the style up when
    an artist is drawn, not only when its figure is made.

    Parameters
    ----------
    alt : str
        What the figure shows, in one sentence. Read by screen readers, and shown where pictures are not.
    title : str
        Title of the whole figure, above its left edge: the message. A template if the update returns values.
    readout : str
        Template of the sentence below the picture, as for ``str.format``: ``"error {error:.2f}"``. It takes the values
        that the update returns and the controls.
    size : (float, float)
        Width and height in units of 100 layout pixels; (7, 4) is 700 by 400.
    nrows, ncols : int
        Grid of axes.
    **subplot_kwargs
        Passed to ``Figure.subplots``, for example ``sharey=True``.

    Attributes
    ----------
    fig : matplotlib.figure.Figure
    ax : matplotlib.axes.Axes
        The first axes.
    axes : numpy.ndarray of Axes
        One-dimensional for one row or one column, else ``(nrows, ncols)``.

    Raises
    ------
    ValueError
        If ``alt`` is empty.
    """

    def __init__(self, alt, title="", readout="", size=(7, 4), nrows=1, ncols=1, **subplot_kwargs):
        if not isinstance(alt, str) or not alt.strip():
            raise ValueError("A Stage needs alt: one sentence that says what the figure shows.")
        style.use()
        self.alt = alt.strip().rstrip(".")
        # room at the edges: a number that grows by a digit must not be cut
        self.fig = Figure(
            figsize=size, dpi=_PIXELS_PER_INCH, layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.08)
        )
        self.readout, self._title_template = readout, title
        self._title = self.fig.suptitle(title, x=0.01, ha="left") if title else None
        self.axes = np.atleast_1d(self.fig.subplots(nrows, ncols, **subplot_kwargs))
        self.ax = self.axes.flat[0]
        self.width = round(size[0] * _LAYOUT_PIXELS_PER_INCH)
        self.painter = BlittingRenderer(self.fig, style.COLORS.values())

    def say(self, values: Mapping[str, object]) -> str:
        """Fill the templates: set the title, return the read-out.

        Parameters
        ----------
        values : mapping of str to object
            For the fields of ``title`` and ``readout``.

        Returns
        -------
        str

        Raises
        ------
        InvalidValue
            If a field has no value, or there is no template at all.
        """
        if not self.readout and not self._title_template:
            raise InvalidValue(
                f"The update returned values ({_listed(values)}), but its Stage has no template for them; "
                'give it readout="... {name:.2f}", or return a sentence.'
            )
        if self._title is not None:
            self._title.set_text(fill(self._title_template, values, "The title of a Stage"))
        return fill(self.readout, values, "The readout of a Stage")

    def live(self, *, start: Mapping | None = None, **controls: object) -> Callable[[Callable], "LiveFigure"]:
        """Decorate an update function: each change of a control runs it and shows the new picture.

        Parameters
        ----------
        start : mapping of str to value, optional
            The first value of some controls, by name: ``start={"degree": 3}``. A control that is not named
            starts where ``ipywidgets.interact`` starts it: a range in its middle (rounded down to a step), a
            list at its first item.
        **controls : tuple, list or ipywidgets widget
            One for each parameter of the function. As for ``ipywidgets.interact``, ``(min, max)`` or
            ``(min, max, step)`` is a slider, of whole numbers when all of them (and the start) are, and a list
            is a slider over its items. Without a step, a slider of fractions has 20 steps. A widget brings its
            own first value.

        Returns
        -------
        decorator
            Turns ``update(**values)``, which changes artists and returns the read-out (a sentence, None, or a dict
            of values for the templates of the stage), into a ``LiveFigure``.

        Raises
        ------
        TypeError
            For a control of an unknown kind, and where controls and parameters do not match.
        ValueError
            For a start outside its range or for an unknown control, and when the first update draws nothing.
        """
        return lambda update: LiveFigure(self, update, _make_controls(controls, start))

    def flipbook(
        self, *, start: Mapping | None = None, **controls: object
    ) -> Callable[[Callable], "Flipbook"]:
        """Decorate an update function: all pictures are computed now, the browser turns the pages.

        Faster than ``live``, and it goes on working when the kernel is busy or gone; but every state must be
        computed first.

        Parameters
        ----------
        start : mapping of str to value, optional
            As for ``live``.
        **controls : tuple or list
            One or two, as for ``live``; at most 60 frames in all.

        Returns
        -------
        decorator
            Turns the update function into a ``Flipbook``.

        Raises
        ------
        TypeError, ValueError
            As ``live``; also for more than two controls and for more than 60 frames.
        """
        return lambda update: Flipbook(self, update, _make_controls(controls, start))


class _Explorer:
    """An update function tied to a stage and to controls. Works without any front end."""

    def __init__(self, stage, update, controls):
        _match(update, controls)
        self.stage = stage
        self.controls = controls
        self.__doc__ = update.__doc__
        self._function = update
        self._name = getattr(update, "__name__", "update")
        self._frames = OrderedDict()
        self._widget = None

    @property
    def values(self):
        """dict: the value of each control now."""
        return {name: control.value for name, control in self.controls.items()}

    def update(self, **values):
        """Run the update function without drawing.

        Parameters
        ----------
        **values
            Values of controls; those left out keep their present value.

        Returns
        -------
        str
            The read-out; empty when the function returns None.
        """
        return self._change(self._complete(values))

    def frame(self, **values):
        """The picture and its words for some values of the controls.

        Parameters
        ----------
        **values
            Values of controls; those left out keep their present value.

        Returns
        -------
        Frame
        """
        values = self._complete(values)
        key = tuple(values.values())
        try:
            remembered = self._frames.get(key)
        except TypeError:  # a control with a value that cannot be a key: draw each time
            return self._draw(values)
        if remembered is None:
            remembered = self._frames[key] = self._draw(values)
            if len(self._frames) > _REMEMBERED_FRAMES:
                self._frames.popitem(last=False)
        self._frames.move_to_end(key)
        return remembered

    def png(self, **values):
        """The picture as PNG: the same bytes each time, for saved notebooks and files.

        Parameters
        ----------
        **values
            Values of controls; those left out keep their present value.

        Returns
        -------
        bytes
        """
        self.update(**values)
        return self.stage.painter.png()

    def try_ends(self) -> None:
        """Draw the figure at both ends of every control, the others as they are; the figure stays as it is.

        Raises
        ------
        InvalidValue
            If the update raises there, a title or a text does not fit into the picture, or no end of any control changes it.
            The message names figure, control and value.
        """
        pictures = set()
        ends = [{name: value} for name, control in self.controls.items() for value in _ends(control)]
        for end in [{}, *ends]:
            values = self._complete(end)
            try:
                pictures.add(self._draw(values).picture)
            except Exception as error:
                raise InvalidValue(
                    f"{self._name}({_arguments(values)}) raises {type(error).__name__}: {error}"
                ) from error
            for words in self.stage.painter.cut_words():
                raise InvalidValue(
                    f"{self._name}({_arguments(values)}) cuts “{words}”, which is wider than the picture; "
                    "shorten it, or give the stage a larger size"
                )
        self.update()
        if len(pictures) == 1:
            raise InvalidValue(f"No end of a control of {self._name} changes its picture.")

    def choices(self) -> dict[str, Choices]:
        """What each control offers, for a page that shows pictures drawn in advance.

        Returns
        -------
        dict of str to Choices

        Raises
        ------
        TypeError
            For a control whose values cannot be listed, such as a field for text.
        """
        return {name: _choices(name, control) for name, control in self.controls.items()}

    @property
    def widget(self) -> StageView:
        """StageView: controls, picture and read-out; made when first asked for."""
        if self._widget is None:
            widest = max(len(control.description) for control in self.controls.values()) + 1
            for control in self.controls.values():
                control.style.description_width = f"{widest}ch"
                control.layout.width = f"{self.stage.width}px"
                control.layout.max_width = "100%"
            self._widget = StageView(
                controls=list(self.controls.values()),
                frames=[frame._asdict() for frame in self._held()],
                width=self.stage.width,
                _dom_classes=("holdout-stage",),
            )
        return self._widget

    def _held(self):
        """The frames that the page holds."""
        return [self.frame()]

    def _complete(self, values):
        for name in values:
            if name not in self.controls:
                raise TypeError(
                    f"{self._name} has no control {name!r}; its controls are {_listed(self.controls)}."
                )
        return self.values | values

    def _change(self, values):
        def run():
            said = self._function(**values)
            return self.stage.say({**values, **said}) if isinstance(said, Mapping) else said

        text, changed = self.stage.painter.change(run)
        if not (text is None or isinstance(text, str)):
            raise TypeError(
                f"{self._name} returned {text!r} ({type(text).__name__}). Return the read-out as a sentence, "
                f'for example f"error {{error:.2f}}", a dict of values for readout=..., or nothing.'
            )
        if not changed:
            raise ValueError(
                f"{self._name}({_arguments(values)}) changed nothing on its stage. {self._remedy()}"
            )
        return text or ""

    def _remedy(self):
        strangers = [
            name
            for name in self._function.__code__.co_names
            if isinstance(artist := self._function.__globals__.get(name), Artist)
            and artist.get_figure(root=True) is not self.stage.fig
        ]
        if strangers:
            names = _listed(strangers)
            return f"{names} now belongs to another figure: run this cell again, or rename it here."
        return "Change an artist drawn before (curve.set_ydata(...)) or draw with stage.ax, not with pyplot."

    def _draw(self, values):
        text = self._change(values)
        picture, kind = self.stage.painter.screen()
        return Frame(picture, kind, text, _sentences(self.stage.alt, text))

    def _first(self):
        """Run the first update in the learner's own cell: errors are raised there. Returns seconds."""
        started = time.perf_counter()
        self.frame()
        return time.perf_counter() - started

    def _repr_mimebundle_(self, include=None, exclude=None):
        frame = self.frame()
        widget = self.widget
        data = {
            "application/vnd.jupyter.widget-view+json": {
                "version_major": 2,
                "version_minor": 0,
                "model_id": widget.model_id,
            },
            "image/png": self.png(),
            "text/plain": frame.alt,
        }
        return data, {"image/png": {"alt": frame.alt, "width": self.stage.width}}

    def _ipython_display_(self):
        publish_display_data(*self._repr_mimebundle_())


class LiveFigure(_Explorer):
    """What ``Stage.live`` makes of an update function. The last line of a cell displays it."""

    def __init__(self, stage, update, controls):
        super().__init__(stage, update, controls)
        self._shown = self.values
        seconds = self._first()
        for control in controls.values():
            if seconds > _SLOW_SECONDS and hasattr(control, "continuous_update"):
                control.continuous_update = False
            control.observe(self._answer, "value")

    def _answer(self, change):
        values = self.values
        if self._widget is None:
            self._shown = values
            return
        try:
            frames, trouble, self._shown = [self.frame(**values)._asdict()], {}, values
        except Exception as error:
            frames, trouble = self._widget.frames, self._trouble(values, error)
        with self._widget.hold_sync():  # one message
            self._widget.frames, self._widget.trouble = frames, trouble

    def _trouble(self, values, error):
        line = _line_of(error, self._function)
        return {
            "message": f"{type(error).__name__}: {error}".strip(": "),
            "place": f"{self._name}({_arguments(values)}) stopped" + (f" at: {line}" if line else ""),
            "kept": f"The picture still shows {_arguments(self._shown)}.",
            "traceback": "".join(
                traceback.format_exception(error.with_traceback(_from(error, self._function)))
            ),
        }


class Flipbook(_Explorer):
    """What ``Stage.flipbook`` makes of an update function. The last line of a cell displays it."""

    def __init__(self, stage, update, controls):
        if len(controls) > 2:
            raise TypeError(
                f"A flipbook has one or two controls, not {len(controls)} ({_listed(controls)}). Use live."
            )
        pages = {name: _all_values(name, control) for name, control in controls.items()}
        count = int(np.prod([len(values) for values in pages.values()]))
        if count > MOST_FLIPBOOK_FRAMES:
            sizes = " x ".join(f"{len(values)} ({name})" for name, values in pages.items())
            raise ValueError(
                f"{count} frames are too many for a flipbook: {sizes}. At most {MOST_FLIPBOOK_FRAMES} are "
                "computed in advance; take larger steps or a shorter range, or use live."
            )
        sliders = {name: _page_slider(controls[name], values) for name, values in pages.items()}
        super().__init__(stage, update, sliders)
        self._first()
        self._pages = pages
        self._held()

    def _held(self):
        states = itertools.product(*self._pages.values())
        return [self.frame(**dict(zip(self._pages, state, strict=True))) for state in states]


# -- controls
def _make_controls(specifications, start):
    if not specifications:
        raise TypeError("No control was given. Name one for each parameter, for example degree=(1, 15).")
    if start is None:
        start = {}
    if not isinstance(start, Mapping):
        raise TypeError(
            f"start={start!r} must be a mapping from controls to their first values, "
            f"for example start={{{next(iter(specifications))!r}: ...}}. A control cannot be called start."
        )
    for name in start:
        if name not in specifications:
            raise ValueError(
                f"start names {name!r}, but there is no such control; the controls are {_listed(specifications)}."
            )
    return {
        name: _control(name, specification, start.get(name, _NOT_GIVEN))
        for name, specification in specifications.items()
    }


def _control(name, specification, start):
    if isinstance(specification, W.DOMWidget) and specification.has_trait("value"):
        if start is not _NOT_GIVEN:
            raise TypeError(
                f"start gives {start!r} for the control {name}, which is a widget and brings its own first value. "
                f"Write {type(specification).__name__}(value={start!r}, ...) instead."
            )
        specification.description = specification.description or name.replace("_", " ")
        return _with_room(specification)
    if isinstance(specification, list) and specification:
        return _choice(name, specification, start)
    if (
        isinstance(specification, tuple)
        and len(specification) in (2, 3)
        and all(map(_is_number, specification))
    ):
        return _slider(name, start, *specification)
    raise TypeError(
        f"The control {name}={specification!r} is of an unknown kind. Give (min, max) or (min, max, step), "
        f"with the first value apart as start={{{name!r}: ...}}; or a list of choices, or a widget with a value."
    )


def _is_number(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_)


def _choice(name, options, start):
    slider = W.SelectionSlider(options=options, description=name.replace("_", " "))
    if start is not _NOT_GIVEN:
        values = [value for _, value in slider._options_full]
        if start not in values:
            raise ValueError(
                f"The start {start!r} of the control {name} is not one of its choices: {_listed(values)}."
            )
        slider.index = values.index(start)
    return _with_room(slider)


def _with_room(control):
    """A control whose choices are read in full: 148 px beside a slider hold 18 characters."""
    if isinstance(control, W.SelectionSlider) and max(len(label) for label, _ in control._options_full) > 18:
        control.add_class("holdout-long-choices")
    return control


def _slider(name, start, low, high, step=None):
    if not low < high:
        raise ValueError(
            f"The control {name} has min {low!r} and max {high!r}; min must be below max. The order is (min, max) "
            f"or (min, max, step); the first value is given apart, as start={{{name!r}: ...}}."
        )
    if step is not None and not 0 < step <= high - low:
        raise ValueError(
            f"The step {step} of the control {name} must be above 0 and at most max - min = {high - low}."
        )
    if start is _NOT_GIVEN:
        start = _middle(low, high, step)
    elif not _is_number(start) or not low <= start <= high:
        raise ValueError(
            f"The start {start!r} of the control {name} must be a number from min {low!r} to max {high!r}."
        )
    whole = all(
        isinstance(value, numbers.Integral) for value in (start, low, high, 1 if step is None else step)
    )
    common = {
        "value": start,
        "min": low,
        "max": high,
        "description": name.replace("_", " "),
    }
    if whole:
        return W.IntSlider(step=step or 1, **common)
    step = step or (high - low) / 20
    return W.FloatSlider(step=step, readout_format=f".{_decimals(step)}f", **common)


def _middle(low, high, step):
    """The first value that ``ipywidgets.interact`` chooses for a range."""
    whole = isinstance(low, numbers.Integral) and isinstance(high, numbers.Integral)
    middle = low + ((high - low) // 2 if whole else (high - low) / 2)
    return middle if step is None else low + int((middle - low) / step) * step


def _decimals(step):
    """Digits after the point that tell two neighbouring steps apart."""
    return next(
        (digits for digits in range(6) if abs(round(step, digits) - step) < 1e-9 * step),
        6,
    )


def _all_values(name, control):
    if isinstance(control, W.SelectionSlider):
        return [value for _, value in control._options_full]
    if isinstance(control, W.IntSlider):
        return list(range(control.min, control.max + 1, control.step))
    if isinstance(control, W.FloatSlider):
        count = int(np.floor((control.max - control.min) / control.step + 1e-9)) + 1
        return [round(control.min + i * control.step, 10) for i in range(count)]
    raise TypeError(
        f"A flipbook cannot list the values of the control {name} ({type(control).__name__}). "
        "Give (min, max) or a list."
    )


def _ends(control):
    """First and last value of a control; of one that is no slider, none but its own."""
    if isinstance(control, W.Checkbox):
        return [False, True]
    if hasattr(control, "_options_full"):
        values = [value for _, value in control._options_full]
        return [values[0], values[-1]]
    if hasattr(control, "min") and hasattr(control, "max"):
        return [control.min, control.max]
    return [control.value]


def _page_slider(control, values):
    """A slider over positions, because it is positions that turn the pages of a stack."""
    if isinstance(control, W.SelectionSlider):
        return control
    start = int(np.argmin(np.abs(np.array(values) - control.value)))
    return W.SelectionSlider(
        options=list(zip(_value_labels(control, values), values, strict=True)),
        index=start,
        description=control.description,
    )


def _value_labels(slider, values):
    """The values of a slider of numbers as its read-out writes them."""
    digits = _decimals(slider.step) if isinstance(slider, W.FloatSlider) else 0
    return [f"{value:.{digits}f}" for value in values]


def _choices(name, control):
    if isinstance(control, W.Checkbox):
        return Choices("checkbox", control.description, ["off", "on"], [False, True], int(control.value))
    if hasattr(control, "_options_full"):
        kind = "slider" if isinstance(control, W.SelectionSlider) else "list"
        labels, values = map(list, zip(*control._options_full, strict=True))
        return Choices(kind, control.description, labels, values, control.index)
    values = _all_values(name, control)
    position = int(np.argmin(np.abs(np.array(values) - control.value)))
    return Choices("slider", control.description, _value_labels(control, values), values, position)


def _match(update, controls):
    """Check that the parameters of the update function are the names of the controls."""
    name = getattr(update, "__name__", "update")
    parameters = inspect.signature(update).parameters.values()
    called = f"{name}({', '.join(p.name for p in parameters)})"
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    accepted = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    needed = {p.name for p in parameters if p.default is p.empty and p.kind is not p.VAR_POSITIONAL}
    for parameter in sorted(needed - set(controls)):
        raise TypeError(
            f"{name} has a parameter {parameter!r} without a control; the controls are {_listed(controls)}. "
            f"Add {parameter}=(min, max), or give the parameter a default."
        )
    for control in controls:
        if control not in accepted:
            raise TypeError(
                f"The control {control!r} has no parameter in {called}. "
                f"Add the parameter {control} or remove the control."
            )


# -- words
def _listed(names):
    return ", ".join(map(repr, names))


def _arguments(values):
    return ", ".join(f"{name}={value!r}" for name, value in values.items())


def _sentences(*parts):
    """Join the parts as sentences, each with one full stop."""
    return " ".join(part if part[-1] in ".!?" else f"{part}." for part in (p.strip() for p in parts) if part)


def _from(error, function):
    """The traceback of ``error`` from ``function`` on; all of it when the function is not in it."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code is not code:
        trace = trace.tb_next
    return trace or error.__traceback__


def _line_of(error, function):
    """The line of the update function, as written, at which it stopped; empty when it is not known."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    steps = traceback.extract_tb(_from(error, function))
    return steps[0].line or "" if steps and code is not None and steps[0].name == code.co_name else ""
