"""What the learners', instructors' and authors' commands share: arguments, JSON output, and one place that catches errors."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from holdout import __version__
from holdout.errors import HoldoutError


def make_parser() -> tuple[argparse.ArgumentParser, Callable[..., argparse.ArgumentParser]]:
    """Make the parser of ``holdout``, without commands.

    Returns
    -------
    argparse.ArgumentParser
    add : callable
        ``add(name, run, help, /, **arguments)`` adds a command; an argument is a dict of ``add_argument`` settings, and
        ``positional=True`` makes it one without dashes.
    """
    parser = argparse.ArgumentParser(
        prog="holdout",
        description="Holdout: a course in machine-learning judgement, and the grader that goes with it.",
    )
    parser.add_argument("--version", action="version", version=f"holdout {__version__}")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def add(name, run, help, /, **arguments):
        sub = commands.add_parser(name, help=help, description=help)
        sub.set_defaults(run=run)
        sub.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        for argument, settings in arguments.items():
            settings = dict(settings)
            positional = settings.pop("positional", False)
            sub.add_argument(argument if positional else f"--{argument.replace('_', '-')}", **settings)
        return sub

    return parser, add


def run(parser: argparse.ArgumentParser, argv: Sequence[str] | None = None) -> int:
    """Parse the arguments, run the command, and turn an error that a user can cause into one sentence.

    Any other exception is a mistake in Holdout: it is not caught, so Python shows its traceback and ends with 1.

    Returns
    -------
    int
        0 done, 1 something failed that the user must see, 2 wrong usage.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # a sign that the terminal has not, such as ✔ in an old Windows console, must not end the command
        sys.stdout.reconfigure(errors="backslashreplace")
    options = parser.parse_args(argv)
    if not hasattr(options, "run"):
        parser.print_help()
        return 2
    try:
        code = options.run(options)
        sys.stdout.flush()
        return code
    except HoldoutError as error:
        if options.debug:
            traceback.print_exc()
        print(f"holdout {options.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nholdout {options.command}: interrupted; what was finished is kept", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # whoever read the output, such as `head`, has seen enough; Python must not try to write the rest when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


FLAG: dict[str, Any] = {"action": "store_true"}
AS_JSON: dict[str, Any] = {**FLAG, "help": "print one JSON document and nothing else"}
EXERCISE: dict[str, Any] = {
    "positional": True,
    "nargs": "?",
    "help": "name or number of an exercise; all by default",
}
SEVERAL: dict[str, Any] = {"positional": True, "nargs": "*", "help": "names or numbers; all by default"}


def positive_integer(text: str) -> int:
    """An argument that is a whole number from 1."""
    number = whole_number(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not {text!r}")
    return number


def whole_number(text: str) -> int:
    """An argument that is a whole number from 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number, not {text!r}")
    return int(text)


def print_json(document: object) -> None:
    """Print one JSON document on standard output."""
    print(json.dumps(document, ensure_ascii=False, indent=1))
