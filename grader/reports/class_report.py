"""The class report: one HTML page that needs nothing else, from the journal of the last grading. No names unless asked.

Nothing is graded or executed here. Whatever a learner could have chosen (names, sentences, misconceptions) is
escaped; the page has no script and forbids itself to load any.
"""

import base64
import html
import io
import pathlib

import numpy as np

from grader.authoring.exercise import load_exercise
from grader.authoring.notebooks import write_text
from grader.grading.resume_log import ResumeLog
from grader.grading.run import NEEDS_REVIEW, RESUME_LOG, Row
from grader.reports.item_analysis import analyse
from holdout import paths
from holdout.errors import CourseError

PAGE = (pathlib.Path(__file__).parent / "class_report.html").read_text(encoding="utf-8")


def rows_of(root, exercise):
    """The last row of every submission of an exercise that is still handed in, by student.

    Raises
    ------
    CourseError
        If nothing has been graded yet.
    """
    root = pathlib.Path(root)
    resume_log = ResumeLog(root / RESUME_LOG)
    rows = [
        Row.from_dict(row)
        for (name, student), row in sorted(resume_log.rows.items())
        if name == exercise and (root / "classroom" / "submitted" / student / name).is_dir()
    ]
    if not rows:
        raise CourseError(f"no submission of {exercise} has been graded yet; run `holdout grade` first")
    return rows


def report(root=None, exercise="01", *, names=False):
    """Write the report of a class.

    Parameters
    ----------
    root : path, optional
    exercise : str
        Name or number.
    names : bool
        Whether learners are named; numbers stand for them otherwise.

    Returns
    -------
    pathlib.Path
        ``classroom/reports/<exercise>.html``.

    Raises
    ------
    CourseError
        If nothing has been graded yet.
    """
    root = pathlib.Path(root or paths.find_root()).resolve()
    name = paths.solution_folder(exercise, root).name
    path = root / "classroom" / "reports" / f"{name}.html"
    questions = load_exercise(name, root).questions
    write_text(render(name, rows_of(root, name), questions, names=names), path)
    return path


def render(exercise, rows, questions=(), *, names=False):
    """The page as text.

    Parameters
    ----------
    exercise : str
    rows : list of Row
    questions : list of grader.authoring.question.Question
        For the objective of every question and why a wrong answer is tempting.
    names : bool
    """
    items = analyse(rows)
    earned = [sum(one["share"] * one["points"] for one in row.questions) for row in rows if row.questions]
    total = sum(item.points for item in items)
    about = {question.id: question for question in questions}
    levels = sorted({row.isolation for row in rows if row.isolation}) or ["nothing was executed"]
    review_reasons = [(number, row) for number, row in enumerate(rows, 1) if row.outcome == NEEDS_REVIEW]
    return PAGE.format(
        title=html.escape(f"Class report · {exercise}"),
        summary=_summary(rows, earned, total, review_reasons),
        isolation=html.escape(", ".join(levels)),
        distribution=_figure(_draw_distribution(earned, total), _say_distribution(earned, total))
        if earned
        else "",
        difficulty=_figure(_draw_difficulty(items), _say_difficulty(items)) if items else "",
        items="".join(_item_row(item, about.get(item.question)) for item in items),
        misconceptions="".join(_misconception_rows(item, about.get(item.question)) for item in items)
        or "<tr><td colspan='4'>No known misconception was met.</td></tr>",
        looks="".join(_look_row(number, row, names) for number, row in review_reasons)
        or "<tr><td colspan='3'>Nobody.</td></tr>",
        scores=_scores(rows, names),
    )


# ------------------------------------------------------------------------------------------------- text and tables


def _summary(rows, earned, total, review_reasons):
    if not earned:
        return f"{len(rows)} submissions, none of which could be executed."
    waiting = sum(row.needs_manual_grade for row in rows)
    middle = f"Median {np.median(earned):.1f} of {total:g} automatic points (from {min(earned):.1f} to {max(earned):.1f})."
    return html.escape(
        f"{len(rows)} submissions. {middle} {len(review_reasons)} need review; {waiting} have points that a person must still give."
    )


def _item_row(item, question):
    objective = f"<br><small>{html.escape(question.objective)}</small>" if question else ""
    d = "–" if item.discrimination is None else f"{item.discrimination:.2f}"
    return (
        f"<tr><th scope='row'>{html.escape(item.question)} · {html.escape(item.title)}{objective}</th>"
        f"<td>{item.points:g}</td><td>{item.difficulty:.0%}</td><td>{d}</td><td>{item.passed}</td>"
        f"<td>{item.answers - item.passed - item.blank}</td><td>{item.blank}</td></tr>"
    )


