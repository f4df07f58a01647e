"""
"Did you mean …?": the one way the advisor looks for a name that was probably meant.
"""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 200
"""Nobody means a name by more characters than this, and comparing them would take long."""


def closest(name: str, names: Iterable[str], *, cutoff: float = 0.75) -> str | None:
    """
    The most similar of `names`, None when nothing is similar enough.

    Similarity is difflib's ratio on lower-case text; `cutoff` is between 0 and 1. Among equally
    similar names the last in alphabetical order wins, whatever their order.
    """
    import difflib  # noqa: PLC0415 - start-up cost: only needed when something is wrong

    if len(name) > _LONGEST:
        return None
    by_folded = {candidate.lower(): candidate for candidate in sorted(names)}
    near = difflib.get_close_matches(name.lower(), by_folded, n=1, cutoff=cutoff)
    return by_folded[near[0]] if near else None


def did_you_mean(name: str, names: Iterable[str], *, cutoff: float = 0.75) -> str | None:
    """
    "did you mean 'x'?" for the closest of `names`, None when none is close.
    """
    near = closest(name, names, cutoff=cutoff)
    return f"did you mean '{near}'?" if near else None
