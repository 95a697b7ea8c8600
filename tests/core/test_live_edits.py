"""What changes under way, what ends a run, and that a run goes on from where it was saved."""

import math

import numpy as np
import pytest
import torch

from core.cli import main, train
from core.engine.autograd import AutogradEngine
from core.engine.base import Edit, Reinitialise
from core.errors import LabError
from core.experiment import Experiment, with_settings, write_experiment
from core.record.source import State
from tests.core.comparison import advance, bits, measured, numbers, same
from tests.core.float64 import Watched

STOPPING = {"kind": "validation_loss", "patience": 2}


def experiment(layer=None, *, data=None, network=None, **training):
    """44 training samples in batches of 8: six steps an epoch, the last one of four samples."""
    return Experiment.parse(
        {
            "seed": 1,
            "data": data or {"kind": "moons", "samples": 56, "validation": 0.2, "noise": 0.4},
            "network": {"layers": [{"units": 6, "activation": "tanh", "repeat": 2} | (layer or {})]}
            | (network or {}),
            "training": {"batch_size": 8, "device": "cpu", "epochs": 40} | training,
        }
    )


PLAIN = experiment()


def edited(spec, *assignments):
    return Edit(with_settings(spec, list(assignments)))


# Batch size ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 5, 16, 1000])
@pytest.mark.parametrize("at", [0, 4, 6, 15])
def test_another_batch_size_begins_a_new_epoch_with_every_sample(size, at):
    watched = Watched(PLAIN)
    engine = watched.engine
    if at:
        engine.advance(at, 1000.0)
    n = engine.facts.n_train
    engine.apply(edited(PLAIN, f"training.batch_size={size}"))
    per_epoch = math.ceil(n / size)
    assert engine.steps_per_epoch == engine.facts.steps_per_epoch == per_epoch
    watched.inputs.clear()
    engine.advance(2 * per_epoch, 1000.0)
    sizes = [len(x) for x in watched.inputs]
    assert (
        sizes == 2 * [*[min(size, n)] * (n // size), *([n % size] if n % size else [])][:per_epoch]
    )
    first = torch.cat(watched.inputs[:per_epoch])
    assert sorted(map(tuple, first.tolist())) == sorted(
        map(tuple, watched.samples.x_train.tolist())
    )


def test_epochs_go_on_where_they_were_and_the_run_is_as_long_as_asked():
    engine = AutogradEngine(PLAIN)
    per_epoch = engine.steps_per_epoch
    assert engine.total_steps == 40 * per_epoch
    advance(engine, per_epoch * 2 + 3)
    before = engine.facts.epoch(engine.step)
    assert before == 2 + 3 / per_epoch
    engine.apply(edited(PLAIN, "training.batch_size=1"))
    n = engine.facts.n_train
    assert engine.facts.epoch(engine.step) == before
    assert engine.facts.epoch(engine.step + n) == pytest.approx(before + 1)
    assert engine.total_steps == engine.step + math.ceil((40 - before) * n)
    advance(engine, 10)
    engine.apply(edited(PLAIN, "training.batch_size=1000"))
    assert engine.facts.epoch(engine.step) == pytest.approx(before + 10 / n)
    assert engine.total_steps == engine.step + math.ceil(40 - before - 10 / n)
    # The end of the run is at its epochs, to within a step.
    assert engine.facts.epoch(engine.total_steps) == pytest.approx(40, abs=1.0)
    assert engine.facts.epoch(engine.total_steps) >= 40


def test_the_step_limit_holds_whatever_the_batch_size():
    spec = experiment(steps=50)
    engine = AutogradEngine(spec)
    advance(engine, 5)
    engine.apply(edited(spec, "training.batch_size=1"))
    assert engine.total_steps == 50


def test_validation_is_measured_at_the_start_of_the_epochs_of_the_new_size():
    engine = AutogradEngine(PLAIN)
    found = list(engine.advance(9, 1000.0).evaluations)
    engine.apply(edited(PLAIN, "training.batch_size=23"))
    per_epoch = engine.steps_per_epoch
    found += engine.advance(2 * per_epoch + 1, 1000.0).evaluations
    assert [one[0] for one in found] == [0, 6, 9, 9 + per_epoch, 9 + 2 * per_epoch]


@pytest.mark.parametrize("size", [3, 13, 1000])
def test_the_numbers_after_another_batch_size_do_not_depend_on_the_blocks(size):
    runs = []
    for block in (1, 4, 1000):
        engine = AutogradEngine(PLAIN)
        rows = [advance(engine, 9, block)]
        engine.apply(edited(PLAIN, f"training.batch_size={size}"))
        rows.append(advance(engine, 21, block))
        runs.append((np.concatenate(rows), bits(engine)))
    assert same(runs[0][0], runs[1][0])
    assert same(runs[0][0], runs[2][0])
    assert runs[0][1] == runs[1][1] == runs[2][1]


@pytest.mark.parametrize("steps", [2, 30])
@pytest.mark.parametrize(("sizes", "epochs_of"), [((1000, 4), (1, 11)), ((4, 1000), (11, 1))])
def test_dead_units_are_counted_over_epochs_of_the_new_length(sizes, epochs_of, steps):
    layer = {
        "units": 40,
        "activation": "relu",
        "init": {"kind": "normal", "std": 1.0},
        "bias_init": {"kind": "normal", "mean": -2.0, "std": 1.0},
    }
    spec = experiment(layer, batch_size=sizes[0], optimizer={"kind": "sgd", "lr": 0.02})
    engine = AutogradEngine(spec)
    alive, found, windows = [], [], []
    forward = engine.network.forward

    def noted(x, *, training):
        taps = forward(x, training=training)
        if training:
            alive.append([(z > 0).any(0) for z in taps.z[:2]])
        return taps

    engine.network.forward = noted
    for size, length, count in zip(sizes, epochs_of, (steps, 30), strict=True):
        engine.apply(edited(spec, f"training.batch_size={size}"))
        assert engine.steps_per_epoch == length
        found.extend(engine.advance(count, 1000.0).layers["dead_fraction"])
        windows += [length] * count
    for step, (dead, window) in enumerate(zip(found, windows, strict=True)):
        for index in range(2):
            seen = [one[index] for one in alive[max(0, step + 1 - window) : step + 1]]
            silent = ~torch.stack(seen).any(0)
            assert dead[index] == pytest.approx(float(silent.double().mean())), (step, index)
    assert len({float(one[0]) for one in found}) > 2


def test_a_batch_of_one_is_refused_where_batch_norm_needs_two():
    spec = experiment({"batch_norm": "before_activation"})
    with pytest.raises(LabError, match="at least two samples"):
        edited(spec, "training.batch_size=1")


# Early stopping --------------------------------------------------------------------------

OVERFIT = experiment(
    {"units": 20}, early_stopping=STOPPING, optimizer={"kind": "sgd", "lr": 0.4}, epochs=60
)


def unstopped(spec=OVERFIT):
    return with_settings(spec, ["training.early_stopping=none"])


def expected_stop(spec, patience):
    """Return the best step and the one to stop at, from a run that is not stopped."""
    losses = AutogradEngine(unstopped(spec)).advance(360, 1000.0).evaluations
    best, waited = None, 0
    for step, loss, _ in losses:
        if best is None or loss < best[1]:
            best, waited = (step, loss), 0
        else:
            waited += 1
        if waited >= patience:
            return best[0], step
    raise AssertionError("it never gets worse")


@pytest.mark.parametrize("patience", [1, 2, 5])
@pytest.mark.parametrize("block", [1, 7, 1000])
def test_a_run_stops_at_the_right_evaluation_with_the_best_weights_to_the_bit(patience, block):
    spec = with_settings(OVERFIT, [f"training.early_stopping.patience={patience}"])
    best, stop = expected_stop(spec, patience)
    assert 0 < best < stop < 360
    engine = AutogradEngine(spec)
    stopped = ""
    while not stopped:
        stopped = engine.advance(block, 1000.0).stopped
    assert engine.step == stop
    assert f"step {stop:,}" in stopped
    assert f"lowest at step {best:,}" in stopped
    at_best = AutogradEngine(unstopped(spec))
    advance(at_best, best)
    assert bits(engine) == bits(at_best)


def test_running_statistics_are_restored_with_the_weights():
    spec = with_settings(OVERFIT, ["network.layers.*.batch_norm=before_activation"])
    best, stop = expected_stop(spec, 2)
    engine = AutogradEngine(spec)
    assert engine.advance(1000, 1000.0).n == stop
    at_best = AutogradEngine(unstopped(spec))
    advance(at_best, best)
    assert len(bits(engine)) == 5
    assert bits(engine) == bits(at_best)
    assert engine.evaluate() == at_best.evaluate()


def test_without_restoring_the_last_weights_stay():
    spec = with_settings(OVERFIT, ["training.early_stopping.restore_best=false"])
    _, stop = expected_stop(spec, 2)
    engine = AutogradEngine(spec)
    block = engine.advance(1000, 1000.0)
    assert block.n == stop
    assert "weights are back" not in block.stopped
    whole = AutogradEngine(unstopped(spec))
    advance(whole, stop)
    assert bits(engine) == bits(whole)


def test_looking_at_the_validation_loss_in_between_counts_for_nothing():
    _, stop = expected_stop(OVERFIT, 2)
    engine = AutogradEngine(OVERFIT)
    steps = 0
    while not (block := engine.advance(1, 1000.0)).stopped:
        engine.evaluate()
        steps += block.n
    assert steps == stop


def test_a_trainer_ends_stopped_with_the_sentence():
    best, stop = expected_stop(OVERFIT, 2)
    record, interrupted = train(OVERFIT, progress=False)
    assert not interrupted
    assert record.status.state is State.STOPPED
    assert f"Stopped early at step {stop:,}" in record.status.message
    assert f"step {best:,}" in record.status.message
    assert record.steps == stop
    steps, losses, _ = record.evaluations.arrays()
    assert steps[-1] == stop  # the evaluation that decided is there
    assert losses.min() == losses[steps.tolist().index(best)]


def test_the_command_line_exits_with_one_and_says_why(tmp_path, capsys):
    _, stop = expected_stop(OVERFIT, 2)
    write_experiment(OVERFIT, tmp_path / "one.toml")
    assert main(["run", str(tmp_path / "one.toml")]) == 1
    assert f"Stopped early at step {stop:,}" in capsys.readouterr().out


@pytest.mark.parametrize("setting", ["early_stopping=validation_loss", "schedule=plateau"])
def test_what_watches_validation_needs_samples_for_it(setting):
    spec = with_settings(PLAIN, ["data.validation=0", f"training.{setting}"])
    with pytest.raises(LabError, match="no samples are kept for validation") as info:
        AutogradEngine(spec)
    assert info.value.field == f"training.{setting.split('=')[0]}"


# Plateau ---------------------------------------------------------------------------------


def test_the_rate_is_reduced_when_the_validation_loss_stops_falling():
    plateau = {"kind": "plateau", "patience": 1, "factor": 0.5, "threshold": 0.05}
    spec = with_settings(unstopped(), ["training.epochs=60"])
    spec = Experiment.parse(
        spec.plain() | {"training": spec.plain()["training"] | {"schedule": plateau}}
    )
    engine = AutogradEngine(spec)
    block = engine.advance(360, 1000.0)
    rates = block.scalars["learning_rate"]
    theta = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([theta], lr=0.4)
    torchs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=1, threshold=0.05, eps=0.0
    )
    for step, loss, _ in block.evaluations:
        torchs.step(loss)
        rate = optimizer.param_groups[0]["lr"]
        assert rates[step : step + engine.steps_per_epoch] == pytest.approx(rate, rel=1e-6)
    assert rates[-1] < 0.1


# Resumed ---------------------------------------------------------------------------------

EVERYTHING = experiment(
    {
        "activation": "prelu",
        "dropout": 0.2,
        "drop_weights": 0.2,
        "batch_norm": "before_activation",
        "layer_norm": "after_activation",
        "penalty": {"kind": "own", "l1": 0.001, "weight_decay": 0.1},
    },
    network={"input_norm": "batch_norm"},
    optimizer="adam",
    clip={"kind": "layer_norm", "limit": 0.1},
    schedule={"kind": "plateau", "patience": 0, "factor": 0.7, "threshold": 0.3},
    early_stopping={"kind": "validation_loss", "patience": 30},
    loss="mse",
)
IMAGES = experiment(
    network={
        "layers": [
            {"kind": "conv", "channels": 2, "dropout": 0.3, "activation": "prelu"},
            {"kind": "max_pool"},
            {"kind": "conv", "channels": 2, "residual": True, "batch_norm": "after_activation"},
            {"kind": "global_pool"},
        ]
    },
    data={"kind": "digits", "limit": 60},
    schedule={"kind": "one_cycle"},
    optimizer="rmsprop",
)
COSINE = experiment(schedule={"kind": "cosine", "warmup": 4}, optimizer="adadelta", epochs=5)
PATIENT = with_settings(OVERFIT, ["training.early_stopping.patience=40"])
SPECS = {"everything": EVERYTHING, "images": IMAGES, "cosine": COSINE, "stopping": PATIENT}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
@pytest.mark.parametrize("at", [0, 6, 10])
@pytest.mark.parametrize("size", [0, 5, 1000], ids=["as it was", "batch of 5", "full batch"])
def test_a_run_resumes_to_the_bit_also_within_an_epoch_and_after_another_batch_size(spec, at, size):
    first = AutogradEngine(spec)
    if at:
        advance(first, at)
    if size:
        first.apply(edited(spec, f"training.batch_size={size}"))
        advance(first, 7)
    state = first.state()
    expected, evaluations, end = following(first)
    resumed = AutogradEngine(spec)
    advance(resumed, 3)  # whatever it did before is forgotten
    resumed.load_state(state)
    assert resumed.facts.epoch(at) == first.facts.epoch(at)
    assert resumed.total_steps == first.total_steps
    again = following(resumed)
    assert same(again[0], expected)
    assert again[1] == evaluations
    assert again[2] == end


def following(engine):
    block = engine.advance(25, 1000.0)
    return numbers(block), block.evaluations, bits(engine)


@pytest.mark.parametrize("before", [1, 3, 5])
def test_a_resumed_run_stops_where_the_first_would_have_and_restores_the_same(before):
    best, stop = expected_stop(OVERFIT, 2)
    first = AutogradEngine(OVERFIT)
    advance(first, stop - before)
    state = first.state()
    resumed = AutogradEngine(OVERFIT)
    resumed.load_state(state)
    block = resumed.advance(1000, 1000.0)
    assert (block.n, resumed.step) == (before, stop)
    assert block.stopped == first.advance(1000, 1000.0).stopped
    assert f"step {best:,}" in block.stopped
    assert bits(resumed) == bits(first)


# Other live edits ------------------------------------------------------------------------


def test_to_prelu_and_back_learns_a_slope_only_in_between():
    engine = AutogradEngine(PLAIN)
    slopes = [engine.advance(3, 1000.0).layers["learned_slope"]]
    middle = edited(PLAIN, "network.layers.0.activation={kind='prelu', alpha=0.4}").experiment
    engine.apply(Edit(middle))
    slopes.append(engine.advance(3, 1000.0).layers["learned_slope"])
    learned = [one.item() for one in engine.network.slopes]
    engine.apply(Edit(PLAIN))
    slopes.append(engine.advance(3, 1000.0).layers["learned_slope"])
    assert np.isnan(slopes[0]).all()
    assert np.isnan(slopes[2]).all()
    assert slopes[1][0, :2] == pytest.approx([0.4, 0.4])
    assert (slopes[1][2, :2] != slopes[1][0, :2]).all()
    assert np.isnan(slopes[1][:, 2]).all()
    assert (np.abs(np.array(learned[:2]) - slopes[1][2, :2]) > 0).all()
    engine.apply(Edit(middle))  # from the start again
    assert engine.advance(1, 1000.0).layers["learned_slope"][0, :2] == pytest.approx([0.4, 0.4])


def test_other_edits_leave_a_learned_slope_as_it_is():
    spec = experiment({"activation": "prelu"})
    kept, changed = AutogradEngine(spec), AutogradEngine(spec)
    for engine in (kept, changed):
        advance(engine, 5)
    changed.apply(edited(spec, "network.layers.*.dropout=0", "name=Other"))
    assert same(advance(kept, 5), advance(changed, 5))


def test_layers_drawn_again_start_from_the_slope_of_the_settings():
    spec = experiment({"activation": "prelu"})
    engine = AutogradEngine(spec)
    advance(engine, 5)
    other = engine.network.slopes[1].item()
    engine.apply(Reinitialise((0,)))
    assert engine.network.slopes[0].item() == 0.25
    assert engine.network.slopes[1].item() == other != 0.25


def test_the_penalty_of_one_layer_changes_live_and_is_its_alone():
    spec = experiment(network={"layers": [{"units": 6}, {"units": 6}]})
    engine = AutogradEngine(spec)
    assert (engine.advance(3, 1000.0).scalars["loss_penalty"] == 0).all()
    engine.apply(edited(spec, "network.layers.1.penalty={kind='own', l2=0.5}"))
    expected = 0.5 * (engine.network.layers[1].weight.detach().double() ** 2).sum().item()
    found = engine.advance(1, 1000.0).scalars["loss_penalty"][0]
    assert found == pytest.approx(expected, rel=1e-5)
    engine.apply(Edit(spec))
    assert engine.advance(1, 1000.0).scalars["loss_penalty"][0] == 0


@pytest.mark.parametrize("where", ["network.input_norm", "network.layers.0.batch_norm"])
def test_the_momentum_of_batch_norm_changes_live(where):
    norms = {"network.input_norm": "batch_norm", "network.layers.0.batch_norm": "after_activation"}
    spec = with_settings(PLAIN, [f"{path}={kind}" for path, kind in norms.items()])
    kept, changed = AutogradEngine(spec), AutogradEngine(spec)
    for engine in (kept, changed):
        advance(engine, 3)
    before = [one.clone() for one in changed.network.buffers()]
    changed.apply(edited(spec, f"{where}.momentum=0.5"))
    advance(kept, 1)
    advance(changed, 1)
    moved = []
    for old, one, other in zip(
        before, kept.network.buffers(), changed.network.buffers(), strict=True
    ):
        moved.append(not torch.equal(one, other))
        if moved[-1]:  # five times as far towards the batch's
            torch.testing.assert_close(other - old, 5 * (one - old), rtol=1e-4, atol=1e-6)
    in_input = where == "network.input_norm"
    assert moved == [in_input] * 2 + [not in_input] * 4


def test_input_norm_and_network_change_nothing_but_what_they_say():
    spec = experiment(network={"input_norm": "batch_norm"})
    engine = AutogradEngine(spec)
    assert measured(advance(engine, 7))
    engine.apply(edited(spec, "training.schedule={kind='step', every=1.0, factor=0.5}"))
    rates = engine.advance(12, 1000.0).scalars["learning_rate"]
    assert len(set(rates.tolist())) > 1


@pytest.mark.parametrize(
    ("assignment", "field"),
    [
        ("network.layers.0.batch_norm.epsilon=0.5", "network.layers.0.batch_norm.epsilon"),
        ("network.layers.0.batch_norm=none", "network.layers.0.batch_norm"),
        ("network.layers.0.layer_norm=after_activation", "network.layers.0.layer_norm"),
        ("network.layers.0.residual=true", "network.layers.0.residual"),
        ("network.layers.0.activation.alpha=0.5", "network.layers.0.activation.alpha"),
        ("network.input_norm=layer_norm", "network.input_norm"),
        ("network.layers.0={kind='flatten'}", "network.layers.0.kind"),
        ("training.loss=mse", "training.loss"),
        ("training.optimizer=adamw", "training.optimizer"),
        ("data.validation=0.5", "data.validation"),
        ("data.kind=xor", "data"),
    ],
)
def test_what_cannot_change_is_refused_by_its_name(assignment, field):
    norm = {"batch_norm": "before_activation", "activation": "prelu", "repeat": 1}
    spec = experiment(norm)
    engine, kept = AutogradEngine(spec), AutogradEngine(spec)
    with pytest.raises(LabError) as info:
        engine.apply(edited(spec, assignment, "training.optimizer.lr=0.9"))
    assert info.value.field == field
    assert same(advance(engine, 7), advance(kept, 7))
