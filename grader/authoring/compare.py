"""Whether two checks documents say the same, and if not, the first difference with its question, case and key.

A number that was computed on another processor may differ in its last digits. Not for judging answers.
"""

from __future__ import annotations

from typing import TypeGuard

import numpy as np

from holdout.checks.codec import TAG, CodecError, decode

RTOL = 1e-9
"""Relative difference of two numbers that are taken for the same.

A sum of n double-precision terms, in another order, differs by at most n times 2.2e-16 of its largest partial sum; the longest
sums of the course have some 10^6 terms, which makes 2e-10. This is four times as much, and the strictest tolerance
that a question has for an answer: a difference that a learner may make is none between two processors either.
"""
ATOL = 1e-12
"""Absolute difference that is none: what is left where numbers near 1 cancel."""


def compare_documents(made: dict, found: dict) -> str | None:
    """The first way in which a checks document is not the one that its questions make.

    Parameters
    ----------
    made : dict
        As the questions make it.
    found : dict
        As it stands in ``checks.json``.

    Returns
    -------
    str or None
        Such as "question 01.gap, case 'three': expected is 3.001 instead of 3.0"; None where they agree. Questions that
        are new or gone come first. The digest is left out: it belongs to the digits.
    """
    if not isinstance(found, dict) or not isinstance(found.get("questions"), dict):
        return "it is no checks document"
    new = [id for id in made["questions"] if id not in found["questions"]]
    gone = [id for id in found["questions"] if id not in made["questions"]]
    if new or gone:
        parts = [f"it lacks the question {', '.join(new)}"] if new else []
        parts += [f"it still has the question {', '.join(gone)}"] if gone else []
        return " and ".join(parts)
    if list(made["questions"]) != list(found["questions"]):
        return f"its questions are in another order than {', '.join(made['questions'])}"
    for key in made:
        if key not in ("questions", "digest") and made[key] != found.get(key):
            return f"its {key} is {found.get(key)!r} instead of {made[key]!r}"
    differences = (
        _compare_questions(id, question, found["questions"][id]) for id, question in made["questions"].items()
    )
    return next((difference for difference in differences if difference), None)


def _compare_questions(id: str, made: dict, found: dict) -> str | None:
    where = f"question {id}"
    if not isinstance(found, dict):
        return f"{where} is no table"
    # Results of a question with a wider tolerance may come out of an ill-conditioned calculation, or of a search that stops when
    # it is near enough: another last digit on its way, and it stops elsewhere.
    rtol, atol = (
        max(least, made["parameters"].get(name, 0.0)) for least, name in ((RTOL, "rtol"), (ATOL, "atol"))
    )
    for key in made:
        if key in ("cases", "wrong"):
            continue
        if difference := _difference(made[key], found.get(key), RTOL, ATOL, key):
            return f"{where}: {difference}"
    extra = sorted(set(found) - set(made))
    if extra:
        return f"{where} has the unknown key {extra[0]!r}"
    for part, name, what in (("cases", "title", "case"), ("wrong", "name", "wrong answer")):
        rows = found.get(part)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            return f"{where}: its {part} are no list"
        ours, theirs = [row[name] for row in made[part]], [row.get(name) for row in rows]
        for missing in ours:
            if missing not in theirs:
                return f"{where} lacks the {what} {missing!r}"
        for old in theirs:
            if old not in ours:
                return f"{where} still has the {what} {old!r}"
        if ours != theirs:
            return f"{where} has its {what}s in another order"
        for row, other in zip(made[part], rows, strict=True):
            for key in sorted({*row, *other}):
                if key not in other or key not in row:
                    return (
                        f"{where}, {what} {row[name]!r}: {key} is {'missing' if key in row else 'not known'}"
                    )
                relative, absolute = (RTOL, ATOL) if key == "inputs" else (rtol, atol)
                if difference := _difference(row[key], other[key], relative, absolute, key):
                    return f"{where}, {what} {row[name]!r}: {difference}"
    return None


def _difference(made: object, found: object, rtol: float, atol: float, where: str) -> str | None:
    """First difference of two encoded values; a generator is encoded by its seed, so that equal seeds are equal states."""
    if isinstance(made, dict) and isinstance(found, dict):
        if made.get(TAG) == found.get(TAG) == "array":
            return _array_difference(made, found, rtol, atol, where)
        for key in sorted({*made, *found}):
            place = where if key in (TAG, "v") else f"{where}/{key}"
            if key not in found or key not in made:
                return f"{place} is {'missing' if key in made else 'not known'}"
            if difference := _difference(made[key], found[key], rtol, atol, place):
                return difference
        return None
    if isinstance(made, list) and isinstance(found, list):
        if len(made) != len(found):
            return f"{where} has {len(found)} entries instead of {len(made)}"
        for position, (one, other) in enumerate(zip(made, found, strict=True)):
            if difference := _difference(one, other, rtol, atol, f"{where}[{position}]"):
                return difference
        return None
    if _is_number(made) and _is_number(found) and (isinstance(made, float) or isinstance(found, float)):
        same = abs(made - found) <= atol + rtol * abs(made)
    else:
        same = type(made) is type(found) and made == found
    return None if same else f"{where} is {_short(found)} instead of {_short(made)}"


def _array_difference(made: dict, found: dict, rtol: float, atol: float, where: str) -> str | None:
    try:
        one, other = decode(made), decode(found)
    except CodecError as error:
        return f"{where} cannot be decoded ({error})"
    if one.dtype != other.dtype or one.shape != other.shape:
        return f"{where} is an array {other.dtype}{list(other.shape)} instead of {one.dtype}{list(one.shape)}"
    if one.dtype.kind == "f":
        # half and single precision have larger last digits
        width = max(rtol, 4 * float(np.finfo(one.dtype).eps))
        same = np.isclose(other, one, rtol=width, atol=atol, equal_nan=True)
    else:
        same = one == other
    if same.all():
        return None
    index = tuple(int(i) for i in np.argwhere(~same)[0])
    return f"{where}{list(index)} is {_short(other[index].item())} instead of {_short(one[index].item())}"


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: object, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
