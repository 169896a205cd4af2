"""The learners' commands of ``holdout``. Each calls one function and prints what it returns.

Imports are inside the commands, so that each waits only for what it needs.
"""

from __future__ import annotations

import argparse
import functools
import os
import pathlib
import shlex
import sys
from collections.abc import Callable

from holdout.commands import AS_JSON, EXERCISE, FLAG, print_json


def add_commands(
    add: Callable[..., argparse.ArgumentParser],
    *,
    verify_portfolio: Callable[[argparse.Namespace], int] | None = None,
) -> None:
    """Add these commands to the parser (see :func:`holdout.commands.make_parser`).

    Parameters
    ----------
    add : callable
    verify_portfolio : callable, optional
        Runs ``holdout portfolio --verify``, which needs the grader's sandbox; without it that option says so.
    """
    add(
        "lab",
        _lab,
        "open the course in JupyterLab",
        lesson={**EXERCISE, "help": "a lesson, such as 01"},
        instructor={**FLAG, "help": "show formgrader and the tools that make assignments, too"},
        no_browser={**FLAG, "help": "do not open a browser window"},
    )
    add(
        "check",
        _check,
        "run the checks of your own exercise notebooks",
        exercise=EXERCISE,
        json=AS_JSON,
    )
    add(
        "progress",
        _progress,
        "where you are, and how well calibrated your predictions are",
        json=AS_JSON,
        path={"metavar": "ID", "help": "where you are on a path, such as one-day; the start page lists them"},
        export={"metavar": "FILE", "help": "write all records to FILE"},
        hand_in={
            "metavar": "EXERCISE",
            "help": "write placement, path and graded memos beside EXERCISE, so that your instructor gets them with it",
        },
        delete={**FLAG, "help": "delete all records, after asking"},
        yes={**FLAG, "help": "do not ask"},
    )
    add(
        "portfolio",
        functools.partial(_portfolio, verify_portfolio=verify_portfolio),
        "collect what you made into one HTML page, every number computed again",
        output={"metavar": "FILE", "help": "where to write it (default portfolio.html in the course)"},
        name={
            "default": "",
            "help": "your name, shown at the top and kept; artefacts are drawn from it",
        },
        public={**FLAG, "help": "leave out what answers an exercise, so that the page may be published"},
        pdf={**FLAG, "help": "print the page to a PDF file, too"},
        verify={
            "metavar": "FILE",
            "help": "look whether somebody's page holds, from the notebooks beside it",
        },
        no_recompute={
            **FLAG,
            "help": "do not run the notebooks again; numbers are then marked as not confirmed",
        },
        json=AS_JSON,
    )
    add(
        "project",
        _project,
        "your own project: own or drawn data, one test number, facts that a machine checks",
        action={
            "positional": True,
            "choices": ["new", "status", "test", "check"],
            "help": "begin one; where it stands; compare the forecasts with the test labels, once; which facts hold",
        },
        predictions={
            "positional": True,
            "nargs": "?",
            "help": "for test: a file with row_id and probability (default predictions.csv of the project)",
        },
        folder={
            "metavar": "DIR",
            "help": "of the project (default: that of the working directory, or my-project)",
        },
        name={"default": "", "help": "for new: your name; flights are drawn by it"},
        csv={"metavar": "FILE", "help": "for new: your own data instead of drawn flights"},
        target={"metavar": "COLUMN", "help": "of your own data: the column to forecast, with two values"},
        positive={"metavar": "VALUE", "help": "of your own data: the value of the target that counts as 1"},
        time={"metavar": "COLUMN", "help": "of your own data: the latest rows become the test"},
        group={"metavar": "COLUMN", "help": "of your own data: whole groups become the test"},
        no_rerun={**FLAG, "help": "for check: do not run the notebook again"},
        json=AS_JSON,
    )

    add(
        "canary",
        _canary,
        "a served model that changes on a hidden day, and your own rule that watches it",
        action={
            "positional": True,
            "nargs": "?",
            "default": "ask",
            "choices": ["ask", "enrol", "status", "suite", "identify", "roll-back", "dismiss"],
            "help": "ask the questions that are due (the default); begin; where it stands; ask everything; say which replacement "
            "it is; put the original back; decide that an alarm asks for no change",
        },
        what={
            "positional": True,
            "nargs": "?",
            "default": "",
            "help": "for identify: the name of the replacement; for dismiss: your reason",
        },
        folder={"metavar": "DIR", "help": "of the canary (default: my-canary of the course)"},
        minutes_per_day={
            "metavar": "MINUTES",
            "type": float,
            "help": "for enrol: a compressed clock on which a day lasts so long",
        },
        late={**FLAG, "help": "for ask: the date is right although more than 14 days went by"},
    )


