"""Benchmark, not a test: our engine alone against our engine under the open window.

``python tests/bench/window.py [--seconds 6] [--rounds 3]`` starts its own Xvfb if there is no
display, and prints the ratio of both speeds, measured in turn in fresh processes, with the
pictures a second, the longest 1 % of the times between two of them, the share of a core that the
window's thread and its whole process take (training is in another), what a picture takes of a core
(refresh and paint), the paint events counted, and how long a choice of a layer takes from the event
to the paint of the layer table (the longest 1 %).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXPERIMENTS = ("twenty-sigmoid-layers", "fashion-batch-norm", "two-moons")
ENDLESS = ["training.epochs=1000000"]
ANSWERS_S = 6.0
COLUMNS = (
    ("window /s", "steps_per_s", 0),
    ("frames/s", "frames_per_s", 1),
    ("interval p99 ms", "interval_p99_ms", 0),
    ("core share", "core_share", 2),
    ("whole process", "process_share", 2),
    ("answer p99 ms", "answer_p99_ms", 0),
    ("refresh ms", "refresh_ms", 1),
    ("paint ms", "paint_ms", 1),
    ("plot paints/s", "plot_paints_per_s", 1),
    ("first paint s", "first_paint_s", 2),
    ("ready s", "ready_s", 1),
)
"""Title, key, and digits after the point."""


def alone(name: str, seconds: float) -> dict[str, float]:
    """Train without a window."""
    from core import catalogue
    from core.control import RunControl
    from core.experiment import with_settings
    from core.trainer import Trainer
    from core.warmup import warm_up

    control = RunControl()
    trainer = Trainer(with_settings(catalogue.load(name), ENDLESS), control, prepare=warm_up)
    trainer.start()
    control.run()
    while trainer.record.steps < 50:
        time.sleep(0.01)
    first, started = trainer.record.steps, time.perf_counter()
    time.sleep(seconds)
    rate = (trainer.record.steps - first) / (time.perf_counter() - started)
    control.stop()
    trainer.join()
    return {"steps_per_s": rate}


def under_window(name: str, seconds: float) -> dict[str, float]:
    """Train under the open window, six views live, and count what is painted."""
    from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot

    from app.application import LabApplication
    from app.settings import Settings
    from app.shell.main_window import MainWindow
    from core import catalogue
    from core.experiment import with_settings
    from core.warmup import has_curves

    class Answers(QObject):
        """Asks for another layer now and then, and notes when the layer table is painted."""

        asked = Signal(float)

        def __init__(self) -> None:
            super().__init__()
            self.waits: list[float] = []
            self.pending: float | None = None
            self.done = threading.Event()
            self.asked.connect(self.answer)
            self.thread = threading.Thread(target=self.ask)

        def ask(self) -> None:
            while not self.done.wait(0.15 + 0.1 * random.random()):
                self.asked.emit(time.perf_counter())  # into the queue of the window's thread

        @Slot(float)
        def answer(self, since: float) -> None:
            self.pending = since
            count = max(1, len(session.source.facts.layers))
            session.select_layer(session.layer % count + 1)

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() is QEvent.Type.Paint and self.pending is not None:
                self.waits.append(time.perf_counter() - self.pending)
                self.pending = None
            return False

    started = time.perf_counter()
    application = LabApplication(sys.argv[:1])
    window = MainWindow(Settings())
    window.resize(1440, 900)
    window.show()
    application.sendPostedEvents()
    while not window.windowHandle().isExposed():
        application.sendPostedEvents()
        QObjectSpin.spin()
    first_paint = time.perf_counter() - started

    from app.session import Session

    session = Session(with_settings(catalogue.load(name), ENDLESS))
    session.start()
    from app.shell.laboratory import Laboratory

    laboratory = Laboratory(window, session)
    laboratory.start()
    window.show_views()
    result: dict[str, float] = {"first_paint_s": first_paint}
    clock = laboratory.clock
    answers = Answers()
    laboratory.panel.layers.table.viewport().installEventFilter(answers)
    drawn: list[float] = []

    def note() -> None:
        if clock.frames != note.frames:
            note.frames = clock.frames
            drawn.append(time.perf_counter())

    note.frames = 0
    clock.ticked.connect(note)

    def begin() -> None:
        if session.source.steps < 50 or not has_curves():
            if session.is_ready and "ready_s" not in result:
                result["ready_s"] = time.perf_counter() - started
                session.run()
            QTimer.singleShot(10, begin)
            return
        result["from"] = session.source.steps
        result["at"] = time.perf_counter()
        result["frames"], result["refresh"] = clock.frames, clock.seconds_in_refresh
        result["painting"] = clock.seconds_in_painting
        result["thread"], result["process"] = time.thread_time(), time.process_time()
        result["paints"] = painted()
        drawn.clear()
        QTimer.singleShot(int(seconds * 1000), end)

    def painted() -> int:
        return sum(view.canvas.paints for view in laboratory.views)

    def end() -> None:
        elapsed = time.perf_counter() - result.pop("at")
        result["steps_per_s"] = (session.source.steps - result.pop("from")) / elapsed
        frames = clock.frames - result.pop("frames")
        result["frames_per_s"] = frames / elapsed
        refresh = clock.seconds_in_refresh - result.pop("refresh")
        result["refresh_ms"] = 1000 * refresh / max(1, frames)
        painting = clock.seconds_in_painting - result.pop("painting")
        result["paint_ms"] = 1000 * painting / max(1, frames)
        result["plot_paints_per_s"] = (painted() - result.pop("paints")) / elapsed
        result["core_share"] = (time.thread_time() - result.pop("thread")) / elapsed
        result["process_share"] = (time.process_time() - result.pop("process")) / elapsed
        gaps = sorted(later - one for one, later in pairwise(drawn))
        result["interval_p99_ms"] = 1000 * gaps[int(0.99 * len(gaps))]
        # Only now: to choose a layer five times a second is work of its own.
        answers.thread.start()
        QTimer.singleShot(int(ANSWERS_S * 1000), answered)

    def answered() -> None:
        answers.done.set()
        answers.thread.join()
        waits = sorted(answers.waits)
        result["answer_p99_ms"] = 1000 * waits[int(0.99 * len(waits))]
        application.quit()

    QTimer.singleShot(0, begin)
    application.exec()
    clock.stop()
    session.shutdown()
    session.join()
    application.restore()
    return result


class QObjectSpin:
    """Lets Qt deliver what the window system has sent, before the event loop runs."""

    @staticmethod
    def spin() -> None:
        from PySide6.QtCore import QEventLoop

        QEventLoop().processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 5)


def child(mode: str, name: str, seconds: float) -> dict[str, float]:
    """Run one measurement in a fresh process."""
    command = [sys.executable, __file__, "--child", mode, "--name", name]
    command += ["--seconds", str(seconds)]
    output = subprocess.run(command, capture_output=True, text=True, check=False)
    if output.returncode:
        sys.exit(output.stderr)
    return json.loads(output.stdout.splitlines()[-1])


def compare(seconds: float, rounds: int, names: tuple[str, ...]) -> None:
    """Print the table."""
    heads = [(title, len(title) + 2) for title, _, _ in COLUMNS]
    print(
        f"{'experiment':<24}{'alone /s':>10}{'ratio':>8}" + "".join(f"{t:>{w}}" for t, w in heads)
    )
    for name in names:
        free: list[float] = []
        shown: list[dict[str, float]] = []
        for _ in range(rounds):
            free.append(child("alone", name, seconds)["steps_per_s"])
            shown.append(child("window", name, seconds))
        middle = {key: statistics.median(one[key] for one in shown) for key in shown[0]}
        ratio = statistics.median(
            one["steps_per_s"] / rate for one, rate in zip(shown, free, strict=True)
        )
        cells = (f"{middle[key]:>{len(title) + 2}.{digits}f}" for title, key, digits in COLUMNS)
        print(f"{name:<24}{statistics.median(free):>10.0f}{ratio:>8.2f}" + "".join(cells))


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=EXPERIMENTS)
    parser.add_argument("--child", choices=("alone", "window"))
    parser.add_argument("--name", default=EXPERIMENTS[0])
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if options.child:
        measure = alone if options.child == "alone" else under_window
        print(json.dumps(measure(options.name, options.seconds)))
        return
    server = None
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        if not shutil.which("Xvfb"):
            sys.exit("No display and no Xvfb: install the package xvfb.")
        read, write = os.pipe()
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1440x900x24"]
        server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
        os.environ["DISPLAY"] = ":" + os.read(read, 20).decode().strip()
    try:
        compare(options.seconds, options.rounds, (options.only,) if options.only else EXPERIMENTS)
    finally:
        if server is not None:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
