"""Set-up: pins that agree with their reasons, Binder, packaging, licences, and a README that begins with the two commands."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile

import pytest
from packaging.requirements import Requirement
from small_course import ROOT

PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PROJECT = tomllib.loads(PYPROJECT)["project"]
LEARNERS, TESTS, SITE, LITE = (f"requirements{extra}.txt" for extra in ("", "-test", "-site", "-lite"))
EXTRAS = {LEARNERS: None, TESTS: "test", SITE: "site", LITE: "lite"}


def lines(path):
    return (ROOT / path).read_text(encoding="utf-8").splitlines()


def pins(path):
    """Requirements of a file, and of the file that it begins with, by name."""
    found = {}
    for line in lines(path):
        if line.startswith("-r "):
            found |= pins(line.removeprefix("-r "))
            continue
        requirement = Requirement(line)
        found.setdefault(canonical(requirement.name), []).append(requirement)
    return found


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("path", EXTRAS)
def test_every_pin_is_exact_and_names_no_host(path):
    text = "\n".join(lines(path))
    assert not re.search(r"https?:|file:|--(index|find|extra)", text)
    for requirements in pins(path).values():
        for requirement in requirements:
            assert [specifier.operator for specifier in requirement.specifier] == ["=="]


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("path", EXTRAS)
def test_the_pins_meet_the_declared_dependencies_everywhere(path, version, system):
    extra = EXTRAS[path]
    wanted = [*PROJECT["dependencies"], *(PROJECT["optional-dependencies"][extra] if extra else [])]
    machine = {"python_version": version, "python_full_version": f"{version}.4", "sys_platform": system}
    machine["os_name"] = "nt" if system == "win32" else "posix"
    machine["platform_python_implementation"] = "CPython"
    machine["implementation_name"] = "cpython"
    pinned = pins(path)
    for text in wanted:
        requirement = Requirement(text)
        here = {
            next(iter(pin.specifier)).version
            for pin in pinned[canonical(requirement.name)]
            if pin.marker is None or pin.marker.evaluate(machine)
        }
        assert len(here) == 1, f"{requirement.name} on {system} {version}: {here}"
        assert requirement.specifier.contains(here.pop()), requirement


def test_learners_install_no_test_tools_and_nothing_of_the_optional_track():
    declared = {
        extra: {canonical(Requirement(text).name) for text in texts}
        for extra, texts in PROJECT["optional-dependencies"].items()
    }
    optional = {
        canonical(Requirement(line.split("#")[0]).name)
        for line in lines("requirements-llm.txt")
        if line[0] != "#"
    }
    lite = declared["lite"] - {"setuptools"}  # which other packages need as well
    assert not set(pins(LEARNERS)) & (declared["test"] | declared["site"] | lite | optional)


@pytest.mark.parametrize("path", [TESTS, SITE, LITE])
def test_what_is_installed_besides_adds_to_what_learners_install_and_repeats_no_pin(path):
    first, *more = lines(path)
    assert first == f"-r {LEARNERS}"
    assert not set(more) & set(lines(LEARNERS))


@pytest.mark.parametrize(("one", "other"), [(TESTS, SITE), (TESTS, LITE), (SITE, LITE)])
def test_what_is_installed_besides_can_be_installed_together(one, other):
    ours, theirs = pins(one), pins(other)
    for name in set(ours) & set(theirs):
        versions = {str(pin.specifier) for pin in (*ours[name], *theirs[name]) if pin.marker is None}
        assert len(versions) <= 1, name


def test_every_dependency_says_why_it_is_there():
    dependencies = [
        line for line in PYPROJECT.splitlines() if re.match(r'\s+"[A-Za-z0-9_.\[\]-]+[<>=]', line)
    ]
    assert len(dependencies) == len(PROJECT["dependencies"]) + sum(
        map(len, PROJECT["optional-dependencies"].values())
    )
    assert [line for line in dependencies if not re.search(r'",?\s+# \S+ \S+', line)] == []


def test_binder_installs_the_learners_list_and_has_no_other():
    assert (ROOT / "binder/runtime.txt").read_text().strip() == "python-3.12"
    assert not (ROOT / "binder/requirements.txt").exists()
    assert LEARNERS in (ROOT / "binder/postBuild").read_text(encoding="utf-8")


@pytest.mark.parametrize("script", ["binder/postBuild", "binder/start", ".ci/run"])
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no bash and no executable bit")
def test_scripts_can_be_executed_and_parse(script):
    assert (ROOT / script).stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(ROOT / script)], check=True)


@pytest.mark.needs("repo2docker")
def test_repo2docker_chooses_the_pinned_python_and_runs_both_scripts():
    done = subprocess.run(
        ["repo2docker", "--no-build", "--debug", str(ROOT)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    text = done.stdout + done.stderr
    assert "Building conda environment for python=3.12" in text
    assert re.search(r"^RUN \./binder/postBuild$", text, re.MULTILINE)
    assert 'R2D_ENTRYPOINT="${REPO_DIR}/binder/start"' in text
    assert "pip install" not in text.split("postBuild")[0].split("COPY --chown=0:0 src/")[-1]  # no other list


def test_a_wheel_carries_every_file_of_the_packages_and_the_version(tmp_path):
    source = tmp_path / "source"
    ignore = shutil.ignore_patterns("__pycache__")
    for package in ("holdout", "grader"):
        shutil.copytree(ROOT / package, source / package, ignore=ignore)
    for name in ("pyproject.toml", "README.md", *PROJECT["license-files"]):
        shutil.copy(ROOT / name, source)
    wanted = {
        path.relative_to(source).as_posix()
        for package in ("holdout", "grader")
        for path in (source / package).rglob("*")
        if path.is_file()
    }
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    subprocess.run([*command, "--wheel-dir", str(tmp_path), str(source)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    assert wanted - set(zipfile.ZipFile(wheel).namelist()) == set()
    version = re.search(r'__version__ = "(.+)"', (ROOT / "holdout/__init__.py").read_text(encoding="utf-8"))[
        1
    ]
    assert wheel.name.startswith(f"holdout-{version}-")


def test_the_readme_begins_with_the_two_commands_and_fits_in_120_lines():
    readme = lines("README.md")
    first = "\n".join([line for line in readme if line.strip()][:12])
    assert "make lab" in first
    assert "make test" in first
    assert len(readme) <= 120


def pages():
    return [
        *sorted(path.name for path in ROOT.glob("*.md")),
        *sorted(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md")),
    ]


@pytest.mark.parametrize("page", pages())
def test_what_a_page_links_to_is_there(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert [target for target in targets if not ((ROOT / page).parent / target).exists()] == []


def test_the_licences_are_there():
    assert "BSD 3-Clause" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "CC BY 4.0" in (ROOT / "LICENSE-prose").read_text(encoding="utf-8")


def test_the_newest_entry_of_the_changelog_is_this_version():
    import holdout

    entries = re.findall(
        r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert entries[0] == holdout.__version__


def test_the_citation_and_the_hooks_name_the_versions_in_use():
    import holdout

    assert f"\nversion: {holdout.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    (ruff,) = pins(TESTS)["ruff"]
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert f"ruff-pre-commit\n    rev: v{next(iter(ruff.specifier)).version}" in hooks


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_the_files_that_a_page_names_are_there(page):
    """Paths are given from the root, or from one of the two packages; NN-slug and NAME stand for any."""
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:[\w.-]+/)+(?:[\w-]+\.(?:py|toml|txt|mplstyle))?)", text))
    bases = [ROOT, ROOT / "holdout", ROOT / "grader"]
    assert named
    unbuilt = {
        name
        for name in named
        if name.startswith(("classroom/", ".holdout/")) or re.search("NN-slug|NAME", name)
    }
    missing = {name for name in named - unbuilt if not any((base / name).exists() for base in bases)}
    assert missing == set()


def test_no_two_test_files_have_one_name():
    """pytest imports them by their name alone: the second of two would be an error, and its tests would not run."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_no_command_mixes_lists_with_and_without_hashes():
    """One package with a hash makes pip ask for the hash of every package of that command."""
    hashed = {
        path.name: "--hash=" in path.read_text(encoding="utf-8") for path in ROOT.glob("requirements*.txt")
    }
    assert hashed["requirements-live.txt"] and not hashed[LEARNERS]
    pages = [
        ROOT / "README.md",
        *ROOT.glob("*.txt"),
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "lessons").rglob("*.py"),
    ]
    pages += [path for folder in ("holdout", "grader") for path in (ROOT / folder).rglob("*.py")]
    commands = [
        (page.name, command.group(0))
        for page in pages
        for command in re.finditer(r"pip install[^`\"\n]*", page.read_text(encoding="utf-8"))
    ]
    assert len(commands) > 10
    for page, command in commands:
        named = re.findall(r"-r (requirements[\w-]*\.txt)", command)
        assert len({hashed[name] for name in named}) <= 1, f"{page}: {command}"
