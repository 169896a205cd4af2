"""What is taken in from a learner's folder: their own cells, regular files, a plain sentence for the rest."""

import copy
import datetime
import json
import os

import nbformat
import pytest

from grader.grading.folder import (
    LINK,
    TOO_MUCH,
    UNREADABLE,
    FileLimits,
    opened_folder,
    quoted_names,
    read_files,
    where_the_notebook_may_be,
)
from grader.grading.submission import SubmissionLimits, read_submission

NAME = "01-small.ipynb"


def cell(source, grade_id=None, kind="code", **role):
    made = {
        "cell_type": kind,
        "id": grade_id or f"free-{abs(hash(source)) % 10**8}",
        "metadata": {},
        "source": source,
    }
    if grade_id:
        about = {"grade_id": grade_id, "grade": False, "solution": False, "locked": not role.get("solution")}
        made["metadata"]["nbgrader"] = {**about, "schema_version": 3, "task": False, **role}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def release():
    return {
        "cells": [
            cell("# Title", "title", "markdown"),
            cell("import numpy as np", "setup"),
            cell("def mean(x):\n    raise NotImplementedError", "mean", solution=True),
            cell("check('01.mean', mean)", "test-mean", grade=True, points=2),
            cell("def var(x):\n    raise NotImplementedError", "var", solution=True),
            cell("check('01.var', var)", "test-var", grade=True, points=3),
            cell("*Write here.*", "memo", "markdown", solution=True, grade=True, points=4),
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


MEAN, VAR = "def mean(x):\n    return sum(x) / len(x)", "def var(x):\n    return 0"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "01-small"
    made.mkdir()
    return made


@pytest.fixture
def answered():
    notebook = release()
    notebook["cells"][2]["source"], notebook["cells"][4]["source"] = MEAN, VAR
    return notebook


def take(folder, notebook=None, **options):
    if notebook is not None:
        (folder / NAME).write_text(json.dumps(notebook))
    return read_submission(folder, release(), name=NAME, **options)


def sources(submission):
    return [cell["source"] for cell in submission.notebook["cells"]]


def test_an_untouched_honest_submission_needs_no_note(folder, answered):
    submission = take(folder, answered)
    assert (submission.notes, submission.problems) == ([], [])
    assert sources(submission) == [cell["source"] for cell in answered["cells"]]
    nbformat.validate(nbformat.from_dict(submission.notebook))


def test_outputs_tags_and_metadata_of_the_learner_are_dropped(folder, answered):
    for item in answered["cells"]:
        item["metadata"]["tags"] = ["skip-execution"]
        if item["cell_type"] == "code":
            item["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "6 of 6"}]
    answered["metadata"]["kernelspec"] = {"name": "evil"}
    made = take(folder, answered).notebook
    assert all("tags" not in item["metadata"] and item.get("outputs", []) == [] for item in made["cells"])
    assert made["metadata"]["kernelspec"]["name"] == "python3"


def test_locked_and_test_cells_come_from_the_release_whatever_became_of_them(folder, answered):
    answered["cells"][3]["source"] = "pass"
    answered["cells"][5]["metadata"]["nbgrader"]["points"] = 100
    submission = take(folder, answered)
    assert sources(submission)[3] == "check('01.mean', mean)"
    assert submission.notebook["cells"][5]["metadata"]["nbgrader"]["points"] == 3
    assert any("test-mean" in note and "put back" in note for note in submission.notes)


def test_deleted_cells_are_put_back_and_a_missing_answer_counts_as_not_attempted(folder, answered):
    answered["cells"] = [answered["cells"][4]]
    submission = take(folder, answered)
    assert [item["metadata"]["nbgrader"]["grade_id"] for item in submission.notebook["cells"]] == [
        item["metadata"]["nbgrader"]["grade_id"] for item in release()["cells"]
    ]
    assert sources(submission)[4] == VAR and "NotImplementedError" in sources(submission)[2]
    assert any("“mean” is missing" in note and "not attempted" in note for note in submission.notes)


def test_cells_in_another_order_are_put_back(folder, answered):
    answered["cells"].reverse()
    submission = take(folder, answered)
    assert sources(submission)[2] == MEAN and sources(submission)[4] == VAR
    assert any("another order" in note for note in submission.notes)


def test_own_cells_of_the_learner_stay_in_their_place(folder, answered):
    answered["cells"].insert(3, cell("helper = 1"))
    answered["cells"].insert(0, cell("first = 0"))
    made = sources(take(folder, answered))
    assert made[0] == "first = 0"
    assert made.index(MEAN) + 1 == made.index("helper = 1") == made.index("check('01.mean', mean)") - 1


def test_a_copied_answer_cell_stays_as_an_own_cell_so_the_notebook_runs_as_the_learner_saw_it(
    folder, answered
):
    again = copy.deepcopy(answered["cells"][2])
    again["source"] = "def mean(x):\n    return 'second thoughts'"
    answered["cells"].insert(3, again)
    submission = take(folder, answered)
    assert sources(submission)[2:4] == [MEAN, again["source"]]
    assert any("2 cells called “mean”" in note for note in submission.notes)
    names = [item["metadata"].get("nbgrader", {}).get("grade_id") for item in submission.notebook["cells"]]
    assert names.count("mean") == 1


@pytest.mark.parametrize("clue", ["id", "definition", "place"])
def test_an_answer_without_its_name_is_found(folder, answered, clue):
    lost = answered["cells"][2]
    lost["metadata"] = {}
    if clue != "id":
        lost["id"] = "another"
    if clue == "place":
        lost["source"] = "from statistics import mean"
    submission = take(folder, answered)
    assert sources(submission)[2] == lost["source"]
    assert len(submission.notebook["cells"]) == len(release()["cells"])
    assert any("had no name" in note for note in submission.notes)


def test_a_notebook_that_lost_all_metadata_and_ids_is_still_graded(folder, answered):
    for item in answered["cells"]:
        item["metadata"] = {}
        del item["id"]
    submission = take(folder, answered)
    assert sources(submission)[2] == MEAN and sources(submission)[4] == VAR
    assert len(submission.notebook["cells"]) == len(release()["cells"])


def test_sources_may_be_lists_of_lines(folder, answered):
    answered["cells"][2]["source"] = MEAN.splitlines(keepends=True)
    assert sources(take(folder, answered))[2] == MEAN


def test_format_3_is_converted_with_a_note(folder):
    cells = [{"cell_type": "code", "input": MEAN, "outputs": [], "metadata": {}}]
    submission = take(folder, {"nbformat": 3, "worksheets": [{"cells": cells}], "metadata": {}})
    assert sources(submission)[2] == MEAN
    assert any("format 3" in note for note in submission.notes)


def test_an_unknown_format_is_read_as_far_as_it_can_be(folder, answered):
    submission = take(folder, {**answered, "nbformat": 99})
    assert sources(submission)[2] == MEAN and any("99" in note for note in submission.notes)


def test_a_renamed_notebook_is_accepted_and_the_right_name_wins(folder, answered):
    (folder / "mine (1).ipynb").write_text(json.dumps(answered))
    submission = take(folder)
    assert submission.notebook and any("mine (1).ipynb" in note for note in submission.notes)
    half = release()
    half["cells"][4]["source"] = VAR
    submission = take(folder, half)
    assert "NotImplementedError" in sources(submission)[2] and any(
        "2 notebooks" in note for note in submission.notes
    )


def test_a_blank_original_beside_the_solved_copy_costs_nothing(folder, answered):
    (folder / "01-small-Copy1.ipynb").write_text(json.dumps(answered))
    submission = take(folder, release())
    assert sources(submission)[2] == MEAN
    assert any("is blank" in note and "Copy1" in note for note in submission.notes)


def test_of_several_solved_copies_beside_a_blank_original_none_is_guessed(folder, answered):
    for name in ("a.ipynb", "b.ipynb"):
        (folder / name).write_text(json.dumps(answered))
    (problem,) = take(folder, release()).problems
    assert "several have answers" in problem and "leave the right one" in problem


@pytest.mark.parametrize(
    "litter",
    [
        "._01-small.ipynb",
        "01-small-checkpoint.ipynb",
        ".~01-small.ipynb",
        "~$01-small.ipynb",
        "._renamed.ipynb",
    ],
)
def test_litter_is_no_notebook(folder, answered, litter):
    (folder / litter).write_bytes(b"\x00\x05\x16\x07 no notebook")
    (folder / "renamed.ipynb").write_text(json.dumps(answered))
    submission = take(folder)
    assert sources(submission)[2] == MEAN
    assert submission.notes == ["The notebook is called “renamed.ipynb” instead of “01-small.ipynb”."]


def test_the_ending_may_be_in_capitals(folder, answered):
    (folder / "01-small.IPYNB").write_text(json.dumps(answered))
    assert sources(take(folder))[2] == MEAN


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("01-small.ipynb.txt", "rename it so that it ends in .ipynb"),
        ("01-small.ipynb.json", "rename it so that it ends in .ipynb"),
        ("01-small.ipynb.download", "rename it so that it ends in .ipynb"),
        ("hand-in.zip", "unpack it here"),
        ("hand-in.tar.gz", "unpack it here"),
        ("01-small.py", "ask for the notebook itself"),
        ("01-small.html", "ask for the notebook itself"),
        ("sub/", "move the notebook up"),
    ],
)
def test_what_may_be_the_notebook_is_named_with_what_to_do(folder, name, said):
    if name.endswith("/"):
        (folder / name).mkdir()
    else:
        (folder / name).write_text("{}")
    (problem,) = take(folder).problems
    assert name.rstrip("/") in problem and said in problem


@pytest.mark.parametrize("where", ["above", "below", "end"])
def test_a_copy_of_the_stub_never_overrides_the_answer(folder, answered, where):
    stub = cell("def mean(x):\n    raise NotImplementedError", "mean", solution=True)
    answered["cells"].insert({"above": 2, "below": 3, "end": len(answered["cells"])}[where], stub)
    submission = take(folder, answered)
    assert sources(submission)[2] == MEAN
    assert sum("def mean" in source for source in sources(submission)) == 1
    assert any("copies of blank answer cells were left out" in note for note in submission.notes)


@pytest.mark.parametrize("solved", ["first half", "second half"])
def test_of_a_doubled_notebook_the_solved_half_counts(folder, answered, solved):
    halves = [answered["cells"], release()["cells"]]
    answered["cells"][6]["source"] = "We ship, since the interval is above the bar."
    first, second = halves if solved == "first half" else halves[::-1]
    answered["cells"] = first + second
    got = sources(take(folder, answered))
    assert (got[2], got[4]) == (MEAN, VAR)
    assert "We ship" in got[6]
    assert not any("NotImplementedError" in source for source in got)


@pytest.mark.parametrize("into", [2, 4])
def test_answers_merged_into_one_cell_all_count(folder, answered, into):
    answered["cells"][into]["source"] = MEAN + "\n\n\n" + VAR
    del answered["cells"][{2: 4, 4: 2}[into]]
    submission = take(folder, answered)
    assert not any("NotImplementedError" in source for source in sources(submission))
    assert any("another cell defines what it asks for" in note for note in submission.notes)


@pytest.mark.parametrize("position", [0, 2, 3, 7])
def test_an_answer_in_a_cell_of_its_own_counts_above_and_below_the_stub(folder, position):
    notebook = release()
    notebook["cells"].insert(position, cell(MEAN))
    submission = take(folder, notebook)
    assert MEAN in sources(submission)
    assert not any("NotImplementedError" in source and "def mean" in source for source in sources(submission))


def test_a_value_in_a_cell_of_its_own_is_not_overridden_by_the_three_dots(folder):
    notebook, ours = release(), release()
    for one in (notebook, ours):
        one["cells"][2]["source"] = "# Write your answer here, in place of the three dots.\nsay_it = ..."
    notebook["cells"].insert(2, cell("say_it = 'b'"))
    (folder / NAME).write_text(json.dumps(notebook))
    submission = read_submission(folder, ours, name=NAME)
    assert not any("..." in source for source in sources(submission))


def test_what_is_only_mentioned_or_called_is_no_definition(folder):
    """The stub stays, so that the check says "not attempted" and not that a name is missing."""
    notebook = release()
    notebook["cells"].insert(3, cell("print(mean([1, 2]))\n# def mean(x): return 1"))
    assert "NotImplementedError" in sources(take(folder, notebook))[2]


@pytest.mark.parametrize("text", ["Ship it: the interval is above the bar.", "x"])
def test_a_memo_in_a_new_cell_is_put_before_a_person(folder, answered, text):
    answered["cells"].append(cell(text, kind="markdown"))
    submission = take(folder, answered)
    assert (
        sources(submission)[6] == text
    )  # changed text waits for points by hand; an untouched cell gets zero
    assert any("for a person to read" in note for note in submission.notes)


@pytest.mark.parametrize("place", [6, 7, 8, 9])
def test_cells_that_help_with_the_memo_hide_no_short_text(folder, answered, place):
    """Above, between and below them: a text of one line waits for a person wherever it stands by the memo."""
    ours = release()
    for one in (ours, answered):
        one["cells"].insert(6, cell("grade_memos('01')", "memo-anchors"))
        one["cells"].append(cell("read_my_memo('01')", "memo-own"))
    answered["cells"].insert(place, cell("Wait.", kind="markdown"))
    (folder / NAME).write_text(json.dumps(answered))
    submission = read_submission(folder, ours, name=NAME)
    named = {one["metadata"].get("nbgrader", {}).get("grade_id"): one for one in submission.notebook["cells"]}
    assert named["memo"]["source"] == "Wait."
    assert any("for a person to read" in note for note in submission.notes)


@pytest.mark.parametrize(
    "changed",
    [
        "import numpy as np\nfrom scipy import stats",
        "from scipy import stats\nimport numpy as np",
        "\nimport numpy as np  \n\nfrom scipy import stats\n",
    ],
)
def test_lines_added_to_a_locked_cell_run_below_it(folder, answered, changed):
    answered["cells"][1]["source"] = changed
    submission = take(folder, answered)
    assert sources(submission)[1:4] == ["import numpy as np", "from scipy import stats", MEAN]
    assert any("“setup”: lines that were added" in note for note in submission.notes)


@pytest.mark.parametrize(
    "changed",
    ["import numpy as xp", "if False:\n    import numpy as np", "import numpy as np\n  x = 1", "x = 1"],
)
def test_a_locked_cell_whose_own_lines_were_changed_is_put_back_whole(folder, answered, changed):
    answered["cells"][1]["source"] = changed
    submission = take(folder, answered)
    assert sources(submission)[:3] == ["# Title", "import numpy as np", MEAN]
    assert any("“setup”" in note and "put back" in note for note in submission.notes)


def test_a_memo_cell_that_was_turned_into_code_is_read_as_text(folder, answered):
    answered["cells"][6] = cell("We ship.", "memo", solution=True, grade=True, points=4)
    submission = take(folder, answered)
    assert (sources(submission)[6], submission.notebook["cells"][6]["cell_type"]) == ("We ship.", "markdown")
    assert any("had been turned into a code cell" in note for note in submission.notes)


def test_an_answer_that_was_turned_into_text_is_read_as_code(folder, answered):
    answered["cells"][2] = cell(MEAN, "mean", kind="markdown", solution=True)
    submission = take(folder, answered)
    assert (sources(submission)[2], submission.notebook["cells"][2]["cell_type"]) == (MEAN, "code")


def test_notes_of_ones_own_are_no_memo_when_the_memo_is_written(folder, answered):
    answered["cells"][6]["source"] = "We wait."
    answered["cells"].append(cell("private notes " * 20, kind="markdown"))
    assert sources(take(folder, answered))[6] == "We wait."


def test_another_exercises_notebook_under_this_name_needs_review(folder, answered):
    for one in answered["cells"]:
        if "nbgrader" in one["metadata"]:
            one["metadata"]["nbgrader"]["grade_id"] = "02-" + one["metadata"]["nbgrader"]["grade_id"]
    (problem,) = take(folder, answered).problems
    assert "another exercise" in problem and "02-" in problem


@pytest.mark.parametrize(
    "source",
    [
        "(" * 5_000,
        "x = " + "[" * 300,
        "def mean(x)\n  return",
        "\x00",
        "x = '\\d'",
        "λ = " + "-" * 20_000 + "1",
    ],
)
def test_cells_that_are_no_python_are_read_without_harm(folder, answered, source):
    answered["cells"].insert(2, cell(source))
    submission = take(folder, answered)
    assert submission.problems == []
    assert sources(submission).count(MEAN) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b'{"cells": [', "not complete JSON"),
        (
            b'{\n<<<<<<< HEAD\n "cells": []\n=======\n "cells": [1]\n>>>>>>> b\n}',
            "marks of a merge that was not finished",
        ),
        (b"\xff\xfe{}", "not text in UTF-8; it has to be saved again in Jupyter"),
        (b"[1, 2]", "is not a notebook"),
        (b'{"nbformat": 4, "cells": 3}', "no cells"),
        (b'{"nbformat": 4}', "no cells"),
        (b'{"hello": 1}', "not a notebook of a format"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b'{"cells":' + b"[" * 100 + b"]" * 100 + b"}", "levels deep"),
        (b'{"cells": [' + b"{}," * 600_000 + b"{}]}", "lists and tables"),
    ],
)
def test_what_is_no_notebook_is_one_plain_problem(folder, content, said):
    (folder / NAME).write_bytes(content)
    submission = take(folder)
    assert submission.notebook is None
    assert len(submission.problems) == 1 and said in submission.problems[0]


