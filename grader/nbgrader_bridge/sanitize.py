"""Makes an executed notebook safe to show: in formgrader and in feedback nothing that a learner wrote can run.

Formgrader shows a learner's notebook inside the instructor's own Jupyter page, and nbgrader's templates show HTML, Markdown
and pictures as they are. So what is kept is rebuilt here from a short list of what is known to be harmless.
"""

import base64
import binascii
import re
import textwrap
from collections.abc import Mapping
from typing import Any

import jinja2
import nh3
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

TABLE_TAGS = frozenset(
    "table thead tbody tfoot tr th td caption div span p b strong em i code pre br hr ul ol li h1 h2 h3 h4 h5 h6 sub sup".split()
)
TAG = re.compile(r"<(?!/)(?!(?:tr|td|th|li|br|hr)\b)[^\s>]", re.IGNORECASE)
MOST_ELEMENTS = 5_000  # beside cells and list items; nested elements take quadratic time to parse
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
PICTURE_ALT = "Picture made by the code of this cell"
ACTIVE_TEX = re.compile(
    r"\\(?=(?:href|url|class|style|cssid|require|unicode|def|gdef|edef|let|newcommand|renewcommand|newenvironment|csname|data|"
    r"mmltoken|includegraphics|htmlclass|htmlid|htmlstyle|htmldata)\b)",
    re.IGNORECASE,
)


def clean_html(text: str) -> str:
    """Tables and simple text; no attributes, links, pictures, styles or scripts.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        A sentence instead, if the HTML has so many elements that it was made to slow grading down.
    """
    if sum(1 for _ in TAG.finditer(text)) > MOST_ELEMENTS:
        return f"<p>This output has more than {MOST_ELEMENTS:,} HTML elements, so it is not shown.</p>"
    return _tame_tex(
        nh3.clean(
            text,
            tags=set(TABLE_TAGS),
            clean_content_tags={"script", "style"},
            attributes={"*": set()},  # without this entry nh3 would keep `title` and `lang`
            strip_comments=True,
            link_rel=None,
        )
    )


SPECIAL = re.compile(r"[$\\<*_~\[`|>]")
MOST_SPECIAL = 2_000  # Markdown takes time with the square of these


def is_heavy(text: str) -> bool:
    """Whether Markdown could take seconds to render: such a text is shown as it was typed."""
    return len(text) > 200_000 or sum(1 for _ in SPECIAL.finditer(text)) > MOST_SPECIAL


def clean_markdown(text: str) -> str:
    """Markdown in which HTML, pictures, and links other than plain web addresses stay plain text.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    text = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", text)
    # only pictures that were pasted into the cell are shown; see clean_attachments
    text = re.sub(r"!\[(?![\w .-]*\]\(attachment:[\w.-]+\))", r"!\\[", text)
    text = re.sub(r"\](?=\()(?!\((?:https?://[^\s()<>\"'&\\]*|attachment:[\w.-]+)\))", r"]\\", text)
    text = re.sub(r"\]:", r"]\\:", text)  # a definition of a link may stand anywhere
    return _tame_tex(text)


PAGE_TAGS = TABLE_TAGS | {"a", "img", "blockquote", "del", "dl", "dt", "dd"}
PAGE_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt"},
    "th": {"style"},
    "td": {"style"},
    "code": {"class"},
    "ol": {"start"},
}
ADDRESS = re.compile(r"(https?://|mailto:)[^\s\\]+|#[\w.-]*", re.IGNORECASE)
OWN_PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=]+")
ALIGNMENT = re.compile(r"text-align:\s*(left|right|center);?")


def _harmless(tag, attribute, value):
    """An attribute's value, or None where it could load, lead or run anything."""
    allowed = {"href": ADDRESS, "src": OWN_PICTURE, "style": ALIGNMENT}.get(attribute)
    return value if allowed is None or allowed.fullmatch(value.strip()) else None


def clean_page_html(text: str) -> str:
    """What a page shows of rendered Markdown: text, tables, plain web links, pictures that are in the text itself.

    It works on what the Markdown library made, so nothing that is written in an unusual way (an entity, a reference, a nested link)
    comes out as anything else. Formulas can neither make links nor define commands.

    Parameters
    ----------
    text : str
        HTML.

    Returns
    -------
    str
    """
    if sum(1 for _ in TAG.finditer(text)) > MOST_ELEMENTS:
        return f"<p>This text has more than {MOST_ELEMENTS:,} HTML elements, so it is not shown.</p>"
    return _tame_tex(
        nh3.clean(
            text,
            tags=set(PAGE_TAGS),
            clean_content_tags={"script", "style"},
            attributes={**PAGE_ATTRIBUTES, "*": set()},
            attribute_filter=_harmless,
            url_schemes={"http", "https", "mailto", "data"},
            link_rel="noopener noreferrer nofollow",
            strip_comments=True,
        )
    )


