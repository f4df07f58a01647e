"""Responses that send events, unless they tell nginx not to buffer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.parsers.event_streams import find_event_streams, mentions_events


def lines(text: str) -> list[int]:
    return [one.line for one in find_event_streams("app.py", text)]


@pytest.mark.parametrize(
    "call",
    [
        'StreamingResponse(news(), media_type="text/event-stream")',
        'Response(news(), mimetype="text/event-stream")',
        'StreamingHttpResponse(news(), content_type="text/event-stream; charset=utf-8")',
    ],
)
def test_by_framework(call: str) -> None:
    assert lines(f"def live():\n    return {call}\n") == [2]


@pytest.mark.parametrize(
    "text",
    [
        'x = "text/event-stream"\n',
        'requests.get(url, headers={"Accept": "text/event-stream"})\n',
        'if accepts("text/event-stream"): ...\n',
        'Response(x, mimetype="text/html")  # text/event-stream\n',
        "Response(x, mimetype=EVENTS)  # text/event-stream\n",
        'r = Response(x, mimetype="text/event-stream")\nr.headers["X-Accel-Buffering"] = "no"\n',
        'Response(x, mimetype="text/event-stream"\n',
    ],
)
def test_everything_else(text: str) -> None:
    assert lines(text) == []


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="mimetype=text/event-stream()\"'\n ", max_size=120))
def test_any_text_is_read(text: str) -> None:
    assert lines(text) == [] or mentions_events(text)
