"""Training in a process of its own: the same run as in a thread, told and heard of from here."""

import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from core.control import RunControl
from core.engine.base import StepBlock
from core.experiment import Experiment, with_settings
from core.record import Parts, State
from core.record.record import Record
from core.remote import RemoteTrainer
from core.remote import trainer as remote
from core.remote.sent import Outbox, SentRecord
from core.remote.worker import BEHIND
from core.trainer import Trainer

RAW = {
    "data": {"kind": "moons", "samples": 42},
    "network": {"layers": [{"units": 6, "activation": "tanh", "repeat": 2}]},
    "training": {"batch_size": 8, "device": "cpu", "epochs": 1_000_000},
}
SPEC = Experiment.parse(RAW)
BRIEF = with_settings(SPEC, ["training.epochs=8"])  # of five steps each
DIVERGING = with_settings(
    SPEC, ["training.optimizer.lr=1e9", "network.layers.*.activation=linear", "training.loss=mse"]
)
STOPPING = with_settings(
    SPEC, ["training.early_stopping={kind='validation_loss', patience=1, min_delta=100}"]
)
UNKNOWN_FILE = with_settings(SPEC, ["data={kind='csv', path='/nowhere/at-all.csv', target='y'}"])

COMMANDS = {"run", "pause", "step", "stop", "reset", "edit", "reinitialise", "set_speed"}

pytestmark = pytest.mark.process


class Far:
    """A trainer in another process, one for all tests: each begins a run of its own."""

    def __init__(self):
        self.trainer = RemoteTrainer(SPEC)
        self.trainer.start()

    @property
    def record(self):
        return self.trainer.record

    @property
    def state(self):
        return self.record.status.state


@pytest.fixture(scope="module")
def shared():
    far = Far()
    yield far
    far.trainer.control.stop()
    far.trainer.join()


@pytest.fixture
def far(shared, wait_until):
    """Return the trainer, ready, with helpers to wait; its run is paused afterwards."""

    def begin(experiment, run=False):
        before = shared.record.run_id
        shared.trainer.control.reset(experiment, run=run)
        wait_until(lambda: shared.record.run_id != before, "another run")
        return shared.record

    def until(*states):
        wait_until(lambda: shared.state in states, lambda: f"{states}: {shared.record.status}")

    shared.wait, shared.begin, shared.until = wait_until, begin, until
    wait_until(lambda: shared.trainer.devices, lambda: str(shared.record.status))
    yield shared
    shared.trainer.control.set_speed(None)
    shared.trainer.control.pause()


def in_thread(experiment, *, goal=None):
    control = RunControl()
    control.run()
    trainer = Trainer(experiment, control, goal)
    trainer.start()
    return trainer, control


def test_a_run_is_the_same_to_the_bit_in_a_thread_and_in_a_process(far, wait_until):
    trainer, control = in_thread(BRIEF)
    wait_until(lambda: trainer.record.status.state is State.FINISHED, "the thread")
    control.stop()
    trainer.join()
    here = trainer.record
    there = far.begin(BRIEF, run=True)
    far.until(State.FINISHED)
    assert there.steps == here.steps == there.updates == 40
    for kind in ("scalars", "layer_columns"):
        ours, theirs = getattr(here, kind), getattr(there, kind)
        assert ours.keys() == theirs.keys()
        for name, column in ours.items():  # as bits: what is not measured is a NaN of its own
            one, other = (np.asarray(c.read()).view(np.int32) for c in (column, theirs[name]))
            assert np.array_equal(one, other), name
    assert there.evaluations == here.evaluations
    assert there.facts.layers == here.facts.layers
    assert there.facts.theory is not None
    assert there.status == here.status
    assert np.array_equal(there.units._counts, here.units._counts)
    assert there.history.frames
    assert there.seconds > 0.0
    assert there.overhead.keys() == here.overhead.keys()


def test_it_says_what_it_could_compute_on(far):
    assert ("cpu", "CPU") in far.trainer.devices


def test_single_steps_and_pauses_are_exact(far):
    record = far.begin(SPEC)
    far.trainer.control.step(7)
    far.wait(lambda: record.steps == 7, "seven steps")
    far.trainer.control.run()
    assert far.trainer.control.running
    far.wait(lambda: record.steps > 50, "more")
    far.trainer.control.pause()
    assert not far.trainer.control.running
    far.until(State.PAUSED)
    settled = record.steps
    far.trainer.control.step()
    far.wait(lambda: record.steps > settled, "one more")
    far.wait(lambda: far.state is State.PAUSED, "a pause")
    assert record.steps == settled + 1


