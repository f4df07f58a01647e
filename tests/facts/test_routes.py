"""Facts of the way from a location of nginx to the application behind it."""

from __future__ import annotations

import pytest

from tests.support.deployments import facts_of, known, subjects, unknown

COMPOSE = """\
services:
  proxy: {image: "nginx:1.30", volumes: ["./nginx.conf:/etc/nginx/nginx.conf"]}
  web: {build: web, command: gunicorn -w 2 -b 0.0.0.0:8000 shop}
  api: {build: api, command: gunicorn -w 9 -b 0.0.0.0:8000 shop}
"""
CONF = "events {}\nhttp {\n%s\n}\n"


def deployed(http: str) -> dict[str, str]:
    """The stack with the contents of its http block."""
    return {"compose.yaml": COMPOSE, "nginx.conf": CONF % http}


def pairs(http: str) -> list[tuple[str, object]]:
    """Locations with the applications behind them."""
    found = subjects(deployed(http), "stack.location")
    return [(one.name, known(one.facts, "gunicorn.name")) for one in found]


def test_each_location_has_its_application() -> None:
    http = (
        "upstream w { server web:8000; }\nserver {\nlocation / { proxy_pass http://w; }\n"
        "location /api { proxy_pass http://api:8000/v1; }\nlocation /s { root /srv; }\n"
        "location /x { proxy_pass http://other:8000; }\n}"
    )

    assert pairs(http) == [("location /", "service web"), ("location /api", "service api")]


def test_an_upstream_of_two_applications_leads_to_both() -> None:
    http = (
        "upstream w { server web:8000; server api:8000; }\n"
        "server { location / { proxy_pass http://w; } }"
    )

    assert pairs(http) == [("location /", "service web"), ("location /", "service api")]


def test_a_variable_leads_nowhere() -> None:
    http = (
        "server { location / { proxy_pass http://$backend; }\n"
        "location /w { proxy_pass http://web:8000; } }"
    )

    assert pairs(http) == [("location /w", "service web")]


class TestRoute:
    def test_between_containers(self) -> None:
        facts = facts_of(
            deployed("server { location / { proxy_pass http://web:8000; } }"), "stack.location"
        )

        assert known(facts, "route.apart") is True
        assert known(facts, "route.tls") is False
        assert known(facts, "route.tells_scheme") is False
        assert known(facts, "route.trusted") == "127.0.0.1, ::1"

    def test_with_tls(self) -> None:
        http = (
            "server { listen 443 ssl; proxy_set_header X-Forwarded-Proto https;\n"
            "location / { proxy_pass http://web:8000; } }"
        )
        facts = facts_of(deployed(http), "stack.location")

        assert known(facts, "route.tls") is True
        assert known(facts, "route.tells_scheme") is True

    @pytest.mark.parametrize(
        ("address", "bind"),
        [("127.0.0.1:8000", "127.0.0.1:8000"), ("unix:/run/a.sock", "unix:/run/a.sock")],
    )
    def test_on_one_host(self, address: str, bind: str) -> None:
        files = {
            "gunicorn.conf.py": f"bind = '{bind}'\nforwarded_allow_ips = '10.0.0.1'\n",
            "nginx.conf": CONF % f"server {{ location / {{ proxy_pass http://{address}; }} }}",
        }
        facts = facts_of(files, "stack.location")

        assert known(facts, "route.apart") is False
        assert known(facts, "route.trusted") == "10.0.0.1"

    def test_of_an_unknown_host(self) -> None:
        files = {
            "gunicorn.conf.py": "bind = '0.0.0.0:8000'\n",
            "nginx.conf": CONF % "server { location / { proxy_pass http://10.0.0.4:8000; } }",
        }

        assert unknown(facts_of(files, "stack.location"), "route.apart").reason == (
            "where nginx and gunicorn run is not known"
        )

    @pytest.mark.parametrize(
        ("path", "streams"),
        [
            ("/api/events/", True),
            ("/sse", True),
            ("/log-stream", True),
            ("/", False),
            ("/eventual", False),
            ("/classes", False),
        ],
    )
    def test_names_of_streams(self, path: str, *, streams: bool) -> None:
        http = f"server {{ location {path} {{ proxy_pass http://web:8000; }} }}"

        assert known(facts_of(deployed(http), "stack.location"), "route.streams") is streams


