"""The portfolio as one HTML page: self-contained, printable, accessible. Not for collecting: it is given what to show.

Everything that a learner (or somebody with access to the learner's files) could have written is escaped. The page has no
script and forbids itself to load anything.
"""

from __future__ import annotations

import base64
import html
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from holdout.record.artefacts import KeptArtefact
from holdout.record.calibration_chart import describe_calibration, draw_calibration
from holdout.record.self_calibration import NEEDED, brier
from holdout.register import Course, read_course
from holdout.stats.intervals import wilson_interval

SHORTEST_BEGINNING, LONGEST_BEGINNING = 60, 180  # characters of a memo in the overview
ROWS, COLUMNS = 60, 14  # of a table; a page for people is not a data set
MOST_DECIMALS = 4  # of a column that was rounded by whoever kept it; more than that was not rounded
DIGITS = 3  # significant ones of everything else
RELATIVE, ABSOLUTE = (
    1e-6,
    1e-9,
)  # the same code on the same machine gives the same number up to summation order

CONFIRMED, DIFFERENT, UNCONFIRMED = "✓ computed again", "≠ different when computed again", "○ not confirmed"


@dataclass(frozen=True)
class Entry:
    """An artefact and what came out when its notebook was run again.

    Parameters
    ----------
    artefact : KeptArtefact
    again : KeptArtefact or None
    reason : str
        Why there is no second one.
    """

    artefact: KeptArtefact
    again: KeptArtefact | None = None
    reason: str = ""


@dataclass(frozen=True)
class Memo:
    """What a learner has written for people.

    Parameters
    ----------
    exercise : str
    text : str
        Markdown, of which paragraphs, lists and emphasis are shown.
    task : str
        What was asked.
    """

    exercise: str
    text: str
    task: str = ""


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
    absent: Sequence[str] = (),
    course: Course | None = None,
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
    absent : sequence of str
        Numbers of lessons that have no exercise in this copy of the course.
    course : Course, optional
        Titles, and what artefacts are; read from the register by default.
    today : datetime, optional

    Returns
    -------
    Page
    """
    course = read_course() if course is None else course
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
        f"<p class='lead'>Judgement about machine-learning models, shown on worked cases of the course Holdout. {day}.</p>",
        _overview(entries, exercises, memos, counts, summary, course),
        *[_section(number, entries, memos, course) for number in exercises],
        _calibration(records),
        _missing(missing, absent, course),
        _method(counts),
    ]
    body = "\n".join(part for part in parts if part)
    return Page(_TEMPLATE.format(title=_text(title), style=_STYLE, body=body), counts)


def _text(value):
    return html.escape(str(value), quote=True)


def _overview(entries, exercises, memos, counts, summary, course):
    passed, total = summary["checks_passed"], sum(row["checks_total"] or 0 for row in summary["lessons"])
    rows = "".join(
        _glance(lesson, entries, memos) for lesson in map(course.lesson, exercises) if lesson is not None
    )
    table = (
        "<table class='glance'><thead><tr><th scope='col'>nr</th><th scope='col'>what it shows</th><th scope='col'>in numbers</th>"
        f"</tr></thead><tbody>{rows}</tbody></table>"
        if rows
        else ""
    )
    return (
        "<nav aria-label='Contents'><h2>At a glance</h2>"
        "<p>Each part answers a question as it is asked at work: what was measured, on which data, how uncertain it is, and what was decided. "
        f"{len(entries)} artefacts and {len(memos)} memos; {passed} of {total} automatic checks of the course passed.</p>"
        f"<p class='state'>{_count(counts)} (<a href='#method'>how</a>).</p>{table}</nav>"
    )


def _count(counts):
    """How many numbers were confirmed, in one sentence without its full stop."""
    sentence = f"{counts['confirmed']} of {counts['numbers']} numbers were computed again by running the notebooks, and agree ({CONFIRMED[0]})"
    for state, what in (("different", DIFFERENT), ("unconfirmed", UNCONFIRMED)):
        if counts[state]:
            sentence += f"; {counts[state]} {'differ' if state == 'different' else 'could not be confirmed'} ({what[0]})"
    return sentence


def _glance(lesson, entries, memos):
    """A row of the overview: what a lesson's artefacts show, how its memo begins, and the first numbers of each artefact."""
    number = lesson.number
    mine = [entry for entry in entries if entry.artefact.exercise == number]
    shown = [row for entry in mine for row in _numbers(entry)[:2]][:3]
    begins = "".join(
        f"<br><span class='begins'>“{_emphasis(_beginning(memo.text))}”</span>"
        for memo in memos
        if memo.exercise[:2] == number
    )
    numbers = "".join(
        f"<span class='pair'>{_text(label)} <span class='value'><strong>{value}</strong> {_mark(state)}</span></span>"
        for label, value, _, state in shown
    )
    return (
        f"<tr><td>{number}</td><td><a href='#e{number}'>{_text(lesson.shows or lesson.title)}</a>{begins}</td>"
        f"<td>{numbers or _text(', '.join(entry.artefact.name for entry in mine))}</td></tr>"
    )


