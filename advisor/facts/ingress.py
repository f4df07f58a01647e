"""
Facts of the way into a cluster: what an Ingress does with requests before the application.

Sources: kubernetes.github.io/ingress-nginx, "ConfigMaps" and "Annotations"; docs.aws.amazon.com,
"Edit attributes for your Application Load Balancer"; cloud.google.com, "Backend HTTP keepalive
timeout"; kubernetes-sigs.github.io/aws-load-balancer-controller, "Annotations".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisor import regex
from advisor.facts.code import upload_limit
from advisor.facts.gunicorn import gunicorn_facts
from advisor.facts.service import service_facts
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.units import parse_nginx_size

if TYPE_CHECKING:
    from advisor.deployment.model import Deployment
    from advisor.deployment.services import Ingress

_NGINX = "nginx.ingress.kubernetes.io/"
_OTHER_NGINX = ("nginx.org/", "nginx.com/", "appprotect.f5.com/")
"""Annotations of the controller of F5, whose class is called nginx as well."""
_ALB = "alb.ingress.kubernetes.io/"
_ATTRIBUTES = f"{_ALB}load-balancer-attributes"
_GCE = ("networking.gke.io/", "cloud.google.com/", "ingress.gcp.kubernetes.io/")
_IDLE = regex.lazy(r"(?:^|,)\s*idle_timeout\.timeout_seconds\s*=\s*(\d{1,6})\s*(?:,|$)")
_SECONDS = {"ingress-nginx": 60, "alb": 60, "gce": 600}
"""How long each keeps an idle connection to the application unless it is told otherwise."""
_READ_TIMEOUT, _BODY = 60, "1m"
"""Defaults of ingress-nginx: proxy-read-timeout and proxy-body-size."""


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every application behind an Ingress, once for each.
    """
    services = {one.service: one for one in deployment.applications if one.service}
    for ingress in deployment.services.ingresses:
        application = services.get(ingress.service)
        if application is not None:
            yield Subject(
                target="stack.ingress",
                name=application.name,
                facts={
                    **gunicorn_facts(application, deployment),
                    **service_facts(deployment, application),
                    **ingress_facts(ingress),
                    "ingress.upload_limit": upload_limit(deployment, application),
                },
                location=ingress.location,
                path=ingress.location.path,
            )


def ingress_facts(ingress: Ingress) -> dict[str, Fact]:
    """
    Facts under ``ingress.``.
    """
    kind = _controller(ingress)
    facts: dict[str, Fact] = {
        "ingress.name": Value(ingress.title, Origin.LITERAL, ingress.location),
        "ingress.controller": kind,
        "ingress.idle": _idle(ingress, kind),
    }
    if not isinstance(kind, Value) or kind.value != "ingress-nginx":
        unknown = Unknown("what its controller does is not known", ingress.location)
        return {**facts, "ingress.read_timeout": unknown, "ingress.body_limit": unknown}
    return {
        **facts,
        "ingress.read_timeout": _seconds(ingress, "proxy-read-timeout", _READ_TIMEOUT, kind),
        "ingress.body_limit": _body(ingress, kind),
    }


def _controller(ingress: Ingress) -> Fact:
    """
    ``ingress-nginx``, ``alb`` or ``gce``, by annotations of its own, else by the class.
    """
    names = tuple(ingress.annotations)
    for prefixes, kind in (((_NGINX,), "ingress-nginx"), ((_ALB,), "alb"), (_GCE, "gce")):
        if any(name.startswith(prefixes) for name in names):
            return Value(kind, Origin.EVALUATED, ingress.location)
    written = ingress.controller
    if any(name.startswith(_OTHER_NGINX) for name in names):
        return Unknown("the controller of F5 is not known well enough", ingress.location)
    if written == "nginx" or written.startswith("ingress-nginx"):
        note = f"the class is called {written}"
        return Value("ingress-nginx", Origin.ASSUMED, ingress.location, note)
    if written in ("alb", "gce", "gce-internal"):
        return Value(written.removesuffix("-internal"), Origin.EVALUATED, ingress.location)
    return Unknown("its controller is not known", ingress.location)


def _idle(ingress: Ingress, kind: Fact) -> Fact:
    if isinstance(kind, Unknown):
        return kind
    name = str(kind.value)
    if name == "ingress-nginx":
        return _seconds(ingress, "upstream-keepalive-timeout", _SECONDS[name], kind)
    given = ingress.annotations.get(_ATTRIBUTES) if name == "alb" else None
    match = _IDLE.search(given.value) if given else None
    if given is not None and match is not None:
        return Value(int(match[1]), given.origin, given.location)
    return Value(_SECONDS[name], kind.origin, ingress.location, f"default of {name}")


def _seconds(ingress: Ingress, name: str, default: int, kind: Value[object]) -> Fact:
    """
    A setting in seconds: an annotation, else the controller's own, else its default.
    """
    written = ingress.annotations.get(f"{_NGINX}{name}") or ingress.defaults.get(name)
    if written is None:
        origin = kind.origin if kind.origin is Origin.ASSUMED else Origin.DEFAULT
        return Value(default, origin, ingress.location, "default of ingress-nginx")
    text = written.value.strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 7):
        return Unknown(f"{name} is no number of seconds", written.location)
    return Value(int(text), written.origin, written.location)


def _body(ingress: Ingress, kind: Value[object]) -> Fact:
    name = "proxy-body-size"
    written = ingress.annotations.get(f"{_NGINX}{name}") or ingress.defaults.get(name)
    size = parse_nginx_size(written.value.strip() if written else _BODY)
    if size is None:
        return Unknown(f"{name} is no size", written.location if written else None)
    if written is None:
        origin = kind.origin if kind.origin is Origin.ASSUMED else Origin.DEFAULT
        return Value(size, origin, ingress.location, "default of ingress-nginx")
    return Value(size, written.origin, written.location)
