"""Recording: nbgrader's gradebook stays nbgrader's, a killed run goes on, and nothing of a learner's can run on a page."""

import html.parser
import os
import pathlib
import random
import signal
import subprocess
import sys
import textwrap
import time

import nbformat
import pytest
from small_class import EXERCISE, RIGHT, WRONG, InlinePool, SmallClass

from grader.grading.resume_log import ResumeLog
from grader.grading.run import NEEDS_REVIEW, RESUME_LOG
from grader.nbgrader_bridge.sanitize import clean_html, clean_markdown, clean_output

LATE = """
from nbgrader.plugins import LateSubmissionPlugin

class TwoPoints(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 2.0

c.AssignLatePenalties.plugin_class = TwoPoints
"""


@pytest.fixture
def small(tmp_path):
    return SmallClass(tmp_path)


def test_points_given_by_hand_and_extra_credit_outlive_a_regrade(small):
    """As in nbgrader: what a person gave counts, and is marked for review again after a regrade."""
    small.submit("ada", RIGHT, memo="A memo.")
    assert small.grade()["ada"].needs_manual_grade  # the memo
    small.change("ada", "01-memo", manual_score=1.5, extra_credit=0.25, needs_manual_grade=False)
    small.change("ada", "01-mean-check", manual_score=2.0)
    row = small.grade(force=True)["ada"]
    assert row.score == 2.0 + 1.0 + 1.5 + 0.25
    assert small.grades("ada")["01-memo"] == (None, 1.5, 0.25, True)
    assert small.grades("ada")["01-mean-check"] == (3.0, 2.0, None, True)


def test_a_row_that_was_skipped_shows_the_points_as_they_are_now(small):
    small.submit("ada", RIGHT, memo="A memo.")
    small.grade()
    small.change("ada", "01-memo", manual_score=2.0, needs_manual_grade=False)
    row = small.grade()["ada"]
    assert (row.fresh, row.score, row.needs_manual_grade) == (False, 6.0, False)


def test_late_work_gets_the_penalty_of_the_courses_own_plugin(small):
    """Late days are nbgrader's: the time in timestamp.txt, the due date of the gradebook, the configured plugin."""
    from grader.nbgrader_bridge.gradebook import GradebookWriter

    with open(small.root / "nbgrader_config.py", "a", encoding="utf-8") as file:
        file.write(LATE)
    with GradebookWriter(small.root) as writer, writer.gradebook() as book:
        book.update_or_create_assignment(EXERCISE, duedate="2026-03-01 12:00:00 UTC")
    small.submit("ada", RIGHT, timestamp="2026-03-01 11:59:00 UTC")
    small.submit("bob", RIGHT, timestamp="2026-03-01 13:00:00 +0030")
    rows = small.grade()
    assert (rows["ada"].penalty, rows["bob"].penalty) == (0.0, 2.0)
    assert small.dump()["bob"]["time"] == "2026-03-01 12:30:00"


def test_partial_credit_is_recorded_as_stock_nbgrader_rounds_it(small):
    """The points are the only execute_result of a recorded notebook."""
    small.submit("ada", {"mean": RIGHT["mean"]})
    small.grade()
    results = [
        output["data"]["text/plain"]
        for cell in small.recorded("ada").cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "execute_result"
    ]
    assert results == ["3.0", "0.0"]


@pytest.mark.parametrize("how", ["broken", "missing", "empty", "linked"])
def test_a_resubmission_that_fails_never_keeps_an_old_grade(small, how):
    """Zero, marked for review, one sentence; also points that a person gave for the earlier hand-in are gone."""
    folder = small.submit("ada", RIGHT, memo="A memo.")
    small.grade()
    small.change("ada", "01-memo", manual_score=2.0, needs_manual_grade=False)
    path = folder / f"{EXERCISE}.ipynb"
    if how == "missing":
        path.unlink()
    elif how == "linked":
        other = small.submit("bob", RIGHT)
        path.unlink()
        path.symlink_to(other / path.name)
    else:
        path.write_text("" if how == "empty" else "{", encoding="utf-8")
    row = small.grade()["ada"]
    assert (row.score, row.outcome, row.needs_manual_grade) == (0.0, NEEDS_REVIEW, True)
    assert all(grade[1] is None and grade[3] for grade in small.grades("ada").values())
    comments = " ".join(text or "" for _, text, _ in small.dump()["ada"]["comments"])
    assert row.sentence in comments
    assert "2 for 01-memo" in comments
    said = " ".join(small.recorded("ada").cells[0].source.split())  # its lines are wrapped
    assert " ".join(row.sentence.split("”")[-1].split()) in said


