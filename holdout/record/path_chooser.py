"""The start page's widget: choose a path, see its steps, say that a step is done. Not for what is done, see `study_path`."""

from __future__ import annotations

import contextlib
import html
from typing import TYPE_CHECKING

from holdout.record import progress, summary
from holdout.record.cell_widget import CLASSES, STEPS_STYLE, CellWidget, readout
from holdout.record.study_path import NO_PATH, choose_path, hours, mark_done
from holdout.register import Course, read_course

if TYPE_CHECKING:
    import ipywidgets as W

_SIGNS = {"done": "✔ done", "skip": "may be skipped", "begun": "begun", "to do": "to do"}
_STYLE = (
    f"<style>{STEPS_STYLE}"
    ".holdout-steps a{color:var(--jp-content-link-color,#1565c0);text-decoration:underline}</style>"
)
_NONE = "No path: all lessons in order"


def state_table(state: dict, *, links: bool = True) -> str:
    """Return the steps of a path as an HTML table, with the next step and the hours left.

    Parameters
    ----------
    state : dict
        As `study_path.path_state` returns it.
    links : bool, default True
        Whether titles lead to the notebooks, from the folder ``lessons``.
    """
    left, right = 'style="text-align:left"', 'style="text-align:right"'
    rows = []
    for row in state["steps"]:
        title = html.escape(row["title"])
        if links:
            title = f'<a href="{row["name"]}.ipynb">{title}</a>'
        what = f"<br><small>{html.escape(row['what'])}</small>" if row["what"] else ""
        asked = f"{row['questions_passed']} of {row['questions']}" if row["questions"] else "none"
        rows.append(
            f"<tr><td>{row['lesson']}</td><td {left}>{title}{what}</td><td {right}>{asked}</td>"
            f"<td {right}>{row['minutes']}</td><td {left}>{_SIGNS[row['status']]}</td></tr>"
        )
    head = "".join(
        f'<th scope="col" {right if title in ("questions", "minutes") else left}>{title}</th>'
        for title in ("nr", "lesson", "questions", "minutes", "state")
    )
    done = f"{state['steps_done']} of {len(state['steps'])} steps done, {hours(state['minutes_left'])} left."
    following = html.escape(state["next"]).replace("`holdout portfolio`", "<code>holdout portfolio</code>")
    return (
        f"{_STYLE}<table class='holdout-steps'><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        f"<p>{done} <strong>Next on this path:</strong> {following}</p>"
    )


class PathChooser(CellWidget):
    """Choose a path by mouse or keyboard; the choice stays on the learner's machine.

    Parameters
    ----------
    course : Course, optional
        By default that of the working directory.
    """

    def __init__(self, course: Course | None = None):
        self._course = read_course() if course is None else course
        self._widget: W.VBox | None = None

    def choose(self, id: str) -> str:
        """Follow a path from now on, or none with an empty id; returns what to say."""
        try:
            choose_path(id, self._course)
        except progress.ProgressError as error:
            return str(error)
        path = self._course.path(id)
        return f"You follow the path “{path.title}”." if path else "You follow no path: all lessons in order."

    def _chosen(self) -> str:
        with contextlib.suppress(progress.ProgressError):
            state = summary.summary()["path"]
            return state["id"] if state else NO_PATH
        return NO_PATH

    def __repr__(self) -> str:
        return "\n".join(
            f"{path.id}: {path.title}. {path.whom} ({hours(summary.state_of_path(path.id)['minutes'])})."
            for path in self._course.paths
        )

    # -- the widget

    @property
    def widget(self) -> W.VBox:
        """Choice, steps, two buttons and read-out; made when first asked for."""
        if self._widget is None:
            import ipywidgets as W

            states = {path.id: summary.state_of_path(path.id) for path in self._course.paths}
            choices = [(_NONE, NO_PATH)]
            choices += [(f"{state['title']}, {hours(state['minutes'])}", id) for id, state in states.items()]
            self._choice = W.Dropdown(
                options=choices, value=self._chosen(), description="Path", layout=W.Layout(width="26em", max_width="100%")
            )  # fmt: skip
            wide = W.Layout(width="auto", margin="6px 6px 6px 0")
            self._follow = W.Button(description="Follow this path", button_style="primary", layout=wide)
            self._step = W.Dropdown(
                description="Step", options=[("", 0)], layout=W.Layout(width="26em", max_width="100%")
            )
            self._done = W.Button(description="I have done this step", layout=wide)
            self._table = W.HTML()
            self._readout = W.HTML(_dom_classes=("holdout-readout",))
            self._choice.observe(lambda change: self._show(""), names="value")
            self._follow.on_click(lambda button: self._show(self.choose(self._choice.value)))
            self._done.on_click(lambda button: self._mark())
            self._own = W.HBox([self._step, self._done], layout=W.Layout(flex_flow="row wrap"))
            self._widget = W.VBox(
                [
                    W.HBox([self._choice, self._follow], layout=W.Layout(flex_flow="row wrap")),
                    self._table,
                    self._own,
                    self._readout,
                ],
                _dom_classes=CLASSES,
            )
            self._show("")
        return self._widget

    def _mark(self) -> None:
        path = self._course.path(self._choice.value)
        if path is None or not self._step.value:
            return
        try:
            mark_done(path, self._step.value)
        except progress.ProgressError as error:
            self._show(str(error))
            return
        self._show(f"Noted: step {self._step.value} is done, by your own word.")

    def _show(self, text: str) -> None:
        id = self._choice.value
        whom = next((path.whom for path in self._course.paths if path.id == id), "")
        if id == NO_PATH:
            self._table.value = ""
            self._own.layout.display = "none"
        else:
            state = summary.state_of_path(id)
            self._table.value = f"<p>{html.escape(whom)}.</p>{state_table(state)}"
            todo = [
                (f"{place}: lesson {row['lesson']}", place)
                for place, row in enumerate(state["steps"], 1)
                if row["status"] != "done"
            ]
            self._own.layout.display = None if todo else "none"
            self._step.options = todo or [("", 0)]
        self._readout.value = readout(text)
