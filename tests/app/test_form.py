"""Fields and rows: what is typed is never lost, and nothing changes by accident."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QVBoxLayout, QWidget

from app.form import (
    MIXED,
    BoolField,
    ChoiceField,
    FieldRow,
    IntField,
    LongTextField,
    NumberField,
    PartForm,
    PathField,
    TextField,
    commit_focused,
)
from app.form.describe import Bounds, linear_step, stepped_linear, stepped_log
from app.form.names import in_sentence, number_text, short
from core.experiment import Experiment
from core.experiment.activations import LeakyRelu, Relu, Rescaled, Tanh
from core.experiment.data import DataPart
from core.experiment.fields import Part, Scope, setting
from core.experiment.initializers import Normal, VarianceScaling
from core.experiment.network import Dense
from core.experiment.training import Adam, Sgd, Training

RATE = "training.optimizer.lr"

# What the offscreen platform says of every window with a least or greatest size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


class Spy:
    """Collects what a signal carries."""

    def __init__(self, signal) -> None:
        self.seen: list = []
        signal.connect(self._keep)

    def _keep(self, *values) -> None:
        self.seen.append(values[0] if len(values) == 1 else values)


def type_into(field, text: str) -> None:
    """Type and press Enter, as a user does."""
    field.selectAll()
    field.insert(text)
    field.setModified(True)
    field.editingFinished.emit()


def wheel(widget: QWidget, notches: int) -> QWheelEvent:
    at = QPointF(widget.rect().center())
    event = QWheelEvent(
        at,
        widget.mapToGlobal(at),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
    return event


@pytest.fixture
def form(qtbot) -> PartForm:
    form = PartForm(Training, ["optimizer", "batch_size", "clip", "l1"], prefix="training")
    qtbot.addWidget(form)
    form.set_part(Training())
    return form


@pytest.fixture
def focused(qtbot) -> Iterator[Callable[..., None]]:
    """Return a function that shows widgets in a window, with the focus in the first one."""
    windows = []

    def show(*widgets: QWidget) -> None:
        window = QWidget()
        windows.append(window)
        box = QVBoxLayout(window)
        for widget in widgets:
            box.addWidget(widget)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        widgets[0].setFocus()
        qtbot.waitUntil(widgets[0].hasFocus)

    yield show
    for window in windows:
        window.close()
        window.deleteLater()


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.05, "0.05"), (1e-6, "1e-6"), (32.0, "32"), (0.0, "0"), (64, "64"), (2.5e-10, "2.5e-10")],
)
def test_numbers_read_as_people_write_them(value, text):
    assert number_text(value) == text


def test_names_are_short_in_tables_and_lowered_in_sentences():
    assert short("glorot_uniform") == "Glorot U"
    assert short("he_normal") == "He N"
    assert in_sentence("Learning rate") == "learning rate"
    assert in_sentence("L1") == "L1"


def test_logarithmic_steps_are_one_two_five_and_stop_at_the_bounds():
    value, seen = 0.03, []
    for _ in range(5):
        value = stepped_log(value, 1, Bounds(gt=0, le=1))
        seen.append(value)
    assert seen == [0.05, 0.1, 0.2, 0.5, 1.0]
    assert stepped_log(1.0, 1, Bounds(gt=0, le=1)) == 1.0
    assert stepped_log(0.03, -1, Bounds(gt=0)) == 0.02
    assert stepped_log(0.0, 1, Bounds(ge=0)) == 1e-6
    assert stepped_log(1e-6, -1, Bounds(ge=0)) == 0.0
    assert stepped_log(1e-6, -1, Bounds(gt=0)) == 5e-7
    assert stepped_log(0.0, -1, Bounds(ge=0)) == 0.0


def test_linear_steps_meet_multiples_and_stop_at_the_bounds():
    dropout = Bounds(ge=0, lt=1)
    step = linear_step(0.0, dropout)
    assert step == 0.05
    assert stepped_linear(0.12, 1, step, dropout) == 0.15
    assert stepped_linear(0.12, -1, step, dropout) == 0.1
    assert stepped_linear(0.95, 1, step, dropout) == 0.95
    assert linear_step(0.05, Bounds(ge=0)) == 0.01


def test_number_field_commits_at_enter_and_on_leaving_but_not_while_typing(qtbot, focused):
    field, other = NumberField(Bounds(gt=0), log=True), TextField()
    focused(field, other)
    field.set_value(0.1)
    spy = Spy(field.committed)
    field.selectAll()
    qtbot.keyClicks(field, "1e-3")
    assert spy.seen == []
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert spy.seen == [0.001]
    field.selectAll()
    qtbot.keyClicks(field, "0.5")
    other.setFocus()
    assert spy.seen == [0.001, 0.5]


def test_up_and_down_step(qtbot, focused):
    field = NumberField(Bounds(gt=0), log=True)
    focused(field)
    field.set_value(0.05)
    spy = Spy(field.committed)
    qtbot.keyClick(field, Qt.Key.Key_Up)
    qtbot.keyClick(field, Qt.Key.Key_Down)
    qtbot.keyClick(field, Qt.Key.Key_Down)
    assert spy.seen == [0.1, 0.05, 0.02]


def test_the_wheel_steps_only_a_focused_number(qtbot, focused):
    field, other = IntField(Bounds(ge=1)), TextField()
    focused(other, field)
    field.set_value(32)
    spy = Spy(field.committed)
    event = wheel(field, 1)
    assert spy.seen == []
    assert not event.isAccepted()
    field.setFocus()
    wheel(field, 1)
    assert spy.seen == [33]
    assert field.text() == "33"


def test_the_wheel_chooses_only_in_a_focused_list(qtbot, focused):
    choice, other = ChoiceField(), TextField()
    choice.set_choices([("a", "A", ""), ("b", "B", "")])
    choice.set_value("a")
    focused(other, choice)
    spy = Spy(choice.committed)
    event = wheel(choice, -1)
    assert (choice.currentData(), spy.seen) == ("a", [])
    assert not event.isAccepted()
    choice.setFocus()
    wheel(choice, -1)
    assert spy.seen == ["b"]


@pytest.mark.parametrize(
    ("text", "committed"),
    [
        ("64", 64),
        ("1 024", 1024),
        ("1e3", 1000),
        ("0", 0),
        ("2.5", "2.5"),
        ("many", "many"),
        ("", ""),
        ("1e999", "1e999"),
    ],
)
def test_whole_numbers_or_else_the_text_itself(qtbot, text, committed):
    field = IntField(Bounds(ge=1))
    qtbot.addWidget(field)
    field.set_value(7)
    spy = Spy(field.committed)
    type_into(field, text)
    assert spy.seen == [committed]
    assert type(spy.seen[0]) is type(committed)


@pytest.mark.parametrize("text", ["nan", "inf", "1e999", "1e-999", "0,05", "-1e-3"])
def test_a_text_that_is_no_usable_number_is_handed_on_word_for_word(qtbot, text):
    field = NumberField(Bounds(gt=0))
    qtbot.addWidget(field)
    field.set_value(0.1)
    spy = Spy(field.committed)
    type_into(field, text)
    assert spy.seen == [text]


def test_typed_text_survives_a_new_value_and_escape_restores_it(qtbot, focused):
    field = NumberField()
    focused(field)
    field.set_value(0.1)
    field.selectAll()
    qtbot.keyClicks(field, "0.0")
    assert not field.set_value(0.3)
    assert field.text() == "0.0"
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "0.3"
    assert not field.is_pending()


def test_refused_text_stays_until_the_value_beneath_changes(qtbot):
    row = FieldRow("x", "X", NumberField())
    qtbot.addWidget(row)
    row.set_value(0.1)
    type_into(row.field, "abc")
    row.set_refused("'abc' does not fit.")
    row.set_value(0.1)
    assert row.field.text() == "abc"
    assert row.error.isVisibleTo(row)
    row.set_value(0.2)
    assert row.field.text() == "0.2"
    assert not row.error.isVisibleTo(row)
    assert not row.field.property("invalid")


def test_a_problem_found_elsewhere_is_shown_and_taken_back(qtbot, form):
    form.set_problems({RATE: "Too high."})
    row = form.row(RATE)
    assert row.error.text() == "Too high."
    form.set_problems({})
    assert row.error.text() == ""


def test_long_words_in_a_sentence_can_break(qtbot):
    row = FieldRow("x", "X", TextField())
    qtbot.addWidget(row)
    row.set_refused("'" + "a" * 300 + "' does not fit.")
    row.resize(250, 100)
    assert row.minimumSizeHint().width() <= 270
    assert row.error.text().replace("\u200b", "") == "'" + "a" * 300 + "' does not fit."


def test_rows_follow_the_fields_and_the_kind(form):
    paths = [row.path for row in form.rows()]
    assert paths == [
        "training.optimizer",
        RATE,
        "training.optimizer.momentum",
        "training.optimizer.nesterov",
        "training.batch_size",
        "training.clip",
        "training.l1",
    ]
    form.set_part(Training(optimizer=Adam(lr=0.01)))
    paths = [row.path for row in form.rows()]
    assert "training.optimizer.beta2" in paths
    assert "training.optimizer.momentum" not in paths
    assert form.row(RATE).field.text() == "0.01"
    form.set_part(Training(optimizer=Sgd()))
    assert form.row("training.optimizer.momentum").field.text() == "0.9"


def test_choosing_a_kind_tells_the_kind(form):
    spy = Spy(form.edited)
    choice = form.row("training.optimizer").field
    choice.activated.emit(choice.findData("adam"))
    assert spy.seen == [("training.optimizer", "adam")]
    spy.seen.clear()
    choice.activated.emit(choice.findData("sgd"))
    assert spy.seen == []  # what is set already


def test_kinds_explain_themselves(form):
    choice = form.row("training.optimizer").field
    tip = choice.itemData(choice.findData("adam"), Qt.ItemDataRole.ToolTipRole)
    assert "Kingma" in tip
    assert choice.itemText(choice.findData("sgd")) == "SGD"


def test_each_row_explains_itself(form):
    tip = form.row(RATE).toolTip()
    for words in ("Step size", "more than 0", "live"):
        assert words in tip
    assert "Unit: samples" in form.row("training.batch_size").toolTip()
    assert "next step" in form.row("training.batch_size").toolTip()
    for row in form.rows():
        assert row.field.accessibleName()
        assert row.field.accessibleDescription()
        assert row.label.buddy() is row.field


def test_live_settings_are_marked(form):
    assert form.row(RATE).dot.isVisibleTo(form)
    assert form.row(RATE).dot.toolTip() == "takes effect live"


def test_each_row_shows_when_it_takes_effect(qtbot):
    form = PartForm(Dense, ["activation", "init", "batch_norm"])
    qtbot.addWidget(form)
    form.set_part(Dense(batch_norm="after_activation"))
    tips = {row.path: row.dot.toolTip() for row in form.rows()}
    assert tips == {
        "activation": "takes effect live",
        "init": "takes effect at the next draw of weights",
        "batch_norm": "",
        "batch_norm.epsilon": "",
        "batch_norm.momentum": "takes effect live",
    }
    shown = [row.path for row in form.rows() if row.dot.isVisibleTo(form)]
    assert shown == ["activation", "init", "batch_norm.momentum"]
    dot, ring = (form.row(path).dot for path in ("activation", "init"))
    middles = set()
    for mark in (dot, ring):
        image = mark.grab().toImage()
        middles.add(image.pixelColor(3, image.height() // 2).name())
    assert len(middles) == 2  # one is filled


def test_the_context_menu_resets(qtbot, form):
    spy = Spy(form.edited)
    form.set_part(Training(optimizer=Sgd(lr=3.0)))
    menu = form.row(RATE)._menu()
    qtbot.addWidget(menu)
    action = menu.actions()[-1]
    assert action.text() == "Reset to default (0.1)"
    action.trigger()
    assert spy.seen == [(RATE, 0.1)]


def test_the_arrow_is_there_only_where_the_value_is_not_the_default(form):
    spy = Spy(form.edited)
    changed = [row.path for row in form.rows() if row.arrow.isVisibleTo(form)]
    assert changed == []
    form.set_part(Training(optimizer=Sgd(lr=3.0), batch_size=64))
    changed = [row.path for row in form.rows() if row.arrow.isVisibleTo(form)]
    assert changed == [RATE, "training.batch_size"]
    assert form.row(RATE).arrow.toolTip() == "Reset to default (0.1)"
    form.row(RATE).arrow.click()
    assert spy.seen == [(RATE, 0.1)]


def test_of_another_kind_the_arrow_goes_back_to_the_default_kind(form):
    spy = Spy(form.edited)
    form.set_part(Training(optimizer=Adam()))
    row = form.row("training.optimizer")
    assert row.arrow.isVisibleTo(form)
    assert row.arrow.toolTip() == "Reset to default (SGD)"
    assert not form.row(RATE).arrow.isVisibleTo(form)  # 0.001 is Adam's default
    row.arrow.click()
    assert spy.seen == [("training.optimizer", Sgd().model_dump(mode="json"))]


def test_resetting_drops_what_is_being_typed(qtbot):
    row = FieldRow("x", "X", NumberField(), default=0.1)
    qtbot.addWidget(row)
    row.set_value(0.2)
    row.field.selectAll()
    row.field.insert("0.7")
    row.field.setModified(True)
    row.reset()
    row.set_value(0.1)
    assert row.field.text() == "0.1"
    assert not row.arrow.isVisibleTo(row)


def test_what_only_names_has_no_default_to_go_back_to(qtbot):
    form = PartForm(Experiment, ["name", "seed"])
    qtbot.addWidget(form)
    form.set_part(Experiment(name="Mine", seed=4))
    assert not form.row("name").arrow.isVisibleTo(form)
    assert form.row("seed").arrow.isVisibleTo(form)


def test_a_choice_of_kinds_within_a_choice_of_kinds(qtbot):
    form = PartForm(Dense, ["activation"])
    qtbot.addWidget(form)
    form.set_part(Dense(activation=Rescaled(inner=LeakyRelu(alpha=0.2))))
    assert [row.path for row in form.rows()] == [
        "activation",
        "activation.alpha",
        "activation.inner",
        "activation.inner.alpha",
    ]
    assert form.row("activation.inner.alpha").field.text() == "0.2"
    assert "rescaled" not in form.row("activation.inner").field.values()
    spy = Spy(form.edited)
    choice = form.row("activation.inner").field
    choice.activated.emit(choice.findData("elu"))
    type_into(form.row("activation.inner.alpha").field, "0.4")
    assert spy.seen == [("activation.inner", "elu"), ("activation.inner.alpha", 0.4)]
    form.set_part(Dense(activation=Rescaled(inner=Tanh())))
    assert form.row("activation.inner.alpha") is None
    form.set_problems({"activation.inner": "does not fit."})
    assert form.row("activation.inner").error.text() == "does not fit."


def test_words_to_choose_from_within_a_kind(qtbot):
    form = PartForm(Dense, ["init"])
    qtbot.addWidget(form)
    form.set_part(Dense(init=VarianceScaling(mode="fan_avg")))
    choice = form.row("init.mode").field
    assert choice.values() == ["fan_in", "fan_out", "fan_avg"]
    assert choice.currentText() == "Fan avg"
    assert form.row("init.mode").is_changed()


def test_every_kind_of_training_has_a_sentence(qtbot):
    form = PartForm(Training, ["loss", "optimizer", "schedule", "early_stopping", "clip"])
    qtbot.addWidget(form)
    form.set_part(Training())
    for row in form.rows():
        if isinstance(row.field, ChoiceField):
            for index in range(row.field.count()):
                assert row.field.itemData(index, Qt.ItemDataRole.ToolTipRole), row.path
    clip = form.row("clip").field
    assert clip.itemText(clip.findData("layer_norm")) == "By norm of each layer"


def test_what_all_kinds_share_comes_after_what_is_their_own_and_can_be_folded(qtbot):
    form = PartForm(Experiment, ["data"], fold=("Preparation", DataPart.model_fields))
    qtbot.addWidget(form)
    form.set_part(Experiment.parse({"data": {"kind": "moons", "validation": 0.1}}))
    paths = [row.path for row in form.rows()]
    assert paths[:3] == ["data", "data.samples", "data.noise"]
    assert set(paths[3:]) == {f"data.{name}" for name in DataPart.model_fields}
    fold = form._own["data"]._folded
    assert form.row("data.noise").isVisibleTo(form)
    assert not form.row("data.validation").isVisibleTo(form)
    assert fold.button.text() == "Preparation · 1 changed"
    fold.button.click()
    assert form.row("data.validation").isVisibleTo(form)
    fold.button.click()
    assert not form.row("data.validation").isVisibleTo(form)
    form.set_problems({"data.pca": "There are too few samples."})
    assert form.row("data.pca").error.isVisibleTo(form)


# Paths and long texts ---------------------------------------------------------------------


class Place(Part):
    """A part with paths."""

    file: str = setting("", title="File", help="A file.", path="file")
    folder: str = setting("", title="Folder", help="A folder.", path="folder", scope=Scope.LIVE)
    note: str = setting("", title="Note", help="A line.")


@pytest.fixture
def place(qtbot) -> PartForm:
    form = PartForm(Place, ["file", "folder", "note"])
    qtbot.addWidget(form)
    form.set_part(Place())
    form.show()
    return form


def drag(field: QWidget, *names: str, drop: bool = False) -> QDropEvent:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(name) for name in names])
    kind = QDropEvent if drop else QDragEnterEvent
    event = kind(
        QPointF(5, 5) if drop else QPoint(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    event.ignore()
    if drop:
        field.dropEvent(event)
    else:
        field.dragEnterEvent(event)
    return event


@pytest.mark.parametrize("name", ["file", "folder"])
def test_a_path_can_be_browsed_for(place, tmp_path, name):
    chosen = tmp_path / "data.csv"
    chosen.touch()
    path = chosen if name == "file" else tmp_path
    spy = Spy(place.edited)
    row = place.row(name)
    row.browse.click()
    row.browse.click()  # one dialog is enough
    (dialog,) = place.findChildren(QFileDialog)
    wanted = QFileDialog.FileMode.ExistingFile if name == "file" else QFileDialog.FileMode.Directory
    assert dialog.fileMode() == wanted
    dialog.selectFile(str(path))
    dialog.done(QFileDialog.DialogCode.Accepted)
    assert spy.seen == [(name, str(path))]


def test_browsing_begins_where_the_file_is_and_may_be_cancelled(place, tmp_path):
    place.set_part(Place(file=str(tmp_path / "old.csv")))
    spy = Spy(place.edited)
    place.row("file").browse.click()
    (dialog,) = place.findChildren(QFileDialog)
    assert dialog.directory().absolutePath() == str(tmp_path)
    dialog.reject()
    assert spy.seen == []
    assert place.row("file").field.text() == str(tmp_path / "old.csv")


def test_a_file_dropped_on_a_path_is_taken_and_on_a_line_left_to_the_window(place, tmp_path):
    spy = Spy(place.edited)
    name = str(tmp_path / "a b.csv")
    assert isinstance(place.row("file").field, PathField)
    assert drag(place.row("file").field, name).isAccepted()
    drag(place.row("file").field, name, drop=True)
    assert spy.seen == [("file", name)]
    assert not drag(place.row("note").field, name).isAccepted()
    assert not drag(place.row("file").field, name, name).isAccepted()


def test_a_long_text_is_committed_on_leaving_and_escape_restores_it(qtbot, focused):
    field, other = LongTextField(), TextField()
    focused(field, other)
    field.set_value("one\ntwo")
    spy = Spy(field.committed)
    qtbot.keyClicks(field, "so ")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert spy.seen == []
    assert not field.set_value("three")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.toPlainText() == "three"
    field.selectAll()
    qtbot.keyClicks(field, "four")
    other.setFocus()
    assert spy.seen == ["four"]
    field.setFocus()
    other.setFocus()
    assert spy.seen == ["four"]


def test_what_is_being_typed_can_be_committed_from_outside(qtbot, focused):
    field = NumberField()
    focused(field)
    field.set_value(0.1)
    spy = Spy(field.committed)
    commit_focused()
    field.selectAll()
    qtbot.keyClicks(field, "0.5")
    commit_focused()
    commit_focused()
    assert spy.seen == [0.5]


def test_parts_that_differ_are_mixed(qtbot):
    form = PartForm(Dense, ["units", "activation", "init"])
    qtbot.addWidget(form)
    form.set_parts(
        [
            Dense(units=8, activation=LeakyRelu(alpha=0.1), init=Normal(std=0.5)),
            Dense(units=9, activation=LeakyRelu(alpha=0.2), init=Normal(std=0.5)),
        ]
    )
    assert form.row("units").field.value() is MIXED
    assert form.row("units").field.placeholderText() == "mixed"
    assert form.row("activation.alpha").field.value() is MIXED
    assert form.row("init.std").field.text() == "0.5"
    form.set_parts([Dense(activation=Relu()), Dense(activation=LeakyRelu())])
    assert form.row("activation").field.currentIndex() == -1
    assert form.row("activation.alpha") is None


def test_leaving_a_mixed_field_empty_changes_nothing(qtbot):
    field = IntField()
    qtbot.addWidget(field)
    field.set_value(MIXED)
    spy = Spy(field.committed)
    type_into(field, "")
    assert spy.seen == []


def test_tab_goes_through_own_fields_after_their_kind(form):
    form.set_part(Training(optimizer=Adam()))
    chain, widget = [], form.row("training.optimizer").field
    for _ in range(200):
        widget = widget.nextInFocusChain()
        if isinstance(widget, (NumberField, IntField, ChoiceField)) and widget.objectName():
            chain.append(widget.objectName())
    own = [RATE] + [f"training.optimizer.{name}" for name in ("beta1", "beta2", "epsilon")]
    assert chain[: len(own)] == own


def test_a_check_box_says_yes_or_no(qtbot):
    field = BoolField()
    qtbot.addWidget(field)
    field.set_value(True)
    spy = Spy(field.committed)
    field.click()
    assert spy.seen == [False]
    field.set_value(MIXED)
    assert field.checkState() == Qt.CheckState.PartiallyChecked
    field.click()
    assert spy.seen[-1] is True


def test_a_value_that_is_no_choice_here_is_shown_all_the_same(qtbot):
    field = ChoiceField()
    qtbot.addWidget(field)
    field.set_choices([("cpu", "CPU", "")])
    field.set_value("cuda:1")
    assert field.currentText() == "cuda:1 (not here)"


def test_the_unit_gives_way_to_a_long_number(qtbot):
    field = NumberField(unit="samples")
    qtbot.addWidget(field)
    field.resize(120, 28)
    field.set_value(1.0)
    assert field.textMargins().right() > 0
    field.set_value(0.12345678912)
    assert field.textMargins().right() == 0


def test_the_form_restyles_with_the_font(qtbot, qapp, form):
    qapp.setStyleSheet("")  # under one, fonts come from the application alone
    before = form.row(RATE)._caption.width()
    font = form.font()
    font.setPixelSize(28)
    form.setFont(font)
    QApplication.sendEvent(form, QEvent(QEvent.Type.Polish))
    assert form.row(RATE)._caption.width() > before


def test_neither_forms_nor_panels_import_torch(child_environment):
    code = "import sys, app.panels, app.form; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], env=child_environment, check=False)
    assert done.returncode == 0
