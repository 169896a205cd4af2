"""Prompt, retrieval, a stronger model, fine-tuning, or both: measured on the small language model, then priced.

Two halves that meet in one table. The first asks six kinds of questions in six ways and counts what is right.
The second turns accuracies, traffic and changing facts into costs a month. Nothing is drawn here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from holdout.harness import Item
from holdout.judges import Verdict
from holdout.lm import facts as wording
from holdout.lm.adapt import fine_tune
from holdout.lm.facts import FactBook, Key, fill
from holdout.lm.language_model import LanguageModel, make_prompt
from holdout.lm.slices import Questions, Store
from holdout.lm.tokenizer import UNKNOWN
from holdout.retrieval import search_words

RUNGS = ("ask plainly", "prompt", "retrieval", "stronger model", "fine-tune", "both")
OPTIONS = RUNGS[1:]
EXAMPLES_NEEDED = 300
KINDS = {
    "a form it knows": "wording",
    "a form of the house": "behaviour",
    "new facts": "knowledge",
    "changed facts": "knowledge",
    "names it never met": "reading",
    "new facts, form of the house": "both",
}
# Where the facts themselves are in the weights: right on the day of tuning, and wrong as they change.
AGEING = frozenset(
    (gap, "fine-tune") for gap in ("new facts", "changed facts", "new facts, form of the house")
)

# ------------------------------------------------------------------------------------------------ measured


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


class Bench:
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
        self.make, self.store = Questions(book, rng), Store(book.new, rng)
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
                Gap("a form it knows", call, self.others, self.others, call_request),
                Gap("a form of the house", house, self.others, self.others),
                Gap("new facts", plain, added, self.others),
                Gap("changed facts", plain, changed, self.others),
                Gap("names it never met", plain, names, self.others),
                Gap("new facts, form of the house", house, added, self.others),
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


def climb(bench: Bench, rng: np.random.Generator, *, replay: bool, gaps: Sequence[str] = ()) -> pd.DataFrame:
    """Try every rung of the ladder on every gap.

    Each rung keeps the ones below it (retrieval keeps the prompt that shows a form), except `fine-tune`, whose
    model answers a plain question from its weights. `both` is a tuned model behind passages.

    Parameters
    ----------
    bench : Bench
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


def through_releases(
    bench: Bench,
    releases: Mapping[str, Mapping[Key, str]],
    models: Mapping[str, LanguageModel],
) -> pd.DataFrame:
    """How right are answers about the facts that change, release by release?

    Weights do not know which release it is: they answer the same every time, and the truth moves on. Retrieval
    reads a table that is replaced on the day of a release.

    Parameters
    ----------
    bench : Bench
    releases : mapping of str to mapping
        Release to facts, as `holdout.lm.read_defaults` returns them.
    models : mapping of str to LanguageModel
        Asked closed-book.

    Returns
    -------
    pandas.DataFrame
        One row a release; a column `retrieval` and one for each model.
    """
    keys = [key for key in bench.book.changed if all(key in facts for facts in releases.values())]
    make = Questions(bench.book, np.random.default_rng(0))
    questions = [make.question(key) for key in keys]
    prompts = [make_prompt(question) for question in questions]
    answers = {name: model.complete(prompts) for name, model in models.items()}
    rows = []
    for release, facts in releases.items():
        store = Store(dict(facts), np.random.default_rng(0))
        read = bench.small.complete([make_prompt(q, store.retrieve(q, bench.k)) for q in questions])
        rows.append(
            {"release": release, "retrieval": _share(read, keys, facts)}
            | {name: _share(given, keys, facts) for name, given in answers.items()}
        )
    return pd.DataFrame(rows).set_index("release")


def _share(answers, keys, facts):
    return float(np.mean([answer == facts[key] for answer, key in zip(answers, keys, strict=True)]))


