"""The record of progress: nothing is lost or mixed up, and nothing that stands in the file can break it."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import warnings

import pandas as pd
import pytest

from holdout.record import progress
from holdout.record import summary as summaries
from holdout.record.artefacts import keep, read_kept
from holdout.record.labels import Labels, read_labels, write_labels
from holdout.record.progress import (
    ProgressError,
    ProgressWarning,
    prediction_records,
    read,
    record,
    record_check,
)
from holdout.record.summary import summary
from holdout.register import read_course

ROOT = pathlib.Path(__file__).resolve().parents[3]

MOMENT = b"2026-01-01T00:00:00+00:00"
HOSTILE = {
    "empty lines": b"\n\n\n",
    "no JSON": b"hello\n",
    "half a record": b'{"kind": "check", "at": "2026-01-\n',
    "a list": b"[1, 2, 3]\n",
    "null": b"null\n",
    "a number": b"17\n",
    "no kind": b'{"at": "2026-01-01T00:00:00+00:00"}\n',
    "no time": b'{"kind": "check"}\n',
    "kind of a wrong type": b'{"kind": {"a": 1}, "at": "2026-01-01T00:00:00+00:00"}\n',
    "time of a wrong type": b'{"kind": "check", "at": 12}\n',
    "time that is none": b'{"kind": "check", "at": "tomorrow"}\n',
    "time without a zone": b'{"kind": "check", "at": "2026-01-01T00:00:00"}\n',
    "time outside every zone": b'{"kind": "check", "at": "0001-01-01T00:00:00+14:00"}\n',
    "NaN": b'{"kind": "prediction", "at": "%s", "confidence": NaN}\n' % MOMENT,
    "infinity": b'{"kind": "prediction", "at": "%s", "confidence": -Infinity}\n' % MOMENT,
    "a number of 5,000 digits": b'{"kind": "check", "at": "%s", "n": %s}\n' % (MOMENT, b"9" * 5000),
    "depth": b"[" * 30_000 + b"\n",
    "a huge line": b'{"kind": "check", "x": "' + b"x" * 3_000_000 + b'"}\n',
    "zeros": b"\x00" * 1000 + b"\n",
    "no UTF-8": b"\xff\xfe\x80 {}\n",
    "Windows line ending and nothing else": b"{}\r\n",
}
WRONG_FIELDS = [
    {"kind": "prediction", "id": ["01.p1"], "answer": "a", "confidence": 0.5},
    {"kind": "prediction", "id": None, "answer": "a", "confidence": 0.5},
    {"kind": "prediction", "id": "01.p1", "answer": "a", "confidence": "very"},
    {"kind": "prediction", "id": "01.p1", "answer": "a", "confidence": True},
    {"kind": "prediction", "id": "01.p1", "answer": "a", "confidence": 80},
    {"kind": "prediction", "id": "01.p1", "answer": {"a": 1}, "confidence": 0.5},
    {"kind": "prediction", "id": "01.p1", "confidence": 0.5},
    {"kind": "resolution", "id": "01.p1", "correct": "yes"},
    {"kind": "check", "question": 12, "outcome": "passed"},
    {"kind": "check", "question": "01.gap", "outcome": ["passed"]},
    {"kind": "check", "question": "01.gap", "outcome": "excellent"},
    {"kind": "check", "question": "", "outcome": "passed"},
    {"kind": "something newer", "id": "01.p1"},
]


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("HOLDOUT_PROGRESS", str(tmp_path / "mine"))
    return tmp_path / "mine"


def quiet_read():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return read()


# -- writing and reading


def test_what_is_recorded_is_read_in_order_with_kind_and_time(place):
    record("check", question="01.gap", outcome="wrong")
    record("note", text="naïve \u2028 \n and 日本")
    one, two = quiet_read()
    assert (one["kind"], one["question"]) == ("check", "01.gap")
    assert two["text"] == "naïve \u2028 \n and 日本"
    assert one["at"].endswith("+00:00")
    assert (place / progress.FILE).read_bytes().count(b"\n") == 2


def test_reading_before_anything_was_recorded_creates_nothing(place):
    assert quiet_read() == []
    assert summary()["next"].startswith("Begin lesson 01")
    assert not place.exists()


def test_switched_off_nothing_is_written_and_everything_still_answers(tmp_path, monkeypatch):
    monkeypatch.setenv("HOLDOUT_PROGRESS", "off")
    monkeypatch.chdir(tmp_path)
    assert record("check", question="01.gap", outcome="passed")["kind"] == "check"
    assert read() == []
    assert "switched off" in summaries.report()
    assert summaries.delete() is False
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, object(), b"bytes"])
def test_a_value_that_json_has_not_is_refused_and_leaves_no_trace(place, value):
    with pytest.raises(ValueError, match="plain JSON"):
        record("note", value=value)
    assert read() == []


def test_a_record_that_could_not_be_read_again_is_refused(place):
    with pytest.raises(ValueError, match="at most"):
        record("note", text="x" * 100_000)


def test_a_check_has_one_of_four_outcomes(place):
    for outcome in ("passed", "wrong", "crashed", "not attempted"):
        record_check("01.gap", outcome)
    with pytest.raises(ValueError, match="'great'"):
        record_check("01.gap", "great")
    assert len(read()) == 4


# -- accidents


def test_a_record_after_a_crash_in_mid_write_starts_on_a_line_of_its_own(place):
    record_check("01.gap", "wrong")
    file = place / progress.FILE
    with open(file, "ab") as stream:
        stream.write(b'{"kind": "check", "at": "2026-01-01T00:0')  # the power went off here
    record_check("01.split", "passed")
    record_check("01.gap", "passed")
    with pytest.warns(ProgressWarning, match=r"1 line.*line 2.*stay in the file"):
        entries = read()
    assert [entry["question"] for entry in entries] == ["01.gap", "01.split", "01.gap"]
    assert b'"2026-01-01T00:0\n' in file.read_bytes()  # kept, as it was


def test_a_process_killed_while_it_writes_loses_at_most_its_last_record(place):
    code = (
        "from holdout.record import progress\n"
        "print('go', flush=True)\n"
        "while True: progress.record('note', text='x' * 500)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT)
    child.stdout.readline()
    while not (place / progress.FILE).exists() or (place / progress.FILE).stat().st_size < 5_000:
        assert child.poll() is None
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    lines = (place / progress.FILE).read_bytes().split(b"\n")
    record_check("01.gap", "passed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProgressWarning)
        entries = read()
    assert len(entries) >= len(lines) - 1
    assert entries[-1]["question"] == "01.gap"


def test_two_processes_that_write_at_once_never_mix_their_lines(place):
    code = (
        "import sys; from holdout.record import progress\n"
        "for i in range(500): progress.record('note', who=sys.argv[1], i=i, text='x' * (i % 300))\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, who], cwd=ROOT) for who in "ab"]
    assert [writer.wait() for writer in writers] == [0, 0]
    entries = quiet_read()
    assert len(entries) == 1000
    for who in "ab":
        assert [entry["i"] for entry in entries if entry["who"] == who] == list(range(500))


def test_threads_of_one_notebook_never_mix_their_lines_either(place):
    def write(who):
        for i in range(100):
            record("note", who=who, i=i)

    threads = [threading.Thread(target=write, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(quiet_read()) == 400


@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_line_that_is_no_record_is_skipped_and_kept_and_harms_nobody(place, line):
    record_check("01.gap", "passed")
    file = place / progress.FILE
    with open(file, "ab") as stream:
        stream.write(line)
    record_check("01.split", "passed")
    kept = file.read_bytes()
    if line.strip(b"\n"):
        with pytest.warns(ProgressWarning, match="1 line"):
            entries = read()
    else:
        entries = quiet_read()
    assert [entry["question"] for entry in entries] == ["01.gap", "01.split"]
    assert summary()["unreadable"] == (1 if line.strip(b"\n") else 0)
    assert summaries.report()
    assert json.loads(summaries.to_json())["format"] == 1
    assert file.read_bytes() == kept


@pytest.mark.parametrize("fields", WRONG_FIELDS, ids=lambda fields: json.dumps(fields)[:60])
def test_a_record_with_fields_of_wrong_types_counts_for_nothing(place, fields):
    fields = dict(fields)
    record(fields.pop("kind"), **fields)
    found = summary()
    assert (found["predictions"], found["checks_passed"]) == (0, 0)
    assert summaries.report()


def test_a_file_of_garbage_can_still_be_appended_to(place):
    place.mkdir()
    (place / progress.FILE).write_bytes(bytes(range(256)) * 1000)
    record_check("01.gap", "passed")
    with pytest.warns(ProgressWarning):
        assert [entry["question"] for entry in read()] == ["01.gap"]


def test_a_place_that_cannot_be_written_says_so_in_one_sentence_with_the_remedy(tmp_path, monkeypatch):
    # a file where the folder should be: refused even to the superuser, who may write to a read-only folder
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("HOLDOUT_PROGRESS", str(tmp_path / "taken"))
    with pytest.raises(ProgressError, match=r"cannot be saved in .*taken.*set HOLDOUT_PROGRESS to a folder"):
        record_check("01.gap", "passed")
    with pytest.raises(OSError):  # so that a check, which suppresses OSError, is never lost to it
        record_check("01.gap", "passed")


@pytest.mark.needs("ordinary account")  # root may write to a read-only folder
def test_a_read_only_folder_says_so(tmp_path, monkeypatch):
    tmp_path.chmod(0o500)
    monkeypatch.setenv("HOLDOUT_PROGRESS", str(tmp_path / "mine"))
    with pytest.raises(ProgressError, match="cannot be saved"):
        record_check("01.gap", "passed")


def test_a_folder_in_place_of_the_file_is_reported_when_read(place):
    (place / progress.FILE).mkdir(parents=True)
    with pytest.raises(ProgressError, match="cannot be read"):
        read()


def test_a_full_disk_is_reported_and_the_next_record_starts_on_a_new_line(place, monkeypatch):
    record_check("01.gap", "wrong")
    whole = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: whole(descriptor, data[:10]))
    with pytest.raises(ProgressError, match="disk is full"):
        record_check("01.gap", "crashed")
    monkeypatch.setattr(os, "write", whole)
    record_check("01.gap", "passed")
    with pytest.warns(ProgressWarning, match="1 line"):
        assert [entry["outcome"] for entry in read()] == ["wrong", "passed"]


# -- where it lives


def test_the_record_lives_at_the_root_of_the_course_from_anywhere_inside_it(tmp_path, monkeypatch):
    monkeypatch.delenv("HOLDOUT_PROGRESS", raising=False)
    for name in ("lessons", "exercises/01-two-numbers-and-a-chart"):
        (tmp_path / name).mkdir(parents=True)
    for inside in (".", "lessons", "exercises/01-two-numbers-and-a-chart"):
        monkeypatch.chdir(tmp_path / inside)
        assert progress.record_folder() == tmp_path / ".holdout"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have other user data folders")
def test_outside_a_course_the_record_lives_with_the_users_data(tmp_path, monkeypatch):
    monkeypatch.delenv("HOLDOUT_PROGRESS", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert progress.record_folder() == tmp_path / "data" / "holdout"


# -- predictions and summary


def prediction(id, confidence=0.8, answer="a", **fields):
    return record("prediction", id=id, answer=answer, confidence=confidence, **fields)


def test_only_the_first_commitment_counts_and_only_its_first_scoring(place):
    prediction("01.p1", 0.6, "b")
    record("resolution", id="01.p1", correct=False)
    prediction("01.p1", 1.0, "a", counts=False)
    record("resolution", id="01.p1", correct=True)
    (only,) = prediction_records(read())
    assert (only["answer"], only["confidence"], only["correct"]) == ("b", 0.6, False)


def test_a_prediction_without_an_answer_yet_is_open(place):
    record("resolution", id="01.p1", correct=True)  # an answer to nothing
    prediction("01.p1")
    assert [entry["correct"] for entry in prediction_records(read())] == [None]


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course with one exercise of two questions around the working directory, and a second lesson."""
    exercise = tmp_path / "course" / "exercises" / "01-two-numbers-and-a-chart"
    exercise.mkdir(parents=True)
    (tmp_path / "course" / "exercises" / "02-second").mkdir()
    (tmp_path / "course" / "lessons").mkdir()
    (exercise / "checks.json").write_text(json.dumps({"questions": {"01.a": {}, "01.b": {}}}))
    monkeypatch.chdir(exercise)
    monkeypatch.delenv("HOLDOUT_PROGRESS", raising=False)
    return tmp_path / "course"


