"""A notebook of one's own as a job of the sandbox, and what its last cell printed."""

from __future__ import annotations

import json
import secrets

import nbformat

from grader.sandbox.limits import Limits
from grader.sandbox.server import ExecutionResult

LIMITS = Limits(cell_seconds=300, notebook_seconds=900, cell_output_bytes=30_000_000, output_bytes=60_000_000)
"""Longer than for grading: artefacts of the language models take most of a minute. Outputs hold a project's facts."""
MARK = secrets.token_hex(16)
"""Begins what a last cell prints. Nobody who wrote a notebook knows it, so no earlier cell can have printed it."""


def code_cell(source: str) -> dict:
    """A code cell."""
    return {**nbformat.v4.new_code_cell(source.strip()), "history": False}


def printed(executed: ExecutionResult) -> dict:
    """What the last cell has printed, or why it has not."""
    text = "".join(
        output.get("text", "")
        for output in (executed.cells[-1] if executed.cells else [])
        if output["output_type"] == "stream"
    )
    errors = [
        f"{output['ename']}: {output['evalue']}"[:200]
        for cell in executed.cells
        for output in cell
        if output["output_type"] == "error"
    ]
    reason = executed.sentence if executed.outcome != "done" else errors[0] if errors else ""
    start = text.find(MARK)
    if start < 0:
        return {"reason": reason or "it printed nothing"}
    try:
        return {"found": json.loads(text[start + len(MARK) :].splitlines()[0]), "reason": reason}
    except (ValueError, RecursionError, IndexError):
        return {"reason": reason or "what it printed cannot be read"}
