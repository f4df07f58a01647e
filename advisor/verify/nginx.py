"""
``nginx -t`` on a copy of the configuration.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from advisor import regex
from advisor.parsers.nginx import Directive, NginxDocument
from advisor.verify._nginx_copy import Copy
from advisor.verify._nginx_words import Stand
from advisor.verify.model import Program, UnverifiableError
from advisor.verify.programs import run

OLDEST = (1, 19, 5)
"""The first that does not open the log that it was built with (-e)."""
_SAID = regex.lazy(r"\[(?:emerg|alert|crit)\] (?:\d+#\d+: )?(.*)")
_PLACE = regex.lazy(r" in (\S+):(\d+)")


def refusal(program: Program, document: NginxDocument, read: Callable[[str], str | None]) -> str:
    """
    Why nginx would not start with a configuration, empty when it would.

    Raises `UnverifiableError` when it cannot be asked.
    """
    if program.version < OLDEST:
        raise UnverifiableError(f"{program} always opens the log that it was built with")
    upstreams = frozenset(_upstreams(document.directives))
    with tempfile.TemporaryDirectory(prefix="advisor-nginx-") as name:
        copy = Copy(document, read, Path(name), Stand(Path(name), upstreams))
        main = copy.main()
        code, said = run((program.path, "-t", "-p", name, "-c", main, "-e", "stderr"), Path(name))
        return "" if code == 0 else _message(copy, said)


def _upstreams(directives: tuple[Directive, ...]) -> list[str]:
    blocks = [one for one in directives if one.name in ("http", "stream")]
    inner = [inner for one in blocks for inner in one.block or ()]
    found = (*directives, *inner)
    return [one.args[0] for one in found if one.name == "upstream" and one.args]


def _message(copy: Copy, said: str) -> str:
    found = _SAID.search(said)
    message = found[1] if found else " ".join(said.split())
    place = _PLACE.search(message)
    if place is None:
        return message.replace(str(copy.folder), "")
    path = copy.original(place[1])
    where = f" in {path}:{place[2]}" if path else ""
    return message[: place.start()] + where + message[place.end() :]
