"""Pictures drawn in advance are those of the live figure, pixel by pixel, with its words, within the limits of a figure."""

import io

import ipywidgets as W
import numpy as np
import pytest
from PIL import Image

from grader.site.kernel import MOST_BYTES, describe_figure
from holdout.figures.stage import Stage

X = np.linspace(0, 1, 50)


def decoded(picture):
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))


def waves(**controls):
    stage = Stage(alt="A wave")
    (curve,) = stage.ax.plot(X, X)
    stage.ax.set_ylim(-3, 3)

    @stage.live(**controls)
    def explore(**values):
        sizes = [value for value in values.values() if not isinstance(value, str)]
        curve.set_ydata(np.sin(X * 9 * (1 + sum(sizes))) * (2 if "loud" in values.values() else 1))
        return ", ".join(f"{name} {value}" for name, value in values.items())

    return explore


CONTROLS = {
    "one slider": {"n": (1, 7)},
    "fractions": {"share": (0.0, 1.0, 0.25)},
    "two, as a grid": {"n": (1, 4), "voice": ["soft", "loud"]},
    "two, each alone": {"n": (1, 30), "m": (1, 20)},
    "a box and a list": {
        "on": W.Checkbox(value=True),
        "size": W.Dropdown(options=[("small", 1), ("large", 9)], value=9),
    },
}


@pytest.mark.parametrize("controls", CONTROLS.values(), ids=CONTROLS)
def test_each_picture_is_that_of_the_live_figure_at_the_same_values(controls, tmp_path):
    figure = waves(**controls)
    begin = figure.values
    data = describe_figure(figure, tmp_path)
    assert figure.values == begin
    choices = figure.choices()
    for frame in data["frames"]:
        labels = [
            control["labels"][place] for control, place in zip(data["controls"], frame["at"], strict=True)
        ]
        values = {
            name: choice.values[choice.labels.index(label)]
            for (name, choice), label in zip(choices.items(), labels, strict=True)
        }
        live = figure.frame(**values)
        np.testing.assert_array_equal(decoded((tmp_path / frame["file"]).read_bytes()), decoded(live.picture))
        assert (frame["text"], frame["alt"]) == (live.text, live.alt)
    assert data["frames"][0]["text"] == figure.frame().text
    assert [control["start"] for control in data["controls"]] == data["frames"][0]["at"]
    assert len({tuple(frame["at"]) for frame in data["frames"]}) == len(data["frames"]) <= 40


def test_a_figure_of_many_colours_keeps_its_own_lossy_picture(tmp_path):
    stage = Stage(alt="Noise")
    shown = stage.ax.imshow(np.zeros((40, 40, 3)))
    noise = np.random.default_rng(1).random((40, 40, 3))

    @stage.live(n=(0, 1), start={"n": 0})
    def explore(n):
        shown.set_data(n * noise)

    assert explore.frame(n=1).kind == "webp"
    data = describe_figure(explore, tmp_path)
    assert (tmp_path / data["frames"][1]["file"]).read_bytes() == explore.frame(n=1).picture


def test_equal_pictures_are_one_file(tmp_path):
    stage = Stage(alt="A step")
    (curve,) = stage.ax.plot(X, X)

    @stage.live(n=(0, 9))
    def explore(n):
        curve.set_ydata(X * (n > 4))
        return f"n {n}"

    data = describe_figure(explore, tmp_path)
    assert len(data["frames"]) == 10
    assert len({frame["file"] for frame in data["frames"]}) == len(list(tmp_path.iterdir())) == 2


def test_where_the_pictures_are_too_large_together_fewer_are_drawn(tmp_path):
    every = describe_figure(waves(n=(1, 20)), tmp_path / "all")
    few = describe_figure(waves(n=(1, 20)), tmp_path / "few", most_bytes=every["bytes"] // 2)
    assert len(every["frames"]) == 20 and every["left_out"] == 0
    assert 3 <= len(few["frames"]) < 20 and few["left_out"] == 20 - len(few["frames"])
    files = list((tmp_path / "few").iterdir())
    assert sum(path.stat().st_size for path in files) == few["bytes"] <= every["bytes"] // 2
    assert every["bytes"] < MOST_BYTES


def test_a_control_without_a_list_of_values_is_named(tmp_path):
    with pytest.raises(TypeError, match="control word"):
        describe_figure(waves(word=W.Text("a")), tmp_path)
