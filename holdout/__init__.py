"""Holdout: what the notebooks of the course import.

Not for grading: that is the package ``grader``, which this one never imports.
"""

from holdout.checks import check, hint

__all__ = ["check", "hint"]
__version__ = "0.1.0"
