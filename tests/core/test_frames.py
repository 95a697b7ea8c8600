"""Histograms: every value is in a bin or counted apart, and nothing is clamped."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from core.engine.autograd import AutogradEngine
from core.experiment import Experiment
from core.measure.frames import histogram, make_frame, singular_values, weight_images
from core.measure.histograms import (
    GRID,
    MOST_LOG_BINS,
    histograms,
    log_histogram,
    log_rows,
)
from core.network.activations import activation_for
from core.record import Parts

SPECIAL = [0.0, -0.0, 1.0, np.nan, np.inf, -np.inf, 1e-45, -1e-45, 1e-41, 1.2e-38, 3e38, -3.4e38]
floats = st.floats(width=32) | st.sampled_from(SPECIAL)
LARGEST = np.finfo(np.float32).max


@given(arrays(np.float32, array_shapes(max_side=30), elements=floats))
def test_every_finite_value_is_in_a_bin_and_the_others_are_counted(values):
    found = histogram(values)
    finite = values[np.isfinite(values)]
    assert found.counts.sum() == finite.size
    assert found.nonfinite == values.size - finite.size == found.nan + found.pos_inf + found.neg_inf
    assert found.nan == np.isnan(values).sum()
    assert found.pos_inf == (values == np.inf).sum()
    assert found.zeros == (finite == 0).sum()
    assert np.isfinite(found.edges).all()
    assert len(found.edges) == len(found.counts) + 1
    if finite.size:
        assert found.edges[0] <= finite.min()
        assert found.edges[-1] >= finite.max()


@given(
    arrays(np.float32, st.integers(1, 200), elements=st.floats(-1e3, 1e3, width=32)),
    st.sampled_from([1.0, 1e-30, 1e-40, 1e30]),
)
def test_counts_are_those_of_numpy(values, scale):
    values = (values.astype(float) * scale).astype(np.float32)
    found = histogram(values, bins=10)
    if len(np.unique(values)) < 2 or np.ptp(values) <= 1e-4 * np.abs(values).max():
        return
    expected, _ = np.histogram(
        values.astype(float), bins=10, range=(float(values.min()), float(values.max()))
    )
    # A value on the edge of a bin may fall on either side of it.
    assert np.abs(np.cumsum(found.counts) - np.cumsum(expected)).max() <= (
        np.isclose(values[:, None], found.edges[None], rtol=1e-5, atol=0).sum()
    )


def test_a_constant_gets_a_narrow_interval_around_it():
    found = histogram(np.full(7, 0.25, np.float32))
    assert found.edges[0] < 0.25 < found.edges[-1]
    assert found.counts.sum() == found.counts.max() == 7


@pytest.mark.parametrize("value", [3.4e38, -3.4e38, 1e-45])
def test_a_constant_at_the_end_of_float32_has_finite_edges(value):
    found = histogram(np.full(3, value, np.float32))
    assert np.isfinite(found.edges).all()
    assert found.counts.sum() == 3


# Magnitudes --------------------------------------------------------------------------------


def test_edges_of_magnitudes_rise_and_are_near_eighths_of_a_decade():
    assert (np.diff(GRID.astype(float)) > 0).all()
    assert GRID[0] == np.float32(1e-45)
    assert GRID[-1] == LARGEST
    normal = GRID.astype(float)[GRID > 1e-41][:-1]
    off = np.log10(normal) * 8 - np.round(np.log10(normal) * 8)
    assert np.abs(off).max() < 8 * np.log10(1.004)
    for whole in (1.0, 10.0, 100.0, 1000.0):
        assert np.float32(whole) in GRID


def slowly(values, found):
    """Count with a loop and comparisons."""
    counts = np.zeros(len(found.counts), np.int64)
    for value in np.abs(values.astype(np.float64)).ravel():
        if not np.isfinite(value) or value == 0:
            continue
        for at, (low, high) in enumerate(zip(found.edges[:-1], found.edges[1:], strict=True)):
            if low <= value < high or value == high == LARGEST:
                counts[at] += 1
    return counts


@settings(max_examples=60)
@given(arrays(np.float32, st.integers(0, 40), elements=floats))
def test_magnitudes_are_counted_as_by_a_loop(values):
    found = log_histogram(values)
    sizes = np.abs(values[np.isfinite(values) & (values != 0)].astype(np.float64))
    np.testing.assert_array_equal(found.counts, slowly(values, found))
    assert found.counts.sum() == sizes.size
    assert found.zeros == (values == 0).sum()
    assert found.subnormal == (sizes < 2.0**-126).sum()
    assert found.negative == (np.isfinite(values) & (values < 0)).sum()
    assert found.nan == np.isnan(values).sum()
    assert found.pos_inf == (values == np.inf).sum()
    assert found.neg_inf == (values == -np.inf).sum()
    assert len(found.edges) == len(found.counts) + 1
    assert len(found.counts) <= MOST_LOG_BINS
    assert (np.diff(found.edges.astype(float)) > 0).all()
    if sizes.size:  # the range follows the data
        assert found.counts[0] > 0 < found.counts[-1]


@pytest.mark.parametrize(("least", "bins_a_decade"), [(-5, 8), (-12, 4), (-28, 2)])
def test_bins_of_magnitudes_are_equally_wide(least, bins_a_decade):
    values = (10.0 ** np.random.default_rng(0).uniform(least, 0, 5000)).astype(np.float32)
    found = log_histogram(values)
    np.testing.assert_allclose(np.diff(found.decades), 1 / bins_a_decade, atol=0.005)
    assert found.decades[0] == pytest.approx(least, abs=1 / bins_a_decade)
    assert found.decades[-1] == pytest.approx(0, abs=1 / bins_a_decade)


@settings(max_examples=60)
@given(arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(0, 30)), elements=floats))
def test_rows_together_are_counted_as_rows_alone(values):
    logs = log_rows(values)
    for row, (one, alone) in enumerate(zip(histograms(values), values, strict=True)):
        other = histogram(alone)
        for name in ("edges", "counts", "zeros", "nonfinite", "nan", "pos_inf", "neg_inf"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        log, other = logs.of(row), log_histogram(alone)
        for name in ("edges", "counts", "zeros", "subnormal", "negative", "nan", "neg_inf"):
            np.testing.assert_array_equal(getattr(log, name), getattr(other, name))


@pytest.mark.parametrize("shape", [(3, 100_000), (70, 1500), (5, 1 << 15)])
def test_large_arrays_are_counted_piece_by_piece(shape):
    values = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    for row, found in enumerate(histograms(values)):
        exact = values[row].astype(float)
        expected, _ = np.histogram(exact, 48, (exact.min(), exact.max()))
        assert np.abs(found.counts - expected).max() <= 1
        log = log_rows(values).of(row)
        edges = log.edges.astype(float)
        place = np.searchsorted(edges, np.abs(exact), "right") - 1
        np.testing.assert_array_equal(log.counts, np.bincount(place, minlength=len(log.counts)))
        assert log.negative == (exact < 0).sum()


# Frames ------------------------------------------------------------------------------------


def engine_of(layers, batch=16, **data):
    engine = AutogradEngine(
        Experiment.parse(
            {
                "data": data or {"kind": "digits"},
                "network": {"layers": layers},
                "training": {"batch_size": batch, "device": "cpu"},
            }
        )
    )
    engine.advance(2, 1000.0)
    return engine


def frame_of(engine, parts=Parts.ALL, **more):
    step, taps, deltas, gradient = engine._last
    gradients = engine.network.tensors_of(gradient)[: len(engine.network.layers)]
    return make_frame(step, engine.network, taps, deltas, gradients, parts=parts, **more)


CONV = [
    {"kind": "conv", "channels": 6, "kernel": 3, "activation": "tanh"},
    {"kind": "conv", "channels": 6, "kernel": 3, "activation": "relu"},
    {"kind": "max_pool"},
    {"units": 12, "activation": "sigmoid"},
]
DENSE = [{"units": 12, "activation": "relu"}] * 3


def test_a_frame_holds_every_entry_of_every_layer():
    engine = engine_of(DENSE[:1])
    hidden, output = engine.frame().layers
    for layer, units, fan_in in ((hidden, 12, 64), (output, 10, 12)):
        for one in (layer.z, layer.derivative, layer.delta):
            assert one.counts.sum() == 16 * units
        assert layer.gradient.counts.sum() == units * fan_in
        assert layer.unit_z.shape == layer.unit_derivative.shape == (units,)
    closed = 1 - hidden.unit_derivative.mean()  # relu' is 0 or 1
    assert hidden.derivative.zeros == round(closed * 16 * 12)
    assert hidden.delta.zeros >= hidden.derivative.zeros
    assert output.derivative.zeros == 0
    assert (hidden.activation.kind, output.activation.kind) == ("relu", "linear")
    total = hidden.z.counts @ ((hidden.z.edges[1:] + hidden.z.edges[:-1]) / 2) / (16 * 12)
    assert total == pytest.approx(hidden.unit_z.mean(), abs=float(np.ptp(hidden.z.edges)) / 48)


@pytest.mark.parametrize("layers", [DENSE, CONV], ids=["dense", "conv"])
def test_all_parts_are_those_of_layers_one_by_one(layers):
    engine = engine_of(layers)
    _, taps, deltas, gradient = engine._last
    gradients = engine.network.tensors_of(gradient)[: len(engine.network.layers)]
    frame = frame_of(engine)
    assert frame.seconds > 0
    assert frame.nbytes > 10_000
    assert len(frame.layers) == len(layers) + 1 - (layers is CONV)
    for at, (found, layer) in enumerate(zip(frame.layers, engine.network.layers, strict=True)):
        z, a, h = (one[at].detach() for one in (taps.z, taps.a, taps.h))
        slope = activation_for(layer.activation_spec).derivative(z, a)
        values = {
            "z": z,
            "h": h,
            "derivative": slope,
            "delta": deltas[at],
            "gradient": gradients[at],
            "weight": layer.weight.detach(),
        }
        assert set(found.logs) == set(values)
        for name, tensor in values.items():
            one, alone = getattr(found, name), histogram(tensor.numpy())
            np.testing.assert_array_equal(one.counts, alone.counts)
            np.testing.assert_array_equal(one.edges, alone.edges)
            assert one.zeros == alone.zeros == found.logs[name].zeros
            log = log_histogram(tensor.numpy())
            np.testing.assert_array_equal(found.logs[name].counts, log.counts)
            np.testing.assert_array_equal(found.logs[name].edges, log.edges)
        for unit in range(layer.units):
            of_unit = {
                name: one[:, unit].double().numpy()
                for name, one in values.items()
                if name in ("z", "derivative", "delta")
            }
            assert found.unit_z[unit] == pytest.approx(of_unit["z"].mean(), rel=1e-5, abs=1e-6)
            assert found.unit_derivative[unit] == pytest.approx(
                of_unit["derivative"].mean(), rel=1e-5
            )
            assert found.unit_activity[unit] == pytest.approx((of_unit["derivative"] != 0).mean())
            rms = np.sqrt((of_unit["delta"] ** 2).mean())
            assert found.unit_delta[unit] == pytest.approx(rms, rel=1e-5)
            norm = np.linalg.norm(gradients[at][unit].double().numpy())
            assert found.unit_gradient[unit] == pytest.approx(norm, rel=1e-5)
        matrix = layer.weight.detach().double().flatten(1).numpy()
        exact = np.linalg.svd(matrix, compute_uv=False)
        np.testing.assert_allclose(found.singular_values, exact, atol=1e-6 * exact[0])


def test_what_is_not_asked_for_is_not_made():
    engine = engine_of(DENSE)
    for layer in frame_of(engine, Parts.NONE).layers:
        assert layer.h is layer.weight is None
        assert not layer.logs
        for name in ("unit_activity", "unit_delta", "unit_gradient", "singular_values"):
            assert not len(getattr(layer, name))
        assert layer.z.counts.sum() == 16 * len(layer.unit_z)
    live, every = (frame_of(engine, parts).layers for parts in (Parts.LIVE, Parts.ALL))
    assert len(live[0].singular_values) == 0
    assert len(every[0].singular_values) == 12


def test_the_weights_of_the_step_may_be_given():
    engine = engine_of(DENSE)
    theta = engine.network.theta.clone()
    before = frame_of(engine, theta=theta)
    engine.network.theta.zero_()
    after, given = frame_of(engine), frame_of(engine, theta=theta)
    assert after.layers[0].weight.zeros == 64 * 12
    for one, other in zip(before.layers, given.layers, strict=True):
        np.testing.assert_array_equal(one.weight.counts, other.weight.counts)
        np.testing.assert_array_equal(one.singular_values, other.singular_values)


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_numbers_of_units_neither_underflow_nor_overflow(scale):
    engine = engine_of(DENSE[:1])
    step, taps, deltas, gradient = engine._last
    gradients = engine.network.tensors_of(gradient)[: len(engine.network.layers)]
    scaled = [one * scale for one in deltas], [one * scale for one in gradients]
    plain, found = (
        frame_of(engine),
        make_frame(step, engine.network, taps, *scaled, parts=Parts.ALL),
    )
    for one, other in zip(plain.layers, found.layers, strict=True):
        for name in ("unit_delta", "unit_gradient"):
            expected = getattr(one, name).astype(float) * scale
            np.testing.assert_allclose(getattr(other, name), expected, rtol=1e-4)


def test_numbers_that_are_not_finite_make_a_frame_all_the_same():
    engine = engine_of(DENSE)
    weight = engine.network.layers[1].weight
    with torch.no_grad():
        weight[0, 0] = torch.nan
        weight[1, 0] = torch.inf
    step, taps, deltas, gradient = engine._last
    gradients = engine.network.tensors_of(gradient)[: len(engine.network.layers)]
    deltas[1][0, 0] = torch.inf
    deltas[1][0, 1] = torch.nan
    layer = make_frame(step, engine.network, taps, deltas, gradients, parts=Parts.ALL).layers[1]
    assert (layer.weight.nan, layer.weight.pos_inf, layer.logs["weight"].nonfinite) == (1, 1, 2)
    assert layer.weight.counts.sum() == 12 * 12 - 2
    assert np.isnan(layer.singular_values).all()
    assert np.isinf(layer.unit_delta[0])
    assert np.isnan(layer.unit_delta[1])
    assert np.isfinite(layer.unit_delta[2:]).all()


# Matrices and pictures ---------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(7, 7), (3, 40), (40, 3), (6, 3, 5, 5), (1, 4), (256, 300)])
@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_singular_values_are_those_of_float64(shape, scale):
    rng = np.random.default_rng(0)
    matrix = (rng.normal(size=shape) * scale).astype(np.float32)
    matrix[0] = 0.0
    found = singular_values([torch.from_numpy(matrix)] * (2 if len(matrix) < 200 else 1))
    flat = matrix.reshape(len(matrix), -1).astype(np.float64)
    exact = np.linalg.svd(flat, compute_uv=False)
    for one in found:
        assert (np.diff(one) <= 0).all()
        np.testing.assert_allclose(one, exact, atol=1e-6 * exact[0])


def test_singular_values_of_large_and_of_many_matrices_are_left_out():
    sizes = [len(one) for one in singular_values([torch.ones(257, 257), torch.ones(4, 100_000)])]
    assert sizes == [0, 0]
    sizes = {len(one) for one in singular_values([torch.ones(256, 256)] * 9)}
    assert sizes == {0}
    mixed = singular_values([torch.ones(256, 256)] * 9 + [torch.ones(5, 3)])
    assert [len(one) for one in mixed] == [0] * 9 + [3]


def test_pictures_of_a_dense_layer_are_upright():
    engine = engine_of(DENSE)
    layer = engine.network.layers[0]
    picture = np.zeros((8, 8), np.float32)
    picture[2, 5], picture[7, 0] = 1.0, -1.0
    with torch.no_grad():
        layer.weight[3] = torch.from_numpy(picture.ravel())
    found = frame_of(engine, image=engine.samples.shape).layers
    assert found[0].weight_images.shape == (12, 8, 8)
    np.testing.assert_array_equal(found[0].weight_images[3], picture)
    assert not len(found[1].weight_images)
    assert not len(frame_of(engine).layers[0].weight_images)  # nobody said that it is a picture
    with torch.no_grad():
        layer.weight.zero_()
    assert found[0].weight_images[3].any()  # a copy


def test_pictures_of_colours_have_channels_last():
    engine = engine_of(CONV)
    layer = engine.network.layers[0]
    assert frame_of(engine).layers[0].weight_images.shape == (6, 3, 3)
    colours = torch.arange(5 * 3 * 2 * 4, dtype=torch.float32).view(5, 3, 2, 4)
    found = weight_images(colours, layer)
    assert found.shape == (5, 2, 4, 3)
    assert found[4, 1, 2, 0] == colours[4, 0, 1, 2]
    flat = weight_images(colours.flatten(1), layer, (3, 2, 4))
    np.testing.assert_array_equal(flat, found)
    assert len(weight_images(torch.ones(500, 784), layer, (1, 28, 28))) == 83
    assert len(weight_images(torch.ones(500, 4), layer, (1, 2, 2))) == 100
