"""What exercise 08 calls in the learner's process: one snapshot at a time, so that no later one is there yet."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

from holdout.checks.probe import run_steps

_CURVES: dict[int, dict] = {}  # what the rule has seen of each curve


def next_snapshot(
    rule: Callable[[Mapping], bool], about: Mapping[str, Mapping], measured: Mapping[str, Sequence]
) -> list[bool]:
    """Show a rule one more snapshot of some curves.

    Parameters
    ----------
    rule : callable
    about : dict
        For curves that begin: all but the snapshots that are not measured yet, by number.
    measured : dict
        For each curve that is still trained the next ``new`` and ``kept``, by number.

    Returns
    -------
    list of bool
        Whether it stops, in the order of `measured`.
    """
    _CURVES.update({int(number): dict(one) for number, one in about.items()})
    stops = []
    for number, (new, kept) in measured.items():
        case = _CURVES[int(number)]
        case["new"], case["kept"] = [*case["new"], new], [*case["kept"], kept]
        stops.append(bool(rule(case | {"new": [*case["new"]], "kept": [*case["kept"]]})))
    return stops


def run_stop_rule_steps(cases: Sequence[Mapping]) -> Generator[tuple, Any, list[str]]:
    """The snapshots of all curves side by side, as steps (see :func:`holdout.checks.probe.run_steps`)."""
    stopped = {number: len(case["new"]) - 1 for number, case in enumerate(cases)}
    running = [number for number, last in stopped.items() if last > 1]
    about = {
        str(number): {
            **cases[number],
            "new": list(cases[number]["new"][:1]),
            "kept": list(cases[number]["kept"][:1]),
        }
        for number in running
    }
    now = 1
    while running:
        measured = {
            str(number): (cases[number]["new"][now], cases[number]["kept"][now]) for number in running
        }
        stops = yield next_snapshot, {"about": about if now == 1 else {}, "measured": measured}
        if not isinstance(stops, list) or len(stops) != len(running):
            raise TypeError("the rule gave something else than one answer per curve")
        stopped.update({number: now for number, stop in zip(running, stops, strict=True) if stop is True})
        now += 1
        running = [
            number
            for number, stop in zip(running, stops, strict=True)
            if stop is not True and now < len(cases[number]["new"]) - 1
        ]
    return [str(last) for last in stopped.values()]


def run_stop_rule(rule: Callable[[Mapping], bool], cases: Sequence[Mapping]) -> list[str]:
    """Show a rule each curve snapshot by snapshot; where it says True, training stops (at the last one anyway).

    Parameters
    ----------
    rule : callable
        Gets a case cut off at the present snapshot, with at least one snapshot after the start.
    cases : sequence of dict
        From `stop_cases`.

    Returns
    -------
    list of str
        The snapshot at which each stopped.
    """
    return run_steps(rule, run_stop_rule_steps(cases))
