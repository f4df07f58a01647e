"""
What runs, by the kind of files that declares it: one kind counts.

Manifests, compose files, units, Dockerfiles and the like are several ways to start the same thing:
adding them up would count it twice. What is not read is said in the notes. Each reader is imported
only when there is something for it to read: start-up cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from advisor.deployment.paths import is_variant
from advisor.deployment.services import RunningService, Services
from advisor.sources.kinds import Kind

if TYPE_CHECKING:
    from advisor.model import Tree

Texts: TypeAlias = Mapping[Kind, Mapping[str, str]]
NOTHING = Services((), (), ())
_PROCESSES = (Kind.SYSTEMD, Kind.SUPERVISORD, Kind.PROCFILE)
_ORDER = (Kind.SYSTEMD, Kind.DOCKERFILE, Kind.SUPERVISORD, Kind.PROCFILE)
"""Kinds that count where there are neither manifests nor compose files, the surest first."""


def find_services(texts: Texts, tree: Tree) -> Services:
    """
    Services of Kubernetes, else of Compose, else of the host or of an image.
    """
    cluster = _clustered(texts, tree) if texts[Kind.KUBERNETES] else NOTHING
    if cluster.running:
        return _with_notes(
            cluster, texts, tree, "the Kubernetes manifests", (Kind.COMPOSE, *_PROCESSES)
        )
    found = _composed(texts, tree) if texts[Kind.COMPOSE] else _alone(texts, tree)
    return replace(
        found,
        problems=(*cluster.problems, *found.problems),
        notes=(*cluster.notes, *found.notes),
        files={} if texts[Kind.COMPOSE] else cluster.files,
    )


def _with_notes(
    services: Services, texts: Texts, tree: Tree, by: str, kinds: Iterable[Kind]
) -> Services:
    """
    The same services, with a note for every file of other kinds.
    """
    supervised = bool(texts[Kind.SUPERVISORD]) and any(
        _is_supervised(one, tree) for one in services.running
    )
    others = [
        path
        for kind in kinds
        if not (supervised and kind is Kind.SUPERVISORD)
        for path in sorted(texts[kind])
    ]
    notes = (f"{one} is not read: {by} describe what runs" for one in others)
    return replace(services, notes=(*services.notes, *notes))


def _is_supervised(service: RunningService, tree: Tree) -> bool:
    """
    Whether a supervisord starts the programs of a container, by its command or by a script.
    """
    from advisor.deployment.containers import trace  # noqa: PLC0415 - start-up cost

    scripts = (text for _, text in trace(service, tree).scripts)
    words = (word.value for word in service.words)
    return any("supervisord" in text for text in (*words, *scripts))


def _clustered(texts: Texts, tree: Tree) -> Services:
    """
    What manifests declare. They count before compose files, which may be those of developers,
    unless they are examples themselves.
    """
    from advisor.deployment.kubernetes import read_manifests  # noqa: PLC0415

    found = read_manifests(
        texts[Kind.KUBERNETES],
        tree,
        dockerfiles=texts[Kind.DOCKERFILE],
        kustomizations=texts[Kind.KUSTOMIZATION],
    )
    examples = all(is_variant(one.service.location.path) for one in found.running)
    if found.running and examples and not all(map(is_variant, texts[Kind.COMPOSE])):
        return _unread(found, "they are examples or for development")
    if found.running and texts[Kind.COMPOSE] and not any(map(_is_own, found.running)):
        return _unread(found, "they start no application of this deployment")
    return found


def _unread(found: Services, why: str) -> Services:
    note = f"the Kubernetes manifests are not read: {why}"
    return Services((), found.problems, (*found.notes, note))


def _is_own(service: RunningService) -> bool:
    """
    Whether a container runs an image of this deployment, and no program of others.
    """
    from advisor.deployment.images import is_foreign  # noqa: PLC0415 - start-up cost

    written = service.service.image_name
    return written is not None and not is_foreign(written.name)


def _composed(texts: Texts, tree: Tree) -> Services:
    """
    What compose files declare, unless they only have what an application needs: such a file is
    for developers where something else starts the application.
    """
    from advisor.deployment.compose import read_services  # noqa: PLC0415

    found = read_services(texts[Kind.COMPOSE].items(), tree)
    if not any(one.service.build or _is_own(one) for one in found.running):
        for kind in _PROCESSES:
            services = _started(kind, texts, tree) if texts[kind] else NOTHING
            if any(map(_starts_gunicorn, services.running)):
                others = (one for one in (Kind.COMPOSE, *_PROCESSES) if one is not kind)
                return _with_notes(services, texts, tree, _NAMES[kind], others)
    return _with_notes(found, texts, tree, "the compose files", _PROCESSES)


def _alone(texts: Texts, tree: Tree) -> Services:
    """
    What the first kind of file declares that starts a program which is looked for.
    """
    found = {kind: _started(kind, texts, tree) for kind in _ORDER if texts[kind]}
    for kind, services in found.items():
        # What an image starts may be hidden in a script of it.
        hidden = kind is Kind.DOCKERFILE and any(one.words for one in services.running)
        if hidden or any(one.program or _starts_gunicorn(one) for one in services.running):
            others = (one for one in _PROCESSES if one is not kind)
            noted = _with_notes(services, texts, tree, _NAMES[kind], others)
            return _charted(noted, texts, tree) if kind is Kind.DOCKERFILE else noted
    return found.get(Kind.DOCKERFILE) or next(iter(found.values()), NOTHING)


def _charted(services: Services, texts: Texts, tree: Tree) -> Services:
    """
    An image with what the values of its chart say.
    """
    if not texts[Kind.KUBERNETES]:
        return services
    from advisor.deployment.helm import with_values  # noqa: PLC0415

    return with_values(services, texts[Kind.KUBERNETES], tree)


_NAMES = {
    Kind.SYSTEMD: "the units of systemd",
    Kind.DOCKERFILE: "the Dockerfiles",
    Kind.SUPERVISORD: "the programs of supervisord",
    Kind.PROCFILE: "the processes of the Procfile",
}


def _started(kind: Kind, texts: Texts, tree: Tree) -> Services:
    if kind is Kind.DOCKERFILE:
        from advisor.deployment.compose import read_images  # noqa: PLC0415

        return read_images(texts[kind].items())
    from advisor.deployment import processes  # noqa: PLC0415

    readers = {
        Kind.SYSTEMD: processes.read_units,
        Kind.SUPERVISORD: processes.read_supervisord,
        Kind.PROCFILE: processes.read_procfiles,
    }
    return readers[kind](texts[kind], tree)


def _starts_gunicorn(service: RunningService) -> bool:
    words = [word.value for word in service.words]
    if not words:
        return False
    from advisor.parsers.gunicorn import parse_command  # noqa: PLC0415

    return parse_command(words, service.service.location) is not None
