"""What a project's notebook states: facts for the machine, each by its name, and the rules of the learner's own standard.

The notebook writes them to ``facts.json`` beside it and may write them as often as it runs. Whether they hold is the task of
`holdout.project.grading`, which takes none of them on trust.
"""

from __future__ import annotations

import json
import math
import os
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from holdout import chained_log
from holdout.project.errors import ProjectError
from holdout.project.folder import PREDICTIONS, Project, find_project

FILE = "facts.json"
LARGEST = 20_000_000

FACTS: dict[str, dict[str, str]] = {
    "split": {
        "train": "row ids",
        "validation": "row ids",
        "by": "text",
        "reason": "words",
    },
    "leaks": {"columns": "texts", "how": "words"},
    "features": {"columns": "texts"},
    "curve": {"rows": "numbers", "training": "numbers", "validation": "numbers", "reading": "words"},
    "predictions": {"rows": "row ids", "probability": "numbers"},
    "interval": {"value": "number", "low": "number", "high": "number"},
    "segment": {
        "column": "text",
        "value": "text",
        "rows": "row ids",
        "before": "numbers",
        "excess_before": "number",
        "excess_after": "number",
        "helped": "text",
        "fix": "words",
    },
    "calibration": {"ece": "number", "ece_of_perfect": "number", "verdict": "text"},
    "decision": {"choice": "text", "words": "words"},
}
"""The facts that `holdout project check` knows: for each its entries and what they are."""

CHOICES = {
    ("split", "by"): ("time", "group", "random"),
    ("segment", "helped"): ("yes", "no", "not shown"),
    ("calibration", "verdict"): ("calibrated", "not calibrated"),
    ("decision", "choice"): ("ship", "wait", "canary"),
}
FEWEST_WORDS = 6


def fact(name: str, **values: Any) -> None:
    """State a fact of the project; stating it again replaces it.

    Parameters
    ----------
    name : str
        One of `FACTS`.
    **values
        The entries of this fact. Row ids are those of the index; numbers are finite; words are a sentence of the learner's own, of
        at least six words.

    Raises
    ------
    ProjectError
        If the fact is not known, lacks an entry, or an entry is not what it must be; nothing is written then.
    """
    if name not in FACTS:
        raise ProjectError(f"there is no fact {name!r}; the facts are {', '.join(FACTS)}")
    wanted = FACTS[name]
    missing, unknown = [key for key in wanted if key not in values], [key for key in values if key not in wanted]  # fmt: skip
    if missing or unknown:
        said = [f"lacks {', '.join(missing)}"] * bool(missing) + [f"has no {', '.join(unknown)}"] * bool(unknown)  # fmt: skip
        raise ProjectError(f"the fact {name!r} {' and '.join(said)}; its entries are {', '.join(wanted)}")
    _store(name, {key: _plain(name, key, kind, values[key]) for key, kind in wanted.items()})


def standard(rules: Iterable[Mapping[str, Any]]) -> None:
    """State the learner's own team standard: rules that `holdout project check` tries on the measured facts.

    Parameters
    ----------
    rules : iterable of mapping
        Each with ``words`` (the rule as the team would say it), ``fact`` (a measured number, see
        `holdout.project.rules.MEASURED`), ``must_be`` (``">="``, ``"<="``, ``">"``, ``"<"`` or ``"=="``) and ``limit`` (a number,
        or the name of another measured number, which may have a factor: ``"2 * ece_of_perfect"``).

    Raises
    ------
    ProjectError
        If a rule cannot be read.
    """
    from holdout.project.rules import read_rule

    plain = [read_rule(rule, number) for number, rule in enumerate(rules, start=1)]
    _store("standard", {"rules": plain})


def predictions(row_ids: Iterable[Any], probability: ArrayLike) -> None:
    """Write the forecasts of the test rows to ``predictions.csv``, which `holdout project test` compares once.

    Parameters
    ----------
    row_ids : iterable of str
        The index of the test rows, each once.
    probability : array_like
        One for each row, between 0 and 1.

    Raises
    ------
    ProjectError
        If a row is missing or a probability is none.
    """
    project = find_project()
    rows, forecast = [str(row) for row in row_ids], np.asarray(probability, float)
    if forecast.shape != (len(rows),):
        raise ProjectError(f"give one probability for each row: {len(rows)} rows, shape {forecast.shape}")
    frame = pd.DataFrame({"probability": forecast}, index=pd.Index(rows, name="row_id"))
    check_predictions(frame["probability"], test_ids(project))
    frame.round(6).to_csv(project.folder / PREDICTIONS, lineterminator="\n")
    print(f"Forecasts of {len(frame):,} test rows written to {PREDICTIONS}.")


