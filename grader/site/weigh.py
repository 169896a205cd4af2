"""What a page of the site loads before a reader touches anything, from its HTML alone; and which addresses it would ask."""

from __future__ import annotations

import pathlib
import re
from dataclasses import dataclass
from html.parser import HTMLParser

MOST_PAGE_BYTES = 3_000_000
"""A page with everything that it loads before it is touched, at most."""


@dataclass(frozen=True)
class Weight:
    """Of one page.

    Attributes
    ----------
    page : str
    bytes : int
        The page, its scripts, style sheets (with what they name) and pictures, each once and uncompressed.
    foreign : tuple of str
        Addresses on other hosts that the browser would ask for by itself.
    missing : tuple of str
        Files of the site that are named and not there.
    """

    page: str
    bytes: int
    foreign: tuple[str, ...]
    missing: tuple[str, ...]


class _Loads(HTMLParser):
    """Collects what a browser loads by itself; links that somebody must follow are not among it."""

    _SOURCES = frozenset(
        {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("video", "src"), ("audio", "src"), ("embed", "src"), ("object", "data")}
    )  # fmt: skip
    _RELATIONS = frozenset(
        {"stylesheet", "icon", "preload", "modulepreload", "preconnect", "dns-prefetch", "manifest"}
    )

    def __init__(self):
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        for name, value in attributes:
            if (tag, name) in self._SOURCES and value:
                self.found.append(value)
        if tag == "link" and self._RELATIONS & set((given.get("rel") or "").split()) and given.get("href"):
            self.found.append(given["href"])


def weigh(site: pathlib.Path, page: pathlib.Path) -> Weight:
    """Weigh a page.

    Parameters
    ----------
    site : pathlib.Path
        Its root.
    page : pathlib.Path
        An HTML file of it.

    Returns
    -------
    Weight
    """
    text = page.read_text(encoding="utf-8")
    loads = _Loads()
    loads.feed(text)
    files: set[pathlib.Path] = set()
    foreign, missing = set(), set()
    waiting = [(page.parent, address) for address in loads.found]
    while waiting:
        folder, address = waiting.pop()
        if re.match(r"(data|blob):|#", address):
            continue
        if re.match(r"[a-z][a-z0-9+.-]*:|//", address):
            foreign.add(address)
            continue
        path = (folder / re.split(r"[?#]", address)[0]).resolve()
        if not path.is_file():
            missing.add(address)
        elif path not in files:
            files.add(path)
            if path.suffix == ".css":
                rules = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
                named = re.findall(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", rules)
                waiting += [(path.parent, first or second) for first, second in named]
    total = len(text.encode()) + sum(path.stat().st_size for path in files)
    return Weight(page.relative_to(site).as_posix(), total, tuple(sorted(foreign)), tuple(sorted(missing)))
