# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Holdout
#
# **Judgement about models: how to know whether a model that looks good will hold up, what to do when it
# will not, and how to prove it to somebody who doubts you.**
#
# You can read numpy, pandas and scikit-learn. You need no deep-learning background, no GPU, no network and
# no API key. Begin with the [placement](placement.ipynb) (30 minutes), or directly with **[lesson 01](01-two-numbers-and-a-chart.ipynb)**: a model scored 94%. Ship it?

# %% jupyter={"source_hidden": true}
from pathlib import Path

from IPython.display import Markdown, display

from holdout.register import read_course

course = read_course()
# A lesson is ready when its exercise is there too.
READY = {path.stem for path in Path().glob("*-*.ipynb") if Path("../exercises", path.stem).is_dir()}

left, right = 'style="text-align: left"', 'style="text-align: right"'
rows = []
for unit in course.units:
    heading = unit.heading
    rows.append(f'<tr><th colspan="5" scope="rowgroup" {left}><strong>{heading}</strong></th></tr>')
    for lesson in unit.lessons:
        title, exercise, minutes = lesson.title, "in&nbsp;preparation", f"{lesson.lesson_minutes}"
        if lesson.name in READY:
            title = f'<a href="{lesson.name}.ipynb">{lesson.title}</a>'
            page = f"../exercises/{lesson.name}/{lesson.name}.ipynb"
            exercise = f'<a href="{page}">exercise&nbsp;{lesson.number}</a>'
        if lesson.deeper_minutes:
            title += f' · <a href="deeper/{lesson.name}.ipynb">deeper</a>'
            minutes += f"&nbsp;+&nbsp;{lesson.deeper_minutes}"
        cells = f"<td>{lesson.number}</td><td>{title}</td><td><em>{lesson.question}</em></td>"
        rows.append(f"<tr>{cells}<td {right}>{minutes}</td><td>{exercise}</td></tr>")
head = "".join(
    f'<th scope="col" {right if title == "minutes" else left}>{title}</th>'
    for title in ("nr", "lesson", "the question", "minutes", "exercise")
)
total = sum(lesson.lesson_minutes or 0 for lesson in course.lessons)
deeper = sum(lesson.deeper_minutes or 0 for lesson in course.lessons)
usual = min(lesson.exercise_minutes for lesson in course.lessons if lesson.exercise_minutes)
longer = "".join(
    f", {least} to {most} for {lesson.number}"
    for lesson in course.lessons
    if lesson.exercise_minutes
    for least, most in [lesson.exercise_minutes]
    if (least, most) != usual
)
more = f" What goes deeper, if you like: {deeper / 60:.0f} hours more." if deeper > 60 else ""
Markdown(
    f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    f"<p>Lessons: {total / 60:.0f} hours. Exercises: {usual[0]} to {usual[1]} minutes each{longer}.{more}</p>"
)

# %% [markdown]
# ## Choose a path
#
# Nobody needs all of it. A path is a selection for one kind of work; its hours are computed from the minutes of its lessons
# and exercises. The [placement](placement.ipynb), twenty short cases, says which path fits and which cores you may skip.
# The path for reviewers needs no code; [seven cases](reviewer.ipynb) end it. Choose a path, and this page shows its steps, what is done, and how much is left. You can change it at any time.

# %% jupyter={"source_hidden": true}
from holdout.record.path_chooser import PathChooser

PathChooser()

# %% [markdown]
# Each exercise leaves something in your portfolio. Nearly all of it is drawn from your name: another name makes other numbers and figures.
# Keep your name before the first exercise. It stays on your machine until you send a page that shows it; without a name everything works, too.

# %% jupyter={"source_hidden": true}
from holdout.record.name_field import NameField

NameField()

# %% [markdown]
# ## Where you are

# %% jupyter={"source_hidden": true}
from holdout.record import progress, summary
from holdout.record.self_calibration import advice

