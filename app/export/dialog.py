"""What a view is to be exported as: format, size, theme, with a preview."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.datasets.notice import Notice
from app.export.data import cell, files_of
from app.export.picture import MOST_PIXELS, image
from app.export.shot import Look
from app.plots.text import elide, integer
from app.theme import load_theme
from app.views.segments import Segments

if TYPE_CHECKING:
    from app.export.data import Progress
    from app.export.shot import Shot
    from core.errors import LabError

FORMATS = (
    ("png", "PNG", "Pixels"),
    ("svg", "SVG", "Curves and letters that can be edited"),
    ("pdf", "PDF", "Curves and letters, fonts included"),
    ("csv", "CSV", "The numbers behind the picture"),
)
SIZES = (
    ("Half a page", (800, 500)),
    ("Slide", (1280, 720)),
    ("Full HD", (1920, 1080)),
    ("Square", (800, 800)),
)
THEMES = (("screen", "As on screen"), ("light", "Light, for print"), ("dark", "Dark"))
_SMALLEST, _LARGEST = (220, 160), 4000
_PREVIEW, _MARGIN = (460, 320), 12
_LINES, _LONGEST = 6, 62  # of the first rows of each table


@dataclass(frozen=True, slots=True)
class Wish:
    """What was chosen; ``kind`` is one of ``FORMATS``."""

    kind: str
    look: Look
    scale: int


class ExportDialog(QDialog):
    """Choices with a preview; whoever opened it asks for the file and writes it.

    Signals
    -------
    confirmed()
        The choices are made; :meth:`wish` returns them.
    """

    confirmed = Signal()

    def __init__(self, shot: Shot, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shot = shot
        self._progress: Progress | None = None
        self._build()
        self._connect()
        self._choose_size()

    def _build(self) -> None:
        self.setWindowTitle(f"Export view: {self.shot.title}")
        self.preview = QLabel()
        self.preview.setFixedSize(*_PREVIEW)
        self.preview.setAccessibleName("Preview")
        theme = self.shot.theme
        self.preview.setStyleSheet(
            f"QLabel {{ background: {theme.window}; border: 1px solid {theme.line};"
            f" border-radius: {theme.radius}px; padding: {_MARGIN - 1}px; }}"
        )
        self.format = Segments(FORMATS if self.shot.tables else FORMATS[:-1])
        self.size_box = QComboBox()
        self.size_box.addItem("As on screen", self.shot.size)
        for name, pixels in SIZES:
            self.size_box.addItem(f"{name}, {pixels[0]} × {pixels[1]}", pixels)
        self.size_box.addItem("Other", None)
        self.width_box, self.height_box = QSpinBox(), QSpinBox()
        for box, least, name in (
            (self.width_box, _SMALLEST[0], "Width"),
            (self.height_box, _SMALLEST[1], "Height"),
        ):
            box.setRange(least, _LARGEST)
            box.setSuffix(" px")
            box.setKeyboardTracking(False)
            box.setAccessibleName(name)
        self.scale = QComboBox()
        for factor in range(1, 5):
            self.scale.addItem(f"{factor}×", factor)
        self.scale.setCurrentIndex(1)
        self.theme = QComboBox()
        for key, name in THEMES:
            self.theme.addItem(name, key)
        self.header = QCheckBox("Title above the picture")
        self.header.setChecked(True)
        self.facts = QLabel()
        self.facts.setProperty("role", "muted")
        self.facts.setWordWrap(True)
        self.problem = Notice(self)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Writing")
        self.bar.hide()
        self.cancel, self.export = QPushButton("Cancel"), QPushButton("Export …")
        self.cancel.setAutoDefault(False)
        self.export.setProperty("primary", True)
        self.export.setDefault(True)
        self._arrange()

    def _arrange(self) -> None:
        pixels = QHBoxLayout()
        pixels.setSpacing(8)
        pixels.addWidget(self.width_box, 1)
        pixels.addWidget(QLabel("×"))
        pixels.addWidget(self.height_box, 1)
        self._choices = QWidget()
        self._form = form = QFormLayout(self._choices)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(8)
        form.setHorizontalSpacing(16)
        formats = QHBoxLayout()
        formats.addWidget(self.format)
        formats.addStretch(1)
        form.addRow("Format", formats)
        form.addRow("Size", self.size_box)
        self._pixels = QWidget()
        pixels.setContentsMargins(0, 0, 0, 0)
        self._pixels.setLayout(pixels)
        form.addRow("", self._pixels)
        form.addRow("Scale", self.scale)
        form.addRow("Colours", self.theme)
        form.addRow("", self.header)
        right = QVBoxLayout()
        right.setSpacing(12)
        right.addWidget(self._choices)
        right.addWidget(self.facts)
        right.addStretch(1)
        columns = QHBoxLayout()
        columns.setSpacing(20)
        columns.addWidget(self.preview, 0, Qt.AlignmentFlag.AlignTop)
        columns.addLayout(right, 1)
        below = QHBoxLayout()
        below.addStretch(1)
        below.addWidget(self.cancel)
        below.addWidget(self.export)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addLayout(columns, 1)
        column.addWidget(self.bar)
        column.addWidget(self.problem)
        column.addLayout(below)
        self.setMinimumWidth(820)

    def _connect(self) -> None:
        self.format.chosen.connect(self._refresh)
        self.size_box.currentIndexChanged.connect(self._choose_size)
        for box in (self.width_box, self.height_box):
            box.valueChanged.connect(self._on_size_typed)
        for box in (self.scale, self.theme):
            box.currentIndexChanged.connect(self._refresh)
        self.header.toggled.connect(self._refresh)
        self.cancel.clicked.connect(self.reject)
        self.export.clicked.connect(self.confirmed)

    # Public ------------------------------------------------------------------------------

    def wish(self) -> Wish:
        """Return what was chosen."""
        kind, theme = self.format.key, str(self.theme.currentData())
        look = Look(
            self.width_box.value(),
            self.height_box.value(),
            self.shot.theme if theme == "screen" else load_theme(theme),
            self.header.isChecked(),
        )
        return Wish(kind, look, int(self.scale.currentData()) if kind == "png" else 1)

    def suggested_name(self) -> str:
        """Return a name for the file."""
        return self.shot.name(self.format.key)

    def show_busy(self, progress: Progress | None) -> None:
        """Show that files are being written, or (None) that none are any more."""
        self._progress = progress
        self.export.setEnabled(progress is None)
        self._choices.setEnabled(progress is None)
        self.cancel.setText("Cancel" if progress is None else "Stop")
        if progress is None:
            self.bar.hide()
            self._refresh()
        else:
            self.problem.show_problems(())

    def show_rows(self) -> None:
        """Show how far it is; called while it takes longer than a moment."""
        if self._progress is not None:
            self.bar.show()
            name, rows = self._progress.name, integer(self._progress.rows)
            self.facts.setText(f"Writing {name}: {rows} rows so far." if name else "Writing.")

    def show_problem(self, error: LabError) -> None:
        """Say why nothing was written."""
        self.show_busy(None)
        self.problem.show_problems((error,))

    # Slots -------------------------------------------------------------------------------

    @Slot()
    def _choose_size(self) -> None:
        pixels = self.size_box.currentData()
        if pixels is not None:
            for box, value in zip((self.width_box, self.height_box), pixels, strict=True):
                box.blockSignals(True)
                box.setValue(value)
                box.blockSignals(False)
        self._refresh()

    @Slot()
    def _on_size_typed(self) -> None:
        self.size_box.blockSignals(True)
        self.size_box.setCurrentIndex(self.size_box.count() - 1)
        self.size_box.blockSignals(False)
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        self.problem.show_problems(())  # it was about another choice
        wish = self.wish()
        is_picture = wish.kind != "csv"
        for row in (self.size_box, self._pixels, self.theme, self.header):
            self._form.setRowVisible(row, is_picture)
        self._form.setRowVisible(self.scale, wish.kind == "png")
        if is_picture:
            self._show_picture(wish)
        else:
            self._show_tables()

    def _show_picture(self, wish: Wish) -> None:
        look, ratio = wish.look, self.devicePixelRatioF()
        pixels = look.width * look.height * wish.scale**2
        too_many = pixels > MOST_PIXELS
        self.export.setEnabled(not too_many)
        across, down = integer(look.width * wish.scale), integer(look.height * wish.scale)
        text = f"{across} × {down} pixels."
        if wish.kind != "png":
            text = f"{across} × {down} pixels at 100 %, sharp at any size."
        if too_many:
            text = f"{text} More than {integer(MOST_PIXELS // 10**6)} million: choose less."
        self.facts.setText(text)
        painted = QPixmap.fromImage(image(self.shot, look, ratio))
        room = QSize(*_PREVIEW) * ratio - QSize(2, 2) * _MARGIN * ratio
        if painted.width() > room.width() or painted.height() > room.height():
            keep, smooth = (
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            painted = painted.scaled(room, keep, smooth)
        painted.setDevicePixelRatio(ratio)
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.preview.setPixmap(painted)

    def _show_tables(self) -> None:
        self.export.setEnabled(True)
        names = " and ".join(
            one.name for one in files_of(Path(self.suggested_name()), self.shot.tables)
        )
        steps = 0 if self.shot.source is None else self.shot.source.steps
        self.facts.setText(
            f"{names}: every value, up to the {integer(steps)} steps made so far. "
            "An empty cell was not measured."
        )
        parts = []
        for table in self.shot.tables:
            rows = [table.header, *islice(table.rows(), _LINES)]
            lines = [elide(",".join(map(cell, row)), _LONGEST) for row in rows]
            parts.append("\n".join([*lines, "…"] if len(rows) > _LINES else lines))
        self.preview.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.preview.setTextFormat(Qt.TextFormat.PlainText)
        self.preview.setText("\n\n".join(parts))

    # Qt ----------------------------------------------------------------------------------

    def reject(self) -> None:
        """Close; what is being written is given up."""
        if self._progress is not None:
            self._progress.cancel()
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._progress is not None:
            self._progress.cancel()
        super().closeEvent(event)


__all__ = ["ExportDialog", "Wish"]
