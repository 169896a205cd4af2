"""Grades a class of attackers with an honest learner between any two, and writes down what happened.

    python -m tests.grader.attacks.run_class RESULT.json [--without-bubblewrap] [name ...]

Only to be run inside :mod:`tests.grader.attacks.contained`: if the isolation fails, the machine must not suffer.
"""

import copy
import hashlib
import json
import os
import pathlib
import re
import secrets
import socket
import sys
import tempfile
import time

from grader.grading.submission import read_submission
from grader.sandbox import bubblewrap
from grader.sandbox.limits import Limits
from grader.sandbox.pool import Pool
from grader.sandbox.server import Job
from tests.grader.attacks.corpus import ATTACKS
from tests.grader.attacks.course import ANSWERS, EXERCISE, cases, honest, points, release, with_answers

LIMITS = Limits(
    cell_seconds=1.0,
    probe_seconds=0.7,
    notebook_seconds=3.0,
    grace_seconds=0.3,
    memory=400 << 20,
    processes=24,
    disk=32 << 20,
    cell_output_bytes=200_000,
    output_bytes=1_000_000,
    probe_bytes=1_000_000,
    result_bytes=4_000_000,
)


def main(result, names):
    """Make the class, grade it, and report."""
    if "--without-bubblewrap" in names:
        names.remove("--without-bubblewrap")
        bubblewrap.find_bubblewrap = lambda: None
    attacks = [attack for attack in ATTACKS if not names or attack.name in names]
    with tempfile.TemporaryDirectory() as folder:
        course = pathlib.Path(folder) / "course"
        planted = plant(course)
        listeners = listen(course)
        people = write_class(course, attacks, planted)
        before = digests(course)
        os.environ["SECRET"] = planted["environment"]
        probes, expected = cases(seed=1)
        report = grade(course, people, probes, expected, planted)
        after = digests(course)
        report["damaged"] = sorted(name for name, digest in before.items() if after.get(name) != digest)
        report["connections"] = sum(accepted(listener) for listener in listeners)
    pathlib.Path(result).write_text(json.dumps(report))


def plant(course):
    """A secret in every place where one could be."""
    kinds = ("gradebook", "reference", "environment", "neighbour", "memory")
    planted = {kind: f"SENTINEL-{secrets.token_hex(16)}" for kind in kinds}
    for name in ("solutions", "classroom/submitted"):
        (course / name).mkdir(parents=True)
    (course / "classroom/gradebook.db").write_text(planted["gradebook"])
    reference = "\n".join(ANSWERS.values())
    (course / "solutions/reference.py").write_text(f"# {planted['reference']}\n{reference}\n")
    os.chmod(course.parent, 0o755)
    return planted


def listen(course):
    """Sockets that notice when a submission reaches the network."""
    tcp, abstract, path = socket.socket(), socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    tcp.bind(("127.0.0.1", 8765))
    abstract.bind("\0holdout-secret")
    path.bind(str(course / "listening"))
    for listener in (tcp, abstract, path):
        listener.listen(50)
        listener.setblocking(False)
    return tcp, abstract, path


def accepted(listener):
    """How many have connected."""
    count = 0
    while True:
        try:
            listener.accept()
        except BlockingIOError:
            return count
        count += 1


def write_class(course, attacks, planted):
    """Honest learners between attackers; list of (name, attack or None)."""
    people = []
    write(course, "bystander", honest())
    for number, attack in enumerate([*attacks, None]):
        name = f"honest-{number}"
        secret = f"# {planted['neighbour']}\nneighbours_secret = {planted['neighbour']!r}\n"
        sources = [secret + ANSWERS["01.mse"], ANSWERS["01.design"], ANSWERS["01.var"]]
        write(course, name, with_answers(honest(), sources))
        people.append((name, None))
        if attack:
            write_attack(course, attack)
            people.append((attack.name, attack))
    return people


def submission_folder(course, name):
    return course / "classroom/submitted" / name / EXERCISE


