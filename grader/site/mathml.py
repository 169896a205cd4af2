"""A Sphinx extension: formulas as MathML, which browsers draw themselves, instead of a script from another host."""

from __future__ import annotations

from typing import Any

import latex2mathml.converter
from docutils.nodes import SkipNode


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def to_mathml(formula: str, *, block: bool) -> str:
    """A formula in TeX as MathML.

    Parameters
    ----------
    formula : str
    block : bool
        Whether it stands on a line of its own.

    Returns
    -------
    str
    """
    return latex2mathml.converter.convert(formula, display="block" if block else "inline")


def _inline(translator, node):
    translator.body.append(f'<span class="math notranslate">{to_mathml(node.astext(), block=False)}</span>')
    raise SkipNode


def _block(translator, node):
    # a long formula scrolls sideways, so the keyboard must reach it
    translator.body.append(
        f'<div class="math notranslate" tabindex="0">{to_mathml(node.astext(), block=True)}</div>'
    )
    raise SkipNode
