"""Where a canary stands, read from its log. A line that cannot be used is left out and said; it stays in the log.

Pure: reads lines, writes nothing, asks no model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from holdout.record.canary.days import Clock

SLICES = 5


@dataclass(frozen=True)
class Day:
    """The questions of one day.

    Parameters
    ----------
    day : int
        Whose questions these are.
    on : int
        The day on which they were asked; later if the computer was off.
    lost, gained, changed : list of int
        By slice.
    """

    day: int
    on: int
    lost: list[int]
    gained: list[int]
    changed: list[int]


@dataclass
class State:
    """What the log says.

    Parameters
    ----------
    days : list of Day
    last : int
        The last day on which anything happened.
    clocks : list of Clock
        The clock as it was each time after it was set back.
    set_back : list of int
        Days on which it was.
    asked : int
        The last day whose questions were asked, or skipped.
    skipped : int
        Days whose questions were never asked.
    judged : int
        The last day on which the rule gave an answer.
    ringing : int or None
        The day of an alarm that nothing was decided about yet.
    rings, rolled_back, dismissed : list of int
        Days on which this happened.
    problems_of_rule : list of (day, text)
    suites : list of dict
        Each with ``day``, ``lost``, ``gained``, ``right``.
    named : str
        The replacement that the learner named since the last alarm.
    closed : dict or None
        The last line, once the watch is over.
    unusable : list of int
        Numbers of the lines that were left out, from 1.
    """

    days: list[Day] = field(default_factory=list)
    last: int = 0
    clocks: list[Clock] = field(default_factory=list)
    set_back: list[int] = field(default_factory=list)
    asked: int = 0
    skipped: int = 0
    judged: int = 0
    ringing: int | None = None
    rings: list[int] = field(default_factory=list)
    rolled_back: list[int] = field(default_factory=list)
    dismissed: list[int] = field(default_factory=list)
    problems_of_rule: list[tuple[int, str]] = field(default_factory=list)
    suites: list[dict] = field(default_factory=list)
    named: str = ""
    closed: dict | None = None
    unusable: list[int] = field(default_factory=list)

    @property
    def history_begins(self) -> int:
        """The first day that the rule may see: the day after the last decision about an alarm."""
        return max([0, *self.rolled_back, *self.dismissed]) + 1

    @property
    def late(self) -> int:
        """Days whose questions were asked later."""
        return sum(day.on > day.day for day in self.days)


def read_state(lines: Sequence[dict], seconds_per_day: float | None) -> State:
    """Read a log.

    Parameters
    ----------
    lines : sequence of dict
        As `holdout.chained_log.read` gives them.
    seconds_per_day : float or None
        Of the canary.

    Returns
    -------
    State
    """
    state = State()
    for line in lines:
        try:
            take(state, line, seconds_per_day)
        except (KeyError, TypeError, ValueError):
            number = line.get("number")
            state.unusable.append(number + 1 if isinstance(number, int) else 0)
    state.days.sort(key=lambda one: one.day)
    return state


def take(state: State, line: dict, seconds_per_day: float | None) -> None:
    """Take one line of the log into the state.

    Raises
    ------
    KeyError, TypeError, ValueError
        If the line says nothing that can be used.
    """
    event = line["event"]
    if event == "enrolled":
        return
    day = _whole(line["day"])
    if event == "asked":
        counts = [_counts(line[key]) for key in ("lost", "gained", "changed")]
        on = _whole(line["on"])
        if any(one.day == day for one in state.days):
            raise ValueError("a day twice")
        state.days.append(Day(day, on, *counts))
        state.asked = max(state.asked, day)
        day = on
    elif event == "skipped":
        first = _whole(line["from"])
        state.skipped += max(day - first + 1, 0)
        state.asked = max(state.asked, day)
        day = _whole(line["on"])
    elif event == "clock":
        moment = datetime.fromisoformat(line["moment"])
        if moment.tzinfo is None:
            raise ValueError("a time without its zone")
        state.clocks.append(Clock(moment, day, seconds_per_day))
        state.set_back.append(day)
    elif event == "judged":
        _judged(state, line, day)
    elif event == "suite":
        suite = {"day": day, "lost": _counts(line["lost"]), "gained": _counts(line["gained"]), "right": str(line["right"])}  # fmt: skip
        bytes.fromhex(str(suite["right"]))
        state.suites.append(suite)
    elif event == "named":
        state.named = str(line["name"])
    elif event == "rolled back":
        state.rolled_back.append(day)
        state.ringing = None
    elif event == "dismissed":
        state.dismissed.append(day)
        state.ringing = None
    elif event == "closed":
        if not isinstance(line["caught"], bool):
            raise ValueError("neither caught nor not")
        state.closed = line
    else:
        raise ValueError(event)
    state.last = max(state.last, day)


def _judged(state: State, line: dict, day: int) -> None:
    through, rang, problem = _whole(line["through"]), line["rang"], str(line["problem"])
    if rang not in (True, False, None):
        raise ValueError("rang is True, False or null")
    state.judged = max(state.judged, through)
    if problem:
        state.problems_of_rule.append((day, problem))
    if rang:
        state.rings.append(day)
        state.named = ""  # a name belongs to one alarm
        state.ringing = day


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100_000:
        raise ValueError(value)
    return value


def _counts(value: object) -> list[int]:
    if not isinstance(value, list) or len(value) != SLICES:
        raise ValueError(value)
    return [_whole(one) for one in value]


def date_of(lines: Sequence[dict], day: int) -> str:
    """The date on which a day's first line was written, by the computer's clock; empty if nothing happened on it."""
    for line in lines:
        if line.get("on", line.get("day")) == day and isinstance(line.get("date"), str):
            return line["date"][:10]
    return ""
