"""Percent scripts to notebooks: lessons, solutions (nbgrader "source") and exercises (nbgrader "release").

Reads text, writes notebooks; knows nothing of judging. The same bytes come out of the same text.
"""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import jupytext
import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    IncludeHeaderFooter,
    InstantiateTests,
    LockCells,
    SaveCells,
)
from traitlets.config import Config

from holdout import paths
from holdout.checks.judges import FEWEST_WORDS
from holdout.checks.run_checks import TEXT_STUB
from holdout.errors import HoldoutError
from holdout.record.memos.anchor import has_anchors

if TYPE_CHECKING:
    from grader.authoring.exercise import Exercise
    from grader.authoring.question import Question

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
STUB = "# Write your code here.\nraise NotImplementedError"
VALUE_STUB = "# Write your answer here, in place of the three dots."


SENTENCE_COMMENT = (
    f"# First your own sentence, in quotes: {FEWEST_WORDS} words or more. Your portfolio keeps it as you write it; "
    "no machine judges what it says."
)
THEN_CHOOSE = "Then choose the sentence that you would support. Leave your own as it is, even if you now prefer another."
_OPTION = re.compile(r"^- \*\*([a-h])\*\* (.+)$", re.MULTILINE)

_REFERENCE = re.compile(r"<((?:\d\d|e\d)\.[a-z0-9_]+)>")


class NotebookError(HoldoutError, ValueError):
    """A script cannot become a notebook; the message names the file, the cell and the remedy."""


class ClearAnswers(ClearSolutions):
    """nbgrader's ClearSolutions with a stub that fits: inside a function it raises, at the top level it is only a comment.

    A value keeps its placeholder (``say_it = ...``), so that "Run All" goes through a notebook that is only begun. An ordinary assignment
    gets nbgrader's own stubs.
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Clear the answers of one notebook."""
        assignment = resources.get("nbgrader", {}).get("assignment")
        if assignment and not (paths.find_root() / "solutions" / assignment / "questions.py").is_file():
            return ClearSolutions(parent=self.parent).preprocess(nb, resources)
        return super().preprocess(nb, resources)

    def _replace_solution_region(self, cell, language):
        if cell.cell_type == "code":
            region = re.search(r"^([ \t]*)#+ *BEGIN SOLUTION", cell.source, re.MULTILINE)
            inside = bool(region and region.group(1))
            stub = {"python": STUB if inside else VALUE_STUB}
            self.code_stub = self.code_stub | stub  # type: ignore[has-type]
        return super()._replace_solution_region(cell, language)


# What turns a solution into an exercise, in nbgrader's own order; nbgrader_config.py gives the same list to nbgrader.
RELEASE_PREPROCESSORS = [
    IncludeHeaderFooter,
    InstantiateTests,
    LockCells,
    ClearAnswers,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
    SaveCells,
    ClearHiddenTests,
    ClearMarkScheme,
    ComputeChecksums,
    CheckCellMetadata,
]


def read_script(path: str | os.PathLike) -> nbformat.NotebookNode:
    """Read a percent script.

    Parameters
    ----------
    path : path

    Returns
    -------
    nbformat.NotebookNode
        Cells with the metadata of their markers; ids set from content and order, so that they are the same each time.
    """
    path = pathlib.Path(path)
    try:
        notebook = jupytext.read(path, fmt="py:percent")
    except OSError as error:
        raise NotebookError(f"{path.name}: cannot be read: {error}") from None
    notebook.metadata = nbformat.from_dict({"kernelspec": dict(KERNEL), "language_info": {"name": "python"}})
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        stem = hashlib.sha256(f"{cell.cell_type}{cell.source}".encode()).hexdigest()[:10]
        seen[stem] = seen.get(stem, 0) + 1
        cell.id = stem if seen[stem] == 1 else f"{stem}-{seen[stem]}"
    return notebook


