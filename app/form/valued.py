"""What every field has in common: a value, what the user makes of it, and a mark on refusals."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    _Widget = QWidget
else:
    _Widget = object  # Qt allows one widget among the bases: the one that this is mixed into


class Mixed(enum.Enum):
    """Stands for a value that differs between the things that are edited together."""

    MIXED = "mixed"


MIXED = Mixed.MIXED


class Valued(_Widget):
    """A field that keeps what the user made of its value until that can be used.

    Mixed into a widget, before it. The widget says in :meth:`_show` what a value looks like, in
    :meth:`is_typing` whether the user is in the middle of something, and emits ``committed``.
    """

    _value: Any = None
    _invalid = False

    def value(self) -> Any:
        """Return the value last set, not what is being typed."""
        return self._value

    def is_typing(self) -> bool:
        """Tell whether the field holds something that is not committed."""
        return False

    def is_pending(self) -> bool:
        """Tell whether the field shows what is not (yet) the value: being typed, or refused."""
        return self.is_typing() or self._invalid

    def set_value(self, value: Any, *, force: bool = False) -> bool:
        """Show a value; return False where what the user entered stays instead.

        What is being typed always stays unless forced; what was refused stays as long as the
        value beneath it does.
        """
        known, self._value = self._value, value
        if not force and (self.is_typing() or (self._invalid and value == known)):
            return False
        self.set_invalid(False)
        self._show(value)
        return True

    def set_invalid(self, invalid: bool) -> None:
        """Mark what is shown as something that cannot be used."""
        if invalid != self._invalid:
            self._invalid = invalid
            self.setProperty("invalid", invalid)
            self.style().unpolish(self)
            self.style().polish(self)

    def commit_typed(self) -> None:
        """Commit what was typed, if anything was."""

    def _show(self, value: Any) -> None:
        raise NotImplementedError
