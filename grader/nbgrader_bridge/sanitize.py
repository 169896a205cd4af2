"""Makes an executed notebook safe to show: in formgrader and in feedback nothing that a learner wrote can run.

Formgrader shows a learner's notebook inside the instructor's own Jupyter page, and nbgrader's templates show HTML, Markdown
and pictures as they are. So what is kept is rebuilt here from a short list of what is known to be harmless.
"""

import base64
import binascii
import re
from collections.abc import Mapping

import nh3

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
        if cell["cell_type"] == "raw":
            # nbconvert writes raw cells into the page as they are, so they are shown as text instead
            cell["cell_type"] = "markdown"
            cell["source"] = "".join(f"    {line}\n" for line in clean_markdown(cell["source"]).splitlines())
        elif cell["cell_type"] == "markdown":
            cell["source"] = clean_markdown(cell["source"])
    if cell["cell_type"] == "code":
        cell["outputs"] = [made for output in cell["outputs"] if (made := clean_output(output))]
