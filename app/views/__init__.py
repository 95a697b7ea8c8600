"""Pictures of a run: one view a file, all of them fed by the same ``RunSource``."""

from app.views.accuracy import AccuracyView
from app.views.base import View
from app.views.cascade import CascadeView
from app.views.decision import DecisionView
from app.views.heatmap import HeatmapView
from app.views.histograms import HistogramsView
from app.views.layers_over_time import LayersOverTimeView
from app.views.ledger import LedgerView
from app.views.loss import LossView
from app.views.predictions import PredictionsView
from app.views.profile import ProfileView
from app.views.race import RaceView
from app.views.ridgelines import RidgelinesView
from app.views.saturation import SaturationView
from app.views.spread import SpreadView
from app.views.strip import StripView
from app.views.units import UnitsView
from app.views.updates import UpdatesView
from app.views.weights import WeightsView

VIEWS: tuple[type[View], ...] = (
    LossView,
    AccuracyView,
    HeatmapView,
    SaturationView,
    RidgelinesView,
    ProfileView,
    LayersOverTimeView,
    LedgerView,
    HistogramsView,
    CascadeView,
    SpreadView,
    UpdatesView,
    RaceView,
    UnitsView,
    WeightsView,
    DecisionView,
    PredictionsView,
    StripView,
)
"""Every view, in the order in which menus show them."""

__all__ = [
    "VIEWS",
    "AccuracyView",
    "CascadeView",
    "DecisionView",
    "HeatmapView",
    "HistogramsView",
    "LayersOverTimeView",
    "LedgerView",
    "LossView",
    "PredictionsView",
    "ProfileView",
    "RaceView",
    "RidgelinesView",
    "SaturationView",
    "SpreadView",
    "StripView",
    "UnitsView",
    "UpdatesView",
    "View",
    "WeightsView",
]
