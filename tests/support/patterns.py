"""
Regular expressions and texts for property tests, in what PCRE and Python have in common.
"""

from __future__ import annotations

from hypothesis import strategies as st

_ATOMS = st.sampled_from(
    ["a", "b", "/", ".", r"\.", "[ab]", "[^/]", r"\w", r"\s", r"[^\s/]", r"\n", "x", "(?:)"]
)
_QUANTIFIERS = st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{0,2}?", "*?", "+?", "??"])
_GROUPS = st.sampled_from(["(", "(?:"])
ALPHABET = "ab/. x\n"


def _wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    repeated = st.builds("({}){}".format, inner, _QUANTIFIERS)
    chosen = st.builds("{}{}|{})".format, _GROUPS, inner, inner)
    return st.one_of(st.builds("{}{}".format, inner, inner), repeated, chosen)


PLAIN = st.recursive(_ATOMS, _wider, max_leaves=8)
"""Expressions that an automaton describes exactly."""

# Python differs about \\B in an empty text.
_DEMANDS = st.sampled_from([r"\b", "(?=a)", "(?!b)", "(?<=a)", "(?<!/)", "(?>a*)", "b++"])
ANY = st.recursive(st.one_of(_ATOMS, _DEMANDS), _wider, max_leaves=8)
"""Those with looks around, word boundaries, atomic groups and possessive repetitions as well."""
ANCHORED = st.builds(
    "{}{}{}".format, st.sampled_from(["", "^", r"\A"]), ANY, st.sampled_from(["", "$"])
)
TEXTS = st.text(ALPHABET, max_size=7).map(str.encode)
