"""Executes submissions on a running Dask cluster instead of in processes of this machine.

Every thread of a Dask worker keeps one walled fork server. What travels is text (JSON) in both directions; inputs of
probes go out, never expected answers. Whoever can reach the scheduler can run code on its workers, so the cluster must be
one that is trusted; the wall stands around the submissions, not around the cluster.
"""

import base64
import json
import threading
from dataclasses import asdict

from grader.sandbox.limits import Limits
from grader.sandbox.pool import lost_result
from grader.sandbox.server import ExecutionResult, Job, Level, Server, ServerLost

IN_FLIGHT = 2  # jobs for each thread of the cluster, so that none waits for this process
_here = threading.local()


def pack_job(job):
    """A job as text."""
    files = {name: base64.b64encode(content).decode("ascii") for name, content in job.files.items()}
    return json.dumps({**asdict(job), "files": files})


def unpack_job(text):
    """A job from :func:`pack_job`."""
    data = json.loads(text)
    files = {name: base64.b64decode(content) for name, content in data["files"].items()}
    return Job(**{**data, "files": files, "limits": Limits(**data["limits"])})


def execute(text):
    """On the worker: run one job behind this thread's bubblewrap.

    Parameters
    ----------
    text : str
        From :func:`pack_job`.

    Returns
    -------
    str
        JSON of what came of it and of the level of isolation.
    """
    job = unpack_job(text)
    for attempt in (1, 2):
        server = getattr(_here, "server", None)
        try:
            if server is None or not server.alive():
                _here.server = server = Server()
                server.start()
            executed = server.run(job)
            break
        except ServerLost as error:
            if server is not None:
                server.close()
            _here.server = None
            executed = lost_result(job, error)
            if attempt == 2:
                break
    level = asdict(server.level) if server.level else None
    return json.dumps({"executed": asdict(executed), "level": level})


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

    def __init__(self, address, *, timeout=20.0):
        self.address, self.timeout = address, timeout
        self.level = None

    def map(self, jobs):
        """Execute jobs and give each result as soon as it is there.

        A submission that ran out of time is executed once more at the end, alone: it may have been a neighbour's fault.

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
            running, late, source = {}, [], iter(jobs)
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
        except (
            Exception
        ) as error:  # the cluster lost it, for whatever reason: this submission gets a row that says so
            return lost_result(job, f"the Dask cluster lost it ({type(error).__name__}).")
        finally:
            future.release()
        if data["level"]:
            self._note(Level(**data["level"]))
        return ExecutionResult(**data["executed"])

    def _note(self, level):
        order = ("none", "partial", "full")
        if self.level is None or order.index(level.name) < order.index(self.level.name):
            self.level = level
