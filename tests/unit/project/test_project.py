"""A project from its first day to its test number, by three learners; and a fourth one who cheats."""

import json
import shutil

import learner_project
import numpy as np
import pandas as pd
import pytest

from grader.cli import main
from holdout import chained_log
from holdout.project import facts, grading, one_test, rerun, seal
from holdout.project.errors import ProjectError
from holdout.project.folder import find_project, new_project, open_project

NAMES = ("Ada Lovelace", "Grace Hopper", "Alan Turing")
MACHINE = [
    "tables", "split", "leaks", "curve", "interval", "segment", "calibration", "decision", "log", "test", "standard",
]  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folders of three learners who have done everything but ask the test."""
    made = {}
    for name in NAMES:
        project = new_project(tmp_path_factory.mktemp("three") / name.split()[0], name=name)
        learner_project.fill(project.folder)
        learner_project.run(project.folder)
        made[name] = project.folder
    return made


@pytest.fixture
def project(finished, tmp_path):
    """A copy of the first learner's project."""
    return open_project(shutil.copytree(finished[NAMES[0]], tmp_path / "my-project"))


def states(report):
    return {finding.name: finding.state for finding in report.findings}


def sentence(report, name):
    return next(finding.sentence for finding in report.findings if finding.name == name)


def restate(project, name, **changes):
    """Change entries of a fact, as somebody does who edits the file."""
    file = project.folder / facts.FILE
    stated = json.loads(file.read_text())
    stated[name] |= changes
    file.write_text(json.dumps(stated))


# ------------------------------------------------------------------------------------------------------------- new


def test_a_new_project_holds_no_label_of_a_test_row(tmp_path):
    project = new_project(tmp_path / "mine", name=NAMES[1])
    test = pd.read_csv(project.folder / "test.csv")
    assert "late" not in test and test["arr_delay"].isna().all() and test["dep_time"].isna().all()
    train = pd.read_csv(project.folder / "train.csv")
    assert train["late"].isin([0, 1]).all() and train["arr_delay"].notna().all()
    assert set(train["row_id"]).isdisjoint(test["row_id"])
    rows = set(test["row_id"].astype(str))
    labels = seal.labels(project.folder)
    assert set(labels) == rows and 0 < sum(labels.values()) < len(labels)
    for (
        path
    ) in project.folder.iterdir():  # no file but test.csv names a test row, so none has its label in the open
        if path.name != "test.csv":
            assert not any(row in path.read_text(encoding="utf-8") for row in rows), path.name


def test_sealed_labels_come_back_whatever_they_are(tmp_path):
    for number in range(200):
        labels = {f"row{place}": int(place * number % 7 < 3) for place in range(1 + 3 * number)}
        seal.write(tmp_path, labels, str(number))
        assert seal.labels(tmp_path) == labels
        assert seal.remembers(tmp_path, str(number)) and not seal.remembers(tmp_path, "another")


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "work.txt").write_text("a year of work")
    with pytest.raises(ProjectError, match="is there already and was left as it is"):
        new_project(folder, name="Ada")
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "work.txt"]


def test_what_cannot_be_made_leaves_nothing_behind(tmp_path):
    (tmp_path / "own.csv").write_text("a,late\n1,0\n2,1\n3,1\n")
    with pytest.raises(ProjectError, match="has 3 rows"):
        new_project(tmp_path / "mine", csv=tmp_path / "own.csv", target="late")
    assert [path.name for path in tmp_path.iterdir()] == ["own.csv"]


@pytest.mark.parametrize("by", [{"time": "day"}, {"group": "who"}, {}])
def test_own_data_become_a_project_and_the_file_stays(tmp_path, by):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "day": pd.date_range("2024-01-01", periods=500).strftime("%Y-%m-%d"),
            "who": rng.integers(0, 40, 500),
            "size": rng.normal(size=500),
            "bought": rng.choice(["yes", "no"], 500),
        }
    )
    frame.to_csv(tmp_path / "own.csv", index=False)
    before = (tmp_path / "own.csv").read_bytes()
    project = new_project(tmp_path / "mine", name="Ada", csv=tmp_path / "own.csv", target="bought", **by)
    assert (tmp_path / "own.csv").read_bytes() == before
    assert project.about["rows"]["training"] + project.about["rows"]["test"] == 500
    notebook = (project.folder / "project.ipynb").read_text()
    assert "{{" not in notebook and "target = 'bought'" in notebook
    assert states(grading.grade(project))["split"] == grading.OPEN


def test_three_names_get_three_tables(finished):
    tables = [(folder / "train.csv").read_bytes().split(b"\n")[1:4] for folder in finished.values()]
    whats = {open_project(folder).about["what"] for folder in finished.values()}
    assert len(whats) == 3 and len({tuple(rows) for rows in tables}) == 3


