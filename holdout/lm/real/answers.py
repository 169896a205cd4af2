"""Read the value out of a free answer of a language model, and say whether it is right, stale or an abstention.

Scoring free text is where a comparison of language models goes wrong most easily: `l2` is not the number 2 and
`200_000` is not 200. No model is asked here; answers are stored and can be scored again.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

ABSTAINS = "unknown"
"""What `read_value` returns for an answer that says that it does not know."""

_NUMBER = r"[-+]?(?:\d{1,3}(?:,\d{3})+(?![\d_])|\d[\d_]*)?(?:\.\d+|(?<=\d)\.)?(?:[eE][-+]?\d+)?"
_VALUES = re.compile(
    r"""(?<!\w)(?P<quote>['"`]{1,3})(?P<quoted>[^'"`\n]{1,40})(?P=quote)(?!\w)"""
    r"""|(?<![\w)\]])(?P<tuple>\([-+.\de\s]+(?:,[-+.\de\s]*)+\))"""
    r"""|(?<![\w.])(?P<word>True|False|None|true|false|none)(?!\w)"""
    rf"""|(?P<number>(?<![\w.*%-])(?=[-+]?\.?\d){_NUMBER}(?![\w*%]|[.,]\d))"""
)
_UNKNOWN = re.compile(
    r"\bunknown\b|\b(?:is|are|was)(?: not|n't) (?:\w+ ){0,2}?(?:specified|provided|mentioned|given|stated|documented|available"
    r"|known|listed|described|included)\b|\b(?:does|do|did)(?: not|n't) (?:\w+ )?(?:say|state|specify|mention|provide|contain"
    r"|give|list|know|include|have (?:any |the |enough )?information)\b|\bcannot (?:be determined|answer|determine|say)\b|\bno information\b",
    re.IGNORECASE,
)
_RELEASE = re.compile(
    r"(?:\bversions?|\breleases?|\bscikit-learn|\bsklearn|\bsince|\bv)\s*v?$", re.IGNORECASE
)
_FILLER = frozenset(
    "a an the set to by default usually typically always simply just as be equal used for of value".split()
)


_NAMED_BEFORE = re.compile(
    r"""[^.;]*?\bis (?:set to |equal to )?(?:(?P<quote>['"`])[\w.+-]+(?P=quote)|(?:True|False|None)\b|[-+]?\.?\d)"""
)
"""What follows a quoted name that is no value: the same sentence goes on to say what something *is*."""
_POWER = re.compile(r"(?<![\w.])10\s*(?:\^|\*\*)\s*[{(]?\s*([-+]?\d+)\s*[})]?")
_RANGE = re.compile(r"\bbetween\s+[-+.\d]+\s+and\s+[-+.\d]+", re.IGNORECASE)
_WORDS = {
    word: str(n) for n, word in enumerate("zero one two three four five six seven eight nine ten".split())
}


def normal_value(text: str) -> str:
    """One text for all ways to write one value, for comparing.

    Quotes around it, a full stop behind it and capitals do not count, nor how a number is written: `1`, `1.0` and
    `1e0` are one value, `200_000` and `200,000` are another.

    Parameters
    ----------
    text : str
        A value and nothing else, such as `"'auto'"`, `"1e-3"` or `"(0, 1)"`.

    Returns
    -------
    str
        Such as `"auto"`, `"0.001"` or `"(0.0, 1.0)"`.
    """
    stripped = text.strip()
    if not re.fullmatch(r"[-+]?\d+\.", stripped):
        stripped = re.sub(r"[\s.,;:!*]+$", "", stripped).lstrip("* ")
    while len(stripped) > 1 and stripped[0] == stripped[-1] and stripped[0] in "'\"`":
        stripped = stripped[1:-1].strip()
    stripped = stripped.removeprefix("np.").removeprefix("numpy.")
    without_commas = (
        stripped.replace(",", "") if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", stripped) else stripped
    )
    try:
        value = ast.literal_eval(without_commas)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return stripped.lower()
    if isinstance(value, tuple | list):
        return "(" + ", ".join(normal_value(repr(part)) for part in value) + ")"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(float(value))
    return str(value).lower() if not isinstance(value, str) else value.strip().lower()


def abstains(answer: str) -> bool:
    """Whether an answer says that it does not know: "unknown", "is not specified", "does not say"."""
    return _UNKNOWN.search(answer) is not None


def read_value(answer: str, *, ignore: Iterable[str] = ()) -> str:
    """Return the first thing in an answer that looks like a value.

    Only the first line is read. An answer of one or two words is taken as it is: `l2` is a text, not the number 2. In
    a sentence a value is a quoted text, `True`, `False`, `None`, a tuple of numbers or a number that is not part of a
    word, not a percentage, not the number of a release and no end of a range ("between 0 and 1"); `10^-3` is 0.001,
    and `name=value` in quotes is that value. A sentence without one is read behind its last "is", "to" or "=", where
    numbers up to ten may be words. A quoted name before "is" and a value is not the value: "`cv` in `Some_Class` is `None`".

    Parameters
    ----------
    answer : str
    ignore : iterable of str
        Names that are no values where they are quoted: the parameter and the class that were asked about.

    Returns
    -------
    str
        As `normal_value` writes it; `"unknown"` for an abstention; `""` for an empty answer.
    """
    line = answer.strip().split("\n")[0].strip()
    if abstains(line):
        return ABSTAINS
    if len(line.split()) <= 2 and "=" not in line:
        return normal_value(line)
    names = [name for name in ignore if name]
    skipped = {normal_value(name) for name in names} | {"scikit-learn", "sklearn"}
    line = _RANGE.sub("", _POWER.sub(r"1e\1", line))
    for match in _VALUES.finditer(line):
        if match["number"] and _RELEASE.search(line[: match.start()]):
            continue
        text = match["quoted"] or match[0]
        text = _behind_equals(text, names)
        text = text.removesuffix("()")
        if match["quoted"] and re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", text):
            continue  # a dotted name, such as sklearn.svm.SVC
        if match["quoted"] and re.fullmatch(r"[A-Za-z_]\w*", text) and _NAMED_BEFORE.match(line, match.end()):
            continue  # `cv` in `SomeClass` is `None`: the model misspelt a name, which is no value
        if normal_value(text) not in skipped:
            return normal_value(text)
    said = re.split(r"\bis\b|\bto\b|=", line)[-1].split()
    said = [word for word in said if word.lower().strip(".,") not in _FILLER]
    first = normal_value(said[0]) if said else ""
    return normal_value(_WORDS.get(first, first))


def _behind_equals(text: str, names: Iterable[str]) -> str:
    """The value in `name=value` or `Class(name=value)`; the text itself where there is none."""
    whole = re.fullmatch(r"\s*\w+\s*=\s*(.+)", text)
    if whole:
        return whole[1]
    for name in names:
        inside = re.search(rf"\b{re.escape(name)}\s*=\s*([^,)]+)", text)
        if inside:
            return inside[1]
    return text


class Score(NamedTuple):
    """What one answer is worth.

    Attributes
    ----------
    value : str
        What was read, as `normal_value` writes it.
    right : bool
        It is the value of now.
    stale : bool
        It is not, but a value of an earlier release.
    abstains : bool
        The answer says that it does not know.
    """

    value: str
    right: bool
    stale: bool
    abstains: bool


def score(answer: str, truth: str, older: Sequence[str] = (), *, ignore: Iterable[str] = ()) -> Score:
    """Score one answer.

    Parameters
    ----------
    answer : str
    truth : str
        The value of now, as Python writes it.
    older : sequence of str
        Values of earlier releases.
    ignore : iterable of str
        See `read_value`.
    """
    return score_value(read_value(answer, ignore=ignore), truth, older)


def score_value(value: str, truth: str, older: Sequence[str] = ()) -> Score:
    """Score a value that was read already (by `read_value`, `read_house_form` or `read_json_form`)."""
    right = value == normal_value(truth)
    stale = not right and value in {normal_value(old) for old in older}
    return Score(value, right, stale, value == ABSTAINS)


def read_house_form(answer: str, parameter: str) -> tuple[bool, str]:
    """Read `[ parameter :: value ]`.

    Returns
    -------
    valid : bool
        The first line is exactly in that form and names this parameter.
    value : str
        Read leniently, so that the form and the knowledge can be judged apart.
    """
    line = answer.strip().split("\n")[0].strip()
    strict = re.fullmatch(r"\[ (\w+) :: (\S(?:.*\S)?) \]", line)
    loose = re.search(r"::\s*([^\]\n]+)", line)
    if loose is None:
        return False, read_value(line, ignore=[parameter])
    return bool(strict and strict[1] == parameter), normal_value(loose[1])


def read_json_form(answer: str, parameter: str) -> tuple[bool, str]:
    """Read one JSON object with the keys "parameter" and "value"; returns as `read_house_form`."""
    text = answer.strip()
    try:
        document = json.loads(text)
    except ValueError:
        found = re.search(r'"value"\s*:\s*("[^"]*"|[^,}\s]+)', text)
        return False, normal_value(found[1]) if found else read_value(text, ignore=[parameter])
    if not isinstance(document, dict):
        return False, normal_value(str(document))
    valid = set(document) == {"parameter", "value"} and document["parameter"] == parameter
    return valid, normal_value(str(document.get("value", "")))


def is_bare_value(answer: str, truth: str = "") -> bool:
    """Whether an answer is a value and no sentence: one or two words, or exactly the value that is true."""
    line = answer.strip()
    return bool(line) and (len(line.split()) <= 2 or normal_value(line) == normal_value(truth))


def contains_answer(answer: str, accepted: Iterable[str]) -> bool:
    """Whether one of several texts stands in an answer as whole words, capitals aside: "four" is not in "fourteen"."""
    low = answer.lower()
    return any(re.search(rf"(?<!\w){re.escape(text.lower())}(?!\w)", low) for text in accepted)
