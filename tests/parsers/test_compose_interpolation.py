from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model import Origin
from advisor.parsers.interpolation import MAX_NESTING, MAX_TEXT, Style, interpolate

ENV = {"SET": "s", "EMPTY": "", "OTHER": "o", "DB_PASSWORD": "hunter2"}

CASES = [
    ("plain", "plain"),
    ("$SET", "s"),
    ("a${SET}b", "asb"),
    ("$SET-$OTHER", "s-o"),
    ("${SET:-d}", "s"),
    ("${EMPTY:-d}", "d"),
    ("${EMPTY-d}", ""),
    ("${NONE:-d}", "d"),
    ("${NONE-d}", "d"),
    ("${NONE:-}", ""),
    ("${NONE}", ""),
    ("${SET:?e}", "s"),
    ("${EMPTY?e}", ""),
    ("${SET:+r}", "r"),
    ("${EMPTY:+r}", ""),
    ("${EMPTY+r}", "r"),
    ("${NONE+r}", ""),
    ("${NONE:-${EMPTY:-${OTHER}}}x", "ox"),
    ("${SET:+a${NONE:-b}c}", "abc"),
    ("${NONE:-a b}", "a b"),
    ("${NONE:-1.2.3}/x", "1.2.3/x"),
    ("a $ b", "a $ b"),
    ("abc!@#$%^&*", "abc!@#$%^&*"),
    ("(:[0-9]+)?$", "(:[0-9]+)?$"),
    ("${NONE:-a$}", "a$"),
]


@pytest.mark.parametrize(("text", "result"), CASES)
def test_interpolation(text: str, result: str) -> None:
    assert interpolate(text, ENV).text == result


@pytest.mark.oracle
@pytest.mark.parametrize(("text", "result"), CASES)
def test_a_shell_agrees(text: str, result: str) -> None:
    """
    Compose took over the operators of the POSIX shell.
    """
    shell = shutil.which("sh")
    if shell is None:
        pytest.skip("no POSIX shell")
    done = subprocess.run(
        [shell, "-c", f'printf %s "{text}"'], env=ENV, capture_output=True, text=True, check=True
    )
    assert done.stdout == result


def test_a_position_of_a_shell_is_no_variable() -> None:
    assert interpolate("awk '{print $1}'", ENV).text == "awk '{print $1}'"


def test_a_doubled_dollar_is_a_dollar() -> None:
    assert interpolate("$$SET $${SET} ${NONE:-$$x}", ENV).text == "$SET ${SET} $x"


@pytest.mark.parametrize(
    ("text", "origin", "note"),
    [
        ("x", Origin.LITERAL, ""),
        ("$$x", Origin.LITERAL, ""),
        ("$SET", Origin.EVALUATED, ""),
        ("${EMPTY:-d}", Origin.EVALUATED, ""),
        ("${SET:-$NONE}", Origin.EVALUATED, ""),
        ("${NONE:-d}", Origin.ASSUMED, "default of NONE, set in no file"),
        ("${NONE:-$SET}", Origin.ASSUMED, "default of NONE, set in no file"),
        ("${NONE:+d}", Origin.ASSUMED, "default of NONE, set in no file"),
        ("$A $B $A", Origin.ASSUMED, "depends on A and B, set in no file"),
        ("${NONE:?needed}", Origin.ASSUMED, "depends on NONE, set in no file"),
    ],
)
def test_origin(text: str, origin: Origin, note: str) -> None:
    """
    A default is an assumption, because the shell that starts Compose may set the variable.
    """
    result = interpolate(text, ENV)
    assert (result.origin, result.note) == (origin, note)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("${}", "${ needs the name of a variable"),
        ("${SET", "${ is not closed"),
        ("${NONE:-a", "${ is not closed"),
        ("${SET x}", "${SET has no valid operator"),
        ("${NONE:-" * (MAX_NESTING + 2), "too deep"),
    ],
)
def test_malformed_texts_stay_as_they_are(text: str, problem: str) -> None:
    result = interpolate(text, ENV)
    assert (result.text, result.problem, result.origin) == (text, problem, Origin.ASSUMED)


def test_variables_can_stay_as_they_are_written() -> None:
    style = Style(keep_unset=True)
    assert interpolate("-w ${NONE} $SET ${A:?x}", ENV, style).text == "-w ${NONE} s ${A:?x}"


def test_secrets_can_be_hidden() -> None:
    style = Style(hide_secrets=True)
    text = "$DB_PASSWORD ${API_TOKEN:-abc} ${API_TOKEN:-} $SET"
    assert interpolate(text, ENV, style).text == "*** ***  s"


def test_growth_is_limited() -> None:
    result = interpolate("$A" * 100, {"A": "x" * (MAX_TEXT // 50)})
    assert "the text grows beyond" in result.problem


@given(st.text(alphabet=st.sampled_from("${}:-?+ABx1 "), max_size=60))
@settings(max_examples=500, deadline=None)
def test_any_text_gives_a_result(text: str) -> None:
    result = interpolate(text, {"A": "1", "B": ""})
    if result.problem or "$" not in text:
        assert result.text == text
    kept = interpolate(text, {}, Style(keep_unset=True))
    assert kept.problem or set(kept.used) == set()