def solution_notebook(script: nbformat.NotebookNode, exercise: Exercise) -> nbformat.NotebookNode:
    """A solution as nbgrader's "source" notebook, from its percent script.

    Authors write four kinds of cells and no nbgrader metadata: text, ``tags=["setup"]`` code, ``question="NN.slug"`` code with
    a BEGIN/END SOLUTION region, and markdown with ``memo="NN.slug" points=4``. After each question its check is added; its
    hidden part asks the grader for fresh cases. Text, set-up and checks are locked. The heading above a question gets its
    number and whether it is *core* or *more*, and ``<01.gap>`` in a text becomes the number of that question. Of an exercise
    that has some of the script's questions only, the sections of the others are left out; the numbers stay.

    Parameters
    ----------
    script : nbformat.NotebookNode
        As :func:`read_script` gives it; not changed.
    exercise : grader.authoring.exercise.Exercise

    Returns
    -------
    nbformat.NotebookNode
    """
    notebook = nbformat.v4.new_notebook(metadata=dict(script.metadata))
    texts = 0
    for cell in _sections_with(number_questions(script, exercise), set(exercise.ids)):
        about = cell.metadata
        if "question" in about:
            question = exercise[about["question"]]
            if "BEGIN SOLUTION" not in cell.source:
                raise NotebookError(
                    f"{exercise.name}: the cell of {question.id} has no BEGIN SOLUTION region"
                )
            name = question.id.replace(".", "-")
            if question.with_name:
                _ask_for_a_sentence_first(notebook, question, name)
            notebook.cells += [
                _code(cell.source, f"{name}-answer", solution=True),
                _code(
                    _check_source(question), f"{name}-check", grade=True, locked=True, points=question.points
                ),
            ]
        elif "memo" in about:
            if not isinstance(about.get("points"), int | float):
                raise NotebookError(
                    f"{exercise.name}: the memo {about['memo']} needs points, such as points=4"
                )
            name, number = about["memo"].replace(".", "-"), about["memo"].partition(".")[0]
            memo = _markdown(cell.source, name, solution=True, grade=True, points=about["points"])
            if has_anchors(number):
                before, after = (
                    _code(
                        f"from holdout import {call}\n\n{call}({number!r})".replace("'", '"'),
                        f"{name}-{what}",
                        locked=True,
                    )
                    for call, what in (("grade_memos", "anchors"), ("read_my_memo", "own"))
                )
                notebook.cells += [before, memo, after]
            else:
                notebook.cells.append(memo)
        elif cell.cell_type == "code":
            texts += 1
            name = "setup" if "setup" in about.get("tags", []) else f"code-{texts:02d}"
            notebook.cells.append(_code(cell.source, name, locked=True))
        else:
            texts += 1
            notebook.cells.append(_markdown(cell.source, f"text-{texts:02d}", locked=True))
    names = [cell.id for cell in notebook.cells]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise NotebookError(
            f"{exercise.name}: more than one cell is called {twice}; only one set-up cell is possible"
        )
    return notebook


def question_numbers(script: nbformat.NotebookNode) -> dict[str, int]:
    """Id of each question of a script to its number in the notebook, from 1 in order of the cells."""
    ids = [cell.metadata["question"] for cell in script.cells if "question" in cell.metadata]
    return {id: number for number, id in enumerate(ids, 1)}


def fill_numbers(text: str, numbers: Mapping[str, int | str], where: str = "") -> str:
    """Replace ``<01.gap>`` by the number of that question, so that nobody renumbers by hand.

    Raises
    ------
    NotebookError
        If there is no such question.
    """

    def number(match: re.Match) -> str:
        if match[1] not in numbers:
            raise NotebookError(
                f"{where or 'a text'} refers to <{match[1]}>, which is no question here; there are {', '.join(numbers)}"
            )
        return str(numbers[match[1]])

    return _REFERENCE.sub(number, text)


