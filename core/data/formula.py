"""A formula in x that a user typed: read as a tree of a few known nodes, never run as Python."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.data.targets import LARGEST
from core.errors import DataError, did_you_mean

_Array = NDArray[np.float64]

_LONGEST = 500  # characters
_DEEPEST = 100  # nested operations: a long sum, yet far below Python's own limit
_LARGEST_EXPONENT = 100.0
_FIELD = "data.expression"

_FUNCTIONS: dict[str, tuple[int, Callable[..., _Array]]] = {
    "sin": (1, np.sin),
    "cos": (1, np.cos),
    "tan": (1, np.tan),
    "exp": (1, np.exp),
    "log": (1, np.log),
    "sqrt": (1, np.sqrt),
    "abs": (1, np.abs),
    "tanh": (1, np.tanh),
    "sign": (1, np.sign),
    "floor": (1, np.floor),
    "min": (2, np.minimum),
    "max": (2, np.maximum),
}
_CONSTANTS = {"pi": math.pi, "e": math.e}
_VARIABLES = ("x", "x1", "x2")
_OPERATIONS: dict[type[ast.operator], Callable[[_Array, _Array], _Array]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z]\w*)"
    r"|(?P<sign>\*\*|[-+*/(),]))",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that was checked.

    Attributes
    ----------
    text : str
        As it was typed.
    variables : tuple of str
        ``("x",)`` or ``("x1", "x2")``: the features it is evaluated at.
    """

    text: str
    variables: tuple[str, ...]
    _tree: ast.expr

    @classmethod
    def parse(cls, text: str) -> Formula:
        """Read a formula.

        Raises
        ------
        DataError
            If it is too long or too deep, holds anything but numbers, + - * / **, parentheses,
            the known functions and variables, or depends on no variable.
        """
        if len(text) > _LONGEST:
            raise _refusal(
                text, f"has {len(text):,} characters.", f"Use at most {_LONGEST} of them."
            )
        _check_tokens(text)
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except SyntaxError as error:
            where = f" near character {error.offset}" if error.offset else ""
            raise _refusal(
                text, f"cannot be read{where}.", "Check parentheses and signs: 0.5*(x + 1)."
            ) from None
        except (ValueError, RecursionError, MemoryError):
            raise _refusal(text, "cannot be read.", "Write it shorter.") from None
        names: set[str] = set()
        _check(tree, text, names, 0)
        if not names:
            raise _refusal(text, "does not depend on x.", "Use x, or x1 and x2.")
        if "x" in names and len(names) > 1:
            raise _refusal(
                text, "mixes x with x1 or x2.", "Use x for one feature, x1 and x2 for two."
            )
        return cls(text, ("x",) if names == {"x"} else ("x1", "x2"), tree)

    def __call__(self, x: _Array) -> _Array:
        """Evaluate the formula at every row.

        Parameters
        ----------
        x : ndarray of float64, shape (n, features)
            A column for each of ``variables``.

        Returns
        -------
        ndarray of float64, shape (n,)
            All finite, and none larger than a 32-bit number can be.

        Raises
        ------
        DataError
            If a value is not, with the first x that gives one.
        """
        columns = {name: x[:, index] for index, name in enumerate(self.variables)}
        with np.errstate(all="ignore"):  # what is not finite is refused below, with its x
            values = np.broadcast_to(_value(self._tree, columns), len(x)).astype(np.float64)
        bad = np.flatnonzero(~(np.abs(values) <= LARGEST))  # NaN compares false
        if bad.size:
            first = bad[0]
            at = ", ".join(f"{name} = {column[first]:.6g}" for name, column in columns.items())
            raise _refusal(
                self.text,
                f"gives {values[first]:g} at {at}, and at {bad.size:,} of {len(x):,} points.",
                "Change the formula, or the range from which x is drawn.",
            )
        return values


def _refusal(text: str, what: str, hint: str) -> DataError:
    shown = text if len(text) <= 60 else f"{text[:57]}..."
    return DataError(f"The formula {shown!r} {what}", hint=hint, field=_FIELD)


