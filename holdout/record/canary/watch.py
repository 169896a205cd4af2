"""What one can do with a canary: ask it, ask everything, name the replacement, roll back, dismiss an alarm. Each is logged.

A request either is logged whole or changes nothing. The moment is always given, so that a test may use its own calendar.
"""

from __future__ import annotations

import contextlib
import csv
import io
import pathlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from holdout import chained_log
from holdout.lm.replacements import NAMES, ORIGINAL
from holdout.record import progress
from holdout.record.canary import rule
from holdout.record.canary.days import day_now
from holdout.record.canary.errors import CanaryError
from holdout.record.canary.folder import Canary, locked
from holdout.record.canary.plan import END, Plan, draw_plan
from holdout.record.canary.service import ITEMS, Service, pack, unpack
from holdout.record.canary.state import State, read_state
from holdout.record.canary.stream import stream_for, waiting_days

MOST_LATE = 14
"""Days whose questions are asked later; of those before them it is said that nobody asked."""
KIND = "canary"
"""Of the lines in the learner's record that hold the fingerprint of the log's last line."""


@dataclass
class Watch:
    """A canary with its log, at one moment.

    Parameters
    ----------
    canary : Canary
    now : datetime
        With a time zone.
    lines : list of dict
        Of the log.
    problems : list of str
        What is wrong with log or folder; none of it stops the watch.
    state : State
    """

    canary: Canary
    now: datetime
    lines: list[dict]
    problems: list[str]
    state: State
    service: Service | None = None
    done: list[str] = field(default_factory=list)
    """What was done just now, in sentences."""

    @property
    def plan(self) -> Plan:
        return draw_plan(self.canary.about["id"])

    @property
    def today(self) -> int:
        """The canary's day; never before the last one that was used."""
        day = day_now([self.canary.clock, *self.state.clocks], self.now, self.state.last)
        return self.state.last if day is None else day

    @property
    def model(self) -> Service:
        if self.service is None:
            self.service = Service()
        return self.service

    def note(self, event: str, **fields: Any) -> None:
        """Write a line, and read the log again."""
        line = chained_log.append(
            self.canary.folder, event, now=self.now, date=self.now.date().isoformat(), **fields
        )
        self.lines.append(line)
        self.state = read_state(self.lines, self.canary.about["seconds_per_day"])


def look(canary: Canary, now: datetime, *, service: Service | None = None) -> Watch:
    """Read where a canary stands; writes nothing.

    Parameters
    ----------
    canary : Canary
    now : datetime
        With a time zone.
    service : Service, optional

    Returns
    -------
    Watch
    """
    lines, problems = chained_log.read(canary.folder)
    state = read_state(lines, canary.about["seconds_per_day"])
    problems = [*canary.problems, *problems, *_missing_lines(canary, lines)]
    problems += [
        f"line {number} of {chained_log.FILE} says nothing that can be used; it was left out"
        for number in state.unusable
    ]
    return Watch(canary, now, lines, problems, state, service)


def _missing_lines(canary: Canary, lines: Sequence[dict]) -> list[str]:
    """Whether the learner's record knows a line that the log has no more."""
    here = {line.get("hash") for line in lines}
    try:
        noted = [one for one in progress.read_with_gaps()[0] if one["kind"] == KIND and one.get("canary") == canary.about["id"]]  # fmt: skip
    except progress.ProgressError:
        return []
    gone = sum(one.get("head") not in here for one in noted)
    return [f"{gone} of the {len(noted)} lines of {chained_log.FILE} that your record has noted are not there any more"] if gone else []  # fmt: skip


