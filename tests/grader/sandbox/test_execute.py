"""Execution of honest notebooks: outputs as in a kernel, limits that are fair, nothing left behind."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from needs import require

from grader.sandbox import bubblewrap, fork_server, isolation, protocol
from grader.sandbox.limits import Limits
from grader.sandbox.pool import Pool
from grader.sandbox.server import ExecutionResult, Job, Server, ServerLost, isolation_level
from holdout.checks.codec import decode, encode

pytestmark = pytest.mark.needs("linux")
LIMITS = Limits(cell_seconds=5, probe_seconds=5, notebook_seconds=60, grace_seconds=1)


def code(*sources):
    cells = [{"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": s} for i, s in enumerate(sources)]
    return {
        "cells": [{**c, "outputs": [], "execution_count": None} for c in cells],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def probe(id, answer, expression, **inputs):
    return {
        "id": id,
        "answer": answer,
        "probe": expression,
        "inputs": {k: encode(v) for k, v in inputs.items()},
    }


@pytest.fixture(scope="module", params=["bubblewrap", "without bubblewrap"])
def server(request):
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "without bubblewrap":
            patch.setattr(bubblewrap, "find_bubblewrap", lambda: None)
        else:
            require("bwrap")
        with Server() as started:
            yield started


def run(server, *sources, probes=(), limits=LIMITS, **more):
    return server.run(Job(code(*sources), list(probes), limits, **more))


def texts(executed):
    return ["".join(o.get("text", "") for o in cell) for cell in executed.cells]


def test_outputs_are_those_of_a_notebook(server):
    executed = run(
        server,
        "print('one')\n1 + 1",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()",
        "x = 3;",
        "1 / 0",
    )
    first, second, third, fourth = executed.cells
    assert first[0] == {"output_type": "stream", "name": "stdout", "text": "one\n"}
    assert first[1]["data"] == {"text/plain": "2"} and first[1]["execution_count"] == 1
    assert any("image/png" in output.get("data", {}) for output in second)
    assert third == []
    assert fourth[-1]["ename"] == "ZeroDivisionError" and fourth[-1]["traceback"]
    assert executed.outcome == "done"


def test_a_probe_may_call_a_function_of_a_topics_probes_and_cases_arrive_as_lists_of_dicts(server):
    curves = [{"new": [0.1, 0.4, 0.8, 0.9], "kept": [0.9, 0.9, 0.8, 0.3]}] * 2
    call = "holdout.topics.fine_tuning.probes:run_stop_rule(answer, cases)"
    executed = run(
        server,
        "def rule(case):\n    assert type(case) is dict\n    return case['new'][-1] > 0.5",
        probes=[probe("q", "rule", call, cases=curves)],
    )
    assert executed.probes["q"] == [{"value": ["2", "2"]}]


def test_a_probe_may_ask_for_two_names_and_the_first_may_be_missing(server):
    executed = run(
        server,
        "mine = 'said'\nchosen = 'b'",
        probes=[
            probe("both", "mine, chosen", "[*answer]"),
            probe("one", "unwritten, chosen", "[part is ... for part in answer]"),
            probe("none", "mine, unwritten", "answer"),
        ],
    )
    assert executed.probes["both"] == [{"value": encode(["said", "b"])}]
    assert executed.probes["one"] == [{"value": encode([True, False])}]
    assert executed.probes["none"][0]["message"] == "the notebook defines no 'unwritten'"


def test_executed_outputs_make_a_valid_notebook(server):
    notebook = code("print(1)", "2", "1 / 0")
    notebook["cells"].insert(1, {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "text"})
    result = server.run(Job(notebook, [], LIMITS))
    for cell, outputs in zip(notebook["cells"], result.cells, strict=True):
        assert outputs or cell["cell_type"] == "markdown"
        if cell["cell_type"] == "code":
            cell["outputs"] = outputs
    nbformat.validate(nbformat.from_dict(notebook))
    assert result.ran == [True, False, True, True]


def test_a_failing_cell_does_not_stop_the_later_ones(server):
    assert texts(run(server, "1 / 0", "print('later')"))[1] == "later\n"


def test_magics_help_and_shell_commands_work(server):
    executed = run(
        server,
        "%%capture said\nprint('hidden')",
        "print(said.stdout)",
        "!echo from the shell",
        "%matplotlib inline",
    )
    assert "hidden" in texts(executed)[1] and "from the shell" in texts(executed)[2]
    assert not any(output["output_type"] == "error" for cell in executed.cells for output in cell)


def test_probes_are_answered_in_order_with_values_errors_and_missing_names(server):
    probes = [
        probe("a", "double", "answer(x)", x=3),
        probe("b", "double", "answer(x, 1)", x=3),
        probe("a", "double", "answer(x)", x=4.5),
        probe("c", "nowhere", "answer"),
        probe("d", "later", "answer"),
        probe("e", "table", "answer"),
    ]
    sources = [
        "def double(x):\n    return 2 * x\nlater = ...",
        "import pandas as pd\ntable = pd.DataFrame({'a': [1, 2]})",
    ]
    found = run(server, *sources, probes=probes).probes
    assert [result["value"] for result in found["a"]] == [6, 9.0]
    assert found["b"][0]["error"] == "TypeError"
    assert found["c"][0]["error"] == "NameError"
    assert found["d"] == [{"not_attempted": True}]
    assert decode(found["e"][0]["value"])["a"].tolist() == [1, 2]


def test_inputs_of_probes_are_not_there_while_the_cells_run(server):
    search = "any(isinstance(o, dict) and {'inputs', 'probe'} <= set(o) for o in gc.get_objects())"
    executed = run(server, f"import gc\nprint({search})", probes=[probe("a", "x", "answer", secret=41)])
    assert texts(executed) == ["False\n"]


def test_an_endless_cell_is_interrupted_and_the_later_ones_run(server):
    limits = Limits(cell_seconds=0.5, notebook_seconds=30, grace_seconds=5)
    executed = run(server, "while True: pass", "print('later')", limits=limits)
    assert executed.cells[0][-1]["ename"] == "CellTimeoutError"
    assert texts(executed)[1] == "later\n"
    assert executed.outcome == "done" and "cell 1 was interrupted" in executed.sentence
    assert executed.ran == [False, True] and executed.late


def test_an_interrupted_cell_that_gets_little_of_the_processor_is_not_killed_by_the_clock(server):
    limits = Limits(cell_seconds=0.5, notebook_seconds=60, grace_seconds=2)
    waits = "import time\ntry:\n    while True: pass\nexcept KeyboardInterrupt:\n    time.sleep(2.5)"
    executed = run(server, waits, "print('later')", limits=limits)
    assert texts(executed)[1] == "later\n" and executed.outcome == "done"


def test_an_interrupt_that_comes_late_does_not_hit_the_next_cell(server):
    limits = Limits(cell_seconds=0.3, notebook_seconds=60, grace_seconds=5)
    late = "import time\ntime.sleep(0.3)"  # ends when the interrupt is on its way
    executed = run(server, *[late, "sum(range(1000))"] * 8, limits=limits)
    assert all(executed.ran[1::2])


def test_a_call_that_never_ends_is_told_shortly_and_the_later_cells_run(server):
    endless = "def f(n):\n    return n * f(n - 1)\nf(5)"
    executed = run(server, endless, "print('later')", limits=LIMITS)
    told = executed.cells[0][-1]
    assert told["ename"] == "RecursionError" and len(str(told["traceback"])) < 10_000
    assert texts(executed)[1] == "later\n" and executed.outcome == "done"


def test_an_endless_answer_costs_its_own_question_only(server):
    limits = Limits(cell_seconds=5, probe_seconds=0.4, notebook_seconds=60, grace_seconds=5)
    probes = [probe("bad", "endless", "answer()")] * 4 + [probe("good", "fine", "answer()")]
    found = run(
        server, "def endless():\n    while True: pass\ndef fine(): return 1", probes=probes, limits=limits
    )
    assert [result["error"] for result in found.probes["bad"]] == ["TimeoutError"] * 4
    assert found.probes["good"] == [{"value": 1}]


def test_the_limit_of_the_whole_notebook_holds_when_each_cell_keeps_its_own(server):
    limits = Limits(cell_seconds=5, notebook_seconds=1, grace_seconds=0.5)
    executed = run(server, *["import time; time.sleep(0.4)"] * 10, limits=limits)
    assert executed.outcome == "timeout" and "as a whole" in executed.sentence
    assert executed.ran[0] and not executed.ran[-1]


def test_output_beyond_the_limit_is_cut_with_a_notice_and_the_notebook_goes_on(server):
    limits = Limits(cell_output_bytes=1000)
    executed = run(server, "for i in range(1000): print('x' * 100)", "print('later')", limits=limits)
    assert len(texts(executed)[0]) < 1200 and "limit" in texts(executed)[0]
    assert texts(executed)[1] == "later\n" and executed.outcome == "done"


def test_memory_beyond_the_limit_is_an_ordinary_error_in_its_cell(server):
    executed = run(server, "x = bytearray(400_000_000)", "print('later')", limits=Limits(memory=200 << 20))
    assert executed.cells[0][-1]["ename"] == "MemoryError"
    assert texts(executed)[1] == "later\n"


def test_a_submission_gets_the_course_files_its_folder_and_the_data(server):
    sources = [
        "print(open('helper.txt').read())",
        "import os\nprint(os.path.basename(os.getcwd()))",
        "print(os.listdir(os.environ['HOLDOUT_DATASETS']))",
    ]
    executed = run(server, *sources, files={"helper.txt": b"hello"}, folder="01-numbers")
    assert texts(executed)[:2] == ["hello\n", "01-numbers\n"]
    if bubblewrap.find_datasets():
        assert executed.cells[2][0]["name"] == "stdout"


def test_two_submissions_share_no_state_and_no_random_numbers(server):
    draws = "random.random(), np.random.rand(), np.random.default_rng().random()"
    source = f"import numpy as np, random\nprint({draws})"
    first, second = (run(server, "marker = 1\nopen('/tmp/left', 'w').write('x')", source) for _ in range(2))
    third = run(server, "import os\nprint('marker' in globals(), os.path.exists('/tmp/left'))")
    assert texts(first)[1] != texts(second)[1]
    assert texts(third) == ["False False\n"]


def test_nothing_of_the_course_or_the_environment_is_in_sight(server, monkeypatch):
    monkeypatch.setenv("SSH_SECRET", "x")
    course = pathlib.Path(bubblewrap.__file__).parents[2]
    source = f"""
