"""What the commands of a project print, as plain text. Computes nothing."""

from __future__ import annotations

import textwrap

from holdout import chained_log
from holdout.project import one_test
from holdout.project.facts import FACTS, read_facts
from holdout.project.folder import NOTEBOOK, PREDICTIONS, Project
from holdout.project.grading import FAILS, HOLDS, OPEN, RUBRIC, Finding, Report, log_problems

MARKS = {HOLDS: "✔", FAILS: "✘", OPEN: "○"}


def made(project: Project) -> str:
    """What `holdout project new` says."""
    split = project.split
    how = {
        "time": f"the latest rows, from {split['border']} on, by {split['column']}",
        "group": f"whole groups of {split['column']}, drawn at random",
        "random": "rows drawn at random, because you named no column with --time or --group; name one if rows of one person, "
        "machine or day are alike, or if the model will forecast the future",
    }[split["kind"]]
    rows = project.about["rows"]
    lines = [
        project.about["what"],
        f"{rows['training']:,} training rows, {rows['test']:,} test rows: {how}.",
    ]
    if project.about["source"] == "file" and rows["without_outcome"]:
        lines.append(f"{rows['without_outcome']:,} rows have no outcome and were left out.")
    lines += [
        "The test labels are sealed and compared once, by `holdout project test`. It is a seal and no lock: what it gives is evidence.",
        f"Begin in {project.folder / NOTEBOOK}.",
    ]
    return "\n".join(lines)


def status(project: Project) -> dict:
    """Where a project stands, as plain JSON."""
    facts = read_facts(project.folder)
    lines, _ = chained_log.read(project.folder)
    asked = [line for line in lines if line.get("event") == "asked"]
    return {
        "folder": str(project.folder),
        "what": project.about["what"],
        "rows": project.about["rows"],
        "split": project.split,
        "stated": [name for name in (*FACTS, "standard") if name in facts],
        "missing": [name for name in (*FACTS, "standard") if name not in facts],
        "predictions": (project.folder / PREDICTIONS).is_file(),
        "test": asked[0] if asked else None,
        "refused": sum(line.get("event") == "refused" for line in lines),
        "problems": log_problems(project, ()),
    }


def status_text(project: Project) -> str:
    """The same for people."""
    state = status(project)
    lines = [state["what"], f"Stated: {', '.join(state['stated']) or 'nothing yet'}."]
    if state["missing"]:
        lines.append(f"Missing: {', '.join(state['missing'])}.")
    test = state["test"]
    if test:
        lines.append(
            f"The test was asked on {test['at'][:10]}: area under the curve {test['auc']:.3f}, {test['low']:.3f} to {test['high']:.3f}."
            + (
                f" {state['refused']} later request{'s' * (state['refused'] > 1)} refused."
                if state["refused"]
                else ""
            )
        )
    else:
        lines.append(
            "The test labels are sealed; "
            + ("forecasts are there." if state["predictions"] else f"no {PREDICTIONS} yet.")
        )
    return "\n".join([*lines, *(f"{problem[:1].upper()}{problem[1:]}." for problem in state["problems"])])


def tested(project: Project, entry: dict) -> str:
    """What `holdout project test` says."""
    return (
        f"Area under the curve on {entry['rows']:,} test rows: {entry['auc']:.3f}, 95% interval {entry['low']:.3f} to "
        f"{entry['high']:.3f}.\nWritten down in the log with the fingerprint of these forecasts, {entry['predictions'][:12]}. The labels are "
        f"now in {project.folder / one_test.LABELS}: they cannot judge another model."
    )


def graded(report: Report, findings: list[Finding]) -> str:
    """What `holdout project check` says."""
    lines = []
    for finding in findings:
        text = textwrap.fill(finding.sentence, 110, subsequent_indent=" " * 14)
        lines.append(f"{MARKS[finding.state]} {finding.name:<12}{text}")
    if report.verdicts:
        lines += ["", "Your standard on this project:"]
        lines += [f"{'✔' if one.met else '✘'} {one.words} ({one.why})" for one in report.verdicts]
    counts = [sum(finding.state == state for finding in findings) for state in (HOLDS, FAILS, OPEN)]
    lines += ["", f"{counts[0]} of {len(findings)} facts hold, {counts[1]} do not, {counts[2]} are open."]
    if not counts[1] and not counts[2]:
        lines += ["", "What a machine cannot read, one point each:", *(f"- {line}" for line in RUBRIC)]
    return "\n".join(lines)
