"""Formulas: the values that Python gives, and nothing but formulas."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.formula import Formula
from core.errors import DataError

X = np.linspace(0.1, 3.0, 50)


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("sin(3*x) + 0.5*x**2", lambda x: math.sin(3 * x) + 0.5 * x**2),
        ("x", lambda x: x),
        ("-x", lambda x: -x),
        ("+x - -x", lambda x: 2 * x),
        ("2**-x**2", lambda x: 2 ** (-(x**2))),
        ("-x**2", lambda x: -(x**2)),
        ("8/x/2 - 3 - x", lambda x: 4 / x - 3 - x),
        ("exp(-x) * cos(2*pi*x)", lambda x: math.exp(-x) * math.cos(2 * math.pi * x)),
        ("log(x) + sqrt(x) - tan(x/4)", lambda x: math.log(x) + x**0.5 - math.tan(x / 4)),
        ("abs(x - 1) + tanh(x)", lambda x: abs(x - 1) + math.tanh(x)),
        ("sign(x - 2)", lambda x: -1 if x < 2 else 1),
        ("floor(x) + min(x, 1) * max(x, 2)", lambda x: math.floor(x) + min(x, 1) * max(x, 2)),
        ("1e-3*x + .5 + 2.", lambda x: 0.001 * x + 2.5),
        ("e**x", math.exp),
        (" ( x ) ", lambda x: x),
        ("x" + " + x" * 35, lambda x: 36 * x),
        ("(" * 120 + "x" + ")" * 120, lambda x: x),
    ],
)
def test_a_formula_has_the_values_that_arithmetic_gives_it(text, function):
    formula = Formula.parse(text)
    assert formula(X[:, None]) == pytest.approx([function(x) for x in X.tolist()], rel=1e-12)
    assert formula.variables == ("x",)


def test_two_variables_are_two_features_even_if_one_is_not_used():
    x = np.random.default_rng(0).normal(size=(20, 2))
    assert Formula.parse("x1 - 2*x2")(x) == pytest.approx(x[:, 0] - 2 * x[:, 1])
    assert Formula.parse("x2")(x) == pytest.approx(x[:, 1])
    assert Formula.parse("x1").variables == ("x1", "x2")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("3", "depend"),
        ("pi * 2", "depend"),
        ("y", "unknown name 'y'"),
        ("x + x1", "mixes"),
        ("sinn(x)", "'sinn'"),
        ("sin", "unknown name 'sin'"),
        ("sin(x, x)", "gives sin 2 values"),
        ("min(x)", "gives min 1 values"),
        ("sin()", "gives sin 0 values"),
        ("sin(x", "cannot be read"),
        ("x +", "cannot be read"),
        ("x x", "cannot be read"),
        ("2x", "right after the number 2"),
        ("2(x)", "right after the number 2"),
        ("1_000*x", "right after the number"),
        ("0x10*x", "right after the number"),
        ("1j*x", "right after the number"),
        ("1if x else 2", "right after the number"),
        ("x^2", "'^'"),
        ("x²", "'²'"),
        ("x; x", "';'"),
        ("x\0", "means nothing"),
        ("x.real", "'.'"),
        ("x[0]", "'['"),
        ("'x'", "means nothing"),
        ("__import__(x)", "'_'"),
        ("import os", "cannot be read"),
        ("lambda: x", "':'"),
        ("x if x else x", "no formula"),
        ("x and x", "no formula"),
        ("not x", "no formula"),
        ("x, x", "no formula"),
        ("(x, x)", "no formula"),
        ("()", "no formula"),
        ("x // x", "no formula"),
        ("max(x, *x)", "no formula"),
        ("sin(x)(x)", "no formula"),
        ("True * x", "unknown name|no formula"),
        ("1e999*x", "too large"),
        ("9" * 400 + "*x", "too large"),
        ("x**101", "exponent"),
        ("x**-(-1000)", "exponent"),
        ("007*x", "cannot be read"),
        ("x" + "+x" * 400, "characters"),
        ("sin(" * 110 + "x" + ")" * 110, "characters|nests"),
        ("abs(" * 98 + "x" + ")" * 98 + "+x" * 4, "nests"),
        ("-" * 400 + "x", "cannot be read|nests"),
        ("x" + "**x" * 120, "cannot be read|nests"),
    ],
)
def test_what_is_no_formula_is_refused(text, message):
    with pytest.raises(DataError, match=message.replace("^", r"\^").replace("[", r"\[")) as info:
        Formula.parse(text)
    assert info.value.field == "data.expression"
    assert info.value.hint


@pytest.mark.parametrize(
    ("text", "x", "value"),
    [
        ("log(x)", -1.5, "nan"),
        ("1/x", 0.0, "inf"),
        ("exp(x)", 1000.0, "inf"),
        ("x**0.5", -4.0, "nan"),
        ("9**9**x", 9.0, "inf"),
        ("-1/x", 0.0, "-inf"),
        ("10**x", 50.0, r"1e\+50"),
    ],
)
def test_a_value_that_is_not_finite_is_refused_with_its_x(text, x, value):
    with pytest.raises(DataError, match=f"gives {value} at x = {x:g}, and at 1 of 3"):
        Formula.parse(text)(np.array([[0.5], [x], [0.5]]))


@given(st.text(max_size=60) | st.text("x12.+-*/()e sincolgpi,", max_size=60))
def test_any_text_is_a_formula_or_refused(text):
    try:
        formula = Formula.parse(text)
        values = formula(np.full((3, len(formula.variables)), 0.7))
    except DataError as error:
        assert error.field == "data.expression"
    else:
        assert np.isfinite(values).all()
        assert values.shape == (3,)
