"""
Whether the signal to stop reaches gunicorn, or ends at a shell that started it and stayed.

A container's runtime signals its first process alone. A shell does not pass a signal on, and as
the first process it does not even end. Measured on ``sh -c`` with one command and with several:
dash 0.5.12 stays, bash 5.2 and busybox 1.35 put the last command in their own place. Of a script
in a file all three stay.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from advisor import regex
from advisor.deployment.paths import name_of
from advisor.model import Origin, Unknown, Value

if TYPE_CHECKING:
    from advisor.deployment.services import RunningService
    from advisor.model import Location
    from advisor.parsers.gunicorn import GunicornCommand

_SHELLS = frozenset({"sh", "ash", "bash", "dash", "zsh"})
_GROUPS = frozenset({"dumb-init", "s6-svscan", "supervisord"})
"""Programs that hand signals to all of their children."""
_DASH = frozenset({"python", "debian", "ubuntu", "pypy", "node"})
"""Official images whose ``sh`` is dash, unless their tag names Alpine."""
_TRAP = regex.lazy(r"^[^#\n]*\btrap\b", re.MULTILINE)
_BACKGROUND = regex.lazy(r"(?<!&)&[ \t]*(?:#.*)?$")
_HANDED_ON = regex.lazy(
    r"^[ \t]*(?P<exec>exec\b[^\n]*?)?(?<!=)[\"']?\$(?:[@*]|\{[@*]\})[\"']?[ \t]*$", re.MULTILINE
)
_SHELL_SET = regex.lazy(r"^[ \t]*SHELL[ \t]+\[", re.MULTILINE | re.IGNORECASE)


def shell_stays(
    service: RunningService,
    command: GunicornCommand,
    script: tuple[str, str] | None,
    dockerfile: str,
) -> Value[bool] | Unknown:
    """
    Whether a shell stands between the runtime of a container and gunicorn.

    `script` is the path and text of the script that the container runs, `dockerfile` the text of
    the Dockerfile behind it, empty when it is not among the files.
    """
    place = command.location
    if service.bare or _reaches_groups(service):
        return _said(stays=False, place=place)
    if script is not None:
        written = _line_of(script, command)
        if _TRAP.search(script[1]) or (written and _BACKGROUND.search(written)):
            return Unknown(f"{script[0]} handles signals itself", place)
        if written:
            return _said(stays="exec" not in command.wrappers, place=place)
        handed = _HANDED_ON.search(script[1])
        if handed is None:
            return Unknown(f"how {script[0]} starts gunicorn cannot be told", place)
        if not handed["exec"]:
            return _said(stays=True, place=place)
    return _by_words(service, command, dockerfile)


def _by_words(
    service: RunningService, command: GunicornCommand, dockerfile: str
) -> Value[bool] | Unknown:
    """
    Whether the shell of ``sh -c``, or of the shell form of a Dockerfile, stays.
    """
    place, wrappers = command.location, command.wrappers
    shells = [index for index, one in enumerate(wrappers) if one in _SHELLS]
    form = _is_shell_form(service)
    if not shells and not form:
        return _said(stays=False, place=place)
    last = shells[-1] if shells else -1
    if "exec" in wrappers[last + 1 :]:
        return _said(stays=False, place=place)
    shell = wrappers[last] if shells else "sh"
    if form and _SHELL_SET.search(dockerfile):
        return Unknown("the Dockerfile names a shell of its own", place)
    if shell != "sh":
        return _said(stays=shell == "dash", place=place)
    image = service.image
    if image is not None and "alpine" in (image.name, *re.split(r"[-_.\d]", image.tag or "")):
        return _said(stays=False, place=place)
    if image is not None and image.repository.removeprefix("docker.io/library/") in _DASH:
        return _said(stays=True, place=place)
    return Unknown("which shell the image has is not known", place)


def _said(*, stays: bool, place: Location) -> Value[bool]:
    return Value(stays, Origin.EVALUATED, place)


def _reaches_groups(service: RunningService) -> bool:
    """
    Whether an init process hands signals to a whole group: dumb-init, or tini with ``-g``.
    """
    words = [word.value for word in service.words]
    names = [name_of(word) for word in words]
    grouped = "tini" in names and "-g" in words[: names.index("tini") + 3]
    return grouped or not _GROUPS.isdisjoint(names)


def _is_shell_form(service: RunningService) -> bool:
    """
    Whether the words in force are those of a Dockerfile in shell form.
    """
    own, image = service.service, service.stage
    if image is None or own.entrypoint is not None:
        return False
    if image.entrypoint is not None and image.entrypoint.shell:
        return True
    return own.command is None and image.command is not None and image.command.shell


def _line_of(script: tuple[str, str], command: GunicornCommand) -> str:
    """
    The line of a script that starts gunicorn, with those it goes on in; empty when it does not.
    """
    path, text = script
    if command.location.path != path:
        return ""
    lines = text.split("\n")[command.location.line - 1 :]
    last = next((n for n, line in enumerate(lines) if not line.rstrip().endswith("\\")), 0)
    return "\n".join(lines[: last + 1])
