"""What a reader is shown: stale passages, near misses, orders; and how the retrievers see names."""

import numpy as np
import pytest

from holdout.lm.real import prompts
from holdout.lm.real.questions import Question
from holdout.lm.real.reading import near_misses, shown_passages, stated_defaults, with_old_default
from holdout.lm.real.search import METHODS, score_all, whole_and_split, whole_words

PASSAGES = {
    "Forest.trees": "Forest, parameter trees : int, default=100\nThe number; default=100 is new.",
    "Forest.depth": "Forest, parameter depth : int, default=None\nHow deep.",
    "Tree.depth": "Tree, parameter depth : int, default=3\nHow deep.",
}
TREES = Question("Forest.trees", "Forest", "trees", "100", ("10",), "changed")
DEPTH = Question("Tree.depth", "Tree", "depth", "3", (), "stable")
RANKING = ["Forest.depth", "Forest.trees", "Tree.depth"]


def test_the_old_default_takes_the_place_of_the_new_one_in_the_first_line():
    old = with_old_default(PASSAGES["Forest.trees"], "100", "10")
    assert old == "Forest, parameter trees : int, default=10\nThe number; default=100 is new."


@pytest.mark.parametrize(
    ("line", "value", "old", "expected"),
    [
        ("x : {'a', 'b'}, default='a'", "'a'", "'b'", "x : {'a', 'b'}, default='b'"),
        ('x : str, default="a"', "'a'", "'b'", "x : str, default='b'"),
        ("x : float, default=1.0", "1.0", "'auto'", "x : float, default='auto'"),
        ("x : float, default=1.05", "1.0", "2.0", None),
        ("x : float, default=10", "1", "2", None),
        ("x : bool", "True", "False", None),
    ],
)
def test_only_the_stated_value_is_replaced(line, value, old, expected):
    assert with_old_default(line, value, old) == expected


def test_near_misses_are_the_best_of_the_others():
    assert near_misses(RANKING, "Forest.depth", 1) == ["Forest.trees"]
    assert near_misses(RANKING, "Forest.trees", 2) == ["Forest.depth", "Tree.depth"]
    with pytest.raises(ValueError, match="at least 1"):
        near_misses(RANKING, "Forest.trees", 0)


@pytest.mark.parametrize(
    ("case", "keys"),
    [
        ("right", ["Forest.trees"]),
        ("right, no example", ["Forest.trees"]),
        ("near miss", ["Forest.depth"]),
        ("three near misses", ["Forest.depth", "Tree.depth"]),
        ("top 3", RANKING),
        ("described, first", RANKING[:1]),
        ("old only", ["old:Forest.trees"]),
        ("old then new", ["old:Forest.trees", "Forest.trees"]),
        ("new then old", ["Forest.trees", "old:Forest.trees"]),
    ],
)
def test_each_case_shows_its_passages_in_its_order(case, keys):
    assert [key for key, _ in shown_passages(case, TREES, PASSAGES, RANKING)] == keys


def test_dates_stand_beside_passages_of_two_releases():
    (_, old), (_, new) = shown_passages("old then new", TREES, PASSAGES, RANKING)
    assert old.startswith("Release 0.22. Forest, parameter trees : int, default=10\n")
    assert new.startswith("Release 1.9. Forest, parameter trees : int, default=100\n")


def test_a_fact_that_did_not_change_has_no_old_passage():
    assert shown_passages("old only", DEPTH, PASSAGES, RANKING) == []


def test_every_stated_default_is_found():
    texts = [
        "a : {'x'}, default='x y'",
        "b : int, default=5, c",
        'c : str, default="k-means++"\ndefault=None.',
    ]
    assert stated_defaults(texts) == ["x y", "5", "k-means++", "None."]


def test_names_are_one_word_or_taken_apart_as_well():
    assert whole_words("RandomForest max_depth") == ["randomforest", "max_depth"]
    assert whole_and_split("RandomForest max_depth") == [
        "randomforest",
        "max_depth",
        "random",
        "forest",
        "max",
        "depth",
    ]
    assert whole_and_split("plain words") == ["plain", "words"]


def test_all_methods_score_every_passage_and_taking_names_apart_helps_on_their_parts():
    vectors = np.eye(3, dtype=np.float32)
    named = {"A": "RandomForest max_depth", "B": "Ridge alpha", "C": "Lasso alpha"}
    scores = score_all(named, ["how deep is a forest", "alpha of Ridge"], (vectors, vectors[[1, 1]]))
    assert set(scores) == set(METHODS)
    assert all(score.shape == (2, 3) for score in scores.values())
    assert scores["bm25 words"][0].max() == 0
    assert scores["bm25 split names"][0].argmax() == 0
    assert scores["minilm"].argmax(axis=1).tolist() == [1, 1]
    assert set(score_all(named, ["alpha"])) == {"bm25 words", "bm25 split names"}


def test_passages_are_cut_and_examples_go_before_them():
    turns = prompts.messages(prompts.PROMPTS["read examples"], "Q?", ["word " * 200])
    assert [role for role, _ in turns] == ["user", "assistant"] * 3 + ["user"]
    assert turns[3] == ("assistant", "unknown")
    shown = turns[-1][1]
    assert len(shown) < prompts.PASSAGE_CHARACTERS + 200
    assert "Question: Q?" in shown


@pytest.mark.parametrize("name", ["house 3", "json 3"])
def test_worked_examples_have_the_form_that_is_asked_for(name):
    from holdout.lm.real.answers import read_house_form, read_json_form

    prompt = prompts.PROMPTS[name]
    read = read_house_form if prompt.form == "house" else read_json_form
    turns = prompts.messages(prompt, "Q?")
    answers = [text for role, text in turns if role == "assistant"]
    parameters = [parameter for _, parameter, *_ in prompts.EXAMPLES]
    assert [read(answer, parameter)[0] for answer, parameter in zip(answers, parameters, strict=False)] == [
        True
    ] * 3