def ask(
    canary: Canary,
    now: datetime,
    *,
    late: bool = False,
    service: Service | None = None,
    seconds: int = rule.SECONDS,
) -> Watch:
    """Ask the questions of today and of the days that were missed, and let the rule judge what it has not judged yet.

    Missed days are asked now, of the model that is served now: nobody can ask yesterday's model. Those more than `MOST_LATE` days
    ago are skipped, which the log says. After the last day the review ends the watch.

    Parameters
    ----------
    canary : Canary
    now : datetime
        With a time zone.
    late : bool
        The date is right although more than `MOST_LATE` days went by since the last request.
    service : Service, optional
    seconds : int
        Limit of the rule.

    Returns
    -------
    Watch

    Raises
    ------
    CanaryError
        If so many days went by on the calendar and `late` is not said: the clock may be wrong, and days once used do not come back.
    """
    with _changing(canary, now, service, late) as watch:
        if watch.state.closed:
            return watch
        if watch.today > END:
            _close(watch)
        elif _harm_ended(watch) is None:
            _ask_days(watch)
            _judge(watch, seconds)
    return watch


@contextlib.contextmanager
def _changing(canary: Canary, now: datetime, service: Service | None, late: bool = False) -> Iterator[Watch]:
    """The watch for one request, under the lock; afterwards the learner's record notes the last line."""
    with locked(canary.folder):
        watch = look(canary, now, service=service)
        if not late:
            _refuse_a_leap(watch)
        before, last = len(watch.lines), watch.state.last
        if not watch.state.closed and day_now([canary.clock, *watch.state.clocks], now, last) is None:
            watch.note("clock", day=last, moment=now.isoformat(timespec="seconds"))
            watch.done.append(
                f"The clock was set back: it says {now:%Y-%m-%d %H:%M}. Days are counted on from day {last}, and nothing is asked twice."
            )
        try:
            yield watch
        finally:
            if len(watch.lines) > before:
                try:
                    progress.record(KIND, canary=canary.about["id"], head=chained_log.head(watch.lines))
                except progress.ProgressError as problem:
                    watch.problems.append(str(problem))


def _ask_days(watch: Watch) -> None:
    state, today = watch.state, watch.today
    due = list(range(state.asked + 1, today + 1))
    if len(due) > MOST_LATE:
        skipped, due = due[:-MOST_LATE], due[-MOST_LATE:]
        watch.note("skipped", on=today, day=skipped[-1], **{"from": skipped[0]})
        watch.done.append(
            f"Days {skipped[0]} to {skipped[-1]} were not asked: more than {MOST_LATE} days late."
        )
    if not due:
        return
    service, id = watch.model, watch.canary.about["id"]
    if service.questions.fingerprint != watch.canary.about["questions"]:
        raise CanaryError("the course's questions are other ones than at the enrolment; begin a new canary with `holdout canary enrol`")  # fmt: skip
    frozen = watch.canary.frozen(len(service.places))
    tested = unpack(watch.state.suites[-1]["right"], len(service.places)) if watch.state.suites else frozen
    served = watch.plan.served(today, watch.state.rolled_back)
    lost = gained = 0
    for day in due:
        asked = service.ask(served, service.questions_of(id, day))
        counts = service.count(frozen, asked)
        since = service.count(tested, asked)
        changed = (np.array(since["lost"]) + since["gained"]).tolist()
        watch.note("asked", day=day, on=today, items=ITEMS, **counts, changed=changed, answers=asked.fingerprint)  # fmt: skip
        lost, gained = lost + sum(counts["lost"]), gained + sum(counts["gained"])
    which = f"day {due[0]}" if len(due) == 1 else f"days {due[0]} to {due[-1]}, asked today"
    watch.done.append(
        f"{len(due) * ITEMS * len(service.slices)} questions of {which}: {lost} lost, {gained} gained."
    )