import os
for folder in ("/course", {str(course)!r}, {str(course / "solutions")!r}, "/root", "/home"):
    try:
        print(sorted(os.listdir(folder)))
    except OSError:
        pass
try:
    print(open("/etc/passwd").read())
except OSError:
    pass
print(sorted(os.environ))
"""
    text = texts(run(server, source))[0]
    assert "solutions" not in text and "01-" not in text and "root:" not in text and ".bash" not in text
    assert "HOME" in text and "SSH" not in text


def test_a_submission_is_an_unprivileged_user_without_network_and_other_processes(server):
    source = """
import os
interfaces = [line.split(":")[0].strip() for line in open("/proc/net/dev") if ":" in line]
print(os.getuid(), [name for name in os.listdir("/proc") if name.isdigit()], interfaces)
"""
    user = bubblewrap.UNPRIVILEGED if os.geteuid() == 0 else os.geteuid()
    assert texts(run(server, source)) == [f"{user} ['1', '2'] ['lo']\n"]


def test_lazy_imports_of_the_libraries_and_of_the_course_work_inside(server):
    result = run(
        server, "from holdout import Stage\nimport sklearn.cluster, xml.dom.minidom\nprint('imported')"
    )
    assert texts(result) == ["imported\n"]


def test_a_job_refuses_names_that_leave_its_folder():
    with pytest.raises(ValueError, match="beside the notebook"):
        Job(code(), files={"../x": b""})
    with pytest.raises(ValueError, match="plain name"):
        Job(code(), folder="../x")
    with pytest.raises(ValueError, match="a probe lacks"):
        Job(code(), probes=[{"id": "x"}])


def test_limits_must_be_positive_numbers():
    with pytest.raises(ValueError, match="memory must be a positive number"):
        Limits(memory=0)


def test_the_level_of_isolation_is_measured_and_every_lack_is_a_sentence():
    level = isolation_level()
    assert level.name in ("full", "partial", "none")
    assert (level.name == "full") == (level.missing == [])
    assert all(sentence.endswith(".") for sentence in level.missing)


def test_without_bubblewrap_the_level_is_not_full_and_says_so(monkeypatch):
    monkeypatch.setattr(bubblewrap, "find_bubblewrap", lambda: None)
    level = isolation_level()
    assert level.name != "full" and level.missing


@pytest.mark.needs("root")
def test_root_opens_a_closed_folder_for_the_libraries_only_and_for_its_own_process_only(tmp_path):
    """As with an interpreter below root's home: the library can be read by an ordinary user, its neighbour not."""
    closed = tmp_path / "closed"
    for name in ("library", "secret"):
        (closed / name).mkdir(parents=True)
        (closed / name / "file").write_text(name)
    closed.chmod(0o700)
    program = f"""
import os
from grader.sandbox import isolation
isolation.make_readable([{str(closed / "library")!r}, {str(closed / "absent")!r}])
isolation.drop_to(65534, 65534)
print(open({str(closed / "library" / "file")!r}).read(), os.listdir({str(closed)!r}))
"""
    outside = [parent for parent in tmp_path.parents if not parent.stat().st_mode & 1]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "library ['library']\n"
    assert (closed / "secret" / "file").read_text() == "secret"
    assert outside == [parent for parent in tmp_path.parents if not parent.stat().st_mode & 1]


