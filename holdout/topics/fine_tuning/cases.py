"""Hidden cases of exercise 08: release gates and training runs to stop."""

from __future__ import annotations

import numpy as np

from holdout.topics.fine_tuning.experiments import (
    MORE_QUESTIONS,
    REGRESSIONS,
    SHIP_PRICE,
    WITHHELD,
    Grid,
    open_grid,
)

REPAIRED = 0.08
"""Least share of a slice's questions that are repaired where the model before was tuned as well."""


def release_cases(rng: np.random.Generator, cases: int, grid: Grid | None = None) -> tuple[list, list]:
    """Suites before and after tuning, on a few of their questions, and what each decision costs.

    The answers of each slice are those of two recorded runs, before and after; slices of different runs are put together, so that
    each slice is the worst one in some cases and one bad slice stands beside good ones. "Before" is the model as shipped, or in more
    than half of the slices a run that was tuned and is right on 50% to 90% of the slice's questions: there 8% of the answers or more are
    repaired and others broken, so that broken answers alone do not say what a slice loses. In half of the cases one slice truly
    loses 25 to 45 points and the others less than 4; in the other half no slice loses 6, and in half of these each loses
    2 or more, so that their sum is far above the worst one. None wins 9. Of one slice in three only
    8 questions are shown: there two lost answers mean little, so that the worst slice cannot be taken at its word.

    "ship" costs `SHIP_PRICE` for each point that the worst slice truly loses (on *all* its questions), "block"
    costs `WITHHELD`, "ask more" costs `MORE_QUESTIONS` plus the cheaper of the two.

    Parameters
    ----------
    rng : numpy.random.Generator
    cases : int
    grid : Grid, optional

    Returns
    -------
    cases : list of dict
        Slice to ``before`` and ``after``: 0 or 1 for each question shown, the same questions in the same order.
    costs : list of dict
    """
    grid = grid or open_grid()
    runs = grid.runs[grid.runs["job"] == "facts"].reset_index(drop=True)
    right, slices = grid.right["facts"], np.array(grid.slices["facts"])
    shipped = int(np.flatnonzero(runs["method"] == "as shipped")[0])
    places = {name: np.flatnonzero(slices == name) for name in REGRESSIONS}
    score = {name: 100 * np.array([answers[at].mean() for answers in right]) for name, at in places.items()}
    answers = {name: np.array([of_run[at] for of_run in right], dtype=int) for name, at in places.items()}
    shown, costs = [], []
    for _ in range(cases):
        severe = rng.random() < 0.5
        evenly = not severe and rng.random() < 0.5
        worst = str(rng.choice(list(places))) if severe else None
        case, lost = {}, []
        for name, at in places.items():
            least, most = (25, 45) if name == worst else (2 if evenly else -9, 4 if severe else 6)
            before, after = _two_runs(rng, score[name], answers[name], shipped, least, most)
            drawn = rng.permutation(at)[: int(rng.choice([8, 60, 60]))]
            case[name] = {
                "before": right[before][drawn].astype(int).tolist(),
                "after": right[after][drawn].astype(int).tolist(),
            }
            lost.append(float(score[name][before] - score[name][after]))
        ship = SHIP_PRICE * max(0.0, *lost)
        shown.append(case)
        costs.append({"ship": ship, "block": WITHHELD, "ask more": MORE_QUESTIONS + min(ship, WITHHELD)})
    return shown, costs


def _two_runs(rng, score, answers, shipped, least, most):
    """Two runs, before and after, between which a slice loses at least `least` points and less than `most`."""
    while True:
        before = (
            shipped
            if rng.random() < 1 / 3
            else int(rng.choice(np.flatnonzero((score >= 50) & (score <= 90))))
        )
        loss = score[before] - score
        fit = (loss >= least) & (loss < most)
        fit[[shipped, before]] = False
        if before != shipped:
            fit &= (answers > answers[before]).mean(axis=1) >= REPAIRED
        if fit.any():
            return before, int(rng.choice(np.flatnonzero(fit)))


def stop_cases(rng: np.random.Generator, cases: int, *, snapshots: int = 12) -> tuple[list, list]:
    """Learning curves with known truth: new facts saturate, old ones go on falling.

    Simulated: new(t) = 1 - exp(-t / a), kept(t) = 1 - f (1 - exp(-t / b)), with a, b, f and the prices drawn for each
    case; each snapshot is measured on n questions of each kind. A point of new facts is worth `worth_new`, a
    point of old facts lost costs `worth_kept`, each snapshot of training costs 0.3.

    Parameters
    ----------
    rng : numpy.random.Generator
    cases : int
    snapshots : int

    Returns
    -------
    cases : list of dict
        ``new`` and ``kept`` (shares measured at snapshots 0, 1, ...), ``n``, ``worth_new``, ``worth_kept``.
    costs : list of dict
        Snapshot, as text, to what stopping there loses: 100 `worth_new` (1 - new) + 100 `worth_kept` (1 - kept) + 0.3 t.
        From snapshot 1 on: a rule is first asked there, so it cannot choose an earlier one.
    """
    shown, costs = [], []
    time = np.arange(snapshots + 1)
    for _ in range(cases):
        quick, slow = rng.uniform(0.8, 3.5), rng.uniform(3, 14)
        damage = rng.uniform(0.1, 0.9)
        new = 1 - np.exp(-time / quick)
        kept = 1 - damage * (1 - np.exp(-time / slow))
        worth_new, worth_kept = np.exp(rng.uniform(-np.log(6), np.log(6), 2)).round(2).tolist()
        n = int(rng.choice([20, 40, 80]))
        shown.append(
            {
                "new": (rng.binomial(n, new) / n).tolist(),
                "kept": (rng.binomial(n, kept) / n).tolist(),
                "n": n,
                "worth_new": worth_new,
                "worth_kept": worth_kept,
            }
        )
        truth = 100 * worth_new * (1 - new) + 100 * worth_kept * (1 - kept) + 0.3 * time
        costs.append({str(step): float(truth[step]) for step in time[1:]})
    return shown, costs