def _misconception_rows(item, question):
    why = {wrong.name: wrong.why for wrong in question.wrong_answers} if question else {}
    rows = [
        f"<tr><th scope='row'>{html.escape(item.question)}</th><td>{count} of {item.answers}</td>"
        f"<td>{html.escape(name)}</td><td>{html.escape(why.get(name, ''))}</td></tr>"
        for name, count in item.misconceptions
    ]
    if item.unexplained:
        rows.append(
            f"<tr><th scope='row'>{html.escape(item.question)}</th><td>{item.unexplained} of {item.answers}</td>"
            "<td>something that no known wrong answer does</td><td></td></tr>"
        )
    return "".join(rows)


def _who(number, row, names):
    return html.escape(row.student) if names else f"submission {number}"


def _look_row(number, row, names):
    return (
        f"<tr><th scope='row'>{_who(number, row, names)}</th><td>{row.score:g} of {row.max_score:g}</td>"
        f"<td>{html.escape(row.sentence) if names else html.escape(without_file_names(row.sentence))}</td></tr>"
    )


def without_file_names(sentence):
    """A sentence with an ellipsis in the place of what a learner has named: a file's name may be a person's."""
    parts = sentence.split("“")
    return parts[0] + "".join("“…”" + part.partition("”")[2] for part in parts[1:])


def _scores(rows, names):
    if not names:
        return ""
    body = "".join(
        f"<tr><th scope='row'>{html.escape(row.student)}</th><td>{row.score:g}</td><td>{row.max_score:g}</td>"
        f"<td>{row.penalty:g}</td><td>{html.escape(row.outcome)}</td></tr>"
        for row in rows
    )
    return (
        "<h2>Scores</h2><div class='wide'><table><thead><tr><th scope='col'>student</th><th scope='col'>score</th>"
        "<th scope='col'>of</th><th scope='col'>late penalty</th><th scope='col'>outcome</th></tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


# -------------------------------------------------------------------------------------------------------- figures


def _figure(figure, alt):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=144, metadata={"Software": None})
    picture = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f"<img src='data:image/png;base64,{picture}' alt='{html.escape(alt, quote=True)}'>"


def _new_figure(height):
    from matplotlib.figure import Figure

    from holdout.figures.style import use

    use()
    figure = Figure(figsize=(7.5, height), layout="constrained")
    return figure, figure.subplots()


def score_bins(earned, total):
    """Counts of learners by automatic points, in ten equal bins from 0 to all points.

    Returns
    -------
    counts, edges : arrays
    """
    return np.histogram(earned, bins=10, range=(0.0, max(total, 1e-9)))


def _draw_distribution(earned, total):
    from holdout.figures.style import COLORS

    figure, ax = _new_figure(2.8)
    counts, edges = score_bins(earned, total)
    ax.bar(edges[:-1], counts, width=np.diff(edges), align="edge", color=COLORS["accent"], edgecolor="white")
    ax.set(xlabel=f"automatic points (of {total:g})", ylabel="submissions")
    ax.yaxis.get_major_locator().set_params(integer=True)
    return figure


def _say_distribution(earned, total):
    counts, edges = score_bins(earned, total)
    parts = [
        f"{n} from {a:.1f} to {b:.1f}" for n, a, b in zip(counts, edges[:-1], edges[1:], strict=True) if n
    ]
    return f"Histogram of the automatic points of {len(earned)} submissions: " + ", ".join(parts) + "."


def _draw_difficulty(items):
    from holdout.figures.style import COLORS

    figure, ax = _new_figure(0.9 + 0.36 * len(items))
    places = np.arange(len(items))[::-1]
    ax.barh(places, [item.difficulty for item in items], color=COLORS["accent"], height=0.66)
    for place, item in zip(places, items, strict=True):
        ax.text(min(item.difficulty, 0.93) + 0.01, place, f"{item.difficulty:.0%}", va="center")
    ax.set(xlim=(0, 1), xlabel="mean share of the points")
    ax.set_yticks(places, [item.question for item in items])
    return figure


def _say_difficulty(items):
    return (
        "Mean share of the points by question: "
        + ", ".join(f"{i.question} {i.difficulty:.0%}" for i in items)
        + "."
    )
