"""The one error of a learner's project."""

from holdout.errors import HoldoutError


class ProjectError(HoldoutError):
    """Something about the project's data, folder or statements is not as it must be; nothing was changed or lost."""
