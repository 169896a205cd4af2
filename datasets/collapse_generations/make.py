"""Record what the small language model writes, generation after generation: `python datasets/collapse_generations/make.py`.

About 3 minutes of one core. Writes `generations.csv` (numbers of each generation) and `texts.csv` (the first texts that
each generation of one chain wrote), and enters both into `datasets/checksums.sha256`.
"""

import csv
import pathlib

import numpy as np

from holdout.data.loader import write_checksums
from holdout.lm import load, one_thread, open_book
from holdout.lm.texts import loss_on, real_texts, text_metrics
from holdout.topics.collapse.experiments import text_generations

HERE = pathlib.Path(__file__).parent
RUNS = (("replace", 1.0), ("accumulate", 1.0), ("fixed budget", 1.0), ("replace", 0.9), ("accumulate", 0.9))
GENERATIONS = 10
SEEDS = 3


def main():
    base, book = load("M"), open_book()
    exam = real_texts(book, 400, np.random.default_rng(99))
    rows, examples = [], []
    with one_thread():
        for mode, temperature in RUNS:
            for seed in range(SEEDS):
                rng = np.random.default_rng(seed)
                chain = text_generations(base, book, GENERATIONS, rng, mode=mode, temperature=temperature)
                for generation, model, texts in chain:
                    numbers = text_metrics(texts, book) | {"loss on real": loss_on(model, exam)}
                    run = {"mode": mode, "temperature": temperature, "seed": seed, "generation": generation}
                    rows.append(run | {name: round(value, 5) for name, value in numbers.items()})
                    if seed == 0:
                        examples += [
                            {"mode": mode, "temperature": temperature, "generation": generation, "text": text}
                            for text in texts[:20]
                        ]
                print(rows[-1], flush=True)
    for name, table in (("generations.csv", rows), ("texts.csv", examples)):
        with open(HERE / name, "w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, fieldnames=table[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(table)
    write_checksums([f"collapse_generations/{name}" for name in ("generations.csv", "texts.csv")])


if __name__ == "__main__":
    main()
