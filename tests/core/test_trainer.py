"""The trainer's thread: it obeys exactly, records everything, and always ends."""

import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from core import catalogue
from core.control import RunControl
from core.engine.autograd import AutogradEngine
from core.engine.base import Edit
from core.errors import LabError
from core.experiment import Experiment, with_settings
from core.measure import LAYER_QUANTITIES, SCALARS
from core.record import State
from core.record.history import FrameHistory
from core.trainer import Trainer

SPEC = Experiment.parse(
    {
        "data": {"kind": "moons", "samples": 42},
        "network": {"layers": [{"units": 6, "activation": "tanh", "repeat": 2}]},
        "training": {"batch_size": 8, "device": "cpu", "epochs": 1_000_000},
    }
)
BRIEF = with_settings(SPEC, ["training.epochs=3"])  # of five steps each


class Lab:
    """A trainer with its control, started and ended by the fixture."""

    def __init__(self, wait_until):
        self.wait_until = wait_until
        self.control = RunControl()
        self.trainer = None

    def start(self, experiment=SPEC, goal=None, prepare=None):
        self.trainer = Trainer(experiment, self.control, goal, prepare)
        self.trainer.start()

    @property
    def record(self):
        return self.trainer.record

    @property
    def state(self):
        return self.record.status.state

    def until(self, *states):
        names = " or ".join(states)
        self.wait_until(
            lambda: self.state in states, lambda: f"{names}, still {self.record.status}"
        )

    def until_steps(self, count):
        self.wait_until(lambda: self.record.steps >= count, f"{count} steps")

    def until_idle(self):
        """Wait until everything asked for so far was carried out."""
        self.wait_until(
            lambda: (
                self.state in (State.PAUSED, State.FINISHED)
                and not self.control.running
                and not self.control.budget()
                and not self.control._changes
            ),
            lambda: f"a pause, still {self.record.status}",
        )
        settled = self.record.version
        self.wait_until(lambda: self.record.version == settled, "rest")


@pytest.fixture
def lab(wait_until):
    one = Lab(wait_until)
    yield one
    one.control.stop()
    if one.trainer:
        one.trainer.join(60)
        assert not one.trainer.is_alive()


def alone(steps, spec=SPEC):
    return AutogradEngine(spec).advance(steps, 1000.0).scalars["loss"]


# Obedience -------------------------------------------------------------------------------


def test_a_run_waits_until_it_is_told_to_run(lab):
    lab.start()
    lab.until(State.PAUSED)
    assert lab.record.steps == 0
    assert len(lab.record.facts.layers) == 3
    lab.control.run()
    lab.until_steps(1)


@pytest.mark.parametrize("count", [1, 2, 17])
def test_step_makes_exactly_so_many_steps(lab, count):
    lab.start()
    for _ in range(3):
        lab.control.step(count)
    lab.until_steps(3 * count)
    lab.until_idle()
    assert lab.record.steps == 3 * count
    assert lab.state is State.PAUSED


def test_pause_stops_a_run_and_run_goes_on(lab):
    lab.start()
    lab.control.run()
    lab.until_steps(10)
    lab.control.pause()
    lab.until_idle()
    steps = lab.record.steps
    lab.control.step()
    lab.until_steps(steps + 1)
    lab.until_idle()
    assert lab.record.steps == steps + 1  # the pause held
    lab.control.run()
    lab.until_steps(steps + 20)
    lab.until(State.RUNNING)


