"""Live figures without a front end: what is drawn, what is remembered, what is said when something fails."""

import io
import itertools

import ipywidgets as W
import matplotlib
import numpy as np
import pytest
from matplotlib.ticker import MaxNLocator, PercentFormatter
from PIL import Image

from holdout.errors import InvalidValue
from holdout.figures.axes import label_end, label_line
from holdout.figures.stage import MOST_FLIPBOOK_FRAMES, Stage
from holdout.figures.style import COLORS, line

X = np.linspace(0, 1, 50)


def decoded(picture):
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)


def full_draw(stage):
    """The reference: everything drawn anew by matplotlib alone, as the last update left it."""
    stage.fig.canvas.draw()
    return np.asarray(stage.fig.canvas.buffer_rgba()).copy()


def sine():
    stage = Stage(alt="A sine wave")
    (curve,) = stage.ax.plot(X, X, **line("truth"))
    stage.ax.set_ylim(-2, 2)

    @stage.live(waves=(1, 5), start={"waves": 1})
    def explore(waves):
        curve.set_ydata(np.sin(2 * np.pi * waves * X))
        return f"{waves} waves"

    return stage, curve, explore


def test_trying_the_ends_leaves_the_figure_as_it_is():
    _, curve, explore = sine()
    before = curve.get_ydata().copy()
    explore.try_ends()
    assert explore.values == {"waves": 1}
    np.testing.assert_array_equal(curve.get_ydata(), before)


@pytest.mark.parametrize("kind", ["live", "flipbook"])
def test_a_title_that_is_wider_than_the_picture_at_some_end_is_named(kind):
    stage = Stage(alt="A line", size=(3, 2))
    stage.ax.plot(X, X)

    @getattr(stage, kind)(words=(1, 12), start={"words": 1})
    def explore(words):
        stage.ax.set_title(" ".join(["word"] * words), loc="left")
        return f"{words} words"

    with pytest.raises(InvalidValue, match=r"explore\(words=12\) cuts “word word .*wider than the picture"):
        explore.try_ends()


@pytest.mark.parametrize("name", ["a measured quantity", ""])
def test_ticks_that_leave_the_picture_at_some_end_are_named(name):
    stage = Stage(alt="A line", size=(3, 2))
    stage.ax.set_ylabel(name)

    @stage.live(words=(1, 9), start={"words": 1})
    def explore(words):
        stage.ax.plot(X, X / words)
        stage.ax.set_yticks([0.5], ["word " * words])

    with pytest.raises(
        InvalidValue, match=rf"explore\(words=9\) cuts “{name or 'ticks of the y axis'}”, which is wider"
    ):
        explore.try_ends()


# -- the same pixels as a full draw, whatever moves
def moving_line(stage):
    (curve,) = stage.ax.plot(X, X)
    stage.ax.scatter(X, X)
    return lambda step: curve.set_ydata(X**step)


def line_under_static_points(stage):
    (curve,) = stage.ax.plot(X, X, lw=8, zorder=1)
    stage.ax.scatter(X, X, s=80, zorder=3, alpha=0.5)
    return lambda step: curve.set_ydata(X * step / 5)


def points(stage):
    cloud = stage.ax.scatter(X, X)
    return lambda step: cloud.set_offsets(np.column_stack([X, X**step]))


def bars(stage):
    drawn = stage.ax.bar([0, 1, 2], [1, 1, 1])
    stage.ax.set_ylim(0, 9)
    return lambda step: [bar.set_height(step * (i + 1) / 3) for i, bar in enumerate(drawn)]


def title_text_and_figure_title(stage):
    text = stage.ax.text(0.5, 0.5, "none")
    stage.fig.suptitle("none")

    def update(step):
        text.set_text(f"step {step}")
        stage.ax.set_title(f"title {step}")
        stage.fig.suptitle(f"figure {step}")

    return update


def image_under_a_grid(stage):
    shown = stage.ax.imshow(np.zeros((4, 4)), vmin=0, vmax=9)
    stage.ax.grid(True)
    return lambda step: shown.set_data(np.full((4, 4), step))


