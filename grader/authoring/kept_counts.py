"""Counts of each question that a published table is made of, kept in a file beside the solutions."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Iterable, Mapping

from grader.authoring.notebooks import write_text


def keep_counts(
    path: str | os.PathLike, new: Mapping[str, dict], questions: Iterable[str]
) -> dict[str, dict]:
    """Enter counts into a file; other questions keep what was found for them before.

    Parameters
    ----------
    path : path
        Need not exist yet.
    new : Mapping of str to dict
        Counts by id of the question.
    questions : iterable of str
        Ids of all questions that there are, in order. Others are dropped.

    Returns
    -------
    dict of str to dict
        What the file holds now.
    """
    path = pathlib.Path(path)
    counts = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    counts |= dict(new)
    counts = {question: counts[question] for question in questions if question in counts}
    write_text(json.dumps(counts, ensure_ascii=False, indent=1) + "\n", path)
    return counts
