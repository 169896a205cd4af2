"""What a portfolio page says, as its reader sees it."""

from __future__ import annotations

import os
import pathlib
from dataclasses import dataclass, field
from html.parser import HTMLParser

from holdout.errors import CourseError
from holdout.record.learner import LONGEST

LARGEST_PAGE = 60_000_000
TITLE = ": portfolio of evidence"


@dataclass
class ShownOnPage:
    """What a page says.

    Parameters
    ----------
    name : str
        Of the learner; empty if the page names nobody.
    artefacts : dict of (exercise, name) to dict of label to written number
    facts : dict of str to str
        State of each fact of the project.
    project, head : str
        Id of the project and fingerprint of its log's last line; empty if the page has no project.
    canary, canary_head : str
        The same of the canary on the calendar.
    canary_said : list of str
        What the page says about it: the headline in each of its places.
    canary_rows : list of str
        What its dated log shows, one text for each line.
    """

    name: str = ""
    artefacts: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    project: str = ""
    head: str = ""
    canary: str = ""
    canary_head: str = ""
    canary_said: list[str] = field(default_factory=list)
    canary_rows: list[str] = field(default_factory=list)


class _PageReader(HTMLParser):
    """Takes the numbers out of the page as a reader sees them."""

    def __init__(self) -> None:
        super().__init__()
        self.page = ShownOnPage()
        self._artefact: tuple[str, str] | None = None
        self._in_title = self._in_numbers = False
        self._part: str | None = None
        self._item: dict[str, str] = {}
        self._in_canary = False
        self._texts: list[str] | None = (
            None  # what is being read of the canary: its headline, or a line of its log
        )

    def handle_starttag(self, tag, attrs):
        about = {name: value or "" for name, value in attrs}
        if tag == "h1":
            self._in_title = True
        elif tag == "article" and "data-artefact" in about:
            self._artefact = (about.get("data-exercise", ""), about["data-artefact"])
            self.page.artefacts.setdefault(self._artefact, {})
        elif tag == "section" and "data-project" in about:
            self.page.project, self.page.head = about["data-project"], about.get("data-head", "")
        elif tag == "section":
            self._in_canary = "data-canary" in about
            if self._in_canary:
                self.page.canary, self.page.canary_head = about["data-canary"], about.get("data-head", "")
        elif tag == "span" and about.get("data-said") == "canary":
            self._texts = self.page.canary_said
            self._texts.append("")
        elif tag == "tr" and self._in_canary:
            self._texts = self.page.canary_rows
            self._texts.append("")
        elif tag == "li" and "data-fact" in about:
            self.page.facts[about["data-fact"]] = about.get("data-state", "")
        elif tag == "ul":
            self._in_numbers = self._artefact is not None and about.get("class") == "numbers"
        elif self._in_numbers and tag == "li":
            self._item, self._part = {"label": "", "value": ""}, "label"
        elif self._in_numbers and tag == "strong" and self._part == "label":
            self._part = "value"

    def handle_endtag(self, tag):
        if tag == "h1":
            self._in_title = False
        elif tag == "article":
            self._artefact = None
        elif tag == "ul":
            self._in_numbers = False
        elif tag in ("span", "tr"):
            self._texts = None
        elif tag == "section":
            self._in_canary = False
        elif self._in_numbers and tag == "strong" and self._part == "value" and self._artefact:
            self.page.artefacts[self._artefact][self._item["label"].strip()] = self._item["value"].strip()
            self._part = None

    def handle_data(self, data):
        if self._in_title:
            self.page.name += data
        elif self._texts is not None:
            self._texts[-1] += f"{data} " if self._in_canary else data
        elif self._in_numbers and self._part:
            self._item[self._part] += data


def read_page(file: str | os.PathLike) -> ShownOnPage:
    """Read a page.

    Raises
    ------
    CourseError
        If it is no portfolio.
    """
    file = pathlib.Path(file)
    try:
        if file.stat().st_size > LARGEST_PAGE:
            raise CourseError(f"{file} is larger than {LARGEST_PAGE // 10**6} MB; no portfolio is")
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise CourseError(f"{file} cannot be read ({error.strerror or error})") from None
    reader = _PageReader()
    reader.feed(text)
    page = reader.page
    title = " ".join(page.name.split())
    page.name = title.removesuffix(TITLE)[:LONGEST] if title.endswith(TITLE) else ""
    if not page.name and title != "Portfolio of evidence":
        raise CourseError(f"{file} is no portfolio that `holdout portfolio` has written")
    return page
