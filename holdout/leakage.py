"""Leaks as things one can run: what a study reports with the leak, and what it reports without.

For lesson 04 and its exercise. Every study is a pure function of its settings and a generator, on data whose
truth is known. Also the judges of the leak hunt and of a watched pipeline. Nothing here draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from holdout.judges import Verdict, credit_from
from holdout.overfitting import Expected

KINDS = ("future column", "duplicates", "groups", "time", "target encoding")
"""Kinds of leak that `make_leaky_table` plants and that an audit may report."""


@dataclass(frozen=True)
class Study:
    """The same studies scored twice: with the leak, and with the leak repaired.

    Attributes
    ----------
    reported : ndarray of shape (n_studies,)
        What the leaky procedure writes into the report.
    honest : ndarray of shape (n_studies,)
        What the repaired procedure writes, on the same data.
    """

    reported: np.ndarray
    honest: np.ndarray

    @property
    def inflation(self) -> float:
        """Mean of reported minus honest."""
        return float(np.mean(self.reported - self.honest))


def mean_expected(value, standard_deviation, n_studies) -> Expected:
    """The expectation of a mean over studies that scatter with a known standard deviation.

    Parameters
    ----------
    value, standard_deviation : float
        Of one study.
    n_studies : int

    Returns
    -------
    Expected
    """
    return Expected(float(value), float(standard_deviation) / np.sqrt(n_studies))


# --- Tools that every study shares -------------------------------------------------------------------------


def nearest_label(X_train, y_train, X_test):
    """Label of the nearest training row (Euclidean distance): the model with the best memory there is.

    Parameters
    ----------
    X_train : ndarray of shape (n, p)
    y_train : ndarray of shape (n,)
    X_test : ndarray of shape (m, p)

    Returns
    -------
    ndarray of shape (m,)
    """
    # |a - b|^2 without |b|^2, which is the same for all candidates of a test row
    distance = (X_train**2).sum(axis=1) - 2 * X_test @ X_train.T
    return y_train[distance.argmin(axis=1)]


def random_folds(n_rows, n_folds, rng):
    """The number of a fold for each row, at random, as equal in size as possible.

    Returns
    -------
    ndarray of int, shape (n_rows,)
    """
    if not 2 <= n_folds <= n_rows:
        raise ValueError(f"n_folds is {n_folds}; there must be at least 2 and at most one a row ({n_rows})")
    return rng.permutation(np.arange(n_rows) % n_folds)


def group_folds(groups, n_folds, rng):
    """The number of a fold for each row, such that a group is never cut.

    Parameters
    ----------
    groups : array_like of shape (n,)
    n_folds : int
        At most the number of groups.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (n,)
    """
    names, member = np.unique(groups, return_inverse=True)
    return random_folds(len(names), n_folds, rng)[member]


def cross_validated_accuracy(X, y, folds, prepare=None):
    """Share of rows whose nearest row in the other folds has their label.

    Parameters
    ----------
    X : ndarray of shape (n, p)
    y : ndarray of shape (n,)
    folds : ndarray of int, shape (n,)
    prepare : callable, optional
        ``prepare(X_train, y_train)`` returns a function that turns columns into those that the model sees.
        Called for each fold with its training rows only.

    Returns
    -------
    float
    """
    hits = 0
    for fold in np.unique(folds):
        train, test = folds != fold, folds == fold
        transform = prepare(X[train], y[train]) if prepare is not None else (lambda columns: columns)
        hits += np.sum(nearest_label(transform(X[train]), y[train], transform(X[test])) == y[test])
    return float(hits / len(y))


# --- Selection before the split ----------------------------------------------------------------------------


def top_columns(X, y, kept, signed=True):
    """The columns with the highest correlation with the label.

    Parameters
    ----------
    X : ndarray of shape (n, p)
    y : ndarray of shape (n,)
    kept : int
        How many, at most p.
    signed : bool
        True reads "highest correlation" as written: the largest, sign and all. False takes the largest in
        size.

    Returns
    -------
    ndarray of int, shape (kept,)
    """
    if not 1 <= kept <= X.shape[1]:
        raise ValueError(f"kept is {kept}; keep at least 1 and at most all {X.shape[1]} columns")
    # without a centred copy of X, which is what takes the time when X is wide
    squares = np.einsum("ij,ij->j", X, X) - len(X) * X.mean(axis=0) ** 2
    correlation = (y - y.mean()) @ X / np.sqrt(squares)
    strength = correlation if signed else np.abs(correlation)
    return np.argpartition(-strength, kept - 1)[:kept]


def selection_study(rows, columns, kept, n_studies, rng, *, n_folds=5, signed=True) -> Study:
    """Cross-validated *error* of 1-nearest-neighbour on pure noise, columns chosen outside or inside the folds.

    Parameters
    ----------
    rows, columns, kept : int
        Half of the rows have each label; labels and columns are independent.
    n_studies : int
    rng : numpy.random.Generator
    n_folds : int
    signed : bool
        See `top_columns`.

    Returns
    -------
    Study
        Errors: `reported` chose the columns on all rows, `honest` on the training rows of each fold.

    Notes
    -----
    Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 2nd edition, section 7.10.2: 50 rows,
    5,000 columns, the 100 with the highest correlation: 3 % over 50 simulations, where the truth is 50 %.
    """
    errors = np.empty((2, n_studies))
    for study in range(n_studies):
        X = rng.standard_normal((rows, columns))
        y = np.arange(rows) % 2
        folds = random_folds(rows, n_folds, rng)
        chosen = top_columns(X, y, kept, signed)
        errors[0, study] = 1 - cross_validated_accuracy(X[:, chosen], y, folds)
        errors[1, study] = 1 - cross_validated_accuracy(X, y, folds, _selector(kept, signed))
    return Study(*errors)


def _selector(kept, signed):
    def prepare(X_train, y_train):
        chosen = top_columns(X_train, y_train, kept, signed)
        return lambda columns: columns[:, chosen]

    return prepare


# --- Copies: oversampling and duplicates -------------------------------------------------------------------


def oversampling_study(minority, majority, n_studies, rng, *, columns=5, test_share=0.2) -> Study:
    """Balanced accuracy of 1-nearest-neighbour on pure noise, the rare class repeated before or after the split.

    Parameters
    ----------
    minority, majority : int
        Rows of each class; the columns know nothing of it.
    n_studies : int
    rng : numpy.random.Generator
    columns : int
    test_share : float

    Returns
    -------
    Study
        `reported`: rows of the rare class drawn again until both are equally frequent, then split. `honest`:
        split, then the same on the training rows only.

    Notes
    -----
    The error that Vandewiele et al. 2021 (Artif. Intell. Med. 111:101987) traced near-perfect predictions of
    preterm birth to.
    """
    scores = np.empty((2, n_studies))
    y = np.repeat([1, 0], [minority, majority])
    for study in range(n_studies):
        X = rng.standard_normal((len(y), columns))
        rows = oversample(y, rng)
        test = rng.random(len(rows)) < test_share
        train_rows, test_rows = rows[~test], rows[test]
        predicted = nearest_label(X[train_rows], y[train_rows], X[test_rows])
        scores[0, study] = balanced_accuracy(y[test_rows], predicted)
        test = rng.random(len(y)) < test_share
        train_rows = np.flatnonzero(~test)
        train_rows = train_rows[oversample(y[train_rows], rng)]
        predicted = nearest_label(X[train_rows], y[train_rows], X[test])
        scores[1, study] = balanced_accuracy(y[test], predicted)
    return Study(*scores)


def oversample(y, rng):
    """Row positions in which both classes are equally frequent: all rows, then rows of the rare class again.

    Parameters
    ----------
    y : ndarray of 0 and 1, shape (n,)
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int
        Twice as many as the frequent class has rows.
    """
    rare = np.flatnonzero(y == (np.mean(y) < 0.5))
    missing = len(y) - 2 * len(rare)
    return np.concatenate([np.arange(len(y)), rng.choice(rare, missing)])


def balanced_accuracy(y, predicted):
    """Mean of the recalls of the classes in `y`."""
    return float(np.mean([np.mean(predicted[y == label] == label) for label in np.unique(y)]))


def oversampling_expected(minority, majority, n_studies, *, test_share=0.2) -> Expected:
    """Balanced accuracy that oversampling before the split reports on noise, in closed form.

    A test row of the rare class finds a copy of itself unless all its other copies are test rows too. A test
    row of the frequent class has no copies, so its nearest row is any *distinct* training row: of the frequent
    class with the share that this class has among the distinct ones.

    Parameters
    ----------
    minority, majority : int
    n_studies : int
    test_share : float

    Returns
    -------
    Expected
    """
    copies = (majority - minority) / minority  # beyond the original, on average; close to Poisson
    alone = np.exp(-copies * (1 - test_share))
    distinct_majority = majority * (1 - test_share)
    distinct_minority = minority * (1 - np.exp(-copies * (1 - test_share)) * test_share)
    specificity = distinct_majority / (distinct_majority + distinct_minority)
    recall = 1 - alone * specificity  # a row without a copy is judged by a stranger
    # Neighbours cluster: test rows share them. One training row is the nearest of at most a handful of test
    # rows, so the variance of the specificity is at most about twice the binomial one.
    spread = np.sqrt(2 * specificity * (1 - specificity) / (majority * test_share)) / 2
    return mean_expected((recall + specificity) / 2, spread, n_studies)


def duplicates_study(rows, copied, n_studies, rng, *, columns=5, test_share=0.3) -> Study:
    """Accuracy of 1-nearest-neighbour on random labels when a share of the rows stands there twice.

    Parameters
    ----------
    rows : int
        Distinct rows.
    copied : float
        Share of them that has a twin, 0 to 1.
    n_studies : int
    rng : numpy.random.Generator
    columns : int
    test_share : float

    Returns
    -------
    Study
        `reported`: split with the twins; `honest`: after dropping them.
    """
    if not 0 <= copied <= 1:
        raise ValueError(f"copied is {copied}; it is a share of the rows, from 0 to 1")
    scores = np.empty((2, n_studies))
    twins = round(copied * rows)
    for study in range(n_studies):
        X = rng.standard_normal((rows, columns))
        y = rng.integers(0, 2, rows)
        for way, listed in enumerate((np.r_[np.arange(rows), np.arange(twins)], np.arange(rows))):
            order = rng.permutation(listed)
            n_test = round(test_share * len(order))
            test, train = order[:n_test], order[n_test:]
            scores[way, study] = np.mean(nearest_label(X[train], y[train], X[test]) == y[test])
    return Study(*scores)


def duplicates_expected(rows, copied, n_studies, *, test_share=0.3) -> Expected:
    """Accuracy of a memory on random labels: 0.5 + 0.5 q, with q the share of test rows that have a twin in train.

    Parameters
    ----------
    rows, copied, n_studies, test_share : as `duplicates_study`

    Returns
    -------
    Expected
    """
    listed = rows + round(copied * rows)
    n_test = round(test_share * listed)
    q = 2 * round(copied * rows) / listed * (listed - n_test) / (listed - 1)
    accuracy = 0.5 + 0.5 * q
    # random labels are independent, so hits are; the number of twins in the test set adds less than nothing
    return mean_expected(accuracy, np.sqrt(accuracy * (1 - accuracy) / n_test) * 1.1, n_studies)


# --- Groups, time, target encoding, scaling, the future ----------------------------------------------------


def grouped_rows(n_groups, rows_per_group, spread, rng, *, columns=5):
    """Rows of patients, couriers or customers: rows of one group are alike, and have one label, drawn at random.

    Parameters
    ----------
    n_groups, rows_per_group : int
    spread : float
        Standard deviation within a group, where the groups scatter with 1.
    rng : numpy.random.Generator
    columns : int

    Returns
    -------
    X : ndarray of shape (n, columns)
    y, groups : ndarray of int, shape (n,)
    """
    groups = np.repeat(np.arange(n_groups), rows_per_group)
    labels = rng.permutation(np.arange(n_groups) % 2)
    centres = rng.standard_normal((n_groups, columns))
    X = centres[groups] + spread * rng.standard_normal((len(groups), columns))
    return X, labels[groups], groups


def group_study(n_groups, rows_per_group, spread, n_studies, rng, *, n_folds=5) -> Study:
    """Accuracy of 1-nearest-neighbour where the label belongs to the group and says nothing about other groups.

    Parameters
    ----------
    n_groups, rows_per_group, spread : as `grouped_rows`
    n_studies : int
    rng : numpy.random.Generator
    n_folds : int

    Returns
    -------
    Study
        `reported`: rows dealt to folds at random; `honest`: groups dealt to folds.
    """
    scores = np.empty((2, n_studies))
    for study in range(n_studies):
        X, y, groups = grouped_rows(n_groups, rows_per_group, spread, rng)
        scores[0, study] = cross_validated_accuracy(X, y, random_folds(len(y), n_folds, rng))
        scores[1, study] = cross_validated_accuracy(X, y, group_folds(groups, n_folds, rng))
    return Study(*scores)


def autoregression(n, phi, rng):
    """A stationary series in which each value is `phi` times the last one plus a standard normal shock.

    Returns
    -------
    ndarray of shape (n,)
    """
    if not -1 < phi < 1:
        raise ValueError(f"phi is {phi}; the series is stationary for values between -1 and 1 only")
    shocks = rng.standard_normal(n)
    shocks[0] /= np.sqrt(1 - phi**2)
    return lfilter([1.0], [1.0, -phi], shocks)


def time_errors(series, phi, horizon):
    """Mean squared errors of the best possible predictions of a series, by what they may look at.

    Parameters
    ----------
    series : ndarray of shape (n,)
    phi : float
    horizon : int
        Steps ahead.

    Returns
    -------
    dict of str to float
        "random split": both neighbours are training rows, so a test row is interpolated. "one step": yesterday
        is known. "horizon": only what was known `horizon` steps ago.
    """
    if not 1 <= horizon < len(series):
        raise ValueError(f"horizon is {horizon}; it must be at least 1 and less than {len(series)} steps")
    inner = series[1:-1] - phi / (1 + phi**2) * (series[:-2] + series[2:])
    return {
        "random split": float(np.mean(inner**2)),
        "one step": float(np.mean((series[1:] - phi * series[:-1]) ** 2)),
        "horizon": float(np.mean((series[horizon:] - phi**horizon * series[:-horizon]) ** 2)),
    }


def time_expected(phi, horizon, n):
    """The textbook values of `time_errors`, with standard errors for a series of length n.

    Errors h steps ahead are a moving average of the last h shocks; those of interpolation correlate with their
    neighbours only. For normal errors with autocovariances g_k the variance of their mean square is
    ``2/n * sum over all k of g_k**2``.

    Returns
    -------
    dict of str to Expected
    """

    def ahead(steps):
        weights = phi ** np.arange(steps)
        covariances = np.array([weights[k:] @ weights[: steps - k] for k in range(steps)])
        return Expected(covariances[0], _error_of_mean_square(covariances, n))

    interpolation = 1 / (1 + phi**2)
    covariances = np.array([interpolation, -phi * interpolation**2])
    return {
        "random split": Expected(interpolation, _error_of_mean_square(covariances, n)),
        "one step": ahead(1),
        "horizon": ahead(horizon),
    }


def _error_of_mean_square(covariances, n):
    return float(np.sqrt(2 / n * (covariances[0] ** 2 + 2 * np.sum(covariances[1:] ** 2))))


def encode_in_sample(levels, y):
    """Replace each level by the mean of `y` over all its rows, the row itself included: the leak.

    Parameters
    ----------
    levels : ndarray of int, shape (n,)
        0 to K-1.
    y : ndarray of float, shape (n,)

    Returns
    -------
    ndarray of shape (n,)
    """
    return _level_means(levels, y, levels.max() + 1, np.mean(y))[levels]


def encode_leave_one_out(levels, y):
    """Replace each level by the mean of `y` over its *other* rows: looks safe and is not (see lesson 04)."""
    count = np.bincount(levels)[levels]
    total = np.bincount(levels, weights=y)[levels]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 1, (total - y) / (count - 1), np.mean(y))


def encode_out_of_fold(levels, y, folds):
    """Replace each level by its mean in the *other* folds; a level unseen there gets their overall mean.

    Parameters
    ----------
    levels : ndarray of int, shape (n,)
    y : ndarray of float, shape (n,)
    folds : ndarray of int, shape (n,)

    Returns
    -------
    ndarray of shape (n,)
    """
    encoded = np.empty(len(y))
    for fold in np.unique(folds):
        train, test = folds != fold, folds == fold
        encoded[test] = _level_means(levels[train], y[train], levels.max() + 1, np.mean(y[train]))[
            levels[test]
        ]
    return encoded


def _level_means(levels, y, n_levels, otherwise):
    count = np.bincount(levels, minlength=n_levels)
    total = np.bincount(levels, weights=y, minlength=n_levels)
    return np.where(count > 0, total / np.maximum(count, 1), otherwise)


def encoding_study(rows, n_levels, n_studies, rng, *, signal=0.0, n_folds=5) -> Study:
    """R squared of a target-encoded category: in-sample against out of fold.

    Parameters
    ----------
    rows, n_levels : int
        Levels are equally frequent, as far as possible.
    n_studies : int
    rng : numpy.random.Generator
    signal : float
        Share of the variance of y that the levels really explain, 0 to below 1.
    n_folds : int

    Returns
    -------
    Study
        `reported`: squared correlation of y with its in-sample encoding. `honest`: with the encoding out of
        fold, with the sign of the correlation.
    """
    if not 0 <= signal < 1:
        raise ValueError(f"signal is {signal}; it is a share of the variance, at least 0 and below 1")
    scores = np.empty((2, n_studies))
    for study in range(n_studies):
        levels = rng.permutation(np.arange(rows) % n_levels)
        effects = rng.standard_normal(n_levels)
        y = np.sqrt(signal) * ((effects - effects.mean()) / effects.std())[levels]
        y = y + np.sqrt(1 - signal) * rng.standard_normal(rows)
        scores[0, study] = _correlation(encode_in_sample(levels, y), y) ** 2
        honest = _correlation(encode_out_of_fold(levels, y, random_folds(rows, n_folds, rng)), y)
        scores[1, study] = np.sign(honest) * honest**2
    return Study(*scores)


def encoding_expected(rows, n_levels, n_studies) -> Expected:
    """R squared of an in-sample encoding of noise: mean (K-1)/(N-1), a beta distribution.

    Under the null hypothesis the correlation ratio eta squared is beta((K-1)/2, (N-K)/2) for normal y.
    """
    a, b = (n_levels - 1) / 2, (rows - n_levels) / 2
    return mean_expected(a / (a + b), np.sqrt(a * b / ((a + b) ** 2 * (a + b + 1))), n_studies)


def _correlation(one, other):
    one, other = one - one.mean(), other - other.mean()
    scale = np.sqrt((one @ one) * (other @ other))
    return float(one @ other / scale) if scale > 0 else 0.0


def scaling_study(rows, columns, n_studies, rng, *, n_folds=5, signal=0.0) -> Study:
    """Accuracy of 1-nearest-neighbour with columns standardised on all rows, or on the training rows of each fold.

    Parameters
    ----------
    rows, columns : int
        Columns have very different units, so that a model of distances needs the scaling.
    n_studies : int
    rng : numpy.random.Generator
    n_folds : int
    signal : float
        Distance of the class means in the first column, in its standard deviations.

    Returns
    -------
    Study
        `reported`: scaled before the split, which is said to be a leak; `honest`: inside the folds.
    """
    scores = np.empty((2, n_studies))
    for study in range(n_studies):
        y = np.arange(rows) % 2
        X = rng.standard_normal((rows, columns))
        X[:, 0] += signal * y
        X *= np.logspace(-2, 2, columns)
        folds = random_folds(rows, n_folds, rng)
        scores[0, study] = cross_validated_accuracy((X - X.mean(axis=0)) / X.std(axis=0), y, folds)
        scores[1, study] = cross_validated_accuracy(X, y, folds, _scaler)
    return Study(*scores)


def _scaler(X_train, y_train):
    mean, scale = X_train.mean(axis=0), X_train.std(axis=0)
    return lambda columns: (columns - mean) / scale


def future_study(rows, written, signal, n_studies, rng) -> Study:
    """AUC of a score that adds a column written after the outcome; in use that column is still empty.

    Parameters
    ----------
    rows : int
    written : float
        Share of the positive rows for which the column is written (a refund, a complaint); of the negative
        ones, a twentieth of that.
    signal : float
        Distance of the class means of what is honestly known, in standard deviations.
    n_studies : int
    rng : numpy.random.Generator

    Returns
    -------
    Study
        AUC with the column as it stands in the extract, and with the column empty, as on the day of use.
    """
    if not 0 <= written <= 1:
        raise ValueError(f"written is {written}; it is a share of the positive rows, from 0 to 1")
    scores = np.empty((2, n_studies))
    for study in range(n_studies):
        y = (np.arange(rows) % 4 == 0).astype(int)
        known = rng.standard_normal(rows) + signal * y
        later = rng.random(rows) < np.where(y == 1, written, written / 20)
        # a model weighs the column by its log-likelihood ratio; 10 puts written rows above all others
        scores[0, study] = area_under_curve(y, known + 10 * later)
        scores[1, study] = area_under_curve(y, known)
    return Study(*scores)


def area_under_curve(y, score):
    """Probability that a random positive row has a higher score than a random negative one; ties count half.

    Parameters
    ----------
    y : ndarray of 0 and 1, shape (n,)
    score : ndarray of shape (n,)

    Returns
    -------
    float
    """
    y, score = np.asarray(y), np.asarray(score, dtype=float)
    negative = np.sort(score[y == 0])
    positive = score[y == 1]
    if not len(negative) or not len(positive):
        raise ValueError("the area under the curve needs rows of both classes")
    below = np.searchsorted(negative, positive, "left") + np.searchsorted(negative, positive, "right")
    return float(below.mean() / (2 * len(negative)))


# --- The leak hunt: messy tables with planted leaks --------------------------------------------------------


@dataclass(frozen=True)
class LeakyTable:
    """A messy table and what is wrong with it.

    Attributes
    ----------
    frame : DataFrame
        `parcel_id`, `accepted_at`, names of things (text), numbers (some missing), `late` (1.0, 0.0, or missing
        where the outcome is not known yet) and `split` ("train", "test" or "open": outcome not known yet).
        Columns are in a random order, and their names say nothing about what they are.
    planted : dict of str to list
        Kind of leak (see `KINDS`) to where it is: names of columns, or for "duplicates" the index of every test
        row that has a twin among the training rows. Kinds that were not planted are absent.
    """

    frame: pd.DataFrame
    planted: dict[str, list]


_NUMBER_NAMES = (
    "contacts",
    "scans",
    "eta_hours",
    "notes",
    "stops",
    "refund_eur",
    "handling_min",
    "claims",
    "queue_min",
    "zone_score",
    "history",
)
_ENTITY_NAMES = ("courier", "customer", "route", "van", "shop")


def make_leaky_table(rng, rows=240, kinds=None) -> LeakyTable:
    """Draw a messy table; unless said otherwise each kind of leak is planted with probability one half, at least one.

    Beside each leak there is something that looks like it and is none: a strong column that is known in time
    (beside a column from the future), twins within the training set (beside twins across the split), names
    that straddle the split but share no outcome (beside groups that do), and a rate from last year (beside a
    mean of the outcomes in this table).

    Parameters
    ----------
    rng : numpy.random.Generator
    rows : int
        100 or more.
    kinds : collection of str, optional
        Exactly these of `KINDS` are planted; none is possible too.

    Returns
    -------
    LeakyTable
    """
    if rows < 100:
        raise ValueError(f"rows is {rows}; with fewer than 100 a leak cannot be told from chance")
    if kinds is None:
        kinds = [kind for kind in KINDS if rng.random() < 0.5] or [KINDS[rng.integers(len(KINDS))]]
    for kind in kinds:
        if kind not in KINDS:
            raise ValueError(f"there is no kind {kind!r}; the kinds are {', '.join(KINDS)}")
    names = rng.permutation(_ENTITY_NAMES)[:3].tolist()
    numbers = rng.permutation(_NUMBER_NAMES).tolist()
    open_rows = np.arange(rows) >= round(0.87 * rows)
    frame = pd.DataFrame({"parcel_id": [f"P{i:05d}" for i in rng.permutation(rows)]})
    minutes = np.sort(rng.integers(0, 365 * 24 * 60, rows))
    frame["accepted_at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(minutes, unit="min")
    levels = {name: rng.integers(0, rows // 6, rows) for name in names}
    frame["split"] = _planted_split(open_rows, "time" in kinds, rng)

    late = (rng.random(rows) < 0.35).astype(float)
    if "groups" in kinds:
        group_label = (rng.random(rows // 6) < 0.35).astype(float)[levels[names[0]]]
        late = np.where(rng.random(rows) < 0.96, group_label, 1 - group_label)
    for name in names:
        frame[name] = np.char.add(name[0].upper(), np.char.zfill(levels[name].astype(str), 3))
    strong, sparse, plain, weight = numbers[:4]
    frame[strong] = np.round(rng.normal(20, 3, rows) + 5.0 * late, 1)
    frame[sparse] = np.where(rng.random(rows) < 0.55, np.nan, np.round(rng.exponential(3, rows), 1))
    frame[plain] = np.round(rng.normal(100, 25, rows))
    frame[weight] = np.round(rng.lognormal(0.8, 0.9, rows), 3)
    last_year = np.round(rng.beta(4, 7, rows // 6), 4)
    frame[numbers[4]] = last_year[levels[names[1]]]

    planted = {}
    if "future column" in kinds:
        later = np.where(rng.random(rows) < np.where(late == 1, 0.9, 0.03), rng.integers(3, 15, rows), 0)
        blank = 0.0 if rng.random() < 0.5 else np.nan
        frame[numbers[5]] = np.where(open_rows, blank, later).astype(float)
        planted["future column"] = [numbers[5]]
    frame["late"] = np.where(open_rows, np.nan, late)
    days = (frame["accepted_at"] - frame["accepted_at"].min()).dt.days
    frame[weight] = frame[weight].mask((days // 7 % 9) == 4)  # scales at the workshop, one week in nine
    twins = _plant_twins(frame, "duplicates" in kinds, rng)
    if "duplicates" in kinds:
        planted["duplicates"] = twins
    if "groups" in kinds:
        planted["groups"] = [names[0]]
    if "time" in kinds:
        planted["time"] = ["accepted_at"]
    if "target encoding" in kinds:
        frame[numbers[6]] = frame.groupby(names[2])["late"].transform("mean").round(4)
        planted["target encoding"] = [numbers[6]]
    _misspell(frame, names, rng)
    order = ["parcel_id", *rng.permutation([name for name in frame.columns if name != "parcel_id"])]
    return LeakyTable(frame[order], {kind: planted[kind] for kind in KINDS if kind in planted})


def _planted_split(open_rows, at_random, rng):
    rows = np.flatnonzero(~open_rows)
    split = np.full(len(open_rows), "open", dtype=object)
    split[rows] = "train"
    n_test = round(0.3 * len(rows))
    split[rng.permutation(rows)[:n_test] if at_random else rows[-n_test:]] = "test"
    return split


def _plant_twins(frame, across, rng):
    """Overwrite rows by copies of training rows; id, time and split stay. Returns the test rows overwritten."""
    train = rng.permutation(np.flatnonzero(frame["split"] == "train"))
    test = np.array([], dtype=int)
    if across:
        test = rng.permutation(np.flatnonzero(frame["split"] == "test"))[: rng.integers(8, 16)]
    source, harmless = np.arange(len(frame)), 6
    source[train[:harmless]] = train[harmless : 2 * harmless]
    source[test] = train[len(train) - len(test) :]
    for name in frame.columns:
        if name not in ("parcel_id", "accepted_at", "split"):
            frame[name] = frame[name].to_numpy()[source]
    return sorted(test.tolist())


def _misspell(frame, names, rng):
    """Spelling that differs between twins: some names in small letters with a blank at the end."""
    for name in names:
        careless = rng.random(len(frame)) < 0.15
        frame[name] = np.where(careless, frame[name].str.lower() + " ", frame[name])


def audit_scores(planted, found):
    """Precision and recall of audits over many tables, each kind of leak in each table counting the same.

    A *claim* is a kind reported for a table. Its precision is the share of the reported places that are
    planted ones, its recall the share of the planted places that are reported. Precision is averaged over
    claims, recall over planted kinds, so twelve duplicate rows weigh as much as one column.

    Parameters
    ----------
    planted, found : sequence of dict of str to list
        One a table.

    Returns
    -------
    precision, recall : float
        Precision is 0 when nothing is claimed.
    by_kind : dict of str to (float, float)
        The same for each kind; NaN where it was never claimed or never planted.
    """
    precisions, recalls = {kind: [] for kind in KINDS}, {kind: [] for kind in KINDS}
    for truth, claim in zip(planted, found, strict=True):
        for kind in KINDS:
            there, said = set(truth.get(kind, ())), set(claim.get(kind, ()))
            if said:
                precisions[kind].append(len(there & said) / len(said))
            if there:
                recalls[kind].append(len(there & said) / len(there))
    flat = [[value for values in scores.values() for value in values] for scores in (precisions, recalls)]
    precision, recall = (float(np.mean(values)) if values else 0.0 for values in flat)
    by_kind = {
        kind: tuple(
            float(np.mean(values)) if values else float("nan") for values in (precisions[kind], recalls[kind])
        )
        for kind in KINDS
    }
    return precision, recall, by_kind


def audit(case, got, parameters) -> Verdict:
    """Judge of a leak hunt over several tables (question 04.audit).

    Parameters
    ----------
    case : Mapping
        With ``"planted"``: one mapping a table, as `LeakyTable.planted`.
    got : list of dict
        One mapping a table, from kind of leak to places.
    parameters : Mapping
        ``credit``: list of ``[smallest precision and recall, share of the points]``, best first.

    Returns
    -------
    Verdict
        Labels: "not findings", "unknown kind", "points at everything", "finds nothing", "misses a kind",
        "false alarms", "imprecise".
    """
    planted = case["planted"]
    if not isinstance(got, list | tuple) or len(got) != len(planted):
        return Verdict(0.0, "not findings", f"Expected one dict for each of {len(planted)} tables.")
    found = []
    for findings in got:
        if not isinstance(findings, dict):
            return Verdict(
                0.0, "not findings", "An audit must return a dict from kind of leak to a list of places."
            )
        strange = [kind for kind in findings if kind not in KINDS]
        if strange:
            return Verdict(
                0.0, "unknown kind", f"There is no kind {strange[0]!r}; the kinds are {', '.join(KINDS)}."
            )
        try:
            found.append({kind: [_plain(place) for place in places] for kind, places in findings.items()})
            precision, recall, by_kind = audit_scores(planted, found + [{}] * (len(planted) - len(found)))
        except TypeError:
            return Verdict(0.0, "not findings", "The places must be lists of column names or of row numbers.")
    worst = min(precision, recall)
    score = credit_from(worst, parameters["credit"])
    details = "; ".join(
        f"{kind}: precision {'–' if np.isnan(p) else f'{p:.2f}'}, recall {'–' if np.isnan(r) else f'{r:.2f}'}"
        for kind, (p, r) in by_kind.items()
    )
    detail = f"Precision {precision:.2f}, recall {recall:.2f} over {len(planted)} tables ({details})."
    return Verdict(score, "" if score >= 1 else _audit_label(precision, recall, by_kind), detail)


def _plain(place):
    return place.item() if isinstance(place, np.generic) else place


def _audit_label(precision, recall, by_kind):
    if recall > 0.8 and precision < 0.5:
        return "points at everything"
    if recall == 0:
        return "finds nothing"
    missed = [kind for kind, (_, kind_recall) in by_kind.items() if kind_recall == 0]
    if missed:
        return "misses a kind"
    return "false alarms" if precision < recall else "imprecise"


# --- A watched pipeline: which rows reached which fit ------------------------------------------------------


class _Watch:
    """Recognises rows by their values, through every transformation that the watched steps make."""

    def __init__(self, X):
        self.known = {row.tobytes(): i for i, row in enumerate(np.ascontiguousarray(X, dtype=float))}
        self.events = []

    def rows(self, X):
        X = np.ascontiguousarray(np.asarray(X, dtype=float))
        return [self.known.get(row.tobytes(), -1) for row in X]

    def remember(self, rows, X):
        for i, row in zip(rows, np.ascontiguousarray(X, dtype=float), strict=True):
            if i >= 0:
                self.known[row.tobytes()] = i


class WatchedStep:
    """A step of a pipeline that keeps a list of the rows that it was fitted on. Works inside `Pipeline`.

    Parameters
    ----------
    name : {"selector", "scaler", "model"}
        A selector keeps the columns that correlate most with the label; a scaler standardises; the model is
        1-nearest-neighbour.
    watch : object
        Shared by the steps of one run.
    kept : int
        Columns that a selector keeps.
    """

    def __init__(self, name, watch, kept):
        self.name, self._watch, self._kept = name, watch, kept

    def __sklearn_clone__(self):
        return WatchedStep(self.name, self._watch, self._kept)

    def __sklearn_tags__(self):
        from sklearn.base import BaseEstimator

        return BaseEstimator().__sklearn_tags__()

    def __sklearn_is_fitted__(self):
        return hasattr(self, "fitted_")

    def get_params(self, deep=True):
        return {}

    def set_params(self, **parameters):
        return self

    def __repr__(self):
        return f"<{self.name}>"

    def fit(self, X, y=None):
        """Fit on rows, and write down which."""
        self._watch.events.append(["fit", self.name, self._watch.rows(X)])
        X = np.asarray(X, dtype=float)
        if self.name != "scaler" and y is None:
            raise TypeError(f"the {self.name} needs the labels: fit(X, y)")
        if self.name == "selector":
            self.fitted_ = np.sort(top_columns(X, np.asarray(y, dtype=float), self._kept, signed=False))
        elif self.name == "scaler":
            self.fitted_ = X.mean(axis=0), X.std(axis=0)
        else:
            self.fitted_ = X, np.asarray(y)
        return self

    def transform(self, X):
        """Transform rows with what was fitted."""
        X = np.asarray(X, dtype=float)
        if self.name == "model":
            raise AttributeError("the model predicts; it does not transform")
        out = X[:, self.fitted_] if self.name == "selector" else (X - self.fitted_[0]) / self.fitted_[1]
        self._watch.remember(self._watch.rows(X), out)
        return out

    def fit_transform(self, X, y=None):
        """Fit, then transform the same rows."""
        return self.fit(X, y).transform(X)

    def predict(self, X):
        """Predicted labels; the model only."""
        if self.name != "model":
            raise AttributeError(f"the {self.name} transforms; it does not predict")
        self._watch.events.append(["predict", self.name, self._watch.rows(X)])
        return nearest_label(*self.fitted_, np.asarray(X, dtype=float))

    def score(self, X, y):
        """Share of right predictions."""
        return float(np.mean(self.predict(X) == np.asarray(y)))


def watch_pipeline(function, X, y, train, test, kept):
    """Run ``function(X, y, train, test, selector, scaler, model)`` and write down which rows reached which step.

    This is what a probe calls where the learner's code runs; it knows nothing of what is expected. `pipeline`
    judges the result elsewhere.

    Parameters
    ----------
    function : callable
    X : ndarray of shape (n, p)
    y : ndarray of shape (n,)
    train, test : ndarray of int
        Row positions.
    kept : int
        Columns that the selector keeps.

    Returns
    -------
    dict
        ``score`` (what the function returned) and ``events``: lists of ["fit" or "predict", name of the step,
        row positions; -1 for a row that is none of X].
    """
    watch = _Watch(X)
    steps = [WatchedStep(name, watch, kept) for name in ("selector", "scaler", "model")]
    score = function(X, y, train, test, *steps)
    return {"score": score, "events": watch.events}


def pipeline(case, got, parameters) -> Verdict:
    """Judge of a watched pipeline: no test row in any fit, all steps fitted on all training rows, right score.

    Parameters
    ----------
    case : Mapping
        With ``"inputs"`` (``train``, ``test``) and ``"score"``, the accuracy of the right procedure.
    got : dict
        From `watch_pipeline`.
    parameters : Mapping
        ``atol`` of the score.

    Returns
    -------
    Verdict
        Labels: "not fitted", "fitted on the test rows alone", "test rows in the selector" (or scaler, or model), "rows not recognised",
        "training rows left out", "predicts other rows", "score".
    """
    train, test = ({int(i) for i in case["inputs"][name]} for name in ("train", "test"))
    score, events = got["score"], got["events"]
    fitted = {}
    for what, name, rows in events:
        if what == "fit":
            fitted.setdefault(name, []).append(set(rows))
    for name in ("selector", "scaler", "model"):
        if name not in fitted:
            return Verdict(0.0, "not fitted", f"Your function never fits the {name}.")
        if any(rows and rows <= test for rows in fitted[name]):
            return Verdict(
                0.0, "fitted on the test rows alone", f"The {name} was fitted again, on test rows only."
            )
        leaked = len(set().union(*fitted[name]) & test)
        if leaked:
            return Verdict(
                0.0, f"test rows in the {name}", f"{leaked} test rows reached the fit of the {name}."
            )
    for name, fits in fitted.items():
        if any(-1 in rows for rows in fits):
            return Verdict(
                0.0,
                "rows not recognised",
                f"The {name} was fitted on rows that are neither rows of X nor what the other steps made of them.",
            )
        if any(train - rows for rows in fits):
            left_out = len(train - set.intersection(*fits))
            return Verdict(
                0.0,
                "training rows left out",
                f"{left_out} training rows never reached the fit of the {name}.",
            )
    predicted = [set(rows) for what, _, rows in events if what == "predict"]
    if not predicted or predicted[-1] != test:
        return Verdict(0.0, "predicts other rows", "The last predictions are not those of the test rows.")
    if isinstance(score, bool) or not isinstance(score, int | float | np.number):
        return Verdict(0.0, "score", "Return the accuracy as one number.")
    if not abs(float(score) - case["score"]) <= parameters["atol"]:
        return Verdict(
            0.0,
            "score",
            f"You return {float(score):.3f}, which is not the share of test rows predicted right.",
        )
    return Verdict(1.0)


def group_split(case, got, parameters) -> Verdict:
    """Judge of two draws of a split by whole groups (question 04.groups).

    Parameters
    ----------
    case : Mapping
        With ``"inputs"``: ``groups``, the group of each row.
    got : list
        Results of two calls with one generator, each a pair (train, test) of row positions.
    parameters : Mapping
        ``shares``: smallest and largest share of the rows in the test set.

    Returns
    -------
    Verdict
        Labels: "not two sets", "not positions", "overlap", "rows missing", "no group untested", "group cut", "sizes",
        "not random".
    """
    groups = np.asarray(case["inputs"]["groups"])
    draws = []
    for draw in got:
        if not isinstance(draw, list | tuple) or len(draw) != 2:
            return Verdict(0.0, "not two sets", "Return two arrays of row positions: training and test.")
        sets = [np.asarray(part) for part in draw]
        for part in sets:
            whole = part.ndim == 1 and part.size and part.dtype.kind in "iu"
            if not whole or part.min() < 0 or part.max() >= len(groups):
                return Verdict(
                    0.0, "not positions", "Both sets must hold row positions: whole numbers from 0 to n-1."
                )
        draws.append(sets)
    for train, test in draws:
        together = np.concatenate([train, test])
        if len(np.unique(together)) < len(together):
            return Verdict(0.0, "overlap", "Some rows are in both sets, or twice in one.")
        cut = set(groups[train]) & set(groups[test])
        if set(groups[test]) == set(groups) and cut:
            return Verdict(
                0.0, "no group untested", "Every group has a row in the test set, and rows in training."
            )
        if cut:
            return Verdict(
                0.0, "group cut", f"{len(cut)} groups have rows in both sets, for example {min(cut)!r}."
            )
        if len(together) < len(groups):
            missing = len(groups) - len(together)
            return Verdict(0.0, "rows missing", f"{missing} of {len(groups)} rows are in neither set.")
        low, high = parameters["shares"]
        if not low <= len(test) / len(groups) <= high:
            share = 100 * len(test) / len(groups)
            return Verdict(0.0, "sizes", f"Your test set holds {share:.0f} % of the rows.")
    if set(draws[0][1].tolist()) == set(draws[1][1].tolist()):
        return Verdict(0.0, "not random", "Two calls with a generator that goes on give the same split.")
    return Verdict(1.0)
