"""
Shell scripts and supervisors that start gunicorn: entry points of images.

Only what is plain is read: one start, whose arguments do not hang on variables that the script
sets itself. A script has branches and loops, and a guess at them would be worth nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from msgspec.structs import replace

from advisor import regex
from advisor.catalog.gunicorn import settings
from advisor.deployment.paths import name_of
from advisor.model import Location
from advisor.parsers.gunicorn import GunicornCommand, parse_command, split_script

_SHEBANG = regex.lazy(r"#![^\n]*\b(?:ba|da|a|z)?sh\b")
_ASSIGNED = regex.lazy(r"^[ \t]*(?:export[ \t]+|readonly[ \t]+)?([A-Za-z_]\w*)=", re.MULTILINE)
_DEFAULT = regex.lazy(
    r"""^(?:export[ \t]+)?(?:
      (?P<same>[A-Za-z_]\w*)=(?P<q>"?)\$\{(?P=same):?-(?P<default>[\w./:-]*)\}(?P=q)
    | :[ \t]+(?P<p>"?)\$\{(?P<colon>[A-Za-z_]\w*):?=(?P<other>[\w./:-]*)\}(?P=p)
    | (?P<name>[A-Za-z_]\w*)=(?P<r>["']?)(?P<value>[\w./:-]+)(?P=r)
    )[ \t\r]*(?:\#[^\n]*)?$""",
    re.MULTILINE | re.VERBOSE,
)
_BRANCH = regex.lazy(
    r"^[ \t]*(?:(?:if|case|for|while|until|function|select)\b|[\w-]+[ \t]*\(\)|\{)|<<", re.MULTILINE
)
"""What follows may not be run, or not by this shell."""
_PLAIN_USE = regex.lazy(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_USED = regex.lazy(r"\$\{?([A-Za-z_]\w*)")
_ARGUMENTS = "GUNICORN_CMD_ARGS"


def is_shell(text: str) -> bool:
    """
    Whether a file names a shell as what runs it.
    """
    return _SHEBANG.match(text) is not None


def read_script(path: str, text: str) -> GunicornCommand | None:
    """
    The only start of gunicorn in a script, None when there is none or it cannot be told.
    """
    found = [
        (line, command)
        for number, line in _lines(text)
        if "gunicorn" in line
        and (command := parse_command(split_script(line), Location(path, number)))
    ]
    if len(found) != 1:
        return None
    line, command = found[0]
    defaults = _defaults(text)
    assigned = set(_ASSIGNED.findall(text)) - command.environment.keys() - defaults.keys()
    own = {one.variable for one in settings().values()} | {_ARGUMENTS}
    if own & defaults.keys() or assigned & (own | set(_USED.findall(line))):
        return None
    if not defaults:
        return command
    return parse_command(split_script(_with_defaults(line, defaults)), command.location)


def _defaults(text: str) -> dict[str, str]:
    """
    Variables that a script only gives a default, or one plain value, before any branch.
    """
    written = list(_ASSIGNED.findall(text))
    branch = _BRANCH.search(text)
    found = {}
    for match in _DEFAULT.finditer(text, 0, branch.start() if branch else len(text)):
        name = match["same"] or match["colon"] or match["name"]
        default = match["default"] or match["other"] or ""
        if written.count(name) <= 1:
            found[name] = match["value"] if match["name"] else f"${{{name}:-{default}}}"
    return found


def _with_defaults(line: str, defaults: Mapping[str, str]) -> str:
    """
    A line with such variables replaced, so that what the container sets still counts.
    """
    return _PLAIN_USE.sub(lambda match: defaults.get(match[1] or match[2], match[0]), line)


def supervisord_file(words: Sequence[str]) -> str:
    """
    The configuration file of the supervisord that words start, empty when they start none.
    """
    if not any(name_of(word) == "supervisord" for word in words):
        return ""
    for flag, value in pairwise(words):
        if flag in ("-c", "--configuration"):
            return value
    return next(
        (word.partition("=")[2] for word in words if word.startswith("--configuration=")),
        "supervisord.conf",
    )


def read_programs(path: str, text: str) -> GunicornCommand | None:
    """
    The only start of gunicorn among the programs of a supervisord, None when it cannot be told.
    """
    from advisor.parsers.supervisord import parse_supervisord  # noqa: PLC0415 - start-up cost

    found = []
    for program in parse_supervisord(path, text).found:
        places = [word.location or program.location for word in program.words]
        texts = [word.value for word in program.words]
        command = parse_command(texts, program.location, places=places)
        if command is not None:
            known = program.variables.items()
            own = {name: one.value for name, one in known if isinstance(one.value, str)}
            found.append(replace(command, environment={**own, **command.environment}))
    return found[0] if len(found) == 1 else None


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """
    Lines without comments, put together where a backslash ends them, with their numbers.
    """
    start, parts = 1, list[str]()
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.rstrip("\r")
        if not parts:
            start = number
        if line.endswith("\\"):
            parts.append(line[:-1])
        elif not line.lstrip().startswith("#"):
            yield start, " ".join([*parts, line])
            parts = []
    if parts:
        yield start, " ".join(parts)
