"""A log of prompt revisions on the real model: what each prompt bought, what a scorer or a token limit makes of the same
answers, and what is left of a prompt that was chosen on a few questions.

For lesson 06. Nothing is asked here: answers are the recorded ones of `datasets/real_model/prompting.csv`, read through
`holdout.lm.real`. Nothing here draws.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from holdout.errors import InvalidValue
from holdout.lm.real import records, report
from holdout.lm.real.answers import normal_value
from holdout.lm.real.prompts import EXAMPLES, PROMPTS, in_form
from holdout.lm.real.questions import Question
from holdout.stats.intervals import paired_difference, wilson_interval

REVISIONS = {
    "plain": "the question alone",
    "instruction": "+ “Answer with the value only.”",
    "system": "+ a system prompt: no sentence",
    "examples 1": "system prompt + one worked example",
    "examples 3": "system prompt + three worked examples",
    "examples 5": "system prompt + five worked examples",
    "house 0": "plain + “[ parameter :: value ]”, shown with `None`",
    "house 3": "that form as a system prompt + three examples",
    "json 0": "plain + “one JSON object”",
    "json 3": "JSON as a system prompt + three examples",
}
"""The prompts of the log, in their order, and what each changes."""


def recorded_answers(rows: Sequence[Mapping[str, str]] | None = None) -> pd.DataFrame:
    """The recorded answers of every prompt that was asked all questions, scored.

    Parameters
    ----------
    rows : sequence of mappings, optional
        Rows of `prompting.csv`; those of the course by default. A prompt whose recording is not finished is left out.

    Returns
    -------
    pandas.DataFrame
        One row per answer, prompts in the order of `REVISIONS`, questions in their own. Columns: `prompt`, `key`, `estimator`,
        `parameter`, `truth`, `answer`, `limited` (the token limit ended it), `value` (as it was read), `right`, `valid` (the
        form that was asked for), `changed` (the default had another value once), `runtime`.

    Raises
    ------
    InvalidValue
        If no prompt was asked all questions.
    """
    questions = {question.key: question for question in records.questions()}
    found: dict[str, dict[str, Mapping[str, str]]] = {}
    for row in records.table("prompting") if rows is None else rows:
        found.setdefault(row["prompt"], {})[row["key"]] = row
    finished = [name for name in REVISIONS if set(found.get(name, ())) == set(questions)]
    if not finished:
        raise InvalidValue("no prompt of prompting.csv was asked all questions; record one first")
    table = []
    for name in finished:
        for key, question in questions.items():
            row = found[name][key]
            valid, outcome = report.score_row(row, question)
            table.append(
                {
                    "prompt": name,
                    "key": key,
                    "estimator": question.estimator,
                    "parameter": question.parameter,
                    "truth": question.value,
                    "answer": row["answer"],
                    "limited": row["finish"] == "length",
                    "value": outcome.value,
                    "right": outcome.right,
                    "valid": valid,
                    "changed": bool(question.older),
                    "runtime": row["runtime"],
                }
            )
    return pd.DataFrame(table)


def shown_values(prompt: str) -> set[str]:
    """Values that a prompt itself shows: those of its examples, and the one in the description of a form.

    Parameters
    ----------
    prompt : str
        A key of `REVISIONS`.

    Returns
    -------
    set of str
        As `normal_value` writes them.
    """
    about = PROMPTS[prompt]
    shown = {normal_value(value) for _, _, value, _ in EXAMPLES[: about.examples]}
    return shown | ({"none"} if about.form != "value" else set())


def prompt_log(answers: pd.DataFrame) -> pd.DataFrame:
    """The log: one row per prompt, with what it changed and what came of it.

    Parameters
    ----------
    answers : pandas.DataFrame
        Of `recorded_answers`.

    Returns
    -------
    pandas.DataFrame
        Index: prompt. Columns: `revision`; `n`, `right`, `low`, `high` (share with Wilson's 95% interval); `valid` (share that
        has the form asked for); `commonest` (value) and `times`; `copied` (share of answers that give a value which the prompt
        shows); `limited` (answers that the token limit ended).
    """
    rows = []
    for prompt, part in answers.groupby("prompt", sort=False):
        low, high = wilson_interval(int(part["right"].sum()), len(part))
        common, times = Counter(part["value"]).most_common(1)[0]
        rows.append(
            {
                "prompt": prompt,
                "revision": REVISIONS[str(prompt)],
                "n": len(part),
                "right": part["right"].mean(),
                "low": low,
                "high": high,
                "valid": part["valid"].mean(),
                "commonest": common,
                "times": times,
                "copied": part["value"].isin(shown_values(str(prompt))).mean(),
                "limited": int(part["limited"].sum()),
            }
        )
    return pd.DataFrame(rows).set_index("prompt")


def outcomes(answers: pd.DataFrame, column: str = "right") -> pd.DataFrame:
    """Right or wrong, one row per question and one column per prompt."""
    return answers.pivot(index="key", columns="prompt", values=column)[
        list(dict.fromkeys(answers["prompt"]))
    ].astype(bool)


def gain(answers: pd.DataFrame, before: str, after: str) -> tuple[float, float, float]:
    """Difference in the share of right answers between two prompts, on the same questions, with its 95% interval."""
    right = outcomes(answers)
    return paired_difference(right[before], right[after])


# -- The scorer as a trap
SCORERS = ("value read", "exact match", "contains the value", "first in quotes", "first number")
"""Rules that decide whether an answer is right; the first is the course's own."""
_FIRST_NUMBER = re.compile(r"-?\d+\.?\d*")
_IN_QUOTES = re.compile(r"""(?<!\w)(['"`])([^'"`]+)\1(?!\w)""")


