"""Runs the cells and probes of one submission, inside the sandbox, one request at a time.

After a cell the grader may ask for a copy of the process (a fork). The copy keeps this moment and answers probes later, over
a connection of its own; the notebook goes on in the original.

The grader trusts nothing that comes from here: the learner's code shares this process and may change all of it.
"""

import base64
import contextlib
import io
import json
import os
import pathlib
import random
import signal
import socket
import struct
import sys
import threading
import types
from collections.abc import Mapping
from typing import Any

from grader.sandbox.protocol import CUT_NOTICE

HEADER = struct.Struct(">I")
FLUSH_AT = 16_384
# A learner who replaces one of these in a scratch cell must not cut the connection. (Whoever means to can still do it.)
_dumps, _loads, _read, _write, _own_number = json.dumps, json.loads, os.read, os.write, os.getpid
LAST_WORDS = 16_384  # bytes of an error or a result that comes after a cell's output has reached its limit


class Channel:
    """The worker's end of the connection with the grader; of the process that made it alone."""

    def __init__(self, descriptor: int):
        self.descriptor = descriptor
        self._owner = _own_number()

    @property
    def is_ours(self) -> bool:
        """False in a process that the learner's code has forked, by itself or through multiprocessing."""
        return _own_number() == self._owner

    def send(self, message: dict) -> None:
        """Send a message. A process that the learner's code has forked ends here: one answer is enough."""
        if not self.is_ours:
            os._exit(0)
        try:
            body = _dumps(message, allow_nan=False).encode("utf-8", "backslashreplace")
        except (ValueError, RecursionError):
            body = _dumps({"token": message.get("token"), "unsendable": True}).encode()
        view = memoryview(HEADER.pack(len(body)) + body)
        while view:
            view = view[_write(self.descriptor, view) :]

    def receive(self) -> dict | None:
        """The next request, or None at the end."""
        header = self._read(HEADER.size)
        if header is None:
            return None
        body = self._read(HEADER.unpack(header)[0])
        return None if body is None else _loads(body)

    def receive_descriptor(self) -> int:
        """The file descriptor that follows a request."""
        connection = socket.socket(fileno=self.descriptor)
        try:
            _, descriptors, _, _ = socket.recv_fds(connection, 1, 1)
        finally:
            connection.detach()
        return descriptors[0]

    def _read(self, size):
        parts = bytearray()
        while len(parts) < size:
            piece = _read(self.descriptor, min(size - len(parts), 1 << 18))
            if not piece:
                return None
            parts += piece
        return bytes(parts)


def _print_from_a_fork(text):
    """What a forked process prints goes where started programs print: it is shown at the end of the cell."""
    with contextlib.suppress(OSError):
        _write(1, text.encode("utf-8", "replace"))


