"""A table's header cells have names and scopes, and nothing else about it changes."""

import re

import numpy as np
import pandas as pd
import pytest

from holdout.figures.tables import accessible_html

TABLES = [
    pd.DataFrame({"a": [1, 2], "b": ["x", "<i>"]}),
    pd.DataFrame({"a": [1]}, index=pd.Index(["north"], name="region")),
    pd.DataFrame(
        {"a": [1, 2]}, index=pd.MultiIndex.from_tuples([("x", 1), ("x", 2)], names=["degree", "part"])
    ),
    pd.DataFrame(np.eye(3)),
    pd.DataFrame(),
]


@pytest.mark.parametrize("frame", TABLES, ids=["plain", "named index", "two levels", "numbers", "empty"])
def test_no_header_cell_is_empty_and_each_has_a_scope(frame):
    html = accessible_html(frame)
    cells = re.findall(r"<th\b([^>]*)>(.*?)</th>", html)
    assert all(text.strip() for _, text in cells)
    assert all("scope=" in attributes for attributes, _ in cells)


@pytest.mark.parametrize("frame", TABLES)
def test_the_text_of_the_table_is_that_of_pandas(frame):
    def text(html):
        return re.sub(r"<[^>]*>", "|", re.sub(r"(?s)<style.*?</style>", "", html)).replace("|", "").split()

    assert text(accessible_html(frame)) == text(frame._repr_html_())


def test_a_notebook_shows_tables_that_way():
    from IPython.testing.globalipapp import start_ipython

    from holdout.figures import tables

    shell = start_ipython() or __import__("IPython").get_ipython()
    tables.use()
    assert shell.display_formatter.formatters["text/html"].lookup_by_type(pd.DataFrame) is accessible_html