# ------------------------------------------------------------------------------------------------ honest work is graded


@pytest.mark.parametrize("name", NAMES)
def test_honest_work_holds_and_the_test_is_asked_once(finished, tmp_path, name):
    project = open_project(shutil.copytree(finished[name], tmp_path / "my-project"))
    before = states(grading.grade(project))
    assert list(before) == MACHINE
    assert {key for key, state in before.items() if state != grading.HOLDS} == {"test"}
    entry = one_test.ask(project)
    report = grading.grade(project)
    assert set(states(report).values()) == {grading.HOLDS}, report.findings
    assert report.measured["test_auc"] == entry["auc"]
    assert len(report.verdicts) == 5 and report.verdicts[-1].met
    handed = pd.read_csv(project.folder / one_test.LABELS, dtype={"row_id": str}).set_index("row_id")["late"]
    assert handed.to_dict() == seal.labels(project.folder)


def test_a_second_request_is_refused_in_a_sentence_and_written_down(project):
    first = one_test.ask(project)
    with pytest.raises(ProjectError, match=f"It was {first['auc']:.3f}. A test set is spent once"):
        one_test.ask(project)
    lines, problems = chained_log.read(project.folder)
    assert [line["event"] for line in lines] == ["made", "asked", "refused"] and not problems
    report = grading.grade(project)
    assert report.measured["times_test_asked"] == 2 and "1 more request was refused" in sentence(report, "test")  # fmt: skip
    assert not report.verdicts[-1].met  # "The test labels are asked for once"


def test_the_labels_are_not_spent_before_everything_is_stated(tmp_path):
    project = new_project(tmp_path / "mine", name="Ada")
    with pytest.raises(ProjectError, match="not yet: state split, leaks"):
        one_test.ask(project)
    assert [line["event"] for line in chained_log.read(project.folder)[0]] == ["made"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f.iloc[1:], "1 of 142 test rows have no forecast"),
        (lambda f: pd.concat([f, f.iloc[:1]]), "is forecast twice"),
        (lambda f: f.assign(probability=1.5), "between 0 and 1"),
        (lambda f: f.assign(probability="high"), "cannot be read as forecasts"),
        (lambda f: f.rename(columns={"probability": "p"}), "needs the columns row_id and probability"),
    ],
)
def test_forecasts_that_cannot_be_compared_spend_nothing(project, tmp_path, change, said):
    frame = pd.read_csv(project.folder / "predictions.csv")
    change(frame).to_csv(tmp_path / "mine.csv", index=False)
    with pytest.raises(ProjectError, match=said.replace("142", str(len(frame)))):
        one_test.ask(project, tmp_path / "mine.csv")
    assert len(chained_log.read(project.folder)[0]) == 1


# --------------------------------------------------------------------------------------------- what does not hold is said


def test_a_random_split_where_the_test_lies_later_is_not_valid(project):
    stated = facts.read_facts(project.folder)["split"]
    rows = np.random.default_rng(0).permutation([*stated["train"], *stated["validation"]]).tolist()
    restate(project, "split", train=rows[100:], validation=rows[:100])
    report = grading.grade(project)
    assert report.state("split") == grading.FAILS and "are not earlier than the first validation row" in sentence(report, "split")  # fmt: skip
    assert report.measured["overlap_rows"] > 0
    assert report.state("interval") == grading.FAILS  # the forecasts are of other rows


def test_a_row_on_both_sides_is_counted(project):
    stated = facts.read_facts(project.folder)["split"]
    restate(project, "split", train=[*stated["train"], stated["validation"][0]])
    assert "1 rows are on both sides" in sentence(grading.grade(project), "split")


@pytest.mark.parametrize(
    ("leaks", "features", "said"),
    [
        (["arr_delay"], ["month"], "recall 0.20 over 5 columns"),
        (["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time", "month", "dest"], ["day"], "precision 0.71, recall 1.00"),
        (["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"], ["month", "dep_delay"], "Among the features: dep_delay"),
        (["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"], ["late"], "without the target"),
    ],
)  # fmt: skip
def test_leaks_are_graded_by_precision_and_recall_and_by_what_the_model_uses(project, leaks, features, said):
    restate(project, "leaks", columns=leaks)
    restate(project, "features", columns=features)
    report = grading.grade(project)
    assert report.state("leaks") == grading.FAILS and said in sentence(report, "leaks")