def test_the_summary_says_for_each_lesson_what_is_done_and_what_comes_next(course):
    assert summary()["next"].startswith("Begin lesson 01")
    prediction("01.p1")
    record("resolution", id="01.p1", correct=True)
    assert summary()["next"].startswith("When lesson 01 is read")
    record_check("01.a", "wrong")
    record_check("01.a", "passed")
    record_check("01.a", "crashed")  # trying something else afterwards takes nothing away
    record_check("01.b", "not attempted")
    record_check("01.gone", "passed")  # a question that the exercise no longer has
    row = summary()["lessons"][0]
    assert {
        name: row[name] for name in ("predictions", "predictions_right", "checks_tried", "checks_passed")
    } == {
        "predictions": 1,
        "predictions_right": 1,
        "checks_tried": 1,
        "checks_passed": 1,
    }
    assert row["checks_total"] == 2
    assert summary()["next"] == "Go on with exercise 01: 1 more of 2 checks to pass."
    record_check("01.b", "passed")
    found = summary()
    assert found["lessons"][0]["finished"]
    assert found["next"].startswith("Begin lesson 02")
    assert found["file"] == str(course / ".holdout" / progress.FILE)


REGISTER = """
[[unit]]
number = 1
title = "Means"
"""
LESSON = """
[[lesson]]
number = "{number}"
slug = "{slug}"
unit = 1
title = "A lesson"
question = "How much?"
lesson_minutes = 5
exercise_minutes = [5, 10]
topic = "means"
core = [{core}]
shows = "Computes a mean"
"""


