"""Encoded values that are read many times: cases on which many answers run, and inputs of which a judge reads one."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from holdout.checks.codec import decode


class DecodedOnDemand(Mapping[str, Any]):
    """Encoded values, each decoded when it is read.

    Parameters
    ----------
    values : Mapping of str to object
        Encoded.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._encoded = values

    def __getitem__(self, name: str) -> Any:
        return decode(self._encoded[name])

    def __contains__(self, name: object) -> bool:
        return name in self._encoded

    def __iter__(self) -> Iterator[str]:
        return iter(self._encoded)

    def __len__(self) -> int:
        return len(self._encoded)


class DecodedOnce(dict[str, Any]):
    """Encoded values of the course that many answers are going to need: decoded once, and copied for each of them.

    Parameters
    ----------
    values : Mapping of str to object
        Encoded. As a dictionary it still holds them.
    left_out : iterable of str
        Values that are not decoded.
    """

    def __init__(self, values: Mapping[str, Any], left_out: Iterable[str] = ()) -> None:
        super().__init__(values)
        # protocol 4 reads many small arrays faster than 5
        self._decoded = pickle.dumps(decode_all(values, left_out), protocol=4)

    def decoded(self) -> dict[str, Any]:
        """A copy of the decoded values, which its reader may change."""
        return pickle.loads(self._decoded)


def decode_all(values: Mapping[str, Any], left_out: Iterable[str] = ()) -> dict[str, Any]:
    """Decode each of the values; from `DecodedOnce` come those that it has decoded.

    Parameters
    ----------
    values : Mapping of str to object
    left_out : iterable of str
        Names of values that are not decoded.

    Returns
    -------
    dict
        The reader may change it.
    """
    if isinstance(values, DecodedOnce):
        return values.decoded()
    skipped = set(left_out)
    return {name: decode(value) for name, value in values.items() if name not in skipped}


NOT_KNOWN = ("title", "inputs")
"""What of a case is not for the judge, or only on demand."""


def decode_once(cases: Iterable[Mapping[str, Any]]) -> list[DecodedOnce]:
    """Encoded cases that many answers are going to run on.

    Parameters
    ----------
    cases : iterable of Mapping

    Returns
    -------
    list of DecodedOnce
        The same cases, for `run_probe` and `judge_run`.
    """
    return [
        DecodedOnce({**case, "inputs": DecodedOnce(case["inputs"])}, left_out=NOT_KNOWN) for case in cases
    ]
