"""Claims of lesson 14 and its exercise: careless rules lose, promises fall apart, canaries see what their formula says, models spoil their labels."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from grader.authoring.exercise import load_exercise
from holdout.checks.judges import relative_regret
from holdout.data.parcels import Company, make_parcels, make_raw, true_risk
from holdout.stats.clusters import mean_by_days
from holdout.topics.release.cases import decision_costs, make_release
from holdout.topics.release.experiments import (
    canary_power,
    expected_costs,
    saving_with_hold_back,
    trial_power,
)
from holdout.topics.release.parcels import (
    COUNTER,
    fit_model,
    join_files,
    speaks_for,
    true_saving,
    with_van,
    without_copies,
    worth_in_june,
)

pytestmark = pytest.mark.proof
SEEDS = range(100)


# ----------------------------------------------------------------------------------------------- decide, the scale


@pytest.fixture(scope="module")
def classes_of_releases():
    """2,500 releases for each seed, as many as grading takes."""
    return [
        [make_release(rng) for _ in range(2500)] for rng in (np.random.default_rng([14, s]) for s in SEEDS)
    ]


@pytest.fixture(scope="module")
def limits():
    """Largest relative regret for full and for half marks, as the exercise states them."""
    (full, _), (half, _) = load_exercise("14")["14.decide"].parameters["credit"]
    return full, half


def regret(releases, decide):
    return relative_regret([one.expected for one in releases], [decide(one) for one in releases])


CARELESS = {
    "always ship": lambda release: "ship",
    "always wait": lambda release: "wait",
    "always canary": lambda release: "canary",
    "the highest score wins": lambda release: "ship" if release.evidence["gain"] > 0 else "wait",
    "two standard errors": lambda release: (
        "ship" if release.evidence["gain"] > 2 * release.evidence["error"] else "wait"
    ),
}


@pytest.mark.parametrize("name", CARELESS)
def test_a_careless_rule_earns_nothing_on_any_seed(name, classes_of_releases, limits):
    for seed, releases in zip(SEEDS, classes_of_releases, strict=True):
        assert regret(releases, CARELESS[name]) > limits[1], seed


def test_a_coin_earns_nothing_on_any_seed(classes_of_releases, limits):
    for seed, releases in zip(SEEDS, classes_of_releases, strict=True):
        rng = np.random.default_rng(seed)
        assert regret(releases, lambda _, rng=rng: str(rng.choice(["ship", "wait"]))) > limits[1], seed


def test_the_oracle_sets_the_lower_end_of_the_scale_and_the_best_constant_the_upper(classes_of_releases):
    for seed, releases in zip(SEEDS, classes_of_releases, strict=True):
        assert regret(releases, lambda one: min(one.expected, key=one.expected.get)) == 0, seed
        always = [regret(releases, CARELESS[f"always {what}"]) for what in ("ship", "wait", "canary")]
        assert min(always) == pytest.approx(1), seed


def test_expected_costs_earn_full_marks_on_every_seed(classes_of_releases, limits):
    names = {}
    exec("import numpy as np\nfrom scipy import stats", names)
    exec(load_exercise("14")["14.decide"].reference.code, names)
    for seed, releases in zip(SEEDS, classes_of_releases, strict=True):
        assert regret(releases, lambda one: names["decide"](one.evidence)) <= limits[0], seed


# ------------------------------------------------------------------------------------------------ expected cost


@pytest.mark.parametrize(("errors_below", "published"), [(0, 0.3989), (1, 0.0833)])
def test_waiting_costs_the_tabled_unit_normal_loss(errors_below, published):
    assert expected_costs(-float(errors_below), 1.0)["wait"] == pytest.approx(published, abs=0.00005)
    for seed in SEEDS:
        draws = np.maximum(np.random.default_rng(seed).standard_normal(100_000) - errors_below, 0)
        # 100 seeds: the largest of 100 normal values stays below 4 with probability 0.994
        assert abs(draws.mean() - published) < 4.5 * draws.std(ddof=1) / np.sqrt(len(draws)), seed


@pytest.mark.parametrize("error", [0.5, 1, 2, 5])
def test_a_canary_dearer_than_nine_tenths_of_the_cost_at_0_is_never_cheapest(error):
    values = np.linspace(-10, 10, 2001)
    dearest = 0.9 * error / np.sqrt(2 * np.pi)
    for price, is_ever in ((1.01 * dearest, False), (0.99 * dearest, True)):
        costs = expected_costs(values, error, canary=price)
        assert np.any(costs["canary"] < np.minimum(costs["ship"], costs["wait"])) == is_ever


def test_costs_of_a_known_value_are_the_limit_of_a_vanishing_error():
    for value in (-3.0, 0.7, 5.0):
        assert expected_costs(value, 1e-6) == pytest.approx(decision_costs(value), abs=1e-6)


# ------------------------------------------------------------------------------------------------------- canary


def test_a_canary_sees_a_loss_as_often_as_its_formula_says():
    prices, shares = 30 * np.array([0.0, 3.0, 10.0]), [0.7, 0.18, 0.12]  # nothing, a van, a refund
    mean = np.dot(prices, shares)
    deviation = np.sqrt(np.dot((prices - mean) ** 2, shares))
    skewness = np.dot((prices - mean) ** 3, shares) / deviation**3
    canary, others, loss, trials = 700, 13_300, 5.0, 4000
    error = deviation * np.sqrt(1 / canary + 1 / others)
    expected = canary_power(loss, deviation, canary, others)
    # first term of Edgeworth's expansion: |z^2 - 1| phi(z) is at most 0.4
    not_normal = 0.4 * skewness / (6 * np.sqrt(canary))
    allowed = 4.5 * np.sqrt(expected * (1 - expected) / trials) + not_normal
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        old, new = (rng.multinomial(rows, shares, size=trials) @ prices / rows for rows in (others, canary))
        seen = np.mean(new + loss - old > 1.6449 * error)
        assert abs(seen - expected) < allowed, seed


# ------------------------------------------------------------- the study of lesson 14 on other parcels of the company

STUDIES = range(40)
LATER = ["compensation_eur", "eta_hours", "contacts"]
NAMES = ["depot", "region", "service", "customer", "courier"]


def as_numbers(frame, extra, levels):
    table = frame[["weight_kg", "distance_km", "stops", "wind_ms", "declared_value_eur"]].copy()
    table["hour"], table["weekday"] = frame["accepted_at"].dt.hour, frame["accepted_at"].dt.day_of_week
    for name in NAMES:
        table[name] = pd.Categorical(frame[name], levels[name]).codes
    return table.join(frame[extra])


def cost(probability, late):
    return 30 * np.where(probability > 0.3, 3, 10 * np.asarray(late))


def study(seed):
    """The numbers of the lesson for other parcels of the same company: name → thousand euros a month."""
    joined = make_parcels(seed=seed, defects="all")
    joined = joined[joined["late"].notna()].astype({"late": int})
    levels = {name: sorted(joined[name].unique()) for name in NAMES}

    def fit(rows, extra=(), weight=None):
        model = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=15, random_state=0)
        return model.fit(as_numbers(rows, list(extra), levels), rows["late"], sample_weight=weight)

    def chance(model, rows, extra=()):
        return model.predict_proba(as_numbers(rows, list(extra), levels))[:, 1]

    past = joined[joined["label_available_at"] < "2025-06-01"]
    clean = without_copies(past)
    january = fit(clean[clean["label_available_at"] < "2025-01-01"])
    fresh = make_parcels(seed=10_000 + seed, rows=60_000)
    fresh = fresh[fresh["accepted_at"] >= "2025-06-01"]
    risk = true_risk(fresh)
    plan = (fresh["promised_at"] - fresh["accepted_at"]).dt.total_seconds() / 3600 - 5
    fresh = fresh.assign(compensation_eur=0.0, contacts=0, eta_hours=plan)

    def saves(model, rows, late, extra=()):
        return (cost(chance(january, rows), late) - cost(chance(model, rows, extra), late)).mean()

    def truly(model, extra=()):
        return saves(model, fresh, risk, extra)

    rng = np.random.default_rng(seed)
    is_test = rng.random(len(past)) < 0.25
    may = clean[clean["accepted_at"] >= "2025-05-01"]
    in_time = fit(clean[clean["label_available_at"] < "2025-05-01"])
    handed_in, without = fit(past[~is_test], LATER), fit(past[~is_test])
    since = clean[clean["accepted_at"] >= "2025-01-01"]
    van = chance(january, since) > 0.3
    usable = ~van | (rng.random(len(since)) < 0.1)
    weight = np.where(van, 10.0, 1.0)[usable]
    return {
        "promised as handed in": saves(handed_in, past[is_test], past[is_test]["late"], LATER),
        "true as handed in": truly(handed_in, LATER),
        "promised without later columns": saves(without, past[is_test], past[is_test]["late"]),
        "true without later columns": truly(without),
        "promised by time": saves(in_time, may, may["late"]),
        "true by time": truly(in_time),
        "own labels": truly(fit(since.assign(late=np.where(van, 0, since["late"])))),
        "van rows left out": truly(fit(since[~van])),
        "one in ten kept back": truly(fit(since[usable], weight=weight)),
        "all outcomes known": truly(fit(since)),
    }


@pytest.fixture(scope="module")
def studies():
    return pd.DataFrame([study(seed) for seed in STUDIES])


def test_the_later_columns_are_the_promise_and_do_harm_on_every_draw(studies):
    assert (studies["promised without later columns"] < 0.5 * studies["promised as handed in"]).all()
    assert (studies["true as handed in"] < 0).all()
    assert (studies["true as handed in"] < studies["true without later columns"]).all()


def test_less_than_a_fifth_of_the_promise_is_left_on_every_draw(studies):
    assert (studies["promised by time"] < 0.2 * studies["promised as handed in"]).all()


def test_a_random_split_flatters_the_model_in_production_on_every_draw(studies):
    """January is judged on rows that it was trained on: the promise falls below the truth."""
    assert (studies["promised without later columns"] < studies["true without later columns"]).all()


def test_a_model_retrained_on_its_own_labels_loses_on_every_draw(studies):
    assert (studies["own labels"] < 0).all()
    assert (studies["own labels"] < studies["all outcomes known"] - 2).all()
    assert (studies["own labels"] < studies["one in ten kept back"]).all()


def test_keeping_back_one_in_ten_is_better_than_leaving_the_rows_out_on_average_only(studies):
    better = studies["one in ten kept back"] - studies["van rows left out"]
    assert better.mean() > 2 * better.std(ddof=1) / np.sqrt(len(better))
    assert (better < 0).any()  # what the lesson says beside its own draw


# --------------------------------------------------------------- labels that the van wrote, and parcels held back


def company(seed):
    """Another draw of the company: what recorded and held-back parcels of May say, and what is true."""
    drawn = make_raw(seed=seed)
    raw = join_files(drawn.register, drawn.deliveries)
    january = fit_model(without_copies(raw[raw["recorded_at"] < "2025-01-01"]), label="late")
    june = worth_in_june(raw, seed=20_000 + seed)
    table = without_copies(with_van(raw, january))
    may = table[table["accepted_at"].between("2025-05-01", "2025-05-23 23:59") & table["late"].notna()]
    known = table[table["recorded_at"] < "2025-05-01"]
    usable = known[~known["van"]]
    own, candidate = fit_model(known), fit_model(usable, weight=speaks_for(usable))

    def saving(model):
        old, new = may["january"] > 0.3, model.predict_proba(may[COUNTER])[:, 1] > 0.3
        paid = [30 * np.where(van, 3, 10 * may["recorded"]) for van in (old, new)]
        held_back = 30 * saving_with_hold_back(old, new, may["held_back"], may["recorded"], 0.1)
        without_van = [30 * np.where(van, 3, 10 * may["late"]) for van in (old, new)]
        return paid[0] - paid[1], held_back, (without_van[0] - without_van[1]).mean(), np.mean(old != new)

    recorded, _, _, _ = saving(own)
    _, honest, all_outcomes, disagree = saving(candidate)
    spring = table[(table["accepted_at"] >= "2025-01-01") & ~table["van"] & table["recorded"].notna()]
    month = spring["accepted_at"].dt.month
    p = spring["january"]
    surprise = (spring["recorded"] - p).groupby(month).sum() / np.sqrt((p * (1 - p)).groupby(month).sum())
    return {
        "recorded, low": recorded.mean() - 1.96 * recorded.std(ddof=1) / np.sqrt(len(may)),
        "own, true": true_saving(june, january, own, COUNTER, COUNTER),
        "candidate, true": true_saving(june, january, candidate, COUNTER, COUNTER),
        "honest": honest.mean(),
        "all outcomes": all_outcomes,
        "reach": 1.96 * honest.std(ddof=1) / np.sqrt(len(may)),
        "disagree": disagree,
    } | {f"surprise {number}": value for number, value in surprise.items()}


@pytest.fixture(scope="module")
def companies():
    return pd.DataFrame([company(seed) for seed in STUDIES])


def test_labels_of_the_van_promise_a_saving_and_the_model_loses_on_every_draw(companies):
    assert (companies["recorded, low"] > 0).all()
    assert (companies["own, true"] < -1).all()
    assert (companies["candidate, true"] > companies["own, true"]).all()


def test_held_back_parcels_are_right_on_average_and_far_too_few_for_a_decision(companies):
    off = companies["honest"] - companies["all outcomes"]
    assert abs(off.mean()) < 4 * off.std(ddof=1) / np.sqrt(len(off))
    assert companies["reach"].median() > 2


def test_forecasts_go_wrong_in_april_and_not_before(companies):
    early = companies[["surprise 1", "surprise 2", "surprise 3"]].abs()
    assert (companies["surprise 4"] > 1.96).mean() > 0.9
    assert (early > 1.96).to_numpy().mean() < 0.3


def surprises(seed, policy_changes, day_sd=0.25):
    """Of another company without the depot: late minus forecast by month, in standard errors of independent parcels and of
    days as clusters, and the difference of April between services."""
    company = Company(seed=seed, policy_changes=policy_changes, depot_opens=None, day_sd=day_sd)
    drawn = make_raw(seed=seed, company=company)
    raw = join_files(drawn.register, drawn.deliveries)
    table = without_copies(
        with_van(raw, fit_model(without_copies(raw[raw["recorded_at"] < "2025-01-01"]), label="late"))
    )
    spring = table[(table["accepted_at"] >= "2025-01-01") & ~table["van"] & table["recorded"].notna()]
    month, p = spring["accepted_at"].dt.month, spring["january"]
    gap = spring["recorded"] - p
    errors = gap.groupby(month).sum() / np.sqrt((p * (1 - p)).groupby(month).sum())
    april, express = month == 4, spring["service"] == "express"
    by_day = mean_by_days(gap, spring["accepted_at"].dt.normalize(), month)
    clustered = 1.96 * by_day["mean"] / by_day["half"]
    return errors.to_numpy(), clustered.to_numpy(), gap[april & express].mean() - gap[april & ~express].mean()


def test_an_interval_of_independent_parcels_is_too_short_for_months_because_of_days():
    outside = {
        day_sd: np.mean(
            [np.abs(surprises(seed, None, day_sd)[:2]) > 1.96 for seed in range(100, 140)], axis=(0, 2)
        )
        for day_sd in (0.25, 0.0)
    }
    # 3 months in 10, with days as clusters, too: neighbouring days are alike
    np.testing.assert_array_equal(outside[0.25].round(1), 0.3)
    # four standard errors of 200 months
    assert outside[0.0][0] < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 200)


def test_express_parcels_tell_the_policy_from_a_bad_month():
    changed, unchanged = (
        [surprises(seed, day)[2] for seed in range(100, 140)] for day in ("2025-04-01", None)
    )
    assert max(unchanged) < 0.1 < min(changed)


def test_a_coin_on_disagreements_is_at_least_ten_times_as_fast_as_a_canary(companies):
    days = np.arange(1, 2001)
    for disagree in companies["disagree"]:
        coin = days[np.argmax(trial_power(1.0, disagree, days) >= 0.8)]
        assert coin * 10 < days[np.argmax(canary_power(1 / 30, 3.4, 200 * days, 800 * days) >= 0.8)]
