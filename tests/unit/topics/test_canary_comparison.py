"""Rules that differ from a base rule: each alarms where its respect says so, and nowhere else."""

import numpy as np
import pytest
from scipy import stats

from holdout.lm.canary import Variants
from holdout.topics.canary.comparison import (
    BASE,
    NOT_WATCHING,
    RULES,
    SUITE,
    against_last_week,
    any_change,
    compare_rules,
    ninety_quarters,
    quiet_quarters,
    slice_rule,
)


def stream(days, lost=(), gained=()):
    """A stream without changes but for some (day, slice, number)."""
    counts = {"lost": np.zeros((days, 5), int), "gained": np.zeros((days, 5), int)}
    for key, changes in (("lost", lost), ("gained", gained)):
        for day, part, number in changes:
            counts[key][day, part] = number
    return counts


LOST = stream(20, lost=[(19, 3, 7)])
GAINED = stream(20, gained=[(19, 3, 7)])
HIDDEN = stream(20, lost=[(19, 3, 7)], gained=[(19, 1, 7)])
OLD = stream(20, lost=[(0, 3, 7)])
FIVE = stream(20, lost=[(19, 3, 5)])


def test_each_rule_differs_from_the_base_in_one_respect():
    cases = {
        "lost": LOST,
        "gained": GAINED,
        "hidden by a gain": HIDDEN,
        "long ago": OLD,
        "five to none": FIVE,
    }

    def rings(rule):
        return {name for name, case in cases.items() if rule(case)}

    base = {"lost", "hidden by a gain", "five to none"}
    assert rings(slice_rule()) == base
    assert rings(slice_rule(by_slice=False)) == base - {"hidden by a gain"}
    assert rings(slice_rule(losses_only=False)) == base | {"gained"}
    assert rings(slice_rule(window=None)) == base | {"long ago"}
    assert rings(slice_rule(limit=2.3)) == base - {"five to none"}
    # five heads in five tosses: 0.031, above the normal tail of 2.2, which is 0.014
    assert rings(slice_rule(exact=True)) == base - {"five to none"}


@pytest.mark.parametrize("n", [0, 1, 7, 40])
def test_the_exact_rule_is_the_binomial_test(n):
    rule, level = slice_rule(exact=True), stats.norm.sf(2.2)
    for lost in range(n + 1):
        case = stream(1, lost=[(0, 0, lost)], gained=[(0, 0, n - lost)])
        exact = stats.binomtest(lost, n, alternative="greater").pvalue if n else 1.0
        assert rule(case) == (exact < level)


def test_last_week_is_as_bad_as_this_one_after_a_week():
    worse = np.zeros((30, 5), int)
    worse[10:, 2] = 2
    seen = [
        against_last_week({"lost": worse[: day + 1], "gained": 0 * worse[: day + 1]}) for day in range(30)
    ]
    assert not any(seen[:13]) and any(seen[13:17]) and not any(seen[24:])


def test_any_change_forgets_yesterday():
    assert any_change(FIVE) and any_change(GAINED) and not any_change(OLD)


def test_all_rules_are_judged_on_the_same_quarters_and_the_base_differs_from_itself_by_nothing():
    variants = Variants.load()
    quarters = ninety_quarters(variants)[:12]
    compared = compare_rules(variants, quarters, np.random.default_rng(1))
    table = compared.table()
    assert list(table.index) == [NOT_WATCHING, *RULES, SUITE]
    assert table.loc[BASE, "more than base"] == table.loc[BASE, "± 95%"] == 0
    assert table.loc[NOT_WATCHING, "found"] == 0 and table.loc[SUITE, "false alarms"] == 0
    two_thirds = compared.by_share([2 / 3])[2 / 3]
    assert np.allclose(two_thirds, table["cost"])
    saved, half_width = compared.saved_by_watching(2 / 3)
    assert saved == pytest.approx(table.loc[NOT_WATCHING, "more than base"]) and half_width > 0
    assert compared.saved_by_watching(0.1, NOT_WATCHING) == (0, 0)
    for name, rule in RULES.items():
        assert compared.against_base(rule) == tuple(table.loc[name, ["more than base", "± 95%"]])


def test_more_quiet_quarters_are_quiet_and_only_the_rules_that_are_asked_for_run():
    variants = Variants.load()
    quiet = quiet_quarters(variants, number=3)
    assert [quarter.change for quarter in quiet] == [None] * 3
    assert set(variants.of_kind("harmless")).issuperset(name for quarter in quiet for name in quarter.served)
    few = compare_rules(variants, quiet, np.random.default_rng(1), rules={BASE: slice_rule()})
    assert set(few.rings) == {NOT_WATCHING, BASE, SUITE}
