"""Executes one submission in a process of its own, without isolation: for systems that offer none.

Everything is imported again for each submission, which is slow, and only the limits that the operating system
keeps hold. Other people's work is executed like this only where the instructor says so (``--unsafe``).
"""

import contextlib
import json
import os
import socket
import sys

from grader.sandbox import worker


def main() -> None:
    """Take the number of the connection, the limits and the folders from the command line, and serve."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    order = json.loads(sys.argv[2])
    with contextlib.suppress(ImportError, OSError, ValueError):
        from grader.sandbox import isolation

        isolation.limit_resources(order["limits"], 4 << 30)
    os.chdir(order["folder"])
    sys.path[:] = [path for path in sys.path if path]
    worker.run(connection.detach(), worker.make_shell(), order["limits"])


if __name__ == "__main__":
    main()
