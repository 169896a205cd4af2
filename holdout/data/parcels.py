"""A simulated delivery company whose true risk of a late parcel is known: clean tables and raw files.

Everything is drawn from a seed; the events of the eighteen months (a depot opens, a policy changes) and
every defect of the raw files can be switched one by one. `known_at_the_counter` makes numbers of a table for a model.
Nothing here reads a file: that is `holdout.data.loader`. Nothing here trains or draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd

from holdout.errors import InvalidValue

COMMITTED_SEED = 20240101
COMMITTED_ROWS = 20_000

FIRST_DAY = pd.Timestamp("2024-01-01")
LAST_DAY = pd.Timestamp("2025-06-30")
EXTRACTED_AT = pd.Timestamp("2025-07-01 06:00")
_DAYS = (LAST_DAY - FIRST_DAY).days + 1

REGIONS = ("city", "suburb", "rural", "coast", "islands")
DEPOTS = ("north", "south", "east", "west", "harbour")
NEW_DEPOT = "harbour"

FEATURES = (
    "accepted_at",
    "depot",
    "region",
    "courier",
    "service",
    "customer",
    "weight_kg",
    "distance_km",
    "stops",
    "wind_ms",
    "declared_value_eur",
)
COUNTER_COLUMNS = (
    "weight_kg",
    "distance_km",
    "stops",
    "wind_ms",
    "declared_value_eur",
    "hour",
    "weekday",
    "depot",
    "region",
    "service",
    "customer",
)
"""What is known at the counter when a parcel is handed in; `hour` and `weekday` are read from `accepted_at`."""

_COLUMNS = ("parcel_id", *FEATURES, "promised_at", "delivered_at", "label_available_at", "late")

# Share of a depot's parcels that go to each region, in the order of REGIONS.
_REGION_SHARES = {
    "north": (0.42, 0.30, 0.20, 0.08, 0.000),
    "south": (0.50, 0.32, 0.12, 0.06, 0.000),
    "east": (0.38, 0.32, 0.26, 0.04, 0.000),
    "west": (0.27, 0.25, 0.18, 0.19, 0.110),
    "harbour": (0.20, 0.25, 0.30, 0.225, 0.025),
}
_DEPOT_SHARES = (0.26, 0.34, 0.22, 0.18)
_NEW_DEPOT_SHARE = 0.35
_DISTANCE_MEDIAN_KM = {"city": 9.0, "suburb": 19.0, "rural": 46.0, "coast": 38.0, "islands": 62.0}
_STOPS = {"city": 118.0, "suburb": 101.0, "rural": 74.0, "coast": 86.0, "islands": 52.0}
_EXTRA_WIND_MS = {"city": 0.0, "suburb": 0.3, "rural": 1.0, "coast": 2.5, "islands": 3.5}
_WEEKDAY_VOLUME = (1.25, 1.10, 1.05, 1.05, 1.15, 0.65, 0.25)


@dataclass(frozen=True)
class LabelShift:
    """A time in which late parcels are over-represented, and look as late parcels always look.

    Parameters
    ----------
    start, end : str
        Days, both included.
    odds : float
        Factor on the odds of being late, above 0.
    """

    start: str
    end: str
    odds: float


@dataclass(frozen=True)
class Company:
    """What is true about the company: its people, its weather and what happened when.

    Parameters
    ----------
    seed : int
        Draws the effect of each courier and of each day. Another seed is another company.
    couriers : int
        Number of couriers, 10 to 400.
    courier_sd, day_sd : float
        Standard deviations of the courier and the day effect on the log-odds; 0 switches them off.
    depot_opens : str or None
        Day from which the depot "harbour" takes over more than a third of all parcels, on longer ways and
        heavier: the features move, the risk given the features does not (covariate drift). None: it never
        opens.
    policy_changes : str or None
        Day from which express parcels wait until the van is full: the risk given the features moves, the
        features do not (concept drift). None: it never changes.
    label_shift : LabelShift or None
        A time of label shift; off by default.
    grams : (str, str) or None
        First and last day on which the scales of depot "west" write grams. Matters to the defect "grams"
        only.
    clock_slip : (str, str) or None
        First and last day on which the scanners of depot "east" write local time, two hours ahead of UTC.
        Matters to the defect "clock_slip" only.

    Raises
    ------
    ValueError
        If a day does not lie in the eighteen months or a number is out of range.
    """

    seed: int = 7
    couriers: int = 40
    courier_sd: float = 0.5
    day_sd: float = 0.25
    depot_opens: str | None = "2025-01-13"
    policy_changes: str | None = "2025-04-01"
    label_shift: LabelShift | None = None
    grams: tuple[str, str] | None = ("2024-09-09", "2024-11-17")
    clock_slip: tuple[str, str] | None = ("2024-04-01", "2024-09-30")

    def __post_init__(self):
        if not 10 <= self.couriers <= 400:
            raise ValueError(f"couriers must lie between 10 and 400, got {self.couriers!r}")
        if self.courier_sd < 0 or self.day_sd < 0:
            raise ValueError(
                f"courier_sd and day_sd must not be negative, got {self.courier_sd!r} and {self.day_sd!r}"
            )
        for name in ("depot_opens", "policy_changes"):
            if getattr(self, name) is not None:
                _day(getattr(self, name), name)
        for name in ("grams", "clock_slip"):
            if getattr(self, name) is not None:
                _window(getattr(self, name), name)
        if self.label_shift is not None:
            _window((self.label_shift.start, self.label_shift.end), "label_shift")
            if not self.label_shift.odds > 0:
                raise ValueError(f"The odds of label_shift must be above 0, got {self.label_shift.odds!r}")


def _day(text, name) -> pd.Timestamp:
    try:
        day = pd.Timestamp(text).normalize()
    except (TypeError, ValueError):
        day = pd.NaT
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(
            f"{name} must be a day from {FIRST_DAY:%Y-%m-%d} to {LAST_DAY:%Y-%m-%d}, got {text!r}"
        )
    return day


def _window(days, name) -> tuple[pd.Timestamp, pd.Timestamp]:
    first, last = (_day(day, name) for day in days)
    if last < first:
        raise ValueError(f"{name} must end on or after the day it starts, got {days!r}")
    return first, last


def _within(moments: pd.Series, days) -> np.ndarray:
    first, last = (pd.Timestamp(day) for day in days)
    day = moments.dt.normalize()
    return ((day >= first) & (day <= last)).to_numpy()


# -- what is fixed in a company
@lru_cache(maxsize=64)
def _courier_table(company: Company) -> pd.DataFrame:
    """One row a courier: region, contract, upload, share of the region's parcels, effect on the log-odds."""
    rng = np.random.default_rng([company.seed, 101])
    count = company.couriers
    code = [f"C{i:03d}" for i in range(1, count + 1)]
    # the first two serve the islands; everybody else is dealt to the other regions in proportion to their
    # parcels
    region = np.array(["islands"] * count, dtype=object)
    region[2:] = np.resize(["city", "suburb", "city", "rural", "suburb", "city", "coast", "rural"], count - 2)
    table = pd.DataFrame(
        {
            "courier": code,
            "region": region,
            "contract": np.where(rng.random(count) < 0.45, "partner", "own"),
            "upload": np.where(rng.random(count) < 0.20, "weekly", "live"),
            "effect": np.round(company.courier_sd * rng.standard_normal(count), 3),
            "share": np.round(0.3 + 1.4 * rng.random(count), 3),
        }
    )
    table.loc[:1, "effect"] = 0.0  # the islands are different because of the ferry, not of who drives
    return table.astype({name: "str" for name in ("courier", "region", "contract", "upload")})


