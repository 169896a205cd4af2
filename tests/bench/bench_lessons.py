"""What each lesson costs to run from start to end, on one core: processor, clock and memory.

``python tests/bench/bench_lessons.py [NN ...]`` runs every lesson (or those named) in a fresh kernel that is tied to one core,
one after the other, and writes ``results/lessons.json`` and ``docs/timings.md``. Lessons that are not named keep their
last measurement. The kernel's start and all imports are part of the time. Sliders stand where they begin: each figure is
computed once.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import runner

from grader.authoring.execute import execute_lesson
from grader.authoring.notebooks import read_script

ROOT = Path(__file__).resolve().parents[2]
RESULT = runner.RESULTS / "lessons.json"
PAGE = ROOT / "docs" / "timings.md"
# run as the last cell: only the kernel itself knows what it used, and it outlives the client
USED = """
import json, resource, sys
_used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
_unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss: bytes on macOS, kilobytes on Linux
print(json.dumps({
    "cpu": sum(one.ru_utime + one.ru_stime for one in _used),
    "peak": _unit * max(one.ru_maxrss for one in _used),
}))
"""
PACKAGES = ["numpy", "scikit-learn", "matplotlib", "ipykernel"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lessons", nargs="*", help="numbers such as 07; all by default")
    parser.add_argument("--measure", metavar="SCRIPT", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(Path(options.measure))))
        return
    for name, script in scripts().items():
        if not options.lessons or script.stem[:2] in options.lessons:
            # a process of its own, so that what its children used is this lesson alone
            command = [sys.executable, __file__, "--measure", str(script)]
            printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            keep(name, json.loads(printed.splitlines()[-1]))


def scripts():
    """Every lesson and what goes deeper, by name: ``01-slug`` → script, ``deeper/01-slug`` → script."""
    source = ROOT / "lessons" / "source"
    found = [*sorted(source.glob("[0-9e][0-9]-*.py")), *sorted(source.glob("deeper/[0-9e][0-9]-*.py"))]
    return {script.relative_to(source).with_suffix("").as_posix(): script for script in found}


def keep(name, figures):
    """Write one lesson's figures at once: a run that is broken off has lost nothing."""
    lessons = dict(sorted({**stored(), name: figures}.items()))
    runner.write("lessons", {"machine": runner.machine(*PACKAGES), "lessons": lessons})
    PAGE.write_text(page(json.loads(RESULT.read_text(encoding="utf-8"))), encoding="utf-8")
    print(f"{name}: {figures}", flush=True)


def stored():
    """Measurements of lessons that there still are."""
    if not RESULT.is_file():
        return {}
    there = scripts()
    lessons = json.loads(RESULT.read_text(encoding="utf-8"))["lessons"]
    return {name: figures for name, figures in lessons.items() if name in there}


def measure(script):
    """Run one lesson here and now.

    Parameters
    ----------
    script : path

    Returns
    -------
    dict
        ``cpu_seconds`` and ``peak_megabytes`` of the kernel (the largest of its processes), ``wall_seconds``, and the day.
    """
    if hasattr(os, "sched_setaffinity"):  # Linux; elsewhere one thread is all that can be promised
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    notebook = read_script(script)
    notebook.cells.append(nbformat.v4.new_code_cell(USED))
    began = time.perf_counter()
    deeper = script.parent.name == "deeper"
    executed = execute_lesson(notebook, ROOT / "lessons" / ("deeper" if deeper else ""), cell_timeout=600)
    wall = time.perf_counter() - began
    used = json.loads(executed.cells[-1].outputs[-1].text)
    return {
        "cpu_seconds": round(used["cpu"], 1),
        "wall_seconds": round(wall, 1),
        "peak_megabytes": round(used["peak"] / 2**20),
        "measured": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


def page(document):
    """The page for people.

    Parameters
    ----------
    document : dict
        As it stands in ``results/lessons.json``.

    Returns
    -------
    str
        Markdown.
    """
    lessons, machine = document["lessons"], document["machine"]
    rows = [
        f"| {name.removeprefix('deeper/')[:2]} | {title(name)} | {one['cpu_seconds']:.1f} | {one['wall_seconds']:.1f} | {one['peak_megabytes']} | {one['measured']} |"
        for name, one in lessons.items()
    ]
    cpu = sum(one["cpu_seconds"] for one in lessons.values())
    largest = max(one["peak_megabytes"] for one in lessons.values())
    versions = ", ".join(f"{package} {machine[package]}" for package in PACKAGES)
    load = machine["load_average_1_5_15_min"][1]
    return "\n".join(
        [
            "# What the lessons cost to run",
            "",
            f"Each lesson from its first to its last cell in a fresh kernel on one core, start of the kernel and imports included: {cpu:.0f} seconds of processor time for "
            f"all {len(lessons)} together, and never more than {largest} MB of memory. No GPU, no network.",
            "",
            "| nr | lesson | processor, s | clock, s | peak memory, MB | measured |",
            "|---|---|--:|--:|--:|---|",
            *rows,
            "",
            f"Machine: {machine['system']}, Python {machine['python']}, {versions}. Mean load while measuring: {load} on {machine['cores']} cores. Where it is above the number of cores, "
            "other programs ran too: then the clock says more about them, and processor time is the number to compare.",
            "",
            "Measured by `holdout bench lessons` (`tests/bench/bench_lessons.py`); the figures stand in `tests/bench/results/lessons.json`.",
            "",
        ]
    )


def title(name):
    """First heading of a lesson, without its number."""
    script = (ROOT / "lessons" / "source" / f"{name}.py").read_text(encoding="utf-8")
    heading = next(line for line in script.splitlines() if line.startswith("# # "))
    return heading.removeprefix("# # ").split("·")[-1].strip()


if __name__ == "__main__":
    main()
