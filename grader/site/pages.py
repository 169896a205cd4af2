"""Turn notebooks and documents of a course into pages for Sphinx. Text in, text out: nothing is executed or written here."""

from __future__ import annotations

import json
import pathlib
import posixpath
import re
from collections.abc import Collection, Mapping
from importlib.resources import files

import nbformat
from jinja2 import Environment
from markupsafe import Markup

from grader.authoring.pages import lessons_table
from grader.site.kernel import FIGURE, PREDICTION, RESOLVED, WIDGET
from grader.site.links import binder_address, browser_address, source_address
from holdout.register import Course, Publish

FRAMES = "_frames"
"""Folder of the pictures, in the root of the site."""

START = "index.md"
"""The first page; it stands in for the start page of the notebooks."""

_STARTS = ("lessons/index.ipynb", "README.md")
_PLACEMENT = "lessons/placement.ipynb"
_ENVIRONMENT = Environment(autoescape=True)


def _template(name):
    text = files("grader.site").joinpath(f"{name}.html.jinja").read_text(encoding="utf-8")
    return _ENVIRONMENT.from_string(text)


class Site:
    """Which pages there are, and how one of them links to another.

    Parameters
    ----------
    root : pathlib.Path
        The course.
    pages : collection of str
        Paths of the notebooks and documents that become pages, relative to the course.
    publish : Publish
    """

    def __init__(self, root: pathlib.Path, pages: Collection[str], publish: Publish):
        self.root, self.pages, self.publish = root, frozenset(pages), publish

    # -- links

    def rewrite(self, text: str, page: str) -> str:
        """The links of a text in Markdown, as they are on the site.

        A link to another page stays; one to a file that is not on the site leads to the repository; where no repository is
        known, only its words stay.

        Parameters
        ----------
        text : str
        page : str
            The path of the page that it stands on.

        Returns
        -------
        str
        """

        def markdown(found):
            target = self._target(found["target"], page)
            return found["words"] if target is None else f"[{found['words']}]({target})"

        def element(found):
            target = self._target(found["target"], page)
            if target is None:
                return found["words"]
            return f'<a{found["before"]}href="{_as_html_page(target)}"{found["after"]}>{found["words"]}</a>'

        return _outside_code(text, lambda part: _ELEMENT.sub(element, _LINK.sub(markdown, part)))

    def rewrite_html(self, text: str, page: str) -> str:
        """As `rewrite`, for HTML."""

        def element(found):
            target = self._target(found["target"], page)
            if target is None:
                return found["words"]
            return f'<a{found["before"]}href="{_as_html_page(target)}"{found["after"]}>{found["words"]}</a>'

        return _ELEMENT.sub(element, text)

    def _target(self, target: str, page: str) -> str | None:
        if re.match(r"[a-z][a-z0-9+.-]*:|#|//", target):
            return target
        path, sign, anchor = target.partition("#")
        folder = posixpath.dirname(page)
        full = posixpath.normpath(posixpath.join(folder, path))
        if full in _STARTS:
            return posixpath.relpath(START, folder or ".")
        if full in self.pages:
            if full.endswith(".ipynb"):  # JupyterLab keeps capitals and punctuation in the names of headings
                anchor = re.sub(r"[^\w-]", "", anchor.lower())
            return posixpath.relpath(full, folder or ".") + sign + anchor
        if (self.root / full).exists():
            # a notebook that is no page, such as an exercise, is opened where it runs
            runs = browser_address(self.publish, full, page) if full.endswith(".ipynb") else ""
            address = runs or source_address(self.publish, full)
            return address + ("" if runs else sign + anchor) if address else None
        return target  # Sphinx names it

    def where_it_runs(self, notebook: str) -> str:
        """Address at which a notebook runs without an installation, for the start page; empty where there is none."""
        if not (self.root / notebook).is_file():
            return ""
        return browser_address(self.publish, notebook, START) or binder_address(self.publish, notebook)

    # -- parts of a page

    def ways_in(self, page: str, notebook: str = "") -> str:
        """A line of HTML with the ways from a page to its notebook, or to another that is named."""
        notebook = notebook or (page if page.endswith(".ipynb") else "")
        ways = [
            ("Open in Binder", binder_address(self.publish, notebook) if notebook else ""),
            ("Open in the browser", browser_address(self.publish, notebook, page) if notebook else ""),
            ("Source of this page", source_address(self.publish, page)),
        ]
        shown = [f'<a href="{address}">{words}</a>' for words, address in ways if address]
        return f'<p class="ho-ways">{" ".join(shown)}</p>' if shown else ""

    def document(self, text: str, page: str) -> str:
        """A document in Markdown as a page."""
        return _below_the_title(self.rewrite(text, page), self.ways_in(page))

    def notebook(
        self, notebook: nbformat.NotebookNode, page: str, predictions: Mapping[str, dict]
    ) -> nbformat.NotebookNode:
        """A notebook, executed or harvested, as a page.

        Parameters
        ----------
        notebook : nbformat.NotebookNode
            Not changed.
        page : str
        predictions : mapping of str to dict
            By id, see ``grader.site.harvest.Harvest``.

        Returns
        -------
        nbformat.NotebookNode
        """
        cells, figures, titled = [], 0, False
        open_predictions: list[str] = []
        for cell in notebook.cells:
            made = nbformat.from_dict({"cell_type": cell.cell_type, "metadata": {}, "source": cell.source})
            if "id" in cell:
                made.id = cell.id
            if cell.cell_type == "markdown":
                made.source = self.rewrite(cell.source, page)
                if not titled and made.source.startswith("# "):
                    made.source, titled = _below_the_title(made.source, self.ways_in(page)), True
            elif cell.cell_type == "code":
                made.execution_count, made.outputs = None, []
                waiting, asked = list(open_predictions), []
                for output in cell.outputs:
                    data = output.get("data", {})
                    if RESOLVED in data:
                        open_predictions = [id for id in open_predictions if id != data[RESOLVED]["id"]]
                    elif PREDICTION in data:
                        prediction = predictions[data[PREDICTION]["id"]]
                        made.outputs.append(_html(prediction_html(prediction)))
                        if not _resolved_here(cell, prediction["id"]):
                            asked.append(prediction["id"])
                    elif FIGURE in data and "problem" not in data[FIGURE]:
                        figures += 1
                        made.outputs.append(
                            _html(figure_html(data[FIGURE], f"figure-{figures}", self._frames(page)))
                        )
                    elif (kept := self._output(output, page)) is not None:
                        made.outputs.append(kept)
                open_predictions += asked
                tags = [f"ho-after-{_slug(id)}" for id in waiting] if made.outputs and not asked else []
                if asked or any(PREDICTION in output.get("data", {}) for output in cell.outputs):
                    tags.append("remove-input")  # it only repeats the question, and may give the answer away
                elif cell.metadata.get("jupyter", {}).get("source_hidden"):
                    tags.append("hide-input")
                made.metadata.tags = tags
            cells.append(made)
        metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        return nbformat.from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells})

    def _frames(self, page: str) -> str:
        return posixpath.relpath(FRAMES, posixpath.dirname(page) or ".") + "/"

    def _output(self, output, page):
        data = output.get("data", {})
        if WIDGET in data:
            return _html('<p class="ho-note">Here a running notebook has controls of its own.</p>')
        kept = json.loads(json.dumps(output))
        data = kept.get("data", {})
        data.pop(FIGURE, None)
        if "text/markdown" in data:
            data["text/markdown"] = self.rewrite("".join(data["text/markdown"]), page)
        if "text/html" in data:
            data["text/html"] = self.rewrite_html("".join(data["text/html"]), page)
        if kept["output_type"] == "execute_result":
            kept["execution_count"] = None
        return nbformat.from_dict(kept)


