"""What a lesson says about its own numbers: Markdown that is filled in the kernel, and never with half of its values."""

import pytest

from holdout import explain
from holdout.errors import InvalidValue


def test_an_explanation_is_markdown_with_the_values_put_in():
    said = explain(
        """
        **What it means.** {share:.0%} of {rows:,} rows.

        - One *more*.
        """,
        share=0.94,
        rows=1000,
    )
    assert str(said) == "**What it means.** 94% of 1,000 rows.\n\n- One *more*."
    assert said._repr_mimebundle_()["text/markdown"] == str(said)


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("{gap:.2f}", {}, "asks for {gap}"),
        ("no field", {"gap": 1}, "was given gap, but"),
        ("{gap:.2f}", {"gap": float("nan")}, "gap=nan, which is not a finite number"),
        ("{gap:.2f}", {"gap": "wide"}, "cannot be filled"),
        ("| | price |\n|---|--:|\n| S | 1 |", {}, "a column without a name"),
    ],
)
def test_a_text_and_its_values_must_fit(text, values, message):
    with pytest.raises(InvalidValue, match=message):
        explain(text, **values)
