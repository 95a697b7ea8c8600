"""The exported script: it trains without the laboratory, and its losses are the laboratory's."""

import ast
import json
import re
import runpy
import subprocess
import sys

import numpy as np
import pytest
import torch

from core import catalogue, cli
from core.data.samples import load_samples
from core.engine.autograd import AutogradEngine
from core.errors import LabError
from core.experiment import Experiment, with_settings
from core.script import export_script

STEPS = 50
CLOSE = 1e-5
"""Relative. Measured: 4e-9 (to the last digit printed) to 3e-7, and 1e-6 for MAE: tensors are
updated one by one instead of all in one vector, which rounds otherwise."""

DIGITS = {"kind": "digits", "limit": 200}
RELU = {"units": 16, "activation": "relu", "init": "he_normal"}
TANH = {"units": 12, "activation": "tanh"}
THIRD, TINY = 0.3333333333333333, 1.2345678901234567e-05
SMALL_CNN = [
    {"kind": "conv", "channels": 4, "init": "he_uniform"},
    {"kind": "max_pool"},
    {"kind": "conv", "channels": 6, "kernel": 2, "stride": 1},
    {"kind": "avg_pool", "size": 2, "stride": 1},
]


def sgd(lr=0.02, **more):
    return {"kind": "sgd", "lr": lr} | more


def experiment(*layers, data=None, output=None, input_norm="none", **training):
    return Experiment.parse(
        {
            "seed": 3,
            "data": data or DIGITS,
            "network": {"layers": list(layers), "output": output or {}, "input_norm": input_norm},
            "training": {"batch_size": 16, "epochs": 6, "device": "cpu", "optimizer": sgd()}
            | training,
        }
    )


def trained(**training):
    """A small network that is trained in a special way."""
    return experiment(RELU, TANH, **training)


