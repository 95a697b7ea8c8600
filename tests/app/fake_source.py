"""A run made of numbers: twenty sigmoid layers that learn nothing, then a switch to ReLU."""

from __future__ import annotations

import numpy as np

from core.experiment import Experiment
from core.experiment.activations import Relu, Sigmoid
from core.experiment.initializers import GlorotUniform, HeNormal
from core.experiment.network import Dense, NetworkSpec
from core.record import (
    Event,
    Facts,
    Frame,
    Histogram,
    LayerFrame,
    LayerInfo,
    Parts,
    Record,
    State,
    Status,
)
from core.record.frame import LogHistogram, Predictions
from core.theory.ledger import Ledger, LedgerRow

EVENT_TEXT = "Layers: sigmoid → ReLU, He"


def facts(layers: int = 20, units: int = 64, *, relu: bool = False) -> Facts:
    """Return facts of a dense network on ten classes."""
    activation = Relu() if relu else Sigmoid()
    init = HeNormal() if relu else GlorotUniform()
    return Facts(
        layers=tuple(
            LayerInfo(n, f"dense {n}", "dense", 64, units, activation, init, units * 65)
            for n in range(1, layers + 1)
        ),
        n_train=1438,
        n_validation=359,
        n_features=64,
        n_classes=10,
        class_names=tuple("0123456789"),
        steps_per_epoch=45,
        device="cpu",
        parameters=layers * units * 65,
    )


def empty_record(layers: int = 20) -> Record:
    """Return a run that is built and has not made a step."""
    spec = NetworkSpec(layers=(Dense(repeat=max(1, layers - 1), activation=Sigmoid()),))
    record = Record(Experiment(network=spec), run_id="k3f9")
    record.begin(facts(layers))
    record.set_status(Status(State.PAUSED))
    return record


def append_steps(record: Record, count: int, switch: int | None = None) -> None:
    """Append synthetic steps; from step ``switch`` on the network learns."""
    layers = len(record.facts.layers)
    start = record.steps
    rng = np.random.default_rng(start)
    steps = np.arange(start, start + count)
    after = np.zeros(count, bool) if switch is None else steps >= switch
    since = np.where(after, steps - (switch or 0), 0)
    loss = np.where(after, 2.3 * np.exp(-since / 320) + 0.06, 2.303)
    loss = loss * np.exp(rng.normal(0, 0.04, count))
    accuracy = np.clip(1 - loss / 2.56 + rng.normal(0, 0.04, count), 0, 1)
    put = {"loss": loss, "loss_data": loss, "accuracy": accuracy}
    for name, column in record.scalars.items():
        column.append(put.get(name, np.zeros(count)).astype(np.float32))
    depth = np.arange(layers - 1, -1, -1)
    noise = rng.normal(0, 0.12, (count, layers))
    healthy = after[:, None]
    exponents = {
        "delta_norm": np.where(healthy, -1.6 - depth * 0.03, -0.6 - depth * 0.62),
        "weight_grad_norm": np.where(healthy, -1.0 - depth * 0.02, 0.1 - depth * 0.6),
        "activation_norm": np.where(healthy, 1.6 - depth * 0.01, 1.35) + depth * 0,
        "update_ratio": np.where(healthy, -2.7 - depth * 0.02, -2.5 - depth * 0.6),
        "weight_norm": np.full((count, layers), 0.9),
    }
    shares = {"derivative_mean": 0.8, "saturated_fraction": 0.07, "dead_fraction": 0.0}
    for name, column in record.layer_columns.items():
        if name in exponents:
            values = 10.0 ** (exponents[name] + noise)
        else:
            values = np.full((count, layers), shares.get(name, 0.0))
            if name == "saturated_fraction":
                values = np.where(healthy, 0.47, values)
        column.append(values.astype(np.float32))
    epoch = record.facts.steps_per_epoch
    for step in steps[steps % epoch == 0]:
        value = 2.31 if switch is None or step < switch else None
        learned = 2.2 * np.exp(-max(step - (switch or 0), 0) / 360) + 0.16
        record.evaluations.steps.append(int(step))
        record.evaluations.val_loss.append(float(value or learned))
        record.evaluations.val_accuracy.append(0.1 if value else float(1 - learned / 2.7))
    record.steps += count
    record.version += 1


def histogram(values: np.ndarray, bins: int = 48) -> Histogram:
    """Return a histogram as the engine makes them."""
    finite = values[np.isfinite(values)].astype(np.float64)
    if not finite.size:
        finite = np.zeros(1)
    low, high = float(finite.min()), float(finite.max())
    if high - low < 1e-300:
        low, high = low - 1e-6, high + 1e-6
    counts, edges = np.histogram(finite, bins, (low, high))
    return Histogram(
        edges.astype(np.float32),
        counts.astype(np.int64),
        int((values == 0).sum()),
        int((~np.isfinite(values)).sum()),
    )


