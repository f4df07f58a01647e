"""What scripts hand to gunicorn, held against the shells themselves."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from advisor.deployment.containers import is_shell
from advisor.model import Location
from advisor.parsers.shell import Field, Machine, World

ENV = {"MODE": "api", "N": "3", "OPTIONS": "--reload -w 7", "EMPTY": "", "PATH": "/bin:/usr/bin"}
ARGUMENTS = ["server", "a b", "--flag"]
POSIX = (
    'gunicorn "$@"',
    "gunicorn $@",
    "gunicorn $* x",
    'gunicorn "$*"',
    'gunicorn "$1" $2 "$#"',
    "gunicorn $OPTIONS app",
    'gunicorn "$OPTIONS" app',
    'gunicorn $EMPTY "$EMPTY" app$EMPTY',
    'gunicorn ${NONE:-"a b"} "${NONE:-\'c d\'}" ${NONE-e} ${EMPTY-f} ${EMPTY:-g}',
    "gunicorn ${N:+set} ${EMPTY:+set} ${EMPTY+set}",
    ': "${NONE:=5}"; gunicorn $NONE ${N:=9}',
    "A=$((2 * N + 1)); A=$((A * A)); gunicorn $A $((A/2)) $((A % 5))",
    'A=\'x  y\'; gunicorn $A "$A" pre$A"$A"post',
    "A=1; (A=2); A=3 gunicorn $A",
    'if [ "$MODE" = api ]; then gunicorn 1; else gunicorn 2; fi',
    'if [ "$MODE" != api ] && [ "$N" ]; then gunicorn 1; elif [ -z "$NONE" ]; then gunicorn 2; fi',
    "if [ $N -ge 3 -a $N -lt 4 ]; then gunicorn 1; fi",
    'if ! test $N -eq 3 || [ ! -n "$EMPTY" ]; then gunicorn 1; fi',
    'case "$1" in s*r|x) gunicorn a ;; *) gunicorn b ;; esac',
    'case "$MODE" in (worker) gunicorn a;; api) gunicorn b;; esac',
    "[ x = y ] && gunicorn 1 || gunicorn 2",
    "f() { gunicorn \"$1\" $#; }; f a b; f 'c d'",
    "f() { A=2; return; gunicorn no; }; A=1; f; gunicorn $A",
    'set -- one "two three"; shift; gunicorn "$@"',
    "while false; do gunicorn 1; done; until true; do gunicorn 2; done; gunicorn 3",
    "cat > /dev/null <<EOF\ngunicorn no\nEOF\ngunicorn yes # gunicorn no",
    'gunicorn a \\\n  b \'c \\\' "d \\" \\$N" e\\ f',
    "{ gunicorn a; } && exit 0; gunicorn b",
    "export A=5; A=$A$A; gunicorn ${A} '$A'",
    "unset N; gunicorn ${N:-none}",
)
BASH = (
    'A=(-w 2 "x y"); gunicorn "${A[@]}" ${#A[@]} "${A[0]}" "${A[*]}"',
    'A=(a); A+=(b); B=x; B+=y; gunicorn "${A[@]}" $B',
    "[[ $MODE == a* && -z $NONE ]] && gunicorn 1",
    '[[ $MODE == "a*" ]] || gunicorn 1',
    "[[ $N -gt 2 ]] && gunicorn ${MODE^^} ${MODE^} ${#MODE}",
    "if [[ ( $N == 3 ) ]]; then gunicorn 1; fi",
    "function f { gunicorn $1; }\nf $'x y'",
)
SHELLS = [
    *(("dash", one) for one in POSIX),
    *(("bash", one) for one in (*POSIX, *BASH)),
]


class NoFiles:
    """A container without files."""

    def script(self, name: str, *, by_shell: bool) -> None:
        """None is there."""

    def programs(self, words: object) -> None:
        """None is there."""


@pytest.mark.oracle
@pytest.mark.parametrize(("shell", "script"), SHELLS)
def test_words_of_gunicorn(shell: str, script: str) -> None:
    """A function of that name prints what it is given."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    printing = "gunicorn() { for one; do printf '%s\\0' \"$one\"; done; printf '\\n\\0'; }\n"
    said = subprocess.run(
        [shell, "-c", printing + script, shell, *ARGUMENTS],
        env=ENV,
        capture_output=True,
        text=True,
        check=False,
    )
    texts = ["sh", "-c", script, "sh", *ARGUMENTS]
    words = [Field(one, one if one != script else None, handed=True) for one in texts]
    trace = Machine(World(ENV, NoFiles())).start(words, Location("x", 1), shell=False)
    ours = [
        [word.plain for word in one.words[1:]]
        for one in trace.commands
        if one.words[0].plain == "gunicorn" and not one.maybe
    ]
    theirs = [part.split("\0")[:-1] for part in said.stdout.split("\n\0")[:-1]]
    assert ours == theirs


def test_what_a_shell_runs() -> None:
    """The first line says so."""
    assert is_shell("#!/usr/bin/env bash\n")
    assert not is_shell("#!/usr/bin/python\n")
