"""The grader's own confusion matrix: kept question by question, shown in docs/verification.md, in two lines in README.md.

The counts come from :mod:`grader.authoring.verify`.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterable

from grader.authoring.kept_counts import keep_counts
from grader.authoring.pages import write_block
from grader.authoring.verify import counts_of, error_interval, problems_of
from holdout.errors import HoldoutError

KEPT = "solutions/verified.json"
BLOCK = "verify"
FEWEST_SEEDS = 20
"""Sets of hidden cases that every row of the published table rests on at least; `make proof` takes 100."""


class VerificationError(HoldoutError):
    """A result that may not be published; the message says why."""


def refuse_to_publish(rows: Iterable[dict]) -> None:
    """Refuse results that break a promise or rest on too few seeds.

    Parameters
    ----------
    rows : iterable of dict
        As ``verify_questions`` gives them.

    Raises
    ------
    VerificationError
    """
    failing = [row["question"] for row in rows if problems_of(row)]
    if failing:
        raise VerificationError(
            f"nothing was written, because these questions fail: {', '.join(failing)}; correct them first"
        )
    few = [row["question"] for row in rows if row["seeds"] < FEWEST_SEEDS]
    if few:
        raise VerificationError(
            f"nothing was written: every row of the table rests on at least {FEWEST_SEEDS} sets of hidden cases; "
            f"add --seeds {FEWEST_SEEDS} or more"
        )


def keep(rows: Iterable[dict], root: str | os.PathLike, questions: Iterable[str]) -> dict[str, dict]:
    """Enter results into `KEPT`; the questions of other exercises keep what was found for them before.

    Parameters
    ----------
    rows : iterable of dict
        As ``verify_questions`` gives them.
    root : path
        The course.
    questions : iterable of str
        Ids of all questions that there are, in order. Others are dropped.

    Returns
    -------
    dict of str to dict
        ``counts_of`` each question, by id.
    """
    return keep_counts(
        pathlib.Path(root) / KEPT, {row["question"]: counts_of(row) for row in rows}, questions
    )


def publish(counts: dict[str, dict], root: str | os.PathLike) -> None:
    """Write the full table into docs/verification.md and its two lines into README.md.

    Parameters
    ----------
    counts : dict of str to dict
        As `keep` gives them.
    root : path
        The course.

    Raises
    ------
    PageError
        If a page is missing or has not the two markers of the block; no page is changed then.
    """
    write_block(root, BLOCK, blocks(counts))


def blocks(counts: dict[str, dict]) -> dict[str, str]:
    """What stands in the block of each page.

    Parameters
    ----------
    counts : dict of str to dict
        As `keep` gives them.
    """
    return {"README.md": result_lines(counts), "docs/verification.md": as_markdown(counts)}


def result_lines(counts: dict[str, dict]) -> str:
    """The result in two lines of Markdown, for README.md.

    Parameters
    ----------
    counts : dict of str to dict
        As `keep` gives them.
    """
    wrong, passed, right, failed = _decisions(counts)
    return "\n".join(
        [
            f"- {_total(counts, 'wrong')} wrong answers to {len(counts)} questions, each graded on {_seeds(counts)} sets of fresh hidden cases: "
            f"{passed:,} of {wrong:,} graded as right (95% interval of the rate: {_percent(passed, wrong)}).",
            f"- {_total(counts, 'right')} different right answers, likewise: {failed:,} of {right:,} graded as wrong ({_percent(failed, right)}).",
        ]
    )


def as_markdown(counts: dict[str, dict]) -> str:
    """The confusion matrix as Markdown: in all with intervals, and per question.

    Parameters
    ----------
    counts : dict of str to dict
        As `keep` gives them.
    """
    wrong, passed, right, failed = _decisions(counts)
    most = max((row["seeds"] for row in counts.values()), default=0)
    lines = [
        f"{len(counts)} questions, each graded on {_seeds(counts)} sets of fresh hidden cases (`holdout verify --seeds {most} --write`):",
        "",
        "| what was handed in | graded as right | graded as wrong | error rate, 95% interval |",
        "|---|---|---|---|",
        f"| {_total(counts, 'wrong')} wrong answers, {wrong:,} decisions | {passed:,} | {wrong - passed:,} | {_percent(passed, wrong)} |",
        f"| {_total(counts, 'right')} right alternatives, {right:,} decisions | {right - failed:,} | {failed:,} | {_percent(failed, right)} |",
        "",
        f"{_total(counts, 'own_messages')} of the {_total(counts, 'wrong')} wrong answers earn the message written for them.",
        "",
        "| question | points | seeds | wrong: passed / tried | own message | right: failed / tried |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {question} {row['title']} | {row['points']} | {row['seeds']} | {row['wrong_decisions_passed']} / {row['wrong_decisions']} | "
        f"{row['own_messages']} of {row['wrong']} | {row['right_decisions_failed']} / {row['right_decisions']} |"
        for question, row in counts.items()
    ]
    return "\n".join(lines)


def _total(counts, name):
    return sum(row[name] for row in counts.values())


def _decisions(counts):
    names = ("wrong_decisions", "wrong_decisions_passed", "right_decisions", "right_decisions_failed")
    return [_total(counts, name) for name in names]


def _seeds(counts):
    seeds = sorted({row["seeds"] for row in counts.values()})
    return f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"


def _percent(mistakes, decisions):
    interval = error_interval(mistakes, decisions)
    return f"{interval[0]:.3%} to {interval[1]:.3%}" if interval else "no decisions"
