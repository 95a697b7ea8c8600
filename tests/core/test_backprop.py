"""The equations of the lecture against autograd, against finite differences, and by hand."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 -- the name everybody uses
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from core.engine import losses
from core.engine.autograd import AutogradEngine
from core.errors import LabError
from core.experiment.activations import ACTIVATION_KINDS, Activation, Linear, Relu, Sigmoid, Tanh
from core.network.activations import activation_for
from core.theory.backprop import closed_form, forward_backward
from tests.core.comparison import experiment

KINDS = [*ACTIVATION_KINDS, {"kind": "rescaled", "alpha": 0.7, "inner": "sigmoid"}]
EXACT_KINDS = [kind for kind in KINDS if kind != "hard_sigmoid"]
LOSSES = ["mse", "cross_entropy"]


def activation(spec):
    return TypeAdapter(Activation).validate_python(spec)


def drawn(widths, samples, seed=0):
    """Return weights, biases and x, all of the size of 1."""
    rng = np.random.default_rng(seed)
    pairs = list(zip(widths[1:], widths[:-1], strict=True))
    weights = [rng.normal(0, 1.2 / math.sqrt(inputs), (units, inputs)) for units, inputs in pairs]
    biases = [rng.normal(0, 0.4, units) for units, _ in pairs]
    return weights, biases, rng.normal(0, 1.0, (samples, widths[0])), rng


def by_autograd(weights, biases, activations, x, y, loss):
    """Return the loss and, for every layer, what autograd finds."""
    Ws = [torch.tensor(one, requires_grad=True) for one in weights]
    bs = [torch.tensor(one, requires_grad=True) for one in biases]
    h = torch.tensor(x, requires_grad=True)
    hs, zs = [h], []
    for W, b, one in zip(Ws, bs, activations, strict=True):
        zs.append(F.linear(hs[-1], W, b))
        hs.append(activation_for(one).phi(zs[-1]) * 1.0)  # linear: a tensor of its own
    y = torch.tensor(y)
    value = F.cross_entropy(hs[-1], y) if loss == "cross_entropy" else F.mse_loss(hs[-1], y)
    found = torch.autograd.grad(value, [*hs, *zs, *Ws, *bs])
    n = len(Ws)
    numbers = [one.detach().numpy() for one in (*hs, *zs, *found)]
    keys = {"h": n + 1, "z": n, "dh": n + 1, "delta": n, "dW": n, "db": n}
    out, at = {}, 0
    for key, count in keys.items():
        out[key] = numbers[at : at + count]
        at += count
    return value.item(), out


def assert_equals_autograd(result, reference, value, rtol=1e-10):
    def same(found, expected):
        scale = np.abs(expected).max() + 1e-300
        np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-14 * scale)

    assert result.loss == pytest.approx(value, rel=1e-12)
    same(result.output_gradient, reference["dh"][-1])
    for i, term in enumerate(result.terms):
        assert term.number == i + 1
        same(term.h_in, reference["h"][i])
        same(term.z, reference["z"][i])
        same(term.h, reference["h"][i + 1])
        same(term.upstream, reference["dh"][i + 1])
        same(term.delta, reference["delta"][i])
        same(term.d_weight, reference["dW"][i])
        same(term.d_bias, reference["db"][i])
        same(term.downstream, reference["dh"][i])
        same(term.upstream * term.derivative, term.delta)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("at_output", [False, True], ids=["linear output", "output too"])
def test_every_term_equals_autograd(kind, loss, at_output):
    weights, biases, x, rng = drawn([5, 7, 6, 3], 4)
    one = activation(kind)
    activations = [one, one, one if at_output else Linear()]
    y = rng.integers(0, 3, 4) if loss == "cross_entropy" else rng.normal(size=(4, 3))
    result = forward_backward(weights, biases, activations, x, y, loss)
    value, reference = by_autograd(weights, biases, activations, x, y, loss)
    # Torch takes 1/6 in float32 for the slope of a hard sigmoid, in float64 too: 3e-8 a layer.
    assert_equals_autograd(result, reference, value, 1e-6 if kind == "hard_sigmoid" else 1e-10)


@given(
    widths=st.lists(st.integers(1, 5), min_size=2, max_size=6),
    samples=st.integers(1, 5),
    kinds=st.data(),
    loss=st.sampled_from(LOSSES),
    seed=st.integers(0, 1000),
)
def test_any_dense_stack_equals_autograd(widths, samples, kinds, loss, seed):
    weights, biases, x, rng = drawn(widths, samples, seed)
    activations = [activation(kinds.draw(st.sampled_from(EXACT_KINDS))) for _ in weights]
    outputs = widths[-1]
    classes = loss == "cross_entropy"
    y = rng.integers(0, outputs, samples) if classes else rng.normal(size=(samples, outputs))
    result = forward_backward(weights, biases, activations, x, y, loss)
    value, reference = by_autograd(weights, biases, activations, x, y, loss)
    assert_equals_autograd(result, reference, value)


# By hand ---------------------------------------------------------------------------------


def test_the_lectures_regression_by_hand():
    """2 inputs, 2 ReLU units, 1 output, one instance: whole numbers, worked out on paper."""
    result = forward_backward(
        weights=[[[1.0, 2.0], [3.0, -4.0]], [[5.0, 6.0]]],
        biases=[[0.5, -1.0], [2.0]],
        activations=[Relu(), Linear()],
        x=[[1.0, 2.0]],
        y=[[20.0]],
        loss="mse",
    )
    hidden, output = result.terms
    # q = (1 + 4 + 0.5, 3 - 8 - 1), h = (5.5, 0), z = 27.5 + 0 + 2
    np.testing.assert_array_equal(hidden.z, [[5.5, -6.0]])
    np.testing.assert_array_equal(hidden.h, [[5.5, 0.0]])
    np.testing.assert_array_equal(output.z, [[29.5]])
    assert result.loss == 9.5**2
    # dL/dz = -2 (y - z) = 19, dL/dbeta = 19 h, dL/dh = 19 beta, u = 19 beta I(q > 0)
    np.testing.assert_array_equal(result.output_gradient, [[19.0]])
    np.testing.assert_array_equal(output.d_weight, [[104.5, 0.0]])
    np.testing.assert_array_equal(output.d_bias, [19.0])
    np.testing.assert_array_equal(output.downstream, [[95.0, 114.0]])
    np.testing.assert_array_equal(hidden.derivative, [[1.0, 0.0]])
    np.testing.assert_array_equal(hidden.delta, [[95.0, 0.0]])
    np.testing.assert_array_equal(hidden.d_weight, [[95.0, 190.0], [0.0, 0.0]])
    np.testing.assert_array_equal(hidden.d_bias, [95.0, 0.0])
    np.testing.assert_array_equal(hidden.downstream, [[95.0, 190.0]])  # dL/dx = u W


def test_two_samples_with_loops_over_every_index():
    """Novati's equation (1), index by index, for a 2-2-1 network of sigmoids."""
    W1, b1 = [[0.3, -0.8], [1.1, 0.4]], [0.1, -0.2]
    W2, b2 = [[0.7, -1.5]], [0.05]
    xs, ys = [[0.5, -1.0], [2.0, 0.25]], [0.9, -0.3]
    d_W1, d_b1 = [[0.0, 0.0], [0.0, 0.0]], [0.0, 0.0]
    d_W2, d_b2, loss = [[0.0, 0.0]], [0.0], 0.0
    for x, y in zip(xs, ys, strict=True):
        z1 = [sum(W1[j][k] * x[k] for k in range(2)) + b1[j] for j in range(2)]
        a1 = [1 / (1 + math.exp(-one)) for one in z1]
        z2 = sum(W2[0][j] * a1[j] for j in range(2)) + b2[0]
        loss += (y - z2) ** 2 / len(xs)
        delta2 = -2 * (y - z2) / len(xs)
        d_b2[0] += delta2
        for j in range(2):
            d_W2[0][j] += delta2 * a1[j]
            delta1 = W2[0][j] * delta2 * a1[j] * (1 - a1[j])
            d_b1[j] += delta1
            for k in range(2):
                d_W1[j][k] += delta1 * x[k]
    result = forward_backward([W1, W2], [b1, b2], [Sigmoid(), Linear()], xs, ys, "mse")
    assert result.loss == pytest.approx(loss, rel=1e-14)
    expected = [(d_W1, d_b1), (d_W2, d_b2)]
    for term, (d_weight, d_bias) in zip(result.terms, expected, strict=True):
        np.testing.assert_allclose(term.d_weight, d_weight, rtol=1e-13)
        np.testing.assert_allclose(term.d_bias, d_bias, rtol=1e-13)