def new_limits(stage):
    (curve,) = stage.ax.plot(X, X)

    def update(step):
        curve.set_ydata(step * X)
        stage.ax.set_ylim(0, step)

    return update


def new_limits_with_equal_aspect(stage):
    stage.ax.set_aspect("equal")
    (curve,) = stage.ax.plot(X, X)

    def update(step):
        curve.set_ydata(step * X)
        stage.ax.set_ylim(0, step)

    return update


def limits_that_follow_the_data(stage):
    (curve,) = stage.ax.plot(X, X)

    def update(step):
        curve.set_ydata(step * X)
        stage.ax.relim()
        stage.ax.autoscale_view()

    return update


def new_artists_and_limits_that_follow_them(stage):
    def update(step):
        stage.ax.plot(X, step * X)
        stage.ax.bar([step], [1])
        stage.ax.set_xlabel("x")

    return update


def new_artists_on_logarithmic_axes(stage):
    def update(step):
        stage.ax.plot(1 + step * X, np.exp(step * X))
        stage.ax.set(xscale="log", yscale="log")

    return update


def new_bars_with_a_legend(stage):
    def update(step):
        stage.ax.bar([0, 1], [step, 1], label="bars")
        stage.ax.errorbar([0, 1], [step, 1], yerr=0.2, label="error bars")
        stage.ax.set(xlim=(-1, 2), ylim=(0, 6))
        stage.ax.legend()

    return update


def ticks_axis_label_and_scale(stage):
    stage.ax.plot(X, 1 + X)

    def update(step):
        stage.ax.set_xticks([0, step / 5], ["zero", f"step {step}"])
        stage.ax.set_ylabel(f"label {step}")
        stage.ax.set_yscale("log" if step % 2 else "linear")

    return update


def spine_and_paper(stage):
    stage.ax.plot(X, X)

    def update(step):
        stage.ax.set_facecolor(f"{1 - step / 20}")
        stage.ax.spines["left"].set_color(f"C{step}")

    return update


def legend_entry(stage):
    (curve,) = stage.ax.plot(X, X, label="none")
    legend = stage.ax.legend()

    def update(step):
        curve.set_ydata(X**step)
        legend.get_texts()[0].set_text(f"power {step}")

    return update


def annotation_that_points_elsewhere(stage):
    note = stage.ax.annotate("here", (0.1, 0.1), (0.5, 0.5), arrowprops={"arrowstyle": "->"})

    def update(step):
        note.xy = (step / 6, 0.1)

    return update


def artists_drawn_by_the_update(stage):
    stage.ax.plot(X, X)

    def update(step):
        stage.ax.fill_between(X, 0, X**step, alpha=0.3)
        stage.ax.axvline(step / 6)
        stage.ax.plot(X, X / step, label=f"one {step}th")
        stage.ax.legend()

    return update


def axes_cleared_by_the_update(stage):
    def update(step):
        stage.ax.clear()
        stage.ax.plot(X, X**step)
        stage.ax.set_title(f"power {step}")

    return update


def labels_that_follow_their_lines(stage):
    (one,) = stage.ax.plot(X, X, **line("train"))
    (two,) = stage.ax.plot(X, X**2, **line("validation"))
    label_end(stage.ax, one, "train")
    label_end(stage.ax, two, "validation")
    label_line(stage.ax, one, "middle", x=0.5)
    return lambda step: one.set_ydata(X**step)


def second_axes(stage):
    (left,) = stage.axes[0].plot(X, X)
    (right,) = stage.axes[1].plot(X, X)

    def update(step):
        left.set_ydata(X**step)
        right.set_visible(step % 2 == 0)
        stage.axes[1].set_xlim(0, step)

    return update


