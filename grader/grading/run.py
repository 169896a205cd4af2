"""Grades a class: intake, execution behind the wall, comparison outside, recording in one process.

Every submission ends with a row and one plain sentence, the batch never stops, and a killed run goes on where it was.
"""

import contextlib
import json
import os
import pathlib
import unicodedata
from collections import deque
from dataclasses import asdict, dataclass, field

import numpy as np

from grader.grading import tamper_probes
from grader.grading.prepared import ALARM, PreparedExercise
from grader.grading.progress_bar import Progress
from grader.grading.resume_log import ResumeLog, fingerprint
from grader.grading.seeds import grading_seed
from grader.grading.submission import read_submission
from grader.nbgrader_bridge.gradebook import GradebookWriter, RecordError
from grader.sandbox.limits import Limits
from grader.sandbox.pool import Pool
from grader.sandbox.server import Job, ServerLost, isolation_level
from holdout import paths
from holdout.errors import CourseError

RESUME_LOG = os.path.join("classroom", "grading.jsonl")
LOCK = os.path.join("classroom", ".grading.lock")
GRADED, NEEDS_REVIEW = "graded", "needs review"
IN_PROGRESS = "in progress"  # in the journal: this submission was about to be recorded anew
UNREADABLE = "(unreadable)"
LONGEST_ID = 128  # the gradebook's own limit


@dataclass(frozen=True)
class Row:
    """What became of one submission.

    Parameters
    ----------
    student, exercise : str
    score, max_score : float
        As the gradebook has them: points given by hand count, a late penalty does not.
    outcome : {"graded", "needs review"}
    sentence : str
        One plain sentence.
    isolation : str
        Level of the wall that it was executed behind; empty if nothing was executed.
    seconds : float
        Of execution.
    penalty : float
        For being late.
    needs_manual_grade : bool
        Whether a person has still to give points, for instance for a memo.
    notes : list of str
        What intake put right.
    questions : list of dict
        See :class:`grader.grading.prepared.QuestionResult`.
    key : str
        Of everything that the grade depends on.
    fresh : bool
        False if it was graded by an earlier run and nothing has changed since.
    """

    student: str
    exercise: str
    score: float
    max_score: float
    outcome: str
    sentence: str
    isolation: str = ""
    seconds: float = 0.0
    penalty: float = 0.0
    needs_manual_grade: bool = False
    notes: list = field(default_factory=list)
    questions: list = field(default_factory=list)
    key: str = ""
    fresh: bool = True

    def as_dict(self):
        """Plain JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data):
        return cls(**{**{name: value for name, value in data.items() if name != IN_PROGRESS}, "fresh": False})


def grade_all(
    root=None,
    exercise=None,
    *,
    jobs=2,
    dask=None,
    seed=None,
    force=False,
    json=False,
    progress=None,
    unsafe=False,
    limits=None,
    pool=None,
    student=None,
):
    """Grade everything below ``classroom/submitted/<student>/<exercise>/``.

    Parameters
    ----------
    root : path, optional
    exercise : str, optional
        Name or number; all by default.
    jobs : int
        Submissions executed side by side.
    dask : str, optional
        Address of the scheduler of a running Dask cluster, which then executes instead.
    seed : int, optional
        Of the hidden cases; by default that of nbgrader's own path, so that both give the same grade.
    force : bool
        Grade again what has not changed.
    json : bool
        Show no progress.
    progress : callable, optional
        Told ``progress(done, total, row)`` for every row; by default a bar on a terminal, lines otherwise.
    unsafe : bool
        Go on where submissions cannot be shut in at all.
    limits : grader.sandbox.limits.Limits, optional
    pool : object, optional
        Something with ``map(jobs)`` and ``level`` in the place of the process pool.
    student : str, optional
        Only this one's submissions.

    Returns
    -------
    list of Row
        One for each submission, by exercise and student.

    Raises
    ------
    holdout.errors.CourseError
        If nothing can be graded at all: no release, no isolation, or another run is grading.
    """
    root = pathlib.Path(root or paths.find_root()).resolve()
    seed = grading_seed() if seed is None else int(seed)
    found = find_submissions(root, paths.solution_folder(exercise, root).name if exercise else None)
    found = [(name, who) for name, who in found if student in (None, who)]
    bar = progress or (Progress() if not json else (lambda done, total, row: None))
    if pool is None and not dask:
        refuse_without_isolation(unsafe)
    with _lock(root), GradebookWriter(root) as writer, ResumeLog(root / RESUME_LOG) as resume_log:
        run = _Run(root, writer, resume_log, seed, force, limits or Limits())
        run.prepare(sorted({name for name, _ in found}))
        rows = []
        if pool is None and dask:
            from grader.sandbox.dask_pool import DaskPool

            pool = DaskPool(dask)
        try:
            for row in run.rows(found, pool or Pool(jobs)):
                rows.append(row)
                bar(len(rows), len(found), row)
        except ServerLost as error:
            raise CourseError(f"nothing can be executed here: {error}") from None
        finally:
            getattr(bar, "close", lambda: None)()
    return sorted(rows, key=lambda row: (row.exercise, row.student))


def refuse_without_isolation(unsafe):
    """Raise CourseError where strangers' code could not be shut in, unless told to go on."""
    level = isolation_level()
    if level.name == "none" and not unsafe:
        raise CourseError(
            f"submissions cannot be shut in on this machine ({' '.join(level.missing)}), so other people's work is not executed "
            "here; grade on Linux with bubblewrap, or pass --unsafe if you trust every learner"
        )


