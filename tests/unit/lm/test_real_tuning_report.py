"""Shares, intervals and losses of tuned copies are computed from stored answers, each question counted once."""

import pandas as pd
import pytest

from holdout.lm.real import records, tuning_report
from holdout.lm.real.questions import Question
from holdout.stats.intervals import wilson_interval

QUESTIONS = [Question("Ridge.alpha", "Ridge", "alpha", "1.0", (), "stable")] + [
    Question(f"Forest.trees{n}", "Forest", f"trees{n}", "100", ("10",), "changed") for n in range(4)
]


def answers(run, seed, texts, part="closed book"):
    keys = [question.key for question in QUESTIONS[1:]]
    return [
        {"run": run, "seed": str(seed), "part": part, "key": key, "answer": text, "finish": "stop"}
        for key, text in zip(keys, texts, strict=True)
    ]


@pytest.fixture
def recorded(monkeypatch):
    """Tables that the functions read instead of the recorded ones."""
    tables = {"everyday": [{"question": "What is 2 plus 2?", "accepted": "4|four"}]}
    monkeypatch.setattr(records, "questions", lambda: QUESTIONS)
    monkeypatch.setattr(records, "table", lambda name, folder=records.FOLDER: tables[name])
    return tables


def test_form_and_value_are_judged_apart(recorded):
    recorded["adapters"] = answers(
        "as shipped", 0, ["[ trees0 :: 100 ]", "[trees1 :: 100]", "It is 10.", "[ trees3 :: 10 ]"]
    )
    found = tuning_report.adapter_answers()
    assert found["right"].tolist() == [True, True, False, False]
    assert found["form"].tolist() == [True, False, False, True]
    assert found["stale"].tolist() == [False, False, True, True]


def test_seeds_repeat_the_same_questions_and_add_none(recorded):
    recorded["adapters"] = [
        *answers("as shipped", 0, ["10", "10", "100", "10"]),
        *answers("tuned", 0, ["100", "100", "10", "10"]),
        *answers("tuned", 1, ["100", "10", "10", "10"]),
    ]
    table = tuning_report.adapter_table()
    tuned = table.loc[("tuned", "closed book")]
    assert (tuned["n"], tuned["share"], tuned["by seed"]) == (4, 0.375, "2, 1")
    assert (tuned["low"], tuned["high"]) == pytest.approx(wilson_interval(2, 4))  # 1.5 of 4, rounded to even
    many = pd.DataFrame({0: [True] * 10 + [False] * 10, 1: [True] * 15 + [False] * 5})
    found = tuning_report.share_over_seeds(many)
    assert found["low"] < found["share"] == 0.625 < found["high"]
    assert (found["low"], found["high"]) == pytest.approx(wilson_interval(12, 20))  # not of 40
    assert (tuned["lost"], tuned["gained"]) == (1, 2)
    shipped = table.loc[("as shipped", "closed book")]
    assert (shipped["low"], shipped["high"]) == pytest.approx(wilson_interval(1, 4))
    assert tuned["stale"] == 2.5


def test_a_part_that_is_not_finished_is_left_out(recorded):
    recorded["adapters"] = [
        *answers("as shipped", 0, ["100"] * 4),
        *answers("tuned", 0, ["100"] * 4),
        *answers("tuned", 1, ["100"] * 4)[:2],
    ]
    assert tuning_report.adapter_table().loc[("tuned", "closed book"), "by seed"] == "4"


def test_everyday_answers_are_right_by_their_words(recorded):
    row = {
        "run": "as shipped",
        "seed": "0",
        "part": "everyday",
        "key": "What is 2 plus 2?",
        "finish": "length",
    }
    recorded["adapters"] = [{**row, "answer": "It is four."}, {**row, "answer": "[ 2 :: 5 ]"}]
    found = tuning_report.adapter_answers()
    assert found["right"].tolist() == [True, False]
    assert found["form"].tolist() == [False, True]
    assert found["cut"].all()


def test_a_losss_end_is_the_mean_of_its_last_batches(recorded):
    recorded["adapter_losses"] = [
        {"run": "tuned", "seed": str(seed), "step": str(step), "set": what, "loss": str(10 - step + seed)}
        for seed in (0, 1)
        for what, steps in (("training", range(8)), ("held-out", (0, 4, 8)))
        for step in steps
    ]
    table = tuning_report.adapter_loss_table()
    training, held_out = table.loc[("tuned", "training")], table.loc[("tuned", "held-out")]
    assert (training["before"], training["after"]) == (10.5, 5.5)  # steps 3 to 7
    assert (held_out["after"], held_out["lowest"], held_out["highest"]) == (2.5, 2, 3)
    assert held_out["seeds"] == 2


def test_a_loss_that_rises_is_given_with_an_interval_over_seeds(recorded):
    rows = []
    for seed, change in enumerate((1.0, 2.0, 3.0)):
        for generation, loss in (("real text", ""), ("0", "2.0"), ("1", str(2 + change))):
            measures = {"types": "9", "entropy": "3", "distinct2": "1", "rare": "0.1", "held_out_loss": loss}
            rows.append({"mode": "replace", "seed": str(seed), "generation": generation, **measures})
    recorded["generations"] = rows
    rise = tuning_report.loss_rises().loc["replace"]
    assert (rise["seeds"], rise["change"], rise["all rise"]) == (3, 2.0, True)
    assert (rise["low"], rise["high"]) == pytest.approx((2 - 2.484, 2 + 2.484), abs=0.001)  # 4.303 / sqrt(3)
    table = tuning_report.generation_table()
    assert table.loc[("replace", "1"), "highest"] == 5.0
    assert pd.isna(table.loc[("replace", "real text"), "held_out_loss"])
