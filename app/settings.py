"""What the window remembers between starts. Damaged settings never stop a start."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal

from platformdirs import user_config_path
from pydantic import BaseModel, ConfigDict, ValidationError

log = logging.getLogger(__name__)

MOST_RECENT = 10


class Settings(BaseModel):
    """Remembered choices; unknown fields of a newer version are ignored."""

    model_config = ConfigDict(extra="ignore")

    theme: Literal["dark", "light"] = "dark"
    geometry: str = ""
    """``QMainWindow.saveGeometry`` in base 64."""
    workspace: str = ""
    """Key of the workspace that was last shown."""
    layouts: dict[str, str] = {}
    """Where the views stand in each workspace, written by the grid of views with a version."""
    recent: list[str] = []
    """Experiment files that were opened or saved, the latest first."""

    def remember(self, file: Path) -> None:
        """Put a file at the top of the recent ones."""
        name = str(file)
        self.recent = [name, *(one for one in self.recent if one != name)][:MOST_RECENT]


def settings_file() -> Path:
    """Return where the settings are kept."""
    return user_config_path("gradoscope", appauthor=False) / "settings.json"


def load_settings(file: Path) -> tuple[Settings, str]:
    """Read the settings.

    Returns
    -------
    settings : Settings
        Defaults if there is no file or it is damaged.
    notice : str
        What to tell the user; empty if all is well. A damaged file is kept as ``.bad``.
    """
    try:
        return Settings.model_validate_json(file.read_bytes()), ""
    except FileNotFoundError:
        return Settings(), ""
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        log.warning("settings %s are damaged: %s", file, error)
        kept = file.with_suffix(".bad")
        try:
            file.replace(kept)
        except OSError:
            return Settings(), f"The settings in {file} cannot be read; defaults are used."
        return Settings(), f"The settings were damaged; defaults are used. The old file is {kept}."


def save_settings(settings: Settings, file: Path) -> str:
    """Write the settings by way of a temporary file; return what went wrong, or nothing."""
    temporary = file.with_name(f".~{file.name}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(settings.model_dump_json(indent=2), encoding="utf-8")
        temporary.replace(file)
    except OSError as error:
        log.warning("settings not saved: %s", error)
        return f"Settings were not saved: {error.strerror or error}."
    return ""
