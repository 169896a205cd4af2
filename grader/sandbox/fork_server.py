"""The fork server inside the outer wall: imports the scientific stack once, forks once a submission.

It never sees a submission: it forks, keeps the process identifiers, watches memory, kills on request and
reports how a process ended. The connection of each submission is handed straight to the fork.
"""

import array
import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time

from grader.sandbox import isolation as inner
from grader.sandbox import worker

MESSAGE_BYTES = 65_536
WATCH_SECONDS = 0.1
PAGE = os.sysconf("SC_PAGE_SIZE")


class Job:
    """One submission's process, as the server knows it."""

    def __init__(self, number, keeper, pipe, limits):
        self.number, self.keeper, self.pipe, self.limits = number, keeper, pipe, limits
        self.process = None  # the process that runs the notebook
        self.killed = ""
        self.heard = b""
        self.most_processes = 0


class Zygote:
    """The server.

    Parameters
    ----------
    control : socket.socket
        Where the orders come from.
    options : Mapping
        ``readable`` paths and whether a bubblewrap stands around the server.
    """

    def __init__(self, control, options):
        self.control, self.options = control, options
        self.jobs = {}
        self.shell = None
        self.base_memory = 0

    def prepare(self):
        """Import, warm up, and find out how much of the inner wall this machine offers."""
        absent = []
        for name in self.options["preload"]:
            try:
                importlib.import_module(name)
            except ImportError:
                absent.append(name)
        missing = []
        if self.options["shell"]:
            self.shell = worker.make_shell()
            worker.warm_up(self.shell)
        threads = len(os.listdir("/proc/self/task"))
        with open("/proc/self/statm") as file:
            self.base_memory = int(file.read().split()[0]) * PAGE
        missing += self.try_inner_wall()
        gc.collect()
        gc.freeze()
        self.say(say="ready", missing=missing, absent=absent, threads=threads, memory=self.base_memory)

    def try_inner_wall(self):
        """Build the inner wall once for nobody, and hear what it lacks."""
        read_end, write_end = os.pipe()
        keeper = os.fork()
        if keeper == 0:
            limits = {"disk": 1 << 20, "memory": 1 << 30, "processes": 8, "notebook_seconds": 10}
            missing = self.build_wall(
                limits, lambda missing: os.write(write_end, json.dumps(missing).encode())
            )
            os._exit(0 if missing is None else 1)
        os.close(write_end)
        heard = b""
        while piece := os.read(read_end, MESSAGE_BYTES):
            heard += piece
        os.close(read_end)
        os.waitpid(keeper, 0)
        return json.loads(heard) if heard else ["The inner wall could not be tried."]

    def build_wall(self, limits, inside, keep=(), on_fork=None):
        """Fork behind the inner wall; returns in the keeper, with status and usage of the ended process."""
        missing, walled = [], self.options["inner_wall"]
        namespaces = walled
        try:
            if walled:
                inner.new_namespaces()
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
            inner.die_with_parent()
            if keep:
                inner.keep_only(keep)
            if walled:
                missing += inner.shut_in(
                    limits,
                    base_memory=self.base_memory,
                    readable=self.options["readable"],
                    namespaces=namespaces,
                )
            inside(missing)
        finally:
            os._exit(71)

    # -------------------------------------------------------------------------------- orders

    def say(self, **message):
        self.control.sendall(json.dumps(message).encode())

    def serve(self):
        """Obey until the other end of the control connection closes."""
        while True:
            sources = [self.control, *(job.pipe for job in self.jobs.values())]
            ready, _, _ = select.select(sources, [], [], WATCH_SECONDS if self.jobs else None)
            if self.control in ready and not self.obey():
                break
            for job in list(self.jobs.values()):
                if job.pipe in ready:
                    self.hear(job)
            self.watch_memory()
        for job in list(self.jobs.values()):
            self.kill(job, "closed")

    def obey(self):
        data, ancillary, _, _ = self.control.recvmsg(MESSAGE_BYTES, socket.CMSG_SPACE(4))
        if not data:
            return False
        order = json.loads(data)
        descriptors = array.array("i")
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                descriptors.frombytes(content[: len(content) - len(content) % 4])
        if order["do"] == "start":
            self.start(order, descriptors[0])
            os.close(descriptors[0])
        elif job := self.jobs.get(order["job"]):
            if order["do"] == "kill":
                self.kill(job, "asked")
            elif order["do"] == "interrupt":
                if job.process:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(job.process, signal.SIGINT)
                self.say(say="interrupted", job=job.number)
        return True

    def start(self, order, descriptor):
        """Fork a keeper, which goes behind the wall and forks the process of the notebook."""
        read_end, write_end = os.pipe()
        keeper = os.fork()
        if keeper == 0:
            try:
                self.keep(order, descriptor, write_end)
            finally:
                os._exit(72)
        os.close(write_end)
        self.jobs[order["job"]] = Job(order["job"], keeper, read_end, order["limits"])

    def keep(self, order, descriptor, report):
        """In the keeper: wait for the process of the notebook and report how it ended."""
        inner.die_with_parent()
        with contextlib.suppress(PermissionError, ProcessLookupError):
            os.setsid()
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
        self.control.close()

        def tell(process):
            os.close(descriptor)
            os.write(report, f"{process}\n".encode())

        def inside(missing):
            hidden = self.options["inner_wall"] and not missing
            inner.work_folder(order["folder"], "/tmp" if hidden else self.options["home"])
            worker.run(descriptor, self.shell, order["limits"])

        status, usage = self.build_wall(order["limits"], inside, keep=[descriptor], on_fork=tell)
        line = [status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss]
        os.write(report, json.dumps(line).encode() + b"\n")
        os._exit(0)

    def hear(self, job):
        """Read what a keeper reports; at its end the job is over."""
        piece = os.read(job.pipe, 4096)
        job.heard += piece
        lines = job.heard.split(b"\n")
        if job.process is None and len(lines) > 1:
            job.process = int(lines[0])
            if job.killed:
                self.kill(job, job.killed)
        if piece:
            return
        os.close(job.pipe)
        os.waitpid(job.keeper, 0)
        del self.jobs[job.number]
        ended = json.loads(lines[1]) if len(lines) > 2 else [None, 0.0, 0]
        status = ended[0]
        self.say(
            say="gone",
            job=job.number,
            killed=job.killed,
            exit=os.WEXITSTATUS(status) if status is not None and os.WIFEXITED(status) else None,
            signal=os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else None,
            cpu=ended[1],
            memory=ended[2] * 1024,
            processes=job.most_processes,
        )

    def kill(self, job, why):
        """Kill a notebook's process; all that it started ends with it: it was the first of its namespace."""
        job.killed = job.killed or why
        if job.process:
            with contextlib.suppress(ProcessLookupError):
                os.kill(job.process, signal.SIGKILL)

    # -------------------------------------------------------------------------------- memory

    def watch_memory(self):
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

    def memory_of(self, job):
        """Bytes that a submission holds beyond what it shares with the server; exact when it matters."""
        processes = descendants(job.process)
        job.most_processes = max(job.most_processes, len(processes))
        total = sum(resident(process) - self.base_resident() for process in processes)
        if total <= job.limits["memory"]:
            return total
        return sum(proportional(process) for process in processes)

    def base_resident(self):
        if not hasattr(self, "_base_resident"):
            self._base_resident = resident(os.getpid())
        return self._base_resident


