"""A base rule for one evening, rules that differ from it (most of them in one respect), and what they cost on the same quarters.

Pure: a rule sees a stream (`holdout.topics.canary.experiments.Quarter.stream`). Not for questions of the exercise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from holdout.lm.canary import Variants
from holdout.stats.intervals import mean_interval
from holdout.topics.canary.experiments import (
    Quarter,
    draw_quarter,
    mcnemar_z,
    run_monitor,
    score,
    tripwire_then_suite,
)

WINDOW, LIMIT = 14, 2.2
_MOST = 400
# upper tail of the number of heads in n tosses of a fair coin: _TAIL[n, k] = P(heads >= k)
_TAIL = np.array([stats.binom.sf(np.arange(-1, _MOST), n, 0.5) for n in range(_MOST + 1)])


def slice_rule(
    *,
    window: int | None = WINDOW,
    limit: float = LIMIT,
    by_slice: bool = True,
    losses_only: bool = True,
    exact: bool = False,
) -> Callable[[Mapping], bool]:
    """A rule that adds up the last days and alarms when lost exceeds gained by more than chance explains.

    Parameters
    ----------
    window : int or None
        Days added up; None for all so far.
    limit : float
        Of McNemar's z.
    by_slice : bool
        Each slice alone, otherwise all slices together.
    losses_only : bool
        Otherwise a gain alarms as well.
    exact : bool
        Compare the binomial tail of the lost answers among those that changed with the normal tail of `limit`.

    Returns
    -------
    callable
        Takes a stream, returns whether to alarm.
    """
    level = stats.norm.sf(limit)

    def alarm(stream):
        days = slice(None) if window is None else slice(-window, None)
        lost, gained = stream["lost"][days].sum(axis=0), stream["gained"][days].sum(axis=0)
        if not by_slice:
            lost, gained = lost.sum(keepdims=True), gained.sum(keepdims=True)
        if exact:
            changed = lost + gained
            tail = _TAIL[np.minimum(changed, _MOST), np.minimum(lost, _MOST)]
            return bool((tail < level).any())
        z = mcnemar_z(lost, gained)
        return bool((z if losses_only else np.abs(z)).max() > limit)

    return alarm


def any_change(stream: Mapping) -> bool:
    """Whether an answer of this evening is right where the original's is wrong, or the other way round."""
    return bool((stream["lost"][-1] + stream["gained"][-1]).any())


def against_last_week(stream: Mapping) -> bool:
    """Each slice, this week against last week instead of the frozen answers."""
    net = np.asarray(stream["lost"]) - stream["gained"]
    changed = np.asarray(stream["lost"]) + stream["gained"]
    if len(net) < WINDOW:
        return False
    noise = np.sqrt(np.maximum(changed[-WINDOW:].sum(axis=0), 1))
    return bool(((net[-7:].sum(axis=0) - net[-14:-7].sum(axis=0)) / noise).max() > LIMIT)


BASE = "base: slices, losses, 14 days, z > 2.2"
SUITE = "tripwire, then the whole suite"
NOT_WATCHING = "not watching"

RULES: dict[str, Callable[[Mapping], bool]] = {
    BASE: slice_rule(),
    "all slices together": slice_rule(by_slice=False),
    "gains alarm as well": slice_rule(losses_only=False),
    "all days so far": slice_rule(window=None),
    "z > 1.96": slice_rule(limit=1.96),
    "binomial instead of z": slice_rule(exact=True),
    "against last week": against_last_week,
    "any answer changed": any_change,
}
"""The base rule, and five that differ from it in one respect. The last two differ in more: `against_last_week` in reference and window;
`any_change` looks at one evening, counts gains as well and has no threshold."""


def ninety_quarters(variants: Variants, seed: int = 12) -> list[Quarter]:
    """Ninety quarters, two in three with a harmful model of training seed 0, eight questions per evening and slice.

    Parameters
    ----------
    variants : Variants
    seed : int

    Returns
    -------
    list of Quarter
    """
    harmful = [name for name in variants.of_kind("harmful") if not name.endswith("1")]
    rng = np.random.default_rng(seed)
    plan = [None if n % 3 == 0 else harmful[n % len(harmful)] for n in range(90)]
    return [draw_quarter(variants, name, 8, rng) for name in plan]


