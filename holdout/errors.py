"""The base class of every error that a user can cause."""


class CourseError(Exception):
    """Something about the course's folders is not as it must be; the message is one sentence for the user."""
