"""The start page's widget: choose a path, see its steps, say that a step is done. Not for what is done, see `study_path`."""

from __future__ import annotations

import contextlib
import html

from holdout.record import progress, summary
from holdout.record.cell_widget import CellWidget, buttons, field, words
from holdout.record.study_path import NO_PATH, choose_path, hours, mark_done
from holdout.register import Course, read_course

_SIGNS = {"done": "✔ done", "skip": "may be skipped", "begun": "begun", "to do": "to do"}
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
        f"<table class='holdout-steps'><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
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
        self._viewed = self._chosen()

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

    # -- the form

    def _parts(self) -> list[dict]:
        states = {path.id: summary.state_of_path(path.id) for path in self._course.paths}
        named = [[f"{state['title']}, {hours(state['minutes'])}", id] for id, state in states.items()]
        options = [[_NONE, NO_PATH], *named]
        parts = [
            field("list", "path", "Path", self._viewed, options=options, short=True, tells=True),
            buttons("follow", follow="Follow this path"),
        ]
        if self._viewed == NO_PATH:
            return parts
        state = states[self._viewed]
        whom = next(path.whom for path in self._course.paths if path.id == self._viewed)
        parts.append(words(f"<p>{html.escape(whom)}.</p>{state_table(state)}"))
        todo = [
            [f"{place}: lesson {row['lesson']}", place]
            for place, row in enumerate(state["steps"], 1)
            if row["status"] != "done"
        ]
        if todo:
            parts.append(field("list", "step", "Step", todo[0][1], options=todo, short=True))
            parts.append(buttons("", done="I have done this step"))
        return parts

    def _pressed(self, name: str, values: dict) -> None:
        self._viewed = values["path"]
        said = ""
        if name == "follow":
            said = self.choose(self._viewed)
        elif name == "done":
            said = self._mark(values["step"])
        self._show(said)

    def _mark(self, step: int) -> str:
        path = self._course.path(self._viewed)
        if path is None:
            return ""
        try:
            mark_done(path, step)
        except progress.ProgressError as error:
            return str(error)
        return f"Noted: step {step} is done, by your own word."
