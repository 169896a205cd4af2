"""All marked blocks of the pages, as the register and the kept results make them. Not for how one of them is written."""

from __future__ import annotations

import json
import pathlib

from grader.authoring import confusion_matrix, held_out, mutation_table
from grader.authoring.pages import current_readme, read_block, replace_block

_KEPT = (
    (confusion_matrix.KEPT, confusion_matrix),
    (mutation_table.KEPT, mutation_table),
    (f"{held_out.FOLDER}/{held_out.RESULTS}", held_out),
)


def current_pages(root: pathlib.Path) -> dict[str, tuple[str, str]]:
    """Pages with blocks that are made, as they are and as they should be.

    Results are kept beside the solutions, and tables are made of them: after a merge that took the results of both sides, a build
    writes the tables of both.

    Parameters
    ----------
    root : path
        The course.

    Returns
    -------
    dict of str to tuple of str
        By the page's path, relative to `root`. A page, a block or a file of results that is not there is left out.
    """
    pages: dict[str, tuple[str, str]] = {}
    readme = current_readme(root)
    if readme is not None:
        pages["README.md"] = readme
    for kept, table in _KEPT:
        if not (root / kept).is_file():
            continue
        for page, content in table.blocks(json.loads((root / kept).read_text(encoding="utf-8"))).items():
            if page not in pages and (root / page).is_file():
                pages[page] = ((root / page).read_text(encoding="utf-8"),) * 2
            if page in pages and read_block(pages[page][1], table.BLOCK) is not None:
                found, made = pages[page]
                pages[page] = (found, replace_block(made, table.BLOCK, content, page=page))
    return pages
