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
    "bias": (
        1,
        "The difference between the average fit and the truth, for whatever reason: the model or its penalty.",
    ),
    "band": (1, "In a figure, two standard errors on either side of a mean, unless the text says otherwise."),
    "baseline": (1, "What a rule without a model would score, such as always giving the commonest answer."),
    "degree": (1, "The highest power in a polynomial: how often its curve may bend."),
    "error rate": (1, "The share of rows on which a model's answer is wrong: 1 minus the accuracy."),
    "excess": (
        1,
        "How far the validation error lies above the noise floor, as a share of the floor: by convention at most 5% "
        "is near, 15% or more is far.",
    ),
    "generalization gap": (
        1,
        "Validation error minus training error: how much better a model does on the rows that it was fitted on.",
    ),
    "learning curve": (1, "A chart of training and validation error against the number of training rows."),
    "mean squared error": (
        1,
        "The average of the squared differences between target and prediction; lower is better.",
    ),
    "noise floor": (
        1,
        "The error of the best possible model on these columns. It can be estimated from repeated measurements.",
    ),
    "not enough evidence": (
        1,
        "The diagnosis that the scores vary too much, or that too little is known, to name another.",
    ),
    "optimism": (
        1,
        "The error on new targets at the same inputs minus the training error: how far that is too low.",
    ),
    "overfitted": (
        1,
        "Far above the noise floor, mostly because the fit follows the noise of its own rows: the gap is wide.",
    ),
    "predicted risk": (
        1,
        "The probability of an event, such as a late parcel, that a model states for one row.",
    ),
    "repeat": (1, "The whole study done once more, on other rows or with another seed."),
    "ridge penalty": (1, "A price on large coefficients: some bias in exchange for less variance."),
    "risk": (1, "The mean error of a model over an unlimited number of fresh rows."),
    "standard error": (1, "How much a mean would vary if the whole study were done again."),
    "stratified split": (1, "A split in which every part has the same share of each class."),
    "test set": (1, "Rows that are used once, at the end, to report on the model that was chosen."),
    "test error": (1, "The error on the test set."),
    "training error": (1, "The error on the rows that the model was fitted on."),
    "training set": (1, "The rows that a model is fitted on."),
    "underfitted": (
        1,
        "Far above the noise floor, mostly because the model cannot express what the rows show: its training error is high, too.",
    ),
    "validation curve": (1, "A chart of training and validation error against a setting of the model."),
    "validation error": (1, "The error on the validation set."),
    "validation set": (1, "Rows that take no part in the fit and are used to choose between models."),
    "variance": (1, "How much single fits vary around their average."),
    "ablation table": (
        2,
        "A table of what one change at a time does to the score, with the standard error of each effect.",
    ),
    "area under the ROC curve (AUC)": (
        4,
        "The probability that a positive row gets a higher score than a negative one; 0.5 is guessing, 1 is perfect.",
    ),
    "Brier score": (
        1,
        "The mean squared difference between a predicted risk and the outcome, which is 1 or 0; 0 is perfect.",
    ),
    "calibrated": (
        3,
        "Of the rows with a predicted risk of 30%, about 30% turn out positive, and so at every level.",
    ),
    "calibration set": (3, "Rows that correct predicted risks; neither fitted on nor judged on."),
    "contamination": (5, "Test questions that were in the training text, so that a score measures memory."),
    "double descent": (
        2,
        "A risk that rises to a peak where coefficients equal rows, then falls again; without enough regularisation.",
    ),
    "excess risk": (2, "The risk minus the noise floor: what a better model could still win."),
    "expected calibration error": (
        3,
        "The average distance between predicted and observed shares over bins of predicted risk, weighted by rows; above 0 even for a perfect model.",
    ),
    "fingerprint": (
        5,
        "A short code computed from the content of a data set or of weights, which changes when any value does.",
    ),
    "expected loss": (
        2,
        "What a decision loses on average, compared with knowing the true effect.",
    ),
    "interaction": (2, "Two changes that do more, or less, together than the sum of what each does alone."),
    "label noise": (
        2,
        "How much two measurements of the same row's target differ: an estimate of the noise floor.",
    ),
    "Ladder": (5, "A leaderboard that shows a new score only if it beats the one shown by more than a step."),
    "leak": (4, "Information in a study that will not be there when the model is used."),
    "model card": (3, "One page that says what a model is for, how it was judged, and where it fails."),
    "n-gram overlap": (5, "The share of a text's runs of n words that stand in another text."),
    "nested cross-validation": (
        5,
        "An inner split that chooses and an outer one that judges what was chosen.",
    ),
    "not shown": (
        2,
        "The verdict that an interval includes 0. It does not say that there is no effect.",
    ),
    "one-standard-error rule": (
        2,
        "Take the simplest setting whose mean error is within one standard error of the lowest.",
    ),
    "paired seeds": (
        2,
        "Every variant runs on the same seeds, so the luck that all variants share cancels in the difference.",
    ),
    "paraphrase gap": (
        5,
        "The score on questions as published minus the score on the same questions in other words.",
    ),
    "recall": (3, "Of the rows that are positive, the share that the model finds."),
    "reliability diagram": (
        3,
        "A chart of observed shares against predicted risks; a calibrated model lies on the diagonal.",
    ),
    "regret": (2, "What a decision costs beyond the best possible decision for the same case."),
    "residual correlation": (
        2,
        "How alike the residuals of neighbouring rows are: near 0 when no pattern is left, clearly positive when the model could not follow one.",
    ),
    "seed noise": (2, "How much a score varies when nothing changes but the seed."),
    "simultaneous intervals": (
        2,
        "Intervals so wide that, in the stated share of studies, all of them hold what they estimate.",
    ),
    "segment": (
        3,
        "A group of rows that somebody could be asked about, such as a region; also called a slice.",
    ),
    "Simpson's paradox": (
        3,
        "A total that points the other way than its parts, because the groups are mixed differently.",
    ),
    "temperature": (
        3,
        "One number that divides all logits: above 1 the confidence shrinks. The most probable class stays; a decision at another threshold may change.",
    ),
    "Wilson interval": (
        3,
        "All rates from which the observed share is at most z of their standard errors away; z is 1.96 for 95%.",
    ),
    "concept drift": (10, "The risk given the features changes while the features stay."),
    "covariate drift": (10, "The features change while the risk given the features stays."),
    "CUSUM": (
        10,
        "A running sum of how much worse than usual outcomes are, kept at 0 or above; Page's test.",
    ),
    "delay": (10, "The time from a change to the first alarm after it."),
    "effective number of rows": (
        10,
        "How many rows of equal weight a weighted sample is worth: the squared sum of weights over the sum of their squares.",
    ),
    "false alarm": (10, "An alarm when nothing has changed."),
    "importance weight": (10, "The density of new rows divided by that of training rows, at one row."),
    "label drift": (
        10,
        "The classes become more or less frequent while each looks as before; also called label shift.",
    ),
    "null": (10, "What a score does by chance alone, when nothing has changed."),
    "population stability index": (
        10,
        "PSI: how much the shares of fixed bins differ between reference and current window.",
    ),
    "score without labels": (
        10,
        "A score estimated from calibrated forecasts alone: the mean of p(1 − p) for the Brier score.",
    ),
    "shuffled days": (
        10,
        "Windows put together from days of the reference, each Monday from its Mondays, to see what a score does by chance.",
    ),
    "Thresholdout": (
        5,
        "A filter that answers from the training set while the holdout says nearly the same.",
    ),
    "twin": (4, "A copy of a test row among the training rows."),
    "twin set": (5, "Fresh questions of the same kind as a benchmark's, which nobody can have seen."),
    "winner's curse": (
        5,
        "The best of many scores is skill plus luck, so the winner scores less on average when measured again.",
    ),
    "abstention": (6, 'The answer "unknown", which is right where nothing supports another one.'),
    "bootstrap": (
        6,
        "Drawing the same number of rows again, with replacement, to see how much a score varies.",
    ),
    "evaluation harness": (6, "Frozen questions, a rule that says what is right, and a report by kind."),
    "exact match": (6, "The rule that an answer is right only if it is the expected one word for word."),
    "latency budget": (6, "The time within which a stated share of the answers, such as 95%, must come."),
    "mix": (6, "The shares of the kinds of questions in the real traffic; scores are weighed by it."),
    "paired comparison": (6, "Two models judged by the same questions, so that what both find hard cancels."),
    "pass@k": (
        6,
        "The chance that at least one of k drawn answers is right; of use only where something checks them.",
    ),
    "prompt": (6, "The whole text that a language model reads before it answers."),
    "recipe": (6, "What is put in front of a question: a format asked for, documents, answered examples."),
    "scorer": (
        6,
        "The rule that reads a value out of an answer and says whether it is right; it can be wrong itself.",
    ),
    "token limit": (6, "The most tokens that an answer may have; it ends the answer wherever it is."),
    "worked example": (6, "A question with its answer, put into the prompt to show the form that is wanted."),
    "sampling temperature": (
        6,
        "One number by which a model's logits are divided when words are drawn: more even (above 1) or more certain (below 1).",
    ),
    "token": (6, "A piece of text that a language model reads or writes at once; here mostly a whole word."),
    "work": (
        6,
        "The multiplications of one answer, each with its addition; unlike time, the same on every computer.",
    ),
    "decibel": (9, "Ten times the decimal logarithm of a ratio of mean squares; one bit more is worth 6.02."),
    "block": (9, "Weights side by side in a row, often 32, that share one step."),
    "error feedback": (
        9,
        "Rounding column by column, so that later columns make up for what the output would see.",
    ),
    "open": (9, "A slice whose interval lies on both sides of the allowed loss: more questions are needed."),
    "outlier": (9, "A weight so large that it sets the step for all others."),
    "quantize": (9, "To store each weight as a whole number of few bits and a common step."),
    "slice": (3, "Another word for a segment; from lesson 06 on, a group of questions instead of rows."),
    "step": (9, "The distance between two neighbouring levels of a quantizer."),
    "adapter": (
        8,
        "The low-rank change that LoRA trains beside frozen weights; it fits one base model only.",
    ),
    "catastrophic forgetting": (8, "Answers that were right and are wrong after tuning on something else."),
    "low-rank adaptation (LoRA)": (
        8,
        "Tuning the product of two thin matrices that is added to each frozen one.",
    ),
    "merge": (8, "Add an adapter into the weights, so that the served model costs nothing extra to run."),
    "regression suite": (
        8,
        "Frozen questions, in slices, about what must stay right, asked before and after a change.",
    ),
    "direct preference optimization (DPO)": (
        8,
        "Tuning on pairs of answers, so that the wanted one gains probability over the unwanted one.",
    ),
    "mixture of experts": (
        8,
        "Layers with several parallel blocks of which a router uses a few for each token.",
    ),
    "out of fold": (8, "Predicted by a model that was fitted without the row itself."),
    "part of the way": (
        8,
        "Weights between the shipped and the tuned ones: shipped + share × (tuned − shipped).",
    ),
    "serving plan": (
        8,
        "What is written down before a tuned model answers: weights, data, suite, limits, owner and roll back.",
    ),
    "unseen wording": (8, "A way to ask that no training example used."),
    "release gate": (8, "A rule, agreed beforehand, that decides from the suite whether a model may ship."),
    "accumulation": (12, "Training each generation on everything so far, the first real data included."),
    "fixed budget": (12, "Training on as many rows as the first time, drawn from everything so far."),
    "model collapse": (
        12,
        "Loss of part of a distribution, its tail first, in a loop of models trained on their own output.",
    ),
    "rarefaction": (12, "Comparing numbers of different things in two corpora at equal length."),
    "replacement": (12, "Training each generation on the newest output only."),
    "support": (12, "The things that a distribution can produce at all, however rarely."),
    "total variation": (
        12,
        "A distance between two distributions: the share that would have to change to make one the other.",
    ),
    "tail mass": (
        12,
        "The probability of all rare things together; it may stay while most of them are lost.",
    ),
    "breakdown point": (
        13,
        "The share of wrong texts up to which a verifier leaves a majority of right ones.",
    ),
    "gate": (
        13,
        "What decides which written texts may be trained on; a verifier is one that judges right and wrong.",
    ),
    "lineage": (13, "The chain of texts that a text was made from."),
    "provenance": (
        13,
        "Where a row comes from, as recorded: writer, day, source, parent; it may be unknown.",
    ),
    "reservoir": (13, "Real data, kept or newly collected, that give each training set its real share."),
    "real share": (13, "The part of a training set that people wrote."),
    "well-fitted": (1, "So near to the noise floor that the difference does not matter to the decision."),
    "BM25": (
        7,
        "A score for how well a text answers a query: rare words count more, repetition counts less and less, long texts are held back.",
    ),
    "churn": (11, "The share of questions that two models answer differently: lost plus gained."),
    "lost and gained": (
        11,
        "Questions that only the old model answers rightly, and questions that only the new one does.",
    ),
    "McNemar's test": (
        11,
        "A paired test that looks only at the questions that changed: lost minus gained, over the root of lost plus gained.",
    ),
    "power": (11, "The chance that a test sees a change of a given size."),
    "registry": (
        11,
        "A list of weights with fingerprint, parent, data, evaluation, owner and what to roll back to.",
    ),
    "repeated looks": (
        11,
        "Testing growing data again and again; each look adds to the chance of a false alarm.",
    ),
    "silent update": (11, "A change of the model in service that its users are not told about."),
    "chunk": (7, "A piece that a long document is cut into, so that search can find and show it."),
    "embedding": (7, "A list of numbers that stands for a text; texts of similar meaning have similar ones."),
    "fusion": (7, "Joining the rankings of several searches into one, here by the sum of 1 / (60 + rank)."),
    "forced choice": (7, "Asking which of several given answers a language model finds most probable."),
    "domain-adaptive tuning": (7, "Going on with training on plain text of a field."),
    "instruction tuning": (
        7,
        "Training on pairs of a request and its answer, so that requests are followed.",
    ),
    "training from scratch": (7, "Training all weights from random ones."),
    "closed-book": (7, "Answering from the weights alone, without passages in the prompt."),
    "change rate": (7, "How often a fact changes, as an expected number of changes per month."),
    "full fine-tuning": (7, "Training all weights of a finished model further, on examples of one task."),
    "ladder of remedies": (
        7,
        "The order in which remedies are tried, from cheap to expensive: prompt, retrieval, stronger model, fine-tuning, both.",
    ),
    "nDCG": (
        7,
        "How high a ranking places useful texts, compared with the best possible order of the same texts.",
    ),
    "near miss": (7, "A passage that shares words with the question and does not hold its answer."),
    "passage": (6, "A short text that a search puts into the prompt, to answer from."),
    "recall@k": (7, "The share of useful texts that are among the first k of a ranking."),
    "replay": (7, "Old examples mixed into fine-tuning, so that what they show is not forgotten."),
    "retrieval": (7, "Searching for passages that may hold the answer and putting them into the prompt."),
    "stale": (7, "Right once, and out of date now."),
    "canary": (
        11,
        "A small share of the traffic, or a frozen set of items, that meets a new model first, so that harm is seen early.",
    ),
    "expected cost": (14, "What a decision costs on average over everything that the evidence leaves open."),
    "held back": (
        14,
        "Drawn, whatever the model says, to be treated as if there were no model, so that it is known what happens without it.",
    ),
    "release": (14, "Bringing a model into use, in place of the one that runs now."),
    "roll back": (11, "Returning to the model before, which is kept loaded and has a name."),
    "judge": (
        "e1",
        "Whatever says right or wrong of a model's answers in a person's place: a rule, a scorer or a model.",
    ),
    "TPR, TNR": (
        "e1",
        "Of the answers that are right, the share that a judge passes; of those that are wrong, the share that it fails.",
    ),
    "kappa": ("e1", "Agreement beyond chance, as a share of what is possible beyond chance."),
    "corrected rate": (
        "e1",
        "The share of right answers behind the share that a judge passes, worked out from its TPR and TNR.",
    ),
    "open coding": (
        "e1",
        "Reading answers and writing down in one's own words what went wrong first, before any list of kinds is made.",
    ),
    "position bias": ("e1", "A judge's preference for an answer because of the place in which it is shown."),
    "taxonomy": (
        "e1",
        "The few kinds into which observed failures are grouped, so that they can be counted.",
    ),
    "team standard": (
        14,
        "The rules that every release must meet, written so that a machine can check them; what was not measured was not met.",
    ),
}

rows = [
    f"| **{term}** | {sentence} | {lesson if isinstance(lesson, str) else f'{lesson:02d}'} |"
    for term, (lesson, sentence) in sorted(TERMS.items(), key=lambda item: item[0].lower())
]
Markdown("\n".join(["| term | what we mean | lesson |", "|---|---|---|", *rows]))