CASES = {
    # Networks.
    "sigmoid, deep": experiment({"units": 20, "activation": "sigmoid", "repeat": 12}),
    "batch norm before": experiment(RELU | {"batch_norm": "before_activation", "repeat": 3}),
    "batch norm after": experiment(
        RELU | {"batch_norm": {"kind": "after_activation", "epsilon": 1e-3, "momentum": 0.01}}
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
    "lsuv behind batch norm": experiment(TANH | {"init": "lsuv"}, input_norm="batch_norm"),
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
    # Every number is as long as a number can be: lines still fit.
    "long numbers": experiment(
        {
            "units": 9,
            "activation": {"kind": "rescaled", "alpha": 1 + THIRD, "inner": "tanh"},
            "init": {"kind": "truncated_normal", "mean": -TINY, "std": THIRD},
            "bias_init": {"kind": "normal", "mean": -TINY, "std": TINY},
            "batch_norm": {"kind": "before_activation", "epsilon": TINY, "momentum": THIRD},
            "layer_norm": {"kind": "after_activation", "epsilon": TINY},
            "dropout": THIRD / 100,
            "drop_weights": THIRD / 100,
            "repeat": 2,
            "residual": False,
            "penalty": {"kind": "own", "l1": TINY, "l2": TINY, "weight_decay": TINY},
        },
        {"units": 9, "init": {"kind": "variance_scaling", "scale": 3 * THIRD, "mode": "fan_avg"}},
        {
            "units": 9,
            "residual": True,
            "init": {"kind": "lsuv", "tolerance": THIRD},
            "batch_norm": {"kind": "before_activation", "epsilon": TINY, "momentum": THIRD},
            "dropout": THIRD / 100,
        },
        output={"init": {"kind": "uniform", "low": -TINY, "high": THIRD}},
        optimizer={
            "kind": "adamw",
            "lr": TINY * 100,
            "beta1": 1 - THIRD / 3,
            "beta2": 1 - TINY,
            "epsilon": TINY,
            "weight_decay": TINY,
        },
        clip={"kind": "layer_norm", "limit": THIRD},
        loss={"kind": "huber", "delta": THIRD},
        schedule={
            "kind": "plateau",
            "factor": THIRD,
            "floor": THIRD / 7,
            "threshold": TINY,
            "cooldown": 10,
            "warmup": 100_000_000,
        },
        early_stopping={"kind": "validation_loss", "patience": 1000, "min_delta": TINY},
        l2=TINY,
        weight_decay=TINY,
        penalize_biases=True,
        penalize_norms=True,
    ),
    "long numbers, one cycle": trained(
        schedule={
            "kind": "one_cycle",
            "peak": THIRD,
            "start_divisor": 10 * THIRD,
            "end_divisor": 100 * THIRD,
        },
        data={"kind": "circles", "samples": 1001, "factor": THIRD, "validation": THIRD},
        clip={"kind": "value", "limit": TINY * 1000},
    ),
    "long numbers, cosine": trained(
        schedule={"kind": "cosine", "floor": THIRD, "warmup": 10},
        data={"kind": "sine", "samples": 101, "noise": THIRD, "validation": THIRD},
        loss="mse",
    ),
    "long numbers, exponential": trained(
        schedule={"kind": "exponential", "factor": THIRD, "warmup": 1_000_000},
        data={"kind": "spirals", "samples": 101, "turns": THIRD, "arms": 3},
    ),
    "one step": trained(schedule={"kind": "one_cycle", "peak": 0.01}, steps=1),
    "seed of 63 bits": with_settings(trained(), [f"seed={2**63 - 1}"]),
}
each = pytest.mark.parametrize("name", CASES)

RUN_ALL = """
import contextlib, io, json, pathlib, runpy, sys, warnings
sys.modules |= {"core": None, "app": None, "resources": None, "pydantic": None}
warnings.simplefilter("error")
steps, found = sys.argv[1], {}
for path in map(pathlib.Path, sys.argv[2:]):
    sys.argv = [str(path), "--steps", steps, "--print-losses"]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        runpy.run_path(str(path), run_name="__main__")
    found[path.stem] = out.getvalue()
print(json.dumps(found))
"""


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
    arguments = [sys.executable, "-I", "-c", RUN_ALL, str(STEPS), *map(str, scripts.values())]
    child = subprocess.run(arguments, capture_output=True, encoding="utf-8", timeout=110)
    assert not child.stderr
    found = json.loads(child.stdout)
    return {name: found[path.stem] for name, path in scripts.items()}


def _signs(n):
    return torch.randn(n, generator=torch.Generator().manual_seed(0)).sign()


def losses_of(spec, steps=STEPS, by=0.0):
    """Return the losses of the run and its evaluations; weights are moved by a share first."""
    engine = AutogradEngine(spec)
    if by:
        engine.network.theta.mul_(1 + by * _signs(len(engine.network.theta)))
    block = engine.advance(steps, 1000.0)
    assert block.n == steps
    return block.scalars["loss"].astype(float), block.evaluations


def printed_losses(text):
    rows = [line.split("\t") for line in text.splitlines() if "\t" in line]
    assert [int(step) for step, _ in rows] == list(range(len(rows)))
    return np.array([float(loss) for _, loss in rows])


def printed_evaluations(text):
    """Return step -> (validation loss, accuracy or None)."""
    found = re.findall(r"step (\d+): validation loss ([^,\n]+)(?:, accuracy (.+)%)?", text)
    return {int(step): (float(loss), float(right or "nan") / 100) for step, loss, right in found}


def run(path, monkeypatch, capsys, *arguments):
    """Run a script in this process and return what it prints."""
    monkeypatch.setattr(sys, "argv", [str(path), *map(str, arguments)])
    capsys.readouterr()
    runpy.run_path(str(path), run_name="__main__")
    return capsys.readouterr().out


def assert_same(found, wanted):
    assert len(found) == len(wanted)
    np.testing.assert_allclose(found, wanted, rtol=CLOSE, atol=1e-8)


# The run repeated ------------------------------------------------------------------------


@each
def test_the_script_repeats_the_losses_of_the_run(printed, name):
    wanted, evaluations = losses_of(CASES[name])
    assert_same(printed_losses(printed[name]), wanted)
    assert wanted.std() > 0  # something is trained
    found = printed_evaluations(printed[name])
    for step, loss, accuracy in evaluations:
        # Four digits are printed.
        np.testing.assert_allclose(found[step], (loss, accuracy), rtol=1e-3, atol=6e-4)
    assert bool(found) == (CASES[name].data.validation > 0)


@pytest.mark.parametrize("name", catalogue.names())
def test_every_ready_experiment_is_repeated_as_far_as_rounding_allows(
    name, tmp_path, monkeypatch, capsys
):
    spec = with_settings(catalogue.load(name), ["training.device=cpu"])
    if spec.data.kind == "fashion_mnist":
        spec = with_settings(spec, ["data.limit=400"])
    export_script(spec, tmp_path / "ready.py")
    text = run(tmp_path / "ready.py", monkeypatch, capsys, "--steps", 4, "--print-losses")
    wanted, _ = losses_of(spec, 4)
    # Some of them, such as tanh far in saturation under Adam, make 0.07 of the last bit of a
    # weight in one step: that much must be allowed.
    moved, _ = losses_of(spec, 4, by=2**-24)
    allowed = CLOSE * wanted + 10 * np.maximum.accumulate(np.abs(moved - wanted))
    assert (np.abs(printed_losses(text) - wanted) <= allowed).all()


def test_run_by_itself_it_needs_no_option_and_no_laboratory(tmp_path):
    spec = experiment(TANH, data={"kind": "digits", "limit": 100}, steps=12)
    files = export_script(spec, tmp_path / "alone.py")
    assert files == [tmp_path / "alone.py", tmp_path / "alone-data.npz"]
    child = subprocess.run(
        [sys.executable, "-I", "-W", "error", str(files[0]), "--print-losses"],
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        cwd="/",
    )
    assert (child.returncode, child.stderr) == (0, "")
    assert_same(printed_losses(child.stdout), losses_of(spec, 12)[0])
    assert not re.search(r"^(from|import) (core|app|resources)", files[0].read_text(), re.M)


def test_a_table_of_ones_own_is_saved_prepared(tmp_path, monkeypatch, capsys):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(60, 3))
    lines = [",".join(f"{value:.6f}" for value in row) for row in rows]
    (tmp_path / "own.csv").write_text("a,b,price\n" + "\n".join(lines) + "\n")
    data = {"kind": "csv", "path": str(tmp_path / "own.csv"), "scale": "minus_one_one"}
    spec = experiment(TANH, data=data, loss="huber")
    _, archive = export_script(spec, tmp_path / "table.py")
    (tmp_path / "own.csv").unlink()
    text = run(tmp_path / "table.py", monkeypatch, capsys, "--steps", 18, "--print-losses")
    with np.load(archive) as arrays:
        shapes = {name: (arrays[name].shape, arrays[name].dtype.name) for name in arrays.files}
    assert shapes == {
        "x_train": ((48, 2), "float32"),
        "y_train": ((48, 1), "float32"),
        "x_validation": ((12, 2), "float32"),
        "y_validation": ((12, 1), "float32"),
    }
    (tmp_path / "own.csv").write_text("a,b,price\n" + "\n".join(lines) + "\n")
    assert_same(printed_losses(text), losses_of(spec, 18)[0])


