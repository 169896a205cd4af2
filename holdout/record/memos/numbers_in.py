"""Numbers of a memo that stand in no result: what a careful reader would ask about first."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

_NUMBER = re.compile(
    r"(?<![\w.])([−+-]?)(\d{1,3}(?:[,   ]\d{3})+(?:\.\d+)?|\d*\.\d+|\d+)( ?%| points?\b)?(?!\w|\.\d)"
)
SMALL = 12
"""Whole numbers up to here are counts of things (four months, 5 bits) and are not looked for."""


def numbers_in(text: str) -> list[tuple[str, float, int, bool]]:
    """The numbers of a text: as written, value, decimals, and whether it is said in per cent or points."""
    found = []
    for match in _NUMBER.finditer(text):
        digits = re.sub(r"[,   ]", "", match[2])
        value = float(digits) * (-1 if match[1] in "−-" and match[1] else 1)
        decimals = len(digits.partition(".")[2])
        found.append((match[0].strip(), value, decimals, bool(match[3])))
    return found


def strangers(memo: str, results: Iterable[str], exact: Iterable[float] = ()) -> list[str]:
    """Numbers of a memo that are no rounding of any number in the results.

    A number may be a rounding of a result, a share may be said in per cent, and the sign may be in the words. Small whole
    numbers and years are passed over, because they are mostly counts and names.

    Parameters
    ----------
    memo : str
    results : iterable of str
        Texts whose numbers are results: outputs, and the task itself, which states prices and limits.
    exact : iterable of float, optional
        Results that are known as numbers, such as those of a kept artefact.

    Returns
    -------
    list of str
        As they are written in the memo, each once, in order.
    """
    known = [abs(value) for text in results for _, value, _, _ in numbers_in(text)]
    known += [abs(float(value)) for value in exact if math.isfinite(value)]
    missing = []
    for written, value, decimals, percent in numbers_in(memo):
        size = abs(value)
        whole = decimals == 0 and not percent
        if (whole and (size <= SMALL or 1900 <= size <= 2100)) or written in missing:
            continue
        half = 0.5 * 10.0**-decimals * (1 + 1e-9)
        scales = (1, 100) if percent else (1,)
        if not any(abs(scale * result - size) <= half for result in known for scale in scales):
            missing.append(written)
    return missing
