"""Help on fields: F1 and the mark beside the label open it, and it gets out of the way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent, QTextDocumentFragment
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from app.form import FieldRow, LongTextField, NumberField, PartForm
from app.form.help_sheet import HelpSheet
from app.panels.experiment import ExperimentPanel
from app.shell.actions import COMMANDS
from core.experiment import Experiment
from core.experiment.help import help_on_field, help_on_kind
from core.experiment.layers import Dense
from core.experiment.training import Adam, ClipNorm, Training

# What the offscreen platform says of popups.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def form(qtbot) -> Iterator[PartForm]:
    """Show a form in a window that has the focus."""
    window = QWidget()
    box = QVBoxLayout(window)
    form = PartForm(Training, ["optimizer", "batch_size", "penalize_biases"], prefix="training")
    box.addWidget(form)
    form.set_part(Training(optimizer=Adam()))
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    yield form
    sheet = opened()
    if sheet is not None:
        sheet.close()
    window.close()
    window.deleteLater()


def row_of(form: PartForm, path: str) -> FieldRow:
    row = form.row(path)
    assert row is not None
    return row


def opened() -> HelpSheet | None:
    sheet = QApplication.activePopupWidget()
    return sheet if isinstance(sheet, HelpSheet) else None


def says(row: FieldRow) -> str:
    return QTextDocumentFragment.fromHtml(row.help_text()).toPlainText()


def point_at(row: FieldRow) -> None:
    at = QPointF(5, 5)
    row.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)  # as Qt does before it sends the event
    QApplication.sendEvent(row, QEnterEvent(at, at, row.mapToGlobal(at)))


def leave(row: FieldRow) -> None:
    row.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
    QApplication.sendEvent(row, QEvent(QEvent.Type.Leave))


@pytest.mark.parametrize(
    "path", ["training.optimizer", "training.optimizer.lr", "training.penalize_biases"]
)
@pytest.mark.parametrize("end", [Qt.Key.Key_Escape, Qt.Key.Key_F1])
def test_f1_opens_help_and_a_key_gives_the_focus_back(form, path, end, qtbot):
    row = row_of(form, path)
    row.field.setFocus()
    QTest.keyClick(row.field, Qt.Key.Key_F1)
    sheet = opened()
    assert sheet is not None
    QTest.keyClick(sheet, end)
    qtbot.waitUntil(lambda: opened() is None)
    assert row.field.hasFocus()


def test_a_click_on_the_sheet_closes_it(form, qtbot):
    row = row_of(form, "training.batch_size")
    QTest.mouseClick(row.label, Qt.MouseButton.LeftButton)
    sheet = opened()
    assert sheet is not None
    QTest.mouseClick(sheet, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened() is None)


def test_help_neither_commits_nor_loses_what_is_being_typed(form, qtbot):
    row = row_of(form, "training.batch_size")
    committed = []
    row.edited.connect(lambda path, value: committed.append(value))
    row.field.setFocus()
    row.field.selectAll()
    QTest.keyClicks(row.field, "12")
    QTest.keyClick(row.field, Qt.Key.Key_F1)
    sheet = opened()
    assert sheet is not None
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: opened() is None)
    assert row.field.text() == "12"
    assert not committed
    QTest.keyClick(row.field, Qt.Key.Key_Return)
    assert committed == [12]


def test_help_works_in_a_long_text(qtbot):
    row = FieldRow("description", "Description", LongTextField(), description="A sentence.")
    qtbot.addWidget(row)
    with qtbot.waitExposed(row):
        row.show()
    QTest.keyClick(row.field, Qt.Key.Key_F1)
    sheet = opened()
    assert sheet is not None
    assert "A sentence." in sheet.label.text()
    sheet.close()


def test_the_mark_is_there_while_pointed_at_or_edited_and_moves_nothing(form):
    row = row_of(form, "training.batch_size")
    row.window().setFocus()
    before = (row.size(), row.label.geometry(), row.field.geometry())
    assert row.help_mark.isHidden()
    point_at(row)
    assert not row.help_mark.isHidden()
    assert before == (row.size(), row.label.geometry(), row.field.geometry())
    leave(row)
    assert row.help_mark.isHidden()
    row.field.setFocus()
    assert not row.help_mark.isHidden()
    row.window().setFocus()
    row.field.clearFocus()
    assert row.help_mark.isHidden()


def test_the_mark_stands_within_the_caption_and_clear_of_the_arrow(qtbot):
    title = "A label that is far too long for this"
    row = FieldRow("x", title, NumberField(), default=0.0, description="x")
    qtbot.addWidget(row)
    with qtbot.waitExposed(row):
        row.show()
    row.set_value(3.0)
    QApplication.processEvents()
    point_at(row)
    caption = row.help_mark.parentWidget()
    assert caption.rect().contains(row.help_mark.geometry())
    assert not row.help_mark.geometry().intersects(row.arrow.geometry())
    QTest.mouseClick(row.help_mark, Qt.MouseButton.LeftButton)
    sheet = opened()
    assert sheet is not None
    sheet.close()


def test_the_sheet_says_all_that_is_known_of_a_number(form):
    row, entry = row_of(form, "training.batch_size"), help_on_field(Training, "batch_size")
    text = says(row)
    assert entry is not None
    for part in ("Batch size", entry.formula, entry.reading, entry.misleads, entry.source):
        assert part in text
    assert "Unit: samples." in text
    assert "at least 1" in text
    assert "Takes effect live" in text


def test_the_sheet_of_a_choice_follows_the_kind(form):
    row, adam = row_of(form, "training.optimizer"), help_on_kind(Adam)
    assert adam is not None
    assert "Optimiser: Adam" in says(row)
    assert adam.formula in says(row)
    form.set_part(Training())
    assert adam.formula not in says(row)
    assert "Optimiser: SGD" in says(row)


def test_where_layers_differ_the_sheet_is_about_the_choice(qtbot):
    form = PartForm(Dense, ["activation"])
    qtbot.addWidget(form)
    form.set_parts([Dense(), Dense.model_validate({"activation": "tanh"})])
    entry = help_on_field(Dense, "activation")
    assert entry is not None
    assert entry.formula in says(row_of(form, "activation"))
    assert "tanh" not in says(row_of(form, "activation")).replace(entry.formula, "")


def test_signs_that_mean_something_in_html_are_shown_as_they_are(qtbot):
    form = PartForm(Training, ["schedule", "early_stopping"])
    qtbot.addWidget(form)
    spec = {"early_stopping": "validation_loss"}
    form.set_part(Training.model_validate(spec))
    assert "L_val < best − least gain" in says(row_of(form, "early_stopping.min_delta"))


def test_every_row_of_the_panels_has_an_entry(qtbot):
    panel = ExperimentPanel()
    qtbot.addWidget(panel)
    panel.set_experiment(Experiment.parse({"training": {"clip": {"kind": "norm", "limit": 1.0}}}))
    rows = panel.findChildren(FieldRow)
    assert len(rows) > 30
    for row in rows:
        assert "Misleads:" in says(row), row.path
    limit = next(row for row in rows if row.path == "training.clip.limit")
    entry = help_on_field(ClipNorm, "limit")
    assert entry is not None
    assert entry.formula in says(limit)


def test_screen_readers_keep_the_description(form):
    row = row_of(form, "training.batch_size")
    assert "Unit: samples." in row.field.accessibleDescription()
    assert row.help_mark.accessibleName() == "Help on Batch size"


def test_no_command_wants_f1():
    assert "F1" not in {command.shortcut for command in COMMANDS}
