"""Look up what the real model answered when the tables were recorded, for machines that do not have it.

A row is found by the conversation itself, made again from the row's prompt, question and passages, so that a record
answers only for exactly what was asked.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from holdout.data import loader
from holdout.lm.real.prompts import PROMPTS, SYSTEM_PROMPTS, ask_default, messages
from holdout.lm.real.questions import Question
from holdout.lm.real.reading import shown_passages
from holdout.lm.real.tables import read_rows, table_path

FOLDER = "real_model"
AGAIN = f"{FOLDER}/again"
"""Tables of torch made again on another maker's processor, where they differ."""


def table(name: str, folder: str = FOLDER) -> list[dict[str, str]]:
    """Rows of a recorded table, compared with its checksum.

    Parameters
    ----------
    name : str
        Such as `"prompting"` or `"passages"`.
    folder : str
        `FOLDER`, or `AGAIN` for adapters, adapters_read, adapter_losses and generations.

    Raises
    ------
    DataError
        If there is no such table, or it was changed.
    """
    return read_rows(loader.path(str(table_path(Path(folder), name))))


def questions() -> list[Question]:
    """The questions with their history."""
    return [as_question(row) for row in table("questions")]


def as_question(row: dict[str, str]) -> Question:
    """A row of `questions.csv` as a `Question`."""
    older = tuple(row["older"].split(" | ")) if row["older"] else ()
    return Question(row["key"], row["estimator"], row["parameter"], row["value"], older, row["group"])


def as_described(row: dict[str, str]) -> Question:
    """A row of `described.csv` as a `Question`; its history is not recorded."""
    estimator, parameter = row["key"].split(".")
    return Question(row["key"], estimator, parameter, row["value"], (), "described")


def passages() -> dict[str, str]:
    """Key to text of every docstring passage of scikit-learn 1.9.1."""
    return {row["key"]: row["text"] for row in table("passages")}


@dataclass(frozen=True)
class Recorded:
    """An answer that was recorded.

    Attributes
    ----------
    text : str
    table : str
        Where it stands.
    runtime : str
        What answered.
    max_tokens : int
    finish : str
        "stop", or "length" if the token limit cut it.
    """

    text: str
    table: str
    runtime: str
    max_tokens: int
    finish: str


Turns = tuple[tuple[str, str], ...]


@functools.lru_cache(maxsize=2)
def _answers(folder: Path) -> dict[tuple[Turns, int], Recorded]:
    found: dict[tuple[Turns, int], Recorded] = {}
    asked = {question.key: question for question in questions()}
    for row in _rows("prompting"):
        question = asked[row["key"]]
        turns = messages(PROMPTS[row["prompt"]], ask_default(question.estimator, question.parameter))
        found[tuple(turns), int(row["max_tokens"])] = _recorded(row, "prompting")
    for row, turns in _read_conversations(asked) if is_recorded("reading") else ():
        found[turns, int(row["max_tokens"])] = _recorded(row, "reading")
    for row in _rows("replacements"):
        if row["part"] == "everyday" and row["variant"] in SYSTEM_PROMPTS:
            system = SYSTEM_PROMPTS[row["variant"]]
            turns = (("system", system), ("user", row["key"])) if system else (("user", row["key"]),)
            found[turns, int(row["max_tokens"])] = _recorded(row, "replacements")
    return found


def _read_conversations(asked: dict[str, Question]) -> Iterator[tuple[dict[str, str], Turns]]:
    texts = passages()
    described = {row["key"]: row for row in table("described")}
    for row in table("reading"):
        key, shown = row["key"], row["shown"].split()
        if row["case"].startswith("described"):
            question, text = as_described(described[key]), described[key]["question"]
        else:
            question = asked[key]
            text = ask_default(question.estimator, question.parameter)
        # the recorded order stands for the ranking, so that no index is needed to read a record
        given = shown_passages(row["case"], question, texts, shown)
        yield row, tuple(messages(PROMPTS[row["prompt"]], text, [passage for _, passage in given]))


def is_recorded(name: str) -> bool:
    """Whether a table is in the folder of the course's data."""
    return table_path(loader.folder() / FOLDER, name).is_file()


def file_name(name: str) -> str:
    """Name of a table's file."""
    return table_path(Path(), name).name


def _rows(name: str) -> list[dict[str, str]]:
    return table(name) if is_recorded(name) else []


def _recorded(row: dict[str, str], name: str) -> Recorded:
    return Recorded(row["answer"], name, row["runtime"], int(row["max_tokens"]), row["finish"])


def find_answer(turns: Sequence[tuple[str, str]], max_tokens: int) -> Recorded | None:
    """The recorded answer to a conversation; None if it was not recorded with this token limit."""
    return _answers(loader.folder()).get((tuple(turns), max_tokens))


@functools.lru_cache(maxsize=2)
def _choices(folder: Path) -> dict[str, dict[str, tuple[float, str]]]:
    found: dict[str, dict[str, tuple[float, str]]] = {}
    for row in _rows("choice"):
        found.setdefault(row["key"], {})[row["option"]] = float(row["logprob"]), row["runtime"]
    return found


def find_choice(estimator: str, parameter: str) -> dict[str, tuple[float, str]]:
    """Recorded options of a question, each with its log likelihood and the runtime; empty if it was not asked."""
    return _choices(loader.folder()).get(f"{estimator}.{parameter}", {})
