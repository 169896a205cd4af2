"""Reads a submission: from a learner's folder to a notebook that can be executed, and notes on what was corrected.

Reads regular files only and trusts nothing in them: the notebook is rebuilt from the release, and only the text
of the learner's own cells is put into it. Executes nothing and grades nothing.
"""

import ast
import contextlib
import dataclasses
import datetime
import json
import os
import pathlib
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from grader.grading.folder import (
    COMPILED,
    IGNORED,
    LINK,
    LITTER,
    NEARLY,
    TOO_MUCH,
    UNREADABLE,
    FileLimits,
    Refused,
    list_folder,
    notebooks_in,
    opened_folder,
    quoted,
    quoted_names,
    read_file,
    read_files,
    read_time,
    where_the_notebook_may_be,
)
from grader.sandbox.protocol import nested_deeper_than

MERGE_MARK = re.compile(r"^(<{7}|={7}|>{7})", re.MULTILINE)
"""A line with which Git marks two versions of a text."""

MOST_PICTURE_TEXT = 8_000_000  # characters of base64, in one cell


@dataclass(frozen=True)
class SubmissionLimits:
    """How large a submission may be.

    Parameters
    ----------
    notebook_bytes : int
        Of the notebook file; figures in it count.
    cells : int
    source_characters : int
        Of the learner's text in all cells together.
    notebooks : int
        Notebooks that are opened to find the one with answers.
    own_files : FileLimits
        Of the learner's own files beside the notebook.
    containers, depth : int
        Lists and tables in the notebook's JSON, and levels of nesting.
    """

    notebook_bytes: int = 150_000_000
    cells: int = 2_000
    source_characters: int = 2_000_000
    notebooks: int = 6
    own_files: FileLimits = field(default_factory=FileLimits)
    containers: int = 500_000
    depth: int = 60


@dataclass
class Submission:
    """A submission that may be executed.

    Parameters
    ----------
    notebook : dict or None
        Rebuilt from the release; None if there is nothing to execute.
    notes : list of str
        What was corrected, one sentence each.
    problems : list of str
        Why this gets zero points until a person has reviewed it, one sentence each.
    submitted_at : datetime.datetime or None
        From ``timestamp.txt``, in UTC and without a zone as nbgrader keeps it.
    files : dict of str to bytes
        The learner's own files beside the notebook, by their relative names.
    """

    notebook: dict | None = None
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    submitted_at: datetime.datetime | None = None
    files: dict[str, bytes] = field(default_factory=dict)


def read_submission(
    folder: str | os.PathLike,
    release_notebook: Mapping | str | os.PathLike,
    *,
    name: str | None = None,
    limits: SubmissionLimits = SubmissionLimits(),
) -> Submission:
    """Read what a learner handed in.

    Parameters
    ----------
    folder : path
        The folder of one learner's submission of one exercise.
    release_notebook : Mapping or path
        The released exercise, whose cells are the skeleton.
    name : str, optional
        File name of the notebook; by default that of `release_notebook`, or the folder's name.
    limits : SubmissionLimits

    Returns
    -------
    Submission
        Never raises because of what the learner handed in.
    """
    if isinstance(release_notebook, Mapping):
        release = release_notebook
    else:
        name = name or pathlib.Path(release_notebook).name
        release = json.loads(pathlib.Path(release_notebook).read_text(encoding="utf-8"))
    folder = pathlib.Path(folder)
    name = name or f"{folder.name}.ipynb"
    submission = Submission()
    try:
        with opened_folder(folder) as handle:
            names = list_folder(handle, limits.own_files, submission.notes)
            submission.submitted_at = read_time(handle, names, submission.notes)
            cells = _chosen_cells(handle, names, name, release, limits, submission)
            submission.files = _own_files(handle, limits.own_files, submission)
        _refuse_another_exercise(release, cells, name)
        submission.notebook = rebuild(release, cells, submission.notes)
    except Refused as refusal:
        submission.problems.append(str(refusal))
    except OSError as error:
        submission.problems.append(f"The submission cannot be read: {error.strerror}.")
    return submission


# ------------------------------------------------------------------------------ files


