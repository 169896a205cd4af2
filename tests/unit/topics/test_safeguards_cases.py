"""Provenance: planted corpora hold what they say, and the judge rewards neither silence nor pointing at everything."""

import numpy as np
import pytest

from holdout.topics.safeguards.cases import fingerprint, make_corpus
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
