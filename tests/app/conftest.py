"""What the tests of the window share."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeDatabase


@pytest.fixture(scope="session", autouse=True)
def _file_types() -> None:
    """Let Qt open its table of file types, which it keeps open, before any test is watched."""
    QMimeDatabase().mimeTypeForFile("experiment.toml").name()
