"""The command line: files, numbers in them, exit codes, and sentences."""

import csv
import json
import math
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from core import catalogue, cli
from core.data.samples import TITLES
from core.engine.autograd import AutogradEngine
from core.errors import LabError
from core.experiment import differences, read_experiment, with_settings
from core.measure import EVALUATIONS, LAYER_QUANTITIES, QUANTITIES, SCALARS
from core.record.record import Record
from core.record.source import Facts, State, Status

CPU = ["--set", "training.device=cpu"]
FILES = ["experiment.toml", "layers.csv", "scalars.csv", "summary.json"]


def run(*arguments):
    return cli.main(["run", *map(str, arguments)])


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def summary(folder):
    def no_constant(name):
        raise ValueError(f"{name} is no JSON")

    text = (folder / "summary.json").read_text(encoding="utf-8")
    return json.loads(text, parse_constant=no_constant)


@pytest.fixture
def moons(tmp_path, capsys):
    """The folder of a run of 37 steps."""
    assert run("two-moons", "--steps", 37, "--out", tmp_path / "run", *CPU) == 0
    return tmp_path / "run"


# What a run writes -----------------------------------------------------------------------


def test_a_run_writes_four_files_and_names_them(moons, capsys):
    printed = capsys.readouterr().out
    assert sorted(file.name for file in moons.iterdir()) == FILES
    for name in FILES:
        assert str(moons / name) in printed
    assert "Finished at step 37." in printed


def test_scalars_have_a_row_a_step_and_the_step_first(moons):
    header, *table = rows(moons / "scalars.csv")
    assert header == ["step", *SCALARS, *EVALUATIONS]
    assert [row[0] for row in table] == [str(step) for step in range(37)]
    assert {len(row) for row in table} == {len(header)}


def test_layers_have_a_row_a_step_and_layer_counted_from_one_at_the_input(moons):
    header, *table = rows(moons / "layers.csv")
    assert header == ["step", "layer", "name", *LAYER_QUANTITIES]
    assert [row[:3] for row in table] == [
        [str(step), str(layer), name]
        for step in range(37)
        for layer, name in ((1, "dense 1"), (2, "dense 2"), (3, "output"))
    ]


def test_numbers_come_back_from_the_files_to_the_bit(moons):
    spec = with_settings(catalogue.load("two-moons"), ["training.device=cpu"])
    block = AutogradEngine(spec).advance(37, 1000.0)
    header, *table = rows(moons / "scalars.csv")
    for name in SCALARS:
        column = np.float32([row[header.index(name)] for row in table])
        assert column.tobytes() == block.scalars[name].tobytes(), name
    header, *table = rows(moons / "layers.csv")
    for name in LAYER_QUANTITIES:
        column = np.float32([row[header.index(name)] for row in table]).reshape(37, 3)
        assert column.tobytes() == np.ascontiguousarray(block.layers[name]).tobytes(), name


def test_validation_stands_in_the_rows_of_the_steps_it_was_measured_at(tmp_path):
    assert run("two-moons", "--steps", 100, "--out", tmp_path, *CPU) == 0
    header, *table = rows(tmp_path / "scalars.csv")
    at = header.index("val_loss")
    assert [int(row[0]) for row in table if row[at]] == [0, 80]
    last = summary(tmp_path)["final"]
    engine = AutogradEngine(catalogue.load("two-moons"))
    engine.advance(100, 1000.0)
    assert (last["val_loss"], last["val_accuracy"]) == engine.evaluate()


def test_a_run_longer_than_what_is_written_at_once_loses_no_row(tmp_path):
    assert run("two-moons", "--steps", 2001, "--out", tmp_path, *CPU) == 0
    table = rows(tmp_path / "scalars.csv")[1:]
    assert [int(row[0]) for row in table] == list(range(2001))
    assert len(rows(tmp_path / "layers.csv")) == 1 + 3 * 2001


def test_a_step_that_nobody_measured_has_empty_cells_beside_its_loss(tmp_path):
    assert run("two-moons", "--steps", 21, "--set", "measuring=sampled", "--out", tmp_path) == 0
    header, *table = rows(tmp_path / "scalars.csv")
    for row in table:
        cells = dict(zip(header, row, strict=True))
        assert cells["loss"]
        assert bool(cells["grad_norm"]) == bool(cells["accuracy"]) == (int(row[0]) % 10 == 0)
    header, *table = rows(tmp_path / "layers.csv")
    for row in table:
        cells = dict(zip(header, row, strict=True))
        measured = int(cells["step"]) % 10 == 0
        assert cells["learned_slope"] == ("nan" if measured else "")  # there is no PReLU
        assert bool(cells["delta_norm"]) == measured


