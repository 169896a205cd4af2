"""Retrieval over scikit-learn's own docstrings, and what a real small language model does with the passages.

Reads the recorded tables of `datasets/real_model` and computes recall, paired differences and scores; no model is asked.
The course's own tiny model is in `experiments`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from holdout.data import loader
from holdout.errors import InvalidValue
from holdout.lm.fusion import found_within
from holdout.lm.real import records, report
from holdout.lm.real.embedding import unpack_unit_vectors
from holdout.lm.real.prompts import ask_default
from holdout.lm.real.search import METHODS, whole_and_split
from holdout.lm.retrieval import BM25Index
from holdout.stats.intervals import paired_difference, wilson_interval
from holdout.stats.paired import McNemar, mcnemar_exact

RETRIEVERS = {
    "bm25 words": "BM25, whole words",
    "bm25 split names": "BM25, names split",
    "minilm": "embeddings (MiniLM)",
    "fusion": "fusion of the last two",
}
"""Names of the recorded methods as the lesson writes them."""

READING = ("right", "top 3", "near miss", "old only", "old then new", "new then old")
"""The cases of reading that the lessons show, as `datasets/real_model/reading.csv` names them."""

CHANGED = ("old only", "old then new", "new then old")
"""Cases that exist for facts that changed only."""


# -- finding
def recorded_ranks() -> dict[str, pd.DataFrame]:
    """Rank of the right passage among all, question by question and method by method.

    Returns
    -------
    dict of str to pandas.DataFrame
        `"named"` and `"described"`; index: key of the question, columns: names as in `RETRIEVERS`.
    """
    rows = pd.DataFrame(records.table("retrieval")).astype({"rank": int})
    tables = {}
    for queries, part in rows.groupby("queries"):
        table = part.pivot(index="key", columns="method", values="rank")[list(METHODS)]
        tables[str(queries)] = table.rename(columns=RETRIEVERS)
    return tables


def embeddings() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Vectors of length 1 of all passages, and of every recorded question by its text, as MiniLM embeds them.

    Returns
    -------
    passages : ndarray of float32, shape (passages, 384)
        In the order of `holdout.lm.real.records.passages`.
    questions : dict of str to ndarray of float32, shape (384,)
    """
    with np.load(loader.path(f"{records.FOLDER}/vectors.npz")) as packed:
        passages, queries = (unpack_unit_vectors(packed[name]) for name in ("passages", "queries"))
    texts = [text for _, text in [*named_questions(), *described_questions()]]
    return passages, dict(zip(texts, queries, strict=True))


def mixed_recall(ranks: Mapping[str, pd.DataFrame], k: int, described: float) -> pd.Series:
    """Recall@k of each retriever in traffic where a share of the questions is described and the rest named.

    Parameters
    ----------
    ranks : mapping
        From `recorded_ranks`.
    k : int
    described : float
        From 0 to 1.

    Returns
    -------
    pandas.Series
        Retriever to recall.
    """
    weights = _weights(described)
    return sum(weight * (ranks[queries] <= k).mean() for queries, weight in weights.items())


def mixed_difference(
    ranks: Mapping[str, pd.DataFrame],
    before: str,
    after: str,
    k: int,
    described: float,
    *,
    confidence: float = 0.95,
) -> tuple[float, float, float]:
    """Change in recall@k from one retriever to another on the same questions, in traffic of both kinds, with an interval.

    The two kinds are two independent samples: in each the interval is that of Agresti & Min 2005
    (`holdout.stats.intervals.paired_difference`), and its half-widths add as errors of independent estimates do,
    with the squares of the weights.

    Parameters
    ----------
    ranks : mapping
        From `recorded_ranks`.
    before, after : str
        Retrievers.
    k : int
    described : float
        Share of described questions, from 0 to 1.
    confidence : float

    Returns
    -------
    difference, low, high : float
    """
    difference = centre = square = 0.0
    for queries, weight in _weights(described).items():
        table = ranks[queries]
        change, low, high = paired_difference(
            found_within(table[before].to_numpy(), k),
            found_within(table[after].to_numpy(), k),
            confidence=confidence,
        )
        difference += weight * change
        centre += weight * (low + high) / 2
        square += (weight * (high - low) / 2) ** 2
    return difference, centre - math.sqrt(square), centre + math.sqrt(square)


