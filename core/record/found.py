"""Where a run first left the finite numbers."""

from __future__ import annotations

from dataclasses import dataclass

_OF = {
    "weights": "the weights",
    "bias": "the biases",
    "norm": "scale or shift of the normalisation",
    "slope": "the learned slope",
    "statistics": "the running statistics of the normalisation",
    "input": "the input",
    "normalised input": "the normalised input",
    "pooled": "the pooled input",
    "sum": "the sums before normalisation",
    "z": "z",
    "activation": "the activations",
    "output": "the outputs",
    "loss": "the loss",
    "penalty": "the penalty",
    "delta": "delta",
    "gradient": "the gradient",
    "moment": "the optimiser's memory",
    "update": "the update",
}
"""Name of a quantity -> the words for it."""


@dataclass(frozen=True, slots=True)
class Found:
    """The first value that is not finite.

    Attributes
    ----------
    step : int
        Row of the columns; an update belongs to the step that made it.
    layer : int or None
        From 1 at the input; None for what belongs to none.
    name : str
        What it is a value of:

        - of the forward pass "input", "normalised input", "pooled", "sum" (before
          normalisation), "z", "activation", "output", "statistics" (that batch norm keeps);
        - "loss" (of a sample, or of all) and "penalty";
        - of the backward pass "delta" and "gradient" (first without, then with penalties);
        - "moment" (what the optimiser remembers) and "update" (parameters after it);
        - "weights", "bias", "norm", "slope": parameters that no update made so: as drawn.
    kind : {"NaN", "+Inf", "-Inf"}
    sample : int or None
        Row of the training set, from 0; None for what belongs to no sample.
    unit : int or None
        Unit, channel or feature, from 0.
    count, of : int
        How many of these values are not finite, and how many there are.
    exact : bool
        Whether the steps before were made again to the bit and found finite. Otherwise only the
        last step was looked at.
    earlier : bool
        Whether it was there already when the oldest step that could be made again began.
    """

    step: int
    layer: int | None
    name: str
    kind: str
    sample: int | None = None
    unit: int | None = None
    count: int = 1
    of: int = 1
    exact: bool = True
    earlier: bool = False

    @property
    def value(self) -> str:
        """What it is, written as numbers are in pictures: ``NaN``, ``∞`` or ``−∞``."""
        return {"+Inf": "∞", "-Inf": "−∞"}.get(self.kind, self.kind)

    @property
    def place(self) -> str:
        """Such as ``z of layer 3``."""
        text = _OF.get(self.name, self.name)
        return text if self.layer is None else f"{text} of layer {self.layer}"

    @property
    def detail(self) -> str:
        """Such as ``unit 18, training sample 403``, counted from 1; empty if there is none."""
        unit = "feature" if self.name in ("input", "normalised input") else "unit"
        parts = [f"{unit} {self.unit + 1:,}"] if self.unit is not None else []
        if self.sample is not None:
            parts.append(f"training sample {self.sample + 1:,}")
        return ", ".join(parts)

    def sentence(self, diverged: int) -> str:
        """Say it to people.

        Parameters
        ----------
        diverged : int
            Step whose loss is not finite.
        """
        when = "" if self.step == diverged else f" at step {self.step:,}"
        if self.earlier:
            when += " or before"
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.value} first in {self.place}{when}{detail}."
