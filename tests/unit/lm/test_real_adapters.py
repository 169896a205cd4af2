"""What the real model is tuned on and asked: pure functions, and jobs with a stand-in for torch."""

import numpy as np
import pytest

from holdout.data.loader import folder
from holdout.lm.real import adapters
from holdout.lm.real.adapters import (
    ASKED,
    EVERYDAY,
    PARTS,
    RUNS,
    UNSEEN_WORDING,
    training_facts,
    training_pairs,
)
from holdout.lm.real.record import read_passages, read_questions
from holdout.lm.real.tables import make_table

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
    changed = [question for question in questions if question.group == "changed"][:ASKED]
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


class StandIn:
    """Answers with what it was tuned on."""

    tuned = 0

    def __init__(self):
        self.model = "as shipped"

    def tune(self, pairs, settings, seed, watch):
        StandIn.tuned += 1
        watch(0, 1.5)
        return f"tuned {len(pairs)} {seed}"

    def answers(self, model, questions, max_tokens):
        return [(model, "stop", 1)] * len(questions)


def test_a_table_that_was_stopped_goes_on_and_trains_only_what_is_missing(material, tmp_path, monkeypatch):
    questions, passages, _ = material
    (tmp_path / "everyday.csv").write_bytes((PLACE / "everyday.csv").read_bytes())
    monkeypatch.setattr(adapters, "TorchModel", StandIn)
    StandIn.tuned = 0
    table = tmp_path / "adapters.csv"

    def jobs(runs):
        return adapters.adapter_jobs(tmp_path, questions, passages, runs, seeds=2)

    assert make_table(table, jobs(("as shipped", "behaviour")), progress=False) == 0
    assert StandIn.tuned == 2  # one for each seed; the shipped model is asked once and never trained
    assert make_table(table, jobs(tuple(RUNS)[:3]), progress=False) == 0
    assert StandIn.tuned == 4
    rows = table.read_text("utf-8").splitlines()
    assert len(rows) == 1 + (1 + 2 + 2) * (4 * ASKED + EVERYDAY)
    assert (
        sum("behaviour" in row for row in (tmp_path / "adapter_losses.csv").read_text("utf-8").splitlines())
        == 2
    )
    assert len(PARTS) == 5
