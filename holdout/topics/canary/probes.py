"""What exercise 11 calls in the learner's process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from holdout.topics.canary.experiments import run_monitor


def run_on_quarters(monitor: Callable[[Mapping], bool], quarters: Sequence[Mapping]) -> list[list[int]]:
    """The days on which a learner's monitor raises an alarm, for each quarter (see `run_monitor`)."""
    return run_monitor(monitor, quarters)
