"""What exercise 11 calls in the learner's process: one evening at a time, so that no later day is there yet."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from holdout.checks.probe import run_steps

_QUARTERS: dict[int, _Seen] = {}  # what the monitor has seen of each quarter since its last alarm


class _Seen:
    """The history of one quarter, as it grows."""

    def __init__(self, about: Mapping[str, Any]):
        self.about = dict(about)
        self.days = 0
        self.kept = np.empty((0, 2, 0), dtype=int)

    def add(self, day: np.ndarray) -> dict[str, Any]:
        """Keep a day (lost and gained by slice) and return the stream up to it, in copies."""
        if self.days == len(self.kept):
            more = np.empty((max(16, 2 * self.days), *day.shape), dtype=day.dtype)
            if self.days:
                more[: self.days] = self.kept
            self.kept = more
        self.kept[self.days] = day
        self.days += 1
        seen = self.kept[: self.days]
        return self.about | {"lost": seen[:, 0].copy(), "gained": seen[:, 1].copy()}


def next_evening(
    monitor: Callable[[Mapping], bool], about: Mapping[str, Mapping], days: Mapping[str, ArrayLike]
) -> list[bool]:
    """Show a monitor one more day of some quarters; after an alarm the history of a quarter begins anew.

    Parameters
    ----------
    monitor : callable
    about : dict
        For quarters that begin: their ``slices`` and ``items``, by number.
    days : dict
        For each quarter that is watched the day's ``lost`` and ``gained`` by slice, by number.

    Returns
    -------
    list of bool
        Whether it raises an alarm, in the order of `days`.
    """
    _QUARTERS.update({int(number): _Seen(one) for number, one in about.items()})
    alarms = []
    for number, day in days.items():
        seen = _QUARTERS[int(number)]
        alarms.append(bool(monitor(seen.add(np.asarray(day)))))
        if alarms[-1]:
            _QUARTERS[int(number)] = _Seen(seen.about)
    return alarms


def run_on_quarters_steps(quarters: Sequence[Mapping]) -> Generator[tuple, Any, list[list[int]]]:
    """The evenings of all quarters side by side, as steps (see :func:`holdout.checks.probe.run_steps`)."""
    streams = [(np.asarray(one["lost"]), np.asarray(one["gained"])) for one in quarters]
    about = {
        str(number): {name: value for name, value in one.items() if name not in ("lost", "gained")}
        for number, one in enumerate(quarters)
    }
    found: list[list[int]] = [[] for _ in quarters]
    for day in range(max((len(lost) for lost, _ in streams), default=0)):
        days = {
            str(number): np.stack([lost[day], gained[day]])
            for number, (lost, gained) in enumerate(streams)
            if day < len(lost)
        }
        alarms = yield next_evening, {"about": about if day == 0 else {}, "days": days}
        if not isinstance(alarms, list) or len(alarms) != len(days):
            raise TypeError("the monitor gave something else than one answer per quarter")
        for number, alarm in zip(days, alarms, strict=True):
            if alarm is True:
                found[int(number)].append(day)
    return found


def run_on_quarters(monitor: Callable[[Mapping], bool], quarters: Sequence[Mapping]) -> list[list[int]]:
    """The days on which a learner's monitor raises an alarm, for each quarter."""
    return run_steps(monitor, run_on_quarters_steps(quarters))
