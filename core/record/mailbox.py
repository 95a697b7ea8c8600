"""A latest-value mailbox: the reader asks, the writer answers when it suits it."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Holds at most one value. Reads and writes of one attribute are atomic under the GIL."""

    def __init__(self) -> None:
        self._value: T | None = None
        self._requested = False

    @property
    def value(self) -> T | None:
        """The newest value, or None."""
        return self._value

    @property
    def requested(self) -> bool:
        """Whether somebody waits for a new value."""
        return self._requested

    def request(self) -> None:
        """Ask for a new value."""
        self._requested = True

    def put(self, value: T) -> None:
        """Publish a value; the request counts as answered."""
        self._requested = False
        self._value = value