def test_core_questions_are_counted_apart_and_lead_to_the_next_lesson(course):
    lessons = [("01", "two-numbers-and-a-chart", '"01.a"'), ("02", "second", '"02.a"')]
    (course / "course.toml").write_text(
        REGISTER + "".join(LESSON.format(number=n, slug=slug, core=core) for n, slug, core in lessons)
    )
    record_check("01.b", "passed")
    found = summary()
    row = found["lessons"][0]
    assert (row["core_passed"], row["core_total"], row["checks_passed"], row["checks_total"]) == (0, 1, 1, 2)
    assert not row["core_finished"]
    assert found["next"] == "Go on with exercise 01: 1 more of 2 checks to pass."
    assert "0/1" in summaries.report()
    (course / ".holdout" / progress.FILE).unlink()
    record_check("01.b", "wrong")
    assert summary()["next"] == "Go on with exercise 01: 2 more of 2 checks (1 of them core) to pass."
    record_check("01.a", "passed")
    found = summary()
    row = found["lessons"][0]
    assert (row["core_passed"], row["core_finished"], row["finished"]) == (1, True, False)
    assert row["next"].startswith("The core of lesson 01 is done; 1 further")
    assert found["next"].startswith("Begin lesson 02")
    assert found["core_passed"] == 1


