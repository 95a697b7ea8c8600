"""Every measured quantity against a slow reference: forward and backward by hand, in float64."""

import numpy as np
import pytest
import torch

from core.data.samples import load_samples
from core.engine.autograd import AutogradEngine
from core.experiment import Experiment
from core.measure import EVALUATIONS, LAYER_QUANTITIES, QUANTITIES, SCALARS
from core.measure.moved import LOOKED_AT

# The reference ---------------------------------------------------------------------------

SELU_ALPHA, SELU_SCALE = 1.6732632423543772848, 1.0507009873554804935


def activation(spec):
    """Return phi, phi' and sup |phi'| in NumPy."""
    kind, alpha = spec.kind, getattr(spec, "alpha", 1.0)
    if kind == "sigmoid":
        sigma = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
        return sigma, lambda z: sigma(z) * (1 - sigma(z)), 0.25
    if kind == "tanh":
        return np.tanh, lambda z: 1 / np.cosh(z) ** 2, 1.0
    if kind == "linear":
        return lambda z: z, np.ones_like, 1.0
    scale = SELU_SCALE if kind == "selu" else 1.0
    if kind in ("relu", "leaky_relu"):
        slope = 0.0 if kind == "relu" else alpha
        below, below_slope = lambda z: slope * z, lambda z: slope + 0 * z
        sup = max(1.0, slope)
    else:
        alpha = SELU_ALPHA if kind == "selu" else alpha
        below, below_slope = lambda z: alpha * np.expm1(z), lambda z: alpha * np.exp(z)
        sup = max(1.0, alpha)
    return (
        lambda z: scale * np.where(z > 0, z, below(np.minimum(z, 0))),
        lambda z: scale * np.where(z > 0, 1.0, below_slope(np.minimum(z, 0))),
        scale * sup,
    )


class BatchNorm:
    """Batch normalisation with its backward pass (Ioffe & Szegedy 2015, section 3)."""

    def __init__(self, norm):
        self.scale, self.shift = as_double(norm.scale), as_double(norm.shift)
        self.mean, self.var = as_double(norm.running_mean), as_double(norm.running_var)

    def forward(self, x, training=True):
        mean, var = (x.mean(axis=0), x.var(axis=0)) if training else (self.mean, self.var)
        if training:
            n = len(x)
            self.mean = 0.9 * self.mean + 0.1 * mean
            self.var = 0.9 * self.var + 0.1 * var * n / (n - 1)
        self.inverse = 1 / np.sqrt(var + 1e-5)
        self.x_hat = (x - mean) * self.inverse
        return self.scale * self.x_hat + self.shift

    def backward(self, dy):
        """Return the gradients of input, scale and shift."""
        d_hat = dy * self.scale
        dx = self.inverse * (
            d_hat - d_hat.mean(axis=0) - self.x_hat * (d_hat * self.x_hat).mean(axis=0)
        )
        return dx, (dy * self.x_hat).sum(axis=0), dy.sum(axis=0)


class Layer:
    def __init__(self, layer):
        self.W, self.b = as_double(layer.weight), as_double(layer.bias)
        self.phi, self.slope, self.sup = activation(layer.activation_spec)
        self.norm = BatchNorm(layer.norms[0]) if layer.norms else None
        self.norm_first = bool(layer.before)

    def parameters(self):
        return [self.b, *((self.norm.scale, self.norm.shift) if self.norm else ())]


