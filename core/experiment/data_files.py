"""Data of one's own: tables and arrays in files. Files are data: nothing in them is ever run."""

from __future__ import annotations

from typing import Literal

from core.experiment.data_base import DataPart
from core.experiment.fields import setting

_TASK_HELP = (
    "Tell classes apart, or predict a number. Auto: classes where the target is text or a few"
    " whole numbers."
)


class Csv(DataPart):
    """A table of your own as text (CSV): a row a sample, numbers in every column but the target."""

    kind: Literal["csv"] = "csv"
    path: str = setting("", title="File", help="The table, in UTF-8.", path="file", max_length=4096)
    target: str = setting(
        "last",
        title="Target",
        help="Column to predict: its name, its number counted from 1, or last.",
        max_length=1000,
    )
    features: str = setting(
        "",
        title="Features",
        help="Columns to learn from, names or numbers with commas between. Empty: all others.",
        max_length=10_000,
    )
    task: Literal["auto", "classes", "regression"] = setting("auto", title="Task", help=_TASK_HELP)
    separator: Literal["auto", "comma", "semicolon", "tab", "pipe"] = setting(
        "auto", title="Separator", help="What stands between two cells."
    )
    decimal: Literal["auto", "point", "comma"] = setting(
        "auto", title="Decimal mark", help="What stands before the decimals: 1.5 or 1,5."
    )
    header: Literal["auto", "yes", "no"] = setting(
        "auto", title="Header", help="Whether the first line names the columns."
    )
    missing: Literal["refuse", "drop_rows"] = setting(
        "refuse",
        title="Missing numbers",
        help="What happens to rows with cells that are empty or no number: an error, or left out.",
    )


class Npz(DataPart):
    """Arrays of your own in a NumPy archive (.npz)."""

    kind: Literal["npz"] = "npz"
    path: str = setting("", title="File", help="The archive.", path="file", max_length=4096)
    x: str = setting(
        "",
        title="Inputs",
        help="Name of the array of inputs, a row a sample. Empty: x_train, x, X, images or data.",
        max_length=200,
    )
    y: str = setting(
        "",
        title="Targets",
        help="Name of the array of targets. Empty: y_train, y, Y, labels or target.",
        max_length=200,
    )
    task: Literal["auto", "classes", "regression"] = setting("auto", title="Task", help=_TASK_HELP)


class Idx(DataPart):
    """Images and labels of your own in IDX files, as MNIST's, packed by gzip or not."""

    kind: Literal["idx"] = "idx"
    images: str = setting(
        "", title="Images", help="IDX file of the inputs.", path="file", max_length=4096
    )
    labels: str = setting(
        "", title="Labels", help="IDX file of the classes.", path="file", max_length=4096
    )
