"""How fast: ratios of times, all measured in one run and interleaved.

Run by ``python tests/bench/bench.py``. Each table compares two ways of doing the same work in
turns, A B A B, and takes medians: whatever else the machine does hits both alike. Compare
ratios, not microseconds, between machines.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from core.data.samples import load_samples
from core.engine.autograd import AutogradEngine
from core.experiment import Experiment

ADAM = {"kind": "adam", "lr": 0.001}
NETWORKS: dict[str, dict] = {
    "64-(8 x 20)-10 tanh, batch 32": {
        "data": {"kind": "digits"},
        "network": {"layers": [{"units": 8, "activation": "tanh", "repeat": 20}]},
        "training": {"batch_size": 32, "optimizer": ADAM},
    },
    "784-300-100-10 ReLU, batch norm, batch 32": {
        "data": {"kind": "fashion_mnist"},
        "network": {
            "layers": [
                {"units": units, "activation": "relu", "batch_norm": "before_activation"}
                for units in (300, 100)
            ]
        },
        "training": {"batch_size": 32, "optimizer": ADAM},
    },
    "2-8-8-2 tanh, batch 10": {
        "data": {"kind": "moons"},
        "network": {"layers": [{"units": 8, "activation": "tanh", "repeat": 2}]},
        "training": {"batch_size": 10, "optimizer": ADAM},
    },
}


class PlainLoop:
    """The loop that people write: nothing is measured."""

    def __init__(self, experiment: Experiment, device: torch.device) -> None:
        samples = load_samples(experiment.data, experiment.seed)
        parts: list[nn.Module] = []
        width = samples.n_features
        for layer in experiment.network.expanded():
            parts.append(nn.Linear(width, layer.units))
            if layer.batch_norm.kind == "before_activation":
                parts.append(nn.BatchNorm1d(layer.units))
            parts.append({"tanh": nn.Tanh, "relu": nn.ReLU}[layer.activation.kind]())
            width = layer.units
        self.model = nn.Sequential(*parts, nn.Linear(width, samples.n_classes)).to(device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.001)
        self.loss = nn.CrossEntropyLoss()
        dataset = TensorDataset(
            torch.from_numpy(samples.x_train), torch.from_numpy(samples.y_train)
        )
        self.loader = DataLoader(dataset, batch_size=experiment.training.batch_size, shuffle=True)
        self.device = device
        self.batches = iter(self.loader)

    def steps(self, count: int) -> None:
        """Make so many updates."""
        while count:
            for x, y in self.batches:
                x, y = x.to(self.device), y.to(self.device)
                self.optimizer.zero_grad()
                self.loss(self.model(x), y).backward()
                self.optimizer.step()
                count -= 1
                if not count:
                    return
            self.batches = iter(self.loader)


class OurEngine:
    """The engine, in blocks as the trainer asks for them, with everything measured."""

    def __init__(self, experiment: Experiment) -> None:
        self.engine = AutogradEngine(experiment)

    def steps(self, count: int) -> None:
        """Make so many updates."""
        while count:
            count -= self.engine.advance(count, 0.015).n


def interleaved(ways: Sequence[Callable[[int], None]], rounds: int, seconds: float) -> list[float]:
    """Return the median seconds a step of each way, measured in turns.

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
    times: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds):
        for place, (way, count) in enumerate(zip(ways, counts, strict=True)):
            started = time.perf_counter()
            way(count)
            times[place].append((time.perf_counter() - started) / count)
    return [statistics.median(one) for one in times]


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


def engine_ratios(device: str, rounds: int, seconds: float) -> str:
    """Compare the plain loop with the engine on every network."""
    rows = []
    for name, plain in NETWORKS.items():
        training = plain["training"] | {"device": device}
        experiment = Experiment.parse(plain | {"training": training})
        ours = OurEngine(experiment)
        loop = PlainLoop(experiment, ours.engine.device)
        plain_s, ours_s = interleaved([loop.steps, ours.steps], rounds, seconds)
        rows.append(
            [name, f"{plain_s * 1e6:,.0f}", f"{ours_s * 1e6:,.0f}", f"{ours_s / plain_s:.2f}"]
        )
    return table(["network", "plain, µs/step", "ours, µs/step", "ours / plain"], rows)


def main() -> None:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu", help="cpu, cuda, mps (default: cpu)")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each way (default: 9)")
    parser.add_argument("--seconds", type=float, default=0.5, help="of a turn (default: 0.5)")
    options = parser.parse_args()
    torch.set_num_threads(1)  # both ways: more would slow these networks down
    print(f"torch {torch.__version__}, {options.device}, one thread, {options.rounds} rounds\n")
    print(
        "Ours measures everything at every step; plain measures nothing. Below 1: ours is faster."
    )
    print(engine_ratios(options.device, options.rounds, options.seconds))


if __name__ == "__main__":
    main()
