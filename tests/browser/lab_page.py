"""A real JupyterLab in a real Chromium: start both, open a notebook, move its sliders, look at its pictures.

Plain functions around Playwright; nothing here knows pytest, so the benchmark uses it as well. Only the
loopback interface is ever reached. No function sleeps: each waits for the thing it needs.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

import nbformat
from needs import find_chromium

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",  # Chromium refuses its own sandbox to root, and a CI container is root
    "--disable-gpu",
    "--disable-dev-shm-usage",  # containers have a small /dev/shm
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",  # the same pixels on every machine
]
LOOPBACK = re.compile(r"(https?|wss?)://127\.0\.0\.1[:/]|data:|blob:|about:")
WIDE, NARROW = 1280, 800
_APPS = {"jupyterlab": ("LabApp", "doc/tree"), "notebook": ("JupyterNotebookApp", "notebooks")}


# -- the server ----------------------------------------------------------------------------------


class LabServer:
    """One JupyterLab, or Notebook 7, on a free port, with private settings, whose files are those below ``root``.

    ``program`` starts that of another environment than this Python's.
    """

    def __init__(self, root, app="jupyterlab", program=None):
        self.root = Path(root).resolve()
        self._program = program or (sys.executable, "-m", app)
        self._class, self._folder = _APPS[app]
        self._home = Path(tempfile.mkdtemp(prefix="holdout-lab-"))
        self._process = None
        self.url = None

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._log = open(self._home / "lab.log", "wb")
        command = [
            *self._program,
            *("--no-browser", "--allow-root"),
            *("--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"),
            *("--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True"),
            f"--ServerApp.root_dir={self.root}",
            f"--{self._class}.expose_app_in_browser=True",  # gives the tests window.jupyterapp
        ]
        self._process = subprocess.Popen(
            command, env=self._environment(), stdout=self._log, stderr=self._log, start_new_session=True
        )
        self._wait_until_up()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.end_sessions()
        # its kernels are in the same session as the server, which start_new_session made
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def _environment(self):
        private = {
            name: str(self._home / name.lower())
            for name in (
                "JUPYTER_CONFIG_DIR",
                "JUPYTER_DATA_DIR",
                "JUPYTER_RUNTIME_DIR",
                "IPYTHONDIR",
                "JUPYTERLAB_SETTINGS_DIR",
                "JUPYTERLAB_WORKSPACES_DIR",
            )
        }
        settings = Path(private["JUPYTERLAB_SETTINGS_DIR"], "@jupyterlab")
        for folder, name, content in (
            ("apputils-extension", "notification", {"fetchNews": "false", "checkForUpdates": False}),
            ("docmanager-extension", "plugin", {"autosave": False}),  # a test never writes into a notebook
        ):
            (settings / folder).mkdir(parents=True)
            (settings / folder / f"{name}.jupyterlab-settings").write_text(json.dumps(content))
        threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        return {**os.environ, **threads, **private, "JUPYTER_PLATFORM_DIRS": "1"}

    def _wait_until_up(self):
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                self._api("/api/status")
                return
            time.sleep(0.1)
        log = (self._home / "lab.log").read_text(errors="replace")[-3000:]
        self.__exit__()
        raise RuntimeError(f"{self._program[-1]} did not start:\n{log}")

    def _api(self, path, method="GET"):
        with urllib.request.urlopen(
            urllib.request.Request(self.url + path, method=method), timeout=120
        ) as answer:
            return json.loads(answer.read() or "null")

    def address(self, path):
        """Where a notebook is opened alone."""
        return f"{self.url}/{self._folder}/{quote(path)}?reset"

    def end_sessions(self, path=None):
        """Shut down the kernel of one notebook, or all: a kernel outlives its page, with its variables."""
        for session in self._api("/api/sessions"):
            if path in (None, session["path"]):
                with contextlib.suppress(urllib.error.HTTPError):
                    self._api(f"/api/sessions/{session['id']}", method="DELETE")

    def bring(self, path):
        """The path relative to ``root``; a notebook from elsewhere is copied in, with the files beside it."""
        path = Path(path)
        if not path.is_absolute():
            return path.as_posix()
        path = path.resolve()
        if path.is_relative_to(self.root):
            return path.relative_to(self.root).as_posix()
        folder = Path(tempfile.mkdtemp(prefix=f"{path.stem}-", dir=self.root))
        for neighbour in path.parent.iterdir():
            if neighbour.is_file() and (neighbour == path or neighbour.suffix != ".ipynb"):
                shutil.copy(neighbour, folder)
        return (folder / path.name).relative_to(self.root).as_posix()


# -- the page ------------------------------------------------------------------------------------


@contextlib.contextmanager
def browser():
    """A headless Chromium for as long as the block lasts."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=60_000)  # a slow machine is no failure
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS)
        try:
            yield chromium
        finally:
            chromium.close()


