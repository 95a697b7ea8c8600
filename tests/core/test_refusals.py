"""Every setting refuses what it cannot be, by its name; all settings are found by walking."""

import pytest

from core.errors import ExperimentError
from core.experiment import Experiment
from core.experiment.model import KINDS
from tests.core.settings_tree import HOMES, all_settings, document, just_outside

SETTINGS = all_settings()
every = pytest.mark.parametrize("setting", SETTINGS, ids=lambda one: one.title)


def problems(plain):
    with pytest.raises(ExperimentError) as info:
        Experiment.parse(plain)
    return {problem.field: problem for problem in info.value.problems}


def wrong_for(setting):
    """Return values of the wrong type."""
    if setting.annotation is int:
        return ["many", 1.5, [1], None, {"x": 1}]
    if setting.annotation is float:
        return ["much", [1.0], None, {"x": 1}, float("nan"), float("inf"), -float("inf")]
    if setting.annotation is bool:
        return ["perhaps", [True], 7, None, {"x": 1}]
    if setting.annotation is str:
        return [3, ["a"], None, {"x": 1}]
    if setting.choices:
        return ["no such", 3.5, ["a"], None, {"x": 1}]
    return [3, 1.5, None, [1]]


def test_the_walk_finds_every_kind_and_setting():
    titles = [one.title for one in SETTINGS]
    assert len(titles) == len(set(titles)) > 300
    for family, kinds in KINDS.items():
        assert family in HOMES
        for kind in kinds:
            assert Experiment.parse(document(HOMES[family], {"kind": kind}))


@every
def test_its_limits_are_kept(setting):
    for value in just_outside(setting):
        found = problems(setting.document(value))
        assert setting.path in found
        problem = found[setting.path]
        assert repr(value) in problem.message
        assert problem.hint
    if "max_length" in setting.limits and setting.annotation is str:
        found = problems(setting.document("a" * (setting.limits["max_length"] + 1)))
        assert setting.path in found
    if setting.limits.get("min_length"):
        assert setting.path in problems(setting.document(""))


@every
def test_what_its_limits_include_is_no_problem_of_it(setting):
    for name in ("ge", "le"):
        if name in setting.limits:
            try:
                Experiment.parse(setting.document(setting.limits[name]))
            except ExperimentError as error:  # it may not suit another setting
                assert "too" not in str(error)


@every
def test_the_wrong_type_is_refused(setting):
    for value in wrong_for(setting):
        found = problems(setting.document(value))
        fields = [
            field
            for field in found
            if field == setting.path or field.startswith(setting.path + ".")
        ]
        assert fields, (value, found)
        for field in fields:
            assert found[field].message
            assert found[field].hint, (value, found[field])


@pytest.mark.parametrize("family", KINDS)
def test_an_unknown_kind_gets_the_nearest(family):
    kind = next(iter(KINDS[family]))
    for value in ({"kind": f"{kind}x"}, f"{kind}x"):
        found = problems(document(HOMES[family], value))
        problem = found[f"{HOMES[family]}.kind"]
        assert f"'{kind}x' is not known" in problem.message
        assert problem.hint == f"Did you mean {kind}?"
    problem = problems(document(HOMES[family], {"kind": "qqq"}))[f"{HOMES[family]}.kind"]
    assert all(kind in problem.hint for kind in KINDS[family])


KIND_PLACES = [(HOMES[family], kind) for family, kinds in KINDS.items() for kind in kinds]


@pytest.mark.parametrize(("home", "kind"), KIND_PLACES, ids=lambda one: one)
def test_an_unknown_setting_of_a_kind_is_refused(home, kind):
    found = problems(document(home, {"kind": kind, "qqq": 1}))
    assert set(found) == {f"{home}.qqq"}
    assert "no such setting" in found[f"{home}.qqq"].message
    assert found[f"{home}.qqq"].hint


@every
def test_a_misspelt_setting_gets_the_right_name(setting):
    wrong = f"{setting.name}x"
    plain = document(setting.home, setting.part | {wrong: 1})
    path = f"{setting.home}.{wrong}" if setting.home else wrong
    problem = problems(plain)[path]
    assert problem.hint == f"Did you mean {setting.name}?"


@pytest.mark.parametrize("family", sorted(set(KINDS) - {"layers"}))
@pytest.mark.parametrize("value", [3, [1], None, True])
def test_a_choice_of_kinds_is_no_number_and_no_list(family, value):
    found = problems(document(HOMES[family], value))
    assert all(field.startswith(HOMES[family]) for field in found)
    assert all(problem.message for problem in found.values())
