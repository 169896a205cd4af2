"""Numbers and columns of numbers as people read them on the page. Not for comparing them, which is `page`'s task."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

DIGITS = 3
"""Significant digits of a number that nobody has rounded."""
MOST_DECIMALS = 4
"""Decimals of a column that was rounded by whoever kept it; a column with more was not rounded."""
_EMPTY = ("", "–")


def number(value: float) -> str:
    """Return a number with three significant digits; whole from a thousand on."""
    return minus(f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.{DIGITS}g}")


def exact_number(value: float) -> str:
    """Return a number with seven significant digits, to show a small difference."""
    return minus(f"{value:.7g}")


def minus(text: str) -> str:
    """Return a written number with a minus sign in place of its hyphen; that of an exponent stays."""
    return f"−{text[1:]}" if text.startswith("-") else text


def is_number(text: str) -> bool:
    """Whether a cell of a table holds a number or nothing."""
    try:
        float(text)
    except ValueError:
        return text in _EMPTY
    return True


def column(cells: Sequence[str]) -> list[str]:
    """Write the cells of a column of numbers with equally many decimals.

    These are the decimals to which whoever kept the column has rounded it, or else as many as give the largest number
    three significant digits. Whole numbers stay as they are.
    """
    values = {cell: float(cell) for cell in cells if cell not in _EMPTY}
    if not values or not all(map(math.isfinite, values.values())):
        return list(cells)
    if all(re.fullmatch(r"-?\d+", cell) for cell in values):
        return [minus(cell) for cell in cells]
    decimals = _decimals(values)
    # adding 0 makes a negative zero positive
    return [minus(f"{values[cell] + 0.0:,.{decimals}f}") if cell in values else cell for cell in cells]


def _decimals(values: dict[str, float]) -> int:
    written = [re.fullmatch(r"-?\d+\.(\d+)", cell) for cell in values]
    decimals = [len(match[1]) for match in written if match is not None]
    if len(decimals) == len(written) and max(decimals) <= MOST_DECIMALS:
        return max(decimals)
    largest = max(map(abs, values.values())) or 1.0
    return max(0, DIGITS - 1 - math.floor(math.log10(largest)))
