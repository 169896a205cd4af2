"""The portfolio page shows what was kept, confirms what can be computed again, and lets nothing of a file's content act."""

import dataclasses
import io
import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pandas as pd
import pytest
from matplotlib.figure import Figure

from holdout.record import progress
from holdout.record.artefacts import KeptArtefact, keep, read_kept
from holdout.record.portfolio.page import Entry, Memo, render

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"
NOTHING = {"checks_passed": 0, "lessons": []}


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found, self.attributes = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)
        self.attributes += attrs


def page(entries=(), missing=(), memos=(), records=(), **options):
    """The page, without the line feeds between its tags."""
    made = render(
        entries, missing, memos, records, NOTHING, today=datetime(2026, 1, 2, tzinfo=UTC), **options
    )
    return dataclasses.replace(made, html=re.sub(r">\n\s*<", "><", made.html))


def folder():
    return progress.record_folder() / "portfolio"


def test_a_number_is_confirmed_different_or_not_confirmed():
    kept = KeptArtefact("01", "curve", "01-curve", numbers={"same": 0.1, "other": 1.0, "gone": 2.0})
    again = KeptArtefact("01", "curve", "01-curve", numbers={"same": 0.1 + 1e-12, "other": 1.1})
    made = page([Entry(kept, again)])
    assert made.counts == {"numbers": 3, "confirmed": 1, "different": 1, "unconfirmed": 1}
    rows = re.findall(
        r'<li>(\w+) <strong>(.*?)</strong> <span class="mark \w+" title="[\w ]+">(.)', made.html
    )
    assert rows == [("same", "0.1", "✓"), ("other", "1", "≠"), ("gone", "2", "○")]
    assert "1.1 when computed again" in made.html


def test_without_a_second_run_nothing_is_confirmed_and_the_reason_is_given():
    kept = KeptArtefact("01", "curve", "01-curve", numbers={"error": 0.1})
    made = page([Entry(kept, None, "the notebook is not there")])
    assert made.counts["unconfirmed"] == 1
    assert "Not computed again: the notebook is not there." in made.html


def test_a_changed_table_is_seen():
    table = pd.DataFrame({"a": ["1"]}, index=["x"])
    kept, other = (
        KeptArtefact("03", "card", "03-card", table=one) for one in (table, table.replace("1", "2"))
    )
    assert "Table: ✓ computed again" in page([Entry(kept, kept)]).html
    assert "Table: ≠ different" in page([Entry(kept, other)]).html


def test_missing_artefacts_are_listed_and_not_invented():
    html = page(missing=[("05-a-test-set-is-spent-once", "price list of luck")]).html
    assert "05 · A test set is spent once: price list of luck" in html
    assert "<article>" not in html


def test_the_learners_own_sentence_is_shown_as_it_was_written():
    html = page(sentences={"14": "I would *wait* & see <b>first</b>."}).html
    assert (
        "<h3>Said in one sentence</h3><blockquote>I would *wait* &amp; see &lt;b&gt;first&lt;/b&gt;." in html
    )


def test_a_lesson_without_an_exercise_is_listed():
    assert "11 · The canary: no exercise in this copy of the course" in page(absent=["11"]).html


def test_the_overview_has_a_row_with_numbers_for_each_lesson():
    kept = KeptArtefact("03", "card", "03-card", numbers={"recall, islands": 0.1717})
    html = page([Entry(kept, kept)], memos=[Memo("05-a-test", f"**We wait.** {'Then we see. ' * 5}")]).html
    assert re.search(
        r'<a href="#e03">.*?recall, islands <span class="value"><strong>0.172</strong> <span class="mark ok"',
        html,
    )
    assert re.search(
        r'<a href="#e05">[^<]*</a><br><span class="begins">“We wait.( Then we see.){4}”</span>', html
    )


