"""``holdout collect``: every platform's names, the roster, and downloads that are not to be believed."""

import json
import pathlib
import stat
import zipfile

import pytest
from small_class import EXERCISE, SmallClass

from grader.cli import main
from grader.nbgrader_bridge.collect import CollectLimits, collect
from grader.nbgrader_bridge.feedback import zip_for_moodle
from holdout.errors import HoldoutError

NAME = "01-small"


@pytest.fixture
def course(tmp_path):
    root = tmp_path / "course"
    (root / "lessons").mkdir(parents=True)
    (root / "solutions" / NAME).mkdir(parents=True)
    (root / "exercises").mkdir()
    return root


def packed(tmp_path, files, name="download.zip"):
    path = tmp_path / name
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in files.items():
            archive.writestr(file, content)
    return path


def submitted(course):
    root = course / "classroom" / "submitted"
    return {
        path.relative_to(root).as_posix(): path.read_text()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"Ada Lovelace_12_assignsubmission_file_/01-small.ipynb": "a"}, {f"Ada-Lovelace_12/{NAME}/01-small.ipynb": "a"}),
        ({"Ada Lovelace_12_assignsubmission_file_01-small.ipynb": "a"}, {f"Ada-Lovelace_12/{NAME}/01-small.ipynb": "a"}),
        (
            {"Ada L_12_assignsubmission_onlinetext_/onlinetext.html": "x", "Bob B_13_assignsubmission_file_/x.ipynb": "b"},
            {f"Bob-B_13/{NAME}/x.ipynb": "b"},
        ),
        ({"lovelaceada_501_88_01-small.ipynb": "a"}, {f"lovelaceada-501/{NAME}/01-small.ipynb": "a"}),
        ({"lovelaceada_LATE_501_88_01-small-2.ipynb": "a"}, {f"lovelaceada-501/{NAME}/01-small.ipynb": "a"}),
        (
            {
                "Week 1_ada_attempt_2026-11-02-10-15-00_01-small.ipynb": "old",
                "Week 1_ada_attempt_2026-11-03-09-00-00_01-small.ipynb": "new",
                "Week 1_ada_attempt_2026-11-03-09-00-00.txt": "Name: Ada",
            },
            {f"ada/{NAME}/01-small.ipynb": "new", f"ada/{NAME}/timestamp.txt": "2026-11-03 09:00:00"},
        ),
        ({"Exercise/Lovelace_Ada_alove_77/01-small.ipynb": "a"}, {f"alove/{NAME}/01-small.ipynb": "a"}),
        ({"ada/01-small.ipynb": "a", "bob/x.ipynb": "b"}, {f"ada/{NAME}/01-small.ipynb": "a", f"bob/{NAME}/x.ipynb": "b"}),
        ({"all/ada/01-small.ipynb": "a", "all/bob/x.ipynb": "b"}, {f"ada/{NAME}/01-small.ipynb": "a", f"bob/{NAME}/x.ipynb": "b"}),
        ({f"ada/{NAME}/01-small.ipynb": "a"}, {f"ada/{NAME}/01-small.ipynb": "a"}),
        ({"ada/x.ipynb": "a", "ada/data/own.csv": "1"}, {f"ada/{NAME}/data/own.csv": "1", f"ada/{NAME}/x.ipynb": "a"}),
    ],
    ids=["moodle folders", "moodle flat", "moodle text only", "canvas", "canvas late and again", "blackboard attempts", "ilias", "folders", "one folder above",
         "nbgrader's folders", "own data"],
)  # fmt: skip
def test_what_platforms_hand_out_lands_in_a_folder_per_learner(tmp_path, course, files, expected):
    collect(packed(tmp_path, files), "01", course)
    assert submitted(course) == expected


def test_an_unpacked_download_is_as_good_as_the_zip(tmp_path, course):
    folder = tmp_path / "unpacked"
    (folder / "Ada L_12_assignsubmission_file_").mkdir(parents=True)
    (folder / "Ada L_12_assignsubmission_file_" / "x.ipynb").write_text("a")
    collect(folder, "01", course)
    assert submitted(course) == {f"Ada-L_12/{NAME}/x.ipynb": "a"}


