"""Constructor parameters and defaults of every public scikit-learn estimator, one table for many releases.

    python datasets/sklearn_defaults/make.py WHEEL_OR_SDIST [...]

reads released packages (wheels or source archives fetched beforehand, for example with `pip download
--no-deps scikit-learn==1.9.1`) and writes `defaults.csv`, `sources.csv` and `checksums.sha256` beside
itself. The packages are only *parsed* (`ast`); nothing in them is imported or executed, so a release for
another Python or platform can be read as well.

Which classes count: the name is exported by a public `sklearn` module (its `__all__`, else the imports of its
`__init__.py`, else its own classes), and the class inherits from `BaseEstimator`, followed through the
source. A class without an `__init__` of its own has the constructor of the first base class that has one,
as in Python.
"""

from __future__ import annotations

import argparse
import ast
import csv
import hashlib
import re
import sys
import tarfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
COLUMNS = ["release", "module", "estimator", "parameter", "required", "default"]


@dataclass
class Module:
    """What one source file says: its classes, simple constants, imports and public names."""

    name: str
    is_package: bool
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    star_imports: list[str] = field(default_factory=list)
    exported: list[str] | None = None


def read_sources(path: Path) -> tuple[str, dict[str, bytes]]:
    """Release number and the Python files of a wheel or source archive.

    Parameters
    ----------
    path : Path
        A `.whl`, `.tar.gz` or `.zip` file of scikit-learn.

    Returns
    -------
    release : str
        For example `"1.9.1"`.
    sources : dict of str to bytes
        `sklearn/...py` to its content, tests excluded.

    Raises
    ------
    ValueError
        If the file is not named like a scikit-learn release or holds no `sklearn` package.
    """
    match = re.match(r"scikit[-_]learn-(\d+\.\d+(?:\.\d+)?)", path.name)
    if not match:
        raise ValueError(f"{path.name} is not a scikit-learn release; expected scikit_learn-1.9.1-....whl")
    sources: dict[str, bytes] = {}
    if path.suffix in {".whl", ".zip"}:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if _wanted(name):
                    sources[_inside(name)] = archive.read(name)
    else:
        with tarfile.open(path) as archive:
            for member in archive.getmembers():
                if member.isfile() and _wanted(member.name):
                    sources[_inside(member.name)] = archive.extractfile(member).read()
    if not sources:
        raise ValueError(f"{path.name} holds no sklearn/*.py; is it a scikit-learn wheel or source archive?")
    return match.group(1), sources


def _wanted(name: str) -> bool:
    parts = name.split("/")
    return (
        name.endswith(".py") and "sklearn" in parts[:2] and "tests" not in parts and "externals" not in parts
    )


def _inside(name: str) -> str:
    return name[name.index("sklearn/") :]


def parse_modules(sources: dict[str, bytes]) -> dict[str, Module]:
    """One `Module` per source file, keyed by its dotted name. Files that do not parse are an error."""
    modules = {}
    for path, content in sources.items():
        parts = path.removesuffix(".py").split("/")
        is_package = parts[-1] == "__init__"
        module = Module(".".join(parts[:-1] if is_package else parts), is_package)
        tree = ast.parse(content, filename=path)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                origin = _absolute(module, node)
                for alias in node.names:
                    if alias.name == "*":
                        module.star_imports.append(origin)
                    else:
                        module.imports[alias.asname or alias.name] = (origin, alias.name)
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                module.classes[node.name] = node
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        module.constants[target.id] = ast.unparse(node.value)
            elif isinstance(node, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets
            ):
                module.exported = [
                    item.value
                    for item in ast.walk(node.value)
                    if isinstance(item, ast.Constant) and isinstance(item.value, str)
                ]
        modules[module.name] = module
    return modules


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    """The dotted name that a (possibly relative) `from ... import` refers to."""
    if not node.level:
        return node.module or ""
    base = module.name.split(".")
    base = base[: len(base) - node.level + (1 if module.is_package else 0)]
    return ".".join(base + ([node.module] if node.module else []))


def find_class(modules: dict[str, Module], module_name: str, name: str, depth: int = 0):
    """Follow imports until the module that defines the class; `None` when it is not a class of the
    package."""
    module = modules.get(module_name)
    if module is None or depth > 10:
        return None
    if name in module.classes:
        return module, module.classes[name]
    if name in module.imports:
        origin, original = module.imports[name]
        return find_class(modules, origin, original, depth + 1)
    for origin in module.star_imports:
        found = find_class(modules, origin, name, depth + 1)
        if found:
            return found
    return None


