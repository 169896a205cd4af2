"""Everything that a learner can name or write is dead in every page: feedback, class report, formgrader."""

import pytest
from hostile_text import EVERYTHING, VECTORS, alive
from lab_page import LabServer
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell
from small_class import EXERCISE, RIGHT, InlinePool, SmallClass

from grader.grading.hand_ins import is_student_id
from grader.nbgrader_bridge.feedback import write_feedback
from grader.nbgrader_bridge.gradebook import GradebookWriter
from grader.reports.class_report import report

pytestmark = pytest.mark.browser

RICH = (
    "text/html",
    "text/plain",
    "text/markdown",
    "text/latex",
    "image/svg+xml",
    "application/javascript",
    "image/png",
)


class HostileOutputs(InlinePool):
    """Every kind of output that can come out of a sandbox, with every vector in it."""

    def run(self, job):
        executed = super().run(job)
        for outputs, cell in zip(executed.cells, job.notebook["cells"], strict=True):
            if cell["cell_type"] == "code":
                outputs += [
                    {"output_type": "stream", "name": name, "text": EVERYTHING}
                    for name in ("stdout", "stderr")
                ]
                outputs += [
                    {"output_type": kind, "data": {mime: EVERYTHING}, "metadata": {}, **count}
                    for mime in RICH
                    for kind, count in (("display_data", {}), ("execute_result", {"execution_count": 1}))
                ]
                outputs.append(
                    {
                        "output_type": "error",
                        "ename": EVERYTHING,
                        "evalue": EVERYTHING,
                        "traceback": [EVERYTHING],
                    }
                )
        return executed


def _file_names():
    """The vectors that a file system takes as a name."""
    return [name for vector in VECTORS if len(name := vector.replace("/", "\u2215").replace("\n", " ")) < 200]


@pytest.fixture(
    scope="module",
    params=[8, pytest.param(1, marks=pytest.mark.proof)],
    ids=["every eighth name", "every name"],
)
def hostile(request, tmp_path_factory):
    """A class in which every field of a submission holds every vector; graded, with feedback and report.

    One submission holds all of them in its texts and outputs. As names of files and folders they need a submission each:
    every eighth in ``make test``, all in ``make proof``.
    """
    small = SmallClass(tmp_path_factory.mktemp("hostile"))
    small.names = _file_names()[:: request.param]
    small.vectors = VECTORS[:: request.param]
    own = [new_markdown_cell(EVERYTHING), new_raw_cell(EVERYTHING), new_code_cell(f"r'''{EVERYTHING}'''")]
    small.submit("everything", {**RIGHT, "pick": f"pick = {EVERYTHING!r}"}, memo=EVERYTHING, cells=own)
    names = small.names
    for number, name in enumerate(names[::4]):
        folder = small.submit(f"renamed-{number}", RIGHT)
        (folder / f"{EXERCISE}.ipynb").rename(folder / f"{name}.ipynb")
        python = small.submit(f"beside-{number}", RIGHT, timestamp=name)
        (python / f"{name}.py").write_text("x = 1")
    for number, name in enumerate(names):
        refused = small.submit(f"refused-{number}", RIGHT)
        (refused / f"{EXERCISE}.ipynb").write_text("{")
        (refused / f"{EXERCISE}.ipynb").rename(refused / f"{name}.ipynb")
        small.submit(name, RIGHT)  # the folder itself
    rows = small.grade(pool=HostileOutputs())
    assert len(rows) == 1 + 2 * len(names) + 2 * len(names[::4])
    write_feedback(small.root, EXERCISE)
    return small


@pytest.mark.parametrize("bypass", [False, True], ids=["as it is", "without the policy"])
def test_nothing_is_alive_in_feedback_and_report(hostile, chromium, bypass):
    context = chromium.new_context(bypass_csp=bypass)
    context.route("http*://**", lambda route: route.abort())
    page = context.new_page()
    page.set_default_timeout(120_000)
    pages = sorted((hostile.root / "classroom" / "feedback").glob(f"*/{EXERCISE}/*.html"))
    assert len(pages) > 2 * len(hostile.names[::4])
    pages += [report(hostile.root, EXERCISE, names=True)]
    for path in pages:
        page.goto(path.as_uri().replace("#", "%23"))
        assert alive(page) == [], path
        assert page.locator("meta[http-equiv='Content-Security-Policy']").count() == 1
    context.close()