def test_litter_of_operating_systems_is_passed_over(tmp_path, course):
    files = {
        "ada/x.ipynb": "a",
        "__MACOSX/ada/._x.ipynb": "?",
        "ada/._x.ipynb": "?",
        "ada/.DS_Store": "?",
        "ada/.ipynb_checkpoints/x-checkpoint.ipynb": "?",
    }
    done = collect(packed(tmp_path, files), "01", course)
    assert list(submitted(course)) == [f"ada/{NAME}/x.ipynb"]
    assert done.problems == []


def test_a_roster_names_the_folders_and_lists_who_is_missing_or_unknown(tmp_path, course):
    roster = tmp_path / "canvas.csv"
    roster.write_text(
        'Student,ID,SIS User ID,SIS Login ID,Section\n"Lovelace, Ada",501,S1,ada,A\n"Eve, E",502,S2,eve,A\n'
    )
    done = collect(
        packed(tmp_path, {"lovelaceada_501_88_x.ipynb": "a", "bob_999_89_x.ipynb": "b"}),
        "01",
        course,
        roster=roster,
    )
    assert list(submitted(course)) == [f"ada/{NAME}/x.ipynb"]
    assert done.without == ["Eve, E"]
    assert any("999" in problem and "nobody on the roster" in problem for problem in done.problems)


@pytest.mark.parametrize("written", ["Zoë Müller", "Müller Zoë", "zoe  muller"])
def test_moodle_knows_people_by_name_only_in_any_order_and_with_or_without_accents(tmp_path, course, written):
    roster = tmp_path / "moodle.csv"
    roster.write_text("First name,Surname,Username,Email address\nZoë,Müller,zm1,z@x.org\n", "utf-8")
    collect(
        packed(tmp_path, {f"{written}_7_assignsubmission_file_/x.ipynb": "z"}), "01", course, roster=roster
    )
    assert list(submitted(course)) == [f"zm1/{NAME}/x.ipynb"]


def test_two_people_of_one_name_are_left_for_a_person_to_decide(tmp_path, course):
    roster = tmp_path / "moodle.csv"
    roster.write_text("First name,Surname,Username\nAnn,Lee,al1\nAnn,Lee,al2\nBo,Bo,bo\n", "utf-8")
    files = {"Ann Lee_7_assignsubmission_file_/x.ipynb": "?", "Bo Bo_8_assignsubmission_file_/x.ipynb": "b"}
    done = collect(packed(tmp_path, files), "01", course, roster=roster)
    assert list(submitted(course)) == [f"bo/{NAME}/x.ipynb"]
    assert any("2 people on the roster" in problem for problem in done.problems)
    assert done.without == ["Ann Lee", "Ann Lee"]


def test_what_is_handed_in_again_replaces_and_keeps_the_earlier_one(tmp_path, course):
    first = packed(tmp_path, {"ada/x.ipynb": "first", "bob/x.ipynb": "same"})
    second = packed(tmp_path, {"ada/x.ipynb": "second", "bob/x.ipynb": "same"}, "again.zip")
    assert collect(first, "01", course).new == ["ada", "bob"]
    done = collect(second, "01", course)
    assert (done.replaced, done.unchanged) == (["ada"], ["bob"])
    assert submitted(course)[f"ada/{NAME}/x.ipynb"] == "second"
    assert [path.read_text() for path in (course / "classroom" / "replaced").rglob("*.ipynb")] == ["first"]


@pytest.mark.parametrize(
    "path",
    [
        "../../evil.ipynb",
        "ada/../../../evil.ipynb",
        "/etc/evil.ipynb",
        "C:/evil.ipynb",
        "..\\..\\evil.ipynb",
        "ada/x/../../../../evil.ipynb",
    ],
)
def test_no_entry_leads_out_of_the_classroom(tmp_path, course, path):
    before = {one for one in tmp_path.rglob("*")}
    done = collect(packed(tmp_path, {path: "evil", "bob/x.ipynb": "b"}), "01", course)
    made = {one for one in tmp_path.rglob("*")} - before
    assert all((course / "classroom") in (one, *one.parents) for one in made if one.name != "download.zip")
    assert "evil" not in {
        one.read_text() for one in made if one.is_file() and one.suffix == ".ipynb"
    } or done.new == ["bob"]
    assert not list(pathlib.Path("/etc").glob("evil*"))


