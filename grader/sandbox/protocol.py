"""Frames between the grader and the sandbox: four bytes of length, then JSON. Nothing is ever pickled.

What comes from the sandbox may be hostile: every size, depth, type and character is checked here before any
other module uses it.
"""

import array
import json
import select
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any

from holdout.errors import HoldoutError

HEADER = struct.Struct(">I")
MAX_DEPTH = 100
MAX_CONTAINERS = 200_000
MAX_COMMAS = 2_200_000
MAX_TRACEBACK_LINES = 200
CUT_NOTICE = "[the rest of this cell's output was dropped: it has reached its limit]"
MIME_TYPES = (
    "text/plain",
    "text/html",
    "text/markdown",
    "text/latex",
    "image/png",
    "image/jpeg",
    "image/svg+xml",
    "application/json",
    "application/vnd.holdout.check+json",
)


class ProtocolError(HoldoutError):
    """What came from inside is not what was asked for; the message is one sentence without its content."""


class TooLarge(ProtocolError):
    """More came from the sandbox than its limit."""


class Ended(Exception):
    """The other side closed the connection."""


class Deadline(Exception):
    """The time for an answer is over."""


def pack(message: Mapping) -> bytes:
    """A message of ours as a frame."""
    body = json.dumps(message, allow_nan=False).encode()
    return HEADER.pack(len(body)) + body


def _refuse_constant(name):
    raise ProtocolError(f"The notebook's process sent {name}, which is not JSON.")


def unpack(body: bytes) -> dict:
    """JSON text from the sandbox as plain values.

    Parameters
    ----------
    body : bytes

    Returns
    -------
    dict

    Raises
    ------
    ProtocolError
        If it is not an object of JSON, is nested deeper than `MAX_DEPTH`, or would take far more memory
        than its text.
    """
    if body.count(b"{") + body.count(b"[") > MAX_CONTAINERS or body.count(b",") > MAX_COMMAS:
        raise TooLarge("The notebook's process sent more items than any answer needs.")
    try:
        message = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except ProtocolError:
        raise
    except (ValueError, RecursionError):
        raise ProtocolError("The notebook's process sent something that is not JSON.") from None
    if not isinstance(message, dict):
        raise ProtocolError("The notebook's process sent something else than an answer.")
    if nested_deeper_than(MAX_DEPTH, message):
        raise ProtocolError(f"The notebook's process sent data nested more than {MAX_DEPTH} levels deep.")
    return message


def nested_deeper_than(levels: int, value: dict | list) -> bool:
    """Whether lists and dicts of plain JSON lie in each other more than `levels` deep; without recursion."""
    level: list = [value]
    for _ in range(levels):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


class Connection:
    """Our end of the connection with a notebook's process: no call blocks longer than its deadline.

    Parameters
    ----------
    socket : socket.socket
        Connected; made non-blocking here.
    """

    def __init__(self, socket: socket.socket):
        self.socket = socket
        self.socket.setblocking(False)
        self._received = bytearray()

    def close(self) -> None:
        self.socket.close()

    def fileno(self) -> int:
        return self.socket.fileno()

    def send(self, message: Mapping, deadline: float) -> None:
        """Send one message.

        Raises
        ------
        Deadline
            If the other side does not read until `deadline` (seconds of ``time.monotonic``).
        Ended
        """
        view = memoryview(pack(message))
        while view:
            try:
                view = view[self.socket.send(view) :]
            except BlockingIOError:
                self._wait(deadline, write=True)
            except OSError:
                raise Ended from None

    def send_descriptor(self, descriptor: int, deadline: float) -> None:
        """Hand over a file descriptor, after the request that announces it.

        Raises
        ------
        Deadline, Ended
        """
        about = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
        while True:
            try:
                self.socket.sendmsg([b"+"], about)
                return
            except BlockingIOError:
                self._wait(deadline, write=True)
            except OSError:
                raise Ended from None

    def receive(self, deadline: float, max_bytes: int) -> dict:
        """The next message, unpacked.

        Raises
        ------
        Deadline, Ended, ProtocolError
        """
        late = False
        while True:
            if len(self._received) >= HEADER.size:
                (size,) = HEADER.unpack_from(self._received)
                if size > max_bytes:
                    raise TooLarge(
                        f"The notebook's process sent {size:,} bytes at once; {max_bytes:,} are allowed."
                    )
                if len(self._received) >= HEADER.size + size:
                    body = bytes(self._received[HEADER.size : HEADER.size + size])
                    del self._received[: HEADER.size + size]
                    return unpack(body)
            if late:  # also when bytes keep trickling in
                raise Deadline
            try:
                piece = self.socket.recv(1 << 18)
            except BlockingIOError:
                # what had arrived in time has been read, even if this side was too busy to read it in time
                late = time.monotonic() >= deadline
                if not late:
                    self._wait(deadline)
                continue
            except OSError:
                raise Ended from None
            if not piece:
                raise Ended
            self._received += piece

    def _wait(self, deadline, write=False):
        try:
            wait_for(self.socket, deadline, write)
        except Deadline:
            if write:
                raise