def test_libraries_that_the_unprivileged_user_cannot_read_are_refused_at_once_with_the_remedy(monkeypatch):
    monkeypatch.setattr(isolation, "drop_to", lambda uid, gid: None)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    sentence = fork_server.give_up_root({"own_proc": False, "readable": [], "uid": 65534})
    assert "cannot be read by the unprivileged user" in sentence
    assert "apt-get install bubblewrap" in sentence and "ordinary user" in sentence


def test_a_server_that_refuses_to_start_says_why(monkeypatch):
    program = 'import socket, sys; socket.socket(fileno=int(sys.argv[1])).send(b\'{"event": "refused", "why": "The reason."}\')'
    monkeypatch.setattr(bubblewrap, "find_bubblewrap", lambda: "bwrap")
    monkeypatch.setattr(
        bubblewrap, "bubblewrap_command", lambda _, command: [sys.executable, "-c", program, command[-2]]
    )
    with pytest.raises(ServerLost, match="The reason"):
        Server()._start("bwrap")


@pytest.mark.parametrize("module", ["grader.grading.run", "grader.tools.doctor", "grader.cli"])
def test_on_a_system_without_unix_modules_the_grader_can_be_imported_to_say_what_to_do(module):
    program = (
        "import sys, pandas\n"  # which asks for the real platform
        "for name in ('resource', 'fcntl'):\n    sys.modules[name] = None\n"
        f"import {module}\n"
        "sys.platform = 'win32'\n"
        "from grader.sandbox.server import isolation_level\n"
        "print(isolation_level().missing[0])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "WSL" in done.stdout


def test_where_nothing_can_be_isolated_the_level_is_none_and_own_work_still_runs(monkeypatch):
    monkeypatch.setattr(bubblewrap, "platform_supported", lambda: False)
    assert isolation_level().name == "none"
    limits = Limits(cell_seconds=2, notebook_seconds=60, grace_seconds=2)
    with Server() as server:
        sources = [
            "print('here')\nx = 2",
            "while True: pass",
            "import subprocess\nsubprocess.Popen(['sleep', '1000'])",
        ]
        executed = run(server, *sources, probes=[probe("q", "x", "answer")], limits=limits)
    assert texts(executed)[0] == "here\n" and executed.cells[1][-1]["ename"] == "CellTimeoutError"
    assert executed.probes["q"] == [{"value": 2}]


# ------------------------------------------------------------ the pool and lost servers


def family(process):
    """A process and its descendants."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                fields = pathlib.Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(name)] = int(fields[1])
    found = {process} & set(parents)
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def gone(processes, seconds=60):
    """Whether processes end within some seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not [process for process in processes if family(process)]:
            return True
        time.sleep(0.05)
    return False


def test_a_pool_gives_every_result_by_name():
    jobs = (Job(code(f"print({i})"), [], LIMITS, name=str(i)) for i in range(7))
    with Pool(2, preload=("json", "holdout.checks.check")) as pool:
        results = {executed.name: texts(executed)[0] for executed in pool.map(jobs)}
    assert results == {str(i): f"{i}\n" for i in range(7)}


def test_a_killed_server_is_replaced_and_its_job_is_run_again():
    with Pool(1, preload=("json",)) as pool:
        names = []
        for executed in pool.map(Job(code("x = 1"), [], LIMITS, name=str(i)) for i in range(4)):
            names.append((executed.name, executed.outcome))
            for server in pool._servers:
                os.killpg(server._process.pid, signal.SIGKILL)
    assert sorted(names) == [(str(i), "done") for i in range(4)]


def test_a_server_that_is_lost_twice_is_reported_and_not_raised(monkeypatch):
    def run(self, job):
        raise ServerLost("It has ended.")

    with Pool(1, preload=("json",)) as pool:
        monkeypatch.setattr(Server, "run", run)
        executed = next(iter(pool.map([Job(code("x"), [probe("q", "x", "answer")], name="a")])))
    assert isinstance(executed, ExecutionResult) and executed.outcome == "lost"
    assert executed.probes["q"][0]["error"] == "NotRun" and executed.sentence.endswith("ended.")


def test_closing_a_server_leaves_no_process():
    server = Server(preload=("json",)).start()
    processes = family(server._process.pid)
    assert processes
    server.close()
    assert gone(processes)


PROGRAM = """
import signal
from grader.sandbox.pool import Pool
from grader.sandbox.server import Job
# a test run in the background of a shell hands on that ctrl-C is ignored
signal.signal(signal.SIGINT, signal.default_int_handler)
cell = {"cell_type": "code", "source": "import os, time\\nos.fork()\\ntime.sleep(100)", "metadata": {}}
with Pool(2, preload=("json",)) as pool:
    print("ready", flush=True)
    for _ in pool.map(Job({"cells": [cell]}) for _ in range(4)): pass
"""


def test_when_close_returns_everything_in_the_namespace_has_ended(monkeypatch):
    require("bwrap")
    # the fixture of this module may have taken it away
    monkeypatch.setattr(bubblewrap, "find_bubblewrap", lambda: shutil.which("bwrap"))
    for _ in range(5):
        server = Server(preload=()).start()
        inside = family(server._process.pid)
        server.close()
        assert len(inside) > 1 and not [process for process in inside if family(process)]


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name
)
def test_ctrl_c_and_kill_leave_no_process_behind(number):
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    program.stdout.readline()
    until = time.monotonic() + 60
    while len(processes := family(program.pid)) < 9 and time.monotonic() < until:
        time.sleep(0.1)
    assert len(processes) >= 9  # two bubblewraps of two processes, two servers, and what runs in them
    program.send_signal(number)
    program.wait(20)
    assert gone(processes)