def pictures_of(text: str, page: str) -> set[str]:
    """Paths of the pictures that a document shows, relative to the course."""
    shown = re.findall(r"!\[[^\]]*\]\(([^()\s]+)\)", text)
    folder = posixpath.dirname(page)
    return {posixpath.normpath(posixpath.join(folder, path)) for path in shown if ":" not in path}


def figure_html(data: Mapping, id: str, frames: str) -> str:
    """A live figure as HTML: native controls, the picture of its first state, and the words of all.

    Parameters
    ----------
    data : mapping
        As ``kernel.describe_figure`` makes it.
    id : str
        Unique on the page.
    frames : str
        Address of the folder with the pictures, with a slash at its end.

    Returns
    -------
    str
    """
    content = _json(
        {
            "kind": data["kind"],
            "labels": [control["labels"] for control in data["controls"]],
            "start": [control["start"] for control in data["controls"]],
            "folder": frames,
            "frames": {
                ",".join(map(str, frame["at"])): [frame["file"], frame["text"], frame["alt"]]
                for frame in data["frames"]
            },
        }
    )
    return _template("figure").render(data=data, id=id, frames=frames, content=content)


def prediction_html(data: Mapping) -> str:
    """A prediction as HTML: a form that the page's script scores.

    Parameters
    ----------
    data : mapping
        As ``Prediction.describe`` makes it.

    Returns
    -------
    str
    """
    content = _json({key: data[key] for key in ("id", "unit", "within", "truth", "truth_text", "reveal")})
    return _template("prediction").render(
        data=data,
        slug=_slug(data["id"]),
        question=Markup(data["question"]),
        options=[Markup(option) for option in data["options"]],
        content=content,
    )


