"""Which states of a live figure are drawn in advance. Pure arithmetic over positions; draws nothing."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

from holdout.errors import InvalidValue

MOST_FRAMES = 40
"""Pictures of one figure, at most."""


@dataclass(frozen=True)
class Control:
    """What the plan needs to know of a control."""

    count: int
    """Number of its values."""
    start: int
    """Position of the value that it begins with."""


@dataclass(frozen=True)
class Plan:
    """The states that are drawn.

    Attributes
    ----------
    kind : str
        ``"grid"``: every combination of the kept positions. ``"axes"``: each control along its own values while the others
        stay at their start.
    kept : dict of str to list of int
        For each control the positions that can be chosen; the first, the last and the start are always among them.
    states : list of tuple of int
        Positions of all controls, in their order; the state in which the figure begins is the first.
    """

    kind: str
    kept: dict[str, list[int]]
    states: list[tuple[int, ...]]


def plan_frames(controls: Mapping[str, Control], limit: int = MOST_FRAMES) -> Plan:
    """Choose at most ``limit`` states of a figure.

    All combinations where they are few enough. With two controls a coarse grid, if it keeps at least half of the values of
    each. Otherwise each control along its own values, the others at their start; long ones lose values in between.

    Parameters
    ----------
    controls : mapping of str to Control
    limit : int

    Returns
    -------
    Plan

    Raises
    ------
    InvalidValue
        If there is no control, if a start lies outside, or if even the ends of all controls are more than ``limit`` states.

    Examples
    --------
    >>> plan_frames({"degree": Control(12, 8)}).kept
    {'degree': [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}
    >>> plan_frames({"a": Control(3, 1), "b": Control(30, 0)}, limit=10).kind
    'axes'
    """
    if not controls:
        raise InvalidValue("A figure without controls has no states to plan.")
    for name, control in controls.items():
        if not 0 <= control.start < control.count:
            raise InvalidValue(
                f"The control {name} begins at position {control.start} of {control.count} values."
            )
    counts = [control.count for control in controls.values()]
    enough = [max(math.ceil(control.count / 2), _least(control)) for control in controls.values()]
    if math.prod(counts) <= limit:
        kind, sizes = "grid", counts
    elif len(counts) == 2 and (grid := _shrink(counts, enough, math.prod, limit)):
        kind, sizes = "grid", grid
    else:
        least = [_least(control) for control in controls.values()]
        along = _shrink(counts, least, lambda sizes: sum(sizes) - len(sizes) + 1, limit)
        if not along:
            raise InvalidValue(
                f"{len(counts)} controls need at least {sum(least) - len(least) + 1} pictures for their ends alone; {limit} are allowed."
            )
        kind, sizes = "axes", along
    kept = {
        name: _spread(control, size) for (name, control), size in zip(controls.items(), sizes, strict=True)
    }
    start = tuple(control.start for control in controls.values())
    if kind == "grid":
        states = list(itertools.product(*kept.values()))
    else:
        states = [
            (*start[:place], position, *start[place + 1 :])
            for place, positions in enumerate(kept.values())
            for position in positions
        ]
    return Plan(kind, kept, list(dict.fromkeys([start, *states])))


def _least(control):
    return len({0, control.start, control.count - 1})


def _shrink(counts, least, total, limit):
    """Sizes from ``counts`` down, the one that keeps the largest share first, until ``total`` fits; None if none does."""
    sizes = list(counts)
    while total(sizes) > limit:
        shrinkable = [place for place, size in enumerate(sizes) if size > max(least[place], 2)]
        if not shrinkable:
            return None
        sizes[max(shrinkable, key=lambda place: (sizes[place] / counts[place], sizes[place]))] -= 1
    return sizes


def _spread(control, size):
    """``size`` positions from the first to the last, as even as possible, the start among them."""
    last = control.count - 1
    if size >= control.count:
        return list(range(control.count))
    even = [round(step * last / (size - 1)) for step in range(size)]
    if control.start not in even:
        inner = range(1, size - 1)
        if not inner:
            return sorted({0, control.start, last})
        even[min(inner, key=lambda place: abs(even[place] - control.start))] = control.start
    return sorted(set(even))
