"""Histograms: every value is in a bin or counted apart, and nothing is clamped."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from core.engine.autograd import AutogradEngine
from core.experiment import Experiment
from core.measure.frames import histogram

floats = st.floats(width=32) | st.sampled_from([0.0, 1.0, np.nan, np.inf, -np.inf, 1e-45, 3e38])


@given(arrays(np.float32, array_shapes(max_side=30), elements=floats))
def test_every_finite_value_is_in_a_bin_and_the_others_are_counted(values):
    found = histogram(values)
    finite = values[np.isfinite(values)]
    assert found.counts.sum() == finite.size
    assert found.nonfinite == values.size - finite.size
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


def test_a_frame_holds_every_entry_of_every_layer():
    engine = AutogradEngine(
        Experiment.parse(
            {
                "network": {"layers": [{"units": 12, "activation": "relu"}]},
                "training": {"batch_size": 16, "device": "cpu"},
            }
        )
    )
    engine.advance(2, 1000.0)
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
