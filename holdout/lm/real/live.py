"""Ask the real model, live where its packages are installed and from the recorded tables otherwise.

`ask` and `logprobs` say with each result where it comes from. Nothing is downloaded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from holdout.errors import InvalidValue
from holdout.lm.real import records, runtime
from holdout.lm.real.prompts import PROMPTS, ask_default, messages
from holdout.lm.real.runtime import INSTALL, LiveModelError


@dataclass(frozen=True)
class Answer:
    """What the real model answered.

    Attributes
    ----------
    text : str
    live : bool
        The model was asked just now; otherwise the answer was recorded.
    source : str
        Which runtime or which table.
    cut : bool
        The token limit ended the answer.
    """

    text: str
    live: bool
    source: str
    cut: bool

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        end = " ... (cut by the token limit)" if self.cut else ""
        return f"{self.text}{end}\n{_origin(self.live, self.source)}"


def _origin(live: bool, source: str) -> str:
    return f"[{'live' if live else 'recorded'}: {source}]"


def ask(
    question: str, passages: Sequence[str] = (), *, system: str = "", max_tokens: int | None = None
) -> Answer:
    """Ask SmolLM2-135M-Instruct one question, greedily.

    Parameters
    ----------
    question : str
    passages : sequence of str
        Documentation that is shown above the question, in this order; each is cut after 300 characters. Three worked
        examples go before it, one of which shows the answer "unknown" where the documentation does not say it.
    system : str
        Replaces the model's own system prompt.
    max_tokens : int, optional
        Where the answer is cut; 40 tokens, or 16 with passages, by default. Records exist for these limits.

    Returns
    -------
    Answer
        Live where the packages are installed; otherwise the recorded answer to exactly this conversation.

    Raises
    ------
    InvalidValue
        If there is no question, or a single text is given instead of a list of passages.
    LiveModelError
        If the model is not here and this conversation was not recorded (the message has the line that installs it), or
        it is here and cannot answer.

    Examples
    --------
    >>> answer = ask("What is the default value of the parameter n_estimators of RandomForestClassifier in scikit-learn?")
    >>> "10" in str(answer)
    True
    """
    turns = conversation(question, passages, system=system)
    if max_tokens is None:
        max_tokens = PROMPTS[_prompt(passages)].max_tokens
    if max_tokens < 1:
        raise InvalidValue(f"max_tokens is {max_tokens}; an answer needs at least 1")
    reason = runtime.problem()
    if not reason:
        model = runtime.load()
        reply = model.reply(turns, max_tokens=max_tokens)
        return Answer(reply.text, True, model.runtime, reply.finish == "length")
    found = records.find_answer(turns, max_tokens)
    if found is None:
        raise LiveModelError(f"This question was not recorded, and the real model is not here: {reason}")
    where = f"{found.runtime}, datasets/{records.FOLDER}/{records.file_name(found.table)}; to ask it live: {INSTALL}"
    return Answer(found.text, False, where, found.finish == "length")


def conversation(question: str, passages: Sequence[str] = (), *, system: str = "") -> runtime.Messages:
    """The conversation that `ask` starts, as pairs of role and text."""
    if isinstance(passages, str):
        raise InvalidValue("passages is one text; give a list of texts, such as [passage]")
    if not question.strip():
        raise InvalidValue("the question is empty")
    turns = messages(PROMPTS[_prompt(passages)], question, passages)
    return [("system", system), *turns] if system else turns


def _prompt(passages: Sequence[str]) -> str:
    return "read examples" if passages else "plain"


_DEFAULT_QUESTION = re.compile(r"parameter (\w+) of (\w+)")


@dataclass(frozen=True)
class Likelihoods:
    """Log likelihoods of several answers to one question.

    Attributes
    ----------
    logprobs : dict of str to float
        Natural logarithms.
    live : bool
    source : str
    """

    logprobs: dict[str, float]
    live: bool
    source: str

    def __repr__(self) -> str:
        values = ", ".join(f"{option}: {value:.2f}" for option, value in self.logprobs.items())
        return f"{values}\n{_origin(self.live, self.source)}"

    def probabilities(self) -> dict[str, float]:
        """Probabilities given that one of these answers is chosen."""
        best = max(self.logprobs.values())
        weights = {option: math.exp(value - best) for option, value in self.logprobs.items()}
        total = sum(weights.values())
        return {option: weight / total for option, weight in weights.items()}


def logprobs(estimator: str, parameter: str, options: Sequence[str]) -> Likelihoods:
    """How probable the model finds each of several values as the default of a parameter.

    The answer begins "The default value of PARAMETER is" and goes on with the option and a full stop.

    Parameters
    ----------
    estimator, parameter : str
        Such as `"RandomForestClassifier"` and `"n_estimators"`.
    options : sequence of str
        Values as a person writes them, without quotes: `"10"`, `"auto"`.

    Returns
    -------
    Likelihoods
        Live where the packages are installed, otherwise recorded.

    Raises
    ------
    InvalidValue
        If there is no option, or a name has blanks.
    LiveModelError
        As `ask`.
    """
    question = ask_default(estimator, parameter)
    named = _DEFAULT_QUESTION.search(question)
    if isinstance(options, str) or not options or not all(str(option).strip() for option in options):
        raise InvalidValue("options must be a list of one or more values, such as ['10', '100']")
    if named is None or (named[1], named[2]) != (parameter, estimator):
        raise InvalidValue(f"{estimator!r} and {parameter!r} must be names, such as 'Ridge' and 'alpha'")
    wanted = [str(option) for option in options]
    reason = runtime.problem()
    if not reason:
        model = runtime.load()
        beginning = f"The default value of {parameter} is"
        turns = [("user", question)]
        values = {option: model.logprob_of(turns, beginning, f" {option}.") for option in wanted}
        return Likelihoods(values, True, model.runtime)
    recorded = records.find_choice(estimator, parameter)
    absent = [option for option in wanted if option not in recorded]
    if absent:
        known = f"; recorded are {', '.join(recorded)}" if recorded else ""
        raise LiveModelError(
            f"{', '.join(absent)} for {parameter} of {estimator} was not recorded{known}. The real model is not here: {reason}"
        )
    name = recorded[wanted[0]][1]
    where = f"{name}, datasets/{records.FOLDER}/choice.csv; to ask it live: {INSTALL}"
    return Likelihoods({option: recorded[option][0] for option in wanted}, False, where)
