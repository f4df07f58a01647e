"""
Small deployments for tests: from the texts of files to what is known of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from advisor.config import given_from
from advisor.deployment.assemble import assemble
from advisor.deployment.model import Deployment
from advisor.facts.collect import collect
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.sources.kinds import kind_of
from advisor.sources.tree import MemoryTree
from advisor.sources.walk import Source

Plain = Mapping[str, object]

UVICORN = "worker_class = 'uvicorn_worker.UvicornWorker'\n"
ENGINE = "from sqlalchemy import create_engine\nengine = create_engine('postgresql://db/shop')\n"
NGINX = """\
events {}
http {
  upstream backend { server %s; }
  server { listen 80; location / { proxy_pass http://backend; } }
}
"""


def deploy(
    files: Mapping[str, str],
    *,
    host: Plain | None = None,
    target: Plain | None = None,
    path_map: Mapping[str, str] | None = None,
) -> Deployment:
    """
    Put files together that are given as texts by path.
    """
    tree = MemoryTree(files)
    kinds = ((path, kind_of(path, text), text) for path, text in files.items())
    sources = [Source(path, kind, text) for path, kind, text in kinds if kind is not None]
    given = replace(given_from(host or {}, target or {}), path_map=path_map or {})
    return assemble(sources, tree, given, name="test")


def subjects(
    files: Mapping[str, str],
    kind: str,
    *,
    host: Plain | None = None,
    target: Plain | None = None,
) -> list[Subject]:
    """
    All subjects of one target.
    """
    deployment = deploy(files, host=host, target=target)
    return [one for one in collect(deployment) if one.target == kind]


def facts_of(
    files: Mapping[str, str],
    kind: str,
    *,
    host: Plain | None = None,
    target: Plain | None = None,
) -> Mapping[str, Fact]:
    """
    Facts of the only subject of a target.
    """
    (found,) = subjects(files, kind, host=host, target=target)
    return found.facts


def known(facts: Mapping[str, Fact], name: str) -> object:
    """
    The value of a fact that must be known.
    """
    fact = facts[name]
    assert isinstance(fact, Value), (name, fact)
    return fact.value


def unknown(facts: Mapping[str, Fact], name: str) -> Unknown:
    """
    A fact that must not be known.
    """
    fact = facts[name]
    assert isinstance(fact, Unknown), (name, fact)
    return fact


def origin(facts: Mapping[str, Fact], name: str) -> Origin:
    """
    The origin of a fact that must be known.
    """
    fact = facts[name]
    assert isinstance(fact, Value), (name, fact)
    return fact.origin
