"""From a key press on a slider to new pixels: interact, the live stage and the flipbook, side by side.

``python tests/bench/bench_stage.py [--rounds N]`` opens a real JupyterLab in a real Chromium. The three draw
the same figure (60 points, a ridge fit of degree 15) in one notebook, and take turns at each press, so a busy
machine slows all three alike: the ratios mean more than the milliseconds. No value is visited twice before
"again", so the stage's memory cannot help it.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import runner

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
import lab_page

SETUP = """
%matplotlib inline
import ipywidgets as W
import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from holdout.figures.stage import Stage
from holdout.figures.style import line, points

rng = np.random.default_rng(0)
x = np.sort(rng.uniform(0, 1, 60))
y = np.sin(2 * np.pi * x) + rng.normal(0, 0.25, 60)
grid = np.linspace(0, 1, 200)

def fit(penalty):
    model = make_pipeline(PolynomialFeatures(15), StandardScaler(), Ridge(10.0**penalty))
    return model.fit(x[:, None], y).predict(grid[:, None])
"""
INTERACT = """
def draw(penalty):
    fig, ax = plt.subplots(figsize=(7, 4))
    ax.scatter(x, y, s=22, **points("train"))
    ax.plot(grid, fit(penalty), **line("validation"))
    ax.set(ylim=(-2, 2), xlabel="x", ylabel="y")
    plt.show()
    print(f"penalty {penalty:.2f}")

W.interact(draw, penalty=W.FloatSlider(-8, min=-8, max=2, step=0.25));
"""
STAGE = """
stage = Stage(alt="60 noisy points and a ridge fit")
stage.ax.scatter(x, y, s=22, **points("train"))
(curve,) = stage.ax.plot(grid, 0 * grid, **line("validation"))
stage.ax.set(ylim=(-2, 2), xlabel="x", ylabel="y")

@stage.KIND(penalty=(-8.0, 2.0, 0.25), start={"penalty": -8.0})
def explore(penalty):
    curve.set_ydata(fit(penalty))
    return f"penalty {penalty:.2f}"

explore
"""
# names of its own: a slider moves what its update function names *now*
FLIPBOOK = STAGE.replace("KIND", "flipbook").replace("curve", "page").replace("explore", "turn")
FLIPBOOK = FLIPBOOK.replace("stage", "book")
CELLS = {"interact": INTERACT, "live": STAGE.replace("KIND", "live"), "flipbook": FLIPBOOK}

# A picture counts when it has been decoded and the browser has drawn a frame with it: the load event of an
# <img>, then the next animation frame, then a message (which runs after that frame's painting).
WATCH = """() => {
  window.presses = []; window.pictures = [];
  document.addEventListener('keydown', event => presses.push(event.timeStamp), true);
  document.addEventListener('load', event => {
    if (event.target.tagName !== 'IMG') return;
    const cell = [...document.querySelectorAll('.jp-CodeCell')].indexOf(event.target.closest('.jp-CodeCell'));
    requestAnimationFrame(() => { const channel = new MessageChannel();
      channel.port1.onmessage = () => pictures.push([cell, performance.now()]);
      channel.port2.postMessage(0); });
  }, true); }"""
HELD = 14


def _press(page, cell, key):
    """Milliseconds from one key press to the first new picture in a cell."""
    page.locator(".jp-CodeCell").nth(cell).get_by_role("slider").focus()  # scrolls there
    lab_page.settle(page)
    page.evaluate("() => { presses.length = 0; pictures.length = 0; }")
    page.keyboard.press(key)
    page.wait_for_function("cell => pictures.some(p => p[0] === cell)", arg=cell, timeout=20_000)
    # the first picture with new pixels; interact shows nothing in between, the others exactly one
    elapsed = page.evaluate("cell => pictures.find(p => p[0] === cell)[1] - presses[0]", cell)
    lab_page.settle(page)
    return elapsed


def _hold(page, cell):
    """A held key, 14 presses 33 ms apart: how many pictures, and ms from the last press to the last one."""
    page.locator(".jp-CodeCell").nth(cell).get_by_role("slider").focus()
    page.keyboard.press("Home")
    lab_page.settle(page)
    page.evaluate("() => { presses.length = 0; pictures.length = 0; }")
    for _ in range(HELD):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(33)
    lab_page.settle(page)
    lab_page.settle(page)
    shown = page.evaluate("cell => pictures.filter(p => p[0] === cell).map(p => p[1])", cell)
    return {"pictures": len(shown), "settled_after_ms": round(shown[-1] - page.evaluate("presses.at(-1)"), 1)}


def measure(rounds, steps=36):
    """Timings of all three, taken in turn.

    Returns
    -------
    dict
        ``first``: name -> milliseconds for values not seen before; ``again``: for values seen before;
        ``held``: name -> a list of what ``_hold`` gives.
    """
    first, again, held = ({name: [] for name in CELLS} for _ in range(3))
    with tempfile.TemporaryDirectory() as folder:
        notebook = lab_page.write_notebook(Path(folder, "bench.ipynb"), SETUP, *CELLS.values())
        with lab_page.LabServer(folder) as lab, lab_page.browser() as chromium:
            for _ in range(rounds):
                page = lab_page.open_page(lab, chromium, notebook)
                lab_page.run_all(page)
                page.evaluate(WATCH)
                for times, key in ((first, "ArrowRight"), (again, "ArrowLeft")):
                    for _ in range(steps):
                        for cell, name in enumerate(CELLS, start=1):
                            times[name].append(_press(page, cell, key))
                for cell, name in enumerate(CELLS, start=1):
                    held[name].append(_hold(page, cell))
                assert not page.errors, page.errors
                page.context.close()
    return {"first": first, "again": again, "held": held}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2, help="times to open the notebook (36 presses each)")
    rounds = parser.parse_args().rounds
    before = [round(load, 2) for load in os.getloadavg()]
    raw = measure(rounds)
    timings = {name: runner.summary(raw["first"][name]) for name in CELLS}
    seen = {name: runner.summary(raw["again"][name]) for name in CELLS}
    ratios = {
        name: round(timings[name]["median"] / timings["interact"]["median"], 3)
        for name in ("live", "flipbook")
    }
    figures = {
        "what": "milliseconds from key press to new pixels; the same figure, interleaved in one page",
        "machine": runner.machine(
            "jupyterlab", "ipywidgets", "anywidget", "matplotlib", "numpy", "scikit-learn", "pillow"
        ),
        "load_average_before": before,
        "key_press_to_pixels_ms": timings,
        "the_same_for_values_seen_before_ms": seen,
        "median_ratio_to_interact": ratios,
        "targets": {"live_ratio": 0.5, "flipbook_ratio": 0.32, "live_p95_ms_on_a_quiet_machine": 100},
        "held_key": raw["held"],
    }
    path = runner.write("stage", figures)
    print(f"load average before {before}, after {figures['machine']['load_average_1_5_15_min']}")
    print(f"{'':10}{'n':>5}{'median':>9}{'p95':>9}{'seen before':>13}{'ratio':>8}")
    for name in CELLS:
        ratio = ratios.get(name, 1.0)
        row = timings[name]
        again = seen[name]["median"]
        print(f"{name:10}{row['n']:>5}{row['median']:>9}{row['p95']:>9}{again:>13}{ratio:>8}")
    print(f"held key: {raw['held']}")
    print(f"written to {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path.name}")


if __name__ == "__main__":
    main()
