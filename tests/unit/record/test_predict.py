"""Predict first: nothing is revealed early, the first commitment counts, a broken disk costs nothing."""

import json
import subprocess
import sys
import warnings

import numpy as np
import pytest

from holdout.record import predict as module
from holdout.record import progress
from holdout.record.predict import commit, predict, resolve
from holdout.record.progress import prediction_records, read
from holdout.record.self_calibration import NEEDED, NEEDED_PER_BIN, advice, brier, reliability

OPTIONS = ["it falls", "it stays", "it rises"]
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("HOLDOUT_PROGRESS", str(tmp_path / "mine"))
    monkeypatch.setattr(module, "_asked", {})
    return tmp_path / "mine"


def ask(**changes):
    return predict(
        "01.p1", "What happens?", **({"options": OPTIONS, "answer": "c", "reveal": "SECRET."} | changes)
    )


def everything_on_screen(p):
    """All text that a page could hold: the plain text and the state of the form."""
    return f"{p!r}\n{p.widget.get_state()!r}"


def part(p, name):
    """A part of the form, such as "answer"."""
    return next(one for one in p.widget.parts if one.get("name") == name)


def button(p):
    """What is written on the button."""
    return p.widget.parts[-1]["buttons"][0][1]


def click(p, answer=None, confidence=None):
    """What a learner does: choose, choose, press."""
    chosen = {"answer": answer, "confidence": confidence}
    p.widget.press("commit", **{name: value for name, value in chosen.items() if value is not None})
    return p.widget.said


# -- nothing before the commitment


@pytest.mark.parametrize(
    "use", [lambda p: commit("01.p1", "a", 0.6), lambda p: click(p, "a", 0.6)], ids=["text", "buttons"]
)
def test_answer_and_reveal_are_nowhere_before_the_commitment_and_shown_after_it(use):
    asked = []
    p = ask(answer=lambda: asked.append(1) or "c")
    assert "SECRET" not in everything_on_screen(p)
    assert not asked  # not even computed
    use(p)
    assert asked
    assert "SECRET" in everything_on_screen(p)
    assert "You were wrong. The answer: c) it rises." in repr(p)


def test_the_commitment_is_on_the_disk_before_the_answer_is_computed(place):
    found = []

    def answer():
        found.extend(read())
        return "a"

    ask(answer=answer).commit("a", 0.9)
    assert [entry["kind"] for entry in found] == ["prediction"]


def test_nothing_is_preselected_so_nothing_is_suggested():
    p = ask()
    assert part(p, "answer")["value"] is None
    assert ["choose how sure you are", part(p, "confidence")["value"]] in part(p, "confidence")["options"]


def test_before_a_commitment_the_text_is_the_same_each_time_and_says_how_to_answer():
    assert (
        repr(ask())
        == repr(ask())
        == (
            "Predict first · 01.p1\nWhat happens?\n  a) it falls\n  b) it stays\n  c) it rises\n"
            'Commit before you read on. Without buttons: commit("01.p1", "b", 0.8)'
        )
    )


# -- committing


def test_a_commitment_is_recorded_with_what_was_asked_and_scored():
    ask().commit("it rises", 0.75)
    first, second = read()
    assert (first["id"], first["answer"], first["confidence"], first["choices"]) == ("01.p1", "c", 0.75, 3)
    assert (second["kind"], second["correct"]) == ("resolution", True)
    (record,) = prediction_records(read())
    assert record["correct"] is True


@pytest.mark.parametrize("answer", ["b", "B", " b) ", "b.", "it stays"])
def test_an_answer_may_be_a_letter_or_the_text(answer):
    p = ask()
    p.commit(answer, 0.5)
    assert p.commitment == {"answer": "b", "confidence": 0.5}


@pytest.mark.parametrize("answer", ["d", "", "it falls down", None, 1, 0, ["a"], float("nan")])
def test_an_answer_that_is_no_option_records_nothing_and_says_what_is_possible(answer):
    p = ask()
    with pytest.raises(ValueError, match="letter from a to c"):
        p.commit(answer, 0.5)
    assert read() == []


@pytest.mark.parametrize("confidence", [80, 1.01, "0.8", None, True, float("nan"), -0.2, 0.3])
def test_a_confidence_that_is_no_share_or_below_a_blind_guess_records_nothing(confidence):
    p = ask()
    with pytest.raises(ValueError, match="confidence"):
        p.commit("a", confidence)
    assert p.commitment is None
    assert read() == []


