"""Where the rows of a corpus come from: simulated corpora with a known truth, an audit's score, and a policy as checks.

Nothing here looks at style: who wrote a text is recorded or inferred from records, never guessed from the words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

WRITERS = ("ada", "ben", "cleo", "dan", "eve")
_WORDS = (
    "refund parcel invoice printer password router delay address courier label locker return pickup weight customs "
    "depot barcode scanner receipt damage claim window signature neighbour holiday storm"
).split()


@dataclass(frozen=True)
class Corpus:
    """A corpus and what is true of it.

    Parameters
    ----------
    rows : list of dict
        ``id``, ``day`` (all different), ``writer``, ``source`` (as declared: "human" or "model"), ``parent`` (id of the text that
        it was translated, shortened or edited from, or None), ``text``. In no order.
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


def make_corpus(rng: np.random.Generator, size: int = 120) -> Corpus:
    """A corpus of `size` rows with planted undeclared model texts, and with innocent rows that look like them.

    Planted: texts of an account after it was automated; descendants of model texts over one to three steps; copies of earlier
    model texts in other capitals and spaces. Innocent: texts of the same account before that day; human texts that a model
    quoted *later*; descendants of human texts; texts whose parent is not in the corpus.
    """
    if size < 60:
        raise ValueError(f"a corpus with all kinds needs at least 60 rows, not {size}")
    days = [int(day) for day in np.sort(rng.choice(900, size, replace=False))]
    names = [f"t{number:04d}" for number in rng.choice(9000, size, replace=False) + 1000]
    robots = [str(name) for name in rng.choice(WRITERS, 2, replace=False)]
    automated = {name: int(rng.integers(300, 600)) for name in robots}
    rows: list[dict[str, Any]] = []
    tainted: set[str] = set()
    kinds: dict[str, str] = {}
    for day, name in zip(days, names, strict=True):
        writer = str(rng.choice(WRITERS))
        text = " ".join(rng.choice(_WORDS, 6, replace=False))
        row: dict[str, Any] = {
            "id": name,
            "day": day,
            "writer": writer,
            "source": "human",
            "parent": None,
            "text": text,
        }
        draw = rng.random()
        # an origin that can be inherited: any earlier row, so that chains grow
        earlier = rows[int(rng.integers(len(rows)))] if rows else None
        if draw < 0.14:
            row |= {"source": "model", "writer": "writer-bot"}
            # sometimes it repeats, word for word, what a person wrote before
            if earlier and earlier["id"] not in tainted and rng.random() < 0.5:
                row["text"] = earlier["text"]
        elif draw < 0.44 and earlier:
            row["parent"] = earlier["id"]
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
        same = fingerprint(row["text"])
        before = [r for r in rows if fingerprint(r["text"]) == same]
        # a text belongs to whoever wrote it first
        copy = bool(before) and before[0]["id"] in tainted
        if by_model or inherited or copy:
            tainted.add(name)
            if row["source"] == "human":
                kinds[name] = "writer" if by_model else "parent" if inherited else "copy"
        elif before or row["parent"] or row["writer"] in automated:
            kinds[name] = "looks"
        rows.append(row)
    undeclared = frozenset(r["id"] for r in rows if r["id"] in tainted and r["source"] == "human")
    return Corpus([rows[i] for i in rng.permutation(size)], automated, undeclared, kinds)


def fingerprint(text: str) -> str:
    """A text without capitals and repeated spaces: what makes two copies equal."""
    return " ".join(text.lower().split())
