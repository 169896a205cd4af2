"""The class report recovers a known truth exactly, names nobody unless asked, and lets nothing of a learner's through."""

import html.parser
import re

import numpy as np
import pytest
from scipy.stats import pointbiserialr
from small_class import EXERCISE, RIGHT, WRONG, SmallClass

from grader.cli import main
from grader.grading.run import GRADED, NEEDS_REVIEW, Row
from grader.reports.class_report import render, report, rows_of, score_bins, without_file_names
from grader.reports.item_analysis import analyse, discrimination
from grader.tools.simulate import simulate
from holdout.errors import CourseError, HoldoutError


@pytest.fixture
def small(tmp_path):
    return SmallClass(tmp_path)


def _recovered(rows, truth):
    """Every outcome and misconception of the resume log against what the class truly is."""
    return {
        row.student: {
            one["question"]: {"outcome": one["outcome"], "misconception": one["misconception"]}
            for one in row.questions
        }
        for row in rows
    } == {
        student: {id: {k: v for k, v in told.items() if k != "answer"} for id, told in answers.items()}
        for student, answers in truth["students"].items()
    }


class _Tables(html.parser.HTMLParser):
    """Rows of text of every table of a page, and attributes of its pictures."""

    def __init__(self):
        super().__init__()
        self.tables, self.images, self.tags = [], [], []
        self.cell = None

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.cell = ""
        elif tag == "img":
            self.images.append(dict(attributes))

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.tables[-1][-1].append(self.cell)
            self.cell = None


def _read(page):
    parser = _Tables()
    parser.feed(page)
    return parser


def _row(student, shares, *, outcome=GRADED, sentence="2 of 2 questions passed.", misconception=""):
    questions = [
        {
            "question": f"01.q{i}", "title": f"Q{i}", "points": 2.0, "share": share,
            "outcome": "passed" if share == 1 else "wrong", "misconception": misconception if share < 1 else "", "message": "",
        }
        for i, share in enumerate(shares)
    ]  # fmt: skip
    return Row(student, EXERCISE, 2.0 * sum(shares), 4.0, outcome, sentence, "full", questions=questions)


def test_the_report_recovers_the_truth_of_a_simulated_class_exactly(small):
    """Passed, blank and each misconception, question by question, counted on the page as they were drawn."""
    truth = simulate(small.root, "01", students=40, seed=8)
    small.grade()
    rows = rows_of(small.root, EXERCISE)
    page = _read(report(small.root, "01").read_text(encoding="utf-8"))
    assert _recovered(rows, truth)
    questions, beliefs, reviews = page.tables[:3]  # then what was corrected, and the scores
    answers = list(truth["students"].values())
    for id, line in zip(("01.mean", "01.pick"), questions[1:], strict=True):
        outcomes = [one[id]["outcome"] for one in answers]
        assert line[0].startswith(id)
        assert [int(text) for text in line[4:]] == [
            outcomes.count(what) for what in ("passed", "wrong", "not attempted")
        ]
        assert line[2] == f"{outcomes.count('passed') / len(answers):.0%}"
    drawn = {}
    for learner in answers:
        for id, one in learner.items():
            if one["misconception"]:
                drawn[(id, one["misconception"])] = drawn.get((id, one["misconception"]), 0) + 1
    assert {(line[0], line[2]): line[1] for line in beliefs[1:]} == {
        key: f"{n} of 40" for key, n in drawn.items()
    }
    assert reviews[1] == ["Nobody."]


@pytest.mark.proof
def test_the_report_recovers_the_truth_of_a_class_of_exercise_01(tmp_path):
    """The same with the real exercise, its eight questions and the real bubblewrap."""
    from grader.grading.run import grade_all
    from grader.nbgrader_bridge.release import release
    from grader.tools.doctor import copy_course
    from holdout.paths import find_root

    name = "01-two-numbers-and-a-chart"
    copy_course(find_root(), tmp_path, name)
    assert release(tmp_path, [name])[0]["released"]
    truth = simulate(tmp_path, name, students=40, seed=8)
    assert _recovered(grade_all(tmp_path, name, json=True), truth)


def test_discrimination_is_the_point_biserial_correlation_with_the_rest():
    rng = np.random.default_rng(1)
    shares, rest = rng.integers(0, 2, 30), rng.normal(size=30)
    assert discrimination(shares, rest) == pytest.approx(pointbiserialr(shares, rest).statistic, abs=1e-12)


def test_discrimination_leaves_the_question_itself_out():
    """Two unrelated questions: with itself in the rest score each would correlate with 0.7."""
    rows = [_row(str(i), shares) for i, shares in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)])]
    assert [item.discrimination for item in analyse(rows)] == [0.0, 0.0]


def test_discrimination_is_not_defined_where_all_have_the_same():
    assert discrimination([1, 1, 1], [0, 1, 2]) is None
    assert discrimination([0, 1, 1], [2, 2, 2]) is None
    assert discrimination([1], [1]) is None
    assert "<td>–</td>" in render(EXERCISE, [_row("a", (1, 1)), _row("b", (1, 1))])


def test_difficulty_is_the_mean_share_and_partial_credit_counts():
    items = analyse([_row("a", (1, 0.5)), _row("b", (1, 0.0))])
    assert [item.difficulty for item in items] == [1.0, 0.25]


def test_every_learner_is_in_one_bar_of_the_distribution():
    counts, edges = score_bins([0.0, 18.0, 9.0, 17.99], 18.0)
    assert counts.sum() == 4 and counts[-1] == 2 and len(edges) == 11


