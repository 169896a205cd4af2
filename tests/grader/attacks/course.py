"""A course of one exercise with three questions (6 points) to attack, and a stand-in for the judge.

The reference answers are here, outside the sandbox; what comes back is decoded and compared as plain values.
"""

import copy
import math

import numpy as np

from holdout.checks.codec import CodecError, decode, encode

EXERCISE = "01-attacked"
POINTS = {"01.mse": 1, "01.design": 2, "01.var": 3}
ANSWERS = {
    "01.mse": "def mse(a, b):\n    return float(np.mean((np.asarray(a) - np.asarray(b)) ** 2))",
    "01.design": "def design(x, d):\n    return np.vander(np.asarray(x, float), d + 1, increasing=True)",
    "01.var": "def var(x):\n    return float(np.var(np.asarray(x, float)))",
}


def _cell(kind, source, grade_id=None, **role):
    cell = {"cell_type": kind, "id": grade_id or "title", "metadata": {}, "source": source}
    if grade_id:
        about = {"grade_id": grade_id, "schema_version": 3, "task": False, "cell_type": kind}
        about |= {"grade": False, "solution": False, "locked": not role.get("solution"), **role}
        cell["metadata"]["nbgrader"] = about
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def release():
    """The exercise as learners get it: no point can be earned without work."""
    cells = [_cell("markdown", "# Attack me"), _cell("code", "import numpy as np", "setup")]
    for question, points in POINTS.items():
        name = question.partition(".")[2]
        header = ANSWERS[question].splitlines()[0]
        stub = f"{header}\n    # Write your code here.\n    raise NotImplementedError"
        cells.append(_cell("code", stub, name, solution=True))
        cells.append(_cell("code", f"assert callable({name})", f"test-{name}", grade=True, points=points))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def with_answers(notebook, sources):
    """A copy of a notebook with these sources in its answer cells (mse, design, var), as far as they go."""
    made = copy.deepcopy(notebook)
    for cell, source in zip(answer_cells(made), sources, strict=False):
        cell["source"] = source
    return made


def answer_cells(notebook):
    """The three cells that a learner fills in."""
    return [cell for cell in notebook["cells"] if _about(cell).get("solution")]


def test_cells(notebook):
    """The three cells that carry points."""
    return [cell for cell in notebook["cells"] if _about(cell).get("grade")]


def _about(cell):
    return cell["metadata"].get("nbgrader", {})


def honest():
    """A right solution."""
    return with_answers(release(), ANSWERS.values())


def cases(seed):
    """Fresh inputs and, to stay outside, expected values: probes, and question → list of expected values."""
    rng = np.random.default_rng(seed)
    names = {"np": np}
    for source in ANSWERS.values():
        exec(source, names)
    probes, expected = [], {question: [] for question in POINTS}
    for _ in range(2):
        a, b = rng.normal(size=5), rng.normal(size=5)
        for question, expression, inputs in (
            ("01.mse", "answer(a, b)", {"a": a, "b": b}),
            ("01.design", "answer(a, 3)", {"a": a}),
            ("01.var", "answer(a)", {"a": a}),
        ):
            name = question.partition(".")[2]
            encoded = {key: encode(value) for key, value in inputs.items()}
            probes.append({"id": question, "answer": name, "probe": expression, "inputs": encoded})
            expected[question].append(eval(expression, {"answer": names[name], **inputs}))
    return probes, expected


def points(results, expected):
    """Points for what came back: every case of a question must be right."""
    return sum(
        POINTS[question]
        for question, values in expected.items()
        if len(results.get(question, [])) == len(values)
        and all(_same(result, value) for result, value in zip(results[question], values, strict=True))
    )


def _same(result, value):
    try:
        got = decode(result["value"])
    except (CodecError, KeyError):
        return False
    if isinstance(value, float):
        # both sides compute the same formula in double precision; the order of summation may differ
        return type(got) in (int, float) and math.isclose(got, value, rel_tol=1e-9)
    return (
        isinstance(got, np.ndarray)
        and got.shape == value.shape
        and bool(np.allclose(got, value, rtol=1e-9, atol=0))
    )
