"""Values travel as plain JSON and come back equal; nothing else travels."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from holdout.checks.codec import MAX_DEPTH, MAX_RECORDS, CodecError, decode, encode, seeded
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
    [{"a": 1, "b": {"c": 2.5}}, {"a": 3, "b": {"c": math.nan}}],
    [{"a": 1}, {"b": 1}],
    [{"a": 1, "b": 2}, {"b": 1, "a": 2}],
    [{}, {}],
    [{1: "one"}, {1: "two"}],
    [{"$": 1}, {"$": 2}],
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
        {"$": "records"},
        {"$": "records", "v": {}},
        {"$": "records", "v": [[1, 2]]},
        {"$": "records", "v": {"a": 3}},
        {"$": "records", "v": {"a": "text"}},
        {"$": "records", "v": {"a": {"$": "tuple", "v": [1, 2]}}},
        {"$": "records", "v": {"a": [1, 2], "b": [1]}},
        {"$": "records", "v": {"a": [1, 2], "$": [1, 2]}},
        {"$": "records", "v": {"a": [0] * (MAX_RECORDS + 1)}},
        [{"$": "records", "v": {"a": [0] * (MAX_RECORDS // 2 + 1)}}] * 2,
        {"$": ["array"]},
        {"$": "tuple"},
    ],
)
def test_hostile_data_is_refused_with_one_kind_of_error(data):
    with pytest.raises(CodecError):
        decode(data)


def test_dicts_with_the_same_keys_travel_as_columns_and_come_back_in_the_order_of_their_keys():
    rows = [{"name": "a", "rate": {"old": 1, "new": 2}}, {"name": "b", "rate": {"old": 3, "new": 4}}]
    encoded = encode(rows)
    assert encoded == {
        "$": "records",
        "v": {"name": ["a", "b"], "rate": {"$": "records", "v": {"old": [1, 3], "new": [2, 4]}}},
    }
    assert decode(encoded) == rows
    assert [list(row) for row in decode(encoded)] == [["name", "rate"]] * 2
    assert len(json.dumps(encode(rows * 50))) < len(json.dumps(rows * 50)) / 3


def test_records_count_for_the_depth_and_are_limited_in_number():
    nested = [1]
    for _ in range(MAX_DEPTH):
        nested = {"$": "records", "v": {"a": nested}}
    with pytest.raises(CodecError, match="nested"):
        decode(nested)
    # one item of text must not become one dict per level
    many = {"$": "records", "v": {"a": [0] * (MAX_RECORDS // 3)}}
    for _ in range(3):
        many = {"$": "records", "v": {"a": many}}
    with pytest.raises(CodecError, match="records"):
        decode(many)
    with pytest.raises(CodecError, match="records"):
        encode([{"a": 0}] * (MAX_RECORDS + 1))


def test_the_comparison_of_a_learners_own_type_of_key_does_not_run():
    class Key(str):
        def __eq__(self, other):
            raise RuntimeError("must not be called")

        __hash__ = str.__hash__

    assert decode(encode([{Key("a"): 1}, {Key("a"): 2}])) == [{"a": 1}, {"a": 2}]


def test_a_lying_subclass_travels_as_what_it_holds():
    class Liar(float):
        def __float__(self):
            return 1.0

        def __eq__(self, other):
            return True

        __hash__ = float.__hash__

    assert decode(encode(Liar(2.0))) == 2.0
