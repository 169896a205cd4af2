"""Addresses of a notebook: in its repository, in Binder, in a JupyterLite, on the published site. Made from ``[publish]`` alone."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import quote

from holdout.register import Publish

_BINDER = "https://mybinder.org/v2"


def source_address(publish: Publish, path: str) -> str:
    """Where a file of the course is shown by the host of its repository; empty without a repository.

    Examples
    --------
    >>> source_address(Publish("https://github.com/a/b"), "docs/learners.md")
    'https://github.com/a/b/blob/main/docs/learners.md'
    """
    if not publish.repository:
        return ""
    between = "/-/blob/" if "gitlab" in publish.repository else "/blob/"
    return f"{publish.repository}{between}{publish.branch}/{quote(path)}"


def binder_address(publish: Publish, path: str) -> str:
    """Where Binder opens a notebook; empty without a repository.

    Examples
    --------
    >>> binder_address(Publish("https://github.com/a/b"), "lessons/01-x.ipynb")
    'https://mybinder.org/v2/gh/a/b/main?urlpath=lab/tree/lessons/01-x.ipynb'
    """
    if not publish.repository:
        return ""
    found = re.fullmatch(r"https?://(www\.)?github\.com/([^/]+/[^/]+?)(\.git)?", publish.repository)
    where = f"gh/{found[2]}" if found else f"git/{quote(publish.repository, safe='')}"
    branch = quote(publish.branch, safe="")
    return f"{_BINDER}/{where}/{branch}?urlpath=lab/tree/{quote(path)}"


def browser_address(publish: Publish, path: str, page: str = "") -> str:
    """Where a JupyterLite opens a notebook; empty where there is none.

    Parameters
    ----------
    publish : Publish
        Its ``browser`` may be a folder of the site, such as ``"lite"``.
    path : str
        Of the notebook in the course.
    page : str
        Of the page that links, in the site; needed where ``browser`` is a folder of it.

    Returns
    -------
    str

    Examples
    --------
    >>> browser_address(Publish(browser="https://a.org/lite"), "lessons/01-x.ipynb")
    'https://a.org/lite/lab/index.html?path=lessons/01-x.ipynb'
    >>> browser_address(Publish(browser="lite"), "lessons/01-x.ipynb", "lessons/01-x.html")
    '../lite/lab/index.html?path=lessons/01-x.ipynb'
    """
    if not publish.browser:
        return ""
    where = publish.browser
    if not re.match(r"[a-z]+://|/", where):
        where = posixpath.relpath(where, posixpath.dirname(page) or ".")
    return f"{where}/lab/index.html?path={quote(path)}"


def page_address(publish: Publish, path: str) -> str:
    """Where the reading edition shows a notebook or a page; empty while it is published nowhere.

    Examples
    --------
    >>> page_address(Publish(site="https://a.github.io/b"), "lessons/01-x.ipynb")
    'https://a.github.io/b/lessons/01-x.html'
    """
    return f"{publish.site}/{quote(posixpath.splitext(path)[0])}.html" if publish.site else ""