def write(course, name, notebook):
    folder = submission_folder(course, name)
    folder.mkdir(parents=True)
    (folder / f"{EXERCISE}.ipynb").write_text(json.dumps(notebook))


def write_attack(course, attack):
    folder = submission_folder(course, attack.name)
    folder.mkdir(parents=True)
    sources = [source.replace("{course}", str(course)) for source in attack.answers or (attack.code,)]
    notebook = with_answers(release(), [source for source in sources if source])
    if attack.edit:
        notebook = attack.edit(copy.deepcopy(notebook))
    if attack.folder:
        attack.folder(folder, notebook)
    else:
        (folder / f"{EXERCISE}.ipynb").write_text(json.dumps(notebook))


def digests(course):
    """What every file of the course holds."""
    files = (path for path in course.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(course)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def grade(course, people, probes, expected, planted):
    """Read and execute the submissions of the whole class; the result of everybody."""
    rows, kept = {}, {}

    def jobs():
        for name, _ in people:
            submission = read_submission(submission_folder(course, name), release(), name=f"{EXERCISE}.ipynb")
            kept[name] = submission
            if submission.notebook is None:
                rows[name] = row(submission, None, expected, planted)
            else:
                yield Job(submission.notebook, probes, LIMITS, name=name, folder=EXERCISE)

    started = time.monotonic()
    with Pool(2) as pool:
        for executed in pool.map(jobs()):
            rows[executed.name] = row(kept[executed.name], executed, expected, planted)
            print(f"{time.monotonic() - started:6.1f} s  {executed.name}: {executed.outcome}", flush=True)
        level = pool.level
    return {
        "level": level.name,
        "missing": level.missing,
        "seconds": time.monotonic() - started,
        "people": [name for name, _ in people],
        "attacks": [name for name, attack in people if attack],
        "rows": rows,
        "left": left_running(),
    }


def left_running(seconds=5.0):
    """Processes, with their commands, that are still there after the kernel had time to take a namespace apart."""
    until = time.monotonic() + seconds
    while left := [name for name in os.listdir("/proc") if name.isdigit() and is_ours(name)]:
        if time.monotonic() > until:
            return [f"{name} {command_of(name)}" for name in left]
        time.sleep(0.05)
    return []


def command_of(process):
    """The command line of a process, as far as it can be read."""
    try:
        text = pathlib.Path(f"/proc/{process}/cmdline").read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""
    return text.replace("\0", " ").strip()


def is_ours(process):
    """Whether a process other than this one and what contains it is still there."""
    try:
        state = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z" and int(process) != os.getpid() and "run_class" not in command_of(process)


def row(submission, executed, expected, planted):
    """What is known of one learner in the end."""
    seen = json.dumps([submission.notes, submission.problems])
    made = {"points": 0, "outcome": "not executed", "sentence": " ".join(submission.problems), "seconds": 0.0}
    if executed is not None:
        seen += json.dumps([executed.cells, executed.probes, executed.sentence], ensure_ascii=False)
        seen.encode("utf-8")  # every text can be written to a file
        made = {
            "points": points(executed.probes, expected),
            "outcome": executed.outcome,
            "sentence": executed.sentence,
            "seconds": executed.seconds,
            "processes": executed.processes,
        }
    secrets_seen = [kind for kind, secret in planted.items() if secret in seen]
    marks = re.findall(
        r"(?:WROTE|LEFT|ROOT|RAISED|TYPED|CONNECTED|FIRST) *[^\s\\\"']*", seen_in_streams(executed)
    )
    return {
        **made,
        "notes": submission.notes,
        "secrets": secrets_seen,
        "marks": marks,
        "bytes": len(seen),
    }


def seen_in_streams(executed):
    """What was printed (a traceback also quotes the attack's own text)."""
    outputs = [output for cell in executed.cells for output in cell] if executed else []
    return "\n".join(output["text"] for output in outputs if output["output_type"] == "stream")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
