"""Ingress objects and routes: which Services they lead to."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.parsers.kubernetes import parse_manifests
from advisor.parsers.kubernetes_model import IngressObject

HEAD = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  namespace: web
"""
ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop}
spec:
"""


def ingress(text: str) -> IngressObject:
    (found,) = parse_manifests("m.yaml", text).ingresses
    return found


def backends(text: str) -> list[tuple[str, str, int]]:
    return [(one.service, one.port, one.location.line) for one in ingress(text).backends]


def test_every_path_and_the_rest() -> None:
    text = (
        f"{HEAD}spec:\n"
        "  defaultBackend: {service: {name: other, port: {name: http}}}\n"
        "  rules:\n    - host: a\n      http:\n        paths:\n"
        "          - {path: /, backend: {service: {name: web, port: {number: 80}}}}\n"
        "          - {path: /x, backend: {resource: {kind: Bucket, name: y}}}\n"
        "    - host: b\n"
    )

    assert backends(text) == [("other", "http", 7), ("web", "80", 12)]


def test_the_names_of_older_versions() -> None:
    text = (
        f"{HEAD.replace('networking.k8s.io/v1', 'extensions/v1beta1')}spec:\n"
        "  backend: {serviceName: web, servicePort: 8000}\n"
    )

    assert backends(text) == [("web", "8000", 7)]


@pytest.mark.parametrize(
    ("rest", "controller"),
    [
        ("spec: {ingressClassName: nginx}\n", "nginx"),
        ("  annotations: {kubernetes.io/ingress.class: alb}\n", "alb"),
        (
            "  annotations: {kubernetes.io/ingress.class: alb}\nspec: {ingressClassName: gce}\n",
            "gce",
        ),
        ("spec: {}\n", ""),
        ("", ""),
    ],
)
def test_the_class(rest: str, controller: str) -> None:
    assert ingress(HEAD + rest).controller == controller


def test_annotations_with_their_places() -> None:
    found = ingress(f'{HEAD}  annotations:\n    a/b: "60"\n    c: {{x: y}}\n    d: null\n')

    assert {name: one.value for name, one in found.annotations.items()} == {"a/b": "60"}
    assert found.annotations["a/b"].location is not None
    assert found.annotations["a/b"].location.line == 7
    assert (found.named.name, found.named.namespace) == ("shop", "web")


def test_routes_of_a_gateway() -> None:
    text = (
        f"{ROUTE}  rules:\n"
        "    - backendRefs: [{name: web, port: 80}, {name: b, kind: Bucket}, {port: 1}]\n"
        "    - backendRefs: [{name: api}]\n    - {}\n"
    )

    assert [(service, port) for service, port, _ in backends(text)] == [("web", "80"), ("api", "")]
    assert ingress(text).named.title == "httproute shop"


@pytest.mark.parametrize(
    "version", ["extensions/v1beta1", "networking.k8s.io/v1beta1", "networking.k8s.io/v1"]
)
def test_versions(version: str) -> None:
    assert ingress(HEAD.replace("networking.k8s.io/v1", version)).backends == ()


def test_objects_of_the_same_name_from_elsewhere() -> None:
    text = HEAD.replace("networking.k8s.io/v1", "config.openshift.io/v1")

    assert parse_manifests("m.yaml", text).ingresses == ()


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="rulespathbackndiv: {}[]-\n 0'", max_size=120))
def test_any_spec_is_read(text: str) -> None:
    found = parse_manifests("m.yaml", f"{HEAD}spec:\n{text}\n")

    assert len(found.ingresses) <= 1
