"""The canary of a page: its watch is lived through again, and its rule answers in the sandbox what it was asked."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import nbformat

from grader.sandbox.server import Job
from grader.tools.verify_portfolio.page import ShownOnPage
from grader.tools.verify_portfolio.running import LIMITS, MARK, code_cell
from holdout.project.grading import FAILS, HOLDS, OPEN, Finding
from holdout.record.canary import replay, rule
from holdout.record.canary.folder import FOLDER, open_canary
from holdout.record.canary.report import DriftCatch, read_catch
from holdout.record.canary.watch import Watch, look
from holdout.record.learner import learner_key

_RULE = """
import json as _json, pathlib as _pathlib
from holdout.record.canary.run_rule import answers as _answers
_shown = _json.loads(_pathlib.Path("shown.json").read_text())
print({mark!r} + _json.dumps([_answers(_pathlib.Path("rule.py"), streams) for streams in _shown]))
"""


@dataclass
class LivedThrough:
    """A watch that is over, beside the page; `judged` are the times that the rule which lies there was asked."""

    catch: DriftCatch
    watch: Watch
    replayed: replay.Replay
    judged: list[replay.Judged]


def prepare(
    page: ShownOnPage, beside: pathlib.Path, findings: list[Finding]
) -> tuple[LivedThrough | None, Job | None]:
    """Live through the watch again; the job asks its rule about what it was shown."""
    if not page.canary:
        return None, None
    now = datetime.now().astimezone()
    catch, problem = read_catch(beside, now)
    if catch is None:
        said = problem or f"{FOLDER}/ does not lie beside the page: nothing of the canary can be computed."
        findings.append(Finding("canary", FAILS, said))
        return None, None
    watch = look(open_canary(beside / FOLDER), now)
    replayed = replay.replay(watch)
    source, here = watch.canary.rule_source(), watch.canary.rule_fingerprint()
    judged = [one for one in replayed.judged if one.rule == here]
    found = LivedThrough(catch, watch, replayed, judged if source is not None else [])
    if not found.judged or source is None:
        return found, None
    shown = json.dumps([one.streams for one in judged]).encode()
    made = {
        **json.loads(json.dumps(nbformat.v4.new_notebook())),
        "cells": [code_cell(_RULE.format(mark=MARK))],
    }
    files = {rule.FILE: source, "shown.json": shown}
    return found, Job(made, limits=LIMITS, files=files, folder="canary", name=FOLDER)


def compare(page: ShownOnPage, canary: LivedThrough, ran: dict) -> Iterator[Finding]:
    about, hashes = canary.watch.canary.about, [str(line.get("hash")) for line in canary.watch.lines]
    if page.canary != about["id"]:
        yield Finding("canary", FAILS, "The canary beside the page is another one than that on the page.")
    elif page.canary_head not in hashes:
        yield Finding("canary", FAILS, "Its log does not hold the line with which the page was made: it was exchanged.")  # fmt: skip
    elif page.name and learner_key(page.name) != learner_key(about["name"]):
        yield Finding("canary", FAILS, f"The canary was enrolled by {about['name'] or 'nobody named'}, not by the name on the page.")  # fmt: skip
    else:
        yield Finding("canary", HOLDS, "The canary beside the page is that on the page, enrolled under this name.")  # fmt: skip
    yield _canary_on_the_page(page, canary.catch)
    if canary.watch.problems:
        said = "; ".join(canary.watch.problems)
        yield Finding("canary log", FAILS, f"{said[:1].upper()}{said[1:]}.")
    else:
        yield Finding("canary log", HOLDS, f"The chain of its {len(hashes)} lines is whole; the plan is that of its id. When they were written cannot be seen.")  # fmt: skip
    yield _asked_again(canary.replayed)
    yield _judged_again(canary, ran)


def _canary_on_the_page(page: ShownOnPage, catch: DriftCatch) -> Finding:
    def plain(text):
        return " ".join(str(text).split())

    rows = [plain(text) for text in page.canary_rows[1:]]  # the first is the head of the table
    if {plain(text) for text in page.canary_said} != {plain(catch.headline)}:
        return Finding("canary page", FAILS, f"The page says something else about the watch than its log, which says: {catch.headline}")  # fmt: skip
    if rows != [plain(f"{date} {day} {what}") for date, day, what in catch.rows]:
        return Finding("canary page", FAILS, "The dated log on the page is not that beside it.")
    return Finding("canary page", HOLDS, "What the page says about the watch is what the log beside it says.")


def _asked_again(replayed: replay.Replay) -> Finding:
    if replayed.problems:
        more = f" And {len(replayed.problems) - 3} more." if len(replayed.problems) > 3 else ""
        said = "; ".join(replayed.problems[:3])
        return Finding("canary answers", FAILS, f"{said[:1].upper()}{said[1:]}.{more}")
    said = f"{replayed.questions:,} questions were asked again of what the plan served: the counts are those of the log"
    if replayed.reworded:
        return Finding("canary answers", OPEN, f"{said}, but not every answer word for word ({replayed.reworded} times): another processor can do that.")  # fmt: skip
    return Finding("canary answers", HOLDS, f"{said}, and the answers word for word.")


def _judged_again(canary: LivedThrough, ran: dict) -> Finding:
    what, earlier = "canary rule", len(canary.replayed.judged) - len(canary.judged)
    others = f" {earlier} times an earlier version of it was asked, which is not there any more." if earlier else ""  # fmt: skip
    if not canary.judged:
        return Finding(what, OPEN, f"The rule beside the page was never asked.{others}")
    again = ran.get("found")
    if not isinstance(again, list) or len(again) != len(canary.judged):
        return Finding(what, FAILS, f"The rule could not be asked again: {ran.get('reason') or 'it printed nothing'}.")  # fmt: skip
    for one, answer in zip(canary.judged, again, strict=True):
        given = answer[0] if isinstance(answer, list) and answer else None
        if given != one.answers:
            return Finding(what, FAILS, f"On day {one.day} the log says that the rule answered {one.answers}; asked again it answers {str(given)[:200]}.")  # fmt: skip
    days = sum(len(one.answers) for one in canary.judged)
    return Finding(what, HOLDS, f"Asked again about {days} days, the rule answers as the log says.{others}")