@pytest.mark.parametrize("restored", [True, False])
def test_early_stopping_ends_it_at_the_same_step(restored, tmp_path, monkeypatch, capsys):
    spec = trained(
        early_stopping={
            "kind": "validation_loss",
            "patience": 2,
            "min_delta": 0.001,
            "restore_best": restored,
        },
        optimizer=sgd(0.3),
        epochs=60,
    )
    export_script(spec, tmp_path / "early.py")
    text = run(tmp_path / "early.py", monkeypatch, capsys)
    engine = AutogradEngine(spec)
    block = engine.advance(engine.total_steps, 1000.0)
    assert block.stopped
    assert "Stopped early" in text
    final = text.splitlines()[-1]
    assert final.startswith(f"step {engine.step}: ")
    assert printed_evaluations(final)[engine.step] == pytest.approx(engine.evaluate(), rel=2e-3)


def test_the_length_of_the_run_is_that_of_the_experiment(tmp_path, monkeypatch, capsys):
    for settings in ({"epochs": 3}, {"epochs": 3, "steps": 7}):
        spec = trained(**settings)
        export_script(spec, tmp_path / "long.py")
        text = run(tmp_path / "long.py", monkeypatch, capsys, "--print-losses")
        assert len(printed_losses(text)) == AutogradEngine(spec).total_steps


