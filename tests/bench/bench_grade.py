"""How fast a class is graded: nbgrader's own `autograde` against ours, the same submissions, one run, this machine.

    python tests/bench/bench_grade.py [--students 60] [--jobs 2] [--rounds 1]

Writes results/grade.json: seconds and processor seconds of both (all start-up included), what isolation costs, memory of a
worker, where the time goes, and whether both gave the same scores. Stock nbgrader computes the expected answers again in every
notebook, which a course with other hidden tests might avoid; so it is measured a second time with no hidden test at all, as
the least that it can take.
"""

import argparse
import contextlib
import os
import pathlib
import re
import shutil
import statistics
import tempfile
import time

import nbformat
import runner
from nbgrader.utils import compute_checksum

from grader.grading.hand_ins import find_submissions
from grader.grading.prepared import PreparedExercise
from grader.grading.seeds import grading_seed
from grader.grading.submission import read_submission
from grader.grading.tamper_probes import draw_tamper_probes, interleave
from grader.nbgrader_bridge.gradebook import GradebookWriter
from grader.nbgrader_bridge.release import release
from grader.sandbox.limits import Limits
from grader.sandbox.server import Job, Server
from grader.tools.doctor import clear_grades, copy_course, run_ours, run_stock
from grader.tools.simulate import simulate
from holdout.paths import find_root

NAME = "01-two-numbers-and-a-chart"


def make_class(root, students):
    """A copy of the course with a released exercise and a simulated class."""
    copy_course(find_root(), root, NAME)
    made = release(root, [NAME])
    if not made[0]["released"]:
        raise SystemExit(made[0]["problem"])
    simulate(root, NAME, students, seed=0)


def leave_out_hidden_tests(root):
    """Cut the hidden part of every check out of the gradebook, from which nbgrader takes it."""
    hidden = re.compile(r"### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS", re.DOTALL)
    with GradebookWriter(root) as writer, writer.gradebook() as book:
        found, notebook = 0, book.find_notebook(NAME, NAME)
        points = {cell.name: cell.max_score for cell in notebook.grade_cells}
        for cell in notebook.source_cells:
            source, cut = hidden.subn("0.0", cell.source)  # nbgrader wants points as the last value
            if not cut:
                continue
            role = {"grade": True, "solution": False, "grade_id": cell.name, "points": points[cell.name]}
            made = nbformat.v4.new_code_cell(source, metadata={"nbgrader": role})
            cell.source, cell.checksum = source, compute_checksum(made)
            found += cut
        book.db.commit()
    if not found:
        raise SystemExit("no hidden test was found to leave out")


def per_submission(figures, students):
    """The same figures, with what one submission takes."""
    cpu = figures["cpu_seconds"]
    return {**figures, "cpu_seconds_per_submission": round(cpu / students, 3)}


def split_of_time(root, students):
    """Where the processor time of one submission goes, in one process, step by step (medians in milliseconds)."""
    import numpy as np

    prepared, steps = PreparedExercise(NAME, root, grading_seed()), {}

    def timed(step, function):
        started, cpu = time.perf_counter(), time.process_time()
        result = function()
        steps.setdefault(step, []).append(
            ((time.perf_counter() - started) * 1000, (time.process_time() - cpu) * 1000)
        )
        return result

    rng = np.random.default_rng(0)
    inside = []
    memory = []
    with Server() as server, GradebookWriter(root) as writer:
        writer.check_release(NAME, prepared.graded_cells, prepared.release)
        for _, student in find_submissions(root)[:students]:
            folder = root / "classroom" / "submitted" / student / NAME
            submission = timed("read", lambda folder=folder: read_submission(folder, prepared.release))
            probes = interleave(prepared.probes(submission.notebook), draw_tamper_probes(rng), rng)
            job = Job(
                prepared.to_execute(submission.notebook), probes, Limits(), prepared.files, prepared.name
            )
            executed = timed("execute (our side waits)", lambda job=job: server.run(job))
            inside.append(executed.cpu_seconds * 1000)
            memory.append(executed.memory)
            answered = {
                one.question: one
                for one in timed("judge", lambda executed=executed: prepared.judge(executed))
            }
            verdicts = {
                cell: (answered[id].as_text(), answered[id].earned)
                for cell, id in prepared.check_cells.items()
            }
            ids = [cell["id"] for cell in submission.notebook["cells"]]
            outputs = dict(zip(ids, executed.cells, strict=True))
            told = student, submission.notebook, outputs, verdicts
            timed("record", lambda told=told: writer.record(NAME, *told))
        base = server.base_memory
    return {
        "milliseconds": {
            step: round(statistics.median(seconds for seconds, _ in pairs), 1)
            for step, pairs in steps.items()
        },
        "cpu_milliseconds": {
            step: round(statistics.median(cpu for _, cpu in pairs), 1) for step, pairs in steps.items()
        },
        "cpu_milliseconds_in_the_sandbox": round(statistics.median(inside), 1),
        "address_space_of_a_worker_before_a_submission_mb": round(base / 2**20),
        "largest_resident_memory_of_a_submission_mb": round(max(memory) / 2**20),
    }