def descendants(process):
    """A process and all that it started; orphans belong to the first process of their namespace."""
    parents = {}
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


def resident(process):
    """Bytes of memory a process holds, shared ones included."""
    with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{process}/statm") as file:
        return int(file.read().split()[1]) * PAGE
    return 0


def proportional(process):
    """Bytes of memory a process holds, shared ones in parts; its whole memory if that cannot be read."""
    with contextlib.suppress(OSError), open(f"/proc/{process}/smaps_rollup") as file:
        for line in file:
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return resident(process)


def main():
    """Start as told on the command line: the number of the control connection, then the options as JSON."""
    control = socket.socket(fileno=int(sys.argv[1]))
    options = json.loads(sys.argv[2])
    if options[
        "own_proc"
    ]:  # started by root: bubblewrap's own /proc would be covered in part, which the kernel remembers
        inner.check(inner.libc.mount(b"proc", b"/proc", b"proc", 2 | 4 | 8, None), "/proc")
    if os.geteuid() == 0 and options["uid"]:
        inner.drop_to(options["uid"], options["uid"])
    sys.path[:] = [path for path in sys.path if path]
    datasets = options["datasets"]
    home = options["home"]
    os.environ.clear()
    os.environ.update(inner.environment(home))
    os.environ["MPLCONFIGDIR"] = os.path.join(home, ".matplotlib")
    os.environ["IPYTHONDIR"] = os.path.join(home, ".ipython")
    if datasets:
        os.environ["HOLDOUT_DATASETS"] = datasets
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    zygote = Zygote(control, options)
    zygote.prepare()
    zygote.serve()


if __name__ == "__main__":
    main()
