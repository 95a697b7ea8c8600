"""Forms from the specification: a pydantic field becomes a labelled row."""

from app.form.choices import BoolField, ChoiceField
from app.form.fields import MIXED, IntField, NumberField, TextField
from app.form.part_form import PartForm
from app.form.row import FieldRow

__all__ = [
    "MIXED",
    "BoolField",
    "ChoiceField",
    "FieldRow",
    "IntField",
    "NumberField",
    "PartForm",
    "TextField",
]
