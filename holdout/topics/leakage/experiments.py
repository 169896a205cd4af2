"""Leaks as things one can run: what a study reports with the leak, and what it reports without.

For lesson 04 and its exercise. Every study is a pure function of its settings and a generator, on data whose
truth is known. Not for what the exercise draws and judges: see `cases`, `probes` and `judges`. Nothing here draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.signal import lfilter
from scipy.stats import rankdata

from holdout.stats.folds import group_folds, random_folds
from holdout.stats.published import PublishedValue
from holdout.stats.studies import Study


def mean_expected(value: float, standard_deviation: float, n_studies: int) -> PublishedValue:
    """The expectation of a mean over studies that scatter with a known standard deviation.

    Parameters
    ----------
    value, standard_deviation : float
        Of one study.
    n_studies : int

    Returns
    -------
    PublishedValue
    """
    return PublishedValue(float(value), float(standard_deviation) / np.sqrt(n_studies))


# -- Tools that every study shares
def nearest_label(X_train: np.ndarray, y_train: np.ndarray, X_test: np.ndarray) -> np.ndarray:
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


def cross_validated_accuracy(
    X: np.ndarray,
    y: np.ndarray,
    folds: np.ndarray,
    prepare: Callable[[np.ndarray, np.ndarray], Callable[[np.ndarray], np.ndarray]] | None = None,
) -> float:
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


# -- Selection before the split
def top_columns(X: np.ndarray, y: np.ndarray, kept: int, signed: bool = True) -> np.ndarray:
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
    return np.argsort(-strength, kind="stable")[:kept]


def selection_study(
    rows: int,
    columns: int,
    kept: int,
    n_studies: int,
    rng: np.random.Generator,
    *,
    n_folds: int = 5,
    signed: bool = True,
) -> Study:
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


# -- Copies: oversampling and duplicates
def oversampling_study(
    minority: int,
    majority: int,
    n_studies: int,
    rng: np.random.Generator,
    *,
    columns: int = 5,
    test_share: float = 0.2,
) -> Study:
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


def oversample(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
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


def balanced_accuracy(y: np.ndarray, predicted: np.ndarray) -> float:
    """Mean of the recalls of the classes in `y`.

    As ``sklearn.metrics.balanced_accuracy_score``, which takes 35 times as long on 200 rows (1.8 ms): a slider asks for
    ten of them.
    """
    return float(np.mean([np.mean(predicted[y == label] == label) for label in np.unique(y)]))


def oversampling_expected(
    minority: int, majority: int, n_studies: int, *, test_share: float = 0.2
) -> PublishedValue:
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
    PublishedValue
    """
    copies = (majority - minority) / minority  # beyond the original, on average; close to Poisson
    alone = np.exp(-copies * (1 - test_share))
    distinct_majority = majority * (1 - test_share)
    distinct_minority = minority * (1 - np.exp(-copies * (1 - test_share)) * test_share)
    specificity = distinct_majority / (distinct_majority + distinct_minority)
    recall = 1 - alone * specificity  # a row without a copy gets the label of another row
    # Neighbours cluster: test rows share them. One training row is the nearest of at most a handful of test
    # rows, so the variance of the specificity is at most about twice the binomial one.
    spread = np.sqrt(2 * specificity * (1 - specificity) / (majority * test_share)) / 2
    return mean_expected((recall + specificity) / 2, spread, n_studies)


def duplicates_study(
    rows: int,
    copied: float,
    n_studies: int,
    rng: np.random.Generator,
    *,
    columns: int = 5,
    test_share: float = 0.3,
) -> Study:
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


def duplicates_expected(
    rows: int, copied: float, n_studies: int, *, test_share: float = 0.3
) -> PublishedValue:
    """Accuracy of a memory on random labels: 0.5 + 0.5 q, with q the share of test rows that have a twin in train.

    Parameters
    ----------
    rows, copied, n_studies, test_share : as `duplicates_study`

    Returns
    -------
    PublishedValue
    """
    listed = rows + round(copied * rows)
    n_test = round(test_share * listed)
    q = 2 * round(copied * rows) / listed * (listed - n_test) / (listed - 1)
    accuracy = 0.5 + 0.5 * q
    # random labels are independent, so hits are; the number of twins in the test set adds less than nothing
    return mean_expected(accuracy, np.sqrt(accuracy * (1 - accuracy) / n_test) * 1.1, n_studies)


