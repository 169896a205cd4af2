"""Tables as a screen reader needs them. Not for what is in a table: that is the lesson's.

pandas writes the empty corners of a table as header cells without a name. Here they become plain cells, and headers say
whether they belong to a column or a row.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def accessible_html(frame: pd.DataFrame) -> str | None:
    """A DataFrame as HTML whose every header cell has a name and a scope.

    Parameters
    ----------
    frame : pandas.DataFrame

    Returns
    -------
    str or None
        None where the reader has switched HTML tables off.
    """
    html = frame._repr_html_()
    if html is None:
        return None
    head, body = html.split("</thead>", 1) if "</thead>" in html else ("", html)
    head = re.sub(r"<th>\s*</th>", "<td></td>", head)
    head = re.sub(r"<th(?=[ >])(?! scope)", '<th scope="col"', head)
    body = re.sub(r"<th>\s*</th>", "<td></td>", body)
    body = re.sub(r"<th(?=[ >])(?! scope)", '<th scope="row"', body)
    return f"{head}</thead>{body}" if head else body


def use() -> None:
    """Show every DataFrame of this notebook that way; does nothing in a plain interpreter."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return
    import pandas as pd

    shell.display_formatter.formatters["text/html"].for_type(pd.DataFrame, accessible_html)
