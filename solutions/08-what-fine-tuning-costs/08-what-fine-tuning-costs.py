# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercise 08 · What fine-tuning costs
#
# A model was tuned, and its new answers are all right. In the next hour you write what decides whether it may go live: the arithmetic of LoRA, a regression suite, a paraphrase gap, a release gate and a stop rule.
#
# **Time:** 60 to 90 minutes for the core. **Before:** lesson 08. **After:** you can run a fine-tuning experiment that catches its own damage.
#
# How it works:
#
# - Each question has one cell to write in and one cell below it that checks. The check looks at *visible* cases and tells you one thing at a time. Run it as often as you like.
# - Stuck? Run `hint("08.count")` in a cell of your own (with the name of your question). Each call gives one hint more.
# - Your grade comes from *other* cases, made anew: a function that only knows the visible ones gets nothing.
# - Where decisions are scored by what they cost, only the cost counts: a rule that leaves out something that the text says is right as well, if its decisions cost hardly more.

# %% tags=["setup"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import display

from holdout import check, hint
from holdout.figures import style
from holdout.topics.fine_tuning.cases import release_cases, stop_cases
from holdout.topics.fine_tuning.probes import run_stop_rule

style.use()

# %% [markdown]
# ## What LoRA trains
#
# Write `lora_weights(shapes, layers, rank)`: how many weights an adapter of this rank trains. `shapes` lists the adapted matrices of one layer as pairs (d_out, d_in); they need not be square, and a shape may occur several times. Every layer has the same matrices, and each matrix W gets a B of shape (d_out, rank) and an A of shape (rank, d_in), whatever the rank: it may lie above the smaller side of W. W itself is not trained.


# %% question="08.count"
def lora_weights(shapes, layers, rank):
    """Number of trained weights."""
    ### BEGIN SOLUTION
    return layers * sum(rank * (d_out + d_in) for d_out, d_in in shapes)
    ### END SOLUTION


# %% [markdown]
# ## Merge
#
# Write `merge(W0, A, B, alpha)`: the one matrix to be served instead of W0 and its adapter. The change is α / r times the product of B (d_out, r) and A (r, d_in); find r from the shapes. Do not change `W0` in place.


# %% question="08.merge"
def merge(W0, A, B, alpha):
    """W0 + alpha / r times B A."""
    ### BEGIN SOLUTION
    W0, A, B = (np.asarray(matrix, float) for matrix in (W0, A, B))
    return W0 + alpha / A.shape[0] * B @ A
    ### END SOLUTION


# %% [markdown]
# ## What a rank leaves out
#
# Write `left_out(change, rank)`: the **share** of the squared change (the sum of squares of all its entries) that no matrix of this rank can hold, however well it is trained. By Eckart and Young that is the sum of the squared singular values after the first `rank`, over the sum of all of them. `rank` may be 0, or larger than the matrix has rows or columns (then nothing is left out); `change` is not all zero.


# %% question="08.left_out"
def left_out(change, rank):
    """Share of the squared change left out by the best matrix of this rank."""
    ### BEGIN SOLUTION
    squares = np.linalg.svd(np.asarray(change, float), compute_uv=False) ** 2
    return squares[rank:].sum() / squares.sum()
    ### END SOLUTION


# %% [markdown]
# ## A regression suite
#
# Write `regressions(before, after, slices)`. `before` and `after` hold 1 or 0 for each question of a frozen suite, right or wrong, the same questions in the same order; `slices` holds the name of each question's slice. Return a dict from slice to a pair of **counts**: (broken, repaired). *Broken* was right and is wrong now, *repaired* was wrong and is right now. Every
# slice is in the dict, also where nothing changed.


# %% question="08.regressions"
def regressions(before, after, slices):
    """Slice to (broken, repaired)."""
    ### BEGIN SOLUTION
    result = {}
    for was, now, name in zip(before, after, slices, strict=True):
        broken, repaired = result.get(name, (0, 0))
        result[name] = (broken + int(was and not now), repaired + int(now and not was))
    return result
    ### END SOLUTION


