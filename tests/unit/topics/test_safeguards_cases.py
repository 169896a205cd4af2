"""Provenance: planted corpora hold what they say, and the judge rewards neither silence nor pointing at everything."""

import numpy as np
import pytest

from holdout.topics.safeguards import cases
from holdout.topics.safeguards.cases import Corpus, fingerprint, make_corpus, steps_to, traced_corpora
from holdout.topics.safeguards.judges import audit

CREDIT = {"credit": [[0.97, 1.0], [0.93, 0.5]]}


@pytest.fixture(scope="module")
def corpus():
    return make_corpus(np.random.default_rng(3))


def case(corpus):
    return {"inputs": {"corpora": [{"rows": corpus.rows}]}, "undeclared": [sorted(corpus.undeclared)]}


def test_what_is_planted_is_declared_human(corpus):
    source = {row["id"]: row["source"] for row in corpus.rows}
    assert corpus.undeclared and all(source[name] == "human" for name in corpus.undeclared)


def test_every_kind_of_planting_and_of_innocent_rows_occurs(corpus):
    assert set(corpus.kinds.values()) == {"writer", "parent", "copy", "looks"}


def test_a_person_whose_text_a_model_quotes_later_is_innocent(corpus):
    first = {}
    for row in sorted(corpus.rows, key=lambda row: row["day"]):
        first.setdefault(fingerprint(row["text"]), row)
    quoted = [
        first[fingerprint(row["text"])]
        for row in corpus.rows
        if row["source"] == "model" and first[fingerprint(row["text"])]["id"] != row["id"]
    ]
    assert any(row["id"] not in corpus.undeclared and row["source"] == "human" for row in quoted)


def test_the_exact_list_gets_full_marks(corpus):
    assert audit(case(corpus), [sorted(corpus.undeclared)], CREDIT).score == 1


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        (lambda c: [row["id"] for row in c.rows], "names everything"),
        (lambda c: [], "names nothing"),
        (lambda c: sorted(c.undeclared)[: len(c.undeclared) // 2], "misses"),
        (lambda c: ["nobody"], "not ids"),
        (lambda c: 3, "not ids"),
    ],
)
def test_other_lists_get_nothing_and_say_why(corpus, answer, label):
    verdict = audit(case(corpus), [answer(corpus)], CREDIT)
    assert (verdict.score, verdict.label) == (0, label)


def test_people_write_docstrings_and_models_write_other_lines(corpus):
    real = {fingerprint(text.split("\n")[0]) for text in cases.docstrings()}
    first_hand = [row for row in corpus.rows if row["parent"] is None and row["id"] not in corpus.kinds]
    by_people = [row for row in first_hand if row["source"] == "human"]
    assert by_people and all(fingerprint(row["text"]) in real for row in by_people)
    rng = np.random.default_rng(0)
    assert not any(fingerprint(cases.generated_text(rng)) in real for _ in range(50))


def test_frequencies_are_those_of_the_commonest_words():
    p = cases.word_frequencies(1000)
    assert len(p) == 1000 and p.sum() == pytest.approx(1) and (np.diff(p) <= 0).all()


def test_descendants_follow_any_number_of_steps_and_start_with_themselves():
    rows = [{"id": i, "parent": parent} for i, parent in (("a", None), ("c", "b"), ("b", "a"), ("d", "x"))]
    assert cases.descendants(rows, ["a"]) == {"a", "b", "c"}


def rules(corpus, *, accounts="from", steps=True, words=fingerprint, first=True, orphans=False):
    """Undeclared rows by the four kinds of evidence, one of which may be read wrongly."""
    known = {row["id"] for row in corpus["rows"]}
    found, owner, said = set(), {}, set()
    for row in sorted(corpus["rows"], key=lambda row: row["day"]):
        text, since = words(row["text"]), corpus["automated"].get(row["writer"], 10**9)
        since = {"from": since, "after": since + 1, "ever": 0 if since < 10**9 else since, "none": 10**9}[
            accounts
        ]
        copy = owner.setdefault(text, row["id"]) in found
        lost = orphans and row["parent"] is not None and row["parent"] not in known
        if (
            row["source"] == "model"
            or row["day"] >= since
            or copy
            or lost
            or (steps and row["parent"] in found)
        ):
            found.add(row["id"])
            said.add(text)
    if not first:
        found |= {row["id"] for row in corpus["rows"] if words(row["text"]) in said}
    return {row["id"] for row in corpus["rows"] if row["source"] == "human"} & found


TRACED = traced_corpora(np.random.default_rng(1313), 3)


def test_the_rules_can_be_found_in_the_traced_corpora():
    assert all(rules(corpus) == set(corpus["undeclared"]) for corpus in TRACED)


@pytest.mark.parametrize(
    "wrong",
    [
        {"accounts": "none"}, {"accounts": "after"}, {"accounts": "ever"}, {"steps": False}, {"words": str}, {"first": False},
        {"orphans": True},
    ],
    ids=str,
)  # fmt: skip
def test_the_traced_corpora_contradict_every_rule_that_is_read_wrongly(wrong):
    missed = sum(len(rules(corpus, **wrong) ^ set(corpus["undeclared"])) for corpus in TRACED)
    assert missed >= 3


def _row(id, day, parent=None, text=None, source="human"):
    return {"id": id, "day": day, "writer": "w", "source": source, "parent": parent, "text": text or id}


def test_steps_from_a_model_are_counted_over_parents_and_copies():
    rows = [
        _row("model", 1, text="one text", source="model"),
        _row("child", 2, parent="model"),
        _row("copy", 3, text="One  text"),
        _row("onward", 4, parent="copy"),
        _row("further", 5, parent="onward"),
        _row("both", 6, parent="onward", text="one TEXT"),
        _row("innocent", 7, parent="unknown"),
    ]
    undeclared = frozenset({"child", "copy", "onward", "further", "both"})
    assert steps_to(Corpus(rows, {}, undeclared, {})) == {
        "child": (1, False),
        "copy": (1, False),
        "onward": (2, True),
        "further": (3, True),
        "both": (1, False),  # the copy alone shows it
    }
