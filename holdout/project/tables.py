"""A project's tables: read a learner's own CSV file with a sentence for whatever is wrong with it, and split off the test.

The file that is read is never changed. Not for choosing features or a validation split: that is the learner's work.
"""

from __future__ import annotations

import difflib
import os
import pathlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from holdout.project.errors import ProjectError

ROW = "row_id"
"""The column that names a row in the project's files."""
LARGEST_BYTES = 200_000_000
"""Of a CSV file: read as a table it takes several times as much memory."""
FEWEST_ROWS = 300
"""With a known target. A quarter is the test; an area under the curve from 75 rows has a 95% interval of about ±0.13."""
FEWEST_OF_A_CLASS = 40
FEWEST_OF_A_CLASS_IN_TEST = 8
FEWEST_GROUPS = 10
TEST_SHARE = 0.25
_YES = {"1", "1.0", "true", "yes", "y", "t"}
_NO = {"0", "0.0", "false", "no", "n", "f"}


class Table(NamedTuple):
    """A table that a project can be made from."""

    frame: pd.DataFrame
    """Without rows whose target is missing; the target is 0 or 1."""
    without_outcome: int
    positive: str
    """The value of the target that counts as 1."""


class Split(NamedTuple):
    """Which rows are the test, and why."""

    is_test: np.ndarray
    kind: str
    column: str | None
    border: str | None
    """The first moment of the test, if it was split by time."""


def read_table(
    file: str | os.PathLike,
    target: str | None,
    *,
    positive: str | None = None,
    time: str | None = None,
    group: str | None = None,
) -> Table:
    """Read a CSV file and look whether a project can be made from it.

    Parameters
    ----------
    file : path
    target : str
        The column to forecast; it has two values.
    positive : str, optional
        The value that counts as 1; needed where the values are not 0/1, true/false or yes/no.
    time, group : str, optional
        The column by which the test is split off; at most one of them. Times are written as ``2024-05-31`` or
        ``2024-05-31 14:30``.

    Returns
    -------
    Table

    Raises
    ------
    ProjectError
        One sentence that says what is wrong and what to do.
    """
    if not target:
        raise ProjectError(
            "a project needs a target, the column to forecast; name it with `--target COLUMN`. " + _has(file)
        )
    if time and group:
        raise ProjectError("the test is split by time or by group; give --time or --group, not both")
    frame = _read_csv(pathlib.Path(file))
    for option, name in (("--target", target), ("--time", time), ("--group", group)):
        if name is not None and name not in frame:
            near = difflib.get_close_matches(str(name), frame.columns, n=1)
            advice = f"did you mean {near[0]!r}?" if near else f"it has {_list(frame.columns)}"
            raise ProjectError(f"{file} has no column {name!r}, which {option} names; {advice}")
    if ROW in frame:
        raise ProjectError(f"{file} has a column {ROW!r}, which the project uses itself; rename yours")
    if target in (time, group):
        raise ProjectError(f"{target!r} is the target and cannot be the column to split by as well")
    known = frame[target].notna()
    outcome, positive = _as_zero_and_one(frame.loc[known, target], target, positive)
    frame = frame[known].assign(**{target: outcome})
    _refuse_small(len(frame), outcome, file, target)
    if time:
        frame = frame.assign(**{time: parse_times(frame[time], time)})
    if group:
        _refuse_groups(frame[group], group)
    return Table(frame.reset_index(drop=True), int((~known).sum()), positive)


def _has(file):
    try:
        with open(file, encoding="utf-8-sig", errors="replace") as stream:
            return f"{file} begins with the line: {stream.readline(300).strip()}"
    except OSError:
        return "Give the file with `--csv FILE`."


