"""Which devices there are, and which one a run takes."""

from __future__ import annotations

import torch

from core.errors import DeviceError


def configure_threads() -> None:
    """Compute on one CPU thread: sums keep their order, so results repeat to the bit.

    Small networks are also fastest so; the other cores draw the window.
    """
    torch.set_num_threads(1)


def available_devices() -> list[tuple[str, str]]:
    """Return (value of ``training.device``, name for people) of every usable device."""
    found = [("cpu", "CPU")]
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            found.append((f"cuda:{index}", torch.cuda.get_device_name(index)))
    if torch.backends.mps.is_available():
        found.append(("mps", "Apple GPU (MPS)"))
    return found


GPU_PAYS_FROM = 100_000_000
"""Multiply-adds a step from which ``auto`` takes a GPU: below, launching costs more."""


def resolve_device(wanted: str, multiply_adds: int = 0) -> torch.device:
    """Return the device for a specification's ``training.device``.

    Parameters
    ----------
    wanted : str
        ``auto``, ``cpu``, ``cuda``, ``cuda:n`` or ``mps``. ``auto`` takes a GPU if there is one
        and the network is large; small ones run faster, and to the bit repeatably, on the CPU.
    multiply_adds : int
        Of one forward pass over one batch: weights times batch size.

    Raises
    ------
    DeviceError
        If this machine has no such device.
    """
    names = [value for value, _ in available_devices()]
    if wanted == "auto":
        gpus = [name for name in names if name != "cpu"]
        wanted = gpus[0] if gpus and multiply_adds >= GPU_PAYS_FROM else "cpu"
    if wanted == "cuda" and "cuda:0" in names:
        wanted = "cuda:0"
    if wanted in names:
        return torch.device(wanted)
    raise DeviceError(
        f"There is no device {wanted!r} on this machine.",
        hint=f"Available: auto, {', '.join(names)}.",
        field="training.device",
    )
