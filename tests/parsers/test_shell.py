"""Shell scripts as commands: what is read, what is refused, what has its limits."""

from __future__ import annotations

import time

import pytest

from advisor.parsers.shell import ShellSyntaxError, parse_shell
from advisor.parsers.shell.nodes import simples
from tests.support.shell_scripts import read_script


def commands(text: str) -> list[list[str]]:
    """The words of all simple commands, wherever they stand."""
    found = simples(parse_shell("run.sh", text).nodes)
    return sorted([word.text for word in one.words] for one in found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a b; c & d && e || ! f | g", [["a", "b"], ["c"], ["d"], ["e"], ["f"], ["g"]]),
        ("a > /b 2>&1 < c >> d &> e <<< f", [["a"]]),
        ("a <<-'E' b\n\tx 'y\n\tE\nc", [["a", "b"], ["c"]]),
        ("a \\\n  b # c\n# d\n", [["a", "b"]]),
        ("if [[ $a =~ ^(b|c)$ ]]; then d; fi", [["[[", "$a", "=~", "^(b|c)$", "]]"], ["d"]]),
        ("(( a > 1 )) && b", [["(( a > 1 ))"], ["b"]]),
        ("f() { a; }\nfunction g() (\nb\n)", [["a"], ["b"]]),
        ("case $a in b|c) d;; (e) f\n;; *) esac", [["d"], ["f"]]),
        ("for a in b c; do d; done; until e; do f; done", [["d"], ["e"], ["f"]]),
        ('a "$(b \'c)\' "d")" ${e:-"f }"}', [["a", '"$(b \'c)\' "d")"', '${e:-"f }"}']]),
        ("A=(b 'c )' $(d))\ne=f g", [["A=(b 'c )' $(d))"], ["e=f", "g"]]),
        ("a=b\r\nc\r\n", [["a=b"], ["c"]]),
        ("diff <(a b) >(c)", [["diff", "<(a b)", ">(c)"]]),
    ],
)
def test_what_is_read(text: str, found: list[list[str]]) -> None:
    """Redirections, here documents and comments are left out."""
    assert commands(text) == found


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\nb 'c", 2),
        ('a\n\nb "c', 3),
        ("a ${b", 1),
        ("a $(b", 1),
        ("if a; then b", 0),
        ("a\nfi", 2),
        ("a ;; b", 1),
        ("( a", 0),
        ("{ a; )", 1),
        ("case a in b", 0),
        ("a && && b", 1),
        ("if " * 100, 1),
    ],
)
def test_what_no_shell_reads(text: str, line: int) -> None:
    """It is refused with the line; 0 for the end."""
    with pytest.raises(ShellSyntaxError) as caught:
        parse_shell("run.sh", text)
    assert caught.value.line == line


@pytest.mark.parametrize(
    "text",
    [
        "set -- a b\n" + 'set -- "$@" "$@"\n' * 60,
        "A=(a b)\n" + 'A=("${A[@]}" "${A[@]}")\n' * 60,
        "N=aaaaaaaa\n" + "N=$N$N\n" * 60,
        "N=$(nproc)\n" + "N=$((N+N))\n" * 400,
        "f0() { :; }\n"
        + "".join(f"f{one}() {{ f{one - 1}; f{one - 1}; }}\n" for one in range(1, 40))
        + "f39\n",
        "f() { if x; then f; else f; fi; }\nf\n",
        "./run.sh\nrun.sh\n" * 1000,
        "if x; then " * 50 + ":; " + "fi; " * 50,
        "x " * 50_000,
        "echo " + "$@" * 50_000,
        "case " + "a" * 4000 + " in " + "*a" * 2000 + "b) ;; esac",
        "".join(f"V{one}=1\n" for one in range(2000)) + "x || y\n" * 2000,
        "$(" * 5000,
        "${a:-" * 5000,
        "! " * 5000 + "a",
        "f() " * 5000 + "a",
    ],
)
def test_scripts_that_grow(text: str) -> None:
    """Whatever a script does, it is left in a short time."""
    started = time.monotonic()
    read_script("run.sh", f"{text}\ngunicorn a:b\n")
    assert time.monotonic() - started < 20  # of a loaded machine; about 1 alone
