"""``holdout mutate``: which small changes of a right answer the cases of a question do not notice.

Every mutant (:mod:`grader.authoring.mutants`) of the reference and of the right alternatives is run on the visible cases and on
several sets of hidden ones. A mutant that keeps full marks shows a case that is missing, unless it means the same as the original:
then ``solutions/NN-slug/equivalent.toml`` says why, in one sentence, for one mutant or for a whole operator of an answer.
In a judgement question a neighbouring threshold is as sensible as the reference's, and rules form a continuum that crosses any
limit. There a mutant of the reference counts as good as a right answer if its decisions cost no more, on all sets together, than
those of the worst right answer that is known (give or take `INDISTINCT`), but never if it ignores an input: an input that does
not matter is a fault of the question. A mutant of a right alternative, which is one rule among many, counts as good if it keeps
full marks on every set, and as being on the limit if only on some: neither shows a missing case. For this `ALTERNATIVE_SETS` are
enough, however many the reference's mutants are run on.
"""

from __future__ import annotations

import contextlib
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import numpy as np

from grader.authoring.exercise import load_exercise
from grader.authoring.mutants import mutants_of
from grader.authoring.question import KnownAnswer, Question, QuestionError
from grader.authoring.time_limit import OutOfTime, late_run, time_limit
from holdout import paths
from holdout.checks.judges import find_judge, relative_regret
from holdout.checks.many import decode_all, decode_once
from holdout.checks.matching import decode_run
from holdout.checks.probe import run_probe

# A mutant may loop for ever. A right answer takes far less than a second on a case; twenty times the original, at least this.
LEAST_SECONDS = 2.0
TIMES_THE_ORIGINAL = 20
INDISTINCT = 0.05
"""Share of the limit for full marks by which the mean regrets of two rules may differ without one being the better rule."""
ALTERNATIVE_SETS = 3
"""Most sets of hidden cases for the mutants of a judgement question's right alternatives."""
INPUT_DROPPED = ("input ignored", "input averaged")


@dataclass
class Row:
    """What became of the mutants of one question.

    Parameters
    ----------
    question : str
    title : str
    source : str
        Key of what was measured (see ``Question.mutants_key``).
    seeds : int
        Sets of hidden cases (at most `ALTERNATIVE_SETS` for the mutants of a judgement question's right alternatives).
    mutants : int
    visible : int
        Refused by the visible check.
    hidden : int
        Lost points on every set of hidden cases.
    as_good : int
        Decide, at a judgement question's own prices, no worse than a right answer.
    on_limit : int
        Mutants of right alternatives of a judgement question that keep full marks on some sets only.
    equivalent : int
        Kept full marks somewhere and are declared to mean the same as the original.
    survivors : list of dict
        The others: ``answer``, ``mutant``, ``operator``, ``seeds_lost``, ``seeds`` and ``visible`` (whether the check refused it).
    stale : list of str
        Declared as equivalent, and no such mutant, or one that loses points.
    """

    question: str
    title: str = ""
    source: str = ""
    seeds: int = 0
    mutants: int = 0
    visible: int = 0
    hidden: int = 0
    as_good: int = 0
    on_limit: int = 0
    equivalent: int = 0
    survivors: list = field(default_factory=list)
    stale: list = field(default_factory=list)


def as_dict(row: Row) -> dict:
    """A row as plain data, for ``--json``."""
    return asdict(row)


def mutate_questions(
    questions: Iterable[tuple[str, str]],
    root: str | os.PathLike | None = None,
    *,
    seeds: int = 3,
    first_seed: int = 5000,
    jobs: int = 1,
    references_only: bool = False,
) -> Iterator[Row]:
    """Run the mutants of questions, questions side by side.

    Parameters
    ----------
    questions : iterable of (exercise, question id)
    root : path, optional
    seeds, first_seed : int
        How many sets of hidden cases, and the seed of the first.
    jobs : int
        Questions side by side.
    references_only : bool
        Leave the right alternatives out.

    Yields
    ------
    Row
        Of each question, in the order given.
    """
    draws = range(first_seed, first_seed + seeds)
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        try:
            yield from pool.map(
                _mutate_one, [(name, root, id, draws, references_only) for name, id in questions]
            )
        finally:  # an interrupted run does not wait for what has not begun
            pool.shutdown(wait=False, cancel_futures=True)