def test_a_failed_hand_in_that_is_put_right_is_graded_normally_again(small):
    folder = small.submit("ada", RIGHT)
    (folder / f"{EXERCISE}.ipynb").write_text("{", encoding="utf-8")
    small.grade()
    small.submit("ada", RIGHT)
    row = small.grade()["ada"]
    assert (row.score, row.outcome) == (4.0, "graded")
    assert not small.grades("ada")["01-mean-check"][3]


def test_when_the_notebook_cannot_be_recorded_the_submission_gets_zero_and_the_batch_goes_on(
    small, monkeypatch
):
    from grader.nbgrader_bridge import gradebook as record

    small.submit("ada", RIGHT)
    small.submit("bob", RIGHT)
    small.grade()
    real = record.SaveAutoGrades.preprocess

    def broken(self, notebook, resources):
        if resources["nbgrader"]["student"] == "ada":
            raise RuntimeError("this cell cannot be written")
        return real(self, notebook, resources)

    monkeypatch.setattr(record.SaveAutoGrades, "preprocess", broken)
    rows = small.grade(force=True)
    assert (rows["ada"].score, rows["ada"].outcome, rows["bob"].score) == (0.0, NEEDS_REVIEW, 4.0)
    assert "this cell cannot be written" in rows["ada"].sentence


def test_feedback_and_export_of_nbgrader_work_on_what_was_recorded(small, monkeypatch):
    from grader.nbgrader_bridge.feedback import write_feedback

    monkeypatch.chdir(small.root)
    small.submit("ada", WRONG)
    small.grade()
    rows = write_feedback(small.root, EXERCISE)
    assert rows == [{"exercise": EXERCISE, "written": 1, "problem": ""}]
    page = (small.root / "classroom" / "feedback" / "ada" / EXERCISE / f"{EXERCISE}.html").read_text(
        encoding="utf-8"
    )
    assert "9 is the sum of your values. What do you divide by?" in page


# --------------------------------------------------------------------------------------------------- killed and resumed

KILLED = """
import os, random, signal, sys
sys.path.insert(0, sys.argv[1])
from small_class import InlinePool
from grader.grading.run import grade_all
import grader.nbgrader_bridge.gradebook
calls, last = 0, int(sys.argv[3])
def count(frame, event, argument):
    global calls
    if event == "call":
        calls += 1
        if calls == last:
            os.kill(os.getpid(), signal.SIGKILL)
sys.setprofile(count)
grade_all(sys.argv[2], pool=InlinePool(), json=True, force=sys.argv[4] == "force")
sys.setprofile(None)
print(calls)
"""


def _run(root, last, force=False):
    """Grade in another process that kills itself at its `last`-th call of a function."""
    here = pathlib.Path(__file__).resolve().parents[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here.parent), str(here.parent.parent)])}
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-c",
        KILLED,
        str(here),
        str(root),
        str(last),
        "force" if force else "",
    ]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def _without(students, dump):
    """What grading left behind, without what belongs to some students."""
    return {key: value for key, value in dump.items() if not any(part in students for part in key.split("/"))}


