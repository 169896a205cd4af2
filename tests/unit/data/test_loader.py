"""Loading: from any working directory, with fixed types, and never a damaged file without a word."""

import gzip
import pathlib
import shutil

import pandas as pd
import pytest

from holdout import paths
from holdout.data import loader as data
from holdout.data.loader import DataError, load, path, write_checksums
from holdout.data.parcels import make_parcels

ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the small table's folder that HOLDOUT_DATASETS points at."""
    folder = tmp_path / "datasets"
    shutil.copytree(ROOT / "datasets" / "berkeley_1973", folder / "berkeley_1973")
    shutil.copy(ROOT / "datasets" / data.CHECKSUMS, folder)
    monkeypatch.setenv("HOLDOUT_DATASETS", str(folder))
    return folder


def test_the_committed_tables_have_the_types_and_values_of_the_generated_ones():
    pd.testing.assert_frame_equal(load("parcels"), make_parcels())
    pd.testing.assert_frame_equal(load("parcels", defects="all"), make_parcels(defects="all"))


def test_the_raw_files_have_fixed_types():
    register, deliveries, couriers = (
        load(f"parcels_{name}") for name in ("register", "deliveries", "couriers")
    )
    assert register.dtypes[["accepted_at", "promised_at"]].eq("datetime64[s]").all()
    assert deliveries.dtypes[["delivered_at", "recorded_at"]].eq("datetime64[s]").all()
    assert register.dtypes[["weight_kg", "stops", "wind_ms", "eta_hours"]].eq("float64").all()
    assert couriers.dtypes.eq("str").all()
    assert set(deliveries["parcel_id"]) < set(register["parcel_id"])
    assert set(register["courier"]) <= set(couriers["courier"])


def test_another_table_of_the_same_company_can_be_drawn_by_name():
    pd.testing.assert_frame_equal(load("parcels", seed=5, rows=100), make_parcels(seed=5, rows=100))
    pd.testing.assert_frame_equal(
        load("parcels", seed=5, rows=100, defects=["grams"]),
        make_parcels(seed=5, rows=100, defects=["grams"]),
    )


def test_each_load_is_a_copy_of_its_own():
    first = load("berkeley_1973")
    first.loc[:, "admitted"] = 0
    assert load("berkeley_1973")["admitted"].sum() == 1755


def test_berkeley_has_the_published_totals():
    """Bickel, Hammel, O'Connell 1975: 1198 of 2691 men, 557 of 1835 women; women ahead in 4 of 6."""
    table = load("berkeley_1973")
    table["applied"] = table["admitted"] + table["rejected"]
    totals = table.groupby("gender")[["admitted", "applied"]].sum()
    assert totals.loc["men"].tolist() == [1198, 2691]
    assert totals.loc["women"].tolist() == [557, 1835]
    rates = table.assign(rate=table["admitted"] / table["applied"]).pivot(
        index="department", columns="gender", values="rate"
    )
    assert sorted(rates.index) == list("ABCDEF")
    assert (rates["women"] > rates["men"]).sum() == 4
    # applicants by department, from the R manual of UCBAdmissions
    assert table.groupby("department")["applied"].sum().tolist() == [933, 585, 918, 792, 584, 714]


def test_tables_are_found_from_inside_the_course_and_from_anywhere_else(tmp_path, monkeypatch):
    monkeypatch.delenv("HOLDOUT_DATASETS", raising=False)
    for place in (ROOT, ROOT / "lessons", tmp_path):
        monkeypatch.chdir(place)
        assert path("berkeley_1973/berkeley_1973.csv") == ROOT / "datasets/berkeley_1973/berkeley_1973.csv"


def test_a_copy_of_the_course_around_the_working_directory_comes_first(tmp_path, monkeypatch, copy):
    monkeypatch.delenv("HOLDOUT_DATASETS")
    (copy.parent / "lessons").mkdir()
    monkeypatch.chdir(copy.parent / "lessons")
    assert data.folder() == copy