def test_at_the_end_it_is_heard_that_nobody_trains_any_more_and_run_goes_on(far):
    record = far.begin(BRIEF, run=True)
    assert far.trainer.control.running
    far.until(State.FINISHED)
    far.wait(lambda: not far.trainer.control.running, "the end")
    far.trainer.control.run()
    far.wait(lambda: record.steps == 80 and far.state is State.FINISHED, "as many again")
    assert [event.kind for event in record.events] == ["continue"]


def test_a_snapshot_comes_when_it_is_asked_for_with_the_parts_asked_for(far):
    record = far.begin(SPEC)
    far.trainer.control.step(3)
    far.wait(lambda: record.steps == 3, "three steps")
    record.request_frame(Parts.LEDGER | Parts.MORE)
    wanted = Parts.LEDGER | Parts.MORE
    far.wait(lambda: record.frame is not None and wanted in record.frame.parts, "the parts")
    assert record.frame.ledger is not None
    far.wait(lambda: not record.frame_requested, "nothing to be waited for")


def test_a_request_that_got_lost_is_sent_again(monkeypatch):
    sent = []
    record = remote.MirrorRecord(SPEC, None, lambda *message: sent.append(message))
    monkeypatch.setattr(remote, "ASK_AGAIN_S", 1e9)
    record.request_frame()
    record.request_frame()
    assert sent == [("request_frame", Parts.NONE)], "asked for already"
    record.request_frame(Parts.LEDGER)
    assert sent[1:] == [("request_frame", Parts.LEDGER)]
    monkeypatch.setattr(remote, "ASK_AGAIN_S", -1.0)
    record.request_frame(Parts.LEDGER)
    assert sent[2:] == [("request_frame", Parts.LEDGER)]


def test_live_edits_and_draws_are_made_there_and_marked_here(far):
    record = far.begin(SPEC)
    far.trainer.control.step(5)
    far.wait(lambda: record.steps == 5, "five steps")
    slower = with_settings(SPEC, ["training.optimizer.lr=0.0123"])
    far.trainer.control.edit(slower)
    far.trainer.control.reinitialise((1,))
    far.trainer.control.step(1)
    far.wait(lambda: record.steps == 6, "one more")
    assert record.experiment == slower
    assert [(event.step, event.kind) for event in record.events] == [(5, "edit")]
    assert "layer 2 drawn again" in record.events[0].text


def test_a_new_run_leaves_the_record_of_the_one_before_as_it_was(far):
    first = far.begin(SPEC, run=True)
    far.wait(lambda: first.steps > 20, "steps")
    second = far.begin(BRIEF, run=True)
    settled = first.steps
    far.until(State.FINISHED)
    assert second is not first
    assert first.steps == settled
    assert second.experiment == BRIEF


def test_a_divergence_is_found_there_and_told_here(far):
    record = far.begin(DIVERGING, run=True)
    far.until(State.DIVERGED)
    assert "Diverged at step" in record.status.message
    assert record.found is not None
    assert record.updates == record.steps - 1


def test_an_early_stop_tells_what_the_best_weights_reach(far):
    record = far.begin(STOPPING, run=True)
    far.until(State.STOPPED)
    far.wait(lambda: record.at_end is not None, "the result")
    assert not far.trainer.record.status.hint


def test_what_cannot_be_built_says_so_with_its_field(far):
    record = far.begin(UNKNOWN_FILE)
    far.until(State.FAILED)
    assert "at-all.csv" in record.status.message
    assert record.status.field


def test_slow_motion_is_slow_there(far):
    far.trainer.control.set_speed(20.0)
    record = far.begin(SPEC, run=True)
    far.wait(lambda: record.steps > 3, "steps")
    before, since = record.steps, time.monotonic()
    far.wait(lambda: record.steps > before + 5, "five more")
    assert time.monotonic() - since > 0.1  # at full speed: some milliseconds


class Deaf:
    """A connection whose other end takes nothing until it is told to."""

    def __init__(self):
        self.letters = []

    def send(self, letter):
        self.letters.append(letter)


