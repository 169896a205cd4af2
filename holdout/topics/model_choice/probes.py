"""What exercise 06 calls: the learner's harness, with a model whose replies are fixed. Nothing is judged here.

A check makes the model where the harness is. In grading it is outside: it replies to what it is asked, once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

from holdout.checks.asking import answered_steps, run_until_it_asks


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
    return harness(
        _asked_once(lambda prompts: [replies[prompt] for prompt in prompts]), [dict(item) for item in items]
    )


def _asked_once(model):
    calls = []

    def complete(prompts):
        if isinstance(prompts, str):
            raise TypeError("complete takes a list of prompts, not one text: complete([...])")
        calls.append(len(prompts))
        if len(calls) > 1:
            raise RuntimeError("the model was asked a second time; give all prompts in one call")
        return model(prompts)

    return complete


def ask_the_model(harness: Callable[..., Any], about: Mapping[str, Any], told: Sequence[Mapping]) -> Any:
    """Run a harness until it asks the model, which is not here (see :func:`holdout.checks.asking.run_until_it_asks`)."""

    def run(ask, items):
        return harness(_asked_once(lambda prompts: ask([str(prompt) for prompt in prompts])), items)

    return run_until_it_asks(run, about, told)


def run_harness_steps(items: Sequence[Mapping], replies: Mapping[str, str]) -> Generator[tuple, Any, Any]:
    """The same with the model outside: no reply is in the process of the harness before it was asked for, and it is asked once."""
    about = {"items": [dict(item) for item in items]}
    return answered_steps(ask_the_model, about, lambda prompts: [replies[prompt] for prompt in prompts], 1)
