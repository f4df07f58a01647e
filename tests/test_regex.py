"""
Patterns that wait for their first use.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from advisor import regex


def test_it_is_the_pattern() -> None:
    """What it finds, replaces and splits is what the compiled pattern does."""
    lazy, real = regex.lazy(r"(\d+)", re.ASCII), re.compile(r"(\d+)", re.ASCII)
    assert lazy.findall("1 two 3") == real.findall("1 two 3")
    assert lazy.sub("#", "1 two 3") == "# two #"
    assert (lazy.pattern, lazy.flags, lazy.groups) == (real.pattern, real.flags, real.groups)


def test_bytes() -> None:
    """A pattern of bytes reads bytes."""
    found = regex.lazy(rb"a+").match(b"aab")
    assert found is not None
    assert found[0] == b"aa"


def test_it_is_compiled_once_and_by_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making one costs nothing, using it again compiles nothing."""
    compiled: list[str] = []
    compile_pattern = re.compile

    def count(pattern: str, flags: int = 0) -> re.Pattern[str]:
        compiled.append(pattern)
        return compile_pattern(pattern, flags)

    monkeypatch.setattr(re, "compile", count)
    pattern = regex.lazy("x")
    assert compiled == []
    assert [bool(pattern.match(text)) for text in ("x", "y", "x")] == [True, False, True]
    assert pattern.search("ax") is not None
    assert compiled == ["x"]


def test_a_malformed_pattern_is_refused_by_its_use() -> None:
    """The error is that of `re`."""
    pattern = regex.lazy("(")
    with pytest.raises(re.error, match="unterminated"):
        pattern.match("")


def test_what_a_pattern_does_not_have() -> None:
    """It has no more than a pattern has."""
    with pytest.raises(AttributeError, match="matches"):
        _ = regex.lazy("x").matches  # type: ignore[attr-defined] # the point of the test


def test_no_group_is_possessive() -> None:
    """
    Python 3.11.2 reads ``(?:…)*+`` wrongly, and in few places does it show.
    """
    possessive = re.compile(r"[^(\\]\)[*+?]\+")
    assert possessive.search(r"((?: x)*+)")
    found = [
        f"{path}:{number}"
        for path in sorted(Path(regex.__file__).parent.rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if possessive.search(line) and "``" not in line
    ]
    assert found == []
