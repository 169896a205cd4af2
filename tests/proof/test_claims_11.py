"""Claims of lesson 11 by long simulation: power of a canary (F5), looks at growing data (F6), slices against the average."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import betaln

from holdout.lm.canary import Variants
from holdout.stats.intervals import paired_difference
from holdout.topics.canary.comparison import BASE, SUITE, compare_rules
from holdout.topics.canary.experiments import (
    draw_quarter,
    fixed_questions,
    items_needed,
    items_needed_paired,
    mcnemar_z,
    peeking_rate,
    pocock_boundary,
    power_paired_exact,
    run_monitor,
    score,
    serve,
    slice_z,
    tripwire_then_suite,
)

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


@pytest.mark.parametrize(("looks", "published"), [(2, 2.178), (5, 2.413), (10, 2.555)])
def test_the_boundary_is_that_of_pocock(looks, published):
    paths = 400_000
    z = pocock_boundary(looks, 0.05, np.random.default_rng(looks), paths=paths)
    # standard error of a quantile; the largest |z| has a density of at least 0.10 at its 95 % point (two-sided normal: 0.117,
    # lower with more looks because the tail is thinner there)
    assert abs(z - published) < 4 * math.sqrt(0.05 * 0.95 / paths) / 0.10 + 0.0005


@pytest.fixture(scope="module")
def quarters():
    variants, rng = Variants.load(), np.random.default_rng(3)
    harmful = variants.of_kind("harmful")
    return [
        draw_quarter(variants, None if number % 3 == 0 else str(rng.choice(harmful)), 8, rng)
        for number in range(300)
    ]


def by_slice(stream):
    return slice_z(stream, 14).max() > 2.2


def on_average(stream):
    lost, gained = stream["lost"][-14:].sum(), stream["gained"][-14:].sum()
    return (lost - gained) / math.sqrt(max(lost + gained, 1)) > 2.2


def test_watching_slices_finds_what_the_average_hides(quarters):
    changes = [quarter.change for quarter in quarters]
    found = {
        rule.__name__: score(changes, run_monitor(rule, quarters))["found"] for rule in (by_slice, on_average)
    }
    # 200 harmed quarters each: four standard errors of a difference of two shares are at most 0.2
    assert found["by_slice"] - found["on_average"] > 0.2
    assert found["by_slice"] > 0.9


def test_a_better_model_wakes_whoever_tests_both_ways_and_hardly_whoever_watches_losses():
    variants = Variants.load()
    quiet = [
        serve(variants, ["same"] * 20 + ["larger"] * 71, 8, np.random.default_rng([4, seed]))
        for seed in range(60)
    ]

    def both_ways(stream):
        return np.abs(slice_z(stream, 14)).max() > 2.2

    false = {
        rule.__name__: np.mean([len(days) for days in run_monitor(rule, quiet)])
        for rule in (by_slice, both_ways)
    }
    assert false["both_ways"] > 5 and false["by_slice"] < 1


def test_the_same_few_questions_are_blind_as_often_as_counted():
    variants = Variants.load()
    name, part = "taught to refuse 0", variants.slice_names.index("distraction")
    inside = variants.slices == "distraction"
    lost = int(np.sum(variants.right[0][inside] & ~variants.of(name)[inside]))
    assert not np.any(~variants.right[0][inside] & variants.of(name)[inside])
    none_of_eight = math.comb(200 - lost, 8) / math.comb(200, 8)
    repeats = 20_000
    drawn = fixed_questions(variants, name, 8, np.random.default_rng(5), repeats=repeats)
    assert abs(np.mean(drawn[:, part] == 0) - none_of_eight) < 4 * math.sqrt(0.25 / repeats)


def test_a_loss_of_twelve_points_takes_sixty_five_questions_by_the_exact_test():
    assert next(n for n in range(20, 201) if power_paired_exact(0.12, 0.0, n) >= 0.8) == 65
    # z above 1.96 takes four lost and none gained, which a fair coin gives in one case out of eight
    assert 3 / math.sqrt(3) < 1.96 < 4 / math.sqrt(4)
    assert stats.binomtest(4, 4).pvalue == 0.125
    assert stats.binom.sf(3, 46, 0.12) > 0.8 > 0.5 > power_paired_exact(0.12, 0.0, 46)


def test_the_recorded_loss_of_the_lightly_tuned_model_leaves_open_whether_it_exceeds_five_points():
    variants = Variants.load()
    rows = variants.slices == "distraction"
    _, low, high = paired_difference(
        variants.right[0][rows], variants.of("tuned lightly, everything 0")[rows]
    )
    assert low < -0.05 < high < 0


def test_the_whole_suite_tells_harmless_from_harmful_models():
    variants = Variants.load()
    rows = [np.flatnonzero(variants.slices == part) for part in variants.slice_names]
    z = {name: mcnemar_z(*variants.lost_and_gained(name, rows)).max() for name in variants.names}
    assert max(z[name] for name in variants.of_kind("harmless")) <= 1.0
    assert min(z[name] for name in variants.of_kind("harmful")) > 3.4
    assert [round(z[name], 1) for name in variants.of_kind("between")] == [2.9]


def costs(quarters, rings):
    return np.array([score([one.change], [days])["cost"] for one, days in zip(quarters, rings, strict=True)])


def above_zero(values):
    """Whether the mean is more than four standard errors above 0."""
    return np.mean(values) > 4 * np.std(values, ddof=1) / math.sqrt(len(values))


def test_a_changed_answer_that_starts_the_suite_beats_the_slices_on_the_same_quarters(quarters):
    variants, rng = Variants.load(), np.random.default_rng(30)
    watched = [tripwire_then_suite(variants, quarter, 2.2, rng) for quarter in quarters]
    found = score([quarter.change for quarter in quarters], [alarms for alarms, _ in watched])
    assert (found["false_alarms"], found["found"]) == (0, 1) and found["delay"] < 0.5
    assert 1.5 < np.mean([suites for _, suites in watched]) < 3
    by_slices = costs(quarters, run_monitor(by_slice, quarters))
    assert above_zero(by_slices - costs(quarters, [alarms for alarms, _ in watched]))


def test_slices_instead_of_the_average_save_money_when_nothing_else_differs(quarters):
    assert above_zero(
        costs(quarters, run_monitor(on_average, quarters)) - costs(quarters, run_monitor(by_slice, quarters))
    )


def test_rules_that_differ_in_one_thing_cost_what_the_lesson_says(quarters):
    compared = compare_rules(Variants.load(), quarters, np.random.default_rng(32))
    table = compared.table()
    for name in ("all slices together", "gains alarm as well", "against last week", "any answer changed"):
        assert above_zero(compared.cost[name] - compared.cost[BASE]), name
    # the binomial keeps its level: fewer false alarms, later
    exact, base = table.loc["binomial instead of z"], table.loc[BASE]
    assert exact["false alarms"] < base["false alarms"] and exact["days"] > base["days"]
    assert above_zero(compared.cost["binomial instead of z"] - compared.cost[BASE])
    assert table.loc["z > 1.96", "false alarms"] > base["false alarms"]
    # one suite of 1,956 questions: the tripwire pays below about one euro per question
    price = 1000 * -table.loc[SUITE, "more than base"] / (compared.suites * 1956)
    assert 0.6 < price < 1.8


def test_the_e_value_keeps_its_promise_over_ninety_one_evenings():
    rng = np.random.default_rng(33)
    changed = rng.binomial(40, 0.07, size=(40_000, 91))
    lost, changed = rng.binomial(changed, 0.5).cumsum(axis=1), changed.cumsum(axis=1)
    log_e = changed * math.log(2) + betaln(lost + 1, changed - lost + 1)
    rate = np.mean((log_e >= math.log(20)).any(axis=1))
    # at most 1/20 for ever; 91 evenings reach a part of that
    assert 0.01 < rate < 0.05
    z = np.abs(2 * lost - changed) / np.sqrt(np.maximum(changed, 1))
    assert np.mean((z > 1.96).any(axis=1)) > 0.3


def test_a_threshold_of_eighteen_tenths_is_hardly_cheaper_and_rings_falsely_twice_as_often(quarters):
    def lower(stream):
        return slice_z(stream, 14).max() > 1.8

    rings = {rule.__name__: run_monitor(rule, quarters) for rule in (by_slice, lower)}
    less = costs(quarters, rings["by_slice"]) - costs(quarters, rings["lower"])
    # 300 quarters: half of a 95% interval is about 0.4 thousand euros
    assert -0.4 < less.mean() < 1.0
    changes = [quarter.change for quarter in quarters]
    false = {name: score(changes, days)["false_alarms"] for name, days in rings.items()}
    assert false["lower"] > 2 * false["by_slice"]


def test_the_same_questions_find_a_loss_sooner_or_never():
    variants, days = Variants.load(), {}
    for same in (False, True):
        drawn = [
            draw_quarter(
                variants, "taught to refuse 0", 8, np.random.default_rng([15, n]), same_questions=same
            )
            for n in range(300)
        ]
        rings = run_monitor(by_slice, drawn)
        days[same] = np.array(
            [
                min((day - one.change for day in raised if day >= one.change), default=math.nan)
                for one, raised in zip(drawn, rings, strict=True)
            ]
        )
    # four standard errors of a share of 300 quarters
    assert np.isnan(days[True]).mean() > 0.25 - 4 * math.sqrt(0.25 * 0.75 / 300)
    assert np.isnan(days[False]).mean() < 0.03
    found = ~np.isnan(days[True]) & ~np.isnan(days[False])
    assert above_zero((days[False] - days[True])[found])
