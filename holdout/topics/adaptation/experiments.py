"""Prompt, retrieval, a stronger model, fine-tuning, or both: measured on the small language model, then priced.

Two halves that meet in one table. The first asks six kinds of questions in six ways and counts what is right.
The second turns accuracies, traffic and changing facts into costs a month. Nothing is drawn here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

import holdout.lm.facts as wording
from holdout.lm.adapt import fine_tune
from holdout.lm.evaluation import Item
from holdout.lm.facts import FactBook, Key, fill
from holdout.lm.language_model import LanguageModel, make_prompt
from holdout.lm.retrieval import search_words
from holdout.lm.slices import PassageStore, Questions, draw_wordings
from holdout.lm.tokenizer import UNKNOWN

RUNGS = ("ask plainly", "prompt", "retrieval", "stronger model", "fine-tune", "both")
OPTIONS = RUNGS[1:]
EXAMPLES_NEEDED = 300
KINDS = {
    "a known format": "wording",
    "a house format": "behaviour",
    "new facts": "knowledge",
    "changed facts": "knowledge",
    "names it never met": "reading",
    "new facts, house format": "both",
}
# Where the facts themselves are in the weights: right on the day of tuning, and wrong as they change.
AGEING = frozenset((gap, "fine-tune") for gap in ("new facts", "changed facts", "new facts, house format"))


# -- measured
@dataclass(frozen=True)
class Situation:
    """One question as a product meets it: the right value, and the passages that its search brings."""

    key: Key
    value: str
    question: str
    passages: tuple[str, ...]


@dataclass(frozen=True)
class Gap:
    """Something that the model cannot do as it was shipped.

    Parameters
    ----------
    name : str
    shape : str
        Form of a right answer, with blanks as in `holdout.lm.facts`.
    situations : tuple of Situation
        The questions that it fails on.
    others : tuple of Situation
        Questions of the same product that it should go on answering.
    request : str
        Words in the question that ask for the form; where there are none, a prompt shows three examples.
    """

    name: str
    shape: str
    situations: tuple[Situation, ...]
    others: tuple[Situation, ...]
    request: str = ""


class AdaptationBenchmark:
    """Six gaps, the questions that judge them, and the examples that may be trained on.

    Parameters
    ----------
    book : FactBook
    small, large : LanguageModel
        The model in use and the stronger one.
    rng : numpy.random.Generator
    n : int
        Questions in a list.
    k : int
        Passages that retrieval brings.
    """

    def __init__(
        self,
        book: FactBook,
        small: LanguageModel,
        large: LanguageModel,
        rng: np.random.Generator,
        *,
        n: int = 60,
        k: int = 3,
    ):
        self.book, self.small, self.large, self.rng, self.k = book, small, large, rng, k
        self.make, self.store = Questions(book, rng), PassageStore(book.new, rng)
        stable = self.make.draw(book.stable, len(book.stable))
        judged, self.rest = stable[:n], stable[n:]
        self.added = self.make.draw(
            [key for key in book.added if book.new[key] not in ("None", "True", "False")], n
        )
        self.others = tuple(self.situation(key) for key in judged)
        self.unanswerable = tuple(
            self.situation(key, miss=True) for key in self.make.draw(book.never_told["test"], n)
        )
        self.shown = self.make.draw(self.rest, 3)
        house, plain = wording.HOUSE_FORMAT, "{v}"
        call_request, call = wording.STYLES["call"]
        added = tuple(map(self.situation, self.added))
        changed = tuple(map(self.situation, book.changed))
        names = tuple(self._unmet_name(book.held_out["test"]) for _ in range(n))
        self.gaps = {
            gap.name: gap
            for gap in (
                Gap("a known format", call, self.others, self.others, call_request),
                Gap("a house format", house, self.others, self.others),
                Gap("new facts", plain, added, self.others),
                Gap("changed facts", plain, changed, self.others),
                Gap("names it never met", plain, names, self.others),
                Gap("new facts, house format", house, added, self.others),
            )
        }

    def situation(self, key: Key, *, miss: bool = False) -> Situation:
        """A question about a fact of the new release; with `miss`, search does not find it and the right
        answer is "unknown"."""
        question = self.make.question(key)
        search = self.store.near_misses if miss else None
        found = search(key, question, self.k) if search else self.store.retrieve(question, self.k)
        value = UNKNOWN if miss else self.book.new[key]
        return Situation(key, value, question, tuple(self.make.shuffled(found)))

    def _unmet_name(self, estimators: Sequence[str], passages: int = 5) -> Situation:
        """One parameter of five estimators that occur in no training text, with random values."""
        parameter = self.make.draw(self.book.parameters, 1)[0]
        keys = [(name, parameter) for name in self.make.draw(estimators, passages)]
        values = self.make.draw(self.book.values, passages)
        texts = [
            fill(wording.PASSAGES[int(self.rng.integers(3))], key, value)
            for key, value in zip(keys, values, strict=True)
        ]
        asked = int(self.rng.integers(passages))
        return Situation(keys[asked], values[asked], self.make.question(keys[asked]), tuple(texts))

    def items(
        self, situations: Sequence[Situation], gap: Gap, *, prompted: bool, passages: bool
    ) -> list[Item]:
        """Prompts with their one right answer.

        Parameters
        ----------
        situations : sequence of Situation
        gap : Gap
            Whose form is wanted.
        prompted : bool
            Whether the prompt asks for the form, or shows it by three answered examples.
        passages : bool
            Whether the prompt holds what search found.
        """
        examples = [(self.make.question(key), fill(gap.shape, key, self.book.old[key])) for key in self.shown]
        made = []
        for situation in situations:
            request = f" {gap.request}" if prompted and gap.request else ""
            prompt = make_prompt(
                situation.question + request,
                situation.passages if passages else (),
                examples if prompted and not gap.request else (),
            )
            answer = (
                UNKNOWN if situation.value == UNKNOWN else fill(gap.shape, situation.key, situation.value)
            )
            made.append(Item(prompt, answer, gap.name))
        return made

    def training_items(
        self, gap: Gap, *, with_passages: bool = False, examples: int = EXAMPLES_NEEDED
    ) -> list[Item]:
        """What a team would train on to close a gap; a question that judges a form is never among them.

        Facts are trained in all four wordings. A form is trained on other facts, with one "unknown" for every
        five examples. With passages, the values in the examples are random, so that only reading can earn
        them.
        """
        plain = gap.shape == "{v}"
        if gap.name == "names it never met":
            return [
                Item(make_prompt(s.question, s.passages), s.value, gap.name)
                for s in (self._unmet_name(self.book.held_out["test"]) for _ in range(examples))
            ]
        items = []
        if gap.situations is not self.others:  # the facts themselves have to be learnt
            keys = [situation.key for situation in gap.situations]
            if not with_passages:
                for template in wording.QUESTIONS:
                    for key in keys:
                        text = fill(gap.shape, key, self.book.new[key])
                        items.append(Item(make_prompt(fill(template, key)), text, gap.name))
        if not plain:
            if with_passages:
                items += [self._read_in_form(gap.shape) for _ in range(2 * examples)]
            else:
                for key in self.make.draw(self.rest, examples):
                    text = fill(gap.shape, key, self.book.old[key])
                    items.append(Item(make_prompt(self.make.question(key)), text, gap.name))
            unknown = self.make.draw(self.book.never_told["train"], max(1, examples // 5))
            items += self.make.closed(gap.name, unknown, {}, answer=UNKNOWN)
        return items

    def _read_in_form(self, shape: str) -> Item:
        make, book = self.make, self.book
        count, kind = int(self.rng.integers(1, 5)), int(self.rng.integers(3))
        names, parameters = make.draw(book.estimators, count), make.draw(book.parameters, count)
        if kind == 0:
            parameters = [parameters[0]] * count
        elif kind == 1:
            names = [names[0]] * count
        keys = list(zip(names, parameters, strict=True))
        values = make.draw(book.values, count)
        texts = [
            fill(wording.PASSAGES[int(self.rng.integers(3))], key, value)
            for key, value in zip(keys, values, strict=True)
        ]
        asked = int(self.rng.integers(count))
        return Item(
            make_prompt(make.question(keys[asked]), texts), fill(shape, keys[asked], values[asked]), ""
        )

    def replay_items(self) -> list[Item]:
        """Old facts that still hold and questions whose answer is "unknown", mixed in against forgetting."""
        return [
            *self.make.closed("replay", self.book.stable, self.book.old),
            *self.make.closed("replay", self.book.never_told["train"], {}, answer=UNKNOWN),
        ]


def accuracy(model: LanguageModel, items: Sequence[Item]) -> float:
    """Share of answers that are right, word for word."""
    answers = model.complete([item.prompt for item in items])
    return float(np.mean([a.split() == item.answer.split() for a, item in zip(answers, items, strict=True)]))


def climb(
    bench: AdaptationBenchmark, rng: np.random.Generator, *, replay: bool, gaps: Sequence[str] = ()
) -> pd.DataFrame:
    """Try every rung of the ladder on every gap.

    Each rung keeps the ones below it (retrieval keeps the prompt that shows a form), except the last two: the model of
    `fine-tune` answers a plain question from its weights, and `both` is the small model, tuned, behind passages.

    Parameters
    ----------
    bench : AdaptationBenchmark
    rng : numpy.random.Generator
        Draws training batches.
    replay : bool
        Whether fine-tuning on facts mixes old facts in.
    gaps : sequence of str, optional
        Only these.

    Returns
    -------
    pandas.DataFrame
        Index (gap, rung); columns `closes` (share of the gap's questions right), `keeps` (the same setup on
        facts that did not change), `says unknown` (where nothing holds the answer; behind passages, where
        search missed), `tokens` (mean length of a prompt), `cpu seconds` of training.
    """
    rows, readers = [], {}
    for gap in bench.gaps.values():
        if gaps and gap.name not in gaps:
            continue
        reads = gap.name == "names it never met"
        learns_facts = gap.shape == "{v}" and not reads
        items = bench.training_items(gap)
        tuned = fine_tune(
            bench.small,
            items,
            rng,
            steps=120 if reads else 150,
            batch=12 if reads else 24 if learns_facts else 20,
            replay=bench.replay_items() if learns_facts and replay else (),
        )
        reader = tuned
        if gap.shape == wording.HOUSE_FORMAT:
            if gap.shape not in readers:  # it learns a form and no fact, so one serves every gap in that form
                readers[gap.shape] = fine_tune(
                    bench.small, bench.training_items(gap, with_passages=True), rng, steps=320, batch=12
                )
            reader = readers[gap.shape]
        shown = gap.shape != "{v}"
        setups = {
            "ask plainly": (bench.small, False, False, 0.0),
            "prompt": (bench.small, True, False, 0.0),
            "retrieval": (bench.small, shown, True, 0.0),
            "stronger model": (bench.large, shown, True, 0.0),
            "fine-tune": (tuned.model, False, False, tuned.cpu_seconds),
            "both": (reader.model, False, True, reader.cpu_seconds),
        }
        for rung, (model, prompted, passages, seconds) in setups.items():
            lists = [
                bench.items(situations, gap, prompted=prompted, passages=passages)
                for situations in (gap.situations, gap.others, bench.unanswerable)
            ]
            closes, keeps, unknown = (accuracy(model, questions) for questions in lists)
            tokens = np.mean([len(item.prompt.split()) for item in lists[1]])
            rows.append((gap.name, rung, closes, keeps, unknown, tokens, seconds))
    columns = ["gap", "rung", "closes", "keeps", "says unknown", "tokens", "cpu seconds"]
    return pd.DataFrame(rows, columns=columns).set_index(["gap", "rung"])


def lowest_rung(
    table: pd.DataFrame,
    *,
    slack: float = 0.05,
    unknown: float = 0.0,
    closes: float = 0.5,
    ageing: Collection[tuple[str, str]] = (),
) -> dict[str, str | None]:
    """The lowest rung of each gap that is as good as the best, give or take `slack`.

    A rung is as good as the weaker of what it closes and what it keeps: a gap that is closed by breaking the rest
    is not closed.

    Parameters
    ----------
    table : pandas.DataFrame
        From `climb`.
    slack : float
        So much may a lower rung be worse than the best.
    unknown : float
        Rungs that say "unknown" less often than that do not count.
    closes : float
        Nor do rungs that close less of the gap than that.
    ageing : collection of (str, str)
        Nor do these pairs of gap and rung: `AGEING`, where facts will change.

    Returns
    -------
    dict of str to str or None
        None where no rung counts.
    """
    chosen = {}
    for gap, rows in table.groupby(level="gap", sort=False):
        rows = rows.droplevel("gap")
        counts = (rows["says unknown"] >= unknown) & (rows["closes"] >= closes)
        counts &= np.array([(gap, rung) not in ageing for rung in rows.index])
        weaker = rows[["closes", "keeps"]].min(axis=1)[counts]
        good = weaker.index[weaker >= weaker.max() - slack - 1e-9] if len(weaker) else []
        chosen[gap] = next((rung for rung in RUNGS if rung in good), None)
    return chosen


def answer_grid(bench: AdaptationBenchmark, setups: Mapping[str, tuple[LanguageModel, bool]]) -> pd.DataFrame:
    """Ask every setup about the facts that changed, about all that did not, and what nothing answers.

    Parameters
    ----------
    bench : AdaptationBenchmark
    setups : mapping of str to (LanguageModel, bool)
        A model, and whether it sees the passages that search brings.

    Returns
    -------
    pandas.DataFrame
        Index: setup. Columns: `changed`, `unchanged`, `all facts` (of both), `says unknown` (where nothing holds the
        answer; with passages these are near misses): shares. `DataFrame.attrs["n"]` has the number of questions of each.
    """
    gap = bench.gaps["changed facts"]
    lists = {
        "changed": gap.situations,
        "unchanged": tuple(map(bench.situation, bench.book.stable)),
        "says unknown": bench.unanswerable,
    }
    n = {name: len(situations) for name, situations in lists.items()}
    n["all facts"] = n["changed"] + n["unchanged"]
    rows = {}
    for setup, (model, reads) in setups.items():
        row = {
            name: accuracy(model, bench.items(situations, gap, prompted=False, passages=reads))
            for name, situations in lists.items()
        }
        row["all facts"] = (n["changed"] * row["changed"] + n["unchanged"] * row["unchanged"]) / n[
            "all facts"
        ]
        rows[setup] = row
    table = pd.DataFrame(rows).T[["changed", "unchanged", "all facts", "says unknown"]]
    table.attrs["n"] = n
    return table


def stores_of(releases: Mapping[str, Mapping[Key, str]]) -> dict[str, PassageStore]:
    """The passages of each release; a passage whose fact stays is the same, word for word, in every release."""
    rng = np.random.default_rng(0)
    wordings = draw_wordings(dict.fromkeys(key for facts in releases.values() for key in facts), rng)
    return {release: PassageStore(dict(facts), rng, wordings=wordings) for release, facts in releases.items()}


def through_releases(
    bench: AdaptationBenchmark,
    releases: Mapping[str, Mapping[Key, str]],
    models: Mapping[str, LanguageModel],
    *,
    only_changed: bool = True,
    stores: Mapping[str, PassageStore] | None = None,
) -> pd.DataFrame:
    """How right are answers about facts, release by release?

    Weights do not know which release it is: they answer the same every time, and the truth moves on. Retrieval
    reads a table that is replaced on the day of a release.

    Parameters
    ----------
    bench : AdaptationBenchmark
    releases : mapping of str to mapping
        Release to facts, as `holdout.lm.read_defaults` returns them.
    models : mapping of str to LanguageModel
        Asked closed-book.
    only_changed : bool
        Only the facts that change between the two releases of the book; otherwise all facts that the model was
        trained on and that every release has.
    stores : mapping of str to PassageStore, optional
        Of `stores_of(releases)`, for whoever asks twice.

    Returns
    -------
    pandas.DataFrame
        One row per release; a column `retrieval` and one for each model. `DataFrame.attrs["n"]` is the number of facts.
    """
    asked = bench.book.changed if only_changed else bench.book.known
    keys = [key for key in asked if all(key in facts for facts in releases.values())]
    make = Questions(bench.book, np.random.default_rng(0))
    questions = [make.question(key) for key in keys]
    prompts = [make_prompt(question) for question in questions]
    answers = {name: model.complete(prompts) for name, model in models.items()}
    stores = stores_of(releases) if stores is None else stores
    found = {
        release: [make_prompt(q, stores[release].retrieve(q, bench.k)) for q in questions]
        for release in releases
    }
    # most prompts are the same in several releases: each is read once
    different = list(dict.fromkeys(prompt for asked in found.values() for prompt in asked))
    said = dict(zip(different, bench.small.complete(different), strict=True))
    rows = []
    for release, facts in releases.items():
        read = [said[prompt] for prompt in found[release]]
        rows.append(
            {"release": release, "retrieval": _share(read, keys, facts)}
            | {name: _share(given, keys, facts) for name, given in answers.items()}
        )
    table = pd.DataFrame(rows).set_index("release")
    table.attrs["n"] = len(keys)
    return table


def _share(answers, keys, facts):
    return float(np.mean([answer == facts[key] for answer, key in zip(answers, keys, strict=True)]))


def tune_on_release(
    bench: AdaptationBenchmark, facts: Mapping[Key, str], rng: np.random.Generator, *, replay: bool
) -> LanguageModel:
    """Fine-tune the small model on every changing fact as one release has it."""
    items: list[Item] = []
    for template in wording.QUESTIONS:
        items += bench.make.closed("train", bench.book.changed, facts, templates=(template,))
    return fine_tune(
        bench.small,
        items,
        rng,
        steps=150,
        replay=bench.replay_items() if replay else (),
    ).model


def with_old_page(
    bench: AdaptationBenchmark, model: LanguageModel, rng: np.random.Generator, *, repeats: int = 3
) -> pd.Series:
    """Answers about the changed facts where the old and the new passage are both in the prompt, in random order.

    Parameters
    ----------
    bench : AdaptationBenchmark
    model : LanguageModel
    rng : numpy.random.Generator
        Words the old passages and draws the order.
    repeats : int
        How often each question is asked.

    Returns
    -------
    pandas.Series
        Number of answers with the `new value`, the `old value` and `something else`.
    """
    old_store = PassageStore(bench.book.old, rng)
    prompts, keys = [], []
    for situation in [*bench.gaps["changed facts"].situations] * repeats:
        pages = [store.texts[store.position[situation.key]] for store in (bench.store, old_store)]
        prompts.append(make_prompt(situation.question, [pages[i] for i in rng.permutation(2)]))
        keys.append(situation.key)
    counts = {"new value": 0, "old value": 0, "something else": 0}
    for key, given in zip(keys, model.complete(prompts), strict=True):
        named = {bench.book.new[key]: "new value", bench.book.old[key]: "old value"}
        counts[named.get(given, "something else")] += 1
    return pd.Series(counts)


def shorten_names(query: str, dropped: int, rng: np.random.Generator) -> str:
    """A query as people type it: `dropped` of its words are missing (names count as several words); at least
    one is left."""
    words = search_words(query)
    keep = max(1, len(words) - dropped)
    return " ".join(words[i] for i in sorted(rng.permutation(len(words))[:keep]))


MOST_COUNTS, BREACH_COUNTS = 3.0, 5.0
