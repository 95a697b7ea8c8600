"""Tools beside the run: what a setting will do is drawn before anything is trained."""

from app.tools.curves import SchedulePreview, ScreePlot
from app.tools.explorer import ActivationExplorer

__all__ = ["ActivationExplorer", "SchedulePreview", "ScreePlot"]
