"""A form over one part of the specification: a row for each field, in the order asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.form.choices import BoolField, ChoiceField
from app.form.describe import (
    Bounds,
    default_of,
    description_of,
    first_line,
    kinds_of,
    linear_step,
    literals_of,
    own_first,
    title_of,
)
from app.form.fields import IntField, NumberField, PathField, TextField
from app.form.fold import Fold
from app.form.help_sheet import Topic
from app.form.names import readable
from app.form.row import Field, FieldRow
from app.form.valued import MIXED
from core.experiment.fields import is_log, path_of, scope_of, unit_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from pydantic.fields import FieldInfo

    from core.experiment.fields import Part


class PartForm(QWidget):
    """Rows for the fields of a part; a field with kinds is followed by its kind's own fields.

    Parameters
    ----------
    model : type of Part
        Whose fields these are.
    names : iterable of str
        Which of them, from the top.
    prefix : str, optional
        Dotted path of the part within the experiment.
    labels : mapping, optional
        Field name -> label where the title does not suit.
    fields : mapping, optional
        Field name -> widget where the usual one does not suit.
    fold : tuple of a caption and names, optional
        Settings with these names, here or in a kind's own fields, are folded away under the
        caption.
    """

    edited = Signal(str, object)
    rows_changed = Signal()

    def __init__(
        self,
        model: type[Part],
        names: Iterable[str],
        *,
        prefix: str = "",
        labels: Mapping[str, str] | None = None,
        fields: Mapping[str, Field] | None = None,
        fold: tuple[str, Collection[str]] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._prefix = prefix
        self._fold = fold
        self._folded: Fold | None = None
        self._rows: dict[str, FieldRow] = {}
        self._own: dict[str, PartForm] = {}
        self._kinds: dict[str, str] = {}
        self._problems: dict[str, str] = {}
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(8)
        for name in names:
            info = model.model_fields[name]
            if len(literals_of(info)) == 1:
                continue  # nothing to choose (yet)
            self._add_row(name, info, (labels or {}).get(name, ""), (fields or {}).get(name))

    def _add_row(self, name: str, info: FieldInfo, label: str, field: Field | None) -> None:
        row = FieldRow(
            self._path(name),
            label or title_of(info, name),
            field or field_for(name, info),
            description=description_of(info, name),
            scope=scope_of(info),
            default=default_of(info),
            name=title_of(info, name),
            topic=Topic(self._model, name),
        )
        row.edited.connect(self.edited)
        self._rows[name] = row
        if self._fold is None or name not in self._fold[1]:
            self._box.addWidget(row)
            return
        if self._folded is None:
            self._folded = Fold(self._fold[0])
            self._box.addWidget(self._folded)
        self._folded.add(row)

    def _path(self, name: str) -> str:
        return f"{self._prefix}.{name}" if self._prefix else name

    def rows(self) -> list[FieldRow]:
        """Return every row from the top, those of the chosen kinds included."""
        found: list[FieldRow] = []
        for name, row in self._rows.items():
            found.append(row)
            if name in self._own:
                found.extend(self._own[name].rows())
        return found

    def row(self, path: str) -> FieldRow | None:
        """Return the row of a setting, or None."""
        return next((row for row in self.rows() if row.path == path), None)

    def is_empty(self) -> bool:
        """Tell whether there is nothing to fill in."""
        return not self._rows

    def set_part(self, part: Part, *, force: bool = False) -> None:
        """Show a part; text that the user is typing stays unless ``force``."""
        self.set_parts([part], force=force)

    def set_parts(self, parts: Sequence[Any], *, force: bool = False) -> None:
        """Show several parts at once; where they differ the field says ``mixed``."""
        for name, row in self._rows.items():
            values = [getattr(part, name) for part in parts]
            if not kinds_of(self._model.model_fields[name]):
                row.set_value(_common(values), force=force)
                continue
            kind = _common([value.kind for value in values])
            row.set_value(kind, force=force)
            self._show_own_fields(name, kind if isinstance(kind, str) else "")
            if name in self._own:
                self._own[name].set_parts(values, force=force)

    def set_problems(self, problems: Mapping[str, str]) -> None:
        """Show a sentence under each row whose path is a key; no other row has one."""
        self._problems = dict(problems)
        for row in self.rows():
            row.set_problem(self._problems.get(row.path, ""))

    def _show_own_fields(self, name: str, kind: str) -> None:
        if self._kinds.get(name) == kind:
            return
        self._kinds[name] = kind
        old = self._own.pop(name, None)
        if old is not None:
            self._box.removeWidget(old)
            old.hide()
            old.setParent(None)
            old.deleteLater()
        model = kinds_of(self._model.model_fields[name]).get(kind)
        if model is not None:
            form = PartForm(model, own_first(model), prefix=self._path(name), fold=self._fold)
            if form.is_empty():
                form.deleteLater()
            else:
                self._insert(name, form)
        self.rows_changed.emit()

    def _insert(self, name: str, form: PartForm) -> None:
        form.edited.connect(self.edited)
        self._own[name] = form
        self._box.insertWidget(self._box.indexOf(self._rows[name]) + 1, form)
        form.set_problems(self._problems)
        before: QWidget = self._rows[name].field
        for row in form.rows():
            QWidget.setTabOrder(before, row.field)
            before = row.field
        form.show()


def field_for(name: str, info: FieldInfo) -> Field:
    """Return a widget for one field of the specification."""
    kinds, literals = kinds_of(info), literals_of(info)
    if kinds or literals:
        choice = ChoiceField()
        if kinds:
            choice.set_choices(
                (kind, readable(kind, name), first_line(model)) for kind, model in kinds.items()
            )
        else:
            choice.set_choices((word, readable(word, name), "") for word in literals)
        return choice
    bounds, unit = Bounds.of(info), unit_of(info)
    if info.annotation is bool:
        return BoolField()
    if info.annotation is int:
        return IntField(bounds, unit)
    if info.annotation is float:
        step = linear_step(default_of(info), bounds)
        return NumberField(bounds, log=is_log(info), step=step, unit=unit)
    wanted = path_of(info)
    return PathField(wanted) if wanted else TextField(unit)


def _common(values: Sequence[Any]) -> Any:
    """Return the value that all share, else MIXED; of an empty sequence None."""
    if not values:
        return None
    return values[0] if all(value == values[0] for value in values) else MIXED
