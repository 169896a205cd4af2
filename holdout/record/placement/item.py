"""What an item of the placement is: a choice, a number or a line of code, with the misconception behind each wrong answer.

Not for the items themselves (`items`) and not for what follows from the answers (`scoring`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from holdout.errors import InvalidValue

UNKNOWN = "?"
"""The answer "I do not know": it costs nothing and is never right."""


@dataclass(frozen=True)
class Option:
    """One sentence to choose.

    Parameters
    ----------
    text : str
        May hold fields such as ``{gap:.0%}``, filled from the facts of its item.
    misconception : str
        Name of what somebody who chooses it believes (see `misconceptions`); empty for the right one.
    says : str
        What it earns, with fields.
    """

    text: str
    misconception: str
    says: str


@dataclass(frozen=True)
class Misread:
    """A wrong number, or a wrong line.

    Parameters
    ----------
    value : str or int
        For a number, its name among the facts; for a line, its number.
    misconception, says : str
        As for `Option`.
    """

    value: str | int
    misconception: str
    says: str


@dataclass(frozen=True)
class Item:
    """One item.

    Parameters
    ----------
    form : {"A", "B"}
    family : str
        Number of its lesson and which of the lesson's items, such as "01.1"; the two forms have the same families.
    stem : str
        The question, with fields.
    facts : callable
        Without arguments; computes every number of the item from a seeded generator, and has the same result at each call.
    says : str
        Why the right answer is right, with fields.
    holds : callable
        Takes the facts; whether they bear out the right answer. Tested.
    options : tuple of Option
        Of a choice; the first is right.
    code : str
        Of a line item.
    line : int
        Number of the right line, from 1.
    answer : str
        Of a number: its name among the facts.
    tolerance : float
        Of a number: what counts as right, on either side.
    unit : str
    misreads : tuple of Misread
    figure : callable, optional
        Takes the facts and returns a matplotlib Figure.
    alt : str
        What the figure shows, with every value that is needed, with fields.
    """

    form: str
    family: str
    stem: str
    facts: Callable[[], Mapping[str, float]]
    says: str
    holds: Callable[[Mapping[str, float]], bool]
    options: tuple[Option, ...] = ()
    code: str = ""
    line: int = 0
    answer: str = ""
    tolerance: float = 0.0
    unit: str = ""
    misreads: tuple[Misread, ...] = ()
    figure: Callable | None = None
    alt: str = ""

    @property
    def id(self) -> str:
        """Such as "A.01.1"."""
        return f"{self.form}.{self.family}"

    @property
    def lesson(self) -> str:
        """Number of the lesson that treats it."""
        return self.family.split(".")[0]

    @property
    def kind(self) -> str:
        """ "choice", "line" or "number"."""
        return "choice" if self.options else "line" if self.code else "number"

    @cached_property
    def values(self) -> Mapping[str, float]:
        """The facts, computed once."""
        return self.facts()

    def text(self, template: str) -> str:
        """Fill the fields of one of its texts."""
        return template.format_map(self.values)

    @property
    def lines(self) -> list[str]:
        """Lines of the code."""
        return self.code.strip("\n").splitlines()

    def read(self, answer: object) -> str | float:
        """Return an answer as it is recorded.

        Parameters
        ----------
        answer : object
            Of a choice the place of the option in the source, from 0; of a line its number; of a number the number; or
            `UNKNOWN`.

        Returns
        -------
        str or float
            A number, or `UNKNOWN`.

        Raises
        ------
        InvalidValue
            If it is none of these.
        """
        if answer == UNKNOWN:
            return UNKNOWN
        text = str(answer).strip().removesuffix(self.unit).strip().removesuffix("%").replace(",", ".")
        try:
            value = float(text)
        except ValueError:
            raise InvalidValue(
                f"{answer!r} is not a number: write it with a point, such as 12.5, or say that you do not know"
            ) from None
        last = len(self.options) - 1 if self.options else len(self.lines)
        if self.kind != "number" and not (
            value == int(value) and (0 if self.options else 1) <= value <= last
        ):
            raise InvalidValue(f"{answer!r} is no {'option' if self.options else 'line'} of item {self.id}")
        if not abs(value) < 1e12:
            raise InvalidValue(f"{answer!r} is not a number that can be compared")
        return value

    def is_right(self, answer: str | float) -> bool:
        """Whether an answer, as `read` returns it, is right."""
        if answer == UNKNOWN or isinstance(answer, str):
            return False
        if self.kind == "choice":
            return answer == 0
        if self.kind == "line":
            return answer == self.line
        # the last digits of a difference are rounding
        return abs(answer - self.values[self.answer]) <= self.tolerance * (1 + 1e-9)

    def misconception(self, answer: str | float) -> str:
        """Name of the misconception that an answer shows; empty for a right one, and for a wrong one that shows none."""
        found = self._misread(answer)
        return "" if found is None else found.misconception

    def explain(self, answer: str | float) -> str:
        """What an answer earns: what it did, and why the right one is right."""
        reason = self.text(self.says)
        if self.is_right(answer):
            return f"Right. {reason}"
        found = self._misread(answer)
        own = "" if found is None else self.text(found.says) + " "
        return f"{own}{self.right_text()} {reason}"

    def right_text(self) -> str:
        """The right answer as a sentence."""
        if self.kind == "choice":
            return f"The answer: {self.text(self.options[0].text)}"
        if self.kind == "line":
            return f"The answer: line {self.line}."
        return f"The answer: {self.values[self.answer]:.3g} {self.unit} (right within {self.tolerance:g})."

    def _misread(self, answer: str | float) -> Option | Misread | None:
        if isinstance(answer, str) or self.is_right(answer):
            return None
        if self.kind == "choice":
            return self.options[int(answer)]
        for misread in self.misreads:
            if isinstance(misread.value, str):
                # as near as a right answer must be to the right number
                if abs(answer - self.values[misread.value]) <= self.tolerance:
                    return misread
            elif answer == misread.value:
                return misread
        return None

    @property
    def misconceptions(self) -> dict[str, float]:
        """The answer that each misconception leads to."""
        if self.kind == "choice":
            return {
                option.misconception: float(place)
                for place, option in enumerate(self.options)
                if option.misconception
            }
        return {
            misread.misconception: float(
                self.values[misread.value] if isinstance(misread.value, str) else misread.value
            )
            for misread in self.misreads
        }

    @property
    def chance(self) -> float:
        """Probability that somebody who guesses among the answers is right.

        Among options or lines, one of them. A number: the share of the range between 0 and twice the largest of the right
        and the misread numbers that counts as right, a guess that does not read the question.
        """
        if self.kind == "choice":
            return 1 / len(self.options)
        if self.kind == "line":
            return 1 / len(self.lines)
        largest = max(abs(self.values[self.answer]), *(abs(value) for value in self.misconceptions.values()))
        return min(1.0, 2 * self.tolerance / (2 * largest))
