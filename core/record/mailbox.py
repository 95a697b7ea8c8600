"""A latest-value mailbox: the reader asks, the writer answers when it suits it."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Holds at most one value. Reads and writes of one attribute are atomic under the GIL."""

    def __init__(self) -> None:
        self._value: T | None = None
        self._requested = False
        self._everything = False

    @property
    def value(self) -> T | None:
        """The newest value, or None."""
        return self._value

    @property
    def requested(self) -> bool:
        """Whether somebody waits for a new value."""
        return self._requested

    @property
    def everything(self) -> bool:
        """Whether somebody waits for a value with all its parts."""
        return self._everything

    def request(self, *, everything: bool = False) -> None:
        """Ask for a new value, perhaps with the parts that take longer."""
        self._everything = self._everything or everything
        self._requested = True

    def put(self, value: T, *, everything: bool = True) -> None:
        """Publish a value; the requests that it answers are over."""
        self._requested = self._requested and self._everything and not everything
        self._everything = self._everything and not everything
        self._value = value
