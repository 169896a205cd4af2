"""Reads ``checks.json``, the visible cases of an exercise, and notices when it has been edited."""

import hashlib
import json
import os
import pathlib

from holdout import paths
from holdout.errors import HoldoutError

FORMAT = 1


class ChecksUnavailable(HoldoutError):
    """The checks of a question cannot be read; the message says why and what to do."""


def find_checks(question_id: str, folder: str | os.PathLike | None = None) -> pathlib.Path:
    """Return the ``checks.json`` that holds a question (see `holdout.paths.find_checks`).

    Raises
    ------
    ChecksUnavailable
        If there is none.
    """
    found = paths.find_checks(question_id, folder)
    if found is None:
        here = pathlib.Path(folder or pathlib.Path.cwd()).resolve()
        raise ChecksUnavailable(
            f"No checks.json for question {question_id!r}: it belongs beside the exercise notebook (looked in {here.name}/ "
            "and in exercises/ above it). Copy it there from the course; your answers are in the notebook and stay as they are."
        )
    return found


def read_checks(path: str | os.PathLike) -> dict:
    """Read a ``checks.json`` and compare it with its digest.

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


def digest(document: dict) -> str:
    """Return the SHA-256 over the questions of a checks document, so that an edited file is noticed."""
    text = json.dumps([document["exercise"], document["questions"]], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
