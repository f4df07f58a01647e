"""Routes that take WebSockets, told by what their names are imported from."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.parsers.websockets import find_sockets, mentions_sockets

CHANNELS = "from channels.generic.websocket import AsyncWebsocketConsumer\n"
FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"


def lines(text: str) -> list[int]:
    return [one.line for one in find_sockets("app.py", text)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"{FASTAPI}@app.websocket('/live')\nasync def live(s): ...\n", 4),
        (f"{FASTAPI}@routers.chat.websocket('/live')\nasync def live(s): ...\n", 4),
        ("from quart import Quart\napp = Quart('x')\n@app.websocket('/')\nasync def f(): ...\n", 4),
        ("from starlette.routing import WebSocketRoute\nr = [WebSocketRoute('/x', f)]\n", 2),
        (f"{CHANNELS}class Chat(AsyncWebsocketConsumer): ...\n", 2),
    ],
)
def test_routes(text: str, line: int) -> None:
    assert lines(text) == [line]


@pytest.mark.parametrize(
    "text",
    [
        f"{FASTAPI}@app.get('/websocket')\nasync def live(s): ...\n",
        "@app.websocket('/live')\nasync def live(s): ...\n",
        f"{FASTAPI}@websocket('/live')\nasync def live(s): ...\n",
        "import websocket\nclient = websocket.create_connection('ws://x')\n",
        "from .routing import WebSocketRoute\nr = WebSocketRoute('/x', f)\n",
        f"{FASTAPI}async def websocket(): ...\n",
    ],
)
def test_everything_else(text: str) -> None:
    assert lines(text) == []


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="async def@app.websocket()from import: \n'\t[]", max_size=200))
def test_any_text_is_read(text: str) -> None:
    assert lines(text) == [] or mentions_sockets(text)
