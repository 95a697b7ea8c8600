"""Panels: an experiment goes in, edited experiments come out, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QLineEdit, QStyleOptionViewItem

from app.form import ChoiceField, IntField
from app.panels import ExperimentPanel
from app.panels.layer_edits import PRESETS
from app.panels.layers_model import Column
from app.panels.live_bars import log_share
from app.panels.numbering import Numbering
from app.panels.place import place
from app.theme import apply_theme, load_theme
from core.errors import ExperimentError, Problem
from core.experiment import Experiment, with_settings
from core.record.source import Facts, State
from tests.core.settings_tree import all_settings, document

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


def experiment_of(**settings) -> Experiment:
    layers = [
        {"repeat": 3, "units": 8, "activation": "sigmoid"},
        {"units": 4, "activation": {"kind": "leaky_relu", "alpha": 0.2}, "init": "he_normal"},
    ]
    return Experiment.parse({"network": {"layers": layers}, **settings})


def type_into(field: QLineEdit, text: str) -> None:
    field.selectAll()
    field.insert(text)
    field.setModified(True)
    field.editingFinished.emit()


def choose(field: ChoiceField, value: str) -> None:
    index = field.findData(value)
    assert index >= 0
    field.setCurrentIndex(index)
    field.activated.emit(index)


def units(panel: ExperimentPanel) -> list[int]:
    return [layer.units for layer in panel.experiment.network.expanded()]


def rows_of(panel: ExperimentPanel) -> dict:
    found = {}
    for one in (
        panel.data,
        panel.layers,
        panel.optimizer,
        panel.clipping,
        panel.penalty,
        panel.run,
    ):
        for _, form in one._forms:
            found |= {row.path: row for row in form.rows()}
    for form in panel.layer.forms():
        found |= {f"layer.{row.path}": row for row in form.rows()}
    return found


@pytest.fixture
def panel(qtbot, qapp) -> ExperimentPanel:
    apply_theme(qapp, load_theme("dark"))
    panel = ExperimentPanel()
    qtbot.addWidget(panel)
    panel.resize(300, 900)
    panel.set_experiment(experiment_of())
    return panel


def test_every_setting_has_a_row_that_explains_it(panel):
    panel.set_experiment(
        experiment_of(data="moons", training={"optimizer": "adam", "clip": "norm"})
    )
    panel.layers.select_rows([3])
    rows = rows_of(panel)
    expected = {
        *("seed", "name", "data", "data.samples", "data.noise"),
        *("data.validation", "data.standardize"),
        *("training.optimizer", RATE, "training.optimizer.beta1", "training.optimizer.beta2"),
        *("training.optimizer.epsilon", "training.batch_size", "training.epochs"),
        *("training.clip", "training.clip.limit"),
        *("training.l1", "training.l2", "training.weight_decay", "training.device"),
        *("layer.units", "layer.activation", "layer.activation.alpha", "layer.init"),
        *("layer.bias_init", "layer.batch_norm", "layer.dropout", "layer.layer_norm"),
        *("layer.drop_weights", "layer.residual", "layer.penalty", "network.input_norm"),
        *("training.loss", "training.schedule", "training.steps", "training.early_stopping"),
        *("training.penalize_biases", "training.penalize_norms", "description"),
    }
    assert expected <= set(rows)
    for path, row in rows.items():
        assert "Takes effect" in row.toolTip() or "Changes nothing" in row.toolTip(), path
        assert row.field.accessibleName(), path


@pytest.mark.parametrize("text", ["nan", "-1", "0", "abc", "0,05", "1e999", ""])
def test_a_learning_rate_that_cannot_be_is_kept_and_explained(panel, text):
    spy = Spy(panel.edited)
    row = panel.optimizer.row(RATE)
    type_into(row.field, text)
    assert spy.seen == []
    assert row.field.text() == text
    assert text in row.error.text()
    assert len(row.error.text()) > len(text) + 10
    assert row.field.property("invalid") is True
    assert panel.experiment == experiment_of()
    type_into(row.field, "0.02")
    assert row.error.text() == ""
    assert [text for _, text in spy.seen] == ["learning rate"]


@pytest.mark.parametrize("text", ["0", "-3", "2.5", "100000", "many", "9" * 60])
def test_units_that_cannot_be_are_kept_and_explained(panel, text):
    spy = Spy(panel.edited)
    row = panel.layer.row("units")
    type_into(row.field, text)
    assert spy.seen == []
    assert row.field.text() == text
    assert text[:30] in row.error.text().replace("\u200b", "")  # a long one is cut short


def test_other_edits_go_on_beside_a_refused_text(panel):
    type_into(panel.optimizer.row(RATE).field, "abc")
    type_into(panel.penalty.row("training.l2").field, "1e-4")
    assert panel.experiment.training.l2 == 1e-4
    assert panel.optimizer.row(RATE).field.text() == "abc"
    assert "abc" in panel.optimizer.row(RATE).error.text()


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        (RATE, "5e-3", 0.005),
        ("training.optimizer.momentum", "0.5", 0.5),
        ("training.batch_size", "64", 64),
        ("training.epochs", "3", 3),
        ("training.l1", "1e-5", 1e-5),
        ("training.weight_decay", "0.01", 0.01),
        ("data.validation", "0.1", 0.1),
        ("seed", "42", 42),
        ("name", "Another", "Another"),
    ],
)
def test_an_edit_offers_exactly_that_change(panel, path, text, value):
    spy = Spy(panel.edited)
    type_into(rows_of(panel)[path].field, text)
    ((experiment, words),) = spy.seen
    expected = experiment_of().plain()
    node = expected
    *above, last = path.split(".")
    for name in above:
        node = node[name]
    node[last] = value
    assert experiment == Experiment.parse(expected)
    assert words


def test_setting_what_is_set_emits_nothing_and_tidies_the_text(panel):
    spy = Spy(panel.edited)
    field = panel.optimizer.row(RATE).field
    type_into(field, "1e-1")
    assert spy.seen == []
    assert field.text() == "0.1"


def test_check_box_and_kinds(panel):
    panel.data.row("data.standardize").field.click()
    assert panel.experiment.data.standardize is False
    choose(panel.data.row("data").field, "moons")
    assert panel.experiment.data.kind == "moons"
    assert panel.experiment.data.standardize is False  # shared settings stay
    assert panel.data.row("data.noise").field.text() == "0.15"
    choose(panel.optimizer.row("training.optimizer").field, "adam")
    assert panel.experiment.training.optimizer.lr == 0.001  # not what suited SGD
    assert panel.optimizer.row("training.optimizer.momentum") is None
    choose(panel.clipping.row("training.clip").field, "value")
    assert panel.clipping.row("training.clip.limit").field.text() == "1"


def test_undo_restores_every_field(panel):
    choose(panel.optimizer.row("training.optimizer").field, "adam")
    type_into(panel.layer.row("units").field, "99")
    panel.set_experiment(experiment_of())
    assert panel.optimizer.row(RATE).field.text() == "0.1"
    assert panel.optimizer.row("training.optimizer").field.currentData() == "sgd"
    assert panel.layer.row("units").field.text() == "8"


def test_text_being_typed_survives_a_new_experiment(panel):
    field = panel.optimizer.row(RATE).field
    field.selectAll()
    field.insert("0.00")
    field.setModified(True)
    panel.set_experiment(experiment_of(training={"optimizer": {"kind": "sgd", "lr": 0.3}}))
    assert field.text() == "0.00"
    assert panel.optimizer.row("training.optimizer.momentum").field.text() == "0.9"


def test_problems_stand_where_their_settings_are(panel):
    panel.set_problems(
        [
            Problem(RATE, "7 is high.", "Use 0.1."),
            Problem("training.clip.limit", "has no row now."),
            Problem("network.layers.0.units", "8 is few.", "Use 9."),
            Problem("experiment", "does not hang together."),
        ]
    )
    assert panel.optimizer.row(RATE).error.text() == "7 is high. Use 0.1."
    assert "no row now" in panel.clipping.status.text()
    assert panel.layer.row("units").error.text() == "8 is few. Use 9."
    assert "layers 1–3 · units" in panel.layers.status.text().lower()
    assert panel.status.text() == "Does not hang together."
    panel.set_problems([])
    assert not panel.status.isVisibleTo(panel)
    assert panel.optimizer.row(RATE).error.text() == ""


def test_batch_norm_with_one_sample_says_what_is_wrong(panel):
    type_into(panel.optimizer.row("training.batch_size").field, "1")
    spy = Spy(panel.edited)
    row = panel.layer.row("batch_norm")
    choose(row.field, "before_activation")
    assert spy.seen == []
    assert row.field.currentData() == "before_activation"
    assert "batch_size is 1" in row.error.text()


def test_the_table_shows_every_layer_and_the_output(panel):
    model = panel.layers.model
    assert model.rowCount() == 5
    cells = [model.index(3, column).data() for column in range(4)]
    assert cells == ["4", "dense 4", "Leaky", "He N"]
    assert model.index(4, 0).data() == "output"
    assert not model.flags(model.index(4, Column.LAYER)) & Qt.ItemFlag.ItemIsEditable


def test_a_cell_edits_its_layer(panel):
    spy = Spy(panel.edited)
    model = panel.layers.model
    model.setData(model.index(1, Column.LAYER), 16)
    model.setData(model.index(0, Column.ACTIVATION), "tanh")
    assert units(panel) == [8, 16, 8, 4]
    assert panel.experiment.network.layers[0].activation.kind == "tanh"
    assert [words for _, words in spy.seen] == ["units of layer 2", "activation of layer 1"]


def test_a_cell_keeps_what_cannot_be(panel):
    spy = Spy(panel.edited)
    model = panel.layers.model
    model.setData(model.index(1, Column.LAYER), "none")
    assert spy.seen == []
    assert model.index(1, Column.LAYER).data() == "none"
    assert "Layer 2: 'none'" in panel.layers.status.text()
    panel.set_experiment(panel.experiment)
    assert model.index(1, Column.LAYER).data() == "none"
    model.setData(model.index(1, Column.LAYER), 8)  # what it was
    assert model.index(1, Column.LAYER).data() == "dense 8"
    assert panel.layers.status.text() == ""


def test_the_units_editor_hands_over_what_is_typed(qtbot, panel):
    table = panel.layers.table
    index = panel.layers.model.index(0, Column.LAYER)
    delegate = table.itemDelegate()
    editor = delegate.createEditor(table.viewport(), QStyleOptionViewItem(), index)
    qtbot.addWidget(editor)
    delegate.setEditorData(editor, index)
    assert editor.text() == "8"
    editor.setText("0")
    delegate.setModelData(editor, panel.layers.model, index)
    assert "0 is too small" in panel.layers.status.text()


def test_layers_are_added_duplicated_removed(panel):
    spy = Spy(panel.edited)
    panel.layers.buttons.add.click()
    assert units(panel) == [8, 8, 8, 4, 4]
    assert panel.layers.selected_rows() == [4]
    panel.layers.select_rows([0, 3])
    panel.layers.buttons.duplicate.click()
    assert units(panel) == [8, 8, 8, 4, 8, 4, 4]
    assert panel.layers.selected_rows() == [4, 5]
    panel.layers.buttons.remove.click()
    assert units(panel) == [8, 8, 8, 4, 4]
    assert [words for _, words in spy.seen] == [
        "add a layer",
        "duplicate 2 layers",
        "remove layers 5–6",
    ]
    assert panel.experiment.network.layers[0].repeat == 3  # equal neighbours stay joined


def test_the_output_can_be_neither_removed_nor_moved(panel):
    panel.layers.select_rows([4])
    for button in ("duplicate", "remove", "up", "down"):
        assert not getattr(panel.layers.buttons, button).isEnabled()
    panel.layers.stack.remove()
    assert len(units(panel)) == 4


def test_every_layer_may_go(panel):
    panel.layers.select_rows([0, 1, 2, 3])
    panel.layers.stack.remove()
    assert units(panel) == []
    assert panel.layers.model.rowCount() == 1
    panel.layers.stack.add()
    assert units(panel) == [64]


def test_layers_move_together_and_stay_selected(qtbot, panel):
    panel.layers.select_rows([3])
    panel.layers.buttons.up.click()
    assert units(panel) == [8, 8, 4, 8]
    assert panel.layers.selected_rows() == [2]
    panel.layers.select_rows([1, 2])
    qtbot.keyClick(panel.layers.table, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert units(panel) == [8, 4, 8, 8]
    assert panel.layers.selected_rows() == [0, 1]
    assert not panel.layers.buttons.up.isEnabled()
    panel.layers.stack.move_up()
    assert units(panel) == [8, 4, 8, 8]
    qtbot.keyClick(panel.layers.table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert units(panel) == [8, 8, 4, 8]


def test_keys_duplicate_and_remove(qtbot, panel):
    panel.layers.select_rows([3])
    qtbot.keyClick(panel.layers.table, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert units(panel) == [8, 8, 8, 4, 4]
    qtbot.keyClick(panel.layers.table, Qt.Key.Key_Delete)
    assert units(panel) == [8, 8, 8, 4]


def test_selected_layers_are_edited_together(panel):
    spy = Spy(panel.edited)
    panel.layers.select_rows([2, 3])
    assert panel.layer.row("units").field.placeholderText() == "mixed"
    assert panel.layer.row("activation").field.currentIndex() == -1
    type_into(panel.layer.row("units").field, "32")
    choose(panel.layer.row("activation").field, "elu")
    type_into(panel.layer.row("activation.alpha").field, "0.5")
    assert units(panel) == [8, 8, 32, 32]
    layers = panel.experiment.network.expanded()
    assert [layer.activation.kind for layer in layers] == ["sigmoid", "sigmoid", "elu", "elu"]
    assert layers[3].activation.alpha == 0.5
    assert spy.seen[0][1] == "units of layers 3–4"


def test_an_initialiser_of_the_selected_layers(panel):
    panel.layers.select_rows([0])
    choose(panel.layer.row("init").field, "normal")
    type_into(panel.layer.row("init.std").field, "0.5")
    choose(panel.layer.row("bias_init").field, "constant")
    type_into(panel.layer.row("dropout").field, "0.25")
    layers = panel.experiment.network.expanded()
    assert layers[0].init.std == 0.5
    assert layers[0].bias_init.kind == "constant"
    assert [layer.dropout for layer in layers] == [0.25, 0.0, 0.0, 0.0]


def test_limits_that_contradict_each_other_are_explained_where_they_were_typed(panel):
    choose(panel.layer.row("init").field, "uniform")
    row = panel.layer.row("init.low")
    type_into(row.field, "3")
    assert "lower limit 3" in row.error.text()


def test_of_the_output_only_what_it_has_can_be_set(panel):
    panel.layers.select_rows([4])
    paths = [row.path for form in panel.layer.forms() for row in form.rows()]
    assert paths == ["activation", "init", "bias_init", "penalty"]
    assert not panel.layer.apply_button.isVisibleTo(panel)
    row = panel.layer.row("activation")
    assert not row.arrow.isVisibleTo(panel)  # linear is the output's default, not ReLU
    choose(panel.layer.row("init").field, "zeros")
    assert panel.experiment.network.output.init.kind == "zeros"
    assert panel.experiment.network.layers == experiment_of().network.layers


def test_selecting_another_layer_drops_a_refused_text(panel):
    panel.layers.select_rows([0])
    type_into(panel.layer.row("units").field, "abc")
    panel.layers.select_rows([3])
    assert panel.layer.row("units").field.text() == "4"
    assert panel.layer.row("units").error.text() == ""


def test_apply_to_all_copies_all_but_the_units(panel):
    panel.layers.select_rows([3])
    panel.layer.apply_button.click()
    layers = panel.experiment.network.expanded()
    assert {layer.activation.kind for layer in layers} == {"leaky_relu"}
    assert {layer.init.kind for layer in layers} == {"he_normal"}
    assert units(panel) == [8, 8, 8, 4]
    panel.layer.with_units.setChecked(True)
    panel.layer.apply_button.click()
    assert units(panel) == [4, 4, 4, 4]


def test_weights_are_drawn_again_for_the_selected_layers(panel):
    spy = Spy(panel.reinit_requested)
    panel.layers.select_rows([1, 2])
    panel.layer.redraw_button.click()
    panel.layers.select_rows([])
    panel.layer.redraw_button.click()
    assert spy.seen == [(2, 3), (1, 2, 3, 4, 5)]


def test_a_preset_takes_two_clicks(panel):
    order = []
    panel.edited.connect(lambda experiment, words: order.append(words))
    panel.reinit_requested.connect(order.append)
    panel.layers.presets_menu.actions()[0].trigger()
    assert order == ["ReLU + He (normal), all layers", (1, 2, 3, 4, 5)]
    layers = panel.experiment.network.expanded()
    assert {(layer.activation.kind, layer.init.kind) for layer in layers} == {("relu", "he_normal")}
    assert units(panel) == [8, 8, 8, 4]
    panel.layers.presets_menu.actions()[0].trigger()
    assert order[2:] == [(1, 2, 3, 4, 5)]  # nothing to change, weights all the same


def test_presets_pair_activation_and_initialiser():
    assert [(one.activation, one.init) for one in PRESETS] == [
        ("relu", "he_normal"),
        ("sigmoid", "glorot_normal"),
        ("tanh", "glorot_normal"),
        ("selu", "lecun_normal"),
    ]


def test_selection_is_announced_once_and_its_echo_changes_nothing(qtbot, panel):
    spy = Spy(panel.layer_selected)
    panel.layers.table.setCurrentIndex(panel.layers.model.index(2, 0))
    assert spy.seen == [3]
    panel.layers.select_rows([2, 3])
    panel.set_layer(3)
    assert panel.layers.selected_rows() == [2, 3]
    panel.set_layer(1)
    assert panel.layers.selected_rows() == [0]
    panel.set_layer(99)
    assert panel.layers.selected_rows() == [0]
    assert spy.seen == [3]
    assert panel.layer.row("units").field.text() == "8"


def test_live_numbers_tell_their_values(qtbot, panel):
    delta = np.array([1e-6, 0.0, np.nan, np.inf, 1.0])
    panel.set_live(delta, np.array([0.5, 1.0, 0.0, np.nan]))
    model = panel.layers.model
    tips = [model.index(row, Column.LIVE).data(Qt.ItemDataRole.ToolTipRole) for row in range(5)]
    assert "1e-06" in tips[0]
    assert "|δ| 0," in tips[1]
    assert "nan" in tips[2]
    assert "inf" in tips[3]
    assert "not measured" in tips[4]
    with qtbot.waitExposed(panel):
        panel.show()
    picture = {}
    for row in range(5):
        area = panel.layers.table.visualRect(model.index(row, Column.LIVE))
        image = panel.layers.table.viewport().grab(area).toImage()
        picture[row] = bytes(image.constBits())
    panel.set_live(None, None)
    area = panel.layers.table.visualRect(model.index(1, Column.LIVE))
    empty: QPixmap = panel.layers.table.viewport().grab(area)
    picture["none"] = bytes(empty.toImage().constBits())
    assert len(set(picture.values())) == len(picture)  # each looks different


def test_the_bars_are_drawn_anew_only_where_they_changed(panel):
    delta, share = np.array([1e-6, 1e-4, 1e-3, 1e-2, 1.0]), np.full(5, 0.5)
    panel.set_live(delta, share)
    spy = Spy(panel.layers.model.dataChanged)
    panel.set_live(delta * 1.001, share)
    assert spy.seen == []
    panel.set_live(delta * [1, 1, 10, 1, 1], share)
    ((first, last, _roles),) = spy.seen
    assert (first.row(), last.row(), first.column()) == (2, 2, Column.LIVE)
    panel.set_live(None, None)
    assert len(spy.seen) == 2


def test_a_cell_being_typed_into_survives_a_new_experiment(qtbot, panel):
    with qtbot.waitActive(panel):
        panel.show()
        panel.activateWindow()
    table, model = panel.layers.table, panel.layers.model
    table.setFocus()
    table.setCurrentIndex(model.index(2, Column.LAYER))
    qtbot.keyClicks(table, "1")
    editor = table.findChild(IntField)
    qtbot.keyClicks(editor, "7")
    assert editor.text() == "17"
    layers = [{"repeat": 4, "units": 5}]
    panel.set_experiment(Experiment.parse({"network": {"layers": layers}}))
    assert editor.text() == "17"
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: units(panel) == [5, 5, 17, 5])


def test_a_delta_bar_spans_twelve_decades():
    assert log_share(1.0, 1.0) == 1.0
    assert log_share(1e-3, 1.0) == 0.75
    assert log_share(1e-30, 1.0) == 0.0
    assert log_share(None, 1.0) == 0.0


def test_rows_in_words():
    names = Numbering(experiment_of().network)
    assert names.text([0]) == "layer 1"
    assert names.text([0, 1, 2, 3]) == "all 4 hidden layers"
    assert names.text([0, 1, 2, 3, 4]) == "all layers"
    assert names.text([1, 2]) == "layers 2–3"
    assert names.text([0, 2]) == "2 layers"
    assert names.text([4]) == "output layer"
    assert names.text([3, 4]) == "2 layers"


def test_seed_and_device(panel):
    panel.run.new_seed.click()
    assert panel.experiment.seed != 0
    panel.set_devices([("cpu", "CPU"), ("cuda:0", "NVIDIA H100")])
    device = panel.run.row("training.device").field
    assert device.values() == ["auto", "cpu", "cuda:0"]
    choose(device, "cuda:0")
    assert panel.experiment.training.device == "cuda:0"


def test_what_waits_for_a_restart_is_said(panel):
    spy = Spy(panel.restart_requested)
    assert not panel.banner.isVisibleTo(panel)
    panel.set_pending("batch size 32 → 64")
    assert panel.banner.isVisibleTo(panel)
    assert panel.banner.label.text() == "Restart to apply: batch size 32 → 64"
    panel.banner.button.click()
    assert len(spy.seen) == 1
    panel.set_pending("")
    assert not panel.banner.isVisibleTo(panel)


def test_name_and_what_was_done_to_the_data(panel):
    panel.set_experiment(experiment_of(name="Twenty layers"))
    assert panel.title.text() == "Twenty layers"
    assert not panel.data.ratio.isVisibleTo(panel)  # nothing is built
    facts = Facts(data_text="Digits · 100 samples", n_train=100, parameters=250)
    panel.set_built(facts, panel.experiment)
    assert panel.data.done.text() == "Digits · 100 samples"
    assert panel.data.ratio.text() == "P/N = 2.5: 250 parameters, 100 samples."


@pytest.mark.parametrize("width", [270, 300, 420])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_nothing_is_cut_off_at_any_width(qtbot, qapp, panel, width, theme):
    apply_theme(qapp, load_theme(theme))
    panel.set_experiment(experiment_of(data="moons", training={"optimizer": "adam"}))
    type_into(panel.optimizer.row(RATE).field, "x" * 60)
    panel.resize(width, 700)
    with qtbot.waitExposed(panel):
        panel.show()
    content = panel.scroll_area.widget()
    assert content.width() <= panel.scroll_area.viewport().width()
    assert content.minimumSizeHint().width() <= 260
    assert panel.scroll_area.horizontalScrollBar().maximum() == 0
    for row in rows_of(panel).values():
        assert row.label.width() >= row.label.sizeHint().width(), row.path
        assert row.field.width() >= row.field.minimumSizeHint().width(), row.path


def test_a_thousand_layers_can_be_shown_and_edited(panel):
    panel.set_experiment(Experiment.parse({"network": {"layers": [{"repeat": 1000}]}}))
    panel.layers.select_rows([500])
    type_into(panel.layer.row("units").field, "7")
    assert [layer.repeat for layer in panel.experiment.network.layers] == [500, 1, 499]


def test_editing_to_the_same_structure_keeps_the_selection(panel):
    panel.layers.select_rows([1, 2])
    type_into(panel.optimizer.row(RATE).field, "0.5")
    assert panel.layers.selected_rows() == [1, 2]


# Clicks of a real mouse ------------------------------------------------------------------


def click(qtbot, panel: ExperimentPanel, row: int, key=Qt.KeyboardModifier.NoModifier) -> None:
    table = panel.layers.table
    at = table.visualRect(panel.layers.model.index(row, 2)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, key, at)


def test_ctrl_click_adds_rows_although_the_session_echoes_each(qtbot, panel):
    panel.layer_selected.connect(panel.set_layer)  # as the laboratory does by its session
    panel.set_experiment(experiment_of(network={"layers": [{"units": 8, "repeat": 7}]}))
    panel.show()
    ctrl, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    click(qtbot, panel, 1)
    assert panel.layers.selected_rows() == [1]
    for row, expected in ((3, [1, 3]), (5, [1, 3, 5]), (3, [1, 5])):
        click(qtbot, panel, row, ctrl)
        assert panel.layers.selected_rows() == expected
    click(qtbot, panel, 2)
    assert panel.layers.selected_rows() == [2]
    click(qtbot, panel, 5, shift)
    assert panel.layers.selected_rows() == [2, 3, 4, 5]
    panel.set_layer(4)  # chosen in a view
    assert panel.layers.selected_rows() == [3]


# Problems --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["data.path", "data.classes", "data.limit", "training.loss"])
def test_a_problem_is_shown_under_its_row_even_if_it_is_folded_away(panel, path):
    panel.set_experiment(experiment_of(data={"kind": "csv"}))
    row = next(row for one in panel.panels() if (row := rows_of_panel(one).get(path)))
    panel.set_problems([Problem(path, "is not there.", "Choose another.")])
    assert row.error.text() == "Is not there. Choose another."
    assert row.isVisibleTo(panel)
    panel.set_problems(())
    assert row.error.text() == ""


def rows_of_panel(panel) -> dict:
    return {row.path: row for _, form in getattr(panel, "_forms", ()) for row in form.rows()}


def test_a_problem_marks_its_rows_and_is_shown_to_whom_selects_them(panel):
    layers = [{"units": 8, "repeat": 2}, {"units": 4, "residual": True}]
    panel.set_experiment(experiment_of(network={"layers": layers}))
    panel.layers.select_rows([0])
    problem = Problem("network.layers.1.residual", "the shapes differ.", "Turn it off.")
    panel.set_problems([problem])
    model = panel.layers.model
    assert [model.is_marked(model.index(row, 1)) for row in range(4)] == [False, False, True, False]
    said = "Layer 3 · Residual: the shapes differ. Turn it off."
    assert panel.layers.status.text() == said
    assert model.index(2, 1).data(Qt.ItemDataRole.ToolTipRole) == said
    assert panel.layer.row("residual").error.text() == ""
    panel.layers.select_rows([2])
    assert panel.layer.row("residual").error.text() == "The shapes differ. Turn it off."
    panel.set_problems(())
    assert not model.is_marked(model.index(2, 1))
    assert panel.layer.row("residual").error.text() == ""


def test_a_marked_row_is_scrolled_into_sight(panel):
    layers = [{"units": 8, "repeat": 60}, {"units": 4}]
    panel.set_experiment(experiment_of(network={"layers": layers}))
    panel.show()
    table = panel.layers.table
    panel.set_problems([Problem("network.layers.1.units", "is bad.")])
    area = table.visualRect(panel.layers.model.index(60, 1))
    assert table.viewport().rect().contains(area)


LABORATORY = Experiment.parse(
    {
        "data": {"kind": "moons", "samples": 60},
        "network": {"layers": [{"units": 4, "repeat": 2}, {"units": 3}]},
        "training": {"batch_size": 10, "device": "cpu"},
    }
)


def test_what_building_finds_stands_under_its_field_until_it_is_mended(laboratory, qtbot):
    session, panel, banner = laboratory.session, laboratory.panel, laboratory.window.banner
    state = lambda: session.source.status.state  # noqa: E731
    right = session.experiment
    for settings, path, words in (
        (["data.classes=upper, 77"], "data.classes", "Data set · Classes: "),
        (["data.kind=csv", "data.path=/no/such.csv"], "data.path", "Data set · File: "),
    ):
        session.edit(with_settings(right, settings), "data")
        qtbot.waitUntil(lambda: state() is State.FAILED, timeout=30_000)
        qtbot.waitUntil(lambda words=words: words in banner.text.text(), timeout=30_000)
        row = panel.data.row(path)
        assert row.error.text()
        assert row.isVisibleTo(panel)
        session.edit(right, "data")
        assert not any(row.error.text() for row in rows_of_panel(panel.data).values())
        qtbot.waitUntil(lambda: state() is State.PAUSED, timeout=30_000)
    session.edit(with_settings(right, ["network.layers.1.residual=true"]), "residual")
    qtbot.waitUntil(lambda: "Layer 3 · Residual: " in banner.text.text(), timeout=30_000)
    model = panel.layers.model
    assert model.is_marked(model.index(2, 1))
    session.undo_stack.undo()
    assert not model.is_marked(model.index(2, 1))


# Places in words -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("data.path", "Data set · File"),
        ("data", "Data set"),
        ("training.loss", "Training · Loss"),
        ("training.optimizer.lr", "Training · Optimiser · Learning rate"),
        ("training.l2", "Regularisation · L2"),
        ("training.device", "Run · Device"),
        ("network.layers.1.kind", "Layer 3"),
        ("network.layers.1.residual", "Layer 3 · Residual"),
        ("network.layers.0.units", "Layers 1–2 · Units"),
        ("network.output", "Output"),
        ("network.output.activation", "Output · Activation"),
        ("network.layers.7.units", "network.layers.7.units"),
        ("no.such.thing", "no.such.thing"),
    ],
)
def test_a_place_is_named_as_the_form_names_it(path, words):
    layers = [{"units": 8, "repeat": 2}, {"units": 4}]
    experiment = experiment_of(data={"kind": "csv"}, network={"layers": layers})
    assert place(path, experiment) == words


@pytest.mark.parametrize("setting", all_settings(), ids=lambda setting: setting.title)
def test_every_setting_has_a_place_in_words(setting):
    try:
        experiment = Experiment.parse(document(setting.home, setting.part))
    except ExperimentError:
        pytest.skip("the kind cannot stand alone")
    words = place(setting.path, experiment)
    assert words != setting.path or setting.path == "schema"  # which no form shows
    assert "_" not in words


def test_places_begin_with_the_heading_of_their_section(panel):
    own = {"Data": "Data set"}
    for one in panel.panels():
        if one is panel.layer:
            continue
        heading = one.heading.accessibleName()
        for path in rows_of_panel(one):
            words = place(path, panel.experiment)
            assert words.partition(" · ")[0] == own.get(heading, heading), path