def test_a_long_beginning_of_a_memo_is_cut_at_a_word():
    html = page(memos=[Memo("05-a-test", "word " * 100)]).html
    (begins,) = re.findall(r'<span class="begins">“(.*?)”</span>', html)
    assert begins.endswith("word …") and len(begins) <= 182


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("one\nline\n\nanother", "<p>one\nline</p><p>another</p>"),
        (
            "**Wait.** It is *not* `known`.",
            "<p><strong>Wait.</strong> It is <em>not</em> <code>known</code>.</p>",
        ),
        (
            "Rules:\n1. first\ngoes on\n2. second\n\nEnd",
            "<p>Rules:</p><ol><li>first\ngoes on</li><li>second</li></ol><p>End</p>",
        ),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("2 * 3 * 4, x**2 and y**2", "<p>2 * 3 * 4, x**2 and y**2</p>"),
        ("3. third\n4. fourth", '<ol start="3"><li>third</li><li>fourth</li></ol>'),
        ("# Decision\n\nWait.", "<p>Decision</p><p>Wait.</p>"),
        ("> as she said", "<blockquote><p>as she said</p></blockquote>"),
        ("from [the report](https://example.org/r)", "<p>from the report (https://example.org/r)</p>"),
        ("at <https://example.org>", "<p>at https://example.org</p>"),
        ("**<b>**", "<p><strong>&lt;b&gt;</strong></p>"),
    ],
)
def test_a_memo_is_shown_with_its_paragraphs_lists_and_emphasis(written, shown):
    html = page(memos=[Memo("01-two", written)]).html.replace("\n<", "<")
    assert f"<blockquote>{shown}</blockquote>" in html


def test_the_lines_of_an_artefact_stay_lines():
    html = page([Entry(KeptArtefact("08", "failures", "08-f", text="Broken:\na, b\nc"))]).html
    assert '<div class="said"><p>Broken:<br>a, b<br>c</p>' in html


def test_an_artefact_of_the_course_says_what_was_measured():
    """The reader of the page has not seen the course."""
    one = KeptArtefact("12", "tail over generations", "12-t", numbers={"left": 0.3})
    assert '<p class="about">A simulated model trained for 15 generations' in page([Entry(one)]).html


def test_a_column_is_written_with_equally_many_decimals():
    table = pd.DataFrame(
        {"cost": ["3.85", "2.3", "-0.0", ""], "rows": ["3", "20", "1", "1"]}, index=list("abcd")
    )
    html = page([Entry(KeptArtefact("14", "costs", "14-c", table=table))]).html
    cells = re.findall(r'<td class="n">(.*?)</td>', html)
    assert cells == ["3.85", "3", "2.30", "20", "0.00", "1", "", "1"]


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        (["0.123456789", "-12.3456789"], ["0.1", "−12.3"]),
        (["0.27554321", "0.025020001"], ["0.276", "0.025"]),
        (["1234567.891", "1e-05"], ["1,234,568", "0"]),
        (["nan", "0.123456789"], ["nan", "0.123456789"]),
        (["0.0", "-0.0"], ["0.0", "0.0"]),
    ],
)
def test_a_column_that_nobody_rounded_shows_three_digits_of_its_largest_number(kept, shown):
    table = pd.DataFrame({"share": kept}, index=list("ab"))
    html = page([Entry(KeptArtefact("14", "costs", "14-c", table=table))]).html
    assert re.findall(r'<td class="n">(.*?)</td>', html) == shown


def test_numbers_that_differ_are_written_with_enough_digits_to_see_it():
    kept, again = (KeptArtefact("01", "c", "01-c", numbers={"error": value}) for value in (0.16841, 0.16842))
    html = page([Entry(kept, again)]).html
    assert "<strong>0.16841</strong>" in html and "0.16842 when computed again" in html


def test_a_memo_stands_below_what_was_asked():
    html = page(memos=[Memo("01-two", "No.", 'She asks: *"Ship it?"*')]).html
    assert (
        '<div class="task"><p>She asks: <em>&quot;Ship it?&quot;</em></p></div><blockquote>'
        in html.replace("\n<", "<")
    )


