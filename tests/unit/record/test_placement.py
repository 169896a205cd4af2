"""The placement: every number holds, nothing can be guessed by form, simulated learners are placed as they are."""

import math
import pathlib
import re

import numpy as np
import pytest
from scipy.stats import binom

from holdout.errors import InvalidValue
from holdout.record import progress, summary
from holdout.record.placement import results, scoring
from holdout.record.placement.form import place
from holdout.record.placement.item import UNKNOWN
from holdout.record.placement.items import FORMS, form_items
from holdout.record.placement.misconceptions import MISCONCEPTIONS
from holdout.register import read_course

ROOT = pathlib.Path(__file__).resolve().parents[3]
ALL = [item for form in FORMS for item in form_items(form)]
A, B = form_items("A"), form_items("B")
LEARNERS = 200
each_item = pytest.mark.parametrize("item", ALL, ids=lambda item: item.id)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("HOLDOUT_PROGRESS", str(tmp_path / "mine"))
    monkeypatch.chdir(ROOT)
    return tmp_path / "mine"


def right_answer(item):
    return {"choice": 0.0, "line": float(item.line)}.get(item.kind, item.values.get(item.answer))


# -- the items


@each_item
def test_the_numbers_of_an_item_bear_out_its_answer(item):
    assert item.holds(item.values), dict(item.values)
    assert item.facts() == item.values, "the same at every call"
    assert item.is_right(right_answer(item)) and not item.misconception(right_answer(item))


@each_item
def test_every_text_of_an_item_is_filled_and_every_wrong_answer_is_explained(item):
    texts = [item.stem, item.says, item.alt, *(option.text for option in item.options)]
    for text in texts:
        assert "{" not in item.text(text) and "nan" not in item.text(text)
    assert item.explain(right_answer(item)).startswith("Right. ")
    for name, answer in item.misconceptions.items():
        assert name in MISCONCEPTIONS
        assert not item.is_right(answer)
        said = item.explain(answer)
        assert "The answer:" in said and not said.startswith("The answer:"), (
            "what this answer did comes first"
        )
    assert item.explain(UNKNOWN).startswith("The answer:")
    assert bool(item.figure) == bool(item.alt)


@each_item
def test_no_number_counts_as_right_and_as_a_misreading(item):
    if item.kind != "number":
        return
    numbers = [item.values[item.answer], *item.misconceptions.values()]
    for place_, one in enumerate(numbers):
        for other in numbers[:place_]:
            assert abs(one - other) > 2 * item.tolerance, (one, other)


@each_item
def test_a_statement_of_a_formula_agrees_with_its_simulation(item):
    if "simulated" in item.values:
        shown = item.values[item.answer or "any"] / 100
        # four standard errors of a share of 20,000, the smallest number of simulated periods
        assert (
            abs(item.values["simulated"] / 100 - shown) <= 4 * math.sqrt(shown * (1 - shown) / 20_000) + 1e-9
        )


def test_the_two_forms_are_parallel():
    assert [item.family for item in A] == [item.family for item in B]
    for one, other in zip(A, B, strict=True):
        assert one.kind == other.kind
        assert set(one.misconceptions) == set(other.misconceptions), one.family
        assert one.stem != other.stem or one.values != other.values or one.code != other.code
    placed = {lesson.number for lesson in read_course(ROOT).lessons if not lesson.elective}
    assert {item.lesson for item in A} == placed
    assert {item.kind for item in A} == {"choice", "line", "number"}
    assert set(MISCONCEPTIONS) == {name for item in ALL for name in item.misconceptions}


# -- nothing can be guessed by form

HEDGES = re.compile(
    r"\b(may|might|could|can|would|probably|perhaps|possibly|likely|seems?|about|unless|until|up to|nearly|some|if)\b", re.I
)  # fmt: skip


@pytest.mark.parametrize("item", [item for item in ALL if item.kind == "choice"], ids=lambda item: item.id)
def test_the_options_of_a_choice_are_of_equal_length(item):
    lengths = [len(item.text(option.text)) for option in item.options]
    assert max(lengths) <= 1.15 * min(lengths), lengths


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("the longest", len),
        ("the shortest", lambda option: -len(option)),
        ("the most hedged", lambda option: len(HEDGES.findall(option))),
        ("the least hedged", lambda option: -len(HEDGES.findall(option))),
        ("the most numbers", lambda option: len(re.findall(r"\d", option))),
        ("the most clauses", lambda option: len(re.findall(r"[,:;]", option))),
    ],
)
def test_no_rule_that_does_not_read_chooses_better_than_chance(form, rule, value):
    choices = [item for item in form_items(form) if item.kind == "choice"]
    hits = 0.0
    for item in choices:
        values = [value(item.text(option.text)) for option in item.options]
        largest = [place_ for place_, each in enumerate(values) if each == max(values)]
        hits += (0 in largest) / len(largest)
    assert hits <= binom.isf(0.05, len(choices), 0.25), f"{rule}: {hits:.1f} of {len(choices)}"


