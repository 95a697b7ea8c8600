"""Tools beside the run: what a setting will do is drawn before anything is trained."""

from app.tools.curves import SchedulePreview, ScreePlot
from app.tools.explorer import ActivationExplorer
from app.tools.summary import SummaryWindow

__all__ = ["ActivationExplorer", "SchedulePreview", "ScreePlot", "SummaryWindow"]
