"""From an experiment to the files of its script."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from core import __version__
from core.errors import LabError
from core.script import data, loop, network, objective, rates, updates, weights
from core.script.plan import make_plan
from core.script.source import block, prose
from core.store.export import prepare_folder

if TYPE_CHECKING:
    from pathlib import Path

    from core.experiment import Experiment
    from core.script.data import DataChoice
    from core.script.plan import Plan

_IMPORTS = (
    ("import argparse", r"\bargparse\."),
    ("import copy", r"\bcopy\."),
    ("import math", r"\bmath\."),
    ("from pathlib import Path", r"\bPath\("),
)
_TAKEN = sys.stdlib_module_names | {"torch", "numpy"}


def export_script(experiment: Experiment, path: Path, choice: DataChoice = "auto") -> list[Path]:
    """Write an experiment as one runnable PyTorch script, and its data beside it if need be.

    The script needs PyTorch and NumPy, and nothing of the laboratory. It draws the same weights,
    batches and masks, so that its losses are those of the run, up to rounding.

    Parameters
    ----------
    experiment : Experiment
    path : Path
        Of the script; its name ends in ``.py``.
    choice : {"auto", "recipe", "npz"}
        Whether toy data are drawn by the script or saved; ``auto`` draws what has a short recipe.

    Returns
    -------
    list of Path
        The files written: the script and, unless it draws its data, an archive ``NAME-data.npz``.

    Raises
    ------
    LabError
        If the name does not do, the folder cannot be written, the data are not to be had, or a
        run of the experiment would be refused too.
    """
    _check_name(path)
    plan = make_plan(experiment)
    recipe = data.choose(plan, choice)
    archive = path.with_name(f"{path.stem}-data.npz")
    text = script_text(plan, recipe, path.name, archive.name)
    prepare_folder(path.parent)
    temporary = path.with_name(f".~{path.name}")
    try:
        if recipe is None:
            data.save(plan, archive)
        temporary.write_text(text, encoding="utf-8", newline="\n")
        temporary.replace(path)
    except OSError as error:
        raise LabError(
            f"{str(path)!r} cannot be written ({error.strerror or error}).",
            hint="Choose another file.",
        ) from None
    return [path] if recipe is not None else [path, archive]


def script_text(plan: Plan, recipe: str | None, name: str, archive: str) -> str:
    """Return the script.

    Parameters
    ----------
    plan : Plan
    recipe : str or None
        From :func:`core.script.data.choose`.
    name, archive : str
        Names of the two files.
    """
    definitions = [
        data.loader(plan, recipe, archive),
        *network.definitions(plan),
        *weights.definitions(plan),
        objective.loss_definition(plan),
        *objective.penalty_definitions(plan),
        *updates.clip_definitions(plan),
        *rates.rate_definitions(plan),
        *loop.definitions(plan),
        'if __name__ == "__main__":\n    main()',
    ]
    body = "\n\n\n".join(definitions)
    imports = [line for line, pattern in _IMPORTS if re.search(pattern, body)]
    head = [
        _docstring(plan.experiment, name),
        "\n".join(imports),
        "import numpy as np\nimport torch\nimport torch.nn.functional as F\n"
        "from torch import Tensor, nn",
        _constants(plan, body),
    ]
    return "\n\n".join(head) + f"\n\n\n{body}\n"


def _docstring(experiment: Experiment, name: str) -> str:
    about = [prose(experiment.name), prose(experiment.description)]
    written = block(f"""
        Written by Gradoscope {__version__}, whose run of this experiment it repeats: the same data,
        weights and batches, and so the same losses up to rounding. It needs PyTorch and NumPy.
        """)
    usage = f"    python {prose(name)} --steps 50 --print-losses"
    return '"""' + "\n\n".join(filter(None, [*about, written, usage])) + '\n"""'


def _constants(plan: Plan, body: str) -> str:
    training = plan.experiment.training
    lines = [
        f"SEED = {plan.experiment.seed}",
        f"BATCH_SIZE = {plan.batch_size}",
        f"STEPS = {plan.steps}  # {plan.steps / plan.steps_per_epoch:g} epochs",
        f"LEARNING_RATE = {training.optimizer.lr!r}",
    ]
    if re.search(r"\bSTEPS_PER_EPOCH\b", body):
        lines.insert(2, f"STEPS_PER_EPOCH = {plan.steps_per_epoch}")
    return "\n".join(lines)


def _check_name(path: Path) -> None:
    if path.suffix != ".py" or path.is_dir():
        raise LabError(
            f"{str(path)!r} cannot be the script's name.",
            hint="Give it the name of a file that ends in .py, such as script.py.",
        )
    if path.stem in _TAKEN:
        raise LabError(
            f"A script named {path.name!r} would hide Python's {path.stem!r} from itself.",
            hint="Choose another name, such as script.py.",
        )