class OutputSender:
    """Sends the outputs of the cell that runs now; drops what is over the limit or comes between cells."""

    def __init__(self, channel: Channel):
        self.channel = channel
        self.lock = threading.RLock()
        self.token: str | None = None
        self.cell_left = self.all_left = 0
        self.pending: list | None = None
        self.full = self.ended = False

    def begin(self, token: str, limits: Mapping[str, Any]) -> None:
        with self.lock:
            self.token, self.cell_left = token, limits["cell_output_bytes"]
            self.full = self.ended = False

    def end(self) -> None:
        with self.lock:
            self.flush()
            self.token = None

    def write(self, name: str, text: str) -> None:
        if not self.channel.is_ours:
            _print_from_a_fork(text)
            return
        with self.lock:
            if self.token is None or self.full:
                return
            if self.pending and self.pending[0] != name:
                self.flush()
            if self.pending is None:
                self.pending = [name, [], 0]
            room = max(0, min(self.cell_left, self.all_left) - self.pending[2])
            piece = text[:room]  # characters first: a huge text is not encoded as a whole
            self.pending[1].append(piece)
            self.pending[2] += len(piece.encode("utf-8", "replace"))
            if len(piece) < len(text) or self.pending[2] >= min(self.cell_left, self.all_left):
                self.flush()
                self._say_full()
            elif self.pending[2] >= FLUSH_AT:
                self.flush()

    def flush(self) -> None:
        if not self.channel.is_ours:
            return
        with self.lock:
            if self.pending and self.token is not None:
                name, parts, _ = self.pending
                self.pending = None
                self._spend_and_send({"output_type": "stream", "name": name, "text": "".join(parts)})
            self.pending = None

    def rich(self, output: dict) -> None:
        if not self.channel.is_ours:
            _print_from_a_fork(
                "\n".join(output.get("traceback") or []) or output.get("data", {}).get("text/plain", "")
            )
            return
        with self.lock:
            if self.token is None:
                return
            if self.full:
                self._last_words(output)
                return
            self.flush()
            if len(_dumps(output, default=repr)) > min(self.cell_left, self.all_left):
                self._say_full()
                self._last_words(output)
            else:
                self._spend_and_send(output)

    def _last_words(self, output):
        """An error or a result decides about points, so the first one is sent even after too much output, cut to a small size."""
        if self.ended or output["output_type"] not in ("error", "execute_result"):
            return
        if len(_dumps(output, default=repr)) > LAST_WORDS:
            if output["output_type"] == "error":
                output = {**output, "evalue": output["evalue"][:2_000], "traceback": []}
            else:
                output = {**output, "data": {"text/plain": str(output["data"].get("text/plain", ""))[:2_000]}}
        self.ended = True
        self.channel.send({"token": self.token, "output": output})

    def _spend_and_send(self, output):
        size = len(_dumps(output, default=repr))
        self.cell_left -= size
        self.all_left -= size
        self.channel.send({"token": self.token, "output": output})

    def _say_full(self):
        self.full = True
        notice = f"\n{CUT_NOTICE}\n"
        self.channel.send(
            {"token": self.token, "output": {"output_type": "stream", "name": "stdout", "text": notice}}
        )


class Stream(io.TextIOBase):
    """``sys.stdout`` and ``sys.stderr`` of the notebook."""

    def __init__(self, name, output_sender):
        self.name, self._output_sender = f"<{name}>", output_sender
        self._stream = name

    encoding = "UTF-8"
    errors = "replace"

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1 if self._stream == "stdout" else 2

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._output_sender.write(self._stream, text)
        return len(text)

    def flush(self) -> None:
        self._output_sender.flush()


