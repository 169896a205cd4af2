"""Low-rank adapters begin without effect and have the promised rank and gradient."""

import numpy as np
import pytest

from holdout.lm import (
    Config,
    LowRankAdapter,
)
from holdout.lm.model import initial_weights, loss_and_gradients


def test_a_fresh_adapter_changes_nothing(small):
    adapter = LowRankAdapter(small.weights, 2, np.random.default_rng(0))
    for name, weight in adapter.merged().items():
        np.testing.assert_array_equal(weight, small.weights[name])


def test_an_adapter_has_rank_times_both_sides_weights_and_its_change_has_that_rank(small):
    adapter = LowRankAdapter(small.weights, 3, np.random.default_rng(0), matrices=("query", "gate"))
    d, m = small.config.width, small.config.hidden
    assert sum(weight.size for weight in adapter.weights.values()) == 2 * 3 * ((d + d) + (d + m))
    for name in adapter.names:
        adapter.weights[f"{name}.B"] += 1.0 * np.random.default_rng(1).standard_normal(
            adapter.weights[f"{name}.B"].shape
        )
    merged = adapter.merged()
    assert np.linalg.matrix_rank(merged["0.query"] - small.weights["0.query"], tol=1e-4) == 3
    np.testing.assert_array_equal(merged["0.key"], small.weights["0.key"])


def test_gradients_of_an_adapter_equal_finite_differences():
    """Central differences in float64, as for the model itself."""
    rng = np.random.default_rng(0)
    config = Config(vocabulary=12, width=8, heads=1, layers=1, hidden=8, context=16)
    base = {name: weight.astype(np.float64) for name, weight in initial_weights(config, rng).items()}
    adapter = LowRankAdapter(base, 2, rng)
    for weight in adapter.weights.values():
        weight += 0.2 * rng.standard_normal(weight.shape)
    tokens, counts = rng.integers(3, 12, (3, 7)), np.ones((3, 7))
    gradients = adapter.gradients(loss_and_gradients(adapter.merged(), config, tokens, counts)[1])
    h = 1e-5
    for name, weight in adapter.weights.items():
        direction = rng.standard_normal(weight.shape)
        losses = []
        for sign in (1, -2):
            weight += sign * h * direction
            losses.append(loss_and_gradients(adapter.merged(), config, tokens, counts)[0])
        weight += h * direction
        slope = (losses[0] - losses[1]) / (2 * h)
        assert (gradients[name] * direction).sum() == pytest.approx(slope, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rank": 0}, "rank must be between 1 and 16"),
        ({"rank": 99}, "rank must be between 1 and 16"),
        ({"rank": 1, "matrices": ("embedding",)}, "matrices must be some of"),
    ],
)
def test_an_impossible_adapter_is_refused(small, arguments, message):
    with pytest.raises(ValueError, match=message):
        LowRankAdapter(small.weights, rng=np.random.default_rng(0), **arguments)
