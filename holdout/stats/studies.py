"""The result of a study that scores the same models in two ways: as often reported, and without the fault."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Study:
    """The same studies scored twice: with the leak, and with the leak repaired.

    Attributes
    ----------
    reported : ndarray of shape (n_studies,)
        What the leaky procedure writes into the report.
    honest : ndarray of shape (n_studies,)
        What the repaired procedure writes, on the same data.
    """

    reported: np.ndarray
    honest: np.ndarray

    @property
    def inflation(self) -> float:
        """Mean of reported minus honest."""
        return float(np.mean(self.reported - self.honest))
