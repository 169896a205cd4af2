"""The field for the learner's name on the start page."""

import pytest

from holdout.record.learner import read_name, set_name
from holdout.record.name_field import NameField


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("HOLDOUT_PROGRESS", str(tmp_path / "record"))
    return tmp_path / "record"


def test_a_name_is_kept_and_there_again_after_a_restart():
    field = NameField()
    field.widget.press("keep", name="  Ada   Lovelace ")
    assert read_name() == "Ada Lovelace" == field.widget.parts[0]["value"]
    assert "drawn from the name “Ada Lovelace”." in field.widget.said
    assert "another name" not in field.widget.said
    again = NameField()
    assert again.widget.parts[0]["value"] == "Ada Lovelace" and repr(again) == "Name: Ada Lovelace"


def test_another_name_says_what_becomes_of_what_was_made():
    set_name("Ada")
    assert "under another name stays until its exercise is run again" in NameField().keep("Grace")
    assert "another name" not in NameField().keep("Grace")


@pytest.mark.parametrize("name", ["", "   ", "x" * 121])
def test_a_name_that_cannot_be_is_a_sentence_and_nothing_is_lost(name):
    set_name("Ada")
    assert NameField().keep(name).startswith("A name has 1 to 120 characters")
    assert read_name() == "Ada"


def test_a_name_is_no_markup():
    field = NameField()
    field.widget.press("keep", name="<b>Ada</b>")
    assert "<b>" not in field.widget.said


def test_without_recording_it_is_said(monkeypatch):
    monkeypatch.setenv("HOLDOUT_PROGRESS", "off")
    assert "Recording is switched off" in NameField().keep("Ada")


def test_a_record_that_cannot_be_written_is_a_sentence(place):
    place.write_text("in the way")
    assert "cannot be kept" in NameField().keep("Ada")
