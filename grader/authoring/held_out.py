"""``holdout verify --held-out ROUND``: the grader's mistakes on answers whose writers saw only the exercises' texts.

The known answers of a question are its training set: cases and limits were chosen until they separated them. Held-out
answers are its test set. A round is a folder ``tests/held-out/NAME`` with TOML files of ``[[answer]]`` tables::

    [[answer]]
    question = "01.gap"
    kind = "wrong"          # or "right"
    name = "spread of one run"
    why = "what somebody who writes this is thinking"
    code = '''
    def generalization_gap(train, test): ...
    '''

The result of the first try is kept for good, whatever is repaired afterwards; later tries stand beside it.
"""

from __future__ import annotations

import datetime
import json
import os
import pathlib
import tomllib
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from grader.authoring.exercise import load_exercise
from grader.authoring.notebooks import write_text
from grader.authoring.pages import write_block
from grader.authoring.question import KnownAnswer, Question
from grader.authoring.time_limit import OutOfTime, late_run, time_limit
from holdout.checks.check import judge_runs
from holdout.checks.many import decode_once
from holdout.checks.matching import decode_run
from holdout.checks.probe import run_probe
from holdout.checks.properties import violated_property
from holdout.errors import HoldoutError
from holdout.stats.intervals import wilson_interval

FOLDER = "tests/held-out"
RESULTS = "results.json"
BLOCK = "held-out"
LONGEST = 60.0
"""Seconds of running an answer's code, and of one result on one case, after which the answer counts as one that took too long."""


class HeldOutError(HoldoutError):
    """A round of held-out answers that cannot be read; the message says which answer and why."""


@dataclass(frozen=True)
class HeldOutAnswer:
    """An answer by somebody who did not know the question's cases, known answers and limits.

    Attributes
    ----------
    question : str
    kind : {"wrong", "right"}
        What its writer meant it to be.
    name, why, code : str
    """

    question: str
    kind: str
    name: str
    why: str
    code: str


def read_round(name: str, root: str | os.PathLike) -> list[HeldOutAnswer]:
    """Read the answers of a round.

    Parameters
    ----------
    name : str
        Folder below `FOLDER`.
    root : path
        The course.

    Returns
    -------
    list of HeldOutAnswer
        In the order of files and answers.

    Raises
    ------
    HeldOutError
        If there is no such round, or an answer lacks something or stands twice.
    """
    folder = pathlib.Path(root) / FOLDER / name
    files = sorted(folder.glob("*.toml"))
    if not files:
        there = ", ".join(sorted(path.name for path in folder.parent.glob("*") if path.is_dir())) or "none"
        raise HeldOutError(f"there are no held-out answers in {folder}; there are these rounds: {there}")
    answers: list[HeldOutAnswer] = []
    seen = set()
    for path in files:
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8")).get("answer", [])
        except tomllib.TOMLDecodeError as error:
            raise HeldOutError(f"{path} is no TOML: {error}") from None
        for number, table in enumerate(tables, 1):
            where = f"{path.name}, answer {number}"
            lacking = [key for key in ("question", "kind", "name", "code") if not table.get(key)]
            if lacking:
                raise HeldOutError(f"{where} has no {', '.join(lacking)}")
            if table["kind"] not in ("wrong", "right"):
                raise HeldOutError(f"{where}: its kind must be 'wrong' or 'right', not {table['kind']!r}")
            key = (table["question"], table["name"])
            if key in seen:
                raise HeldOutError(f"{where}: {table['question']} has two answers named {table['name']!r}")
            seen.add(key)
            answers.append(
                HeldOutAnswer(
                    table["question"], table["kind"], table["name"], table.get("why", ""), table["code"]
                )
            )
    return answers


def seed_of(round_name: str) -> int:
    """First seed of a round's hidden cases: it comes from the round's name, so that no limit was measured on these draws.

    Parameters
    ----------
    round_name : str

    Examples
    --------
    >>> seed_of("2026-11") != seed_of("2026-12")
    True
    """
    return 1_000_000 + zlib.crc32(round_name.encode()) % 1_000_000_000


