"""Answers sums people say: `what is two plus three`, `12 * 7`, `a hundred divided by eight`."""

import re
from collections.abc import Callable
from fractions import Fraction

from standins.openai.number_words import with_digits

MAX_DECIMALS = 4
OPERATIONS: dict[str, tuple[str, Callable[[Fraction, Fraction], Fraction]]] = {
    r"\+|plus|and": ("plus", lambda a, b: a + b),
    r"-|minus|less": ("minus", lambda a, b: a - b),
    r"\*|x|times|multiplied by": ("times", lambda a, b: a * b),
    r"/|divided by|over": ("divided by", lambda a, b: a / b),
}
_NUMBER = r"(-?\d{1,12}(?:\.\d{1,6})?)"


def answer(text: str) -> str | None:
    """Return e.g. `2 plus 3 is 5.`, or None when `text` holds no sum of two numbers."""
    digits = with_digits(text)
    for operator, (name, compute) in OPERATIONS.items():
        if match := re.search(rf"{_NUMBER}\s*(?:{operator})\s*{_NUMBER}", digits):
            return _said(match[1], name, match[2], compute)
    return None


def _said(left: str, name: str, right: str, compute: Callable[[Fraction, Fraction], Fraction]) -> str:
    try:
        result = compute(Fraction(left), Fraction(right))
    except ZeroDivisionError:
        return "Nothing can be divided by zero."
    return f"{left} {name} {right} is {_decimal(result)}."


def _decimal(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else f"{float(value):.{MAX_DECIMALS}f}".rstrip("0")
