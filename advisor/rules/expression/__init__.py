"""
The expression language of the rules, described in ``docs/expressions.md``.
"""

from advisor.rules.expression.compiler import Compiled, compile_expression
from advisor.rules.expression.result import FORGETFUL, Cause, Read, Reads, Undecided
from advisor.rules.expression.scope import Scope

__all__ = [
    "FORGETFUL",
    "Cause",
    "Compiled",
    "Read",
    "Reads",
    "Scope",
    "Undecided",
    "compile_expression",
]
