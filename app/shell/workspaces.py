"""Which views stand where: the workspaces, and what the presenter leafs through, as data."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

Cell = tuple[str, ...]
"""Keys of views that share a place, the one in front first."""
Rows = tuple[tuple[Cell, ...], ...]
"""Cells side by side, in rows from top to bottom."""

NARROW_ROW = 2
"""Views side by side where more have no room."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """An arrangement of views for a purpose.

    Attributes
    ----------
    key, title, tip : str
    rows : Rows
        Views that do not exist are left out.
    widths : tuple of tuple of int
        Shares of the cells of each row; equal where there are none for that many cells.
    heights : tuple of int
        Shares of the rows; equal where there are none for that many rows.
    """

    key: str
    title: str
    tip: str
    rows: Rows
    widths: tuple[tuple[int, ...], ...] = ()
    heights: tuple[int, ...] = ()


# The column whose views have four faces to choose from needs the most room in its headers.
_THREE = (32, 30, 38)

WORKSPACES = (
    Workspace(
        "overview",
        "Overview",
        "A bit of everything: what the run does, and where the gradient is.",
        (
            (("loss",), ("accuracy", "predictions", "decision"), ("heatmap",)),
            (
                ("saturation", "cascade"),
                ("ridgelines", "histograms"),
                ("profile", "ledger", "layers"),
            ),
        ),
        (_THREE, _THREE),
    ),
    Workspace(
        "saturation",
        "Saturation",
        "Where activations stop passing the gradient on, layer by layer and unit by unit.",
        (
            (("saturation",), ("cascade",)),
            (("ridgelines", "histograms"), ("heatmap", "spread"), ("units", "layers")),
        ),
        ((56, 44), _THREE),
        (60, 40),
    ),
    Workspace(
        "flow",
        "Flow",
        "How the gradient travels through the layers, and what the optimiser makes of it.",
        (
            (("strip",),),
            (("profile",), ("ledger",)),
            (("updates", "spread", "weights"), ("heatmap",)),
        ),
        ((100,), (50, 50), (50, 50)),
        (28, 36, 36),
    ),
    Workspace(
        "compare",
        "Compare",
        "This run over the pinned one, each picture in both colours.",
        (
            (("loss",), ("race", "accuracy", "predictions", "decision")),
            (("ridgelines", "histograms"), ("layers",), ("profile", "ledger")),
        ),
        ((50, 50), _THREE),
    ),
    Workspace(
        "presenter",
        "Presenter",
        "Little, and large.",
        ((("strip",),), (("heatmap",),)),
        heights=(38, 62),
    ),
)
"""In the order of their keys, Ctrl+1 and on."""

BY_KEY = {workspace.key: workspace for workspace in WORKSPACES}
DEFAULT = "overview"
PRESENTER = "presenter"

PAGES = (
    Workspace("loss", "Learning", "", ((("loss",), ("accuracy",)),)),
    Workspace(
        "heat", "Gradient over time", "", ((("heatmap",),), (("layers",),)), ((), ()), (58, 42)
    ),
    Workspace("profile", "Gradient by layer", "", ((("profile",), ("ledger",)),)),
    Workspace("saturation", "Saturation", "", ((("saturation",), ("cascade",)),)),
    Workspace("units", "Units", "", ((("ridgelines",), ("units",)),)),
    Workspace("shapes", "Histograms", "", ((("histograms",), ("spread",)),)),
    Workspace("updates", "Updates", "", ((("updates",), ("weights",)),)),
    Workspace("answers", "Predictions", "", ((("predictions",), ("decision",)),)),
    Workspace("race", "Race", "", ((("race",),),)),
)
"""What page down shows one after the other, behind the presenter's own workspace."""

GROUPS: tuple[tuple[str, Cell], ...] = (
    ("Learning", ("loss", "accuracy", "predictions", "decision", "race")),
    ("Gradient", ("strip", "heatmap", "profile", "layers", "ledger")),
    ("Activations", ("saturation", "cascade", "ridgelines", "histograms", "units")),
    ("Weights", ("updates", "spread", "weights")),
)
"""Headings of the menu of views; a view in none of them comes under ``Other``."""


def present(rows: Rows, known: Collection[str]) -> Rows:
    """Return the rows without views that do not exist, nor what is empty without them."""
    cells = ([tuple(key for key in cell if key in known) for cell in row] for row in rows)
    full = (tuple(cell for cell in row if cell) for row in cells)
    return tuple(row for row in full if row)


def narrowed(rows: Rows) -> Rows:
    """Return the rows with at most two cells: the last, and all before it in one place."""
    return tuple(row if len(row) <= NARROW_ROW else (sum(row[:-1], ()), row[-1]) for row in rows)


def pages(known: Collection[str]) -> tuple[Workspace, ...]:
    """Return the presenter's workspace and the pages behind it that have a view to show."""
    return (BY_KEY[PRESENTER], *(page for page in PAGES if present(page.rows, known)))


def grouped(known: Collection[str]) -> list[tuple[str, Cell]]:
    """Return the headings of the menu with the keys of the views that exist."""
    rest = [key for key in known if not any(key in keys for _, keys in GROUPS)]
    groups = [*GROUPS, ("Other", tuple(rest))]
    found = [(title, tuple(key for key in keys if key in known)) for title, keys in groups]
    return [(title, keys) for title, keys in found if keys]


def shares(given: tuple[int, ...], count: int, *, narrow: bool = False) -> tuple[int, ...]:
    """Return the shares of ``count`` neighbours, as given or equal."""
    if len(given) == count:
        return given
    return (48, 52) if narrow and count == NARROW_ROW else (1,) * count
