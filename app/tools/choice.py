"""What a tool's form holds: a part of its own, changed by a setting's path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from core.errors import ExperimentError
from core.experiment.fields import Part
from core.experiment.model import KINDS
from core.experiment.problems import problems_of
from core.experiment.toml import assign

if TYPE_CHECKING:
    from app.form import PartForm

T = TypeVar("T", bound=Part)


def changed(choice: T, path: str, value: object) -> T:
    """Return the choice with another value at a dotted path.

    Raises
    ------
    ExperimentError
        If the value does not fit.
    """
    data: dict[str, Any] = choice.model_dump(mode="json")
    assign(data, path, value)
    model = type(choice)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        kinds = {**KINDS, "compare": KINDS["init"]}
        raise ExperimentError(problems_of(error, data, kinds, model)) from None


def edited(form: PartForm, choice: T, path: str, value: object) -> T | None:
    """Return the choice as the user changed it; None, said beside the field, if it cannot be."""
    row = form.row(path)
    assert row is not None
    try:
        found = changed(choice, path, value)
    except ExperimentError as error:
        row.set_refused(" ".join(f"{p.message} {p.hint}".strip() for p in error.problems))
        return None
    row.set_refused("")
    return found


def show_choice(form: PartForm, choice: Part, *, force: bool = False) -> None:
    """Show a choice in its form."""
    form.set_part(choice, force=force)
    for row in form.rows():
        row.dot.hide()  # no run is here in which a setting could take effect
