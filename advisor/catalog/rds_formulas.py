"""
Formulas in parameter groups of Amazon RDS: ``LEAST({DBInstanceClassMemory/9531392},5000)``.

Source: Amazon RDS User Guide, "Specifying DB parameters": ``*`` and ``/`` in braces, whose results
are cut to whole numbers; the functions GREATEST, LEAST, SUM; and ``log``, to the base of 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from advisor import regex

MAX_LENGTH = 500
_MAX_DEPTH = 8
_WORD = regex.lazy(r"\s*+([A-Za-z]\w*+|\d++(?>(?:\.\d++)?)|[-{}(),*/+])")
_FUNCTIONS: Mapping[str, Callable[[list[float]], float]] = {
    "GREATEST": max,
    "LEAST": min,
    "SUM": sum,
}


class _NoFormulaError(Exception):
    """
    Something else stands here.
    """


def is_formula(text: str) -> bool:
    """
    Whether a value of a parameter is computed by RDS.
    """
    return "{" in text or text.upper().startswith(tuple(f"{name}(" for name in _FUNCTIONS))


def evaluate(text: str, variables: Mapping[str, float]) -> int | None:
    """
    The number that a formula gives; None when it uses what is not known or is no formula.
    """
    if len(text) > MAX_LENGTH:
        return None
    try:
        reader = _Reader(text, variables)
        result = reader.argument(0)
        return int(result) if reader.at_end and math.isfinite(result) else None
    except (_NoFormulaError, ArithmeticError, ValueError):
        return None


class _Reader:
    """
    One pass over the words of a formula.
    """

    def __init__(self, text: str, variables: Mapping[str, float]) -> None:
        self._words = [match[1] for match in _WORD.finditer(text)]
        if "".join(self._words) != "".join(text.split()):
            raise _NoFormulaError
        self._at = 0
        self._variables = variables

    @property
    def at_end(self) -> bool:
        return self._at == len(self._words)

    def _take(self) -> str:
        if self.at_end:
            raise _NoFormulaError
        self._at += 1
        return self._words[self._at - 1]

    def _next(self) -> str:
        return "" if self.at_end else self._words[self._at]

    def _expect(self, word: str) -> None:
        if self._take() != word:
            raise _NoFormulaError

    def argument(self, depth: int) -> float:
        """
        A number, an expression in braces, or a function.
        """
        if depth > _MAX_DEPTH:
            raise _NoFormulaError
        word = self._take()
        if word == "-":
            return -self.argument(depth + 1)
        if word == "{":
            result = math.trunc(self._product(depth + 1))
            self._expect("}")
            return result
        if word.upper() in _FUNCTIONS:
            return _FUNCTIONS[word.upper()](self._arguments(depth))
        return float(word)

    def _arguments(self, depth: int) -> list[float]:
        self._expect("(")
        found = [self.argument(depth + 1)]
        while self._next() == ",":
            self._take()
            found.append(self.argument(depth + 1))
        self._expect(")")
        return found

    def _product(self, depth: int) -> float:
        result = self._factor(depth)
        while self._next() in ("*", "/"):
            if self._take() == "*":
                result *= self._factor(depth)
            else:
                result /= self._factor(depth)
        return result

    def _factor(self, depth: int) -> float:
        if depth > _MAX_DEPTH:
            raise _NoFormulaError
        word = self._take()
        if word == "(":
            result = self._product(depth + 1)
            self._expect(")")
            return result
        if word.lower() == "log":
            self._expect("(")
            result = math.log2(self._product(depth + 1))
            self._expect(")")
            return result
        if word in self._variables:
            return self._variables[word]
        return float(word)
