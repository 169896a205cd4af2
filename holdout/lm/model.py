"""A Llama-style transformer in NumPy: initial weights, forward pass, and the backward pass written out by
hand.

Read it from the top: a forward pass is `embedding -> layers x (attention, gated MLP) -> norm -> logits`.
The same `forward` trains (it records a tape) and generates (it extends a cache). There is no dropout and no
bias. Training is in `train`, generation in `sample`.

Shapes: B sequences of L tokens, d channels (`width`), H heads of h = d / H channels, m hidden channels, V
words. Matrices are stored (out, in), as in published checkpoints, so a layer computes `x @ W.T`.

Sources: the transformer, Vaswani et al. 2017, arXiv:1706.03762; Llama = RMSNorm + rotary positions + SwiGLU,
Touvron et al. 2023, arXiv:2302.13971. Each formula names its own source below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

Weights = dict[str, np.ndarray]

EPSILON = 1e-5  # keeps RMSNorm finite for a zero vector
ROTARY_BASE = 10_000.0  # the slowest rotary frequency is about 1 / 10,000 turns a token


@dataclass(frozen=True)
class Config:
    """The shape of a model.

    Parameters
    ----------
    vocabulary : int
        Words V.
    width : int
        Channels d of the residual stream; a multiple of twice `heads`.
    heads : int
        Attention heads H.
    layers : int
    hidden : int
        Channels m of the gated MLP.
    context : int
        Longest sequence that the model accepts, in tokens.
    """

    vocabulary: int
    width: int = 64
    heads: int = 4
    layers: int = 2
    hidden: int = 128
    context: int = 192

    def __post_init__(self):
        for name, value in vars(self).items():
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} must be a positive whole number, not {value!r}")
        if self.width % (2 * self.heads):
            raise ValueError(f"width {self.width} is not a multiple of 2 x heads = {2 * self.heads}")

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name to shape of every weight."""
        d, m = self.width, self.hidden
        shapes: dict[str, tuple[int, ...]] = {"embedding": (self.vocabulary, d), "norm": (d,)}
        for layer in range(self.layers):
            for name in ("query", "key", "value", "output"):
                shapes[f"{layer}.{name}"] = (d, d)
            shapes |= {f"{layer}.gate": (m, d), f"{layer}.up": (m, d), f"{layer}.down": (d, m)}
            shapes |= {f"{layer}.attention_norm": (d,), f"{layer}.mlp_norm": (d,)}
        return shapes


def count_weights(weights: Weights) -> int:
    """How many numbers a model holds."""
    return sum(weight.size for weight in weights.values())


# -- initial weights


def initial_weights(config: Config, rng: np.random.Generator) -> Weights:
    """Random weights to train from.

    Matrices are Gaussian with variance 1 / inputs (LeCun et al. 1998, "Efficient BackProp", eq. 16); those
    that write into the residual stream are divided by sqrt(2 x layers), so that the stream's variance does
    not grow with depth (Radford et al. 2019, GPT-2, section 2.3). Keys start equal to queries, so that a
    token begins by attending to tokens like itself.

    Returns
    -------
    dict of str to ndarray of float32
        With the shapes of `config.shapes()`.
    """
    weights = {}
    for name, shape in config.shapes().items():
        if name.endswith("norm"):
            weights[name] = np.ones(shape, np.float32)
        else:
            scale = 0.05 if name == "embedding" else shape[1] ** -0.5
            if name.endswith(("output", "down")):
                scale /= (2 * config.layers) ** 0.5
            weights[name] = (scale * rng.standard_normal(shape)).astype(np.float32)
    for layer in range(config.layers):
        weights[f"{layer}.key"] = weights[f"{layer}.query"].copy()
    return weights


def start_as_previous_word_readers(
    weights: Weights, config: Config, offsets: Sequence[int], rng: np.random.Generator
) -> None:
    """Let head i of the first layer begin as "look back by offsets[i] words"; changes `weights` in place.

    Only an initial value: training is free to undo it. All words share one direction u in the embedding.
    The key of the head is a constant k along u, its query the same constant turned back by the offset. The
    rotary positions turn both by their distance, so the product q . k is largest exactly `offset` words
    back. Such heads are the first half of the "induction" circuit that copies from the context (Olsson et
    al. 2022, arXiv:2209.11895), and waiting for them to form by chance is what makes small models slow to
    learn to read. Starting near a solution is the idea of Trockman & Kolter 2023 ("mimetic initialization",
    arXiv:2305.09828).

    Parameters
    ----------
    offsets : sequence of int
        At most one for each head.
    """
    d, h = config.width, config.width // config.heads
    if len(offsets) > config.heads:
        raise ValueError(f"{len(offsets)} offsets for {config.heads} heads; give at most one per head")
    shared = rng.standard_normal(d)
    shared /= np.linalg.norm(shared)
    weights["embedding"] += (0.05 * np.sqrt(d) * shared).astype(np.float32)
    frequencies = ROTARY_BASE ** (-np.arange(0, h, 2) / h)
    fast = (frequencies > 0.09).astype(float)  # slow frequencies barely turn from one word to the next
    for head, offset in enumerate(offsets):
        rows = slice(head * h, (head + 1) * h)
        key = np.concatenate([fast, 0 * fast])
        query = np.concatenate([fast * np.cos(offset * frequencies), -fast * np.sin(offset * frequencies)])
        weights["0.key"][rows] = np.outer(key, shared)
        weights["0.query"][rows] = np.outer(query, shared)


