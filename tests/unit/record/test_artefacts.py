"""An artefact is kept whole, shown with its alternative text, and a folder that cannot be written costs nothing."""

import json

import pandas as pd
import pytest
from matplotlib.figure import Figure

from holdout.record import progress
from holdout.record.artefacts import keep


@pytest.fixture
def figure():
    figure = Figure()
    figure.subplots().plot([1, 2])
    return figure


def kept():
    return sorted(path.name for path in (progress.record_folder() / "portfolio").iterdir())


def test_figure_table_text_and_numbers_are_kept_together(figure, capsys):
    keep(
        "01",
        "Learning curve",
        figure=figure,
        table=pd.DataFrame({"a": [1]}),
        text="é",
        numbers={"error": 0.25},
    )
    assert kept() == ["01-learning-curve.csv", "01-learning-curve.json", "01-learning-curve.png"]
    about = json.loads(
        (progress.record_folder() / "portfolio/01-learning-curve.json").read_text(encoding="utf-8")
    )
    assert about["numbers"] == {"error": 0.25}
    assert about["alt"] == "Figure: Learning curve; error 0.25"
    assert about["text"] == "é"
    assert "Kept “Learning curve”" in capsys.readouterr().out


def test_keeping_again_replaces_and_a_hostile_name_stays_in_the_folder(figure):
    keep("01", "../../etc/passwd", text="one")
    keep("01", "../../etc/passwd", text="two")
    assert kept() == ["01-etc-passwd.json"]
    assert "two" in (progress.record_folder() / "portfolio/01-etc-passwd.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("exercise", "arguments"), [("1", {"text": "x"}), ("../01", {"text": "x"}), ("01", {})]
)
def test_what_cannot_be_kept_is_named(exercise, arguments):
    with pytest.raises(ValueError, match=r"two-digit|nothing to keep"):
        keep(exercise, "name", **arguments)


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path, monkeypatch, capsys):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("HOLDOUT_PROGRESS", str(blocked))
    keep("01", "memo", text="x")
    assert "could not be kept" in capsys.readouterr().out
