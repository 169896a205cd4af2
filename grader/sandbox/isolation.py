"""Isolates the process of one submission from the machine and from other submissions. Plain Python and ctypes.

Namespaces, a private file system, resource limits, Landlock, no capabilities, and a system-call filter
(seccomp). Every step that this machine does not offer is reported as one sentence; the caller decides
whether the rest is enough. It works with bubblewrap around it and without.
"""

import contextlib
import ctypes
import os
import pathlib
import platform
import signal
import stat
import struct
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from grader.sandbox import seccomp

try:
    import resource
except ImportError:  # Windows has no such module; nothing below is called there
    resource = None  # type: ignore[assignment]

NEW_MOUNTS, NEW_CGROUP, NEW_UTS, NEW_IPC = 0x20000, 0x02000000, 0x04000000, 0x08000000
NEW_USER, NEW_PIDS, NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000
BIND, RECURSIVE, PRIVATE, NOSUID, NODEV, NOEXEC = 0x1000, 0x4000, 1 << 18, 2, 4, 8
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
CAPSET = {"x86_64": 126, "aarch64": 91}
CLOSE_RANGE = 436
RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE = 11, 12  # Linux has them, the module resource has not

libc: Any = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def check_call(result: int, what: str) -> int:
    """Return the result of a C function, or raise an OSError that says what was tried if it is negative."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def die_with_parent() -> None:
    """Have the kernel kill this process when the one that started it ends."""
    check_call(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "death signal")


def hide_from_others() -> None:
    """Let no other process of the same user look into this one or change it."""
    with contextlib.suppress(OSError):
        check_call(libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable")


def drop_to(uid: int, gid: int) -> None:
    """Give up root for good, and keep /proc/self readable."""
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    check_call(libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "dumpable")


def make_readable(paths: Iterable[str]) -> None:
    """Let an ordinary user reach paths that lie in a folder which only root may enter.

    Called by root before it gives up its rights. An interpreter below root's home is the usual case. In a
    mount namespace of its own the closed folder is replaced by an empty one that holds these paths and
    nothing else; the rest of the machine sees no change.

    Parameters
    ----------
    paths : iterable of str
        Files and folders; those that do not exist or are not in a closed folder are left alone.

    Raises
    ------
    OSError
        If the machine does not let root do that (in a container without the right to mount).
    """
    closed: dict[str, list[str]] = {}
    for path in paths:
        above = [str(parent) for parent in reversed(pathlib.Path(path).parents)]
        blocked = [parent for parent in above if os.path.isdir(parent) and not os.stat(parent).st_mode & 1]
        if blocked and os.path.exists(path):
            closed.setdefault(blocked[0], []).append(path)
    if not closed:
        return
    check_call(libc.unshare(NEW_MOUNTS), "mount namespace")
    check_call(libc.mount(None, b"/", None, RECURSIVE | PRIVATE, None), "private mounts")
    for folder, inside in closed.items():
        with _kept_in_view(inside):
            options = b"size=1m,nr_inodes=10000,mode=0755"
            check_call(libc.mount(b"tmpfs", folder.encode(), b"tmpfs", NOSUID | NODEV, options), folder)


@contextlib.contextmanager
def _kept_in_view(paths):
    """Show these files and folders at their old place after something has been mounted over it."""
    held = [(path, os.open(path, os.O_PATH)) for path in paths]
    yield
    for path, handle in held:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            os.makedirs(path, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))
        source = f"/proc/self/fd/{handle}".encode()
        check_call(libc.mount(source, path.encode(), None, BIND | RECURSIVE, None), f"view of {path}")
        os.close(handle)


def new_namespaces() -> None:
    """Enter new namespaces of users, mounts, processes, network, messages, host names and control groups.

    The next fork is the first process of a new process namespace: when it ends, the kernel ends everything
    in it.

    Raises
    ------
    OSError
        If the machine does not let an ordinary user do that.
    """
    uid, gid = os.getuid(), os.getgid()
    flags = NEW_USER | NEW_MOUNTS | NEW_PIDS | NEW_NETWORK | NEW_IPC | NEW_UTS | NEW_CGROUP
    check_call(libc.unshare(flags), "namespaces")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def private_files(size: int, readable: Iterable[str] = ()) -> None:
    """Mount a private, small, empty /tmp and /dev/shm, and a /proc that shows only the own processes.

    Parameters
    ----------
    size : int
        Bytes in /tmp; /dev/shm has a quarter of it.
    readable : iterable of str
        Of these paths, those below /tmp (a checkout made there) stay visible; so does the interpreter.
    """
    check_call(libc.mount(None, b"/", None, RECURSIVE | PRIVATE, None), "private mounts")
    wanted = {*readable, *(os.path.realpath(path) for path in (sys.prefix, sys.base_prefix))}
    below = sorted(path for path in wanted if path.startswith("/tmp/") and os.path.exists(path))
    with _kept_in_view(below):
        for path, share in (("/tmp", size), ("/dev/shm", size // 4)):
            options = f"size={share},nr_inodes=10000,mode=0700".encode()
            mounted = libc.mount(b"tmpfs", path.encode(), b"tmpfs", NOSUID | NODEV, options)
            check_call(mounted, f"private {path}")
    check_call(libc.mount(b"proc", b"/proc", b"proc", NOSUID | NODEV | NOEXEC, None), "private /proc")


def limit_resources(limits: Mapping, base_memory: int) -> None:
    """Set the limits that the kernel keeps for each process.

    Parameters
    ----------
    limits : Mapping
        See :class:`grader.sandbox.limits.Limits`.
    base_memory : int
        Bytes of address space that the preloaded libraries take.
    """
    cpu = int(limits["notebook_seconds"]) + 5
    values = {
        resource.RLIMIT_AS: base_memory + int(limits["memory"]),
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_FSIZE: int(limits["disk"]),
        resource.RLIMIT_NPROC: int(limits["processes"]),
        resource.RLIMIT_NOFILE: 256,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 1 << 20,
        RLIMIT_SIGPENDING: 256,
        RLIMIT_MSGQUEUE: 0,
    }
    for number, value in values.items():
        hard = resource.getrlimit(number)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (value, value))


def landlock_version() -> int:
    """Version of the kernel's Landlock; 0 if it has none."""
    return max(0, libc.syscall(LANDLOCK_CREATE, None, 0, 1))


