"""Kustomizations: what they start from, and what they change."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model import Secret, Value
from advisor.parsers.kustomization import Kustomization, parse_kustomization

TEXT = """\
resources: [../../base, web.yaml, "https://example.com/remote.yaml"]
bases: [../common]
replicas: [{name: web, count: 5}, {name: x, count: many}]
images:
  - {name: shop/web, newTag: "2"}
  - {name: nginx, newName: registry/nginx, newTag: "1.30"}
  - {name: redis, newName: valkey}
configMapGenerator:
  - name: nginx
    files: [nginx.conf, sites/app.conf, other.conf=x/y.conf]
  - {name: env, literals: [A=1]}
"""


def texts(values: object) -> dict[str, object]:
    assert isinstance(values, dict)
    return {name: one.value for name, one in values.items() if isinstance(one, Value)}


def test_a_whole_file() -> None:
    found = parse_kustomization("overlays/prod/kustomization.yaml", TEXT)

    assert found.folder == "overlays/prod"
    assert found.resources == ("../../base", "web.yaml", "../common")
    assert texts(found.replicas) == {"web": 5}
    assert str(found.replicas["web"].location) == "overlays/prod/kustomization.yaml:3"
    assert texts(found.images) == {
        "shop/web": "shop/web:2",
        "nginx": "registry/nginx:1.30",
        "redis": "valkey",
    }
    assert found.files == {
        "nginx": {
            "nginx.conf": "nginx.conf",
            "app.conf": "sites/app.conf",
            "other.conf": "x/y.conf",
        },
        "env": {},
    }
    assert found.patches == ()
    assert texts(found.literals["env"]) == {"A": "1"}
    assert str(found.literals["env"]["A"].location) == "overlays/prod/kustomization.yaml:11"


def test_generators_that_change_what_the_base_makes() -> None:
    found = parse_kustomization(
        "k/kustomization.yaml",
        "configMapGenerator:\n"
        "  - {name: a, behavior: merge, literals: [A=1]}\n"
        "  - {name: b, behavior: replace, literals: [B='2']}\n"
        "secretGenerator:\n"
        "  - {name: s, behavior: merge, literals: [PASSWORD=hunter2]}\n",
    )

    assert found.merged == {"a", "s"}
    assert found.replaced == {"b"}
    assert found.secrets["s"]["PASSWORD"].value == Secret("hunter2")
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    "text",
    [
        "patches:\n  - {path: web.yaml}\n  - {patch: '- op: add', target: {kind: Deployment}}\n",
        "resources: []\npatchesJson6902:\n  - {path: p.json, target: {name: web}}\n",
        "\npatchesStrategicMerge:\n  - |-\n    kind: Deployment\n    metadata: {}\n",
    ],
)
def test_patches_that_are_no_manifests(text: str) -> None:
    (found,) = parse_kustomization("kustomization.yaml", text).patches

    assert found.location.line == 3
    assert (found.text is None) == bool(found.file)


def test_patches_in_files_are_manifests() -> None:
    text = "patches: [{path: web.yaml}]\npatchesStrategicMerge: [db.yaml]\n"

    assert parse_kustomization("kustomization.yaml", text).patches == ()


@given(st.text() | st.text(alphabet="resourcesimage: []{}-\n", max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_gives_a_kustomization(text: str) -> None:
    assert isinstance(parse_kustomization("k", text), Kustomization)
