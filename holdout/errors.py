"""The base class of every error that a user can cause. Each command line catches it once and prints its sentence."""


class HoldoutError(Exception):
    """Something that the user can put right; the message names the thing, the value and the remedy."""


class CourseError(HoldoutError):
    """Something about the course's folders or files is not as it must be."""


class DataError(HoldoutError):
    """A table of the course cannot be found or read; the message says what was looked for, where, and what to do."""


class InvalidValue(HoldoutError, ValueError):
    """A function was called with a value that it cannot use; the message says how the value is written."""
