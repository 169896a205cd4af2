"""Questions whose answers are given something to call: in grading that is outside, so a notebook that replaces the library earns nothing."""

import pytest

from grader.authoring.exercise import load_exercise
from grader.sandbox.limits import Limits
from grader.sandbox.server import Job, Server
from holdout.checks.codec import decode, encode
from holdout.checks.probe import find_steps, run_probe, step_probe

QUESTIONS = ("04.pipeline", "05.nested", "06.harness")


@pytest.fixture(scope="module")
def questions():
    return {id: load_exercise(id[:2])[id] for id in QUESTIONS}


def _driven(answer, probe, inputs):
    """The result of a probe with steps, as the grader drives it."""
    driver = find_steps(probe)(**{name: decode(value) for name, value in inputs.items()})
    value = None
    while True:
        try:
            function, told = driver.send(value)
        except StopIteration as end:
            return {"value": encode(end.value)}
        told = {name: encode(one) for name, one in told.items()}
        result = run_probe(answer, step_probe(function, told), told)
        if "value" not in result:
            return result
        value = decode(result["value"])


@pytest.mark.parametrize("id", QUESTIONS)
def test_an_answer_gets_the_same_result_in_a_check_and_in_grading(questions, id):
    question = questions[id]
    case = question.hidden_cases(5)[-1]
    for answer in [question.reference, *question.right_answers, *question.wrong_answers]:
        value = question.value_of(answer)
        direct = run_probe(value, question.probe, case["inputs"])
        assert _driven(value, question.probe, case["inputs"]) == direct, answer.name


REFERENCE_OF_04 = """
def right(X, y, train, test, selector, scaler, model):
    model.fit(scaler.fit_transform(selector.fit_transform(X[train], y[train])), y[train])
    return model.score(scaler.transform(selector.transform(X[test])), y[test])
"""
ATTACKS = {
    # reports rows that it has not used: the record lies outside
    "04 forges the record": (
        "04.pipeline",
        REFERENCE_OF_04
        + """
import numpy as np
import holdout.topics.leakage.probes as probes
WatchedStep, Watch = probes.WatchedStep, probes._Watch
def forged(function, X, y, train, test, kept=8, *rest):
    watch = Watch(X)
    score = right(X, y, train, test, *(WatchedStep(name, watch, kept) for name in ("selector", "scaler", "model")))
    return {"score": score, "events": watch.events}
probes.watch_pipeline = forged
probes.watch_pipeline_steps = None
held = {}
def ask_the_steps(function, about, told):
    held.update(about)
    return {"returned": forged(function, **held)["score"]}
probes.ask_the_steps = ask_the_steps
def held_out_accuracy(X, y, train, test, selector, scaler, model):
    return 0.5
""",
    ),
    # takes the rows from the function that it is given, from its callers, or from whatever lies in memory
    "05 takes the rows": (
        "05.nested",
        """
import gc, sys
import numpy as np
def nested_error(outer, inner, settings, error_of):
    found = [cell.cell_contents for cell in error_of.__closure__ or ()]
    frame = sys._getframe()
    while frame:
        found += list(frame.f_locals.values())
        frame = frame.f_back
    found += gc.get_objects()
    tables = [one for one in found if isinstance(one, np.ndarray) and one.shape == (50, 40)]
    if not tables:
        return -1.0
    errors = []
    for (train, test), pairs in zip(outer, inner):
        means = [np.mean([error_of(f, v, s) for f, v in pairs]) for s in settings]
        errors.append(error_of(train, test, settings[int(np.argmin(means))]))
    return float(np.mean(errors))
""",
    ),
    "05 replaces the function that asks": (
        "05.nested",
        """
import holdout.checks.asking, holdout.topics.test_reuse.probes as probes
probes.run_nested = probes.run_nested_steps = lambda *a, **k: 0.25
probes.ask_for_errors = lambda function, about, told: {"returned": 0.25}
def nested_error(outer, inner, settings, error_of):
    return 0.25
""",
    ),
    # one call is asked for; the model that replies is outside and replies once
    "06 asks again and again": (
        "06.harness",
        """
import pandas as pd
import holdout.topics.model_choice.probes as probes
probes._asked_once = lambda model: model
def harness(complete, items):
    answers = [complete([item["prompt"]])[0] for item in items]
    right = [answer.split() == item["answer"].split() for answer, item in zip(answers, items)]
    frame = pd.DataFrame({"kind": [item["kind"] for item in items], "right": right})
    return {**frame.groupby("kind")["right"].mean().to_dict(), "all": float(frame["right"].mean())}
""",
    ),
    "06 finds the replies": (
        "06.harness",
        """
import gc
import pandas as pd
def harness(complete, items):
    prompts = [item["prompt"] for item in items]
    known = [one for one in gc.get_objects() if isinstance(one, dict) and prompts[0] in one]
    if not known:
        return {}
    answers = [known[0][prompt] for prompt in prompts]
    right = [answer.split() == item["answer"].split() for answer, item in zip(answers, items)]
    frame = pd.DataFrame({"kind": [item["kind"] for item in items], "right": right})
    return {**frame.groupby("kind")["right"].mean().to_dict(), "all": float(frame["right"].mean())}
""",
    ),
}


def _score_in_the_sandbox(question, source):
    cases = question.hidden_cases(7)
    probes = [
        {"id": question.id, "answer": question.answer, "probe": question.probe, "inputs": case["inputs"]}
        for case in cases
    ]
    cell = {"cell_type": "code", "source": source, "metadata": {}}
    limits = Limits(cell_seconds=30, probe_seconds=30, notebook_seconds=300)
    with Server() as server:
        executed = server.run(Job({"cells": [cell]}, probes, limits))
    assert executed.outcome == "done"
    assert not any(output["output_type"] == "error" for outputs in executed.cells for output in outputs)
    return question.score(cases, executed.probes[question.id])


@pytest.mark.needs("linux")
@pytest.mark.parametrize("name", ATTACKS)
def test_a_notebook_that_replaces_the_library_or_looks_into_it_earns_nothing(questions, name):
    id, source = ATTACKS[name]
    assert _score_in_the_sandbox(questions[id], source) == 0.0


@pytest.mark.needs("linux")
@pytest.mark.parametrize("id", QUESTIONS)
def test_the_reference_has_full_marks_in_the_sandbox(questions, id):
    question = questions[id]
    imports = "import numpy as np\nimport pandas as pd\n"
    assert _score_in_the_sandbox(question, imports + question.reference.code) == 1.0
