"""The pages that show a learner's work: nbgrader's feedback and formgrader. Nothing that a learner wrote or named is alive in them.

Three layers, each enough by itself. Text goes through one sanitizer *after* it was rendered (see
:func:`grader.nbgrader_bridge.sanitize.clean_page_html`). Names and numbers go through templates that escape. Every page has a content security
policy that runs no script but the page's own. nbgrader's templates are used as they are, but for the few places in `CHANGES`, which are
changed while they are loaded, so that a new version of nbgrader that lacks one of them stops with an error instead of showing an unsafe page.
"""

import base64
import copy
import hashlib
import html
import pathlib
import secrets
import sys
from typing import Any

import jinja2
import nbformat
from nbconvert.exporters import HTMLExporter
from nbconvert.exporters.templateexporter import ExtensionTolerantLoader
from nbgrader.server_extensions.formgrader import handlers

from grader.nbgrader_bridge.sanitize import clean_comment, clean_output, render_markdown
from holdout.errors import HoldoutError

MATHJAX = "https://cdnjs.cloudflare.com/ajax/libs/mathjax/2.7.7/"
# the settings of nbconvert's own template, which hands them to eval; as a plain script a policy can allow them by their hash
MATHJAX_SETTINGS = (
    'window.MathJax = {TeX: {equationNumbers: {autoNumber: "AMS", useLabelIds: true}}, tex2jax: {inlineMath: [["$", "$"], ["\\\\(", "\\\\)"]], '
    'displayMath: [["$$", "$$"], ["\\\\[", "\\\\]"]], processEscapes: true, processEnvironments: true}, displayAlign: "center", '
    'messageStyle: "none", CommonHTML: {linebreaks: {automatic: true}}};'
)
MATHJAX_FILE = f"{MATHJAX}latest.js?config=TeX-AMS_CHTML-full,Safe"
# formgrader's `onclick` attributes; a policy against scripts in attributes would silence them
CLICKS = """<script>
document.addEventListener("click", function (event) {
  var element = event.target.closest ? event.target.closest("[data-formgrader-click]") : null;
  var calls = {"toggle_name(true);": function () { toggle_name(true); }, "toggle_name(false);": function () { toggle_name(false); },
               "toggleAllNames()": function () { toggleAllNames(); }, "createStudentModal();": function () { createStudentModal(); },
               "createAssignmentModal();": function () { createAssignmentModal(); }};
  if (element && calls[element.getAttribute("data-formgrader-click")]) { calls[element.getAttribute("data-formgrader-click")](); }
});
</script>"""


def _hash(script):
    return "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii") + "'"


