"""
What one side of a comparison is made of: a column, a constant, or something with columns inside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from advisor import regex
from advisor.plans import scan

# Lower-case letters, _ and all beyond ASCII, as what they are not: such classes compile faster.
_NAME = r'(?:"(?:[^"]|"")+"|[^\x00-\^`{-\x7f][^\x00-#%-/:-\^`{-\x7f]*)'
_COLUMN = regex.lazy(rf"(?:({_NAME})\.)?({_NAME})")
_RELABELLED = regex.lazy(rf"\(({_COLUMN.pattern})\)::text")
_LITERAL = regex.lazy(
    r"'(?:[^']|'')*'(?:::[\w .\"\[\](),]+)?|-?[\d.]+(?:::[\w .]+)?|\$\d+|NULL|true|false"
)
_WORDS = frozenset({"true", "false"})
_MAX_LENGTH = 4_000
_MAX_DEPTH = 25
"""Parentheses in each other; sqlglot's recursive descent needs about twenty frames for each."""
_STABLE = frozenset(
    """
    abs age array ceil coalesce concat current_schema current_setting date_bin date_part date_trunc
    floor greatest justify_days least length lower make_date make_interval make_timestamptz md5 now
    nullif phraseto_tsquery plainto_tsquery round row statement_timestamp substr substring timezone
    to_char to_date to_number to_timestamp to_tsquery transaction_timestamp upper
    websearch_to_tsquery
    """.split()  # noqa: SIM905 - a list of words
)
"""Functions that keep their value during a statement. Users' own are volatile unless declared."""
_SUBPLAN = regex.lazy(r"\b(?:hashed )?SubPlan \w+")
_INITPLAN = regex.lazy(r"\(InitPlan \w+\)\.col\d+|\bInitPlan \w+")
_OPERATOR = regex.lazy(r"[-+*/<>=~!@#%^&|`?]+")
_PLAIN_OPERATORS = frozenset(
    """
    + - * / % ^ < <= = >= > <> ~~ !~~ ~~* !~~* ~ !~ ~* !~*
    || -> ->> #> #>> @> <@ && | & # << >>
    """.split()  # noqa: SIM905 - a list of operators
)
"""The operators sqlglot reads rightly; some others it misreads instead of failing."""


class Side(Struct, frozen=True):
    """
    One side of a comparison, as the plan writes it.
    """

    text: str
    """Verbatim."""
    column: str = ""
    """The column's name without quotes, when the side is one column and nothing else."""
    qualifier: str = ""
    """Alias or relation in front of the column, without quotes."""
    relabelled: bool = False
    """Whether the column stands in ``(…)::text``: harmless for varchar, a cast otherwise."""
    qualifiers: frozenset[str] = frozenset()
    """Of all columns inside; ``""`` stands for columns without one."""
    functions: frozenset[str] = frozenset()
    """Names as the plan writes them, in lower case."""
    known: bool = True
    """False when it could not be taken apart."""

    @property
    def is_column(self) -> bool:
        """
        Whether an index on the column serves it.
        """
        return bool(self.column)

    @property
    def is_constant(self) -> bool:
        """
        Whether it keeps its value during the statement: literals, parameters, ``now()``.
        """
        return self.known and not self.qualifiers and self.functions <= _STABLE


def side(text: str) -> Side:
    """
    Take one side apart. Columns and literals are recognised here, the rest by sqlglot.
    """
    text = text.strip()
    if (match := _COLUMN.fullmatch(text)) and text not in _WORDS:
        return _column(text, match[1], match[2], relabelled=False)
    if match := _RELABELLED.fullmatch(text):
        return _column(text, match[2], match[3], relabelled=True)
    if _LITERAL.fullmatch(text):
        return Side(text)
    if _SUBPLAN.search(text) or not _is_readable(text):
        return Side(text, known=False)
    return _parsed(text)


def unquoted(name: str) -> str:
    """
    An identifier without its double quotes.
    """
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _column(text: str, qualifier: str | None, name: str, *, relabelled: bool) -> Side:
    table = unquoted(qualifier or "")
    return Side(text, unquoted(name), table, relabelled, frozenset({table}))


def _is_readable(text: str) -> bool:
    if len(text) > _MAX_LENGTH:
        return False
    depth = deepest = 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        deepest = max(deepest, depth)
    plain = re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", "", text)
    return deepest <= _MAX_DEPTH and all(
        operator in _PLAIN_OPERATORS for operator in _OPERATOR.findall(plain)
    )


def _parsed(text: str) -> Side:
    from sqlglot import exp, parse_one  # noqa: PLC0415 - start-up cost
    from sqlglot.errors import SqlglotError  # noqa: PLC0415 - start-up cost

    try:
        tree = parse_one(_INITPLAN.sub("NULL", text), read="postgres")
    except (SqlglotError, RecursionError):
        return Side(text, known=False)
    if tree.find(exp.Select, exp.Command) is not None:
        return Side(text, known=False)
    qualifiers = frozenset(column.table for column in tree.find_all(exp.Column))
    return Side(text, qualifiers=qualifiers, functions=frozenset(_functions(text)))


def _functions(text: str) -> Iterator[str]:
    """
    Words in front of a parenthesis; sqlglot's tree has names of its own for many of them.

    A schema stays in front: what needs one is somebody's own function.
    """
    before = name = ""
    for token in scan.tokens(text):
        if token.text == "(" and name:
            yield name.lower()
        if token.text == ".":
            name += "."
        elif token.kind in ("word", "name") and before not in ("cast", "word"):
            name = name + token.text if name.endswith(".") else token.text
        else:
            name = ""
        before = token.kind
