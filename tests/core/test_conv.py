"""Networks for images against torch.nn in float64, and how their channels are measured."""

import numpy as np
import pytest
import torch

from core.engine.autograd import AutogradEngine
from core.network.layers import channels_last
from tests.core.comparison import compare, experiment
from tests.core.float64 import Watched

CONV = {"kind": "conv", "channels": 5, "activation": "tanh"}
DENSE = {"units": 11, "activation": "tanh"}
NETWORKS = {
    "conv same": [CONV],
    "conv valid": [CONV | {"padding": "valid"}, CONV | {"padding": "valid"}],
    "conv with an even filter": [CONV | {"kernel": 4}, CONV | {"kernel": 2}],
    "conv with stride 2": [CONV | {"stride": 2}, CONV | {"stride": 2, "kernel": 2}],
    "conv with stride 3, valid": [CONV | {"stride": 3, "padding": "valid"}],
    "conv with one pixel": [CONV | {"kernel": 1}],
    "conv with relu": [CONV | {"activation": "relu"}] * 2,
    "max pool": [CONV, {"kind": "max_pool"}, CONV],
    "max pool that overlaps": [CONV, {"kind": "max_pool", "size": 3, "stride": 2}],
    "average pool": [{"kind": "avg_pool", "size": 2}, CONV, {"kind": "avg_pool", "size": 3}],
    "global average": [CONV, {"kind": "global_pool"}, DENSE],
    "global maximum": [CONV, {"kind": "global_pool", "how": "max"}],
    "flatten in between": [CONV, {"kind": "flatten"}, DENSE],
    "dense at once after conv": [CONV, DENSE],
    "batch norm before, conv": [CONV | {"batch_norm": "before_activation"}, DENSE],
    "batch norm after, conv": [CONV | {"batch_norm": "after_activation"}, DENSE],
    "layer norm before, conv": [CONV | {"layer_norm": "before_activation"}],
    "layer norm after, conv": [CONV | {"layer_norm": "after_activation"}],
    "both norms before": [
        one | {"batch_norm": "before_activation", "layer_norm": "before_activation"}
        for one in (CONV, DENSE)
    ],
    "residual dense on an image": [
        CONV | {"channels": 1, "stride": 2},
        DENSE | {"units": 16, "residual": True},
    ],
    "residual conv": [CONV | {"channels": 1, "residual": True}, CONV, CONV | {"residual": True}],
    "dropout of pixels": [CONV | {"dropout": 0.4}],
    "DropConnect, conv": [CONV | {"drop_weights": 0.3}, CONV | {"drop_weights": 0.5}],
    "PReLU, conv": [CONV | {"activation": {"kind": "prelu", "alpha": 0.6}}, DENSE],
}


@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_a_network_for_images_is_trained_and_measured_right(layers):
    compare(experiment(*layers, optimizer={"kind": "sgd", "lr": 0.05}))


def test_a_network_for_images_of_every_sort_at_once():
    layers = [
        CONV | {"batch_norm": "before_activation", "kernel": 4},
        {"kind": "max_pool", "size": 3, "stride": 1},
        CONV | {"residual": True, "dropout": 0.2, "repeat": 2},
        CONV | {"stride": 2, "layer_norm": "after_activation", "activation": "prelu"},
        {"kind": "avg_pool"},
        {"kind": "flatten"},
        DENSE | {"residual": False, "drop_weights": 0.3},
    ]
    training = {"l2": 0.01, "clip": {"kind": "norm", "limit": 0.5}, "weight_decay": 0.1}
    compare(experiment(*layers, **training), rel=2e-3)


