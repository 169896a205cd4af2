"""What a question's published row was measured on, as a key, so that no row outlives its question.

Names are followed in the text; nothing is run. A change of the library outside the topics, or of a data set, is not seen.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import pathlib
import re
from collections.abc import Iterable, Iterator, Mapping

from holdout import paths

PACKAGE = pathlib.Path(paths.__file__).parent
_RULER = re.compile(r"^# -{4,}.*$", re.MULTILINE)
_NAMED = re.compile(
    r"(holdout\.topics\.[\w.]+):(\w+)"
)  # how a question names its judge and the helper of its probe


def source_keys(
    questions: str,
    setup: str,
    references: Mapping[str, str],
    package: pathlib.Path = PACKAGE,
    *,
    wrong_answers: bool = True,
) -> dict[str, str]:
    """Key of each question's source.

    What counts is the question's own section of ``questions.py`` (sections stand between rulers, ``# ----``), the set-up
    cell, the reference, and whatever these use, directly or through each other, of the head of ``questions.py`` and of
    the topic's modules. Comments, docstrings, layout and hints do not count: no result comes from them.

    Parameters
    ----------
    questions : str
        Text of ``questions.py``.
    setup : str
        Code of the set-up cell.
    references : mapping of str to str
        Id of a question to the code of its reference.
    package : path
        Folder of the package ``holdout``.
    wrong_answers : bool
        Whether the known wrong answers count. Mutants are made of right ones, so to them they do not.

    Returns
    -------
    dict of str to str
        By id; 16 hexadecimal digits, the same with every version of Python.
    """
    head, *sections = (_statements(part) for part in _RULER.split(questions))
    prepared = _statements(setup)
    keys = {}
    for id, reference in references.items():
        own = next((section for section in sections if _asks(section, id)), head)
        if not wrong_answers:
            own = [statement for statement in own if not _is_wrong_answer(statement)]
        reached = _reached([*own, *_statements(reference)], [*head, *prepared], package)
        counted = sorted({_plain(statement) for statement in [*prepared, *reached]})
        keys[id] = hashlib.sha256("\n".join(counted).encode()).hexdigest()[:16]
    return keys


def _is_wrong_answer(statement: ast.stmt) -> bool:
    """Whether it is a function under ``@question.wrong(...)``, a call of ``question.wrong(...)``, or a loop over such calls."""
    if isinstance(statement, ast.For):
        return all(map(_is_wrong_answer, statement.body))
    calls = (
        statement.decorator_list
        if isinstance(statement, ast.FunctionDef)
        else [getattr(statement, "value", None)]
    )
    functions = [call.func for call in calls if isinstance(call, ast.Call)]
    return any(isinstance(function, ast.Attribute) and function.attr == "wrong" for function in functions)


def _asks(section: Iterable[ast.stmt], id: str) -> bool:
    """Whether a call in the section has the id as its first argument, as ``Question("01.gap", ...)`` has."""
    calls = (node for statement in section for node in ast.walk(statement) if isinstance(node, ast.Call))
    return any(
        isinstance(call.args[0], ast.Constant) and call.args[0].value == id for call in calls if call.args
    )


def _reached(
    start: Iterable[ast.stmt], near: Iterable[ast.stmt], package: pathlib.Path
) -> Iterator[ast.stmt]:
    """Statements, and those that bind what they use: near ones, and those of the topics' modules."""
    waiting = [("", statement) for statement in start]
    seen: set[tuple[str, str]] = set()
    while waiting:
        place, statement = waiting.pop()
        yield statement
        for module, name in set(_uses(place, statement)) - seen:
            seen.add((module, name))
            bound = _of_module(package, module) if module else near
            waiting += [(module, found) for found in bound if name in _binds(found)]


def _uses(place: str, statement: ast.stmt) -> Iterator[tuple[str, str]]:
    """Pairs of a module, or "" for ``questions.py``, and a name in it."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name):
            yield place, node.id
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("holdout.topics."):
            yield from ((str(node.module), alias.name) for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _NAMED.findall(node.value)


def _binds(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name for alias in statement.names}
    stored = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
    return {node.id for node in stored if isinstance(node.ctx, ast.Store)}


def _of_module(package: pathlib.Path, module: str) -> list[ast.stmt]:
    """Its statements; none of a package, whose modules are imported by their own names."""
    path = package.joinpath(*module.split(".")[1:]).with_suffix(".py")
    return _statements(path.read_text(encoding="utf-8")) if path.is_file() else []


@functools.lru_cache  # questions share the head of their file and the modules of their topic
def _statements(code: str) -> list[ast.stmt]:
    """The statements of a module, without its docstring; each imported name has one of its own."""
    found: list[ast.stmt] = []
    for statement in ast.parse(code).body:
        if isinstance(statement, ast.Import):
            found += [ast.Import([alias]) for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom):
            found += [ast.ImportFrom(statement.module, [alias], statement.level) for alias in statement.names]
        elif not _is_text(statement):
            found.append(statement)
    return found


def _is_text(statement: ast.AST) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_hints(node: ast.AST) -> bool:
    return isinstance(node, ast.keyword) and node.arg == "hints"


def _plain(node: object) -> str:
    """A syntax tree as text without places, docstrings, hints, and the empty fields, in which versions of Python differ."""
    if isinstance(node, list):
        return f"[{' '.join(_plain(part) for part in node if not _is_text(part) and not _is_hints(part))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = ((name, value) for name, value in ast.iter_fields(node) if value not in (None, []))
    return f"{type(node).__name__}({' '.join(f'{name}={_plain(value)}' for name, value in fields)})"
