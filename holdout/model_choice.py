"""Choosing between language models under limits: questions of a help desk, prompts, work and latency,
paired bootstrap, pass@k.

For lesson 06 and its exercise. Everything is computed on the models of `holdout.lm` or on simulated cases
whose truth is known; nothing here draws. Asking and counting is in `holdout.harness`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from holdout.harness import EvaluationSet, Item
from holdout.lm.facts import STYLES, FactBook, Key, fill
from holdout.lm.language_model import make_prompt
from holdout.lm.model import Config
from holdout.lm.slices import Questions, Store
from holdout.lm.tokenizer import UNKNOWN
from holdout.overfitting import Expected

__all__ = [
    "ARROW",
    "KINDS",
    "REFERENCE",
    "Candidate",
    "Desk",
    "Limits",
    "Machine",
    "Recipe",
    "broken_limits",
    "cheapest_within",
    "constraint_cases",
    "multiply_adds",
    "naive_pass_at_k",
    "naive_pass_at_k_expected",
    "pack_constraints",
    "pack_swaps",
    "paired_bootstrap",
    "paired_standard_error",
    "pass_at_k",
    "pass_at_k_expected",
    "pass_at_k_measured",
    "run_harness",
    "swap_cases",
    "unpack_constraints",
    "unpack_swaps",
]

# --- Work, latency, price ----------------------------------------------------------------------------------


def multiply_adds(config: Config, tokens_read, tokens_written):
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

    def milliseconds(self, config: Config, tokens_read, tokens_written):
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

# --- The help desk: questions of several kinds, and prompts -----------------------------------------------

KINDS = ("known", "changed", "added", "not documented", "as call", "as arrow")
ARROW = "# {p} -> {v}"


@dataclass(frozen=True)
class Recipe:
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


class Desk:
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

    Attributes
    ----------
    questions : list of (kind, key, question)
        In random order of facts, the same for every recipe.
    """

    def __init__(self, book: FactBook, rng: np.random.Generator, n: int = 120):
        self.book = book
        make = Questions(book, rng)
        self.store = Store(book.new, rng)
        stable = make.draw(book.stable, len(book.stable))
        # 0.24.2 already knew many parameters whose only values are None, True and False: too easy to guess
        added = [key for key in book.added if book.new[key] not in ("None", "True", "False")]
        shown, stable = stable[:4], stable[4:]
        keys = {
            "known": stable[:n],
            "changed": make.draw(book.changed, n),
            "added": make.draw(added, n),
            "not documented": make.invented(n),
            "as call": make.draw(stable, n),
            "as arrow": make.draw(stable, n),
        }
        self.questions = [(kind, key, make.question(key)) for kind in KINDS for key in keys[kind]]
        self._examples = [(make.question(key), fill(ARROW, key, book.new[key])) for key in shown]
        self._order = {question: rng.permutation(50) for _, _, question in self.questions}

    def answer(self, kind: str, key: Key) -> str:
        """The one right answer."""
        if kind == "not documented":
            return UNKNOWN
        shape = {"as call": STYLES["call"][1], "as arrow": ARROW}.get(kind, "{v}")
        return fill(shape, key, self.book.new[key])

    def prompt(self, kind: str, question: str, recipe: Recipe) -> str:
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

    def evaluation_set(self, recipe: Recipe, *kinds: str) -> EvaluationSet:
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


# --- Choosing under limits ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
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
class Limits:
    """Budget, ceiling and bars: most milliseconds, highest price, lowest quality, lowest worst kind."""

    milliseconds: float
    price: float
    quality: float
    worst: float = 0.0


def broken_limits(candidate: Candidate, limits: Limits) -> list[str]:
    """Names of the limits that a candidate breaks, in the order latency, price, quality, worst kind."""
    broken = {
        "latency": candidate.milliseconds > limits.milliseconds,
        "price": candidate.price > limits.price,
        "quality": candidate.quality < limits.quality,
        "worst kind": candidate.worst < limits.worst,
    }
    return [name for name, is_broken in broken.items() if is_broken]


