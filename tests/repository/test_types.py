"""Every public function says what it takes and what it gives back. mypy (`make lint`) checks that it is true."""

import ast

from small_course import ROOT

MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for package in ("holdout", "grader")
    for path in (ROOT / package).rglob("*.py")
)


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
    for module in MODULES:
        tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
        for name, function in public_functions(tree.body):
            if what := untyped(function):
                missing[f"{module}: {name}"] = what
    assert missing == {}
