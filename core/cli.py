"""The laboratory on the command line: ``python -m core``."""

from __future__ import annotations

import argparse
import io
import os
import re
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import catalogue
from core.control import RunControl
from core.data.samples import TITLES
from core.errors import LabError, did_you_mean
from core.experiment import with_settings
from core.experiment.data import DATA_KINDS
from core.measure.help import explained, overview
from core.record.source import State
from core.store.export import export_run, prepare_folder
from core.trainer import Trainer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.experiment import Experiment
    from core.record.record import Record

DONE, ENDED_EARLY, BAD_INPUT = 0, 1, 2
_OVER = (State.FINISHED, State.STOPPED, State.DIVERGED, State.FAILED)
_COMMANDS = ("run", "list", "summary", "export", "quantities", "doctor")


class _Parser(argparse.ArgumentParser):
    """Says what was wrong in one sentence, with the nearest command."""

    def error(self, message: str) -> Any:
        choice = re.search(r"argument COMMAND: invalid choice: '(.*?)'", message)
        if choice:
            given = choice[1]
            message = f"There is no command {given!r}. {did_you_mean(given, _COMMANDS)}"
        self.exit(BAD_INPUT, f"{message}\nSee python -m core --help.\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns
    -------
    int
        0 done, 1 diverged, failed or stopped early, 2 bad input.
    """
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):  # not every terminal or pipe knows "‖" and "→"
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        if options.command == "run":
            return _run(options)
        if options.command == "list":
            return _list()
        if options.command == "summary":
            return _summary(options)
        if options.command == "export":
            return _export(options)
        if options.command == "quantities":
            return _quantities(options)
        return _doctor()
    except LabError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:  # whoever read, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ENDED_EARLY


def train(
    experiment: Experiment, goal: int | None = None, *, progress: bool = True
) -> tuple[Record, bool]:
    """Train headless to the end, with a progress line.

    Parameters
    ----------
    experiment : Experiment
    goal : int, optional
        Updates; by default the experiment's epochs.
    progress : bool
        Whether to print the line.

    Returns
    -------
    record : Record
    interrupted : bool
        Whether Ctrl+C or SIGTERM ended it; what was trained until then is in the record.
    """
    control = RunControl()
    trainer = Trainer(experiment, control, goal)
    interrupted: list[int] = []

    def interrupt(number: int, _frame: object) -> None:
        interrupted.append(number)

    old = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    line = _ProgressLine(goal) if progress else None
    control.run()
    trainer.start()
    try:
        while trainer.record.status.state not in _OVER and not interrupted:
            time.sleep(0.05)
            if line:
                line.show(trainer.record)
    finally:
        control.stop()
        trainer.join()
        for number, handler in old.items():
            signal.signal(number, handler)
    if line:
        line.close(trainer.record)
    return trainer.record, bool(interrupted)


class _ProgressLine:
    """One line that is rewritten on a terminal, and a line every two seconds in a file.

    How the run ended is not told here: the caller says it once.
    """

    def __init__(self, goal: int | None) -> None:
        self._goal = goal
        self._live = sys.stderr.isatty()
        self._next = 0.0
        self._told: int | str = ""
        self._text_told = ""

    def show(self, record: Record) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + (0.1 if self._live else 2.0)
        self._write(record)

    def close(self, record: Record) -> None:
        self._write(record)
        if self._live:
            trained = isinstance(self._told, int)
            print("" if trained else f"\r{'':<79}\r", end="\n" if trained else "", file=sys.stderr)

    def _write(self, record: Record) -> None:
        loss = record.scalars["loss"].last()
        if loss is None and record.status.state in _OVER:
            return
        told, text = self._text(record, loss)
        if self._live and text != self._text_told:
            print(f"\r{text:<79}", end="", file=sys.stderr, flush=True)
        elif not self._live and told != self._told:
            print(text, file=sys.stderr, flush=True)
        self._told, self._text_told = told, text

    def _text(self, record: Record, loss: Any) -> tuple[int | str, str]:
        """Return what is told, a step or a sentence, and the line for it."""
        if loss is None:
            text = record.status.message or "loading PyTorch"
            return text, text
        facts, steps = record.facts, record.steps
        training = record.experiment.training
        goal = self._goal or training.steps or training.epochs * facts.steps_per_epoch
        return steps, (
            f"step {steps:,} of {goal:,} · epoch {facts.epoch(steps):.1f}"
            f" · loss {float(loss):.4g} · {record.steps_per_s:,.0f} steps/s"
        )


def _run(options: argparse.Namespace) -> int:
    experiment = catalogue.load(options.experiment)
    made: list[Path] = []
    assignments = list(options.set)
    if options.epochs is not None:
        assignments.append(f"training.epochs={options.epochs}")
    if options.seed is not None:
        assignments.append(f"seed={options.seed}")
    if assignments:
        experiment = with_settings(experiment, assignments)
    if options.steps is not None and options.steps < 1:
        raise LabError(f"--steps {options.steps} trains nothing.", hint="Use at least 1.")
    if options.out is not None:
        made = prepare_folder(options.out)  # before the training, not after it
    record, interrupted = train(experiment, options.steps)
    status = record.status
    never_built = not (status.details or record.steps)  # refused with a sentence: no crash
    if status.state is State.FAILED and (status.field is not None or never_built):
        with suppress(OSError):  # somebody else has put something into one
            for folder in made:
                folder.rmdir()
        raise LabError(status.message, hint=status.hint, field=status.field)
    if options.out is not None:
        for file in export_run(record, options.out):
            print(file)
    if status.details:
        print(status.details, file=sys.stderr)
    print(" ".join(part for part in (status.message, status.hint) if part))
    return DONE if status.state is State.FINISHED and not interrupted else ENDED_EARLY


def _list() -> int:
    names = catalogue.names()
    width = max(map(len, names))
    for name in names:
        experiment = catalogue.load(name)
        default = " (default)" if name == catalogue.DEFAULT else ""
        print(f"{name:<{width}}  {experiment.name}{default}. {experiment.description}")
    print("\nData sources:")
    for kind, model in DATA_KINDS.items():
        print(f"  {kind:<{width}}{TITLES[kind]}: {model.__doc__}")
    return DONE


def _summary(options: argparse.Namespace) -> int:
    from core.network.summary import summary_text

    experiment = catalogue.load(options.experiment)
    if options.set:
        experiment = with_settings(experiment, options.set)
    print(f"{experiment.name}\n{summary_text(experiment)}")
    return DONE


def _export(options: argparse.Namespace) -> int:
    from core.script import export_script

    experiment = catalogue.load(options.experiment)
    if options.set:
        experiment = with_settings(experiment, options.set)
    for file in export_script(experiment, options.out, options.data):
        print(file)
    return DONE


def _quantities(options: argparse.Namespace) -> int:
    print(explained(options.names) if options.names else overview())
    return DONE


def _doctor() -> int:
    from core.doctor import examine

    lines, problems = examine()
    print("\n".join(lines))
    for problem in problems:
        print(f"problem: {problem}", file=sys.stderr)
    if not problems:
        print("Nothing is wrong.")
    return ENDED_EARLY if problems else DONE


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m core", description="Gradoscope without a window.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="train an experiment", description="Train headless.")
    _experiment_argument(run)
    run.add_argument("--steps", type=int, metavar="N", help="number of updates")
    run.add_argument("--epochs", type=int, metavar="N", help="passes over the training samples")
    run.add_argument("--seed", type=int, metavar="N", help="seed of all random numbers")
    run.add_argument("--out", type=Path, metavar="DIR", help="write TOML, CSV and JSON here")
    commands.add_parser("list", help="name the ready experiments and data sources")
    summary = commands.add_parser("summary", help="print the layers with parameter counts")
    _experiment_argument(summary)
    export = commands.add_parser(
        "export",
        help="write a PyTorch script that repeats the run",
        description="Write one runnable PyTorch script, without any import of the laboratory.",
    )
    _experiment_argument(export)
    export.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="the script, such as script.py"
    )
    export.add_argument(
        "--data",
        choices=("auto", "recipe", "npz"),
        default="auto",
        help="draw toy data in the script, or save them beside it (default: auto)",
    )
    quantities = commands.add_parser(
        "quantities",
        help="say what is measured, how to read it and when it misleads",
        description="List what is measured, or explain some of it.",
    )
    quantities.add_argument("names", nargs="*", metavar="NAME", help="such as update_ratio")
    commands.add_parser("doctor", help="print versions and devices, and what is wrong")
    return parser


def _experiment_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "experiment",
        nargs="?",
        default=catalogue.DEFAULT,
        metavar="FILE_OR_NAME",
        help=f"an experiment file, or a name from `list` (default: {catalogue.DEFAULT})",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="change a setting, such as training.optimizer.lr=0.01; may be repeated",
    )
