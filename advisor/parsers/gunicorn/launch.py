"""
Where in the words of a command gunicorn is started, behind wrappers and shells.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from advisor import regex

_PROGRAMS = frozenset({"gunicorn", "gunicorn3", "gunicorn_paster"})
_MODULES = frozenset({"gunicorn", "gunicorn.app.wsgiapp"})
_SHELLS = frozenset({"ash", "bash", "dash", "sh", "zsh"})
WRAPPERS = frozenset(
    {
        *("authbind", "chpst", "chroot", "command", "conda", "dockerize", "doppler", "dumb-init"),
        *("ddtrace-run", "env", "exec", "gosu", "hatch", "infisical", "ionice", "micromamba"),
        *("newrelic-admin", "nice", "nohup", "opentelemetry-instrument", "pdm", "pipenv"),
        *("poetry", "runinvenv", "runuser", "rye", "s6-setuidgid", "setpriv", "setsid"),
        *("setuidgid", "stdbuf", "su-exec", "sudo", "time", "timeout", "tini", "uv", "catatonit"),
    }
)
_SWITCH_USER = frozenset({"gosu", "s6-setuidgid", "setuidgid", "su-exec"})
_USER_FLAGS = frozenset({"-u", "--user", "-n", "--name", "--group", "-g"})
NOT_A_START = frozenset(
    {
        *("add", "apk", "apt", "apt-get", "cat", "echo", "grep", "install", "kill", "killall"),
        *("pgrep", "pip", "pip3", "pkill", "printf", "remove", "restart", "rm", "status", "stop"),
        *("supervisorctl", "systemctl", "type", "uninstall", "which"),
    }
)
_SCRIPTS = regex.lazy(r"(?:.*\.sh|.*entrypoint.*|.*wait[-_]for.*|wait)$")
_PYTHON = regex.lazy(r"(?:python|pypy)[\d.]*$")
_ASSIGNMENT = regex.lazy(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_SEPARATORS = frozenset({"&&", "||", ";", "|", "&", "\n", ";;", "|&"})
_REDIRECTS = frozenset({">", ">>", "<", "<<", "<<<", ">&", "<&", "&>", ">|", "&>>"})
_MAX_SHELLS = 4


class Launch(Struct, frozen=True):
    """
    gunicorn's own arguments, and what stands before them.
    """

    arguments: tuple[str, ...]
    positions: tuple[int, ...]
    """Index of each argument among the words given; -1 for words out of a shell's script."""
    wrappers: tuple[str, ...] = ()
    """Programs before it, outermost first: ``tini``, ``exec``, ``sh``."""
    environment: tuple[tuple[str, str], ...] = ()
    """Variables set for this start only: ``WEB_CONCURRENCY=3 gunicorn …``."""


def find_launch(words: Sequence[str], *, shells: int = 0) -> Launch | None:
    """
    The start of gunicorn among the words of one command line, None when there is none.

    ``&&`` and other separators split the words into commands; the first that starts gunicorn
    counts.
    """
    for command in _commands(list(enumerate(words))):
        launch = _in_command(command, shells)
        if launch is not None:
            return launch
    return None


def split_script(text: str) -> list[str]:
    """
    The words of a shell script, separators as words of their own. Empty when quotes do not match.
    """
    held = _hold_substitutions(text.replace("\\\n", " "))
    lexer = shlex.shlex(held, posix=True, punctuation_chars="|&;<>\n")
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return [word.replace("\0", " ") for word in lexer]
    except ValueError:
        return []


def _hold_substitutions(text: str) -> str:
    # Blanks inside $(…) and ${…} do not end a word.
    depth, letters = 0, []
    for at, letter in enumerate(text):
        if letter in "({" and (depth or text[at - 1 : at] == "$"):
            depth += 1
        elif letter in ")}" and depth:
            depth -= 1
        letters.append("\0" if letter in " \t" and depth else letter)
    return text if depth else "".join(letters)


Word = tuple[int, str]


def _commands(words: Sequence[Word]) -> Iterator[list[Word]]:
    command: list[Word] = []
    skip = False
    for position, word in words:
        if skip:
            skip = False
        elif word in _SEPARATORS:
            yield command
            command = []
        elif word in _REDIRECTS:
            if command and command[-1][1].isdigit():
                command.pop()
            skip = True
        else:
            command.append((position, word))
    yield command


def _in_command(command: list[Word], shells: int) -> Launch | None:
    environment, at = _assignments(command, 0)
    if at >= len(command):
        return None
    head = _base(command[at][1])
    wraps = head in WRAPPERS or _SCRIPTS.match(head)
    wrappers: list[str] = []
    while at < len(command):
        word = _base(command[at][1])
        start = _start(command, at)
        launch: Launch | None = None
        if start is not None and not _is_user(command, at):
            launch = _launch(command[start:])
        elif word in _SHELLS and shells < _MAX_SHELLS:
            launch = _in_script(command[at + 1 :], shells)
            wrappers.append(word)
        if launch is not None:
            names = (*wrappers, *launch.wrappers)
            return replace(launch, wrappers=names, environment=(*environment, *launch.environment))
        if not wraps or word in NOT_A_START:
            return None
        if word in WRAPPERS or (not wrappers and _SCRIPTS.match(word)):
            wrappers.append(word)
        more, after = _assignments(command, at + 1)
        environment, at = [*environment, *more], after
    return None


def _assignments(command: list[Word], at: int) -> tuple[list[tuple[str, str]], int]:
    found: list[tuple[str, str]] = []
    while at < len(command):
        match = _ASSIGNMENT.fullmatch(command[at][1])
        if match is None:
            break
        found.append((match[1], match[2]))
        at += 1
    return found, at


def _start(command: list[Word], at: int) -> int | None:
    """
    Where gunicorn's arguments begin when it is started at this word.
    """
    word = _base(command[at][1])
    if word in _PROGRAMS:
        return at + 1
    if not _PYTHON.match(word):
        return None
    for following in range(at + 1, len(command) - 1):
        flag = command[following][1]
        if flag == "-m":
            return following + 2 if command[following + 1][1] in _MODULES else None
        if _base(flag) in _PROGRAMS:
            return following + 1
        if not flag.startswith("-"):
            return None
    return None


def _is_user(command: list[Word], at: int) -> bool:
    """
    Whether a word is the name of a user who happens to be called gunicorn.
    """
    before = command[at - 1][1] if at else ""
    return _base(before) in _SWITCH_USER or before in _USER_FLAGS


def _in_script(words: list[Word], shells: int) -> Launch | None:
    for at, (_, word) in enumerate(words[:-1]):
        if not word.startswith("-"):
            return None
        if not word.startswith("--") and "c" in word:
            launch = find_launch(split_script(words[at + 1][1]), shells=shells + 1)
            return launch and replace(launch, positions=(-1,) * len(launch.positions))
    return None


def _launch(words: list[Word]) -> Launch:
    return Launch(tuple(word for _, word in words), tuple(position for position, _ in words))


def _base(word: str) -> str:
    return word.rpartition("/")[2]
