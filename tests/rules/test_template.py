"""
Messages: what they print, what does not load, and what they say of unknown facts.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.errors import ExpressionError
from advisor.facts.schema import (
    BOOL,
    DURATION,
    NUMBER,
    SHARE,
    SIZE,
    STRING,
    VERSION,
    Type,
    list_of,
)
from advisor.model import Location, Secret
from advisor.model.subject import Record
from advisor.rules.expression import Reads
from advisor.rules.template import compile_template, outline, show
from tests.support.expressions import FACTS, GB, SCOPE, Plain, literal

RENDERED: list[tuple[str, str]] = [
    ("", ""),
    ("plain text: 5 %", "plain text: 5 %"),
    ("{{}} {{workers}}", "{} {workers}"),
    ("{{{workers}}}", "{9}"),
    ("location / {{\n  return 301;\n}}\n", "location / {\n  return 301;\n}\n"),
    ("first\r\nsecond", "first\nsecond"),
    # defaults by type
    ("{workers}", "9"),
    ("{workers / 2}", "4.5"),
    ("{workers * 1000}", "9000"),
    ("{workers * 2000}", "18,000"),
    ("{pg.shared_buffers}", "4 GB"),
    ("{pg.temp_file_limit}", "-1"),
    ("{pg.statement_timeout}", "0 s"),
    ("{15 * min}", "15 min"),
    ("{-1 * s}", "-1"),
    ("{pg.autovacuum_scale_factor}", "20 %"),
    ("{pg.version} {nginx.version}", "16.4 1.29.0"),
    ("{pg.fsync} {not pg.fsync}", "on off"),
    ("{pg.wal_level}", "replica"),
    ("{pg.libraries}", "pg_stat_statements and auto_explain"),
    ("{[x.address for x in upstream.servers]}", "a, b and c"),
    ("{[x.address for x in upstream.servers if x.backup]}", "c"),
    ("{[x.address for x in upstream.servers if x.max_fails > 9]}", "none"),
    ("{[x.fail_timeout for x in upstream.servers]}", "10 s, 30 s and 5 s"),
    ("{[x for x in upstream.servers if not x.backup]}", "server a and server b"),
    ("{app.versions}", "1.2.0 and 2.0"),
    # formats
    ("{pg.shared_buffers:size}", "4 GB"),
    ("{pg.shared_buffers:pgsize}", "4GB"),
    ("{pg.shared_buffers * 0.375:pgsize}", "1536MB"),
    ("{pg.temp_file_limit:pgsize} {0 * GB:pgsize}", "-1 0"),
    ("{pg.shared_buffers:plain}", "4294967296"),
    ("{0.1 + 0.2:plain} {2.0:plain} {-0.5:plain}", "0.3 2 -0.5"),
    ("{90 * s:duration} {90 * s:seconds} {250 * ms:seconds}", "90 s 90 0.25"),
    ("{pg.shared_buffers / (16 * GB):percent}", "25 %"),
    ("{pg.autovacuum_scale_factor:percent} {pg.autovacuum_scale_factor:number}", "20 % 0.2"),
    ("{workers * 20000:number} {workers * 20000:int}", "180,000 180000"),
    ("{floor(workers / 2):int}", "4"),
    ("{pg.libraries:list}", "pg_stat_statements and auto_explain"),
    ("{pg.wal_level:lines}", "replica"),
    ("{pg.libraries:lines}", "pg_stat_statements\nauto_explain"),
    # where the field ends
    ("{ workers }", "9"),
    ("{pg.wal_level == 'a:b}'}", "off"),
    ('{pg.wal_level == "}{"}', "off"),
    ("{'a:b'}:{workers}", "a:b:9"),
    ("{workers\n  * 2}", "18"),
    # unknown
    (
        "memory {host.memory:size}, cpus {host.cpus}, {workers} workers",
        "memory ?, cpus ?, 9 workers",
    ),
    ("{host.memory / 4:pgsize}", "?"),
]

REFUSED: list[tuple[str, int, str]] = [
    ("a {", 3, "this field does not end; close it with '}', or write '{{' for a brace"),
    ("a {workers", 3, "this field does not end; close it with '}', or write '{{' for a brace"),
    ("{a{b}}", 1, "this field does not end; close it with '}', or write '{{' for a brace"),
    ("{'a}", 1, "this field does not end; close it with '}', or write '{{' for a brace"),
    ("a } b", 3, "single '}' in the text; write '}}'"),
    ("a {} b", 4, "the expression is empty"),
    ("{:size}", 2, "the expression is empty"),
    ("{workers} of {worker}", 15, "unknown name 'worker'; did you mean 'workers'?"),
    ("two\nlines { pg.sync }", 13, "unknown fact 'pg.sync'; did you mean 'pg.fsync'?"),
    ("{workers!r}", 9, "this is not an expression; write 'not'"),
    ("{pg.shared_buffers:sise}", 20, "unknown format 'sise'; did you mean 'size'?"),
    ("{workers:}", 10, "unknown format ''"),
    ("{workers:>10}", 10, "unknown format '>10'"),
    ("{workers:size}", 10, "format 'size' prints size, got number"),
    ("a {pg.shared_buffers:seconds}", 22, "format 'seconds' prints duration, got size"),
    ("{pg.version:number}", 13, "format 'number' prints number or share, got version"),
    ("{workers:list}", 10, "format 'list' prints list, got number"),
    ("{pg.libraries:plain}", 15,
     "format 'plain' prints duration or number or share or size, got list of string"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), RENDERED)
def test_rendered(text: str, expected: str) -> None:
    assert compile_template(text, SCOPE).render(FACTS) == expected


@pytest.mark.parametrize(("text", "column", "message"), REFUSED)
def test_refused(text: str, column: int, message: str) -> None:
    """
    Mistakes are found when the template loads, with the column in the whole text.
    """
    with pytest.raises(ExpressionError) as caught:
        compile_template(text, SCOPE)

    error = caught.value
    told = f"{error.message}; {error.hint}" if error.hint else error.message
    assert (told, error.column, error.expression) == (message, column, text)


def test_the_caret_stands_under_the_place() -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_template("{workers} workers,\n{pg.max_conn} connections", SCOPE)

    assert caught.value.excerpt() == "    {pg.max_conn} connections\n     ^"


def test_undecided_fields() -> None:
    """
    A caller can tell an incomplete message from a complete one.
    """
    template = compile_template("{workers} { host.memory } {host.cpus * 2:int}", SCOPE)

    assert template.undecided(FACTS) == ("host.memory", "host.cpus * 2")
    assert template.undecided({**FACTS, "host.memory": literal(GB)}) == ("host.cpus * 2",)


def test_reads() -> None:
    template = compile_template("{workers} {pg.fsync} {workers} {host.memory}", SCOPE)
    reads = Reads()

    template.render(FACTS, reads)

    assert [read.name for read in reads] == ["workers", "pg.fsync", "host.memory"]
    assert reads.unknown == {"host.memory": "no file states it"}


def test_long_lists_are_cut() -> None:
    facts = {"pg.ports": literal(tuple(range(30)))}

    text = compile_template("{pg.ports}", SCOPE).render(facts)

    assert text == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 20 more"


def test_records_without_a_label() -> None:
    """
    They are called by their place, if they have one.
    """
    facts = {"upstream.servers": literal((Record({}, Location("nginx.conf", 7)), Record({})))}

    text = compile_template("{upstream.servers}", SCOPE).render(facts)

    assert text == "nginx.conf:7 and ?"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\nb", "a\\nb"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("größe → x", "größe → x"),
        ("a\u202eb", "a\\u202eb"),
        ("{workers}", "{workers}"),
    ],
)
def test_text_from_files_is_printable(value: Plain, shown: str) -> None:
    """
    A value read from a file adds no line to a snippet and no escape code to a terminal.
    """
    facts = {"pg.wal_level": literal(value)}

    assert compile_template("{pg.wal_level}", SCOPE).render(facts) == shown


def test_lines_are_printed_as_lines_where_they_are_meant() -> None:
    """
    Other control characters stay visible.
    """
    facts = {"pg.wal_level": literal("a\nb\r\x1b")}

    assert compile_template("{pg.wal_level:lines}", SCOPE).render(facts) == "a\nb\\r\\x1b"


PIECES = st.sampled_from(
    ["{", "}", "{{", "}}", ":", "size", "workers", "pg.fsync", "'", '"', " ", "\n", "!r", "[", "]"]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=20).map("".join) | st.text(max_size=50))
def test_no_text_does_worse_than_an_expression_error(text: str) -> None:
    try:
        template = compile_template(text, SCOPE)
    except ExpressionError as error:
        column = error.column or 0
    else:
        column = 1
        assert isinstance(template.render(FACTS), str)

    assert 1 <= column <= len(text) + 1


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_escaped_text_is_printed_as_it_is(text: str) -> None:
    escaped = text.replace("{", "{{").replace("}", "}}")

    assert compile_template(escaped, SCOPE).render({}) == text.replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("value", "type_", "shown"),
    [
        (4 * GB, SIZE, "4 GB"),
        (90, DURATION, "90 s"),
        (0.2, SHARE, "20 %"),
        (True, BOOL, "on"),
        ((1, 29, 7), VERSION, "1.29.7"),
        (("a", "b"), list_of(STRING), "a and b"),
        ((), list_of(STRING), "none"),
        ("", STRING, "empty"),
        ("a\nb", STRING, "a\\nb"),
        (None, SIZE, "not set"),
        (None, None, "not set"),
        (Secret("hunter2"), STRING, "***"),
        (("a", Secret("hunter2")), list_of(STRING), "a and ***"),
        # not of the type, or of none
        ("4GB", SIZE, "4GB"),
        (float("nan"), NUMBER, "nan"),
        (True, None, "on"),
        (12000, None, "12,000"),
        (1.5, None, "1.5"),
        ("", None, "empty"),
        (Secret("hunter2"), None, "***"),
        (
            (Record({}, None, "location /"), Record({}, Location("a", 2))),
            None,
            "location / and a:2",
        ),
        (object, None, "<class 'object'>"),
    ],
)
def test_show(value: object, type_: Type | None, shown: str) -> None:
    assert show(value, type_) == shown


def test_outline() -> None:
    """
    How a page shows a text before there is a subject.
    """
    text = "{a.b} of {{x}}: {c\n * 2:size}, {'}'} } {"

    assert outline(text) == "‹a.b› of {x}: ‹c * 2›, ‹'}'› } {"
