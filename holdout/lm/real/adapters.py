"""Tune the real model with LoRA and ask it before and after: what `adapters.csv` and `adapter_losses.csv` record.

Behaviour is an output format, learnt from documentation that is read; knowledge is a list of defaults that changed.
Needs `requirements-llm.txt`, gguf and the weights (`requirements-live.txt`); one thread, 32-bit arithmetic on the CPU.
Answers of this runtime are not those of llama.cpp, so the untuned model is asked here as well. No other table is made here.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from holdout.lm.real.prompts import in_form
from holdout.lm.real.questions import Question
from holdout.lm.real.reading import stated_defaults
from holdout.lm.real.runtime import MODEL_FILE, LiveModelError, weights_file
from holdout.lm.real.tables import Job, read_rows, write_rows

RUNTIME = "torch float32"
WORDINGS = (
    "What is the default of {p} in {e}?",
    "{e}: default value of {p}?",
    "Which value does {p} have in {e} if I do not set it?",
)
"""How training asks."""
UNSEEN_WORDING = "I create a {e} without arguments. Tell me what {p} will be."
"""Asked after training, never in it."""
BATCH, WARM_UP = 8, 5
ASKED, EVERYDAY = 45, 60
LIMITS = {"everyday": 40}
"""Token limit of an answer, by part; 24 for the others."""


@dataclass(frozen=True)
class Run:
    """One way to tune.

    Attributes
    ----------
    examples : int
        Of the job; 0 leaves the model as it is.
    epochs : int
    replayed : int
        Reading examples, answered with the bare value, that are added.
    learning_rate : float
    """

    examples: int = 0
    epochs: int = 0
    replayed: int = 0
    learning_rate: float = 0.0


RUNS = {
    "as shipped": Run(),
    "behaviour": Run(examples=50, epochs=4, learning_rate=5e-4),
    "knowledge": Run(examples=45, epochs=10, learning_rate=1e-3),
    "knowledge, replay": Run(examples=45, epochs=10, replayed=45, learning_rate=1e-3),
}
PARTS = ("read", "read, unseen wording", "closed book", "closed book, unseen wording", "everyday")


def bare(value: str) -> str:
    """A value without the quotes of Python."""
    return value.strip("'\"")


def ask(question: Question, wording: str, passage: str = "") -> str:
    """What the user says: a question in some wording, below the first line of a passage if there is one."""
    asked = wording.format(p=question.parameter, e=question.estimator)
    return passage.split("\n")[0] + "\n" + asked if passage else asked


def training_facts(passages: Mapping[str, str], asked: Sequence[Question]) -> list[Question]:
    """Facts to practise reading on: passages that state one default in their first line and that no question is about.

    Parameters
    ----------
    passages : mapping of key to text
    asked : sequence of Question

    Returns
    -------
    list of Question
    """
    taken = {question.key for question in asked}
    facts = []
    for key, text in passages.items():
        values = stated_defaults([text.split("\n")[0]])
        if key not in taken and len(values) == 1:
            estimator, parameter = key.split(".")
            facts.append(Question(key, estimator, parameter, values[0], (), "training"))
    return facts


def training_pairs(
    run: str,
    changed: Sequence[Question],
    practice: Sequence[Question],
    passages: Mapping[str, str],
    rng: np.random.Generator,
) -> list[tuple[str, str]]:
    """What a run is trained on: pairs of what the user says and what the model should answer.

    Parameters
    ----------
    run : str
        One of `RUNS`.
    changed : sequence of Question
        Facts to be learnt by a knowledge run.
    practice : sequence of Question
        From `training_facts`.
    passages : mapping of key to text
    rng : numpy.random.Generator

    Returns
    -------
    list of (str, str)
    """
    settings = RUNS[run]
    drawn = [practice[i] for i in rng.permutation(len(practice))]

    def read(facts: Sequence[Question], form: str) -> list[tuple[str, str]]:
        return [
            (ask(fact, WORDINGS[place % 3], passages[fact.key]), in_form(form, fact.parameter, fact.value))
            for place, fact in enumerate(facts)
        ]

    if run == "behaviour":
        return read(drawn[: settings.examples], "house")
    facts = [(ask(fact, WORDINGS[0]), bare(fact.value)) for fact in changed[: settings.examples]]
    return facts + read(drawn[: settings.replayed], "value")


class TorchModel:
    """The shipped weights in torch, at 32 bits; tuned copies share nothing with each other.

    Raises
    ------
    LiveModelError
        If a package or the weights are missing.
    """

    def __init__(self) -> None:
        try:
            import peft
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ImportError as error:
            raise LiveModelError(
                f"{error.name} is not installed; to tune the real model: pip install -r requirements-llm.txt gguf"
            ) from None
        torch.set_num_threads(1)
        self.torch, self.peft = torch, peft
        folder = weights_file().parent
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, gguf_file=MODEL_FILE)
        self.model: Any = AutoModelForCausalLM.from_pretrained(
            folder, gguf_file=MODEL_FILE, dtype=torch.float32
        ).eval()

    def encode(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def prompt(self, user: str) -> list[int]:
        """A conversation of one turn, without a system prompt, as training and questions use it."""
        return self.encode(f"<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n")

    def tune(
        self, pairs: Sequence[tuple[str, str]], settings: Run, seed: int, watch: Any = lambda step, loss: None
    ) -> Any:
        """A copy with a merged adapter (rank 16, all linear layers), trained for some epochs.

        Parameters
        ----------
        pairs : sequence of (str, str)
        settings : Run
        seed : int
            Of the adapter's start and of the order of the examples.
        watch : callable
            Is told step and training loss.

        Returns
        -------
        torch module
        """
        import copy

        torch = self.torch
        torch.manual_seed(seed)
        rng = np.random.default_rng(seed)
        config = self.peft.LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM")
        tuned = self.peft.get_peft_model(copy.deepcopy(self.model), config)
        rows = [(self.prompt(said), self.encode(answer + "<|im_end|>")) for said, answer in pairs]
        weights = [weight for weight in tuned.parameters() if weight.requires_grad]
        optimizer = torch.optim.AdamW(weights, lr=settings.learning_rate, weight_decay=0.0)
        steps = -(-len(rows) * settings.epochs // BATCH)
        queue: list = []
        tuned.train()
        for step in range(steps):
            if len(queue) < BATCH:
                queue += [rows[i] for i in rng.permutation(len(rows))]
            batch, queue = queue[:BATCH], queue[BATCH:]
            longest = max(len(said) + len(answer) for said, answer in batch)
            ids = torch.full((len(batch), longest), 2)
            labels = torch.full((len(batch), longest), -100)
            for row, (said, answer) in enumerate(batch):
                ids[row, : len(said) + len(answer)] = torch.tensor([*said, *answer])
                labels[row, len(said) : len(said) + len(answer)] = torch.tensor(answer)
            # what stands behind an answer is padding, and a causal model does not look ahead: no mask is needed
            hidden = tuned.base_model.model.model(ids).last_hidden_state[:, :-1]
            counted = labels[:, 1:] != -100
            logits = tuned.base_model.model.lm_head(hidden[counted])
            loss = torch.nn.functional.cross_entropy(logits, labels[:, 1:][counted])
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            rate = settings.learning_rate * min(1, (step + 1) / WARM_UP) * max(0.05, 1 - step / steps)
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
            optimizer.zero_grad()
            watch(step, float(loss.detach()))
        return tuned.merge_and_unload().eval()

    def answers(self, model: Any, questions: Sequence[str], max_tokens: int) -> list[tuple[str, str, int]]:
        """Greedy answers up to the first line break: text, "stop" or "length", and number of tokens."""
        torch = self.torch
        prompts = [self.prompt(text) for text in questions]
        given: list[tuple[str, str, int]] = [("", "", 0)] * len(prompts)
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        with torch.no_grad():
            for first in range(0, len(order), 30):
                rows = order[first : first + 30]
                longest = max(len(prompts[i]) for i in rows)
                ids = torch.tensor([[2] * (longest - len(prompts[i])) + prompts[i] for i in rows])
                mask = torch.tensor([[0] * (longest - len(prompts[i])) + [1] * len(prompts[i]) for i in rows])
                position = (mask.cumsum(1) - 1).clamp(min=0)
                out = model(ids, attention_mask=mask, position_ids=position, use_cache=True, logits_to_keep=1)
                written: list[list[int]] = [[] for _ in rows]
                alive = [True] * len(rows)
                position = position[:, -1:] + 1
                for step in range(max_tokens):
                    best = out.logits[:, -1].argmax(-1)
                    for row, token in enumerate(best.tolist()):
                        if alive[row]:
                            alive[row] = token != 2 and "\n" not in self.tokenizer.decode([token])
                            if token != 2:
                                written[row].append(token)
                    if not any(alive) or step == max_tokens - 1:
                        break
                    mask = torch.cat([mask, torch.ones(len(rows), 1, dtype=mask.dtype)], 1)
                    out = model(
                        best[:, None],
                        attention_mask=mask,
                        position_ids=position,
                        past_key_values=out.past_key_values,
                        use_cache=True,
                    )
                    position = position + 1
                for row, i in enumerate(rows):
                    text = self.tokenizer.decode(written[row], skip_special_tokens=True)
                    given[i] = (text.strip(), "length" if alive[row] else "stop", len(written[row]))
        return given


def adapter_jobs(
    folder: Path,
    questions: Sequence[Question],
    passages: Mapping[str, str],
    runs: Sequence[str] = tuple(RUNS),
    *,
    seeds: int = 3,
) -> Iterator[Job]:
    """Every question to every tuned copy; the losses of a run are written when it is trained.

    Training and a part's questions are done when the first of its rows is asked for, since torch answers them in batches.

    Parameters
    ----------
    folder : Path
        `datasets/real_model`; `adapter_losses.csv` is written there.
    questions : sequence of Question
    passages : mapping of key to text
    runs : sequence of str
        Keys of `RUNS`.
    seeds : int
        Repeats of each run, with other training examples, adapters and orders; the untuned model is asked once.
    """
    changed = [question for question in questions if question.group == "changed"][:ASKED]
    stable = [question for question in questions if question.group == "stable"][:ASKED]
    practice = training_facts(passages, questions)
    everyday = [row["question"] for row in read_rows(folder / "everyday.csv")][:EVERYDAY]
    asked: dict[str, dict[str, str]] = {
        "read": {q.key: ask(q, WORDINGS[0], passages[q.key]) for q in stable},
        "read, unseen wording": {q.key: ask(q, UNSEEN_WORDING, passages[q.key]) for q in stable},
        "closed book": {q.key: ask(q, WORDINGS[0]) for q in changed},
        "closed book, unseen wording": {q.key: ask(q, UNSEEN_WORDING) for q in changed},
        "everyday": {text: text for text in everyday},
    }
    shipped = functools.cache(TorchModel)

    @functools.lru_cache(maxsize=1)  # one tuned copy in memory at a time
    def tuned(run: str, seed: int) -> Any:
        if not RUNS[run].epochs:
            return shipped().model
        pairs = training_pairs(run, changed, practice, passages, np.random.default_rng(seed))
        losses: list[dict[str, object]] = []
        model = shipped().tune(
            pairs,
            RUNS[run],
            seed,
            lambda step, loss: losses.append(
                {"run": run, "seed": seed, "step": step, "loss": round(loss, 4)}
            ),
        )
        path = folder / "adapter_losses.csv"
        others = [row for row in read_rows(path) if (row["run"], row["seed"]) != (run, str(seed))]
        write_rows(path, [*others, *losses])
        return model

    @functools.lru_cache(maxsize=1)
    def answered(run: str, seed: int, part: str) -> dict[str, tuple[str, str, int]]:
        texts = asked[part]
        given = shipped().answers(tuned(run, seed), list(texts.values()), LIMITS.get(part, 24))
        return dict(zip(texts, given, strict=True))

    def row(run: str, seed: int, part: str, key: str) -> dict[str, object]:
        text, finish, tokens = answered(run, seed, part)[key]
        limit = LIMITS.get(part, 24)
        return {
            "answer": text,
            "finish": finish,
            "tokens": tokens,
            "max_tokens": limit,
            "runtime": RUNTIME,
        }

    for seed in range(seeds):
        for run in runs:
            if seed and not RUNS[run].epochs:
                continue
            for part, texts in asked.items():
                for key in texts:
                    yield Job(
                        {"run": run, "seed": str(seed), "part": part, "key": key},
                        functools.partial(row, run, seed, part, key),
                    )
