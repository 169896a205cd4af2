"""Seeds of hidden cases."""

import os

from holdout.errors import CourseError

DEFAULT_SEED = 20260


def grading_seed():
    """Seed of the hidden cases: ``HOLDOUT_GRADING_SEED``, or a fixed one so that a regrade gives the same grade."""
    text = os.environ.get("HOLDOUT_GRADING_SEED", "")
    if not text.strip():
        return DEFAULT_SEED
    try:
        return int(text)
    except ValueError:
        raise CourseError(
            f"HOLDOUT_GRADING_SEED is {text!r}; set it to a whole number, or unset it"
        ) from None
