"""Pictures: thin wrappers of pyqtgraph that know nothing of runs.

PySide6 is imported before pyqtgraph, which would otherwise choose a binding by itself.
"""

# isort: off
import PySide6.QtWidgets  # noqa: F401
import pyqtgraph as pg
# isort: on

pg.setConfigOptions(
    imageAxisOrder="row-major", antialias=False, useOpenGL=False, segmentedLineMode="auto"
)

from app.plots.bars import Bars  # noqa: E402
from app.plots.canvas import Canvas  # noqa: E402
from app.plots.color_bar import ColorBar  # noqa: E402
from app.plots.dots import Dots, Shape  # noqa: E402
from app.plots.envelope_curve import EnvelopeCurve, Line, log10  # noqa: E402
from app.plots.notes import Cursor, Mark, Rule, Tag  # noqa: E402
from app.plots.plot import Plot, Scale  # noqa: E402
from app.plots.ranges import Follower, step_stop  # noqa: E402

__all__ = [
    "Bars",
    "Canvas",
    "ColorBar",
    "Cursor",
    "Dots",
    "EnvelopeCurve",
    "Follower",
    "Line",
    "Mark",
    "Plot",
    "Rule",
    "Scale",
    "Shape",
    "Tag",
    "log10",
    "step_stop",
]
