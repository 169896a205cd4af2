"""Who the learner is, as far as the course needs it: a name, kept in the learner's own record, from which artefacts are drawn.

The name stays on the learner's machine until the learner sends a page that shows it. Not for grades: no grade depends on it.
"""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from holdout.errors import InvalidValue
from holdout.record import progress

if TYPE_CHECKING:
    import numpy as np

FILE = "learner.json"
LONGEST = 120
"""Characters of a name."""


def set_name(name: str, *, folder: str | os.PathLike | None = None) -> None:
    """Keep the learner's name in the record, for good; without a record (recording is off) nothing happens.

    Parameters
    ----------
    name : str
    folder : path, optional
        Folder of the record; the learner's own by default.

    Raises
    ------
    InvalidValue
        If the name is empty or too long.
    holdout.record.progress.ProgressError
        If it cannot be written.
    """
    name = " ".join(str(name).split())
    if not name or len(name) > LONGEST:
        raise InvalidValue(f"a name has 1 to {LONGEST} characters; this one has {len(name)}")
    place = _file(folder)
    if place is None:
        return
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps({"name": name}, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise progress.ProgressError(
            f"Your name cannot be kept in {place.parent} ({error.strerror or error}); set HOLDOUT_PROGRESS to a folder you may "
            "write to."
        ) from None


def read_name(*, folder: str | os.PathLike | None = None) -> str:
    """The learner's name; empty if none is kept, or the file cannot be read."""
    place = _file(folder)
    try:
        if place is None or place.is_symlink() or place.stat().st_size > 10_000:
            return ""
        name = json.loads(place.read_text(encoding="utf-8"))["name"]
        return " ".join(name.split())[:LONGEST] if isinstance(name, str) else ""
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def learner_key(name: str) -> str:
    """Sixteen characters that stand for a name beside an artefact; empty for no name."""
    from holdout.project.draw import normal_name

    return hashlib.sha256(normal_name(name).encode()).hexdigest()[:16] if normal_name(name) else ""


def learner_rng(seed: int | Sequence[int]) -> np.random.Generator:
    """The generator from which an artefact is drawn: from the learner's name and a number, or from the number alone.

    Parameters
    ----------
    seed : int or sequence of int
        What makes this artefact another than the next one; without a name it is the whole seed, the course's own.

    Returns
    -------
    numpy.random.Generator

    Examples
    --------
    >>> bool(learner_rng(8).integers(100) == learner_rng(8).integers(100))
    True
    """
    import numpy as np

    numbers = [int(seed)] if isinstance(seed, int | np.integer) else [int(one) for one in seed]
    name = read_name()
    if not name:
        return np.random.default_rng(numbers[0] if isinstance(seed, int | np.integer) else numbers)
    from holdout.project.draw import name_entropy

    return np.random.default_rng([*name_entropy(name), *numbers])


def _file(folder) -> pathlib.Path | None:
    chosen = progress.record_folder() if folder is None else pathlib.Path(folder)
    return None if chosen is None else chosen / FILE
