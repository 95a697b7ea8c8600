"""The data part of an experiment: one of many kinds."""

from __future__ import annotations

from typing import Annotated

from core.experiment.data_base import DataPart
from core.experiment.data_files import Csv, Idx, Npz
from core.experiment.data_sets import Cifar10, Digits, FashionMnist, Mnist
from core.experiment.data_toys import (
    Blobs,
    Checkerboard,
    Circles,
    FormulaData,
    Moons,
    Plane,
    Sine,
    Spirals,
    Xor,
)
from core.experiment.fields import BY_KIND, SHORTHAND

__all__ = [
    "DATA_KINDS",
    "Blobs",
    "Checkerboard",
    "Cifar10",
    "Circles",
    "Csv",
    "Data",
    "DataPart",
    "Digits",
    "FashionMnist",
    "FormulaData",
    "Idx",
    "Mnist",
    "Moons",
    "Npz",
    "Plane",
    "Sine",
    "Spirals",
    "Xor",
]

DATA_KINDS: dict[str, type[DataPart]] = {
    "digits": Digits,
    "fashion_mnist": FashionMnist,
    "mnist": Mnist,
    "cifar10": Cifar10,
    "moons": Moons,
    "circles": Circles,
    "spirals": Spirals,
    "xor": Xor,
    "blobs": Blobs,
    "checkerboard": Checkerboard,
    "sine": Sine,
    "plane": Plane,
    "formula": FormulaData,
    "csv": Csv,
    "npz": Npz,
    "idx": Idx,
}
Data = Annotated[
    Digits
    | FashionMnist
    | Mnist
    | Cifar10
    | Moons
    | Circles
    | Spirals
    | Xor
    | Blobs
    | Checkerboard
    | Sine
    | Plane
    | FormulaData
    | Csv
    | Npz
    | Idx,
    BY_KIND,
    SHORTHAND,
]
