"""Small nbgrader courses in the shapes of public ones, made in code: what ordinary assignments look like, and what learners hand in.

Nothing is copied from any course. Each assignment has the cells, files and habits of one kind of public course; `hand_ins` are
solutions, blanks and accidents. `stock_scores` is what nbgrader itself gives.
"""

import base64
import copy
import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys
import textwrap

import nbformat

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def code(source, **role):
    """A code cell; with a role it is nbgrader's."""
    cell = nbformat.v4.new_code_cell(textwrap.dedent(source).strip("\n"))
    return _with_role(cell, role)


def text(source, **role):
    """A text cell."""
    return _with_role(nbformat.v4.new_markdown_cell(textwrap.dedent(source).strip("\n")), role)


def _with_role(cell, role):
    if role:
        about = {
            "grade": False,
            "solution": False,
            "locked": False,
            "task": False,
            "schema_version": 3,
            **role,
        }
        cell.metadata["nbgrader"] = {**about, "cell_type": cell.cell_type}
    return cell


def answer(name, source):
    """A cell for an answer in code."""
    return code(source, grade_id=name, solution=True)


def check(name, points, source):
    """A read-only cell with points: nbgrader's autograder tests."""
    return code(source, grade_id=name, grade=True, locked=True, points=points)


def memo(name, points, source):
    """A text cell that a person grades."""
    return text(source, grade_id=name, grade=True, solution=True, points=points)


def by_hand(name, points, source):
    """A code cell that a person grades."""
    return code(source, grade_id=name, grade=True, solution=True, points=points)


def task(name, points, source):
    """A task that a person grades, nbgrader's newest kind."""
    return text(source, grade_id=name, task=True, locked=True, points=points)


def locked(name, source):
    """A read-only cell without points."""
    return code(source, grade_id=name, locked=True)


@dataclasses.dataclass
class Assignment:
    """An assignment with what learners hand in.

    Parameters
    ----------
    name : str
    notebooks : dict of str to list
        Cells by notebook.
    files : dict of str to bytes
    hand_ins : dict of str to dict of str to str
        For every student the answers, by name of the cell; "=" takes the reference solution, and what is not named stays blank.
    kernel : str
    edit : callable
        Called with student, notebook name and notebook, to do what no answer does.
    own_files : dict of str to dict of str to bytes
        What students hand in beside the notebooks.
    """

    name: str
    notebooks: dict
    hand_ins: dict
    files: dict = dataclasses.field(default_factory=dict)
    kernel: str = "python3"
    edit: object = None
    own_files: dict = dataclasses.field(default_factory=dict)


def numerical_methods():
    """Functions with asserts and hidden tests, NumPy, one answer a cell."""
    cells = [
        text("# Systems of equations"),
        code("import numpy as np\nfrom numpy.testing import assert_allclose"),
        answer(
            "forward",
            """
            def forward(L, b):
                ### BEGIN SOLUTION
                x = np.zeros_like(b, dtype=float)
                for i in range(len(b)):
                    x[i] = (b[i] - L[i, :i] @ x[:i]) / L[i, i]
                return x
                ### END SOLUTION
            """,
        ),
        check(
            "forward-test",
            3,
            """
            L = np.array([[2.0, 0.0], [1.0, 4.0]])
            assert_allclose(forward(L, np.array([2.0, 9.0])), [1.0, 2.0])
            ### BEGIN HIDDEN TESTS
            rng = np.random.default_rng(3)
            L = np.tril(rng.uniform(1, 2, (6, 6)))
            b = rng.normal(size=6)
            assert_allclose(L @ forward(L, b), b, atol=1e-10)
            ### END HIDDEN TESTS
            """,
        ),
        answer(
            "norm",
            """
            def norm(x):
                ### BEGIN SOLUTION
                return float(np.sqrt(np.sum(np.asarray(x) ** 2)))
                ### END SOLUTION
            """,
        ),
        check("norm-test", 2, "assert norm([3, 4]) == 5\nassert isinstance(norm([1]), float)"),
        check(
            "norm-test-2",
            1,
            "try:\n    norm('a')\nexcept Exception as error:\n    print(type(error))\nelse:\n    raise AssertionError('no error')",
        ),
        memo("why", 2, "### BEGIN SOLUTION\nBecause of rounding.\n### END SOLUTION"),
    ]
    return Assignment(
        "LU",
        {"LU": cells},
        {
            "reference": {"forward": "=", "norm": "=", "why": "="},
            "blank": {},
            "only-visible": {"forward": "def forward(L, b):\n    return np.array([1.0, 2.0])", "norm": "="},
            "warns": {
                "forward": "=",
                "norm": "import warnings\ndef norm(x):\n    warnings.warn('careful')\n    return float(np.linalg.norm(x))",
            },
            "syntax": {"forward": "def forward(L, b)\n    return b", "norm": "=", "why": "My reason."},
            "loops": {"forward": "def forward(L, b):\n    while True:\n        pass", "norm": "="},
        },
    )


