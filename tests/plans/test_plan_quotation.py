"""
Plans as they come from chats, tickets, comments, web pages and terminals.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.plans.quotation import without_quotation
from advisor.plans.read import looks_like_plan, read_plans
from advisor.sources.marks import looks_plan
from tests.support.plan_trees import outline

DATA = Path(__file__).parent.parent / "data" / "plans"
SOURCES = (
    "ctes-and-subplans.txt",
    "joins-without-costs.txt",
    "guide.xml",
    "parallel-initplan.yaml",
)


def each(before: str, after: str = "") -> Callable[[str], str]:
    """
    Something put before and behind every line.
    """
    return lambda text: "\n".join(f"{before}{line}{after}" for line in text.split("\n"))


def escaped(text: str) -> str:
    """
    As it stands in the source of a web page.
    """
    if "->" not in text:
        return text
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


QUOTATIONS: dict[str, Callable[[str], str]] = {
    "mail": each("> "),
    "mail, twice": each("> > "),
    "mail without blanks": each(">"),
    "shell comment": each("# "),
    "SQL comment": each("-- "),
    "SQL comment without blanks": each("--"),
    "C comment": each(" * "),
    "line comments": each("// "),
    "compose": each("db-1  | "),
    "fence": lambda text: f"Look:\n```sql\n{text}```\nslow!\n",
    "fence in mail": lambda text: each("> ")(f"```\n{text}```"),
    "ticket": lambda text: f"{{code:sql}}\n{text}{{code}}\n{{noformat}}\n{{noformat}}\n",
    "web page": lambda text: f"<pre><code>{text.strip(chr(10))}</code></pre>\n",
    "source of a web page": escaped,
    "colours": each("\x1b[0m\x1b[1;32m", "\x1b[K"),
    "no-break blanks": lambda text: text.replace("  ", "\u00a0\u00a0"),
    "em blanks": lambda text: text.replace("  ", "\u2003\u2003"),
    "zero width": each("\u200b", "\u200b"),
    "arrows": lambda text: re.sub("^( *)->", r"\1→", text, flags=re.MULTILINE),
    "CRLF": each("", "\r"),
    "CRLF, twice": each("", "\r\r"),
}


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("quotation", QUOTATIONS)
def test_quoted_plans_are_the_same_plans(name: str, quotation: str) -> None:
    source = (DATA / name).read_text(encoding="utf-8")
    quoted = QUOTATIONS[quotation](source)
    (plain,) = read_plans("x", source).plans
    document = read_plans("x", quoted)
    (plan,) = document.plans
    assert (document.problems, plan.problems) == ((), ())
    assert outline(plan) == outline(plain)
    assert looks_like_plan(quoted)


@pytest.mark.parametrize("quotation", ["mail", "SQL comment", "compose", "no-break blanks"])
def test_a_folder_is_searched_for_quoted_plans_too(quotation: str) -> None:
    assert all(
        looks_plan(QUOTATIONS[quotation]((DATA / name).read_text(encoding="utf-8")))
        for name in SOURCES
    )


@pytest.mark.parametrize("mark", ["# ", "-- ", "> > ", "db-1  | "])
@pytest.mark.parametrize(
    "plan",
    [
        "Custom Scan (ChunkAppend) on t",
        "Index Only Scan Backward using t_pkey on t",
        "Result\n  One-Time Filter: false",
    ],
)
def test_a_node_without_costs_is_found_behind_a_mark(plan: str, mark: str) -> None:
    (found,) = read_plans("x", each(mark)(plan)).plans
    assert outline(found) == outline(read_plans("x", plan).plans[0])


def test_a_comment_that_begins_like_a_node_stays_a_comment() -> None:
    text = "-- Sort\n-- the rows: newest first\n-- Limit\n-- Rate: 3 a second\n-- Update on orders"
    assert without_quotation(text) == text


def test_what_stands_in_a_condition_is_left_alone() -> None:
    """Marks count only in lines that belong together and hold a plan."""
    source = (
        " Seq Scan on t  (cost=0.00..9.00 rows=1 width=4)\n"
        "   Filter: (note = 'first\n> second\n# third'::text)\n"
    )
    assert without_quotation(source) == source
    (plan,) = read_plans("x", source).plans
    assert plan.root.filter == "(note = 'first\n> second\n# third'::text)"


def test_columns_and_lines_stay() -> None:
    quoted = "hello\n> > Limit  (cost=0.00..9.00 rows=1 width=4)\n> >   ->  Result\n>\nbye"
    assert without_quotation(quoted) == (
        "hello\n    Limit  (cost=0.00..9.00 rows=1 width=4)\n      ->  Result\n \nbye"
    )


def test_documents_keep_their_entities() -> None:
    source = "<explain>\n -&gt; x\n</explain>"
    assert without_quotation(source) == source


def test_a_comment_that_was_wrapped_is_put_together() -> None:
    """Its pieces begin with the comment's mark as well."""
    width = 60
    whole = " Sort  (cost=0.00..1.00 rows=1 width=4) (actual time=0.1..90.2 rows=3 loops=1)"
    lower = f"   ->  {whole.strip()}"
    wrapped = []
    for text in (whole, lower):
        wrapped += [f"-- {text[start : start + width]}" for start in range(0, len(text), width)]
    (plan,) = read_plans("x", "\n".join(wrapped)).plans
    assert (plan.problems, [node.actual_total_ms for node in plan.walk()]) == ((), [90.2, 90.2])


def test_backslashes_of_a_condition_are_left_alone() -> None:
    source = (
        "Seq Scan on t  (cost=0.00..9.00 rows=1 width=4)\n"
        "  Filter: (note ~ '\\(cost\\_of\\)'::text)\n"
    )
    assert without_quotation(source) == source
