"""The table of layers: every kind, dragged, copied, added; what a row says and edits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QLineEdit

from app.form import ChoiceField
from app.panels import ExperimentPanel
from app.panels.initialiser_note import suggestion
from app.panels.layer_clipboard import MOST_LAYERS, layers_from_text, layers_to_text
from app.panels.layer_moves import dropped
from app.panels.layer_text import summary
from app.panels.layers_model import ROWS_MIME, Column
from app.panels.numbering import Numbering
from app.theme import apply_theme, load_theme
from core.errors import ExperimentError, LabError
from core.experiment import Experiment
from core.experiment.layers import Conv, Dense, Output
from core.experiment.network import NetworkSpec
from core.experiment.toml import parse_toml
from core.record.source import Facts, LayerInfo

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

CNN = Experiment.parse(
    {
        "data": "fashion_mnist",
        "network": {
            "layers": [
                {"kind": "conv", "channels": 8, "batch_norm": "before_activation"},
                {"kind": "max_pool"},
                {"kind": "conv", "channels": 16, "kernel": 5, "stride": 2, "padding": "valid"},
                {"kind": "avg_pool", "size": 3},
                {"kind": "flatten"},
                {"units": 32, "dropout": 0.5, "residual": False},
            ]
        },
    }
)


class Spy:
    """Collects what a signal carries."""

    def __init__(self, signal) -> None:
        self.seen: list = []
        signal.connect(self._keep)

    def _keep(self, *values) -> None:
        self.seen.append(values[0] if len(values) == 1 else values)


@pytest.fixture
def panel(qtbot, qapp) -> ExperimentPanel:
    apply_theme(qapp, load_theme("dark"))
    panel = ExperimentPanel()
    qtbot.addWidget(panel)
    panel.resize(336, 900)
    panel.set_experiment(CNN)
    return panel


def kinds(panel: ExperimentPanel) -> list[str]:
    return [summary(layer) for layer in panel.experiment.network.expanded()]


def paths(panel: ExperimentPanel) -> list[str]:
    return [row.path for form in panel.layer.forms() for row in form.rows()]


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


# Rows and numbers ------------------------------------------------------------------------


def test_only_layers_with_weights_are_numbered():
    names = Numbering(CNN.network)
    assert names.rows == (0, 2, 5, 6)
    assert [names.number(row) for row in range(7)] == [1, None, 2, None, None, 3, 4]
    assert [names.row(number) for number in (0, 1, 3, 4, 5)] == [None, 0, 5, 6, None]
    assert names.numbers([0, 1, 2, 6]) == (1, 2, 4)


def test_rows_without_a_number_have_names():
    names = Numbering(CNN.network)
    assert names.text([1]) == "max pool"
    assert names.text([2]) == "layer 2"
    assert names.text([0, 2]) == "layers 1–2"
    assert names.text([1, 2]) == "2 layers"
    assert names.text(range(6)) == "all 6 hidden layers"
    assert names.text(range(7)) == "all layers"
    assert names.text([6]) == "output layer"


def test_the_table_has_a_row_for_every_kind(panel):
    model = panel.layers.model
    rows = [
        [model.index(row, column).data() for column in (Column.NUMBER, Column.LAYER)]
        for row in range(model.rowCount())
    ]
    assert rows == [
        ["1", "conv 8 3×3"],
        ["", "max pool 2"],
        ["2", "conv 16 5×5 /2"],
        ["", "avg pool 3 /2"],
        ["", "flatten"],
        ["3", "dense 32"],
        ["output", ""],
    ]
    extras = [model.index(row, Column.EXTRAS).data() for row in range(7)]
    assert extras == ["BN", "", "", "", "", "D", ""]
    assert model.index(1, Column.ACTIVATION).data() == model.index(1, Column.INIT).data() == ""
    tip = model.index(0, Column.LAYER).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "Layer 1: conv 8 3×3, padding same, batch norm before activation"


def test_the_column_of_extras_is_there_when_there_are_any(panel):
    assert not panel.layers.table.isColumnHidden(Column.EXTRAS)
    panel.set_experiment(Experiment.parse({"network": {"layers": [{"repeat": 7}]}}))
    assert panel.layers.table.isColumnHidden(Column.EXTRAS)


def test_measured_numbers_stand_beside_the_layers_they_belong_to(panel):
    panel.set_live(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.1, 0.2, 0.3, 0.4]))
    model = panel.layers.model
    tips = [model.index(r, Column.LIVE).data(Qt.ItemDataRole.ToolTipRole) for r in range(7)]
    assert tips[0].startswith("|δ| 1,")
    assert tips[2].startswith("|δ| 2,")
    assert tips[5].startswith("|δ| 3,")
    assert tips[6].startswith("|δ| 4,")
    assert all("not measured" in tips[row] for row in (1, 3, 4))


def test_measured_numbers_do_not_stand_beside_other_layers(panel):
    model = panel.layers.model
    panel.set_built(Facts(), CNN)
    panel.set_live(np.array([1.0, 2.0, 3.0, 4.0]), None)

    def shown() -> str:
        return model.index(0, Column.LIVE).data(Qt.ItemDataRole.ToolTipRole)

    assert shown().startswith("|δ| 1,")
    model.setData(model.index(5, Column.ACTIVATION), "tanh")  # the same layers still
    assert shown().startswith("|δ| 1,")
    model.setData(model.index(0, Column.LAYER), 12)
    assert shown().startswith("|δ| not measured")
    panel.set_live(np.array([1.0, 2.0, 3.0, 4.0]), None)
    assert shown().startswith("|δ| not measured")
    panel.set_built(Facts(), panel.experiment)
    assert shown().startswith("|δ| 1,")


def test_rows_are_announced_by_their_numbers(panel):
    spy, again = Spy(panel.layer_selected), Spy(panel.reinit_requested)
    panel.layers.table.setCurrentIndex(panel.layers.model.index(5, 0))
    panel.layers.table.setCurrentIndex(panel.layers.model.index(1, 0))  # has no number
    assert spy.seen == [3]
    panel.set_layer(4)
    assert panel.layers.selected_rows() == [6]
    panel.layers.select_rows([0, 1, 2])
    panel.layer.redraw_button.click()
    assert again.seen == [(1, 2)]
    panel.layers.select_rows([1])
    assert not panel.layer.redraw_button.isVisibleTo(panel)


def test_a_cell_edits_the_size_of_its_kind(panel):
    spy, model = Spy(panel.edited), panel.layers.model
    model.setData(model.index(0, Column.LAYER), 12)
    model.setData(model.index(1, Column.LAYER), 4)
    model.setData(model.index(6, Column.ACTIVATION), "sigmoid")
    assert [words for _, words in spy.seen] == [
        "channels of layer 1",
        "size of max pool",
        "activation of output layer",
    ]
    layers = panel.experiment.network.expanded()
    assert (layers[0].channels, layers[1].size) == (12, 4)
    assert panel.experiment.network.output.activation.kind == "sigmoid"
    flags = model.flags(model.index(4, Column.LAYER))
    assert not flags & Qt.ItemFlag.ItemIsEditable
    assert not model.setData(model.index(1, Column.ACTIVATION), "relu")


# Selected layers -------------------------------------------------------------------------

SHARED = ["activation", "init", "bias_init"]
NORMS = ["batch_norm", "layer_norm", "dropout", "drop_weights", "residual", "penalty"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([5], ["units", *SHARED, *NORMS]),
        ([2], ["channels", "kernel", "stride", "padding", *SHARED, *NORMS]),
        ([2, 5], [*SHARED, *NORMS]),
        ([1], ["size", "stride"]),
        ([1, 3], ["size", "stride"]),
        ([4], []),
        ([1, 2], []),
        ([5, 6], [*SHARED, "penalty"]),
        ([], []),
    ],
)
def test_what_the_selected_layers_share_can_be_edited(panel, rows, expected):
    panel.layers.select_rows(rows)
    assert paths(panel) == expected
    assert panel.layer.nothing.isVisibleTo(panel) == (not expected)


def test_the_stride_that_reset_goes_back_to_is_the_kind_s_own(panel):
    panel.layers.select_rows([2])
    assert panel.layer.row("stride").is_changed()
    panel.layer.row("stride").reset()
    assert panel.experiment.network.expanded()[2].stride == 1
    panel.layers.select_rows([1])
    assert not panel.layer.row("stride").is_changed()  # 2 is the default of pooling


def test_layers_of_two_kinds_are_edited_together(panel):
    panel.layers.select_rows([2, 5])
    choose(panel.layer.row("activation").field, "rescaled")
    choose(panel.layer.row("activation.inner").field, "leaky_relu")
    type_into(panel.layer.row("activation.inner.alpha").field, "0.3")
    choose(panel.layer.row("layer_norm").field, "after_activation")
    type_into(panel.layer.row("layer_norm.epsilon").field, "1e-3")
    for row in (2, 5):
        layer = panel.experiment.network.expanded()[row]
        assert layer.activation.inner.alpha == 0.3
        assert layer.layer_norm.epsilon == 1e-3
    assert panel.experiment.network.expanded()[0] == CNN.network.expanded()[0]


def test_apply_to_all_keeps_sizes_and_layers_without_weights(panel):
    panel.layers.select_rows([0])
    panel.layer.with_units.setChecked(True)
    panel.layer.apply_button.click()
    assert kinds(panel)[1:] == [
        "max pool 2",
        "conv 8 5×5 /2",
        "avg pool 3 /2",
        "flatten",
        "dense 32",
    ]
    norms = [layer.batch_norm.kind for _, layer in panel.experiment.network.weighted()]
    assert norms == ["before_activation"] * 3


def test_the_input_norm_is_set_beside_the_table(panel):
    spy = Spy(panel.edited)
    choose(panel.layers.row("network.input_norm").field, "batch_norm")
    assert panel.experiment.network.input_norm.kind == "batch_norm"
    assert panel.layers.row("network.input_norm.epsilon") is not None
    assert spy.seen[0][1] == "input norm"


@pytest.mark.parametrize(
    ("library", "init", "epsilon"),
    [("keras", "glorot_uniform", 1e-3), ("pytorch", "pytorch_default", 1e-5)],
)
def test_a_library_s_defaults_are_one_edit(panel, library, init, epsilon):
    panel.set_experiment(
        Experiment.parse(
            {
                "network": {
                    "layers": [
                        {
                            "init": "zeros",
                            "batch_norm": {"kind": "before_activation", "epsilon": 0.5},
                        }
                    ],
                    "output": {"init": "zeros"},
                }
            }
        )
    )
    spy = Spy(panel.edited)
    panel.layers.defaults_buttons[library].click()
    panel.layers.defaults_buttons[library].click()
    ((experiment, words),) = spy.seen
    assert words == {"keras": "Keras defaults", "pytorch": "PyTorch defaults"}[library]
    layer = experiment.network.layers[0]
    assert layer.init.kind == experiment.network.output.init.kind == init
    assert layer.batch_norm.epsilon == epsilon


# Adding, dragging, the clipboard -----------------------------------------------------------


def test_every_kind_can_be_added(panel):
    actions = panel.layers.buttons.kinds_menu.actions()
    names = [action.text() for action in actions]
    assert names == ["Dense", "Convolution", "Max pool", "Average pool", "Global pool", "Flatten"]
    assert all(action.toolTip() for action in actions)
    for action in actions[1:]:
        action.trigger()
    assert kinds(panel)[6:] == [
        "conv 16 5×5 /2",
        "max pool 2",
        "avg pool 3 /2",
        "global avg",
        "flatten",
    ]
    assert panel.layers.selected_rows() == [10]


def test_dropped_rows_move_together():
    stack = [Dense(units=n) for n in range(1, 6)]

    def after(rows: list[int], gap: int) -> tuple[list[int], list[int]]:
        layers, selected = dropped(stack, rows, gap)
        return [layer.units for layer in layers], selected

    assert after([0], 3) == ([2, 3, 1, 4, 5], [2])
    assert after([4], 0) == ([5, 1, 2, 3, 4], [0])
    assert after([0, 3], 2) == ([2, 1, 4, 3, 5], [1, 2])
    assert after([1, 2], 2) == ([1, 2, 3, 4, 5], [1, 2])
    assert after([0, 1], 5) == ([3, 4, 5, 1, 2], [3, 4])


def test_a_row_dragged_between_two_others_goes_there(qtbot, panel):
    with qtbot.waitExposed(panel):
        panel.show()
    table = panel.layers.table
    spy = Spy(panel.edited)
    panel.layers.select_rows([5])
    data = table.model().mimeData(table.selectedIndexes())
    assert bytes(data.data(ROWS_MIME).data()) == b"5"
    y = table.rowViewportPosition(1) + 2  # the upper half of the second row
    drop = QDropEvent(
        QPointF(20, y),
        Qt.DropAction.MoveAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    table.dropEvent(drop)
    assert kinds(panel)[:3] == ["conv 8 3×3", "dense 32", "max pool 2"]
    assert panel.layers.selected_rows() == [1]
    assert [words for _, words in spy.seen] == ["move layer 3"]
    assert table.gap_at(10_000) == 6  # the output stays last
    output = table.rowViewportPosition(6) + table.rowHeight(6)
    assert table.gap_at(output - 1) == 6


def test_the_output_cannot_be_dragged_and_cells_are_not_emptied(panel):
    model = panel.layers.model
    assert not model.flags(model.index(6, 0)) & Qt.ItemFlag.ItemIsDragEnabled
    assert model.flags(model.index(1, 0)) & Qt.ItemFlag.ItemIsDragEnabled
    assert not panel.layers.table.dragDropOverwriteMode()
    assert not model.removeRows(0, 1)  # what Qt calls after a move: the move is an edit


def test_layers_travel_by_the_clipboard(qtbot, panel):
    table = panel.layers.table
    panel.layers.select_rows([0, 1])
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    text = QGuiApplication.clipboard().text()
    assert parse_toml(text).network.expanded() == CNN.network.expanded()[:2]
    panel.layers.select_rows([3])
    spy = Spy(panel.edited)
    qtbot.keyClick(table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert kinds(panel)[3:6] == ["avg pool 3 /2", "conv 8 3×3", "max pool 2"]
    assert panel.layers.selected_rows() == [4, 5]
    assert spy.seen[0][1] == "paste 2 layers"
    qtbot.keyClick(table, Qt.Key.Key_X, Qt.KeyboardModifier.ControlModifier)
    assert panel.experiment == CNN
    assert spy.seen[1][1] == "remove 2 layers"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no layers"),
        ("Dear Sir or Madam", "holds no layers"),
        ("seed = 3", "holds no layers"),
        ("network = 3", "holds no layers"),
        ("layers = []", "holds no layers"),
        ("x = " + "[" * 50_000, "holds no layers"),
        ("#" * 2_000_000, "holds no layers"),
        ('[[layers]]\nkind = "dens"', "Did you mean dense?"),
        ("[[layers]]\nunits = 0\ndropout = 2", "units: 0 is too small"),
        ("[[layers]]\nrepeat = 1000\n[[layers]]", "1,001 layers"),
    ],
)
def test_foreign_text_is_refused_politely(panel, text, words):
    QGuiApplication.clipboard().setText(text)
    spy = Spy(panel.edited)
    panel.layers.stack.paste()
    assert spy.seen == []
    assert panel.layers.status.text().replace("\u200b", "").startswith("Not pasted")
    assert words in panel.layers.status.text()
    panel.layers.stack.add()
    assert panel.layers.status.text() == ""


def test_what_is_pasted_may_come_from_a_file():
    assert layers_from_text("[[layers]]\nunits = 3\nrepeat = 2") == (Dense(units=3),) * 2
    layers = tuple(Dense(units=7) for _ in range(MOST_LAYERS))
    assert layers_from_text(layers_to_text(layers)) == layers
    with pytest.raises(LabError, match="no layers"):
        layers_from_text("[network]")
    with pytest.raises(ExperimentError):
        layers_from_text("layers = [3]")


def test_the_menu_of_the_table_does_the_same(qtbot, panel):
    panel.layers.select_rows([1])
    menu = panel.layers.stack.menu(panel)
    qtbot.addWidget(menu)
    texts = [action.text() for action in menu.actions()]
    assert texts[0] == "Copy\tCtrl+C"
    menu.actions()[texts.index("Duplicate\tCtrl+D")].trigger()
    assert kinds(panel)[:3] == ["conv 8 3×3", "max pool 2", "max pool 2"]
    panel.layers.select_rows([7])
    enabled = [
        a.text().split("\t")[0] for a in panel.layers.stack.menu(panel).actions() if a.isEnabled()
    ]
    assert enabled == ["Paste"]


# Initialisers ------------------------------------------------------------------------------


def facts_of(*weights: tuple[int, int]) -> Facts:
    """Return facts of layers with these (fan_in, units)."""
    layer = Dense()
    infos = [
        LayerInfo(number, "", "", fan_in, units, layer.activation, layer.init, 0)
        for number, (fan_in, units) in enumerate(weights, 1)
    ]
    return Facts(layers=tuple(infos))


def test_the_spread_of_the_weights_is_said_once_the_fans_are_known(panel):
    panel.layers.select_rows([0])
    note = panel.layer.init_note
    assert note.spread.text() == ""
    panel.set_built(facts_of((9, 8), (200, 16), (64, 32), (32, 10)), CNN)
    # Glorot: fan_in 1·3·3, fan_out 8·3·3; limit sqrt(6 / 81)
    limit = np.sqrt(6 / 81)
    assert note.spread.text().startswith(f"Weights: σ = {limit / np.sqrt(3):.3f}")
    assert f"±{limit:.3f}" in note.spread.text()
    assert "fan in 9, out 72" in note.spread.text()
    panel.layers.select_rows([6])
    assert "fan in 32, out 10" in note.spread.text()
    panel.layers.select_rows([0, 2])
    assert note.spread.text() == ""  # they differ
    panel.layers.select_rows([1])
    assert not note.isVisibleTo(panel)


def test_nothing_is_said_of_a_network_that_is_not_the_one_built(panel):
    panel.set_built(facts_of((9, 8), (200, 16), (64, 32), (32, 10)), CNN)
    panel.layers.select_rows([0])
    assert panel.layer.init_note.spread.text()
    type_into(panel.layer.row("channels").field, "9")
    assert panel.layer.init_note.spread.text() == ""
    type_into(panel.layer.row("channels").field, "8")
    assert panel.layer.init_note.spread.text()
    panel.set_built(replace(facts_of((9, 8)), layers=()), CNN)
    assert panel.layer.init_note.spread.text() == ""


def test_a_better_initialiser_is_one_click_away(panel):
    panel.layers.select_rows([5])
    note = panel.layer.init_note
    assert note.button.text() == "Use He (normal)"
    assert "He, Zhang, Ren & Sun 2015" in note.suggestion.text()
    note.button.click()
    assert panel.experiment.network.expanded()[5].init.kind == "he_normal"
    assert not note.button.isVisibleTo(panel)
    assert note.suggestion.text() == ""
    choose(panel.layer.row("init").field, "zeros")
    assert note.button.isVisibleTo(panel)


@pytest.mark.parametrize(
    ("activation", "init", "shape", "better"),
    [
        ("relu", "glorot_uniform", (64, 64), "he_normal"),
        ("relu", "he_uniform", (64, 64), ""),
        ("relu", {"kind": "variance_scaling", "scale": 2.0}, (64, 64), ""),
        ("relu", "glorot_uniform", (8, 800), ""),  # a wide input: 2/808 is nearly 2/800
        ("relu", "orthogonal", (64, 64), ""),
        ("tanh", "glorot_normal", (64, 64), ""),
        ("tanh", "lecun_normal", (64, 64), ""),
        ("tanh", "lecun_normal", (640, 64), "glorot_uniform"),
        ("tanh", {"kind": "normal", "std": 1.0}, (64, 64), "glorot_uniform"),
        ("selu", "he_normal", None, "lecun_normal"),
        ("selu", "lecun_normal", None, ""),
        ({"kind": "rescaled", "inner": "relu"}, "glorot_normal", (16, 8, 3, 3), "he_normal"),
        ("relu", "zeros", (64, 64), "he_normal"),
        ("relu", "lsuv", (64, 64), ""),
    ],
)
def test_what_suits_is_judged_by_the_spread(activation, init, shape, better):
    model = Conv if shape is not None and len(shape) == 4 else Dense
    layer = model.model_validate({"activation": activation, "init": init})
    kind, reason = suggestion(layer, shape)
    assert kind == better
    assert bool(reason) == bool(better)


def test_the_output_is_judged_by_its_own_activation():
    network = NetworkSpec(output=Output())
    assert suggestion(network.output, (10, 64)) == ("", "")


def test_no_foreign_drag_is_taken(panel):
    assert not panel.layers.table.model().canDropMimeData(
        QMimeData(), Qt.DropAction.MoveAction, 0, 0, panel.layers.model.index(-1, -1)
    )
