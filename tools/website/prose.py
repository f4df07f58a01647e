"""
The words of a Markdown text, apart from its code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

_CODE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})[^\n]*\n.*?^(?P=fence)[ \t]*$"
    r"|(?P<tick>`+)(?!`).+?(?<!`)(?P=tick)(?!`)",
    re.DOTALL | re.MULTILINE,
)
_MARKUP = re.compile(r"[*<]|(?<![^\W_])_|(?<=\n)#(?!#* )")


def edited(markdown: str, edit: Callable[[str], str]) -> str:
    """
    The text with `edit` done to what is outside of code blocks and code spans.
    """
    parts: list[str] = []
    end = 0
    for code in _CODE.finditer(markdown):
        parts += (edit(markdown[end : code.start()]), code.group())
        end = code.end()
    return "".join([*parts, edit(markdown[end:])])


def escaped(text: str) -> str:
    """
    Plain text whose stars, brackets and underscores stay what they are.
    """
    return _MARKUP.sub(lambda mark: "&lt;" if mark.group() == "<" else f"\\{mark.group()}", text)


def cell(text: str) -> str:
    """
    Plain text in a cell of a table.
    """
    return escaped(text).replace("|", "\\|").replace("\n", " ")


def table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """
    A table; the cells are Markdown already.
    """
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