@lru_cache(maxsize=64)
def _day_table(company: Company) -> tuple[np.ndarray, np.ndarray]:
    """For each day, its effect on the log-odds (an autoregression: neighbours are alike) and wind (m/s)."""
    rng = np.random.default_rng([company.seed, 102])
    persistence = 0.9
    shocks = rng.standard_normal(_DAYS)
    effect = np.empty(_DAYS)
    effect[0] = shocks[0]
    for day in range(1, _DAYS):
        effect[day] = persistence * effect[day - 1] + np.sqrt(1 - persistence**2) * shocks[day]
    season = np.cos(2 * np.pi * (np.arange(_DAYS) - 15) / 365.25)  # windiest in the middle of January
    wind = 6.5 + 1.5 * season + 2.6 * rng.standard_normal(_DAYS)
    return np.round(company.day_sd * effect, 3), np.round(wind, 2)


def _day_number(moments: pd.Series) -> np.ndarray:
    return (moments.dt.normalize() - FIRST_DAY).dt.days.to_numpy()


# -- the true risk
def true_risk(frame: pd.DataFrame, company: Company | None = None) -> np.ndarray:
    """Return the probability, given its features, that each parcel is late.

    The labels of `make_parcels` are drawn with exactly these probabilities, so no model can have a lower
    expected log loss or Brier score on fresh rows than this function.

    Parameters
    ----------
    frame : DataFrame of shape (n, ...)
        Clean rows: the columns of `FEATURES`, weights in kg, times in UTC, nothing missing.
    company : Company, optional
        The company that the rows come from; the one of the committed data by default.

    Returns
    -------
    ndarray of shape (n,)
        Probabilities between 0 and 1.

    Raises
    ------
    ValueError
        If a column is absent or has missing values, or a courier, region or day is not of this company.
    """
    company = company or Company()
    needed = [name for name in FEATURES if name not in ("depot", "declared_value_eur")]
    absent = [name for name in needed if name not in frame.columns]
    if absent:
        raise ValueError(
            f"true_risk needs the columns {', '.join(absent)}; pass the features of a clean table"
        )
    for name in needed:
        if frame[name].isna().any():
            raise ValueError(
                f"true_risk is defined for complete rows, but {name} has {int(frame[name].isna().sum())} "
                "missing values; "
                "drop these rows or take the clean table"
            )
    table = _courier_table(company).set_index("courier")
    unknown = sorted(set(frame["courier"]) - set(table.index))
    if unknown:
        raise ValueError(
            f"There is no courier {unknown[0]!r} in this company; it has C001 to {table.index[-1]}"
        )
    strange = sorted(set(frame["region"]) - set(REGIONS))
    if strange:
        raise ValueError(f"There is no region {strange[0]!r}; the regions are {', '.join(REGIONS)}")
    accepted = pd.to_datetime(frame["accepted_at"])
    day = _day_number(accepted)
    if len(day) and (day.min() < 0 or day.max() >= _DAYS):
        raise ValueError(f"accepted_at must lie between {FIRST_DAY:%Y-%m-%d} and {LAST_DAY:%Y-%m-%d}")

    hour = (accepted.dt.hour + accepted.dt.minute / 60).to_numpy()
    express = (frame["service"] == "express").to_numpy()
    private = (frame["customer"] == "private").to_numpy()
    weight = frame["weight_kg"].to_numpy(dtype=float)
    distance = frame["distance_km"].to_numpy(dtype=float)
    stops = frame["stops"].to_numpy(dtype=float)
    wind = frame["wind_ms"].to_numpy(dtype=float)
    weekend_ahead = accepted.dt.day_of_week.isin((4, 5)).to_numpy()
    waits = np.zeros(len(frame), dtype=bool)
    if company.policy_changes is not None:
        waits = (accepted >= pd.Timestamp(company.policy_changes)).to_numpy()

    mainland = (
        -3.40
        + 0.95 * np.log(distance / 20)
        + 0.040 * np.maximum(stops - 95, 0)
        + 0.50 * np.maximum(hour - 14, 0)
        + 0.15 * np.maximum(wind - 9, 0)
        + 0.55 * weekend_ahead
        + 0.60 * (private & (hour > 15))
        + 0.50 * (weight > 15)
        + np.where(express, np.where(waits, 1.20, -1.00), 0.0)
    )
    # The ferry turns the signs round: express waits for the evening boat, the far islands have the better
    # harbour, full rounds do not matter, and wind matters twice as much. The van policy does not reach the
    # boat.
    islands = (
        -1.10
        - 0.90 * np.log(distance / 62)
        + 0.32 * np.maximum(wind - 9, 0)
        + 1.70 * express
        - 0.15 * (hour - 12)
    )
    logit = np.where((frame["region"] == "islands").to_numpy(), islands, mainland)
    logit = logit + frame["courier"].map(table["effect"]).to_numpy(dtype=float) + _day_table(company)[0][day]
    if company.label_shift is not None:
        inside = _within(accepted, (company.label_shift.start, company.label_shift.end))
        logit = logit + np.where(inside, np.log(company.label_shift.odds), 0.0)
    return 1 / (1 + np.exp(-logit))


