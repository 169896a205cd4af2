"""A learner's data: flights drawn by name, or an own file with a sentence for whatever is wrong with it."""

import numpy as np
import pandas as pd
import pytest

from holdout.data.loader import flights
from holdout.project.draw import FEWEST_ROWS, draw_flights, pairs
from holdout.project.errors import ProjectError
from holdout.project.tables import read_table, split_off_test

NAMES = ("Ada Lovelace", "Grace Hopper", "Alan Turing")


@pytest.fixture(scope="module")
def all_flights():
    return flights()


def table(rows=400, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "day": pd.date_range("2024-01-01", periods=rows).strftime("%Y-%m-%d"),
            "who": rng.integers(0, 40, rows),
            "size": rng.normal(size=rows).round(4),
            "late": rng.integers(0, 2, rows),
        }
    )


def written(folder, frame, name="own.csv", **options):
    frame.to_csv(folder / name, index=False, **options)
    return folder / name


# ------------------------------------------------------------------------------------------------------- drawn by name


def test_a_name_draws_the_same_rows_again_however_it_is_typed(all_flights):
    first, again = (draw_flights(name, all_flights) for name in ("Ada Lovelace", "  ada   LOVELACE "))
    assert first[:3] == again[:3] and first.frame.equals(again.frame)


def test_no_two_of_300_names_get_the_same_rows_and_few_pairs_of_names_the_same_airport(all_flights):
    drawn = [draw_flights(f"Learner {number}", all_flights) for number in range(300)]
    rows = {tuple(one.frame.index) for one in drawn}
    assert len(rows) == 300
    counts = pd.Series([one[:3] for one in drawn]).value_counts().to_numpy()
    same = (counts * (counts - 1)).sum() / (300 * 299)
    # uniform over 27 pairs: 1/27 = 0.037; the standard error of this share over 300 names is about
    # sqrt(2 / 27) / 300 = 0.0009, and four of them are allowed
    assert len(pairs(all_flights)) == 27
    assert abs(same - 1 / 27) < 4 * np.sqrt(2 / 27) / 300


def test_a_drawn_table_has_enough_rows_and_only_flights_with_an_outcome(all_flights):
    for name in NAMES:
        drawn = draw_flights(name, all_flights)
        assert drawn.frame["late"].notna().all()
        assert len(drawn.frame) > 0.8 * FEWEST_ROWS
        assert drawn.frame["time_hour"].is_monotonic_increasing
        assert drawn.frame["carrier"].eq(drawn.carrier).all() and drawn.airport in drawn.sentence


def test_flights_are_not_drawn_without_a_name(all_flights):
    with pytest.raises(ProjectError, match="drawn by a name"):
        draw_flights("  ", all_flights)


# ------------------------------------------------------------------------------------------------------------ own data


