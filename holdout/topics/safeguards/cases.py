"""Corpora of real docstrings and of texts generated from them, whose origin is known row by row.

What people wrote are lines of scikit-learn's docstrings; what models "wrote" comes from a bigram model of these lines. Who wrote a
text is recorded or inferred from records; no function here guesses it from the words.
"""

from __future__ import annotations

import csv
import lzma
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from holdout.data import loader as data

WRITERS = ("ada", "ben", "cleo", "dan", "eve")
LICENCES = {"human": "BSD-3-Clause", "model": "generated from BSD-3-Clause"}
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


@dataclass(frozen=True)
class Corpus:
    """A corpus and what is true of it.

    Parameters
    ----------
    rows : list of dict
        ``id``, ``day`` (all different), ``writer``, ``source`` (as declared: "human" or "model"), ``parent`` (id of the text that
        it was shortened from, or None), ``text``. In no order.
    automated : dict of str to int
        Writer to the day from which that account was run by a model.
    undeclared : frozenset of str
        Rows declared "human" that are model output or come from it.
    kinds : dict of str to str
        Row to the way in which it is: "writer", "parent", "copy". Rows that only look like it: "looks".
    """

    rows: list[dict[str, Any]]
    automated: dict[str, int]
    undeclared: frozenset[str]
    kinds: dict[str, str]


@lru_cache(maxsize=1)
def docstrings() -> tuple[str, ...]:
    """What scikit-learn's docstrings say of each constructor parameter (`datasets/real_model`), without its name and type."""
    file = data.path("real_model/passages.csv.xz")
    with lzma.open(file, "rt", encoding="utf-8", newline="") as stream:
        texts = [row["text"] for row in csv.DictReader(stream)]
    return tuple(text.split("\n", 1)[1] for text in texts if "\n" in text)


def word_frequencies(vocabulary: int = 1000) -> np.ndarray:
    """Relative frequencies of the commonest words of `docstrings`, most frequent first, among themselves.

    Returns
    -------
    numpy.ndarray, shape (vocabulary,)
        Sums to 1. Words are runs of letters; everything else separates.
    """
    counted = Counter(word for text in docstrings() for word in _WORD.findall(text.lower()))
    counts = np.array([number for _, number in counted.most_common(vocabulary)], float)
    return counts / counts.sum()


@lru_cache(maxsize=1)
def _lines() -> tuple[str, ...]:
    """First lines of the docstrings of five words or more, each once."""
    firsts = {fingerprint(line): line for line in (text.split("\n")[0] for text in docstrings())}
    return tuple(line for words, line in firsts.items() if len(words.split()) >= 5)


@lru_cache(maxsize=1)
def _followers() -> dict[str, list[str]]:
    """For each word of the lines, the words that follow it, as often as they do; "" begins and ends a line."""
    table: dict[str, list[str]] = {}
    for line in _lines():
        words = ["", *line.split(), ""]
        for one, after in pairwise(words):
            table.setdefault(one, []).append(after)
    return table


def generated_text(rng: np.random.Generator, *, words: int = 12) -> str:
    """A line from a bigram model of the docstrings: each word is drawn by what follows the word before it there.

    Lines of fewer than five words, and those that a person wrote word for word, are drawn again.
    """
    table, known = _followers(), set(map(fingerprint, _lines()))
    while True:
        line: list[str] = []
        while len(line) < words:
            choices = table[line[-1] if line else ""]
            word = choices[int(rng.integers(len(choices)))]
            if not word:
                break
            line.append(word)
        text = " ".join(line)
        if len(line) >= 5 and fingerprint(text) not in known:
            return text


def make_corpus(rng: np.random.Generator, size: int = 120) -> Corpus:
    """A corpus of `size` rows with planted undeclared model texts, and with innocent rows that look like them.

    Planted: texts of an account after it was automated; descendants of model texts over one to three steps; copies of earlier
    model texts in other capitals and spaces. Innocent: texts of the same account before that day; human texts that a model
    quoted *later*; descendants of human texts; texts whose parent is not in the corpus.

    Texts of people are docstrings, each at most once; those of models and of automated accounts are `generated_text`; a
    descendant is its parent's text without some words.
    """
    if not 60 <= size <= 600:
        raise ValueError(f"a corpus has 60 rows, to hold all kinds, to 600; not {size}")
    days = [int(day) for day in np.sort(rng.choice(900, size, replace=False))]
    names = [f"t{number:04d}" for number in rng.choice(9000, size, replace=False) + 1000]
    robots = [str(name) for name in rng.choice(WRITERS, 2, replace=False)]
    automated = {name: int(rng.integers(300, 600)) for name in robots}
    human = [_lines()[i] for i in rng.permutation(len(_lines()))]
    rows: list[dict[str, Any]] = []
    tainted: set[str] = set()
    kinds: dict[str, str] = {}
    first: dict[str, str] = {}
    for day, name in zip(days, names, strict=True):
        writer = str(rng.choice(WRITERS))
        draw = rng.random()
        by_account = day >= automated.get(writer, 10**6)
        row: dict[str, Any] = {"id": name, "day": day, "writer": writer, "source": "human", "parent": None}
        row["text"] = generated_text(rng) if by_account or draw < 0.14 else human.pop()
        # an origin that can be inherited: any earlier row, so that chains grow
        earlier = rows[int(rng.integers(len(rows)))] if rows else None
        if draw < 0.14:
            row |= {"source": "model", "writer": "writer-bot"}
            # sometimes it repeats, word for word, what a person wrote before
            if earlier and earlier["id"] not in tainted and rng.random() < 0.5:
                row["text"] = earlier["text"]
        elif draw < 0.44 and earlier:
            row |= {"parent": earlier["id"], "text": _shortened(earlier["text"], first, rng) or row["text"]}
        elif draw < 0.62 and earlier:
            copied = [r for r in rows if r["id"] in tainted] if rng.random() < 0.6 else rows
            if copied:
                original = copied[int(rng.integers(len(copied)))]["text"]
                row["text"] = "  ".join(
                    w.capitalize() if rng.random() < 0.4 else w for w in original.lower().split()
                )
        elif draw < 0.68:
            row["parent"] = f"x{int(rng.integers(1000, 9999))}"
        by_model = row["source"] == "model" or day >= automated.get(row["writer"], 10**6)
        inherited = row["parent"] in tainted
        words = fingerprint(row["text"])
        # the first row that holds a text decides whose it is
        copy = first.get(words) in tainted
        if by_model or inherited or copy:
            tainted.add(name)
            if row["source"] == "human":
                kinds[name] = "writer" if by_model else "parent" if inherited else "copy"
        elif words in first or row["parent"] or row["writer"] in automated:
            kinds[name] = "looks"
        first.setdefault(words, name)
        rows.append(row)
    undeclared = frozenset(r["id"] for r in rows if r["id"] in tainted and r["source"] == "human")
    return Corpus([rows[i] for i in rng.permutation(size)], automated, undeclared, kinds)


