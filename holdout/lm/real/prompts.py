"""Every prompt that a recorded table was made with, by name, so that each row can be asked again.

A row of a table names its prompt; `messages` turns the name, the question and the passages into the conversation that
the model saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from holdout.lm.real.passages import beginning
from holdout.lm.real.questions import Question
from holdout.lm.real.runtime import Messages

PASSAGE_CHARACTERS = 300
"""A passage is shown up to here; the default stands in its first line."""

ONLY = " Answer with the value only."
RULE = ONLY + " If the documentation does not say it, answer unknown."
SYSTEM = "You know scikit-learn by heart. You answer questions about default values with the value only, no sentence."
HOUSE = "Answer in the form [ parameter :: value ], for example [ max_depth :: None ]."
JSON = (
    'Answer with one JSON object with the keys "parameter" and "value", for example '
    '{"parameter": "max_depth", "value": "None"}.'
)
CAREFUL = "You are a careful assistant. Think about the question, then answer in one short sentence."

SYSTEM_PROMPTS = {"shipped": "", "other system prompt": CAREFUL}
"""System prompts of the two recorded replacements that leave the weights alone; empty for the model's own."""

EXAMPLES: tuple[tuple[str, str, str, str], ...] = (
    ("SVR", "C", "1.0", "SVR, parameter C : float, default=1.0"),
    ("VotingRegressor", "verbose", "False", "VotingRegressor, parameter verbose : bool, default=False"),
    ("FeatureHasher", "input_type", "dict", "FeatureHasher, parameter input_type : str, default='dict'"),
    ("BisectingKMeans", "n_clusters", "8", "BisectingKMeans, parameter n_clusters : int, default=8"),
    ("Lars", "eps", "2.22e-16", "Lars, parameter eps : float, default=2.22e-16"),
)
"""Worked examples (class, parameter, answer, documentation); none of them is asked."""


def ask_default(estimator: str, parameter: str) -> str:
    """The question for one default, as all tables ask it."""
    return f"What is the default value of the parameter {parameter} of {estimator} in scikit-learn?"


def with_passages(passages: Sequence[str], question: str) -> str:
    """A question below the passages that may answer it."""
    return "Documentation:\n" + "\n\n".join(passages) + f"\n\nQuestion: {question}{RULE}"


@dataclass(frozen=True)
class Prompt:
    """How a question is put.

    Attributes
    ----------
    name : str
    max_tokens : int
        Where a reply is cut: long enough for a whole sentence, or for the longest value.
    system : str
        "" leaves the model's own.
    suffix : str
        Follows the question.
    examples : int
        How many worked examples go before it.
    form : str
        "value", "house" or "json": what a valid answer is.
    passages : bool
        Whether documentation is shown.
    """

    name: str
    max_tokens: int
    system: str = ""
    suffix: str = ""
    examples: int = 0
    form: str = "value"
    passages: bool = False


PROMPTS = {
    prompt.name: prompt
    for prompt in (
        Prompt("plain", 40),
        Prompt("instruction", 40, suffix=ONLY),
        Prompt("system", 40, system=SYSTEM, suffix=ONLY),
        Prompt("examples 1", 16, system=SYSTEM, examples=1),
        Prompt("examples 3", 16, system=SYSTEM, examples=3),
        Prompt("examples 5", 16, system=SYSTEM, examples=5),
        Prompt("house 0", 40, suffix=" " + HOUSE, form="house"),
        Prompt("house 3", 40, system=HOUSE, examples=3, form="house"),
        Prompt("json 0", 48, suffix=" " + JSON, form="json"),
        Prompt("json 3", 48, system=JSON, examples=3, form="json"),
        Prompt("read", 40, passages=True),
        Prompt("read examples", 16, examples=3, passages=True),
    )
}
"""The prompts, by name."""


def messages(prompt: Prompt, question: str, passages: Sequence[str] = ()) -> Messages:
    """The conversation for one question.

    Parameters
    ----------
    prompt : Prompt
    question : str
    passages : sequence of str
        Shown where the prompt shows documentation, each up to `PASSAGE_CHARACTERS`.

    Returns
    -------
    list of (role, text)
    """
    turns: list[tuple[str, str]] = [("system", prompt.system)] if prompt.system else []
    if prompt.passages:
        turns += [turn for pair in READING_EXAMPLES[: prompt.examples] for turn in pair]
        shown = [beginning(passage, PASSAGE_CHARACTERS) for passage in passages]
        turns.append(("user", with_passages(shown, question)))
    else:
        for estimator, parameter, value, _ in EXAMPLES[: prompt.examples]:
            asked = ask_default(estimator, parameter) + prompt.suffix
            turns += [("user", asked), ("assistant", in_form(prompt.form, parameter, value))]
        turns.append(("user", question + prompt.suffix))
    return turns


def in_form(form: str, parameter: str, value: str) -> str:
    """A value written as a prompt asks for it."""
    if form == "house":
        return f"[ {parameter} :: {value} ]"
    if form == "json":
        return f'{{"parameter": "{parameter}", "value": "{value}"}}'
    return value


def _reading_examples() -> tuple[tuple[tuple[str, str], tuple[str, str]], ...]:
    first, second, third = EXAMPLES[0], EXAMPLES[1], EXAMPLES[2]

    def pair(
        shown: str, example: tuple[str, str, str, str], answer: str
    ) -> tuple[tuple[str, str], tuple[str, str]]:
        question = ask_default(example[0], example[1])
        return ("user", with_passages([shown], question)), ("assistant", answer)

    # the second shows what to do when the documentation is about something else
    return (
        pair(first[3], first, first[2]),
        pair(EXAMPLES[3][3], second, "unknown"),
        pair(third[3], third, third[2]),
    )


READING_EXAMPLES = _reading_examples()
"""Three worked examples with documentation; the passage of the second does not answer its question ("unknown")."""


def line_and_question(passage: str, question: Question) -> str:
    """The first line of a passage and a short question: the reading task of the canary and of the judge."""
    line = passage.split("\n")[0]
    return f"Documentation: {line}\nQuestion: What is the default value of {question.parameter} of {question.estimator}?"


LINE_EXAMPLES: tuple[tuple[str, str], ...] = (
    (
        "user",
        "Documentation: SVR, parameter C : float, default=1.0\nQuestion: What is the default value of C of SVR?",
    ),
    ("assistant", "1.0"),
    (
        "user",
        "Documentation: FeatureHasher, parameter input_type : str, default='dict'\n"
        "Question: What is the default value of input_type of FeatureHasher?",
    ),
    ("assistant", "dict"),
)
"""Two worked examples of that task."""
