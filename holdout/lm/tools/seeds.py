"""How much a checkpoint owes to its seed: collects the records of several training runs into one table.

`python -m holdout.lm.tools.train M --seed 1 --output runs`, and so on for other sizes and seeds; then
`python -m holdout.lm.tools.seeds runs` writes `datasets/checkpoints/seeds.csv` from these records and the shipped ones.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pandas as pd

from holdout.data.loader import folder as datasets_folder
from holdout.lm.checkpoint import SHIPPED


def seeds_table(folders: list[Path]) -> pd.DataFrame:
    """Accuracy on the test split by slice, for every record in some folders.

    Parameters
    ----------
    folders : list of Path
        With `S.json`, `M-seed1.json` and so on, as `holdout.lm.tools.train` writes them.

    Returns
    -------
    DataFrame
        Index `slice`; columns `S seed 0`, `S seed 1`, and so on, plus the CPU seconds as a last row.

    Raises
    ------
    ValueError
        If there is no record, or a run answered other questions than the rest.
    """
    columns, questions = {}, set()
    for place in folders:
        for path in sorted(place.glob("[SML]*.json")):
            record = json.loads(path.read_text(encoding="utf-8"))
            questions.add(record["evaluation_fingerprints"]["test"])
            accuracy = {name: row["accuracy"] for name, row in record["accuracy"]["test"].items()}
            columns[path.stem.partition("-")[0], record["seed"]] = {
                **accuracy,
                "CPU seconds": record["cpu_seconds"],
            }
    if not columns:
        raise ValueError(f"there is no record of a training run in {', '.join(map(str, folders))}")
    if len(questions) > 1:
        raise ValueError(
            f"the runs answered {len(questions)} different sets of questions; train them on one version of the course"
        )
    ordered = sorted(columns, key=lambda key: (SHIPPED.index(key[0]), key[1]))
    table = pd.DataFrame({f"{size} seed {seed}": columns[size, seed] for size, seed in ordered})
    return table.rename_axis("slice")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m holdout.lm.tools.seeds", description=__doc__.splitlines()[0]
    )
    parser.add_argument("runs", type=Path, nargs="+", help="folders with records of training runs")
    options = parser.parse_args(arguments)
    shipped = datasets_folder() / "checkpoints"
    table = seeds_table([shipped, *options.runs])
    table.to_csv(shipped / "seeds.csv")
    print(table.to_string())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
