"""Units of systemd: lines, commands, limits and sockets."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model import Location, Origin, Secret, Unknown, Value
from advisor.parsers.compose_model import Ulimit
from advisor.parsers.process_model import Process, Variable, VariableFile
from advisor.parsers.systemd import parse_unit, read_service, socket_target, substituted


def service(body: str, *drop_ins: str, socket: str = "") -> Process:
    """A service whose ``[Service]`` section is given, with drop-ins of the same section."""
    units = [
        parse_unit(path, f"[Service]\n{text}")
        for path, text in (
            ("web.service", body),
            *((f"d{n}", one) for n, one in enumerate(drop_ins)),
        )
    ]
    sockets = [parse_unit("web.socket", f"[Socket]\n{socket}")] if socket else []
    found, problems = read_service("web.service", units, sockets)
    assert problems == ()
    assert found is not None
    return found


def words(body: str) -> list[str]:
    return [word.value for word in service(body).words]


class TestLines:
    def test_sections_comments_and_blanks(self) -> None:
        unit = parse_unit("u", "# a\n[Unit]\nA=1\n\n; b\n[Service]\n B = x y \nC=\n")
        found = [(one.section, one.name, one.text, one.place().line) for one in unit.entries]

        assert found == [("Unit", "A", "1", 3), ("Service", "B", "x y", 7), ("Service", "C", "", 8)]
        assert unit.problems == ()

    def test_lines_that_go_on(self) -> None:
        unit = parse_unit("u", "[Service]\nExecStart=a \\\n  # why\n  b \\\n  c\nX=1\n")
        first, second = unit.entries

        assert first.text.split() == ["a", "b", "c"]
        assert str(second.place()) == "u:6"

    def test_a_line_that_is_none(self) -> None:
        unit = parse_unit("u", "X=1\n[Service]\nhello\nA=1\n")

        assert [str(one.location) for one in unit.problems] == ["u:1", "u:3"]
        assert [one.name for one in unit.entries] == ["A"]

    def test_crlf_and_a_byte_order_mark(self) -> None:
        unit = parse_unit("u", "\ufeff[Service]\r\nA=1\r\n")

        assert [one.text for one in unit.entries] == ["1"]


class TestCommands:
    def test_words_are_found_where_they_stand(self) -> None:
        found = service("ExecStart=/bin/gunicorn \\\n    --workers 4 \\\n\tapp:app\n").words

        assert [(one.value, one.location) for one in found] == [
            ("/bin/gunicorn", Location("web.service", 2, 11, 2, 24)),
            ("--workers", Location("web.service", 3, 5, 3, 14)),
            ("4", Location("web.service", 3, 15, 3, 16)),
            ("app:app", Location("web.service", 4, 2, 4, 9)),
        ]

    @pytest.mark.parametrize(
        ("line", "found"),
        [
            ("-/bin/x a", ["/bin/x", "a"]),
            ("+!/bin/x a", ["/bin/x", "a"]),
            (":/bin/x a", ["/bin/x", "a"]),
            ("@/bin/x name a", ["/bin/x", "a"]),
            ("-@/bin/x name a", ["/bin/x", "a"]),
            ("/bin/x 'a b' \"c d\"", ["/bin/x", "a b", "c d"]),
            ("/bin/x %% %t/s", ["/bin/x", "%", "/run/s"]),
            (
                "/bin/redis-server --requirepass hunter2",
                ["/bin/redis-server", "--requirepass", "***"],
            ),
        ],
    )
    def test_prefixes_quotes_and_specifiers(self, line: str, found: list[str]) -> None:
        assert words(f"ExecStart={line}") == found

    def test_specifiers_that_depend_on_the_host(self) -> None:
        found = service("ExecStart=/bin/x --name %n").words[2]

        assert (found.value, found.origin) == ("${unit_specifier}", Origin.ASSUMED)

    def test_an_empty_one_takes_back_those_before(self) -> None:
        found = service("ExecStart=/bin/a", "ExecStart=\nExecStart=/bin/b")

        assert [one.value for one in found.words] == ["/bin/b"]
        assert str(found.location) == "d0:3"

    def test_nothing_to_start(self) -> None:
        assert read_service("u", [parse_unit("u", "[Service]\nType=oneshot\n")]) == (None, ())

    def test_an_open_quote_is_a_problem(self) -> None:
        _, problems = read_service("u", [parse_unit("u", "[Service]\nExecStart=/bin/a 'b\n")])

        assert [one.message for one in problems] == ["ExecStart: a single quote is not closed"]


class TestVariables:
    def test_assignments(self) -> None:
        found = service(
            'ExecStart=/x\nEnvironment=A=1 "B=two words"\nEnvironment=DB_PASSWORD=hunter2 C=%i\n'
        )

        assert {name: one.value for name, one in found.variables.items()} == {
            "A": "1",
            "B": "two words",
            "DB_PASSWORD": Secret("hunter2"),
            "C": "${unit_instance}",
        }
        assert found.variables["C"].origin is Origin.ASSUMED
        assert found.variables["B"].location == Location("web.service", 3, 17, 3, 30)
        assert "hunter2" not in repr(found)

    def test_an_empty_assignment_clears(self) -> None:
        assert service("ExecStart=/x\nEnvironment=A=1", "Environment=\n").variables == {}

    def test_files(self) -> None:
        found = service("ExecStart=/x\nEnvironmentFile=/etc/a\nEnvironmentFile=-/etc/b\n")

        assert found.variable_files == (
            VariableFile("/etc/a", True, Location("web.service", 3, 17, 3, 23)),
            VariableFile("/etc/b", False, Location("web.service", 4, 17, 4, 24)),
        )

    @pytest.mark.parametrize(
        ("word", "found"),
        [
            ("$A", [("1", Origin.EVALUATED), ("2", Origin.EVALUATED)]),
            ("${A}", [("1 2", Origin.EVALUATED)]),
            ("x${A}y", [("x1 2y", Origin.EVALUATED)]),
            ("$$A", [("$A", Origin.EVALUATED)]),
            ("${GONE}", [("${GONE}", Origin.ASSUMED)]),
            ("${SECRET}", [("***", Origin.EVALUATED)]),
            ("$SECRET", [("***", Origin.EVALUATED)]),
            ("plain", [("plain", Origin.LITERAL)]),
        ],
    )
    def test_in_words(self, word: str, found: list[tuple[str, Origin]]) -> None:
        variables: dict[str, Variable] = {
            "A": Value("1 2", Origin.LITERAL),
            "SECRET": Value(Secret("s"), Origin.LITERAL),
        }
        result = substituted([Value(word, Origin.LITERAL)], variables)

        assert [(one.value, one.origin) for one in result] == found


class TestLimits:
    @pytest.mark.parametrize(
        ("text", "cores"), [("200%", 2.0), ("50%", 0.5), ("", None), ("infinity", None)]
    )
    def test_quota(self, text: str, cores: float | None) -> None:
        found = service(f"ExecStart=/x\nCPUQuota={text}").cpus

        assert (found.value if isinstance(found, Value) else found) == cores

    @pytest.mark.parametrize(
        ("lines", "size"),
        [
            ("MemoryMax=2G", 2**31),
            ("MemoryMax=512M\nMemoryHigh=400M", 400 * 2**20),
            ("MemoryHigh=1.5K", 1536),
            ("MemoryMax=infinity", None),
        ],
    )
    def test_memory(self, lines: str, size: int | None) -> None:
        found = service(f"ExecStart=/x\n{lines}").memory

        assert (found.value if isinstance(found, Value) else found) == size

    def test_a_share_of_the_host_is_not_known(self) -> None:
        assert isinstance(service("ExecStart=/x\nMemoryMax=50%").memory, Unknown)

    @pytest.mark.parametrize(("text", "count"), [("0-3", 4), ("0 2,4-5", 4), ("1", 1)])
    def test_cpus_by_number(self, text: str, count: int) -> None:
        found = service(f"ExecStart=/x\nAllowedCPUs={text}").cpuset

        assert isinstance(found, Value)
        assert found.value == count

    @pytest.mark.parametrize(
        ("text", "limit"),
        [
            ("8192", Ulimit(8192, 8192)),
            ("1024:4096", Ulimit(1024, 4096)),
            ("1:infinity", Ulimit(1, -1)),
        ],
    )
    def test_files(self, text: str, limit: Ulimit) -> None:
        found = service(f"ExecStart=/x\nLimitNOFILE={text}").nofile

        assert isinstance(found, Value)
        assert found.value == limit

    @pytest.mark.parametrize(
        ("line", "seconds"),
        [
            ("", 90.0),
            ("TimeoutStopSec=45", 45.0),
            ("TimeoutStopSec=1min 30s", 90.0),
            ("TimeoutStopSec=500ms", 0.5),
            ("TimeoutSec=2min", 120.0),
            ("TimeoutStopSec=infinity", None),
        ],
    )
    def test_time_to_stop(self, line: str, seconds: float | None) -> None:
        found = service(f"ExecStart=/x\n{line}").stop_grace

        assert (found.value if isinstance(found, Value) else found) == seconds

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("CPUQuota=two", "CPUQuota is not a percentage"),
            ("MemoryMax=lots", "MemoryMax is not a size"),
            ("LimitNOFILE=a", "LimitNOFILE is not a number of files"),
            ("AllowedCPUs=a-b", "AllowedCPUs is not numbers of cpus"),
            ("TimeoutStopSec=soon", "TimeoutStopSec is not a time"),
        ],
    )
    def test_what_cannot_be_read(self, line: str, message: str) -> None:
        _, problems = read_service("u", [parse_unit("u", f"[Service]\nExecStart=/x\n{line}\n")])

        assert [(one.message, str(one.location)) for one in problems] == [(message, "u:3")]


class TestSockets:
    @pytest.mark.parametrize(
        ("text", "address"),
        [
            ("/run/g.sock", "unix:/run/g.sock"),
            ("8000", "0.0.0.0:8000"),
            ("127.0.0.1:8000", "127.0.0.1:8000"),
            ("[::1]:8000", "[::1]:8000"),
        ],
    )
    def test_addresses(self, text: str, address: str) -> None:
        found = service("ExecStart=/x", socket=f"ListenStream={text}").listens

        assert [(one.value, str(one.location)) for one in found] == [(address, "web.socket:2")]

    def test_the_service_it_starts(self) -> None:
        named = parse_unit("a.socket", "[Socket]\nService=b.service\n")

        assert socket_target("x/a.socket", parse_unit("a.socket", "")) == "a.service"
        assert socket_target("x/a.socket", named) == "b.service"


LINES = st.lists(
    st.sampled_from(["[Service]", "[Socket]", "#", "", "ExecStart=", "Environment=", "X"])
    | st.builds("{}={}".format, st.sampled_from(["ExecStart", "MemoryMax", "CPUQuota"]), st.text())
    | st.text(max_size=20).map(lambda text: f"ExecStart=/x {text} \\"),
    max_size=8,
).map("\n".join)


@given(LINES | st.text())
@settings(max_examples=300, deadline=None)
def test_any_text_gives_a_unit(text: str) -> None:
    """Places are within the file, whatever it holds."""
    unit = parse_unit("u", text)
    found, _ = read_service("u", [unit], [unit])
    lines = text.removeprefix("\ufeff").split("\n")

    assert all(1 <= entry.place().line <= len(lines) for entry in unit.entries)
    assert found is None or all(word.location for word in found.words)


@given(st.lists(st.from_regex(r"[a-z0-9:/=-]{1,8}", fullmatch=True), min_size=1, max_size=6))
def test_words_stand_where_they_are_said_to(parts: list[str]) -> None:
    body = "ExecStart=" + " \\\n  ".join(["/bin/x", *parts])
    lines = f"[Service]\n{body}".split("\n")

    for word in service(body).words:
        place = word.location
        assert place is not None
        assert lines[place.line - 1][place.column - 1 : place.end_column - 1] == word.value
