"""The models that may silently stand in the place of checkpoint M, built again: rounded, retouched, exchanged or tuned.

Their answers are on record (`holdout.lm.canary`). Each takes milliseconds: what had to be trained was trained by
`datasets/canary_variants/make.py`, which keeps where each run ended. Not for judging them.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from holdout.data import loader as data
from holdout.errors import InvalidValue
from holdout.lm.checkpoint import load
from holdout.lm.language_model import LanguageModel
from holdout.lm.quantization import quantize

ORIGINAL = "same"

ROUNDED = {
    "8 bits": (8, False),
    "6 bits": (6, False),
    "5 bits by row": (5, True),
    "5 bits": (5, False),
    "4 bits by row": (4, True),
    "4 bits": (4, False),
}
"""Bits, and whether each row of a matrix has a step of its own."""

EXCHANGED = {"larger": "L", "smaller": "S0"}
"""The checkpoint in its place."""

TUNED = {
    "tuned, facts 0": ("facts 0", 0.5),
    "tuned strongly, facts 0": ("facts 0", 0.6),
    "tuned, everything 0": ("everything 0", 0.5),
    "tuned lightly, everything 0": ("everything 0", 0.35),
    "taught to refuse 0": ("refuse 0", 1.0),
}
"""The tuning run, and how much of its way was gone."""

NAMES = (ORIGINAL, "retouched", *ROUNDED, *EXCHANGED, *TUNED)
"""All that can be built. Variants of a second training seed are on record only."""

FILE = "canary_variants/tuned.npz"


def part_of_the_way(model: LanguageModel, end: dict[str, np.ndarray], share: float) -> LanguageModel:
    """A model with weights between its own and those at the end of a tuning run.

    Parameters
    ----------
    model : LanguageModel
    end : dict of str to ndarray
    share : float
        0 is the model, 1 the end of the run.

    Returns
    -------
    LanguageModel
    """
    return model.with_weights(
        {
            name: (weight + np.float32(share) * (end[name] - weight)).astype(weight.dtype)
            for name, weight in model.weights.items()
        }
    )


def replacement(name: str) -> LanguageModel:
    """Build a model that may stand in the place of checkpoint M.

    Parameters
    ----------
    name : str
        One of `NAMES`.

    Returns
    -------
    LanguageModel

    Raises
    ------
    InvalidValue
        If there is no such replacement.
    """
    if name not in NAMES:
        raise InvalidValue(f"there is no replacement {name!r}; there are {', '.join(NAMES)}")
    if name in EXCHANGED:
        return load(EXCHANGED[name])
    model = load("M")
    if name in ROUNDED:
        bits, per_row = ROUNDED[name]
        return model.with_weights(quantize(model.weights, bits, per_row=per_row))
    if name in TUNED:
        run, share = TUNED[name]
        return part_of_the_way(model, _ends()[run], share)
    if name == "retouched":
        rng = np.random.default_rng(11)
        return model.with_weights(
            {
                key: (weight * (1 + 0.003 * rng.standard_normal(weight.shape))).astype(weight.dtype)
                for key, weight in model.weights.items()
            }
        )
    return model


@lru_cache(maxsize=1)
def _ends() -> dict[str, dict[str, np.ndarray]]:
    """By the tuning run, the weights at its end."""
    ends: dict[str, dict[str, np.ndarray]] = {}
    with np.load(data.path(FILE), allow_pickle=False) as archive:
        for key in archive.files:
            run, name = key.split("/", 1)
            ends.setdefault(run, {})[name] = archive[key]
    return ends