def test_a_rounded_third_counts_as_a_blind_guess_among_three():
    p = ask()
    p.commit("a", 0.33)
    assert p.commitment["confidence"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("count", [2, 3, 4, 10])
def test_confidences_on_offer_begin_at_the_blind_guess_and_end_at_certain(count):
    p = ask(options=[f"option {i}" for i in range(count)], answer="a")
    shares = [share for _, share in p._confidences()]
    assert shares[0] == 1 / count
    assert shares[-1] == 1.0
    assert shares == sorted(set(shares))


def test_a_change_of_mind_is_recorded_and_does_not_count():
    p = ask()
    p.commit("a", 0.9)
    note = p.commit("c", 0.9)
    assert "Your first answer counts: a) it falls, 90% sure." in note.text
    (record,) = prediction_records(read())
    assert (record["answer"], record["correct"]) == ("a", False)
    assert [entry.get("counts") for entry in read() if entry["kind"] == "prediction"] == [True, False]


def test_an_answer_that_cannot_be_computed_leaves_the_commitment_recorded_and_says_what_to_do():
    p = ask(answer=lambda: 1 / 0)
    note = p.commit("a", 0.5)
    assert "ZeroDivisionError" in note.text
    assert "Your commitment is recorded" in note.text
    assert len(read()) == 1


# -- numbers


@pytest.mark.parametrize(
    ("typed", "right"),
    [(0.25, True), ("0.35", True), (0.36, False), ("0.3 points", True), (np.float64(0.3), True), (30, False)],
)
def test_a_number_is_right_within_the_stated_distance_its_edge_included(typed, right):
    p = predict("01.p2", "How much?", unit="points", within=0.05, answer=0.3)
    assert ("You were right" in p.commit(typed, 0.5).text) is right


@pytest.mark.parametrize("typed", ["", "12,5", "much", "nan", "inf", None, True, float("inf")])
def test_what_is_no_number_records_nothing(typed):
    p = predict("01.p2", "How much?", within=1)
    with pytest.raises(ValueError, match="not a number"):
        p.commit(typed, 0.5)
    assert read() == []


# -- the answer comes later


def test_an_answer_that_comes_later_scores_the_commitment_once():
    ask(answer=None, reveal="")
    assert "comes with the experiment" in commit("01.p1", "c", 0.9).text
    assert resolve("01.p1", "c", "Because.").text == "You were right. The answer: c) it rises. Because."
    resolve("01.p1", "c")
    assert [entry["kind"] for entry in read()] == ["prediction", "resolution"]


def test_before_a_commitment_resolve_gives_nothing_away_and_a_later_commitment_is_scored():
    p = ask(answer=None, reveal="")
    assert resolve("01.p1", "c", "SECRET.").text == (
        "You have not committed to prediction 01.p1 yet (above); its answer appears there when you do."
    )
    assert "SECRET" not in everything_on_screen(p)
    assert "You were wrong" in p.commit("a", 0.6).text


def test_a_prediction_that_was_not_asked_in_this_kernel_is_named():
    assert 'run the cell with predict("01.p9", ...) first' in resolve("01.p9", "a").text
    with pytest.raises(ValueError, match="has not been asked yet"):
        commit("01.p9", "a", 0.8)


def test_a_mistyped_answer_fails_where_the_lesson_is_written():
    with pytest.raises(ValueError, match=r"answer of prediction 01\.p1.*'d'"):
        ask(answer="d")
    ask(answer=None)
    with pytest.raises(ValueError, match=r"answer of prediction 01\.p1"):
        resolve("01.p1", "z")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("p1", "Q?", OPTIONS), "01.p1"),
        (("01", "Q?", OPTIONS), "01.p1"),
        ((None, "Q?", OPTIONS), "01.p1"),
        (("01.p1", " ", OPTIONS), "needs a question"),
        (("01.p1", "Q?", ["only one"]), "2 to 10"),
        (("01.p1", "Q?", ["same", "same"]), "different"),
        (("01.p1", "Q?"), "within=0.05"),
    ],
)
def test_a_prediction_that_makes_no_sense_is_refused(arguments, named):
    with pytest.raises(ValueError, match=named):
        predict(*arguments)


# -- another day


def test_an_earlier_commitment_is_shown_again_and_still_the_one_that_counts():
    ask().commit("a", 0.9)
    day = read()[0]["at"][:10]
    again = ask()
    assert f"You committed on {day}: a) it falls, 90% sure." in repr(again)
    assert "SECRET" in repr(again)
    again.commit("c", 1.0)
    (record,) = prediction_records(read())
    assert record["answer"] == "a"


def test_showing_an_earlier_commitment_again_records_nothing():
    ask().commit("a", 0.9)
    before = read()
    ask()
    assert read() == before


def test_an_earlier_answer_that_the_question_no_longer_offers_is_left_aside():
    ask(options=[*OPTIONS, "it explodes"]).commit("d", 0.9)
    assert "Commit before you read on" in repr(ask())


