"""
How an application is launched: who watches over it, who reaches it, and for what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from advisor import regex
from advisor.deployment.model import Launch
from advisor.deployment.paths import is_variant
from advisor.deployment.services import RunningService
from advisor.deployment.starts import Start
from advisor.model import Origin, Unknown, Value
from advisor.parsers.gunicorn import Effective

_SHELLS = frozenset({"ash", "bash", "dash", "sh", "zsh"})
_STAGES = frozenset(
    {"APP_ENV", "DJANGO_ENV", "ENV", "ENVIRONMENT", "FLASK_ENV", "NODE_ENV", "PYTHON_ENV", "STAGE"}
)
"""Variables that by convention say what a process is for."""
_DEBUG = frozenset({"APP_DEBUG", "DEBUG", "DJANGO_DEBUG", "FLASK_DEBUG"})
_DEVELOPMENT = regex.lazy(r"dev|local|test", re.IGNORECASE)
_TRUE = frozenset({"1", "on", "true", "yes"})
_PORT = regex.lazy(r"(?:(?P<host>.*):)?(?P<port>\d+)")
_DEFAULT_PORT = 8000
_TMP = "/tmp"  # noqa: S108 - a path of the target
_LOCAL = regex.lazy(r"127\.|localhost$|\[?::1\]?$")


def launch_of(start: Start, settings: Effective) -> Launch:
    """
    What follows from the place that starts an application.
    """
    return Launch(
        supervised=_is_supervised(start),
        development=_is_development(start),
        exposed=_exposed(start.service, settings),
        tmp_in_memory=_tmp_in_memory(start.service),
        unloaded=start.unloaded,
    )


def _is_supervised(start: Start) -> bool:
    """
    Whether a container or supervisor waits for this very process, and takes its end for a failure.
    """
    service = start.service
    if service is None or start.command is None or service.forks or start.scripted:
        return False
    return _SHELLS.isdisjoint(start.command.wrappers)


def _is_development(start: Start) -> bool:
    paths = [start.config, start.command.location.path if start.command else ""]
    inner = start.command.environment if start.command else {}
    return any(map(is_variant, paths)) or _says_so({**start.env, **inner})


def _says_so(env: Mapping[str, str]) -> bool:
    stages = (env[name] for name in _STAGES & env.keys())
    switches = (env[name].strip().lower() for name in _DEBUG & env.keys())
    return any(map(_DEVELOPMENT.match, stages)) or not _TRUE.isdisjoint(switches)


def _exposed(service: RunningService | None, settings: Effective) -> Value[bool] | Unknown:
    """
    Whether others than the proxy reach it over the network.
    """
    bind = settings.setting("bind")
    if isinstance(bind, Unknown):
        return bind
    ports = list(_ports(bind.value))
    if not ports:
        return Value(False, Origin.EVALUATED, bind.location, "no address but its own machine's")
    if service is None:
        return Unknown("whether its port is reached from outside is not stated")
    mode = service.service.network_mode
    if service.bare or (isinstance(mode, Value) and mode.value == "host"):
        return Value(True, Origin.EVALUATED, bind.location, "listens on the host itself")
    if service.pod or not service.composed or mode is not None:
        return Unknown("whether its port is reached from outside is not stated")
    for port in service.service.ports:
        inside = any(number in port.value.target for number in ports)
        if inside and not _LOCAL.match(port.value.host_ip):
            return Value(True, Origin.LITERAL, port.location, "published on all addresses")
    return Value(False, Origin.EVALUATED, note="its port is not published")


def _tmp_in_memory(service: RunningService | None) -> bool:
    mounts = service.service.mounts if service is not None else ()
    return any(one.value.kind == "tmpfs" and one.value.target.rstrip("/") == _TMP for one in mounts)


def _ports(addresses: list[str]) -> Iterator[int]:
    """
    Ports on which an application listens for other machines.
    """
    for address in addresses:
        text = address.removeprefix("tcp://")
        match = _PORT.fullmatch(text)
        host = (match["host"] or "") if match else text
        if not text.startswith(("unix:", "fd://")) and not _LOCAL.match(host):
            yield int(match["port"]) if match else _DEFAULT_PORT