def _mutate_one(task) -> Row:
    name, root, id, seeds, references_only = task
    exercise = load_exercise(name, root)
    return mutate_question(
        exercise[id], seeds, declared_equivalent(name, root), references_only=references_only
    )


def mutate_question(
    question: Question,
    seeds: Iterable[int],
    equivalent: dict[tuple[str, str, str], str] | None = None,
    *,
    references_only: bool = False,
) -> Row:
    """Run the mutants of one question.

    Parameters
    ----------
    question : Question
    seeds : iterable of int
    equivalent : dict
        As :func:`declared_equivalent` gives it.
    references_only : bool

    Returns
    -------
    Row
    """
    equivalent = equivalent or {}
    seeds = list(seeds)
    row = Row(question.id, question.title, question.mutants_key, len(seeds))
    shown = question.compiled()
    sets = [decode_once(question.hidden_cases(seed)) for seed in seeds]
    used = set()
    priced = _cost_of(question) is not None
    of_reference = sets, _as_good_as(question, sets)
    few = sets[:ALTERNATIVE_SETS]
    of_alternatives = (few, _as_good_as(question, few)) if priced else of_reference
    for answer in [question.reference, *([] if references_only else question.right_answers)]:
        alternative = priced and answer is not question.reference
        hidden, worst = of_alternatives if alternative else of_reference
        limit = max(LEAST_SECONDS, TIMES_THE_ORIGINAL * _seconds(question, answer, [shown["cases"], *hidden]))
        for mutant in mutants_of(answer.code):
            keys = [
                (question.id, answer.name, what) for what in (mutant.label, f"operator: {mutant.operator}")
            ]
            declared = next((key for key in keys if key in equivalent), None)
            candidate = KnownAnswer(f"{answer.name}: {mutant.label}", mutant.code)
            refused, lost, regret = _fate(question, candidate, shown, hidden, limit)
            row.mutants += 1
            row.visible += refused
            if lost == len(hidden):
                row.hidden += 1
            elif (alternative and not lost) or (regret <= worst and mutant.operator not in INPUT_DROPPED):
                row.as_good += 1
            elif alternative:
                row.on_limit += 1
            elif declared:
                row.equivalent += 1
                used.add(declared)
            else:
                row.survivors.append(
                    {"answer": answer.name, "mutant": mutant.label, "operator": mutant.operator,
                     "seeds_lost": lost, "seeds": len(hidden), "visible": refused}
                )  # fmt: skip
    if not references_only:
        row.stale = [
            f"{answer}: {label}"
            for id, answer, label in equivalent
            if id == question.id and (id, answer, label) not in used
        ]
    return row


def declared_equivalent(name: str, root: str | os.PathLike | None = None) -> dict[tuple[str, str, str], str]:
    """Mutants that mean the same as the original, with the reason.

    Returns
    -------
    dict
        (question, answer, mutant) to one sentence; the mutant is a label, or ``operator: NAME`` for all of one kind. From
        ``solutions/NN-slug/equivalent.toml``, which need not exist: ``[[mutant]]`` tables with these names and ``why``.

    Raises
    ------
    QuestionError
        If an entry lacks a field; the message names it.
    """
    path = paths.solution_folder(name, root) / "equivalent.toml"
    if not path.is_file():
        return {}
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("mutant", [])
    except tomllib.TOMLDecodeError as error:
        raise QuestionError(f"{path.parent.name}/{path.name} is not TOML: {error}") from None
    found = {}
    for number, entry in enumerate(entries, 1):
        missing = [
            key for key in ("question", "answer", "mutant", "why") if not str(entry.get(key, "")).strip()
        ]
        if missing:
            raise QuestionError(f"{path.parent.name}/{path.name}: entry {number} lacks {', '.join(missing)}")
        found[entry["question"], entry["answer"], entry["mutant"]] = entry["why"]
    return found


