"""The base class of every error that a user can cause. The command line catches it once and prints its sentence."""


class HoldoutError(Exception):
    """Something that the user can put right; the message names the thing, the value and the remedy."""


class CourseError(HoldoutError):
    """Something about the course's folders is not as it must be; the message is one sentence for the user."""
