"""Calls that wait inside of coroutines that answer requests."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.parsers.blocking import find_blocking, mentions_blocking

HEAD = "import requests\nimport time as t\nfrom urllib.request import urlopen\nimport httpx\n"


def found(text: str) -> list[tuple[str, str, int]]:
    return [(one.call, one.handler, one.location.line) for one in find_blocking("app.py", text)]


def route(body: str, decorator: str = "@app.get('/')", kind: str = "async def") -> str:
    return f"{HEAD}{decorator}\n{kind} show():\n    {body}\n"


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("return requests.get('x').json()", "requests.get"),
        ("t.sleep(1)", "time.sleep"),
        ("data = urlopen('x').read()", "urllib.request.urlopen"),
        ("return httpx.post('x')", "httpx.post"),
        ("x = [requests.get(one) for one in y]", "requests.get"),
        ("if x: return await f(requests.put('x'))", "requests.put"),
    ],
)
def test_calls_that_wait(body: str, call: str) -> None:
    assert found(route(body)) == [(call, "show", 7)]


@pytest.mark.parametrize(
    "body",
    [
        "await asyncio.sleep(1)",
        "await asyncio.to_thread(requests.get, 'x')",
        "await run(lambda: requests.get('x'))",
        "def work(): return requests.get('x')",
        "return requests.Session()",
        "async with httpx.AsyncClient() as c: await c.get('x')",
        "return get('x')",
        "self.requests.get('x')",
    ],
)
def test_calls_that_do_not(body: str) -> None:
    assert found(route(body)) == []


@pytest.mark.parametrize("decorator", ["@app.post('/')", "@v1.websocket('/w')", "@a.b.route('/')"])
def test_routes(decorator: str) -> None:
    assert len(found(route("t.sleep(1)", decorator))) == 1


@pytest.mark.parametrize(
    "decorator", ["@app.on_event('startup')", "@asynccontextmanager", "@get('/')", "@app.task()"]
)
def test_functions_that_answer_nothing(decorator: str) -> None:
    assert found(route("t.sleep(1)", decorator)) == []


def test_a_plain_function_runs_in_a_thread() -> None:
    assert found(route("t.sleep(1)", kind="def")) == []


def test_the_order_of_the_file() -> None:
    text = route("t.sleep(1)\n    requests.get('x')\n    t.sleep(2)")

    assert [line for _, _, line in found(text)] == [7, 8, 9]


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="async def@app.get()requests: \n'\t[]", max_size=200))
def test_any_text_is_read(text: str) -> None:
    assert found(text) == [] or mentions_blocking(text)
