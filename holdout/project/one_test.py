"""The one test number: the labels are compared with the forecasts once, and the log says when, and of which forecasts.

A second request is refused, and written down too.
"""

from __future__ import annotations

import os
import pathlib

import pandas as pd

from holdout import chained_log
from holdout.project import seal
from holdout.project.errors import ProjectError
from holdout.project.facts import FACTS, check_predictions, numbers_fingerprint, read_facts, test_ids
from holdout.project.folder import PREDICTIONS, Project
from holdout.project.measures import auc_interval

LABELS = "test-labels.csv"
LARGEST = 50_000_000


def ask(project: Project, file: str | os.PathLike | None = None) -> dict:
    """Compare forecasts with the sealed labels, once; then hand the labels out.

    Parameters
    ----------
    project : Project
    file : path, optional
        Forecasts: ``row_id`` and ``probability``; ``predictions.csv`` of the project by default.

    Returns
    -------
    dict
        The line of the log: ``auc``, ``low``, ``high`` (95%), ``rows``, ``predictions`` and ``facts`` (fingerprints).

    Raises
    ------
    ProjectError
        If the labels were asked for before (the attempt is written down), or something is not ready: then they are not spent.
    """
    lines, problems = chained_log.read(project.folder)
    if problems:
        raise ProjectError(f"the log is not whole, so nothing is compared: {problems[0]}")
    path = pathlib.Path(file) if file is not None else project.folder / PREDICTIONS
    before = next((line for line in lines if line["event"] in ("asked", "opened")), None)
    if before is not None:
        entry = chained_log.append(project.folder, "refused", predictions=_fingerprint_of(path))
        seal.remember(project.folder, entry["hash"])
        said = f"It was {before['auc']:.3f}. " if before["event"] == "asked" else ""
        raise ProjectError(
            f"the test labels were asked for on {before['at'][:10]}. {said}A test set is spent once: what is chosen after seeing "
            "its number needs a new one. This request is refused and written down in the log"
        )
    if not seal.remembers(project.folder, chained_log.head(lines)):
        raise ProjectError(
            "the sealed labels do not belong to this log: lines of the log are missing, or the seal was exchanged. Nothing was "
            "compared; restore the folder from a copy"
        )
    if seal.content_fingerprint(project.folder) != lines[0].get("labels"):
        raise ProjectError("the sealed labels are not those that were sealed; nothing was compared")
    project.refuse_changed("test.csv")
    facts = read_facts(project.folder)
    missing = [name for name in FACTS if name not in facts]
    if missing:
        raise ProjectError(
            f"not yet: state {', '.join(missing)} first, in the notebook. The labels are asked for once, when everything else is "
            "decided; they were not touched"
        )
    probability = read_predictions(path, project)
    labels = seal.labels(project.folder)
    outcome = pd.Series(labels).reindex(probability.index)
    found = auc_interval(outcome, probability, test_groups(project, probability.index))
    entry = chained_log.append(
        project.folder,
        "asked",
        auc=round(found.value, 6),
        low=round(found.low, 6),
        high=round(found.high, 6),
        rows=len(probability),
        predictions=predictions_fingerprint(probability),
        facts=numbers_fingerprint(facts),
    )
    seal.remember(project.folder, entry["hash"])
    handed = outcome.rename(project.target).rename_axis("row_id")
    handed.to_csv(project.folder / LABELS)
    return entry


def open_labels(project: Project, reason: str) -> dict[str, int]:
    """The test labels without a test: written down, and then there is no test any more.

    Parameters
    ----------
    project : Project
    reason : str
        Is written down.
    """
    entry = chained_log.append(project.folder, "opened", reason=str(reason))
    seal.remember(project.folder, entry["hash"])
    return seal.labels(project.folder)


def read_predictions(path: pathlib.Path, project: Project) -> pd.Series:
    """Forecasts from a file, checked: one probability for each test row, in the order of ``test.csv``."""
    try:
        if path.stat().st_size > LARGEST:
            raise ProjectError(f"{path} is larger than {LARGEST:,} bytes; it needs two columns")
        frame = pd.read_csv(path, dtype={"row_id": str})
        if not {"row_id", "probability"} <= set(frame):
            raise ProjectError(f"{path} needs the columns row_id and probability; it has {', '.join(map(str, frame))}")  # fmt: skip
        probability = frame.set_index("row_id")["probability"].astype(float)
    except OSError:
        raise ProjectError(
            f"there is no file {path}; the notebook writes it with `project.predictions(...)`"
        ) from None
    except (ValueError, pd.errors.ParserError) as error:
        raise ProjectError(f"{path} cannot be read as forecasts: {error}") from None
    wanted = test_ids(project)
    check_predictions(probability, wanted)
    return probability.reindex(wanted)


def predictions_fingerprint(probability: pd.Series) -> str:
    """Fingerprint of forecasts, rounded to six decimals and in the order of their rows."""
    return chained_log.fingerprint([[str(row), round(float(value), 6)] for row, value in probability.items()])


def test_groups(project: Project, rows: pd.Index) -> pd.Series | None:
    """Which test rows are alike: those of one day or one group; None where the split was random."""
    from holdout.project.rows import test_rows

    return alike(project, test_rows(project.folder)).reindex(rows) if project.split["column"] else None


test_groups.__test__ = False  # type: ignore[attr-defined]  # pytest would take it for a test


def alike(project: Project, frame: pd.DataFrame) -> pd.Series:
    """For each row what makes it like others: its day, its group, or itself."""
    kind, column = project.split["kind"], project.split["column"]
    if kind == "time":
        return frame[column].dt.date.astype(str)
    return frame[column].astype(str) if kind == "group" else pd.Series(frame.index, frame.index)


def _fingerprint_of(path: pathlib.Path) -> str:
    try:
        return chained_log.fingerprint(path.read_bytes()) if path.stat().st_size <= LARGEST else ""
    except OSError:
        return ""
