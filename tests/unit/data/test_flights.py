"""Real flights: fixed types, what is written when, and the numbers that the card states."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit

from holdout import load
from holdout.data.flights import (
    AFTER,
    HOUR,
    PLANNED,
    PLANNED_AND_NUMBER,
    SCHEDULE,
    WEATHER,
    WRITTEN,
    as_numbers,
    written,
)
from holdout.data.loader import flights
from holdout.errors import InvalidValue

CARD = Path(__file__).resolve().parents[3] / "datasets" / "flights" / "README.md"


@pytest.fixture(scope="module")
def arrived():
    table = load("flights")
    return table[table["late"].notna()].reset_index(drop=True)


@pytest.fixture(scope="module")
def auc(arrived):
    """Area under the curve of some columns, trained and judged on some rows; and the mean forecast."""
    late = arrived["late"].to_numpy(dtype=int)

    def measure(columns, train, test):
        X = as_numbers(arrived, columns)
        model = HistGradientBoostingClassifier(random_state=0).fit(X.iloc[train], late[train])
        forecast = model.predict_proba(X.iloc[test])[:, 1]
        return roc_auc_score(late[test], forecast), forecast.mean()

    return measure


def test_the_table_is_what_the_card_says(arrived):
    table = flights()
    pd.testing.assert_frame_equal(table, load("flights"))
    assert len(table) == 30_000 and len(arrived) == 29_168
    assert table["time_hour"].dtype == "datetime64[s]"
    assert table["time_hour"].is_monotonic_increasing
    assert arrived["late"].mean() == pytest.approx(0.243, abs=0.0005)
    card = CARD.read_text(encoding="utf-8")
    for column in ("tailnum", "temp", "pressure", "dep_time", "arr_delay", "air_time", "late", "plane_year"):
        assert f"{table[column].isna().sum():,}" in card, column


def test_late_is_missing_where_the_flight_did_not_arrive_and_follows_the_delay_elsewhere():
    table = load("flights")
    assert (table["late"].isna() == table["arr_delay"].isna()).all()
    assert (table.loc[table["late"] == 1, "arr_delay"].min(), table.loc[table["late"] == 0, "arr_delay"].max()) == (15, 14)  # fmt: skip


def test_every_column_has_its_moment_and_the_card_lists_it(arrived):
    assert set(WRITTEN) == set(arrived)
    listed = set(re.findall(r"`(\w+)`", "\n".join(re.findall(r"^\| (`.*?) \|", CARD.read_text(encoding="utf-8"), re.MULTILINE))))  # fmt: skip
    assert set(WRITTEN) == listed
    assert "late" in written(AFTER) and "temp" in written(HOUR) and "carrier" in written(SCHEDULE)
    assert "year" not in written(SCHEDULE, HOUR, AFTER)
    with pytest.raises(InvalidValue, match="'later' is no moment"):
        written("later")


def test_what_is_written_after_departure_is_what_a_cancelled_flight_lacks():
    table = load("flights")
    cancelled = table[table["dep_time"].isna()]
    assert cancelled[written(AFTER)].isna().all().all()
    assert cancelled[["sched_dep_time", "carrier", "origin", "dest", "distance"]].notna().all().all()


def test_the_plan_is_written_with_the_schedule_and_the_weather_in_the_hour_of_departure():
    assert set(PLANNED_AND_NUMBER) <= {*written(SCHEDULE), "weekday"}
    assert set(PLANNED_AND_NUMBER) - set(PLANNED) == {"flight"}
    assert set(written(HOUR)) - set(WEATHER) == {"dewp", "wind_gust"}


def test_columns_become_numbers_and_stay_missing(arrived):
    X = as_numbers(
        arrived.head(500), ["carrier", "time_hour", "weekday", "day_of_year", "pressure", "manufacturer"]
    )
    assert X.dtypes.eq("float64").all()
    first = arrived.head(500)
    assert (X["manufacturer"].isna() == first["manufacturer"].isna()).all()
    assert X["manufacturer"].isna().any()
    assert (X["carrier"].to_numpy() == first["carrier"].map({c: i for i, c in enumerate(sorted(first["carrier"].unique()))}).to_numpy()).all()  # fmt: skip
    assert X.loc[0, ["weekday", "day_of_year"]].tolist() == [1, 1]  # the first of January 2013 was a Tuesday
    assert X.loc[0, "time_hour"] == first.loc[0, "hour"] + 5  # New York is five hours behind UTC in winter
    with pytest.raises(InvalidValue, match="flights have no column 'week'"):
        as_numbers(arrived, ["week"])


# The tolerance covers four splits: their standard deviation is at most .013, and of one split four times that would be .05;
# the first split is fixed, so only other versions of scikit-learn may move it, and by less than .01.
@pytest.mark.parametrize(
    ("more", "random", "by_day", "by_time"),
    [([], 0.697, 0.672, 0.626), (["day_of_year"], 0.745, 0.679, 0.579)],
)
def test_the_day_of_the_year_helps_only_where_other_flights_of_the_day_are_known(
    arrived, auc, more, random, by_day, by_time
):
    columns = [*PLANNED_AND_NUMBER, *more]
    split = next(ShuffleSplit(1, test_size=0.25, random_state=0).split(arrived))
    assert auc(columns, *split)[0] == pytest.approx(random, abs=0.02)
    day = as_numbers(arrived, ["day_of_year"])["day_of_year"]
    days = next(GroupShuffleSplit(1, test_size=0.25, random_state=0).split(arrived, groups=day))
    assert auc(columns, *days)[0] == pytest.approx(by_day, abs=0.03)
    early, later = np.flatnonzero(arrived["month"] <= 8), np.flatnonzero(arrived["month"] > 8)
    assert auc(columns, early, later)[0] == pytest.approx(by_time, abs=0.01)


def test_a_column_written_after_departure_gives_the_answer_away(arrived, auc):
    split = next(ShuffleSplit(1, test_size=0.25, random_state=0).split(arrived))
    assert auc([*PLANNED_AND_NUMBER, "dep_delay", "arr_time", "air_time"], *split)[0] > 0.97


def test_the_forecast_for_september_is_far_too_high(arrived, auc):
    early, september = np.flatnonzero(arrived["month"] <= 8), np.flatnonzero(arrived["month"] == 9)
    assert auc(PLANNED_AND_NUMBER, early, september)[1] == pytest.approx(0.255, abs=0.01)
    assert arrived["late"].iloc[september].mean() == pytest.approx(0.145, abs=0.0005)
