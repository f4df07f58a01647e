"""
Which columns of a table a plan says it needs, so that an index may answer a scan alone.

A VERBOSE plan says so in its lists of Output. Any other plan names the columns of its conditions
and keys, but neither what is returned nor what is summed up. That is enough for tables of which
nothing else can be needed: those looked up by a semi or anti join, which returns none of their
columns, and those of whose rows nothing is passed on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from advisor import regex
from advisor.indexes.conditions import SYSTEM_COLUMNS
from advisor.indexes.references import Reference, references
from advisor.indexes.workload import Account
from advisor.plans.model import PlanNode

_HIDDEN = regex.lazy(r"(?<![<>=~!@#%^&|*/+-] )\((?:hashed )?SubPlan \w+\)(?!\.col)")
"""
``x IN (SELECT …)`` up to PostgreSQL 16, which does not name x; an EXISTS looks the same. Behind an
operator it is a value.
"""
_JOINS = ("Nested Loop", "Hash Join", "Merge Join")
_SEMI = {"Semi": "Inner", "Anti": "Inner", "Right Semi": "Outer", "Right Anti": "Outer"}
"""The side of a join of which it returns nothing."""
_BELOW_SEMI = (*_JOINS, "Hash", "Sort", "Materialize", "Memoize", "Gather", "Gather Merge")


class Needs(Struct, frozen=True):
    """
    What one plan needs of its tables.
    """

    known: Account
    named: Mapping[int, frozenset[Reference]]
    """Columns in everything that a node shows but its own Output, by the node's id."""
    outputs: Mapping[int, frozenset[Reference]]
    hidden: frozenset[int]
    """Nodes with conditions on columns that they do not name."""

    @classmethod
    def of(cls, known: Account) -> Needs:
        """
        Read all texts of a plan once.
        """
        nodes = list(known.plan.walk())
        return cls(
            known,
            {node.id: _references(node.decisions()) for node in nodes},
            {node.id: _references(node.output) for node in nodes if node.output},
            frozenset(node.id for node in nodes if any(map(_HIDDEN.search, node.conditions()))),
        )

    def of_scan(self, node: PlanNode) -> frozenset[str] | None:
        """
        Columns that a scan needs, and perhaps some more; None when the plan does not say.
        """
        if node.id in self.hidden:
            return None
        if self.outputs:
            found = self._in_output(node)
        elif not self.hidden and (node.plan_width == 0 or self._is_below_semi(node)):
            found = self._elsewhere(node, self.named)
        else:
            return None
        texts = (node.filter, node.index_cond, node.recheck_cond, node.order_by)
        own = {one.column for one in _references(texts) if one.qualifier in ("", node.alias)}
        columns = frozenset(found | own)
        return None if "*" in columns or columns & SYSTEM_COLUMNS else columns

    def _in_output(self, node: PlanNode) -> set[str]:
        """
        A scan may return whole rows to a node that picks from them; that one's Output tells more.
        """
        found = self._elsewhere(node, self.named) | self._elsewhere(node, self.outputs)
        if self.hidden or not _picks(self.known.parents.get(node.id)):
            found |= {one.column for one in self.outputs.get(node.id, ())}
        return found

    def _elsewhere(self, node: PlanNode, shown: Mapping[int, frozenset[Reference]]) -> set[str]:
        """
        Columns with the scan's alias; a plan of one relation alone writes none.
        """
        is_alone = len({one.alias for one in self.known.plan.walk() if one.alias}) == 1
        qualifiers = ("", node.alias) if is_alone else (node.alias,)
        return {
            one.column
            for number, columns in shown.items()
            if number != node.id
            for one in columns
            if one.qualifier in qualifiers
        }

    def _is_below_semi(self, node: PlanNode) -> bool:
        below, parent = node, self.known.parents.get(node.id)
        while parent is not None and parent.node_type in _BELOW_SEMI:
            if _SEMI.get(parent.join_type, "-") == below.relationship:
                return True
            below, parent = parent, self.known.parents.get(parent.id)
        return False


def _references(texts: Iterable[str]) -> frozenset[Reference]:
    return frozenset(one for text in texts for one in references(text))


def _picks(parent: PlanNode | None) -> bool:
    """
    Whether a node names every column that it takes from below.
    """
    if parent is None or parent.node_type not in (*_JOINS, "Aggregate"):
        return False
    return parent.node_type in _JOINS or parent.strategy == "Plain" or bool(parent.group_key)