def tune_on_release(
    bench: Bench, facts: Mapping[Key, str], rng: np.random.Generator, *, replay: bool
) -> LanguageModel:
    """Fine-tune the small model on every changing fact as one release has it."""
    items = []
    for template in wording.QUESTIONS:
        items += bench.make.closed("train", bench.book.changed, facts, templates=(template,))
    return fine_tune(
        bench.small,
        items,
        rng,
        steps=150,
        replay=bench.replay_items() if replay else (),
    ).model


def shorten_names(query: str, dropped: int, rng: np.random.Generator) -> str:
    """A query as people type it: `dropped` of its words are missing (names count as several words); at least
    one is left."""
    words = search_words(query)
    keep = max(1, len(words) - dropped)
    return " ".join(words[i] for i in sorted(rng.permutation(len(words))[:keep]))


# ------------------------------------------------------------------------------------------------ priced


@dataclass(frozen=True)
class Prices:
    """What things cost, in euros. These are assumptions of the course, to be replaced by your own.

    Parameters
    ----------
    question : float
        Answering one plain question with the small model; longer prompts cost in proportion.
    stronger : float
        How many times dearer the stronger model is.
    build : mapping of str to float
        Building an option once, spread over twelve months, a month.
    upkeep : mapping of str to float
        Running it, a month.
    label : float
        One training example that is not at hand, spread over twelve months like the building.
    retune : float
        One more round of fine-tuning: data, training, evaluation, release.
    breach : float
        A month in breach of a rule. Infinite: no traffic makes a breach worth its while.
    """

    question: float = 0.0005
    stronger: float = 6.0
    build: Mapping[str, float] = (
        ("prompt", 100.0),
        ("retrieval", 500.0),
        ("stronger model", 550.0),
        ("fine-tune", 700.0),
        ("both", 1200.0),
    )
    upkeep: Mapping[str, float] = (
        ("prompt", 0.0),
        ("retrieval", 150.0),
        ("stronger model", 150.0),
        ("fine-tune", 100.0),
        ("both", 250.0),
    )
    label: float = 15.0
    retune: float = 800.0
    breach: float = math.inf

    def __post_init__(self):
        object.__setattr__(self, "build", dict(self.build))
        object.__setattr__(self, "upkeep", dict(self.upkeep))


PRICES = Prices()
INTERVALS = (0.25, 0.5, 1.0, 2.0, 3.0, 6.0, 12.0)
RULES = ("none", "cite the source", "delete on request", "keep data in house")
BREACHES = {
    "none": (),
    "cite the source": ("prompt", "fine-tune"),
    "delete on request": ("fine-tune",),
    "keep data in house": ("stronger model",),
}


def stale_share(change_rate, months):
    """Mean share of facts that are out of date between two rounds of tuning.

    Facts change at random, each at `change_rate` a month; right after a round none is out of date. The mean of
    1 - exp(-c t) over t from 0 to T is 1 - (1 - exp(-c T)) / (c T).

    Parameters
    ----------
    change_rate : float or ndarray
        Changes of a fact a month, c; 0 or more.
    months : float
        Between two rounds, T; above 0.

    Returns
    -------
    float or ndarray
    """
    if np.any(np.asarray(change_rate) < 0) or months <= 0:
        raise ValueError(
            f"change_rate must be 0 or more and months above 0, not {change_rate!r} and {months!r}"
        )
    x = np.asarray(change_rate, float) * months
    # below 1e-6 the quotient loses digits; x / 2 is exact to 1e-12 there
    return np.where(x < 1e-6, x / 2, 1 + np.expm1(-x) / np.where(x < 1e-6, 1.0, x))