def test_a_table_is_read_with_commas_semicolons_and_tabs_and_words_for_yes_and_no(tmp_path):
    frame = table()
    for separator in ",;\t":
        again = read_table(written(tmp_path, frame, sep=separator), "late", time="day")
        assert again.frame["late"].tolist() == frame["late"].tolist() and again.positive == "1"
    words = frame.assign(late=frame["late"].map({0: "no", 1: "yes"}))
    words.loc[:4, "late"] = None
    read = read_table(written(tmp_path, words), "late", group="who")
    assert read.without_outcome == 5 and read.frame["late"].tolist() == frame["late"].tolist()[5:]


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        (lambda f: f, {"target": None}, "a project needs a target"),
        (lambda f: f, {"target": "lat"}, "did you mean 'late'"),
        (lambda f: f.assign(late=1), {}, "has one class only, '1' in all 400 rows"),
        (lambda f: f.assign(late=np.nan), {}, "is empty in every row"),
        (lambda f: f.assign(late=range(400)), {}, "has 400 different values"),
        (lambda f: f.assign(late=f["late"].map({0: "red", 1: "blue"})), {}, "say which of them counts as 1: --positive 'red'"),
        (lambda f: f, {"positive": "7"}, "--positive is '7', but"),
        (lambda f: f.head(3).assign(late=[0, 1, 1]), {}, "has 3 rows with a known 'late'; at least 300"),
        (lambda f: f.assign(late=(f.index < 9).astype(int)), {}, "occurs 9 times; at least 40"),
        (lambda f: f.assign(day=f["day"].where(f.index != 16, "31.05.24")), {"time": "day"}, "1 of 400 times in 'day' do not parse; the first is '31.05.24', in row 17"),
        (lambda f: f.assign(day=f["day"].where(f.index > 3)), {"time": "day"}, "4 of 400 times in 'day' do not parse; the first is nothing, in row 1"),
        (lambda f: f.assign(day=range(400)), {"time": "day"}, "400 of 400 times"),
        (lambda f: f, {"time": "day", "group": "who"}, "not both"),
        (lambda f: f, {"time": "late"}, "cannot be the column to split by"),
        (lambda f: f.assign(who=1), {"group": "who"}, "has 1 groups; at least 10"),
        (lambda f: f.assign(who=range(400)), {"group": "who"}, "every row has its own 'who'"),
        (lambda f: f.assign(who=f["who"].where(f.index > 0)), {"group": "who"}, "1 rows have no 'who'"),
        (lambda f: f.assign(row_id=1), {}, "rename yours"),
        (lambda f: f[["late"]], {}, "has a single column"),
    ],
)  # fmt: skip
def test_bad_data_gets_a_sentence_and_stays_as_it_was(tmp_path, change, options, said):
    file = written(tmp_path, change(table()))
    before = file.read_bytes()
    with pytest.raises(ProjectError) as error:
        read_table(file, **{"target": "late", **options})
    assert said in str(error.value) and "\n" not in str(error.value)
    assert file.read_bytes() == before


def test_files_that_are_no_table_get_a_sentence(tmp_path):
    for content, said in (
        (b"", "is empty"),
        (b'a,b\n1,"2\n', "cannot be read as a table"),
        ("straße,late\n1,2\n".encode("latin-1"), "not written in UTF-8"),
    ):
        (tmp_path / "x.csv").write_bytes(content)
        with pytest.raises(ProjectError, match=said):
            read_table(tmp_path / "x.csv", "late")
    with pytest.raises(ProjectError, match="there is no file"):
        read_table(tmp_path / "none.csv", "late")
    with pytest.raises(ProjectError, match="is no file"):
        read_table(tmp_path, "late")


def test_three_gigabytes_are_refused_before_they_are_read(tmp_path):
    with open(tmp_path / "huge.csv", "wb") as stream:
        stream.truncate(3_000_000_000)  # takes no room on the disk
    with pytest.raises(ProjectError, match=r"has 3\.0 GB; a project takes at most 200 MB"):
        read_table(tmp_path / "huge.csv", "late")


# --------------------------------------------------------------------------------------------------------------- the test


@pytest.mark.parametrize("by", [{"time": "day"}, {"group": "who"}, {}])
def test_about_a_quarter_becomes_the_test_and_nothing_is_on_both_sides(tmp_path, by):
    frame = read_table(written(tmp_path, table()), "late", **by).frame
    split = split_off_test(frame, "late", np.random.default_rng(1), **by)
    assert 0.2 < split.is_test.mean() < 0.32
    first, second = frame[~split.is_test], frame[split.is_test]
    if "time" in by:
        assert first["day"].max() < second["day"].min()
    if "group" in by:
        assert not set(first["who"]) & set(second["who"])


def test_a_test_without_one_of_the_outcomes_is_refused(tmp_path):
    frame = table().assign(late=lambda f: (f.index < 200).astype(int))
    frame = read_table(written(tmp_path, frame), "late", time="day").frame
    with pytest.raises(ProjectError, match="the test rows hold the rarer outcome 0 times"):
        split_off_test(frame, "late", np.random.default_rng(1), time="day")
