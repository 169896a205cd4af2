"""Work on what a learner handed in, inside limits of its own: a helper process that forks for every piece of work.

What comes out of the sandbox is bounded in bytes, but not in the work that it makes: numbers of one hash, tables that NumPy pads, text that a parser takes
quadratic time for. Here each piece of such work has its own processor time and memory, and one that needs more is ended without
touching its neighbours. The helper is a process of its own (`python -m grader.grading.bounded`), because a process with threads must not fork.
"""

import atexit
import base64
import contextlib
import dataclasses
import datetime
import functools
import json
import os
import pathlib
import pickle
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from holdout.errors import HoldoutError

HEADER = struct.Struct(">Q")


class Excess(HoldoutError):
    """The work needed more than its limits; the message is one sentence for the instructor."""


@dataclass(frozen=True)
class Allowance:
    """What one piece of work may use.

    Parameters
    ----------
    cpu_seconds : int
        Processor time, so that a loaded machine changes nothing.
    wall_seconds : float
        Much more than that; it ends work that waits.
    memory : int
        Bytes beyond what the helper has.
    result_bytes : int
    """

    cpu_seconds: int = 10
    wall_seconds: float = 120.0
    memory: int = 1 << 30
    result_bytes: int = 128 << 20


class Bounded:
    """Does pieces of work within limits; a context manager. May be used from several threads, one piece at a time.

    Parameters
    ----------
    allowance : Allowance, optional
    """

    def __init__(self, allowance: Allowance | None = None):
        self.allowance = allowance or Allowance()
        self._helper: subprocess.Popen | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> "Bounded":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the helper."""
        with self._lock:
            self._stop()

    def _stop(self):
        helper, self._helper = self._helper, None
        if helper is not None:
            helper.kill()
            helper.wait()
            for pipe in (helper.stdin, helper.stdout):
                with contextlib.suppress(OSError):
                    if pipe is not None:
                        pipe.close()

    def call(self, task: str, *arguments: Any, allowance: Allowance | None = None) -> Any:
        """The result of one of `TASKS` as plain JSON.

        Raises
        ------
        Excess
            If it needed too much, or ended its process.
        HoldoutError
            If it raised an error; the message has its name.
        """
        allowance = allowance or self.allowance
        order = pickle.dumps((task, arguments, dataclasses.asdict(allowance)))
        with self._lock:
            for _ in range(
                2
            ):  # the helper itself may have been ended, for instance by a machine without memory
                try:
                    return self._ask(order)
                except (OSError, EOFError):
                    self._stop()
        raise Excess("The process that judges it ended twice.")

    def _ask(self, order):
        if self._helper is None or self._helper.poll() is not None:
            self._stop()
            environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
            self._helper = subprocess.Popen(
                [sys.executable, "-m", "grader.grading.bounded"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=pathlib.Path(__file__).resolve().parents[2],
                env=environment,
            )
        _write(self._helper.stdin, order)
        kind, value = json.loads(_read(self._helper.stdout))
        if kind == "excess":
            raise Excess(value)
        if kind == "error":
            raise HoldoutError(value)
        return value


_SHARED: dict[tuple, Bounded] = {}


def shared_bounded() -> Bounded:
    """One helper for everything that this process does, since it takes a second to start; it ends with the process."""
    settings = tuple(os.environ.get(name) for name in ("HOLDOUT_COURSE", "HOLDOUT_DATASETS"))
    if settings not in _SHARED:
        for bounded in _SHARED.values():
            bounded.close()
        _SHARED.clear()
        _SHARED[settings] = Bounded()
    return _SHARED[settings]


@atexit.register
def _close_shared():
    for bounded in _SHARED.values():
        bounded.close()


def _write(pipe, data):
    pipe.write(HEADER.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def _read(pipe):
    head = pipe.read(HEADER.size)
    if len(head) < HEADER.size:
        raise EOFError
    (size,) = HEADER.unpack(head)
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


# ------------------------------------------------------------------------------ in the helper


@functools.lru_cache(maxsize=32)
def _prepared(name, root, seed, released, _stamp):
    from grader.grading.prepared import PreparedExercise

    return PreparedExercise(name, root, seed, released)


def prepared_exercise(name: str, root: str, seed: int, released: list | None) -> Any:
    """An exercise that is prepared once for all submissions, and again if its files change."""
    folder = pathlib.Path(root) / "solutions" / name
    stamp = tuple(sorted((path.name, path.stat().st_mtime_ns) for path in folder.glob("*.py")))
    return _prepared(name, root, seed, None if released is None else tuple(released), stamp)


def read(folder: str, release: dict, name: str) -> dict:
    """See :func:`grader.grading.submission.read_submission`."""
    from grader.grading.submission import read_submission

    submission = read_submission(folder, release, name=name)
    made = {field.name: getattr(submission, field.name) for field in dataclasses.fields(submission)}
    made["files"] = {
        name: base64.b64encode(content).decode("ascii") for name, content in submission.files.items()
    }
    if isinstance(made["submitted_at"], datetime.datetime):
        made["submitted_at"] = made["submitted_at"].isoformat()
    return made


def read_ordinary(reader: Any, folder: str) -> dict:
    """See :meth:`grader.grading.ordinary.OrdinaryReader.read`."""
    hand_in = reader.read(folder)
    made = {name: getattr(hand_in, name) for name in ("notebooks", "reviews", "missing")}
    for name in ("files", "raw"):
        contents = getattr(hand_in, name)
        made[name] = {path: base64.b64encode(one).decode("ascii") for path, one in contents.items()}
    about = hand_in.about
    moment = about.submitted_at.isoformat() if about.submitted_at else None
    return made | {"notes": about.notes, "problems": about.problems, "submitted_at": moment}


def finish_ordinary(reader: Any, node: dict, notebook: str, executed: Any, alarm: int | None) -> dict:
    """See :meth:`grader.grading.ordinary.OrdinaryReader.finish`."""
    import nbformat

    node = nbformat.from_dict(node)
    finished = reader.finish(node, notebook, executed, alarm)
    questions = [question.as_dict() for question in finished.questions]
    return {
        "node": node,
        "reviews": finished.reviews,
        "remarks": finished.remarks,
        "questions": questions,
    }


def judge(
    name: str,
    root: str,
    seed: int,
    released: list | None,
    executed: Any,
    notebook: dict,
    questions: list | None = None,
) -> list:
    """See :meth:`grader.grading.prepared.PreparedExercise.judge`; of some questions only, if they are named."""
    judged = prepared_exercise(name, root, seed, released).judge(executed, notebook, questions)
    return [result.as_dict() for result in judged]


def clean(cells: list) -> list:
    """Outputs of cells as they may be shown; see :func:`grader.nbgrader_bridge.sanitize.clean_output`."""
    from grader.nbgrader_bridge.sanitize import clean_output

    return [[made for output in outputs if (made := clean_output(output))] for outputs in cells]


def feedback(root: str, exercise: str, student: str) -> int:
    """See :func:`grader.nbgrader_bridge.feedback.write_one`."""
    from grader.nbgrader_bridge.feedback import write_one

    return write_one(root, exercise, student)


TASKS: dict[str, Callable] = {
    "read": read,
    "read_ordinary": read_ordinary,
    "finish_ordinary": finish_ordinary,
    "judge": judge,
    "clean": clean,
    "feedback": feedback,
}


def _warm_up(task, arguments):
    """Import and prepare in the helper what its forks then share."""
    if task in ("read", "clean"):
        import grader.grading.submission
        import grader.nbgrader_bridge.sanitize
    elif task in ("read_ordinary", "finish_ordinary"):
        import grader.grading.ordinary
    elif task == "judge":
        prepared_exercise(*arguments[:4])
    elif task == "feedback":
        import grader.nbgrader_bridge.feedback
        import grader.nbgrader_bridge.pages  # noqa: F401


def serve() -> NoReturn:
    """Do what comes in until there is nothing more, which is also when the process that asks has ended."""
    orders, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what prints something must not speak to the other side
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            task, arguments, limits = pickle.loads(_read(orders))  # from the grader itself
        except EOFError:
            os._exit(0)  # at once: an interpreter full of libraries takes seconds to take itself apart
        try:
            _warm_up(task, arguments)
            answer = _in_a_fork(TASKS[task], arguments, Allowance(**limits))
        except Exception as error:
            answer = _answer("error", f"{type(error).__name__}: {error}")
        _write(answers, answer)


def _answer(kind, value):
    return json.dumps([kind, value]).encode()


def _in_a_fork(function, arguments, allowance):
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        _child(function, arguments, allowance, theirs)
    os.close(theirs)
    deadline, received, reason = time.monotonic() + allowance.wall_seconds, bytearray(), ""
    poll = select.poll()
    poll.register(ours, select.POLLIN)
    while not reason:
        if time.monotonic() >= deadline:
            reason = f"more than {allowance.wall_seconds:g} seconds"
        elif poll.poll(500):
            piece = os.read(ours, 1 << 20)
            if not piece:
                break
            received += piece
            if len(received) > allowance.result_bytes:
                reason = f"more than {allowance.result_bytes:,} bytes of result"
    os.close(ours)
    if reason:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if not reason and os.WIFSIGNALED(status):
        if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL):
            reason = f"more than {allowance.cpu_seconds} seconds of processor time"
        else:
            reason = f"what the interpreter cannot bear ({signal.Signals(os.WTERMSIG(status)).name})"
    if not reason and not received:
        reason = f"more than {allowance.memory >> 20:,} MB of memory"
    return _answer("excess", f"It needs {reason} here.") if reason else bytes(received)


def _child(function, arguments, allowance, pipe):
    """Never returns."""
    code = 1
    try:
        import resource  # Unix only; this module is imported elsewhere, too, to say so

        used = int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + allowance.memory, used + allowance.memory))
        resource.setrlimit(resource.RLIMIT_CPU, (allowance.cpu_seconds, allowance.cpu_seconds + 2))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            answer = _answer("done", function(*arguments))
        except (MemoryError, RecursionError) as error:
            answer = _answer(
                "excess",
                f"It needs more than {allowance.memory >> 20:,} MB of memory or too many levels here ({type(error).__name__}).",
            )
        except Exception as error:
            answer = _answer("error", f"{type(error).__name__}: {error}")
        with os.fdopen(pipe, "wb") as file:
            file.write(answer)
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    from grader.grading import bounded

    bounded.serve()
