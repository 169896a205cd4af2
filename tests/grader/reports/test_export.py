"""Grades for a spreadsheet, Canvas and Moodle: the right columns, whole names, and no formula."""

import csv
import io
import stat
import subprocess
import sys
import time

import pytest
from small_class import EXERCISE, RIGHT, WRONG, SmallClass

from grader.nbgrader_bridge.gradebook import GradebookWriter
from grader.reports.export import TARGETS, as_csv, defused, export
from holdout.errors import CourseError, HoldoutError


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class with two graded learners, made once and copied for each test."""
    made = SmallClass(tmp_path_factory.mktemp("graded"))
    made.submit("ada", RIGHT)
    made.submit("bob", WRONG)
    made.grade()
    with GradebookWriter(made.root) as writer, writer.gradebook() as book:
        book.update_or_create_student(
            "ada",
            last_name="Løvelace, Countess",
            first_name='Ada "A"',
            email="ada@example.org",
            lms_user_id="17",
        )
        book.update_or_create_student("bob", last_name="=HYPERLINK(1)", first_name="@Bob")
    return made.root


@pytest.fixture
def small(tmp_path, graded):
    return SmallClass(tmp_path, graded)


def _rows(made, encoding="utf-8", separator=","):
    (path,) = made.paths
    return list(csv.reader(io.StringIO(path.read_bytes().decode(encoding), newline=""), delimiter=separator))


def test_canvas_gets_its_columns_and_the_points_possible(small):
    """Header and second line as Canvas' own export has them; people are found by their SIS login."""
    assert _rows(export(small.root, "canvas")) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", EXERCISE],
        ["    Points Possible", "", "", "", "", "6.0"],
        ['Løvelace, Countess, Ada "A"', "17", "", "ada", "", "4.0"],
        ["'=HYPERLINK(1), @Bob", "", "", "bob", "", "0.0"],
    ]


def test_canvas_never_sees_an_empty_grade_which_would_remove_one(small):
    """Importer: an empty cell differs from an existing grade and is sent as no grade."""
    with GradebookWriter(small.root) as writer, writer.gradebook() as book:
        book.update_or_create_student("eve")
    assert [row[3] for row in _rows(export(small.root, "canvas"))[2:]] == ["ada", "bob"]


def test_canvas_gets_no_id_that_it_would_read_as_somebody_elses_number(small):
    """Importer: to_i makes user 535 of the LTI id 535fa0."""
    with GradebookWriter(small.root) as writer, writer.gradebook() as book:
        book.update_or_create_student("bob", lms_user_id="535fa0c1")
    made = export(small.root, "canvas")
    assert [row[1] for row in _rows(made)[2:]] == ["17", ""]
    assert any("bob" in note and "no number" in note for note in made.notes)


def test_an_assignment_is_found_by_its_title_or_number(small):
    assert _rows(export(small.root, "canvas", exercise="01", title="Week 1 (4711)"))[0][-1] == "Week 1 (4711)"
    with pytest.raises(HoldoutError, match="belongs to one exercise"):
        export(small.root, "canvas", title="Week 1")


def test_moodle_gets_no_column_in_which_somebody_is_nobody(small):
    """Importer: an empty identifier keeps the user of the row before, so the grade goes to another learner."""
    made = export(small.root, "moodle")
    assert _rows(made) == [
        ["Username", "First name", "Last name", EXERCISE, f"{EXERCISE} (note)"],
        ["ada", 'Ada "A"', "Løvelace, Countess", "4.0", "out of 6"],
        ["bob", "'@Bob", "'=HYPERLINK(1)", "0.0", "out of 6"],
    ]
    assert any("“Email address” is left out" in note for note in made.notes)
    assert any("maximum of 100" in step and "6" in step for step in made.steps)


