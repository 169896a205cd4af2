"""Executes submissions, one after the other, in an isolated fork server. This is the trusted side of the bubblewrap.

Everything that comes from a submission is checked by :mod:`grader.sandbox.protocol` and is nothing but
data. Every wait has a deadline. Expected answers are not known here.
"""

import array
import base64
import contextlib
import json
import os
import pathlib
import re
import secrets
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Self

from grader.sandbox import bubblewrap, isolation, protocol
from grader.sandbox.limits import Limits
from holdout.checks.codec import CodecError, decode, encode
from holdout.checks.probe import find_steps, step_probe
from holdout.errors import HoldoutError
from holdout.paths import find_datasets

PRELOAD = (
    "numpy",
    "pandas",
    "scipy.stats",
    "sklearn",
    "sklearn.calibration",
    "sklearn.compose",
    "sklearn.datasets",
    "sklearn.ensemble",
    "sklearn.feature_selection",
    "sklearn.impute",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.naive_bayes",
    "sklearn.neighbors",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "sklearn.svm",
    "sklearn.tree",
    "matplotlib.pyplot",
    "ipywidgets",
    "holdout",
    "holdout.checks.check",
)
START_SECONDS = 120.0
CONTROL_SECONDS = 20.0
CONTROL_BYTES = 65_536
RUN_TO_ITS_END = "The notebook was run to its end."
LATE_PROBES = 2  # of one copy, before its other probes count as late without being tried
NOT_RUN = {"error": "NotRun", "message": "", "where": ""}  # its sentence is known at the end of the job
ENDED = "ProcessEnded"
ENDED_SENTENCE = "your answer ended the Python process in which it ran"


class ServerLost(HoldoutError):
    """The fork server ended or does not answer; the message is one sentence."""


@dataclass(frozen=True)
class Level:
    """How well submissions are isolated.

    Parameters
    ----------
    name : {"full", "partial", "none"}
        With bubblewrap and everything inside it; with one of the two complete; with neither.
    missing : list of str
        What is missing, one sentence each.
    """

    name: str
    missing: list = field(default_factory=list)


@dataclass(frozen=True)
class Job:
    """What to execute.

    Parameters
    ----------
    notebook : dict
        A notebook of format 4; its code cells are run in order, whatever their metadata says. A cell with ``"history": False``
        leaves no trace in the notebook's own ``In``.
    probes : list of dict
        ``{"id", "answer", "probe", "inputs"}``; several may have the same id (the cases of a question). With ``"at"``, the
        number of a cell, the answer is tried as it is after that cell: in a copy of the notebook's process, so that no later
        cell changes it, and one that ends its process ends nothing else. No probe is sent before the last cell has run.
        ``"stage"`` (0 by default): all probes of a stage are answered before one of the next is sent anywhere.
        ``"again"``, an id: it is tried once more after the last cell, if the results of that id are then others than before
        (its own id: in any case).
    limits : Limits
    files : dict of str to bytes
        What the course provides beside the notebook (relative names).
    folder : str
        Name of the folder that the notebook runs in.
    name : str
        Whose it is; comes back unchanged in the result and is never sent inside.
    """

    notebook: dict
    probes: list = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)
    files: dict = field(default_factory=dict)
    folder: str = "notebook"
    name: str = ""

    def __post_init__(self):
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}", self.folder):
            raise ValueError(f"the folder {self.folder!r} of a job must be a plain name")
        for name in self.files:
            if name.startswith("/") or ".." in name.split("/") or not name:
                raise ValueError(f"the file {name!r} of a job must lie beside the notebook")
        for probe in self.probes:
            absent = {"id", "answer", "probe", "inputs"} - set(probe)
            if absent:
                raise ValueError(f"a probe lacks {sorted(absent)}")


