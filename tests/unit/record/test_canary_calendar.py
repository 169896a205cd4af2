"""A canary lived through on a faked calendar and on a compressed clock: restarts, a closed laptop, a clock set back, a broken log,
rules that fail. Each request opens the folder anew, as a restarted computer does."""

import json
import os
import shutil
import threading
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

import holdout.cli
from grader.cli import main
from holdout import chained_log
from holdout.errors import InvalidValue
from holdout.lm.canary import Variants
from holdout.lm.replacements import NAMES, ORIGINAL
from holdout.record import progress
from holdout.record.canary import folder, report, rule, watch
from holdout.record.canary.days import Clock
from holdout.record.canary.errors import CanaryError
from holdout.record.canary.plan import END, FIRST, LAST, draw_plan
from holdout.record.canary.service import Service
from holdout.record.portfolio.front import make_front
from holdout.record.portfolio.page import render

START = datetime(2026, 3, 2, 18, 30, tzinfo=timezone(timedelta(hours=1)))
ID = next(f"{n:016x}" for n in range(1000) if draw_plan(f"{n:016x}").change == 8)
PLAN = draw_plan(ID)

NEVER = "def monitor(stream):\n    return False\n"
ALWAYS = "def monitor(stream):\n    return True\n"
ANY_LOSS = "def monitor(stream):\n    return bool(stream['lost'][-1].sum() > 0)\n"
TRIPWIRE = """
import numpy as np

def monitor(stream):
    suite = stream["suite"]
    if suite is None:
        return "suite" if stream["changed"][-1].any() else False
    z = (suite["lost"] - suite["gained"]) / np.sqrt(np.maximum(suite["lost"] + suite["gained"], 1))
    return z.max() > 2.2
"""


@pytest.fixture(scope="module")
def service():
    return Service()


