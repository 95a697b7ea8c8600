"""Forms from the specification: a pydantic field becomes a labelled row."""

from PySide6.QtWidgets import QApplication

from app.form.choices import BoolField, ChoiceField
from app.form.fields import IntField, NumberField, PathField, TextField
from app.form.long_text import LongTextField
from app.form.part_form import PartForm
from app.form.row import FieldRow
from app.form.valued import MIXED, Valued

__all__ = [
    "MIXED",
    "BoolField",
    "ChoiceField",
    "FieldRow",
    "IntField",
    "LongTextField",
    "NumberField",
    "PartForm",
    "PathField",
    "TextField",
    "commit_focused",
]


def commit_focused() -> None:
    """Commit what is being typed, as leaving the field would."""
    field = QApplication.focusWidget()
    if isinstance(field, Valued):
        field.commit_typed()
