"""Clients who ask for fine-tuning: every decision is right somewhere, and each entry of a request changes what is right."""

from collections import Counter

import numpy as np
import pytest

from holdout.topics.adaptation.requests import (
    CAUSES,
    DAMAGE,
    DECISIONS,
    KINDS,
    STOPS,
    WRONG_FLAG,
    decision_costs,
    flags_of,
    make_requests,
)

KNOWN = {
    "tasks": 1,
    "base_model": True,
    "pairs": 500,
    "million_words": 5,
    "owner": True,
    "rights": "free",
    "answers_for_it": True,
}
SHARE = {"facts": 0.2, "words": 0.1, "requests": 0.1, "task": 0.6}


def _best(share=SHARE, worth=10.0, noise=0.02, **changes):
    costs = decision_costs(KNOWN | changes, share=share, worth=worth, noise=noise)
    return min(costs, key=costs.get)


def test_every_decision_is_right_somewhere_and_none_mostly():
    best = Counter(
        min(case.costs, key=case.costs.get) for case in make_requests(np.random.default_rng(0), 1500)
    )
    assert set(best) == set(DECISIONS)
    assert max(best.values()) < 0.35 * 1500


def test_what_a_kind_repairs_and_costs():
    costs = decision_costs(KNOWN, share=SHARE, worth=10.0, noise=0.02)
    assert costs["full fine-tuning"] == pytest.approx(10 - (10 * 0.9 * 0.6 - 2))
    assert costs["retrieval"] == pytest.approx(10 - (10 * 0.9 * 0.2 - 1))
    assert costs["training from scratch"] == pytest.approx(10 + 20 + DAMAGE["stop: data"])  # too little text
    assert costs["stop: data"] == costs["stop: no owner"] == 10 + WRONG_FLAG


@pytest.mark.parametrize(
    ("changes", "best"),
    [
        ({}, "full fine-tuning"),
        ({"tasks": 5, "worth": 20.0}, "adapter"),
        ({"worth": 1.0}, "stop: no case"),
        ({"pairs": 100}, "retrieval"),  # another kind may go ahead
        ({"noise": 0.3}, "retrieval"),
        ({"rights": "show only"}, "retrieval"),
        ({"rights": "delete on request", "share": SHARE | {"facts": 0.05, "task": 0.75}}, "stop: compliance"),
        ({"owner": False}, "stop: no owner"),
        ({"answers_for_it": False}, "stop: compliance"),
        ({"base_model": False, "worth": 40.0, "million_words": 3000}, "training from scratch"),
        ({"base_model": False, "worth": 40.0}, "stop: data"),
        (
            {"share": dict(zip(CAUSES, (0.1, 0.7, 0.1, 0.1), strict=True)), "million_words": 80},
            "domain-adaptive tuning",
        ),
        ({"share": dict(zip(CAUSES, (0.1, 0.1, 0.7, 0.1), strict=True))}, "instruction tuning"),
    ],
)
def test_one_entry_changes_the_right_decision(changes, best):
    assert _best(**changes) == best


def test_retrieval_is_stopped_by_two_flags_only():
    everything = {"pairs": 0, "million_words": 0, "rights": "show only"}
    assert flags_of("retrieval", KNOWN | everything, 0.5) == []
    assert flags_of("retrieval", KNOWN | {"owner": False, "answers_for_it": False}, 0.0) == [
        "stop: compliance",
        "stop: no owner",
    ]


def test_any_flag_that_applies_is_right():
    costs = decision_costs(
        KNOWN | {"owner": False, "answers_for_it": False}, share=SHARE, worth=10.0, noise=0.02
    )
    assert costs["stop: compliance"] == costs["stop: no owner"] == 10.0
    assert all(costs[kind] > 10 for kind in KINDS)
    assert set(costs) == {*KINDS, *STOPS}


def test_a_flag_that_applies_is_right_where_no_kind_pays_too():
    costs = decision_costs(KNOWN | {"answers_for_it": False}, share=SHARE, worth=1.0, noise=0.02)
    assert costs["stop: no case"] == costs["stop: compliance"] == 1.0
    assert costs["stop: no owner"] == 1.0 + WRONG_FLAG


def test_the_sentence_names_the_cause_in_some_half_of_the_requests():
    names = {
        "documents": "facts",
        "catalogue": "facts",
        "words": "words",
        "trade": "words",
        "told": "requests",
        "tone": "requests",
    }
    agree = []
    for case in make_requests(np.random.default_rng(3), 1000):
        said = next((cause for word, cause in names.items() if word in case.evidence["says"]), "task")
        failures = case.evidence["failures"]
        agree.append(said == max(failures, key=failures.get))
    # half by intent, and a quarter of the rest by chance: 0.625, four standard errors are 0.06
    assert abs(np.mean(agree) - 0.625) < 0.06


def test_the_same_seed_makes_the_same_requests():
    assert make_requests(np.random.default_rng(5), 20) == make_requests(np.random.default_rng(5), 20)
