"""The fork server: imports the scientific stack once and forks once per submission.

It never sees a submission: it forks, keeps the process identifiers, watches memory, kills on request and
reports how a process ended. The connection of each submission is passed directly to its fork. Per
submission there are two processes: a supervisor, which enters new namespaces and waits, and its child, which
isolates itself and runs the notebook.
"""

import array
import contextlib
import gc
import importlib
import json
import mmap
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from grader.sandbox import isolation, worker

MESSAGE_BYTES = 65_536
WATCH_SECONDS = 0.1
PAGE = mmap.PAGESIZE


class RunningJob:
    """What the server knows about the processes of one submission."""

    def __init__(self, number: int, supervisor: int, pipe: int, limits: Mapping):
        self.number, self.supervisor, self.pipe, self.limits = number, supervisor, pipe, limits
        self.process: int | None = None  # the process that runs the notebook
        self.killed = ""
        self.received = b""
        self.most_processes = 0


class ForkServer:
    """The server.

    Parameters
    ----------
    control : socket.socket
        Where the commands come from.
    options : Mapping
        Made by :class:`grader.sandbox.server.Server`.
    """

    def __init__(self, control: socket.socket, options: Mapping):
        self.control, self.options = control, options
        self.jobs: dict[int, RunningJob] = {}
        self.shell = None
        self.base_memory = 0

    def prepare(self) -> None:
        """Import, warm up, and find out which parts of the isolation this machine offers."""
        absent = []
        for name in self.options["preload"]:
            try:
                importlib.import_module(name)
            except ImportError:
                absent.append(name)
        if self.options["shell"]:
            self.shell = worker.make_shell()
            worker.warm_up(self.shell)
        threads = len(os.listdir("/proc/self/task"))
        with open("/proc/self/statm") as file:
            self.base_memory = int(file.read().split()[0]) * PAGE
        missing = self.probe_isolation()
        gc.collect()
        gc.freeze()
        self.send_event("ready", missing=missing, absent=absent, threads=threads, memory=self.base_memory)

    def probe_isolation(self) -> list[str]:
        """Isolate a process that does nothing, and return what is missing, one sentence each."""
        read_end, write_end = os.pipe()
        supervisor = os.fork()
        if supervisor == 0:
            limits = {"disk": 1 << 20, "memory": 1 << 30, "processes": 8, "notebook_seconds": 10}
            missing = self.fork_isolated(
                limits, lambda missing: os.write(write_end, json.dumps(missing).encode())
            )
            os._exit(0 if missing is None else 1)
        os.close(write_end)
        received = b""
        while piece := os.read(read_end, MESSAGE_BYTES):
            received += piece
        os.close(read_end)
        os.waitpid(supervisor, 0)
        return json.loads(received) if received else ["Isolation could not be tried on this machine."]

    def fork_isolated(
        self,
        limits: Mapping,
        inside: Callable,
        keep: Iterable[int] = (),
        on_fork: Callable | None = None,
    ) -> tuple[int, Any]:
        """Fork a process that isolates itself and calls `inside(missing)`.

        Parameters
        ----------
        limits : Mapping
        inside : callable
            Called in the new process with the list of what could not be isolated. It does not return.
        keep : iterable of int
            File descriptors that stay open.
        on_fork : callable, optional
            Called in the supervisor with the number of the new process.

        Returns
        -------
        (int, struct_rusage)
            Status and usage of the process after its end, in the supervisor.
        """
        missing: list[str] = []
        isolate = self.options["isolate_jobs"]
        namespaces = isolate
        try:
            if isolate:
                isolation.new_namespaces()
        except OSError as error:
            namespaces = False
            missing.append(f"Submissions share processes and files with the server ({error.strerror}).")
        process = os.fork()
        if process:
            if on_fork:
                on_fork(process)
            _, status, usage = os.wait4(process, 0)
            return status, usage
        try:
            isolation.die_with_parent()
            if keep:
                isolation.keep_only(keep)
            if isolate:
                missing += isolation.apply_isolation(
                    limits,
                    base_memory=self.base_memory,
                    readable=self.options["readable"],
                    namespaces=namespaces,
                )
            inside(missing)
        finally:
            os._exit(71)

    # ------------------------------------------------------------------------------ commands

    def send_event(self, event: str, **values: object) -> None:
        """Tell the other side what happened."""
        self.control.sendall(json.dumps({"event": event, **values}).encode())

    def serve(self) -> None:
        """Handle commands until the other end of the control connection closes."""
        while True:
            sources: list[Any] = [self.control, *(job.pipe for job in self.jobs.values())]
            ready, _, _ = select.select(sources, [], [], WATCH_SECONDS if self.jobs else None)
            if self.control in ready and not self.handle_command():
                break
            for job in list(self.jobs.values()):
                if job.pipe in ready:
                    self.read_report(job)
            self.watch_memory()
        for job in list(self.jobs.values()):
            self.kill(job, "closed")

    def handle_command(self) -> bool:
        """Read one command and do it; False when there are no more."""
        data, ancillary, _, _ = self.control.recvmsg(MESSAGE_BYTES, socket.CMSG_SPACE(4))
        if not data:
            return False
        command = json.loads(data)
        descriptors = array.array("i")
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                descriptors.frombytes(content[: len(content) - len(content) % 4])
        if command["do"] == "start":
            self.start(command, descriptors[0])
            os.close(descriptors[0])
        elif job := self.jobs.get(command["job"]):
            if command["do"] == "kill":
                self.kill(job, "asked")
            elif command["do"] == "interrupt":
                if job.process:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(job.process, signal.SIGINT)
                self.send_event("interrupted", job=job.number)
        return True

    def start(self, command: Mapping, descriptor: int) -> None:
        """Fork a supervisor, which enters new namespaces and forks the process of the notebook."""
        read_end, write_end = os.pipe()
        supervisor = os.fork()
        if supervisor == 0:
            try:
                self.supervise(command, descriptor, write_end)
            finally:
                os._exit(72)
        os.close(write_end)
        number = command["job"]
        self.jobs[number] = RunningJob(number, supervisor, read_end, command["limits"])

    def supervise(self, command: Mapping, descriptor: int, report: int) -> None:
        """In the supervisor: wait for the process of the notebook and report how it ended."""
        isolation.die_with_parent()
        with contextlib.suppress(PermissionError, ProcessLookupError):
            os.setsid()
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
        self.control.close()

        def announce(process: int) -> None:
            os.close(descriptor)
            os.write(report, f"{process}\n".encode())

        def inside(missing: list[str]) -> None:
            hidden = self.options["isolate_jobs"] and not missing
            isolation.work_folder(command["folder"], "/tmp" if hidden else self.options["home"])
            worker.run(descriptor, self.shell, command["limits"])

        status, usage = self.fork_isolated(command["limits"], inside, [descriptor], announce)
        line = [status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss]
        os.write(report, json.dumps(line).encode() + b"\n")
        os._exit(0)

    def read_report(self, job: RunningJob) -> None:
        """Read what a supervisor reports; when it closes its pipe, the job is over."""
        piece = os.read(job.pipe, 4096)
        job.received += piece
        lines = job.received.split(b"\n")
        if job.process is None and len(lines) > 1:
            job.process = int(lines[0])
            if job.killed:
                self.kill(job, job.killed)
        if piece:
            return
        os.close(job.pipe)
        os.waitpid(job.supervisor, 0)
        del self.jobs[job.number]
        ended: list[Any] = json.loads(lines[1]) if len(lines) > 2 else [None, 0.0, 0]
        status = ended[0]
        self.send_event(
            "gone",
            job=job.number,
            killed=job.killed,
            exit=os.WEXITSTATUS(status) if status is not None and os.WIFEXITED(status) else None,
            signal=os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else None,
            cpu=ended[1],
            memory=ended[2] * 1024,
            processes=job.most_processes,
        )

    def kill(self, job: RunningJob, why: str) -> None:
        """Kill a notebook's process. All that it started ends with it: it was the first of its namespace."""
        job.killed = job.killed or why
        if job.process:
            with contextlib.suppress(ProcessLookupError):
                os.kill(job.process, signal.SIGKILL)

    # ------------------------------------------------------------------------------ memory

    def watch_memory(self) -> None:
        """Kill a submission whose processes together hold more than its limit."""
        if not self.jobs:
            return
        now = time.monotonic()
        if now - getattr(self, "_watched", 0.0) < WATCH_SECONDS:
            return
        self._watched = now
        for job in self.jobs.values():
            if job.process and self.memory_of(job) > job.limits["memory"]:
                self.kill(job, "memory")

    def memory_of(self, job: RunningJob) -> int:
        """Bytes that a submission holds beyond what it shares with the server; exact near the limit."""
        processes = descendants(job.process) if job.process else set()
        job.most_processes = max(job.most_processes, len(processes))
        total = sum(resident(process) - self.base_resident() for process in processes)
        if total <= job.limits["memory"]:
            return total
        return sum(proportional(process) for process in processes)

    def base_resident(self) -> int:
        """Bytes that the server itself holds."""
        if not hasattr(self, "_base_resident"):
            self._base_resident = resident(os.getpid())
        return self._base_resident