class TestSizes:
    """What nginx lets through, and what the application accepts."""

    @pytest.mark.parametrize(
        ("http", "size"),
        [
            ("", None),
            ("large_client_header_buffers 4 32k;", 32 * 1024),
            ("large_client_header_buffers 8 1m;", 1024**2),
        ],
    )
    def test_of_headers(self, http: str, size: int | None) -> None:
        files = deployed(f"{http} server {{ location / {{ proxy_pass http://web:8000; }} }}")

        assert known(facts_of(files, "stack.location"), "route.header_buffer") == size

    @pytest.mark.parametrize(
        ("inner", "outer", "size"),
        [
            ("", "", 1024**2),
            ("client_max_body_size 5m;", "", 5 * 1024**2),
            ("client_max_body_size 5m;", "client_max_body_size 9m;", 9 * 1024**2),
            ("client_max_body_size 0;", "client_max_body_size 9m;", 0),
        ],
    )
    def test_of_bodies_on_any_way(self, inner: str, outer: str, size: int) -> None:
        http = (
            f"{outer} server {{ location / {{ proxy_pass http://web:8000; }}\n"
            f"location /up {{ proxy_pass http://web:8000; {inner} }} }}"
        )
        found = subjects(deployed(http), "stack.location")

        assert [known(one.facts, "route.largest_body") for one in found] == [size, size]

    @pytest.mark.parametrize(
        ("files", "limit"),
        [
            ({}, None),
            ({"web/app.py": "MAX_CONTENT_LENGTH = 5\n"}, 5),
            ({"web/app.py": "MAX_CONTENT_LENGTH = 5\n", "web/c.py": "MAX_CONTENT_LENGTH = 5\n"}, 5),
            ({"web/tests/app.py": "MAX_CONTENT_LENGTH = 5\n"}, None),
            ({"api/app.py": "MAX_CONTENT_LENGTH = 5\n"}, None),
        ],
    )
    def test_of_the_code(self, files: dict[str, str], limit: int | None) -> None:
        http = "server { location / { proxy_pass http://web:8000; } }"
        facts = facts_of({**deployed(http), **files}, "stack.location")

        assert known(facts, "route.upload_limit") == limit

    @pytest.mark.parametrize(
        ("code", "reads"),
        [
            ("SECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'https')\n", True),
            ("app.wsgi_app = ProxyFix(app.wsgi_app)\n", True),
            ("MAX_CONTENT_LENGTH = 5\n", False),
        ],
    )
    def test_who_reads_forwarded_headers(self, code: str, *, reads: bool) -> None:
        http = "server { location / { proxy_pass http://web:8000; } }"
        facts = facts_of({**deployed(http), "web/app.py": code}, "stack.location")

        assert known(facts, "route.reads_headers") is reads

    def test_of_code_that_differs(self) -> None:
        http = "server { location / { proxy_pass http://web:8000; } }"
        code = {"web/app.py": "MAX_CONTENT_LENGTH = 5\nMAX_CONTENT_LENGTH = 6\n"}
        facts = facts_of({**deployed(http), **code}, "stack.location")

        assert unknown(facts, "route.upload_limit").reason == "the code sets it in several ways"


def test_dead_ends_are_said_at_the_address() -> None:
    http = "server {\nlocation / { proxy_pass http://web:9; } }"
    (found,) = subjects(deployed(http), "stack.dead_end")

    assert (found.name, str(found.location)) == ("web:9", "nginx.conf:4")
    assert known(found.facts, "dead_end.binds") == "0.0.0.0:8000"
    assert known(found.facts, "dead_end.inside") is False
