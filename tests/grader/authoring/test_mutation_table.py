"""The published table of mutants, and a sample of what it rests on."""

import pathlib

import pytest

from grader.authoring.exercise import load_exercise
from grader.authoring.mutate import Row, declared_equivalent, mutate_question, mutate_questions
from grader.authoring.mutation_table import PAGE, as_markdown, in_words, keep, publish
from grader.authoring.pages import PageError, read_block
from grader.cli import main

ROOT = pathlib.Path(__file__).resolve().parents[3]

SURVIVOR = {
    "answer": "reference", "mutant": "line 2: a < b -> a <= b", "operator": "comparison",
    "seeds_lost": 1, "seeds": 3, "visible": True,
}  # fmt: skip


def row(question, **counts):
    return Row(question, f"Title of {question}", "key", 3, **counts)


def test_the_table_counts_and_shows_what_survives(tmp_path):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / PAGE).write_text("# Page\n<!-- begin mutate -->\nold\n<!-- end mutate -->\n")
    rows = [row("01.a", mutants=9, visible=7, hidden=8, survivors=[SURVIVOR]), row("01.letter")]
    counts = keep(rows, tmp_path, ["01.a", "01.letter", "02.b"])
    publish(counts, tmp_path)
    text = read_block((tmp_path / PAGE).read_text(encoding="utf-8"), "mutate")
    assert "| 01.a Title of 01.a | 3 | 9 | 7 | 8 | 0 | 0 | 0 | 1 |" in text
    assert "so without mutants: 01.letter" in text
    again = keep([row("02.b", mutants=4, hidden=4)], tmp_path, ["01.a", "02.b"])
    assert list(again) == ["01.a", "02.b"], "what is gone is dropped, the rest kept"
    assert "2 questions: 13 mutants" in as_markdown(again)


def test_what_survives_is_named_with_its_answer_and_its_change():
    said = in_words(row("01.a", mutants=9, hidden=8, survivors=[SURVIVOR], stale=["reference: gone"]))
    assert said.startswith("✘ 01.a") and "line 2: a < b -> a <= b (loses points on 1 of 3 sets; " in said
    assert "declared as equivalent, but it is gone or loses points: reference: gone" in said


def test_a_page_without_markers_is_named(tmp_path):
    with pytest.raises(PageError, match=f"there is no {PAGE}"):
        publish({}, tmp_path)


def test_half_of_the_answers_are_not_published(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert main(["mutate", "12.generation", "--references", "--write"]) == 1
    assert "leave --references away" in capsys.readouterr().err


SAMPLE = ["03.report", "05.nested", "08.merge", "12.generation", "14.rows"]


@pytest.mark.parametrize("id", SAMPLE)
def test_no_mutant_of_a_reference_survives_in_a_sample_of_the_questions(id):
    number = id.partition(".")[0]
    exercise = load_exercise(number, ROOT)
    found = mutate_question(
        exercise[id], [5000], declared_equivalent(exercise.name, ROOT), references_only=True
    )
    assert found.mutants > 5 and not found.survivors, in_words(found)


def test_questions_are_mutated_in_the_order_asked_for():
    wanted = [("12", "12.generation"), ("05", "05.fingerprint")]
    rows = list(mutate_questions(wanted, ROOT, seeds=1, jobs=2, references_only=True))
    assert [one.question for one in rows] == ["12.generation", "05.fingerprint"]
    assert all(one.seeds == 1 and one.hidden for one in rows)