def _list(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(repr(str(name)) for name in list(names)[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def _read_csv(file: pathlib.Path) -> pd.DataFrame:
    try:
        size = file.stat().st_size
    except OSError:
        raise ProjectError(f"there is no file {file}; give the path of your CSV file") from None
    if not file.is_file():
        raise ProjectError(f"{file} is no file; give the path of your CSV file")
    if size > LARGEST_BYTES:
        many = f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
        raise ProjectError(
            f"{file.name} has {many}; a project takes at most {LARGEST_BYTES / 1e6:.0f} MB. Take a part of it that keeps whole "
            "groups or a whole period, such as `DataFrame.sample` over customers, and not the first rows of a sorted file"
        )
    if not size:
        raise ProjectError(f"{file.name} is empty")
    try:
        with open(file, encoding="utf-8-sig") as stream:
            first = stream.readline(100_000)
        separator = max(",;\t", key=first.count)
        # strings as they are written: pandas would otherwise guess types from the first rows of a large file
        frame = pd.read_csv(file, sep=separator, encoding="utf-8-sig", low_memory=False)
    except UnicodeDecodeError:
        raise ProjectError(f"{file.name} is not written in UTF-8; save it as CSV in UTF-8") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError, MemoryError) as error:
        raise ProjectError(
            f"{file.name} cannot be read as a table ({str(error).strip() or type(error).__name__}); it must be CSV with one "
            "line of column names"
        ) from None
    if frame.shape[1] < 2:
        raise ProjectError(
            f"{file.name} has a single column, {frame.columns[0]!r}; separate columns by commas, semicolons or tabs"
        )
    return frame


def _as_zero_and_one(values: pd.Series, target: str, positive: str | None) -> tuple[np.ndarray, str]:
    texts = values.astype(str).str.strip()
    found = sorted(texts.unique())
    if not found:
        raise ProjectError(f"the target {target!r} is empty in every row; name another column with --target")
    if len(found) == 1:
        raise ProjectError(
            f"the target {target!r} has one class only, {found[0]!r} in all {len(values):,} rows: there is nothing to tell "
            "apart. Take a period or a part in which both outcomes occur"
        )
    if len(found) > 2:
        raise ProjectError(
            f"the target {target!r} has {len(found)} different values ({_list(found, 4)}); make a column with two of them, "
            "such as whether a number is above a limit"
        )
    if positive is None:
        yes = [value for value in found if value.lower() in _YES]
        no = [value for value in found if value.lower() in _NO]
        if len(yes) != 1 or len(no) != 1:
            raise ProjectError(
                f"the target {target!r} is {found[0]!r} or {found[1]!r}; say which of them counts as 1: --positive {found[1]!r}"
            )
        positive = yes[0]
    elif positive not in found:
        raise ProjectError(
            f"--positive is {positive!r}, but the target {target!r} is {found[0]!r} or {found[1]!r}"
        )
    return (texts == positive).to_numpy().astype(int), positive


def _refuse_small(rows: int, outcome: np.ndarray, file, target: str) -> None:
    fewer = int(min(outcome.sum(), rows - outcome.sum()))
    if rows < FEWEST_ROWS:
        raise ProjectError(
            f"{file} has {rows} row{'s' * (rows != 1)} with a known {target!r}; at least {FEWEST_ROWS} are needed, because a "
            "quarter of them must still say something about the rest. Draw flights instead: `holdout project new --name NAME`"
        )
    if fewer < FEWEST_OF_A_CLASS:
        raise ProjectError(
            f"the rarer outcome of {target!r} occurs {fewer} times; at least {FEWEST_OF_A_CLASS} are needed to test anything. "
            "Take a longer period, or a more frequent outcome"
        )


def parse_times(values: pd.Series, column: str) -> pd.Series:
    """Times from their ISO form; times with a zone become UTC.

    Raises
    ------
    ProjectError
        If one does not parse; days and months are never guessed.
    """
    texts = values.astype(str).str.strip()
    numeric = pd.api.types.is_numeric_dtype(values)
    parsed = pd.to_datetime(
        texts.where(values.notna() & (not numeric)), format="ISO8601", errors="coerce", utc=True
    )
    bad = np.flatnonzero(parsed.isna())
    if len(bad):
        where = int(bad[0])
        shown = "nothing" if pd.isna(values.iloc[where]) else repr(texts.iloc[where])
        raise ProjectError(
            f"{len(bad):,} of {len(values):,} times in {column!r} do not parse; the first is {shown}, in row "
            f"{values.index[where] + 1} below the column names. Write times as 2024-05-31 or 2024-05-31 14:30 (day and month are "
            "not guessed), or leave out rows without one"
        )
    return parsed.dt.tz_localize(None).astype("datetime64[s]")


def _refuse_groups(values: pd.Series, column: str) -> None:
    if values.isna().any():
        raise ProjectError(
            f"{int(values.isna().sum())} rows have no {column!r}; give them one, or leave these rows out"
        )
    groups = values.nunique()
    if groups < FEWEST_GROUPS:
        raise ProjectError(
            f"{column!r} has {groups} groups; at least {FEWEST_GROUPS} are needed to keep some for the test"
        )
    if groups == len(values):
        raise ProjectError(
            f"every row has its own {column!r}, so it groups nothing; leave --group out, or name another column"
        )


def split_off_test(
    frame: pd.DataFrame,
    target: str,
    rng: np.random.Generator,
    *,
    time: str | None = None,
    group: str | None = None,
) -> Split:
    """Choose the test rows: about a quarter of the table.

    Parameters
    ----------
    frame : DataFrame
        The target is 0 or 1; a time column holds times.
    target : str
    rng : numpy.random.Generator
        Not used where the test is split by time.
    time, group : str, optional
        By time: the last days. By group: whole groups, drawn. With neither: rows, drawn from each class.

    Returns
    -------
    Split

    Raises
    ------
    ProjectError
        If the test or the rest would lack one of the outcomes.
    """
    if time:
        days = frame[time].dt.normalize()
        counts = days.value_counts().sort_index()
        until_day = counts[::-1].cumsum()
        border = until_day.index[until_day.to_numpy() >= TEST_SHARE * len(frame)][0]
        split = Split((days >= border).to_numpy(), "time", time, str(border.date()))
    elif group:
        names = rng.permutation(frame[group].astype(str).unique())
        sizes = frame[group].astype(str).value_counts()[names].cumsum().to_numpy()
        chosen = names[: int(np.searchsorted(sizes, TEST_SHARE * len(frame))) + 1]
        split = Split(frame[group].astype(str).isin(chosen).to_numpy(), "group", group, None)
    else:
        is_test = np.zeros(len(frame), bool)
        for value in (0, 1):
            rows = np.flatnonzero(frame[target] == value)
            is_test[rng.permutation(rows)[: round(TEST_SHARE * len(rows))]] = True
        split = Split(is_test, "random", None, None)
    for name, chosen in (("test", split.is_test), ("training", ~split.is_test)):
        outcomes = frame.loc[chosen, target]
        fewer = int(min(outcomes.sum(), len(outcomes) - outcomes.sum()))
        if fewer < FEWEST_OF_A_CLASS_IN_TEST:
            raise ProjectError(
                f"split by {split.kind}, the {name} rows hold the rarer outcome {fewer} times; at least "
                f"{FEWEST_OF_A_CLASS_IN_TEST} are needed. Take a longer table, or split in another way"
            )
    return split
