"""The canary: how many questions, how often to look, a quarter drawn from recorded answers, and what to go back to."""

import math

import numpy as np
import pytest

from holdout.lm import load, open_book, quantize
from holdout.lm.canary import canary_questions
from holdout.lm.checkpoint import digest
from holdout.lm.evaluation import EvaluationSet, evaluate
from holdout.topics.canary import judges
from holdout.topics.canary.experiments import (
    Variants,
    draw_quarter,
    fixed_questions,
    items_needed,
    items_needed_paired,
    mcnemar_z,
    peeking_rate,
    pocock_boundary,
    power,
    power_paired,
    power_paired_exact,
    run_monitor,
    score,
    serve,
    slice_z,
    tripwire_then_suite,
)
from holdout.topics.canary.registry import Registry, RegistryEntry, registry_of_variants


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


def test_exact_power_counts_six_to_none_as_the_smallest_loss_that_shows():
    # with no gain all that changed is lost: six heads of six have a two-sided p of 0.03, five of five 0.06
    tail = sum(math.comb(46, k) * 0.12**k * 0.88 ** (46 - k) for k in range(6))
    assert power_paired_exact(0.12, 0.0, 46) == pytest.approx(1 - tail, abs=1e-12)
    assert power_paired_exact(0.12, 0.0, 5) == 0.0
    assert power_paired_exact(0.0, 0.12, 200) == 0.0  # a gain is no loss


def test_exact_power_agrees_with_the_normal_law_where_many_questions_change():
    # counts of 43 changed questions are not yet normal: up to 0.02, and the exact test is the stricter one
    assert power_paired(0.05, 0.02, 609) - 0.06 < power_paired_exact(0.05, 0.02, 609) < 0.82


def test_the_suite_is_asked_only_when_an_answer_has_changed():
    variants, rng = Variants.load(), np.random.default_rng(2)
    quiet = serve(variants, ["same"] * 30, 8, rng)
    assert tripwire_then_suite(variants, quiet, 2.2, rng) == ([], 0)
    better = serve(variants, ["same"] * 10 + ["larger"] * 20, 8, rng)
    assert tripwire_then_suite(variants, better, 2.2, rng) == ([], 1)
    harmed = serve(variants, ["same"] * 10 + ["smaller"] * 20, 8, rng, change=10)
    assert tripwire_then_suite(variants, harmed, 2.2, rng) == ([10], 1)


def test_mcnemar_counts_only_what_changed():
    assert mcnemar_z(0, 0) == 0.0
    assert mcnemar_z(9, 0) == 3.0
    assert mcnemar_z(np.array([3, 9]), np.array([13, 0])).tolist() == [-2.5, 3.0]


@pytest.mark.parametrize(("looks", "published"), [(1, 0.05), (2, 0.083), (5, 0.142), (10, 0.193)])
def test_peeking_rates_are_the_published_ones(looks, published):
    paths = 40_000
    measured = peeking_rate(looks, 1.959964, np.random.default_rng(looks), paths=paths)
    # four standard errors, and half a unit of the last published digit
    assert abs(measured - published) < 4 * math.sqrt(published * (1 - published) / paths) + 0.0005


def test_the_boundary_gives_back_the_promised_rate():
    paths = 40_000
    z = pocock_boundary(5, 0.05, np.random.default_rng(1), paths=paths)
    rate = peeking_rate(5, z, np.random.default_rng(2), paths=paths)
    # both the quantile and the check are estimated
    assert abs(rate - 0.05) < 4 * math.sqrt(2 * 0.05 * 0.95 / paths)


def made_up(**losses):
    """Two slices of 100 questions; the original answers the first 80 of each, a variant loses the first few of slice "b"."""
    slices = np.repeat(["a", "b"], 100)
    original = np.tile(np.arange(100) < 80, 2)
    names = {"same": 0, **losses}
    right = np.array(
        [original & ~((slices == "b") & (np.tile(np.arange(100), 2) < n)) for n in names.values()]
    )
    about = tuple({"name": name, "parent": None, "made": name, "weights": f"of {name}"} for name in names)
    return Variants(about, slices, right, "made up")


VARIANTS = made_up(scratched=1, dented=3, broken=20)


