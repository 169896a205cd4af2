"""Holdout: what the notebooks of the course import.

Each name is imported when it is first used, so that ``import holdout`` is fast and changes nothing.
Not for grading: that is the package ``grader``, which this one never imports.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdout.data.loader import load
    from holdout.figures.stage import Stage
    from holdout.notebook import check, explain, hint
    from holdout.record.artefacts import keep
    from holdout.record.learner import learner_rng
    from holdout.record.memos.form import grade_memos, read_my_memo
    from holdout.record.predict import predict, resolve

__all__ = [
    "Stage",
    "check",
    "explain",
    "grade_memos",
    "hint",
    "keep",
    "learner_rng",
    "load",
    "predict",
    "read_my_memo",
    "resolve",
]
__version__ = "0.2.0"

_HOME = {
    "Stage": "holdout.figures.stage",
    "check": "holdout.notebook",
    "explain": "holdout.notebook",
    "grade_memos": "holdout.record.memos.form",
    "hint": "holdout.notebook",
    "keep": "holdout.record.artefacts",
    "learner_rng": "holdout.record.learner",
    "load": "holdout.data.loader",
    "predict": "holdout.record.predict",
    "read_my_memo": "holdout.record.memos.form",
    "resolve": "holdout.record.predict",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'holdout' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