def grade_round(
    answers: Iterable[HeldOutAnswer],
    root: str | os.PathLike | None = None,
    *,
    seeds: int = 20,
    first_seed: int,
    jobs: int = 1,
) -> Iterator[dict]:
    """Grade held-out answers, question by question.

    Parameters
    ----------
    answers : iterable of HeldOutAnswer
    root : path, optional
    seeds : int
        How many sets of hidden cases are drawn.
    first_seed : int
        See `seed_of`.
    jobs : int
        Questions graded side by side.

    Yields
    ------
    dict
        One row per answer (see `grade_answer`).
    """
    by_question: dict[str, list[HeldOutAnswer]] = {}
    for answer in answers:
        by_question.setdefault(answer.question, []).append(answer)
    draws = range(first_seed, first_seed + seeds)
    tasks = [(root, id, group, draws) for id, group in by_question.items()]
    if jobs == 1:
        for task in tasks:
            yield from _grade_question(task)
        return
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        try:
            for rows in pool.map(_grade_question, tasks):
                yield from rows
        finally:  # an interrupted run does not wait for what has not begun
            pool.shutdown(wait=False, cancel_futures=True)


def _grade_question(task):
    root, id, answers, seeds = task
    question = load_exercise(id.partition(".")[0], root)[id]
    visible = question.compiled()
    hidden = [decode_once(question.hidden_cases(seed)) for seed in seeds]
    return [grade_answer(question, answer, visible, hidden) for answer in answers]


def grade_answer(
    question: Question, answer: HeldOutAnswer, visible: dict, hidden: Iterable[Sequence[Mapping]]
) -> dict:
    """Grade one answer on the visible cases and on sets of hidden ones.

    Parameters
    ----------
    question : grader.authoring.question.Question
    answer : HeldOutAnswer
    visible : dict
        As ``question.compiled()`` gives it.
    hidden : iterable of sequence of Mapping
        Sets of encoded cases.

    Returns
    -------
    dict
        ``question, kind, name``; ``full``: sets of hidden cases on which it gets full marks; ``seeds``; ``smallest`` and ``largest``
        share of the points; ``check``: outcome of the visible check; ``message``; ``about``: what the message rests on ("known answer",
        "property", "error", "judge", "comparison", or "" where the check passes).
    """
    row = {"question": answer.question, "kind": answer.kind, "name": answer.name}
    hidden = list(hidden)
    try:
        with time_limit(LONGEST):
            value = question.value_of(KnownAnswer(answer.name, answer.code))
    except (Exception, OutOfTime) as error:
        failed = {
            "full": 0,
            "smallest": 0.0,
            "largest": 0.0,
            "check": "crashed",
            "about": "error",
            "message": f"no result after {LONGEST:.0f} s"
            if isinstance(error, OutOfTime)
            else f"{type(error).__name__}: {error}",
        }
        return {**row, "seeds": len(hidden), **failed}
    scores = [question.score(cases, _results(value, question, cases)) for cases in hidden]
    runs = _results(value, question, visible["cases"])
    outcome, message, misconception = judge_runs(visible, runs)
    return {
        **row,
        "full": sum(score >= 1.0 for score in scores),
        "seeds": len(hidden),
        "smallest": min(scores),
        "largest": max(scores),
        "check": outcome,
        "about": _about(question, visible, runs, outcome, misconception),
        "message": message,
    }


def _about(question, visible, runs, outcome, misconception):
    if outcome == "passed":
        return ""
    if misconception:
        return "known answer"
    if outcome != "wrong":
        return "error"
    if violated_property(visible, [decode_run(run) for run in runs]) is not None:
        return "property"
    return "comparison" if question.judge in ("close", "choice") else "judge"


def _results(value, question, cases):
    results = []
    for case in cases:
        try:
            with time_limit(LONGEST):
                results.append(run_probe(value, question.probe, case["inputs"]))
        except OutOfTime:
            results.append(late_run(LONGEST))
    return results


