"""What every benchmark shares: summaries of timings, the state of the machine, and a file of results."""

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).parent / "results"


def summary(milliseconds):
    """Median and spread of some timings.

    Parameters
    ----------
    milliseconds : sequence of float

    Returns
    -------
    dict
        ``n``, and ``p25``, ``median``, ``p75``, ``p95``, ``max`` in milliseconds.
    """
    p25, median, p75, p95 = np.percentile(milliseconds, [25, 50, 75, 95])
    figures = {"p25": p25, "median": median, "p75": p75, "p95": p95, "max": max(milliseconds)}
    return {"n": len(milliseconds), **{name: round(float(value), 1) for name, value in figures.items()}}


def machine(*packages):
    """The machine, how busy it is now, and the versions of some packages."""
    return {
        "cores": os.cpu_count(),
        "load_average_1_5_15_min": [round(load, 2) for load in os.getloadavg()],
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def write(name, figures):
    """Write figures to ``results/<name>.json``.

    Parameters
    ----------
    name : str
    figures : dict
        Plain JSON values.

    Returns
    -------
    pathlib.Path
    """
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    stamped = {"measured": datetime.now(UTC).strftime("%Y-%m-%d"), **figures}
    path.write_text(json.dumps(stamped, indent=2) + "\n", encoding="utf-8")
    return path
