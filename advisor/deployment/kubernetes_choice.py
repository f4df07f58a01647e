"""
Which manifests count: one of several variants, and no charts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from advisor.deployment.paths import folder_of, is_variant, names_in, words_of
from advisor.model import Tree
from advisor.parsers.kubernetes_model import Manifests

_STAGES = frozenset({"staging", "stage", "qa", "uat", "preview", "sandbox", "local", "minikube"})
_PRODUCTION = frozenset({"prod", "production", "live"})


class Chosen(Struct, frozen=True):
    """
    The manifests that count, the most telling first, and notes about the others.
    """

    manifests: tuple[Manifests, ...]
    notes: tuple[str, ...]


def without_charts(files: Mapping[str, str], tree: Tree) -> tuple[dict[str, str], tuple[str, ...]]:
    """
    Files that are no templates of a Helm chart; and one note for every chart.

    Only Helm can render a chart, and what it makes of one depends on values that nobody may have
    written down.
    """
    charts: dict[str, None] = {}
    kept: dict[str, str] = {}
    known: dict[str, bool] = {}
    for path, text in sorted(files.items()):
        chart = chart_of(path, tree, known)
        if chart is None:
            kept[path] = text
        else:
            charts.setdefault(chart)
    notes = (
        f"the Helm chart in {chart or '.'} is not read: audit the output of helm template"
        for chart in charts
    )
    return kept, tuple(notes)


def chart_of(path: str, tree: Tree, known: dict[str, bool]) -> str | None:
    """
    Folder of the chart that a file is a template of, None when it is none.

    `known` keeps which folders are those of charts: listing one takes time.
    """
    parts = path.split("/")
    for at, part in enumerate(parts[:-1]):
        folder = "/".join(parts[:at])
        if part in ("templates", "crds"):
            if folder not in known:
                known[folder] = "Chart.yaml" in names_in(tree, folder)
            if known[folder]:
                return folder
    return None


def choose(manifests: Iterable[Manifests]) -> Chosen:
    """
    Manifests of which none declares the same workload as another.

    Folders that do are variants of each other, and so are files of one folder: the one for
    production counts, and nothing of the others. Variants for development and tests count only
    where there is nothing else.
    """
    ordered = sorted(manifests, key=lambda one: rank(one.path))
    real = [one for one in ordered if not is_variant(one.path)]
    if not any(_workloads(one) for one in real):
        real = ordered
    notes = [_note(one, "it is a variant") for one in ordered if one not in real and _says(one)]
    folders: dict[str, list[Manifests]] = {}
    for one in real:
        folders.setdefault(folder_of(one.path), []).append(one)
    taken: dict[tuple[str, str], str] = {}
    kept: list[Manifests] = []
    for folder, inside in folders.items():
        ours = {key for one in inside for key in _workloads(one)}
        twin = next((taken[key] for key in sorted(ours) if key in taken), None)
        if twin is not None:
            notes.append(f"{folder or '.'} is not read: {twin} declares the same workloads")
            continue
        for one in inside:
            double = next((taken[key] for key in sorted(_workloads(one)) if key in taken), None)
            if double is None:
                kept.append(one)
                taken.update(dict.fromkeys(_workloads(one), one.path))
            else:
                notes.append(_note(one, f"{double} declares the same workloads"))
    return Chosen(tuple(kept), tuple(notes))


def _note(one: Manifests, why: str) -> str:
    return f"{one.path} is not read: {why}"


def is_production(path: str) -> bool:
    """
    Whether a path names what runs in production.
    """
    return not _PRODUCTION.isdisjoint(words_of(path))


def rank(path: str) -> tuple[bool, bool, bool, int, str]:
    """
    How little a path speaks of production: for development or tests, for another stage, for none.
    """
    stage = not _STAGES.isdisjoint(words_of(path))
    return is_variant(path), stage, not is_production(path), path.count("/"), path


def _says(one: Manifests) -> bool:
    return bool(_workloads(one) or one.config_maps)


def _workloads(one: Manifests) -> set[tuple[str, str]]:
    """
    Kind and name of the workloads that are declared whole: a patch names no image.
    """
    return set(_declared(one))


def _declared(one: Manifests) -> Iterator[tuple[str, str]]:
    for workload in one.workloads:
        if any(container.image for container in workload.pod.containers):
            yield workload.named.kind, workload.named.name
    for cluster in one.clusters:
        yield cluster.named.kind, cluster.named.name