def first_number(text: str) -> float | str:
    """The first number in a text, as people write this scorer first: `l2` gives 2 and `200_000` gives 200."""
    found = _FIRST_NUMBER.search(text)
    return float(found[0]) if found else text.strip().strip("'\"`.").lower()


def first_in_quotes(text: str, names: Sequence[str] = ()) -> str:
    """The first quoted text that is none of the names asked about, else the first number: misspelt names are taken for values."""
    for _, quoted in _IN_QUOTES.findall(text):
        if quoted not in names:
            return normal_value(quoted)
    return normal_value(str(first_number(text)))


def same_value(answer: str, truth: str) -> bool:
    """Whether a bare answer is the value, compared as Python values: `1` is `1.0`, and `l2` is a text.

    Examples
    --------
    >>> same_value("1.", "1.0"), same_value("l2", "2"), same_value("200_000", "200")
    (True, False, False)
    """
    try:
        return bool(ast.literal_eval(answer.strip()) == ast.literal_eval(truth))
    except (ValueError, SyntaxError):
        return answer.strip().strip("'\"`") == truth.strip("'\"")


def cut_after(answer: str, words: int) -> str:
    """The beginning of an answer. A lower token limit would have given just that, because the words are chosen one by one."""
    if words < 1:
        raise InvalidValue(f"an answer of {words} words is none; give at least 1")
    pieces = answer.split()
    return answer if len(pieces) <= words else " ".join(pieces[:words])


def rescored(answers: pd.DataFrame, scorer: str = "value read", words: int | None = None) -> pd.DataFrame:
    """The same answers under another scorer, or cut after a number of words.

    Parameters
    ----------
    answers : pandas.DataFrame
        Of `recorded_answers`.
    scorer : str
        One of `SCORERS`.
    words : int, optional
        As they were recorded by default.

    Returns
    -------
    pandas.DataFrame of bool
        As `outcomes`.

    Raises
    ------
    InvalidValue
        If there is no such scorer.
    """
    if scorer not in SCORERS:
        raise InvalidValue(f"there is no scorer {scorer!r}; there are {', '.join(SCORERS)}")
    right = []
    for row in answers.itertuples():
        text = row.answer if words is None else cut_after(row.answer, words)
        if scorer == "value read":
            right.append(row.right if text == row.answer else _read_again(row, text))
        elif scorer == "exact match":
            bare = row.truth.strip("'\"")
            right.append(text.strip() == in_form(PROMPTS[row.prompt].form, row.parameter, bare))
        elif scorer == "contains the value":
            right.append(row.truth.strip("'\"").lower() in text.lower())
        elif scorer == "first in quotes":
            names = (row.parameter, row.estimator)
            right.append(first_in_quotes(text, names) == normal_value(row.truth))
        else:
            right.append(first_number(text) == first_number(row.truth))
    return outcomes(answers.assign(again=right), "again")


