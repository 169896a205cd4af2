"""What the real model is asked as a judge: is this recorded answer correct, and which of two answers is better?

Jobs for `tables.make_table`, on the answers that `reading.csv` recorded with the right passage. Nothing is scored here
except to pick wrong answers for the pairs; `report` and `holdout.topics.judging` read the tables.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from holdout.lm.real import prompts
from holdout.lm.real.answers import score
from holdout.lm.real.prompts import EXAMPLES
from holdout.lm.real.questions import Question
from holdout.lm.real.record import SEED, bare, read_passages, read_questions
from holdout.lm.real.runtime import Messages, RealModel
from holdout.lm.real.tables import RUNTIME, Job, read_rows

JUDGE_PROMPTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "no example": (),
    "yes, then no": (("1.0", "yes"), ("3", "no")),
}
"""Worked examples of the judge: proposed answers to one question, and what is right to say."""

PAIRS = ("right and wrong", "short and long", "right and long wrong")
"""Kinds of pairs. The first answer of each is the better one, or the shorter one where both are right."""


MOST_PROBABLE = 100
"""Tokens whose probability is asked for at once."""


def judge_messages(prompt: str, passage: str, question: Question, proposed: str) -> Messages:
    """The conversation in which the model judges a proposed answer with the documentation in front of it.

    Parameters
    ----------
    prompt : str
        A key of `JUDGE_PROMPTS`.
    passage : str
        Its first line is shown.
    question : Question
    proposed : str
        The answer that is judged.
    """
    estimator, parameter, _, documentation = EXAMPLES[0]
    example = Question(f"{estimator}.{parameter}", estimator, parameter, "1.0", (), "stable")

    def item(text: str, asked: Question, answer: str) -> str:
        return (
            f"{prompts.line_and_question(text, asked)}\nProposed answer: {answer}\n"
            "Is the proposed answer correct? Reply yes or no."
        )

    turns: list[tuple[str, str]] = []
    for answer, verdict in JUDGE_PROMPTS[prompt]:
        turns += [("user", item(documentation, example, answer)), ("assistant", verdict)]
    return [*turns, ("user", item(passage, question, proposed))]


def pair_messages(passage: str, question: Question, first: str, second: str) -> Messages:
    """The conversation in which the model compares two answers, in this order."""
    text = (
        f"{prompts.line_and_question(passage, question)}\nAnswer A: {first}\nAnswer B: {second}\n"
        "Which answer is better? Reply A or B."
    )
    return [("user", text)]


def read_answers(folder: Path) -> list[tuple[Question, str]]:
    """Questions with the answer that was recorded with the right passage in front of it, in a drawn order."""
    asked = {question.key: question for question in read_questions(folder)}
    rows = [row for row in read_rows(folder / "reading.csv") if row["case"] == "right"]
    order = np.random.default_rng(SEED).permutation(len(rows))
    return [(asked[rows[i]["key"]], rows[i]["answer"]) for i in order]


def judge_jobs(
    folder: Path,
    model: Callable[[], RealModel],
    chosen: Sequence[str] = tuple(JUDGE_PROMPTS),
    *,
    number: int = 300,
) -> Iterator[Job]:
    """Margins of a judge of single answers: log odds of "yes" over "no" for recorded answers.

    Parameters
    ----------
    folder : Path
        `datasets/real_model`.
    model : callable
        Gives the model; called when a row is made.
    chosen : sequence of str
        Keys of `JUDGE_PROMPTS`.
    number : int
        Answers at most.
    """
    passages = read_passages(folder)

    def run(turns: Messages) -> dict[str, object]:
        return {"margin": margin(model(), turns, ("yes", "Yes"), ("no", "No")), "runtime": RUNTIME}

    for prompt in chosen:
        for question, answer in read_answers(folder)[:number]:
            turns = judge_messages(prompt, passages[question.key], question, answer)
            yield Job(
                {"prompt": prompt, "key": question.key, "proposed": answer}, functools.partial(run, turns)
            )


def pair_jobs(
    folder: Path, model: Callable[[], RealModel], kinds: Sequence[str] = PAIRS, *, number: int | None = None
) -> Iterator[Job]:
    """Margins of a judge of pairs: log odds of "A" over "B", each pair in both orders.

    Only questions whose recorded answer was wrong; that answer is the wrong one of the pair.

    Parameters
    ----------
    folder, model
        As for `judge_jobs`.
    kinds : sequence of str
        Of `PAIRS`.
    number : int, optional
        Pairs of each kind at most; all by default.
    """
    passages = read_passages(folder)
    wrong = [
        (question, answer)
        for question, answer in read_answers(folder)
        if not score(answer, question.value, ignore=[question.parameter, question.estimator]).right
    ][:number]

    def run(turns: Messages) -> dict[str, object]:
        return {"margin": margin(model(), turns, ("A",), ("B",)), "runtime": RUNTIME}

    for kind in kinds:
        for question, answer in wrong:
            truth = bare(question.value)
            other = {
                "right and wrong": answer,
                "short and long": in_a_sentence(question, truth),
                "right and long wrong": in_a_sentence(question, answer),
            }[kind]
            for place, (first, second) in {"first": (truth, other), "second": (other, truth)}.items():
                turns = pair_messages(passages[question.key], question, first, second)
                yield Job(
                    {"kind": kind, "key": question.key, "place": place, "first": first, "second": second},
                    functools.partial(run, turns),
                )


def in_a_sentence(question: Question, value: str) -> str:
    """The same value in a sentence of about a dozen words."""
    return f"The default value of the parameter {question.parameter} of {question.estimator} in scikit-learn is {value}."


def margin(model: RealModel, turns: Messages, these: Sequence[str], those: Sequence[str]) -> float:
    """Log odds that the first token of a reply is one of some words and not one of others.

    One request reads all words from the most probable tokens; a word that is not among them is asked for by itself.
    """
    found = model.next_logprobs(turns, k=MOST_PROBABLE)

    def total(words: Sequence[str]) -> float:
        known = [found[word] if word in found else model.logprob_of(turns, "", word) for word in words]
        return float(np.logaddexp.reduce(known))

    return round(total(these) - total(those), 3)
