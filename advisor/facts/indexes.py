"""
Facts of indexes: those that plans ask for, and those of a schema that are too many, missing or not
valid.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from advisor.deployment.model import Deployment
from advisor.facts.common import computed
from advisor.indexes import Advice, IndexCandidate, Query, advise
from advisor.indexes.model import Flaw, Service
from advisor.model import Location, Origin, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.units import format_size

LEAST_MS = 0.1
"""No index scan is promised to be faster: descending the tree and returning rows takes time too."""
NO_TIMES = "the plan was made without ANALYZE or with TIMING off"
NO_SIZE = "the size depends on what the column holds"
_SERVES = {
    "filter": "the filter",
    "sort": "the filter and the order that LIMIT asks for",
    "join": "the join",
}
_WRITES = {
    "gin": "every word, element or trigram of a new value is an entry of its own",
    "gist": "every INSERT and UPDATE writes to it",
    "brin": "writes hardly notice it",
}


def advice_on(deployment: Deployment) -> Advice:
    """
    What the plans of a deployment ask for together, given its schema if there is one.
    """
    queries = [Query(path, plan) for path, plan in deployment.plans]
    return advise(queries, deployment.schema)


def served(advice: Advice) -> Mapping[int, frozenset[int]]:
    """
    The nodes that an advised index serves, by the number of their plan.
    """
    found: dict[int, set[int]] = defaultdict(set)
    for one in advice.candidates:
        for service in one.services:
            found[service.query].add(service.node_id)
    return {number: frozenset(nodes) for number, nodes in found.items()}


def index_subjects(
    deployment: Deployment, advice: Advice, plans: Sequence[Mapping[str, Fact]]
) -> Iterator[Subject]:
    """
    Every advised index once for each plan that it serves, and every flaw of the schema.

    `plans` are the facts of the plans, in their order.
    """
    for one in advice.candidates:
        for services in _by_plan(one):
            first = services[0]
            path, plan = deployment.plans[first.query]
            place = Location(path, first.node_line)
            own = _index_facts(one, services, plan.execution_ms, place)
            facts = {**own, **plans[first.query]}
            yield Subject("plan.index", f"table {one.table}", facts, place, path)
    for flaw in advice.flaws:
        name = f"table {flaw.table}"
        yield Subject("schema.index", name, _flaw_facts(flaw), flaw.location, flaw.location.path)


def _by_plan(one: IndexCandidate) -> Iterator[list[Service]]:
    found: dict[int, list[Service]] = defaultdict(list)
    for service in one.services:
        found[service.query].append(service)
    yield from found.values()


def _index_facts(
    one: IndexCandidate, services: list[Service], execution_ms: float | None, place: Location
) -> dict[str, Fact]:
    kept = sum(service.rows_kept for service in services)
    return {
        "index.table": Value(one.table, Origin.LITERAL, place),
        "index.columns": computed(_key(one)),
        "index.method": computed(one.definition.method),
        "index.statement": computed(one.statement),
        "index.rollback": computed(one.rollback),
        "index.serves": computed(_SERVES[services[0].serves]),
        "index.sorted": computed(services[0].serves == "sort"),
        "index.walked": computed(services[0].walked),
        "index.unit": computed(services[0].unit),
        "index.read": computed(_read(one, services[0])),
        "index.supersedes": computed(_superseded(one)),
        "index.rows_scanned": computed(round(sum(service.rows_scanned for service in services))),
        "index.rows_kept": computed(round(kept)),
        "index.size": Unknown(NO_SIZE, place) if one.size is None else computed(one.size),
        "index.costs": computed(_costs(one)),
        "index.assumed": computed(_assumed(one)),
        "index.plans": computed(len({service.query for service in one.services})),
        **_times(services, execution_ms, place),
    }


def _times(services: list[Service], execution_ms: float | None, place: Location) -> dict[str, Fact]:
    no_times = Unknown(NO_TIMES, place)
    names = ("index.time_now", "index.time_then", "index.saving")
    seconds: dict[str, Fact] = dict.fromkeys(names, no_times)
    now = gain = 0.0
    measured = True
    for service in services:
        measured = measured and service.self_ms is not None and service.gain_ms is not None
        now, gain = now + (service.self_ms or 0.0), gain + (service.gain_ms or 0.0)
    share = min(sum(service.share for service in services), 1.0)
    if measured:
        then = min(max(now - gain, LEAST_MS), now)
        share = (now - then) / execution_ms if execution_ms else share
        values = (now, then, now - then)
        pairs = zip(names, values, strict=True)
        seconds = {name: computed(value / 1000) for name, value in pairs}
    return {
        "index.share": computed(min(share, 1.0)),
        "index.measured": computed(measured),
        **seconds,
    }


def _key(one: IndexCandidate) -> str:
    """
    The key as it stands in the statement: columns, and what makes the index a special one.
    """
    definition = one.definition
    text = ", ".join(one.columns)
    if definition.include:
        text += f" including {', '.join(definition.include)}"
    if definition.predicate:
        text += f" where {' and '.join(definition.predicate)}"
    return text


def _costs(one: IndexCandidate) -> str:
    """
    What the index costs: space, and work at every write.
    """
    definition = one.definition
    columns = ", ".join((*definition.names, *definition.include))
    writes = _WRITES.get(
        definition.method, f"every INSERT and every UPDATE of {columns} writes to it"
    )
    if definition.predicate:
        writes += ", for rows that meet its condition"
    size = "" if one.size is None else f"about {format_size(one.size)}; "
    needs = f"the extension {one.extension}; " if one.extension else ""
    return f"{needs}{size}{writes}{''.join(_changes(one))}"


def _changes(one: IndexCandidate) -> Iterator[str]:
    """
    What it means that statements set columns which the index carries, or would have carried.
    """
    if one.changed:
        yield (
            f"; statements of this workload set {', '.join(one.changed)}: they can no longer be HOT"
            " updates, which is less than what reading saves"
        )
    if one.left_out:
        yield (
            f"; with {', '.join(one.left_out)} it would answer alone, but statements of this"
            " workload set that, and could no longer be HOT updates"
        )


def _assumed(one: IndexCandidate) -> str:
    return f" It is assumed that {' and '.join(one.assumptions)}." if one.assumptions else ""


def _read(one: IndexCandidate, first: Service) -> str:
    """
    What is read or compared today, as a phrase behind a number.
    """
    phrases = {
        "rows": f"rows of {one.table} are read",
        "pairs": f"pairs with rows of {one.table} are compared",
        "entries": f"entries of the index {first.index} on {one.table} are read",
    }
    return phrases[first.unit]


def _superseded(one: IndexCandidate) -> str:
    verb = "is" if len(one.replaces) == 1 else "are"
    return f" With it, {' and '.join(one.replaces)} {verb} superfluous." if one.replaces else ""


def _flaw_facts(flaw: Flaw) -> dict[str, Fact]:
    place = flaw.location
    return {
        "flaw.kind": computed(flaw.kind),
        "flaw.table": computed(flaw.table),
        "flaw.index": Value(flaw.index, Origin.LITERAL, place),
        "flaw.columns": computed(", ".join(flaw.columns)),
        "flaw.other": computed(flaw.other),
        "flaw.statement": computed(flaw.statement),
        "flaw.rollback": computed(flaw.rollback),
    }