def test_the_place_of_the_right_option_says_nothing_and_is_the_learners_own():
    choices = [item for item in ALL if item.kind == "choice"]
    places = np.array([[results.order(item, seed).index(0) for item in choices] for seed in range(LEARNERS)])
    counts = np.bincount(places.ravel(), minlength=4)
    spread = 4 * math.sqrt(places.size * 0.25 * 0.75)
    assert np.abs(counts - places.size / 4).max() <= spread, counts
    assert results.order(choices[0], 5) == results.order(choices[0], 5)
    assert len({tuple(row) for row in places}) > LEARNERS * 0.9


def test_the_right_lines_are_not_at_one_place():
    lines = [item.line for item in ALL if item.kind == "line"]
    assert max(map(lines.count, lines)) <= len(lines) / 2, lines


# -- simulated learners


def guess(item, rng):
    if item.kind == "number":
        largest = max(abs(item.values[item.answer]), *(abs(value) for value in item.misconceptions.values()))
        return float(rng.uniform(0, 2 * largest))
    return (
        float(rng.integers(len(item.options)))
        if item.kind == "choice"
        else float(rng.integers(1, len(item.lines) + 1))
    )


class Learner:
    """Somebody with known misconceptions, who knows some families and not others, and slips now and then."""

    def __init__(self, rng, *, ability, honest, slip=0.1, believes=0.25):
        self.rng, self.honest, self.slip = rng, honest, slip
        self.beliefs, self.known = {}, {}
        for item in A:
            if rng.random() < believes:
                self.beliefs[item.family] = str(rng.choice(sorted(item.misconceptions)))
            self.known[item.family] = rng.random() < ability

    def answer(self, item):
        if self.rng.random() < self.slip:
            return guess(item, self.rng)
        if item.family in self.beliefs:
            return item.misconceptions[self.beliefs[item.family]]
        if self.known[item.family]:
            return right_answer(item)
        return UNKNOWN if self.honest else guess(item, self.rng)

    def answers(self, items):
        return {item.id: self.answer(item) for item in items}


@pytest.fixture(scope="module")
def learners():
    rng = np.random.default_rng(2311)
    made = [
        Learner(rng, ability=rng.uniform(0.2, 0.9), honest=bool(place_ % 2)) for place_ in range(LEARNERS)
    ]
    return [(learner, learner.answers(A), learner.answers(B)) for learner in made]


def test_the_two_forms_agree_within_the_stated_standard_error(learners):
    inside, differences = 0, []
    for _, first, second in learners:
        a, b = scoring.score(A, first), scoring.score(B, second)
        difference = (a.right - b.right) / a.items
        differences.append(difference)
        inside += abs(difference) <= 1.96 * math.hypot(a.standard_error, b.standard_error)
    # the stated error is that of independent items; what a learner knows is the same in both forms, so it is never too small
    assert inside >= binom.ppf(0.001, LEARNERS, 0.95), inside
    # neither form is the easier one: four standard errors of the mean
    assert abs(np.mean(differences)) <= 4 * np.std(differences, ddof=1) / math.sqrt(LEARNERS)
    scores = np.array(
        [[scoring.score(A, first).right, scoring.score(B, second).right] for _, first, second in learners]
    )
    assert np.corrcoef(scores.T)[0, 1] > 0.7


@pytest.mark.parametrize("form", ["A", "B"])
def test_known_misconceptions_are_recovered(learners, form):
    """A confusion matrix over (learner, misconception): held and shown."""
    held_shown = held = shown_by_honest = false_by_honest = 0
    for learner, first, second in learners:
        found = scoring.misconceptions(form_items(form), first if form == "A" else second)
        held += len(learner.beliefs)
        truth = {(family, name) for family, name in learner.beliefs.items()}
        shown = {(id.split(".", 1)[1], name) for name, ids in found.items() for id in ids}
        held_shown += len(truth & shown)
        if learner.honest:
            shown_by_honest += len(shown)
            false_by_honest += len(shown - truth)
    # nine in ten answers follow the belief, the rest are guesses
    assert held_shown / held >= 0.9 - 4 * math.sqrt(0.09 / held)
    # of who says "I do not know", only slips show what is not believed
    assert false_by_honest / shown_by_honest <= 0.25


