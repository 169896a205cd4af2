"""The key of a question's source changes with what its row was measured on, and with nothing else."""

import pytest

from grader.authoring.exercise import load_exercise
from grader.authoring.source_key import source_keys

QUESTIONS, SCRIPT = "solutions/01-small/questions.py", "solutions/01-small/01-small.py"


LOOP = """for name in ("largest",):
    mean.wrong(name, why="Also one number.", message="That is one of them.", code="def mean_(values):\\n    return max(values)")


"""


def keys_of_mutants(root):
    return {question.id: question.mutants_key for question in load_exercise("01", root).questions}


def keys(root):
    return {question.id: question.source_key for question in load_exercise("01", root).questions}


@pytest.fixture
def changed(mini_course):
    """Ids of the questions whose keys change when a piece of a file is replaced."""

    def replace(file, old, new):
        before, path = keys(mini_course), mini_course / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return {id for id, key in keys(mini_course).items() if key != before[id]}

    return replace


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (QUESTIONS, "    total = 0.0\n", "    # from nothing\n\n    total = 0.0  # so far\n"),
        (QUESTIONS, "def mean_(values):\n", 'def mean_(values):\n    """Sum."""\n'),
        (QUESTIONS, "points=3, answer=", "points=3,\n    answer="),
        (QUESTIONS, "import numpy as np\n", "import math\nimport numpy as np\n"),
        (SCRIPT, '"""The mean."""', '"""Mean of the values."""'),
        (QUESTIONS, "Add and divide.", "Add, then divide by how many there are."),
    ],
    ids=[
        "comment",
        "docstring",
        "layout",
        "an import that nobody uses",
        "docstring of the reference",
        "hint",
    ],
)
def test_what_changes_no_result_keeps_the_key(changed, file, old, new):
    assert changed(file, old, new) == set()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (QUESTIONS, "range(3)", "range(4)"),
        (QUESTIONS, "[1.0, 2.0, 6.0]", "[1.0, 2.0, 7.0]"),
        (QUESTIONS, "1e-6", "1e-7"),
        (QUESTIONS, "import numpy as np", "import numpy.ma as np"),
        (SCRIPT, "return float(np.mean(values))", "return np.mean(values)"),
    ],
    ids=["number of hidden cases", "visible case", "wrong answer", "import", "reference"],
)
def test_what_the_row_was_measured_on_changes_the_key_of_its_question_alone(changed, file, old, new):
    assert changed(file, old, new) == {"01.mean"}


@pytest.mark.parametrize(
    ("old", "new", "counts"),
    [
        ("1e-6", "1e-7", False),
        ('@mean.right("loop")', LOOP + '@mean.right("loop")', False),
        ("    total = 0.0\n", "    total = 0\n", True),
        ("range(3)", "range(4)", True),
    ],
    ids=["a wrong answer", "a loop over wrong ones", "a right one", "number of hidden cases"],
)
def test_mutants_do_not_depend_on_the_known_wrong_answers(mini_course, old, new, counts):
    before, path = keys_of_mutants(mini_course), mini_course / QUESTIONS
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert (keys_of_mutants(mini_course) != before) == counts


def test_the_set_up_cell_counts_for_every_question(changed):
    assert changed(SCRIPT, "import numpy as np", "import math\nimport numpy as np") == {"01.mean", "01.pick"}


@pytest.fixture
def changed_topic(tmp_path):
    """Whether the key of a question changes when a piece of its topic's module is replaced."""
    questions = """
from holdout.topics.means.cases import draw, unused

# ---- mean
Question("01.mean", hidden=lambda rng: [draw(rng)], judge="holdout.topics.means.cases:judged")
"""
    module = """
from holdout.topics.means.limits import LIMIT
WIDTH = 5
def draw(rng): return rng.normal(size=WIDTH)
def judged(case, got, parameters): return got < LIMIT
def unused(): return 1
"""
    folder = tmp_path / "topics" / "means"
    folder.mkdir(parents=True)

    def replace(old, new):
        seen = set()
        for files in ((module, "LIMIT = 3"), (module.replace(old, new), "LIMIT = 3".replace(old, new))):
            for name, text in zip(("cases", "limits"), files, strict=True):
                (folder / f"{name}.py").write_text(text, encoding="utf-8")
            seen.add(source_keys(questions, "", {"01.mean": "mean = 2"}, tmp_path)["01.mean"])
        return len(seen) == 2

    return replace


@pytest.mark.parametrize(
    ("old", "new"), [("WIDTH = 5", "WIDTH = 6"), ("got <", "got <="), ("LIMIT = 3", "LIMIT = 4")]
)
def test_what_a_question_uses_of_its_topic_changes_the_key_however_far_away_it_stands(
    changed_topic, old, new
):
    assert changed_topic(old, new)


def test_the_rest_of_the_topic_keeps_the_key(changed_topic):
    assert not changed_topic("return 1", "return 2")
