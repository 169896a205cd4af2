"""The doctor says how well this machine shuts submissions in, and what is installed."""

from small_class import SmallClass

from grader import doctor as examining
from grader.execute.server import Level


def test_the_level_and_what_is_missing_are_stated(tmp_path, monkeypatch):
    """Without a wall there is a problem in plain words, and no speed is measured."""
    monkeypatch.setattr(examining, "isolation_level", lambda: Level("none", ["There is no wall."]))
    found = examining.doctor(SmallClass(tmp_path).root)
    assert found["isolation"] == {"level": "none", "missing": ["There is no wall."]}
    assert "cannot be shut in here" in found["problems"][0]
    assert "speed" not in found


def test_quick_examines_without_grading(tmp_path):
    found = examining.doctor(SmallClass(tmp_path).root, quick=True)
    assert found["isolation"]["level"] in ("full", "partial", "none")
    assert found["cores"] >= 1
    assert found["versions"]["nbgrader"].startswith("0.9.")
    assert "speed" not in found
