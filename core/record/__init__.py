"""The record of a run, and the one interface through which it is seen."""

from core.record.columns import Column, Envelope
from core.record.record import Record
from core.record.source import (
    Evaluations,
    Event,
    Facts,
    Frame,
    Histogram,
    LayerFrame,
    LayerInfo,
    Parts,
    RunSource,
    State,
    Status,
)

__all__ = [
    "Column",
    "Envelope",
    "Evaluations",
    "Event",
    "Facts",
    "Frame",
    "Histogram",
    "LayerFrame",
    "LayerInfo",
    "Parts",
    "Record",
    "RunSource",
    "State",
    "Status",
]
