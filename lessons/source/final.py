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
# # Final
#
# **What have you gained?** Twenty short cases that match those of the [placement](placement.ipynb) one by one: the same judgement,
# another case with other numbers. About 30 minutes, best after the last lesson of your path.
#
# As in the placement, press *I do not know* where you do not know; the first answer counts, and the reasons are shown when all are
# answered.

# %%
from holdout.record.placement.form import place

place("B")

# %% [markdown]
# ## How to read the gain
#
# Each item is compared with its twin in the placement: gained, lost, or the same. Twenty pairs are few, so the difference stands with its
# interval. The interval treats the items as a sample of what the course teaches, and it knows nothing about why an answer changed:
# in the placement you have also seen the reasons. It is for you, and decides no grade. `holdout progress` and your portfolio
# show it as well.
#
# Back to the [start page](index.ipynb).
