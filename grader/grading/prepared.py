"""An exercise prepared for grading a class once: skeleton, probes, fresh cases, and the judgement of what comes back.

Inputs go to the learner's side, expected answers stay here. A message to a learner is made from the *visible* cases, which
are tried before any hidden input has been inside, so that no message can carry a hidden input out.
"""

import builtins
import hashlib
import json
import os
import string
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass

from grader.authoring.build import checks_text
from grader.authoring.exercise import load_exercise
from grader.authoring.notebooks import check_cell, exercise_notebook, read_script, solution_notebook
from holdout import paths
from holdout.checks.check import CRASHED, MARKS, NOT_ATTEMPTED, PASSED, WRONG, judge_runs
from holdout.errors import CourseError

ALARM = "The notebook has changed the tools that test its answers; read what it does before you accept its points."

NOT_TRIED = "Your answer was not tried, because the notebook stopped before that."


@dataclass(frozen=True)
class QuestionResult:
    """The result of one question.

    Parameters
    ----------
    question, title : str
    points, share : float
        What the question is worth, and the share of it that was earned (0 to 1).
    outcome : {"passed", "wrong", "crashed", "not attempted"}
    misconception : str
        Name of the known wrong answer; empty when none was recognised.
    message : str
        What the learner reads.
    trouble : str
        Empty, or a sentence for the instructor if the judge itself failed.
    """

    question: str
    title: str
    points: float
    share: float
    outcome: str
    misconception: str
    message: str
    trouble: str = ""

    @property
    def earned(self) -> float:
        """Points, rounded as nbgrader rounds them."""
        return round(self.share * self.points, 4)

    def as_text(self) -> str:
        """The text below the check in the recorded notebook."""
        head = f"{MARKS[self.outcome]} {self.outcome} · {self.question} {self.title}"
        return f"{head}\n{self.message}\n{self.earned:g} of {self.points:g} points"

    def as_dict(self) -> dict:
        """The result as plain JSON."""
        return asdict(self)