@pytest.fixture(scope="module")
def enrolled(tmp_path_factory, service):
    """A canary on the calendar, made once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder.secrets, "token_hex", lambda n: ID)
        return folder.enrol(
            tmp_path_factory.mktemp("made") / folder.FOLDER, START, name="Ada", service=service
        ).folder


@pytest.fixture
def place(enrolled, tmp_path, monkeypatch):
    """A copy of its folder, in a course, with a record of its own."""
    root = tmp_path / "course"
    for name in ("lessons", "exercises"):
        (root / name).mkdir(parents=True)
    monkeypatch.chdir(root)
    return shutil.copytree(enrolled, root / folder.FOLDER)


def write_rule(place, text):
    (place / rule.FILE).write_text(text)


def on(day, hours=0):
    return START + timedelta(days=day, hours=hours)


def ask(place, day, service, late=True, **more):
    return watch.ask(folder.open_canary(place), on(day), service=service, late=late, **more)


def events(place, kind):
    return [line for line in chained_log.read(place)[0] if line["event"] == kind]


# --------------------------------------------------------------------------------------------------------------- plan


def test_every_plan_has_one_harmful_replacement_on_a_day_in_the_window_and_harmless_ones_before_it():
    variants, changes, seen = Variants.load(), [], set()
    for number in range(300):
        plan = draw_plan(f"id {number}")
        assert [variants.kind(name) for _, name in plan.events] == ["harmless", "harmless", "harmful"]
        days = [day for day, _ in plan.events]
        assert days == sorted(set(days)) and days[-1] == plan.change
        assert plan.served(plan.change - 1) != plan.harmful == plan.served(plan.change) == plan.served(END)
        changes.append(plan.change)
        seen.add(plan.harmful)
    assert (min(changes), max(changes)) == (FIRST, LAST)
    assert seen == {name for name in NAMES if variants.kind(name) == "harmful"}


def test_a_roll_back_brings_back_the_original_until_the_next_event():
    first, second, harm = PLAN.events
    assert PLAN.served(first[0]) == first[1] and PLAN.served(first[0], [first[0]]) == ORIGINAL
    assert PLAN.served(harm[0], [first[0], second[0]]) == harm[1]
    assert PLAN.served(END, [harm[0] + 1]) == ORIGINAL and PLAN.served(harm[0], [harm[0] + 1]) == harm[1]


# ----------------------------------------------------------------------------------------------------------- calendar


def test_a_watch_day_by_day_rings_names_rolls_back_and_stands_in_the_portfolio_with_its_dates(place, service):
    write_rule(place, TRIPWIRE)
    for day in range(1, PLAN.change + 3):  # each day a computer that was started anew
        seen = ask(place, day, service)
        if seen.state.ringing:
            break
    assert seen.state.ringing == day and PLAN.change <= day <= PLAN.change + 2
    assert report.RINGS.format(day=day) in report.text(seen)
    table = np.genfromtxt(
        place / f"suite-day-{day:02}.csv", delimiter=",", names=True, dtype=None, encoding="utf-8"
    )
    # the behaviour names the replacement: nobody needs the weights
    named = min(NAMES, key=lambda name: np.sum(table["right_now"] != Variants.load().of(name)))
    seen = watch.roll_back(folder.open_canary(place), on(day, 1), service=service)
    assert seen.state.closed is None and "identify" in report.text(seen)
    assert not ask(place, day + 1, service).done, "what was rolled back is not asked any more"
    seen = watch.name(folder.open_canary(place), on(day + 1), named, service=service)
    assert seen.state.closed["caught"] and seen.state.closed["served"] == PLAN.harmful == named
    catch, problem = report.read_catch(place.parent, on(day + 1))
    assert catch.caught and not problem and not catch.notes
    assert (
        f"rang on day {day}, {report._days(day - PLAN.change)} later, after 0 false alarms" in catch.headline
    )
    assert "named the replacement rightly" in catch.headline
    assert (on(day).date().isoformat(), day, "the rule rang") in catch.rows
    prints = dict(catch.fingerprints)
    assert (
        prints[f"weights from day {PLAN.change} on"]
        == seen.state.closed["weights"]
        != prints["weights at the enrolment"]
    )
    page = render(
        [], [], [], [], {"checks_passed": 0, "lessons": []}, front=make_front(None, "", [], {}, canary=catch)
    )
    assert (
        "A drift that I caught" in page.html
        and catch.headline in page.html
        and prints["questions"][:12] in page.html
    )


def test_a_day_is_asked_once_however_often_the_lab_starts(place, service):
    write_rule(place, NEVER)
    for hours in (0, 1, 2):
        watch.ask(folder.open_canary(place), on(1, hours), service=service)
    assert len(events(place, "asked")) == 1 and len(events(place, "judged")) == 1


def test_two_labs_that_start_together_ask_each_day_once(place, service):
    write_rule(place, NEVER)
    service.ask_all(ORIGINAL)  # loaded before the two begin
    both = [threading.Thread(target=ask, args=(place, 3, service)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert [line["day"] for line in events(place, "asked")] == [1, 2, 3] and not chained_log.read(place)[1]


def test_after_a_week_with_the_laptop_closed_the_missed_days_are_asked_of_what_is_served_then(place, service):
    write_rule(place, NEVER)
    ask(place, 2, service)
    seen = ask(place, 9, service)
    late = [one for one in seen.state.days if one.on == 9]
    assert [one.day for one in late] == [
        3,
        4,
        5,
        6,
        7,
        8,
        9,
    ] and seen.state.late == 7  # day 1 was late as well
    assert "280 questions of days 3 to 9, asked today" in report.text(seen)
    # nobody can ask yesterday's model: the questions of day 3 tell about the model of day 9
    rows = service.questions_of(ID, 3)
    assert service.ask(PLAN.harmful, rows).fingerprint == events(place, "asked")[2]["answers"]
    assert [line["through"] for line in events(place, "judged")] == [2, 9]


def test_days_that_are_too_late_are_skipped_and_said(place, service):
    write_rule(place, NEVER)
    ask(place, 1, service)
    seen = ask(place, 30, service)
    assert "Days 2 to 16 were not asked: more than 14 days late." in report.text(seen)
    assert seen.state.skipped == 15 and [one.day for one in seen.state.days] == [1, *range(17, 31)]
    assert not ask(place, 30, service).done


def test_a_clock_set_far_forward_uses_up_no_days_until_somebody_says_that_it_is_right(place, service, capsys):
    write_rule(place, ALWAYS)
    ask(place, 1, service)
    before = chained_log.read(place)
    for request in (watch.ask, watch.suite, watch.roll_back):
        with pytest.raises(CanaryError, match="which is day 400, after the review on day 42; the last request was on day 1, 399 days"):  # fmt: skip
            request(folder.open_canary(place), on(400), service=service)
    assert "It could not be asked: this computer's clock says 2027-04-06" in report.at_start(
        place.parent, on(400)
    )
    assert chained_log.read(place) == before
    # the clock is right again: nothing was lost
    watch.dismiss(folder.open_canary(place), on(2), "no slice lost anything", service=service)
    assert ask(place, 3, service, late=False).today == 3
    # two weeks off are bridged without a word, more with one
    assert [one.day for one in ask(place, 17, service, late=False).state.days] == [1, *range(2, 18)]
    with pytest.raises(CanaryError, match=r"`holdout canary ask --late` goes on"):
        ask(place, 32, service, late=False)
    assert ask(place, 32, service, late=True).today == 32


def test_what_nobody_found_the_review_finds(place, service):
    write_rule(place, NEVER)
    ask(place, END, service)
    assert folder.open_canary(place) and not events(place, "closed")
    seen = ask(place, END + 5, service)
    assert seen.state.closed["caught"] is False and "did not ring before the review" in report.text(seen)
    catch, _ = report.read_catch(place.parent, on(END + 6))
    assert not catch.caught and "was replaced without notice" in catch.headline
    assert "were not asked" in " ".join(catch.notes)
    page = render(
        [], [], [], [], {"checks_passed": 0, "lessons": []}, front=make_front(None, "", [], {}, canary=catch)
    )
    assert "A drift that I missed" in page.html
    with pytest.raises(CanaryError, match="this watch is over"):
        watch.suite(folder.open_canary(place), on(END + 6), service=service)


def test_an_alarm_that_nobody_decided_about_ends_with_the_review(place, service):
    write_rule(place, ALWAYS)
    ask(place, PLAN.change, service)
    seen = ask(place, END + 1, service)
    assert seen.state.rings == [PLAN.change] and not seen.state.closed["caught"]
    assert "It was not rolled back before the review" in report.text(seen)


def test_a_running_watch_is_said_in_the_portfolio_and_shown_to_nobody(place):
    catch, waiting = report.read_catch(place.parent, on(3))
    assert catch is None and waiting == f"My canary on the calendar is on day 3 of {END}; it is not over."
    page = render(
        [],
        [],
        [],
        [],
        {"checks_passed": 0, "lessons": []},
        front=make_front(None, "", [], {}, waiting=waiting),
    )
    assert waiting in page.html and PLAN.harmful not in page.html


# -------------------------------------------------------------------------------------------------------- false alarms


def test_a_false_alarm_is_rolled_back_or_dismissed_and_the_watch_goes_on(place, service):
    write_rule(place, ALWAYS)
    first = PLAN.events[0]
    seen = ask(place, first[0], service)
    assert seen.state.ringing == first[0]
    seen = watch.roll_back(folder.open_canary(place), on(first[0]), service=service)
    assert "It was a false alarm" in report.text(seen) and first[1] in report.text(seen)
    assert seen.state.suites, "everything was asked before the original was put back"
    seen = ask(place, first[0] + 1, service)
    assert seen.state.ringing == first[0] + 1
    for reason in ("", "no"):
        with pytest.raises(CanaryError, match="three words or more"):
            watch.dismiss(folder.open_canary(place), on(first[0] + 1), reason, service=service)
    seen = watch.dismiss(
        folder.open_canary(place), on(first[0] + 1), "no slice lost anything", service=service
    )
    assert seen.state.ringing is None and seen.state.history_begins == first[0] + 2
    write_rule(place, TRIPWIRE)
    seen = ask(place, PLAN.change + 2, service)
    watch.name(folder.open_canary(place), on(PLAN.change + 2), "smaller", service=service)
    seen = watch.roll_back(folder.open_canary(place), on(PLAN.change + 2), service=service)
    assert watch.outcome(seen).false_alarms == 2 and seen.state.closed["named"] == "smaller"
    assert ("right" if PLAN.harmful == "smaller" else "wrong") in report.text(seen)


def test_the_history_of_the_rule_begins_anew_after_a_decision(place, service):
    write_rule(place, "def monitor(stream):\n    return len(stream['days']) >= 2\n")
    assert ask(place, 1, service).state.ringing is None
    assert ask(place, 2, service).state.ringing == 2
    watch.dismiss(folder.open_canary(place), on(2), "only a rule that counts", service=service)
    assert ask(place, 3, service).state.ringing is None
    assert ask(place, 4, service).state.ringing == 4


def test_a_name_needs_an_alarm_and_belongs_to_it(place, service):
    write_rule(place, ALWAYS)
    with pytest.raises(CanaryError, match="nothing has rung yet"):
        watch.name(folder.open_canary(place), on(1), "4 bits", service=service)
    with pytest.raises(CanaryError, match="nothing rings"):
        watch.roll_back(folder.open_canary(place), on(1), service=service)
    ask(place, 1, service)
    with pytest.raises(CanaryError, match="no replacement 'bits'; there are: 'same'"):
        watch.name(folder.open_canary(place), on(1), "bits", service=service)
    assert watch.name(folder.open_canary(place), on(1), "4 bits", service=service).state.named == "4 bits"
    watch.dismiss(folder.open_canary(place), on(1), "nothing was in service", service=service)
    assert ask(place, 2, service).state.named == ""


# --------------------------------------------------------------------------------------------------------------- clock


def test_a_clock_set_back_is_said_and_nothing_is_asked_twice(place, service):
    write_rule(place, NEVER)
    ask(place, 7, service)
    seen = watch.ask(folder.open_canary(place), on(-400), service=service)
    assert "The clock was set back" in seen.done[0] and seen.today == 7
    assert len(events(place, "asked")) == 7
    # days are counted on, from the clock as it is now
    seen = watch.ask(folder.open_canary(place), on(-399), service=service)
    assert [one.day for one in seen.state.days] == list(range(1, 9)) and seen.state.set_back == [7]
    # a flat battery is the usual cause; once the clock is right again, days count from the enrolment again
    assert ask(place, 10, service).today == 10


def test_a_journey_across_time_zones_is_no_clock_set_back(place, service):
    write_rule(place, NEVER)
    ask(place, 3, service)
    west = (on(3) - timedelta(hours=9)).astimezone(timezone(timedelta(hours=-11)))
    assert west.date() == on(2).date()
    seen = watch.ask(folder.open_canary(place), west, service=service)
    assert not seen.done and not seen.state.set_back and seen.today == 3


def test_days_of_the_calendar_change_at_midnight():
    clock = Clock(datetime(2026, 3, 2, 23, 59, tzinfo=UTC))
    assert clock.at(datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC)) == 0
    assert clock.at(datetime(2026, 3, 3, 0, 0, 1, tzinfo=UTC)) == 1


def test_on_a_compressed_clock_days_last_as_long_as_was_said_and_the_page_says_so(
    tmp_path, service, monkeypatch
):
    monkeypatch.setattr(folder.secrets, "token_hex", lambda n: ID)
    made = folder.enrol(tmp_path / folder.FOLDER, START, seconds_per_day=90, service=service)
    write_rule(made.folder, TRIPWIRE)
    at = lambda day: START + timedelta(seconds=90 * day + 5)  # noqa: E731
    seen = watch.ask(made, at(2), service=service)
    assert [one.day for one in seen.state.days] == [1, 2] and "a day lasts 1.5 minutes" in report.text(seen)
    seen = watch.ask(made, at(PLAN.change + 3), service=service)
    watch.name(made, at(PLAN.change + 3), PLAN.harmful, service=service)
    watch.roll_back(made, at(PLAN.change + 4), service=service)
    catch, _ = report.read_catch(tmp_path, at(20))
    assert catch.caught and catch.notes[0] == "On a compressed clock: one day lasted 1.5 minutes."
    for seconds in (0, -5, float("nan"), 1e9):
        with pytest.raises(InvalidValue, match="compressed clock"):
            folder.enrol(tmp_path / "other", START, seconds_per_day=seconds, service=service)
    assert not (tmp_path / "other").exists()


# ----------------------------------------------------------------------------------------------------------------- log


@pytest.fixture
def week(place, service):
    """A canary after five days."""
    write_rule(place, NEVER)
    for day in (2, 5):
        ask(place, day, service)
    return place


def lines_of(place):
    return (place / chained_log.FILE).read_text().splitlines(keepends=True)


def test_a_line_that_a_crash_cut_off_stays_and_the_watch_goes_on(week, service):
    (week / chained_log.FILE).write_bytes((week / chained_log.FILE).read_bytes()[:-40])
    kept = (week / chained_log.FILE).read_bytes()
    seen = ask(week, 6, service)
    assert (week / chained_log.FILE).read_bytes().startswith(kept)
    assert any("is no line that the tool writes" in one for one in seen.problems)
    assert any("your record has noted" in one for one in seen.problems)
    lines, problems = chained_log.read(week)
    assert len(problems) == 1 and [line["day"] for line in lines if line["event"] == "asked"] == [
        1,
        2,
        3,
        4,
        5,
        6,
    ]
    assert [line["through"] for line in lines if line["event"] == "judged"] == [2, 6]


@pytest.mark.parametrize(
    "change",
    [
        lambda line: "not even JSON\n",
        lambda line: "[1, 2]\n",
        lambda line: "\n",
        lambda line: json.dumps(json.loads(line) | {"lost": [0, 0, 9, 0, 0]}) + "\n",
        lambda line: json.dumps(json.loads(line) | {"lost": "none"}) + "\n",
        lambda line: json.dumps(json.loads(line) | {"day": -3}) + "\n",
        lambda line: json.dumps(json.loads(line) | {"event": "party"}) + "\n",
        lambda line: json.dumps({key: value for key, value in json.loads(line).items() if key != "day"}) + "\n",
        lambda line: line + line,
        lambda line: "",
    ],
)  # fmt: skip
def test_an_edited_log_is_said_and_nothing_else_is_lost(week, service, change):
    lines = lines_of(week)
    (week / chained_log.FILE).write_text("".join([*lines[:3], change(lines[3]), *lines[4:]]))
    seen = ask(week, 6, service)
    assert any("line 4" in one or "line 5" in one for one in seen.problems)
    days = {one.day for one in seen.state.days}
    assert days >= {1, 2, 4, 5, 6} and seen.state.judged == 6
    assert "! " in report.text(seen)


def test_a_log_that_is_gone_or_shortened_is_said_and_the_watch_goes_on(week, service):
    first = lines_of(week)[:2]
    (week / chained_log.FILE).write_text("".join(first))
    seen = ask(week, 6, service)
    assert any("that your record has noted are not there any more" in one for one in seen.problems)
    (week / chained_log.FILE).unlink()
    seen = ask(week, 7, service)
    assert any("the line of the enrolment is missing" in one for one in seen.problems)
    assert [one.day for one in seen.state.days] == [1, 2, 3, 4, 5, 6, 7]


def test_what_was_fixed_at_the_enrolment_stands_twice(week, service):
    about = json.loads((week / folder.ABOUT).read_text())
    (week / folder.ABOUT).write_text("{ broken")
    seen = ask(week, 6, service)
    assert seen.canary.about == about and any("canary.json cannot be read" in one for one in seen.problems)
    (week / folder.ABOUT).write_text(json.dumps(about | {"enrolled": on(-9).isoformat()}))
    seen = ask(week, 7, service)
    assert seen.canary.about == about and any("the log was believed" in one for one in seen.problems)
    lines = lines_of(week)
    (week / folder.ABOUT).write_text(json.dumps(about))
    (week / chained_log.FILE).write_text(
        "".join([json.dumps(json.loads(lines[0]) | {"id": "0"}) + "\n", *lines[1:]])
    )
    seen = ask(week, 8, service)
    assert seen.canary.about["id"] == ID and any("canary.json was believed" in one for one in seen.problems)
    (week / folder.ABOUT).unlink()
    (week / chained_log.FILE).write_text("".join(lines[1:]))
    with pytest.raises(CanaryError, match="restore the folder from a copy"):
        folder.open_canary(week)


def test_another_plan_than_that_of_the_enrolment_is_said(week, service):
    about = json.loads((week / folder.ABOUT).read_text())
    (week / folder.ABOUT).write_text(json.dumps(about | {"plan": "0"}))
    (week / chained_log.FILE).unlink()
    assert any(
        "the plan drawn from the canary's id is another one" in one
        for one in folder.open_canary(week).problems
    )


def test_the_record_notes_the_last_line_and_works_without_a_record(week, service, monkeypatch):
    noted = [one for one in progress.read() if one["kind"] == watch.KIND]
    assert [one["head"] for one in noted][-1] == chained_log.head(chained_log.read(week)[0])
    monkeypatch.setenv("HOLDOUT_PROGRESS", "off")
    assert not ask(week, 6, service).problems


# ---------------------------------------------------------------------------------------------------------------- rule


@pytest.mark.parametrize(
    "text, said",
    [
        ("def monitor(stream):\n    return 1 / 0\n", "ZeroDivisionError: division by zero (line 2)"),
        ("def monitor(stream)\n    return True\n", "SyntaxError: expected ':' (line 1)"),
        ("def monitor(stream):\n    import os\n    os._exit(0)\n", "it ended its process without an answer"),
        ("def monitor(stream):\n    import sys\n    sys.exit('bye')\n", "SystemExit: bye (line 3)"),
        ("def monitor(stream):\n    pass\n", "monitor returned None; it must return True, False"),
        ("def monitor(stream):\n    return stream['lost']\n", "monitor returned array"),
        ("def alarm(stream):\n    return True\n", "there is no function monitor in it"),
        ("def monitor(stream):\n    return stream['losses']\n", "KeyError: 'losses' (line 2)"),
        ("def monitor(stream):\n    return 'suite'\n", "although it was asked"),
        ("def monitor(stream):\n    while True: print('x' * 1000)\n", "it had not answered after 2 seconds of computing"),
        ("import os, sys\nos.close(1)\nopen(sys.argv[3], 'w').write('{}')\nos._exit(0)\n", "without an answer"),
        ("\udcff", "Error"),
        (None, "FileNotFoundError"),
    ],
)  # fmt: skip
def test_a_rule_that_fails_costs_no_counts_and_judges_all_days_once_it_is_repaired(
    place, service, text, said
):
    if text is None:
        (place / rule.FILE).unlink()
    else:
        (place / rule.FILE).write_bytes(text.encode("utf-8", "surrogateescape"))
    seen = ask(place, 2, service, seconds=2)
    assert said in seen.state.problems_of_rule[-1][1] and "Your rule failed" in report.text(seen)
    assert len(seen.state.days) == 2 and seen.state.judged == 0 and not seen.state.rings
    write_rule(place, "def monitor(stream):\n    return len(stream['days']) == 1 and stream['days'] == [1]\n")
    seen = ask(place, 2, service)
    assert seen.state.ringing == 2 and events(place, "judged")[-1]["through"] == 1


def test_progress_says_where_the_canary_stands_and_asks_nothing(place, service, capsys):
    write_rule(place, ALWAYS)
    said = lambda day: report.in_a_line(place.parent, on(day))  # noqa: E731
    assert (
        said(2)
        == f"Your canary: day 2 of {END}, nothing rings; the questions of 2 days wait for `holdout canary`."
    )
    assert main(["progress"]) == 0 and "Your canary: day " in capsys.readouterr().out
    assert not events(place, "asked")
    ask(place, 2, service)
    assert f"day 2 of {END}. It rings since day 2" in said(2)
    watch.dismiss(folder.open_canary(place), on(2, 1), "it always rings, whatever comes", service=service)
    write_rule(place, NEVER)
    ask(place, END + 1, service)
    assert "over; the change came on day 8, your rule did not ring" in said(END + 1)
    (place / chained_log.FILE).write_text("{}\n")
    assert "Something is wrong with its files" in said(END + 1)
    (place / folder.ABOUT).unlink()
    assert said(END + 1).startswith("Your canary cannot be read")


def test_a_rule_that_sleeps_is_ended_by_the_clock(place, service, monkeypatch):
    monkeypatch.setattr(rule, "PATIENCE", 1)
    write_rule(place, "import time\n\n\ndef monitor(stream):\n    time.sleep(600)\n")
    seen = ask(place, 1, service, seconds=2)
    assert "it had not answered after 2 seconds" == seen.state.problems_of_rule[-1][1]


def test_a_rule_that_fails_on_one_day_has_judged_those_before(place, service):
    write_rule(place, "def monitor(stream):\n    return [False, False][len(stream['days']) - 1]\n")
    seen = ask(place, 3, service)
    assert seen.state.judged == 2 and "IndexError" in seen.state.problems_of_rule[-1][1]


def test_a_rule_that_changes_what_it_is_shown_changes_nothing(place, service):
    write_rule(
        place,
        "def monitor(stream):\n    stream['lost'][:] = 7\n    stream['days'].clear()\n    return bool(stream['gained'].sum() > 1e6)\n",
    )
    seen = ask(place, 3, service)
    assert seen.state.judged == 3 and sum(map(sum, (one.lost for one in seen.state.days))) < 20


def test_a_rule_may_import_what_lies_beside_it_and_sees_the_promised_shapes(place, service):
    (place / "calendar_of_mine.py").write_text("LIMIT = 3\n")
    write_rule(
        place,
        "from calendar_of_mine import LIMIT\nimport numpy as np\n\ndef monitor(stream):\n"
        "    n = len(stream['days'])\n"
        "    for key in ('lost', 'gained', 'changed'):\n"
        "        assert stream[key].shape == (n, 5) and stream[key].dtype.kind == 'i'\n"
        "    assert len(stream['slices']) == 5 and stream['items'] == 8\n"
        "    if n == LIMIT:\n"
        "        if stream['suite'] is None:\n"
        "            return 'suite'\n"
        "        assert stream['suite']['items'].sum() == 1956\n"
        "        return np.bool_(True)\n"
        "    return False\n",
    )
    seen = ask(place, 3, service)
    assert seen.state.ringing == 3 and len(seen.state.suites) == 1 and not seen.state.problems_of_rule


def test_the_log_says_with_which_rule_each_day_was_judged(place, service):
    for day, text in ((1, NEVER), (2, NEVER), (3, ANY_LOSS)):
        write_rule(place, text)
        ask(place, day, service)
    first, second, third = (line["rule"] for line in events(place, "judged"))
    assert first == second == chained_log.fingerprint(NEVER.encode()) != third


# ---------------------------------------------------------------------------------------------------------- the command


def test_the_command_from_the_enrolment_to_the_status(tmp_path, monkeypatch, capsys):
    root = tmp_path / "course"
    for name in ("lessons", "exercises"):
        (root / name).mkdir(parents=True)
    monkeypatch.chdir(root)
    moments = iter([on(0), on(0), *[on(1)] * 5])
    monkeypatch.setattr(holdout.cli, "_now", lambda: next(moments))
    assert main(["canary"]) == 1 and "begin one with `holdout canary enrol`" in capsys.readouterr().err
    assert main(["canary", "enrol"]) == 0
    assert "From day 1 on" in capsys.readouterr().out
    assert main(["canary"]) == 0
    out = capsys.readouterr().out
    assert "40 questions of day 1" in out and "still the one that never rings" in out
    assert main(["canary", "enrol"]) == 1 and "is there already" in capsys.readouterr().err
    assert main(["canary", "suite"]) == 0 and "All 1,956 questions were asked" in capsys.readouterr().out
    assert main(["canary", "roll-back"]) == 1 and "nothing rings" in capsys.readouterr().err
    assert main(["canary", "status"]) == 0 and f"Day 1 of {END}" in capsys.readouterr().out


def test_a_start_of_the_lab_asks_the_canary_and_starts_whatever_happens(place, service, monkeypatch, capsys):
    (place.parent / "lessons" / "index.ipynb").write_text("{}")
    started = []
    monkeypatch.setattr(os, "execv", lambda *arguments: started.append(arguments))
    monkeypatch.setattr(holdout.cli, "_now", lambda: on(1))
    for key in ("PATH", "JUPYTER_CONFIG_PATH", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(key, os.environ.get(key, ""))
    monkeypatch.setenv("HOLDOUT_COURSE", str(place.parent))
    write_rule(place, ALWAYS)
    main(["lab", "--no-browser"])
    assert (
        "Canary. 40 questions of day 1" in (out := capsys.readouterr().out) and "It rings since day 1" in out
    )
    for name in (folder.ABOUT, chained_log.FILE):
        (place / name).write_bytes(b"\xff\x00")
    main(["lab", "--no-browser"])
    assert "It could not be asked" in capsys.readouterr().out
    shutil.rmtree(place)
    main(["lab", "--no-browser"])
    assert "anary" not in capsys.readouterr().out and len(started) == 3
