"""What a slider costs the kernel: every live figure of every lesson, drawn along each of its controls; the slow ones are named.

``python tests/bench/bench_figures.py [NN ...]`` runs every lesson and what goes deeper (or those named), then draws each live
figure at up to nine further positions of each control, the others where they start. What is counted is processor time of the
kernel for one new picture, from the update to the encoded bytes: other programs hardly change it. A flipbook asks no kernel, and
is left out. Lessons that are not named keep their last measurement.
"""

import argparse
import inspect
import json

import nbformat
import runner
from bench_lessons import ROOT, scripts

from grader.authoring.execute import execute_lesson
from grader.authoring.notebooks import read_script

RESULT = runner.RESULTS / "figures.json"
MEDIAN_MS, WORST_MS = 100, 200
"""Above one of them a figure is slow: its slider no longer feels immediate."""
PACKAGES = ["numpy", "scikit-learn", "matplotlib", "pillow"]


def time_figures(positions=9):
    """Run as the last cell of a lesson: print the milliseconds of each live figure that can still be reached."""
    import gc
    import json
    import time

    from holdout.figures.stage import LiveFigure

    def timed(figure, values):
        began = time.process_time()
        figure._draw(values)  # not frame(): a picture that is remembered costs nothing
        return round(1000 * (time.process_time() - began), 1)

    found = {}
    for figure in [thing for thing in gc.get_objects() if isinstance(thing, LiveFigure)]:
        times = []
        for name, choice in figure.choices().items():
            others = [value for place, value in enumerate(choice.values) if place != choice.position]
            step = max(1, len(others) // positions)
            times += [timed(figure, {**figure.values, name: value}) for value in others[::step][:positions]]
        found[figure._name] = times
    print(json.dumps(dict(sorted(found.items()))))


def measure(script):
    """Milliseconds of every live figure of a lesson.

    Parameters
    ----------
    script : pathlib.Path

    Returns
    -------
    dict of str to dict
        As ``runner.summary``, by the name of the figure's update function.
    """
    notebook = read_script(script)
    code = f"{inspect.getsource(time_figures)}\ntime_figures()"
    notebook.cells.append(nbformat.v4.new_code_cell(code))
    deeper = script.parent.name == "deeper"
    folder = ROOT / "lessons" / ("deeper" if deeper else "")
    executed = execute_lesson(notebook, folder, cell_timeout=600, after="")
    times = json.loads(executed.cells[-1].outputs[-1].text)
    return {name: runner.summary(milliseconds) for name, milliseconds in times.items()}


def slow(lessons):
    """The slow figures in words, one each.

    Parameters
    ----------
    lessons : dict of str to dict
        By lesson, what ``measure`` gives.
    """
    return [
        f"{lesson} {name}: median {one['median']:.0f} ms, worst {one['max']:.0f} ms"
        for lesson, figures in lessons.items()
        for name, one in figures.items()
        if one["median"] > MEDIAN_MS or one["max"] > WORST_MS
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lessons", nargs="*", help="numbers such as 07; all by default")
    named = parser.parse_args().lessons
    there = scripts()
    lessons = json.loads(RESULT.read_text(encoding="utf-8"))["lessons"] if RESULT.is_file() else {}
    lessons = {name: figures for name, figures in lessons.items() if name in there}
    for name, script in there.items():
        if not named or script.stem[:2] in named:
            lessons[name] = measure(script)
            print(f"{name}: {len(lessons[name])} live figures", flush=True)
            # at once: a run that is broken off has lost nothing
            lessons = dict(sorted(lessons.items()))
            found = slow(lessons)
            rule = f"slow: median over {MEDIAN_MS} ms or worst over {WORST_MS} ms"
            what = f"kernel side, processor time of one new picture in milliseconds; {rule}"
            figures = {"what": what, "machine": runner.machine(*PACKAGES), "slow": found, "lessons": lessons}
            runner.write("figures", figures)
    count = sum(map(len, lessons.values()))
    print(f"{count} live figures, {len(found)} of them slow")
    print("\n".join(found))


if __name__ == "__main__":
    main()
