"""What each recorded table asks the model. Reads the questions, asks through `runtime`, writes with `tables`."""

from __future__ import annotations

import csv
import functools
import lzma
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from holdout.lm.forced_choice import pick_options
from holdout.lm.real import prompts
from holdout.lm.real.answers import normal_value
from holdout.lm.real.prompts import EXAMPLES, PROMPTS, Prompt, ask_default
from holdout.lm.real.questions import Question, all_passages, choose_questions, read_history
from holdout.lm.real.runtime import Messages, RealModel, Reply
from holdout.lm.real.tables import RUNTIME, Job, read_rows, write_rows

LADDER = (
    "plain",
    "examples 3",
    "instruction",
    "examples 1",
    "house 3",
    "json 3",
    "examples 5",
    "system",
    "house 0",
    "json 0",
)
"""The rungs, in the order in which they are asked."""

SEED = 0
BLANK = "What is the default value of a parameter of a class in scikit-learn?"


def bare(value: str) -> str:
    """A value without the quotes of Python, as a person writes it."""
    return value.strip("'\"")


def read_questions(folder: Path) -> list[Question]:
    """The questions of `questions.csv`."""
    return [
        Question(
            row["key"],
            row["estimator"],
            row["parameter"],
            row["value"],
            tuple(row["older"].split(" | ")) if row["older"] else (),
            row["group"],
        )
        for row in read_rows(folder / "questions.csv")
    ]


def read_passages(folder: Path) -> dict[str, str]:
    """Key to text of `passages.csv.xz`."""
    with lzma.open(folder / "passages.csv.xz", "rt", encoding="utf-8", newline="") as stream:
        return {row["key"]: row["text"] for row in csv.DictReader(stream)}


def write_questions(folder: Path, wheels: Sequence[Path]) -> None:
    """Write `questions.csv` and `passages.csv.xz`.

    Parameters
    ----------
    folder : Path
        `datasets/real_model`.
    wheels : sequence of Path
        Releases 0.18 to 0.23 of scikit-learn.
    """
    passages = all_passages()
    history = read_history(folder.parent / "sklearn_defaults" / "defaults.csv", wheels)
    examples = [f"{estimator}.{parameter}" for estimator, parameter, *_ in EXAMPLES]
    chosen = choose_questions(history, passages, np.random.default_rng(SEED), excluded=examples)
    write_rows(
        folder / "questions.csv",
        [
            {
                "key": q.key,
                "estimator": q.estimator,
                "parameter": q.parameter,
                "value": q.value,
                "older": " | ".join(q.older),
                "group": q.group,
                "kind": q.kind,
                "first_release": next(iter(history[q.estimator, q.parameter])),
            }
            for q in chosen
        ],
    )
    with lzma.open(folder / "passages.csv.xz", "wt", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["key", "text"])
        writer.writerows(passages.items())


def reply_columns(reply: Reply, max_tokens: int, runtime: str = RUNTIME) -> dict[str, object]:
    """The columns that every answer has."""
    return {
        "answer": reply.text,
        "finish": reply.finish,
        "tokens": reply.tokens,
        "logprob": round(reply.logprob, 3),
        "max_tokens": max_tokens,
        "seed": SEED,
        "runtime": runtime,
    }


def asked(model: RealModel, prompt: Prompt, messages: Messages) -> dict[str, object]:
    """Ask once, greedily, and return the columns of the answer."""
    # JSON may be spread over lines; everything else ends with its first
    stop = () if prompt.form == "json" else ("\n",)
    reply = model.reply(messages, max_tokens=prompt.max_tokens, seed=SEED, stop=stop)
    return reply_columns(reply, prompt.max_tokens)


def prompting_jobs(
    folder: Path, model: Callable[[], RealModel], rungs: Sequence[str] = LADDER
) -> Iterator[Job]:
    """Every question on every rung of the prompting ladder, without documents."""
    for rung in rungs:
        prompt = PROMPTS[rung]
        for question in read_questions(folder):
            turns = prompts.messages(prompt, ask_default(question.estimator, question.parameter))
            yield Job(
                {"prompt": rung, "key": question.key},
                lambda prompt=prompt, turns=turns: asked(model(), prompt, turns),  # type: ignore[misc]
            )


def choice_jobs(folder: Path, model: Callable[[], RealModel]) -> Iterator[Job]:
    """Four options a question with their log likelihood, and that of the option where nothing was asked."""
    questions = read_questions(folder)
    pool = sorted({(normal_value(q.value), bare(q.value), q.kind) for q in questions})
    values = [(text, kind) for _, text, kind in {entry[0]: entry for entry in pool}.values()]
    rng = np.random.default_rng(SEED)

    chosen: list[tuple[Question, list[str]]] = []
    for question in questions:
        old = bare(question.older[0]) if question.older else None
        known = {normal_value(question.value), *map(normal_value, question.older)}
        others = [(text, kind) for text, kind in values if normal_value(text) not in known]
        chosen.append((question, pick_options(bare(question.value), old, others, question.kind, rng)))

    @functools.cache
    def priors() -> dict[str, float]:
        """All at once, since the model keeps the beginning that they share."""
        blank = [("user", BLANK)]
        every = sorted({option for _, options in chosen for option in options})
        return {option: model().logprob_of(blank, "The default value is", f" {option}.") for option in every}

    def run(question: Question, option: str) -> dict[str, object]:
        prior = priors()[option]
        turns = [("user", ask_default(question.estimator, question.parameter))]
        beginning = f"The default value of {question.parameter} is"
        logprob = model().logprob_of(turns, beginning, f" {option}.")
        return {"logprob": round(logprob, 3), "prior": round(prior, 3), "runtime": RUNTIME}

    for question, options in chosen:
        for place, option in enumerate(options):
            role = "truth" if place == 0 else "old" if question.older and place == 1 else "other"
            yield Job(
                {"key": question.key, "role": role, "option": option},
                lambda question=question, option=option: run(question, option),  # type: ignore[misc]
            )
