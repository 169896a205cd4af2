"""``holdout collect``: from a learning platform's download to ``classroom/submitted/<learner>/<exercise>/``.

Knows the names that Moodle, Canvas, Blackboard and ILIAS give to files and folders, and folders named by learner. Believes nothing of an archive:
no path outside, no link, nothing larger than it may be. Executes and grades nothing; the exchange is nbgrader's own ``collect``.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import pathlib
import re
import shutil
import stat
import typing
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from grader.nbgrader_bridge.roster import Person, read_roster
from holdout import paths
from holdout.errors import HoldoutError

LITTER = re.compile(
    r"(^|/)(__MACOSX|\.ipynb_checkpoints|__pycache__)(/|$)|(^|/)(\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini|\.~[^/]*)$"
)
MOODLE_NAMES = "classroom/moodle"
# Moodle: "Ada Lovelace_123_assignsubmission_file_/x.ipynb", or "Ada Lovelace_123_assignsubmission_file_x.ipynb" without folders
MOODLE = re.compile(
    r"^(?P<name>[^/]+?)_(?P<number>\d+)_assignsubmission_(?P<kind>file|onlinetext)_?/?(?P<file>.*)$"
)
# Canvas: "lovelaceada_LATE_501_88_x.ipynb": name, late, the user's number, the file's number
CANVAS = re.compile(r"^(?P<name>[^/_]+)_(?P<late>LATE_)?(?P<user>\d+)_(?P<number>\d+)_(?P<file>[^/]+)$")
# Blackboard: "Week 1_ada_attempt_2026-11-02-10-15-00_x.ipynb", beside a .txt of the same attempt
BLACKBOARD = re.compile(
    r"^(?:[^/]*_)?(?P<user>[^/_]+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>[^/]+)|\.txt)$"
)
# ILIAS: "Exercise/Lovelace_Ada_ada_1234/x.ipynb"
ILIAS = re.compile(
    r"^(?:[^/]+/)*?(?P<last>[^/_]+)_(?P<first>[^/_]+)_(?P<user>[^/]+)_(?P<number>\d+)/(?P<file>.+)$"
)


@dataclass(frozen=True)
class CollectLimits:
    """How much is taken out of a download.

    Parameters
    ----------
    file_bytes, learner_bytes, all_bytes : int
        Unpacked, of one file, of one learner, of everything.
    files : int
        Entries looked at.
    """

    file_bytes: int = 50_000_000
    learner_bytes: int = 200_000_000
    all_bytes: int = 20_000_000_000
    files: int = 200_000


@dataclass
class DownloadedHandIn:
    """The files of one learner as the download has them.

    Parameters
    ----------
    key : str
        What the platform calls the learner: a login, a number, or a name.
    kind : {"moodle", "canvas", "blackboard", "ilias", "folder"}
    name : str
        The learner's name, as far as the platform writes it.
    files : dict of str to _Entry
        By path inside the learner's folder.
    time : str
        Of the attempt, as in the download; empty if it is not told.
    late : bool
        Whether the platform says so.
    """

    key: str
    kind: str
    name: str = ""
    files: dict = field(default_factory=dict)
    time: str = ""
    late: bool = False


@dataclass
class Collected:
    """What became of a download.

    Parameters
    ----------
    exercise : str
    new, replaced, unchanged : list of str
        Learners' folders.
    late : list of str
        Whom the platform calls late.
    problems : list of str
        What could not be placed, one sentence each.
    without : list of str
        People of the roster who handed nothing in.
    """

    exercise: str
    new: list = field(default_factory=list)
    replaced: list = field(default_factory=list)
    unchanged: list = field(default_factory=list)
    late: list = field(default_factory=list)
    problems: list = field(default_factory=list)
    without: list = field(default_factory=list)


@dataclass(frozen=True)
class _Entry:
    """A file of the download: its size and how to read it, from the archive if it lies in one."""

    size: int
    archive: zipfile.ZipFile | None
    source: typing.Any  # a path, or the archive's own entry

    def read(self, limit: int) -> bytes:
        if self.archive is None:
            with open(self.source, "rb") as file:
                return file.read(limit + 1)
        with self.archive.open(self.source) as file:
            return file.read(limit + 1)


def collect(
    download: str | os.PathLike,
    exercise: str,
    root: str | os.PathLike | None = None,
    *,
    roster: str | os.PathLike | None = None,
    limits: CollectLimits = CollectLimits(),
) -> Collected:
    """Place what a learning platform handed out.

    Parameters
    ----------
    download : path
        The platform's zip, or the folder that it was unpacked into.
    exercise : str
        Name or number.
    root : path, optional
        The course.
    roster : path, optional
        Gives learners' folders the names of the roster (see :mod:`grader.nbgrader_bridge.roster`): the stated folder, else login, username,
        SIS id, ID number, or e-mail address.
    limits : CollectLimits

    Returns
    -------
    Collected
        A learner's files are written whole or not at all; those of an earlier download are replaced only where they differ, and kept in
        ``classroom/replaced``.

    Raises
    ------
    HoldoutError
        If the download cannot be read or holds no hand-in; nothing has been changed then.
    """
    root = pathlib.Path(root or paths.find_root()).resolve()
    name = paths.solution_folder(exercise, root).name
    people = read_roster(roster) if roster else None
    download = pathlib.Path(download)
    done = Collected(name)
    try:
        if download.is_dir():
            entries = _in_folder(download, limits)
            hand_ins = _hand_ins(entries, name, done.problems)
            _place_all(hand_ins, people, root, name, limits, done)
        elif zipfile.is_zipfile(download):
            with zipfile.ZipFile(download) as archive:
                hand_ins = _hand_ins(_in_archive(archive, limits), name, done.problems)
                _place_all(hand_ins, people, root, name, limits, done)
        elif download.exists():
            raise HoldoutError(
                f"{download} is neither a zip nor a folder; give the file as the platform handed it out"
            )
        else:
            raise HoldoutError(
                f"there is no {download}; give the platform's zip or the folder that it was unpacked into"
            )
    except (
        OSError,
        zipfile.BadZipFile,
        RuntimeError,
        NotImplementedError,
    ) as error:  # RuntimeError: with a password
        raise HoldoutError(f"{download.name} cannot be read: {error}; download it again") from None
    return done


def _in_archive(archive: zipfile.ZipFile, limits: CollectLimits) -> Iterator[tuple[str, _Entry]]:
    for number, about in enumerate(archive.infolist()):
        if number >= limits.files:
            raise HoldoutError(f"the download has more than {limits.files:,} entries; divide it")
        kind = stat.S_IFMT(about.external_attr >> 16)
        if about.is_dir() or kind not in (0, stat.S_IFREG):
            continue  # a link in an archive points anywhere
        yield about.filename.replace("\\", "/"), _Entry(about.file_size, archive, about)


def _in_folder(folder: pathlib.Path, limits: CollectLimits) -> Iterator[tuple[str, _Entry]]:
    number = 0
    for place, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        for name in sorted(names):
            number += 1
            if number > limits.files:
                raise HoldoutError(f"the download has more than {limits.files:,} files; divide it")
            path = pathlib.Path(place) / name
            about = path.lstat()
            if stat.S_ISREG(about.st_mode):
                yield path.relative_to(folder).as_posix(), _Entry(about.st_size, None, path)


def _hand_ins(
    entries: Iterable[tuple[str, _Entry]], exercise: str, problems: list[str]
) -> list[DownloadedHandIn]:
    """Sort the files of a download by learner; the last attempt of each counts."""
    found: dict[tuple[str, str], DownloadedHandIn] = {}
    strange: list[str] = []
    listed = [(path, entry) for path, entry in entries if not LITTER.search(path)]
    tops = {path.split("/")[0] for path, _ in listed}
    deep = all(path.count("/") >= 2 and path.split("/")[1] != exercise for path, _ in listed)
    if len(tops) == 1 and deep:  # everything lies in one folder
        listed = [(path.split("/", 1)[1], entry) for path, entry in listed]
    for path, entry in listed:
        if ".." in path.split("/") or path.startswith("/") or re.match(r"^[A-Za-z]:", path):
            strange.append(path)
            continue
        made = _recognised(path)
        if made is None:
            strange.append(path)
            continue
        hand_in, file = made
        earlier = found.setdefault((hand_in.kind, hand_in.key), hand_in)
        if hand_in.time > earlier.time:  # a later attempt replaces an earlier one as a whole
            found[hand_in.kind, hand_in.key] = earlier = hand_in
        if hand_in.time < earlier.time:
            continue
        earlier.late |= hand_in.late
        if file and file != "timestamp.txt":  # the learner's own word is no time of submission
            earlier.files[file] = entry
    hand_ins = [one for one in found.values() if one.files]
    if strange:
        problems.append(
            f"{len(strange)} files belong to nobody and were left: {_some(strange)}; names as Moodle, Canvas, Blackboard or ILIAS write them, or "
            "a folder per learner, are understood"
        )
    if not hand_ins:
        raise HoldoutError(
            "there is no hand-in in this download; " + (problems[0] if problems else "it is empty")
        )
    return hand_ins


def _recognised(path: str) -> tuple[DownloadedHandIn, str] | None:
    """Whose file this is, and its name inside the learner's folder; empty for what only tells about an attempt."""
    for number in range(path.count("/") + 1):  # the archive may lie in a folder of its own
        inner = path.split("/", number)[number]
        if told := MOODLE.match(inner):
            name = " ".join(told["name"].split())
            return DownloadedHandIn(f"{name}_{told['number']}", "moodle", name), told["file"] if told[
                "kind"
            ] == "file" else ""
        if told := CANVAS.match(inner):
            file = re.sub(r"-\d+(?=\.ipynb$)", "", told["file"])  # Canvas numbers what is handed in again
            return DownloadedHandIn(told["user"], "canvas", told["name"], late=bool(told["late"])), file
        if told := BLACKBOARD.match(inner):
            return DownloadedHandIn(told["user"], "blackboard", time=told["time"]), told["file"] or ""
    if told := ILIAS.match(path):
        return DownloadedHandIn(told["user"], "ilias", f"{told['first']} {told['last']}"), told["file"]
    if "/" in path:
        learner, file = path.split("/", 1)
        return DownloadedHandIn(learner, "folder", learner), file
    return None