def test_step_during_a_run_pauses_it_after_exactly_one_more_step(lab, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()
    advance = AutogradEngine.advance

    def held(engine, max_steps, seconds):
        begun.set()
        go_on.wait(60)
        return advance(engine, 5 if max_steps > 5 else max_steps, 1000.0)

    monkeypatch.setattr(AutogradEngine, "advance", held)
    lab.start()
    lab.control.run()
    begun.wait(60)  # inside a block of five steps
    lab.control.step()
    go_on.set()
    lab.until_idle()
    # The block under way counts for the step asked for: at least one more was made.
    assert lab.record.steps >= 5
    assert lab.record.steps <= 6


def test_pausing_stepping_and_looking_change_no_number(lab):
    lab.start()
    for count in (1, 4, 2):
        lab.record.request_frame()
        lab.control.step(count)
        lab.until_idle()
    steps = 7
    lab.control.run()
    lab.until_steps(60)
    lab.control.pause()
    lab.until_idle()
    steps = lab.record.steps
    assert lab.record.scalars["loss"].read(0, steps).tobytes() == alone(steps).tobytes()


def test_slow_motion_makes_blocks_of_what_fits_between_two_pictures():
    control = RunControl()
    control.run()
    assert control.budget() > 10_000
    control.set_speed(300)
    assert control.budget() == 10  # 30 pictures a second
    control.set_speed(2)
    assert control.budget() == 1
    control.step(5)
    assert control.budget() == 5  # single steps are not slowed
    control.spent(5)
    assert control.budget() == 0  # and they pause
    control.run()
    control.set_speed(None)
    assert control.budget() > 10_000


def test_slow_motion_rests_from_what_was_too_fast(monkeypatch):
    control, now = RunControl(), [100.03]
    monkeypatch.setattr("core.control.time.monotonic", lambda: now[0])
    control.set_speed(10)
    assert control.rest(1, 100.0) == 0.0  # nobody runs
    control.run()
    assert control.rest(1, 100.0) == pytest.approx(0.07)
    now[0] = 100.5
    assert control.rest(1, 100.0) == 0.0  # never a debt
    control.set_speed(1)
    assert control.rest(1, 100.0) == pytest.approx(0.5)
    control.step()
    assert control.rest(1, 100.0) == 0.0
    control.run()
    control.set_speed(None)
    assert control.rest(1, 100.0) == 0.0


def test_between_two_slow_steps_a_snapshot_is_of_the_last_one(lab):
    lab.start()
    lab.control.set_speed(0.001)  # a step every thousand seconds
    lab.control.run()
    lab.until_steps(1)
    lab.record.request_frame()
    lab.wait_until(lambda: lab.record.frame is not None, "a snapshot")
    assert lab.record.frame.step == 0
    assert lab.record.steps == 1
    lab.control.set_speed(None)  # which waits for nothing
    lab.until_steps(50)


def test_a_pause_wakes_a_run_out_of_slow_motion(lab):
    lab.start()
    lab.control.set_speed(0.001)  # a step every thousand seconds
    lab.control.run()
    lab.until_steps(1)
    lab.control.pause()
    lab.until(State.PAUSED)
    assert lab.record.steps == 1


def test_stop_ends_the_thread_in_the_middle_of_a_run(lab):
    lab.start()
    lab.control.run()
    lab.until_steps(5)
    lab.control.stop()
    lab.trainer.join(60)
    assert not lab.trainer.is_alive()
    assert lab.state is State.STOPPED
    assert f"{lab.record.steps:,}" in lab.record.status.message


@pytest.mark.parametrize("prepared", [False, True])
def test_stop_before_anything_was_built_ends_the_thread(lab, prepared):
    lab.control.stop()
    lab.start(prepare=(lambda: None) if prepared else None)
    lab.trainer.join(60)
    assert not lab.trainer.is_alive()


def test_hazard_17_the_process_ends_cleanly_whenever_training_is_stopped(child_environment):
    code = """
import random, sys, time
from core.control import RunControl
from core.experiment import Experiment
from core.trainer import Trainer
from core import catalogue
rng = random.Random(int(sys.argv[1]))
for _ in range(10):
    control = RunControl()
    trainer = Trainer(catalogue.load("he-relu-digits"), control)
    control.run()
    trainer.start()
    time.sleep(rng.random() * 0.1)
    trainer.record.request_frame()
    control.stop()
    trainer.join()
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, "0"],
        env=child_environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_trainer_is_no_daemon_thread():
    assert not Trainer(SPEC, RunControl()).daemon


def test_what_is_prepared_first_is_prepared_in_the_thread_and_only_once(lab):
    calls = []
    lab.start(prepare=lambda: calls.append(threading.current_thread().name))
    lab.control.step()
    lab.until_steps(1)
    first = lab.record
    lab.control.reset(SPEC)
    lab.wait_until(lambda: lab.record is not first, "a new record")
    lab.until(State.PAUSED)
    assert calls == ["trainer"]


# The record ------------------------------------------------------------------------------


def test_every_step_is_recorded_in_every_column(lab):
    lab.start(BRIEF)
    lab.control.run()
    lab.until(State.FINISHED)
    record = lab.record
    assert record.steps == 15
    assert {name: len(column) for name, column in record.scalars.items()} == dict.fromkeys(
        SCALARS, 15
    )
    for name in LAYER_QUANTITIES:
        assert record.layer_columns[name].read().shape == (15, 3)
    assert record.scalars["loss"].read().tobytes() == alone(15).tobytes()
    assert record.steps_per_s > 0
    assert record.seconds > 0


def test_columns_are_never_shorter_than_the_published_steps(lab):
    lab.start()
    lab.control.run()
    wrong = 0
    while lab.record.steps < 300:
        time.sleep(0.0005)  # leave the trainer some of the interpreter
        steps = lab.record.steps
        columns = [*lab.record.scalars.values(), *lab.record.layer_columns.values()]
        wrong += any(len(column) < steps for column in columns)
    assert wrong == 0


def test_a_frame_comes_when_it_is_asked_for_and_only_then(lab, monkeypatch):
    monkeypatch.setattr(FrameHistory, "due", lambda *_: False)  # those that are kept come unasked
    lab.start()
    lab.control.step(3)
    lab.until_idle()
    assert lab.record.frame is None
    lab.record.request_frame()
    lab.wait_until(lambda: lab.record.frame is not None, "a frame while paused")
    assert lab.record.frame.step == 2
    lab.control.step(4)
    lab.until_idle()
    assert lab.record.frame.step == 2
    lab.record.request_frame()
    lab.wait_until(lambda: lab.record.frame.step == 6, "a newer frame")


def test_the_version_grows_with_every_change(lab):
    lab.start()
    lab.until(State.PAUSED)
    seen = [lab.record.version]
    for act in (lab.control.step, lambda: lab.control.edit(faster()), lab.record.request_frame):
        act()
        lab.wait_until(lambda: lab.record.version > seen[-1], "a new version")
        lab.until_idle()
        seen.append(lab.record.version)
    assert seen == sorted(set(seen))


def test_a_reset_begins_a_new_record_and_leaves_the_old_one_as_it_was(lab):
    lab.start()
    lab.control.step(5)
    lab.until_idle()
    old, other = lab.record, with_settings(SPEC, ["seed=9"])
    lab.control.reset(other)
    lab.wait_until(lambda: lab.record is not old, "a new record")
    lab.until(State.PAUSED)
    assert (lab.record.steps, lab.record.experiment) == (0, other)
    assert lab.record.run_id != old.run_id
    assert (old.steps, old.experiment) == (5, SPEC)
    lab.control.step(2)
    lab.until_steps(2)
    lab.until_idle()
    assert old.steps == 5
    assert lab.record.scalars["loss"].read().tobytes() == alone(2, other).tobytes()


def test_a_reset_drops_what_was_asked_of_the_old_run(lab):
    lab.start()
    lab.until(State.PAUSED)
    old = lab.record
    with lab.control._changed:  # the trainer cannot look in between
        lab.control._changes.append(Edit(faster()))
        lab.control._single_steps = 50
        lab.control._running = True
    lab.control.reset(SPEC)
    lab.wait_until(lambda: lab.record is not old, "a new record")
    lab.until_idle()
    assert lab.record.steps == 0
    assert lab.record.events == ()


def test_a_reset_can_run_at_once(lab):
    lab.start()
    old = lab.record
    lab.control.reset(BRIEF, run=True)
    lab.wait_until(lambda: lab.record is not old, "a new record")
    lab.until(State.FINISHED)
    assert lab.record.steps == 15


# Changes on the way ----------------------------------------------------------------------


def faster(spec=SPEC):
    return with_settings(spec, ["training.optimizer.lr=0.5"])


def test_an_edit_is_an_event_at_the_step_that_it_first_affects(lab):
    lab.start()
    lab.control.step(7)
    lab.until_idle()
    lab.control.edit(faster())
    lab.wait_until(lambda: lab.record.events, "an event")
    (event,) = lab.record.events
    assert (event.step, event.kind) == (7, "edit")
    assert "rate 0.1 → 0.5" in event.text
    assert lab.record.experiment == faster()
    lab.control.step(3)
    lab.until_steps(10)
    engine = AutogradEngine(SPEC)
    expected = engine.advance(7, 1000.0).scalars["loss"]
    engine.apply(Edit(faster()))
    expected = np.append(expected, engine.advance(3, 1000.0).scalars["loss"])
    assert lab.record.scalars["loss"].read(0, 10).tobytes() == expected.tobytes()


def test_edits_are_carried_out_in_order_before_the_steps_that_were_asked_for_with_them(lab):
    lab.start()
    lab.until(State.PAUSED)
    for rate in ("0.2", "0.3"):
        lab.control.edit(with_settings(SPEC, [f"training.optimizer.lr={rate}"]))
    lab.control.reinitialise((0, 1, 2))
    lab.control.step(2)
    lab.until_steps(2)
    (event,) = lab.record.events  # changes between two steps are one event
    assert event.step == 0
    assert event.text == "rate 0.1 → 0.3; weights drawn again"


def edits(lab, *assignments):
    """Ask for one edit after the other, each on top of the last, and return the event's text."""
    wanted = SPEC
    for assignment in assignments:
        if assignment == "draw":
            lab.control.reinitialise((0, 1, 2))
            continue
        wanted = with_settings(wanted, [assignment])
        lab.control.edit(wanted)
    lab.control.step()
    count = lab.record.steps + 1
    lab.until_steps(count)
    return "".join(event.text for event in lab.record.events if event.step == count - 1)


ACTIVATION = "network.layers.*.activation="
INIT = "network.layers.*.init="


@pytest.mark.parametrize("steps", [0, 3])
@pytest.mark.parametrize(
    ("assignments", "text"),
    [
        (("relu", "selu", "gelu"), "tanh → GELU (layers 1-2)"),
        (("relu", "tanh"), ""),
        (("relu", "tanh", "selu"), "tanh → SELU (layers 1-2)"),
        (("relu", "draw", "gelu"), "tanh → ReLU (layers 1-2); weights drawn again; ReLU → GELU"),
        (("relu", "tanh", "draw"), "weights drawn again"),
        (("relu", "draw", "gelu", "relu"), "tanh → ReLU (layers 1-2); weights drawn again"),
    ],
)
def test_edits_between_two_steps_tell_what_was_and_what_is(lab, steps, assignments, text):
    lab.start()
    lab.control.step(steps)
    lab.until_steps(steps)
    lab.until_idle()
    words = (one if one == "draw" else f"{ACTIVATION}{one}" for one in assignments)
    found = edits(lab, *words)
    assert found.removesuffix(" (layers 1-2)") == text.removesuffix(" (layers 1-2)")


def test_an_edit_after_another_step_begins_from_there(lab):
    lab.start()
    lab.until(State.PAUSED)
    assert edits(lab, f"{ACTIVATION}relu") == "tanh → ReLU (layers 1-2)"
    lab.until_idle()
    assert edits(lab, f"{ACTIVATION}gelu") == "ReLU → GELU (layers 1-2)"


def test_an_initialiser_is_told_as_chosen_until_its_weights_are_drawn(lab):
    lab.start()
    lab.until(State.PAUSED)
    change = "Glorot → He (layers 1-2)"
    assert edits(lab, f"{INIT}he_normal") == f"at the next draw: {change}"
    lab.until_idle()
    lab.control.edit(SPEC)
    lab.control.step()
    lab.until_steps(2)
    lab.until_idle()
    assert edits(lab, f"{INIT}he_normal", "draw") == f"{change}; weights drawn again"


def test_a_single_layer_drawn_again_is_one(lab):
    lab.start()
    lab.until(State.PAUSED)
    lab.control.reinitialise((1,))
    lab.wait_until(lambda: lab.record.events, "an event")
    assert lab.record.events[0].text == "layer 2 drawn again"


def test_the_event_of_layers_drawn_again_counts_them_from_one(lab):
    lab.start()
    lab.control.step(4)
    lab.until_idle()
    lab.control.reinitialise((0, 1))
    lab.wait_until(lambda: lab.record.events, "an event")
    assert lab.record.events[0].step == 4
    assert "layers 1, 2 drawn again" in lab.record.events[0].text


def test_an_edit_that_cannot_be_made_is_told_and_the_run_goes_on(lab):
    lab.start()
    lab.control.step(3)
    lab.until_idle()
    lab.control.edit(with_settings(SPEC, ["seed=9"]))
    lab.wait_until(lambda: lab.record.status.message, "a message")
    status = lab.record.status
    assert status.state is State.PAUSED
    assert status.field == "seed"
    assert str(SPEC.seed) in status.message
    assert "9" in status.message
    assert lab.record.experiment == SPEC
    assert lab.record.events == ()
    lab.control.step(2)
    lab.until_steps(5)
    assert lab.record.scalars["loss"].read(0, 5).tobytes() == alone(5).tobytes()


# The end ---------------------------------------------------------------------------------


def test_a_run_finishes_after_its_epochs_with_a_last_evaluation(lab):
    lab.start(BRIEF)
    lab.control.run()
    lab.until(State.FINISHED)
    assert "15" in lab.record.status.message
    assert lab.record.evaluations.steps == [0, 5, 10, 15]
    assert not lab.control.running


@pytest.mark.parametrize("goal", [1, 12, 40])
def test_a_goal_counts_updates_whatever_the_epochs_say(lab, goal):
    lab.start(BRIEF, goal)
    lab.control.run()
    lab.until(State.FINISHED)
    assert lab.record.steps == goal


def test_a_finished_run_continues_when_it_is_told_to_run(lab):
    lab.start(BRIEF)
    lab.control.run()
    lab.until(State.FINISHED)
    lab.control.run()
    lab.until_steps(30)
    lab.until(State.FINISHED)
    assert lab.record.steps == 30
    (event,) = lab.record.events
    assert (event.step, event.kind, event.text) == (15, "continue", "3 more epochs")
    assert lab.record.scalars["loss"].read().tobytes() == alone(30, BRIEF).tobytes()


def test_a_run_that_reached_its_goal_continues_by_its_epochs(lab):
    lab.start(BRIEF, goal=4)
    lab.control.run()
    lab.until(State.FINISHED)
    lab.control.run()
    lab.until_steps(4 + 15)
    lab.until(State.FINISHED)
    assert len(lab.record.events) == 1


def test_a_finished_run_makes_the_single_step_that_is_asked_for(lab):
    lab.start(BRIEF)
    lab.control.run()
    lab.until(State.FINISHED)
    lab.control.step()
    lab.until_steps(16)
    lab.until_idle()
    assert lab.record.steps == 16


def test_more_epochs_by_a_live_edit_let_a_finished_run_go_on(lab):
    lab.start(BRIEF)
    lab.control.run()
    lab.until(State.FINISHED)
    lab.control.edit(with_settings(BRIEF, ["training.epochs=5"]))
    lab.until(State.PAUSED)
    lab.control.run()
    lab.until_steps(25)
    lab.until(State.FINISHED)
    assert lab.record.steps == 25


DIVERGING = with_settings(
    SPEC,
    [
        "network.layers.*.activation=linear",  # ReLU units would die first, and survive
        "network.layers.*.init={kind='normal', std=3.0}",
        "training.optimizer={kind='sgd', lr=1000.0, momentum=0.0}",
    ],
)


def test_hazard_12_a_diverged_run_names_its_step_and_keeps_everything_up_to_there(lab):
    lab.start(DIVERGING)
    lab.control.run()
    lab.until(State.DIVERGED)
    record = lab.record
    losses = record.scalars["loss"].read()
    assert len(losses) == record.steps
    assert len(losses) > 1
    assert np.isfinite(losses[:-1]).all()
    assert not np.isfinite(losses[-1])
    assert f"Diverged at step {record.steps - 1:,}" in record.status.message
    words = "NaN" if np.isnan(losses[-1]) else "+∞"
    assert f"the loss became {words}" in record.status.message
    assert "learning rate" in record.status.hint
    assert record.frame.step == record.steps - 1  # what it looked like then
    assert all(len(column) == record.steps for column in record.layer_columns.values())


def test_a_diverged_run_can_be_reset(lab):
    lab.start(DIVERGING)
    lab.control.run()
    lab.until(State.DIVERGED)
    lab.control.run()
    lab.control.edit(DIVERGING)  # nothing can be changed any more, and nothing breaks
    lab.control.reset(BRIEF, run=True)
    lab.wait_until(lambda: lab.record.experiment == BRIEF, "a new record")
    lab.until(State.FINISHED)
    assert lab.record.events == ()


def failing(monkeypatch, error, after=3):
    """Let the engine raise after a few steps."""
    advance = AutogradEngine.advance

    def failing_advance(engine, max_steps, seconds):
        if engine.step >= after:
            raise error
        return advance(engine, min(max_steps, after), seconds)

    monkeypatch.setattr(AutogradEngine, "advance", failing_advance)


@pytest.fixture
def quiet(caplog):
    """Take the log of a failure, so that a test may look at it."""
    caplog.set_level("CRITICAL", "core.trainer")


@pytest.mark.usefixtures("quiet")
def test_hazard_16_an_exception_in_the_trainer_becomes_a_failed_run_with_details(lab, monkeypatch):
    failing(monkeypatch, RuntimeError("the flux capacitor is empty"))
    lab.start()
    lab.control.run()
    lab.until(State.FAILED)
    status = lab.record.status
    assert "RuntimeError: the flux capacitor is empty" in status.message
    assert "Traceback" in status.details
    assert "failing_advance" in status.details
    assert lab.record.steps == 3
    assert lab.trainer.is_alive()  # ready for a reset
    monkeypatch.undo()
    lab.control.reset(BRIEF, run=True)
    lab.until(State.FINISHED)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 9e9"),
        type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory"),
    ],
    ids=["numpy", "torch", "cuda"],
)
def test_hazard_13_too_little_memory_is_said_in_a_sentence(lab, monkeypatch, error):
    failing(monkeypatch, error)
    lab.start()
    lab.control.run()
    lab.until(State.FAILED)
    assert "not enough memory" in lab.record.status.message
    assert "batch" in lab.record.status.hint
    assert "Traceback" in lab.record.status.details