def start_page(
    course: Course, site: Site, figure: str, predictions: Collection[str], groups: Mapping[str, list[str]]
) -> str:
    """The first page: what the course is, one figure to move, the lessons, and the table of contents of the site.

    Parameters
    ----------
    course : Course
    site : Site
    figure : str
        A live figure as HTML, with a line that says where it is from; may be empty.
    predictions : collection of str
        Ids of all predictions on the site.
    groups : mapping of str to list of str
        Pages below each caption.

    Returns
    -------
    str
        Markdown.
    """
    readme = (
        (site.root / "README.md").read_text(encoding="utf-8")
        if (site.root / "README.md").is_file()
        else "# Course\n"
    )
    title, _, rest = readme.partition("\n")
    lead = next((part for part in rest.split("\n\n") if part.strip() and part.lstrip()[0] not in "`<!["), "")
    tally = f'<div class="ho-tally" data-predictions="{" ".join(predictions)}"></div>' if predictions else ""
    first = _STARTS[0] if (site.root / _STARTS[0]).is_file() else ""
    install = "install the course"
    if "docs/learners.md" in site.pages:
        install = f"[{install}](docs/learners.md)"
    here = f"This is the reading edition: sliders and predictions work here, and nothing needs to be installed. To change the code and to do the exercises, {install}."
    if where := site.where_it_runs(_PLACEMENT):
        here += (
            f" [Placement]({where}) tells which lessons you can skip: twenty cases, in a running notebook."
        )
    parts = [title, lead.strip(), here, site.ways_in("README.md", first), figure]
    if course.lessons:
        parts += ["## The lessons", site.rewrite(lessons_table(course), "README.md")]
    parts += [tally]
    for caption, pages in groups.items():
        names = "\n".join(posixpath.splitext(page)[0] for page in pages)
        parts.append(f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{names}\n```")
    return "\n\n".join(part for part in parts if part) + "\n"


_LINK = re.compile(r"(?<!!)\[(?P<words>(?:[^\[\]]|\[[^\[\]]*\])+)\]\((?P<target>[^()\s]+)\)")
_ELEMENT = re.compile(
    r'<a(?P<before>\s(?:[^>]*\s)?)href="(?P<target>[^"]*)"(?P<after>[^>]*)>(?P<words>.*?)</a>', re.DOTALL
)
_CODE = re.compile(r"(^```.*?^```[^\n]*$|`[^`\n]+`)", re.DOTALL | re.MULTILINE)


def _outside_code(text, change):
    """Change what lies outside code; a link whose words are code stays in one piece."""
    parts, kept = [], []

    def hide(found):
        kept.append(found[0])
        return f"\0{len(kept) - 1}\0"

    parts = change(_CODE.sub(hide, text))
    return re.sub("\0(\\d+)\0", lambda found: kept[int(found[1])], parts)


def _as_html_page(target):
    """In HTML Sphinx resolves nothing, so a page is named as it will be."""
    if re.match(r"[a-z][a-z0-9+.-]*:|//", target):
        return target
    return re.sub(r"\.(ipynb|md)(?=#|$)", ".html", target)


def _below_the_title(text, addition):
    if not addition:
        return text
    first, _, rest = text.partition("\n")
    return f"{first}\n\n{addition}\n\n{rest.lstrip(chr(10))}"


def _resolved_here(cell, id):
    return any(output.get("data", {}).get(RESOLVED, {}).get("id") == id for output in cell.outputs)


def _slug(id):
    return re.sub(r"\W+", "-", id)


def _json(value):
    """JSON that may stand in a script element: no sign in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _html(text):
    return nbformat.v4.new_output("display_data", data={"text/html": text, "text/plain": ""})