def _check_tokens(text: str) -> None:
    """Refuse what is no token of a formula before Python's own parser sees it."""
    position, end = 0, len(text.rstrip())
    if end == 0:
        raise _refusal(text, "is empty.", "Write one such as sin(3*x).")
    while position < end:
        found = _TOKEN.match(text, position)
        if found is None:
            rest = text[position:].lstrip()
            hint = "Write powers as x**2." if rest[0] in "^²³" else "Use + - * / ** ( ) , only."
            raise _refusal(text, f"holds {rest[0]!r}, which means nothing here.", hint)
        after = text[found.end() : found.end() + 1]
        if found["number"] and (after.isalnum() or (after and after in "_.(")):
            raise _refusal(
                text,
                f"has {after!r} right after the number {found['number']}.",
                "Write a product with its sign: 2*x.",
            )
        position = found.end()


def _check(node: ast.expr, text: str, names: set[str], depth: int) -> None:
    """Refuse every node that is not known; collect the variables."""
    if depth > _DEEPEST:
        raise _refusal(
            text, f"nests more than {_DEEPEST} operations.", "Write it with fewer parentheses."
        )
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            if not _is_finite(value):
                raise _refusal(text, "holds a number that is too large.", "Use numbers to 1e308.")
        case ast.Name(id=name):
            if name in _VARIABLES:
                names.add(name)
            elif name not in _CONSTANTS:
                known = [*_VARIABLES, *_CONSTANTS, *_FUNCTIONS]
                raise _refusal(text, f"holds the unknown name {name!r}.", did_you_mean(name, known))
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATIONS:
            if isinstance(operator, ast.Pow):
                _check_exponent(right, text)
            _check(left, text, names, depth + 1)
            _check(right, text, names, depth + 1)
        case ast.UnaryOp(op=ast.UAdd() | ast.USub(), operand=operand):
            _check(operand, text, names, depth + 1)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            if name not in _FUNCTIONS:
                raise _refusal(
                    text, f"calls {name!r}, which is not known.", did_you_mean(name, _FUNCTIONS)
                )
            count = _FUNCTIONS[name][0]
            if len(arguments) != count:
                wanted = "one value" if count == 1 else f"{count} values"
                raise _refusal(
                    text, f"gives {name} {len(arguments)} values.", f"{name} takes {wanted}."
                )
            for argument in arguments:
                _check(argument, text, names, depth + 1)
        case _:
            raise _refusal(
                text,
                "holds something that is no formula.",
                "Use numbers, x, + - * / ** and sin(x).",
            )


def _check_exponent(node: ast.expr, text: str) -> None:
    while isinstance(node, ast.UnaryOp):
        node = node.operand
    if not isinstance(node, ast.Constant) or not isinstance(node.value, int | float):
        return  # it depends on x, and what overflows there is refused with that x
    if not _is_finite(node.value) or node.value > _LARGEST_EXPONENT:
        raise _refusal(
            text, "has an exponent that is too large.", f"Use at most {_LARGEST_EXPONENT:g}."
        )


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(float(value))
    except OverflowError:  # a whole number beyond float64
        return False


def _value(node: ast.expr, columns: Mapping[str, _Array]) -> _Array:
    match node:
        case ast.Constant(value=int() | float() as value):
            return np.asarray(float(value))
        case ast.Name(id=name):
            return columns[name] if name in columns else np.asarray(_CONSTANTS[name])
        case ast.BinOp(left=left, op=operator, right=right):
            return _OPERATIONS[type(operator)](_value(left, columns), _value(right, columns))
        case ast.UnaryOp(op=operator, operand=operand):
            value = _value(operand, columns)
            return -value if isinstance(operator, ast.USub) else value
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _FUNCTIONS[name][1](*(_value(one, columns) for one in arguments))
        case _:
            raise AssertionError("a node that was never checked")