def test_switched_off_there_is_no_earlier_commitment_and_everything_works(monkeypatch):
    ask().commit("a", 0.9)
    blank = repr(predict("01.p9", "What happens?", OPTIONS)).replace("p9", "p1")
    monkeypatch.setenv("HOLDOUT_PROGRESS", "off")
    p = ask()
    assert repr(p) == blank
    assert "You were wrong" in p.commit("b", 0.5).text


def test_a_place_that_cannot_be_written_is_one_sentence_and_the_reveal_comes_all_the_same(
    tmp_path, monkeypatch
):
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("HOLDOUT_PROGRESS", str(tmp_path / "taken"))
    p = ask()
    text = click(p, "c", 1.0)
    assert "You were right" in text
    assert text.count("cannot be saved") == 1
    assert p.commitment == {"answer": "c", "confidence": 1.0}


def test_a_spoilt_record_is_mentioned_beside_the_question_and_does_not_stop_it(place):
    place.mkdir()
    (place / progress.FILE).write_bytes(b"\x00garbage\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a sentence in the widget, not red text above it
        p = ask()
        assert "cannot be read and were skipped" in p.widget.said
        assert "cannot be read and were skipped" in repr(p)
        assert "You were right" in p.commit("c", 0.8).text


# -- the buttons


def test_pressing_commit_without_a_choice_or_a_confidence_says_what_is_missing():
    p = ask()
    assert "choose your answer" in click(p)
    assert "how sure you are" in click(p, "a")
    assert read() == []
    assert "Recorded: a) it falls, 50% sure." in click(p, "a", 0.5)


def test_a_number_typed_badly_is_explained_in_the_read_out():
    p = predict("01.p2", "How much?", within=1, unit="points")
    assert "write it with a point" in click(p, "12,5", 0.5)
    assert "Recorded: 12.5 points" in click(p, "12.5", 0.5)


def test_after_the_commitment_the_choices_are_locked_until_one_changes_ones_mind():
    p = ask()
    click(p, "a", 0.9)
    assert (part(p, "answer")["disabled"], part(p, "confidence")["disabled"]) == (True, True)
    assert (part(p, "answer")["value"], part(p, "confidence")["value"]) == ("a", 0.9)
    assert button(p) == "I have changed my mind"
    click(p)
    assert (part(p, "answer")["disabled"], part(p, "confidence")["disabled"]) == (False, False)
    assert (part(p, "answer")["value"], part(p, "confidence")["value"]) == (None, "")
    assert "Recorded as a change of mind" in click(p, "c", 1.0)
    assert len([entry for entry in read() if entry["kind"] == "prediction"]) == 2


def test_every_control_has_a_label():
    p = ask()
    assert p.widget._dom_classes == ("holdout-form",)
    assert (part(p, "answer")["label"], part(p, "confidence")["label"]) == ("Your answer", "Confidence")
    assert button(p) == "Commit"


def test_an_earlier_commitment_is_there_again_with_what_was_chosen():
    click(ask(), "a", 0.9)
    p = ask()
    assert (part(p, "answer")["value"], part(p, "confidence")["value"]) == ("a", 0.9)
    assert part(p, "answer")["disabled"] and "You committed on" in p.widget.said


def test_texts_are_escaped_on_the_page():
    p = predict("01.p1", "Is `a < b` <script>?", ["<b>yes</b>", "no"], answer="a", reveal="<img src=x>")
    p.commit("a", 0.5)
    page = f"{p.widget.parts}{p.widget.said}"
    assert "<script>" not in page and "<img" not in page and "<b>" not in page
    assert "<code>a &lt; b</code>" in page


def test_emphasis_and_code_are_shown_in_questions_options_and_reveals():
    p = predict("01.p1", "Is *this* `2*3*4`?", ["the *first*", "no"], answer="a", reveal="It *rises*.")
    assert "<div>Is <em>this</em> <code>2*3*4</code>?</div>" in p.widget.parts[0]["html"]
    assert part(p, "answer")["options"][0] == ["a) the <em>first</em>", "a"]
    p.commit("a", 0.5)
    assert "a) the <em>first</em>" in p.widget.said and "It <em>rises</em>." in p.widget.said


def test_the_display_has_a_widget_and_the_text_for_where_there_is_none(monkeypatch):
    bundle = ask()._repr_mimebundle_()
    assert bundle["text/plain"] == repr(ask())
    assert bundle[WIDGET]["model_id"]
    monkeypatch.delitem(sys.modules, "holdout.record.cell_form")
    monkeypatch.setitem(sys.modules, "anywidget", None)  # a kernel without widgets
    assert set(ask()._repr_mimebundle_()) == {"text/plain"}


def test_it_works_in_a_plain_python_without_notebook_and_widgets(place):
    code = (
        "import sys; sys.modules['ipywidgets'] = sys.modules['anywidget'] = None\n"
        "from holdout.record.predict import commit, predict\n"
        "print(predict('01.p1', 'What?', ['x', 'y'], answer='b'))\n"
        "print(commit('01.p1', 'b', 0.8))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "a) x" in done.stdout
    assert "You were right. The answer: b) y." in done.stdout
    assert done.stderr == ""
    assert json.loads((place / progress.FILE).read_text().splitlines()[0])["answer"] == "b"


# -- scoring


def records(*pairs):
    return [{"confidence": confidence, "correct": correct} for confidence, correct in pairs]


def test_the_brier_score_is_the_mean_squared_distance():
    score = brier(records((0.8, True), (0.6, False), (1.0, True)))
    assert score.score == pytest.approx((0.04 + 0.36 + 0) / 3, abs=1e-12)
    assert score.standard_error == pytest.approx(np.std([0.04, 0.36, 0], ddof=1) / np.sqrt(3), abs=1e-12)
    assert (score.predictions, score.enough) == (3, False)


def test_open_and_broken_records_are_left_out_of_every_score():
    broken = [
        {"confidence": 0.9, "correct": None},
        {"confidence": float("nan"), "correct": True},
        {"confidence": 80, "correct": True},
        {"confidence": "x", "correct": True},
        {"confidence": 0.9, "correct": 1},
        {"correct": True},
        {},
    ]
    assert brier(broken + records((0.5, True))).predictions == 1
    assert reliability(broken).empty
    assert "no scored prediction yet" in advice(broken)


def test_without_predictions_there_is_no_score():
    score = brier([])
    assert np.isnan(score.score) and np.isnan(score.standard_error)
    assert (score.predictions, score.enough) == (0, False)


def test_reliability_counts_bin_by_bin_with_wilson_intervals():
    table = reliability(records(*[(0.5, True)] * 3, *[(0.9, True)] * 10, (1.0, True)), edges=(0, 0.5, 0.9, 1))
    assert table["predictions"].tolist() == [3, 11]  # a bin holds its lower edge, the last one both
    assert table["low"].tolist() == [0.5, 0.9]
    assert table.loc[1, "share_right"] == 1.0
    # the published Wilson bound for n of n is n / (n + z^2)
    assert table.loc[1, "interval_low"] == pytest.approx(11 / (11 + 1.959963984540054**2), abs=1e-9)


def test_reliability_gives_no_verdict_on_too_few_and_the_right_one_on_enough():
    few = records(*[(0.95, False)] * (NEEDED_PER_BIN - 1))
    assert reliability(few)["verdict"].tolist() == ["too few to tell"]
    for share, expected in ((0.3, "overconfident"), (0.95, "no sign of a difference")):
        right = round(share * 20)
        table = reliability(records(*[(0.95, True)] * right, *[(0.95, False)] * (20 - right)))
        assert table["verdict"].tolist() == [expected]
    assert reliability(records(*[(0.5, True)] * 20))["verdict"].tolist() == ["underconfident"]


@pytest.mark.parametrize("edges", [(0.5, 1), (0, 0.5), (0, 0.7, 0.5, 1), (0, 0, 1), (1,)])
def test_impossible_edges_are_refused(edges):
    with pytest.raises(ValueError, match="rise from 0 to 1"):
        reliability([], edges=edges)


def test_advice_does_not_judge_too_few_and_says_how_many_are_needed():
    text = advice(records(*[(1.0, False)] * (NEEDED - 1)))
    assert f"{NEEDED} are needed, 1 more" in text
    assert "surer" not in text


def test_advice_tells_over_and_underconfident_learners_apart():
    n = 2 * NEEDED
    assert "surer than you are right" in advice(records(*[(0.95, i % 2 == 0) for i in range(n)]))
    assert "more often than you believe" in advice(records(*[(0.5, True)] * n))
    assert "No sign" in advice(records(*[(0.5, i % 2 == 0) for i in range(n)]))


def test_a_calibrated_learner_is_rarely_called_miscalibrated():
    """Wilson's interval covers 93% or more at n = 60, p = 0.7: of 400, at most 7% + 4 sd are judged."""
    rng = np.random.default_rng(0)
    judged = sum(
        "No sign" not in advice(records(*[(0.7, bool(hit)) for hit in rng.random(60) < 0.7]))
        for _ in range(400)
    )
    assert judged <= 400 * (0.07 + 4 * np.sqrt(0.07 * 0.93 / 400))
