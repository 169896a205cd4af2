"""The portfolio as one HTML page: self-contained, printable, accessible. Not for collecting: it is given what to show.

Everything that a learner (or somebody with access to the learner's files) could have written is escaped. The page has no
script and forbids itself to load anything.
"""

from __future__ import annotations

import base64
import html
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from holdout.calibration_chart import describe_calibration, draw_calibration
from holdout.portfolio import Artefact
from holdout.predict import advice, brier

__all__ = ["SHOWS", "Entry", "Memo", "Page", "render"]

ROWS, COLUMNS = 60, 14  # of a table; a page for people is not a data set
RELATIVE, ABSOLUTE = (
    1e-6,
    1e-9,
)  # the same code on the same machine gives the same number up to summation order

SHOWS = {
    "01": ("Two numbers and a chart", "Diagnoses over- and under-fitting from learning curves with error bands"),
    "02": ("One change at a time", "Matches remedies to diagnoses and tells effect from seed noise"),
    "03": ("The slice that matters", "Finds the segment where a model fails, with intervals and calibration"),
    "04": ("How was this split?", "Finds leaks in messy data and shows the score before and after"),
    "05": ("A test set is spent once", "Knows what repeated looks at a test set cost, and detects contamination"),
    "06": ("Three models, one budget", "Compares language models under cost, latency and quality limits"),
    "07": ("Knowledge or behaviour?", "Decides between prompting, retrieval and fine-tuning, with numbers"),
    "08": ("What fine-tuning costs", "Measures forgetting, over-fitting and lost abstention before shipping a tune"),
    "09": ("Quantize, then look at the tail", "Tests a quantized model where averages hide the damage"),
    "10": ("Is it drift, or Tuesday?", "Tells kinds of drift and broken data apart, and prices alarms"),
    "11": ("The canary", "Runs a monitor with known false alarms and reports an incident"),
    "12": ("A model that eats its own output", "Measures model collapse with metrics that do not lie"),
    "13": ("Keeping it alive", "Prevents collapse with real data, gates and provenance"),
    "14": ("Ship or wait", "Decides under stated costs, from raw files to a memo"),
}  # fmt: skip

CONFIRMED, DIFFERENT, UNCONFIRMED = "✓ computed again", "≠ different when computed again", "– not confirmed"


@dataclass(frozen=True)
class Entry:
    """An artefact and what came out when its notebook was run again.

    Parameters
    ----------
    artefact : Artefact
    again : Artefact or None
    reason : str
        Why there is no second one.
    """

    artefact: Artefact
    again: Artefact | None = None
    reason: str = ""


@dataclass(frozen=True)
class Memo:
    """What a learner has written for people."""

    exercise: str
    text: str


@dataclass(frozen=True)
class Page:
    """The page and how many of its numbers were confirmed.

    Parameters
    ----------
    html : str
    counts : dict of str to int
        ``numbers``, ``confirmed``, ``different``, ``unconfirmed``.
    """

    html: str
    counts: dict


def render(
    entries: Sequence[Entry],
    missing: Sequence[tuple[str, str]],
    memos: Sequence[Memo],
    records: Sequence[dict],
    summary: dict,
    *,
    name: str = "",
    today: datetime | None = None,
) -> Page:
    """Make the page.

    Parameters
    ----------
    entries : sequence of Entry
    missing : sequence of (exercise, name)
        Artefacts that the course's exercises ask for and that are not there.
    memos : sequence of Memo
    records : sequence of dict
        Predictions, as ``progress.prediction_records`` gives them.
    summary : dict
        As ``progress.summary`` gives it.
    name : str
        Of the learner.
    today : datetime, optional

    Returns
    -------
    Page
    """
    states = [state for entry in entries for _, _, _, state in _numbers(entry)]
    counts = {
        "numbers": len(states),
        "confirmed": states.count(CONFIRMED),
        "different": states.count(DIFFERENT),
        "unconfirmed": states.count(UNCONFIRMED),
    }
    exercises = sorted({entry.artefact.exercise for entry in entries} | {memo.exercise[:2] for memo in memos})
    title = f"{name}: portfolio of evidence" if name else "Portfolio of evidence"
    day = (today or datetime.now(UTC)).date().isoformat()
    parts = [
        f"<h1>{_text(title)}</h1>",
        f"<p class='lead'>Judgement about machine-learning models, shown on worked cases. {day}.</p>",
        _overview(entries, exercises, counts, summary),
        *[_section(number, entries, memos) for number in exercises],
        _calibration(records),
        _missing(missing),
        _method(counts),
    ]
    body = "\n".join(part for part in parts if part)
    return Page(_TEMPLATE.format(title=_text(title), style=_STYLE, body=body), counts)


