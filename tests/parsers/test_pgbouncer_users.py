"""
The auth_file of PgBouncer: users, the form of their passwords, and no password ever.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.parsers.pgbouncer_users import Form, UsersDocument, parse_users

MD5 = "md5" + "0123456789abcdef" * 2
SCRAM = "SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy"
PIECES = st.sampled_from(['"', '"a" "b"', ";", "#", "\n", " ", "a", "{{", "\r\n", '""', "\0"])


def read(text: str) -> UsersDocument:
    return parse_users("userlist.txt", text)


def forms(text: str) -> list[tuple[str, str]]:
    document = read(text)
    assert document.broken is None
    return [(one.name, str(one.form)) for one in document.users]


@pytest.mark.parametrize(
    ("secret", "form"),
    [
        ("geheim", Form.PLAIN),
        (MD5, Form.MD5),
        (MD5.upper(), Form.PLAIN),
        (MD5[:-1], Form.PLAIN),
        (SCRAM, Form.SCRAM),
        ("SCRAM-SHA-256$x", Form.PLAIN),
        ("", Form.EMPTY),
    ],
)
def test_the_form_of_a_password(secret: str, form: Form) -> None:
    assert forms(f'"bob" "{secret}"\n') == [("bob", form)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("; nobody\n\n", []),
        ('"a" "x"\n"b" "y"', ["a", "b"]),
        ('  "a"\t"x" and the rest "of" it\n"b""c" "y"\n', ["a", 'b"c']),
        ('"a"\n"x"\n"b""y"\n', ["a"]),
        ('"a" "x\n"b" "y"\n', ["a"]),
        ('"a" "x"\r\n;"b" "y"\r\n"c" "z"\r\n', ["a", "c"]),
    ],
)
def test_entries(text: str, names: list[str]) -> None:
    """As the program reads them: an entry does not end with its line."""
    assert [one.name for one in read(text).users] == names


@pytest.mark.parametrize(
    ("text", "place", "names"),
    [
        ('# nobody\n"a" "x"\n', "1:1", []),
        ('"a" "x"\n\n  b y\n"c" "z"\n', "3:3", ["a"]),
        ('"a" x\n', "1:1", []),
        ('"a"\n', "1:1", []),
        ('"a" "x\n', "1:1", []),
    ],
)
def test_where_the_program_gives_up(text: str, place: str, names: list[str]) -> None:
    document = read(text)

    assert document.broken is not None
    assert f"{document.broken.line}:{document.broken.column}" == place
    assert [one.name for one in document.users] == names


def test_places_cover_the_name_alone() -> None:
    (_, bob) = read('"a" "x"\n "bob" "geheim"\n').users

    assert (bob.location.line, bob.location.column, bob.location.end_column) == (2, 2, 7)


@pytest.mark.parametrize("text", ['"a" "{{ secret }}"\n', '"a" "${SECRET}"\n', "{% for u in us %}"])
def test_templates(text: str) -> None:
    """What they are filled with decides, also about what looks broken."""
    document = read(text)

    assert document.template
    assert document.broken is None


@given(st.lists(PIECES, max_size=30).map("".join))
@settings(max_examples=500, deadline=None)
def test_any_text_is_read(text: str) -> None:
    document = read(text)
    lines = text.count("\n") + 1
    places = [one.location for one in document.users] + [one for one in [document.broken] if one]

    assert all(1 <= one.line <= lines for one in places)


@pytest.mark.parametrize(
    "text", ['"' * 200_000, '"a" ' * 50_000, '"a" "' + "b" * 400_000, ";" * 9**6]
)
def test_a_long_text_is_read_quickly(text: str) -> None:
    assert len(read(text).users) <= 1


def test_no_password_is_kept() -> None:
    assert "geheim" not in repr(read('"a" "geheim"\n"b" "geheim too\n'))
