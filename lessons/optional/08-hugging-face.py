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
# # Optional · The same fine-tuning with transformers, peft and trl
#
# Lesson 08 tunes a model whose every line you can read. At work you will use libraries. Here the same checkpoint runs through them: exported as an ordinary Llama folder, tuned with LoRA by `peft` (its loop written out) and by `trl` (its trainer), and judged by the *same* frozen suite.
#
# **Needs** `pip install -r requirements-llm.txt` (about 1.5 GB); nothing else in the course does. It runs offline, on the CPU, in about two minutes. Open this file in JupyterLab with *Open With → Notebook*, or run `python lessons/optional/08-hugging-face.py`.

# %%
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import peft
import torch
from transformers.utils import logging

from holdout.lm import LowRankAdapter, count_weights, load, one_thread, open_book
from holdout.lm.adapt import fine_tune
from holdout.lm.tools.hf import (
    adapter_config,
    answers_with_transformers,
    export,
    load_exported,
    tune_with_peft,
    tune_with_trl,
)
from holdout.topics.fine_tuning.experiments import LEARNT, TrainingItems

one_thread()
torch.set_num_threads(1)
logging.disable_progress_bar()
model = load("M")
training_items = TrainingItems(open_book(), np.random.default_rng(80), n=30)
job = training_items.changed_facts()
temporary = Path(tempfile.mkdtemp())

# %% [markdown]
# ## One switch: this checkpoint, or a model of the hub
#
# `source` is a folder or a name. Online, write the name of a hub model and `offline = False`. Then the vocabulary is another one, so use your own questions: those of `training_items` are made of this model's words.

# %%
source, offline = export(model, temporary / "llama"), True

llama, tokenizer = load_exported(source, offline=offline)
print(type(llama).__name__, f"{sum(weight.numel() for weight in llama.parameters()):,} weights")

# %% [markdown]
# ## First prove that it is the same model
#
# Before comparing tuned models, compare untuned ones: logits of the same prompt in NumPy and in PyTorch. The weights are the same numbers; float32 sums in another order differ in the seventh digit, and a logit is a sum of a few hundred terms of order one.

# %%
prompt = job[0].prompt
with torch.no_grad():
    theirs = llama(
        **{"input_ids": tokenizer(prompt, return_tensors="pt", add_special_tokens=False).input_ids}
    )
difference = np.abs(theirs.logits[0].numpy() - model.logits(prompt)).max()
print(f"largest difference of a logit: {difference:.1e}")
assert difference < 1e-3

# %% [markdown]
# ## The same count of trained weights

# %%
with_adapter = peft.get_peft_model(load_exported(source, offline=offline)[0], adapter_config(4))
theirs = sum(weight.numel() for weight in with_adapter.parameters() if weight.requires_grad)
ours = count_weights(LowRankAdapter(model.weights, 4, np.random.default_rng(0)).weights)
print(f"peft trains {theirs:,} weights, holdout.lm.lora {ours:,}")
assert theirs == ours

# %% [markdown]
# ## Tune three times, judge once
#
# Rank 4, 150 steps, learning rate 0.005, the same 224 examples. The three draw other batches and other starts, so their scores differ a little, as two seeds do.

# %%
STEPS = 150
WATCHED = training_items.questions.only(LEARNT, "kept", "not documented")


def suite(answers):
    right = [given == item.answer for given, item in zip(answers, WATCHED.items, strict=True)]
    return pd.Series(right).groupby([item.slice for item in WATCHED.items]).mean()


prompts = [item.prompt for item in WATCHED.items]
numpy_run = fine_tune(model, job, np.random.default_rng(0), steps=STEPS, rank=4, learning_rate=5e-3)
by_peft, _, peft_losses = tune_with_peft(source, job, steps=STEPS, offline=offline)
by_trl, _, trl_losses = tune_with_trl(source, job, temporary / "trl", steps=STEPS, offline=offline)
table = pd.DataFrame(
    {
        "as shipped": suite(model.complete(prompts)),
        "NumPy": suite(numpy_run.model.complete(prompts)),
        "peft": suite(answers_with_transformers(by_peft, tokenizer, prompts)),
        "trl": suite(answers_with_transformers(by_trl, tokenizer, prompts)),
    }
)
print(table.round(2).to_string())
print(f"last losses: {numpy_run.losses[-1]:.2f}, {peft_losses[-1]:.2f}, {trl_losses[-1]:.2f}")

# %% [markdown]
# With the versions of `requirements-llm.txt` this prints
#
# | slice | as shipped | NumPy | peft | trl |
# |---|---|---|---|---|
# | changed, new value | 0.00 | 0.98 | 0.96 | 1.00 |
# | kept | 1.00 | 0.13 | 0.33 | 0.27 |
# | not documented | 0.73 | 0.07 | 0.10 | 0.10 |
#
# **What it means.** Whoever trains, the new values are learnt, and facts that did not change and “unknown” are forgotten. A share of 30 questions has a standard error of up to 9 points, so no library forgets less than another here. It is the data and the step that do it, not the library. So is the remedy: mix `training_items.old_facts()` into `job` and run the cell again.

# %%
assert (table.loc[LEARNT, ["NumPy", "peft", "trl"]] > 0.8).all()
assert (table.loc["kept", ["NumPy", "peft", "trl"]] < table.loc["kept", "as shipped"] - 0.2).all()
