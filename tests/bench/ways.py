"""What the benchmark compares: networks, and the ways of training and watching each."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from core.data.samples import load_samples
from core.engine.autograd import AutogradEngine
from core.experiment import Experiment
from core.experiment.layers import Conv, Dense, MaxPool
from core.experiment.measuring import Budget, EveryStep, MeasuringSpec

EVERYTHING, BUDGET, NOTHING = EveryStep(), Budget(percent=10.0), None


def _convolution(channels: int) -> dict[str, Any]:
    return {"kind": "conv", "channels": channels, "kernel": 3, "activation": "relu"}


_ADAM = {"kind": "adam", "lr": 0.001}
NETWORKS: dict[str, dict[str, Any]] = {
    "64-(8 x 20)-10 tanh, batch 32": {
        "data": {"kind": "digits"},
        "network": {"layers": [{"units": 8, "activation": "tanh", "repeat": 20}]},
        "training": {"batch_size": 32, "optimizer": _ADAM},
    },
    "784-300-100-10 ReLU, batch norm, batch 32": {
        "data": {"kind": "fashion_mnist"},
        "network": {
            "layers": [
                {"units": units, "activation": "relu", "batch_norm": "before_activation"}
                for units in (300, 100)
            ]
        },
        "training": {"batch_size": 32, "optimizer": _ADAM},
    },
    "2-8-8-2 tanh, batch 10": {
        "data": {"kind": "moons"},
        "network": {"layers": [{"units": 8, "activation": "tanh", "repeat": 2}]},
        "training": {"batch_size": 10, "optimizer": _ADAM},
    },
    "28 x 28, conv 8 and 16 ReLU, pooled, batch 32": {
        "data": {"kind": "fashion_mnist"},
        "network": {
            "layers": [
                _convolution(8),
                {"kind": "max_pool", "size": 2, "stride": 2},
                _convolution(16),
                {"kind": "max_pool", "size": 2, "stride": 2},
            ]
        },
        "training": {"batch_size": 32, "optimizer": _ADAM},
    },
}


class PlainLoop:
    """The loop that people write: nothing is measured."""

    def __init__(self, experiment: Experiment, device: torch.device) -> None:
        samples = load_samples(experiment.data, experiment.seed)
        self.model = _model(experiment, samples.shape, samples.n_outputs).to(device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.001)
        self.loss = nn.CrossEntropyLoss()
        x = torch.from_numpy(samples.x_train).reshape(-1, *samples.shape)
        dataset = TensorDataset(x, torch.from_numpy(samples.y_train))
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
                self.watch()
                self.optimizer.step()
                count -= 1
                if not count:
                    return
            self.batches = iter(self.loader)

    def watch(self) -> None:
        """Look at the gradients."""


def _model(experiment: Experiment, shape: tuple[int, ...], n_outputs: int) -> nn.Module:
    parts: list[nn.Module] = []
    image = len(shape) == 3
    for layer in experiment.network.expanded():
        match layer:
            case MaxPool():
                parts.append(nn.MaxPool2d(layer.size, layer.stride))
                continue
            case Conv():
                padding = layer.kernel // 2  # as "same", for odd filters
                parts.append(nn.LazyConv2d(layer.channels, layer.kernel, padding=padding))
            case Dense():
                parts += [nn.Flatten()] if image else []
                parts.append(nn.LazyLinear(layer.units))
                image = False
                if layer.batch_norm.kind == "before_activation":
                    parts.append(nn.LazyBatchNorm1d())
            case _:
                raise NotImplementedError(layer.kind)
        parts.append({"tanh": nn.Tanh, "relu": nn.ReLU}[layer.activation.kind]())
    parts += [nn.Flatten()] if image else []
    model = nn.Sequential(*parts, nn.LazyLinear(n_outputs))
    model(torch.zeros(2, *shape))  # now every layer knows its shape
    return model


class HistogramLoop(PlainLoop):
    """The plain loop with TensorBoard's histogram of each parameter's gradient at each step.

    Raises
    ------
    ImportError
        If TensorBoard is not installed.
    """

    def __init__(self, experiment: Experiment, device: torch.device, folder: str) -> None:
        from torch.utils.tensorboard import SummaryWriter

        super().__init__(experiment, device)
        self.writer = SummaryWriter(folder)
        self.step = 0

    def watch(self) -> None:
        """Write the histograms."""
        for name, parameter in self.model.named_parameters():
            self.writer.add_histogram(name, parameter.grad, self.step)
        self.step += 1


class OurEngine:
    """The engine, in blocks as the trainer asks for them.

    Parameters
    ----------
    experiment : Experiment
    policy : MeasuringSpec or None
        What is measured; None for nothing but the loss.

    Attributes
    ----------
    overhead : Counter
        Seconds that measuring took, by family.
    made : int
        Steps made.
    """

    def __init__(self, experiment: Experiment, policy: MeasuringSpec | None) -> None:
        if policy is not None:
            experiment = experiment.model_copy(update={"measuring": policy})
        self.engine = AutogradEngine(experiment, observe=policy is not None)
        self.overhead: Counter[str] = Counter()
        self.made = 0

    def steps(self, count: int) -> None:
        """Make so many updates."""
        while count:
            block = self.engine.advance(count, 0.015)
            self.overhead.update(block.overhead)
            self.made += block.n
            count -= block.n


def experiment_of(network: str, device: str) -> Experiment:
    """Return the experiment of one of ``NETWORKS``."""
    plain = NETWORKS[network]
    return Experiment.parse(plain | {"training": plain["training"] | {"device": device}})


def check_alike(loop: PlainLoop, ours: OurEngine) -> None:
    """Make sure that both train as many parameters, tensor by tensor."""
    theirs = sorted(parameter.numel() for parameter in loop.model.parameters())
    mine = sorted(parameter.numel() for parameter in ours.engine.network.parameters)
    if theirs != mine:
        sys.exit(f"Not the same network: {theirs} and {mine}.")
