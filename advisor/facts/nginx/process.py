"""
Facts of the processes of nginx: workers, what they are bound to, and what all of them do.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.facts.common import computed
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.settings import mapped
from advisor.facts.nginx.views import Whole
from advisor.facts.schema import BOOL, NUMBER
from advisor.model import Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import Directive
from advisor.parsers.nginx_scope import Scope

_AUTOTUNE = "NGINX_ENTRYPOINT_WORKER_PROCESSES_AUTOTUNE"
"""docker-library, image nginx, ``30-tune-worker-processes.sh``."""
_WITH_PATTERNS = frozenset({"if", "location", "rewrite", "server_name"})
_PATTERNS = frozenset({"~", "~*", "!~", "!~*"})


def _workers(view: Whole) -> Fact:
    """
    How many workers run; one per cpu for ``auto``, as far as the cpus are known.
    """
    fact = view.directive("worker_processes")
    if isinstance(fact, Unknown) or fact.value != "auto":
        return mapped(fact, lambda text: int(text) if text.isdecimal() else None)
    cpus = view.reader.proxy.host.cpus
    return cpus if isinstance(cpus, Unknown) else computed(max(1, int(cpus.value)))


def _one_worker(view: Whole) -> Fact:
    """
    Whether there is certainly one worker only: ``auto`` on an unknown host may be several.
    """
    fact = view.directive("worker_processes")
    workers = _workers(view)
    if isinstance(fact, Unknown):
        return fact
    alone = isinstance(workers, Value) and workers.value == 1
    return Value(alone, fact.origin, fact.location, fact.note)


def _autotuned(view: Whole) -> Fact:
    """
    Whether a script of the official image puts the cpus of the container for ``auto``.
    """
    return computed(bool(view.reader.variables.get(_AUTOTUNE)))


def _masks(view: Whole) -> Fact:
    """
    How many masks bind workers to cpus; no value for ``auto`` and where none is set.
    """
    fact = view.directive("worker_cpu_affinity")
    if isinstance(fact, Value) and fact.value is None:
        return fact
    return mapped(fact, lambda text: None if text.startswith("auto") else len(text.split()))


def _websockets(view: Whole) -> Fact:
    return computed(any(_upgrades(one) for one in view.config.locations))


def _upgrades(scope: Scope) -> bool:
    headers = scope.effective_all("proxy_set_header")
    return any(one.args[:1] and one.args[0].lower() == "upgrade" for one in headers)


def _regexes(view: Whole) -> Fact:
    maps = (entry.name.startswith("~") for one in view.config.maps for entry in one.entries)
    return computed(sum(maps) + sum(_is_pattern(one) for one in _directives(view.config.main)))


def _directives(main: Scope) -> Iterator[Directive]:
    """
    Those that may hold a pattern.
    """
    for scope in main.walk():
        yield from (one for one in scope.directives if one.name in _WITH_PATTERNS)


def _is_pattern(directive: Directive) -> bool:
    """
    Whether nginx compiles a regular expression for a directive.
    """
    if directive.name == "rewrite":
        return True
    if directive.name in ("location", "if"):
        return not _PATTERNS.isdisjoint(directive.args)
    return directive.name == "server_name" and any(arg.startswith("~") for arg in directive.args)


NGINX: Rows = {
    "container": Row(
        BOOL,
        "whether it runs in a container",
        lambda view: computed(view.reader.proxy.host.container),
    ),
    "workers": Row(NUMBER, "worker processes that run, one per cpu for auto", _workers),
    "one_worker": Row(BOOL, "whether there is certainly a single worker process", _one_worker),
    "affinity_masks": Row(NUMBER, "cpu masks of worker_cpu_affinity, without auto", _masks),
    "websockets": Row(BOOL, "whether a location passes the Upgrade header on", _websockets),
    "autotuned": Row(BOOL, "whether the image writes worker_processes at its start", _autotuned),
    "regexes": Row(NUMBER, "regular expressions in locations, maps, rewrites and ifs", _regexes),
}
