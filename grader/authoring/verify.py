"""``holdout verify``: the proof that each question does what it promises.

Reference 100 %, blank 0, every wrong answer loses points and earns its own message, every right alternative full marks, on
several seeds of the hidden cases; and the same result twice.
"""

from concurrent.futures import ProcessPoolExecutor

from grader.authoring.exercise import load_exercise
from grader.authoring.question import Candidate
from holdout.checks.check import NOT_ATTEMPTED, PASSED, judge_runs
from holdout.checks.probe import run_probe


def verify_exercise(name, root=None, *, seeds=20, first_seed=1000, jobs=1, progress=lambda text: None):
    """Verify all questions of an exercise.

    Parameters
    ----------
    name : str
    root : path, optional
    seeds : int
        How many sets of hidden cases are drawn.
    first_seed : int
    jobs : int
        Questions verified side by side.
    progress : callable
        Told one line for each question.

    Returns
    -------
    list of dict
        One row a question, as the ``--json`` form of the command prints them.
    """
    exercise = load_exercise(name, root)
    ids = [question.id for question in exercise.questions]
    arguments = (
        [exercise.name] * len(ids),
        [root] * len(ids),
        ids,
        [seeds] * len(ids),
        [first_seed] * len(ids),
    )
    rows = []
    if jobs == 1:
        results = map(_verify_one, *arguments)
    else:
        pool = ProcessPoolExecutor(max_workers=jobs)
        results = pool.map(_verify_one, *arguments)
    for row in results:
        rows.append(row)
        progress(f"{row['question']}: {'ok' if not problems_of(row) else '; '.join(problems_of(row))}")
    if jobs != 1:
        pool.shutdown()
    return rows


def _verify_one(name, root, question_id, seeds, first_seed):
    return verify_question(
        name, load_exercise(name, root)[question_id], range(first_seed, first_seed + seeds)
    )


def verify_question(exercise, question, seeds):
    """Verify one question.

    Parameters
    ----------
    exercise : str
        Name of the exercise.
    question : grader.authoring.question.Question
    seeds : iterable of int

    Returns
    -------
    dict
        ``exercise, question, points, reference, blank, wrong, right`` and, besides, for each answer how many of the seeds
        went as promised. ``reference`` and ``blank`` are the smallest and the largest share of the points on any seed.
    """
    seeds = list(seeds)
    shown = question.compiled()
    visible = shown["cases"]
    everyone = [question.reference, *question.wrong_answers, *question.right_answers]
    values = {candidate.name: question.value_of(candidate) for candidate in everyone}
    values["blank"] = _blank(question)
    scores = {name: [] for name in values}
    for seed in seeds:
        cases = question.hidden_cases(seed)
        for name, value in values.items():
            runs = [run_probe(value, question.probe, case["inputs"]) for case in cases]
            scores[name].append(question.score(cases, runs))
    again = question.hidden_cases(seeds[0])
    runs = [run_probe(values["reference"], question.probe, case["inputs"]) for case in again]
    repeatable = (
        question.hidden_cases(seeds[0]) == again and question.score(again, runs) == scores["reference"][0]
    )

    def check(name):
        return judge_runs(
            shown, [run_probe(values[name], question.probe, case["inputs"]) for case in visible]
        )

    return {
        "exercise": exercise,
        "question": question.id,
        "title": question.title,
        "points": question.points,
        "judgement": question.judgement,
        "reference": min(scores["reference"]),
        "reference_check": check("reference")[0] == PASSED,
        "blank": max(scores["blank"]),
        "blank_check": check("blank")[0] == NOT_ATTEMPTED,
        "repeatable": repeatable,
        "seeds": len(seeds),
        "hints": len(question.hints),
        "wrong": [
            {
                "name": candidate.name,
                "lost_points": max(scores[candidate.name]) < 1.0,
                "own_message": check(candidate.name)[2] == candidate.name,
                "seeds_lost": sum(score < 1.0 for score in scores[candidate.name]),
                "largest_score": max(scores[candidate.name]),
            }
            for candidate in question.wrong_answers
        ],
        "right": [
            {
                "name": candidate.name,
                "full_marks": min(scores[candidate.name]) >= 1.0,
                "check_passes": check(candidate.name)[0] == PASSED,
                "seeds_full": sum(score >= 1.0 for score in scores[candidate.name]),
                "smallest_score": min(scores[candidate.name]),
            }
            for candidate in question.right_answers
        ],
    }


