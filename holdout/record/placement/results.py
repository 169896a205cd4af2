"""The learner's answers to the placement in the record, and what they say. Draws nothing."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Sequence

import numpy as np

from holdout.record import progress
from holdout.record.placement import KIND, scoring
from holdout.record.placement.item import Item
from holdout.record.placement.items import FORMS, form_items

SEED = "placement order"
PERCENT = 100


def seed_of(entries: Iterable[dict]) -> int | None:
    """Return the seed by which this learner's options are shuffled; None if none was drawn yet."""
    for entry in entries:
        seed = entry.get("seed")
        if (
            entry["kind"] == SEED
            and isinstance(seed, int)
            and not isinstance(seed, bool)
            and 0 <= seed < 2**32
        ):
            return seed
    return None


def learner_seed(*, folder: str | os.PathLike | None = None) -> int:
    """Return the learner's seed, drawn and recorded at the first call; 0 where nothing is recorded.

    Parameters
    ----------
    folder : path, optional
        Folder of the record; `progress.record_folder()` by default.
    """
    if progress.record_file(folder) is None:
        return 0
    found = seed_of(progress.read_with_gaps(folder)[0])
    if found is not None:
        return found
    seed = secrets.randbits(32)
    progress.record(SEED, folder=folder, seed=seed)
    return seed


def order(item: Item, seed: int) -> list[int]:
    """Return the order in which a learner sees the options of a choice: places in the source.

    Parameters
    ----------
    item : Item
    seed : int
        Of the learner.
    """
    names = [ord(letter) for letter in item.id]
    return [int(place) for place in np.random.default_rng([seed, *names]).permutation(len(item.options))]


def answers(entries: Iterable[dict]) -> dict[str, str | float]:
    """Return the first answer to each item; records that fit no item are left out.

    Parameters
    ----------
    entries : iterable of dict
        Of the record, oldest first.
    """
    known = {item.id: item for form in FORMS for item in form_items(form)}
    found: dict[str, str | float] = {}
    for entry in entries:
        item = known.get(str(entry.get("item")))
        if entry["kind"] != KIND or item is None or item.id in found:
            continue
        try:
            found[item.id] = item.read(entry.get("answer"))
        except ValueError:  # the record can be edited
            continue
    return found


def finished(form: str, given: scoring.Answers) -> bool:
    """Whether every item of a form is answered."""
    return all(item.id in given for item in form_items(form))


def skips(entries: Iterable[dict]) -> list[str]:
    """Return the lessons whose cores may be skipped by the placement, form A; empty before it is finished."""
    given = answers(entries)
    return scoring.skips(form_items("A"), given) if given else []


def state(entries: Sequence[dict]) -> dict | None:
    """Say what placement and final have shown.

    Parameters
    ----------
    entries : sequence of dict
        Of the record.

    Returns
    -------
    dict or None
        None before the first answer. `answered` (of both forms), `placement` and `final` (each None until finished, or a dict of
        `right`, `items`, `low`, `high`), `skip` (lessons), `path` (id, or None), `gain` (None until both are finished, or a dict of
        `gained`, `lost`, `both`, `pairs`, `difference`, `low`, `high`) and `items` (for each family a dict of `family`, `before` and
        `after`: True, False or None).
    """
    first, second = form_items("A"), form_items("B")
    asked = {item.id for item in (*first, *second)}
    given = {key: value for key, value in answers(entries).items() if key in asked}
    if not given:
        return None
    done = {form: finished(form, given) for form in ("A", "B")}
    result: dict = {
        "answered": {form: sum(item.id in given for item in form_items(form)) for form in ("A", "B")},
        "placement": _score(first, given) if done["A"] else None,
        "final": _score(second, given) if done["B"] else None,
        "skip": scoring.skips(first, given),
        "path": scoring.recommended_path(first, given) if done["A"] else None,
        "gain": scoring.gain(first, second, given)._asdict() if done["A"] and done["B"] else None,
        "items": [
            {
                "family": one.family,
                "before": one.is_right(given[one.id]) if done["A"] else None,
                "after": other.is_right(given[other.id]) if done["B"] else None,
            }
            for one, other in zip(first, second, strict=True)
        ],
    }
    return result


def _score(items: Sequence[Item], given: scoring.Answers) -> dict:
    found = scoring.score(items, given)
    return {"right": found.right, "items": found.items, "low": found.low, "high": found.high}


def describe(found: dict) -> str:
    """Return the state in sentences, for a terminal or a page.

    Parameters
    ----------
    found : dict
        As `state` returns it.
    """
    lines = []
    for form, name in (("A", "placement"), ("B", "final")):
        one = found[name]
        total = len(form_items(form))
        if one is not None:
            lines.append(
                f"{name.capitalize()}: {one['right']} of {one['items']} right "
                f"(95% interval {one['low']:.0%} to {one['high']:.0%})."
            )
        elif found["answered"][form]:
            lines.append(
                f"{name.capitalize()}: {found['answered'][form]} of {total} items answered; go on in lessons/{name}.ipynb."
            )
    if found["skip"]:
        lines.append(f"You may skip the core of: {', '.join(found['skip'])}.")
    if found["gain"]:
        lines.append(describe_gain(found["gain"]))
        lines.append("Item by item: " + ", ".join(_change(row) for row in found["items"]) + ".")
    return "\n".join(lines)


def _points(share: float) -> str:
    """A share in whole percentage points with its sign; zero has none."""
    points = round(PERCENT * share)
    return f"{points:+d}" if points else "0"


def describe_gain(gain: dict) -> str:
    """Return a gain as one sentence with its interval."""
    return (
        f"Gain: {gain['gained']} items gained, {gain['lost']} lost of {gain['pairs']}: "
        f"{_points(gain['difference'])} percentage points (95% interval {_points(gain['low'])} to "
        f"{_points(gain['high'])}; parallel items, taken as independent)."
    )


def _change(row: dict) -> str:
    word = {
        (True, True): "right both times",
        (False, True): "gained",
        (True, False): "lost",
        (False, False): "wrong both times",
    }[(row["before"], row["after"])]
    return f"{row['family']} {word}"
