"""Reads a folder that a learner handed in: its names, and regular files within limits.

Every folder and file is opened through a descriptor and without following links, so that nothing can be exchanged for a link while it is read.
Knows no notebook format, no exercise and no course.
"""

import contextlib
import datetime
import itertools
import os
import re
import stat
import zoneinfo
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

TIME_FORMATS = (
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S",
)
# written by operating systems, Jupyter and nbgrader
SYSTEM_FILES = {
    ".DS_Store",
    "Thumbs.db",
    "desktop.ini",
    ".ipynb_checkpoints",
    "timestamp.txt",
    "submission_secret.txt",
}
IGNORED = {*SYSTEM_FILES, "__pycache__", "checks.json"}
# what operating systems, editors and Jupyter leave beside a notebook: never somebody's answer
LITTER = re.compile(r"^(\._|\.~|~\$|\.#)|[-.]checkpoint\.ipynb$|\.(ipynb\.swp|ipynb~)$", re.IGNORECASE)
# endings under which browsers and mail programs save a notebook
NEARLY = re.compile(r"\.ipynb[.\s(_-]?.*\.?(txt|json|html?|download|crdownload|part)?$", re.IGNORECASE)
COMPILED = (".pyc", ".so", ".pth", ".pyd", ".dll")
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar")
EXPORTS = (".py", ".html", ".pdf")
LONGEST_NAME = 200  # bytes of a relative name, which the sandbox's file system must be able to hold

LINK = "it is a link, a device, or too deep in folders"
TOO_MUCH = "it is too large, or there are too many files"
UNREADABLE = "it cannot be read"


class Refused(Exception):
    """A file or folder cannot be read; the message is the sentence for the row."""


@dataclass(frozen=True)
class FileLimits:
    """How many of a learner's own files are read, and how large they may be.

    Parameters
    ----------
    files : int
        Number of files.
    file_bytes, all_bytes : int
        Of one file, of all together.
    depth : int
        Levels of folders below the submission's own.
    names : int
        Names looked at, in all folders together.
    """

    files: int = 300
    file_bytes: int = 16_000_000
    all_bytes: int = 32_000_000
    depth: int = 3
    names: int = 100_000


@contextlib.contextmanager
def opened_folder(folder: str | os.PathLike, inside: int | None = None) -> Iterator[int]:
    """A folder as a descriptor.

    Parameters
    ----------
    folder : path
    inside : int, optional
        Descriptor of the folder that it lies in.

    Yields
    ------
    int

    Raises
    ------
    Refused
        If there is no folder, or a link.
    """
    try:
        flags = os.O_RDONLY | os.O_DIRECTORY | getattr(os, "O_NOFOLLOW", 0)
        handle = os.open(folder, flags, dir_fd=inside)
    except FileNotFoundError:
        raise Refused("There is no folder for this submission.") from None
    except OSError:
        raise Refused("The submission is not a folder (it may be a link, which is not followed).") from None
    try:
        yield handle
    finally:
        os.close(handle)


def list_folder(handle: int, limits: FileLimits, notes: list[str]) -> dict[str, os.stat_result]:
    """Names in a folder with what they are.

    Parameters
    ----------
    handle : int
        Descriptor of the folder.
    limits : FileLimits
    notes : list of str
        Gets a sentence for what is no regular file, for compiled code, and where there are too many names.

    Returns
    -------
    dict of str to os.stat_result
        Links are not followed.
    """
    names: dict[str, os.stat_result] = {}
    strange, compiled, large = [], [], False
    with os.scandir(handle) as entries:
        for number, entry in enumerate(entries):
            if number >= limits.names:
                large = True
                break
            about = entry.stat(follow_symlinks=False)
            names[entry.name] = about
            if entry.name in IGNORED or entry.name.lower().endswith(".ipynb") or LITTER.search(entry.name):
                continue
            if stat.S_ISREG(about.st_mode):
                if entry.name.lower().endswith(COMPILED):
                    compiled.append(entry.name)
            elif not stat.S_ISDIR(about.st_mode):
                strange.append(entry.name)
    if large:
        notes.append(f"The folder has more than {limits.names:,} files; the rest was not looked at.")
    if strange:
        notes.append(f"{quoted_names(strange)} was ignored: it is a link or a device, not a file.")
    if compiled:
        notes.append(f"{quoted_names(compiled)} was ignored: only code that can be read is used.")
    return names