# -- Groups, time, target encoding, scaling
def grouped_rows(
    n_groups: int, rows_per_group: int, spread: float, rng: np.random.Generator, *, columns: int = 5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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


def group_study(
    n_groups: int,
    rows_per_group: int,
    spread: float,
    n_studies: int,
    rng: np.random.Generator,
    *,
    n_folds: int = 5,
) -> Study:
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


def nearest_is_sibling(X: np.ndarray, groups: np.ndarray, folds: np.ndarray) -> float:
    """Share of rows whose nearest row in the other folds belongs to their own group: they are recognised, not predicted.

    Parameters
    ----------
    X : ndarray of shape (n, p)
    groups, folds : ndarray of int, shape (n,)

    Returns
    -------
    float
    """
    return cross_validated_accuracy(X, groups, folds)


def autoregression(n: int, phi: float, rng: np.random.Generator) -> np.ndarray:
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


def time_errors(series: np.ndarray, phi: float, horizon: int) -> Mapping[str, float]:
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


def time_expected(phi: float, horizon: int, n: int) -> dict[str, PublishedValue]:
    """The textbook values of `time_errors`, with standard errors for a series of length n.

    Errors h steps ahead are a moving average of the last h shocks; those of interpolation correlate with their
    neighbours only. For normal errors with autocovariances g_k the variance of their mean square is
    ``2/n * sum over all k of g_k**2``.

    Returns
    -------
    dict of str to PublishedValue
    """

    def ahead(steps):
        weights = phi ** np.arange(steps)
        covariances = np.array([weights[k:] @ weights[: steps - k] for k in range(steps)])
        return PublishedValue(covariances[0], _error_of_mean_square(covariances, n))

    interpolation = 1 / (1 + phi**2)
    covariances = np.array([interpolation, -phi * interpolation**2])
    return {
        "random split": PublishedValue(interpolation, _error_of_mean_square(covariances, n)),
        "one step": ahead(1),
        "horizon": ahead(horizon),
    }


def _error_of_mean_square(covariances, n):
    return float(np.sqrt(2 / n * (covariances[0] ** 2 + 2 * np.sum(covariances[1:] ** 2))))


def encode_in_sample(levels: np.ndarray, y: np.ndarray) -> np.ndarray:
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


def encode_leave_one_out(levels: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Replace each level by the mean of `y` over its *other* rows: looks safe and is not (see lesson 04)."""
    count = np.bincount(levels)[levels]
    total = np.bincount(levels, weights=y)[levels]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 1, (total - y) / (count - 1), np.mean(y))


def encode_out_of_fold(levels: np.ndarray, y: np.ndarray, folds: np.ndarray) -> np.ndarray:
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


def encoding_study(
    rows: int,
    n_levels: int,
    n_studies: int,
    rng: np.random.Generator,
    *,
    signal: float = 0.0,
    n_folds: int = 5,
) -> Study:
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


def encoding_expected(rows: int, n_levels: int, n_studies: int) -> PublishedValue:
    """R squared of an in-sample encoding of noise: mean (K-1)/(N-1), a beta distribution.

    Under the null hypothesis the correlation ratio eta squared is beta((K-1)/2, (N-K)/2) for normal y.
    """
    a, b = (n_levels - 1) / 2, (rows - n_levels) / 2
    return mean_expected(a / (a + b), np.sqrt(a * b / ((a + b) ** 2 * (a + b + 1))), n_studies)


def encoding_test_study(rows: int, n_levels: int, n_studies: int, rng: np.random.Generator) -> Study:
    """Area under the ROC curve, on *test* rows, of a target-encoded category that knows nothing of the label.

    Parameters
    ----------
    rows, n_levels : int
        Half of the rows, at random, are test rows; labels are coin flips.
    n_studies : int
    rng : numpy.random.Generator

    Returns
    -------
    Study
        `reported`: levels encoded by their mean label over all rows, then split. `honest`: by their mean label over the
        training rows (the mean of all training labels where a level is new).
    """
    scores = np.empty((2, n_studies))
    for study in range(n_studies):
        levels = rng.permutation(np.arange(rows) % n_levels)
        y = rng.integers(0, 2, rows).astype(float)
        test = rng.permutation(np.arange(rows) % 2).astype(bool)
        train_means = _level_means(levels[~test], y[~test], n_levels, np.mean(y[~test]))
        for way, encoded in enumerate((encode_in_sample(levels, y), train_means[levels])):
            scores[way, study] = _auc(y[test], encoded[test])
    return Study(*scores)


def _auc(y, score):
    """Probability that a row with label 1 has the higher score; from ranks, as Mann and Whitney."""
    ranks, positive = rankdata(score), y == 1
    n_positive = positive.sum()
    area = ranks[positive].sum() - n_positive * (n_positive + 1) / 2
    return area / (n_positive * (len(y) - n_positive))


def rare_levels_study(
    rows: int, n_levels: int, n_studies: int, rng: np.random.Generator, *, signal: float = 0.8
) -> Study:
    """Mean squared test error of level means when levels that occur once are merged into "other": before or after the split.

    No label is used to merge, and still it matters who is counted: one of the cases of Moscovich and Rosset 2022
    (arXiv:1901.08974), in a simpler world of our own.

    Parameters
    ----------
    rows, n_levels : int
        About one row per level makes many of them rare. Half of the rows are test rows.
    n_studies : int
    rng : numpy.random.Generator
    signal : float
        Variance of the effects of the levels; the noise has the variance 1 - signal.

    Returns
    -------
    Study
        Errors. `reported`: a level is rare if it occurs once among all rows. `honest`: if it occurs once, or never, among
        the training rows.
    """
    scores = np.empty((2, n_studies))
    for study in range(n_studies):
        levels = rng.integers(0, n_levels, rows)
        y = np.sqrt(signal) * rng.standard_normal(n_levels)[levels]
        y = y + np.sqrt(1 - signal) * rng.standard_normal(rows)
        test = rng.permutation(np.arange(rows) % 2).astype(bool)
        for way, counted in enumerate((levels, levels[~test])):
            rare = np.bincount(counted, minlength=n_levels) < 2
            merged = np.where(rare[levels], n_levels, levels)
            means = _level_means(merged[~test], y[~test], n_levels + 1, np.mean(y[~test]))
            scores[way, study] = np.mean((y[test] - means[merged[test]]) ** 2)
    return Study(*scores)


def _correlation(one, other):
    one, other = one - one.mean(), other - other.mean()
    scale = np.sqrt((one @ one) * (other @ other))
    return float(one @ other / scale) if scale > 0 else 0.0


def scaling_study(
    rows: int,
    columns: int,
    n_studies: int,
    rng: np.random.Generator,
    *,
    n_folds: int = 5,
    signal: float = 0.0,
) -> Study:
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