def quiet_quarters(variants: Variants, number: int = 300, seed: int = 22) -> list[Quarter]:
    """More quarters without a harmful model, as those of `ninety_quarters`: the 30 there have a handful of false alarms.

    Parameters
    ----------
    variants : Variants
    number, seed : int

    Returns
    -------
    list of Quarter
    """
    rng = np.random.default_rng(seed)
    return [draw_quarter(variants, None, 8, rng) for _ in range(number)]


def compare_rules(
    variants: Variants,
    quarters: Sequence[Quarter],
    rng: np.random.Generator,
    *,
    rules: Mapping[str, Callable[[Mapping], bool]] = RULES,
) -> Comparison:
    """Run rules, the two stages and no watch at all on the same quarters.

    Parameters
    ----------
    variants : Variants
    quarters : sequence of Quarter
    rng : numpy Generator
        Draws the questions of the two stages.
    rules : mapping of str to callable
        With the base rule among them.

    Returns
    -------
    Comparison
    """
    rings: dict[str, list[list[int]]] = {NOT_WATCHING: [[] for _ in quarters]}
    rings |= {name: run_monitor(rule, quarters) for name, rule in rules.items()}
    stages = [tripwire_then_suite(variants, quarter, LIMIT, rng) for quarter in quarters]
    rings[SUITE] = [alarms for alarms, _ in stages]
    return Comparison(quarters, rings, float(np.mean([times for _, times in stages])))


class Comparison:
    """What rules cost on the same quarters.

    Parameters
    ----------
    quarters : sequence of Quarter
    rings : dict of str to list of list of int
        Days with an alarm, by rule.
    suites : float
        How often per quarter the two stages asked everything.
    """

    def __init__(
        self, quarters: Sequence[Quarter], rings: Mapping[str, list[list[int]]], suites: float
    ) -> None:
        self.quarters = list(quarters)
        self.changes = [quarter.change for quarter in quarters]
        self.rings, self.suites = dict(rings), suites
        self.cost = {name: self._costs(days) for name, days in self.rings.items()}
        """Thousand euros of each quarter, by rule; questions cost nothing here."""

    def _costs(self, rings):
        return np.array([score([c], [d])["cost"] for c, d in zip(self.changes, rings, strict=True)])

    def against_base(self, rule: Callable[[Mapping], bool]) -> tuple[float, float]:
        """What another rule costs per quarter beyond the base rule, with half of its 95% interval."""
        return mean_interval(self._costs(run_monitor(rule, self.quarters)) - self.cost[BASE])

    def saved_by_watching(self, share: float, name: str = BASE) -> tuple[float, float]:
        """What a rule saves per quarter if this share of the quarters brings a harmful model, with half of its 95% interval.

        Harmful and quiet quarters are independent samples: the squares of their half-widths add up.
        """
        quiet = np.array([change is None for change in self.changes])
        saved = self.cost[NOT_WATCHING] - self.cost[name]
        (harm, harm_error), (calm, calm_error) = mean_interval(saved[~quiet]), mean_interval(saved[quiet])
        return share * harm + (1 - share) * calm, float(
            np.hypot(share * harm_error, (1 - share) * calm_error)
        )

    def table(self) -> pd.DataFrame:
        """One row per rule: false alarms per quarter, share found, mean days, cost, and the difference to the base rule with half of its 95% interval."""
        rows = {}
        for name, days in self.rings.items():
            found = score(self.changes, days)
            more, half_width = mean_interval(self.cost[name] - self.cost[BASE])
            rows[name] = {
                "false alarms": found["false_alarms"],
                "found": found["found"],
                "days": found["delay"],
                "cost": found["cost"],
                "more than base": more,
                "± 95%": half_width,
            }
        return pd.DataFrame(rows).T

    def by_share(self, shares: Sequence[float]) -> pd.DataFrame:
        """Mean cost of each rule if only this share of the quarters brings a harmful model."""
        quiet = np.array([change is None for change in self.changes])
        return pd.DataFrame(
            {
                share: {
                    name: share * cost[~quiet].mean() + (1 - share) * cost[quiet].mean()
                    for name, cost in self.cost.items()
                }
                for share in shares
            }
        )
