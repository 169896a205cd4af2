"""Text that a model wrote is compared with the real text, and each generation is trained on the one before."""

import zlib

import numpy as np
import pytest

from holdout.lm.real import generations
from holdout.lm.real.generations import describe, draw_texts, generation_jobs
from holdout.lm.real.tables import make_table, read_rows

PASSAGES = {
    f"A.p{n}": f"A, parameter p{n}\n" + " ".join(f"w{(n * k) % 997}" for k in range(40))
    for n in range(1, 200)
}


class StandIn:
    """Cuts at blanks; a tuned copy writes the first token of what it was trained on."""

    trained: list = []  # noqa: RUF012

    class tokenizer:
        @staticmethod
        def decode(tokens):
            return " ".join(map(str, tokens))

    def __init__(self):
        self.model = 7

    def encode(self, text):
        return [zlib.crc32(word.encode()) for word in text.split()]

    def tune(self, rows, *, epochs, learning_rate, seed):
        StandIn.trained.append((seed, len(rows), rows[-1][1][0]))
        return 1000 + seed

    def sample(self, model, heads, tokens, *, seed):
        return [[model] * tokens for _ in heads]

    def loss(self, model, rows):
        return 2.0

    def remove_adapter(self):
        pass


def test_statistics_of_known_texts():
    found = describe([[1, 1], [2, 3]], real=[[1, 2], [2, 4]])
    assert found.types == 3
    assert found.entropy == pytest.approx(1.5)
    assert found.distinct2 == 1.0
    assert found.rare == 0.5  # 1 and 4 stand once in the real text; 1 is half of these tokens
    assert describe([[5, 5, 5]], real=[[5, 6]]).distinct2 == 0.5
    with pytest.raises(ValueError, match="no text of two tokens"):
        describe([[1]], real=[[1]])


def test_the_three_samples_of_real_text_share_no_passage_and_no_text():
    copies = {f"B.p{n}": text.replace("A,", "B,") for n, text in enumerate(PASSAGES.values())}
    training, second, held_out = draw_texts(PASSAGES | copies, StandIn(), np.random.default_rng(0))
    assert (len(training), len(second), len(held_out)) == (48, 48, 30)
    bodies = [tuple(body) for _, body in training + second + held_out]
    assert len(set(bodies)) == len(bodies)
    assert {len(body) for _, body in training} == {generations.TOKENS}


def test_a_generation_learns_from_the_one_before_or_from_all(tmp_path, monkeypatch):
    monkeypatch.setattr(generations, "TorchModel", StandIn)
    StandIn.trained = []
    jobs = list(generation_jobs(PASSAGES, seeds=1, generations=3))
    make_table(tmp_path / "generations.csv", jobs, progress=False)
    assert [(seed, rows) for seed, rows, _ in StandIn.trained] == [
        (0, 48),
        (1, 48),
        (2, 48),
        (0, 48),
        (1, 96),
        (2, 144),
    ]
    assert [first for *_, first in StandIn.trained[1:3]] == [1000, 1001]
    rows = read_rows(tmp_path / "generations.csv")
    assert [row["generation"] for row in rows if row["mode"] == "accumulate"] == ["0", "1", "2"]
    assert rows[0]["generation"] == "real text" and rows[0]["held_out_loss"] == ""
    assert {row["types"] for row in rows if row["generation"] == "1"} == {"1"}
