"""
Responses of an application that send events as they happen.

Sources: html.spec.whatwg.org, "Server-sent events"; nginx.org, ngx_http_proxy_module,
``proxy_buffering``, which an application switches off by ``X-Accel-Buffering``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from advisor.model import Location
from advisor.parsers.pyeval import parse

_TYPE = "text/event-stream"
_SWITCH = "x-accel-buffering"
_NAMES = frozenset({"media_type", "mimetype", "content_type"})


def mentions_events(text: str) -> bool:
    """
    Whether a text may hold one: cheap enough to ask of every file.
    """
    return _TYPE in text and _SWITCH not in text.lower()


def find_event_streams(path: str, text: str) -> Iterator[Location]:
    """
    Where such responses are made, in the order of the file; none where the file tells nginx not to
    buffer.
    """
    if not mentions_events(text):
        return
    source = parse(path, text)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and any(_is_type(one) for one in node.keywords):
            yield source.locate(node)


def _is_type(keyword: ast.keyword) -> bool:
    value = keyword.value
    known = isinstance(value, ast.Constant) and isinstance(value.value, str)
    return (
        keyword.arg in _NAMES
        and known
        and isinstance(value, ast.Constant)
        and str(value.value).startswith(_TYPE)
    )