DRAWINGS = [
    moving_line,
    line_under_static_points,
    points,
    bars,
    title_text_and_figure_title,
    image_under_a_grid,
    new_limits,
    new_limits_with_equal_aspect,
    limits_that_follow_the_data,
    new_artists_and_limits_that_follow_them,
    new_artists_on_logarithmic_axes,
    new_bars_with_a_legend,
    ticks_axis_label_and_scale,
    spine_and_paper,
    legend_entry,
    annotation_that_points_elsewhere,
    artists_drawn_by_the_update,
    axes_cleared_by_the_update,
    labels_that_follow_their_lines,
    second_axes,
]


@pytest.mark.parametrize("drawing", DRAWINGS, ids=lambda drawing: drawing.__name__)
def test_a_frame_has_the_pixels_of_a_full_draw_and_does_not_depend_on_the_frames_before(drawing):
    stage = Stage(alt="Something that moves", size=(4, 3), ncols=2 if drawing is second_axes else 1)
    update = drawing(stage)
    painter = stage.painter
    seen = {}
    for step in (3, 4, 1, 4, 3):
        painter.change(lambda step=step: update(step))
        painted = np.asarray(painter.paint()).copy()
        np.testing.assert_array_equal(painted, full_draw(stage), err_msg=f"step {step}")
        np.testing.assert_array_equal(painted, seen.setdefault(step, painted), err_msg=f"step {step} again")
    assert not np.array_equal(seen[3], seen[4])


def ticks_with_names(ax):
    ax.set_xticks([0, 1], ["zero", "one"])


def integer_ticks(ax):
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def percent_ticks(ax):
    ax.yaxis.set_major_formatter(PercentFormatter(1))


def logarithmic_scale(ax):
    ax.set_yscale("log")


def a_title(ax):
    ax.set_title("The same in each picture")


@pytest.mark.parametrize(
    "setting", [ticks_with_names, integer_ticks, percent_ticks, logarithmic_scale, a_title]
)
def test_what_an_update_sets_anew_without_changing_it_keeps_the_background(setting, monkeypatch):
    stage = Stage(alt="A line")

    @stage.live(height=(1, 9))
    def explore(height):
        stage.ax.plot(X, height * X)
        stage.ax.set(xlim=(0, 1), ylim=(0.1, 9))
        setting(stage.ax)

    explore.frame(height=2)
    monkeypatch.setattr(stage.painter, "_draw_background", lambda layers: pytest.fail("drawn again"))
    explore.frame(height=3)


def test_what_an_update_draws_does_not_pile_up():
    stage = Stage(alt="A band")

    @stage.live(height=(1, 9), start={"height": 1})
    def explore(height):
        stage.ax.fill_between(X, 0, height)

    for height in range(1, 10):
        explore.frame(height=height)
    assert len(stage.ax.collections) == 1


def test_an_update_may_remove_what_it_drew_before():
    stage = Stage(alt="A band")
    bands = []

    @stage.live(height=(1, 9), start={"height": 1})
    def explore(height):
        while bands:
            bands.pop().remove()
        bands.append(stage.ax.fill_between(X, 0, height))

    assert explore.frame(height=2).picture != explore.frame(height=3).picture


# -- encoding
def test_the_picture_on_the_screen_is_that_of_the_file_up_to_rounding_of_colours():
    _, _, explore = sine()
    shown, exact = decoded(explore.frame(waves=2).picture), decoded(explore.png(waves=2))
    loss = np.abs(shown - exact).max(axis=2)
    assert shown.shape == exact.shape
    assert (shown[0, 0] == 255).all()
    # six of eight bits are kept, so a colour of the palette is at most 3 off; edges may be more
    assert np.mean(loss > 3) < 0.01


def test_a_picture_with_more_colours_than_a_palette_holds_is_sent_with_all_of_them():
    stage = Stage(alt="Random colours", size=(3, 3))
    shown = stage.ax.imshow(np.zeros((40, 40, 3)))
    rng = np.random.default_rng(1)

    @stage.live(amount=(0.0, 1.0), start={"amount": 0.0})
    def explore(amount):
        shown.set_data(amount * rng.uniform(size=(40, 40, 3)))

    assert explore.frame(amount=0.0).kind == "png"
    assert explore.frame(amount=1.0).kind == "webp"


