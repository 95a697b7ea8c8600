"""Benchmark, not a test: what a redraw costs in a long run against a short one.

``python tests/bench/redraw.py [--steps 1000000]`` draws every view of a run of 1,000 steps and of a
long one, in turn, and prints the ratio of the times (refresh and paint, medians).
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHORT = 1000
ROUNDS = 15


def seconds_of(view: object) -> float:
    """Return the time that one redraw takes, painting included."""
    started = time.perf_counter()
    view.invalidate()
    view.refresh()
    view.canvas.viewport().repaint()
    return time.perf_counter() - started


def main() -> None:
    """Print a line a view."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000)
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.path.insert(0, str(ROOT))
    from app.application import LabApplication
    from app.views import VIEWS
    from core.warmup import load_curves
    from tests.app.fake_source import append_steps, empty_record, fake_record, put_frame

    application = LabApplication(sys.argv[:1])
    load_curves()  # before that nothing is drawn that needs them
    long = empty_record(20)
    while long.steps < options.steps:
        append_steps(long, min(10_000, options.steps - long.steps), 800)
    put_frame(long, relu=True)
    runs = {"short": fake_record(SHORT), "long": long}
    print(f"{'view':<16}{'1,000 steps ms':>16}{f'{options.steps:,} ms':>16}{'ratio':>8}")
    for kind in VIEWS:
        views = {}
        for name, run in runs.items():
            view = views[name] = kind()
            view.resize(440, 320)
            view.set_source(run)
            view.show()
            view.refresh()
            while not view.windowHandle().isExposed():
                application.processEvents()  # before that repainting does nothing
        painted = {name: view.canvas.paints for name, view in views.items()}
        times: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(ROUNDS):
            for name, view in views.items():
                times[name].append(seconds_of(view))
        for name, view in views.items():
            if view.is_drawn and view.canvas.paints - painted[name] < ROUNDS:
                sys.exit(f"{kind.key} was not painted each time: nothing was measured.")
        short, other = (1000 * statistics.median(times[name]) for name in runs)
        print(f"{kind.key:<16}{short:>16.2f}{other:>16.2f}{other / short:>8.2f}")
        for view in views.values():
            view.close()
    application.restore()


if __name__ == "__main__":
    main()
