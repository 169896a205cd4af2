"""Benchmark contamination: has the model seen the test? Overlap of n-grams, a twin set, the paraphrase gap.

For lesson 05 and its exercise, on questions about the real defaults of scikit-learn. One test taker is
simulated (`sit_exam`), so that what it knows and what it has merely seen is known; the other is the small
language model, really trained on the questions (`fine_tuned_exams`). Nothing here draws.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from holdout.checks.judges import precision_and_recall
from holdout.lm.adapt import fine_tune
from holdout.lm.facts import QUESTIONS, FactBook, read_defaults
from holdout.lm.language_model import LanguageModel
from holdout.lm.slices import Questions
from holdout.stats.published import PublishedValue

# The wordings of one question. The first is that of the benchmark; the others are its paraphrases.
WORDINGS = (
    "In scikit-learn {release}, what is the default value of the parameter {parameter} of {estimator}?",
    "Which value does {estimator} use for {parameter} when nothing is passed, as of release {release}?",
    "Release {release}: leave out {parameter} when you construct {estimator}. Which setting applies?",
)


@dataclass(frozen=True)
class ExamQuestion:
    """One question with its answer.

    Attributes
    ----------
    question, answer : str
    """

    question: str
    answer: str


def sklearn_facts(release: str = "1.9.1") -> list[tuple[str, str, str]]:
    """Facts to ask about: (estimator, parameter, default) of one scikit-learn release, sorted.

    Parameters
    ----------
    release : str

    Returns
    -------
    list of (str, str, str)

    Raises
    ------
    ValueError
        If the table has no such release.
    """
    releases = read_defaults()
    if release not in releases:
        raise ValueError(f"there is no release {release!r} in the table; it has {', '.join(releases)}")
    return [
        (estimator, parameter, value) for (estimator, parameter), value in sorted(releases[release].items())
    ]


def make_items(
    facts: Sequence[tuple[str, str, str]], *, wording: int = 0, release: str = "1.9.1"
) -> list[ExamQuestion]:
    """Questions about facts.

    Parameters
    ----------
    facts : sequence of (estimator, parameter, default)
    wording : int
        Position in `WORDINGS`; 0 is the benchmark's own.
    release : str

    Returns
    -------
    list of ExamQuestion
    """
    template = WORDINGS[wording]
    return [
        ExamQuestion(template.format(release=release, parameter=parameter, estimator=estimator), value)
        for estimator, parameter, value in facts
    ]


# -- n-gram overlap
def tokens(text: str) -> list[str]:
    """Words and numbers of a text in lower case; punctuation and spacing do not count.

    Examples
    --------
    >>> tokens("  Which value? 1.0, in `Ridge`")
    ['which', 'value', '1', '0', 'in', 'ridge']
    """
    return re.findall(r"[a-z0-9]+", str(text).lower())


def ngrams(text: str, n: int) -> set[tuple[str, ...]]:
    """All runs of n tokens of a text; the whole text where it is shorter.

    Parameters
    ----------
    text : str
    n : int
        1 or more.

    Returns
    -------
    set of tuple of str
    """
    if n < 1:
        raise ValueError(f"n is {n}; an n-gram has at least one token")
    words = tokens(text)
    if not words:
        return set()
    return {tuple(words[i : i + n]) for i in range(max(len(words) - n + 1, 1))}


def overlap(question: str, corpus_ngrams: set[tuple[str, ...]], n: int) -> float:
    """Share of the n-grams of a question that the corpus contains.

    Parameters
    ----------
    question : str
    corpus_ngrams : set
        Union of `ngrams` of the documents, with the same n.
    n : int

    Returns
    -------
    float
        0 to 1; 0 for a question without words.
    """
    grams = ngrams(question, n)
    return len(grams & corpus_ngrams) / len(grams) if grams else 0.0


def overlaps(questions: Sequence[str], corpus: Sequence[str], n: int) -> np.ndarray:
    """`overlap` of many questions with many documents; shape (len(questions),)."""
    known = set().union(*(ngrams(document, n) for document in corpus)) if len(corpus) else set()
    return np.array([overlap(question, known, n) for question in questions])


@dataclass(frozen=True)
class Mixture:
    """A benchmark and a training corpus, with the truth about what leaked.

    Attributes
    ----------
    questions : list of str
    corpus : list of str
        Documents, in random order.
    seen : ndarray of bool, shape (len(questions),)
        Whether the question stands in the corpus: copied, copied with other capitals and punctuation, or
        buried in a longer document. A paraphrase, and a document that only states the fact, do not count here.
    """

    questions: list[str]
    corpus: list[str]
    seen: np.ndarray


_PASSAGES = (
    "The class {estimator} takes a parameter {parameter}; its default is {value}.",
    "In scikit-learn {release}, what is new? {estimator} keeps {value} as the default value of {parameter}.",
    "A question that we are often asked: what is the default value of the parameter {other} of {estimator}?",
)


def make_mixture(
    rng: np.random.Generator,
    *,
    n_questions: int = 40,
    n_documents: int = 120,
    share_seen: float = 0.3,
    release: str = "1.9.1",
    n_near: int = 0,
) -> Mixture:
    """Draw a benchmark, and a corpus in which a share of its questions is hidden in several disguises.

    The other documents speak about the same estimators in nearly the same words, so that short n-grams prove
    nothing.

    Parameters
    ----------
    rng : numpy.random.Generator
    n_questions, n_documents : int
    share_seen : float
        0 to 1.
    release : str
    n_near : int
        Unseen questions whose words all stand in one document in another order, and whose parts stand in others: neither a set of words
        nor short n-grams tell them from copies.

    Returns
    -------
    Mixture
    """
    if not 0 <= share_seen <= 1:
        raise ValueError(f"share_seen is {share_seen}; it is a share of the questions, from 0 to 1")
    facts = sklearn_facts(release)
    chosen = [facts[i] for i in rng.choice(len(facts), n_questions, replace=False)]
    questions = [item.question for item in make_items(chosen, release=release)]
    seen = np.zeros(n_questions, dtype=bool)
    seen[rng.choice(n_questions, round(share_seen * n_questions), replace=False)] = True
    parameters = sorted({parameter for _, parameter, _ in facts})
    asked = {(estimator, parameter) for estimator, parameter, _ in chosen}
    corpus = []
    for i in rng.integers(n_questions, size=n_documents):
        estimator, parameter, value = chosen[i]
        other = parameters[rng.integers(len(parameters))]
        if (estimator, other) in asked:
            continue
        names = {"estimator": estimator, "parameter": parameter, "value": value, "other": other}
        corpus.append(_PASSAGES[rng.integers(len(_PASSAGES))].format(release=release, **names))
    for question in np.array(questions, dtype=object)[seen]:
        corpus.append(_DISGUISES[rng.integers(len(_DISGUISES))](question))
    unseen = np.flatnonzero(~seen)
    # with longer names a run of eight words holds them and no more, and would prove nothing
    short = (
        [i for i in rng.permutation(unseen) if len(tokens(" ".join(chosen[i][:2]))) <= 4] if n_near else []
    )
    for position, i in enumerate(short[:n_near]):
        estimator, parameter, _ = chosen[i]
        passages = _NEAR[:1] if position % 2 else _NEAR[1:]
        corpus += [
            passage.format(release=release, estimator=estimator, parameter=parameter) for passage in passages
        ]
    return Mixture(questions, [corpus[i] for i in rng.permutation(len(corpus))], seen)


_NEAR = (
    "{estimator} in scikit-learn {release}: the parameter {parameter} has a default value, and what is the use of it?",
    "What is the default value of the parameter {parameter} of the class?",
    "Nobody asked for the parameter {parameter} of {estimator}?",
)

_DISGUISES: tuple[Callable[[str], str], ...] = (
    str,
    lambda question: question.upper().replace(",", " -"),
    lambda question: f"Quiz night, round 3. {question} Write your answer on the card and hand it in.",
    lambda question: question.replace(" ", "  ").rstrip("?") + " ...",
)


def detection_scores(seen: ArrayLike, flagged: ArrayLike) -> tuple[float, float]:
    """Precision and recall of flags; precision is 0 when nothing is flagged.

    Parameters
    ----------
    seen, flagged : array_like of bool, shape (n,)

    Returns
    -------
    precision, recall : float
    """
    return precision_and_recall(set(np.flatnonzero(seen)), set(np.flatnonzero(flagged)))


# -- What contamination does to a score
def contaminated_score(knowledge: float | np.ndarray, share_seen: float | np.ndarray) -> float | np.ndarray:
    """Expected score of a test taker that knows a share of the answers and has seen a share of the test.

    What it has seen it answers rightly, whether it knows it or not: ``a + c (1 - a)``.

    Parameters
    ----------
    knowledge, share_seen : float or ndarray
        a and c, from 0 to 1.

    Returns
    -------
    float or ndarray
    """
    return knowledge + share_seen * (1 - knowledge)


@dataclass(frozen=True)
class Exam:
    """Scores of one test taker.

    Attributes
    ----------
    original, twin, paraphrased : float
        On the public test, on fresh questions of the same kind, and on the public test in other words.
    """

    original: float
    twin: float
    paraphrased: float


def sit_exam(
    questions: Sequence[str],
    paraphrases: Sequence[str],
    twins: Sequence[str],
    knowledge: float,
    share_seen: float,
    rng: np.random.Generator,
    *,
    n: int = 5,
    recognises: float = 0.5,
) -> Exam:
    """Let a test taker with a memory for texts answer a benchmark, its paraphrase and its twin set.

    It knows each answer with probability `knowledge`, the same for a question and its paraphrase. Besides, a
    share of the benchmark stands in its memory, word for word; there it looks up whatever question it is asked,
    and answers rightly where enough of its n-grams are found *in one remembered text*.

    Parameters
    ----------
    questions, paraphrases, twins : sequence of str
        The first two of the same length and order.
    knowledge, share_seen : float
    rng : numpy.random.Generator
    n : int
        Length of the n-grams.
    recognises : float
        Share of a question's n-grams that it must find.

    Returns
    -------
    Exam
    """
    seen = rng.choice(len(questions), round(share_seen * len(questions)), replace=False)
    memory: dict[tuple[str, ...], list[int]] = {}
    for i in seen:
        for gram in _ngrams(questions[i], n):
            memory.setdefault(gram, []).append(int(i))
    places = {gram: np.array(texts) for gram, texts in memory.items()}
    knows = rng.random(len(questions)) < knowledge
    knows_twin = rng.random(len(twins)) < knowledge

    def score(asked, known, own):
        remembered = [_remembered(question, places, n, recognises) for question in asked]
        return float(np.mean(known | (np.array(remembered) == own)))

    own = np.arange(len(questions))
    # a twin's answer is in nobody's memory: what is recalled for it belongs to another question
    return Exam(
        score(questions, knows, own),
        score(twins, knows_twin, np.full(len(twins), len(questions))),
        score(paraphrases, knows, own),
    )


@lru_cache(maxsize=20_000)
def _ngrams(text, n):
    """As `ngrams`, remembered: a slider asks about the same texts again and again."""
    return frozenset(ngrams(text, n))


def _remembered(question, places, n, recognises):
    """Number of the remembered text that shares most n-grams with a question; -1 if that is too few."""
    grams = _ngrams(question, n)
    found = [places[gram] for gram in grams if gram in places]
    if len(found) < recognises * len(grams) or not found:
        return -1
    votes = np.bincount(np.concatenate(found))
    best = int(votes.argmax())
    return best if votes[best] >= recognises * len(grams) else -1


def fine_tuned_exams(
    model: LanguageModel,
    book: FactBook,
    rng: np.random.Generator,
    *,
    questions: int = 120,
    steps: int = 60,
    learning_rate: float = 1e-3,
) -> dict[str, Exam]:
    """Fine-tune a real model with and without the benchmark in its training text, and let both sit the exam.

    Both see equally many questions about facts that the model has never been told: the clean one about other
    facts, the contaminated one about half of the benchmark. So what tuning teaches about such questions in
    general is the same for both, and the clean one is the control.

    Parameters
    ----------
    model : LanguageModel
        Stays as it is.
    book : FactBook
    rng : numpy.random.Generator
        Draws the facts and the batches.
    questions : int
        In the benchmark and in the twin set each; an even number.
    steps : int
    learning_rate : float

    Returns
    -------
    dict of str to Exam
        "as it is", "tuned, clean" and "tuned, contaminated".

    Raises
    ------
    ValueError
        If `questions` is odd, or there are not enough facts that the model was never told.

    Notes
    -----
    Half of every batch repeats facts that the model was trained on, against forgetting. The facts are those of
    `book.never_told["train"]` and `["validation"]`; the course's test facts are not touched.
    """
    pool = [*book.never_told["train"], *book.never_told["validation"]]
    half = questions // 2
    if questions % 2 or questions < 2:
        raise ValueError(f"questions is {questions}; half of them leak, so give an even number above 0")
    if 2 * questions + half > len(pool):
        raise ValueError(
            f"{questions} questions, as many twins and {half} to tune on need {2 * questions + half} facts; "
            f"the book has {len(pool)} that were never told"
        )
    make = Questions(book, rng)
    keys = make.draw(pool, 2 * questions + half)
    asked, twins, others = keys[:questions], keys[questions : 2 * questions], keys[2 * questions :]

    def items(facts, wording):
        return list(make.closed("exam", facts, book.old, templates=(QUESTIONS[wording],)))

    exams = (items(asked, 1), items(twins, 1), items(asked, 2))
    replay = items(book.known, 1)

    def sit(taker):
        shares = []
        for exam in exams:
            answers = taker.complete([item.prompt for item in exam])
            shares.append(
                float(np.mean([got == item.answer for got, item in zip(answers, exam, strict=True)]))
            )
        return Exam(*shares)

    results = {"as it is": sit(model)}
    for name, facts in (("tuned, clean", others), ("tuned, contaminated", asked[:half])):
        tuned = fine_tune(
            model, items(facts, 1), rng, steps=steps, learning_rate=learning_rate, replay=replay
        )
        results[name] = sit(tuned.model)
    return results


def score_expected(knowledge: float, share_seen: float, questions: int) -> PublishedValue:
    """`contaminated_score`, with the standard error over the questions that were not seen."""
    value = contaminated_score(knowledge, share_seen)
    unseen = (1 - share_seen) * questions
    return PublishedValue(float(value), float(np.sqrt(unseen * knowledge * (1 - knowledge)) / questions))


def smallest_visible_gap(
    n_items: int, *, accuracy: float = 0.5, confidence: float = 0.95, power: float = 0.8
) -> float:
    """Smallest true difference between two sets of n items that a two-sided test finds with the stated power.

    Parameters
    ----------
    n_items : int
        In each of the two sets.
    accuracy : float
        Typical accuracy, which gives the variance.
    confidence, power : float

    Returns
    -------
    float
        For 1,205 items at accuracy 0.66 about 0.054.

    Notes
    -----
    ``(z_(1-alpha/2) + z_power) * sqrt(2 a (1-a) / n)``. GSM1k (Zhang et al. 2024) has 1,205 items in the final version.
    """
    z = stats.norm.ppf(0.5 + confidence / 2) + stats.norm.ppf(power)
    return float(z * np.sqrt(2 * accuracy * (1 - accuracy) / n_items))