@pytest.mark.parametrize("column", ["email", "lms_user_id"])
def test_moodle_gets_no_column_in_which_two_people_are_one(small, column):
    with GradebookWriter(small.root) as writer, writer.gradebook() as book:
        book.update_or_create_student("ada", **{column: "Same@example.org"})
        book.update_or_create_student("bob", **{column: "same@example.org"})
    assert set(_rows(export(small.root, "moodle"))[0]) & {"Email address", "ID number"} == set()


def test_moodle_reads_a_dash_as_no_grade_and_an_empty_cell_as_zero(small):
    with GradebookWriter(small.root) as writer, writer.gradebook() as book:
        book.update_or_create_student("eve")
    assert _rows(export(small.root, "moodle"))[-1] == ["eve", "", "", "-", "no grade"]


def test_with_a_roster_people_have_the_platforms_names_and_strangers_are_left_out_and_listed(small, tmp_path):
    roster = tmp_path / "participants.csv"
    roster.write_text(
        "First name,Surname,Username,Email address\nAda,L,al01,ADA@example.org\nZoë,Z,zz09,zoe@example.org\n",
        "utf-8",
    )
    made = export(small.root, "moodle", roster=roster)
    assert _rows(made)[1:] == [["al01", "ADA@example.org", "Ada", "L", "4.0", "out of 6"]]
    assert any(note.startswith("not on the roster, so left out (1 ") and "bob" in note for note in made.notes)
    assert "on the roster and not in the gradebook (1): Zoë Z" in made.notes


def test_canvas_own_gradebook_is_a_roster(small, tmp_path):
    roster = tmp_path / "canvas.csv"
    roster.write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section\n    Points Possible,,,,\n"
        '"Lovelace, Ada",501,S-1,ada,"A, morning"\n"Student, Test",9,,,\n"B, Bob",502,S-2,bob,B\n',
        "utf-8",
    )
    rows = _rows(export(small.root, "canvas", roster=roster))
    assert rows[2] == ["Lovelace, Ada", "501", "S-1", "ada", "A, morning", "4.0"]
    assert [row[1] for row in rows[2:]] == ["501", "502"]


def test_two_people_with_one_identity_get_no_grade_by_chance(small, tmp_path):
    roster = tmp_path / "twice.csv"
    roster.write_text("Username;Email address\nada;a@x.org\nADA;b@x.org\nbob;c@x.org\n", "utf-8")
    made = export(small.root, "moodle", roster=roster)
    assert [row[0] for row in _rows(made)[1:]] == ["bob"]
    assert any("could be several people" in note and "ada" in note for note in made.notes)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "is empty"), (b"Colour,Size\nred,3\n", "no column of the roster"), (None, "cannot be read")],
)
def test_a_roster_that_identifies_nobody_is_refused_with_the_remedy(small, tmp_path, content, sentence):
    roster = tmp_path / "roster.csv"
    if content is not None:
        roster.write_bytes(content)
    with pytest.raises(HoldoutError, match=sentence):
        export(small.root, "moodle", roster=roster)


def test_who_waits_for_points_by_hand_is_marked_or_left_out(small):
    small.change("ada", "01-memo", needs_manual_grade=True)
    made = export(small.root, "moodle")
    assert "provisional" in _rows(made)[1][-1]
    assert any("provisional" in note and "ada" in note for note in made.notes)
    assert [row[3] for row in _rows(export(small.root, "canvas", finished_only=True))[2:]] == ["bob"]


def test_points_by_question_add_up_to_the_score(small):
    header, *rows = _rows(export(small.root, "csv", by_question=True), "utf-8-sig")
    first = header.index("waits for points by hand") + 1
    assert header[first:]
    for row in rows:
        assert sum(float(cell or 0) for cell in row[first:]) == float(row[header.index("score")])


def test_a_decimal_comma_comes_with_semicolons(small):
    with GradebookWriter(small.root) as writer, writer.gradebook() as book:
        book.find_submission_notebook(EXERCISE, EXERCISE, "ada").late_submission_penalty = 1.5
        book.db.commit()
    made = export(small.root, "moodle", decimal_comma=True)
    assert _rows(made, separator=";")[1][3] == "2,5"