def cheapest_within(candidates: Sequence[Candidate], limits: Limits) -> Candidate | None:
    """The cheapest candidate that breaks no limit, None where there is none; the first of equals."""
    passing = [candidate for candidate in candidates if not broken_limits(candidate, limits)]
    return min(passing, key=lambda candidate: candidate.price, default=None)


# --- Paired comparison -------------------------------------------------------------------------------------


def paired_bootstrap(before, after, rng, *, draws: int = 2000, paired: bool = True, groups=None):
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


def paired_standard_error(before, after) -> float:
    """sqrt(b + c - (c - b)^2 / n) / n with b questions lost and c gained: the standard error of a paired
    difference (McNemar 1947; Agresti & Min 2005, section 2)."""
    before, after = np.asarray(before, bool), np.asarray(after, bool)
    lost, gained = np.sum(before & ~after), np.sum(~before & after)
    return float(np.sqrt(lost + gained - (gained - lost) ** 2 / len(before)) / len(before))


# --- pass@k ------------------------------------------------------------------------------------------------


def _counts(n, c, k):
    n, c = np.asarray(n), np.asarray(c)
    if np.any(c < 0) or np.any(c > n):
        raise ValueError("each task needs 0 <= right <= samples")
    if k < 1 or np.any(k > n):
        raise ValueError(f"k must lie between 1 and the number of samples, not be {k}: draw more samples")
    return n, c


def pass_at_k(n, c, k):
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


def naive_pass_at_k(n, c, k):
    """1 - (1 - c/n)^k: plugs the measured share into the formula for a known one, and is too low."""
    n, c = _counts(n, c, k)
    return 1 - (1 - c / n) ** k


def pass_at_k_expected(share: float, k: int, *, n: int, tasks: int) -> Expected:
    """1 - (1 - p)^k, and the standard error of the unbiased estimate from n samples of each of some tasks."""
    counts = np.arange(n + 1)
    variance = _moments(stats.binom.pmf(counts, n, share), pass_at_k(n, counts, k))[1]
    return Expected(1 - (1 - share) ** k, np.sqrt(variance / tasks))


def naive_pass_at_k_expected(share: float, k: int, *, n: int, tasks: int) -> Expected:
    """Expectation and standard error of the naive estimate, summed over all possible counts."""
    counts = np.arange(n + 1)
    mean, variance = _moments(stats.binom.pmf(counts, n, share), naive_pass_at_k(n, counts, k))
    return Expected(mean, np.sqrt(variance / tasks))


def _moments(weights, values):
    mean = float(weights @ values)
    return mean, float(weights @ (values - mean) ** 2)


def pass_at_k_measured(share: float, k: int, rng, *, n: int, tasks: int) -> tuple[float, float]:
    """Unbiased and naive estimate on simulated tasks that are each solved with the same probability."""
    counts = rng.binomial(n, share, tasks)
    return float(pass_at_k(n, counts, k).mean()), float(naive_pass_at_k(n, counts, k).mean())


# --- For the exercise: a harness under test ----------------------------------------------------------------


def run_harness(harness, items: Sequence[Mapping], replies: Mapping[str, str]):
    """What a learner's harness returns for a model with fixed replies.

    Parameters
    ----------
    harness : callable
        ``harness(complete, items)``.
    items : list of dict
        With ``prompt``, ``answer`` and ``kind``.
    replies : dict of str to str
        Prompt to answer.

    Returns
    -------
    object
        Whatever the harness returns.

    Raises
    ------
    TypeError
        If the model is asked with a single text instead of a list.
    RuntimeError
        If it is asked more than once.
    """
    calls = []

    def complete(prompts):
        if isinstance(prompts, str):
            raise TypeError("complete takes a list of prompts, not one text: complete([...])")
        calls.append(len(prompts))
        if len(calls) > 1:
            raise RuntimeError("the model was asked a second time; give all prompts in one call")
        return [replies[prompt] for prompt in prompts]

    return harness(complete, [dict(item) for item in items])


# --- Simulated cases with known truth, for the exercise ---------------------------------------------------

LARGER = {"S": 0.0, "M": 1.1, "L": 1.6}
PRICES = {"S": 1.0, "M": 2.6, "L": 8.6}
PACE = {"S": 1.0, "M": 1.4, "L": 2.6}
SLICES = ("popular", "rare", "new")
_SLOW = stats.norm.ppf(0.95)
BROKEN = 80.0
NONE = 15.0


