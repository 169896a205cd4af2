"""The canary: how many questions, how often to look, a quarter drawn from recorded answers, and what to go back to."""

import math

import numpy as np
import pytest

from holdout.canary import (
    HARMLESS,
    Entry,
    Registry,
    boundary,
    boundary_monitor,
    draw_quarter,
    items_needed,
    items_needed_paired,
    paired_z,
    peeking_rate,
    power,
    power_paired,
    record_variants,
    score,
)
from holdout.harness import EvaluationSet, Item
from holdout.lm import course_set, load, open_book
from holdout.lm.checkpoint import digest


def test_sizes_are_those_of_the_claim():
    assert abs(items_needed(0.90, 0.87) - 1772) <= 1
    assert items_needed_paired(0.05, 0.02) == 609
    assert items_needed(0.87, 0.90) == items_needed(0.90, 0.87)


def test_power_at_the_needed_size_is_the_wanted_power():
    # one question more or less changes power by less than 0.001 at these sizes
    assert power(0.90, 0.87, items_needed(0.90, 0.87)) == pytest.approx(0.8, abs=1e-3)
    assert power_paired(0.05, 0.02, 609) == pytest.approx(0.8, abs=2e-3)
    assert power(0.90, 0.87, 100) == pytest.approx(0.10, abs=0.005)
    assert power(0.90, 0.87, 500) == pytest.approx(0.32, abs=0.005)


def test_paired_power_agrees_with_simulation():
    rng, items, repeats = np.random.default_rng(1), 609, 20_000
    counts = rng.multinomial(items, [0.05, 0.02, 0.93], size=repeats)
    z = (counts[:, 0] - counts[:, 1]) / np.sqrt(counts[:, :2].sum(axis=1))
    found = np.mean(np.abs(z) > 1.959964)
    # four standard errors, and up to 0.02 because counts of 43 discordant questions are not yet normal
    assert abs(found - 0.8) < 4 * math.sqrt(0.8 * 0.2 / repeats) + 0.02


def test_mcnemar_counts_only_what_changed():
    assert paired_z(0, 0) == 0.0
    assert paired_z(9, 0) == 3.0
    assert paired_z(3, 13) == -2.5


@pytest.mark.parametrize(("looks", "published"), [(1, 0.05), (2, 0.083), (5, 0.142), (10, 0.193)])
def test_peeking_rates_are_the_published_ones(looks, published):
    paths = 40_000
    measured = peeking_rate(looks, 1.959964, np.random.default_rng(looks), paths=paths)
    # four standard errors, and half a unit of the last published digit
    assert abs(measured - published) < 4 * math.sqrt(published * (1 - published) / paths) + 0.0005


def test_the_boundary_gives_back_the_promised_rate():
    paths = 40_000
    z = boundary(5, 0.05, np.random.default_rng(1), paths=paths)
    rate = peeking_rate(5, z, np.random.default_rng(2), paths=paths)
    # both the quantile and the check are estimated
    assert abs(rate - 0.05) < 4 * math.sqrt(2 * 0.05 * 0.95 / paths)


OUTCOMES = {
    "same": np.r_[np.ones(90, bool), np.zeros(10, bool)],
    "8 bits": np.r_[np.ones(89, bool), np.zeros(11, bool)],
    "retouched": np.r_[np.ones(90, bool), np.zeros(10, bool)],
    "4 bits": np.r_[np.ones(60, bool), np.zeros(40, bool)],
}


def test_a_quarter_without_harm_serves_harmless_variants_only():
    quarter = draw_quarter(OUTCOMES, None, 20, np.random.default_rng(1))
    assert quarter.change is None
    assert set(quarter.served) <= set(HARMLESS)


def test_harm_stays_from_its_day_on():
    quarter = draw_quarter(OUTCOMES, "4 bits", 20, np.random.default_rng(2))
    assert set(quarter.served[quarter.change :]) == {"4 bits"}
    assert "4 bits" not in quarter.served[: quarter.change]
    # 30 of 100 questions are lost, 20 are asked a day
    days = 91 - quarter.change
    deviation = math.sqrt(20 * 0.3 * 0.7 / days)
    assert abs(quarter.lost[quarter.change :].mean() - 6) < 4 * deviation
    assert quarter.gained[quarter.change :].sum() == 0


