"""The pictures of the items. They compute nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def curves(values: Mapping[str, float], *, unit: str) -> Figure:
    """Learning curves with the floor, from what `facts.learning_curve` returns.

    Parameters
    ----------
    values : mapping
    unit : str
        Of the error.

    Returns
    -------
    matplotlib.figure.Figure
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import MultipleLocator

    from holdout.figures import style

    with matplotlib.rc_context(style.parameters()):
        figure = Figure(figsize=(6.2, 3.4), layout="constrained")
        ax = figure.subplots()
        places = range(int(values["points"]))
        sizes = [values[f"size{place}"] for place in places]
        for name, label in (("validation", "new rows"), ("train", "training rows")):
            errors = [values[f"{name}{place}"] for place in places]
            ax.plot(sizes, errors, **style.line(name), marker="o")
            ax.annotate(label, (sizes[1], errors[1]), xytext=(4, 6), textcoords="offset points")
        ax.axhline(values["floor"], **(style.line("truth") | {"linestyle": ":"}))
        ax.annotate("noise", (sizes[0], values["floor"]), xytext=(0, 3), textcoords="offset points")
        ax.set(xlabel="training rows", ylabel=f"mean squared error ({unit})", xticks=sizes)
        ax.yaxis.set_minor_locator(MultipleLocator(values["floor"] / 10))
        ax.grid(True, axis="y", which="both", linewidth=0.4)
    return figure
