"""A canary: frozen questions asked on a schedule, how many and how often, and a registry that says what to go back to.

Pure functions of arrays and explicit generators. What the variants of the language model answer was recorded by
`datasets/canary_variants/make.py`; nothing here runs a model, draws, or knows a widget or a lesson.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from holdout.lm.canary import Variants

PRICE_OF_ALARM, PRICE_OF_DAY = 5.0, 1.0
"""Thousand euros: a false alarm; a day with an unnoticed harmful model."""


# -- how many questions


def items_needed(before: float, after: float, *, level: float = 0.05, wanted_power: float = 0.8) -> int:
    """Questions *per side* to see a fall of accuracy with two separate samples.

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
    noise = z_level * math.sqrt(discordant) + z_power * math.sqrt(discordant - change**2)
    return math.ceil(noise**2 / change**2)


def power(before: float, after: float, items: int, *, level: float = 0.05) -> float:
    """Chance that two separate samples of `items` questions show the change (normal law, both tails).

    Parameters
    ----------
    before, after : float
        Accuracies, as for `items_needed`.
    items : int
        Questions per side.
    level : float

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


def power_paired_exact(lost: float, gained: float, items: int, *, level: float = 0.05) -> float:
    """Chance that the exact McNemar test on `items` questions shows a loss.

    Of d questions that changed, k were lost; the test alarms if k > d / 2 and the two-sided binomial p-value of k heads in d
    tosses of a fair coin is at most `level`. Use it where few questions change: there the normal law promises too much.

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
    changed = np.arange(items + 1)
    # the smallest count that alarms: its upper tail is at most level / 2
    least = stats.binom.isf(level / 2, changed, 0.5) + 1
    seen = stats.binom.sf(least - 1, changed, lost / (lost + gained))
    return float(np.sum(stats.binom.pmf(changed, items, lost + gained) * seen))


def _check_rates(before, after):
    if not (0 < before < 1 and 0 < after < 1) or before == after:
        raise ValueError(
            f"before and after must be different accuracies between 0 and 1, got {before!r}, {after!r}"
        )


def mcnemar_z(lost: np.ndarray, gained: np.ndarray) -> np.ndarray:
    """McNemar's statistic as a normal one: (lost - gained) / sqrt(lost + gained); 0 where nothing changed.

    Parameters
    ----------
    lost, gained : ndarray of int
        Questions that only the old, and only the new model answers rightly.

    Returns
    -------
    ndarray
        Positive where the new model is worse.
    """
    return (lost - gained) / np.sqrt(np.maximum(lost + gained, 1))


# -- how often to look: interim analyses


def _walks(looks: int, paths: int, rng) -> np.ndarray:
    """|S_k| / sqrt(k) of normal random walks: what equally spaced interim looks at growing data see when nothing has changed."""
    steps = rng.standard_normal((paths, looks))
    return np.abs(np.cumsum(steps, axis=1)) / np.sqrt(np.arange(1, looks + 1))


def peeking_rate(looks: int, z: float, rng: np.random.Generator, *, paths: int = 20_000) -> float:
    """Chance that at least one of several interim looks at growing data passes `z`, when nothing has changed.

    The looks are equally spaced; |S_k| / sqrt(k) of a normal random walk (Armitage, McPherson, Rowe 1969).

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
    return float(np.mean((_walks(looks, paths, rng) > z).any(axis=1)))


def pocock_boundary(looks: int, rate: float, rng: np.random.Generator, *, paths: int = 20_000) -> float:
    """The Pocock boundary: the constant z with which all interim looks together alarm with chance `rate` (Pocock 1977).

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
    return float(np.quantile(_walks(looks, paths, rng).max(axis=1), 1 - rate))


# -- a quarter, day by day


