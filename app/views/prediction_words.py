"""How well a network does on the samples that it is asked about, in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.plots.text import integer, number, percent
from core.record.frame import Predictions


def accuracy(found: Predictions, names: tuple[str, ...]) -> str:
    """Return accuracy, the worst class, and what is odd, the oddest first."""
    confusion, total = found.confusion, len(found.targets)
    right = int(np.trace(confusion))
    words = [f"{percent(right / max(total, 1))} of {integer(total)} right"]
    odd = oddness(found, names)
    if odd:
        words.insert(0, odd)
    if len(np.flatnonzero(confusion.sum(axis=0))) > 1:
        totals = confusion.sum(axis=1)
        recall = np.where(totals > 0, np.diagonal(confusion) / np.maximum(totals, 1), np.inf)
        worst = int(recall.argmin())
        if recall[worst] < 1:
            words.append(f"worst: {names[worst]} at {percent(float(recall[worst]))}")
    return " · ".join(words)


def oddness(found: Predictions, names: tuple[str, ...]) -> str:
    """Return what nobody should overlook, empty if nothing is odd."""
    words = []
    if found.undecided:
        words.append(f"{integer(found.undecided)} undecided: output not finite")
    said = np.flatnonzero(found.confusion.sum(axis=0))
    if len(said) == 1 and found.confusion.sum() > 1:
        words.append(f"always says {names[said[0]]}")
    return " · ".join(words)


def fit(found: Predictions, *, explained: bool = False) -> str:
    """Return the error in words, of the samples with finite answers.

    Parameters
    ----------
    found : Predictions
        Of numbers, not of classes.
    explained : bool, optional
        Whether to tell the share of the variance that is explained, too.
    """
    targets, said = (one.astype(np.float64) for one in (found.targets, found.predicted))
    fine: NDArray[np.bool_] = np.atleast_1d(np.isfinite(said).all(axis=1))
    lost = int(np.count_nonzero(~fine))
    words = [f"{integer(lost)} of {integer(len(fine))} not finite"] if lost else []
    if fine.any():
        with np.errstate(over="ignore"):
            away = ((said[fine] - targets[fine]) ** 2).sum()
        spread = ((targets[fine] - targets[fine].mean(axis=0)) ** 2).sum()
        error = float(np.sqrt(away / said[fine].size))
        words.append(f"RMSE {number(error)} on {integer(int(fine.sum()))} samples")
        if explained and spread > 0:
            words.append(f"R² {number(1 - float(away / spread))}")
    return " · ".join(words)


__all__ = ["accuracy", "fit", "oddness"]
