"""
The records of a long log, found in large blocks of bytes: lines are never looked at one by one.

It finds what `advisor.plans.log.records` finds, in the form in which servers write logs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from advisor import regex
from advisor.plans.log import CSV, MAX_RECORD, STDERR, Record, milliseconds, of_json
from advisor.sources.text import decode

_MARK = b" ms  plan:"
_TABBED_END = regex.lazy(rb"\n(?!\t)")
_BLANK_END = regex.lazy(rb"\n(?![\t \r\n])")
_CSV_END = regex.lazy(rb'[^"]*+(?>(?:""[^"]*+)*)"(?!")')
_LONGEST = 4 * MAX_RECORD
"""Bytes of a record and what stands before it; what is longer is cut off."""


def skim(blocks: Iterable[bytes]) -> Iterator[Record]:
    """
    Every plan in the bytes of a log, in bounded memory.
    """
    rest, line = b"", 1
    for block in blocks:
        rest += block
        found, done = _complete(rest, line)
        yield from found
        line += rest.count(b"\n", 0, done)
        rest = rest[done:]
    if rest:
        # Every record has its end now, if it ever had one.
        found, _ = _complete(rest + b"\n\n.", line, is_last=True)
        yield from found


def _complete(data: bytes, line: int, *, is_last: bool = False) -> tuple[list[Record], int]:
    """
    The records that end within the data, and up to where it was used.
    """
    found: list[Record] = []
    done = counted = 0
    at = data.find(_MARK)
    while at >= 0:
        start = data.rfind(b"\n", 0, at) + 1
        body = data.find(b"\n", at) + 1
        line += data.count(b"\n", counted, start)
        counted = start
        end = _end(data, start, body) if body else -1
        is_cut = end < 0 and (is_last or len(data) - start > _LONGEST)
        if end < 0 and not is_cut:
            return found, start
        end = end if end >= 0 else len(data)
        found.extend(_records(data[start:body], data[body : max(end, body)], line, is_cut=is_cut))
        done = max(end, body)
        at = data.find(_MARK, done)
    # A mark may begin in what follows the last line break.
    return found, max(done, data.rfind(b"\n") + 1)


def _end(data: bytes, start: int, body: int) -> int:
    """
    Where the record ends whose first line begins at `start`; -1 when it goes on after the data.
    """
    first = data[start:body]
    if _is_json(first):
        return body
    if _is_csv(first):
        match = _CSV_END.match(data, body)
        # The next character says whether the quote is doubled.
        return match.end() if match and match.end() < len(data) else -1
    ending = _TABBED_END if data[body : body + 1] == b"\t" else _BLANK_END
    match = ending.search(data, body - 1)
    return match.start() + 1 if match and match.end() < len(data) else -1


def _is_json(first: bytes) -> bool:
    return first.lstrip()[:1] == b"{"


def _is_csv(first: bytes) -> bool:
    return b',"duration: ' in first


def _records(first: bytes, body: bytes, line: int, *, is_cut: bool) -> Iterator[Record]:
    head = (decode(first) or "").rstrip("\r\n")
    if _is_json(first):
        yield from of_json(line, head)
        return
    is_csv = _is_csv(first)
    match = (CSV if is_csv else STDERR).fullmatch(head)
    if match is None:
        return
    text = (decode(body) or "").replace("\r\n", "\n")
    is_cut |= len(text) > MAX_RECORD
    text = text[:MAX_RECORD]
    if is_csv:
        text = text.rpartition('"')[0].replace('""', '"') if not is_cut else text
    lines = text.count("\n") + (is_csv or not text.endswith("\n"))
    text = text.removeprefix("\t").replace("\n\t", "\n").rstrip()
    if text:
        yield Record(line, milliseconds(match["ms"]), line + 1, line + lines, text, is_cut=is_cut)
