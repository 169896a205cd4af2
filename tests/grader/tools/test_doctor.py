"""The doctor says how well this machine shuts submissions in, and what is installed."""

from small_class import SmallClass

from grader.sandbox.server import Level
from grader.tools import doctor as examining


def test_the_level_and_what_is_missing_are_stated(tmp_path, monkeypatch):
    """Without a wall there is a problem in plain words, and no speed is measured."""
    monkeypatch.setattr(examining, "isolation_level", lambda: Level("none", ["There is no bubblewrap."]))
    found = examining.doctor(SmallClass(tmp_path).root)
    assert found["isolation"] == {"level": "none", "missing": ["There is no bubblewrap."]}
    assert "cannot be shut in here" in found["problems"][0]
    assert "speed" not in found


def test_quick_examines_without_grading(tmp_path):
    found = examining.doctor(SmallClass(tmp_path).root, quick=True)
    assert found["isolation"]["level"] in ("full", "partial", "none")
    assert found["cores"] >= 1
    assert found["versions"]["nbgrader"].startswith("0.9.")
    assert "speed" not in found


def test_the_processor_time_behind_the_wall_is_counted(tmp_path):
    """A second burnt in a submission is in the figure, although no system call tells its time to us.

    The watcher may miss one interval of 0.1 seconds at the end, and the clock ticks are 0.01 seconds.
    """
    import subprocess
    import sys

    code = (
        "from grader.sandbox.server import Job, Server\n"
        "import time\n"
        "burn = 'import time\\nt = time.process_time()\\nwhile time.process_time() - t < 2.0:\\n    pass'\n"
        "with Server(preload=('IPython',)) as server:\n"
        "    done = server.run(Job({'cells': [{'cell_type': 'code', 'source': burn}], 'metadata': {}}))\n"
        "    assert done.cpu_seconds >= 2.0\n"
        "    time.sleep(0.5)\n"
    )
    idle = code.replace("< 2.0", "< 0.0").replace(">= 2.0", ">= 0.0")
    seen = {}
    for name, text in (("burnt", code), ("idle", idle)):
        process = subprocess.Popen([sys.executable, "-c", text])
        seen[name] = examining.watch_cpu(process)
        assert process.returncode == 0
    assert seen["burnt"] >= 2.0
    assert seen["burnt"] > seen["idle"]
