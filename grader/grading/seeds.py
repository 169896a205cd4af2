"""Seeds of hidden cases."""

import os

DEFAULT_SEED = 20260


def grading_seed():
    """Seed of the hidden cases: ``HOLDOUT_GRADING_SEED``, or a fixed one so that a regrade gives the same grade."""
    text = os.environ.get("HOLDOUT_GRADING_SEED", "")
    return int(text) if text.strip() else DEFAULT_SEED
