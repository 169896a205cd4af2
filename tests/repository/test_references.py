"""The page of references: what lessons and library cite is on it, and what is on it is cited."""

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "lessons" / "source" / "references.py"
NAME = r"[A-ZÅÄÖÉ][A-Za-zÀ-ÿ'’-]+"
CITED = re.compile(
    rf"\b({NAME}(?:(?:, | and | & ){NAME})*)(?: and others| et al\.?)?,? "
    r"(?:\((?:ICML |\*[^*]{1,60}\*,? )?|(?:wrote )?in )?((?:18|19|20)\d\d)\b"
)
IDENTIFIER = re.compile(
    r"(?:doi\.org/|doi:|DOI:? )(10\.\d{4,}/[^\s)\]\"'|,]*[^\s)\]\"'|,.])|arXiv[: ](\d{4}\.\d{4,5})|arxiv\.org/abs/(\d{4}\.\d{4,5})"
)
# names before a year that are no authors: months of the case, data, and what a sentence begins with
NO_AUTHORS = {"January", "February", "March", "April", "May", "June", "July", "August", "September"}
NO_AUTHORS |= {"October", "November", "December", "In", "Since", "Until", "Berkeley", "York"}


def plain(path):
    """A script as one line of text: comment signs, and the seams of strings that go over several lines, removed."""
    text = re.sub(r'"\s*\n\s*f?"', "", path.read_text(encoding="utf-8"))
    text = text.replace("\\n", " ")  # a new line that is written out, within a string
    return re.sub(r" +", " ", re.sub(r"\n\s*#? ?", " ", text))


@pytest.fixture(scope="module")
def works():
    """Year, authors, title, venue, link, lessons."""
    text = SCRIPT.read_text(encoding="utf-8")
    found = {}
    exec(text[text.index("WORKS = [") : text.index("]  # fmt: skip") + 1], found)
    return found["WORKS"]


@pytest.fixture(scope="module")
def lessons():
    """Number of a lesson → the text of its script and of its exercise's."""
    scripts = sorted((ROOT / "lessons" / "source").rglob("[0-9e][0-9]-*.py"))
    scripts += sorted((ROOT / "solutions").glob("*/[0-9e][0-9]-*.py"))
    texts = {}
    for path in scripts:
        texts[path.stem[:2]] = texts.get(path.stem[:2], "") + " " + plain(path)
    return texts


@pytest.fixture(scope="module")
def library():
    """The text of all modules."""
    paths = sorted((ROOT / "holdout").rglob("*.py")) + sorted((ROOT / "grader").rglob("*.py"))
    return " ".join(plain(path) for path in [*paths, *sorted((ROOT / "datasets").glob("*/README.md"))])


def identifiers(text):
    """All DOIs and arXiv numbers in a text, in small letters."""
    return {next(filter(None, match)).lower() for match in IDENTIFIER.findall(text)}


def names(work):
    """What a work can be called by: the authors' family names and the words of its title."""
    return set(re.findall(NAME, f"{work[1]} {work[2]}".replace("ä", "a"))) | set(
        re.findall(NAME, f"{work[1]} {work[2]}")
    )


def is_cited(work, text):
    """Whether the first author and the year stand near each other."""
    surname = re.findall(NAME, work[1].split(",")[0].removesuffix(" and others"))[-1]
    spellings = {surname, surname.replace("ä", "a")}
    return any(re.search(rf"\b{one}\b.{{0,120}}?\b{work[0]}\b", text) for one in spellings)


def citations(text):
    """The names before each year: a set of names, since what stands before them may look like one, and the year."""
    found = {(frozenset(re.findall(NAME, people)), year) for people, year in CITED.findall(text)}
    return [(people, year) for people, year in found if not people & NO_AUTHORS]


def test_everything_that_is_cited_is_on_the_page(works, lessons, library):
    known = {(name, str(work[0])) for work in works for name in names(work)}
    lacking = [
        f"{place} cites {', '.join(sorted(people))} {year}"
        for place, text in {**lessons, "the library": library}.items()
        for people, year in citations(text)
        if not any((name, year) in known for name in people)
    ]
    assert not lacking, f"add the works to {SCRIPT.name}, then holdout build references"


def test_every_identifier_is_on_the_page(works, lessons, library):
    on_the_page = identifiers(" ".join(work[4] for work in works))
    for place, text in {**lessons, "the library": library}.items():
        assert identifiers(text) <= on_the_page, place


def test_every_work_on_the_page_is_cited_where_the_page_says(works, lessons, library):
    for work in works:
        where = {number for number, text in lessons.items() if is_cited(work, text)}
        # other works of the same author and year are told apart by the reader, not by this test
        assert set(work[5].split()) & set(lessons) <= where, (work[:3], sorted(where))
        assert work[5] or is_cited(work, library) or where, work[:3]


def test_a_lesson_that_cites_a_work_is_named_beside_it(works, lessons):
    for number, text in lessons.items():
        for people, year in citations(text):
            meant = [work for work in works if str(work[0]) == year and names(work) & people]
            assert any(number in work[5].split() for work in meant), (
                f"{SCRIPT.name} does not say that lesson {number} cites {', '.join(sorted(people))} {year}"
            )


def test_identifiers_have_their_form_and_none_stands_twice(works):
    linked = [work[4] for work in works if work[4]]
    assert len(set(linked)) == len(linked)
    for identifier in linked:
        assert re.fullmatch(r"doi:10\.\d{4,}/\S+|arXiv:\d{4}\.\d{4,5}|https://\S+", identifier), identifier


def test_the_built_page_shows_every_work_with_its_link(works):
    page = nbformat.read(ROOT / "lessons" / "references.ipynb", as_version=4)
    shown = "".join(
        output["data"]["text/markdown"]
        for cell in page.cells
        for output in cell.get("outputs", [])
        if "text/markdown" in output.get("data", {})
    )
    for _, _, title, _, identifier, _ in works:
        assert f"**{title}**" in shown
        assert not identifier or f"[{identifier.replace('<', '&lt;').replace('>', '&gt;')}](" in shown
