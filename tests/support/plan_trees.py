"""
Plans as comparable values: tests compare whole trees, nodes themselves are equal by identity only.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.plans.model import Plan, PlanNode

_PLACES = ("id", "line", "children")
_JSON_ONLY = ("details", "inner_unique", "original_batches", "async_capable", "workers")
"""JSON always prints these, text only when they are out of the ordinary."""


def long_hand(source: str) -> str:
    """
    A text plan written briefly: ``Sort @ 2.5 5 3`` ran 3 times, each 2.5 ms and 5 rows.
    """
    return "\n".join(map(_long_line, source.strip("\n").splitlines())) + "\n"


def _long_line(line: str) -> str:
    name, _, rest = line.rpartition(" @ ")
    if not name:
        return line
    time, rows, loops = rest.split()
    cost = f"(cost=0.00..{time} rows={rows} width=4)"
    return f"{name}  {cost} (actual time=0.000..{time} rows={rows} loops={loops})"


def outline(plan: Plan) -> str:
    """
    One line for each node: what it is, what it hangs on, rows and loops.
    """
    depths = {0: 0}
    lines = []
    for node in plan.walk():
        depths |= {child.id: depths[node.id] + 1 for child in node.children}
        lines.append("  " * depths[node.id] + "; ".join(_words(node)))
    return "\n".join(lines) + "\n"


def _words(node: PlanNode) -> Iterator[str]:
    relation = node.qualified_relation if node.relation else ""
    target = relation or node.cte_name or node.function_name
    yield f"{node.title} {target}".rstrip() + (f" using {node.index}" if node.index else "")
    if node.alias not in ("", target):
        yield f"as {node.alias}"
    if node.relationship:
        yield f"{node.relationship} {node.subplan_name}".rstrip()
    if node.never_executed:
        yield "never executed"
    elif node.loops is not None:
        yield f"{node.actual_rows:g} rows, {node.loops:g} loops"
    else:
        yield f"~{node.plan_rows:g} rows" if node.plan_rows is not None else "no numbers"
    for text in (node.filter, node.index_cond, node.hash_cond, node.merge_cond, node.join_filter):
        if text:
            yield text
    if node.sort_key:
        yield f"by {', '.join(node.sort_key)}"


def values(node: PlanNode, *, but: tuple[str, ...] = ()) -> dict[str, object]:
    """
    The fields of a node that say something about the query, not about its place in a file.
    """
    names = (name for name in node.__struct_fields__ if name not in (*_PLACES, *but))
    return {name: getattr(node, name) for name in names}


def tree(plan: Plan) -> list[tuple[int, dict[str, object]]]:
    """
    Everything a plan says, for plans of the same form: number of children and fields, in preorder.
    """
    return [(len(node.children), values(node)) for node in plan.walk()]


def differences(text: Plan, json: Plan) -> list[str]:
    """
    Where the same plan read from text and from JSON is not the same.
    """
    found = []
    pairs = list(zip(text.walk(), json.walk(), strict=False))
    for left, right in pairs:
        ours, theirs = values(left, but=_JSON_ONLY), values(right, but=_JSON_ONLY)
        found += [
            f"{left.title}.{name}: {ours[name]!r} in text, {theirs[name]!r} in JSON"
            for name in ours
            if ours[name] != theirs[name]
        ]
        if len(left.children) != len(right.children):
            found.append(f"{left.title}: {len(left.children)} children, {len(right.children)}")
    if sum(1 for _ in text.walk()) != sum(1 for _ in json.walk()):
        found.append("different numbers of nodes")
    return found
