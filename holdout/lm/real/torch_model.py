"""The real model in torch: tune it with LoRA, ask it, sample from it. For recordings and for the optional notebooks.

Needs `requirements-llm.txt`, gguf and the weights (`requirements-live.txt`); one thread, bfloat16 on the CPU with adapters of
32 bits. Answers of this runtime are not those of llama.cpp. `runtime` is what answers live in the course.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from unittest import mock

import numpy as np

from holdout.lm.real.runtime import MODEL_FILE, LiveModelError, weights_file

RUNTIME = "torch bfloat16"
BATCH, WARM_UP = 8, 5
ROWS = 50
"""Questions that are answered at once."""

Row = tuple[list[int], list[int]]
"""Tokens that are given, and tokens that are scored."""


def one_turn(user: str) -> str:
    """A conversation of one turn, without a system prompt, up to where the answer begins."""
    return f"<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n"


@contextlib.contextmanager
def _no_bar() -> Iterator[None]:
    """Without the bar of two seconds that transformers draws while it expands weights; no setting of it turns that off.

    In a notebook the bar is a widget, so that silencing the error stream is not enough.
    """
    from transformers import modeling_gguf_pytorch_utils as expanding

    with mock.patch.object(expanding, "tqdm", lambda tensors, **_: tensors):
        yield


class TorchModel:
    """The shipped weights in torch, in bfloat16, with at most one adapter on them.

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
            from transformers.utils import logging
        except ImportError as error:
            raise LiveModelError(
                f"{error.name} is not installed; to tune the real model: pip install -r requirements-llm.txt gguf"
            ) from None
        torch.set_num_threads(1)
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        self.torch, self.peft = torch, peft
        folder = weights_file().parent
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, gguf_file=MODEL_FILE)
        with _no_bar():
            expanded = AutoModelForCausalLM.from_pretrained(
                folder, gguf_file=MODEL_FILE, dtype=torch.bfloat16
            )
        # a model of its own for the expanded weights: marks of the file's format would stop trl and save_pretrained
        expanded.config.__dict__.pop("quantization_config", None)
        self.model: Any = AutoModelForCausalLM.from_config(expanded.config, dtype=torch.bfloat16)
        self.model.load_state_dict(expanded.state_dict())
        self.model.eval()
        self._adapter: Any = None

    def encode(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def prompt(self, user: str) -> list[int]:
        """Tokens of a conversation of one turn, without a system prompt, as training and questions use it."""
        return self.encode(one_turn(user))

    def row(self, said: str | list[int], answer: str | list[int]) -> Row:
        """Tokens of what the user says and of the answer; of a plain text ("" is said) the first token and the rest."""
        if not isinstance(said, str) or not isinstance(answer, str):
            return list(said), list(answer)  # type: ignore[arg-type]
        if said:
            return self.prompt(said), self.encode(answer + "<|im_end|>")
        text = self.encode(answer)
        return text[:1], text[1:]  # the first token has nothing before it and is not scored

    def tune(
        self,
        pairs: Sequence[tuple[str, str] | Row],
        *,
        epochs: int,
        learning_rate: float,
        seed: int,
        watch: Callable[[int, float, Any], None] = lambda step, loss, model: None,
    ) -> Any:
        """The model with an adapter (rank 16, all linear layers) that was trained for some epochs.

        An adapter of an earlier call is taken off. The adapter is not merged: bfloat16 would round its small changes away.

        Parameters
        ----------
        pairs : sequence of (str, str) or of Row
            What the user says ("" for a plain text that is no conversation) and what follows; or the tokens of both.
        epochs : int
        learning_rate : float
            Reached after `WARM_UP` steps, then falls to a twentieth.
        seed : int
            Of the adapter's start and of the order of the examples.
        watch : callable
            Is told the number of steps done, the training loss of the next batch (NaN after the last) and the model.

        Returns
        -------
        torch module
        """
        torch = self.torch
        self.remove_adapter()
        torch.manual_seed(seed)
        rng = np.random.default_rng(seed)
        config = self.peft.LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM")
        tuned = self._adapter = self.peft.get_peft_model(self.model, config)
        rows = [self.row(*pair) for pair in pairs]
        weights = [weight for weight in tuned.parameters() if weight.requires_grad]
        optimizer = torch.optim.AdamW(weights, lr=learning_rate, weight_decay=0.0)
        steps = -(-len(rows) * epochs // BATCH)
        queue: list = []
        for step in range(steps):
            if len(queue) < BATCH:
                queue += [rows[i] for i in rng.permutation(len(rows))]
            batch, queue = queue[:BATCH], queue[BATCH:]
            tuned.train()
            loss = self._loss(tuned, batch)
            watch(step, float(loss.detach()), tuned)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            rate = learning_rate * min(1, (step + 1) / WARM_UP) * max(0.05, 1 - step / steps)
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
            optimizer.zero_grad()
        watch(steps, float("nan"), tuned)
        return tuned.eval()

    def matrices(self) -> dict[str, np.ndarray]:
        """The adapter's matrices by their names in peft, as `adapter_file.write_adapter` takes them.

        Raises
        ------
        LiveModelError
            If there is no adapter on the model.
        """
        if self._adapter is None:
            raise LiveModelError("there is no adapter on the model; tune it first")
        state = self.peft.get_peft_model_state_dict(self._adapter, save_embedding_layers=False)
        return {name: matrix.float().numpy() for name, matrix in state.items()}

    def remove_adapter(self) -> None:
        """Take the adapter of the last `tune` off; the weights below it were not changed."""
        if self._adapter is not None:
            self.model = self._adapter.unload().eval()
            self._adapter = None

    def _loss(self, model: Any, batch: Sequence[Row]) -> Any:
        """Mean loss of the answers' tokens."""
        torch = self.torch
        longest = max(len(said) + len(answer) for said, answer in batch)
        ids = torch.full((len(batch), longest), 2)
        labels = torch.full((len(batch), longest), -100)
        for row, (said, answer) in enumerate(batch):
            ids[row, : len(said) + len(answer)] = torch.tensor([*said, *answer])
            labels[row, len(said) : len(said) + len(answer)] = torch.tensor(answer)
        # what stands behind an answer is padding, and a causal model does not look ahead: no mask is needed
        causal = model.get_base_model() if hasattr(model, "get_base_model") else model
        hidden = causal.model(ids).last_hidden_state[:, :-1]
        counted = labels[:, 1:] != -100
        logits = causal.lm_head(hidden[counted]).float()
        return torch.nn.functional.cross_entropy(logits, labels[:, 1:][counted])

    def loss(self, model: Any, pairs: Sequence[tuple[str, str] | Row]) -> float:
        """Mean loss a token of answers that are given; nothing is trained.

        Parameters
        ----------
        model : torch module
        pairs : sequence of (str, str) or of Row
            As for `tune`.
        """
        model.eval()
        with self.torch.no_grad():
            return float(self._loss(model, [self.row(*pair) for pair in pairs]))

    def _side_by_side(self, prompts: Sequence[list[int]]) -> tuple[Any, Any, Any]:
        """Prompts that end together, padded on the left: tokens, what of them counts, and positions."""
        longest = max(map(len, prompts))
        ids = self.torch.tensor([[2] * (longest - len(prompt)) + prompt for prompt in prompts])
        mask = self.torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts])
        return ids, mask, (mask.cumsum(1) - 1).clamp(min=0)

    def answers(self, model: Any, questions: Sequence[str], max_tokens: int) -> list[tuple[str, str, int]]:
        """Greedy answers up to the first line break: text, "stop" or "length", and number of tokens."""
        torch = self.torch
        prompts = [self.prompt(text) for text in questions]
        given: list[tuple[str, str, int]] = [("", "", 0)] * len(prompts)
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        with torch.no_grad():
            for first in range(0, len(order), ROWS):
                rows = order[first : first + ROWS]
                ids, mask, position = self._side_by_side([prompts[i] for i in rows])
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

    def sample(
        self, model: Any, prompts: Sequence[list[int]], tokens: int, *, seed: int, temperature: float = 1.0
    ) -> list[list[int]]:
        """Continue plain texts by chance, all at once, each with exactly this number of tokens; none ends early.

        Parameters
        ----------
        model : torch module
        prompts : sequence of list of int
            Tokens.
        tokens : int
        seed : int
        temperature : float

        Returns
        -------
        list of list of int
            Tokens that were sampled.
        """
        torch = self.torch
        generator = torch.Generator().manual_seed(seed)
        ids, mask, position = self._side_by_side(prompts)
        written, past = [], None
        model.eval()
        with torch.no_grad():
            for _ in range(tokens):
                out = model(
                    ids,
                    attention_mask=mask,
                    position_ids=position,
                    past_key_values=past,
                    use_cache=True,
                    logits_to_keep=1,
                )
                past = out.past_key_values
                logits = out.logits[:, -1].float() / temperature
                logits[:, 2] = -torch.inf  # the mark of the end: every sample has the same length
                ids = torch.multinomial(logits.softmax(-1), 1, generator=generator)
                written.append(ids)
                mask = torch.cat([mask, torch.ones_like(ids)], 1)
                position = position[:, -1:] + 1
        return torch.cat(written, 1).tolist()
