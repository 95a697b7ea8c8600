"""Pictures of a run: one view a file, all of them fed by the same ``RunSource``."""

from app.views.accuracy import AccuracyView
from app.views.base import View
from app.views.distributions import DistributionsView
from app.views.heatmap import HeatmapView
from app.views.layers_over_time import LayersOverTimeView
from app.views.ledger import LedgerView
from app.views.loss import LossView
from app.views.profile import ProfileView
from app.views.saturation import SaturationView

VIEWS: tuple[type[View], ...] = (
    LossView,
    AccuracyView,
    HeatmapView,
    SaturationView,
    DistributionsView,
    ProfileView,
    LayersOverTimeView,
    LedgerView,
)
"""Every view, in the order in which menus show them."""

__all__ = [
    "VIEWS",
    "AccuracyView",
    "DistributionsView",
    "HeatmapView",
    "LayersOverTimeView",
    "LedgerView",
    "LossView",
    "ProfileView",
    "SaturationView",
    "View",
]