def test_the_policy_alone_stops_what_the_sanitizer_would_let_through(hostile, chromium, tmp_path):
    page = chromium.new_page()
    page.set_default_timeout(120_000)
    for path in (
        hostile.root / "classroom" / "feedback" / "everything" / EXERCISE / f"{EXERCISE}.html",
        report(hostile.root, EXERCISE),
    ):
        vectors = "\n".join(
            vector for vector in VECTORS if "refresh" not in vector
        )  # no policy can stop that one
        text = path.read_text(encoding="utf-8").replace("</body>", vectors + "</body>")
        broken = tmp_path / path.name
        broken.write_text(text, encoding="utf-8")
        page.goto(broken.as_uri())
        assert "taken over" not in page.title()
        page.evaluate(
            "document.querySelectorAll('a').forEach(one => { if (!/^http/.test(one.href)) one.click(); })"
        )
        assert "taken over" not in page.title()
    page.close()


def test_nothing_is_alive_in_formgrader(hostile, chromium, monkeypatch):
    monkeypatch.chdir(hostile.root)
    with GradebookWriter(hostile.root) as writer, writer.gradebook() as book:
        students = [one.student_id for one in book.assignment_submissions(EXERCISE)]
        submissions = {one.student.id: one.id for one in book.notebook_submissions(EXERCISE, EXERCISE)}
    odd = [name for name in students if not name.startswith(("renamed-", "beside-", "refused-"))]
    assert set(odd) == {name for name in hostile.names if is_student_id(name)} | {"everything"}
    from urllib.parse import quote

    with LabServer(hostile.root) as lab:
        for bypass in (False, True):
            context = chromium.new_context(bypass_csp=bypass)
            page = context.new_page()
            page.set_default_timeout(120_000)
            addresses = [
                *(f"submissions/{submissions[name]}/" for name in ("everything", "refused-0", *odd[:12])),
                *(f"manage_students/{quote(name, safe='')}" for name in (*odd, *hostile.vectors)),
                *(f"manage_students/{quote(name, safe='')}/{EXERCISE}" for name in odd[:5]),
                *(f"manage_students/x/{quote(name, safe='')}" for name in hostile.vectors[:15]),
                *(
                    f"gradebook/{quote(name, safe='')}/{quote(name, safe='')}"
                    for name in hostile.vectors[:15]
                ),
                "manage_students",
                f"manage_submissions/{EXERCISE}",
                f"gradebook/{EXERCISE}/{EXERCISE}",
            ]
            for address in addresses:
                page.goto(f"{lab.url}/formgrader/{address}", wait_until="load")
                assert alive(page) == [], (address, bypass)
            context.close()
        page = chromium.new_page()
        page.set_default_timeout(120_000)
        refused = []
        page.on(
            "console",
            lambda message: refused.append(message.text) if "Content Security" in message.text else None,
        )
        for address, link in (
            ("manage_students", "Add new student..."),
            ("manage_assignments", "Add new assignment..."),
        ):
            page.goto(f"{lab.url}/formgrader/{address}")
            page.get_by_role("link", name=link).click()
            page.locator(".modal-title").wait_for(timeout=120_000)
        page.goto(f"{lab.url}/formgrader/gradebook/{EXERCISE}/{EXERCISE}")
        page.get_by_text("Submission #1", exact=True).wait_for(timeout=120_000)
        page.get_by_role("button", name="Show All Names").click()
        page.get_by_text("everything").first.wait_for(timeout=120_000)
        page.goto(f"{lab.url}/formgrader/submissions/{submissions['everything']}/")
        page.locator(".glyphicon-eye-open").click()
        page.get_by_text("everything").first.wait_for(timeout=120_000)
        assert not [text for text in refused if "inline" in text and "event handler" in text], refused
        page.close()
