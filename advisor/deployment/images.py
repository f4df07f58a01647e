"""
Which Dockerfile builds an image that manifests only name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from advisor.deployment.paths import exists, folder_of, is_variant, join, name_of, words_of
from advisor.deployment.services import PROGRAM_IMAGES
from advisor.model import Location, Origin, Problem, Tree, Value
from advisor.parsers.compose import Build
from advisor.parsers.dockerfile import Stage, parse_dockerfile
from advisor.parsers.images import parse_image

_FOREIGN = frozenset(
    """
    redis valkey memcached rabbitmq kafka minio elasticsearch opensearch mongo mysql mariadb
    busybox alpine curl kubectl envoy proxyv2 haproxy traefik caddy vault fluent-bit fluentd
    prometheus grafana loki jaeger otel-collector oauth2-proxy cloud-sql-proxy gce-proxy
    """.split()  # noqa: SIM905 - readable in blocks
)
"""Images that are surely built elsewhere."""


class Images(Struct):
    """
    The Dockerfiles of a deployment, and the images they may build.
    """

    texts: Mapping[str, str]
    """Dockerfiles by path."""
    tree: Tree
    own: set[str] = field(default_factory=set)
    """Repositories of images that may be built here."""
    problems: list[Problem] = field(default_factory=list)
    _stages: dict[str, Stage | None] = field(default_factory=dict)

    def know(self, written: Iterable[str]) -> None:
        """
        Learn which images run: the only one of no known program may be built by the only file.
        """
        names = (parse_image(one) for one in written)
        self.own = {one.repository for one in names if not is_foreign(one.name)}

    def built(self, image: Value[str] | None) -> tuple[Build, Stage] | None:
        """
        How an image is built: by the Dockerfile that is called like it, or by the only one.
        """
        if image is None:
            return None
        name = parse_image(image.value)
        if is_foreign(name.name):
            return None
        files = [one for one in self.texts if not is_variant(one)]
        called = [one for one in files if name.name in _names(one)]
        if len(called) != 1:
            called = files if len(files) == 1 and self.own == {name.repository} else []
        stage = self._stage(called[0]) if called else None
        if stage is None:
            return None
        path = called[0]
        place = Location(path, stage.location.line)
        context = Value(self._context(path, stage), Origin.ASSUMED, place)
        return Build(place, context=context, dockerfile=Value(path, Origin.ASSUMED, place)), stage

    def _stage(self, path: str) -> Stage | None:
        if path not in self._stages:
            document = parse_dockerfile(path, self.texts[path])
            self.problems.extend(document.problems)
            self._stages[path] = document.stage
        return self._stages[path]

    def _context(self, path: str, stage: Stage) -> str:
        """
        The folder of the file, or the root where what it copies only lies there.
        """
        folder = folder_of(path)
        sources = [one for copy in stage.copies if not copy.stage for one in copy.sources]
        plain = [one for one in sources if "*" not in one and one not in (".", "./")]
        here = all(exists(self.tree, join(folder, one)) for one in plain)
        there = all(exists(self.tree, join("", one)) for one in plain)
        return folder if here or not there else ""


def _names(path: str) -> set[str]:
    """
    Names that an image of a Dockerfile may have: of its folder, or beside ``Dockerfile``.
    """
    rest = [one for one in words_of(name_of(path)) if one not in ("dockerfile", "containerfile")]
    folder = folder_of(path)
    return {name_of(folder).lower(), "-".join(rest)} - {""}


def is_foreign(name: str) -> bool:
    """
    Whether an image is surely built elsewhere: a known program, or one that serves many.
    """
    known = any(name in names for names in PROGRAM_IMAGES.values())
    return known or name in _FOREIGN or name.replace("_", "-").endswith("-exporter")
