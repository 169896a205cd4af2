"""Grades a class: submissions are read, executed in the sandbox, judged outside, and recorded in one process.

Every submission ends with a row and one plain sentence, no submission stops the batch, and a run that was killed goes on
where it was.
"""

import contextlib
import functools
import hashlib
import json
import os
import pathlib
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
from tqdm import tqdm

from grader.grading import tamper_probes
from grader.grading.bounded import shared_bounded
from grader.grading.hand_ins import (
    UNREADABLE,
    find_submissions,
    is_student_id,
    overlooked,
    printable,
    where_it_should_be,
)
from grader.grading.ordinary import OrdinaryAssignment, hash_of, not_graded
from grader.grading.prepared import ALARM, PreparedExercise
from grader.grading.resume_log import ResumeLog, content_key
from grader.grading.seeds import grading_seed
from grader.grading.submission import with_notes
from grader.grading.within_limits import (
    clean_within_limits,
    finish_ordinary_within_limits,
    judge_within_limits,
    read_ordinary_within_limits,
    read_within_limits,
)
from grader.nbgrader_bridge.assignments import find_assignment, is_own, ordinary_assignments
from grader.nbgrader_bridge.gradebook import GradebookWriter, RecordError
from grader.nbgrader_bridge.sanitize import as_code_block
from grader.sandbox.limits import Limits
from grader.sandbox.pool import Pool
from grader.sandbox.protocol import CUT_NOTICE
from grader.sandbox.server import PRELOAD, RUN_TO_ITS_END, ExecutionResult, Job, ServerLost, isolation_level
from holdout import paths
from holdout.errors import CourseError, HoldoutError

RESUME_LOG = "grading.db"
LOCK = ".grading.lock"
GRADED, NEEDS_REVIEW = "graded", "needs review"
WITHDRAWN = "withdrawn"
# what the operating system and databases say when the machine is to blame; no submission gets zero points for it
MACHINE = (
    "No space left",
    "Read-only file system",
    "Disk quota exceeded",
    "Too many open files",
    "Permission denied",
    "database is locked",
    "disk is full",
    "readonly database",
    "disk I/O error",
)
MOST_ATTEMPTS = 2
SET_ASIDE = (
    "The grader ended twice while it judged or recorded this submission, so it was set aside; read it, and grade it with "
    "`holdout grade --force` if you trust it."
)


@dataclass(frozen=True)
class Row:
    """The result of one submission.

    Parameters
    ----------
    student, exercise : str
    score, max_score : float
        As the gradebook has them: points given by hand count, a late penalty does not.
    outcome : {"graded", "needs review"}
    sentence : str
        One plain sentence.
    isolation : str
        Level of isolation while it was executed; empty if nothing was executed.
    seconds : float
        Of execution.
    penalty : float
        For being late.
    needs_manual_grade : bool
        Whether a person must still give points, for instance for a memo.
    notes : list of str
        What was corrected while the submission was read.
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

    def as_dict(self) -> dict:
        """The row as plain JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict) -> "Row":
        """A row of an earlier run, possibly of an earlier version."""
        known = {one.name for one in fields(cls)}
        return cls(**{**{name: value for name, value in data.items() if name in known}, "fresh": False})


