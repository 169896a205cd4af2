"""Claims of lesson 11 by long simulation: power of a canary (F5), looks at growing data (F6)."""

import math

import numpy as np
import pytest

from holdout.canary import items_needed, items_needed_paired, peeking_rate

pytestmark = pytest.mark.proof


def test_1772_items_a_side_have_the_promised_power_and_half_of_them_have_not():
    rng, repeats = np.random.default_rng(1), 200_000

    def found(items):
        p, q = rng.binomial(items, 0.90, repeats) / items, rng.binomial(items, 0.87, repeats) / items
        z = (p - q) / np.sqrt((p * (1 - p) + q * (1 - q)) / items)
        return np.mean(np.abs(z) > 1.959964)

    scatter = 4 * math.sqrt(0.8 * 0.2 / repeats)
    # counts are whole: one question moves z by 1 / sqrt(1772 * 0.2) = 0.05, power by less than 0.28 * 0.05 / 2
    assert abs(found(items_needed(0.90, 0.87)) - 0.80) < scatter + 0.007
    assert found(items_needed(0.90, 0.87) // 2) < 0.55


def test_609_paired_items_do_what_1772_separate_ones_do():
    rng, repeats = np.random.default_rng(2), 200_000
    counts = rng.multinomial(items_needed_paired(0.05, 0.02), [0.05, 0.02, 0.93], size=repeats)
    z = (counts[:, 0] - counts[:, 1]) / np.sqrt(counts[:, :2].sum(axis=1))
    # 43 discordant questions on average: the normal law is off by up to 0.02 (0.813 to 0.817 is published as measured)
    assert 0.80 - 0.007 < np.mean(np.abs(z) > 1.959964) < 0.82 + 0.007


@pytest.mark.parametrize(
    ("looks", "published"), [(2, 0.083), (3, 0.107), (4, 0.126), (5, 0.142), (10, 0.193), (20, 0.248)]
)
def test_looks_inflate_false_alarms_as_armitage_found(looks, published):
    paths = 400_000
    measured = peeking_rate(looks, 1.959964, np.random.default_rng(looks), paths=paths)
    assert abs(measured - published) < 4 * math.sqrt(published * (1 - published) / paths) + 0.0005
    # looks at growing data are not independent: the independent formula is far outside
    assert looks < 3 or 1 - 0.95**looks - measured > 0.02