def _judge(watch: Watch, seconds: int) -> None:
    """Let the rule judge the days that it has not judged; where it wants the suite, ask that once and go on."""
    state = watch.state
    if state.ringing is not None:
        return
    waiting = waiting_days(state)
    through = max(state.judged, state.history_begins - 1)
    while waiting:
        streams = [stream_for(watch.state, watch.model, day, watch.today) for day in waiting]
        results, problem = rule.judge(watch.canary.rule, streams, seconds=seconds)
        wants = bool(results) and results[-1] == "suite"
        if wants and streams[len(results) - 1]["suite"] is not None:
            wants, problem = (
                False,
                'monitor asks for the suite although it was asked; decide by stream["suite"]',
            )
            results = results[:-1]
        answered = results[:-1] if wants else results
        if answered or problem or not wants:
            rang = bool(answered and answered[-1])
            through = waiting[len(answered) - 1] if answered else through
            watch.note(
                "judged",
                day=watch.today,
                through=through,
                rang=None if problem and not rang else rang,
                problem=problem,
                rule=watch.canary.rule_fingerprint(),
            )
            if rang:
                watch.done.append(f"Your rule rings, on the questions of day {through}.")
                return
            if problem:
                watch.done.append(
                    f"Your rule failed: {problem}. The counts are kept; repair it and run `holdout canary`."
                )
                return
        waiting = waiting[len(answered) :]
        if wants:
            _ask_suite(watch)


def _ask_suite(watch: Watch) -> pathlib.Path:
    """Ask everything of the model that is served, and keep the answers as a table."""
    service, today = watch.model, watch.today
    asked = service.ask_all(watch.plan.served(today, watch.state.rolled_back))
    frozen = watch.canary.frozen(len(service.places))
    watch.note("suite", day=today, **service.count(frozen, asked), right=pack(asked.right), answers=asked.fingerprint)  # fmt: skip
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["question", "slice", "right_before", "right_now"])
    writer.writerows(
        [row, service.slices[service.places[row]], int(frozen[row]), int(asked.right[row])]
        for row in asked.rows
    )
    names = (f"suite-day-{today:02}{more}.csv" for more in ("", *(f"-{number}" for number in range(2, 1000))))
    file = next(path for name in names if not (path := watch.canary.folder / name).exists())
    try:
        file.write_text(table.getvalue(), encoding="utf-8")
    except OSError as error:
        watch.problems.append(f"{file.name} cannot be written ({error.strerror or error}); the counts are in the log")  # fmt: skip
    counts = watch.state.suites[-1]
    by_slice = ", ".join(f"{name} {lost}/{gained}" for name, lost, gained in zip(service.slices, counts["lost"], counts["gained"], strict=True))  # fmt: skip
    watch.done.append(f"All {len(asked.rows):,} questions were asked. Lost/gained: {by_slice}. Answers: {file.name}.")  # fmt: skip
    return file


def suite(canary: Canary, now: datetime, *, service: Service | None = None) -> Watch:
    """Ask all questions of what is served now."""
    with _changing(canary, now, service) as watch:
        _refuse_closed(watch)
        _ask_suite(watch)
    return watch


def name(canary: Canary, now: datetime, which: str, *, service: Service | None = None) -> Watch:
    """Say which replacement is, or was, in service; the last word before the watch is closed counts.

    Raises
    ------
    CanaryError
        If there is no such replacement, or nothing has rung yet.
    """
    if which not in NAMES:
        raise CanaryError(f"there is no replacement {which!r}; there are: {', '.join(repr(one) for one in NAMES)}")  # fmt: skip
    with _changing(canary, now, service) as watch:
        _refuse_closed(watch)
        if not watch.state.rings:
            raise CanaryError("nothing has rung yet: there is no replacement to name. `holdout canary suite` asks everything by hand")  # fmt: skip
        watch.note("named", day=watch.today, name=which)
        watch.done.append(f"Noted: you say that it is {which!r}.")
        if _harm_ended(watch) is not None:
            _close(watch)
    return watch