def test_nan_doubled_keys_and_a_byte_order_mark_do_no_harm(folder, answered):
    text = json.dumps({**answered, "x": float("nan")})
    (folder / NAME).write_bytes(
        b"\xef\xbb\xbf" + text.replace('"nbformat": 4', '"nbformat": 4, "nbformat": 4', 1).encode()
    )
    assert sources(take(folder))[2] == MEAN


def test_entries_that_are_no_cells_are_ignored_with_a_note(folder, answered):
    answered["cells"] += [None, 3, "x", [], {"cell_type": ["code"]}, {"cell_type": "code", "source": [1]}]
    submission = take(folder, answered)
    assert sources(submission)[2] == MEAN and any("6 entries" in note for note in submission.notes)


def test_text_that_no_file_can_hold_is_made_harmless(folder, answered):
    answered["cells"][2]["source"] = "x = '\ud800'"
    json.dumps(take(folder, answered).notebook, ensure_ascii=False).encode("utf-8")


def test_limits_on_size_cells_and_text_are_problems(folder, answered):
    big = {**answered, "x": "y" * 5000}
    assert "bytes" in take(folder, big, limits=SubmissionLimits(notebook_bytes=4000)).problems[0]
    assert "cells" in take(folder, answered, limits=SubmissionLimits(cells=3)).problems[0]
    assert "characters" in take(folder, answered, limits=SubmissionLimits(source_characters=10)).problems[0]


