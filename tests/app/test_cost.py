"""What measuring costs is told in numbers that add up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from app.shell.cost import CostMeter


def source(steps: int, seconds: float, **overhead: float) -> Any:
    return SimpleNamespace(steps=steps, seconds=seconds, overhead=overhead)


def test_the_cost_is_that_since_the_last_look():
    meter, run = CostMeter(), source(10, 0.1, signals=0.01)
    assert meter.read(run) is None  # too few steps to say anything
    run.steps, run.seconds, run.overhead = 100, 0.1, {"signals": 0.01, "weights": 0.01}
    text, tip = meter.read(run) or ("", "")
    assert text == "measuring 200 µs a step (+25\N{NARROW NO-BREAK SPACE}%)"
    assert "signals: 100 µs" in tip
    run.steps, run.seconds, run.overhead = 200, 0.2, {"signals": 0.06, "weights": 0.01}
    text, _ = meter.read(run) or ("", "")
    assert text == "measuring 500 µs a step (+100\N{NARROW NO-BREAK SPACE}%)"


def test_another_run_is_counted_by_itself():
    meter = CostMeter()
    assert meter.read(source(1000, 1.0, signals=0.5))
    text, _ = meter.read(source(100, 0.1, signals=0.02)) or ("", "")
    assert text == "measuring 200 µs a step (+25\N{NARROW NO-BREAK SPACE}%)"
