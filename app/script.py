"""The window driven by a script: pictures, the job without a display, a self-test."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import LabError
from core.experiment import with_settings
from core.record.source import State
from core.store.export import export_run, prepare_folder

if TYPE_CHECKING:
    import argparse

    from app.shell.laboratory import Laboratory

DEFAULT_STEPS = 400
RESULTS = Path("gradoscope-results")
_OVER = (State.DIVERGED, State.FAILED, State.FINISHED, State.STOPPED)


async def run(laboratory: Laboratory, options: argparse.Namespace) -> int:
    """Do what the options say and return the exit code.

    0 is done, 1 a diverged or failed run, 2 bad input.
    """
    steps = DEFAULT_STEPS if options.steps is None else options.steps
    folder = options.out or RESULTS
    if options.headless:
        prepare_folder(folder)
    await _until(lambda: laboratory.session.is_ready or _over(laboratory))
    if steps or options.experiment:
        laboratory.window.show_views()
        await _train(laboratory, steps, _changes(options.at), progress=options.headless)
    await _settle(laboratory)
    files: list[Path] = []
    if options.headless:
        files = await asyncio.get_running_loop().run_in_executor(
            None, export_run, laboratory.session.record, folder
        )
    picture = options.screenshot or (folder / "window.png" if options.headless else None)
    if picture is not None:
        picture.parent.mkdir(parents=True, exist_ok=True)
        if not laboratory.window.grab_to(picture):
            raise LabError(f"The picture {str(picture)!r} cannot be written.", hint="Use .png.")
        files.append(picture)
    for file in files:
        _say(str(file))
    status = laboratory.session.source.status
    if status.state in (State.DIVERGED, State.FAILED):
        _say(f"{status.message} {status.hint}")
        return 1
    if options.selftest:
        _say("1 passed, 0 failed")
    return 0


def _changes(given: list[list[str]]) -> list[tuple[int, str]]:
    changes = []
    for step, change in given:
        if not step.isdigit():
            raise LabError(f"--at {step!r}: this is no step.", hint="Write --at 800 CHANGE.")
        changes.append((int(step), change))
    return sorted(changes, key=lambda one: one[0])


async def _train(
    laboratory: Laboratory, steps: int, changes: list[tuple[int, str]], *, progress: bool
) -> None:
    session = laboratory.session
    stations = sorted({step for step, _ in changes if step < steps} | {steps})
    for station in stations:
        if station > session.source.steps:
            session.step(station - session.source.steps)
        while session.source.steps < station and not _over(laboratory):
            if progress:
                _show_progress(laboratory, steps)
            await asyncio.sleep(0.05)
        for step, change in changes:
            if step == station and step < steps:
                _apply(laboratory, change)
    if progress:
        _show_progress(laboratory, steps)
        _say("")


def _apply(laboratory: Laboratory, change: str) -> None:
    session = laboratory.session
    if change == "draw":
        session.reinitialise(tuple(layer.number for layer in session.source.facts.layers))
    else:
        session.edit(with_settings(session.experiment, [change]), change)


def _over(laboratory: Laboratory) -> bool:
    return laboratory.session.source.status.state in _OVER


async def _until(condition: object) -> None:
    """Wait for a condition; the trainer reports failures by its status, so it will come."""
    while not condition():  # type: ignore[operator]
        await asyncio.sleep(0.02)


async def _settle(laboratory: Laboratory) -> None:
    """Let the views catch up: a frame is asked for and drawn within some pictures."""
    end = time.monotonic() + 0.8
    while time.monotonic() < end:
        await asyncio.sleep(0.05)
    for view in laboratory.views:
        view.refresh()


def _show_progress(laboratory: Laboratory, steps: int) -> None:
    source = laboratory.session.source
    loss = source.scalars["loss"].last()
    if loss is None:
        return
    text = (
        f"step {source.steps:,} of {steps:,} · loss {float(loss):.4g}"
        f" · {source.steps_per_s:,.0f} steps/s"
    )
    end = "" if sys.stdout.isatty() else "\n"
    sys.stdout.write(f"\r{text:<79}" if sys.stdout.isatty() else text)
    sys.stdout.write(end)
    sys.stdout.flush()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
