"""Which manifests count: no charts, and never several variants of one stack."""

from __future__ import annotations

import pytest

from advisor.deployment.kubernetes_choice import choose, without_charts
from advisor.parsers.kubernetes import parse_manifests
from advisor.sources.tree import MemoryTree
from tests.support.deployments import deploy


def workload(name: str, *, image: str = "x/a", kind: str = "Deployment") -> str:
    """A workload; without an image it is a patch of one."""
    box = f"{{name: c, image: {image}}}" if image else "{name: c, resources: {}}"
    return (
        f"---\napiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\n"
        f"spec: {{template: {{spec: {{containers: [{box}]}}}}}}\n"
    )


CONFIG = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {A: b}\n"


def chosen(files: dict[str, str]) -> tuple[list[str], tuple[str, ...]]:
    """Paths that count, and notes."""
    found = choose(parse_manifests(path, text) for path, text in files.items())
    return [one.path for one in found.manifests], found.notes


class TestVariants:
    def test_files_that_belong_together(self) -> None:
        files = {"k8s/a.yaml": workload("a"), "k8s/b.yaml": workload("b"), "db/c.yaml": CONFIG}

        assert chosen(files) == (["db/c.yaml", "k8s/a.yaml", "k8s/b.yaml"], ())

    @pytest.mark.parametrize(
        ("paths", "kept"),
        [
            (["staging/a.yaml", "prod/a.yaml"], "prod/a.yaml"),
            (["k8s/a.yaml", "k8s/production/a.yaml"], "k8s/production/a.yaml"),
            (["blue/a.yaml", "green/a.yaml"], "blue/a.yaml"),
            (["deep/er/a.yaml", "flat/a.yaml"], "flat/a.yaml"),
        ],
    )
    def test_folders_with_the_same_workloads(self, paths: list[str], kept: str) -> None:
        files = {path: workload("web") for path in paths}
        (other,) = (path.rpartition("/")[0] for path in paths if path != kept)

        assert chosen(files) == (
            [kept],
            (f"{other} is not read: {kept} declares the same workloads",),
        )

    def test_nothing_else_of_such_a_folder_counts(self) -> None:
        files = {
            "prod/web.yaml": workload("web"),
            "staging/mail.yaml": workload("mail-catcher"),
            "staging/web.yaml": workload("web"),
        }

        assert chosen(files)[0] == ["prod/web.yaml"]

    def test_files_of_one_folder(self) -> None:
        files = {"k8s/web.yaml": workload("web"), "k8s/web-prod.yaml": workload("web")}

        assert chosen(files) == (
            ["k8s/web-prod.yaml"],
            ("k8s/web.yaml is not read: k8s/web-prod.yaml declares the same workloads",),
        )

    def test_development_counts_only_alone(self) -> None:
        files = {"dev/a.yaml": workload("a"), "prod/b.yaml": workload("b")}

        assert chosen(files) == (["prod/b.yaml"], ("dev/a.yaml is not read: it is a variant",))
        assert chosen({"dev/a.yaml": workload("a")}) == (["dev/a.yaml"], ())

    def test_other_kinds_of_the_same_name(self) -> None:
        files = {"a/a.yaml": workload("x"), "b/b.yaml": workload("x", kind="StatefulSet")}

        assert chosen(files)[0] == ["a/a.yaml", "b/b.yaml"]

    def test_a_patch_is_no_workload(self) -> None:
        files = {"base/a.yaml": workload("api"), "overlays/prod/a.yaml": workload("web", image="")}
        found = deploy(files)

        assert chosen(files)[1] == ()
        (note,) = found.notes
        assert note.startswith(
            "overlays/prod/a.yaml:4: the changes to deployment web are not applied"
        )


class TestCharts:
    TEMPLATE = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\n"

    @pytest.mark.parametrize("chart", ["", "charts/shop"])
    def test_templates_are_skipped_with_one_note(self, chart: str) -> None:
        folder = f"{chart}/" if chart else ""
        files = {
            f"{folder}templates/a.yaml": self.TEMPLATE,
            f"{folder}templates/sub/b.yaml": self.TEMPLATE,
        }
        tree = MemoryTree({**files, f"{folder}Chart.yaml": "name: shop\n"})

        assert without_charts(files, tree) == (
            {},
            (f"the Helm chart in {chart or '.'} is not read: audit the output of helm template",),
        )

    def test_other_templates_are_not_charts(self) -> None:
        files = {"templates/a.yaml": self.TEMPLATE}

        assert without_charts(files, MemoryTree(files)) == (files, ())

    def test_a_template_of_another_kind_is_a_problem(self) -> None:
        found = deploy({"k8s/a.yaml": self.TEMPLATE})

        assert [(one.kind, one.problem.category) for one in found.problems] == [
            ("kubernetes", "template")
        ]


class TestBesideCompose:
    COMPOSE = "services: {other: {image: x/other, command: gunicorn a:b}}\n"

    def test_manifests_describe_the_stack(self) -> None:
        found = deploy({"k8s/a.yaml": workload("web"), "compose.yaml": self.COMPOSE})

        assert found.applications == ()
        assert found.notes == (
            "compose.yaml is not read: the Kubernetes manifests describe what runs",
        )

    def test_examples_do_not(self) -> None:
        found = deploy({"examples/a.yaml": workload("web"), "compose.yaml": self.COMPOSE})

        assert [one.name for one in found.applications] == ["service other"]
        assert found.notes == (
            "the Kubernetes manifests are not read: they are examples or for development",
        )

    def test_programs_of_others_do_not(self) -> None:
        files = {
            "k8s/a.yaml": workload("db", image="postgres:16"),
            "k8s/b.yaml": workload("monitoring", image="prom/prometheus:v3"),
            "compose.yaml": self.COMPOSE,
        }
        found = deploy(files)

        assert [one.name for one in found.applications] == ["service other"]
        assert found.databases == ()
        assert found.notes == (
            "the Kubernetes manifests are not read: they start no application of this deployment",
        )

    def test_manifests_without_workloads_leave_it_alone(self) -> None:
        found = deploy({"k8s/a.yaml": CONFIG, "compose.yaml": self.COMPOSE})

        assert [one.name for one in found.applications] == ["service other"]

    def test_a_broken_manifest_is_still_said(self) -> None:
        broken = "apiVersion: v1\nkind: Pod\nmetadata: [\n"
        found = deploy({"k8s/a.yaml": broken, "compose.yaml": self.COMPOSE})

        assert [(one.kind, one.problem.location.path) for one in found.problems] == [
            ("kubernetes", "k8s/a.yaml")
        ]
