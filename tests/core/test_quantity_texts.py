"""What the registry says of its quantities: complete, short, and true of what is measured."""

import re

import pytest
import torch

from core.experiment.activations import Relu, Sigmoid, Tanh
from core.measure import EVALUATIONS, LAYER_QUANTITIES, QUANTITIES, SCALARS, Per
from core.measure.help import explained, overview
from core.network.activations import SATURATED_BELOW, activation_for

SPECS = {"sigmoid": Sigmoid(), "tanh": Tanh(), "relu": Relu()}
EACH = pytest.mark.parametrize("quantity", QUANTITIES.values(), ids=list(QUANTITIES))
LONGEST = 140
"""Characters; more is no tooltip any more."""


@EACH
def test_texts_are_there_short_and_without_stray_blanks(quantity):
    for name in ("title", "symbol", "formula", "reading", "misleads"):
        text = getattr(quantity, name)
        assert text, name
        assert text == " ".join(text.split()), name
        assert len(text) <= LONGEST, name


@EACH
def test_sentences_end_and_formulas_and_titles_do_not(quantity):
    assert quantity.reading.endswith(".")
    assert quantity.misleads.endswith(".")
    for text in (quantity.title, quantity.formula, quantity.source, quantity.unit):
        assert not text.endswith(".")


@EACH
def test_a_source_has_authors_and_a_year_or_is_a_course_or_ourselves(quantity):
    known = r"[A-Z]\w+.*[ -](19|20)\d\d|course notes$|^this laboratory: \w+"
    assert re.search(known, quantity.source)


@EACH
def test_units_are_of_one_vocabulary(quantity):
    units = {"share", "share of sup", "degrees", "as the loss", "nats for cross-entropy"}
    units |= {"pure number", "loss units per weight unit", "loss units per unit of z"}
    units |= {"weight² per loss with SGD, weight with Adam", "code 0 to 3"}
    assert quantity.unit in units
    assert quantity.unit.startswith("share") == quantity.formula.startswith(("share", "mean of φ"))


def test_no_text_takes_cross_entropy_for_the_only_loss():
    for quantity in QUANTITIES.values():
        for text in (quantity.unit, quantity.formula, quantity.reading):
            if re.search(r"nats|ln\(|ln p", text):
                assert "cross-entropy" in text.lower(), quantity.name


def test_names_titles_and_symbols_are_told_apart():
    for name in ("name", "title", "symbol"):
        values = [getattr(one, name) for one in QUANTITIES.values()]
        assert len(set(values)) == len(values), name


def test_what_is_read_on_a_logarithmic_axis_cannot_be_negative():
    signed = {name for name in QUANTITIES if name.endswith("_mean")} | {"learned_slope"}
    assert not {name for name in signed if QUANTITIES[name].log}
    assert all(QUANTITIES[name].log for name in QUANTITIES if name.endswith(("_norm", "_std")))


def test_every_quantity_is_of_one_kind():
    kinds = {Per.STEP: SCALARS, Per.LAYER: LAYER_QUANTITIES, Per.EVALUATION: EVALUATIONS}
    for per, names in kinds.items():
        assert {name for name, one in QUANTITIES.items() if one.per is per} == set(names)


@EACH
def test_the_explanation_repeats_every_text(quantity):
    words = " ".join(explained([quantity.name]).split())
    for name in ("formula", "reading", "misleads", "source", "unit", "symbol", "title"):
        assert getattr(quantity, name) in words


def test_the_columns_of_the_overview_stand_under_each_other():
    header, *lines = overview().splitlines()
    assert len(lines) == len(QUANTITIES)
    for name in ("symbol", "title", "one value per"):
        at = header.index(name)
        assert all(line[at - 2 : at] == "  " and line[at] != " " for line in lines)


# Numbers that the texts name -------------------------------------------------------------


def saturated(kind, std):
    """Return the share of saturated entries among Gaussian arguments."""
    function = activation_for(SPECS[kind])
    z = std * torch.distributions.Normal(0.0, 1.0).icdf(torch.linspace(0.0005, 0.9995, 1000))
    return (function.derivative(z, function.phi(z)) < SATURATED_BELOW * function.sup).mean(
        dtype=torch.float32
    )


def test_arguments_with_a_spread_of_1_suit_sigmoid_and_tanh_and_of_4_saturate_a_sigmoid():
    assert saturated("sigmoid", 1.0) < 0.001
    assert saturated("tanh", 1.0) < 0.05
    assert 0.25 < saturated("sigmoid", 4.0) < 1 / 3


def test_half_of_a_relu_is_closed():
    assert saturated("relu", 1.0) == pytest.approx(0.5, abs=0.01)


def test_a_sigmoid_passes_on_a_quarter_at_most():
    assert activation_for(SPECS["sigmoid"]).sup == 0.25


def test_at_ten_epsilon_adam_makes_a_step_that_is_a_tenth_shorter():
    theta = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer = torch.optim.Adam([theta], lr=1.0, eps=1e-8)
    theta.grad = torch.full_like(theta, 1e-7)
    optimizer.step()
    assert abs(theta.item()) == pytest.approx(0.9, abs=0.02)


def test_the_floor_of_adadelta_is_the_root_of_its_epsilon():
    sizes = []
    for gradient in (1e-1, 1e-4):
        theta = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
        optimizer = torch.optim.Adadelta([theta], lr=1.0, rho=0.0, eps=1e-6)
        theta.grad = torch.full_like(theta, gradient)
        optimizer.step()
        sizes.append(abs(theta.item()))
    large, small = sizes  # 1e-4 lies above 10 epsilon, and is not rescued all the same
    assert large == pytest.approx(1e-3, rel=0.01)
    assert small == pytest.approx(1e-4, rel=0.01)


def test_an_error_signal_falls_as_one_over_the_root_of_the_batch():
    delta = torch.randn(64, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    one, four = delta[:16] / 16, delta / 64  # mean losses over 16 and 64 samples
    assert float(one.norm() / four.norm()) == pytest.approx(2.0, rel=0.1)