# %% [markdown]
# ## The paraphrase gap
#
# Each *fact* was asked once as in training and several times in other words. `original` holds 1 or 0 for each fact (there are two or more); `reworded` is a list of lists, one list of 1 and 0 for each fact, of different lengths (never empty). Write `paraphrase_gap(original, reworded)` that returns two numbers:
#
# 1. the gap: the mean over **facts** of (original minus the mean of the fact's reworded answers). Every fact weighs the same, however many rewordings it has;
# 2. its standard error: the standard deviation of these differences (`ddof=1`) over the root of the number of facts.


# %% question="08.paraphrase"
def paraphrase_gap(original, reworded):
    """Mean gap over facts, and its standard error."""
    ### BEGIN SOLUTION
    gaps = np.asarray(original, float) - np.array([np.mean(answers) for answers in reworded])
    return gaps.mean(), gaps.std(ddof=1) / np.sqrt(len(gaps))
    ### END SOLUTION


# %% [markdown]
# ## The release gate
#
# A tuned model has learnt its job. `case` is a dict from each slice of the regression suite to `{"before": [...], "after": [...]}`: 1 or 0, the same questions before and after: 8 of them in one slice of three, else all (27 to 60). The answers of each slice are real, from recorded runs with all weights, with LoRA, with replay, and part of the way; in more than half of the slices the model before was tuned as well, and 8% of the answers or more are repaired while others break. Slices of different runs are put together, so the worst slice is not always the same one. In thousand euros:
#
# | decision | cost |
# |---|---|
# | `"ship"` | 1 for each percentage point that the **worst slice truly** loses (0 if none does) |
# | `"block"` | 12: the new answers come a month later |
# | `"ask more"` questions, then decide rightly | 1.5, plus the cheaper of the two |
#
# *Truly*: right answers before minus after, on all recorded questions of the slice. You see some of them, or all; then the loss is known exactly. In half of the cases no slice truly loses 6 points (in half of these each loses 2 or more); in the other half one slice loses 25 to 45, and no other loses 4. Write `gate(case)`. `cases, costs = release_cases(rng, n)` makes such cases for you, with what each decision costs. You are scored by what your decisions cost beyond the best possible ones, for who knows the truth, divided by the same for
# the best fixed answer: full marks up to 0.58, half up to 0.64. Your function gets 10 s for 1,600 cases.


# %% question="08.gate"
def gate(case):
    """One of "ship", "block", "ask more"."""
    ### BEGIN SOLUTION
    worst, error = -1.0, 0.0
    for answers in case.values():
        lost = np.subtract(answers["before"], answers["after"])
        if lost.mean() > worst:
            worst, error = lost.mean(), lost.std(ddof=1) / np.sqrt(len(lost))
    # shipping and blocking cost the same at 12 points; within a standard error of it, asking more is worth its price
    if abs(worst - 0.12) < error:
        return "ask more"
    return "ship" if worst < 0.12 else "block"
    ### END SOLUTION


# %% [markdown]
# ## When to stop
#
# Training shows you a snapshot from time to time. `case["new"]` and `case["kept"]` are lists with the share of new facts learnt and of old facts still right at snapshot 0 (before training), 1, 2, ... up to **now**, each measured on `case["n"]` questions of its kind. Stopping now loses, in euros:
#
# - `case["worth_new"]` for each percentage point of new facts not yet learnt,
# - `case["worth_kept"]` for each percentage point of old facts forgotten since snapshot 0, where all are right,
# - 0.3 for each snapshot that was trained.
#
# Write `stop(case)`: True to stop now, False to train on. It is first asked at snapshot 1, and training ends at snapshot 12 anyway. There is no way back to an earlier snapshot. Early on, new facts come fast and then ever more slowly; old ones go slowly and for longer. `cases, costs = stop_cases(rng, n)` makes whole
# curves with their costs (`costs[i]["4"]`: stopped at snapshot 4), and `run_stop_rule(stop, cases)` shows them to your rule step by step. Scored as in question <08.gate>, on the *true* shares: full marks up to 0.22 (the best fixed answer is a fixed snapshot), half up to 0.4. Your function gets 10 s for 800 runs.


