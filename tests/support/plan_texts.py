"""
Plans made up by hypothesis, as the server would print them, and as people would pass them on.

A plan is made as properties under their JSON names; the model is built from these, and the text is
written from these, so that what the reader finds in the text can be compared with the model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from advisor.model import Location
from advisor.plans import build
from advisor.plans.build import RawNode, RawPlan
from advisor.plans.model import Plan

NAMES = ("t", "orders", "odd name", 'Q"t', "a.b", "Größe", "order_2")
LITERALS = (
    "x",
    "it''s",
    "->  Seq Scan on z  (cost=1.00..2.00 rows=3 width=4)",
    "a: b",
    "(",
    '"',
    "",
)
UNARY: dict[str, dict[str, Any]] = {
    "Sort": {"Node Type": "Sort"},
    "Limit": {"Node Type": "Limit"},
    "Hash": {"Node Type": "Hash"},
    "Gather": {"Node Type": "Gather"},
    "Materialize": {"Node Type": "Materialize"},
    "Memoize": {"Node Type": "Memoize"},
    "WindowAgg": {"Node Type": "WindowAgg"},
    "Unique": {"Node Type": "Unique"},
    "Incremental Sort": {"Node Type": "Incremental Sort"},
    "Custom Scan (Citus Adaptive)": {
        "Node Type": "Custom Scan",
        "Custom Plan Provider": "Citus Adaptive",
    },
    "HashAggregate": {"Node Type": "Aggregate", "Strategy": "Hashed", "Partial Mode": "Simple"},
    "Partial GroupAggregate": {
        "Node Type": "Aggregate",
        "Strategy": "Sorted",
        "Partial Mode": "Partial",
    },
    "Parallel Hash": {"Node Type": "Hash", "Parallel Aware": True},
}
BINARY: dict[str, dict[str, Any]] = {
    "Hash Join": {"Node Type": "Hash Join", "Join Type": "Inner"},
    "Hash Right Semi Join": {"Node Type": "Hash Join", "Join Type": "Right Semi"},
    "Parallel Hash Left Join": {
        "Node Type": "Hash Join",
        "Join Type": "Left",
        "Parallel Aware": True,
    },
    "Merge Full Join": {"Node Type": "Merge Join", "Join Type": "Full"},
    "Nested Loop": {"Node Type": "Nested Loop", "Join Type": "Inner"},
    "Nested Loop Anti Join": {"Node Type": "Nested Loop", "Join Type": "Anti"},
}
SCANS: dict[str, dict[str, Any]] = {
    "Seq Scan": {"Node Type": "Seq Scan"},
    "Parallel Seq Scan": {"Node Type": "Seq Scan", "Parallel Aware": True},
    "Bitmap Heap Scan": {"Node Type": "Bitmap Heap Scan"},
    "Foreign Scan": {"Node Type": "Foreign Scan"},
    "Async Foreign Scan": {"Node Type": "Foreign Scan", "Async Capable": True},
    "Custom Scan (ChunkAppend)": {
        "Node Type": "Custom Scan",
        "Custom Plan Provider": "ChunkAppend",
    },
}
INDEX_SCANS: dict[str, dict[str, Any]] = {
    "Index Scan": {"Node Type": "Index Scan", "Scan Direction": "Forward"},
    "Index Only Scan Backward": {"Node Type": "Index Only Scan", "Scan Direction": "Backward"},
}


@dataclass(frozen=True, slots=True)
class Options:
    """
    What EXPLAIN was asked for.
    """

    costs: bool
    analyze: bool
    timing: bool
    buffers: bool
    verbose: bool
    fractions: bool
    """Rows with two decimals, as 18 prints them."""


@dataclass(frozen=True, slots=True)
class Sample:
    """
    A plan and its text, without anything around it.
    """

    plan: Plan
    text: str


OPTIONS = st.builds(Options, *[st.booleans()] * 6)


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """
    A plan with all that belongs to it, under any options.
    """
    options = draw(OPTIONS)
    root = draw(_nodes(options, depth=draw(st.integers(1, 4))))
    given: dict[str, Any] = {}
    if draw(st.booleans()):
        given["Settings"] = {"work_mem": "64kB", "search_path": '"a", b'}
    if options.buffers and draw(st.booleans()):
        given["Planning"] = {"Shared Hit Blocks": "4"}
    if options.analyze or draw(st.booleans()):
        given["Planning Time"] = "0.123"
    if options.analyze:
        given["Execution Time"] = "12.345"
    lines = [*_node_lines(root, 0, is_root=True), *_plan_lines(given)]
    # A lone word, such as "Result", is a plan only below a header.
    assume("(" in lines[0] or " on " in lines[0] or (len(lines) > 1 and lines[1].startswith(" ")))
    location = Location("x", 1, 1, len(lines))
    return Sample(build.plan(RawPlan(root, "text", location, given)), "\n".join(lines))


@st.composite
def _nodes(draw: st.DrawFn, options: Options, depth: int) -> RawNode:
    kind = draw(st.sampled_from(("scan", "unary", "binary", "append"))) if depth else "scan"
    count = {"scan": 0, "unary": 1, "binary": 2}.get(kind) or (
        draw(st.integers(1, 3)) if kind == "append" else 0
    )
    own, title = draw(_titles(kind))
    node = RawNode(1, {"title": title, **own})
    node.properties |= draw(_numbers(options))
    node.properties |= draw(_properties(options, kind))
    for position in range(count):
        child = draw(_nodes(options, depth - 1))
        relation = "Member" if kind == "append" else ("Outer", "Inner")[position]
        child.properties["Parent Relationship"] = relation
        node.children.append(child)
    if depth and draw(st.integers(0, 3)) == 0:
        name = draw(st.sampled_from(("InitPlan 1 (returns $0)", "SubPlan 2", 'CTE "a b"', "CTE c")))
        child = draw(_nodes(options, depth - 1))
        kind = "SubPlan" if name.startswith("SubPlan") else "InitPlan"
        child.properties |= {"Parent Relationship": kind, "Subplan Name": name}
        node.children.insert(0, child)
    return node


@st.composite
def _titles(draw: st.DrawFn, kind: str) -> tuple[dict[str, Any], str]:
    """
    The properties that a node's name stands for, and the name.
    """
    if kind != "scan":
        table = {"unary": UNARY, "binary": BINARY}.get(kind, {"Append": {"Node Type": "Append"}})
        title = draw(st.sampled_from(sorted(table)))
        return dict(table[title]), title
    relation, alias = draw(st.sampled_from(NAMES)), draw(st.sampled_from(NAMES))
    own = {"Relation Name": relation, "Alias": alias}
    target = quoted(relation) + ("" if alias == relation else f" {quoted(alias)}")
    if draw(st.booleans()):
        own["Schema"] = "public"
        target = f"public.{target}"
    which = draw(st.sampled_from((*SCANS, *INDEX_SCANS, "Result", "CTE Scan", "Bitmap Index Scan")))
    if which == "Result":
        return {"Node Type": which}, which
    if which == "CTE Scan":
        named = {"Node Type": which, "CTE Name": relation, "Alias": relation}
        return named, f"CTE Scan on {quoted(relation)}"
    if which == "Bitmap Index Scan":
        named = {"Node Type": which, "Index Name": relation}
        return named, f"Bitmap Index Scan on {quoted(relation)}"
    if which in INDEX_SCANS:
        index = draw(st.sampled_from(NAMES))
        own |= {**INDEX_SCANS[which], "Index Name": index}
        return own, f"{which} using {quoted(index)} on {target}"
    return own | SCANS[which], f"{which} on {target}"


@st.composite
def _numbers(draw: st.DrawFn, options: Options) -> dict[str, str]:
    found: dict[str, str] = {}
    if options.costs:
        cost = draw(st.integers(0, 10**6))
        found |= {"Startup Cost": "0.00", "Total Cost": f"{cost / 100:.2f}"}
        found |= {"Plan Rows": str(draw(st.integers(1, 10**9))), "Plan Width": "8"}
    if options.analyze and draw(st.integers(0, 4)) == 0:
        return found | {"Actual Loops": "0"}
    if options.analyze:
        rows = draw(st.integers(0, 10**6))
        if options.timing:
            found |= {"Actual Startup Time": "0.010", "Actual Total Time": f"{rows / 1000:.3f}"}
        found["Actual Rows"] = f"{rows / 100:.2f}" if options.fractions else str(rows)
        found["Actual Loops"] = str(draw(st.integers(1, 10**6)))
    return found


@st.composite
def _properties(draw: st.DrawFn, options: Options, kind: str) -> dict[str, Any]:
    key = "Hash Cond" if kind == "binary" else "Filter"
    found: dict[str, Any] = {}
    if options.verbose:
        found["Output"] = draw(st.lists(_expressions(), min_size=1, max_size=3))
    if kind == "unary" and draw(st.booleans()):
        found["Sort Key"] = draw(st.lists(_expressions(), min_size=1, max_size=3))
    if kind in ("scan", "binary") and draw(st.booleans()):
        found[key] = f"({draw(_expressions())} = {draw(_expressions())})"
    if options.analyze and key in found and kind == "scan":
        found["Rows Removed by Filter"] = str(draw(st.integers(1, 10**6)))
    if draw(st.integers(0, 5)) == 0:
        found["Frobnication Level"] = draw(st.sampled_from(("3", "high, really", "a=b c=d")))
    if options.buffers:
        found["Shared Hit Blocks"] = str(draw(st.integers(1, 10**6)))
        found["Temp Written Blocks"] = str(draw(st.integers(0, 10**3)))
    return found


def _expressions() -> st.SearchStrategy[str]:
    columns = st.sampled_from(("a", "t.b", 'x."odd name"', "lower(t.c)", "(SubPlan 2)", "$1"))
    literals = st.sampled_from(LITERALS).map(lambda text: f"'{text}'::text")
    return columns | literals


def quoted(name: str) -> str:
    """
    An identifier as the server prints it.
    """
    is_plain = name.isascii() and name.replace("_", "").isalnum() and name == name.lower()
    return name if is_plain else '"' + name.replace('"', '""') + '"'


def _node_lines(node: RawNode, column: int, *, is_root: bool = False) -> Iterator[str]:
    """
    A node's line at a column, its properties and its children, all as explain.c indents them.
    """
    given = node.properties
    arrow = "" if is_root else "->  "
    yield f"{' ' * column}{arrow}{given.pop('title')}{_groups(given)}"
    inner = column + (2 if is_root else 6)
    margin = " " * inner
    for key in ("Output", "Sort Key"):
        if key in given:
            yield f"{margin}{key}: {', '.join(given[key])}"
    for key in ("Hash Cond", "Filter", "Rows Removed by Filter", "Frobnication Level"):
        if key in given:
            yield f"{margin}{key}: {given[key]}"
    if hit := given.get("Shared Hit Blocks"):
        written = int(given["Temp Written Blocks"])
        temp = f", temp written={written}" if written else ""
        yield f"{margin}Buffers: shared hit={hit}{temp}"
    for child in node.children:
        name = child.properties.get("Subplan Name")
        if name:
            yield f"{margin}{name}"
        yield from _node_lines(child, inner + (2 if name else 0))


def _groups(given: dict[str, Any]) -> str:
    groups = []
    if "Total Cost" in given:
        cost = f"cost={given['Startup Cost']}..{given['Total Cost']}"
        groups.append(f"({cost} rows={given['Plan Rows']} width={given['Plan Width']})")
    if given.get("Actual Loops") == "0":
        groups.append("(never executed)")
    elif "Actual Loops" in given:
        total = given.get("Actual Total Time")
        time = f"time={given['Actual Startup Time']}..{total} " if total else ""
        groups.append(f"(actual {time}rows={given['Actual Rows']} loops={given['Actual Loops']})")
    return (groups and "  " + " ".join(groups)) or ""


def _plan_lines(given: dict[str, Any]) -> Iterator[str]:
    if "Settings" in given:
        yield "Settings: work_mem = '64kB', search_path = '\"a\", b'"
    if "Planning" in given:
        yield "Planning:"
        yield "  Buffers: shared hit=4"
    for key in ("Planning Time", "Execution Time"):
        if key in given:
            yield f"{key}: {given[key]} ms"


def _psql(header: str, footer: str) -> Callable[[str], str]:
    def laid_out(text: str) -> str:
        lines = text.split("\n")
        width = max(map(len, lines)) + 2
        body = "\n".join(f" {line}" for line in lines)
        counted = footer.format(len(lines))
        return f"{header.center(width).rstrip()}\n{'-' * width}\n{body}\n{counted}\n\n"

    return laid_out


def _boxed(bars: str, corner: str, dash: str) -> Callable[[str], str]:
    def laid_out(text: str) -> str:
        lines = text.split("\n")
        width = max(map(len, lines))
        rule = f"{corner}{dash * (width + 2)}{corner}"
        rows = [f"{bars} {line.ljust(width)} {bars}" for line in lines]
        head = f"{bars} {'QUERY PLAN'.center(width)} {bars}"
        return "\n".join([rule, head, rule, *rows, rule, f"({len(lines)} rows)"])

    return laid_out


def _each(before: str, after: str = "") -> Callable[[str], str]:
    return lambda text: "\n".join(f"{before}{line}{after}" for line in text.split("\n"))


def _continued(mark: str) -> Callable[[str], str]:
    def laid_out(text: str) -> str:
        *lines, last = text.split("\n")
        width = max(map(len, (*lines, last)))
        return "\n".join([*(f" {line.ljust(width)}{mark}" for line in lines), f" {last}"])

    return laid_out


def _dbeaver(text: str) -> str:
    lines = ["QUERY PLAN", *text.split("\n")]
    width = max(map(len, lines))
    head, *rows = (f"{line.ljust(width)}|" for line in lines)
    return "\n".join([head, f"{'-' * width}+", *rows])


def _markdown(text: str) -> str:
    """
    A table as exporters write it, with everything escaped that Markdown knows.
    """
    rows = (re.sub(r"([()*_\[\]])", r"\\\1", line) for line in text.split("\n"))
    cells = (re.sub("^( *)->", r"\1-&gt;", row) for row in rows)
    return "\n".join(["| QUERY PLAN |", "| :--- |", *(f"| {cell} |" for cell in cells)])


def _on_lines_of_their_own(text: str) -> str:
    """
    What was measured below what was planned.
    """
    return re.sub(
        r"^( *)(.*width=\d+\)) (\((?:actual|never) .*)$",
        lambda match: f"{match[1]}{match[2]}\n{match[1]}           {match[3]}",
        text,
        flags=re.MULTILINE,
    )


def _noted(text: str) -> str:
    """
    With remarks behind nodes.
    """
    numbers = re.compile(r"^([^':]*\((?:cost=|actual )[^:']*\))$", re.MULTILINE)
    return numbers.sub(r"\1  # slow (why?)", text)


PLAIN = _psql("QUERY PLAN", "({} rows)")
DISGUISES: dict[str, Callable[[str], str]] = {
    "psql": PLAIN,
    "psql, French": _psql("PLAN DE REQUÊTE", "({} lignes)"),
    "psql, Japanese": _psql("QUERY PLAN", "({} 行)"),
    "psql, Korean": _psql("QUERY PLAN", "({}개 행)"),
    "psql, Russian": _psql("ПЛАН ЗАПРОСА", "({} строки)"),
    "psql, German": _psql("QUERY PLAN", "({} Zeilen)"),
    "ASCII box": _boxed("|", "+", "-"),
    "Unicode box": _boxed("│", "┼", "─"),
    "double box": _boxed("║", "╬", "═"),
    "one cell": _continued("+"),
    "one cell, Unicode": _continued("↵"),
    "mail": lambda text: _each("> ")(PLAIN(text)),
    "mail in mail": _each("> > "),
    "borders": _each("| "),
    "SQL comment": _each("-- "),
    "SQL comment without blanks": _each("--"),
    "shell comment": _each("# "),
    "DBeaver": _dbeaver,
    "Markdown": _markdown,
    "numbers below": _on_lines_of_their_own,
    "remarks": _noted,
    "compose": _each("db-1  | "),
    "fence": lambda text: f"It is slow:\n\n```\n{text}\n```\n\nWhy?\n",
    "ticket": lambda text: f"{{noformat}}\n{PLAIN(text)}{{noformat}}\n",
    "prompt": lambda text: f"db=> EXPLAIN SELECT 1;\n{PLAIN(text)}db=> \\q\n",
    "CRLF": lambda text: PLAIN(text).replace("\n", "\r\n"),
    "tabs": lambda text: "\n".join(_tabbed(line) for line in text.split("\n")),
    "no-break blanks": lambda text: "\n".join(
        line[: len(line) - len(line.lstrip())].replace(" ", "\u00a0") + line.lstrip()
        for line in PLAIN(text).split("\n")
    ),
    "quotes": lambda text: "\n".join(
        ['"QUERY PLAN"', *('"' + line.replace('"', '""') + '"' for line in text.split("\n"))]
    ),
    "indented": _each("      "),
    "colours": _each("\x1b[0m", "\x1b[K"),
    "log": lambda text: f"2026-01-02 [1] LOG:  duration: 12.345 ms  plan:\n{_each(chr(9))(text)}\n",
}


def _tabbed(line: str) -> str:
    blanks = len(line) - len(line.lstrip(" "))
    return "\t" * (blanks // 8) + " " * (blanks % 8) + line.lstrip(" ")
