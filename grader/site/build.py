"""Make the reading edition: run the lessons, write their pages, call Sphinx, weigh the result.

Needs the packages of the extra ``site`` (Sphinx, MyST-NB, Furo, latex2mathml), which neither learners nor graders need.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import io
import multiprocessing
import os
import pathlib
import re
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

import nbformat

from grader.site.errors import SiteError
from grader.site.harvest import Harvest, frame_files, harvest, needs_a_run
from grader.site.kernel import FIGURE
from grader.site.lite import FOLDER as LITE
from grader.site.lite import Lite, build_lite, need_packages
from grader.site.pages import FRAMES, START, Site, figure_html, pictures_of, start_page
from grader.site.weigh import Weight, weigh
from holdout.register import Course, Publish, read_course

_PACKAGES = {"sphinx": "Sphinx", "myst_nb": "MyST-NB", "furo": "Furo", "latex2mathml": "latex2mathml"}
INSTALL = "pip install -r requirements-site.txt"
_DOCS_FIRST = ("learners", "instructors", "authors")
_GROUPS = {"Reference": ("lessons/glossary.ipynb", "lessons/references.ipynb")}

_CONF = """
# Written by `holdout site`; the settings are in grader/site/build.py.
project = {title!r}
html_title = {title!r}
author = copyright = {author!r}
language = "en"
extensions = ["myst_nb", "grader.site.mathml"]
root_doc = "index"

# nothing is executed here: the notebooks come with what they show
nb_execution_mode = "off"
nb_merge_streams = True
nb_render_markdown_format = "myst"
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
# every other warning ends the build; these two are no faults: a lesson may go from its title to a third-level heading, and a
# notebook's text may show a language that no lexer knows
suppress_warnings = ["myst.header", "misc.highlighting_failure"]

