from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model import Location, Origin, Secret, Unknown, Value
from advisor.parsers import dotenv
from advisor.parsers.dotenv import DotenvDocument, parse_dotenv


def read(text: str, **env: str) -> DotenvDocument:
    return parse_dotenv(".env", text, env=env)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=VAL", "VAL"),
        ('A="VAL"', "VAL"),
        ("A='VAL'", "VAL"),
        ("A: VAL", "VAL"),
        ("A = VAL  ", "VAL"),
        ("  export A=VAL", "VAL"),
        ("\ufeffA=VAL", "VAL"),
        ("A=VAL # comment", "VAL"),
        ("A=VAL# not a comment", "VAL# not a comment"),
        ('A="VAL # not a comment"', "VAL # not a comment"),
        ('A="VAL" # comment', "VAL"),
        ("A='$OTHER'", "$OTHER"),
        ("A='${OTHER}'", "${OTHER}"),
        ("A='Let\\'s go!'", "Let's go!"),
        ('A="{\\"hello\\": \\"json\\"}"', '{"hello": "json"}'),
        ('A="some\\tvalue"', "some\tvalue"),
        ("A='some\\tvalue'", "some\\tvalue"),
        ("A=some\\tvalue", "some\\tvalue"),
        ('A="a\\$B"', "a$B"),
        ("A='one\ntwo'", "one\ntwo"),
        ("A=", ""),
        ("A= # only a comment", ""),
        ("A=x=y", "x=y"),
        ("A=VAL\r", "VAL"),
        ("A=$$5", "$5"),
    ],
)
def test_values(line: str, value: str) -> None:
    """
    The examples of Docker's documentation, and the corners around them.
    """
    document = read(line + "\n")
    assert document.texts() == {"A": value}
    assert document.problems == ()


def test_comments_and_blank_lines_are_skipped() -> None:
    assert read("# a\n\n   # b\n\r\nA=1\n#B=2").texts() == {"A": "1"}


def test_values_refer_to_earlier_ones() -> None:
    document = read('A=1\nB=${A}2\nC="$B-${NONE:-x}"\nA=9\nD=$HOST')
    assert document.texts() == {"A": "9", "B": "12", "C": "12-x", "D": ""}
    known = {name: item for name, item in document.variables.items() if isinstance(item, Value)}
    assert {name: item.origin for name, item in known.items()} == {
        "A": Origin.LITERAL,
        "B": Origin.EVALUATED,
        "C": Origin.ASSUMED,
        "D": Origin.ASSUMED,
    }


def test_what_was_set_before_wins_in_references() -> None:
    assert read("A=file\nB=$A", A="shell").texts()["B"] == "shell"


def test_a_name_alone_comes_from_the_shell() -> None:
    document = read("A\nB # why\nC why\n", B="2")
    assert document.variables["A"] == Unknown(
        "A is taken from the shell that starts Compose", Location(".env", 1, 1, 1, 2)
    )
    assert document.texts() == {"B": "2"}
    assert document.problems[0].location.line == 3


def test_locations_cover_the_value() -> None:
    document = read("\n  A = 'x\ny' # c\nB=12\n")
    assert document.variables["A"].location == Location(".env", 2, 7, 3, 3)
    assert document.variables["B"].location == Location(".env", 4, 3, 4, 5)


def test_secrets_are_wrapped() -> None:
    document = read("DB_PASSWORD=hunter2\nURL=postgres://u:hunter2@db/app\nA=postgres://db/app\n")
    assert "hunter2" not in repr(document)
    assert document.texts()["URL"] == "postgres://u:hunter2@db/app"
    assert isinstance(document.variables["A"], Value)
    assert document.variables["A"].value == "postgres://db/app"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("A=1\nnot a setting\nB=2", 2, "is not of the form NAME=value"),
        ("A=1\n=x\nB=2", 2, "is not of the form NAME=value"),
        ('A=1\nX="open\nB=2', 2, "the quote that opens the value of X is not closed"),
        ("A=1\nX='a' b\nB=2", 2, "there is text behind the closing quote of X"),
        ("A=1\nX=${\nB=2", 2, "X: ${ needs the name of a variable"),
    ],
)
def test_lines_that_cannot_be_read_are_problems(text: str, line: int, message: str) -> None:
    document = read(text)
    assert [(item.location.line, item.message) for item in document.problems] == [(line, message)]
    assert document.texts()["A"] == "1"
    assert document.texts()["B"] == "2"


def test_doubling_values_end() -> None:
    lines = ["A0=" + "x" * 1000, *(f"A{n + 1}=$A{n}$A{n}" for n in range(60))]
    document = read("\n".join(lines))
    assert "the text grows beyond" in document.problems[0].message
    assert len(document.variables) == 61


def test_all_values_together_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dotenv, "MAX_TOTAL", 100)
    document = read("A=" + "x" * 60 + "\nB=$A\nC=$A\n")
    assert list(document.variables) == ["A", "B"]
    assert "stopped" in document.problems[-1].message


def test_a_file_of_something_else_is_not_read_to_its_end() -> None:
    document = read("just some text\n" * 1000)
    assert len(document.problems) == dotenv.MAX_PROBLEMS + 1
    assert document.problems[-1].message == "stopped: this is no file of NAME=value lines"


@given(st.text(alphabet=st.sampled_from("AB=:'\"\\${}#\n\r \t-x"), max_size=200) | st.text())
@settings(max_examples=500, deadline=None)
def test_any_text_gives_a_document(text: str) -> None:
    document = read(text, A="1")
    lines = text.count("\n") + 1
    for item in document.variables.values():
        assert item.location is not None
        assert 1 <= item.location.line <= lines
    assert all(isinstance(value, str) for value in document.texts().values())
    assert all(
        isinstance(item.value, str | Secret)
        for item in document.variables.values()
        if isinstance(item, Value)
    )
