"""The learner's own standard: rules in own words, on measured numbers."""

import pytest

from holdout.project.errors import ProjectError
from holdout.project.rules import MEASURED, apply_standard, cannot_fail, read_rule


def rule(fact="ece", must_be="<=", limit=0.1, words="Calibration close to perfect"):
    return {"words": words, "fact": fact, "must_be": must_be, "limit": limit}


@pytest.mark.parametrize(
    ("one", "measured", "met"),
    [
        (rule(), {"ece": 0.1}, True),
        (rule(must_be="<"), {"ece": 0.1}, False),
        (rule(limit="2 * ece_of_perfect"), {"ece": 0.1, "ece_of_perfect": 0.05}, True),
        (rule(limit="ece_of_perfect"), {"ece": 0.1, "ece_of_perfect": 0.05}, False),
        (rule(), {}, False),
        (rule(), {"ece": None}, False),
        (rule(limit="ece_of_perfect"), {"ece": 0.0}, False),
        (rule("times_test_asked", "==", 1), {"times_test_asked": 2}, False),
    ],
)
def test_a_rule_is_met_by_its_number_and_never_by_a_missing_one(one, measured, met):
    (verdict,) = apply_standard([read_rule(one)], measured)
    assert verdict.met is met
    if not all(measured.get(key) is not None for key in ("ece",)) and one["fact"] == "ece":
        assert "was not measured" in verdict.why


@pytest.mark.parametrize(
    ("one", "never"),
    [
        (rule("auc", ">=", 0), True),
        (rule("auc", ">=", 0.5), False),
        (rule("auc", "<=", 1), True),
        (rule("overlap_rows", ">=", 0), True),
        (rule("overlap_rows", "==", 0), False),
        (rule("ece", "<=", "2 * ece_of_perfect"), False),
    ],
)
def test_a_rule_that_nothing_can_break_is_recognised(one, never):
    assert cannot_fail(read_rule(one)) is never


@pytest.mark.parametrize(
    ("one", "said"),
    [
        ({"words": "x"}, "must have exactly"),
        (rule(words="Good"), "needs words"),
        (rule(fact="luck"), "speaks of 'luck'"),
        (rule(must_be="about"), "compares by 'about'"),
        (rule(limit="twice"), "has the limit 'twice'"),
        (rule(limit="2 * ece"), "has the limit"),
        (rule(limit=float("nan")), "write a finite number"),
        (rule(limit=True), "write a finite number"),
    ],
)
def test_a_rule_that_cannot_be_read_is_a_sentence(one, said):
    with pytest.raises(ProjectError, match=said):
        read_rule(one, 3)


def test_every_measured_number_says_what_it_is():
    assert all(low < high and about for low, high, about in MEASURED.values())