def lab_config(*, instructor: bool) -> list[str]:
    """Return the folders for `JUPYTER_CONFIG_PATH` that make JupyterLab fit the course.

    ``all`` switches off the pop-up with news and nbgrader's exchange, which is for shared machines and would only fill the
    log with warnings. ``learner`` also hides what only instructors need: formgrader, and *Create Assignment* in the
    side bar.

    Parameters
    ----------
    instructor : bool
        Whether to show what instructors need.
    """
    root = pathlib.Path(__file__).parent / "jupyter_config"
    return [str(root / name) for name in (("all",) if instructor else ("learner", "all"))]


def _lab(options: argparse.Namespace) -> int:
    from holdout import paths
    from holdout.errors import CourseError

    root = paths.find_root()
    page = paths.lesson_notebook(options.lesson, root) if options.lesson else root / "lessons" / "index.ipynb"
    if not page.is_file():
        raise CourseError(f"{page} is not there; run `holdout build`")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # so that Lab's terminals find the command `holdout` although nobody has activated the environment
    scripts = str(pathlib.Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join(filter(None, [scripts, os.environ.get("PATH")]))
    folders = [*lab_config(instructor=options.instructor), os.environ.get("JUPYTER_CONFIG_PATH")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, folders))
    arguments = [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{page.relative_to(root).as_posix()}",
    ]
    if options.no_browser:
        arguments.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--allow-root")
    os.chdir(root)
    _ask_canary(root)
    if os.name == "nt":
        import subprocess

        return subprocess.call(arguments)
    os.execv(sys.executable, arguments)


def _check(options: argparse.Namespace) -> int:
    from holdout.checks.run_checks import check_exercises, copies_of

    rows = check_exercises(exercise=options.exercise)
    failed = any(row["outcome"] != "passed" for row in rows)
    if options.json:
        print_json(rows)
        return int(failed)
    from holdout.checks.check import MARKS

    for row in rows:
        first_line = row["message"].splitlines()[0] if row["message"] else ""
        print(f"{MARKS[row['outcome']]} {row['outcome']:<14}{row['question']:<22}{first_line}")
    passed = sum(row["outcome"] == "passed" for row in rows)
    print(f"{passed} of {len(rows)} checks passed")
    if not str(options.exercise or "").endswith(".ipynb"):
        for copy in copies_of(row["exercise"] for row in rows):
            print(
                f"Not checked: {copy.name}. To check it: holdout check {shlex.quote(os.path.relpath(copy))}"
            )
    return int(failed)


def _progress(options: argparse.Namespace) -> int:
    from holdout.record import summary

    if options.delete:
        return _delete_records(ask=not options.yes)
    if options.export:
        return _export_records(pathlib.Path(options.export))
    if options.hand_in:
        from holdout import paths
        from holdout.record.hand_in import write_for_hand_in

        path, count = write_for_hand_in(paths.exercise_folder(options.hand_in))
        print(f"Written to {path}: {count} entries, without your name, your predictions or any time.")
        return 0
    if options.path:
        from holdout.record.study_path import describe_state

        state = summary.state_of_path(options.path)
        if options.json:
            print_json(state)
        else:
            print(describe_state(state))
        return 0
    if options.json:
        print_json(summary.summary())
        return 0
    print(summary.report())
    _print_canary()
    return 0


def _print_canary() -> None:
    from holdout import paths

    root = paths.enclosing_course()
    if root is None or not (root / "my-canary").is_dir():
        return
    from holdout.record.canary import report  # loads NumPy, which nobody without a canary should wait for

    said = report.in_a_line(root, _now())
    if said:
        print(f"\n{said}")


def _delete_records(ask: bool) -> int:
    from holdout.record import summary

    if ask:
        try:
            answer = input("Delete all your predictions, check results and artefacts? [y/N] ")
        except EOFError:  # nobody is there to answer
            answer = ""
            print()
        if answer.strip().lower() != "y":
            print("Nothing was deleted.")
            return 1
    print("Your records are deleted." if summary.delete() else "Nothing was recorded.")
    return 0


def _export_records(path: pathlib.Path) -> int:
    from holdout.errors import CourseError
    from holdout.record import summary

    records = summary.to_json()
    try:
        path.write_text(records, encoding="utf-8")
    except OSError as error:
        raise CourseError(
            f"{path} cannot be written ({error.strerror or error}); choose a file in a folder that you may write to"
        ) from None
    print(f"Written to {path}")
    return 0


