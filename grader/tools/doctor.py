"""``holdout doctor``: how well this machine isolates submissions, what is installed, what is missing and how to get it.

With ``--speed`` it also measures how fast grading is here, beside stock nbgrader.
"""

import contextlib
import importlib.util
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from importlib import metadata

from grader.sandbox import bubblewrap
from grader.sandbox.fork_server import descendants
from grader.sandbox.server import isolation_level
from holdout import paths
from holdout.errors import CourseError

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
OPTIONAL = {"distributed": "holdout grade --dask", "psycopg": "a gradebook on a PostgreSQL server"}


@dataclass(frozen=True)
class MissingPiece:
    """Something that is not installed.

    Parameters
    ----------
    name : str
    needed_for : str
    install : str
        The command that installs it.
    """

    name: str
    needed_for: str
    install: str


def doctor(root: str | os.PathLike | None = None, *, speed: bool = False, students: int = 6) -> dict:
    """Examine the machine.

    Parameters
    ----------
    root : path, optional
    speed : bool
        Also grade a simulated class with nbgrader's own command and with ours, which takes about half a minute.
    students : int
        Size of that class.

    Returns
    -------
    dict
        ``isolation`` (``level``, ``missing``), ``python``, ``system``, ``cores``, ``versions``, ``missing`` (see
        :class:`MissingPiece`), ``problems`` (sentences; empty when submissions can be graded here) and, if asked for,
        ``speed`` (see :func:`compare_speed`).
    """
    level = isolation_level()
    versions = {name: _version(name) for name in PACKAGES}
    problems = []
    if level.name == "none":
        problems.append("Submissions cannot be isolated here, so other people's work is not graded.")
    needed = [name for name, version in versions.items() if version is None and name not in OPTIONAL]
    if needed:
        problems.append(f"Packages are missing: {', '.join(needed)}.")
    found = {
        "isolation": {"level": level.name, "missing": list(level.missing)},
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cores": usable_cores(),
        "versions": versions,
        "missing": [asdict(piece) for piece in missing_pieces(versions)],
        "problems": problems,
    }
    if speed and not problems:
        found["speed"] = compare_speed(pathlib.Path(root or paths.find_root()).resolve(), students=students)
    return found


def missing_pieces(versions: dict[str, str | None]) -> list[MissingPiece]:
    """What is not installed, with the command that installs it.

    What only the tests need is named where pytest is installed, and nowhere else.

    Parameters
    ----------
    versions : dict of str to str or None
        Of the packages; None where one is not installed.
    """
    pieces = []
    if bubblewrap.platform_supported() and not bubblewrap.find_bubblewrap():
        pieces.append(MissingPiece("bubblewrap", "full isolation of submissions", bubblewrap.INSTALL))
    for name, version in versions.items():
        if version is None:
            # the extra of psycopg brings the client library of PostgreSQL
            wanted = "'psycopg[binary]'" if name == "psycopg" else name
            command = f"{sys.executable} -m pip install {wanted}"
            pieces.append(MissingPiece(name, OPTIONAL.get(name, "grading"), command))
    if importlib.util.find_spec("pytest") and sys.platform == "linux":
        if not any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
            pieces.append(MissingPiece("Chromium", "tests in a browser", "apt-get install chromium"))
        if not (shutil.which("initdb") or list(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))):
            command = "apt-get install postgresql"
            pieces.append(MissingPiece("PostgreSQL's server", "tests of a gradebook on it", command))
    return pieces


def usable_cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def compare_speed(
    root: pathlib.Path, exercise: str = "01", *, students: int = 6, jobs: int | None = None, seed: int = 0
) -> dict:
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
    from grader.nbgrader_bridge.release import release
    from grader.tools.simulate import simulate

    jobs = jobs or usable_cores()
    name = paths.solution_folder(exercise, root).name
    with tempfile.TemporaryDirectory(prefix="holdout-doctor-") as folder:
        copy = pathlib.Path(folder)
        copy_course(root, copy, name)
        made = release(copy, [name])
        if not made[0]["released"]:
            raise CourseError(f"the release failed: {made[0]['problem']}")
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


