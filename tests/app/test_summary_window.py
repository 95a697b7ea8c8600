"""The model summary: the numbers that Keras counts, and that they follow every edit."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.panels.place import sentence_at
from app.tools import SummaryWindow
from app.tools.summary import shape_of_run
from core import catalogue
from core.experiment import Experiment, with_settings
from core.network.summary import summary_of
from core.record.source import Facts

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "raise\\(\\)")

SPEC = Experiment.parse(
    {
        "name": "Moons",
        "data": {"kind": "moons", "samples": 60},
        "network": {"layers": [{"units": 4}]},
        "training": {"batch_size": 10, "device": "cpu"},
    }
)
IMAGES = Experiment.parse(
    {"data": {"kind": "digits"}, "network": {"layers": [{"kind": "conv", "channels": 3}]}}
)


@pytest.fixture
def window(qtbot) -> SummaryWindow:
    window = SummaryWindow(sentence_at)
    qtbot.addWidget(window)
    window.show()
    return window


def show(qtbot, window: SummaryWindow, experiment: Experiment) -> None:
    window.set_experiment(experiment)
    qtbot.waitUntil(lambda: not window.is_loading, timeout=10_000)


def rows(window: SummaryWindow) -> list[list[str]]:
    table = window.table
    columns = range(table.columnCount())
    return [[table.item(row, c).text() for c in columns] for row in range(table.rowCount())]


def sums(window: SummaryWindow) -> dict[str, str]:
    return {name.text(): value.text() for name, value in window._sums if name.text()}


def test_the_keras_lecture_has_the_numbers_of_keras(qtbot, window):
    show(qtbot, window, catalogue.load("keras-lecture-fmnist"))
    found = sums(window)
    assert found["Total parameters"] == "271,346"
    assert found["Trainable"] == "268,978"
    assert found["Not trainable"] == "2,368"
    assert found["Training samples"] == "6,400"
    assert found["P/N, trainable parameters for each sample"] == f"{268_978 / 6400:.3g}"
    assert ["Dense 1", "300", "235,500"] in rows(window)


def test_the_table_is_the_one_of_the_command_line(qtbot, window):
    show(qtbot, window, IMAGES)
    summary = summary_of(IMAGES)
    assert [int(cells[2].replace(",", "")) for cells in rows(window)] == [
        row.trainable + row.statistics for row in summary.rows
    ]
    assert rows(window)[0] == ["Conv 1", "3 × 8 × 8", "30"]


def test_what_is_wrong_is_said_in_place_of_numbers(qtbot, window):
    show(qtbot, window, SPEC)
    bad = SPEC.plain()
    bad["network"]["layers"].append({"kind": "conv"})
    show(qtbot, window, Experiment.parse(bad))
    assert window.problem.text().startswith("Layer 2: conv needs an image")
    assert rows(window) == []
    assert window.text == ""
    assert sums(window) == {}
    show(qtbot, window, with_settings(SPEC, ["data.kind=csv", "data.path=/no/such.csv"]))
    assert window.problem.text().startswith("Data set · File: ")
    show(qtbot, window, SPEC)
    assert window.problem.text() == ""
    assert len(rows(window)) == 2


def test_of_edits_that_follow_each_other_fast_the_last_one_is_shown(qtbot, window):
    window.set_experiment(IMAGES)
    window.set_experiment(SPEC)
    qtbot.waitUntil(lambda: not window.is_loading, timeout=10_000)
    assert rows(window)[0] == ["Dense 1", "4", "12"]


@pytest.mark.parametrize("by_key", [True, False])
def test_the_summary_is_copied_as_text(qtbot, window, by_key):
    show(qtbot, window, SPEC)
    QApplication.clipboard().clear()
    window.activateWindow()
    window.table.setFocus()
    if by_key:
        qtbot.waitActive(window)
        qtbot.keyClick(window.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    else:
        window.copy_button.click()
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0] == "Moons"
    assert lines[4].split() == ["Dense", "1", "4", "12"]
    assert lines[-1].split()[-1] == sums(window)["P/N, trainable parameters for each sample"]


def test_a_run_says_only_what_it_knows():
    assert shape_of_run(SPEC, None) is None
    assert shape_of_run(SPEC, (Facts(), SPEC)) is None
    other = with_settings(SPEC, ["seed=7"])
    assert shape_of_run(other, (Facts(), SPEC)) is None


# In the laboratory -----------------------------------------------------------------------


LABORATORY = SPEC


def test_menu_and_button_open_one_window_that_follows_the_experiment(laboratory, qtbot):
    action = laboratory.window.actions_by_key["summary"]
    assert action in laboratory.window.file_menu.actions()
    assert action.shortcut().toString() == "Ctrl+Shift+M"
    action.trigger()
    laboratory.panel.layers.buttons.summary.click()
    (window,) = laboratory.window.findChildren(SummaryWindow)
    assert not window.isModal()
    assert not window.is_loading  # the run knows what the data decide
    assert rows(window)[0] == ["Dense 1", "4", "12"]
    laboratory.session.edit(with_settings(SPEC, ["network.layers.0.units=9"]), "units")
    qtbot.waitUntil(lambda: not window.is_loading, timeout=10_000)
    assert rows(window)[0] == ["Dense 1", "9", "27"]
    laboratory.session.undo_stack.undo()
    assert rows(window)[0] == ["Dense 1", "4", "12"]
