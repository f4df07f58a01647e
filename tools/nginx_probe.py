"""
Asks a real nginx whether it takes a directive: on which level, and with how many arguments.

Used by ``tools/build_nginx_arguments.py`` and by the tests that hold the table against nginx.
"""  # noqa: INP001 - a module of scripts, not a package

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

LEVELS: Mapping[str, str] = {
    "main": "{} events {{}}",
    "events": "events {{ {} }}",
    "http": "events {{}} http {{ {} }}",
    "server": "events {{}} http {{ server {{ {} }} }}",
    "location": "events {{}} http {{ server {{ location /probe {{ {} }} }} }}",
    "if in server": "events {{}} http {{ server {{ if ($uri) {{ {} }} }} }}",
    "if in location": (
        "events {{}} http {{ server {{ location /probe {{ if ($uri) {{ {} }} }} }} }}"
    ),
    "limit_except": (
        "events {{}} http {{ server {{ location /probe {{ limit_except GET {{ {} }} }} }} }}"
    ),
    "upstream": "events {{}} http {{ upstream probe {{ {} }} }}",
    "stream": "events {{}} stream {{ {} }}",
    "stream server": "events {{}} stream {{ server {{ {} }} }}",
    "stream upstream": "events {{}} stream {{ upstream probe {{ {} }} }}",
}
"""Levels by name, and a configuration around a directive on each."""
MOST = 8
"""nginx counts exact numbers of arguments up to seven; eight stands for any more."""
_PATIENCE = 30
"""Seconds after which a probe gives up."""


class Answer(StrEnum):
    """
    What nginx says of a directive.
    """

    UNKNOWN = "unknown"
    """The build has no directive of this name."""
    MISPLACED = "misplaced"
    """Known, and not allowed on this level."""
    COUNT = "count"
    """Allowed here, with another number of arguments."""
    SHAPE = "shape"
    """Allowed here, and a block is missing or one too many."""
    TAKEN = "taken"
    """Name, level and number of arguments are right, whatever nginx says of the values."""


_SAYINGS: tuple[tuple[str, Answer], ...] = (
    (r'unknown directive "{name}"', Answer.UNKNOWN),
    (r'"{name}" directive is not allowed here', Answer.MISPLACED),
    (r'invalid number of arguments in "{name}" directive', Answer.COUNT),
    (r'directive "{name}" has no opening "\{{"', Answer.SHAPE),
    (r'directive "{name}" is not terminated by ";"', Answer.SHAPE),
)


def ask(nginx: str, folder: Path, name: str, level: str, ending: str = " a;") -> Answer:
    """
    What one build says of a directive on one of `LEVELS`; `ending` is what follows its name.

    Writes its files below `folder`. Nothing is started: ``nginx -t`` only reads.
    """
    said = complaint(nginx, folder, LEVELS[level].format(name + ending))
    for pattern, answer in _SAYINGS:
        if re.search(pattern.format(name=re.escape(name)), said):
            return answer
    return Answer.TAKEN


def complaint(nginx: str, folder: Path, text: str) -> str:
    """
    Everything that ``nginx -t`` prints about a main file.
    """
    (folder / "probe.conf").write_text(text, encoding="utf-8")
    command = [nginx, "-t", "-e", "stderr", "-p", str(folder), "-c", str(folder / "probe.conf")]
    done = subprocess.run(  # noqa: S603 - the caller names the nginx to ask
        command, capture_output=True, text=True, check=False, timeout=_PATIENCE
    )
    return done.stderr