def test_a_run_that_diverges_ends_with_a_sentence(tmp_path, monkeypatch, capsys):
    spec = trained(loss="mse", optimizer=sgd(1e6), data={"kind": "moons"})
    export_script(spec, tmp_path / "diverging.py")
    engine = AutogradEngine(spec)
    block = engine.advance(100, 1000.0)
    assert block.diverged
    with pytest.raises(SystemExit, match=f"Diverged at step {block.n - 1}: the loss became"):
        run(tmp_path / "diverging.py", monkeypatch, capsys)


@pytest.mark.parametrize("kind", ["norm", "layer_norm"])
def test_a_gradient_whose_squares_overflow_is_clipped(kind, tmp_path):
    spec = trained(clip={"kind": kind, "limit": 2.0})
    export_script(spec, tmp_path / "huge.py")
    clip = runpy.run_path(str(tmp_path / "huge.py"))["clip"]
    model = torch.nn.Linear(1, 2)
    model.weight.grad = torch.tensor([[3e30], [4e30]])
    model.bias.grad = torch.zeros(2)
    clip(model, 2.0)
    assert model.weight.grad.flatten().tolist() == pytest.approx([1.2, 1.6])
    assert model.bias.grad.tolist() == [0.0, 0.0]


# What is in it ---------------------------------------------------------------------------


def ruff(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "ruff", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )


def test_the_scripts_are_clean_and_formatted(scripts):
    folder = next(iter(scripts.values())).parent
    settings = ["--isolated", "--line-length", "100", "--no-cache"]
    checked = ruff("check", *settings, "--select", "E,F,W,I,B,N,UP", "--ignore", "N812", folder)
    assert checked.returncode == 0, checked.stdout
    formatted = ruff("format", *settings, "--check", "--diff", folder)
    assert formatted.returncode == 0, formatted.stdout


@each
def test_nothing_is_defined_that_this_experiment_does_not_use(scripts, name):
    tree = ast.parse(scripts[name].read_text(encoding="utf-8"))
    defined = {one.name for one in tree.body if isinstance(one, (ast.FunctionDef, ast.ClassDef))}
    targets = [one.targets[0] for one in tree.body if isinstance(one, ast.Assign)]
    defined |= {one.id for one in targets if isinstance(one, ast.Name)}
    loaded = [one for one in ast.walk(tree) if isinstance(one, ast.Name)]
    used = {one.id for one in loaded if isinstance(one.ctx, ast.Load)}
    assert defined <= used
    for function in (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)):
        names = {one.id for one in ast.walk(function) if isinstance(one, ast.Name)}
        assert {one.arg for one in function.args.args} - {"self"} <= names


def test_a_plain_experiment_makes_a_plain_script(tmp_path):
    path = tmp_path / "plain.py"
    export_script(experiment(RELU, RELU, data={"kind": "xor"}), path)
    text = path.read_text(encoding="utf-8")
    assert "for _ in range(1)" not in text
    assert "layers += [nn.Linear(16, 16), nn.ReLU()]" in text
    assert "torch.optim.SGD(model.parameters(), lr=LEARNING_RATE, momentum=0.9)" in text
    for word in (
        "Dropout",
        "BatchNorm",
        "penalty",
        "clip",
        "learning_rate(",
        "weight_decay",
        "npz",
    ):
        assert word not in text


def test_a_name_that_looks_like_code_stays_text(tmp_path, monkeypatch, capsys):
    spec = with_settings(
        experiment(TANH, data={"kind": "moons", "samples": 20}),
        ['name=\'He said """100 %(prog)s""" \\\\ and left"\''],
    )
    long = 'print("gone") ' * 20 + "漢字" * 90 + '\u2028\x0c\n"""\\'
    spec = spec.model_copy(update={"description": long})
    path = tmp_path / "odd.py"
    export_script(spec, path)
    assert "gone" not in run(path, monkeypatch, capsys, "--steps", 1)
    assert ruff("check", "--isolated", "--line-length", "100", "--no-cache", path).returncode == 0
    assert ruff("format", "--isolated", "--no-cache", "--line-length", "100", path).stdout
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring.startswith("He said ")


