"""What the gallery shows, painted off screen: views, tools and windows, in both themes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QComboBox, QWidget

from app.export.picture import image
from app.export.shot import Look, Shot
from app.session import Session
from app.settings import Settings
from app.shell.laboratory import Laboratory
from app.shell.main_window import MainWindow
from app.shell.workspaces import WORKSPACES
from app.theme import apply_theme, load_theme
from app.tools import ActivationExplorer, ClipGeometry, InitialiserInspector, SummaryWindow
from app.views import VIEWS
from app.views.segments import Segments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from PySide6.QtGui import QImage

    from app.gallery.scenes import Scene
    from core.record import Record

THEMES = ("dark", "light")
SCALE = 2.0
"""Device pixels of a logical one in pictures of views; windows are painted as large as they are."""
WINDOW = (1440, 900)
LAYER = 10
"""Selected in the windows: in the middle, where there is something to see."""
_PATIENCE_S = 20.0
_TURNS = 10  # of the event loop, until docks and headers have found their places

Picture = tuple[str, "QImage"]
"""A name without theme and suffix, and what it names."""


def of_view(scene: Scene, records: Mapping[str, Record], theme: str) -> QImage:
    """Paint a view of a run."""
    kind = next(kind for kind in VIEWS if kind.key == scene.view)
    view = kind()
    try:
        view.resize(*scene.size)
        view.set_source(records[scene.run])
        view.set_layer(scene.layer)
        if scene.reference:
            view.set_reference(records[scene.reference])
        for choice in scene.choices:
            _choose(view, choice)
        view.set_step(scene.at)
        view.refresh()
        view.grab()  # lays it out
        view.refresh()
        return image(Shot(view), Look(*scene.size, load_theme(theme)), SCALE)
    finally:
        view.deleteLater()


def _choose(view: QWidget, choice: str) -> None:
    """Make a choice that one of the view's controls offers, by its key or data."""
    for one in view.findChildren(Segments):
        if choice in one._keys:
            one.choose(choice)
            return
    for box in view.findChildren(QComboBox):
        place = box.findData(choice)
        if place >= 0:
            box.setCurrentIndex(place)
            return
    raise ValueError(f"{type(view).__name__} offers no choice {choice!r}.")


def of_windows(record: Record, reference: Record, theme: str) -> Iterator[Picture]:
    """Paint the main window with a run in it, and what opens in it."""
    window = MainWindow(Settings(theme=theme))  # pyright: ignore[reportArgumentType]
    laboratory = Laboratory(window, Session(record.experiment))
    try:
        window.resize(*WINDOW)
        window.show()
        # The thread that would train is never started: the run is there already.
        laboratory.session._trainer.record = reference
        laboratory.session.poll()
        laboratory.session.pin()
        laboratory.session._trainer.record = record
        laboratory.session.poll()
        laboratory.session.select_layer(LAYER)
        _settle(laboratory)
        yield "window-start", _shot(window)
        for workspace in WORKSPACES:
            window.show_views()
            window.show_workspace(workspace)
            _settle(laboratory)
            yield f"window-{workspace.key}", _shot(window)
        window.presenter.enter()
        window.resize(*WINDOW)
        for page in range(2):
            _settle(laboratory)
            yield f"presenter-{page + 1}", _shot(window)
            window.presenter.show_next()
        window.presenter.leave()
        _turn()
        laboratory.palette.open()
        laboratory.palette.search.setText("gra")
        _turn()
        yield "palette", _shot(laboratory.palette)
        laboratory.palette.close()
        laboratory.shortcuts.toggle()
        _turn()
        yield "shortcuts", _shot(laboratory.shortcuts)
        laboratory.shortcuts.close()
    finally:
        laboratory.close()
        laboratory.session.join()
        window.close()
        _delete(window)


def of_tools(record: Record, theme: str) -> Iterator[Picture]:
    """Paint the windows of tools, on the selected layer of a run."""
    dress = load_theme(theme)
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    apply_theme(application, dress)
    layer = record.facts.layers[LAYER - 1]
    explorer = ActivationExplorer()
    explorer.set_activation(layer.activation)
    explorer.apply_theme(dress)
    yield "tool-explorer", _tool(explorer)
    inspector = InitialiserInspector()
    inspector.apply_theme(dress)
    inspector.look_at(
        layer.init, layer.activation, (layer.fan_in, layer.units), 1, len(record.facts.layers)
    )
    yield "tool-initialiser", _tool(inspector, lambda: bool(inspector.draws))
    clipping = ClipGeometry()
    clipping.set_clip(record.experiment.training.clip)
    clipping.apply_theme(dress)
    clipping.show()
    clipping.show_source(record)  # only a window that is seen follows a run
    yield "tool-clipping", _tool(clipping)
    summary = SummaryWindow(lambda field, message, experiment: message)
    summary.set_experiment(record.experiment, (record.facts, record.experiment))
    yield "tool-summary", _tool(summary, lambda: not summary.is_loading)


def _tool(tool: QWidget, ready: Callable[[], bool] = lambda: True) -> QImage:
    tool.show()
    _turn()
    _wait(ready)
    _turn()
    picture = _shot(tool)
    tool.close()
    _delete(tool)
    return picture


def _settle(laboratory: Laboratory) -> None:
    """Let docks find their places and views draw, without the clock, which keeps real time."""
    for _ in range(_TURNS):
        _turn()
        laboratory.clock.tick()
    for view in laboratory.views:
        if view.isVisible():
            view.invalidate()
            view.refresh()
    laboratory.window.set_cost("")
    _turn()


def _turn() -> None:
    for _ in range(5):
        QCoreApplication.processEvents()
        # Only a running loop deletes on its own what is to be deleted later, such as old tabs.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _wait(ready: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError("A window did not come to rest.")
        QCoreApplication.processEvents()
        time.sleep(0.01)


def _shot(widget: QWidget) -> QImage:
    return widget.grab().toImage()


def _delete(widget: QWidget) -> None:
    widget.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