@pytest.mark.usefixtures("quiet")
def test_hazard_13_a_network_that_no_machine_can_hold_fails_with_that_sentence(lab):
    wide = [{"units": 65_536, "repeat": 1000}]
    spec = SPEC.plain() | {"network": {"layers": wide}}  # 17 terabytes of weights
    lab.start(Experiment.parse(spec))
    lab.until(State.FAILED)
    assert "not enough memory" in lab.record.status.message


def test_bad_input_found_while_building_names_its_field(lab, monkeypatch):
    monkeypatch.setattr("core.devices.available_devices", lambda: [("cpu", "CPU")])
    lab.start(with_settings(SPEC, ["training.device=cuda"]))
    lab.until(State.FAILED)
    status = lab.record.status
    assert status.field == "training.device"
    assert "'cuda'" in status.message
    assert not status.details  # nothing to debug


@pytest.mark.usefixtures("quiet")
def test_a_failure_while_preparing_fails_the_run_not_the_thread(lab):
    def broken():
        raise ImportError("no torch here")

    lab.start(prepare=broken)
    lab.until(State.FAILED)
    assert "no torch here" in lab.record.status.message
    assert lab.trainer.is_alive()


def test_a_problem_that_an_edit_meets_is_not_lost_when_a_block_follows(lab, monkeypatch):
    # The message must outlive the next step: people read it after the run went on.
    def refuse(engine, change):
        raise LabError("cannot.", field="training.l1")

    monkeypatch.setattr(AutogradEngine, "apply", refuse)
    lab.start()
    lab.control.run()
    lab.until_steps(3)
    lab.control.edit(faster())
    lab.wait_until(lambda: lab.record.status.field == "training.l1", "the refusal")
    steps = lab.record.steps
    lab.until_steps(steps + 20)
    assert lab.record.status.message == "cannot."
    assert lab.state is State.RUNNING


def test_ready_experiments_begin_to_train(lab):
    lab.start(catalogue.load(catalogue.names()[0]))
    for name in catalogue.names():
        before = lab.record
        lab.control.reset(catalogue.load(name), run=True)
        lab.wait_until(lambda before=before: lab.record is not before, "a new record")
        lab.wait_until(lambda: lab.record.steps >= 2, name)
        assert lab.record.scalars["loss"].read(0, 1) > 0
