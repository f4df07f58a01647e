"""
A configuration file of gunicorn: Python whose names are settings.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from msgspec import Struct

from advisor.catalog import gunicorn as catalog
from advisor.catalog.gunicorn import GunicornSetting
from advisor.model import Location, Problem
from advisor.model.discreet import Discreet
from advisor.parsers.pyeval import Library, ModuleValues, Outcome, evaluate_module


class SettingValue(Discreet, frozen=True):
    """
    One setting that a file assigns.
    """

    untold: ClassVar[frozenset[str]] = frozenset({"outcome"})

    setting: GunicornSetting
    outcome: Outcome
    """As assigned, before gunicorn's own conversion."""
    statement: Location
    """The whole assignment."""
    location: Location
    """The assigned expression."""
    absent: bool = False
    """Not set, but would be if a variable had another value than assumed."""


class UnknownName(Struct, frozen=True):
    """
    A name that gunicorn ignores in silence and that is close to a setting.
    """

    name: str
    suggestion: str
    """The setting that was probably meant."""
    location: Location
    """The whole assignment."""


class GunicornDocument(Discreet, frozen=True, eq=False):
    """
    What one configuration file says.
    """

    untold: ClassVar[frozenset[str]] = frozenset({"values"})

    path: str
    settings: Mapping[str, SettingValue]
    """By name; settings of any release, those the running one does not have included."""
    unknown: tuple[UnknownName, ...]
    problems: tuple[Problem, ...]
    opened: Location | None
    """Where names come in that cannot be told (``from x import *``): any setting may be set."""
    env_opened: Location | None
    """Where any variable of the environment may become a setting."""
    values: ModuleValues
    """All names of the file."""


def parse_config(
    path: str, text: str, *, env: Mapping[str, str] | None = None, library: Library | None = None
) -> GunicornDocument:
    """
    Settings of a ``gunicorn.conf.py``, without running it.

    `env` holds the variables that deployment files state for the process, `library` the files that
    this one may import names from.
    """
    values = evaluate_module(text, path, env=env, library=library)
    settings: dict[str, SettingValue] = {}
    for name, assigned in values.names.items():
        setting = catalog.find(name)
        if setting is not None:
            settings[name] = SettingValue(
                setting, assigned.outcome, assigned.statement, assigned.location, assigned.absent
            )
    return GunicornDocument(
        path,
        settings,
        tuple(_unknown_names(values)),
        values.problems,
        values.opened,
        values.env_opened,
        values,
    )


def _unknown_names(values: ModuleValues) -> Iterator[UnknownName]:
    read = _names_read(values.source.tree)
    for statement in values.source.tree.body:
        for target in _targets(statement):
            suggestion = catalog.suggest(target.id)
            # A name that the file reads, or a setting that it sets as well, is no slip.
            if suggestion and target.id not in read and suggestion not in values.names:
                where = values.source.locate(statement)
                yield UnknownName(target.id, suggestion, where)


def _targets(statement: ast.stmt) -> Iterator[ast.Name]:
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets = [statement.target]
    for target in targets:
        if isinstance(target, ast.Name):
            yield target


def _names_read(tree: ast.Module) -> frozenset[str]:
    nodes = ast.walk(tree)
    return frozenset(
        node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    )
