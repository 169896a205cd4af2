"""The stored scores of models of flights are those that their script measures."""

import importlib.util

import numpy as np
import pandas as pd
import pytest

from holdout.data.loader import path

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def make():
    spec = importlib.util.spec_from_file_location("make_flight_studies", path("flight_studies/make.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def flights(make):
    return make.read_flights()


def test_a_learning_curve_is_measured_again(make, flights):
    stored = np.load(path("flight_studies/curves.npz"))["brier"]
    assert stored.shape == (make.STUDIES, make.REPEATS, len(make.SIZES) + 1)
    assert np.abs(1e5 * make.measure_curve(7, flights, [3])[0] - stored[7, 3]).max() <= 1


def test_three_splits_are_measured_again(make, flights):
    table = pd.read_csv(path("flight_studies/splits.csv"))
    assert len(table) == len(make.USES) * len(make.KNOWN) * make.PER_USE
    stored = table[(table["use"] == "same days") & (table["known"] == "schedule")].iloc[1]
    again = make.measure_splits("same days", "schedule", 1, flights)
    for name in (*make.SPLIT_NAMES, "in use"):
        assert again[name] == pytest.approx(stored[name], abs=2e-4)


def test_more_days_gain_about_half_of_what_the_doubling_before_gained():
    """What question 01.flights says of these curves."""
    brier = np.load(path("flight_studies/curves.npz"))["brier"].mean(axis=(0, 1))
    assert 0.4 < (brier[2] - brier[4]) / (brier[1] - brier[2]) < 0.6


def test_the_split_that_is_like_the_use_comes_nearest_to_the_score_in_use():
    """What question 04.flights asks to report: over all studies its score is nearer than either of the other two."""
    table = pd.read_csv(path("flight_studies/splits.csv"))
    alike = table["use"].map(
        {"same days": "random rows", "lost days": "whole days", "future days": "by time"}
    )
    error = {
        name: (table[name] - table["in use"]).abs().mean()
        for name in ("random rows", "whole days", "by time")
    }
    own = np.mean([abs(table[name].iat[row] - table["in use"].iat[row]) for row, name in enumerate(alike)])
    assert own < min(error.values())