def test_without_slips_every_misconception_is_recovered_and_no_other():
    rng = np.random.default_rng(7)
    for _ in range(50):
        learner = Learner(rng, ability=0.5, honest=True, slip=0.0)
        for items in (A, B):
            found = scoring.misconceptions(items, learner.answers(items))
            shown = {(id.split(".", 1)[1], name) for name, ids in found.items() for id in ids}
            assert shown == set(learner.beliefs.items())


def test_a_guesser_is_told_to_skip_something_once_in_a_hundred_times_at_most():
    rng = np.random.default_rng(23)
    needed = scoring.needed_to_skip(A)
    assert scoring.chance_of_guessing(A, needed) <= 0.01 < scoring.chance_of_guessing(A, needed - 1)
    tried = 1000
    told = sum(bool(scoring.skips(A, {item.id: guess(item, rng) for item in A})) for _ in range(tried))
    assert told <= binom.isf(0.001, tried, scoring.chance_of_guessing(A, needed)), told


def test_the_chance_of_a_guess_is_that_of_guessing():
    rng = np.random.default_rng(4)
    tried = 4000
    for item in ALL:
        hits = sum(item.is_right(guess(item, rng)) for _ in range(tried))
        spread = 4 * math.sqrt(tried * item.chance * (1 - item.chance))
        assert abs(hits - tried * item.chance) <= spread, item.id


def test_who_knows_everything_may_skip_everything_and_who_says_so_of_nothing_nothing():
    everything = {item.id: right_answer(item) for item in A}
    assert scoring.skips(A, everything) == sorted({item.lesson for item in A})
    assert scoring.recommended_path(A, everything) == "one-day"
    nothing = {item.id: UNKNOWN for item in A}
    assert scoring.skips(A, nothing) == []
    assert scoring.misconceptions(A, nothing) == {}


def test_a_lesson_with_a_wrong_item_is_not_skipped():
    given = {item.id: right_answer(item) for item in A} | {"A.01.2": UNKNOWN, "A.06.1": 1.0}
    may = scoring.skips(A, given)
    assert "01" not in may and "06" not in may and "02" in may


def test_nothing_is_skipped_before_all_is_answered_or_when_few_are_right():
    given = {item.id: right_answer(item) for item in A[:-1]}
    assert scoring.skips(A, given) == []
    few = {item.id: UNKNOWN for item in A} | {
        item.id: right_answer(item) for item in A[: scoring.needed_to_skip(A) - 1]
    }
    assert scoring.skips(A, few) == []


def test_the_path_follows_what_is_missed():
    course = {path.id for path in read_course(ROOT).paths}
    language = {
        item.id: UNKNOWN if item.lesson in scoring.LANGUAGE_MODELS else right_answer(item) for item in A
    }
    tables = {
        item.id: right_answer(item) if item.lesson in scoring.LANGUAGE_MODELS else UNKNOWN for item in A
    }
    assert scoring.recommended_path(A, language) == "ai-engineer"
    assert scoring.recommended_path(A, tables) == "ml-engineer"
    assert {"ai-engineer", "ml-engineer", "one-day"} <= course


# -- the gain


def test_the_gain_is_paired():
    before = {item.id: right_answer(item) if place_ < 8 else UNKNOWN for place_, item in enumerate(A)}
    after = {item.id: right_answer(item) if 2 <= place_ < 16 else UNKNOWN for place_, item in enumerate(B)}
    found = scoring.gain(A, B, before | after)
    assert (found.gained, found.lost, found.both, found.pairs) == (8, 2, 6, 20)
    assert found.difference == pytest.approx(0.3)
    # Agresti and Min by hand: cells 8.5 and 2.5 of 22
    middle, spread = 6 / 22, math.sqrt(11 - 36 / 22) / 22
    assert (found.low, found.high) == pytest.approx(
        (middle - 1.96 * spread, middle + 1.96 * spread), abs=1e-4
    )


def test_an_unchanged_learner_has_no_gain_within_the_interval(learners):
    covered = 0
    for _, first, second in learners:
        found = scoring.gain(A, B, first | second)
        covered += found.low <= 0 <= found.high
    assert covered >= binom.ppf(0.001, LEARNERS, 0.95), covered


def test_forms_of_other_families_cannot_be_compared():
    with pytest.raises(ValueError, match="same families"):
        scoring.gain(A, B[:-1], {})


# -- the record and the widget


