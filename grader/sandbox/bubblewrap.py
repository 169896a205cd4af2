"""The sandbox around the whole fork server, once: builds bubblewrap's command line, and starts nothing.

Bubblewrap shows the server a file system of libraries, this package and the data, and nothing else: no
course, no gradebook, no submissions, no network, no environment.
"""

import os
import pathlib
import shutil
import site
import sys

from holdout.paths import INSTALLED, find_datasets

INSIDE = "/course"
HOME = "/tmp/server"
ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "fonts", "localtime", "alternatives", "mime.types")
UNPRIVILEGED = 65534
GRADER = pathlib.Path(__file__).resolve().parents[1]
INSTALL = "apt-get install bubblewrap"  # on Debian and Ubuntu


def library_paths() -> list[str]:
    """Folders of the interpreter and its packages, without those that lie below another one."""
    candidates = ["/usr", sys.prefix, sys.base_prefix, sys.exec_prefix, *site.getsitepackages()]
    if site.ENABLE_USER_SITE:
        candidates.append(site.getusersitepackages())
    real = {os.path.realpath(path) for path in candidates} | {os.path.abspath(path) for path in candidates}
    chosen: list[str] = []
    for path in sorted(real):
        if os.path.isdir(path) and not any(_below(path, other) for other in chosen):
            chosen.append(path)
    return chosen


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def exposed_course() -> pathlib.Path | None:
    """The course's folder if it lies below a library folder, where submissions could read it; else None."""
    root = INSTALLED
    if (root / "solutions").is_dir() and any(_below(str(root), path) for path in library_paths()):
        return root
    return None


def platform_supported() -> bool:
    """Whether this operating system can isolate submissions at all."""
    return sys.platform == "linux"


def find_bubblewrap() -> str | None:
    """Path of the bubblewrap program, or None."""
    return shutil.which("bwrap") if sys.platform == "linux" else None


def bubblewrap_command(program: str, command: list[str]) -> list[str]:
    """The command line that runs `command` inside bubblewrap.

    Parameters
    ----------
    program : str
        Path of bubblewrap.
    command : list of str

    Returns
    -------
    list of str

    Notes
    -----
    An ordinary user gets a user namespace from bubblewrap. Root does not need one: bubblewrap builds the
    view with root's rights (an interpreter below /root stays reachable), and the server gives up root
    before it imports anything.
    """
    line = [program, "--die-with-parent", "--new-session", "--clearenv", "--setenv", "LANG", "C.UTF-8"]
    line += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    line += ["--hostname", "grading", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", HOME]
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        path = f"/{name}"
        if os.path.islink(path):
            line += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            line += ["--ro-bind", path, path]
    binds = [
        (path, path) for path in [*library_paths(), *(f"/etc/{name}" for name in ETC)] if os.path.exists(path)
    ]
    binds += [(str(path), f"{INSIDE}/{name}") for path, name in _course_parts()]
    for source, target in binds:
        for parent in reversed(
            pathlib.Path(target).parents[:-1]
        ):  # bubblewrap's own parents are root's alone
            line += ["--dir", str(parent)]
        line += ["--ro-bind", os.path.realpath(source), target]
    if os.geteuid() == 0:
        line += ["--dir", "/proc", "--chmod", "1777", "/tmp", "--chmod", "0777", HOME, "--cap-drop", "ALL"]
        for name in ("SETUID", "SETGID", "SYS_ADMIN"):  # to mount /proc and to give up root; gone with it
            line += ["--cap-add", f"CAP_{name}"]
    else:
        line += ["--unshare-user", "--proc", "/proc"]
    return [*line, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", INSIDE, *command]


def _course_parts() -> list[tuple[pathlib.Path, str]]:
    """What of this course is needed inside: code of two packages (it holds no solution) and the data."""
    import holdout

    parts = [
        (pathlib.Path(holdout.__file__).resolve().parent, "holdout"),
        (GRADER / "__init__.py", "grader/__init__.py"),
        (GRADER / "sandbox", "grader/sandbox"),
    ]
    datasets = find_datasets()
    return parts + ([(datasets, "datasets")] if datasets else [])


def readable_without_bubblewrap() -> list[str]:
    """The paths that Landlock lets submissions read if no bubblewrap narrows the view."""
    parts = [str(path) for path, _ in _course_parts()]
    system = ["/bin", "/lib", "/lib64", "/proc", *(f"/etc/{name}" for name in ETC)]
    return [*library_paths(), *system, *parts]
