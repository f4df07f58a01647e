"""
The largest request that a Flask application accepts, as its code sets it.

Source: Flask documentation, "Configuration Handling", ``MAX_CONTENT_LENGTH``.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping

from advisor.model import Origin, Unknown, Value
from advisor.parsers.pyeval import parse
from advisor.parsers.pyeval.source import Source

SETTING = "MAX_CONTENT_LENGTH"
_MOST = 2**50
"""More is a slip: nobody accepts a petabyte."""
_OPERATORS: Mapping[type[ast.operator], Callable[[int, int], int]] = {
    ast.Mult: operator.mul,
    ast.Add: operator.add,
    ast.LShift: lambda left, right: left << min(right, 64),
}


def upload_limits(path: str, text: str) -> Iterator[Value[int] | Unknown]:
    """
    Every value that a file gives the setting: in ``app.config``, in a module, class or dict.
    """
    if SETTING not in text:
        return
    source = parse(path, text)
    for node in ast.walk(source.tree):
        for value in _assigned(node):
            yield _value(source, value)


def _assigned(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Assign):
        yield from (node.value for one in node.targets if _is_setting(one))
    elif isinstance(node, ast.AnnAssign) and node.value and _is_setting(node.target):
        yield node.value
    elif isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        yield from (value for key, value in pairs if key is not None and _is_text(key))
    elif isinstance(node, ast.keyword) and node.arg == SETTING:
        yield node.value


def _is_setting(target: ast.expr) -> bool:
    if isinstance(target, ast.Name):
        return target.id == SETTING
    return isinstance(target, ast.Subscript) and _is_text(target.slice)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == SETTING


def _value(source: Source, node: ast.expr) -> Value[int] | Unknown:
    place = source.locate(node)
    number = _number(node)
    if number is None or not 0 < number <= _MOST:
        return Unknown(f"{SETTING} is not written as a number", place)
    origin = Origin.LITERAL if isinstance(node, ast.Constant) else Origin.EVALUATED
    return Value(number, origin, place)


def _number(node: ast.expr) -> int | None:
    """
    The value of a sum or product of whole numbers.
    """
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) is int and node.value <= _MOST else None
    if not isinstance(node, ast.BinOp) or type(node.op) not in _OPERATORS:
        return None
    left, right = _number(node.left), _number(node.right)
    if left is None or right is None or right < 0:
        return None
    return min(_OPERATORS[type(node.op)](left, right), _MOST + 1)