def summary_of(rows: Iterable[dict]) -> dict:
    """Counts of a graded round.

    Parameters
    ----------
    rows : iterable of dict
        As `grade_round` yields them.

    Returns
    -------
    dict
        ``wrong``, ``refused`` (never full marks on any set), ``always_passed`` (full marks on all), ``check_passed`` (wrong answers that the visible check
        passes), ``specific`` (refused by the check with a message that rests on a known answer, a property, an error or the judge's own finding);
        ``right``, ``lost`` (right answers that lose points on any set or that the check refuses).
    """
    rows = list(rows)
    wrong = [row for row in rows if row["kind"] == "wrong"]
    right = [row for row in rows if row["kind"] == "right"]
    return {
        "seeds": max((row["seeds"] for row in rows), default=0),
        "questions": len({row["question"] for row in rows}),
        "wrong": len(wrong),
        "refused": sum(row["full"] == 0 for row in wrong),
        "always_passed": sum(row["full"] == row["seeds"] for row in wrong),
        "check_passed": sum(row["check"] == "passed" for row in wrong),
        "specific": sum(row["about"] not in ("", "comparison") for row in wrong),
        "right": len(right),
        "lost": sum(row["full"] < row["seeds"] or row["check"] != "passed" for row in right),
    }


def keep(name: str, rows: Iterable[dict], root: str | os.PathLike, *, today: str | None = None) -> dict:
    """Enter a graded round into ``tests/held-out/results.json``; the first try stays as it was.

    Parameters
    ----------
    name : str
    rows : iterable of dict
    root : path
    today : str, optional

    Returns
    -------
    dict
        All rounds: ``{name: {"first": try, "now": try}}``. A try has ``date``, its summary and the ``mistakes`` by name.
    """
    path = pathlib.Path(root) / FOLDER / RESULTS
    rounds = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    rows = list(rows)
    mistakes = [
        {key: row[key] for key in ("question", "kind", "name", "full", "check")}
        for row in rows
        if (
            row["full"] > 0
            if row["kind"] == "wrong"
            else row["full"] < row["seeds"] or row["check"] != "passed"
        )
    ]
    tried = {"date": today or datetime.date.today().isoformat(), **summary_of(rows), "mistakes": mistakes}
    rounds.setdefault(name, {"first": tried})["now"] = tried
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(json.dumps(rounds, ensure_ascii=False, indent=1) + "\n", path)
    return rounds


def publish(rounds: dict, root: str | os.PathLike) -> None:
    """Write the rounds into docs/verification.md and their first tries together into README.md.

    Parameters
    ----------
    rounds : dict
        As `keep` gives them.
    root : path
    """
    write_block(root, BLOCK, blocks(rounds))


def blocks(rounds: dict) -> dict[str, str]:
    """What stands in the block of each page.

    Parameters
    ----------
    rounds : dict
        As `keep` gives them.
    """
    return {"README.md": result_lines(rounds), "docs/verification.md": as_markdown(rounds)}


def result_lines(rounds: dict) -> str:
    """The first tries of all rounds together in one line of Markdown, for README.md."""
    if not rounds:
        return ""
    first = {
        key: sum(tries["first"][key] for tries in rounds.values())
        for key in ("wrong", "refused", "right", "lost")
    }
    return (
        f"- Out of sample, {len(rounds)} rounds, the earlier ones on texts that have been redrawn since: of {first['wrong']} wrong answers whose writers saw only the exercises' texts, {first['refused']} lost points on every set "
        f"of hidden cases at the first try ({_share(first['refused'], first['wrong'])}); "
        f"of {first['right']} right ones {first['lost']} lost points ({_share(first['lost'], first['right'])})."
    )


def as_markdown(rounds: dict) -> str:
    """All rounds as a table of Markdown, for docs/verification.md."""
    lines = [
        "| round | try | sets | wrong answers | refused on every set | full marks on every set | passed by the visible check | message says something specific | right answers | lost points |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, tries in rounds.items():
        for label in ("first", "now") if tries["now"] != tries["first"] else ("first",):
            one = tries[label]
            heard = one["wrong"] - one["check_passed"]
            lines.append(
                f"| {name} | {'first, ' if label == 'first' else 'after repair, '}{one['date']} | {one['seeds']} | {one['wrong']} | "
                f"{one['refused']} ({_share(one['refused'], one['wrong'])}) | {one['always_passed']} | {one['check_passed']} | "
                f"{one['specific']} of {heard} | {one['right']} | {one['lost']} ({_share(one['lost'], one['right'])}) |"
            )
    return "\n".join(lines)


def _share(count, total):
    if not total:
        return "none tried"
    low, high = wilson_interval(count, total)
    return f"{count / total:.1%}, 95% interval {low:.1%} to {high:.1%}"