def _blank(question):
    """What the released notebook leaves under the question's name before anybody has written anything."""
    from grader.authoring.notebooks import STUB

    code = question.reference.code
    lines, inside = [], False
    for line in code.splitlines():
        if "BEGIN SOLUTION" in line:
            inside = True
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + stub for stub in (STUB.splitlines() if indent else [])]
        elif "END SOLUTION" in line:
            inside = False
        elif not inside:
            lines.append(line)
    return question.value_of(Candidate("blank", "\n".join(lines) + "\n"))


def problems_of(row, *, fewest_wrong=4, fewest_right=2):
    """What is wrong with a question, as sentences; empty when it keeps every promise."""
    problems = []
    if row["reference"] < 1.0 or not row["reference_check"]:
        problems.append(f"the reference gets {row['reference']:.0%} on some seed")
    if row["blank"] > 0.0 or not row["blank_check"]:
        problems.append(
            f"the blank release gets {row['blank']:.0%}, or its check does not say 'not attempted'"
        )
    if not row["repeatable"]:
        problems.append("the same seed gives another result")
    if len(row["wrong"]) < fewest_wrong:
        problems.append(f"it has {len(row['wrong'])} wrong answers; at least {fewest_wrong} are needed")
    if len(row["right"]) < fewest_right:
        problems.append(f"it has {len(row['right'])} right alternatives; at least {fewest_right} are needed")
    for wrong in row["wrong"]:
        if not wrong["lost_points"]:
            problems.append(
                f"wrong answer {wrong['name']!r} gets full marks on {row['seeds'] - wrong['seeds_lost']} seeds"
            )
        if not wrong["own_message"]:
            problems.append(f"wrong answer {wrong['name']!r} does not earn its own message")
    for right in row["right"]:
        if not right["full_marks"] or not right["check_passes"]:
            problems.append(
                f"right answer {right['name']!r} gets full marks on {right['seeds_full']} of {row['seeds']} seeds"
                + ("" if right["check_passes"] else " and fails its check")
            )
    return problems


def counts_of(row):
    """A question's row without its single answers: what the confusion matrix is made of.

    Parameters
    ----------
    row : dict
        As `verify_question` gives it.

    Returns
    -------
    dict
        ``title, points, seeds``, how many ``wrong`` and ``right`` answers there are, ``own_messages``, and the decisions
        (answers times seeds) on both kinds, all and mistaken.
    """
    seeds, wrong, right = row["seeds"], row["wrong"], row["right"]
    return {
        "title": row["title"],
        "points": row["points"],
        "seeds": seeds,
        "wrong": len(wrong),
        "own_messages": sum(answer["own_message"] for answer in wrong),
        "wrong_decisions": len(wrong) * seeds,
        "wrong_decisions_passed": sum(seeds - answer["seeds_lost"] for answer in wrong),
        "right": len(right),
        "right_decisions": len(right) * seeds,
        "right_decisions_failed": sum(seeds - answer["seeds_full"] for answer in right),
    }


def error_rate(mistakes, decisions):
    """95 % Wilson interval of a rate, rounded to five decimals; None without decisions."""
    from scipy.stats import binomtest

    if decisions == 0:
        return None
    found = binomtest(mistakes, decisions).proportion_ci(method="wilson")
    return [round(float(found.low), 5), round(float(found.high), 5)]


def totals_of(rows):
    """Confusion matrix of the grader over all questions, in answers and in answers times seeds.

    Returns
    -------
    dict
        ``questions, points, wrong, wrong_passed, right, right_failed, own_messages, decisions, wrong_decisions`` and
        95 % Wilson intervals of both error rates.
    """
    wrong = [answer for row in rows for answer in row["wrong"]]
    right = [answer for row in rows for answer in row["right"]]
    counts = [counts_of(row) for row in rows]
    decisions = {
        name: sum(row[name] for row in counts)
        for name in ("wrong_decisions", "wrong_decisions_passed", "right_decisions", "right_decisions_failed")
    }

    return {
        "questions": len(rows),
        "points": sum(row["points"] for row in rows),
        "seeds": max((row["seeds"] for row in rows), default=0),
        "wrong": len(wrong),
        "wrong_passed": sum(not answer["lost_points"] for answer in wrong),
        "own_messages": sum(answer["own_message"] for answer in wrong),
        "right": len(right),
        "right_failed": sum(not (answer["full_marks"] and answer["check_passes"]) for answer in right),
        **decisions,
        "wrong_passed_interval": error_rate(
            decisions["wrong_decisions_passed"], decisions["wrong_decisions"]
        ),
        "right_failed_interval": error_rate(
            decisions["right_decisions_failed"], decisions["right_decisions"]
        ),
        "problems": sum(bool(problems_of(row)) for row in rows),
    }
