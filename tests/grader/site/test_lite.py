"""The course in a JupyterLite: what a notebook becomes, which packages come along, and what the wheel holds."""

import hashlib
import importlib.metadata
import re
import tomllib
import zipfile

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from small_course import ROOT

from grader.site.errors import SiteError
from grader.site.links import browser_address
from grader.site.lite import DISTRIBUTION, WHEELS, for_the_browser, say_instead_of_failing, write_contents
from grader.site.pages import Site
from grader.site.wheel import NOT_IN_THE_BROWSER, make_wheel, needed_in_the_browser
from holdout.register import Publish

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_a_notebook_begins_by_fetching_the_course_and_says_what_cannot_run():
    notebook = new_notebook(
        cells=[
            new_markdown_cell("# 10 · Drift"),
            new_code_cell("import numpy as np"),
            new_code_cell("from river import drift\ndrift.ADWIN()"),
        ]
    )
    publish = Publish(repository="https://github.com/a/b", site="https://a.github.io/b")
    made = for_the_browser(notebook, "lessons/10-x.ipynb", publish)
    note, first, *rest = made.cells
    assert "https://a.github.io/b/lessons/10-x.html" in note.source and "mybinder.org" in note.source
    assert first.source == "%pip install -q holdout"
    assert [cell.cell_type for cell in rest] == ["markdown", "code", "markdown", "code"]
    assert "needs `river`" in rest[2].source
    assert made.metadata.kernelspec["name"] == "python"
    assert "kernelspec" not in notebook.metadata and len(notebook.cells) == 3
    nbformat.validate(made)


def test_an_assertion_about_the_text_says_what_it_means_and_the_cell_goes_on(capsys):
    source = (
        "x = 2\nassert x == 3, (\n    'no'\n)\nassert x < 5\ndef f(y):\n    assert y\n    return y\nz = x + 1"
    )
    made = say_instead_of_failing(source)
    found = {}
    exec(made, found)
    assert found["z"] == 3
    assert capsys.readouterr().out.count("may not hold") == 1
    assert "    assert y" in made  # inside a function it is the learner's business
    assert say_instead_of_failing("%pip install x\nassert y") == "%pip install x\nassert y"


def test_a_page_of_words_stays_as_it_is():
    notebook = new_notebook(cells=[new_markdown_cell("# Glossary")])
    assert [cell.source for cell in for_the_browser(notebook, "lessons/glossary.ipynb", Publish()).cells] == [
        "# Glossary"
    ]


def test_the_files_are_all_notebooks_and_the_register(tmp_path):
    count = write_contents(ROOT, tmp_path / "contents", Publish())
    files = {
        path.relative_to(tmp_path / "contents").as_posix()
        for path in (tmp_path / "contents").rglob("*")
        if path.is_file()
    }
    expected = {path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("lessons/*.ipynb"), *ROOT.glob("lessons/deeper/*.ipynb"), *ROOT.glob("exercises/*/*.ipynb"))}  # fmt: skip
    assert files == expected | {"course.toml"} and count == len(expected)
    # JupyterLite hands JSON to Python rewritten, and then no checksum fits: nothing that is compared with one lies there
    assert not [name for name in files if "json" in name or name.startswith("datasets")]


def test_every_package_that_the_notebooks_need_is_in_the_distribution_or_lies_beside_the_wheel():
    have = DISTRIBUTION | set(WHEELS) | {"widgetsnbextension"}  # for which the kernel brings an empty one
    waiting, seen = needed_in_the_browser(PROJECT), set()
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in seen:
            continue
        seen.add(name)
        assert name in have, f"{name} is in neither: add it to WHEELS in grader/site/lite.py"
        if name not in DISTRIBUTION:
            # the marker of a requirement is that of Python in the browser
            machine = {"extra": "", "sys_platform": "emscripten", "platform_system": "Emscripten", "os_name": "posix", "python_version": "3.14"}  # fmt: skip
            for line in importlib.metadata.requires(name) or ():
                requirement = Requirement(line)
                if requirement.marker is None or requirement.marker.evaluate(machine):
                    waiting.append(requirement.name)
    assert not set(NOT_IN_THE_BROWSER) & seen


def test_the_packages_that_are_left_out_are_those_of_the_project():
    named = {canonicalize_name(Requirement(line).name) for line in PROJECT["project"]["dependencies"]}
    assert set(NOT_IN_THE_BROWSER) <= named


def test_the_wheel_is_pure_and_holds_the_package_the_tables_and_the_checks_byte_by_byte(tmp_path):
    wheel = make_wheel(ROOT, ROOT, tmp_path)
    assert wheel.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        tables = archive.read("datasets/checksums.sha256").decode()
        for line in tables.splitlines():
            digest, _, name = line.partition("  ")
            assert hashlib.sha256(archive.read(f"datasets/{name.strip()}")).hexdigest() == digest
        for checks in ROOT.glob("exercises/*/checks.json"):
            assert archive.read(checks.relative_to(ROOT).as_posix()) == checks.read_bytes()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        required = re.findall(r"^Requires-Dist: (\S+)$", archive.read(metadata).decode(), re.MULTILINE)
    package = {path.relative_to(ROOT).as_posix() for path in (ROOT / "holdout").rglob("*") if path.is_file() and "__pycache__" not in path.parts}  # fmt: skip
    assert package <= names
    assert not [name for name in names if name.startswith(("grader", "solutions", "tests"))]
    assert sorted(required) == sorted(needed_in_the_browser(PROJECT))


def test_without_a_checkout_the_wheel_names_the_remedy(tmp_path):
    with pytest.raises(SiteError, match="no checkout of the course.*pip install -e"):
        make_wheel(tmp_path, ROOT, tmp_path / "out")


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("README.md", "lite/lab/index.html?path=lessons/index.ipynb"),
        ("lessons/deeper/01-x.ipynb", "../../lite/lab/index.html?path=lessons/index.ipynb"),
    ],
)
def test_a_jupyterlite_of_the_site_is_reached_from_every_folder(page, address):
    assert browser_address(Publish(browser="lite"), "lessons/index.ipynb", page) == address


def test_an_exercise_opens_where_it_runs_and_a_document_at_its_source(tmp_path):
    (tmp_path / "exercises" / "01-x").mkdir(parents=True)
    (tmp_path / "exercises" / "01-x" / "01-x.ipynb").write_text("{}")
    (tmp_path / "CHANGELOG.md").write_text("x")
    text = "[do it](../exercises/01-x/01-x.ipynb#top) and [news](../CHANGELOG.md)"
    publish = Publish(repository="https://github.com/a/b", browser="lite")
    made = Site(tmp_path, ["lessons/01-x.ipynb"], publish).rewrite(text, "lessons/01-x.ipynb")
    assert "(../lite/lab/index.html?path=exercises/01-x/01-x.ipynb)" in made
    assert "(https://github.com/a/b/blob/main/CHANGELOG.md)" in made
    elsewhere = Site(tmp_path, ["lessons/01-x.ipynb"], Publish(repository="https://github.com/a/b"))
    assert "/blob/main/exercises/01-x/01-x.ipynb#top" in elsewhere.rewrite(text, "lessons/01-x.ipynb")