def read_files(
    handle: int,
    limits: FileLimits,
    skip: Callable[[str], bool] = lambda path: False,
    refuse: Callable[[str], str] = lambda path: "",
) -> tuple[dict[str, bytes], dict[str, list[str]]]:
    """The files of a folder and of the folders in it, by relative name with slashes.

    Parameters
    ----------
    handle : int
        Descriptor of the folder.
    limits : FileLimits
    skip : callable
        Whether a file or folder is passed over without a word.
    refuse : callable
        Why a file is left out for a reason of the caller's own; empty where it is not.

    Returns
    -------
    files : dict of str to bytes
        In the order of their names, folder by folder.
    left_out : dict of str to list of str
        Names of what was not read by the reason: `LINK`, `TOO_MUCH`, `UNREADABLE`, or what `refuse` says.
    """
    files: dict[str, bytes] = {}
    left_out: dict[str, list[str]] = {}
    room = [limits.files, limits.all_bytes, limits.names]

    def leave_out(reason: str, path: str) -> None:
        left_out.setdefault(reason, []).append(path)

    def walk(folder: int, prefix: str, depth: int) -> None:
        with os.scandir(folder) as entries:
            listed = sorted(itertools.islice(entries, room[2]), key=lambda entry: entry.name)
            beyond = next(entries, None)
        room[2] -= len(listed)
        if beyond is not None:
            leave_out(TOO_MUCH, prefix + beyond.name)
        for entry in listed:
            path = prefix + entry.name
            if skip(path):
                continue
            try:
                about = entry.stat(follow_symlinks=False)
            except OSError:
                leave_out(UNREADABLE, path)
                continue
            if stat.S_ISDIR(about.st_mode) and depth < limits.depth:
                try:
                    with opened_folder(entry.name, folder) as inner:
                        walk(inner, f"{path}/", depth + 1)
                except (OSError, Refused):
                    leave_out(UNREADABLE, path)
            elif not stat.S_ISREG(about.st_mode):
                leave_out(LINK, path)
            elif room[0] <= 0 or about.st_size > min(limits.file_bytes, room[1]) or not _storable(path):
                leave_out(TOO_MUCH, path)
            elif reason := refuse(path):
                leave_out(reason, path)
            else:
                try:
                    content = read_file(folder, entry.name, min(limits.file_bytes, room[1]))
                except Refused:
                    leave_out(UNREADABLE, path)
                    continue
                files[path] = content
                room[0] -= 1
                room[1] -= len(content)

    walk(handle, "", 0)
    return files, left_out


def _storable(name):
    try:
        return len(name.encode("utf-8")) < LONGEST_NAME and name.isprintable()
    except UnicodeEncodeError:
        return False


def read_file(handle: int, name: str, limit: int) -> bytes:
    """The bytes of a regular file that only this submission has.

    Parameters
    ----------
    handle : int
        Descriptor of the folder that it lies in.
    name : str
    limit : int
        Bytes.

    Returns
    -------
    bytes

    Raises
    ------
    Refused
        If it is a link, a device, a pipe, too large, or shared with another folder by a hard link.
    """
    shown = quoted(name)
    try:
        flags = (
            os.O_RDONLY
            | getattr(os, "O_NOFOLLOW", 0)
            | getattr(os, "O_NONBLOCK", 0)
            | getattr(os, "O_CLOEXEC", 0)
        )
        file = os.open(name, flags, dir_fd=handle)
    except OSError as error:
        raise Refused(f"{shown} cannot be read: it is a link, or not readable ({error.strerror}).") from None
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise Refused(f"{shown} is not a file.")
    with os.fdopen(file, "rb") as stream:
        about = os.fstat(file)
        if about.st_nlink > 1:
            raise Refused(
                f"{shown} is the same file as one in another place (a hard link), so it was not read."
            )
        if about.st_size > limit:
            raise Refused(f"{shown} has {about.st_size:,} bytes; at most {limit:,} are read.")
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise Refused(f"{shown} grew while it was read.")
    return content


