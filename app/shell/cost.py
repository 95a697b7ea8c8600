"""What measuring costs, in words: microseconds a step, and which share of the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.plots.text import THIN

if TYPE_CHECKING:
    from core.record.source import RunSource

_LEAST_STEPS = 20
"""Fewer say nothing reliable."""


class CostMeter:
    """Costs since they were last asked for."""

    def __init__(self) -> None:
        self._source: RunSource | None = None
        self._steps = 0
        self._seconds = 0.0
        self._overhead: dict[str, float] = {}

    def read(self, source: RunSource) -> tuple[str, str] | None:
        """Return a short text and a longer one, or None while there is nothing new to say."""
        if source is not self._source:
            self._source = source
            self._steps, self._seconds, self._overhead = 0, 0.0, {}
        steps = source.steps - self._steps
        if steps < _LEAST_STEPS:
            return None
        seconds = source.seconds - self._seconds
        overhead = dict(source.overhead)
        parts = {name: one - self._overhead.get(name, 0.0) for name, one in overhead.items()}
        self._steps, self._seconds, self._overhead = source.steps, source.seconds, overhead
        spent = sum(parts.values())
        rest = max(seconds - spent, 1e-9)
        text = f"measuring {spent / steps * 1e6:,.0f} µs a step (+{100 * spent / rest:.0f}{THIN}%)"
        lines = [f"{name}: {one / steps * 1e6:,.0f} µs" for name, one in parts.items()]
        tip = (
            "What measuring adds to each step, and to the time of training:\n"
            + "\n".join(sorted(lines))
            + "\nMeasure fewer steps in the panel Run at the left."
        )
        return text, tip
