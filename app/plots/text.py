"""How numbers are written in pictures: few digits, superscript exponents, real minus signs."""

from __future__ import annotations

import math

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
THIN = "\N{NARROW NO-BREAK SPACE}"


def integer(value: int) -> str:
    """Return ``1,640``: groups of three from four digits on."""
    return f"{value:,}".replace("-", "−")


def power(exponent: int) -> str:
    """Return ``10⁻⁴``; 1 as it is."""
    return "1" if exponent == 0 else "10" + str(exponent).translate(_SUPERSCRIPT)


def number(value: float, digits: int = 3) -> str:
    """Return a number with ``digits`` significant digits, for people.

    Between 0.001 and 100,000 as a decimal fraction, else as ``1.1·10⁻¹⁰``.
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if -4 < exponent < 5:
        decimals = max(0, digits - 1 - exponent)
        text = f"{value:,.{decimals}f}" if abs(value) >= 1000 else f"{value:.{decimals}f}"
        return text.replace("-", "−")
    mantissa, exponent_text = f"{value:.{max(0, digits - 2)}e}".split("e")
    return f"{mantissa}·10{str(int(exponent_text)).translate(_SUPERSCRIPT)}".replace("-", "−")


def percent(share: float) -> str:
    """Return ``53 %``; a tenth of a percent below 10 %."""
    if not math.isfinite(share):
        return number(share)
    value = 100 * share
    near_edge = 0 < value < 10 or 99 < value < 100
    return f"{value:.1f}{THIN}%" if near_edge else f"{value:.0f}{THIN}%"


def ordinal(count: int) -> str:
    """Return ``1st``, ``2nd``, ``11th``."""
    teen = 10 <= count % 100 <= 20
    return f"{count}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(count % 10, 'th')}"


def elide(text: str, length: int) -> str:
    """Return at most ``length`` characters, the cut marked by an ellipsis."""
    return text if len(text) <= length else text[: max(1, length - 1)].rstrip() + "…"
