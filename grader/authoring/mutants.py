"""Mutants of an answer: copies with one small change of the kinds that learners make.

Works on the syntax tree and generates text; runs nothing. What becomes of the mutants is :mod:`grader.authoring.mutate`'s job.

The operators follow those of mutation testing (DeMillo, Lipton and Sayward, 1978; the set of mutmut and cosmic-ray) and add the ones that
matter in statistics: quantiles, ``ddof``, mean and median, an input that is ignored.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Defined in front of every mutant: what an input becomes when a mutant ignores it.
PRELUDE = '''
def _without(value):
    """A value of the same shape in which every number is 0 and every text is empty."""
    import numbers
    import numpy as _np
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, str):
        return ""
    if isinstance(value, numbers.Number):
        return 0 * value
    if isinstance(value, dict):
        return {key: _without(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_without(one) for one in value)
    return _np.zeros_like(value)


def _average(value):
    """A value of the same shape in which every number is the mean of them all."""
    import numpy as _np
    if isinstance(value, (list, tuple)) and value and all(isinstance(one, (int, float)) for one in value):
        return type(value)([sum(value) / len(value)] * len(value))
    numbers_ = _np.asarray(value, float)
    if numbers_.ndim == 0:
        raise NotImplementedError("a single number has no other mean")
    return _np.full(numbers_.shape, numbers_.mean())
'''

QUANTILES = {
    0.975: (0.95, 0.995), 0.95: (0.975, 0.9), 0.9: (0.95,), 0.99: (0.95,), 0.05: (0.025, 0.1), 0.025: (0.05,), 0.01: (0.05,),
    1.96: (1.645, 1.0), 1.645: (1.96,),
}  # fmt: skip
COMPARISONS = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE), ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
}  # fmt: skip
ARITHMETIC = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div,), ast.Div: (ast.Mult,), ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.FloorDiv,), ast.Pow: (ast.Mult,), ast.BitAnd: (ast.BitOr,), ast.BitOr: (ast.BitAnd,),
}  # fmt: skip
# One function in place of another; a method is matched by its name as well.
FUNCTIONS = {
    "mean": ("median",), "median": ("mean",), "nanmean": ("nanmedian",), "min": ("max",), "max": ("min",), "argmin": ("argmax",), "argmax": ("argmin",),
    "any": ("all",), "all": ("any",), "ceil": ("floor",), "floor": ("ceil",), "std": ("var",), "var": ("std",), "cumsum": ("cumprod",), "sum": ("max",),
    "minimum": ("maximum",), "maximum": ("minimum",), "idxmax": ("idxmin",), "idxmin": ("idxmax",), "nlargest": ("nsmallest",), "nsmallest": ("nlargest",),
    "startswith": ("endswith",), "first": ("last",), "last": ("first",),
}  # fmt: skip
UNWRAPPED = {
    "abs",
    "sorted",
    "round",
    "int",
    "float",
    "sqrt",
    "log",
    "exp",
    "ceil",
    "floor",
    "square",
    "unique",
    "copy",
    "clip",
    "set",
}
SPREADS = {"std", "var", "nanstd", "nanvar"}


@dataclass(frozen=True)
class Mutant:
    """An answer with one change.

    Parameters
    ----------
    label : str
        The change as text, such as ``"line 4: n < 30 -> n <= 30"``; unique within its answer and stable while the answer is.
    operator : str
        Kind of the change.
    code : str
        The changed answer, to be run after the notebook's set-up.
    """

    label: str
    operator: str
    code: str


def mutants_of(code: str) -> list[Mutant]:
    """All mutants of an answer.

    Parameters
    ----------
    code : str
        Python source of a cell.

    Returns
    -------
    list of Mutant
        In the order of the source; no two with the same code, none equal to the original.
    """
    tree = ast.parse(code)
    lines = code.splitlines()
    seen = {ast.unparse(tree)}
    mutants: list[Mutant] = []
    labels: dict[str, int] = {}
    for index, node in enumerate(ast.walk(tree)):
        for operator, replacement in _changes(node):
            changed = _replaced(tree, index, replacement)
            text = ast.unparse(ast.fix_missing_locations(changed))
            if text in seen:
                continue
            seen.add(text)
            line = getattr(node, "lineno", 0)
            label = f"line {line}: {_described(node, replacement, lines[line - 1] if line else '')}"
            labels[label] = labels.get(label, 0) + 1
            if labels[label] > 1:
                label += f" (number {labels[label]})"
            mutants.append(
                Mutant(
                    label,
                    operator,
                    f"{PRELUDE}\n{text}\n" if "_without(" in text or "_average(" in text else text + "\n",
                )
            )
    return mutants


def _described(node, replacement, line: str) -> str:
    """What was changed into what, with the line around it where the change alone says too little."""
    if isinstance(node, ast.FunctionDef):
        if len(replacement.body) > len(node.body):
            return _shown(_first_new(node, replacement))
        return f"{ast.unparse(node.args)} -> {ast.unparse(replacement.args)}"
    if isinstance(node, ast.If):
        return f"if {_shown(node.test)} -> if {_shown(replacement.test)}"
    if isinstance(node, ast.For):
        return f"for {_shown(node.target)} in {_shown(node.iter)} -> stops after the first"
    change = f"{_shown(node)} -> {_shown(replacement)}"
    return f"{change}, in {line.strip()}" if isinstance(node, ast.Constant | ast.Slice) else change


def _first_new(node: ast.FunctionDef, replacement: ast.FunctionDef):
    old = {id(statement) for statement in node.body}
    return next(statement for statement in replacement.body if id(statement) not in old)


def _shown(node, most: int = 70) -> str:
    if node is None:
        return "(nothing)"
    if isinstance(node, list):
        return "; ".join(_shown(one) for one in node)
    if isinstance(node, ast.FunctionDef):
        return f"def {node.name}(...)"
    text = " ".join(ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).split())
    return text if len(text) <= most else text[: most - 3] + "..."


def _replaced(tree: ast.Module, index: int, replacement) -> ast.Module:
    """A copy of the tree in which node number `index` (in the order of ``ast.walk``) is another one, or several, or none."""
    tree = copy.deepcopy(tree)
    target = list(ast.walk(tree))[index]

    class Replace(ast.NodeTransformer):
        def visit(self, node):
            return replacement if node is target else self.generic_visit(node)

    changed = Replace().visit(tree)
    for node in ast.walk(changed):  # a block must not be empty
        if getattr(node, "body", None) == [] and not isinstance(node, ast.Module):
            setattr(node, "body", [ast.Pass()])  # noqa: B010  (mypy knows no body of a general node)
    return changed


def _with(node, **fields):
    node = copy.copy(node)
    for name, value in fields.items():
        setattr(node, name, value)
    return node


def _called(name: str, node) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), [node], [])


def _changes(node) -> Iterator[tuple[str, object]]:
    """Pairs of an operator's name and what stands in place of a node."""
    if isinstance(node, ast.Compare):
        for position, operator in enumerate(node.ops):
            for other in COMPARISONS.get(type(operator), ()):
                yield (
                    "comparison",
                    _with(node, ops=[*node.ops[:position], other(), *node.ops[position + 1 :]]),
                )
    elif isinstance(node, ast.BoolOp):
        yield "and/or", _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
        for position in range(len(node.values)):
            rest = [value for i, value in enumerate(node.values) if i != position]
            yield "condition dropped", rest[0] if len(rest) == 1 else _with(node, values=rest)
    elif isinstance(node, ast.BinOp):
        for operation in ARITHMETIC.get(type(node.op), ()):
            yield "arithmetic", _with(node, op=operation())
        if isinstance(node.op, ast.Add | ast.Sub):
            yield "term dropped", node.left
            yield "term dropped", node.right
        elif isinstance(node.op, ast.Mult | ast.Div):
            yield "factor dropped", node.left
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub | ast.Invert):
        if not isinstance(node.operand, ast.Constant):
            yield "sign or not", node.operand
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, ast.Call):
        yield from _calls(node)
    elif isinstance(node, ast.Subscript):
        yield from _subscripts(node)
    elif isinstance(node, ast.Slice):
        for name in ("lower", "upper"):
            bound = getattr(node, name)
            if bound is not None and not isinstance(bound, ast.Constant):
                yield "off by one", _with(node, **{name: ast.BinOp(bound, ast.Add(), ast.Constant(1))})
    elif isinstance(node, ast.If):
        yield "branch always", _with(node, test=ast.Constant(True))
        yield "branch never", _with(node, test=ast.Constant(False))
    elif isinstance(node, ast.IfExp):
        yield "branch always", node.body
        yield "branch never", node.orelse
    elif isinstance(node, ast.For):
        yield "stops after the first", _with(node, body=[*node.body, ast.Break()])
    elif isinstance(node, ast.comprehension):
        for position in range(len(node.ifs)):
            yield (
                "filter dropped",
                _with(node, ifs=[test for i, test in enumerate(node.ifs) if i != position]),
            )
    elif isinstance(node, ast.AugAssign):
        yield "statement dropped", ast.Pass()
        for operation in ARITHMETIC.get(type(node.op), ()):
            yield "arithmetic", _with(node, op=operation())
    elif isinstance(node, ast.Continue):
        yield "loop control", ast.Pass()
    elif isinstance(node, ast.Break):
        yield "loop control", ast.Pass()
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "statement dropped", ast.Pass()
    elif isinstance(node, ast.FunctionDef):
        yield from _functions(node)


