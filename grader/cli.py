"""The command ``holdout``: thin; each command calls one function and prints what it returns.

Exit codes: 0 done, 1 something failed that the user must see, 2 wrong usage. ``--json`` prints one JSON document on stdout and
nothing else. Imports are inside the commands, so that ``holdout progress`` does not wait for nbgrader.
"""

import argparse
import json
import os
import pathlib
import sys


def main(argv=None):
    """Entry point.

    Parameters
    ----------
    argv : list of str, optional
        Arguments; those of the process by default.

    Returns
    -------
    int
        Exit code.
    """
    parser = make_parser()
    options = parser.parse_args(argv)
    if not hasattr(options, "run"):
        parser.print_help()
        return 2
    from holdout.errors import CourseError

    try:
        return options.run(options)
    except (CourseError, ValueError) as error:
        print(f"holdout {options.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nholdout {options.command}: interrupted; what was finished is kept", file=sys.stderr)
        return 1


def make_parser():
    """All commands with their options."""
    parser = argparse.ArgumentParser(
        prog="holdout",
        description="Holdout: a course in machine-learning judgement, and the grader that goes with it.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def command(name, run, help, /, **arguments):
        sub = commands.add_parser(name, help=help, description=help)
        sub.set_defaults(run=run)
        for argument, settings in arguments.items():
            positional = settings.pop("positional", False)
            sub.add_argument(argument if positional else f"--{argument.replace('_', '-')}", **settings)
        return sub

    flag = {"action": "store_true"}
    as_json = {**flag, "help": "print one JSON document and nothing else"}
    exercise = {"positional": True, "nargs": "?", "help": "name or number of an exercise; all by default"}
    several = {"positional": True, "nargs": "*", "help": "names or numbers; all by default"}

    command("lab", _lab, "open the course in JupyterLab", lesson={**exercise, "help": "a lesson, such as 01"},
            no_browser={**flag, "help": "do not open a browser window"})  # fmt: skip
    command(
        "check",
        _check,
        "run the checks of your own exercise notebooks",
        exercise=dict(exercise),
        json=as_json,
    )
    command("progress", _progress, "where you are, and how well calibrated your predictions are", json=as_json,
            export={"metavar": "FILE", "help": "write all records to FILE"},
            delete={**flag, "help": "delete all records, after asking"}, yes={**flag, "help": "do not ask"})  # fmt: skip
    command("portfolio", _portfolio, "collect what you made into one HTML page, every number computed again",
            output={"metavar": "FILE", "help": "where to write it (default portfolio.html in the course)"},
            name={"default": "", "help": "your name, shown at the top"},
            no_recompute={**flag, "help": "do not run the notebooks again; numbers are then marked as not confirmed"},
            json=as_json)  # fmt: skip
    command("release", _release, "make exercises from solutions", exercises=dict(several), json=as_json)
    command("grade", _grade, "autograde everything below classroom/submitted/", exercise=dict(exercise),
            jobs={"type": int, "default": 2, "help": "submissions executed side by side (default 2)"},
            dask={"metavar": "ADDRESS", "help": "execute on the Dask cluster of this scheduler instead"},
            seed={"type": int, "help": "of the hidden cases; the same one gives the same grades"},
            force={**flag, "help": "grade again what has not changed"},
            unsafe={**flag, "help": "go on where submissions cannot be isolated at all"}, json=as_json)  # fmt: skip
    command("feedback", _feedback, "write sanitised feedback for graded submissions", exercise=dict(exercise))
    command("report", _report, "one HTML page about a class", exercise={**exercise, "help": "name or number of an exercise"},
            names={**flag, "help": "name the learners; numbers stand for them otherwise"})  # fmt: skip
    command("export", _export, "grades as a file", exercise=dict(exercise),
            to={"choices": ["csv", "canvas", "moodle"], "default": "csv", "help": "format (default csv)"})  # fmt: skip
    command("simulate", _simulate, "write the submissions of a simulated class, with its truth kept beside them",
            exercise={**exercise, "help": "name or number of an exercise (default 01)"},
            students={"type": int, "default": 40, "help": "size of the class (default 40)"},
            seed={"type": int, "default": 0, "help": "the same seed writes the same class"})  # fmt: skip
    command("doctor", _doctor, "isolation level, versions, and speed against stock nbgrader on this machine",
            quick={**flag, "help": "leave the comparison of speeds out"}, json=as_json)  # fmt: skip
    command("build", _build, "make lessons, solutions and exercises from their text", names=dict(several),
            check={**flag, "help": "change nothing; fail when a committed notebook is not what its text makes"},
            force={**flag, "help": "replace an exercise in which somebody has worked (kept as .kept)"},
            jobs={"type": int, "default": 2, "help": "lessons executed side by side"}, json=as_json)  # fmt: skip
    command("verify", _verify, "prove the questions: reference, blank, wrong and right answers", exercise=dict(exercise),
            seeds={"type": int, "default": 20, "help": "sets of hidden cases (default 20)"},
            jobs={"type": int, "default": 2, "help": "questions verified side by side"}, json=as_json,
            write={**flag, "help": "keep what was proved of these questions, and write the confusion matrix of all into README.md"})  # fmt: skip
    command("bench", _bench, "measure speed; figures go to tests/bench/results",
            names={"positional": True, "nargs": "*", "help": "such as stage or lm; all by default"})  # fmt: skip
    return parser


# ---------------------------------------------------------------------------------------------------------- for learners


def _lab(options):
    from holdout.paths import find_root

    root = find_root()
    page = "lessons/index.ipynb"
    if options.lesson:
        found = sorted((root / "lessons").glob(f"{options.lesson.zfill(2)}*.ipynb"))
        if not found:
            raise ValueError(f"there is no lesson {options.lesson!r}")
        page = f"lessons/{found[0].name}"
    if not (root / page).is_file():
        raise ValueError(f"{page} is not there; run `holdout build`")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # so that Lab's terminals find the command `holdout` although nobody has activated the environment
    scripts = str(pathlib.Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join(filter(None, [scripts, os.environ.get("PATH")]))
    # no news pop-up; nbgrader's exchange is for shared machines, and without one it only fills the log with warnings
    import holdout

    config = str(pathlib.Path(holdout.__file__).parent / "jupyter_config")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(
        filter(None, [config, os.environ.get("JUPYTER_CONFIG_PATH")])
    )
    arguments = [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{page}",
    ]
    if options.no_browser:
        arguments.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--allow-root")
    os.chdir(root)
    if os.name == "nt":
        import subprocess

        return subprocess.call(arguments)
    os.execv(sys.executable, arguments)


def _check(options):
    from holdout.checks.run_checks import check_exercises

    rows = check_exercises(exercise=options.exercise)
    failed = any(row["outcome"] != "passed" for row in rows)
    if options.json:
        _print_json(rows)
        return int(failed)
    from holdout.checks.check import MARKS

    for row in rows:
        first_line = row["message"].splitlines()[0] if row["message"] else ""
        print(f"{MARKS[row['outcome']]} {row['outcome']:<14}{row['question']:<22}{first_line}")
    passed = sum(row["outcome"] == "passed" for row in rows)
    print(f"{passed} of {len(rows)} checks passed")
    return int(failed)


def _progress(options):
    from holdout.record import progress

    if options.delete:
        if (
            not options.yes
            and input("Delete all your predictions, check results and artefacts? [y/N] ").strip().lower()
            != "y"
        ):
            print("Nothing was deleted.")
            return 1
        progress.delete()
        print("Your records are deleted.")
        return 0
    if options.export:
        with open(options.export, "w", encoding="utf-8") as file:
            file.write(progress.to_json())
        print(f"Written to {options.export}")
        return 0
    if options.json:
        _print_json(progress.summary())
        return 0
    print(progress.report())
    return 0


def _portfolio(options):
    from holdout.record.portfolio.recompute import make_portfolio

    made = make_portfolio(
        output=options.output,
        name=options.name,
        recompute=not options.no_recompute,
        say=(lambda text: None) if options.json else (lambda text: print(text, flush=True)),
    )
    if options.json:
        _print_json(made)
        return 0
    print(f"Written to {made['path']}: {made['artefacts']} artefacts, {made['missing']} missing")
    print(
        f"{made['confirmed']} of {made['numbers']} numbers agree when computed again, {made['different']} differ, "
        f"{made['unconfirmed']} could not be confirmed"
    )
    return 0


# ------------------------------------------------------------------------------------------------------- for instructors


def _release(options):
    from grader.nbgrader_bridge.release import release

    rows = release(exercises=options.exercises)
    if options.json:
        _print_json(rows)
    for row in rows if not options.json else ():
        print(
            f"✔ released {row['exercise']}" if row["released"] else f"✘ {row['exercise']}: {row['problem']}"
        )
    return int(any(not row["released"] for row in rows))


def _grade(options):
    from grader.grading.run import LOOK, grade_all

    rows = grade_all(
        exercise=options.exercise,
        jobs=options.jobs,
        dask=options.dask,
        seed=options.seed,
        force=options.force,
        unsafe=options.unsafe,
        json=options.json,
    )
    if options.json:
        _print_json([row.as_dict() for row in rows])
    else:
        looks = [row for row in rows if row.outcome == LOOK]
        for row in looks:
            print(f"⚠ needs a look: {row.student}, {row.exercise}: {row.sentence}")
        level = next((row.isolation for row in rows if row.isolation), "none used")
        print(f"{len(rows) - len(looks)} graded, {len(looks)} need a look; isolation: {level}")
    return 0


def _report(options):
    from grader.reports.class_report import report

    print(f"Written to {report(exercise=options.exercise or '01', names=options.names)}")
    return 0


def _export(options):
    from grader.reports.export import export

    print(f"Written to {export(to=options.to, exercise=options.exercise)}")
    return 0


def _simulate(options):
    from grader.tools.simulate import simulate

    truth = simulate(exercise=options.exercise or "01", students=options.students, seed=options.seed)
    print(f"{len(truth['students'])} submissions of {truth['exercise']} are in classroom/submitted/")
    return 0


def _doctor(options):
    from grader.tools.doctor import doctor

    found = doctor(quick=options.quick)
    if options.json:
        _print_json(found)
        return int(bool(found["problems"]))
    level = found["isolation"]
    print(
        f"isolation  {level['level']}"
        + (f" (lacks: {' '.join(level['missing'])})" if level["missing"] else "")
    )
    print(f"system     {found['system']}, {found['cores']} cores, Python {found['python']}")
    print("versions   " + ", ".join(f"{name} {version}" for name, version in found["versions"].items()))
    if speed := found.get("speed"):
        print(f"speed      {speed['students']} submissions, {speed['jobs']} at a time:")
        for label, key in (("stock nbgrader", "stock"), ("holdout grade", "holdout")):
            figures = speed[key]
            print(
                f"           {label:15s} {figures['seconds']:6.1f} s, "
                f"{figures['cpu_seconds_per_submission']:.2f} s CPU a submission"
            )
        same = "the same scores" if speed["same_scores"] else "DIFFERENT SCORES, please report this"
        print(
            f"           {speed['times_faster']} times faster, {speed['times_less_cpu']} times less CPU, {same}"
        )
    for problem in found["problems"]:
        print(f"✘ {problem}")
    return int(bool(found["problems"]))


def _feedback(options):
    from grader.nbgrader_bridge.feedback import write_feedback

    rows = write_feedback(exercise=options.exercise)
    for row in rows:
        print(
            f"✔ {row['exercise']}: {row['written']} feedback pages"
            if not row["problem"]
            else f"✘ {row['problem']}"
        )
    return int(any(row["problem"] for row in rows))


# ----------------------------------------------------------------------------------------------------------- for authors


def _build(options):
    from grader.authoring.build import build, check_build

    names = [name.zfill(2) if name.isdigit() else name for name in options.names]
    if options.check:
        report = check_build(names=names)
    else:
        say = (lambda text: None) if options.json else (lambda text: print(text, flush=True))
        report = build(names=names, jobs=options.jobs, force=options.force, progress=say)
    if options.json:
        _print_json({"written": report.written, "unchanged": report.unchanged, "problems": report.problems})
    else:
        for problem in report.problems:
            print(f"✘ {problem}")
        if not report.problems:
            done = "everything is current" if options.check else f"{len(report.written)} files written"
            print(f"✔ {done}" + ("" if options.check else f", {len(report.unchanged)} unchanged"))
    return int(bool(report.problems))


def _verify(options):
    from grader.authoring.exercise import all_exercises, load_exercise
    from grader.authoring.verify import problems_of, totals_of, verify_exercise

    names = (
        [load_exercise(options.exercise).name] if options.exercise else [one.name for one in all_exercises()]
    )
    say = (lambda text: None) if options.json else (lambda text: print(text, flush=True))
    rows = []
    for name in names:
        say(name)
        rows += verify_exercise(
            name, seeds=options.seeds, jobs=options.jobs, progress=lambda text: say(f"  {text}")
        )
    totals = totals_of(rows)
    if options.write:
        from grader.authoring.confusion_matrix import as_markdown, keep, write_into
        from holdout.paths import find_root

        root = find_root()
        there = [question.id for one in all_exercises(root) for question in one.questions]
        write_into(root / "README.md", as_markdown(keep(rows, root, there)))
    if options.json:
        _print_json({"questions": rows, "totals": totals})
    else:
        print(
            f"{totals['questions']} questions, {totals['seeds']} seeds: {totals['wrong_passed']} of {totals['wrong']} wrong "
            f"answers passed, {totals['right_failed']} of {totals['right']} right answers failed, "
            f"{totals['own_messages']} of {totals['wrong']} wrong answers earn their own message"
        )
    return int(any(problems_of(row) for row in rows))


def _bench(options):
    import subprocess

    from holdout.errors import CourseError
    from holdout.paths import find_root

    root = find_root()
    scripts = {
        path.stem.removeprefix("bench_"): path for path in (root / "tests" / "bench").glob("bench_*.py")
    }
    unknown = sorted(set(options.names) - set(scripts))
    if unknown or not scripts:
        there = ", ".join(sorted(scripts)) or "none; benchmarks come with a checkout of the course"
        raise CourseError(f"there is no benchmark {unknown[0] if unknown else ''}; there are: {there}")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    codes = [
        subprocess.call([sys.executable, str(scripts[name])], cwd=root, env=environment)
        for name in options.names or sorted(scripts)
    ]
    return int(any(codes))


def _print_json(document):
    print(json.dumps(document, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    sys.exit(main())
