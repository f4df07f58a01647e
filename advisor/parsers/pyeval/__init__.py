"""
Abstract evaluation of Python configuration: what a file's names would be, without running it.

`evaluate_module` follows the file statement by statement. What depends on the number of cpus or
on environment variables stays open in the result; what cannot be told is `Undecided`, never
guessed. Work, depth and sizes are bounded. With a `Library`, names imported from files of the same
code have the values they have there.
"""

from advisor.parsers.pyeval.library import Library
from advisor.parsers.pyeval.module import (
    Assigned,
    Evaluator,
    ModuleValues,
    evaluate_module,
    values_of,
)
from advisor.parsers.pyeval.outcomes import describe, origin_of, settle
from advisor.parsers.pyeval.program import Program, Watch, outcome_of
from advisor.parsers.pyeval.results import (
    ANY_VARIABLE,
    HOLE,
    Code,
    EnvDependent,
    Known,
    Outcome,
    PerCpu,
    Taint,
    Undecided,
)
from advisor.parsers.pyeval.source import Source, parse

__all__ = [
    "ANY_VARIABLE",
    "HOLE",
    "Assigned",
    "Code",
    "EnvDependent",
    "Evaluator",
    "Known",
    "Library",
    "ModuleValues",
    "Outcome",
    "PerCpu",
    "Program",
    "Source",
    "Taint",
    "Undecided",
    "Watch",
    "describe",
    "evaluate_module",
    "origin_of",
    "outcome_of",
    "parse",
    "settle",
    "values_of",
]
