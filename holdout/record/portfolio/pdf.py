"""The portfolio as PDF, through a Chromium that is there; no browser is installed or fetched."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import tempfile

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
SECONDS = 120
BY_HAND = (
    "No Chromium was found, so no PDF was made: open {page} in any browser and print it (Ctrl+P, or ⌘P) with the printer "
    "“Save as PDF”; the page has a style for paper"
)


def find_chromium() -> str | None:
    """The browser that ``CHROMIUM`` names, or one in the search path; None if there is none."""
    return next((found for name in (os.environ.get("CHROMIUM"), *NAMES) if name and (found := shutil.which(name))), None)  # fmt: skip


def write_pdf(page: str | os.PathLike, output: str | os.PathLike) -> str:
    """Print a page to a PDF file.

    Parameters
    ----------
    page, output : path

    Returns
    -------
    str
        Empty if the file was written; otherwise a sentence why not, and what to do.
    """
    browser = find_chromium()
    page, output = pathlib.Path(page).resolve(), pathlib.Path(output).resolve()
    if browser is None:
        return BY_HAND.format(page=page.name)
    with tempfile.TemporaryDirectory(prefix="holdout-pdf-") as profile:
        command = [browser, "--headless", "--disable-gpu", f"--user-data-dir={profile}", "--no-pdf-header-footer", f"--print-to-pdf={output}"]  # fmt: skip
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append(
                "--no-sandbox"
            )  # Chromium refuses to start as root with it; the page has no script
        before = output.stat().st_mtime_ns if output.exists() else None
        try:
            subprocess.run([*command, page.as_uri()], capture_output=True, timeout=SECONDS, check=True)
            written = output.read_bytes()[:5] == b"%PDF-" and output.stat().st_mtime_ns != before
        except (OSError, subprocess.SubprocessError):
            written = False
    return "" if written else f"{browser} could not print the page; open {page.name} in a browser and print it with “Save as PDF”"  # fmt: skip
