"""
One file of postgresql.conf.
"""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from advisor.model import Location
from advisor.parsers._postgresql_lexer import NAME, VALUE, ordinary, tokens
from advisor.parsers.postgresql import Assignment, Include, ParsedFile, parse_file


def _parse(text: str) -> ParsedFile:
    return parse_file("db/postgresql.conf", text)


def _one(text: str) -> Assignment:
    parsed = _parse(text)
    assert parsed.problems == ()
    (assignment,) = parsed.assignments
    return assignment


def test_an_assignment_with_its_places() -> None:
    assignment = _one("\n  work_mem = '64MB'  # per node\n")
    assert assignment == Assignment(
        name="work_mem",
        raw="64MB",
        location=Location("db/postgresql.conf", 2, 3, 2, 20),
        value_location=Location("db/postgresql.conf", 2, 14, 2, 20),
        quoted=True,
    )


@pytest.mark.parametrize(
    ("line", "raw"),
    [
        ("a = 1", "1"),
        ("a 1", "1"),
        ("a=1", "1"),
        ("a\t=\t1\r", "1"),
        ("A.b = on", "on"),
        ("a = 4MB#c", "4MB"),
        ("a = 0x1F", "0x1F"),
        ("a = +12kB", "+12kB"),
        ("a = .5", ".5"),
        ("a = 4096.", "4096."),
        ("a = 1.5e3", "1.5e3"),
        ("a = Europe/Paris", "Europe/Paris"),
        ("a = a.b-c:/d", "a.b-c:/d"),
        ("a = grün", "grün"),
        ("a = ''", ""),
        ("a = 'x#y'", "x#y"),
        ("a = 'it''s'", "it's"),
        (r"a = 'it\'s'", "it's"),
        (r"a = 'a\nb\tc'", "a\nb\tc"),
        (r"a = 'a\101\x41'", "aAx41"),
        (r"a = '\303\251'", "é"),
        (r"a = '\777'", "\udcff"),
        (r"a = 'a\0b'", "a"),
        ("a = 'a\0b'", "a"),
        (r"a = 'a\\b'", r"a\b"),
        ("a = '\ud800'", "?"),
    ],
)
def test_values(line: str, raw: str) -> None:
    assert _one(line).raw == raw


@pytest.mark.parametrize(
    ("line", "near", "hint"),
    [
        ("work_mem = 1.5MB", "“MB”", "work_mem = '1.5MB'"),
        ("work_mem = 4 MB", "“MB”", "work_mem = '4 MB'"),
        ("cpu_tuple_cost = 1e4", "“4”", "cpu_tuple_cost = '1e4'"),
        ("listen_addresses = *", "“*”", "listen_addresses = '*'"),
        ("listen_addresses = 10.0.0.1", "“.0”", "listen_addresses = '10.0.0.1'"),
        ('listen_addresses = "*"', '“"”', "listen_addresses = '*'"),
        ("listen_addresses = a, b # both", "“,”", "listen_addresses = 'a, b'"),
        ("archive_command = 'cp %p /a/%f", "“'”", "archive_command = 'cp %p /a/%f'"),
        ("log_line_prefix = %m", "“%”", "log_line_prefix = '%m'"),
        ("max_connections: 100", "“max_connections:”", "max_connections = 100"),
        ("max_connections == 100", "“=”", "max_connections = 100"),
        ("port = 5432;", "“;”", "port = 5432"),
        ("port =", "the end of the line", "port = ''"),
        ("port", "the end of the line", "port = ''"),
        ("= 5", "“=”", "name = value"),
        ("[mysqld]", "“[”", "name = value"),
        ("a.b.c = 1", "“a.b.c”", "name = value"),
        ("search_path = a.b", "“a.b”", "search_path = 'a.b'"),
        ("a = 'x' 'y'", "“'y'”", "a = '''x'' ''y'''"),
        ("a = b'c", "“'”", "a = 'b''c'"),
        (r"a = b\c", "“\\”", r"a = 'b\\c'"),
    ],
)
def test_syntax_errors_show_the_right_form(line: str, near: str, hint: str) -> None:
    parsed = _parse(f"{line}\nfsync = off\n")
    (problem,) = parsed.problems
    assert problem.message == f"syntax error near {near}"
    assert problem.location.line == 1
    assert hint in problem.hint
    assert [assignment.name for assignment in parsed.assignments] == ["fsync"]


@pytest.mark.parametrize(
    "line", ["work_mem = 1.5MB", "a = b'c", "listen_addresses = a, b", "p = 'x"]
)
def test_the_hinted_form_is_right(line: str) -> None:
    (problem,) = _parse(line).problems
    assert _one(problem.hint.removeprefix("write ")).name == line.partition(" ")[0]


def test_very_long_lines_are_not_repeated() -> None:
    (problem,) = _parse("a = 1 " + "b" * 10_000).problems
    assert len(problem.message) + len(problem.hint) < 200


def test_reading_stops_after_a_hundred_errors_like_the_server() -> None:
    parsed = _parse("?\n" * 150 + "fsync = off\n")
    assert len(parsed.problems) == 101
    assert parsed.problems[-1].message.startswith("too many syntax errors")
    assert parsed.assignments == ()


def test_a_byte_order_mark_is_a_problem_but_not_the_end() -> None:
    parsed = _parse("\ufefffsync = off\n")
    assert "byte order mark" in parsed.problems[0].message
    assert parsed.assignments[0].name == "fsync"


