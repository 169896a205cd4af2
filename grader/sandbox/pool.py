"""Several isolated servers at one time. Every job comes back with a result; a server that is lost is replaced.

Threads wait, processes work: one thread per server, and nothing of a submission is executed in this process.
"""

import contextlib
import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator

from grader.sandbox.server import PRELOAD, ExecutionResult, Job, Level, Server, ServerLost
from holdout.errors import HoldoutError

STARVED_SHARE = 0.7


class Pool:
    """Several servers; a context manager.

    Parameters
    ----------
    jobs : int, optional
        Submissions executed at one time; the number of processors by default.
    preload : sequence of str
    isolate_jobs : bool
        As for :class:`grader.sandbox.server.Server`.

    Attributes
    ----------
    level : Level or None
        The isolation of the servers, known as soon as the first has started.
    """

    def __init__(
        self, jobs: int | None = None, preload: Iterable[str] = PRELOAD, *, isolate_jobs: bool = True
    ):
        if jobs is None:
            jobs = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        if jobs < 1:
            raise HoldoutError(f"at least one submission must be executed at a time, not {jobs}")
        self.jobs = int(jobs)
        self.preload, self.isolate_jobs = preload, isolate_jobs
        self.level: Level | None = None
        self._servers: set[Server] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def map(self, jobs: Iterable[Job]) -> Iterator[ExecutionResult]:
        """Execute jobs and give each result as soon as it is there.

        A submission that ran out of time without having had a processor for most of it is executed once more
        at the end, with fewer neighbours: no one loses points because another submission took too much.

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
        shared = _SharedJobs(jobs, self.jobs)
        self._threads = [
            threading.Thread(target=self._work, args=(shared,), daemon=True) for _ in range(self.jobs)
        ]
        try:
            for thread in self._threads:
                thread.start()
            working = len(self._threads)
            while working:
                with contextlib.suppress(queue.Empty):
                    item = shared.results.get(timeout=0.5)
                    if isinstance(item, BaseException):
                        raise item
                    if item is None:
                        working -= 1
                    else:
                        yield item
        finally:
            self.close()

    def close(self) -> None:
        """Stop everything now; nothing is left running."""
        self._stop.set()
        with self._lock:
            servers = list(self._servers)
        for server in servers:
            server.kill()
        for thread in self._threads:
            thread.join(30)
        self._threads = []

    def _work(self, shared):
        server = Server(self.preload, isolate_jobs=self.isolate_jobs)
        with self._lock:
            self._servers.add(server)
        try:
            while not self._stop.is_set() and (job := shared.next()) is not None:
                executed = self._run(server, job)
                if _starved(executed):
                    shared.again(job)
                else:
                    self._put(shared, executed)
            for job in shared.leave():
                if not self._stop.is_set():
                    self._put(shared, self._run(server, job))
        except BaseException as error:
            self._put(shared, error)
        finally:
            server.close()
            with self._lock:
                self._servers.discard(server)
            self._put(shared, None)

    def _put(self, shared, item):
        while not self._stop.is_set():
            with contextlib.suppress(queue.Full):
                return shared.results.put(item, timeout=0.5)

    def _run(self, server, job):
        def run():
            if not server.alive():
                server.close()
                server.start()
                self.level = self.level or server.level
            return server.run(job)

        def give_up():
            return self._stop.is_set() or (self.level is None and server.level is None)

        return run_twice(run, job, on_lost=server.close, give_up=give_up)


def run_twice(
    run: Callable[[], ExecutionResult],
    job: Job,
    *,
    on_lost: Callable[[], object],
    give_up: Callable[[], bool] = lambda: False,
) -> ExecutionResult:
    """Run a job, and once more with another server if the server is lost.

    Parameters
    ----------
    run : callable
        Runs the job, with a new server if there is none.
    job : Job
    on_lost : callable
        Removes the server that was lost.
    give_up : callable
        Whether to raise instead of trying again.

    Returns
    -------
    ExecutionResult
        Of the second failure, if there is one.

    Raises
    ------
    ServerLost
        If `give_up` says so.
    """
    reason: Exception | None = None
    for _ in range(2):
        try:
            return run()
        except ServerLost as error:
            if give_up():
                raise
            on_lost()
            reason = error
    return lost_result(job, reason)


class _SharedJobs:
    """What the threads share: the jobs, the results, and the jobs that must be run again."""

    def __init__(self, jobs, threads):
        self.results: queue.Queue = queue.Queue(maxsize=4 * threads)
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


def lost_result(job: Job, reason: object) -> ExecutionResult:
    """The result of a job whose server was lost twice."""
    sentence = f"The notebook could not be executed, twice: {reason}"
    results: dict[str, list[dict]] = {}
    for probe in job.probes:
        results.setdefault(probe["id"], []).append({"error": "NotRun", "message": sentence, "where": ""})
    cells = job.notebook["cells"]
    return ExecutionResult(
        [[] for _ in cells], results, "lost", sentence, ran=[False] * len(cells), name=job.name
    )