def make_shell() -> Any:
    """An IPython shell as a kernel has one, without a kernel: no sockets, a history in memory only, figures inline."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

    class Publisher(DisplayPublisher):
        output_sender = None

        def publish(self, data, metadata=None, source=None, *, transient=None, update=False, **_):
            if self.output_sender is not None:
                self.output_sender.rich({"output_type": "display_data", "data": _plain(data), "metadata": {}})

        def clear_output(self, wait=False):
            pass

    class Hook(DisplayHook):
        output_sender = None

        def start_displayhook(self):
            pass

        def write_output_prompt(self):
            pass

        def write_format_data(self, format_dict, md_dict=None):
            if self.output_sender is not None:
                self.output_sender.rich(
                    {"output_type": "execute_result", "data": _plain(format_dict), "metadata": {}}
                )

        def finish_displayhook(self):
            pass

    class Shell(InteractiveShell):
        displayhook_class = Type(Hook)
        display_pub_class = Type(Publisher)
        output_sender = None
        collect = None

        def enable_gui(self, gui=None):
            pass

        def system(self, cmd):
            """``!command``: its output becomes the cell's (a kernel opens a terminal; there is none here)."""
            import subprocess

            # it writes to the descriptors 1 and 2, so a command that stays in the background holds nothing up
            done = subprocess.run(["/bin/sh", "-c", self.var_expand(cmd, depth=1)], stdin=subprocess.DEVNULL)
            if self.collect is not None:
                self.collect()
            self.user_ns["_exit_code"] = done.returncode

        def _format_exception_for_storage(self, exception, filename=None, running_compiled_code=False):
            """What IPython keeps of an error for ``%notebook``, without formatting all of it a second time."""
            return {"ename": type(exception).__name__, "evalue": _text_of(exception), "traceback": []}

        def _showtraceback(self, etype, evalue, stb):
            if self.output_sender is not None:
                lines = [stb] if isinstance(stb, str) else [str(line) for line in stb]
                name, message = getattr(etype, "__name__", str(etype)), _text_of(evalue)
                self.output_sender.rich(
                    {
                        "output_type": "error",
                        "ename": name,
                        "evalue": message[:20_000],
                        "traceback": lines[:200],
                    }
                )

    config = Config()
    config.HistoryManager.enabled = False  # no file; `In`, `Out` and `_` are there nevertheless
    shell = Shell.instance(config=config)
    shell.set_custom_exc((RecursionError,), _show_shortened)
    if (
        "matplotlib" in sys.modules
    ):  # otherwise a notebook's own import of it does the same, through MPLBACKEND
        import matplotlib
        from matplotlib_inline.backend_inline import configure_inline_support

        matplotlib.use("module://matplotlib_inline.backend_inline")
        configure_inline_support(shell, "inline")
    return shell


def _show_shortened(shell, etype, evalue, trace, tb_offset=None):
    """Show a call that never ended by its outermost and innermost frames.

    IPython looks up the module of each of a thousand frames among all that are loaded: 6 s of processor time.
    """
    levels = []
    while trace is not None:
        levels.append(trace)
        trace = trace.tb_next
    shown = None
    for level in reversed([*levels[:8], *levels[8:][-8:]]):
        shown = types.TracebackType(shown, level.tb_frame, level.tb_lasti, level.tb_lineno)
    # for the time of showing it only: whoever looks at the error afterwards finds all of it
    whole, evalue.__traceback__ = evalue.__traceback__, shown
    try:
        shell.showtraceback((etype, evalue, shown), tb_offset=tb_offset)
    finally:
        evalue.__traceback__ = whole


def _plain(data):
    """A bundle of rich representations with bytes as base64, as the message format of kernels has them."""
    return {
        str(name): base64.b64encode(item).decode("ascii") if isinstance(item, bytes) else item
        for name, item in data.items()
    }


def _text_of(value):
    try:
        return str(value)
    except Exception:
        return f"<a {type(value).__name__} that cannot be shown>"


def warm_up(shell: Any) -> None:
    """Do once, before any fork, what the first cell, figure and error of every notebook would pay for."""
    shell.run_cell("1 / 0", store_history=False)
    shell.run_cell("1 + 1", store_history=False)
    if "matplotlib" in sys.modules:
        figure = "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show(); plt.close('all')"
        shell.run_cell(figure, store_history=False)
    shell.reset(new_session=True)