def test_links_pipes_folders_and_shared_files_are_never_read(folder, answered, tmp_path):
    other = tmp_path / "other.ipynb"
    other.write_text(json.dumps(answered))
    for make in (os.symlink, os.link, lambda _, path: os.mkfifo(path), lambda _, path: os.mkdir(path)):
        make(other, folder / NAME)
        submission = take(folder)
        assert submission.notebook is None and len(submission.problems) == 1
        (folder / NAME).rmdir() if (folder / NAME).is_dir() else (folder / NAME).unlink()


def test_a_linked_or_missing_folder_is_a_problem(folder, answered, tmp_path):
    (folder / NAME).write_text(json.dumps(answered))
    os.symlink(folder, tmp_path / "link")
    for path in (tmp_path / "link", tmp_path / "nothing"):
        submission = read_submission(path, release(), name=NAME)
        assert submission.notebook is None and len(submission.problems) == 1


def test_own_files_beside_the_notebook_are_read_and_links_and_compiled_code_are_not(folder, answered):
    (folder / "mine.csv").write_text("a,b")
    (folder / "utils.py").write_text("x = 1")
    (folder / "data").mkdir()
    (folder / "data" / "more.txt").write_text("more")
    (folder / "fast.so").write_bytes(b"x")
    (folder / ".hidden").write_text("x")
    (folder / "checks.json").write_text("{}")
    (folder / "submission_secret.txt").write_text("nbgrader's exchange writes it")
    os.symlink("/etc/passwd", folder / "notes.txt")
    os.symlink("/etc", folder / "data" / "etc")
    submission = take(folder, answered)
    assert submission.files == {"mine.csv": b"a,b", "utils.py": b"x = 1", "data/more.txt": b"more"}
    notes = " ".join(submission.notes)
    assert "3 own files" in notes and "fast.so" in notes and "notes.txt" in notes


