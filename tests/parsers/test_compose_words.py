from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.parsers.images import ImageName, parse_image
from advisor.parsers.words import UnclosedQuoteError, split_words


def texts(text: str) -> list[str]:
    return [word.text for word in split_words(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gunicorn app:app -w 4", ["gunicorn", "app:app", "-w", "4"]),
        ("a 'b c' \"d e\" f\\ g", ["a", "b c", "d e", "f g"]),
        ("a''b \"\" ''", ["ab", "", ""]),
        ("--bind='0.0.0.0:80'", ["--bind=0.0.0.0:80"]),
        ('"a\\"b" "a\\nb" \'a\\nb\'', ['a"b', "a\\nb", "a\\nb"]),
        ("a && b | c", ["a", "&&", "b", "|", "c"]),
        ("a # b", ["a", "#", "b"]),
        ("-w ${W:-2 3} x", ["-w", "${W:-2 3}", "x"]),
        ('"${A:-${B:-x y}}" $C$$', ["${A:-${B:-x y}}", "$C$$"]),
        ("a\\\nb", ["ab"]),
        ("  \t\n ", []),
        ("a\\", ["a"]),
    ],
)
def test_splitting(text: str, words: list[str]) -> None:
    assert texts(text) == words


@pytest.mark.parametrize("text", ["'a", '"a', "${a", "a ${b:-${c}", '"${a"', "${" * 100])
def test_what_is_not_closed(text: str) -> None:
    with pytest.raises(UnclosedQuoteError):
        split_words(text)


def test_words_know_their_place() -> None:
    text = "a 'b c'  d"
    assert [text[word.start : word.end] for word in split_words(text)] == ["a", "'b c'", "d"]
    assert [word.quoted for word in split_words(text)] == [False, True, False]


def test_protected_dollars() -> None:
    """
    In Dockerfiles quotes and backslashes keep variables from being replaced.
    """
    words = split_words('\'$A\' \\$A "\\$A" $A "$A"', protect_dollars=True)
    assert [word.text for word in words] == ["$$A", "$$A", "$$A", "$A", "$A"]


def test_another_escape_character() -> None:
    words = split_words('C:\\x a` b "`"c"', escape="`")
    assert [word.text for word in words] == ["C:\\x", "a b", '"c']


@given(st.text(alphabet=st.sampled_from("ab '\"\\\n\t=-"), max_size=60))
@settings(max_examples=500, deadline=None)
def test_python_agrees(text: str) -> None:
    """
    Without variables the words are those of the standard library's shlex.

    Apart from two corners where shlex is no shell: a backslash at a line's end and at the end.
    """
    if "\\\n" in text or text.endswith("\\"):
        text = text.replace("\\", "")
    try:
        expected = shlex.split(text)
    except ValueError:
        with pytest.raises(UnclosedQuoteError):
            split_words(text)
    else:
        assert texts(text) == expected


@given(st.text())
@settings(max_examples=500, deadline=None)
def test_any_text_splits_or_is_unclosed(text: str) -> None:
    try:
        words = split_words(text)
    except UnclosedQuoteError:
        return
    assert all(0 <= word.start < word.end <= len(text) for word in words)


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [
        ("postgres", ImageName("postgres"), None),
        ("postgres:16.3-alpine", ImageName("postgres", "16.3-alpine"), (16, 3)),
        ("nginx:1.27.3", ImageName("nginx", "1.27.3"), (1, 27, 3)),
        ("app:latest", ImageName("app", "latest"), None),
        ("app:v2", ImageName("app", "v2"), (2,)),
        ("app:17beta1", ImageName("app", "17beta1"), None),
        ("localhost:5000/Org/App", ImageName("localhost:5000/Org/App"), None),
        ("ghcr.io/a/b:1@sha256:ff", ImageName("ghcr.io/a/b", "1", "sha256:ff"), (1,)),
        ("postgres:", ImageName("postgres"), None),
    ],
)
def test_images(text: str, name: ImageName, version: tuple[int, ...] | None) -> None:
    image = parse_image(text)
    assert image == name
    assert image.version == version
    assert image.name == name.repository.rpartition("/")[2].lower()
