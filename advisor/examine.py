"""
Plans that somebody wants to look at: one file, its trees, and what the rules find in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from advisor.audit import report_on
from advisor.deployment.assemble import assemble
from advisor.deployment.logs import MOST_PLANS, with_log
from advisor.deployment.model import Deployment, FileProblem
from advisor.errors import SourceError
from advisor.model import Given, Report
from advisor.plans.model import Plan
from advisor.plans.statement import without_explain
from advisor.policy.model import NO_POLICY, Policy
from advisor.sources.kinds import Kind
from advisor.sources.stream import byte_blocks
from advisor.sources.text import MAX_BYTES, decode
from advisor.sources.tree import MemoryTree
from advisor.sources.walk import Source

_HINT = "paste what EXPLAIN (ANALYZE, BUFFERS) prints, or name a server log of auto_explain"


class Beside(Struct, frozen=True):
    """
    What is known of plans besides: files that the user names.
    """

    schema: Path | None = None
    """SQL that declares the tables and their indexes."""
    query: Path | None = None
    """The statement, for plans that do not come with theirs."""


_NOTHING = Beside()


def examine(
    path: Path | None,
    given: Given,
    extra_rules: tuple[Path, ...] = (),
    policy: Policy = NO_POLICY,
    *,
    beside: Beside = _NOTHING,
) -> Report:
    """
    The plans of a file, None for standard input, and the findings about them.

    Raises `SourceError` when it cannot be read or holds no plan, `RuleError` when a rule of the
    user's cannot be used.
    """
    shown = path or Path("stdin")
    deployment = _read(path, shown, given)
    if not deployment.plans:
        problem = next((one.problem for one in deployment.problems), None)
        message = problem.message if problem else "no query plan found"
        line = problem.location.line if problem else None
        raise SourceError(message, path=str(shown), line=line, hint=_HINT)
    deployment = _completed(deployment, beside)
    return report_on(shown, deployment, extra_rules, policy, most_plans=MOST_PLANS)


def _read(path: Path | None, shown: Path, given: Given) -> Deployment:
    name = shown.name
    with byte_blocks(path, str(shown)) as blocks:
        head, is_whole = _head(blocks)
        if is_whole:
            text = decode(b"".join(head))
            if text is None:
                raise SourceError("is a binary file, not text", path=str(shown))
            sources = (Source(name, Kind.PLAN, text),)
            return assemble(sources, MemoryTree({name: text}), given, name=name)
        empty = assemble((), MemoryTree({}), given, name=name)
        return with_log(empty, name, chain(head, blocks))


def _completed(deployment: Deployment, beside: Beside) -> Deployment:
    """
    The same with the schema and the statement of the files that were named.
    """
    plans, schema, problems = deployment.plans, None, deployment.problems
    if beside.query is not None:
        statement = without_explain(_text(beside.query))
        plans = tuple((file, _stated(plan, statement)) for file, plan in plans)
    if beside.schema is not None:
        from advisor.indexes.schema import read_schema  # noqa: PLC0415 - only with --schema

        schema = read_schema({str(beside.schema): _text(beside.schema)})
        if not schema.tables:
            message = "declares no table and no index"
            raise SourceError(message, path=str(beside.schema), hint="use the output of pg_dump -s")
        problems = (*problems, *(FileProblem("schema", one) for one in schema.problems))
    return replace(deployment, plans=plans, schema=schema, problems=problems)


def _stated(plan: Plan, statement: str) -> Plan:
    return plan if plan.query else replace(plan, query=statement)


def _text(path: Path) -> str:
    """
    The text of a file that the user named. Raises `SourceError` when it cannot be read.
    """
    with byte_blocks(path, str(path)) as blocks:
        head, is_whole = _head(blocks)
    text = decode(b"".join(head))
    if text is None:
        raise SourceError("is a binary file, not text", path=str(path))
    if not is_whole:
        raise SourceError("is too large", path=str(path), hint="a schema without data is enough")
    return text


def _head(blocks: Iterator[bytes]) -> tuple[list[bytes], bool]:
    """
    The blocks that fit into the size of an ordinary file, and whether these are all.
    """
    head: list[bytes] = []
    size = 0
    for block in blocks:
        head.append(block)
        size += len(block)
        if size > MAX_BYTES:
            return head, False
    return head, True
