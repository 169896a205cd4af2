"""The confusion matrix in the README is that of the questions that there are."""

import pathlib
import re

import pytest

from grader.authoring.confusion_matrix import BEGIN, END, as_markdown, keep, write_into
from grader.authoring.exercise import all_exercises
from grader.authoring.verify import verify_exercise

ROOT = pathlib.Path(__file__).resolve().parents[3]


def test_the_table_counts_what_was_measured(mini_course):
    path = mini_course / "solutions/01-small/questions.py"
    path.write_text(path.read_text().replace("return float(np.sum(values))", "return float(np.mean(values))"))
    counts = keep(verify_exercise("01", mini_course, seeds=3), mini_course, ["01.mean", "01.pick"])
    text = as_markdown(counts)
    assert "| 8 wrong answers, 24 decisions | 3 | 21 |" in text
    assert "| 4 right alternatives, 12 decisions | 12 | 0 |" in text
    assert "| 01.mean Mean | 3 | 3 | 3 / 12 |" in text


def test_proving_one_exercise_again_keeps_what_was_proved_of_the_others(mini_course):
    rows = verify_exercise("01", mini_course, seeds=2)
    keep(rows, mini_course, [row["question"] for row in rows])
    other = {**rows[0], "question": "02.other", "seeds": 5}
    everything = [row["question"] for row in rows] + ["02.other"]
    counts = keep([other], mini_course, everything)
    assert list(counts) == everything
    assert "each graded on 2 to 5 sets" in as_markdown(counts)
    assert list(keep([other], mini_course, ["02.other"])) == ["02.other"]  # what no longer exists is dropped


def test_only_what_is_between_the_markers_is_replaced(tmp_path):
    page = tmp_path / "README.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    write_into(page, "new \\1")
    assert page.read_text(encoding="utf-8") == f"before\n{BEGIN}\nnew \\1\n{END}\nafter\n"
    page.write_text("no markers", encoding="utf-8")
    with pytest.raises(ValueError, match="must hold"):
        write_into(page, "new")


def test_the_readme_speaks_of_every_question_and_of_no_other():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text[text.index(BEGIN) : text.index(END)]
    told = {
        (question, int(wrong), int(points))
        for question, points, wrong in re.findall(
            r"^\| (\d\d\.\w+) .*? \| (\d+) \| \d+ \| .*? \| \d+ of (\d+) \|", table, re.MULTILINE
        )
    }
    there = {
        (question.id, len(question.wrong_answers), question.points)
        for exercise in all_exercises(ROOT)
        for question in exercise.questions
    }
    assert told == there
