"""The rows of a project as its notebook reads them: training rows with their target, test rows without."""

from __future__ import annotations

import os

import pandas as pd

from holdout.project.folder import Project, find_project
from holdout.project.tables import ROW, parse_times


def training_rows(folder: str | os.PathLike | None = None) -> pd.DataFrame:
    """The project's training rows with their target, indexed by `row_id`; times of the split are parsed."""
    return _rows(find_project(folder), "train.csv")


def test_rows(folder: str | os.PathLike | None = None) -> pd.DataFrame:
    """The project's test rows, indexed by `row_id`, without their target: the tool keeps it."""
    return _rows(find_project(folder), "test.csv")


test_rows.__test__ = False  # type: ignore[attr-defined]  # pytest would take it for a test


def _rows(project: Project, name: str) -> pd.DataFrame:
    project.refuse_changed(name)
    frame = pd.read_csv(project.folder / name, index_col=ROW, low_memory=False)
    column = project.split["column"] if project.split["kind"] == "time" else None
    return frame.assign(**{column: parse_times(frame[column], column)}) if column else frame
