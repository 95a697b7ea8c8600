"""The exported script: it trains without the laboratory, and its losses are the laboratory's."""

import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest

from core import catalogue, cli
from core.engine.autograd import AutogradEngine
from core.errors import LabError
from core.experiment import Experiment, with_settings
from core.script import export_script

STEPS = 50
CLOSE = 1e-6
"""Relative. Most losses agree to the bit; sums over a flat vector may be rounded otherwise."""

DIGITS = {"kind": "digits", "limit": 200}
RELU = {"units": 16, "activation": "relu", "init": "he_normal"}
TANH = {"units": 12, "activation": "tanh"}
SMALL_CNN = [
    {"kind": "conv", "channels": 4, "init": "he_uniform"},
    {"kind": "max_pool"},
    {"kind": "conv", "channels": 6, "kernel": 2, "stride": 1},
    {"kind": "avg_pool", "size": 2, "stride": 1},
]


def experiment(*layers, data=None, output=None, input_norm="none", **training):
    return Experiment.parse(
        {
            "seed": 3,
            "data": data or DIGITS,
            "network": {"layers": list(layers), "output": output or {}, "input_norm": input_norm},
            "training": {"batch_size": 16, "epochs": 6, "device": "cpu"} | training,
        }
    )


def trained(**training):
    """A small ReLU network that is trained in a special way."""
    return experiment(RELU, TANH, **training)


def sgd(lr=0.05, **more):
    return {"kind": "sgd", "lr": lr} | more


