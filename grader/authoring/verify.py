"""``holdout verify``: evidence that each question does what it promises.

Reference 100%, blank 0, every wrong answer loses points and earns its own message, every right alternative gets full marks, on
several seeds of the hidden cases; and the same result twice.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor

from grader.authoring.exercise import load_exercise
from grader.authoring.notebooks import STUB
from grader.authoring.question import KnownAnswer, Question
from holdout.checks.check import CRASHED, NOT_ATTEMPTED, PASSED, judge_run, judge_runs
from holdout.checks.many import decode_once
from holdout.checks.matching import decode_run
from holdout.checks.messages import fill_strictly
from holdout.checks.probe import run_probe
from holdout.stats.intervals import wilson_interval

FEWEST_WRONG, FEWEST_RIGHT = 4, 2
"""Answers that a question needs of either kind."""


def verify_exercise(
    name: str,
    root: str | os.PathLike | None = None,
    *,
    questions: Iterable[str] | None = None,
    seeds: int = 20,
    first_seed: int = 1000,
    jobs: int = 1,
    progress: Callable[[dict], None] = lambda row: None,
) -> list[dict]:
    """Verify the questions of an exercise.

    Parameters
    ----------
    name : str
    root : path, optional
        The course; found from the working directory by default.
    questions : iterable of str, optional
        Ids; all by default.
    seeds : int
        How many sets of hidden cases are drawn.
    first_seed : int
    jobs : int
        Questions verified side by side.
    progress : callable
        Called with the row of each question as it is finished.

    Returns
    -------
    list of dict
        One row per question, as the ``--json`` form of the command prints them.

    Raises
    ------
    QuestionError
        If the exercise has no question of one of the ids.
    """
    exercise = load_exercise(name, root)
    ids = [exercise[id].id for id in questions] if questions is not None else exercise.ids
    rows = []
    for row in verify_questions(
        [(exercise.name, id) for id in ids], root, seeds=seeds, first_seed=first_seed, jobs=jobs
    ):
        rows.append(row)
        progress(row)
    return rows


def verify_questions(
    questions: Iterable[tuple[str, str]],
    root: str | os.PathLike | None = None,
    *,
    seeds: int = 20,
    first_seed: int = 1000,
    jobs: int = 1,
) -> Iterator[dict]:
    """Verify questions side by side.

    Parameters
    ----------
    questions : iterable of (exercise, question id)
    root, seeds, first_seed, jobs
        As for `verify_exercise`.

    Yields
    ------
    dict
        The row of each question, in the order given.
    """
    draws = range(first_seed, first_seed + seeds)
    tasks = [(name, root, id, draws) for name, id in questions]
    if jobs == 1:
        loaded = functools.lru_cache(load_exercise)
        for name, _, id, _ in tasks:
            yield verify_question(name, loaded(name, root)[id], draws)  # type: ignore[arg-type]  # every path here can be hashed
        return
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        try:
            yield from pool.map(_verify_one, tasks)
        finally:  # an interrupted run does not wait for what has not begun
            pool.shutdown(wait=False, cancel_futures=True)


def _verify_one(task):
    name, root, id, seeds = task
    return verify_question(name, _loaded_by_worker(name, root)[id], seeds)


# a worker verifies several questions of an exercise and reads it once; its process ends with the run
_loaded_by_worker = functools.lru_cache(load_exercise)


def verify_question(exercise: str, question: Question, seeds: Iterable[int]) -> dict:
    """Verify one question.

    Parameters
    ----------
    exercise : str
        Name of the exercise.
    question : grader.authoring.question.Question
    seeds : iterable of int

    Returns
    -------
    dict
        ``exercise, question, points, source, reference, blank, wrong, right`` and, besides, for each answer how many of the seeds
        went as promised; for a wrong one also what its check said: ``earned``, the name of the wrong answer whose message it earned or
        the outcome of the check, and ``case``, the title of the first visible case that it gets wrong. ``reference`` and ``blank`` are the smallest and the largest share of the points on any seed.
    """
    seeds = list(seeds)
    shown = question.compiled()
    visible = decode_once(shown["cases"])
    answers = [question.reference, *question.wrong_answers, *question.right_answers]
    values = {answer.name: question.value_of(answer) for answer in answers}
    values["blank"] = _blank(question)
    scores: dict[str, list] = {name: [] for name in values}
    for seed in seeds:
        cases = decode_once(question.hidden_cases(seed))
        for name, value in values.items():
            runs = [run_probe(value, question.probe, case["inputs"]) for case in cases]
            scores[name].append(question.score(cases, runs))
    again = question.hidden_cases(seeds[0])
    runs = [run_probe(values["reference"], question.probe, case["inputs"]) for case in again]
    repeatable = (
        question.hidden_cases(seeds[0]) == again and question.score(again, runs) == scores["reference"][0]
    )

    shown_runs = {
        name: [run_probe(value, question.probe, case["inputs"]) for case in visible]
        for name, value in values.items()
    }
    checks = {name: judge_runs(shown, runs) for name, runs in shown_runs.items()}

    return {
        "exercise": exercise,
        "question": question.id,
        "title": question.title,
        "points": question.points,
        "judgement": question.judgement,
        "reference": min(scores["reference"]),
        "reference_check": checks["reference"][0] == PASSED,
        "blank": max(scores["blank"]),
        "blank_check": checks["blank"][0] == NOT_ATTEMPTED,
        "repeatable": repeatable,
        "source": question.source_key,
        "seeds": len(seeds),
        "hints": len(question.hints),
        "unwritten": question.unwritten(),
        "wrong": [
            {
                "name": answer.name,
                "lost_points": max(scores[answer.name]) < 1.0,
                "own_message": checks[answer.name][2] == answer.name,
                "unfilled": _unfilled(answer.message, shown_runs[answer.name]),
                **_earned(checks[answer.name], shown, shown_runs[answer.name]),
                "seeds_lost": sum(score < 1.0 for score in scores[answer.name]),
                "largest_score": max(scores[answer.name]),
            }
            for answer in question.wrong_answers
        ],
        "right": [
            {
                "name": answer.name,
                "full_marks": min(scores[answer.name]) >= 1.0,
                "check_passes": checks[answer.name][0] == PASSED,
                "seeds_full": sum(score >= 1.0 for score in scores[answer.name]),
                "smallest_score": min(scores[answer.name]),
            }
            for answer in question.right_answers
        ],
    }


def _earned(check: tuple[str, str, str], shown: dict, runs: list[dict]) -> dict:
    """What the check of an answer said: whose message, or which outcome; and on which case it stumbled first."""
    outcome, _, misconception = check
    titles = [case["title"] or f"number {i}" for i, case in enumerate(shown["cases"], 1)]
    wrong = (
        title
        for title, case, run in zip(titles, shown["cases"], runs, strict=True)
        if judge_run(shown, case, decode_run(run)).score < 1.0
    )
    return {"earned": misconception or outcome, "case": next(wrong, "")}


def _unfilled(message: str, runs: list[dict]) -> str:
    """What of a message no result can fill, such as ``{gto}``; empty when all is well. Learners would read it as it stands."""
    decoded = [decode_run(run) for run in runs]
    told = ""
    for worst, run in enumerate(decoded):
        if "value" not in run:
            continue
        try:
            fill_strictly(message, decoded, worst)
            return ""
        except (KeyError, IndexError, TypeError, ValueError) as error:
            told = f"{type(error).__name__}: {error}"
    return told


def _blank(question: Question) -> object:
    """What the released notebook leaves under the question's name before anybody has written anything."""
    code = question.reference.code
    lines, inside = [], False
    for line in code.splitlines():
        if "BEGIN SOLUTION" in line:
            inside = True
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + stub for stub in (STUB.splitlines() if indent else [])]
        elif "END SOLUTION" in line:
            inside = False
        elif not inside:
            lines.append(line)
    return question.value_of(KnownAnswer("blank", "\n".join(lines) + "\n"))


