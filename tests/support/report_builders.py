"""
Small reports, findings and fixes for tests that care about one field of them.
"""

from __future__ import annotations

from advisor.fingerprints import fingerprinted
from advisor.model import (
    Apply,
    Change,
    Confidence,
    Finding,
    Fix,
    Location,
    Report,
    Safety,
    Severity,
)


def finding(code: str = "PG101", **fields: object) -> Finding:
    """
    A small finding; `fields` replace what a test cares about.
    """
    plain: dict[str, object] = {
        "code": code,
        "name": "shared-buffers-too-small",
        "severity": Severity.MEDIUM,
        "confidence": Confidence.CERTAIN,
        "message": "shared_buffers is 128 MB",
        "recommendation": "Give it a quarter of the memory",
        "why": "reads go to the kernel",
        "subject": "service db",
        "mark": None,
        "related": (),
        "evidence": (),
        "fix": None,
        "references": (),
        "guide": (),
        "not_when": (),
        "root_cause": code,
    }
    return Finding(**(plain | fields))  # type: ignore[arg-type]  # a table of test defaults


def fix(then: str = "shared_buffers = 4GB", **fields: object) -> Fix:
    """
    A fix of one line in `postgresql.conf`.
    """
    plain: dict[str, object] = {
        "changes": (
            Change(
                "shared_buffers", "128MB", then, Location("postgresql.conf", 5), "postgresql.conf"
            ),
        ),
        "snippet": then,
        "language": "ini",
        "safety": Safety.REVIEW,
        "apply": Apply.RESTART,
    }
    return Fix(**(plain | fields))  # type: ignore[arg-type]  # a table of test defaults


def report(*findings: Finding, **fields: object) -> Report:
    """
    A report of `findings`, known by their fingerprints, and nothing else unless `fields` say so.
    """
    plain: dict[str, object] = {
        "name": "deploy",
        "root": "./deploy",
        "stack": "gunicorn → PostgreSQL 16",
        "findings": tuple(fingerprinted(findings)),
        "not_evaluated": (),
        "passed": (),
        "facts": (),
        "guide": (),
        "notes": (),
    }
    return Report(**(plain | fields))  # type: ignore[arg-type]  # a table of test defaults
