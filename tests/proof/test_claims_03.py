"""Claims of lesson 03: temperature (D1) and the bias of ECE (D2) on 100 seeds; parcels and flights on the splits that it names."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import softmax
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GroupShuffleSplit

from holdout import load
from holdout.data.flights import PLANNED, as_numbers
from holdout.data.parcels import COUNTER_COLUMNS, known_at_the_counter
from holdout.stats.calibration import (
    brier_decomposition,
    brier_score,
    ece_of_a_perfect_model,
    expected_calibration_error,
    reliability_table,
)
from holdout.stats.intervals import wilson_interval
from holdout.topics.segments.calibration import (
    confidence_and_hits,
    ece_limit_of_a_perfect_model,
    fit_temperature,
    overconfident_logits,
    temperature_standard_error,
)
from holdout.topics.segments.experiments import (
    MEETS,
    TOO_HIGH,
    TOO_LOW,
    UNCLEAR,
    gap_report,
    recall_report,
    shuffle_within,
)

pytestmark = pytest.mark.proof

SEEDS = range(100)


def test_temperature_is_recovered_on_every_seed():
    for seed in SEEDS:
        logits, labels = overconfident_logits(4000, 5, 2.5, np.random.default_rng(seed))
        error = temperature_standard_error(logits, 2.5)
        fitted = fit_temperature(logits, labels)
        assert abs(fitted - 2.5) < 4 * error, seed
        # The tempting versions are outside: multiplied instead of divided, and never fitted.
        assert abs(1 / fitted - 2.5) > 4 * error and abs(1.0 - 2.5) > 4 * error, seed


def test_temperatures_scatter_as_their_standard_error_says():
    z = []
    for seed in SEEDS:
        logits, labels = overconfident_logits(4000, 5, 2.5, np.random.default_rng(1000 + seed))
        z.append((fit_temperature(logits, labels) - 2.5) / temperature_standard_error(logits, 2.5))
    # Sum of squares of 100 standard normal values: chi-square with 100 degrees of freedom, sd sqrt(200).
    assert sum(v**2 for v in z) == pytest.approx(100, abs=4 * math.sqrt(200))


def test_temperature_changes_calibration_and_nothing_else_on_every_seed():
    for seed in SEEDS:
        logits, labels = overconfident_logits(4000, 5, 2.5, np.random.default_rng(seed))
        before = confidence_and_hits(softmax(logits, axis=1), labels)
        after = confidence_and_hits(softmax(logits / fit_temperature(logits, labels), axis=1), labels)
        assert (before[1] == after[1]).all(), seed
        bias = ece_of_a_perfect_model(after[0])
        # ECE of 15 bins scatters by at most sqrt(1 - 2/pi) / sqrt(n) (each bin half-normal), and a
        # temperature that is off by e moves the mean confidence by less than e / T.
        scatter = 4 * math.sqrt((1 - 2 / math.pi) / (4 * 4000)) + 0.03
        assert expected_calibration_error(after[1], after[0]) < bias + scatter, seed
        assert expected_calibration_error(before[1], before[0]) > 0.15, seed


@pytest.mark.parametrize(
    ("rows", "bins", "published"), [(500, 15, 0.0545), (500, 100, 0.140), (5000, 15, 0.0172)]
)
def test_ece_of_a_perfect_model_is_the_published_bias_on_every_seed(rows, bins, published):
    repeats = 400
    p = (np.arange(rows) + 0.5) / rows
    expected = ece_of_a_perfect_model(p, bins=bins)
    assert expected == pytest.approx(published, abs=0.0006)  # three digits are published
    # Variance of one ECE: bins are independent, |half-normal| has variance v_b/n_b (1 - 2/pi).
    spread = math.sqrt((1 - 2 / math.pi) * (p * (1 - p)).sum()) / rows
    # The normal law replaces a binomial one: exact sums for the
    # bins' middles give the size of that error.
    exact = _exact_mean_gap(rows, bins)
    tolerance = 4 * spread / math.sqrt(repeats) + abs(exact - expected)
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        measured = np.mean(
            [expected_calibration_error(rng.random(rows) < p, p, bins=bins) for _ in range(repeats)]
        )
        assert abs(measured - expected) < tolerance, seed
    assert (
        tolerance < 0.08 * expected
    )  # so that 15 bins and 100 bins, or 0, cannot be mistaken for each other


def _exact_mean_gap(rows, bins):
    """Mean absolute gap if every forecast were the middle of its bin: an exact binomial sum."""
    size = rows // bins
    middles = (np.arange(bins) + 0.5) / bins
    k = np.arange(size + 1)
    return np.mean([(np.abs(k / size - m) * stats.binom.pmf(k, size, m)).sum() for m in middles])


def test_brier_identity_on_every_seed():
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        p = rng.integers(0, 21, size=500) / 20
        y = (rng.random(500) < p**2).astype(int)
        assert abs(brier_decomposition(y, p).score - brier_score(y, p)) < 1e-12, seed


def test_wilson_intervals_cover_on_average():
    # Coverage averaged over rates is close to 95 %: 100 seeds x 50 rates, each interval covers or not.
    covered, total = 0, 0
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        for rate in rng.random(50):
            low, high = wilson_interval(rng.binomial(40, rate), 40)
            covered += low <= rate <= high
            total += 1
    # Averaged over uniform rates Wilson's coverage at n = 40 is 0.95 to within 0.005 (Brown, Cai, DasGupta
    # 2001, fig. 5).
    assert covered / total == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / total) + 0.005)


# -- the parcels of the lesson: one split, as its page says
@pytest.fixture(scope="module")
def parcels():
    """Regions and outcomes of the judged parcels, and the risks of three models."""
    table = load("parcels", defects="all")
    table = table[table["late"].notna()].drop_duplicates("parcel_id").reset_index(drop=True)
    late = table["late"].to_numpy(dtype=int)
    address = ["distance_km", "stops", "depot", "region"]
    not_address = [column for column in COUNTER_COLUMNS if column not in address]
    X = known_at_the_counter(table, [*not_address, *address])
    without = list(known_at_the_counter(table, not_address))
    order = np.random.default_rng(1).permutation(len(table))
    training, calibration, judging = np.split(order, [6000, 9000])
    risks = {}
    for name, columns in {"without": without, "with": list(X)}.items():
        model = HistGradientBoostingClassifier(max_iter=60, random_state=0)
        model.fit(X.loc[training, columns], late[training])
        risks[name] = model.predict_proba(X.loc[judging, columns])[:, 1]
        if name == "without":
            platt = CalibratedClassifierCV(FrozenEstimator(model), method="sigmoid")
            platt.fit(X.loc[calibration, columns], late[calibration])
            risks["recalibrated"] = platt.predict_proba(X.loc[judging, columns])[:, 1]
    return table["region"].astype(object).to_numpy()[judging], late[judging], risks


BINS = {"bins": 10, "strategy": "equal_mass"}


def ece_and_limit(outcomes, forecasts):
    limit = ece_limit_of_a_perfect_model(forecasts, np.random.default_rng(0), n_draws=1000, **BINS)
    return expected_calibration_error(outcomes, forecasts, **BINS), limit


def test_the_model_with_address_is_overconfident_outside_the_islands(parcels):
    regions, late, risks = parcels
    others = regions != "islands"
    ece, limit = ece_and_limit(late[others], risks["with"][others])
    assert ece == pytest.approx(0.0227, abs=0.001) and ece > 1.5 * limit
    top = reliability_table(late[others], risks["with"][others], **BINS).iloc[-1]
    assert top["forecast"] > top["high"] + 0.03


def test_recalibration_reaches_chance_over_all_regions_and_leaves_the_islands(parcels):
    regions, late, risks = parcels
    islands = regions == "islands"
    ece, limit = ece_and_limit(late, risks["recalibrated"])
    assert ece == pytest.approx(0.0102, abs=0.0005) and ece < limit
    for name in ("without", "recalibrated"):
        ece, limit = ece_and_limit(late[islands], risks[name][islands])
        assert ece > 0.2 > 2 * limit
    # the order of the forecasts stays, decisions at 0.3 do not
    order = np.argsort(risks["without"], kind="stable")
    assert (np.diff(risks["recalibrated"][order]) >= 0).all()
    crossed = np.mean((risks["recalibrated"] >= 0.3) != (risks["without"] >= 0.3))
    assert crossed == pytest.approx(0.04, abs=0.005)


def test_a_stricter_bar_turns_two_verdicts_and_counting_five_regions_turns_the_islands(parcels):
    regions, late, risks = parcels
    verdicts = {
        (bar, together): recall_report(
            regions, late, risks["with"] >= 0.3, minimum=30, bar=bar, simultaneous=together
        )["verdict"]
        for bar, together in [(0.35, False), (0.40, False), (0.35, True)]
    }
    assert (verdicts[0.35, False] == MEETS).all()
    assert set(verdicts[0.40, False].index[verdicts[0.40, False] == UNCLEAR]) == {"city", "islands"}
    assert list(verdicts[0.35, True].index[verdicts[0.35, True] == UNCLEAR]) == ["islands"]


@pytest.mark.parametrize(
    ("worse", "better", "mean", "error"),
    [
        (("with", 0.5), ("with", 0.3), 1.18, 0.44),
        (("without", 0.3), ("with", 0.3), 3.50, 0.49),
        (("with", 0.3), ("with", 0.32), 0.33, 0.13),
    ],
)
def test_euros_of_the_lesson_in_thousands_per_month_with_their_standard_errors(
    parcels, worse, better, mean, error
):
    _, late, risks = parcels
    costs = [np.where(risks[model] >= threshold, 3, 10 * late) for model, threshold in (worse, better)]
    difference = 30 * (costs[0] - costs[1])
    assert difference.mean() == pytest.approx(mean, abs=0.01)
    assert difference.std(ddof=1) / math.sqrt(len(difference)) == pytest.approx(error, abs=0.005)


def test_the_rule_for_the_islands_saves_half_a_euro_per_parcel_and_barely_more_than_its_error(parcels):
    regions, late, risks = parcels
    islands = regions == "islands"
    saved = (np.where(risks["with"] >= 0.3, 3, 10 * late) - 3)[islands]
    error = saved.std(ddof=1) / math.sqrt(len(saved))
    assert (saved.mean(), error) == pytest.approx((0.542, 0.251), abs=0.002)


# -- the flights of the lesson
@pytest.fixture(scope="module")
def flights():
    """For twelve splits of the days: segments, days, outcomes, and forecasts without and with names."""
    table = load("flights").dropna(subset="late").reset_index(drop=True)
    days = (100 * table["month"] + table["day"]).to_numpy()
    names = ["carrier", "origin", "dest"]
    schedule = [column for column in PLANNED if column not in names]
    X = as_numbers(table, [*schedule, *names])
    studies = []
    for seed in range(12):
        past, held_out = next(
            GroupShuffleSplit(1, test_size=0.5, random_state=seed).split(table, groups=days)
        )
        forecasts = {}
        for name, columns in {"without": schedule, "with": list(X)}.items():
            model = HistGradientBoostingClassifier(max_iter=60, random_state=0)
            model.fit(X.loc[past, columns], table["late"][past])
            forecasts[name] = model.predict_proba(X.loc[held_out, columns])[:, 1]
        rows = table.loc[held_out]
        studies.append(
            ((rows["carrier"] + " " + rows["origin"]).to_numpy(), days[held_out], rows["late"].to_numpy(), forecasts)
        )  # fmt: skip
    return studies


def off(report):
    return int(report["verdict"].isin([TOO_LOW, TOO_HIGH]).sum())


def test_counting_segments_and_days_leaves_none_of_five_in_the_split_of_the_lesson(flights):
    segments, days, late, forecasts = flights[0]
    found = {
        name: [
            off(gap_report(segments, late, forecast, minimum=100, **options))
            for options in ({}, {"simultaneous": True}, {"simultaneous": True, "groups": days})
        ]
        for name, forecast in forecasts.items()
    }
    assert found == {"without": [7, 4, 4], "with": [5, 0, 0]}


def test_in_eleven_other_splits_names_leave_at_most_two_segments_off(flights):
    worst_is_off = 0
    for segments, days, late, forecasts in flights[1:]:
        reports = {
            name: gap_report(segments, late, forecast, minimum=100, simultaneous=True, groups=days)
            for name, forecast in forecasts.items()
        }
        assert off(reports["with"]) <= 2 and 1 <= off(reports["without"]) <= 4
        worst_is_off += reports["without"].loc["EV EWR", "verdict"] == TOO_LOW
    assert worst_is_off == 10


def test_shuffled_names_are_off_by_chance_alone_and_counting_prevents_it(flights):
    segments, days, late, forecasts = flights[0]
    values = late - forecasts["with"]
    values, rng = values - values.mean(), np.random.default_rng(11)
    counts = []
    for _ in range(200):
        names = segments[shuffle_within(days, rng)]
        alone = gap_report(names, values, 0 * values, minimum=100)
        together = gap_report(names, values, 0 * values, minimum=100, simultaneous=True, groups=days)
        counts.append((off(alone), off(together)))
    alone, together = np.array(counts).T
    # about one of 25 at 95%; the mean of 200 shuffles has a standard error of 0.07
    assert alone.mean() == pytest.approx(1.15, abs=0.3)
    # Bonferroni promises at most 5% of the shuffles with any; four standard errors of a share of 200
    assert np.mean(together > 0) <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 200)


def test_flights_of_one_day_are_late_together(flights):
    _, days, late, forecasts = flights[0]
    whole = np.full(len(late), "all")
    by_flight = gap_report(whole, late, forecasts["without"], minimum=2).loc["all", "error"]
    by_day = gap_report(whole, late, forecasts["without"], minimum=2, groups=days).loc["all", "error"]
    assert by_day > 3 * by_flight
