"""A published or derived value beside which a measured one is printed, with its tolerance."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedValue:
    """A published value and the standard error of measuring it in a stated number of studies."""

    value: float
    standard_error: float

    @property
    def tolerance(self) -> float:
        """Four standard errors: right code differs by more about once in 16,000 runs."""
        return 4 * self.standard_error

    def agrees(self, measured: float) -> bool:
        """Whether a measured value is within the tolerance."""
        return bool(abs(measured - self.value) <= self.tolerance)
