"""What learners hand in of their records: nothing else leaves, any file is survived, and the class's numbers are right."""

import json
import os

import numpy as np
import pytest
from scipy.stats import ttest_1samp
from small_course import ROOT

from grader.reports.class_report import render
from grader.reports.learning import MOST_BYTES, latest_records, learning, read_record
from holdout.errors import CourseError
from holdout.record import learner, progress
from holdout.record.hand_in import FILE, write_for_hand_in
from holdout.record.memos.anchor import read_rubric
from holdout.record.placement.items import form_items
from holdout.register import read_course

COURSE = read_course(ROOT)
A, B = form_items("A"), form_items("B")


def right(item):
    return {"choice": 0.0, "line": float(item.line)}.get(item.kind, item.values.get(item.answer))


def answers(items, number_right):
    return [
        {"kind": "placement", "item": item.id, "answer": right(item) if place < number_right else "?"}
        for place, item in enumerate(items)
    ]


def hand_in(folder, entries):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(json.dumps({"format": 1, "entries": entries}), encoding="utf-8")


# -- the learner's side


def test_only_three_kinds_leave_and_only_their_fields(tmp_path):
    record = tmp_path / "record"
    learner.set_name("Ada Lovelace", folder=record)
    progress.record("prediction", folder=record, id="01.p1", answer="x", confidence=0.7)
    progress.record("placement", folder=record, item="A.01.1", answer=0, seconds=3)
    progress.record("path", folder=record, path="one-day")
    progress.record("anchor", folder=record, memo="01.1", points=[True] * 4)
    path, count = write_for_hand_in(tmp_path, record=record)
    assert count == 3
    assert json.loads(path.read_text(encoding="utf-8"))["entries"] == [
        {"kind": "placement", "item": "A.01.1", "answer": 0},
        {"kind": "path", "path": "one-day"},
        {"kind": "anchor", "memo": "01.1", "points": [True] * 4},
    ]
    assert "Ada" not in path.read_text(encoding="utf-8")


def test_an_empty_record_is_not_handed_in(tmp_path):
    with pytest.raises(CourseError, match="nothing to hand in"):
        write_for_hand_in(tmp_path, record=tmp_path / "record")


# -- any file


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"entries": {}}',
        b'{"entries": 3}',
        b"[" * 100_000,
        b'{"entries": [' + b"{}," * 3_000 + b"{}]}",
        b" " * (MOST_BYTES + 1),
    ],
    ids=range(9),
)
def test_a_file_that_is_no_record_is_said(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    assert isinstance(read_record(tmp_path), str)


def test_a_link_a_pipe_and_a_folder_are_no_record(tmp_path):
    (tmp_path / "secret").write_text('{"entries": []}', encoding="utf-8")
    for name, make in (
        ("link", lambda path: os.symlink(tmp_path / "secret", path)),
        ("pipe", os.mkfifo),
        ("folder", os.mkdir),
    ):
        folder = tmp_path / name
        folder.mkdir()
        make(folder / FILE)
        assert isinstance(read_record(folder), str), name


JUNK = [
    None,
    True,
    3,
    1e308,
    -1,
    "x" * 1000,
    [],
    [[]],
    {},
    {"a": 1},
    "A.01.1",
    "01.1",
    [True, "no"],
    [True] * 4,
]


def test_junk_in_every_field_is_passed_over(tmp_path):
    entries = [
        {"kind": kind, **{name: value for name in ("item", "answer", "path", "memo", "points")}}
        for kind in ("placement", "path", "anchor", "other", None, [])
        for value in JUNK
    ]
    entries += [{"kind": "anchor", "memo": memo, "points": [True] * 4} for memo in JUNK]
    entries += [{"kind": "placement", "item": "A.01.1", "answer": answer} for answer in JUNK]
    hand_in(tmp_path, entries)
    found = learning({"one": read_record(tmp_path)}, COURSE)
    assert found["records"] == 1 and found["placement"] is None


# -- the class


def test_the_numbers_of_a_class(tmp_path):
    rubric = read_rubric("01")
    anchors = [{"kind": "anchor", "memo": one.id, "points": list(one.points)} for one in rubric.anchors]
    everything = [
        {"kind": "anchor", "memo": one.id, "points": [True] * len(rubric.lines)} for one in rubric.anchors
    ]
    class_ = {
        "a": answers(A, 8) + answers(B, 14) + [{"kind": "path", "path": "one-day"}] + anchors,
        "b": answers(A, 12) + answers(B, 13) + everything,
        "c": answers(A, 20),
    }
    for student, entries in class_.items():
        hand_in(tmp_path / student / "01-x", [])
        hand_in(tmp_path / student / "02-y", entries)
    (tmp_path / "d" / "01-x").mkdir(parents=True)
    records, unreadable = latest_records(tmp_path, [*"abcd", "nobody"])
    assert set(records) == set("abc") and unreadable == []
    found = learning(records, COURSE)
    assert found["placement"] == {"n": 3, "items": 20, "mean": pytest.approx(40 / 3), "least": 8, "most": 20}
    gains = [(14 - 8) / 20, (13 - 12) / 20]
    interval = ttest_1samp(gains, 0).confidence_interval()
    assert found["gain"] == pytest.approx(
        {"n": 2, "mean": np.mean(gains), "low": interval.low, "high": interval.high}
    )
    assert dict(found["paths"]) == {COURSE.path("one-day").title: 1, "none chosen": 2}
    given = sum(sum(one.points) for one in rubric.anchors)
    total = 4 * len(rubric.lines)
    assert found["anchors"]["n"] == 2
    assert f"{total + given} of {2 * total} points are the course's" in found["anchors"]["sentence"]
    assert f"{total - given} points were given that the course does not give" in found["anchors"]["sentence"]


def test_a_single_gain_has_no_interval():
    found = learning({"a": answers(A, 8) + answers(B, 14)}, COURSE)
    assert found["gain"] == {"n": 1, "mean": pytest.approx(0.3), "low": None, "high": None}


def test_the_page_says_it_and_names_nobody(tmp_path):
    hand_in(tmp_path / "a" / "01-x", answers(A, 8) + answers(B, 14))
    records, _ = latest_records(tmp_path, ["a"])
    unreadable = [{"who": "submission 2", "why": "it cannot be opened"}]
    page = render("01-x", [], learned=learning(records, COURSE) | {"unreadable": unreadable})
    assert (
        "8.0 of 20 items right" in page and "+30 points" in page and "one learner gives no interval" in page
    )
    assert "submission 2" in page and "decides no grade" in page
    assert "How the class learns" not in render("01-x", [])
