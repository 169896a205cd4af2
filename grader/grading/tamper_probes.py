"""Tamper probes: probes whose right result is known whatever the learner wrote. An alarm, never a proof and never a score.

The comparison happens outside, so changing the tools inside earns no points; but a person should see that they were changed.
"""

import numpy as np

from holdout.checks.codec import encode
from holdout.checks.probe import NO_ANSWER

NAME = "tamper probe"


def draw_tamper_probes(rng: np.random.Generator) -> list[tuple[dict, dict]]:
    """Probes with fresh inputs and what an unchanged kernel returns.

    Parameters
    ----------
    rng : numpy.random.Generator

    Returns
    -------
    list of (dict, dict)
        Each probe with its right result.
    """
    a, b = (int(n) for n in rng.integers(10, 10**6, 2))
    values = rng.normal(size=4).round(6)
    numbers = {"a": encode(a), "b": encode(b)}
    arrays = {"values": encode(values)}
    return [
        (_probe("abs(-a) + max(a, b) - len([a, b])", numbers), {"value": a + max(a, b) - 2}),
        (_probe("np.abs(values) + np.zeros(4)", arrays), {"value": encode(abs(values))}),
        (_probe("{}[a]", numbers), {"error": "KeyError", "message": str(a), "where": ""}),
    ]


def _probe(expression: str, inputs: dict) -> dict:
    # no name of the notebook: one that clears all names, by %reset or by hand, has changed no tool
    return {"id": NAME, "answer": NO_ANSWER, "probe": expression, "inputs": inputs}


def interleave(probes: list[dict], expected: list[tuple[dict, dict]], rng: np.random.Generator) -> list[dict]:
    """Put tamper probes between probes at random positions, keeping the order of both.

    Returns
    -------
    list of dict
    """
    positions = sorted(rng.integers(0, len(probes) + 1, len(expected)).tolist(), reverse=True)
    placed = list(probes)
    for at, (probe, _) in zip(positions, reversed(expected), strict=True):
        # in the process and at the stage of the probe that it comes before, or it would be known by that
        beside = probes[min(at, len(probes) - 1)] if probes else {}
        alike = {name: beside[name] for name in ("stage", "at") if name in beside}
        placed.insert(at, {**probe, **alike})
    return placed


def tampered(expected: list[tuple[dict, dict]], results: list[dict]) -> bool:
    """Whether any tamper probe returned a wrong result; one that was not run says nothing.

    Parameters
    ----------
    expected : list of (dict, dict)
    results : list of dict
    """
    return any(
        result != right
        for (_, right), result in zip(expected, results, strict=True)
        if result.get("error") != "NotRun"
    )
