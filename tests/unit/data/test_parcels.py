"""The parcels case: its truth is true, each defect is found and switched off, a seed fixes every byte."""

import importlib.util
import pathlib
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from holdout.data.parcels import (
    COUNTER_COLUMNS,
    DEFECTS,
    EXTRACTED_AT,
    LEAKS,
    Company,
    LabelShift,
    assemble,
    known_at_the_counter,
    make_parcels,
    make_raw,
    true_risk,
)
from holdout.errors import InvalidValue

ROOT = pathlib.Path(__file__).resolve().parents[3]
CALM = Company(depot_opens=None, policy_changes=None)


@pytest.fixture(scope="module")
def clean():
    return make_parcels()


def late_rate_error(frame, risk):
    """Observed minus expected share of late rows, in standard errors sqrt(sum p (1 - p)) / n."""
    return (frame["late"].to_numpy() - risk).sum() / np.sqrt((risk * (1 - risk)).sum())


# -- the truth
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    "company",
    [
        Company(),
        CALM,
        Company(seed=11, couriers=80),
        Company(label_shift=LabelShift("2024-06-01", "2024-08-31", 3.0)),
    ],
    ids=["as committed", "no event", "another company", "label shift"],
)
def test_labels_are_drawn_with_the_true_risk_in_every_bin_of_it(company, seed):
    frame = make_parcels(seed=seed, rows=30_000, company=company)
    risk = true_risk(frame, company)
    bins = pd.qcut(risk, 10, labels=False)
    for bin in range(10):
        inside = bins == bin
        assert abs(late_rate_error(frame[inside], risk[inside])) < 4


def test_labels_are_drawn_with_the_true_risk_in_every_region_service_and_quarter(clean):
    risk = true_risk(clean)
    quarter = clean["accepted_at"].dt.to_period("Q").astype(str)
    for _, rows in clean.groupby([clean["region"] == "islands", clean["service"], quarter]).groups.items():
        assert abs(late_rate_error(clean.loc[rows], risk[rows])) < 4


def test_the_case_is_learnable_and_noisy(clean):
    assert 0.15 <= clean["late"].mean() <= 0.25
    assert 0.80 <= roc_auc_score(clean["late"], true_risk(clean)) <= 0.85


def test_the_rare_region_is_rare_and_express_helps_everywhere_else_but_there():
    frame = make_parcels(seed=3, rows=5_000, company=CALM)
    assert 0.01 <= (frame["region"] == "islands").mean() <= 0.03
    as_express = true_risk(frame.assign(service="express"), CALM)
    as_standard = true_risk(frame.assign(service="standard"), CALM)
    islands = (frame["region"] == "islands").to_numpy()
    assert (as_express[islands] > as_standard[islands]).all()
    assert (as_express[~islands] < as_standard[~islands]).all()


def test_the_depot_opening_moves_the_features_and_not_the_risk_given_them():
    opened = Company(policy_changes=None)
    frame = make_parcels(seed=4, rows=8_000, company=opened)
    np.testing.assert_array_equal(true_risk(frame, opened), true_risk(frame, CALM))
    day = pd.Timestamp(opened.depot_opens)
    before, after = frame[frame["accepted_at"] < day], frame[frame["accepted_at"] >= day]
    assert not before["depot"].eq("harbour").any()
    assert after["depot"].eq("harbour").mean() == pytest.approx(
        0.35, abs=4 * np.sqrt(0.35 * 0.65 / len(after))
    )
    assert after["distance_km"].median() > 1.2 * before["distance_km"].median()


def test_the_policy_change_moves_the_risk_of_express_and_not_the_features():
    changed, unchanged = Company(depot_opens=None), CALM
    frame, other = (make_parcels(seed=5, rows=8_000, company=company) for company in (changed, unchanged))
    features = [
        "accepted_at",
        "depot",
        "region",
        "courier",
        "service",
        "weight_kg",
        "distance_km",
        "stops",
        "wind_ms",
    ]
    pd.testing.assert_frame_equal(frame[features], other[features])
    moved = true_risk(frame, changed) != true_risk(frame, unchanged)
    touched = (
        (frame["accepted_at"] >= pd.Timestamp(changed.policy_changes))
        & (frame["service"] == "express")
        & (frame["region"] != "islands")
    )
    np.testing.assert_array_equal(moved, touched)


