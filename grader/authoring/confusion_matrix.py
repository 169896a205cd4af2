"""The grader's own confusion matrix: kept question by question, shown in the README. The counts come from ``grader.authoring.verify``."""

import json
import pathlib
import re

from grader.authoring.notebooks import write_text
from grader.authoring.verify import counts_of, error_rate

BEGIN, END = "<!-- begin verify -->", "<!-- end verify -->"
KEPT = "solutions/verified.json"


def keep(rows, root, questions):
    """Enter what was proved into `KEPT`; the questions of other exercises keep what was proved of them before.

    Parameters
    ----------
    rows : list of dict
        As ``verify_exercise`` gives them.
    root : path
        The course.
    questions : iterable of str
        Ids of all questions that there are, in order. Others are dropped.

    Returns
    -------
    dict of str to dict
        ``counts_of`` each question, by id.
    """
    path = pathlib.Path(root) / KEPT
    counts = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    counts |= {row["question"]: counts_of(row) for row in rows}
    counts = {question: counts[question] for question in questions if question in counts}
    write_text(json.dumps(counts, ensure_ascii=False, indent=1) + "\n", path)
    return counts


def as_markdown(counts):
    """The confusion matrix as Markdown: in all with intervals, and per question.

    Parameters
    ----------
    counts : dict of str to dict
        As `keep` gives them.

    Returns
    -------
    str
    """

    def total(name):
        return sum(row[name] for row in counts.values())

    wrong, passed = total("wrong_decisions"), total("wrong_decisions_passed")
    right, failed = total("right_decisions"), total("right_decisions_failed")
    seeds = sorted({row["seeds"] for row in counts.values()})
    often = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    lines = [
        f"{len(counts)} questions, each graded on {often} sets of fresh hidden cases (`holdout verify --seeds {seeds[-1]} --write`):",
        "",
        "| what was handed in | graded as right | graded as wrong | error rate, 95 % interval |",
        "|---|---|---|---|",
        f"| {total('wrong')} wrong answers, {wrong:,} decisions | {passed:,} | {wrong - passed:,} | {_percent(passed, wrong)} |",
        f"| {total('right')} right alternatives, {right:,} decisions | {right - failed:,} | {failed:,} | {_percent(failed, right)} |",
        "",
        f"{total('own_messages')} of the {total('wrong')} wrong answers earn the message written for them. The intervals (Wilson) are about other "
        "draws of the hidden cases, not about answers that nobody has thought of.",
        "",
        "<details><summary>Question by question</summary>",
        "",
        "| question | points | seeds | wrong: passed / tried | own message | right: failed / tried |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {question} {row['title']} | {row['points']} | {row['seeds']} | {row['wrong_decisions_passed']} / {row['wrong_decisions']} | "
        f"{row['own_messages']} of {row['wrong']} | {row['right_decisions_failed']} / {row['right_decisions']} |"
        for question, row in counts.items()
    ]
    return "\n".join([*lines, "", "</details>"])


def _percent(mistakes, decisions):
    low, high = error_rate(mistakes, decisions)
    return f"{low:.3%} to {high:.3%}"


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