def _read_again(row, text: str) -> bool:
    question = Question(row.key, row.estimator, row.parameter, row.truth, (), "stable")
    return report.score_row({"prompt": row.prompt, "answer": text}, question)[1].right


def is_cut(answer: str, value: str, limited: bool) -> bool:
    """Whether the token limit ended an answer before a value was complete.

    Parameters
    ----------
    answer : str
    value : str
        What was read from it, as `normal_value` writes it.
    limited : bool
        The limit ended the answer.

    Returns
    -------
    bool
        True if nothing that looks like a value ends before the last word: another word could still change it.
    """
    if not limited:
        return False
    complete = " ".join(answer.split()[:-1])
    return value not in {
        normal_value(found["quoted"] or found["bare"]) for found in _LOOKS_LIKE_A_VALUE.finditer(complete)
    }


_LOOKS_LIKE_A_VALUE = re.compile(
    r"""(?<!\w)(?P<quote>['"`])(?P<quoted>[^'"`]+)(?P=quote)|(?<![\w.])(?P<bare>\d[\w.+-]*|True|False|None)"""
)


# -- Labels by hand
LABELS = ("right", "wrong", "cut")
SHEET = (
    ("plain", "TfidfVectorizer.max_features"),
    ("instruction", "VarianceThreshold.threshold"),
    ("examples 3", "RandomForestClassifier.n_estimators"),
    ("instruction", "MDS.eps"),
    ("system", "CountVectorizer.max_df"),
    ("plain", "NuSVC.coef0"),
)
"""Six recorded answers to label by hand: prompt and question."""


def label_sheet(answers: pd.DataFrame) -> pd.DataFrame:
    """Six recorded answers, to be labelled by hand before the scorer's verdict is seen.

    Returns
    -------
    pandas.DataFrame
        Index: 1 to 6. Columns: `asked`, `true default`, `answer`.
    """
    rows = answers.set_index(["prompt", "key"]).loc[list(SHEET)].reset_index()
    return pd.DataFrame(
        {"asked": rows["key"], "true default": rows["truth"], "answer": rows["answer"]}
    ).set_axis(pd.RangeIndex(1, len(rows) + 1, name="no."))


