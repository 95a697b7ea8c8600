"""Defaults of Keras and of PyTorch: exactly what they say is changed, and nothing else."""

import pytest

from core import catalogue
from core.experiment import Experiment, differences, read_experiment, to_toml, write_experiment
from core.experiment.model import KINDS
from core.experiment.presets import DEFAULTS, with_defaults
from core.experiment.toml import parse_toml

FULL = Experiment.parse(
    {
        "name": "Everything",
        "seed": 4,
        "network": {
            "input_norm": {"kind": "batch_norm", "epsilon": 0.5, "momentum": 0.5},
            "layers": [
                {
                    "kind": "conv",
                    "channels": 4,
                    "repeat": 2,
                    "init": "he_normal",
                    "bias_init": {"kind": "constant", "value": 1.0},
                    "batch_norm": {"kind": "after_activation", "epsilon": 0.5, "momentum": 0.5},
                    "dropout": 0.25,
                    "penalty": {"kind": "own", "l2": 0.5},
                },
                {"kind": "max_pool", "size": 3, "stride": 1},
                {
                    "units": 9,
                    "activation": {"kind": "elu", "alpha": 0.5},
                    "layer_norm": {"kind": "before_activation", "epsilon": 0.5},
                    "init": "orthogonal",
                    "drop_weights": 0.5,
                },
                {"units": 9},
            ],
            "output": {"activation": "tanh", "init": "zeros"},
        },
        "training": {
            "optimizer": {"kind": "adam", "lr": 0.5, "beta1": 0.5, "epsilon": 0.5},
            "l1": 0.5,
            "schedule": "cosine",
        },
    }
)
EXPECTED = {  # Keras 3 and PyTorch 2 documentation
    "keras": ("glorot_uniform", "zeros", 1e-7, 1e-3, 0.01),
    "pytorch": ("pytorch_default", "pytorch_default", 1e-8, 1e-5, 0.1),
}
both = pytest.mark.parametrize("library", EXPECTED)


@both
def test_every_initialiser_norm_and_the_epsilon_are_the_librarys(library):
    weights, biases, small, epsilon, momentum = EXPECTED[library]
    found = with_defaults(FULL, library)
    layers = [layer for _, layer in found.network.weighted()]
    for layer in [*layers, found.network.output]:
        assert layer.init.kind == weights
        assert layer.bias_init.kind == biases
    norms = [found.network.input_norm, layers[0].batch_norm, layers[1].batch_norm]
    for norm in norms:
        assert (norm.epsilon, norm.momentum) == (epsilon, momentum)
    assert layers[2].layer_norm.epsilon == epsilon
    assert found.training.optimizer.epsilon == small


@both
def test_nothing_else_is_touched(library):
    paths = {one.path for one in differences(FULL, with_defaults(FULL, library))}
    allowed = {"init", "bias_init", "epsilon", "momentum"}
    assert {path.split(".")[-1] for path in paths} <= allowed
    assert "network.layers.0.batch_norm.momentum" in paths
    back = with_defaults(FULL, library).plain()
    for one, other in zip(
        back["network"]["layers"], FULL.plain()["network"]["layers"], strict=True
    ):
        for name in ("dropout", "drop_weights", "activation", "penalty", "repeat", "size"):
            assert one.get(name) == other.get(name)
    unchanged = FULL.training.model_copy(update={"optimizer": None})
    found = with_defaults(FULL, library).training
    assert found.model_copy(update={"optimizer": None}) == unchanged
    optimizer = found.optimizer
    assert (optimizer.kind, optimizer.lr, optimizer.beta1) == ("adam", 0.5, 0.5)


@both
@pytest.mark.parametrize("name", catalogue.names())
def test_twice_is_once_and_it_comes_back_from_its_file(library, name, tmp_path):
    once = with_defaults(catalogue.load(name), library)
    assert with_defaults(once, library) == once
    assert differences(once, parse_toml(to_toml(once))) == ()
    write_experiment(once, tmp_path / "one.toml")
    assert differences(once, read_experiment(tmp_path / "one.toml")) == ()


@both
def test_one_library_after_the_other_is_the_last(library):
    other = {"keras": "pytorch", "pytorch": "keras"}[library]
    last = with_defaults(with_defaults(FULL, other), library)
    assert last == with_defaults(FULL, library)


@both
@pytest.mark.parametrize("kind", KINDS["optimizer"])
def test_an_optimiser_without_epsilon_is_left_alone(library, kind):
    spec = Experiment.parse({"training": {"optimizer": kind}})
    found = with_defaults(spec, library).training.optimizer
    before = spec.training.optimizer.model_dump()
    if "epsilon" in before:
        before["epsilon"] = DEFAULTS[library].optimizer_epsilon
    assert found.model_dump() == before


def test_layers_that_become_equal_are_joined_and_stay_as_many():
    spec = Experiment.parse(
        {"network": {"layers": [{"units": 3, "init": "he_normal"}, {"units": 3}]}}
    )
    found = with_defaults(spec, "keras").network
    assert len(found.expanded()) == 2
    assert found.expanded()[0] == found.expanded()[1]


def test_the_shipped_lecture_model_is_that_of_keras():
    lecture = catalogue.load("keras-lecture-fmnist")
    assert differences(lecture, with_defaults(lecture, "keras")) == ()
    assert differences(lecture, with_defaults(lecture, "pytorch"))
