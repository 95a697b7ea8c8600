"""The script's data: drawn by a recipe, or loaded from an archive beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from core.errors import LabError
from core.script.source import block, indented, prose, quoted
from core.script.toys import recipe_of

if TYPE_CHECKING:
    from pathlib import Path

    from core.script.plan import Plan

DataChoice = Literal["auto", "recipe", "npz"]


def choose(plan: Plan, choice: DataChoice) -> str | None:
    """Return the lines that draw the samples, or None if an archive has to hold them.

    Parameters
    ----------
    plan : Plan
    choice : {"auto", "recipe", "npz"}
        ``auto`` takes a recipe where there is a short one.

    Raises
    ------
    LabError
        If a recipe is wanted of data that have none.
    """
    data = plan.experiment.data
    kind = str(getattr(data, "kind", ""))
    chosen = data.classes.strip() or data.limit or data.label_noise or data.random_labels
    recipe = None if chosen or data.pca or choice == "npz" else recipe_of(data)
    if recipe is None and choice == "recipe":
        raise LabError(
            f"There is no short recipe for these data ({kind}).",
            hint="Recipes are for toys that are drawn whole, without PCA; use --data npz.",
            field="data",
        )
    return recipe


def loader(plan: Plan, recipe: str | None, archive: str) -> str:
    """Return the function ``load_data``.

    Parameters
    ----------
    plan : Plan
    recipe : str or None
        From :func:`choose`.
    archive : str
        Name of the file beside the script, where there is no recipe.
    """
    return _drawn(plan, recipe) if recipe is not None else _loaded(plan, archive)


def save(plan: Plan, path: Path) -> None:
    """Write the prepared samples, images in their shape, as float32 and int64."""
    samples = plan.samples
    arrays = {"x_train": samples.x_train, "y_train": samples.y_train}
    if plan.validates:
        arrays |= {"x_validation": samples.x_validation, "y_validation": samples.y_validation}
    for name in ("x_train", "x_validation"):
        if name in arrays:
            arrays[name] = arrays[name].reshape(-1, *plan.shape)
    temporary = path.with_name(f".~{path.name}")
    with temporary.open("wb") as file:
        np.savez(file, **arrays)
    temporary.replace(path)


def _loaded(plan: Plan, archive: str) -> str:
    names = ["x_train", "y_train", *(["x_validation", "y_validation"] if plan.validates else [])]
    return block('''
        {what}
        def load_data() -> list[Tensor]:
            """Return the prepared samples that lie beside this script."""
            names = ({names})
            with np.load(Path(__file__).with_name({archive})) as arrays:
                return [torch.from_numpy(arrays[name]) for name in names]
        ''').format(
        what=prose(plan.samples.text, "# "),
        names=", ".join(map(quoted, names)),
        archive=quoted(archive),
    )


def _drawn(plan: Plan, recipe: str) -> str:
    data = plan.experiment.data
    parts = [
        block('''
            {what}
            def load_data() -> list[Tensor]:
                """Draw the samples and prepare them."""
                rng = np.random.default_rng([SEED, 1])
            ''').format(what=prose(plan.samples.text, "# ")),
        indented(recipe),
    ]
    training = "x"
    if plan.validates:
        parts.append(indented(_split(plan)))
        training = "x[~validation]"
    if data.scale == "minus_one_one":
        parts.append(indented(_to_minus_one_one(training)))
    if data.standardize:
        parts.append(
            indented(
                f"mean, std = {training}.mean(axis=0), {training}.std(axis=0)\nx = (x - mean) / std"
            )
        )
    kind = "np.int64" if plan.samples.class_names else "np.float32"
    parts.append(indented(f"x, y = x.astype(np.float32), y.astype({kind})"))
    arrays = "x, y"
    if plan.validates:
        arrays = "x[~validation], y[~validation], x[validation], y[validation]"
    parts.append(indented(f"arrays = ({arrays})"))
    parts.append(indented("return [torch.from_numpy(array) for array in arrays]"))
    return "\n".join(parts)


def _split(plan: Plan) -> str:
    share = plan.experiment.data.validation
    if not plan.samples.class_names:
        return block(f"""
            validation = np.zeros(len(x), bool)
            validation[rng.permutation(len(x))[: round({share!r} * len(x))]] = True
            """)
    return block(f"""
        validation = np.zeros(len(x), bool)  # the same share of every class
        for label in np.unique(y):
            members = rng.permutation(np.flatnonzero(y == label))
            count = min(round({share!r} * len(members)), len(members) - 1)
            validation[members[:count]] = True
        """)


def _to_minus_one_one(training: str) -> str:
    return (
        f"low, high = {training}.min(axis=0), {training}.max(axis=0)\n"
        "x = (x - (low / 2 + high / 2)) / (high / 2 - low / 2)"
    )
