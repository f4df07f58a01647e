"""The stack as a graph, with numbers on its edges."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.overview import budgets, diagram, timeouts
from tests.support.deployments import NGINX, UVICORN, Plain, deploy
from tests.support.stacks import POOLED, STACK


def edges(
    files: Mapping[str, str] = STACK, *, target: Plain | None = None
) -> tuple[tuple[str, str, str], ...]:
    deployment = deploy(files, target=target)
    return diagram(deployment, tuple(budgets(deployment)), tuple(timeouts(deployment)))


def test_numbers_on_the_edges() -> None:
    assert edges(target={"nginx": "1.30.0", "postgresql": 16}) == (
        (
            "nginx 1.30",
            "keeps 32 idle for 60 s\ngunicorn closes after 2 s ⚠\nwaits 60 s for an answer",
            "gunicorn\n2 uvicorn workers",
        ),
        (
            "gunicorn\n2 uvicorn workers",
            "2 workers × 15 = 30\nwaits 30 s for one",
            "PostgreSQL 16\n30 of 97 connections",
        ),
    )


def test_a_pooler_is_a_node_between() -> None:
    application = "gunicorn\n9 sync workers\n3 replicas"
    pooler = "PgBouncer 1.23\ntransaction mode\n27 of 25 connections ⚠"

    assert edges(POOLED) == (
        (
            "nginx 1.30",
            "keeps 16 idle for 60 s\ngunicorn closes each after use\nwaits 20 s for an answer",
            application,
        ),
        (application, "3 replicas × 9 workers × 1 = 27\nwaits 20 s for one", pooler),
        (pooler, "a pool of 20 = 20", "PostgreSQL 16\n20 of 97 connections"),
    )


def test_applications_that_look_alike_are_two_nodes() -> None:
    """Without their names both would be one box with two arrows."""
    compose = """\
services:
  web: {image: a, command: gunicorn -b 0.0.0.0:8000 a:a}
  api: {image: a, command: gunicorn -b 0.0.0.0:8000 a:a}
"""
    nginx = """\
events {}
http {
  upstream web { server web:8000; }
  upstream api { server api:8000; }
  server { location / { proxy_pass http://web; } location /api { proxy_pass http://api; } }
}
"""
    files = {"compose.yaml": compose, "nginx.conf": nginx}

    assert [end for _, _, end in edges(files)] == [
        "service web\ngunicorn\n1 sync worker",
        "service api\ngunicorn\n1 sync worker",
    ]


def test_too_many_connections_are_marked() -> None:
    files = {**STACK, "gunicorn.conf.py": UVICORN + "workers = 9\n"}

    assert edges(files)[1][2] == "PostgreSQL\n135 of 97 connections ⚠"


def test_a_pooler_of_which_nothing_but_the_name_is_known() -> None:
    compose = """\
services:
  app: {image: shop, command: gunicorn -c gunicorn.conf.py app:app}
  pool: {image: 'ghcr.io/postgresml/pgcat:latest'}
  db: {image: 'postgres:16'}
"""
    engine = STACK["db.py"].replace("//db/", "//pool:6432/")
    found = edges({"compose.yaml": compose, "gunicorn.conf.py": "workers = 2\n", "db.py": engine})

    assert [(start, end) for start, _, end in found] == [
        ("gunicorn\n2 sync workers", "service pool"),
        ("service pool", "PostgreSQL 16"),
    ]


def test_a_longer_keepalive_is_not_marked() -> None:
    files = {**STACK, "gunicorn.conf.py": UVICORN + "workers = 2\nkeepalive = 75\n"}
    label = edges(files, target={"nginx": "1.30.0"})[0][1]

    assert label == "keeps 32 idle for 60 s\ngunicorn closes after 75 s\nwaits 60 s for an answer"


def test_an_old_nginx() -> None:
    assert (
        edges(target={"nginx": "1.24.0"})[0][1]
        == "a connection per request\nwaits 60 s for an answer"
    )


def test_what_is_not_known_is_not_said() -> None:
    text = "include /etc/nginx/more.conf;\n" + STACK["nginx.conf"].replace(
        "location /", "include /etc/nginx/x.conf; location /"
    )

    assert edges({**STACK, "nginx.conf": text})[0][1] == ""


def test_addresses_without_an_upstream() -> None:
    text = "events {}\nhttp { server { location / { proxy_pass http://127.0.0.1:8000; } } }\n"

    assert (
        edges({**STACK, "nginx.conf": text})[0][1]
        == "a connection per request\nwaits 60 s for an answer"
    )


def test_a_time_that_is_not_known() -> None:
    text = NGINX % "127.0.0.1:8000; keepalive_timeout 1x"
    found = edges({**STACK, "nginx.conf": text}, target={"nginx": "1.30"})

    assert found[0][1] == "keeps 32 idle\ngunicorn closes after 2 s\nwaits 60 s for an answer"


def test_connections_that_are_not_known() -> None:
    files = {**STACK, "gunicorn.conf.py": "workers = n()\n"}

    assert [label for _, label, _ in edges(files)] == [
        "waits 60 s for an answer",
        "waits 30 s for one",
    ]


def test_nothing_is_connected() -> None:
    assert edges({"nginx.conf": NGINX % "x:1"}) == ()


POD = """\
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
          command: [gunicorn, --threads, "4", -b, "0.0.0.0:8000", "shop:app"]
          ports: [{containerPort: 8000}]
        - name: nginx
          image: nginx:1.30
          ports: [{containerPort: 80}]
          volumeMounts: [{name: c, mountPath: /etc/nginx/nginx.conf, subPath: nginx.conf}]
      volumes: [{name: c, configMap: {name: conf}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data:
  nginx.conf: |
    events {}
    http { server { location / { proxy_pass http://127.0.0.1:8000; } } }
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: %s}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  ingressClassName: %s
  defaultBackend: {service: {name: web, port: {number: 80}}}
"""


def test_an_ingress_before_an_application() -> None:
    found = edges({"web.yaml": POD % ("8000", "nginx")})

    assert found[0] == (
        "ingress shop\ningress-nginx",
        "keeps idle ones for 60 s\ngunicorn closes after 2 s ⚠\nwaits 60 s for an answer",
        "gunicorn\n1 gthread worker",
    )
    assert found[1][0] == "nginx 1.30"


def test_an_ingress_before_nginx() -> None:
    assert edges({"web.yaml": POD % ("80", "gce")})[0] == (
        "ingress shop\ngce",
        "keeps idle ones for 10 min",
        "nginx 1.30",
    )


def test_an_ingress_that_is_not_known() -> None:
    assert edges({"web.yaml": POD % ("80", "own")})[0] == ("ingress shop", "", "nginx 1.30")
