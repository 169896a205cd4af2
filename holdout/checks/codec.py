"""Values to plain JSON and back: how a learner's answer travels out of the notebook, and how inputs travel in.

Knows numbers, text, containers, NumPy arrays, pandas tables, dates and seeded generators; nothing else.
It never pickles and never runs code from the data, so that what hostile code sends is only ever data.
"""

import base64
import datetime
import decimal
import fractions
import math
from typing import Any

import numpy as np
import pandas as pd

from holdout.errors import HoldoutError

TAG = "$"
MAX_ITEMS = 2_000_000
MAX_RECORDS = 200_000  # dicts cost far more memory than their columns cost text
MAX_DEPTH = 24


class CodecError(HoldoutError, TypeError):
    """A value cannot travel as plain JSON; the message names the value's type and what can be used instead."""


def encode(value: Any) -> Any:
    """Turn a value into plain JSON (dict, list, str, int, float, bool, None).

    Parameters
    ----------
    value : object
        None, bool, int, float (NaN and infinities too), Fraction, Decimal, str, list, tuple, set, dict, NumPy scalar or array,
        pandas Series, Index, DataFrame, Timestamp or Timedelta, datetime, or ``numpy.random.Generator`` made by
        :func:`seeded`.

    Returns
    -------
    object
        Something that ``json.dumps(..., allow_nan=False)`` accepts.

    Raises
    ------
    CodecError
        If the value holds something else, is nested deeper than `MAX_DEPTH`, or has more than `MAX_ITEMS` items
        or `MAX_RECORDS` dicts in lists of dicts with the same keys.
    """
    return _encode(value, 0, {"items": MAX_ITEMS, "records": MAX_RECORDS})


def decode(data: Any) -> Any:
    """Turn what :func:`encode` made back into values.

    Parameters
    ----------
    data : object
        Plain JSON. It may come from hostile code: anything unknown is refused.

    Returns
    -------
    object
        The value. Tuples, arrays and tables come back as such.

    Raises
    ------
    CodecError
        If `data` is not of the form that :func:`encode` makes.
    """
    try:
        return _decode(data, 0, [MAX_RECORDS])
    except CodecError:
        raise
    except Exception as error:  # a malformed array, date or table: one kind of error for all
        raise CodecError(f"this is not an encoded value: {type(error).__name__}: {error}") from None


def seeded(seed: int) -> "Seeded":
    """Describe a fresh ``numpy.random.default_rng(seed)`` as an input: each decoding starts it anew.

    Parameters
    ----------
    seed : int

    Returns
    -------
    Seeded
    """
    return Seeded(int(seed))


