"""PostgreSQL servers: which file belongs to which service, what the command line says."""

from __future__ import annotations

import pytest

from advisor.deployment.model import Database
from advisor.model import Unknown, Value
from tests.support.deployments import deploy, facts_of, known

SET = "max_connections = 50\nwork_mem = 8MB\n"
OTHER = "max_connections = 70\n"


def servers(files: dict[str, str]) -> list[tuple[str, str]]:
    """Name and file of every server."""
    return [(one.name, one.path) for one in deploy(files).databases]


def notes(files: dict[str, str]) -> str:
    return "\n".join(deploy(files).notes)


def raw(database: Database, name: str) -> str:
    return database.document.settings[name].raw


class TestPairing:
    TWO = """\
services:
  main:
    image: postgres:16
    command: postgres -c config_file=/etc/postgresql/postgresql.conf
    volumes: ["./pg/main.conf:/etc/postgresql/postgresql.conf:ro"]
  other: {image: "postgres:15"}
"""

    def test_a_mount_decides_between_two_services(self) -> None:
        files = {"compose.yaml": self.TWO, "pg/main.conf": SET}

        assert servers(files) == [("service main", "pg/main.conf"), ("service other", "")]
        assert deploy(files).databases[1].document.settings == {}

    def test_what_is_left_belongs_to_who_is_left(self) -> None:
        files = {"compose.yaml": self.TWO, "pg/main.conf": SET, "postgresql.conf": OTHER}

        assert servers(files) == [
            ("service main", "pg/main.conf"),
            ("service other", "postgresql.conf"),
        ]

    def test_one_file_and_one_service_belong_together(self) -> None:
        files = {"compose.yaml": "services: {db: {image: postgres}}", "a/postgresql.conf": SET}

        assert servers(files) == [("service db", "a/postgresql.conf")]

    def test_one_file_and_two_services_do_not(self) -> None:
        files = {
            "compose.yaml": "services: {a: {image: postgres}, b: {image: postgres}}",
            "postgresql.conf": SET,
        }
        assert servers(files) == [
            ("service a", ""),
            ("service b", ""),
            ("postgresql.conf", "postgresql.conf"),
        ]
        assert "postgresql.conf could not be matched to one of the services a, b" in notes(files)

    def test_two_files_and_one_service_do_not(self) -> None:
        files = {
            "compose.yaml": "services: {db: {image: postgres}}",
            "a/postgresql.conf": SET,
            "b/postgresql.conf": OTHER,
        }
        assert [name for name, _ in servers(files)] == [
            "service db",
            "a/postgresql.conf",
            "b/postgresql.conf",
        ]
        assert notes(files).count("could not be matched to one of the services db") == 2

    @pytest.mark.parametrize(
        "mount",
        [
            "./x/my.conf:/etc/postgresql/postgresql.conf",
            "./x:/etc/postgresql",
            "./x/my.conf:/custom/place.conf",
        ],
    )
    def test_config_file_of_the_command_line(self, mount: str) -> None:
        place = "/etc/postgresql/my.conf" if mount.endswith("postgresql") else mount.split(":")[1]
        files = {
            "compose.yaml": f"""\
services:
  db:
    image: postgres:16
    command: ["postgres", "-c", "config_file={place}"]
    volumes: ["{mount}"]
""",
            "x/my.conf": SET,
            "y/postgresql.conf": OTHER,
        }
        assert servers(files)[0] == ("service db", "x/my.conf")

    def test_a_config_of_compose(self) -> None:
        files = {
            "compose.yaml": """\
services:
  db: {image: "postgres:16", configs: [{source: pg, target: /etc/postgresql/postgresql.conf}]}
configs: {pg: {file: ./main.conf}}
""",
            "main.conf": SET,
            "y/postgresql.conf": OTHER,
        }
        assert servers(files)[0] == ("service db", "main.conf")

    def test_an_image_built_here(self) -> None:
        files = {
            "compose.yaml": "services: {db: {build: pg}, other: {image: postgres}}",
            "pg/Dockerfile": "FROM postgres:16\nCOPY my.conf /etc/postgresql/postgresql.conf\n"
            'CMD ["postgres", "-c", "config_file=/etc/postgresql/postgresql.conf"]\n',
            "pg/my.conf": SET,
        }
        assert servers(files) == [("service db", "pg/my.conf"), ("service other", "")]
        major = deploy(files).databases[0].major
        assert isinstance(major, Value)
        assert (major.value, str(major.location)) == (16, "pg/Dockerfile:1")

    def test_variants_are_not_judged(self) -> None:
        files = {"postgresql.conf": SET, "postgresql.dev.conf": "work_mem = 1MB\n"}

        assert servers(files) == [("postgresql.conf", "postgresql.conf")]
        assert notes(files) == (
            "postgresql.dev.conf is not judged: postgresql.conf configures the server"
        )

    def test_a_variant_alone_is(self) -> None:
        assert servers({"dev/postgresql.conf": SET})[0][0] == "dev/postgresql.conf"

    def test_included_files_are_no_servers(self) -> None:
        files = {
            "postgresql.conf": "include_dir 'conf.d'\n",
            "conf.d/a.conf": SET,
            "postgresql.auto.conf": "work_mem = 9MB\n",
        }
        (server,) = deploy(files).databases

        assert (raw(server, "max_connections"), raw(server, "work_mem")) == ("50", "9MB")

    def test_files_that_include_each_other(self) -> None:
        """Neither vanishes with its problem."""
        files = {
            "postgresql.conf": "include 'b.conf'\n" + SET,
            "b.conf": "include 'postgresql.conf'\n" + SET,
        }

        assert servers(files) == [("postgresql.conf", "postgresql.conf")]
        assert any("includes itself" in one.problem.message for one in deploy(files).problems)