def test_label_shift_moves_the_share_of_late_rows_and_not_what_late_rows_look_like():
    shift = LabelShift("2024-04-01", "2024-09-30", 3.0)
    shifted = Company(depot_opens=None, policy_changes=None, day_sd=0, label_shift=shift)
    plain = Company(depot_opens=None, policy_changes=None, day_sd=0)
    tables = [make_parcels(seed=6, rows=40_000, company=company) for company in (shifted, plain)]
    inside = [t[(t["accepted_at"] >= "2024-04-01") & (t["accepted_at"] < "2024-10-01")] for t in tables]
    assert inside[0]["late"].mean() > 1.5 * inside[1]["late"].mean()
    for late in (0, 1):
        one, other = (np.log(t.loc[t["late"] == late, "distance_km"]) for t in inside)
        error = np.sqrt(one.var() / len(one) + other.var() / len(other))
        assert abs(one.mean() - other.mean()) < 4 * error


def test_courier_and_day_effects_can_be_switched_off():
    flat = Company(courier_sd=0, day_sd=0)
    frame = make_parcels(seed=7, rows=500, company=flat)
    mainland = frame[frame["region"] == "city"]
    swapped = mainland.assign(courier=np.roll(mainland["courier"].to_numpy(), 1))
    np.testing.assert_array_equal(true_risk(mainland, flat), true_risk(swapped, flat))
    assert (true_risk(mainland) != true_risk(swapped)).any()


def test_late_means_delivered_after_the_promise_and_late_labels_arrive_later(clean):
    np.testing.assert_array_equal(clean["late"], clean["delivered_at"] > clean["promised_at"])
    assert (clean["label_available_at"] >= clean["delivered_at"]).all()
    assert (clean["delivered_at"] > clean["accepted_at"]).all()
    wait = (clean["label_available_at"] - clean["accepted_at"]).dt.total_seconds()
    assert wait[clean["late"] == 1].mean() > wait[clean["late"] == 0].mean()


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda f: f.drop(columns="stops"), "stops"),
        (lambda f: f.assign(weight_kg=np.nan), "weight_kg has 20 missing"),
        (lambda f: f.assign(courier="C999"), "C999"),
        (lambda f: f.assign(region="moon"), "moon"),
        (lambda f: f.assign(accepted_at=pd.Timestamp("2030-01-01")), "2025-06-30"),
    ],
)
def test_true_risk_names_what_it_cannot_judge(clean, spoil, named):
    with pytest.raises(ValueError, match=named):
        true_risk(spoil(clean.head(20)))


def test_true_risk_of_no_rows_is_empty(clean):
    assert true_risk(clean.head(0)).shape == (0,)


# -- numbers for a model
def test_what_is_known_at_the_counter_comes_as_numbers_in_the_order_asked():
    frame = make_parcels(seed=1, rows=3_000, defects="all")
    X = known_at_the_counter(frame)
    asked = dict.fromkeys(re.sub("^(depot|region|service|customer)_.*", r"\1", name) for name in X)
    assert list(asked) == list(COUNTER_COLUMNS)
    assert X.index.equals(frame.index)
    assert all(map(pd.api.types.is_numeric_dtype, X.dtypes))
    turned = known_at_the_counter(frame, ["customer", "stops"])
    assert list(turned) == ["customer_business", "customer_private", "stops"]


def test_numbers_keep_their_type_and_what_is_missing(clean):
    for frame in (clean.head(500), make_parcels(seed=1, rows=500, defects="all")):
        numbers = ["weight_kg", "stops", "wind_ms", "declared_value_eur"]
        pd.testing.assert_frame_equal(known_at_the_counter(frame, numbers), frame[numbers])


def test_hour_and_weekday_are_those_of_the_time_stamp(clean):
    rows = clean.head(3).assign(
        accepted_at=pd.to_datetime(["2024-01-01 06:59", "2024-01-07 19:00", "2024-02-01 13:30"])
    )
    # a Monday, a Sunday, a Thursday
    assert known_at_the_counter(rows, ["hour", "weekday"]).to_numpy().tolist() == [[6, 0], [19, 6], [13, 3]]