class Seeded:
    """A generator that has not been started yet (see :func:`seeded`)."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __repr__(self) -> str:
        return f"default_rng({self.seed})"


def _spend(budget, count, value, what="items"):
    budget[what] -= count
    if budget[what] < 0:
        limit = {"items": MAX_ITEMS, "records": MAX_RECORDS}[what]
        raise CodecError(
            f"the {type(value).__name__} has more than {limit:,} {what}; return a smaller result"
        )


def _encode(value, depth, budget):
    if depth > MAX_DEPTH:
        raise CodecError(f"the value is nested more than {MAX_DEPTH} levels deep")
    _spend(budget, 1, value)
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, np.longdouble):  # its item() is itself
        value = float(value)
    if isinstance(value, np.generic) and not isinstance(value, np.datetime64 | np.timedelta64):
        value = value.item()
    if isinstance(value, fractions.Fraction | decimal.Decimal):
        value = _as_float(value)
    if isinstance(value, bool):
        return bool(value)
    if isinstance(value, int):
        number = int.__index__(value)
        if number.bit_length() > 8192:
            raise CodecError("a whole number has more than 2,466 digits; return a smaller one")
        return number if abs(number) < 2**63 else {TAG: "int", "v": str(number)}
    if isinstance(value, float):
        real = float.__float__(value)
        return real if math.isfinite(real) else {TAG: "float", "v": repr(real)}
    if value is pd.NaT or value is pd.NA:
        return {TAG: "missing", "v": "NaT" if value is pd.NaT else "NA"}
    if isinstance(value, pd.Timestamp | datetime.datetime | datetime.date | np.datetime64):
        return {TAG: "datetime", "v": pd.Timestamp(value).isoformat()}
    if isinstance(value, pd.Timedelta | datetime.timedelta | np.timedelta64):
        return {TAG: "timedelta", "v": pd.Timedelta(value).isoformat()}
    if isinstance(value, Seeded):
        return {TAG: "rng", "v": value.seed}
    if isinstance(value, np.ndarray):
        return _encode_array(value, depth, budget)
    if isinstance(value, pd.DataFrame):
        columns = [_encode(name, depth + 1, budget) for name in value.columns]
        data = [_encode(value.iloc[:, i].to_numpy(), depth + 1, budget) for i in range(value.shape[1])]
        return {
            TAG: "frame",
            "columns": columns,
            "data": data,
            "index": _encode(value.index.to_numpy(), depth + 1, budget),
        }
    if isinstance(value, pd.Series):
        return {
            TAG: "series",
            "name": _encode(value.name, depth + 1, budget),
            "data": _encode(value.to_numpy(), depth + 1, budget),
            "index": _encode(value.index.to_numpy(), depth + 1, budget),
        }
    if isinstance(value, pd.Index):
        return _encode(value.to_numpy(), depth + 1, budget)
    if isinstance(value, list):
        items = list(list.__iter__(value))
        if _are_records(items):
            return _encode_records(items, depth, budget)
        return [_encode(item, depth + 1, budget) for item in items]
    if isinstance(value, tuple):
        return {TAG: "tuple", "v": [_encode(item, depth + 1, budget) for item in tuple.__iter__(value)]}
    if isinstance(value, set | frozenset):
        items = [_encode(item, depth + 1, budget) for item in value]
        return {TAG: "set", "v": sorted(items, key=repr)}
    if isinstance(value, range):
        return _encode(list(value), depth, budget)
    if isinstance(value, dict):
        if all(isinstance(key, str) and not key.startswith(TAG) for key in dict.__iter__(value)):
            return {str.__str__(key): _encode(item, depth + 1, budget) for key, item in dict.items(value)}
        pairs = [[_encode(k, depth + 1, budget), _encode(v, depth + 1, budget)] for k, v in dict.items(value)]
        return {TAG: "dict", "v": pairs}
    raise CodecError(
        f"a value of type {type(value).__name__!r} cannot be compared; return numbers, text, lists, tuples, dicts, "
        "NumPy arrays or pandas tables"
    )


def _as_float(value):
    """A fraction or decimal number as the nearest float, which is what it is compared with."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    except ValueError:  # a signalling NaN
        return math.nan


def _are_records(items):
    """Whether a list is at least two dicts with the same text keys in the same order."""
    if len(items) < 2 or not all(isinstance(item, dict) for item in items):
        return False
    # only plain str: the == of a learner's own type must not run here
    keys = [list(dict.__iter__(item)) for item in items]
    if not keys[0] or not all(type(key) is str for row in keys for key in row):
        return False
    return all(row == keys[0] for row in keys) and not any(key.startswith(TAG) for key in keys[0])


def _encode_records(rows, depth, budget):
    """A list of dicts as one list per key, so that each key is written once; columns of dicts likewise."""
    _spend(budget, len(rows), rows)
    _spend(budget, len(rows), rows, "records")
    columns = {
        key: _encode([dict.__getitem__(row, key) for row in rows], depth + 1, budget)
        for key in dict.__iter__(rows[0])
    }
    return {TAG: "records", "v": columns}


def _encode_array(array, depth, budget):
    array = np.asarray(array)
    _spend(budget, array.size, array)
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        array = array.astype(float)
    if array.dtype.kind in "biuf":
        little = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False))
        raw = base64.b64encode(little.tobytes()).decode("ascii")
        return {TAG: "array", "dtype": little.dtype.str, "shape": list(array.shape), "v": raw}
    items = (
        [_encode(item, depth + 1, budget) for item in array.ravel().tolist()]
        if array.dtype.kind in "OUS"
        else None
    )
    if items is None and array.dtype.kind in "mM":
        items = [_encode(item, depth + 1, budget) for item in pd.Series(array.ravel()).tolist()]
    if items is None:
        raise CodecError(f"an array of dtype {array.dtype} cannot be compared; use numbers, text or dates")
    return {TAG: "objects", "dtype": array.dtype.kind, "shape": list(array.shape), "v": items}


_NUMBER_DTYPES = {
    f"{order}{kind}{size}" for order, kind, size in
    [("|", "b", 1), ("|", "i", 1), ("|", "u", 1)]
    + [("<", k, s) for k in "iu" for s in (2, 4, 8)]
    + [("<", "f", s) for s in (2, 4, 8)]
}  # fmt: skip


_PLAIN = (bool, int, float, str)  # made once: most of what is decoded is one of these


