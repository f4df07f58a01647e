"""
Short ways from the text of an nginx configuration to what rules are told of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from advisor.deployment.model import Host, Proxy
from advisor.facts.nginx import Reader
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Record, Subject
from advisor.parsers.nginx_scope import build
from tests.support.nginx_trees import read

HOST = Host(
    cpus=Value(4.0, Origin.GIVEN),
    memory=Unknown("nobody said"),
    storage=Unknown("nobody said"),
    shared=Unknown("nobody said"),
    container=False,
    limited=False,
)
UNKNOWN = "unknown"
OLD = (1, 22, 1)
NEW = (1, 30, 0)


def reader(text: str, *, version: tuple[int, ...] | None = NEW, path: str = "nginx.conf") -> Reader:
    """
    Reader of a configuration of one file.
    """
    document = read({path: text}, path)
    stated = Value(version, Origin.GIVEN) if version else Unknown("nobody said")
    return Reader(Proxy("nginx", "", document, build(document), stated, HOST))


def http(text: str) -> str:
    """
    A whole configuration around the inside of its http block, which begins on line 3.
    """
    return f"events {{}}\nhttp {{\n{text}\n}}\n"


def shown(fact: Fact) -> object:
    """
    The value of a fact, or that it is not known.
    """
    return UNKNOWN if isinstance(fact, Unknown) else fact.value


def server(text: str, *, version: tuple[int, ...] | None = NEW) -> Facts:
    """
    Facts of the last server of an http block.
    """
    return Facts(list(reader(http(text), version=version).servers())[-1], "server")


def whole(text: str, *, version: tuple[int, ...] | None = NEW) -> Facts:
    """
    Facts of a configuration as a whole.
    """
    return Facts(reader(text, version=version).whole(), "nginx")


def location(text: str) -> Facts:
    """
    Facts of the last location of an http block.
    """
    subjects = list(reader(http(text)).locations())
    return Facts(subjects[-1], "location")


def upstream(text: str, *, version: tuple[int, ...] | None = OLD) -> Facts:
    """
    Facts of the first upstream of an http block.
    """
    one = reader(http(text), version=version)
    return Facts(one.upstream(one.config.upstreams[0]), "upstream")


class Facts(Mapping[str, object]):
    """
    The facts of one namespace by last name, as `shown` gives them; directives on request.
    """

    def __init__(self, subject: Subject, space: str) -> None:
        self._facts = subject.facts
        self._space = f"{space}."

    def __getitem__(self, name: str) -> object:
        return shown(self._facts[self._space + name])

    def __iter__(self) -> Iterator[str]:
        names = (name for name in self._facts if name.startswith(self._space))
        return (name.partition(".")[2] for name in names)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def only(self, names: Iterable[str]) -> dict[str, object]:
        """
        Some of them.
        """
        return {name: self[name] for name in names}


def uses(facts: Mapping[str, object]) -> list[dict[str, object]]:
    """
    The fields of each location of an upstream.
    """
    records = facts["locations"]
    found = (
        [one for one in records if isinstance(one, Record)] if isinstance(records, tuple) else []
    )
    return [{name: shown(fact) for name, fact in one.fields.items()} for one in found]
