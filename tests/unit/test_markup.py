"""Code and emphasis are marked up; everything else stays the text that it was."""

import ast
import re

import numpy as np
import pytest

from holdout.errors import InvalidValue
from holdout.markup import fill, markup, without_markup
from holdout.paths import INSTALLED


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("the *least* error", "the <em>least</em> error"),
        ("*two words* here", "<em>two words</em> here"),
        ("(*really*), *yes*.", "(<em>really</em>), <em>yes</em>."),
        ("use `fit`", "use <code>fit</code>"),
        ("*the `mean` error*", "<em>the <code>mean</code> error</em>"),
        ("one\ntwo", "one<br>two"),
    ],
)
def test_emphasis_code_and_line_feeds_are_shown(text, html):
    assert markup(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "2*3*4",
        "a * b",
        "a * b * c",
        "*args",
        "f(*args, **kwargs)",
        "x**2 and y**2",
        "* one *",
        "a*b and c*d",
        "**",
        "***",
        "one ` alone",
        "5 * 3 = 15, not *8",
    ],
)
def test_stars_of_arithmetic_and_unbalanced_signs_stay_text(text):
    assert markup(text) == text
    assert without_markup(text) == text


def test_code_is_not_read_for_emphasis():
    assert markup("`a *b* c` and `2*3*4`") == "<code>a *b* c</code> and <code>2*3*4</code>"


def test_everything_is_escaped():
    assert markup("<b>*<i>*</b> `<u>` '\"&") == (
        "&lt;b&gt;<em>&lt;i&gt;</em>&lt;/b&gt; <code>&lt;u&gt;</code> &#x27;&quot;&amp;"
    )


def test_a_place_without_html_shows_the_words_without_their_signs():
    assert without_markup("the *least* `error` of *`a` and b*") == "the least error of a and b"


def test_a_long_hostile_text_is_quick():
    assert markup("*a " * 50_000 + "`" * 999)


def predictions():
    """Every text that a lesson gives to `predict` or `resolve`."""
    for path in sorted((INSTALLED / "lessons/source").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("predict", "resolve"):
                for part in ast.walk(node):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and "*" in part.value:
                        yield pytest.param(part.value, id=f"{path.stem}:{part.lineno}")


@pytest.mark.parametrize("text", list(predictions()))
def test_no_prediction_of_the_lessons_shows_a_star(text):
    assert "*" not in re.sub(r"<code>.*?</code>", "", markup(text))


@pytest.mark.parametrize(
    ("template", "value", "text"),
    [
        ("{v:+.1f}", -0.25, "−0.2"),
        ("{v:.0%}", np.float32(-0.5), "−50%"),
        ("{v:>8.2f}|", -1.0, "   −1.00|"),
        ("{v}", np.int64(-3), "−3"),
        ("{v[0]:,} and {v[1]}", (-1200, -4), "−1,200 and −4"),
        ("{v:.0e}", -2e-5, "−2e-05"),
        ("{v:+.1f}", 0.25, "+0.2"),
        ("{v}", "-3 and 2013-05-01", "-3 and 2013-05-01"),
    ],
)
def test_negative_numbers_have_a_minus_sign_and_texts_stay_as_they_are(template, value, text):
    assert fill(template, {"v": value}, "A text") == text


def test_a_template_says_what_it_lacks_and_what_does_not_fit():
    assert fill("{n} of {m:.1f}", {"n": 1, "m": 2, "more": 3}, "A text") == "1 of 2.0"
    with pytest.raises(InvalidValue, match=r"A text asks for \{m\}, which has no value; given: n"):
        fill("{n} of {m:.1f}", {"n": 1}, "A text")
    for template in ("{n:.1f}", "{n", "{}", "{n.least}"):
        with pytest.raises(InvalidValue, match="A text cannot be filled"):
            fill(template, {"n": "one"}, "A text")
