"""Several walled servers side by side. Every job comes back with a result; a server that is lost is replaced.

Threads wait, processes work: one thread a server, and nothing of a submission is executed in this process.
"""

import contextlib
import os
import queue
import threading

from grader.sandbox.server import PRELOAD, ExecutionResult, Server, ServerLost

STARVED_SHARE = 0.7


class Pool:
    """A number of servers; a context manager.

    Parameters
    ----------
    jobs : int, optional
        How many submissions are executed at one time; the number of processors by default.
    preload : sequence of str
    isolate_jobs : bool
        As for :class:`grader.sandbox.server.Server`.

    Attributes
    ----------
    level : Level or None
        The isolation of the servers, known as soon as the first has started.
    """

    def __init__(self, jobs=None, preload=PRELOAD, *, isolate_jobs=True):
        self.jobs = int(
            jobs or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else jobs or 1
        )
        if self.jobs < 1:
            raise ValueError(f"a pool needs at least one server, not {self.jobs}")
        self.preload, self.isolate_jobs = preload, isolate_jobs
        self.level = None
        self._servers = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def map(self, jobs):
        """Execute jobs and give each result as soon as it is there.

        A submission that ran out of time without having had a processor for most of it is executed once more,
        with fewer neighbours, at the end: nobody loses points to one that takes more than its share.

        Parameters
        ----------
        jobs : iterable of Job
            Read as needed, so that a large class need not be in memory.

        Yields
        ------
        ExecutionResult

        Raises
        ------
        ServerLost
            If not even the first server can be started.
        """
        course = _Course(jobs, self.jobs)
        self._threads = [
            threading.Thread(target=self._work, args=(course,), daemon=True) for _ in range(self.jobs)
        ]
        try:
            for thread in self._threads:
                thread.start()
            working = len(self._threads)
            while working:
                with contextlib.suppress(queue.Empty):
                    item = course.results.get(timeout=0.5)
                    if isinstance(item, BaseException):
                        raise item
                    if item is None:
                        working -= 1
                    else:
                        yield item
        finally:
            self.close()

    def close(self):
        """Stop everything now; nothing is left running."""
        self._stop.set()
        with self._lock:
            servers = list(self._servers)
        for server in servers:
            server.kill()
        for thread in self._threads:
            thread.join(30)
        self._threads = []

    def _work(self, course):
        server = Server(self.preload, isolate_jobs=self.isolate_jobs)
        with self._lock:
            self._servers.add(server)
        try:
            while not self._stop.is_set() and (job := course.next()) is not None:
                executed = self._run(server, job)
                if _starved(executed):
                    course.again(job)
                else:
                    self._put(course, executed)
            for job in course.leave():
                if not self._stop.is_set():
                    self._put(course, self._run(server, job))
        except BaseException as error:
            self._put(course, error)
        finally:
            server.close()
            with self._lock:
                self._servers.discard(server)
            self._put(course, None)

    def _put(self, course, item):
        while not self._stop.is_set():
            with contextlib.suppress(queue.Full):
                return course.results.put(item, timeout=0.5)

    def _run(self, server, job):
        """Run a job; with another server and once more if the server is lost."""
        for attempt in (1, 2):
            try:
                if not server.alive():
                    server.close()
                    server.start()
                    self.level = self.level or server.level
                return server.run(job)
            except ServerLost as error:
                if self._stop.is_set() or (self.level is None and server.level is None):
                    raise
                server.close()
                reason = error
                if attempt == 2:
                    return lost_result(job, reason)
        return None


class _Course:
    """What the threads share: the jobs, the results, and the jobs that must be run again."""

    def __init__(self, jobs, threads):
        self.results = queue.Queue(maxsize=4 * threads)
        self._jobs, self._working = iter(jobs), threads
        self._source_lock, self._lock = threading.Lock(), threading.Lock()
        self._again = []

    def next(self):
        """The next job, or None."""
        with self._source_lock:
            return next(self._jobs, None)

    def again(self, job):
        """Keep a job until all the others are done."""
        with self._lock:
            self._again.append(job)

    def leave(self):
        """For the last thread: the jobs that are to be run again."""
        with self._lock:
            self._working -= 1
            return [] if self._working else self._again


def _starved(executed):
    """Whether a job ran out of time without having had a processor for most of it."""
    return executed.late and executed.cpu_seconds < STARVED_SHARE * executed.seconds


def lost_result(job, reason):
    """The result of a job whose server was lost twice."""
    sentence = f"The notebook could not be executed, twice: {reason}"
    results = {}
    for probe in job.probes:
        results.setdefault(probe["id"], []).append({"error": "NotRun", "message": sentence, "where": ""})
    cells = job.notebook["cells"]
    return ExecutionResult(
        [[] for _ in cells], results, "lost", sentence, ran=[False] * len(cells), name=job.name
    )