def _text(value):
    return html.escape(str(value), quote=True)


def _overview(entries, exercises, counts, summary):
    passed, total = summary["checks_passed"], sum(row["checks_total"] or 0 for row in summary["lessons"])
    items = "".join(
        f"<li><a href='#e{number}'>{_text(SHOWS[number][1])}</a></li>"
        for number in exercises
        if number in SHOWS
    )
    confirmed = f"{counts['confirmed']} of {counts['numbers']} numbers were computed again and agree"
    facts = f"<p>{len(entries)} artefacts; {confirmed}; {passed} of {total} automatic checks of the course passed.</p>"
    return f"<nav aria-label='Contents'><h2>What this shows</h2>{facts}<ol>{items}</ol></nav>"


def _section(number, entries, memos):
    title, shows = SHOWS.get(number, (f"Exercise {number}", ""))
    parts = [f"<section id='e{number}'><h2>{number} · {_text(title)}</h2><p class='shows'>{_text(shows)}</p>"]
    parts += [_artefact(entry) for entry in entries if entry.artefact.exercise == number]
    for memo in memos:
        if memo.exercise[:2] == number:
            parts.append(f"<h3>Memo</h3><blockquote>{_text(memo.text)}</blockquote>")
    return "".join([*parts, "</section>"])


def _artefact(entry):
    one = entry.artefact
    parts = [f"<h3>{_text(one.name[:1].upper() + one.name[1:])}</h3>"]
    if one.text:
        parts.append(f"<p class='said'>{_text(one.text)}</p>")
    if one.figure is not None:
        parts.append(_picture(one.figure, one.alt or one.name))
    if one.table is not None:
        parts.append(_table(one.table, one.name))
    numbers = _numbers(entry)
    if numbers:
        rows = "".join(
            f"<tr><th scope='row'>{_text(label)}</th><td>{value}</td><td>{again}</td><td>{state}</td></tr>"
            for label, value, again, state in numbers
        )
        parts.append(
            "<table><caption>Numbers of this artefact</caption><thead><tr><th scope='col'>number</th>"
            "<th scope='col'>kept</th><th scope='col'>computed again</th><th scope='col'>state</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )
    if one.table is not None:
        parts.append(f"<p class='state'>Table: {_table_state(entry)}.</p>")
    if entry.reason:
        parts.append(f"<p class='state'>Not computed again: {_text(entry.reason)}.</p>")
    parts += [f"<p class='problem'>{_text(problem)}</p>" for problem in one.problems]
    return "<article>" + "".join(parts) + "</article>"


def _numbers(entry):
    """For each number: its name, as kept, as computed again, and what follows."""
    rows = []
    for label, value in entry.artefact.numbers.items():
        found = entry.again.numbers.get(label) if entry.again else None
        if found is None:
            rows.append((label, f"{value:.4g}", "–", UNCONFIRMED))
        elif math.isclose(value, found, rel_tol=RELATIVE, abs_tol=ABSOLUTE):
            rows.append((label, f"{value:.4g}", f"{found:.4g}", CONFIRMED))
        else:
            rows.append((label, f"{value:.4g}", f"{found:.4g}", DIFFERENT))
    return rows


def _table_state(entry):
    if entry.again is None or entry.again.table is None:
        return UNCONFIRMED
    return CONFIRMED if entry.artefact.table.equals(entry.again.table) else DIFFERENT


def _picture(content, alt):
    encoded = base64.b64encode(content).decode("ascii")
    return f"<figure><img alt='{_text(alt)}' src='data:image/png;base64,{encoded}'></figure>"


def _short(text):
    """A number with four significant digits; anything else as it is."""
    try:
        number = float(text)
    except ValueError:
        return text
    return f"{number:.4g}" if len(text) > 6 and math.isfinite(number) else text


def _table(frame, name):
    shown = frame.iloc[:ROWS, :COLUMNS]
    head = "".join(f"<th scope='col'>{_text(column)}</th>" for column in shown.columns)
    corner = f"<th scope='col'>{_text(frame.index.name)}</th>" if frame.index.name else "<td></td>"
    body = "".join(
        f"<tr><th scope='row'>{_text(label)}</th>"
        + "".join(f"<td>{_text(_short(v))}</td>" for v in row)
        + "</tr>"
        for label, row in zip(shown.index, shown.to_numpy(), strict=True)
    )
    cut = (
        f"<p class='state'>The first {len(shown)} of {len(frame)} rows and {len(shown.columns)} of "
        f"{len(frame.columns)} columns.</p>"
        if shown.shape != frame.shape
        else ""
    )
    return f"<div class='wide' tabindex='0' role='region' aria-label='Table: {_text(name)}'><table><thead><tr>{corner}{head}</tr></thead><tbody>{body}</tbody></table></div>{cut}"


def _calibration(records):
    score = brier(records)
    parts = ["<section id='calibration'><h2>How well I know what I know</h2>"]
    figure = draw_calibration(records)
    if figure is not None:
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=144, metadata={"Software": None})
        parts.append(f"<div class='small'>{_picture(buffer.getvalue(), describe_calibration(records))}</div>")
    parts.append(f"<p>{_text(advice(records))}</p>")
    if score.enough:
        low, high = score.score - 1.96 * score.standard_error, score.score + 1.96 * score.standard_error
        parts.append(
            f"<p>Brier score {score.score:.3f}, 95 % interval {max(low, 0):.3f} to {min(high, 1):.3f} over "
            f"{score.predictions} predictions, each made before the result was shown.</p>"
        )
    return "".join([*parts, "</section>"])


