"""
Overlays of Kustomize: the one for production, laid over the objects that it starts from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from advisor.deployment.kubernetes_choice import rank
from advisor.deployment.paths import folder_of, is_in, is_variant, join
from advisor.model import Value
from advisor.parsers.images import parse_image
from advisor.parsers.kubernetes_model import Container, Manifests, Variable, Workload
from advisor.parsers.kustomization import Kustomization


def overlay_of(kustomizations: Iterable[Kustomization]) -> Kustomization | None:
    """
    The overlay that counts: the one for production, or the only one that is none for tests.
    """
    found = list(kustomizations)
    folders = {one.folder for one in found}
    overlays = [one for one in found if _starts_from(one) & (folders - {one.folder})]
    real = sorted((one for one in overlays if not _is_stage(one)), key=lambda one: rank(one.path))
    return real[0] if real else None


def layers_of(
    kustomizations: Iterable[Kustomization], files: Iterable[str]
) -> tuple[Kustomization, ...]:
    """
    The kustomizations that count, the strongest first: the overlay and all that it starts from,
    or those beside the files that are read.
    """
    found = list(kustomizations)
    overlay = overlay_of(found)
    if overlay is None:
        folders = {folder_of(path) for path in files}
        return tuple(one for one in found if one.folder in folders)
    layers = {overlay.folder: overlay}
    waiting = [overlay]
    while waiting:
        below = _starts_from(waiting.pop(0))
        fresh = [one for one in found if one.folder in below and one.folder not in layers]
        layers.update({one.folder: one for one in fresh})
        waiting += fresh
    return tuple(layers.values())


def without_overlays(
    files: Mapping[str, str], kustomizations: Iterable[Kustomization]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """
    Files by path without those of other overlays than the one that counts; and notes.
    """
    found = list(kustomizations)
    chosen = overlay_of(found)
    folders = {one.folder for one in found}
    bases = {folder for one in found for folder in _starts_from(one)}
    others = [
        one.folder
        for one in found
        if one is not chosen and one.folder not in bases and _starts_from(one) & folders
    ]
    kept = {
        path: text
        for path, text in files.items()
        if not any(is_in(path, other) for other in others if other)
    }
    by = f"{chosen.folder} is the overlay that counts" if chosen else "it is an overlay for tests"
    return kept, tuple(f"{one} is not read: {by}" for one in sorted(others) if one)


def applied(manifests: Sequence[Manifests], overlay: Kustomization | None) -> list[Manifests]:
    """
    Manifests with patches of workloads, and what the overlay itself says, merged in.

    A patch is a workload without images; manifests come with the most telling ones first.
    """
    patches: dict[tuple[str, str], list[Workload]] = {}
    for one in (one for each in manifests for one in each.workloads if is_patch(one)):
        patches.setdefault(_key(one), []).append(one)
    return [replace(each, workloads=tuple(_whole(each, patches, overlay))) for each in manifests]


def is_patch(workload: Workload) -> bool:
    """
    Whether a workload only changes another one.
    """
    return not any(box.image for box in workload.pod.containers)


def _whole(
    each: Manifests,
    patches: Mapping[tuple[str, str], Sequence[Workload]],
    overlay: Kustomization | None,
) -> Iterable[Workload]:
    for workload in each.workloads:
        whole = workload
        if not is_patch(workload):
            for patch in reversed(patches.get(_key(workload), ())):
                whole = _patched(whole, patch)
            whole = _overlaid(whole, overlay) if overlay else whole
        yield whole


def _key(workload: Workload) -> tuple[str, str]:
    return workload.named.kind, workload.named.name


def _patched(base: Workload, patch: Workload) -> Workload:
    pod, over = base.pod, patch.pod
    changes = {one.name: one for one in over.containers}
    boxes = (
        _patched_container(one, changes[one.name]) if one.name in changes else one
        for one in pod.containers
    )
    return replace(
        base,
        replicas=base.replicas if patch.replicas is None else patch.replicas,
        recreated=base.recreated or patch.recreated,
        surge=patch.surge or base.surge,
        pod=replace(
            pod,
            containers=tuple(boxes),
            volumes={**pod.volumes, **over.volumes},
            grace=pod.grace if over.grace is None else over.grace,
            sysctls={**pod.sysctls, **over.sysctls},
        ),
    )


def _patched_container(base: Container, patch: Container) -> Container:
    """
    Single values are replaced; variables, mounts and ports are merged by what names them.
    """
    return replace(
        base,
        command=patch.command or base.command,
        args=patch.args or base.args,
        working_dir=patch.working_dir or base.working_dir,
        variables=_merged(base.variables, patch.variables),
        sources=(*base.sources, *patch.sources),
        cpus=base.cpus if patch.cpus is None else patch.cpus,
        memory=base.memory if patch.memory is None else patch.memory,
        cpus_requested=patch.cpus_requested or base.cpus_requested,
        memory_requested=patch.memory_requested or base.memory_requested,
        mounts=tuple({one.path: one for one in (*base.mounts, *patch.mounts)}.values()),
        ports=tuple({one.number: one for one in (*base.ports, *patch.ports)}.values()),
        probed=base.probed or patch.probed,
        liveness=patch.liveness or base.liveness,
        pre_stop=patch.pre_stop or base.pre_stop,
        pre_stop_time=patch.pre_stop_time if patch.pre_stop else base.pre_stop_time,
    )


def _merged(base: Sequence[Variable], patch: Sequence[Variable]) -> tuple[Variable, ...]:
    return tuple({one.name: one for one in (*base, *patch)}.values())


def _overlaid(workload: Workload, overlay: Kustomization) -> Workload:
    """
    A workload with the copies and images of the overlay.
    """
    boxes = (replace(one, image=_image(one.image, overlay)) for one in workload.pod.containers)
    return replace(
        workload,
        replicas=overlay.replicas.get(workload.named.name, workload.replicas),
        pod=replace(workload.pod, containers=tuple(boxes)),
    )


def _image(image: Value[str] | None, overlay: Kustomization) -> Value[str] | None:
    if image is None:
        return None
    return overlay.images.get(parse_image(image.value).repository, image)


def _starts_from(one: Kustomization) -> set[str]:
    return {join(one.folder, resource) for resource in one.resources}


def _is_stage(one: Kustomization) -> bool:
    variant, stage, *_ = rank(one.path)
    return variant or stage or is_variant(folder_of(one.path))
