"""Overlays of Kustomize: production's is applied, others are left out."""

from __future__ import annotations

from advisor.deployment.model import Deployment
from advisor.model import Value
from tests.support.deployments import deploy

BASE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  template:
    spec:
      containers:
        - name: app
          image: shop/web:1
          command: [gunicorn, app:app]
          env: [{name: WEB_CONCURRENCY, value: "1"}, {name: LEVEL, value: info}]
          resources: {limits: {cpu: 1, memory: 512Mi}}
"""
PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: %s
  template:
    spec:
      terminationGracePeriodSeconds: 60
      containers:
        - name: app
          env: [{name: WEB_CONCURRENCY, value: "%s"}]
          resources: {limits: {cpu: 4}}
"""
KUSTOMIZATION = "resources: [../../base]\npatches: [{path: web.yaml}]\n"
FILES = {
    "k8s/base/kustomization.yaml": "resources: [web.yaml]\n",
    "k8s/base/web.yaml": BASE,
    "k8s/overlays/prod/kustomization.yaml": KUSTOMIZATION,
    "k8s/overlays/prod/web.yaml": PATCH % (6, 4),
    "k8s/overlays/staging/kustomization.yaml": KUSTOMIZATION,
    "k8s/overlays/staging/web.yaml": PATCH % (2, 9),
}


def summary(found: Deployment) -> tuple[object, ...]:
    """Copies, workers, cpus and memory of the only application."""
    (one,) = found.applications
    workers = one.settings.setting("workers")
    parts = (one.replicas, workers, one.host.cpus, one.host.memory)
    return tuple(part.value if isinstance(part, Value) else None for part in parts)


def test_production_is_laid_over_the_base() -> None:
    found = deploy(FILES)
    cpus = found.applications[0].host.cpus

    assert summary(found) == (6, 4, 4.0, 512 * 2**20)
    assert isinstance(cpus, Value)
    assert str(cpus.location) == "k8s/overlays/prod/web.yaml:12"
    assert found.notes == (
        "k8s/overlays/staging is not read: k8s/overlays/prod is the overlay that counts",
    )


def test_overlays_for_tests_leave_the_base_as_it_is() -> None:
    found = deploy({path: text for path, text in FILES.items() if "prod" not in path})

    assert summary(found) == (1, 1, 1.0, 512 * 2**20)
    assert found.notes == ("k8s/overlays/staging is not read: it is an overlay for tests",)


def test_an_overlay_of_another_name_counts_alone() -> None:
    files = {path.replace("/prod/", "/eu/"): text for path, text in FILES.items()}

    assert summary(deploy(files))[0] == 6


def test_copies_and_images_of_the_kustomization() -> None:
    overlay = (
        f"{KUSTOMIZATION}replicas: [{{name: web, count: 8}}]\n"
        "images: [{name: shop/web, newName: registry/web, newTag: '7'}]\n"
    )
    found = deploy({**FILES, "k8s/overlays/prod/kustomization.yaml": overlay})
    replicas = found.applications[0].replicas

    assert (replicas.value, str(replicas.location)) == (8, "k8s/overlays/prod/kustomization.yaml:3")


def test_config_maps_are_merged_by_key() -> None:
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {%s}\n"
    base = BASE.replace(
        'env: [{name: WEB_CONCURRENCY, value: "1"}, {name: LEVEL, value: info}]',
        "envFrom: [{configMapRef: {name: c}}]",
    )
    found = deploy(
        {
            **FILES,
            "k8s/base/web.yaml": base,
            "k8s/overlays/prod/web.yaml": config % "WEB_CONCURRENCY: '5'",
            "k8s/base/config.yaml": config % "WEB_CONCURRENCY: '2', GUNICORN_CMD_ARGS: --threads 3",
        }
    )
    threads = found.applications[0].settings.setting("threads")

    assert summary(found)[1] == 5
    assert isinstance(threads, Value)
    assert threads.value == 3


def test_patches_that_cannot_be_applied_are_said() -> None:
    overlay = "resources: [../../base]\npatches:\n  - {patch: '- op: add', target: {name: web}}\n"
    found = deploy({**FILES, "k8s/overlays/prod/kustomization.yaml": overlay})

    assert found.notes[-1] == (
        "k8s/overlays/prod/kustomization.yaml:3: this patch is not applied: audit the output of "
        "kubectl kustomize"
    )
