"""Ordinary nbgrader assignments: stock `nbgrader autograde` against `holdout grade`, the same hand-ins, one run, this machine.

    python tests/bench/bench_ordinary.py [--copies 2] [--jobs 2]

Six small courses in the shapes of public ones (tests/grader/ordinary_courses.py), 36 hand-ins, each `--copies` times. Writes
results/ordinary.json: seconds and processor seconds of both, all start-up included, and whether all scores are the same.
"""

import argparse
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import runner

sys.path.append(str(pathlib.Path(__file__).parent.parent / "grader"))

import ordinary_courses as courses

from grader.nbgrader_bridge.release import release

LIMIT = 4  # seconds a cell, of both


def measured(run):
    """Seconds, and processor seconds of all processes that were started."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = run()
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": round(time.monotonic() - started, 1), "cpu_seconds": round(cpu, 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--copies", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="holdout-bench-"))
    try:
        settings = f"c.Execute.timeout = {LIMIT}"
        course = courses.OrdinaryCourse(folder / "stock", [make() for make in courses.ALL], settings)
        if not all(row["released"] for row in release(course.root)):
            raise SystemExit("the courses cannot be released")
        course.hand_in_everything()
        for student in list((course.root / "submitted").iterdir()):
            for number in range(1, options.copies):
                shutil.copytree(student, student.with_name(f"{student.name}-{number}"))
        shutil.copytree(course.root, folder / "ours")
        names = [one.name for one in course.assignments]
        stock = measured(lambda: courses.run_stock(folder / "stock", names, LIMIT))
        line = [
            sys.executable,
            "-m",
            "grader.cli",
            "grade",
            "--course",
            str(folder / "ours"),
            "--jobs",
            str(options.jobs),
            "--json",
        ]
        ours = measured(lambda: subprocess.run(line, capture_output=True, text=True, check=False))
        expected, scores = courses.totals(folder / "stock"), courses.totals(folder / "ours")
        different = sorted(" ".join(key) for key in scores if scores[key] != expected.get(key))
        figures = {
            "machine": runner.machine("nbgrader", "ipykernel"),
            "submissions": len(scores),
            "jobs": options.jobs,
            "stock": stock,
            "holdout": ours,
            "times_faster": round(stock["seconds"] / ours["seconds"], 2),
            "times_less_cpu": round(stock["cpu_seconds"] / ours["cpu_seconds"], 2),
            "other_scores_than_stock": different,
        }
        print(runner.write("ordinary", figures).read_text(encoding="utf-8"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
