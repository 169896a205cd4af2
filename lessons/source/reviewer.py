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
# # Reviewer's cases
#
# **Somebody shows you a result. What do you ask?** Seven cases for people who decide on the work of others and write no code,
# about 10 minutes. They take up traps and review questions of lessons 01, 02, 04, 05, 10 and 11, best after you have read these
# sections on the path *Reviewer or manager* of the [start page](index.ipynb).
#
# The first answer counts. The reasons are shown when all seven are answered; your answers stay on this machine and decide no grade.

# %%
from holdout.record.placement.form import place

place("R")
