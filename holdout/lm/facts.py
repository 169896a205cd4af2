"""The real facts that the model is asked about: defaults of scikit-learn's constructors in two releases.

A *fact* is a key (estimator, parameter) with the source text of its default, for example
`("LogisticRegression", "C") -> "1.0"`. `FactBook` reads the table, decides once and for all which facts a
model is trained on, which it must answer with "unknown", and which nobody may look at before the end.
Wordings are at the bottom. No model here.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from holdout.data.loader import folder as datasets_folder
from holdout.lm.tokenizer import SPECIAL

Key = tuple[str, str]

# Values that the retrieval lessons would find too easy to guess are capped among the trained facts (see
# `FactBook`).
TRAINED_FACTS = 700
VALUE_CAP = 0.08
HELD_OUT_SHARE = 0.15


def read_defaults(path: Path | None = None) -> dict[str, dict[Key, str]]:
    """Every release's facts.

    Parameters
    ----------
    path : Path, optional
        A table like `datasets/sklearn_defaults/defaults.csv`, which is the default; there the checksum is
        verified.

    Returns
    -------
    dict of str to dict
        Release to {(estimator, parameter): default}. Required parameters have no default and are left out.
        Blanks inside a value are dropped, so that a value is one word.

    Raises
    ------
    FileNotFoundError
        If the table is missing.
    ValueError
        If the table is not the one that the checksum was taken of.
    """
    shipped = path is None
    path = path or datasets_folder() / "sklearn_defaults" / "defaults.csv"
    if not path.exists():
        raise FileNotFoundError(
            f"{path} is missing; set HOLDOUT_DATASETS to the folder that holds sklearn_defaults/"
        )
    if shipped:
        lines = path.with_name("checksums.sha256").read_text().splitlines()
        checksums = {name: checksum for checksum, name in (line.split() for line in lines if line)}
        expected = checksums[path.name]
        if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            raise ValueError(
                f"{path} was changed: its checksum is not {expected[:12]}...; restore it or run make.py"
            )
    releases: dict[str, dict[Key, str]] = {}
    with path.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            facts = releases.setdefault(row["release"], {})
            if row["required"] == "no":
                facts[row["estimator"], row["parameter"]] = "".join(row["default"].split())
    return releases


@dataclass(frozen=True)
class FactBook:
    """Facts of an old and a new release, split for training and for judging.

    The split depends on `split_seed` only, not on the seed of a training run, so all models share it.

    - `known`: facts of the old release that models are trained on, most asked first. All facts that change
      until the new release are among them, and no value makes up more than `VALUE_CAP` of them: None is a
      quarter of all defaults, and a model that always says None should not look as if it knew something.
    - `traffic`: how often each known fact is asked, proportional to 1 / rank (a simulated popularity).
    - `never_told`: real facts of the old release that training never shows. `train` ones are trained to be
      answered "unknown"; `validation` and `test` ones are only judged.
    - `held_out`: estimators that occur in no training question and no training passage.
    - `changed`, `added`: facts whose default differs in the new release, or that exist only there.
    """

    old_release: str
    new_release: str
    old: dict[Key, str]
    new: dict[Key, str]
    known: list[Key]
    traffic: np.ndarray
    never_told: dict[str, list[Key]]
    held_out: dict[str, list[str]]
    estimators: list[str]
    parameters: list[str]
    values: list[str]
    all_estimators: list[str]
    fingerprint: str = field(default="")

    @property
    def changed(self) -> list[Key]:
        return [key for key in self.known if key in self.new and self.new[key] != self.old[key]]

    @property
    def stable(self) -> list[Key]:
        return [key for key in self.known if self.new.get(key) == self.old[key]]

    @property
    def added(self) -> list[Key]:
        held_out = {name for names in self.held_out.values() for name in names}
        return [key for key in self.new if key not in self.old and key[0] not in held_out]

    @property
    def tail(self) -> list[Key]:
        """The least asked third of the known facts."""
        return self.known[-(len(self.known) // 3) :]

    def majority_accuracy(self, keys: list[Key], facts: dict[Key, str]) -> dict[str, float]:
        """What guessing reaches: always the commonest value, and the commonest value of the same parameter
        among the *other* keys (leave one out; the commonest value overall where the parameter is alone)."""
        overall = Counter(facts[key] for key in keys)
        by_parameter: dict[str, Counter] = {}
        for key in keys:
            by_parameter.setdefault(key[1], Counter())[facts[key]] += 1
        hits = 0
        for key in keys:
            others = by_parameter[key[1]] - Counter([facts[key]])
            guess = (others or overall).most_common(1)[0][0]
            hits += guess == facts[key]
        return {"majority": overall.most_common(1)[0][1] / len(keys), "same_parameter": hits / len(keys)}

    def copy_accuracy(self, known: Sequence[Key], asked: Sequence[Key], facts: dict[Key, str]) -> float:
        """Share of `asked` that is right if each gets the commonest value of its parameter among `known` (the commonest of all
        where none has this parameter)."""
        overall = Counter(facts[key] for key in known)
        by_parameter: dict[str, Counter] = {}
        for key in known:
            by_parameter.setdefault(key[1], Counter())[facts[key]] += 1
        guesses = [by_parameter.get(key[1], overall).most_common(1)[0][0] for key in asked]
        return sum(guess == facts[key] for guess, key in zip(guesses, asked, strict=True)) / len(guesses)


def open_book(
    old_release: str = "0.24.2", new_release: str = "1.9.1", *, split_seed: int = 0, path: Path | None = None
) -> FactBook:
    """Read the table and split it.

    Parameters
    ----------
    old_release, new_release : str
        Releases in the table: what the model learns, and what the world says later.
    split_seed : int
    path : Path, optional
        Another table, e.g. one with a newer release.

    Returns
    -------
    FactBook

    Raises
    ------
    ValueError
        If a release is not in the table.
    """
    releases = read_defaults(path)
    for release in (old_release, new_release):
        if release not in releases:
            raise ValueError(f"release {release} is not in the table; it has {', '.join(releases)}")
    old, new = releases[old_release], releases[new_release]
    everything = [facts for facts in releases.values()]
    all_estimators = sorted({key[0] for facts in everything for key in facts})
    parameters = sorted({key[1] for facts in everything for key in facts})
    values = sorted({value for facts in everything for value in facts.values()})

    rng = np.random.default_rng(split_seed)
    changed = [key for key in sorted(old) if key in new and old[key] != new[key]]
    with_change = {key[0] for key in changed}
    candidates = [name for name in all_estimators if name not in with_change]
    drawn = [
        candidates[i] for i in rng.permutation(len(candidates))[: round(HELD_OUT_SHARE * len(all_estimators))]
    ]
    half = len(drawn) // 2
    held_out = {"validation": sorted(drawn[:half]), "test": sorted(drawn[half:])}

    pool = [key for key in sorted(old) if key[0] not in set(drawn) and key not in set(changed)]
    pool = [pool[i] for i in rng.permutation(len(pool))]
    known, rest, counts = list(changed), [], Counter(old[key] for key in changed)
    for key in pool:
        if len(known) < TRAINED_FACTS and counts[old[key]] < VALUE_CAP * TRAINED_FACTS:
            known.append(key)
            counts[old[key]] += 1
        else:
            rest.append(key)
    known = [known[i] for i in rng.permutation(len(known))]
    thirds = [rest[0::3], rest[1::3], rest[2::3]]
    weights = 1 / np.arange(1, len(known) + 1)
    digest = hashlib.sha256(repr((known, thirds, held_out, parameters, values)).encode()).hexdigest()
    return FactBook(
        old_release=old_release,
        new_release=new_release,
        old=old,
        new=new,
        known=known,
        traffic=weights / weights.sum(),
        never_told=dict(zip(("train", "validation", "test"), thirds, strict=True)),
        held_out=held_out,
        estimators=[name for name in all_estimators if name not in set(drawn)],
        parameters=parameters,
        values=values,
        all_estimators=all_estimators,
        fingerprint=digest[:16],
    )


# -- wordings
# {e} estimator, {p} parameter, {v} value. Held-out wordings appear in no training text.

QUESTIONS = (
    "{e} {p} ?",
    "what is the default of {p} for {e} ?",
    "{p} of {e} ?",
    "for {e} , what is {p} ?",
)
HELD_OUT_QUESTIONS = {
    "validation": ("what is the {p} of {e} ?",),
    "test": ("for {e} what is the default of {p} ?",),
}
PASSAGES = (
    "{e} {p} {v} ;",
    "for {e} the default of {p} is {v} ;",
    "{p} of {e} is {v} ;",
)
HELD_OUT_PASSAGES = {
    "validation": ("the default of {p} for {e} is {v} ;",),
    "test": ("{e} : the {p} is {v} ;",),
}
# What an answer looks like, and the words in the question that ask for it.
STYLES = {
    "plain": ("", "{v}"),
    "keyword": ("as keyword", "{p} = {v}"),
    "call": ("as call", "{e} ( {p} = {v} )"),
    "report": ("as report", "{v} is the default of {p}"),
}
# Marks for output formats that a prompt shows by example (few-shot), and one format that training never
# shows.
MARKS = tuple("< > # * | ~ ! & % @ / ^ { } -> + $".split())
HOUSE_FORMAT = "[ {p} :: {v} ]"


def fill(template: str, key: Key, value: str = "") -> str:
    """A wording with its blanks filled. `str.format` would trip over the braces among the marks."""
    return template.replace("{e}", key[0]).replace("{p}", key[1]).replace("{v}", value)


def vocabulary(book: FactBook) -> list[str]:
    """All words: special ones, those of the wordings, then estimators, parameters and values of every
    release."""
    templates = [*QUESTIONS, *PASSAGES, HOUSE_FORMAT]
    templates += [
        text
        for group in (HELD_OUT_QUESTIONS, HELD_OUT_PASSAGES)
        for texts in group.values()
        for text in texts
    ]
    templates += [text for pair in STYLES.values() for text in pair]
    words = [word for text in templates for word in text.split() if word not in ("{e}", "{p}", "{v}")]
    return list(
        dict.fromkeys([*SPECIAL, *words, *MARKS, *book.all_estimators, *book.parameters, *book.values])
    )
