"""What became of the mutants of each question: kept question by question, shown in docs/verification.md.

The counts come from :mod:`grader.authoring.mutate`. Unlike the confusion matrix, the table also shows what is not as it
should be: a mutant that survives is a count in its last column.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterable

from grader.authoring.kept_counts import keep_counts
from grader.authoring.mutate import Row
from grader.authoring.pages import write_block
from holdout.errors import HoldoutError

KEPT = "solutions/mutated.json"
PAGE = "docs/verification.md"
BLOCK = "mutate"
COLUMNS = ("mutants", "visible", "hidden", "as_good", "on_limit", "equivalent", "survive")


class IncompleteMutation(HoldoutError):
    """A result that may not be published; the message says why."""


def counts_of(row: Row) -> dict:
    """A question's row without its single mutants."""
    return {
        "title": row.title,
        "source": row.source,
        "seeds": row.seeds,
        **{name: getattr(row, name) for name in COLUMNS[:-1]},
        "survive": len(row.survivors),
    }


def in_words(row: Row) -> str:
    """One line about a question, and one for each mutant that survives or each declaration that is stale."""
    lines = [f"{'✘' if row.survivors or row.stale else '✔'} {row.question}: {_counted(counts_of(row))}"]
    for one in row.survivors:
        refused = "; the visible check refuses it" if one["visible"] else ""
        lines.append(
            f"    {one['answer']}, {one['operator']}: {one['mutant']} "
            f"(loses points on {one['seeds_lost']} of {one['seeds']} sets{refused})"
        )
    lines += [f"    declared as equivalent, but it is gone or loses points: {stale}" for stale in row.stale]
    return "\n".join(lines)


def totals(counts: Iterable[dict]) -> str:
    """All questions together in one line."""
    counts = list(counts)
    return f"{len(counts)} questions: " + _counted(
        {name: sum(row[name] for row in counts) for name in COLUMNS}
    )


def _counted(row: dict) -> str:
    return (
        f"{row['mutants']:,} mutants, {row['visible']:,} refused by the visible check; {row['hidden']:,} lose points on every set "
        f"of hidden cases, {row['as_good']:,} as good as a right answer, {row['on_limit']:,} on the limit, "
        f"{row['equivalent']:,} equivalent, {row['survive']:,} survive"
    )


def keep(rows: Iterable[Row], root: str | os.PathLike, questions: Iterable[str]) -> dict[str, dict]:
    """Enter results into `KEPT`; other questions keep what was found for them before.

    Parameters
    ----------
    rows : iterable of Row
    root : path
        The course.
    questions : iterable of str
        Ids of all questions that there are, in order. Others are dropped.

    Returns
    -------
    dict of str to dict
        `counts_of` each question, by id.
    """
    return keep_counts(pathlib.Path(root) / KEPT, {row.question: counts_of(row) for row in rows}, questions)


def publish(counts: dict[str, dict], root: str | os.PathLike) -> None:
    """Write the table into docs/verification.md.

    Parameters
    ----------
    counts : dict of str to dict
        As `keep` gives them.
    root : path
        The course.

    Raises
    ------
    PageError
        If the page is missing or has not the two markers of the block.
    """
    write_block(root, BLOCK, blocks(counts))


def blocks(counts: dict[str, dict]) -> dict[str, str]:
    """What stands in the block of each page.

    Parameters
    ----------
    counts : dict of str to dict
        As `keep` gives them.
    """
    return {PAGE: as_markdown(counts)}


def as_markdown(counts: dict[str, dict]) -> str:
    """The table as Markdown.

    Parameters
    ----------
    counts : dict of str to dict
        As `keep` gives them.
    """
    with_mutants = {question: row for question, row in counts.items() if row["mutants"]}
    without = [question for question in counts if question not in with_mutants]
    seeds = sorted({row["seeds"] for row in with_mutants.values()})
    lines = [
        f"{totals(with_mutants.values())}. Sets of hidden cases a question: {' or '.join(map(str, seeds))} (`holdout mutate --write`).",
        "",
        "| question | sets | mutants | refused by the visible check | lose points on every set | as good as a right answer | on the limit | declared equivalent | survive |",
        "|---|---|---|---|---|---|---|---|---|",
        *(
            f"| {question} {row['title']} | {row['seeds']} | "
            + " | ".join(str(row[name]) for name in COLUMNS)
            + " |"
            for question, row in with_mutants.items()
        ),
    ]
    if without:
        lines += ["", f"Answered by a letter or a sentence, so without mutants: {', '.join(without)}."]
    return "\n".join(lines)
