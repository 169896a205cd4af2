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
# # Glossary
#
# Each term is fixed once, in one plain sentence, and kept in all lessons. The number is the lesson where it
# is first used.

# %% jupyter={"source_hidden": true}
from IPython.display import Markdown

TERMS = {
    "accuracy": (1, "The share of rows on which a model's answer is right."),
    "bias": (1, "The distance of the average fit from the truth: what this kind of model cannot say."),
    "band": (1, "In a figure, two standard errors on either side of a mean, unless the text says otherwise."),
    "degree": (1, "The highest power in a polynomial: how often its curve may bend."),
    "error rate": (1, "The share of rows on which a model's answer is wrong: 1 minus the accuracy."),
    "excess": (
        1,
        "How far the validation error lies above the noise floor, as a share of the floor: at most 5 % is near, "
        "15 % or more is far.",
    ),
    "generalisation gap": (
        1,
        "How much better a model does on the rows that it was fitted on than on rows that it has not seen.",
    ),
    "learning curve": (1, "A chart of training and validation error against the number of training rows."),
    "mean squared error": (
        1,
        "The average of the squared differences between target and prediction; lower is better.",
    ),
    "noise floor": (
        1,
        "The error of the best possible model: what is left when everything that can be known is known.",
    ),
    "not enough evidence": (
        1,
        "The diagnosis that the scores vary too much, or that too little is known, to name another.",
    ),
    "optimism": (
        1,
        "The error on new targets at the same inputs minus the training error: how much that flatters.",
    ),
    "overfitted": (1, "Far above the noise floor because the fit follows the noise of its own rows."),
    "predicted risk": (
        1,
        "The probability of an event, such as a late parcel, that a model states for one row.",
    ),
    "repeat": (1, "The whole study done once more, on other rows or with another seed."),
    "ridge penalty": (1, "A price on large coefficients; it buys less variance and pays with bias."),
    "risk": (1, "The mean error of a model over endlessly many fresh rows."),
    "standard error": (1, "How much a mean would vary if the whole study were done again."),
    "stratified split": (1, "A split in which every part has the same share of each class."),
    "test set": (1, "Rows that are used once, at the end, to report on the model that was chosen."),
    "test error": (1, "The error on the test set."),
    "training error": (1, "The error on the rows that the model was fitted on."),
    "training set": (1, "The rows that a model is fitted on."),
    "underfitted": (1, "Far above the noise floor because the model cannot say what the rows show."),
    "validation curve": (1, "A chart of training and validation error against a setting of the model."),
    "validation error": (1, "The error on the validation set."),
    "validation set": (1, "Rows that take no part in the fit and are used to choose between models."),
    "variance": (1, "The scatter of single fits about their average: what the model makes up."),
    "well-fitted": (1, "As near to the noise floor as makes no difference to the decision."),
}

rows = [f"| **{term}** | {sentence} | {lesson:02d} |" for term, (lesson, sentence) in sorted(TERMS.items())]
Markdown("\n".join(["| term | what we mean | lesson |", "|---|---|---|", *rows]))