def monthly_bill(
    questions,
    change_rate,
    *,
    accuracies: Mapping[str, float],
    tokens: Mapping[str, float],
    facts: bool,
    examples: int,
    price_of_wrong: float,
    rule: str = "none",
    reader_knows: bool = False,
    prices: Prices = PRICES,
) -> dict[str, dict[str, np.ndarray]]:
    """What each option costs a month, in euros, part by part.

    A model that holds changing facts in its weights is tuned again at that one of `INTERVALS` which makes
    rounds of tuning and wrong answers together cheapest.

    Parameters
    ----------
    questions, change_rate : float or ndarray of the same shape
        Questions a month; changes of a fact a month.
    accuracies : mapping of str to float
        Share of right answers of each option when its facts are up to date.
    tokens : mapping of str to float
        Length of a prompt of each option, as a multiple of a plain question's.
    facts : bool
        Whether fine-tuning puts facts that change into the weights, not only a form.
    examples : int
        Training examples at hand.
    price_of_wrong : float
        Euros a wrong answer.
    rule : str
        One of `RULES`.
    reader_knows : bool
        Whether the tuned model of `both` was trained on the facts, too; then it cannot delete them either.
    prices : Prices

    Returns
    -------
    dict of str to dict of str to ndarray
        Option to `answering`, `wrong answers`, `building and upkeep`, `examples and tuning`, `fines`.

    Raises
    ------
    ValueError
        If there is no such rule.
    """
    if rule not in BREACHES:
        raise ValueError(f"rule must be one of {list(RULES)}, not {rule!r}")
    questions, change_rate = np.broadcast_arrays(np.asarray(questions, float), np.asarray(change_rate, float))
    breaches = BREACHES[rule]
    if rule == "delete on request" and not facts:
        breaches = ()
    elif rule == "delete on request" and reader_knows:
        breaches += ("both",)
    bought = max(0, EXAMPLES_NEEDED - examples) * prices.label / 12
    bill = {}
    for option in OPTIONS:
        times = prices.stronger if option == "stronger model" else 1.0
        tuning = np.zeros_like(questions)
        wrong = questions * price_of_wrong * (1 - accuracies[option])
        if option == "fine-tune" and facts:
            fresh = np.stack([1 - stale_share(change_rate, months) for months in INTERVALS])
            wrong_by_interval = questions * price_of_wrong * (1 - accuracies[option] * fresh)
            rounds = prices.retune / np.reshape(INTERVALS, (-1, *(1,) * questions.ndim))
            cheapest = (wrong_by_interval + rounds).argmin(axis=0)[None]
            wrong = np.take_along_axis(wrong_by_interval, cheapest, axis=0)[0]
            tuning = np.take_along_axis(np.broadcast_to(rounds, wrong_by_interval.shape), cheapest, axis=0)[0]
        bill[option] = {
            "answering": questions * prices.question * tokens[option] * times,
            "wrong answers": wrong,
            "building and upkeep": np.full_like(questions, prices.build[option] + prices.upkeep[option]),
            "examples and tuning": tuning + (bought if option in ("fine-tune", "both") else 0.0),
            "fines": np.full_like(questions, prices.breach if option in breaches else 0.0),
        }
    return bill


def monthly_costs(questions, change_rate, **case) -> dict[str, np.ndarray]:
    """The sums of `monthly_bill`, option by option; same arguments."""
    return {
        option: sum(parts.values()) for option, parts in monthly_bill(questions, change_rate, **case).items()
    }


# ------------------------------------------------------------------------------------------------ cases


@dataclass(frozen=True)
class ScoredCase:
    """What somebody knows before deciding, and what each decision then really costs."""

    evidence: dict
    costs: dict[str, float]


