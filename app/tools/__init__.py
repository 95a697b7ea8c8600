"""Tools beside the run: what a setting will do is drawn before anything is trained."""

from app.tools.clip_geometry import ClipGeometry
from app.tools.curves import SchedulePreview, ScreePlot
from app.tools.explorer import ActivationExplorer
from app.tools.initialiser import InitialiserInspector
from app.tools.summary import SummaryWindow

__all__ = [
    "ActivationExplorer",
    "ClipGeometry",
    "InitialiserInspector",
    "SchedulePreview",
    "ScreePlot",
    "SummaryWindow",
]