# Data ------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", ["none", "minus_one_one"])
@pytest.mark.parametrize("validation", [0.0, 0.25, 0.9])
@pytest.mark.parametrize(
    "kind", ["moons", "circles", "spirals", "xor", "blobs", "checkerboard", "sine", "plane"]
)
def test_a_recipe_draws_the_samples_of_the_run(kind, validation, scale, tmp_path):
    data = {"kind": kind, "samples": 31, "validation": validation, "scale": scale}
    loss = "mse" if kind in ("sine", "plane") else "cross_entropy"
    spec = experiment(TANH, data=data | {"standardize": scale == "none"}, loss=loss)
    path = tmp_path / "recipe.py"
    assert export_script(spec, path, "recipe") == [path]
    found = [part.numpy() for part in runpy.run_path(str(path))["load_data"]()]
    samples = load_samples(spec.data, spec.seed)
    wanted = [samples.x_train, samples.y_train, samples.x_validation, samples.y_validation]
    assert len(found) == (4 if validation else 2)
    for one, other in zip(found, wanted, strict=False):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=3e-7, atol=1e-7)  # float32, rounded


def test_toys_may_be_saved_as_well(tmp_path):
    spec = experiment(TANH, data={"kind": "moons", "samples": 20})
    script, archive = export_script(spec, tmp_path / "toy.py", "npz")
    assert (script.name, archive.name) == ("toy.py", "toy-data.npz")
    assert archive.name in script.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "data", [{"kind": "digits"}, {"kind": "moons", "pca": 0.9}, {"kind": "blobs", "limit": 30}]
)
def test_a_recipe_is_refused_where_there_is_none(data, tmp_path):
    with pytest.raises(LabError, match=data["kind"]) as caught:
        export_script(experiment(TANH, data=data), tmp_path / "no.py", "recipe")
    assert caught.value.field == "data"
    assert list(tmp_path.iterdir()) == []


# Refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["script", "script.txt", "torch.py", "random.py", "numpy.py"])
def test_a_name_that_would_not_run_is_refused(name, tmp_path):
    with pytest.raises(LabError, match=re.escape(name)):
        export_script(trained(), tmp_path / name)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(LabError, match="file"):
        export_script(trained(), tmp_path / "file" / "script.py")
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(LabError, match=r"folder\.py"):
        export_script(trained(), tmp_path / "folder.py")


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (trained(data={"kind": "sine"}), "training.loss"),
        (trained(data=DIGITS | {"validation": 0.0}, schedule="plateau"), "training.schedule"),
        (experiment(TANH, {"kind": "conv"}), "network.layers.1.kind"),
        (trained(data={"kind": "csv", "path": "missing.csv"}), "data.path"),
    ],
)
def test_what_a_run_would_refuse_is_refused(spec, field, tmp_path):
    with pytest.raises(LabError) as caught:
        export_script(spec, tmp_path / "no.py")
    assert caught.value.field == field
    with pytest.raises(LabError, match=re.escape(caught.value.message)):
        AutogradEngine(spec)
    assert list(tmp_path.iterdir()) == []


# The command line ------------------------------------------------------------------------


def test_the_command_writes_the_script_and_names_its_files(tmp_path, capsys):
    path = tmp_path / "new" / "moons.py"
    settings = ["--set", "training.batch_size=7", "--out", str(path)]
    assert cli.main(["export", "two-moons", *settings]) == 0
    assert capsys.readouterr().out == f"{path}\n"
    assert "BATCH_SIZE = 7\n" in path.read_text(encoding="utf-8")
    assert cli.main(["export", "two-moons", *settings, "--data", "npz"]) == 0
    assert capsys.readouterr().out == f"{path}\n{path.with_name('moons-data.npz')}\n"


def test_the_command_refuses_with_a_sentence(tmp_path, capsys):
    assert cli.main(["export", "two-moons", "--out", str(tmp_path / "moons")]) == 2
    assert ".py" in capsys.readouterr().err
    for wrong in (["--data", "drawn", "--out", "a.py"], []):
        with pytest.raises(SystemExit) as caught:
            cli.main(["export", "two-moons", *wrong])
        assert caught.value.code == 2
        assert ("drawn" if wrong else "--out") in capsys.readouterr().err