def test_weather_and_the_aircraft_are_neither_right_nor_wrong_as_leaks(project):
    named = facts.read_facts(project.folder)["leaks"]["columns"]
    restate(project, "leaks", columns=[*named, "precip", "tailnum"])
    assert grading.grade(project).state("leaks") == grading.HOLDS


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("interval", lambda f: {"value": f["value"] + 0.05}, "You state an area"),
        ("interval", lambda f: {"low": f["value"] - 0.01, "high": f["value"] + 0.01}, "times the honest width"),
        ("interval", lambda f: {"low": 0.0, "high": 1.0}, "times the honest width"),
        ("segment", lambda f: {"excess_after": f["excess_after"] - 0.1}, "You state a loss"),
        ("segment", lambda f: {"helped": next(w for w in ("yes", "no") if w != f["helped"])}, "By its interval it is"),
        ("segment", lambda f: {"value": "13"}, "no verdict rests on fewer than 30"),
        ("segment", lambda f: {"column": "weekday"}, "has no column 'weekday'"),
        ("calibration", lambda f: {"ece": 0.0}, "You state a calibration error of 0.000"),
        ("calibration", lambda f: {"verdict": {"calibrated": "not calibrated"}.get(f["verdict"], "calibrated")}, "with at most twice"),
        ("curve", lambda f: {"rows": f["rows"][::-1]}, "three or more growing numbers"),
    ],
)  # fmt: skip
def test_a_number_that_was_only_said_is_computed_again(project, name, change, said):
    restate(project, name, **change(facts.read_facts(project.folder)[name]))
    report = grading.grade(project)
    assert report.state(name) == grading.FAILS and said in sentence(report, name)


def test_in_own_data_a_column_that_forecasts_alone_must_be_explained(tmp_path):
    rng = np.random.default_rng(5)
    late = rng.integers(0, 2, 600)
    frame = pd.DataFrame({"size": rng.normal(size=600), "refund": late * 10 + rng.normal(size=600), "late": late})  # fmt: skip
    frame.to_csv(tmp_path / "own.csv", index=False)
    project = new_project(tmp_path / "mine", csv=tmp_path / "own.csv", target="late")
    stated = {"features": {"columns": ["size"]}, "leaks": {"columns": [], "how": "I looked at each column alone."}}  # fmt: skip
    (project.folder / facts.FILE).write_text(json.dumps(stated))
    assert "refund alone reaches" in sentence(grading.grade(project), "leaks")
    restate(project, "leaks", columns=["refund"])
    assert grading.grade(project).state("leaks") == grading.HOLDS
    restate(project, "features", columns=["size", "refund"])
    assert "listed as leaks, and among the features" in sentence(grading.grade(project), "leaks")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"columns": [...], "how": "I looked at each of them."}, "three dots"),
        ({"columns": "arr_delay", "how": "I looked at each of them."}, "give a list"),
        ({"columns": ["a"], "how": "I looked."}, "has 2 words"),
        ({"columns": ["a"], "how": ...}, "still to be written"),
        ({"columns": ["a"]}, "lacks how"),
    ],
)
def test_a_fact_that_is_not_written_yet_is_refused_with_a_sentence(project, monkeypatch, values, said):
    monkeypatch.chdir(project.folder)
    before = (project.folder / facts.FILE).read_bytes()
    with pytest.raises(ProjectError, match=said):
        facts.fact("leaks", **values)
    assert (project.folder / facts.FILE).read_bytes() == before


# ---------------------------------------------------------------------------------------------------- somebody cheats


def test_forecasts_made_from_the_labels_are_better_than_validation_allows_and_do_not_come_out_again(project):
    """The labels can be decoded by whoever wants to; then the number and the notebook give it away."""
    labels = pd.Series(seal.labels(project.folder), name="probability").rename_axis("row_id")
    labels.astype(float).to_csv(project.folder / "predictions.csv")
    one_test.ask(project)
    report = grading.grade(project)
    assert report.state("test") == grading.FAILS and "better than validation allows" in sentence(report, "test")  # fmt: skip
    found = rerun.rerun(project)
    assert found.state == grading.FAILS and "were not computed by it" in found.sentence


def test_labels_that_were_opened_are_written_down_and_there_is_no_test_any_more(project):
    one_test.open_labels(project, "I was curious")
    report = grading.grade(project)
    assert report.state("test") == grading.FAILS and "opened without a test" in sentence(report, "test")
    with pytest.raises(ProjectError, match="refused"):
        one_test.ask(project)


def edit_line(project, number, **changes):
    file = project.folder / chained_log.FILE
    lines = file.read_text().splitlines()
    entry = json.loads(lines[number]) | changes
    lines[number] = json.dumps(entry)
    file.write_text("\n".join(lines) + "\n")
    return entry


def test_an_edited_number_in_the_log_breaks_its_chain(project):
    one_test.ask(project)
    edit_line(project, 1, auc=0.9)
    report = grading.grade(project)
    assert "Line 2 of log.jsonl was changed" in sentence(report, "log")
    assert report.state("test") == grading.FAILS and "the number in the log is another" in sentence(report, "test")  # fmt: skip


