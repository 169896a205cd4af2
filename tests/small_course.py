"""A course of one small exercise, as text: a function, a choice, a memo."""

import pathlib
import shutil

ROOT = pathlib.Path(__file__).resolve().parent.parent

SCRIPT = '''
# %% [markdown]
# # A small exercise

# %% tags=["setup"]
import numpy as np

from holdout import check, hint

# %% question="01.mean"
def mean(values):
    """The mean."""
    ### BEGIN SOLUTION
    return float(np.mean(values))
    ### END SOLUTION

# %% [markdown]
# Choose.

# %% question="01.pick"
pick = ...
### BEGIN SOLUTION
pick = "b"
### END SOLUTION

# %% [markdown] memo="01.memo" points=2
# ### BEGIN SOLUTION
# A thoughtful memo.
# ### END SOLUTION
'''

QUESTIONS = """
import numpy as np

from grader.authoring.question import Case, Question
# ---------------------------------------------------------------------------------------------------------------- mean

mean = Question(
    "01.mean", title="Mean", objective="Average.", points=3, answer="mean", probe="answer(values)",
    visible=[Case({"values": np.array([1.0, 2.0, 6.0])}, "three"), Case({"values": np.array([4.0])}, "one")],
    hidden=lambda rng: [Case({"values": rng.normal(size=5)}) for _ in range(3)],
    hints=["Add.", "Add and divide."], passed="That is the mean.",
)


@mean.wrong("sum", why="Half of the work.", message="{got} is the sum of your values. What do you divide by?")
def mean_(values):
    return float(np.sum(values))


@mean.wrong("divides by zero", why="Forgets the length.", message="You divide by nothing at all.")
def mean_(values):
    return values.tolist()[0] / 0


@mean.wrong("n - 1", why="Looks like a variance.", message="You get {got:.1f}: a mean divides by n.")
def mean_(values):
    return float(np.sum(values) / max(len(values) - 1, 0.5))


@mean.wrong("median", why="Also a middle.", message="{got} is the median.")
def mean_(values):
    return float(np.median(values)) + 1e-6


@mean.right("loop")
def mean_(values):
    total = 0.0
    for value in values:
        total += value
    return total / len(values)


@mean.right("array of one")
def mean_(values):
    return np.asarray(values).mean()


# ---------------------------------------------------------------------------------------------------------------- pick

pick = Question(
    "01.pick", title="Pick", objective="Pick.", points=1, answer="pick", judge="choice",
    parameters={"options": ["a", "b", "c", "d", "e"]}, visible=[Case()], hints=["Not the first."], passed="Yes.",
)
for option in "acde":
    pick.wrong(f"picks {option}", why="It is there.", message=f"Why not {option}.", code=f"pick = {option!r}")
pick.right("capital", code="pick = 'B'")
pick.right("bracket", code="pick = 'b)'")
"""

LESSON = "# %% [markdown]\n# # A small lesson\n\n# %%\nprint(6 * 7)\n"

REGISTER = """[[unit]]
number = 1
title = "Means"

[[lesson]]
number = "01"
slug = "small"
unit = 1
title = "A small lesson"
question = "How much?"
lesson_minutes = 5
exercise_minutes = [5, 10]
topic = "means"
core = ["01.mean", "01.pick"]
shows = "Computes a mean"
"""


def write_small_course(root):
    """Write the course into an empty folder; nothing is built."""
    folder = root / "solutions" / "01-small"
    for needed in (folder, root / "lessons" / "source", root / "exercises", root / "classroom"):
        needed.mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    (folder / "01-small.py").write_text(SCRIPT.lstrip(), encoding="utf-8")
    (folder / "questions.py").write_text(QUESTIONS, encoding="utf-8")
    (root / "lessons" / "source" / "01-small.py").write_text(LESSON, encoding="utf-8")