def _own_files(handle, limits, submission):
    """The learner's own files beside the notebook, by relative names; notes on what was read and what was left out."""
    found, left_out = read_files(handle, limits, _is_nobodys)
    if found:
        submission.notes.append(
            f"{len(found)} own {'file' if len(found) == 1 else 'files'} beside the notebook could be read: {quoted_names(found)}."
        )
    if large := left_out.get(TOO_MUCH):
        submission.notes.append(
            f"{quoted_names(large)} was left out: own files are read up to {limits.files} files, {limits.file_bytes // 10**6} MB "
            f"each and {limits.all_bytes // 10**6} MB together."
        )
    inside = [path for path in left_out.get(LINK, []) if "/" in path]  # the others have been named before
    for reason, names in ((LINK, inside), (UNREADABLE, left_out.get(UNREADABLE))):
        if names:
            submission.notes.append(f"{quoted_names(names)} was left out: {reason}.")
    return found


def _is_nobodys(path):
    """Whether a file or folder is passed over: notebooks, hidden and compiled files, and what no learner wrote."""
    name = path.rpartition("/")[2]
    return bool(
        name in IGNORED
        or name.startswith(".")
        or name.lower().endswith((".ipynb", *COMPILED))
        or LITTER.search(name)
        or NEARLY.search(name)
    )


def _chosen_cells(handle, names, wanted, release, limits, submission):
    """The learner's cells from the notebook that is meant.

    That is the one of the right name, unless it is blank and exactly one other has answers; else the only one, or the only one
    that is not blank. Where several could be meant, none is graded.
    """
    notebooks = notebooks_in(names)
    if not notebooks:
        raise Refused(where_the_notebook_may_be(names))

    def read(name, told):
        theirs = parse_notebook(read_file(handle, name, limits.notebook_bytes), name, limits)
        return _learners_cells(theirs, name, limits, told)

    if notebooks == [wanted]:
        return read(wanted, submission)
    if len(notebooks) == 1:
        submission.notes.append(f"The notebook is called {quoted(notebooks[0])} instead of {quoted(wanted)}.")
        return read(notebooks[0], submission)
    if len(notebooks) > limits.notebooks:
        raise Refused(
            f"There are {len(notebooks)} notebooks, so none was graded; one is expected: {quoted(wanted)}."
        )
    if wanted in notebooks and _answers(release, own := read(wanted, submission)):
        others = [name for name in notebooks if name != wanted]
        submission.notes.append(
            f"There are {len(notebooks)} notebooks; {quoted(wanted)} was graded, not {quoted_names(others)}."
        )
        return own
    answered = {}
    for name in notebooks:
        with contextlib.suppress(Refused):
            cells = read(name, Submission())
            if _answers(release, cells):
                answered[name] = cells
    if len(answered) == 1:
        (name,) = answered
        kind = f"{quoted(wanted)} is blank" if wanted in notebooks else f"none is called {quoted(wanted)}"
        submission.notes.append(
            f"There are {len(notebooks)} notebooks; {kind}, and {quoted(name)} is the only one with answers, so it was graded."
        )
        return read(name, submission)
    if answered:
        raise Refused(
            f"There are {len(notebooks)} notebooks, several have answers ({quoted_names(answered)}) and {quoted(wanted)} "
            f"{'is blank' if wanted in notebooks else 'is not there'}, so none was graded: leave the right one."
        )
    if wanted in notebooks:
        return own
    raise Refused(
        f"There are {len(notebooks)} notebooks and none is called {quoted(wanted)}, so none was graded."
    )


# ------------------------------------------------------------------------------ JSON


