"""nbgrader's own commands and formgrader read this file; the settings are in grader/nbgrader_bridge/config.py."""

import os

from grader.nbgrader_bridge.config import configure

configure(get_config(), root=os.path.dirname(os.path.abspath(__file__)))  # noqa: F821
