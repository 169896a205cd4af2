"""``holdout portfolio --verify`` and the canary on the calendar: a watch is lived through again, and what was invented is said."""

import json
import os
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from grader.tools import verify_portfolio
from grader.tools.verify_portfolio.page import read_page
from holdout import chained_log
from holdout.record.canary import folder, report, rule, run_rule, watch
from holdout.record.canary.plan import draw_plan
from holdout.record.canary.service import Service
from holdout.record.portfolio.recompute import make_portfolio

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ID = next(f"{n:016x}" for n in range(1000) if draw_plan(f"{n:016x}").change == 8)
TRIPWIRE = """
def monitor(stream):
    suite = stream["suite"]
    if suite is None:
        return "suite" if stream["changed"][-1].any() else False
    return bool((suite["lost"] - suite["gained"]).max() > 25)
"""
SUM = "def monitor(stream):\n    return bool(stream['lost'].sum() - stream['gained'].sum() > 6)\n"


def live(place, service, text):
    """A watch from the enrolment to its end: a rule is written on day 3, days 5 and 6 are missed, an alarm is named and rolled back."""
    canary = folder.enrol(place, START, name="Ada Lovelace", service=service)
    for day in [1, 2, 3, 4, *range(7, 60)]:
        if day == 3:
            (place / rule.FILE).write_text(text)
        seen = watch.ask(canary, START + timedelta(days=day), service=service)
        if seen.state.ringing:
            watch.name(canary, START + timedelta(days=day, hours=1), draw_plan(ID).harmful, service=service)
            watch.roll_back(canary, START + timedelta(days=day, hours=2), service=service)
        if seen.state.closed:
            return


@pytest.fixture(scope="module", params=[TRIPWIRE, SUM], ids=["asks for everything", "adds up"])
def lived(request, tmp_path_factory):
    place = tmp_path_factory.mktemp("canary") / folder.FOLDER
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder.secrets, "token_hex", lambda n: ID)
        patch.setenv("HOLDOUT_PROGRESS", "off")
        live(place, Service(), request.param)
    return place


@pytest.fixture
def page_of(lived, tmp_path, monkeypatch):
    """Makes the page of a watch, after a change to its folder."""

    def make(name="Ada Lovelace", before=None):
        root = tmp_path / "learner"
        for one in ("lessons", "exercises"):
            (root / one).mkdir(parents=True)
        monkeypatch.setenv("HOLDOUT_PROGRESS", str(root / ".holdout"))
        shutil.copytree(lived, root / folder.FOLDER)
        if before:
            before(root / folder.FOLDER)
        make_portfolio(root, name=name, recompute=False)
        return root / "portfolio.html"

    return make


def found(file):
    """What is said; the rule is asked here and not in the sandbox, which one test below uses."""
    findings = []
    canary, job = verify_portfolio.canary.prepare(read_page(file), file.parent, findings)
    ran = {}
    if job is not None:
        answers = [
            run_rule.answers(file.parent / folder.FOLDER / rule.FILE, streams)
            for streams in json.loads(job.files["shown.json"])
        ]
        ran = {"found": json.loads(json.dumps(answers))}
    if canary is not None:
        findings += verify_portfolio.canary.compare(read_page(file), canary, ran)
    return {one.name: (one.state, one.sentence) for one in findings}


def rechain(place, change):
    """Rewrite the log with a change to each line, and a chain that is whole again."""
    lines, before = [], ""
    for line in chained_log.read(place)[0]:
        made = {key: value for key, value in change(dict(line)).items() if key != "hash"}
        made["before"] = before
        made["hash"] = before = chained_log.fingerprint(made)
        lines.append(json.dumps(made))
    (place / chained_log.FILE).write_text("\n".join(lines) + "\n")


def test_an_honest_watch_holds(page_of):
    said = found(page_of())
    assert [(name, state) for name, (state, _) in said.items()] == [
        (name, "holds") for name in ("canary", "canary page", "canary log", "canary answers", "canary rule")
    ], said
    assert "earlier version of it was asked" in said["canary rule"][1]  # the template, on the first two days


def test_somebody_elses_watch_does_not_hold_under_another_name(page_of):
    state, sentence = found(page_of(name="Mallory"))["canary"]
    assert state == "does not hold" and "enrolled by Ada Lovelace" in sentence


def test_a_headline_or_a_date_that_was_edited_on_the_page_does_not_hold(page_of):
    file = page_of()
    honest = file.read_text(encoding="utf-8")
    head, _, front = honest.partition('<span data-said="canary">')
    file.write_text(
        f'{head}<span data-said="canary">{front.replace("A", "An", 1).replace("later", "earlier", 1)}',
        encoding="utf-8",
    )
    assert found(file)["canary page"][0] == "does not hold"
    file.write_text(honest.replace("<td>2026-03-02</td>", "<td>2025-03-02</td>", 1), encoding="utf-8")
    assert "The dated log on the page" in found(file)["canary page"][1]
    file.write_text(honest, encoding="utf-8")
    assert found(file)["canary page"][0] == "holds"


