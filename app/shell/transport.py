"""The bar at the top: run, pause, step, reset, speed, and where the run is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSlider,
    QToolButton,
    QWidget,
)

from app.shell.bar_buttons import LENS, ONE_WORD, SearchField, framed, menu_button
from app.theme import Theme, icon
from core.record.source import State

if TYPE_CHECKING:
    from core.record.source import RunSource

_WIDEST = 230
_MOST_EPOCHS = 9_999  # of which more is as good as without end
_SLIDER = 74  # so that the epoch has room in a window of 1280
_WORKSPACE = 112  # for the longest title, so that its neighbours stay where they are
_VALUES = {  # the widest text there is room for, and what it is
    "step": ("000,000", "Updates made so far."),
    "epoch": ("000.0", "Passes over the training samples."),
    "steps/s": ("00,000", "Updates a second, measured over half a second."),
    "loss": ("0.00·10⁻⁰⁰", "Training loss of the last batch."),
    "device": ("CUDA", "Where the run computes; choose it in the panel at the left."),
}
SPEEDS: tuple[float | None, ...] = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 100.0, 300.0, None)
"""Steps a second; None is as fast as the machine can."""


class Transport(QWidget):
    """Transport buttons and read-outs.

    Signals
    -------
    speed_changed(object)
        Steps a second, or None for full speed.
    """

    speed_changed = Signal(object)

    def __init__(self, actions: dict[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._theme: Theme | None = None
        self._page = ("", "")
        self._running = self._reduced = self._fitting = False
        self._build()
        self._connect()

    def _build(self) -> None:
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(8)
        self.run_button = self._button("run", primary=True)
        self.run_button.setMinimumWidth(84)
        row.addWidget(self.run_button)
        row.addWidget(self._button("step"))
        row.addWidget(self._button("reset"))
        row.addSpacing(12)
        speed_label = QLabel("Speed")
        speed_label.setProperty("role", "muted")
        self.speed = QSlider(Qt.Orientation.Horizontal)
        self.speed.setRange(0, len(SPEEDS) - 1)
        self.speed.setValue(len(SPEEDS) - 1)
        self.speed.setPageStep(1)
        self.speed.setFixedWidth(_SLIDER)
        self.speed.setAccessibleName("Speed")
        self.speed.setToolTip("Slow motion: how many steps a second. To the right: full speed.")
        speed_label.setBuddy(self.speed)
        self.speed_text = QLabel("full")
        self.speed_text.setMinimumWidth(52)
        row.addWidget(speed_label)
        row.addWidget(self.speed)
        row.addWidget(self.speed_text)
        self._optional: list[tuple[QWidget, ...]] = [
            (speed_label, self.speed, self.speed_text),
        ]
        self._values: dict[str, QLabel] = {}
        for name, (_, tip) in _VALUES.items():
            caption = QLabel(name)
            caption.setProperty("role", "muted")
            value = QLabel("–")
            value.setProperty("role", "value")
            value.setAccessibleName(name)
            for label in (caption, value):
                label.setToolTip(tip)
            row.addWidget(caption)
            row.addWidget(value)
            self._values[name] = value
            if name in ("epoch", "steps/s", "device"):
                self._optional.append((caption, value))
            if name == "epoch":
                self.epochs_text = QLabel()
                self.epochs_text.setProperty("role", "muted")
                self.epochs_text.setContentsMargins(0, 0, 12, 0)
                row.addWidget(self.epochs_text)
                self._optional.append((self.epochs_text,))
        row.addStretch(1)
        self.search = SearchField(self._actions["palette"])
        row.addWidget(self.search)
        self._optional.insert(0, (self.search,))  # the last to go: it finds all that is left out
        self.page_text = QLabel()
        self.page_text.setProperty("role", "muted")
        row.addWidget(self.page_text)
        self.present_button = self._button("present")
        self.present_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        row.addWidget(self.present_button)
        self.workspace_button = menu_button("Workspace", "Choose what the views are for")
        self.workspace_button.setMinimumWidth(_WORKSPACE)
        self.views_button = menu_button("Views", "Choose which views are shown")
        self.views_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        row.addWidget(self.workspace_button)
        row.addWidget(self.views_button)
        self.file_button = framed(QToolButton())
        self.file_button.setText("File")
        self.file_button.setObjectName("button_file")
        self.file_button.setAccessibleName("File")
        self.file_button.setToolTip("Open, save and export")
        self.file_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        row.addWidget(self.file_button)
        self._start_button = self._button("start")
        row.addWidget(self._start_button)
        self.theme_button = self._button("theme")
        self.theme_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        row.addWidget(self.theme_button)
        self.help_button = self._button("shortcuts")
        self.help_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        row.addWidget(self.help_button)
        self._presented = (self.page_text, self.present_button)
        self._unpresented = (
            self.search,
            *(widget for group in self._optional[4:] for widget in group),  # up to the epochs
            self.workspace_button,
            self.views_button,
            self.file_button,
            self._start_button,
            self.theme_button,
            self.help_button,
        )
        self._show_parts()

    def _button(self, key: str, *, primary: bool = False) -> QToolButton:
        button = framed(QToolButton())
        button.setDefaultAction(self._actions[key])
        button.setProperty("primary", primary)
        button.setObjectName(f"button_{key}")
        button.setAccessibleName(self._actions[key].text())
        return button

    def _connect(self) -> None:
        self.speed.valueChanged.connect(self._on_speed)

    def apply_theme(self, theme: Theme) -> None:
        """Draw the icons that belong to no action, or to one of two states, in its colours."""
        self._theme = theme
        self.file_button.setIcon(icon("open", theme))
        self.workspace_button.setIcon(icon("down", theme, "muted"))
        self.views_button.setIcon(icon("views", theme))
        self.search.setIcon(icon("search", theme, "muted"))
        for button in self.findChildren(QToolButton):
            button.setIconSize(QSize(theme.px(16), theme.px(16)))
        self.run_button.setMinimumWidth(theme.px(84))
        self._row.setSpacing(theme.px(8))
        self.speed.setFixedWidth(theme.px(_SLIDER))
        for name, value in self._values.items():
            value.ensurePolished()
            value.setMinimumWidth(value.fontMetrics().horizontalAdvance(_VALUES[name][0]) + 2)
        self._fit()
        self._show_run()

    def set_reduced(self, *, reduced: bool) -> None:
        """Leave what is needed in front of an audience, or show all."""
        self._reduced = reduced
        self._show_parts()
        self._fit()

    def show_page(self, title: str, number: str) -> None:
        """Show which page is presented; where there is no room for both, its number."""
        self._page = (title, number)
        self._fit()

    def set_running(self, running: bool) -> None:
        """Show Run or Pause."""
        if running != self._running:
            self._running = running
            self._show_run()

    def show_source(self, source: RunSource) -> None:
        """Show where the run is; called on the render clock."""
        from app.plots.text import integer, number  # with pictures, which the window comes before

        steps = source.steps
        loss = source.scalars["loss"].last() if steps else None
        running = source.status.state is State.RUNNING
        self._set("step", integer(source.updates))
        self._show_epochs(source)
        rate = source.steps_per_s
        self._set("steps/s", integer(round(rate)) if running and rate else "–")
        self._set("loss", "–" if loss is None else number(float(loss), 4))
        self._set("device", source.facts.device.upper() or "–")

    def _show_epochs(self, source: RunSource) -> None:
        """Show how far the run is: ``41.2 of 500``."""
        from app.plots.text import integer

        made, all_of_them = source.facts.epoch(source.steps), epochs_of(source)
        self._set("epoch", f"{made:.1f}" if source.steps else "–")
        of = f"of {integer(all_of_them)}" if 0 < all_of_them <= _MOST_EPOCHS else ""
        if self.epochs_text.text() != of:
            self.epochs_text.setText(of)
            self._fit()
        tip = _VALUES["epoch"][1]
        if all_of_them:
            tip += f" The run ends by itself after {integer(all_of_them)}."
        if tip != self.epochs_text.toolTip():
            for label in (self._values["epoch"], self.epochs_text):
                label.setToolTip(tip)

    def _set(self, name: str, text: str) -> None:
        label = self._values[name]
        if label.text() != text:
            label.setText(text)

    def _show_run(self) -> None:
        action = self._actions["run"]
        action.setText("Pause" if self._running else "Run")
        if self._theme is not None:
            name = "pause" if self._running else "play"
            action.setIcon(icon(name, self._theme, "on_accent"))

    def _show_parts(self) -> None:
        for widget in self._presented:
            widget.setVisible(self._reduced)
        for widget in self._unpresented:
            widget.setVisible(not self._reduced)

    def _fit(self) -> None:
        """Leave out what there is no room for: the device first, the speed last."""
        if self._fitting:  # to show a part may lay out the bar at once
            return
        self._fitting = True
        for group in self._optional:
            for widget in group:
                left_out = self._unpresented if self._reduced else self._presented
                nothing = widget is self.epochs_text and not self.epochs_text.text()
                widget.setVisible(widget not in left_out and not nothing)
        self.page_text.setText("  ".join(self._page).strip())
        for group in reversed(self._optional):
            if self._row.minimumSize().width() <= self.width():
                break
            for widget in group:
                widget.hide()
        side = Qt.AlignmentFlag.AlignLeft  # by its name, unless there are words behind it
        if not self.epochs_text.isHidden():
            side = Qt.AlignmentFlag.AlignRight
        self._values["epoch"].setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        if self._row.minimumSize().width() > self.width():
            self.page_text.setText(self._page[1])
        # Between the lens alone and the lens with a word lies but an empty box.
        spare = self.width() - self._row.minimumSize().width() + LENS
        self.search.setMaximumWidth(_WIDEST if spare >= ONE_WORD else LENS)
        self._row.activate()
        self._fitting = False

    @Slot(int)
    def _on_speed(self, place: int) -> None:
        speed = SPEEDS[place]
        self.speed_text.setText("full" if speed is None else f"{speed:g} /s")
        self.speed_changed.emit(speed)

    # Qt ------------------------------------------------------------------------------------

    def minimumSizeHint(self) -> QSize:
        return QSize(560, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():  # what is left out changes the height
            self._fit()


def epochs_of(source: RunSource) -> int:
    """Return after how many epochs a run ends by itself; 0 if something else ends it before."""
    training = source.experiment.training
    more = [event.text.split()[0] for event in source.events if event.kind == "continue"]
    epochs = training.epochs + sum(int(one) for one in more if one.isdigit())
    limit, an_epoch = training.steps, source.facts.steps_per_epoch
    return 0 if limit and limit < epochs * an_epoch else epochs
