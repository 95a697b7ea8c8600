"""Configuration panels: each shows a part of an experiment and offers edited experiments."""

from app.panels.experiment import ExperimentPanel
from app.panels.panel import Panel

__all__ = ["ExperimentPanel", "Panel"]
