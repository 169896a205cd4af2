"""Executes submissions on a running Dask cluster instead of in processes of this machine.

Every thread of a Dask worker keeps one isolated fork server. What travels is text (JSON) in both directions; inputs of
probes go out, never expected answers. Whoever can reach the scheduler can run code on its workers, so the cluster must be
trusted: the sandbox isolates the submissions, not the cluster.
"""

import base64
import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from grader.sandbox.limits import Limits
from grader.sandbox.pool import lost_result, run_twice
from grader.sandbox.server import ExecutionResult, Job, Level, Server, ServerLost

IN_FLIGHT = 2  # jobs per thread of the cluster, so that none waits for this process
_here = threading.local()


def pack_job(job: Job) -> str:
    """A job as text."""
    files = {name: base64.b64encode(content).decode("ascii") for name, content in job.files.items()}
    return json.dumps({**asdict(job), "files": files})


def unpack_job(text: str) -> Job:
    """A job from :func:`pack_job`."""
    data = json.loads(text)
    files = {name: base64.b64decode(content) for name, content in data["files"].items()}
    return Job(**{**data, "files": files, "limits": Limits(**data["limits"])})


def execute(text: str) -> str:
    """On the worker: run one job behind this thread's bubblewrap.

    Parameters
    ----------
    text : str
        From :func:`pack_job`.

    Returns
    -------
    str
        JSON of its result and of the level of isolation.
    """
    job = unpack_job(text)

    def run() -> ExecutionResult:
        if getattr(_here, "server", None) is None or not _here.server.alive():
            _here.server = Server()
            _here.server.start()
            _here.level = _here.server.level
        return _here.server.run(job)

    def remove_server() -> None:
        _here.server.close()
        _here.server = None

    result = run_twice(run, job, on_lost=remove_server)
    level = getattr(_here, "level", None)
    return json.dumps({"result": asdict(result), "level": asdict(level) if level else None})


class DaskPool:
    """The counterpart of :class:`grader.sandbox.pool.Pool` for a cluster.

    Parameters
    ----------
    address : str
        Of a running scheduler, such as ``"tcp://10.0.0.5:8786"``.
    timeout : float
        Seconds to wait for the scheduler.

    Attributes
    ----------
    level : Level or None
        The weakest isolation that any worker reported.
    """

    def __init__(self, address: str, *, timeout: float = 20.0):
        self.address, self.timeout = address, timeout
        self.level: Level | None = None

    def map(self, jobs: Iterable[Job]) -> Iterator[ExecutionResult]:
        """Execute jobs and give each result as soon as it is there.

        A submission that ran out of time is executed once more at the end, alone: other submissions may have slowed it down.

        Parameters
        ----------
        jobs : iterable of Job

        Yields
        ------
        ExecutionResult

        Raises
        ------
        ServerLost
            If there is no cluster at the address, or it has no workers.
        """
        try:
            from distributed import Client, as_completed
        except ImportError:
            raise ServerLost(
                "the package `distributed` is not installed; install it with pip install distributed"
            ) from None
        try:
            client = Client(self.address, timeout=self.timeout, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise ServerLost(
                f"there is no Dask scheduler at {self.address} ({type(error).__name__})"
            ) from None
        with client:
            threads = sum(client.nthreads().values())
            if not threads:
                raise ServerLost(f"the Dask scheduler at {self.address} has no workers")
            running: dict = {}
            late: list[Job] = []
            source = iter(jobs)
            done = as_completed(loop=client.loop)
            self._submit(client, source, running, done, IN_FLIGHT * threads)
            while running:
                future = next(done)
                job = running.pop(future)
                self._submit(client, source, running, done, 1)
                executed = self._result(future, job)
                if executed.late and threads > 1:
                    late.append(job)
                    continue
                yield executed
            for job in late:
                yield self._result(client.submit(execute, pack_job(job), pure=False, retries=2), job)

    def _submit(self, client, source, running, done, count):
        for _ in range(count):
            job = next(source, None)
            if job is None:
                return
            # retries: a worker that dies takes its job with it, not the batch
            future = client.submit(execute, pack_job(job), pure=False, retries=2)
            running[future] = job
            done.add(future)

    def _result(self, future, job):
        try:
            data = json.loads(future.result())
        except Exception as error:
            # the cluster lost it, for whatever reason: this submission gets a row that says so
            return lost_result(job, f"the Dask cluster lost it ({type(error).__name__}).")
        finally:
            future.release()
        if data["level"]:
            self._note(Level(**data["level"]))
        return ExecutionResult(**data["result"])

    def _note(self, level):
        order = ("none", "partial", "full")
        if self.level is None or order.index(level.name) < order.index(self.level.name):
            self.level = level
