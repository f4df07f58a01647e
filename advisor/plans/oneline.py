"""
Plans whose line breaks were lost, so that a whole plan stands on one line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from advisor import regex
from advisor.plans.decoration import Line, Mark

_NUMBERED = regex.lazy(
    r"\((?:cost=|actual )[^()]*\) .{0,2000}?-> +[A-Z][^()]{0,200} \((?:cost=|actual )"
)
_TITLE = regex.lazy(r"\W*QUERY PLAN\s*[-─━═]*\s*")
_STARTS = regex.lazy(
    r"(?<=\s)(?:->\s+(?=[A-Z])|(?:CTE \S+|(?:InitPlan|SubPlan) \d+(?: \([^()]*\))?)(?=\s+->)"
    r"|(?:(?:Index|Recheck|Hash|Merge|TID) Cond|Join Filter|One-Time Filter|Rows Removed by [\w ]+"
    r"|Filter|(?:Sort|Presorted|Group|Cache|Hash) Key|Sort Method|Output|Buffers|Index Searches"
    r"|Heap (?:Blocks|Fetches)|Workers (?:Planned|Launched)|Worker \d+|Buckets|Planned Partitions"
    r"|Batches(?=: \d+ +Memory Usage: \d+kB +Disk)|I/O Timings|Planning|JIT|Settings"
    r"|(?:Planning|Execution) [Tt]ime|Total runtime):(?=\s))"
)


def spread(lines: Sequence[Line]) -> Sequence[Line]:
    """
    The lines, with those that hold a whole plan cut where the server broke them.

    The pieces have the number of their line, and no indentation.
    """
    if not any(" -> " in line.text and _NUMBERED.search(line.text) for line in lines):
        return lines
    return [piece for line in lines for piece in _pieces(line)]


def _pieces(line: Line) -> Iterator[Line]:
    if line.mark is not Mark.TEXT or not _NUMBERED.search(line.text):
        yield line
        return
    text = line.text
    title = _TITLE.match(text)
    start = done = title.end() if title else 0
    is_quoted = False
    for match in _STARTS.finditer(text, start):
        is_quoted ^= text.count("'", done, match.start()) % 2 == 1
        done = match.start()
        if not is_quoted and done > start:
            yield replace(line, column=0, text=text[start:done].strip())
            start = done
    yield replace(line, column=0, text=text[start:].strip())
