"""Reads ``checks.json``, the visible cases of an exercise, and notices when it has been edited."""

import hashlib
import json
import os
import pathlib

from holdout.errors import HoldoutError

FORMAT = 1


class ChecksUnavailable(HoldoutError):
    """The checks of a question cannot be read; the message says why and what to do."""


# ---------------------------------------------------------------------------------------------------- reading checks.json


def find_checks(question_id, folder=None):
    """The ``checks.json`` that holds a question.

    Looked for beside the notebook, then in ``exercises/`` of the course that the working directory, the environment
    variable ``HOLDOUT_COURSE`` or the installed checkout belongs to.

    Parameters
    ----------
    question_id : str
        Such as ``"01.gap"``: its first part is the number of the exercise.
    folder : path, optional
        Where to begin; the working directory by default.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    ChecksUnavailable
        If there is none.
    """
    here = pathlib.Path(folder or pathlib.Path.cwd()).resolve()
    number = str(question_id).split(".")[0]
    beside = here / "checks.json"
    if beside.is_file() and here.name.startswith(f"{number}-"):
        return beside
    roots = [pathlib.Path(os.environ["HOLDOUT_COURSE"])] if os.environ.get("HOLDOUT_COURSE") else []
    roots += [here, *here.parents, pathlib.Path(__file__).resolve().parents[2]]
    for root in roots:
        for path in sorted(root.glob(f"exercises/{number}-*/checks.json")):
            return path
    raise ChecksUnavailable(
        f"No checks.json for question {question_id!r}: it belongs beside the exercise notebook (looked in {here.name}/ and "
        "in exercises/ above it). Copy it there from the course; your answers are in the notebook and stay as they are."
    )


def read_checks(path):
    """Read and verify a ``checks.json``.

    Parameters
    ----------
    path : path

    Returns
    -------
    dict
        With ``"exercise"``, ``"questions"`` and ``"edited"`` (True if it is not what the course built).

    Raises
    ------
    ChecksUnavailable
        If it cannot be read or is of another format; the message names the file.
    """
    path = pathlib.Path(path)
    name = f"{path.parent.name}/{path.name}"
    again = "Copy the file again from the course; your answers are in the notebook and stay as they are."
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        questions = document["questions"]
        if document["format"] != FORMAT:
            raise ChecksUnavailable(
                f"{name} has format {document['format']!r}, this version of the course reads {FORMAT}. {again}"
            )
        if not isinstance(questions, dict):
            raise TypeError("its questions are not a table")
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ChecksUnavailable(f"{name} cannot be read ({type(error).__name__}: {error}). {again}") from None
    document["edited"] = document.get("digest") != digest(document)
    return document


def digest(document):
    """SHA-256 over the questions of a checks document, so that an edited file is noticed."""
    text = json.dumps([document["exercise"], document["questions"]], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