def recommender():
    """Tables beside the notebook, pandas, a kernel of the course's own name, hidden tests only."""
    table = "user,item,rating\n" + "".join(
        f"{u},{(u * 7 + k) % 11},{(u + k) % 5 + 1}\n" for u in range(30) for k in range(4)
    )
    cells = [
        code("import pandas as pd\nratings = pd.read_csv('data/ratings.csv')\nratings.head()"),
        answer(
            "popular",
            """
            def popular(ratings, n=3):
                # your code here
                ### BEGIN SOLUTION
                return ratings.groupby('item')['rating'].count().sort_index().sort_values(ascending=False, kind='stable').index[:n].tolist()
                ### END SOLUTION
            """,
        ),
        check("popular-shape", 1, "assert len(popular(ratings)) == 3"),
        check(
            "popular-hidden",
            4,
            """
            # hidden tests
            ### BEGIN HIDDEN TESTS
            expected = ratings.groupby('item').size().max()
            top = popular(ratings, 1)[0]
            assert (ratings['item'] == top).sum() == expected
            ### END HIDDEN TESTS
            """,
        ),
        answer(
            "mean",
            "mean_rating = None\n### BEGIN SOLUTION\nmean_rating = ratings['rating'].mean()\n### END SOLUTION",
        ),
        check(
            "mean-test",
            1.5,
            "### BEGIN HIDDEN TESTS\nassert abs(mean_rating - ratings['rating'].mean()) < 1e-9\n### END HIDDEN TESTS",
        ),
    ]
    return Assignment(
        "hw_1",
        {"hw_1": cells},
        {
            "reference": {"popular": "=", "mean": "="},
            "blank": {},
            "least": {
                "popular": "def popular(ratings, n=3):\n    return ratings['item'].value_counts().index[-n:].tolist()",
                "mean": "=",
            },
            "spoils-the-table": {
                "popular": "ratings = ratings.drop(columns='item')\ndef popular(ratings, n=3):\n    return [1, 2, 3]"
            },
            "own-table": {"popular": "=", "mean": "mean_rating = pd.read_csv('mine.csv')['rating'].mean()"},
            "other-data": {"popular": "=", "mean": "="},
        },
        files={"data/ratings.csv": table.encode()},
        kernel="rt_grader",
        own_files={
            "own-table": {"mine.csv": _column(table)},
            "other-data": {"data/ratings.csv": b"user,item,rating\n1,1,1\n"},
        },
    )


def _column(table):
    return ("rating\n" + "\n".join(line.split(",")[2] for line in table.splitlines()[1:])).encode()


def bootcamp():
    """Answers compared by hash, a helper module beside the notebook, the input history, displayed values."""
    cells = [
        code("import hashlib\nfrom utils import digest"),
        answer(
            "greeting",
            "# greeting = ...\n### BEGIN SOLUTION\ngreeting = 'hello'\n### END SOLUTION\ngreeting if 'greeting' in dir() else None",
        ),
        check(
            "greeting-test",
            2,
            f"assert hashlib.sha256(greeting.encode()).hexdigest() == '{_sha('hello')}', 'not this word'",
        ),
        answer("sum", "### BEGIN SOLUTION\nsum([1, 2, 3])\n### END SOLUTION"),
        check("sum-test", 2, "assert _ == 6, 'the cell above must show the sum'"),
        answer(
            "uses-for",
            "### BEGIN SOLUTION\ntotal = 0\nfor number in range(4):\n    total += number\n### END SOLUTION",
        ),
        check(
            "uses-for-test",
            3,
            "assert total == 6\nassert 'for ' in _i, 'use a loop'\nassert 'while' not in In[-2]",
        ),
        check("digest-test", 1, f"assert digest(total) == '{_sha('6')[:8]}'"),
    ]
    utils = "import hashlib\n\n\ndef digest(value):\n    return hashlib.sha256(str(value).encode()).hexdigest()[:8]\n"
    return Assignment(
        "SLU08",
        {"Exercise notebook": cells},
        {
            "reference": {"greeting": "=", "sum": "=", "uses-for": "="},
            "blank": {},
            "no-loop": {"greeting": "greeting = 'hello'", "sum": "_ = 6", "uses-for": "total = 6"},
            "prints": {
                "greeting": "=",
                "sum": "print(sum([1, 2, 3]))",
                "uses-for": "total = 0\nwhile total < 6:\n    total += 1",
            },
            "own-utils": {"greeting": "=", "sum": "1 + 2 + 3", "uses-for": "="},
        },
        files={"utils.py": utils.encode()},
        own_files={"own-utils": {"utils.py": b"def digest(value):\n    return 'whatever'\n"}},
    )


