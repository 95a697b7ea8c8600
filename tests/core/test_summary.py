"""The table of layers: parameters as Keras and the lectures count them."""

import pytest

from core import catalogue
from core.engine.autograd import AutogradEngine
from core.experiment import Experiment
from core.experiment.network import NetworkSpec
from core.experiment.shapes import trace
from core.network.summary import summarize, summary_of, summary_text


def total(row):
    return row.trainable + row.statistics


def test_claim_c17_the_keras_lectures_model_has_the_lectures_numbers():
    table = summary_of(catalogue.load("keras-lecture-fmnist"))
    assert (table.total, table.trainable, table.statistics) == (271_346, 268_978, 2_368)
    assert [total(row) for row in table.rows] == [0, 3136, 235_500, 1200, 30_100, 400, 1010]
    # As Keras lists them: flatten first, then every normalisation as a layer of its own.
    assert [row.name.strip() for row in table.rows] == [
        "flatten",
        "batch norm of input",
        "dense 1",
        "batch norm",
        "dense 2",
        "batch norm",
        "output",
    ]
    assert [row.statistics for row in table.rows] == [0, 1568, 0, 600, 0, 200, 0]
    assert [row.shape for row in table.rows] == [
        *[(784,), (784,), (300,), (300,), (100,), (100,), (10,)]
    ]


def test_source_b_large_parameters_has_the_published_count():
    table = summary_of(catalogue.load("cnn-large-parameters"))
    conv = [9 * 36 + 36, *[9 * 36 * 36 + 36] * 5]
    weighted = [total(row) for row in table.rows if row.number]
    assert weighted == [*conv, 36 * 3 * 3 * 8 + 8, 8 * 10 + 10]
    assert table.total == table.trainable == 61_550


def test_source_b_many_layers_has_the_published_count():
    table = summary_of(catalogue.load("cnn-many-layers"))
    weighted = [total(row) for row in table.rows if row.number]
    assert weighted == [30, *[84] * 5, 147 * 8 + 8, 72, 72, 72, 90]
    assert table.total == table.trainable == 1940


def test_claim_a21_two_layers_of_512_on_784_inputs():
    spec = NetworkSpec.model_validate({"layers": [{"units": 512, "repeat": 2}]})
    table = summarize(trace(spec, (784,), 10), 20_000)
    assert table.trainable == 669_706
    weights = sum(row.trainable for row in table.rows) - (512 + 512 + 10)
    assert weights == 668_672
    assert table.per_sample == pytest.approx(33.4853)


NETWORKS = {
    "dense": [{"units": 5, "repeat": 3, "activation": "prelu"}],
    "normed": [{"units": 5, "batch_norm": "before_activation", "layer_norm": "after_activation"}],
    "images": [
        {"kind": "conv", "channels": 3, "kernel": 4, "batch_norm": "after_activation"},
        {"kind": "max_pool"},
        {"kind": "conv", "channels": 2, "layer_norm": "before_activation", "activation": "prelu"},
        {"kind": "global_pool"},
        {"units": 6},
    ],
}


@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("norm", ["none", "batch_norm", "layer_norm"])
def test_the_table_counts_what_the_engine_trains_and_keeps(layers, norm):
    spec = Experiment.parse({"network": {"layers": layers, "input_norm": norm}})
    table, engine = summary_of(spec), AutogradEngine(spec)
    trained = sum(one.numel() for one in engine.network.parameters)
    trained += len(engine.network.learning_slopes())
    assert table.trainable == engine.facts.parameters == trained
    assert table.statistics == sum(one.numel() for one in engine.network.buffers())
    assert table.n_train == engine.facts.n_train
    numbers = [row.number for row in table.rows if row.number]
    assert numbers == [one.number for one in engine.facts.layers]
    assert [row.name for row in table.rows if row.number] == [
        one.name for one in engine.facts.layers
    ]


def test_the_text_has_a_line_a_row_and_the_sums():
    lines = summary_text(catalogue.load("keras-lecture-fmnist")).splitlines()
    assert len(lines) == 1 + 7 + 4
    assert lines[3].split() == [
        *["1", "dense", "1", "300", "relu", "glorot_uniform", "235,500", "235,500"]
    ]
    assert lines[2].split()[-2:] == ["3,136", "1,568"]
    assert [line.split()[-1] for line in lines[8:11]] == ["268,978", "2,368", "271,346"]
    assert "P/N" in lines[11]
    assert "6,400 training samples" in lines[11]
    assert lines[11].split()[-1] == "42"
