"""A time limit for answers that authors' tools run in their own process; submissions have the sandbox's limits instead."""

import contextlib
import signal
from collections.abc import Iterator


class OutOfTime(BaseException):
    """A block took too long. Not an Exception, so that no answer catches it."""


def late_run(seconds: float) -> dict:
    """What stands in the place of a result that was not there in time, in the form of ``holdout.checks.probe.run_probe``.

    Parameters
    ----------
    seconds : float
        The limit.
    """
    return {"error": "TimeoutError", "message": f"no result after {seconds:.0f} s", "where": ""}


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """End a block after some seconds; only where the system has alarms (not on Windows), and only in the main thread.

    Parameters
    ----------
    seconds : float
        By the clock.

    Raises
    ------
    OutOfTime
        Inside the block, wherever it is.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return

    def late(*_: object) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