CASES = {
    # Networks.
    "sigmoid, deep": experiment({"units": 20, "activation": "sigmoid", "repeat": 12}),
    "batch norm before": experiment(RELU | {"batch_norm": "before_activation", "repeat": 3}),
    "batch norm after": experiment(
        RELU
        | {"batch_norm": {"kind": "after_activation", "epsilon": 1e-3, "momentum": 0.01}}
    ),
    "layer norm before and after": experiment(
        RELU | {"layer_norm": "before_activation"},
        RELU | {"layer_norm": {"kind": "after_activation", "epsilon": 1e-3}},
    ),
    "both norms, batch norm of the input": experiment(
        RELU | {"batch_norm": "after_activation", "layer_norm": "after_activation"},
        input_norm={"kind": "batch_norm", "momentum": 0.3},
    ),
    "layer norm of the input": experiment(TANH, input_norm="layer_norm"),
    "batch of one left out": experiment(
        RELU | {"batch_norm": "before_activation"}, data={"kind": "moons", "samples": 61}
    ),
    "dropout": experiment(RELU | {"dropout": 0.3, "repeat": 2}),
    "drop connect": experiment(RELU | {"drop_weights": 0.4, "dropout": 0.1}, RELU),
    "residual": experiment(
        RELU, RELU | {"residual": True, "repeat": 4, "batch_norm": "before_activation"}
    ),
    "residual with dropout and drop connect": experiment(
        RELU, RELU | {"residual": True, "dropout": 0.2, "drop_weights": 0.1}
    ),
    "linear, nothing hidden": experiment(),
    "prelu": experiment({"units": 12, "activation": {"kind": "prelu", "alpha": 0.1}, "repeat": 2}),
    "rescaled": experiment(
        TANH | {"activation": {"kind": "rescaled", "alpha": 3.0, "inner": "sigmoid"}},
        TANH | {"activation": {"kind": "rescaled", "alpha": 0.5, "inner": {"kind": "elu"}}},
    ),
    "other activations": experiment(
        *(
            {"units": 8, "activation": kind}
            for kind in ("elu", "selu", "gelu", "silu", "softplus", "softsign", "leaky_relu")
        ),
        {"units": 8, "activation": {"kind": "leaky_relu", "alpha": 0.3}},
        {"units": 8, "activation": "hard_tanh"},
        {"units": 8, "activation": "hard_sigmoid"},
        output={"activation": "tanh"},
    ),
    "convolutions and pools": experiment(*SMALL_CNN, TANH),
    "convolutions, strides, norms": experiment(
        {"kind": "conv", "channels": 4, "stride": 2, "batch_norm": "before_activation"},
        {"kind": "conv", "channels": 4, "kernel": 4, "stride": 1, "dropout": 0.2},
        {"kind": "conv", "channels": 4, "layer_norm": "after_activation", "residual": True},
        {"kind": "conv", "channels": 3, "kernel": 2, "padding": "valid", "drop_weights": 0.2},
        {"kind": "global_pool"},
        input_norm="batch_norm",
    ),
    "flatten, global maximum": experiment(
        {"kind": "conv", "channels": 4, "repeat": 2},
        {"kind": "max_pool", "size": 3, "stride": 2},
        {"kind": "global_pool", "how": "max"},
        {"kind": "flatten"},
        TANH,
    ),
    "flatten first": experiment({"kind": "flatten"}, TANH, input_norm="layer_norm"),
    # First weights.
    "glorot and lecun": experiment(
        TANH | {"init": "glorot_normal"},
        TANH | {"init": "lecun_uniform"},
        TANH | {"init": "lecun_normal", "bias_init": {"kind": "constant", "value": -0.25}},
        output={"init": "zeros", "bias_init": {"kind": "uniform", "low": -0.5, "high": 0.25}},
    ),
    "variance scaling": experiment(
        TANH
        | {
            "init": {"kind": "variance_scaling", "mode": "fan_avg", "scale": 0.5},
            "bias_init": {"kind": "truncated_normal", "mean": -0.1},
        },
        TANH
        | {
            "init": {
                "kind": "variance_scaling",
                "mode": "fan_out",
                "distribution": "uniform",
                "scale": 1e-7,
            }
        },
        {
            "units": 6,
            "init": {"kind": "variance_scaling", "mode": "fan_out", "distribution": "normal"},
        },
    ),
    "pytorch default": experiment(
        TANH | {"init": "pytorch_default", "bias_init": "pytorch_default"},
        {"units": 6, "init": {"kind": "normal", "mean": 0.01}, "bias_init": {"kind": "normal"}},
        output={"init": {"kind": "truncated_normal", "mean": -0.01, "std": 0.2}},
    ),
    "convolutions, initialisers": experiment(
        {"kind": "conv", "channels": 3, "init": "glorot_uniform", "bias_init": "pytorch_default"},
        {"kind": "conv", "channels": 5, "init": {"kind": "identity", "gain": 0.9}},
        {"kind": "conv", "channels": 4, "init": {"kind": "orthogonal", "gain": 1.4}},
        TANH | {"init": "identity"},
        output={"init": {"kind": "uniform", "low": -0.1, "high": 0.2}},
    ),
    "orthogonal": experiment(
        TANH | {"init": "orthogonal", "units": 20, "repeat": 3},
        TANH | {"init": {"kind": "orthogonal", "gain": 0.7}},
    ),
    "lsuv": experiment(
        RELU | {"init": {"kind": "lsuv", "tolerance": 0.01, "iterations": 5}, "repeat": 3},
        RELU | {"init": "lsuv"},
        output={"init": "lsuv"},
    ),
    "lsuv of convolutions between others": experiment(
        {"kind": "conv", "channels": 3, "init": "lsuv", "batch_norm": "before_activation"},
        {"kind": "max_pool"},
        TANH | {"dropout": 0.5},
        RELU | {"init": "lsuv", "bias_init": {"kind": "normal", "std": 0.5}},
    ),
    # Penalties.
    "l1, l2": trained(l1=1e-3, l2=2e-3),
    "own penalties, weight decay": experiment(
        RELU | {"penalty": {"kind": "own", "l2": 0.01, "weight_decay": 0.05}, "repeat": 2},
        TANH,
        RELU | {"penalty": {"kind": "own", "l1": 0.001}},
        l2=0.003,
        weight_decay=0.1,
    ),
    "biases and norms penalised": experiment(
        RELU | {"batch_norm": "before_activation", "penalty": {"kind": "own", "l1": 0.01}},
        RELU | {"layer_norm": "after_activation", "bias_init": {"kind": "normal", "std": 0.3}},
        input_norm="batch_norm",
        l2=0.005,
        weight_decay=0.2,
        penalize_biases=True,
        penalize_norms=True,
    ),
    # Optimisers.
    "sgd without momentum": trained(optimizer=sgd(momentum=0.0)),
    "nesterov": trained(optimizer=sgd(momentum=0.8, nesterov=True)),
    "rmsprop": trained(optimizer={"kind": "rmsprop", "momentum": 0.5, "rho": 0.9, "lr": 1e-3}),
    "adagrad": trained(optimizer="adagrad"),
    "adadelta": trained(optimizer={"kind": "adadelta", "rho": 0.8}),
    "adam": trained(optimizer={"kind": "adam", "epsilon": 1e-7}, weight_decay=0.1),
    "adamw": trained(optimizer={"kind": "adamw", "weight_decay": 0.3, "beta2": 0.9}),
    "adamw and more decay, own": experiment(
        RELU | {"penalty": {"kind": "own", "weight_decay": 0.5}},
        TANH,
        optimizer="adamw",
        weight_decay=0.2,
    ),
    "nadam": trained(optimizer={"kind": "nadam", "momentum_decay": 0.01}),
    "radam": trained(optimizer="radam"),
    "adamax": trained(optimizer="adamax"),
    "rprop": trained(optimizer={"kind": "rprop", "lr": 1e-4, "grow": 1.1}, batch_size=1000),
    # Clipping.
    "clip value": trained(clip={"kind": "value", "limit": 0.01}),
    "clip norm": trained(clip={"kind": "norm", "limit": 0.05}, l2=0.01),
    "clip layer norm": trained(clip={"kind": "layer_norm", "limit": 0.02}),
    "clip layer norm, slopes": experiment(
        {"units": 12, "activation": "prelu", "repeat": 3},
        clip={"kind": "layer_norm", "limit": 0.01},
        optimizer=sgd(1.0),
    ),
    # Schedules.
    "warm-up": trained(schedule={"kind": "constant", "warmup": 20}),
    "step": trained(schedule={"kind": "step", "every": 0.7, "factor": 0.5, "warmup": 7}),
    "exponential": trained(schedule={"kind": "exponential", "factor": 0.6}, weight_decay=0.5),
    "cosine": trained(schedule={"kind": "cosine", "floor": 0.1, "warmup": 5}),
    "cosine with a step limit": trained(schedule="cosine", steps=40),
    "one cycle": trained(schedule={"kind": "one_cycle", "peak": 0.4}),
    "plateau": trained(
        schedule={
            "kind": "plateau",
            "patience": 1,
            "factor": 0.5,
            "threshold": 0.5,
            "cooldown": 1,
            "floor": 0.2,
            "warmup": 12,
        },
        batch_size=40,
        epochs=20,
    ),
    # Losses.
    "mse": trained(loss="mse"),
    "mae": trained(loss="mae"),
    "huber": trained(loss={"kind": "huber", "delta": 0.3}),
    "binary cross-entropy": trained(loss="binary_cross_entropy"),
    # Data.
    "moons": experiment(TANH, data={"kind": "moons", "samples": 101, "validation": 0.33}),
    "circles": experiment(TANH, data={"kind": "circles", "samples": 90, "validation": 0.0}),
    "spirals": experiment(TANH, data={"kind": "spirals", "samples": 100, "arms": 3}),
    "xor": experiment(TANH, data={"kind": "xor", "samples": 70, "scale": "minus_one_one"}),
    "blobs": experiment(
        TANH, data={"kind": "blobs", "samples": 90, "standardize": False, "validation": 0.9}
    ),
    "checkerboard": experiment(TANH, data={"kind": "checkerboard", "samples": 64, "noise": 0.1}),
    "sine": experiment(TANH, data={"kind": "sine", "samples": 60}, loss="mse"),
    "plane": experiment(TANH, data={"kind": "plane", "samples": 60}, loss="mae"),
    "formula": experiment(TANH, data={"kind": "formula", "samples": 60}, loss="huber"),
    "toys, prepared in every way": experiment(
        TANH,
        data={
            "kind": "blobs",
            "centres": 4,
            "samples": 120,
            "classes": "0, 2, 3",
            "label_noise": 0.1,
            "limit": 70,
            "pca": 1.0,
        },
    ),
    "seed of 63 bits": with_settings(trained(), [f"seed={2**63 - 1}"]),
}
each = pytest.mark.parametrize("name", CASES)

