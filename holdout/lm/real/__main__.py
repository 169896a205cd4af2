"""Make the recorded tables of the real model again, or print what they say: `python -m holdout.lm.real --help`.

Every table is made with one thread, shows its progress, and goes on where it was if it is stopped and started again.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from holdout import commands
from holdout.data import loader

STEPS = {
    "questions": "questions.csv and passages.csv.xz, from the installed scikit-learn and wheels of releases 0.18 to 0.23, 15 seconds",
    "vectors": "vectors.npz: passages and questions embedded by MiniLM (requirements-embed.txt), 1 minute",
    "retrieval": "retrieval.csv, from the vectors and BM25, 5 seconds",
    "choice": "choice.csv: log likelihoods of four options a question, 4 minutes",
    "prompting": "prompting.csv: every question on every rung of the prompting ladder, 45 minutes",
    "reading": "reading.csv: questions with passages in front of them, 100 minutes",
    "judge": "judge.csv: is a recorded answer correct? Margins of yes over no, 8 minutes",
    "pairs": "pairs.csv: which of two answers is better? Margins of A over B in both orders, 10 minutes",
    "replacements": "replacements.csv.xz: one canary under another system prompt and with rounded weights, 40 minutes",
    "adapters": "adapters.csv.xz and adapter_losses.csv: the model tuned with LoRA, asked before and after (requirements-llm.txt), 30 minutes",
    "adapters_read": "adapters_read.csv.xz: every question that is not taught, read by the tuned copies (requirements-llm.txt), 70 minutes",
    "generations": "generations.csv: a model trained on its own text, generation after generation (requirements-llm.txt), 35 minutes (accumulate alone 20)",
    "checksums": "enters every table into datasets/checksums.sha256",
    "report": "prints shares with intervals from the recorded tables; needs no package",
}
"""What each step makes, with its time on one free core after the last comma."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step; returns the exit code."""
    text = "\n".join(f"  {name:13} {what}" for name, what in STEPS.items())
    parser = argparse.ArgumentParser(
        prog="python -m holdout.lm.real",
        description="Make the recorded tables of the real model again.",
        epilog=f"steps, in their order:\n{text}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=STEPS, metavar="STEP")
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        help="rungs, cases, variants, runs, modes or files; may be repeated",
    )
    parser.add_argument(
        "--part",
        action="append",
        choices=("reading", "everyday"),
        help="for replacements: ask this part alone",
    )
    parser.add_argument(
        "--wheels", type=Path, nargs="+", default=[], help="for questions: wheels of old releases"
    )
    parser.add_argument("--folder", type=Path, help="where the tables are; datasets/real_model by default")
    parser.add_argument(
        "--seconds", type=float, default=float("inf"), help="stop after this time, to go on later"
    )
    parser.add_argument("--debug", action="store_true", help=argparse.SUPPRESS)
    parser.set_defaults(run=_step)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return commands.run(parser, arguments)


def _step(options: argparse.Namespace) -> int:
    from holdout.lm.real import judging, record, report, runtime, tables

    if options.command == "report":
        report.print_all()
        return 0
    folder = options.folder or loader.folder() / "real_model"
    folder.mkdir(exist_ok=True)
    if options.command == "questions":
        record.write_questions(folder, options.wheels)
    elif options.command == "vectors":
        record.write_vectors(folder)
    elif options.command == "retrieval":
        record.write_retrieval(folder)
    elif options.command == "checksums":
        names = options.only or sorted(
            path.name for path in folder.iterdir() if path.suffix in (".csv", ".xz", ".npz")
        )
        loader.write_checksums((f"{folder.name}/{name}" for name in names), folder.parent)
    else:
        makers: dict[str, Callable[..., Iterator[tables.Job]]] = {
            "choice": record.choice_jobs,
            "prompting": record.prompting_jobs,
            "reading": record.reading_jobs,
            "judge": judging.judge_jobs,
            "pairs": judging.pair_jobs,
            "replacements": record.replacement_jobs,
            "adapters": record.tuned_jobs,
            "adapters_read": record.every_read_jobs,
            "generations": record.sampled_jobs,
        }
        only = (options.only,) if options.only else ()
        parts = {"parts": options.part} if options.part and options.command == "replacements" else {}
        jobs = makers[options.command](folder, runtime.load, *only, **parts)
        missing = tables.make_table(tables.table_path(folder, options.command), jobs, seconds=options.seconds)
        if missing:
            print(f"{missing} rows are missing; the same command goes on", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
