"""An exercise prepared for grading a class once: skeleton, probes, fresh cases, and the judgement of what comes back.

Inputs go to the learner's side, expected answers stay here. A message to a learner is made from the *visible* cases, which
are tried before any hidden input has been inside; of the hidden ones a learner gets the points and nothing else, so that no
message can carry a hidden input out.
"""

import builtins
import hashlib
import json
import os
import pathlib
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace

from grader.authoring.build import checks_text
from grader.authoring.exercise import load_exercise
from grader.authoring.notebooks import check_cell, exercise_notebook, read_script, solution_notebook
from grader.grading.later_cells import changed_later
from grader.grading.submission import MERGE_MARK
from grader.sandbox.server import ENDED, ExecutionResult
from holdout import paths
from holdout.checks.check import CRASHED, MARKS, NOT_ATTEMPTED, PASSED, WRONG, judge_run, judge_runs
from holdout.checks.matching import decode_run
from holdout.errors import CourseError

ALARM = "The notebook has changed the tools that test its answers; read what it does before you accept its points."

NOT_TRIED = "Your answer was not tried, because the notebook stopped before that."

FRESH = (
    "This is right on the visible cases, but not on fresh ones: there it is wrong, or it stops with an error. What in it depends "
    "on exactly these inputs? Try it on some of your own, of other sizes and in another order."
)

FRESH_SCORE = (
    "This gets full marks on the visible cases, but not on fresh ones. What counts is one score over all cases together, so decisions may differ "
    "from the best ones, up to a limit; on fresh cases yours are beyond it, or your code stops with an error. On the visible cases: {detail} "
    "If that is close to the limit, the draw of the cases decides, and only a better rule is safe; if it is not, look for kinds of cases that are rare among the visible ones."
)

LATER = "{}: its check stood above the answer; it was judged as it is after the last cell."

OWN_ERRORS = ("CodecError", "TooLarge", ENDED)

