"""The incident of exercise 11: a learner's monitor, triage and roll-back run through one quarter, with a dated report.

Made from the recorded answers of `holdout.topics.canary.experiments.Variants`; draws nothing, runs no model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from holdout.topics.canary.experiments import Quarter, Variants, draw_quarter, run_monitor, score, serve

_FIRST_DAY = pd.Timestamp("2025-07-01")
_SERVED = "tuned lightly, everything 1"


@dataclass(frozen=True)
class QuarterReport:
    """What happened in one quarter, by day and by date.

    Attributes
    ----------
    quarter : Quarter
    slice : str
        The one that the served model harmed most.
    false : list of int
        Days of false alarms.
    found : int or None
        Day of the first alarm on or after the harmful model came.
    decision, target : str or None
        What the triage said, and the entry to go back to.
    timeline : DataFrame
        Index: date; column: what happened.
    checks : DataFrame
        What other checks would have done: days until found, false alarms per quarter, means over 40 draws of the questions.
    cost : float
        Thousand euros: false alarms and harmful days.
    """

    quarter: Quarter
    slice: str
    false: list
    found: int | None
    decision: str | None
    target: str | None
    timeline: pd.DataFrame
    checks: pd.DataFrame
    cost: float


def date_of(day: int) -> str:
    """The date of a day of the quarter; day 0 is 1 July 2025."""
    return str((_FIRST_DAY + pd.Timedelta(days=int(day))).date())


def registry_of_the_case(variants: Variants) -> list[dict]:
    """The registry on the evening of the alarm: v4 is in service, v3 and v4 were measured on facts only.

    Parameters
    ----------
    variants : Variants

    Returns
    -------
    list of dict
    """
    rows = [
        ("v1", "same", None, None, True, "Mira"),
        ("v2", "6 bits", "v1", "v1", True, "Jonas"),
        ("v3", "tuned, facts 1", "v1", "v2", False, "Ayse"),
        ("v4", _SERVED, "v1", "v3", False, "Ayse"),
    ]
    registry = []
    for name, variant, parent, target, here, owner in rows:
        losses = variants.net_loss(variant)
        registry.append(
            {
                "name": name,
                "fingerprint": variants.about[variants.names.index(variant)]["weights"][:12],
                "parent": parent,
                "roll_back_to": target,
                "evaluation": variants.fingerprint[:12] if here else "facts only",
                "worst_loss": round(max(losses.values()) if here else losses["facts"], 3),
                "owner": owner,
            }
        )
    return registry


def investigate(
    monitor: Callable[[Mapping], bool],
    triage: Callable[[dict], str],
    rollback_target: Callable[..., str | None],
    *,
    rng: np.random.Generator | None = None,
) -> QuarterReport:
    """Run a monitor, a triage and a search for the roll-back target through the third quarter of 2025.

    Parameters
    ----------
    monitor : callable
        As for `holdout.topics.canary.experiments.run_monitor`.
    triage : callable
        Gets the evidence of an `Incident`.
    rollback_target : callable
        `rollback_target(registry, name, questions, limit)`: the question `11.way_back`.
    rng : numpy.random.Generator, optional
        Draws the quarter: the day of the change and the questions; the course's own by default.

    Returns
    -------
    QuarterReport
    """
    variants = Variants.load()
    quarter = draw_quarter(variants, _SERVED, 8, np.random.default_rng([11, 2025]) if rng is None else rng)
    days = len(quarter.lost)
    change = quarter.change
    assert change is not None  # drawn with a harmful variant
    alarms = run_monitor(monitor, [quarter])[0]
    false = [day for day in alarms if day < change]
    found = next((day for day in alarms if day >= change), None)
    losses = variants.net_loss(_SERVED)
    worst = max(losses, key=losses.__getitem__)
    registry = registry_of_the_case(variants)
    events = [(0, "the quarter begins; v1 is in service")]
    events += [
        (day, "an update that harms nobody, not announced")
        for day in range(1, change)
        if quarter.served[day] != quarter.served[day - 1]
    ]
    events += [(day, "false alarm of the monitor") for day in false]
    events.append((change, f"v4 comes into service: “{worst}” −{100 * losses[worst]:.0f} points"))
    decision = target = None
    if found is None:
        events.append((days - 1, "the quarterly review finds it; the monitor did not"))
    else:
        since = slice(change, found + 1)
        decision = triage(
            {
                "served": registry[-1]["fingerprint"],
                "questions": variants.fingerprint[:12],
                "asked": 8 * (found - change + 1),
                "lost": dict(zip(quarter.slices, quarter.lost[since].sum(axis=0).tolist(), strict=True)),
                "gained": dict(zip(quarter.slices, quarter.gained[since].sum(axis=0).tolist(), strict=True)),
                "days": days - 1 - found,
                "registry": [dict(entry) for entry in registry],
            }
        )
        target = rollback_target([dict(entry) for entry in registry], "v4", variants.fingerprint[:12], 0.01)
        events.append((found, "the monitor alarms"))
        events.append((found, f"triage: {decision}; roll-back target: {target}"))
    # sorting is stable: what happened on one day keeps its order
    events.sort(key=lambda event: event[0])
    timeline = pd.DataFrame(
        {"what happened": [text for _, text in events]},
        index=pd.Index([date_of(day) for day, _ in events], name="date"),
    )
    cost = score([change], [alarms])["cost"]
    checks = _other_checks(variants, monitor, quarter)
    return QuarterReport(quarter, worst, false, found, decision, target, timeline, checks, cost)


def _other_checks(variants, monitor, quarter, draws=40):
    """Delay and false alarms of other checks in the same quarter, over fresh draws of the questions."""
    rows = {}
    for name, items in (
        ("your monitor, 8 questions per slice", 8),
        ("your monitor, 20 questions per slice", 20),
    ):
        rng = np.random.default_rng([11, items])
        again = [serve(variants, quarter.served, items, rng) for _ in range(draws)]
        result = score([quarter.change] * draws, run_monitor(monitor, again))
        rows[name] = result["delay"], result["false_alarms"]
    updates = sum(a != b for a, b in zip(quarter.served, quarter.served[1:], strict=False)) - 1
    rows["fingerprint of the served weights, each morning"] = 0.0, float(updates)
    rows["no service without an evaluation on the canary"] = 0.0, 0.0
    return pd.DataFrame(rows, index=["days until found", "false alarms per quarter"]).T
