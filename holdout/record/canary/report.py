"""A canary in words: for the terminal, the start of the Lab, and the portfolio. Writes nothing."""

from __future__ import annotations

import os
import pathlib
from dataclasses import dataclass
from datetime import datetime

from holdout import chained_log
from holdout.errors import HoldoutError
from holdout.record.canary.folder import FOLDER, is_canary, open_canary
from holdout.record.canary.plan import END
from holdout.record.canary.state import date_of
from holdout.record.canary.watch import Outcome, Watch, ask, look, outcome

RINGS = "It rings since day {day}, and nothing is decided: `holdout canary suite` shows what was lost; then `roll-back` or `dismiss`."


def enrolled_text(watch: Watch) -> str:
    """What `holdout canary enrol` says."""
    canary = watch.canary
    clock = (
        f"a compressed clock: one day lasts {_duration(canary.about['seconds_per_day'])}"
        if canary.compressed
        else "the days of the calendar"
    )
    return (
        f"{canary.folder} is made, on {clock}. From day 1 on, `holdout lab` and `holdout canary` ask the served model 40 questions per day. "
        f"On a hidden day its weights change for the worse; harmless updates may come before.\n"
        f"Now write your rule into {canary.rule}: the one that is there never rings. The review is on day {END}."
    )


def text(watch: Watch) -> str:
    """Where a canary stands, with what was done just now above it."""
    state, canary = watch.state, watch.canary
    said = [*watch.done]
    said += [f"! {problem}" for problem in watch.problems]
    if state.closed:
        return "\n".join([*said, *_ended(watch)])
    clock = f", compressed clock: a day lasts {_duration(canary.about['seconds_per_day'])}" if canary.compressed else ""  # fmt: skip
    asked = f"{_days(len(state.days))} asked"
    if state.late:
        asked += f", {state.late} of them late"
    if state.skipped:
        asked += f", {state.skipped} skipped"
    said.append(
        f"Day {watch.today} of {END}{clock}. {asked}; {len(state.rings)} {'alarm' if len(state.rings) == 1 else 'alarms'}."
    )
    if state.ringing is not None:
        said.append(RINGS.format(day=state.ringing))
    elif outcome(watch).ended is not None:
        said.append(
            "The harmful replacement is out of service. Say what it was: `holdout canary identify NAME`."
        )
    elif canary.rule_is_template:
        said.append(f"Your rule is still the one that never rings: write yours into {canary.rule}.")
    else:
        said.append("Nothing rings.")
    return "\n".join(said)


def _ended(watch: Watch) -> list[str]:
    """How a watch ended, from the hidden plan, said to the learner."""
    ended, plan, named = outcome(watch), watch.plan, watch.state.named
    said = [f"Over. On day {ended.change} {plan.harmful!r} came into service.", _rang(ended, "Your")]
    said.append(f"Rolled back on day {ended.ended}." if ended.ended is not None else f"It was not rolled back before the review on day {END}.")  # fmt: skip
    said.append(f"You said {named!r}: {'right' if named == plan.harmful else 'wrong'}." if named else "You did not say what it was.")  # fmt: skip
    return [*said, "`holdout portfolio` shows it on its first page."]


def _rang(ended: Outcome, whose: str) -> str:
    """When a rule rang, in a sentence."""
    false = "1 false alarm" if ended.false_alarms == 1 else f"{ended.false_alarms} false alarms"
    if ended.rang is not None:
        return (
            f"{whose} rule rang on day {ended.rang}, {_days(ended.rang - ended.change)} later, after {false}."
        )
    if ended.ended is not None:
        return f"{whose} rule rang before that day, and the alarm was still undecided; {false}."
    return f"{whose} rule did not ring before the review on day {END}; {false}."


def at_start(root: str | os.PathLike, now: datetime) -> str:
    """Ask the canary of a course when the Lab starts; empty if there is none. Never raises: the Lab starts in any case."""
    folder = pathlib.Path(root) / FOLDER
    if not is_canary(folder):
        return ""
    try:
        watch = ask(open_canary(folder), now)
        over = watch.state.closed and not watch.done
        return "" if over else "Canary. " + text(watch)
    except (HoldoutError, OSError, ValueError, KeyError, TypeError) as error:
        return f"Canary. It could not be asked: {error}"


def in_a_line(root: str | os.PathLike, now: datetime) -> str:
    """Where the canary of a course stands, for `holdout progress`; empty if there is none. Asks nothing, and never raises."""
    folder = pathlib.Path(root) / FOLDER
    if not is_canary(folder):
        return ""
    try:
        watch = look(open_canary(folder), now)
        state = watch.state
        if state.closed:
            ended = outcome(watch)
            said = f"over; the change came on day {ended.change}, {_rang(ended, 'your')}"
        elif state.ringing is not None:
            said = f"day {watch.today} of {END}. " + RINGS.format(day=state.ringing)
        else:
            behind = watch.today - max(state.asked, 0)
            waits = f"; the questions of {_days(behind)} wait for `holdout canary`" if behind > 0 and outcome(watch).ended is None else ""  # fmt: skip
            said = f"day {watch.today} of {END}, nothing rings{waits}."
        wrong = " Something is wrong with its files: `holdout canary status` says what." if watch.problems else ""  # fmt: skip
        return f"Your canary: {said}{wrong}"
    except (HoldoutError, OSError, ValueError, KeyError, TypeError) as error:
        return f"Your canary cannot be read: {error}"