CURLY = "“”‘’„‟«»"


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
    on_fresh : str
        What the answer did on hidden cases only: for the instructor, never for the learner.
    note : str
        Empty, or how the answer was read, if not where its check stands.
    """

    question: str
    title: str
    points: float
    share: float
    outcome: str
    misconception: str
    message: str
    trouble: str = ""
    on_fresh: str = ""
    note: str = ""

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
        self.name, self.seed, self.root = folder.name, int(seed), pathlib.Path(root)
        self.released = None if released is None else sorted(released)
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

    def probes(self, notebook: Mapping) -> list[dict]:
        """The probes to run inside: inputs only.

        Each answer is tried as it is where its check stands: there the learner has seen it pass. That needs a copy of the
        process, made only where a later cell may change the answer. It is tried again after the last cell only if the
        visible cases have other results there. All visible cases come before any hidden one
        (a stage each), and the hidden ones after the last cell, so that no output and no message can hold a hidden input.

        Parameters
        ----------
        notebook : Mapping
            What is executed, with the check cells of the release in it.
        """
        places = {
            self.check_cells.get(cell["metadata"].get("nbgrader", {}).get("grade_id")): number
            for number, cell in enumerate(notebook["cells"])
        }
        needed = changed_later([number for id, number in places.items() if id], notebook["cells"])
        asked: list[dict] = []
        for stage, (documents, kind) in enumerate(((self._visible, "visible"), (self._hidden, "hidden"))):
            for id, document in documents.items():
                question = self.questions[id]
                asked += [
                    {
                        "id": f"{kind} {id}",
                        "answer": ", ".join(question.names),
                        "probe": question.probe,
                        "inputs": case["inputs"],
                        "stage": stage,
                        **({"at": places[id], "again": f"visible {id}"} if places.get(id) in needed else {}),
                    }
                    for case in document["cases"]
                ]
        return asked

    # ------------------------------------------------------------------------------ after execution

    def judge(
        self,
        executed: ExecutionResult,
        notebook: Mapping | None = None,
        questions: Collection[str] | None = None,
    ) -> list[QuestionResult]:
        """Judge what came back; a hostile notebook may have made it up.

        Parameters
        ----------
        executed : ExecutionResult
            Of a job with :meth:`probes`.
        notebook : Mapping, optional
            What was executed. Where a cell failed before an answer was there, its error is the message.
        questions : collection of str, optional
            Ids of those to judge; all by default.

        Returns
        -------
        list of QuestionResult
        """
        failures = failed_cells(notebook, executed.cells) if notebook else []
        return [
            self._credited(question, self._judge(question, executed, failures))
            for id, question in self.questions.items()
            if questions is None or id in questions
        ]

    @staticmethod
    def _credited(question, result):
        if not question.credit_everybody or result.share >= 1.0:
            return result
        message = f"{result.message} Everybody gets the points of this question."
        return replace(result, share=1.0, message=message)

    def not_judged(self, question: str, reason: str) -> QuestionResult:
        """The result of a question whose judgement needed more than its limits."""
        about = self.questions[question]
        return QuestionResult(
            about.id,
            about.title,
            float(about.points),
            0.0,
            WRONG,
            "",
            "Your answer could not be judged; a person will review it.",
            f"The answer to {question} could not be judged: {reason}",
        )

    def _judge(self, question, executed, failures):
        """The better of the readings where the check stands and after the last cell; the first if they are equal."""
        first = self._judge_reading(question, executed.probes, failures)
        if f"hidden {question.id}" not in executed.later:
            return first
        second = self._judge_reading(question, executed.later, failures)
        if second.share > first.share:
            # said only where the visible cases show it: what happens on hidden ones is not told
            return second if first.on_fresh else replace(second, note=LATER.format(question.id))
        attempted = first.outcome not in (CRASHED, NOT_ATTEMPTED) or first.share > 0.0
        return first if attempted else replace(second, trouble=first.trouble or second.trouble)

    def _judge_reading(self, question, results, failures):
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
            found = self._explain(question, hidden, visible, runs, shown, failures)
        except Exception as error:
            # the judge failed on this answer: no points, and the instructor must know
            text = f"The judge of {question.id} stopped with {type(error).__name__}."
            return QuestionResult(
                *about, 0.0, WRONG, "", "Your answer could not be judged; a person will review it.", text
            )
        outcome, message, misconception, on_fresh = found
        if 0.0 < share < 1.0:
            message += f" (Partial credit: {share:.0%}.)"
        return QuestionResult(*about, share, outcome, misconception, message, on_fresh=on_fresh)

    def _explain(self, question, hidden, visible, runs, shown, failures):
        """Outcome, message, misconception, and what only the instructor may read.

        The message is made from the visible cases. Where only hidden ones fail it is always the same: what an answer does
        while it sees hidden inputs it can choose as it likes, so no part of that goes back to the learner.
        """
        if any(run.get("error") == "NotRun" for run in shown):
            sentence = next(run["message"] for run in shown if run.get("error") == "NotRun")
            return CRASHED, f"{NOT_TRIED} {sentence}".strip(), "", ""
        if not any("value" in run for run in shown) and (
            failure := _failure_of(failures, question.names, shown)
        ):
            return CRASHED, failure, "", ""
        outcome, message, misconception = judge_runs(visible, shown)
        if outcome != PASSED:
            return outcome, message, misconception, ""
        outcome, _, misconception = judge_runs(hidden, runs)
        if misconception:
            seen = f"like {misconception!r}"
        elif outcome == CRASHED:
            seen = describe_crash(runs)
        else:
            seen = outcome
        return WRONG, fresh_message(visible, shown), "", f"On hidden cases: {seen}."


def fresh_message(visible: Mapping, shown: list[dict]) -> str:
    """What a learner reads whose answer is right on the visible cases only. It is made from these alone.

    Parameters
    ----------
    visible : Mapping
        The question on its visible cases, as ``Question.document`` gives it.
    shown : list of dict
        What the answer returned on them.

    Returns
    -------
    str
        Where all cases together earn a score up to a limit: what the score is on the visible ones, which kind of mistake costs
        most, and that a limit was missed. Elsewhere: that the answer depends on these inputs.
    """
    if "credit" not in visible["parameters"]:
        return FRESH
    verdicts = [
        judge_run(visible, case, decode_run(run)) for case, run in zip(visible["cases"], shown, strict=True)
    ]
    detail = min(verdicts, key=lambda verdict: verdict.score).detail
    return FRESH_SCORE.format(detail=detail) if detail else FRESH


def describe_crash(runs: list[dict]) -> str:
    """What stopped a hidden case, for the instructor: a name of Python's own, never a text that the answer made."""
    name = next((run["error"] for run in runs if "error" in run), "")
    known = isinstance(getattr(builtins, name, None), type) or name in OWN_ERRORS
    return f"stops with {name if known else 'an error of its own'}"


