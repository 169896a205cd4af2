"""Record which questions every quantized checkpoint answers rightly: `python datasets/quantized_outcomes/make.py`.

About two minutes on one core. Greedy answers on the validation and the test split; nothing here is random.
"""

import hashlib
import json
import pathlib

import numpy as np

from holdout.lm import load, one_thread, open_book, quantize, stored_bytes
from holdout.lm.checkpoint import digest
from holdout.lm.evaluation import evaluate
from holdout.topics.quantization.experiments import tail_questions

HERE = pathlib.Path(__file__).resolve().parent
VARIANTS = [
    (size, bits, rows)
    for size in ("S", "M", "L")
    for bits, rows in [(16, False), *[(bits, rows) for bits in (8, 6, 5, 4, 3) for rows in (False, True)]]
]


def main():
    one_thread()
    book = open_book()
    questions = {split: tail_questions(book, split) for split in ("validation", "test")}
    about, right, digests = [], [], {}
    for size, bits, rows in VARIANTS:
        model = load(size)
        digests[size] = digest(model.weights)
        weights = model.weights if bits == 16 else quantize(model.weights, bits, per_row=rows)
        lighter = model.with_weights(weights)
        answers = np.concatenate([evaluate(lighter, asked).correct for asked in questions.values()])
        right.append(answers)
        about.append(
            {
                "model": size,
                "bits": bits,
                "per_row": rows,
                "bytes": stored_bytes(model.weights, bits, per_row=rows),
            }
        )
        print(size, bits, "a step a row" if rows else "one step", f"{answers.mean():.3f}", flush=True)
    np.savez_compressed(HERE / "outcomes.npz", right=np.packbits(np.array(right), axis=1))
    document = {
        "fingerprints": {split: asked.fingerprint for split, asked in questions.items()},
        "weights": digests,
        "splits": [split for split, asked in questions.items() for _ in asked.items],
        "slices": [item.slice for asked in questions.values() for item in asked.items],
        "variants": about,
    }
    (HERE / "outcomes.json").write_text(json.dumps(document) + "\n", encoding="utf-8")
    lines = [
        f"{hashlib.sha256((HERE / name).read_bytes()).hexdigest()}  {name}\n"
        for name in ("outcomes.json", "outcomes.npz")
    ]
    (HERE / "checksums.sha256").write_text("".join(lines), encoding="ascii")


if __name__ == "__main__":
    main()
