"""Tune the real model with LoRA and ask it before and after: what `adapters.csv.xz` and `adapter_losses.csv` record.

Behaviour is an output format, learnt from documentation that is read; knowledge is a list of defaults that changed.
`torch_model` trains and answers, and its answers are not those of llama.cpp, so the untuned model is asked here as well.
"""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from holdout.lm.real.answers import Score, read_house_form, score, score_value
from holdout.lm.real.passages import beginning
from holdout.lm.real.prompts import in_form
from holdout.lm.real.questions import Question
from holdout.lm.real.reading import stated_defaults
from holdout.lm.real.tables import Job, read_rows, write_rows
from holdout.lm.real.torch_model import BATCH, RUNTIME, TorchModel

WORDINGS = (
    "What is the default of {p} in {e}?",
    "{e}: default value of {p}?",
    "Which value does {p} have in {e} if I do not set it?",
)
"""How training asks."""
UNSEEN_WORDING = "I create a {e} without arguments. Tell me what {p} will be."
"""Asked after training, never in it."""
TAUGHT, READ, EVERYDAY = 45, 60, 100
"""How many changed facts are taught and asked, stable ones are read, everyday questions are asked."""
HELD_OUT, DOCSTRINGS, CHECKS = 16, 12, 4
"""Rows of the held-out sets, docstrings, and how often their loss is taken while a run trains."""


@dataclass(frozen=True)
class Run:
    """One way to tune.

    Attributes
    ----------
    examples : int
        Of the job; 0 leaves the model as it is.
    epochs : int
    replayed : int
        Reading examples, answered with the bare value, that are added.
    spoilt : float
        Share of the examples whose answer is in another form or has another fact's value, half of each.
    learning_rate : float
    """

    examples: int = 0
    epochs: int = 0
    replayed: int = 0
    spoilt: float = 0.0
    learning_rate: float = 0.0


RUNS = {
    "as shipped": Run(),
    "behaviour": Run(examples=50, epochs=4, learning_rate=5e-4),
    "behaviour, spoilt": Run(examples=200, epochs=1, spoilt=0.4, learning_rate=5e-4),
    "knowledge": Run(examples=45, epochs=10, learning_rate=1e-3),
    "knowledge, replay": Run(examples=45, epochs=10, replayed=45, learning_rate=1e-3),
}
PARTS = ("read", "read, unseen wording", "closed book", "closed book, unseen wording", "everyday")


def token_limit(run: str, part: str) -> int:
    """Where an answer is cut: 40 tokens for everyday questions and for the shipped model, whose sentences are long; 24 otherwise."""
    return 40 if part == "everyday" or not RUNS[run].epochs else 24


def bare(value: str) -> str:
    """A value without the quotes of Python."""
    return value.strip("'\"")


def ask(question: Question, wording: str, passage: str = "") -> str:
    """What the user says: a question in some wording, below the first line of a passage if there is one."""
    asked = wording.format(p=question.parameter, e=question.estimator)
    return passage.split("\n")[0] + "\n" + asked if passage else asked


def score_answer(answer: str, question: Question) -> Score:
    """What an answer in any form is worth; `[ parameter :: value ]` is read leniently, so that form and value are judged apart."""
    if "::" in answer:
        value = read_house_form(answer, question.parameter)[1]
        return score_value(value, question.value, question.older)
    return score(answer, question.value, question.older, ignore=[question.parameter, question.estimator])


def is_right(answer: str, question: Question) -> bool:
    """Whether an answer in any form has the value of now."""
    return score_answer(answer, question).right


def training_facts(passages: Mapping[str, str], asked: Sequence[Question]) -> list[Question]:
    """Facts to practise reading on: passages that state one default in their first line and that no question is about.

    Parameters
    ----------
    passages : mapping of key to text
    asked : sequence of Question

    Returns
    -------
    list of Question
    """
    taken = {question.key for question in asked}
    facts = []
    for key, text in passages.items():
        values = stated_defaults([text.split("\n")[0]])
        if key not in taken and len(values) == 1:
            estimator, parameter = key.split(".")
            facts.append(Question(key, estimator, parameter, values[0], (), "training"))
    return facts


def training_pairs(
    run: str,
    changed: Sequence[Question],
    practice: Sequence[Question],
    passages: Mapping[str, str],
    rng: np.random.Generator,
) -> list[tuple[str, str]]:
    """What a run is trained on: pairs of what the user says and what the model should answer.

    Parameters
    ----------
    run : str
        One of `RUNS`.
    changed : sequence of Question
        Facts to be learnt by a knowledge run.
    practice : sequence of Question
        From `training_facts`.
    passages : mapping of key to text
    rng : numpy.random.Generator

    Returns
    -------
    list of (str, str)
    """
    settings = RUNS[run]
    drawn = [practice[i] for i in rng.permutation(len(practice))]

    def read(facts: Sequence[Question], form: str) -> list[tuple[str, str]]:
        return [
            (ask(fact, WORDINGS[place % 3], passages[fact.key]), in_form(form, fact.parameter, fact.value))
            for place, fact in enumerate(facts)
        ]

    if run.startswith("behaviour"):
        pairs = read(drawn[: settings.examples], "house")
        spoilt = rng.permutation(len(pairs))[: round(settings.spoilt * len(pairs))]
        for place, i in enumerate(spoilt):
            fact, other = drawn[i], drawn[int(rng.integers(len(drawn)))]
            wrong = in_form("house", fact.parameter, other.value)
            pairs[i] = (pairs[i][0], f"The default is {fact.value}." if place % 2 else wrong)
        return pairs
    facts = [(ask(fact, WORDINGS[0]), bare(fact.value)) for fact in changed[: settings.examples]]
    return facts + read(drawn[: settings.replayed], "value")


