"""Anchor memos and the learner's own: the files hold, nothing is given away by form, and the widgets record once."""

import json
import pathlib
import re

import nbformat
import pytest

import holdout
from holdout.errors import CourseError
from holdout.record import progress, summary
from holdout.record.memos import form
from holdout.record.memos.agreement import agreement, describe
from holdout.record.memos.anchor import KINDS, has_anchors, read_rubric
from holdout.record.memos.form import grade_memos, read_my_memo
from holdout.record.memos.numbers_in import numbers_in, strangers
from holdout.register import read_course

ROOT = pathlib.Path(__file__).resolve().parents[3]
WITH_ANCHORS = [lesson.number for lesson in read_course(ROOT).lessons if has_anchors(lesson.number)]
each = pytest.mark.parametrize("number", WITH_ANCHORS)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("HOLDOUT_PROGRESS", str(tmp_path / "mine"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "mine"


# -- the files


@each
def test_an_exercise_has_one_memo_of_each_kind(number):
    rubric = read_rubric(number)
    assert sorted(anchor.kind for anchor in rubric.anchors) == sorted(KINDS)
    good = next(anchor for anchor in rubric.anchors if anchor.kind == "good")
    assert all(good.points)
    assert not all(anchor.points[-1] for anchor in rubric.anchors)
    for anchor in rubric.anchors:
        assert 70 <= len(anchor.text.split()) <= 160, anchor.id
        assert anchor is good or not all(anchor.points), (
            f"{anchor.id} earns everything and is not the good one"
        )


@each
def test_every_line_of_a_rubric_separates_the_memos(number):
    rubric = read_rubric(number)
    for place, line in enumerate(rubric.lines):
        assert len({anchor.points[place] for anchor in rubric.anchors}) == 2, line


@each
def test_the_rubric_is_that_of_the_exercise(number):
    script = next((ROOT / "solutions").glob(f"{number}-*/{number}-*.py")).read_text(encoding="utf-8")
    memo = next(line for line in script.splitlines() if f'memo="{number}.memo"' in line)
    assert f"points={len(read_rubric(number).lines)}" in memo


@each
def test_no_memo_is_longer_than_the_exercise_allows(number):
    script = next((ROOT / "solutions").glob(f"{number}-*/{number}-*.py")).read_text(encoding="utf-8")
    task = script[script.rindex("## Memo (graded by a person)") :]
    limit = int(re.search(r"at most (\d+) words", task)[1])
    for anchor in read_rubric(number).anchors:
        assert len(anchor.text.split()) <= limit, anchor.id
        assert not re.search(r"\s[.,;:]|[.,;:]{2}", anchor.text), f"{anchor.id} has punctuation left over"


def test_nothing_is_given_away_by_form():
    """The longest memo, the one with most numbers, or a place in the order is not the good one more often than by chance."""
    rubrics = [read_rubric(number) for number in WITH_ANCHORS]

    def hits(key):
        return sum(max(rubric.anchors, key=key).kind == "good" for rubric in rubrics)

    most = max(2, 0.5 * len(rubrics) + 1)
    assert hits(lambda anchor: len(anchor.text)) <= most
    assert hits(lambda anchor: -len(anchor.text)) <= most
    assert hits(lambda anchor: len(numbers_in(anchor.text))) <= most
    for place in range(4):
        assert sum(rubric.anchors[place].kind == "good" for rubric in rubrics) <= most


def test_a_number_without_anchors_is_named():
    with pytest.raises(CourseError, match="'99'"):
        read_rubric("99")


# -- agreement


def test_kappa_by_hand():
    own = [True] * 20 + [True] * 5 + [False] * 10 + [False] * 15
    course = [True] * 20 + [False] * 5 + [True] * 10 + [False] * 15
    found = agreement(own, course)  # the textbook's table 20, 5, 10, 15: observed .7, expected .5
    assert found == (35, 50, pytest.approx(0.4), 5, 10)
    assert "stricter" in describe(found)


@pytest.mark.parametrize(("own", "said"), [([True] * 4, "not defined"), ([False] * 4, "0.00")])
def test_agreement_of_those_who_give_everything_or_nothing(own, said):
    assert said in describe(agreement(own, [True] * 4))


def test_agreement_needs_the_same_decisions():
    with pytest.raises(ValueError, match="3 and 4"):
        agreement([True] * 3, [True] * 4)


# -- numbers


def test_numbers_are_read_as_people_write_them():
    text = "400 rows, 0.168 ± .003; −4.2 points, 12%, 3,000 euros, version 1.9.1, v4"
    assert [(value, percent) for _, value, _, percent in numbers_in(text)] == [
        (400, False),
        (0.168, False),
        (0.003, False),
        (-4.2, True),
        (12, True),
        (3000, False),
    ]


@pytest.mark.parametrize(
    ("memo", "missing"),
    [
        ("an error of 0.17", []),
        ("an error of 0.168", []),
        ("an error of 0.169", ["0.169"]),
        ("17% late", []),
        ("16.8% late, on 400 rows", []),
        ("18% late", ["18%"]),
        ("a loss of 0.17 in 2013, five of 12", []),
        ("3,000 euros and 3,500 euros, 3,500 again", ["3,500"]),
    ],
)
def test_a_number_that_is_no_rounding_of_a_result_is_named(memo, missing):
    assert strangers(memo, ["400 rows: 0.1683", "the price is 3,000 euros"]) == missing


def test_results_that_are_kept_as_numbers_count():
    assert strangers("it is 0.33 or 0.5", [], [1 / 3, float("nan")]) == ["0.5"]


# -- grading four memos


def test_four_memos_are_graded_once_and_compared(here):
    memos = grade_memos("01")
    assert "Memo 1 of 4" in repr(memos)
    assert "4 lines, not 2" in memos.grade(True, False)
    for anchor in read_rubric("01").anchors:
        assert not any(said in repr(memos) for said in KINDS.values()), (
            "the kind is not told before the grading"
        )
        assert "Recorded" in memos.grade(*anchor.points)
    assert "16 of 16" in repr(memos) and "kappa is 1.00" in repr(memos)
    assert memos.grade(True, True, True, True) == "All memos are graded."
    again = grade_memos("01")
    assert repr(again) == repr(memos)
    for kind in KINDS.values():
        assert kind.capitalize() in again.result_html()


def test_an_edited_record_does_no_harm(here):
    for points in ("all", [1, 1, 1, 1], [True], None):
        progress.record("anchor", memo="01.1", points=points)
    progress.record("anchor", memo="99.1", points=[True] * 4)
    memos = grade_memos("01")
    assert memos.given == {}


def test_a_widget_has_the_memo_the_boxes_and_the_result(here):
    memos = grade_memos("01")
    widget = memos.widget
    assert [part["kind"] for part in widget.parts] == ["html", *["tick"] * 4, "buttons"]
    for _ in range(4):
        assert "kappa" not in widget.result
        widget.press("give", **{"1": True})
    assert [part["kind"] for part in widget.parts] == ["html"]
    assert "kappa" in widget.result
    assert "differs" in widget.result
    assert widget is memos.widget


def test_without_a_record_a_sentence_stands_there(monkeypatch, capsys):
    monkeypatch.setenv("HOLDOUT_PROGRESS", "off")
    grade_memos("01")._ipython_display_()
    assert capsys.readouterr().out.strip() == form._SWITCHED_OFF


def test_a_record_that_cannot_be_written_is_said_and_the_memos_go_on(here, monkeypatch):
    def full(*args, **fields):
        raise progress.ProgressError("Your progress cannot be saved in there (disk full).")

    monkeypatch.setattr(progress, "record", full)
    memos = grade_memos("01")
    memos.grade(True, True, True, True)
    assert "disk full" in memos.problems[0]
    assert memos.memo.id == "01.2"


# -- the own memo


def write(folder, memo, output="0.1683"):
    notebook = nbformat.v4.new_notebook()
    role = {"solution": True, "grade": True, "points": 4}
    notebook.cells = [
        nbformat.v4.new_markdown_cell("Should we pay 3,000 euros?"),
        nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output("stream", text=output)]),
        nbformat.v4.new_markdown_cell(memo, metadata={"nbgrader": role}),
    ]
    nbformat.write(notebook, folder / "01-two-numbers-and-a-chart.ipynb")


