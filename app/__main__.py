"""``gradoscope``, or ``python -m app``: the window, a picture of it, or the job without it."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Start the laboratory; return the exit code."""
    multiprocessing.freeze_support()  # in a bundle, the process that trains begins here, too
    options = _parser().parse_args(arguments)
    if options.gallery is not None:
        from app import gallery

        return gallery.build(options.gallery)
    if options.scale is not None:
        os.environ["QT_SCALE_FACTOR"] = f"{options.scale:g}"
    if options.headless or options.selftest:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from app.application import display_problem

    problem = display_problem()
    if problem:
        hint = "Use --headless to train without a window, or set QT_QPA_PLATFORM=offscreen."
        sys.stderr.write(f"{problem} {hint}\n")
        return BAD_INPUT
    from core.errors import LabError

    try:
        from app import launch

        return launch.launch(options)
    except LabError as error:
        sys.stderr.write(f"{error}\n")
        return BAD_INPUT


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and int(width) >= 1024 and int(height) >= 600):
        raise argparse.ArgumentTypeError(f"{text!r} is no size: write 1440x900, at least 1024x600")
    return int(width), int(height)


def _scale(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 0.5 <= scale <= 4.0:
        raise argparse.ArgumentTypeError(f"{text!r} is no scale: write a number from 0.5 to 4")
    return scale


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of steps: write 0, 1, 2 ...")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gradoscope", description="An oscilloscope for gradients."
    )
    add: Any = parser.add_argument
    add("--version", action="version", version=f"gradoscope {__version__}")
    add("--experiment", metavar="NAME", help="a ready experiment, or an experiment file")
    add("--steps", type=_count, metavar="N", help="updates to make at once")
    add("--theme", choices=("dark", "light"), help="colours of the window")
    add("--size", type=_size, metavar="WxH", help="size of the window, such as 1440x900")
    add("--scale", type=_scale, metavar="X", help="magnification, such as 1.5")
    add("--screenshot", type=Path, metavar="FILE", help="train, save a picture of the window, quit")
    add(
        "--at",
        nargs=2,
        action="append",
        default=[],
        metavar=("STEP", "CHANGE"),
        help="change a setting live at a step (PATH=VALUE), or draw all weights again (draw)",
    )
    add("--headless", action="store_true", help="train without a display and write the results")
    add("--out", type=Path, metavar="DIR", help="where --headless writes")
    add("--selftest", action="store_true", help="open, train, close, without a display")
    add(
        "--gallery",
        type=Path,
        metavar="DIR",
        help="paint the gallery of the documentation into this folder, without a display",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
