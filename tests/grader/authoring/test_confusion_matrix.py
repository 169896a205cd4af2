"""The published confusion matrix is that of the questions that there are."""

import pathlib

import pytest

from grader.authoring.confusion_matrix import (
    VerificationError,
    as_markdown,
    keep,
    publish,
    refuse_to_publish,
    result_lines,
)
from grader.authoring.pages import PageError, read_block
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


def test_what_fails_or_rests_on_few_seeds_is_not_published(mini_course):
    rows = verify_exercise("01", mini_course, seeds=2)
    with pytest.raises(VerificationError, match="add --seeds 20"):
        refuse_to_publish(rows)
    rows = [{**row, "seeds": 100} for row in rows]
    refuse_to_publish(rows)
    rows[1]["reference"] = 0.5
    with pytest.raises(VerificationError, match="nothing was written.*fail: 01.pick"):
        refuse_to_publish(rows)


def test_the_table_and_its_two_lines_go_between_the_markers_of_their_pages(mini_course):
    page = "before\n<!-- begin verify -->\nold\n<!-- end verify -->\nafter\n"
    (mini_course / "docs").mkdir()
    for name in ("README.md", "docs/verification.md"):
        (mini_course / name).write_text(page, encoding="utf-8")
    rows = verify_exercise("01", mini_course, seeds=2)
    counts = keep(rows, mini_course, [row["question"] for row in rows])
    publish(counts, mini_course)
    readme = (mini_course / "README.md").read_text(encoding="utf-8")
    assert read_block(readme, "verify") == result_lines(counts)
    assert readme.startswith("before\n") and readme.endswith("after\n")
    assert len(result_lines(counts).splitlines()) == 2
    table = (mini_course / "docs" / "verification.md").read_text(encoding="utf-8")
    assert read_block(table, "verify") == as_markdown(counts)


def test_a_page_without_its_markers_is_named_and_no_page_is_changed(mini_course):
    rows = verify_exercise("01", mini_course, seeds=2)
    counts = keep(rows, mini_course, [row["question"] for row in rows])
    readme = "<!-- begin verify -->\n<!-- end verify -->\n"
    (mini_course / "README.md").write_text(readme, encoding="utf-8")
    with pytest.raises(PageError, match="there is no docs/verification.md"):
        publish(counts, mini_course)
    (mini_course / "docs").mkdir()
    (mini_course / "docs" / "verification.md").write_text("no markers", encoding="utf-8")
    with pytest.raises(PageError, match="docs/verification.md needs one line <!-- begin verify -->"):
        publish(counts, mini_course)
    assert (mini_course / "README.md").read_text(encoding="utf-8") == readme
