"""Every public function says what it takes and what it gives back. mypy (`make lint`) checks that it is true."""

import ast

from small_course import ROOT

MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for package in ("holdout", "grader")
    for path in (ROOT / package).rglob("*.py")
)
# Modules older than this rule. Take one out when its functions have their hints; put none in.
NOT_YET = {
    "grader/authoring/mutate.py",
    "grader/nbgrader_bridge/gradebook.py",
    "grader/reports/export.py",
    "grader/sandbox/dask_pool.py",
    "grader/sandbox/fork_server.py",
    "grader/sandbox/server.py",
    "grader/sandbox/worker.py",
    "grader/tools/doctor.py",
    "grader/tools/simulate.py",
    "holdout/data/loader.py",
    "holdout/data/polynomials.py",
    "holdout/stats/published.py",
    "holdout/topics/adaptation/bill.py",
    "holdout/topics/adaptation/figures.py",
    "holdout/topics/adaptation/judges.py",
    "holdout/topics/leakage/cases.py",
    "holdout/topics/leakage/experiments.py",
    "holdout/topics/leakage/figures.py",
    "holdout/topics/leakage/judges.py",
    "holdout/topics/leakage/probes.py",
    "holdout/topics/model_choice/cases.py",
    "holdout/topics/model_choice/experiments.py",
    "holdout/topics/model_choice/figures.py",
    "holdout/topics/model_choice/probes.py",
    "holdout/topics/overfitting/cases.py",
    "holdout/topics/overfitting/experiments.py",
    "holdout/topics/overfitting/figures.py",
    "holdout/topics/overfitting/judges.py",
    "holdout/topics/remedies/figures.py",
    "holdout/topics/segments/experiments.py",
    "holdout/topics/segments/figures.py",
    "holdout/topics/test_reuse/contamination.py",
    "holdout/topics/test_reuse/experiments.py",
    "holdout/topics/test_reuse/figures.py",
    "holdout/topics/test_reuse/judges.py",
    "holdout/topics/test_reuse/probes.py",
}


def public_functions(body, prefix=""):
    """Functions of a module and methods of its public classes; what begins with an underscore is private."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield f"{prefix}{node.name}", node


def untyped(function):
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    named += [extra for extra in (arguments.vararg, arguments.kwarg) if extra]
    missing = [
        one.arg for one in named if one.annotation is None and one.arg not in ("self", "cls", "_", "__")
    ]
    return missing + ([] if function.returns else ["the result"])


def test_public_functions_have_type_hints():
    missing = {}
    for module in sorted(set(MODULES) - NOT_YET):
        tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
        for name, function in public_functions(tree.body):
            if what := untyped(function):
                missing[f"{module}: {name}"] = what
    assert missing == {}
