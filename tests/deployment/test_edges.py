"""Who talks to whom: by name, by port, by socket, or not at all."""

from __future__ import annotations

import pytest

from advisor.deployment.model import Deployment
from tests.support.deployments import NGINX, deploy

CONF = "bind = '%s'\n"
COMPOSE = """\
services:
  proxy: {image: nginx, %s volumes: ["./nginx.conf:/etc/nginx/nginx.conf"]}
  app: {build: ., command: gunicorn app, %s}
"""
HOST = "network_mode: host,"


def stack(
    address: str,
    bind: str = "0.0.0.0:8000",
    compose: str | None = COMPOSE % ("", "expose: ['8000']"),
) -> Deployment:
    files = {"nginx.conf": NGINX % address, "gunicorn.conf.py": CONF % bind}
    return deploy(files if compose is None else {**files, "compose.yaml": compose})


def why(deployment: Deployment) -> list[str]:
    return [edge.why for edge in deployment.proxy_edges]


class TestProxyEdges:
    def test_by_the_name_of_the_service(self) -> None:
        deployment = stack("app:8000")

        assert [(e.upstream, e.application.name) for e in deployment.proxy_edges] == [
            ("backend", "service app")
        ]
        assert deployment.notes == ()

    def test_the_addresses_that_lead_there(self) -> None:
        (edge,) = stack("app:8000; server app:8000 weight=2").proxy_edges

        assert [(one.host, one.port) for one in edge.addresses] == [("app", 8000), ("app", 8000)]

    def test_by_an_alias(self) -> None:
        compose = COMPOSE % ("", "container_name: shop-app")

        assert why(stack("shop-app:8000", compose=compose)) == ["service app"]

    def test_the_port_has_to_fit(self) -> None:
        deployment = stack("app:9000")

        assert deployment.proxy_edges == ()
        assert deployment.notes == (
            "upstream backend (app:9000): gunicorn of service app does not listen on port 9000",
        )

    @pytest.mark.parametrize(
        ("bind", "port", "edges"),
        [
            ("10.0.0.1", 8000, 1),
            ("[::]:8000", 8000, 1),
            ("[::1]", 8000, 1),
            (":9000", 9000, 1),
            (":9000", 8000, 0),
            ("fd://3", 9000, 1),
            ("unix:/run/app.sock", 8000, 0),
            ("0.0.0.0:http", 8000, 1),
        ],
    )
    def test_addresses_that_gunicorn_binds(self, bind: str, port: int, edges: int) -> None:
        assert len(stack(f"app:{port}", bind).proxy_edges) == edges

    @pytest.mark.parametrize(
        "conf",
        [
            "import os\nbind = '0.0.0.0:' + os.environ.get('PORT', '8000')\n",
            "from settings import bind\n",
        ],
    )
    def test_a_bind_that_is_not_sure_fits_everything(self, conf: str) -> None:
        files = {
            "nginx.conf": NGINX % "app:5000",
            "gunicorn.conf.py": conf,
            "compose.yaml": COMPOSE % ("", ""),
        }
        assert len(deploy(files).proxy_edges) == 1

    def test_by_socket(self) -> None:
        assert why(stack("unix:/run/app.sock", "unix:/run/app.sock", None)) == [
            "socket of gunicorn.conf.py"
        ]
        other = stack("unix:/run/other.sock", "unix:/run/app.sock", None)
        assert other.notes == ("upstream backend (/run/other.sock): no application listens there",)

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
    def test_by_loopback_on_the_network_of_the_host(self, host: str) -> None:
        compose = COMPOSE % (HOST, "network_mode: host")

        assert why(stack(f"{host}:8000", compose=compose)) == ["port 8000 of service app"]

    def test_loopback_of_a_container_is_the_container(self) -> None:
        deployment = stack("127.0.0.1:8000")

        assert deployment.proxy_edges == ()
        assert deployment.notes == (
            "upstream backend (127.0.0.1:8000): 127.0.0.1 is the container of service proxy itself",
        )

    @pytest.mark.parametrize(("port", "edges"), [(8080, ["port 8080 of service app"]), (8000, [])])
    def test_by_a_published_port(self, port: int, edges: list[str]) -> None:
        compose = COMPOSE % (HOST, "ports: ['8080:8000']")

        assert why(stack(f"127.0.0.1:{port}", compose=compose)) == edges

    def test_published_ports_tell_applications_apart(self) -> None:
        files = {
            "compose.yaml": """\
services:
  a: {build: a, command: gunicorn -b :8000 app, ports: ["8001:8000"]}
  b: {build: b, command: gunicorn -b :8000 app, ports: ["8002:8000"]}
""",
            "nginx.conf": NGINX % "127.0.0.1:8002",
        }
        assert [e.application.name for e in deploy(files).proxy_edges] == ["service b"]

    def test_several_listen_there(self) -> None:
        files = {
            "a/gunicorn.conf.py": CONF % ":8000",
            "b/gunicorn.conf.py": CONF % ":8000",
            "nginx.conf": NGINX % "10.0.0.1:8000",
        }
        assert deploy(files).proxy_edges == ()
        assert deploy(files).notes == (
            "upstream backend (10.0.0.1:8000): several applications may listen there",
        )

    def test_several_servers_of_one_upstream(self) -> None:
        files = {
            "a/gunicorn.conf.py": CONF % ":8000",
            "b/gunicorn.conf.py": CONF % ":8001",
            "nginx.conf": NGINX % "127.0.0.1:8000; server 127.0.0.1:8001; server 127.0.0.1:8000",
        }
        assert len(deploy(files).proxy_edges) == 2

    def test_a_service_that_is_no_application(self) -> None:
        compose = COMPOSE.replace("app:", "grafana: {image: grafana/grafana}\n  app:") % ("", "")
        deployment = stack("grafana:3000", compose=compose)

        assert deployment.proxy_edges == ()
        assert deployment.notes == (
            "upstream backend (grafana:3000): service grafana starts no gunicorn",
        )

    def test_a_service_whose_start_is_hidden(self) -> None:
        """Two may load the file, and the one that nginx asks for has to be it."""
        compose = "services: {app: {build: .}, other: {build: .}}"

        assert why(stack("app:8000", compose=compose)) == ["service app, the only application"]

    def test_a_name_of_two_services(self) -> None:
        compose = """\
services:
  a: {build: ., command: gunicorn app, networks: {x: {aliases: [app]}}}
  b: {build: ., command: gunicorn app, networks: {x: {aliases: [app]}}}
"""
        assert stack("app:8000", compose=compose).notes[:1] == (
            "upstream backend (app:8000): several services answer to app",
        )

    @pytest.mark.parametrize(
        ("target", "upstream", "shown"),
        [
            ("http://app:8000", "", None),
            ("http://app:8000/api/", "", None),
            ("http://10.0.0.1:9999", "", "proxy_pass to 10.0.0.1:9999"),
            ("http://unix:/run/x.sock", "", "proxy_pass to /run/x.sock"),
            ("http://$host:8000", "", ""),
            ("http://${APP_HOST}:8000", "", None),
        ],
    )
    def test_addresses_without_an_upstream(
        self, target: str, upstream: str, shown: str | None
    ) -> None:
        text = f"events {{}}\nhttp {{ server {{ location / {{ proxy_pass {target}; }} }} }}\n"
        files = {
            "nginx.conf": text,
            "gunicorn.conf.py": CONF % ":8000",
            "compose.yaml": COMPOSE % ("", ""),
        }
        deployment = deploy(files)

        assert [e.upstream for e in deployment.proxy_edges] == ([upstream] if shown is None else [])
        said = [note for note in deployment.notes if "listens there" in note]
        assert said == ([f"{shown}: no application listens there"] if shown else [])

    def test_an_address_that_is_not_known(self) -> None:
        text = NGINX % "${APP_HOST}:8000"
        one = {"nginx.conf": text, "gunicorn.conf.py": CONF % ":8000"}
        two = {"nginx.conf": text, "a/gunicorn.conf.py": "", "b/gunicorn.conf.py": ""}

        assert why(deploy(one)) == ["the only application"]
        assert deploy(two).notes == (
            "upstream backend (an unknown address): the address is not known",
        )

    @pytest.mark.parametrize("directive", ["fastcgi_pass", "uwsgi_pass"])
    def test_other_protocols(self, directive: str) -> None:
        text = (NGINX % "127.0.0.1:8000").replace("proxy_pass http://", f"{directive} ")
        files = {"nginx.conf": text, "gunicorn.conf.py": CONF % ":8000"}

        assert deploy(files).proxy_edges == ()
        assert deploy(files).notes == ()

    def test_two_configurations_with_one_name(self) -> None:
        """The upstreams of both fragments have their edge."""
        site = "upstream b { server app:8000; }\nserver { location / { proxy_pass http://b; } }\n"
        files = {
            "compose.yaml": COMPOSE.replace(
                "nginx.conf:/etc/nginx/nginx.conf", "c:/etc/nginx/conf.d"
            )
            % ("", ""),
            "c/a.conf": site,
            "c/b.conf": site,
            "gunicorn.conf.py": CONF % ":8000",
        }
        assert len(deploy(files).proxy_edges) == 2

    def test_no_application_is_no_news(self) -> None:
        assert deploy({"nginx.conf": NGINX % "app:8000"}).notes == ()


