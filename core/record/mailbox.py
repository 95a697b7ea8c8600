"""A latest-value mailbox: the reader asks, the writer answers when it suits it."""

from __future__ import annotations

from typing import Generic, TypeVar

from core.record.frame import Parts

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Holds at most one value; nobody locks.

    A request that comes while a value is being put may be lost: readers ask again until they
    have what they need.
    """

    def __init__(self) -> None:
        self._value: T | None = None
        self._requested = False
        self._wanted = Parts.NONE

    @property
    def value(self) -> T | None:
        """The newest value, or None."""
        return self._value

    @property
    def requested(self) -> bool:
        """Whether somebody waits for a new value."""
        return self._requested

    @property
    def wanted(self) -> Parts:
        """The parts that those who wait have asked for."""
        return self._wanted

    def request(self, parts: Parts = Parts.NONE) -> None:
        """Ask for a new value, perhaps with parts that take longer."""
        self._wanted |= parts
        self._requested = True

    def put(self, value: T, parts: Parts = Parts.ALL) -> None:
        """Publish a value with these parts; the requests that it answers are over."""
        self._wanted &= ~parts
        self._requested = self._requested and bool(self._wanted)
        self._value = value
