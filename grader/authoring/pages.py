"""Marked blocks of README.md and the documentation that are made from data: the table of lessons, the results of `verify`.

A block lies between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``. Not for text that people write.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Mapping

from grader.authoring.notebooks import write_text
from grader.site.links import binder_address, browser_address
from holdout.errors import HoldoutError
from holdout.register import Course, Lesson, Publish, read_course


class PageError(HoldoutError):
    """A page cannot take a block; the message names the page and the marker."""


def read_block(text: str, name: str) -> str | None:
    """What stands between the markers of a block.

    Parameters
    ----------
    text : str
        Of the page.
    name : str

    Returns
    -------
    str or None
        Without the markers and the line breaks beside them; None if the page has no such block.
    """
    begin, end = _markers(name)
    if begin not in text or end not in text:
        return None
    return text.partition(begin)[2].partition(end)[0].strip("\n")


def replace_block(text: str, name: str, content: str, *, page: str = "the page") -> str:
    """The text of a page with other content between the markers.

    Raises
    ------
    PageError
        If the page does not have the two markers, once each and in this order.
    """
    begin, end = _markers(name)
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise PageError(f"{page} needs one line {begin} and below it one line {end}; add them")
    before, _, rest = text.partition(begin)
    return f"{before}{begin}\n{content.strip(chr(10))}\n{end}{rest.partition(end)[2]}"


def write_block(root: str | os.PathLike, name: str, contents: Mapping[str, str]) -> None:
    """Write a block into pages.

    Parameters
    ----------
    root : path
        The course.
    name : str
    contents : dict of str to str
        Page, relative to `root`, to what stands in its block.

    Raises
    ------
    PageError
        If a page is missing or has not the two markers; no page is changed then.
    """
    made = {}
    for page, content in contents.items():
        path = pathlib.Path(root) / page
        if not path.is_file():
            raise PageError(f"there is no {page} to write the result into; restore it from version control")
        made[path] = replace_block(path.read_text(encoding="utf-8"), name, content, page=page)
    for path, text in made.items():
        write_text(text, path)


def _markers(name: str) -> tuple[str, str]:
    return f"<!-- begin {name} -->", f"<!-- end {name} -->"


def lessons_table(course: Course) -> str:
    """The table of lessons for README.md.

    Parameters
    ----------
    course : Course

    Returns
    -------
    str
        Markdown: one row per lesson, below a row per unit.
    """
    lines = ["| nr | lesson | the question | minutes |", "|---|---|---|--:|"]
    for unit in course.units:
        lines.append(f"| | **{unit.heading}** | | |")
        lines += [_row(lesson) for lesson in unit.lessons]
    return "\n".join(lines)


def _row(lesson: Lesson) -> str:
    title, minutes = f"[{lesson.title}](lessons/{lesson.name}.ipynb)", f"{lesson.lesson_minutes}"
    if lesson.deeper_minutes:
        title += f" · [deeper](lessons/deeper/{lesson.name}.ipynb)"
        minutes += f" + {lesson.deeper_minutes}"
    return f"| {lesson.number} | {title} | {lesson.question} | {minutes} |"


def ways_in(publish: Publish) -> str:
    """The line of README.md that says where the course can be read and run without an installation.

    Parameters
    ----------
    publish : Publish

    Returns
    -------
    str
        Markdown.
    """
    start = "lessons/index.ipynb"
    ways = [
        ("Read it", f"{publish.site}/" if publish.site else ""),
        ("open it in the browser", browser_address(publish, start)),
        ("open it in Binder", binder_address(publish, start)),
    ]
    known = [f"[{words}]({address})" for words, address in ways if address]
    if known:
        return f"**Without an installation:** {' · '.join(known)}."
    return (
        "**Without an installation:** `holdout site` makes a reading edition, in which sliders and predictions work; "
        "[Publishing](docs/publishing.md) puts it, and links to Binder, on the web."
    )


def current_readme(root: pathlib.Path) -> tuple[str, str] | None:
    """README.md of a course as it is, and as the register makes it.

    Returns
    -------
    tuple of str, or None
        None where there is no register, no README.md, or no block for the lessons in it.
    """
    path = root / "README.md"
    if not path.is_file() or not (root / "course.toml").is_file():
        return None
    text = path.read_text(encoding="utf-8")
    if read_block(text, "lessons") is None:
        return None
    course = read_course(root)
    made = replace_block(text, "lessons", lessons_table(course), page="README.md")
    if read_block(text, "ways in") is not None:
        made = replace_block(made, "ways in", ways_in(course.publish), page="README.md")
    return text, made
