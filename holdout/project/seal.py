"""The labels of the test rows, kept so that an accidental look does not show them.

This is a seal, not a lock. The file is encoded, and everything that is needed to decode it stands in this module: whoever
wants to read the labels can. What the seal gives is evidence. It holds a random key that nobody sees in passing, with which
it remembers the last line of the log; a log that was shortened, or a seal that was exchanged, no longer fits.
A copy of the whole folder that is put back later fits again: only the course's record of the learner can then tell.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import pathlib
import secrets
import zlib
from collections.abc import Mapping

from holdout.chained_log import fingerprint
from holdout.project.errors import ProjectError

FILE = "labels.sealed"
_ABOUT = (
    "# The labels of the test rows. `holdout project test` compares with them once.\n"
    "# Changing this file shows: its fingerprint stands in the log.\n"
)
LARGEST = 20_000_000


def write(folder: str | os.PathLike, labels: Mapping[str, int], head: str) -> None:
    """Seal labels in a folder, and remember the last line of the log.

    Parameters
    ----------
    folder : path
    labels : mapping of row id to 0 or 1
    head : str
        Fingerprint of the log's last line.
    """
    content = json.dumps({"key": secrets.token_hex(32), "labels": dict(labels)})
    _write(pathlib.Path(folder), content, head)


def content_fingerprint(folder: str | os.PathLike) -> str:
    """Fingerprint of what is sealed, which the log's first line holds."""
    return fingerprint(_read(pathlib.Path(folder))[0].encode())


def remember(folder: str | os.PathLike, head: str) -> None:
    """Remember another last line of the log."""
    folder = pathlib.Path(folder)
    _write(folder, _read(folder)[0], head)


def remembers(folder: str | os.PathLike, head: str) -> bool:
    """Whether this is the last line of the log that the seal remembers."""
    content, mark = _read(pathlib.Path(folder))
    return hmac.compare_digest(_mark(content, head), mark)


def labels(folder: str | os.PathLike) -> dict[str, int]:
    """The labels. Only `holdout.project.test` asks for them, and writes down that it did.

    Raises
    ------
    ProjectError
        If the file is not there or cannot be decoded.
    """
    return json.loads(_read(pathlib.Path(folder))[0])["labels"]


def _write(folder: pathlib.Path, content: str, head: str) -> None:
    packed = zlib.compress(content.encode(), 9)
    encoded = base64.b64encode(_mixed(packed)).decode()
    rows = "\n".join(encoded[start : start + 120] for start in range(0, len(encoded), 120))
    temporary = folder / f"{FILE}.new"
    temporary.write_text(f"{_ABOUT}{_mark(content, head)}\n{rows}\n", encoding="ascii")
    os.replace(temporary, folder / FILE)


def _read(folder: pathlib.Path) -> tuple[str, str]:
    """What is sealed, as text, and the mark of the last line of the log."""
    file = folder / FILE
    try:
        if file.is_symlink() or file.stat().st_size > LARGEST:
            raise ValueError
        # base64 has no #, so only the lines above the labels begin with it
        lines = [line for line in file.read_text(encoding="ascii").splitlines() if line[:1] != "#"]
        decoder = zlib.decompressobj()
        content = decoder.decompress(
            _mixed(base64.b64decode("".join(lines[1:]), validate=True)), LARGEST
        ).decode()
        document = json.loads(content)
        sealed = document["labels"]
        if not isinstance(document["key"], str) or not all(value in (0, 1) for value in sealed.values()):
            raise ValueError
        return content, lines[0]
    except FileNotFoundError:
        raise ProjectError(
            f"{file} is not there: without the sealed labels nothing can be tested. Restore the folder, or begin anew "
            "with `holdout project new`"
        ) from None
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, zlib.error):
        raise ProjectError(
            f"{file} cannot be read: it was changed after `holdout project new`. Restore the folder from a copy"
        ) from None


def _mark(content: str, head: str) -> str:
    return hmac.new(content[:90].encode(), head.encode(), "sha256").hexdigest()


def _mixed(data: bytes) -> bytes:
    """The same bytes made unreadable; applied twice it gives them back."""
    stream = bytearray()
    block = b"labels of the test rows"
    while len(stream) < len(data):
        block = hashlib.sha256(block).digest()
        stream += block
    return bytes(a ^ b for a, b in zip(data, stream, strict=False))