@dataclass
class ExecutionResult:
    """The result of a job.

    Parameters
    ----------
    cells : list of list of dict
        Outputs (as nbformat has them) of every cell of the notebook; none for text.
    probes : dict of str to list of dict
        For each id the results in the order of the probes: ``{"value": ...}``, ``{"error", "message",
        "where"}`` or ``{"not_attempted": True}``. Plain JSON that a hostile notebook may have made up: only to be decoded
        and judged.
    outcome : {"done", "timeout", "killed", "memory", "output limit", "protocol", "lost"}
    sentence : str
        For people: one sentence or two.
    seconds, cpu_seconds : float
        Wall-clock time, and the processor time of the notebook's process.
    ran : list of bool
        For every cell, whether it was run to its end.
    name : str
        From the job.
    late : bool
        Whether a cell, a probe or the whole ran out of time.
    later : dict of str to list of dict
        As `probes`: what the answers give after the last cell, for the ids that were tried again.
    processes, memory : int
        Most processes seen at one time, and the most bytes of memory that the notebook's process held.
    """

    cells: list
    probes: dict
    outcome: str
    sentence: str
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    ran: list = field(default_factory=list)
    name: str = ""
    late: bool = False
    processes: int = 0
    memory: int = 0
    later: dict = field(default_factory=dict)