def test_the_own_memo_is_read_from_the_saved_notebook(here, tmp_path):
    write(tmp_path, "The error is 0.168; 3,000 euros are too much for 0.004.")
    mine = read_my_memo("01")
    assert "has the number 0.004" in mine.says()
    assert "What is left to write: (4)" in mine.grade(True, True, True, False)
    kept = [entry for entry in progress.read() if entry["kind"] == "own memo"]
    assert [entry["points"] for entry in kept] == [[True, True, True, False]]


@pytest.mark.parametrize("memo", ["*Write here.*", "", "  "])
def test_a_memo_that_is_not_written_earns_no_points(here, tmp_path, memo):
    write(tmp_path, memo)
    assert "Nothing is recorded yet" in read_my_memo("01").grade(True, True, True, True)
    assert progress.read() == []


def test_no_notebook_or_a_broken_one_is_no_error(here, tmp_path):
    assert "not there yet" in read_my_memo("01").says()
    (tmp_path / "01-x.ipynb").write_text("{", encoding="utf-8")
    assert "not there yet" in read_my_memo("01").says()


def test_the_kernels_own_notebook_is_read_first(here, tmp_path, monkeypatch):
    write(tmp_path, "The error is 0.168.")
    other = tmp_path / "copy"
    other.mkdir()
    write(other, "The error is 0.999.")
    monkeypatch.setenv("JPY_SESSION_NAME", str(other / "01-two-numbers-and-a-chart.ipynb"))
    assert "0.999" in read_my_memo("01").says()


def test_an_exercise_asks_for_both_around_its_memo():
    for number in WITH_ANCHORS:
        path = next((ROOT / "exercises").glob(f"{number}-*/{number}-*.ipynb"))
        cells = [cell["id"] for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
        place = cells.index(f"{number}-memo")
        assert cells[place - 1 : place + 2] == [
            f"{number}-memo-anchors",
            f"{number}-memo",
            f"{number}-memo-own",
        ]


def test_the_progress_says_how_far_the_gradings_agree(here):
    assert summary.summary()["memos"] is None
    memos = grade_memos("01")
    for anchor in read_rubric("01").anchors:
        memos.grade(*anchor.points)
    found = summary.summary()["memos"]
    assert found == {"exercises": ["01"], "same": 16, "n": 16, "kappa": 1.0, "lenient": 0, "strict": 0}
    assert "16 of 16 points" in summary.report()


def test_the_names_are_those_that_notebooks_import():
    assert holdout.grade_memos is grade_memos and holdout.read_my_memo is read_my_memo