def test_kinds_follow_the_worst_slice_and_not_the_average():
    assert VARIANTS.net_loss("broken") == pytest.approx({"a": 0.0, "b": 0.20})
    assert [VARIANTS.kind(name) for name in VARIANTS.names] == ["harmless", "harmless", "between", "harmful"]
    masked = Variants(
        VARIANTS.about, VARIANTS.slices, VARIANTS.right | (VARIANTS.slices == "a"), VARIANTS.fingerprint
    )
    # all of slice a is right now, 10 points more in all than slice b costs: still harmful
    assert masked.kind("broken") == "harmful"
    with pytest.raises(ValueError, match="no variant 'ghost'"):
        VARIANTS.of("ghost")


def test_a_quarter_without_harm_serves_harmless_variants_only():
    quarter = draw_quarter(VARIANTS, None, 20, np.random.default_rng(1))
    assert quarter.change is None
    assert set(quarter.served) <= {"same", "scratched"}


def test_harm_stays_from_its_day_on_and_shows_in_its_slice():
    quarter = draw_quarter(VARIANTS, "broken", 20, np.random.default_rng(2))
    assert set(quarter.served[quarter.change :]) == {"broken"}
    assert "broken" not in quarter.served[: quarter.change]
    # 20 of 100 questions of slice b are lost, 20 are asked a day
    days = 91 - quarter.change
    deviation = math.sqrt(20 * 0.2 * 0.8 / days)
    assert abs(quarter.lost[quarter.change :, 1].mean() - 4) < 4 * deviation
    assert quarter.lost[:, 0].sum() == quarter.gained.sum() == 0


def test_the_same_questions_give_the_same_counts_until_the_model_changes():
    quarter = draw_quarter(VARIANTS, "broken", 20, np.random.default_rng(3), updates=1, same_questions=True)
    after = quarter.lost[quarter.change :]
    assert (after == after[0]).all()


def test_the_same_generator_gives_the_same_quarter():
    one, other = (draw_quarter(VARIANTS, "broken", 20, np.random.default_rng(4)) for _ in range(2))
    assert (one.lost == other.lost).all() and one.served == other.served


@pytest.mark.parametrize(
    ("harmful", "items", "what"),
    [("scratched", 20, "harmless"), ("ghost", 20, "ghost"), (None, 101, "items")],
)
def test_impossible_quarters_are_refused(harmful, items, what):
    with pytest.raises(ValueError, match=what):
        draw_quarter(VARIANTS, harmful, items, np.random.default_rng(1))


def test_fixed_questions_lose_what_was_drawn():
    found = fixed_questions(VARIANTS, "broken", 10, np.random.default_rng(1))
    assert found.shape == (400, 2) and (found[:, 0] == 0).all()
    # hypergeometric: 10 of 100 questions, 20 of them lost
    deviation = math.sqrt(10 * 0.2 * 0.8 * 90 / 99 / 400)
    assert abs(found[:, 1].mean() - 2) < 4 * deviation


def test_slice_z_adds_up_its_window_only():
    stream = {
        "slices": ["a"],
        "items": 9,
        "lost": np.array([[9], [0], [4]]),
        "gained": np.array([[0], [0], [0]]),
    }
    assert slice_z(stream, 2) == pytest.approx([2.0])
    assert slice_z(stream, 7) == pytest.approx([math.sqrt(13)])
    assert slice_z(dict(stream, lost=stream["gained"]), 7) == pytest.approx([0.0])


def test_a_monitor_sees_no_future_and_starts_anew_after_an_alarm():
    quarter = draw_quarter(VARIANTS, "broken", 5, np.random.default_rng(5))
    lengths = []

    def every_tenth_day(stream):
        lengths.append(len(stream["lost"]))
        stream["lost"][:] = 99  # what a monitor writes is its own affair
        return len(stream["lost"]) == 10

    whole = quarter.lost.copy()
    assert run_monitor(every_tenth_day, [quarter]) == [list(range(9, 91, 10))]
    assert max(lengths) == 10 and (quarter.lost == whole).all()
    as_stream = quarter.stream(90)
    assert run_monitor(lambda stream: len(stream["lost"]) == 10, [as_stream]) == [list(range(9, 91, 10))]


def test_score_counts_false_alarms_delay_and_money():
    result = score([40, 40, None], [[10, 44, 60], [], [5, 6]], price_of_alarm=3, price_of_day=1)
    # 1 + 0 + 2 false alarms; delays of 4 days and, never found, 51
    assert result == {
        "false_alarms": 1.0,
        "found": 0.5,
        "delay": 27.5,
        "cost": pytest.approx((3 * 3 + 55) / 3),
    }
    assert math.isnan(score([None], [[]])["delay"])


