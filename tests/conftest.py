"""What several test folders share: a small course of one exercise in an empty folder, and quiet, private records."""

import shutil
import textwrap

import pytest
from small_course import QUESTIONS, ROOT, SCRIPT


@pytest.fixture(autouse=True)
def private_records(tmp_path_factory, monkeypatch):
    """No test writes into anybody's progress."""
    monkeypatch.setenv("HOLDOUT_PROGRESS", str(tmp_path_factory.mktemp("records")))


@pytest.fixture
def mini_course(tmp_path, monkeypatch):
    """A course of one small exercise, not built yet; the working directory is its root."""
    root = tmp_path / "course"
    folder = root / "solutions" / "01-small"
    folder.mkdir(parents=True)
    (root / "lessons" / "source").mkdir(parents=True)
    (root / "exercises").mkdir()
    (root / "classroom").mkdir()
    shutil.copy(ROOT / "nbgrader_config.py", root)
    (folder / "01-small.py").write_text(textwrap.dedent(SCRIPT).lstrip(), encoding="utf-8")
    (folder / "questions.py").write_text(QUESTIONS, encoding="utf-8")
    (root / "lessons" / "source" / "01-small.py").write_text(
        "# %% [markdown]\n# # A small lesson\n\n# %%\nprint(6 * 7)\n", encoding="utf-8"
    )
    monkeypatch.chdir(root)
    return root
