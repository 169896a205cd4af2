"""A canary: frozen questions asked on a schedule, how many and how often, and a registry that says what to go back to.

Pure functions of arrays and explicit generators; the only thing that runs the language model is `record_variants`.
Nothing here draws, or knows a widget or a lesson.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from holdout.harness import EvaluationSet, evaluate
from holdout.lm import LanguageModel, quantize
from holdout.lm.adapt import fine_tune
from holdout.lm.checkpoint import digest

__all__ = [
    "HARMLESS",
    "Entry",
    "Quarter",
    "Registry",
    "boundary",
    "boundary_monitor",
    "draw_quarter",
    "items_needed",
    "items_needed_paired",
    "paired_z",
    "peeking_rate",
    "power",
    "power_paired",
    "record_variants",
    "score",
]

HARMLESS = ("same", "8 bits", "retouched")
"""Variants of `record_variants` that nobody should be woken for."""


# ----------------------------------------------------------------------------------------- how many questions


def items_needed(before: float, after: float, *, level: float = 0.05, wanted_power: float = 0.8) -> int:
    """Questions *a side* to see a fall of accuracy with two separate samples.

    (z_a + z_b)^2 (p (1 - p) + q (1 - q)) / (p - q)^2, two-sided; the textbook formula with each side's own variance.

    Parameters
    ----------
    before, after : float
        Accuracies, between 0 and 1, different.
    level, wanted_power : float

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If the accuracies are equal or outside 0 to 1.
    """
    _check_rates(before, after)
    z_level, z_power = stats.norm.isf(level / 2), stats.norm.ppf(wanted_power)
    variance = before * (1 - before) + after * (1 - after)
    return math.ceil((z_level + z_power) ** 2 * variance / (before - after) ** 2)


def items_needed_paired(lost: float, gained: float, *, level: float = 0.05, wanted_power: float = 0.8) -> int:
    """Questions to see a change when both models answer the *same* questions.

    (z_a sqrt(lost + gained) + z_b sqrt(lost + gained - (lost - gained)^2))^2 / (lost - gained)^2 (Connor 1987,
    Biometrics 43:207).

    Parameters
    ----------
    lost, gained : float
        Shares of questions that only the old, and only the new model answers rightly.
    level, wanted_power : float

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If both are equal, negative, or exceed 1 together.
    """
    if lost < 0 or gained < 0 or lost + gained > 1 or lost == gained:
        raise ValueError(f"lost and gained must be different shares of one set, got {lost!r} and {gained!r}")
    z_level, z_power = stats.norm.isf(level / 2), stats.norm.ppf(wanted_power)
    discordant, change = lost + gained, lost - gained
    spread = z_level * math.sqrt(discordant) + z_power * math.sqrt(discordant - change**2)
    return math.ceil(spread**2 / change**2)


def power(before: float, after: float, items: int, *, level: float = 0.05) -> float:
    """Chance that two separate samples of `items` questions show the change (normal law, both tails).

    Parameters, errors : as `items_needed`.

    Returns
    -------
    float
    """
    _check_rates(before, after)
    error = math.sqrt((before * (1 - before) + after * (1 - after)) / items)
    z, change = stats.norm.isf(level / 2), abs(before - after)
    return float(stats.norm.sf(z - change / error) + stats.norm.cdf(-z - change / error))


def power_paired(lost: float, gained: float, items: int, *, level: float = 0.05) -> float:
    """Chance that McNemar's test on `items` questions shows the change (normal law, both tails).

    Parameters
    ----------
    lost, gained : float
        As for `items_needed_paired`.
    items : int
    level : float

    Returns
    -------
    float
    """
    discordant, change = lost + gained, abs(lost - gained)
    null, real = math.sqrt(discordant / items), math.sqrt((discordant - change**2) / items)
    z = stats.norm.isf(level / 2)
    return float(stats.norm.sf((z * null - change) / real) + stats.norm.cdf((-z * null - change) / real))


def _check_rates(before, after):
    if not (0 < before < 1 and 0 < after < 1) or before == after:
        raise ValueError(
            f"before and after must be different accuracies between 0 and 1, got {before!r}, {after!r}"
        )


def paired_z(lost: int, gained: int) -> float:
    """McNemar's statistic as a normal one: (lost - gained) / sqrt(lost + gained); 0 when nothing changed.

    Parameters
    ----------
    lost, gained : int
        Questions that only the old, and only the new model answers rightly.

    Returns
    -------
    float
        Positive when the new model is worse.
    """
    return (lost - gained) / math.sqrt(lost + gained) if lost + gained else 0.0


# ------------------------------------------------------------------------------------------ how often to look


def peeking_rate(looks: int, z: float, rng, *, paths: int = 20_000) -> float:
    """Chance that at least one of several looks at growing data passes `z`, when nothing has changed.

    Looks are equally spaced; |S_k| / sqrt(k) of a normal random walk (Armitage, McPherson, Rowe 1969).

    Parameters
    ----------
    looks : int
    z : float
        The same at each look.
    rng : numpy Generator
    paths : int

    Returns
    -------
    float
    """
    walk = np.cumsum(rng.standard_normal((paths, looks)), axis=1) / np.sqrt(np.arange(1, looks + 1))
    return float(np.mean((np.abs(walk) > z).any(axis=1)))


def boundary(looks: int, rate: float, rng, *, paths: int = 20_000) -> float:
    """The constant z that makes all looks at growing data alarm with chance `rate` together (Pocock 1977).

    Parameters
    ----------
    looks : int
    rate : float
    rng : numpy Generator
    paths : int

    Returns
    -------
    float
    """
    walk = np.cumsum(rng.standard_normal((paths, looks)), axis=1) / np.sqrt(np.arange(1, looks + 1))
    return float(np.quantile(np.abs(walk).max(axis=1), 1 - rate))


# ------------------------------------------------------------------------------------------ a quarter, day by day


def record_variants(model: LanguageModel, questions: EvaluationSet, lesson, rng) -> dict[str, np.ndarray]:
    """Which questions a model and its real variants answer rightly.

    Parameters
    ----------
    model : LanguageModel
    questions : EvaluationSet
    lesson : sequence of Item
        What the fine-tuned variant is taught, with nothing to keep it from forgetting.
    rng : numpy Generator

    Returns
    -------
    dict of str to ndarray of bool, shape (questions,)
        "same"; "8 bits", "5 bits", "4 bits", "3 bits" (one step a matrix); "retouched" (every weight off by a relative 0.1 %, as a
        change of library or of number format may do); "fine-tuned".
    """
    nudged = {
        name: weight * (1 + 0.001 * rng.standard_normal(weight.shape)).astype(weight.dtype)
        for name, weight in model.weights.items()
    }
    variants = {
        "same": model,
        "retouched": model.with_weights(nudged),
        "fine-tuned": fine_tune(model, lesson, rng, steps=60).model,
        **{f"{bits} bits": model.with_weights(quantize(model.weights, bits)) for bits in (8, 5, 4, 3)},
    }
    return {name: np.array(evaluate(variant, questions).correct, bool) for name, variant in variants.items()}


@dataclass(frozen=True)
class Quarter:
    """Ninety-one days of a service, as a canary sees them.

    Attributes
    ----------
    lost, gained : ndarray of int, shape (days,)
        Canary questions of each day that only the original, and only the model in service, answers rightly.
    items : int
        Questions a day.
    served : tuple of str
        Name of the variant in service on each day.
    change : int or None
        First day of a harmful variant.
    """

    lost: np.ndarray
    gained: np.ndarray
    items: int
    served: tuple[str, ...]
    change: int | None


def draw_quarter(
    outcomes: Mapping[str, np.ndarray], harmful: str | None, items: int, rng, *, days: int = 91
) -> Quarter:
    """Draw a quarter: some harmless updates, and at most one harmful one that stays.

    Parameters
    ----------
    outcomes : mapping of str to ndarray of bool
        From `record_variants`.
    harmful : str or None
        A variant that is not in `HARMLESS`; None for a quarter without harm.
    items : int
        Questions drawn each day, without replacement.
    rng : numpy Generator
    days : int

    Returns
    -------
    Quarter
        Two harmless updates fall on random days; the harmful one between one seventh and six sevenths of the quarter.

    Raises
    ------
    ValueError
        If a variant is unknown or harmless, or there are fewer questions than `items`.
    """
    if harmful is not None and (harmful in HARMLESS or harmful not in outcomes):
        choices = sorted(set(outcomes) - set(HARMLESS))
        raise ValueError(f"harmful must be None or one of {', '.join(choices)}, got {harmful!r}")
    original = outcomes["same"]
    if not 1 <= items <= len(original):
        raise ValueError(
            f"items must lie between 1 and the {len(original)} questions on record, got {items!r}"
        )
    served = np.full(days, "same", dtype=object)
    for day in np.sort(rng.choice(days, 2, replace=False)):
        served[day:] = rng.choice(np.array(HARMLESS, dtype=object))
    change = None
    if harmful is not None:
        change = int(rng.integers(days // 7, days - days // 7))
        served[change:] = harmful
    lost, gained = np.zeros(days, int), np.zeros(days, int)
    for day, name in enumerate(served):
        asked = rng.choice(len(original), items, replace=False)
        before, now = original[asked], outcomes[name][asked]
        lost[day], gained[day] = np.sum(before & ~now), np.sum(~before & now)
    return Quarter(lost, gained, items, tuple(served), change)


def boundary_monitor(lost, gained, *, window: int, z: float) -> int | None:
    """First day on which the questions of the last `window` days show a loss, McNemar's statistic above `z`.

    Parameters
    ----------
    lost, gained : arrays of int, shape (days,)
    window : int
        Days added up; fewer at the start.
    z : float

    Returns
    -------
    int or None
        None when no day does.
    """
    for day in range(len(lost)):
        recent = slice(max(0, day + 1 - window), day + 1)
        if paired_z(int(np.sum(lost[recent])), int(np.sum(gained[recent]))) > z:
            return day
    return None


def score(quarters: Sequence[Quarter], alarms: Sequence[int | None]) -> dict:
    """False alarms and delay of a monitor that stops at its first alarm.

    Parameters
    ----------
    quarters : sequence of Quarter
    alarms : sequence of int or None
        Day of the first alarm in each.

    Returns
    -------
    dict
        `false_alarms` (share of quarters with an alarm before any harm), `found` (share of harmed quarters with an alarm on
        or after the first harmful day; one that has already alarmed falsely counts as not found) and `delay` (mean days
        among those found, nan if none).
    """
    pairs = list(zip(quarters, alarms, strict=True))
    false = [alarm is not None and (q.change is None or alarm < q.change) for q, alarm in pairs]
    delays = [
        alarm - q.change
        for q, alarm in pairs
        if alarm is not None and q.change is not None and alarm >= q.change
    ]
    harmed = sum(q.change is not None for q in quarters)
    return {
        "false_alarms": float(np.mean(false)),
        "found": len(delays) / harmed if harmed else math.nan,
        "delay": float(np.mean(delays)) if delays else math.nan,
    }


# ----------------------------------------------------------------------------------------- what to go back to


@dataclass(frozen=True)
class Entry:
    """One set of weights, as governance needs to know it.

    Attributes
    ----------
    name, fingerprint : str
        The fingerprint is that of the weights (`holdout.lm.checkpoint.digest`).
    parent : str or None
        Name of the entry that it was made from.
    data, owner : str
    evaluation : str
        Fingerprint of the questions on which `accuracy` was measured.
    accuracy : float
    roll_back_to : str or None
        Name of the entry to serve when this one fails.
    """

    name: str
    fingerprint: str
    parent: str | None
    data: str
    owner: str
    evaluation: str
    accuracy: float
    roll_back_to: str | None


class Registry:
    """Entries by name; refuses what could not be governed.

    Raises
    ------
    ValueError
        From `add`: a name or fingerprint twice, an unknown parent or roll-back target, no owner.
    """

    def __init__(self):
        self._entries: dict[str, Entry] = {}

    def __len__(self):
        return len(self._entries)

    def __getitem__(self, name: str) -> Entry:
        if name not in self._entries:
            raise KeyError(f"no entry {name!r}; there are {', '.join(self._entries) or 'none'}")
        return self._entries[name]

    def add(self, entry: Entry) -> None:
        """Add an entry whose parent and roll-back target are already here."""
        if entry.name in self._entries:
            raise ValueError(f"there is already an entry {entry.name!r}; a name is never given twice")
        twin = next((e.name for e in self._entries.values() if e.fingerprint == entry.fingerprint), None)
        if twin:
            raise ValueError(f"{entry.name!r} has the same weights as {twin!r}; use that entry")
        for role in ("parent", "roll_back_to"):
            target = getattr(entry, role)
            if target is not None and target not in self._entries:
                raise ValueError(
                    f"the {role} of {entry.name!r}, {target!r}, is not in the registry; add it first"
                )
        if not entry.owner.strip():
            raise ValueError(f"{entry.name!r} has no owner; name the person who decides about it")
        self._entries[entry.name] = entry

    def identify(self, model: LanguageModel) -> Entry | None:
        """The entry whose weights a model serves; None when nobody registered them."""
        fingerprint = digest(model.weights)
        return next((e for e in self._entries.values() if e.fingerprint == fingerprint), None)

    def lineage(self, name: str) -> list[str]:
        """Names from an entry back to the first parent."""
        names = [self[name].name]
        while (parent := self[names[-1]].parent) is not None:
            names.append(parent)
        return names

    def safe_target(self, name: str, evaluation: str, bar: float) -> Entry | None:
        """Follow roll-back targets to the first entry measured on these questions at `bar` or above.

        Parameters
        ----------
        name : str
            The entry that fails.
        evaluation : str
            Fingerprint of the questions; accuracies on other questions do not compare.
        bar : float

        Returns
        -------
        Entry or None
            None when the chain ends first.
        """
        target = self[name].roll_back_to
        while target is not None:
            entry = self[target]
            if entry.evaluation == evaluation and entry.accuracy >= bar:
                return entry
            target = entry.roll_back_to
        return None
