"""Scripts to review: the planted faults are there, and nothing else is; what the scripts do is seen by running them."""

import ast
import re
from collections import Counter

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator

from holdout.topics.release.judges import review, review_cost, review_scores
from holdout.topics.release.scripts import (
    CODE_FAULTS,
    FORMS,
    LONGEST_RANGE,
    LOOK_ALIKES,
    make_script,
    make_scripts,
    names,
    omissions_within,
)

LEAST = {"least": 0.9}


def script(seed, faults=None):
    return make_script(np.random.default_rng(seed), faults)


def columns(lines):
    """Column to kind, from the comments at the top."""
    return dict(re.findall(r"^#   (\w+) +(\w+)$", "\n".join(lines), re.MULTILINE))


# ---------------------------------------------------------------------------------------------------- what is written


def test_scripts_can_be_parsed_have_20_to_60_lines_and_hold_one_statement_per_line():
    for seed in range(300):
        lines = script(seed).lines
        assert 20 <= len(lines) <= 60
        starts = [node.lineno for node in ast.walk(ast.parse("\n".join(lines))) if isinstance(node, ast.stmt)]
        assert sorted(starts) == [i for i, line in enumerate(lines, 1) if not line.startswith("#")]


def test_the_same_seed_gives_the_same_script_and_another_one_another():
    assert script(5) == script(5)
    assert len({script(seed).lines for seed in range(50)}) == 50


@pytest.mark.parametrize("fault", CODE_FAULTS)
def test_exactly_the_faults_that_are_asked_for_are_planted_each_on_few_lines(fault):
    for seed in range(40):
        one = script(seed, [fault])
        assert [name for _, _, name in one.planted] == [fault]
        ((first, last, _),) = one.planted
        assert 1 <= first <= last <= len(one.lines) and last - first < LONGEST_RANGE
        assert script(seed, []).planted == ()


def test_each_fault_is_planted_often_enough_to_be_judged():
    planted = [name for seed in range(600) for _, _, name in script(seed).planted]
    for fault in CODE_FAULTS:
        assert 120 <= planted.count(fault) <= 240


def test_an_unknown_fault_or_form_is_refused_and_so_is_a_table_with_a_date_and_a_group():
    with pytest.raises(ValueError, match="no fault 'typo'"):
        script(0, ["typo"])
    with pytest.raises(ValueError, match="has no form 'typo'"):
        script(0, {"chosen on test rows": "typo"})
    with pytest.raises(ValueError, match="both a date and a group"):
        script(0, {"random split of time": "mask", "same rows on both sides": "groups, mask"})


# -------------------------------------------------------------------------------------------- forms and look-alikes


def test_a_script_of_a_learner_may_have_every_form_and_every_look_alike():
    drawn = [script(seed) for seed in range(600)]
    named = {(fault, form) for fault in FORMS for form in FORMS[fault]}
    seen = {what for one in drawn for what in one.forms if "before:" not in what[1]}
    assert seen == named
    assert {what for one in drawn for what in one.look_alikes} == {
        (fault, what) for fault in LOOK_ALIKES for what in LOOK_ALIKES[fault]
    }


def test_a_fault_is_planted_in_the_form_that_is_asked_for():
    for fault in FORMS:
        for form in FORMS[fault]:
            for seed in range(5):
                one = script(seed, {fault: form})
                assert [name for _, _, name in one.planted] == [fault]
                assert {what for what in one.forms if "before:" not in what[1]} == {(fault, form)}


@pytest.mark.parametrize("n_scripts", [40, 90])
def test_in_a_set_one_form_missed_or_one_look_alike_claimed_costs_the_fault(n_scripts):
    """Judged as answers are: all that is planted but one form is found, or one look-alike is reported besides."""
    for seed in range(5):
        drawn = make_scripts(np.random.default_rng(seed), n_scripts, 0.9)
        planted = [list(one.planted) for one in drawn]
        assert len(drawn) == n_scripts and omissions_within(drawn, 0.9) == []
        assert review({"planted": planted}, planted, LEAST).score == 1.0
        for fault in FORMS:
            for form in FORMS[fault]:
                found = [
                    [one for one in script.planted if one[2] != fault or (fault, form) not in script.forms]
                    for script in drawn
                ]
                verdict = review({"planted": planted}, found, LEAST)
                assert (verdict.score, verdict.label) == (pytest.approx(5 / 6), f"misses: {fault}")
            for what in LOOK_ALIKES[fault]:
                found = [  # on a line of the comments, where nothing is planted
                    [*script.planted, *([(1, 1, fault)] if (fault, what) in script.look_alikes else [])]
                    for script in drawn
                ]
                verdict = review({"planted": planted}, found, LEAST)
                assert (verdict.score, verdict.label) == (pytest.approx(5 / 6), f"claims: {fault}")


