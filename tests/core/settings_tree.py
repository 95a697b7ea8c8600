"""Every setting there is, found by walking the models: where it stands, and what it allows."""

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from core.experiment.layers import Output
from core.experiment.model import KINDS, Experiment
from core.experiment.network import NetworkSpec
from core.experiment.training import Training

HOMES = {
    "data": "data",
    "activation": "network.layers.0.activation",
    "inner": "network.layers.0.activation.inner",
    "init": "network.layers.0.init",
    "bias_init": "network.layers.0.bias_init",
    "layers": "network.layers.0",
    "batch_norm": "network.layers.0.batch_norm",
    "layer_norm": "network.layers.0.layer_norm",
    "input_norm": "network.input_norm",
    "penalty": "network.layers.0.penalty",
    "loss": "training.loss",
    "optimizer": "training.optimizer",
    "schedule": "training.schedule",
    "early_stopping": "training.early_stopping",
    "clip": "training.clip",
    "measuring": "measuring",
}
"""Family of kinds -> the path of a setting that is such a choice."""


def document(path, value):
    """Return the smallest plain experiment with this value at this path."""
    plain = {"network": {"layers": [{"kind": "dense"}]}}
    if path.startswith(f"{HOMES['inner']}"):
        plain["network"]["layers"][0]["activation"] = {"kind": "rescaled"}
    if not path:
        return plain | value
    node, parts = plain, path.split(".")
    for part in parts[:-1]:
        node = node[int(part)] if isinstance(node, list) else node.setdefault(part, {})
    last = parts[-1]
    node[int(last) if isinstance(node, list) else last] = value
    return plain


@dataclass(frozen=True)
class Setting:
    """One field of one kind.

    Attributes
    ----------
    home : str
        Path of the part that has the field.
    part : dict
        The part, plain, with its kind if it has one.
    name : str
        As files spell it.
    """

    home: str
    part: dict
    name: str
    annotation: Any
    limits: dict

    @property
    def path(self):
        return f"{self.home}.{self.name}" if self.home else self.name

    @property
    def title(self):
        return f"{self.path} of {self.part['kind']}" if "kind" in self.part else self.path

    def document(self, value):
        """Return an experiment in which this setting has this value."""
        return document(self.home, self.part | {self.name: value})

    @property
    def choices(self):
        return get_args(self.annotation) if get_origin(self.annotation) is Literal else ()

    @property
    def family(self):
        """The family of kinds that it chooses from, or an empty string."""
        return self.name if self.name in KINDS and self.name != "layers" else ""


def limits_of(info):
    """Return ge, gt, le, lt, min_length, max_length as far as the field has them."""
    names = ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern")
    return {
        name: getattr(one, name)
        for one in info.metadata
        for name in names
        if getattr(one, name, None) is not None
    }


def settings_of(model, home, part):
    for name, info in model.model_fields.items():
        if name != "kind":
            yield Setting(home, part, info.alias or name, info.annotation, limits_of(info))


def all_settings():
    """Return every setting of every kind."""
    found = [*settings_of(Experiment, "", {})]
    for model, home in (
        (NetworkSpec, "network"),
        (Output, "network.output"),
        (Training, "training"),
    ):
        found += settings_of(model, home, {})
    for family, kinds in KINDS.items():
        for kind, model in kinds.items():
            found += settings_of(model, HOMES[family], {"kind": kind})
    return found


def just_outside(setting):
    """Return the nearest values that the limits exclude."""
    limits, whole = setting.limits, setting.annotation is int
    values = []
    if "ge" in limits:
        values.append(limits["ge"] - 1 if whole else math.nextafter(limits["ge"], -math.inf))
    if "le" in limits:
        values.append(limits["le"] + 1 if whole else math.nextafter(limits["le"], math.inf))
    values += [limits[name] for name in ("gt", "lt") if name in limits]
    return values