# ----------------------------------------------------------------------------------------------------------- portfolio


@dataclass(frozen=True)
class DriftCatch:
    """A watch that is over, for the portfolio.

    Parameters
    ----------
    headline : str
        What happened, in two or three sentences.
    caught : bool
    rows : list of (date, day, what)
        The log, shortened to what happened.
    fingerprints : list of (what, fingerprint)
    notes : list of str
        The clock, missed days, and what is wrong with the log.
    id, head : str
        Of the canary, and of its log's last line.
    """

    headline: str
    caught: bool
    rows: list[tuple[str, int, str]]
    fingerprints: list[tuple[str, str]]
    notes: list[str]
    id: str
    head: str


def read_catch(root: str | os.PathLike, now: datetime) -> tuple[DriftCatch | None, str]:
    """The watch of a course's folder; and why it cannot be shown, or that it goes on.

    Parameters
    ----------
    root : path
    now : datetime
        With a time zone.

    Returns
    -------
    catch : DriftCatch or None
    problem : str
    """
    folder = pathlib.Path(root) / FOLDER
    if not is_canary(folder):
        return None, ""
    try:
        watch = look(open_canary(folder), now)
    except HoldoutError as error:
        return None, f"My canary cannot be shown: {error}."
    if not watch.state.closed:
        return None, f"My canary on the calendar is on day {watch.today} of {END}; it is not over."
    return _catch(watch), ""


def _catch(watch: Watch) -> DriftCatch:
    ended, plan, state, about = outcome(watch), watch.plan, watch.state, watch.canary.about
    change = f"On day {ended.change} a model that I was watching was replaced without notice by a worse one ({plan.harmful})."  # fmt: skip
    said = f"{change} {_rang(ended, 'My')} It asked 40 questions on each of {_days(len(state.days))}."
    if ended.ended is not None:
        named = "and named the replacement rightly" if state.named == plan.harmful else "and named another replacement" if state.named else "and did not name it"  # fmt: skip
        date = date_of(watch.lines, ended.ended)
        when = f" ({date})" if date else ""
        said += f" I rolled back on day {ended.ended}{when} {named}."
    elif ended.rang is not None:
        said += " I did not roll back before the review."
    notes = []
    if watch.canary.compressed:
        notes.append(f"On a compressed clock: one day lasted {_duration(about['seconds_per_day'])}.")
    if state.late:
        notes.append(f"The questions of {state.late} days were asked later, of the model in service then.")
    if state.skipped:
        notes.append(f"{state.skipped} days were not asked.")
    if state.set_back:
        notes.append(f"The computer's clock was set back {len(state.set_back)} times; days were counted on.")
    if ended.dismissed:
        notes.append(f"{ended.dismissed} alarms were dismissed although the harmful model was in service.")
    failed = len(state.problems_of_rule)
    if failed:
        notes.append(f"The rule failed {failed} times, and judged those days after it was repaired.")
    notes += [f"{problem[:1].upper()}{problem[1:]}." for problem in watch.problems]
    rules = [line["rule"] for line in watch.lines if line.get("event") == "judged" and isinstance(line.get("rule"), str)]  # fmt: skip
    prints = [("questions", about["questions"]), ("weights at the enrolment", about["weights"])]
    prints += [(f"weights from day {ended.change} on", str((state.closed or {}).get("weights", "")))]
    prints += [(f"rule {number}", one) for number, one in enumerate(dict.fromkeys(rules), start=1)][:6]
    prints.append(("last line of the log", chained_log.head(watch.lines)))
    return DriftCatch(said, ended.ended is not None, _rows(watch), prints, notes, about["id"], chained_log.head(watch.lines))  # fmt: skip


def _rows(watch: Watch) -> list[tuple[str, int, str]]:
    """What happened, without the quiet days."""
    rows = []
    for line in watch.lines:
        if line.get("number") is not None and line["number"] + 1 in watch.state.unusable:
            continue
        day, what = line.get("day", 0), ""
        event = line.get("event")
        if event == "enrolled":
            what = "enrolled; the answers of the original were frozen"
        elif event == "judged" and line.get("rang"):
            what = "the rule rang"
        elif event == "judged" and line.get("problem"):
            what = f"the rule failed: {str(line['problem'])[:120]}"
        elif event == "suite":
            what = f"all questions asked: {sum(line['lost'])} lost, {sum(line['gained'])} gained"
        elif event == "named":
            what = f"named the replacement: {line['name']}"
        elif event == "rolled back":
            what = "rolled back to the original"
        elif event == "dismissed":
            what = f"dismissed the alarm: {str(line.get('why'))[:160]}"
        elif event == "clock":
            what = "the clock was set back"
        elif event == "skipped":
            what = f"days {line['from']} to {day} were not asked"
        elif event == "closed":
            what = "over: the plan was opened"
        if what:
            rows.append((str(line.get("date", ""))[:10], int(line.get("on", day)), what))
    return rows


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _duration(seconds: float) -> str:
    if seconds >= 3600:
        return f"{seconds / 3600:g} hours"
    return f"{seconds / 60:g} minutes" if seconds >= 60 else f"{seconds:g} seconds"