def test_the_summary_holds_what_was_promised(moons):
    found = summary(moons)
    assert (found["status"], found["steps"], found["device"]) == ("finished", 37, "cpu")
    assert found["seconds"] > 0
    assert found["steps_per_s"] > 0
    assert found["versions"]["torch"] == torch.__version__
    assert {"gradoscope", "python", "numpy"} <= set(found["versions"])
    header, *table = rows(moons / "scalars.csv")
    assert found["final"]["step"] == 36
    for name in SCALARS:
        written = float(table[-1][header.index(name)])
        assert found["final"][name] == pytest.approx(written, rel=1e-6)
    assert set(EVALUATIONS) <= set(found["final"])


def test_the_experiment_written_is_the_one_that_ran_and_runs_again_the_same(moons, tmp_path):
    written = read_experiment(moons / "experiment.toml")
    assert written.training.device == "cpu"
    assert run(moons / "experiment.toml", "--steps", 37, "--out", tmp_path / "again") == 0
    for name in ("scalars.csv", "layers.csv", "experiment.toml"):
        assert (tmp_path / "again" / name).read_bytes() == (moons / name).read_bytes()


def test_settings_seed_and_epochs_are_taken_from_the_command_line(tmp_path):
    arguments = ["--set", "training.optimizer.lr=0.01", "--set", "training.batch_size=400"]
    assert run("two-moons", *arguments, "--epochs", 3, "--seed", 5, "--out", tmp_path, *CPU) == 0
    written = read_experiment(tmp_path / "experiment.toml")
    assert (written.training.optimizer.lr, written.seed, written.training.epochs) == (0.01, 5, 3)
    changed = {one.path for one in differences(catalogue.load("two-moons"), written)}
    assert len(changed) == 5
    assert summary(tmp_path)["steps"] == 6  # 800 samples, two batches an epoch


def test_steps_count_updates_whatever_the_epochs_say(tmp_path):
    assert run("two-moons", "--steps", 7, "--epochs", 1000, "--out", tmp_path, *CPU) == 0
    assert summary(tmp_path)["steps"] == 7


# Exit codes ------------------------------------------------------------------------------

DIVERGING = [
    "--set",
    "network.layers.*.activation=linear",
    "--set",
    "network.layers.*.init={kind='normal', std=3.0}",
    "--set",
    "training.optimizer={kind='sgd', lr=1000.0, momentum=0.0}",
]


def test_hazard_12_a_diverged_run_exits_with_one_and_leaves_complete_files(tmp_path, capsys):
    assert run("two-moons", "--steps", 5000, *DIVERGING, "--out", tmp_path, *CPU) == 1
    found = summary(tmp_path)
    assert found["status"] == "diverged"
    assert found["final"]["loss"] in ("nan", "inf")
    table = rows(tmp_path / "scalars.csv")[1:]
    assert len(table) == found["steps"]
    assert 1 < found["steps"] < 5000
    losses = [float(row[1]) for row in table]
    assert all(map(math.isfinite, losses[:-1]))
    assert not math.isfinite(losses[-1])
    assert f"Diverged at step {found['steps'] - 1:,}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "nothing-like-it"], ["'nothing-like-it'", "twenty-sigmoid-layers"]),
        (["run", "two-moon"], ["'two-moon'", "Did you mean two-moons?"]),
        (["run", "nowhere/a.toml"], ["a.toml", "no file"]),
        (["run", "two-moons", "--steps", "0"], ["--steps 0", "at least 1"]),
        (["run", "two-moons", "--steps", "-3"], ["-3"]),
        (["run", "two-moons", "--epochs", "0"], ["training.epochs", "0 is too small"]),
        (["run", "two-moons", "--seed", "-1"], ["seed", "-1 is too small"]),
        (
            ["run", "two-moons", "--set", "training.optimizer.lr=nan"],
            ["training.optimizer.lr", "nan", "finite"],
        ),
        (
            ["run", "two-moons", "--set", "training.optimiser.lr=1"],
            ["training.optimiser.lr", "Did you mean training.optimizer.lr?"],
        ),
        (
            ["run", "two-moons", "--set", "training.lerning_rate=1"],
            ["training.lerning_rate", "Did you mean training.optimizer.lr?"],
        ),
        (
            ["run", "two-moons", "--set", "training.optimizer.learning_rate=1"],
            ["training.optimizer.learning_rate", "Did you mean lr?"],
        ),
        (
            ["run", "two-moons", "--set", "network.activation=relu"],
            ["network.activation", "Did you mean network.layers.*.activation?"],
        ),
        (
            ["run", "two-moons", "--set", "training.xyz=1"],
            ["training.xyz", "Known are: loss, optimizer"],
        ),
        (
            ["run", "two-moons", "--set", "network.layers.*.units=0"],
            ["network.layers.0.units", "0 is too small"],
        ),
        (
            ["run", "two-moons", "--set", "network.layers.*.activation=sigmoyd"],
            ["'sigmoyd'", "Did you mean sigmoid?"],
        ),
        (["summary", "two-moon"], ["'two-moon'", "Did you mean two-moons?"]),
        (["quantities", "update_rato"], ["'update_rato'", "Did you mean update_ratio?"]),
        (["quantities", "loss", "xyz"], ["'xyz'", "Known are: loss, "]),
    ],
)
def test_bad_input_exits_with_two_and_one_sentence_on_stderr(arguments, said, capsys):
    assert cli.main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    for part in said:
        assert part in printed.err


