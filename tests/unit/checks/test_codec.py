"""Values travel as plain JSON and come back equal; nothing else travels."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from holdout.checks.codec import MAX_DEPTH, CodecError, decode, encode, seeded
from holdout.checks.judges import first_difference

VALUES = [
    None,
    True,
    3,
    -(10**30),
    2.5,
    math.nan,
    -math.inf,
    "é, ü; = 1",
    [1, [2, [3]]],
    (1, "two"),
    {"a": 1, "b": [2.0]},
    {1: "one", (2, 3): "tuple"},
    {"$": "looks like a tag"},
    {1, 2, 3},
    np.float64(1.5),
    np.arange(6).reshape(2, 3),
    np.array([], dtype=float),
    np.array(["x", "yy"]),
    np.array([1, None, "mixed"], dtype=object),
    np.array([True, False]),
    pd.Timestamp("2024-03-31 01:30"),
    pd.Timedelta(hours=3),
    pd.Series([1.0, math.nan], index=["a", "b"], name="s"),
    pd.DataFrame({"n": [1, 2], "text": ["x", None], "when": pd.to_datetime(["2024-01-01", None])}),
    pd.DataFrame({"share": [0.5]}, index=pd.Index(["north"], name="region")),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{type(value).__name__}-{str(value)[:12]}")
def test_a_value_comes_back_equal_through_real_json(value):
    text = json.dumps(encode(value), allow_nan=False)
    assert first_difference(value, decode(json.loads(text))) is None


def test_a_seeded_generator_starts_anew_each_time_it_is_decoded():
    encoded = encode(seeded(7))
    assert decode(encoded).random() == decode(encoded).random() == np.random.default_rng(7).random()


@pytest.mark.parametrize("value", [object(), lambda: 1, np.array([1 + 2j]), open, type])
def test_what_cannot_travel_is_refused_with_its_type(value):
    with pytest.raises(CodecError, match="cannot be compared|dtype"):
        encode(value)


def test_an_enormous_whole_number_is_refused_in_words():
    assert decode(encode(10**2000)) == 10**2000
    with pytest.raises(CodecError, match="digits"):
        encode(10**5000)


def test_deep_and_endless_values_are_refused():
    deep = []
    for _ in range(MAX_DEPTH + 1):
        deep = [deep]
    endless = []
    endless.append(endless)
    for value in (deep, endless):
        with pytest.raises(CodecError, match="nested"):
            encode(value)


@pytest.mark.parametrize(
    "data",
    [
        {"$": "pickle", "v": "gASV"},
        {"$": "array", "dtype": "|O8", "shape": [1], "v": "AAAAAAAAAAA="},
        {"$": "array", "dtype": "<f8", "shape": [10**9], "v": "AAAAAAAAAAA="},
        {"$": "array", "dtype": "<f8", "shape": [-1], "v": "AAAAAAAAAAA="},
        {"$": "array", "dtype": "<f8", "shape": "1", "v": "AAAAAAAAAAA="},
        {"$": "frame", "columns": ["a", "b"], "data": [[1]], "index": [0]},
        {"$": "float", "v": "1e9"},
        {"$": "int", "v": "9" * 5000},
        {"$": ["array"]},
        {"$": "tuple"},
    ],
)
def test_hostile_data_is_refused_with_one_kind_of_error(data):
    with pytest.raises(CodecError):
        decode(data)


def test_a_lying_subclass_travels_as_what_it_holds():
    class Liar(float):
        def __float__(self):
            return 1.0

        def __eq__(self, other):
            return True

        __hash__ = float.__hash__

    assert decode(encode(Liar(2.0))) == 2.0