def test_own_files_beyond_the_limits_are_left_out_with_a_note(folder, answered):
    for number in range(6):
        (folder / f"{number}.csv").write_bytes(b"x" * 40)
    (folder / "large.csv").write_bytes(b"x" * 200)
    limits = SubmissionLimits(own_files=FileLimits(files=4, file_bytes=100, all_bytes=130))
    submission = take(folder, answered, limits=limits)
    assert sorted(submission.files) == ["0.csv", "1.csv", "2.csv"]
    assert any("left out" in note and "up to 4 files" in note for note in submission.notes)


def _read(folder, limits=None, **rules):
    with opened_folder(folder) as handle:
        return read_files(handle, limits or FileLimits(), **rules)


def test_files_are_read_in_the_order_of_their_names_folder_by_folder(folder):
    for name in ("b.txt", "a/z.txt", "a/b/y.txt", "c.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    files, left_out = _read(folder)
    assert list(files) == ["a/b/y.txt", "a/z.txt", "b.txt", "c.txt"] and left_out == {}
    assert all(content.decode() == name for name, content in files.items())


def test_what_is_left_out_is_listed_by_its_reason(folder, tmp_path):
    (folder / "good.csv").write_text("1")
    (folder / "large.csv").write_bytes(b"x" * 101)
    (folder / "numpy.py").write_text("x")
    (folder / "passed-over.tmp").write_text("x")
    (folder / "deep/er").mkdir(parents=True)
    (folder / "deep/er/x.csv").write_text("x")
    (folder / "bad\nname.csv").write_text("x")
    (folder / ("n" * 210 + ".csv")).write_text("x")
    os.symlink("/etc/passwd", folder / "link.txt")
    os.mkfifo(folder / "pipe")
    (tmp_path / "elsewhere").write_text("secret")
    os.link(tmp_path / "elsewhere", folder / "shared.txt")
    files, left_out = _read(
        folder,
        FileLimits(file_bytes=100, depth=1),
        skip=lambda path: path.endswith(".tmp"),
        refuse=lambda path: "it has the name of a library" if path == "numpy.py" else "",
    )
    assert files == {"good.csv": b"1"}
    assert {reason: sorted(names) for reason, names in left_out.items()} == {
        LINK: ["deep/er", "link.txt", "pipe"],
        TOO_MUCH: ["bad\nname.csv", "large.csv", "n" * 210 + ".csv"],
        UNREADABLE: ["shared.txt"],
        "it has the name of a library": ["numpy.py"],
    }


@pytest.mark.parametrize(
    ("limits", "read"),
    [
        (FileLimits(files=2), ["a", "b"]),
        (FileLimits(all_bytes=25), ["a", "b"]),
        (FileLimits(file_bytes=9), []),
        (FileLimits(files=0), []),
    ],
)
def test_each_limit_on_files_holds_alone(folder, limits, read):
    for name in "abcd":
        (folder / name).write_bytes(b"x" * 10)
    files, left_out = _read(folder, limits)
    assert sorted(files) == read and sorted(left_out[TOO_MUCH]) == sorted(set("abcd") - set(read))


def test_names_are_counted_in_all_folders_together(folder):
    for place in ("", "one", "two"):
        (folder / place).mkdir(exist_ok=True)
        for number in range(4):
            (folder / place / f"{number}.csv").touch()
    files, left_out = _read(folder, FileLimits(names=8))
    assert (
        len(files) == 6 and len(left_out[TOO_MUCH]) == 2
    )  # one of each folder that was not looked at to its end


def test_a_folder_that_becomes_a_link_while_it_is_read_leads_nowhere(folder, tmp_path):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/key").write_text("secret")
    (folder / "data").mkdir()
    (folder / "data/mine.csv").write_text("mine")

    def exchanged(path):  # called when the walk has seen the name and not yet what it is
        if path == "data":
            (folder / "data").rename(tmp_path / "moved")
            os.symlink(tmp_path / "secrets", folder / "data")
        return False

    files, left_out = _read(folder, skip=exchanged)
    assert files == {} and left_out


@pytest.mark.skipif(os.getuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read_is_left_out_and_the_others_are_read(folder):
    (folder / "a.csv").write_text("1")
    (folder / "closed").mkdir(mode=0)
    try:
        assert _read(folder) == ({"a.csv": b"1"}, {UNREADABLE: ["closed"]})
    finally:
        (folder / "closed").chmod(0o700)


def test_own_files_too_deep_in_folders_are_named(folder, answered):
    (folder / "a/b/c/d").mkdir(parents=True)
    (folder / "a/b/c/d/mine.csv").write_text("1")
    submission = take(folder, answered)
    assert submission.files == {} and any("a/b/c/d" in note and LINK in note for note in submission.notes)


def test_names_are_quoted_so_that_they_can_be_printed():
    assert (
        quoted_names(["b\x1b[2J", "a" * 200, "c", "d\ud800"]) == "“" + "a" * 80 + "”, “b�[2J”, “c” and 1 more"
    )


def test_where_the_notebook_may_be_names_the_nearest_thing(folder):
    there = os.stat(folder)
    file = os.stat(__file__)
    assert "export" in where_the_notebook_may_be({"x.html": file})
    assert "the folder “x”" in where_the_notebook_may_be({"x.html": file, "x": there})
    assert "unpack" in where_the_notebook_may_be({"x.html": file, "x": there, "y.ZIP": file})
    assert "rename" in where_the_notebook_may_be({"y.zip": file, "x.ipynb.txt": file})


def test_thousands_of_files_do_not_hide_the_notebook(folder, answered):
    for number in range(1500):
        (folder / f"{number}.csv").touch()
    submission = take(folder, answered)
    assert not submission.problems and MEAN in sources(submission)


PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def test_a_picture_pasted_into_the_memo_stays_and_can_be_seen(folder, answered):
    from grader.nbgrader_bridge.sanitize import clean_cell

    memo = answered["cells"][-1]
    memo["source"] = "See ![my plot](attachment:plot.png) and ![bad](http://x/y.png)"
    memo["attachments"] = {
        "plot.png": {"image/png": PICTURE},
        "a b": {"image/png": PICTURE},
        "page.html": {"text/html": "<script>"},
    }
    cell = take(folder, answered).notebook["cells"][-1]
    assert cell["attachments"] == {"plot.png": {"image/png": PICTURE}}
    clean_cell(cell, locked=False)
    assert cell["attachments"] == {"plot.png": {"image/png": PICTURE}}
    assert "![my plot](attachment:plot.png)" in cell["source"] and "![bad]" not in cell["source"]


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31 23:59:58.000001 UTC",
        "2026-01-31 23:59:58 UTC",
        "2026-01-31T23:59:58Z",
        "2026-02-01 00:59:58 +0100",
    ],
)
def test_times_of_submission_are_read_as_nbgrader_writes_them(folder, answered, text):
    (folder / "timestamp.txt").write_text(text)
    moment = take(folder, answered).submitted_at
    assert moment.replace(microsecond=0) == datetime.datetime(2026, 1, 31, 23, 59, 58)


@pytest.mark.parametrize("text", [b"yesterday, honest", b"\xff", b"9" * 400, b"", b"x" * 5000, b"\x1b[2J"])
def test_a_time_that_is_none_is_a_note_and_costs_nothing(folder, answered, text):
    (folder / "timestamp.txt").write_bytes(text)
    submission = take(folder, answered)
    assert submission.submitted_at is None and submission.problems == []
    assert any("time of submission is unknown" in note for note in submission.notes)


def test_sentences_are_safe_to_print(folder, answered):
    (folder / "\x1b[31mgraded\n.ipynb").write_text(json.dumps(answered))
    submission = take(folder)
    assert submission.notebook and all(note.isprintable() for note in submission.notes)
