"""A second network, in float64 and of torch.nn's own modules, to measure the engine's against.

It is built from the settings and gets nothing of the engine's but the initial parameters, the
batches, and the state of the generator that masks are drawn from. Gradients are autograd's.
"""

import copy
import math

import numpy as np
import torch
from torch import nn

from core.data.samples import load_samples
from core.engine.autograd import AutogradEngine

DOUBLE = torch.float64


def module_of(spec):
    """Return torch's own module for an activation."""
    alpha = getattr(spec, "alpha", None)
    return {
        "sigmoid": nn.Sigmoid,
        "tanh": nn.Tanh,
        "relu": nn.ReLU,
        "leaky_relu": lambda: nn.LeakyReLU(alpha),
        "prelu": lambda: nn.PReLU(1, alpha, dtype=DOUBLE),
        "elu": lambda: nn.ELU(alpha),
        "selu": nn.SELU,
        "gelu": nn.GELU,
        "silu": nn.SiLU,
        "softplus": nn.Softplus,
        "softsign": nn.Softsign,
        "hard_tanh": nn.Hardtanh,
        "hard_sigmoid": nn.Hardsigmoid,
        "linear": nn.Identity,
        "rescaled": lambda: Rescaled(alpha, module_of(spec.inner)),
    }[spec.kind]()


class Rescaled(nn.Module):
    def __init__(self, alpha, inner):
        super().__init__()
        self.alpha, self.inner = alpha, inner

    def forward(self, z):
        return self.alpha * self.inner(z / self.alpha)


class SampleNorm(nn.Module):
    """Layer norm by its formula: mean and variance of a sample over units or the whole image."""

    def __init__(self, units, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(units, dtype=DOUBLE))
        self.bias = nn.Parameter(torch.zeros(units, dtype=DOUBLE))
        self.epsilon = epsilon

    def forward(self, x):
        inside = tuple(range(1, x.ndim))
        centred = x - x.mean(inside, keepdim=True)
        variance = (centred**2).mean(inside, keepdim=True)
        per_unit = (-1, *[1] * (x.ndim - 2))
        hat = centred / torch.sqrt(variance + self.epsilon)
        return hat * self.weight.view(per_unit) + self.bias.view(per_unit)


def norm_of(spec, units, image):
    if "momentum" in type(spec).model_fields:
        kind = nn.BatchNorm2d if image else nn.BatchNorm1d
        return kind(units, spec.epsilon, spec.momentum, dtype=DOUBLE)
    return SampleNorm(units, spec.epsilon)


class Padded(nn.Module):
    """A convolution on an image with as many zeros around it as a filter of size k needs."""

    def __init__(self, layer, spec):
        super().__init__()
        out, into, k, _ = layer.weight.shape
        around = k - 1 if spec.padding == "same" else 0
        before, behind = around // 2, around - around // 2
        self.pad = nn.ZeroPad2d((before, behind, before, behind))
        self.conv = nn.Conv2d(into, out, k, spec.stride, dtype=DOUBLE)

    def forward(self, x, weight):
        return nn.functional.conv2d(self.pad(x), weight, self.conv.bias, self.conv.stride)