def _beginning(text):
    """How a memo begins: whole sentences until they say something, cut at a word where they are long."""
    line = " ".join(str(text).split()).lstrip("#").strip().replace("**", "")
    begins = ""
    for sentence in re.split(r"(?<=[a-z)%][.!?])\s", line):
        begins = f"{begins} {sentence}".strip()
        if len(begins) >= SHORTEST_BEGINNING:
            break
    return begins if len(begins) <= LONGEST_BEGINNING else begins[:LONGEST_BEGINNING].rsplit(" ", 1)[0] + " …"


def _mark(state):
    """The sign of a state, with its words for those who do not see it."""
    sign, words = state.split(" ", 1)
    role = {CONFIRMED: "ok", DIFFERENT: "bad", UNCONFIRMED: "open"}[state]
    return f"<span class='mark {role}' title='{words}'>{sign}<span class='hidden'> {words}</span></span>"


def _section(number, entries, memos, course):
    lesson = course.lesson(number)
    title = lesson.title if lesson else f"Exercise {number}"
    parts = [f"<section id='e{number}'><h2>{number} · {_text(title)}</h2>"]
    if lesson and lesson.shows:
        parts.append(f"<p class='shows'>{_text(lesson.shows)}. <em>{_text(lesson.question)}</em></p>")
    parts += [_artefact(entry, lesson) for entry in entries if entry.artefact.exercise == number]
    for memo in memos:
        if memo.exercise[:2] == number:
            task = f"<div class='task'>{_prose(memo.task)}</div>" if memo.task else ""
            parts.append(f"<h3>Memo</h3>{task}<blockquote>{_prose(memo.text)}</blockquote>")
    return "".join([*parts, "</section>"])


def _artefact(entry, lesson):
    one = entry.artefact
    parts = [f"<h3>{_text(one.name[:1].upper() + one.name[1:])}</h3>"]
    if lesson and (registered := lesson.artefact(one.name)):
        parts.append(f"<p class='about'>{_together(_text(registered.description))}</p>")
    if one.text:
        # a notebook breaks the lines of what it keeps where they end
        parts.append(f"<div class='said'>{_prose(one.text, broken=True)}</div>")
    if one.figure is not None:
        parts.append(_picture(one.figure, one.alt or one.name))
    if one.table is not None:
        parts.append(_table(one.table, one.name))
    numbers = "".join(
        f"<li>{_text(label)} <strong>{value}</strong> {_mark(state)}{f' {again} when computed again' if state == DIFFERENT else ''}</li>"
        for label, value, again, state in _numbers(entry)
    )
    if numbers:
        parts.append(f"<ul class='numbers' aria-label='Numbers of this artefact'>{numbers}</ul>")
    if one.table is not None and not entry.reason:
        parts.append(f"<p class='state'>Table: {_table_state(entry)}.</p>")
    if entry.reason:
        parts.append(f"<p class='state'>Not computed again: {_text(entry.reason)}.</p>")
    parts += [f"<p class='problem'>{_text(problem)}</p>" for problem in one.problems]
    return "<article>" + "".join(parts) + "</article>"


