"""What every configuration panel is: a section that shows an experiment and offers edited ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.application import assert_main_thread
from app.form.names import in_sentence
from app.form.row import Sentence
from core.errors import ExperimentError, Problem
from core.experiment.diff import differences
from core.experiment.model import Experiment
from core.experiment.toml import assign

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.form import FieldRow, PartForm


class Panel(QWidget):
    """A section with a heading.

    Subclasses fill ``body`` and implement :meth:`_show`. A panel never changes the experiment it
    shows: it offers a new one by ``edited`` and waits for :meth:`set_experiment`.
    """

    edited = Signal(object, str)

    paths: tuple[str, ...] = ()
    """Settings whose problems this panel shows: these and all below them."""

    def __init__(self, heading: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment = Experiment.parse({})
        self.heading = QLabel(heading.upper())
        self.heading.setProperty("role", "section")
        self.heading.setAccessibleName(heading)
        self.heading_line = QHBoxLayout()
        self.heading_line.setSpacing(8)
        self.heading_line.addWidget(self.heading)
        self.heading_line.addStretch(1)
        self.body = QVBoxLayout()
        self.body.setSpacing(8)
        self.status = Sentence()
        self.setAccessibleName(heading)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(8)
        box.addLayout(self.heading_line)
        box.addLayout(self.body)
        box.addWidget(self.status)

    @property
    def experiment(self) -> Experiment:
        """The experiment shown."""
        return self._experiment

    def set_experiment(self, experiment: Experiment) -> None:
        """Show an experiment; text that the user is typing stays."""
        assert_main_thread(self)
        self._experiment = experiment
        self._show()

    def set_problems(self, problems: Iterable[Problem]) -> None:
        """Show what whoever runs the experiment found wrong with it."""
        self.status.set_sentence(sentences(problems))

    def owns(self, path: str) -> bool:
        """Tell whether this panel shows the problems of a setting."""
        return any(path == own or path.startswith(f"{own}.") for own in self.paths)

    def _show(self, *, force: bool = False) -> None:
        raise NotImplementedError


class FormPanel(Panel):
    """A panel of forms over parts of the experiment."""

    def __init__(self, heading: str, parent: QWidget | None = None) -> None:
        super().__init__(heading, parent)
        self._forms: list[tuple[str, PartForm]] = []

    def add_form(self, part: str, form: PartForm) -> None:
        """Add a form over the part of the experiment at this dotted path (empty: all of it)."""
        self._forms.append((part, form))
        self.body.addWidget(form)
        form.edited.connect(self._on_edited)

    def row(self, path: str) -> FieldRow | None:
        """Return the row of a setting by its dotted path, or None."""
        return next((row for _, form in self._forms if (row := form.row(path))), None)

    def set_problems(self, problems: Iterable[Problem]) -> None:
        """Show each problem under its row, or below the panel where no row has its path."""
        known = {row.path for _, form in self._forms for row in form.rows()}
        found = list(problems)
        by_path = {p.field: sentence_of(p) for p in found if p.field in known}
        for _, form in self._forms:
            form.set_problems(by_path)
        super().set_problems(p for p in found if p.field not in known)

    def _show(self, *, force: bool = False) -> None:
        for path, form in self._forms:
            part: Any = self._experiment
            for name in path.split(".") if path else ():
                part = getattr(part, name)
            form.set_part(part, force=force)

    @Slot(str, object)
    def _on_edited(self, path: str, value: object) -> None:
        row = self.row(path)
        data = self._experiment.plain()
        try:
            assign(data, path, value)
            experiment = Experiment.parse(data)
        except ExperimentError as error:
            if row is not None:
                row.set_refused(sentences(error.problems))
            else:
                self.status.set_sentence(sentences(error.problems))
            return
        if row is not None:
            row.set_refused("")
        if differences(self._experiment, experiment):
            self.edited.emit(experiment, in_sentence(row.title if row else path))
        else:
            self._show()


def sentence_of(problem: Problem) -> str:
    """Return a problem as a sentence, without the name of the field beside which it stands."""
    text = f"{problem.message} {problem.hint}".strip()
    return text[:1].upper() + text[1:]


def sentences(problems: Iterable[Problem]) -> str:
    """Return problems as sentences, each once."""
    return " ".join(dict.fromkeys(sentence_of(problem) for problem in problems))