# -- drawing clean rows
def _draw_days(rows, rng):
    days = pd.date_range(FIRST_DAY, LAST_DAY)
    volume = np.array(_WEEKDAY_VOLUME)[days.day_of_week.to_numpy()]
    volume = volume * np.where(days.month == 12, 1.35, 1.0) * np.linspace(0.92, 1.08, _DAYS)
    edges = np.cumsum(volume) / volume.sum()
    return np.sort(np.searchsorted(edges, rng.random(rows), side="right").clip(0, _DAYS - 1))


def _pick(shares, rng):
    """For each row of cumulative shares, the position of one draw."""
    cumulative = np.cumsum(shares, axis=1)
    return (rng.random(len(shares))[:, None] * cumulative[:, -1:] > cumulative).sum(axis=1)


def _draw_features(day, company, rng):
    """Features for parcels accepted on given days (numbers from 0), in that order."""
    rows = len(day)
    date = FIRST_DAY + pd.to_timedelta(day, unit="D")
    weekend = date.day_of_week.to_numpy() >= 5
    customer = np.where(rng.random(rows) < np.where(weekend, 0.15, 0.58), "business", "private")
    # acceptance between 06:00 and 19:59; business customers hand over later
    share_of_day = rng.beta(np.where(customer == "business", 2.6, 2.0), 1.9)
    minute = np.floor(6 * 60 + share_of_day * 14 * 60).astype(int).clip(6 * 60, 20 * 60 - 1)

    depot = np.array(DEPOTS[:4])[_pick(np.tile(_DEPOT_SHARES, (rows, 1)), rng)]
    taken_over = rng.random(rows) < _NEW_DEPOT_SHARE
    if company.depot_opens is not None:
        depot = np.where(taken_over & (date >= pd.Timestamp(company.depot_opens)), NEW_DEPOT, depot)
    region = np.array(REGIONS)[
        _pick(np.array([_REGION_SHARES[name] for name in depot]).reshape(rows, 5), rng)
    ]

    couriers = _courier_table(company)
    # couriers of the parcel's own region only; within it, in proportion to their shares
    serves = (couriers["region"].to_numpy(dtype=object) == np.array(REGIONS)[:, None]) * couriers[
        "share"
    ].to_numpy()
    order = {name: i for i, name in enumerate(REGIONS)}
    courier_number = _pick(serves[[order[name] for name in region]], rng) if rows else np.array([], dtype=int)
    harbour = depot == NEW_DEPOT
    median = np.array([_DISTANCE_MEDIAN_KM[name] for name in region]) * np.where(harbour, 1.9, 1.0)
    distance = np.round(median * np.exp(0.45 * rng.standard_normal(rows)), 1).clip(0.5, 250.0)
    heavier = np.where(customer == "business", 1.9, 1.0) * np.where(harbour, 1.6, 1.0)
    weight = np.round(2.4 * heavier * np.exp(0.95 * rng.standard_normal(rows)), 2).clip(0.05, 31.5)
    express = rng.random(rows) < np.where(customer == "business", 0.34, 0.20)
    december = date.month.to_numpy() == 12
    usual = np.array([_STOPS[name] for name in region]) * np.where(december, 1.10, 1.0)
    stops = np.round(usual * np.exp(0.20 * rng.standard_normal(rows))).clip(5, 250).astype(int)
    wind = _day_table(company)[1][day] + np.array([_EXTRA_WIND_MS[name] for name in region])
    wind = np.round(wind + 0.8 * rng.standard_normal(rows), 1).clip(0.0, 32.0)
    value = np.round(35 * np.exp(1.0 * rng.standard_normal(rows))).clip(1, 5000).astype(int)
    return pd.DataFrame(
        {
            "accepted_at": (date + pd.to_timedelta(minute, unit="min")).astype("datetime64[s]"),
            "depot": pd.Series(depot, dtype="str"),
            "region": pd.Series(region, dtype="str"),
            "courier": couriers["courier"].to_numpy(dtype=object)[courier_number],
            "service": pd.Series(np.where(express, "express", "standard"), dtype="str"),
            "customer": pd.Series(customer, dtype="str"),
            "weight_kg": weight,
            "distance_km": distance,
            "stops": stops,
            "wind_ms": wind,
            "declared_value_eur": value,
        }
    ).astype({"courier": "str"})


