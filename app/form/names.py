"""Names for people: how a kind of the specification reads in a list, in a table, in a sentence."""

from __future__ import annotations

_LONG = {
    "sigmoid": "Sigmoid",
    "relu": "ReLU",
    "leaky_relu": "Leaky ReLU",
    "elu": "ELU",
    "selu": "SELU",
    "glorot_uniform": "Glorot (uniform)",
    "glorot_normal": "Glorot (normal)",
    "he_uniform": "He (uniform)",
    "he_normal": "He (normal)",
    "lecun_uniform": "LeCun (uniform)",
    "lecun_normal": "LeCun (normal)",
    "sgd": "SGD",
    "fashion_mnist": "Fashion-MNIST",
    "moons": "Two moons",
    "none": "None",
    "value": "By value",
    "norm": "By norm",
    "layer_norm": "By norm of each layer",
    "cpu": "CPU",
    "mps": "Apple GPU",
}


def readable(kind: str) -> str:
    """Return the name of a kind as it stands in a list of choices."""
    if kind in _LONG:
        return _LONG[kind]
    words = kind.replace("_", " ")
    return words[:1].upper() + words[1:]


def short(kind: str) -> str:
    """Return the name of a kind for a narrow table cell: ``Glorot U`` for the uniform one."""
    if kind == "leaky_relu":
        return "Leaky"
    for suffix, letter in (("_uniform", "U"), ("_normal", "N")):
        if kind.endswith(suffix):
            return f"{readable(kind).partition(' (')[0]} {letter}"
    return readable(kind)


def in_sentence(title: str) -> str:
    """Return a title as it stands inside a sentence: ``learning rate``, but ``L1``."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def number_text(value: float) -> str:
    """Return a number as people write it: 0.05, 1e-6, 64.

    Examples
    --------
    >>> number_text(0.05), number_text(1e-6), number_text(32.0)
    ('0.05', '1e-6', '32')
    """
    if isinstance(value, int):
        return str(value)
    text = f"{value:.12g}"
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if e else text