def test_a_spreadsheet_also_lists_who_handed_nothing_in(small):
    with GradebookWriter(small.root) as writer, writer.gradebook() as book:
        book.update_or_create_student("eve")
    assert _rows(export(small.root, "csv"), "utf-8-sig")[-1][10] == "nothing handed in"


def test_a_spreadsheet_gets_the_mark_that_keeps_accents_whole(small):
    made = export(small.root, "csv")
    assert made.paths[0].read_bytes().startswith(b"\xef\xbb\xbf")
    header, ada, bob = _rows(made, "utf-8-sig")
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
    with GradebookWriter(small.root) as writer, writer.gradebook() as book:
        for student, penalty in (("ada", 1.5), ("bob", 3.0)):
            book.find_submission_notebook(EXERCISE, EXERCISE, student).late_submission_penalty = penalty
        book.db.commit()
    assert [row[3] for row in _rows(export(small.root, "moodle"))[1:]] == ["2.5", "0.0"]


def test_grades_can_be_read_by_their_owner_only(small):
    assert stat.S_IMODE(export(small.root, "csv").paths[0].stat().st_mode) == 0o600


def test_an_unknown_target_and_an_empty_gradebook_are_said_plainly(small, tmp_path):
    with pytest.raises(HoldoutError, match="there are: csv, canvas, moodle"):
        export(small.root, "excel")
    empty = SmallClass(tmp_path / "empty")
    for target in TARGETS:
        with pytest.raises(CourseError, match="run `holdout grade` first"):
            export(empty.root, target)


def _sections(small):
    path = small.root / "roster.csv"
    path.write_text(
        "Student,ID,SIS Login ID,Section\nAda A,1,ada,Monday\nBob B,2,bob,Tuesday and Lab\nCarla C,3,carla,Monday\n",
        encoding="utf-8",
    )
    return path


def test_one_section_with_those_who_handed_nothing_in(small):
    made = export(small.root, "csv", roster=_sections(small), section="monday")
    rows = {row[0]: row for row in _rows(made)[1:]}
    assert set(rows) == {"ada", "carla"}
    assert rows["carla"][4] == "Monday" and rows["carla"][10] == "nothing handed in"
    assert not any("bob" in note for note in made.notes)
    assert {
        row[0] for row in _rows(export(small.root, "csv", roster=_sections(small), section="Lab"))[1:]
    } == {"bob"}


def test_a_section_that_nobody_is_in_and_one_without_a_roster_are_said(small):
    with pytest.raises(HoldoutError, match="there are: Lab, Monday, Tuesday"):
        export(small.root, "csv", roster=_sections(small), section="Friday")
    with pytest.raises(HoldoutError, match="--roster"):
        export(small.root, "csv", section="Monday")


def test_who_waits_is_left_out_and_not_called_absent(small):
    small.change("ada", "01-memo", needs_manual_grade=True)
    small.change("bob", "01-memo", needs_manual_grade=False, manual_score=1.0)
    rows = _rows(export(small.root, "csv", finished_only=True))[1:]
    assert "ada" not in {row[0] for row in rows}


def test_exports_and_reports_beside_a_running_grading_take_nothing_away(small):
    """Each has a working folder of its own; with one for all, whoever ended first removed what the other was recording."""
    script = (
        "import sys; from grader.reports.export import export; from grader.reports.class_report import report\n"
        "while True: export(sys.argv[1], 'csv'); report(sys.argv[1], sys.argv[2])"
    )
    beside = subprocess.Popen([sys.executable, "-c", script, str(small.root), EXERCISE])
    try:
        path = small.root / "classroom" / "reports" / f"{EXERCISE}.html"
        while not path.is_file() and beside.poll() is None:
            time.sleep(0.05)
        rows = [small.grade(force=True) for _ in range(4)][-1]
        assert beside.poll() is None
    finally:
        beside.kill()
        beside.wait()
    assert {row.outcome for row in rows.values()} == {"graded"}