def problems_of(
    row: dict, *, fewest_wrong: int = FEWEST_WRONG, fewest_right: int = FEWEST_RIGHT
) -> list[str]:
    """What is wrong with a question, as sentences; empty when it keeps every promise.

    Parameters
    ----------
    row : dict
        As `verify_question` gives it.
    fewest_wrong, fewest_right : int
    """
    problems = []
    if row.get("unwritten"):
        problems.append(f"TODO stands in: {', '.join(row['unwritten'])}; write them in questions.py")
    if row["reference"] < 1.0 or not row["reference_check"]:
        problems.append(f"the reference gets {row['reference']:.0%} on some seed")
    if row["blank"] > 0.0 or not row["blank_check"]:
        problems.append(
            f"the blank release gets {row['blank']:.0%}, or its check does not say 'not attempted'"
        )
    if not row["repeatable"]:
        problems.append(
            "the same seed gives another result; draw everything from the rng that hidden is given"
        )
    if len(row["wrong"]) < fewest_wrong:
        count = _counted(len(row["wrong"]), "wrong answer")
        problems.append(f"it has {count}; at least {fewest_wrong} are needed")
    if len(row["right"]) < fewest_right:
        count = _counted(len(row["right"]), "right alternative")
        problems.append(f"it has {count}; at least {fewest_right} are needed")
    for wrong in row["wrong"]:
        if not wrong["lost_points"]:
            problems.append(
                f"wrong answer {wrong['name']!r} gets full marks on {row['seeds'] - wrong['seeds_lost']} seeds"
            )
        if wrong.get("unfilled"):
            problems.append(
                f"the message of wrong answer {wrong['name']!r} has a placeholder that its result cannot fill ({wrong['unfilled']})"
            )
        if not wrong["own_message"]:
            problems.append(f"wrong answer {wrong['name']!r} {_collision(wrong)}")
    for right in row["right"]:
        if not right["full_marks"] or not right["check_passes"]:
            problems.append(
                f"right answer {right['name']!r} gets full marks on {right['seeds_full']} of {row['seeds']} seeds"
                + ("" if right["check_passes"] else " and fails its check")
            )
    return problems


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _collision(wrong: dict) -> str:
    """What an answer earns in place of its own message, and what to do."""
    if wrong["earned"] == PASSED:
        return "passed: it is right on every visible case; add a visible case on which it is wrong, or, if it is right, make it a right answer"
    case = f"on the case {wrong['case']!r}"
    if wrong["earned"] == CRASHED:
        return f"crashes {case} otherwise than its label says; leave the label out"
    if wrong["earned"] in ("wrong", NOT_ATTEMPTED):
        return f"earns no message of its own {case}; does it return None, or has it a label that the judge never gives?"
    return (
        f"earns the message of {wrong['earned']!r} {case}: both return the same on every visible case; "
        "add a visible case that tells them apart"
    )


