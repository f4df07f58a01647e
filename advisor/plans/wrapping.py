"""
Lines that a terminal broke at its right edge, put together again.
"""

from __future__ import annotations

from collections.abc import Sequence

from advisor import regex
from advisor.plans.decoration import is_record_rule

_NARROWEST = 40
_LOOK = 200
"""Characters of a line that tell what it is."""
_NEAR = 5
"""Lines before and behind that show where lines begin."""
_LEAST = 2
"""Lines that reach the edge: one alone is just the longest."""
_MOST_PIECES = 60
"""Lines that one line may have been broken into: keeps time linear."""
_ENDS = ("|", "│", "║", "+", "↵", '"')
"""What a table, a cell and CSV put at the end of every line."""
_RULE = regex.lazy(r"\W*")
_STRUCTURE = regex.lazy(
    r"[\s|│║]*->|[\s|│║]+(?:[A-Z][\w /-]{0,40}:(?:\s|$)|(?:CTE|InitPlan|SubPlan) )"
    r"|[\s|│║]*(?:Planning|Execution|Settings|JIT|Serialization|Trigger|Query Identifier"
    r"|Total runtime)\b|\s*\(\d+ [^\W\d]+\)|\S{1,60}[=#]>|\s*$|\W+$"
)
"""How a line begins that continues no other: one of a plan, a footer, a rule, a prompt."""
_FLUSH = regex.lazy(
    r"(?:(?:Index|Recheck|Hash|Merge|TID) Cond|(?:Join |One-Time )?Filter"
    r"|Rows Removed by [A-Z][\w ]+"
    r"|(?:Sort|Presorted|Group|Cache|Hash) Key|Sort Method|Output|Buffers|Heap (?:Blocks|Fetches)"
    r"|Workers (?:Planned|Launched)|Worker \d+|Buckets|Batches|Planned Partitions|Hits"
    r"|Index Searches|I/O Timings|WAL): |(?:CTE|InitPlan|SubPlan) [^:]+$"
)
"""The same where the indentation is lost; taken for that only below a line that is complete."""


def unwrapped(text: str) -> str:
    """
    The text with broken lines joined; what was joined leaves a blank line, so that numbers stay.

    Lines count as broken when several have the length of the longest, and what follows them is no
    line of a plan by itself.
    """
    lines = text.split("\n")
    edge = max(map(len, lines))
    full = [index for index, line in enumerate(lines) if len(line) == edge]
    if edge < _NARROWEST or len(full) < _LEAST:
        return text
    for index in reversed(full):
        below = lines[index + 1] if index + 1 < len(lines) else ""
        line = lines[index]
        is_whole = _RULE.fullmatch(line) or is_record_rule(line) or line.endswith(_ENDS)
        is_small = len(below) < _MOST_PIECES * edge
        is_other = _STRUCTURE.match(below[:_LOOK]) or is_record_rule(below)
        is_flush = line.endswith(")") and _FLUSH.match(below[:_LOOK])
        if is_small and not (is_whole or is_other or is_flush):
            # The one blank that psql puts before every line is not there in a piece of one.
            piece = below[_margin(lines, index) :] if below.startswith("  ") else below
            lines[index : index + 2] = [line + piece, ""]
    return "\n".join(lines)


def _margin(lines: Sequence[str], index: int) -> int:
    """
    Blanks that all lines around have: what a comment's marks left, not what the terminal showed.
    """
    near = [line for line in lines[max(0, index - _NEAR) : index + _NEAR] if line.strip()]
    return min(len(line) - len(line.lstrip(" ")) for line in near)
