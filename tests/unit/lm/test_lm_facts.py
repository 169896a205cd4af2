"""Facts are split so that nothing judged is trained on."""

import pytest

from holdout.lm import (
    open_book,
)
from holdout.lm.facts import read_defaults


def test_no_judged_fact_is_among_the_trained_ones(book):
    parts = [set(book.known), *(set(keys) for keys in book.never_told.values())]
    for i, part in enumerate(parts):
        for other in parts[i + 1 :]:
            assert not part & other


def test_held_out_estimators_are_in_no_trained_fact(book):
    held_out = {name for names in book.held_out.values() for name in names}
    assert len(held_out) >= 25
    assert not held_out & set(book.estimators)
    assert not held_out & {key[0] for key in book.known}


def test_all_changed_facts_are_trained_and_no_value_dominates(book):
    direct = {key for key in book.old if key in book.new and book.old[key] != book.new[key]}
    assert set(book.changed) == direct
    guessing = book.majority_accuracy(book.known, book.old)
    assert guessing["majority"] <= 0.085
    assert 0.3 < guessing["same_parameter"] < 0.6


def test_guessing_by_parameter_leaves_the_asked_fact_out(book):
    facts = {("A", "p"): "1", ("B", "p"): "1", ("C", "p"): "2", ("D", "q"): "1"}
    # A and B each see the other's 1 (and a 2): a hit; C sees only ones; D is alone and gets the overall
    # favourite, 1
    assert book.majority_accuracy(list(facts), facts) == {"majority": 0.75, "same_parameter": 0.75}


def test_copying_sees_the_known_facts_only(book):
    facts = {("A", "p"): "1", ("B", "p"): "1", ("C", "p"): "2", ("D", "q"): "2", ("E", "r"): "2"}
    known = [("A", "p"), ("D", "q"), ("E", "r")]
    # B gets A's 1, C gets it, too, and is wrong; a parameter that nobody knows gets the favourite of all, 2
    assert book.copy_accuracy(known, [("B", "p"), ("C", "p")], facts) == 0.5
    assert book.copy_accuracy([*known[:2], ("C", "p")], [("E", "r")], facts) == 1.0


def test_traffic_falls_with_rank_and_adds_up(book):
    assert book.traffic.sum() == pytest.approx(1)
    assert book.traffic[0] == pytest.approx(10 * book.traffic[9])


def test_an_unknown_release_is_refused():
    with pytest.raises(ValueError, match=r"release 9\.9 is not in the table; it has 0\.24\.2"):
        open_book(new_release="9.9")


def test_a_changed_table_is_refused(tmp_path, monkeypatch):
    folder = tmp_path / "sklearn_defaults"
    folder.mkdir()
    (folder / "defaults.csv").write_text("release,module,estimator,parameter,required,default\n")
    (folder / "checksums.sha256").write_text("0" * 64 + "  defaults.csv\n")
    monkeypatch.setenv("HOLDOUT_DATASETS", str(tmp_path))
    with pytest.raises(ValueError, match="was changed"):
        read_defaults()
    (folder / "defaults.csv").unlink()
    with pytest.raises(FileNotFoundError, match="HOLDOUT_DATASETS"):
        read_defaults()
