"""The instructors' commands of ``holdout``. Each calls one function and prints what it returns.

Imports are inside the commands, so that each waits only for what it needs.
"""

import argparse
import functools
import pathlib
import sys
from collections.abc import Callable

import grader.authoring.cli
import holdout.cli
from holdout.commands import (
    AS_JSON,
    EXERCISE,
    FLAG,
    SEVERAL,
    make_parser,
    positive_integer,
    print_json,
    run,
    whole_number,
)
from holdout.errors import HoldoutError


def main(argv: list[str] | None = None) -> int:
    """Entry point of the program ``holdout``: the learners', instructors' and authors' commands together.

    Returns
    -------
    int
        Exit code: 0 done, 1 something failed that the user must see, 2 wrong usage.
    """
    _leave_out_the_grammar_of_web_addresses()
    parser, add = make_parser()
    holdout.cli.add_commands(add, verify_portfolio=_readable(_verify_portfolio))
    add_commands(lambda name, command, *rest, **arguments: add(name, _readable(command), *rest, **arguments))
    grader.authoring.cli.add_commands(add)
    return run(parser, argv)


def _leave_out_the_grammar_of_web_addresses() -> None:
    """Save four seconds of every command that reads a notebook.

    jsonschema, by which nbformat checks notebooks, compiles this optional grammar as soon as it is imported, and uses it only for
    international web addresses (``"format": "iri"``). The form of a notebook has none.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def _readable(command: Callable) -> Callable:
    """A command that names the file and the reason where something cannot be read or written."""

    @functools.wraps(command)
    def run_command(options: argparse.Namespace) -> int:
        try:
            return command(options)
        except BrokenPipeError:
            raise  # who read the output has seen enough
        except OSError as error:
            what = error.filename or "a file"
            raise HoldoutError(
                f"{what} cannot be read or written ({error.strerror or error}); check its permissions and the free space"
            ) from error

    return run_command


def _verify_portfolio(options: argparse.Namespace) -> int:
    from grader.tools.verify_portfolio import as_text, verify
    from holdout.project.grading import FAILS

    say = (lambda text: None) if options.json else (lambda text: print(text, flush=True))
    findings = verify(options.verify, report=say)
    if options.json:
        print_json([vars(finding) for finding in findings])
    else:
        print(as_text(findings))
    return int(any(finding.state == FAILS for finding in findings))


MOST_ROWS = (
    60  # of submissions that `holdout grade` prints one by one; more are read with --json or in the gradebook
)
COURSE = {
    "metavar": "DIR",
    "help": "folder of another nbgrader course (default: the course that the working directory lies in)",
}


def add_commands(add: Callable) -> None:
    """Add these commands to the parser (see :func:`holdout.commands.make_parser`)."""
    add(
        "release",
        _release,
        "make exercises from solutions",
        exercises=SEVERAL,
        core={**FLAG, "help": "the core questions only; points and gradebook follow"},
        course=COURSE,
        json=AS_JSON,
    )
    add(
        "collect",
        _collect,
        "take the hand-ins out of a learning platform's download",
        exercise={"positional": True, "help": "name or number of the exercise"},
        download={
            "positional": True,
            "help": "the zip of Moodle, Canvas, Blackboard or ILIAS, or the folder it was unpacked into",
        },
        roster={
            "metavar": "FILE",
            "help": "the platform's own list of people: learners' folders get its names",
        },
        json=AS_JSON,
    )
    add(
        "grade",
        _grade,
        "autograde everything below classroom/submitted/",
        exercise=EXERCISE,
        course=COURSE,
        jobs={"type": positive_integer, "default": 2, "help": "submissions executed at one time (default 2)"},
        dask={"metavar": "ADDRESS", "help": "execute on the Dask cluster of this scheduler instead"},
        seed={"type": whole_number, "help": "of the hidden cases; the same one gives the same grades"},
        force={**FLAG, "help": "grade again what has not changed"},
        unsafe={**FLAG, "help": "go on where submissions cannot be isolated at all"},
        json=AS_JSON,
    )
    add(
        "feedback",
        _feedback,
        "write sanitised feedback for graded submissions",
        exercise=EXERCISE,
        course=COURSE,
        for_moodle={**FLAG, "help": "pack the pages of an exercise as Moodle takes them for all learners"},
    )
    add(
        "report",
        _report,
        "one HTML page about a class",
        exercise={**EXERCISE, "help": "name or number of an exercise"},
        course=COURSE,
        names={**FLAG, "help": "name the learners; numbers stand for them otherwise"},
        roster={"metavar": "FILE", "help": "the platform's own list of people; its sections are compared"},
        section={"help": "only the people of this section of the roster"},
    )
    add(
        "export",
        _export,
        "grades as a file",
        exercise=EXERCISE,
        course=COURSE,
        to={"choices": ["csv", "canvas", "moodle"], "default": "csv", "help": "format (default csv)"},
        roster={
            "metavar": "FILE",
            "help": "the platform's own list of people; who is not on it is left out and listed",
        },
        title={"help": "the assignment's exact title on the platform; for Canvas also 'Title (12345)'"},
        by_question={**FLAG, "help": "points of every question too (csv)"},
        decimal_comma={**FLAG, "help": "2,5 instead of 2.5, and semicolons between the cells"},
        section={"help": "only the people of this section of the roster"},
        finished_only={**FLAG, "help": "leave out who still waits for points by hand"},
        json=AS_JSON,
    )
    add(
        "simulate",
        _simulate,
        "write the submissions of a simulated class, with its truth kept beside them",
        exercise={**EXERCISE, "help": "name or number of an exercise (default 01)"},
        students={"type": positive_integer, "default": 40, "help": "size of the class (default 40)"},
        seed={"type": whole_number, "default": 0, "help": "the same seed writes the same class"},
    )
    add(
        "doctor",
        _doctor,
        "isolation level, versions, and what is missing on this machine",
        speed={**FLAG, "help": "also compare the speed with stock nbgrader (half a minute)"},
        json=AS_JSON,
    )


def _course(options: argparse.Namespace) -> pathlib.Path | None:
    """The folder that ``--course`` names; None where it is not given."""
    if not options.course:
        return None
    folder = pathlib.Path(options.course).expanduser().resolve()
    if not folder.is_dir():
        raise HoldoutError(
            f"--course is {options.course!r}, which is not a folder; give the folder of an nbgrader course"
        )
    return folder


def _release(options: argparse.Namespace) -> int:
    from grader.nbgrader_bridge.release import release

    rows = release(_course(options), exercises=options.exercises, core=options.core)
    if options.json:
        print_json(rows)
    for row in rows if not options.json else ():
        if row["released"]:
            kind = "core questions" if options.core else "questions"
            print(f"✔ released {row['exercise']}: {row['questions']} {kind}, {row['points']:g} points")
        else:
            print(f"✘ {row['exercise']}: {row['problem']}")
        for note in row.get("notes", ()):
            print(f"  {note}")
    return int(any(not row["released"] for row in rows))


def _collect(options: argparse.Namespace) -> int:
    import dataclasses

    from grader.nbgrader_bridge.collect import collect

    done = collect(options.download, options.exercise, roster=options.roster)
    if options.json:
        print_json(dataclasses.asdict(done))
        return int(bool(done.problems))
    kept = " (the earlier ones are in classroom/replaced)" if done.replaced else ""
    print(
        f"{done.exercise}: {len(done.new)} new, {len(done.replaced)} replaced{kept}, {len(done.unchanged)} unchanged"
    )
    if done.late:
        print(f"⚠ late, says the platform: {', '.join(done.late)}")
    if done.without:
        print(f"⚠ on the roster and without a hand-in ({len(done.without)}): {', '.join(done.without)}")
    for problem in done.problems:
        print(f"✘ {problem}")
    return int(bool(done.problems))


def _grade(options: argparse.Namespace) -> int:
    from grader.grading.hand_ins import overlooked
    from grader.grading.run import NEEDS_REVIEW, grade_all
    from holdout.paths import find_root

    rows = grade_all(
        _course(options),
        exercise=options.exercise,
        jobs=options.jobs,
        dask=options.dask,
        seed=options.seed,
        force=options.force,
        unsafe=options.unsafe,
        json=options.json,
    )
    if options.json:
        print_json([row.as_dict() for row in rows])
    else:
        for row in rows:
            if row.penalty:
                print(
                    f"⚠ late: {row.student}, {row.exercise}: {row.penalty:g} of {row.score:g} points taken off"
                )
        reviews = [row for row in rows if row.outcome == NEEDS_REVIEW]
        graded = [row for row in rows if row.outcome != NEEDS_REVIEW]
        for row in graded if len(graded) <= MOST_ROWS else ():
            print(
                f"✔ {row.student}, {row.exercise}: {row.score:g} of {row.max_score:g} points. {row.sentence}"
            )
        for row in reviews:
            print(f"⚠ needs review: {row.student}, {row.exercise}: {row.sentence}")
        for row in rows:
            for note in row.notes:
                print(f"· noted: {row.student}, {row.exercise}: {note}")
        level = next((row.isolation for row in rows if row.isolation), "none used")
        print(f"{len(rows) - len(reviews)} graded, {len(reviews)} need review; isolation: {level}")
    for sentence in overlooked(_course(options) or find_root(), options.exercise):
        print(f"⚠ not graded: {sentence}", file=sys.stderr if options.json else sys.stdout)
    return 0


def _report(options: argparse.Namespace) -> int:
    from grader.reports.class_report import report

    path = report(
        _course(options),
        exercise=options.exercise or "01",
        names=options.names,
        roster=options.roster,
        section=options.section,
    )
    print(f"Written to {path}")
    return 0


def _export(options: argparse.Namespace) -> int:
    from grader.reports.export import export

    made = export(
        root=_course(options),
        to=options.to,
        exercise=options.exercise,
        roster=options.roster,
        title=options.title,
        by_question=options.by_question,
        decimal_comma=options.decimal_comma,
        finished_only=options.finished_only,
        section=options.section,
    )
    if options.json:
        print_json({"paths": [str(path) for path in made.paths], "notes": made.notes, "steps": made.steps})
        return 0
    for path in made.paths:
        print(f"Written to {path}")
    for note in made.notes:
        print(f"⚠ {note}")
    for number, step in enumerate(made.steps, 1):
        print(f"{number}. {step}")
    return 0


def _simulate(options: argparse.Namespace) -> int:
    from grader.tools.simulate import simulate

    truth = simulate(exercise=options.exercise or "01", students=options.students, seed=options.seed)
    print(f"{len(truth['students'])} submissions of {truth['exercise']} are in classroom/submitted/")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from grader.tools.doctor import doctor

    found = doctor(speed=options.speed)
    if options.json:
        print_json(found)
        return int(bool(found["problems"]))
    print(f"isolation  {found['isolation']['level']}")
    for sentence in found["isolation"]["missing"]:
        print(f"           {sentence}")
    print(f"system     {found['system']}, {found['cores']} cores, Python {found['python']}")
    installed = {name: version for name, version in found["versions"].items() if version}
    print("versions   " + ", ".join(f"{name} {version}" for name, version in installed.items()))
    for piece in found["missing"]:
        print(f"missing    {piece['name']} ({piece['needed_for']}): {piece['install']}")
    if speed := found.get("speed"):
        _print_speed(speed)
    for problem in found["problems"]:
        print(f"✘ {problem}")
    return int(bool(found["problems"]))


def _print_speed(speed: dict) -> None:
    print(f"speed      {speed['students']} submissions, {speed['jobs']} at a time:")
    for label, key in (("stock nbgrader", "stock"), ("holdout grade", "holdout")):
        figures = speed[key]
        print(
            f"           {label:15s} {figures['seconds']:6.1f} s, "
            f"{figures['cpu_seconds_per_submission']:.2f} s CPU per submission"
        )
    same = "the same scores" if speed["same_scores"] else "DIFFERENT SCORES, please report this"
    print(
        f"           {speed['times_faster']} times faster, {speed['times_less_cpu']} times less CPU, {same}"
    )


def _feedback(options: argparse.Namespace) -> int:
    from grader.nbgrader_bridge.feedback import write_feedback, zip_for_moodle
    from holdout.paths import find_root

    if options.for_moodle and not options.exercise:
        raise HoldoutError(
            "feedback for Moodle belongs to one exercise: name it, such as `holdout feedback 01 --for-moodle`"
        )
    rows = write_feedback(_course(options), exercise=options.exercise)
    for row in rows:
        print(
            f"✔ {row['exercise']}: {row['written']} feedback pages"
            if not row["problem"]
            else f"✘ {row['problem']}"
        )
        if row.get("plain"):
            print(f"⚠ without the notebook, which cannot be shown: {', '.join(row['plain'])}")
    if options.for_moodle and not any(row["problem"] for row in rows):
        path, left_out = zip_for_moodle(_course(options) or find_root(), options.exercise)
        print(f"Written to {path}")
        if left_out:
            print(
                f"⚠ left out, because they were not collected from Moodle ({len(left_out)}): {', '.join(left_out)}"
            )
        print("1. In Moodle: the assignment's settings, Feedback types: Feedback files must be on.")
        print("2. The assignment, Submissions, Upload multiple feedback files in a zip.")
    return int(any(row["problem"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
