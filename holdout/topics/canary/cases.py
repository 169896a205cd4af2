"""Hidden cases of exercise 11: quarters to watch; what a canary and a registry know about a served model, and what each decision would cost.

Made from the recorded answers of `holdout.topics.canary.experiments.Variants`; draws nothing, runs no model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from holdout.topics.canary.experiments import Quarter, Variants, draw_quarter, serve

NAMES = ("v1", "v2", "v3", "v4")
"""Names of the entries in every registry; v4 is the newest."""

PRICE_OF_LOSS, PRICE_OF_RETURN, PRICE_OF_STOP = 0.2, 10.0, 0.4
"""Thousand euros: per day and point of the worst slice's net loss (beyond the first point); per change of weights; per day without service."""


BUSY = "larger"
"""A harmless variant that changes many answers: in two slices it loses 6 to 8 in a hundred and gains as many."""

BUSY_DAYS, QUARTER = 14, 91


def make_quarters(variants: Variants, rng: np.random.Generator, n: int) -> list[Quarter]:
    """Draw quarters in a random order: two of three with a harmful model, three of five with a busy harmless one.

    Parameters
    ----------
    variants : Variants
    rng : numpy Generator
    n : int

    Returns
    -------
    list of Quarter
        With 4, 8, 20 or 40 questions per day and slice. In three of five, one of three harmless updates is `BUSY`; it stays
        for two weeks before anything else comes.
    """
    harmful = variants.of_kind("harmful")
    quarters = []
    for number in rng.permutation(n):
        name = None if number % 3 == 0 else str(rng.choice(harmful))
        draw = _busy_quarter if number // 3 % 5 < 3 else draw_quarter
        quarters.append(draw(variants, name, int(rng.choice([4, 8, 20, 40])), rng))
    return quarters


def _busy_quarter(variants, harmful, items, rng):
    change = None if harmful is None else int(rng.integers(BUSY_DAYS, QUARTER - QUARTER // 7))
    busy = int(rng.integers((QUARTER if change is None else change) - BUSY_DAYS + 1))
    free = [day for day in range(QUARTER) if not busy <= day < busy + BUSY_DAYS]
    quiet = np.array(variants.of_kind("harmless"), dtype=object)
    served = np.full(QUARTER, variants.names[0], dtype=object)
    for day in sorted([busy, *rng.choice(free, 2, replace=False).tolist()]):
        served[day:] = BUSY if day == busy else rng.choice(quiet)
    if change is not None:
        served[change:] = harmful
    return serve(variants, served.tolist(), items, rng, change=change)


@dataclass(frozen=True)
class Incident:
    """An alarm and its ways out.

    Attributes
    ----------
    evidence : dict
        What is known (see `make_incident`).
    costs : dict of str to float
        Thousand euros of "keep", "stop" and of going back to each entry.
    served : str
        Name of the recorded variant in service.
    """

    evidence: dict
    costs: dict
    served: str


def day_price(variants: Variants, name: str) -> float:
    """What a variant costs per day: 0.2 thousand euros for each point beyond the first that its worst slice loses."""
    return PRICE_OF_LOSS * max(0.0, 100 * max(variants.net_loss(name).values()) - 1)


def make_incident(variants: Variants, rng: np.random.Generator) -> Incident:
    """Draw an incident.

    Parameters
    ----------
    variants : Variants
    rng : numpy Generator

    Returns
    -------
    Incident
        Its evidence holds `served` (fingerprint of the weights), `questions` (fingerprint of the canary), `asked` (questions per slice
        since the weights changed), `lost` and `gained` by slice, `days` until the model is replaced anyway, and `registry`: entries
        with `name`, `fingerprint`, `evaluation`, `worst_loss`, `owner`. An entry that was measured on other questions shows a loss
        near 0, whatever its true one. Where the loss of the served weights is known from their entry, few questions were asked since
        they came: the worst of five slices then looks bad by chance.
    """
    # a variant that costs ten times as much as all others would decide the score alone
    harmful = [name for name in variants.of_kind("harmful") if max(variants.net_loss(name).values()) < 0.3]
    harmless = [name for name in variants.of_kind("harmless") if name != variants.names[0]]
    harmless += variants.of_kind("between")
    measured_here = rng.random(len(NAMES)) < 0.6
    chosen = []
    for here in measured_here:
        pool = harmful if rng.random() < (0.5 if here else 0.7) else harmless
        chosen.append(str(rng.choice([name for name in pool if name not in chosen])))
    if rng.random() < 0.5:
        chosen[int(rng.integers(len(NAMES)))] = variants.names[0]
    registry = []
    for name, variant, here in zip(NAMES, chosen, measured_here, strict=True):
        loss = max(variants.net_loss(variant).values()) if here else rng.uniform(0, 0.01)
        registry.append(
            {
                "name": name,
                "fingerprint": variants.about[variants.names.index(variant)]["weights"][:12],
                "evaluation": variants.fingerprint[:12] if here else "facts only",
                "worst_loss": round(float(loss), 3),
                "owner": str(rng.choice(["Mira", "Jonas", "Ayse"])),
            }
        )
    others = [name for name in [*harmful, *harmless] if name not in chosen]
    known = False
    if rng.random() < 0.6:
        served, known = chosen[-1], bool(measured_here[-1])
    elif rng.random() < 0.5:
        served = str(rng.choice([name for name in others if name in harmful]))
    else:  # many answers lost and as many gained: who counts the lost ones alone goes back for nothing
        served = BUSY if BUSY in others else str(rng.choice([name for name in others if name in harmless]))
    asked = int(np.exp(rng.uniform(*np.log([4, 13] if known else [150, 200]))))
    counts = variants.lost_and_gained(served, variants.ask(asked, rng))
    lost, gained = (dict(zip(variants.slice_names, part.tolist(), strict=True)) for part in counts)
    days = int(np.exp(rng.uniform(np.log(2), np.log(90))))
    evidence = {
        "served": variants.about[variants.names.index(served)]["weights"][:12],
        "questions": variants.fingerprint[:12],
        "asked": asked,
        "lost": lost,
        "gained": gained,
        "days": days,
        "registry": registry,
    }
    costs = {"keep": days * day_price(variants, served), "stop": days * PRICE_OF_STOP}
    costs |= {
        name: PRICE_OF_RETURN + days * day_price(variants, variant)
        for name, variant in zip(NAMES, chosen, strict=True)
    }
    return Incident(evidence, {name: round(float(cost), 3) for name, cost in costs.items()}, served)
