"""Several walled servers side by side. Every job comes back with a result; a server that is lost is replaced.

Threads wait, processes work: one thread a server, and nothing of a submission is executed in this process.
"""

import contextlib
import os
import queue
import threading
import time

from grader.execute.server import PRELOAD, Executed, Server, ServerLost

BUSY_PROCESSES = 3
BUSY_SHARE = 1.5
CROWD_OUTCOMES = ("timeout", "memory", "killed")


class Pool:
    """A number of servers; a context manager.

    Parameters
    ----------
    jobs : int, optional
        How many submissions are executed at one time; the number of processors by default.
    preload : sequence of str
    inner_wall : bool
        As for :class:`grader.execute.server.Server`.

    Attributes
    ----------
    level : Level or None
        The isolation of the servers, known as soon as the first has started.
    """

    def __init__(self, jobs=None, preload=PRELOAD, *, inner_wall=True):
        self.jobs = int(
            jobs or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else jobs or 1
        )
        if self.jobs < 1:
            raise ValueError(f"a pool needs at least one server, not {self.jobs}")
        self.preload, self.inner_wall = preload, inner_wall
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

        A submission that ran out of time while another one beside it was taking more than its share of the machine is
        executed once more, alone, at the end: nobody loses points to a neighbour.

        Parameters
        ----------
        jobs : iterable of Job
            Read as needed, so that a large class need not be in memory.

        Yields
        ------
        Executed

        Raises
        ------
        ServerLost
            If not even the first server can be started.
        """
        source, results = _Source(jobs), queue.Queue(maxsize=4 * self.jobs)
        self._threads = [
            threading.Thread(target=self._work, args=(source, results), daemon=True) for _ in range(self.jobs)
        ]
        crowds, late = [], []
        try:
            for thread in self._threads:
                thread.start()
            working = len(self._threads)
            while working:
                try:
                    item = results.get(timeout=0.5)
                except queue.Empty:
                    continue
                if item is None:
                    working -= 1
                elif isinstance(item, BaseException):
                    raise item
                else:
                    job, executed, begin, end = item
                    if _takes_more_than_its_share(executed):
                        crowds.append((begin, end, job))
                    if self.jobs > 1 and executed.late:
                        late.append(item)
                    else:
                        yield executed
            yield from self._repeat(late, crowds)
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

    def _work(self, source, results):
        server = Server(self.preload, inner_wall=self.inner_wall)
        with self._lock:
            self._servers.add(server)
        try:
            while not self._stop.is_set() and (job := source.next()) is not None:
                begin = time.monotonic()
                executed = self._run(server, job)
                self._put(results, (job, executed, begin, time.monotonic()))
        except BaseException as error:
            self._put(results, error)
        finally:
            server.close()
            with self._lock:
                self._servers.discard(server)
            self._put(results, None)

    def _put(self, results, item):
        while not self._stop.is_set():
            with contextlib.suppress(queue.Full):
                return results.put(item, timeout=0.5)

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
                    return lost(job, reason)
        return None

    def _repeat(self, late, crowds):
        alone = Server(self.preload, inner_wall=self.inner_wall)
        with self._lock:
            self._servers.add(alone)
        try:
            for job, executed, begin, end in late:
                crowded = any(
                    start < end and begin < stop for start, stop, other in crowds if other is not job
                )
                yield self._run(alone, job) if crowded else executed
        finally:
            alone.close()
            with self._lock:
                self._servers.discard(alone)


class _Source:
    """Gives the jobs of an iterable to several threads."""

    def __init__(self, jobs):
        self._jobs, self._lock = iter(jobs), threading.Lock()

    def next(self):
        with self._lock:
            return next(self._jobs, None)


def _takes_more_than_its_share(executed):
    busy = executed.cpu_seconds > BUSY_SHARE * executed.seconds or executed.processes > BUSY_PROCESSES
    return busy or executed.late or executed.outcome in CROWD_OUTCOMES


def lost(job, reason):
    """The result of a job whose server was lost twice."""
    sentence = f"The notebook could not be executed, twice: {reason}"
    results = {}
    for probe in job.probes:
        results.setdefault(probe["id"], []).append({"error": "NotRun", "message": sentence, "where": ""})
    cells = job.notebook["cells"]
    return Executed([[] for _ in cells], results, "lost", sentence, ran=[False] * len(cells), name=job.name)
