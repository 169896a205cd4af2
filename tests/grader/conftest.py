"""Grading is promised on Linux only, so elsewhere only the tests of authoring are collected; the others say why they are not."""

import pathlib
import sys

import pytest
from needs import require

AUTHORING = pathlib.Path(__file__).parent / "authoring"


class LinuxOnly(pytest.Module):
    """A test file that is skipped before it is imported: some of what it imports exists on Linux only."""

    def collect(self):
        require("linux")
        return super().collect()


def pytest_pycollect_makemodule(module_path, parent):
    """Skip whole files where this is not Linux."""
    if sys.platform != "linux" and not module_path.is_relative_to(AUTHORING):
        return LinuxOnly.from_parent(parent, path=module_path)
    return None