def landlock(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Allow reading and executing below some paths, writing below others, and nothing else.

    From version 4 it refuses TCP too, from version 6 signals and abstract sockets to the outside.

    Raises
    ------
    OSError
        If the kernel has no Landlock.
    """
    version = landlock_version()
    if version < 1:
        raise OSError(0, "the kernel has no Landlock")
    everything = (1 << 13) - 1
    everything |= (
        (1 << 13 if version >= 2 else 0) | (1 << 14 if version >= 3 else 0) | (1 << 15 if version >= 5 else 0)
    )
    fields = [everything, 3 if version >= 4 else 0, 3 if version >= 6 else 0]
    attributes = struct.pack("QQQ", *fields)[: 8 if version < 4 else 16 if version < 6 else 24]
    rules = check_call(libc.syscall(LANDLOCK_CREATE, attributes, len(attributes), 0), "Landlock")
    read = 1 | 1 << 2 | 1 << 3
    for_files = 1 | 1 << 1 | 1 << 2 | (everything & (1 << 14 | 1 << 15))
    read_and_write_file = 1 << 1 | 1 << 2
    devices = [
        (f"/dev/{name}", read_and_write_file) for name in ("null", "zero", "full", "urandom", "random")
    ]
    allowed = [(path, read) for path in readable] + [(path, everything) for path in writable] + devices
    for path, access in allowed:
        try:
            handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            access &= for_files
        check_call(
            libc.syscall(LANDLOCK_ADD, rules, 1, struct.pack("=Qi", access, handle), 0),
            f"Landlock rule for {path}",
        )
        os.close(handle)
    check_call(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
    check_call(libc.syscall(LANDLOCK_RESTRICT, rules, 0), "Landlock")
    os.close(rules)


def drop_capabilities() -> None:
    """Give up every capability, also those that a namespace gave."""
    for number in range(64):
        libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)
    call = CAPSET.get(platform.machine())
    if call is None:
        raise OSError(
            0, f"the number of the call that drops capabilities is not known for {platform.machine()}"
        )
    header, data = struct.pack("Ii", 0x20080522, 0), struct.pack("IIIIII", 0, 0, 0, 0, 0, 0)
    check_call(libc.syscall(call, header, data), "capabilities")


def keep_only(descriptors: Iterable[int]) -> None:
    """Close every file descriptor but these and the standard three."""
    low = 3
    for number in [*sorted(descriptors), None]:
        high = 0xFFFFFFFF if number is None else number - 1
        if high >= low and libc.syscall(CLOSE_RANGE, low, high, 0) != 0:
            os.closerange(low, min(high + 1, 65536))
        low = high + 2


def apply_isolation(limits: Mapping, *, base_memory: int, readable: list[str], namespaces: bool) -> list[str]:
    """Do everything that happens inside the new namespaces, in the only order that works.

    Parameters
    ----------
    limits : Mapping
    base_memory : int
    readable : list of str
        What Landlock lets be read.
    namespaces : bool
        Whether :func:`new_namespaces` succeeded; without, there are no private files.

    Returns
    -------
    list of str
        What this machine does not offer, one sentence each.
    """
    missing: list[str] = []

    def attempt(sentence: str, action: Callable, *arguments: object) -> None:
        try:
            action(*arguments)
        except OSError as error:
            missing.append(f"{sentence} ({error.strerror or error}).")

    if namespaces:
        attempt("Submissions have no private file system", private_files, int(limits["disk"]), readable)
    attempt(
        "There are no limits on memory, processor time and processes", limit_resources, limits, base_memory
    )
    with contextlib.suppress(OSError):
        check_call(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
    attempt("Landlock does not restrict files and signals", landlock, readable, ["/tmp", "/dev/shm"])
    if namespaces:
        attempt("Capabilities could not be dropped", drop_capabilities)
    attempt("System calls are not filtered", seccomp.install, libc)
    return missing


def work_folder(name: str, below: str) -> str:
    """Make and enter the folder that the notebook runs in, and set the environment that it sees.

    Parameters
    ----------
    name : str
        Its last part, the name of the exercise.
    below : path
        A new folder is made there.

    Returns
    -------
    str
    """
    private = tempfile.mkdtemp(prefix="work-", dir=below)
    folder = os.path.join(private, name)
    os.mkdir(folder)
    os.chdir(folder)
    datasets = os.environ.get("HOLDOUT_DATASETS", "")
    os.environ.clear()
    os.environ.update(environment(folder, private))
    if datasets:
        os.environ["HOLDOUT_DATASETS"] = datasets
    return folder


def environment(home: str, temporary: str = "/tmp") -> dict[str, str]:
    """All environment variables that a submission sees."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": home,
        "TMPDIR": temporary,
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MPLCONFIGDIR": os.path.join(temporary, ".matplotlib"),
        "IPYTHONDIR": os.path.join(temporary, ".ipython"),
        "NBGRADER_EXECUTION": "autograde",
        "HOLDOUT_PROGRESS": "off",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
