"""Every number that an item of the placement states, computed by a seeded experiment or a formula. Draws no picture.

Each function returns a dict of numbers and has the same result at each call.
"""

from __future__ import annotations

import numpy as np

from holdout.stats.intervals import wilson_interval
from holdout.stats.paired import mcnemar_exact


def trees(seed: int, rows: int, columns: int, flipped: float) -> dict[str, float]:
    """A tree without limit and one of depth 3, on rows whose labels are partly wrong; accuracy on them and on new rows."""
    from sklearn.tree import DecisionTreeClassifier

    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows + 4000, columns))
    y = (X[:, 0] + X[:, 1] > 0) ^ (rng.random(len(X)) < flipped)
    found: dict[str, float] = {"rows": rows}
    for name, depth in (("deep", None), ("shallow", 3)):
        model = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(X[:rows], y[:rows])
        found[f"train_{name}"] = float(model.score(X[:rows], y[:rows]))
        found[f"new_{name}"] = float(model.score(X[rows:], y[rows:]))
    return found


def learning_curve(
    seed: int, degree: int, noise: float, sizes: tuple[int, ...], repeats: int = 200
) -> dict[str, float]:
    """Mean squared errors of a polynomial on training and new rows; ``floor`` is the variance of the noise."""
    rng = np.random.default_rng(seed)

    def draw(rows):
        x = rng.uniform(-1, 1, rows)
        return np.polynomial.legendre.legvander(x, degree), np.sin(3 * x) + rng.normal(0, noise, rows)

    found: dict[str, float] = {"floor": noise**2, "points": len(sizes)}
    for place, size in enumerate(sizes):
        errors = []
        for _ in range(repeats):
            A, y = draw(size)
            B, z = draw(400)
            weights = np.linalg.lstsq(A, y, rcond=None)[0]
            errors.append((np.mean((A @ weights - y) ** 2), np.mean((B @ weights - z) ** 2)))
        # the median: with few rows one wild polynomial would decide the mean
        found[f"size{place}"] = size
        found[f"train{place}"], found[f"validation{place}"] = map(float, np.median(errors, axis=0))
    last = len(sizes) - 1
    found["rows"] = sizes[last]
    found["train"], found["validation"] = found[f"train{last}"], found[f"validation{last}"]
    found["left"] = found["validation"] - found["floor"]
    found["gap"] = found["validation"] - found["train"]
    return found


def split_luck(seed: int, rows: int, splits: int = 200) -> dict[str, float]:
    """How much the validation error of one and the same model moves from split to split."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 5))
    y = X @ np.array([1.0, 0.5, 0.0, 0.0, -0.5]) + rng.normal(0, 1, rows)
    errors = []
    for _ in range(splits):
        order = rng.permutation(rows)
        train, held = order[: 3 * rows // 4], order[3 * rows // 4 :]
        weights = np.linalg.lstsq(X[train], y[train], rcond=None)[0]
        errors.append(float(np.sqrt(np.mean((X[held] @ weights - y[held]) ** 2))))
    return {"rows": rows, "mean": float(np.mean(errors)), "sd": float(np.std(errors, ddof=1))}


def segment(hits: int, rows: int, bar: float) -> dict[str, float]:
    """A rate of a small segment, its Wilson interval and the bar."""
    low, high = wilson_interval(hits, rows)
    return {"hits": hits, "rows": rows, "share": hits / rows, "bar": bar, "low": low, "high": high}


def cost_threshold(seed: int, false_alarm: float, miss: float) -> dict[str, float]:
    """The forecast in per cent from which acting is cheaper: by the formula, and by trying thresholds on simulated calibrated forecasts."""
    rng = np.random.default_rng(seed)
    forecast = rng.random(400_000)
    late = rng.random(len(forecast)) < forecast
    order = np.argsort(forecast, kind="stable")
    # acting from the k-th smallest forecast on: misses below, false alarms above
    misses = np.concatenate([[0], np.cumsum(late[order])])
    alarms = (~late).sum() - np.concatenate([[0], np.cumsum(~late[order])])
    best = int(np.argmin(miss * misses + false_alarm * alarms))
    return {
        "false_alarm": false_alarm,
        "miss": miss,
        "threshold": 100 * false_alarm / (false_alarm + miss),
        "tried": 100 * float(forecast[order[min(best, len(order) - 1)]]),
        "half": 50.0,
        "swapped": 100 * miss / (false_alarm + miss),
        "quotient": 100 * false_alarm / miss,
    }


def selection_leak(seed: int, rows: int, columns: int, kept: int, repeats: int = 60) -> dict[str, float]:
    """Accuracy on coin-flip labels, where 50% is all there is, with columns chosen on all rows and on the training rows."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[float]] = {"before": [], "after": []}
    for _ in range(repeats):
        X, y = rng.normal(size=(rows, columns)), rng.integers(0, 2, rows)
        held = np.arange(rows) >= rows * 3 // 4
        for name, seen in (("before", np.ones(rows, bool)), ("after", ~held)):
            difference = X[seen & (y == 1)].mean(axis=0) - X[seen & (y == 0)].mean(axis=0)
            chosen = np.argsort(-np.abs(difference), kind="stable")[:kept]
            centre = [X[~held & (y == label)][:, chosen].mean(axis=0) for label in (0, 1)]
            distance = [((X[held][:, chosen] - each) ** 2).sum(axis=1) for each in centre]
            found[name].append(float(np.mean((distance[1] < distance[0]) == y[held])))
    return {"rows": rows, "columns": columns, "kept": kept} | {
        name: float(np.mean(values)) for name, values in found.items()
    }


