"""What 167 hostile submissions, with an honest learner between any two, must not achieve.

The class is graded once for each kind of user, contained (see attacks/contained.py).
"""

import importlib.util
import json
import os
import pathlib
import re
import sys

import pytest
from needs import require

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from tests.grader.attacks import contained  # noqa: E402
from tests.grader.attacks.corpus import AIMED, ATTACKS, CLASSIC  # noqa: E402

SECONDS = 600
FORGED = (
    "forge_answers",  # (forge_with_token is not there: its thread does not reach the copies that get the probes)
    "forge_outcome",
    "deep_json",
    "nan_json",
    "not_utf8",
    "leak_inputs",
)
THIRD = {attack.name for attack in ATTACKS[::3]} | set(FORGED)
"""What ``make test`` tries where bubblewrap is missing; all attacks are tried there in ``make proof``."""


@pytest.fixture(
    scope="module",
    params=[
        "ordinary user",
        pytest.param("root", marks=pytest.mark.proof),
        "root without bubblewrap, a third",
        pytest.param("root without bubblewrap", marks=pytest.mark.proof),
        pytest.param("ordinary user without bubblewrap", marks=pytest.mark.proof),
    ],
)
def graded(request, tmp_path_factory):
    """What became of the class; run once a test session, whoever of the parallel testers comes first."""
    as_root, with_bubblewrap = "root" in request.param, "without" not in request.param
    require("linux", "bwrap", "prlimit", *(["root"] if as_root else []))
    import fcntl  # here, since Windows has none

    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    folder = shared / f"attacks-{request.param.replace(',', '').replace(' ', '-')}"
    tried = {attack.name for attack in ATTACKS} if "third" not in request.param else THIRD
    folder.mkdir(exist_ok=True)
    result = folder / "result.json"
    with open(shared / f"{folder.name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not result.exists():
            arguments = [f"{contained.INSIDE}/{result.name}"]
            arguments += [] if with_bubblewrap else ["--without-bubblewrap"]
            arguments += sorted(tried)
            module = "tests.grader.attacks.run_class"
            done = contained.run(module, *arguments, folder=folder, ordinary=not as_root, timeout=SECONDS)
            assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return {**json.loads(result.read_text()), "tried": tried, "with bubblewrap": with_bubblewrap}


def attackers(graded):
    return {name: graded["rows"][name] for name in graded["attacks"]}


def test_the_corpus_has_the_sixty_classic_attacks_and_at_least_thirty_aimed_at_this_design():
    assert len(CLASSIC) == 60 and len(AIMED) >= 30
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)


def test_every_part_of_the_course_that_an_attack_replaces_exists():
    # an attack on a module that has been moved ends with an ImportError and protects nothing
    text = (ROOT / "tests" / "grader" / "attacks" / "corpus.py").read_text(encoding="utf-8")
    names = set(re.findall(r"\bholdout(?:\.[a-z_]+)+", text.replace("\\n", "\n"))) - {
        "holdout.py"
    }  # a file that an attack writes
    assert "holdout.checks.probe.run_probe" in names
    for name in sorted(names):
        module, _, attribute = name.rpartition(".")
        assert importlib.util.find_spec(module), name
        assert hasattr(importlib.import_module(module), attribute) or importlib.util.find_spec(name), name


def test_every_submission_ends_with_a_row_so_the_batch_is_complete(graded):
    assert set(graded["rows"]) == set(graded["people"])
    assert set(graded["attacks"]) == graded["tried"]


def test_no_attack_earns_a_point(graded):
    assert {name: row["points"] for name, row in attackers(graded).items() if row["points"]} == {}


def test_honest_neighbours_before_and_after_every_attack_get_full_marks(graded):
    honest = [name for name in graded["people"] if name.startswith("honest-")]
    assert len(honest) == len(graded["tried"]) + 1
    assert {name: graded["rows"][name] for name in honest if graded["rows"][name]["points"] != 6} == {}


def test_no_file_of_the_course_is_damaged(graded):
    assert graded["damaged"] == []


def test_nothing_is_left_running(graded):
    assert graded["left"] == []


def test_nothing_on_the_machine_is_reached_by_network_or_socket(graded):
    assert graded["connections"] == 0


def test_no_secret_is_read(graded):
    assert {name: row["secrets"] for name, row in attackers(graded).items() if row["secrets"]} == {}


def test_attacks_write_only_to_their_own_private_folders_and_win_no_rights(graded):
    own = re.compile(r"WROTE (/tmp|/dev/shm)/[^/]+$")
    marks = {
        name: [mark for mark in row["marks"] if not own.match(mark)]
        for name, row in attackers(graded).items()
    }
    assert {name: found for name, found in marks.items() if found} == {}


def test_every_attack_is_told_in_one_plain_line(graded):
    for name, row in attackers(graded).items():
        assert row["sentence"].endswith("."), name
        assert row["sentence"].isprintable() and all(note.isprintable() for note in row["notes"]), name
        assert "Traceback" not in row["sentence"] and len(row["sentence"]) < 400, name


def test_what_a_submission_can_make_the_grader_keep_is_bounded(graded):
    # 1 MB of output, half as much again for its JSON, and 4 MB of answers: the limits that run_class sets
    assert {name: row["bytes"] for name, row in attackers(graded).items() if row["bytes"] > 5_600_000} == {}


def test_forged_frames_are_an_alarm_and_not_a_score(graded):
    rows = attackers(graded)
    for name in FORGED:
        assert rows[name]["outcome"] == "protocol", name


def test_it_holds_at_the_full_level_and_without_bubblewrap_nothing_else_is_missing(graded):
    if graded["with bubblewrap"]:
        assert (graded["level"], graded["missing"]) == ("full", [])
    else:
        assert graded["level"] == "partial" and len(graded["missing"]) == 1
        assert "apt-get install bubblewrap" in graded["missing"][0]