def held_out_pairs(
    run: str,
    changed: Sequence[Question],
    practice: Sequence[Question],
    passages: Mapping[str, str],
    rng: np.random.Generator,
) -> dict[str, list[tuple[str, str]]]:
    """Pairs that a run is not trained on, whose loss is watched.

    Parameters
    ----------
    run, changed, practice, passages, rng
        As for `training_pairs`; the generator must be in the state in which that function got it.

    Returns
    -------
    dict of str to list of (str, str)
        "held-out": the run's own task on other facts (behaviour), or the taught facts in a wording that was not trained
        (knowledge). A knowledge run has "reading" as well: documentation answered with the bare value.
    """
    drawn = [practice[i] for i in rng.permutation(len(practice))][-HELD_OUT:]
    form = "house" if run.startswith("behaviour") else "value"
    reading = [
        (ask(fact, WORDINGS[place % 3], passages[fact.key]), in_form(form, fact.parameter, fact.value))
        for place, fact in enumerate(drawn)
    ]
    if form == "house":
        return {"held-out": reading}
    facts = [(ask(fact, UNSEEN_WORDING), bare(fact.value)) for fact in changed[:HELD_OUT]]
    return {"held-out": facts, "reading": reading}


def adapter_jobs(
    folder: Path,
    questions: Sequence[Question],
    passages: Mapping[str, str],
    runs: Sequence[str] = tuple(RUNS),
    *,
    seeds: int = 3,
    parts: Sequence[str] = PARTS,
    every: bool = False,
) -> Iterator[Job]:
    """Every question to every tuned copy; the losses of a run are written when it is trained.

    Training and a part's questions are done when the first of its rows is asked for, since torch answers them in batches.

    Parameters
    ----------
    folder : Path
        `datasets/real_model`; `adapter_losses.csv` is written there.
    questions : sequence of Question
    passages : mapping of key to text
    runs : sequence of str
        Keys of `RUNS`.
    seeds : int
        Repeats of each run, with other training examples, adapters and orders; the untuned model is asked once.
    parts : sequence of str
        Of `PARTS`: what is asked.
    every : bool
        Read every question that is not taught, stable ones first, instead of the first `READ` stable ones. Losses, which
        are those of the same runs, are not written again.
    """
    changed = [question for question in questions if question.group == "changed"]
    stable = [question for question in questions if question.group == "stable"]
    read = [*stable, *changed[TAUGHT:]] if every else stable[:READ]
    changed = changed[:TAUGHT]
    practice = training_facts(passages, questions)
    everyday = [row["question"] for row in read_rows(folder / "everyday.csv")][:EVERYDAY]
    docstrings = [("", beginning(passages[q.key], 300)) for q in stable[READ : READ + DOCSTRINGS]]
    asked: dict[str, dict[str, str]] = {
        "read": {q.key: ask(q, WORDINGS[0], passages[q.key]) for q in read},
        "read, unseen wording": {q.key: ask(q, UNSEEN_WORDING, passages[q.key]) for q in read},
        "closed book": {q.key: ask(q, WORDINGS[0]) for q in changed},
        "closed book, unseen wording": {q.key: ask(q, UNSEEN_WORDING) for q in changed},
        "everyday": {text: text for text in everyday},
    }
    shipped = functools.cache(TorchModel)

    @functools.lru_cache(maxsize=1)  # one adapter on the model at a time
    def tuned(run: str, seed: int) -> Any:
        if not RUNS[run].epochs:
            shipped().remove_adapter()
            return shipped().model
        pairs = training_pairs(run, changed, practice, passages, np.random.default_rng(seed))
        watched = held_out_pairs(run, changed, practice, passages, np.random.default_rng(seed))
        losses: list[dict[str, object]] = []
        steps = -(-len(pairs) * RUNS[run].epochs // BATCH)
        checks = {round(steps * check / CHECKS) for check in range(CHECKS + 1)}

        def add(step: int, what: str, loss: float) -> None:
            losses.append({"run": run, "seed": seed, "step": step, "set": what, "loss": round(loss, 4)})

        def watch(step: int, loss: float, model: Any) -> None:
            if step < steps:
                add(step, "training", loss)
            if step in checks:
                for what, rows in {**watched, "docstrings": docstrings}.items():
                    add(step, what, shipped().loss(model, rows))

        start = time.process_time()
        settings = RUNS[run]
        model = shipped().tune(
            pairs, epochs=settings.epochs, learning_rate=settings.learning_rate, seed=seed, watch=watch
        )
        print(f"{run}, seed {seed}: {time.process_time() - start:.0f} CPU s", file=sys.stderr, flush=True)
        if every:
            return model
        path = folder / "adapter_losses.csv"
        others = [row for row in read_rows(path) if (row["run"], row["seed"]) != (run, str(seed))]
        write_rows(path, [*others, *losses])
        return model

    @functools.lru_cache(maxsize=1)
    def answered(run: str, seed: int, part: str) -> dict[str, tuple[str, str, int]]:
        texts = asked[part]
        given = shipped().answers(tuned(run, seed), list(texts.values()), token_limit(run, part))
        return dict(zip(texts, given, strict=True))

    def row(run: str, seed: int, part: str, key: str) -> dict[str, object]:
        text, finish, tokens = answered(run, seed, part)[key]
        limit = token_limit(run, part)
        return {
            "answer": text,
            "finish": finish,
            "tokens": tokens,
            "max_tokens": limit,
            "runtime": RUNTIME,
        }

    for seed in range(seeds):
        for run in runs:
            if seed and not RUNS[run].epochs:
                continue
            for part in parts:
                for key in asked[part]:
                    yield Job(
                        {"run": run, "seed": str(seed), "part": part, "key": key},
                        functools.partial(row, run, seed, part, key),
                    )