def test_a_device_that_is_not_there_exits_with_two_and_writes_no_result(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("core.devices.available_devices", lambda: [("cpu", "CPU")])
    out = tmp_path / "new" / "run"
    arguments = ["two-moons", "--steps", 5, "--set", "training.device=cuda:7", "--out"]
    assert run(*arguments, tmp_path) == 2
    assert tmp_path.is_dir()
    assert run(*arguments, out) == 2
    printed = capsys.readouterr()
    assert "training.device" in printed.err
    assert "'cuda:7'" in printed.err
    assert "Traceback" not in printed.err
    assert not list(tmp_path.iterdir())


def test_a_missing_data_file_exits_with_two(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("core.data.samples.resource_path", lambda *parts: tmp_path.joinpath(*parts))
    assert run("he-relu-digits", "--steps", 5, *CPU) == 2
    assert "digits8x8.npz" in capsys.readouterr().err


def test_a_file_that_is_no_toml_exits_with_two(tmp_path, capsys):
    (tmp_path / "bad.toml").write_text("seed == 1", encoding="utf-8")
    assert run(tmp_path / "bad.toml") == 2
    assert "bad.toml" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_told_before_the_training(tmp_path, capsys, monkeypatch):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setattr(cli, "train", lambda *a, **k: pytest.fail("trained for nothing"))
    assert run("two-moons", "--steps", 5, "--out", tmp_path / "file" / "run") == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_failure_exits_with_one_and_leaves_its_details_and_what_was_trained(
    tmp_path, capsys, monkeypatch
):
    advance = AutogradEngine.advance

    def failing(engine, max_steps, seconds):
        if engine.step >= 3:
            raise RuntimeError("out of luck")
        return advance(engine, min(max_steps, 3 - engine.step), seconds)

    monkeypatch.setattr(AutogradEngine, "advance", failing)
    assert run("two-moons", "--steps", 50, "--out", tmp_path, *CPU) == 1
    printed = capsys.readouterr()
    assert "out of luck" in printed.out
    assert "Traceback" in printed.err
    assert summary(tmp_path)["status"] == "failed"
    assert len(rows(tmp_path / "scalars.csv")) == 1 + 3


# The other commands ----------------------------------------------------------------------


def test_list_names_experiments_first_on_their_line_the_default_at_the_top(capsys):
    assert cli.main(["list"]) == 0
    printed = capsys.readouterr().out
    experiments, sources = printed.split("Data sources:")
    names = [line.split()[0] for line in experiments.splitlines() if line.strip()]
    assert names == catalogue.names()
    assert names[0] == "twenty-sigmoid-layers"
    assert "(default)" in experiments.splitlines()[0]
    assert len(names) >= 3
    assert [line.split()[0] for line in sources.strip().splitlines()] == list(TITLES)


def test_summary_counts_parameters_layer_by_layer(capsys):
    assert cli.main(["summary"]) == 0
    lines = capsys.readouterr().out.splitlines()
    table = [line.split() for line in lines]
    counts = [row[-1] for row in table if row and row[0].isdigit()]
    assert counts == ["4,160"] * 20 + ["650"]  # 64 x 64 + 64, and 64 x 10 + 10
    assert lines[-2].split() == ["total", f"{20 * 4160 + 650:,}"]
    assert lines[-1].split()[-1] == "72.8"  # 83,850 parameters for each of 1,151 samples


def test_summary_of_batch_norm_counts_running_statistics_apart(capsys):
    assert cli.main(["summary", "fashion-batch-norm"]) == 0
    printed = capsys.readouterr().out.splitlines()
    table = [line.split() for line in printed]
    counts = [row[-1] for row in table if row and row[0].isdigit()]
    assert counts == ["235,500", "30,100", "1,010"]
    norms = [row[3:] for row in table if row[:2] == ["batch", "norm"]]
    assert norms == [["1,200", "600"], ["400", "200"]]
    totals = [int(line.split()[-1].replace(",", "")) for line in printed[-4:-1]]
    assert totals == [267_410, 800, 268_210]
    facts = AutogradEngine(catalogue.load("fashion-batch-norm")).facts
    assert facts.parameters == totals[0]  # what is trained is what was counted


def test_summary_takes_settings(capsys):
    assert cli.main(["summary", "two-moons", "--set", "network.layers.*.units=3"]) == 0
    assert " 9\n" in capsys.readouterr().out  # 2 x 3 + 3


def test_quantities_are_listed_a_line_each_in_the_order_of_the_columns(capsys):
    assert cli.main(["quantities"]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split()[:3] == ["name", "symbol", "title"]
    assert [line.split()[0] for line in lines] == list(QUANTITIES)
    ratio = next(line for line in lines if line.startswith("update_ratio"))
    for part in ("‖ΔW‖/‖W‖", "Update ratio", "layer and step"):
        assert part in ratio


def test_a_quantity_that_is_named_is_explained_in_full(capsys):
    assert cli.main(["quantities", "update_ratio", "below_floor"]) == 0
    first, second = capsys.readouterr().out.split("\n\n")
    for printed, name in ((first, "update_ratio"), (second, "below_floor")):
        words = " ".join(printed.split())
        quantity = QUANTITIES[name]
        for part in ("title", "symbol", "unit", "formula", "reading", "misleads", "source"):
            assert getattr(quantity, part) in words, part
        assert max(map(len, printed.splitlines())) <= 88


def test_a_pipe_that_knows_no_greek_still_gets_every_line(child_environment):
    environment = {**child_environment, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    out, err = start(environment, "quantities").communicate(timeout=60)
    assert err == ""
    assert len(out.splitlines()) == 1 + len(QUANTITIES)


def test_a_reader_that_has_seen_enough_gets_no_traceback(child_environment):
    child = start({**child_environment, "PYTHONUNBUFFERED": "1"}, "quantities")
    child.stdout.close()
    err = child.stderr.read()
    child.stderr.close()
    assert (child.wait(60), err) == (1, "")


def test_doctor_names_versions_and_devices(capsys):
    code = cli.main(["doctor"])
    printed = capsys.readouterr()
    assert torch.__version__.split("+")[0] in printed.out
    assert "cpu" in printed.out
    assert "PySide6" in printed.out
    assert (code == 0) == ("problem:" not in printed.err)


def test_doctor_tells_what_is_missing_and_what_must_not_be_used(capsys, monkeypatch):
    from core import doctor

    known = doctor._version
    monkeypatch.setattr(doctor, "_version", lambda name: None if name == "tomli-w" else known(name))
    assert cli.main(["doctor"]) == 1
    assert "tomli-w is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("version", "python", "usable"),
    [
        ("6.10.3", (3, 11), True),
        ("6.10.3", (3, 13), True),
        ("6.11.0", (3, 13), False),
        ("6.11.1", (3, 11), False),
        ("6.11.2", (3, 11), True),
        ("6.12.0", (3, 11), False),
        ("6.12.0", (3, 12), True),
        ("6.13.1", (3, 11), False),
    ],
)
def test_hazard_22_bindings_that_end_the_process_are_known(version, python, usable):
    from core.doctor import binding_problem

    problem = binding_problem(version, python)
    assert (problem == "") == usable
    assert usable or version in problem


# As a process ----------------------------------------------------------------------------


def start(environment, *arguments):
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "core", *map(str, arguments)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def test_an_unknown_command_exits_with_two_and_the_nearest_one(child_environment):
    child = start(child_environment, "rnu")
    out, err = child.communicate(timeout=60)
    assert (child.returncode, out) == (2, "")
    assert "'rnu'" in err
    assert "Did you mean run?" in err


def test_an_unknown_option_exits_with_two(child_environment):
    child = start(child_environment, "run", "two-moons", "--stepps", "3")
    out, err = child.communicate(timeout=60)
    assert (child.returncode, out) == (2, "")
    assert "--stepps" in err
    assert "Traceback" not in err


def test_a_process_reports_progress_on_stderr_and_results_on_stdout(child_environment, tmp_path):
    child = start(child_environment, "run", "two-moons", "--steps", 20, "--out", tmp_path, *CPU)
    out, err = child.communicate(timeout=100)
    assert child.returncode == 0, err
    assert "step 20 of 20" in err
    assert out.splitlines()[-1] == "Finished at step 20."
    assert summary(tmp_path)["steps"] == 20


@pytest.fixture
def ragged(tmp_path):
    file = tmp_path / "ragged.csv"
    file.write_text("a,b,c\n1,2,0\n3,4\n5,6,1\n", encoding="utf-8")
    return ["run", "two-moons", "--set", "data=csv", "--set", f"data.path={file}", *CPU]


SENTENCE = "data.path: Line 3 of 'ragged.csv' has 2 cells"


def test_an_error_of_the_data_is_told_once_on_stderr(child_environment, ragged):
    child = start(child_environment, *ragged)
    out, err = child.communicate(timeout=100)
    assert (child.returncode, out) == (2, "")
    preparing, said = err.splitlines()
    assert preparing == "Preparing data and network."
    assert said.startswith(SENTENCE)


def test_an_error_of_the_data_is_told_once_on_a_terminal(ragged, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert cli.main(ragged) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("has 2 cells") == 1
    status, _, said = printed.err.rpartition("\r")
    assert said.startswith(SENTENCE)  # in place of what was going on
    assert status.count("Preparing data and network.") <= 1


def test_an_error_that_names_no_setting_is_bad_input_too(capsys, monkeypatch):
    def refuse(*_):
        raise LabError("It cannot be built.", hint="Build another.")

    monkeypatch.setattr(AutogradEngine, "__init__", refuse)
    assert run("two-moons", "--steps", 5, *CPU) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("It cannot be built. Build another.") == 1


@pytest.mark.parametrize("steps", [[3, 3, 3], [0, 0, 3, 3]])
def test_no_line_of_progress_is_written_twice(steps, capsys):
    record = Record(catalogue.load("two-moons"))
    record.facts = Facts(steps_per_epoch=10)
    line = cli._ProgressLine(3)
    for speed, step in enumerate(steps):
        if step > record.steps:
            record.scalars["loss"].append(np.ones(step, np.float32))
            record.steps = step
        record.steps_per_s = speed
        line._next = 0.0
        line.show(record)
    record.set_status(Status(State.FINISHED, "Finished at step 3."))
    line.close(record)
    told = capsys.readouterr().err.splitlines()
    assert [one for one in told if one.startswith("step 3 of 3")] == told[-1:]
    assert told.count("Preparing data and network.") == (0 in steps)
    assert "Finished" not in "".join(told)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send to another process")
def test_hazard_18_a_signal_during_a_run_writes_what_there_is_and_exits_cleanly(
    child_environment, tmp_path
):
    slow = ["--set", "network.layers.*.units=700", "--set", "training.batch_size=800"]
    arguments = ["two-moons", "--epochs", 1_000_000, *slow, *CPU]  # few steps, small files
    children = {
        number: start(child_environment, "run", *arguments, "--out", tmp_path / number.name)
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    said = dict.fromkeys(children, "")
    try:
        for number, child in children.items():
            deadline = time.monotonic() + 60
            while " steps/s" not in said[number]:  # the first line of progress with a loss
                assert time.monotonic() < deadline
                line = child.stderr.readline()
                assert line, f"ended early: {said[number]}"
                said[number] += line
            child.send_signal(number)
        for number, child in children.items():
            out, err = child.communicate(timeout=60)
            assert child.returncode == 1, err
            assert "Traceback" not in err
            assert "Stopped at step" in out
            folder = tmp_path / number.name
            assert sorted(file.name for file in folder.iterdir()) == FILES
            found = summary(folder)
            assert found["status"] == "stopped"
            assert found["steps"] > 0
            assert len(rows(folder / "scalars.csv")) == 1 + found["steps"]
    finally:
        for child in children.values():
            if child.poll() is None:
                child.kill()
                child.communicate()


def test_signal_handlers_are_put_back_after_a_run():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    assert run("two-moons", "--steps", 1, *CPU) == 0
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_the_summary_after_an_early_stop_is_of_the_weights_that_are_back(tmp_path):
    settings = ["training.early_stopping=validation_loss", "training.early_stopping.patience=2"]
    settings += ["training.optimizer.lr=0.5"]
    arguments = [word for one in settings for word in ("--set", one)]
    code = cli.main(["run", "two-moons", *arguments, "--out", str(tmp_path)])
    found = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert code == 1
    best = float(found["message"].split("(")[1].split(")")[0])
    assert found["final"]["val_loss"] == pytest.approx(best, rel=1e-3)
