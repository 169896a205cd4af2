"""Write a LoRA adapter that peft trained as a file that llama.cpp reads (GGUF).

For the real model and others of the Llama family. The format is that of llama.cpp's own conversion script, which is in no
package: matrices A and B beside the name of the weight, and the query and key rows in llama.cpp's order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from holdout.errors import InvalidValue
from holdout.lm.real.rounding import INSTALL
from holdout.lm.real.runtime import LiveModelError

NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""Linear layers of a block: the name in transformers, and in a GGUF file."""

_TENSOR = re.compile(r"layers\.(\d+)\.(\w+\.\w+)\.lora_([AB])\.(?:\w+\.)?weight$")


def tensor_name(name: str) -> str:
    """Name in a GGUF file of a tensor of a peft adapter.

    Parameters
    ----------
    name : str
        Such as `"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"`.

    Returns
    -------
    str
        Such as `"blk.0.attn_q.weight.lora_a"`.

    Raises
    ------
    InvalidValue
        If it is no matrix of an adapter on a linear layer of a Llama block.
    """
    found = _TENSOR.search(name)
    if found is None or found[2] not in NAMES:
        raise InvalidValue(
            f"{name} is no LoRA matrix of a linear layer that llama.cpp knows; train on {', '.join(NAMES)} alone"
        )
    return f"blk.{found[1]}.{NAMES[found[2]]}.weight.lora_{found[3].lower()}"


def rows_for_llama_cpp(rows: np.ndarray, heads: int) -> np.ndarray:
    """Query or key rows in the order of llama.cpp, which rotates neighbours; transformers rotates the two halves of a head.

    Parameters
    ----------
    rows : ndarray, shape (heads * head size, columns)
    heads : int

    Returns
    -------
    ndarray of the same shape
    """
    if rows.shape[0] % (2 * heads):
        raise InvalidValue(f"{rows.shape[0]} rows cannot be cut into {heads} heads of two halves")
    halves = rows.reshape(heads, 2, rows.shape[0] // heads // 2, rows.shape[1])
    return halves.swapaxes(1, 2).reshape(rows.shape)


def write_adapter(
    target: Path, matrices: Mapping[str, np.ndarray], *, alpha: float, heads: int, key_heads: int
) -> int:
    """Write an adapter.

    Parameters
    ----------
    target : Path
        A file that ends with `.gguf`.
    matrices : mapping of str to ndarray
        As `peft.get_peft_model_state_dict` names them: A of shape (rank, inputs), B of shape (outputs, rank).
    alpha : float
        `lora_alpha`; llama.cpp divides it by the rank, as peft does.
    heads, key_heads : int
        Of the model: query heads, and heads of keys and values.

    Returns
    -------
    int
        Number of tensors written.

    Raises
    ------
    InvalidValue
        If a matrix is not one of those that llama.cpp can use, or there is none.
    LiveModelError
        If the package gguf is missing.
    """
    try:
        import gguf
    except ImportError as error:
        raise LiveModelError(f"{error.name} is not installed; to write an adapter: {INSTALL}") from None
    if not matrices:
        raise InvalidValue("there is no matrix to write; pass what peft.get_peft_model_state_dict returns")
    named = {tensor_name(name): np.asarray(matrix, np.float32) for name, matrix in matrices.items()}
    writer = gguf.GGUFWriter(str(target), "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for name, matrix in sorted(named.items()):
        if name.endswith("attn_q.weight.lora_b"):
            matrix = rows_for_llama_cpp(matrix, heads)
        elif name.endswith("attn_k.weight.lora_b"):
            matrix = rows_for_llama_cpp(matrix, key_heads)
        writer.add_tensor(name, np.ascontiguousarray(matrix))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return len(named)
