"""Adam with decoupled weight decay and gradient clipping, and the learning-rate schedule.

Sources: Adam, Kingma & Ba 2015, arXiv:1412.6980, algorithm 1; decoupled decay, Loshchilov & Hutter 2019,
arXiv:1711.05101, algorithm 2; clipping by the global norm, Pascanu et al. 2013, arXiv:1211.5063, algorithm 1.
"""

from __future__ import annotations

import math

import numpy as np

from holdout.lm.model import Weights


class Adam:
    """One optimizer for one dictionary of weights, which it changes in place.

    Parameters
    ----------
    weights : dict of str to ndarray
    betas : pair of float
        Memory of the mean and of the mean square of the gradient.
    decay : float
        Weight decay of the matrices (a share of the learning rate a step); gains of norms are not decayed.
    clip : float
        Largest norm of all gradients together; longer ones are shortened to it.
    """

    def __init__(self, weights: Weights, *, betas=(0.9, 0.98), decay: float = 0.0, clip: float = 1.0):
        self.weights, self.betas, self.decay, self.clip = weights, betas, decay, clip
        self.mean = {name: np.zeros_like(weight) for name, weight in weights.items()}
        self.square = {name: np.zeros_like(weight) for name, weight in weights.items()}
        self.steps = 0

    def step(self, gradients: Weights, learning_rate: float) -> float:
        """Move every weight once; returns the norm of the gradient before clipping."""
        self.steps += 1
        b1, b2 = self.betas
        norm = math.sqrt(sum(float(np.vdot(g, g)) for g in gradients.values()))
        shorten = min(1.0, self.clip / (norm + 1e-9))
        # both moments start at zero; dividing by 1 - b^t removes that bias (Kingma & Ba, section 3)
        correct1, correct2 = 1 - b1**self.steps, 1 - b2**self.steps
        for name, gradient in gradients.items():
            gradient = gradient * shorten
            weight, mean, square = self.weights[name], self.mean[name], self.square[name]
            mean += (1 - b1) * (gradient - mean)
            square += (1 - b2) * (gradient * gradient - square)
            if self.decay and weight.ndim == 2:
                weight -= learning_rate * self.decay * weight
            weight -= (learning_rate / correct1) * mean / (np.sqrt(square / correct2) + 1e-8)
        return norm


def cosine(step: int, steps: int, *, warm_up: int, floor: float = 0.02) -> float:
    """Share of the peak learning rate at a step: a linear rise, then half a cosine down to `floor` (SGDR,
    Loshchilov & Hutter 2017, arXiv:1608.03983, eq. 5). It depends on steps only, never on the clock, so
    that a run can be repeated."""
    rise = min(1.0, (step + 1) / warm_up)
    return rise * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * step / steps)))
