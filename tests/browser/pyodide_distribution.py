"""Python for browsers as far as package registries have it: the core from npm, pure wheels from PyPI, stand-ins for the rest.

The compiled packages (NumPy, pandas, scikit-learn, Matplotlib, ...) are served by the distribution's own servers alone. In their
place stand packages of the same name and version in which every name is an empty class: what needs an array fails, and what
needs none (checks of a choice, records, sliders of a pure-Python model) is tested in the real interpreter of a browser.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile

# what the kernel of JupyterLite loads before the first cell, and what it loads packages with
KERNEL = ("ipython", "jedi", "micropip", "packaging", "traitlets", "typing-extensions")

STAND_IN = """
import importlib.abc, importlib.machinery, sys, types

class _Anything(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything(name, (_Instance,), {})
    def __or__(cls, other): return cls
    def __ror__(cls, other): return cls

class _Instance:
    def __init__(self, *values, **named): pass
    def __enter__(self): return self
    def __exit__(self, *error): pass

class _Module(types.ModuleType):
    __path__ = []
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything(name, (_Instance,), {})

class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == __name__:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
    def create_module(self, spec): return _Module(spec.name)
    def exec_module(self, module): pass

sys.meta_path.append(_Finder())
sys.modules[__name__].__class__ = _Module
__stand_in__ = True
"""
MODULES = {"scikit-learn": "sklearn", "pillow": "PIL", "rpds-py": "rpds"}


def make_distribution(folder, version, needed):
    """Write a distribution of Pyodide into ``folder/pyodide``.

    Parameters
    ----------
    folder : Path
    version : str
        Of the npm package ``pyodide``: the one that the kernel asks for.
    needed : iterable of str
        Packages that notebooks need, besides the kernel's own; what they depend on comes along.

    Returns
    -------
    folder : Path
    locked : dict of str to str
        Versions of the packages that a browser would get from the distribution's own servers.
    stood_in : set of str
        Those that are stand-ins here.
    """
    out = folder / "pyodide"
    run("npm", "pack", "--silent", f"pyodide@{version}", "--pack-destination", str(folder))
    with tarfile.open(next(folder.glob("pyodide-*.tgz"))) as archive:
        archive.extractall(folder / "npm", filter="data")
    shutil.move(folder / "npm" / "package", out)
    lock = json.loads((out / "pyodide-lock.json").read_text())
    packages = lock["packages"]
    kept, waiting = {}, [*KERNEL, *needed]
    while waiting:
        name = waiting.pop().replace(
            "_", "-"
        )  # as the lock names its packages; what they depend on stands there either way
        if name not in kept and name in packages:
            kept[name] = packages[name]
            waiting += packages[name]["depends"]
    stood_in = set()
    for name, entry in kept.items():
        wheel = out / entry["file_name"]
        if wheel.name.endswith("none-any.whl"):
            run(
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"),
                *("--python-version", "3.14", "--dest", str(out), f"{name}=={entry['version']}"),
            )
            found = [path for path in out.glob("*.whl") if same_wheel(path, wheel)]
            if found and found[0] != wheel:
                found[0].rename(wheel)
        else:
            stood_in.add(name)
            write_stand_in(wheel, name, entry["version"])
        entry["sha256"] = hashlib.sha256(wheel.read_bytes()).hexdigest()
    lock["packages"] = kept
    (out / "pyodide-lock.json").write_text(json.dumps(lock))
    return out, {name: entry["version"] for name, entry in kept.items()}, stood_in


def same_wheel(path, wanted):
    """Whether two names of wheels are the same package and version."""
    return path.name.lower().split("-")[:2] == wanted.name.lower().split("-")[:2]


def write_stand_in(path, name, version):
    module = MODULES.get(name, name.replace("-", "_"))
    dist = f"{name.replace('-', '_')}-{version}.dist-info"
    tag = re.search(r"-([^-]+-[^-]+-[^-]+)\.whl$", path.name)[1]
    texts = {
        f"{module}/__init__.py": STAND_IN,
        f"{dist}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{dist}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = f"{dist}/RECORD"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in texts.items():
            archive.writestr(file, text)
        archive.writestr(record, "".join(f"{file},,\n" for file in [*texts, record]))


def run(*command):
    subprocess.run(command, check=True, capture_output=True, text=True)
