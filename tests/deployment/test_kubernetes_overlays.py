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


GENERATED = BASE.replace(
    'env: [{name: WEB_CONCURRENCY, value: "1"}, {name: LEVEL, value: info}]',
    "envFrom: [{configMapRef: {name: env}}]",
)
ENV = "configMapGenerator:\n  - {name: env%s, literals: [%s]}\n"


def generated(overlay: str, **files: str) -> Deployment:
    """The base makes a ConfigMap, and the overlay has nothing but its kustomization."""
    base = (
        f"resources: [web.yaml]\n{ENV % ('', 'WEB_CONCURRENCY=2, GUNICORN_CMD_ARGS=--threads 3')}"
    )
    return deploy(
        {
            "k8s/base/kustomization.yaml": base,
            "k8s/base/web.yaml": GENERATED,
            "k8s/overlays/prod/kustomization.yaml": f"resources: [../../base]\n{overlay}",
            **files,
        }
    )


def threads(found: Deployment) -> object:
    value = found.applications[0].settings.setting("threads")
    return value.value if isinstance(value, Value) else None


def test_literals_are_merged_into_those_of_the_base() -> None:
    found = generated(ENV % (", behavior: merge", "WEB_CONCURRENCY=9"))
    concurrency = found.services.running[0].variables["WEB_CONCURRENCY"]

    assert summary(found)[1] == 9
    assert threads(found) == 3
    assert str(concurrency.location) == "k8s/overlays/prod/kustomization.yaml:3"


def test_literals_replace_those_of_the_base() -> None:
    found = generated(ENV % (", behavior: replace", "WEB_CONCURRENCY=9"))

    assert (summary(found)[1], threads(found)) == (9, 1)


def test_literals_are_merged_into_what_is_written() -> None:
    config = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: env}\ndata: {WEB_CONCURRENCY: '2'}\n"
    )
    files = {
        "k8s/base/kustomization.yaml": "resources: [web.yaml, env.yaml]\n",
        "k8s/base/web.yaml": GENERATED,
        "k8s/base/env.yaml": config,
        "k8s/overlays/prod/kustomization.yaml": "resources: [../../base]\n"
        + ENV % (", behavior: merge", "WEB_CONCURRENCY=7"),
    }

    assert summary(deploy(files))[1] == 7


def test_a_generated_secret_is_merged_as_well() -> None:
    made = "secretGenerator:\n  - {name: env%s, literals: [%s]}\n"
    base = GENERATED.replace("configMapRef", "secretRef")
    files = {
        "k8s/base/kustomization.yaml": f"resources: [web.yaml]\n{made % ('', 'A=1')}",
        "k8s/base/web.yaml": base,
        "k8s/overlays/prod/kustomization.yaml": "resources: [../../base]\n"
        + made % (", behavior: merge", "DATABASE_URL=postgresql://u:hunter2@db/x"),
    }
    found = deploy(files)

    assert set(found.services.running[0].url) == {"A", "DATABASE_URL"}
    assert "hunter2" not in repr(found.services)


PATCHED = """\
resources: [../../base]
patches:
  - target: {kind: Deployment, name: web}
    patch: |-
      - op: replace
        path: /spec/replicas
        value: 7
      - op: add
        path: /spec/template/spec/containers/0/env/-
        value: {name: GUNICORN_CMD_ARGS, value: --threads 5}
      - op: replace
        path: /spec/template/spec/containers/0/resources/limits/memory
        value: 2Gi
"""


def test_json_patches_are_applied() -> None:
    found = generated("", **{"k8s/base/web.yaml": BASE})
    assert summary(found)[0] == 1

    found = deploy({**FILES, "k8s/overlays/prod/kustomization.yaml": PATCHED})
    memory = found.applications[0].host.memory

    # The other patch of the folder is a manifest and is merged on top.
    assert summary(found) == (6, 4, 4.0, 2 * 2**30)
    assert threads(found) == 5
    assert isinstance(memory, Value)
    assert str(memory.location) == "k8s/overlays/prod/kustomization.yaml:13"
    assert all("not applied" not in note for note in found.notes)


def test_json_patches_in_files_are_applied() -> None:
    target = "target: {kind: Deployment, name: web}"
    overlay = f"resources: [../../base]\npatches: [{{path: p.yaml, {target}}}]\n"
    patch = "- {op: add, path: /spec/replicas, value: 9}\n- {op: remove, path: /spec/none}\n"
    right = patch.replace("/spec/none", "/spec/template/spec/containers/0/env/1")
    files = {path: text for path, text in FILES.items() if path != "k8s/overlays/prod/web.yaml"}
    files["k8s/overlays/prod/kustomization.yaml"] = overlay

    # A step that does not fit makes Kustomize refuse the patch as a whole.
    assert summary(deploy({**files, "k8s/overlays/prod/p.yaml": patch}))[0] == 1
    found = deploy({**files, "k8s/overlays/prod/p.yaml": right})
    replicas = found.applications[0].replicas

    assert (replicas.value, str(replicas.location)) == (9, "k8s/overlays/prod/p.yaml:1")


def test_objects_in_the_kustomization_are_merged() -> None:
    overlay = (
        "patches:\n  - target: {kind: Deployment, name: web}\n"
        "    patch: |-\n      apiVersion: apps/v1\n      kind: Deployment\n"
        "      metadata: {name: any}\n      spec:\n        replicas: 11\n"
    )
    found = generated(overlay)
    replicas = found.applications[0].replicas

    assert (replicas.value, str(replicas.location)) == (
        11,
        "k8s/overlays/prod/kustomization.yaml:9",
    )


def test_a_patch_whose_target_is_not_followed_is_said() -> None:
    overlay = PATCHED.replace("name: web}", "labelSelector: app=web}")
    found = deploy({**FILES, "k8s/overlays/prod/kustomization.yaml": overlay})

    assert summary(found)[3] == 512 * 2**20
    assert found.notes[-1].startswith("k8s/overlays/prod/kustomization.yaml:3: this patch is not")
