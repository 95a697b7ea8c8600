"""What the programs of this folder print, and sub-processes that are never silent for long."""

import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

HEARTBEAT = 5.0  # seconds of silence after which a sub-process is said to be still at work


class SetupError(Exception):
    """Something that stops a command, told in words that the user can act on."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def say(text: str = "") -> None:
    """Print a line at once, so that it stands before what a sub-process prints."""
    print(text, flush=True)


def complain(text: str) -> None:
    """Print to standard error."""
    sys.stdout.flush()
    print(text, file=sys.stderr, flush=True)


def nothing_to_show(_line: str) -> str | None:
    """Show no line of a sub-process."""
    return None


def watched(
    command: Sequence[str],
    doing: str,
    *,
    show: Callable[[str], str | None] = nothing_to_show,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> tuple[int, list[str]]:
    """Run a command, print a sign of life now and then, and keep its last lines.

    Parameters
    ----------
    command : sequence of str
        The command.
    doing : str
        What it does, for the signs of life: "installing".
    show : callable
        Turns a line of output into what is printed for it, or None.
    environ : mapping, optional
        The environment, this process's own by default.
    folder : pathlib.Path, optional
        The working folder.

    Returns
    -------
    code : int
        The exit code; 127 if the command does not exist.
    tail : list of str
        The last lines of its output.
    """
    tail: deque[str] = deque(maxlen=40)
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=None if environ is None else dict(environ),
            cwd=folder,
        )
    except OSError as error:
        return 127, [str(error)]
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(process, lines))
    reader.start()
    started = spoke = time.monotonic()
    try:
        while True:
            try:
                line = lines.get(timeout=0.5)
            except queue.Empty:
                line = ""
            if line is None:
                break
            if line:
                tail.append(line)
                shown = show(line)
                if shown:
                    say(f"  {shown}")
                    spoke = time.monotonic()
            if time.monotonic() - spoke >= HEARTBEAT:
                spoke = time.monotonic()
                say(f"  ... {doing}, {spoke - started:.0f} s")
        return process.wait(), list(tail)
    except BaseException:
        process.terminate()
        process.wait()
        raise
    finally:
        reader.join()


def _read(process: subprocess.Popen[str], lines: "queue.SimpleQueue[str | None]") -> None:
    if process.stdout is not None:
        with process.stdout as output:
            for line in output:
                lines.put(line.rstrip())
    lines.put(None)


def become(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Replace this process by another; where there is no such thing, run it and wait."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "posix":
        os.execve(command[0], list(command), dict(environ))
    # Ctrl+C reaches the child as well: it decides what that means, this process only waits.
    process = subprocess.Popen(command, env=dict(environ))
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue
