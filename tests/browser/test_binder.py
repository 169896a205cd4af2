"""What Binder makes of the repository: the steps of its image, in a clean environment, until the first slider of a lesson.

Docker is not needed: ``binder/postBuild`` and ``binder/start`` run as the image would run them, with this Python in the place of
Binder's own. What is not seen here: the base of the image (conda, JupyterHub's client) and the way through mybinder.org.
"""

import os
import subprocess
import sys
import time

import lab_page
import pytest
from small_course import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.proof]

MOST_BYTES = 1_200_000_000
LESSON = "lessons/01-two-numbers-and-a-chart.ipynb"


def size(folder):
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """A checkout and a clean environment in which ``binder/postBuild`` has run."""
    folder = tmp_path_factory.mktemp("image")
    checkout, environment = folder / "checkout", folder / "environment"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    path = os.pathsep.join([str(environment / "bin"), os.environ["PATH"]])
    started = time.monotonic()
    done = subprocess.run(
        [str(checkout / "binder" / "postBuild")],
        cwd=checkout,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    print(f"postBuild: {time.monotonic() - started:.0f} s")
    return checkout, environment


def test_what_is_installed_stays_within_its_limit(image):
    checkout, environment = image
    environment_bytes, checkout_bytes = size(environment), size(checkout)
    print(
        f"environment {environment_bytes / 1e6:.0f} MB, checkout with its history {checkout_bytes / 1e6:.0f} MB"
    )
    assert environment_bytes + checkout_bytes <= MOST_BYTES


def test_lab_starts_as_in_binder_and_the_first_slider_moves(image, chromium):
    checkout, environment = image
    program = (str(checkout / "binder" / "start"), str(environment / "bin" / "jupyter-lab"))
    started = time.monotonic()
    with lab_page.LabServer(checkout, program=program) as lab:
        print(f"Lab answers after {time.monotonic() - started:.1f} s")
        page = lab_page.open_page(lab, chromium, LESSON)
        print(f"the lesson is open after {time.monotonic() - started:.1f} s")
        page.evaluate("() => { jupyterapp.commands.execute('notebook:run-all-cells'); }")
        handle = lab_page.stage_of(page).get_by_role("slider").first
        handle.wait_for(timeout=180_000)
        print(f"the first slider is there after {time.monotonic() - started:.1f} s")
        before = lab_page.readout(page)
        handle.focus()
        handle.press("ArrowLeft")
        page.wait_for_function(
            "([stage, before]) => stage.querySelector('[role=status]').textContent !== before",
            arg=[lab_page.stage_of(page).element_handle(), before],
            timeout=120_000,
        )
        assert page.errors == []
        page.context.close()
