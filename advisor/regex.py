"""
Patterns that are compiled by their first use.

The modules that a run imports define some four hundred patterns, most of which it never needs;
compiling them all took a fifth of a short run.

Possessive repetition is for single characters alone, ``[^"]*+``. That of a group goes wrong in
Debian 12's Python (3.11.2): where the group fails half-way, its beginning counts as read. An atomic
group is right everywhere: ``(?>(?:…)*)``.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


def lazy(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """
    What `re.compile` returns, compiled by the first use of any attribute.

    A malformed pattern raises `re.error` only then. Not for what needs a real `re.Pattern`, like
    the functions of `re` that also take text.
    """
    return cast("re.Pattern[AnyStr]", _Lazy(pattern, flags))


class _Lazy:
    def __init__(self, pattern: Any, flags: int) -> None:  # noqa: ANN401 - text or bytes
        self._source = (pattern, flags)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a pattern has
        if name == "_compiled":
            self._compiled = re.compile(*self._source)
            return self._compiled
        found = getattr(self._compiled, name)
        setattr(self, name, found)  # the next look-up does not come here
        return found
