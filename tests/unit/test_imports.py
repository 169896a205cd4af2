"""Importing the course changes nothing for those who import it: neither matplotlib's settings nor pandas'."""

import subprocess
import sys

# In a fresh interpreter with an IPython shell, as in a notebook: the shell is where pandas' tables are shown.
IMPORT_EVERYTHING = """
import importlib, pkgutil, warnings
from IPython.core.interactiveshell import InteractiveShell
import matplotlib, matplotlib.pyplot, numpy as np, pandas as pd

shell = InteractiveShell.instance()
html = shell.display_formatter.formatters["text/html"]

def state():
    with warnings.catch_warnings(action="ignore"):  # some options are deprecated
        options = {name: pd.get_option(name) for name in pd._config.config._registered_options}
    return dict(matplotlib.rcParams), options, np.geterr(), dict(html.type_printers)

import grader, holdout
before = state()
names = [m.name for p in (holdout, grader) for m in pkgutil.walk_packages(p.__path__, p.__name__ + ".")]
for name in names:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:  # an optional package
        assert error.name.split(".")[0] not in ("holdout", "grader"), (name, error)
after = state()
for old, new in zip(before, after):
    assert old == new, {key: (old.get(key), new[key]) for key in new if old.get(key) != new[key]}
print(len(names))
"""


def test_importing_every_module_of_the_course_changes_no_settings():
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_EVERYTHING], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 100