_LIST = re.compile(r"(-|\*|\d{1,2}[.)])\s+")
_EMPHASIS = (
    (re.compile(r"(?<![*\w])\*\*(?=\S)(.{1,400}?)(?<=\S)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![*\w])\*(?=[^\s*])([^*]{1,400}?)(?<=[^\s*])\*(?![*\w])"), r"<em>\1</em>"),
    (re.compile(r"`([^`]{1,400})`"), r"<code>\1</code>"),
)


def _prose(text, broken=False):
    """Paragraphs, lists and emphasis of Markdown as HTML; everything else as it was written, nothing of it markup.

    The lines of a paragraph are run together, or, if ``broken``, each stays a line.
    """
    blocks, inside = [], ""  # of each: the opening tag, the list around it, its lines
    for line in [*str(text).strip().splitlines(), ""]:
        line = line.strip()
        line = line.lstrip("#").strip() if line.startswith("#") else line
        item = _LIST.match(line)
        if item:
            numbered = item[1][0].isdigit()
            tag = f"li value='{int(item[1][:-1])}'" if numbered else "li"
            blocks.append((tag, "ol" if numbered else "ul", [line[item.end() :]]))
        elif line and inside:
            blocks[-1][2].append(line)
        elif line:
            blocks.append(("p", "", [line]))
        inside = line
    parts, opened = [], ""
    for tag, around, lines in blocks:
        if around != opened:
            parts.append((f"</{opened}>" if opened else "") + (f"<{around}>" if around else ""))
            opened = around
        shown = "<br>".join(map(_emphasis, lines)) if broken else _emphasis(" ".join(lines))
        parts.append(f"<{tag}>{shown}</{tag.split()[0]}>")
    return "".join(parts) + (f"</{opened}>" if opened else "")


def _emphasis(text):
    """Escape a line, then show bold, italic and code."""
    shown = _together(_text(text))
    for pattern, markup in _EMPHASIS:
        shown = pattern.sub(markup, shown)
    return shown


def _numbers(entry):
    """For each number: its name, as kept, as computed again, and what follows."""
    rows = []
    for label, value in entry.artefact.numbers.items():
        found = entry.again.numbers.get(label) if entry.again else None
        if found is None:
            rows.append((label, _number(value), "–", UNCONFIRMED))
        elif math.isclose(value, found, rel_tol=RELATIVE, abs_tol=ABSOLUTE):
            rows.append((label, _number(value), _number(found), CONFIRMED))
        else:
            # as many digits as show the difference
            rows.append((label, _minus(f"{value:.7g}"), _minus(f"{found:.7g}"), DIFFERENT))
    return rows


def _number(value):
    """A number for people: three significant digits, whole from a thousand on."""
    return _minus(f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.{DIGITS}g}")


def _minus(number):
    """A number with a minus sign in place of a hyphen; the one of an exponent stays."""
    return f"−{number[1:]}" if number.startswith("-") else number


def _percent(share):
    return _together(f"{100 * share:.0f} %")


def _together(text):
    """The same text, in which no line ends between a number and its percent sign."""
    return text.replace(" %", "\u00a0%")


def _table_state(entry):
    if entry.again is None or entry.again.table is None:
        return UNCONFIRMED
    return CONFIRMED if entry.artefact.table.equals(entry.again.table) else DIFFERENT


def _picture(content, alt):
    encoded = base64.b64encode(content).decode("ascii")
    return f"<figure><img alt='{_text(alt)}' src='data:image/png;base64,{encoded}'></figure>"


