"""The error of everything that makes pages of the course."""

from holdout.errors import HoldoutError


class SiteError(HoldoutError):
    """The reading edition cannot be made; the message says what to do."""