def copy_course(root: str | os.PathLike, target: str | os.PathLike, name: str) -> None:
    """What grading one exercise needs, without submissions and grades."""
    root, target = pathlib.Path(root), pathlib.Path(target)
    for folder in ("lessons", "exercises", "classroom"):
        (target / folder).mkdir(parents=True, exist_ok=True)
    shutil.copytree(root / "solutions" / name, target / "solutions" / name)
    shutil.copy(root / "nbgrader_config.py", target)


def clear_grades(root: str | os.PathLike) -> None:
    """Take back what grading wrote, but for the release."""
    from nbgrader.api import Student

    from grader.nbgrader_bridge.gradebook import GradebookWriter, rmtree_if_there

    rmtree_if_there(pathlib.Path(root) / "classroom" / "autograded")
    (pathlib.Path(root) / "classroom" / "grading.db").unlink(missing_ok=True)
    with GradebookWriter(root) as writer, writer.gradebook() as book:
        for (student,) in book.db.query(Student.id).all():
            book.remove_student(student)


def run_stock(root: pathlib.Path, name: str) -> dict:
    """nbgrader's own autograde command in a process of its own, as an instructor would call it."""
    environment = {
        **os.environ,
        PLAIN: "1",
        "PATH": str(pathlib.Path(sys.executable).parent) + os.pathsep + os.environ["PATH"],
    }
    command = [sys.executable, "-m", "nbgrader", "autograde", name]
    return _timed(root, name, command, environment)


def run_ours(root: pathlib.Path, name: str, jobs: int) -> dict:
    """Our command in a process of its own, so that its start counts too."""
    code = "import sys; from grader.grading.run import grade_all; grade_all(sys.argv[1], sys.argv[2], jobs=int(sys.argv[3]), json=True)"
    command = [sys.executable, "-c", code, str(root), name, str(jobs)]
    package = pathlib.Path(__file__).resolve().parent.parent
    environment = {**os.environ, "PYTHONPATH": str(package)}
    return _timed(root, name, command, environment)


def _timed(root: pathlib.Path, name: str, command: list[str], environment: dict) -> dict:
    from grader.reports.export import read_grades

    started = time.monotonic()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, cwd=root, env=environment, stdout=subprocess.DEVNULL, stderr=errors
        )
        cpu = watch_cpu(process)
        seconds = time.monotonic() - started
        errors.seek(0)
        last = errors.read().decode("utf-8", "replace").strip().splitlines()[-1:]
    if process.returncode:
        raise CourseError(f"the comparison of speeds failed: {' '.join(last)}")
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "scores": {grade.student: round(grade.score, 4) for grade in read_grades(root, name)},
    }


def watch_cpu(process: subprocess.Popen, interval: float = 0.1) -> float:
    """Wait for a process and return the processor seconds of it and of everything that it started.

    ``getrusage`` misses what runs in a process namespace of its own, as everything in the sandbox does. So the tree
    is sampled again and again: times of living processes with those of the children that they have waited for. The
    sum only falls when a process is lost, so its largest value counts; what happens after the last sample (at most
    `interval` on each core) is missed, in both ways of grading.

    Parameters
    ----------
    process : subprocess.Popen
    interval : float
        Seconds between two samples.

    Returns
    -------
    float
    """
    import resource  # Unix only

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    most = 0.0
    while process.poll() is None:
        most = max(most, sum(_cpu_of(number) for number in descendants(process.pid)))
        time.sleep(interval)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    waited_for = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return max(most, waited_for)


def _cpu_of(process: int) -> float:
    """Processor seconds of a living process and of the children that it has waited for; 0 if it is gone."""
    with contextlib.suppress(OSError, IndexError, ValueError), open(f"/proc/{process}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
        return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    return 0.0
