"""The learner's own project: own data or a drawn part of `flights`, from the split to one test number.

A notebook of the project imports this package as ``from holdout import project`` and uses the names below; each is imported
when it is first used. The commands ``holdout project new | status | test | check`` use the modules directly.
Not for exercises: nothing here is graded for a class.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdout.project.facts import fact, predictions, standard
    from holdout.project.measures import auc_interval, calibration, segments
    from holdout.project.rows import test_rows, training_rows

__all__ = [
    "auc_interval",
    "calibration",
    "fact",
    "predictions",
    "segments",
    "standard",
    "test_rows",
    "training_rows",
]

_HOME = {
    "auc_interval": "measures",
    "calibration": "measures",
    "fact": "facts",
    "predictions": "facts",
    "segments": "measures",
    "standard": "facts",
    "test_rows": "rows",
    "training_rows": "rows",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'holdout.project' has no attribute {name!r}")
    return getattr(importlib.import_module(f"holdout.project.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