def log_histogram(values: np.ndarray) -> LogHistogram:
    """Return a histogram of magnitudes as the engine makes them."""
    sizes = np.abs(values[np.isfinite(values) & (values != 0)]).astype(np.float64)
    zeros = int((values == 0).sum())
    if not sizes.size:
        return LogHistogram(np.ones(1, np.float32), np.zeros(0, np.int64), zeros)
    low = np.floor(np.log10(sizes.min()) * 8) / 8
    high = np.ceil(np.log10(sizes.max()) * 8 + 1e-9) / 8 + 0.125
    edges = 10.0 ** np.arange(low, high + 0.06, 0.125)
    counts = np.histogram(sizes, edges)[0]
    return LogHistogram(edges.astype(np.float32), counts, zeros, negative=int((values < 0).sum()))


def predictions(rng: np.random.Generator, *, relu: bool) -> Predictions:
    """Return what a classifier of ten classes says; one that has learned is mostly right."""
    targets = rng.integers(0, 10, 200)
    right = rng.random(200) < (0.92 if relu else 0.1)
    said = np.where(right, targets, rng.integers(0, 10, 200))
    confusion = np.zeros((10, 10), np.int64)
    np.add.at(confusion, (targets, said), 1)
    sure = (0.5 + 0.5 * rng.random(200)).astype(np.float32)
    return Predictions(targets, said, confusion, value="probability", sure=sure)


def put_frame(
    record: Record, *, relu: bool = False, units: int = 64, step: int | None = None
) -> None:
    """Publish a heavy snapshot of the newest step, or put one of ``step`` into the history."""
    at = record.steps - 1 if step is None else step
    rng = np.random.default_rng(at + 1)
    layers, count = [], len(record.facts.layers)
    for number in range(1, count + 1):
        z = rng.normal(rng.normal(0, 1.1, units), 0.6, (32, units)).astype(np.float32)
        if relu:
            slope, h = (z > 0).astype(np.float32), np.maximum(z, 0)
        else:
            h = 1 / (1 + np.exp(-z))
            slope = h * (1 - h)
        size = 10.0 ** ((-1.6 if relu else -0.6 - 0.62 * (count - number)) - 1.5)
        delta = rng.normal(0, size, (32, units)).astype(np.float32) * slope
        gradient = rng.normal(0, size, 2048).astype(np.float32)
        weight = rng.normal(0, 0.12, (units, 64)).astype(np.float32)
        parts = {"z": z, "h": h, "derivative": slope, "delta": delta, "gradient": gradient}
        layers.append(
            LayerFrame(
                **{name: histogram(one) for name, one in parts.items() if name != "h"},
                unit_z=z.mean(0),
                unit_derivative=slope.mean(0),
                activation=Relu() if relu else Sigmoid(),
                h=histogram(h),
                weight=histogram(weight),
                logs={
                    name: log_histogram(one) for name, one in (parts | {"weight": weight}).items()
                },
                unit_activity=(slope != 0).mean(0).astype(np.float32),
                unit_delta=np.sqrt((delta**2).mean(0)),
                unit_gradient=np.abs(rng.normal(0, size, units)).astype(np.float32),
                singular_values=np.linalg.svd(weight, compute_uv=False).astype(np.float32),
                weight_images=weight.reshape(units, 8, 8)
                if number == 1
                else np.zeros(0, np.float32),
                activity=np.ascontiguousarray(h.T, np.float32),
                activity_slope=np.ascontiguousarray(slope.T, np.float32),
                shown_units=np.arange(units),
            )
        )
    frame = Frame(
        at,
        tuple(layers),
        predictions(rng, relu=relu),
        ledger=ledger(count, relu=relu),
        parts=Parts.ALL,
    )
    if step is None:
        record.put_frame(frame)
    else:
        record.history.add(frame)


def ledger(layers: int, *, relu: bool = False) -> Ledger:
    """Return a ledger in which the activation takes 0.62 decades a layer, or nearly nothing."""
    rows: list[LedgerRow] = []
    delta = 0.2
    for index in range(layers - 2, -1, -1):
        weighed = delta * 1.1
        below = weighed * (0.91 if relu else 10**-0.62)
        rows.append(LedgerRow(index, f"dense {index + 1}", delta, delta, weighed, weighed, below))
        delta = below
    return Ledger(0.2, 0.2, tuple(rows))


def _put_history(record: Record, steps: int, switch: int) -> None:
    for step in range(0, steps, max(1, steps // 12)):
        put_frame(record, relu=step >= switch, step=step)


def fake_record(steps: int = 1640, switch: int | None = 800, layers: int = 20) -> Record:
    """Return a run at rest, with an event where it starts to learn."""
    record = empty_record(layers)
    if switch is None or switch >= steps:
        append_steps(record, steps)
        _put_history(record, steps, steps)
        put_frame(record)
    else:
        append_steps(record, switch, switch)
        record.events = (Event(switch, "edit", EVENT_TEXT),)
        record.set_experiment(record.experiment, facts(layers, relu=True))
        append_steps(record, steps - switch, switch)
        _put_history(record, steps, switch)
        put_frame(record, relu=True)
    record.version += 1
    return record
