"""Births, deaths and resurrections against a slow loop over what every step really computed."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from core.engine.autograd import AutogradEngine
from core.engine.base import Edit, Reinitialise
from core.experiment import Experiment
from core.measure import statistics, units
from core.record import Record
from core.record.units import KINDS, UnitBlock, UnitLog, UnitsNow

RESTLESS = {
    "units": 16,
    "activation": "relu",
    "init": {"kind": "normal", "std": 1.0},
    "bias_init": {"kind": "normal", "mean": -2.0, "std": 1.5},
    "repeat": 2,
}
CONV = {
    "kind": "conv",
    "channels": 6,
    "activation": "relu",
    "init": {"kind": "normal", "std": 0.4},
    "bias_init": {"kind": "normal", "mean": -2.0, "std": 1.5},
}


def experiment(*layers, measuring="every_step", data=None, **training):
    return Experiment.parse(
        {
            "data": data or {"kind": "moons", "samples": 44, "validation": 0.0},
            "network": {"layers": list(layers)},
            "training": {
                "batch_size": 8,
                "device": "cpu",
                "optimizer": {"kind": "sgd", "lr": 0.5},
                **training,
            },
            "measuring": {"kind": measuring} if isinstance(measuring, str) else measuring,
        }
    )


class Slow:
    """Follows every unit with sets and loops, by what forward passes computed."""

    def __init__(self, spec):
        self.engine = AutogradEngine(spec)
        self.record = Record(spec)
        self.record.begin(self.engine.facts)
        self.steps = []  # (step, samples, window, per layer: active samples of each unit)
        self.events, self.fractions = [], {}
        self.start = [0] * len(self.engine.network.layers)  # place in self.steps
        self.told_dead = set()
        self.gone = -1  # newest step whose activity was let go: a longer epoch has it no more
        forward, watches = self.engine.network.forward, self.engine._observer.watches
        self.watched = False

        def noted(x, *, training):
            taps = forward(x, training=training)
            if training and self.watched:
                self.note(taps, len(x))
            return taps

        def asked(step):
            self.watched = watches(step)
            return self.watched

        self.engine.network.forward = noted
        self.engine._observer.watches = asked

    def note(self, taps, samples):
        engine, step, counts = self.engine, self.engine.step, []
        for layer, z in zip(engine.network.layers, taps.z, strict=True):
            z = z.detach().clone().requires_grad_()
            alpha = layer.slope.detach()
            learned = layer.activation.kind == "prelu"
            phi = torch.nn.functional.prelu(z, alpha) if learned else layer.activation.phi(z)
            slope = torch.autograd.grad(phi.sum(), z)[0]
            pixels = (slope != 0).reshape(*slope.shape[:2], -1)
            counts.append(pixels.any(2).sum(0))
        self.steps.append((step, samples, engine.steps_per_epoch, [one.tolist() for one in counts]))
        for layer in range(len(counts)):
            for unit in range(len(counts[layer])):
                self.judge(layer, unit)
        seen = [self.last(layer, step) for layer in range(len(counts))]
        self.fractions[step] = [np.mean(~np.any(rows, axis=0)) for rows in seen]

    def last(self, layer, step):
        """Return what is known of the epoch that ends with ``step``: active samples by unit."""
        window = self.steps[-1][2]
        known = self.steps[self.start[layer] :]
        return [one[3][layer] for one in known if one[0] > step - window]

    def judge(self, layer, unit):
        step, _, window, counts = self.steps[-1]
        known = self.steps[self.start[layer] :]
        lived = any(one[3][layer][unit] for one in known[:-1])
        whole = known[0][0] <= step - window + 1
        silent = not any(rows[unit] for rows in self.last(layer, step))
        key = layer, unit
        if counts[layer][unit]:
            if key in self.told_dead:
                self.told_dead.remove(key)
                self.events.append((step, layer + 1, unit, "resurrection" if lived else "birth"))
        elif silent and whole and key not in self.told_dead:
            self.told_dead.add(key)
            if lived:
                self.events.append((step, layer + 1, unit, "death"))

    def forget(self, layers):
        for layer in layers:
            self.start[layer] = len(self.steps)
            self.told_dead = {key for key in self.told_dead if key[0] != layer}

    def advance(self, steps, block=100):
        done = 0
        while done < steps:
            made = self.engine.advance(min(block, steps - done), 1000.0)
            for k in range(made.n):
                step = self.record.steps + k
                row = made.layers["dead_fraction"][k]
                if step in self.fractions:
                    np.testing.assert_allclose(row, self.fractions[step], rtol=1e-6)
            self.record.append(made)
            done += made.n
            self.compare_now()

    def compare_now(self):
        now = self.record.units.now
        step, _, window, counts = self.steps[-1]
        assert now.step == step
        self.gone = max(self.gone, step - window)
        for layer in range(len(counts)):
            known = self.steps[self.start[layer] :]
            rows = [one for one in known if one[0] > self.gone]
            got = now.layer(layer + 1)
            total = sum(one[1] for one in rows)
            expected = np.sum([one[3][layer] for one in rows], axis=0) / total
            assert np.array_equal(got.activity, expected.astype(np.float32))
            assert np.array_equal(got.dead, ~np.any(self.last(layer, step), axis=0))
            lived = np.any([one[3][layer] for one in known], axis=0)
            assert np.array_equal(got.lived, lived)

    def compare(self, *kinds):
        log = self.record.units
        assert log.events() == self.events
        assert log.complete and log.total == len(log) == len(self.events)
        for layer in range(len(self.start)):
            for kind in KINDS:
                same = [one for one in self.events if one[1] == layer + 1 and one[3] == kind]
                assert log.count(layer + 1, kind) == len(same)
        assert {one[3] for one in self.events} >= set(kinds)


@pytest.mark.parametrize("block", [1, 3, 100])
@pytest.mark.parametrize("room", [1, 20_000, 1_000_000])
def test_events_of_relu_units_are_those_of_a_slow_loop(monkeypatch, block, room):
    monkeypatch.setattr(statistics, "CACHE_BYTES", room)
    slow = Slow(experiment(RESTLESS))
    assert slow.engine.steps_per_epoch == 6
    slow.advance(70, block)
    slow.compare(*KINDS)


IMAGES = {"kind": "digits", "standardize": True}
NETWORKS = {
    "dropout": experiment(RESTLESS | {"dropout": 0.4}, {"units": 3, "activation": "tanh"}),
    "PReLU of slope 0": experiment(
        RESTLESS | {"activation": {"kind": "prelu", "alpha": 0.0}},
        optimizer={"kind": "sgd", "lr": 0.001},
    ),
    "hard tanh": experiment(RESTLESS | {"activation": "hard_tanh"}),
    "hard sigmoid": experiment(RESTLESS | {"activation": "hard_sigmoid"}),
    "tanh so far out that it underflows": experiment(
        RESTLESS | {"activation": "tanh", "bias_init": {"kind": "normal", "std": 12.0}}
    ),
    "batch norm, residual": experiment(
        RESTLESS | {"batch_norm": "after_activation", "repeat": 3, "residual": True, "units": 2}
    ),
    "one batch an epoch": experiment(RESTLESS, batch_size=100),
    "batches of one": experiment(RESTLESS, batch_size=1, optimizer={"kind": "sgd", "lr": 0.1}),
    "channels": experiment(CONV, CONV | {"stride": 2}, data=IMAGES, batch_size=300),
    "channels of hard sigmoid": experiment(
        CONV | {"activation": "hard_sigmoid", "bias_init": {"kind": "normal", "std": 5.0}},
        data=IMAGES,
        batch_size=300,
    ),
}


@pytest.mark.parametrize("spec", NETWORKS.values(), ids=NETWORKS)
def test_events_of_every_sort_of_layer_are_those_of_a_slow_loop(spec):
    slow = Slow(spec)
    slow.advance(40, 7)
    slow.compare()


@pytest.mark.parametrize("every", [2, 4, 7, 20])
@pytest.mark.parametrize("block", [1, 5, 100])
def test_where_steps_are_sampled_events_bear_the_watched_step(every, block):
    slow = Slow(experiment(RESTLESS, measuring={"kind": "sampled", "every": every}))
    slow.advance(150, block) if block > 1 else slow.advance(60, block)
    slow.compare()
    assert slow.events
    assert all(one[0] % every == 0 for one in slow.events)


def push(slow, layer, value):
    with torch.no_grad():
        slow.engine.network.layers[layer].bias.copy_(torch.as_tensor(value))


@pytest.mark.parametrize("block", [1, 4, 100])
def test_units_that_are_pushed_die_after_an_epoch_and_rise_at_once(block):
    layer = RESTLESS | {"repeat": 1, "units": 3, "bias_init": {"kind": "constant", "value": 9.0}}
    slow = Slow(experiment(layer, optimizer={"kind": "sgd", "lr": 1e-9}))
    slow.advance(5, block)
    push(slow, 0, [9.0, -99.0, 9.0])
    slow.advance(20, block)
    push(slow, 0, [9.0, 9.0, -99.0])
    slow.advance(20, block)
    slow.compare()
    expected = [(10, 1, 1, "death"), (25, 1, 1, "resurrection"), (30, 1, 2, "death")]
    assert slow.record.units.events() == expected
    assert slow.record.units.events(1, 2) == expected[1:2]


def test_a_unit_is_born_only_if_it_was_silent_for_an_epoch_first():
    layer = RESTLESS | {"repeat": 1, "units": 3, "bias_init": {"kind": "constant", "value": -99.0}}
    slow = Slow(experiment(layer, optimizer={"kind": "sgd", "lr": 1e-9}))
    slow.advance(5)
    push(slow, 0, [9.0, -99.0, -99.0])
    slow.advance(1)
    push(slow, 0, [9.0, 9.0, -99.0])
    slow.advance(20)
    slow.compare()
    assert slow.record.units.events() == [(6, 1, 1, "birth")]
    now = slow.record.units.now.layer(1)
    assert (now.lived.tolist(), now.dead.tolist()) == ([True, True, False], [False, False, True])


@pytest.mark.parametrize("block", [1, 100])
@pytest.mark.parametrize("measuring", ["every_step", {"kind": "sampled", "every": 4}])
def test_layers_drawn_again_start_over_and_others_do_not(block, measuring):
    slow = Slow(experiment(RESTLESS, measuring=measuring))
    for layers in ((), (0,), (1,), (0, 1, 2)):
        slow.engine.apply(Reinitialise(layers))
        slow.forget(layers)
        slow.advance(33, block)
    slow.compare(*KINDS)


def edited(spec, **changes):
    plain = spec.plain()
    for path, value in changes.items():
        part, key = path.split("__")
        target = plain[part] if part != "layers" else plain["network"]["layers"][0]
        target[key] = value
    return Edit(Experiment.parse(plain))


def test_another_activation_starts_over_and_another_batch_size_does_not():
    spec = experiment(RESTLESS | {"repeat": 1}, RESTLESS | {"repeat": 1})
    slow = Slow(spec)
    slow.advance(30)
    for size in (3, 44, 8, 1, 5):  # longer and shorter epochs
        slow.engine.apply(edited(spec, training__batch_size=size))
        slow.advance(30, 7)
    slow.engine.apply(edited(spec, layers__activation="hard_tanh", training__batch_size=8))
    slow.forget([0])
    slow.advance(30)
    slow.compare(*KINDS)


def test_a_run_that_is_resumed_tells_the_same_to_the_bit(monkeypatch):
    for room in (units.ROOM, 100):
        monkeypatch.setattr(units, "ROOM", room)
        spec = experiment(RESTLESS, batch_size=8 if room > 100 else 1)
        first, again = AutogradEngine(spec), AutogradEngine(spec)
        first.advance(45, 1000.0)
        state = first.state()
        rest = [first.advance(n, 1000.0).units for n in (3, 60)]
        again.advance(7, 1000.0)
        again.load_state(state)
        for one in rest:
            other = again.advance(3 if one is rest[0] else 60, 1000.0).units
            assert np.array_equal(one.events, other.events)
            for name in ("activity", "dead", "lived"):
                assert np.array_equal(getattr(one.now, name), getattr(other.now, name)), name
        assert len(rest[1].events)


def test_activity_of_epochs_too_long_to_keep_reaches_little_further_back(monkeypatch):
    monkeypatch.setattr(units, "ROOM", 10)
    monkeypatch.setattr(units, "FEWEST", 4)
    sums, window = units.EpochSums(3), 22
    assert sums.stride(window) == 6
    rng, kept = np.random.default_rng(0), []
    step = 0
    for _ in range(100):
        steps = list(range(step, step + int(rng.integers(1, 9))))
        rows = rng.integers(0, 9, (len(steps), 3)).astype(np.int32)
        kept.extend(rows.tolist())
        sums.add(steps, rows.copy(), window)
        step += len(steps)
        oldest = max(0, (step - window) // 6 * 6)  # the first step of a row still in the epoch
        assert sums.total().tolist() == np.sum(kept[oldest:], axis=0).tolist()
        assert step - oldest < window + 6
        assert sum(len(one) for one, _ in sums._chunks) <= window // 6 + 2


def block_of(steps, now=None):
    events = np.array([[step, 1 + step % 2, step % 5, step % 3] for step in steps], np.int64)
    ones = np.ones(10, np.float32)
    flags = np.zeros(10, np.bool_)
    now = UnitsNow(steps[-1], np.array([0, 5, 10]), ones, flags, flags)
    return UnitBlock(events, now)


def test_a_full_log_only_counts_and_says_so():
    log = UnitLog(2, most=10)
    log.append(block_of(range(8)))
    assert log.complete and len(log) == 8
    log.append(block_of(range(8, 20)))
    log.append(block_of(range(20, 30)))
    assert not log.complete
    assert (len(log), log.total) == (10, 30)
    assert [one.step for one in log.events()] == list(range(10))
    assert [one.step for one in log.events(7)] == [7, 8, 9]
    assert log.events(10) == []
    assert log.counts.sum(axis=1).tolist() == [15, 15]
    assert log.now is not None and log.now.step == 29
    with pytest.raises(ValueError, match="read-only"):
        log.rows()[0, 0] = 1


def test_an_empty_log():
    log = Record(experiment(RESTLESS)).units
    assert (len(log), log.total, log.complete, log.now, log.events()) == (0, 0, True, None, [])


def test_two_readers_see_only_whole_events():
    log, failures, done = UnitLog(2, most=50_000), [], threading.Event()

    def read():
        at = 0
        while not done.is_set() or at < len(log):
            length = len(log)
            behind = log.total < length
            events = log.events(at, at + 500)
            expected = [
                (step, 1 + step % 2, step % 5, KINDS[step % 3])
                for step in range(at, at + len(events))
            ]
            if events != expected or behind:
                failures.append(at)
                return
            at += len(events)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for one in readers:
        one.start()
    for first in range(0, 60_000, 300):
        log.append(block_of(range(first, first + 300)))
    done.set()
    for one in readers:
        one.join()
    assert not failures
    assert len(log) == 50_000 and log.total == 60_000


def test_nothing_is_told_of_a_block_in_which_nothing_was_watched():
    engine = AutogradEngine(experiment(RESTLESS, measuring={"kind": "sampled", "every": 10}))
    assert engine.advance(3, 1000.0).units is not None
    assert engine.advance(3, 1000.0).units is None
    assert AutogradEngine(experiment(RESTLESS), observe=False).advance(3, 1000.0).units is None
