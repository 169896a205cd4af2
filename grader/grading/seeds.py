"""Seeds of hidden cases."""

import os

from holdout.errors import CourseError

DEFAULT_SEED = 20260


def grading_seed() -> int:
    """Seed of the hidden cases: ``HOLDOUT_GRADING_SEED``, or a fixed one so that a regrade gives the same grade.

    Raises
    ------
    CourseError
        If the variable is not a whole number from 0.
    """
    text = os.environ.get("HOLDOUT_GRADING_SEED", "").strip()
    if not text:
        return DEFAULT_SEED
    if not text.isdecimal():
        raise CourseError(f"HOLDOUT_GRADING_SEED is {text!r}; set it to a whole number, or unset it")
    return int(text)