def descendants(process: int) -> set[int]:
    """A process and all that it started; orphans belong to the first process of their namespace."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{name}/stat") as file:
                parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
    family = {process}
    while True:
        more = {child for child, parent in parents.items() if parent in family} - family
        if not more:
            return family
        family |= more


def resident(process: int) -> int:
    """Bytes of memory a process holds, shared ones included."""
    with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{process}/statm") as file:
        return int(file.read().split()[1]) * PAGE
    return 0


def proportional(process: int) -> int:
    """Bytes of memory a process holds, shared pages in equal parts; all of it if that cannot be read."""
    with contextlib.suppress(OSError), open(f"/proc/{process}/smaps_rollup") as file:
        for line in file:
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return resident(process)


def give_up_root(options: Mapping) -> str:
    """Become the unprivileged user that submissions run as.

    Returns
    -------
    str
        Empty, or one sentence why nothing could be executed as that user.
    """
    reason = ""
    try:
        if options["own_proc"]:
            # bubblewrap's own /proc would be covered in part, and then no submission could mount its own
            mounted = isolation.libc.mount(b"proc", b"/proc", b"proc", 2 | 4 | 8, None)
            isolation.check_call(mounted, "/proc")
        else:
            isolation.make_readable(options["readable"])
    except OSError as error:
        reason = f" ({error})"
    isolation.drop_to(options["uid"], options["uid"])
    needed = [os.path.dirname(os.__file__), sys.prefix, os.path.dirname(__file__)]
    unreadable = next((path for path in needed if not os.access(path, os.R_OK | os.X_OK)), None)
    if unreadable is None:
        return ""
    return (
        f"{unreadable} cannot be read by the unprivileged user that submissions run as{reason}; "
        "install bubblewrap (apt-get install bubblewrap), grade as an ordinary user, "
        "or use a Python and a checkout outside of root's home"
    )


def main() -> None:
    """Start as told on the command line: the number of the control connection, then the options as JSON."""
    control = socket.socket(fileno=int(sys.argv[1]))
    options = json.loads(sys.argv[2])
    problem = give_up_root(options) if os.geteuid() == 0 and options["uid"] else ""
    if problem:
        control.sendall(json.dumps({"event": "refused", "why": problem}).encode())
        return
    sys.path[:] = [path for path in sys.path if path]
    datasets = options["datasets"]
    home = options["home"]
    os.chdir(home)
    os.environ.clear()
    os.environ.update(isolation.environment(home))
    os.environ["MPLCONFIGDIR"] = os.path.join(home, ".matplotlib")
    os.environ["IPYTHONDIR"] = os.path.join(home, ".ipython")
    if datasets:
        os.environ["HOLDOUT_DATASETS"] = datasets
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = ForkServer(control, options)
    server.prepare()
    server.serve()


if __name__ == "__main__":
    main()
