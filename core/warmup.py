"""Load PyTorch and the parts that it imports late, so that the first Run does not stall."""

from __future__ import annotations


def warm_up() -> None:
    """Import torch and make one small training step; takes seconds, so not on the main thread.

    The first call of an optimiser imports ``torch._dynamo`` (about 1.2 s).
    """
    from core.devices import available_devices
    from core.engine.autograd import AutogradEngine
    from core.experiment import Experiment

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
    engine.frame()
