"""A progress bar on a terminal, plain lines otherwise; both on standard error, so that standard output stays for results."""

import shutil
import sys
import time


class Progress:
    """Tells how far a run is: call it with every row.

    Parameters
    ----------
    stream : file, optional
        Standard error by default.
    clock : callable, optional
        Seconds, for tests.
    """

    def __init__(self, stream=None, clock=time.monotonic):
        self.stream = stream or sys.stderr
        self.clock = clock
        self.started = None
        self.fresh = 0
        self.terminal = bool(getattr(self.stream, "isatty", lambda: False)())

    def __call__(self, done, total, row):
        """Show one more finished submission.

        Parameters
        ----------
        done, total : int
        row : grader.grading.run.Row
        """
        now = self.clock()
        self.started = now if self.started is None else self.started
        self.fresh += row.fresh
        if self.terminal:
            width = shutil.get_terminal_size().columns
            self.stream.write("\r" + self.bar(done, total, now)[: width - 1].ljust(width - 1))
        else:
            mark = "✔" if row.outcome == "graded" else "!"
            state = f"{row.score:g}/{row.max_score:g}" + ("" if row.fresh else " (unchanged)")
            self.stream.write(f"{mark} {done}/{total} {row.exercise} {row.student}: {state} {row.sentence}\n")
        self.stream.flush()

    def bar(self, done, total, now):
        """The bar as text, with submissions a second and the time left."""
        filled = round(24 * done / total)
        text = f"[{'#' * filled}{'-' * (24 - filled)}] {done}/{total}"
        elapsed = now - self.started
        if self.fresh > 1 and elapsed > 0:
            rate = (self.fresh - 1) / elapsed  # the first one also waited for the servers to start
            text += f" · {rate:.1f}/s"
            if done < total:
                left = round((total - done) / rate)
                text += f" · {left // 60}:{left % 60:02d} left"
        return text

    def close(self):
        """End the line of the bar."""
        if self.terminal and self.started is not None:
            self.stream.write("\n")
            self.stream.flush()