def open_page(lab, chromium, path, width=WIDE, height=1000):
    """Open a notebook alone in Lab, with its kernel ready, nothing run yet.

    Returns
    -------
    playwright Page
        With a list ``errors`` (uncaught errors of the page, failed widget views) and ``notebook``, its path
        in the server's root.
    """
    path = lab.bring(path)
    lab.end_sessions(path)
    context = chromium.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    context.route(lambda url: not LOOPBACK.match(url), lambda route: route.abort())
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.errors = []
    page.notebook = path
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on(
        "console",
        lambda message: (
            page.errors.append(message.text)
            if message.type == "error" and "Could not create a view" in message.text
            else None
        ),
    )
    page.goto(lab.address(path))
    page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.sessionContext", timeout=120_000)
    # not the toolbar's "idle", shown before a kernel exists: running then opens a dialog that hangs for ever
    page.evaluate(
        """async () => { const panel = jupyterapp.shell.currentWidget;
        await jupyterapp.restored; await panel.context.ready; await panel.sessionContext.ready;
        await panel.sessionContext.session.kernel.info; }"""
    )
    return page


def run_all(page, seconds=180):
    """Run every cell; an AssertionError with the output of the failed cell if one raised."""
    done = page.evaluate(
        """async ms => Promise.race([jupyterapp.commands.execute('notebook:run-all-cells'),
        new Promise(resolve => setTimeout(() => resolve('timeout'), ms))])""",
        seconds * 1000,
    )
    shown = page.locator(
        '[data-mime-type="application/vnd.jupyter.stderr"], [data-mime-type*="jupyter.error"]'
    )
    assert done is True, f"Run All gave {done}: {shown.all_inner_texts()}"
    page.wait_for_function(
        """() => [...document.querySelectorAll('.holdout-stage')].every(s =>
        s.querySelector('img.widget-image')?.naturalWidth && s.querySelector('[role=status]'))""",
        timeout=120_000,
    )
    settle(page)


def settle(page):
    """Wait until the kernel has answered everything, the page has drawn it and every picture is decoded."""
    page.evaluate(
        """async () => { const kernel = jupyterapp.shell.currentWidget.sessionContext.session?.kernel;
        // widgets have a thread of the kernel to themselves: that the kernel has answered says nothing of them
        if (kernel && !kernel.unanswered) {
            const unanswered = kernel.unanswered = new Set();
            kernel.anyMessage.connect((_, {msg, direction}) => {
                if (direction === 'send' && msg.header.msg_type === 'comm_msg') unanswered.add(msg.header.msg_id);
                if (msg.header.msg_type === 'status' && msg.content.execution_state === 'idle')
                    unanswered.delete(msg.parent_header.msg_id);
            });
        }
        // a slider keeps its newest value back while the kernel is busy, hence twice
        for (let i = 0; i < 2 && kernel; i++) await kernel.requestKernelInfo();
        const frame = () => new Promise(requestAnimationFrame);
        const deadline = Date.now() + 30_000;
        for (let quiet = 0; quiet < 3; quiet++) {
            await frame();
            if (kernel?.connectionStatus === 'connected' && kernel.unanswered.size) quiet = -1;
            if (Date.now() > deadline) throw new Error('a slider was not answered in 30 seconds');
        }
        const pictures = [...document.querySelectorAll('img.widget-image')];
        await Promise.all(pictures.map(picture => picture.decode().catch(() => 0))); }"""
    )


def shut_down_kernel(page):
    """End the kernel of the page, as a learner does from the menu."""
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")


def stage_of(page, number=0):
    """Locator of a live figure on the page, counted from 0."""
    return page.locator(".holdout-stage").nth(number)


def slider(page, description, stage=0):
    """Locator of the handle of a slider, by what it is called (its accessible name)."""
    return stage_of(page, stage).get_by_role("slider", name=description, exact=True)


def press(page, description, *keys, stage=0):
    """Focus a slider and press keys: ArrowRight, ArrowLeft, Home, End ..."""
    handle = slider(page, description, stage)
    handle.focus()
    for key in keys:
        handle.press(key)


