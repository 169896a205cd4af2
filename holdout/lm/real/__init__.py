"""A real language model beside the course's own: SmolLM2-135M-Instruct, recorded, and live for who installs it.

`ask` and `logprobs` use llama.cpp where `requirements-live.txt` is installed and the recorded tables of
`datasets/real_model` otherwise, and say which. `answers` scores free text. `python -m holdout.lm.real` makes the tables
again. Names are imported when they are first used.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdout.lm.real.answers import normal_value, read_value, score
    from holdout.lm.real.live import Answer, ask, logprobs
    from holdout.lm.real.runtime import LiveModelError

__all__ = ["Answer", "LiveModelError", "ask", "logprobs", "normal_value", "read_value", "score"]

_HOME = {
    "Answer": "live",
    "LiveModelError": "runtime",
    "ask": "live",
    "logprobs": "live",
    "normal_value": "answers",
    "read_value": "answers",
    "score": "answers",
}


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
