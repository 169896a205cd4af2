"""What each recorded table asks the model. Reads the questions, asks through `runtime`, writes with `tables`."""

from __future__ import annotations

import functools
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from holdout.lm.forced_choice import pick_options
from holdout.lm.real import prompts
from holdout.lm.real.answers import normal_value
from holdout.lm.real.prompts import EXAMPLES, PROMPTS, Prompt, ask_default
from holdout.lm.real.questions import Question, all_passages, choose_questions, read_history
from holdout.lm.real.reading import RECORDED_CASES, shown_passages
from holdout.lm.real.records import as_described, as_question
from holdout.lm.real.rounding import SCHEMES, write_rounded
from holdout.lm.real.runtime import Messages, RealModel, Reply
from holdout.lm.real.tables import RUNTIME, Job, read_rows, write_rows

LADDER = (
    "house 3",
    "examples 5",
    "house 0",
    "examples 1",
    "plain",
    "examples 3",
    "instruction",
    "system",
)
"""The rungs that are recorded, in the order of their rows, so that a table that is made again has the same bytes; others of `PROMPTS` can be asked by name."""

SEED = 0
BLANK = "What is the default value of a parameter of a class in scikit-learn?"


def bare(value: str) -> str:
    """A value without the quotes of Python, as a person writes it."""
    return value.strip("'\"")


def read_questions(folder: Path) -> list[Question]:
    """The questions of `questions.csv`."""
    return [as_question(row) for row in read_rows(folder / "questions.csv")]


def read_passages(folder: Path) -> dict[str, str]:
    """Key to text of `passages.csv.xz`."""
    return {row["key"]: row["text"] for row in read_rows(folder / "passages.csv.xz")}


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
    write_rows(folder / "passages.csv.xz", [{"key": key, "text": text} for key, text in passages.items()])


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

    def run(prompt: Prompt, turns: Messages) -> dict[str, object]:
        return asked(model(), prompt, turns)

    for rung in rungs:
        prompt = PROMPTS[rung]
        for question in read_questions(folder):
            turns = prompts.messages(prompt, ask_default(question.estimator, question.parameter))
            yield Job(
                {"prompt": rung, "key": question.key},
                functools.partial(run, prompt, turns),
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
                functools.partial(run, question, option),
            )


def described_questions(folder: Path) -> list[tuple[Question, str]]:
    """Questions that name no parameter, with their text (`described.csv`, written by hand)."""
    return [(as_described(row), row["question"]) for row in read_rows(folder / "described.csv")]


def all_queries(folder: Path) -> list[tuple[str, str, str]]:
    """Set ("named" or "described"), key and text of every question that is searched for."""
    named = [("named", q.key, ask_default(q.estimator, q.parameter)) for q in read_questions(folder)]
    return named + [("described", question.key, text) for question, text in described_questions(folder)]


def write_vectors(folder: Path) -> None:
    """Write `vectors.npz`: passages and questions embedded by MiniLM, rounded to int8."""
    from holdout.lm.real.embedding import MiniLM, pack_unit_vectors

    model = MiniLM()
    passages = read_passages(folder)
    np.savez_compressed(
        folder / "vectors.npz",
        passages=pack_unit_vectors(model.encode(list(passages.values()))),
        queries=pack_unit_vectors(model.encode([text for *_, text in all_queries(folder)])),
    )


def write_retrieval(folder: Path) -> None:
    """Write `retrieval.csv`: rank of the right passage and the first five, by question and method.

    MiniLM and the fusion are in it where `vectors.npz` is.
    """
    from holdout.lm.fusion import ranks
    from holdout.lm.real.embedding import unpack_unit_vectors
    from holdout.lm.real.search import score_all

    passages, queries = read_passages(folder), all_queries(folder)
    vectors = None
    if (folder / "vectors.npz").is_file():
        with np.load(folder / "vectors.npz") as packed:
            vectors = unpack_unit_vectors(packed["passages"]), unpack_unit_vectors(packed["queries"])
    keys = list(passages)
    place = {key: number for number, key in enumerate(keys)}
    rows = []
    for method, scores in score_all(passages, [text for *_, text in queries], vectors).items():
        for (group, key, _), rank in zip(queries, ranks(scores), strict=True):
            best = np.argsort(rank, kind="stable")[:5]
            rows.append(
                {
                    "queries": group,
                    "key": key,
                    "method": method,
                    "rank": int(rank[place[key]]),
                    "top": " ".join(keys[i] for i in best),
                }
            )
    write_rows(folder / "retrieval.csv", rows)


def rankings(folder: Path, queries: str, method: str) -> dict[str, list[str]]:
    """Key of a question to the keys of the first five passages, from `retrieval.csv`."""
    return {
        row["key"]: row["top"].split()
        for row in read_rows(folder / "retrieval.csv")
        if row["queries"] == queries and row["method"] == method
    }