# ------------------------------------------------------------ the frames


def test_frames_refuse_what_is_not_plain_shallow_finite_json():
    for body in (
        b"[1]",
        b'{"a": NaN}',
        b"\xff",
        b"[" * 100_000,
        b'{"a":' * 150 + b"1" + b"}" * 150,
        b'{"a": [' + b"[]," * 300_000 + b"1]}",
    ):
        with pytest.raises(protocol.ProtocolError):
            protocol.unpack(body)
    assert protocol.unpack(b'{"a": [1, 2.5, null, "x"]}') == {"a": [1, 2.5, None, "x"]}


def test_outputs_are_rebuilt_field_by_field():
    dirty = {
        "output_type": "display_data",
        "data": {"text/plain": "x\ud800", "application/x-evil": "x"},
        "metadata": {"a": 1},
        "more": 1,
    }
    assert protocol.output(dirty, 3, 100) == {
        "output_type": "display_data",
        "data": {"text/plain": "x?"},
        "metadata": {},
    }
    with pytest.raises(protocol.ProtocolError):
        protocol.output({"output_type": "stream", "name": "log", "text": ""}, 1, 100)


def test_results_of_probes_have_one_of_three_forms():
    assert protocol.probe_result({"value": [1]}) == {"value": [1]}
    assert protocol.probe_result({"not_attempted": True}) == {"not_attempted": True}
    assert set(protocol.probe_result({"error": "E", "message": "m", "where": ""})) == {
        "error",
        "message",
        "where",
    }
    for strange in ({"value": 1, "score": 6}, {"not_attempted": 1}, None, [], {"error": 5}):
        with pytest.raises(protocol.ProtocolError):
            protocol.probe_result(strange)


