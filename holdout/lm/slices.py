"""The questions that models of the course are judged by: one evaluation set for each split, in slices.

`validation` is for choosing and looking; `test` has its own draws, facts, held-out estimators and wordings,
and is for the last number. Every slice is built so that guessing does not look like knowing: reading slices
have random values; real facts are drawn among values capped at 8 %.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np

import holdout.lm.facts as wording
from holdout.lm.evaluation import EvaluationSet, Item
from holdout.lm.examples import ExampleMaker, Mix
from holdout.lm.facts import FactBook, Key, fill
from holdout.lm.language_model import make_prompt
from holdout.lm.retrieval import BM25Index
from holdout.lm.tokenizer import UNKNOWN, Tokenizer

SEEDS = {"validation": 101, "test": 202}
READING = ("same parameter", "same estimator", "mixed")
T = TypeVar("T")


def draw_wordings(keys: Iterable[Key], rng: np.random.Generator) -> dict[Key, str]:
    """A wording for the passage of each fact."""
    return {key: wording.PASSAGES[int(rng.integers(3))] for key in keys}


class PassageStore:
    """The passages of one release, one for each fact, and an index over them.

    Parameters
    ----------
    facts : dict
    rng : numpy.random.Generator
        Draws the wording of each passage.
    wordings : mapping of tuple to str, optional
        Which of `holdout.lm.facts.PASSAGES` each fact is written in, instead of drawing it.
    """

    def __init__(
        self,
        facts: dict[Key, str],
        rng: np.random.Generator,
        *,
        wordings: Mapping[Key, str] | None = None,
    ):
        self.facts, self.keys = facts, list(facts)
        if wordings is None:
            wordings = draw_wordings(self.keys, rng)
        self.texts = [fill(wordings[key], key, facts[key]) for key in self.keys]
        self.position = {key: index for index, key in enumerate(self.keys)}
        self.index = BM25Index(self.texts)

    def retrieve(self, question: str, k: int) -> list[str]:
        """The k best passages for a question, best first."""
        return [self.texts[index] for index in self.index.search(question, k)]

    def near_misses(self, key: Key, question: str, k: int) -> list[str]:
        """The k best passages that are not the answer: what retrieval brings when it misses."""
        ranked = self.index.search(question, k + 1)
        return [self.texts[index] for index in ranked if index != self.position.get(key)][:k]


class Questions:
    """Makes items about a fact book; all draws come from one `rng`."""

    def __init__(self, book: FactBook, rng: np.random.Generator):
        self.book, self.rng = book, rng

    def draw(self, items: Sequence[T], n: int) -> list[T]:
        """n different items, or all of them in random order."""
        return [items[i] for i in self.rng.permutation(len(items))[:n]]

    def question(self, key: Key, templates: Sequence[str] = wording.QUESTIONS) -> str:
        return fill(templates[int(self.rng.integers(len(templates)))], key)

    def closed(
        self,
        name: str,
        keys: Sequence[Key],
        facts: Mapping[Key, str],
        *,
        templates: Sequence[str] = wording.QUESTIONS,
        style: str = "plain",
        answer: str | None = None,
    ) -> Iterator[Item]:
        """Questions without passages; the answer is the fact, or the one given."""
        request, shape = wording.STYLES[style]
        for key in keys:
            question = f"{self.question(key, templates)} {request}".strip()
            yield Item(make_prompt(question), answer or fill(shape, key, facts[key]), name)

    def shaped(
        self,
        name: str,
        keys: Sequence[Key],
        facts: Mapping[Key, str],
        shape: str,
        *,
        store: PassageStore | None = None,
        k: int = 3,
    ) -> Iterator[Item]:
        """Questions whose answer has the house format, although nothing in the prompt says so."""
        for key in keys:
            question = self.question(key)
            passages = self.shuffled(store.retrieve(question, k)) if store else ()
            yield Item(make_prompt(question, passages), fill(shape, key, facts[key]), name)

    def with_store(
        self, name: str, keys: Sequence[Key], store: PassageStore, *, k: int = 5
    ) -> Iterator[Item]:
        """Questions behind the k passages that retrieval finds, shuffled."""
        for key in keys:
            question = self.question(key)
            passages = self.shuffled(store.retrieve(question, k))
            yield Item(make_prompt(question, passages), store.facts[key], name)

    def beside(
        self,
        name: str,
        keys: Sequence[Key],
        store: PassageStore,
        answers: Callable[[Key], str],
        *,
        k: int = 3,
    ) -> Iterator[Item]:
        """Questions behind near misses only."""
        for key in keys:
            question = self.question(key)
            passages = self.shuffled(store.near_misses(key, question, k))
            yield Item(make_prompt(question, passages), answers(key), name)

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in random order."""
        return [items[i] for i in self.rng.permutation(len(items))]

    def reading(
        self,
        name: str,
        n: int,
        *,
        kind: str,
        estimators: Sequence[str],
        passages: int = 5,
        templates: Sequence[str] = wording.PASSAGES,
        style: str = "plain",
    ) -> Iterator[Item]:
        """n questions behind passages with different random values, all sharing the parameter or the
        estimator."""
        rng, parameters = self.rng, self.book.parameters
        for _ in range(n):
            if kind == "same parameter":
                parameter = parameters[int(rng.integers(len(parameters)))]
                keys = [(estimator, parameter) for estimator in self.draw(estimators, passages)]
            elif kind == "same estimator":
                estimator = estimators[int(rng.integers(len(estimators)))]
                keys = [(estimator, parameter) for parameter in self.draw(parameters, passages)]
            else:
                rows, columns = self.draw(estimators, 2), self.draw(parameters, -(-passages // 2))
                keys = self.draw([(row, column) for row in rows for column in columns], passages)
            values = self.draw(self.book.values, len(keys))
            texts = [
                fill(templates[int(rng.integers(len(templates)))], key, value)
                for key, value in zip(keys, values, strict=True)
            ]
            asked = int(rng.integers(len(keys)))
            request, shape = wording.STYLES[style]
            question = f"{self.question(keys[asked])} {request}".strip()
            yield Item(make_prompt(question, texts), fill(shape, keys[asked], values[asked]), name)

    def real_reading(
        self,
        name: str,
        n: int,
        facts: Mapping[Key, str],
        *,
        share: int,
        estimators: Sequence[str],
        passages: int = 5,
    ) -> Iterator[Item]:
        """Behind true facts of a release: distractors share the parameter (share=1) or the estimator
        (share=0) and have another value. Fewer items than n where too few facts qualify."""
        allowed = set(estimators)
        groups: dict[str, list[Key]] = {}
        for key in facts:
            if key[0] in allowed:
                groups.setdefault(key[share], []).append(key)
        made = 0
        for key in self.draw([key for keys in groups.values() for key in keys], len(facts)):
            others = [other for other in groups[key[share]] if facts[other] != facts[key]]
            if len(others) < passages - 1 or made == n:
                continue
            made += 1
            keys = self.shuffled([key, *self.draw(others, passages - 1)])
            texts = [fill(wording.PASSAGES[int(self.rng.integers(3))], other, facts[other]) for other in keys]
            yield Item(make_prompt(self.question(key), texts), facts[key], name)

    def invented(self, n: int) -> list[Key]:
        """Pairs that no release has."""
        book = self.book
        made: list[Key] = []
        while len(made) < n:
            key = (
                book.estimators[int(self.rng.integers(len(book.estimators)))],
                book.parameters[int(self.rng.integers(len(book.parameters)))],
            )
            if key not in book.old and key not in book.new and key not in made:
                made.append(key)
        return made

    def by_example(self, name: str, n: int, shots: int) -> Iterator[Item]:
        """n questions after `shots` answered ones in a random format, all about trained facts."""
        maker = ExampleMaker(self.book, Tokenizer(wording.vocabulary(self.book)), Mix())
        for _ in range(n):
            shape = maker.random_format(self.rng)
            keys = self.draw(self.book.known, shots + 1)
            shown = [(self.question(key), fill(shape, key, self.book.old[key])) for key in keys[:-1]]
            answer = fill(shape, keys[-1], self.book.old[keys[-1]])
            yield Item(make_prompt(self.question(keys[-1]), examples=shown), answer, name)


def course_set(book: FactBook, split: str = "validation", *, n: int = 200) -> EvaluationSet:
    """The evaluation set of a split, about `n` items per slice (fewer where fewer facts exist).

    Parameters
    ----------
    book : FactBook
    split : {"validation", "test"}
    n : int
        Most items in a slice.

    Returns
    -------
    EvaluationSet
        The slices, in order: traffic, tail, styles, unseen wording; the reading slices; held-out
        estimators; unseen passage wording; abstention closed-book and beside near misses; memory beside
        near misses; the facts that change (old value, new value, new value from passages); added facts;
        formats by example; the house format.
    """
    if split not in SEEDS:
        raise ValueError(f"split must be one of {sorted(SEEDS)}, not {split!r}")
    rng = np.random.default_rng(SEEDS[split])
    make = Questions(book, rng)
    items: list[Item] = []
    old_store, new_store = PassageStore(book.old, rng), PassageStore(book.new, rng)
    asked = [book.known[i] for i in rng.choice(len(book.known), n, p=book.traffic)]
    stable = book.stable
    never_told = make.draw(book.never_told[split], n)
    added = make.draw([key for key in book.added if book.new[key] not in ("None", "True", "False")], n)
    held_out, trained = book.held_out[split], book.estimators

    items += make.closed("traffic", asked, book.old)
    items += make.closed("tail", make.draw(book.tail, n), book.old)
    for style in ("keyword", "call", "report"):
        items += make.closed(f"as {style}", make.draw(book.known, n // 2), book.old, style=style)
    items += make.closed(
        "unseen wording", make.draw(book.known, n), book.old, templates=wording.HELD_OUT_QUESTIONS[split]
    )
    for kind in READING:
        items += make.reading(kind, n, kind=kind, estimators=trained)
    items += make.reading("read as call", n // 2, kind="same parameter", estimators=trained, style="call")
    items += make.real_reading("real, same parameter", n, book.new, share=1, estimators=trained)
    items += make.real_reading("real, same estimator", n, book.new, share=0, estimators=trained)
    for kind in READING[:2]:
        items += make.reading(f"held-out estimators, {kind}", n, kind=kind, estimators=held_out)
    items += make.reading(
        "unseen passage wording",
        n,
        kind="mixed",
        estimators=trained,
        templates=wording.HELD_OUT_PASSAGES[split],
    )
    items += make.closed("abstain, invented", make.invented(n), {}, answer=UNKNOWN)
    items += make.closed("abstain, real", never_told, {}, answer=UNKNOWN)
    items += make.beside("abstain beside near misses", never_told, old_store, lambda key: UNKNOWN)
    items += make.beside("memory beside near misses", make.draw(stable, n), old_store, book.old.__getitem__)
    items += make.closed("changed, old value", book.changed, book.old)
    items += make.closed("changed, new value", book.changed, book.new)
    items += make.with_store("changed, with passages", book.changed, new_store)
    items += make.closed("kept", make.draw(stable, n), book.old)
    items += make.closed("added", added, book.new)
    items += make.with_store("added, with passages", added, new_store)
    items += make.by_example("format by example", n, shots=3)
    items += make.shaped("house format", make.draw(stable, n // 2), book.old, wording.HOUSE_FORMAT)
    items += make.shaped(
        "house format, with passages", added[: n // 2], book.new, wording.HOUSE_FORMAT, store=new_store
    )
    return EvaluationSet(f"course {split}", tuple(items))