def test_the_judge_of_monitors_compares_with_not_watching():
    case = {"changes": [40, None]}
    parameters = {"credit": [[0.2, 1.0], [0.5, 0.5]], "price_of_alarm": 3, "price_of_day": 1}
    assert judges.monitor(case, [[42], []], parameters).score == 1.0
    # 2 days and three false alarms: 11 of 51
    assert judges.monitor(case, [[42], [1, 2, 3]], parameters).score == 0.5
    assert judges.monitor(case, [[], []], parameters).score == 0.0
    assert "Expected alarms of 2" in judges.monitor(case, [[]], parameters).detail
    # what the mutants of a monitor are compared by
    assert judges.monitor_cost(case, [[42], [1, 2, 3]], parameters) == pytest.approx(11 / 51)
    assert judges.monitor_cost(case, [[], []], parameters) == 1.0


def entry(name, **changes):
    values = {
        "fingerprint": f"of {name}",
        "parent": None,
        "data": "defaults of 0.24.2",
        "owner": "Ada",
        "evaluation": "set A",
        "worst_loss": 0.0,
        "roll_back_to": None,
    }
    return RegistryEntry(name, **(values | changes))


def test_registry_finds_lineage_and_the_first_safe_target():
    registry = Registry()
    registry.add(entry("base"))
    registry.add(entry("tuned", parent="base", roll_back_to="base", worst_loss=0.01))
    registry.add(entry("other questions", parent="tuned", roll_back_to="tuned", evaluation="set B"))
    registry.add(entry("weak", parent="tuned", roll_back_to="other questions", worst_loss=0.2))
    registry.add(entry("served", parent="weak", roll_back_to="weak"))
    assert registry.lineage("served") == ["served", "weak", "tuned", "base"]
    # weak has lost too much, the next was measured on other questions
    assert registry.safe_target("served", "set A", 0.02).name == "tuned"
    assert registry.safe_target("served", "set A", 0.005).name == "base"
    assert registry.safe_target("base", "set A", 0.02) is None


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


def test_the_record_belongs_to_the_shipped_checkpoint_and_to_these_questions():
    variants, questions = Variants.load(), canary_questions(open_book())
    assert variants.fingerprint == questions.fingerprint
    assert variants.slices.tolist() == [item.slice for item in questions.items]
    assert variants.about[0]["weights"] == digest(load("M").weights)
    for name, checkpoint in (("larger", "L"), ("smaller", "S0")):
        assert variants.about[variants.names.index(name)]["weights"] == digest(load(checkpoint).weights)


def test_the_record_agrees_with_the_model_where_it_is_run_again():
    variants, questions = Variants.load(), canary_questions(open_book())
    rows = np.flatnonzero(variants.slices == "distraction")[:60]
    some = EvaluationSet("few", [questions.items[row] for row in rows])
    model = load("M")
    for name, bits in (("same", None), ("8 bits", 8), ("4 bits", 4)):
        weights = model.weights if bits is None else quantize(model.weights, bits)
        again = evaluate(model.with_weights(weights), some).correct
        # another machine may round a near tie the other way
        assert np.sum(again != variants.of(name)[rows]) <= 2


def test_harmful_variants_include_some_that_an_average_cannot_see():
    variants = Variants.load()
    overall = {
        name: variants.right[0].mean() - variants.of(name).mean() for name in variants.of_kind("harmful")
    }
    assert len(variants.of_kind("harmless")) >= 5
    assert sum(loss < 0.005 for loss in overall.values()) >= 3
    assert max(overall.values()) > 0.2


def test_a_served_model_is_identified_by_its_weights():
    variants, model = Variants.load(), load("M")
    registry = registry_of_variants(variants, [("same", "Ada", None), ("8 bits", "Ben", "same")])
    assert registry.identify(model).name == "same"
    assert registry.identify(model.with_weights(quantize(model.weights, 8))).name == "8 bits"
    assert registry.identify(model.with_weights(quantize(model.weights, 4))) is None
    assert registry["8 bits"].roll_back_to == "same" and registry.lineage("8 bits") == ["8 bits", "same"]


def test_an_entry_measured_on_one_slice_shows_the_loss_there():
    variants = Variants.load()
    registry = registry_of_variants(
        variants,
        [("same", "Ada", None), ("taught to refuse 0", "Ben", "same")],
        measured_on={"taught to refuse 0": "facts"},
    )
    entry = registry["taught to refuse 0"]
    assert entry.evaluation == "facts only"
    assert entry.worst_loss == round(variants.net_loss("taught to refuse 0")["facts"], 3)
    assert registry["same"].evaluation == variants.fingerprint
