"""Keep artefacts: the figures, tables and sentences that a learner takes away from the course.

Writes into the learner's own folder only (``.holdout/portfolio/``). Collecting them into a page is another module's job.
"""

import base64
import html
import io
import json
import re

from holdout import progress


def keep(exercise, name, *, figure=None, table=None, text=None, numbers=None, alt=None):
    """Keep an artefact for the portfolio; keeping it again replaces it.

    Parameters
    ----------
    exercise : str
        Number of the exercise, such as ``"01"``.
    name : str
        What it is, such as ``"learning curve"``.
    figure : matplotlib.figure.Figure, optional
        Shown here, with its alternative text, and closed.
    table : pandas.DataFrame, optional
    text : str, optional
    numbers : dict of str to float, optional
        The figures that the artefact states, so that they can be checked against the notebook they came from.
    alt : str, optional
        What the figure shows, for those who do not see it; its name and numbers by default.

    Returns
    -------
    None
        Says in one line where it is kept, or why it could not be.

    Raises
    ------
    ValueError
        If there is nothing to keep, or the exercise is not a two-digit number.
    """
    if not re.fullmatch(r"\d\d", str(exercise)):
        raise ValueError(f"exercise is {exercise!r}; give its two-digit number, such as '01'")
    if figure is None and table is None and not text and not numbers:
        raise ValueError(f"there is nothing to keep for {name!r}: give a figure, a table, a text or numbers")
    stem = f"{exercise}-{re.sub(r'[^a-z0-9]+', '-', str(name).lower()).strip('-') or 'artefact'}"
    about = {"exercise": str(exercise), "name": str(name)}
    if numbers:
        about["numbers"] = {str(key): float(value) for key, value in numbers.items()}
    if text:
        about["text"] = str(text)
    if figure is not None:
        about["alt"] = alt or _describe(name, about.get("numbers", {}))
        _show(figure, about["alt"])
    try:
        folder = progress.folder() / "portfolio"
        folder.mkdir(parents=True, exist_ok=True)
        if figure is not None:
            figure.savefig(folder / f"{stem}.png", dpi=150, metadata={"Software": None})
            about["figure"] = f"{stem}.png"
        if table is not None:
            table.to_csv(folder / f"{stem}.csv")
            about["table"] = f"{stem}.csv"
        (folder / f"{stem}.json").write_text(
            json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
    except OSError as error:
        print(f"“{name}” could not be kept ({error.strerror or error}); everything else works.")
        return
    print(f"Kept “{name}” for your portfolio.")


def _describe(name, numbers):
    values = ", ".join(f"{key} {value:.3g}" for key, value in numbers.items())
    return f"Figure: {name}" + (f"; {values}" if values else "")


def _show(figure, alt):
    """Show a figure with its alternative text, which JupyterLab would drop from a plain picture; then close it."""
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        return
    import matplotlib.pyplot as plt

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    picture = f'<img alt="{html.escape(alt)}" style="max-width:100%" src="data:image/png;base64,{encoded}">'
    # the plain picture is for pages from which HTML is taken out, such as feedback
    display({"text/html": picture, "image/png": encoded, "text/plain": alt}, raw=True)