def test_each_name_has_a_column_of_ones_and_a_missing_name_has_none(clean):
    rows = clean.head(3).assign(service=pd.Series(["standard", "express", None], dtype="str"))
    X = known_at_the_counter(rows, ["service"])
    assert list(X) == ["service_express", "service_standard"]
    assert X.to_numpy().tolist() == [[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]]


def test_neither_the_outcome_nor_what_is_written_later_is_known_at_the_counter():
    assert not {"late", "delivered_at", "label_available_at", *LEAKS.values()} & set(COUNTER_COLUMNS)


def test_no_rows_and_no_columns_are_empty(clean):
    assert known_at_the_counter(clean.head(0), ["stops", "hour"]).shape == (0, 2)
    assert known_at_the_counter(clean, []).shape == (len(clean), 0)


@pytest.mark.parametrize(
    ("spoil", "column", "named"),
    [
        (lambda f: f, "colour", "no column 'colour'; there are parcel_id, .*hour, weekday"),
        (
            lambda f: f,
            "promised_at",
            "'promised_at' contains dates such as 2024-.*ask for 'hour' or 'weekday'",
        ),
        (
            lambda f: f.drop(columns="accepted_at"),
            "hour",
            "'hour' is read from 'accepted_at'.*keep 'accepted_at'",
        ),
        (lambda f: f.astype({"accepted_at": "str"}), "weekday", "contains str and no dates.*pd.to_datetime"),
    ],
    ids=["unknown", "a date", "no time stamp", "a time stamp as text"],
)
def test_a_column_that_cannot_become_a_number_is_named_with_the_remedy(clean, spoil, column, named):
    with pytest.raises(InvalidValue, match=named):
        known_at_the_counter(spoil(clean.head(20)), ["stops", column])


# -- the defects
def weight_in_grams(frame):
    return frame["weight_kg"] > 31.5  # the heaviest parcel that the company takes


def accepted_at_night(frame):
    return frame["accepted_at"].dt.hour >= 20  # the depots close at 20:00


def second_label(frame):
    keys = ["courier", "service", "customer", "distance_km", "stops", "wind_ms", "declared_value_eur"]
    first = frame.drop_duplicates("parcel_id")
    same = first.duplicated([*keys, "promised_at"], keep=False)
    return frame["parcel_id"].isin(first.loc[same & first["parcel_id"].str.startswith("P9"), "parcel_id"])


FINDERS = {
    "near_duplicates": second_label,
    "missing_wind": lambda frame: frame["wind_ms"].isna(),
    "missing_weight": lambda frame: frame["weight_kg"].isna(),
    "missing_stops": lambda frame: frame["stops"].isna(),
    "rescans": lambda frame: frame.duplicated(keep="first"),
    "late_labels": lambda frame: frame["late"].isna(),
}


def test_every_defect_has_a_test():
    assert set(FINDERS) | set(LEAKS) | {"grams", "clock_slip"} == set(DEFECTS)


@pytest.mark.parametrize("name", FINDERS)
def test_a_defect_is_found_where_it_was_planted_and_nowhere_without_it(name):
    raw = make_raw(seed=8, rows=6_000, defects=[name])
    frame = assemble(raw)
    found = set(frame.loc[FINDERS[name](frame), "parcel_id"])
    assert found == set(raw.planted[name])
    assert found
    others = [defect for defect in DEFECTS if defect != name]
    clean_of_it = assemble(make_raw(seed=8, rows=6_000, defects=others))
    assert not FINDERS[name](clean_of_it).any()


def test_grams_are_found_and_can_be_switched_off():
    raw = make_raw(seed=8, rows=6_000, defects=["grams"])
    frame = assemble(raw)
    planted = frame["parcel_id"].isin(raw.planted["grams"])
    found = weight_in_grams(frame)
    assert planted.any()
    assert not (found & ~planted).any()
    assert (frame.loc[planted, "weight_kg"] >= 50).all()  # the lightest parcel has 0.05 kg
    assert not weight_in_grams(make_parcels(seed=8, rows=6_000)).any()
    only_typed = make_raw(seed=8, rows=6_000, defects=["grams"], company=Company(grams=None))
    assert 0 < len(only_typed.planted["grams"]) < len(raw.planted["grams"])


