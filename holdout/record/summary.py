"""What a learner's record says: the report, its export as JSON, and its deletion. Writes no record."""

from __future__ import annotations

import contextlib
import json
import os

from holdout.record.progress import ProgressError, _file, _read, prediction_records, summary

_KEPT = (".json", ".csv", ".png")  # what holdout.portfolio writes


def report(*, place: str | os.PathLike | None = None) -> str:
    """Return the summary as text for a terminal: lessons, the learner's calibration, what to do next.

    Parameters
    ----------
    place : path, optional
        As for `read`.

    Returns
    -------
    str
    """
    from holdout.record.self_calibration import advice

    found = summary(place=place)
    lines = [f"{'lesson':<38}{'predictions':>12}{'checks':>9}{'minutes':>9}  last activity"]
    for row in found["lessons"]:
        total = "?" if row["checks_total"] is None else row["checks_total"]
        checks = f"{row['checks_passed']}/{total}" if row["checks_tried"] or row["checks_total"] else "-"
        last = row["last_activity"][:10] if row["last_activity"] else "-"
        lines.append(
            f"{row['name']:<38}{row['predictions'] or '-':>12}{checks:>9}{row['minutes'] or '-':>9}  {last}"
        )
    lines += ["", advice(prediction_records(_read(_file(place))[0])), "", f"Next: {found['next']}"]
    if found["file"] is None:
        lines.append("Recording is switched off (HOLDOUT_PROGRESS=off).")
    else:
        lines.append(f"Your record: {found['file']} (only on this machine).")
    if found["unreadable"]:
        lines.append(f"{found['unreadable']} line(s) of it cannot be read; they were skipped and kept.")
    return "\n".join(lines)


def to_json(*, place: str | os.PathLike | None = None) -> str:
    """Return everything that is recorded as one JSON document, to keep or to take elsewhere.

    The pictures of artefacts are not in it; they lie beside the record, in the folder ``portfolio``.

    Parameters
    ----------
    place : path, optional
        As for `read`.

    Returns
    -------
    str
        An object with `format`, `summary`, `records` and `artefacts` (each with `exercise`, `name`, `text`, `numbers` and
        `table`, as CSV or None).
    """
    from holdout.record.artefacts import read_kept

    file = _file(place)
    artefacts = [
        {
            "exercise": one.exercise,
            "name": one.name,
            "text": one.text,
            "numbers": one.numbers,
            "table": None if one.table is None else one.table.to_csv(),
        }
        for one in ([] if file is None else read_kept(file.parent))
    ]
    document = {
        "format": 1,
        "summary": summary(place=place),
        "records": _read(file)[0],
        "artefacts": artefacts,
    }
    return json.dumps(document, indent=1, allow_nan=False)


def delete(*, place: str | os.PathLike | None = None) -> bool:
    """Delete the record and the artefacts kept beside it, for good. What somebody else has put there stays.

    Parameters
    ----------
    place : path, optional
        As for `read`.

    Returns
    -------
    bool
        True if there was one.

    Raises
    ------
    ProgressError
        If it cannot be deleted.
    """
    file = _file(place)
    if file is None:
        return False
    kept = file.parent / "portfolio"
    there = [
        path for path in (file, *sorted(kept.glob("[0-9][0-9]-*"))) if path == file or path.suffix in _KEPT
    ]
    deleted = False
    for path in there:
        try:
            path.unlink()
            deleted = True
        except FileNotFoundError:
            continue
        except OSError as error:
            raise ProgressError(
                f"{path} cannot be deleted ({error.strerror or error}). Delete it by hand."
            ) from None
    with contextlib.suppress(OSError):  # not there, or something else is in it
        kept.rmdir()
    return deleted
