"""
Finds the end of Lua code inside an nginx configuration.
"""

from __future__ import annotations

import re

from advisor import regex

LUA_BLOCK = "_by_lua_block"
"""How the names of directives end whose block is Lua (OpenResty, lua-nginx-module)."""

_STRING = r"""(?>(?:\\z\s*|\\[\s\S]|[^\\\n{quote}]++)*)"""
_PART = regex.lazy(
    rf"""
    (?:--)?\[(?P<level>=*)\[    # opens a long string or comment
    |(?P<whole>--[^\n]*|"{_STRING.format(quote='"')}"|'{_STRING.format(quote="'")}')
    |"{_STRING.format(quote='"')}|'{_STRING.format(quote="'")}    # runs out at the end of its line
    |[{{}}]
    """,
    re.VERBOSE,
)
_BRACE = regex.lazy(r"[{}]")


def read_lua(text: str, position: int) -> tuple[int | None, list[int]]:
    """
    Offset after the brace that closes the block, and those of the quotes that nothing closes.

    `position` is the offset after the opening brace. None when the block is never closed. Behind
    a quote that is not closed, braces count: the one that ends the block may stand on its line.
    """
    depth = 1
    unclosed: list[int] = []
    while part := _PART.search(text, position):
        start, position = part.span()
        if part["level"] is not None:
            end = f"]{part['level']}]"
            found = text.find(end, position)
            if found < 0:
                break
            position = found + len(end)
        if part["whole"] is not None or part["level"] is not None:
            continue
        if text[start] in "\"'":
            unclosed.append(start)
        for brace in _BRACE.finditer(text, start, position):
            depth += 1 if brace[0] == "{" else -1
            if not depth:
                return brace.end(), unclosed
    return None, unclosed
