"""Shares are computed from stored answers, and a record answers only for the conversation that it was made with."""

import csv
import lzma

import pytest

from holdout.data.loader import write_checksums
from holdout.lm.real import judging, record, records, report
from holdout.lm.real.__main__ import main
from holdout.lm.real.live import ask
from holdout.lm.real.prompts import PROMPTS, ask_default, messages
from holdout.lm.real.questions import Question
from holdout.lm.real.reading import RECORDED_CASES
from holdout.lm.real.runtime import Reply
from holdout.lm.real.tables import make_table, write_rows

QUESTIONS = [
    {
        "key": "Ridge.alpha",
        "estimator": "Ridge",
        "parameter": "alpha",
        "value": "1.0",
        "older": "",
        "group": "stable",
    },
    {
        "key": "Forest.trees",
        "estimator": "Forest",
        "parameter": "trees",
        "value": "100",
        "older": "10",
        "group": "changed",
    },
    {
        "key": "SVC.gamma",
        "estimator": "SVC",
        "parameter": "gamma",
        "value": "'scale'",
        "older": "'auto'",
        "group": "changed",
    },
    {
        "key": "Lasso.tol",
        "estimator": "Lasso",
        "parameter": "tol",
        "value": "0.0001",
        "older": "",
        "group": "stable",
    },
]
TEXTS = {
    "Ridge.alpha": "Ridge, parameter alpha : float, default=1.0\nHow strong.",
    "Forest.trees": "Forest, parameter trees : int, default=100\nThe number of trees.",
    "SVC.gamma": "SVC, parameter gamma : {'scale', 'auto'}, default='scale'\nWidth.",
    "Lasso.tol": "Lasso, parameter tol : float, default=1e-4\nWhen to stop.",
}