def _constants(node: ast.Constant) -> Iterator[tuple[str, object]]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", ast.Constant(not value)
    elif isinstance(value, int):
        yield "constant", ast.Constant(value + 1)
        if value > 0:
            yield "constant", ast.Constant(value - 1)
    elif isinstance(value, float):
        for other in QUANTILES.get(value, (value * 1.25, value * 0.8)):
            yield "constant", ast.Constant(other)
    elif value in ("left", "right"):
        yield "side", ast.Constant("right" if value == "left" else "left")


def _calls(node: ast.Call) -> Iterator[tuple[str, object]]:
    called: Any = node.func
    attribute = isinstance(called, ast.Attribute)
    name = called.attr if attribute else getattr(called, "id", "")
    for other in FUNCTIONS.get(name, ()):
        if attribute:
            yield "function", _with(node, func=_with(called, attr=other))
        elif other in ("min", "max", "any", "all", "sum"):
            yield "function", _with(node, func=ast.Name(other, ast.Load()))
    if name in UNWRAPPED and node.args and name != "copy":
        yield "call dropped", node.args[0]
    if name == "copy" and attribute and not node.args:
        yield "works in place", called.value
    if name in SPREADS and not any(keyword.arg == "ddof" for keyword in node.keywords):
        yield "ddof", _with(node, keywords=[*node.keywords, ast.keyword("ddof", ast.Constant(1))])
    if name in ("sorted", "sort"):
        if any(keyword.arg == "reverse" for keyword in node.keywords):
            yield (
                "order",
                _with(node, keywords=[keyword for keyword in node.keywords if keyword.arg != "reverse"]),
            )
        elif not (attribute and getattr(called.value, "id", "") == "np"):
            yield "order", _with(node, keywords=[*node.keywords, ast.keyword("reverse", ast.Constant(True))])
    for position, keyword in enumerate(node.keywords):
        if keyword.arg in (
            "axis",
            "key",
            "default",
            "replace",
            "p",
            "weights",
            "minlength",
            "stratify",
            "random_state",
        ):
            yield (
                "option dropped",
                _with(node, keywords=[one for i, one in enumerate(node.keywords) if i != position]),
            )
    if name == "range" and len(node.args) == 1 and not isinstance(node.args[0], ast.Constant):
        yield "off by one", _with(node, args=[ast.BinOp(node.args[0], ast.Sub(), ast.Constant(1))])


