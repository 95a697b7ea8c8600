"""The page of the gallery, written from the scenes."""

from __future__ import annotations

from app.gallery.runs import BY_KEY, DemoRun
from app.gallery.scenes import SCENES, TOOLS, WINDOWS, Picture, Scene
from app.views import VIEWS
from core import catalogue

IMAGES = "images/gallery"
_TITLES = {view.key: view.title for view in VIEWS}
_HEAD = """\
# Gallery

Every view of Gradoscope, dark and light. All pictures are of real runs and are made by the app:

```
python -m app --gallery docs
```

This trains the six short runs listed [at the end](#runs), paints the pictures off screen, and
writes this page; it takes about a minute. Seeds and snapshots are fixed, so that a picture changes
only if what it shows has changed.
"""


def markdown() -> str:
    """Return the page."""
    parts = [_HEAD, "## Views\n", *map(_view, SCENES)]
    parts += ["## Windows\n", _WINDOWS, *map(_window, WINDOWS)]
    parts += ["## Tools\n", *map(_tool, TOOLS)]
    parts += ["## Runs\n", _RUNS, *(f"\n{_run(run)}" for run in BY_KEY.values())]
    return "\n".join(parts)


_WINDOWS = f"""\
The window in the theme that you read this in, with run `swap` (`{BY_KEY["swap"].command}`) and
run `relu` pinned.
"""
_RUNS = """\
The name of a run stands below its pictures; runs of your own have random names. The commands open
the window with the same run; in the window, Compare with this run (Ctrl+P) pins one.
"""


def _view(scene: Scene) -> str:
    run = BY_KEY[scene.run]
    title = _TITLES[scene.view] + (" over time" if scene.name else "")
    pinned = f", compared with `{scene.reference}`" if scene.reference else ""
    where = "" if run.experiment in _OF_NO_LAYER else f", layer {scene.layer} chosen"
    return f"""\
### {title}

**{scene.question}**

{_both(scene.file, title)}

{scene.reading}

{scene.seen}

*Run `{run.key}`{pinned}{where}: {_of(run)}.*
"""


_OF_NO_LAYER = frozenset({"two-moons", "fashion-batch-norm"})


def _of(run: DemoRun) -> str:
    experiment = catalogue.load(run.experiment)
    return f"“{experiment.name}”, seed {experiment.seed}, step {run.steps}"


def _both(name: str, title: str) -> str:
    cells = "".join(
        f'<td width="50%"><img src="{IMAGES}/{name}-{theme}.png" alt="{title}, {theme}"></td>'
        for theme in ("dark", "light")
    )
    return f"<table><tr>{cells}</tr></table>"


def _window(picture: Picture) -> str:
    dark, light = (f"{IMAGES}/{picture.file}-{theme}.png" for theme in ("dark", "light"))
    return f"""\
### {picture.title}

{picture.words}

<picture><source media="(prefers-color-scheme: light)" srcset="{light}">
<img src="{dark}" alt="{picture.title}"></picture>

[dark]({dark}) · [light]({light})
"""


def _tool(picture: Picture) -> str:
    return f"""\
### {picture.title}

{picture.words}

{_both(picture.file, picture.title)}
"""


def _run(run: DemoRun) -> str:
    return f"- `{run.key}`: {_of(run)}\n\n  ```\n  {run.command}\n  ```\n"
