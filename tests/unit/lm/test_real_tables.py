"""Tables are made row by row: a run that was stopped goes on where it was."""

import pytest

from holdout.lm.real.tables import Job, make_table, read_rows


def jobs(names, log):
    def run(name):
        log.append(name)
        if name == "bad":
            raise RuntimeError("stopped")
        return {"length": len(name)}

    return [Job({"name": name}, lambda name=name: run(name)) for name in names]


def test_rows_that_are_there_are_not_made_again_and_end_in_the_order_of_the_jobs(tmp_path):
    path, log = tmp_path / "t.csv", []
    assert make_table(path, jobs(["b"], log), progress=False) == 0
    assert make_table(path, jobs(["a", "b", "c"], log), progress=False) == 0
    assert log == ["b", "a", "c"]
    assert read_rows(path) == [{"name": n, "length": "1"} for n in "abc"]


def test_rows_made_before_an_error_are_kept(tmp_path):
    path, log = tmp_path / "t.csv", []
    with pytest.raises(RuntimeError, match="stopped"):
        make_table(path, jobs(["a", "bad", "c"], log), progress=False)
    assert [row["name"] for row in read_rows(path)] == ["a"]
    make_table(path, jobs(["a", "c"], log), progress=False)
    assert log == ["a", "bad", "c"]


def test_a_run_with_a_limit_says_how_many_rows_are_missing(tmp_path):
    path, log = tmp_path / "t.csv", []
    assert make_table(path, jobs(["a", "b"], log), progress=False, seconds=-1) == 2
    assert log == []
    assert make_table(path, jobs([], log), progress=False) == 0


def test_rows_of_other_jobs_stay_behind_those_that_were_asked_for(tmp_path):
    path, log = tmp_path / "t.csv", []
    make_table(path, jobs(["x"], log), progress=False)
    make_table(path, jobs(["a"], log), progress=False)
    assert [row["name"] for row in read_rows(path)] == ["a", "x"]


def test_progress_says_how_far_it_is(tmp_path, capsys):
    make_table(tmp_path / "t.csv", jobs(["a", "b"], []))
    assert "t: 2 of 2 rows" in capsys.readouterr().err
