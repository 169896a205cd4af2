"""Answers that draw at random: which calls must give the same draw, and which another one.

Three generators, two of them in the same state, are used in an order that is drawn for each case. An answer that draws from
something else than its generator, or counts its calls, cannot give the same draw in the right places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from holdout.checks.codec import seeded

PROBE = "[{call} for rng in ([rng, again, other][i] for i in order)]"
"""Expression of a probe; ``call`` calls the answer with ``rng``."""

USES = (0, 0, 1, 1, 2)  # rng and again twice each, other once


def repeated(rng: np.random.Generator) -> dict[str, Any]:
    """Inputs of a case: ``rng`` and ``again`` in the same state, ``other`` in another one, and the order of their use.

    Parameters
    ----------
    rng : numpy.random.Generator

    Returns
    -------
    dict
    """
    one, two = (int(seed) for seed in rng.choice(2**31, 2, replace=False))
    # rng comes first and is used again at once or later; whichever, the order differs from case to case
    order = [0, *(int(use) for use in rng.permutation(USES[1:]))]
    return {"rng": seeded(one), "again": seeded(one), "other": seeded(two), "order": order}


def draws_by_state(inputs: Mapping[str, Any], draws: Sequence[Any]) -> list[list[Any]]:
    """Draws in groups: those of a group come from generators in the same state, and must be equal.

    Parameters
    ----------
    inputs : Mapping
        From :func:`repeated`. Without ``order``: two calls with ``rng``, one with ``again``.
    draws : sequence
        One for each call.

    Returns
    -------
    list of list
        First the draws from the first state of ``rng``, then those from its second, then that of ``other``.
    """
    order = inputs.get("order", [0, 0, 1])
    used = [0, 0, 0]
    groups: dict[tuple[bool, int], list[Any]] = {}
    for generator, draw in zip(order, draws, strict=True):
        groups.setdefault((generator == 2, used[generator]), []).append(draw)
        used[generator] += 1
    return [groups[key] for key in sorted(groups)]
