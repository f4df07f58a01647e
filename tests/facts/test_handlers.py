"""Code that answers requests: what stops its event loop, and what it needs of nginx."""

from __future__ import annotations

import pytest

from tests.support.deployments import UVICORN, facts_of, known, subjects, unknown

WAITS = """\
import time
from fastapi import FastAPI
app = FastAPI()
@app.get("/")
async def show():
    time.sleep(1)
"""
SOCKET = """\
from fastapi import FastAPI
app = FastAPI()
@app.websocket("/live")
async def live(socket): ...
"""
COMPOSE = """\
services:
  proxy: {image: "nginx:1.30", volumes: ["./nginx.conf:/etc/nginx/nginx.conf"]}
  web: {build: ., command: gunicorn -k uvicorn_worker.UvicornWorker -b 0.0.0.0:8000 shop:app}
"""
UPGRADE = "proxy_set_header Upgrade $http_upgrade;"


def proxied(*locations: str, code: str = SOCKET) -> dict[str, str]:
    """An application behind nginx with these locations."""
    http = "\n".join(locations)
    nginx = f"events {{}}\nhttp {{ server {{\n{http}\n}} }}\n"
    return {"compose.yaml": COMPOSE, "nginx.conf": nginx, "shop/main.py": code}


class TestBlocking:
    def test_the_first_call_and_how_many_follow(self) -> None:
        files = {
            "gunicorn.conf.py": UVICORN,
            "app/a.py": f"{WAITS}    time.sleep(2)\n",
            "app/b.py": WAITS,
        }
        facts = facts_of(files, "stack.blocking")

        assert known(facts, "blocking.call") == "time.sleep"
        assert known(facts, "blocking.handler") == "show"
        assert known(facts, "blocking.others") == 2
        assert known(facts, "gunicorn.class") == "uvicorn"

    @pytest.mark.parametrize("path", ["tests/test_app.py", "scripts/load.py", "examples/app.py"])
    def test_files_that_answer_no_requests(self, path: str) -> None:
        assert subjects({"gunicorn.conf.py": UVICORN, path: WAITS}, "stack.blocking") == []

    def test_code_that_does_not_wait(self) -> None:
        files = {"gunicorn.conf.py": UVICORN, "app/a.py": WAITS.replace("async def", "def")}

        assert subjects(files, "stack.blocking") == []


class TestSockets:
    @pytest.mark.parametrize(
        ("locations", "passed"),
        [
            (["location / { proxy_pass http://web:8000; }"], False),
            ([f"location / {{ proxy_pass http://web:8000; {UPGRADE} }}"], True),
            (
                [
                    "location / { proxy_pass http://web:8000; }",
                    f"location /live {{ proxy_pass http://web:8000; {UPGRADE} }}",
                ],
                True,
            ),
            (
                [
                    "location / { proxy_pass http://web:8000; }",
                    f"location /x {{ root /srv; {UPGRADE} }}",
                ],
                False,
            ),
            ([UPGRADE, "location / { proxy_pass http://web:8000; }"], True),
        ],
    )
    def test_whether_upgrade_is_passed_on(self, locations: list[str], *, passed: bool) -> None:
        facts = facts_of(proxied(*locations), "stack.socket")

        assert known(facts, "socket.passed") is passed
        assert known(facts, "socket.place") == "shop/main.py:4"

    def test_an_include_may_do_it(self) -> None:
        facts = facts_of(
            proxied("location / { proxy_pass http://web:8000; include more.conf; }"), "stack.socket"
        )

        assert unknown(facts, "socket.passed")

    def test_without_nginx_there_is_no_way(self) -> None:
        files = {"gunicorn.conf.py": UVICORN, "app/main.py": SOCKET}

        assert subjects(files, "stack.socket") == []

    def test_without_sockets_nothing_is_needed(self) -> None:
        files = proxied("location / { proxy_pass http://web:8000; }", code=WAITS)

        assert subjects(files, "stack.socket") == []


class TestEvents:
    CODE = 'def live():\n    return Response(news(), media_type="text/event-stream")\n'

    @pytest.mark.parametrize(
        ("locations", "version", "delivered"),
        [
            (["location / { proxy_pass http://web:8000; }"], "1.28", False),
            (["location / { proxy_pass http://web:8000; }"], "1.30", True),
            (["location / { proxy_pass http://web:8000; proxy_buffering off; }"], "1.28", True),
            (["location / { proxy_pass http://web:8000; proxy_http_version 1.1; }"], "1.28", True),
            (
                [
                    "location / { proxy_pass http://web:8000; }",
                    "location /live { proxy_pass http://web:8000; proxy_buffering off; }",
                ],
                "1.28",
                True,
            ),
        ],
    )
    def test_whether_they_are_handed_on(
        self, locations: list[str], version: str, *, delivered: bool
    ) -> None:
        files = proxied(*locations, code=self.CODE)
        files["compose.yaml"] = COMPOSE.replace("nginx:1.30", f"nginx:{version}")
        facts = facts_of(files, "stack.events")

        assert known(facts, "events.delivered") is delivered
        assert known(facts, "events.place") == "shop/main.py:2"

    def test_a_version_that_is_not_known(self) -> None:
        files = proxied("location / { proxy_pass http://web:8000; }", code=self.CODE)
        files["compose.yaml"] = COMPOSE.replace("nginx:1.30", "nginx:latest")

        assert unknown(facts_of(files, "stack.events"), "events.delivered")
