"""Optional track: a checkpoint as a Hugging Face Llama folder, and the same LoRA run with the libraries
used at work.

`export` needs NumPy and safetensors. `load_exported`, `tune_with_peft` and `tune_with_trl` need
`requirements-llm.txt`. Everything runs offline on an exported folder; giving the name of a hub model as
`source` with `offline=False` is the one-line switch for people who are online. `python -m holdout.lm.tools.hf`
shows it all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from holdout.lm.checkpoint import SHIPPED
from holdout.lm.evaluation import Item
from holdout.lm.language_model import LanguageModel
from holdout.lm.model import EPSILON, ROTARY_BASE
from holdout.lm.tokenizer import BEGIN, BEGIN_ID, END, END_ID, PAD, PAD_ID

LAYER_NAMES = {
    "attention_norm": "input_layernorm",
    "query": "self_attn.q_proj",
    "key": "self_attn.k_proj",
    "value": "self_attn.v_proj",
    "output": "self_attn.o_proj",
    "mlp_norm": "post_attention_layernorm",
    "gate": "mlp.gate_proj",
    "up": "mlp.up_proj",
    "down": "mlp.down_proj",
}


def llama_name(name: str) -> str:
    """The name of one of our weights in a Llama checkpoint: `"0.query"` is
    `"model.layers.0.self_attn.q_proj.weight"`."""
    if name == "embedding":
        return "model.embed_tokens.weight"
    if name == "norm":
        return "model.norm.weight"
    layer, part = name.split(".")
    return f"model.layers.{layer}.{LAYER_NAMES[part]}.weight"


def export(model: LanguageModel, folder: Path | str) -> Path:
    """Write config, float16 weights and tokenizer as a Llama folder that `transformers` loads.

    Returns
    -------
    Path
        The folder.
    """
    try:
        from safetensors.numpy import save_file
    except ImportError as error:
        raise _missing(error) from error

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = model.config
    document = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": config.vocabulary,
        "hidden_size": config.width,
        "intermediate_size": config.hidden,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.heads,
        "max_position_embeddings": config.context,
        "hidden_act": "silu",
        "rms_norm_eps": EPSILON,
        "rope_theta": ROTARY_BASE,
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": True,
        "bos_token_id": BEGIN_ID,
        "eos_token_id": END_ID,
        "pad_token_id": PAD_ID,
        "torch_dtype": "float16",
    }
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": token, "content": word, "single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": True}
            for token, word in ((PAD_ID, PAD), (BEGIN_ID, BEGIN), (END_ID, END))
        ],
        "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": model.tokenizer.ids, "unk_token": "unknown"},
    }  # fmt: skip
    tokenizer_config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": BEGIN,
        "eos_token": END,
        "pad_token": PAD,
        "model_max_length": config.context,
        "clean_up_tokenization_spaces": False,
    }
    generation = {"bos_token_id": BEGIN_ID, "eos_token_id": END_ID, "pad_token_id": PAD_ID}
    for name, content in [
        ("config.json", document),
        ("tokenizer.json", tokenizer),
        ("tokenizer_config.json", tokenizer_config),
        ("generation_config.json", generation),
    ]:
        (folder / name).write_text(json.dumps(content, indent=1), encoding="utf-8")
    tensors = {
        llama_name(name): np.ascontiguousarray(weight, np.float16) for name, weight in model.weights.items()
    }
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def _missing(error: ImportError) -> ImportError:
    return ImportError(
        f"{error.name} is missing; the optional track needs `pip install -r requirements-llm.txt`"
    )


def _require():
    """The optional packages, or a message that says how to get them."""
    try:
        import peft
        import torch
        import transformers
    except ImportError as error:
        raise _missing(error) from error
    return torch, transformers, peft


def load_exported(source: Path | str, *, offline: bool = True) -> tuple[Any, Any]:
    """Model and tokenizer with `transformers`, in float32.

    Parameters
    ----------
    source : Path or str
        An exported folder, or the name of a model on the hub.
    offline : bool
        Never touch the network. Set to False for a hub model.

    Returns
    -------
    model, tokenizer
    """
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
    torch, transformers, _ = _require()
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(source), local_files_only=offline)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        str(source), dtype=torch.float32, local_files_only=offline
    )
    return model.eval(), tokenizer


def adapter_config(rank: int) -> Any:
    """The same adapter as `holdout.lm.lora`: all matrices of all layers, scale alpha / r = 2, no dropout."""
    _, _, peft = _require()
    modules = [name.split(".")[1] for name in LAYER_NAMES.values() if "." in name]
    return peft.LoraConfig(
        r=rank, lora_alpha=2 * rank, lora_dropout=0.0, target_modules=modules, task_type="CAUSAL_LM"
    )


def tune_with_peft(
    source: Path | str,
    items: Sequence[Item],
    *,
    rank: int = 4,
    steps: int = 60,
    batch: int = 24,
    learning_rate: float = 5e-3,
    seed: int = 0,
    offline: bool = True,
) -> tuple[Any, Any, list[float]]:
    """A LoRA run in plain PyTorch with `peft`, its loop written out.

    Returns
    -------
    model : transformers model
        With the adapter merged.
    tokenizer
    losses : list of float
    """
    torch, _, peft = _require()
    model, tokenizer = load_exported(source, offline=offline)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = peft.get_peft_model(model, adapter_config(rank)).train()
    optimizer = torch.optim.AdamW(
        [weight for weight in model.parameters() if weight.requires_grad], learning_rate, weight_decay=0.0
    )
    losses = []
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * min(1, (step + 1) / 10) * (1 - step / steps)
        chosen = [items[i] for i in rng.integers(0, len(items), batch)]
        tokens, labels = _tensors(torch, tokenizer, chosen)
        loss = model(input_ids=tokens, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model.merge_and_unload().eval(), tokenizer, losses


def _tensors(torch, tokenizer, items):
    """Padded tokens, and labels that are -100 (ignored) outside the answers."""
    rows, labels = [], []
    for item in items:
        prompt = tokenizer(item.prompt, add_special_tokens=False).input_ids
        answer = tokenizer(f"{item.answer} {END}", add_special_tokens=False).input_ids
        rows.append(prompt + answer)
        labels.append([-100] * len(prompt) + answer)
    length = max(map(len, rows))
    tokens = torch.tensor([row + [PAD_ID] * (length - len(row)) for row in rows])
    return tokens, torch.tensor([row + [-100] * (length - len(row)) for row in labels])


def tune_with_trl(
    source: Path | str,
    items: Sequence[Item],
    folder: Path | str,
    *,
    rank: int = 4,
    steps: int = 60,
    batch: int = 24,
    learning_rate: float = 5e-3,
    seed: int = 0,
    offline: bool = True,
) -> tuple[Any, Any, list[float]]:
    """The same run with `trl`'s supervised fine-tuning trainer; checkpoints and logs go to `folder`.

    Returns
    -------
    model : transformers model
        With the adapter merged.
    tokenizer
    losses : list of float
    """
    _require()
    import trl
    from transformers import PrinterCallback

    import datasets

    model, tokenizer = load_exported(source, offline=offline)
    table = datasets.Dataset.from_list(  # type: ignore[attr-defined]  # the folder datasets/ hides the package
        [{"prompt": item.prompt + " ", "completion": f"{item.answer}"} for item in items]
    )
    arguments = trl.SFTConfig(
        output_dir=str(folder),
        max_steps=steps,
        per_device_train_batch_size=batch,
        learning_rate=learning_rate,
        warmup_steps=10,
        lr_scheduler_type="linear",
        weight_decay=0.0,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        completion_only_loss=True,
        max_length=None,
        eos_token=END,
        seed=seed,
    )
    trainer = trl.SFTTrainer(
        model=model,
        args=arguments,
        train_dataset=table,
        processing_class=tokenizer,
        peft_config=adapter_config(rank),
    )
    trainer.remove_callback(PrinterCallback)  # a line for every step; the losses are returned
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    tuned: Any = trainer.model
    return tuned.merge_and_unload().eval(), tokenizer, losses


def answers_with_transformers(
    model: Any, tokenizer: Any, prompts: Sequence[str], *, max_new_tokens: int = 12
) -> list[str]:
    """Greedy answers through `generate`, one prompt at a time."""
    torch, _, _ = _require()
    answers = []
    for prompt in prompts:
        tokens = tokenizer(prompt, return_tensors="pt", add_special_tokens=False).input_ids
        with torch.no_grad():
            whole = model.generate(
                tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=max_new_tokens, do_sample=False
            )
        words = tokenizer.convert_ids_to_tokens(whole[0, tokens.shape[1] :].tolist())
        answers.append(" ".join(word for word in words if word not in (END, PAD)))
    return answers


def main(arguments: list[str] | None = None) -> int:
    """Export a checkpoint, teach it the changed facts through `peft` and through `trl`, and ask before and
    after."""
    import argparse
    import tempfile

    from holdout.lm.checkpoint import load
    from holdout.lm.facts import QUESTIONS, open_book
    from holdout.lm.slices import Questions

    parser = argparse.ArgumentParser(prog="python -m holdout.lm.tools.hf", description=main.__doc__)
    parser.add_argument("--size", default="M", choices=SHIPPED)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--folder", type=Path, help="where the Llama folder goes (default: a temporary one)")
    options = parser.parse_args(arguments)
    book = open_book()
    make = Questions(book, np.random.default_rng(0))
    keys = book.changed
    items = [item for text in QUESTIONS for item in make.closed("train", keys, book.new, templates=(text,))]
    asked = [item.prompt for item in items[: len(keys)]]
    expected = [item.answer for item in items[: len(keys)]]

    def accuracy(model, tokenizer):
        answers = answers_with_transformers(model, tokenizer, asked, max_new_tokens=2)
        return float(np.mean([answer == right for answer, right in zip(answers, expected, strict=True)]))

    with tempfile.TemporaryDirectory() as temporary:
        # the one-line switch: source, offline = "a/hub-model", False
        source, offline = export(load(options.size), options.folder or Path(temporary) / "llama"), True
        print(
            f"as exported: {accuracy(*load_exported(source, offline=offline)):.2f} of the new values are right"
        )
        model, tokenizer, losses = tune_with_peft(source, items, steps=options.steps, offline=offline)
        print(f"LoRA with peft: {accuracy(model, tokenizer):.2f}, loss {losses[0]:.2f} to {losses[-1]:.2f}")
        model, tokenizer, losses = tune_with_trl(
            source, items, Path(temporary) / "trl", steps=options.steps, offline=offline
        )
        print(f"LoRA with trl: {accuracy(model, tokenizer):.2f}, loss {losses[0]:.2f} to {losses[-1]:.2f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