class Reference:
    """Trains a copy of an engine's network, step by step, and measures it by the definitions."""

    def __init__(self, engine):
        self.training = engine.experiment.training
        self.layers = [Layer(layer) for layer in engine.network.layers]
        self.weights = [layer.W for layer in self.layers]
        self.rest = [one for layer in self.layers for one in layer.parameters()]
        self.initial = [W.copy() for W in self.weights]
        self.memory, self.t = None, 0
        self.alive = [np.zeros(len(layer.b), bool) for layer in self.layers]

    def forward(self, x, masks=None):
        h = x
        for i, layer in enumerate(self.layers):
            layer.x = h
            z = h @ layer.W.T + layer.b
            if layer.norm and layer.norm_first:
                z = layer.norm.forward(z, training=masks is not None)
            layer.z, layer.a = z, layer.phi(z)
            h = layer.a
            if layer.norm and not layer.norm_first:
                h = layer.norm.forward(h, training=masks is not None)
            if masks is not None:
                h = h * masks[i]
            layer.h = h
        return h

    def backward(self, dh, masks):
        """Fill in delta, dW and the other gradients of every layer."""
        for layer, mask in zip(self.layers[::-1], masks[::-1], strict=True):
            da, others = dh * mask, []
            if layer.norm and not layer.norm_first:
                da, *others = layer.norm.backward(da)
            layer.delta = da * layer.slope(layer.z)
            ds = layer.delta
            if layer.norm and layer.norm_first:
                ds, *others = layer.norm.backward(ds)
            layer.dW, layer.d_rest = ds.T @ layer.x, [ds.sum(axis=0), *others]
            dh = ds @ layer.W

    def step(self, x, y, masks):
        """Make a step; return the scalars, and the layer quantities as lists."""
        training = self.training
        logits = self.forward(x, masks)
        p = softmax(logits)
        onehot = np.eye(p.shape[1])[y]
        loss_data = cross_entropy(logits, y)
        self.backward((p - onehot) / len(y), masks)

        weights = np.concatenate([W.ravel() for W in self.weights])
        penalty = training.l1 * np.abs(weights).sum() + training.l2 * (weights**2).sum()
        g_weights = [
            layer.dW + training.l1 * np.sign(layer.W) + 2 * training.l2 * layer.W
            for layer in self.layers
        ]
        raw = flat(g_weights + [g for layer in self.layers for g in layer.d_rest])
        used = clip(training.clip, raw)
        rows = {name: [] for name in LAYER_QUANTITIES}
        for i, layer in enumerate(self.layers):
            slope = layer.slope(layer.z)
            self.alive[i] |= (slope != 0).any(axis=0)
            rows["weight_grad_norm"].append(norm(layer.dW))
            rows["delta_norm"].append(norm(layer.delta))
            rows["activation_norm"].append(norm(layer.h))
            rows["derivative_mean"].append(slope.mean() / layer.sup)
            rows["saturated_fraction"].append((slope < 0.05 * layer.sup).mean())
            rows["dead_fraction"].append(1 - self.alive[i].mean())
            rows["weight_norm"].append(norm(layer.W))
            rows["weight_grad_mean"].append(layer.dW.mean())
            rows["weight_grad_std"].append(layer.dW.std())
            rows["penalty_grad_norm"].append(norm(g_weights[i] - layer.dW))
            rows["raw_grad_norm"].append(norm(g_weights[i]))
            start = sum(W.size for W in self.weights[:i])
            share = used[start : start + layer.W.size]
            rows["clipped_grad_norm"].append(norm(share))
            floor = 10 * getattr(training.optimizer, "epsilon", np.nan)
            rows["below_floor"].append((np.abs(share) < floor).mean() if floor > 0 else np.nan)
            rows["activation_mean"].append(layer.h.mean())
            rows["activation_std"].append(layer.h.std())
            rows["preactivation_mean"].append(layer.z.mean())
            rows["preactivation_std"].append(layer.z.std())
            moved = layer.W - self.initial[i]
            rows["weight_distance"].append(norm(moved) / norm(self.initial[i]))
            rows["learned_slope"].append(np.nan)  # there is no PReLU here
            rows["nonfinite"].append(0.0)
        before = [W.copy() for W in self.weights]
        self.update(used)
        for old, W in zip(before, self.weights, strict=True):
            rows["update_ratio"].append(norm(W - old) / norm(old))
        cosine_parts = raw / norm(raw), used / norm(used)
        scalars = {
            "loss": loss_data + penalty,
            "loss_data": loss_data,
            "loss_penalty": penalty,
            "accuracy": (logits.argmax(axis=1) == y).mean(),
            "grad_norm": norm(raw),
            "clip_factor": norm(used) / norm(raw),
            "clip_angle": np.degrees(np.arccos(np.clip(cosine_parts[0] @ cosine_parts[1], -1, 1))),
            "learning_rate": training.optimizer.lr,
        }
        return scalars, rows

    def update(self, gradient):
        """Change weights and the rest in place: decoupled decay, then the optimiser."""
        spec, self.t = self.training.optimizer, self.t + 1
        for W in self.weights:
            W *= 1 - spec.lr * self.training.weight_decay
        if spec.kind == "sgd":
            self.memory = (
                gradient if self.memory is None else spec.momentum * self.memory + gradient
            )
            change = spec.lr * self.memory
        else:
            m, v = self.memory or (0, 0)
            m = spec.beta1 * m + (1 - spec.beta1) * gradient
            v = spec.beta2 * v + (1 - spec.beta2) * gradient**2
            self.memory = m, v
            m_hat, v_hat = m / (1 - spec.beta1**self.t), v / (1 - spec.beta2**self.t)
            change = spec.lr * m_hat / (np.sqrt(v_hat) + spec.epsilon)
        at = 0
        for tensor in [*self.weights, *self.rest]:
            tensor -= change[at : at + tensor.size].reshape(tensor.shape)
            at += tensor.size