def test_an_edited_line_with_its_fingerprint_made_anew_does_not_fit_the_seal(project):
    one_test.ask(project)
    entry = edit_line(project, 1, auc=0.9)
    edit_line(project, 1, hash=chained_log.fingerprint({k: v for k, v in entry.items() if k != "hash"}))
    assert not chained_log.read(project.folder)[1]  # the chain alone is whole again
    report = grading.grade(project)
    assert report.state("log") == grading.FAILS and "seal remembers another last line" in sentence(report, "log")  # fmt: skip


def test_a_line_that_was_cut_off_to_ask_again_is_noticed_and_nothing_is_compared(project):
    one_test.ask(project)
    file = project.folder / chained_log.FILE
    file.write_text(file.read_text().splitlines()[0] + "\n")
    with pytest.raises(ProjectError, match="do not belong to this log"):
        one_test.ask(project)
    assert grading.grade(project).state("log") == grading.FAILS


def test_an_older_copy_of_the_whole_folder_is_noticed_by_what_the_record_knows(project, tmp_path):
    shutil.copytree(project.folder, tmp_path / "copy")
    head = one_test.ask(project)["hash"]
    again = open_project(tmp_path / "copy")
    assert grading.grade(again).state("log") == grading.HOLDS  # the folder alone cannot tell
    report = grading.grade(again, heads=[head])
    assert report.state("log") == grading.FAILS and "an older copy was put back" in sentence(report, "log")


def test_somebody_elses_project_under_an_own_name_is_noticed(project):
    file = project.folder / "project.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"name": "Mallory"}))
    report = grading.grade(open_project(project.folder))
    assert "Project.json is not as it was made" in sentence(report, "log")


def test_facts_that_were_changed_after_the_number_was_known_are_noticed(project):
    one_test.ask(project)
    restate(project, "decision", choice="ship")
    assert "changed after its number was known" in sentence(grading.grade(project), "test")
    restate(project, "decision", choice="wait", words="Better words for the same decision, found later.")
    assert grading.grade(project).state("test") == grading.HOLDS


@pytest.mark.parametrize("name", ["train.csv", "test.csv"])
def test_a_changed_table_is_noticed(project, name):
    file = project.folder / name
    file.write_text(file.read_text().replace("2013", "2014", 1))
    report = grading.grade(project)
    assert report.state("tables") == grading.FAILS and name in sentence(report, "tables")


@pytest.mark.parametrize("name", ["labels.sealed", "log.jsonl", "facts.json", "project.json"])
@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"{}", b"[[[1]]]", b'{"leaks": 3, "standard": {"rules": 1}}'])  # fmt: skip
def test_a_broken_file_is_a_sentence_and_no_traceback(project, name, content, capsys):
    (project.folder / name).write_bytes(content)
    assert main(["project", "check", "--no-rerun", "--folder", str(project.folder)]) in (0, 1)
    printed = capsys.readouterr()
    assert "✘" in printed.out or "○" in printed.out or "cannot be read" in printed.err


# ------------------------------------------------------------------------------------------------------------ commands


def test_the_commands_from_new_to_test(finished, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["project", "status"]) == 1 and "begin one with" in capsys.readouterr().err
    assert main(["project", "new", "--name", "Ada Lovelace"]) == 0
    said = capsys.readouterr().out
    assert "Flights of the carrier" in said and "no lock" in said
    assert main(["project", "status"]) == 0 and "Missing: split" in capsys.readouterr().out
    assert main(["project", "check", "--no-rerun"]) == 0 and "are open" in capsys.readouterr().out
    assert main(["project", "new", "--name", "Ada Lovelace"]) == 1 and "left as it is" in capsys.readouterr().err  # fmt: skip
    shutil.copytree(finished["Ada Lovelace"], tmp_path / "done")
    monkeypatch.chdir(tmp_path / "done")
    assert find_project().folder == tmp_path / "done"
    assert main(["project", "test", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["event"] == "asked"
    assert main(["project", "test"]) == 1 and "refused and written down" in capsys.readouterr().err
    assert main(["project", "check", "--no-rerun", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert {finding["state"] for finding in shown["findings"]} == {"holds"} and len(shown["standard"]) == 5


def test_a_copy_that_is_put_back_is_noticed_by_the_command(finished, tmp_path, capsys):
    shutil.copytree(finished["Ada Lovelace"], tmp_path / "one")
    assert main(["project", "test", "--folder", str(tmp_path / "one")]) == 0
    shutil.copytree(finished["Ada Lovelace"], tmp_path / "two")
    assert main(["project", "check", "--no-rerun", "--folder", str(tmp_path / "two")]) == 1
    assert "an older copy was put back" in capsys.readouterr().out
