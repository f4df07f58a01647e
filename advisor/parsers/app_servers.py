"""
Servers of applications other than gunicorn on command lines: they are named, and not judged.
"""

from __future__ import annotations

from collections.abc import Sequence

from advisor import regex
from advisor.parsers.gunicorn.launch import NOT_A_START, WRAPPERS

_SERVERS = {
    "daphne": "daphne",
    "granian": "granian",
    "hypercorn": "hypercorn",
    "mod_wsgi-express": "mod_wsgi-express",
    "pserve": "pserve",
    "unitd": "unit",
    "uvicorn": "uvicorn",
    "uwsgi": "uWSGI",
    "uWSGI": "uWSGI",
    "waitress-serve": "waitress",
    "waitress": "waitress",
}
_PYTHON = regex.lazy(r"(?:python|pypy)[\d.]*$")
_FASTAPI = ("fastapi", "run")
_QUESTIONS = frozenset({"--help", "--version", "-h", "version"})


def find_server(words: Sequence[str]) -> str:
    """
    Name of the server that the words of one command start, empty when they start none of them.
    """
    names = [word.rpartition("/")[2] for word in words]
    wrapped = False
    for at, name in enumerate(names):
        following = names[at + 1] if at + 1 < len(names) else ""
        if name in NOT_A_START:
            return ""
        if name in _SERVERS and following not in _QUESTIONS:
            return _SERVERS[name]
        if (name, following) == _FASTAPI:
            return "uvicorn"
        if _PYTHON.match(name):
            module = names[at + 2] if following == "-m" and at + 2 < len(names) else following
            return _SERVERS.get(module, "")
        wrapped = wrapped or name in WRAPPERS
        if not wrapped or at > _FAR:
            return ""
    return ""


_FAR = 8
"""Words behind a wrapper among which the program is looked for."""
