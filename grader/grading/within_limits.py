"""Reading, judging and cleaning a submission, each inside limits of its own (:mod:`grader.grading.bounded`).

Says what becomes of a submission that needs more: a reason for a review, or zero points for one question. Executes nothing.
"""

import base64
import contextlib
import datetime
import os
from collections.abc import Mapping
from dataclasses import replace

from grader.grading.bounded import Allowance, Bounded, Excess
from grader.grading.prepared import PreparedExercise, QuestionResult
from grader.grading.submission import Submission
from grader.sandbox.server import ExecutionResult
from holdout.errors import HoldoutError

ALL_QUESTIONS = Allowance(cpu_seconds=6)
ONE_QUESTION = Allowance(cpu_seconds=3)


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
