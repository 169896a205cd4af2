"""The page of timings says what the recorded measurement says."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "tests" / "bench"


@pytest.fixture
def bench(monkeypatch):
    """The module ``bench_lessons``, which finds ``runner`` beside it."""
    monkeypatch.syspath_prepend(str(BENCH))
    description = importlib.util.spec_from_file_location("bench_lessons", BENCH / "bench_lessons.py")
    module = importlib.util.module_from_spec(description)
    description.loader.exec_module(module)
    yield module
    sys.modules.pop("runner", None)


def test_the_page_is_what_the_record_makes(bench):
    recorded = json.loads((BENCH / "results" / "lessons.json").read_text(encoding="utf-8"))
    assert (ROOT / "docs" / "timings.md").read_text(encoding="utf-8") == bench.page(recorded)


def test_the_kernel_says_what_it_used(bench, capsys):
    exec(bench.USED, {})
    used = json.loads(capsys.readouterr().out)
    assert used["cpu"] > 0
    assert 2**20 < used["peak"] < 2**40  # bytes: a Python alone has some 10 MB