def _portfolio(options: argparse.Namespace, verify_portfolio: Callable | None = None) -> int:
    if options.verify:
        if verify_portfolio is None:
            from holdout.errors import CourseError

            raise CourseError(
                "--verify runs somebody else's notebooks and needs the grader, which is not installed here"
            )
        return verify_portfolio(options)
    from holdout.record.portfolio.recompute import make_portfolio

    made = make_portfolio(
        output=options.output,
        name=options.name,
        recompute=not options.no_recompute,
        public=options.public,
        pdf=options.pdf,
        report=(lambda text: None) if options.json else (lambda text: print(text, flush=True)),
    )
    if options.json:
        print_json(made)
        return 0
    print(
        f"Written to {made['path']}: {made['artefacts']} artefact{'' if made['artefacts'] == 1 else 's'}, {made['missing']} missing"
    )
    if made["pdf"]:
        print(f"Written to {made['pdf']}" if made["pdf"].endswith(".pdf") else f"{made['pdf']}.")
    print(
        f"{made['confirmed']} of {made['numbers']} numbers agree when computed again, {made['different']} differ, "
        f"{made['unconfirmed']} could not be confirmed"
    )
    return 0


def _project(options: argparse.Namespace) -> int:
    from holdout.project import one_test, report
    from holdout.project.folder import find_project, open_project

    if options.action == "new":
        return _new_project(options)
    project = open_project(options.folder) if options.folder else find_project()
    if options.action == "status":
        if options.json:
            print_json(report.status(project))
        else:
            print(report.status_text(project))
        return 0
    if options.action == "test":
        try:
            entry = one_test.ask(project, options.predictions)
        finally:
            _note_log(project)
        if options.json:
            print_json(entry)
        else:
            print(report.tested(project, entry))
        return 0
    return _check_project(project, options)


def _new_project(options: argparse.Namespace) -> int:
    from holdout import paths
    from holdout.project import report
    from holdout.project.folder import FOLDER, new_project
    from holdout.record import learner

    course = paths.enclosing_course()
    folder = options.folder or (course or pathlib.Path.cwd()) / FOLDER
    chosen = {key: getattr(options, key) for key in ("csv", "target", "positive", "time", "group")}
    project = new_project(folder, name=options.name or learner.read_name(), **chosen)
    if options.name:
        learner.set_name(options.name)
    _note_log(project)
    if options.json:
        print_json(report.status(project))
    else:
        print(report.made(project))
    return 0


def _check_project(project, options: argparse.Namespace) -> int:
    from holdout.project import grading, report, rerun
    from holdout.record import progress

    heads = [
        entry["head"]
        for entry in progress.read()
        if entry["kind"] == "project" and entry.get("project") == project.about["id"] and "head" in entry
    ]
    found = grading.grade(project, heads=heads)
    if not options.no_rerun:
        found.findings.append(rerun.rerun(project))
    if options.json:
        print_json(
            {
                "findings": [vars(finding) for finding in found.findings],
                "measured": found.measured,
                "standard": [verdict._asdict() for verdict in found.verdicts],
            }
        )
    else:
        print(report.graded(found, found.findings))
    return int(any(finding.state == grading.FAILS for finding in found.findings))


def _note_log(project) -> None:
    """Note the last line of the project's log in the learner's record, so that an older copy that is put back is noticed."""
    from holdout import chained_log
    from holdout.record import progress

    lines, _ = chained_log.read(project.folder)
    if lines:
        try:
            progress.record(
                "project",
                project=project.about["id"],
                event=str(lines[-1].get("event")),
                head=chained_log.head(lines),
            )
        except progress.ProgressError as error:
            print(f"(This was not noted in your record: {error})", file=sys.stderr)


def _ask_canary(root: pathlib.Path) -> None:
    """Ask the canary on the calendar, if there is one; whatever happens, the Lab starts."""
    if not (root / "my-canary").is_dir():
        return
    from holdout.record.canary import report

    said = report.at_start(root, _now())
    if said:
        print(said, flush=True)


def _now():
    """This moment, with the computer's time zone."""
    from datetime import datetime

    return datetime.now().astimezone()


def _canary(options: argparse.Namespace) -> int:
    from holdout import paths
    from holdout.record import learner
    from holdout.record.canary import folder, report, watch

    now = _now()
    if options.action == "enrol":
        place = options.folder or (paths.enclosing_course() or pathlib.Path.cwd()) / folder.FOLDER
        seconds = None if options.minutes_per_day is None else 60 * options.minutes_per_day
        made = folder.enrol(place, now, name=learner.read_name(), seconds_per_day=seconds)
        print(report.enrolled_text(watch.look(made, now)))
        return 0
    canary = folder.open_canary(options.folder) if options.folder else folder.find_canary()
    if options.action == "status":
        seen = watch.look(canary, now)
    elif options.action == "suite":
        seen = watch.suite(canary, now)
    elif options.action == "identify":
        seen = watch.name(canary, now, options.what)
    elif options.action == "roll-back":
        seen = watch.roll_back(canary, now)
    elif options.action == "dismiss":
        seen = watch.dismiss(canary, now, options.what)
    else:
        seen = watch.ask(canary, now, late=options.late)
    print(report.text(seen))
    return 0
