"""Shares, intervals and comparisons from the recorded tables. Answers are scored here, so that a better scorer needs no new run.

Every function reads records and returns a table; `python -m holdout.lm.real report` prints them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from holdout.lm.forced_choice import choice_probabilities, choose
from holdout.lm.fusion import recall_table
from holdout.lm.real import records, tuning_report
from holdout.lm.real.answers import (
    Score,
    contains_answer,
    is_bare_value,
    normal_value,
    read_house_form,
    read_json_form,
    score,
    score_value,
)
from holdout.lm.real.prompts import PROMPTS
from holdout.lm.real.questions import Question
from holdout.lm.real.reading import OLD, stated_defaults
from holdout.stats.auc import interval, resampled_auc
from holdout.stats.calibration import expected_calibration_error, reliability_table
from holdout.stats.intervals import wilson_interval
from holdout.stats.paired import holm, mcnemar_exact


def share(hits: int, trials: int) -> dict[str, float]:
    """A share with Wilson's 95% interval, as columns `n`, `share`, `low`, `high`."""
    low, high = wilson_interval(hits, trials)
    return {"n": trials, "share": hits / trials, "low": low, "high": high}


def score_row(row: Mapping[str, str], question: Question) -> tuple[bool, Score]:
    """Whether a recorded answer has the form that was asked for, and what it is worth."""
    form = PROMPTS[row["prompt"]].form
    if form == "value":
        outcome = score(
            row["answer"], question.value, question.older, ignore=[question.parameter, question.estimator]
        )
        return is_bare_value(row["answer"], question.value), outcome
    read = read_house_form if form == "house" else read_json_form
    valid, value = read(row["answer"], question.parameter)
    return valid, score_value(value, question.value, question.older)


def constant_baselines(questions: Sequence[Question]) -> dict[str, float]:
    """What two constant rules reach: the commonest value of all, and the commonest of the same parameter elsewhere."""
    values = {q.key: normal_value(q.value) for q in questions}
    overall = Counter(values.values()).most_common(1)[0]
    hits = 0
    for question in questions:
        others = Counter(
            values[q.key] for q in questions if q.parameter == question.parameter and q.key != question.key
        )
        guess = others.most_common(1)[0][0] if others else overall[0]
        hits += guess == values[question.key]
    return {"always the commonest value": overall[1] / len(questions), "as elsewhere": hits / len(questions)}


def prompting_table() -> pd.DataFrame:
    """One row a rung of the prompting ladder: shares of right, stale and valid answers, and the commonest answer."""
    questions = {question.key: question for question in records.questions()}
    rows = []
    for prompt, group in _grouped(records.table("prompting"), "prompt"):
        scored = [(questions[row["key"]], *score_row(row, questions[row["key"]])) for row in group]
        changed = [outcome for question, _, outcome in scored if question.older]
        stable = [outcome for question, _, outcome in scored if not question.older]
        common, times = Counter(outcome.value for *_, outcome in scored).most_common(1)[0]
        rows.append(
            {
                "prompt": prompt,
                **share(sum(outcome.right for *_, outcome in scored), len(scored)),
                "right of stable": f"{sum(o.right for o in stable)} of {len(stable)}",
                "right of changed": f"{sum(o.right for o in changed)} of {len(changed)}",
                "stale of changed": f"{sum(o.stale for o in changed)} of {len(changed)}",
                "valid form": f"{sum(valid for _, valid, _ in scored)} of {len(scored)}",
                "commonest": f"{common} ({times})",
                "cut": sum(row["finish"] == "length" for row in group),
            }
        )
    return pd.DataFrame(rows).set_index("prompt")


def choices() -> pd.DataFrame:
    """Forced choice, one row a question.

    Returns
    -------
    pandas.DataFrame
        Index: key. Columns: `group`; `chosen` and `chosen_against_prior` ("truth", "old" or "other"); `confidence`
        (probability of the chosen option) and `right`.
    """
    rows = []
    groups = {question.key: question.group for question in records.questions()}
    for key, group in _grouped(records.table("choice"), "key"):
        values = [float(row["logprob"]) for row in group]
        priors = [float(row["prior"]) for row in group]
        best = choose(values)
        rows.append(
            {
                "key": key,
                "group": groups[key],
                "options": len(group),
                "chosen": group[best]["role"],
                "chosen_against_prior": group[choose(values, priors)]["role"],
                "confidence": float(choice_probabilities(values)[best]),
                "right": group[best]["role"] == "truth",
            }
        )
    return pd.DataFrame(rows).set_index("key")


def choice_table() -> pd.DataFrame:
    """Shares of questions on which the truth and the old value win, for stable and changed facts, with intervals."""
    found, rows = choices(), []
    for group, part in found.groupby("group"):
        for column in ("chosen", "chosen_against_prior"):
            for role in ("truth", "old", "other"):
                rows.append(
                    {
                        "group": group,
                        "by": column,
                        "winner": role,
                        **share(int((part[column] == role).sum()), len(part)),
                    }
                )
    return pd.DataFrame(rows).set_index(["group", "by", "winner"])