def _column(values):
    """The cells of a column of numbers, with equally many decimals.

    These are the decimals to which whoever kept the column has rounded it, or else as many as give the largest number
    three significant digits. Whole numbers stay as they are.
    """
    numbers = {value: float(value) for value in values if value not in ("", "–")}
    if not numbers or not all(map(math.isfinite, numbers.values())):
        return list(values)
    if all(re.fullmatch(r"-?\d+", value) for value in numbers):
        return [_minus(value) for value in values]
    written = [re.fullmatch(r"-?\d+\.(\d+)", value) for value in numbers]
    decimals = max(len(one[1]) if one else math.inf for one in written)
    if decimals > MOST_DECIMALS:
        largest = max(map(abs, numbers.values())) or 1.0
        decimals = max(0, DIGITS - 1 - math.floor(math.log10(largest)))
    # adding 0 makes a negative zero positive
    return [
        _minus(f"{numbers[value] + 0.0:,.{decimals}f}") if value in numbers else value for value in values
    ]


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return text in ("", "–")
    return True


def _table(frame, name):
    shown = frame.iloc[:ROWS, :COLUMNS]
    sides = [
        " class='n'" if all(_is_number(value) for value in shown.iloc[:, place]) else ""
        for place in range(shown.shape[1])
    ]
    # row numbers that pandas gave say nothing to a reader
    labelled = frame.index.name is not None or list(frame.index) != [
        str(place) for place in range(len(frame))
    ]
    corner = (
        f"<th scope='col'>{_text(frame.index.name)}</th>" if frame.index.name else "<td></td>"
    ) * labelled
    head = "".join(
        f"<th scope='col'{side}>{_text(column)}</th>"
        for side, column in zip(sides, shown.columns, strict=True)
    )
    columns = [
        _column(list(shown.iloc[:, place])) if side else list(shown.iloc[:, place])
        for place, side in enumerate(sides)
    ]
    body = "".join(
        "<tr>"
        + f"<th scope='row'>{_text(label)}</th>" * labelled
        + "".join(f"<td{side}>{_text(column[row])}</td>" for side, column in zip(sides, columns, strict=True))
        + "</tr>"
        for row, label in enumerate(shown.index)
    )
    cut = (
        f"<p class='state'>The first {len(shown)} of {len(frame)} rows and {len(shown.columns)} of "
        f"{len(frame.columns)} columns.</p>"
        if shown.shape != frame.shape
        else ""
    )
    return f"<div class='wide' tabindex='0' role='region' aria-label='Table: {_text(name)}'><table><thead><tr>{corner}{head}</tr></thead><tbody>{body}</tbody></table></div>{cut}"


def _calibration(records):
    records = list(records)
    scored = [one for one in records if one["correct"] is not None]
    parts = ["<section id='calibration'><h2>How well I know what I know</h2>"]
    figure = draw_calibration(records)
    if figure is not None:
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=144, metadata={"Software": None})
        parts.append(f"<div class='small'>{_picture(buffer.getvalue(), describe_calibration(records))}</div>")
    if not scored:
        return "".join([*parts, "<p>No prediction has been scored yet.</p></section>"])
    right, sure = (
        sum(one["correct"] for one in scored),
        sum(one["confidence"] for one in scored) / len(scored),
    )
    said = (
        f"In the course each result is predicted, with a confidence, before it is shown. Over {len(scored)} predictions: {_percent(sure)} sure on average, "
        f"right in {_percent(right / len(scored))}."
    )
    score = brier(records)
    if not score.enough:
        return "".join([*parts, f"<p>{said} That is too few to judge; {NEEDED} are needed.</p></section>"])
    low, high = wilson_interval(right, len(scored))
    verdict = (
        "surer than right"
        if sure > high
        else "right more often than stated"
        if sure < low
        else "no sign of over- or underconfidence"
    )
    below, above = score.score - 1.96 * score.standard_error, score.score + 1.96 * score.standard_error
    parts.append(
        f"<p>{said} The share right has a 95 % interval of {_percent(low)} to {_percent(high)}: {verdict}. Brier score {score.score:.3f}, 95 % interval "
        f"{max(below, 0):.3f} to {min(above, 1):.3f} (0 is best, 0.25 is what always saying 50 % gives).</p>"
    )
    return "".join([*parts, "</section>"])


