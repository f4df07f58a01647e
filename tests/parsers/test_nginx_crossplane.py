"""
The reader beside crossplane, the parser that most tools use, where crossplane reads as nginx does.
"""

from __future__ import annotations

import re
from pathlib import Path

import crossplane
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.parsers._nginx_words import unescape
from advisor.parsers.nginx import Directive, parse_file
from tests.support.nginx_corpus import Sample, samples

KNOWN = re.compile(r"\$\{[^}\s]*\}\s|(?<=[^\s;{}])\}|[^\S \t\r\n]", re.DOTALL)
"""
What crossplane is known to read otherwise than nginx: it glues the next word to ``${name}``, ends
words at ``}``, and at every blank of Unicode.
"""


def alike(text: str) -> bool:
    """
    Whether crossplane should read all words of a text as nginx does.
    """
    plain = re.sub(r"""#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""", "#", text)
    return KNOWN.search(re.sub(r"\$\{\w+\}(?=\S)", "$", plain)) is None


ALIKE = [sample for sample in samples() if alike(sample.text)]
WORD = st.sampled_from(["a", "$b", "/c.d", "e#f", "~*", "''", '"g h"', "'{;}'", r"\.i", '"\\"j"'])
STATEMENT = st.tuples(
    st.lists(WORD, min_size=1, max_size=4),
    st.sampled_from([";", " ;", "\n;", " { }", "{\n}", " { k; # l {\n}"]),
    st.sampled_from(["", " ", "\n", "\t# m 'n\n"]),
).map(lambda parts: "x " + "  ".join(parts[0]) + parts[1] + parts[2])


def ours(directives: tuple[Directive, ...]) -> list[object]:
    """
    Names, arguments, lines and blocks.
    """
    return [
        [one.name, list(one.args), one.location.line, ours(one.block) if one.block else []]
        for one in directives
    ]


def theirs(parsed: list[dict[str, object]]) -> list[object]:
    """
    The same of crossplane's, which leaves most escapes in.
    """
    found: list[object] = []
    for one in parsed:
        block, args = one.get("block", []), one["args"]
        assert isinstance(block, list)
        assert isinstance(args, list)
        if one["directive"] == "#":  # a comment inside a statement
            continue
        found.append([one["directive"], [*map(unescape, args)], one["line"], theirs(block)])
    return found


def by_crossplane(path: Path, text: str) -> list[object]:
    """
    What crossplane reads, without any check of its own.
    """
    path.write_text(text, encoding="utf-8", newline="")
    done = crossplane.parse(str(path), single=True, check_ctx=False, check_args=False)
    assert done["status"] == "ok", done["errors"]
    return theirs(done["config"][0]["parsed"])


@pytest.mark.parametrize("sample", ALIKE, ids=[sample.name for sample in ALIKE])
def test_corpus(tmp_path: Path, sample: Sample) -> None:
    file = parse_file("nginx.conf", sample.text)
    assert ours(file.directives) == by_crossplane(tmp_path / "nginx.conf", sample.text)


def test_much_of_the_corpus_is_compared() -> None:
    assert len(ALIKE) > len(samples()) / 2


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(STATEMENT, max_size=5).map("".join))
def test_any_statements(tmp_path: Path, text: str) -> None:
    file = parse_file("nginx.conf", text)
    assert not file.problems
    assert ours(file.directives) == by_crossplane(tmp_path / "nginx.conf", text)