def choice_calibration(*, bins: int = 5) -> tuple[pd.DataFrame, float]:
    """How often the preferred option is right at each confidence: reliability table and calibration error."""
    found = choices()
    outcome, confidence = found["right"].to_numpy(float), found["confidence"].to_numpy()
    table = reliability_table(outcome, confidence, bins=bins)
    return table, expected_calibration_error(outcome, confidence, bins=bins)


def reading_table() -> pd.DataFrame:
    """One row a case of reading: shares of right, stale and abstaining answers, and of copied other defaults.

    Returns
    -------
    pandas.DataFrame
        Index: case. Columns: `n`, `share` right, `low`, `high`; numbers of answers: `stale`, `unknown`, `copied` (not
        right, but a default of another parameter that was shown), `shared` (right, but with a passage of another
        parameter alone, which has the same default) and `cut`.
    """
    texts = records.passages()
    questions = {question.key: question for question in records.questions()}
    described = {row["key"]: records.as_described(row) for row in records.table("described")}
    rows = []
    for case, group in _grouped(records.table("reading"), "case"):
        asked = described if case.startswith("described") else questions
        scored = [score_row(row, asked[row["key"]])[1] for row in group]
        others = [
            {normal_value(value) for value in stated_defaults([texts[key] for key in shown])}
            for shown in (_other_passages(row) for row in group)
        ]
        right_shown = [row["key"] in row["shown"].replace(OLD, "").split() for row in group]
        rows.append(
            {
                "case": case,
                **share(sum(outcome.right for outcome in scored), len(scored)),
                "stale": sum(outcome.stale for outcome in scored),
                "unknown": sum(outcome.abstains for outcome in scored),
                "copied": sum(
                    not outcome.right and outcome.value in values
                    for outcome, values in zip(scored, others, strict=True)
                ),
                "shared": sum(
                    outcome.right and not own and outcome.value in values
                    for outcome, own, values in zip(scored, right_shown, others, strict=True)
                ),
                "cut": sum(row["finish"] == "length" for row in group),
            }
        )
    return pd.DataFrame(rows).set_index("case")


def _other_passages(row: Mapping[str, str]) -> list[str]:
    """Keys of the passages that a row shows and that are about another parameter."""
    shown = row["shown"].replace(OLD, "").split()
    return [key for key in shown if key != row["key"]]


def retrieval_table(ks: Sequence[int] = (1, 3, 5, 10)) -> pd.DataFrame:
    """Recall@k of the four retrievers on named and on described questions, with intervals."""
    tables = []
    for queries, group in _grouped(records.table("retrieval"), "queries"):
        found = {
            method: np.array([int(row["rank"]) for row in rows]) for method, rows in _grouped(group, "method")
        }
        tables.append(recall_table(found, ks).assign(queries=queries))
    return pd.concat(tables).set_index(["queries", "retriever", "k"])


def replacement_table(before: str = "") -> pd.DataFrame:
    """One row a variant and way of scoring: shares, and McNemar's test against one variant on the same questions.

    Parameters
    ----------
    before : str
        The variant that the others are compared with; "shipped" by default, or the first one where that was not recorded.
        A part that it was not asked is left out.

    Returns
    -------
    pandas.DataFrame
        Index: `variant`, `part` ("reading", "everyday", "everyday, cut at 12"). Columns: `n`, `share`, `low`, `high`,
        `lost`, `gained`, `p` (exact McNemar), `p_holm` (corrected for all comparisons of the table), `same text`.
    """
    right, texts = _replacement_outcomes()
    variants = [variant for variant, _ in right]
    before = before or ("shipped" if "shipped" in variants else variants[0])
    rows = []
    for (variant, part), outcome in right.items():
        if (before, part) not in right:
            continue
        test = mcnemar_exact(right[before, part], outcome)
        same = sum(a == b for a, b in zip(texts[before, part], texts[variant, part], strict=True))
        rows.append(
            {
                "variant": variant,
                "part": part,
                **share(sum(outcome), len(outcome)),
                "lost": test.lost,
                "gained": test.gained,
                "p": test.p_value,
                "same text": same,
            }
        )
    table = pd.DataFrame(rows).set_index(["variant", "part"])
    compared = table.index.get_level_values("variant") != before
    if compared.any():
        table.loc[compared, "p_holm"] = holm(table.loc[compared, "p"])
    return table


