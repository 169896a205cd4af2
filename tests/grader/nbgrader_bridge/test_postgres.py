"""The gradebook on a real PostgreSQL server from Debian's packages, started here by an unprivileged account."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

import pytest
from needs import find_postgresql, require
from small_class import EXERCISE, RIGHT, WRONG, InlinePool, SmallClass

from grader.nbgrader_bridge.release import release
from grader.reports.export import export

pytestmark = pytest.mark.needs("linux", "psycopg")


@pytest.fixture(scope="module")
def server():
    """Address of a server in an empty folder; it refuses to run as root, so then `postgres` or `nobody` runs it."""
    require("postgresql")
    import pwd  # here, since Windows has none

    folder = pathlib.Path(tempfile.mkdtemp(prefix="holdout-pg-"))
    account = {}
    if os.geteuid() == 0:
        known = {entry.pw_name for entry in pwd.getpwall()}
        account = {"user": "postgres" if "postgres" in known else "nobody"}
        os.chown(folder, pwd.getpwnam(account["user"]).pw_uid, -1)

    def run(*command):
        return subprocess.run(
            command,
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={"LC_ALL": "C"},
            **account,
        )

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = str(folder / "data")
    run(find_postgresql("initdb"), "-D", data, "-U", "course", "--auth=trust", "-E", "UTF8")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    run(find_postgresql("pg_ctl"), "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://course@127.0.0.1:{port}/postgres"
    finally:
        run(find_postgresql("pg_ctl"), "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def test_a_class_is_graded_resumed_and_exported_on_postgresql(tmp_path, server, monkeypatch):
    """Release, grade, points by hand, regrade, export: as on SQLite, through `db_url` alone."""
    small = SmallClass(tmp_path)  # first: its template, which all tests share, belongs on SQLite
    monkeypatch.setenv("HOLDOUT_DB_URL", server)
    (small.root / "classroom" / "gradebook.db").unlink()
    assert [row["released"] for row in release(small.root)] == [True]
    small.submit("Zoë Müller", RIGHT, memo="A memo.", timestamp="2026-03-01 12:00:00 UTC")
    small.submit("bob", WRONG)
    (small.submit("cy", RIGHT) / f"{EXERCISE}.ipynb").write_text("{", encoding="utf-8")
    rows = small.grade()
    assert {name: row.score for name, row in rows.items()} == {"Zoë Müller": 4.0, "bob": 0.0, "cy": 0.0}
    small.change("Zoë Müller", "01-memo", manual_score=2.0, needs_manual_grade=False)
    pool = InlinePool()
    assert small.grade(pool)["Zoë Müller"].score == 6.0
    assert pool.count == 0
    assert small.grade(force=True)["Zoë Müller"].score == 6.0
    assert "Zoë Müller" in export(small.root, "canvas").paths[0].read_text(encoding="utf-8")
    assert not (small.root / "classroom" / "gradebook.db").exists()