class Server:
    """An isolated fork server; a context manager.

    Parameters
    ----------
    preload : sequence of str
        Modules that are imported once, before any submission.
    isolate_jobs, use_bubblewrap : bool
        False leaves out the isolation of each submission, or the sandbox around all of them: to measure what it
        costs, never for grading.

    Notes
    -----
    The server ends with the thread that started it.
    """

    def __init__(self, preload=PRELOAD, *, isolate_jobs=True, use_bubblewrap=True):
        self.preload, self.isolate_jobs, self.use_bubblewrap = tuple(preload), isolate_jobs, use_bubblewrap
        self.level = None
        self.base_memory = 0
        self._process: subprocess.Popen | None = None
        self._control: socket.socket | None = None
        self._errors: IO[bytes] | None = None
        self._namespace: int | None = None
        self._single_use = self._unisolated = False
        self._home = None
        self._job = 0
        self._gone = None
        self._stopped = False

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.close()

    # ------------------------------------------------------------------------------ starting

    def start(self) -> Self:
        """Start the server and measure the level of isolation.

        Raises
        ------
        ServerLost
            If it cannot be started at all.
        """
        program = bubblewrap.find_bubblewrap() if self.use_bubblewrap else None
        reason = (
            f"bubblewrap is not installed ({bubblewrap.INSTALL})"
            if self.use_bubblewrap
            else "it was left out"
        )
        if not bubblewrap.platform_supported():
            self.level, self._unisolated = Level("none", [unsupported_platform()]), True
            return self
        if program:
            try:
                return self._start(program)
            except ServerLost as error:
                if self._stopped:
                    raise
                reason = f"bubblewrap does not work here: {error}"
        return self._start(None, reason)

    def _start(self, program, reason=""):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        datasets = find_datasets()
        options = {
            "preload": list(self.preload),
            "shell": bool(self.preload),
            "readable": ["/"] if program else bubblewrap.readable_without_bubblewrap(),
            "own_proc": bool(program) and os.geteuid() == 0,
            "uid": bubblewrap.UNPRIVILEGED if self.use_bubblewrap else os.geteuid(),
            "datasets": "" if not datasets else f"{bubblewrap.INSIDE}/datasets" if program else str(datasets),
            "home": bubblewrap.HOME,
            "isolate_jobs": self.isolate_jobs,
        }
        command = [
            sys.executable,
            "-s",
            "-m",
            "grader.sandbox.fork_server",
            str(theirs.fileno()),
            json.dumps(options),
        ]
        folder = None
        if program:
            command = bubblewrap.bubblewrap_command(program, command)
        else:
            self._home = tempfile.TemporaryDirectory(prefix="holdout-")
            options["home"] = folder = self._home.name
            os.chmod(folder, 0o777 if os.geteuid() == 0 else 0o700)
            command[-1] = json.dumps(options)
        self._errors = tempfile.TemporaryFile()
        with theirs:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pass_fds=[theirs.fileno()],
                cwd=None if program else str(bubblewrap.GRADER.parent),
                env=None if program else {"PATH": os.environ.get("PATH", ""), **_single_threaded()},
                start_new_session=True,
            )
        self._control = ours
        if self._stopped:
            self.kill()
        try:
            hello = self._receive(time.monotonic() + START_SECONDS)
        except ServerLost:
            error = self._last_error()
            self.close()
            raise ServerLost(error or "it ended at once") from None
        if hello["event"] == "refused":
            self.close()
            raise ServerLost(hello["why"])
        if program:
            self._namespace = _descriptor_of_child(self._process.pid)
        missing = list(hello["missing"])
        self.base_memory = hello["memory"]
        self._single_use = bool(missing)
        if reason:
            missing.insert(0, f"No sandbox stands around the whole: {reason}.")
        if bubblewrap.exposed_course():
            missing.append(
                f"The course in {bubblewrap.exposed_course()} lies among the libraries; submissions can read it."
            )
        if hello["threads"] > 1:
            missing.append(f"A preloaded library started {hello['threads'] - 1} threads, which a fork loses.")
        isolated = bool(program) or not hello["missing"]
        self.level = Level("full" if not missing else "partial" if isolated else "none", missing)
        return self

    def _last_error(self):
        if self._errors is None:
            return ""
        with contextlib.suppress(ValueError, OSError):
            self._errors.seek(0)
            lines = self._errors.read(100_000).decode("utf-8", "replace").strip().splitlines()
            return lines[-1][:300] if lines else ""
        return ""

    def close(self) -> None:
        """End the server and everything in it; nothing is left running."""
        if self._control is not None:
            self._control.close()  # the server ends when its orders do
            self._control = None
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0 if self._unisolated else 3)
            if self._unisolated or self._process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait(10)
            self._process = None
            if self._namespace is not None:
                # bubblewrap ends a moment before the first process of its namespace does, and everything in it with that
                select.select([self._namespace], [], [], 3)
                os.close(self._namespace)
                self._namespace = None
            if self._errors is not None:
                self._errors.close()
        if self._home is not None:
            self._home.cleanup()
            self._home = None

    def kill(self) -> None:
        """End the server at once, from another thread; what runs in it raises `ServerLost`."""
        self._stopped = True
        process = self._process
        if process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)

    def alive(self) -> bool:
        """Whether the server is there."""
        return self._unisolated or (self._process is not None and self._process.poll() is None)

    # ------------------------------------------------------------------------------ control

    def _send(self, message, descriptors=()):
        ancillary = []
        if descriptors:
            ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        try:
            control = self._there()
            control.settimeout(CONTROL_SECONDS)
            control.sendmsg([json.dumps(message).encode()], ancillary)
        except OSError:
            raise ServerLost("The server that executes notebooks has ended.") from None

    def _there(self):
        if self._control is None:
            raise ServerLost("The server that executes notebooks has ended.")
        return self._control

    def _receive(self, deadline):
        try:
            control = self._there()
            control.settimeout(max(0.01, deadline - time.monotonic()))
            data = control.recv(CONTROL_BYTES)
        except OSError:
            raise ServerLost("The server that executes notebooks does not answer.") from None
        if not data:
            raise ServerLost("The server that executes notebooks has ended.")
        return json.loads(data)

    # ------------------------------------------------------------------------------ running

    def run(self, job: Job) -> ExecutionResult:
        """Execute one job.

        Parameters
        ----------
        job : Job

        Returns
        -------
        ExecutionResult
            Always, whatever the submission does.

        Raises
        ------
        ServerLost
            If the server itself is gone; :class:`grader.sandbox.pool.Pool` then starts another.
        """
        if not self.alive():
            raise ServerLost("The server that executes notebooks has ended.")
        started = time.monotonic()
        self._job += 1
        self._gone = None
        if self._unisolated:
            return self._run_unisolated(job, started)
        ours, theirs = socket.socketpair()
        with theirs:
            limits = job.limits.as_dict()
            limits["processes"] += 2 + len({probe.get("at") for probe in job.probes})  # ours among them
            order = {"do": "start", "job": self._job, "limits": limits, "folder": job.folder}
            self._send(order, [theirs.fileno()])
        session = JobSession(job, protocol.Connection(ours), _Control(self), started)
        try:
            session.run()
        finally:
            ours.close()
            gone = self._end_job(ended=session.outcome == "killed")
        executed = session.result(gone)
        executed.seconds = time.monotonic() - started
        if self._single_use:
            self.close()
            self.start()
        return executed

    def _run_unisolated(self, job, started):
        """Execute a job in a process of its own, without isolation."""
        ours, theirs = socket.socketpair()
        with theirs, tempfile.TemporaryDirectory(prefix="holdout-") as private:
            folder = os.path.join(private, job.folder)
            os.mkdir(folder)
            order = {"limits": job.limits.as_dict(), "folder": folder}
            variables = {**isolation.environment(folder, private), "PATH": os.environ.get("PATH", "")}
            if find_datasets():
                variables["HOLDOUT_DATASETS"] = str(find_datasets())
            line = [
                sys.executable,
                "-s",
                "-m",
                "grader.sandbox.unisolated",
                str(theirs.fileno()),
                json.dumps(order),
            ]
            self._process = process = subprocess.Popen(
                line,
                pass_fds=[theirs.fileno()],
                cwd=bubblewrap.GRADER.parent,
                env=variables,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            theirs.close()
            session = JobSession(job, protocol.Connection(ours), _UnisolatedControl(process), started)
            try:
                session.run()
            finally:
                ours.close()
                self.close()
            status = process.returncode
        executed = session.result({"exit": max(status, 0), "signal": max(-status, 0)})
        executed.seconds = time.monotonic() - started
        return executed

    def order(self, do: str, done: str, **more: object) -> dict:
        """Give an order about the job that runs, and wait until it is done.

        Returns
        -------
        dict
            What the server says: `done`, or that the job is gone.
        """
        if self._gone is None or self._gone["event"] != "gone":
            self._send({"do": do, "job": self._job, **more})
            self._gone = self._await((done, "gone"))
        return self._gone

    def _end_job(self, ended):
        """Kill what is still there of the job, and return how the notebook's process ended."""
        if self._gone is None or self._gone["event"] != "gone":
            self._send({"do": "kill", "job": self._job, "ended": ended})
            self._gone = self._await(("gone",))
        return self._gone

    def _await(self, wanted):
        deadline = time.monotonic() + CONTROL_SECONDS
        while True:
            message = self._receive(deadline)
            if message.get("event") in wanted and message.get("job") == self._job:
                return message


class _Control:
    """What a session may ask of a fork server."""

    def __init__(self, server):
        self.server = server

    def interrupt(self):
        """Interrupt the job; returns after the signal was sent, so that it cannot hit the next cell."""
        self.server.order("interrupt", "interrupted")

    def stop(self, number):
        """End a copy of the notebook's process, if the job has one of this number."""
        self.server.order("stop", "stopped", process=number)

    def usage(self):
        """Processor seconds of all processes of the job."""
        return self.server.order("usage", "usage").get("cpu")


class _UnisolatedControl:
    """The same for a process without isolation."""

    def __init__(self, process):
        self.process = process

    def interrupt(self):
        """Interrupt the process and its copies."""
        from grader.sandbox.fork_server import descendants, signal_all

        signal_all(
            descendants(self.process.pid) if os.path.isdir("/proc/self") else {self.process.pid},
            signal.SIGINT,
        )

    def stop(self, number):
        """End a copy, if it is one."""
        with contextlib.suppress(OSError):
            if number > 1 and os.getpgid(number) == self.process.pid != number:
                os.kill(number, signal.SIGKILL)

    def usage(self):
        """Processor seconds, where the system tells them."""
        from grader.sandbox.fork_server import descendants, processor_seconds

        if not os.path.isdir("/proc/self"):
            return None
        return sum(processor_seconds(one) for one in descendants(self.process.pid))


class _Process:
    """Our end of one process of a job: the notebook's own, or a copy of it as it was after a cell.

    Parameters
    ----------
    connection : protocol.Connection
    number : int
        Of a copy, as it says itself; 0 for the notebook's own.
    """

    def __init__(self, connection, number=0):
        self.connection, self.number = connection, number
        self.gone = None  # what every further probe of it gets, as soon as it answers no more
        self.late = {}  # probes over their time, by id; those of a copy all count together


class JobSession:
    """The requests of one job, one after the other, and what came back.

    Parameters
    ----------
    job : Job
    connection : protocol.Connection
    control : object
        With ``interrupt()`` (what runs now), ``stop(number)`` (a copy) and ``usage()`` (processor seconds so far,
        None where nobody knows).
    started : float
        ``time.monotonic`` at the beginning.
    """

    def __init__(self, job, connection, control, started):
        self.job, self.control, self.started = job, control, started
        self.limits = job.limits
        self.notebook = _Process(connection)
        self.copies = {}  # by the cell after which they were made; None where that failed
        self.last = None  # a copy made after the last cell; a new one where an answer ended it
        self.lost = {}  # results of what ended such a copy, by the id of the probe
        self.deadline = started + self.limits.notebook_seconds * self.limits.wall_factor
        self.cells: list[list] = [[] for _ in job.notebook["cells"]]
        self.ran = [False] * len(self.cells)
        self.probes: dict = {}
        for probe in job.probes:
            self.probes.setdefault(probe["id"], [])
        self.later = {}
        self.outcome, self.sentence = "done", ""
        self.remarks = []
        self.place = "before the first cell"
        self.output_left = int(self.limits.output_bytes * 1.5) + 65_536  # the worker cuts off first, politely
        self.result_left = self.limits.result_bytes
        self.count = 0
        self.late = False

    # ------------------------------------------------------------------------------ order

    def run(self) -> None:
        """Send the files, run the cells and keep copies, then the probes.

        What ends the notebook's process ends the cells; the copies that were made before are still asked. The notebook's
        own process gets no probe, so that a copy of it can always be made anew.
        """
        try:
            self._guarded(self._cells)
            self.deadline = time.monotonic() + self.limits.notebook_seconds * self.limits.wall_factor
            for stage in sorted({probe.get("stage", 0) for probe in self.job.probes}):
                probes = [probe for probe in self.job.probes if probe.get("stage", 0) == stage]
                for probe in probes:
                    self._guarded(self._first_reading, probe)
                for probe in probes:
                    self._guarded(self._second_reading, probe)
        except protocol.ProtocolError as error:
            if isinstance(error, protocol.TooLarge):
                self._finish("output limit", str(error))
            else:
                self._finish("protocol", f"{error} This does not happen by accident; look at the notebook.")
        finally:
            for copy in (*self.copies.values(), self.last):
                if copy is not None:
                    copy.connection.close()

    def _guarded(self, action, *arguments):
        """Do something with the notebook's own process, which may end while it is done."""
        try:
            action(*arguments)
        except protocol.Deadline:
            self._stopped()
        except protocol.Ended:
            self._finish("killed", "")

    def _stopped(self):
        if time.monotonic() >= self.deadline or self._over_all():
            limit = f"as a whole it took longer than {self.limits.notebook_seconds:g} seconds"
        else:
            limit = "it took too long and could not be interrupted"
        self._finish("timeout", f"The notebook was stopped {self.place}: {limit}")

    def _finish(self, outcome, sentence):
        if self.outcome == "done" or outcome == "protocol":
            self.outcome, self.sentence = outcome, sentence
        if self.notebook.gone is None:
            self.notebook.gone = dict(NOT_RUN)

    def _cells(self):
        self._files()
        wanted = {probe["at"] for probe in self.job.probes if probe.get("at") is not None}
        for number, cell in enumerate(self.job.notebook["cells"]):
            if cell["cell_type"] == "code":
                self._cell(number, "".join(cell["source"]), history=cell.get("history", True))
            if number in wanted:
                self.copies[number] = self._copy()

    def _files(self):
        files = {name: base64.b64encode(content).decode("ascii") for name, content in self.job.files.items()}
        self._ask(self.notebook, {"do": "files", "files": files}, CONTROL_SECONDS)

    def _copy(self):
        """A copy of the notebook's process as it is now; None where none can be made."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                answer = self._ask(self.notebook, {"do": "copy"}, CONTROL_SECONDS, descriptor=theirs.fileno())
        except BaseException:
            ours.close()
            raise
        number = answer.get("process")
        if answer.get("done") is not True or isinstance(number, bool) or not isinstance(number, int):
            ours.close()
            return None
        return _Process(protocol.Connection(ours), number)

    # ------------------------------------------------------------------------------ requests

    def _ask(self, process, request, seconds, on_output=None, max_bytes=None, descriptor=None, clock=None):
        """Send a request and return its answer; outputs go to `on_output`; over the time, interrupt it.

        Time is processor time: who had none of it for a while, because the machine is busy, may take longer by the clock.
        """
        token = secrets.token_hex(8)
        limit = max_bytes or self.limits.output_bytes + 65_536
        clock = clock or _Clock(seconds, self.limits.wall_factor, self.control.usage)
        interrupted = False
        until = min(self.deadline, clock.next_look())
        process.connection.send({**request, "token": token}, self.deadline)
        if descriptor is not None:
            process.connection.send_descriptor(descriptor, self.deadline)
        while True:
            try:
                message = process.connection.receive(until, limit)
            except protocol.Deadline:
                if time.monotonic() >= self.deadline:
                    raise
                if clock.is_over():
                    if interrupted:
                        raise
                    self.control.interrupt()
                    interrupted = True
                    # the grace too is processor time: on a busy machine an interrupted cell needs long to say so
                    clock = _Clock(self.limits.grace_seconds, self.limits.wall_factor, self.control.usage)
                until = min(self.deadline, clock.next_look())
                continue
            if message.get("token") != token:
                raise protocol.ProtocolError(
                    "The notebook's process sent an answer that nobody had asked for."
                )
            if "output" in message and on_output:
                on_output(message["output"])
                continue
            message["over_time"] = interrupted
            return message

    def _cell(self, number, source, history=True):
        self.count += 1
        self.place = f"in code cell {self.count}"
        if self._over_all():
            raise protocol.Deadline
        outputs = self.cells[number]
        kept = [0]

        def keep(output):
            made = protocol.output(output, self.count, self.limits.cell_output_bytes)
            size = len(json.dumps(made))
            self.output_left -= size
            kept[0] += size
            if (
                self.output_left < 0
                or kept[0] > 1.5 * self.limits.cell_output_bytes + 65_536
                or len(outputs) > 10_000
            ):
                raise protocol.TooLarge(
                    "The notebook's output goes beyond its limit although it was told to stop."
                )
            last = outputs[-1] if outputs else {}
            if made["output_type"] == "stream" == last.get("output_type") and made["name"] == last["name"]:
                last["text"] += made["text"]
            else:
                outputs.append(made)

        try:
            request = {"do": "cell", "source": source, "history": history}
            answer = self._ask(self.notebook, request, self.limits.cell_seconds, keep)
        except protocol.Deadline:
            outputs.append(
                protocol.error_output("CellTimeoutError", self._over_time("cell", self.limits.cell_seconds))
            )
            raise
        self.ran[number] = not answer["over_time"]
        if not (answer.get("succeeded") or answer["over_time"]) and not any(
            output["output_type"] == "error" for output in outputs
        ):
            # a kernel says that a cell failed even where its traceback was hidden
            outputs.append(
                protocol.error_output("Error", "The cell stopped with an error that it does not show.")
            )
        if answer["over_time"]:
            self.late = True
            outputs[:] = [output for output in outputs if output.get("ename") != "KeyboardInterrupt"]
            outputs.append(
                protocol.error_output("CellTimeoutError", self._over_time("cell", self.limits.cell_seconds))
            )
            self.remarks.append(
                f"Code cell {self.count} was interrupted after {self.limits.cell_seconds:g} seconds."
            )

    def _over_all(self):
        """Whether the notebook as a whole has used its time."""
        limit = self.limits.notebook_seconds
        if time.monotonic() - self.started < limit:
            return False
        used = self.control.usage()
        return used is None or used >= limit

    def _over_time(self, what, seconds):
        return f"This {what} took longer than the {seconds:g} seconds it may take"

    # ------------------------------------------------------------------------------ probes

    def _first_reading(self, probe):
        """What the answer gives where the probe says that it is to be tried, else after the last cell."""
        at = probe.get("at")
        if at is not None and at not in self.copies:  # the notebook ended before
            result = dict(NOT_RUN)
        elif self.copies.get(at) is not None:
            result = self._result_of(self.copies[at], probe)
        else:
            result = self._result_at_the_end(probe)
        self.probes[probe["id"]].append(result)

    def _second_reading(self, probe):
        """What the answer gives after the last cell, where that can be another thing than before."""
        again = probe.get("again")
        if again is None or self.notebook.gone or self.copies.get(probe.get("at")) is None:
            return
        if again != probe["id"] and self.later.get(again) == self.probes[again]:
            return
        self.later.setdefault(probe["id"], []).append(self._result_at_the_end(probe))

    def _result_at_the_end(self, probe):
        """What an answer gives after the last cell; one that ends the process it is tried in costs itself only."""
        id = probe["id"]
        if id in self.lost:
            return self.lost[id]
        if self.last is None and self.notebook.gone is None:
            self._guarded(self._copy_at_the_end)
        if self.last is None:
            return dict(NOT_RUN)
        result = self._result_of(self.last, probe)
        if self.last.gone is not None and self.last is not self.notebook:
            self.last.connection.close()
            self.last, self.lost[id] = None, result
        return result

    def _copy_at_the_end(self):
        self.last = self._copy() or self.notebook

    def _result_of(self, process, probe):
        # after the first stage nothing is said of which answer it was: it may have seen what nobody is to be told
        self.place = (
            "while an answer was tried" if probe.get("stage") else f"while {probe['answer']!r} was tried"
        )
        if process.gone is not None:
            return process.gone
        late = {
            "error": "TimeoutError",
            "message": self._over_time("answer", self.limits.probe_seconds),
            "where": "",
        }
        together = probe["id"] if process in (self.last, self.notebook) else ""
        if process.late.get(together, 0) >= LATE_PROBES:
            return late
        try:
            result = self._driven(process, probe)
            if result is None:
                self.late = True
                process.late[together] = process.late.get(together, 0) + 1
                return late
            self.result_left -= len(json.dumps(result))
            if self.result_left < 0:
                raise protocol.TooLarge(
                    f"The answers take more than {self.limits.result_bytes:,} bytes together."
                )
            return result
        except protocol.TooLarge as error:
            return self._lose(process, {"error": "TooLarge", "message": str(error), "where": "returned"})
        except protocol.Deadline:
            self.late = True
            if process is self.notebook:
                self._stopped()
                return late
            return self._lose(process, late)
        except protocol.Ended:
            if process is self.notebook:
                self._finish("killed", "")
                return process.gone
            return self._lose(process, {"error": ENDED, "message": ENDED_SENTENCE, "where": ""})

    def _driven(self, process, probe):
        """The result of a probe; None if it took too long.

        A probe with steps is driven from here: the next observation is sent when the answer to the last one is there.
        """
        clock = _Clock(self.limits.probe_seconds, self.limits.wall_factor, self.control.usage)
        steps = find_steps(probe["probe"])
        if steps is None:
            return self._one_result(process, probe["answer"], probe["probe"], probe["inputs"], clock)
        driver, value = steps(**{name: decode(one) for name, one in probe["inputs"].items()}), None
        while True:
            try:
                function, inputs = driver.send(value)
            except StopIteration as end:
                return {"value": encode(end.value)}
            except TypeError as error:  # of an answer that is none
                return {"error": "TypeError", "message": str(error), "where": ""}
            encoded = {name: encode(one) for name, one in inputs.items()}
            result = self._one_result(process, probe["answer"], step_probe(function, inputs), encoded, clock)
            if result is None or "value" not in result:
                return result
            try:
                value = decode(result["value"])
            except CodecError as error:
                return {"error": "CodecError", "message": str(error), "where": "returned"}

    def _one_result(self, process, answer, expression, inputs, clock):
        request = {"do": "probe", "answer": answer, "probe": expression, "inputs": inputs}
        told = self._ask(
            process, request, self.limits.probe_seconds, max_bytes=self.limits.probe_bytes, clock=clock
        )
        return None if told["over_time"] else protocol.probe_result(told.get("result"))

    def _lose(self, process, result):
        """Give up a process; this is what its probes get from now on."""
        if process is self.notebook:
            self._finish("output limit", result["message"])
        else:
            process.gone = result
            self.control.stop(process.number)
        return result

    # ------------------------------------------------------------------------------ result

    def result(self, gone: Mapping[str, Any]) -> ExecutionResult:
        """The result, once the process is known to be gone.

        Parameters
        ----------
        gone : Mapping
            How the server says that the process ended.
        """
        outcome, sentence = self.outcome, self.sentence
        if gone.get("killed") == "memory":
            limit = self.limits.memory / 2**20
            outcome, sentence = (
                "memory",
                f"The notebook was stopped {self.place}: its processes held more than {limit:,.0f} MB.",
            )
        elif outcome == "killed":
            how = f"{self.place} ({_how(gone)})"
            sentence = f"The notebook's process ended itself {how}, so what follows was not run."
        elif outcome == "timeout":
            sentence += ", so what follows was not run."
        if outcome == "done":
            sentence = " ".join([RUN_TO_ITS_END, *self.remarks])
        reason = {"error": "NotRun", "message": sentence, "where": ""}
        wanted: dict[str, int] = {}
        for probe in self.job.probes:
            wanted[probe["id"]] = wanted.get(probe["id"], 0) + 1

        def complete(results, count):
            made = [
                dict(reason) if one.get("error") == "NotRun" and not one["message"] else one
                for one in results
            ]
            return made + [dict(reason) for _ in range(count - len(made))]

        return ExecutionResult(
            self.cells,
            {id: complete(results, wanted[id]) for id, results in self.probes.items()},
            outcome,
            sentence,
            cpu_seconds=float(gone.get("cpu") or 0.0),
            ran=self.ran,
            name=self.job.name,
            late=self.late or outcome == "timeout",
            processes=int(gone.get("processes") or 0),
            memory=int(gone.get("memory") or 0),
            later={id: complete(results, wanted[id]) for id, results in self.later.items()},
        )


class _Clock:
    """How long a request may still take: so much processor time, and some times that by the clock.

    Parameters
    ----------
    seconds : float
        Of processor time.
    factor : float
        The most seconds by the clock, for each of them.
    usage : callable
        Processor seconds of the whole job so far, or None. It is asked only where a request takes long.
    """

    def __init__(self, seconds, factor, usage):
        self.seconds, self.usage = seconds, usage
        self.started = time.monotonic()
        self.first_look = self.started + min(0.5, seconds / 4)
        self.end = self.started + seconds * factor
        self.before = self.left = None
        self.looked = False

    def next_look(self):
        """When to look at it again, in seconds of ``time.monotonic``."""
        if self.left is None:
            return self.started + self.seconds if self.looked else self.first_look
        return min(self.end, time.monotonic() + max(0.1, self.left))

    def is_over(self):
        """Whether the time is over; to be asked at the moment that `next_look` gave."""
        used, now, self.looked = self.usage(), time.monotonic(), True
        if used is None:
            return now >= self.started + self.seconds
        if self.before is None:
            # what was used until here is not known; no more than this on one processor
            self.before = used - (now - self.started)
            if now < self.started + self.seconds:
                return False
        self.left = self.seconds - (used - self.before)
        return self.left <= 0 or now >= self.end


def _descriptor_of_child(number):
    """A descriptor that can be read once the only child of a process has ended; None where the kernel does not tell."""
    with contextlib.suppress(OSError, ValueError):
        (child,) = pathlib.Path(f"/proc/{number}/task/{number}/children").read_text().split()
        return os.pidfd_open(int(child))
    return None


def _how(gone):
    if gone.get("signal"):
        with contextlib.suppress(ValueError):
            return f"signal {signal.Signals(gone['signal']).name}"
        return f"signal {gone['signal']}"
    return f"exit status {gone.get('exit')}"


def _single_threaded():
    return {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "LANG": "C.UTF-8"}


def unsupported_platform() -> str:
    """One sentence for a system that cannot isolate submissions, with the remedy."""
    if sys.platform == "win32":
        return "Windows cannot isolate submissions: grade in WSL, the Windows Subsystem for Linux (wsl --install)."
    return f"This system ({sys.platform}) cannot isolate submissions: grade on Linux or in a virtual Linux machine."


def isolation_level() -> Level:
    """How well this machine can isolate submissions, found out by isolating an empty process.

    Returns
    -------
    Level
    """
    try:
        with Server(preload=()) as server:
            return server.level
    except ServerLost as error:
        return Level("none", [str(error)])
