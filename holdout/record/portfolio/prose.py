"""The Markdown that learners write, as HTML in which nothing acts: no raw HTML, no link, no picture from elsewhere.

Not for the questions and messages of the course, which are the task of `holdout.markup`.
"""

from __future__ import annotations

import re

import mistune
from markupsafe import Markup


def prose(text: str, *, keep_lines: bool = False) -> Markup:
    """Render the Markdown of a memo.

    Paragraphs, lists, quotations, code and emphasis are shown. A heading becomes a paragraph, because the page has its
    own headings; a link becomes its text and its address, which also works on paper; a picture becomes its description.

    Parameters
    ----------
    text : str
        Anything: it may have been written by anybody.
    keep_lines : bool, default False
        Whether each line of a paragraph stays a line, as in a text that a notebook has kept.
    """
    render = _KEEPING_LINES if keep_lines else _RUNNING
    return Markup(render(str(text).strip()))


class _Renderer(mistune.HTMLRenderer):
    """Shows text only: everything that could load, lead or run elsewhere becomes words."""

    def heading(self, text: str, level: int, **attrs: object) -> str:
        return self.paragraph(text)

    def link(self, text: str, url: str, title: str | None = None) -> str:
        address = mistune.escape(url)
        return text if text == address else f"{text} ({address})"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return text

    def linebreak(self) -> str:
        return "<br>"

    def thematic_break(self) -> str:
        return "<hr>"

    def block_code(self, code: str, info: str | None = None) -> str:
        return f"<pre><code>{mistune.escape(code)}</code></pre>"


def _markdown(*, keep_lines: bool) -> mistune.Markdown:
    markdown = mistune.create_markdown(renderer=_Renderer(escape=True), hard_wrap=keep_lines)
    # 2*3*4 and x**2 are arithmetic: a star between two letters or digits marks nothing
    markdown.inline.register(
        "star_in_word", r"(?<=\w)\*+(?=\w)", _as_text, before="emphasis", start_chars="*"
    )
    return markdown


def _as_text(parser: mistune.InlineParser, found: re.Match[str], state: mistune.InlineState) -> int:
    parser.process_text(found[0], state, parse_emphasis=False)
    return found.end()


_RUNNING = _markdown(keep_lines=False)
_KEEPING_LINES = _markdown(keep_lines=True)