def _some(names: list[str], most: int = 5) -> str:
    shown = [
        "“" + "".join(letter if letter.isprintable() else "�" for letter in name[:80]) + "”"
        for name in names[:most]
    ]
    return ", ".join(shown) + (f" and {len(names) - most} more" if len(names) > most else "")


def _place_all(
    hand_ins: list[DownloadedHandIn],
    people: list[Person] | None,
    root: pathlib.Path,
    name: str,
    limits: CollectLimits,
    done: Collected,
) -> None:
    total = sum(entry.size for one in hand_ins for entry in one.files.values())
    if total > limits.all_bytes:
        raise HoldoutError(
            f"the download unpacks to {total:,} bytes; at most {limits.all_bytes:,} are taken: divide it"
        )
    folders: dict[str, DownloadedHandIn] = {}
    seen: set[int] = set()
    for hand_in in hand_ins:
        person = _who(hand_in, people, done.problems) if people is not None else None
        if people is not None and person is None:
            continue
        folder = _folder_of(hand_in, person)
        if folder.lower() in {other.lower() for other in folders}:
            done.problems.append(
                f"{_some([hand_in.key])} and another hand-in would both be {_some([folder])}; only the first was taken: give a --roster"
            )
            continue
        folders[folder] = hand_in
        seen.add(id(person))
    for folder, hand_in in folders.items():
        _place(folder, hand_in, root, name, limits, done)
    _remember_moodle(root, name, folders)
    for person in people or []:
        if id(person) not in seen:
            done.without.append(person.label)