@dataclass(frozen=True)
class Quarter:
    """Ninety-one days of a service, as a canary sees them.

    Attributes
    ----------
    lost, gained : ndarray of int, shape (days, slices)
        Canary questions of each day that only the original, and only the model in service, answers rightly.
    items : int
        Questions per day and slice.
    slices : tuple of str
    served : tuple of str
        Name of the variant in service on each day.
    change : int or None
        First day of a harmful variant.
    """

    lost: np.ndarray
    gained: np.ndarray
    items: int
    slices: tuple[str, ...]
    served: tuple[str, ...]
    change: int | None

    def stream(self, last: int, first: int = 0) -> dict:
        """What a monitor may know on the evening of day `last` when its history begins on day `first`."""
        days = slice(first, last + 1)
        return {
            "slices": list(self.slices),
            "items": self.items,
            "lost": self.lost[days],
            "gained": self.gained[days],
        }


def serve(
    variants: Variants,
    served: Sequence[str],
    items: int,
    rng: np.random.Generator,
    *,
    change: int | None = None,
    same_questions: bool = False,
) -> Quarter:
    """Ask every day some canary questions of the variant in service.

    Parameters
    ----------
    variants : Variants
    served : sequence of str
        The variant in service on each day.
    items : int
        Questions per day and slice, drawn without replacement within a day.
    rng : numpy Generator
    change : int or None
        First day of a harmful variant, for the record.
    same_questions : bool
        Ask every day what was drawn for the first one.

    Returns
    -------
    Quarter

    Raises
    ------
    ValueError
        If a slice has fewer questions than `items`, or a variant is unknown.
    """
    fewest = min(np.unique(variants.slices, return_counts=True)[1])
    if not 1 <= items <= fewest:
        raise ValueError(f"items must lie between 1 and {fewest}, the smallest slice, got {items!r}")
    lost, gained = np.zeros((2, len(served), len(variants.slice_names)), int)
    asked = None
    for day, name in enumerate(served):
        if asked is None or not same_questions:
            asked = variants.ask(items, rng)
        lost[day], gained[day] = variants.lost_and_gained(name, asked)
    return Quarter(lost, gained, items, tuple(variants.slice_names), tuple(served), change)