html_theme = "furo"
html_static_path = [{static!r}]
html_css_files = ["holdout.css"]
html_favicon = {favicon!r}
html_js_files = [("holdout.js", {{"defer": "defer"}})]
html_math_renderer = "mathml"
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
html_theme_options = {{"top_of_page_buttons": []}}
"""


@dataclasses.dataclass(frozen=True)
class Built:
    """What a build has made.

    Attributes
    ----------
    out : pathlib.Path
    pages : int
    run : list of str
        Notebooks that were executed now; the others are as an earlier build left them.
    bytes : int
        All files of the site.
    heaviest : Weight
        Of the page that loads most before anything is touched.
    notes : list of str
        What is not right with a figure, such as a warning in one of its states; the site has it as it is.
    lite : Lite or None
        The JupyterLite in the folder ``lite`` of the site.
    """

    out: pathlib.Path
    pages: int
    run: list[str]
    bytes: int
    heaviest: Weight
    notes: list[str]
    lite: Lite | None = None


def build_site(
    root: str | os.PathLike,
    out: str | os.PathLike,
    lessons: Sequence[str] = (),
    *,
    publish: Publish | None = None,
    lite: bool = False,
    jobs: int = 2,
    progress: Callable[[str, int], None] | None = None,
) -> Built:
    """Make the reading edition of a course.

    Parameters
    ----------
    root : path
        The course.
    out : path
        Folder of the site; what it held is replaced.
    lessons : sequence of str
        Numbers or names; all by default.
    publish : Publish, optional
        In place of what ``course.toml`` says.
    lite : bool
        Whether a JupyterLite is built beside the pages, which then link to it.
    jobs : int
        Lessons executed side by side.
    progress : callable, optional
        Called with the name of each step that is done, and the number of steps.

    Returns
    -------
    Built

    Raises
    ------
    SiteError
        If a package is missing, a lesson is not known, ``out`` is not a folder that a site may replace, or Sphinx warns.
    NotebookError
        If a lesson cannot be executed.
    """
    _need_packages()
    if lite:
        need_packages()
    root, out = pathlib.Path(root).resolve(), pathlib.Path(out).resolve()
    _may_replace(out, root)
    course = read_course(root)
    chosen = _choose(course, lessons, root)
    groups = _groups(course, chosen, root)
    pages = [page for group in groups.values() for page in group]
    publish = publish or course.publish
    site = Site(root, pages, dataclasses.replace(publish, browser=LITE) if lite else publish)
    work = root / "build" / "site-work"
    steps = len(pages) + 1 + lite
    report = progress or (lambda name, total: None)

    harvests = _harvest_all(
        root,
        work,
        [page for page in pages if page.endswith(".ipynb")],
        jobs,
        lambda name: report(name, steps),
    )
    source = work / "source"
    texts: dict[str, str] = {}
    frames: set[str] = set()
    pictures: set[str] = set()
    predictions: list[str] = []
    hero = ""
    for page in pages:
        if page in harvests:
            found = harvests[page]
            texts[page] = nbformat.writes(site.notebook(found.notebook, page, found.predictions))
            frames |= frame_files(found.notebook)
            predictions += list(found.predictions)
            hero = hero or _first_figure(found.notebook, page, course)
        else:
            text = (root / page).read_text(encoding="utf-8")
            texts[page] = site.document(text, page)
            pictures |= pictures_of(text, page)
            report(page, steps)
    texts[START] = start_page(course, site, hero, predictions, groups)
    title = texts[START].partition("\n")[0].lstrip("# ")
    static = pathlib.Path(__file__).with_name("static")
    texts["conf.py"] = _CONF.format(
        title=title, author=f"The {title} authors", static=str(static), favicon=str(static / "favicon.svg")
    )
    _write_tree(source, texts)
    for name in pictures:
        if (root / name).is_file():  # of one that is missing Sphinx warns
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, source / name)
    _call_sphinx(source, out, work / "doctrees", jobs)
    _copy_frames(work / "frames", out / FRAMES, frames)
    shutil.rmtree(out / LITE, ignore_errors=True)  # of an earlier build
    written = sorted(out.rglob("*.html"))
    for path in written:
        _name_landmarks(path)
    (out / ".nojekyll").write_text("")  # GitHub's pages leave out folders with an underscore otherwise
    report("pages", steps)
    weights = [weigh(out, path) for path in written]
    in_browser = build_lite(root, out / LITE, publish=publish) if lite else None
    if lite:
        report("JupyterLite", steps)
    return Built(
        out,
        len(weights),
        sorted(page for page, found in harvests.items() if found.fresh),
        sum(path.stat().st_size for path in out.rglob("*") if path.is_file()),
        max(weights, key=lambda weight: weight.bytes),
        [note for page, found in sorted(harvests.items()) for note in _notes(page, found)],
        in_browser,
    )


def _notes(page, found):
    for cell in found.notebook.cells:
        for output in cell.get("outputs", []):
            if (data := output.get("data", {}).get(FIGURE)) is not None:
                said = [*data.get("warnings", ()), *([data["problem"]] if "problem" in data else ())]
                yield from (
                    f"{page}, the figure that shows {output.data['text/plain'][:60]!r}: {one}" for one in said
                )


def _need_packages():
    missing = [title for name, title in _PACKAGES.items() if importlib.util.find_spec(name) is None]
    if missing:
        raise SiteError(f"{', '.join(missing)} not installed; install what the site needs: {INSTALL}")


def _may_replace(out, root):
    if out == root or out in root.parents:
        raise SiteError(
            f"--out is {out}, which holds the course itself; give a folder of its own, such as build/site"
        )
    if out.exists() and not out.is_dir():
        raise SiteError(f"--out is {out}, which is a file; give a folder")
    if out.is_dir() and any(out.iterdir()) and not (out / ".nojekyll").is_file():
        raise SiteError(
            f"--out is {out}, which holds something else than a site; give an empty folder or a new one"
        )


def _choose(course: Course, names: Sequence[str], root: pathlib.Path) -> list[str]:
    known = [
        lesson.name for lesson in course.lessons if (root / "lessons" / f"{lesson.name}.ipynb").is_file()
    ]
    if not names:
        if not known:
            raise SiteError(f"{root / 'lessons'} holds no lesson; write one with `holdout new`")
        return known
    chosen = []
    for name in names:
        lesson = course.lesson(name.zfill(2) if name.isdigit() else name)
        if lesson is None or lesson.name not in known:
            raise SiteError(f"there is no lesson {name!r}; there are {', '.join(known)}")
        chosen.append(lesson.name)
    return [name for name in known if name in chosen]


def _groups(course: Course, chosen: list[str], root: pathlib.Path) -> dict[str, list[str]]:
    """Pages below each caption of the table of contents."""
    groups: dict[str, list[str]] = {}
    for unit in course.units:
        places = [
            f"lessons/{between}{lesson.name}.ipynb"
            for lesson in unit.lessons
            if lesson.name in chosen
            for between in ("", "deeper/")
        ]
        groups[unit.heading] = places
    groups |= {caption: list(pages) for caption, pages in _GROUPS.items()}
    docs = sorted(path.stem for path in (root / "docs").glob("*.md"))
    first = [name for name in _DOCS_FIRST if name in docs]
    groups["Documentation"] = [f"docs/{name}.md" for name in dict.fromkeys([*first, *docs])]
    existing = {
        caption: [page for page in pages if (root / page).is_file()] for caption, pages in groups.items()
    }
    return {caption: pages for caption, pages in existing.items() if pages}


def _harvest_all(root, work, pages, jobs, done) -> dict[str, Harvest]:
    found, to_run = {}, []
    for page in pages:
        notebook = nbformat.read(root / page, as_version=4)
        if needs_a_run(notebook):
            to_run.append(page)
        else:
            found[page] = Harvest(notebook, {}, False)
            done(page)
    # fresh processes: nbclient runs an event loop of its own in each
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=max(1, min(jobs, len(to_run))), mp_context=fresh) as pool:
        running = {pool.submit(harvest, root / page, root, work): page for page in to_run}
        try:
            for finished in as_completed(running):
                found[running[finished]] = finished.result()
                done(running[finished])
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return found


def _first_figure(notebook, page, course):
    """The first live figure of a lesson, for the start page."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {}).get(FIGURE)
            if data and "problem" not in data:
                lesson = course.lesson(pathlib.PurePosixPath(page).stem)
                question = f"**{lesson.question}** " if lesson and lesson.question else ""
                about = (
                    f"From [lesson {lesson.number}, {lesson.title}]({page})"
                    if lesson
                    else f"From [this lesson]({page})"
                )
                figure = figure_html(data, "figure-start", f"{FRAMES}/")
                return f"{question}{about}. Move the slider:\n\n```{{raw}} html\n{figure}\n```"
    return ""


