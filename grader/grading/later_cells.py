"""Which answers a later cell of the notebook may change, as far as its text tells. In doubt, it may.

Only a saving: where nothing below a check can change its answer, the answer is the same after the last cell, and no copy of
the process is needed at the check.
"""

import ast
import symtable
import warnings
from collections.abc import Iterable, Mapping, Sequence


def changed_later(checks: Iterable[int], cells: Sequence[Mapping]) -> set[int]:
    """The positions of checks below which a cell may change what was defined above.

    Parameters
    ----------
    checks : iterable of int
        Positions in `cells`.
    cells : sequence of Mapping
        Of the notebook that is executed.

    Returns
    -------
    set of int
    """
    checks = set(checks)
    used: list[set[str]] = []  # names in the code down to each cell
    so_far: set[str] = set()
    trees = [_tree(cell["source"]) if cell["cell_type"] == "code" else ast.Module([], []) for cell in cells]
    for cell, tree in zip(cells, trees, strict=True):
        if tree is not None and cell["cell_type"] == "code":
            so_far = so_far | _global_names(symtable.symtable(cell["source"], "<cell>", "exec"))
        used.append(so_far)
    changed = set()
    for check in checks:
        below = [
            (cell, tree)
            for n, (cell, tree) in enumerate(zip(cells, trees, strict=True))
            if n > check and n not in checks and cell["cell_type"] == "code"
        ]
        if any(_may_change(used[check], cell, tree) for cell, tree in below):
            changed.add(check)
    return changed


def _tree(source):
    """The parsed cell; None where it is no plain Python, which may be a magic and do anything."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            symtable.symtable(source, "<cell>", "exec")  # finds what the grammar alone allows
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _global_names(table):
    """Names of the module that a piece of code binds or looks up; names that are local to a function do not count."""
    top = table.get_type() == "module"
    names = {one.get_name() for one in table.get_symbols() if top or one.is_global()}
    return names.union(*(_global_names(child) for child in table.get_children()))


def _imported(alias):
    return alias.asname or alias.name.split(".")[0]


def _may_change(used, cell, tree):
    role = cell.get("metadata", {}).get("nbgrader", {})
    if tree is None:
        return True
    if role.get("locked") and not role.get(
        "solution"
    ):  # the course's own: it changes nothing but the names that it binds
        return bool(_stored(cell["source"]) & used)
    return any(_does_more_than_define(statement, used) for statement in tree.body)


def _stored(source):
    """Names that the top level of a cell binds."""
    symbols = symtable.symtable(source, "<cell>", "exec").get_symbols()
    return {one.get_name() for one in symbols if one.is_assigned() or one.is_imported()}


def _does_more_than_define(statement, used):
    """Whether a statement does anything but define a new function or constant, or import a library as it is called."""
    if isinstance(statement, ast.FunctionDef):
        return bool(
            statement.name in used
            or statement.decorator_list
            or not all(
                _is_plain(default)
                for default in [*statement.args.defaults, *filter(None, statement.args.kw_defaults)]
            )
            or any(isinstance(node, ast.Call) for note in _annotations(statement) for node in ast.walk(note))
        )
    if isinstance(statement, ast.Import):
        # numpy as np is the same thing wherever it stands; another thing under a name that was used is not
        return any(
            _imported(alias) in used and (alias.name, alias.asname) not in USUAL for alias in statement.names
        )
    if isinstance(statement, ast.ImportFrom):
        return any(_imported(alias) in used or alias.name == "*" for alias in statement.names)
    if isinstance(statement, ast.Assign):
        targets = statement.targets
        return not (
            _is_plain(statement.value)
            and all(isinstance(target, ast.Name) and target.id not in used for target in targets)
        )
    if isinstance(statement, ast.Expr):
        return not isinstance(statement.value, ast.Constant)
    return not isinstance(statement, ast.Pass)


USUAL = {
    ("numpy", "np"),
    ("pandas", "pd"),
    ("matplotlib.pyplot", "plt"),
    ("math", None),
    ("random", None),
    ("itertools", None),
    ("collections", None),
    ("functools", None),
    ("statistics", None),
}


def _annotations(function):
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return [one.annotation for one in arguments if one.annotation] + (
        [function.returns] if function.returns else []
    )


def _is_plain(node):
    """Whether an expression is made of constants alone."""
    parts = (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.UnaryOp, ast.unaryop, ast.Load)
    return all(isinstance(part, parts) for part in ast.walk(node))