def test_ids(project: Project) -> list[str]:
    """The ids of the test rows."""
    return pd.read_csv(project.folder / "test.csv", usecols=["row_id"], dtype=str)["row_id"].tolist()


test_ids.__test__ = False  # type: ignore[attr-defined]  # pytest would take it for a test


def check_predictions(probability: pd.Series, wanted: list[str]) -> None:
    """Raise a ProjectError unless there is one probability for each test row."""
    if not probability.index.is_unique:
        twice = probability.index[probability.index.duplicated()][0]
        raise ProjectError(f"the row {twice} is forecast twice; give each test row once")
    absent, strange = set(wanted) - set(probability.index), set(probability.index) - set(wanted)
    if absent or strange:
        raise ProjectError(
            f"{len(absent)} of {len(wanted)} test rows have no forecast and {len(strange)} rows are no test rows; forecast every "
            "row of test.csv once"
        )
    values = probability.to_numpy(float)
    if not ((values >= 0) & (values <= 1)).all():
        raise ProjectError("every forecast must be a probability between 0 and 1")


def read_facts(folder: str | os.PathLike) -> dict[str, dict]:
    """The facts of a project, checked again: the file may have been edited. A broken one is left out.

    Returns
    -------
    dict of str to dict
        By name; ``"standard"`` holds ``rules``.
    """
    file = pathlib.Path(folder) / FILE
    try:
        if file.is_symlink() or file.stat().st_size > LARGEST:
            return {}
        found = json.loads(file.read_text(encoding="utf-8"))
        items = dict(found).items()
    except (OSError, ValueError, TypeError, RecursionError):
        return {}
    facts = {}
    for name, values in items:
        try:
            if name == "standard":
                from holdout.project.rules import read_rule

                facts[name] = {"rules": [read_rule(rule, n) for n, rule in enumerate(values["rules"], 1)]}
            elif name in FACTS and set(values) == set(FACTS[name]):
                facts[name] = {key: _plain(name, key, kind, values[key]) for key, kind in FACTS[name].items()}
        except (ProjectError, KeyError, TypeError, AttributeError):
            continue
    return facts


def numbers_fingerprint(facts: Mapping[str, Mapping]) -> str:
    """Fingerprint of what the facts state in numbers, rows and choices; sentences may be improved later."""
    stated = {
        name: {
            key: [round(float(one), 6) for one in value]
            if FACTS[name][key] == "numbers"
            else round(float(value), 6)
            if FACTS[name][key] == "number"
            else value
            for key, value in values.items()
            if FACTS[name][key] != "words"
        }
        for name, values in facts.items()
        if name in FACTS
    }
    return chained_log.fingerprint(stated)


def _store(name: str, values: dict) -> None:
    project = find_project()
    facts = read_facts(project.folder) | {name: values}
    file = project.folder / FILE
    try:
        temporary = file.with_suffix(".new")
        temporary.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        os.replace(temporary, file)
    except OSError as error:
        raise ProjectError(f"{file} cannot be written ({error.strerror or error})") from None
    print(f"Stated: {name}.")


def _plain(name: str, key: str, kind: str, value: Any) -> Any:
    """An entry as plain JSON; a ProjectError where it is not what it must be."""
    where = f"{key} of the fact {name!r}"
    if kind in ("row ids", "texts"):
        if isinstance(value, str):
            raise ProjectError(f"{where} is one text; give a list")
        items = [] if value is ... else list(value)
        if value is ... or any(item is ... for item in items):
            raise ProjectError(f"{where} is still to be written: three dots stand there")
        texts = [str(item) for item in items]
        if kind == "row ids" and len(set(texts)) != len(texts):
            raise ProjectError(f"{where} names a row twice")
        return texts
    if kind == "numbers":
        numbers = np.asarray(value, dtype=float).tolist() if not isinstance(value, str) else value
        if not isinstance(numbers, list) or not all(isinstance(one, float) and math.isfinite(one) for one in numbers):  # fmt: skip
            raise ProjectError(f"{where} must be a list of finite numbers")
        return numbers
    if kind == "number":
        if isinstance(value, str | bool) or not math.isfinite(float(value)):
            raise ProjectError(f"{where} must be a finite number, not {value!r}")
        return float(value)
    if value is ... or not isinstance(value, str) or not value.strip():
        raise ProjectError(f"{where} is still to be written: give a text, not {value!r}")
    choices = CHOICES.get((name, key))
    if choices and value not in choices:
        raise ProjectError(f"{where} is {value!r}; it is one of {', '.join(map(repr, choices))}")
    if kind == "words" and len(value.split()) < FEWEST_WORDS:
        raise ProjectError(f"{where} has {len(value.split())} words; write a sentence of at least six")
    return " ".join(value.split())