def _missing(missing):
    if not missing:
        return ""
    items = "".join(f"<li>{_text(exercise)}: {_text(name)}</li>" for exercise, name in missing)
    return f"<section id='missing'><h2>Not there yet</h2><ul>{items}</ul></section>"


def _method(counts):
    return (
        "<section id='method'><h2>How the numbers were confirmed</h2>"
        "<p>Every number above was kept by the learner's own notebook. To make this page each notebook was run again from "
        f"its first cell with an empty record. {CONFIRMED}: the same number came out (relative difference below "
        f"{RELATIVE:g}). {DIFFERENT}: another one came out. {UNCONFIRMED}: none came out; the reason stands beside it. "
        f"Here: {counts['confirmed']} agree, {counts['different']} differ, {counts['unconfirmed']} are not confirmed. "
        "Pictures and sentences are shown as they were kept. Running a notebook again shows that its numbers come from its "
        "code; it does not show who wrote the code.</p></section>"
    )


_TEMPLATE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body><main>
{body}
</main></body>
</html>
"""

_STYLE = """
:root { color-scheme: light; }
body { margin: 0; background: #fff; color: #1b1f24; font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .25rem; letter-spacing: -.01em; }
h2 { font-size: 1.35rem; margin: 2.75rem 0 .5rem; padding-top: .75rem; border-top: 2px solid #1b1f24; }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
.lead { font-size: 1.1rem; color: #444c56; margin-top: 0; }
.shows { font-weight: 600; margin-top: 0; }
nav h2 { border: 0; margin-top: 1.5rem; padding: 0; }
nav ol { padding-left: 1.25rem; }
a { color: #0b4f8a; }
a:focus-visible, .wide:focus-visible { outline: 3px solid #0b4f8a; outline-offset: 2px; }
figure { margin: 1rem 0; }
img { max-width: 100%; height: auto; }
.small { max-width: 30rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; margin: .75rem 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: #444c56; padding-bottom: .25rem; }
th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #d0d7de; text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid #57606a; }
tbody th { font-weight: 500; }
blockquote { margin: 0; padding: .25rem 0 .25rem 1rem; border-left: 4px solid #0b4f8a; white-space: pre-wrap; overflow-wrap: anywhere; }
.said { white-space: pre-wrap; overflow-wrap: anywhere; }
.state { color: #444c56; font-size: .875rem; margin: .25rem 0; }
.problem { border-left: 4px solid #9a3412; padding-left: .75rem; }
@media print {
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  a { color: inherit; text-decoration: none; }
  article, figure, tr, blockquote { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .wide { overflow: visible; }
  @page { margin: 18mm; }
}
"""