def _shortened(text: str, taken: Mapping[str, str], rng: np.random.Generator) -> str | None:
    """The text without one or two of its words, such that no earlier row has it; None if that cannot be had."""
    words = text.split()
    for _ in range(20):
        if len(words) < 5:
            return None
        dropped = set(rng.choice(len(words), min(2, len(words) - 4), replace=False).tolist())
        shorter = " ".join(word for i, word in enumerate(words) if i not in dropped)
        if fingerprint(shorter) not in taken:
            return shorter
    return None


def fingerprint(text: str) -> str:
    """A text without capitals and repeated spaces: what makes two copies equal."""
    return " ".join(text.lower().split())


def first_days(corpus: Corpus) -> dict[str, int]:
    """Each automated account with the day of the bot's first text in the corpus: the day from which it ran counts."""
    return {
        writer: min(
            (row["day"] for row in corpus.rows if row["writer"] == writer and row["day"] >= since),
            default=since,
        )
        for writer, since in corpus.automated.items()
    }


def hangs_on_the_first_day(corpus: Corpus) -> float:
    """Share of the undeclared rows that no other rule finds than "that day included"."""
    automated = first_days(corpus)
    found: set[str] = set()
    first: dict[str, str] = {}
    for row in sorted(corpus.rows, key=lambda row: row["day"]):
        owner = first.setdefault(fingerprint(row["text"]), row["id"])
        by_writer = row["day"] > automated.get(row["writer"], 10**9)
        if row["source"] == "model" or by_writer or row["parent"] in found or owner in found:
            found.add(row["id"])
    return len(corpus.undeclared - found) / len(corpus.undeclared)


def steps_to(corpus: Corpus) -> dict[str, tuple[int, bool]]:
    """How far each undeclared row is from a text that a model or a bot wrote.

    Returns
    -------
    dict
        Id to the fewest steps (from a parent, or from the first row with the same text) and to whether every way there goes on from a copy.
    """
    automated = first_days(corpus)
    steps, followed, first = {}, {}, {}  # type: ignore[var-annotated]
    for row in sorted(corpus.rows, key=lambda row: row["day"]):
        owner = first.setdefault(fingerprint(row["text"]), row["id"])
        if row["source"] == "model" or row["day"] >= automated.get(row["writer"], 10**9):
            steps[row["id"]], followed[row["id"]] = 0, "origin"
            continue
        ways = [
            (
                steps[one],
                "copy" if kind == "copy" else "onward" if followed[one] in ("copy", "onward") else "line",
            )
            for one, kind in ((row["parent"], "parent"), (owner, "copy"))
            if one in steps
        ]
        if ways:
            steps[row["id"]] = 1 + min(way for way, _ in ways)
            kinds = {kind for _, kind in ways}
            followed[row["id"]] = next(kind for kind in ("line", "copy", "onward") if kind in kinds)
    return {id: (steps[id], followed[id] == "onward") for id in corpus.undeclared}


def corpora_with_all_kinds(rng: np.random.Generator, count: int) -> list[Corpus]:
    """Corpora in each of which no rule can be left out: 5% or more of the undeclared rows hang on a bot's first text, as many on
    a line that goes on from a copy, and as many are three or more steps from a text that a model or a bot wrote."""
    corpora: list[Corpus] = []
    while len(corpora) < count:
        corpus = make_corpus(rng)
        steps = steps_to(corpus).values()
        far, onward = np.mean([[way > 2, beyond] for way, beyond in steps], axis=0)
        if min(hangs_on_the_first_day(corpus), far, onward) >= 0.05:
            corpora.append(corpus)
    return corpora


def traced_corpora(rng: np.random.Generator, count: int) -> list[dict[str, Any]]:
    """Corpora as a learner sees them after every row was traced by hand.

    Returns
    -------
    list of dict
        ``rows`` and ``automated`` as in a question; ``undeclared``, a list of ids.
    """
    return [
        {"rows": c.rows, "automated": first_days(c), "undeclared": sorted(c.undeclared)}
        for c in corpora_with_all_kinds(rng, count)
    ]


def descendants(rows: Sequence[Mapping[str, Any]], start: Iterable[str]) -> set[str]:
    """Ids of the given rows and of all that were made from them, over any number of steps."""
    found = set(start)
    while True:
        more = {row["id"] for row in rows if row["parent"] in found} - found
        if not more:
            return found
        found |= more