def _draw_labelled(day, company, rng):
    """Features and labels; under label shift, rows are drawn until the wanted late ones have been kept."""
    shift = company.label_shift
    unshifted = company if shift is None else _without_label_shift(company)
    frame = _draw_features(day, company, rng)
    late = rng.random(len(frame)) < true_risk(frame, unshifted)
    if shift is None:
        return frame, late
    keep_late, keep_on_time = (1.0, 1 / shift.odds) if shift.odds >= 1 else (shift.odds, 1.0)
    pending = np.flatnonzero(_within(frame["accepted_at"], (shift.start, shift.end)))
    pending = pending[rng.random(len(pending)) >= np.where(late[pending], keep_late, keep_on_time)]
    while len(pending):
        # the day stays, the rest is drawn anew, so that only the share of late rows changes and not what
        # they look like
        drawn = _draw_features(day[pending], company, rng)
        frame.iloc[pending] = drawn
        late[pending] = rng.random(len(pending)) < true_risk(drawn, unshifted)
        pending = pending[rng.random(len(pending)) >= np.where(late[pending], keep_late, keep_on_time)]
    return frame, late


def _without_label_shift(company):
    values = {name: getattr(company, name) for name in company.__dataclass_fields__}
    return Company(**(values | {"label_shift": None}))


