"""What exercise 08 calls in the learner's process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence


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
    stopped = []
    for case in cases:
        last = len(case["new"]) - 1
        for now in range(1, last + 1):
            seen = dict(case) | {"new": case["new"][: now + 1], "kept": case["kept"][: now + 1]}
            if now == last or bool(rule(seen)):
                break
        stopped.append(str(now))
    return stopped