def _sha(text):
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def handbook():
    """Two notebooks, a picture, cells and tasks for a person: the shape of nbgrader's own documentation."""
    first = [
        text("![a picture](picture.png)\n\n# Squares"),
        answer(
            "squares",
            """
            def squares(n):
                \"\"\"The squares from 1 to n.\"\"\"
                ### BEGIN SOLUTION
                if n < 1:
                    raise ValueError("n must be at least 1")
                return [i ** 2 for i in range(1, n + 1)]
                ### END SOLUTION
            """,
        ),
        check("squares-test", 1, "assert squares(3) == [1, 4, 9]"),
        check(
            "squares-error",
            1,
            "try:\n    squares(0)\nexcept ValueError:\n    pass\nelse:\n    raise AssertionError('did not raise')",
        ),
        by_hand(
            "plot",
            2,
            "### BEGIN SOLUTION\nimport matplotlib.pyplot as plt\nplt.plot(squares(10))\n### END SOLUTION",
        ),
        memo("formula", 1, "$\\sum$ ### BEGIN SOLUTION\nThe sum.\n### END SOLUTION"),
    ]
    second = [
        text("# Reading"),
        memo("opinion", 2, "YOUR ANSWER HERE"),
        task("draw", 3, "Draw something in the cells below."),
        code("print('drawn')"),
    ]
    return Assignment(
        "ps1",
        {"problem1": first, "problem2": second},
        {
            "bit": {"squares": "=", "plot": "=", "formula": "=", "opinion": "Interesting."},
            "blank": {},
            "half": {
                "squares": "def squares(n):\n    return [i ** 2 for i in range(1, n + 1)]",
                "opinion": "Fine.",
            },
            "one-notebook": {"squares": "="},
            "edits-tests": {"squares": "def squares(n):\n    return 0"},
            "deletes-tests": {"squares": "="},
            "pastes-a-copy": {"squares": "="},
        },
        files={"picture.png": PICTURE},
        edit=_edit_handbook,
    )


def _edit_handbook(student, name, notebook):
    if student == "one-notebook" and name == "problem2":
        return None
    cells = notebook.cells
    if student == "edits-tests":
        for cell in cells:
            if cell.metadata.get("nbgrader", {}).get("grade"):
                cell.source = (
                    cell.source.replace("assert", "pass #") if cell.cell_type == "code" else cell.source
                )
    if student == "deletes-tests":
        notebook.cells = [
            cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade_id") != "squares-test"
        ]
    if student == "pastes-a-copy" and name == "problem1":
        extra = copy.deepcopy(cells[2])
        extra.id = "copied"
        extra.metadata = {}
        cells.insert(3, extra)
    return notebook


