"""``my-canary/``: what lies in it, how it is found and made. Nothing that is there is ever overwritten.

``canary.json`` (what was fixed at the enrolment), ``rule.py`` (the learner's), ``log.jsonl`` (chained, see `holdout.chained_log`)
and a table for each time that the whole suite was asked. What was fixed stands in the log's first line, too.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from holdout import chained_log
from holdout.record import progress
from holdout.record.canary.days import Clock
from holdout.record.canary.errors import CanaryError
from holdout.record.canary.plan import draw_plan
from holdout.record.canary.rule import FILE as RULE
from holdout.record.canary.rule import TEMPLATE
from holdout.record.canary.service import Service, pack, unpack

FOLDER = "my-canary"
ABOUT = "canary.json"
LOCK = ".lock"
LARGEST = 100_000
"""Bytes of ``canary.json`` and of the rule that are read."""


@dataclass(frozen=True)
class Canary:
    """A canary that is there.

    Parameters
    ----------
    folder : path
    about : dict
        ``id``, ``name`` (of the learner), ``enrolled`` (ISO time with its zone), ``seconds_per_day`` (None: days of the calendar), ``questions``
        (their fingerprint), ``frozen`` (which of them the original answers rightly), ``weights`` (fingerprint of the original), ``plan`` (fingerprint).
    problems : tuple of str
        What is wrong with the files, in sentences.
    """

    folder: pathlib.Path
    about: dict
    problems: tuple[str, ...] = ()

    @property
    def rule(self) -> pathlib.Path:
        """The learner's rule."""
        return self.folder / RULE

    @property
    def clock(self) -> Clock:
        """The clock as it was at the enrolment."""
        return Clock(datetime.fromisoformat(self.about["enrolled"]), 0, self.about["seconds_per_day"])

    @property
    def compressed(self) -> bool:
        """Whether its days are shorter than those of the calendar."""
        return self.about["seconds_per_day"] is not None

    def frozen(self, number: int) -> np.ndarray:
        """Which of the questions the original answers rightly."""
        return unpack(self.about["frozen"], number)

    def rule_source(self) -> bytes | None:
        """The rule as it is now; None if it is no plain file, too large, or cannot be read."""
        return _plain_bytes(self.rule)

    def rule_fingerprint(self) -> str:
        """Fingerprint of the rule as it is now; empty if it cannot be read."""
        source = self.rule_source()
        return "" if source is None else chained_log.fingerprint(source)

    @property
    def rule_is_template(self) -> bool:
        """Whether the rule is still the one that never rings."""
        return self.rule_fingerprint() == chained_log.fingerprint(TEMPLATE.encode())


