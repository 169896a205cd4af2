"""Grades for a spreadsheet, Canvas and Moodle: the right columns, whole names, and no formula."""

import csv
import io
import stat

import pytest
from small_class import EXERCISE, RIGHT, WRONG, SmallClass

from grader.nbgrader_bridge.gradebook import Recorder
from grader.reports.export import TARGETS, as_csv, defused, export
from holdout.errors import CourseError


@pytest.fixture
def small(tmp_path):
    made = SmallClass(tmp_path)
    made.submit("ada", RIGHT)
    made.submit("bob", WRONG)
    made.grade()
    with Recorder(made.root) as recorder, recorder.gradebook() as book:
        book.update_or_create_student(
            "ada",
            last_name="Løvelace, Countess",
            first_name='Ada "A"',
            email="ada@example.org",
            lms_user_id="17",
        )
        book.update_or_create_student("bob", last_name="=HYPERLINK(1)", first_name="@Bob")
    return made


def _rows(path, encoding="utf-8"):
    return list(csv.reader(io.StringIO(path.read_bytes().decode(encoding), newline="")))


def test_canvas_gets_its_columns_and_the_points_possible(small):
    """Header and second line as Canvas' own export has them; people are found by their SIS login."""
    assert _rows(export(small.root, "canvas")) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", EXERCISE],
        ["    Points Possible", "", "", "", "", "6.0"],
        ['Løvelace, Countess, Ada "A"', "17", "", "ada", "", "4.0"],
        ["'=HYPERLINK(1), @Bob", "", "", "bob", "", "0.0"],
    ]


def test_moodle_gets_what_it_can_map_people_by(small):
    assert _rows(export(small.root, "moodle"))[:2] == [
        ["Username", "ID number", "Email address", "First name", "Last name", EXERCISE],
        ["ada", "17", "ada@example.org", 'Ada "A"', "Løvelace, Countess", "4.0"],
    ]


def test_a_spreadsheet_gets_the_mark_that_keeps_accents_whole(small):
    path = export(small.root, "csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    header, ada, bob = _rows(path, "utf-8-sig")
    row = dict(zip(header, ada, strict=True))
    assert (row["last name"], row["final"], row["out of"]) == ("Løvelace, Countess", "4.0", "6.0")
    assert (bob[1], bob[2]) == ("'=HYPERLINK(1)", "'@Bob")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\u00a0=1",
        "\u3000=1",
        "＝1",
        "=cmd|' /C calc'!A0",
        "\r\n=1",
    ],
)
def test_no_text_becomes_a_formula(text):
    """After reading the file back, no cell begins with what a spreadsheet takes for a formula."""
    cell = next(csv.reader(io.StringIO(as_csv([[text]]), newline="")))[0]
    assert cell.startswith("'") or cell.lstrip()[:1] not in set("=+-@\t\r＝＋－＠")
    assert defused(text).startswith("'")


@pytest.mark.parametrize("text", ["a;=1+1", "a,=1+1", 'a","=1+1', "a\n=1+1", "a\r=1+1", "a\u2028=1"])
def test_no_text_starts_another_cell_or_line(text):
    """Separators of any locale and line ends stay inside the quotes, or are gone."""
    written = as_csv([[text, 1.0]])
    assert len(written.splitlines()) == 1
    assert written.startswith('"')
    assert len(next(csv.reader(io.StringIO(written)))) == 2


def test_ordinary_names_are_left_as_they_are():
    for name in ("Zoë Müller-Lüdenscheidt", "O'Brien", "李小龍", "d’Arc, Jeanne", "a-b=c"):
        assert defused(name) == name


def test_numbers_stay_numbers_also_below_zero():
    assert as_csv([[-1.5, 2]]) == "-1.5,2\r\n"


def test_a_late_penalty_is_taken_off_and_never_below_zero(small):
    with Recorder(small.root) as recorder, recorder.gradebook() as book:
        for student, penalty in (("ada", 1.5), ("bob", 3.0)):
            book.find_submission_notebook(EXERCISE, EXERCISE, student).late_submission_penalty = penalty
        book.db.commit()
    assert [row[-1] for row in _rows(export(small.root, "moodle"))[1:]] == ["2.5", "0.0"]


def test_grades_can_be_read_by_their_owner_only(small):
    assert stat.S_IMODE(export(small.root, "csv").stat().st_mode) == 0o600


def test_an_unknown_target_and_an_empty_gradebook_are_said_plainly(small, tmp_path):
    with pytest.raises(ValueError, match="there are: csv, canvas, moodle"):
        export(small.root, "excel")
    empty = SmallClass(tmp_path / "empty")
    for target in TARGETS:
        with pytest.raises(CourseError, match="run `holdout grade` first"):
            export(empty.root, target)
