"""The retrievers of the recorded table: BM25 on whole words, on names taken apart, MiniLM, and their fusion."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from holdout.lm.fusion import reciprocal_rank_fusion
from holdout.lm.retrieval import BM25Index, search_words

INDEXED = 600
"""Characters of a passage that BM25 sees."""

METHODS = ("bm25 words", "bm25 split names", "minilm", "fusion")


def whole_words(text: str) -> list[str]:
    """Lower-case words; a name such as `RandomForestClassifier` or `max_depth` is one."""
    return [word.lower() for word in re.findall(r"\w+", text)]


def whole_and_split(text: str) -> list[str]:
    """Lower-case words and, for names, their parts as well."""
    words = whole_words(text)
    parts = [part for word in re.findall(r"\w+", text) for part in search_words(word)]
    single = set(words)
    return words + [part for part in parts if part not in single]


def score_all(
    passages: Mapping[str, str],
    queries: Sequence[str],
    vectors: tuple[np.ndarray, np.ndarray] | None = None,
) -> dict[str, np.ndarray]:
    """Scores of every passage for every query, by method.

    Parameters
    ----------
    passages : mapping of key to text
    queries : sequence of str
    vectors : pair of ndarray, optional
        Of length 1: those of the passages, shape (passages, width), in the order of `passages`, and those of the
        queries, shape (queries, width). Without them there is BM25 alone.

    Returns
    -------
    dict of str to ndarray of shape (queries, passages)
        Keys are among `METHODS`; higher is better.
    """
    texts = [text[:INDEXED] for text in passages.values()]
    plain = BM25Index(texts, words=whole_words)
    split = BM25Index(texts, words=whole_and_split)
    scores = {
        "bm25 words": np.array([plain.scores(query) for query in queries]),
        "bm25 split names": np.array([split.scores(query) for query in queries]),
    }
    if vectors is not None:
        of_passages, of_queries = vectors
        scores["minilm"] = of_queries @ of_passages.T
        scores["fusion"] = reciprocal_rank_fusion(scores["bm25 split names"], scores["minilm"])
    return scores
