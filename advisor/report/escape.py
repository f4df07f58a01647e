"""
Markdown out of text that nobody vouches for.

Messages quote configuration, and a configuration may hold table pipes, code fences, HTML, links or
names that ping people. Everything is escaped unless it is already `Markdown`; the template's
environment calls `inline` on every expression, so that no filter can be forgotten.
Checked against CommonMark 0.31 and the GFM extensions (tables, autolinks, strikethrough).
"""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING
from urllib.parse import quote

from advisor import regex
from advisor.report.cells import one_line, verbatim_lines

if TYPE_CHECKING:
    from collections.abc import Iterable


class Markdown(str):
    """
    Text that is Markdown already.
    """

    __slots__ = ()


_VERBATIM = regex.lazy(
    r"`(?P<code>[^`]+)`"
    r"|(?P<link>(?:(?:(?<![a-zA-Z0-9+.-])[a-zA-Z][a-zA-Z0-9+.-]*|(?i:https?|ftp))://"
    r"|(?i:www\.|mailto:|xmpp:))[^\s`]*[^\s`.,;:!?)])"
    r"|(?P<name>(?<![\w.+-])[\w.+-]*@[\w.-]*\w)"
)
r"""
What is shown as code: code spans of the author, and what a renderer would turn into a link or a
mention (``location @app`` must not ping anybody).
"""

_ESCAPES = (
    (regex.lazy(r"[\\`*\[\]|~$]"), r"\\\g<0>"),
    (regex.lazy(r"(?<![^\W_])_|_(?![^\W_])"), r"\\_"),  # inside a word it is no emphasis
    (regex.lazy(r"&(?=[#\w])"), "&amp;"),
    (regex.lazy(r"<"), "&lt;"),
    (regex.lazy(r">"), "&gt;"),
    (regex.lazy(r"(?<!\S)#"), r"\\#"),
    (regex.lazy(r"^[-+=]"), r"\\\g<0>"),
    (regex.lazy(r"^(\d+)([.)])(?=\s|$)"), r"\1\\\2"),
)
_ENTITIES = {ord(char): f"&#{ord(char)};" for char in string.punctuation if char not in "-=/,()"}


def inline(text: object) -> Markdown:
    """
    One line of prose, safe in a paragraph, a heading, a list item or a table cell.
    """
    if isinstance(text, Markdown):
        return text
    line = one_line(str(text))
    parts: list[str] = []
    done = 0
    for match in _VERBATIM.finditer(line):
        parts += [_prose(line[done : match.start()]), code(match["code"] or match[0])]
        done = match.end()
    return Markdown("".join([*parts, _prose(line[done:])]))


def _prose(text: str) -> str:
    for pattern, replacement in _ESCAPES:
        text = pattern.sub(replacement, text)
    return text


def code(text: object) -> Markdown:
    """
    A code span, safe in a table cell too; empty when there is nothing to show.
    """
    line = one_line(str(text))
    if not line:
        return Markdown()
    if "|" in line:
        # GFM splits table cells before it looks at code spans, and renderers disagree about
        # backslashes before the pipe; entities mean the same to all of them.
        return Markdown(f"<code>{line.translate(_ENTITIES)}</code>")
    fence = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return Markdown(f"{fence}{pad}{line}{pad}{fence}")


def _longest_run(text: str) -> int:
    return max(map(len, re.findall(r"`+", text)), default=0)


def fenced(text: str, language: str) -> Markdown:
    """
    A fenced block that its content cannot close.
    """
    lines = verbatim_lines(text)
    fence = "`" * max(3, _longest_run(text) + 1)
    name = "".join(re.findall(r"[a-z0-9+-]", language.partition("\n")[0]))
    return Markdown("\n".join([fence + name, *lines, fence]))


def link(title: str, url: str) -> Markdown:
    """
    A link to a web page; any other address is shown, not linked.
    """
    text = inline(title or url)
    if not re.match(r"https?://", url):
        return Markdown(f"{text} {code(url)}".strip())
    address = quote(url.encode("utf-8", "replace"), safe="/:?#@!$&'*+,;=%~-._")
    return Markdown(f"[{text}]({address})")


def joined(parts: Iterable[object], separator: str = ", ") -> Markdown:
    """
    Markdown and plain texts in a row.
    """
    return Markdown(separator.join(inline(part) for part in parts if part))


def bold(text: object) -> Markdown:
    """
    Strong prose; empty when there is nothing to show.
    """
    inner = inline(text)
    return Markdown(f"**{inner}**") if inner else inner


def mermaid(text: str) -> str:
    """
    A mermaid label in quotes; line breaks stay, everything that could end it is an entity.
    """
    lines = [one_line(line) for line in re.split(r"[\r\n]+", text)]
    return '"' + "<br/>".join(_ESCAPED_LABEL.sub(_label_entity, line) for line in lines) + '"'


_ESCAPED_LABEL = regex.lazy(r'["#&<>;`%\\|{}\[\]]')


def _label_entity(match: re.Match[str]) -> str:
    return f"#{ord(match[0])};"