def base_classes(modules: dict[str, Module], module: Module, node: ast.ClassDef):
    """The base classes that the package itself defines, in order."""
    for base in node.bases:
        name = (
            base.id if isinstance(base, ast.Name) else base.attr if isinstance(base, ast.Attribute) else None
        )
        found = name and find_class(modules, module.name, name)
        if found and found[1] is not node:  # a class may inherit from a foreign class of its own name
            yield found


def is_estimator(modules: dict[str, Module], module: Module, node: ast.ClassDef) -> bool:
    """Whether `BaseEstimator` is among the ancestors."""
    return any(
        base.name == "BaseEstimator" or is_estimator(modules, owner, base)
        for owner, base in base_classes(modules, module, node)
    )


def constructor(modules: dict[str, Module], module: Module, node: ast.ClassDef):
    """The `__init__` that a call of the class runs, its own or that of the first base class with one, and the
    module that it stands in; `None` when there is none."""
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            return module, item
    for owner, base in base_classes(modules, module, node):
        found = constructor(modules, owner, base)
        if found:
            return found
    return None


def find_constant(modules: dict[str, Module], module_name: str, name: str, depth: int = 0) -> str | None:
    """Source of a module-level constant, imports followed; `None` when the name is something else."""
    module = modules.get(module_name)
    if module is None or depth > 10:
        return None
    if name in module.constants:
        return module.constants[name]
    if name in module.imports:
        return find_constant(modules, *module.imports[name], depth + 1)
    return None


def parameters(modules: dict[str, Module], module: Module, function: ast.FunctionDef):
    """Pairs (parameter, default source or None when it is required), `self` and `**kwargs` left out.

    A default that is the name of a constant is replaced by the constant."""
    arguments = function.args
    positional = (arguments.posonlyargs + arguments.args)[1:]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    for argument, default in [
        *zip(positional, defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]:
        text = None if default is None else ast.unparse(default)
        if isinstance(default, ast.Name):
            text = find_constant(modules, module.name, default.id) or text
        yield argument.arg, text


def extract(sources: dict[str, bytes]) -> list[tuple[str, str, str, str, str]]:
    """Rows (module, estimator, parameter, required, default) of one release, sorted."""
    modules = parse_modules(sources)
    rows = {}
    for module in modules.values():
        parts = module.name.split(".")
        if any(part.startswith("_") for part in parts) or "tests" in parts:
            continue
        names = module.exported
        if names is None:
            names = list(module.imports) if module.is_package else list(module.classes)
        for name in names or []:
            if name.startswith("_") or name.startswith("Base") or name.endswith("Mixin"):
                continue
            found = find_class(modules, module.name, name)
            if not found or not is_estimator(modules, *found):
                continue
            if any(isinstance(item, ast.FunctionDef) and _abstract(item) for item in found[1].body):
                continue
            init = constructor(modules, *found)
            for parameter, default in parameters(modules, *init) if init else ():
                required = "yes" if default is None else "no"
                row = (module.name, name, parameter, required, default or "")
                previous = rows.get((name, parameter))
                # the shortest public path wins when a class is exported twice
                if previous is None or len(row[0]) < len(previous[0]):
                    rows[name, parameter] = row
    return sorted(rows.values(), key=lambda row: (row[1], row[2]))


def _abstract(function: ast.FunctionDef) -> bool:
    return any(
        getattr(item, "id", getattr(item, "attr", "")) == "abstractmethod" for item in function.decorator_list
    )


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("packages", nargs="+", type=Path, help="wheels or source archives of scikit-learn")
    parser.add_argument(
        "--output", type=Path, default=HERE, help="where the tables go (default: beside the script)"
    )
    options = parser.parse_args(arguments)
    table, sources_table = [], []
    for path in options.packages:
        release, sources = read_sources(path)
        rows = extract(sources)
        table += [(release, *row) for row in rows]
        estimators = len({row[1] for row in rows})
        sources_table.append((release, path.name, sha256(path), estimators, len(rows)))
        print(f"{release}: {estimators} estimators, {len(rows)} parameters")
    order = {row[0]: tuple(int(part) for part in row[0].split(".")) for row in sources_table}
    table.sort(key=lambda row: (order[row[0]], row[2], row[3]))
    sources_table.sort(key=lambda row: order[row[0]])
    for name, columns, rows in [
        ("defaults.csv", COLUMNS, table),
        ("sources.csv", ["release", "file", "sha256", "estimators", "parameters"], sources_table),
    ]:
        with (options.output / name).open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)
    lines = [f"{sha256(options.output / name)}  {name}\n" for name in ("defaults.csv", "sources.csv")]
    (options.output / "checksums.sha256").write_text("".join(lines), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