def _write_tree(folder, texts):
    """Write what has changed, so that Sphinx reads no more than that, and delete what is no page any more."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for path in folder.rglob("*"):
        if (
            path.is_file()
            and path.relative_to(folder).as_posix() not in texts
            and "jupyter_execute" not in path.parts
        ):
            path.unlink()


def _call_sphinx(source, out, doctrees, jobs):
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError
    from sphinx.util.console import nocolor
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    nocolor()
    warnings = io.StringIO()
    if not (out / ".nojekyll").is_file():
        shutil.rmtree(doctrees, ignore_errors=True)  # pages that were written elsewhere are not here
    out.mkdir(parents=True, exist_ok=True)
    (out / ".nojekyll").write_text("")
    try:
        with patch_docutils(str(source)), docutils_namespace():
            app = Sphinx(
                str(source),
                str(source),
                str(out),
                str(doctrees),
                buildername="html",
                status=None,
                warning=warnings,
                parallel=jobs,
            )
            app.build()
    except SphinxError as error:
        raise SiteError(f"Sphinx stopped: {error}") from None
    finally:
        with contextlib.suppress(OSError):
            (out / ".buildinfo").unlink()
    said = [
        line.replace(f"{source}{os.sep}", "") for line in warnings.getvalue().splitlines() if line.strip()
    ]
    if said:
        shutil.rmtree(doctrees, ignore_errors=True)  # a page that was read is not warned of twice
        shown = "\n  ".join(said[:20])
        raise SiteError(f"Sphinx warns {len(said)} times; correct these pages:\n  {shown}")


# What screen readers need and the theme does not give: a level for each caption, and a name for each of two side bars.
_NAMES = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer"': '<aside aria-label="On this page" class="toc-drawer"',
    '<aside class="toc-drawer no-toc"': '<aside aria-label="On this page" class="toc-drawer no-toc"',
}
# This link appears when somebody scrolls up; the theme puts it outside every landmark.
_BACK_TO_TOP = re.compile(r'(<a href="#" class="back-to-top muted-link">.*?</a>)', re.DOTALL)
_TOP = '<nav aria-label="Top of the page">'
_MAIN = '<article role="main" id="furo-main-content">'


def _name_landmarks(path):
    text = changed = path.read_text(encoding="utf-8")
    for found, better in _NAMES.items():
        changed = changed.replace(found, better)
    if _TOP not in changed:
        changed = _BACK_TO_TOP.sub(rf"{_TOP}\1</nav>", changed)
    if path.name == "search.html" and "<h1" not in changed:
        changed = changed.replace(_MAIN, f"{_MAIN}\n<h1>Search</h1>")
    if changed != text:
        path.write_text(changed, encoding="utf-8")


def _copy_frames(cache, folder, names):
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.name not in names:
            path.unlink()
    for name in names:
        if not (folder / name).is_file():
            shutil.copyfile(cache / name, folder / name)