def test_a_set_is_the_same_for_a_seed_and_has_all_forms_of_a_fault_equally_often():
    one, again = (make_scripts(np.random.default_rng(1), 90, 0.9) for _ in range(2))
    assert one == again
    times = Counter(what for script in one for what in script.forms if "before:" not in what[1])
    assert all(len({times[fault, form] for form in FORMS[fault]}) == 1 for fault in FORMS)


def test_a_set_that_could_not_hold_everything_is_refused():
    for n_scripts, least in ((30, 0.9), (90, 0.85)):
        with pytest.raises(ValueError, match="at least 40 and 0.9 are needed"):
            make_scripts(np.random.default_rng(0), n_scripts, least)


def test_an_omission_that_costs_nothing_is_named():
    assert "random split of time misses mask" in omissions_within(
        [script(seed, {"random split of time": "function"}) for seed in range(3)], 0.9
    )


@pytest.mark.parametrize(
    "line, written, read",
    [
        ("a, b = f(c)", {"a", "b"}, {"f", "c"}),
        ('t["x"] = u["y"]', {"t"}, {"t", "u"}),
        ("    scores.append(m.score(X))", {"scores"}, {"scores", "m", "X"}),
        ("for s in range(3):", {"s"}, {"range"}),
        ("    if score > best:", set(), {"score", "best"}),
        ("# fit(df)", set(), set()),
        ("else:", set(), set()),
    ],
)
def test_names_that_a_line_writes_and_reads(line, written, read):
    assert names(line) == (written, read)


# ------------------------------------------------------------------------------------------------------ what they do


def _table(kinds, first, rows=300):
    """A table with the columns of a script, numbered from `first`."""
    rng = np.random.default_rng(first)
    draw = {
        "target": lambda: rng.integers(0, 2, rows),
        "date": lambda: rng.choice([f"2025-{month:02d}" for month in range(1, 9)], rows),
        "group": lambda: rng.integers(0, 12, rows),
    }
    made = {name: draw.get(kind, lambda: rng.gamma(2, 10, rows))() for name, kind in kinds.items()}
    if "region" in made:
        made["region"] = rng.choice(["north", "south", "west"], rows)
    return pd.DataFrame(made, index=np.arange(first, first + rows))


def _run(one, monkeypatch):
    """Run a script; return its variables and, for each fit, the line and the rows."""
    kinds, line, fits, space = columns(one.lines), [0], [], {}
    tables = iter([_table(kinds, 0), _table(kinds, 10_000)])
    monkeypatch.setattr(pd, "read_csv", lambda name: next(tables))
    tree = ast.parse("\n".join(one.lines))
    for node in tree.body:
        line[0] = node.lineno
        exec(compile(ast.Module([node], []), "<script>", "exec"), space)
        for name, kind in list(space.items()):
            if isinstance(kind, type) and issubclass(kind, BaseEstimator) and not hasattr(kind, "watched"):
                space[name] = _watched(kind, fits, line)
    return space, fits


def _watched(kind, fits, line):
    class Watched(kind):
        watched = True

        def fit(self, X, *more):
            fits.append((line[0], set(X.index)))
            return super().fit(X, *more)

        def fit_transform(self, X, *more):
            fits.append((line[0], set(X.index)))
            return super().fit_transform(X, *more)

    Watched.__init__ = kind.__init__
    return Watched


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("start", range(0, 60, 10))
def test_running_the_scripts_shows_the_planted_faults_and_no_others(start, monkeypatch, capsys):
    monkeypatch.setattr("joblib.dump", lambda *given: None)
    monkeypatch.setattr("pandas.Series.to_csv", lambda *given, **named: None)
    with sklearn.config_context(transform_output="pandas"):
        for seed in range(start, start + 10):
            one = script(seed)
            planted = {name for _, _, name in one.planted}
            space, fits = _run(one, monkeypatch)
            kinds = columns(one.lines)
            role = {kind: name for name, kind in kinds.items()}
            main = next(line for line in one.lines if "read_csv" in line).split()[0]
            split = next(
                i
                for i, line in enumerate(one.lines, 1)
                if re.match(r"\w+, \w+ = ", line) and main in names(line)[1]
            )
            train, test = (space[name] for name in one.lines[split - 1].split(" = ")[0].split(", "))
            copied = bool(set(train.index) & set(test.index))
            shared = "group" in role and bool(set(train[role["group"]]) & set(test[role["group"]]))
            assert (copied or shared) == ("same rows on both sides" in planted), seed
            if "date" in role:
                mixed = train[role["date"]].max() > test[role["date"]].min()
                assert mixed == ("random split of time" in planted), seed
            if not copied:
                report = max(
                    i for i, line in enumerate(one.lines, 1) if "print(" in line and "saved" not in line
                )
                on_test = {line for line, rows in fits if rows & set(test.index) and line < report}
                assert on_test == {
                    first for first, _, name in one.planted if name == "fitted on test rows"
                }, seed
            late = {name for name, kind in kinds.items() if kind == "after"}
            late |= {f"{name.split('_')[0]}_rate" for name in late}
            assert bool(late & set(space["features"])) == ("answer among the features" in planted), seed


