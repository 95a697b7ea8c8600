"""The row over a picture: nothing is cut hard, nothing overlaps, whatever the width."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QMenu,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.theme import apply_theme, load_theme
from app.views import VIEWS, HeatmapView, SaturationView, View
from app.views.header import Header
from app.views.segments import Segments
from tests.app.fake_source import fake_record

ALL = pytest.mark.parametrize("kind", VIEWS, ids=[kind.key for kind in VIEWS])
WIDTHS = (220, 260, 300, 340, 400, 700)


@pytest.fixture(params=[1.0, 1.5], ids=["usual", "presenting"])
def scale(request: pytest.FixtureRequest, qapp: QApplication):
    theme = load_theme("dark")
    apply_theme(qapp, theme if request.param == 1.0 else theme.scaled(request.param))
    yield request.param
    apply_theme(qapp, theme)


def parts(header: Header) -> list[QWidget]:
    """Return what stands in the row, buttons of a choice one by one, from left to right."""
    found: list[QWidget] = [header._title]
    found += header.findChildren(QToolButton)
    found += header.findChildren(QComboBox)
    found += header.findChildren(QAbstractSpinBox)
    return sorted((one for one in found if one.isVisible()), key=lambda one: left_of(one, header))


def left_of(one: QWidget, header: Header) -> int:
    return one.mapTo(header, QPoint(0, 0)).x()


def check(header: Header) -> None:
    end = 0
    for one in parts(header):
        left = left_of(one, header)
        name = one.accessibleName() or type(one).__name__
        assert left >= end, f"{name} lies over its neighbour"
        end = left + one.width()
        if one is header._title:
            assert (
                header._title.fontMetrics().horizontalAdvance(header._title.text()) <= one.width()
            )
        elif isinstance(one, QComboBox):
            assert one.width() >= min(one.sizeHint().width(), 70)
        else:
            wanted = min(one.sizeHint().width(), one.maximumWidth())
            assert one.width() >= wanted, f"{name} is cut"
    assert end <= header.width()
    for button in (header.menu_button, header.help_button):
        at = button.mapTo(header, button.rect().center())
        assert header.childAt(at) is button


@ALL
def test_nothing_in_a_header_is_cut_or_covered(
    qtbot: QtBot, kind: type[View], scale: float
) -> None:
    view = kind()
    qtbot.addWidget(view)
    theme = load_theme("dark")
    view.apply_theme(theme if scale == 1.0 else theme.scaled(scale))
    view.set_source(fake_record(40))
    view.show()
    for width in WIDTHS:
        view.resize(round(width * scale), 300)
        view.refresh()
        QApplication.processEvents()
        check(view.header)
    assert view.header._title.text() == view.header.title  # there is room for all of it


def test_a_title_that_is_cut_says_so_and_is_told_in_full(qtbot: QtBot) -> None:
    header = Header("Gradient mean and spread")
    qtbot.addWidget(header)
    header.set_theme(load_theme("dark"))
    header.resize(160, 38)
    header.show()
    assert header._title.text().endswith("…")
    assert header._title.toolTip() == "Gradient mean and spread"
    header.resize(400, 38)
    assert header._title.text() == "Gradient mean and spread"
    assert header._title.toolTip() == ""


def test_a_choice_without_room_is_made_in_a_menu(qtbot: QtBot) -> None:
    view = HeatmapView()
    qtbot.addWidget(view)
    view.resize(230, 200)
    view.show()
    drop = next(one for one in view.faces.findChildren(QToolButton) if one.isVisible())
    assert drop.text() == "δ"
    actions = view.faces.menu.actions()
    assert len(actions) == 4
    actions[2].trigger()
    assert view.face.quantity == "activation_norm"
    assert drop.text() == "h"
    view.resize(700, 200)
    assert not drop.isVisible()


def test_what_has_no_room_is_in_the_menu_of_the_view(qtbot: QtBot) -> None:
    view = SaturationView()
    qtbot.addWidget(view)
    view.resize(270, 200)
    view.set_source(fake_record(40))
    view.show()
    view.refresh()
    QApplication.processEvents()
    menu = QMenu(view)
    entries = view.header.entries(menu)
    assert [entry.text() for entry in entries] == ["layer 1"]
    chooser = entries[0].menu()
    assert isinstance(chooser, QMenu)
    chooser.actions()[6].trigger()
    assert view.layer == 7
    view.resize(600, 200)
    assert view.header.entries(menu) == []


def test_a_control_that_its_view_hides_stays_hidden(qtbot: QtBot) -> None:
    header = Header("Title")
    qtbot.addWidget(header)
    choice = Segments((("a", "one", ""), ("b", "two", "")))
    header.add_control(choice)
    header.resize(400, 38)
    header.show()
    assert choice.isVisible()
    choice.hide()
    header.resize(500, 38)
    assert not choice.isVisible()
    choice.show()
    assert choice.isVisible()
    assert header.childAt(choice.mapTo(header, choice.rect().center())) is not None
    qtbot.mouseClick(choice.findChildren(QToolButton)[1], Qt.MouseButton.LeftButton)
    assert choice.key == "b"