def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(logits, y):
    top = logits.max(axis=1)
    log_sum = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    return (log_sum - logits[np.arange(len(y)), y]).mean()


def clip(spec, gradient):
    if spec.kind == "value":
        return np.clip(gradient, -spec.limit, spec.limit)
    if spec.kind == "norm" and norm(gradient) > spec.limit:
        return gradient * spec.limit / norm(gradient)
    return gradient


def norm(x):
    return float(np.sqrt((x * x).sum()))


def flat(arrays):
    return np.concatenate([one.ravel() for one in arrays])


def as_double(tensor):
    return tensor.detach().cpu().numpy().astype(np.float64)


# The comparison --------------------------------------------------------------------------


class Watched:
    """An engine whose forward passes in training are noted: inputs, and what was dropped."""

    def __init__(self, experiment):
        self.engine = AutogradEngine(experiment)
        self.seen = []
        samples = load_samples(experiment.data, experiment.seed)
        self.labels = {
            x.tobytes(): y for x, y in zip(samples.x_train, samples.y_train, strict=True)
        }
        forward = self.engine.network.forward

        def noted(x, *, training):
            taps = forward(x, training=training)
            if training:
                self.seen.append((x.clone(), taps))
            return taps

        self.engine.network.forward = noted

    def batches(self):
        """Yield x, y and the dropout masks of every step made."""
        for x, taps in self.seen:
            rows = x.cpu().numpy()
            masks = []
            for layer, h in zip(self.engine.network.layers, taps.h, strict=True):
                # Where an output was 0 anyway, so is its derivative: the mask does not matter.
                kept = as_double(h) != 0 if layer.dropout else np.ones(h.shape)
                masks.append(kept / (1 - layer.dropout))
            y = np.array([self.labels[row.tobytes()] for row in rows])
            yield rows.astype(np.float64), y, masks


def experiment(layer=None, *, layers=None, **training):
    chosen = layers or [{"units": 12} | (layer or {}), {"units": 9} | (layer or {})]
    return Experiment.parse(
        {
            "seed": 3,
            "data": {"kind": "digits"},
            "network": {"layers": chosen},
            "training": {"batch_size": 16, "device": "cpu"} | training,
        }
    )


