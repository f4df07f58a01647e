"""
Facts of the services that run programs, and of the ways between them, by name.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.facts.schema import BOOL, DURATION, NUMBER, SIZE, STRING, Type

SERVICE: Mapping[str, tuple[Type, str]] = {
    "name": (STRING, "what to call the service in a sentence: service app, unit shop.service"),
    "manager": (STRING, "compose, kubernetes, systemd or supervisord; empty when not known"),
    "stop_grace": (DURATION, "time from the signal to stop until it is killed"),
    "stop_setting": (STRING, "what sets that time: stop_grace_period, TimeoutStopSec …"),
    "stop_unset": (STRING, "its name where nobody set it, so that a default counts; else absent"),
    "pre_stop": (BOOL, "whether something runs before the signal to stop (preStop)"),
    "pre_stop_time": (DURATION, "how long that takes, 0 when there is nothing"),
    "shell_stays": (BOOL, "whether a shell stands between the runtime and gunicorn"),
    "reached": (BOOL, "whether a Service of Kubernetes sends requests to it"),
    "surge": (NUMBER, "copies beside the others while a new version is rolled out"),
    "nofile": (NUMBER, "files that it may open (soft limit), absent when nothing sets it"),
    "somaxconn": (NUMBER, "net.core.somaxconn of its container; absent where nobody set it"),
    "has_healthcheck": (BOOL, "whether something asks it for its health"),
    "liveness_timeout": (DURATION, "how long one liveness probe over HTTP waits"),
    "liveness_patience": (DURATION, "silence after which a liveness probe over HTTP restarts it"),
    "published": (NUMBER, "port of gunicorn that the host offers to others, absent when none"),
}
"""Namespace ``service``."""
ROUTE: Mapping[str, tuple[Type, str]] = {
    "apart": (BOOL, "whether nginx surely reaches gunicorn from another address than loopback"),
    "tls": (BOOL, "whether the server of the location speaks TLS"),
    "tells_scheme": (BOOL, "whether nginx sends X-Forwarded-Proto"),
    "streams": (BOOL, "whether the location's name says that it streams: events, sse, stream"),
    "header_buffer": (SIZE, "longest header line that nginx takes, absent where nobody sets it"),
    "upload_limit": (SIZE, "largest request that the application's code accepts, absent if unset"),
    "largest_body": (SIZE, "largest client_max_body_size on any way to it, 0 without a limit"),
    "reads_headers": (BOOL, "whether the code takes the scheme from forwarded headers itself"),
    "trusted": (STRING, "addresses whose forwarded headers gunicorn believes"),
    "redirects": (BOOL, "whether Django redirects plain http: SECURE_SSL_REDIRECT"),
    "scheme_flaw": (
        STRING,
        "why the application takes TLS for plain http; empty if it does not",
    ),
}
"""Namespace ``route``: the way from a location of nginx to the application behind it."""
FILES: Mapping[str, tuple[Type, str]] = {
    "program": (STRING, "nginx or PgBouncer, with its name: nginx of service proxy"),
    "needed": (NUMBER, "files that it opens when it does what its configuration allows"),
    "formula": (STRING, "how that number comes about: max_client_conn 1000 + 60 to the server"),
    "limit": (NUMBER, "files that its service lets it open (soft limit), absent without a limit"),
    "setting": (STRING, "what sets the limit: LimitNOFILE, ulimits.nofile"),
}
"""Namespace ``files``: a program whose service limits the files that it may open."""
STATE: Mapping[str, tuple[Type, str]] = {
    "keeps": (STRING, "limiter, socketio, scheduler or metrics"),
    "library": (STRING, "the library that it comes from: Flask-Limiter"),
    "local": (BOOL, "whether what it keeps surely stays in the process that made it"),
    "processes": (NUMBER, "processes of the application: workers × copies"),
}
"""Namespace ``state``: an object of the code that keeps its state in its process."""
INGRESS: Mapping[str, tuple[Type, str]] = {
    "name": (STRING, "what to call it in a sentence: ingress shop, httproute shop"),
    "controller": (STRING, "ingress-nginx, alb or gce"),
    "idle": (DURATION, "how long it keeps an idle connection to the application"),
    "read_timeout": (DURATION, "how long it waits for an answer to go on: proxy-read-timeout"),
    "upload_limit": (SIZE, "largest request that the application's code accepts, absent if unset"),
    "body_limit": (SIZE, "largest request that it takes, 0 without a limit: proxy-body-size"),
}
"""Namespace ``ingress``: the way into a cluster."""
MACHINE: Mapping[str, tuple[Type, str]] = {
    "limits": (SIZE, "memory that the limits of its containers add up to"),
    "formula": (STRING, "how limits is computed, for messages"),
}
"""Namespace ``machine``: what all containers of a compose file share."""
BLOCKING: Mapping[str, tuple[Type, str]] = {
    "call": (STRING, "the first call that waits: requests.get"),
    "handler": (STRING, "the coroutine around it"),
    "others": (NUMBER, "further such calls"),
}
"""Namespace ``blocking``: calls that wait inside of coroutines that answer requests."""
SOCKET: Mapping[str, tuple[Type, str]] = {
    "place": (STRING, "file and line of the first route that takes WebSockets"),
    "passed": (BOOL, "whether a location of nginx on the way to it passes Upgrade on"),
}
"""Namespace ``socket``: WebSockets of an application behind nginx."""
EVENTS: Mapping[str, tuple[Type, str]] = {
    "place": (STRING, "file and line of the first response that sends events"),
    "delivered": (BOOL, "whether nginx hands them on as they come on one of the ways to it"),
}
"""Namespace ``events``: server-sent events of an application behind nginx."""
DEAD_END: Mapping[str, tuple[Type, str]] = {
    "address": (STRING, "address that nginx passes requests to: app:8001"),
    "binds": (STRING, "addresses that gunicorn listens on instead"),
    "inside": (BOOL, "whether the port is right, and only the container itself reaches it"),
}
"""Namespace ``dead_end``: nginx sends requests where no gunicorn listens."""