def number_questions(script: nbformat.NotebookNode, exercise: Exercise) -> nbformat.NotebookNode:
    """A copy of a script in which the heading above each question has its number, and ``<01.gap>`` is a number.

    Where the register marks core questions, each heading says which kind its question is, and the first text says what that means.
    """
    numbered = nbformat.from_dict(json.loads(json.dumps(script)))
    numbers = question_numbers(script)
    used = {id for cell in _artefacts(script) for id in _REFERENCE.findall(cell.source)}
    asked = {id: n if id in exercise.ids else f"{n} (not in this release)" for id, n in numbers.items()}
    for cell in numbered.cells:
        cell.source = fill_numbers(cell.source, asked, f"the cell {cell.source[:40]!r}")
    heading = None  # the last one since the question before
    for cell in numbered.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            heading = cell
        elif "question" in cell.metadata and heading is not None:
            id = cell.metadata["question"]
            title, _, rest = heading.source.removeprefix("## ").partition("\n")
            kind = "" if not exercise.core else " · core" if id in exercise.core else " · more"
            heading.source = f"## {numbers[id]} · {title}{kind}" + (f"\n{rest}" if rest else "")
            heading = None
    first = next((cell for cell in numbered.cells if cell.cell_type == "markdown"), None)
    if exercise.core and first is not None:
        first.source = f"{first.source.rstrip()}\n\n{_core_and_more(exercise, numbers, used)}"
    return numbered


def _artefacts(script):
    """The code cells that use what the learner wrote; where it is missing they name the questions."""
    return [cell for cell in script.cells if cell.cell_type == "code" and "question" not in cell.metadata]


def _core_and_more(exercise, numbers, used):
    """What a learner reads about the kinds of questions; made from the register, so that it is written down once."""
    core = ", ".join(str(numbers[id]) for id in exercise.core)
    if set(exercise.ids) < set(numbers):
        return f"**Core:** this release has questions {core}; the numbers are those of the whole exercise."
    more = ", ".join(str(number) for id, number in numbers.items() if id not in exercise.core)
    needed = [str(number) for id, number in numbers.items() if id in used and id not in exercise.core]
    beyond = f" What you make at the end for your portfolio needs {', '.join(needed)}, too." if needed else ""
    return (
        f"**Core and more:** questions {core} are the *core*: do them first; with them the lesson counts as done. "
        f"Questions {more} are *more*: further practice, in any order.{beyond}"
    )


def _sections_with(script, ids):
    """The cells of a script without the sections, from one ``## `` heading to the next, that hold other questions only."""
    sections: list[list] = [[]]
    for cell in script.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            sections.append([])
        sections[-1].append(cell)
    kept, given = [], []
    for section in sections:
        asked = [cell.metadata["question"] for cell in section if "question" in cell.metadata]
        here = [cell for cell in section if not asked or ids.intersection(asked)]
        kept += [cell for cell in here if cell.metadata.get("question") in {None, *ids}]
        given += [cell for cell in section if cell.metadata.get("question") not in {None, *ids}]
    used = {name for cell in kept if cell.cell_type == "code" for name in re.findall(r"\w+", cell.source)}
    place = next((i for i, cell in enumerate(kept) if "setup" in cell.metadata.get("tags", [])), -1) + 1
    return kept[:place] + [made for cell in given for made in _given_cell(cell, used)] + kept[place:]


def _given_cell(cell, used):
    """A locked cell with the solution of a question that is left out, if other cells (artefacts, mostly) use what it defines."""
    code = re.sub(r"^[ \t]*### (BEGIN|END) SOLUTION\n?", "", cell.source, flags=re.MULTILINE)
    if used.isdisjoint(re.findall(r"^(?:def |class )?(\w+)(?=\(| *=|:)", code, re.MULTILINE)):
        return []
    note = "# This question is not in this release: its answer is given, because a cell below uses it."
    return [nbformat.v4.new_code_cell(f"{note}\n{code}", id=f"{cell.id}-given")]


def sentences_above(script: nbformat.NotebookNode, question_id: str) -> dict[str, str]:
    """The sentences that a choice offers, by letter, without their quotation marks: the list in the text above its cell."""
    above = ""
    for cell in script.cells:
        if cell.metadata.get("question") == question_id:
            break
        above = cell.source if cell.cell_type == "markdown" else above
    return {letter: sentence.strip().strip('"') for letter, sentence in _OPTION.findall(above)}


def sentence_source(question: Question) -> str:
    """The cell in which a learner writes a sentence before choosing one; its solution is the right sentence."""
    name = question.with_name
    return f"{SENTENCE_COMMENT}\n{name} = ...\n### BEGIN SOLUTION\n{name} = {question.model_sentence!r}\n### END SOLUTION"