# What the options reach, drawn between these shares: the pattern of the lesson, wider.
_REACHES = {
    "form": {
        "prompt": (0.1, 0.99),
        "retrieval": (0.1, 0.99),
        "stronger model": (0.5, 0.99),
        "fine-tune": (0.85, 0.99),
        "both": (0.85, 0.99),
    },
    "facts": {
        "prompt": (0.02, 0.35),
        "retrieval": (0.5, 0.97),
        "stronger model": (0.6, 0.99),
        "fine-tune": (0.88, 0.99),
        "both": (0.6, 0.99),
    },
    "facts in a form": {
        "prompt": (0.0, 0.2),
        "retrieval": (0.1, 0.6),
        "stronger model": (0.3, 0.95),
        "fine-tune": (0.85, 0.99),
        "both": (0.7, 0.99),
    },
}
# Changes of a fact a month, as powers of ten: half of the products have facts that hardly move, half have facts that
# move within months. Between the two the choice would rarely depend on the rate, and nobody would have to look at it.
_SLOW, _FAST = (-4.0, -2.0), (-0.7, 0.3)
_LABELS = (10, 40, 160)
PILOT = 200
MOST_COUNTS, BREACH_COUNTS = 3.0, 5.0
TOKENS = {"prompt": 1.5, "retrieval": 4.0, "stronger model": 4.0, "fine-tune": 1.0, "both": 4.0}


def make_cases(rng: np.random.Generator, n: int) -> list[ScoredCase]:
    """Products with a gap: what a pilot of 200 questions showed, and what each option would really cost.

    A cost is a multiple of the cheapest option of its case, so that a large product does not decide alone: at most
    `MOST_COUNTS`, and `BREACH_COUNTS` for a breach of a rule.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int

    Returns
    -------
    list of ScoredCase
    """
    made = []
    for _ in range(n):
        gap = str(rng.choice(list(_REACHES)))
        true = {option: float(rng.uniform(*_REACHES[gap][option])) for option in OPTIONS}
        rate = float(10 ** rng.uniform(*(_SLOW if rng.random() < 0.5 else _FAST)))
        evidence = {
            "gap": gap,
            "pilot": {option: int(rng.binomial(PILOT, true[option])) / PILOT for option in OPTIONS},
            "questions": int(10 ** rng.uniform(3.5, 6)),
            "change_rate": 0.0 if gap == "form" else round(rate, 4),
            "examples": int(rng.choice([0, 50, 150, 300, 1000])),
            "label": int(rng.choice(_LABELS)),
            "price_of_wrong": round(float(10 ** rng.uniform(-2, 0)), 3),
            "rule": str(rng.choice(RULES, p=[0.55, 0.15, 0.15, 0.15])),
        }
        costs = monthly_costs(
            evidence["questions"],
            evidence["change_rate"],
            accuracies=true,
            tokens=TOKENS,
            facts=gap != "form",
            examples=evidence["examples"],
            price_of_wrong=evidence["price_of_wrong"],
            rule=evidence["rule"],
            prices=replace(PRICES, label=float(evidence["label"])),
        )
        best = min(map(float, costs.values()))
        times = {
            option: BREACH_COUNTS if np.isinf(cost) else min(float(cost) / best, MOST_COUNTS)
            for option, cost in costs.items()
        }
        made.append(ScoredCase(evidence, {option: round(value, 4) for option, value in times.items()}))
    return made


def in_columns(rows: Sequence[Mapping]) -> dict:
    """Dicts with the same keys as one dict of lists, which names each key once; `in_rows` is the way back."""
    return {
        key: in_columns(values) if isinstance(values[0], Mapping) else values
        for key in rows[0]
        for values in [[row[key] for row in rows]]
    }


def in_rows(columns: Mapping) -> list[dict]:
    """The dicts that `in_columns` put into columns."""
    values = [in_rows(column) if isinstance(column, Mapping) else column for column in columns.values()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]


FIXES = {
    "leave": 0.0,
    "add retrieval": 0.06,
    "mend the search": 0.04,
    "stronger model": 0.10,
    "fine-tune": 0.12,
}
TRIALS = 80


