"""What a record's columns cost: time to append and to read, and memory.

Run by ``python tests/bench/columns.py``; ``--steps 100000`` is quicker. Medians throughout.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from core.record.columns import Column

LAYERS, BUCKETS, COLUMNS = 20, 1000, 22
SHARES = (1.0, 0.1, 0.05, 0.03, 0.001)


def realistic(rng: np.random.Generator, rows: int, layers: int = LAYERS) -> np.ndarray:
    """Return norms over many decades that jump from batch to batch."""
    exponents = np.linspace(-6, 0, layers) + rng.normal(0, 0.2, (rows, layers))
    return (10.0**exponents).astype(np.float32)


def filled(kind: type[Any], steps: int, block: int = 50) -> tuple[Any, float]:
    """Return a column of so many steps with the microseconds that each append took."""
    values = realistic(np.random.default_rng(0), min(steps, 20_000))
    column, spent, at = kind(LAYERS), 0.0, 0
    while at < steps:
        first = at % len(values)
        rows = values[first : min(first + block, first + steps - at, len(values))]
        begin = time.perf_counter()
        column.append(rows)
        spent += time.perf_counter() - begin
        at += len(rows)
    return column, spent / (steps / block) * 1e6


def append_time(kind: type[Any], block: int, calls: int = 4000) -> float:
    """Return the mean microseconds of an append of so many rows."""
    rows = realistic(np.random.default_rng(0), block)
    column = kind(LAYERS)
    begin = time.perf_counter()
    for _ in range(calls):
        column.append(rows)
    return (time.perf_counter() - begin) / calls * 1e6


def envelope_time(column: Any, share: float, repeats: int = 15) -> tuple[float, int]:
    """Return the median milliseconds of the last share of a run, and how many buckets it has."""
    n, times, buckets = len(column), [], 0
    start = n - max(1, int(n * share)) - (0 if share == 1.0 else 17)
    for _ in range(repeats):
        begin = time.perf_counter()
        buckets = len(column.envelope(max(0, start), n - 5, BUCKETS).start)
        times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1e3, buckets


def memory(kind: type[Any], steps: int, *, constant: int) -> float:
    """Return bytes a step and layer of all columns, of which some never change."""
    varied, _ = filled(kind, steps, 5000)
    same = kind(LAYERS)
    for at in range(0, steps, 5000):
        same.append(np.full((min(5000, steps - at), LAYERS), np.nan, np.float32))
    total = (COLUMNS - constant) * varied.nbytes + constant * same.nbytes
    return total / steps / LAYERS


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--steps", type=int, default=1_000_000)
    steps = options.parse_args().steps
    print(f"{LAYERS} layers, {BUCKETS} buckets")
    for block in (1, 10, 50, 100):
        print(f"append of {block:3d} rows: {append_time(Column, block):6.1f} us")
    for n in (steps // 100, steps // 10, steps):
        column, spent = filled(Column, n)
        parts = [
            f"{share:.1%} {ms:.2f} ms ({count})"
            for share in SHARES
            for ms, count in [envelope_time(column, share)]
        ]
        print(f"{n:9,} steps, {spent:.1f} us per append of 50; envelope " + ", ".join(parts))
    for constant in (0, 6):
        each = memory(Column, steps, constant=constant)
        print(f"{COLUMNS} columns, {constant} constant: {each:.1f} bytes a step and layer")


if __name__ == "__main__":
    main()