def _ask_for_a_sentence_first(notebook, question, name):
    """Split the text with the options: the case, a cell for a sentence of one's own, then the options."""
    text = notebook.cells.pop()
    options = _OPTION.search(text.source)
    if text.cell_type != "markdown" or options is None:
        raise NotebookError(
            f'the text above {question.id} lists no sentences; write each as a line `- **a** "..."`'
        )
    case, listed = text.source[: options.start()].rstrip(), text.source[options.start() :]
    first = text.metadata["nbgrader"]["grade_id"]
    notebook.cells += [
        _markdown(case, first, locked=True),
        _code(sentence_source(question), f"{name}-sentence", solution=True),
        _markdown(f"{THEN_CHOOSE}\n\n{listed}", f"{name}-options", locked=True),
    ]


def check_cell(question_id: str) -> str:
    """nbgrader's name of the cell that checks a question."""
    return f"{question_id.replace('.', '-')}-check"


def _check_source(question):
    names = ", ".join(question.names)
    answer = f"({names})" if question.with_name else names
    return (
        f'check("{question.id}", {answer})\n'
        "### BEGIN HIDDEN TESTS\n"
        "from grader.nbgrader_bridge.hidden_test import grade\n"
        "\n"
        f'grade("{question.id}", {answer})\n'
        "### END HIDDEN TESTS"
    )


def _code(source, name, **role):
    return nbformat.v4.new_code_cell(source, id=name, metadata={"nbgrader": _role(name, "code", **role)})


def _markdown(source, name, **role):
    return nbformat.v4.new_markdown_cell(
        source, id=name, metadata={"nbgrader": _role(name, "markdown", **role)}
    )


def _role(name, cell_type, *, grade=False, solution=False, locked=False, points=None):
    role = {
        "cell_type": cell_type,
        "grade": grade,
        "grade_id": name,
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return role | ({"points": points} if grade else {})


def release_config() -> Config:
    """Settings of the release, for nbgrader's preprocessors and for nbgrader's own commands alike."""
    config = Config()
    config.ClearAnswers.text_stub = TEXT_STUB
    return config


def exercise_notebook(solution: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The exercise that learners get: no solution, no hidden test; nbgrader's own steps, without a gradebook.

    Parameters
    ----------
    solution : nbformat.NotebookNode

    Returns
    -------
    nbformat.NotebookNode
    """
    config = release_config()
    config.Exporter.default_preprocessors = []
    exporter = NotebookExporter(config=config)
    for preprocessor in RELEASE_PREPROCESSORS:
        if preprocessor is not SaveCells:
            exporter.register_preprocessor(preprocessor, enabled=True)
    text, _ = exporter.from_notebook_node(nbformat.from_dict(json.loads(json.dumps(solution))))
    return nbformat.reads(text, as_version=4)


def find_leaks(exercise: nbformat.NotebookNode, solution: nbformat.NotebookNode) -> list[str]:
    """Lines of a solution region or hidden test that stand in an exercise; empty when nothing leaks.

    Parameters
    ----------
    exercise, solution : nbformat.NotebookNode

    Returns
    -------
    list of str
    """
    released = {line.strip() for cell in exercise.cells for line in cell.source.splitlines()}
    leaks = []
    for cell in solution.cells:
        secret = False
        outside = set()
        inside = []
        for line in cell.source.splitlines():
            if re.search(r"BEGIN (SOLUTION|HIDDEN TESTS|MARK SCHEME)", line):
                secret = True
            elif re.search(r"END (SOLUTION|HIDDEN TESTS|MARK SCHEME)", line):
                secret = False
            elif secret:
                inside.append(line.strip())
            else:
                outside.add(line.strip())
        leaks += [line for line in inside if len(line) > 12 and line in released - outside]
    return leaks


def write_notebook(notebook: nbformat.NotebookNode, path: str | os.PathLike) -> None:
    """Write a notebook as nbformat writes it; the folder is made, the file is replaced in one step."""
    nbformat.validate(notebook)
    write_text(nbformat.writes(notebook) + "\n", path)


def write_text(text: str, path: str | os.PathLike) -> None:
    """Replace a file in one step, so that an interrupted build leaves the old one whole."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
