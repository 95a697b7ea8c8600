"""What is measured at every step."""

from core.measure.quantities import (
    EVALUATIONS,
    LAYER_QUANTITIES,
    QUANTITIES,
    SCALARS,
    Per,
    Quantity,
)

__all__ = ["EVALUATIONS", "LAYER_QUANTITIES", "QUANTITIES", "SCALARS", "Per", "Quantity"]