def test_the_clock_slip_moves_one_depot_by_two_hours_for_a_summer():
    raw = make_raw(seed=8, rows=6_000, defects=["clock_slip"])
    frame = assemble(raw).set_index("parcel_id")
    truth = make_parcels(seed=8, rows=6_000).set_index("parcel_id")
    moved = frame["accepted_at"] - truth["accepted_at"].reindex(frame.index)
    planted = frame.index.isin(raw.planted["clock_slip"])
    assert (moved[planted] == pd.Timedelta("2h")).all()
    assert (moved[~planted] == pd.Timedelta(0)).all()
    assert set(frame.loc[accepted_at_night(frame), "depot"]) == {"east"}
    assert not accepted_at_night(truth).any()


@pytest.mark.parametrize("name", LEAKS)
def test_a_leaking_column_alone_tells_who_was_late_and_is_absent_otherwise(name):
    raw = make_raw(seed=8, rows=6_000, defects=[name])
    frame = assemble(raw)
    assert raw.planted[name] == LEAKS[name]
    column = frame[LEAKS[name]]
    # eta_hours grows with the time promised, so it is compared with that
    promised = (frame["promised_at"] - frame["accepted_at"]).dt.total_seconds() / 3600
    score = column - promised if name == "leak_eta" else column
    assert roc_auc_score(frame["late"].astype(int), score) > 0.75
    others = [defect for defect in DEFECTS if defect != name]
    assert LEAKS[name] not in make_parcels(seed=8, rows=200, defects=others).columns


def test_stops_are_missing_not_at_random_and_weights_at_random_given_the_customer():
    raw = make_raw(seed=9, rows=20_000, defects=["missing_stops", "missing_weight"])
    frame = assemble(raw).set_index("parcel_id")
    truth = make_parcels(seed=9, rows=20_000).set_index("parcel_id").loc[frame.index]
    gone = frame["stops"].isna()
    assert truth.loc[gone, "stops"].mean() > truth.loc[~gone, "stops"].mean() + 10
    for _, rows in frame.groupby("customer").groups.items():
        gone = frame.loc[rows, "weight_kg"].isna()
        logs = np.log(truth.loc[rows, "weight_kg"])
        error = logs.std() * np.sqrt(1 / gone.sum() + 1 / (~gone).sum())
        assert abs(logs[gone].mean() - logs[~gone].mean()) < 4 * error


def test_unknown_labels_are_those_recorded_after_the_extract_and_more_often_late():
    raw = make_raw(seed=10, rows=20_000, defects=["late_labels"])
    truth = make_parcels(seed=10, rows=20_000).set_index("parcel_id")
    unknown = truth["label_available_at"] > EXTRACTED_AT
    assert set(truth.index[unknown]) == set(raw.planted["late_labels"])
    assert raw.deliveries["recorded_at"].max() <= EXTRACTED_AT
    last_days = truth["accepted_at"] >= "2025-06-23"
    assert truth.loc[unknown & last_days, "late"].mean() > truth.loc[~unknown & last_days, "late"].mean()


def test_switching_one_defect_off_leaves_the_others_where_they_are():
    everything = make_raw(seed=12, rows=3_000, defects="all").planted
    for left_out in DEFECTS:
        rest = make_raw(seed=12, rows=3_000, defects=[name for name in DEFECTS if name != left_out]).planted
        for name, planted in rest.items():
            if isinstance(planted, str):
                continue
            mine = {key for key in planted if not key.startswith("P9")}
            theirs = {key for key in everything[name] if not key.startswith("P9")}
            if left_out == "missing_weight" and name == "grams":
                assert theirs <= mine  # a weight that is not there cannot be in grams
            else:
                assert mine == theirs