def _weights(described: float) -> dict[str, float]:
    if not 0 <= described <= 1:
        raise InvalidValue(f"described must lie between 0 and 1, not {described!r}")
    return {"named": 1 - described, "described": described}


def break_even(ranks: Mapping[str, pd.DataFrame], first: str, second: str, k: int) -> float | None:
    """The share of described questions at which two retrievers find equally many; None if one finds more at any share."""
    named, described = ((ranks[q][second] <= k).mean() - (ranks[q][first] <= k).mean() for q in _weights(0))
    if named * described >= 0:
        return None
    return float(named / (named - described))


# -- cutting into chunks
@dataclass(frozen=True)
class Library:
    """Chunks of text, and which parameters each holds whole.

    Attributes
    ----------
    texts : tuple of str
    holds : tuple of frozenset of str
        Keys whose line with the default stands in the chunk from its first to its last word.
    """

    texts: tuple[str, ...]
    holds: tuple[frozenset[str], ...]


def cut_docstrings(passages: Mapping[str, str], length: int, *, headed: bool) -> Library:
    """Cut the documentation of every class into chunks of so many words, wherever these end.

    Parameters
    ----------
    passages : mapping of key to text
        One per parameter, as `holdout.lm.real.records.passages` returns them; a document is all of a class, in order.
    length : int
        Words per chunk, without the heading.
    headed : bool
        Whether the name of the class stands above every chunk, and not only above the first one.

    Returns
    -------
    Library
    """
    if length < 1:
        raise InvalidValue(f"length must be at least 1 word, not {length!r}")
    documents: dict[str, list[tuple[str, list[str], list[str]]]] = {}
    for key, text in passages.items():
        name = key.split(".", 1)[0]
        head, _, rest = text.partition("\n")
        documents.setdefault(name, []).append(
            (key, head.removeprefix(f"{name}, parameter ").split(), rest.split())
        )
    texts, holds = [], []
    for name, parts in documents.items():
        words: list[str] = []
        spans = {}
        for key, head_words, rest_words in parts:
            spans[key] = len(words), len(words) + len(head_words)
            words += head_words + rest_words
        for start in range(0, len(words), length):
            heading = f"{name}. " if headed or start == 0 else ""
            texts.append(heading + " ".join(words[start : start + length]))
            holds.append(
                frozenset(key for key, (a, b) in spans.items() if start <= a and b <= start + length)
            )
    return Library(tuple(texts), tuple(holds))


def one_per_parameter(passages: Mapping[str, str]) -> Library:
    """One chunk per parameter, with class and parameter in its first line: cut where the text itself is cut."""
    return Library(tuple(passages.values()), tuple(frozenset([key]) for key in passages))


def chunks_found(library: Library, questions: Sequence[tuple[str, str]], words: int) -> np.ndarray:
    """Whether the first chunks that fit into a prompt hold the answer, question by question.

    BM25 with names split ranks the chunks; they are shown in this order until one would go beyond `words` words, at least one.

    Parameters
    ----------
    library : Library
    questions : sequence of (key, text)
    words : int
        Room in the prompt.

    Returns
    -------
    ndarray of bool, shape (questions,)
    """
    lengths = np.array([len(text.split()) for text in library.texts])
    k = 1 + int(
        (np.sort(lengths).cumsum() <= words).sum()
    )  # no prompt holds more chunks than the shortest ones
    index = BM25Index(library.texts, words=whole_and_split)

    def shown(text):
        ranked = np.asarray(index.search(text, k))
        return ranked[: max(1, int((lengths[ranked].cumsum() <= words).sum()))]

    return np.array([any(key in library.holds[i] for i in shown(text)) for key, text in questions])


def named_questions() -> list[tuple[str, str]]:
    """Key and text of the recorded questions that name class and parameter."""
    return [(q.key, ask_default(q.estimator, q.parameter)) for q in records.questions()]


def described_questions() -> list[tuple[str, str]]:
    """Key and text of the recorded questions that name neither."""
    return [(row["key"], row["question"]) for row in records.table("described")]