def grade_all(
    root: str | os.PathLike | None = None,
    exercise: str | None = None,
    *,
    jobs: int = 2,
    dask: str | None = None,
    seed: int | None = None,
    force: bool = False,
    json: bool = False,
    progress: Callable[[int, int, Row], object] | None = None,
    unsafe: bool = False,
    limits: Limits | None = None,
    pool: Any = None,
    student: str | None = None,
) -> list[Row]:
    """Grade everything below ``classroom/submitted/<student>/<exercise>/``, or where the course's nbgrader settings have it.

    Parameters
    ----------
    root : path, optional
    exercise : str, optional
        Name or number; all by default.
    jobs : int
        Submissions executed at one time.
    dask : str, optional
        Address of the scheduler of a running Dask cluster, which then executes instead.
    seed : int, optional
        Of the hidden cases; by default that of nbgrader's own path, so that both give the same grade.
    force : bool
        Grade again what has not changed.
    json : bool
        Show no progress.
    progress : callable, optional
        Called as ``progress(done, total, row)`` for every row, in place of the bar on the terminal.
    unsafe : bool
        Go on where submissions cannot be isolated at all.
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
    HoldoutError
        If nothing can be graded at all: no submission, no release, no isolation, no gradebook that can be
        written, or another run is grading.
    """
    root = pathlib.Path(root or paths.find_root()).resolve()
    seed = grading_seed() if seed is None else int(seed)
    paths.find_datasets()  # a setting that names no folder is said before anything is done
    writer = GradebookWriter(root)
    name = find_assignment(exercise, root, writer.source) if exercise else None
    found = find_submissions(root, name, writer.submitted)
    found = [(name, who) for name, who in found if student in (None, who)]
    withdrawn = _withdrawn(root, writer, found, name, student)
    if not found and not withdrawn:
        of_what = f" of {exercise}" if exercise else ""
        there = "".join(f"; there is {sentence.rstrip('.')}" for sentence in overlooked(root, name)[:3])
        raise CourseError(
            f"there are no submissions{of_what} below {writer.submitted}; collect them with "
            f"`holdout collect`, or make a class with `holdout simulate`{there}"
        )
    if pool is None and not dask:
        refuse_without_isolation(unsafe)
    with _lock(writer.work), writer, ResumeLog(writer.work / RESUME_LOG) as resume_log:
        run = _Run(root, writer, resume_log, seed, force, limits, shared_bounded())
        writer.remove_leftovers()
        run.prepare(sorted({name for name, _ in [*found, *withdrawn]}))
        replaced = {who for _, who in withdrawn}
        found = [(name, who) for name, who in found if name in run.exercises or who not in replaced]
        found += withdrawn
        rows: list[Row] = []
        if pool is None and dask:
            from grader.sandbox.dask_pool import DaskPool

            pool = DaskPool(dask)
        quiet = True if json or progress else None  # None: shown on a terminal only
        try:
            with tqdm(total=len(found), unit=" submissions", disable=quiet, file=sys.stderr) as bar:
                for row in run.rows(found, pool or Pool(min(jobs, len(found)), run.preload())):
                    rows.append(row)
                    bar.update()
                    if progress:
                        progress(len(rows), len(found), row)
        except ServerLost as error:
            raise CourseError(f"nothing can be executed here: {error}") from None
    return sorted(rows, key=lambda row: (row.exercise, row.student))


def _withdrawn(root, writer, found, exercise, student):
    """Exercise and student of every grade in the gradebook whose hand-in is not there any more, or is no folder.

    Without the name of an exercise only those that somebody has handed in: who puts away the hand-ins of a finished exercise takes no grade back.
    """
    own = {path.parent.name for path in (root / "solutions").glob("*/questions.py")}
    every = own | set(ordinary_assignments(writer.source))
    names = {exercise} if exercise else {name for name, _ in found} & every or every
    there = {one for one in found if not where_it_should_be(writer.submitted, *one)}
    try:
        graded = {(name, who) for name in names for who in writer.graded(name)}
    except RecordError:
        return []  # said in a sentence when the gradebook is opened for grading
    return sorted(one for one in graded - there if student in (None, one[1]))


def refuse_without_isolation(unsafe: bool) -> None:
    """Raise CourseError where other people's code cannot be isolated, unless told to go on."""
    level = isolation_level()
    if level.name == "none" and not unsafe:
        raise CourseError(
            f"submissions cannot be isolated on this machine ({' '.join(level.missing)}), so other people's work is not executed "
            "here; grade on Linux with bubblewrap, or pass --unsafe if you trust every learner"
        )