def encoding_leak(seed: int, names: int, rows: int, repeats: int = 60) -> dict[str, float]:
    """AUC of a mean by name on coin-flip labels: means of all rows, and means of the training rows alone."""
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(seed)
    found: dict[str, list[float]] = {"before": [], "after": []}
    for _ in range(repeats):
        name, y = rng.integers(0, names, rows), rng.integers(0, 2, rows)
        held = np.arange(rows) >= rows * 3 // 4
        for key, seen in (("before", np.ones(rows, bool)), ("after", ~held)):
            count = np.bincount(name[seen], minlength=names)
            total = np.bincount(name[seen], weights=y[seen], minlength=names)
            mean = np.where(count > 0, total / np.maximum(count, 1), 0.5)
            found[key].append(float(roc_auc_score(y[held], mean[name[held]])))
    return {"names": names, "rows": rows} | {key: float(np.mean(values)) for key, values in found.items()}


def groups(seed: int, people: int, each: int, repeats: int = 20) -> dict[str, float]:
    """Accuracy of a nearest neighbour when rows, or whole people, are held out; the label is the person's."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[float]] = {"rows": [], "people": []}
    for _ in range(repeats):
        label = rng.integers(0, 2, people)
        centre = rng.normal(size=(people, 12)) + 0.5 * label[:, None] * (np.arange(12) < 3)
        who = np.repeat(np.arange(people), each)
        X = centre[who] + rng.normal(0, 0.35, (len(who), 12))
        by_row = rng.random(len(who)) < 0.25
        by_person = np.isin(who, rng.permutation(people)[: people // 4])
        for name, held in (("rows", by_row), ("people", by_person)):
            distance = ((X[held][:, None, :] - X[~held][None]) ** 2).sum(axis=2)
            nearest = who[~held][distance.argmin(axis=1)]
            found[name].append(float(np.mean(label[nearest] == label[who[held]])))
    return {"people": people, "each": each} | {
        f"score_{name}": float(np.mean(values)) for name, values in found.items()
    }


def seasons(seed: int, months: int, per_month: int, repeats: int = 20) -> dict[str, float]:
    """Accuracy of guessing the usual outcome of the same day, with a split by rows and by time, while days differ."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[float]] = {"random": [], "time": []}
    days = months * 30
    for _ in range(repeats):
        rate = 1 / (1 + np.exp(-rng.normal(0, 1.6, days)))
        day = np.repeat(np.arange(days), per_month // 30)
        late = rng.random(len(day)) < rate[day]
        held = {"random": rng.random(len(day)) < 0.25, "time": day >= days * 3 // 4}
        for name, test in held.items():
            count = np.bincount(day[~test], minlength=days)
            mean = np.bincount(day[~test], weights=late[~test], minlength=days) / np.maximum(count, 1)
            guess = np.where(count > 0, mean, late[~test].mean()) > 0.5
            found[name].append(float(np.mean(guess[day[test]] == late[test])))
    return {"months": months} | {f"score_{name}": float(np.mean(values)) for name, values in found.items()}


def best_of(seed: int, models: int, rows: int, true: float, repeats: int = 4000) -> dict[str, float]:
    """What the best of several equally good models scores on the rows that chose it, on average."""
    rng = np.random.default_rng(seed)
    best = (rng.binomial(rows, true, (repeats, models)) / rows).max(axis=1)
    low, high = np.quantile(best, [0.05, 0.95])
    return {
        "models": models,
        "rows": rows,
        "true": true,
        "best": float(best.mean()),
        "low": float(low),
        "high": float(high),
    }


def paired(both: int, lost: int, gained: int, neither: int, factor: float) -> dict[str, float]:
    """Two models on the same questions: accuracies, what changed, McNemar's exact p-value, and how much more one costs."""
    before = np.repeat([True, True, False, False], [both, lost, gained, neither])
    after = np.repeat([True, False, True, False], [both, lost, gained, neither])
    test = mcnemar_exact(before, after)
    n = len(before)
    return {
        "questions": n,
        "before": before.mean(),
        "after": after.mean(),
        "lost": test.lost,
        "gained": test.gained,
        "changed": test.lost + test.gained,
        "p": test.p_value,
        "factor": factor,
        "difference": after.mean() - before.mean(),
    }


def slice_and_average(
    slice_size: int, slice_before: int, slice_lost: int, others: int, others_before: int, swapped: int
) -> dict[str, float]:
    """A slice that loses answers inside a large test: its accuracy, the average, and the slice's McNemar test.

    Of the other questions as many are lost as gained (``swapped``).
    """
    before = np.arange(slice_size) < slice_before
    after = before & (np.arange(slice_size) >= slice_lost)
    n = slice_size + others
    return {
        "slice": slice_size,
        "questions": n,
        "lost": slice_lost,
        "slice_before": before.mean(),
        "slice_after": after.mean(),
        "before": (slice_before + others_before) / n,
        "after": (slice_before - slice_lost + others_before) / n,
        "p": mcnemar_exact(before, after).p_value,
        "swapped": swapped,
    }


def any_alarm(seed: int, tests: int, level: float, repeats: int = 20_000) -> dict[str, float]:
    """Probability in per cent that at least one of several independent tests rings although nothing has changed."""
    rng = np.random.default_rng(seed)
    return {
        "tests": tests,
        "level": 100 * level,
        "any": 100 * (1 - (1 - level) ** tests),
        "simulated": 100 * float((rng.random((repeats, tests)) < level).any(axis=1).mean()),
        "one": 100 * level,
        "sum": 100 * level * tests,
        "none": 100 * (1 - level) ** tests,
    }


def token_gone(seed: int, once_in: int, written: int, repeats: int = 200_000) -> dict[str, float]:
    """Probability in per cent that a token does not occur among those that a generation writes."""
    rng = np.random.default_rng(seed)
    gone = (1 - 1 / once_in) ** written
    return {
        "once_in": once_in,
        "written": written,
        "expected": written / once_in,
        "gone": 100 * gone,
        "kept": 100 * (1 - gone),
        "never": 0.0,
        "simulated": 100 * float(np.mean(rng.binomial(written, 1 / once_in, repeats) == 0)),
    }


def loop(
    seed: int, tokens: int, written: int, generations: int, real: float, repeats: int = 20
) -> dict[str, float]:
    """Share of the rarer half of a vocabulary that is still written, with and without a share of fresh real text.

    Every token that is written is a real one, so a check of each finds no error in any generation.
    """
    rng = np.random.default_rng(seed)
    truth = 1 / np.arange(1, tokens + 1)
    truth /= truth.sum()
    rare = np.arange(tokens) >= tokens // 2
    found = {"alone": 0.0, "mixed": 0.0}
    for name, share in (("alone", 0.0), ("mixed", real)):
        for _ in range(repeats):
            model = truth
            for _ in range(generations):
                fresh = int(share * written)
                counts = rng.multinomial(written - fresh, model) + rng.multinomial(fresh, truth)
                model = counts / counts.sum()
            found[name] += float((model[rare] > 0).mean()) / repeats
    return {"tokens": tokens, "generations": generations, "real": real} | found


def three_actions(better: float, gain: float, loss: float, pilot: float) -> dict[str, float]:
    """Expected value of shipping, of waiting, and of a pilot that finds out first; in thousands of euros."""
    return {
        "better": better,
        "worse": 1 - better,
        "gain": gain,
        "loss": loss,
        "pilot_cost": pilot,
        "ship": better * gain - (1 - better) * loss,
        "wait": 0.0,
        "pilot": better * gain - pilot,
    }


def always_no(rare: float, found: float, false_alarms: float) -> dict[str, float]:
    """Accuracy of a model that finds a share of a rare class, and of always saying no.

    Parameters
    ----------
    rare : float
        Share of the rare class.
    found : float
        Share of it that the model finds.
    false_alarms : float
        Share of the others that it takes for the rare class.
    """
    return {
        "rare": rare,
        "found": found,
        "model": rare * found + (1 - rare) * (1 - false_alarms),
        "always_no": 1 - rare,
    }


def contaminated(seed: int, questions: int, skill: float, seen: float) -> dict[str, float]:
    """Scores of a model on a public test of which it has memorised a share, and on a twin that nobody has seen."""
    rng = np.random.default_rng(seed)
    right = rng.random((2, questions)) < skill
    public = right[0] | (rng.random(questions) < seen)
    low, high = wilson_interval(int(right[1].sum()), questions)
    return {
        "questions": questions,
        "public": float(public.mean()),
        "twin": float(right[1].mean()),
        "low": low,
        "high": high,
    }


def no_numbers() -> dict[str, float]:
    """Of an item that states no number."""
    return {}
