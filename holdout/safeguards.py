"""Safeguards for a loop of models trained on their own output: a share of real data, a verifier, and what a cut tail costs.

The loops themselves are in `holdout.collapse`. No drawing, no widget.
"""

import numpy as np
from scipy.special import zeta


def settled_spread(bias, real_share=0.5):
    """Variance at which a Gaussian loop settles when part of each training set is fresh and real.

    Each generation writes with its variance multiplied by `bias` (sampling bias; below 1 as at a low temperature) and
    trains on `real_share` fresh real data of variance 1. The fixed point of v = r + (1 - r) bias v is
    r / (1 - (1 - r) bias); with half real data 1 / (2 - bias). Setting: Alemohammad et al. 2023, arXiv 2307.01850.

    Parameters
    ----------
    bias : float
        From 0 to 1.
    real_share : float
        From 0 to 1. At 0 and a bias below 1 the variance dies; at 0 and a bias of 1 it drifts, without a fixed point.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If a number is not between 0 and 1, or if there is no fixed point.
    """
    for name, value in (("bias", bias), ("real_share", real_share)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must be between 0 and 1, not {value}")
    if bias == 1 and real_share == 0:
        raise ValueError("without bias and without real data the variance drifts and settles nowhere")
    return real_share / (1 - (1 - real_share) * bias)


def smallest_real_share(bias, spread):
    """Least share of fresh real data with which the loop of `settled_spread` settles at `spread` or more.

    Solves r / (1 - (1 - r) bias) = spread for r.
    """
    if not 0 <= bias < 1:
        raise ValueError(f"bias must be at least 0 and below 1, not {bias}")
    if not 0 <= spread <= 1:
        raise ValueError(f"spread must be between 0 and 1, not {spread}")
    return spread * (1 - bias) / (1 - spread * bias)


def biased_loop(samples, generations, rng, *, bias, real_share, chains=1):
    """Variances of Gaussians refitted to biased own output and fresh real data.

    Returns
    -------
    numpy.ndarray, shape (generations + 1, chains)
        Row 0 is 1. The mean is known to be 0, so that only sampling and bias act.
    """
    if samples < 1:
        raise ValueError(f"samples must be at least 1, not {samples}")
    settled_spread(bias / 2, real_share)  # refuses what is not a share
    real = round(real_share * samples)
    rows = [np.ones(chains)]
    for _ in range(generations):
        x = rng.normal(size=(samples, chains))
        x[real:] *= np.sqrt(bias * rows[-1])
        rows.append(np.mean(x**2, axis=0))
    return np.array(rows)


def breakdown_point(keeps_correct, keeps_wrong):
    """Share of wrong labels beyond which a verifier no longer leaves a majority of correct ones: 1 / (1 + psi / phi).

    Feng et al. 2024, arXiv 2406.07515 (sharp transition; the formula follows from phi (1 - p) = psi p).

    Parameters
    ----------
    keeps_correct, keeps_wrong : float
        Chances phi and psi that the verifier keeps a correct and a wrong label.

    Raises
    ------
    ValueError
        If a number is no chance, or if the verifier keeps nothing.
    """
    for name, value in (("keeps_correct", keeps_correct), ("keeps_wrong", keeps_wrong)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must be between 0 and 1, not {value}")
    if keeps_correct == keeps_wrong == 0:
        raise ValueError("a verifier that keeps nothing has no breakdown point; give a chance above 0")
    return keeps_correct / (keeps_correct + keeps_wrong)


def error_of_cut_tail(exponent, rank):
    """Probability mass beyond a rank of Zipf(exponent) data: the error that no amount of cut data removes.

    Falls as rank^-(exponent - 1); Dohmatob et al. 2024, "A Tale of Tails", arXiv 2402.07043.
    """
    if exponent <= 1:
        raise ValueError(f"exponent must exceed 1, or the tail has no finite mass; not {exponent}")
    if rank < 0:
        raise ValueError(f"rank must be 0 or more, not {rank}")
    return float(zeta(exponent, rank + 1) / zeta(exponent))
