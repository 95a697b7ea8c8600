"""Which initialiser suits an activation, and whose finding that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from core.experiment.activations import Rescaled
    from core.experiment.fields import Part

_HE = "variance 2 / fan_in makes up for {} (He, Zhang, Ren & Sun 2015)"
_GLOROT = "variance 1 / fan_avg suits {} (Glorot & Bengio 2010)"
_HALF = _HE.format("the half that a rectifier cuts off")
_MOST = _HE.format("most of what the negative side loses")
_SYMMETRIC = _GLOROT.format("a function that is close to z around 0")
_SUGGESTED: dict[str, tuple[str, str]] = {
    "relu": ("he_normal", _HALF),
    "leaky_relu": ("he_normal", _MOST),
    "prelu": ("he_normal", _MOST),
    "elu": ("he_normal", _MOST),
    "gelu": ("he_normal", _MOST),
    "silu": ("he_normal", _MOST),
    "softplus": ("he_normal", _MOST),
    "selu": (
        "lecun_normal",
        "variance 1 / fan_in is what SELU's constants are made for (Klambauer et al. 2017)",
    ),
    "sigmoid": ("glorot_uniform", _GLOROT.format("an S-shaped function, forward and backward")),
    "hard_sigmoid": (
        "glorot_uniform",
        _GLOROT.format("an S-shaped function, forward and backward"),
    ),
    "tanh": ("glorot_uniform", _SYMMETRIC),
    "softsign": ("glorot_uniform", _SYMMETRIC),
    "hard_tanh": ("glorot_uniform", _SYMMETRIC),
    "linear": ("glorot_uniform", _GLOROT.format("a layer without activation")),
}


def suggested_init(activation: Part) -> tuple[str, str]:
    """Return the initialiser that suits an activation.

    Parameters
    ----------
    activation : Part
        One of ``core.experiment.activations.ActivationSpec``.

    Returns
    -------
    kind : str
        Of ``core.experiment.initializers.INIT_KINDS``.
    reason : str
        For people, with the paper; without a full stop.
    """
    kind = cast("str", getattr(activation, "kind", ""))
    if kind == "rescaled":  # its slope at 0 is that of the function within
        return suggested_init(cast("Rescaled", activation).inner)
    return _SUGGESTED[kind]
