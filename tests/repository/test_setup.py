"""Set-up: pins that agree with their reasons, Binder, licences, and a README that begins with the two commands."""

import pathlib
import re
import shutil
import subprocess
import tomllib

import pytest
from packaging.requirements import Requirement

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def pins(path):
    found = {}
    for line in (ROOT / path).read_text(encoding="utf-8").splitlines():
        requirement = Requirement(line)
        found.setdefault(requirement.name.lower(), []).append(requirement)
    return found


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("path", ["requirements.txt", "binder/requirements.txt"])
def test_every_pin_is_exact_and_names_no_host(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    assert not re.search(r"https?:|file:|--(index|find|extra)", text)
    for requirements in pins(path).values():
        for requirement in requirements:
            assert [specifier.operator for specifier in requirement.specifier] == ["=="]


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_the_pins_meet_the_declared_dependencies_everywhere(version, system):
    declared = tomllib.loads(PYPROJECT)["project"]
    wanted = [*declared["dependencies"], *declared["optional-dependencies"]["test"]]
    place = {"python_version": version, "python_full_version": f"{version}.4", "sys_platform": system}
    place["os_name"] = "nt" if system == "win32" else "posix"
    place["platform_python_implementation"] = "CPython"
    place["implementation_name"] = "cpython"
    pinned = {canonical(name): requirements for name, requirements in pins("requirements.txt").items()}
    for text in wanted:
        requirement = Requirement(text)
        here = [
            pin
            for pin in pinned[canonical(requirement.name)]
            if pin.marker is None or pin.marker.evaluate(place)
        ]
        assert len(here) == 1, f"{requirement.name} on {system} {version}: {here}"
        pinned_version = next(iter(here[0].specifier)).version
        assert requirement.specifier.contains(pinned_version), f"{requirement} but {pinned_version}"


def test_every_dependency_says_why_it_is_there():
    for line in PYPROJECT.splitlines():
        if re.match(r'\s+"[A-Za-z0-9_.-]+[<>=]', line):
            assert re.search(r'",?\s+# \S+', line), line


def test_binder_has_what_it_needs_and_no_test_tools():
    assert (ROOT / "binder/runtime.txt").read_text().strip() == "python-3.12"
    names = set(pins("binder/requirements.txt"))
    assert {"jupyterlab", "ipywidgets", "jupyterlab-widgets", "nbgrader", "scikit-learn"} <= names
    assert not names & {"pytest", "playwright", "ruff", "nbval", "jupyter-server", "jupyterhub", "torch"}
    for script in ("postBuild", "start"):
        path = ROOT / "binder" / script
        assert path.stat().st_mode & 0o111
        assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0


def test_binder_and_the_course_pin_the_same_versions():
    course = pins("requirements.txt")
    for name, requirements in pins("binder/requirements.txt").items():
        versions = {str(requirement.specifier) for requirement in course[name]}
        assert {str(requirement.specifier) for requirement in requirements} <= versions


@pytest.mark.skipif(shutil.which("repo2docker") is None, reason="repo2docker is not installed")
def test_repo2docker_chooses_the_pinned_python():
    done = subprocess.run(
        ["repo2docker", "--no-build", "--debug", str(ROOT)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    text = done.stdout + done.stderr
    assert "3.12" in text
    assert "binder/postBuild" in text


def test_the_readme_begins_with_the_two_commands():
    lines = [
        line.strip() for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if line.strip()
    ]
    first = "\n".join(lines[:12])
    assert "make lab" in first
    assert "make test" in first


def test_what_the_readme_links_to_is_there():
    for page in (
        "README.md",
        *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")),
    ):
        text = (ROOT / page).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}"


def test_the_licences_are_there():
    assert "BSD 3-Clause" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "CC BY 4.0" in (ROOT / "LICENSE-prose").read_text(encoding="utf-8")


def test_the_library_never_imports_the_grader():
    for path in (ROOT / "holdout").rglob("*.py"):
        assert not re.search(r"^\s*(from|import) grader\b", path.read_text(encoding="utf-8"), re.MULTILINE), (
            path
        )