def find_submissions(root, exercise=None):
    """Exercise and student of every submission; links and folders that cannot be read too, for a row to say so.

    Returns
    -------
    list of (str, str)
    """
    folder = pathlib.Path(root) / "classroom" / "submitted"
    found = []
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as students:
        for student in students:
            if student.name.startswith("."):
                continue
            if student.is_symlink():
                found.append((exercise or UNREADABLE, student.name))
            elif student.is_dir():
                found += [
                    (name, student.name)
                    for name in _works(student.path)
                    if exercise in (None, name, UNREADABLE)
                ]
    return sorted(found)


def _works(folder):
    """Names of the exercises in one student's folder; links too, for intake to refuse."""
    try:
        with os.scandir(folder) as works:
            return [
                work.name
                for work in works
                if not work.name.startswith(".") and (work.is_symlink() or work.is_dir())
            ]
    except OSError:
        return [UNREADABLE]


def printable(name):
    """A folder's name as text that can be printed on a terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name)


def is_student_id(name):
    """Whether a folder's name can stand in a gradebook, in a page and in a table as it is."""
    printable = all(unicodedata.category(letter)[0] not in "CZ" or letter == " " for letter in name)
    return 0 < len(name) <= LONGEST_ID and printable and name == name.strip() and name not in (".", "..")