def test_images_of_three_channels_are_read_channel_by_channel(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(
        tmp_path / "colours.npz",
        x=rng.normal(size=(60, 6, 7, 3)).astype(np.float32),
        y=rng.integers(0, 3, 60),
    )
    data = {"kind": "npz", "path": str(tmp_path / "colours.npz")}
    engine, reference, _ = compare(experiment(CONV | {"stride": 2}, CONV, data=data))
    assert engine.samples.shape == (3, 6, 7)
    assert reference.weighted[0].core.weight.shape == (5, 3, 3, 3)


def test_units_of_a_convolution_are_its_channels():
    # A channel whose bias is far below is dead; the others are not, whatever their pixels do.
    layer = CONV | {"activation": "relu", "init": {"kind": "normal", "std": 0.1}}
    engine = AutogradEngine(experiment(layer))
    with torch.no_grad():
        engine.network.layers[0].bias.copy_(torch.tensor([-100.0, 1.0, -100.0, 0.5, 1.0]))
    block = engine.advance(1, 1000.0)
    assert block.layers["dead_fraction"][0, 0] == pytest.approx(2 / 5)


# Frames ----------------------------------------------------------------------------------


def test_a_frame_counts_every_pixel_and_names_the_mean_of_every_channel():
    spec = experiment(CONV | {"activation": "relu"}, {"kind": "max_pool"}, CONV, DENSE)
    watched = Watched(spec)
    engine = watched.engine
    engine.advance(3, 1000.0)
    frame = engine.frame()
    _, taps, deltas, gradient = engine._last
    gradients = engine.network.tensors_of(gradient)
    sizes = [16 * 5 * 8 * 8, 16 * 5 * 4 * 4, 16 * 11, 16 * 10]
    for layer, size in zip(frame.layers, sizes, strict=True):
        for one in (layer.z, layer.derivative, layer.delta):
            assert one.counts.sum() == size
    for index, layer in enumerate(frame.layers):
        assert layer.gradient.counts.sum() == gradients[index].numel()
        z = taps.z[index].detach().double().numpy()
        by_unit = np.moveaxis(z, 1, 0).reshape(z.shape[1], -1)
        assert layer.unit_z == pytest.approx(by_unit.mean(1), rel=1e-4, abs=1e-6)
        assert layer.delta.zeros == (deltas[index] == 0).sum()
    first = frame.layers[0]
    open_share = (taps.z[0] > 0).double().mean((0, 2, 3)).numpy()
    assert first.unit_derivative == pytest.approx(open_share, rel=1e-5)
    assert first.unit_z.shape == first.unit_derivative.shape == (5,)


def test_the_frame_of_a_learned_slope_has_the_slope_of_its_step():
    spec = experiment(CONV | {"activation": "prelu"}, optimizer={"kind": "sgd", "lr": 0.1})
    engine = AutogradEngine(spec)
    block = engine.advance(5, 1000.0)
    layer = engine.frame().layers[0]
    alpha = float(block.layers["learned_slope"][4, 0])
    assert layer.activation.kind == "prelu"
    assert layer.activation.alpha == alpha
    assert 0 < alpha < 1
    assert alpha not in (0.25, engine.network.slopes[0].item())
    share = (engine._last[1].z[0] > 0).double().mean((0, 2, 3)).numpy()
    assert layer.unit_derivative == pytest.approx(share + alpha * (1 - share), rel=1e-5)
    mean = block.layers["derivative_mean"][4, 0]
    assert layer.unit_derivative.mean() == pytest.approx(mean, rel=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_channels_of_a_pixel_stay_side_by_side_in_memory(channels):
    """Else a step of convolutions takes twice as long, which no result tells."""
    images = torch.randn(5, channels, 8, 8)
    side_by_side = channels_last(images)
    torch.testing.assert_close(side_by_side, images, rtol=0, atol=0)
    filters = torch.randn(4, channels, 3, 3).contiguous(memory_format=torch.channels_last)
    z = torch.nn.functional.conv2d(side_by_side, filters)
    assert z.stride(1) == 1
    assert torch.nn.functional.max_pool2d(z, 2).stride(1) == 1
    torch.testing.assert_close(z, torch.nn.functional.conv2d(images, filters.contiguous()))