def _subscripts(node: ast.Subscript) -> Iterator[tuple[str, object]]:
    key = node.slice
    if isinstance(key, ast.Constant) and key.value == 0 and isinstance(node.ctx, ast.Load):
        yield "first/last", _with(node, slice=ast.UnaryOp(ast.USub(), ast.Constant(1)))
    elif isinstance(key, ast.UnaryOp) and isinstance(key.op, ast.USub) and isinstance(node.ctx, ast.Load):
        yield "first/last", _with(node, slice=ast.Constant(0))
    elif isinstance(key, ast.Constant) and isinstance(key.value, str) and isinstance(node.ctx, ast.Load):
        yield "input ignored", _called("_without", node)
        yield "input averaged", _called("_average", node)


def _functions(node: ast.FunctionDef) -> Iterator[tuple[str, object]]:
    start = (
        1
        if node.body and isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
        else 0
    )
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    for argument in arguments:
        if argument.arg in ("self", "rng"):
            continue
        for operator, function in (("input ignored", "_without"), ("input averaged", "_average")):
            line = ast.Assign(
                [ast.Name(argument.arg, ast.Store())], _called(function, ast.Name(argument.arg, ast.Load()))
            )
            yield operator, _with(node, body=[*node.body[:start], line, *node.body[start:]])
    defaults = node.args.defaults
    for position, default in enumerate(defaults):
        if isinstance(default, ast.Constant) and default.value is None:
            continue
        if (
            isinstance(default, ast.Constant)
            and isinstance(default.value, int | float)
            and not isinstance(default.value, bool)
        ):
            changed = copy.copy(node.args)
            changed.defaults = [
                *defaults[:position],
                ast.Constant(default.value * 2 or 1),
                *defaults[position + 1 :],
            ]
            yield "default argument", _with(node, args=changed)
