"""What exercise 06 calls in the learner's process: their harness, with a model whose replies are fixed.

A model cannot travel as an input, so it is made here. Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def run_harness(harness: Callable[..., Any], items: Sequence[Mapping], replies: Mapping[str, str]) -> Any:
    """What a learner's harness returns for a model with fixed replies.

    Parameters
    ----------
    harness : callable
        ``harness(complete, items)``.
    items : list of dict
        With ``prompt``, ``answer`` and ``kind``.
    replies : dict of str to str
        Prompt to answer.

    Returns
    -------
    object
        Whatever the harness returns.

    Raises
    ------
    TypeError
        If the model is asked with a single text instead of a list.
    RuntimeError
        If it is asked more than once.
    """
    calls = []

    def complete(prompts):
        if isinstance(prompts, str):
            raise TypeError("complete takes a list of prompts, not one text: complete([...])")
        calls.append(len(prompts))
        if len(calls) > 1:
            raise RuntimeError("the model was asked a second time; give all prompts in one call")
        return [replies[prompt] for prompt in prompts]

    return harness(complete, [dict(item) for item in items])