def test_messages_are_plain_json_and_never_pickled():
    assert json.loads(protocol.pack({"a": 1})[4:]) == {"a": 1}
    sources = [path.read_text() for path in pathlib.Path(protocol.__file__).parent.glob("*.py")]
    assert not any(
        f"import {name}" in source for source in sources for name in ("pickle", "marshal", "shelve", "dill")
    )


def test_the_history_is_a_kernels(server):
    executed = run(
        server,
        "x = 20\nx + 1",
        "_ * 2",
        "",
        "print(_i, _i1, In[2], Out, _2, __, len(In))",
        "raise ValueError",
        "print(In[4])",
    )
    assert texts(executed)[3] == "_ * 2 x = 20\nx + 1 _ * 2 {1: 21, 2: 42} 42 21 4\n"
    assert texts(executed)[5] == "raise ValueError\n"


def test_a_cell_can_run_without_a_trace_in_the_history(server):
    job = Job(code("1 + 1", "y = 5", "print(In, Out, y)"), [], LIMITS)
    job.notebook["cells"][1]["history"] = False
    executed = server.run(job)
    assert texts(executed)[2] == "['', '1 + 1', 'print(In, Out, y)'] {1: 2} 5\n"


def test_a_hidden_traceback_is_an_error_nevertheless(server):
    executed = run(server, "get_ipython()._showtraceback = lambda *_: None", "assert False", "print('on')")
    assert [output["output_type"] for output in executed.cells[1]] == ["error"]
    assert texts(executed)[2] == "on\n"