def roll_back(canary: Canary, now: datetime, *, service: Service | None = None) -> Watch:
    """Put the original back; if nothing was asked since the alarm, everything is asked first, so that the evidence is kept.

    Raises
    ------
    CanaryError
        If nothing rings.
    """
    with _changing(canary, now, service) as watch:
        _refuse_closed(watch)
        if watch.state.ringing is None:
            raise CanaryError("nothing rings, so there is nothing to roll back from; `holdout canary status` says where you stand")  # fmt: skip
        today = watch.today
        if not any(one["day"] >= watch.state.ringing for one in watch.state.suites):
            _ask_suite(watch)
        served = watch.plan.served(today, watch.state.rolled_back)
        watch.note("rolled back", day=today, to=watch.canary.about["weights"])
        harmful = _harm_ended(watch) is not None
        if not harmful:
            what = "the original itself" if served == ORIGINAL else f"{served!r}, a harmless update"
            watch.done.append(f"The original is in service again. It was a false alarm: in service was {what}. The watch goes on.")  # fmt: skip
        elif watch.state.named:
            _close(watch)
        else:
            watch.done.append("The original is in service again. What was it? Compare the table of the suite with the recorded answers, and say `holdout canary identify NAME`.")  # fmt: skip
    return watch


def dismiss(canary: Canary, now: datetime, why: str, *, service: Service | None = None) -> Watch:
    """Decide that an alarm asks for no change, with a reason; the rule's history begins anew on the next day.

    Raises
    ------
    CanaryError
        If nothing rings, or no reason is given.
    """
    why = " ".join(why.split())
    if len(why.split()) < 3:
        raise CanaryError('give your reason in three words or more: holdout canary dismiss "no slice lost anything"')  # fmt: skip
    with _changing(canary, now, service) as watch:
        _refuse_closed(watch)
        if watch.state.ringing is None:
            raise CanaryError("nothing rings, so there is nothing to dismiss")
        watch.note("dismissed", day=watch.today, why=why[:500])
        watch.done.append("Dismissed, with your reason. The rule's history begins anew.")
    return watch


def _refuse_a_leap(watch: Watch) -> None:
    """A clock set forward looks like a computer that was off; only the learner knows which it was."""
    days = watch.today - watch.state.last
    if watch.canary.compressed or watch.state.closed or days <= MOST_LATE:
        return
    ends = f", after the review on day {END}" if watch.today > END else ""
    raise CanaryError(
        f"this computer's clock says {watch.now.date()}, which is day {watch.today}{ends}; the last request was on day {watch.state.last}, "
        f"{days} days before. Nothing was asked or written. If the date is wrong, set the clock right; if it is right, "
        "`holdout canary ask --late` goes on"
    )


def _refuse_closed(watch: Watch) -> None:
    if watch.state.closed:
        raise CanaryError("this watch is over; `holdout canary status` says how it ended. Move the folder away to begin a new one")  # fmt: skip


def _harm_ended(watch: Watch) -> int | None:
    """The day on which the harmful replacement was rolled back; None if it was not."""
    return next((day for day in watch.state.rolled_back if day >= watch.plan.change), None)


@dataclass(frozen=True)
class Outcome:
    """How a watch ended.

    Parameters
    ----------
    change : int
        First day of the harmful replacement.
    rang : int or None
        The first alarm from then on.
    ended : int or None
        The roll-back; None if the review ended it.
    false_alarms : int
        Alarms before the change.
    dismissed : int
        Alarms from then on that the learner dismissed.
    """

    change: int
    rang: int | None
    ended: int | None
    false_alarms: int
    dismissed: int


def outcome(watch: Watch) -> Outcome:
    """How a watch ended, or would end if it ended now; compares with the hidden plan."""
    state, change = watch.state, watch.plan.change
    return Outcome(
        change,
        next((day for day in state.rings if day >= change), None),
        _harm_ended(watch),
        sum(day < change for day in state.rings),
        sum(day >= change for day in state.dismissed),
    )


def _close(watch: Watch) -> None:
    """Write the last line: what it was, when, and who noticed."""
    from holdout.lm.checkpoint import digest
    from holdout.lm.replacements import replacement

    ended = outcome(watch)
    harmful = watch.plan.harmful
    watch.note(
        "closed",
        day=watch.today,
        caught=ended.ended is not None,
        served=harmful,
        weights=digest(replacement(harmful).weights),
        named=watch.state.named,
        events=[list(event) for event in watch.plan.events],
        change=ended.change,
        rang=ended.rang,
        rolled_back=ended.ended,
        false_alarms=ended.false_alarms,
    )
