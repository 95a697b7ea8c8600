"""How settings that are numbers are written, in fields and in sentences."""

from __future__ import annotations

_DIGITS = 12


def number_text(value: float) -> str:
    """Return a number as people write it: 0.05, 1e-6, 64, and 1e9 where zeros are many.

    Examples
    --------
    >>> number_text(0.05), number_text(1e-6), number_text(32.0), number_text(1e9)
    ('0.05', '1e-6', '32', '1e9')
    """
    if isinstance(value, int):
        return str(value)
    text = f"{value:.{_DIGITS}g}"
    mantissa, e, exponent = text.partition("e")
    if e:
        return f"{mantissa}e{int(exponent)}"
    digits = text.rstrip("0")
    zeros = len(text) - len(digits)
    if "." in text or zeros < _MANY:
        return text
    sign, figures = ("-", digits[1:]) if digits[0] == "-" else ("", digits)
    places = f".{figures[1:]}" if figures[1:] else ""
    return f"{sign}{figures[0]}{places}e{zeros + len(figures) - 1}"


_MANY = 6
"""Zeros at the end that nobody counts at a glance."""
