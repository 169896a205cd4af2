"""A project's folder: what lies in it, how it is found and how it is made. Nothing that is there is ever overwritten."""

from __future__ import annotations

import json
import os
import pathlib
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import nbformat

from holdout import chained_log
from holdout.project import draw, seal, tables
from holdout.project.errors import ProjectError

FOLDER = "my-project"
ABOUT = "project.json"
NOTEBOOK = "project.ipynb"
PREDICTIONS = "predictions.csv"


@dataclass(frozen=True)
class Project:
    """A project that is there.

    Parameters
    ----------
    folder : path
    about : dict
        What ``project.json`` says: ``id``, ``name`` (of the learner), ``source`` (``"flights"`` or ``"file"``), ``what`` (one
        sentence), ``target``, ``positive``, ``split``, ``rows``, ``files`` (their fingerprints).
    """

    folder: pathlib.Path
    about: dict

    @property
    def target(self) -> str:
        """The column that is forecast."""
        return self.about["target"]

    @property
    def split(self) -> dict:
        """How the test was split off: ``kind``, ``column``, ``border``."""
        return self.about["split"]

    def changed_files(self) -> list[str]:
        """Names of the tables that are not as they were made."""
        return [name for name, made in self.about["files"].items() if self._fingerprint(name) != made]

    def refuse_changed(self, name: str) -> None:
        """Raise a ProjectError if a table is not as it was made."""
        if self._fingerprint(name) != self.about["files"].get(name):
            raise ProjectError(
                f"{self.folder / name} is not the file that `holdout project new` made; restore it from a copy. Change rows in "
                "the notebook, not in the file"
            )

    def _fingerprint(self, name):
        try:
            return chained_log.fingerprint((self.folder / name).read_bytes())
        except OSError:
            return ""


def find_project(start: str | os.PathLike | None = None) -> Project:
    """Find the project in or above a folder, or in `my-project` below it.

    Parameters
    ----------
    start : path, optional
        The working directory by default.

    Raises
    ------
    ProjectError
        If there is none, or its `project.json` cannot be read.
    """
    here = pathlib.Path(start or pathlib.Path.cwd()).resolve()
    for folder in (here, *here.parents, here / FOLDER):
        if (folder / ABOUT).is_file():
            return open_project(folder)
    raise ProjectError(
        f"there is no project in or above {here}; begin one with `holdout project new`, or change into its folder"
    )


def open_project(folder: str | os.PathLike) -> Project:
    """Open the project of a folder; as `find_project`, without looking elsewhere."""
    file = pathlib.Path(folder) / ABOUT
    try:
        if file.stat().st_size > 100_000:
            raise ValueError
        about = json.loads(file.read_text(encoding="utf-8"))
        texts = all(isinstance(about[key], str) for key in ("id", "name", "source", "what", "target"))
        tables_ = all(isinstance(about[key], dict) for key in ("split", "rows", "files"))
        if not texts or not tables_ or not {"kind", "column"} <= set(about["split"]):
            raise ValueError
        return Project(pathlib.Path(folder), about)
    except OSError:
        raise ProjectError(f"there is no project in {folder}; begin one with `holdout project new`") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ProjectError(f"{file} cannot be read: it was changed. Restore the folder from a copy") from None


