"""
pg_hba.conf: what the oracle does not ask about, and text that nobody would write.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.errors import SourceError
from advisor.parsers.pg_hba import HbaDocument, read_hba
from advisor.sources.tree import MemoryTree

WORDS = (
    *(
        "local",
        "host",
        "hostssl",
        "all",
        "@x",
        "@pg_hba.conf",
        '"',
        ",",
        "\\",
        "\n",
        " ",
        "#",
        "\t",
    ),
    *("10.0.0.0/8", "::/0", "fe80::1%9/64", "trust", "cert", "include", "include_dir", "map=a"),
    *("255.0.0.0", "ldap", "ldapport=0", "{{", "\0", "é", "\udce9", "١/8", "0x/1", "9" * 99, "\r"),
)
PIECES = st.sampled_from(WORDS)


def read(text: str, major: int | None = None, **files: str) -> HbaDocument:
    tree = {name.replace("__", "/"): one for name, one in files.items()}
    return read_hba("pg_hba.conf", MemoryTree({"pg_hba.conf": text, **tree}), major=major)


def refusal(text: str, major: int | None = None) -> str:
    document = read(text, major)
    assert document.records == ()
    (problem,) = document.problems
    assert problem.category == "syntax"
    return problem.message.removeprefix("PostgreSQL refuses this line: ")


class TestRecords:
    def test_places(self) -> None:
        (_, record) = read("local all all peer\nhost db bob 10.0.0.0/8  md5 # x\n").records

        assert str(record.location) == "pg_hba.conf:2"
        assert record.method_location is not None
        assert (record.method_location.column, record.method_location.end_column) == (25, 28)
        assert [one.text for one in record.databases + record.users] == ["db", "bob"]

    def test_continued_lines(self) -> None:
        """A backslash joins lines from 14 on; before, it is a word like any other."""
        text = "host all all \\\n 10.0.0.0/8 \\\n md5\nlocal all all peer\n"
        first, second = read(text, 14).records

        assert (first.location.line, first.location.end_line) == (1, 3)
        assert first.method_location == first.location
        assert second.location.line == 4
        assert len(read(text, 13).problems) == 3

    def test_a_last_line_that_promises_more(self) -> None:
        assert read("local all all peer\\").records[0].method == "peer"

    def test_keywords_lose_their_meaning_in_quotes(self) -> None:
        plain, quoted = read('host all all all md5\nhost "all" "all" "all" md5\n').records

        assert plain.any_database
        assert plain.any_user
        assert not quoted.any_database
        assert not quoted.any_user
        assert quoted.address is not None
        assert quoted.address.name == "all"

    def test_replication(self) -> None:
        one, other = read("local replication r md5\nlocal replication,x r md5\n").records

        assert one.replication
        assert not other.replication

    def test_passwords_are_dropped(self) -> None:
        line = "host all all all ldap ldapserver=x ldapbasedn=y ldapbindpasswd=geheim ldapport=1"
        (record,) = read(line).records

        assert record.options == {"ldapserver": "x", "ldapbasedn": "y", "ldapport": "1"}
        assert "geheim" not in repr(record)


class TestAddresses:
    @pytest.mark.parametrize(
        ("address", "breadth", "text"),
        [
            ("all", "wide", "all"),
            ("0.0.0.0/0", "wide", "0.0.0.0/0"),
            ("203.0.113.0 255.255.255.0", "wide", "203.0.113.0/24"),
            ("203.0.113.7/32", "host", "203.0.113.7/32"),
            ("10.0.0.0/7", "wide", "10.0.0.0/7"),
            ("172.16.0.0/12", "private", "172.16.0.0/12"),
            ("10.0.0.1 255.0.0.255", "private", "10.0.0.1 255.0.0.255"),
            ("fd00::/8", "private", "fd00::/8"),
            ("::/0", "wide", "::/0"),
            ("127.0.0.1/32", "loopback", "127.0.0.1/32"),
            ("::1/128", "loopback", "::1/128"),
            ("samehost", "loopback", "samehost"),
            ("samenet", "private", "samenet"),
            (".example.org", "name", ".example.org"),
        ],
    )
    def test_breadth(self, address: str, breadth: str, text: str) -> None:
        (record,) = read(f"host all all {address} md5").records

        assert record.address is not None
        assert (record.address.breadth, record.address.text) == (breadth, text)

    @pytest.mark.parametrize(
        ("wide", "narrow", "covered"),
        [
            ("all", "10.0.0.0/8", True),
            ("10.0.0.0/8", "10.1.0.0/16", True),
            ("10.1.0.0/16", "10.0.0.0/8", False),
            ("0.0.0.0/0", "::1/128", False),
            ("x.org", "X.ORG", True),
            ("x.org", "y.org", False),
            ("samenet", "10.0.0.0/8", False),
            ("10.0.0.0/8", "samenet", False),
        ],
    )
    def test_one_covers_the_other(self, wide: str, narrow: str, *, covered: bool) -> None:
        first, second = read(f"host all all {wide} md5\nhost all all {narrow} md5").records

        assert first.address is not None
        assert second.address is not None
        assert first.address.covers(second.address) is covered


class TestRefusals:
    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("hosts all all all md5", "“hosts” is no connection type"),
            ("host", "the line ends before the database"),
            ("host all", "the line ends before the role"),
            ("host all all", "the line ends before the address"),
            ("host all all a,b md5", "takes one address"),
            ("host all all x/8 md5", "a host name takes no mask"),
            ("host all all 10.0.0.0/99 md5", "has a mask that no IPv4 address has"),
            ("host all all 10.0.0.0", "the address needs a mask"),
            ("host all all 10.0.0.0 a,b md5", "takes one mask"),
            ("host all all 10.0.0.0 ::1 md5", "does not fit an IPv4 address"),
            ("host all all all scram", "there is no authentication method “scram”"),
            ("host all all all bsd", "exists on OpenBSD only"),
            ("local all all gss", "gss does not work over unix sockets"),
            ("host all all all md5 x", "not in the form name=value"),
            ("host all all all md5 x=1", "there is no option “x”"),
            ("host all all all md5 map=1", "the method md5 has no option map"),
            ("host all all all oauth scope=x", "oauth needs issuer"),
            ("local,host all all md5", "more than one connection type"),
        ],
    )
    def test_the_reason_is_said(self, line: str, message: str) -> None:
        assert message in refusal(line)


class TestOtherFiles:
    def test_lists_of_names(self) -> None:
        document = read("local @dbs @more trust\n", dbs='a, "b c"\n@more\n', more="d # e\n")
        (record,) = document.records

        assert [one.text for one in record.databases] == ["a", "b c", "d"]
        assert [one.text for one in record.users] == ["d"]
        assert record.complete
        assert document.files == ("pg_hba.conf", "dbs", "more")

    @pytest.mark.parametrize("name", ["@missing", "@/etc/passwd", "@../x", "@loop"])
    def test_lists_that_are_not_here(self, name: str) -> None:
        """They may exist where the server runs, so nothing is refused and nothing is known."""
        (record,) = read(f"local {name} all trust\n", loop="@loop\n").records

        assert not record.complete

    def test_includes(self) -> None:
        files = {
            "pg_hba.conf": "include a/b.conf\nlocal all all peer\ninclude_dir a\n",
            "a/b.conf": "local x x trust\ninclude_if_exists none\n",
            "a/c": "local y y md5\n",
        }
        document = read_hba("pg_hba.conf", MemoryTree(files))

        assert [one.location.path for one in document.records] == ["a/b.conf", "pg_hba.conf"]
        assert not document.complete
        assert document.problems == ()

    def test_includes_came_with_16(self) -> None:
        assert "is no connection type" in refusal("include x.conf\n", 15)

    @pytest.mark.parametrize("line", ["include pg_hba.conf", "include /etc/x", "include_dir none"])
    def test_includes_that_lead_nowhere(self, line: str) -> None:
        document = read(f"{line}\nlocal all all peer\n")

        assert len(document.records) == 1
        assert not document.complete

    def test_a_missing_file(self) -> None:
        assert read_hba("x", MemoryTree({})).records == ()

    def test_a_file_that_cannot_be_read(self) -> None:
        class Broken(MemoryTree):
            def read(self, path: str) -> str | None:
                raise SourceError("cannot be read", path=path)

            def names(self, folder: str) -> tuple[str, ...]:
                raise SourceError("cannot be read", path=folder)

        assert not read_hba("x", Broken({})).complete


def test_templates_are_left_out() -> None:
    document = read("host all all {{ net }} md5\nlocal all all peer\n")

    assert document.template
    assert len(document.records) == 1
    assert document.problems == ()


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=40), st.sampled_from([None, 13, 15, 17]))
def test_no_text_is_too_much(pieces: list[str], major: int | None) -> None:
    text = " ".join(pieces)
    document = read(text, major, x="a @x\n@y", y=text)
    lines = text.count("\n") + 1

    assert all(1 <= one.location.line <= lines for one in document.records)


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    read(text)
