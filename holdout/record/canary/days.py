"""The days of a canary: of the calendar, or of a compressed clock on which a day lasts some minutes.

Pure functions of a moment. A clock that was set back must neither stop the canary nor ask a day twice: its days then go on from
the last one that was used (`watch` notes that in the log). Not for dates on a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from holdout.errors import InvalidValue

SHORTEST = 1.0
"""Seconds of a day on a compressed clock."""
SLACK = 1
"""Days by which a clock may go back without anybody setting it: a journey across time zones."""


@dataclass(frozen=True)
class Clock:
    """From which moment days are counted.

    Parameters
    ----------
    start : datetime
        With a time zone.
    day : int
        The canary's day at that moment.
    seconds : float or None
        How long a day lasts; None for days of the calendar, which change at midnight, local time.
    """

    start: datetime
    day: int = 0
    seconds: float | None = None

    def __post_init__(self):
        if self.seconds is not None and not SHORTEST <= self.seconds <= 86_400:
            raise InvalidValue(
                f"a day on a compressed clock lasts {SHORTEST:g} second to 24 hours, got {self.seconds!r} seconds"
            )

    def at(self, now: datetime) -> int:
        """The canary's day at a moment; smaller than `day` if the clock was set back."""
        if self.seconds is None:
            return self.day + (now.date() - self.start.date()).days
        return self.day + int((now - self.start).total_seconds() // self.seconds)

    def date(self, day: int) -> date:
        """The date of a day."""
        if self.seconds is None:
            return self.start.date() + timedelta(days=day - self.day)
        return (self.start + timedelta(seconds=self.seconds * (day - self.day))).date()


def day_now(clocks: Sequence[Clock], now: datetime, last: int) -> int | None:
    """The canary's day at a moment, when the last day in use was `last`.

    Parameters
    ----------
    clocks : sequence of Clock
        As it was at the enrolment, and each time after it was set back. Once it is set right again, the earlier one fits again;
        so of those that fit, the one with the earliest day counts.
    now : datetime
        With a time zone.
    last : int

    Returns
    -------
    int or None
        At least `last`; None if the clock was set back and no clock fits.
    """
    fitting = [day for day in (clock.at(now) for clock in clocks) if day >= last - SLACK]
    return max(min(fitting), last) if fitting else None