ISOLATION = {
    "full isolation": {},
    "no isolation of each submission": {"isolate_jobs": False},
    "no isolation": {"isolate_jobs": False, "use_bubblewrap": False},
}


def cost_of_isolation(root, students, rounds):
    """Execution with full isolation, without that of each submission and without any, alternating (medians in milliseconds)."""
    prepared, jobs = PreparedExercise(NAME, root, grading_seed()), []
    for _, student in find_submissions(root)[:students]:
        submission = read_submission(root / "classroom" / "submitted" / student / NAME, prepared.release)
        jobs.append(
            Job(
                prepared.to_execute(submission.notebook),
                prepared.probes(submission.notebook),
                Limits(),
                prepared.files,
                prepared.name,
            )
        )
    times, cpu, start = {name: [] for name in ISOLATION}, {name: [] for name in ISOLATION}, {}
    with contextlib.ExitStack() as stack:
        servers = {}
        for name, options in ISOLATION.items():
            started = time.monotonic()
            servers[name] = stack.enter_context(Server(**options))
            start[name] = round(time.monotonic() - started, 2)
        for _ in range(rounds):
            for job in jobs:
                for name, server in servers.items():
                    executed = server.run(job)
                    times[name].append(executed.seconds * 1000)
                    cpu[name].append(executed.cpu_seconds * 1000)
    paired = {
        name: round(
            statistics.median(a / b for a, b in zip(times["full isolation"], times[name], strict=True)), 3
        )
        for name in times
    }
    return {
        "seconds_to_start_a_server": start,
        "milliseconds_per_submission": {name: runner.summary(values) for name, values in times.items()},
        "cpu_milliseconds_per_submission": {name: runner.summary(values) for name, values in cpu.items()},
        "full_isolation_over": paired,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1, help="both ways, alternating")
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="holdout-bench-"))
    try:
        make_class(folder, options.students)
        stock, ours, same = [], [], True
        for _ in range(options.rounds):
            clear_grades(folder)
            stock.append(per_submission(run_stock(folder, NAME), options.students))
            clear_grades(folder)
            ours.append(per_submission(run_ours(folder, NAME, options.jobs), options.students))
            same &= stock[-1].pop("scores") == ours[-1].pop("scores")
        few = min(12, options.students)
        split, isolation = split_of_time(folder, few), cost_of_isolation(folder, few, 5)
        clear_grades(folder)
        leave_out_hidden_tests(folder)
        least = per_submission(run_stock(folder, NAME), options.students)
        least.pop("scores")
        own = statistics.median(row["cpu_seconds"] for row in ours)
        figures = {
            "machine": runner.machine("nbgrader", "ipykernel", "numpy"),
            "students": options.students,
            "jobs": options.jobs,
            "same_scores": same,
            "stock": stock,
            "holdout": ours,
            "times_faster": round(
                statistics.median(a["seconds"] / b["seconds"] for a, b in zip(stock, ours, strict=True)), 2
            ),
            "times_less_cpu": round(
                statistics.median(
                    a["cpu_seconds"] / b["cpu_seconds"] for a, b in zip(stock, ours, strict=True)
                ),
                2,
            ),
            "stock_without_any_hidden_test": {
                **least,
                "times_faster": round(
                    least["seconds"] / statistics.median(row["seconds"] for row in ours), 2
                ),
                "times_less_cpu": round(least["cpu_seconds"] / own, 2),
            },
            "split": split,
            "isolation": isolation,
        }
        print(runner.write("grade", figures).read_text(encoding="utf-8"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