def test_what_is_written_goes_in_order_and_several_messages_make_one_letter():
    connection = Deaf()
    outbox = Outbox(connection, lambda: [("now", ())])
    for i in range(5):
        outbox.put("say", i)
    outbox.close()
    outbox.start()
    outbox.join()
    assert connection.letters == [[*(("say", (i,)) for i in range(5)), ("now", ())]]


def test_what_cannot_be_sent_ends_the_run_with_the_reason():
    here, there = multiprocessing.Pipe()
    given_up = []
    outbox = Outbox(there, list, lambda: given_up.append(True))
    outbox.put("say", lambda: 0)
    outbox.start()
    outbox.join()
    ((name, (status,)),) = here.recv()
    assert (name, status.state) == ("set_status", State.FAILED)
    assert "could not be sent" in status.message
    assert "lambda" in status.message
    assert given_up
    here.close()
    there.close()


def test_the_side_that_trains_keeps_no_numbers():
    outbox = Outbox(Deaf(), list)
    record = SentRecord(SPEC, outbox, "abcd")
    block = StepBlock(2, {"loss": np.zeros(2, np.float32)}, {}, (), diverged=False)
    record.append(block)
    assert record.steps == 2
    assert len(record.scalars["loss"]) == 0
    assert outbox._waiting.get() == ("new", ("abcd", SPEC))
    assert outbox._waiting.get() == ("append", (block,))


@pytest.fixture
def doomed(wait_until):
    """Return a trainer of its own, training, for tests that kill its process."""
    trainer = RemoteTrainer(SPEC)
    trainer.start()
    trainer.control.run()
    wait_until(lambda: trainer.record.steps > 20, lambda: str(trainer.record.status))
    yield trainer
    trainer.control.stop()
    trainer.join()


@pytest.mark.skipif(os.name == "nt", reason="no signals there")
def test_a_killed_process_is_a_failed_run_whose_record_stays_and_another_begins(doomed, wait_until):
    doomed.control.set_speed(500.0)
    os.kill(doomed.pid, signal.SIGKILL)
    record = doomed.record
    wait_until(lambda: record.status.state is State.FAILED, "the news")
    assert "SIGKILL" in record.status.message
    assert record.status.hint
    assert len(record.scalars["loss"]) >= record.steps > 20
    doomed.control.pause()  # told to nobody
    doomed.control.reset(BRIEF, run=True)
    assert doomed.record is not record
    wait_until(lambda: doomed.record.status.state is State.FINISHED, "the next run")
    assert record.status.state is State.FAILED


@pytest.mark.skipif(os.name == "nt", reason="no signals there")
def test_a_finished_run_stays_finished_until_its_dead_process_is_to_go_on(doomed, wait_until):
    doomed.control.reset(BRIEF, run=True)
    wait_until(lambda: doomed.record.status.state is State.FINISHED, "the end")
    record = doomed.record
    os.kill(doomed.pid, signal.SIGKILL)
    wait_until(lambda: not doomed._listener.is_alive(), "the news")
    assert record.status.state is State.FINISHED
    doomed.control.run()
    assert record.status.state is State.FAILED
    assert record.steps == 40
    doomed.control.reset(SPEC)
    doomed.control.step(3)
    wait_until(lambda: doomed.record.steps == 3, "the next run")


def test_a_command_that_makes_no_sense_ends_the_process_and_is_told(doomed, wait_until):
    doomed._send("dance")
    wait_until(lambda: doomed.record.status.state is State.FAILED, "the news")
    assert "exit code 1" in doomed.record.status.message
    assert "memory" not in doomed.record.status.message


@pytest.mark.skipif(os.name == "nt", reason="Windows prefers the window in front by itself")
def test_training_stands_back_where_the_window_wants_a_core(far):
    far.begin(SPEC)
    ours, theirs = (os.getpriority(os.PRIO_PROCESS, pid) for pid in (0, far.trainer.pid))
    assert theirs == min(ours + BEHIND, 19)


class LockThere:
    """Arrives in the other process as a lock, which cannot be sent back."""

    def __reduce__(self):
        return threading.Lock, ()


def test_a_process_that_cannot_send_says_why_and_another_begins(doomed, wait_until):
    doomed.control.reset(LockThere())
    wait_until(lambda: not doomed._listener.is_alive(), "the news")
    assert doomed.record.status.state is State.FAILED
    assert "could not be sent: TypeError: cannot pickle" in doomed.record.status.message
    doomed.control.reset(BRIEF, run=True)
    wait_until(lambda: doomed.record.status.state is State.FINISHED, "the next run")


