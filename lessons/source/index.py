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
# no API key. Begin with **[lesson 01](01-two-numbers-and-a-chart.ipynb)**: a model scored 94 %. Ship it?

# %% jupyter={"source_hidden": true}
from pathlib import Path

from IPython.display import Markdown

UNITS = {
    "1 · Overfitting: diagnose before you remedy": [
        ("01-two-numbers-and-a-chart", "Two numbers and a chart", "It scored 94 %. Ship it?", 80),
        ("02-one-change-at-a-time", "One change at a time", "Which remedy, and was it the remedy?", 80),
        ("03-the-slice-that-matters", "The slice that matters", "Good on average. For whom not?", 90),
    ],
    "2 · Leakage: how was this split?": [
        ("04-how-was-this-split", "How was this split?", "Why is the score so good?", 60),
        ("05-a-test-set-is-spent-once", "A test set is spent once", "How often did you look?", 75),
    ],
    "3 · Adapt or not: fine-tuning against retrieval": [
        ("06-three-models-one-budget", "Three models, one budget", "Which one, for this money?", 60),
        ("07-knowledge-or-behaviour", "Knowledge or behaviour?", "Prompt, retrieve or fine-tune?", 70),
        ("08-what-fine-tuning-costs", "What fine-tuning costs", "What did it forget?", 85),
        (
            "09-quantize-then-look-at-the-tail",
            "Quantize, then look at the tail",
            "Smaller, and for whom worse?",
            75,
        ),
    ],
    "4 · Drift": [
        ("10-is-it-drift-or-tuesday", "Is it drift, or Tuesday?", "The alarm rang. So what?", 70),
        ("11-the-canary", "The canary", "Who notices first: we or the users?", 60),
    ],
    "5 · Model collapse": [
        ("12-a-model-that-eats-its-own-output", "A model that eats its own output", "What dies first?", 60),
        ("13-keeping-it-alive", "Keeping it alive", "How much real data is enough?", 65),
    ],
    "6 · Capstone": [
        ("14-ship-or-wait", "Ship or wait", "Everything at once, with money on it.", 60),
    ],
}


# A lesson is ready when its exercise is there too.
READY = {path.stem for path in Path().glob("[0-9][0-9]-*.ipynb") if Path("../exercises", path.stem).is_dir()}

left, right = 'style="text-align: left"', 'style="text-align: right"'
rows = []
for unit, lessons in UNITS.items():
    rows.append(f'<tr><th colspan="5" scope="rowgroup" {left}><strong>Unit {unit}</strong></th></tr>')
    for name, title, question, minutes in lessons:
        lesson, exercise = title, "in&nbsp;preparation"
        if name in READY:
            lesson = f'<a href="{name}.ipynb">{title}</a>'
            exercise = f'<a href="../exercises/{name}/{name}.ipynb">exercise&nbsp;{name[:2]}</a>'
        cells = f"<td>{name[:2]}</td><td>{lesson}</td><td><em>{question}</em></td>"
        rows.append(f"<tr>{cells}<td {right}>{minutes}</td><td>{exercise}</td></tr>")
head = "".join(
    f'<th scope="col" {right if title == "minutes" else left}>{title}</th>'
    for title in ("nr", "lesson", "the question", "minutes", "exercise")
)
total = sum(minutes for lessons in UNITS.values() for *_, minutes in lessons)
Markdown(
    f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    f"<p>Lessons: {total / 60:.0f} hours. Exercises: 60 to 90 minutes each.</p>"
)

# %% [markdown]
# ## Where you are

# %% jupyter={"source_hidden": true}
from holdout.record import progress
from holdout.record.self_calibration import advice

yours = progress.summary()
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
#    often were you right when you were 90 % sure?
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
# | get unstuck in an exercise | `hint("...")` with the number of the question, as often as you like |
# | start a lesson again from the beginning | menu *Kernel → Restart Kernel and Run All Cells* |
# | see what you have done, and how sure you were | above, or in a terminal of this Lab (*File → New → Terminal*): `holdout progress` |
# | take your record elsewhere, or delete it | in the terminal: `holdout progress --export FILE`, `holdout progress --delete` |
# | make one page of everything that you made | in the terminal: `holdout portfolio --name "Your Name"`; it writes `portfolio.html` into the course folder |
# | get a slider to move its picture again | the kernel is gone: *Kernel → Restart Kernel and Run All Cells* |
# | teach with the course, or grade it | the README at the top of the repository, "For instructors" |
