"""Texts written by the small language model over generations, and what is measured of them (lessons 12 and 13)."""

from __future__ import annotations

import csv
from collections.abc import Sequence

import numpy as np

import holdout.lm.facts as wording
from holdout.data import loader as data
from holdout.lm.adapt import as_example, fine_tune
from holdout.lm.evaluation import Item
from holdout.lm.facts import FactBook
from holdout.lm.gradients import sum_of_gradients
from holdout.lm.language_model import LanguageModel
from holdout.lm.sample import generate
from holdout.lm.tokenizer import BEGIN

TEXTS = 1500  # texts that each generation writes
HEAD = 10  # facts asked most often
TAIL_FROM = 100  # facts from this rank on are the tail


def real_texts(book: FactBook, number: int, rng: np.random.Generator) -> list[str]:
    """Sentences that state facts of the old release, drawn by how often each fact is asked."""
    chosen = rng.choice(len(book.known), number, p=book.traffic)
    return [wording.fill(wording.PASSAGES[0], book.known[i], book.old[book.known[i]]) for i in chosen]


def train_on_texts(
    model: LanguageModel, texts: Sequence[str], rng: np.random.Generator, *, steps: int = 200
) -> LanguageModel:
    """One generation: fine-tune a copy of `model` to write such texts from nothing (32 texts per step)."""
    items = [Item(BEGIN, text, "text") for text in texts]
    return fine_tune(model, items, rng, steps=steps, batch=32, learning_rate=3e-3).model


def write_texts(
    model: LanguageModel, number: int, rng: np.random.Generator, *, temperature: float = 1.0
) -> list[str]:
    """Texts that a trained model writes from nothing."""
    prompt = model.tokenizer.encode(BEGIN)
    tokens = generate(
        model.weights, model.config, [prompt] * number, max_new_tokens=8, temperature=temperature, rng=rng
    )
    return [" ".join(model.tokenizer.words[token] for token in row) for row in tokens]


def fact_ranks(texts: Sequence[str], book: FactBook) -> np.ndarray:
    """For each text the rank (from 0) of the known fact that it states correctly, or -1."""
    place = {
        wording.fill(wording.PASSAGES[0], key, book.old[key]): rank for rank, key in enumerate(book.known)
    }
    return np.array([place.get(text, -1) for text in texts])


def text_metrics(texts: Sequence[str], book: FactBook) -> dict[str, float]:
    """What a corpus of such sentences still holds.

    Returns
    -------
    dict of str to float
        "correct": share of the texts that state a default of the release as it is. "distinct": different texts.
        "facts": different known facts stated correctly. "tail facts": the same from rank `TAIL_FROM` on. "head mass",
        "middle mass" and "tail mass": shares of all texts that state a head fact, one from there to `TAIL_FROM`, or a
        tail fact. "frequent answered" and "tail answered": the shares of all *questions* that are about a fact before
        and from `TAIL_FROM` on, and that some text answers correctly.
    """
    true = {wording.fill(wording.PASSAGES[0], key, value) for key, value in book.old.items()}
    ranks = fact_ranks(texts, book)
    stated = np.unique(ranks[ranks >= 0])
    return {
        "correct": float(np.mean([text in true for text in texts])),
        "distinct": float(len(set(texts))),
        "facts": float(len(stated)),
        "tail facts": float(np.sum(stated >= TAIL_FROM)),
        "head mass": float(np.mean((ranks >= 0) & (ranks < HEAD))),
        "middle mass": float(np.mean((ranks >= HEAD) & (ranks < TAIL_FROM))),
        "tail mass": float(np.mean(ranks >= TAIL_FROM)),
        "frequent answered": float(book.traffic[stated[stated < TAIL_FROM]].sum()),
        "tail answered": float(book.traffic[stated[stated >= TAIL_FROM]].sum()),
    }


def loss_on(model: LanguageModel, texts: Sequence[str]) -> float:
    """Mean loss on texts, in nats per word: the distance that a training curve shows."""
    examples = [as_example(model, Item(BEGIN, text, "text")) for text in texts]
    return float(sum_of_gradients(model.weights, model.config, examples)[0])


def recorded_generations() -> list[dict]:
    """The recorded runs of the language model, one dict per run and generation (`datasets/collapse_generations`)."""
    with open(data.path("collapse_generations/generations.csv"), newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return [{k: v if k == "mode" else float(v) for k, v in row.items()} for row in rows]