def test_mess_changes_neither_which_parcels_there_are_nor_their_outcome():
    frame = (
        make_parcels(seed=13, rows=2_000, defects="all").drop_duplicates("parcel_id").set_index("parcel_id")
    )
    truth = make_parcels(seed=13, rows=2_000).set_index("parcel_id")
    assert set(truth.index) == {key for key in frame.index if not key.startswith("P9")}
    known = frame.loc[frame["late"].notna() & ~frame.index.str.startswith("P9")]
    np.testing.assert_array_equal(known["late"].astype(int), truth.loc[known.index, "late"])


# -- reproducibility and bad input
def test_the_same_seed_gives_the_same_table_and_another_seed_another():
    one, again, other = (make_parcels(seed=seed, rows=300, defects="all") for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, again)
    assert not one["weight_kg"].equals(other["weight_kg"])


def test_the_committed_files_are_what_the_script_makes():
    file = ROOT / "datasets" / "parcels" / "make.py"
    spec = importlib.util.spec_from_file_location("make_parcels_files", file)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    made = script.contents()
    assert {
        name: script.read(file.parent / name) == content for name, content in made.items()
    } == dict.fromkeys(made, True)
    assert script.compress(b"the same text") == script.compress(b"the same text")


def test_the_committed_files_stay_small():
    files = [file for file in (ROOT / "datasets" / "parcels").iterdir() if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 2_000_000


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"defects": ["grammes"]}, "no defect 'grammes'.*grams"),
        ({"defects": "grams"}, r'\["grams"\]'),
        ({"rows": 0}, "rows"),
        ({"rows": 2.5}, "rows"),
        ({"rows": True}, "rows"),
    ],
)
def test_bad_arguments_are_named(arguments, named):
    with pytest.raises(ValueError, match=named):
        make_parcels(seed=1, **arguments)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"couriers": 3}, "couriers"),
        ({"day_sd": -1}, "day_sd"),
        ({"depot_opens": "2031-01-01"}, "depot_opens"),
        ({"policy_changes": "yesterday"}, "policy_changes"),
        ({"grams": ("2024-05-02", "2024-05-01")}, "grams"),
        ({"label_shift": LabelShift("2024-05-01", "2024-06-01", 0.0)}, "odds"),
    ],
)
def test_an_impossible_company_is_refused(arguments, named):
    with pytest.raises(ValueError, match=named):
        Company(**arguments)


def test_a_handful_of_rows_works_with_all_defects():
    for rows in (1, 2, 5):
        assert make_parcels(seed=1, rows=rows, defects="all")["parcel_id"].nunique() >= rows


# -- what the lessons promise about it
def _table(frame, *extra):
    table = frame[["weight_kg", "distance_km", "stops", "wind_ms", *extra]].astype(float)
    table["hour"] = frame["accepted_at"].dt.hour + frame["accepted_at"].dt.minute / 60
    table["weekday"] = frame["accepted_at"].dt.day_of_week
    return table.join(pd.get_dummies(frame[["region", "courier", "service", "customer"]], dtype=float))


def test_a_leaking_column_lifts_the_auc_far_above_the_best_possible():
    frame = make_parcels(defects=["leak_compensation"])
    late = frame["late"].astype(int)
    auc = {}
    for name, extra in (("honest", ()), ("leaking", ("compensation_eur",))):
        table = _table(frame, *extra)
        model = HistGradientBoostingClassifier(max_iter=60, max_leaf_nodes=12, random_state=0)
        model.fit(table[::2], late[::2])
        auc[name] = roc_auc_score(late[1::2], model.predict_proba(table[1::2])[:, 1])
    assert auc["leaking"] >= 0.97
    assert auc["honest"] < roc_auc_score(late[1::2], true_risk(frame[1::2]))


def test_a_model_with_one_effect_for_everybody_is_good_overall_and_ranks_the_islands_wrongly():
    fitted_on, fresh = (make_parcels(seed=seed, rows=20_000, company=CALM) for seed in (21, 22))
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(_table(fitted_on), fitted_on["late"])
    risk = model.predict_proba(_table(fresh))[:, 1]
    islands = (fresh["region"] == "islands").to_numpy()
    assert roc_auc_score(fresh["late"], risk) > 0.75
    assert roc_auc_score(fresh["late"][islands], risk[islands]) < 0.5
    assert roc_auc_score(fresh["late"][islands], true_risk(fresh, CALM)[islands]) > 0.7
