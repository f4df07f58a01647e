"""Files inside of manifests: where each of their lines stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model import Location
from advisor.parsers.embedded import Embedded, embedded
from advisor.parsers.yaml_nodes import MapNode, ScalarNode, read_yaml


def inner(text: str) -> Embedded:
    """The value of the only key of a manifest."""
    root = read_yaml("m.yaml", text).root
    assert isinstance(root, MapNode)
    node = root.pairs[0][1]
    assert isinstance(node, ScalarNode)
    return embedded(node, text.split("\n"))


@pytest.mark.parametrize("mark", ["|", "|-", "|+", "|2-", "&anchor |", "!!str |", "| # why"])
def test_a_literal_block_line_by_line(mark: str) -> None:
    file = inner(f"nginx.conf: {mark}\n  events {{}}\n  http {{\n    gzip on;\n  }}\n")

    assert file.text.rstrip() == "events {}\nhttp {\n  gzip on;\n}"
    assert file.locate(Location("made/up", 1, 1, 1, 7)) == Location("m.yaml", 2, 3, 2, 9)
    assert file.locate(Location("made/up", 3, 3, 4, 2)) == Location("m.yaml", 4, 5, 5, 4)


def test_blank_lines_at_the_start_count() -> None:
    file = inner("a.conf: |\n\n\n    work_mem = 4MB\n")

    assert file.text == "\n\nwork_mem = 4MB\n"
    assert file.locate(Location("x", 3, 1)) == Location("m.yaml", 4, 5)


def test_an_indentation_that_is_stated_belongs_to_the_text() -> None:
    file = inner("a: |1\n   x\n")

    assert file.text == "  x\n"
    assert file.locate(Location("x", 1, 3)) == Location("m.yaml", 2, 4)


@pytest.mark.parametrize(
    "value",
    ['"a = 1\\nb = 2\\n"', "'a = 1\n\n  b = 2'", "a = 1\n\n  b = 2", ">\n  a = 1\n\n  b = 2"],
)
def test_other_notations_stand_on_the_line_of_the_value(value: str) -> None:
    """Their line breaks are not those of the file."""
    file = inner(f"a.conf: {value}\n")

    assert "b = 2" in file.text
    assert file.locate(Location("x", 1, 1, 1, 6)) == Location("m.yaml", 1, 9)
    assert file.locate(Location("x", 2, 1, 2, 6)) == Location("m.yaml", 1, 9)


def test_places_behind_the_end_stand_on_the_last_line() -> None:
    file = inner("a: |\n  x\n  y\n")

    assert file.locate(Location("x", 99)).line == 3
    assert file.locate(Location("x", 0)).line == 2


LINES = st.lists(
    st.text(st.characters(codec="ascii", exclude_characters="\n\r\0\x0b\x0c"), max_size=8).map(
        lambda line: "".join(filter(str.isprintable, line)).rstrip()
    ),
    min_size=1,
    max_size=12,
).filter(lambda lines: bool(lines[0].strip()) and not lines[0].startswith(" "))


@given(LINES, st.integers(1, 6), st.integers(0, 5))
def test_every_line_of_a_block_is_found_again(lines: list[str], indent: int, above: int) -> None:
    """What stands at a place of the text stands at the place it is moved to."""
    body = "".join(f"{' ' * indent}{line}\n" if line else "\n" for line in lines)
    text = "# above\n" * above + f"key: |\n{body}"
    file = inner(text)
    outer = text.split("\n")

    for number, line in enumerate(file.text.rstrip("\n").split("\n"), start=1):
        place = file.locate(Location("x", number, 1))
        assert outer[place.line - 1][place.column - 1 :] == line
