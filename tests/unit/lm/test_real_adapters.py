"""What the real model is tuned on and asked: pure functions, and jobs with a stand-in for torch."""

import numpy as np
import pytest

from holdout.data.loader import folder
from holdout.lm.real import adapters
from holdout.lm.real.adapters import (
    EVERYDAY,
    PARTS,
    READ,
    RUNS,
    TAUGHT,
    UNSEEN_WORDING,
    held_out_pairs,
    training_facts,
    training_pairs,
)
from holdout.lm.real.record import read_passages, read_questions
from holdout.lm.real.tables import make_table, read_rows

PLACE = folder() / "real_model"


@pytest.fixture(scope="module")
def material():
    questions, passages = read_questions(PLACE), read_passages(PLACE)
    return questions, passages, training_facts(passages, questions)


def test_no_fact_that_is_asked_is_practised(material):
    questions, passages, practice = material
    assert len(practice) > 500
    assert not {fact.key for fact in practice} & {question.key for question in questions}
    assert all(f"default={fact.value}" in passages[fact.key].replace("'", "") for fact in practice[:50])


def test_behaviour_is_a_form_and_knowledge_has_no_passage(material):
    questions, passages, practice = material
    changed = [question for question in questions if question.group == "changed"][:TAUGHT]
    rng = np.random.default_rng(0)
    behaviour = training_pairs("behaviour", changed, practice, passages, rng)
    assert len(behaviour) == 50
    assert all("\n" in said and answer.startswith("[ ") and " :: " in answer for said, answer in behaviour)
    knowledge = training_pairs("knowledge", changed, practice, passages, rng)
    assert len(knowledge) == 45 and not any("\n" in said for said, _ in knowledge)
    replay = training_pairs("knowledge, replay", changed, practice, passages, rng)
    assert replay[:45] == knowledge and sum("\n" in said for said, _ in replay) == 45
    unseen = UNSEEN_WORDING.split("{")[0]
    assert not any(unseen in said for said, _ in behaviour + knowledge + replay)


def test_spoilt_examples_have_another_form_or_another_facts_value(material):
    _, passages, practice = material
    clean = training_pairs("behaviour", [], practice, passages, np.random.default_rng(1))
    spoilt = training_pairs("behaviour, spoilt", [], practice, passages, np.random.default_rng(1))
    assert len(spoilt) == 200
    # the same generator draws the same facts first, so the two can be compared
    same = [a == b for a, b in zip(clean, spoilt, strict=False)]
    assert [said for said, _ in spoilt[:50]] == [said for said, _ in clean]
    assert 20 <= sum(same) <= 40
    assert sum(answer.startswith("The default is ") for _, answer in spoilt) == 40


def test_what_is_watched_is_not_trained_on(material):
    questions, passages, practice = material
    changed = [question for question in questions if question.group == "changed"][:TAUGHT]
    for run in list(RUNS)[1:]:
        trained = training_pairs(run, changed, practice, passages, np.random.default_rng(2))
        watched = held_out_pairs(run, changed, practice, passages, np.random.default_rng(2))
        assert set(watched) == ({"held-out"} if run.startswith("behaviour") else {"held-out", "reading"})
        for rows in watched.values():
            assert rows and not {said for said, _ in rows} & {said for said, _ in trained}


class StandIn:
    """Answers with what it was tuned on."""

    tuned = 0

    def __init__(self):
        self.model = "as shipped"

    def tune(self, pairs, *, epochs, learning_rate, seed, watch):
        StandIn.tuned += 1
        steps = -(-len(pairs) * epochs // adapters.BATCH)
        for step in range(steps):
            watch(step, 1.5, "tuned")
        watch(steps, float("nan"), "tuned")
        return f"tuned {len(pairs)} {seed}"

    def remove_adapter(self):
        pass

    def loss(self, model, pairs):
        return 2.5

    def answers(self, model, questions, max_tokens):
        return [(model, "stop", 1)] * len(questions)


def test_a_table_that_was_stopped_goes_on_and_trains_only_what_is_missing(material, tmp_path, monkeypatch):
    questions, passages, _ = material
    (tmp_path / "everyday.csv").write_bytes((PLACE / "everyday.csv").read_bytes())
    monkeypatch.setattr(adapters, "TorchModel", StandIn)
    StandIn.tuned = 0
    table = tmp_path / "adapters.csv.xz"

    def jobs(runs):
        return adapters.adapter_jobs(tmp_path, questions, passages, runs, seeds=2)

    assert make_table(table, jobs(("as shipped", "behaviour")), progress=False) == 0
    assert StandIn.tuned == 2  # one for each seed; the shipped model is asked once and never trained
    assert make_table(table, jobs(("as shipped", "behaviour", "knowledge")), progress=False) == 0
    assert StandIn.tuned == 4
    assert len(read_rows(table)) == (1 + 2 + 2) * (2 * READ + 2 * TAUGHT + EVERYDAY)
    losses = [row for row in read_rows(tmp_path / "adapter_losses.csv") if row["run"] == "behaviour"]
    by_set = [row["set"] for row in losses if row["seed"] == "1"]
    assert by_set.count("training") == 25
    assert by_set.count("held-out") == by_set.count("docstrings") == adapters.CHECKS + 1
    assert losses[-1]["step"] == "25" and all(row["loss"] in ("1.5", "2.5") for row in losses)
    assert len(PARTS) == 5


def test_every_question_that_is_not_taught_can_be_read(material, tmp_path, monkeypatch):
    questions, passages, _ = material
    monkeypatch.setattr(adapters, "TorchModel", StandIn)
    jobs = list(adapters.adapter_jobs(tmp_path, questions, passages, seeds=1, parts=PARTS[:2], every=True))
    taught = {question.key for question in [q for q in questions if q.group == "changed"][:TAUGHT]}
    asked = {job.key["key"] for job in jobs}
    assert asked == {question.key for question in questions} - taught
    assert len(jobs) == 2 * len(RUNS) * len(asked)
    jobs[2 * len(asked)].run()  # of a tuned copy
    assert not (tmp_path / "adapter_losses.csv").exists()