def _fate(
    question: Question, candidate: KnownAnswer, shown: dict, hidden: list, limit: float
) -> tuple[bool, int, float]:
    """Whether the visible check refuses an answer, on how many sets of hidden cases it loses points, and its mean regret there."""
    try:
        with time_limit(limit):
            value = question.value_of(candidate)
    except (Exception, OutOfTime):
        return True, len(hidden), np.nan  # it does not even run
    refused = _loses(question, value, shown["cases"], limit)
    lost = sum(_loses(question, value, cases, limit) for cases in hidden)
    if lost == len(hidden) or _cost_of(question) is None:
        return refused, lost, np.nan
    runs = [_runs(question, value, cases, limit) for cases in hidden]
    return refused, lost, _mean_regret(question, hidden, runs)


def _loses(question: Question, value: object, cases: list, limit: float) -> bool:
    """Whether an answer loses points on a set of cases: most mutants do so on its first ones, so the others are not run."""
    try:
        with time_limit(limit):
            return any(
                question.score([case], [run_probe(value, question.probe, case["inputs"])]) < 1.0
                for case in cases
            )
    except OutOfTime:
        return True


def _as_good_as(question: Question, hidden: list) -> float:
    """Mean regret up to which a rule is as good as the worst right answer that is known; not a number where the question has no costs."""
    worst = max(_regret(question, answer, hidden) for answer in [question.reference, *question.right_answers])
    credit = question.parameters.get("credit", [])
    return worst + INDISTINCT * max((most for most, share in credit if share >= 1), default=0.0)


def _regret(question: Question, answer: KnownAnswer, hidden: list) -> float:
    """Mean relative regret of a known answer on all hidden cases; not a number where the question has no costs."""
    if _cost_of(question) is None:
        return np.nan
    value = question.value_of(answer)
    runs = [[run_probe(value, question.probe, case["inputs"]) for case in cases] for cases in hidden]
    return _mean_regret(question, hidden, runs)


def _mean_regret(question: Question, hidden: list, runs: list) -> float:
    cost_of = _cost_of(question)
    if cost_of is None:
        return np.nan
    regrets = []
    for case, run in (
        (c, r) for cases, found in zip(hidden, runs, strict=True) for c, r in zip(cases, found, strict=True)
    ):
        try:
            regrets.append(cost_of(decode_all(case), decode_run(run).get("value")))
        except (KeyError, TypeError, ValueError):  # not one decision for each, or none that there is
            return np.inf
    return float(np.mean(regrets))


def _cost_of(question: Question) -> Callable[[dict, Any], float] | None:
    """What a result costs on a case, where the question has prices; a judge of its own gives it as ``NAME_cost`` beside it."""
    if question.judge == "policy":
        return lambda case, decisions: relative_regret(case["costs"], list(decisions))
    try:
        cost = find_judge(f"{question.judge}_cost")
    except ValueError:
        return None
    return lambda case, got: float(cast(Any, cost(case, got, question.parameters)))


def _runs(question: Question, value: object, cases: list, limit: float) -> list[dict]:
    """Results on cases; what is not there in time is an error."""
    runs: list[dict] = []
    with contextlib.suppress(OutOfTime), time_limit(limit):
        for case in cases:
            runs.append(run_probe(value, question.probe, case["inputs"]))
    return runs + [late_run(limit)] * (len(cases) - len(runs))


def _seconds(question: Question, answer: KnownAnswer, sets: list) -> float:
    """Longest time that an answer takes for one set of cases."""
    import time

    value = question.value_of(answer)
    longest = 0.0
    for cases in sets:
        start = time.perf_counter()
        for case in cases:
            run_probe(value, question.probe, case["inputs"])
        longest = max(longest, time.perf_counter() - start)
    return longest
