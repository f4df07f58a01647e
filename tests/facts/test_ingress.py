"""The way into a cluster: who is behind an Ingress, and what it does with requests."""

from __future__ import annotations

import pytest

from advisor.model import Origin
from tests.support.deployments import facts_of, known, origin, subjects, unknown

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: app
          image: shop:1
          command: [gunicorn, -b, "0.0.0.0:8000", "shop:app"]
          ports: [{containerPort: 8000, name: app}]
        - name: nginx
          image: nginx:1.30
          ports: [{containerPort: 80, name: http}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: %s}, {port: 9000, targetPort: app}]}
"""
EDGE = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations: {%s}
spec:
  ingressClassName: %s
  defaultBackend: {service: {name: web, port: {%s}}}
"""
NGINX = "nginx.ingress.kubernetes.io"
SETTINGS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: ingress-nginx-controller}
data: {upstream-keepalive-timeout: "30", proxy-read-timeout: "20"}
"""


def stack(
    annotations: str = "",
    *,
    name: str = "nginx",
    target: str = "app",
    port: str = "number: 80",
) -> dict[str, str]:
    """A pod with an application and an nginx, behind a Service and an Ingress."""
    return {"web.yaml": WEB % target, "edge.yaml": EDGE % (annotations, name, port)}


def values(files: dict[str, str]) -> tuple[object, ...]:
    facts = facts_of(files, "stack.ingress")
    names = ("controller", "idle", "read_timeout", "body_limit")
    return tuple(known(facts, f"ingress.{name}") for name in names)


class TestWays:
    def test_to_the_container_that_declares_the_port(self) -> None:
        facts = facts_of(stack(), "stack.ingress")

        assert known(facts, "ingress.name") == "ingress shop"
        assert known(facts, "gunicorn.name") == "container app of deployment web"

    @pytest.mark.parametrize(("target", "port"), [("http", "number: 80"), ("app", "number: 81")])
    def test_to_another_container_or_nowhere(self, target: str, port: str) -> None:
        assert subjects(stack(target=target, port=port), "stack.ingress") == []

    def test_by_another_port_of_the_service(self) -> None:
        found = subjects(stack(target="http", port="number: 9000"), "stack.ingress")

        assert [one.path for one in found] == ["edge.yaml"]

    def test_a_route_of_a_gateway(self) -> None:
        route = (
            "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: shop}\n"
            "spec: {rules: [{backendRefs: [{name: web, port: 80}]}]}\n"
        )
        facts = facts_of({**stack(), "edge.yaml": route}, "stack.ingress")

        assert known(facts, "ingress.name") == "httproute shop"
        assert unknown(facts, "ingress.idle")


class TestControllers:
    @pytest.mark.parametrize(
        ("annotations", "name", "controller", "idle"),
        [
            ("", "nginx", "ingress-nginx", 60),
            ("", "ingress-nginx-internal", "ingress-nginx", 60),
            (f"{NGINX}/rewrite-target: /", "edge", "ingress-nginx", 60),
            ("alb.ingress.kubernetes.io/scheme: internal", "edge", "alb", 60),
            ("", "alb", "alb", 60),
            ("", "gce", "gce", 600),
            ("", "gce-internal", "gce", 600),
            ("networking.gke.io/managed-certificates: x", "edge", "gce", 600),
        ],
    )
    def test_known_ones(self, annotations: str, name: str, controller: str, idle: int) -> None:
        facts = facts_of(stack(annotations, name=name), "stack.ingress")

        assert known(facts, "ingress.controller") == controller
        assert known(facts, "ingress.idle") == idle

    @pytest.mark.parametrize(
        ("annotations", "name"),
        [("", "traefik"), ("", "haproxy"), ("nginx.org/proxy-read-timeout: 20s", "nginx")],
    )
    def test_others(self, annotations: str, name: str) -> None:
        facts = facts_of(stack(annotations, name=name), "stack.ingress")

        for fact in ("controller", "idle", "read_timeout", "body_limit"):
            assert unknown(facts, f"ingress.{fact}")

    def test_a_class_alone_is_an_assumption(self) -> None:
        by_class = facts_of(stack(), "stack.ingress")
        by_annotation = facts_of(stack(f"{NGINX}/rewrite-target: /"), "stack.ingress")

        assert origin(by_class, "ingress.idle") is Origin.ASSUMED
        assert origin(by_annotation, "ingress.idle") is Origin.DEFAULT


class TestSettings:
    def test_defaults_of_ingress_nginx(self) -> None:
        assert values(stack()) == ("ingress-nginx", 60, 60, 1024**2)

    def test_annotations(self) -> None:
        annotations = f'{NGINX}/proxy-read-timeout: "300", {NGINX}/proxy-body-size: 20m'

        assert values(stack(annotations)) == ("ingress-nginx", 60, 300, 20 * 1024**2)

    def test_the_settings_of_the_controller(self) -> None:
        files = {**stack(f'{NGINX}/proxy-read-timeout: "90"'), "nginx.yaml": SETTINGS}

        assert values(files)[:3] == ("ingress-nginx", 30, 90)

    @pytest.mark.parametrize(
        ("attributes", "idle"),
        [
            ("idle_timeout.timeout_seconds=120", 120),
            ("access_logs.s3.enabled=true,idle_timeout.timeout_seconds=90", 90),
            ("access_logs.s3.enabled=true", 60),
        ],
    )
    def test_attributes_of_a_load_balancer(self, attributes: str, idle: int) -> None:
        name = "alb.ingress.kubernetes.io/load-balancer-attributes"
        facts = facts_of(stack(f'{name}: "{attributes}"', name="alb"), "stack.ingress")

        assert known(facts, "ingress.idle") == idle

    @pytest.mark.parametrize("text", ["60s", "", "-1", "9999999"])
    def test_what_is_no_number(self, text: str) -> None:
        facts = facts_of(stack(f'{NGINX}/proxy-read-timeout: "{text}"'), "stack.ingress")

        assert unknown(facts, "ingress.read_timeout")

    def test_what_the_code_accepts(self) -> None:
        code = (
            'from flask import Flask\napp = Flask("x")\napp.config["MAX_CONTENT_LENGTH"] = 4096\n'
        )
        facts = facts_of({**stack(), "shop.py": code}, "stack.ingress")

        assert known(facts, "ingress.upload_limit") == 4096
