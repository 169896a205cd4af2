"""Reading, judging and cleaning a submission, each inside limits of its own (:mod:`grader.grading.bounded`).

Says what becomes of a submission that needs more: a reason for a review, or zero points for one question. Executes nothing.
"""

import base64
import contextlib
import datetime
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import nbformat

from grader.grading.bounded import Allowance, Bounded, Excess
from grader.grading.ordinary import Finished, HandIn, OrdinaryReader
from grader.grading.prepared import PreparedExercise, QuestionResult
from grader.grading.submission import Submission
from grader.sandbox.server import ExecutionResult
from holdout.errors import HoldoutError

ALL_QUESTIONS = Allowance(cpu_seconds=6)
ONE_QUESTION = Allowance(cpu_seconds=3)
# notebooks are kept beside the cleaned ones as they were handed in, figures and all
ORDINARY = Allowance(cpu_seconds=20, memory=2 << 30, result_bytes=512 << 20)
MOST_KEPT = (
    1_000  # characters of an output that points depend on, where the outputs are too heavy to be shown
)


def read_within_limits(bounded: Bounded, folder: str | os.PathLike, prepared: PreparedExercise) -> Submission:
    """A submission as :func:`grader.grading.submission.read_submission` reads it, or the reason why it takes too much to read."""
    try:
        read = bounded.call("read", str(folder), prepared.release, f"{prepared.name}.ipynb")
    except Excess as excess:
        return Submission(problems=[f"The notebook cannot be read: {excess}"])
    moment = read.pop("submitted_at")
    files = {name: base64.b64decode(content) for name, content in read.pop("files").items()}
    return Submission(
        **read,
        files=files,
        submitted_at=datetime.datetime.fromisoformat(moment) if moment is not None else None,
    )


def judge_within_limits(
    bounded: Bounded, prepared: PreparedExercise, executed: ExecutionResult, notebook: Mapping
) -> list[QuestionResult]:
    """The results of all questions. An answer that takes too much to judge costs its own question and no other."""
    about = prepared.name, str(prepared.root), prepared.seed, prepared.released
    with contextlib.suppress(HoldoutError):
        judged = bounded.call("judge", *about, executed, dict(notebook), allowance=ALL_QUESTIONS)
        return [QuestionResult(**one) for one in judged]
    results = []  # one answer is to blame: each question again, alone
    for id in prepared.questions:
        own = replace(
            executed,
            probes={key: runs for key, runs in executed.probes.items() if key.endswith(f" {id}")},
            later={key: runs for key, runs in executed.later.items() if key.endswith(f" {id}")},
        )
        try:
            judged = bounded.call("judge", *about, own, dict(notebook), [id], allowance=ONE_QUESTION)
            results.append(QuestionResult(**judged[0]))
        except HoldoutError as error:
            results.append(prepared.not_judged(id, str(error)))
    return results


def clean_within_limits(bounded: Bounded, cells: list) -> tuple[list, list[str]]:
    """Outputs as they may be shown, and a reason for a review where that takes too much."""
    try:
        return bounded.call("clean", cells), []
    except HoldoutError as error:
        notice = {"output_type": "stream", "name": "stdout", "text": "These outputs are not shown.\n"}
        shown = [[notice] if outputs else [] for outputs in cells]
        return shown, [f"The outputs of the notebook are not shown: {error}"]


def read_ordinary_within_limits(
    bounded: Bounded, folder: str | os.PathLike, reader: OrdinaryReader
) -> HandIn:
    """A hand-in as :meth:`grader.grading.ordinary.OrdinaryReader.read` reads it, or the reason why it takes too much to read."""
    try:
        read = bounded.call("read_ordinary", reader, str(folder), allowance=ORDINARY)
    except HoldoutError as error:
        return HandIn(about=Submission(problems=[f"The hand-in cannot be read: {error}"]))
    moment = read.pop("submitted_at")
    about = Submission(
        notes=read.pop("notes"),
        problems=read.pop("problems"),
        submitted_at=datetime.datetime.fromisoformat(moment) if moment is not None else None,
    )
    for name in ("files", "raw"):
        read[name] = {path: base64.b64decode(one) for path, one in read[name].items()}
    read["notebooks"] = {name: nbformat.from_dict(one) for name, one in read["notebooks"].items()}
    return HandIn(**read, about=about)


def finish_ordinary_within_limits(
    bounded: Bounded, reader: OrdinaryReader, hand_in: HandIn, notebook: str, executed: ExecutionResult
) -> Finished:
    """The result of one notebook, which is put into the hand-in. Outputs that take too much to clean are not shown; the points stay.

    Raises
    ------
    HoldoutError
        If the notebook takes too much even without its outputs.
    """
    node, alarm = dict(hand_in.notebooks[notebook]), hand_in.alarms[notebook]
    heavy = []
    try:
        made = bounded.call("finish_ordinary", reader, node, notebook, executed, alarm, allowance=ORDINARY)
    except HoldoutError as error:
        thin = replace(executed, cells=[_what_points_depend_on(outputs) for outputs in executed.cells])
        made = bounded.call("finish_ordinary", reader, node, notebook, thin, alarm, allowance=ORDINARY)
        heavy = [f"The outputs of the notebook are not shown: {error}"]
    hand_in.notebooks[notebook] = nbformat.from_dict(made["node"])
    questions = [QuestionResult(**one) for one in made["questions"]]
    return Finished([*heavy, *made["reviews"]], made["remarks"], questions)


def _what_points_depend_on(outputs: list[dict]) -> list[dict[str, Any]]:
    """Errors, text on stderr and results, cut short, by which nbgrader gives points; a notice in the place of the rest."""
    made: list[dict[str, Any]] = []
    for output in outputs:
        kind = output["output_type"]
        if kind == "error":
            made.append({**output, "evalue": output["evalue"][:MOST_KEPT], "traceback": []})
        elif kind == "stream" and output["name"] == "stderr":
            made.append({**output, "text": output["text"][:MOST_KEPT]})
        elif kind == "execute_result":
            text = str(output["data"].get("text/plain", ""))[:MOST_KEPT]
            made.append({**output, "data": {"text/plain": text}})
    notice = {"output_type": "stream", "name": "stdout", "text": "These outputs are not shown.\n"}
    return [notice, *made] if outputs else []
