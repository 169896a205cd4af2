"""The one error of the canary on the calendar."""

from holdout.errors import HoldoutError


class CanaryError(HoldoutError):
    """Something about the canary's folder, log or request is not as it must be; nothing was changed or lost."""
