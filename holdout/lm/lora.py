"""Low-rank adaptation: W = W0 + (alpha / r) B A, and only A and B are trained.

Source: Hu et al. 2021, "LoRA", arXiv:2106.09685, section 4.1 (A Gaussian, B zero, scale alpha / r). Because
the gradient of W is at hand, those of A and B follow by the chain rule and no second backward pass is needed.
"""

from __future__ import annotations

import numpy as np

from holdout.lm.model import Weights

MATRICES = ("query", "key", "value", "output", "gate", "up", "down")


class LowRankAdapter:
    """A trainable low-rank change of some matrices of a model.

    Parameters
    ----------
    base : dict of str to ndarray
        Weights W0; never changed.
    rank : int
        r, at least 1 and at most the smaller side of the smallest adapted matrix.
    rng : numpy.random.Generator
    alpha : float, optional
        Scale, 2 r by default, so that the change is multiplied by 2.
    matrices : sequence of str
        Which matrices of every layer are adapted.

    Attributes
    ----------
    weights : dict of str to ndarray
        `"0.query.A"` (r, in) and `"0.query.B"` (out, r), and so on: what an optimizer moves.
    """

    def __init__(self, base: Weights, rank: int, rng: np.random.Generator, *, alpha=None, matrices=MATRICES):
        unknown = sorted(set(matrices) - set(MATRICES))
        if unknown or not matrices:
            raise ValueError(f"matrices must be some of {MATRICES}, not {tuple(matrices)}")
        self.base = base
        self.names = [name for name in base if name.split(".")[-1] in matrices]
        largest = min(min(base[name].shape) for name in self.names)
        if not 1 <= rank <= largest:
            raise ValueError(f"rank must be between 1 and {largest} for this model, not {rank}")
        self.scale = (2 * rank if alpha is None else alpha) / rank
        self.weights: Weights = {}
        for name in self.names:
            outputs, inputs = base[name].shape
            dtype = base[name].dtype
            self.weights[f"{name}.A"] = (rng.standard_normal((rank, inputs)) * inputs**-0.5).astype(dtype)
            self.weights[f"{name}.B"] = np.zeros((outputs, rank), dtype)

    def merged(self) -> Weights:
        """Ordinary weights W0 + scale B A: a merged model costs nothing extra to run."""
        change = {
            name: self.scale * self.weights[f"{name}.B"] @ self.weights[f"{name}.A"] for name in self.names
        }
        return self.base | {name: self.base[name] + change[name] for name in self.names}

    def gradients(self, full: Weights) -> Weights:
        """dA = scale B^T dW and dB = scale dW A^T, from the gradients of the merged weights."""
        gradients = {}
        for name in self.names:
            gradients[f"{name}.A"] = self.scale * self.weights[f"{name}.B"].T @ full[name]
            gradients[f"{name}.B"] = self.scale * full[name] @ self.weights[f"{name}.A"].T
        return gradients
