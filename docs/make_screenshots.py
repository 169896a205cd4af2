"""Make the pictures of the documentation, in a real JupyterLab: ``python docs/make_screenshots.py [NN ...]``.

Writes lesson-NN.png, prediction.png and check.png beside this file; with numbers, only the pictures of these lessons.
Needs Chromium, as the browser tests do.
Nothing of the course is changed and nothing is recorded: all happens in a copy.
"""

import io
import os
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import nbformat
from PIL import Image

from holdout.register import read_course

HERE = Path(__file__).resolve().parent
COURSE = HERE.parent
sys.path.insert(0, str(COURSE / "tests"))
sys.path.insert(0, str(COURSE / "tests" / "browser"))

import lab_page as lab  # noqa: E402  (it lies beside the tests)

NAME = "01-two-numbers-and-a-chart"
# lesson: its figure, counted from 0; the keys for each slider; and what the figure then says
FIGURES = {
    "07": (0, {}, ""),
    "12": (1, {"generation": "End"}, "eneration 20"),
    "14": (0, {}, "as handed in"),
}
MOST_BYTES = 250_000
MARGIN = 8
STATUS_BAR = 26  # pixels, at the bottom of Lab's window
SHARPNESS = 2  # pixels of the picture for each of the layout
# A misreading that the check knows: the spread of one split for the uncertainty of their mean.
MISREADING = '''
def generalization_gap(train_scores, validation_scores):
    """Mean gap over repeats and the standard error of that mean."""
    gaps = np.asarray(train_scores) - np.asarray(validation_scores)
    return gaps.mean(), gaps.std(ddof=1)
'''


def save(page, name, *parts):
    """Save the smallest rectangle around some parts of the page, with a margin, in 256 colours."""
    for _ in range(3):  # cells above grow as they come into view, and push the part away again
        parts[0].evaluate("part => part.scrollIntoView({block: 'center'})")
        lab.settle(page)
    boxes = [part.bounding_box() for part in parts]
    left, top = (min(box[side] for box in boxes) - MARGIN for side in ("x", "y"))
    right = max(box["x"] + box["width"] for box in boxes) + MARGIN
    bottom = max(box["y"] + box["height"] for box in boxes) + MARGIN
    if bottom > page.viewport_size["height"] - STATUS_BAR:
        raise RuntimeError(f"{name} does not fit into the window: {bottom:.0f} pixels.")
    clip = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    picture = Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB").quantize(256, dither=0)
    path = HERE / name
    picture.save(path, optimize=True)
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise RuntimeError(
            f"{path} has {size:,} bytes; a picture of the documentation has {MOST_BYTES:,} at most."
        )
    print(f"{path.relative_to(COURSE)}  {picture.width} x {picture.height}  {size:,} bytes")


def lesson(page):
    """The second prediction, answered as many do, and the figure that follows at its most telling degree."""
    lab.run_all(page, 600)
    asked = page.locator(".holdout-form").nth(1)
    asked.get_by_role("radio", name="at degree 7 to 10").click()
    asked.get_by_role("combobox").select_option("80%")
    asked.get_by_role("button", name="Commit").click()
    asked.get_by_text("Recorded").wait_for()
    asked.get_by_role("button").blur()
    save(page, "prediction.png", asked)

    lab.press(page, "degree", "End", stage=0)
    lab.wait_for_readout(page, "Degree 12", stage=0)
    stage = lab.stage_of(page, 0)
    save(
        page, "lesson-01.png", stage.locator("img:visible"), slider_row(stage), stage.locator("[role=status]")
    )


def slider_row(stage):
    return stage.locator(".widget-inline-hbox").first


def figure(page, number, keys, says):
    """One live figure with its sliders and what it says."""
    lab.run_all(page, 600)
    for slider, key in keys.items():
        lab.press(page, slider, key, stage=number)
    lab.wait_for_readout(page, says, stage=number)
    stage = lab.stage_of(page, number)
    save(page, f"lesson-{page.notebook[8:10]}.png", stage)


def exercise(page):
    """The answer to question 2 with its misreading, and what the check says to it."""
    lab.run_all(page, 300)
    cell = page.locator(".jp-Cell", has_text='check("01.gap"')
    answer = page.locator(".jp-Cell", has_text="def generalization_gap").last
    save(page, "check.png", answer.locator(".jp-InputArea-editor"), cell.get_by_role("status"))


def misread(path):
    """Put the misreading into the exercise's notebook at ``path``."""
    notebook = nbformat.read(path, as_version=4)
    (cell,) = [cell for cell in notebook.cells if cell["id"] == "01-gap-answer"]
    cell.source = MISREADING.strip()
    nbformat.write(notebook, path)


def main(numbers):
    tasks = [(lesson, f"lessons/{NAME}.ipynb"), (exercise, f"exercises/{NAME}/{NAME}.ipynb")]
    course = read_course(COURSE)
    for lesson_number, (number, keys, says) in FIGURES.items():
        path = f"lessons/{course.lesson(lesson_number).name}.ipynb"
        tasks.append((partial(figure, number=number, keys=keys, says=says), path))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copy(COURSE / "course.toml", root)
        for part in ("lessons", "exercises"):
            shutil.copytree(COURSE / part, root / part)
        os.environ["HOLDOUT_PROGRESS"] = str(root / "record")
        misread(root / "exercises" / NAME / f"{NAME}.ipynb")
        with lab.LabServer(root) as server, lab.browser() as chromium:
            sharp = SimpleNamespace(new_context=partial(chromium.new_context, device_scale_factor=SHARPNESS))
            for shoot, path in tasks:
                if numbers and Path(path).stem[:2] not in numbers:
                    continue
                page = lab.open_page(server, sharp, path, width=1000)
                shoot(page)
                page.context.close()


if __name__ == "__main__":
    main(sys.argv[1:])
