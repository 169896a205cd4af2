"""Incidents of exercise 11 are priced as stated and leave the decision open."""

import numpy as np
import pytest

from holdout.topics.canary.cases import (
    BUSY,
    BUSY_DAYS,
    NAMES,
    PRICE_OF_LOSS,
    PRICE_OF_RETURN,
    PRICE_OF_STOP,
    day_price,
    make_incident,
    make_quarters,
)
from holdout.topics.canary.experiments import Variants

VARIANTS = Variants.load()
BY_WEIGHTS = {about["weights"][:12]: about["name"] for about in VARIANTS.about}


@pytest.fixture(scope="module")
def incidents():
    rng = np.random.default_rng(1)
    return [make_incident(VARIANTS, rng) for _ in range(300)]


def test_every_way_out_costs_what_the_exercise_says(incidents):
    for incident in incidents:
        evidence, costs = incident.evidence, incident.costs
        days = evidence["days"]
        assert set(costs) == {"keep", "stop", *NAMES}
        assert costs["stop"] == pytest.approx(PRICE_OF_STOP * days, abs=1e-3)
        loss = max(VARIANTS.net_loss(incident.served).values())
        assert costs["keep"] == pytest.approx(days * PRICE_OF_LOSS * max(0, 100 * loss - 1), abs=1e-3)
        for entry in evidence["registry"]:
            true = BY_WEIGHTS[entry["fingerprint"]]
            assert costs[entry["name"]] == pytest.approx(
                PRICE_OF_RETURN + days * day_price(VARIANTS, true), abs=1e-3
            )


def test_what_was_measured_on_these_questions_is_exact_and_other_evaluations_flatter(incidents):
    flattered = []
    for incident in incidents:
        for entry in incident.evidence["registry"]:
            true = max(VARIANTS.net_loss(BY_WEIGHTS[entry["fingerprint"]]).values())
            if entry["evaluation"] == incident.evidence["questions"]:
                assert entry["worst_loss"] == pytest.approx(true, abs=5e-4)
            else:
                assert entry["worst_loss"] <= 0.01
                flattered.append(true)
    # the exercise says: two in three lose 4 points or more, 6 on average
    assert np.mean(np.array(flattered) >= 0.04) == pytest.approx(
        2 / 3, abs=4 * np.sqrt(2 / 9 / len(flattered))
    )
    assert np.mean(flattered) == pytest.approx(0.06, abs=0.01)


def test_an_incident_leaves_the_decision_open(incidents):
    best = [min(incident.costs, key=incident.costs.get) for incident in incidents]
    shares = [best.count("keep"), best.count("stop"), sum(name in NAMES for name in best)]
    assert min(shares) > 5
    registered = [
        any(entry["fingerprint"] == incident.evidence["served"] for entry in incident.evidence["registry"])
        for incident in incidents
    ]
    assert 0.4 < np.mean(registered) < 0.8


def test_few_questions_were_asked_where_the_registry_knows_the_loss(incidents):
    for evidence in (incident.evidence for incident in incidents):
        known = any(
            entry["fingerprint"] == evidence["served"] and entry["evaluation"] == evidence["questions"]
            for entry in evidence["registry"]
        )
        assert (evidence["asked"] < 13) == known


def test_three_of_five_quarters_serve_a_busy_harmless_model_for_two_weeks():
    quarters = make_quarters(VARIANTS, np.random.default_rng(1), 30)
    before = [quarter.served[: quarter.change] for quarter in quarters]
    assert sum(served.count(BUSY) >= BUSY_DAYS for served in before) >= 18
    assert sum(quarter.change is None for quarter in quarters) == 10


def test_the_same_generator_gives_the_same_incident():
    one, other = (make_incident(VARIANTS, np.random.default_rng(3)) for _ in range(2))
    assert one == other