class Echo:
    """Stands for the model: says the last default that it is shown, or 10; prefers shorter texts."""

    runtime = "echo"

    def reply(self, turns, *, max_tokens, seed=0, stop=()):
        shown = turns[-1][1]
        stated = [part.split()[0] for part in shown.split("default=")[1:]]
        text = stated[-1] if stated else "The default value is 10."
        return Reply(text, "stop", 10, len(text.split()), -1.0, tuple(f"{word} " for word in text.split()))

    def logprob_of(self, turns, beginning, continuation):
        return -float(len(continuation))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with four questions, made into tables by the ordinary steps with a stand-in for the model."""
    where = tmp_path / "real_model"
    where.mkdir()
    write_rows(where / "questions.csv", QUESTIONS)
    write_rows(
        where / "described.csv", [{"key": "Ridge.alpha", "value": "1.0", "question": "How strong is it?"}]
    )
    write_rows(where / "everyday.csv", [{"question": "What is 2 plus 2?", "accepted": "4|four"}])
    with lzma.open(where / "passages.csv.xz", "wt", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["key", "text"])
        writer.writerows(TEXTS.items())
    keys = list(TEXTS)
    rows = []
    for queries, asked in (("named", keys), ("described", ["Ridge.alpha"])):
        for method in ("bm25 split names", "minilm"):
            for place, key in enumerate(asked):
                rows.append(
                    {
                        "queries": queries,
                        "key": key,
                        "method": method,
                        "rank": place + 1,
                        "top": " ".join(keys),
                    }
                )
    write_rows(where / "retrieval.csv", rows)
    monkeypatch.setenv("HOLDOUT_DATASETS", str(tmp_path))
    monkeypatch.setattr(records.loader, "folder", lambda: tmp_path)
    records._answers.cache_clear()

    def finished():
        write_checksums((f"real_model/{path.name}" for path in where.iterdir()), tmp_path)
        records._answers.cache_clear()

    yield where, finished
    records._answers.cache_clear()


def test_the_ladder_tells_right_stale_and_form_apart(folder):
    where, finished = folder
    make_table(
        where / "prompting.csv", record.prompting_jobs(where, Echo, ["plain", "house 3"]), progress=False
    )
    finished()
    table = report.prompting_table()
    assert list(table.index) == ["plain", "house 3"]
    plain = table.loc["plain"]
    assert (plain["n"], plain["share"]) == (4, 0.0)
    assert plain["stale of changed"] == "1 of 2"
    assert plain["valid form"] == "0 of 4"
    assert plain["commonest"] == "10.0 (4)"


def test_forced_choice_counts_winners_with_and_without_the_prior(folder):
    where, finished = folder
    make_table(where / "choice.csv", record.choice_jobs(where, Echo), progress=False)
    finished()
    found = report.choices()
    assert found.loc["Forest.trees", "chosen"] != "truth"  # 10 is shorter than 100
    assert set(found["options"]) == {4}
    table = report.choice_table()
    assert table.xs("chosen", level="by").groupby("group")["share"].sum().tolist() == pytest.approx([1, 1])
    bins, error = report.choice_calibration(bins=2)
    assert bins["rows"].sum() == 4
    assert 0 <= error <= 1


def test_what_is_shown_last_is_copied_so_the_order_decides_what_is_stale(folder):
    where, finished = folder
    make_table(where / "reading.csv", record.reading_jobs(where, Echo), progress=False)
    finished()
    table = report.reading_table()
    assert list(table.index) == list(RECORDED_CASES)
    assert table.loc["right", "share"] == 1.0
    assert table.loc["old then new", "share"] == 1.0
    assert table.loc["new then old", "stale"] == table.loc["new then old", "n"] == 2
    assert table.loc["old only", "stale"] == 2
    assert table.loc["near miss", "share"] == 0.0
    assert table.loc["near miss", "copied"] == table.loc["near miss", "n"] == 4
    assert table.loc["right", "copied"] == table.loc["near miss", "shared"] == 0


def test_a_right_answer_from_a_siblings_passage_is_called_shared(folder):
    where, finished = folder
    row = {"case": "near miss", "key": "Ridge.alpha", "prompt": "read examples", "shown": "Lasso.tol"}
    write_rows(where / "reading.csv", [{**row, "answer": "1.0", "finish": "stop"}])
    passages = {**TEXTS, "Lasso.tol": "Lasso, parameter tol : float, default=1.0"}
    with lzma.open(where / "passages.csv.xz", "wt", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerows([["key", "text"], *passages.items()])
    finished()
    found = report.reading_table().loc["near miss"]
    assert (found["share"], found["copied"], found["shared"]) == (1.0, 0, 1)


def test_recall_is_read_from_the_ranks(folder):
    _, finished = folder
    finished()
    table = report.retrieval_table(ks=(1, 3))
    assert table.loc[("named", "minilm", 1), "recall"] == 0.25
    assert table.loc[("named", "minilm", 3), "recall"] == 0.75


def test_a_judge_that_always_says_no_has_a_curve_of_one_half(folder):
    where, finished = folder

    class Judge(Echo):
        def next_logprobs(self, turns, beginning="", *, k=10):
            return {"no": -1.0, "yes": -5.0}

        def logprob_of(self, turns, beginning, continuation):
            return -9.0

    write_readings(
        where, {"Ridge.alpha": "1.0", "Forest.trees": "10", "Lasso.tol": "1e-4", "SVC.gamma": "float"}
    )
    make_table(where / "judge.csv", judging.judge_jobs(where, Judge), progress=False)
    finished()
    row = report.judge_table().loc["no example"]
    assert (row["yes to right"], row["no to wrong"], row["auc"]) == ("0 of 2", "2 of 2", 0.5)


def test_a_judge_that_prefers_the_first_place_is_seen_in_both_orders(folder):
    where, finished = folder

    class First(Echo):
        def next_logprobs(self, turns, beginning="", *, k=10):
            answer = turns[-1][1].split("Answer A: ")[1].split("\n")[0]
            return {"A": -0.1 - len(answer) / 1000, "B": -3.0}

    write_readings(
        where, {"Ridge.alpha": "1.0", "Forest.trees": "10", "Lasso.tol": "1e-4", "SVC.gamma": "float"}
    )
    jobs = list(judging.pair_jobs(where, First))
    assert len(jobs) == 12  # two wrong answers, three kinds, both orders
    make_table(where / "pairs.csv", jobs, progress=False)
    finished()
    table = report.pair_table()
    assert set(table["first wins"]) == {"4 of 4"}
    assert table.loc["short and long", "share"] == 1.0  # this judge loses a little with every letter


def write_readings(where, answers):
    """Recorded answers with the right passage, where the folder has none yet."""
    rows = [{"case": "right", "key": key, "answer": answer} for key, answer in answers.items()]
    write_rows(where / "reading.csv", rows)


def test_a_canary_has_the_same_questions_for_every_variant_and_losses_are_paired(folder):
    where, finished = folder

    class Careful(Echo):
        def reply(self, turns, *, max_tokens, seed=0, stop=()):
            words = ["Let", "us", "think", *["."] * 10, "4"] if turns[0][0] == "system" else ["four"]
            return Reply(" ".join(words), "stop", 10, len(words), -1.0, tuple(f"{word} " for word in words))

    variants = ["shipped", "other system prompt"]
    jobs = list(record.replacement_jobs(where, Careful, variants))
    assert [tuple(job.key.values())[1:] for job in jobs[:3]] == [
        tuple(job.key.values())[1:] for job in jobs[3:]
    ]
    make_table(where / "replacements.csv.xz", jobs, progress=False)
    finished()
    table = report.replacement_table()
    whole, cut = (table.loc[("other system prompt", part)] for part in ("everyday", "everyday, cut at 12"))
    assert (whole["share"], whole["lost"]) == (1.0, 0)
    assert (cut["share"], cut["lost"]) == (0.0, 1)
    assert table.loc[("shipped", "everyday"), "same text"] == 1


def test_a_variant_that_was_asked_one_part_is_compared_on_that_part(folder):
    where, finished = folder
    jobs = [
        *record.replacement_jobs(where, Echo, ["other system prompt"], parts=["reading"]),
        *record.replacement_jobs(where, Echo, ["shipped"]),
    ]
    make_table(where / "replacements.csv.xz", jobs, progress=False)
    finished()
    table = report.replacement_table("other system prompt")
    assert set(table.index) == {("other system prompt", "reading"), ("shipped", "reading")}
    assert ("shipped", "everyday") in report.replacement_table("shipped").index


def test_a_rounded_copy_is_made_once_and_its_rows_say_so(folder, monkeypatch, tmp_path):
    where, _ = folder
    made = []
    monkeypatch.setattr(
        record, "write_rounded", lambda path, scheme, report: made.append(path) or path.touch()
    )
    monkeypatch.setattr(record, "RealModel", lambda path: Echo())
    jobs = list(record.replacement_jobs(where, Echo, ["4 bits, rows"], copies=tmp_path / "copies"))
    rows = [job.run() for job in jobs]
    assert [path.name for path in made] == ["4-bits-rows.gguf"]
    assert {row["runtime"] for row in rows} == {"llama.cpp F16, 4 bits, rows"}


def test_a_part_can_be_asked_alone_and_without_the_shipped_model_the_first_variant_is_the_base(folder):
    where, finished = folder
    jobs = list(record.replacement_jobs(where, Echo, ["other system prompt"], parts=["reading"]))
    assert {job.key["part"] for job in jobs} == {"reading"}
    make_table(where / "replacements.csv.xz", jobs, progress=False)
    finished()
    assert report.replacement_table().index.tolist() == [("other system prompt", "reading")]
    assert set(report.replacement_answers()["kind"]) <= {"text", "switch", "number"}


def test_the_command_asks_one_part(folder, capsys):
    where, _ = folder
    assert main(["replacements", "--folder", str(where), "--part", "reading", "--seconds", "-1"]) == 0
    only = int(capsys.readouterr().err.split()[0])
    assert main(["replacements", "--folder", str(where), "--seconds", "-1"]) == 0
    assert 0 < only < int(capsys.readouterr().err.split()[0])


def test_a_lower_limit_leaves_the_first_tokens_of_a_greedy_answer():
    assert record.cut([" The", " answer", " is", " 4"], 2) == "The answer"
    assert record.cut(["a", "\n", "b"], 3) == "a"


def test_recorded_reading_answers_only_for_the_passages_and_the_order_it_was_made_with(folder, monkeypatch):
    where, finished = folder
    make_table(
        where / "reading.csv", record.reading_jobs(where, Echo, ["right", "new then old"]), progress=False
    )
    finished()
    from holdout.lm.real import runtime

    monkeypatch.setattr(runtime, "_package_folder", lambda package: None)
    question = ask_default("Forest", "trees")
    assert str(ask(question, [TEXTS["Forest.trees"]])) == "100"
    new, old = (
        "Release 1.9. " + TEXTS["Forest.trees"],
        "Release 0.22. " + TEXTS["Forest.trees"].replace("100", "10"),
    )
    assert str(ask(question, [new, old])) == "10"
    with pytest.raises(runtime.LiveModelError, match="not recorded"):
        ask(question, [old, new])
    assert (
        records.find_answer(messages(PROMPTS["read examples"], question, [new, old]), 16).table == "reading"
    )


def test_constant_rules_leave_the_question_itself_out():
    facts = [("Ridge", "alpha", "1.0"), ("Lasso", "alpha", "1"), ("NMF", "alpha", "0.0"), ("SVC", "C", "1.0")]
    made = [Question(f"{e}.{p}", e, p, v, (), "stable") for e, p, v in facts]
    found = report.constant_baselines(made)
    assert found["always the commonest value"] == 3 / 4
    # Ridge and Lasso see each other's 1.0 first or the 0.0 of NMF, which is as common; NMF sees 1.0; C stands alone
    # and is guessed as the commonest of all
    assert found["as elsewhere"] == pytest.approx(3 / 4)


# -- the command


def test_a_table_that_needs_the_model_says_in_one_sentence_how_to_get_it(folder, monkeypatch, capsys):
    where, _ = folder
    from holdout.lm.real import runtime

    monkeypatch.setattr(runtime, "_package_folder", lambda package: None)
    runtime.load.cache_clear()
    assert main(["choice", "--folder", str(where)]) == 1
    said = capsys.readouterr().err.strip()
    assert runtime.INSTALL in said
    assert said.count("\n") == 0


def test_the_report_names_what_was_not_recorded(folder, capsys):
    _, finished = folder
    finished()
    assert main(["report"]) == 0
    said = capsys.readouterr().out
    assert "Constant rules" in said
    assert "Forced choice by likelihood: not recorded yet" in said
    assert "Recall@k" in said


def test_checksums_are_entered_for_the_named_files_only(folder, tmp_path):
    where, _ = folder
    assert main(["checksums", "--folder", str(where), "--only", "questions.csv"]) == 0
    assert "questions.csv" in (tmp_path / "checksums.sha256").read_text()
    assert "described.csv" not in (tmp_path / "checksums.sha256").read_text()


def test_a_run_with_a_limit_says_that_rows_are_missing(folder, capsys):
    where, _ = folder
    write_readings(where, {"Ridge.alpha": "1.0", "SVC.gamma": "float"})
    assert main(["judge", "--folder", str(where), "--seconds", "-1"]) == 0
    assert "4 rows are missing" in capsys.readouterr().err