def _decode(data: Any, depth: int, left: list[int]) -> Any:
    """Decode one value; `left` holds how many records the whole document may still make."""
    if depth > MAX_DEPTH:
        raise CodecError(f"the data is nested more than {MAX_DEPTH} levels deep")
    if data is None or isinstance(data, _PLAIN):
        return data
    if isinstance(data, list):
        return [_decode(item, depth + 1, left) for item in data]
    if not isinstance(data, dict):
        raise CodecError(f"JSON has no type {type(data).__name__!r}")
    if TAG not in data:
        return {key: _decode(item, depth + 1, left) for key, item in data.items()}
    tag = data[TAG]
    if tag == "int":
        text = data["v"]
        if not isinstance(text, str) or len(text) > 2467:
            raise CodecError("a big integer has more than 2,466 digits")
        return int(text)
    if tag == "float":
        return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[data["v"]]
    if tag == "missing":
        return {"NaT": pd.NaT, "NA": pd.NA}[data["v"]]
    if tag == "datetime":
        return pd.Timestamp(str(data["v"]))
    if tag == "timedelta":
        return pd.Timedelta(str(data["v"]))
    if tag == "rng":
        return np.random.default_rng(int(data["v"]))
    if tag == "tuple":
        return tuple(_decode(item, depth + 1, left) for item in data["v"])
    if tag == "set":
        return {_decode(item, depth + 1, left) for item in data["v"]}
    if tag == "dict":
        return {_decode(key, depth + 1, left): _decode(item, depth + 1, left) for key, item in data["v"]}
    if tag == "records":
        return _records(data["v"], depth, left)
    if tag == "array":
        if data["dtype"] not in _NUMBER_DTYPES:
            raise CodecError(f"an array cannot have the dtype {data['dtype']!r}")
        raw = base64.b64decode(data["v"], validate=True)
        return np.frombuffer(raw, dtype=np.dtype(data["dtype"])).reshape(_shape(data)).copy()
    if tag == "objects":
        return _objects(data, depth, left)
    if tag == "series":
        values, index = _decode(data["data"], depth + 1, left), _decode(data["index"], depth + 1, left)
        return pd.Series(_column(values), index=_index(index), name=_decode(data["name"], depth + 1, left))
    if tag == "frame":
        columns = [_decode(name, depth + 1, left) for name in data["columns"]]
        arrays = [_column(_decode(column, depth + 1, left)) for column in data["data"]]
        index = _index(_decode(data["index"], depth + 1, left))
        frame = pd.DataFrame(dict(enumerate(arrays)), index=index)
        frame.columns = columns
        return frame
    raise CodecError(f"unknown tag {tag!r}")


def _records(columns, depth, left):
    if not isinstance(columns, dict) or not columns or any(key.startswith(TAG) for key in columns):
        raise CodecError("records need columns, each with a name")
    decoded = [_decode(column, depth + 1, left) for column in columns.values()]
    if not all(isinstance(column, list) for column in decoded):
        raise CodecError("each column of records must be a list")
    if len({len(column) for column in decoded}) != 1:
        raise CodecError("the columns of records must have the same length")
    left[0] -= len(decoded[0])
    if left[0] < 0:
        raise CodecError(f"the data has more than {MAX_RECORDS:,} records")
    return [dict(zip(columns, row, strict=True)) for row in zip(*decoded, strict=True)]


def _shape(data):
    shape = data["shape"]
    if (
        not isinstance(shape, list)
        or not all(isinstance(n, int) and n >= 0 for n in shape)
        or len(shape) > 32
    ):
        raise CodecError(f"an array cannot have the shape {shape!r}")
    return tuple(shape)


def _objects(data, depth, left):
    items = [_decode(item, depth + 1, left) for item in data["v"]]
    if data["dtype"] in "mM":
        values = pd.Series(items, dtype=f"{data['dtype']}8[ns]").to_numpy()
    elif data["dtype"] in "US":
        values = np.array([str(item) for item in items], dtype=str) if items else np.array([], dtype=str)
    else:
        values = np.empty(len(items), dtype=object)
        for i, item in enumerate(items):
            values[i] = item
    return values.reshape(_shape(data))


def _column(values):
    """Arrays of text become pandas' own text type again, so that a decoded table behaves like the original."""
    if isinstance(values, np.ndarray) and values.dtype == object:
        return pd.Series(values.tolist()).array
    return values


def _index(values):
    array = np.asarray(values)
    if array.dtype.kind == "i" and array.ndim == 1 and np.array_equal(array, np.arange(len(array))):
        return pd.RangeIndex(len(array))
    return pd.Index(array)