def test_cross_entropy_by_hand():
    """Logits 0 and ln 3 are the probabilities 1/4 and 3/4."""
    result = forward_backward(
        [[[0.0], [math.log(3.0)]]],
        [[0.0, 0.0]],
        [Linear()],
        [[1.0], [1.0]],
        [0, 1],
        "cross_entropy",
    )
    np.testing.assert_allclose(result.predictions, [[0.25, 0.75]] * 2, rtol=1e-15)
    np.testing.assert_array_equal(result.targets, [[1.0, 0.0], [0.0, 1.0]])
    assert result.loss == pytest.approx((math.log(4.0) + math.log(4.0 / 3.0)) / 2, rel=1e-15)
    expected = [[-0.375, 0.375], [0.125, -0.125]]  # (softmax - onehot) / 2 samples
    np.testing.assert_allclose(result.terms[0].delta, expected, rtol=1e-14)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("kind", ["tanh", "gelu", "hard_sigmoid"])
def test_gradients_equal_finite_differences(kind, loss):
    weights, biases, x, rng = drawn([3, 4, 2], 3, seed=5)
    activations = [activation(kind), activation("sigmoid")]
    y = rng.integers(0, 2, 3) if loss == "cross_entropy" else rng.normal(size=(3, 2))

    def value():
        return forward_backward(weights, biases, activations, x, y, loss).loss

    result = forward_backward(weights, biases, activations, x, y, loss)
    pairs = [(x, result.terms[0].downstream)]
    for W, b, term in zip(weights, biases, result.terms, strict=True):
        pairs += [(W, term.d_weight), (b, term.d_bias)]
    step = 1e-5
    for values, gradient in pairs:
        assert values.shape == gradient.shape
        for index in np.ndindex(values.shape):
            kept = values[index]
            values[index] = kept + step
            above = value()
            values[index] = kept - step
            below = value()
            values[index] = kept
            assert (above - below) / (2 * step) == pytest.approx(gradient[index], abs=1e-9)


