"""Copies of the real model with fewer bits a weight: rounded to the nearest of evenly spaced values, by row or by block.

The shipped file has 4 bits a weight already, in blocks of 32. A copy is made from its values, so what rounding costs is
understated, most of all for 4 bits in blocks of 32. A copy is stored with 16 bits a weight so that llama.cpp can run any
scheme: sizes are computed, and nothing here is faster. Needs the package gguf (`requirements-embed.txt`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from holdout.lm.real.runtime import LiveModelError, model_file

INSTALL = "pip install --no-deps -r requirements-embed.txt"


@dataclass(frozen=True)
class Scheme:
    """How weights are rounded.

    Attributes
    ----------
    bits : int
        2 to 8; 16 leaves the values as they are.
    block : int
        Weights that share a smallest value and a step; 0 for a whole row.
    """

    bits: int
    block: int = 0

    def bytes_of(self, shape: tuple[int, int]) -> float:
        """Size of a matrix: its codes, and two float16 for each row or block."""
        rows, columns = shape
        if self.bits == 16:
            return rows * columns * 2.0
        groups = rows * (columns // self.block if self.block else 1)
        return rows * columns * self.bits / 8 + groups * 4.0


SCHEMES = {
    "16 bits": Scheme(16),
    "8 bits, rows": Scheme(8),
    "4 bits, blocks of 32": Scheme(4, 32),
    "4 bits, rows": Scheme(4),
    "3 bits, blocks of 32": Scheme(3, 32),
    "3 bits, rows": Scheme(3),
}
"""The copies that the canary is asked on."""


def round_weights(W: np.ndarray, scheme: Scheme) -> np.ndarray:
    """Round each weight to the nearest of 2^bits values between the smallest and the largest of its row or block.

    Asymmetric rounding, as the format Q4_1 of llama.cpp: W is about low + code * step with step = (high - low) /
    (2^bits - 1). Source: Jacob et al. 2018, arXiv:1712.05877, section 2.1.

    Parameters
    ----------
    W : ndarray of float, shape (rows, columns)
    scheme : Scheme

    Returns
    -------
    ndarray of float32, shape (rows, columns)
        Each entry within half a step of the original.

    Raises
    ------
    ValueError
        If the number of bits is not 2 to 8 or 16, or the blocks do not fill a row.
    """
    if scheme.bits == 16:
        return W.astype(np.float32)
    if not 2 <= scheme.bits <= 8:
        raise ValueError(f"bits must be 2 to 8, or 16, not {scheme.bits}")
    if scheme.block < 0 or (scheme.block and W.shape[1] % scheme.block):
        raise ValueError(f"rows of {W.shape[1]} weights cannot be cut into blocks of {scheme.block}")
    groups = W.astype(np.float32).reshape(-1, scheme.block or W.shape[1])
    low = groups.min(axis=1, keepdims=True)
    step = (groups.max(axis=1, keepdims=True) - low) / (2**scheme.bits - 1)
    step[step == 0] = 1  # a group of equal weights stays as it is
    return (np.rint((groups - low) / step) * step + low).reshape(W.shape).astype(np.float32)


def write_rounded(
    target: Path, scheme: Scheme, *, report: Callable[[str], None] = lambda line: None
) -> float:
    """Write a copy of the shipped model with rounded matrices.

    Parameters
    ----------
    target : Path
        A GGUF file of about 270 MB.
    scheme : Scheme
    report : callable
        Is told how far it is.

    Returns
    -------
    float
        Megabytes that the weights would take when their codes are packed.

    Raises
    ------
    LiveModelError
        If a package is missing.
    """
    try:
        import gguf
    except ImportError as error:
        raise LiveModelError(f"{error.name} is not installed; to make rounded copies: {INSTALL}") from None
    reader = gguf.GGUFReader(str(model_file()))
    unfinished = target.with_suffix(".part")
    writer = gguf.GGUFWriter(str(unfinished), "llama")
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.file_type"):
            continue
        kind = field.types[0]
        parts = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub_type=parts)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    size = 0.0
    for number, tensor in enumerate(reader.tensors, start=1):
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        if values.ndim == 2:
            size += scheme.bytes_of(values.shape)
            writer.add_tensor(tensor.name, round_weights(values, scheme).astype(np.float16))
        else:
            size += values.size * 4
            writer.add_tensor(tensor.name, values.astype(np.float32))
        if number % 50 == 0:
            report(f"{target.name}: {number} of {len(reader.tensors)} tensors")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    unfinished.replace(target)
    return size / 1e6