# %% question="08.stop"
def stop(case):
    """True to stop at the present snapshot."""
    ### BEGIN SOLUTION
    steps = len(case["new"]) - 1
    missing = max(1 - case["new"][-1], 0.5 / case["n"])
    # what is missing shrinks by the same factor each time; what is lost so far, a step, goes on a little slower
    next_gain = missing * (1 - missing ** (1 / steps))
    next_loss = 0.85 * (1 - case["kept"][-1]) / steps
    return 100 * case["worth_new"] * next_gain < 100 * case["worth_kept"] * next_loss + 0.3
    ### END SOLUTION


# %% [markdown]
# ## Say it out loud
#
# A colleague: "LoRA, rank 4, learning rate 0.0003: it kept 88% of the old facts, full fine-tuning only 65%. LoRA forgets less." The LoRA run learnt 10% of the new values, the full one 88%. Which sentence would you say?
#
# - **a** "It forgot less because it trains only 6% of the weights: what is not trained cannot change. I would use LoRA wherever old facts count."
# - **b** "It forgot less by accident: in lesson 08 LoRA forgot more than full fine-tuning, so it always does. I would not use LoRA for new facts."
# - **c** "It forgot less because it learnt less. I would compare runs that learnt the same share, each method at its own best learning rate."
# - **d** "It forgot less in a single run, and a single run shows nothing. I would repeat both runs on ten seeds and then compare 88% with 65%."


# %% question="08.say_it"
say_it = ...  # "a", "b", "c" or "d"
### BEGIN SOLUTION
say_it = "c"
### END SOLUTION

# %% [markdown]
# ## Your artefact: a fine-tuning experiment with its failures and decisions
#
# The cell below trains four candidates for the same job (about 15 seconds), runs *your* suite and *your* gate on each, and keeps figure, table and decisions for your portfolio, with one broken answer per slice. Its replay holds no fact that the suite asks. M has 135,936 weights, of which LoRA of rank 4 trains 8,704.

# %%
from holdout import keep, learner_rng
from holdout.lm import load, one_thread, open_book
from holdout.lm.adapt import fine_tune
from holdout.lm.evaluation import evaluate
from holdout.topics.fine_tuning.experiments import REGRESSIONS, TrainingItems

one_thread()
model = load("M")
training_items = TrainingItems(open_book(), learner_rng(88))
settings = {
    "all weights, 0.001": {},
    "LoRA rank 4, 0.005": {"rank": 4, "learning_rate": 5e-3},
    "with replay of facts": {"steps": 300, "replay": training_items.old_facts()},
    "with replay of everything": {"steps": 300, "replay": training_items.everything()},
}
shipped = evaluate(model, training_items.questions)
slices = [item.slice for item in training_items.questions.items]
trail, failures = [], []
try:
    for name, setting in settings.items():
        run = fine_tune(model, training_items.changed_facts(), np.random.default_rng(9), **setting)
        report = evaluate(run.model, training_items.questions)
        counts = regressions(shipped.correct.astype(int), report.correct.astype(int), slices)
        suite = {
            each: {
                "before": shipped.correct[np.array(slices) == each].astype(int).tolist(),
                "after": report.correct[np.array(slices) == each].astype(int).tolist(),
            }
            for each in REGRESSIONS
        }
        row = {"candidate": name, "new values": report.accuracy("changed, new value")}
        row |= {f"broken: {each}": counts[each][0] for each in REGRESSIONS}
        trail.append(row | {"decision": gate(suite)})
        broken = np.flatnonzero(shipped.correct.astype(bool) & ~report.correct.astype(bool))
        broken = [next(i for i in broken if slices[i] == each) for each in REGRESSIONS if counts[each][0]]
        failures += [
            {
                "candidate": name,
                "slice": slices[i],
                "prompt": training_items.questions.items[i].prompt[-60:],
                "before": shipped.answers[i],
                "after": report.answers[i],
            }
            for i in broken
        ]
    trail = pd.DataFrame(trail).set_index("candidate")