def test_row_numbers_that_say_nothing_are_left_out_and_numbers_stand_on_the_right():
    table = pd.DataFrame({"model": ["S", "M"], "quality": ["0.64", "0.92"]}, index=["0", "1"])
    html = page([Entry(KeptArtefact("06", "comparison", "06-c", table=table))]).html
    assert '<tr><td>S</td><td class="n">0.64</td></tr>' in html


@pytest.mark.parametrize(
    "place",
    ["name", "text", "alt", "number", "table", "index", "memo", "learner", "missing", "sentence"],
)
def test_nothing_that_was_written_becomes_markup(place):
    fill = dict.fromkeys(
        ("name", "text", "alt", "number", "table", "index", "memo", "learner", "missing", "sentence"), "x"
    )
    fill[place] = SCRIPT + "'\"" + "}{"
    table = pd.DataFrame({fill["table"]: [fill["table"]]}, index=[fill["index"]])
    kept = KeptArtefact(
        "01",
        fill["name"],
        "01-x",
        fill["text"],
        fill["alt"],
        {fill["number"]: 1.0},
        table,
        _png(),
        [fill["text"]],
    )
    html = page(
        [Entry(kept, None, fill["text"])],
        [("01", fill["missing"])],
        [Memo("01-two", fill["memo"])],
        sentences={"01": fill["sentence"], "02": fill["sentence"]},
        name=fill["learner"],
    ).html
    tags = Tags(html)
    assert "script" not in tags.found
    assert not [name for name, _ in tags.attributes if name.startswith("on")]
    assert all(value.startswith("data:image/png;base64,") for name, value in tags.attributes if name == "src")
    assert "default-src 'none'" in html


@pytest.mark.parametrize(
    "hostile",
    [
        "[press](javascript:alert(1))",
        "[press](  JaVaScRiPt:alert(1))",
        "[press](data:text/html;base64,PHNjcmlwdD4=)",
        "[press]: javascript:alert(1)\n\n[press]",
        "<javascript:alert(1)>",
        "![seen](https://example.org/pixel.png)",
        "![seen](//example.org/pixel.png 'title')",
        "[![seen](https://example.org/pixel.png)](https://example.org)",
        '<img src="https://example.org/pixel.png">',
        "<style>@import url(https://example.org/x.css)</style>",
        '<div style="background:url(https://example.org/x)">',
        "<svg onload=alert(1)>",
        "<iframe src=https://example.org></iframe>",
        "a\n<base href=https://example.org>\n<meta http-equiv=refresh content=0>",
        "```<script>\nalert(1)\n```",
        "` <script>alert(1)</script> `",
        "    <script>alert(1)</script>",
        "&lt;script&gt;alert(1)",
        "{{ 7 * 7 }}{% raw %}",
    ],
)
@pytest.mark.parametrize("where", ["memo", "task", "artefact"])
def test_markdown_neither_acts_nor_asks_another_host(hostile, where):
    """Only tags without attributes come out of what a learner wrote; nothing loads, leads or runs."""
    written = dict.fromkeys(("memo", "task", "artefact"), "x") | {where: hostile}
    html = page(
        [Entry(KeptArtefact("01", "a", "01-a", written["artefact"]))],
        memos=[Memo("01-two", written["memo"], written["task"])],
    ).html
    harmless = page([Entry(KeptArtefact("01", "a", "01-a", "x"))], memos=[Memo("01-two", "x", "x")]).html
    assert sorted(Tags(html).attributes) == sorted(Tags(harmless).attributes)
    extra = set(Tags(html).found) - set(Tags(harmless).found)
    assert extra <= {"code", "pre"}


def _png():
    buffer = io.BytesIO()
    figure = Figure(figsize=(1, 1))
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def test_the_calibration_curve_waits_until_there_are_enough_predictions():
    few = [{"confidence": 0.9, "correct": True}] * 5
    many = [{"confidence": 0.9, "correct": index % 3 > 0} for index in range(120)]
    assert "too few to judge" in page(records=few).html and "<img" not in page(records=few).html
    html = page(records=many).html
    assert (
        'alt="Reliability diagram of predictions made before the result was shown: 90% sure, right in 67% of 120'
        in html
    )
    assert "Brier score 0.277" in html and "95% interval" in html