def test_the_same_generator_gives_the_same_quarter():
    one, other = (draw_quarter(OUTCOMES, "4 bits", 20, np.random.default_rng(4)) for _ in range(2))
    assert (one.lost == other.lost).all() and one.served == other.served


@pytest.mark.parametrize(
    ("harmful", "items", "what"), [("8 bits", 20, "harmful"), ("ghost", 20, "harmful"), (None, 101, "items")]
)
def test_impossible_quarters_are_refused(harmful, items, what):
    with pytest.raises(ValueError, match=what):
        draw_quarter(OUTCOMES, harmful, items, np.random.default_rng(1))


def test_the_monitor_alarms_on_losses_and_adds_up_its_window_only():
    lost, gained = [0, 3, 0, 0, 3, 3], [0] * 6
    assert boundary_monitor(lost, gained, window=1, z=2.0) is None
    assert boundary_monitor(lost, gained, window=2, z=2.0) == 5
    assert boundary_monitor(gained, lost, window=6, z=0.5) is None


def test_score_keeps_false_alarms_and_delay_apart():
    harmed = draw_quarter(OUTCOMES, "4 bits", 20, np.random.default_rng(2))
    quiet = draw_quarter(OUTCOMES, None, 20, np.random.default_rng(3))
    quarters = [harmed, harmed, harmed, quiet, quiet]
    result = score(quarters, [harmed.change + 4, harmed.change - 1, None, 5, None])
    assert result == {"false_alarms": 0.4, "found": pytest.approx(1 / 3), "delay": 4.0}


def entry(name, **changes):
    values = {
        "fingerprint": f"of {name}",
        "parent": None,
        "data": "defaults of 0.24.2",
        "owner": "Ada",
        "evaluation": "set A",
        "accuracy": 0.9,
        "roll_back_to": None,
    }
    return Entry(name, **(values | changes))


def test_registry_finds_lineage_and_the_first_safe_target():
    registry = Registry()
    registry.add(entry("base"))
    registry.add(entry("tuned", parent="base", roll_back_to="base", accuracy=0.95))
    registry.add(entry("other questions", parent="tuned", roll_back_to="tuned", evaluation="set B"))
    registry.add(entry("weak", parent="tuned", roll_back_to="other questions", accuracy=0.5))
    registry.add(entry("served", parent="weak", roll_back_to="weak"))
    assert registry.lineage("served") == ["served", "weak", "tuned", "base"]
    # weak is below the bar, the next was measured on other questions
    assert registry.safe_target("served", "set A", 0.9).name == "tuned"
    assert registry.safe_target("served", "set A", 0.96) is None


@pytest.mark.parametrize(
    ("second", "what"),
    [
        (entry("base", fingerprint="x"), "already an entry"),
        (entry("copy", fingerprint="of base"), "same weights"),
        (entry("orphan", parent="nobody"), "parent"),
        (entry("stuck", roll_back_to="nobody"), "roll_back_to"),
        (entry("unowned", owner=" "), "no owner"),
    ],
)
def test_registry_refuses_what_could_not_be_governed(second, what):
    registry = Registry()
    registry.add(entry("base"))
    with pytest.raises(ValueError, match=what):
        registry.add(second)


def test_variants_of_the_real_model_are_recorded_and_identified():
    model, book = load("S"), open_book()
    some = EvaluationSet("few", course_set(book, "validation").only("traffic").items[:30])
    lesson = [Item(item.prompt, some.items[0].answer, item.slice) for item in some.items[:5]]
    outcomes = record_variants(model, some, lesson, np.random.default_rng(1))
    assert set(HARMLESS) < set(outcomes)
    assert all(right.shape == (30,) for right in outcomes.values())
    assert outcomes["3 bits"].mean() < outcomes["same"].mean()
    registry = Registry()
    registry.add(entry("S", fingerprint=digest(model.weights)))
    assert registry.identify(model).name == "S"
    other = {name: weight + 1 for name, weight in model.weights.items()}
    assert registry.identify(model.with_weights(other)) is None
