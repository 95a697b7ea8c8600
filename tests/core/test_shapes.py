"""Shapes worked out before anything is built, against what torch.nn makes of an image."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from core.engine.autograd import AutogradEngine
from core.errors import LabError
from core.experiment import Experiment
from core.experiment.network import NetworkSpec
from core.experiment.shapes import shape_text, trace
from core.network.build import Network

IMAGE = (3, 28, 20)
CONV = {"kind": "conv", "channels": 7}


def traced(*layers, shape=IMAGE, outputs=10, **network):
    return trace(NetworkSpec.model_validate({"layers": layers} | network), shape, outputs)


def behind(*layers, **options):
    """Return the shape behind the last of these layers."""
    return traced(*layers, **options)[-2].after


def made(module, shape=IMAGE):
    return tuple(module(torch.zeros(1, *shape)).shape[1:])


sizes = {"size": st.integers(1, 7), "stride": st.integers(1, 6)}
sides = st.tuples(st.integers(1, 4), st.integers(7, 24), st.integers(7, 24))


@given(shape=sides, **sizes)
def test_a_valid_convolution_is_as_large_as_torchs(shape, size, stride):
    layer = CONV | {"kernel": size, "stride": stride, "padding": "valid"}
    assert behind(layer, shape=shape) == made(nn.Conv2d(shape[0], 7, size, stride), shape)


@given(shape=sides, **sizes)
def test_a_convolution_with_zeros_around_keeps_its_size_or_divides_it_by_the_stride(
    shape, size, stride
):
    layer = CONV | {"kernel": size, "stride": stride}
    found = behind(layer, shape=shape)
    assert found == (7, math.ceil(shape[1] / stride), math.ceil(shape[2] / stride))
    if stride == 1 and size % 2:  # torch has no "same" for other strides, and warns of even sizes
        assert found == made(nn.Conv2d(shape[0], 7, size, padding="same"), shape)


@pytest.mark.parametrize(
    ("kind", "module"), [("max_pool", nn.MaxPool2d), ("avg_pool", nn.AvgPool2d)]
)
@given(shape=sides, **sizes)
def test_a_pool_is_as_large_as_torchs(kind, module, shape, size, stride):
    layer = {"kind": kind, "size": size, "stride": stride}
    assert behind(layer, shape=shape) == made(module(size, stride), shape)


@given(sides, st.sampled_from([2, 3, 4, 7]), st.sampled_from(["same", "valid"]), st.integers(1, 3))
def test_what_is_traced_is_what_runs(shape, kernel, padding, stride):
    layers = [
        CONV | {"kernel": kernel, "padding": padding, "stride": stride},
        {"kind": "max_pool", "size": 1, "stride": 1},
        {"kind": "conv", "channels": 2, "kernel": 4},
        {"kind": "global_pool"},
        {"units": 3},
    ]
    spec = NetworkSpec.model_validate({"layers": layers})
    rng = torch.Generator().manual_seed(0)
    device = torch.device("cpu")
    network = Network(spec, shape, 10, generator=rng, dropout_generator=rng, device=device)
    taps = network.forward(torch.zeros(2, math.prod(shape)), training=True)
    stages = [one for one in network.stages if one.weight]
    assert [tuple(z.shape[1:]) for z in taps.z] == [one.after for one in stages]
    assert [tuple(one.weight.shape) for one in network.layers] == [one.weight for one in stages]


@pytest.mark.parametrize("how", ["average", "max"])
def test_a_global_pool_leaves_a_number_a_channel(how):
    assert behind(CONV, {"kind": "global_pool", "how": how}) == (7,)


def test_flatten_leaves_all_pixels_in_a_row():
    assert behind(CONV, {"kind": "flatten"}) == (7 * 28 * 20,)
    assert behind({"kind": "flatten"}) == (3 * 28 * 20,)


def test_a_dense_layer_takes_all_pixels_by_itself():
    stages = traced(CONV | {"stride": 4}, {"units": 5})
    assert stages[1].weight == (5, 7 * 7 * 5)
    assert stages[2].weight == (10, 5)
    assert traced({"units": 5})[0].weight == (5, 3 * 28 * 20)


def test_the_output_takes_all_pixels_if_nothing_else_does():
    assert traced(CONV)[-1].weight == (10, 7 * 28 * 20)
    assert traced()[-1].weight == (10, 3 * 28 * 20)


def test_stages_say_their_row_number_and_name():
    layers = [CONV | {"repeat": 2}, {"kind": "max_pool"}, {"kind": "flatten"}, {"units": 4}]
    stages = traced(*layers, input_norm="batch_norm")
    assert [(one.row, one.number, one.name) for one in stages] == [
        (-1, 0, "batch norm of input"),
        (0, 1, "conv 1"),
        (1, 2, "conv 2"),
        (2, 0, "max pool"),
        (3, 0, "flatten"),
        (4, 3, "dense 3"),
        (5, 4, "output"),
    ]


@pytest.mark.parametrize("kind", ["batch_norm", "layer_norm"])
@pytest.mark.parametrize(
    ("layers", "features", "place"),
    [
        ([CONV], 3, 0),
        ([{"units": 4}], 3 * 28 * 20, 0),
        ([{"kind": "flatten"}, {"units": 4}], 3 * 28 * 20, 1),
        ([], 3 * 28 * 20, 0),
        ([{"kind": "flatten"}], 3 * 28 * 20, 1),
        ([{"kind": "global_pool"}], 3, 0),
    ],
)
def test_the_input_is_normalised_feature_by_feature_or_channel_by_channel(
    kind, layers, features, place
):
    stage = traced(*layers, input_norm=kind)[place]
    assert stage.row == -1
    assert stage.norms == (features,)
    assert stage.parameters == 2 * features
    assert stage.statistics == (2 * features if kind == "batch_norm" else 0)


# What does not fit -----------------------------------------------------------------------

TWO = CONV | {"repeat": 2}
POOL = {"kind": "max_pool", "size": 14, "stride": 14}
BAD = {
    "conv after dense": ([{"units": 5}, CONV], 1, "kind", "row of 5"),
    "conv after flatten": ([TWO, {"kind": "flatten"}, CONV], 2, "kind", "row of 3,920"),
    "pool after dense": ([TWO, {"units": 5, "repeat": 3}, POOL], 2, "kind", "max_pool"),
    "pool after a global pool": (
        [TWO, {"kind": "global_pool"}, {"kind": "avg_pool"}],
        2,
        "kind",
        "avg_pool",
    ),
    "two global pools": ([TWO, {"kind": "global_pool", "repeat": 2}], 1, "kind", "global_pool"),
    "a filter larger than the image": (
        [TWO, CONV | {"kernel": 29, "padding": "valid"}],
        1,
        "kernel",
        "29 pixels are more than the image of 28 x 20",
    ),
    "the last of three filters": (
        [TWO, CONV | {"kernel": 8, "padding": "valid", "repeat": 3}],
        1,
        "kernel",
        "8 pixels are more than the image of 14 x 6",
    ),
    "a pool larger than the image": (
        [TWO, {"kind": "max_pool", "size": 21}],
        1,
        "size",
        "21 pixels are more than the image of 28 x 20",
    ),
    "pooled too often": (
        [TWO, {"kind": "avg_pool", "repeat": 5}],
        1,
        "size",
        "2 pixels are more than the image of 1 x 1",
    ),
    "residual of other channels": (
        [TWO, CONV | {"channels": 4, "residual": True}],
        1,
        "residual",
        "7 x 28 x 20 and the output 4 x 28 x 20",
    ),
    "residual of fewer pixels": (
        [TWO, CONV | {"stride": 2, "residual": True}],
        1,
        "residual",
        "7 x 28 x 20 and the output 7 x 14 x 10",
    ),
    "residual of other units": (
        [{"units": 6, "repeat": 4}, {"units": 5, "residual": True}],
        1,
        "residual",
        "6 and the output 5",
    ),
    "residual of the input": ([{"units": 6, "residual": True}], 0, "residual", "1,680"),
}


@pytest.mark.parametrize(("layers", "entry", "name", "said"), BAD.values(), ids=BAD)
def test_what_does_not_fit_names_its_entry_in_the_file(layers, entry, name, said):
    with pytest.raises(LabError) as info:
        traced(*layers)
    assert info.value.field == f"network.layers.{entry}.{name}"
    assert said in info.value.message
    assert info.value.hint


@pytest.mark.parametrize(
    "data",
    ["moons", {"kind": "digits", "pca": 0.9}],
    ids=["points", "components"],
)
def test_points_and_components_are_no_image(data):
    spec = Experiment.parse({"data": data, "network": {"layers": [{"units": 3}, CONV]}})
    with pytest.raises(LabError, match="needs an image") as info:
        AutogradEngine(spec)
    assert info.value.field == "network.layers.1.kind"
    first = Experiment.parse({"data": data, "network": {"layers": [CONV]}})
    with pytest.raises(LabError, match="conv needs an image") as info:
        AutogradEngine(first)
    assert info.value.field == "network.layers.0.kind"


def test_a_filter_with_zeros_around_may_be_larger_than_the_image():
    assert behind(CONV | {"kernel": 64}) == (7, 28, 20)
    assert behind(CONV | {"kernel": 5}, shape=(1, 1, 1)) == (7, 1, 1)


def test_shapes_are_written_for_people():
    assert shape_text((64,)) == "64"
    assert shape_text((16, 1400, 7)) == "16 x 1,400 x 7"
