"""What honest learners have in their notebooks, from public bug reports: it costs no point, or the message names the true reason.

One class in the real sandbox; each learner has one habit and right answers.
"""

import codecs
import json

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from small_class import EXERCISE, RIGHT, SmallClass, WarmPool

from grader.grading.run import GRADED, NEEDS_REVIEW
from grader.nbgrader_bridge.feedback import write_feedback

pytestmark = pytest.mark.needs("linux")

FIRST = {  # a cell of their own above the first question
    "asks": "name = input('Your name? ')",
    "awaits": "import asyncio\nawait asyncio.sleep(0)",
    "draws": "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
    "configures": "%config InlineBackend.figure_format = 'retina'",
    "times": "%%time\nx = 1",
    "captures": "%%capture\nprint(1)",
    "writes-a-module": "%%writefile own.py\nvalue = 3",
    "changes-folder": "import os\nos.makedirs('inner', exist_ok=True)\n%cd inner",
    "writes-a-file": "open('own.txt', 'w').write('1')\nassert open('own.txt').read() == '1'",
    "exits": "exit()",
    "installs": "!false\n%pip --version",
    "uses-processes": "from joblib import Parallel, delayed\nassert Parallel(n_jobs=2)(delayed(abs)(n) for n in (-1, -2)) == [1, 2]",
    "starts-a-pool": "import multiprocessing\nwith multiprocessing.get_context('fork').Pool(2) as pool:\n    pool.map(print, range(4))",
    "forks": "import os\nif os.fork() == 0:\n    print('the child')\n    os._exit(0)\nos.wait()",
    "forks-and-goes-on": "import os\nprint('before')\nchild = os.fork()\nprint('both')",
    "forks-and-fails": "import os\nif os.fork() == 0:\n    1 / 0\nos.wait()",
    "replaces-json": "import json\njson.dumps = json.loads = None",
    "replaces-os": "import os\nos.read = os.write = os.getpid = None",
    "uses-threads": "import threading\nfor _ in range(64):\n    threading.Thread(target=print).start()",
    "prints-much": "for n in range(100_000):\n    print(n)",
    "names-in-greek": "λ, größe = 1, 2",
    "windows-lines": "a = 1\r\nif a:\r\n\tb = 2\r\n",
    "reads-the-net": "import urllib.request\nurllib.request.urlopen('https://example.org', timeout=5)",
    "widgets": "from ipywidgets import interact\ninteract(lambda x: x, x=3)",
    "another-locale": "import locale\nlocale.setlocale(locale.LC_ALL, 'C')",
}
ANSWERS = {  # above the answer, in its cell: the question is lost, and the message says why
    "colab": ("from google.colab import drive", "ModuleNotFoundError: No module named 'google"),
    "no-package": ("from tqdm_of_mine import tqdm", "No module named 'tqdm_of_mine'"),
    "no-net": ("import urllib.request\nurllib.request.urlopen('https://example.org', timeout=5)", "URLError"),
    "merge-marks": ("<<<<<<< HEAD", "SyntaxError"),
}


def _as_colab(notebook):
    notebook.update(nbformat_minor=0)
    notebook["metadata"]["colab"] = {"provenance": []}
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"]["id"] = f"aB{number}"
        del cell["id"]


def _with_new_ids(notebook):
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"new-{number}"


def _with_figures(notebook):
    picture = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "A" * 60_000_000}}
    notebook["cells"][2].update(outputs=[picture])


SAVED = {  # by another program
    "from-colab": _as_colab,
    "new-ids": _with_new_ids,
    "figures-kept": _with_figures,
    "another-kernel": lambda notebook: notebook["metadata"].update(
        kernelspec={"name": "my-env", "display_name": "my env", "language": "python"}
    ),
    "own-widgets": lambda notebook: notebook["metadata"].update(
        widgets={"application/vnd.jupyter.widget-state+json": {"state": {}}}
    ),
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    small = SmallClass(tmp_path_factory.mktemp("honest"))
    for student, source in FIRST.items():
        small.submit(student, RIGHT, cells=[new_code_cell(source)])
    for student, (source, _) in ANSWERS.items():
        small.submit(student, {**RIGHT, "mean": f"{source}\n{RIGHT['mean']}"})
    small.submit(
        "awaits-in-the-answer",
        {**RIGHT, "mean": f"{RIGHT['mean']}\nimport asyncio\nasyncio.run(asyncio.sleep(0))"},
    )
    small.submit(
        "a-breakpoint",
        {**RIGHT, "mean": "def mean(values):\n    breakpoint()\n    return sum(values) / len(values)"},
    )
    small.submit(
        "a-decimal-comma", {**RIGHT, "mean": "def mean(values):\n    return sum(values) / len(values), 0"}
    )
    small.submit("quits", {**RIGHT, "pick": "pick = 'b'\nquit()"})
    small.submit("a-choice-with-a-dot", {**RIGHT, "pick": "pick = 'b.'"})
    for student, encode in (
        ("a-mark", lambda text: codecs.BOM_UTF8 + text.encode()),
        ("latin-1", lambda text: text.encode("latin-1")),
    ):
        path = small.submit(student, RIGHT, cells=[new_markdown_cell("Müller")]) / f"{EXERCISE}.ipynb"
        text = json.dumps(json.loads(path.read_text(encoding="utf-8")), ensure_ascii=False)
        path.write_bytes(encode(text))
    for student, change in SAVED.items():
        path = small.submit(student, RIGHT, cells=[new_code_cell("x = 1")]) / f"{EXERCISE}.ipynb"
        notebook = json.loads(path.read_text(encoding="utf-8"))
        change(notebook)
        path.write_text(json.dumps(notebook), encoding="utf-8")
    for student in ("o'neil", "müller, jürgen", "a+b@example.org"):
        small.submit(student, RIGHT)
    return small.grade(WarmPool())


@pytest.mark.parametrize(
    "student",
    [*FIRST, *SAVED, "awaits-in-the-answer", "quits", "a-choice-with-a-dot", "a-mark",
     "o'neil", "müller, jürgen", "a+b@example.org"],
)  # fmt: skip
def test_it_costs_nothing(rows, student):
    assert (rows[student].score, rows[student].outcome) == (4.0, GRADED), rows[student].sentence


@pytest.mark.parametrize("student", ANSWERS)
def test_an_answer_that_cannot_run_here_is_told_the_true_reason(rows, student):
    told = {one["question"]: one["message"] for one in rows[student].questions}
    assert ANSWERS[student][1] in told["01.mean"] and rows[student].score == 1.0


def test_a_breakpoint_a_comma_and_another_encoding_are_named(rows):
    told = {student: rows[student].questions[0]["message"] for student in ("a-breakpoint", "a-decimal-comma")}
    assert "BdbQuit" in told["a-breakpoint"] or "breakpoint" in told["a-breakpoint"]
    assert "tuple" in told["a-decimal-comma"]
    assert rows["latin-1"].outcome == NEEDS_REVIEW and "UTF-8" in rows["latin-1"].sentence


def test_a_page_of_the_notebooks_name_beside_it_is_no_obstacle_to_feedback(tmp_path):
    small = SmallClass(tmp_path)
    folder = small.submit("ada", RIGHT)
    (folder / f"{EXERCISE}.html").write_text("<p>my own export</p>", encoding="utf-8")
    assert small.grade()["ada"].score == 4.0
    assert write_feedback(small.root)[0]["written"] == 1
    page = small.root / "classroom" / "feedback" / "ada" / EXERCISE / f"{EXERCISE}.html"
    assert "my own export" not in page.read_text(encoding="utf-8")
