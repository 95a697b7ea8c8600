"""Every optimiser against its formula in float64, and what live changes do to its memory."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from core.engine.optimizers import adopt, forget, make_optimizer, set_rate, step
from core.errors import ExperimentError, LabError
from core.experiment import Experiment, differences
from core.experiment.fields import Scope, scope_of
from core.experiment.optimizers import (
    OPTIMIZER_KINDS,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    NAdam,
    RAdam,
    RmsProp,
    Rprop,
    Sgd,
)

SIZE = 7


# The formulas: the change of theta, by the specification, the gradient, and a memory of zeros


def sgd(spec, g, m, t):
    m["v"] = spec.momentum * m["v"] + g
    return -spec.lr * (g + spec.momentum * m["v"] if spec.nesterov else m["v"])


def rmsprop(spec, g, m, t):
    m["s"] = spec.rho * m["s"] + (1 - spec.rho) * g**2
    m["v"] = spec.momentum * m["v"] + g / (np.sqrt(m["s"]) + spec.epsilon)
    return -spec.lr * m["v"]


def adagrad(spec, g, m, t):
    m["s"] = m["s"] + g**2
    return -spec.lr * g / (np.sqrt(m["s"]) + spec.epsilon)


def adadelta(spec, g, m, t):
    m["s"] = spec.rho * m["s"] + (1 - spec.rho) * g**2
    change = np.sqrt(m["u"] + spec.epsilon) / np.sqrt(m["s"] + spec.epsilon) * g
    m["u"] = spec.rho * m["u"] + (1 - spec.rho) * change**2
    return -spec.lr * change


def moments(spec, g, m):
    m["m"] = spec.beta1 * m["m"] + (1 - spec.beta1) * g
    m["s"] = spec.beta2 * m["s"] + (1 - spec.beta2) * g**2


def adam(spec, g, m, t):
    moments(spec, g, m)
    mean, square = m["m"] / (1 - spec.beta1**t), m["s"] / (1 - spec.beta2**t)
    return -spec.lr * mean / (np.sqrt(square) + spec.epsilon)


def nadam(spec, g, m, t):
    moments(spec, g, m)
    now, then = (
        spec.beta1 * (1 - 0.5 * 0.96 ** (k * spec.momentum_decay)) for k in (float(t), t + 1.0)
    )
    m["product"] = m.get("product", 1.0) * now
    mean = (1 - now) * g / (1 - m["product"]) + then * m["m"] / (1 - m["product"] * then)
    return -spec.lr * mean / (np.sqrt(m["s"] / (1 - spec.beta2**t)) + spec.epsilon)


def radam(spec, g, m, t):
    moments(spec, g, m)
    mean, longest = m["m"] / (1 - spec.beta1**t), 2 / (1 - spec.beta2) - 1
    length = longest - 2 * t * spec.beta2**t / (1 - spec.beta2**t)
    if length <= 5:
        return -spec.lr * mean
    trust = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
    scale = np.sqrt(1 - spec.beta2**t) / (np.sqrt(m["s"]) + spec.epsilon)
    return -spec.lr * np.sqrt(trust) * mean * scale


def adamax(spec, g, m, t):
    m["m"] = spec.beta1 * m["m"] + (1 - spec.beta1) * g
    m["s"] = np.maximum(spec.beta2 * m["s"], np.abs(g) + spec.epsilon)
    return -spec.lr / (1 - spec.beta1**t) * m["m"] / m["s"]


def rprop(spec, g, m, t):
    steps = np.full(SIZE, spec.lr) if t == 1 else m["steps"]
    turned = g * m["g"]
    steps = np.where(turned > 0, steps * spec.grow, steps)
    steps = np.where(turned < 0, steps * spec.shrink, steps)
    m["steps"] = np.clip(steps, spec.min_step, spec.max_step)
    m["g"] = np.where(turned < 0, 0.0, g)
    return -m["steps"] * np.sign(m["g"])


FORMULAS = {
    "sgd": sgd,
    "rmsprop": rmsprop,
    "adagrad": adagrad,
    "adadelta": adadelta,
    "adam": adam,
    "adamw": adam,  # its decay is the penalties' part
    "nadam": nadam,
    "radam": radam,
    "adamax": adamax,
    "rprop": rprop,
}
OTHER_NUMBERS = [
    Sgd(lr=0.03, momentum=0.7, nesterov=True),
    Sgd(lr=0.2, momentum=0.0),
    RmsProp(lr=0.003, rho=0.8, momentum=0.6, epsilon=1e-3),
    Adagrad(lr=0.3, epsilon=1e-2),
    Adadelta(lr=0.5, rho=0.6, epsilon=1e-3),
    Adam(lr=0.02, beta1=0.6, beta2=0.8, epsilon=1e-2),
    AdamW(lr=0.02, beta1=0.6, beta2=0.8, epsilon=1e-2, weight_decay=0.5),
    NAdam(lr=0.02, beta1=0.6, beta2=0.8, epsilon=1e-2, momentum_decay=0.1),
    RAdam(lr=0.02, beta1=0.6, beta2=0.95, epsilon=1e-2),
    Adamax(lr=0.02, beta1=0.6, beta2=0.8, epsilon=1e-2),
    Rprop(lr=0.02, shrink=0.3, grow=1.5, min_step=0.015, max_step=0.05),
]
SPECS = [kind() for kind in OPTIMIZER_KINDS.values()] + OTHER_NUMBERS


def gradients(n=12):
    """Gradients of mixed sizes, with a component that is always 0."""
    drawn = np.random.default_rng(5).normal(size=(n, SIZE)) * np.logspace(-3, 2, SIZE)
    drawn[:, 2] = 0.0
    return drawn


def memory():
    return {key: np.zeros(SIZE) for key in ("v", "s", "u", "m", "g")}


class Pair:
    """An optimiser and its formula, side by side."""

    def __init__(self, spec):
        self.spec = spec
        start = np.linspace(-1, 1, SIZE)
        self.theta = torch.nn.Parameter(torch.tensor(start))
        self.optimizer = make_optimizer(spec, self.theta)
        self.expected, self.memory, self.t = start.copy(), memory(), 0

    def step(self, gradient):
        self.theta.grad = torch.tensor(gradient)
        self.optimizer.step()
        self.t += 1
        self.expected += FORMULAS[self.spec.kind](self.spec, gradient, self.memory, self.t)

    def adopt(self, spec):
        self.spec = spec
        adopt(spec, self.optimizer)

    def check(self):
        # PyTorch keeps NAdam's product of momenta in float32.
        rel = 1e-5 if self.spec.kind == "nadam" else 1e-9
        assert self.theta.detach().numpy() == pytest.approx(self.expected, rel=rel, abs=1e-12)


def test_every_kind_has_a_formula_here():
    assert set(FORMULAS) == set(OPTIMIZER_KINDS)
    assert {type(spec) for spec in OTHER_NUMBERS} == set(OPTIMIZER_KINDS.values())


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.kind)
def test_updates_follow_the_formula(spec):
    pair = Pair(spec)
    for gradient in gradients():
        pair.step(gradient)
        pair.check()
    assert pair.theta[2].item() == np.linspace(-1, 1, SIZE)[2]  # no gradient, no move


@pytest.mark.parametrize("other", OTHER_NUMBERS, ids=lambda spec: spec.kind)
def test_numbers_changed_live_count_from_the_next_step_and_the_memory_stays(other):
    first = OPTIMIZER_KINDS[other.kind]()
    if other.kind == "rprop":
        other = other.model_copy(update={"lr": first.lr})  # where a weight's step began
    pair = Pair(first)
    for gradient in gradients(5):
        pair.step(gradient)
    if 0.0 in (getattr(first, "momentum", None), getattr(other, "momentum", None)):
        pair.memory["v"] = np.zeros(SIZE)  # a momentum of 0 remembers nothing
    pair.adopt(other)
    for gradient in gradients(12)[5:]:
        pair.step(gradient)
        pair.check()


@pytest.mark.parametrize("kind", [Sgd, RmsProp])
def test_a_momentum_that_was_zero_in_between_starts_from_rest(kind):
    pair = Pair(kind(momentum=0.9))
    pair.step(gradients()[0])
    pair.adopt(kind(momentum=0.0))
    pair.step(gradients()[1])
    pair.adopt(kind(momentum=0.9))
    pair.memory["v"] = np.zeros(SIZE)
    for gradient in gradients()[2:]:
        pair.step(gradient)
        pair.check()


@pytest.mark.parametrize("kind", [Sgd, RmsProp])
def test_a_momentum_given_before_any_step_or_after_steps_without_it_is_used(kind):
    pair = Pair(kind(momentum=0.0))
    pair.adopt(kind(momentum=0.9))
    pair.adopt(kind(momentum=0.0))
    pair.step(gradients()[0])
    pair.memory["v"] = np.zeros(SIZE)
    pair.adopt(kind(momentum=0.5))
    for gradient in gradients()[1:]:
        pair.step(gradient)
        pair.check()


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.kind)
def test_parts_drawn_anew_are_forgotten_and_others_are_not(spec):
    pair = Pair(spec)
    for gradient in gradients(4):
        pair.step(gradient)
    forget(pair.optimizer, [slice(0, 1), slice(5, 7)])
    chosen = np.isin(np.arange(SIZE), [0, 5, 6])
    for name, value in pair.memory.items():
        if np.ndim(value) == 1:
            pair.memory[name] = np.where(chosen, spec.lr if name == "steps" else 0.0, value)
    pair.step(gradients()[4])
    pair.check()


@pytest.mark.parametrize("kind", OPTIMIZER_KINDS)
def test_no_optimiser_decays_weights_by_itself(kind):
    theta = torch.nn.Parameter(torch.ones(3))
    optimizer = make_optimizer(OPTIMIZER_KINDS[kind](), theta)
    theta.grad = torch.zeros(3)
    optimizer.step()
    assert theta.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("kind", sorted(set(OPTIMIZER_KINDS) - {"rprop"}))
def test_a_schedule_sets_the_rate_of_the_next_step(kind):
    pair = Pair(OPTIMIZER_KINDS[kind]())
    for gradient, factor in zip(gradients(4), (1.0, 0.5, 0.0, 2.0), strict=True):
        rate = OPTIMIZER_KINDS[kind]().lr * factor
        set_rate(pair.optimizer, rate)
        pair.spec = pair.spec.model_copy(update={"lr": rate})
        pair.step(gradient)
        pair.check()


def test_the_memory_comes_back_from_its_state():
    for spec in SPECS:
        one, other = Pair(spec), Pair(spec)
        for gradient in gradients(5):
            one.step(gradient)
        other.theta.data.copy_(one.theta.data)
        other.optimizer.load_state_dict(one.optimizer.state_dict())
        other.expected, other.memory, other.t = one.expected.copy(), dict(one.memory), one.t
        for gradient in gradients(9)[5:]:
            other.step(gradient)
            other.check()


def test_another_kind_is_refused_during_a_run():
    optimizer = make_optimizer(Sgd(), torch.nn.Parameter(torch.zeros(2)))
    with pytest.raises(LabError, match="SGD to adam") as info:
        adopt(Adam(), optimizer)
    assert info.value.field == "training.optimizer"
    adamw = make_optimizer(AdamW(), torch.nn.Parameter(torch.zeros(2)))
    with pytest.raises(LabError, match="AdamW to adam"):  # though a subclass in PyTorch
        adopt(Adam(), adamw)
    plain, other = Experiment(), Experiment.parse({"training": {"optimizer": "adamw"}})
    assert [one.scope for one in differences(plain, other)] == [Scope.RESTART]


@pytest.mark.parametrize(
    ("training", "field", "said"),
    [
        (
            {"optimizer": {"kind": "sgd", "momentum": 0, "nesterov": True}},
            "training.optimizer.nesterov",
            "momentum is 0",
        ),
        (
            {"optimizer": {"kind": "rprop", "min_step": 60}},
            "training.optimizer.max_step",
            "the largest step 50 is below the least step 60",
        ),
        ({"optimizer": "rprop", "schedule": "cosine"}, "training.schedule", "rprop"),
        (
            {"optimizer": "rprop", "schedule": {"kind": "constant", "warmup": 5}},
            "training.schedule",
            "rprop",
        ),
    ],
)
def test_settings_that_would_do_nothing_are_refused(training, field, said):
    with pytest.raises(ExperimentError, match=said) as info:
        Experiment.parse({"training": training})
    assert info.value.field == field


def test_every_number_of_an_optimiser_changes_live_but_rprops_first_step():
    fixed = [
        (kind, name)
        for kind, model in OPTIMIZER_KINDS.items()
        for name, info in model.model_fields.items()
        if name != "kind" and scope_of(info) is not Scope.LIVE
    ]
    assert fixed == [("rprop", "lr")]


# Without what torch.optim wraps around a step ------------------------------------------------


@pytest.mark.parametrize("kind", OPTIMIZER_KINDS)
def test_a_step_is_that_of_torch_to_the_bit(kind):
    spec = OPTIMIZER_KINDS[kind]()
    gradients = torch.randn(5, SIZE, generator=torch.Generator().manual_seed(0))
    ours, theirs = (torch.nn.Parameter(torch.linspace(-1, 1, SIZE)) for _ in range(2))
    one, other = make_optimizer(spec, ours), make_optimizer(spec, theirs)
    for gradient in gradients:
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        step(one)
        other.step()
    assert torch.equal(ours, theirs)
    assert not torch.equal(ours, torch.linspace(-1, 1, SIZE))


FIRST_RUN = """
import sys
from core.warmup import warm_up
warm_up()
known = set(sys.modules)
from core import catalogue
from core.engine.autograd import AutogradEngine
from core.record import Parts
engine = AutogradEngine(catalogue.load("twenty-sigmoid-layers"))
engine.advance(max_steps=2, seconds=60.0)
engine.frame(Parts.ALL)
print([name for name in sys.modules if name.startswith(("torch._dynamo", "sympy"))])
print([name for name in set(sys.modules) - known if name.startswith("torch")])
"""


def test_training_never_loads_the_compiler_and_the_first_run_loads_nothing():
    found = subprocess.run(  # here it may have been loaded by another test
        [sys.executable, "-c", FIRST_RUN], capture_output=True, text=True, check=True, timeout=100
    )
    assert found.stdout.split() == ["[]", "[]"]
