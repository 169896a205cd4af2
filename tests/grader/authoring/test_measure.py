"""What a reader goes through is counted in the script; a core keeps its limits."""

import json
import re

import pytest
from small_course import REGISTER, ROOT

from grader.authoring.measure import LIMITS, count_words, measure, measure_course, too_much
from grader.cli import main

SCRIPT = '''# %% [markdown]
# # A [small](small.ipynb) lesson
#
# Two words.

# %%
import numpy as np

from holdout import Stage

x = model.predict(np.arange(3))
assert x.sum() == 3

# %% jupyter={"source_hidden": true}
assert True
predict("01.p1", "How many now?", options=["one", "two or three"])

# %%
@stage.live(degree=(1, 5))
def explore(degree):
    """Not text of the lesson."""
    return {"degree": degree}


explore

# %% jupyter={"source_hidden": true}
resolve("01.p1", "one")
explain("""
    **What it means.** It is {share:.0%} of them.
""", share=1)
'''


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "01-small.py"
    path.write_text(SCRIPT, encoding="utf-8")
    return path


def test_words_are_those_of_text_predictions_and_reveals(script):
    heading_and_text, prediction, resolved, reveal = 3 + 2, 3 + 1 + 3, 1, 3 + 5
    assert measure(script).words == heading_and_text + prediction + resolved + reveal


def test_code_is_what_is_open(script):
    found = measure(script)
    assert (found.code_lines, found.largest_cell) == (9, 5)
    assert (found.asserts, found.imports, found.figures, found.predictions) == (1, 2, 1, 1)


def test_minutes_are_those_of_reading_code_figures_and_predictions(script):
    found = measure(script)
    assert found.minutes == pytest.approx(found.words / 130 + 9 * 8 / 60 + 3.5 + 1.5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a [link of four words](../01-a/b.ipynb#part-two)", 5),
        ("| you can | minutes |\n|---|--:|\n| 0.3 ± 0.1 | 94% |", 6),
        ("<td style='x'>one</td>&nbsp;two", 2),
        ("{gap:+.3f} and *{share:.0%}*", 3),
        ("don't scikit-learn's `GroupKFold`", 3),
    ],
)
def test_signs_and_addresses_are_no_words(text, words):
    assert count_words(text) == words


def test_what_exceeds_a_limit_is_named_with_the_limit(script):
    assert too_much(measure(script)) == [f"01-small: 1 asserts, at most {LIMITS['asserts']}"]


def test_the_limits_hold_for_lessons_with_the_key_and_not_for_what_goes_deeper(mini_course, capsys):
    source = mini_course / "lessons" / "source"
    (source / "deeper").mkdir()
    for folder in (source, source / "deeper"):
        (folder / "01-small.py").write_text(SCRIPT, encoding="utf-8")
    register = mini_course / "course.toml"
    register.write_text(REGISTER, encoding="utf-8")
    assert main(["measure"]) == 0
    register.write_text(REGISTER.replace("lesson_minutes = 5", "lesson_minutes = 5\ndeeper_minutes = 3"))
    capsys.readouterr()
    assert main(["measure", "1", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert [(row["name"], row["core"]) for row in document["lessons"]] == [
        ("01-small", True),
        ("deeper/01-small", False),
    ]
    assert document["problems"] == ["01-small: 1 asserts, at most 0"]
    assert main(["measure", "07"]) == 1
    assert "no lesson begins with 07" in capsys.readouterr().err


def test_every_core_of_the_course_keeps_its_limits():
    """A lesson is held to them from the day on which its row of the register has `deeper_minutes`."""
    problems = [problem for found, core in measure_course(ROOT) if core for problem in too_much(found)]
    assert problems == []


def test_the_minutes_that_a_core_states_are_those_of_a_reader():
    from holdout.register import read_course

    for found, core in measure_course(ROOT):
        if core:
            stated = read_course(ROOT).lesson(found.name).lesson_minutes
            assert abs(stated - found.minutes) <= 5, (found.name, stated, found.minutes)


def test_the_minutes_of_the_parts_are_those_of_the_whole():
    for script in sorted((ROOT / "lessons" / "source").glob("[0-9e][0-9]-*.py")):
        text = script.read_text(encoding="utf-8")
        stated = int(re.search(r"About (\d+) minutes here", text)[1])
        table = text.partition("| minutes |\n")[2].partition(f"About {stated} minutes")[0]
        assert sum(int(minutes) for minutes in re.findall(r"\| (\d+) \|\n", table)) == stated, script.name