def read_time(handle: int, names: Iterable[str], notes: list[str]) -> datetime.datetime | None:
    """When it was handed in, from ``timestamp.txt``.

    Parameters
    ----------
    handle : int
        Descriptor of the folder.
    names : iterable of str
        Names in the folder.
    notes : list of str
        Gets a sentence where the file cannot be read.

    Returns
    -------
    datetime.datetime or None
        In UTC and without a zone, as nbgrader keeps it.
    """
    if "timestamp.txt" not in names:
        return None
    try:
        text = read_file(handle, "timestamp.txt", 1_000).decode("ascii").strip()
    except (Refused, UnicodeDecodeError):
        notes.append("timestamp.txt cannot be read, so the time of submission is unknown.")
        return None
    without_zone = re.sub(r"\s*(UTC|Z)$", "", text)
    for form in TIME_FORMATS:
        with contextlib.suppress(ValueError):
            return datetime.datetime.strptime(without_zone, form)
    with contextlib.suppress(ValueError, OverflowError):
        moment = datetime.datetime.fromisoformat(text)
        return moment.astimezone(datetime.UTC).replace(tzinfo=None) if moment.tzinfo else moment
    with contextlib.suppress(ValueError, OverflowError):
        moment = datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z")
        return moment.astimezone(datetime.UTC).replace(tzinfo=None)
    with contextlib.suppress(ValueError, OverflowError, OSError):
        clock, _, zone = text.rpartition(" ")  # with the name of a zone, as older exchanges wrote it
        moment = datetime.datetime.fromisoformat(clock).replace(tzinfo=zoneinfo.ZoneInfo(zone))
        return moment.astimezone(datetime.UTC).replace(tzinfo=None)
    notes.append(
        f"timestamp.txt says {quoted(text, 40)}, which is no time; the time of submission is unknown."
    )
    return None


def notebooks_in(names: Iterable[str]) -> list[str]:
    """Names of the notebooks among names, without litter; the ending may be in capitals."""
    return sorted(name for name in names if name.lower().endswith(".ipynb") and not LITTER.search(name))


def where_the_notebook_may_be(names: Mapping[str, os.stat_result]) -> str:
    """Why there is no notebook, with the file or folder that may hold it and what to do.

    Parameters
    ----------
    names : Mapping of str to os.stat_result
        As :func:`list_folder` gives them.
    """
    nearly = [name for name in names if NEARLY.search(name) and not LITTER.search(name)]
    archives = [name for name in names if name.lower().endswith(ARCHIVES)]
    folders = [name for name, about in names.items() if stat.S_ISDIR(about.st_mode) and name not in IGNORED]
    exports = [name for name in names if name.lower().endswith(EXPORTS)]
    none = "There is no notebook in this submission"
    if nearly:
        return f"{none}; {quoted_names(nearly)} may be one under another ending: rename it so that it ends in .ipynb, and grade again."
    if archives:
        return f"{none}; {quoted_names(archives)} may hold it: unpack it here, and grade again."
    if folders:
        return (
            f"{none}; the folder {quoted_names(folders)} may hold it: move the notebook up, and grade again."
        )
    if exports:
        return f"{none}; {quoted_names(exports)} is an export: ask for the notebook itself, which ends in .ipynb."
    return f"{none}."


def quoted(name: str, limit: int = 80) -> str:
    """A name that a learner chose as printable text between quotation marks, at most `limit` characters of it."""
    name = name.encode("utf-8", "replace").decode("utf-8")
    return "“" + "".join(letter if letter.isprintable() else "�" for letter in name[:limit]) + "”"


def quoted_names(names: Iterable[str], most: int = 3) -> str:
    """A few names as text that is safe to print, and how many more there are."""
    names = sorted(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(quoted, names[:most])) + more