class TestCommandLine:
    COMPOSE = """\
services:
  db:
    image: postgres:16
    command: >-
      postgres -c config_file=/etc/postgresql/postgresql.conf
      -c max_connections=300 -c shared_buffers=1GB
    volumes: ["./postgresql.conf:/etc/postgresql/postgresql.conf"]
"""

    def test_it_beats_the_file(self) -> None:
        (server,) = deploy({"compose.yaml": self.COMPOSE, "postgresql.conf": SET}).databases

        assert raw(server, "max_connections") == "300"
        assert raw(server, "work_mem") == "8MB"
        assert server.document.settings["max_connections"].location.path == "compose.yaml"

    def test_it_is_all_there_is(self) -> None:
        files = {"compose.yaml": self.COMPOSE}
        facts = facts_of(files, "postgresql")

        assert known(facts, "pg.max_connections") == 300
        assert known(facts, "pg.work_mem") == 4 * 1024 * 1024

    def test_in_the_entrypoint(self) -> None:
        text = "services: {db: {image: postgres, entrypoint: postgres -c max_connections=7}}"

        assert raw(deploy({"compose.yaml": text}).databases[0], "max_connections") == "7"

    def test_a_service_without_any_file_has_defaults(self) -> None:
        facts = facts_of({"compose.yaml": "services: {db: {image: 'postgres:16'}}"}, "postgresql")

        assert known(facts, "pg.max_connections") == 100
        assert known(facts, "pg.major") == 16

    def test_a_file_that_is_mounted_and_not_named(self) -> None:
        text = """\
services:
  db: {image: postgres:16, volumes: ["./postgresql.conf:/etc/postgresql/postgresql.conf"]}
"""
        files = {"compose.yaml": text, "postgresql.conf": SET}
        said = notes(files)

        assert "service db does not name it" in said
        assert "does not name it" not in notes({**files, "compose.yaml": self.COMPOSE})
        assert "does not name it" not in notes(
            {**files, "compose.yaml": text.replace("postgres:16", "acme/postgis:16")}
        )


class TestVersions:
    @pytest.mark.parametrize(
        ("image", "major"),
        [
            ("postgres:16.3-alpine", 16),
            ("postgres:9.6", 9),
            ("postgis/postgis:15-3.4", 15),
            ("timescale/timescaledb:2.14.2-pg16", 16),
            ("pgvector/pgvector:0.7.0-pg17", 17),
            ("pgvector/pgvector:pg15", 15),
            ("timescale/timescaledb:2.14.2", None),
            ("citusdata/citus:12.1", None),
            ("postgres:latest", None),
            ("postgres", None),
        ],
    )
    def test_by_the_tag_of_the_image(self, image: str, major: int | None) -> None:
        """The first number of an extension's image is that of the extension."""
        (server,) = deploy({"compose.yaml": f"services: {{db: {{image: '{image}'}}}}"}).databases

        assert (server.major.value if isinstance(server.major, Value) else None) == major

    def test_a_stated_version_counts_before_the_image(self) -> None:
        files = {"compose.yaml": "services: {db: {image: 'postgres:16'}}"}
        (server,) = deploy(files, target={"postgresql": 14}).databases

        assert isinstance(server.major, Value)
        assert server.major.value == 14

    def test_a_file_alone(self) -> None:
        (server,) = deploy({"postgresql.conf": SET}).databases

        assert isinstance(server.major, Unknown)
        assert server.major.needs == ("pg.major",)
        assert str(server.location) == "postgresql.conf:1"


class TestStrays:
    MAIN = {"postgresql.conf": "include_dir 'conf.d'\n", "conf.d/10.conf": SET}  # noqa: RUF012

    def test_a_folder_inside_an_included_one_is_no_server(self) -> None:
        files = self.MAIN | {"conf.d/site/20.conf": SET, "conf.d/.30.conf": SET}
        (database,) = deploy(files).databases
        (folder,) = database.document.folders

        assert database.path == "postgresql.conf"
        assert folder.files == ("conf.d/.30.conf", "conf.d/site/20.conf")

    @pytest.mark.parametrize(
        "path", ["conf.d/other/postgresql.conf", "conf.d/20.conf.j2", "e/20.conf"]
    )
    def test_a_server_of_its_own(self, path: str) -> None:
        """By its name, as a template of which a file is made that is read, or by its place."""
        assert {one for _, one in servers(self.MAIN | {path: SET})} == {"postgresql.conf", path}

    def test_a_root_that_is_included_takes_nothing_away(self) -> None:
        files = {"postgresql.conf": "include_dir '.'\n", "10.conf": SET, "b/20.conf": SET}

        assert [one for _, one in servers(files)] == ["postgresql.conf", "b/20.conf"]