FEEDBACK_POLICY = "; ".join(
    [
        "default-src 'none'",
        f"script-src {MATHJAX} {_hash(MATHJAX_SETTINGS)}",
        f"font-src {MATHJAX}",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
)
HIDDEN = "BEGIN HIDDEN TESTS"  # nbgrader cuts what follows from the source, and not from a traceback
NONCE = 'nonce="{{ csp_nonce or resources.csp_nonce }}"'
CHANGES = {
    "feedback/index.html.j2": (
        (
            '<meta charset="utf-8" />',
            f'<meta charset="utf-8" />\n<meta http-equiv="Content-Security-Policy" content="{FEEDBACK_POLICY}">',
        ),
        (
            "{{ mathjax() }}",
            f'<script>{MATHJAX_SETTINGS}</script>\n<script src="{MATHJAX_FILE}"></script>',
        ),
        ("cell.metadata.nbgrader.comment | markdown2html", "cell.metadata.nbgrader.comment | comment2html"),
        ("{{ resources.nbgrader.notebook }}", "{{ resources.nbgrader.notebook | e }}"),
    ),
    "formgrade/index.html.j2": (
        (
            "{{ mathjax() }}",
            f'<script>{MATHJAX_SETTINGS}</script>\n<script src="{MATHJAX_FILE}"></script>\n{CLICKS}',
        ),
    ),
    "formgrade/formgrade_macros.html.j2": (
        ("onclick=", "data-formgrader-click="),
        ('<nav class="', '<nav class="tex2jax_ignore '),  # a learner's name is no formula
    ),
    "base.tpl": (
        ('var base_url = "{{ base_url }}";', "var base_url = {{ base_url | tojson }};"),
        ("{%- block head -%}", CLICKS + "\n{%- block head -%}"),
    ),
    "manage_students.tpl": (("onClick=", "data-formgrader-click="),),
    "gradebook_notebook_submissions.tpl": (
        ("onclick=", "data-formgrader-click="),
        ('"{{ assignment_id }}"', "{{ assignment_id | tojson }}"),
        ('"{{ notebook_id }}"', "{{ notebook_id | tojson }}"),
    ),
    "manage_students_assignments.tpl": (('"{{ student_id }}"', "{{ student_id | tojson }}"),),
    "manage_students_notebook_submissions.tpl": (
        ('var student_id = "{{ student_id }}"', "var student_id = {{ student_id | tojson }}"),
        ('var assignment_id = "{{ assignment_id }}"', "var assignment_id = {{ assignment_id | tojson }}"),
    ),
    "manage_submissions.tpl": (
        ('var assignment_id = "{{ assignment_id }}"', "var assignment_id = {{ assignment_id | tojson }}"),
    ),
    # the file that nbgrader 0.9 imports here has another name
    "formgrade_404.tpl": (("'formgrade_macros.tpl'", "'formgrade/formgrade_macros.html.j2'"),),
    "manage_assignments.tpl": (
        ("onClick=", "data-formgrader-click="),
        ('"{{ url_prefix }}"', "{{ url_prefix | tojson }}"),
        ('"{{ default_timezone }}"', "{{ default_timezone | tojson }}"),
    ),
    "gradebook_notebooks.tpl": (
        ('var assignment_id = "{{ assignment_id }}"', "var assignment_id = {{ assignment_id | tojson }}"),
    ),
}


class ChangedTemplates(jinja2.FileSystemLoader):
    """nbgrader's templates with `CHANGES`; with a nonce in the scripts that are their own, never in what is filled in.

    Parameters
    ----------
    folder : str
        Below the folder of formgrader's templates; empty for that folder.
    nonce : str
        The template's expression for it; empty where scripts have none.
    """

    def __init__(self, folder: str = "", nonce: str = ""):
        super().__init__(str(pathlib.Path(handlers.template_path) / folder))
        self.folder, self.nonce = folder, nonce

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple:
        """Source, file name, and whether it is up to date."""
        source, path, fresh = super().get_source(environment, template)
        name = f"{self.folder}/{template}".lstrip("/")
        for old, new in CHANGES.get(name, ()):
            if old not in source:
                raise HoldoutError(
                    f"nbgrader's template {name} has no {old!r}, so its page cannot be made safe; use nbgrader 0.9"
                )
            source = source.replace(old, new)
        return source.replace("<script", f"<script {self.nonce}") if self.nonce else source, path, fresh


class SafePage(HTMLExporter):
    """An HTML page of a notebook in which everything of the learner's went through the sanitizer."""

    folder, nonce = "", ""

    def __init__(self, **options: Any):
        super().__init__(**options)
        # sanitised here, and by a library that takes linear time
        self.sanitize_html = False
        self.embed_images = False
        self.extra_loaders = [
            ExtensionTolerantLoader(ChangedTemplates(self.folder, self.nonce), self.template_extension)
        ]
        self.filters = {**self.filters, "markdown2html": render_markdown, "comment2html": clean_comment}

    def from_notebook_node(  # type: ignore[override]
        self, nb: nbformat.NotebookNode, resources: dict | None = None, **options: Any
    ) -> tuple[str, dict]:
        """The page and what else it needs."""
        nb = copy.deepcopy(nb)
        nb.metadata.pop("widgets", None)
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs = [
                    nbformat.from_dict(made) for output in cell.outputs if (made := clean_output(output))
                ]
            elif cell.cell_type == "raw":
                cell.cell_type = "markdown"
                cell.source = "".join(f"    {line}\n" for line in cell.source.splitlines())
        return super().from_notebook_node(nb, resources, **options)


class FeedbackPage(SafePage):
    """nbgrader's feedback, without the lines of hidden tests, which a traceback would show."""

    folder = "feedback"

    def from_notebook_node(  # type: ignore[override]
        self, nb: nbformat.NotebookNode, resources: dict | None = None, **options: Any
    ) -> tuple[str, dict]:
        """The page and what else it needs."""
        nb = copy.deepcopy(nb)
        for cell in nb.cells:
            if cell.cell_type == "code" and HIDDEN in cell.source:
                for output in cell.outputs:
                    if output.output_type == "error":
                        output.traceback = [f"{output.ename}: {output.evalue}"]
        return super().from_notebook_node(nb, resources, **options)


class FormgraderPage(SafePage):
    """The page of one submission in formgrader."""

    folder, nonce = "formgrade", NONCE


def escaped(value: Any) -> Any:
    """A value for a template without escaping: text that means nothing in HTML, in an attribute, or in a quoted string of a script."""
    return html.escape(value).replace("\\", "&#92;") if isinstance(value, str) else value


def defuse_formgrader() -> None:
    """Make formgrader's pages safe, in the Jupyter process that runs it; nothing in any other process.

    formgrader has no setting for its templates; its handlers look these three up when a page is asked for.
    """
    base = sys.modules.get("nbgrader.server_extensions.formgrader.base")
    if base is None or getattr(base.BaseHandler, "csp_nonce", None) is not None:
        return
    environment = jinja2.Environment(loader=ChangedTemplates("", NONCE), autoescape=True)

    def csp_nonce(self):
        if not hasattr(self, "_csp_nonce"):
            self._csp_nonce = secrets.token_urlsafe(16)
        return self._csp_nonce

    def policy(self):
        if isinstance(self, handlers.SubmissionFilesHandler):
            return "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
        return "; ".join(
            [
                "default-src 'none'",
                f"script-src 'nonce-{self.csp_nonce}' {MATHJAX}",
                "style-src 'self' 'unsafe-inline'",
                f"font-src 'self' {MATHJAX}",
                "img-src 'self' data:",
                "connect-src 'self'",
                "base-uri 'none'",
                "form-action 'self'",
                "frame-ancestors 'self'",
            ]
        )

    def render(self, name, **values):
        if "resources" in values:  # the page that says that a file is not there
            values["resources"] = {**values["resources"], "csp_nonce": self.csp_nonce}
        return environment.get_template(name).render(**values, csp_nonce=self.csp_nonce)

    def exporter(self):
        page = FormgraderPage(config=self.settings["nbgrader_exporter"].config)
        from_filename = page.from_filename

        def escaped_from_filename(filename, resources=None, **options):
            safe = {key: escaped(value) for key, value in (resources or {}).items()}
            return from_filename(filename, {**safe, "csp_nonce": self.csp_nonce}, **options)

        setattr(page, "from_filename", escaped_from_filename)  # noqa: B010 - a method of one object
        return page

    base.BaseHandler.csp_nonce = property(csp_nonce)
    base.BaseHandler.content_security_policy = property(policy)
    base.BaseHandler.render = render
    base.BaseHandler.exporter = property(exporter)
