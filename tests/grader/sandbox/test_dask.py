"""Grading on a real Dask cluster: a scheduler and two workers on loopback, started here."""

import json
import subprocess
import sys
import time

import pytest
from small_class import RIGHT, WRONG, SmallClass

from grader.sandbox.dask_pool import DaskPool, pack_job, unpack_job
from grader.sandbox.limits import Limits
from grader.sandbox.server import Job, isolation_level
from holdout.errors import CourseError

pytestmark = pytest.mark.needs("linux", "bwrap", "distributed")


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """Address of a running scheduler with two workers of one thread each."""
    folder = tmp_path_factory.mktemp("dask")
    file = folder / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": open(folder / "log", "w"), "cwd": folder}
    started = [
        subprocess.Popen(
            [
                *dask,
                "scheduler",
                "--host",
                "127.0.0.1",
                "--port",
                "0",
                "--no-dashboard",
                "--no-show",
                "--scheduler-file",
                file,
            ],
            **quiet,
        )
    ]
    try:
        deadline = time.monotonic() + 60
        while not file.is_file() and time.monotonic() < deadline:
            time.sleep(0.2)
        address = json.loads(file.read_text(encoding="utf-8"))["address"]
        started += [
            subprocess.Popen(
                [
                    *dask,
                    "worker",
                    address,
                    "--nthreads",
                    "1",
                    "--no-dashboard",
                    "--local-directory",
                    folder,
                    "--host",
                    "127.0.0.1",
                ],
                **quiet,
            )
            for _ in range(2)
        ]
        from distributed import Client

        with Client(address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=90)
        yield address
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def test_a_class_is_graded_on_the_cluster_in_the_same_sandbox(tmp_path, scheduler):
    """Right, wrong and hostile submissions: the same rows as from the process pool, isolation stated."""
    small = SmallClass(tmp_path)
    small.submit("ada", RIGHT)
    small.submit("bob", WRONG)
    small.submit("cy", {"mean": "import os\nos._exit(0)"})
    small.submit("dan", {**RIGHT, "mean": "import time\ntime.sleep(600)"})
    rows = small.grade(pool=DaskPool(scheduler), limits=Limits(cell_seconds=2.0))
    assert {name: (row.score, row.outcome) for name, row in rows.items()} == {
        "ada": (4.0, "graded"),
        "bob": (0.0, "graded"),
        "cy": (0.0, "needs review"),
        "dan": (1.0, "graded"),
    }
    assert {row.isolation for row in rows.values()} == {isolation_level().name}


def test_what_travels_is_text_and_comes_back_the_same():
    """A job and its limits and files survive; the text holds plain JSON only."""
    probe = {"id": "hidden 01.mean", "answer": "mean", "probe": "answer(values)", "inputs": {"values": [1.0]}}
    job = Job({"cells": []}, [probe], Limits(cell_seconds=3.0), {"checks.json": b"\x00\xff"}, "01-small", "7")
    assert unpack_job(pack_job(job)) == job
    assert isinstance(json.loads(pack_job(job)), dict)


def test_without_a_scheduler_the_command_says_so(tmp_path):
    small = SmallClass(tmp_path)
    small.submit("ada", RIGHT)
    with pytest.raises(CourseError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:9"):
        small.grade(pool=DaskPool("tcp://127.0.0.1:9", timeout=2.0))
