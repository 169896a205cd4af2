"""A watch lived through again from its log: the same questions asked of the same models, and what the rule was shown.

Writes nothing, and runs no rule: that is somebody else's code. Not shown by a replay: when the lines were written, and whether
other watches were begun and thrown away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from holdout.lm.replacements import ORIGINAL
from holdout.record.canary.plan import END
from holdout.record.canary.service import ITEMS, unpack
from holdout.record.canary.state import State, take
from holdout.record.canary.stream import stream_for, waiting_days
from holdout.record.canary.watch import Watch, outcome

MOST_SUITES = 2 * END
"""Requests for all questions that are asked again; each takes about half a second of computing."""


@dataclass(frozen=True)
class Judged:
    """One time that the rule was asked.

    Parameters
    ----------
    rule : str
        Fingerprint of the rule.
    day : int
        On which it was asked.
    streams : list of dict
        What it was shown, one for each day that it judged.
    answers : list of bool
        What the log says that it answered.
    """

    rule: str
    day: int
    streams: list[dict]
    answers: list[bool]


@dataclass
class Replay:
    """What came out.

    Parameters
    ----------
    problems : list of str
        Where the log says something else, in sentences.
    reworded : int
        Days whose counts come out, but not every answer word for word: another processor can do that.
    questions : int
        How many were asked again.
    judged : list of Judged
    """

    problems: list[str] = field(default_factory=list)
    reworded: int = 0
    questions: int = 0
    judged: list[Judged] = field(default_factory=list)


def replay(watch: Watch) -> Replay:
    """Live through a watch again.

    Parameters
    ----------
    watch : Watch
        As `holdout.record.canary.watch.look` reads it.

    Returns
    -------
    Replay
    """
    made, state = Replay(), State()
    frozen = watch.model.ask_all(ORIGINAL).right
    if not np.array_equal(frozen, watch.canary.frozen(len(frozen))):
        made.problems.append("the answers frozen at the enrolment are not those of the original model")
    for line in watch.lines:
        before = replace(state, suites=list(state.suites), rolled_back=list(state.rolled_back))
        try:
            waiting = waiting_days(state)
            shown = _shown(watch, state, waiting, line) if line["event"] == "judged" else None
            take(state, line, watch.canary.about["seconds_per_day"])
        except (KeyError, TypeError, ValueError):
            continue  # `look` has said that this line says nothing
        state.days.sort(key=lambda one: one.day)
        if shown is not None:
            made.judged.append(shown)
        if line["event"] in ("asked", "suite"):
            _ask_again(watch, before, frozen, line, made)
        elif line["event"] == "closed":
            ended = replace(watch, state=before)
            made.problems += [
                f"the last line says {key} {line.get(key)!r}; the lines above it say {value!r}"
                for key, value in _end(ended)
                if line.get(key) != value
            ]
    return made


def _ask_again(watch: Watch, before: State, frozen: np.ndarray, line: dict, made: Replay) -> None:
    """Ask what a line says was asked, of what the plan served then, and compare."""
    day, service = line["day"], watch.model
    if day > END:
        made.problems.append(f"questions of day {day} were asked; the review is on day {END}")
        return
    whole = line["event"] == "suite"
    if whole and len(before.suites) >= MOST_SUITES:
        return
    on = day if whole else line["on"]
    rows = np.arange(len(frozen)) if whole else service.questions_of(watch.canary.about["id"], day)
    asked = service.ask(watch.plan.served(on, before.rolled_back), rows)
    made.questions += len(rows)
    expected: dict = service.count(frozen, asked)
    if not whole:
        tested = unpack(before.suites[-1]["right"], len(frozen)) if before.suites else frozen
        since = service.count(tested, asked)
        expected["changed"] = (np.array(since["lost"]) + since["gained"]).tolist()
        expected["items"] = ITEMS
    what = "all questions" if whole else "the questions"
    wrong = [f"{key} {line.get(key)}" for key, value in expected.items() if line.get(key) != value]
    if wrong:
        stated = ", ".join(f"{key} {expected[key.split()[0]]}" for key in wrong)
        made.problems.append(f"{what} of day {day} were logged with {', '.join(wrong)}; asked again they give {stated}")  # fmt: skip
    elif line.get("answers") != asked.fingerprint:
        made.reworded += 1


def _shown(watch: Watch, state: State, waiting: list[int], line: dict) -> Judged:
    """What the rule was shown when a line was written, and what the line says that it answered."""
    days = [day for day in waiting if day <= line["through"]]
    answers = [False] * len(days)
    if line["rang"] and days:
        answers[-1] = True
    streams = [stream_for(state, watch.model, day, line["day"]) for day in days]
    return Judged(str(line["rule"]), line["day"], streams, answers)


def _end(watch: Watch) -> Iterator[tuple[str, object]]:
    """What the last line of a watch must say."""
    ended = outcome(watch)
    yield "served", watch.plan.harmful
    yield "change", ended.change
    yield "rang", ended.rang
    yield "rolled_back", ended.ended
    yield "caught", ended.ended is not None
    yield "false_alarms", ended.false_alarms
    yield "named", watch.state.named
