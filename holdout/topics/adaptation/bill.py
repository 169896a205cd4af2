"""Monthly costs of prompting, retrieval, a stronger model and fine-tuning when facts change.

Arithmetic on accuracies that `experiments` measures; no model runs here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdout.topics.adaptation.experiments import EXAMPLES_NEEDED, OPTIONS


# -- priced
@dataclass(frozen=True)
class Prices:
    """What things cost, in euros. These are assumptions of the course, to be replaced by your own.

    Parameters
    ----------
    question : float
        Answering one plain question with the small model; longer prompts cost in proportion.
    stronger : float
        How many times dearer the stronger model is.
    build : mapping of str to float
        Building an option once, spread over twelve months, a month.
    upkeep : mapping of str to float
        Running it, a month.
    label : float
        One training example that is not at hand, spread over twelve months like the building.
    retune : float
        One more round of fine-tuning: data, training, evaluation, release.
    breach : float
        A month in breach of a rule. Infinite: no traffic makes a breach worth its while.
    """

    question: float = 0.0005
    stronger: float = 6.0
    build: Mapping[str, float] = (  # type: ignore[assignment]  # a mapping after __post_init__
        ("prompt", 100.0),
        ("retrieval", 500.0),
        ("stronger model", 550.0),
        ("fine-tune", 700.0),
        ("both", 1200.0),
    )
    upkeep: Mapping[str, float] = (  # type: ignore[assignment]
        ("prompt", 0.0),
        ("retrieval", 150.0),
        ("stronger model", 150.0),
        ("fine-tune", 100.0),
        ("both", 250.0),
    )
    label: float = 15.0
    retune: float = 800.0
    breach: float = math.inf

    def __post_init__(self):
        object.__setattr__(self, "build", dict(self.build))
        object.__setattr__(self, "upkeep", dict(self.upkeep))


PRICES = Prices()
INTERVALS = (0.25, 0.5, 1.0, 2.0, 3.0, 6.0, 12.0)
RULES = ("none", "cite the source", "delete on request", "keep data in house")
BREACHES = {
    "none": (),
    "cite the source": ("prompt", "fine-tune"),
    "delete on request": ("fine-tune",),
    "keep data in house": ("stronger model",),
}


def stale_share(change_rate: float | np.ndarray, months: float) -> np.ndarray:
    """Mean share of facts that are out of date between two rounds of tuning.

    Facts change at random, each at `change_rate` a month; right after a round none is out of date. The mean of
    1 - exp(-c t) over t from 0 to T is 1 - (1 - exp(-c T)) / (c T).

    Parameters
    ----------
    change_rate : float or ndarray
        Changes of a fact a month, c; 0 or more.
    months : float
        Between two rounds, T; above 0.

    Returns
    -------
    float or ndarray
    """
    if np.any(np.asarray(change_rate) < 0) or months <= 0:
        raise ValueError(
            f"change_rate must be 0 or more and months above 0, not {change_rate!r} and {months!r}"
        )
    x = np.asarray(change_rate, float) * months
    # below 1e-6 the quotient loses digits; x / 2 is exact to 1e-12 there
    return np.where(x < 1e-6, x / 2, 1 + np.expm1(-x) / np.where(x < 1e-6, 1.0, x))


MODEL_OF_OPTION = {
    "prompt": "small",
    "retrieval": "small",
    "stronger model": "stronger",
    "fine-tune": "small, fine-tuned",
    "both": "small, fine-tuned",
}


def token_costs(
    price_list: Mapping[str, tuple[float, float]], tokens_read: Mapping[str, float], tokens_written: float
) -> dict[str, float]:
    """What one answer of each option costs by a price list of tokens.

    Parameters
    ----------
    price_list : mapping of str to (float, float)
        `"small"`, `"small, fine-tuned"` and `"stronger"` to the price of a million tokens read and of a million written.
    tokens_read : mapping of str to float
        Option to the length of its prompt in tokens.
    tokens_written : float
        Length of an answer.

    Returns
    -------
    dict of str to float
        In the currency of the list. For `monthly_bill` these are `tokens`, with prices whose `question` and `stronger`
        are 1.

    Raises
    ------
    ValueError
        If a price or a length is missing or negative.
    """
    costs = {}
    for option, model in MODEL_OF_OPTION.items():
        if model not in price_list or option not in tokens_read:
            raise ValueError(f"{option!r} needs a price of the model {model!r} and the length of its prompt")
        read, written = price_list[model]
        if min(read, written, tokens_read[option], tokens_written) < 0:
            raise ValueError(f"prices and lengths must not be negative; those of {option!r} are")
        costs[option] = (read * tokens_read[option] + written * tokens_written) / 1e6
    return costs


def monthly_bill(
    questions: float | np.ndarray,
    change_rate: float | np.ndarray,
    *,
    accuracies: Mapping[str, float],
    tokens: Mapping[str, float],
    facts: bool,
    examples: int,
    price_of_wrong: float,
    rule: str = "none",
    reader_knows: bool = False,
    prices: Prices = PRICES,
) -> dict[str, dict[str, np.ndarray]]:
    """What each option costs a month, in euros, part by part.

    A model that holds changing facts in its weights is tuned again at that one of `INTERVALS` which makes
    rounds of tuning and wrong answers together cheapest.

    Parameters
    ----------
    questions, change_rate : float or ndarray of the same shape
        Questions a month; changes of a fact a month.
    accuracies : mapping of str to float
        Share of right answers of each option when its facts are up to date.
    tokens : mapping of str to float
        Length of a prompt of each option, as a multiple of a plain question's.
    facts : bool
        Whether fine-tuning puts facts that change into the weights, not only a form.
    examples : int
        Training examples at hand.
    price_of_wrong : float
        Euros a wrong answer.
    rule : str
        One of `RULES`.
    reader_knows : bool
        Whether the tuned model of `both` was trained on the facts, too; then it cannot delete them either.
    prices : Prices

    Returns
    -------
    dict of str to dict of str to ndarray
        Option to `answering`, `wrong answers`, `building and upkeep`, `examples and tuning`, `fines`.

    Raises
    ------
    ValueError
        If there is no such rule.
    """
    if rule not in BREACHES:
        raise ValueError(f"rule must be one of {list(RULES)}, not {rule!r}")
    questions, change_rate = np.broadcast_arrays(np.asarray(questions, float), np.asarray(change_rate, float))
    breaches = BREACHES[rule]
    if rule == "delete on request" and not facts:
        breaches = ()
    elif rule == "delete on request" and reader_knows:
        breaches += ("both",)
    bought = max(0, EXAMPLES_NEEDED - examples) * prices.label / 12
    bill = {}
    for option in OPTIONS:
        times = prices.stronger if option == "stronger model" else 1.0
        tuning = np.zeros_like(questions)
        wrong = questions * price_of_wrong * (1 - accuracies[option])
        if option == "fine-tune" and facts:
            fresh = np.stack([1 - stale_share(change_rate, months) for months in INTERVALS])
            wrong_by_interval = questions * price_of_wrong * (1 - accuracies[option] * fresh)
            rounds = prices.retune / np.reshape(INTERVALS, (-1, *(1,) * questions.ndim))
            cheapest = (wrong_by_interval + rounds).argmin(axis=0)[None]
            wrong = np.take_along_axis(wrong_by_interval, cheapest, axis=0)[0]
            tuning = np.take_along_axis(np.broadcast_to(rounds, wrong_by_interval.shape), cheapest, axis=0)[0]
        bill[option] = {
            "answering": questions * prices.question * tokens[option] * times,
            "wrong answers": wrong,
            "building and upkeep": np.full_like(questions, prices.build[option] + prices.upkeep[option]),
            "examples and tuning": tuning + (bought if option in ("fine-tune", "both") else 0.0),
            "fines": np.full_like(questions, prices.breach if option in breaches else 0.0),
        }
    return bill


def monthly_costs(
    questions: float | np.ndarray, change_rate: float | np.ndarray, **case: Any
) -> dict[str, np.ndarray]:
    """The sums of `monthly_bill`, option by option; same arguments."""
    bill = monthly_bill(questions, change_rate, **case)
    # no option is without parts, so no sum is the number 0
    return {option: sum(parts.values()) for option, parts in bill.items()}  # type: ignore[misc]