def replacement_answers() -> pd.DataFrame:
    """Every recorded answer of a silent replacement, scored.

    Returns
    -------
    pandas.DataFrame
        One row an answer, in the order of the record. Columns: `variant`; `part` ("reading", "everyday", and "everyday, cut
        at 12" for the same answers under the shorter limit); `key`; `kind` of the value that is asked for ("text",
        "switch", "number"; empty where it is no reading); `right`; `text`.
    """
    questions = {question.key: question for question in records.questions()}
    accepted = {row["question"]: row["accepted"].split("|") for row in records.table("everyday")}
    rows = []
    for row in records.table("replacements"):
        variant, part, key, text = (row[name] for name in ("variant", "part", "key", "answer"))
        if part == "reading":
            asked = questions[key]
            right = score(text, asked.value, ignore=[asked.parameter, asked.estimator]).right
            rows.append((variant, part, key, asked.kind, right, text))
        else:
            rows.append((variant, part, key, "", contains_answer(text, accepted[key]), text))
            short = row["short"]
            right = contains_answer(short, accepted[key])
            rows.append((variant, "everyday, cut at 12", key, "", right, short))
    return pd.DataFrame(rows, columns=["variant", "part", "key", "kind", "right", "text"])


def _replacement_outcomes() -> tuple[dict[tuple[str, str], list[bool]], dict[tuple[str, str], list[str]]]:
    groups = replacement_answers().groupby(["variant", "part"], sort=False)
    right = {name: group["right"].tolist() for name, group in groups}
    return right, {name: group["text"].tolist() for name, group in groups}


def judge_table() -> pd.DataFrame:
    """One row a prompt of the judge: how often it says yes to right and to wrong answers, and the area under the curve.

    `low` and `high`: 95% interval of the area, from 2,000 draws of the questions with replacement (generator of seed 0).
    """
    asked, rows = {question.key: question for question in records.questions()}, []
    for prompt, group in _grouped(records.table("judge"), "prompt"):
        margin = np.array([float(row["margin"]) for row in group])
        correct = np.array([_is_right(row["proposed"], asked[row["key"]]) for row in group])
        good, bad = margin[correct], margin[~correct]
        (draws,) = resampled_auc(
            correct, [margin], [row["key"] for row in group], 2000, np.random.default_rng(0)
        )
        low, high = interval(draws)
        rows.append(
            {
                "prompt": prompt,
                "yes to right": f"{int((good > 0).sum())} of {len(good)}",
                "no to wrong": f"{int((bad <= 0).sum())} of {len(bad)}",
                "auc": float(roc_auc_score(correct, margin)),
                "low": low,
                "high": high,
            }
        )
    return pd.DataFrame(rows).set_index("prompt")


def _is_right(answer: str, question: Question) -> bool:
    return score(answer, question.value, ignore=[question.parameter, question.estimator]).right


def pair_table() -> pd.DataFrame:
    """One row a kind of pair: how often the answer shown first wins, and which is preferred over both orders."""
    rows = []
    for kind, group in _grouped(records.table("pairs"), "kind"):
        margins = {(row["key"], row["place"]): float(row["margin"]) for row in group}
        keys = sorted({key for key, _ in margins})
        # the second order asks about the same answer in place B
        both = [margins[key, "first"] - margins[key, "second"] for key in keys]
        rows.append(
            {
                "kind": kind,
                "first wins": f"{sum(value > 0 for value in margins.values())} of {len(margins)}",
                **share(sum(value > 0 for value in both), len(keys)),
            }
        )
    return pd.DataFrame(rows).set_index("kind")


def print_all() -> None:
    """Print every table that was recorded."""
    baselines = constant_baselines(records.questions())
    print("Constant rules: " + ", ".join(f"{name} {value:.2f}" for name, value in baselines.items()))
    makers: dict[str, tuple[str, Callable[[], pd.DataFrame]]] = {
        "prompting": ("Without documents, by prompt", prompting_table),
        "choice": ("Forced choice by likelihood", choice_table),
        "retrieval": ("Recall@k", retrieval_table),
        "reading": ("Answers from passages", reading_table),
        "replacements": ("Silent replacements, compared with the shipped model", replacement_table),
        "judge": ("The model as a judge of its answers", judge_table),
        "pairs": ("The model as a judge of pairs: the better, or shorter, one preferred", pair_table),
        "adapters": (
            "Tuned with LoRA; intervals count each question once, with its mean over the seeds",
            tuning_report.adapter_table,
        ),
        "adapters_read": (
            "Every question that is not taught, read by the tuned copies",
            lambda: tuning_report.adapter_table("adapters_read"),
        ),
        "adapter_losses": ("Loss a token while tuning", tuning_report.adapter_loss_table),
        "generations": ("Trained on its own text", tuning_report.generation_table),
    }
    with pd.option_context("display.width", 200, "display.max_columns", 20, "display.max_rows", 100):
        for name, (title, make) in makers.items():
            if not records.is_recorded(name):
                step = "adapters" if name == "adapter_losses" else name
                print(f"\n{title}: not recorded yet (python -m holdout.lm.real {step})")
                continue
            print(f"\n{title}\n{make().round(3).to_string()}")
            if name == "choice":
                table, error = choice_calibration()
                print(
                    f"\nConfidence of the preferred option; calibration error {error:.2f}\n{table.round(3).to_string()}"
                )


def _grouped(rows: Iterable[dict[str, str]], column: str) -> list[tuple[str, list[dict[str, str]]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        found.setdefault(row[column], []).append(row)
    return list(found.items())