def described_batches() -> dict[str, list[str]]:
    """Keys of the questions that name neither, by the batch in which they were written: "1", and "2" later."""
    found: dict[str, list[str]] = {}
    for row in records.table("described"):
        found.setdefault(row["batch"], []).append(row["key"])
    return found


# -- reading
def reading_outcomes() -> pd.DataFrame:
    """What the real model answered with passages in front of it, scored.

    Returns
    -------
    pandas.DataFrame
        Index: `case`, `key`, as far as the table is recorded. Columns: `prompt`, `answer`; of type bool: `changed`,
        `new` (the value of 1.9.1), `old` (a value of an earlier release), `unknown`.

    Raises
    ------
    InvalidValue
        If no answer was recorded yet.
    """
    if not records.is_recorded("reading"):
        raise InvalidValue(
            "datasets/real_model/reading.csv is not there; python -m holdout.lm.real reading makes it"
        )
    questions = {question.key: question for question in records.questions()}
    rows = []
    for row in records.table("reading"):
        if row["case"] not in READING:
            continue
        question = questions[row["key"]]
        outcome = report.score_row(row, question)[1]
        rows.append(
            {
                "case": row["case"],
                "key": row["key"],
                "prompt": row["prompt"],
                "answer": row["answer"],
                "changed": bool(question.older),
                "new": outcome.right,
                "old": outcome.stale,
                "unknown": outcome.abstains,
            }
        )
    return pd.DataFrame(rows).set_index(["case", "key"])


def reading_shares(outcomes: pd.DataFrame, *, changed_only: bool = False) -> pd.DataFrame:
    """One row per case: how often the answer is the new value, an old one, "unknown" or something else.

    Parameters
    ----------
    outcomes : pandas.DataFrame
        From `reading_outcomes`.
    changed_only : bool
        Only questions about facts that changed.

    Returns
    -------
    pandas.DataFrame
        Index: case, in the order of `READING`. Columns: `n`; `new`, `old`, `unknown`, `other` (shares that add to 1) and
        for the first three `... low`, `... high`, Wilson's 95% interval.
    """
    rows = {}
    for case in READING:
        if case not in outcomes.index.get_level_values("case"):
            continue
        part = outcomes.loc[case]
        part = part[part["changed"]] if changed_only else part
        row: dict[str, float] = {"n": len(part)}
        for column in ("new", "old", "unknown"):
            hits = int(part[column].sum())
            row[column] = hits / len(part)
            row[f"{column} low"], row[f"{column} high"] = wilson_interval(hits, len(part))
        row["other"] = 1 - row["new"] - row["old"] - row["unknown"]
        rows[case] = row
    return pd.DataFrame(rows).T.astype({"n": int})


def compare_cases(outcomes: pd.DataFrame, before: str, after: str, column: str = "new") -> McNemar:
    """McNemar's exact test of two cases on the questions that both have.

    Parameters
    ----------
    outcomes : pandas.DataFrame
        From `reading_outcomes`.
    before, after : str
        Cases.
    column : str
        What counts as a hit: `new`, `old` or `unknown`.
    """
    first, second = outcomes.loc[before, column], outcomes.loc[after, column]
    keys = first.index.intersection(second.index)
    return mcnemar_exact(first[keys].to_numpy(), second[keys].to_numpy())


# -- what is in the weights
def preferred_values(*, confidence: float = 0.95) -> pd.DataFrame:
    """Forced choice of the real model on the facts that changed: which of four values it finds most probable.

    Returns
    -------
    pandas.DataFrame
        Index: `"by likelihood"`, `"against the prior"`; columns `n`, and for `old` and `new` the share and `low`, `high`.
    """
    found = report.choices()
    changed = found[found["group"] == "changed"]
    rows = {}
    for name, column in (("by likelihood", "chosen"), ("against the prior", "chosen_against_prior")):
        row: dict[str, float] = {"n": len(changed)}
        for label, role in (("old", "old"), ("new", "truth")):
            hits = int((changed[column] == role).sum())
            row[label] = hits / len(changed)
            row[f"{label} low"], row[f"{label} high"] = wilson_interval(
                hits, len(changed), confidence=confidence
            )
        rows[name] = row
    return pd.DataFrame(rows).T.astype({"n": int})