def test_the_first_answer_counts_and_records_that_fit_no_item_are_left_out():
    entries = [
        {"kind": "placement", "item": "A.01.1", "answer": 2},
        {"kind": "placement", "item": "A.01.1", "answer": 0},
        {"kind": "placement", "item": "A.99.1", "answer": 0},
        {"kind": "placement", "item": "A.02.1", "answer": 99},
        {"kind": "placement", "item": "A.03.2", "answer": "many"},
        {"kind": "placement", "item": ["A.03.2"], "answer": {}},
        {"kind": "check", "item": "A.06.1", "answer": 0},
    ]
    assert results.answers(entries) == {"A.01.1": 2.0}


def test_the_seed_is_drawn_once_and_kept(here):
    seed = results.learner_seed()
    assert results.learner_seed() == seed
    assert results.seed_of(progress.read()) == seed
    assert (
        results.seed_of([{"kind": "placement order", "seed": True}, {"kind": "placement order", "seed": -1}])
        is None
    )


def test_where_nothing_is_recorded_the_form_works_and_writes_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("HOLDOUT_PROGRESS", "off")
    monkeypatch.chdir(ROOT)
    form = place("A")
    assert form.seed == 0
    assert form.answer("?") == "Recorded: item 1 of 20."
    assert form.item.id == A[1].id


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_answered_by_its_buttons_and_reveals_nothing_before_the_end(here, form):
    asked = place(form)
    box = asked.widget
    for number, item in enumerate(form_items(form), 1):
        assert asked.item is item
        assert f"Item {number} of {len(asked.items)}" in box.parts[0]["html"]
        assert box.result == ""
        kinds = {"choice": "choice", "line": "list", "number": "text"}
        assert box.parts[1]["kind"] == kinds[item.kind]
        box.press("commit")
        assert "choose your answer first" in box.said and asked.item is item
        if item.kind == "choice":
            answer = 0
        elif item.kind == "line":
            answer = item.line
        else:
            box.press("commit", answer="a lot")
            assert "is not a number" in box.said
            answer = f"{item.values[item.answer]:.4f}"
        box.press("commit", answer=answer)
        if number < len(asked.items):
            assert "right" not in box.said.lower().replace("answered rightly", "")
    assert f"{number} of {number} right" in box.result
    assert asked.widget is box and [part["kind"] for part in box.parts] == ["html"]
    again = place(form)
    assert again.item is None and f"{number} of {number}" in repr(again)


def test_the_result_tells_misconceptions_and_reasons(here):
    asked = place("A")
    for item in A:
        asked.answer(next(iter(item.misconceptions.values())))
    shown = asked.result_html()
    assert "0 of 20 right" in shown and "No core is recommended to be skipped" in shown
    assert MISCONCEPTIONS["training-score"] in shown
    assert "ML engineer" in shown or "AI engineer" in shown


def test_an_answer_by_letter_is_that_of_the_shuffled_option(here):
    asked = place("A")
    letter = "abcd"[results.order(A[0], asked.seed).index(0)]
    asked.answer(letter)
    assert results.answers(progress.read()) == {"A.01.1": 0.0}
    with pytest.raises(InvalidValue, match="not a number"):
        asked.answer("z")


def test_progress_shows_the_gain_item_by_item_and_the_path_leaves_out_what_may_be_skipped(here):
    for form, items in (("A", A), ("B", B)):
        asked = place(form)
        for item in items:
            asked.answer(UNKNOWN if form == "A" and item.lesson in ("04", "07") else right_answer(item))
    text = summary.report()
    assert summary.summary()["next"].startswith("Begin lesson 04"), "the first that may not be skipped"
    assert "+20 percentage points (95% interval 0 to +37" in text
    assert "Placement: 16 of 20 right" in text and "Final: 20 of 20 right" in text
    assert (
        "4 items gained, 0 lost of 20" in text and "04.1 gained" in text and "01.1 right both times" in text
    )
    state = summary.state_of_path("one-day")
    assert {row["lesson"]: row["status"] for row in state["steps"]}["01"] == "skip"
    assert state["next"].startswith("Lesson 04")
    assert summary.summary()["placement"]["gain"]["gained"] == 4


def test_the_cases_of_the_reviewer_count_neither_as_placement_nor_as_final(here):
    asked = place("R")
    assert len(asked.items) >= 6 and {item.kind for item in asked.items} == {"choice"}
    for _ in asked.items:
        asked.answer(1)
    assert "0 of 7 right" in asked.result_html() and "decide no grade" in asked.result_html()
    assert summary.summary()["placement"] is None
    assert results.skips(progress.read()) == []


def test_another_form_is_refused():
    with pytest.raises(InvalidValue, match="there is no form 'C'; the forms are A, B, R"):
        place("C")
