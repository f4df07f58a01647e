"""
Addresses that nginx passes requests to although the application there does not listen on them.

Said only where both sides are sure: the address names one container, and what that container
starts is gunicorn and nothing else, with an address that is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from advisor import regex
from advisor.deployment.edges import (
    LOOPBACK,
    is_near,
    known_binds,
    passed_addresses,
    port_inside,
    port_of,
)
from advisor.deployment.model import Application, DeadEnd, Proxy
from advisor.model import Location, Origin, Value

if TYPE_CHECKING:
    from advisor.deployment.services import RunningService, Services
    from advisor.parsers.nginx_scope import Address

_TRANSPARENT = frozenset(
    {
        *("exec", "sh", "ash", "bash", "dash", "env", "tini", "dumb-init", "poetry", "uv"),
        *("pipenv", "ddtrace-run", "newrelic-admin", "opentelemetry-instrument", "nice"),
    }
)
"""What may stand before gunicorn without starting a server of its own."""
_BACKGROUND = regex.lazy(r"(?<![&>])&(?![&>])")
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - compared with what gunicorn binds


def dead_ends(
    proxies: Sequence[Proxy], applications: Sequence[Application], services: Services
) -> Iterator[DeadEnd]:
    """
    Each such address of each proxy, once.
    """
    for proxy in proxies if applications else ():
        seen: set[tuple[Address, Location]] = set()
        for _, address, place in passed_addresses(proxy):
            if (address, place) not in seen:
                seen.add((address, place))
                yield from _dead_end(proxy, address, place, applications, services)


def _dead_end(
    proxy: Proxy,
    address: Address,
    place: Location,
    applications: Sequence[Application],
    services: Services,
) -> Iterator[DeadEnd]:
    port, nginx = address.port, services.named(proxy.service)
    named = [one for one in services.running if port and one.answers_to(address.host, port)]
    if len(named) != 1 or port is None:
        return
    service = named[0]
    there = [one for one in applications if one.service == service.name]
    if len(there) != 1 or not _is_gunicorn_alone(service, there[0]):
        return
    application, inner = there[0], port_inside(address, service).port
    binds = known_binds(application)
    if not binds or any(one.startswith("unix:") or port_of(one) is None for one in binds):
        return
    right = [one for one in binds if port_of(one) == inner]
    apart = nginx is not None and not is_near(nginx.name, service.name, services)
    alone = apart and nginx is not None and nginx.own_network and service.own_network
    if right and not (alone and all(_is_loopback(one) for one in right)):
        return
    bind = application.settings.setting("bind")
    known = bind if isinstance(bind, Value) else None
    yield DeadEnd(
        proxy=proxy,
        application=application,
        location=place,
        address=f"{address.host}:{port}",
        binds=Value(
            " and ".join(binds),
            known.origin if known else Origin.EVALUATED,
            known.location if known else None,
            known.note if known else "",
        ),
        inside=bool(right),
    )


def _is_gunicorn_alone(service: RunningService, application: Application) -> bool:
    """
    Whether a container surely runs gunicorn alone, with addresses that no image may set.
    """
    from advisor.parsers.gunicorn import parse_command  # noqa: PLC0415 - start-up cost

    words = [word.value for word in service.words]
    command = parse_command(words, service.service.location) if words else None
    if command is None or command.opened or not _TRANSPARENT.issuperset(command.wrappers):
        return False
    if any(_BACKGROUND.search(word) for word in words):
        return False
    return bool(application.settings.stated("bind")) or service.stage is not None


def _is_loopback(bind: str) -> bool:
    host = bind.rpartition(":")[0] or bind
    return host.strip("[]") in LOOPBACK and host != _EVERYWHERE
