"""Runs a Python module where a hostile program harms nothing: nothing to write to, no network, few processes.

It is no part of the grader: it holds when the grader's own isolation fails. Needs bubblewrap; as root setpriv.
"""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
ORDINARY = 65533
INSIDE = "/tmp/result"


def run(module, *arguments, folder, ordinary, timeout):
    """Run ``python -m module`` contained.

    Parameters
    ----------
    module : str
    *arguments : str
    folder : path
        The only place that can be written; inside it is called `INSIDE`.
    ordinary : bool
        As an ordinary user; False for root, which only root can ask for.
    timeout : float
        Seconds.

    Returns
    -------
    subprocess.CompletedProcess
    """
    folder = pathlib.Path(folder)
    line = ["bwrap", "--die-with-parent", "--new-session", "--ro-bind", "/", "/", "--dev", "/dev"]
    line += ["--tmpfs", "/tmp"]
    # a checkout or an environment below /tmp would be hidden by that
    for path in dict.fromkeys(pathlib.Path(path).resolve() for path in (sys.prefix, sys.base_prefix, ROOT)):
        if path.is_relative_to("/tmp"):
            for parent in reversed(path.parents[:-2]):  # bubblewrap's own parents would be root's alone
                line += ["--dir", str(parent)]
            line += ["--ro-bind", str(path), str(path)]
    line += ["--bind", str(folder), INSIDE, "--unshare-pid", "--unshare-net"]
    line += ["--unshare-ipc", "--unshare-uts"]
    inside = ["prlimit", "--nproc=400", "--as=8589934592", "--core=0", "--fsize=1073741824"]
    inside += [sys.executable, "-m", module, *arguments]
    if os.geteuid() == 0:
        line += ["--dir", "/proc", "--cap-add", "ALL", "--chmod", "1777", "/tmp"]
        if ordinary:
            folder.chmod(0o777)
            line += _reachable([sys.prefix, sys.base_prefix, ROOT])
            identity = [f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups", "--bounding-set=-all"]
            inside = ["setpriv", *identity, *inside]
        # bubblewrap's own /proc is covered in part, in which an ordinary user could not make another one
        inside = ["sh", "-c", 'mount -t proc proc /proc && exec "$@"', "sh", *inside]
    else:
        line += ["--unshare-user", "--proc", "/proc"]
    environment = {
        "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": "/tmp",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    return subprocess.run(
        [*line, "--chdir", str(ROOT), *inside],
        env=environment,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )


def _reachable(paths):
    """Show an ordinary user an interpreter that lies in root's own folder, and nothing else of it."""
    line = []
    for path in dict.fromkeys(pathlib.Path(path).resolve() for path in paths):
        blocked = [parent for parent in path.parents if not parent.stat().st_mode & 1]
        if blocked:
            line += ["--tmpfs", str(blocked[-1]), "--chmod", "755", str(blocked[-1])]
            below = [parent for parent in reversed(path.parents) if blocked[-1] in parent.parents]
            line += [part for parent in below for part in ("--dir", str(parent))]
            line += ["--ro-bind", str(path), str(path)]
    return line