class PreparedExercise:
    """An exercise, ready to grade with.

    Parameters
    ----------
    name : str
        Name or number of the exercise.
    root : path
    seed : int
        Of the hidden cases.
    released : collection of str, optional
        Names of the graded cells of the release, as the gradebook has them: they tell a release of the core questions from one
        of the whole exercise, which is the default.
    """

    def __init__(
        self, name: str, root: str | os.PathLike, seed: int, released: Collection[str] | None = None
    ):
        folder = paths.solution_folder(name, root)
        self.exercise = load_exercise(folder.name, root)
        if self.exercise.core and released is not None:
            left_out = {check_cell(id) for id in self.exercise.ids if id not in self.exercise.core}
            if left_out and not left_out.intersection(released):
                self.exercise = self.exercise.only_core()
        self.name, self.seed = folder.name, int(seed)
        script = (folder / f"{folder.name}.py").read_bytes()
        self.release = json.loads(
            json.dumps(
                exercise_notebook(solution_notebook(read_script(folder / f"{folder.name}.py"), self.exercise))
            )
        )
        self.questions = {question.id: question for question in self.exercise.questions}
        self.check_cells = {check_cell(id): id for id in self.questions}
        self.graded_cells = self._graded_cells()
        self._hidden = {
            id: question.document(question.hidden_cases(seed)) for id, question in self.questions.items()
        }
        self._visible = {
            id: question.document(question.compiled_cases(question.visible))
            for id, question in self.questions.items()
        }
        self.files = {"checks.json": checks_text(self.exercise.compiled()).encode()}
        ids = " ".join(self.questions).encode()
        parts = [script, (folder / "questions.py").read_bytes(), str(self.seed).encode(), ids]
        self.digest = hashlib.sha256(b"\0".join(parts)).hexdigest()

    def _graded_cells(self):
        cells = {}
        for cell in self.release["cells"]:
            role = cell["metadata"].get("nbgrader", {})
            if role.get("grade"):
                if (
                    cell["cell_type"] == "code"
                    and not role.get("solution")
                    and role["grade_id"] not in self.check_cells
                ):
                    raise CourseError(
                        f"{self.name}: the graded cell {role['grade_id']!r} belongs to no question"
                    )
                cells[role["grade_id"]] = float(role["points"])
        return cells

    # ------------------------------------------------------------------------------ before execution

    def to_execute(self, notebook: dict) -> dict:
        """The notebook without the checks: answers are judged outside, so running them would decide nothing."""
        made = json.loads(json.dumps(notebook))
        for cell in made["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") in self.check_cells:
                cell["source"] = ""
        return made

    def probes(self) -> list[dict]:
        """The probes to run inside: all visible cases first, then all hidden ones; inputs only."""
        asked: list[dict] = []
        for documents, kind in ((self._visible, "visible"), (self._hidden, "hidden")):
            for id, document in documents.items():
                question = self.questions[id]
                asked += [
                    {
                        "id": f"{kind} {id}",
                        "answer": ", ".join(question.names),
                        "probe": question.probe,
                        "inputs": case["inputs"],
                    }
                    for case in document["cases"]
                ]
        return asked

    # ------------------------------------------------------------------------------ after execution

    def judge(self, results: Mapping[str, list[dict]], sources: str = "") -> list[QuestionResult]:
        """Judge the results of the probes.

        Parameters
        ----------
        results : Mapping of str to list of dict
            Results of :meth:`probes` by id; a hostile notebook may have made them up.
        sources : str
            The learner's text; a line of code is quoted only if it is part of it.

        Returns
        -------
        list of QuestionResult
        """
        return [self._judge(question, results, sources) for question in self.questions.values()]

    def _judge(self, question, results, sources):
        hidden, visible = self._hidden[question.id], self._visible[question.id]
        about = question.id, question.title, float(question.points)
        runs = list(results.get(f"hidden {question.id}", []))
        shown = list(results.get(f"visible {question.id}", []))
        if len(runs) != len(hidden["cases"]) or len(shown) != len(visible["cases"]):
            return QuestionResult(*about, 0.0, CRASHED, "", NOT_TRIED)
        try:
            share = question.score(hidden["cases"], runs)
            share = min(1.0, share) if share > 0.0 else 0.0  # a NaN is not above zero
            if share >= 1.0:
                return QuestionResult(*about, 1.0, PASSED, "", question.passed)
            outcome, message, misconception = self._explain(hidden, visible, runs, shown, sources)
        except Exception as error:
            # the judge failed on this answer: no points, and the instructor must know
            text = f"The judge of {question.id} stopped with {type(error).__name__}."
            return QuestionResult(
                *about, 0.0, WRONG, "", "Your answer could not be judged; a person will review it.", text
            )
        if 0.0 < share < 1.0:
            message += f" (Partial credit: {share:.0%}.)"
        return QuestionResult(*about, share, outcome, misconception, message)

    def _explain(self, hidden, visible, runs, shown, sources):
        """Outcome on the hidden cases; the message is made from the visible ones where these fail too."""
        if any(run.get("error") == "NotRun" for run in shown + runs):
            return CRASHED, NOT_TRIED, ""
        outcome, message, misconception = judge_runs(visible, shown)
        if outcome != PASSED:
            return outcome, message, misconception
        outcome, _, misconception = judge_runs(hidden, runs)
        fresh = "This is right on the visible cases, but not on fresh ones. "
        if outcome == NOT_ATTEMPTED:
            return CRASHED, fresh + "There it raises NotImplementedError.", ""
        if misconception:
            known = next(wrong for wrong in hidden["wrong"] if wrong["name"] == misconception)
            return WRONG, fresh + without_values(known["message"]), misconception
        if outcome == CRASHED:
            return CRASHED, fresh + describe_crash(runs, sources), ""
        return WRONG, fresh + "What in it depends on exactly these inputs?", ""


def without_values(message: str) -> str:
    """A message with an ellipsis in place of every value."""
    return "".join(
        text + ("…" if field is not None else "") for text, field, _, _ in string.Formatter().parse(message)
    )


def describe_crash(runs: list[dict], sources: str) -> str:
    """Why a hidden case failed, without any text that could have been made from its inputs.

    A learner can put anything into the message of an exception and into its name, so only names of Python's own exceptions
    and lines that stand in the notebook are repeated.
    """
    run = next((run for run in runs if "error" in run), {})
    name = run.get("error", "")
    known = isinstance(getattr(builtins, name, None), type) or name in ("CodecError", "TooLarge")
    where = run.get("where", "").removeprefix("at `").removesuffix("`")
    at = f" at `{where}`" if where and where in {line.strip() for line in sources.splitlines()} else ""
    return f"There it stops with {name if known else 'an error of its own'}{at}."
