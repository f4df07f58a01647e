"""Which compose files describe the stack, and what they include."""

from __future__ import annotations

import pytest

from advisor.deployment.compose import read_services
from advisor.deployment.services import RunningService, Services
from advisor.model import Value
from advisor.sources.tree import MemoryTree

BASE = "services: {web: {image: 'web:1', cpus: 1}, db: {image: 'postgres:16'}}\n"


def read(files: dict[str, str]) -> Services:
    """Services of all YAML files."""
    found = [(path, text) for path, text in files.items() if path.endswith((".yaml", ".yml"))]
    return read_services(found, MemoryTree(files))


def image(service: RunningService) -> str:
    written = service.written_image
    return written.value if written else ""


def images(services: Services) -> dict[str, str]:
    return {one.name: image(one) for one in services.running}


WHOLE = "it describes a whole stack"


class TestOverrides:
    @pytest.mark.parametrize(
        ("base", "override"),
        [
            ("compose.yaml", "compose.override.yaml"),
            ("docker-compose.yml", "docker-compose.override.yml"),
            ("deploy/compose.yml", "deploy/compose.override.yml"),
        ],
    )
    def test_the_file_that_compose_takes_by_itself(self, base: str, override: str) -> None:
        services = read({base: BASE, override: "services: {web: {image: 'web:2'}}\n"})

        assert images(services) == {"web": "web:2", "db": "postgres:16"}
        assert services.notes == (f"{override} is merged into {base}",)

    def test_a_file_of_another_name_has_none(self) -> None:
        services = read({"stack-compose.yaml": BASE, "compose.override.yaml": "services: {}\n"})

        assert services.notes == (
            "compose.override.yaml is not read: stack-compose.yaml describes the stack",
        )


class TestProduction:
    def test_what_is_incomplete_goes_over_the_base(self) -> None:
        services = read(
            {
                "compose.yaml": BASE,
                "compose.override.yaml": "services: {web: {image: 'web:dev'}}\n",
                "compose.prod.yaml": "services: {web: {cpus: 4}}\n",
                "compose.dev.yaml": "services: {web: {cpus: 8}}\n",
            }
        )
        cpus = services.running[0].service.cpus

        assert images(services) == {"web": "web:1", "db": "postgres:16"}
        assert isinstance(cpus, Value)
        assert (cpus.value, str(cpus.location)) == (4.0, "compose.prod.yaml:1")
        assert services.notes == (
            "compose.prod.yaml is merged into compose.yaml, as for production",
            "compose.dev.yaml is not read: compose.yaml describes the stack",
            "compose.override.yaml is not read: compose.yaml describes the stack",
        )

    @pytest.mark.parametrize(
        "production",
        [
            "services: {web: {image: 'web:9'}, db: {image: 'postgres:17'}, proxy: {image: nginx}}",
            "services: {web: {image: 'web:9', depends_on: [cache]}, cache: {image: redis}}",
        ],
    )
    def test_a_whole_stack_is_read_alone(self, production: str) -> None:
        services = read({"compose.yaml": BASE, "compose.production.yaml": production})

        assert images(services)["web"] == "web:9"
        assert images(services).get("db") in ("postgres:17", None)
        assert services.notes == (
            f"compose.production.yaml is read alone: {WHOLE}, beside compose.yaml",
            "compose.yaml is not read: compose.production.yaml describes the stack",
        )

    def test_one_service_with_an_image_is_still_no_stack(self) -> None:
        services = read(
            {"compose.yaml": BASE, "compose.prod.yaml": "services: {web: {image: 'web:9'}}\n"}
        )

        assert images(services) == {"web": "web:9", "db": "postgres:16"}

    def test_several_variants_for_production_are_not_added_up(self) -> None:
        services = read(
            {
                "compose.yaml": BASE,
                "compose.prod.yaml": "services: {web: {cpus: 4}}\n",
                "compose.prod-us.yaml": "services: {web: {cpus: 16}}\n",
            }
        )
        cpus = services.running[0].service.cpus

        assert isinstance(cpus, Value)
        assert cpus.value == 4.0


class TestListed:
    def test_the_variable_decides(self) -> None:
        services = read(
            {
                ".env": "COMPOSE_FILE=deploy/base.yml:deploy/extra.yml\n",
                "compose.yaml": BASE,
                "deploy/base.yml": "services: {web: {image: 'web:7', build: .}}\n",
                "deploy/extra.yml": "services: {web: {image: 'web:8'}}\n",
            }
        )

        assert [one.folder for one in services.running] == ["deploy"]
        written = services.running[0].service.image
        assert isinstance(written, Value)
        assert written.value == "web:8"
        assert services.notes == (
            "COMPOSE_FILE in .env names deploy/base.yml and deploy/extra.yml",
            "compose.yaml is not read: deploy/base.yml describes the stack",
        )

    @pytest.mark.parametrize(
        "env",
        [
            "COMPOSE_FILE=compose.yaml;b.yaml\n",
            "COMPOSE_PATH_SEPARATOR=,\nCOMPOSE_FILE=compose.yaml,b.yaml\n",
        ],
    )
    def test_other_separators(self, env: str) -> None:
        files = {".env": env, "compose.yaml": BASE, "b.yaml": "services: {web: {image: b}}\n"}

        assert images(read(files))["web"] == "b"

    def test_files_that_are_not_there_decide_nothing(self) -> None:
        services = read({".env": "COMPOSE_FILE=a.yaml:gone.yaml\n", "compose.yaml": BASE})

        assert images(services) == {"web": "web:1", "db": "postgres:16"}


class TestIncludes:
    def test_a_project_of_its_own(self) -> None:
        services = read(
            {
                "compose.yaml": "include: [data/compose.yaml]\n" + BASE,
                ".env": "TAG=1\n",
                "data/.env": "TAG=2\nOTHER=3\n",
                "data/compose.yaml": "services: {cache: {image: 'redis:${TAG}.${OTHER}'}}\n",
            }
        )

        assert images(services)["cache"] == "redis:1.3"
        assert {one.name: one.folder for one in services.running}["cache"] == "data"
        assert services.notes == ()

    def test_the_long_form(self) -> None:
        services = read(
            {
                "compose.yaml": "include:\n  - path: [a/x.yaml, a/y.yaml]\n"
                "    project_directory: b\n    env_file: c.env\n",
                "c.env": "TAG=5\n",
                "a/x.yaml": "services: {s: {image: 'x:${TAG}'}}\n",
                "a/y.yaml": "services: {s: {cpus: 2}}\n",
            }
        )
        (found,) = services.running

        assert (image(found), found.folder) == ("x:5", "b")
        assert isinstance(found.service.cpus, Value)

    def test_cycles_end(self) -> None:
        services = read(
            {
                "compose.yaml": "include: [b.yaml]\nservices: {s: {image: a}}\n",
                "b.yaml": "include: [compose.yaml]\nservices: {t: {image: b}}\n",
            }
        )

        assert images(services) == {"s": "a", "t": "b"}
        assert services.notes == ("b.yaml:1: compose.yaml is not included again",)

    def test_what_is_missing_is_said(self) -> None:
        services = read({"compose.yaml": "include: [gone.yaml]\nservices: {s: {image: a}}\n"})

        assert services.notes == ("gone.yaml is not among the files that . includes",)


def test_extended_files_count_as_read() -> None:
    services = read(
        {
            "compose.yaml": "services: {s: {extends: {file: common.yml, service: base}}}\n",
            "common.yml": "services: {base: {image: 'a:1'}}\n",
        }
    )

    assert images(services) == {"s": "a:1"}
    assert services.notes == ()