def test_a_saved_picture_has_the_same_bytes_each_time_and_names_neither_software_nor_date():
    first, second = sine()[2], sine()[2]
    assert first.png() == second.png() == first.png()
    chunks = first.png()
    assert not any(name in chunks for name in (b"tEXt", b"iTXt", b"tIME", b"Software"))


# -- values, read-outs, memory
def test_update_and_frame_take_values_and_keep_the_others():
    stage = Stage(alt="A line.")
    (curve,) = stage.ax.plot(X, X)

    @stage.live(slope=(0.0, 2.0, 0.5), kind=["straight", "bent"], start={"slope": 1.0})
    def explore(slope, kind):
        """Draws a line."""
        curve.set_ydata(slope * X ** (2 if kind == "bent" else 1))
        return f"{kind}, slope {slope:.1f}"

    assert explore.update(kind="bent") == "bent, slope 1.0"
    frame = explore.frame(slope=2.0)
    assert frame.text == "straight, slope 2.0"
    assert frame.alt == "A line. straight, slope 2.0."
    assert explore.values == {"slope": 1.0, "kind": "straight"}
    assert explore.__doc__ == "Draws a line."
    with pytest.raises(TypeError, match=r"explore has no control 'height'; its controls are 'slope', 'kind'"):
        explore.frame(height=1)


def test_frames_are_remembered_by_value():
    stage, curve, _ = sine()
    calls = []

    @stage.live(waves=(1, 5), start={"waves": 1})
    def explore(waves):
        calls.append(waves)
        curve.set_ydata(waves * X)

    for waves in (2, 3, 2, 3, 1):
        explore.frame(waves=waves)
    assert calls == [1, 2, 3]


def test_tuples_lists_and_widgets_become_controls():
    stage = Stage(alt="A line")
    (curve,) = stage.ax.plot(X, X)
    own = W.Checkbox(False, description="upside down")

    @stage.live(
        whole=(1, 9, 2),
        part=(0.0, 1.0, 0.125),
        choice=["a", "b"],
        two_words=(0, 2),
        own=own,
        start={"whole": 3, "part": 0.5, "two_words": 1},
    )
    def explore(whole, part, choice, two_words, own):
        curve.set_ydata(whole * X)

    controls = explore.controls
    kinds = [type(control) for control in controls.values()]
    assert kinds == [W.IntSlider, W.FloatSlider, W.SelectionSlider, W.IntSlider, W.Checkbox]
    assert (controls["whole"].min, controls["whole"].max, controls["whole"].step) == (1, 9, 2)
    assert controls["part"].readout_format == ".3f"
    assert controls["two_words"].description == "two words"
    assert controls["own"] is own


def test_moving_a_slider_changes_picture_and_readout_and_markup_in_a_readout_stays_text():
    stage, curve, _ = sine()

    @stage.live(waves=(1, 5), start={"waves": 1})
    def explore(waves):
        curve.set_ydata(waves * X)
        return f"<b>{waves}</b> & more"

    (before,) = explore.widget.frames
    explore.controls["waves"].value = 4
    (shown,) = explore.widget.frames
    assert shown == explore.frame(waves=4)._asdict()
    assert shown["picture"] != before["picture"]
    assert shown["text"] == "<b>4</b> & more"  # the page sets it as text


def test_a_display_holds_the_widget_a_static_picture_and_its_words():
    _, _, explore = sine()
    data, metadata = explore._repr_mimebundle_()
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == explore.widget.model_id
    assert data["image/png"] == explore.png()
    assert data["text/plain"] == "A sine wave. 1 waves."
    assert metadata["image/png"] == {"alt": "A sine wave. 1 waves.", "width": 700}