def constraint_cases(rng, cases: int) -> tuple[list[dict], list[dict]]:
    """Six candidates each under random limits: what was measured, and what each decision truly costs.

    Candidates are S, M, L, bare and with documents ("S+", "M+", "L+"). A decision costs its bill in thousand
    euros a month, plus `BROKEN` for each limit that it *truly* breaks; "none" costs `NONE`.

    Parameters
    ----------
    rng : numpy.random.Generator
    cases : int

    Returns
    -------
    cases : list of dict
        ``models``: name to ``right``, ``asked`` (by slice), ``milliseconds`` (measured) and ``bill``;
        ``limits``: ``milliseconds``, ``bill``, ``quality``, ``worst``.
    costs : list of dict
        Name to thousand euros a month.
    """
    shown, costs = [], []
    for _ in range(cases):
        asked = {
            "popular": int(rng.integers(300, 800)),
            "rare": int(rng.integers(100, 300)),
            "new": int(rng.integers(60, 150)),
        }
        unit, pace, level = rng.uniform(0.2, 0.6), rng.uniform(20, 60), rng.normal(1.8, 0.4)
        documents = rng.uniform(0.6, 2.4)
        models, truths = {}, {}
        for name in _CANDIDATES:
            size, plus = name[0], name.endswith("+")
            skill = level + LARGER[size] + rng.normal(0, 0.25)
            logits = {
                "popular": skill + 0.4,
                "rare": skill - 0.3 + plus * 0.3,
                "new": skill - 2.2 + plus * documents,
            }
            shares = {slice_: 1 / (1 + np.exp(-value)) for slice_, value in logits.items()}
            centre = np.log(pace * PACE[size] * (1.8 if plus else 1.0)) + rng.normal(0, 0.1)
            spread = rng.uniform(0.15, 0.8)
            measured = np.exp(centre + spread * rng.standard_normal(60))
            bill = unit * PRICES[size] * (3.0 if plus else 1.0)
            models[name] = {
                "right": {slice_: int(rng.binomial(asked[slice_], shares[slice_])) for slice_ in SLICES},
                "asked": dict(asked),
                "milliseconds": measured.round(1).tolist(),
                "bill": round(bill, 2),
            }
            total = sum(asked.values())
            truths[name] = {
                "milliseconds": float(np.exp(centre + _SLOW * spread)),
                "bill": round(bill, 2),
                "quality": sum(shares[s] * asked[s] for s in SLICES) / total,
                "worst": min(shares.values()),
            }
        middle = truths[str(rng.choice(["S+", "M", "M+", "L"]))]
        limits = {
            "milliseconds": round(float(middle["milliseconds"] * np.exp(rng.normal(0.2, 0.25))), 1),
            "bill": round(float(middle["bill"] * np.exp(rng.normal(0.8, 0.5))), 2),
            "quality": round(float(min(middle["quality"] + rng.normal(-0.01, 0.015), 0.98)), 3),
            "worst": round(float(np.clip(middle["worst"] + rng.normal(-0.05, 0.06), 0.1, 0.95)), 2),
        }
        shown.append({"models": models, "limits": limits})
        costs.append(
            {name: _true_cost(truth, limits) for name, truth in truths.items()} | {"none": float(NONE)}
        )
    return shown, costs


_CANDIDATES = ("S", "M", "L", "S+", "M+", "L+")
_LIMITS = ("milliseconds", "bill", "quality", "worst")


def pack_constraints(cases: Sequence[Mapping]) -> dict[str, np.ndarray]:
    """What `constraint_cases` shows, as a few arrays: a third of the room in a file, and read at once.

    Latencies are whole tenths of a millisecond, so nothing is lost. `unpack_constraints` is the way back.
    """
    models = [[case["models"][name] for name in _CANDIDATES] for case in cases]
    tenths = np.rint(10 * np.array([[model["milliseconds"] for model in row] for row in models])).astype(int)
    return {
        "tenths": tenths.astype(np.min_scalar_type(tenths.max())),
        "asked": np.array([[row[0]["asked"][kind] for kind in SLICES] for row in models], np.int16),
        "right": np.array([[[m["right"][kind] for kind in SLICES] for m in row] for row in models], np.int16),
        "bill": np.array([[model["bill"] for model in row] for row in models]),
        "limits": np.array([[case["limits"][name] for name in _LIMITS] for case in cases]),
    }