RUN_ALL = """
import contextlib, io, json, pathlib, runpy, sys, warnings
sys.modules |= {"core": None, "app": None, "resources": None, "pydantic": None}
warnings.simplefilter("error")
found = {}
for path in map(pathlib.Path, sys.argv[2:]):
    sys.argv = [str(path), "--steps", "%d", "--print-losses"]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        runpy.run_path(str(path), run_name="__main__")
    found[path.stem] = out.getvalue()
print(json.dumps(found))
""" % STEPS


def engine_of(spec, steps=STEPS):
    engine = AutogradEngine(spec)
    blocks = []
    while engine.step < steps:
        blocks.append(engine.advance(steps - engine.step, 1000.0))
    return engine, blocks


def losses(printed):
    rows = [line.split("\t") for line in printed.splitlines() if "\t" in line]
    assert [int(step) for step, _ in rows] == list(range(len(rows)))
    return np.array([float(loss) for _, loss in rows])


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """The scripts of all cases, by name: named after their number."""
    folder = tmp_path_factory.mktemp("scripts")
    paths = {name: folder / f"case{number}.py" for number, name in enumerate(CASES)}
    for name, path in paths.items():
        export_script(CASES[name], path)
    return paths


@pytest.fixture(scope="module")
def printed(scripts):
    """What the scripts print, all run by one child process, which imports torch once."""
    arguments = [sys.executable, "-c", RUN_ALL, "-", *map(str, scripts.values())]
    child = subprocess.run(arguments, capture_output=True, text=True, timeout=110)
    assert not child.stderr
    found = json.loads(child.stdout)
    return {name: found[path.stem] for name, path in scripts.items()}


@each
def test_the_script_repeats_the_losses_of_the_run(printed, name):
    _, blocks = engine_of(CASES[name])
    wanted = np.concatenate([block.scalars["loss"] for block in blocks]).astype(float)
    found = losses(printed[name])
    assert len(found) == STEPS
    if os.environ.get("SHOWERR"): print(name, np.abs(found/wanted-1).max())
    np.testing.assert_allclose(found, wanted, rtol=CLOSE, atol=1e-8)
    assert wanted.std() > 0  # something is trained
