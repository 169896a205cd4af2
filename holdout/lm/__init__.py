"""A small language model to be read, trained, adapted and broken: everything in NumPy.

Read in this order: `tokenizer`, `model`, `sample`, `optimizer`, `facts`, `examples`, `train`; then `lora`,
`quantize`, `adapt`. `load("M")` gives a trained model at once.
"""

from holdout.lm.checkpoint import CheckpointError, load, save
from holdout.lm.facts import FactBook, open_book, read_defaults
from holdout.lm.language_model import LanguageModel, make_prompt
from holdout.lm.lora import LowRankAdapter
from holdout.lm.model import Config, count_weights
from holdout.lm.quantize import quantize, quantize_matrix, stored_bytes
from holdout.lm.slices import Store, course_set
from holdout.lm.threads import one_thread
from holdout.lm.tokenizer import Tokenizer, UnknownWordError

__all__ = [
    "CheckpointError",
    "Config",
    "FactBook",
    "LanguageModel",
    "LowRankAdapter",
    "Store",
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
