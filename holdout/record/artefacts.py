"""Keep artefacts: the figures, tables and sentences that a learner takes away from the course; and read them again.

Writes into the learner's own folder only (``.holdout/portfolio/``). Whatever is read from there is checked, because the files
may have been changed. Not for making a page of it, which is the task of ``holdout.record.portfolio``.
"""

from __future__ import annotations

import base64
import html
import io
import json
import math
import os
import pathlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from holdout.errors import InvalidValue
from holdout.record import progress
from holdout.record.learner import learner_key, read_name

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

LARGEST = {".json": 256_000, ".csv": 1_000_000, ".png": 8_000_000}  # bytes; what `keep` writes is far smaller
MOST_PIXELS = 40_000_000
_NUMBER = re.compile(r"\d\d|e\d")  # of an exercise; "e1" is an elective


@dataclass(frozen=True)
class KeptArtefact:
    """One thing that was kept.

    Parameters
    ----------
    exercise, name : str
    stem : str
        Name of its files, without the ending.
    text, alt : str
    numbers : dict of str to float
    table : pandas.DataFrame or None
        As text; nothing in it is interpreted.
    figure : bytes or None
        A PNG picture that has been decoded and encoded anew.
    problems : list of str
        What of it could not be read, one sentence each.
    learner : str
        The key of the name that it was drawn for (see `holdout.record.learner.learner_key`); empty for the course's own seed.
    """

    exercise: str
    name: str
    stem: str
    text: str = ""
    alt: str = ""
    numbers: dict[str, float] = field(default_factory=dict)
    table: pd.DataFrame | None = None
    figure: bytes | None = None
    problems: list[str] = field(default_factory=list)
    learner: str = ""


