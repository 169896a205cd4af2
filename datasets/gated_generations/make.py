"""Record generations of the small language model with gates and real texts: `python datasets/gated_generations/make.py`.

About 7 minutes of one core. Writes `generations.csv` and enters it into `datasets/checksums.sha256`.
"""

import csv
import pathlib

import numpy as np

from holdout.data.loader import write_checksums
from holdout.lm import load, one_thread, open_book
from holdout.lm.texts import text_metrics
from holdout.topics.safeguards.experiments import gated_generations

HERE = pathlib.Path(__file__).parent
RUNS = (
    ("none", 0.0),
    ("checked", 0.0),
    ("repeated", 0.0),
    ("none", 0.1),
    ("none", 0.3),
    ("none", 1.0),
    ("checked", 0.1),
    ("checked", 0.3),
    ("checked", 0.6),
    ("repeated", 0.3),
)
GENERATIONS = 6
SEEDS = 5
METRICS = ("correct", "distinct", "facts", "tail facts", "head mass", "tail mass")


def main():
    base, book = load("M"), open_book()
    rows = []
    with one_thread():
        for seed in range(SEEDS):
            for gate, real_share in RUNS:
                rng = np.random.default_rng(seed)
                chain = gated_generations(base, book, GENERATIONS, rng, gate=gate, real_share=real_share)
                for generation, kept, share in chain:
                    run = {"gate": gate, "real share": real_share, "seed": seed, "generation": generation}
                    metrics = text_metrics(kept, book)
                    numbers = {"kept": share, "texts": len(kept)} | {name: metrics[name] for name in METRICS}
                    numbers["asked"] = metrics["frequent answered"] + metrics["tail answered"]
                    rows.append(run | {name: round(value, 5) for name, value in numbers.items()})
                print(rows[-1], flush=True)
    with open(HERE / "generations.csv", "w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, fieldnames=rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    write_checksums(["gated_generations/generations.csv"])


if __name__ == "__main__":
    main()
