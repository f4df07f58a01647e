"""
No rule file, however broken, does worse than a clear error.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.errors import RuleError
from advisor.rules.loader import load_text
from tests.support.rules import TEXT

LINES = TEXT.splitlines()
SCALARS = st.sampled_from(
    [
        *("", "~", "1", "-1", "1e400", ".nan", "true", "2020-99-99", "0x", "1_0", "'", '"\\ud800"'),
        *(
            "|",
            ">-",
            "[",
            "{",
            "}",
            "*a",
            "&a b",
            "!!int x",
            "!!float",
            "!!set {a}",
            "? ",
            "%",
            "@",
        ),
        *("{x}", "{upstream.name:size}", "upstream.keepalive", "\t", "- a", "a: b", "é", "---"),
    ]
)


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=200) | st.lists(SCALARS | st.sampled_from(LINES)).map("\n".join))
def test_no_text_does_worse_than_a_rule_error(text: str) -> None:
    refused_or_loaded(text)


@settings(max_examples=500, deadline=None)
@given(st.integers(0, len(LINES) - 1), SCALARS | st.text(max_size=20), st.booleans())
def test_no_change_of_a_line_does_worse_than_a_rule_error(
    number: int,
    value: str,
    keep: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    key, _, rest = LINES[number].partition(": ")
    line = f"{key}: {rest}{value}" if keep else f"{key}: {value}"

    refused_or_loaded("\n".join([*LINES[:number], line, *LINES[number + 1 :]]))


def refused_or_loaded(text: str) -> None:
    told = "r.yaml:"
    try:
        load_text(text, "r.yaml")
    except RuleError as error:
        told = str(error)
    assert told.startswith("r.yaml:")
