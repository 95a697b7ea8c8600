"""The gallery in the documentation: every view, light and dark, painted from real runs."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

SCREEN = {
    "name": "gallery",
    "x": 0,
    "y": 0,
    "width": 1440,
    "height": 900,
    "logicalDpi": 96,
    "logicalBaseDpi": 96,
    "dpr": 1,
}
"""What windows believe to stand on: a presentation fills it."""


def build(folder: Path) -> int:
    """Train the runs, paint all pictures, write the page; return the exit code.

    Parameters
    ----------
    folder : Path
        Gets ``gallery.md`` and ``images/gallery/*.png``. Pictures there that do not belong to the
        gallery any more are removed.
    """
    with tempfile.TemporaryDirectory() as place:
        screen = Path(place) / "screen.json"
        screen.write_text(json.dumps({"screens": [SCREEN]}), encoding="utf-8")
        os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={screen}"
        os.environ.pop("QT_SCALE_FACTOR", None)
        from app.application import LabApplication

        application = LabApplication(sys.argv[:1])
    application.setQuitOnLastWindowClosed(False)
    try:
        _build(folder)
    finally:
        application.restore()
    return 0


def _build(folder: Path) -> None:
    from app.gallery import page, pictures
    from app.gallery.indexed import save
    from app.gallery.runs import RUNS, train
    from app.gallery.scenes import SCENES

    images = folder / "images" / "gallery"
    images.mkdir(parents=True, exist_ok=True)
    records = {}
    for run in RUNS:
        _say(f"training {run.key}: {run.experiment}, {run.steps} steps")
        records[run.key] = train(run)
    written = set()
    for theme in pictures.THEMES:
        _say(f"painting, {theme}")
        views = ((one.file, pictures.of_view(one, records, theme)) for one in SCENES)
        windows = pictures.of_windows(records["swap"], records["relu"], theme)
        for name, picture in (*views, *windows, *pictures.of_tools(records["sigm"], theme)):
            file = images / f"{name}-{theme}.png"
            save(picture, file)
            written.add(file)
    for file in images.glob("*.png"):
        if file not in written:
            file.unlink()
    size = sum(file.stat().st_size for file in written)
    (folder / "gallery.md").write_text(page.markdown(), encoding="utf-8")
    _say(f"{len(written)} pictures, {size / 2**20:.1f} MB, in {images}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