def _draw_outcome(frame, late, company, rng):
    """When each parcel was promised, delivered, and when the company learnt of it."""
    rows = len(frame)
    days_allowed = np.where(frame["service"] == "express", 1, 2)
    promised = frame["accepted_at"].dt.normalize() + pd.to_timedelta(days_allowed * 24 + 18, unit="h")
    early = np.floor(rng.random(rows) * 600).astype(int)  # up to ten hours before the promise
    delay = 20 + np.floor(-np.log1p(-rng.random(rows)) * 1100).astype(int).clip(0, 14 * 24 * 60)
    delivered = promised + pd.to_timedelta(np.where(late, delay, -early), unit="min")
    hours = np.floor(rng.random(rows) * 360).astype(int)  # live upload: within six hours
    live = delivered + pd.to_timedelta(hours, unit="min")
    monday = (
        delivered.dt.normalize()
        + pd.to_timedelta(7 - delivered.dt.day_of_week, unit="D")
        + pd.Timedelta("9h")
    )
    upload = frame["courier"].map(_courier_table(company).set_index("courier")["upload"])
    known = live.where(upload == "live", monday)
    return [moment.astype("datetime64[s]") for moment in (promised, delivered, known)]


def _make_clean(seed, rows, company):
    if not isinstance(rows, int | np.integer) or isinstance(rows, bool) or rows < 1:
        raise ValueError(f"rows must be a whole number of at least 1, got {rows!r}")
    rng = np.random.default_rng([seed, 1])
    frame, late = _draw_labelled(_draw_days(rows, rng), company, rng)
    promised, delivered, known = _draw_outcome(frame, late, company, rng)
    frame = frame.assign(
        promised_at=promised, delivered_at=delivered, label_available_at=known, late=late.astype("int64")
    )
    frame = frame.sort_values("accepted_at", kind="stable", ignore_index=True)
    frame.insert(0, "parcel_id", pd.Series([f"P{i:06d}" for i in range(1, rows + 1)], dtype="str"))
    return frame[list(_COLUMNS)]


def make_parcels(
    seed: int = COMMITTED_SEED,
    rows: int = COMMITTED_ROWS,
    defects: str | Iterable[str] = (),
    company: Company | None = None,
) -> pd.DataFrame:
    """Draw a table of parcels: clean, or with chosen defects.

    Parameters
    ----------
    seed : int, at least 0
        The same seed gives the same table; another seed gives other parcels of the same company.
    rows : int, at least 1
        Number of parcels. Defects may add rows.
    defects : "all" or iterable of str
        Names of `DEFECTS`; none by default, which is the clean table.
    company : Company, optional
        What is true; the company of the committed data by default.

    Returns
    -------
    DataFrame
        Sorted by `accepted_at`. Without defects: `parcel_id`, `FEATURES`, `promised_at`, `delivered_at`,
        `label_available_at` and `late` (0 or 1). With defects: what `assemble` makes of the raw files.

    Raises
    ------
    ValueError
        If a defect is unknown or `rows` is not positive.

    Examples
    --------
    >>> len(make_parcels(seed=1, rows=50))
    50
    """
    company = company or Company()
    steps = _chosen(defects)
    if not steps:
        return _make_clean(seed, rows, company)
    return assemble(make_raw(seed=seed, rows=rows, defects=steps, company=company))


