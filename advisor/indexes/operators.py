"""
Which index serves which operator: B-tree, trigrams, GIN, GiST; and which expressions may be keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from advisor import regex
from advisor.indexes.model import Key
from advisor.plans import scan

_CAST = r"(?:::[\w .\"]+(?:\[\])*)?"
_STRING = regex.lazy(rf"'((?:[^']|'')*)'{_CAST}")
_JSON = regex.lazy(r"'(?:[^']|'')*'::jsonb?")
_JSONPATH = regex.lazy(r"'(?:[^']|'')*'::jsonpath")
_ARRAY = regex.lazy(r"'(?:[^']|'')*'::[\w .\"]+\[\]|ARRAY\[.*\](?:::.*)?", re.DOTALL)
_RANGE = regex.lazy(r"'(?:[^']|'')*'::\w+range\b|\w+range\(.*\)", re.DOTALL)
_SHAPE = regex.lazy(r"'(?:[^']|'')*'::(?:\"?\w+\"?\.)?geo(?:metry|graphy)\b.*")
_RANGE_TYPES = regex.lazy(r"(?:int4|int8|num|ts|tstz|date)(?:multi)?range")
_LITERAL_RUN = regex.lazy(r"[^\W_]+")
_WILD = regex.lazy(r"\\(.)|[%_]")
_REGEX_SPECIAL = regex.lazy(r"\\.|\[[^\]]*\]|[(){}|?*+.^$]")
_SET_CONFIGURATION = regex.lazy(r"(?:to|jsonb_to)_tsvector\('[^']*'::regconfig,")
LEAST_TRIGRAM = 3
"""Letters and digits in a row that a pattern needs, else no trigram can be looked up."""
IMMUTABLE = frozenset(
    """
    abs array_length btrim cardinality ceil char_length coalesce floor greatest initcap
    jsonb_array_length jsonb_extract_path jsonb_extract_path_text least left length lower lpad ltrim
    md5 mod nullif octet_length replace reverse right round rpad rtrim split_part strpos substr
    substring translate upper
    """.split()  # noqa: SIM905 - a list of words
)
"""
Functions that PostgreSQL marks immutable for every argument they take. Left out on purpose: those
that depend on the time zone or the locale for some (to_char, date_trunc, date_part, concat).
"""
_IMMUTABLE_OPERATORS = frozenset({"->", "->>", "#>", "#>>"})
_IMMUTABLE_CASTS = frozenset(
    [
        "text",
        "varchar",
        "bpchar",
        "integer",
        "bigint",
        "smallint",
        "numeric",
        "boolean",
        "uuid",
        "jsonb",
        "regconfig",
    ]
)
_CAST_WORDS = regex.lazy(r"::\"?([\w]+(?: varying| precision)?)\"?(?:\(\d+(?:,\d+)?\))?(\[\])?")


def is_immutable(text: str) -> bool:
    """
    Whether an expression may be the key of an index, as far as its text shows; False when unsure.
    """
    if _SET_CONFIGURATION.match(text):
        rest = text[text.index(",") + 1 :]
        return "'" not in rest and _only_immutable(rest.removesuffix(")"))
    return _only_immutable(text)


def _only_immutable(text: str) -> bool:
    before = None
    for token in scan.tokens(text):
        if token.kind == "operator" and token.text not in _IMMUTABLE_OPERATORS:
            return False
        is_call = token.text == "(" and before is not None and before.kind == "word"
        if is_call and before is not None and before.text.lower() not in IMMUTABLE:
            return _is_length(text, before)
        if token.text == "." or (token.kind == "word" and token.text.isupper()):
            return False
        before = token
    casts = (
        match[1].replace("character varying", "varchar") for match in _CAST_WORDS.finditer(text)
    )
    return all(cast in _IMMUTABLE_CASTS for cast in casts)


def _is_length(text: str, word: scan.Token) -> bool:
    """
    Whether a word in front of a parenthesis is a type with a length, like ``::varchar(20)``.
    """
    return text[: word.start].endswith(("::", "::character "))


def string(text: str) -> str | None:
    """
    The value of a string literal, with or without a cast; None for anything else.
    """
    match = _STRING.fullmatch(text)
    return match[1].replace("''", "'") if match else None


def like_prefix(pattern: str) -> str:
    """
    The characters of a LIKE pattern in front of the first wildcard.
    """
    prefix, position = "", 0
    for match in _WILD.finditer(pattern):
        prefix += pattern[position : match.start()]
        position = match.end()
        if match[1] is None:
            return prefix
        prefix += match[1]
    return prefix + pattern[position:]


def longest_word(operator: str, pattern: str) -> int:
    """
    How many letters and digits in a row every match of a pattern has; 0 when that is not sure.
    """
    if operator in ("~", "~*"):
        if "|" in pattern or "(?" in pattern:
            return 0
        pattern = re.sub(
            r".[?*]|.\{[^}]*\}", "%", re.sub(r"\[[^\]]*\]|\\.|\([^)]*\)", "%", pattern)
        )
        pattern = _REGEX_SPECIAL.sub("%", pattern)
    else:
        pattern = _WILD.sub(lambda match: match[1] or "%", pattern).replace("_", "%")
    return max((len(run) for run in _LITERAL_RUN.findall(pattern)), default=0)


def has_trigram(operator: str, pattern: str) -> bool:
    """
    Whether an index of trigrams narrows a pattern down.
    """
    return longest_word(operator, pattern) >= LEAST_TRIGRAM


def pattern_key(operator: str, pattern: str, key: Key) -> tuple[str, str, Key] | None:
    """
    Kind, access method and key for a pattern match; None when no index serves it.
    """
    prefix = like_prefix(pattern) if operator == "~~" else _regex_prefix(operator, pattern)
    if prefix:
        return "prefix", "btree", _with(key, "text_pattern_ops")
    if has_trigram(operator, pattern):
        return "special", "gin", _with(key, "gin_trgm_ops")
    return None


def _regex_prefix(operator: str, pattern: str) -> str:
    """
    Literal characters behind ``^``; those that a quantifier may take away do not count.
    """
    if operator == "^@":
        return pattern
    match = re.match(r"\^((?:[^\W_]|[ _@:/-])+)(?![?*{|])", pattern) if operator == "~" else None
    return match[1] if match and "|" not in pattern else ""


def _with(key: Key, opclass: str) -> Key:
    return Key(key.column, is_column=key.is_column, opclass=opclass)


def contained_key(
    operator: str, operand: str, key: Key, column_type: str
) -> tuple[str, Key] | None:
    """
    Access method and key for containment, overlap, existence and text search; None for others.

    What an operator means depends on its type, which the literal or the schema says.
    """
    for is_type, operators in _SPECIAL.items():
        if operator in operators and is_type(operand, column_type):
            method, opclass = operators[operator]
            return method, _with(key, opclass)
    return None


def _is_json(operand: str, column_type: str) -> bool:
    return column_type == "jsonb" or (not column_type and bool(_JSON.fullmatch(operand)))


def _is_json_key(_operand: str, column_type: str) -> bool:
    return column_type in ("jsonb", "")


def _is_path(operand: str, column_type: str) -> bool:
    return column_type in ("jsonb", "") and bool(_JSONPATH.fullmatch(operand))


def _is_array(operand: str, column_type: str) -> bool:
    return column_type.endswith("[]") or (not column_type and bool(_ARRAY.fullmatch(operand)))


def _is_range(operand: str, column_type: str) -> bool:
    if column_type:
        return bool(_RANGE_TYPES.fullmatch(column_type))
    return bool(_RANGE.fullmatch(operand))


def _is_search(operand: str, column_type: str) -> bool:
    return column_type in ("tsvector", "") and ("tsquery" in operand or operand.startswith("$"))


_PATH_OPS = ("gin", "jsonb_path_ops")
_GIN = ("gin", "")
_GIST = ("gist", "")
_SPATIAL_TYPES = ("geometry", "geography")
_SPATIAL = regex.lazy(
    r"(?:[\w\"]+\.)?st_(?:3ddwithin|3dintersects|contains|containsproperly|coveredby|covers|crosses"
    r"|dwithin|equals|intersects|orderingequals|overlaps|touches|within)\((.*)\)",
    re.DOTALL,
)
"""Functions of PostGIS that an index supports (its manual, "Using spatial indexes")."""


def is_spatial(text: str) -> bool:
    """
    Whether a condition is that two geometries meet, by a function that a GiST index supports.
    """
    return bool(compared_shapes(text))


def compared_shapes(text: str) -> tuple[str, ...]:
    """
    The two geometries of such a condition, verbatim; empty for any other.
    """
    match = _SPATIAL.fullmatch(text)
    parts = scan.split(match[1], ",") if match else ()
    return parts[:2] if len(parts) > 1 else ()


def _is_shape(operand: str, column_type: str) -> bool:
    if column_type:
        return column_type.startswith(_SPATIAL_TYPES)
    return bool(_SHAPE.fullmatch(operand))


_Test = Callable[[str, str], bool]
_SPECIAL: Mapping[_Test, Mapping[str, tuple[str, str]]] = {
    _is_json: {"@>": _PATH_OPS},
    _is_path: {"@?": _PATH_OPS, "@@": _PATH_OPS},
    _is_json_key: {"?": _GIN, "?|": _GIN, "?&": _GIN},
    _is_array: {"@>": _GIN, "&&": _GIN},
    _is_range: {"@>": _GIST, "&&": _GIST, "<@": _GIST},
    _is_search: {"@@": _GIN},
    _is_shape: dict.fromkeys(("&&", "@", "~", "&&&"), _GIST),
}
