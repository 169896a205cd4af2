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
# # Placement
#
# **Which parts of the course do you not need?** Twenty short cases, one or two for each lesson, about 30 minutes. Each describes
# something from work and asks for one judgement: a choice, a number, or a line of code to point at.
#
# - Press *I do not know* where you do not know. It costs nothing, and a guess may send you past a lesson that you need.
# - The first answer counts. Nothing is said about right or wrong before all twenty are answered; then you see each with its reason.
# - You can stop and go on another day: your answers stay on this machine, and decide no grade.
#
# Run the cell below (menu *Run → Run All Cells*).

# %%
from holdout.record.placement.form import place

place("A")

# %% [markdown]
# ## What the result can tell, and what it cannot
#
# One item is a small sample of a lesson. A core is recommended to be skipped only if all items of its lesson are right, and if so
# many of the twenty are right that guessing does not explain it. The result names the path that fits, and the
# [start page](index.ipynb) shows it as soon as you choose it there.
#
# At the end of the course [twenty parallel items](final.ipynb) show what you have gained.