def drag_to(page, description, end, stage=0):
    """Drag a slider with the mouse to its ``"min"`` or ``"max"``."""
    handle = slider(page, description, stage)
    handle.scroll_into_view_if_needed()
    knob = handle.bounding_box()
    track = handle.locator("xpath=ancestor::*[contains(@class, 'noUi-target')][1]").bounding_box()
    page.mouse.move(knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2)
    page.mouse.down()
    beyond = track["x"] - 20 if end == "min" else track["x"] + track["width"] + 20
    page.mouse.move(beyond, knob["y"] + knob["height"] / 2, steps=10)
    page.mouse.up()


def readout(page, stage=0):
    """What the live region of a figure says."""
    return stage_of(page, stage).locator("[role=status]").inner_text()


def wait_for_readout(page, text, stage=0):
    """Wait until the live region contains ``text``, then until the page is at rest."""
    stage_of(page, stage).locator("[role=status]", has_text=text).wait_for(timeout=120_000)
    settle(page)


def pixels(page, stage=0):
    """Hash of the decoded pixels of a figure's picture: equal exactly when the pictures are."""
    return stage_of(page, stage).evaluate(
        """async stage => { const picture = stage.querySelector('img.widget-image'); await picture.decode();
        const canvas = document.createElement('canvas');
        canvas.width = picture.naturalWidth; canvas.height = picture.naturalHeight;
        const pen = canvas.getContext('2d'); pen.drawImage(picture, 0, 0);
        const bytes = pen.getImageData(0, 0, canvas.width, canvas.height).data;
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', bytes));
        return [...digest].map(byte => byte.toString(16).padStart(2, '0')).join(''); }"""
    )


def axe(page, selector=".jp-OutputArea, .jp-RenderedMarkdown", without=()):
    """Accessibility violations inside ``selector``, one line each; empty when there are none.

    The rest of the page is JupyterLab's own. ``without`` names rules of axe that are not asked.
    """
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    report = page.evaluate(
        """async ([selector, without]) => { const include = [...document.querySelectorAll(selector)];
        if (!include.length) return null;
        return (await axe.run({include}, {resultTypes: ['violations'],
            rules: Object.fromEntries(without.map(rule => [rule, {enabled: false}]))})).violations; }""",
        [selector, list(without)],
    )
    assert report is not None, f"nothing on the page matches {selector}"
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]}" for rule in report for node in rule["nodes"]
    ]


def set_theme(page, name):
    """Switch Lab to its ``"light"`` or ``"dark"`` theme."""
    theme = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}[name]
    page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)


def set_width(page, width):
    """Make the window ``width`` pixels wide: ``WIDE`` or ``NARROW``."""
    page.set_viewport_size({"width": width, "height": page.viewport_size["height"]})
    settle(page)


def shoot_every_figure(page, folder):
    """Drive every slider of every live figure to both ends and save a picture of each state.

    Returns
    -------
    list of pathlib.Path
        ``figure-1-start.png``, ``figure-1-degree-min.png``, ``figure-1-degree-max.png`` ...
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    saved = []

    def shoot(stage, name):
        settle(page)
        saved.append(folder / f"{name}.png")
        stage.screenshot(path=saved[-1])

    for number in range(page.locator(".holdout-stage").count()):
        stage = stage_of(page, number)
        stage.scroll_into_view_if_needed()
        shoot(stage, f"figure-{number + 1}-start")
        for handle in stage.get_by_role("slider").all():
            name = re.sub(r"\W+", "-", handle.get_attribute("aria-label"))
            value = handle.get_attribute("aria-valuenow")
            for key, end in (("Home", "min"), ("End", "max")):
                handle.press(key)
                shoot(stage, f"figure-{number + 1}-{name}-{end}")
            # back to where it was, so that the next slider is seen with the others at their start
            for _ in range(1000):
                if float(handle.get_attribute("aria-valuenow")) <= float(value):
                    break
                handle.press("ArrowLeft")
            settle(page)
    return saved


def write_notebook(path, *cells):
    """Write a notebook of code cells, as a test's own lesson."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for number, source in enumerate(cells):
        cell = nbformat.v4.new_code_cell(source.strip("\n"))
        cell["id"] = f"cell-{number}"
        notebook.cells.append(cell)
    nbformat.write(notebook, path)
    return Path(path)


def cut_off(stage):
    """Names and values of a figure's controls that are wider than their place, so that their end is not seen."""
    return stage.evaluate(
        """node => [...node.querySelectorAll(".widget-label, .widget-readout")]
        .filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"""
    )
