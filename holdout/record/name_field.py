"""The start page's field for the learner's name, from which artefacts and project data are drawn. What is kept is in `learner`."""

from __future__ import annotations

from holdout.errors import InvalidValue
from holdout.record import progress
from holdout.record.cell_widget import CellWidget, buttons, field
from holdout.record.learner import read_name, set_name


class NameField(CellWidget):
    """Keep the learner's name by mouse or keyboard; it stays on the learner's machine."""

    def keep(self, name: str) -> str:
        """Keep a name; returns what to say."""
        before = read_name()
        try:
            set_name(name)
        except (InvalidValue, progress.ProgressError) as error:
            text = str(error)
            return text[:1].upper() + text[1:]
        kept = read_name()
        if not kept:
            return "Recording is switched off: your artefacts are drawn from the course's own seed."
        again = " What you have made under another name stays until its exercise is run again." if before not in ("", kept) else ""  # fmt: skip
        return f"Your artefacts are drawn from the name “{kept}”.{again}"

    def __repr__(self) -> str:
        name = read_name()
        return f"Name: {name}" if name else "No name yet: `holdout portfolio --name` keeps it, too."

    def _parts(self) -> list[dict]:
        example = "as it shall stand on your portfolio"
        return [
            field("text", "name", "Your name", read_name(), placeholder=example, short=True),
            buttons("", keep="Keep my name"),
        ]

    def _pressed(self, name: str, values: dict) -> None:
        self._show(self.keep(values["name"]))