yours = summary.summary()
begun = [row for row in yours["lessons"] if row["last_activity"]]
head = "".join(
    f'<th scope="col" {left if title == "lesson" else right}>{title}</th>'
    for title in ("lesson", "predictions", "checks passed", "minutes", "last worked on")
)
body = "".join(
    f'<tr><th scope="row" {left}>{row["name"]}</th><td {right}>{row["predictions"]}</td>'
    f"<td {right}>{row['checks_passed']} of {row['checks_total']}</td>"
    f"<td {right}>{row['minutes']}</td><td {right}>{row['last_activity'][:10]}</td></tr>"
    for row in begun
)
table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if begun else ""
Markdown(
    f"{table}<p><strong>Next:</strong> {yours['next']}</p>"
    f"<p>{advice(progress.prediction_records(progress.read()))}</p>"
)

# %% jupyter={"source_hidden": true}
from holdout.record.placement import results

placed = yours["placement"]
if placed:
    display(Markdown(results.describe(placed).replace("\n", "\n\n")))

# %% jupyter={"source_hidden": true}
from holdout.record.calibration_chart import describe_calibration, draw_calibration
from holdout.record.self_calibration import NEEDED_PER_BIN

earned = summary.badges()
answered = [entry for entry in progress.prediction_records(progress.read()) if entry["correct"] is not None]
if any(badge["finished"] for badge in earned):
    rows = "".join(
        f'<tr><th scope="row" {left}>{"★ " if badge["earned"] else ""}{badge["heading"]}</th>'
        f"<td {right}>{badge['finished']} of {badge['lessons']}</td>"
        f"<td {left}>{', '.join(badge['artefacts']) or 'none yet'}</td></tr>"
        for badge in earned
    )
    head = f'<th scope="col" {left}>unit</th><th scope="col" {right}>cores done</th><th scope="col" {left}>your artefacts</th>'
    display(Markdown(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"))
if len(answered) >= NEEDED_PER_BIN:
    display(draw_calibration(answered), metadata={"image/png": {"alt": describe_calibration(answered)}})
Markdown(
    f"A ★ marks a unit whose cores are all done. Your own calibration curve stands here from {NEEDED_PER_BIN} answered "
    f"predictions on, about as many as unit 1 asks; you have answered {len(answered)}."
)

# %% [markdown]
# Run this page again (menu *Run → Run All Cells*) and the table is up to date. The record is a file on your
# own machine and decides no grade.
#
# ## How the course works
#
# 1. **Open a lesson and run its cells in order** (Shift + Enter). Every lesson begins with a question that
#    somebody at work would ask.
# 2. **Predict first.** Before a result is shown you choose an answer and say how sure you are. This is
#    recorded on your own machine only. At the end of the course it becomes your own calibration curve: how
#    often were you right when you were 90% sure?
# 3. **Move the sliders.** Each figure asks you to find something. Read the cell above it: the code that
#    makes the number is on the page.
# 4. **Check the number against the literature.** Each lesson measures a published result and shows both.
# 5. **Do the exercise**, in its own notebook. `check("01.gap", generalization_gap)` says what your answer
#    does and what to look at next; `hint("01.gap")` gives one hint more at each call. Your grade comes from
#    fresh cases.
# 6. **Keep the artefact.** Each exercise leaves a figure, table or memo in your portfolio.
#
# ## Where help is
#
# | you want to | do |
# |---|---|
# | know what a word means here | the [glossary](glossary.ipynb) |
# | read the paper behind a number | the [references](references.ipynb), every work with the lessons that use it |
# | see at the end what you have gained | the [final](final.ipynb), twenty cases parallel to the placement |
# | get unstuck in an exercise | `hint("...")` with the number of the question, as often as you like |
# | start a lesson again from the beginning | menu *Kernel → Restart Kernel and Run All Cells* |
# | see what you have done, and how sure you were | above, or in a terminal of this Lab (*File → New → Terminal*): `holdout progress` |
# | take your record elsewhere, or delete it | in the terminal: `holdout progress --export FILE`, `holdout progress --delete` |
# | work on a project of your own, from the split to one test number | in the terminal: `holdout project new --name "Your Name"` draws flights for you, `--csv FILE --target COLUMN` takes your own data; then `my-project/project.ipynb` |
# | make one page of everything that you made | in the terminal: `holdout portfolio --name "Your Name"`; it writes `portfolio.html` into the course folder |
# | get a slider to move its picture again | the kernel is gone: *Kernel → Restart Kernel and Run All Cells* |
# | teach with the course, or grade it | the README at the top of the repository, "For instructors" |
