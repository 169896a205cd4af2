"""Run in a process of its own: ``python run_rule.py RULE INPUT OUTPUT SECONDS``. Asks the learner's rule about each stream, in order.

Ends at the first stream that rings, or for which the rule wants the whole suite. Whatever the rule does to its process costs only
this process. Knows nothing of Holdout.
"""

import json
import pathlib
import sys
import traceback

COUNTS = ("lost", "gained", "changed")


def main(rule: str, given: str, answer: str, seconds: str) -> None:
    limit_computing(int(seconds))
    file = pathlib.Path(rule)
    sys.path[0] = str(file.parent)
    results, problem = answers(file, json.loads(pathlib.Path(given).read_text(encoding="utf-8")))
    pathlib.Path(answer).write_text(json.dumps({"results": results, "problem": problem}), encoding="utf-8")


def answers(file: pathlib.Path, streams: list) -> tuple[list, str]:
    """What the rule says about the streams, and what went wrong; the streams are changed on the way."""
    import numpy as np

    names: dict = {"__name__": "rule", "__file__": str(file)}
    results: list = []
    problem = ""
    try:
        exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), names)
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
            "there is no function monitor in it" if error.args == ("monitor",) else describe(file, error)
        )
    except BaseException as error:  # the learner's own code may raise anything
        problem = describe(file, error)
    return results, problem


def limit_computing(seconds: int) -> None:
    """Have the system end this process after so many seconds of computing from now, where it can."""
    try:
        import resource
    except ImportError:  # Windows: the clock of the caller alone counts
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    if hard == resource.RLIM_INFINITY or soft <= hard:
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def describe(rule: pathlib.Path, error: BaseException) -> str:
    """The error in one line, with the line of the rule."""
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(rule)
    ]
    line = getattr(error, "lineno", None) if isinstance(error, SyntaxError) else lines[-1] if lines else None
    where = f" (line {line})" if line else ""
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {said}"[:200] + where


if __name__ == "__main__":
    main(*sys.argv[1:])
