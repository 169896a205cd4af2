"""Remembers from what an exercise's solution notebook and ``checks.json`` were made, so that neither is made again without a reason.

What is remembered lies in ``classroom/made``, outside version control: one small file per exercise, with hashes of contents and no times.
"""

import contextlib
import hashlib
import json
import pathlib
import sys
from collections.abc import Iterator
from importlib import metadata

from holdout import paths, register

FOLDER = "classroom/made"
LIBRARIES = ("numpy", "pandas", "scipy", "scikit-learn", "nbformat", "nbgrader")


def sources_key(name: str, root: pathlib.Path) -> str:
    """SHA-256 of everything that the generated files of an exercise are made from.

    Parameters
    ----------
    name : str
        Name of the exercise.
    root : path
        The course.

    Returns
    -------
    str
        Changes with the exercise's scripts, the register, the data's checksums, this package, the libraries, and Python.
    """
    made = hashlib.sha256(sys.version.encode())
    for library in LIBRARIES:
        made.update(f"{library} {metadata.version(library)}\n".encode())
    for label, path in sorted(_sources(name, root)):
        made.update(f"{label} ".encode() + hashlib.sha256(path.read_bytes()).digest())
    return made.hexdigest()


def _sources(name: str, root: pathlib.Path) -> Iterator[tuple[str, pathlib.Path]]:
    datasets = paths.find_datasets(root)
    alone = [root / register.FILE, *([datasets / paths.CHECKSUMS] if datasets else [])]
    yield from ((path.name, path) for path in alone if path.is_file())
    package = pathlib.Path(paths.__file__).parent
    for folder, pattern in (
        (root / "solutions" / name, "*.py"),
        (package, "**/*.py"),
        (pathlib.Path(__file__).parent, "*.py"),
    ):
        for path in folder.glob(pattern):
            yield f"{folder.name}/{path.relative_to(folder).as_posix()}", path


def remember(name: str, root: pathlib.Path, key: str) -> None:
    """Note that the files of an exercise as they are now were made from sources of this key.

    Parameters
    ----------
    name : str
    root : path
    key : str
        As :func:`sources_key` gave it before they were made.
    """
    path = root / FOLDER / f"{name}.json"
    with contextlib.suppress(OSError):  # what cannot be noted is made again
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"key": key, "files": _hashes(name, root)}) + "\n", encoding="utf-8")


def is_current(name: str, root: pathlib.Path, key: str) -> bool:
    """Whether the files of an exercise are those that were made from sources of this key.

    Parameters
    ----------
    name : str
    root : path
    key : str
        Of the sources as they are now.
    """
    try:
        noted = json.loads((root / FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        return noted == {"key": key, "files": _hashes(name, root)}
    except (OSError, ValueError):
        return False


def _hashes(name: str, root: pathlib.Path) -> dict[str, str]:
    made = (f"solutions/{name}/{name}.ipynb", f"exercises/{name}/checks.json")
    return {path: hashlib.sha256((root / path).read_bytes()).hexdigest() for path in made}
