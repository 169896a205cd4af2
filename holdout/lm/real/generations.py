"""A real model that is trained on its own text, generation after generation: what `generations.csv` records.

The text is descriptions of parameters. Each generation is a new adapter on the shipped weights, trained on what the
generation before wrote ("replace"), or on all that was written so far and the real text ("accumulate").
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from holdout.lm.real.tables import Job
from holdout.lm.real.torch_model import RUNTIME, Row, TorchModel

GENERATIONS = 4
TEXTS, HELD_OUT, TOKENS = 48, 30, 32
EPOCHS, LEARNING_RATE = 2, 5e-4
MODES = ("replace", "accumulate")


@dataclass(frozen=True)
class Described:
    """Statistics of the tokens of some texts.

    Attributes
    ----------
    types : int
        Different tokens.
    entropy : float
        Of the tokens' shares, in bits.
    distinct2 : float
        Different pairs of neighbours, by all pairs.
    rare : float
        Share of tokens that stand once in the real text.
    """

    types: int
    entropy: float
    distinct2: float
    rare: float


def describe(texts: Sequence[Sequence[int]], real: Sequence[Sequence[int]]) -> Described:
    """Statistics of texts, with the real text for what is rare.

    Parameters
    ----------
    texts, real : sequence of sequence of int
        Tokens.

    Raises
    ------
    ValueError
        If there is no text, or none of two tokens.
    """
    pairs = [pair for text in texts for pair in itertools.pairwise(text)]
    if not pairs:
        raise ValueError("there is no text of two tokens or more to describe")
    counts = Counter(token for text in texts for token in text)
    once = {token for token, n in Counter(token for text in real for token in text).items() if n == 1}
    total = counts.total()
    share = np.array(list(counts.values())) / total
    return Described(
        types=len(counts),
        entropy=float(-np.sum(share * np.log2(share))),
        distinct2=len(set(pairs)) / len(pairs),
        rare=sum(counts[token] for token in once) / total,
    )


def draw_texts(
    passages: Mapping[str, str], model: TorchModel, rng: np.random.Generator
) -> tuple[list[Row], list[Row], list[Row]]:
    """Real texts: for training, another sample of that size, and held out.

    Parameters
    ----------
    passages : mapping of key to text
    model : TorchModel
        Cuts texts into tokens.
    rng : numpy.random.Generator

    Returns
    -------
    training, second, held_out : list of Row
        Beginning (the first line, at most 70 characters) and what follows (`TOKENS` tokens), no text twice: many
        classes describe one parameter in the same words.
    """
    texts = list(passages.values())
    rows: list[Row] = []
    seen: set[tuple[int, ...]] = set()
    for i in rng.permutation(len(texts)):
        first, _, rest = texts[i].partition("\n")
        body = model.encode(" ".join(rest.split()))[:TOKENS]
        if len(body) == TOKENS and tuple(body) not in seen:
            seen.add(tuple(body))
            rows.append((model.encode(first[:70] + "\n"), body))
        if len(rows) == 2 * TEXTS + HELD_OUT:
            break
    return rows[:TEXTS], rows[TEXTS : 2 * TEXTS], rows[2 * TEXTS :]


def generation_jobs(
    passages: Mapping[str, str],
    modes: Sequence[str] = MODES,
    *,
    seeds: int = 3,
    generations: int = GENERATIONS,
) -> Iterator[Job]:
    """The real text, a second sample of it, the model before training and each generation, for every seed.

    A seed that was stopped in the middle is trained again from its first generation.

    Parameters
    ----------
    passages : mapping of key to text
    modes : sequence of str
        Of `MODES`.
    seeds : int
        Other texts, adapters and samples each.
    generations : int
    """
    model = functools.cache(TorchModel)

    @functools.lru_cache(maxsize=1)
    def texts(seed: int) -> tuple[list[Row], list[Row], list[Row]]:
        return draw_texts(passages, model(), np.random.default_rng(seed))

    @functools.lru_cache(maxsize=2 * (generations + 1))
    def written(mode: str, seed: int, generation: int) -> tuple[list[list[int]], float]:
        """What a generation writes, and its loss on held-out real text."""
        training, _, held_out = texts(seed)
        heads = [head for head, _ in training]
        rows = list(training)
        for earlier in range(generation):
            made = [(head, body) for head, body in zip(heads, written(mode, seed, earlier)[0], strict=True)]
            rows = rows + made if mode == "accumulate" else made
        tuned = model().tune(rows, epochs=EPOCHS, learning_rate=LEARNING_RATE, seed=100 * seed + generation)
        bodies = model().sample(tuned, heads, TOKENS, seed=100 * seed + generation)
        return bodies, model().loss(tuned, held_out)

    def run(mode: str, seed: int, generation: str) -> dict[str, object]:
        training, second, held_out = texts(seed)
        real = [body for _, body in training]
        loss: float | str = ""
        if generation == "real text":
            bodies = real
        elif generation == "another real sample":
            bodies = [body for _, body in second]
        elif generation == "as shipped":
            model().remove_adapter()
            shipped = model().model
            bodies = model().sample(shipped, [head for head, _ in training], TOKENS, seed=100 * seed)
            loss = model().loss(shipped, held_out)
        else:
            bodies, loss = written(mode, seed, int(generation))
        found = describe(bodies, real)
        return {
            "types": found.types,
            "entropy": round(found.entropy, 3),
            "distinct2": round(found.distinct2, 4),
            "rare": round(found.rare, 4),
            "held_out_loss": round(loss, 4) if isinstance(loss, float) else loss,
            "text": " / ".join(" ".join(model().tokenizer.decode(body).split()) for body in bodies[:2]),
            "runtime": RUNTIME,
        }

    for mode in modes:
        for seed in range(seeds):
            # what does not depend on the mode is asked once
            first = ["real text", "another real sample", "as shipped"] if mode == MODES[0] else []
            for generation in [*first, *map(str, range(generations))]:
                yield Job(
                    {"mode": mode, "seed": str(seed), "generation": generation},
                    functools.partial(run, mode, seed, generation),
                )
