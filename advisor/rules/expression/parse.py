"""
Text to a Python syntax tree, and places in the tree back to columns of the text.
"""

from __future__ import annotations

import ast
import keyword
import re

from msgspec import Struct

from advisor import regex
from advisor.errors import ExpressionError

MAX_LENGTH = 500
"""Characters of one expression. What needs more is a derived fact."""

_NAME = r"[^\W\d]\w*"
_STRING_OR_DOTTED = regex.lazy(
    rf"""'''.*?'''|\"\"\".*?\"\"\"|'[^']*'|"[^"]*"|(?<!\w){_NAME}(?:\s*\.\s*{_NAME})+"""
)
_KEYWORD_PART = regex.lazy(rf"\.\s*(?:{'|'.join(keyword.kwlist)})\b")
_LINE_BREAK = regex.lazy("[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_HINTS = (
    (regex.lazy(r"\d\s*(?:[kMGT]B|us|ms|s|min|h|d)\b"), "write sizes and times like 8 * GB"),
    (regex.lazy(r"&&|\|\|"), "write 'and', 'or'"),
    (regex.lazy(r"!(?!=)"), "write 'not'"),
    (regex.lazy(r"(?<![=!<>:])=(?!=)"), "write '==' to compare"),
)


class Parsed(Struct, frozen=True):
    """
    An expression's text and its syntax tree.
    """

    source: str
    """As written, with ``\\n`` for every ``\\r\\n``. Columns count its characters."""
    code: str
    """`source` on one line, without leading blanks: what columns of the tree count in."""
    tree: ast.expr

    def text(self, node: ast.expr) -> str:
        """
        The node as written, on one line.
        """
        if self.code.isascii():
            return self.code[node.col_offset : node.end_col_offset]
        return self.code.encode()[node.col_offset : node.end_col_offset].decode()

    def error(self, node: ast.expr, message: str, hint: str | None = None) -> ExpressionError:
        """
        The error to raise about a node.
        """
        start = node.col_offset
        if not self.code.isascii():
            # ast counts bytes of UTF-8.
            start = len(self.code.encode()[:start].decode())
        lead = len(self.source) - len(self.code)
        return ExpressionError(message, expression=self.source, column=lead + start + 1, hint=hint)


def parse(source: str) -> Parsed:
    """
    The syntax tree of an expression. Line breaks count as blanks.

    Raises `ExpressionError` when the text is no Python expression, too long or has a comment.
    """
    source = source.replace("\r\n", "\n")
    if len(source) > MAX_LENGTH:
        message = f"the expression has {len(source)} characters, at most {MAX_LENGTH} are allowed"
        raise ExpressionError(
            message, expression=source, column=MAX_LENGTH + 1, hint="make part of it a derived fact"
        )
    code = _LINE_BREAK.sub(" ", source).lstrip()
    lead = len(source) - len(code)
    if not code:
        raise ExpressionError("the expression is empty", expression=source, column=1)
    if "\\" in code:
        column = lead + code.index("\\") + 1
        raise ExpressionError("'\\' is not allowed", expression=source, column=column)
    told = _STRING_OR_DOTTED.sub(_hide_keywords, code) if _KEYWORD_PART.search(code) else code
    tree = _parse_line(told, source, lead)
    if "#" in code:
        _refuse_comment(code, source, lead)
    return Parsed(source, code, tree)


def _hide_keywords(match: re.Match[str]) -> str:
    """
    A dotted name that Python accepts, of the same length: facts may be called ``gunicorn.class``.
    """
    text = match[0]
    if text[0] in "'\"":
        return text
    root, *parts = re.split(r"(\W+)", text)
    hidden = (part[0] + part[1:].upper() if keyword.iskeyword(part) else part for part in parts)
    return root + "".join(hidden)


def _parse_line(code: str, source: str, lead: int) -> ast.expr:
    try:
        return ast.parse(code, mode="eval").body
    except SyntaxError as error:
        # Where the text ends too early, Python names no column.
        column = min(error.offset or len(code) + 1, len(code) + 1)
        hint = next((hint for pattern, hint in _HINTS if pattern.search(code)), None)
        raise ExpressionError(
            "this is not an expression", expression=source, column=lead + column, hint=hint
        ) from None
    except (RecursionError, MemoryError):
        raise ExpressionError(
            "the expression is nested too deeply", expression=source, column=lead + 1
        ) from None
    except ValueError:
        # NUL and lone surrogates.
        raise ExpressionError(
            "the expression holds a character that is no text", expression=source, column=lead + 1
        ) from None


def _refuse_comment(code: str, source: str, lead: int) -> None:
    # On one line a comment would swallow what followed its line break.
    import io  # noqa: PLC0415 - start-up cost
    import tokenize  # noqa: PLC0415 - start-up cost

    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            column = lead + token.start[1] + 1
            raise ExpressionError("comments are not allowed", expression=source, column=column)
