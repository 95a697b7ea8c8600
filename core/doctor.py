"""What is installed, which devices there are, and what is wrong with them."""

from __future__ import annotations

import platform
import sys
from importlib import metadata

_PACKAGES = (
    "torch",
    "numpy",
    "pydantic",
    "tomli-w",
    "platformdirs",
    "PySide6-Essentials",
    "shiboken6",
    "pyqtgraph",
    "qasync",
)
_WINDOW_ONLY = ("PySide6-Essentials", "shiboken6", "pyqtgraph", "qasync")


def binding_problem(version: str, python: tuple[int, int]) -> str:
    """Return why this PySide6 must not be used with this Python, or an empty string.

    Examples
    --------
    >>> binding_problem("6.10.3", (3, 11))
    ''
    """
    numbers = tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
    if numbers[:2] >= (6, 12) and python < (3, 12):
        return (
            f"PySide6 {version} ends the process on Python {python[0]}.{python[1]} "
            "(it loses references to None). Install PySide6-Essentials 6.10.3."
        )
    if numbers in ((6, 11, 0), (6, 11, 1)):
        return (
            f"PySide6 {version} cannot dock panels again once they float. "
            "Install PySide6-Essentials 6.10.3."
        )
    return ""


def examine() -> tuple[list[str], list[str]]:
    """Return lines that describe the installation, and the problems found."""
    lines = [
        f"gradoscope  {_version('gradoscope') or 'not installed, running from a folder'}",
        f"Python      {platform.python_version()} on {platform.platform()}",
    ]
    problems: list[str] = []
    for name in _PACKAGES:
        version = _version(name)
        lines.append(f"{name:<19} {version or 'missing'}")
        if version is None:
            need = "the window needs it" if name in _WINDOW_ONLY else "nothing runs without it"
            problems.append(f"{name} is missing: {need}. Run python3 packaging/dev.py setup.")
    binding = _version("PySide6-Essentials")
    if binding:
        problem = binding_problem(binding, sys.version_info[:2])
        lines.append(f"Qt binding          {'not usable' if problem else 'good'}")
        problems.extend([problem] if problem else [])
    if _version("torch"):
        lines.extend(_devices(problems))
    return lines, problems


def _devices(problems: list[str]) -> list[str]:
    try:
        from core.devices import available_devices
    except (ImportError, OSError) as error:
        problems.append(f"PyTorch does not load: {error}")
        return []
    return [f"device      {value}  {name}" for value, name in available_devices()]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