def _kill_and_resume(tmp_path, kills, seed):
    undisturbed = SmallClass(tmp_path / "one")
    disturbed = SmallClass(tmp_path / "two")
    for small in (undisturbed, disturbed):
        for number, answers in enumerate((RIGHT, WRONG, {}, {"mean": RIGHT["mean"]})):
            small.submit(f"learner-{number}", answers, memo="A memo.", timestamp="2026-03-01 12:00:00 UTC")
        (small.submit("learner-9", RIGHT) / f"{EXERCISE}.ipynb").write_text("{", encoding="utf-8")
    whole = _run(undisturbed.root, 0)
    assert whole.returncode == 0, whole.stderr[-2000:]
    total, rng = int(whole.stdout), random.Random(seed)
    for _ in range(kills):
        assert _run(disturbed.root, rng.randrange(total // 20, total)).returncode in (-signal.SIGKILL, 0)
        assert _run(disturbed.root, rng.randrange(total // 20, total), force=True).returncode in (
            -signal.SIGKILL,
            0,
        )
    ended = _run(disturbed.root, 0)
    assert ended.returncode == 0, ended.stderr[-2000:]
    # one that the grader was killed with twice is set aside for a person; the remedy that its sentence names gives it its points
    aside = {name for name, made in disturbed.dump().items() if "so it was set aside" in str(made)}
    assert kills > 1 or not aside
    assert _without(aside, disturbed.dump()) == _without(aside, undisturbed.dump())
    if aside:
        assert _run(disturbed.root, 0, force=True).returncode == 0
    assert disturbed.dump() == undisturbed.dump()
    with ResumeLog(disturbed.root / "classroom" / RESUME_LOG) as log:
        assert len(log.rows()) == 5


def test_a_run_killed_at_random_points_goes_on_and_leaves_a_whole_gradebook(tmp_path):
    """kill -9 in the middle of whatever it was doing, also while grading again by force; then the gradebook equals an undisturbed one."""
    _kill_and_resume(tmp_path, kills=1, seed=11)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(5))
def test_a_run_killed_many_times_at_random_points_leaves_a_whole_gradebook(tmp_path, seed):
    _kill_and_resume(tmp_path, kills=10, seed=seed)


def test_interrupted_from_the_keyboard_what_was_finished_is_kept(small):
    for name in "abcd":
        small.submit(name, RIGHT)

    class Interrupted(InlinePool):
        def run(self, job):
            if self.count == 3:
                raise KeyboardInterrupt
            return super().run(job)

    with pytest.raises(KeyboardInterrupt):
        small.grade(Interrupted())
    pool = InlinePool()
    assert [row.score for row in small.grade(pool).values()] == [4.0] * 4
    assert pool.count == 2


# --------------------------------------------------------------------------------------------- what is shown is harmless

SCRIPT = "<script>document.title='owned'</script>"
HOSTILE_MARKDOWN = [
    SCRIPT,
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "[a](javascript:alert(1))",
    "[a]( JaVaScRiPt:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](java\tscript:alert(1))",
    "[a](<javascript:alert(1)>)",
    "[a][b]\n\n[b]: javascript:alert(1)",
    "[b]: data:text/html;base64,PHNjcmlwdD4=\n\n[b]",
    "<javascript:alert(1)>",
    "![a](javascript:alert(1))",
    "![a](https://tracker.example/x.png)",
    '[a](https://x.example/"onmouseover="alert(1))',
    "$\\href{javascript:alert(1)}{x}$",
    "$\\class{x}{\\cssId{y}{z}}\\require{html}$",
    "<math><mtext></mtext><a href='javascript:alert(1)'>x</a></math>",
    "<!--><img src=x onerror=alert(1)>-->",
    "```\n" + SCRIPT + "\n```",
    "<iframe srcdoc='&lt;script&gt;alert(1)&lt;/script&gt;'></iframe>",
    "\\<script>alert(1)</script>",
    "<<script>script>alert(1)</script>",
    "<style>body{display:none}</style>",
    "<form action='https://x.example'><button>log in</button></form>",
    "<a href='https://x.example'>looks like formgrader</a>",
    "<scr\0ipt>alert(1)</scr\0ipt>",
]


class _Active(html.parser.HTMLParser):
    """Collects what could come to life in a page."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        if tag in (
            "script",
            "iframe",
            "object",
            "embed",
            "form",
            "style",
            "svg",
            "link",
            "meta",
            "base",
            "math",
            "button",
        ):
            self.found.append(tag)
        for name, value in attributes:
            bare = "".join((value or "").split()).lower()
            if name.startswith("on") or bare.startswith(
                ("javascript:", "vbscript:", "data:text", "data:image/svg")
            ):
                self.found.append(f"{tag} {name}")
            if tag == "img" and name == "src" and not bare.startswith("data:image/"):
                self.found.append(f"img {value}")


def _active(page):
    parser = _Active()
    parser.feed(page)
    return parser.found


def _body(notebook):
    """The cells of a notebook as nbconvert makes them for nbgrader's pages, nothing sanitised there."""
    from nbconvert.exporters import HTMLExporter
    from traitlets.config import Config

    config = Config()
    config.HTMLExporter.template_name = "basic"
    return HTMLExporter(config=config).from_notebook_node(notebook)[0]


def _page_of_cell(cell):
    from grader.nbgrader_bridge.sanitize import clean_cell

    cell = dict(cell)
    clean_cell(cell, locked=False)
    return _body(nbformat.from_dict({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))


@pytest.fixture(scope="module")
def harmless():
    """What the template itself brings for a plain cell; everything beyond is the learner's."""
    plain = nbformat.v4.new_markdown_cell("plain")
    return sorted(_active(_page_of_cell(plain)))


@pytest.mark.parametrize("payload", HOSTILE_MARKDOWN)
@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_text_of_a_learner_cannot_run_on_a_page(payload, kind, harmless):
    """Scripts, handlers, links with code, pictures that call home, forms: none survives in Markdown and raw cells."""
    cell = {"cell_type": kind, "id": "x", "metadata": {}, "source": payload}
    assert sorted(_active(_page_of_cell(cell))) == harmless
    assert "\\href{" not in clean_markdown(payload) and "\\require{" not in clean_markdown(payload)


HOSTILE_DATA = [
    {"text/html": SCRIPT},
    {"text/html": "<table onclick='alert(1)'><tr><td style='x'>1</td></tr></table>"},
    {"text/html": "<svg><script>alert(1)</script></svg>"},
    {"text/html": "<style><!--</style><script>alert(1)//--></script>"},
    {"text/html": '<noscript><p title="</noscript><img src=x onerror=alert(1)>">'},
    {"text/markdown": SCRIPT},
    {"text/latex": "$\\href{javascript:alert(1)}{x}$"},
    {"image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"},
    {"image/png": '"><script>alert(1)</script>'},
    {"image/png": 'iVBORw0KGgo="onerror="alert(1)'},
    {"image/jpeg": "iVBORw0KGgo="},
    {"application/javascript": "alert(1)"},
    {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}},
    {"text/plain": SCRIPT},
]


@pytest.mark.parametrize("data", HOSTILE_DATA)
@pytest.mark.parametrize("kind", ["display_data", "execute_result"])
def test_output_of_a_learner_cannot_run_on_a_page(data, kind, harmless):
    output = {"output_type": kind, "data": data, "metadata": {}}
    cell = {
        "cell_type": "code",
        "id": "x",
        "metadata": {},
        "source": "1",
        "execution_count": None,
        "outputs": [output],
    }
    assert sorted(_active(_page_of_cell(cell))) == harmless


def test_the_parser_of_these_tests_finds_what_is_not_cleaned():
    """The tests above could not fail if their parser saw nothing."""
    cell = nbformat.v4.new_markdown_cell(HOSTILE_MARKDOWN[0] + "\n\n[a](javascript:alert(1))")
    page = _body(nbformat.v4.new_notebook(cells=[cell]))
    assert "script" in _active(page) and "a href" in _active(page)


def test_no_attribute_of_an_output_is_kept():
    assert clean_html("<p title='x' lang='de' class='a' onclick='b'>t</p>") == "<p>t</p>"


@pytest.mark.parametrize("tag", ["<div>", "<b><p>", "<x>", "<div><table></div></table>", "<DIV/>"])
def test_html_that_is_nested_to_slow_grading_down_is_replaced_by_a_sentence_at_once(tag):
    """A megabyte of nested elements would take minutes; a table of 30,000 rows is fine."""
    started = time.process_time()
    assert "not shown" in clean_html(tag * (1_000_000 // len(tag)))
    rows = "<tr><td>1</td><td>2</td></tr>" * 30_000
    assert clean_html(f"<table><tbody>{rows}</tbody></table>").count("<td>") == 60_000
    assert time.process_time() - started < 5.0


def test_a_learners_execute_result_is_never_taken_for_points():
    made = clean_output(
        {"output_type": "execute_result", "data": {"text/plain": "300"}, "metadata": {}, "execution_count": 1}
    )
    assert made["output_type"] == "display_data"


def test_honest_text_tables_formulas_and_links_stay_readable():
    text = "The error is 0.1 < 0.2 and **bold**, $\\frac{a}{b} < c$, see [here](https://example.org/a?b=1)."
    assert clean_markdown(text) == text
    table = "<table><thead><tr><th>x</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>"
    assert clean_html(f"<div><style scoped>.a {{}}</style>{table}</div>") == f"<div>{table}</div>"


def test_a_learners_picture_is_shown_with_a_text_for_who_cannot_see_it():
    """A real PNG stays as it is; pages give it an alternative text."""
    import base64
    import io

    from matplotlib.figure import Figure

    buffer = io.BytesIO()
    Figure(figsize=(1, 1)).savefig(buffer, format="png")
    content = base64.b64encode(buffer.getvalue()).decode("ascii")
    made = clean_output({"output_type": "display_data", "data": {"image/png": content}, "metadata": {}})
    assert made["data"] == {"image/png": content}
    cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.from_dict(made)])
    assert 'alt="Picture made by the code of this cell"' in _body(nbformat.v4.new_notebook(cells=[cell]))


def test_a_recorded_notebook_holds_nothing_of_a_learners_that_runs(small):
    """From hand-in to gradebook, with hostile free cells, memo and output."""
    cells = [
        nbformat.v4.new_markdown_cell(SCRIPT),
        nbformat.v4.new_raw_cell(SCRIPT, metadata={"format": "text/html"}),
        nbformat.v4.new_code_cell("print(" + repr(SCRIPT) + ")"),
    ]
    small.submit("ada", RIGHT, memo=SCRIPT, cells=cells)
    small.grade()
    page = _body(small.recorded("ada"))
    assert "document.title='owned'</script>" not in page
    assert textwrap.shorten(SCRIPT, 20) not in page