def test_includes_keep_their_place() -> None:
    parsed = _parse("a = 1\nInclude = 'x.conf'\ninclude_dir d\ninclude_if_exists 'y'\nb = 2\n")
    kinds = [e.kind if isinstance(e, Include) else e.name for e in parsed.entries]
    assert kinds == ["a", "include", "include_dir", "include_if_exists", "b"]
    assert [include.target for include in parsed.includes] == ["x.conf", "d", "y"]


def test_passwords_never_leave_the_parser() -> None:
    text = "primary_conninfo = 'host=a password=hunter2'\na = postgres://u:hunter2@h/d x\n"
    parsed = _parse(text)
    assert "hunter2" not in repr(parsed)


@pytest.mark.parametrize(
    ("line", "name", "raw"),
    [
        ("shared_buffers = {{ sb }}MB  # set by ansible", "shared_buffers", "{{ sb }}MB"),
        ("shared_buffers = '{{ sb }}'", "shared_buffers", "{{ sb }}"),
        ("max_connections = ${MAX:-100}", "max_connections", "${MAX:-100}"),
        ("port = @PORT@", "port", "@PORT@"),
        ("port <%= @port %>", "port", "<%= @port %>"),
        ("fsync = off {% if dev %}", "fsync", "off"),
        ("{% if dev %}fsync = off{% endif %}", "fsync", "off"),
        ("archive_command = 'cp %p {{ dir }}/%f'", "archive_command", "cp %p {{ dir }}/%f"),
    ],
)
def test_templates_are_no_syntax_errors(line: str, name: str, raw: str) -> None:
    assignment = _one(line)
    assert (assignment.name, assignment.raw, assignment.placeholder) == (name, raw, True)


@pytest.mark.parametrize(
    "line",
    [
        "{% if x %}",
        "  {%- endif -%} # end",
        "{# a note #}",
        "{{ extra_settings }}",
        "<% @options.each do |k, v| -%>",
        "{{ item.name }} = {{ item.value }}",
        "${EXTRA}",
    ],
)
def test_lines_of_pure_template_say_nothing(line: str) -> None:
    parsed = _parse(line)
    assert (parsed.entries, parsed.problems) == ((), ())


def test_settings_in_a_template_block_are_not_certain() -> None:
    text = "{% if dev %}\nfsync = off\n{% else %}\nfsync = on\n{% endif %}\njit = off\n"
    assert [a.placeholder for a in _parse(text).assignments] == [True, True, False]


def test_a_shell_variable_in_a_command_is_no_placeholder() -> None:
    assert not _one("archive_command = 'cp %p ${DIR}/%f'").placeholder
    assert not _one("search_path = '\"$user\", public'").placeholder


@pytest.mark.parametrize("line", ["work_mem = 1.5MB {% if x %}", "work_mem = 1.5MB # {{ x }}"])
def test_an_error_beside_a_template_mark_stays_an_error(line: str) -> None:
    assert len(_parse(line).problems) == 1


HOSTILE = st.text(
    st.sampled_from("'\\\"#=.,;:-+ \t\r\n\0é{}%<>$@*()abn019xX_/\ufeff") | st.characters()
)


@given(HOSTILE)
@settings(max_examples=500, deadline=None)
def test_any_text_parses(text: str) -> None:
    """No text raises, and every location points into the text."""
    parsed = parse_file("p", text)
    lines = text.removeprefix("\ufeff").split("\n")
    for entry in parsed.assignments:
        place = entry.value_location
        assert 1 <= place.line <= len(lines)
        assert 1 <= place.column < place.end_column <= len(lines[place.line - 1]) + 1


WORDS = st.sampled_from(
    [
        *(
            "a",
            "a.b",
            "work_mem",
            "a-b",
            "a:b",
            "é1",
            "=",
            " = ",
            " ",
            "\t",
            "\r",
            "\v",
            "# c",
            "#",
        ),
        *("1", "-1", "+4kB", "0x1F", "0x", "1.5", ".5", "1e3", ".", "''", "'x'", "'", "\\", "\\'"),
    ]
)


@given(st.lists(WORDS, max_size=7).map("".join))
@settings(max_examples=2000, deadline=None)
@example("a-1")
@example("ab")
@example("a.b.c 1")
@example("a = 1MB.5")
@example("a 'x' # 'y'")
def test_one_look_and_word_by_word_agree(line: str) -> None:
    """The pattern for ordinary lines accepts nothing that the tokens of the server do not say."""
    spans = ordinary(line)
    if spans:
        words = [word for word in tokens(line) if word.kind != "equals"]
        name, value = words
        assert spans == (name.start, name.end, value.start, value.end)
        assert name.kind in NAME
        assert value.kind in VALUE


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\n"), max_size=60))
@settings(max_examples=500, deadline=None)
def test_quoting_is_undone(text: str) -> None:
    """A value written with quotes and doubled backslashes comes back as it was."""
    quoted = text.replace("\\", "\\\\").replace("'", "''")
    assignment = _one(f"log_line_prefix = '{quoted}'")
    assert assignment.raw == text or "***" in assignment.raw


@pytest.mark.parametrize("piece", ["'", "\\'", "{{", "{% do ", "<%", "${", "a ", "# ", "@A", "''"])
def test_hostile_lines_take_linear_time(piece: str) -> None:
    """A quadratic step would take minutes here."""
    parse_file("p", "a = " + piece * 100_000)
    parse_file("p", "a = {{ x }}" + " " * 100_000 + piece)
