"""``holdout lab`` as a learner meets it: the start page, no pop-up, and the way to lesson 01."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.browser

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def address(tmp_path, request):
    """Address that the command prints, with the arguments of the test; the server ends with the test."""
    arguments = getattr(request, "param", [])
    private = {
        name: str(tmp_path / name.lower())
        for name in (
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "IPYTHONDIR",
            "JUPYTERLAB_WORKSPACES_DIR",
        )
    }
    private["JUPYTERLAB_SETTINGS_DIR"] = str(tmp_path / "settings")
    log = tmp_path / "lab.log"
    with open(log, "wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "grader.cli", "lab", "--no-browser", *arguments],
            cwd=ROOT,
            env={**os.environ, **private, "JUPYTER_PLATFORM_DIRS": "1"},
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        for _ in range(1800):
            found = re.search(r"http://127\.0\.0\.1:\d+/\S*token=\w+", log.read_text(errors="replace"))
            if found:
                break
            assert process.poll() is None, log.read_text(errors="replace")[-2000:]
            time.sleep(0.1)
        assert found, log.read_text(errors="replace")[-2000:]
        yield found.group(0)
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:  # with its kernels, so that no later test meets them
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(60)
    if not arguments:  # formgrader looks for nbgrader's exchange
        assert "Unwritable directory" not in log.read_text(errors="replace")


def test_the_start_page_opens_and_leads_to_lesson_01(chromium, address):
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(120_000)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    page.get_by_role("heading", name="Holdout", exact=False).first.wait_for(timeout=120_000)
    link = page.get_by_role("link", name="lesson 01", exact=True).first
    link.wait_for(timeout=120_000)
    page.wait_for_timeout(2000)  # a pop-up would come late, and its absence has no event to wait for
    assert page.get_by_text("Would you like to get notified").count() == 0
    link.click()
    page.get_by_role("heading", name=re.compile(r"It scored 94\s?%\. Ship it\?")).first.wait_for(
        timeout=120_000
    )
    assert errors == []
    context.close()


@pytest.mark.parametrize(
    ("address", "shown"),
    [([], False), (["--instructor"], True)],
    indirect=["address"],
    ids=["learner", "instructor"],
)
def test_only_instructors_see_formgrader_and_the_making_of_assignments(chromium, address, shown):
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(address)
    page.get_by_role("heading", name="Holdout", exact=False).first.wait_for(timeout=120_000)
    # the side bars and the menu are drawn after all extensions are there
    page.get_by_role("tab", name="Debugger").wait_for(timeout=120_000)
    assert (page.get_by_role("tab", name="Create Assignment").count() > 0) is shown
    assert (page.get_by_role("menuitem", name="Nbgrader").count() > 0) is shown
    server, token = re.fullmatch(r"(.*?)/lab.*token=(\w+)", address).groups()
    assert page.request.get(f"{server}/formgrader?token={token}").status == (200 if shown else 404)
    assert page.get_by_role("button", name="Validate").count() > 0  # learners validate what they hand in
    context.close()
