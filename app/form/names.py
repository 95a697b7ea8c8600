"""Names for people: how a kind of the specification reads in a list, in a table, in a sentence."""

from __future__ import annotations

from core.experiment.numbers import number_text

__all__ = ["in_sentence", "number_text", "readable", "short"]

_LONG = {
    "sigmoid": "Sigmoid",
    "relu": "ReLU",
    "leaky_relu": "Leaky ReLU",
    "prelu": "PReLU",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "glorot_uniform": "Glorot (uniform)",
    "glorot_normal": "Glorot (normal)",
    "he_uniform": "He (uniform)",
    "he_normal": "He (normal)",
    "lecun_uniform": "LeCun (uniform)",
    "lecun_normal": "LeCun (normal)",
    "pytorch_default": "PyTorch default",
    "lsuv": "LSUV",
    "sgd": "SGD",
    "rmsprop": "RMSProp",
    "adamw": "AdamW",
    "nadam": "NAdam",
    "radam": "RAdam",
    "one_cycle": "One cycle",
    "plateau": "On plateau",
    "mse": "Mean squared error",
    "mae": "Mean absolute error",
    "cross_entropy": "Cross-entropy",
    "binary_cross_entropy": "Binary cross-entropy",
    "conv": "Convolution",
    "avg_pool": "Average pool",
    "as_network": "As the network's",
    "own": "Its own",
    "minus_one_one": "To [−1, 1]",
    "fashion_mnist": "Fashion-MNIST",
    "mnist": "MNIST",
    "cifar10": "CIFAR-10",
    "moons": "Two moons",
    "xor": "XOR",
    "csv": "CSV",
    "npz": "NPZ",
    "idx": "IDX",
    "none": "None",
    "cpu": "CPU",
    "mps": "Apple GPU",
}

_OF_SETTING = {
    ("clip", "value"): "By value",
    ("clip", "norm"): "By norm",
    ("clip", "layer_norm"): "By norm of each layer",
}
"""(setting, kind) -> name, where the kind alone does not say what it is."""
_SHORT = {
    "leaky_relu": "Leaky",
    "hard_sigmoid": "Hard sigm.",
    "variance_scaling": "Var. scaling",
    "truncated_normal": "Trunc. N",
    "pytorch_default": "PyTorch",
    "orthogonal": "Orthog.",
}


def readable(kind: str, setting: str = "") -> str:
    """Return the name of a kind as it stands in a list of choices (of a setting)."""
    if (setting, kind) in _OF_SETTING:
        return _OF_SETTING[setting, kind]
    if kind in _LONG:
        return _LONG[kind]
    words = kind.replace("_", " ")
    return words[:1].upper() + words[1:]


def short(kind: str) -> str:
    """Return the name of a kind for a narrow table cell: ``Glorot U`` for the uniform one."""
    if kind in _SHORT:
        return _SHORT[kind]
    for suffix, letter in (("_uniform", "U"), ("_normal", "N")):
        if kind.endswith(suffix):
            return f"{readable(kind).partition(' (')[0]} {letter}"
    return readable(kind)


def in_sentence(title: str) -> str:
    """Return a title as it stands inside a sentence: ``learning rate``, but ``L1``."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title
