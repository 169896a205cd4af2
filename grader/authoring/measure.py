"""How long a lesson is: words, visible code, figures, predictions and minutes, counted in its script; and the limits of a core.

For authors and for the test of the limits. Not for processor time: that is ``holdout bench lessons``.
"""

from __future__ import annotations

import ast
import os
import pathlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from grader.authoring.notebooks import read_script
from holdout.register import read_course

WORDS_PER_MINUTE = 130
"""A technical text, read by somebody whose first language is another one."""
SECONDS_PER_CODE_LINE = 8
MINUTES_PER_FIGURE = 3.5
MINUTES_PER_PREDICTION = 1.5

TEXT_CALLS = {"explain", "Markdown", "predict", "resolve"}
"""Functions whose strings a learner reads as text; ``reveal=`` and ``options=`` are among their strings."""

_WORD = re.compile(r"[^\W_](?:[\w.,'’%/+-]*[\w%])?")


@dataclass(frozen=True)
class Measure:
    """What a reader of one notebook goes through.

    Parameters
    ----------
    name : str
        Such as ``01-slug`` or ``deeper/01-slug``.
    words : int
        Of all text cells, and of the texts that folded cells show.
    code_lines : int
        Lines that are open: not folded, not blank, no comment marks of the script.
    largest_cell : int
        Lines of the longest open cell.
    asserts : int
        In open cells.
    imports : int
        Lines of import statements in open cells.
    figures : int
        Live figures: ``live`` and ``flipbook``.
    predictions : int
    """

    name: str
    words: int
    code_lines: int
    largest_cell: int
    asserts: int
    imports: int
    figures: int
    predictions: int

    @property
    def minutes(self) -> float:
        """Minutes of somebody who reads all of it, moves every figure and answers every prediction."""
        return (
            self.words / WORDS_PER_MINUTE
            + self.code_lines * SECONDS_PER_CODE_LINE / 60
            + self.figures * MINUTES_PER_FIGURE
            + self.predictions * MINUTES_PER_PREDICTION
        )


LIMITS = {
    "minutes": 45,
    "words": 1_850,
    "figures": 4,
    "predictions": 4,
    "asserts": 0,
    "imports": 12,
    "largest_cell": 25,
}
"""The most that a core may have. 1,850 words are "about 1,800"; the imports are those of all open cells."""


def measure(script: str | os.PathLike, name: str = "") -> Measure:
    """Count one lesson's script.

    Parameters
    ----------
    script : path
        A percent script.
    name : str
        The name of its file by default.

    Returns
    -------
    Measure
    """
    script = pathlib.Path(script)
    words = lines = largest = asserts = imports = figures = predictions = 0
    for cell in read_script(script).cells:
        if cell.cell_type != "code":
            words += count_words(cell.source)
            continue
        tree = ast.parse(cell.source)
        texts, live, asked = _inside(tree)
        words += sum(map(count_words, texts))
        figures += live
        predictions += asked
        if cell.metadata.get("jupyter", {}).get("source_hidden"):
            continue
        here = sum(bool(line.strip()) for line in cell.source.splitlines())
        lines += here
        largest = max(largest, here)
        for node in ast.walk(tree):
            asserts += isinstance(node, ast.Assert)
            if isinstance(node, ast.Import | ast.ImportFrom):
                imports += (node.end_lineno or node.lineno) - node.lineno + 1
    return Measure(name or script.stem, words, lines, largest, asserts, imports, figures, predictions)


def count_words(text: str) -> int:
    """Words of Markdown: addresses of links, HTML and the signs of tables and emphasis are none, a field ``{...}`` is one.

    Examples
    --------
    >>> count_words("See the [glossary](glossary.ipynb): {share:.0%} *late* | 3")
    6
    """
    text = re.sub(r"\]\([^)]*\)", "]", text)
    text = re.sub(r"<[^>]+>|&\w+;", " ", text)
    text = re.sub(r"\{[^{}]*\}", " field ", text)
    return len(_WORD.findall(text))


def _inside(tree: ast.AST) -> tuple[list[str], int, int]:
    """Texts that a code cell shows, live figures, predictions."""
    texts, figures, predictions = [], 0, 0
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(
            node.func, ast.Attribute
        ):  # stage.live(...); model.predict(...) is no prediction of the learner
            figures += node.func.attr in ("live", "flipbook")
            continue
        called = getattr(node.func, "id", "")
        predictions += called == "predict"
        if called in TEXT_CALLS:
            inside = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg != "unit")]
            if called in ("predict", "resolve"):
                inside = [part for part in inside if part is not node.args[0]]
            texts += [text for part in inside for text in _strings(part)]
    return texts, figures, predictions


def _strings(node: ast.AST) -> Iterable[str]:
    """String constants of an expression; a formatted value counts as one field, whatever stands in it."""
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
        yield "".join(map(str, parts))
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.value
    elif isinstance(node, ast.Call | ast.Subscript | ast.Attribute | ast.Lambda):
        return
    else:
        for part in ast.iter_child_nodes(node):
            yield from _strings(part)


def too_much(found: Measure) -> list[str]:
    """Sentences that say where a core exceeds the limits; empty if nowhere."""
    return [
        f"{found.name}: {getattr(found, key):.0f} {key.replace('_', ' ')}, at most {most}"
        for key, most in LIMITS.items()
        if getattr(found, key) > most
    ]


def measure_course(root: str | os.PathLike, names: Iterable[str] = ()) -> list[tuple[Measure, bool]]:
    """All lessons of a course, each followed by its deeper notebook.

    Parameters
    ----------
    root : path
    names : iterable of str
        Beginnings of names; all by default.

    Returns
    -------
    list of (Measure, bool)
        The second says whether the limits of a core apply: the lesson has the key ``deeper_minutes`` in the register.
    """
    source, wanted = pathlib.Path(root) / "lessons" / "source", tuple(names)
    rows = []
    for lesson in read_course(root).lessons:
        if wanted and not lesson.name.startswith(wanted):
            continue
        if (script := source / f"{lesson.name}.py").is_file():
            rows.append((measure(script), lesson.deeper_minutes is not None))
        if (script := source / "deeper" / f"{lesson.name}.py").is_file():
            rows.append((measure(script, f"deeper/{lesson.name}"), False))
    return rows


def table(rows: Iterable[tuple[Measure, bool]]) -> str:
    """The counts as text for a terminal, with the sum; a core that exceeds its limits is marked."""
    heads = ["words", "code", "largest", "asserts", "imports", "figures", "predict", "minutes"]
    lines = [f"{'lesson':<45}" + "".join(f"{head:>9}" for head in heads)]
    total = [0.0] * len(heads)
    for found, core in rows:
        numbers = [
            found.words, found.code_lines, found.largest_cell, found.asserts, found.imports, found.figures,
            found.predictions, found.minutes,
        ]  # fmt: skip
        total = [before + now for before, now in zip(total, numbers, strict=True)]
        mark = " ✘" if core and too_much(found) else " ✔" if core else ""
        lines.append(f"{found.name:<45}" + "".join(f"{number:>9.0f}" for number in numbers) + mark)
    sums = ["" if head == "largest" else f"{number:.0f}" for head, number in zip(heads, total, strict=True)]
    lines.append(f"{'sum':<45}" + "".join(f"{number:>9}" for number in sums))
    return "\n".join(lines)
