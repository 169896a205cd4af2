"""Run in a process of its own: ``python run_rule.py RULE INPUT OUTPUT``. Asks the learner's rule about each stream, in order.

Ends at the first stream that rings, or for which the rule wants the whole suite. Whatever the rule does to its process costs only
this process. Knows nothing of Holdout.
"""

import json
import pathlib
import sys
import traceback

COUNTS = ("lost", "gained", "changed")


def main(rule, given, answer):
    import numpy as np

    rule = pathlib.Path(rule)
    sys.path[0] = str(rule.parent)
    streams = json.loads(pathlib.Path(given).read_text(encoding="utf-8"))
    names: dict = {"__name__": "rule", "__file__": str(rule)}
    results: list = []
    problem = ""
    try:
        exec(compile(rule.read_text(encoding="utf-8"), str(rule), "exec"), names)
        monitor = names["monitor"]
        for stream in streams:
            for key in COUNTS:
                stream[key] = np.array(stream[key], dtype=int).reshape(-1, len(stream["slices"]))
            if stream["suite"] is not None:
                stream["suite"] = {key: np.array(value) for key, value in stream["suite"].items()}
            result = monitor(stream)
            if isinstance(result, str) and result == "suite":
                results.append("suite")
                break
            if not isinstance(result, (bool, np.bool_)):
                problem = f'monitor returned {repr(result)[:100]}; it must return True, False or "suite"'
                break
            results.append(bool(result))
            if result:
                break
    except KeyError as error:
        problem = (
            "there is no function monitor in it" if error.args == ("monitor",) else describe(rule, error)
        )
    except BaseException as error:  # the learner's own code may raise anything
        problem = describe(rule, error)
    pathlib.Path(answer).write_text(json.dumps({"results": results, "problem": problem}), encoding="utf-8")


def describe(rule, error):
    """The error in one line, with the line of the rule."""
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(rule)
    ]
    line = getattr(error, "lineno", None) if isinstance(error, SyntaxError) else lines[-1] if lines else None
    where = f" (line {line})" if line else ""
    return f"{type(error).__name__}: {error}"[:200] + where


if __name__ == "__main__":
    main(*sys.argv[1:])