def _missing(missing, absent, course):
    def title(exercise):
        lesson = course.lesson(exercise[:2])
        return f"{lesson.number} · {lesson.title}" if lesson else exercise

    items = [f"{title(exercise)}: {name}" for exercise, name in missing]
    items += [f"{title(number)}: no exercise in this copy of the course" for number in absent]
    if not items:
        return ""
    listed = "".join(f"<li>{_text(item)}</li>" for item in items)
    return f"<section id='missing'><h2>Not there yet</h2><ul>{listed}</ul></section>"


def _method(counts):
    return (
        "<section id='method'><h2>How the numbers were confirmed</h2>"
        "<p>Every number above was kept by the learner's own notebook. To make this page each notebook was run again from "
        f"its first cell with an empty record. {CONFIRMED}: the same number came out (relative difference below "
        f"{RELATIVE:g}). {DIFFERENT}: another one came out. {UNCONFIRMED}: none came out; the reason stands beside it. "
        f"Here: {counts['confirmed']} agree, {counts['different']} differ, {counts['unconfirmed']} are not confirmed. "
        "Checks of the course run on cases that the learner sees; grades come from others, made anew. "
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
.shows em { font-weight: 400; color: #444c56; }
nav h2 { border: 0; margin-top: 1.5rem; padding: 0; }
.glance { width: 100%; }
.glance td:last-child { font-size: .8125rem; width: 45%; padding-right: 0; }
.pair { display: flex; justify-content: space-between; gap: .75rem; }
.value { white-space: nowrap; }
.about { color: #444c56; margin: .25rem 0 .75rem; }
.begins { color: #444c56; }
.numbers { list-style: none; padding: 0; margin: .75rem 0; display: flex; flex-wrap: wrap; gap: .25rem 1.75rem; font-variant-numeric: tabular-nums; }
.mark { font-weight: 700; }
.ok { color: #116329; } .bad { color: #9a3412; } .open { color: #57606a; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
a { color: #0b4f8a; }
a:focus-visible, .wide:focus-visible { outline: 3px solid #0b4f8a; outline-offset: 2px; }
figure { margin: 1rem 0; }
img { max-width: min(100%, 38rem); height: auto; }
.small { max-width: 30rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; margin: .75rem 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: #444c56; padding-bottom: .25rem; }
th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #d0d7de; text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid #57606a; }
tbody th { font-weight: 500; }
th.n, td.n { text-align: right; }
blockquote { margin: 0; padding: .25rem 0 .25rem 1rem; border-left: 4px solid #0b4f8a; overflow-wrap: anywhere; }
blockquote p, .task p, .said p { margin: .4rem 0; }
.task { color: #444c56; }
.said, .task { overflow-wrap: anywhere; }
.state { color: #444c56; font-size: .875rem; margin: .25rem 0; }
.problem { border-left: 4px solid #9a3412; padding-left: .75rem; }
@media print {
  html { font-size: 9.5pt; }
  body { font-size: 1rem; line-height: 1.4; }
  main { max-width: none; padding: 0; }
  nav { break-after: page; }
  h2 { margin-top: 1.5rem; }
  a { color: inherit; text-decoration: none; }
  img { max-width: 110mm; max-height: 65mm; }
  .glance { font-size: .8rem; line-height: 1.3; }
  .glance td:last-child { font-size: .75rem; }
  p { orphans: 3; widows: 3; }
  h2, h3, figure, tr, blockquote, .shows, .about, .numbers { break-inside: avoid; }
  h2, h3, .shows, .about, .task { break-after: avoid; }
  .wide { overflow: visible; break-inside: avoid; }
  @page { size: A4; margin: 16mm 18mm; }
}
"""