def test_what_it_is_told_before_it_starts_it_does_then(wait_until):
    trainer = RemoteTrainer(SPEC)
    trainer.control.step(2)
    trainer.control.reset(BRIEF)
    trainer.control.run()
    trainer.start()
    wait_until(
        lambda: trainer.record.status.state is State.FINISHED, lambda: str(trainer.record.status)
    )
    wait_until(lambda: not trainer.control.running, "to be heard")
    assert trainer.record.experiment == BRIEF
    trainer.control.stop()
    trainer.join()


@pytest.mark.skipif(os.name == "nt", reason="no signals there")
def test_a_process_that_does_not_end_is_ended(doomed, wait_until, monkeypatch, caplog):
    monkeypatch.setattr(remote, "LONGEST_STEP_S", 0.2)
    os.kill(doomed.pid, signal.SIGSTOP)
    doomed.control.stop()
    doomed.join()
    assert not doomed._process.is_alive()
    assert "did not end in time" in caplog.text


@pytest.mark.skipif(os.name == "nt", reason="no signals there")
def test_ctrl_c_in_the_terminal_is_for_the_window_to_decide(doomed, wait_until):
    os.kill(doomed.pid, signal.SIGINT)
    before = doomed.record.steps
    wait_until(lambda: doomed.record.steps > before + 50, "further steps")


SOMEBODY = """
import sys, time
def main():
    if {blocked}:
        sys.modules["torch"] = None
    from core.experiment import Experiment
    from core.record import Parts
    from core.remote import RemoteTrainer
    trainer = RemoteTrainer(Experiment.parse({spec!r}))
    trainer.start()
    trainer.control.run()
    while trainer.record.steps < 20 or trainer.record.frame is None:
        trainer.record.request_frame(Parts.ALL)
        assert not trainer.record.status.message.startswith("The process"), trainer.record.status
        time.sleep(0.01)
    print(trainer.pid, flush=True)
    if {blocked}:
        trainer.control.stop()
        trainer.join()
    else:
        time.sleep(60)
if __name__ == "__main__":
    main()
"""


def somebody(tmp_path, blocked):
    file = tmp_path / "somebody.py"
    file.write_text(SOMEBODY.format(blocked=blocked, spec=RAW), encoding="utf-8")
    return [sys.executable, "-W", "error", str(file)]


def test_who_looks_on_needs_no_pytorch(tmp_path, child_environment):
    done = subprocess.run(
        somebody(tmp_path, blocked=True),
        env=child_environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(os.name == "nt", reason="no signals there")
def test_when_who_looks_on_is_killed_nothing_goes_on_training(
    tmp_path, child_environment, wait_until
):
    with subprocess.Popen(
        somebody(tmp_path, blocked=False),
        env=child_environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as looking:
        pid = int(looking.stdout.readline())
        looking.kill()
        wait_until(lambda: not is_there(pid), "its end")


def is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = f"/proc/{pid}/stat"
    if os.path.exists(stat):  # noqa: PTH110 -- ended, and only its parent does not care
        with open(stat, encoding="utf-8") as file:  # noqa: PTH123
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    return True


def test_what_is_logged_there_is_logged_here(caplog):
    trainer = RemoteTrainer(SPEC)
    with caplog.at_level(logging.WARNING):
        trainer._take("log", ("core.trainer", logging.ERROR, "run abcd failed"))
    assert ("core.trainer", logging.ERROR, "run abcd failed") in caplog.record_tuples


def test_what_was_heard_before_the_last_command_was_obeyed_does_not_count():
    sent = []
    control = remote.RemoteControl(lambda *message, **named: sent.append(message[0]))
    control.run()
    control.heard(0, False)
    assert control.running, "it has not obeyed yet"
    control.heard(1, True)
    control.heard(1, False)
    assert not control.running, "it has paused by itself"
    assert sent == ["run"]


def test_everything_that_writes_to_a_record_is_sent_and_understood():
    writers = {
        name
        for name, value in vars(Record).items()
        if callable(value) and not name.startswith("_") and name != "request_frame"
    }
    assert writers <= vars(SentRecord).keys(), "else the window would never hear of it"
    assert all(hasattr(remote.MirrorRecord, name) for name in writers)
    told = {name for name in vars(RunControl) if name in COMMANDS}
    assert told == COMMANDS <= vars(remote.RemoteControl).keys()