def test_nobody_is_named_unless_asked(small):
    """Neither as a student nor by the name of a file."""
    small.submit("ada-lovelace", RIGHT)
    folder = small.submit("bob-bobson", WRONG)
    for path in folder.glob("*.ipynb"):
        path.unlink()
    for name in ("bobson1.ipynb", "bobson2.ipynb"):
        (folder / name).write_text("{}", encoding="utf-8")
    small.grade()
    page = report(small.root, "01").read_text(encoding="utf-8")
    assert not re.search("ada|lovelace|bobson", re.sub(r'base64,[^"]*', "", page))
    assert "submission 2" in page
    named = report(small.root, "01", names=True).read_text(encoding="utf-8")
    assert "ada-lovelace" in named and "bob-bobson" in named


def test_file_names_are_left_out_of_sentences():
    assert without_file_names("“a.ipynb” and “b ”c” cannot be read.") == "“…” and “…”c” cannot be read."
    assert without_file_names("Plain.") == "Plain."


def test_whatever_a_learner_chose_is_text_on_the_page():
    evil = "<script>alert(1)</script>'\"&"
    rows = [_row(evil, (0, 1), outcome=NEEDS_REVIEW, sentence=evil, misconception=evil), _row("b", (1, 1))]
    page = render(evil, rows, names=True)
    read = _read(page)
    assert "script" not in read.tags
    assert any(evil in cell for table in read.tables for line in table for cell in line)
    assert "default-src 'none'" in page


def test_the_page_needs_nothing_else_and_can_be_read_without_eyes(small):
    """Language, title, heading, captions, alt text that holds the figures' numbers; no script, nothing loaded."""
    small.submit("ada", RIGHT)
    small.submit("bob", WRONG)
    small.grade()
    page = report(small.root, "01").read_text(encoding="utf-8")
    read = _read(page)
    assert '<html lang="en">' in page and page.count("<h1>") == 1
    assert {"script", "link", "iframe"}.isdisjoint(read.tags)
    assert not re.search(r"(src|href)=['\"](?!data:image/png)", page)
    assert [image["alt"] for image in read.images] == [
        "Histogram of the automatic points of 2 submissions: 1 from 0.0 to 0.4, 1 from 3.6 to 4.0.",
        "Mean share of the points by question: 01.mean 50%, 01.pick 50%.",
    ]
    assert "Isolation while grading: full." in page


def test_a_class_of_which_nothing_could_be_executed_still_has_a_report(small):
    folder = small.submit("ada", RIGHT)
    (folder / f"{EXERCISE}.ipynb").write_text("{", encoding="utf-8")
    small.grade()
    assert "none of which could be executed" in report(small.root, "01").read_text(encoding="utf-8")


def test_a_learner_who_has_left_is_not_in_the_report(small):
    import shutil

    small.submit("ada", RIGHT)
    small.submit("bob", RIGHT)
    small.grade()
    shutil.rmtree(small.root / "classroom" / "submitted" / "bob")
    ada, bob = rows_of(small.root, EXERCISE)
    assert (ada.outcome, bob.outcome) == ("graded", "needs review")
    assert "no longer there" in bob.sentence and "holdout grade" in bob.sentence


def test_without_grades_the_report_says_what_to_do(small):
    with pytest.raises(CourseError, match="run `holdout grade` first"):
        report(small.root, "01")


ROSTER = """id of the folder,name,section
ada,Ada,"Monday and Wednesday"
bob,Bob,monday
cyd,Cyd,Tuesday
dan,Dan,Tuesday
eve,Eve,
"""


@pytest.fixture
def sections(small):
    for student, answers in (
        ("ada", RIGHT),
        ("bob", WRONG),
        ("cyd", RIGHT),
        ("eve", RIGHT),
        ("stranger", WRONG),
    ):
        small.submit(student, answers)
    small.grade()
    (small.root / "people.csv").write_text(ROSTER, encoding="utf-8")
    return small


def _sections_of(page):
    parser = _Tables()
    parser.feed(page)
    found = [table for table in parser.tables if table[0][0] == "section"]
    return {row[0]: row[1:4] for row in found[0][1:]} if found else None


def test_the_sections_of_a_roster_are_compared(sections):
    page = report(sections.root, EXERCISE, roster=sections.root / "people.csv").read_text(encoding="utf-8")
    assert _sections_of(page) == {
        "Monday": ["2", "2", "2.0"],
        "Tuesday": ["2", "1", "4.0"],
        "Wednesday": ["1", "1", "4.0"],
        "in no section": ["1", "1", "4.0"],
        "not on the roster": ["–", "1", "0.0"],
    }
    assert "ada" not in page
    assert _sections_of(report(sections.root, EXERCISE).read_text(encoding="utf-8")) is None


def test_a_report_of_one_section_is_about_its_people_alone(sections):
    roster = sections.root / "people.csv"
    path = report(sections.root, EXERCISE, names=True, roster=roster, section="MONDAY")
    page = path.read_text(encoding="utf-8")
    assert path.name == f"{EXERCISE}-MONDAY.html" and "2 submissions." in page
    assert "ada" in page and "bob" in page and "cyd" not in page and "stranger" not in page
    with pytest.raises(HoldoutError, match=r"Friday.*Monday, Tuesday, Wednesday"):
        report(sections.root, EXERCISE, roster=roster, section="Friday")
    with pytest.raises(CourseError, match="--roster"):
        report(sections.root, EXERCISE, section="Monday")


def test_the_command_takes_roster_and_section(sections, monkeypatch, capsys):
    monkeypatch.chdir(sections.root)
    assert main(["report", "01", "--roster", "people.csv", "--section", "Tuesday"]) == 0
    assert f"{EXERCISE}-Tuesday.html" in capsys.readouterr().out
