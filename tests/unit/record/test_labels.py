"""Labels by hand: a restart finds them, a second pass does not show the first, and a damaged file costs nothing but itself."""

import json

import pytest

from holdout.errors import InvalidValue
from holdout.record import labels as module
from holdout.record.label_form import LabelForm
from holdout.record.labels import Labels, copy_labels, read_labels, write_labels

ITEMS = {
    "a": [("Question", "What is <b>C</b>?"), ("Answer", "1.0")],
    "b": [("Question", "What is tol?"), ("Answer", "None")],
    "c": [("Question", "What is cv?"), ("Answer", "5")],
}


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("HOLDOUT_PROGRESS", str(tmp_path / "mine"))
    return tmp_path / "mine"


def press(form, right, note=""):
    """What a learner does: write, then press a button."""
    form.widget.press("right" if right else "wrong", note=note)


def shown(form):
    """The item on the page."""
    return form.widget.parts[0]["html"]


def note(form):
    """What the field for what failed first holds; None where it is not there."""
    return next((part["value"] for part in form.widget.parts if part.get("name") == "note"), None)


def test_a_restart_finds_the_labels_and_goes_on_where_it_was():
    form = LabelForm("e1", ITEMS)
    press(form, True)
    press(form, False, "says None")
    again = LabelForm("e1", ITEMS)
    assert again.labels == form.labels
    assert again.labels.right["first"] == {"a": True, "b": False}
    assert again.labels.failures == {"b": "says None"}
    assert "answer 3 of 3" in shown(again)


def test_the_second_pass_has_another_order_and_shows_no_label_of_the_first():
    form = LabelForm("e1", ITEMS)
    for right in (True, False, True):
        press(form, right, "says None")
    assert "second pass, answer 1 of 3" in shown(form) and "cv" in shown(form)
    assert note(form) is None
    for right in (True, True, True):
        press(form, right)
    assert form.todo == {"first": 0, "second": 0}
    assert form.labels.both() == ["a", "b", "c"]
    assert form.labels.right["second"] == {"c": True, "b": True, "a": True}
    assert form.labels.failures == {"b": "says None"}


def test_one_back_corrects_a_label_and_its_note():
    form = LabelForm("e1", ITEMS)
    press(form, False, "wrong type")
    form.widget.press("back")
    assert note(form) == "wrong type"
    press(form, True)
    assert form.labels.right["first"] == {"a": True} and form.labels.failures == {}
    assert "answer 2 of 3" in shown(form)


def test_nothing_of_an_item_is_read_as_markup():
    assert "&lt;b&gt;C&lt;/b&gt;" in shown(LabelForm("e1", ITEMS))


def test_kinds_of_failures_are_counted_without_regard_to_capitals():
    form = LabelForm("e1", ITEMS)
    form.label("a", False, "Says None")
    form.label("b", False, "says  none")
    form.label("c", False, "a type")
    assert form.taxonomy() == [("says none", 2), ("a type", 1)]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("z", True), "no item"), (("a", 1), "True"), (("a", True, "", "third"), "passes")],
)
def test_a_label_that_cannot_be_is_refused(arguments, says):
    key, right, *rest = arguments
    with pytest.raises(InvalidValue, match=says):
        LabelForm("e1", ITEMS).label(key, right, *rest[:1], of_pass=(rest[1:] or ["first"])[0])


def test_without_recording_the_form_works_and_says_so(monkeypatch):
    monkeypatch.setenv("HOLDOUT_PROGRESS", "off")
    form = LabelForm("e1", ITEMS)
    assert "Recording is switched off" in form.label("a", True)
    assert LabelForm("e1", ITEMS).labels == Labels()


def test_a_folder_that_cannot_be_written_is_a_sentence_in_the_form(place):
    place.write_text("in the way")
    form = LabelForm("e1", ITEMS)
    press(form, True)
    assert "cannot be kept" in form.widget.said and form.labels.right["first"] == {"a": True}


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"first": []}', "\x00", '{"first": {"a": "yes"}, "failures": {"a": 3}}']
)
def test_a_damaged_file_gives_no_labels(place, text):
    place.mkdir()
    (place / "labels-e1.json").write_text(text)
    assert read_labels("e1") == Labels()


def test_a_file_that_cannot_be_read_is_put_aside_and_not_overwritten(place):
    place.mkdir()
    (place / "labels-e1.json").write_text('{"first": {"a": true')
    LabelForm("e1", ITEMS).label("b", True)
    assert (place / "labels-e1.damaged").read_text() == '{"first": {"a": true'
    assert read_labels("e1").right["first"] == {"b": True}


def test_two_notebooks_with_the_same_form_lose_no_label(place):
    one, other = LabelForm("e1", ITEMS), LabelForm("e1", ITEMS)
    one.label("a", False, "made up")
    other.label("b", True)
    one.label("a", False, "late", of_pass="second")
    kept = read_labels("e1")
    assert kept.right == {"first": {"a": False, "b": True}, "second": {"a": False}}
    assert kept.failures == {"a": "made up"} and other.todo["first"] == len(ITEMS) - 2


def test_a_label_that_could_not_be_kept_is_kept_with_the_next(place):
    form = LabelForm("e1", ITEMS)
    form.label("a", False, "made up")
    kept = (place / "labels-e1.json").read_bytes()
    (place / "labels-e1.json").unlink()
    place.rmdir()
    place.write_text("in the way")
    form.label("a", True)
    place.unlink()
    place.mkdir()
    (place / "labels-e1.json").write_bytes(kept)
    form.label("b", True)
    assert read_labels("e1").right["first"] == {"a": True, "b": True} and not read_labels("e1").failures


def test_an_enormous_file_is_not_read(place, monkeypatch):
    write_labels("e1", Labels({"first": {"a": True}, "second": {}}))
    monkeypatch.setattr(module, "_LARGEST", 10)
    assert read_labels("e1") == Labels()


def test_a_name_cannot_lead_out_of_the_record():
    with pytest.raises(InvalidValue, match="lower case"):
        read_labels("../elsewhere")


def test_labels_are_copied_for_a_second_run(tmp_path, place):
    labels = Labels({"first": {"a": True}, "second": {"a": False}}, {"a": "odd"})
    write_labels("e1", labels)
    (place / "labels-NO.json").write_text("{}")
    copy_labels(tmp_path / "other")
    assert read_labels("e1", folder=tmp_path / "other") == labels
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["labels-e1.json"]


def test_the_file_is_plain_and_holds_nothing_else(place):
    form = LabelForm("e1", ITEMS)
    form.label("a", False, "x")
    assert json.loads((place / "labels-e1.json").read_text()) == {
        "first": {"a": False},
        "second": {},
        "failures": {"a": "x"},
    }