# Of a network ----------------------------------------------------------------------------


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("kind", ["sigmoid", "relu", "prelu"])
def test_a_network_of_the_engine_gives_its_own_gradients(kind, loss):
    layer = {"units": 9, "activation": kind}
    spec = experiment(layer, layer, loss=loss)
    engine = AutogradEngine(spec)
    engine.advance(3, 1000.0)  # a learned slope has moved
    network = engine.network
    x = torch.randn(8, 64, generator=torch.Generator().manual_seed(1))
    y = torch.arange(8)
    result = closed_form(network, x, y, loss)
    taps = network.forward(x, training=True)
    targets = losses.targets_for(spec.training.loss, y, 10)
    value = losses.loss_of(spec.training.loss, taps.h[-1], targets)
    weights = [one.weight for one in network.layers]
    biases = [one.bias for one in network.layers]
    found = [one.numpy() for one in torch.autograd.grad(value, [*taps.z, *weights, *biases])]
    assert result.loss == pytest.approx(value.item(), rel=1e-5)
    for i, term in enumerate(result.terms):
        expected = zip((term.delta, term.d_weight, term.d_bias), found[i::3], strict=True)
        for exact, single in expected:
            np.testing.assert_allclose(single, exact, rtol=1e-3, atol=2e-6 * np.abs(exact).max())


def test_numbers_are_met_whether_targets_are_a_row_or_a_column():
    network = AutogradEngine(experiment({"units": 4}, data="sine", loss="mse")).network
    features = network.layers[0].weight.shape[1]
    x, y = np.ones((3, features)), np.array([1.0, 2.0, 3.0])
    rows, columns = closed_form(network, x, y, "mse"), closed_form(network, x, y[:, None], "mse")
    assert rows.loss == columns.loss
    np.testing.assert_array_equal(rows.output_gradient, columns.output_gradient)