def test_a_link_in_an_archive_is_no_file(tmp_path, course):
    path = packed(tmp_path, {"bob/x.ipynb": "b"})
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("ada/x.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    collect(path, "01", course)
    assert list(submitted(course)) == [f"bob/{NAME}/x.ipynb"]


def test_a_link_where_a_learners_folder_belongs_is_not_followed(tmp_path, course):
    outside = tmp_path / "outside"
    outside.mkdir()
    place = course / "classroom" / "submitted" / "ada"
    place.mkdir(parents=True)
    (place / NAME).symlink_to(outside)
    collect(packed(tmp_path, {"ada/x.ipynb": "a"}), "01", course)
    assert list(outside.iterdir()) == []
    assert (place / NAME / "x.ipynb").read_text() == "a"


def test_a_learner_cannot_bring_a_time_of_submission(tmp_path, course):
    collect(packed(tmp_path, {"ada/x.ipynb": "a", "ada/timestamp.txt": "1999-01-01 00:00:00"}), "01", course)
    assert list(submitted(course)) == [f"ada/{NAME}/x.ipynb"]


def test_one_learner_with_too_much_costs_nobody_else(tmp_path, course):
    files = {"ada/huge.bin": "x" * 2_000, "ada/x.ipynb": "a", "bob/x.ipynb": "b"}
    done = collect(packed(tmp_path, files), "01", course, limits=CollectLimits(file_bytes=1_000))
    assert sorted(submitted(course)) == [f"ada/{NAME}/x.ipynb", f"bob/{NAME}/x.ipynb"]
    assert any("huge.bin" in problem for problem in done.problems)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "there is no"),
        (b"not a zip", "neither a zip nor a folder"),
        (b"PK\x03\x04 broken", "neither a zip|cannot be read"),
    ],
)
def test_what_cannot_be_read_is_said_and_changes_nothing(tmp_path, course, content, sentence):
    path = tmp_path / "download.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(HoldoutError, match=sentence):
        collect(path, "01", course)
    assert not (course / "classroom").exists()


def test_an_empty_download_is_said(tmp_path, course):
    with pytest.raises(HoldoutError, match="no hand-in"):
        collect(packed(tmp_path, {"readme.txt": "hello"}), "01", course)


def test_the_command_prints_json_and_fails_when_something_was_left(tmp_path, course, monkeypatch, capsys):
    from grader.cli import main

    monkeypatch.chdir(course)
    path = packed(tmp_path, {"ada/x.ipynb": "a", "stray.ipynb": "?"})
    assert main(["collect", "01", str(path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["new"] == ["ada"]


def test_feedback_goes_back_to_moodle_under_the_names_of_the_download(tmp_path, monkeypatch, capsys):
    """From a download to a zip that Moodle takes: it knows a learner by the number between the first two underscores."""
    small = SmallClass(tmp_path)
    monkeypatch.chdir(small.root)
    page = json.dumps(small.release)
    files = {
        "Ada Love_lace_4101_assignsubmission_file_/x.ipynb": page,
        "Jürgen Groß_4102_assignsubmission_file_/x.ipynb": page,
    }
    collect(packed(tmp_path, files), EXERCISE, small.root)
    small.submit("by-hand", {})
    assert main(["feedback", "--for-moodle"]) == 1
    small.grade()
    capsys.readouterr()
    assert main(["feedback", "01", "--for-moodle"]) == 0
    assert "(1): by-hand" in capsys.readouterr().out
    with zipfile.ZipFile(small.root / "classroom" / f"feedback-{EXERCISE}.zip") as archive:
        names = sorted(archive.namelist())
        assert all(b"<html" in archive.read(name) for name in names)
    assert [name.split("_", 4) for name in names] == [
        ["Ada Love lace", "4101", "assignsubmission", "file", f"{EXERCISE}.html"],
        ["Jürgen Groß", "4102", "assignsubmission", "file", f"{EXERCISE}.html"],
    ]


def test_without_a_hand_in_from_moodle_there_is_nothing_to_pack(tmp_path):
    small = SmallClass(tmp_path)
    with pytest.raises(HoldoutError, match="collected from Moodle"):
        zip_for_moodle(small.root, "01")
