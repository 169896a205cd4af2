"""The markup of questions and messages (`code` in backticks, *emphasis* in stars), and templates with values.

Not for whole documents: memos, which have paragraphs and lists, are rendered by a Markdown library.
"""

from __future__ import annotations

import html
import re
import string
from collections.abc import Mapping
from numbers import Real
from typing import Any

from holdout.errors import InvalidValue

# A star opens an emphasis where a word begins and closes it where a word ends, so `2*3*4`, `a * b` and `*args` stay text.
_ELEMENT = re.compile(
    r"`(?P<code>[^`]+)`"
    r"|(?<![\w*])\*(?P<emphasis>(?=[^\s*])(?:`[^`]+`|[^*`])+?(?<=[^\s*]))\*(?![\w*])"
)


def markup(text: str) -> str:
    """Return a text as HTML in which nothing but `code` and *emphasis* is markup.

    Parameters
    ----------
    text : str
        Plain text. It may hold anything, such as a learner's value: it is escaped.

    Returns
    -------
    str
        HTML; each line feed is a line break.

    Examples
    --------
    >>> markup("Is `a < b` *always* true?")
    'Is <code>a &lt; b</code> <em>always</em> true?'
    >>> markup("2*3*4")
    '2*3*4'
    """
    return _ELEMENT.sub(_as_html, html.escape(text)).replace("\n", "<br>")


def _as_html(found: re.Match[str]) -> str:
    if found["code"] is not None:
        return f"<code>{found['code']}</code>"
    return f"<em>{_ELEMENT.sub(_as_html, found['emphasis'])}</em>"


def without_markup(text: str) -> str:
    """Return a text without the signs of its markup, for places that show no HTML, such as the label of a button.

    Examples
    --------
    >>> without_markup("the *validation* error of `model`")
    'the validation error of model'
    """
    return _ELEMENT.sub(_as_plain, text)


def _as_plain(found: re.Match[str]) -> str:
    return found["code"] if found["code"] is not None else _ELEMENT.sub(_as_plain, found["emphasis"])


class _MinusSigns(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        text = super().format_field(value, format_spec)
        return _SIGN.sub("\N{MINUS SIGN}", text) if isinstance(value, Real) else text


_SIGN = re.compile(r"(?<!\S)-")
_FORMATTER = _MinusSigns()


def fill(template: str, values: Mapping[str, object], where: str) -> str:
    """Put values into a template, as ``str.format`` does, and say what is missing.

    A negative number gets a minus sign (U+2212), which is as wide as the plus sign, not a hyphen.

    Parameters
    ----------
    template : str
        With fields such as ``{error:.2f}`` or ``{share:.0%}``.
    values : mapping of str to object
        More than the template uses are allowed.
    where : str
        What the template is, for the message.

    Returns
    -------
    str

    Raises
    ------
    InvalidValue
        If a field has no value, or a value does not fit its format.

    Examples
    --------
    >>> fill("{rows} rows, {share:.0%} late", {"rows": 40, "share": 0.25}, "a text")
    '40 rows, 25% late'
    >>> fill("changed by {step:+.3f}", {"step": -0.0125}, "a text")
    'changed by −0.013'
    """
    try:
        return _FORMATTER.vformat(template, (), values)
    except KeyError as error:
        given = ", ".join(map(str, values)) or "no values"
        raise InvalidValue(
            f"{where} asks for {{{error.args[0]}}}, which has no value; given: {given}."
        ) from None
    except (ValueError, TypeError, IndexError, AttributeError) as error:
        raise InvalidValue(f"{where} cannot be filled: {error}. Its text: {template[:80]!r}") from None


_HEAD = re.compile(r"(?m)^[ \t]*(?P<head>\|[^\n]*\|)[ \t]*\n[ \t]*\|[ :|-]+\|[ \t]*$")


def nameless_column(text: str) -> str | None:
    """The head of the first Markdown table in which a column has no name.

    Parameters
    ----------
    text : str

    Returns
    -------
    str or None

    Examples
    --------
    >>> nameless_column("| | price |\\n|---|--:|\\n| S | 1 |")
    '| | price |'
    >>> nameless_column("| model | price |\\n|---|--:|\\n| S | 1 |")
    """
    for found in _HEAD.finditer(text):
        if not all(name.strip() for name in found["head"].strip("|").split("|")):
            return found["head"]
    return None