def test_nobody_is_sent_to_an_elective_that_was_not_begun(course):
    lessons = [("01", "two-numbers-and-a-chart", '"01.a"'), ("e1", "second", '"e1.a"')]
    (course / "course.toml").write_text(
        REGISTER + "".join(LESSON.format(number=n, slug=slug, core=core) for n, slug, core in lessons)
    )
    record_check("01.a", "passed")
    record_check("01.b", "passed")
    assert summary()["next"].startswith("Everything is done")
    prediction("e1.p1")
    assert summary()["next"].startswith("When lesson e1 is read")


def test_a_damaged_checks_file_does_not_break_the_summary(course):
    next(course.glob("exercises/*/checks.json")).write_text("{")
    record_check("01.a", "passed")
    row = summary()["lessons"][0]
    assert (row["checks_passed"], row["checks_total"]) == (1, None)
    assert summaries.report()


def test_time_at_work_leaves_breaks_out(place):
    place.mkdir()
    moments = ["09:00", "09:10", "09:20", "13:00", "13:05"]
    lines = [
        json.dumps(
            {"kind": "check", "at": f"2026-01-01T{m}:00+00:00", "question": "01.a", "outcome": "wrong"}
        )
        for m in moments
    ]
    (place / progress.FILE).write_text("\n".join(lines) + "\n")
    row = summary()["lessons"][0]
    assert row["minutes"] == 25
    assert row["last_activity"] == "2026-01-01T13:05:00+00:00"


def test_the_report_is_text_with_all_lessons_calibration_and_the_next_step(place):
    prediction("03.p1")
    text = summaries.report()
    assert all(lesson.name in text for lesson in read_course().lessons)
    assert "Your calibration" in text
    assert "Next: When lesson 03" in text
    assert str(place) in text


def test_export_holds_everything_and_delete_leaves_nothing(place):
    prediction("01.p1")
    record_check("01.a", "passed")
    keep("01", "learning curve", text="said", numbers={"error": 0.25}, table=pd.DataFrame({"a": [1]}))
    write_labels("e1", Labels({"first": {"a": True}, "second": {}}, {}))
    exported = json.loads(summaries.to_json())
    assert exported["records"] == read()
    assert exported["labels"] == {"e1": {"first": {"a": True}, "second": {}, "failures": {}}}
    assert exported["artefacts"] == [
        {
            "exercise": "01",
            "name": "learning curve",
            "text": "said",
            "numbers": {"error": 0.25},
            "table": ",a\n0,1\n",
        }
    ]
    assert summaries.delete() is True
    assert read() == [] and read_kept() == [] and read_labels("e1") == Labels()
    assert not (place / "portfolio").exists()
    assert summaries.delete() is False


def test_delete_leaves_what_the_course_did_not_put_there(place):
    keep("01", "learning curve", text="said")
    letter = place / "portfolio" / "letter.txt"
    letter.write_text("mine")
    assert summaries.delete() is True
    assert [path.name for path in letter.parent.iterdir()] == ["letter.txt"]