def failed_cells(notebook: Mapping, outputs: list[list[dict]]) -> list[tuple[str, str]]:
    """Source and error of every cell that stopped with an error, in order.

    Parameters
    ----------
    notebook : Mapping
    outputs : list of list of dict
        Of each of its cells.

    Returns
    -------
    list of (str, str)
    """
    failed = []
    for cell, made in zip(notebook["cells"], outputs, strict=True):
        error = next((output for output in made if output["output_type"] == "error"), None)
        if error is not None:
            failed.append((cell["source"], _say_error(error, cell["source"])))
    return failed


def _say_error(error, source):
    """The error of a cell as a sentence: its name, its message, and the line of the cell that it names."""
    name, message = error["ename"], " ".join(error["evalue"].split())[:300]
    if name == "CellTimeoutError":
        return f"TimeoutError: {message}"
    if name in ("StdinNotImplementedError", "EOFError") and "input(" in source:
        return f"{name}: nobody can answer `input()` while a notebook is graded; give the value in the code instead"
    curly = next(
        (
            (number, letter)
            for number, line in enumerate(source.splitlines(), 1)
            for letter in line
            if letter in CURLY
        ),
        None,
    )
    if name == "SyntaxError" and curly and "invalid character" in message:
        return f"SyntaxError: a curly quote ({curly[1]}) in line {curly[0]}; Python wants straight ones (\" or ')"
    if name in ("SyntaxError", "IndentationError", "_IncompleteInputError"):
        return f"{name.lstrip('_')}: {_say_syntax(message, source)}"
    if name == "ModuleNotFoundError":
        return f"{name}: {message}; it is not installed where notebooks are graded"
    return f"{name}: {message}" if message else name


def _say_syntax(message, source):
    """What Python says of a cell that is none, and, where an accident made it so, the remedy."""
    message = re.sub(r"\(<?ipython-input-[^,]*, (line \d+)\)", r"(\1)", message)
    lines, places = source.splitlines(), [int(place) for place in re.findall(r"line (\d+)", message)]
    if places and any(MERGE_MARK.match(line) for line in lines[places[-1] - 1 : places[-1]]):
        return (
            f"line {places[-1]} is a mark of a merge conflict; keep one of the two versions and delete the lines "
            "that begin with <<<<<<<, ======= and >>>>>>>"
        )
    if "incomplete input" in message:
        return (
            f"{message}; the cell ends in the middle of a statement. If the cell was split, its rest stands in the "
            "next one: join the two"
        )
    return message


def _failure_of(failures, answers, shown):
    """What the learner reads where an answer is not there because a cell failed; empty if no cell explains it."""
    if not any(run.get("not_attempted") or run.get("error") == "NameError" for run in shown):
        return ""
    for source, said in failures:
        for answer in answers:
            if _binds(source, answer):
                return (
                    f"The cell of your answer stopped before `{answer}` was there: {said.removesuffix('.')}."
                )
    missing = next((run["message"] for run in shown if run.get("error") == "NameError"), "")
    if not failures or not missing.startswith("the notebook defines no"):
        return ""
    return f"T{missing[1:]}. The first error in it: {failures[0][1].removesuffix('.')}."


def _binds(source, answer):
    """Whether a cell would define an answer, as far as its text tells."""
    name = re.escape(answer)
    defines = rf"^\s*(?:async\s+)?(?:def|class)\s+{name}\b|^\s*{name}\s*(?::[^=\n]+)?=(?!=)"
    return bool(re.search(defines, source, re.MULTILINE))