# -- numbers for a model
def known_at_the_counter(frame: pd.DataFrame, columns: Iterable[str] = COUNTER_COLUMNS) -> pd.DataFrame:
    """Return columns of parcels as numbers that a model can learn from.

    Parameters
    ----------
    frame : DataFrame of shape (n, ...)
        Parcels, clean or with defects.
    columns : iterable of str, default `COUNTER_COLUMNS`
        Names of columns of `frame`, and ``"hour"`` (0 to 23) and ``"weekday"`` (Monday is 0) of `accepted_at`.

    Returns
    -------
    DataFrame of shape (n, m)
        The columns in the order of `columns`, with the index of `frame`. Numbers stay as they are, also where they
        are missing. A column of names becomes one column of 0.0 and 1.0 for each name that occurs in `frame`, in
        alphabetical order, such as ``"service_express"``; where the name is missing, all are 0.0. So convert all
        rows at once, before the split.

    Raises
    ------
    InvalidValue
        If there is no such column, or if it contains dates.

    Examples
    --------
    >>> parcels = make_parcels(seed=1, rows=50)
    >>> list(known_at_the_counter(parcels, ["service", "hour"]))
    ['service_express', 'service_standard', 'hour']
    """
    made = []
    for name in columns:
        if name in ("hour", "weekday"):
            accepted = _accepted_at(frame, name)
            made.append((accepted.dt.hour if name == "hour" else accepted.dt.day_of_week).rename(name))
        elif name not in frame:
            raise InvalidValue(
                f"columns: parcels have no column {name!r}; there are {', '.join([*frame, 'hour', 'weekday'])}."
            )
        elif pd.api.types.is_datetime64_any_dtype(frame[name]):
            raise InvalidValue(
                f"columns: {name!r} contains dates such as {frame[name].min()}; ask for 'hour' or 'weekday', which are "
                "read from 'accepted_at', or convert it to a number first."
            )
        elif pd.api.types.is_numeric_dtype(frame[name]):
            made.append(frame[name])
        else:
            made.append(pd.get_dummies(frame[[name]], dtype=float))
    return pd.concat(made, axis=1) if made else pd.DataFrame(index=frame.index)


def _accepted_at(frame: pd.DataFrame, asked: str) -> pd.Series:
    if "accepted_at" not in frame:
        raise InvalidValue(
            f"columns: {asked!r} is read from 'accepted_at', and there are only {', '.join(frame)}; keep 'accepted_at'."
        )
    if not pd.api.types.is_datetime64_any_dtype(frame["accepted_at"]):
        raise InvalidValue(
            f"columns: {asked!r} is read from 'accepted_at', which contains {frame['accepted_at'].dtype} and no dates; "
            "convert it with pd.to_datetime."
        )
    return frame["accepted_at"]


# -- the raw files
@dataclass
class RawParcels:
    """The files as the company keeps them, and, for those who judge, what was planted.

    Attributes
    ----------
    register : DataFrame
        One row each time a label was registered at a depot: features as known at the counter, plus columns
        that were written later.
    deliveries : DataFrame
        `parcel_id`, `delivered_at`, `recorded_at`: when it was handed over, and when the company's computer
        knew.
    couriers : DataFrame
        `courier`, `region`, `contract`, `upload`.
    planted : dict of str to object
        For each defect: the affected `parcel_id`s (an array), or the name of the leaking column.
    """

    register: pd.DataFrame
    deliveries: pd.DataFrame
    couriers: pd.DataFrame
    planted: dict[str, object] = field(default_factory=dict)


def make_raw(
    seed: int = COMMITTED_SEED,
    rows: int = COMMITTED_ROWS,
    defects: str | Iterable[str] = "all",
    company: Company | None = None,
) -> RawParcels:
    """Draw the raw files: the same parcels as `make_parcels` with the same seed, with defects.

    Each defect draws from a generator of its own, so switching one off leaves the others as they are.

    Parameters, errors : as `make_parcels`.

    Returns
    -------
    RawParcels
    """
    company = company or Company()
    steps = _chosen(defects)
    clean = _make_clean(seed, rows, company)
    raw = RawParcels(
        register=clean[["parcel_id", *FEATURES, "promised_at"]].copy(),
        deliveries=clean[["parcel_id", "delivered_at", "label_available_at"]].rename(
            columns={"label_available_at": "recorded_at"}
        ),
        couriers=_courier_table(company)[["courier", "region", "contract", "upload"]].copy(),
    )
    for number, (name, plant) in enumerate(_STEPS.items()):
        if name in steps:
            rng = np.random.default_rng([seed, 2, number])
            raw.planted[name] = plant(raw, company, rng)
    raw.register = raw.register.sort_values("accepted_at", kind="stable", ignore_index=True)
    raw.deliveries = raw.deliveries.sort_values("recorded_at", kind="stable", ignore_index=True)
    return raw