def compare_labels(answers: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """The learner's labels beside the scorer's.

    Parameters
    ----------
    answers : pandas.DataFrame
        Of `recorded_answers`.
    labels : sequence of str
        One of `LABELS` for each row of `label_sheet`, in order. If there are none, no verdict is shown.

    Returns
    -------
    pandas.DataFrame
        Index as `label_sheet`. Columns: `you`, `scorer`, `value read`, `agree`; empty without labels.

    Raises
    ------
    InvalidValue
        If a label is missing, or is none of `LABELS`.
    """
    columns = ["you", "scorer", "value read", "agree"]
    if not len(labels):
        return pd.DataFrame(columns=columns)
    if len(labels) != len(SHEET) or not set(labels) <= set(LABELS):
        raise InvalidValue(
            f"give {len(SHEET)} labels, each one of {', '.join(LABELS)}; {len(labels)} were given: {', '.join(map(str, labels))}"
        )
    rows = answers.set_index(["prompt", "key"]).loc[list(SHEET)].reset_index()
    scorer = [
        "right" if row.right else "cut" if is_cut(row.answer, row.value, row.limited) else "wrong"
        for row in rows.itertuples()
    ]
    agree = [mine == theirs for mine, theirs in zip(labels, scorer, strict=True)]
    return pd.DataFrame(
        dict(zip(columns, (list(labels), scorer, rows["value"], agree), strict=True))
    ).set_axis(pd.RangeIndex(1, len(SHEET) + 1, name="no."))


# -- A prompt chosen on a few questions
class Chosen(NamedTuple):
    """What choosing the best of several prompts did, on average.

    Attributes
    ----------
    shown : float
        Share of right answers on the questions that chose the prompt.
    unused : float
        The same prompt on all other questions.
    any : float
        A prompt taken at random, on those other questions.
    luck_error, gain_error : float
        Standard errors over questions, of `shown - unused` and of `unused - any`.
    """

    shown: float
    unused: float
    any: float
    luck_error: float
    gain_error: float


def choose_prompt(
    right: ArrayLike, questions: int, tried: int, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw a few questions, choose the prompt with most right answers on them, and score it on the others.

    Parameters
    ----------
    right : array of bool, shape (n, prompts)
    questions : int
        Drawn without replacement; fewer than n.
    tried : int
        How many of the prompts are tried, drawn at random; equally good ones are chosen between at random.
    draws : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (draws, 3)
        The chosen prompt on the drawn questions, the same on the others, and the mean of all prompts on the others.

    Raises
    ------
    InvalidValue
        If there are not so many questions or prompts.
    """
    right = np.asarray(right, float)
    n, prompts = right.shape
    if not 1 <= questions < n or not 1 <= tried <= prompts:
        raise InvalidValue(
            f"{questions} questions and {tried} prompts cannot be drawn from {n} and {prompts}; leave at least one question"
        )
    places, ties = rng.random((draws, n)), rng.random((2, draws, prompts))
    return _best(*_shares(right, questions, places), questions, tried, ties)


def _shares(right: np.ndarray, questions: int, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of right answers of each prompt on the drawn questions (those of lowest place), and on the others."""
    drawn = places <= np.partition(places, questions - 1, axis=1)[:, questions - 1 : questions]
    hits = drawn.astype(float) @ right
    return hits / questions, (right.sum(axis=0) - hits) / (len(right) - questions)


def _best(
    inside: np.ndarray, outside: np.ndarray, questions: int, tried: int, ties: np.ndarray
) -> np.ndarray:
    """As `choose_prompt`, from the shares and the random numbers."""
    # a random part below one answer breaks ties; prompts that are not tried cannot win
    candidates = inside + ties[0] * 0.5 / questions
    candidates[ties[1].argsort(axis=1, kind="stable").argsort(axis=1, kind="stable") >= tried] = -1
    best = candidates.argmax(axis=1)[:, None]
    return np.column_stack(
        [
            np.take_along_axis(inside, best, 1),
            np.take_along_axis(outside, best, 1),
            outside.mean(axis=1),
        ]
    )


def chosen_prompts(
    right: ArrayLike,
    questions: int,
    tried: Sequence[int],
    seed: int | Sequence[int],
    *,
    draws: int = 1000,
    groups: int = 20,
) -> list[Chosen]:
    """What `choose_prompt` gives on average over many draws, with an error that counts questions and not draws.

    All draws share the same questions, so their spread divided by the root of their number would be far too small. The error
    is that of the jackknife instead: the mean difference is computed again without one group of questions at a time
    (Efron & Stein 1981, "The jackknife estimate of variance").

    Parameters
    ----------
    right : array of bool, shape (n, prompts)
    questions : int
        See `choose_prompt`.
    tried : sequence of int
        Numbers of prompts; one result for each, all from the same draws of questions.
    seed : int or sequence of int
    draws, groups : int

    Returns
    -------
    list of Chosen
    """
    right = np.asarray(right, float)
    n, prompts = right.shape
    rng = np.random.default_rng(seed)
    for number in tried:  # refuses what cannot be drawn
        choose_prompt(right, questions, number, 1, np.random.default_rng(0))
    # The same random numbers with and without a group: else their luck, and not the questions, would make the error.
    places, ties = rng.random((draws, n)), rng.random((2, draws, prompts))
    group = rng.permutation(n) % groups
    whole = _shares(right, questions, places)
    parts = [_shares(right[keep], questions, places[:, keep]) for keep in (group != g for g in range(groups))]
    results = []
    for number in tried:
        shown, unused, others = _best(*whole, questions, number, ties).mean(axis=0)
        means = np.array([_best(*part, questions, number, ties).mean(axis=0) for part in parts])
        luck, gained = means[:, 0] - means[:, 1], means[:, 1] - means[:, 2]
        errors = [float(np.sqrt((groups - 1) * left.var())) for left in (luck, gained)]
        results.append(Chosen(float(shown), float(unused), float(others), *errors))
    return results
