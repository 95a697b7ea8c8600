"""The chips of the five stages over a picture, and the sentence below it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from app.theme import Theme
from app.views.stages import Phase, Stage

_TOKENS = {
    Stage.FORWARD: "accent",
    Stage.LOSS: "accent",
    Stage.BACKWARD: "warn",
    Stage.CLIP: "muted",
    Stage.UPDATE: "good",
}


class StageChip(QToolButton):
    """A stage: filled while it is shown, ticked off when it is over."""

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = stage
        self._theme: Theme | None = None
        self._phase = Phase()
        self._form = 0
        self.setAccessibleName(f"Stage {int(stage)}: {stage.title}")
        self.setToolTip(f"Stay at this stage: {stage.title.lower()} (← →)")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(24)

    def set_theme(self, theme: Theme) -> None:
        """Take over colours and font."""
        self._theme = theme
        self.setStyleSheet("min-height: 0px; padding: 0px;")
        self.setFixedHeight(theme.small + 13)
        self.update()

    def show_phase(self, phase: Phase) -> None:
        """Follow the stages."""
        if phase != self._phase:
            self._phase = phase
            self.update()

    def _words(self) -> tuple[str, ...]:
        number, title = int(self.stage), self.stage.title
        return (f"{number}  {title}", f"{number} {title}", title, str(number))

    def best_form(self) -> int:
        """Return which of its words fit: 0 for the longest."""
        if self._theme is None:
            return 0
        metrics = QFontMetrics(self._theme.plot_font(self._theme.small, bold=True))
        words = enumerate(self._words())
        fit = (n for n, text in words if metrics.horizontalAdvance(text) <= self.width() - 6)
        return next(fit, 3)

    def set_form(self, form: int) -> None:
        """Show longer or shorter words."""
        if form != self._form:
            self._form = form
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(90, 24)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, shown = self._theme, self._phase.stage
        if theme is None:
            return
        color = theme.color(_TOKENS[self.stage])
        active = shown is self.stage
        over = shown is not None and shown > self.stage
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        ground = theme.color("raised" if self.underMouse() else "panel")
        edge = QColor(color) if active or over else theme.color("line")
        edge.setAlphaF(1.0 if active else 0.6)
        if self.hasFocus():
            edge = theme.color("text")
        painter.setPen(QPen(edge, 1))
        painter.setBrush(ground)
        painter.drawRoundedRect(rect, theme.radius, theme.radius)
        if active or over:
            tint = QColor(color)
            tint.setAlphaF(0.28 if active else 0.12)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tint)
            painter.drawRoundedRect(rect, theme.radius, theme.radius)
        if active:  # how far it is
            painter.setBrush(color)
            width = (rect.width() - 2 * theme.radius) * self._phase.progress
            painter.drawRect(QRectF(rect.left() + theme.radius, rect.bottom() - 2, width, 2))
        painter.setFont(theme.plot_font(theme.small, bold=active))
        painter.setPen(theme.color("text" if active else "muted"))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._words()[self._form])
        painter.end()


class StageRow(QWidget):
    """Five chips and a button that plays them.

    Signals
    -------
    stage_chosen(int)
        A chip was clicked.
    play_pressed()
        The stages are to be played.
    """

    stage_chosen = Signal(int)
    play_pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._build()
        self._connect()

    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(4)
        self._group = QButtonGroup(self)
        self.chips = tuple(StageChip(stage, self) for stage in Stage)
        for chip in self.chips:
            self._group.addButton(chip, int(chip.stage))
            row.addWidget(chip, 1)
        self._play = QToolButton(self)
        self._play.setText("▶")
        self._play.setProperty("small", "true")
        self._play.setToolTip("Play the stages of the step that is shown")
        self._play.setAccessibleName("Play the stages")
        row.addWidget(self._play)

    def _connect(self) -> None:
        self._group.idClicked.connect(self.stage_chosen)
        self._play.clicked.connect(self._on_play_clicked)

    def set_theme(self, theme: Theme) -> None:
        """Take over colours and font."""
        for chip in self.chips:
            chip.set_theme(theme)
        self.setFixedHeight(theme.small + 13 + 8)
        self._fit()

    def show_phase(self, phase: Phase) -> None:
        """Show which stage is on screen, and how far it is."""
        for chip in self.chips:
            mine = phase.stage is chip.stage
            chip.show_phase(phase if mine else Phase(phase.stage))

    @Slot()
    def _on_play_clicked(self) -> None:
        self.play_pressed.emit()

    def _fit(self) -> None:
        """Give all chips words of the same form."""
        form = max(chip.best_form() for chip in self.chips)
        for chip in self.chips:
            chip.set_form(form)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        row = self.layout()
        assert row is not None
        row.activate()  # the chips have their widths now
        self._fit()


class Sentence(QWidget):
    """One sentence on one line, or two where the picture is narrow; its height does not jump."""

    WIDE = 46  # times the size of the print

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = ""
        self._theme: Theme | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_theme(self, theme: Theme) -> None:
        """Take over colours and font."""
        self._theme = theme
        self.setFont(theme.plot_font(theme.small + 1))
        self.fit(self.width())
        self.update()

    def set_text(self, text: str) -> None:
        """Show a sentence, repainting only when it is another one."""
        if text != self.text:
            self.text = text
            self.setAccessibleName(text)
            self.update()

    def fit(self, width: int) -> None:
        """Take as many lines as a picture of this width needs."""
        line = QFontMetrics(self.font()).height()
        small = self._theme.small if self._theme is not None else 11
        lines = 1 if width >= self.WIDE * small else 2
        self.setFixedHeight(line * lines + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._theme is None:
            return
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(self._theme.color("text"))
        room: QRect = self.rect().adjusted(12, 0, -12, 0)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        painter.drawText(room, flags | Qt.TextFlag.TextWordWrap, self.text)
        painter.end()