def parse_notebook(content: bytes, name: str, limits: SubmissionLimits) -> dict:
    """The notebook's JSON as plain values.

    Parameters
    ----------
    content : bytes
    name : str
        Of the file, for the sentence.
    limits : SubmissionLimits

    Returns
    -------
    dict

    Raises
    ------
    Refused
        With the reason, if it is no notebook or larger than the limits.
    """
    shown = quoted(name)
    if not content.strip():
        raise Refused(f"{shown} is empty.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(f"{shown} is not text in UTF-8; it has to be saved again in Jupyter.") from None
    if content.count(b"{") + content.count(b"[") > limits.containers:
        raise Refused(f"{shown} has more than {limits.containers:,} lists and tables.")
    try:  # NaN and doubled keys are taken as Python takes them: only source text is used
        notebook = json.loads(text)
    except RecursionError:
        raise Refused(f"{shown} is nested too deeply to be read.") from None
    except ValueError:
        why = (
            "it holds the marks of a merge that was not finished"
            if MERGE_MARK.search(text)
            else "it is not complete JSON, as if it had been saved or sent by half"
        )
        raise Refused(
            f"{shown} is not a notebook: {why}. A file that opens in Jupyter has to be handed in."
        ) from None
    if not isinstance(notebook, dict):
        raise Refused(f"{shown} is not a notebook.")
    if nested_deeper_than(limits.depth, notebook):
        raise Refused(f"{shown} is nested more than {limits.depth} levels deep.")
    return notebook


@dataclass
class _Cell:
    """What is used of a learner's cell."""

    kind: str
    source: str
    id: str = ""
    grade_id: str = ""
    role: str = ""
    position: int = 0
    attachments: dict = field(default_factory=dict)


def _learners_cells(notebook, name, limits, submission):
    """The cells of a notebook of format 3 or 4."""
    shown = quoted(name)
    version = notebook.get("nbformat")
    if isinstance(version, bool) or not isinstance(version, int | float):
        version = 4 if isinstance(notebook.get("cells"), list) else None
    if version == 3 or (version is None and isinstance(notebook.get("worksheets"), list)):
        submission.notes.append(f"{shown} is in the old notebook format 3, which was converted.")
        sheets = notebook.get("worksheets")
        raw = [
            cell
            for sheet in (sheets if isinstance(sheets, list) else [])
            if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
            for cell in sheet["cells"]
        ]
    elif version == 4:
        raw = notebook.get("cells")
    elif isinstance(notebook.get("cells"), list):
        submission.notes.append(
            f"{shown} says that its format is {str(version)[:20]}; it was read as format 4."
        )
        raw = notebook["cells"]
    else:
        raise Refused(f"{shown} is not a notebook of a format that can be read.")
    if not isinstance(raw, list):
        raise Refused(f"{shown} has no cells.")
    if len(raw) > limits.cells:
        raise Refused(f"{shown} has {len(raw):,} cells; at most {limits.cells:,} are read.")
    cells, broken, room = [], 0, limits.source_characters
    for position, item in enumerate(raw):
        cell = _learners_cell(item, position)
        if cell is None:
            broken += 1
            continue
        room -= len(cell.source)
        if room < 0:
            raise Refused(f"The cells of {shown} hold more than {limits.source_characters:,} characters.")
        cells.append(cell)
    if broken:
        submission.notes.append(f"{broken} entries among the cells are not cells and were ignored.")
    return cells


def _learners_cell(item, position):
    if not isinstance(item, dict):
        return None
    kind = item.get("cell_type")
    if kind == "heading":
        kind = "markdown"
    if kind not in ("code", "markdown", "raw"):
        return None
    source = item.get("source", item.get("input", ""))
    if isinstance(source, list):
        if not all(isinstance(line, str) for line in source):
            return None
        source = "".join(source)
    if not isinstance(source, str):
        return None
    source = source.encode("utf-8", "replace").decode("utf-8")
    metadata = item.get("metadata")
    about = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    about = about if isinstance(about, dict) else {}
    grade_id = about.get("grade_id")
    identity = item.get("id")
    return _Cell(
        kind,
        source,
        identity if isinstance(identity, str) else "",
        grade_id if isinstance(grade_id, str) else "",
        "solution" if about.get("solution") is True else "locked" if about else "",
        position,
        _pictures(item.get("attachments")) if kind != "code" else {},
    )


def _pictures(attachments):
    """Pictures that were pasted into a text cell: PNG and JPEG under plain names, within a limit."""
    kept: dict[str, dict[str, str]] = {}
    room = MOST_PICTURE_TEXT
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        if not isinstance(bundle, dict) or not re.fullmatch(r"[\w.-]{1,100}", name):
            continue
        for kind in ("image/png", "image/jpeg"):
            content = bundle.get(kind)
            if (
                isinstance(content, str)
                and len(content) <= room
                and re.fullmatch(r"[A-Za-z0-9+/=\s]+", content)
            ):
                kept[name] = {kind: content}
                room -= len(content)
                break
    return kept


# ------------------------------------------------------------------------------ rebuild


def rebuild(release: Mapping, cells: list[_Cell], notes: list[str]) -> dict:
    """The released notebook with the learner's own cells in it.

    Cells that the release locks come from the release, whatever became of them. A solution cell is found by
    its nbgrader name, then by its cell id, then by the name it defines, then by its place between known
    neighbours. Cells that the release does not know are the learner's own and stay where they are between the
    others; so are lines that were added to a locked cell. Outputs and metadata are not taken.

    Parameters
    ----------
    release : Mapping
        Notebook of format 4.
    cells : list of _Cell
    notes : list of str
        Gets a sentence for everything that was corrected.

    Returns
    -------
    dict
    """
    cells = _added_lines_apart(release, cells, notes)
    skeleton, names, wanted, found, taken = _matched(release, cells, notes)
    stubs = {skeleton[number]["source"].strip() for number in wanted}
    _leave_copied_stubs_out(stubs, cells, found, taken, notes)
    free = [cell for i, cell in enumerate(cells) if i not in taken]
    defined = _defined_elsewhere(skeleton, wanted, cells, found, free)
    for number in wanted:
        stub, name = skeleton[number]["source"], quoted(names[number])
        answer = cells[found[number]] if number in found else None
        if answer is not None and answer.source.strip() != stub.strip():
            skeleton[number]["source"] = answer.source
            if answer.attachments and skeleton[number]["cell_type"] == "markdown":
                skeleton[number]["attachments"] = answer.attachments
        elif skeleton[number]["cell_type"] == "code" and _definition(stub) in defined.get(number, ()):
            # the stub would define the name again, over the answer
            skeleton[number]["source"] = "# Answered in another cell."
            notes.append(
                f"The answer cell {name} is {'blank' if answer else 'missing'}; another cell defines what it asks for, and counts."
            )
        elif skeleton[number]["cell_type"] == "markdown" and (
            text := _text_of_own_cells(cells, free, skeleton, number, taken)
        ):
            skeleton[number]["source"] = text
            pictures = {name: one for cell in free for name, one in cell.attachments.items()}
            if pictures:
                skeleton[number]["attachments"] = pictures
            notes.append(
                f"The text cell {name} is {'blank' if answer else 'missing'}; text from the learner's own cells was put into it for a person to read."
            )
        elif answer is None:
            notes.append(f"The answer cell {name} is missing; it counts as not attempted.")
    _note_order(wanted, found, notes)
    made = {"cells": _with_free_cells(skeleton, cells, taken), "nbformat": 4, "nbformat_minor": 5}
    made["metadata"] = {
        key: value
        for key, value in release.get("metadata", {}).items()
        if key in ("kernelspec", "language_info")
    }
    return made


def _added_lines_apart(release, cells, notes):
    """The cells, with what a learner added to locked code in a cell of its own below it: an editor that ignores locks lets them.

    That needs the locked lines whole and in order, and other lines that are Python by themselves.
    """
    locked = {
        _grade_id(cell): "".join(cell["source"]).strip()
        for cell in release["cells"]
        if cell["cell_type"] == "code" and cell["metadata"].get("nbgrader") and not _is_solution(cell)
    }
    made: list[_Cell] = []
    changed = []
    for cell in cells:
        added = _added_lines(locked.get(cell.grade_id, ""), cell.source) if cell.kind == "code" else ""
        parts = [cell]
        if added:
            own = {"source": added, "grade_id": "", "id": "", "role": ""}
            parts = [
                dataclasses.replace(cell, source=locked[cell.grade_id]),
                dataclasses.replace(cell, **own),
            ]
            changed.append(cell.grade_id)
        made += [dataclasses.replace(one, position=len(made) + n) for n, one in enumerate(parts)]
    if changed:
        notes.append(
            f"{quoted_names(changed)}: lines that were added to cells that belong to the exercise run in a cell below."
        )
    return made


# lines between these are in the source of an assignment and not in its release: nobody wrote them into a hand-in
_OF_THE_SOURCE = re.compile(r"(BEGIN|END) (HIDDEN TESTS|SOLUTION|MARK SCHEME)")


def _added_lines(ours, theirs):
    """The lines of a changed cell that are not the release's; empty where the release's lines are not all there, or the cell is the source's."""
    left, added = ours.splitlines(), []
    for line in theirs.strip().splitlines():
        if left and line.rstrip() == left[0].rstrip():
            left.pop(0)
        else:
            added.append(line)
    source = "\n".join(added).strip("\n")
    if left or not ours or not source.strip() or _OF_THE_SOURCE.search(source):
        return ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return source


def _matched(release, cells, notes):
    """The release's cells, and which of the learner's cells is which of them."""
    skeleton = [_skeleton_cell(cell, number) for number, cell in enumerate(release["cells"])]
    names = [_grade_id(cell) for cell in skeleton]
    wanted = [number for number, cell in enumerate(skeleton) if _is_solution(cell)]
    taken: dict[int, int] = {}
    found: dict[int, int] = {}
    _match_by_name(skeleton, names, wanted, cells, found, taken, notes)
    _match_by_id(skeleton, wanted, cells, found, taken, notes)
    _match_by_definition(skeleton, wanted, cells, found, taken, notes)
    _claim_locked(skeleton, names, cells, taken, notes)
    _match_by_place(skeleton, wanted, cells, found, taken, notes)
    return skeleton, names, wanted, found, taken


def _answers(release, cells):
    """How many answers of a notebook are not the release's stubs, wherever they stand."""
    made = rebuild(release, cells, [])
    stubs = {
        cell.get("id") or f"release-{number}": "".join(cell["source"]).strip()
        for number, cell in enumerate(release["cells"])
    }
    return sum(
        _is_solution(cell) and cell["source"].strip() not in ("", stubs[cell["id"]])
        for cell in made["cells"]
        if cell["id"] in stubs
    )


def _refuse_another_exercise(release, cells, name):
    """Refuse a notebook that holds named cells of another exercise and none of this one.

    Raises
    ------
    Refused
    """
    known = {_grade_id(cell) for cell in release["cells"] if "nbgrader" in cell.get("metadata", {})}
    theirs = {cell.grade_id for cell in cells if cell.grade_id}
    if len(theirs) >= 3 and not theirs & known:
        raise Refused(
            f"This is not {quoted(name)} but the notebook of another exercise (its cells are called {quoted_names(theirs)}), so nothing was graded."
        )


def _leave_copied_stubs_out(stubs, cells, found, taken, notes):
    """A second copy of a blank answer cell is nobody's work, and would define the name again over the answer."""
    copies = [i for i, cell in enumerate(cells) if i not in taken and cell.source.strip() in stubs]
    for i in copies:
        taken[i] = None
    if copies:
        notes.append(f"{len(copies)} copies of blank answer cells were left out.")


def _bound_names(source):
    """Names that a cell binds at its top level; by its first lines where it is no valid Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {_definition(source)} - {""}
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target] if node.value else []
            names |= {one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)}
    return names


def _defined_elsewhere(skeleton, wanted, cells, found, free):
    """For each answer cell the names that the learner's other code defines: own cells, and the cells of other answers."""
    stubs = {number: skeleton[number]["source"].strip() for number in wanted}
    own = set().union(*(_bound_names(cell.source) for cell in free if cell.kind == "code"))
    by_answer = {
        number: _bound_names(cells[i].source)
        for number, i in found.items()
        if skeleton[number]["cell_type"] == "code" and cells[i].source.strip() != stubs[number]
    }
    return {
        number: own.union(*(names for other, names in by_answer.items() if other != number))
        for number in wanted
    }


def _text_of_own_cells(cells, free, skeleton, number, taken):
    """What a learner wrote into text cells of their own instead of a blank memo cell; empty where there is none.

    That is what stands between the memo's neighbours, not counting the cells that only help with it; failing that, any own text
    of more than a line.
    """
    mine = [cell for cell in free if cell.kind in ("markdown", "raw") and cell.source.strip()]
    helps = f"{_grade_id(skeleton[number])}-"
    anchors = {
        release_number: i
        for i, release_number in taken.items()
        if release_number is not None and not _grade_id(skeleton[release_number]).startswith(helps)
    }
    before = max((anchors[other] for other in anchors if other < number), default=-1)
    after = min((anchors[other] for other in anchors if other > number), default=len(cells))
    near = [cell for cell in mine if before < cell.position < after] or [
        cell for cell in mine if len(cell.source) > 80
    ]
    return "\n\n".join(cell.source for cell in near)


def _skeleton_cell(cell, number):
    made = {
        "cell_type": cell["cell_type"],
        "id": cell.get("id") or f"release-{number}",
        "metadata": {"nbgrader": dict(cell["metadata"]["nbgrader"])}
        if "nbgrader" in cell.get("metadata", {})
        else {},
        "source": "".join(cell["source"]),
    }
    return made | ({"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {})


def _grade_id(cell):
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def _is_solution(cell):
    return bool(cell["metadata"].get("nbgrader", {}).get("solution"))


def _match_by_name(skeleton, names, wanted, cells, found, taken, notes):
    """By nbgrader's name: the first with the right type and role, else the first with the right type."""
    for number in wanted:
        stub = skeleton[number]["source"].strip()
        same = [i for i, cell in enumerate(cells) if cell.grade_id == names[number] and i not in taken]
        fits = [i for i in same if cells[i].kind == skeleton[number]["cell_type"]]
        turned = [i for i in same if i not in fits and cells[i].source.strip() not in ("", stub)]
        if turned and all(cells[i].source.strip() in ("", stub) for i in fits):
            best = turned[0]  # the learner made a text cell of a code cell, or the other way round
            found[number], taken[best] = best, number
            notes.append(
                f"The answer cell {quoted(names[number])} had been turned into a {cells[best].kind} cell; its text was taken."
            )
            continue
        if not fits:
            continue
        best = min(
            fits, key=lambda i: (cells[i].source.strip() in ("", stub), cells[i].role != "solution", i)
        )
        found[number], taken[best] = best, number
        if len([i for i in fits if cells[i].source.strip() not in ("", stub)]) > 1:
            shown = quoted(names[number])
            notes.append(
                f"There are {len(fits)} cells called {shown}; the first with an answer was put in its place, "
                "the others stay as the learner's own: of those above the check, the last decides."
            )


def _match_by_id(skeleton, wanted, cells, found, taken, notes):
    for number in [number for number in wanted if number not in found]:
        for i, cell in enumerate(cells):
            right_kind = cell.kind == skeleton[number]["cell_type"]
            if i not in taken and right_kind and not cell.grade_id and cell.id == skeleton[number]["id"]:
                found[number], taken[i] = i, number
                notes.append(
                    f"The answer cell {quoted(_grade_id(skeleton[number]))} had no name; its id showed it."
                )
                break


def _definition(source):
    """The first function, class or value that a cell defines at its top level."""
    match = re.search(
        r"^(?:async\s+)?(?:def|class)\s+(\w+)|^(\w+)\s*(?::[^=\n]+)?=(?!=)", source, re.MULTILINE
    )
    return next((name for name in match.groups() if name), "") if match else ""


def _match_by_definition(skeleton, wanted, cells, found, taken, notes):
    for number in [number for number in wanted if number not in found]:
        if skeleton[number]["cell_type"] != "code" or not (name := _definition(skeleton[number]["source"])):
            continue
        fits = [
            i
            for i, cell in enumerate(cells)
            if i not in taken and cell.kind == "code" and _definition(cell.source) == name
        ]
        if fits:
            best = next((i for i in fits if not cells[i].role), fits[0])
            found[number], taken[best] = best, number
            shown = quoted(_grade_id(skeleton[number]))
            notes.append(f"The answer cell {shown} had no name of its own; what it defines showed it.")


_CORE_MARKS = re.compile(r"(?m)^(## \d+ · .*) · (?:core|more)$|^\*\*Core and more:\*\* .*$")


def _without_marks(source):
    """The text without what tells core questions from others: a course may release either, and a learner hand in the other."""
    return _CORE_MARKS.sub(lambda match: match[1] or "", source).strip()


def _claim_locked(skeleton, names, cells, taken, notes):
    """Copies of locked cells belong to the release and are not the learner's own."""
    locked = {
        name: number for number, name in enumerate(names) if name and not _is_solution(skeleton[number])
    }
    texts: dict[tuple[str, str], int] = {}
    for place, cell in enumerate(skeleton):
        if not _is_solution(cell) and cell["source"].strip():
            texts.setdefault((cell["cell_type"], cell["source"].strip()), place)
    identities = {cell["id"]: number for number, cell in enumerate(skeleton) if not _is_solution(cell)}
    seen: dict[int, int] = {}
    changed = set()
    for i, cell in enumerate(cells):
        if i in taken:
            continue
        number = locked.get(cell.grade_id)
        if number is None and cell.role != "solution":
            number = texts.get((cell.kind, cell.source.strip()))
        if number is None and not cell.grade_id and cell.id in identities:
            number = identities[cell.id]
        if number is None:  # a copy of an answer, or what the release does not know: the learner's own
            continue
        taken[i] = number
        seen[number] = seen.get(number, 0) + 1
        if (
            _without_marks(cell.source) != _without_marks(skeleton[number]["source"])
            or cell.kind != skeleton[number]["cell_type"]
        ):
            changed.add(names[number] or skeleton[number]["id"])
    missing = [names[number] for number in locked.values() if number not in seen]
    if changed:
        notes.append(
            f"{quoted_names(changed)}: changed or copied cells that belong to the exercise were put back; nothing is deducted for that."
        )
    if missing:
        notes.append(f"{quoted_names(missing)}: missing cells that belong to the exercise were put back.")


def _match_by_place(skeleton, wanted, cells, found, taken, notes):
    """The only nameless cell of the right type between the neighbours of a missing answer is that answer."""
    anchors = {number: i for i, number in taken.items() if number is not None}
    for number in [number for number in wanted if number not in found]:
        before = max((anchors[other] for other in anchors if other < number), default=-1)
        after = min((anchors[other] for other in anchors if other > number), default=len(cells))
        kind = skeleton[number]["cell_type"]
        between = [
            i
            for i in range(before + 1, after)
            if i not in taken and cells[i].kind == kind and cells[i].source.strip()
        ]
        if len(between) == 1:
            found[number], taken[between[0]] = between[0], number
            anchors[number] = between[0]
            notes.append(
                f"The answer cell {quoted(_grade_id(skeleton[number]))} had no name; its place showed it."
            )


def _note_order(wanted, found, notes):
    order = [found[number] for number in wanted if number in found]
    if order != sorted(order):
        notes.append("The answer cells were in another order and were put back.")


def _with_free_cells(skeleton, cells, taken):
    """The skeleton with the learner's own cells, each after the released cell that it followed."""
    after: dict[int | None, list] = {}
    previous = None
    for i, cell in enumerate(cells):
        if i in taken:
            previous = taken[i] if taken[i] is not None else previous
        elif cell.source.strip():
            after.setdefault(previous, []).append(cell)
    made, count = [], 0
    for number in [None, *range(len(skeleton))]:
        if number is not None:
            made.append(skeleton[number])
        for cell in after.get(number, []):
            count += 1
            free = {"cell_type": cell.kind, "id": f"learner-{count}", "metadata": {}, "source": cell.source}
            if cell.attachments and cell.kind == "markdown":
                free["attachments"] = cell.attachments
            made.append(free | ({"outputs": [], "execution_count": None} if cell.kind == "code" else {}))
    return made


def with_notes(notebook: dict, notes: Iterable[str]) -> dict:
    """A notebook that begins with what was corrected in it, so that learner and instructor read it where they read the rest.

    Parameters
    ----------
    notebook : dict
    notes : iterable of str

    Returns
    -------
    dict
        The same notebook where there is nothing to say.
    """
    notes = list(notes)
    if not notes:
        return notebook
    source = "Noted when this was read and graded:\n\n" + "\n".join(f"- {note}" for note in notes)
    about = {"cell_type": "markdown", "id": "notes-of-grading", "metadata": {}, "source": source}
    return {**notebook, "cells": [about, *notebook["cells"]]}
