"""Choosing between language models under limits: questions of a help desk, prompts, work and latency,
paired bootstrap, pass@k.

For lesson 06 and its exercise. Everything is computed on the models of `holdout.lm` or on simulated cases
whose truth is known; nothing here draws. Asking and counting is in `holdout.lm.evaluation`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from holdout.lm.evaluation import EvaluationReport, EvaluationSet, Item
from holdout.lm.facts import STYLES, FactBook, Key, fill
from holdout.lm.language_model import make_prompt
from holdout.lm.model import Config
from holdout.lm.slices import PassageStore, Questions
from holdout.lm.tokenizer import UNKNOWN
from holdout.stats.published import PublishedValue


# -- Work, latency, price
def multiply_adds(
    config: Config, tokens_read: int | np.ndarray, tokens_written: int | np.ndarray
) -> int | np.ndarray:
    """Multiplications (each with its addition) that one answer takes.

    Every token that is read or written passes all layers once: its matrices take 4 d^2 + 3 d m, its attention
    looks back at every token so far (2 d each). Each written token and the end mark is chosen among all V
    words, which takes V d. Norms, rotations and the softmax are left out: they grow with d, not with d^2.

    Parameters
    ----------
    config : holdout.lm.Config
        Width d, layers, hidden channels m, vocabulary V.
    tokens_read, tokens_written : int or ndarray
        Of the prompt, and of the answer without its end mark.

    Returns
    -------
    int or ndarray
    """
    read, written = np.asarray(tokens_read), np.asarray(tokens_written)
    tokens = read + written
    per_token = 4 * config.width**2 + 3 * config.width * config.hidden
    looking_back = config.width * tokens * (tokens + 1)
    return config.layers * (tokens * per_token + looking_back) + (written + 1) * config.vocabulary * (
        config.width
    )


@dataclass(frozen=True)
class Machine:
    """A computer in two numbers.

    Parameters
    ----------
    milliseconds_per_layer : float
        What one layer takes in one pass however little it computes: calls, memory, waiting.
    multiply_adds_per_millisecond : float
    """

    milliseconds_per_layer: float
    multiply_adds_per_millisecond: float

    def milliseconds(
        self, config: Config, tokens_read: int | np.ndarray, tokens_written: int | np.ndarray
    ) -> float | np.ndarray:
        """Latency of one answer: one pass for the prompt, one more for each written token.

        Parameters
        ----------
        config : holdout.lm.Config
        tokens_read, tokens_written : int or ndarray

        Returns
        -------
        float or ndarray
        """
        passes = 1 + np.asarray(tokens_written)
        work = multiply_adds(config, tokens_read, tokens_written)
        return (
            passes * config.layers * self.milliseconds_per_layer + work / self.multiply_adds_per_millisecond
        )


# A stated machine, so that decisions in the text do not depend on the reader's computer.
REFERENCE = Machine(milliseconds_per_layer=0.25, multiply_adds_per_millisecond=2e6)

# -- The help desk: questions of several kinds, and prompts
KINDS = ("known", "changed", "added", "not documented", "as call", "as arrow")
ARROW = "# {p} -> {v}"


@dataclass(frozen=True)
class PromptRecipe:
    """What is put in front of a question.

    Parameters
    ----------
    ask : bool
        Say in words which format is wanted, where there are words for it.
    documents : int
        Retrieved passages.
    examples : int
        Answered questions, for the format that no words describe.
    together : bool
        Give documents also where examples are given.
    """

    ask: bool = False
    documents: int = 0
    examples: int = 0
    together: bool = False

    def __str__(self):
        parts = ["ask"] if self.ask else []
        if self.documents:
            parts.append(f"{self.documents} document{'s' if self.documents > 1 else ''}")
        if self.examples:
            parts.append(f"{self.examples} example{'s' if self.examples > 1 else ''}")
        return (" + ".join(parts) or "bare") + (" together" if self.together else "")


class HelpDesk:
    """Questions of people who work with the *new* release, while the models have read the old one.

    Kinds, `KINDS`: facts that both releases share; facts that changed; facts that were added; pairs that
    neither has, to be answered "unknown"; shared facts to be answered as a call, `SVC ( C = 1.0 )`; shared
    facts to be answered as an arrow, `# C -> 1.0`, which no word of the models' language asks for.

    Parameters
    ----------
    book : FactBook
    rng : numpy.random.Generator
    n : int
        Most questions of a kind; fewer where fewer facts exist.
    like : HelpDesk, optional
        Show the worked examples of this desk: other examples would be another recipe, and not fresh questions.

    Attributes
    ----------
    questions : list of (kind, key, question)
        In random order of facts, the same for every recipe.
    """

    def __init__(self, book: FactBook, rng: np.random.Generator, n: int = 120, like: HelpDesk | None = None):
        self.book = book
        make = Questions(book, rng)
        self.store = PassageStore(book.new, rng)
        stable = make.draw(book.stable, len(book.stable))
        # 0.24.2 already knew many parameters whose only values are None, True and False: too easy to guess
        added = [key for key in book.added if book.new[key] not in ("None", "True", "False")]
        self._shown: list[Key] = like._shown if like else stable[:4]
        stable = [key for key in stable if key not in self._shown]  # nothing is asked that an example answers
        keys = {
            "known": stable[:n],
            "changed": make.draw(book.changed, n),
            "added": make.draw(added, n),
            "not documented": make.invented(n),
            "as call": make.draw(stable, n),
            "as arrow": make.draw(stable, n),
        }
        self.questions = [(kind, key, make.question(key)) for kind in KINDS for key in keys[kind]]
        self._examples: list[tuple[str, str]] = (
            like._examples
            if like
            else [(make.question(key), fill(ARROW, key, book.new[key])) for key in self._shown]
        )
        self._order = {question: rng.permutation(50) for _, _, question in self.questions}

    def answer(self, kind: str, key: Key) -> str:
        """The one right answer."""
        if kind == "not documented":
            return UNKNOWN
        shape = {"as call": STYLES["call"][1], "as arrow": ARROW}.get(kind, "{v}")
        return fill(shape, key, self.book.new[key])

    def prompt(self, kind: str, question: str, recipe: PromptRecipe) -> str:
        """The whole text that a model reads."""
        examples = self._examples[: recipe.examples] if kind == "as arrow" else []
        passages = []
        if recipe.documents and (recipe.together or not examples):
            passages = self.store.retrieve(question, recipe.documents)
            # not best first: the place of a passage must not give the answer away
            passages = [passages[i] for i in self._order[question] if i < len(passages)]
        if recipe.ask and kind == "as call":
            question = f"{question} {STYLES['call'][0]}"
        return make_prompt(question, passages, examples)

    def evaluation_set(self, recipe: PromptRecipe, *kinds: str) -> EvaluationSet:
        """The questions behind a recipe, all kinds or some, in slices named by kind.

        Raises
        ------
        ValueError
            If there is no such kind.
        """
        unknown = set(kinds) - set(KINDS)
        if unknown:
            raise ValueError(f"no kind {sorted(unknown)}; the kinds are {KINDS}")
        items = [
            Item(self.prompt(kind, question, recipe), self.answer(kind, key), kind)
            for kind, key, question in self.questions
            if not kinds or kind in kinds
        ]
        return EvaluationSet(f"desk, {recipe}", tuple(items))


# -- Choosing under limits
@dataclass(frozen=True)
class ModelCandidate:
    """A model with a prompt, and what was measured.

    Parameters
    ----------
    name : str
    quality, worst : float
        Accuracy over the mix of questions, and of the worst kind.
    milliseconds : float
        The latency that 95 % of the answers stay below.
    price : float
        Of a thousand answers.
    """

    name: str
    quality: float
    worst: float
    milliseconds: float
    price: float


@dataclass(frozen=True)
class ServiceLimits:
    """Budget, ceiling and bars: most milliseconds, highest price, lowest quality, lowest worst kind."""

    milliseconds: float
    price: float
    quality: float
    worst: float = 0.0


def broken_limits(candidate: ModelCandidate, limits: ServiceLimits) -> list[str]:
    """Names of the limits that a candidate breaks, in the order latency, price, quality, worst kind."""
    broken = {
        "latency": candidate.milliseconds > limits.milliseconds,
        "price": candidate.price > limits.price,
        "quality": candidate.quality < limits.quality,
        "worst kind": candidate.worst < limits.worst,
    }
    return [name for name, is_broken in broken.items() if is_broken]


def cheapest_within(candidates: Sequence[ModelCandidate], limits: ServiceLimits) -> ModelCandidate | None:
    """The cheapest candidate that breaks no limit, None where there is none; the first of equals."""
    passing = [candidate for candidate in candidates if not broken_limits(candidate, limits)]
    return min(passing, key=lambda candidate: candidate.price, default=None)


# -- Scores over a mix of kinds
def desk_mix(new_facts: float = 0.3, as_arrow: float = 0.1, not_documented: float = 0.1) -> dict[str, float]:
    """Shares of the desk's kinds of questions: new facts are half changed, half added; the rest is two thirds known, one third call.

    Parameters
    ----------
    new_facts, as_arrow, not_documented : float
        Shares; their sum is at most 1.

    Returns
    -------
    dict of str to float
        In the order of `KINDS`; the shares sum to 1.

    Raises
    ------
    ValueError
        If a share is negative or the sum is above 1.
    """
    rest = 1 - new_facts - as_arrow - not_documented
    if min(new_facts, as_arrow, not_documented) < 0 or rest < -1e-9:
        raise ValueError(
            f"shares {new_facts}, {as_arrow} and {not_documented} must not be negative, nor sum to more than 1"
        )
    rest = max(rest, 0.0)
    return {
        "known": 2 * rest / 3,
        "changed": new_facts / 2,
        "added": new_facts / 2,
        "not documented": not_documented,
        "as call": rest / 3,
        "as arrow": as_arrow,
    }


def mix_weights(kinds: ArrayLike, mix: Mapping[str, float]) -> np.ndarray:
    """What each question counts, so that a kind counts by its share of the traffic and not by how many are in the set.

    Parameters
    ----------
    kinds : sequence of str, length n
    mix : dict of str to float
        Shares; each kind with a share above 0 must occur.

    Returns
    -------
    ndarray of shape (n,)
        They sum to 1.

    Raises
    ------
    ValueError
        If a kind of the mix does not occur, or one that occurs is not in the mix.
    """
    kinds = np.asarray(kinds)
    missing = {kind for kind, share in mix.items() if share > 0} - set(kinds.tolist())
    strange = set(kinds.tolist()) - set(mix)
    if missing or strange:
        raise ValueError(
            f"no question of the kinds {sorted(missing)}; no share for the kinds {sorted(strange)}"
        )
    return np.array([mix[kind] / np.sum(kinds == kind) for kind in kinds.tolist()])


def mix_interval(
    values: ArrayLike, kinds: ArrayLike, mix: Mapping[str, float], groups: ArrayLike | None = None
) -> tuple[float, float]:
    """Mean over the mix, and half of its 95% interval: questions are drawn anew within each kind.

    Parameters
    ----------
    values : array of shape (n,)
        Right (1) or wrong (0) for each question, or the difference of two models on it.
    kinds : sequence of str, length n
    mix : dict of str to float
    groups : sequence of length n, optional
        Questions about the same fact share a group; whole groups are drawn. Without, each question is its own.

    Returns
    -------
    mean, half_width : float
        The variance is sum share^2 s^2 / n over the kinds (stratified sampling: Cochran 1977, section 5.4). With groups s^2 / n
        is that of a mean of G clusters: G / (G - 1) times the sum over groups of (sum of deviations)^2, divided by n^2.
    """
    values, kinds = np.asarray(values, float), np.asarray(kinds)
    groups = np.arange(len(values)) if groups is None else np.asarray(groups)
    mean = float(mix_weights(kinds, mix) @ values)
    variance = 0.0
    for kind, share in mix.items():
        if share > 0:
            here = kinds == kind
            _, place = np.unique(groups[here], return_inverse=True)
            surplus = np.bincount(place, values[here] - values[here].mean())
            count = len(surplus)
            variance += share**2 * np.sum(surplus**2) * count / (count - 1) / np.sum(here) ** 2
    return mean, 1.96 * float(np.sqrt(variance))


def measured_candidate(
    name: str,
    config: Config,
    report: EvaluationReport,
    mix: Mapping[str, float],
    machine: Machine = REFERENCE,
) -> ModelCandidate:
    """Quality and worst kind as measured; price (1 € per billion multiply-adds) and latency as computed.

    Parameters
    ----------
    name : str
    config : holdout.lm.Config
    report : EvaluationReport
    mix : dict of str to float
    machine : Machine
        On which the latency is computed.

    Returns
    -------
    ModelCandidate
        The latency is the 95th percentile over the mix.
    """
    weight = mix_weights([item.slice for item in report.evaluation_set.items], mix)
    work = multiply_adds(config, report.tokens_read, report.tokens_written)
    taken = np.asarray(machine.milliseconds(config, report.tokens_read, report.tokens_written))
    order = np.argsort(taken, kind="stable")
    slow = taken[order][np.searchsorted(np.cumsum(weight[order]), 0.95 - 1e-9)]
    worst = report.table()["accuracy"].min()
    return ModelCandidate(
        name, float(weight @ report.correct), float(worst), float(slow), 1000 * float(weight @ work) / 1e9
    )


# -- Paired comparison
def paired_bootstrap(
    before: ArrayLike,
    after: ArrayLike,
    rng: np.random.Generator,
    *,
    draws: int = 2000,
    paired: bool = True,
    groups: ArrayLike | None = None,
) -> np.ndarray:
    """Differences in accuracy on questions drawn again and again, with replacement.

    Parameters
    ----------
    before, after : array of bool, shape (n,)
        Right or wrong, question by question.
    rng : numpy.random.Generator
    draws : int
    paired : bool
        The same questions for both; False draws them apart, as if they were different test sets.
    groups : sequence of length n, optional
        Questions about the same fact share a group; whole groups are drawn.

    Returns
    -------
    ndarray of shape (draws,)
        Efron 1979, "Bootstrap methods: another look at the jackknife". The 2.5 % and 97.5 % quantiles are the
        percentile interval.

    Raises
    ------
    ValueError
        If the lists differ in length or are empty, or groups are given without pairs.
    """
    before, after = np.asarray(before, float), np.asarray(after, float)
    if before.shape != after.shape or before.ndim != 1 or not len(before):
        raise ValueError(f"give two lists of equal length, not of shapes {before.shape} and {after.shape}")
    n = len(before)
    if groups is not None:
        if not paired:
            raise ValueError("groups are drawn for both models at once; leave paired=True")
        _, place = np.unique(np.asarray(groups), return_inverse=True)
        size, gain = np.bincount(place), np.bincount(place, after - before)
        drawn = rng.integers(0, len(size), (draws, len(size)))
        return gain[drawn].sum(1) / size[drawn].sum(1)
    rows = rng.integers(0, n, (draws, n))
    others = rows if paired else rng.integers(0, n, (draws, n))
    return after[rows].mean(1) - before[others].mean(1)


def paired_standard_error(before: ArrayLike, after: ArrayLike) -> float:
    """sqrt(b + c - (c - b)^2 / n) / n with b questions lost and c gained: the standard error of a paired
    difference (McNemar 1947; Agresti & Min 2005, section 2)."""
    before, after = np.asarray(before, bool), np.asarray(after, bool)
    lost, gained = np.sum(before & ~after), np.sum(~before & after)
    return float(np.sqrt(lost + gained - (gained - lost) ** 2 / len(before)) / len(before))


# -- pass@k
def _counts(n: ArrayLike, c: ArrayLike, k: int) -> tuple[np.ndarray, np.ndarray]:
    n, c = np.asarray(n), np.asarray(c)
    if np.any(c < 0) or np.any(c > n):
        raise ValueError("each task needs 0 <= right <= samples")
    if k < 1 or np.any(k > n):
        raise ValueError(f"k must lie between 1 and the number of samples, not be {k}: draw more samples")
    return n, c


def pass_at_k(n: ArrayLike, c: ArrayLike, k: int) -> np.ndarray:
    """Chance that at least one of k answers is right, from n samples of which c were right, without bias.

    1 - C(n - c, k) / C(n, k), the share of the sets of k samples that hold a right one: Chen et al. 2021,
    "Evaluating large language models trained on code", arXiv:2107.03374, section 2.1. Computed as the product
    of 1 - k / i over i = n - c + 1 .. n, as there.

    Parameters
    ----------
    n, c : int or array of int
        Samples, and right ones, of each task.
    k : int
        At most n.

    Returns
    -------
    ndarray
        One value a task; the score of a set of tasks is their mean.

    Raises
    ------
    ValueError
        If k > n, or c is no count of n.
    """
    n, c = np.broadcast_arrays(*_counts(n, c, k))
    values = [1 - np.prod(1 - k / np.arange(m - r + 1, m + 1)) for m, r in zip(n.flat, c.flat, strict=True)]
    return np.array(values).reshape(n.shape)


def naive_pass_at_k(n: ArrayLike, c: ArrayLike, k: int) -> np.ndarray:
    """1 - (1 - c/n)^k: plugs the measured share into the formula for a known one, and is too low."""
    n, c = _counts(n, c, k)
    return 1 - (1 - c / n) ** k


def pass_at_k_expected(share: float, k: int, *, n: int, tasks: int) -> PublishedValue:
    """1 - (1 - p)^k, and the standard error of the unbiased estimate from n samples of each of some tasks."""
    counts = np.arange(n + 1)
    variance = _moments(stats.binom.pmf(counts, n, share), pass_at_k(n, counts, k))[1]
    return PublishedValue(1 - (1 - share) ** k, np.sqrt(variance / tasks))


def naive_pass_at_k_expected(share: float, k: int, *, n: int, tasks: int) -> PublishedValue:
    """Expectation and standard error of the naive estimate, summed over all possible counts."""
    counts = np.arange(n + 1)
    mean, variance = _moments(stats.binom.pmf(counts, n, share), naive_pass_at_k(n, counts, k))
    return PublishedValue(mean, np.sqrt(variance / tasks))


def _moments(weights, values):
    mean = float(weights @ values)
    return mean, float(weights @ (values - mean) ** 2)


def pass_at_k_measured(
    share: float, k: int, rng: np.random.Generator, *, n: int, tasks: int
) -> tuple[float, float]:
    """Unbiased and naive estimate on simulated tasks that are each solved with the same probability."""
    counts = rng.binomial(n, share, tasks)
    return float(pass_at_k(n, counts, k).mean()), float(naive_pass_at_k(n, counts, k).mean())