class Worker:
    """Answers the requests of one job.

    Parameters
    ----------
    descriptor : int
        The connection.
    shell : IPython.core.interactiveshell.InteractiveShell
    limits : Mapping
    """

    def __init__(self, descriptor: int, shell: Any, limits: Mapping):
        self.channel = Channel(descriptor)
        self.shell, self.limits = shell, limits
        self.output_sender = OutputSender(self.channel)
        self.output_sender.all_left = limits["output_bytes"]
        self.low_level: int | None = None
        self.working = False

    def prepare(self) -> None:
        """Set up standard streams, interrupts and seeds, which the fork would otherwise share or lack."""
        signal.signal(signal.SIGINT, self._interrupted)
        sys.stdin = open(os.devnull)
        sys.stdout, sys.stderr = Stream("stdout", self.output_sender), Stream("stderr", self.output_sender)
        for part in (self.shell, self.shell.displayhook, self.shell.display_pub):
            part.output_sender = self.output_sender
        self.shell.collect = self._collect_low_level
        random.seed()
        with contextlib.suppress(ImportError):
            import numpy

            numpy.random.seed()  # noqa: NPY002 - learners may use the old generator; no two may share its state
        # what writes to the descriptors 1 and 2 (compiled code, started programs) is shown at the end of
        # its cell
        with contextlib.suppress(OSError):
            path = os.path.join(os.environ["TMPDIR"], ".standard-output")
            self.low_level = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            os.dup2(self.low_level, 1)
            os.dup2(self.low_level, 2)

    def _interrupted(self, *_):
        """An interrupt that comes too late must not hit the next cell or the worker itself."""
        if self.working:
            raise KeyboardInterrupt

    def serve(self) -> None:
        """Answer until the other side has no more requests."""
        while (request := self.channel.receive()) is not None:
            try:
                self.working = True
                answer = getattr(self, "do_" + request["do"])(request)
                self.working = False
            except KeyboardInterrupt:
                self.working = False
                self.output_sender.end()
                answer = {"done": False}
            self.channel.send({"token": request["token"], **answer})

    def do_files(self, request: Mapping[str, Any]) -> dict:
        """Write the files that the course provides beside the notebook."""
        for name, content in request["files"].items():
            path = pathlib.Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(base64.b64decode(content))
        sys.path.insert(0, os.getcwd())
        return {"done": True}

    def do_cell(self, request: Mapping[str, Any]) -> dict:
        """Run a code cell; its outputs are sent while it runs."""
        self.output_sender.begin(request["token"], self.limits)
        try:
            result = self.shell.run_cell(request["source"], store_history=request.get("history", True))
            succeeded = bool(result.success)
        finally:
            self._collect_low_level()
            self.output_sender.end()
        return {"done": True, "succeeded": succeeded}

    def _collect_low_level(self):
        if self.low_level is None:
            return
        with contextlib.suppress(OSError):
            size = min(os.fstat(self.low_level).st_size, self.limits["cell_output_bytes"])
            if size:
                written = os.pread(self.low_level, size, 0)
                os.ftruncate(self.low_level, 0)
                self.output_sender.write("stdout", written.decode("utf-8", "replace"))

    def do_copy(self, request: Mapping[str, Any]) -> dict:
        """Make a copy of this process, which waits for probes of its own."""
        descriptor = self.channel.receive_descriptor()
        process = os.fork()
        if process:
            os.close(descriptor)
            return {"done": True, "process": process}
        status = 0
        try:
            os.close(self.channel.descriptor)
            self.channel = self.output_sender.channel = Channel(descriptor)
            self.output_sender.lock = threading.RLock()  # a thread that held it is not in the copy
            self.working = False
            self.serve()
        except BaseException:
            status = 70
        os._exit(status)

    def do_probe(self, request: Mapping[str, Any]) -> dict:
        """Evaluate one probe."""
        from holdout.checks.probe import find_answer, run_probe

        try:
            answer = find_answer(self.shell.user_ns, request["answer"])
        except KeyError as missing:
            message = f"the notebook defines no {missing.args[0]!r}"
            return {"result": {"error": "NameError", "message": message, "where": ""}}
        try:
            return {"result": run_probe(answer, request["probe"], request["inputs"])}
        except BaseException as error:  # an interrupt too: the other side knows whether it sent one
            return {"result": {"error": type(error).__name__, "message": _text_of(error)[:500], "where": ""}}


def run(descriptor: int, shell: Any, limits: Mapping) -> None:
    """Serve one job and end the process without running what the notebook left behind."""
    status = 0
    try:
        worker = Worker(descriptor, shell, limits)
        worker.prepare()
        worker.serve()
    except BaseException:
        status = 70
    os._exit(status)