def _remember_moodle(root: pathlib.Path, name: str, folders: dict[str, DownloadedHandIn]) -> None:
    """Note what Moodle calls the hand-ins, since it takes feedback under these names only."""
    called = {folder: one.key for folder, one in folders.items() if one.kind == "moodle"}
    if called:
        path = root / MOODLE_NAMES / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            json.dumps({**moodle_names(root, name), **called}, ensure_ascii=False, indent=1) + "\n",
            encoding="utf-8",
        )


def moodle_names(root: str | os.PathLike, exercise: str) -> dict[str, str]:
    """What Moodle calls each learner's hand-in of an exercise, such as ``Ada Lovelace_4101``, by folder; as far as it was collected from Moodle."""
    try:
        text = (pathlib.Path(root) / MOODLE_NAMES / f"{exercise}.json").read_text(encoding="utf-8")
        return {str(folder): str(called) for folder, called in json.loads(text).items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _plain(text: str) -> str:
    """A name without accents, case, order of its parts and signs, since platforms write it in different ways."""
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "".join(
        sorted("".join(letter for letter in part if letter.isalnum()) for part in re.split(r"[\s,]+", text))
    )


def _who(hand_in: DownloadedHandIn, people: list[Person], problems: list[str]) -> Person | None:
    key = hand_in.key.lower()
    if hand_in.kind == "canvas":
        found = [person for person in people if person.canvas_id == hand_in.key]
    elif hand_in.kind == "moodle":
        found = [
            person
            for person in people
            if _plain(person.name or f"{person.first_name} {person.last_name}") == _plain(hand_in.name)
        ]
    else:
        fields = ("student", "login", "username", "sis_id", "id_number", "email")
        found = [
            person
            for person in people
            if key in [getattr(person, one).lower() for one in fields if getattr(person, one)]
        ]
    if len(found) == 1:
        return found[0]
    kind = "nobody on the roster" if not found else f"{len(found)} people on the roster"
    problems.append(f"{_some([hand_in.key])} is {kind}; the hand-in was left")
    return None


def _folder_of(hand_in: DownloadedHandIn, person: Person | None) -> str:
    """Name of the learner's folder: letters, digits and a few signs, so that no name leads anywhere else."""
    if person is not None:
        wanted = next(
            value
            for value in (
                person.student,
                person.login,
                person.username,
                person.sis_id,
                person.id_number,
                person.email,
                person.canvas_id,
                hand_in.key,
            )
            if value
        )
    elif hand_in.kind == "canvas":
        wanted = f"{hand_in.name}-{hand_in.key}"
    else:
        wanted = hand_in.key
    safe = "".join(
        letter if letter.isalnum() or letter in "-_.@" else "-"
        for letter in unicodedata.normalize("NFC", wanted)
    ).strip(".-")
    return safe[:100] or "learner-" + hashlib.sha256(wanted.encode("utf-8", "replace")).hexdigest()[:12]


def _place(
    folder: str,
    hand_in: DownloadedHandIn,
    root: pathlib.Path,
    name: str,
    limits: CollectLimits,
    done: Collected,
) -> None:
    """Write one learner's files: beside their place first, then in one step."""
    contents: dict[str, bytes] = {}
    size = 0
    for file, entry in hand_in.files.items():
        file = file.removeprefix(f"{name}/")
        content = entry.read(limits.file_bytes)
        size += len(content)
        if len(content) > limits.file_bytes:
            done.problems.append(
                f"{_some([folder + '/' + file])} is larger than {limits.file_bytes:,} bytes and was left"
            )
        elif size > limits.learner_bytes:
            done.problems.append(
                f"the files of {_some([folder])} are more than {limits.learner_bytes:,} bytes; the rest was left"
            )
            break
        else:
            contents[file] = content
    if not contents:
        return
    if hand_in.time:
        moment = datetime.datetime.strptime(hand_in.time, "%Y-%m-%d-%H-%M-%S")
        contents["timestamp.txt"] = moment.strftime("%Y-%m-%d %H:%M:%S").encode()
    submitted = root / "classroom" / "submitted"
    place = submitted / folder / name
    if _content_of(place) == contents:
        done.unchanged.append(folder)
    else:
        fresh = submitted / folder / f".{name}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        for file, content in contents.items():
            target = fresh / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        if place.exists() or place.is_symlink():
            kept = (
                root
                / "classroom"
                / "replaced"
                / datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S%f")
                / folder
                / name
            )
            kept.parent.mkdir(parents=True, exist_ok=True)
            place.rename(kept)
            done.replaced.append(folder)
        else:
            done.new.append(folder)
        fresh.rename(place)
    if hand_in.late:
        done.late.append(folder)


def _content_of(folder: pathlib.Path) -> dict[str, bytes] | None:
    if folder.is_symlink() or not folder.is_dir():
        return None
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }
