"""A run that diverged is gone back into: what is found there is what a plain search finds."""

import dataclasses
import itertools
import math
from collections.abc import Mapping

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from core import catalogue
from core.control import RunControl
from core.engine import replay, training
from core.engine.autograd import AutogradEngine
from core.engine.base import Edit, Reinitialise
from core.engine.replay import FlightRecorder
from core.experiment import Experiment, with_settings
from core.record import Parts, State
from core.trainer import Trainer


def experiment(*layers, data=None, measuring="every_step", **training):
    return Experiment.parse(
        {
            "measuring": measuring,
            "data": data or {"kind": "moons", "samples": 60},
            "network": {"layers": list(layers)},
            "training": {"batch_size": 16, "device": "cpu", "epochs": 1000} | training,
        }
    )


def sgd(lr, momentum=0.0):
    return {"kind": "sgd", "lr": lr, "momentum": momentum}


LINEAR = {"units": 5, "activation": "linear", "repeat": 3}
RELU = {"units": 6, "activation": "relu", "repeat": 4}
TANH = {"units": 6, "activation": "tanh", "repeat": 2}
NORMED = {"units": 6, "activation": "relu", "batch_norm": "before_activation", "repeat": 2}
CONV = [
    {"kind": "conv", "channels": 3, "kernel": 3, "padding": "valid", "activation": "linear"},
    {"kind": "flatten"},
    {"units": 8, "activation": "linear"},
]


def scaled_inputs(monkeypatch, factor):
    """Make the prepared inputs huge, which no reader of data would let through."""
    load = training.load_samples

    def spoiled(spec, seed):
        found = load(spec, seed)
        if math.isinf(factor):
            found.x_train[11, 1] = factor
        else:
            found.x_train[...] *= np.float32(factor)
        return found

    monkeypatch.setattr(training, "load_samples", spoiled)


def weights_times(factor, layer=None):
    def change(engine):
        chosen = range(len(engine.network.layers)) if layer is None else [layer]
        with torch.no_grad():
            for index in chosen:
                engine.network.layers[index].weight.mul_(factor)

    return change


def nothing(engine):
    pass


# A plain search -------------------------------------------------------------------------------


def search(tensor, rows=None):
    """Return kind, row, unit and count of the first bad cell in the order of memory, or None."""
    values = tensor.detach().numpy()
    for index in itertools.product(*map(range, values.shape)):
        value = values[index]
        if not math.isfinite(value):
            kind = "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
            bad = int((~np.isfinite(values)).sum())
            if rows is None:
                return kind, None, index[0] if index else None, bad, values.size
            unit = index[1] if len(index) > 1 else None
            return kind, int(rows[index[0]]), unit, bad, values.size
    return None


def plain_step(engine, x, targets, rows, theta, after):
    """Make a step by hand, with hooks on its tensors; yield (layer, name, cell) in order."""
    network, loss_kind = engine.network, engine.experiment.training.loss.kind
    named, deltas = [], {}
    parameters = []
    for place, like in zip(network.places, network.parameters, strict=False):
        leaf = theta[place.start : place.stop].view(like.shape).clone().requires_grad_()
        parameters.append((place, leaf))
    yield None, "input", search(x, rows)
    own = {i: [leaf for place, leaf in parameters if place.layer == i] for i in range(20)}
    h = x.view(-1, 1, 8, 8) if network.layers[0].weight.ndim == 4 else x
    for i, layer in enumerate(network.layers):
        weight, bias, *norm = own[i]
        h = h if weight.ndim == 4 else h.flatten(1)
        z = (F.conv2d if weight.ndim == 4 else F.linear)(h, weight, bias)
        if norm:
            yield i + 1, "sum", search(z, rows)
            z = F.batch_norm(z, None, None, *norm, training=True, eps=layer.before[0].epsilon)
        z.register_hook(lambda grad, i=i: deltas.__setitem__(i, grad))
        kind = layer.activation_spec.kind
        h = z if kind == "linear" else {"relu": torch.relu, "tanh": torch.tanh}[kind](z)
        named += [(i + 1, "z", z), (i + 1, "activation", h), (i + 1, "output", h)]
        for _, name, tensor in named[-3:]:
            yield i + 1, name, search(tensor, rows)
    if loss_kind == "cross_entropy":
        each = F.cross_entropy(h, targets, reduction="none")
    else:
        each = F.mse_loss(h, targets, reduction="none").mean(1)
    yield None, "loss", search(each, rows)
    loss = each.mean()
    yield None, "loss", search(loss)
    l2 = engine.experiment.training.l2
    every = torch.cat([leaf.reshape(-1) for place, leaf in parameters if place.role == "weight"])
    penalty = l2 * every.square().sum()
    yield None, "penalty", search(penalty)
    if not torch.isfinite(loss + penalty):
        return
    loss.backward()
    for i in reversed(range(len(network.layers))):
        yield i + 1, "delta", search(deltas[i], rows)
        for place, leaf in parameters:
            if place.layer == i:
                yield i + 1, "gradient", search(leaf.grad)
    for place, leaf in sorted(parameters, key=lambda one: one[0].layer):
        made = after[place.start : place.stop].view(leaf.shape)
        yield place.layer + 1, "update", search(made)


def plain_run(spec, prepare=nothing, changes=()):
    """Train step by step, without looking back; return engine, frames, first bad cell."""
    engine, frames, found = AutogradEngine(spec), [], None
    prepare(engine)
    train = torch.from_numpy(engine.samples.x_train)
    for step in range(300):
        for at, change in changes:
            if at == step:
                engine.apply(change)
        theta = engine.network.theta.clone()
        block = engine.advance(1, 1000.0)
        x, targets = engine._last_batch
        # Which samples these are, by their values; of equal ones any would do.
        rows = [int((train == one).all(1).nonzero()[0]) for one in x]
        if found is None:
            parts = plain_step(engine, x, targets, rows, theta, engine.network.theta)
            found = next(((step, *one) for one in parts if one[2] is not None), None)
        frames.append(engine.frame(Parts.ALL))
        if block.diverged:
            return engine, frames, found
    raise AssertionError("did not diverge")


def looked_back(spec, prepare=nothing, changes=(), size=7, clock=None):
    engine = AutogradEngine(spec)
    prepare(engine)
    # By default time stands still: what happens does not depend on how fast the machine is.
    flight = FlightRecorder(engine, clock or Clock(0.0))
    changes, block = list(changes), None
    while block is None or not block.diverged:
        assert engine.step < 300
        while changes and changes[0][0] == engine.step:
            change = changes.pop(0)[1]
            engine.apply(change)
            flight.changed(change)
        most = min(size, changes[0][0] - engine.step) if changes else size
        block = engine.advance(most, 1000.0)
        if not block.diverged:
            flight.advanced(0.01)
    return engine, flight, block


def same(one, other, without=("seconds",)):
    """Tell whether two values are equal to the bit, a NaN included."""
    if isinstance(one, torch.Tensor):
        one, other = one.detach().cpu().numpy(), other.detach().cpu().numpy()
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.tobytes() == other.tobytes()
    if isinstance(one, torch.Generator):
        return same(one.get_state(), other.get_state())
    if dataclasses.is_dataclass(one) and type(one) is type(other):
        names = [field.name for field in dataclasses.fields(one) if field.name not in without]
        return all(same(getattr(one, name), getattr(other, name)) for name in names)
    if hasattr(one, "model_dump"):
        return same(one.model_dump(), other.model_dump())
    if isinstance(one, Mapping):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and math.isnan(one):
        return math.isnan(other)
    return one == other


def cell(found):
    return found.kind, found.sample, found.unit, found.count, found.of


# What is found ----------------------------------------------------------------------------------

CASES = {
    "a huge rate": (experiment(LINEAR, optimizer=sgd(1000.0)), nothing, 1.0),
    "a rate that is too large": (
        experiment(LINEAR, optimizer=sgd(0.5, 0.9), loss="mse"),
        weights_times(1.5),
        1.0,
    ),
    "huge weights": (experiment(LINEAR), weights_times(1e13), 1.0),
    "huge weights in one layer": (experiment(TANH), weights_times(3e38, 2), 1.0),
    "huge inputs": (experiment(RELU), weights_times(10.0), 1e38),
    "inputs of Inf": (experiment(RELU), nothing, math.inf),
    "Inf less Inf": (experiment(LINEAR), weights_times(1e4), 1e38),
    "a squared error": (experiment(LINEAR, loss="mse"), nothing, 1e25),
    "a gradient of a finite loss": (experiment(loss="mse"), weights_times(1e-20), 1e30),
    "an update": (experiment(loss="mse", optimizer=sgd(1e9)), nothing, 1e16),
    "clipped": (
        experiment(LINEAR, optimizer=sgd(1e9), clip={"kind": "norm", "limit": 1e4}),
        nothing,
        1.0,
    ),
    "clipping what is not finite": (
        experiment(loss="mse", clip={"kind": "norm", "limit": 1.0}),
        weights_times(1e-20),
        1e30,
    ),
    "Adam": (experiment(RELU, optimizer={"kind": "adam", "lr": 1e9}), nothing, 1.0),
    "batch norm": (experiment(NORMED), weights_times(100.0), 1e38),
    "a convolution": (
        experiment(
            *CONV,
            data={"kind": "digits", "limit": 100},
            optimizer=sgd(1e7),
        ),
        nothing,
        1.0,
    ),
    "a penalty": (experiment(TANH, l2=1.0), weights_times(1e25, 0), 1.0),
}


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid:RuntimeWarning")
@pytest.mark.parametrize("case", CASES)
def test_the_first_value_is_the_one_that_a_plain_search_finds(case, monkeypatch):
    spec, prepare, factor = CASES[case]
    scaled_inputs(monkeypatch, factor)
    plain, frames, (step, layer, name, expected) = plain_run(spec, prepare)
    engine, flight, _ = looked_back(spec, prepare)
    assert engine.step == plain.step
    seen = flight.look_back()
    found = seen.found
    assert found.exact
    assert not found.earlier
    assert (found.step, found.name, found.layer) == (step, name, layer)
    assert cell(found) == expected
    assert same(seen.frames, tuple(frames[-32:]))
    assert f"{found.value} first in" in found.sentence(engine.step - 1)


def test_the_cases_are_of_all_sorts(monkeypatch):
    names, kinds = set(), set()
    for spec, prepare, factor in CASES.values():
        with monkeypatch.context() as patch, np.errstate(all="ignore"):
            scaled_inputs(patch, factor)
            _, flight, _ = looked_back(spec, prepare)
            found = flight.look_back().found
        names.add(found.name)
        kinds.add(found.kind)
    assert names >= {"input", "z", "sum", "loss", "gradient", "update", "penalty"}
    assert kinds == {"NaN", "+Inf", "-Inf"}


def test_weights_that_are_drawn_so_are_not_blamed_on_an_update():
    _, flight, _ = looked_back(experiment(TANH), weights_times(math.inf, 1))
    found = flight.look_back().found
    assert (found.step, found.name, found.layer, found.earlier) == (0, "weights", 2, False)


# Where it is looked for ---------------------------------------------------------------------------

LATE = experiment(TANH, optimizer=sgd(0.01, 0.9), l2=0.001)
"""Diverges when it is told to."""
DEADLY = ["training.l2=1e3", "training.optimizer.lr=1e3"]
FATAL = with_settings(LATE, DEADLY)


@pytest.mark.parametrize("size", [1, 7, 50, 1000])
@pytest.mark.parametrize("at", [3, 31, 32, 33, 64, 100, 131])
def test_the_last_steps_are_kept_however_the_run_was_cut_into_blocks(at, size):
    changes = [(at, Edit(FATAL))]
    plain, frames, (step, layer, name, expected) = plain_run(LATE, changes=changes)
    engine, flight, _ = looked_back(LATE, changes=changes, size=size)
    seen = flight.look_back()
    assert engine.step == plain.step
    assert (seen.found.step, seen.found.name, seen.found.layer) == (step, name, layer)
    assert cell(seen.found) == expected
    assert [one.step for one in seen.frames] == list(range(max(0, engine.step - 32), engine.step))
    assert same(seen.frames, tuple(frames[-32:]))


def test_changes_on_the_way_are_made_again():
    slower = with_settings(LATE, ["training.optimizer.lr=0.001", "training.batch_size=8"])
    other = with_settings(slower, ["network.layers.0.activation=relu"])
    changes = [
        (40, Edit(slower)),
        (60, Reinitialise((0, 1))),
        (60, Edit(other)),
        (64, Reinitialise((2,))),
        (71, Edit(with_settings(other, DEADLY))),
    ]
    _, frames, (step, layer, name, expected) = plain_run(LATE, changes=changes)
    _, flight, _ = looked_back(LATE, changes=changes, size=5)
    seen = flight.look_back()
    assert seen.found.exact
    assert (seen.found.step, seen.found.name, seen.found.layer) == (step, name, layer)
    assert cell(seen.found) == expected
    assert same(seen.frames, tuple(frames[-32:]))


RANDOM = {"units": 6, "activation": "prelu", "dropout": 0.3, "drop_weights": 0.2, "repeat": 2} | {
    "batch_norm": "after_activation"
}


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop", "adagrad", "rprop", "nadam"])
@pytest.mark.parametrize("measuring", ["every_step", {"kind": "sampled", "every": 7}])
def test_looking_back_leaves_the_engine_as_it_was_to_the_bit(optimizer, measuring):
    settings = {"kind": optimizer, "lr": 0.01}
    schedule = {"kind": "constant" if optimizer == "rprop" else "cosine"}
    spec = experiment(RANDOM, optimizer=settings, schedule=schedule, measuring=measuring)
    spoil = weights_times(math.nan, 1)
    engines = []
    for _ in range(2):
        engine = AutogradEngine(spec)
        flight = FlightRecorder(engine, Clock(0.0))
        for _ in range(10):
            engine.advance(9, 1000.0)
            flight.advanced(0.01)
        engine.apply(Reinitialise((0,)))
        flight.changed(Reinitialise((0,)))
        engine.advance(5, 1000.0)
        spoil(engine)
        assert engine.advance(9, 1000.0).diverged
        engines.append(engine)
    touched, untouched = engines
    before = touched.state()
    recorder = FlightRecorder(touched, Clock(0.0))
    recorder._snapshots = flight._snapshots  # equal runs have equal snapshots
    seen = recorder.look_back()
    # Nobody's update made this NaN, so the run is not to be reproduced, and it is said.
    assert not seen.found.exact
    assert (seen.found.name, seen.found.layer) == ("update", 2)
    assert same(touched.state(), before)
    assert same(touched.state(), untouched.state())
    assert touched.facts == untouched.facts
    assert same(touched.frame(Parts.ALL), untouched.frame(Parts.ALL))
    for engine in engines:
        weights = engine.network.layers[1].weight
        with torch.no_grad():
            weights.fill_(0.1)
    ways = [engine.advance(40, 1000.0) for engine in engines]
    assert same(*[(one.scalars, one.layers, one.evaluations) for one in ways])


def test_a_run_that_is_reproduced_leaves_the_engine_as_it_was_too():
    engine, flight, _ = looked_back(LATE, changes=[(70, Edit(FATAL))])
    before, frame, facts = engine.state(), engine.frame(Parts.ALL), engine.facts
    for _ in range(2):
        seen = flight.look_back()
        assert seen.found.exact
        assert same(engine.state(), before)
        assert same(engine.frame(Parts.ALL), frame)
        assert engine.facts == facts


def test_what_was_there_before_the_oldest_step_is_said_to_be_earlier():
    spec = experiment(RELU, optimizer={"kind": "adam", "lr": 0.01})
    engine = AutogradEngine(spec)
    engine.advance(3, 1000.0)
    memory = next(iter(engine._optimizer.state.values()))
    memory["exp_avg_sq"][0] = math.inf  # stops a weight from learning, and nothing else
    flight = FlightRecorder(engine, Clock(0.0))
    engine.advance(10, 1000.0)
    edit = Edit(with_settings(spec, ["training.optimizer.lr=1e9"]))
    engine.apply(edit)
    flight.changed(edit)
    assert engine.advance(1000, 1000.0).diverged
    found = flight.look_back().found
    assert (found.step, found.name, found.layer, found.earlier) == (3, "moment", 1, True)
    assert "at step 3 or before" in found.sentence(500)


# When it cannot be made again ---------------------------------------------------------------------


class Clock:
    """Every look at it takes some time."""

    def __init__(self, tick):
        self.now, self.tick = 0.0, tick

    def __call__(self):
        self.now += self.tick
        return self.now


def test_looking_back_ends_when_it_takes_too_long():
    clock = Clock(0.0)
    engine, flight, _ = looked_back(LATE, changes=[(70, Edit(FATAL))], clock=clock)
    before = engine.state()
    clock.tick = 0.1
    started = clock.now
    seen = flight.look_back()
    assert clock.now - started < 2.0 * replay.SECONDS
    assert not seen.found.exact
    assert seen.found.step >= engine.step - 2
    assert same(engine.state(), before)


def test_with_little_time_it_is_the_last_frames_that_are_made():
    clock = Clock(0.0)
    engine, flight, _ = looked_back(LATE, changes=[(70, Edit(FATAL))], clock=clock)
    clock.tick = 0.022
    seen = flight.look_back()
    assert seen.found.exact
    assert 0 < len(seen.frames) < 32
    steps = [one.step for one in seen.frames]
    assert steps[-1] == engine.step - 1
    assert steps[0] >= engine.step - 32


def test_a_run_whose_last_steps_took_too_long_is_not_made_again(monkeypatch):
    engine, flight, block = looked_back(LATE, changes=[(3, Edit(FATAL))])
    assert block.diverged
    monkeypatch.setattr(engine, "load_state", None)  # would fail
    seen = flight.look_back(seconds=5.0)
    assert not seen.found.exact
    assert seen.frames == ()
    assert seen.found.step >= engine.step - 2


def test_nobody_waits_for_a_run_that_is_left():
    engine, flight, _ = looked_back(LATE, changes=[(70, Edit(FATAL))])
    asked = []
    before = engine.state()
    assert not flight.look_back(leaving=lambda: not asked.append(1)).found.exact
    assert len(asked) == 1
    assert same(engine.state(), before)


@pytest.mark.parametrize("measuring", ["every_step", {"kind": "sampled", "every": 100_000}])
def test_of_a_large_network_only_the_last_step_is_looked_at(measuring, monkeypatch):
    monkeypatch.setattr(replay, "MOST_PARAMETERS", 10)
    spec = experiment(RANDOM, optimizer=sgd(1e9), loss="mse", measuring=measuring)
    engine, flight, _ = looked_back(spec)
    assert not flight.enabled
    before, frame = engine.state(), engine.frame()
    seen = flight.look_back()
    assert flight._snapshots == []
    assert seen.frames == ()
    assert not seen.found.exact
    assert same(engine.state(), before)
    assert same(engine.frame(), frame)


def test_of_a_large_network_weights_are_told_to_be_the_work_of_the_update_before(monkeypatch):
    monkeypatch.setattr(replay, "MOST_PARAMETERS", 1)
    scaled_inputs(monkeypatch, 1e16)
    spec = experiment(loss="mse", optimizer=sgd(1e9))
    engine, flight, _ = looked_back(spec)
    found = flight.look_back().found
    assert (found.step, found.name) == (engine.step - 2, "update")
    flight.changed(Reinitialise((0,)))  # the weights may be drawn so
    flight._changed_at = engine.step - 1
    assert flight.look_back().found.name == "weights"


def test_a_device_that_computes_something_else_is_not_believed(monkeypatch):
    engine, flight, _ = looked_back(LATE, changes=[(70, Edit(FATAL))])
    flight._snapshots[0].state["theta"][0] += 1e-3
    before = engine.state()
    seen = flight.look_back()
    assert not seen.found.exact
    assert seen.frames == ()
    assert same(engine.state(), before)


def test_a_gradient_that_is_not_finite_with_a_finite_loss_crashes_nothing(monkeypatch):
    scaled_inputs(monkeypatch, 1e30)
    engine = AutogradEngine(CASES["a gradient of a finite loss"][0])
    weights_times(1e-20)(engine)
    with np.errstate(all="ignore"):
        block = engine.advance(1, 1000.0)
    assert not block.diverged
    assert not np.isfinite(block.layers["weight_grad_norm"]).all()
    assert engine.frame(Parts.ALL).layers[0].gradient.nonfinite > 0


# Snapshots --------------------------------------------------------------------------------------


def test_two_snapshots_are_kept_with_32_steps_or_more_between_them():
    engine = AutogradEngine(LATE)
    flight = FlightRecorder(engine, Clock(0.0))
    for _ in range(60):
        engine.advance(5, 1000.0)
        flight.advanced(0.001)
        steps = [one.step for one in flight._snapshots]
        assert len(steps) <= 2
        assert engine.step - steps[-1] < 35
        if engine.step > 70:
            assert steps[0] <= engine.step - 35
            assert steps[1] - steps[0] == 35


def test_snapshots_take_a_small_share_of_the_time():
    engine, clock = AutogradEngine(LATE), Clock(1.0)  # each takes a second
    flight = FlightRecorder(engine, clock)
    for _ in range(99):
        engine.advance(1, 1000.0)
        flight.advanced(1.0)
    assert [one.step for one in flight._snapshots] == [0]
    engine.advance(1, 1000.0)
    flight.advanced(1.0)
    assert [one.step for one in flight._snapshots] == [0, 100]


def test_slow_steps_have_snapshots_sooner():
    engine = AutogradEngine(LATE)
    flight = FlightRecorder(engine, Clock(0.0))
    for _ in range(10):
        engine.advance(1, 1000.0)
        flight.advanced(0.3)
    assert [one.step for one in flight._snapshots] == [8, 10]


# In the trainer -----------------------------------------------------------------------------------


@pytest.fixture
def train(wait_until):
    trainers = []

    def start(spec):
        trainer = Trainer(spec, RunControl())
        trainers.append(trainer)
        trainer.start()
        return trainer

    yield start
    for one in trainers:
        one.control.stop()
        one.join(60)


@pytest.mark.parametrize("stepped", [False, True])
def test_a_diverged_run_says_where_and_keeps_its_last_frames(train, wait_until, stepped):
    spec = with_settings(catalogue.load("exploding-relu"), ["training.device=cpu"])
    _, frames, _ = plain_run(spec)
    trainer = train(spec)
    if stepped:
        for _ in range(20):
            trainer.control.step()
    else:
        trainer.control.run()
    wait_until(lambda: trainer.record.status.state is State.DIVERGED, "a divergence")
    record = trainer.record
    found = record.found
    assert found.exact
    loss = {"nan": "NaN", "inf": "+∞", "-inf": "−∞"}[str(record.scalars["loss"].last())]
    assert record.status.message == (
        f"Diverged at step {record.steps - 1}: the loss became {loss}."
        f" {found.sentence(record.steps - 1)}"
    )
    assert "first in z of layer" in record.status.message
    assert record.status.hint
    assert [one.step for one in record.history.frames] == list(range(record.steps))
    assert same(list(record.history.frames), frames)


def test_edits_of_a_running_run_are_made_again(train, wait_until):
    trainer = train(LATE)
    wait_until(lambda: trainer.record.status.state is State.PAUSED, "a built run")
    trainer.control.step(45)
    wait_until(lambda: trainer.record.steps == 45, "steps")
    trainer.control.reinitialise((0,))
    trainer.control.step(7)
    wait_until(lambda: trainer.record.steps == 52, "more steps")
    trainer.control.edit(FATAL)
    trainer.control.run()
    wait_until(lambda: trainer.record.status.state is State.DIVERGED, "a divergence")
    record = trainer.record
    assert record.found.exact
    steps = [one.step for one in record.history.frames]
    assert set(range(record.steps - 32, record.steps)) <= set(steps)


def test_a_failure_of_looking_back_does_not_hide_the_divergence(train, wait_until, monkeypatch):
    def fail(*args, **more):
        raise MemoryError

    monkeypatch.setattr(FlightRecorder, "look_back", fail)
    trainer = train(experiment(LINEAR, optimizer=sgd(1000.0)))
    trainer.control.run()
    wait_until(lambda: trainer.record.status.state is State.DIVERGED, "a divergence")
    assert trainer.record.found is None
    assert "the loss became" in trainer.record.status.message
    first = trainer.record
    trainer.control.reset(LATE, run=True)
    wait_until(lambda: trainer.record is not first and trainer.record.steps > 3, "a new run")
    assert trainer.record.found is None