@pytest.mark.parametrize("fault", ["chosen on test rows", "best seed reported"])
def test_choices_read_the_test_rows_only_where_that_was_planted(fault):
    for seed in range(100):
        for faults in ([], [fault]):
            one = script(seed, faults)
            inputs = [
                line.split(",")[0] for line in one.lines if re.match(r"\w+, \w+ = \w+\[features\]", line)
            ]
            X_test, text = inputs[2], "\n".join(one.lines)
            if fault == "chosen on test rows":
                for_choice = re.search(r"scores = .*|    score = .*|p = first.*", text)[0]
                assert (X_test in names(for_choice)[1]) == bool(faults)
            else:
                best = re.search(r'print\("trees", (np\.max|max|sorted)\(', text)
                assert bool(best) == bool(faults)
            for first, last, _ in one.planted:
                assert any(X_test in names(line)[1] for line in one.lines[first - 1 : last])


# ---------------------------------------------------------------------------------------------------------- the judge

PLANTED = [[(10, 12, "random split of time")], [], [(20, 20, "fitted on test rows")]]


def test_a_finding_is_right_where_its_lines_touch_those_of_the_fault_and_are_few():
    for first, last, right in ((12, 16, 1), (13, 14, 0), (8, 12, 1), (8, 13, 0), (10, 10, 1)):
        scores = review_scores(PLANTED, [[(first, last, "random split of time")], [], []])
        assert scores["random split of time"] == (right, right)
        assert scores["fitted on test rows"] == (0, 0)


def test_another_fault_on_the_same_line_is_wrong_and_the_same_finding_twice_counts_once():
    found = [
        [(10, 10, "fitted on test rows"), (10, 10, "random split of time"), (12, 12, "random split of time")]
    ]
    scores = review_scores(PLANTED, [*found, [], [(20, 20, "fitted on test rows")]])
    assert scores == {"random split of time": (1.0, 1.0), "fitted on test rows": (0.5, 1.0)}


def test_each_fault_that_is_found_reliably_earns_its_share():
    verdict = review({"planted": PLANTED}, [[(10, 10, "random split of time")], [], []], LEAST)
    assert (verdict.score, verdict.label) == (0.5, "misses: fitted on test rows")
    assert review({"planted": PLANTED}, PLANTED, LEAST).score == 1.0
    found = [PLANTED[0], [(1, 1, "fitted on test rows")], PLANTED[2]]
    assert review({"planted": PLANTED}, found, LEAST).label == "claims: fitted on test rows"


def test_a_list_typed_for_some_scripts_earns_nothing_on_others():
    shown, fresh = ([script(seed) for seed in range(start, start + 60)] for start in (0, 60))
    typed = [list(one.planted) for one in shown]
    assert review({"planted": typed}, typed, LEAST).score == 1.0
    assert review({"planted": [list(one.planted) for one in fresh]}, typed, LEAST).score == 0.0


@pytest.mark.parametrize(
    "got, label",
    [
        ("no", "not findings"),
        ([], "not findings"),
        ([3, [], []], "not findings"),
        ([[(1, 2)], [], []], "not findings"),
        ([[(1.5, 2, "random split of time")], [], []], "not findings"),
        ([[(True, 2, "random split of time")], [], []], "not findings"),
        ([[(3, 2, "random split of time")], [], []], "not findings"),
        ([[(1, 2, "typo")], [], []], "unknown fault"),
        ([[], [], []], "finds nothing"),
        ([[(1, 40, "random split of time")], [], []], "wide ranges"),
        ([[(i, i, "random split of time") for i in range(1, 40)], [], []], "points at everything"),
    ],
)
def test_what_is_no_review_is_named(got, label):
    verdict = review({"planted": PLANTED}, got, LEAST)
    assert (verdict.score < 1, verdict.label) == (True, label)


def test_the_cost_of_a_review_is_that_of_its_worst_fault():
    planted = [
        [(3, 3, "random split of time"), (9, 9, "fitted on test rows")],
        [(5, 5, "fitted on test rows")],
    ]
    assert review_cost({"planted": planted}, planted, LEAST) == 0.0
    half = [planted[0], [(40, 40, "fitted on test rows")]]
    assert review_cost({"planted": planted}, half, LEAST) == pytest.approx(0.5)