except NotImplementedError:
    trail = None
    print("This needs your regressions (question <08.regressions>) and your gate (question <08.gate>).")
if trail is not None:
    figure, ax = plt.subplots(figsize=(7.5, 3.8))
    table = trail[[f"broken: {each}" for each in REGRESSIONS]]
    left = np.zeros(len(table))
    hatches = ["", "//", "..", "xx", "\\\\"]
    for hatch, (name, column) in zip(hatches, table.items(), strict=True):
        ax.barh(table.index, column, left=left, hatch=hatch, edgecolor="white", label=name[8:])
        left += column.to_numpy()
    for place, (decision, total) in enumerate(zip(trail["decision"], left, strict=True)):
        ax.text(total + 2, place, decision, va="center", fontweight="bold")
    ax.invert_yaxis()
    ax.set(xlabel="questions of the suite that broke", xlim=(0, left.max() * 1.2))
    ax.legend(loc="upper center", bbox_to_anchor=(0.4, -0.2), ncols=3)
    keep(
        "08",
        "fine-tuning experiment",
        figure=figure,
        table=trail.round(3),
        text="One broken answer for each slice and candidate:\n"
        + "\n".join(
            f"{each['candidate']}, {each['slice']}: {each['before']} became {each['after']}"
            for each in failures
        ),
        numbers={
            "candidates trained": len(trail),
            "candidates that my release gate ships": int((trail["decision"] == "ship").sum()),
        },
    )
    display(pd.DataFrame(failures))

# %% [markdown]
# ## Memo (graded by a person)
#
# The product owner: *"All new answers are right, and we used LoRA, so nothing else can be broken. Why is it not live?"* Write the decision memo, at most 200 words, decision first. Every number is from *your* table, with the number of questions behind it (60 per slice, 56 of "unseen wording" and "changed, new value", 27 of "as call").
#
# How it will be read, **one point each**:
#
# 1. *Gain and damage.* New values learnt, and the worst slice of the LoRA candidate by name, broken questions out of how many. No point for an average over slices.
# 2. *The wrong inference.* Why few trained weights do not mean few changed answers, with a number that shows it: LoRA beside all weights in your table. No point for "LoRA is worse" as a law.
# 3. *The decision.* One candidate or none; what it still loses, against the 12 points of your gate; and one thing to try next that aims at exactly that slice.
# 4. *The serving plan.* Which slices are watched, the loss in numbers at which you roll back, who does it within what time, and what stays loaded for that.

# %% [markdown] memo="08.memo" points=4
# ### BEGIN SOLUTION
# **None of the four goes live today; one more tuning run first.**
# The LoRA candidate gives all 56 new values. It broke all 27 forms "as call", 53 of 60 questions that must be read from passages, 45 of 60 where it used to say "unknown", and 35 of 60 facts that did not change.
# It trains 8,704 of 135,936 weights, 6%. Training all of them broke 33 of 60 facts and 38 of 60 readings: no more. The adapter changes the matrices through which every answer passes; few weights are not few answers.
# Replay of everything learnt all 56 as well and broke 2 of 60 facts, 2 of 27 forms, 2 of 60 readings and 8 of 56 rewordings, but 15 of 60 abstentions (one was repaired): 23 points where my gate allows 12. So it is blocked, too. Next: twice as many "unknown" examples in the replay, judged on the same frozen suite.
# When it passes: the suite every night and at every change of the prompt. If any slice falls by another 5 points, on a second sample as well, the engineer on duty switches back within the hour; the old weights stay loaded. The help desk's owner decides on the next round with the next release.
# ### END SOLUTION
