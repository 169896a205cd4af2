"""`holdout new` writes what builds and runs, says what is left to write, and overwrites nothing."""

import runpy

import pytest
from small_course import REGISTER

import holdout.topics
from grader.authoring import build as build_module
from grader.authoring.build import build, check_build
from grader.authoring.new import NewError, new_lesson, new_question
from grader.authoring.notebooks import read_script
from grader.authoring.verify import problems_of, verify_exercise
from grader.cli import main
from holdout.figures.stage import LiveFigure
from holdout.register import read_course


@pytest.fixture
def course(built_course):
    """The small course with a register and a page that lists its lessons."""
    (built_course / "course.toml").write_text(REGISTER, encoding="utf-8")
    (built_course / "README.md").write_text(
        "<!-- begin lessons -->\n<!-- end lessons -->\n", encoding="utf-8"
    )
    build(built_course)
    return built_course


def files_of(root):
    return {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_a_new_lesson_is_registered_and_its_exercise_builds(course, monkeypatch):
    monkeypatch.setattr(build_module, "_execute_all", lambda *args: [])
    written = new_lesson("02", "my-slug", "my_topic", course)
    assert all((course / path).is_file() for path in written)
    lesson = read_course(course).lesson("02")
    assert (lesson.name, lesson.title, lesson.topic, lesson.unit) == ("02-my-slug", "My slug", "my_topic", 1)
    assert "[My slug](lessons/02-my-slug.ipynb)" in (course / "README.md").read_text(encoding="utf-8")
    assert (course / "course.toml").read_text(encoding="utf-8").startswith(REGISTER)  # comments stay
    report = build(course, names=["02"])
    assert report.problems == []
    assert "exercises/02-my-slug/checks.json" in report.written


def test_a_new_question_says_what_is_left_to_write_and_nothing_else_is_wrong_with_it(course):
    new_lesson("02", "my-slug", "my_topic", course)
    (row,) = verify_exercise("02", course, seeds=2)
    assert problems_of(row) == [
        "TODO stands in: title, objective, hints, passed, message of 'the sum', why of 'the sum'; write them in questions.py",
        "it has 1 wrong answer; at least 4 are needed",
        "it has 1 right alternative; at least 2 are needed",
    ]


def test_a_new_lesson_runs_and_the_test_of_its_topic_passes(course, monkeypatch):
    new_lesson("02", "my-slug", "my_topic", course)
    monkeypatch.setattr(
        holdout.topics, "__path__", [*holdout.topics.__path__, str(course / "holdout" / "topics")]
    )
    tests = runpy.run_path(str(course / "tests/unit/topics/test_my_topic.py"))
    tests["test_means_vary_by_one_over_the_root_of_the_sample_size"]()
    names = {}
    for cell in read_script(course / "lessons/source/02-my-slug.py").cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
    assert isinstance(names["explore"], LiveFigure)
    assert names["measured"] == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("2", "my-slug", "my_topic"), "'2' is no number of a lesson; write two digits"),
        (("02", "My slug", "my_topic"), "'My slug' is no slug; write lower case"),
        (("02", "my-slug", "my-topic"), "'my-topic' is no name of a package; write --topic"),
        (("02", "my-slug", "class"), "'class' is no name of a package"),
        (("01", "my-slug", "my_topic"), "lesson 01 is there already: 01-small; choose another number"),
        (("02", "small", "my_topic"), "the slug 'small' is that of lesson 01"),
        (("02", "my-slug", "means"), "the topic 'means' is that of lesson 01"),
        (("02", "my-slug", "there"), "tests/unit/topics/test_there.py is there already"),
    ],
)
def test_a_lesson_that_cannot_be_added_is_a_sentence_and_nothing_is_written(course, arguments, says):
    (course / "tests/unit/topics").mkdir(parents=True)
    (course / "tests/unit/topics/test_there.py").touch()
    before = files_of(course)
    with pytest.raises(NewError, match=says):
        new_lesson(*arguments, course)
    assert files_of(course) == before


def test_a_lesson_of_a_unit_that_is_not_there_is_refused(course):
    with pytest.raises(NewError, match=r"no unit 7; there are \[1\]; add a \[\[unit\]\]"):
        new_lesson("02", "my-slug", "my_topic", course, unit=7)


def test_a_lesson_needs_a_register(built_course):
    with pytest.raises(NewError, match=r"has no course\.toml"):
        new_lesson("02", "my-slug", "my_topic", built_course)


def test_a_question_is_added_after_the_last_one_and_builds(course):
    new_question("01.my-question", course)
    assert build(course, names=["01"]).problems == []
    assert check_build(course).problems == []
    text = (course / "exercises/01-small/01-small.ipynb").read_text(encoding="utf-8")
    assert text.index("01-pick-check") < text.index("01-my_question-answer") < text.index("01-memo")
    assert "## 3 · TODO" in text
    rows = {row["question"]: problems_of(row) for row in verify_exercise("01", course, seeds=2)}
    assert rows["01.mean"] == rows["01.pick"] == []
    assert len(rows["01.my_question"]) == 3


def test_a_question_goes_above_the_sentence_that_ends_the_exercise(course):
    for path in ("01-small.py", "questions.py"):
        file = course / "solutions/01-small" / path
        file.write_text(file.read_text(encoding="utf-8").replace("01.pick", "01.say_it"), encoding="utf-8")
    new_question("01.other", course)
    assert build(course, names=["01"]).problems == []
    text = (course / "solutions/01-small/01-small.py").read_text(encoding="utf-8")
    assert text.index("01.other") < text.index("# Choose.") < text.index("01.say_it")


def test_names_that_the_notebook_uses_already_are_not_taken_again(course):
    new_question("01.values", course)
    text = (course / "solutions/01-small/01-small.py").read_text(encoding="utf-8")
    assert "def values_answer(values):" in text
    assert build(course, names=["01"]).problems == []


@pytest.mark.parametrize(
    ("id", "says"),
    [
        ("01.mean", "01-small has the question 01.mean already"),
        ("mean", "'mean' is no id of a question"),
        ("01.Mean", "'01.Mean' is no id of a question"),
        ("01.class", "'01.class' is no id of a question"),
        ("77.mean", "there is no exercise '77'"),
    ],
)
def test_a_question_that_cannot_be_added_is_a_sentence_and_nothing_is_written(course, capsys, id, says):
    before = files_of(course)
    assert main(["new", "question", id]) == 1
    assert says in capsys.readouterr().err
    assert files_of(course) == before


def test_an_exercise_that_is_full_takes_no_question(course):
    for i in range(7):
        new_question(f"01.more_{i}", course)
    with pytest.raises(NewError, match="has 9 questions, and 9 are the most; take one out first"):
        new_question("01.too_many", course)


def test_questions_that_lack_an_import_are_named(course):
    path = course / "solutions/01-small/questions.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("import Case, Question", "import Case, Question as Question_").replace("= Question(", "= Question_("), encoding="utf-8")  # fmt: skip
    with pytest.raises(NewError, match=r"questions.py does not import Question; add it to"):
        new_question("01.other", course)


def test_the_command_says_what_to_do_next(course, capsys):
    assert main(["new", "2", "my-slug", "--topic", "my_topic", "--title", "Mine"]) == 0
    out = capsys.readouterr().out
    assert "  solutions/02-my-slug/questions.py\n" in out
    assert (
        "Next: replace every TODO in these files, then `holdout build 02 index` and `holdout verify 02`."
        in out
    )
    assert read_course(course).lesson("02").title == "Mine"