def compare(spec, steps=5, rel=2e-4):
    watched = Watched(spec)
    reference = Reference(watched.engine)
    block = watched.engine.advance(steps, 100.0)
    assert block.n == steps
    entries = 16 * np.array([layer.units for layer in watched.engine.network.layers])
    for step, (x, y, masks) in enumerate(watched.batches()):
        scalars, rows = reference.step(x, y, masks)
        for name in SCALARS:
            # An angle of a float32 gradient is good to a thousandth of a degree.
            tolerance = 2e-3 if name == "clip_angle" else 1e-6
            assert block.scalars[name][step] == pytest.approx(
                scalars[name], rel=rel, abs=tolerance
            ), f"{name} at step {step}"
        for name in LAYER_QUANTITIES:
            # A share counts entries: one of them may lie on the border in float32.
            tolerance = 1.01 / entries if name == "saturated_fraction" else 0
            if name.endswith("_mean") and name != "derivative_mean":
                # A sum that cancels is as good as its terms: as what the mean is compared with.
                tolerance = rel * np.array(rows[name.replace("_mean", "_std")])
            if name == "below_floor":
                sizes = [layer.weight.numel() for layer in watched.engine.network.layers]
                # Of a large layer only some elements are looked at.
                tolerance = np.array([2.01 / size if size <= LOOKED_AT else 0.1 for size in sizes])
            found, expected = block.layers[name][step].astype(float), np.array(rows[name])
            close = np.abs(found - expected) <= rel * np.abs(expected) + tolerance
            close |= np.isnan(found) & np.isnan(expected)
            assert close.all(), f"{name} at step {step}: {found} is not {expected}"
    return watched.engine, reference


ACTIVATIONS = [
    {"kind": "sigmoid"},
    {"kind": "tanh"},
    {"kind": "relu"},
    {"kind": "leaky_relu", "alpha": 0.1},
    {"kind": "elu", "alpha": 0.7},
    {"kind": "selu"},
    {"kind": "linear"},
]


@pytest.mark.parametrize("batch_norm", ["none", "before_activation", "after_activation"])
@pytest.mark.parametrize("phi", ACTIVATIONS, ids=lambda one: one["kind"])
def test_every_activation_is_measured_right_with_and_without_batch_norm(phi, batch_norm):
    compare(experiment({"activation": phi, "batch_norm": batch_norm}))