class Weighted(nn.Module):
    """Sum, batch norm, layer norm, activation, batch norm, layer norm, dropout, residual."""

    def __init__(self, layer, spec):
        super().__init__()
        self.spec, image = spec, layer.weight.ndim == 4
        units = layer.weight.shape[0]
        self.linear = Padded(layer, spec) if image else nn.Linear(*layer.weight.shape[::-1])
        self.linear.to(DOUBLE)
        self.core = self.linear.conv if image else self.linear
        self.image = image
        self.phi = module_of(spec.activation)
        norms = [getattr(spec, name, None) for name in ("batch_norm", "layer_norm")]
        norms = [one for one in norms if one is not None and one.kind != "none"]
        self.before = nn.Sequential(
            *(norm_of(one, units, image) for one in norms if one.kind == "before_activation")
        )
        self.after = nn.Sequential(
            *(norm_of(one, units, image) for one in norms if one.kind == "after_activation")
        )
        with torch.no_grad():
            self.core.weight.copy_(layer.weight)
            self.core.bias.copy_(layer.bias)

    def forward(self, x, rng):
        weight, spec = self.core.weight, self.spec
        if self.training and getattr(spec, "drop_weights", 0.0):
            weight = weight * mask(weight, spec.drop_weights, rng)
        x_in = x if self.image else x.flatten(1)
        z = self.linear(x_in, weight) if self.image else x_in @ weight.T + self.core.bias
        self.z = self.before(z)
        if self.z.requires_grad:
            self.z.retain_grad()
        h = self.after(self.phi(self.z))
        if self.training and getattr(spec, "dropout", 0.0):
            h = h * mask(h, spec.dropout, rng)
        self.h = h + x_in if getattr(spec, "residual", False) else h
        return self.h

    def slope(self):
        """Return phi'(z) and sup |phi'|, found on a fine grid with 0 and its neighbours."""
        grid = torch.cat([torch.linspace(-15, 15, 300_001), torch.tensor([-1e-12, 1e-12])])
        found = []
        for points in (self.z, grid):
            at = points.detach().to(DOUBLE).requires_grad_()
            found.append(torch.autograd.grad(self.phi(at).sum(), at)[0])
        return found[0], float(found[1].abs().max())


class PlainPool(nn.Module):
    def __init__(self, spec):
        super().__init__()
        self.how = {
            "max_pool": lambda x: nn.MaxPool2d(spec.size, spec.stride)(x),
            "avg_pool": lambda x: nn.AvgPool2d(spec.size, spec.stride)(x),
            "flatten": nn.Flatten(),
            "global_pool": lambda x: (
                nn.AdaptiveMaxPool2d(1) if spec.how == "max" else nn.AdaptiveAvgPool2d(1)
            )(x).flatten(1),
        }[spec.kind]

    def forward(self, x, rng):
        return self.how(x)


def mask(like, share, rng):
    """Draw which entries stay, from float32 numbers as the engine's are, and weigh them up."""
    return (torch.rand(like.shape, generator=rng) >= share).to(DOUBLE) / (1.0 - share)