def test_nothing_of_the_result_is_the_callers_memory():
    weights, biases, x, _ = drawn([3, 4, 2], 3)
    result = forward_backward(weights, biases, [Tanh(), Linear()], x, [0, 1, 1], "cross_entropy")
    for one, term in zip([*weights, *biases], [*result.terms] * 2, strict=True):
        assert not np.shares_memory(one, term.weight)
        assert not np.shares_memory(one, term.bias)
    assert not np.shares_memory(x, result.terms[0].h_in)


# Where it ends ---------------------------------------------------------------------------

CONV = {"kind": "conv", "channels": 3}
REFUSED = {
    "conv 1": [CONV],
    "max pool": [{"kind": "max_pool"}],
    "dense 1 with normalisation": [{"units": 4, "batch_norm": "before_activation"}],
    "dense 2 with normalisation": [{"units": 4}, {"units": 4, "layer_norm": "after_activation"}],
    "dense 1 with dropout": [{"units": 4, "dropout": 0.1}],
    "dense 2 with dropout": [{"units": 4}, {"units": 4, "drop_weights": 0.1}],
    "dense 2 with a residual sum": [{"units": 4}, {"units": 4, "residual": True}],
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_closed_form_does_not_cover_is_named(what):
    network = AutogradEngine(experiment(*REFUSED[what])).network
    with pytest.raises(LabError, match=f"cover {what}\\."):
        closed_form(network, torch.ones(2, 64), torch.tensor([0, 1]), "cross_entropy")


def test_a_normalised_input_is_not_covered():
    spec = experiment({"units": 4}, network={"input_norm": {"kind": "layer_norm"}})
    with pytest.raises(LabError, match="layer norm of input"):
        closed_form(AutogradEngine(spec).network, torch.ones(2, 64), torch.tensor([0, 1]), "mse")


W, B, ONE = [[[1.0, 2.0]]], [[0.0]], [Linear()]
WRONG = {
    "no layers": (([], [], [], [[1.0]], [1.0], "mse"), "0 weight matrices"),
    "a bias is missing": ((W, [], ONE, [[1.0, 1.0]], [1.0], "mse"), "0 biases"),
    "x is too narrow": ((W, B, ONE, [[1.0]], [1.0], "mse"), "Layer 1"),
    "a bias is too long": ((W, [[0.0, 1.0]], ONE, [[1.0, 1.0]], [1.0], "mse"), "Layer 1"),
    "no samples": ((W, B, ONE, np.zeros((0, 2)), [], "mse"), "no sample"),
    "another loss": ((W, B, ONE, [[1.0, 1.0]], [1.0], "mae"), "loss mae"),
    "too many targets": ((W, B, ONE, [[1.0, 1.0]], [1.0, 2.0], "mse"), "Targets"),
    "no classes": ((W, B, ONE, [[1.0, 1.0]], [0.5], "cross_entropy"), "Targets"),
    "an unknown class": ((W, B, ONE, [[1.0, 1.0]], [1], "cross_entropy"), "Classes 1 to 1"),
    "a class below 0": ((W, B, ONE, [[1.0, 1.0]], [-1], "cross_entropy"), "Classes -1 to -1"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_fit_is_refused_in_words(case):
    arguments, words = WRONG[case]
    with pytest.raises(LabError, match=words) as refused:
        forward_backward(*arguments)
    assert refused.value.hint


def test_great_logits_do_not_overflow_and_infinities_do_not_warn():
    result = forward_backward(
        [[[1e4], [-1e4]]], [[0.0, 0.0]], [Linear()], [[1.0]], [1], "cross_entropy"
    )
    assert result.loss == 2e4
    np.testing.assert_array_equal(result.terms[0].delta, [[1.0, -1.0]])
    diverged = forward_backward(
        [[[math.inf]], [[1.0]]], [[0.0], [0.0]], [Tanh(), Linear()], [[0.0]], [1.0], "mse"
    )
    assert math.isnan(diverged.loss)
    assert np.isnan(diverged.terms[0].delta).all()