SGD = {"kind": "sgd", "lr": 0.1, "momentum": 0.0}
MOMENTUM = {"kind": "sgd", "lr": 0.05, "momentum": 0.9}
ADAM = {"kind": "adam", "lr": 0.01}
TRAININGS = {
    "plain sgd": {"optimizer": SGD},
    "momentum": {"optimizer": MOMENTUM},
    "adam": {"optimizer": ADAM},
    "adam with other betas": {
        "optimizer": {"kind": "adam", "lr": 0.01, "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3}
    },
    "l1": {"l1": 0.003},
    "l2": {"l2": 0.01},
    "l1 and l2 with adam": {"l1": 0.001, "l2": 0.02, "optimizer": ADAM},
    "weight decay": {"weight_decay": 0.3},
    "weight decay with adam": {"weight_decay": 0.5, "optimizer": ADAM},
    "clip by value": {"clip": {"kind": "value", "limit": 0.01}},
    "clip by norm": {"clip": {"kind": "norm", "limit": 0.5}},
    "clip that never bites": {"clip": {"kind": "norm", "limit": 1e6}},
    "everything": {
        "l1": 0.001,
        "l2": 0.01,
        "weight_decay": 0.1,
        "clip": {"kind": "value", "limit": 0.02},
        "optimizer": MOMENTUM,
    },
}


@pytest.mark.parametrize("training", TRAININGS.values(), ids=TRAININGS)
def test_every_way_of_training_is_measured_right(training):
    # Adam divides by small numbers, where float32 differs from float64 a little more.
    rel = 1e-3 if training.get("optimizer", SGD)["kind"] == "adam" else 2e-4
    compare(
        experiment({"activation": "tanh", "bias_init": {"kind": "normal"}}, **training), rel=rel
    )


@pytest.mark.parametrize("batch_norm", ["none", "before_activation", "after_activation"])
@pytest.mark.parametrize("phi", ["relu", "tanh"])
def test_dropout_is_measured_right(phi, batch_norm):
    compare(experiment({"activation": phi, "dropout": 0.4, "batch_norm": batch_norm}))


def test_layers_of_every_shape_and_kind_in_one_network_are_measured_right():
    compare(
        experiment(
            layers=[
                {"units": 8, "activation": "tanh", "repeat": 3},
                # Biases off 0, lest float32 and float64 differ about which side of it z is on.
                {"units": 8, "activation": "relu", "dropout": 0.2, "bias_init": {"kind": "normal"}},
                {"units": 8, "activation": "relu", "bias_init": {"kind": "normal"}},
                {"units": 5, "activation": "sigmoid", "batch_norm": "before_activation"},
                {"units": 8, "activation": "linear"},
                {"units": 8, "activation": "linear", "batch_norm": "after_activation"},
            ],
            l2=0.001,
            clip={"kind": "norm", "limit": 1.0},
        )
    )


def test_a_network_without_hidden_layers_is_measured_right():
    spec = experiment().plain()
    spec["network"]["layers"] = []
    engine, _ = compare(Experiment.parse(spec))
    assert len(engine.network.layers) == 1


def test_twenty_steps_across_the_end_of_an_epoch_are_measured_right():
    # 1,150 training samples in batches of 90: the thirteenth has only 70.
    spec = experiment({"activation": "tanh"}, batch_size=90, optimizer=SGD)
    watched = Watched(spec)
    reference = Reference(watched.engine)
    block = watched.engine.advance(20, 100.0)
    sizes = []
    for step, (x, y, masks) in enumerate(watched.batches()):
        sizes.append(len(x))
        scalars, rows = reference.step(x, y, masks)
        assert block.scalars["accuracy"][step] == pytest.approx(scalars["accuracy"], abs=1e-6)
        for name in ("delta_norm", "activation_norm", "weight_grad_norm", "update_ratio"):
            found = block.layers[name][step]
            assert found == pytest.approx(rows[name], rel=1e-3, nan_ok=True), (name, step)
    assert set(sizes) == {90, sum(sizes[:13]) - 12 * 90}


@pytest.mark.parametrize("batch_norm", ["none", "before_activation", "after_activation"])
def test_validation_is_measured_without_dropout_and_by_running_statistics(batch_norm):
    spec = experiment({"activation": "tanh", "dropout": 0.3, "batch_norm": batch_norm})
    engine, reference = compare(spec)
    samples = load_samples(spec.data, spec.seed)
    logits = reference.forward(samples.x_validation.astype(np.float64))
    loss = cross_entropy(logits, samples.y_validation)
    right = (logits.argmax(axis=1) == samples.y_validation).mean()
    assert engine.evaluate() == pytest.approx((loss, right), rel=1e-3)


# Particular promises ---------------------------------------------------------------------


def test_every_quantity_that_is_promised_is_measured():
    block = AutogradEngine(experiment()).advance(1, 100.0)
    assert set(block.scalars) == set(SCALARS)
    assert set(block.layers) == set(LAYER_QUANTITIES)
    assert set(QUANTITIES) == {*SCALARS, *LAYER_QUANTITIES, *EVALUATIONS}
    assert {values.dtype for values in (block.scalars | block.layers).values()} == {
        np.dtype(np.float32)
    }


def test_every_quantity_explains_itself():
    for quantity in QUANTITIES.values():
        assert quantity.title
        assert quantity.formula
        assert quantity.reading
        assert quantity.misleads


def test_step_zero_is_measured_before_the_first_update():
    spec = experiment({"activation": "tanh"}, optimizer={"kind": "sgd", "lr": 50.0})
    watched = Watched(spec)
    initial = [norm(as_double(layer.weight)) for layer in watched.engine.network.layers]
    untrained = Reference(watched.engine)
    block = watched.engine.advance(2, 100.0)
    assert block.layers["weight_norm"][0] == pytest.approx(initial, rel=1e-5)
    assert (block.layers["weight_norm"][1] > 2 * block.layers["weight_norm"][0]).any()
    x, y, masks = next(watched.batches())
    assert block.scalars["loss"][0] == pytest.approx(
        untrained.step(x, y, masks)[0]["loss"], rel=1e-5
    )


def test_the_first_evaluation_is_of_the_untrained_network():
    engine = AutogradEngine(experiment())
    before = engine.evaluate()
    assert engine.advance(3, 100.0).evaluations == ((0, *before),)


def test_layers_are_counted_from_the_input():
    layers = [{"units": 50, "activation": "tanh"}, {"units": 3, "activation": "tanh"}]
    engine = AutogradEngine(experiment(layers=layers))
    facts = engine.facts.layers
    assert [(one.number, one.fan_in, one.units) for one in facts] == [
        (1, 64, 50),
        (2, 50, 3),
        (3, 3, 10),
    ]
    block = engine.advance(1, 100.0)
    # |h| of 16 x 50 tanh outputs is larger than that of 16 x 3.
    assert block.layers["activation_norm"][0, 0] > 2 * block.layers["activation_norm"][0, 1]


def test_delta_agrees_with_finite_differences():
    spec = Experiment.parse(
        {
            "data": {"kind": "moons", "samples": 50},
            "network": {"layers": [{"units": 3, "activation": "tanh", "repeat": 2}]},
            "training": {"batch_size": 5, "device": "cpu"},
        }
    )
    watched = Watched(spec)
    network = Reference(watched.engine)
    block = watched.engine.advance(1, 100.0)
    x, y, masks = next(watched.batches())
    network.forward(x, masks)

    def loss_from(layer, z):
        """Return the loss if the argument of one layer's activation were z."""
        h = network.layers[layer].phi(z)
        for above in network.layers[layer + 1 :]:
            h = above.phi(h @ above.W.T + above.b)
        return cross_entropy(h, y)

    for index, layer in enumerate(network.layers):
        delta, step = np.zeros_like(layer.z), 1e-6
        for place in np.ndindex(*delta.shape):
            up, down = layer.z.copy(), layer.z.copy()
            up[place] += step
            down[place] -= step
            delta[place] = (loss_from(index, up) - loss_from(index, down)) / (2 * step)
        assert block.layers["delta_norm"][0, index] == pytest.approx(norm(delta), rel=1e-5)


@pytest.mark.parametrize("block_size", [1, 3, 100])
def test_a_unit_is_dead_if_it_was_silent_for_every_sample_of_the_last_epoch(block_size):
    spec = Experiment.parse(
        {
            "data": {"kind": "moons", "samples": 44, "validation": 0.0},
            "network": {
                "layers": [
                    {
                        "units": 16,
                        "activation": "relu",
                        "init": {"kind": "normal", "std": 1.0},
                        "bias_init": {"kind": "normal", "mean": -2.0, "std": 1.0},
                        "repeat": 2,
                    }
                ]
            },
            "training": {"batch_size": 8, "device": "cpu", "optimizer": {"kind": "sgd", "lr": 0.3}},
        }
    )
    watched = Watched(spec)
    window = watched.engine.steps_per_epoch
    assert window == 6
    found = []
    while len(found) < 30:
        block = watched.engine.advance(min(block_size, 30 - len(found)), 100.0)
        found.extend(block.layers["dead_fraction"])
    fractions = set()
    for step, dead in enumerate(found):
        for index in range(2):
            seen = [taps.z[index] for _, taps in watched.seen[max(0, step - window + 1) : step + 1]]
            silent = (torch.cat(seen) <= 0).all(dim=0)
            assert dead[index] == pytest.approx(float(silent.double().mean())), (step, index)
            fractions.add(float(dead[index]))
        assert dead[2] == 0.0  # the output layer is linear
    samples = sum(len(x) for x, _ in watched.seen[:window])
    assert samples == 44  # the window is each training sample once
    assert len(fractions) > 3  # and something happened in it


def test_only_exact_zeros_count_as_dead():
    # A negative slope of 1e-30 is as good as dead, yet something flows.
    leaky = {"kind": "leaky_relu", "alpha": 1e-30}
    dead = {"bias_init": {"kind": "constant", "value": -100.0}}
    for phi, expected in ((leaky, 0.0), ("relu", 1.0)):
        block = AutogradEngine(experiment({"activation": phi} | dead)).advance(1, 100.0)
        assert block.layers["dead_fraction"][0, 0] == expected
        assert block.layers["saturated_fraction"][0, 0] == 1.0


def test_an_elu_unit_is_not_dead_while_a_gradient_flows_through_it():
    far = {"bias_init": {"kind": "constant", "value": -30.0}}
    for phi in ("elu", "selu"):
        layers = [{"units": 12, "activation": phi} | far]
        block = AutogradEngine(experiment(layers=layers)).advance(1, 100.0)
        assert block.layers["delta_norm"][0, 0] > 0
        assert block.layers["dead_fraction"][0, 0] == 0.0
        assert block.layers["derivative_mean"][0, 0] > 0


def test_vanishing_signals_are_small_numbers_not_zeros():
    # float32 holds 1e-30, but not its square: a norm must not fall to 0 where the signal has not.
    layer = {
        "units": 8,
        "activation": "tanh",
        "repeat": 12,
        "init": {"kind": "normal", "std": 0.001},
    }
    spec = experiment(layers=[layer], optimizer={"kind": "sgd", "lr": 0.05})
    watched = Watched(spec)
    reference = Reference(watched.engine)
    block = watched.engine.advance(1, 100.0)
    _, rows = reference.step(*next(watched.batches()))
    assert 1e-36 < rows["delta_norm"][0] < 1e-26
    assert rows["activation_norm"][-2] < 1e-26
    for name in ("delta_norm", "activation_norm", "weight_grad_norm"):
        measurable = np.array(rows[name]) > 1e-35
        found = block.layers[name][0][measurable]
        assert found == pytest.approx(np.array(rows[name])[measurable], rel=1e-3, abs=0), name


def exploding(**training):
    layer = {
        "units": 16,
        "activation": "linear",
        "repeat": 9,
        "init": {"kind": "normal", "std": 100.0},
    }
    return experiment(layers=[layer], optimizer={"kind": "sgd", "lr": 1e-3}, **training)


def test_exploding_signals_are_large_numbers_as_long_as_float32_holds_them():
    watched = Watched(exploding())
    reference = Reference(watched.engine)
    block = watched.engine.advance(1, 100.0)
    _, rows = reference.step(*next(watched.batches()))
    assert max(rows["activation_norm"]) > 1e22
    for name in ("delta_norm", "activation_norm", "weight_grad_norm"):
        assert block.layers[name][0] == pytest.approx(rows[name], rel=1e-3), name


def test_clipping_by_norm_uses_an_exploding_gradient_and_does_not_drop_it():
    watched = Watched(exploding(clip={"kind": "norm", "limit": 1.0}))
    reference = Reference(watched.engine)
    block = watched.engine.advance(1, 100.0)
    scalars, _ = reference.step(*next(watched.batches()))
    assert block.scalars["grad_norm"][0] == pytest.approx(scalars["grad_norm"], rel=1e-3)
    assert block.scalars["clip_factor"][0] == pytest.approx(scalars["clip_factor"], rel=1e-3, abs=0)
    change = block.layers["update_ratio"][0] * block.layers["weight_norm"][0]
    assert (change > 0).any()


def test_weights_of_zero_have_no_update_ratio_rather_than_a_wrong_one():
    block = AutogradEngine(experiment({"init": "zeros", "activation": "tanh"})).advance(1, 100.0)
    assert not np.isfinite(block.layers["update_ratio"][0, 0])
    assert block.layers["weight_norm"][0, 0] == 0.0
    # With all weights 0, no error comes through and no signal leaves.
    assert block.layers["delta_norm"][0, 0] == 0.0
    assert block.layers["weight_grad_norm"][0, 1] == 0.0


def test_what_is_not_finite_is_told_by_its_kind():
    block = AutogradEngine(exploding()).advance(1, 100.0)
    assert (block.layers["nonfinite"] == 0).all()
    init = {"kind": "normal", "std": 1e9}
    layers = [{"units": 16, "activation": "linear", "repeat": 9, "init": init}]
    block = AutogradEngine(experiment(layers=layers)).advance(1, 100.0)
    names = ("preactivation_mean", "activation_mean", "delta_norm", "weight_grad_mean")
    for layer, kind in enumerate(block.layers["nonfinite"][0]):
        values = [block.layers[name][0, layer] for name in (*names, "weight_norm")]
        wrong = next((value for value in values if not np.isfinite(value)), 0.0)
        expected = 1.0 if np.isnan(wrong) else {0.0: 0.0, np.inf: 2.0, -np.inf: 3.0}[float(wrong)]
        assert kind == expected, layer
    assert np.isfinite(block.layers["preactivation_mean"][0, 0])
    assert block.layers["nonfinite"].any()