class Reference(nn.Module):
    """Trains a copy of an engine's network, step by step, and measures it by the definitions.

    Parameters
    ----------
    engine : AutogradEngine
        At its start. What it does later is not looked at.
    rate : callable, optional
        step -> learning rate; by default that of the optimiser throughout.
    """

    def __init__(self, engine, rate=None):
        super().__init__()
        spec = engine.experiment.network
        self.training_spec = engine.experiment.training
        self.rng = torch.Generator().set_state(engine._dropout_rng.get_state())
        made = iter(engine.network.layers)
        self.stages = nn.ModuleList(
            Weighted(next(made), one) if one.kind in ("dense", "conv") else PlainPool(one)
            for one in spec.expanded()
        )
        self.stages.append(Weighted(next(made), spec.output))
        self.weighted = [one for one in self.stages if isinstance(one, Weighted)]
        kinds = [one.kind for one in spec.expanded()[:1]]
        images = kinds and kinds[0] in ("conv", "max_pool", "avg_pool", "global_pool")
        self.image = engine.samples.shape if images else None
        features = engine.samples.shape[0] if images else math.prod(engine.samples.shape)
        self.entry = (
            norm_of(spec.input_norm, features, bool(images))
            if spec.input_norm.kind != "none"
            else None
        )
        self.rate = rate or (lambda step: self.training_spec.optimizer.lr)
        self.optimizer = self._optimizer()
        self.step_number = 0
        self.alive, self.window = [], engine.steps_per_epoch
        self.initial = copy.deepcopy(self.state_dict())

    def _optimizer(self):
        spec = self.training_spec.optimizer
        if spec.kind == "sgd":
            return torch.optim.SGD(
                self.parameters(), spec.lr, momentum=spec.momentum, nesterov=spec.nesterov
            )
        return torch.optim.Adam(
            self.parameters(), spec.lr, betas=(spec.beta1, spec.beta2), eps=spec.epsilon
        )

    def forward(self, x):
        h = x.to(DOUBLE)
        h = h.view(-1, *self.image) if self.image else h
        h = self.entry(h) if self.entry else h
        for stage in self.stages:
            h = stage(h, self.rng)
        return h

    def data_loss(self, outputs, y):
        """Return the loss by its formula."""
        spec = self.training_spec.loss
        if spec.kind == "cross_entropy":
            log_p = outputs - torch.logsumexp(outputs, 1, keepdim=True)
            return -log_p[torch.arange(len(y)), y].mean()
        wanted = y.to(DOUBLE) if y.is_floating_point() else torch.eye(outputs.shape[1])[y]
        error = outputs - wanted.view(outputs.shape)
        if spec.kind == "mse":
            return (error**2).mean()
        if spec.kind == "mae":
            return error.abs().mean()
        if spec.kind == "huber":
            size = error.abs()
            inside = 0.5 * size**2
            return torch.where(
                size <= spec.delta, inside, spec.delta * (size - 0.5 * spec.delta)
            ).mean()
        p = torch.sigmoid(outputs)
        return -(wanted * torch.log(p) + (1 - wanted) * torch.log1p(-p)).mean()

    def penalised(self):
        """Yield every penalised tensor with its L1, L2 and weight decay."""
        spec = self.training_spec
        general = (spec.l1, spec.l2, spec.weight_decay)
        norms = [*self.entry.parameters()] if self.entry and spec.penalize_norms else []
        yield from ((one, *general) for one in norms)
        for layer in self.weighted:
            own = layer.spec.penalty
            numbers = (own.l1, own.l2, own.weight_decay) if own.kind == "own" else general
            yield (layer.core.weight, *numbers)
            if spec.penalize_biases:
                yield (layer.core.bias, *numbers)
            if spec.penalize_norms:
                for one in [*layer.before.parameters(), *layer.after.parameters()]:
                    yield (one, *numbers)

    def step(self, x, y):
        """Make a step; return scalars and layer quantities by name."""
        layers = self.weighted
        self.train()
        outputs = self(x)
        loss_data = self.data_loss(outputs, y)
        self.optimizer.zero_grad(set_to_none=False)
        loss_data.backward()
        rows = self._forward_rows()
        rows["delta_norm"] = [norm(layer.z.grad) for layer in layers]
        rows["weight_grad_norm"] = [norm(layer.core.weight.grad) for layer in layers]
        self.deltas = [layer.z.grad for layer in layers]
        self.weight_gradients = [layer.core.weight.grad.clone() for layer in layers]
        penalty = torch.zeros((), dtype=DOUBLE)
        for tensor, l1, l2, _ in self.penalised():
            penalty = penalty + l1 * tensor.abs().sum() + l2 * (tensor**2).sum()
        if penalty.requires_grad:
            penalty.backward()
        own = [one for one in self.parameters() if one.grad is not None]
        raw = [one.grad.clone() for one in own]
        rows["raw_grad_norm"] = [norm(layer.core.weight.grad) for layer in layers]
        rows["penalty_grad_norm"] = [
            norm(layer.core.weight.grad - data)
            for layer, data in zip(layers, self.weight_gradients, strict=True)
        ]
        rows["weight_grad_mean"] = [float(one.mean()) for one in self.weight_gradients]
        rows["weight_grad_std"] = [float(one.std(correction=0)) for one in self.weight_gradients]
        self._clip([one.grad for one in own])
        used = [one.grad for one in own]
        rows["clipped_grad_norm"] = [norm(layer.core.weight.grad) for layer in layers]
        epsilon = getattr(self.training_spec.optimizer, "epsilon", None)
        rows["below_floor"] = [
            float((layer.core.weight.grad.abs() < 10 * epsilon).double().mean())
            if epsilon
            else math.nan
            for layer in layers
        ]
        if self.step_number == 0:
            self.start = [layer.core.weight.detach().clone() for layer in layers]
        before = [layer.core.weight.detach().clone() for layer in layers]
        self._update()
        rows["weight_norm"] = [norm(one) for one in before]
        rows["weight_distance"] = [
            norm(one - start) / norm(start) for one, start in zip(before, self.start, strict=True)
        ]
        rows["update_ratio"] = [
            norm(layer.core.weight - old) / norm(old)
            for layer, old in zip(layers, before, strict=True)
        ]
        raw_norm, used_norm = norm(flat(raw)), norm(flat(used))
        cosine = float(flat(raw) @ flat(used)) / (raw_norm * used_norm)
        right = outputs.argmax(1) == y if not y.is_floating_point() else torch.tensor([math.nan])
        scalars = {
            "loss": (loss_data + penalty).item(),
            "loss_data": loss_data.item(),
            "loss_penalty": penalty.item(),
            "accuracy": float(right.double().mean()),
            "grad_norm": raw_norm,
            "clip_factor": used_norm / raw_norm,
            "clip_angle": math.degrees(math.acos(min(1.0, max(-1.0, cosine)))),
            "learning_rate": self.rate(self.step_number),
        }
        self.step_number += 1
        return scalars, rows

    def _forward_rows(self):
        names = ("derivative_mean", "saturated_fraction", "dead_fraction", "learned_slope")
        rows = {name: [] for name in names}
        rows["activation_norm"] = [norm(layer.h) for layer in self.weighted]
        rows["nonfinite"] = [0.0] * len(self.weighted)
        for name, part in (("activation", "h"), ("preactivation", "z")):
            values = [getattr(layer, part).detach() for layer in self.weighted]
            rows[f"{name}_mean"] = [float(one.mean()) for one in values]
            rows[f"{name}_std"] = [float(one.std(correction=0)) for one in values]
        self.alive.append([])
        for index, layer in enumerate(self.weighted):
            slope, sup = layer.slope()
            rows["derivative_mean"].append(float(slope.mean()) / sup)
            rows["saturated_fraction"].append(float((slope.abs() < 0.05 * sup).double().mean()))
            by_unit = slope.transpose(0, 1).flatten(1)
            self.alive[-1].append((by_unit != 0).any(1))
            seen = torch.stack([step[index] for step in self.alive[-self.window :]]).any(0)
            rows["dead_fraction"].append(1.0 - float(seen.double().mean()))
            learned = isinstance(layer.phi, nn.PReLU)
            rows["learned_slope"].append(float(layer.phi.weight.detach()) if learned else math.nan)
        return rows

    def _clip(self, gradients):
        spec = self.training_spec.clip
        if spec.kind == "value":
            for one in gradients:
                one.clamp_(-spec.limit, spec.limit)
        elif spec.kind == "norm":
            whole = norm(flat(gradients))
            for one in gradients:
                one.mul_(min(1.0, spec.limit / whole))
        elif spec.kind == "layer_norm":
            for one in gradients:
                one.mul_(min(1.0, spec.limit / max(norm(one), 1e-300)))

    @torch.no_grad()
    def _update(self):
        rate = self.rate(self.step_number)
        for tensor, _, _, decay in self.penalised():
            tensor.mul_(1.0 - rate * decay)
        self.optimizer.param_groups[0]["lr"] = rate
        self.optimizer.step()

    @torch.no_grad()
    def evaluate(self, x, y):
        """Return validation loss and accuracy: no dropout, running statistics."""
        self.eval()
        outputs = self(torch.from_numpy(x))
        y = torch.from_numpy(y)
        right = math.nan if y.is_floating_point() else (outputs.argmax(1) == y).double().mean()
        return float(self.data_loss(outputs, y)), float(right)


def norm(x):
    return float(torch.linalg.vector_norm(x.detach().double()))


def flat(tensors):
    return torch.cat([one.detach().reshape(-1) for one in tensors])


class Watched:
    """An engine whose batches are noted as it trains."""

    def __init__(self, experiment):
        self.engine = AutogradEngine(experiment)
        self.samples = load_samples(experiment.data, experiment.seed)
        rows = zip(self.samples.x_train, self.samples.y_train, strict=True)
        self._targets = {x.tobytes(): y for x, y in rows}
        self.inputs = []
        forward = self.engine.network.forward

        def noted(x, *, training):
            if training:
                self.inputs.append(x.clone())
            return forward(x, training=training)

        self.engine.network.forward = noted

    def batches(self):
        """Yield x and y of every step made."""
        for x in self.inputs:
            y = np.array([self._targets[row.tobytes()] for row in x.numpy()])
            yield x, torch.from_numpy(y)