def wait_for(socket: socket.socket, deadline: float, write: bool = False) -> None:
    """Wait until a socket can be read (or written); `Deadline` is raised when the time is over."""
    poll = select.poll()
    poll.register(socket, select.POLLOUT if write else select.POLLIN)
    while True:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise Deadline
        if poll.poll(min(remaining, 1.0) * 1000):
            return


def text(value: object, limit: int = 200_000) -> str:
    """A string from the sandbox that can be written to a file: no lone surrogates, not longer than `limit`."""
    if not isinstance(value, str):
        raise ProtocolError("The notebook's process sent something else than text where text belongs.")
    return value[:limit].encode("utf-8", "replace").decode("utf-8")


def clean_json(value: Any) -> Any:
    """A plain JSON value whose strings can all be written to a file."""
    if isinstance(value, str):
        return text(value, len(value))
    if isinstance(value, list):
        return [clean_json(item) for item in value]
    if isinstance(value, dict):
        return {text(key, 10_000): clean_json(item) for key, item in value.items()}
    return value


def output(value: Any, count: int, limit: int) -> dict:
    """One output of a cell, rebuilt field by field.

    Parameters
    ----------
    value : object
        What came from the sandbox.
    count : int
        The cell's execution count, which the grader decides.
    limit : int
        Characters.

    Returns
    -------
    dict
        An output as nbformat knows it. Metadata and unknown kinds of rich output are dropped.

    Raises
    ------
    ProtocolError
        If it cannot be an output.
    """
    kind = value.get("output_type") if isinstance(value, dict) else None
    if kind == "stream" and value.get("name") in ("stdout", "stderr"):
        return {"output_type": "stream", "name": value["name"], "text": text(value.get("text"), limit)}
    if kind == "error":
        lines = value.get("traceback")
        if not isinstance(lines, list):
            raise ProtocolError("The notebook's process sent an error without a traceback.")
        return error_output(
            text(value.get("ename"), 200),
            text(value.get("evalue"), 20_000),
            [text(line, 20_000) for line in lines[:MAX_TRACEBACK_LINES]],
        )
    if kind in ("display_data", "execute_result") and isinstance(value.get("data"), dict):
        data = {
            name: text(item, limit) if not name.endswith("json") else clean_json(item)
            for name, item in value["data"].items()
            if name in MIME_TYPES
        }
        made = {"output_type": kind, "data": data, "metadata": {}}
        return made | ({"execution_count": count} if kind == "execute_result" else {})
    raise ProtocolError("The notebook's process sent something that is no output of a cell.")


def error_output(name: str, message: str, traceback: list[str] | None = None) -> dict:
    """An error as a cell's output."""
    lines = traceback if traceback is not None else [f"{name}: {message}"]
    return {"output_type": "error", "ename": name, "evalue": message, "traceback": lines}


def probe_result(value: Any) -> dict:
    """The result of one probe, rebuilt: a value, an error, or nothing attempted.

    Raises
    ------
    ProtocolError
    """
    if isinstance(value, dict):
        if set(value) == {"value"}:
            return {"value": clean_json(value["value"])}
        if set(value) == {"not_attempted"} and value["not_attempted"] is True:
            return {"not_attempted": True}
        if "error" in value and set(value) <= {"error", "message", "where"}:
            return {
                "error": text(value["error"], 200),
                "message": text(value.get("message", ""), 2_000),
                "where": text(value.get("where", ""), 500),
            }
    raise ProtocolError("The notebook's process sent something that is no result of a probe.")