class _PageRenderer(IPythonRenderer):
    """Markdown as nbconvert renders it, without what is slow or can be missing."""

    def block_code(self, code: str, info: str | None = None) -> str:
        # a language that the text names is not looked up: some of the lexers take quadratic time
        return f"<pre><code>{self.escape_html(code)}</code></pre>\n"

    def _embed_image_or_attachment(self, src: str) -> str:
        name = src.removeprefix("attachment:")
        if name == src:
            return src
        kinds = self.attachments.get(name)
        kinds = kinds if isinstance(kinds, Mapping) else {}
        return next((f"data:{kind};base64,{kinds[kind]}" for kind in PICTURES if kind in kinds), "")


def _rendered(text, attachments=None):
    renderer = _PageRenderer(escape=False, attachments=attachments or {}, exclude_anchor_links=True)
    return MarkdownWithMath(renderer=renderer).render(text)


@jinja2.pass_context
def render_markdown(context: Any, text: str) -> str:
    """The template filter for a text cell: Markdown as HTML in which nothing is alive."""
    return clean_page_html(_rendered(text, context.get("cell", {}).get("attachments", {})))


def clean_comment(text: str) -> str:
    """The template filter for a comment, which may quote what a learner named: simple Markdown, no HTML, link, picture or formula."""
    shown = nh3.clean(
        _rendered(str(text).replace("&", "&amp;").replace("<", "&lt;")),
        tags={"p", "strong", "em", "code", "pre", "br", "ul", "ol", "li"},
        attributes={"*": set()},
        link_rel=None,
    )
    return f'<div class="tex2jax_ignore mathjax_ignore">{shown}</div>'


def as_code_block(text: str) -> str:
    """Text as Markdown that shows it as it is, whatever it holds: for a sentence that quotes a learner's file names."""
    lines = [part for line in text.splitlines() for part in textwrap.wrap(line, 84) or [""]]
    return "".join(f"    {line}\n" for line in lines)


def _tame_tex(text: str) -> str:
    """Formulas stay formulas, but cannot make links or define new commands."""
    return ACTIVE_TEX.sub(r"\\backslash ", text)


def clean_output(output: Mapping) -> dict | None:
    """One output of a cell, or None if nothing of it may be shown.

    Parameters
    ----------
    output : Mapping
        As nbformat has it.

    Returns
    -------
    dict or None
    """
    kind = output["output_type"]
    if kind == "stream":
        return {"output_type": "stream", "name": output["name"], "text": _printable(output["text"])}
    if kind == "error":
        return {
            "output_type": "error",
            "ename": _printable(output["ename"]),
            "evalue": _printable(output["evalue"]),
            "traceback": [_printable(line) for line in output["traceback"]],
        }
    data: dict[str, str] = {}
    for mime, content in output["data"].items():
        if mime == "text/plain" and isinstance(content, str):
            data[mime] = _printable(content)
        elif mime == "text/html" and isinstance(content, str):
            data[mime] = clean_html(content)
        elif mime in PICTURES and (picture := _picture(mime, content)):
            data[mime] = picture
    # always display_data: nbgrader takes an execute_result for points
    described = {mime: {"alt": PICTURE_ALT} for mime in data if mime in PICTURES}
    return {"output_type": "display_data", "data": data, "metadata": described} if data else None


def _printable(text: str) -> str:
    """Text without control characters other than line ends, tabs and the colours of a traceback."""
    return "".join(c for c in text if c in "\n\t\x1b" or (c >= " " and c != "\x7f"))


def _picture(mime: str, content: str) -> str:
    try:
        raw = base64.b64decode(re.sub(r"\s", "", content), validate=True)
    except (binascii.Error, ValueError, TypeError):
        return ""
    return base64.b64encode(raw).decode("ascii") if raw.startswith(PICTURES[mime]) else ""


def clean_attachments(attachments: Mapping) -> dict:
    """Pictures that were pasted into a text cell: PNG and JPEG that are what they say.

    Parameters
    ----------
    attachments : Mapping
        As nbformat has them.

    Returns
    -------
    dict
    """
    kept: dict[str, dict[str, str]] = {}
    for name, bundle in attachments.items():
        pictures = {
            kind: picture for kind in PICTURES if kind in bundle and (picture := _picture(kind, bundle[kind]))
        }
        if pictures and re.fullmatch(r"[\w.-]+", name):
            kept[name] = pictures
    return kept


def clean_cell(cell: dict, locked: bool) -> None:
    """Make a cell safe to show, in place.

    Parameters
    ----------
    cell : dict
        A cell of a notebook of format 4.
    locked : bool
        Whether its text is the course's own.
    """
    if "attachments" in cell and not locked:
        cell["attachments"] = clean_attachments(cell["attachments"])
    if not locked:
        if cell["cell_type"] in ("raw", "markdown") and is_heavy(cell["source"]):
            cell["cell_type"] = "markdown"
            cell["source"] = as_code_block(cell["source"])
        elif cell["cell_type"] == "raw":
            # nbconvert writes raw cells into the page as they are, so they are shown as text instead
            cell["cell_type"] = "markdown"
            cell["source"] = "".join(f"    {line}\n" for line in clean_markdown(cell["source"]).splitlines())
        elif cell["cell_type"] == "markdown":
            cell["source"] = clean_markdown(cell["source"])
    if cell["cell_type"] == "code":
        cell["outputs"] = [made for output in cell["outputs"] if (made := clean_output(output))]
