"""Load PyTorch and the parts that it imports late, so that the first Run does not stall."""

from __future__ import annotations

import importlib
import sys

CURVES = "core.network.activations"
"""What computes curves of activations; it imports PyTorch."""


def load_curves() -> None:
    """Import what computes curves; takes a second or two, so not on the main thread."""
    importlib.import_module(CURVES)


def has_curves() -> bool:
    """Return whether curves can be computed without a wait."""
    module = sys.modules.get(CURVES)
    return module is not None and not getattr(module.__spec__, "_initializing", False)


def warm_up() -> None:
    """Import torch and make one small training step; takes seconds, so not on the main thread."""
    from core.devices import available_devices
    from core.engine.autograd import AutogradEngine
    from core.experiment import Experiment
    from core.record import Parts

    available_devices()
    experiment = Experiment.parse(
        {
            "data": {"kind": "moons", "samples": 64},
            "network": {"layers": [{"units": 4}]},
            "training": {"batch_size": 16},
        }
    )
    engine = AutogradEngine(experiment)
    engine.advance(max_steps=1, seconds=10.0)
    engine.frame(Parts.ALL)