def make_patients(rng: np.random.Generator, n: int) -> list[ScoredCase]:
    """Products that fail, each measured apart: memory, search, reading, form.

    An answer is right if its value and its form are. The value comes from memory, or, with retrieval, from
    reading where search finds the passage and from memory where it does not. A fix changes one of these rates:
    `add retrieval` begins to search, `mend the search` raises what is found to 0.97, `stronger model` reads
    (and writes the form) as its own trial shows, `fine-tune` raises the form to 0.96. The cost of a decision is
    the share of wrong answers that remains plus the price of the fix (`FIXES`).
    """
    made = []
    for _ in range(n):
        searches = bool(rng.random() < 0.6)
        trouble = str(rng.choice(["memory", "search", "reading", "form", "none"]))
        rate = {
            "memory": rng.uniform(0.05, 0.45) if trouble == "memory" or searches else rng.uniform(0.85, 0.99),
            "found": rng.uniform(0.35, 0.8) if trouble == "search" else rng.uniform(0.88, 0.99),
            "reading": rng.uniform(0.3, 0.75) if trouble == "reading" else rng.uniform(0.88, 0.99),
            "form": rng.uniform(0.1, 0.75) if trouble == "form" else rng.uniform(0.92, 1.0),
        }
        rate = {name: float(value) for name, value in rate.items()}
        rate["reading, stronger"] = float(1 - (1 - rate["reading"]) * rng.uniform(0.1, 0.6))
        rate["form, stronger"] = float(1 - (1 - rate["form"]) * rng.uniform(0.5, 1.0))
        costs = {fix: 1 - after_fix(rate, searches, fix) + price for fix, price in FIXES.items()}
        measured = {name: int(rng.binomial(TRIALS, value)) / TRIALS for name, value in rate.items()}
        made.append(
            ScoredCase(
                {"searches": searches, **measured},
                {fix: round(cost, 6) for fix, cost in costs.items()},
            )
        )
    return made


def after_fix(rate: Mapping[str, float], searches: bool, fix: str) -> float:
    """Share of right answers of a product after a fix (see `make_patients`)."""
    found, reading, form = rate["found"], rate["reading"], rate["form"]
    if fix == "add retrieval":
        searches = True
    elif fix == "mend the search":
        found = max(found, 0.97)
    elif fix == "stronger model":
        reading, form = rate["reading, stronger"], rate["form, stronger"]
    elif fix == "fine-tune":
        form = max(form, 0.96)
    value = found * reading + (1 - found) * rate["memory"] if searches else rate["memory"]
    return value * form


# ------------------------------------------------------------------------------------------------ memo

_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*(?:%|per ?cent\b)", re.I)


def memo_follows_numbers(case, got, parameters) -> Verdict:
    """Judge a memo that a function wrote from measurements: every percentage in it must be one of them.

    ``case["inputs"]["measured"]`` maps names to shares. A percentage agrees with a share if it lies within half
    a point of it. Labels of a verdict: "not a text", "no numbers", "typed number" (a percentage that was not
    measured), "missing" (a measured share that the memo must state and does not), "no decision" (it does not
    say that fine-tuning is advised against).
    """
    measured = case["inputs"]["measured"]
    if not isinstance(got, str):
        return Verdict(0.0, "not a text", "Return the memo as one string.")
    found = [float(number) / 100 for number in _PERCENT.findall(got)]
    if not found:
        return Verdict(0.0, "no numbers", "There is no percentage in your memo.")
    strangers = [n for n in found if all(abs(n - share) > 0.0051 for share in measured.values())]
    if strangers:
        return Verdict(
            0.0,
            "typed number",
            f"Your memo says {100 * strangers[0]:g} %, which is none of the measurements.",
        )
    missing = [name for name in parameters["state"] if all(abs(n - measured[name]) > 0.0051 for n in found)]
    if missing:
        return Verdict(0.0, "missing", f"Your memo does not state {missing[0]!r}.")
    if not re.search(
        r"\bnot\b[^.]{0,60}\bfine-?tun|\bfine-?tun[^.]{0,60}\bnot\b|\bagainst\b[^.]{0,40}\bfine-?tun",
        got,
        re.I,
    ):
        return Verdict(0.0, "no decision", "Your memo does not say that you advise against fine-tuning.")
    return Verdict(1.0)
