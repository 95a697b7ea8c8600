"""What is said of settings: one entry for each, short, and true of what is computed."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any, Literal, get_args, get_origin

from core.experiment import KINDS, Experiment
from core.experiment.fields import Part
from core.experiment.help import HELP, help_on_field, help_on_kind

LONGEST = 140
"""Characters, as for quantities."""


def parts_in(annotation: Any) -> list[type[Part]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return [annotation]
    return [part for one in get_args(annotation) for part in parts_in(one)]


def models_in(model: type[Part], found: dict[type[Part], None] | None = None) -> list[type[Part]]:
    """Return a model and all below it."""
    found = {} if found is None else found
    if model not in found:
        found[model] = None
        for info in model.model_fields.values():
            for part in parts_in(info.annotation):
                models_in(part, found)
    return list(found)


MODELS = models_in(Experiment)
KIND_MODELS = {model for kinds in KINDS.values() for model in kinds.values()}


def is_set_by_people(model: type[Part], name: str) -> bool:
    """Tell whether a field is a setting: no mark of its kind, and not only a place for others."""
    annotation = model.model_fields[name].annotation
    if get_origin(annotation) is Literal and len(get_args(annotation)) == 1:
        return False
    parts = parts_in(annotation)
    in_a_list = get_origin(annotation) is tuple
    return not in_a_list and all(part in KIND_MODELS for part in parts)


SETTINGS = [
    (model, name)
    for model in MODELS
    for name in model.model_fields
    if is_set_by_people(model, name)
]


def test_the_walk_finds_the_settings():
    names = {(model.__name__, name) for model, name in SETTINGS}
    assert {("Adam", "beta1"), ("Dense", "dropout"), ("Moons", "pca")} <= names
    assert {("Rescaled", "inner"), ("ClipNorm", "limit"), ("Experiment", "seed")} <= names
    assert len(names) > 300


def test_every_setting_has_an_entry():
    missing = [(one.__name__, name) for one, name in SETTINGS if help_on_field(one, name) is None]
    assert not missing


def test_every_kind_has_an_entry():
    assert not [model.__name__ for model in KIND_MODELS if help_on_kind(model) is None]


def test_every_entry_has_its_setting():
    bases = {base for model in MODELS for base in model.__mro__ if issubclass(base, Part)}
    fields = {f"{base.__name__}.{name}" for base in bases for name in base.model_fields}
    kinds = {model.__name__ for model in KIND_MODELS}
    assert HELP.keys() <= fields | kinds


def test_names_of_models_are_told_apart():
    names = [model.__name__ for model in MODELS]
    assert len(set(names)) == len(names)


def test_texts_are_there_short_and_without_stray_blanks():
    for key, entry in HELP.items():
        assert entry.reading, key
        assert entry.misleads, key
        for text in (entry.formula, entry.reading, entry.misleads, entry.source):
            assert text == " ".join(text.split()), key
            assert len(text) <= LONGEST, key


def test_sentences_end_and_formulas_do_not():
    for key, entry in HELP.items():
        assert entry.reading.endswith("."), key
        assert entry.misleads.endswith("."), key
        assert not entry.formula.endswith("."), key
        assert not entry.source.endswith("."), key


def test_a_source_has_a_year_or_is_documentation():
    for key, entry in HELP.items():
        if entry.source:
            known = r"(19|20)\d\d|^(PyTorch|Keras|NumPy)\b|MNIST database$"
            assert re.search(known, entry.source), key


def test_a_kind_that_computes_has_a_formula():
    for model in (one for group in KINDS.keys() - {"data"} for one in KINDS[group].values()):
        entry = help_on_kind(model)
        assert entry is not None
        assert entry.formula, model.__name__


def test_help_comes_without_torch():
    code = "import sys, core.experiment.help; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