def laboratory():
    """Partial credit, figures, magics, shell lines, files that a notebook writes, seeds, output, and what else ordinary notebooks do."""
    cells = [
        code(
            "%matplotlib inline\nimport math\nimport random\nimport numpy as np\nimport matplotlib.pyplot as plt\nfrom IPython.display import display, Markdown, HTML"
        ),
        locked("helpers", "def close(a, b):\n    return math.isclose(a, b, rel_tol=1e-6)"),
        code("!echo from the shell\n%time sum(range(10))\ndisplay(Markdown('**bold**'), HTML('<b>x</b>'))"),
        code("%%writefile notes.txt\nsome words here"),
        answer(
            "count",
            "def count(path):\n    ### BEGIN SOLUTION\n    with open(path) as file:\n        return len(file.read().split())\n    ### END SOLUTION",
        ),
        check(
            "count-test",
            2,
            "files = !ls *.txt\nassert files == ['notes.txt'], files\nassert count('notes.txt') == 3",
        ),
        answer(
            "area", "def area(r):\n    ### BEGIN SOLUTION\n    return math.pi * r ** 2\n    ### END SOLUTION"
        ),
        check(
            "area-test",
            4,
            """
            def score():
                points = 0
                for r in (0, 1, 2, 3):
                    try:
                        points += close(area(r), math.pi * r * r)
                    except Exception:
                        pass
                return points
            print('checked')
            score()
            """,
        ),
        answer(
            "figure",
            "fig, ax = plt.subplots()\n### BEGIN SOLUTION\nax.plot([1, 2], [3, 4], label='line')\nax.set_title('Title')\n### END SOLUTION\nplt.show()",
        ),
        check("figure-test", 2, "assert len(ax.lines) == 1 and ax.get_title() == 'Title'"),
        answer(
            "draw",
            "random.seed(1)\nnp.random.seed(1)\n### BEGIN SOLUTION\nvalue = random.random() + np.random.rand()\n### END SOLUTION",
        ),
        check(
            "draw-test",
            1,
            "random.seed(1); np.random.seed(1)\nassert value == random.random() + np.random.rand()\n0.5",
        ),
        check(
            "stderr-test",
            1,
            "import sys\nif area(1) is None:\n    print('nothing returned', file=sys.stderr)",
        ),
        check("magic-test", 1, "%%time\nassert area(2) > 12"),
        by_hand(
            "interface",
            1,
            "from ipywidgets import interact\n### BEGIN SOLUTION\ninteract(area, r=(0, 3))\n### END SOLUTION",
        ),
        code("name = input('Your name: ')"),
        check("after-input", 1, "assert 'name' not in dir()"),
    ]
    return Assignment(
        "lab-2",
        {"lab-2": cells},
        {
            "reference": {name: "=" for name in ("count", "area", "figure", "draw", "interface")},
            "blank": {},
            "partial": {
                "area": "def area(r):\n    return math.pi * r if r < 2 else None",
                "figure": "=",
                "draw": "value = random.random()",
            },
            "chatty": {
                "area": "def area(r):\n    print('r is', r)\n    return math.pi * r ** 2",
                "count": "def count(path):\n    return 3",
            },
            "quits": {"area": "=", "count": "=", "draw": "exit()"},
            "awaits": {
                "area": "import asyncio\nawait asyncio.sleep(0)\ndef area(r):\n    return math.pi * r * r",
                "figure": "plt.plot([1])\nax = plt.gca()",
            },
            "flood": {
                "area": "def area(r):\n    print('x' * 400_000)\n    return math.pi * r if r < 2 else 0"
            },
        },
    )


def first_steps():
    """A first course in programming: classes, exceptions, stubs that raise, checks that build on each other."""
    cells = [
        locked("constants", "LIMIT = 10"),
        answer(
            "stack",
            """
            class Stack:
                def __init__(self):
                    self.items = []

                def push(self, item):
                    ### BEGIN SOLUTION
                    if len(self.items) >= LIMIT:
                        raise OverflowError("full")
                    self.items.append(item)
                    ### END SOLUTION

                def pop(self):
                    ### BEGIN SOLUTION
                    return self.items.pop()
                    ### END SOLUTION
            """,
        ),
        check("push", 1, "s = Stack()\ns.push(1); s.push(2)\nassert s.items == [1, 2]"),
        check("pop", 1, "assert s.pop() == 2\nassert s.items == [1]"),
        check(
            "full",
            2,
            "### BEGIN HIDDEN TESTS\nfull = Stack()\nfor i in range(LIMIT):\n    full.push(i)\ntry:\n    full.push(1)\n    raise AssertionError('no limit')\nexcept OverflowError:\n    pass\n### END HIDDEN TESTS",
        ),
        check(
            "copy",
            1,
            "import copy, pickle, inspect\nassert pickle.loads(pickle.dumps(s)).items == s.items\nassert 'def push' in inspect.getsource(Stack)",
        ),
        check("zero", 0, "assert LIMIT == 10"),
    ]
    return Assignment(
        "week 3",
        {"stacks": cells},
        {
            "reference": {"stack": "="},
            "blank": {},
            "no-limit": {
                "stack": "class Stack:\n    def __init__(self):\n        self.items = []\n    def push(self, item):\n        self.items.append(item)\n    def pop(self):\n        return self.items.pop()"
            },
            "changes-constant": {
                "stack": "LIMIT = 3\nclass Stack:\n    items = []\n    def push(self, item):\n        self.items.append(item)"
            },
            "crashes": {"stack": "raise RuntimeError('no idea')"},
        },
    )


ALL = (numerical_methods, recommender, bootcamp, handbook, laboratory, first_steps)


