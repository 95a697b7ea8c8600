"""The engine: repeatable to the bit, indifferent to being watched, editable between steps."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from core.engine.autograd import AutogradEngine
from core.engine.base import Edit, Reinitialise
from core.errors import LabError
from core.experiment import Experiment, with_settings
from core.measure import LAYER_QUANTITIES
from tests.core.comparison import advance, bits, measured, numbers, same

ADAM = {"kind": "adam", "lr": 0.01}


def experiment(layer=None, *, data=None, seed=1, layers=None, **training):
    """A small experiment: 33 samples in batches of 8, so that an epoch has five steps."""
    chosen = [{"units": 6, "activation": "tanh", "repeat": 2} | (layer or {})]
    return Experiment.parse(
        {
            "seed": seed,
            "data": data or {"kind": "moons", "samples": 42, "validation": 0.2},
            "network": {"layers": chosen if layers is None else layers},
            "training": {"batch_size": 8, "device": "cpu"} | training,
        }
    )


FULL = experiment(
    {"batch_norm": "before_activation", "dropout": 0.3},
    optimizer=ADAM,
    l2=0.001,
    weight_decay=0.01,
    clip={"kind": "value", "limit": 0.05},
)
PLAIN = experiment(optimizer={"kind": "sgd", "lr": 0.1, "momentum": 0.9})
RELU = experiment(
    {
        "activation": "relu",
        "units": 32,
        "init": {"kind": "normal", "std": 1.0},
        "bias_init": {"kind": "normal", "mean": -2.0, "std": 1.0},
    },
    batch_size=2,
)
each = pytest.mark.parametrize(
    "spec", [PLAIN, FULL, RELU], ids=["sgd", "adam, norm, dropout", "dying units"]
)
both = pytest.mark.parametrize("spec", [PLAIN, FULL], ids=["sgd", "adam, norm, dropout"])


def edited(spec, *assignments):
    return Edit(with_settings(spec, list(assignments)))


# Repeatable ------------------------------------------------------------------------------


@both
def test_hazard_32_same_seed_gives_the_same_numbers_to_the_bit(spec):
    one, other = AutogradEngine(spec), AutogradEngine(spec)
    torch.rand(7)  # the global generator plays no part
    assert same(advance(one, 23), advance(other, 23))
    assert bits(one) == bits(other)
    assert one.evaluate() == other.evaluate()


def test_another_seed_gives_other_weights_batches_and_masks():
    one = AutogradEngine(FULL)
    other = AutogradEngine(with_settings(FULL, ["seed=2"]))
    assert not same(advance(one, 1), advance(other, 1))


def test_hazard_32_the_thread_count_of_the_machine_plays_no_part(child_environment):
    code = (
        "import hashlib, torch; from core import catalogue\n"
        "from core.engine.autograd import AutogradEngine\n"
        "engine = AutogradEngine(catalogue.load('he-relu-digits')); engine.advance(5, 1000.0)\n"
        "print(hashlib.sha256(engine.network.theta.numpy().tobytes()).hexdigest())"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env=child_environment | {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads},
            stdout=subprocess.PIPE,
            text=True,
        )
        for threads in ("1", "2")
    ]
    found = [child.communicate(timeout=100)[0] for child in children]
    assert [child.returncode for child in children] == [0, 0]
    assert found[0] == found[1] != ""


def test_every_sample_is_used_once_an_epoch_in_a_new_order():
    engine = AutogradEngine(PLAIN)
    seen, forward = [], engine.network.forward

    def noted(x, *, training):
        if training:
            seen.extend(row.numpy().tobytes() for row in x)
        return forward(x, training=training)

    engine.network.forward = noted
    advance(engine, 2 * engine.steps_per_epoch)
    n = engine.facts.n_train
    first, second = seen[:n], seen[n:]
    assert len(set(first)) == n
    assert set(first) == set(second)
    assert first != second


# Watched ---------------------------------------------------------------------------------


@each
@given(st.lists(st.integers(1, 9), min_size=1, max_size=30), st.data())
@settings(max_examples=12, phases=[Phase.generate])  # shrinking would take a minute
def test_observing_changes_nothing_to_the_bit(spec, blocks, data):
    alone, watched = AutogradEngine(spec), AutogradEngine(spec)
    rows = []
    for size in blocks:
        rows.append(numbers(watched.advance(size, 1000.0)))
        for look in data.draw(st.lists(st.sampled_from(["frame", "evaluate", "state", "facts"]))):
            getattr(watched, look)() if look != "facts" else watched.facts
        torch.rand(3)
    assert same(advance(alone, sum(blocks)), np.concatenate(rows))
    assert bits(alone) == bits(watched)


def test_a_block_ends_early_when_its_time_is_over_but_makes_one_step():
    engine = AutogradEngine(PLAIN)
    assert engine.advance(1000, 0.0).n == 1
    assert engine.step == 1


def test_validation_is_measured_at_the_start_of_every_epoch_whatever_the_blocks():
    for size in (1, 4, 100):
        engine, found = AutogradEngine(PLAIN), []
        while engine.step < 12:
            found.extend(engine.advance(min(size, 12 - engine.step), 1000.0).evaluations)
        assert [step for step, *_ in found] == [0, 5, 10]


def test_there_is_no_frame_before_the_first_step_and_then_that_of_the_last():
    engine = AutogradEngine(PLAIN)
    assert engine.frame() is None
    advance(engine, 7)
    frame = engine.frame()
    assert frame.step == 6
    assert len(frame.layers) == len(engine.facts.layers) == 3


def test_a_frame_is_that_of_the_step_it_names():
    engine = AutogradEngine(PLAIN)
    rows = engine.advance(6, 1000.0)
    frame = engine.frame()
    for index, layer in enumerate(frame.layers):
        histogram = layer.derivative
        size = histogram.counts.sum()
        assert size == 1 * layer.unit_z.size or size % layer.unit_z.size == 0
        mean = layer.unit_derivative.mean()  # sup of tanh' and of the linear output is 1
        assert mean == pytest.approx(rows.layers["derivative_mean"][5, index], rel=1e-5)


# Resumed ---------------------------------------------------------------------------------


@each
@pytest.mark.parametrize("steps", [0, 3, 5, 8])
def test_hazard_32_a_run_resumes_from_its_state_to_the_bit(spec, steps):
    first = AutogradEngine(spec)
    if steps:
        advance(first, steps)
    state = first.state()
    expected, end = advance(first, 13), bits(first)

    resumed = AutogradEngine(spec)
    advance(resumed, 4)  # whatever it did before is forgotten
    resumed.load_state(state)
    assert resumed.step == steps
    assert same(advance(resumed, 13), expected)
    assert bits(resumed) == end


@both
def test_a_state_is_not_changed_by_going_on(spec):
    engine = AutogradEngine(spec)
    advance(engine, 3)
    state = engine.state()
    runs = []
    for _ in range(2):
        engine.load_state(state)
        runs.append(advance(engine, 9))
    assert same(*runs)


def test_a_state_brings_its_live_edits_along():
    first = AutogradEngine(FULL)
    advance(first, 3)
    first.apply(edited(FULL, "training.optimizer.lr=0.5", "network.layers.*.activation=relu"))
    advance(first, 1)
    state = first.state()
    resumed = AutogradEngine(FULL)
    resumed.load_state(state)
    assert resumed.experiment == first.experiment
    assert same(advance(resumed, 9), advance(first, 9))


# Edited ----------------------------------------------------------------------------------


def twins(spec=PLAIN, steps=3):
    """Return two engines at the same step, one of them to be edited."""
    one, other = AutogradEngine(spec), AutogradEngine(spec)
    advance(one, steps)
    advance(other, steps)
    return one, other


@pytest.mark.parametrize(
    ("assignment", "first_differs"),
    [
        ("training.optimizer.lr=0.01", "update_ratio"),
        ("training.optimizer.momentum=0", "update_ratio"),
        ("training.clip={kind='norm', limit=1e-4}", "clip_factor"),
        ("training.clip={kind='value', limit=1e-4}", "clip_angle"),
        ("training.l1=0.1", "loss_penalty"),
        ("training.l2=0.1", "loss_penalty"),
        ("training.weight_decay=0.5", "update_ratio"),
        ("network.layers.*.dropout=0.5", "activation_norm"),
        ("network.layers.*.activation=relu", "derivative_mean"),
    ],
)
def test_a_live_edit_takes_effect_at_the_next_step(assignment, first_differs):
    kept, changed = twins()
    before = bits(changed)
    changed.apply(edited(PLAIN, assignment))
    assert bits(changed) == before  # an edit itself changes no weight
    one, other = kept.advance(1, 1000.0), changed.advance(1, 1000.0)
    column = (one.scalars | one.layers)[first_differs]
    assert not same(column, (other.scalars | other.layers)[first_differs])
    assert bits(kept) != bits(changed)


def test_a_live_learning_rate_scales_the_next_update():
    spec = experiment(optimizer={"kind": "sgd", "lr": 0.1, "momentum": 0.0})
    kept, changed = twins(spec)
    changed.apply(edited(spec, "training.optimizer.lr=0.2"))
    one, other = (engine.advance(1, 1000.0).layers["update_ratio"] for engine in (kept, changed))
    assert other == pytest.approx(2 * one, rel=1e-3)


def test_a_live_activation_is_that_of_the_facts_and_of_the_next_frame():
    engine = AutogradEngine(PLAIN)
    advance(engine, 3)
    engine.apply(edited(PLAIN, "network.layers.*.activation={kind='leaky_relu', alpha=0.25}"))
    assert engine.frame() is None  # the last step was made by the old activation
    assert [one.activation.kind for one in engine.facts.layers] == ["leaky_relu"] * 2 + ["linear"]
    advance(engine, 1)
    hidden = engine.frame().layers[:2]
    values = np.concatenate([one.unit_derivative for one in hidden])
    assert ((values >= 0.25) & (values <= 1.0)).all()


def test_an_edit_of_nothing_changes_nothing_to_the_bit():
    kept, changed = twins(FULL)
    changed.apply(Edit(FULL))
    changed.apply(edited(FULL, "name=Another name", "training.epochs=7"))
    assert same(advance(kept, 9), advance(changed, 9))


def test_another_initialiser_changes_nothing_until_layers_are_drawn_again():
    kept, changed = twins(PLAIN)
    changed.apply(edited(PLAIN, "network.layers.*.init={kind='constant', value=0.5}"))
    assert same(advance(kept, 9), advance(changed, 9))
    changed.apply(Reinitialise((0,)))
    assert (changed.network.layers[0].weight == 0.5).all()


@pytest.mark.parametrize(
    ("assignment", "layers"),
    [
        ("network.layers.*.init=he_normal", [0, 1, 2]),
        ("network.output.init=he_normal", [0, 1, 2]),
        ("training.optimizer.lr=0.2", [0, 1, 2]),
        # Others than the layer whose activation changed; layers before it see the same inputs.
        ("network.layers.1.activation=tanh", [0]),
    ],
)
def test_an_edit_does_not_forget_which_units_were_alive_in_layers_it_does_not_touch(
    assignment, layers
):
    spec = with_settings(RELU, ["network.layers.0.repeat=1"]).plain()
    spec["network"]["layers"] *= 2
    spec = Experiment.parse(spec)
    kept, changed = twins(spec, steps=10)
    changed.apply(edited(spec, assignment))
    one, other = (engine.advance(1, 1000.0).layers["dead_fraction"] for engine in (kept, changed))
    assert same(one[:, layers], other[:, layers])


@pytest.mark.parametrize(
    ("assignment", "field", "told"),
    [
        ("training.optimizer=adam", "training.optimizer", ["lr", "Adam"]),
        ("network.layers.0.units=9", "network.layers.0.units", ["6", "9"]),
        ("network.layers.0.batch_norm=after_activation", "network.layers.0.batch_norm", ["none"]),
        ("network.layers.0.repeat=3", "network.layers", ["2 layers", "3 layers"]),
        ("data.noise=0.9", "data.noise", ["0.15", "0.9"]),
        ("seed=5", "seed", ["1", "5"]),
        ("training.device=auto", "training.device", ["cpu", "auto"]),
    ],
)
def test_what_cannot_change_is_refused_by_name_and_the_run_stays_as_it_was(assignment, field, told):
    kept, changed = twins()
    # What could change comes along, and must not be half taken over.
    edit = edited(PLAIN, assignment, "training.optimizer.lr=0.9", "training.l2=0.5")
    with pytest.raises(LabError) as info:
        changed.apply(edit)
    assert info.value.field == field
    assert info.value.hint
    for part in told:
        assert part.lower() in info.value.message.lower()
    assert changed.experiment == PLAIN
    assert same(advance(kept, 9), advance(changed, 9))


# Drawn again -----------------------------------------------------------------------------


@both
def test_drawing_again_changes_the_chosen_layers_only(spec):
    engine = AutogradEngine(spec)
    advance(engine, 3)
    before = [layer.weight.clone() for layer in engine.network.layers]
    biases = [layer.bias.clone() for layer in engine.network.layers]
    engine.apply(Reinitialise((1,)))
    changed = [
        not torch.equal(old, layer.weight)
        for old, layer in zip(before, engine.network.layers, strict=True)
    ]
    assert changed == [False, True, False]
    assert torch.equal(biases[0], engine.network.layers[0].bias)
    assert (engine.network.layers[1].bias == 0).all()
    assert measured(advance(engine, 5))


def test_drawing_again_resets_batch_norm_of_the_chosen_layer_only():
    engine = AutogradEngine(FULL)
    advance(engine, 3)
    kept = engine.network.layers[0].norms[0].running_mean.clone()
    engine.apply(Reinitialise((1,)))
    norm = engine.network.layers[1].norms[0]
    assert (norm.scale == 1).all()
    assert (norm.shift == 0).all()
    assert (norm.running_mean == 0).all()
    assert (norm.running_var == 1).all()
    assert torch.equal(kept, engine.network.layers[0].norms[0].running_mean)


@pytest.mark.parametrize("optimizer", [{"kind": "sgd", "lr": 0.1, "momentum": 0.9}, ADAM])
def test_layers_drawn_again_forget_their_momentum_and_others_keep_it(optimizer):
    spec = experiment(optimizer=optimizer)
    one, other = twins(spec)
    for engine in (one, other):
        engine.apply(Reinitialise((1,)))
    # Were the momentum of layer 2 kept, the two would still move alike. So compare the first
    # update with what the optimiser makes of the gradient alone.
    before = [layer.weight.clone() for layer in one.network.layers]
    advance(one, 1)
    steps = [layer.weight - old for layer, old in zip(one.network.layers, before, strict=True)]
    gradients = one.network.tensors_of(one._last[3])
    if optimizer["kind"] == "sgd":
        assert torch.allclose(steps[1], -0.1 * gradients[1], rtol=1e-3, atol=1e-7)
        assert not torch.allclose(steps[0], -0.1 * gradients[0], rtol=1e-1, atol=1e-4)
    else:  # the fourth step of Adam from empty moments
        m = 0.1 * gradients[1] / (1 - 0.9**4)
        v = 0.001 * gradients[1] ** 2 / (1 - 0.999**4)
        assert torch.allclose(steps[1], -0.01 * m / (v.sqrt() + 1e-8), rtol=1e-2, atol=1e-6)


def test_drawing_again_draws_something_new_each_time_but_repeats_with_the_seed():
    found = []
    for _ in range(2):
        engine = AutogradEngine(PLAIN)
        for _ in range(2):
            engine.apply(Reinitialise((0, 2)))
            found.append(engine.network.layers[0].weight.clone())
    assert not torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])
    assert torch.equal(found[1], found[3])


# Odd shapes ------------------------------------------------------------------------------


def moons(count):
    return {"kind": "moons", "samples": count, "validation": 0.0}


@pytest.mark.parametrize("batch_norm", ["before_activation", "after_activation"])
def test_a_last_batch_of_one_is_left_out_where_batch_norm_could_not_bear_it(batch_norm):
    engine = AutogradEngine(experiment({"batch_norm": batch_norm}, data=moons(33)))
    assert engine.steps_per_epoch == 4
    assert measured(advance(engine, 9))


def test_a_last_batch_of_one_is_used_otherwise():
    engine = AutogradEngine(experiment(data=moons(33)))
    assert engine.steps_per_epoch == 5
    assert measured(advance(engine, 11))


def test_a_batch_larger_than_the_data_is_all_of_the_data():
    engine = AutogradEngine(experiment(data=moons(20), batch_size=1000))
    assert engine.steps_per_epoch == 1
    one = advance(engine, 3)
    exact = advance(AutogradEngine(experiment(data=moons(20), batch_size=20)), 3)
    assert same(one, exact)


def test_batches_of_one_sample_are_trained():
    engine = AutogradEngine(experiment(data=moons(10), batch_size=1))
    assert engine.steps_per_epoch == 10
    assert measured(advance(engine, 21))


def test_no_hidden_layers_is_logistic_regression_and_learns():
    engine = AutogradEngine(experiment(layers=[], data=moons(200)))
    assert [one.name for one in engine.facts.layers] == ["output"]
    rows = engine.advance(300, 1000.0)
    assert rows.scalars["loss"][-50:].mean() < 0.5 * rows.scalars["loss"][0]


def test_no_validation_share_means_no_evaluations():
    engine = AutogradEngine(experiment(data=moons(20)))
    assert engine.advance(7, 1000.0).evaluations == ()
    assert np.isnan(engine.evaluate()).all()


def test_one_unit_and_a_thousand_layers_run():
    engine = AutogradEngine(experiment(layers=[{"units": 1, "activation": "tanh", "repeat": 1000}]))
    assert engine.advance(1, 1000.0).layers["delta_norm"].shape == (1, 1001)


def test_parameters_are_counted():
    facts = AutogradEngine(experiment({"batch_norm": "before_activation"})).facts
    assert [one.parameters for one in facts.layers] == [
        6 * (2 + 1) + 12,
        6 * (6 + 1) + 12,
        2 * (6 + 1),
    ]
    assert facts.parameters == sum(one.parameters for one in facts.layers)


def gpus():
    cuda = [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    return cuda + (["mps"] if torch.backends.mps.is_available() else [])


@pytest.mark.skipif(not gpus(), reason="this machine has no GPU")
@pytest.mark.parametrize("device", gpus())
def test_a_gpu_starts_from_the_same_weights_and_measures_the_same(device):
    spec = with_settings(FULL, ["network.layers.*.dropout=0"])  # masks are drawn on the device
    cpu = AutogradEngine(spec)
    gpu = AutogradEngine(with_settings(spec, [f"training.device={device}"]))
    assert gpu.facts.device == device
    assert bits(gpu)[0] == bits(cpu)[0]
    # Adam divides by small numbers, so that rounding shows in the weights after a few steps.
    assert advance(gpu, 5) == pytest.approx(advance(cpu, 5), rel=1e-2, abs=1e-4)
    state = gpu.state()
    expected = advance(gpu, 7)
    gpu.load_state(state)
    assert advance(gpu, 7) == pytest.approx(expected, rel=1e-2, abs=1e-4)
    assert gpu.frame().step == 11


# Diverged --------------------------------------------------------------------------------

EXPLODING = experiment(
    {"activation": "linear", "init": {"kind": "normal", "std": 3.0}},
    optimizer={"kind": "sgd", "lr": 1000.0, "momentum": 0.0},
)


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_hazard_12_a_loss_that_is_not_finite_ends_the_block_with_everything_recorded(size):
    engine, blocks = AutogradEngine(EXPLODING), []
    while not blocks or not blocks[-1].diverged:
        blocks.append(engine.advance(size, 1000.0))
        assert engine.step < 1000
    losses = np.concatenate([block.scalars["loss"] for block in blocks])
    assert len(losses) > 1
    assert np.isfinite(losses[:-1]).all()
    assert not np.isfinite(losses[-1])
    assert len(losses) == engine.step
    for name in LAYER_QUANTITIES:
        assert sum(len(block.layers[name]) for block in blocks) == engine.step


def test_the_update_of_a_step_without_a_finite_loss_is_not_made():
    engine = AutogradEngine(PLAIN)
    advance(engine, 2)
    engine.network.theta[0] = np.nan
    before = bits(engine)
    block = engine.advance(10, 1000.0)
    assert block.diverged
    assert block.n == 1
    assert bits(engine) == before
    assert engine.frame().layers[0].z.nonfinite > 0


def test_hazard_12_a_nan_in_the_data_ends_the_run_at_the_step_that_meets_it(monkeypatch):
    from core.engine import training

    def spoiled(spec, seed):
        found = load(spec, seed)
        found.x_train[11, 0] = np.nan
        return found

    load = training.load_samples
    monkeypatch.setattr(training, "load_samples", spoiled)
    engine = AutogradEngine(PLAIN)
    block = engine.advance(1000, 1000.0)
    assert block.diverged
    assert block.n <= engine.steps_per_epoch
    assert torch.isfinite(engine.network.theta).all()
