"""The optional track against PyTorch and Hugging Face, on an untrained model: no download, no network.

Skipped, with the reason, where `requirements-llm.txt` is not installed; the export itself is tested
wherever the packages for tests are installed.
"""

import importlib
import json
import struct

import numpy as np
import pytest
from needs import require

from holdout.lm import Config, LanguageModel, Tokenizer, make_prompt
from holdout.lm.evaluation import Item
from holdout.lm.model import forward, initial_weights, logits, loss_and_gradients
from holdout.lm.optimizer import Adam
from holdout.lm.tokenizer import SPECIAL
from holdout.lm.tools.hf import (
    answers_with_transformers,
    export,
    llama_name,
    load_exported,
    tune_with_peft,
    tune_with_trl,
)

WORDS = [*SPECIAL, "a", "b", "c", "d", "e", "?"]
ITEMS = [Item(make_prompt("a ?"), "c d", "new"), Item(make_prompt("b ?"), "e", "new")]


@pytest.fixture(scope="module")
def model():
    config = Config(vocabulary=len(WORDS), width=32, heads=4, layers=2, hidden=48, context=32)
    weights = initial_weights(config, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    # norms away from one and a wide embedding, so that nothing can hide; rounded to float16 as in a
    # checkpoint
    for weight in weights.values():
        if weight.ndim == 1:
            weight += 0.3 * rng.standard_normal(weight.shape).astype(np.float32)
    weights["embedding"] *= 8
    weights = {name: weight.astype(np.float16).astype(np.float32) for name, weight in weights.items()}
    return LanguageModel(weights, config, Tokenizer(WORDS))


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    require("safetensors")
    return export(model, tmp_path_factory.mktemp("llama"))


def optional(name):
    require(name)
    return importlib.import_module(name)


def test_the_safetensors_file_holds_every_weight(model, folder):
    content = (folder / "model.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    for name, weight in model.weights.items():
        entry = header[llama_name(name)]
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        values = np.frombuffer(content[start:end], "<f2").reshape(entry["shape"])
        np.testing.assert_array_equal(values.astype(np.float32), weight)


def test_without_the_packages_the_message_says_what_to_install(folder):
    try:
        import peft  # noqa: F401
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError:
        with pytest.raises(ImportError, match=r"pip install -r requirements-llm\.txt"):
            load_exported(folder)
    else:
        pytest.skip("the optional packages are installed, so there is nothing missing to report")


def test_gradients_and_adam_equal_those_of_torch(model):
    """Both in float32: sums of a few hundred terms differ by about 1e-6 relative; 1e-4 of the largest entry
    is far above that, and far below any wrong factor."""
    torch = optional("torch")
    config = model.config
    rng = np.random.default_rng(2)
    tokens = rng.integers(3, config.vocabulary, (4, 12))
    counts = rng.random((4, 12)) < 0.5
    counts[:, -1] = True
    parameters = {name: torch.tensor(weight, requires_grad=True) for name, weight in model.weights.items()}

    def torch_loss():
        P, d, H = parameters, config.width, config.heads
        x = P["embedding"][torch.tensor(tokens[:, :-1])]
        B, L, _ = x.shape
        h = d // H
        angle = torch.arange(L)[:, None] / 10_000 ** (torch.arange(0, h, 2) / h)
        turn = torch.polar(
            torch.ones_like(angle), angle
        )  # rotary positions as complex numbers: another formulation

        def rotary(y):
            pairs = torch.complex(y[..., : h // 2], y[..., h // 2 :]) * turn
            return torch.cat([pairs.real, pairs.imag], -1)

        for layer in range(config.layers):
            W = {name.split(".")[1]: weight for name, weight in P.items() if name.startswith(f"{layer}.")}
            z = torch.nn.functional.rms_norm(x, (d,), W["attention_norm"], 1e-5)
            q, k, v = ((z @ W[name].T).view(B, L, H, h).transpose(1, 2) for name in ("query", "key", "value"))
            y = torch.nn.functional.scaled_dot_product_attention(rotary(q), rotary(k), v, is_causal=True)
            x = x + y.transpose(1, 2).reshape(B, L, d) @ W["output"].T
            z = torch.nn.functional.rms_norm(x, (d,), W["mlp_norm"], 1e-5)
            x = x + (torch.nn.functional.silu(z @ W["gate"].T) * (z @ W["up"].T)) @ W["down"].T
        x = torch.nn.functional.rms_norm(x, (d,), P["norm"], 1e-5)
        chosen = torch.tensor(counts[:, 1:])
        return torch.nn.functional.cross_entropy(
            x[chosen] @ P["embedding"].T, torch.tensor(tokens[:, 1:])[chosen]
        )

    loss = torch_loss()
    loss.backward()
    ours, gradients = loss_and_gradients(model.weights, config, tokens, counts)
    assert ours == pytest.approx(loss.item(), rel=1e-5)
    for name, gradient in gradients.items():
        expected = parameters[name].grad.numpy()
        assert np.abs(gradient - expected).max() < 1e-4 * np.abs(expected).max(), name

    # thirty optimizer steps follow the same curve
    weights = {name: weight.copy() for name, weight in model.weights.items()}
    adam = Adam(weights, betas=(0.9, 0.98), clip=1.0)
    oracle = torch.optim.AdamW(list(parameters.values()), lr=3e-3, betas=(0.9, 0.98), weight_decay=0.0)
    for _ in range(30):
        oracle.zero_grad()
        loss = torch_loss()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(parameters.values()), 1.0)
        oracle.step()
        ours, gradients = loss_and_gradients(weights, config, tokens, counts)
        adam.step(gradients, 3e-3)
        assert ours == pytest.approx(loss.item(), rel=2e-2)


def test_the_exported_folder_gives_the_same_logits_in_transformers(model, folder):
    torch = optional("torch")
    optional("transformers")
    optional("peft")
    llama, tokenizer = load_exported(folder)
    text = make_prompt("a ? b c", ["a b c d", "d e"])
    tokens = tokenizer(text, return_tensors="pt", add_special_tokens=False).input_ids
    assert tokens[0].tolist() == model.tokenizer.encode(text)
    with torch.no_grad():
        theirs = llama(tokens).logits[0].numpy()
    ours = logits(model.weights, forward(model.weights, model.config, tokens.numpy()))[0]
    # float32 on both sides; logits are of order 10, rounding of order 1e-6 of that
    assert np.abs(theirs - ours).max() < 1e-3
    prompts = [item.prompt for item in ITEMS]
    assert answers_with_transformers(llama, tokenizer, prompts) == model.complete(prompts)


def test_lora_through_peft_learns_the_examples_and_names_its_weights_like_ours(model, folder):
    optional("torch")
    optional("transformers")
    optional("peft")
    tuned, tokenizer, losses = tune_with_peft(folder, ITEMS, steps=60, learning_rate=1e-2, rank=4)
    assert losses[-1] < 0.2 * losses[0]
    assert answers_with_transformers(tuned, tokenizer, [item.prompt for item in ITEMS]) == ["c d", "e"]


def test_lora_through_trl_learns_the_examples(model, folder, tmp_path):
    optional("torch")
    optional("transformers")
    optional("peft")
    optional("trl")
    tuned, tokenizer, losses = tune_with_trl(
        folder, ITEMS * 12, tmp_path, steps=60, learning_rate=1e-2, rank=4
    )
    assert losses[-1] < 0.2 * losses[0]
    assert answers_with_transformers(tuned, tokenizer, [item.prompt for item in ITEMS]) == ["c d", "e"]
