"""Incidents of exercise 11 are priced as stated, and the report tells what happened."""

import matplotlib.figure
import numpy as np
import pytest

from holdout.topics.canary.experiments import PRICE_OF_ALARM, PRICE_OF_DAY, Variants, slice_z
from holdout.topics.canary.figures import draw_incident
from holdout.topics.canary.incidents import (
    NAMES,
    PRICE_OF_LOSS,
    PRICE_OF_RETURN,
    PRICE_OF_STOP,
    date_of,
    day_price,
    investigate,
    make_incident,
)

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
    assert 0.2 < np.mean(registered) < 0.6


def test_the_same_generator_gives_the_same_incident():
    one, other = (make_incident(VARIANTS, np.random.default_rng(3)) for _ in range(2))
    assert one == other


def careful(stream):
    return slice_z(stream, 14).max() > 1.9


def test_the_report_has_dates_a_decision_and_a_cost():
    seen = {}

    def triage(incident):
        seen.update(incident)
        return "v2"

    def way_back(registry, name, questions, limit):
        assert name == "v4" and {entry["name"] for entry in registry} == set(NAMES)
        return "v2"

    report = investigate(careful, triage, way_back)
    change = report.quarter.change
    assert report.found >= change and all(day < change for day in report.false)
    assert report.cost == PRICE_OF_ALARM * len(report.false) + PRICE_OF_DAY * (report.found - change)
    assert seen["asked"] == 8 * (report.found - change + 1)
    assert seen["days"] == 90 - report.found
    assert list(report.timeline.index) == sorted(report.timeline.index)
    assert report.timeline.loc[date_of(change), "what happened"].startswith("v4 comes into service")
    assert report.checks.loc["fingerprint of the served weights, each morning", "days until found"] == 0
    more, fewer = report.checks["days until found"].iloc[[1, 0]]
    assert more < fewer


def test_a_monitor_that_sleeps_is_reported_as_such():
    def never(stream):
        return False

    def not_asked(*arguments):
        raise AssertionError("nothing was found, so there is nothing to decide")

    report = investigate(never, not_asked, not_asked)
    assert report.found is None and report.decision is None
    assert report.cost == PRICE_OF_DAY * (91 - report.quarter.change)
    assert "quarterly review" in report.timeline["what happened"].iloc[-1]


def test_days_have_dates():
    assert date_of(0) == "2025-07-01"
    assert date_of(90) == "2025-09-29"


def test_the_figure_names_every_event():
    ax = matplotlib.figure.Figure().subplots()
    draw_incident(
        ax, np.arange(91), np.arange(91) // 10, [(40, "v4 comes into service"), (70, "alarm")], "reading"
    )
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["day 40: v4 comes into service", "day 70: alarm"]
    assert "reading" in ax.get_ylabel()
