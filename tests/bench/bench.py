"""How fast: ratios of times, all measured in one run and interleaved.

Run by ``python tests/bench/bench.py``. Each table compares ways of doing the same work in turns,
A B C A B C, and takes medians over the rounds of each round's ratios: whatever else the machine
does hits all alike. Compare ratios, not microseconds, between machines.

TensorBoard is no dependency: without it the table that needs it says so. To have it beside the
environment rather than in it: ``pip install --no-deps --target FOLDER tensorboard ...`` and
``PYTHONPATH=FOLDER``.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence

import torch
from ways import (
    BUDGET,
    EVERYTHING,
    NETWORKS,
    NOTHING,
    HistogramLoop,
    OurEngine,
    PlainLoop,
    check_alike,
    experiment_of,
)

Rounds = list[list[float]]
"""Seconds a step: of each way, of each round."""


def interleaved(ways: Sequence[Callable[[int], None]], rounds: int, seconds: float) -> Rounds:
    """Measure ways in turns.

    Parameters
    ----------
    ways : sequence of callable
        Each makes the number of steps that it is given.
    rounds : int
        Turns of each way.
    seconds : float
        About how long a turn takes.
    """
    counts = []
    for way in ways:
        way(50)  # warm up, and see how many steps fill a turn
        started = time.perf_counter()
        way(100)
        counts.append(max(10, int(seconds / (time.perf_counter() - started) * 100)))
    times: Rounds = [[] for _ in ways]
    for _ in range(rounds):
        for place, (way, count) in enumerate(zip(ways, counts, strict=True)):
            started = time.perf_counter()
            way(count)
            times[place].append((time.perf_counter() - started) / count)
    return times


def microseconds(times: Sequence[float]) -> str:
    """Return the median of the rounds."""
    return f"{statistics.median(times) * 1e6:,.0f}"


def ratio(one: Sequence[float], other: Sequence[float]) -> str:
    """Return the median of the rounds' ratios, with the middle half of them."""
    low, middle, high = statistics.quantiles(
        [a / b for a, b in zip(one, other, strict=True)], n=4, method="inclusive"
    )
    return f"{middle:.2f} ({low:.2f}-{high:.2f})"


def less(one: Sequence[float], other: Sequence[float]) -> list[float]:
    """Return the differences of the rounds."""
    return [a - b for a, b in zip(one, other, strict=True)]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with the first column to the left and numbers to the right."""
    lines = [header, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "  ".join(
            [line[0].ljust(widths[0])]
            + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        )
        for line in lines
    )


def engines(device: str, rounds: int, seconds: float) -> tuple[str, str]:
    """Compare the plain loop with the engine on every network.

    Returns
    -------
    speeds, costs : str
        Tables of times and ratios, and of what measuring everything costs by family.
    """
    speeds: list[list[str]] = []
    costs: list[list[str]] = []
    families: list[str] = []
    for name in NETWORKS:
        experiment = experiment_of(name, device)
        ours = [OurEngine(experiment, policy) for policy in (EVERYTHING, BUDGET, NOTHING)]
        loop = PlainLoop(experiment, ours[0].engine.device)
        check_alike(loop, ours[0])
        times = interleaved([loop.steps, *(one.steps for one in ours)], rounds, seconds)
        plain, everything, budget, nothing = times
        speeds.append(
            [
                name,
                *map(microseconds, times),
                ratio(everything, plain),
                ratio(everything, nothing),
                ratio(budget, nothing),
            ]
        )
        families = families or sorted(ours[0].overhead)
        spent = [ours[0].overhead[one] / ours[0].made for one in families]
        costs.append([name, *(f"{one * 1e6:,.0f}" for one in (*spent, sum(spent)))])
    header = ["network, µs/step", "plain", "everything", "budget", "nothing"]
    header += ["everything / plain", "everything / nothing", "budget / nothing"]
    return table(header, speeds), table(["network, µs/step", *families, "in all"], costs)


def histograms(device: str, rounds: int, seconds: float) -> str:
    """Compare what TensorBoard's histograms add to a step with what our measuring adds."""
    name = next(iter(NETWORKS))
    experiment = experiment_of(name, device)
    ours = [OurEngine(experiment, policy) for policy in (NOTHING, EVERYTHING)]
    chosen = ours[0].engine.device
    loop = PlainLoop(experiment, chosen)
    with tempfile.TemporaryDirectory() as folder:
        try:
            watched = HistogramLoop(experiment, chosen, folder)
        except ImportError:
            return "TensorBoard is not installed: not compared with it."
        ways = [loop.steps, watched.steps, *(one.steps for one in ours)]
        plain, theirs, nothing, everything = interleaved(ways, rounds, seconds)
        watched.writer.close()
    added, mine = less(theirs, plain), less(everything, nothing)
    times = statistics.median(added) / statistics.median(mine)
    rows = [
        ["TensorBoard", *map(microseconds, (plain, theirs, added)), ratio(theirs, plain)],
        ["ours", *map(microseconds, (nothing, everything, mine)), ratio(everything, nothing)],
        ["TensorBoard / ours", "", "", f"{times:.0f}", ""],
    ]
    return f"{name}\n" + table(["µs/step", "bare", "watched", "added", "watched / bare"], rows)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", default="cpu", help="cpu, cuda, mps (default: cpu)")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each way (default: 9)")
    parser.add_argument("--seconds", type=float, default=0.5, help="of a turn (default: 0.5)")
    options = parser.parse_args()
    torch.set_num_threads(1)  # all ways: more would slow these networks down
    asked = options.device, max(2, options.rounds), options.seconds
    print(f"torch {torch.__version__}, {options.device}, one thread, {options.rounds} rounds;")
    print("medians, of ratios with the middle half of the rounds\n")
    speeds, costs = engines(*asked)
    print("1. plain: PyTorch as people write it, nothing measured. Ours measuring everything at")
    print("every step, what fits into 10 % of the time, or nothing but the loss.")
    print(f"{speeds}\n")
    print("2. TensorBoard: a histogram of each parameter's gradient at each step, to a file.")
    print("Ours: every quantity of every layer at each step, to memory.")
    print(f"{histograms(*asked)}\n")
    print("3. What measuring everything at every step costs, by family, as the engine counts it.")
    print(costs)


if __name__ == "__main__":
    main()