def unpack_constraints(packed: Mapping[str, np.ndarray]) -> list[dict]:
    """The cases that `pack_constraints` packed: plain dicts, lists and numbers, as `constraint_cases` made them."""
    milliseconds = (packed["tenths"] / 10).tolist()
    asked, right = packed["asked"].tolist(), packed["right"].tolist()
    bill, limits = packed["bill"].tolist(), packed["limits"].tolist()
    return [
        {
            "models": {
                name: {
                    "right": dict(zip(SLICES, right[case][place], strict=True)),
                    "asked": dict(zip(SLICES, asked[case], strict=True)),
                    "milliseconds": milliseconds[case][place],
                    "bill": bill[case][place],
                }
                for place, name in enumerate(_CANDIDATES)
            },
            "limits": dict(zip(_LIMITS, limits[case], strict=True)),
        }
        for case in range(len(asked))
    ]


def _true_cost(truth: Mapping[str, float], limits: Mapping[str, float]) -> float:
    broken = [
        truth["milliseconds"] > limits["milliseconds"],
        truth["bill"] > limits["bill"],
        truth["quality"] < limits["quality"],
        truth["worst"] < limits["worst"],
    ]
    return float(truth["bill"] + BROKEN * sum(broken))


SAVING, POINT, LABELLING = 6.0, 3.0, 0.8


def swap_cases(rng, cases: int) -> tuple[list[dict], list[dict]]:
    """Two models on the same questions, the second one cheaper: right or wrong, and what each decision costs.

    "swap" costs `POINT` for each point of accuracy truly lost, "stay" costs `SAVING` (what the cheaper model
    would have saved), "ask more" costs `LABELLING` plus the cheaper of the two.

    Parameters
    ----------
    rng : numpy.random.Generator
    cases : int

    Returns
    -------
    cases : list of dict
        ``large`` and ``small``: 0 or 1 a question.
    costs : list of dict
    """
    shown, costs = [], []
    for _ in range(cases):
        n = int(np.exp(rng.uniform(np.log(40), np.log(600))))
        loss = rng.normal(0.02, 0.04)
        disagree = abs(loss) + rng.choice([0.005, 0.02, 0.1, 0.3])
        both = rng.uniform(0.5, 0.95) * (1 - disagree)
        shares = np.array([both, (disagree + loss) / 2, (disagree - loss) / 2, 1 - both - disagree])
        outcome = rng.choice(4, size=n, p=np.clip(shares, 0, None) / np.clip(shares, 0, None).sum())
        large, small = np.isin(outcome, (0, 1)).astype(int), np.isin(outcome, (0, 2)).astype(int)
        swap = POINT * max(100 * loss, 0.0)
        shown.append({"large": large.tolist(), "small": small.tolist()})
        costs.append({"swap": swap, "stay": SAVING, "ask more": LABELLING + min(swap, SAVING)})
    return shown, costs


def pack_swaps(cases: Sequence[Mapping]) -> dict[str, np.ndarray]:
    """What `swap_cases` shows, one bit an answer; `unpack_swaps` is the way back."""
    return {
        "questions": np.array([len(case["large"]) for case in cases], np.int16),
        **{
            who: np.packbits(np.concatenate([np.array(case[who], np.uint8) for case in cases]))
            for who in ("large", "small")
        },
    }


def unpack_swaps(packed: Mapping[str, np.ndarray]) -> list[dict]:
    """The cases that `pack_swaps` packed, with their lists of 0 and 1."""
    ends = np.cumsum(packed["questions"], dtype=int)
    starts = ends - packed["questions"]
    bits = {who: np.unpackbits(packed[who], count=ends[-1]).tolist() for who in ("large", "small")}
    return [{who: bits[who][start:end] for who in bits} for start, end in zip(starts, ends, strict=True)]
