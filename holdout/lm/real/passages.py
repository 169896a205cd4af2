"""Passages to retrieve from: docstrings cut into one passage a parameter, or into pieces of some length.

Pure functions on text. The texts themselves are in `datasets/real_model/passages.csv.xz`.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

_SECTION = re.compile(r"^(?P<title>[A-Z][A-Za-z ]+)\n-{3,}$", re.MULTILINE)
_VERSION_NOTE = re.compile(r"\s*\.\. version\w+::")


class Passage(NamedTuple):
    """One text that can be retrieved.

    Attributes
    ----------
    key : str
        What it is about, such as `"Ridge.alpha"`.
    text : str
    """

    key: str
    text: str


def sections(docstring: str) -> dict[str, str]:
    """Cut a numpydoc docstring at its underlined headings.

    Parameters
    ----------
    docstring : str
        As `inspect.getdoc` returns it.

    Returns
    -------
    dict of str to str
        Heading to text, in their order; what stands before the first heading is under `""`.
    """
    headings = list(_SECTION.finditer(docstring))
    ends = [match.start() for match in headings] + [len(docstring)]
    found = {"": docstring[: ends[0]].strip()}
    for match, end in zip(headings, ends[1:], strict=True):
        found[match["title"]] = docstring[match.end() : end].strip("\n")
    return found


def parameter_passages(name: str, docstring: str) -> list[Passage]:
    """Cut the section *Parameters* into one passage a parameter, each naming the class that it belongs to.

    A passage has to be understood alone: "float, default=1.0" answers nothing without the names of the class and the
    parameter. Notes on versions are left out, since they quote old defaults.

    Parameters
    ----------
    name : str
        Name of the class.
    docstring : str

    Returns
    -------
    list of Passage
        `key` is `"Class.parameter"`.
    """
    block = sections(docstring).get("Parameters", "")
    passages = []
    for entry in re.split(r"\n(?=\S[^\n]* ?: )", "\n" + block):
        head = re.match(r"\s*(\w+(?:, \w+)*) ?: ?(.*)", entry)
        if head is None:
            continue
        body = textwrap.dedent("\n".join(entry.strip("\n").split("\n")[1:]))
        body = "\n".join(line for line in _without_version_notes(body.split("\n")) if line.strip())
        for parameter in head[1].split(", "):
            text = f"{name}, parameter {parameter} : {head[2]}\n{body}".strip()
            passages.append(Passage(f"{name}.{parameter}", text))
    return passages


def _without_version_notes(lines: list[str]) -> Iterator[str]:
    depth: int | None = None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if depth is not None and (not line.strip() or indent > depth):
            continue
        depth = indent if _VERSION_NOTE.match(line) else None
        if depth is None:
            yield line


def fixed_pieces(name: str, text: str, *, words: int, overlap: int = 0) -> list[Passage]:
    """Cut a text into pieces of equal length, wherever that falls.

    Parameters
    ----------
    name : str
    text : str
    words : int
        Length of a piece.
    overlap : int
        Words that neighbours share; less than `words`.

    Returns
    -------
    list of Passage
        `key` is `"name#0"`, `"name#1"` and so on; together they hold every word.

    Raises
    ------
    ValueError
        If the lengths make no sense.
    """
    if words < 1 or not 0 <= overlap < words:
        raise ValueError(
            f"a piece needs at least one word and less overlap than that; got {words} and {overlap}"
        )
    pieces = [match.span() for match in re.finditer(r"\S+", text)]
    step = words - overlap
    starts = range(0, max(len(pieces) - overlap, 1), step)
    return [
        Passage(f"{name}#{i}", text[pieces[s][0] : pieces[min(s + words, len(pieces)) - 1][1]])
        for i, s in enumerate(starts)
        if pieces
    ]


def beginning(text: str, characters: int) -> str:
    """The first characters of a passage, cut between words."""
    if len(text) <= characters:
        return text
    cut = text[: characters + 1]
    return cut[: max(cut.rfind(" "), cut.rfind("\n"), 0)].rstrip() or text[:characters]


def installed_docstrings() -> dict[str, str]:
    """Class name to docstring of every public estimator of the installed scikit-learn."""
    from sklearn.utils import all_estimators

    return {name: inspect.getdoc(cls) or "" for name, cls in all_estimators()}
