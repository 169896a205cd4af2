"""The published tables, confusion matrix and mutants, are those of the questions that there are."""

import functools
import json
import pathlib
import re

from grader.authoring import mutation_table
from grader.authoring.confusion_matrix import KEPT, as_markdown, result_lines
from grader.authoring.exercise import all_exercises
from grader.authoring.pages import read_block

ROOT = pathlib.Path(__file__).resolve().parents[3]


@functools.cache
def questions():
    return [question for exercise in all_exercises(ROOT) for question in exercise.questions]


def test_the_confusion_matrix_is_that_of_the_kept_counts():
    counts = json.loads((ROOT / KEPT).read_text(encoding="utf-8"))
    text = (ROOT / "docs" / "verification.md").read_text(encoding="utf-8")
    assert read_block(text, "verify") == as_markdown(counts)
    assert read_block((ROOT / "README.md").read_text(encoding="utf-8"), "verify") == result_lines(counts)


def test_every_row_of_the_confusion_matrix_was_measured_on_the_question_as_it_is():
    kept = json.loads((ROOT / KEPT).read_text(encoding="utf-8"))
    stale = [
        f"{question.id} has changed since its row was measured: holdout verify {question.id} --seeds 100 --write"
        for question in questions()
        if kept[question.id].get("source") != question.source_key
    ]
    assert not stale, "\n".join(stale)


def test_the_confusion_matrix_speaks_of_every_question_and_of_no_other():
    table = (ROOT / "docs" / "verification.md").read_text(encoding="utf-8")
    stated = {
        (question, int(wrong), int(points))
        for question, points, wrong in re.findall(
            r"^\| ((?:\d\d|e\d)\.\w+) .*? \| (\d+) \| \d+ \| .*? \| \d+ of (\d+) \|", table, re.MULTILINE
        )
    }
    there = {(question.id, len(question.wrong_answers), question.points) for question in questions()}
    assert stated == there


def test_the_table_of_mutants_is_that_of_the_kept_counts():
    counts = json.loads((ROOT / mutation_table.KEPT).read_text(encoding="utf-8"))
    text = (ROOT / mutation_table.PAGE).read_text(encoding="utf-8")
    assert read_block(text, "mutate") == mutation_table.as_markdown(counts)


def test_the_table_of_mutants_speaks_of_every_question_and_of_no_other():
    kept = json.loads((ROOT / mutation_table.KEPT).read_text(encoding="utf-8"))
    assert set(kept) == {question.id for question in questions()}


def test_every_row_of_the_table_of_mutants_was_measured_on_the_question_as_it_is():
    there = {question.id: question.mutants_key for question in questions()}
    stale = [
        f"{question} has changed since its mutants were run: holdout mutate {question} --write"
        for question, row in json.loads((ROOT / mutation_table.KEPT).read_text(encoding="utf-8")).items()
        if there.get(question) != row["source"]
    ]
    assert not stale, "\n".join(stale)
