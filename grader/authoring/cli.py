"""The authors' commands of ``holdout``. Each calls one function and prints what it returns.

Imports are inside the commands, so that each waits only for what it needs.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable

from holdout.commands import AS_JSON, EXERCISE, FLAG, SEVERAL, positive_integer, print_json


def add_commands(add: Callable) -> None:
    """Add these commands to the parser (see :func:`holdout.commands.make_parser`)."""
    add(
        "new",
        _new,
        "begin a lesson (holdout new 15 my-slug --topic my_topic) or a question (holdout new question 01.my-question)",
        what={"positional": True, "help": "number of the lesson, or the word question"},
        name={"positional": True, "help": "slug of the lesson, or id of the question"},
        topic={"help": "package of the lesson below holdout/topics"},
        title={"default": "", "help": "of the lesson (default: from the slug)"},
        unit={"type": int, "help": "number of the lesson's unit (default: the last)"},
    )
    add(
        "build",
        _build,
        "make lessons, solutions and exercises from their text",
        names=SEVERAL,
        check={**FLAG, "help": "change nothing; fail when a committed notebook is not what its text makes"},
        force={
            **FLAG,
            "help": "execute lessons that have not changed, too, and replace an exercise in which somebody has worked (kept as .kept)",
        },
        jobs={"type": positive_integer, "default": 2, "help": "lessons executed side by side"},
        json=AS_JSON,
    )
    add(
        "measure",
        _measure,
        "count the lessons: words, visible code, figures, predictions, minutes; fail where a core exceeds its limits",
        names=SEVERAL,
        json=AS_JSON,
    )
    add(
        "site",
        _site,
        "make the reading edition: static pages in which figures and predictions work without a kernel",
        lessons=SEVERAL,
        out={
            "default": "build/site",
            "metavar": "FOLDER",
            "help": "where the site goes (default build/site)",
        },
        repository={
            "metavar": "ADDRESS",
            "help": "of the repository that pages link to, in place of [publish] in course.toml",
        },
        branch={"help": "branch or tag that pages link to, likewise"},
        lite={**FLAG, "help": "with a JupyterLite, in which the notebooks run in the reader's browser"},
        jobs={"type": positive_integer, "default": 2, "help": "lessons executed side by side"},
        json=AS_JSON,
    )
    add(
        "verify",
        _verify,
        "verify the questions: reference, blank, wrong and right answers",
        exercise={**EXERCISE, "help": "an exercise or a question, such as 01 or 01.gap; all by default"},
        seeds={"type": positive_integer, "default": 20, "help": "sets of hidden cases (default 20)"},
        jobs={"type": positive_integer, "default": 2, "help": "questions verified side by side"},
        json=AS_JSON,
        write={
            **FLAG,
            "help": "keep the result of these questions, and write the table of all into docs/verification.md and README.md",
        },
        held_out={
            "metavar": "ROUND",
            "help": "grade the answers in tests/held-out/ROUND instead, whose writers saw only the exercises' texts",
        },
    )
    add(
        "mutate",
        _mutate,
        "find small changes of right answers that a question does not notice",
        exercise={**EXERCISE, "help": "an exercise or a question, such as 01 or 01.gap; all by default"},
        seeds={"type": positive_integer, "default": 3, "help": "sets of hidden cases (default 3)"},
        jobs={"type": positive_integer, "default": 2, "help": "questions side by side"},
        references={**FLAG, "help": "leave the right alternatives out"},
        json=AS_JSON,
        write={
            **FLAG,
            "help": "keep the result of these questions, and write the table of all into docs/verification.md",
        },
    )
    add(
        "bench",
        _bench,
        "measure speed; figures go to tests/bench/results",
        names={"positional": True, "nargs": "*", "help": "such as stage or lm; all by default"},
    )


def _new(options: Namespace) -> int:
    from grader.authoring.new import new_lesson, new_question
    from holdout.paths import find_root

    root = find_root()
    if options.what == "question":
        written, name = new_question(options.name, root), options.name.replace("-", "_")
        build = name.partition(".")[0]
    else:
        number = name = options.what.zfill(2)
        written = new_lesson(
            number, options.name, options.topic or "", root, title=options.title, unit=options.unit
        )
        build = f"{number} index"
    for path in written:
        print(f"  {path}")
    print(
        f"Next: replace every TODO in these files, then `holdout build {build}` and `holdout verify {name}`."
    )
    return 0


def _build(options: Namespace) -> int:
    from tqdm import tqdm

    from grader.authoring.build import build, check_build

    names = [name.zfill(2) if name.isdigit() else name for name in options.names]
    if options.check:
        report = check_build(names=names)
    else:
        # disable=None: a bar on a terminal only
        with tqdm(unit="file", leave=False, disable=True if options.json else None) as bar:

            def progress(name: str, total: int) -> None:
                bar.total = total
                bar.set_postfix_str(name, refresh=False)
                bar.update()

            report = build(names=names, jobs=options.jobs, force=options.force, progress=progress)
    if options.json:
        print_json({"written": report.written, "unchanged": report.unchanged, "problems": report.problems})
        return int(bool(report.problems))
    for path in report.written:
        print(f"  {path}")
    for problem in report.problems:
        print(f"✘ {problem}")
    if not report.problems:
        done = "everything is current" if options.check else f"{len(report.written)} files written"
        print(f"✔ {done}" + ("" if options.check else f", {len(report.unchanged)} unchanged"))
    return int(bool(report.problems))


def _measure(options: Namespace) -> int:
    from dataclasses import asdict

    from grader.authoring.measure import measure_course, table, too_much
    from holdout.errors import CourseError
    from holdout.paths import find_root

    names = [name.zfill(2) if name.isdigit() else name for name in options.names]
    rows = measure_course(find_root(), names)
    if not rows:
        raise CourseError(f"no lesson begins with {' or '.join(names)}; give a number, such as 07")
    problems = [problem for found, core in rows if core for problem in too_much(found)]
    if options.json:
        lessons = [
            {**asdict(found), "minutes": round(found.minutes, 1), "core": core} for found, core in rows
        ]
        print_json({"lessons": lessons, "problems": problems})
    else:
        print(table(rows))
        for problem in problems:
            print(f"✘ {problem}")
    return int(bool(problems))


def _site(options: Namespace) -> int:
    import dataclasses

    from tqdm import tqdm

    from grader.site.build import build_site
    from holdout.paths import find_root
    from holdout.register import read_course

    root = find_root()
    publish = read_course(root).publish
    given = {"repository": options.repository, "branch": options.branch}
    publish = dataclasses.replace(publish, **{key: value for key, value in given.items() if value})
    with tqdm(unit="page", leave=False, disable=True if options.json else None) as bar:

        def progress(name: str, total: int) -> None:
            bar.total = total
            bar.set_postfix_str(name, refresh=False)
            bar.update()

        built = build_site(
            root,
            options.out,
            options.lessons,
            publish=publish,
            lite=options.lite,
            jobs=options.jobs,
            progress=progress,
        )
    if options.json:
        print_json(
            {
                "out": str(built.out),
                "pages": built.pages,
                "executed": built.run,
                "bytes": built.bytes,
                "heaviest_page": built.heaviest.page,
                "heaviest_page_bytes": built.heaviest.bytes,
                "notes": built.notes,
                "lite_bytes": built.lite.bytes if built.lite else None,
            }
        )
        return 0
    for note in built.notes:
        print(f"⚠ {note}")
    print(
        f"{built.pages} pages, {built.bytes / 1e6:.1f} MB; {len(built.run)} notebooks executed. The heaviest page loads "
        f"{built.heaviest.bytes / 1e6:.2f} MB before it is touched: {built.heaviest.page}"
    )
    if built.lite:
        print(
            f"In the browser: {built.lite.notebooks} notebooks and {len(built.lite.wheels)} wheels, {built.lite.bytes / 1e6:.1f} MB "
            f"in {built.lite.out}; it needs a server, such as `python -m http.server --directory {built.out}`"
        )
    print(f"Written to {built.out}. To read it: open {built.out / 'index.html'} in a browser")
    return 0


def _verify(options: Namespace) -> int:
    if options.held_out:
        return _held_out(options)
    from tqdm import tqdm

    from grader.authoring.confusion_matrix import keep, publish, refuse_to_publish
    from grader.authoring.exercise import all_exercises, load_exercise
    from grader.authoring.verify import problems_of, totals_of, verify_questions
    from holdout.paths import find_root

    wanted = _wanted_questions(options.exercise)
    rows = []
    with tqdm(total=len(wanted), unit="question", leave=False, disable=True if options.json else None) as bar:
        for row in verify_questions(wanted, seeds=options.seeds, jobs=options.jobs):
            rows.append(row)
            bar.update()
            if not options.json:
                problems = problems_of(row)
                bar.write(f"{'✘' if problems else '✔'} {row['question']}")
                for problem in problems:
                    bar.write(f"    {problem}")
    totals = totals_of(rows)
    failing = [row["question"] for row in rows if problems_of(row)]
    if options.json:
        print_json({"questions": rows, "totals": totals})
    else:
        print(
            f"questions: {totals['questions']}, seeds: {totals['seeds']}; {totals['wrong_passed']} of {totals['wrong']} wrong "
            f"answers passed, {totals['right_failed']} of {totals['right']} right answers failed, "
            f"{totals['own_messages']} of {totals['wrong']} wrong answers earn their own message"
        )
        whole = dict.fromkeys(name for name, _ in wanted) if len(wanted) > 1 else ()
        for exercise in map(load_exercise, whole):
            for problem in exercise.problems():
                print(f"! {exercise.name}: {problem}")
        print(f"✘ failed: {', '.join(failing)}" if failing else "✔ every question keeps its promises")
    if options.write:
        refuse_to_publish(rows)
        root = find_root()
        everything = [id for exercise in all_exercises(root) for id in exercise.ids]
        publish(keep(rows, root, everything), root)
    return int(bool(failing))


def _held_out(options: Namespace) -> int:
    from tqdm import tqdm

    from grader.authoring import held_out
    from holdout.paths import find_root

    root = find_root()
    answers = held_out.read_round(options.held_out, root)
    if options.exercise:
        wanted = options.exercise.zfill(2) if options.exercise.isdigit() else options.exercise
        answers = [
            answer for answer in answers if wanted in (answer.question, answer.question.partition(".")[0])
        ]
    if not answers:
        raise held_out.HeldOutError(f"the round {options.held_out} has no answer to {options.exercise!r}")
    if options.write and options.exercise:
        raise held_out.HeldOutError("a round is published as a whole; leave the exercise out, or --write")
    rows = []
    with tqdm(total=len(answers), unit="answer", leave=False, disable=True if options.json else None) as bar:
        for row in held_out.grade_round(
            answers,
            root,
            seeds=options.seeds,
            first_seed=held_out.seed_of(options.held_out),
            jobs=options.jobs,
        ):
            rows.append(row)
            bar.update()
            mistaken = row["full"] > 0 if row["kind"] == "wrong" else row["full"] < row["seeds"]
            if mistaken and not options.json:
                bar.write(
                    f"✘ {row['question']}, {row['kind']}: {row['name']} (full marks on {row['full']} of {row['seeds']} sets; "
                    f"check: {row['check']})"
                )
    summary = held_out.summary_of(rows)
    if options.json:
        print_json({"answers": rows, "summary": summary})
    else:
        print(
            f"{summary['refused']} of {summary['wrong']} wrong answers lost points on each of {summary['seeds']} sets, "
            f"{summary['always_passed']} got full marks on all; {summary['lost']} of {summary['right']} right answers lost points"
        )
    if options.write:
        held_out.publish(held_out.keep(options.held_out, rows, root), root)
    return int(summary["refused"] < summary["wrong"] or summary["lost"] > 0)


def _mutate(options: Namespace) -> int:
    from tqdm import tqdm

    from grader.authoring import mutation_table
    from grader.authoring.exercise import all_exercises
    from grader.authoring.mutate import as_dict, mutate_questions
    from holdout.paths import find_root

    if options.write and options.references:
        raise mutation_table.IncompleteMutation(
            "--write needs the right alternatives, too: leave --references away"
        )
    rows = []
    wanted = _wanted_questions(options.exercise)
    with tqdm(total=len(wanted), unit="question", leave=False, disable=True if options.json else None) as bar:
        for row in mutate_questions(
            wanted, seeds=options.seeds, jobs=options.jobs, references_only=options.references
        ):
            rows.append(row)
            bar.update()
            if not options.json:
                bar.write(mutation_table.in_words(row))
    if options.json:
        print_json([as_dict(row) for row in rows])
    else:
        print(mutation_table.totals(map(mutation_table.counts_of, rows)))
    if options.write:
        root = find_root()
        everything = [id for exercise in all_exercises(root) for id in exercise.ids]
        mutation_table.publish(mutation_table.keep(rows, root, everything), root)
    return int(any(row.survivors or row.stale for row in rows))


def _wanted_questions(name: str | None) -> list[tuple[str, str]]:
    """Exercise and id of the questions of an exercise, of one question (``01.gap``), or of all."""
    from grader.authoring.exercise import all_exercises, load_exercise

    number, _, question = (name or "").partition(".")
    exercises = [load_exercise(number)] if number else all_exercises()
    if question:
        (exercise,) = exercises
        return [(exercise.name, exercise[f"{exercise.name[:2]}.{question.replace('-', '_')}"].id)]
    return [(exercise.name, id) for exercise in exercises for id in exercise.ids]


def _bench(options: Namespace) -> int:
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
