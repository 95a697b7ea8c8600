"""The left column: everything that makes up an experiment, one section below the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.form.names import readable
from app.form.row import Sentence
from app.panels.banner import PendingBanner
from app.panels.clipping import ClippingPanel
from app.panels.data import DataPanel
from app.panels.layer import LayerPanel
from app.panels.layers import LayersPanel
from app.panels.optimizer import OptimizerPanel
from app.panels.panel import Panel, sentences
from app.panels.penalty import PenaltyPanel
from app.panels.run import RunPanel
from core.data.present import missing, to_download
from core.experiment.model import Experiment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.panels.layers_model import Vector
    from core.errors import Problem
    from core.record.source import Facts

_TABLE_SHARE = 0.45  # of the column's height, so that the fields below stay in sight


class ExperimentPanel(QWidget):
    """All configuration panels over one experiment; what waits for a restart stays in sight."""

    edited = Signal(object, str)
    reinit_requested = Signal(tuple)
    layer_selected = Signal(int)
    restart_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment = Experiment.parse({})
        self._problems: list[Problem] = []
        self._build()
        self._connect()
        self.set_experiment(self._experiment)

    def _build(self) -> None:
        self.setAccessibleName("Experiment")
        self.scroll_area = QScrollArea()
        self.scroll_area.setAccessibleName("Experiment")
        self.scroll_area.setWidgetResizable(True)
        self.scroll_area.setFrameShape(QFrame.Shape.NoFrame)
        self.scroll_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.banner = PendingBanner()
        self.title = Sentence("title")
        self.status = Sentence()
        self.data = DataPanel()
        self.layers = LayersPanel()
        self.layer = LayerPanel()
        self.optimizer = OptimizerPanel()
        self.clipping = ClippingPanel()
        self.penalty = PenaltyPanel()
        self.run = RunPanel()
        content = QWidget()
        box = QVBoxLayout(content)
        box.setContentsMargins(12, 12, 12, 16)
        box.setSpacing(16)
        head = QVBoxLayout()
        head.setSpacing(4)
        heading = QLabel("EXPERIMENT")
        heading.setProperty("role", "section")
        for widget in (heading, self.title, self.status):
            head.addWidget(widget)
        box.addLayout(head)
        for panel in self.panels():
            box.addWidget(panel)
        box.addStretch(1)
        self.scroll_area.setWidget(content)
        pinned = QVBoxLayout()
        pinned.setContentsMargins(8, 8, 8, 0)
        pinned.addWidget(self.banner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(pinned)
        outer.addWidget(self.scroll_area, 1)

    def _connect(self) -> None:
        for panel in self.panels():
            panel.edited.connect(self._on_edited)
        self.layers.selection_changed.connect(self.layer.set_selection)
        self.layers.layer_selected.connect(self.layer_selected)
        self.layers.reinit_requested.connect(self.reinit_requested)
        self.layer.reinit_requested.connect(self.reinit_requested)
        self.banner.restart_requested.connect(self.restart_requested)

    def panels(self) -> tuple[Panel, ...]:
        """Return the panels from the top."""
        return (
            self.data,
            self.layers,
            self.layer,
            self.optimizer,
            self.clipping,
            self.penalty,
            self.run,
        )

    @property
    def experiment(self) -> Experiment:
        """The experiment shown."""
        return self._experiment

    def set_experiment(self, experiment: Experiment) -> None:
        """Show an experiment; text that the user is typing stays."""
        self._experiment = experiment
        self.title.set_sentence(experiment.name)
        for panel in self.panels():
            panel.set_experiment(experiment)

    def set_built(self, facts: Facts, experiment: Experiment) -> None:
        """Show what is known of the network and data that were built of an experiment."""
        self.data.set_facts(facts)
        self.optimizer.set_facts(facts)
        self.layers.set_built(experiment.network)
        self.layer.set_built(facts, experiment)

    def set_problems(self, problems: Iterable[Problem]) -> None:
        """Show each problem where its setting is; what belongs to none stands at the top."""
        found = list(problems)
        if not found and not self._problems:
            return  # as after nearly every edit
        self._problems = found
        for panel in self.panels():
            panel.set_problems([p for p in found if panel.owns(p.field)])
        self.status.set_sentence(
            sentences(p for p in found if not any(panel.owns(p.field) for panel in self.panels()))
        )

    def set_layer(self, number: int) -> None:
        """Make layer ``number`` (from 1) the current one."""
        self.layers.set_layer(number)

    def set_live(self, delta: Vector | None, derivative_mean: Vector | None) -> None:
        """Show what was measured in the layers, the output last; None: nothing was."""
        self.layers.set_live(delta, derivative_mean)

    def set_devices(self, devices: list[tuple[str, str]]) -> None:
        """Offer these devices (value, text) besides ``auto``."""
        self.run.set_devices(devices)

    def set_pending(self, text: str) -> None:
        """Say what waits for a restart, and what it would fail with; empty: nothing waits."""
        data = self._experiment.data
        missed = missing(data) if text else None
        if missed is None:
            self.banner.set_text(text)
            return
        kind = to_download(data)
        words = f"{readable(kind)} has to be downloaded first." if kind else str(missed.message)
        self.banner.set_text(text, words, kind)

    @Slot(object, str)
    def _on_edited(self, experiment: Experiment, text: str) -> None:
        self.set_experiment(experiment)  # at once: the next edit builds on this one
        self.edited.emit(experiment, text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.layers.table.set_most_height(round(self.height() * _TABLE_SHARE))