ENGINE = "from sqlalchemy import create_engine\nengine = create_engine(%s)\n"
DATABASES = """\
services:
  app: {build: ., command: gunicorn app, %s}
  db: {image: "postgres:16"}
"""


def linked(
    url: str, compose: str | None = DATABASES % "", **files: str
) -> tuple[list[tuple[str, str, str]], str]:
    """Server, pooler and reason of every edge, and the notes."""
    texts = {"app/db.py": ENGINE % f"'{url}'", **files}
    texts |= {"gunicorn.conf.py": ""} if compose is None else {"compose.yaml": compose}
    deployment = deploy(texts)
    edges = [(e.database.name, e.pooler, e.why) for e in deployment.database_edges]
    return edges, "\n".join(deployment.notes)


class TestDatabaseEdges:
    def test_by_the_name_of_the_service(self) -> None:
        edges, notes = linked("postgresql://u@db/shop")

        assert edges == [("service db", "", "service db")]
        assert notes == ""

    def test_between_two_servers(self) -> None:
        compose = DATABASES % "" + "  other: {image: postgres}\n"

        assert linked("postgresql://other:5432/shop", compose)[0] == [
            ("service other", "", "service other")
        ]
        edges, notes = linked("postgresql://localhost/shop", compose)
        assert edges == []
        assert notes == "engine in app/db.py:2: several servers are possible"

    @pytest.mark.parametrize(
        "url", ["postgresql:///shop", "postgresql://localhost/shop", "postgresql://@/shop"]
    )
    def test_loopback_is_the_only_server(self, url: str) -> None:
        assert linked(url)[0] == [("service db", "", "the only server")]

    def test_a_host_outside(self) -> None:
        edges, notes = linked("postgresql://prod.example.com/shop")

        assert edges == []
        assert notes == (
            "engine in app/db.py:2: prod.example.com is no PostgreSQL server of this deployment"
        )

    def test_any_host_may_be_that_of_a_file_on_its_own(self) -> None:
        texts = {"postgresql.conf": "work_mem = 8MB\n"}
        edges, _ = linked("postgresql://prod.example.com/shop", None, **texts)

        assert edges == [("postgresql.conf", "", "the only server")]

    def test_an_assumed_host_says_nothing(self) -> None:
        texts = {
            "compose.yaml": DATABASES % "",
            "db.py": "import os\n" + ENGINE % "os.getenv('URL', 'postgresql://dev.local/x')",
        }
        assert [e.database.name for e in deploy(texts).database_edges] == ["service db"]

    def test_a_url_that_is_not_known(self) -> None:
        texts = {"compose.yaml": DATABASES % "", "db.py": ENGINE % "settings.url"}

        assert [e.why for e in deploy(texts).database_edges] == ["the only server"]

    def test_another_kind_of_database(self) -> None:
        assert linked("mysql://db/shop") == ([], "")
        assert linked("sqlite:///x.db") == ([], "")

    def test_a_service_that_is_no_database(self) -> None:
        compose = DATABASES % "" + "  cache: {image: redis}\n"

        assert linked("postgresql://cache/shop", compose) == (
            [],
            "engine in app/db.py:2: service cache is no PostgreSQL server of this deployment",
        )

    def test_no_server(self) -> None:
        assert linked("postgresql://db/shop", None) == (
            [],
            "engine in app/db.py:2: no PostgreSQL server among the files",
        )

    def test_migrations_and_tests_are_left_out(self) -> None:
        texts = {
            "compose.yaml": DATABASES % "",
            "alembic/env.py": ENGINE % "'postgresql://db/x'",
            "tests/conftest.py": ENGINE % "'postgresql://db/x'",
        }
        assert deploy(texts).database_edges == ()

    @pytest.mark.parametrize("image", ["edoburu/pgbouncer:1.24", "bitnami/pgbouncer", "pgcat"])
    def test_through_a_pooler(self, image: str) -> None:
        compose = DATABASES % "" + f"  pool: {{image: '{image}'}}\n"

        ((name, pooler, _),) = linked("postgresql://pool:5432/shop", compose)[0]

        assert (name, pooler) == ("service db", "service pool")

    def test_the_port_of_a_pooler(self) -> None:
        for url in ("postgresql://far.example:6432/shop", "postgresql://db:6432/shop"):
            ((name, pooler, _),) = linked(url)[0]
            assert (name, pooler) == ("service db", "port 6432")

    def test_a_pooler_before_several_servers(self) -> None:
        compose = DATABASES % "" + "  pool: {image: pgbouncer}\n  other: {image: postgres}\n"

        assert linked("postgresql://pool/shop", compose) == (
            [],
            "engine in app/db.py:2: several servers are possible",
        )
