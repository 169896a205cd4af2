"""The sentence that ends an exercise cannot be found without reading it: not by length, not by letter, not by caution."""

import re

import pytest

from grader.authoring.exercise import load_exercise
from grader.authoring.notebooks import read_script
from holdout import paths

SCRIPTS = sorted((paths.find_root() / "solutions").glob("[0-9e][0-9]-*/[0-9e][0-9]-*.py"))
HEDGES = re.compile(
    r"\b(may|might|could|can|would|probably|perhaps|possibly|likely|seems?|about|unless|until|up to|nearly|some|if)\b", re.I
)  # fmt: skip
# Of 14 sentences chance finds 3.5; more than 6 happens once in 26 times.
MOST_BY_CHANCE = 6


def sentences(script) -> dict[str, str]:
    """The options of an exercise's last question, by letter."""
    cells = [cell.source for cell in read_script(script).cells if "Say it out loud" in cell.source]
    return dict(re.findall(r"^- \*\*([a-e])\*\* (.+)$", cells[0], re.M))


def right_letter(script) -> str:
    exercise = load_exercise(script.parent.name)
    question = next(question for question in exercise.questions if question.id.endswith(".say_it"))
    return re.findall(r'say_it = "(.)"', question.reference.code)[-1]


@pytest.fixture(scope="module")
def course():
    return [(sentences(script), right_letter(script)) for script in SCRIPTS]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_the_sentences_of_an_exercise_are_of_equal_length(script):
    lengths = [len(sentence) for sentence in sentences(script).values()]
    assert len(lengths) >= 4
    assert max(lengths) <= 1.15 * min(lengths), lengths


def hits(course, value) -> float:
    """How often the sentence with the largest value is the right one; ties are broken at random."""
    total = 0.0
    for options, right in course:
        values = {letter: value(letter, sentence) for letter, sentence in options.items()}
        largest = [letter for letter, one in values.items() if one == max(values.values())]
        total += (right in largest) / len(largest)
    return total


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("the longest", lambda letter, sentence: len(sentence)),
        ("the shortest", lambda letter, sentence: -len(sentence)),
        ("the most hedged", lambda letter, sentence: len(HEDGES.findall(sentence))),
        ("the least hedged", lambda letter, sentence: -len(HEDGES.findall(sentence))),
        ("the most numbers", lambda letter, sentence: len(re.findall(r"\d", sentence))),
        *((f"always {wanted}", lambda letter, sentence, wanted=wanted: letter == wanted) for wanted in "abcd"),
    ],
)  # fmt: skip
def test_no_rule_that_does_not_read_finds_the_right_sentence_more_often_than_chance(course, rule, value):
    assert hits(course, value) <= MOST_BY_CHANCE, f"{rule}: {hits(course, value):.1f} of {len(course)}"
