"""Changes an exercise after hand-ins: questions dropped or added, other points. nbgrader itself refuses that while there are submissions.

Points given by hand in the cells that stay are not touched. A copy of the gradebook is kept before anything is removed.
"""

import datetime
import pathlib
import sqlite3
from collections.abc import Mapping

from nbgrader.api import Comment, Grade, MissingEntry

from grader.nbgrader_bridge.gradebook import GradebookWriter

BACKUPS = "backups"


def adapt_gradebook(writer: GradebookWriter, exercise: str, release: Mapping) -> list[str]:
    """Give the gradebook the cells of a new release, where there are hand-ins already.

    Parameters
    ----------
    writer : GradebookWriter
    exercise : str
    release : Mapping
        The notebook that is about to be released.

    Returns
    -------
    list of str
        What was changed, one sentence each; empty if there was nothing to do.
    """
    cells = [cell for cell in release["cells"] if cell["metadata"].get("nbgrader")]
    roles = {cell["metadata"]["nbgrader"]["grade_id"]: cell["metadata"]["nbgrader"] for cell in cells}
    kinds = {cell["metadata"]["nbgrader"]["grade_id"]: cell["cell_type"] for cell in cells}
    graded = {name for name, role in roles.items() if role.get("grade")}
    solved = {name for name, role in roles.items() if role.get("solution")}
    locked = {name for name, role in roles.items() if role.get("locked")}
    wanted = {"grade": graded, "solution": solved, "source": graded | solved | locked}
    with writer.gradebook() as book:
        try:
            notebook = book.find_notebook(exercise, exercise)
        except MissingEntry:
            return []
        if not notebook.submissions:
            return []
        known = {
            "grade": {cell.name: cell for cell in notebook.grade_cells},
            "solution": {cell.name: cell for cell in notebook.solution_cells},
            "source": {cell.name: cell for cell in notebook.source_cells},
        }
        if all(set(known[kind]) == wanted[kind] for kind in wanted):
            return []
        done = []
        kept = back_up(writer)
        if kept:
            done.append(f"The gradebook as it was is kept in {kept.relative_to(writer.root)}.")
        for kind, rows in (("grade", Grade), ("solution", Comment), ("source", None)):
            for name in sorted(set(known[kind]) - wanted[kind]):
                cell = known[kind][name]
                if rows is not None:
                    for row in book.db.query(rows).filter(rows.cell_id == cell.id).all():
                        book.db.delete(row)
                    book.db.flush()
                book.db.delete(cell)
                if kind == "grade":
                    done.append(f"{name} was dropped; its points are gone from every grade.")
        book.db.commit()
        for name in sorted(graded - set(known["grade"])):
            cell = book.add_grade_cell(
                name, exercise, exercise, max_score=float(roles[name]["points"]), cell_type=kinds[name]
            )
            for submission in notebook.submissions:
                book.db.add(
                    Grade(cell_id=cell.id, notebook=submission, auto_score=0.0, needs_manual_grade=True)
                )
            done.append(f"{name} was added; every hand-in has 0 points for it until `holdout grade` has run.")
        for name in sorted(solved - set(known["solution"])):
            cell = book.add_solution_cell(name, exercise, exercise)
            for submission in notebook.submissions:
                book.db.add(Comment(cell_id=cell.id, notebook=submission))
        for name in sorted(wanted["source"] - set(known["source"])):
            book.add_source_cell(name, exercise, exercise, cell_type=kinds[name])
        book.db.commit()
    return done


def back_up(writer: GradebookWriter) -> pathlib.Path | None:
    """Copy an SQLite gradebook to ``classroom/backups``; None for another kind, which has its own backups."""
    url = writer.course.db_url
    if not url.startswith("sqlite:///"):
        return None
    now = datetime.datetime.now(datetime.UTC)
    path = writer.root / "classroom" / BACKUPS / f"gradebook-{now:%Y%m%d-%H%M%S-%f}.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    source, target = sqlite3.connect(url.removeprefix("sqlite:///")), sqlite3.connect(path)
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()
    path.chmod(0o600)
    return path
