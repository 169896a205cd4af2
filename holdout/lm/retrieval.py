"""Finding the passages that answer a question: BM25 written out, and TF-IDF from scikit-learn beside it.

Both indexes rank texts by the words they share with a query. Also here: how good a ranking is. No language
model.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence

import numpy as np

_PIECES = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+|[0-9]+")


def search_words(text: str) -> list[str]:
    """Lower-case words of a text, names taken apart: `RandomForestClassifier max_depth` has five."""
    return [piece.lower() for piece in _PIECES.findall(text)]


class BM25Index:
    """Okapi BM25 over a list of texts.

    score(q, d) = sum over words w of q: idf(w) tf (k1 + 1) / (tf + k1 (1 - b + b |d| / mean |d|)), where tf
    counts w in d. Source: Robertson & Zaragoza 2009, "The Probabilistic Relevance Framework", eq. 3.15. The
    idf is ln(1 + (N - n + 0.5) / (n + 0.5)) with n texts out of N that hold w, the variant that is never
    negative.

    Parameters
    ----------
    texts : sequence of str
        At least one.
    k1 : float
        How much repeating a word still counts; 0 or more.
    b : float
        How much long texts are held back, from 0 to 1.
    words : callable
        Cuts a text or a query into words; `search_words`, which takes names apart, by default.

    Raises
    ------
    ValueError
        If there are no texts or a setting is out of range.
    """

    def __init__(
        self,
        texts: Sequence[str],
        *,
        k1: float = 1.5,
        b: float = 0.75,
        words: Callable[[str], list[str]] = search_words,
    ):
        if not len(texts):
            raise ValueError("there are no texts to search; give at least one")
        if k1 < 0 or not 0 <= b <= 1:
            raise ValueError(f"k1 must be 0 or more and b between 0 and 1, not k1={k1}, b={b}")
        self.texts = list(texts)
        self.words = words
        counts = [Counter(words(text)) for text in self.texts]
        lengths = np.array([sum(count.values()) for count in counts], float)
        held_back = k1 * (1 - b + b * lengths / max(lengths.mean(), 1e-12))
        found: dict[str, list[tuple[int, int]]] = {}
        for index, count in enumerate(counts):
            for word, frequency in count.items():
                found.setdefault(word, []).append((index, frequency))
        # everything but the query is known now: each word keeps the texts that hold it and what it adds to
        # them
        self.postings = {}
        for word, pairs in found.items():
            where, frequency = np.array(pairs).T
            idf = math.log(1 + (len(self.texts) - len(pairs) + 0.5) / (len(pairs) + 0.5))
            self.postings[word] = where, idf * frequency * (k1 + 1) / (frequency + held_back[where])

    def scores(self, query: str) -> np.ndarray:
        """Score of every text, shape (n_texts,). Words that no text holds add nothing."""
        total = np.zeros(len(self.texts))
        for word in self.words(query):
            if word in self.postings:
                where, added = self.postings[word]
                total[where] += added
        return total

    def search(self, query: str, k: int = 5) -> list[int]:
        """Indices of the k best texts, best first; equal scores in the order of the texts."""
        return _best(self.scores(query), k)


class TfidfIndex:
    """The same task with scikit-learn: cosine similarity of TF-IDF vectors."""

    def __init__(self, texts: Sequence[str]):
        from sklearn.feature_extraction.text import TfidfVectorizer

        if not len(texts):
            raise ValueError("there are no texts to search; give at least one")
        self.texts = list(texts)
        self.vectorizer = TfidfVectorizer(analyzer=search_words)
        self.matrix = self.vectorizer.fit_transform(self.texts)

    def scores(self, query: str) -> np.ndarray:
        """Cosine of every text with the query, shape (n_texts,)."""
        return (self.matrix @ self.vectorizer.transform([query]).T).toarray().ravel()

    def search(self, query: str, k: int = 5) -> list[int]:
        """Indices of the k best texts, best first; equal scores in the order of the texts."""
        return _best(self.scores(query), k)


def _best(scores: np.ndarray, k: int) -> list[int]:
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    return np.argsort(-scores, kind="stable")[:k].tolist()


def recall_at(ranking: Sequence[int], relevant: Collection[int], k: int) -> float:
    """Share of the relevant texts among the first k of a ranking."""
    if not relevant:
        raise ValueError("recall is not defined without a relevant text")
    return len(set(ranking[:k]) & set(relevant)) / len(relevant)


def ndcg_at(ranking: Sequence[int], gains: dict[int, float], k: int, *, exponential: bool = True) -> float:
    """Normalized discounted cumulative gain: sum of gain / log2(rank + 1) over the first k ranks, divided by what
    the best order would get.

    Parameters
    ----------
    ranking : sequence of int
        Texts, best first.
    gains : dict of int to float
        How useful each text is; texts that are not in it gain 0.
    k : int
    exponential : bool
        Count 2^gain - 1 for a gain (Burges et al. 2005, "Learning to rank using gradient descent", section 3), or
        the gain itself (Jarvelin & Kekalainen 2002; `sklearn.metrics.ndcg_score`). Say which: the numbers differ.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        If no text is useful.
    """
    if not any(gain > 0 for gain in gains.values()):
        raise ValueError("nDCG is not defined when no text is useful")

    def total(values):
        return sum(
            (2**gain - 1 if exponential else gain) / math.log2(rank + 2) for rank, gain in enumerate(values)
        )

    best = total(sorted(gains.values(), reverse=True)[:k])
    return total([gains.get(text, 0) for text in ranking[:k]]) / best
