"""Recorded answers of a real language model, as somebody who judges them sees them, and judges that cost no label.

Reads `datasets/real_model`. Nothing is drawn here, and no model is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from holdout.lm.real import records, report
from holdout.lm.real.prompts import PASSAGE_CHARACTERS, ask_default
from holdout.lm.real.questions import Question

SEED = 0
LABELLED = 40
"""Answers that are labelled by hand."""


def answers() -> pd.DataFrame:
    """The answers that are judged: every question with the right passage in front of it.

    Returns
    -------
    pandas.DataFrame
        Index `key`, in a drawn order. Columns: `question` (the text asked), `passage` (as the model saw it), `answer`,
        `value` (the default in scikit-learn 1.9.1), `cut` (the token limit ended it), `confidence` (probability of a
        token of the answer, geometric mean), `right` (what the course's scorer reads is `value`).
    """
    asked, passages = _questions(), records.passages()
    rows = [row for row in records.table("reading") if row["case"] == "right"]
    found = pd.DataFrame(
        {
            "key": [row["key"] for row in rows],
            "question": [
                ask_default(asked[row["key"]].estimator, asked[row["key"]].parameter) for row in rows
            ],
            "passage": [_shown(passages[row["key"]]) for row in rows],
            "answer": [row["answer"] for row in rows],
            "value": [asked[row["key"]].value.strip("'") for row in rows],
            "cut": [row["finish"] == "length" for row in rows],
            "confidence": [float(np.exp(float(row["logprob"]) / int(row["tokens"]))) for row in rows],
            "right": [report.score_row(row, asked[row["key"]])[1].right for row in rows],
        }
    ).set_index("key")
    return found.iloc[np.random.default_rng(SEED).permutation(len(found))]


def _questions() -> dict[str, Question]:
    return {question.key: question for question in records.questions()}


def _shown(passage: str) -> str:
    from holdout.lm.real.passages import beginning

    return beginning(passage, PASSAGE_CHARACTERS)


# ------------------------------------------------------------------------------------------------------------- judges


def stands_in(answer: str, passage: str) -> bool:
    """A judge that asks whether the answer stands in the passage as whole words; capitals count.

    Many tools call such a check *groundedness*. It needs no label and no model.
    """
    words = answer.strip().strip("'\"`")
    return bool(words) and re.search(rf"(?<!\w){re.escape(words)}(?!\w)", passage) is not None


def verdicts(rows: pd.DataFrame, *, confidence: float = 0.6) -> pd.DataFrame:
    """What three judges without labels say of each answer.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `answers`.
    confidence : float
        From which probability per token the confident judge passes an answer.

    Returns
    -------
    pandas.DataFrame
        Index as `rows`; columns `in the passage`, `confident` and `passes everything`, True for a pass.
    """
    inside = [
        stands_in(answer, passage) for answer, passage in zip(rows["answer"], rows["passage"], strict=True)
    ]
    return pd.DataFrame(
        {
            "in the passage": inside,
            "confident": rows["confidence"] >= confidence,
            "passes everything": np.ones(len(rows), bool),
        },
        index=rows.index,
    )


def asked_verdicts() -> pd.DataFrame:
    """What the same model says when it is asked whether its answer is correct (`judge.csv`).

    Returns
    -------
    pandas.DataFrame
        Columns `prompt`, `key`, `margin` (log odds of yes over no), `says_yes` and `right` (as in `answers`).
    """
    table = pd.DataFrame(records.table("judge"))
    table["margin"] = table["margin"].astype(float)
    table["says_yes"] = table["margin"] > 0
    table["right"] = answers()["right"].reindex(table["key"]).to_numpy()
    return table[["prompt", "key", "margin", "says_yes", "right"]]


def pair_margins() -> pd.DataFrame:
    """Log odds that the judge of pairs prefers the better (or shorter) answer, in both orders (`pairs.csv`).

    Returns
    -------
    pandas.DataFrame
        One row a pair. Columns `kind`, `key`; `when_first` and `when_second`: log odds for that answer when it is shown
        first and when it is shown second; above 0 it wins.
    """
    table = pd.DataFrame(records.table("pairs"))
    table["margin"] = table["margin"].astype(float)
    wide = table.pivot(index=["kind", "key"], columns="place", values="margin")
    return pd.DataFrame({"when_first": wide["first"], "when_second": -wide["second"]}).reset_index()


# ------------------------------------------------------------------------------------------------------------ scorers


def strict_scorer(answer: str, value: str) -> bool:
    """Equal as texts, capitals and surrounding blanks aside."""
    return answer.strip().lower() == value.strip().lower()


def contains_scorer(answer: str, value: str) -> bool:
    """The value stands somewhere in the answer, as letters."""
    return value.lower() in answer.lower()


def number_scorer(answer: str, value: str) -> bool:
    """The first digits of both are the same number; without digits, as `contains_scorer`."""
    pattern = r"-?\d+\.?\d*"
    said, true = re.search(pattern, answer), re.search(pattern, value)
    if said and true:
        return float(said[0]) == float(true[0])
    return contains_scorer(answer, value)


PROMPTS_COMPARED = ("plain", "instruction", "examples 3", "examples 5")
SCORERS = {
    "equal text": strict_scorer,
    "contains the value": contains_scorer,
    "first number": number_scorer,
}


def scored_answers(prompts: Sequence[str] = PROMPTS_COMPARED, *, words: int | None = None) -> pd.DataFrame:
    """The same recorded answers without documents, under four scorers.

    Parameters
    ----------
    prompts : sequence of str
        Rungs of `prompting.csv`.
    words : int, optional
        Cut each answer after so many words first, as a lower token limit would.

    Returns
    -------
    pandas.DataFrame
        Columns `prompt`, `key`, `answer`, `value`, one for each of `SCORERS`, and `read as a value` (the course's).
    """
    asked = _questions()
    rows = []
    for row in records.table("prompting"):
        if row["prompt"] not in prompts:
            continue
        question = asked[row["key"]]
        answer = row["answer"] if words is None else " ".join(row["answer"].split()[:words])
        value = question.value.strip("'")
        rows.append(
            {"prompt": row["prompt"], "key": row["key"], "answer": answer, "value": value}
            | {name: scorer(answer, value) for name, scorer in SCORERS.items()}
            | {"read as a value": report.score_row({**row, "answer": answer}, question)[1].right}
        )
    return pd.DataFrame(rows)


# ----------------------------------------------------------------------------------------------------------- failures

_TYPES = frozenset(("float", "float64", "int", "bool", "str", "array", "callable"))


def first_failure(answer: str, value: str) -> str:
    """What failed first in a wrong answer: a taxonomy of five kinds, made by reading forty of them.

    Parameters
    ----------
    answer, value : str
    """
    said = answer.strip().lower()
    if said == "none":
        return "says None where another value is documented"
    if said in _TYPES:
        return "names a type instead of a value"
    if said == "default":
        return "repeats the word default"
    if said in ("inf", "nan") or re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?", said):
        return "gives another number"
    return "gives something else"


def failures_of(rows: pd.DataFrame) -> pd.Series:
    """What failed first in each wrong answer.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `answers`.

    Returns
    -------
    pandas.Series
        Index: keys of the wrong answers.
    """
    wrong = rows[~rows["right"]]
    found = [
        first_failure(answer, value) for answer, value in zip(wrong["answer"], wrong["value"], strict=True)
    ]
    return pd.Series(found, index=wrong.index, dtype=object)