def test_no_datasets_anywhere_says_where_it_looked_and_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv("HOLDOUT_DATASETS", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(paths, "INSTALLED", tmp_path / "installed")
    with pytest.raises(DataError, match=rf"above {tmp_path}.*HOLDOUT_DATASETS"):
        data.folder()


def test_a_variable_that_points_nowhere_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("HOLDOUT_DATASETS", str(tmp_path / "gone"))
    with pytest.raises(DataError, match=r"HOLDOUT_DATASETS is .*gone"):
        load("berkeley_1973")


def test_an_unknown_table_lists_what_there_is():
    with pytest.raises(
        DataError, match=r"'parcel'\. Did you mean 'parcels'\? There are parcels, .*berkeley_1973"
    ):
        load("parcel")
    with pytest.raises(DataError, match="There is no table None"):
        load(None)


def test_options_for_a_table_that_has_none_are_refused():
    with pytest.raises(DataError, match=r"berkeley_1973.*seed"):
        load("berkeley_1973", seed=3)


def test_a_missing_file_says_what_was_looked_for_where_and_the_remedy(copy):
    (copy / "berkeley_1973" / "berkeley_1973.csv").unlink()
    with pytest.raises(DataError, match=rf"berkeley_1973\.csv' in {copy}.*git checkout"):
        load("berkeley_1973")


def test_a_misspelt_file_gets_a_suggestion():
    with pytest.raises(DataError, match=r"Did you mean 'parcels/parcels\.csv\.gz'"):
        path("parcels/parcels.csv")


@pytest.mark.parametrize("outside", ["../pyproject.toml", "/etc/hostname", "parcels/../../README.md"])
def test_nothing_outside_the_datasets_is_reached(outside):
    with pytest.raises(DataError, match="does not lie below"):
        path(outside)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content.replace(b"512", b"521"),
        lambda content: content[: len(content) // 2],
        lambda content: b"",
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: b"\x00\xff" * 100,
    ],
    ids=["a digit swapped", "cut off", "empty", "other line endings", "garbage"],
)
def test_a_changed_file_is_named_with_the_remedy(copy, damage):
    load("berkeley_1973")  # a checksum that was right a moment ago is not trusted again
    file = copy / "berkeley_1973" / "berkeley_1973.csv"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(
        DataError, match=r"berkeley_1973\.csv is not the file that the course ships.*git checkout"
    ):
        load("berkeley_1973")


def test_a_damaged_checksum_file_is_named_with_its_line(copy):
    (copy / data.CHECKSUMS).write_text("# fine\nnot a checksum\n")
    with pytest.raises(DataError, match=r"checksums\.sha256, line 2"):
        load("berkeley_1973")


def test_every_committed_table_has_a_checksum_and_every_checksum_a_file():
    table = data._checksums(ROOT / "datasets")
    for name in table:
        path(name)
    own = [f for f in (ROOT / "datasets").glob("*/*.csv*") if f.parent.name in ("parcels", "berkeley_1973")]
    assert {f.relative_to(ROOT / "datasets").as_posix() for f in own} <= set(table)


def test_entering_a_checksum_keeps_the_others_and_is_stable(copy):
    before = data._checksums(copy)
    (copy / "new.csv").write_bytes(b"a\n1\n")
    first = write_checksums(["new.csv"], copy).read_bytes()
    assert write_checksums(["new.csv"], copy).read_bytes() == first
    assert data._checksums(copy) == before | {"new.csv": data._checksums(copy)["new.csv"]}
    assert path("new.csv") == copy / "new.csv"


def test_compressed_files_hold_no_time_and_no_name():
    """Bytes 3 to 8 of a gzip file are flags and time; a name or a time would change with every build."""
    for name in ("parcels", "register", "deliveries"):
        content = path(f"parcels/{name}.csv.gz").read_bytes()
        assert content[3:8] == b"\x00" * 5
        assert gzip.decompress(content).count(b"\r") == 0
