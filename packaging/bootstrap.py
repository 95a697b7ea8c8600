"""The commands of ``dev.py``. Standard library only: it runs before anything is installed."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from console import SetupError, become, complain, say
from display import (
    find_display,
    headless_arguments,
    needs_display,
    results_folder,
    why_no_display,
)
from environment import Environment

ROOT = Path(__file__).resolve().parent.parent

USAGE = """\
Gradoscope from a checkout. All that is installed goes to .venv in the project folder.

usage: python3 packaging/dev.py COMMAND

  setup                 install everything that the app needs
  run [app arguments]   setup if needed, then open the app; without a display, run an experiment
                        and leave its results in ./gradoscope-results
  test [pytest args]    setup if needed, then every check: style, layers, types, tests
"""


def main(arguments: Sequence[str]) -> int:
    """Run a command; return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A path that the console cannot show must not stop a set-up.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    commands: dict[str, Callable[[list[str]], int]] = {"setup": setup, "run": run, "test": test}
    if not arguments:
        say(USAGE)
        return 2
    name, *rest = arguments
    if name in ("-h", "--help", "help"):
        say(USAGE)
        return 0
    if name not in commands:
        complain(unknown_command(name, list(commands)))
        return 2
    try:
        return commands[name](rest)
    except SetupError as error:
        complain(str(error))
        return error.code
    except KeyboardInterrupt:
        complain("\nStopped. The same command goes on from here.")
        return 130
    except OSError as error:
        complain(f"{error.strerror or error}: {error.filename or ROOT}")
        return 1


def unknown_command(name: str, commands: Sequence[str]) -> str:
    """Say that a command does not exist, and which was probably meant."""
    from difflib import get_close_matches

    close = get_close_matches(name.lower().lstrip("-"), commands, n=1, cutoff=0.4)
    if close:
        return f'There is no command "{name}": did you mean "{close[0]}"?'
    return f'There is no command "{name}": use {", ".join(commands[:-1])} or {commands[-1]}.'


def setup(arguments: list[str]) -> int:
    """Install everything that the app needs."""
    if any(argument in ("-h", "--help") for argument in arguments):
        say(USAGE)
        return 0
    if arguments:
        raise SetupError(f'"setup" takes no arguments, not even "{arguments[0]}".', code=2)
    environment = Environment(ROOT)
    display = find_display(os.environ)
    done = environment.prepare()
    done |= environment.ensure_libraries(display or "offscreen")
    say("Ready." if done else "Ready: nothing had to be done.")
    say("Open the app:  python3 packaging/dev.py run")
    return 0


def run(arguments: list[str]) -> int:
    """Open the app, or without a display run an experiment."""
    environment = Environment(ROOT)
    environment.prepare()
    environ = dict(os.environ)
    display = find_display(os.environ) if needs_display(arguments) else None
    if display == "xcb" and environment.ensure_libraries(display):
        display = find_display(os.environ)  # only now may there be something to ask it with
    if display is None:
        environment.ensure_libraries("offscreen")
        environ["QT_QPA_PLATFORM"] = "offscreen"
        if needs_display(arguments):
            arguments = headless_arguments(arguments)
            say(why_no_display(os.environ))
            if "--headless" in arguments:
                say(f"Running an experiment instead; results go to {results_folder(arguments)}")
    else:
        environment.ensure_libraries(display)
    # -P: a folder "app" where the user happens to be must not be taken for ours.
    return become([str(environment.python), "-P", "-m", "app", *arguments], environ)


def test(arguments: list[str]) -> int:
    """Run every check, the failed ones notwithstanding."""
    environment = Environment(ROOT)
    environment.prepare(["test"])
    environment.ensure_libraries("offscreen")
    python = str(environment.python)
    # The tests keep the user's own encoding; the other tools draw boxes that not all can show.
    for_tests = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    for_tools = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    checks = [
        ("ruff check", [python, "-m", "ruff", "check", "."]),
        ("ruff format", [python, "-m", "ruff", "format", "--check", "."]),
        ("import contracts", [str(environment.script("lint-imports"))]),
        ("types", [python, "-m", "basedpyright", "--pythonpath", python]),
        ("tests", [python, "-m", "pytest", "-n", "logical", "--dist", "worksteal", *arguments]),
    ]
    results: list[tuple[str, int, float]] = []
    for name, command in checks:
        say(f"\n== {name} ==")
        started = time.monotonic()
        environ = for_tests if name == "tests" else for_tools
        code = subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode
        results.append((name, code, time.monotonic() - started))
        say(f"== {name}: {outcome(code)} after {results[-1][2]:.1f} s ==")
    say("\n" + summary(results))
    return 1 if any(code for _name, code, _seconds in results) else 0


def outcome(code: int) -> str:
    """Put an exit code into words."""
    return "ok" if code == 0 else f"FAILED ({code})"


def summary(results: Sequence[tuple[str, int, float]]) -> str:
    """Put what became of each check into a table."""
    lines = [f"{name:<18} {outcome(code):<14} {seconds:6.1f} s" for name, code, seconds in results]
    failed = [name for name, code, _seconds in results if code]
    lines.append(f"Failed: {', '.join(failed)}." if failed else "All checks passed.")
    return "\n".join(lines)