def reading_jobs(
    folder: Path, model: Callable[[], RealModel], cases: Sequence[str] = RECORDED_CASES
) -> Iterator[Job]:
    """Questions with passages in front of them."""

    def run(prompt: Prompt, turns: Messages) -> dict[str, object]:
        return asked(model(), prompt, turns)

    passages = read_passages(folder)
    for case in cases:
        prompt = PROMPTS["read" if case.endswith("no example") else "read examples"]
        group = "described" if case.startswith("described") else "named"
        order = rankings(folder, group, "minilm" if group == "described" else "bm25 split names")
        asked_here = (
            described_questions(folder)
            if group == "described"
            else [(q, ask_default(q.estimator, q.parameter)) for q in read_questions(folder)]
        )
        for question, text in asked_here:
            shown = shown_passages(case, question, passages, order[question.key])
            if not shown:
                continue
            turns = prompts.messages(prompt, text, [passage for _, passage in shown])
            yield Job(
                {
                    "case": case,
                    "key": question.key,
                    "prompt": prompt.name,
                    "shown": " ".join(name for name, _ in shown),
                },
                functools.partial(run, prompt, turns),
            )


REPLACEMENTS = prompts.SYSTEM_PROMPTS | {scheme: "" for scheme in SCHEMES}
"""Silent replacements: the system prompt that each has. Names of `SCHEMES` are rounded copies of the weights."""

RECORDED_REPLACEMENTS = tuple(name for name in REPLACEMENTS if name != "3 bits, rows")
"""Those that `replacements.csv.xz` has; the other one can be asked by name."""

SHORT = 12
"""Tokens of the shorter limit under which everyday answers are kept as well (a greedy answer is cut, not asked again)."""


PARTS = ("reading", "everyday")
"""What each replacement is asked: to read a line of documentation, and questions that have nothing to do with the subject."""


def replacement_jobs(
    folder: Path,
    model: Callable[[], RealModel],
    variants: Sequence[str] = RECORDED_REPLACEMENTS,
    *,
    parts: Sequence[str] = PARTS,
    number: int = 150,
    copies: Path | None = None,
) -> Iterator[Job]:
    """One canary for every variant: reading questions and everyday questions.

    Parameters
    ----------
    folder : Path
        `datasets/real_model`.
    model : callable
        Gives the shipped model.
    variants : sequence of str
        Keys of `REPLACEMENTS`.
    parts : sequence of str
        Of `PARTS`: what is asked.
    number : int
        Reading questions at most.
    copies : Path, optional
        Folder of the rounded copies, which are written where they are missing; the system's temporary folder by
        default.
    """
    passages = read_passages(folder)
    chosen = [question for question in read_questions(folder) if question.group == "stable"][:number]
    everyday = [row["question"] for row in read_rows(folder / "everyday.csv")]

    @functools.lru_cache(maxsize=1)  # one copy in memory at a time
    def rounded(variant: str) -> RealModel:
        place = copies or Path(tempfile.gettempdir()) / "holdout-real-model"
        place.mkdir(parents=True, exist_ok=True)
        path = place / f"{variant.replace(', ', '-').replace(' ', '-')}.gguf"
        if not path.exists():
            write_rounded(
                path, SCHEMES[variant], report=lambda line: print(line, file=sys.stderr, flush=True)
            )
        return RealModel(path)

    def run(variant: str, turns: Messages, max_tokens: int) -> dict[str, object]:
        chosen_model = rounded(variant) if variant in SCHEMES else model()
        reply = chosen_model.reply(turns, max_tokens=max_tokens, seed=SEED)
        runtime = f"llama.cpp F16, {variant}" if variant in SCHEMES else RUNTIME
        return {**reply_columns(reply, max_tokens, runtime), "short": cut(reply.pieces, SHORT)}

    for variant in variants:
        system = [("system", REPLACEMENTS[variant])] if REPLACEMENTS[variant] else []
        for question in chosen if "reading" in parts else ():
            asked = ("user", prompts.line_and_question(passages[question.key], question))
            yield Job(
                {"variant": variant, "part": "reading", "key": question.key},
                functools.partial(run, variant, [*system, *prompts.LINE_EXAMPLES, asked], 16),
            )
        for text in everyday if "everyday" in parts else ():
            yield Job(
                {"variant": variant, "part": "everyday", "key": text},
                functools.partial(run, variant, [*system, ("user", text)], 40),
            )


def tuned_jobs(folder: Path, model: Callable[[], RealModel], runs: Sequence[str] = ()) -> Iterator[Job]:
    """Questions to copies that were tuned with LoRA; torch runs them, so `model` is not asked."""
    from holdout.lm.real.adapters import RUNS, adapter_jobs

    return adapter_jobs(folder, read_questions(folder), read_passages(folder), tuple(runs) or tuple(RUNS))


def every_read_jobs(folder: Path, model: Callable[[], RealModel], runs: Sequence[str] = ()) -> Iterator[Job]:
    """Every question that is not taught, read by the copies of every seed; torch runs them, so `model` is not asked."""
    from holdout.lm.real.adapters import PARTS, RUNS, adapter_jobs

    questions, passages = read_questions(folder), read_passages(folder)
    return adapter_jobs(folder, questions, passages, tuple(runs) or tuple(RUNS), parts=PARTS[:2], every=True)


def sampled_jobs(folder: Path, model: Callable[[], RealModel], modes: Sequence[str] = ()) -> Iterator[Job]:
    """A model trained on its own text; torch runs it, so `model` is not asked."""
    from holdout.lm.real.generations import MODES, generation_jobs

    return generation_jobs(read_passages(folder), tuple(modes) or MODES)


def cut(pieces: Sequence[str], tokens: int) -> str:
    """What a lower token limit would have left of a greedy answer: its first tokens, up to the line's end."""
    return "".join(pieces[:tokens]).strip().split("\n")[0].strip()
