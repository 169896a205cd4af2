"""The first page of the portfolio: the learner's project, the drift catch with its dates, and sentences of the learner's own.

Prepares what the template shows; the machine facts of the project come from `holdout.project`. Not for artefacts of exercises.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from holdout import chained_log
from holdout.project import grading, rerun
from holdout.project.errors import ProjectError
from holdout.project.facts import read_facts
from holdout.project.folder import FOLDER, open_project
from holdout.record.artefacts import KeptArtefact
from holdout.record.canary.report import DriftCatch

MARKS = {grading.HOLDS: "✓", grading.FAILS: "✗", grading.OPEN: "○"}
ROLES = {grading.HOLDS: "ok", grading.FAILS: "bad", grading.OPEN: "open"}
IN_FRONT = ("split", "leaks", "interval", "segment", "test")
"""Findings of the project that stand on the first page."""
SENTENCES = 3
DRIFT = ("11", "incident report")
"""The artefact that is the drift catch."""
WORDS = 32
"""Of one text on the first page; the rest stands behind."""


@dataclass(frozen=True)
class ShownFinding:
    """A fact of the project as the page shows it."""

    name: str
    state: str
    sentence: str

    @property
    def sign(self) -> str:
        return MARKS[self.state]

    @property
    def role(self) -> str:
        return ROLES[self.state]


@dataclass(frozen=True)
class ShownProject:
    """The learner's project.

    Parameters
    ----------
    what : str
    findings : list of ShownFinding
    words : dict of str to str
        What the learner wrote: ``reason``, ``how``, ``reading``, ``fix``, ``words`` (of the decision).
    choice : str
    standard : list of (words, met, why)
    again : bool
        Whether the notebook was run again.
    id, head : str
        Of the project, and the fingerprint of the last line of its log.
    """

    what: str
    findings: list[ShownFinding]
    words: dict[str, str]
    choice: str
    standard: list
    again: bool
    id: str
    head: str

    @property
    def short(self) -> dict[str, str]:
        """The learner's words, as long as the first page has room for them."""
        return {key: shortened(text) for key, text in self.words.items()}

    @property
    def front(self) -> list[ShownFinding]:
        return [finding for finding in self.findings if finding.name in IN_FRONT]

    @property
    def holds(self) -> int:
        return sum(finding.state == grading.HOLDS for finding in self.findings)


@dataclass(frozen=True)
class Front:
    """What stands on the first page.

    Parameters
    ----------
    project : ShownProject or None
    problem : str
        Why the project cannot be shown; empty if it can, or there is none.
    drift : str
        The drift catch, in one text; empty if there is none.
    canary : DriftCatch or None
        The watch on the calendar that is over; it stands in front of `drift`.
    waiting : str
        Why there is no such watch, or that it goes on; empty if none was begun.
    sentences : list of (exercise, sentence)
    """

    project: ShownProject | None = None
    problem: str = ""
    drift: str = ""
    canary: DriftCatch | None = None
    waiting: str = ""
    sentences: list[tuple[str, str]] = field(default_factory=list)


def read_project(
    root: str | os.PathLike,
    *,
    again: bool,
    heads: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> tuple[ShownProject | None, str]:
    """The project of a course's folder, graded now; and why it cannot be shown.

    Parameters
    ----------
    root : path
        The course; the project lies in its ``my-project``. A folder that is itself a project is taken as well.
    again : bool
        Whether the notebook is run again.
    heads : mapping of str to collection of str, optional
        By the id of a project, the fingerprints of its log that were noted elsewhere (see `holdout.project.grading.grade`).
    """
    root = pathlib.Path(root)
    folder = next((one for one in (root / FOLDER, root) if (one / "project.json").is_file()), None)
    if folder is None:
        return None, ""
    try:
        project = open_project(folder)
        report = grading.grade(project, heads=heads.get(project.about["id"], ()))
        if again:
            report.findings.append(rerun.rerun(project))
    except ProjectError as error:
        return None, str(error)
    facts = read_facts(folder)
    words = {
        key: facts[name][key]
        for name, key in (("split", "reason"), ("leaks", "how"), ("curve", "reading"), ("segment", "fix"), ("decision", "words"))
        if name in facts
    }  # fmt: skip
    return ShownProject(
        project.about["what"],
        [ShownFinding(one.name, one.state, one.sentence) for one in report.findings],
        words,
        facts.get("decision", {}).get("choice", ""),
        list(report.verdicts),
        again,
        project.about["id"],
        chained_log.head(chained_log.read(folder)[0]),
    ), ""


def make_front(
    project: ShownProject | None,
    problem: str,
    kept: Sequence[KeptArtefact],
    sentences: Mapping[str, str],
    *,
    canary: DriftCatch | None = None,
    waiting: str = "",
) -> Front:
    """Choose what stands in front: three sentences, of the last exercises first, because those weigh most."""
    catch = next((one for one in kept if (one.exercise, one.name) == DRIFT), None)
    chosen = [(number, shortened(sentences[number])) for number in sorted(sentences, reverse=True)[:SENTENCES]]  # fmt: skip
    return Front(project, problem, shortened(catch.text) if catch else "", canary, waiting, chosen)


def shortened(text: str) -> str:
    """The first words of a text, with a sign that there are more."""
    words = text.split()
    return " ".join(words) if len(words) <= WORDS else " ".join(words[:WORDS]) + " …"
