"""What can be written over a picture, in its coordinates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line with words at its foot: something happened at ``x``."""

    x: float
    text: str = ""
    color: str = "muted"


@dataclass(frozen=True, slots=True)
class Rule:
    """A dashed horizontal line with words on it: a value to compare with."""

    y: float
    text: str = ""
    color: str = "dim"


@dataclass(frozen=True, slots=True)
class Tag:
    """Words beside a point, in the colour of the line that they name."""

    x: float
    y: float
    text: str
    color: str = "text"
    above: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """A line at a point with a box of text lines; ``box`` a small frame, ``cross`` two lines."""

    x: float
    y: float
    lines: tuple[str, ...]
    box: bool = False
    cross: bool = False
