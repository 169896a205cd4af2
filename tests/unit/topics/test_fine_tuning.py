"""Fine-tuning: LoRA counts, the bound of a rank, the recorded grid, and the cases of the two decisions."""

import pathlib
import runpy

import numpy as np
import pytest

from holdout.checks.judges import relative_regret
from holdout.lm import LowRankAdapter, count_weights, load, open_book
from holdout.lm.checkpoint import digest
from holdout.topics.fine_tuning.cases import release_cases, stop_cases
from holdout.topics.fine_tuning.experiments import (
    LEARNT,
    REGRESSIONS,
    TrainingItems,
    best_low_rank,
    descend,
    lora_weights,
    open_grid,
    rest_share,
    scores,
    train_with_snapshots,
)
from holdout.topics.fine_tuning.probes import run_stop_rule


@pytest.fixture(scope="module")
def training_items():
    return TrainingItems(open_book(), np.random.default_rng(80), n=12)


def test_gpt3_counts_as_published():
    assert lora_weights(12_288, 96, 1) == 4_718_592
    assert lora_weights(12_288, 96, 8) == 37_748_736
    assert lora_weights(12_288, 96, 8, matrices=1) == lora_weights(12_288, 96, 4) == 18_874_368


def test_the_formula_counts_what_an_adapter_of_square_matrices_trains():
    model = load("M")
    adapter = LowRankAdapter(model.weights, 3, np.random.default_rng(0), matrices=("query", "value"))
    assert lora_weights(model.config.width, model.config.layers, 3) == count_weights(adapter.weights)


def test_no_other_matrix_of_the_rank_comes_nearer_than_the_truncated_decomposition():
    rng = np.random.default_rng(0)
    change = rng.standard_normal((9, 7))
    error = np.sum((change - best_low_rank(change, 2)) ** 2)
    assert np.linalg.matrix_rank(best_low_rank(change, 2)) == 2
    assert np.isclose(error / np.sum(change**2), rest_share(change)[2])
    for _ in range(50):  # any two columns, with the best factors for them
        columns = rng.standard_normal((9, 2))
        fitted = columns @ np.linalg.lstsq(columns, change, rcond=None)[0]
        assert np.sum((change - fitted) ** 2) > error


def test_a_rank_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match="between 0 and 7, not 8"):
        best_low_rank(np.ones((9, 7)), 8)


def test_both_factors_at_zero_never_move():
    errors = descend(np.eye(4), 2, np.random.default_rng(0), steps=10, zero_both=True)
    assert (errors == 4).all()


def test_training_items_are_never_judged(training_items):
    judged = {item.prompt for item in training_items.format_questions.items}
    assert not judged & {item.prompt for item in training_items.formatted(100, read=20)}
    keys = set(training_items.judged)
    assert not keys & set(training_items.rest)


def test_snapshots_leave_the_model_as_it_is_and_learn(training_items):
    model = load("M")
    before = digest(model.weights)
    seen = []
    snapshots = train_with_snapshots(
        model,
        training_items.changed_facts(),
        np.random.default_rng(0),
        every=20,
        snapshots=2,
        watch=lambda step, now: seen.append(step),
    )
    assert digest(model.weights) == before
    assert seen == [0, 20, 40] and len(snapshots) == 3
    learnt = [scores(each, training_items.questions.only(LEARNT))[LEARNT] for each in snapshots]
    assert learnt[0] == 0 and learnt[2] > 0.5


def test_the_record_is_of_the_checkpoint_that_is_shipped():
    assert open_grid().weights == digest(load("M").weights)


def test_accuracies_of_the_record_follow_from_its_answers():
    grid = open_grid()
    for job, right in grid.right.items():
        rows = grid.runs[grid.runs["job"] == job]
        slices = np.array(grid.slices[job])
        assert len(rows) == len(right)
        for name in set(slices):
            assert np.allclose(rows[name], right[:, slices == name].mean(axis=1), atol=1e-5)


def test_a_changed_record_is_refused(tmp_path):
    from holdout.data.loader import folder

    for each in (folder() / "adaptation_grid").iterdir():
        if each.is_file():
            (tmp_path / each.name).write_bytes(each.read_bytes())
    with (tmp_path / "runs.csv").open("a") as stream:
        stream.write("\n")
    with pytest.raises(ValueError, match=r"runs\.csv was changed"):
        open_grid(tmp_path)


def test_release_cases_are_priced_by_the_worst_slice_on_all_its_questions():
    grid = open_grid()
    cases, costs = release_cases(np.random.default_rng(1), 200, grid)
    assert all(set(case) == set(REGRESSIONS) for case in cases)
    tuned = grid.runs[grid.runs["job"] == "facts"]
    shipped = tuned[tuned["method"] == "as shipped"].iloc[0]
    possible = {
        round(100 * (shipped[name] - row[name]), 1) for _, row in tuned.iterrows() for name in REGRESSIONS
    }
    assert {round(price["ship"], 1) for price in costs} <= possible | {0.0}
    assert all(price["ask more"] == pytest.approx(1.5 + min(price["ship"], 12)) for price in costs)
    # one slice is clearly over the border, or none comes near it
    assert all(price["ship"] < 9 or price["ship"] >= 15 for price in costs)
    # both sides come with probability 1/2: four standard errors of 200 draws are 0.14
    assert abs(np.mean([price["ship"] < 12 for price in costs]) - 0.5) < 4 * np.sqrt(0.25 / 200)


def test_a_stop_rule_sees_the_past_only():
    cases, _ = stop_cases(np.random.default_rng(2), 5)
    seen = []

    def rule(case):
        seen.append((len(case["new"]), len(case["kept"])))
        return len(case["new"]) == 4

    assert run_stop_rule(rule, cases) == ["3"] * 5
    assert (
        seen == [(2, 2)] * 5 + [(3, 3)] * 5 + [(4, 4)] * 5
    )  # all curves side by side, one snapshot more at a time


def test_a_stop_rule_is_compared_only_with_snapshots_that_it_can_choose():
    cases, costs = stop_cases(np.random.default_rng(4), 20)
    at_once = run_stop_rule(lambda case: True, cases)
    assert set(at_once) == {"1"}
    assert all([*price] == [str(step) for step in range(1, 13)] for price in costs)


def test_a_rule_that_never_stops_ends_at_the_last_snapshot():
    cases, costs = stop_cases(np.random.default_rng(3), 50)
    stopped = run_stop_rule(lambda case: False, cases)
    assert stopped == ["12"] * 50
    assert relative_regret(costs, stopped) > 1


@pytest.mark.needs("torch", "peft", "trl")
def test_the_optional_track_runs_and_agrees_with_the_course():
    script = pathlib.Path(__file__).parents[3] / "lessons" / "optional" / "08-hugging-face.py"
    runpy.run_path(str(script))  # it asserts equal logits, equal counts and the same forgetting


def test_the_colleague_of_exercise_08_quotes_the_recorded_grid():
    runs = open_grid().runs.query("job == 'facts' and method in ('full', 'LoRA') and learning_rate == 0.0003")
    mean = runs.groupby("rank")[[LEARNT, "kept"]].mean()
    script = (
        pathlib.Path(__file__).parents[3] / "solutions/08-what-fine-tuning-costs/08-what-fine-tuning-costs.py"
    )
    said = script.read_text(encoding="utf-8").split("## Say it out loud")[1].split("Which sentence")[0]
    for rank in (4, 0):
        for share in mean.loc[rank]:
            assert f"{share:.0%}" in said