def assemble(raw: RawParcels) -> pd.DataFrame:
    """Join the raw files into one table, the quick way: no defect is repaired.

    Parameters
    ----------
    raw : RawParcels

    Returns
    -------
    DataFrame
        The rows of the register with `delivered_at`, `label_available_at` and `late`, a nullable integer:
        missing where no delivery has been recorded yet.
    """
    deliveries = raw.deliveries.rename(columns={"recorded_at": "label_available_at"})
    frame = raw.register.merge(deliveries, on="parcel_id", how="left", validate="many_to_one")
    late = (frame["delivered_at"] > frame["promised_at"]).astype("Int64")
    return frame.assign(late=late.mask(frame["delivered_at"].isna()))


def _chosen(defects) -> tuple[str, ...]:
    if isinstance(defects, str):
        if defects == "all":
            return DEFECTS
        raise ValueError(f'defects must be "all" or a list of defects such as ["grams"], got {defects!r}')
    chosen = set(defects)
    for name in sorted(chosen - set(DEFECTS)):
        raise ValueError(f"There is no defect {name!r}; there are {', '.join(DEFECTS)}")
    return tuple(name for name in DEFECTS if name in chosen)


# -- one function for each defect: it changes the raw files and returns what it touched
def _plant_near_duplicates(raw, company, rng):
    """1.5 % of parcels get a second label: another id, minutes later, weighed again, delivered together."""
    register = raw.register
    rows = np.flatnonzero(rng.random(len(register)) < 0.015)
    again = register.iloc[rows].copy()
    old = again["parcel_id"].to_numpy()
    new = pd.Series([f"P9{i:05d}" for i in range(1, len(rows) + 1)], dtype="str")
    again["parcel_id"] = new.to_numpy()
    later = np.floor(2 + rng.random(len(rows)) * 40).astype(int)
    moved = again["accepted_at"] + pd.to_timedelta(later, unit="min")
    same_day = moved.dt.normalize() == again["accepted_at"].dt.normalize()
    again["accepted_at"] = moved.where(same_day, again["accepted_at"]).astype("datetime64[s]")
    again["weight_kg"] = np.round(again["weight_kg"] * (1 + 0.02 * (rng.random(len(rows)) - 0.5)), 2).clip(
        0.05, 31.5
    )
    deliveries = raw.deliveries.set_index("parcel_id").loc[old].reset_index()
    deliveries["parcel_id"] = new.to_numpy()
    raw.register = pd.concat([register, again], ignore_index=True)
    raw.deliveries = pd.concat([raw.deliveries, deliveries], ignore_index=True)
    return new.to_numpy(dtype=object)


def _late_of(raw):
    """Whether each row of the register was late, second labels included."""
    delivered = raw.register["parcel_id"].map(raw.deliveries.set_index("parcel_id")["delivered_at"])
    return (delivered > raw.register["promised_at"]).to_numpy()


def _plant_compensation(raw, company, rng):
    """Money paid back: for 9 late parcels of 10, and now and then as goodwill. Written after delivery."""
    is_late = _late_of(raw)
    # one row of draws a parcel, here and below: more rows do not change the draws of the earlier ones
    chance, size = rng.random((len(is_late), 2)).T
    paid = chance < np.where(is_late, 0.90, 0.004)
    raw.register["compensation_eur"] = np.where(paid, np.round(4 + 8 * size), 0).astype(int)
    return "compensation_eur"


def _plant_last_estimate(raw, company, rng):
    """Hours to the courier's estimate; the field is overwritten on the way, so it ends near the truth."""
    register = raw.register
    delivered = register["parcel_id"].map(raw.deliveries.set_index("parcel_id")["delivered_at"])
    true_hours = (delivered - register["accepted_at"]).dt.total_seconds() / 3600
    planned = (register["promised_at"] - register["accepted_at"]).dt.total_seconds() / 3600 - 5
    draw, noise = rng.standard_normal((len(register), 2)).T
    updated = draw < 1.036  # in 85 of 100 cases
    noise = 1.5 * noise
    register["eta_hours"] = np.round(np.where(updated, true_hours, planned) + noise, 1).clip(0.5, None)
    return "eta_hours"


def _plant_contacts(raw, company, rng):
    """Calls and mails about the parcel, counted until it was closed: the customers of late parcels call."""
    raw.register["contacts"] = rng.poisson(np.where(_late_of(raw), 1.6, 0.12))
    return "contacts"


