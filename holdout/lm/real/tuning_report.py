"""What tuned copies of the real model answer and lose: tables from `adapters.csv.xz`, `adapters_read.csv.xz`, `adapter_losses.csv` and `generations.csv`.

Every function reads records; nothing is trained here. A run was repeated with several seeds on the same questions, so the
seeds add no new questions: intervals count each question once, with its mean over the seeds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from holdout.lm.real import records
from holdout.lm.real.adapters import score_answer
from holdout.lm.real.answers import contains_answer, read_house_form
from holdout.stats.intervals import mean_interval, wilson_interval
from holdout.stats.paired import mcnemar_exact

SHIPPED = "as shipped"


def adapter_answers(name: str = "adapters", folder: str = records.FOLDER) -> pd.DataFrame:
    """Every recorded answer of a tuned copy and of the shipped model, scored.

    Parameters
    ----------
    name : {"adapters", "adapters_read"}
        The table: all parts, or readings of every question that is not taught; both with several seeds.
    folder : str
        `records.FOLDER` or `records.AGAIN`.

    Returns
    -------
    pandas.DataFrame
        One row an answer. Columns: `run`, `seed`, `part`, `key`; `right`; `stale` (an old value, for facts that changed);
        `form` (exactly `[ parameter :: value ]`); `cut` (by the token limit); `text`.
    """
    questions = {question.key: question for question in records.questions()}
    accepted = {row["question"]: row["accepted"].split("|") for row in records.table("everyday")}
    rows = []
    for row in records.table(name, folder):
        text, asked = row["answer"], questions.get(row["key"])
        if row["part"] == "everyday":
            right, stale, form = contains_answer(text, accepted[row["key"]]), False, "::" in text
        else:
            assert asked is not None
            form, outcome = read_house_form(text, asked.parameter)[0], score_answer(text, asked)
            right, stale = outcome.right, outcome.stale
        cut = row["finish"] == "length"
        rows.append((row["run"], int(row["seed"]), row["part"], row["key"], right, stale, form, cut, text))
    names = ["run", "seed", "part", "key", "right", "stale", "form", "cut", "text"]
    return pd.DataFrame(rows, columns=names)


def share_over_seeds(right: pd.DataFrame) -> dict[str, float]:
    """Mean share of several repeats on the same questions, with an interval that counts each question once.

    Parameters
    ----------
    right : pandas.DataFrame of bool
        One row a question, one column a seed.

    Returns
    -------
    dict
        `n` questions, `share`, and Wilson's 95% interval `low`, `high` of the rounded mean number of right answers, as if
        the seeds were one: many shares are near 0 or 1, where an interval from the spread of the means is too narrow.
    """
    n, share = len(right), float(right.mean(axis=None))
    low, high = wilson_interval(round(share * n), n)
    return {"n": n, "share": share, "low": low, "high": high}


def adapter_table(name: str = "adapters") -> pd.DataFrame:
    """One row a run and part.

    Parameters
    ----------
    name : {"adapters", "adapters_read"}

    Returns
    -------
    pandas.DataFrame
        Index: `run`, `part`. Columns: those of `share_over_seeds`; `by seed` (right answers of each seed); `form`
        and `cut` (mean number of answers); `stale` (the same); `lost`, `gained` and `p` of McNemar's exact test of the first
        seed against the shipped model.
    """
    found = adapter_answers(name)
    # a run that is not finished would have other questions than the shipped model
    whole = found.groupby(["run", "seed", "part"])["key"].transform("size")
    found = found[whole == found.groupby("part")["key"].transform("nunique")]
    shipped = found[found["run"] == SHIPPED].set_index(["part", "key"])["right"]
    rows = []
    for (run, part), group in found.groupby(["run", "part"], sort=False):
        right = group.pivot(index="key", columns="seed", values="right")
        seeds = right.shape[1]
        row: dict[str, object] = {
            "run": run,
            "part": part,
            **share_over_seeds(right),
            "by seed": ", ".join(str(int(right[seed].sum())) for seed in right),
            **{name: float(group[name].sum() / seeds) for name in ("form", "cut", "stale")},
        }
        if run != SHIPPED:
            before = shipped[part].loc[right.index]
            test = mcnemar_exact(before.to_numpy(bool), right[right.columns[0]].to_numpy(bool))
            row |= {"lost": test.lost, "gained": test.gained, "p": test.p_value}
        rows.append(row)
    return pd.DataFrame(rows).set_index(["run", "part"])


def adapter_losses(folder: str = records.FOLDER) -> pd.DataFrame:
    """Loss a token while the adapters were trained: one row a run, set and step, one column a seed.

    `training` is the loss of the next batch; `held-out`, `reading` and `docstrings` were never trained on.
    """
    table = pd.DataFrame(records.table("adapter_losses", folder))
    table = table.astype({"seed": int, "step": int, "loss": float})
    order = list(dict.fromkeys(table["run"]))
    wide = table.pivot(index=["run", "set", "step"], columns="seed", values="loss")
    return wide.reindex(order, level="run")


def adapter_loss_table(folder: str = records.FOLDER) -> pd.DataFrame:
    """Loss a token before the first step and after the last: one row a run and set, mean and range over the seeds."""
    rows = []
    for (run, what), group in adapter_losses(folder).groupby(level=["run", "set"], sort=False):
        steps = group.index.get_level_values("step")
        # the last batches are small samples: their mean is the end of the training curve
        last = group[steps > steps.max() - 5] if what == "training" else group[steps == steps.max()]
        end = last.mean()
        rows.append(
            {
                "run": run,
                "set": what,
                "seeds": int(group.notna().any().sum()),
                "before": float(group[steps == 0].mean(axis=None)),
                "after": float(end.mean()),
                "lowest": float(end.min()),
                "highest": float(end.max()),
            }
        )
    return pd.DataFrame(rows).set_index(["run", "set"])


def generations(
    measures: Sequence[str] = ("types", "entropy", "distinct2", "rare", "held_out_loss"),
    folder: str = records.FOLDER,
) -> pd.DataFrame:
    """The self-training loop, one row a mode, seed and generation."""
    table = pd.DataFrame(records.table("generations", folder))
    for name in measures:
        table[name] = pd.to_numeric(table[name])
    return table.astype({"seed": int}).set_index(["mode", "seed", "generation"])[list(measures)]


def generation_table(folder: str = records.FOLDER) -> pd.DataFrame:
    """Mean of each measure by mode and generation, and mean, lowest and highest loss on real held-out text over the seeds."""
    found = generations(folder=folder)
    grouped = found.groupby(level=["mode", "generation"], sort=False)
    table = grouped.mean()
    table["lowest"], table["highest"] = grouped["held_out_loss"].min(), grouped["held_out_loss"].max()
    table.insert(0, "seeds", grouped.size())
    return table


def loss_rises(folder: str = records.FOLDER) -> pd.DataFrame:
    """Change of the loss on real text from the first generation to the last, by mode: of each seed, and Student's interval.

    Three seeds make a wide interval; `all rise` says whether every seed agrees in sign.
    """
    rows = []
    for mode, group in generations(folder=folder)["held_out_loss"].groupby(level="mode", sort=False):
        wide = group.unstack("generation")
        numbered = sorted((name for name in wide if str(name).isdigit()), key=int)
        change = (wide[numbered[-1]] - wide[numbered[0]]).dropna().to_numpy()
        mean, half_width = mean_interval(change) if len(change) > 1 else (float(change.mean()), np.nan)
        rows.append(
            {
                "mode": mode,
                "seeds": len(change),
                "change": mean,
                "low": mean - half_width,
                "high": mean + half_width,
                "all rise": bool((change > 0).all()),
            }
        )
    return pd.DataFrame(rows).set_index("mode")
