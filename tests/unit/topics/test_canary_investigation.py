"""The report on the incident of exercise 11 has dates, a decision and a cost, whatever the learner's functions do."""

from holdout.topics.canary.cases import NAMES
from holdout.topics.canary.experiments import PRICE_OF_ALARM, PRICE_OF_DAY, slice_z
from holdout.topics.canary.investigation import date_of, investigate


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