def keep(
    exercise: str,
    name: str,
    *,
    figure: Figure | None = None,
    table: pd.DataFrame | None = None,
    text: str | None = None,
    numbers: dict[str, float] | None = None,
    alt: str | None = None,
) -> None:
    """Keep an artefact for the portfolio; keeping it again replaces it.

    Parameters
    ----------
    exercise : str
        Number of the exercise, such as ``"01"``.
    name : str
        What it is, such as ``"learning curve"``.
    figure : matplotlib.figure.Figure, optional
        Shown here, with its alternative text, and closed.
    table : pandas.DataFrame, optional
    text : str, optional
    numbers : dict of str to float, optional
        The figures that the artefact states, so that they can be checked against the notebook they came from.
    alt : str, optional
        What the figure shows, for those who do not see it; its name and numbers by default.

    Prints in one line that it is kept, or why it could not be.

    Raises
    ------
    InvalidValue
        If there is nothing to keep, or the exercise is not the number of an exercise.
    """
    if not _NUMBER.fullmatch(str(exercise)):
        raise InvalidValue(f"exercise is {exercise!r}; give its two-digit number, such as '01'")
    if figure is None and table is None and not text and not numbers:
        raise InvalidValue(
            f"there is nothing to keep for {name!r}: give a figure, a table, a text or numbers"
        )
    stem = f"{exercise}-{re.sub(r'[^a-z0-9]+', '-', str(name).lower()).strip('-') or 'artefact'}"
    about: dict = {"exercise": str(exercise), "name": str(name)}
    if key := learner_key(read_name()):
        about["learner"] = key
    if numbers:
        about["numbers"] = {str(key): float(value) for key, value in numbers.items()}
    if text:
        about["text"] = str(text)
    if figure is not None:
        about["alt"] = alt or _describe(name, about.get("numbers", {}))
        _show(figure, about["alt"])
    record = progress.record_folder()
    if record is None:
        print(f"“{name}” is not kept: recording is switched off (HOLDOUT_PROGRESS=off).")
        return
    try:
        folder = record / "portfolio"
        folder.mkdir(parents=True, exist_ok=True)
        if figure is not None:
            figure.savefig(folder / f"{stem}.png", dpi=150, bbox_inches="tight", metadata={"Software": None})
            about["figure"] = f"{stem}.png"
        if table is not None:
            table.to_csv(folder / f"{stem}.csv")
            about["table"] = f"{stem}.csv"
        (folder / f"{stem}.json").write_text(
            json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
    except OSError as error:
        print(f"“{name}” could not be kept ({error.strerror or error}); everything else works.")
        return
    print(f"Kept “{name}” for your portfolio.")


def _describe(name: str, numbers: dict[str, float]) -> str:
    values = ", ".join(f"{key} {value:.3g}" for key, value in numbers.items())
    return f"Figure: {name}" + (f"; {values}" if values else "")


def _show(figure: Figure, alt: str) -> None:
    """Show a figure with its alternative text, which JupyterLab would drop from a plain picture; then close it."""
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        return
    import matplotlib.pyplot as plt

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    picture = f'<img alt="{html.escape(alt)}" style="max-width:100%" src="data:image/png;base64,{encoded}">'
    # the plain picture is for pages from which HTML is taken out, such as feedback
    display({"text/html": picture, "image/png": encoded, "text/plain": alt}, raw=True)


def read_kept(folder: str | os.PathLike | None = None) -> list[KeptArtefact]:
    """Read what was kept.

    Parameters
    ----------
    folder : path, optional
        Folder of the learner's record; ``progress.record_folder()`` by default.

    Returns
    -------
    list of KeptArtefact
        By exercise and name. A file that is broken, too large or not a plain file is left out, and is named in
        ``problems``; the other parts of the artefact are read.
    """
    chosen = progress.record_folder() if folder is None else pathlib.Path(folder)
    if chosen is None:
        return []
    found = []
    for path in sorted((chosen / "portfolio").glob("*.json")):
        about, problem = _read_about(path)
        if about is None:
            stem = path.stem if re.fullmatch(r"(\d\d|e\d)-[a-z0-9-]+", path.stem) else "00-unknown"
            found.append(KeptArtefact(stem[:2], path.stem, path.stem, problems=[problem]))
            continue
        problems = []
        table, figure = None, None
        if about.get("table"):
            table, problem = _read_table(path.with_suffix(".csv"))
            problems += [problem] if problem else []
        if about.get("figure"):
            figure, problem = _read_figure(path.with_suffix(".png"))
            problems += [problem] if problem else []
        numbers = {}
        for key, value in (about.get("numbers") or {}).items():
            if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
                numbers[str(key)] = float(value)
            else:
                problems.append(f"The number “{key}” is not a finite number and is left out.")
        text = {name: str(about.get(name) or "") for name in ("text", "alt", "learner")}
        found.append(
            KeptArtefact(
                about["exercise"],
                about["name"],
                path.stem,
                numbers=numbers,
                table=table,
                figure=figure,
                problems=problems,
                **text,
            )
        )
    return found


def _content(path: pathlib.Path) -> bytes:
    """Bytes of a plain file of sensible size.

    Raises
    ------
    ValueError
        With the reason.
    """
    if path.is_symlink() or not path.is_file():
        raise ValueError(f"{path.name} is not there as a plain file.")
    if path.stat().st_size > LARGEST[path.suffix]:
        raise ValueError(f"{path.name} is larger than {LARGEST[path.suffix]:,} bytes.")
    return path.read_bytes()


def _read_about(path: pathlib.Path) -> tuple[dict | None, str]:
    try:
        about = json.loads(_content(path))
        if not _NUMBER.fullmatch(about["exercise"]) or not isinstance(about["name"], str):
            raise ValueError("it names no exercise")
        if not isinstance(about.get("numbers") or {}, dict):
            raise ValueError("its numbers are no table of names and numbers")
        return about, ""
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return None, f"{path.name} cannot be read: {error}"


def _read_table(path: pathlib.Path) -> tuple[pd.DataFrame | None, str]:
    import pandas as pd

    try:
        text = _content(path).decode("utf-8")
        return pd.read_csv(io.StringIO(text), index_col=0, dtype=str, keep_default_na=False), ""
    except (OSError, ValueError) as error:  # pandas' own errors are ValueErrors
        return None, f"The table cannot be shown: {error}"


def _read_figure(path: pathlib.Path) -> tuple[bytes | None, str]:
    from PIL import Image

    try:
        content = _content(path)
        with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise ValueError(f"{path.name} has more than {MOST_PIXELS:,} pixels.")
            buffer = io.BytesIO()
            picture.convert("RGB").save(buffer, "PNG", optimize=True)
        return buffer.getvalue(), ""
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return None, f"The figure cannot be shown: {error}"
