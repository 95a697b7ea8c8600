"""Well-known image sets: bundled, or from files."""

from __future__ import annotations

from typing import Literal

from core.experiment.data_base import DataPart
from core.experiment.fields import setting

_FOLDER_HELP = (
    "Folder with the files of the set. Empty: the laboratory's own data folder, where a download"
    " puts them."
)


class Digits(DataPart):
    """1,438 handwritten digits of 8 x 8 pixels (UCI Optical Recognition, Alpaydin & Kaynak)."""

    kind: Literal["digits"] = "digits"


class FashionMnist(DataPart):
    """Photographs of clothing, 28 x 28 pixels, ten classes: 8,000 bundled, 60,000 in full."""

    kind: Literal["fashion_mnist"] = "fashion_mnist"
    files: Literal["bundled", "full"] = setting(
        "bundled",
        title="Images",
        help="The 8,000 training images that come with the laboratory, or all 60,000 from files.",
    )
    folder: str = setting("", title="Folder", help=_FOLDER_HELP, path="folder", max_length=4096)


class Mnist(DataPart):
    """60,000 handwritten digits of 28 x 28 pixels (LeCun, Cortes & Burges), from IDX files."""

    kind: Literal["mnist"] = "mnist"
    folder: str = setting("", title="Folder", help=_FOLDER_HELP, path="folder", max_length=4096)


class Cifar10(DataPart):
    """50,000 colour photographs of 32 x 32 pixels, ten classes (Krizhevsky), binary version."""

    kind: Literal["cifar10"] = "cifar10"
    folder: str = setting("", title="Folder", help=_FOLDER_HELP, path="folder", max_length=4096)