def counts_of(row: dict) -> dict:
    """A question's row without its single answers: what the confusion matrix is made of.

    Parameters
    ----------
    row : dict
        As `verify_question` gives it.

    Returns
    -------
    dict
        ``title, points``, the key of the ``source`` that was measured, ``seeds``, how many ``wrong`` and ``right`` answers there are, ``own_messages``, and the decisions
        (answers times seeds) on both kinds, all and mistaken.
    """
    seeds, wrong, right = row["seeds"], row["wrong"], row["right"]
    return {
        "title": row["title"],
        "points": row["points"],
        "source": row["source"],
        "seeds": seeds,
        "wrong": len(wrong),
        "own_messages": sum(answer["own_message"] for answer in wrong),
        "wrong_decisions": len(wrong) * seeds,
        "wrong_decisions_passed": sum(seeds - answer["seeds_lost"] for answer in wrong),
        "right": len(right),
        "right_decisions": len(right) * seeds,
        "right_decisions_failed": sum(seeds - answer["seeds_full"] for answer in right),
    }


def error_interval(mistakes: int, decisions: int) -> list[float] | None:
    """95% Wilson interval of a rate, rounded to five decimals; None without decisions."""
    return [round(limit, 5) for limit in wilson_interval(mistakes, decisions)] if decisions else None


def totals_of(rows: list[dict]) -> dict:
    """Confusion matrix of the grader over all questions, in answers and in answers times seeds.

    Returns
    -------
    dict
        ``questions, points, wrong, wrong_passed, right, right_failed, own_messages, decisions, wrong_decisions`` and
        95% Wilson intervals of both error rates.
    """
    wrong = [answer for row in rows for answer in row["wrong"]]
    right = [answer for row in rows for answer in row["right"]]
    counts = [counts_of(row) for row in rows]
    decisions = {
        name: sum(row[name] for row in counts)
        for name in ("wrong_decisions", "wrong_decisions_passed", "right_decisions", "right_decisions_failed")
    }

    return {
        "questions": len(rows),
        "points": sum(row["points"] for row in rows),
        "seeds": max((row["seeds"] for row in rows), default=0),
        "wrong": len(wrong),
        "wrong_passed": sum(not answer["lost_points"] for answer in wrong),
        "own_messages": sum(answer["own_message"] for answer in wrong),
        "right": len(right),
        "right_failed": sum(not (answer["full_marks"] and answer["check_passes"]) for answer in right),
        **decisions,
        "wrong_passed_interval": error_interval(
            decisions["wrong_decisions_passed"], decisions["wrong_decisions"]
        ),
        "right_failed_interval": error_interval(
            decisions["right_decisions_failed"], decisions["right_decisions"]
        ),
        "problems": sum(bool(problems_of(row)) for row in rows),
    }
