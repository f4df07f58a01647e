"""
What stands below the pointer: the finding, and the page of its rule.
"""

from __future__ import annotations

from advisor.lsp.diagnostics import Shown
from advisor.report.describe import alternatives
from advisor.report.escape import bold, code, inline
from advisor.rules.catalogue import RuleBook
from advisor.rules.page import rule_page


def page(one: Shown, book: RuleBook) -> str:
    """
    A finding in Markdown, followed by the page of its rule as ``advisor explain`` prints it.
    """
    finding = one.finding
    head = f"{bold(f'{finding.severity}[{finding.code}]')} {inline(finding.message)}"
    fixes = [str(inline(part)) for part in alternatives(finding.recommendation) if part]
    facts = [
        f"- {code(fact.fact)} = {inline(fact.value)}"
        + (f" ({inline(str(fact.location))})" if fact.location else "")
        for fact in finding.evidence
    ]
    entry = next((entry for entry in book.entries() if entry["code"] == finding.code), None)
    rule = ["---", rule_page(entry)] if entry else []
    parts = [head, inline(finding.why), *fixes, "\n".join(facts), *rule]
    return "\n\n".join(part for part in parts if part)