# -- errors
def test_an_error_is_shown_with_its_line_marks_the_picture_and_is_gone_with_the_next_good_value():
    stage, curve, _ = sine()

    @stage.live(waves=(0, 5), start={"waves": 2})
    def explore(waves):
        curve.set_ydata(X / (10 // waves))
        return f"{waves} waves"

    good = explore.widget.frames
    explore.controls["waves"].value = 0
    trouble = explore.widget.trouble
    assert "ZeroDivisionError" in trouble["message"]
    assert trouble["place"] == "explore(waves=0) stopped at: curve.set_ydata(X / (10 // waves))"
    assert trouble["kept"] == "The picture still shows waves=2."
    assert "in explore" in trouble["traceback"] and "renderer" not in trouble["traceback"]
    assert explore.widget.frames == good
    explore.controls["waves"].value = 3
    assert explore.widget.frames == [explore.frame(waves=3)._asdict()] != good
    assert explore.widget.trouble == {}


def test_after_an_error_a_picture_is_drawn_as_if_nothing_had_happened():
    stage, curve, _ = sine()

    @stage.live(waves=(0, 5), start={"waves": 2})
    def explore(waves):
        stage.ax.set_title(f"title {waves}")
        stage.ax.axhline(waves / 5)
        if waves == 0:
            raise RuntimeError("half done")
        curve.set_ydata(waves * X)

    with pytest.raises(RuntimeError, match="half done"):
        explore.frame(waves=0)
    explore.frame(waves=3)
    np.testing.assert_array_equal(np.asarray(stage.painter.paint()).copy(), full_draw(stage))


def test_a_name_that_another_figure_has_taken_is_named():
    namespace = {"X": X, "Stage": Stage}
    cell = """
stage = Stage(alt="A line")
(curve,) = stage.ax.plot(X, X)
def explore(slope):
    curve.set_ydata(slope * X)
NAME = stage.live(slope=(0, 5), start={"slope": 1})(explore)
"""
    exec(cell.replace("NAME", "first"), namespace)
    exec(cell.replace("NAME", "second"), namespace)
    with pytest.raises(
        ValueError, match=r"changed nothing on its stage. 'curve' now belongs to another figure"
    ):
        namespace["first"].frame(slope=3)


def never(degree):
    raise AssertionError("the controls should have been refused before the update ran")


@pytest.mark.parametrize(
    ("controls", "error", "message"),
    [
        ({}, TypeError, "No control was given"),
        ({"degree": 3}, TypeError, r"The control degree=3 is of an unknown kind. Give \(min, max\) or \(min"),
        ({"degree": (2,)}, TypeError, "unknown kind"),
        ({"degree": (3, 1, 15, 1)}, TypeError, r"unknown kind.*first value apart as start={'degree': ...}"),
        ({"degree": (True, 5)}, TypeError, "unknown kind"),
        ({"degree": []}, TypeError, "unknown kind"),
        ({"degree": (3, 1, 15)}, ValueError, r"degree has min 3 and max 1; min must be below max.*start={'degree'"),
        ({"degree": (1, 1)}, ValueError, "min must be below max"),
        ({"degree": (0, 5, 0)}, ValueError, "The step 0 of the control degree"),
        ({"degree": (0, 5, 6)}, ValueError, "The step 6 of the control degree"),
        ({"degree": (1, 15), "start": {"degree": 0}}, ValueError, "start 0 of the control degree must be .* from min 1"),
        ({"degree": (1, 15), "start": {"degree": "3"}}, ValueError, "start '3' of the control degree must be a number"),
        ({"degree": [1, 2], "start": {"degree": 3}}, ValueError, "start 3 of the control degree is not one of .*: 1, 2"),
        ({"degree": (1, 15), "start": {"rows": 3}}, ValueError, "start names 'rows', .*; the controls are 'degree'"),
        ({"degree": (1, 15), "start": 3}, TypeError, "start=3 must be a mapping"),
        ({"degree": W.IntSlider(), "start": {"degree": 3}}, TypeError, r"a widget .*Write IntSlider\(value=3"),
        ({"degree": (0, 5), "noise": (0, 5)}, TypeError, r"'noise' has no parameter in never\(degree\)"),
        ({"noise": (0, 5)}, TypeError, r"never has a parameter 'degree' without a control; .*'noise'"),
    ],
)  # fmt: skip
def test_controls_that_cannot_be_are_refused_with_their_name_and_the_remedy(controls, error, message):
    stage = Stage(alt="A line")
    with pytest.raises(error, match=message):
        stage.live(**controls)(never)


@pytest.mark.parametrize("limits", [(1, 15), (1, 6, 2), (-3, 4), (0.0, 1.0), (0, 1.0), (0.2, 3.0, 0.25)])
def test_a_range_without_a_start_starts_where_interact_starts_it(limits):
    stage, curve, _ = sine()

    @stage.live(value=limits)
    def explore(value):
        curve.set_ydata(value * X)

    theirs = W.interactive(lambda value: None, value=limits).children[0]
    ours = explore.controls["value"]
    assert ours.value == pytest.approx(theirs.value)
    assert (ours.min, ours.max, type(ours)) == (theirs.min, theirs.max, type(theirs))


def test_a_start_chooses_the_first_value_of_ranges_and_lists():
    stage, curve, _ = sine()

    @stage.live(degree=(1, 15), kind=["a", "b", "c"], noise=(0.0, 1.0), start={"degree": 3, "kind": "b"})
    def explore(degree, kind, noise):
        curve.set_ydata(degree * X)

    assert explore.values == {"degree": 3, "kind": "b", "noise": 0.5}


def test_an_update_that_draws_nothing_is_refused():
    stage = Stage(alt="A line")
    stage.ax.plot(X, X)
    with pytest.raises(ValueError, match=r"forgetful\(degree=3\) changed nothing on its stage"):

        @stage.live(degree=(1, 5), start={"degree": 3})
        def forgetful(degree):
            return "nothing"


def test_a_readout_that_is_not_text_is_refused():
    stage, curve, _ = sine()
    with pytest.raises(TypeError, match=r"explore returned 0.5 \(float\). Return the read-out as a sentence"):

        @stage.live(degree=(1, 5), start={"degree": 3})
        def explore(degree):
            curve.set_ydata(degree * X)
            return 0.5


def test_axes_made_by_an_update_are_refused_and_do_not_stay():
    stage, _, _ = sine()
    with pytest.raises(ValueError, match="made 1 new axes"):

        @stage.live(degree=(1, 5), start={"degree": 3})
        def explore(degree):
            stage.ax.twinx()

    assert len(stage.fig.axes) == 1


@pytest.mark.parametrize("alt", ["", "  ", None])
def test_a_stage_without_words_is_refused(alt):
    with pytest.raises(ValueError, match="A Stage needs alt"):
        Stage(alt=alt)


# -- flipbooks
def test_a_flipbook_sends_every_frame_the_last_control_changing_first():
    stage = Stage(alt="A line")
    (curve,) = stage.ax.plot(X, X)
    calls = []

    @stage.flipbook(power=(1, 3), scale=(0.0, 1.0, 0.5), start={"power": 2, "scale": 0.5})
    def turn(power, scale):
        calls.append((power, scale))
        curve.set_ydata(scale * X**power)
        return f"power {power}, scale {scale}"

    assert set(calls) == {(power, scale) for power in (1, 2, 3) for scale in (0.0, 0.5, 1.0)}
    calls.clear()
    power, scale = turn.widget.controls
    assert (power.index, scale.index) == (1, 1)
    states = list(itertools.product((1, 2, 3), (0.0, 0.5, 1.0)))
    assert turn.widget.frames == [turn.frame(power=power, scale=scale)._asdict() for power, scale in states]
    assert turn.widget.frames[6]["alt"] == "A line. power 3, scale 0.0."
    assert calls == []


def test_a_flipbook_shows_values_as_its_sliders_would():
    stage = Stage(alt="A line")
    (curve,) = stage.ax.plot(X, X)

    @stage.flipbook(scale=(0.0, 1.0, 0.1), start={"scale": 0.3})
    def turn(scale):
        curve.set_ydata(scale * X)
        return f"{scale}"

    slider = turn.controls["scale"]
    assert [label for label, _ in slider.options] == [f"{i / 10:.1f}" for i in range(11)]
    assert turn.values == {"scale": 0.3}
    assert turn.frame(scale=0.7).text == "0.7"


def test_too_many_frames_are_refused_with_their_number():
    stage = Stage(alt="A line")
    with pytest.raises(
        ValueError, match=r"75 frames are too many for a flipbook: 15 \(degree\) x 5 \(noise\). At"
    ):
        stage.flipbook(degree=(1, 15), noise=(0.0, 1.0, 0.25))(lambda degree, noise: None)
    assert MOST_FLIPBOOK_FRAMES == 60


def test_a_flipbook_refuses_three_controls_and_values_it_cannot_list():
    stage = Stage(alt="A line")
    with pytest.raises(TypeError, match="one or two controls, not 3"):
        stage.flipbook(a=(1, 2), b=(1, 2), c=(1, 2))(lambda a, b, c: None)
    with pytest.raises(TypeError, match=r"cannot list the values of the control a \(Text\)"):
        stage.flipbook(a=W.Text("x"))(lambda a: None)


def test_a_stage_applies_the_style():
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        stage = Stage(alt="A line")
        (curve,) = stage.ax.plot(X, X)
    assert curve.get_color() == COLORS["train"]
    assert not stage.ax.spines["top"].get_visible()


# -- templates for the words
def described(title="", readout="", more=None):
    stage = Stage(alt="A sine wave", title=title, readout=readout)
    (curve,) = stage.ax.plot(X, X, **line("truth"))
    stage.ax.set_ylim(-2, 2)

    @stage.live(waves=(1, 5), start={"waves": 1})
    def explore(waves):
        curve.set_ydata(np.sin(2 * np.pi * waves * X))
        return {"most": 0.5 * waves, **(more or {})}

    return stage, explore


def test_templates_take_the_values_of_the_update_and_the_controls():
    stage, explore = described("{waves} waves", "Of {waves} waves the highest is {most:.2f}.")
    frame = explore.frame(waves=3)
    assert frame.text == "Of 3 waves the highest is 1.50."
    assert frame.alt == "A sine wave. Of 3 waves the highest is 1.50."
    assert stage.fig.get_suptitle() == "3 waves"


def test_a_title_that_changes_is_drawn_as_a_full_draw_would_draw_it():
    stage, explore = described("{waves} waves and a half")
    for waves in (1, 4, 2):
        explore.update(waves=waves)
        painted = np.asarray(stage.painter.paint()).copy()
        assert np.array_equal(painted, full_draw(stage))


def test_a_template_without_its_value_is_named():
    with pytest.raises(ValueError, match=r"The readout of a Stage asks for \{least\}.*given: waves, most"):
        described(readout="{least:.2f}")
    with pytest.raises(ValueError, match="has no template"):
        described()


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_the_name_at_the_end_of_a_line_gets_room_beside_the_axes(scale):
    stage = Stage(alt="A line")

    @stage.live(high=(1, 3))
    def draw(high):
        (curve,) = stage.ax.plot([20, 400], [1, high], **line("validation"))
        stage.ax.set(xscale=scale, yscale=scale, xlim=(19, 410))
        label_end(stage.ax, curve, "validation")

    draw.png()
    (label,) = stage.ax.texts
    assert label.get_window_extent().x1 <= stage.fig.bbox.x1


@pytest.mark.parametrize(
    ("control", "wide"),
    [
        (["short", "longer"], False),
        (["short", "a choice of more than eighteen letters"], True),
        (W.SelectionSlider(options=["short", "longer"]), False),
        (W.SelectionSlider(options=["short", "a choice of more than eighteen letters"]), True),
    ],
)
def test_a_long_choice_has_room_beside_its_slider_whoever_made_the_slider(control, wide):
    stage = Stage(alt="A line")

    @stage.live(choice=control)
    def figure(choice):
        stage.ax.set_xlabel(choice)

    assert ("holdout-long-choices" in figure.controls["choice"]._dom_classes) == wide
