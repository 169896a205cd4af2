"""The fork server: imports the scientific stack once and forks once per submission.

It never sees a submission: it forks, keeps the process identifiers, watches memory, kills on request and
reports how a process ended. The connection of each submission is passed directly to its fork. Per
submission there are three processes: a supervisor, which enters new namespaces and waits; its child, which
isolates itself, is the first process of the namespaces, and waits for all others in it; and the child of
that, which runs the notebook and may end without taking its copies along (see :mod:`grader.sandbox.worker`).
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
END_SECONDS = 0.5
PAGE = mmap.PAGESIZE
SHARED = "Submissions share processes and files"


class RunningJob:
    """What the server knows about the processes of one submission."""

    def __init__(self, number: int, supervisor: int, pipe: int, limits: Mapping):
        self.number, self.supervisor, self.pipe, self.limits = number, supervisor, pipe, limits
        self.process: int | None = None  # the first process of its namespaces
        self.killed = ""
        self.received = b""
        self.most_processes = 0
        self.used = 0.0


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
        self.namespaces = bool(options["isolate_jobs"])

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
        self.namespaces = self.namespaces and not any(text.startswith(SHARED) for text in missing)
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
            missing.append(f"{SHARED} with the server ({error.strerror}).")
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
                if command["ended"]:
                    self.await_end(job)
                self.kill(job, "asked")
            elif command["do"] == "interrupt":
                # all of them, as in a notebook; those of ours that wait do not mind
                signal_all(self.processes_of(job) - {job.process}, signal.SIGINT)
                self.send_event("interrupted", job=job.number)
            elif command["do"] == "stop":
                named = {one for one in self.processes_of(job) if inner_number(one) == command["process"]}
                signal_all(named - {job.process}, signal.SIGKILL)
                self.send_event("stopped", job=job.number)
            elif command["do"] == "usage":
                self.send_event("usage", job=job.number, cpu=self.usage_of(job))
        return True

    def processes_of(self, job: RunningJob) -> set[int]:
        """The processes of a submission that exist now."""
        return descendants(job.process) if job.process else set()

    def usage_of(self, job: RunningJob) -> float:
        """Processor seconds of a submission so far."""
        return sum(processor_seconds(one) for one in self.processes_of(job))

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
        """In the supervisor: wait for the first process and report how the notebook's process ended."""
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
            process = os.fork()
            if process == 0:
                os.close(report)
                isolation.die_with_parent()
                worker.run(descriptor, self.shell, command["limits"])
            os.close(descriptor)
            isolation.hide_from_others()
            wait_for_all(process, report)

        _, usage = self.fork_isolated(command["limits"], inside, [descriptor, report], announce)
        line = [usage.ru_utime + usage.ru_stime, usage.ru_maxrss]
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
        reports = [json.loads(line) for line in lines[1:-1]]
        used = reports.pop() if reports else [0.0, 0]
        status = reports[0] if reports else signal.SIGKILL  # it had not ended before all were killed
        self.send_event(
            "gone",
            job=job.number,
            killed=job.killed,
            exit=os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
            signal=os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
            cpu=max(used[0], job.used),
            memory=used[1] * 1024,
            processes=job.most_processes,
        )

    def await_end(self, job: RunningJob) -> None:
        """Wait a moment for the report on a notebook's process that has ended."""
        until = time.monotonic() + END_SECONDS
        while job.number in self.jobs and job.received.count(b"\n") < 2:
            if not select.select([job.pipe], [], [], max(0.0, until - time.monotonic()))[0]:
                return
            self.read_report(job)

    def kill(self, job: RunningJob, why: str) -> None:
        """Kill all processes of a job: with the first of a namespace the kernel ends all others in it."""
        job.killed = job.killed or why
        if job.process:
            # the kernel does not add up what the processes of a namespace used that are killed with it
            job.used = max(job.used, self.usage_of(job))
            signal_all({job.process} if self.namespaces else self.processes_of(job), signal.SIGKILL)

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
        processes = self.processes_of(job) - {job.process}
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


def wait_for_all(notebook: int, report: int) -> None:
    """Be the first process of a namespace: collect all that end, and report how the notebook's process did.

    Parameters
    ----------
    notebook : int
        Number of the notebook's process.
    report : int
        Descriptor to write the report to. The processes of the submission do not have it.
    """
    with contextlib.suppress(ChildProcessError):
        while True:
            process, status = os.wait()
            if process == notebook:
                os.write(report, json.dumps(status).encode() + b"\n")
    os._exit(0)


def signal_all(processes: Iterable[int], number: int) -> None:
    """Send a signal to each of these processes that still exists."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process, number)


def inner_number(process: int) -> int:
    """The number that a process has in its own namespace; -1 if it is gone."""
    with contextlib.suppress(OSError, ValueError), open(f"/proc/{process}/status") as file:
        for line in file:
            if line.startswith("NSpid:"):
                return int(line.split()[-1])
    return -1


def processor_seconds(process: int) -> float:
    """Processor time of a process and of those of its children that have ended and were collected."""
    with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{process}/stat") as file:
        return sum(map(int, file.read().rpartition(")")[2].split()[11:15])) / os.sysconf("SC_CLK_TCK")
    return 0.0


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