class OrdinaryCourse:
    """An nbgrader course folder with released assignments and hand-ins.

    Parameters
    ----------
    root : path
        An empty or new folder.
    assignments : iterable of Assignment
    settings : str
        Lines of its ``nbgrader_config.py``; empty for a course without any.
    source, release, submitted : str
        The course's names of these folders.
    """

    def __init__(
        self, root, assignments, settings="", source="source", release="release", submitted="submitted"
    ):
        self.root, self.assignments = pathlib.Path(root), list(assignments)
        self.source, self.released, self.submitted = (
            self.root / name for name in (source, release, submitted)
        )
        self.root.mkdir(parents=True, exist_ok=True)
        if settings:
            (self.root / "nbgrader_config.py").write_text(f"c = get_config()\n{settings}\n", encoding="utf-8")
        for one in self.assignments:
            folder = self.source / one.name
            folder.mkdir(parents=True)
            for name, cells in one.notebooks.items():
                notebook = nbformat.v4.new_notebook(cells=copy.deepcopy(cells))
                notebook.metadata.kernelspec = {
                    "name": one.kernel,
                    "display_name": "The course's",
                    "language": "python",
                }
                nbformat.write(notebook, folder / f"{name}.ipynb")
            for name, content in one.files.items():
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_bytes(content)

    def hand_in(self, student, one, answers=None):
        """Write a student's hand-in from the release."""
        answers = one.hand_ins[student] if answers is None else answers
        folder = self.submitted / student / one.name
        shutil.copytree(self.released / one.name, folder)
        references = {
            cell.metadata["nbgrader"]["grade_id"]: cell.source
            for cells in one.notebooks.values()
            for cell in cells
            if "nbgrader" in cell.metadata
        }
        for name in one.notebooks:
            path = folder / f"{name}.ipynb"
            notebook = nbformat.read(path, as_version=4)
            for cell in notebook.cells:
                grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
                if grade_id in answers:
                    given = answers[grade_id]
                    cell.source = references[grade_id] if given == "=" else given
            notebook = one.edit(student, name, notebook) if one.edit else notebook
            if notebook is None:
                path.unlink()
            else:
                nbformat.write(notebook, path)
        for name, content in one.own_files.get(student, {}).items():
            (folder / name).write_bytes(content)
        return folder

    def hand_in_everything(self):
        """All hand-ins of all assignments."""
        for one in self.assignments:
            for student in one.hand_ins:
                self.hand_in(student, one)


STOCK = """
import json, sys, warnings
warnings.simplefilter("ignore")
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config
config = Config()
config.CourseDirectory.root = "."
config.Execute.timeout = int(sys.argv[2])
config.ExecutePreprocessor.startup_timeout = 120
if len(sys.argv) > 3:
    config.OverwriteKernelspec.enabled = True
api = NbGraderAPI(config=config)
for name in json.loads(sys.argv[1]):
    for student in sorted(api.get_submitted_students(name)):
        done = api.autograde(name, student)
        if not done["success"]:
            print(name, student, done.get("error", "")[-300:], file=sys.stderr)
"""


def run_stock(root, names, timeout=4, kernels=("rt_grader",)):
    """nbgrader's own autograding of every submission, in one process; the course's own kernels are this Python's.

    Returns
    -------
    subprocess.CompletedProcess
    """
    data = pathlib.Path(root) / ".jupyter-data"
    for kernel in kernels:
        folder = data / "kernels" / kernel
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        (folder / "kernel.json").write_text(
            json.dumps({"argv": command, "display_name": kernel, "language": "python"})
        )
    scripts = os.path.dirname(sys.executable)
    environment = {
        **os.environ,
        "JUPYTER_DATA_DIR": str(data),
        "PATH": f"{scripts}:{os.environ['PATH']}",
        "JUPYTER_PLATFORM_DIRS": "1",
    }
    line = [sys.executable, "-c", STOCK, json.dumps(list(names)), str(timeout)]
    return subprocess.run(line, cwd=root, env=environment, capture_output=True, text=True, timeout=1800)


def grades(root, database="gradebook.db"):
    """Every grade in a gradebook: (automatic, manual, needs a person) by assignment, student, notebook and cell."""
    from nbgrader.api import Gradebook

    made = {}
    with Gradebook(f"sqlite:///{pathlib.Path(root) / database}") as book:
        for assignment in book.assignments:
            for submission in assignment.submissions:
                for notebook in submission.notebooks:
                    for grade in notebook.grades:
                        key = assignment.name, submission.student.id, notebook.name, grade.name
                        made[key] = grade.auto_score, grade.manual_score, bool(grade.needs_manual_grade)
    return made


def totals(root, database="gradebook.db"):
    """Score of every submission, as nbgrader counts it."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{pathlib.Path(root) / database}") as book:
        return {
            (assignment.name, submission.student.id): submission.score
            for assignment in book.assignments
            for submission in assignment.submissions
        }
