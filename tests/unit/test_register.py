"""The register: what it holds, what a mistake in it says, and what stands in for it where there is none."""

import pytest

from holdout.register import RegisterError, read_course

UNIT = '[[unit]]\nnumber = 1\ntitle = "Drift"\n'
LESSON = """
[[lesson]]
number = "01"
slug = "my-slug"
unit = 1
title = "A title"
question = "A question?"
lesson_minutes = 60
exercise_minutes = [60, 90]
topic = "drift"
core = ["01.mean"]
shows = "Computes a mean"

[[lesson.artefact]]
name = "mean"
description = '''
The mean \\
of some numbers.'''
"""


@pytest.fixture
def register(tmp_path):
    """Writes a register and reads it."""

    def read(text):
        (tmp_path / "course.toml").write_text(text, encoding="utf-8")
        return read_course(tmp_path)

    return read


def test_a_lesson_is_read_with_its_unit_and_artefacts(register):
    course = register(UNIT + LESSON.replace("'''", '"""'))
    (unit,) = course.units
    (lesson,) = unit.lessons
    assert (unit.number, unit.title, lesson.name) == (1, "Drift", "01-my-slug")
    assert lesson.exercise_minutes == (60, 90)
    assert lesson.core == ("01.mean",)
    assert lesson.artefact("mean").description == "The mean of some numbers."
    assert lesson.artefact("median") is None
    assert course.lesson("01") is course.lesson("01-my-slug") is lesson
    assert course.lesson("02") is None


def test_an_elective_has_a_number_of_its_own_kind(register):
    elective = LESSON.replace('"01"', '"e1"').replace("01.mean", "e1.mean").replace("my-slug", "other")
    course = register(UNIT + LESSON + elective)
    assert [lesson.name for lesson in course.lessons] == ["01-my-slug", "e1-other"]
    assert [lesson.elective for lesson in course.lessons] == [False, True]


def test_electives_stand_in_a_unit_that_is_shown_without_a_number(register):
    none = UNIT.replace("number = 1", "number = 0").replace('"Drift"', '"Electives"')
    elective = LESSON.replace('"01"', '"e1"').replace("01.mean", "e1.mean").replace("unit = 1", "unit = 0")
    course = register(UNIT + none + LESSON + elective.replace("my-slug", "other"))
    assert [unit.heading for unit in course.units] == ["Unit 1: Drift", "Electives"]
    assert [lesson.number for lesson in course.units[1].lessons] == ["e1"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('title = "A title"', "", r"\[\[lesson\]\] in line 5: the key `title` is missing; add title = "),
        ("title = \"A title\"", "title = 3", "line 5: `title = 3` does not fit; write title = "),
        ("question =", "questoin =", "line 5: unknown key `questoin`; the keys are number, slug"),
        ('"01"', '"1"', "line 5: `number = '1'` does not fit"),
        ("my-slug", "My slug", "`slug = 'My slug'` does not fit; .*lower case"),
        ("unit = 1", "unit = 7", r"lesson 01 \(line 5\): unit = 7 is no \[\[unit\]\]"),
        ("lesson_minutes = 60", "lesson_minutes = true", "lesson_minutes = True"),
        ("[60, 90]", "[90, 60]", r"write exercise_minutes = \[60, 90\]"),
        ("01.mean", "02.mean", "lesson 01.*core names '02.mean', a question of another lesson"),
        ("[[lesson.artefact]]", "[lesson.artefact]", r"write \[\[lesson.artefact\]\]"),
        ('name = "mean"', "", "artefact '': the key `name` is missing"),
        ("[[lesson]]", "[lesson]", r"begins with \[\[lesson\]\]"),
        ("[60, 90]", "[60, 90", "Unclosed array"),
        ("[[lesson]]", "[[lessons]]", r"unknown key `lessons`; the keys are unit, lesson, path"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place_and_the_remedy(register, old, new, says):
    assert old in LESSON
    with pytest.raises(RegisterError, match=rf"course\.toml.*{says}"):
        register(UNIT + LESSON.replace(old, new))


PATH = """
[[path]]
id = "short"
title = "Short"
whom = "For somebody in a hurry"

[[path.step]]
lesson = "01"
minutes = 20
what = "The trap"
questions = ["01.mean"]

[[path.step]]
lesson = "01"
questions = "core"
"""


def test_a_path_is_read_with_its_steps(register):
    (path,) = register(UNIT + LESSON + PATH).paths
    assert (path.id, path.title) == ("short", "Short")
    assert [step.minutes for step in path.steps] == [20, 60], "left out, the whole core"
    assert [step.questions for step in path.steps] == [("01.mean",), ("01.mean",)]
    assert register(UNIT + LESSON + PATH).path("short") == path
    assert register(UNIT + LESSON).path("short") is None


FIRST_STEP = (UNIT + LESSON).count("\n") + 7


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('lesson = "01"', 'lesson = "07"', rf"step in line {FIRST_STEP}: lesson = '07' is no \[\[lesson\]\]; there are 01"),
        ("minutes = 20", "minutes = 61", rf"step in line {FIRST_STEP}: minutes = 61 are more than the 60 of lesson 01"),
        ('what = "The trap"', "", "`what` is missing; say which 20 of the 60 minutes"),
        ('["01.mean"]', '["02.mean"]', "'02.mean' is a question of another lesson"),
        ('["01.mean"]', '"some"', r"`questions = 'some'` does not fit; write questions = "),
        ('minutes = 20\nwhat = "The trap"\nquestions = ["01.mean"]', "minutes = 0", "nothing is read and nothing is asked"),
        ('whom = "For somebody in a hurry"', "", r"\[\[path\]\] in line .*: the key `whom` is missing"),
        ('id = "short"', 'id = "In short"', "`id = 'In short'` does not fit"),
        ("what =", "waht =", "unknown key `waht`"),
        (PATH, PATH + PATH, r"\[\[path\]\] in line .*: id 'short' is already that of line"),
        (PATH, PATH.partition("[[path.step]]")[0], "the key `step` is missing"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_path_is_named_with_its_line(register, old, new, says):
    assert old in PATH
    with pytest.raises(RegisterError, match=rf"course\.toml.*{says}"):
        register(UNIT + LESSON + PATH.replace(old, new, 1))


@pytest.mark.parametrize("key", ["number", "slug"])
def test_two_lessons_of_one_number_or_slug_are_refused(register, key):
    other = {"number": LESSON.replace("my-slug", "other"), "slug": LESSON.replace("01", "02")}[key]
    with pytest.raises(RegisterError, match=f"line 23: {key} .* is already that of line 5"):
        register(UNIT + LESSON + other)


def test_a_register_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "course.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RegisterError, match="cannot be read"):
        read_course(tmp_path)


def test_without_a_register_the_folders_tell_the_lessons(tmp_path):
    (tmp_path / "exercises" / "02-other-slug").mkdir(parents=True)
    (tmp_path / "exercises" / "scratch").mkdir()
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "01-my-slug.ipynb").touch()
    (tmp_path / "lessons" / "index.ipynb").touch()
    course = read_course(tmp_path)
    assert [(lesson.name, lesson.title) for lesson in course.lessons] == [
        ("01-my-slug", "My slug"),
        ("02-other-slug", "Other slug"),
    ]


def test_a_folder_without_lessons_is_an_empty_course(tmp_path):
    assert read_course(tmp_path).lessons == ()
