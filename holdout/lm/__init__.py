"""A small language model to be read, trained, adapted and broken: everything in NumPy.

Read in this order: `tokenizer`, `model`, `sample`, `optimizer`, `facts`, `examples`, `tools.train`; then `lora`,
`quantization`, `adapt`. `load("M")` gives a trained model at once. Names are imported when they are first used, so
no module of this package depends on the order in which the others are imported.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdout.lm.checkpoint import CheckpointError, load, save
    from holdout.lm.facts import FactBook, open_book, read_defaults
    from holdout.lm.language_model import LanguageModel, make_prompt
    from holdout.lm.lora import LowRankAdapter
    from holdout.lm.model import Config, count_weights
    from holdout.lm.quantization import quantize, quantize_matrix, stored_bytes
    from holdout.lm.slices import PassageStore, course_set
    from holdout.lm.threads import one_thread
    from holdout.lm.tokenizer import Tokenizer, UnknownWordError

__all__ = [
    "CheckpointError",
    "Config",
    "FactBook",
    "LanguageModel",
    "LowRankAdapter",
    "PassageStore",
    "Tokenizer",
    "UnknownWordError",
    "count_weights",
    "course_set",
    "load",
    "make_prompt",
    "one_thread",
    "open_book",
    "quantize",
    "quantize_matrix",
    "read_defaults",
    "save",
    "stored_bytes",
]

_HOME = {
    "CheckpointError": "checkpoint",
    "Config": "model",
    "FactBook": "facts",
    "LanguageModel": "language_model",
    "LowRankAdapter": "lora",
    "PassageStore": "slices",
    "Tokenizer": "tokenizer",
    "UnknownWordError": "tokenizer",
    "count_weights": "model",
    "course_set": "slices",
    "load": "checkpoint",
    "make_prompt": "language_model",
    "one_thread": "threads",
    "open_book": "facts",
    "quantize": "quantization",
    "quantize_matrix": "quantization",
    "read_defaults": "facts",
    "save": "checkpoint",
    "stored_bytes": "quantization",
}


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module 'holdout.lm' has no attribute {name!r}")
    return getattr(importlib.import_module(f"holdout.lm.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
