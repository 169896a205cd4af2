"""The grader's own confusion matrix, as a table for the README. The counts come from ``grader.verify``."""

import pathlib
import re

from grader.notebooks import write_text

BEGIN, END = "<!-- begin verify -->", "<!-- end verify -->"


def as_markdown(rows, totals):
    """The proof as Markdown: per question, and in all with intervals.

    Parameters
    ----------
    rows, totals
        As ``verify_exercise`` and ``totals_of`` give them.

    Returns
    -------
    str
    """
    low, high = totals["wrong_passed_interval"]
    low_right, high_right = totals["right_failed_interval"]
    lines = [
        f"{totals['questions']} questions, each graded on {totals['seeds']} sets of fresh hidden cases (`holdout verify --seeds "
        f"{totals['seeds']} --write`):",
        "",
        "| what was handed in | graded as right | graded as wrong | error rate, 95 % interval |",
        "|---|---|---|---|",
        f"| {totals['wrong']} wrong answers × {totals['seeds']} seeds | {totals['wrong_decisions_passed']} | "
        f"{totals['wrong_decisions'] - totals['wrong_decisions_passed']} | {low:.2%} to {high:.2%} |",
        f"| {totals['right']} right alternatives × {totals['seeds']} seeds | "
        f"{totals['right_decisions'] - totals['right_decisions_failed']} | {totals['right_decisions_failed']} | "
        f"{low_right:.2%} to {high_right:.2%} |",
        "",
        f"{totals['own_messages']} of the {totals['wrong']} wrong answers earn the message written for them. The intervals (Wilson) are about other "
        "draws of the hidden cases, not about answers that nobody has thought of.",
        "",
        "<details><summary>Question by question</summary>",
        "",
        "| question | points | wrong: passed / tried | own message | right: failed / tried |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        wrong, right = row["wrong"], row["right"]
        passed = sum(row["seeds"] - answer["seeds_lost"] for answer in wrong)
        failed = sum(row["seeds"] - answer["seeds_full"] for answer in right)
        lines.append(
            f"| {row['question']} {row['title']} | {row['points']} | {passed} / {len(wrong) * row['seeds']} | "
            f"{sum(answer['own_message'] for answer in wrong)} of {len(wrong)} | {failed} / {len(right) * row['seeds']} |"
        )
    return "\n".join([*lines, "", "</details>"])


def write_into(path, text):
    """Replace what stands between the two markers of a page.

    Raises
    ------
    ValueError
        If the page has not both markers.
    """
    path = pathlib.Path(path)
    page = path.read_text(encoding="utf-8")
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise ValueError(f"{path.name} must hold {BEGIN} and {END} once each")
    write_text(
        re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n{text}\n{END}", page, flags=re.DOTALL),
        path,
    )