@pytest.mark.parametrize(("end", "kind"), [("assert False, 'no'", "error"), ("2.5", "execute_result")])
def test_an_error_or_a_result_is_kept_after_too_much_output(server, end, kind):
    limits = Limits(cell_output_bytes=20_000, notebook_seconds=60)
    executed = run(server, f"print('x' * 100_000)\n{end}", "print('on')", limits=limits)
    last = executed.cells[0][-1]
    assert last["output_type"] == kind
    assert "no" in last.get("evalue", "no") and last.get("data", {}).get("text/plain", "2.5") == "2.5"
    assert executed.outcome == "done" and texts(executed)[1] == "on\n"


# ------------------------------------------------------------ the clock


def clock_after(wall, used, monkeypatch, seconds=10.0):
    """Whether the time is over after so many seconds by the clock, with so much processor time used."""
    from grader.sandbox import server

    now, usage = [0.0], [0.0]
    monkeypatch.setattr(server.time, "monotonic", lambda: now[0])
    clock = server._Clock(seconds, 3.0, lambda: usage[0])
    while (look := clock.next_look()) < wall:
        now[0], usage[0] = look, None if used is None else used * look / wall
        if clock.is_over():
            return True
    now[0], usage[0] = wall, used
    return clock.is_over()


def test_time_limits_are_processor_time_with_a_wall_behind(monkeypatch):
    assert not clock_after(9.9, 9.9, monkeypatch)
    assert clock_after(10.5, 10.5, monkeypatch)
    assert not clock_after(25, 8.0, monkeypatch)  # on a busy machine it had 8 s in 25
    assert clock_after(30, 0.1, monkeypatch)  # it waits; the wall stops it
    assert clock_after(10, None, monkeypatch)  # where nobody knows, the clock counts


def test_probes_run_in_copies_and_a_copy_that_ends_costs_its_own_probe_only(server):
    probes = [probe("a", "good", "answer()"), probe("b", "bad", "answer()"), probe("c", "good", "answer()")]
    source = "import os\ndef good(): return os.getpid()\ndef bad(): os._exit(1)\nprint(os.getpid())"
    executed = run(server, source, probes=probes)
    notebook = int(texts(executed)[0])
    assert executed.probes["b"][0]["error"] == "ProcessEnded" and executed.outcome == "done"
    assert all(executed.probes[id][0]["value"] != notebook for id in "ac")


def test_a_probe_at_a_cell_sees_what_was_there_after_it(server):
    at_first = {**probe("a", "x", "answer"), "at": 0, "again": "a"}
    executed = run(server, "x = 1", "x = 2", probes=[at_first])
    assert executed.probes["a"] == [{"value": 1}] and executed.later["a"] == [{"value": 2}]
    executed = run(server, "x = 1", "import os; os._exit(2)", probes=[at_first, probe("b", "x", "answer")])
    assert executed.probes["a"] == [{"value": 1}] and executed.later == {}
    assert executed.probes["b"][0]["error"] == "NotRun" and "exit status 2" in executed.sentence


def test_no_input_of_a_later_stage_is_there_before_the_earlier_one_is_answered(server):
    source = """
import os
def note(x):
    with open("/tmp/seen", "a") as file: file.write(str(x))
    return open("/tmp/seen").read()
"""
    probes = [
        {**probe("hidden", "note", "answer(x)", x=7), "stage": 1, "at": 0},
        {**probe("visible", "note", "answer(x)", x=1), "stage": 0, "at": 1},
    ]
    executed = run(server, source, "y = 1", probes=probes)
    assert executed.probes["visible"] == [{"value": "1"}]
