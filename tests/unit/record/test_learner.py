"""Artefacts are drawn from the learner's name; without one from the course's own seed."""

import json

import numpy as np
import pytest

from holdout.errors import InvalidValue
from holdout.record import learner, progress, summary
from holdout.record.artefacts import keep, read_kept

NAMES = ("Ada Lovelace", "Grace Hopper", "Alan Turing", "李雷", "Zoë O'Neill")


def draws(seed):
    return learner.learner_rng(seed).integers(0, 2**62, 4).tolist()


@pytest.mark.parametrize("seed", [8, [404, 7]])
def test_without_a_name_the_seed_is_the_courses_own(seed, monkeypatch):
    assert draws(seed) == np.random.default_rng(seed).integers(0, 2**62, 4).tolist()
    monkeypatch.setenv("HOLDOUT_PROGRESS", "off")
    assert draws(seed) == np.random.default_rng(seed).integers(0, 2**62, 4).tolist()


def test_every_name_and_every_artefact_has_its_own_draws():
    found = set()
    for name in NAMES:
        learner.set_name(name)
        assert draws(8) == draws(8)
        found |= {tuple(draws(seed)) for seed in (8, 9, [8, 1])}
    assert len(found) == 3 * len(NAMES)


def test_a_name_typed_in_another_way_is_the_same_name():
    learner.set_name("Ada Lovelace")
    first = draws(8)
    learner.set_name("  ADA   lovelace ")
    assert draws(8) == first and learner.read_name() == "ADA lovelace"


@pytest.mark.parametrize("name", ["", "   ", "x" * 121])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(InvalidValue, match="a name has 1 to 120 characters"):
        learner.set_name(name)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"name": 3}', "[" * 5000, "x" * 20_000])
def test_a_broken_file_is_no_name(content):
    learner.set_name("Ada")
    (progress.record_folder() / learner.FILE).write_text(content)
    assert learner.read_name() == ""


def test_an_artefact_says_for_whom_it_was_drawn_without_saying_the_name():
    keep("01", "first", numbers={"a": 1})
    learner.set_name("Ada Lovelace")
    keep("01", "second", numbers={"a": 1})
    first, second = read_kept()
    assert first.learner == "" and second.learner == learner.learner_key("ada lovelace")
    text = (progress.record_folder() / "portfolio" / "01-second.json").read_text()
    assert "Ada" not in text


def test_the_name_is_exported_and_deleted_with_the_record():
    learner.set_name("Ada Lovelace")
    assert json.loads(summary.to_json())["name"] == "Ada Lovelace"
    assert summary.delete() is True
    assert learner.read_name() == "" and not (progress.record_folder() / learner.FILE).exists()