def _plant_missing_wind(raw, company, rng):
    """The weather feed is down on about 3 % of days, for everybody: missing completely at random, by day."""
    down = rng.random(_DAYS) < 0.03
    rows = down[_day_number(raw.register["accepted_at"])]
    raw.register.loc[rows, "wind_ms"] = np.nan
    return raw.register.loc[rows, "parcel_id"].to_numpy(dtype=object)


def _plant_missing_weight(raw, company, rng):
    """12 % of private and 2 % of business parcels are not weighed: missing at random given the customer."""
    rows = rng.random(len(raw.register)) < np.where(raw.register["customer"] == "private", 0.12, 0.02)
    raw.register.loc[rows, "weight_kg"] = np.nan
    return raw.register.loc[rows, "parcel_id"].to_numpy(dtype=object)


def _plant_missing_stops(raw, company, rng):
    """Partner couriers do not report full rounds: the more stops, the likelier missing (not at random)."""
    contract = raw.register["courier"].map(raw.couriers.set_index("courier")["contract"])
    stops = raw.register["stops"].to_numpy(dtype=float)
    chance = np.where(contract == "partner", 0.35 / (1 + np.exp(-(stops - 115) / 10)), 0.005)
    rows = rng.random(len(stops)) < chance
    raw.register["stops"] = raw.register["stops"].astype(float)
    raw.register.loc[rows, "stops"] = np.nan
    return raw.register.loc[rows, "parcel_id"].to_numpy(dtype=object)


def _plant_grams(raw, company, rng):
    """New scales at depot "west" write grams for ten weeks; elsewhere 4 rows in 1,000 are typed in grams."""
    register = raw.register
    typed = rng.random(len(register)) < 0.004
    scales = np.zeros(len(register), dtype=bool)
    if company.grams is not None:
        scales = _within(register["accepted_at"], company.grams) & (register["depot"] == "west").to_numpy()
    rows = (typed | scales) & register["weight_kg"].notna().to_numpy()
    register.loc[rows, "weight_kg"] = np.round(register.loc[rows, "weight_kg"] * 1000)
    return register.loc[rows, "parcel_id"].to_numpy(dtype=object)


def _plant_clock_slip(raw, company, rng):
    """For a summer the scanners of depot "east" write local time: `accepted_at` is two hours ahead."""
    register = raw.register
    rows = np.zeros(len(register), dtype=bool)
    if company.clock_slip is not None:
        rows = _within(register["accepted_at"], company.clock_slip) & (register["depot"] == "east").to_numpy()
    ahead = register["accepted_at"] + pd.Timedelta(hours=2)
    register["accepted_at"] = ahead.where(rows, register["accepted_at"]).astype("datetime64[s]")
    return register.loc[rows, "parcel_id"].to_numpy(dtype=object)


def _plant_rescans(raw, company, rng):
    """2.5 % of register rows stand there twice or three times, equal in every column."""
    chance = rng.random(len(raw.register))
    again = [raw.register[chance < 0.025], raw.register[chance < 0.004]]
    raw.register = pd.concat([raw.register, *again], ignore_index=True)
    return again[0]["parcel_id"].to_numpy(dtype=object)


def _plant_late_labels(raw, company, rng):
    """What is recorded after `EXTRACTED_AT` has no row yet; late parcels are recorded later than others."""
    known = raw.deliveries["recorded_at"] <= EXTRACTED_AT
    unknown = raw.deliveries.loc[~known, "parcel_id"].to_numpy(dtype=object)
    raw.deliveries = raw.deliveries[known].reset_index(drop=True)
    return unknown


# The order matters: second labels first, so that they inherit nothing; exact copies and the extract last.
_STEPS: dict[str, Callable] = {
    "near_duplicates": _plant_near_duplicates,
    "leak_compensation": _plant_compensation,
    "leak_eta": _plant_last_estimate,
    "leak_contacts": _plant_contacts,
    "missing_wind": _plant_missing_wind,
    "missing_weight": _plant_missing_weight,
    "missing_stops": _plant_missing_stops,
    "grams": _plant_grams,
    "clock_slip": _plant_clock_slip,
    "rescans": _plant_rescans,
    "late_labels": _plant_late_labels,
}
DEFECTS = tuple(_STEPS)
LEAKS = {
    "leak_compensation": "compensation_eur",
    "leak_eta": "eta_hours",
    "leak_contacts": "contacts",
}