# -- building blocks


def softmax(scores: np.ndarray) -> np.ndarray:
    """exp(s) / sum exp(s) over the last axis; subtracting the maximum first changes nothing but avoids
    overflow."""
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    scores /= scores.sum(-1, keepdims=True)
    return scores


def linear(x: np.ndarray, W: np.ndarray) -> np.ndarray:
    """y = x W^T for x (..., in) and W (out, in)."""
    return (x.reshape(-1, x.shape[-1]) @ W.T).reshape(*x.shape[:-1], W.shape[0])


def linear_backward(dy: np.ndarray, x: np.ndarray, W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradients of y = x W^T: dx = dy W and dW = dy^T x, summed over all positions."""
    flat = dy.reshape(-1, dy.shape[-1])
    return (flat @ W).reshape(x.shape), flat.T @ x.reshape(-1, x.shape[-1])


def rms_norm(x: np.ndarray, gain: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """y = gain x / rms(x) with rms(x) = sqrt(mean(x^2) + epsilon): Zhang & Sennrich 2019, arXiv:1910.07467,
    eq. 4."""
    inverse = 1 / np.sqrt((x * x).mean(-1, keepdims=True) + EPSILON)
    return x * inverse * gain, inverse


def rms_norm_backward(
    dy: np.ndarray, x: np.ndarray, gain: np.ndarray, inverse: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gradients of `rms_norm`. With r = 1 / rms and g = dy gain: dx = r g - x r^3 mean(g x); dgain = sum(dy
    x r)."""
    g = dy * gain
    dx = inverse * g - x * inverse**3 * (g * x).mean(-1, keepdims=True)
    return dx, (dy * x * inverse).reshape(-1, x.shape[-1]).sum(0)


def rotary_tables(
    length: int, head_width: int, start: int, dtype: DTypeLike
) -> tuple[np.ndarray, np.ndarray]:
    """cos and sin of position x frequency, (length, head_width): Su et al. 2021, arXiv:2104.09864, eq. 34."""
    frequencies = ROTARY_BASE ** (-np.arange(0, head_width, 2) / head_width)
    angle = np.arange(start, start + length)[:, None] * np.concatenate([frequencies, frequencies])
    return np.cos(angle).astype(dtype), np.sin(angle).astype(dtype)


def rotate(x: np.ndarray, cos: np.ndarray, sin: np.ndarray) -> np.ndarray:
    """Turn every channel pair (i, i + h/2) of x (B, H, L, h) by the angle of its position."""
    half = x.shape[-1] // 2
    turned = np.empty_like(x)
    np.negative(x[..., half:], out=turned[..., :half])
    turned[..., half:] = x[..., :half]
    turned *= sin
    turned += x * cos
    return turned


def rotate_backward(dy: np.ndarray, cos: np.ndarray, sin: np.ndarray) -> np.ndarray:
    """A rotation's transpose is the rotation back."""
    return rotate(dy, cos, -sin)


def split_heads(x: np.ndarray, heads: int) -> np.ndarray:
    """(B, L, d) to (B, H, L, h)."""
    return x.reshape(*x.shape[:2], heads, -1).transpose(0, 2, 1, 3)


def rows_at(x: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(B, L, d) to (B, P, d): of each sequence the positions `at`, (B, P)."""
    return np.take_along_axis(x, at[:, :, None], 1)


def positions_of(counted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where `counted` (B, L) is true, as positions (B, P) in order; and which of these count, (B, P): a sequence with
    fewer of them is filled up with other positions."""
    at = np.argsort(~counted, axis=1, kind="stable")[:, : counted.sum(1).max()]
    return at, np.take_along_axis(counted, at, 1)


def rows_back(rows: np.ndarray, at: np.ndarray, length: int) -> np.ndarray:
    """Gradient of `rows_at`, for positions that differ: (B, P, d) to (B, length, d), zero elsewhere."""
    x = np.zeros((len(rows), length, rows.shape[-1]), rows.dtype)
    np.put_along_axis(x, at[:, :, None], rows, 1)
    return x


def join_heads(x: np.ndarray) -> np.ndarray:
    """(B, H, L, h) to (B, L, d)."""
    return x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1)


# -- forward


def forward(
    weights: Weights,
    config: Config,
    tokens: ArrayLike,
    *,
    at: np.ndarray | None = None,
    cache: list | None = None,
    tape: list | None = None,
) -> np.ndarray:
    """Hidden states after the last norm; `logits` turns them into scores of the next word.

    Parameters
    ----------
    tokens : ndarray of int, shape (B, L)
        Shorter sequences are padded on the right: attention looks left only, so padding changes nothing
        before it.
    at : ndarray of int, shape (B, P), optional
        Positions of each sequence whose states are wanted, all by default. The last layer computes no others: nothing
        reads them.
    cache : list, optional
        Keys and values of the tokens seen so far, one pair per layer; it is extended in place. Give an empty
        list for the prompt and then one new token at a time: only the new tokens are computed.
    tape : list, optional
        Collects what `loss_and_gradients` needs on the way back.

    Returns
    -------
    ndarray, shape (B, P, d), or (B, L, d) without `at`

    Raises
    ------
    ValueError
        If a sequence is empty or longer than `config.context`.
    """
    tokens = np.asarray(tokens)
    length, heads, h = tokens.shape[1], config.heads, config.width // config.heads
    start = cache[0][0].shape[2] if cache else 0
    if not length:
        raise ValueError("the sequence is empty; give at least one token")
    if start + length > config.context:
        raise ValueError(
            f"{start + length} tokens are too many: this model reads at most {config.context}. "
            "Give fewer or shorter passages."
        )
    dtype = weights["embedding"].dtype
    cos, sin = rotary_tables(length, h, start, dtype)
    future = np.zeros((1, 1), dtype)  # one word sees all before it
    if length > 1:
        future = np.triu(np.full((length, start + length), -np.inf, dtype), start + 1)
    x = weights["embedding"][tokens]
    for layer in range(config.layers):
        W = {name: weights[f"{layer}.{name}"] for name in LAYER_NAMES}

        # attention(Q, K, V) = softmax(Q K^T / sqrt(h)) V: Vaswani et al. 2017, eq. 1
        z, inverse = rms_norm(x, W["attention_norm"])
        stream, asking, turn = x, z, (cos, sin)
        if at is not None and layer == config.layers - 1:
            stream, asking = rows_at(x, at), rows_at(z, at)
            turn = (cos[at][:, None], sin[at][:, None])
            future = future[at][:, None]
        q = rotate(split_heads(linear(asking, W["query"]), heads), *turn)
        k = rotate(split_heads(linear(z, W["key"]), heads), cos, sin)
        v = split_heads(linear(z, W["value"]), heads)
        if cache is not None:
            if start:
                k = np.concatenate([cache[layer][0], k], 2)
                v = np.concatenate([cache[layer][1], v], 2)
                cache[layer] = (k, v)
            else:
                cache.append((k, v))
        attention = softmax(q @ k.transpose(0, 1, 3, 2) * h**-0.5 + future)
        mixed = join_heads(attention @ v)
        after = stream + linear(mixed, W["output"])

        # SwiGLU(z) = (silu(z G^T) * z U^T) D^T with silu(g) = g sigmoid(g): Shazeer 2020, arXiv:2002.05202,
        # eq. 6
        z2, inverse2 = rms_norm(after, W["mlp_norm"])
        gate, up = linear(z2, W["gate"]), linear(z2, W["up"])
        sigmoid = 1 / (1 + np.exp(-gate))
        hidden = gate * sigmoid * up
        if tape is not None:
            attended = (x, inverse, z, asking, turn, q, k, v, attention, mixed)
            tape.append((*attended, after, inverse2, z2, gate, up, sigmoid, hidden))
        x = after + linear(hidden, W["down"])
    z, inverse = rms_norm(x, weights["norm"])
    if tape is not None:
        tape.append((x, inverse, cos, sin))
    return z


LAYER_NAMES = ("attention_norm", "query", "key", "value", "output", "mlp_norm", "gate", "up", "down")


def logits(weights: Weights, states: np.ndarray) -> np.ndarray:
    """Scores of the next word, (..., V). The output matrix is the embedding (Press & Wolf 2017,
    arXiv:1608.05859)."""
    return linear(states, weights["embedding"])


# -- backward


def loss_and_gradients(
    weights: Weights,
    config: Config,
    tokens: ArrayLike,
    counts: ArrayLike,
    *,
    importance: ArrayLike | None = None,
) -> tuple[float, Weights]:
    """Mean cross-entropy of the counted words and its gradient for every weight.

    Parameters
    ----------
    tokens : ndarray of int, shape (B, L)
    counts : ndarray, shape (B, L)
        Positive where predicting this token from those before it counts, that is, in the answers.
    importance : ndarray, shape (B,), optional
        Factor of the loss of each row's words; below 0 the row is made less likely. 1 by default.

    Returns
    -------
    loss : float
        In nats per counted word: -log p(word | words before it).
    gradients : dict of str to ndarray
        One for each weight, of its shape.

    Raises
    ------
    ValueError
        If no token counts.
    """
    tokens = np.asarray(tokens)
    counted = np.asarray(counts)[:, 1:] > 0
    if not counted.any():
        raise ValueError("no token counts for the loss; mark the words of the answer")
    heads, h = config.heads, config.width // config.heads
    at, kept = positions_of(counted)
    tape: list = []
    states = forward(weights, config, tokens[:, :-1], at=at, tape=tape)

    # cross-entropy of a softmax: d loss / d logits = (p - one_hot(word)) / n
    targets = tokens[:, 1:][counted]
    n = len(targets)
    p = softmax(states[kept] @ weights["embedding"].T)
    losses = -np.log(p[np.arange(n), targets] + 1e-12)
    p[np.arange(n), targets] -= 1
    if importance is not None:
        factors = np.broadcast_to(np.asarray(importance, p.dtype)[:, None], counted.shape)[counted]
        losses, p = factors * losses, factors[:, None] * p
    loss = losses.mean()
    p /= n
    gradients = {"embedding": p.T @ states[kept]}
    dz = np.zeros_like(states)
    dz[kept] = p @ weights["embedding"]

    x, inverse, cos, sin = tape.pop()
    dx, gradients["norm"] = rms_norm_backward(dz, x, weights["norm"], inverse)
    for layer in reversed(range(config.layers)):
        W = {name: weights[f"{layer}.{name}"] for name in LAYER_NAMES}
        G = {}
        *attended, after, inverse2, z2, gate, up, sigmoid, hidden = tape.pop()
        x, inverse, z, asking, turn, q, k, v, attention, mixed = attended

        # gated MLP; silu'(g) = s (1 + g (1 - s)) with s = sigmoid(g)
        dhidden, G["down"] = linear_backward(dx, hidden, W["down"])
        dup = dhidden * gate * sigmoid
        dgate = dhidden * up * sigmoid * (1 + gate * (1 - sigmoid))
        dz_gate, G["gate"] = linear_backward(dgate, z2, W["gate"])
        dz_up, G["up"] = linear_backward(dup, z2, W["up"])
        dnorm, G["mlp_norm"] = rms_norm_backward(dz_gate + dz_up, after, W["mlp_norm"], inverse2)
        dx = dx + dnorm  # the residual path adds its gradient unchanged

        # attention; the softmax passes back a (da - sum(da a)), the scores s = q k^T / sqrt(h) pass back to
        # q and k
        dmixed, G["output"] = linear_backward(dx, mixed, W["output"])
        dmixed = split_heads(dmixed, heads)
        dv = attention.transpose(0, 1, 3, 2) @ dmixed
        dattention = dmixed @ v.transpose(0, 1, 3, 2)
        dscores = attention * (dattention - (dattention * attention).sum(-1, keepdims=True)) * h**-0.5
        dq = rotate_backward(dscores @ k, *turn)
        dk = rotate_backward(dscores.transpose(0, 1, 3, 2) @ q, cos, sin)
        dz_query, G["query"] = linear_backward(join_heads(dq), asking, W["query"])
        if layer == config.layers - 1:
            dx, dz_query = (rows_back(rows, at, x.shape[1]) for rows in (dx, dz_query))
        dz_key, G["key"] = linear_backward(join_heads(dk), z, W["key"])
        dz_value, G["value"] = linear_backward(join_heads(dv), z, W["value"])
        dnorm, G["attention_norm"] = rms_norm_backward(
            dz_query + dz_key + dz_value, x, W["attention_norm"], inverse
        )
        dx = dx + dnorm
        gradients |= {f"{layer}.{name}": gradient for name, gradient in G.items()}
    np.add.at(gradients["embedding"], tokens[:, :-1].ravel(), dx.reshape(-1, config.width))
    return float(loss), gradients
