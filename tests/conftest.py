"""What several test folders share: what tests need of the machine, private records, a small course of one exercise."""

import os
import shutil

import needs
import pytest
from small_course import ROOT, write_small_course

# Few tests that take long start first, so that no process is left alone with one of them at the end of a run.
SLOW_FIRST = (
    "tests/grader/sandbox/",
    "tests/browser/",
    "lessons/",
    "tests/notebooks/",
    "tests/grader/",
    "tests/",
)


def pytest_collection_modifyitems(items):
    """Order whole files by `SLOW_FIRST`; within a file the order stays. Needs ``--no-loadscope-reorder`` under xdist."""

    def rank(item):
        path = item.path.relative_to(ROOT).as_posix() if item.path.is_relative_to(ROOT) else ""
        return next(
            (place for place, start in enumerate(SLOW_FIRST) if path.startswith(start)), len(SLOW_FIRST)
        )

    items.sort(key=rank)


def pytest_runtest_setup(item):
    """Skip a test marked ``needs``, or fail it in CI, where the machine lacks something."""
    for marker in item.iter_markers("needs"):
        needs.require(*marker.args)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item):
    """Fail a test that leaves nbgrader's mark behind: in the tests after it `check` would record nothing."""
    yield
    left = os.environ.pop("NBGRADER_EXECUTION", None)
    assert left is None, f"NBGRADER_EXECUTION={left} is still set"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter):
    """List what was skipped because the machine lacks something, and how to get it; after pytest's own summary."""
    result = yield
    reports = terminalreporter.getreports("skipped")
    reasons = [report.longrepr[2] for report in reports if isinstance(report.longrepr, tuple)]
    if lines := needs.summary([reason.removeprefix("Skipped: ") for reason in reasons]):
        terminalreporter.section("missing on this machine")
        for line in lines:
            terminalreporter.line(line)
    return result


@pytest.fixture(autouse=True)
def private_records(tmp_path_factory, monkeypatch):
    """No test writes into anybody's progress."""
    monkeypatch.setenv("HOLDOUT_PROGRESS", str(tmp_path_factory.mktemp("records")))


@pytest.fixture
def mini_course(tmp_path, monkeypatch):
    """A course of one small exercise, not built yet; the working directory is its root."""
    root = tmp_path / "course"
    write_small_course(root)
    monkeypatch.chdir(root)
    return root


@pytest.fixture(scope="session")
def built_template(tmp_path_factory):
    """The small course, built: made once per test process, to be copied."""
    from grader.authoring.build import (
        build,  # not everywhere: see the list of what is skipped on other systems
    )

    root = tmp_path_factory.mktemp("template") / "course"
    write_small_course(root)
    assert build(root).problems == []
    return root


@pytest.fixture
def built_course(built_template, tmp_path, monkeypatch):
    """The small course, built; the working directory is its root."""
    root = shutil.copytree(built_template, tmp_path / "course")
    monkeypatch.chdir(root)
    return root
