"""What a rule may know on a day. Pure: built from the state that the log gives."""

from __future__ import annotations

import numpy as np

from holdout.record.canary.service import ITEMS, Service
from holdout.record.canary.state import State


def stream_for(state: State, service: Service, day: int, today: int) -> dict:
    """The stream that a rule is given when it judges a day.

    Parameters
    ----------
    state : State
        Before the rule is asked.
    service : Service
    day : int
        Whose questions are judged.
    today : int
        The day on which they are.

    Returns
    -------
    dict
        Plain JSON values, as `holdout.record.canary.rule.TEMPLATE` describes them.
    """
    days = [one for one in state.days if state.history_begins <= one.day <= day]
    suite = state.suites[-1] if state.suites else None
    fresh = suite is not None and suite["day"] == today and today not in state.rolled_back
    return {
        "days": [one.day for one in days],
        "slices": service.slices,
        "items": ITEMS,
        "lost": [one.lost for one in days],
        "gained": [one.gained for one in days],
        "changed": [one.changed for one in days],
        "suite": {
            "items": np.bincount(service.places).tolist(),
            "lost": suite["lost"],
            "gained": suite["gained"],
        }
        if fresh and suite
        else None,
    }


def waiting_days(state: State) -> list[int]:
    """The days that were asked and that the rule has not judged."""
    through = max(state.judged, state.history_begins - 1)
    return [one.day for one in state.days if one.day > through]
