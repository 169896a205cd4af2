"""Draw a part of `flights` by a learner's name: one carrier at one airport, and nine tenths of its rows.

The same name gives the same rows on every machine. Not for own data, which is the task of `holdout.project.tables`.
"""

from __future__ import annotations

import hashlib
import unicodedata
from typing import NamedTuple

import numpy as np
import pandas as pd

from holdout.project.errors import ProjectError

FEWEST_ROWS = 500
"""Flights with an outcome that a carrier must have at an airport to be drawn: a quarter of them is the test."""
SHARE = 0.9
"""Of a pair's rows that one learner gets, so that two learners who draw the same pair still have other rows."""


class Drawn(NamedTuple):
    """What was drawn."""

    carrier: str
    airport: str
    side: str
    """``"from"`` or ``"to"``."""
    frame: pd.DataFrame
    """In the order of the scheduled departures, with the index of `flights`."""
    without_outcome: int

    @property
    def sentence(self) -> str:
        """What the table is, in words."""
        return (
            f"Flights of the carrier {self.carrier} {self.side} {self.airport} in 2013: will one arrive 15 minutes late or more? "
            f"({self.without_outcome} cancelled or diverted flights have no outcome and are left out.)"
        )


def normal_name(name: str) -> str:
    """A name without differences that people do not see: case, spaces, the way in which an accent is encoded."""
    return " ".join(unicodedata.normalize("NFKC", str(name)).casefold().split())


def name_entropy(name: str) -> list[int]:
    """Numbers for the seed of a generator, from a name; SHA-256 of the normal form, in eight words."""
    digest = hashlib.sha256(normal_name(name).encode()).digest()
    return [int.from_bytes(digest[start : start + 4], "big") for start in range(0, 32, 4)]


def pairs(flights: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Every carrier, side (`from` or `to`) and airport with enough flights that have an outcome.

    Parameters
    ----------
    flights : DataFrame
        As ``load("flights")`` gives it.

    Returns
    -------
    list of (carrier, side, airport)
        In alphabetical order.
    """
    known = flights[flights["late"].notna()]
    found = []
    for side, column in (("from", "origin"), ("to", "dest")):
        counts = known.groupby(["carrier", column]).size()
        found += [
            (carrier, side, airport) for (carrier, airport), rows in counts.items() if rows >= FEWEST_ROWS
        ]
    return sorted(found)


def draw_flights(name: str, flights: pd.DataFrame) -> Drawn:
    """Draw a carrier, an airport and rows.

    Parameters
    ----------
    name : str
        Of the learner.
    flights : DataFrame
        As ``load("flights")`` gives it.

    Returns
    -------
    Drawn

    Raises
    ------
    ProjectError
        If the name is empty.
    """
    if not normal_name(name):
        raise ProjectError("flights are drawn by a name; write `holdout project new --name 'Your Name'`")
    rng = np.random.default_rng(name_entropy(name))
    candidates = pairs(flights)
    carrier, side, airport = candidates[int(rng.integers(len(candidates)))]
    column = "origin" if side == "from" else "dest"
    chosen = flights[(flights["carrier"] == carrier) & (flights[column] == airport)]
    kept = chosen[chosen["late"].notna()]
    kept = kept[rng.random(len(kept)) < SHARE].sort_values("time_hour", kind="stable")
    return Drawn(carrier, airport, side, kept, int(chosen["late"].isna().sum()))