# -- reading what was kept


def test_what_was_kept_is_read_again():
    figure = Figure()
    figure.subplots().plot([1, 2])
    keep("01", "curve", figure=figure, table=pd.DataFrame({"a": [1.5]}), text="é", numbers={"error": 0.25})
    (found,) = read_kept()
    assert (found.exercise, found.name, found.text, found.numbers) == ("01", "curve", "é", {"error": 0.25})
    assert found.figure.startswith(b"\x89PNG") and found.table.iloc[0, 0] == "1.5" and not found.problems


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("01-curve.json", b"{", "01-curve.json cannot be read"),
        ("01-curve.json", b"[" * 100_000, "01-curve.json cannot be read"),
        ("01-curve.json", b'{"exercise": "../..", "name": "x"}', "names no exercise"),
        (
            "01-curve.json",
            b'{"exercise": "01", "name": "x", "numbers": {"a": "1", "b": NaN}}',
            "not a finite",
        ),
        ("01-curve.png", b"GIF89a", "The figure cannot be shown"),
        ("01-curve.png", b"\x89PNG\r\n\x1a\n" + b"0" * 50, "The figure cannot be shown"),
        ("01-curve.csv", b"\xff\xfe", "The table cannot be shown"),
        ("01-curve.csv", b"a" * 1_000_001, "larger than 1,000,000 bytes"),
    ],
)
def test_a_broken_file_costs_its_part_only_and_is_named(file, content, said):
    figure = Figure()
    keep("01", "curve", figure=figure, table=pd.DataFrame({"a": [1]}), text="said", numbers={"error": 0.25})
    keep("02", "other", text="fine")
    (folder() / file).write_bytes(content)
    found = read_kept()
    assert [one.exercise for one in found] == ["01", "02"]
    assert any(said in problem for problem in found[0].problems), found[0].problems
    assert not found[1].problems


def test_a_link_in_the_place_of_a_figure_is_not_followed(tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(_png())
    keep("01", "curve", figure=Figure())
    path = folder() / "01-curve.png"
    path.unlink()
    path.symlink_to(secret)
    (found,) = read_kept()
    assert found.figure is None and "not there as a plain file" in found.problems[0]


def test_with_recording_switched_off_nothing_is_kept_and_nothing_breaks(monkeypatch, capsys):
    monkeypatch.setenv("HOLDOUT_PROGRESS", "off")
    keep("01", "curve", text="x")
    assert "is not kept" in capsys.readouterr().out
    assert read_kept() == []


def test_numbers_survive_the_way_through_the_file_exactly():
    keep("01", "curve", numbers={"third": 1 / 3})
    assert json.loads((folder() / "01-curve.json").read_text())["numbers"]["third"] == 1 / 3
    assert read_kept()[0].numbers["third"] == 1 / 3


def test_the_gain_from_placement_to_final_is_shown_lesson_by_lesson_with_its_interval():
    from holdout.record.placement import results
    from holdout.record.placement.items import form_items

    right = {
        "choice": lambda item: 0,
        "line": lambda item: item.line,
        "number": lambda item: item.values[item.answer],
    }
    entries = [
        {"kind": "placement", "item": item.id, "answer": "?" if form == "A" and item.lesson == "04" else right[item.kind](item)}
        for form in "AB"
        for item in form_items(form)
    ]  # fmt: skip
    summary = {**NOTHING, "placement": results.state(entries)}
    html = render([], [], [], [], summary, today=datetime(2026, 1, 2, tzinfo=UTC)).html
    assert "2 items gained, 0 lost of 20: +10 percentage points (95% interval" in html
    assert (
        '<td>04 · How was this split?</td><td class="n">2</td><td class="n">0</td><td class="n">2</td>'
        in html
    )
    assert 'id="gain"' not in page().html
    half = {**NOTHING, "placement": results.state(entries[:20])}
    assert 'id="gain"' not in render([], [], [], [], half).html