def enrol(
    folder: str | os.PathLike,
    now: datetime,
    *,
    name: str = "",
    seconds_per_day: float | None = None,
    service: Service | None = None,
) -> Canary:
    """Make a canary: ask the original everything, freeze its answers, and begin the log.

    Parameters
    ----------
    folder : path
        Must not be there, or be empty.
    now : datetime
        With a time zone.
    name : str
        Of the learner.
    seconds_per_day : float, optional
        For a compressed clock.
    service : Service, optional

    Returns
    -------
    Canary

    Raises
    ------
    CanaryError
        If the folder is not empty or cannot be made.
    holdout.errors.InvalidValue
        If a day is too short or too long.
    """
    folder = pathlib.Path(folder)
    Clock(now, 0, seconds_per_day)  # refuses a day that is none
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise CanaryError(
            f"{folder} is there already; `holdout canary status` says where that canary stands. Move it away to begin a new one"
        )
    from holdout.lm.checkpoint import digest
    from holdout.lm.replacements import ORIGINAL, replacement

    service = service or Service()
    id = secrets.token_hex(8)
    about = {
        "id": id,
        "name": name,
        "enrolled": now.isoformat(timespec="seconds"),
        "seconds_per_day": seconds_per_day,
        "questions": service.questions.fingerprint,
        "frozen": pack(service.ask_all(ORIGINAL).right),
        "weights": digest(replacement(ORIGINAL).weights),
        "plan": _fingerprint_of_plan(id),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RULE).write_text(TEMPLATE, encoding="utf-8")
        (folder / ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise CanaryError(
            f"{folder} cannot be made ({error.strerror or error}); make room or allow writing, and try again"
        ) from None
    chained_log.append(folder, "enrolled", now=now, date=now.date().isoformat(), **about)
    return Canary(folder, about)


def _fingerprint_of_plan(id: str) -> str:
    plan = draw_plan(id)
    return chained_log.fingerprint([id, [list(event) for event in plan.events]])


def find_canary(start: str | os.PathLike | None = None) -> Canary:
    """Find the canary in or above a folder, or in `my-canary` below one of them.

    Parameters
    ----------
    start : path, optional
        The working directory by default.

    Raises
    ------
    CanaryError
        If there is none, or it cannot be read.
    """
    here = pathlib.Path(start or pathlib.Path.cwd()).resolve()
    for folder in (one for above in (here, *here.parents) for one in (above, above / FOLDER)):
        if is_canary(folder):
            return open_canary(folder)
    raise CanaryError(f"there is no canary in or above {here}; begin one with `holdout canary enrol`")


def is_canary(folder: str | os.PathLike) -> bool:
    """Whether a folder holds a canary, or what is left of one."""
    folder = pathlib.Path(folder)
    return (folder / ABOUT).is_file() or (folder.name == FOLDER and (folder / chained_log.FILE).is_file())


def open_canary(folder: str | os.PathLike) -> Canary:
    """Open the canary of a folder. If ``canary.json`` is lost or broken, what it said is read from the log.

    Raises
    ------
    CanaryError
        If neither can be read.
    """
    folder = pathlib.Path(folder)
    lines, _ = chained_log.read(folder)
    logged = next((line for line in lines if line.get("event") == "enrolled" and _is_about(line)), None)
    stated = _read_about(folder / ABOUT)
    if stated is None and logged is None:
        raise CanaryError(
            f"{folder / ABOUT} and the first line of {chained_log.FILE} cannot be read; restore the folder from a copy, or move it away "
            "and begin a new canary with `holdout canary enrol`"
        )
    problems = []
    if stated is None:
        problems.append(f"{ABOUT} cannot be read; what it said was taken from the log")
    if logged is None:
        problems.append(
            f"the line of the enrolment is missing in {chained_log.FILE}; it was taken from {ABOUT}"
        )
    about = stated or logged
    assert about is not None
    if stated and logged and any(stated[key] != logged[key] for key in _KINDS):
        stands = chained_log.fingerprint(
            {key: value for key, value in logged.items() if key != "hash"}
        ) == logged.get("hash")
        problems.append(
            f"{ABOUT} says something else than the log; {'the log' if stands else ABOUT} was believed"
        )
        about = logged if stands else stated
    about = {key: about[key] for key in _KINDS}
    if about["plan"] != _fingerprint_of_plan(about["id"]):
        problems.append("the plan drawn from the canary's id is another one than at the enrolment: the id was changed, or the course was updated")  # fmt: skip
    return Canary(folder, about, tuple(problems))


_KINDS = {
    "id": str,
    "name": str,
    "enrolled": str,
    "seconds_per_day": (int, float, type(None)),
    "questions": str,
    "frozen": str,
    "weights": str,
    "plan": str,
}


def _is_about(value: dict) -> bool:
    if not all(key in value and isinstance(value[key], kind) for key, kind in _KINDS.items()):  # type: ignore[arg-type]
        return False
    try:
        moment = datetime.fromisoformat(value["enrolled"])
        Clock(moment, 0, value["seconds_per_day"])
        bytes.fromhex(value["frozen"])
    except ValueError:
        return False
    return moment.tzinfo is not None


def _read_about(file: pathlib.Path) -> dict | None:
    try:
        value = json.loads(_plain_bytes(file) or b"")
        return value if isinstance(value, dict) and _is_about(value) else None
    except (ValueError, RecursionError):
        return None


def _plain_bytes(file: pathlib.Path) -> bytes | None:
    """What a file holds; None if it is none (reading a pipe would wait for ever), is too large, or cannot be read."""
    try:
        return file.read_bytes() if file.is_file() and file.stat().st_size <= LARGEST else None
    except OSError:
        return None


@contextlib.contextmanager
def locked(folder: pathlib.Path) -> Iterator[None]:
    """Keep a second start of the Lab from asking the same day at the same time. Without locks of the system it goes on without."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CanaryError(
            f"{folder} cannot be written ({error.strerror or error}); make room or allow writing, and try again"
        ) from None
    try:
        with progress.locked(descriptor):
            yield
    finally:
        os.close(descriptor)