def new_project(
    folder: str | os.PathLike,
    *,
    name: str = "",
    csv: str | os.PathLike | None = None,
    target: str | None = None,
    positive: str | None = None,
    time: str | None = None,
    group: str | None = None,
) -> Project:
    """Make a project: the notebook, the training rows, the test rows without labels, the sealed labels and the log.

    Parameters
    ----------
    folder : path
        Must not be there, or be empty.
    name : str
        Of the learner; flights are drawn by it.
    csv : path, optional
        Own data; without it flights are drawn.
    target, positive, time, group
        For own data, as for `holdout.project.tables.read_table`.

    Returns
    -------
    Project

    Raises
    ------
    ProjectError
        If it cannot be made. Then nothing is left behind, and nothing that was there is changed.
    """
    folder = pathlib.Path(folder)
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise ProjectError(
            f"{folder} is there already and was left as it is; choose another folder with --folder, or move yours away"
        )
    frame, about = _own(csv, target, positive, time, group) if csv is not None else _drawn(name, (target, positive, time, group))  # fmt: skip
    about |= {"format": 1, "id": secrets.token_hex(8), "name": " ".join(name.split())}
    split = about["split"]
    rng = _rng_of(frame, name)
    by = {"time": split["column"]} if split["kind"] == "time" else {"group": split["column"]}
    chosen = tables.split_off_test(frame, about["target"], rng, **by)
    about["split"] = {"kind": chosen.kind, "column": chosen.column, "border": chosen.border}
    # names without meaning: the order and the place of a row in its source tell nothing about its label
    width = 10 if len(frame) > 100_000 else 8
    ids = pd.Index([secrets.token_hex(width // 2) for _ in range(len(frame))], name=tables.ROW)
    while not ids.is_unique:
        ids = pd.Index([secrets.token_hex(width // 2) for _ in range(len(frame))], name=tables.ROW)
    frame = frame.set_index(ids)
    train, test = frame[~chosen.is_test], frame[chosen.is_test]
    labels = {str(row): int(value) for row, value in test[about["target"]].items()}
    test = test.drop(columns=about["target"])
    if about["source"] == "flights":
        test = test.assign(**dict.fromkeys(_after_columns(test), float("nan")))
    about["rows"] |= {"training": len(train), "test": len(test)}
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = pathlib.Path(tempfile.mkdtemp(prefix=".project-", dir=folder.parent))
    except OSError as error:
        raise ProjectError(f"{folder} cannot be made ({error.strerror or error})") from None
    try:
        train.to_csv(made / "train.csv")
        test.to_csv(made / "test.csv")
        about["files"] = {name: chained_log.fingerprint((made / name).read_bytes()) for name in ("train.csv", "test.csv")}  # fmt: skip
        (made / ABOUT).write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        _write_notebook(made / NOTEBOOK, about)
        seal.write(made, labels, "")
        entry = chained_log.append(
            made,
            "made",
            project=about["id"],
            about=chained_log.fingerprint(about),
            files=about["files"],
            labels=seal.content_fingerprint(made),
        )
        seal.remember(made, entry["hash"])
        made.chmod(0o755)
        if folder.is_dir():
            folder.rmdir()  # empty: looked at above
        os.replace(made, folder)
    except OSError as error:
        raise ProjectError(
            f"{folder} cannot be written ({error.strerror or error}); nothing was changed"
        ) from None
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return Project(folder, about)


def _own(csv, target, positive, time, group):
    table = tables.read_table(csv, target, positive=positive, time=time, group=group)
    kind, column = ("time", time) if time else ("group", group) if group else ("random", None)
    return table.frame, {
        "source": "file",
        "what": f"{pathlib.Path(csv).name}: is {target} {table.positive}?",
        "target": target,
        "positive": table.positive,
        "split": {"kind": kind, "column": column},
        "rows": {"without_outcome": table.without_outcome},
    }


def _drawn(name, options):
    from holdout.data.loader import flights

    if any(options):
        raise ProjectError(
            "--target, --positive, --time and --group belong to your own data: give its file with --csv"
        )
    drawn = draw.draw_flights(name, flights())
    frame = drawn.frame.astype({"late": int}).reset_index(drop=True)
    return frame, {
        "source": "flights",
        "what": drawn.sentence,
        "target": "late",
        "positive": "1",
        "split": {"kind": "time", "column": "time_hour"},
        "rows": {"without_outcome": drawn.without_outcome},
    }


def _rng_of(frame: pd.DataFrame, name: str):
    import numpy as np

    return np.random.default_rng([*draw.name_entropy(name), len(frame)])


def _after_columns(frame: pd.DataFrame) -> list[str]:
    """Columns that will be empty when the forecast is made: they are written when the flight is over."""
    from holdout.data.flights import AFTER, written

    return [column for column in written(AFTER) if column in frame]


def _write_notebook(path: pathlib.Path, about: Mapping[str, Any]) -> None:
    import nbformat

    text = (pathlib.Path(__file__).parent / "templates" / "notebook.txt").read_text(encoding="utf-8")
    nbformat.write(notebook_of(text, about), path)


def notebook_of(text: str, about: Mapping[str, Any]) -> nbformat.NotebookNode:
    """The notebook of a percent script, with ``{{what}}``, ``{{target}}`` and others filled in.

    Parameters
    ----------
    text : str
        Cells begin with ``# %%`` or ``# %% [markdown]``; what stands above the first one is left out.
    about : mapping
        As `Project.about`.
    """
    import nbformat.v4

    split = about["split"]
    how = {
        "time": f"The test rows are the latest ones: from {split.get('border')} on, by `{split['column']}`.",
        "group": f"The test rows are whole groups of `{split['column']}`, drawn at random.",
        "random": "The test rows were drawn at random, because no column for time or group was named.",
    }[split["kind"]]
    values = {
        "what": about["what"],
        "target": about["target"],
        "how": how,
        "target_code": repr(about["target"]),
        "alike": {
            "time": f"validation[{split['column']!r}].dt.date",
            "group": f"validation[{split['column']!r}]",
            "random": "None  # every row for itself",
        }[split["kind"]],
        "kind": split["kind"],
        "training": f"{about['rows']['training']:,}",
        "test": f"{about['rows']['test']:,}",
    }
    for key, value in values.items():
        text = text.replace("{{" + key + "}}", str(value))
    cells = []
    for number, part in enumerate(("\n" + text).split("\n# %%")[1:]):
        first, _, body = part.partition("\n")
        if first.strip() == "[markdown]":
            lines = [line.removeprefix("#").removeprefix(" ") for line in body.strip().splitlines()]
            cell = nbformat.v4.new_markdown_cell("\n".join(lines))
        else:
            cell = nbformat.v4.new_code_cell(body.strip())
        cell["id"] = f"project-{number:02d}"
        cells.append(cell)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
