"""Names of a file by what they are imported from."""

from __future__ import annotations

import ast

import pytest

from advisor.parsers.imports import dotted, full_name, imported_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import a", {"a": "a"}),
        ("import a.b", {"a": "a"}),
        ("import a.b as c", {"c": "a.b"}),
        ("from a.b import c", {"c": "a.b.c"}),
        ("from a import b as c, d", {"c": "a.b", "d": "a.d"}),
        ("from . import a", {}),
        ("from .a import b", {}),
        ("def f():\n    import a", {"a": "a"}),
    ],
)
def test_imports(text: str, names: dict[str, str]) -> None:
    assert imported_names(ast.parse(text)) == names


def test_modules_by_a_shorter_name() -> None:
    tree = ast.parse("from a.extension import B")

    assert imported_names(tree, {"a.extension": "a"}) == {"B": "a.B"}


@pytest.mark.parametrize(
    ("text", "name"), [("a", "a"), ("a.b.c", "a.b.c"), ("a().b", ""), ("a[0].b", ""), ("1", "")]
)
def test_dotted(text: str, name: str) -> None:
    assert dotted(ast.parse(text, mode="eval").body) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [("get", "requests.get"), ("r.get.x", "requests.get.x"), ("put", ""), ("1", "")],
)
def test_full_names(text: str, name: str) -> None:
    names = {"get": "requests.get", "r": "requests"}

    assert full_name(names, ast.parse(text, mode="eval").body) == name
