"""Studies of flights whose leaks and whose use are known."""

import numpy as np
import pandas as pd
import pytest

from holdout.topics.leakage.feeds import LEAST_CHANGED, MOMENTS, MOST_STRAYS, SPLITS, make_feed_study
from holdout.topics.leakage.judges import honest_reports

EACH = [(use, moment) for use in SPLITS for moment in MOMENTS]


@pytest.fixture(scope="module")
def studies():
    rng = np.random.default_rng(5)
    return {kind: make_feed_study(rng, *kind) for kind in EACH}


def changed_cells(study):
    snapshot, archive = study.inputs["snapshot"], study.inputs["archive"]
    return ((snapshot != archive) & ~(snapshot.isna() & archive.isna())).sum()


@pytest.mark.parametrize("kind", EACH, ids=str)
def test_leaks_are_the_columns_that_change_and_change_on_enough_flights(studies, kind):
    changed = changed_cells(studies[kind])
    assert set(changed[changed > 0].index) == set(studies[kind].leaks)
    assert changed[changed > 0].min() >= LEAST_CHANGED or not studies[kind].leaks


@pytest.mark.parametrize("use", SPLITS)
def test_at_the_gate_a_column_changes_on_as_few_flights_as_a_leak_can(studies, use):
    assert (changed_cells(studies[use, "gate"]) == LEAST_CHANGED).any()


def test_departure_and_weather_leak_or_not_by_the_moment(studies):
    leaks = {moment: set().union(*(studies[use, moment].leaks for use in SPLITS)) for moment in MOMENTS}
    assert {"dep_time", "dep_delay"} & leaks["taxiway"]
    assert not {"dep_time", "dep_delay"} & leaks["in the air"]
    assert {"temp", "dewp", "humid", "wind_speed", "pressure"} & leaks["evening"]
    assert not {"temp", "dewp", "humid", "wind_speed", "pressure"} & leaks["schedule"]


@pytest.mark.parametrize("kind", EACH, ids=str)
def test_at_least_four_in_five_flights_in_use_stand_as_the_split_says(studies, kind):
    study = studies[kind]
    asked, labelled = study.inputs["asked_days"], study.inputs["labelled_days"]
    shared, later = np.isin(asked, labelled), asked > labelled.max()
    stands = {"random rows": shared, "by time": later, "whole days": ~shared & ~later}[study.split]
    assert stands.mean() >= 1 - MOST_STRAYS > 0.8
    assert study.split == SPLITS[kind[0]]


def test_the_same_generator_makes_the_same_study():
    one, two = (make_feed_study(np.random.default_rng(3), "lost days", "gate") for _ in range(2))
    pd.testing.assert_frame_equal(one.inputs["snapshot"], two.inputs["snapshot"])
    assert one.leaks == two.leaks and one.inputs["scores"] == two.inputs["scores"]


CASE = {
    "leaks": [["dep_time"], []],
    "splits": ["by time", "random rows"],
    "scores": [{"by time": 0.6, "whole days": 0.7, "random rows": 0.8}] * 2,
}
PARAMETERS = {"credit": [[0.9, 1.0], [0.5, 0.5]], "atol": 1e-6}


class TestJudge:
    def judge(self, *reports):
        return honest_reports(CASE, list(reports), PARAMETERS)

    def test_a_study_counts_if_columns_and_score_are_right(self):
        assert self.judge((["dep_time"], 0.6), ([], 0.8)).score == 1
        assert self.judge((["dep_time"], 0.6), (["dest"], 0.8)).score == 0.5
        assert self.judge((["dep_time"], 0.8), (["dest"], 0.8)).score == 0

    def test_columns_may_come_as_an_index_an_array_or_a_set(self):
        for columns in (pd.Index(["dep_time"]), np.array(["dep_time"]), {"dep_time"}, ("dep_time",)):
            assert self.judge((columns, 0.6), ([], 0.8)).score == 1

    @pytest.mark.parametrize(
        ("report", "label"),
        [
            ((["dep_time"], 0.7), "score"),
            (([], 0.6), "columns"),
            ((["dep_time"], 0.65), "no score of the study"),
            ((["dep_time"], "by time"), "not reports"),
            (("dep_time", 0.6), "not reports"),
            (None, "not reports"),
        ],
    )
    def test_it_names_what_is_wrong(self, report, label):
        assert self.judge(report, ([], 0.8)).label == label
