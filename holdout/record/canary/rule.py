"""The learner's rule, run in a process of its own with a limit of time: it may raise, print, loop or end its process.

What it does wrong becomes a sentence; the day's counts are kept all the same. For one's own code on one's own machine: this
isolates mistakes, not attacks.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence

FILE = "rule.py"
SECONDS = 10
"""Seconds of computing for all days that are judged at one time."""
PATIENCE = 6
"""How many times as long it may take by the clock: a computer may be busy, and a rule may wait for nothing."""
NOTHING = "it ended its process without an answer"
LONGEST = 100_000
"""Characters of a result that is read."""

TEMPLATE = '''"""The rule that watches my canary. `holdout canary` runs it; change it whenever you like: each change is dated in the log."""

import numpy as np


def monitor(stream):
    """Whether somebody should be called today: True, False, or "suite" to have all questions asked first.

    stream["days"]     the days, one for each row below; the last row is the day that is judged
    stream["slices"]   names of the five slices
    stream["items"]    questions per day and slice
    stream["lost"]     array, days x slices: questions that only the original answers rightly
    stream["gained"]   the same for questions that only the served model answers rightly
    stream["changed"]  array, days x slices: answers that turned right or wrong since the suite was asked last
    stream["suite"]    None, or the whole suite as asked today: a dict of arrays "items", "lost" and "gained", by slice

    The history begins at the enrolment, or after your last alarm.
    """
    return False  # this rule never rings: put your `monitor` of exercise 11 here
'''


def judge(rule: str | os.PathLike, streams: Sequence[dict], *, seconds: int = SECONDS) -> tuple[list, str]:
    """Ask the rule about some days, in order, until it rings or wants the suite.

    Parameters
    ----------
    rule : path
        A Python file with a function ``monitor``.
    streams : sequence of dict
        Plain JSON values, as the template describes them.
    seconds : int
        Of computing, for all of them; by the clock `PATIENCE` times as many. Where the system cannot limit computing, the clock alone counts.

    Returns
    -------
    results : list of bool or "suite"
        Of the first days; as many as the rule got through.
    problem : str
        Why there are no more; empty if nothing went wrong.
    """
    with tempfile.TemporaryDirectory(prefix="holdout-rule-", ignore_cleanup_errors=True) as place:
        given, answer = pathlib.Path(place) / "given.json", pathlib.Path(place) / "answer.json"
        given.write_text(json.dumps(list(streams)), encoding="utf-8")
        runner = pathlib.Path(__file__).with_name("run_rule.py")
        process = subprocess.Popen(
            [
                sys.executable,
                "-B",
                str(runner),
                str(pathlib.Path(rule).resolve()),
                str(given),
                str(answer),
                str(seconds),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=place,
            env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,
        )
        try:
            ended = process.wait(PATIENCE * seconds)
        except subprocess.TimeoutExpired:
            return [], f"it had not answered after {PATIENCE * seconds} seconds"
        finally:
            _end(process)
        if ended == -getattr(signal, "SIGXCPU", 0) != 0:
            return [], f"it had not answered after {seconds} seconds of computing"
        return _read(answer)


def _end(process: subprocess.Popen) -> None:
    """End the rule's process, and those that it has started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _read(answer: pathlib.Path) -> tuple[list, str]:
    """What the runner has written; a rule that ended its process, or wrote there itself, has a problem."""
    try:
        if answer.stat().st_size > LONGEST:
            raise ValueError
        said = json.loads(answer.read_text(encoding="utf-8"))
        results, problem = said["results"], said["problem"]
        if not isinstance(problem, str) or not all(one in (True, False, "suite") for one in results):
            raise ValueError
        return list(results), problem if results or problem else NOTHING
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return [], NOTHING
