"""``holdout doctor``: how well this machine can shut submissions in, what is installed, and how fast grading is here."""

import os
import pathlib
import platform
import resource
import shutil
import tempfile
import time
from importlib import metadata

from grader import course
from grader.execute.server import isolation_level

PLAIN = "HOLDOUT_PLAIN_NBGRADER"  # tells nbgrader_config.py to leave nbgrader's own execution in place
PACKAGES = (
    "nbgrader",
    "jupyterlab",
    "numpy",
    "pandas",
    "scikit-learn",
    "matplotlib",
    "ipykernel",
    "distributed",
    "psycopg",
)


def doctor(root=None, *, quick=False, students=6):
    """Examine the machine.

    Parameters
    ----------
    root : path, optional
    quick : bool
        Leave the comparison of speeds out; it takes about half a minute.
    students : int
        Size of the simulated class that is graded both ways.

    Returns
    -------
    dict
        ``isolation`` (``level``, ``missing``), ``python``, ``system``, ``cores``, ``versions``, ``problems`` (sentences; empty
        when all is well) and, unless quick, ``speed`` (see :func:`compare_speed`).
    """
    root = pathlib.Path(root or course.find_root()).resolve()
    level = isolation_level()
    problems = []
    if level.name == "none":
        problems.append("Other people's work cannot be shut in here; grade on Linux with bubblewrap.")
    if not shutil.which("bwrap"):
        problems.append("bubblewrap is not installed; on Debian and Ubuntu: apt install bubblewrap.")
    found = {
        "isolation": {"level": level.name, "missing": list(level.missing)},
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cores": usable_cores(),
        "versions": {name: _version(name) for name in PACKAGES},
        "problems": problems,
    }
    if not quick and level.name != "none":
        found["speed"] = compare_speed(root, students=students)
    return found


def usable_cores():
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def compare_speed(root, exercise="01", *, students=6, jobs=None, seed=0):
    """Grade one simulated class twice, with nbgrader's own command and with ours, and compare.

    Both start from nothing, in a copy of the course in a temporary folder, one after the other.

    Parameters
    ----------
    root : path
    exercise : str
    students : int
    jobs : int, optional
        For ours; the usable cores by default. nbgrader's own command has one process.
    seed : int

    Returns
    -------
    dict
        ``students``, and for ``stock`` and ``holdout``: ``seconds`` and ``cpu_seconds`` (all start-up included),
        ``cpu_seconds_per_submission``; ``times_faster``, ``times_less_cpu``; ``same_scores``.
    """
    from grader.release import release
    from grader.simulate import simulate

    jobs = jobs or usable_cores()
    name = course.solution_folder(exercise, root).name
    with tempfile.TemporaryDirectory(prefix="holdout-doctor-") as folder:
        copy = pathlib.Path(folder)
        copy_course(root, copy, name)
        made = release(copy, [name])
        if not made[0]["released"]:
            raise course.CourseError(f"the release failed: {made[0]['problem']}")
        simulate(copy, name, students, seed)
        stock = run_stock(copy, name)
        wanted = stock.pop("scores")
        clear_grades(copy)
        ours = run_ours(copy, name, jobs)
        scores = ours.pop("scores")
    for figures in (stock, ours):
        figures["cpu_seconds_per_submission"] = round(figures["cpu_seconds"] / students, 3)
    return {
        "students": students,
        "jobs": jobs,
        "stock": stock,
        "holdout": ours,
        "times_faster": round(stock["seconds"] / ours["seconds"], 2),
        "times_less_cpu": round(stock["cpu_seconds"] / ours["cpu_seconds"], 2),
        "same_scores": wanted == scores,
    }


def copy_course(root, target, name):
    """What grading one exercise needs, without submissions and grades."""
    root, target = pathlib.Path(root), pathlib.Path(target)
    for folder in ("lessons", "exercises", "grader"):
        (target / folder).mkdir(parents=True, exist_ok=True)
    shutil.copytree(root / "solutions" / name, target / "solutions" / name)
    shutil.copy(root / "nbgrader_config.py", target)
    shutil.copy(root / "grader" / "nbgrader_config.py", target / "grader")


def clear_grades(root):
    """Take back what grading wrote, but for the release."""
    from nbgrader.api import Student

    from grader.record import Recorder, rmtree_if_there

    rmtree_if_there(pathlib.Path(root) / "grader" / "autograded")
    (pathlib.Path(root) / "grader" / "grading.jsonl").unlink(missing_ok=True)
    with Recorder(root) as recorder, recorder.gradebook() as book:
        for (student,) in book.db.query(Student.id).all():
            book.remove_student(student)


def run_stock(root, name):
    """nbgrader's own autograde command in a process of its own, as an instructor would call it."""
    import subprocess
    import sys

    environment = {
        **os.environ,
        PLAIN: "1",
        "PATH": str(pathlib.Path(sys.executable).parent) + os.pathsep + os.environ["PATH"],
    }
    command = [sys.executable, "-m", "nbgrader", "autograde", name]
    return _timed(root, name, lambda: subprocess.run(command, cwd=root, env=environment, capture_output=True))


def run_ours(root, name, jobs):
    """Our command in a process of its own, so that its start counts too."""
    import subprocess
    import sys

    code = "import sys; from grader.grade import grade_all; grade_all(sys.argv[1], sys.argv[2], jobs=int(sys.argv[3]), json=True)"
    command = [sys.executable, "-c", code, str(root), name, str(jobs)]
    package = pathlib.Path(__file__).resolve().parent.parent
    environment = {**os.environ, "PYTHONPATH": str(package)}
    return _timed(root, name, lambda: subprocess.run(command, cwd=root, env=environment, capture_output=True))


def _timed(root, name, run):
    from grader.export import read_grades

    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    ended = run()
    seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode:
        last = ended.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise course.CourseError(f"the comparison of speeds failed: {' '.join(last)}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "scores": {grade.student: round(grade.score, 4) for grade in read_grades(root, name)},
    }
