"""Whether the stated facts of a project hold: each is computed again from row ids, forecasts and the tables.

Machine facts only: that a split is valid, a leak found, an interval honest, the test asked once. Whether a decision is wise is
read by people with a rubric (`RUBRIC`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from holdout import chained_log
from holdout.project import measures, one_test, rows, seal
from holdout.project.errors import ProjectError
from holdout.project.facts import numbers_fingerprint, read_facts
from holdout.project.folder import PREDICTIONS, Project
from holdout.project.rules import FEWEST_RULES, Verdict, apply_standard, cannot_fail

HOLDS, FAILS, OPEN = "holds", "does not hold", "open"
FEWEST_VALIDATION = 50
TWINS = 0.01
STATED = 0.002
"""How far a stated number may lie from the one that is computed again: it may have been rounded to two decimals and a half."""
NARROWEST, WIDEST = 0.75, 1.5
"""Share of the width of the recomputed interval that a stated one may have. Two sets of 1,000 draws differ by about 5%: the
standard error of a 2.5% quantile from 1,000 draws is 0.084 standard deviations, that of the width 0.12 of 3.92."""
SUSPICIOUS = 0.95
"""Area under the curve of a single column, on rows whose outcomes it has not seen, from which it must be explained."""
NEUTRAL = ("tailnum",)
"""Neither a leak nor free of doubt: the aircraft is planned, and may be changed until departure."""
NEEDED_PRECISION = 0.8

RUBRIC = (
    "The reason for the split names what the model will meet in use, and what would leak in another split.",
    "The audit says how each leak was found, not only that it was.",
    "The learning curve is read: more rows, another model, or neither, and how sure that is.",
    "The failing segment is named with whom it hurts, and the fix follows from its cause.",
    "The decision weighs both errors in units of the business, and names what would change it.",
    "Each rule of the standard could have failed, and its limit has a reason.",
)
"""What a reader looks at, one point each: 0 not there, ½ there without its reason, 1 with its reason."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    name : str
    state : {"holds", "does not hold", "open"}
    sentence : str
    """

    name: str
    state: str
    sentence: str


@dataclass
class Report:
    """What was found.

    Parameters
    ----------
    findings : list of Finding
    measured : dict of str to float
        The numbers that the standard may speak of.
    verdicts : list of Verdict
        One for each rule of the learner's standard.
    """

    findings: list[Finding] = field(default_factory=list)
    measured: dict[str, float] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)

    def count(self, state: str) -> int:
        """How many findings have a state."""
        return sum(finding.state == state for finding in self.findings)

    def state(self, name: str) -> str:
        """State of a finding."""
        return next(finding.state for finding in self.findings if finding.name == name)


def grade(project: Project, *, heads: Collection[str] = ()) -> Report:
    """Look at every fact of a project.

    Parameters
    ----------
    project : Project
    heads : collection of str, optional
        Fingerprints of lines of this project's log that were noted elsewhere; each must still be in it.

    Returns
    -------
    Report
    """
    report = Report()
    facts = read_facts(project.folder)
    changed = project.changed_files()
    _add(
        report,
        "tables",
        not changed,
        "The tables are as they were made."
        if not changed
        else f"{' and '.join(changed)} changed since `holdout project new`: nothing below can be computed from them.",
    )
    if not changed:
        train = rows.training_rows(project.folder)
        _split(report, project, facts, train)
        _leaks(report, project, facts, train)
        _curve(report, facts)
        _validation(report, project, facts, train)
        _segment(report, project, facts, train)
        _calibration(report, project, facts, train)
    _decision(report, facts)
    _test(report, project, facts, heads)
    _standard(report, facts)
    return report


def _add(report, name, holds, sentence):
    state = OPEN if holds is None else HOLDS if holds else FAILS
    report.findings.append(Finding(name, state, sentence))


def _not_stated(report, facts, name, needs=()):
    """Whether a fact, or one that it needs, is not stated yet; then that is the finding."""
    absent = [one for one in (*needs, name) if one not in facts]
    if absent:
        _add(report, name, None, f"Not stated yet: {', '.join(absent)}.")
    return bool(absent)


# ------------------------------------------------------------------------------------------------------------ split


def _split(report, project, facts, train):
    if _not_stated(report, facts, "split"):
        return
    stated = facts["split"]
    first, second = stated["train"], stated["validation"]
    strange = (set(first) | set(second)) - set(train.index)
    if strange:
        _add(report, "split", False, f"{len(strange)} of the stated row ids are no training rows of this project.")  # fmt: skip
        return
    both = set(first) & set(second)
    learn, judged = train.loc[first], train.loc[second]
    kind, column = project.split["kind"], project.split["column"]
    overlap, why = len(both), f"{len(both)} rows are on both sides."
    if not both and kind == "time":
        border = judged[column].min()
        late = int((learn[column] >= border).sum())
        overlap, why = late, f"{late} training rows are not earlier than the first validation row ({border})."
    elif not both and kind == "group":
        shared = set(learn[column].astype(str)) & set(judged[column].astype(str))
        overlap = int(judged[column].astype(str).isin(shared).sum())
        why = f"{overlap} validation rows belong to groups of {column!r} that the model was trained on."
    twins = _twins(learn, judged, project)
    report.measured |= {"overlap_rows": overlap, "twin_share": twins, "validation_rows": len(judged)}
    outcomes = set(judged[project.target])
    if len(judged) < FEWEST_VALIDATION or len(outcomes) < 2 or not first:
        _add(report, "split", False, f"{len(judged)} validation rows with the outcomes {sorted(outcomes)}; at least {FEWEST_VALIDATION} with both are needed.")  # fmt: skip
    elif overlap:
        _add(report, "split", False, why + " The test rows are of the other kind.")
    elif stated["by"] != kind:
        _add(report, "split", False, f"You say that you split by {stated['by']}; the test was split by {kind}, so the validation must be, too.")  # fmt: skip
    elif twins > TWINS:
        _add(report, "split", False, f"{twins:.1%} of the validation rows have an equal row among the training rows; at most {TWINS:.0%} may.")  # fmt: skip
    else:
        _add(report, "split", True, f"{len(first):,} training and {len(second):,} validation rows, split by {kind}; none is on both sides, {twins:.1%} have an equal row.")  # fmt: skip


def _twins(learn: pd.DataFrame, judged: pd.DataFrame, project: Project) -> float:
    columns = [name for name in learn if name != project.target]
    seen = set(pd.util.hash_pandas_object(learn[columns].astype(str), index=False))
    found = pd.util.hash_pandas_object(judged[columns].astype(str), index=False)
    return float(found.isin(seen).mean()) if len(judged) else 0.0


# ------------------------------------------------------------------------------------------------------------ leaks


def single_column_auc(values: pd.Series, y: pd.Series) -> float:
    """How well one column forecasts alone: fitted on every second row, judged on the others, either direction.

    Numbers by their order and by whether they are missing, the better of the two; texts by the share of ones of each value.
    """
    from sklearn.metrics import roc_auc_score

    first = np.arange(len(values)) % 2 == 0
    outcome = y.to_numpy()
    if len(set(outcome[~first])) < 2:
        return 0.5
    found = [roc_auc_score(outcome[~first], values.isna().to_numpy()[~first])]
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
        numbers = values.astype("int64") if pd.api.types.is_datetime64_any_dtype(values) else values
        filled = numbers.astype(float).fillna(numbers.astype(float).median()).fillna(0.0)
        found.append(roc_auc_score(outcome[~first], filled.to_numpy()[~first]))
    else:
        texts = values.astype(str)
        share = pd.Series(outcome[first]).groupby(texts.to_numpy()[first]).mean()
        known = texts[~first].map(share).fillna(outcome[first].mean())
        found.append(roc_auc_score(outcome[~first], known.to_numpy(float)))
    return float(max(max(one, 1 - one) for one in found))


def true_leaks(project: Project, train: pd.DataFrame) -> list[str] | None:
    """The columns that are written after the fact, where that is known: on drawn flights; None for own data."""
    if project.about["source"] != "flights":
        return None
    from holdout.data.flights import AFTER, written

    return [name for name in written(AFTER) if name in train and name != project.target]


def _leaks(report, project, facts, train):
    if _not_stated(report, facts, "leaks", ("features",)):
        return
    named, used = set(facts["leaks"]["columns"]), facts["features"]["columns"]
    unknown = [name for name in used if name not in train]
    if unknown or project.target in used:
        what = project.target if project.target in used else ", ".join(unknown)
        _add(report, "leaks", False, f"The features name {what}; list columns of the table from which they are made, without the target.")  # fmt: skip
        return
    truth = true_leaks(project, train)
    if truth is None:
        loud = {
            name: single_column_auc(train[name], train[project.target])
            for name in train
            if name != project.target
        }
        suspects = sorted((name for name in loud if loud[name] >= SUSPICIOUS), key=loud.__getitem__)
        unsaid = [name for name in suspects if name not in named]
        inside = sorted(named & set(used))
        report.measured["leaks_among_features"] = len({*inside, *(name for name in suspects if name in used)})
        if inside:
            _add(report, "leaks", False, f"{', '.join(inside)}: listed as leaks, and among the features.")
        elif unsaid:
            _add(report, "leaks", False, f"{unsaid[-1]} alone reaches an area under the curve of {loud[unsaid[-1]]:.3f} and is not on your list; say when it is written.")  # fmt: skip
        else:
            _add(report, "leaks", True, f"No listed column is a feature, and no other column alone reaches {SUSPICIOUS}. When a column is written, only you know.")  # fmt: skip
        return
    from holdout.data.flights import HOUR, written

    neutral = {*NEUTRAL, *written(HOUR)}
    claims = named - neutral - {project.target}
    found = claims & set(truth)
    precision = len(found) / len(claims) if claims else 1.0
    recall = len(found) / len(truth)
    inside = sorted((set(truth) | named) & set(used))
    report.measured["leaks_among_features"] = len(inside)
    said = f"precision {precision:.2f}, recall {recall:.2f} over {len(truth)} columns that are written after departure"  # fmt: skip
    if inside:
        _add(report, "leaks", False, f"Among the features: {', '.join(inside)}. They are empty, or not known, when the forecast is made ({said}).")  # fmt: skip
    elif recall < 1 or precision < NEEDED_PRECISION:
        _add(report, "leaks", False, f"Your list of leaks is not complete, or names too much: {said}.")
    else:
        _add(report, "leaks", True, f"The list of leaks: {said}; none is a feature.")


def _curve(report, facts):
    if _not_stated(report, facts, "curve"):
        return
    curve = facts["curve"]
    lengths = {len(curve[key]) for key in ("rows", "training", "validation")}
    sizes = curve["rows"]
    if len(lengths) != 1 or len(sizes) < 3 or sorted(sizes) != sizes or len(set(sizes)) != len(sizes):
        _add(report, "curve", False, "A curve needs three or more growing numbers of rows, and both scores for each.")  # fmt: skip
    else:
        _add(report, "curve", True, f"A learning curve from {sizes[0]:,.0f} to {sizes[-1]:,.0f} rows; its reading is for people.")  # fmt: skip


# ------------------------------------------------------------------------------------- what the model was judged on


def _judged(project, facts, train) -> pd.DataFrame | None:
    """Outcome, forecast and what rows are alike by, of the stated forecasts; None if they are not the validation rows."""
    rows, probability = facts["predictions"]["rows"], facts["predictions"]["probability"]
    if set(rows) != set(facts["split"]["validation"]) or len(rows) != len(probability):
        return None
    if set(rows) - set(train.index) or not all(0 <= one <= 1 for one in probability):
        return None
    part = train.loc[rows]
    return pd.DataFrame(
        {"y": part[project.target], "p": probability, "group": one_test.alike(project, part)},
        index=part.index,
    )


_NOT_JUDGED = "The stated forecasts are not one probability for each validation row of the split."


def _validation(report, project, facts, train):
    if _not_stated(report, facts, "interval", ("split", "predictions")):
        return
    judged = _judged(project, facts, train)
    if judged is None or judged["y"].nunique() < 2:
        _add(report, "interval", False, _NOT_JUDGED)
        return
    again = measures.auc_interval(judged["y"], judged["p"], judged["group"])
    report.measured |= {"auc": again.value, "auc_low": again.low, "auc_high": again.high}
    stated = facts["interval"]
    width = (stated["high"] - stated["low"]) / (again.high - again.low)
    said = f"computed again it is {again.value:.3f}, {again.low:.3f} to {again.high:.3f}"
    if abs(stated["value"] - again.value) > STATED:
        _add(report, "interval", False, f"You state an area under the curve of {stated['value']:.3f}; {said}.")  # fmt: skip
    elif not stated["low"] <= stated["value"] <= stated["high"] or not NARROWEST <= width <= WIDEST:
        _add(report, "interval", False, f"Your interval, {stated['low']:.3f} to {stated['high']:.3f}, has {width:.2f} times the honest width; {said}.")  # fmt: skip
    else:
        _add(report, "interval", True, f"Area under the curve {stated['value']:.3f}, {stated['low']:.3f} to {stated['high']:.3f}; {said}.")  # fmt: skip


def _segment(report, project, facts, train):
    if _not_stated(report, facts, "segment", ("split", "predictions")):
        return
    judged = _judged(project, facts, train)
    stated = facts["segment"]
    if judged is None:
        _add(report, "segment", False, _NOT_JUDGED)
        return
    if set(stated["rows"]) != set(judged.index) or len(stated["rows"]) != len(stated["before"]) or not all(0 <= one <= 1 for one in stated["before"]):  # fmt: skip
        _add(report, "segment", False, "The forecasts before the fix are not one probability for each validation row.")  # fmt: skip
        return
    if stated["column"] not in train:
        _add(report, "segment", False, f"The table has no column {stated['column']!r}.")
        return
    before = pd.Series(stated["before"], stated["rows"]).reindex(judged.index)
    names = train.loc[judged.index, stated["column"]]
    table = measures.segments(names, judged["y"], before)
    large = table[table["rows"] >= measures.FEWEST_IN_SEGMENT]
    if stated["value"] not in large.index:
        _add(report, "segment", False, f"{stated['column']} {stated['value']!r} has {int(table['rows'].get(stated['value'], 0))} validation rows; no verdict rests on fewer than {measures.FEWEST_IN_SEGMENT}.")  # fmt: skip
        return
    after_table = measures.segments(names, judged["y"], judged["p"])
    first, second = large.loc[stated["value"], "excess"], after_table.loc[stated["value"], "excess"]
    inside = names.map(lambda value: "missing" if pd.isna(value) else str(value)) == stated["value"]
    gain = measures.paired_gain(judged["y"][inside], before[inside], judged["p"][inside])
    helped = "yes" if gain.low > 0 else "no" if gain.high < 0 else "not shown"
    report.measured |= {
        "segment_rows": int(inside.sum()),
        "segment_excess": float(second),
        "segment_gain_low": gain.low,
    }
    said = f"the fix changes its mean squared error by {-gain.value:+.4f} (gain {gain.low:+.4f} to {gain.high:+.4f})"  # fmt: skip
    if stated["value"] != large.index[0]:
        _add(report, "segment", False, f"{stated['value']} is not the segment of {stated['column']} that loses most: {large.index[0]} is, with {large['excess'].iloc[0]:+.4f} against {first:+.4f}.")  # fmt: skip
    elif abs(stated["excess_before"] - first) > STATED or abs(stated["excess_after"] - second) > STATED:
        _add(report, "segment", False, f"You state a loss of {stated['excess_before']:+.4f} before and {stated['excess_after']:+.4f} after; computed again it is {first:+.4f} and {second:+.4f}.")  # fmt: skip
    elif stated["helped"] != helped:
        _add(report, "segment", False, f"You say whether the fix helped: {stated['helped']!r}. By its interval it is {helped!r}: {said}.")  # fmt: skip
    else:
        _add(report, "segment", True, f"Segment that loses most, {stated['column']} {stated['value']}: {first:+.4f} before and {second:+.4f} after, in mean squared error beyond always forecasting its own share; {said}, so whether it helped is {helped!r}.{'' if first > 0 else ' It loses most, and the model is still no worse there than one number.'}")  # fmt: skip


def _calibration(report, project, facts, train):
    if _not_stated(report, facts, "calibration", ("split", "predictions")):
        return
    judged = _judged(project, facts, train)
    if judged is None:
        _add(report, "calibration", False, _NOT_JUDGED)
        return
    ece, perfect = measures.calibration(judged["y"], judged["p"])
    report.measured |= {"ece": ece, "ece_of_perfect": perfect}
    stated = facts["calibration"]
    verdict = "calibrated" if ece <= 2 * perfect else "not calibrated"
    said = f"computed again it is {ece:.3f}, and {perfect:.3f} for a perfect model"
    if abs(stated["ece"] - ece) > STATED or abs(stated["ece_of_perfect"] - perfect) > STATED:
        _add(report, "calibration", False, f"You state a calibration error of {stated['ece']:.3f}, and {stated['ece_of_perfect']:.3f} for a perfect model; {said}.")  # fmt: skip
    elif stated["verdict"] != verdict:
        _add(report, "calibration", False, f"You say {stated['verdict']!r}; with at most twice the error of a perfect model allowed, it is {verdict!r}: {said}.")  # fmt: skip
    else:
        _add(report, "calibration", True, f"Calibration error {ece:.3f}, {perfect:.3f} for a perfect model: {verdict}.")  # fmt: skip


def _decision(report, facts):
    if not _not_stated(report, facts, "decision"):
        _add(report, "decision", True, f"Decision: {facts['decision']['choice']}. Its reasons are for people.")  # fmt: skip


# -------------------------------------------------------------------------------------------------------- the test


def log_problems(project: Project, heads: Collection[str]) -> list[str]:
    """What is wrong with the log and the seal, one sentence each; empty if nothing is."""
    lines, problems = chained_log.read(project.folder)
    if not lines or lines[0].get("event") != "made":
        return [*problems, "the log does not begin with the making of the project"]
    first = lines[0]
    if first.get("project") != project.about["id"] or first.get("about") != chained_log.fingerprint(
        project.about
    ):
        problems.append("project.json is not as it was made: the log began with another one")
    if first.get("files") != project.about["files"]:
        problems.append("the tables that the log names are others")
    try:
        if not seal.remembers(project.folder, chained_log.head(lines)):
            problems.append("the seal remembers another last line: lines of the log are missing, or the seal was exchanged")  # fmt: skip
        if seal.content_fingerprint(project.folder) != first.get("labels"):
            problems.append("the sealed labels are not those that were sealed")
    except ProjectError as error:
        problems.append(str(error))
    here = {str(line.get("hash")) for line in lines}
    if any(head not in here for head in heads):
        problems.append("your record on this machine knows a line that the log no longer has: an older copy was put back")  # fmt: skip
    return problems


def _test(report, project, facts, heads):
    problems = log_problems(project, heads)
    lines, _ = chained_log.read(project.folder)
    _add(report, "log", not problems, "The log is whole, and the seal fits it." if not problems else f"{problems[0][:1].upper()}{problems[0][1:]}.")  # fmt: skip
    asked = [line for line in lines if line.get("event") == "asked"]
    refused = sum(line.get("event") == "refused" for line in lines)
    opened = [line for line in lines if line.get("event") == "opened"]
    report.measured["times_test_asked"] = len(asked) + refused + len(opened)
    again = f" {refused} more request{'s were' if refused > 1 else ' was'} refused." if refused else ""
    if opened:
        _add(report, "test", False, f"The labels were opened without a test on {str(opened[0].get('at'))[:10]}: whatever was chosen since has seen them.")  # fmt: skip
        return
    if not asked:
        _add(report, "test", None, "The test was not asked yet: `holdout project test`, when everything else is decided.")  # fmt: skip
        return
    only = asked[0]
    values = [only.get(key) for key in ("auc", "low", "high")]
    if len(asked) > 1 or not all(isinstance(value, float) for value in values):
        _add(report, "test", False, "The log holds more than one test, or one without its number.")
        return
    value, low, high = (float(value) for value in values if value is not None)
    report.measured |= {"test_auc": value, "test_low": low}
    said = f"asked once, on {str(only.get('at'))[:10]}: area under the curve {value:.3f}, {low:.3f} to {high:.3f}.{again}"  # fmt: skip
    scored = _scored_again(project, only)
    if scored:
        _add(report, "test", False, f"Test {said} {scored}")
    elif only.get("facts") != numbers_fingerprint(facts):
        _add(report, "test", False, f"Test {said} The facts were changed after its number was known.")
    elif "auc_high" in report.measured and low > report.measured["auc_high"]:
        _add(report, "test", False, f"Test {said} That is better than validation allows (at most {report.measured['auc_high']:.3f}): explain where these forecasts come from.")  # fmt: skip
    else:
        _add(report, "test", True, f"Test {said}")


def _scored_again(project, line) -> str:
    """Why the number in the log is not that of the forecasts that lie there; empty if it is."""
    try:
        probability = one_test.read_predictions(project.folder / PREDICTIONS, project)
        outcome = pd.Series(seal.labels(project.folder)).reindex(probability.index)
        found = measures.auc_interval(outcome, probability, one_test.test_groups(project, probability.index))
    except (ProjectError, ValueError) as error:
        return f"It cannot be computed again: {error}."
    if one_test.predictions_fingerprint(probability) != line.get("predictions"):
        return f"{PREDICTIONS} holds other forecasts than those that were tested."
    stated = [float(line[key]) for key in ("auc", "low", "high")]
    if not np.allclose(stated, found, rtol=0, atol=1e-4):
        return f"Computed again it is {found.value:.3f}, {found.low:.3f} to {found.high:.3f}: the number in the log is another."
    return ""


# ------------------------------------------------------------------------------------------------------- the standard


def _standard(report, facts):
    if _not_stated(report, facts, "standard"):
        return
    rules = facts["standard"]["rules"]
    report.verdicts = apply_standard(rules, report.measured)
    empty = [rule["words"] for rule in rules if cannot_fail(rule)]
    about = {rule["fact"] for rule in rules}
    met = sum(verdict.met for verdict in report.verdicts)
    if len(about) < FEWEST_RULES:
        _add(report, "standard", False, f"Your standard speaks of {len(about)} measured numbers; at least {FEWEST_RULES} are needed.")  # fmt: skip
    elif empty:
        _add(report, "standard", False, f"The rule “{empty[0]}” cannot fail: every possible value meets it.")
    else:
        _add(report, "standard", True, f"{len(rules)} rules, each of which can fail; this project meets {met} of them.")  # fmt: skip
