"""
The examples of ``docs/expressions.md`` hold.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.errors import ExpressionError
from advisor.model import Origin, Unknown
from advisor.rules.expression import Undecided, compile_expression
from advisor.rules.expression.names import FUNCTIONS
from advisor.rules.template import SPECS, compile_template
from advisor.units import DURATION_UNITS, SIZE_UNITS
from tests.support.expressions import FACTS, SCOPE

PAGE = (Path(__file__).parents[2] / "docs" / "expressions.md").read_text(encoding="utf-8")


def rows(*header: str) -> list[tuple[str, ...]]:
    """
    The rows of every table with this header, code marks taken off.
    """
    found: list[tuple[str, ...]] = []
    inside = False
    for line in PAGE.splitlines():
        cells = tuple(cell.strip() for cell in line.strip("|").split("|"))
        if cells == header:
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not line.startswith("|--"):
            found.append(tuple(cell.strip("`") for cell in cells))
    return found


def value_of(source: str) -> str:
    compiled = compile_expression(source, SCOPE)
    value = compiled.evaluate(FACTS)
    if isinstance(value, Undecided):
        return f"undecided: {', '.join(value.needs)}"
    if isinstance(value, bool):
        return str(value).lower()
    return compile_template(f"{{{source}}}", SCOPE).render(FACTS)


@pytest.mark.parametrize(("name", "type_", "value"), rows("fact", "type", "value"))
def test_facts_of_the_page(name: str, type_: str, value: str) -> None:
    fact = FACTS[name]
    assert str(SCOPE.facts[name]) == type_
    if isinstance(fact, Unknown):
        assert value == "unknown"
        return
    shown = compile_template(f"{{{name}}}", SCOPE).render(FACTS) if fact.value else "not set"
    shown = "0 s" if fact.value == 0 else shown
    assert value == (f"{shown}, a default" if fact.origin is Origin.DEFAULT else shown)


@pytest.mark.parametrize(("source", "value"), rows("expression", "value"))
def test_values(source: str, value: str) -> None:
    assert value_of(source) == value


@pytest.mark.parametrize(("text", "rendered"), rows("template", "text"))
def test_templates(text: str, rendered: str) -> None:
    assert compile_template(text, SCOPE).render(FACTS) == rendered


@pytest.mark.parametrize(("source", "message"), rows("expression", "error"))
def test_errors(source: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source, SCOPE)

    assert str(caught.value).splitlines()[0] == message


def test_there_are_examples() -> None:
    """
    A table that is renamed must not fall out of the tests.
    """
    counts = [
        len(rows("fact", "type", "value")),
        len(rows("expression", "value")),
        len(rows("template", "text")),
        len(rows("expression", "error")),
    ]

    assert counts == [15, 40, 6, 7]


def test_everything_has_its_place_on_the_page() -> None:
    """
    Every function, unit and format is named.
    """
    functions = {name for name in FUNCTIONS if f"`{name}(" in PAGE}
    units = {name for name in (*SIZE_UNITS, *DURATION_UNITS) if f'"{name}"' in PAGE}
    formats = {name for name in SPECS if f"`{name}`" in PAGE}

    assert functions == FUNCTIONS
    assert units == {*SIZE_UNITS, *DURATION_UNITS}
    assert formats == set(SPECS)
