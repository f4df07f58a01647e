"""Files of Terraform: what is understood, what is passed over, and what is no HCL."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from advisor.parsers._hcl_lexer import MAX_NESTING
from advisor.parsers.hcl import (
    Block,
    Expression,
    ListOf,
    Literal,
    ObjectOf,
    Opaque,
    Reference,
    Template,
    parse_hcl,
)


def attribute(text: str) -> Expression:
    """The value of the only attribute of a file."""
    document = parse_hcl("main.tf", f"x = {text}\n")
    assert document.problems == ()
    assert list(document.root.attributes) == ["x"]
    return document.root.attributes["x"]


def plain(expression: Expression) -> object:
    """An expression as Python writes it."""
    match expression:
        case Literal(value=value):
            return value
        case ListOf(items=items):
            return [plain(one) for one in items]
        case ObjectOf(entries=entries):
            return {name: plain(one) for name, one in entries.items()}
        case Reference(steps=steps):
            return ".".join(steps)
        case Template(parts=parts):
            return tuple(plain(one) for one in parts)
    return ...


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"db.t3.micro"', "db.t3.micro"),
        (r'"a\n\"\\ \u00e9 $${x} %%{y} $1"', 'a\n"\\ é ${x} %{y} $1'),
        ("-5", -5),
        ("1.5e3", 1500.0),
        ("true", True),
        ("null", None),
        ("[1, \n 2,\n]", [1, 2]),
        ('{ a = 1, "b c" : [2]\n d = {} }', {"a": 1, "b c": [2], "d": {}}),
        ("var.size", "var.size"),
        ('local.sizes["web"][0].class', "local.sizes.web.0.class"),
        ('"a-${var.b}-c"', ("a-", "var.b", "-c")),
        ('"${upper("}")}x"', (..., "x")),
        ("<<EOT\na\n  b\nEOT", "a\n  b\n"),
        ("<<-EOT\n    a\n      b\n  EOT", "a\n  b\n"),
        ("<<EOT\n${var.x}\nEOT", (...,)),
        ("var.a ? 1 : 2", ...),
        ("var.a == 1 && !(b)", ...),
        ("merge(local.a, {\n  b = 1\n})", ...),
        ("[for s in var.a : s.b if true]", ...),
        ("{ for k, v in a : k => v... }", ...),
        ("aws_subnet.x[*].id", ...),
        ("(\n1\n)", ...),
        ("!var.x", ...),
        ("{ (var.key) = 1 }", ...),
        ("f(a)[0].b", ...),
        ("[\n  var.a\n  ? 1\n  : 2,\n  3\n]", [..., 3]),
        ("[\n  {\n    a = 1\n    b = x ? 1 : 2\n  },\n]", [{"a": 1, "b": ...}]),
    ],
)
def test_expressions(text: str, value: object) -> None:
    found = attribute(text)

    assert plain(found) == value
    assert isinstance(found, Opaque) == (value is ...)


TEXT = """\
# a comment
resource "aws_db_instance" "main" { // another
  engine = "postgres" /* and
  one more */
  parameter { name = "work_mem" }
  parameter {
    value = <<EOT
x
EOT
  }
}
"""


def test_blocks_and_their_places() -> None:
    (block,) = parse_hcl("main.tf", TEXT).root.blocks

    assert (block.type, block.labels) == ("resource", ("aws_db_instance", "main"))
    place = block.location
    assert (place.line, place.column, place.end_column) == (2, 1, 34)
    engine = block.attributes["engine"].location
    assert (str(engine), engine.column, engine.end_column) == ("main.tf:3", 12, 22)
    first, second = block.of_type("parameter")
    assert plain(first.attributes["name"]) == "work_mem"
    assert (second.attributes["value"].location.line, second.location.line) == (7, 6)


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ('a = 1\nb = "x\nc = 2\n', "a string that nothing closes", 2),
        ("a = 1\nb = <<EOT\nx\n", "a text up to EOT that nothing ends", 2),
        ("a = 1\n/* b", "a comment that nothing closes", 2),
        ('a = 1\nb = "${x"\n', "a template that nothing closes", 2),
        ("a = 1\nb = [1]\n}", "a name expected, not }", 3),
        ("a = 1\nb {\n  c = 1\n", "} expected, not the end", 4),
        ("a = 1\n= 2\n", "a name expected, not =", 2),
        ("a = 1\nb =\n", "a value expected, not the end of the line", 2),
        ("a = 1\nb = {\n 1\n}\n", "= or : expected, not the end of the line", 3),
        ("a = 1\nb c\n", "= or { expected, not the end of the line", 2),
        ("a = 1\nb = f(1\n", "a closing bracket expected, not the end", 3),
        ('a = 1\nb = "\\q"\n', "an escape that HCL does not know", 2),
        ('a = 1\nb = "\\UFFFFFFFF"\n', "an escape that names no character", 2),
    ],
)
def test_a_mistake_ends_the_reading_and_is_said(text: str, message: str, line: int) -> None:
    """What stands before it is kept."""
    found = parse_hcl("main.tf", text)

    (problem,) = found.problems
    assert problem.message == f"{message}; the rest of the file is not read"
    assert (problem.location.line, problem.category) == (line, "note")
    assert plain(found.root.attributes["a"]) == 1


@pytest.mark.parametrize("opening", ["[", "{ a = ", "b {\n"])
def test_nesting_has_a_bound(opening: str) -> None:
    text = opening if opening.startswith("b") else f"x = {opening}"
    found = parse_hcl("main.tf", text.replace(opening, opening * 10_000))

    assert [one.message for one in found.problems] == [
        f"more than {MAX_NESTING} levels; the rest of the file is not read"
    ]


def test_a_secret_is_not_told() -> None:
    (problem,) = parse_hcl("main.tf", 'password "s3cr3t" "x"\n').problems

    assert "s3cr3t" not in problem.message


PIECES = ["a", "=", "{", "}", "[", "]", "(", ")", '"', "${", "$", "\\", "<<A\n", "A\n", "\n", ","]
PIECES += ["/*", "*/", "#", "//", "1", "-", ".", "var.x", "for", "?", ":", "=>", " ", '"s"', "é"]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join) | st.text())
@example('a = "${"')
def test_any_text_is_read_or_its_mistake_is_named(text: str) -> None:
    found = parse_hcl("main.tf", text)

    lines = text.removeprefix("\ufeff").count("\n") + 1
    for problem in found.problems:
        assert 1 <= problem.location.line <= lines
    assert len(found.problems) <= 1


@pytest.mark.parametrize(
    "piece",
    ['a = "b"\n', "a {\n}\n", "a = f(1, [2, {}])\n", 'a = "${b}"\n', "/**/ ", 'x = "$${\\\\"\n'],
)
def test_time_is_linear(piece: str) -> None:
    def seconds(count: int) -> float:
        text = piece * count
        start = time.process_time()
        parse_hcl("main.tf", text)
        return time.process_time() - start

    seconds(100)
    short = min(seconds(500) for _ in range(3))
    assert min(seconds(5_000) for _ in range(2)) < 40 * max(short, 1e-3)


NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda one: one not in ("true", "false", "null", "for")
)
VALUES = st.recursive(
    st.integers(-(10**9), 10**9) | st.booleans() | st.none() | st.text("abc ./:-é", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


def spell(value: object) -> str:
    """A value as HCL writes it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return f"[{', '.join(map(spell, value))}]"
    if isinstance(value, dict):
        return "{\n" + "".join(f"  {name} = {spell(one)}\n" for name, one in value.items()) + "}"
    return str(value)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_what_is_written_is_read_back(values: dict[str, object]) -> None:
    text = "".join(f"{name} = {spell(value)}\n" for name, value in values.items())
    found = parse_hcl("main.tf", f'b "l" {{\n{text}}}\n')

    assert found.problems == ()
    block: Block
    (block,) = found.root.blocks
    assert {name: plain(one) for name, one in block.attributes.items()} == values


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=3))
def test_python_hcl2_reads_the_same(values: dict[str, object]) -> None:
    """The parser that follows HashiCorp's grammar, where both understand a file."""
    import hcl2

    text = "".join(f"{name} = {spell(value)}\n" for name, value in values.items())

    assert {
        name: plain(one) for name, one in parse_hcl("main.tf", text).root.attributes.items()
    } == unquoted(hcl2.loads(text))


def unquoted(value: object) -> object:
    """What python-hcl2 gives, without its quotes around texts."""
    if isinstance(value, dict):
        return {str(unquoted(name)): unquoted(one) for name, one in value.items()}
    if isinstance(value, list):
        return [unquoted(one) for one in value]
    if isinstance(value, str):
        words: dict[str, object] = {"null": None, "${null}": None}
        return value[1:-1] if value[:1] == '"' else words.get(value, value)
    return value
