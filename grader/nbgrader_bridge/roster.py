"""Who is in the class, and under which names each learning platform knows them.

Reads what platforms export (Canvas' gradebook, Moodle's participants or grades, Blackboard's grade centre) and a table of one's own. Matches
people both ways: a learner of the gradebook to a platform's identity, and a platform's identity to the learner's folder. Writes
nothing.
"""

from __future__ import annotations

import csv
import io
import os
import pathlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from holdout.errors import HoldoutError

# What the columns of the platforms are called, in lower case; the first that is there counts.
COLUMNS = {
    "student": ("id of the folder", "folder", "student id", "nbgrader id"),
    "canvas_id": ("id", "canvas id", "canvas user id"),
    "sis_id": ("sis user id",),
    "login": ("sis login id", "login id", "login"),
    "username": ("username", "user name", "benutzername", "nombre de usuario", "nom d'utilisateur"),
    "id_number": ("id number", "idnumber", "id-nummer"),
    "email": ("email address", "e-mail address", "email", "e-mail", "mail"),
    "section": ("section", "sections", "group", "groups"),
    "last_name": ("last name", "surname", "last_name", "nachname"),
    "first_name": ("first name", "first_name", "vorname"),
    "name": ("student", "full name", "name"),
}
IDENTITIES = ("student", "login", "username", "sis_id", "id_number", "email", "canvas_id")


class RosterError(HoldoutError):
    """A roster cannot be read; the message names the file, what is wrong with it, and the remedy."""


@dataclass(frozen=True)
class Person:
    """Somebody on the roster; empty text where the roster says nothing.

    Parameters
    ----------
    student : str
        Name of the folder of the learner's submissions, if the roster states it.
    canvas_id, sis_id, login : str
        As Canvas' gradebook has them.
    username, id_number, email : str
        As Moodle has them.
    section, name, last_name, first_name : str
    """

    student: str = ""
    canvas_id: str = ""
    sis_id: str = ""
    login: str = ""
    username: str = ""
    id_number: str = ""
    email: str = ""
    section: str = ""
    name: str = ""
    last_name: str = ""
    first_name: str = ""

    @property
    def label(self) -> str:
        """The name, as far as the roster has one, else an identity."""
        name = self.name or f"{self.first_name} {self.last_name}".strip()
        return name or next(filter(None, (getattr(self, key) for key in IDENTITIES)), "")


@dataclass
class Match:
    """Learners of the gradebook beside people of a roster.

    Parameters
    ----------
    people : dict of str to Person
        By learner's id.
    unknown : list of str
        Learners whom nobody on the roster is.
    unclear : list of str
        Learners who could be several people of the roster.
    without : list of Person
        People of the roster who are no learner of the gradebook.
    """

    people: dict = field(default_factory=dict)
    unknown: list = field(default_factory=list)
    unclear: list = field(default_factory=list)
    without: list = field(default_factory=list)


def read_roster(path: str | os.PathLike) -> list[Person]:
    """Read a roster.

    Parameters
    ----------
    path : path
        A CSV file with a header, separated by commas, semicolons or tabs, in UTF-8 or Latin-1: a platform's export or a table of
        one's own with any of the columns in `COLUMNS`. A table of one's own names the folder in the column ``id of the folder``.

    Returns
    -------
    list of Person
        Canvas' line "Points Possible" and its test student are left out.

    Raises
    ------
    RosterError
        If it cannot be read, or no column identifies anybody.
    """
    path = pathlib.Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RosterError(f"the roster {path} cannot be read: {error.strerror}") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    header = text.partition("\n")[0]
    separator = max(",;\t", key=header.count)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    if not rows:
        raise RosterError(f"the roster {path.name} is empty")
    names = [name.strip().strip("\ufeff").lower() for name in rows[0]]
    where = {}
    for key, candidates in COLUMNS.items():
        for candidate in candidates:
            if candidate in names:
                where[key] = names.index(candidate)
                break
    if names[:1] == ["id"] and "student" not in names:  # nbgrader's own: its id is the folder
        where["student"] = where.pop("canvas_id")
    if not any(key in where for key in IDENTITIES):
        raise RosterError(
            f"no column of the roster {path.name} identifies a person; it has {', '.join(names[:8]) or 'none'}, and one of these is "
            "needed: id of the folder, SIS Login ID, ID, Username, ID number, Email address"
        )
    people = []
    for row in rows[1:]:
        cells = {key: row[index].strip().lstrip("'") for key, index in where.items() if index < len(row)}
        person = Person(**cells)
        if person.name.lower() in ("points possible", "student, test") or not any(
            getattr(person, key) for key in IDENTITIES
        ):
            continue
        people.append(person)
    return people


def match(students: Iterable[Mapping[str, str]], roster: Iterable[Person]) -> Match:
    """Find out who is who.

    Parameters
    ----------
    students : iterable of Mapping
        Learners of the gradebook with ``id``, ``email`` and ``lms_user_id``.
    roster : iterable of Person

    Returns
    -------
    Match
        A learner is the one person whose stated folder, login, username, SIS id, ID number or e-mail address is the learner's id, or
        whose e-mail address or platform id is the one in the gradebook. The first kind of identity that finds anybody decides; upper and lower
        case are the same. Two people with one identity, or two learners who are one person, are unclear and nobody's.
    """
    roster = list(roster)
    found = Match()
    index: dict[tuple[str, str], list[Person]] = {}
    for person in roster:
        for key in IDENTITIES:
            if value := getattr(person, key).lower():
                index.setdefault((key, value), []).append(person)
    claims: dict[int, list[str]] = {}
    for student in students:
        wanted = [(key, str(student["id"]).lower()) for key in IDENTITIES if key != "canvas_id"]
        wanted += [("email", str(student.get("email") or "").lower())]
        lms = str(student.get("lms_user_id") or "").lower()
        wanted += [(key, lms) for key in ("canvas_id", "id_number", "sis_id")]
        hits = next((index[identity] for identity in wanted if identity[1] and identity in index), [])
        if len(hits) == 1:
            found.people[student["id"]] = hits[0]
            claims.setdefault(id(hits[0]), []).append(student["id"])
        else:
            (found.unclear if hits else found.unknown).append(student["id"])
    for learners in claims.values():
        if len(learners) > 1:
            found.unclear += learners
            for learner in learners:
                del found.people[learner]
    found.without = [person for person in roster if id(person) not in claims]
    return found


def sections_of(person: Person) -> list[str]:
    """The sections of one person. Canvas writes several as "A and B" or "A, B", others separate them by semicolons.

    Returns
    -------
    list of str
        As they are written, without repeats; none if the roster says nothing.
    """
    parts = [part.strip() for part in re.split(r",| and |;", person.section)]
    return list({part.casefold(): part for part in reversed(parts) if part}.values())[::-1]


def of_section(roster: Iterable[Person], section: str) -> list[Person]:
    """The people of one section; upper and lower case are the same.

    Parameters
    ----------
    roster : iterable of Person
    section : str
        One section, or the whole text of the roster's column.

    Raises
    ------
    RosterError
        If nobody is in it; the message lists the sections that there are.
    """
    roster = list(roster)
    wanted = section.strip().casefold()
    found = [
        person
        for person in roster
        if wanted in {name.casefold() for name in [*sections_of(person), person.section.strip()]}
    ]
    if not found:
        there = sorted({name for person in roster for name in sections_of(person)})
        shown = ", ".join(there[:8]) + (f" and {len(there) - 8} more" if len(there) > 8 else "")
        raise RosterError(
            f"nobody on the roster is in the section {section!r}; there are: {shown or 'no sections'}"
        )
    return found