def test_counts_that_were_invented_with_a_whole_chain_do_not_come_out_again(page_of):
    def invent(line):
        return line | {"lost": [1, 0, 0, 0, 0]} if line["event"] == "asked" and line["day"] == 2 else line

    state, sentence = found(page_of(before=lambda place: rechain(place, invent)))["canary answers"]
    assert (
        state == "does not hold" and "questions of day 2" in sentence and "lost [1, 0, 0, 0, 0]" in sentence
    )


def test_an_end_that_was_invented_does_not_follow_from_the_lines_above_it(page_of):
    def better(line):
        return line | {"false_alarms": 7} if line["event"] == "closed" else line

    state, sentence = found(page_of(before=lambda place: rechain(place, better)))["canary answers"]
    assert state == "does not hold" and "false_alarms 7" in sentence


def test_an_alarm_that_the_rule_did_not_give_does_not_hold(page_of):
    """A rule that never rings, under whose name the log has the alarm of another."""

    def exchange(place):
        (place / rule.FILE).write_text("def monitor(stream):\n    return False\n")
        print_ = chained_log.fingerprint((place / rule.FILE).read_bytes())
        rechain(place, lambda line: line | {"rule": print_} if line["event"] == "judged" else line)

    state, sentence = found(page_of(before=exchange))["canary rule"]
    assert state == "does not hold" and "asked again it answers" in sentence


def test_a_line_that_was_taken_out_is_seen_in_the_chain(page_of):
    def shorten(place):
        lines = (place / chained_log.FILE).read_text().splitlines(keepends=True)
        (place / chained_log.FILE).write_text("".join([*lines[:2], *lines[3:]]))

    assert found(page_of(before=shorten))["canary log"][0] == "does not hold"


def test_other_answers_with_the_same_counts_are_open(page_of):
    def reword(line):
        return line | {"answers": "0" * 64} if line["event"] == "asked" else line

    state, sentence = found(page_of(before=lambda place: rechain(place, reword)))["canary answers"]
    assert state == "open" and "another processor" in sentence


def test_a_watch_that_is_not_beside_the_page_and_one_that_is_another_do_not_hold(page_of):
    file = page_of()
    place = file.parent / folder.FOLDER
    kept = file.read_text(encoding="utf-8")
    file.write_text(kept.replace(ID, "f" * 16), encoding="utf-8")
    assert "another one" in found(file)["canary"][1]
    file.write_text(kept, encoding="utf-8")
    shutil.rmtree(place)
    assert "does not lie beside the page" in found(file)["canary"][1]


@pytest.mark.needs("linux")
@pytest.mark.parametrize("name", [rule.FILE, folder.ABOUT, chained_log.FILE])
def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(page_of, name):
    file = page_of()
    path = file.parent / folder.FOLDER / name
    path.unlink()
    os.mkfifo(path)
    said = found(file)
    assert all(
        state != "holds"
        for what, (state, _) in said.items()
        if what == {rule.FILE: "canary rule"}.get(name, "canary log")
    )
    assert said["canary"][0] == "holds" or name == chained_log.FILE


def test_a_rule_that_is_not_there_any_more_is_said(page_of):
    file = page_of()
    (file.parent / folder.FOLDER / rule.FILE).unlink()
    state, sentence = found(file)["canary rule"]
    assert state == "open" and "was never asked" in sentence


def test_a_page_without_a_finished_watch_says_nothing_of_one(lived, tmp_path):
    (tmp_path / "portfolio.html").write_text("<h1>Portfolio of evidence</h1>")
    shutil.copytree(lived, tmp_path / folder.FOLDER)
    assert found(tmp_path / "portfolio.html") == {}


@pytest.mark.needs("linux")
def test_the_rule_is_asked_again_in_the_sandbox(page_of):
    file = page_of()
    said = {one.name: one for one in verify_portfolio.verify(file)}
    assert said["canary rule"].state == "holds", said["canary rule"].sentence
    # a rule that looks around finds the sandbox, and what it does there costs nobody anything
    place = file.parent / folder.FOLDER
    catch = report.read_catch(file.parent, datetime.now(UTC))[0]
    (place / rule.FILE).write_text("import os\nos._exit(0)\n")
    print_ = chained_log.fingerprint((place / rule.FILE).read_bytes())
    rechain(place, lambda line: line | {"rule": print_} if line["event"] == "judged" else line)
    again = verify_portfolio.verify(file)
    assert "could not be asked again" in {one.name: one.sentence for one in again}["canary rule"]
    assert catch is not None and catch.caught
