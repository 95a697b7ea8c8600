"""Every sort of number is told apart, and the first that is not finite is found."""

import math
import struct

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from core.measure.missing import NOT_MEASURED, blank
from core.measure.nonfinite import NAMES, Kind, Part, first_nonfinite, is_finite, kinds
from core.record.found import Found

NOT_MEASURED_BITS = struct.unpack("<I", NOT_MEASURED.tobytes())[0]


def by_python(bits):
    """Classify by Python's own floats, which hold every float32 exactly."""
    value = struct.unpack("<f", struct.pack("<I", bits))[0]
    if bits == NOT_MEASURED_BITS:
        return "not measured"
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == 0.0:
        return "zero"
    return "subnormal" if abs(value) < 2.0**-126 else "normal"


@given(st.lists(st.integers(0, 2**32 - 1), max_size=50))
@example([0x0000_0000, 0x8000_0000, 0x0000_0001, 0x8000_0001, 0x007F_FFFF, 0x0080_0000])
@example([0x7F7F_FFFF, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0xFFC0_0000, 0x7F80_0001])
@example([NOT_MEASURED_BITS, NOT_MEASURED_BITS | 0x8000_0000, NOT_MEASURED_BITS + 1])
def test_cells_are_told_apart_as_python_tells_them(bits):
    found = kinds(np.array(bits, np.uint32).view(np.float32))
    assert found.dtype == np.uint8
    assert [NAMES[one] for one in found] == [by_python(one) for one in bits]


def test_any_shape_and_layout_is_taken():
    values = np.array([[1.0, 0.0, math.inf], [1e-45, math.nan, -math.inf]], np.float32)
    expected = [
        [Kind.NORMAL, Kind.ZERO, Kind.POS_INF],
        [Kind.SUBNORMAL, Kind.NAN, Kind.NEG_INF],
    ]
    assert kinds(values).tolist() == expected
    assert kinds(values.T).tolist() == np.array(expected).T.tolist()
    assert kinds(values[:, ::2]).tolist() == np.array(expected)[:, ::2].tolist()
    assert kinds(np.float32(math.nan)).tolist() == Kind.NAN
    assert kinds(np.zeros((0, 3), np.float32)).shape == (0, 3)
    assert (kinds(blank((2, 2))) == Kind.NOT_MEASURED).all()


@given(
    st.lists(
        st.lists(
            st.sampled_from([1.0, 0.0, -2.5, math.nan, math.inf, -math.inf]), min_size=6, max_size=6
        ),
        max_size=4,
    )
)
def test_the_first_cell_is_the_one_that_a_plain_search_meets_first(tensors):
    parts = [
        Part(f"p{i}", i, torch.tensor(one).view(3, 2), sampled=i % 2 == 0)
        for i, one in enumerate(tensors)
    ]
    found = first_nonfinite(parts)
    expected = None
    for i, one in enumerate(tensors):
        bad = [at for at, value in enumerate(one) if not math.isfinite(value)]
        if bad:
            expected = i, bad[0], one[bad[0]], len(bad)
            break
    if expected is None:
        assert found is None
        return
    i, at, value, count = expected
    kind = "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    assert (found.name, found.layer, found.kind) == (f"p{i}", i, kind)
    place = (at // 2, at % 2) if i % 2 == 0 else (None, at // 2)
    assert (found.row, found.unit) == place
    assert (found.count, found.of) == (count, 6)


def test_what_comes_after_the_first_is_not_even_computed():
    def parts():
        yield Part("a", 1, torch.ones(2))
        yield Part("b", 1, torch.tensor(math.nan))
        raise AssertionError("asked for more")

    found = first_nonfinite(parts())
    assert (found.name, found.row, found.unit, found.count, found.of) == ("b", None, None, 1, 1)


def test_of_a_convolution_it_is_sample_and_channel():
    values = torch.zeros(4, 3, 5, 5)
    values[2, 1, 4, 0] = -math.inf
    values[3] = math.nan
    found = first_nonfinite([Part("z", 2, values, sampled=True)])
    assert (found.row, found.unit, found.kind) == (2, 1, "-Inf")
    assert (found.count, found.of) == (76, 300)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
def test_nothing_is_finite(shape):
    assert is_finite(torch.empty(shape))
    assert first_nonfinite([Part("z", 1, torch.empty(shape), sampled=True)]) is None


def test_the_sentence_counts_from_one_and_names_another_step():
    found = Found(812, 3, "z", "NaN", sample=402, unit=16)
    assert found.sentence(812) == "NaN first in z of layer 3 (unit 17, training sample 403)."
    assert found.sentence(813) == (
        "NaN first in z of layer 3 at step 812 (unit 17, training sample 403)."
    )
    update = Found(1811, 2, "update", "-Inf", earlier=True)
    assert update.sentence(1900) == "−∞ first in the update of layer 2 at step 1,811 or before."
    plain = Found(0, None, "input", "+Inf", sample=0, unit=1)
    assert plain.sentence(0) == "∞ first in the input (feature 2, training sample 1)."