class _Run:
    """One run over a class."""

    def __init__(self, root, writer, resume_log, seed, force, limits, bounded):
        self.root, self.writer, self.resume_log, self.bounded = root, writer, resume_log, bounded
        self.seed, self.force = seed, force
        self.limits, self.own_limits = limits or Limits(), limits
        self.exercises = {}
        self.recorded: dict[
            str, set[str]
        ] = {}  # who has a grade in the gradebook: the resume log alone is no grade
        self.graded: dict[str, set[str]] = {}  # the same, whether or not the recorded notebook is there
        self.waiting: dict[str, tuple] = {}  # what is being executed
        self.ready: deque[Callable[[], Row]] = deque()  # what needs no execution
        # without a seed: nobody can predict the tamper probes, and no grade depends on them
        self.rng = np.random.default_rng()

    def prepare(self, names):
        """Load every exercise that was handed in. A name that is no exercise is left out: its rows say so."""
        ordinary = ordinary_assignments(self.writer.source)
        for name in names:
            if is_own(self.root, name):
                released = self.writer.graded_cells(name)
                prepared = self.exercises[name] = PreparedExercise(name, self.root, self.seed, released)
                self.writer.check_release(name, prepared.graded_cells, prepared.release)
            elif name in ordinary:
                self.exercises[name] = OrdinaryAssignment(name, self.writer, self.own_limits)
            else:
                continue
            self.recorded[name] = self.writer.recorded(name)
            self.graded[name] = self.writer.graded(name)

    def preload(self):
        """Modules to import before the fork."""
        chosen: dict[str, None] = {}
        for prepared in self.exercises.values():
            wanted = prepared.preload if isinstance(prepared, OrdinaryAssignment) else PRELOAD
            chosen |= dict.fromkeys(wanted)
        return tuple(chosen) or PRELOAD

    def rows(self, found, pool):
        """Row by row, in the order in which they are finished."""
        for executed in pool.map(self._jobs(found)):
            yield from self._finished()
            if "/" in executed.name:
                row = self._record_notebook(executed, pool.level)
                if row is not None:
                    yield row
            else:
                yield self._record_executed(executed, pool.level)
        yield from self._finished()

    def _finished(self):
        while self.ready:
            yield self.ready.popleft()()

    def _jobs(self, found):
        """Read submissions as they are needed; the pool's threads ask for them one at a time."""
        # what an earlier run did not survive comes last: everybody else has a grade by then
        found = sorted(found, key=lambda one: self.resume_log.attempts(*one) > 0)
        for number, (name, student) in enumerate(found):
            yield from self._read(str(number), name, student)

    def _read(self, number, name, student):
        """Jobs, or none with something added to `ready`. Nothing that a learner handed in may stop the batch."""
        try:
            return self._read_or_refuse(number, name, student)
        except CourseError:
            raise  # the resume log cannot be read: no submission's fault
        except Exception as error:
            sentence = f"It could not be read ({type(error).__name__})."
            self.ready.append(lambda: self._record_nothing(name, student, sentence))
            return []

    def _read_or_refuse(self, number, name, student):
        gone = where_it_should_be(self.writer.submitted, name, student) if name in self.exercises else ""
        if gone and student in self.graded[name]:
            self.ready.append(lambda: self._record_withdrawn(name, student, gone))
            return []
        reason = self._reason_against(name, student)
        if reason:
            self.ready.append(
                lambda: Row(printable(student), printable(name), 0.0, 0.0, NEEDS_REVIEW, reason)
            )
            return []
        prepared = self.exercises[name]
        folder = self.writer.submitted / student / name
        if isinstance(prepared, OrdinaryAssignment):
            return self._read_ordinary(number, prepared, student, folder)
        submission = read_within_limits(self.bounded, folder, prepared)
        files = {name: hashlib.sha256(content).hexdigest() for name, content in submission.files.items()}
        taken = (
            submission.notebook,
            submission.problems,
            submission.notes,
            str(submission.submitted_at),
            files,
        )
        key = content_key(prepared.digest, *taken)
        if self._is_unchanged(name, student, key):
            return []
        if not self.force and self.resume_log.attempts(name, student, key) >= MOST_ATTEMPTS:
            submission.problems.append(SET_ASIDE)
        if submission.problems:
            self.ready.append(lambda: self._record_refused(prepared, student, submission, key))
            return []
        return [self._job(number, prepared, student, submission, key)]

    def _is_unchanged(self, name, student, key):
        """Whether an earlier run graded exactly this; its row is then ready."""
        before = self.resume_log.find(name, student)
        interrupted = self.resume_log.is_in_progress(name, student)
        done = before and before["key"] == key and not interrupted and student in self.recorded[name]
        if not done or self.force:
            return False
        self.ready.append(lambda: self._unchanged(before, student))
        return True

    def _read_ordinary(self, number, prepared, student, folder):
        hand_in = read_ordinary_within_limits(self.bounded, folder, prepared.reader)
        taken = {
            "notebooks": {
                name: [[c.cell_type, c.source] for c in node.cells]
                for name, node in hand_in.notebooks.items()
            },
            "raw": {name: hash_of(content) for name, content in hand_in.raw.items()},
            "files": {name: hash_of(content) for name, content in hand_in.files.items()},
        }
        about = hand_in.about
        key = content_key(
            prepared.digest, taken, about.problems, about.notes, hand_in.reviews, str(about.submitted_at)
        )
        if self._is_unchanged(prepared.name, student, key):
            return []
        if about.problems:
            self.ready.append(lambda: self._record_refused_ordinary(prepared, student, hand_in, key))
            return []
        jobs = prepared.jobs(hand_in, number)
        self.waiting[number] = (prepared, student, hand_in, key, {name: None for name, _ in jobs})
        return [job for _, job in jobs]

    def _reason_against(self, name, student):
        """Why a folder cannot stand in the gradebook at all; empty where it can."""
        if not is_student_id(student):
            return (
                "The folder's name cannot be a student's name: it is too long, begins or ends with a space, or holds a sign "
                "that is not shown. Rename the folder, and grade again."
            )
        if (self.writer.submitted / student).is_symlink():
            return "The student's folder is a link, which is not followed."
        if name == UNREADABLE:
            return "The student's folder cannot be read."
        return "" if name in self.exercises else "There is no exercise of this name."

    def _job(self, number, prepared, student, submission, key):
        expected = tamper_probes.draw_tamper_probes(self.rng)
        self.waiting[number] = (prepared, student, submission, key, expected)
        return Job(
            prepared.to_execute(submission.notebook),
            tamper_probes.interleave(prepared.probes(submission.notebook), expected, self.rng),
            self.limits,
            {**submission.files, **prepared.files},
            folder=prepared.name,
            name=number,
        )

    # ------------------------------------------------------------------------------------------------------- recording

    def _unchanged(self, before, student):
        """The row of an earlier run, with the points as the gradebook has them now."""
        self.writer.renew_penalty(before["exercise"], student)
        now = _public(self.writer.current_grade(before["exercise"], student))
        row = Row.from_dict({**before, **now})
        if now["penalty"] != before["penalty"]:
            self._keep(row)  # the report is made from what is kept
        return row

    def _record_executed(self, executed, level):
        prepared, student, *rest = self.waiting.pop(executed.name)
        try:
            return self._record_execution(executed, level, prepared, student, *rest)
        except BaseException:  # said to somebody, so it is not what a later run must be saved from
            with contextlib.suppress(CourseError):
                self.resume_log.forget_attempt(prepared.name, student)
            raise

    def _record_execution(self, executed, level, prepared, student, submission, key, expected):
        self.resume_log.begin(prepared.name, student, key)
        review_reasons = [] if executed.outcome == "done" else [executed.sentence]
        results = judge_within_limits(self.bounded, prepared, executed, submission.notebook)
        shown, heavy = clean_within_limits(self.bounded, executed.cells)
        review_reasons += heavy
        review_reasons += [result.trouble for result in results if result.trouble]
        if tamper_probes.tampered(expected, executed.probes.get(tamper_probes.NAME, [])):
            review_reasons.append(ALARM)
        passed = sum(result.share >= 1.0 for result in results)
        sentence = f"{passed} of {len(results)} questions passed."
        if executed.outcome == "done" and executed.late:
            remarks = executed.sentence.removeprefix(RUN_TO_ITS_END).strip()
            sentence += " " + (remarks or "An answer took longer than it may; its question says which.")
        outputs = dict(zip((cell["id"] for cell in submission.notebook["cells"]), shown, strict=True))
        by_id = {result.question: result for result in results}
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
            notes=[*submission.notes, *cut_outputs(executed), *(one.note for one in results if one.note)],
            questions=[result.as_dict() for result in results],
            key=key,
        )
        write = functools.partial(
            self.writer.record,
            prepared.name,
            student,
            with_notes(submission.notebook, row.notes),
            outputs,
            verdicts,
        )
        return self._record(row, submission, write, failed=executed.outcome != "done")

    def _record_notebook(self, executed, level):
        """Keep the result of one notebook; with the last one the submission is recorded."""
        number, _, position = executed.name.partition("/")
        prepared, student, hand_in, key, results = self.waiting[number]
        results[list(results)[int(position)]] = executed
        if None in results.values():
            return None
        del self.waiting[number]
        try:
            finished = [
                finish_ordinary_within_limits(self.bounded, prepared.reader, hand_in, notebook, one)
                for notebook, one in results.items()
            ]
        except HoldoutError as error:  # whatever a learner's output was: no submission stops the batch
            sentence = f"It was executed, but its notebook could not be read: {error}"
            return self._record_nothing(prepared.name, student, sentence)
        reviews = hand_in.reviews + [sentence for one in finished for sentence in one.reviews]
        questions = [question for one in finished for question in one.questions]
        passed = sum(question.share >= 1.0 for question in questions)
        remarks = [sentence for one in finished for sentence in one.remarks]
        row = Row(
            student,
            prepared.name,
            0.0,
            0.0,
            NEEDS_REVIEW if reviews else GRADED,
            " ".join(dict.fromkeys(reviews))
            or " ".join([f"{passed} of {len(questions)} checks passed.", *remarks]),
            isolation=level.name if level else "",
            seconds=round(sum(one.seconds for one in results.values()), 3),
            notes=list(hand_in.about.notes),
            questions=[question.as_dict() for question in questions],
            key=key,
        )
        failed = any(one.outcome != "done" for one in results.values())

        def write(**options):
            return self.writer.record_assignment(
                row.exercise, student, hand_in.notebooks, hand_in.files, missing=hand_in.missing, **options
            )

        return self._record(row, hand_in.about, write, failed=failed)

    def _record_refused_ordinary(self, prepared, student, hand_in, key):
        """Nothing can be executed: zero points, notebooks that say why, and a person must review it."""
        sentence = " ".join(hand_in.about.problems)
        row = Row(
            student, prepared.name, 0.0, 0.0, NEEDS_REVIEW, sentence, notes=list(hand_in.about.notes), key=key
        )

        def write(**options):
            return self.writer.record_assignment(
                prepared.name, student, not_graded(prepared, sentence), {}, **options
            )

        return self._record(row, hand_in.about, write, failed=True)

    def _record_refused(self, prepared, student, submission, key):
        """Nothing can be executed: zero points, a notebook that says why, and a person must review it."""
        sentence = " ".join(submission.problems)
        notebook = json.loads(json.dumps(prepared.release))
        about = {
            "cell_type": "markdown",
            "id": "not-graded",
            "metadata": {},
            "source": f"**Not graded.**\n\n{as_code_block(sentence)}",
        }
        notebook = with_notes(notebook, submission.notes)
        notebook["cells"].insert(0, about)
        verdicts = {cell: (f"Not graded. {sentence}", 0.0) for cell in prepared.check_cells}
        row = Row(
            student, prepared.name, 0.0, 0.0, NEEDS_REVIEW, sentence, notes=list(submission.notes), key=key
        )
        write = functools.partial(self.writer.record, prepared.name, student, notebook, {}, verdicts)
        return self._record(row, submission, write, failed=True)

    def _record(self, row, submission, write, *, failed):
        before = self.resume_log.find(row.exercise, row.student)
        review = row.sentence if row.outcome == NEEDS_REVIEW else ""
        # points given by hand were for the earlier hand-in; a later one that fails does not inherit them
        forget = failed and before is not None and before["key"] != row.key
        # a run that is killed from here on must not take the earlier row for a grade
        self.resume_log.begin(row.exercise, row.student, row.key)
        try:
            grade_now = write(submitted_at=submission.submitted_at, review=review, forget_manual=forget)
        except Exception as error:
            reason = (
                str(error)
                if isinstance(error, RecordError)
                else f"{type(error).__name__} while it was recorded"
            )
            if any(sign in f"{error} {error.__cause__}" for sign in MACHINE):
                raise CourseError(
                    f"grading stopped at {row.student}, {row.exercise}, because of this machine and not of the submission: {reason}; check the "
                    "free space and the permissions of classroom/, and that nothing else holds the gradebook. What was recorded is kept, and the next run goes on there"
                ) from error
            return self._record_nothing(row.exercise, row.student, f"It was executed, but {reason}.")
        row = Row(**{**row.as_dict(), **_public(grade_now)})
        self._keep(row)
        return row

    def _record_withdrawn(self, name, student, sentence):
        """Take back the grade of a hand-in that is no longer there; once, so that a person may give points afterwards."""
        before = self.resume_log.find(name, student)
        if before and before["key"] == WITHDRAWN:
            return self._unchanged(before, student)
        self.resume_log.begin(name, student, WITHDRAWN)
        grade_now = self.writer.withdraw(name, student, sentence)
        row = Row(student, name, 0.0, 0.0, NEEDS_REVIEW, grade_now["why"], key=WITHDRAWN)
        row = Row(**{**row.as_dict(), **_public(grade_now)})
        self._keep(row)
        return row

    def _record_nothing(self, name, student, sentence):
        """Zero points and a review, where no notebook can be recorded; without a key, so that the next run tries again."""
        row = Row(student, name, 0.0, 0.0, NEEDS_REVIEW, sentence)
        try:
            grade_now = self.writer.zero(name, student, sentence)
        except Exception as error:
            raise CourseError(
                f"the gradebook cannot be written ({type(error).__name__}: {error}); check its file and its permissions"
            ) from error
        row = Row(**{**row.as_dict(), **_public(grade_now)})
        self._keep(row)
        return row

    def _keep(self, row):
        self.resume_log.add({name: value for name, value in row.as_dict().items() if name != "fresh"})


def cut_outputs(executed: ExecutionResult) -> list[str]:
    """A note where the output of cells was cut at its limit."""
    cut = sum(any(CUT_NOTICE in output.get("text", "") for output in outputs) for outputs in executed.cells)
    return [f"The output of {cut} {'cell' if cut == 1 else 'cells'} was cut at its limit."] if cut else []


def _public(grade_now):
    return {name: grade_now[name] for name in ("score", "max_score", "penalty", "needs_manual_grade")}


@contextlib.contextmanager
def _lock(folder):
    """One run at a time: two would write the same gradebook and the same resume log."""
    try:
        import fcntl
    except ImportError:  # Windows, where grading others' work is refused anyway
        yield
        return
    try:
        folder.mkdir(exist_ok=True)
        file = open(folder / LOCK, "w")
    except OSError as error:
        raise CourseError(
            f"nothing can be written in {folder} ({error.strerror}); make it a folder that you may write in"
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CourseError(
                "another `holdout grade` is running in this course; wait for it or stop it"
            ) from None
        yield
