"""The form of an entry of help."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Help:
    """Help on one setting, or on one of the kinds that it chooses from.

    Attributes
    ----------
    formula : str
        What is computed, in the symbols of :mod:`core.measure.quantities`; empty for a setting
        that is in no formula, such as a file.
    reading : str
        What it does to the gradient, or how to choose it.
    misleads : str
        When it fools people or goes wrong.
    source : str
        Where that is written; empty for what needs no source.
    """

    formula: str
    reading: str
    misleads: str
    source: str = ""
