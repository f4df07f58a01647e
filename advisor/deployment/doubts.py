"""
Values that rest on variables whose own text is only a default of Compose.

Parsers take the variables of a process as stated. Where Compose fills one from ``${X:-default}``
and no file sets X, what follows from it is as unsure as that default.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Container

from msgspec.structs import replace

from advisor.parsers.engines import Engine
from advisor.parsers.gunicorn import GunicornDocument
from advisor.parsers.pyeval import Known, Outcome, PerCpu, Taint, Undecided

_ANY = Taint(assumed=frozenset({"*"}))


def doubt_document(document: GunicornDocument, assumed: Container[object]) -> GunicornDocument:
    """
    The same document, with settings that rest on `assumed` variables as assumptions.
    """
    settings = {
        name: replace(one, outcome=_doubt(one.outcome, assumed))
        for name, one in document.settings.items()
    }
    return replace(document, settings=settings)


def doubt_engine(engine: Engine, assumed: Container[object]) -> Engine:
    """
    The same engine, with arguments that rest on `assumed` variables as assumptions.
    """
    arguments = {
        name: replace(one, outcome=_doubt(one.outcome, assumed))
        for name, one in engine.arguments.items()
    }
    return replace(engine, arguments=arguments)


def _doubt(outcome: Outcome, assumed: Container[object]) -> Outcome:
    if isinstance(outcome, PerCpu):
        return dataclasses.replace(outcome, source=lambda cpus: _settled(outcome.at(cpus), assumed))
    if isinstance(outcome, Known | Undecided):
        return _settled(outcome, assumed)
    return outcome


def _settled(outcome: Known | Undecided, assumed: Container[object]) -> Known | Undecided:
    if not any(name in assumed for name in outcome.taint.stated):
        return outcome
    return replace(outcome, taint=outcome.taint | _ANY)
