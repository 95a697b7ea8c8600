"""Experiments drawn at random from all settings: they come back from files, and they run.

A draw over all fields of all kinds: what is added to the specification is drawn here by itself.
"""

from collections import Counter

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.engine.autograd import AutogradEngine
from core.errors import ExperimentError, LabError
from core.experiment import Experiment, differences, to_toml
from core.experiment.layers import Output
from core.experiment.model import KINDS
from core.experiment.network import NetworkSpec
from core.experiment.toml import parse_toml
from core.experiment.training import Training
from core.measure import EVALUATIONS, LAYER_QUANTITIES, SCALARS
from core.measure.missing import not_measured
from tests.core.settings_tree import settings_of

FREE = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
HUGE = 1e300


def number(setting, extreme):
    """Draw a number that the setting allows: mostly ordinary ones, unless it shall be extreme."""
    limits, whole = setting.limits, setting.annotation is int
    low, high = limits.get("ge", limits.get("gt")), limits.get("le", limits.get("lt"))
    if whole:
        return st.integers(-(2**63) if low is None else low, 2**63 - 1 if high is None else high)
    widest = (-HUGE if low is None else low, HUGE if high is None else high)
    usual = (max(widest[0], -3.0), min(widest[1], 3.0))
    least, most = widest if extreme else usual
    return st.floats(
        least, most, exclude_min=least == limits.get("gt"), exclude_max=most == limits.get("lt")
    )


def value_of(setting, small, extreme):
    """Draw a value of any setting; ``small`` holds draws for those that may cost much."""
    known = small.get(f"{setting.part.get('kind', '')}.{setting.name}", small.get(setting.name))
    if known is not None:
        return known
    if setting.annotation in (int, float):
        return number(setting, extreme)
    if setting.annotation is bool:
        return st.booleans()
    if setting.annotation is str:
        return FREE
    if setting.choices:
        return st.sampled_from(setting.choices)
    return kind_of(setting.family, small, extreme)


def part_of(model, part, small, extreme):
    """Draw the fields of a part, each present or left to its default."""
    drawn = {one.name: value_of(one, small, extreme) for one in settings_of(model, "", part)}
    fixed = {name: st.just(value) for name, value in part.items()}
    return st.fixed_dictionaries(fixed, optional=drawn)


def kind_of(family, small, extreme):
    kinds = small.get(f"kinds of {family}", list(KINDS[family]))
    return st.sampled_from(kinds).flatmap(
        lambda kind: part_of(KINDS[family][kind], {"kind": kind}, small, extreme)
    )


def experiments(small, extreme):
    layers = st.lists(kind_of("layers", small, extreme), max_size=4)
    inside = small | {
        "layers": layers,
        "output": part_of(Output, {}, small, extreme),
    }
    outer = inside | {
        "schema": st.just(1),
        "name": FREE.filter(bool),
        "network": part_of(NetworkSpec, {}, inside, extreme),
        "training": part_of(Training, {}, small, extreme),
    }
    return part_of(Experiment, {}, outer, extreme)


DEVICES = {"device": st.sampled_from(["auto", "cpu", "mps", "cuda", "cuda:0", "cuda:12"])}
FORMULAS = {"expression": st.sampled_from(["sin(3*x)", "x1 * x2", "exp(x) / (1 + x**2)", "log(x)"])}
ANYTHING = experiments(DEVICES | FORMULAS, extreme=True)

FAST = (
    FORMULAS
    | {"device": st.just("cpu")}
    | {
        "repeat": st.integers(1, 2),
        "units": st.integers(1, 9),
        "channels": st.integers(1, 4),
        "kernel": st.integers(1, 5),
        "stride": st.integers(1, 3),
        "size": st.integers(1, 4),
        "samples": st.integers(10, 40),
        "limit": st.sampled_from([0, 2, 20, 60]),
        "classes": st.sampled_from(["", "", "0, 1", "nonsense"]),
        "batch_size": st.sampled_from([1, 2, 5, 16, 1_000_000]),
        "arms": st.integers(2, 5),
        "digits.limit": st.sampled_from([3, 30, 60]),
        "kinds of data": [
            *["digits", "digits", "digits", "moons", "circles", "spirals", "xor", "blobs"],
            *["checkerboard", "sine", "plane", "formula", "csv"],
        ],
    }
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(ANYTHING)
def test_an_experiment_of_any_settings_comes_back_from_its_file(plain):
    experiment = valid(plain)
    again = parse_toml(to_toml(experiment))
    assert differences(experiment, again) == ()
    assert again.network.expanded() == experiment.network.expanded()
    assert again.plain() | {"network": None} == experiment.plain() | {"network": None}
    assert again.network.output == experiment.network.output
    assert to_toml(again) == to_toml(experiment)
    assert Experiment.parse(experiment.plain()) == experiment


def valid(plain):
    """Return the experiment, unless two of its settings do not suit each other."""
    try:
        return Experiment.parse(plain)
    except ExperimentError as error:
        assert all(one.field and one.message for one in error.problems)
        assume(False)


def three_steps(plain):
    """Build and train; return what became of it, having checked that it is told properly."""
    try:
        experiment = Experiment.parse(plain)
        engine = AutogradEngine(experiment)
    except LabError as error:
        assert error.field
        assert error.message
        return "refused"
    before = engine.network.theta.clone()
    block = engine.advance(3, 1000.0)
    assert block.stopped == ""
    assert set(block.scalars) == set(SCALARS)
    assert set(block.layers) == set(LAYER_QUANTITIES)
    assert len(EVALUATIONS) == 2
    for values in block.scalars.values():
        assert values.shape == (block.n,)
    for values in block.layers.values():
        assert values.shape == (block.n, len(engine.facts.layers))
    every = plain.get("measuring", {"kind": "every_step"})["kind"] == "every_step"
    assert engine.frame().step == block.n - 1 or not every
    assert np.isfinite(block.scalars["loss"][:-1]).all()
    assert np.isfinite(block.scalars["loss"][-1]) != block.diverged
    if block.diverged:
        return "diverged"
    assert block.n == 3
    # Signals behind a finite loss are finite, and shares are shares.
    for name in ("loss_data", "loss_penalty"):
        assert not np.isnan(block.scalars[name]).any(), name
    watched = ~not_measured(block.layers["activation_norm"]).any(axis=1)
    assert watched[0]
    assert watched.all() or not every
    for name in ("saturated_fraction", "dead_fraction"):
        shares = block.layers[name][watched]
        assert ((shares >= 0) & (shares <= 1)).all(), name
    assert not np.isnan(block.layers["activation_norm"][watched]).any()
    assert engine.network.theta.shape == before.shape
    return "trained"


def test_a_network_of_ordinary_settings_trains_or_says_what_is_wrong():
    outcomes = Counter()

    @settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
    @given(experiments(FAST, extreme=False))
    def each(plain):
        outcomes[three_steps(plain)] += 1

    each()
    # Else this would show little.
    assert outcomes["trained"] > 0.3 * outcomes.total()
    assert outcomes["refused"] > 0


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(experiments(FAST, extreme=True))
def test_a_network_of_extreme_settings_trains_diverges_or_says_what_is_wrong(plain):
    three_steps(plain)
