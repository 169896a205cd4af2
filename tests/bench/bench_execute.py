"""What executing a submission costs: with full isolation, without that of each submission, with stock nbgrader.

    python tests/bench/bench_execute.py

The three take turns in every round on the same submissions. Wall-clock and processor time (of all the
processes) are given per submission: with the start-up that the submissions share, and for one more.
Ratios are medians of the ratios within a round, for one more submission only: the rounds differ in size. Stock
nbgrader's figures include its gradebook; ours are reading, execution and comparison, without recording. Needs Linux.
"""

import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from grader.grading.submission import read_submission  # noqa: E402
from grader.sandbox.limits import Limits  # noqa: E402
from grader.sandbox.server import Job, Server  # noqa: E402
from tests.bench import runner  # noqa: E402
from tests.grader.attacks import course  # noqa: E402

ROUNDS, CLASS, OURS = 3, 5, 40  # more of ours, because one takes a tenth of a second
SETUP = (
    "import matplotlib.pyplot as plt\nimport numpy as np\nimport pandas as pd\n"
    "from sklearn.linear_model import LogisticRegression\n"
    "from sklearn.model_selection import train_test_split"
)
TESTS = {
    "01.mse": "assert abs(mse([1, 2, 3], [2, 2, 5]) - 5 / 3) < 1e-9",
    "01.design": "np.testing.assert_allclose(design([2.0, 3.0], 3), [[1, 2, 4, 8], [1, 3, 9, 27]])",
    "01.var": "assert abs(var([1, 2, 6]) - 14 / 3) < 1e-9",
}
CONFIG = 'c = get_config()\nc.CourseDirectory.course_id = "bench"\n'


def main():
    """Measure, print, and write results/execute.json."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        make_course(folder)
        ways = {"stock nbgrader": lambda n: stock(folder, n)}
        ways["full isolation"] = lambda n: ours(folder, n, True)
        ways["no isolation of each submission"] = lambda n: ours(folder, n, False)
        numbers = {name: CLASS if name.startswith("stock") else OURS for name in ways}
        rounds = [{name: measure(way, numbers[name]) for name, way in ways.items()} for _ in range(ROUNDS)]
    figures = {
        "machine": runner.machine("nbgrader", "ipython"),
        "submissions of a round": numbers,
        "rounds": ROUNDS,
    }
    figures["per submission"] = {name: medians([done[name] for done in rounds]) for name in ways}
    figures["stock / full isolation"] = ratios(rounds, "stock nbgrader", "full isolation")
    figures["full isolation / no isolation of each submission"] = ratios(
        rounds, "full isolation", "no isolation of each submission"
    )
    figures["memory of a server in MB"] = round(server_memory() / 2**20)
    print(json.dumps(figures, indent=1))
    print("written:", runner.write("execute", figures))


def medians(measured):
    return {name: round(float(np.median([one[name] for one in measured])), 3) for name in measured[0]}


def ratios(rounds, one, other):
    """Medians over the rounds of one way's figures for one more submission divided by the other's."""
    names = [name for name in rounds[0][one] if name.endswith("one more")]
    return {
        name: round(float(np.median([done[one][name] / done[other][name] for done in rounds])), 2)
        for name in names
    }


def measure(way, number):
    """Seconds and processor seconds per submission: all together, and for one more."""
    small, large = timed(way, 1), timed(way, number)
    figures = {f"{what}, start-up included": large[i] / number for i, what in enumerate(("wall s", "CPU s"))}
    more = {
        f"{what}, one more": (large[i] - small[i]) / (number - 1)
        for i, what in enumerate(("wall s", "CPU s"))
    }
    return figures | more


def timed(way, number):
    started, used = time.perf_counter(), processor_seconds()
    inside = way(number) or 0.0
    return time.perf_counter() - started, processor_seconds() - used + inside


def processor_seconds():
    """Processor time of this process and all its ended descendants."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def skeleton():
    """The released exercise."""
    notebook = course.release()
    notebook["cells"][1]["source"] = SETUP
    return notebook


def make_course(folder):
    """An ordinary nbgrader course with an honest class."""
    solutions = [f"### BEGIN SOLUTION\n{code}\n### END SOLUTION" for code in course.ANSWERS.values()]
    source = course.with_answers(skeleton(), solutions)
    for cell, test in zip(course.test_cells(source), TESTS.values(), strict=True):
        cell["source"] += f"\n### BEGIN HIDDEN TESTS\n{test}\n### END HIDDEN TESTS"
    write(folder / "source" / course.EXERCISE, source)
    (folder / "nbgrader_config.py").write_text(CONFIG)
    nbgrader(folder, "generate_assignment", course.EXERCISE)
    released = json.loads((folder / "release" / course.EXERCISE / f"{course.EXERCISE}.ipynb").read_text())
    for number in range(CLASS):
        answered = course.with_answers(released, course.ANSWERS.values())
        write(folder / "submitted" / f"learner-{number}" / course.EXERCISE, answered)


def write(folder, notebook):
    folder.mkdir(parents=True)
    (folder / f"{course.EXERCISE}.ipynb").write_text(json.dumps(notebook))


def nbgrader(folder, *arguments):
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])
    line = [sys.executable, "-m", "nbgrader", *arguments]
    subprocess.run(line, cwd=folder, check=True, capture_output=True, env={**os.environ, "PATH": path})


def stock(folder, number):
    """Autograde the first learners with nbgrader's own command."""
    pattern = "learner-[" + "".join(str(i) for i in range(number)) + "]"
    nbgrader(folder, "autograde", course.EXERCISE, "--force", f"--student={pattern}")
    graded = list(folder.glob(f"autograded/{pattern}/{course.EXERCISE}/*.ipynb"))
    assert len(graded) == number, f"stock nbgrader graded {len(graded)} of {number}"


def ours(folder, number, isolate_jobs):
    """Reading, execution in the sandbox and comparison outside; returns the server's processor seconds.

    They are read from /proc, because bubblewrap does not wait for what it starts, and so they are not in our usage.
    """
    probes, expected = course.cases(seed=1)
    with Server(isolate_jobs=isolate_jobs) as server:
        for i in range(number):
            submission = read_submission(
                folder / "submitted" / f"learner-{i % CLASS}" / course.EXERCISE, skeleton()
            )
            executed = server.run(Job(submission.notebook, probes, Limits()))
            assert course.points(executed.probes, expected) == 6, executed.sentence
        return sum(ticks(process) for process in tree(server)) / os.sysconf("SC_CLK_TCK")


def tree(server):
    """Numbers of all processes of a server."""
    found = [server._process.pid]
    for process in found:
        found += [
            int(p) for p in pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()
        ]
    return found


def ticks(process):
    """Clock ticks that a process and its ended children used."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15])


def server_memory():
    """Bytes that a server holds, by the share of each process in what is shared."""
    with Server() as server:
        texts = [pathlib.Path(f"/proc/{process}/smaps_rollup").read_text() for process in tree(server)]
    lines = [line for text in texts for line in text.splitlines() if line.startswith("Pss:")]
    return sum(int(line.split()[1]) * 1024 for line in lines)


if __name__ == "__main__":
    main()
