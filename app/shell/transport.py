"""The bar at the top: run, pause, step, reset, speed, and where the run is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from app.theme import Theme, icon
from core.record.source import State

if TYPE_CHECKING:
    from core.record.source import RunSource

SPEEDS: tuple[float | None, ...] = (1.0, 2.0, 5.0, 10.0, 30.0, 100.0, 300.0, None)
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
        self._running = False
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
        self.speed.setFixedWidth(96)
        self.speed.setAccessibleName("Speed")
        self.speed.setToolTip("Slow motion: how many steps a second. To the right: full speed.")
        speed_label.setBuddy(self.speed)
        self.speed_text = QLabel("full")
        self.speed_text.setMinimumWidth(52)
        row.addWidget(speed_label)
        row.addWidget(self.speed)
        row.addWidget(self.speed_text)
        row.addSpacing(8)
        self._optional: list[tuple[QWidget, ...]] = [
            (speed_label, self.speed, self.speed_text),
        ]
        self._values: dict[str, QLabel] = {}
        for name, width, tip in (
            ("step", 60, "Updates made so far."),
            ("epoch", 44, "Passes over the training samples."),
            ("steps/s", 52, "Updates a second, measured over half a second."),
            ("loss", 60, "Training loss of the last batch."),
            ("device", 36, "Where the run computes; choose it in the panel at the left."),
        ):
            caption = QLabel(name)
            caption.setProperty("role", "muted")
            value = QLabel("–")
            value.setMinimumWidth(width)
            value.setProperty("role", "value")
            value.setAccessibleName(name)
            for label in (caption, value):
                label.setToolTip(tip)
            row.addWidget(caption)
            row.addWidget(value)
            self._values[name] = value
            if name in ("epoch", "steps/s", "device"):
                self._optional.append((caption, value))
        row.addStretch(1)
        self.file_button = _framed(QToolButton())
        self.file_button.setText("File")
        self.file_button.setObjectName("button_file")
        self.file_button.setAccessibleName("File")
        self.file_button.setToolTip("Open, save and export")
        self.file_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        row.addWidget(self.file_button)
        row.addWidget(self._button("start"))
        self.theme_button = self._button("theme")
        self.theme_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        row.addWidget(self.theme_button)

    def _button(self, key: str, *, primary: bool = False) -> QToolButton:
        button = _framed(QToolButton())
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
        self._show_run()

    def set_running(self, running: bool) -> None:
        """Show Run or Pause."""
        if running != self._running:
            self._running = running
            self._show_run()

    def show_source(self, source: RunSource) -> None:
        """Show where the run is; called on the render clock."""
        steps = source.steps
        loss = source.scalars["loss"].last() if steps else None
        running = source.status.state is State.RUNNING
        self._set("step", f"{source.updates:,}".replace(",", "\u2009"))
        self._set("epoch", f"{source.facts.epoch(steps):.1f}" if steps else "–")
        rate = source.steps_per_s
        self._set("steps/s", (f"{rate:,.0f}".replace(",", "\u2009")) if running and rate else "–")
        self._set("loss", "–" if loss is None else f"{float(loss):.4g}")
        self._set("device", source.facts.device.upper() or "–")

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

    def _fit(self) -> None:
        """Leave out what there is no room for: the device first, the speed last."""
        for group in self._optional:
            for widget in group:
                widget.show()
        for group in reversed(self._optional):
            if self._row.minimumSize().width() <= self.width():
                break
            for widget in group:
                widget.hide()

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
        self._fit()


def _framed(button: QToolButton) -> QToolButton:
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setIconSize(QSize(16, 16))
    button.setMinimumHeight(30)
    button.setProperty("framed", True)
    return button