def draw_quarter(
    variants: Variants,
    harmful: str | None,
    items: int,
    rng: np.random.Generator,
    *,
    days: int = 91,
    updates: int = 3,
    same_questions: bool = False,
) -> Quarter:
    """Draw a quarter: some harmless updates, and at most one harmful one that stays.

    Parameters
    ----------
    variants : Variants
    harmful : str or None
        A variant that is not harmless; None for a quarter without harm.
    items, rng, same_questions
        As for `serve`.
    days, updates : int
        Harmless updates fall on random days; the harmful one between one seventh and six sevenths of the quarter.

    Returns
    -------
    Quarter

    Raises
    ------
    ValueError
        If the variant is harmless, or as `serve`.
    """
    quiet = variants.of_kind("harmless")
    if harmful is not None and harmful in quiet:
        raise ValueError(f"{harmful!r} is harmless; give a harmful variant, or None for a quiet quarter")
    served = np.full(days, variants.names[0], dtype=object)
    for day in np.sort(rng.choice(days, updates, replace=False)):
        served[day:] = rng.choice(np.array(quiet, dtype=object))
    change = None
    if harmful is not None:
        change = int(rng.integers(days // 7, days - days // 7))
        served[change:] = harmful
    return serve(variants, served.tolist(), items, rng, change=change, same_questions=same_questions)


def fixed_questions(
    variants: Variants, harmful: str, items: int, rng: np.random.Generator, *, repeats: int = 400
) -> np.ndarray:
    """Net loss of each slice on the same few questions, for many draws of these questions.

    Parameters
    ----------
    variants : Variants
    harmful : str
    items : int
        Questions per slice.
    rng : numpy Generator
    repeats : int

    Returns
    -------
    ndarray of int, shape (repeats, slices)
    """
    counts = (variants.lost_and_gained(harmful, variants.ask(items, rng)) for _ in range(repeats))
    return np.array([lost - gained for lost, gained in counts])


def slice_z(stream: Mapping, window: int) -> np.ndarray:
    """McNemar's statistic of every slice over the last days of a stream.

    Parameters
    ----------
    stream : mapping
        From `Quarter.stream`.
    window : int
        Days added up; fewer at the start.

    Returns
    -------
    ndarray, shape (slices,)
        Positive where questions were lost; 0 where nothing changed.
    """
    lost = np.asarray(stream["lost"])[-window:].sum(axis=0)
    gained = np.asarray(stream["gained"])[-window:].sum(axis=0)
    return mcnemar_z(lost, gained)


def tripwire_then_suite(
    variants: Variants, quarter: Quarter, limit: float, rng: np.random.Generator
) -> tuple[list[int], int]:
    """Watch in two stages: a few questions every evening; when one of them changes, the whole suite at once.

    An answer has changed if it is right where that of the model tested last was wrong, or the other way round. The suite is
    asked once; it alarms if McNemar's z of one slice, against the original, is above the limit.

    Parameters
    ----------
    variants : Variants
    quarter : Quarter
        What is in service on each day, and how many questions of each slice are asked in an evening.
    limit : float
    rng : numpy Generator
        Draws the questions of the evenings.

    Returns
    -------
    alarms : list of int
        Days, as from `run_monitor`.
    suites : int
        How often the whole suite was asked.
    """
    everything = [np.flatnonzero(variants.slices == part) for part in variants.slice_names]
    tested, alarms, suites = variants.names[0], [], 0
    for day, serving in enumerate(quarter.served):
        asked = np.concatenate(variants.ask(quarter.items, rng))
        if np.array_equal(variants.of(serving)[asked], variants.of(tested)[asked]):
            continue
        tested, suites = serving, suites + 1
        if mcnemar_z(*variants.lost_and_gained(serving, everything)).max() > limit:
            alarms.append(day)
    return alarms, suites


def run_monitor(alarm: Callable[[Mapping], bool], quarters: Sequence[Quarter | Mapping]) -> list[list[int]]:
    """Show each quarter to a monitor, evening by evening; after an alarm its history begins anew on the next day.

    Parameters
    ----------
    alarm : callable
        Gets a stream (see `Quarter.stream`), says whether to raise an alarm.
    quarters : sequence of Quarter, or of streams over a whole quarter

    Returns
    -------
    list of list of int
        Days with an alarm, for each quarter.
    """
    found = []
    for quarter in quarters:
        whole = quarter.stream(len(quarter.lost) - 1) if isinstance(quarter, Quarter) else quarter
        lost, gained = np.asarray(whole["lost"]), np.asarray(whole["gained"])
        first, alarms = 0, []
        for day in range(len(lost)):
            # copies: a monitor that writes into its stream must not change tomorrow's
            seen = dict(whole, lost=lost[first : day + 1].copy(), gained=gained[first : day + 1].copy())
            if bool(alarm(seen)):
                alarms.append(day)
                first = day + 1
        found.append(alarms)
    return found


def score(
    changes: Sequence[int | None],
    alarms: Sequence[Sequence[int]],
    *,
    days: int = 91,
    price_of_alarm: float = PRICE_OF_ALARM,
    price_of_day: float = PRICE_OF_DAY,
) -> dict:
    """False alarms, delay and cost of a monitor.

    Parameters
    ----------
    changes : sequence of int or None
        First harmful day of each quarter.
    alarms : sequence of sequence of int
        Days with an alarm, for each quarter. Before the change they are false; the first one on or after it ends the harm, and
        the watch.
    days : int
        When the quarterly review finds what nobody found before.
    price_of_alarm, price_of_day : float

    Returns
    -------
    dict
        `false_alarms` (per quarter), `found` (share of changes with an alarm before the end), `delay` (mean days of all changes, those
        not found until the end of the quarter), `cost` (per quarter). nan where there is no change.
    """
    false, delays, found = [], [], []
    for change, raised in zip(changes, alarms, strict=True):
        false.append(sum(change is None or day < change for day in raised))
        if change is not None:
            after = [day for day in raised if day >= change]
            found.append(bool(after))
            delays.append(min(after, default=days) - change)
    cost = price_of_alarm * sum(false) + price_of_day * sum(delays)
    return {
        "false_alarms": float(np.mean(false)),
        "found": float(np.mean(found)) if found else math.nan,
        "delay": float(np.mean(delays)) if delays else math.nan,
        "cost": cost / len(false),
    }
