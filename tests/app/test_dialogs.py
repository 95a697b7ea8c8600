"""Windows beside the laboratory: what opens them, and what comes of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel

from app.datasets import DownloadDialog, PreviewDialog
from core.experiment import Experiment, with_settings
from core.experiment.data import Csv

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "raise\\(\\)")

SPEC = Experiment.parse(
    {
        "name": "Two moons / 2",
        "data": {"kind": "moons", "samples": 60},
        "network": {"layers": [{"units": 4, "activation": {"kind": "leaky_relu", "alpha": 0.3}}]},
        "training": {"batch_size": 10, "device": "cpu"},
    }
)


LABORATORY = SPEC


def shown(laboratory, kind):
    (found,) = [one for one in laboratory.window.findChildren(kind) if one.isVisible()]
    return found


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "flowers.csv"
    rows = [f"{i % 3 + i / 100},{i % 3 * 2},{'abc'[i % 3]}" for i in range(30)]
    file.write_text("\n".join(["length,width,species", *rows]), encoding="utf-8")
    return file


def test_the_explorer_shows_the_activation_of_the_selected_layer(laboratory, qtbot):
    laboratory.window.actions_by_key["explore"].trigger()
    explorer = laboratory.dialogs._explorer
    assert explorer.isVisible()
    assert not explorer.isModal()
    assert explorer.activation == SPEC.network.layers[0].activation
    laboratory.session.select_layer(2)  # the output
    laboratory.window.actions_by_key["explore"].trigger()
    assert laboratory.dialogs._explorer is explorer
    assert explorer.activation.kind == "linear"
    laboratory.panel.layer.set_selection((0,))
    laboratory.panel.layer.explore_button.click()
    assert explorer.activation.kind == "leaky_relu"
    laboratory.window.set_theme("light")  # it follows
    explorer.close()


def test_a_dropped_table_is_looked_into_and_learned_from(laboratory, qtbot, table):
    laboratory.window.files_dropped.emit([table])
    dialog = shown(laboratory, PreviewDialog)
    qtbot.waitUntil(lambda: not dialog.is_looking, timeout=10_000)
    assert laboratory.session.experiment == SPEC  # nothing is taken without a yes
    dialog.accept()
    data = laboratory.session.experiment.data
    assert isinstance(data, Csv)
    assert (data.path, data.target) == (str(table), "species")
    laboratory.session.step()
    source = lambda: laboratory.session.source  # noqa: E731
    names = ("a", "b", "c")
    qtbot.waitUntil(lambda: source().facts.class_names == names, timeout=30_000)
    assert source().facts.n_features == 2
    laboratory.session.undo_stack.undo()
    assert laboratory.session.experiment == SPEC


def test_a_table_that_is_looked_into_and_not_wanted_changes_nothing(laboratory, qtbot, table):
    laboratory.dialogs.look_into(table)
    dialog = shown(laboratory, PreviewDialog)
    qtbot.waitUntil(lambda: not dialog.is_looking, timeout=10_000)
    dialog.reject()
    assert laboratory.session.experiment == SPEC


def test_the_data_panel_looks_into_its_own_file_with_its_own_settings(laboratory, qtbot, table):
    button = laboratory.panel.data.preview_button
    assert not button.isVisibleTo(laboratory.panel)
    settings = ["data.kind=csv", f"data.path={table}", "data.target=width", "data.validation=0.4"]
    laboratory.session.edit(with_settings(SPEC, settings), "data")
    assert button.isVisibleTo(laboratory.panel)
    button.click()
    dialog = shown(laboratory, PreviewDialog)
    qtbot.waitUntil(lambda: not dialog.is_looking, timeout=10_000)
    assert dialog.target.currentText() == "width"
    dialog.accept()
    assert laboratory.session.experiment.data.validation == 0.4


def test_without_a_file_the_look_begins_with_the_choice_of_one(laboratory):
    laboratory.session.edit(with_settings(SPEC, ["data.kind=npz"]), "data")
    laboratory.panel.data.preview_button.click()
    shown(laboratory, QFileDialog).reject()


def test_a_download_is_offered_where_files_are_missing_and_only_there(
    laboratory, tmp_path, monkeypatch
):
    button = laboratory.panel.data.download_button
    for assignments, offered in (
        (["data.kind=digits"], False),
        (["data.kind=mnist"], True),
        (["data.kind=mnist", f"data.folder={tmp_path}"], False),
        (["data.kind=fashion_mnist"], False),
        (["data.kind=fashion_mnist", "data.files=full"], True),
        (["data.kind=cifar10"], True),
    ):
        monkeypatch.setenv("GRADOSCOPE_DATA", str(tmp_path))
        laboratory.session.edit(with_settings(SPEC, assignments), "data")
        assert button.isVisibleTo(laboratory.panel) == offered, assignments
    button.click()
    dialog = shown(laboratory, DownloadDialog)
    assert "162.2 MB" in " ".join(label.text() for label in dialog.findChildren(QLabel))
    dialog.reject()
    folder = tmp_path / "cifar10"
    folder.mkdir()
    (folder / "cifar-10-binary.tar.gz").touch()
    laboratory.session.experiment_changed.emit()
    assert not button.isVisibleTo(laboratory.panel)


def test_the_experiment_is_written_as_a_script_that_repeats_the_losses(
    laboratory, qtbot, tmp_path, child_environment
):
    laboratory.session.step(6)
    qtbot.waitUntil(lambda: laboratory.session.source.steps == 6, timeout=30_000)
    losses = laboratory.session.source.scalars["loss"].read(0, 6)
    laboratory.window.actions_by_key["export_script"].trigger()
    dialog = shown(laboratory, QFileDialog)
    assert Path(dialog.selectedFiles()[0]).name == "two_moons_2.py"
    dialog.selectFile(str(tmp_path / "run_me.py"))
    dialog.done(QFileDialog.DialogCode.Accepted)
    text = laboratory.window.toast.text
    qtbot.waitUntil(lambda: "Run it with Python" in text.text(), timeout=30_000)
    assert "run_me.py" in text.text()
    command = [sys.executable, str(tmp_path / "run_me.py"), "--steps", "6", "--print-losses"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    printed = [float(line.split()[1]) for line in done.stdout.splitlines() if line[:1].isdigit()]
    assert printed == pytest.approx(losses.tolist(), rel=1e-5)


def test_what_cannot_be_written_is_told_with_what_to_do(laboratory, qtbot, tmp_path):
    laboratory.writer.write_script(tmp_path / "torch.py")
    text = laboratory.window.banner.text
    qtbot.waitUntil(lambda: "would hide Python's 'torch'" in text.text(), timeout=30_000)
    assert "Choose another name" in text.text()
    assert QApplication.activeModalWidget() is None