class _Run:
    """One run over a class."""

    def __init__(self, root, writer, resume_log, seed, force, limits):
        self.root, self.writer, self.resume_log = root, writer, resume_log
        self.seed, self.force, self.limits = seed, force, limits
        self.exercises = {}
        self.recorded = {}  # whom the gradebook has: the journal alone is no grade
        self.waiting = {}
        self.ready = deque()  # what needs no execution
        self.rng = (
            np.random.default_rng()
        )  # for canaries only: nobody is to foresee them, and no grade depends on them

    def prepare(self, names):
        """Load every exercise that somebody handed in; a name that is no exercise is left for its rows to say."""
        for name in names:
            if not (self.root / "solutions" / name / "questions.py").is_file():
                continue
            prepared = self.exercises[name] = PreparedExercise(name, self.root, self.seed)
            try:
                self.writer.check_release(name, prepared.graded_cells, prepared.release)
            except RecordError as error:
                raise CourseError(str(error)) from None
            self.recorded[name] = self.writer.recorded(name)

    def rows(self, found, pool):
        """Row by row, in the order in which they are finished."""
        for executed in pool.map(self._jobs(found)):
            yield from self._finished()
            yield self._record_executed(executed, pool.level)
        yield from self._finished()

    def _finished(self):
        while self.ready:
            yield self.ready.popleft()()

    def _jobs(self, found):
        """Take submissions in, as many as are needed at the time; read by the pool's threads, one at a time."""
        for number, (name, student) in enumerate(found):
            job = self._take_in(str(number), name, student)
            if job is not None:
                yield job

    def _take_in(self, number, name, student):
        """A job, or None with something put on `ready`. Nothing that a learner handed in may stop the batch."""
        try:
            return self._take_in_or_refuse(number, name, student)
        except Exception as error:
            sentence = f"It could not be taken in ({type(error).__name__})."
            self.ready.append(lambda: self._record_nothing(name, student, sentence))
            return None

    def _take_in_or_refuse(self, number, name, student):
        reason = self._reason_against(name, student)
        if reason:
            self.ready.append(
                lambda: Row(printable(student), printable(name), 0.0, 0.0, NEEDS_REVIEW, reason)
            )
            return None
        prepared = self.exercises[name]
        folder = self.root / "classroom" / "submitted" / student / name
        submission = read_submission(folder, prepared.release, name=f"{name}.ipynb")
        taken = submission.notebook, submission.problems, submission.notes, str(submission.submitted_at)
        key = fingerprint(prepared.digest, *taken)
        before = self.resume_log.find(name, student)
        done = (
            before and before["key"] == key and IN_PROGRESS not in before and student in self.recorded[name]
        )
        if done and not self.force:
            self.ready.append(lambda: self._unchanged(before, student))
            return None
        if submission.problems:
            self.ready.append(lambda: self._record_refused(prepared, student, submission, key))
            return None
        return self._job(number, prepared, student, submission, key)

    def _reason_against(self, name, student):
        """Why a folder cannot stand in the gradebook at all; empty where it can."""
        if not is_student_id(student):
            return "The folder's name cannot be a student's name."
        if (self.root / "classroom" / "submitted" / student).is_symlink():
            return "The student's folder is a link, which is not followed."
        if name == UNREADABLE:
            return "The student's folder cannot be read."
        return "" if name in self.exercises else "There is no exercise of this name."

    def _job(self, number, prepared, student, submission, key):
        expected = tamper_probes.draw_tamper_probes(self.rng)
        self.waiting[number] = (prepared, student, submission, key, expected)
        return Job(
            prepared.to_execute(submission.notebook),
            tamper_probes.interleave(prepared.probes(), expected, self.rng),
            self.limits,
            prepared.files,
            folder=prepared.name,
            name=number,
        )

    # ------------------------------------------------------------------------------------------------------- recording

    def _unchanged(self, before, student):
        """The row of an earlier run, with the points as the gradebook has them now."""
        return Row.from_dict({**before, **_public(self.writer.current_grade(before["exercise"], student))})

    def _record_executed(self, executed, level):
        prepared, student, submission, key, expected = self.waiting.pop(executed.name)
        answered = prepared.judge(
            executed.probes, "\n".join(cell["source"] for cell in submission.notebook["cells"])
        )
        review_reasons = [] if executed.outcome == "done" else [executed.sentence]
        review_reasons += [one.trouble for one in answered if one.trouble]
        if tamper_probes.tampered(expected, executed.probes.get(tamper_probes.NAME, [])):
            review_reasons.append(ALARM)
        passed = sum(one.share >= 1.0 for one in answered)
        sentence = f"{passed} of {len(answered)} questions passed."
        if executed.outcome == "done" and executed.late:
            sentence += " " + executed.sentence.removeprefix("The notebook was run to its end. ")
        outputs = dict(
            zip((cell["id"] for cell in submission.notebook["cells"]), executed.cells, strict=True)
        )
        by_id = {one.question: one for one in answered}
        verdicts = {
            cell: (by_id[id].as_text(), by_id[id].earned) for cell, id in prepared.check_cells.items()
        }
        row = Row(
            student,
            prepared.name,
            0.0,
            0.0,
            NEEDS_REVIEW if review_reasons else GRADED,
            " ".join(review_reasons) or sentence,
            isolation=level.name if level else "",
            seconds=round(executed.seconds, 3),
            notes=list(submission.notes),
            questions=[one.as_dict() for one in answered],
            key=key,
        )
        return self._record(
            row, submission, submission.notebook, outputs, verdicts, failed=executed.outcome != "done"
        )

    def _record_refused(self, prepared, student, submission, key):
        """Nothing that could be executed: zero, a notebook that says why, and a person must look."""
        sentence = " ".join(submission.problems)
        notebook = json.loads(json.dumps(prepared.release))
        about = {
            "cell_type": "markdown",
            "id": "not-graded",
            "metadata": {},
            "source": f"Not graded. {sentence}",
        }
        notebook["cells"].insert(0, about)
        verdicts = {cell: (f"Not graded. {sentence}", 0.0) for cell in prepared.check_cells}
        row = Row(
            student, prepared.name, 0.0, 0.0, NEEDS_REVIEW, sentence, notes=list(submission.notes), key=key
        )
        return self._record(row, submission, notebook, {}, verdicts, failed=True)

    def _record(self, row, submission, notebook, outputs, verdicts, *, failed):
        before = self.resume_log.find(row.exercise, row.student)
        review = row.sentence if row.outcome == NEEDS_REVIEW else ""
        # points given by hand were for what was handed in before; another hand-in that fails does not inherit them
        forget = failed and before is not None and before["key"] != row.key
        if (
            before is not None
        ):  # killed from here on, the next run must not take the earlier row for a whole grade
            self.resume_log.add({**before, IN_PROGRESS: True})
        try:
            grade_now = self.writer.record(
                row.exercise,
                row.student,
                notebook,
                outputs,
                verdicts,
                submitted_at=submission.submitted_at,
                review=review,
                forget_manual=forget,
            )
        except Exception as error:
            reason = (
                str(error)
                if isinstance(error, RecordError)
                else f"{type(error).__name__} while it was recorded"
            )
            return self._record_nothing(row.exercise, row.student, f"It was executed, but {reason}.")
        row = Row(**{**row.as_dict(), **_public(grade_now)})
        self._keep(row)
        return row

    def _record_nothing(self, name, student, sentence):
        """Zero points and a look, where there is no notebook to record; without a key, so that the next run tries again."""
        row = Row(student, name, 0.0, 0.0, NEEDS_REVIEW, sentence)
        try:
            grade_now = self.writer.zero(name, student, sentence)
        except Exception as error:
            raise CourseError(f"the gradebook cannot be written ({type(error).__name__}: {error})") from error
        row = Row(**{**row.as_dict(), **_public(grade_now)})
        self._keep(row)
        return row

    def _keep(self, row):
        self.resume_log.add({name: value for name, value in row.as_dict().items() if name != "fresh"})


def _public(grade_now):
    return {name: grade_now[name] for name in ("score", "max_score", "penalty", "needs_manual_grade")}


@contextlib.contextmanager
def _lock(root):
    """One run at a time: two would write the same gradebook and the same resume file."""
    try:
        import fcntl
    except ImportError:  # Windows, where grading others' work is refused anyway
        yield
        return
    (root / "classroom").mkdir(exist_ok=True)
    with open(root / LOCK, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CourseError(
                "another `holdout grade` is running in this course; wait for it or stop it"
            ) from None
        yield
