"""The session: what the form wants, what the run does, and what waits for a restart."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from app.session import Session
from core.experiment import Experiment, with_settings
from core.record.source import State

SPEC = Experiment.parse(
    {
        "data": {"kind": "moons", "samples": 100},
        "network": {"layers": [{"units": 6, "activation": "tanh", "repeat": 2}]},
        "training": {"batch_size": 10, "epochs": 100000, "device": "cpu"},
    }
)


@pytest.fixture
def session(qapp: object) -> Iterator[Session]:
    one = Session(SPEC)
    one.start()
    yield one
    one.shutdown()
    one.join()


@pytest.fixture
def wait_for(session: Session, wait_until: Callable[..., None]) -> Callable[..., None]:
    """Wait while the clock, which does not tick here, is played by hand."""

    def wait(condition: Callable[[], object], what: str) -> None:
        def look() -> object:
            session.poll()
            return condition()

        wait_until(look, what)

    return wait


def settings(*assignments: str, of: Experiment = SPEC) -> Experiment:
    return with_settings(of, list(assignments))


def test_it_becomes_ready_and_trains_only_when_told(session, wait_for):
    wait_for(lambda: session.is_ready, "PyTorch")
    wait_for(lambda: session.source.status.state is State.PAUSED, "the pause")
    assert session.source.steps == 0
    session.step(7)
    wait_for(lambda: session.source.steps == 7, "seven steps")
    session.run()
    wait_for(lambda: session.source.steps > 50, "more steps")
    session.pause()
    assert not session.running


def test_a_live_setting_takes_effect_and_can_be_undone(session, wait_for):
    session.step(5)
    wait_for(lambda: session.source.steps == 5, "five steps")
    session.edit(settings("training.optimizer.lr=0.5"), "learning rate")
    wait_for(lambda: session.source.experiment.training.optimizer.lr == 0.5, "the edit")
    assert session.pending == ""
    session.undo_stack.undo()
    assert session.experiment == SPEC
    wait_for(lambda: session.source.experiment.training.optimizer.lr == 0.1, "the undo")
    assert session.source.steps == 5


def test_what_cannot_change_waits_for_a_restart_and_the_rest_does_not(session, wait_for):
    session.step(5)
    wait_for(lambda: session.source.steps == 5, "five steps")
    session.edit(settings("data.samples=50", "training.l2=0.001"), "two settings")
    assert f"samples {SPEC.data.samples} → 50" in session.pending
    wait_for(lambda: session.source.experiment.training.l2 == 0.001, "the penalty")
    assert session.source.experiment.data.samples == SPEC.data.samples
    session.reset()
    assert session.pending == ""
    wait_for(lambda: session.source.experiment.data.samples == 50, "the new run")
    assert session.source.steps == 0


def test_before_the_first_step_every_edit_is_simply_taken(session, wait_for):
    wait_for(lambda: session.is_ready, "PyTorch")
    session.edit(settings("network.layers.0.units=9", "training.batch_size=25"), "units")
    assert session.pending == ""
    wait_for(
        lambda: [layer.units for layer in session.source.facts.layers] == [9, 9, 2], "the network"
    )


def test_activation_and_redraw_are_one_live_switch(session, wait_for):
    session.step(5)
    wait_for(lambda: session.source.steps == 5, "five steps")
    session.edit(
        settings("network.layers.*.activation=relu", "network.layers.*.init=he_normal"), "ReLU"
    )
    session.reinitialise((1, 2, 3))
    session.step(2)
    wait_for(lambda: session.source.steps == 7, "two more steps")
    (event,) = session.source.events
    assert event.step == 5
    assert event.text.startswith("tanh → ReLU, Glorot → He (layers 1-2)")
    assert event.text.endswith("weights drawn again")


def test_a_diverged_run_begins_anew_when_run_again(session, wait_for):
    session.edit(settings("training.optimizer.lr=1e9", "training.l2=1"), "learning rate")
    session.run()
    wait_for(lambda: session.source.status.state is State.DIVERGED, "the divergence")
    diverged = session.source
    session.edit(SPEC, "as it was")
    session.run()
    wait_for(lambda: session.source is not diverged and session.source.steps > 10, "a new run")
    assert session.source.status.state is State.RUNNING


def test_a_run_that_cannot_be_built_says_why_and_the_next_one_runs(session, wait_for, qtbot):
    wait_for(lambda: session.is_ready, "PyTorch")
    session.open(settings("training.device=cuda:77"))
    wait_for(lambda: session.source.status.state is State.FAILED, "the refusal")
    status = session.source.status
    assert "cuda:77" in status.message
    assert status.field == "training.device"
    session.open(SPEC, run=True)
    wait_for(lambda: session.source.steps > 3, "the next run")


def test_a_layer_is_selected_once_for_everybody(session, qtbot):
    with qtbot.waitSignal(session.layer_changed) as heard:
        session.select_layer(2)
    assert heard.args == [2]
    with qtbot.assertNotEmitted(session.layer_changed):
        session.select_layer(2)
        session.select_layer(0)
