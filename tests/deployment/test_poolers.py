"""
PgBouncer and pg_hba.conf in a deployment: whose they are, and who connects through what.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from advisor.audit import collect_example
from advisor.config import given_from
from advisor.deployment.assemble import assemble
from advisor.deployment.model import Deployment
from advisor.model import Unknown, Value
from advisor.model.subject import Fact
from advisor.sources.kinds import kind_of
from advisor.sources.tree import MemoryTree
from advisor.sources.walk import Source

INI = "[databases]\nshop = host=db pool_size=7\n[pgbouncer]\npool_mode = transaction\n"
ENGINE = "from sqlalchemy import create_engine\nengine = create_engine('postgresql://{}/shop')\n"
APP = {"gunicorn.conf.py": "workers = 2\nthreads = 3\n"}
COMPOSE = """\
services:
  db:
    image: postgres:16
  pool:
    image: {image}
    ports: ["6432:6432"]
    environment:
      DB_HOST: db
      DB_NAME: shop
      POOL_MODE: transaction
      DEFAULT_POOL_SIZE: "9"
      PGBOUNCER_MAX_CLIENT_CONN: "700"
"""


def deployed(files: Mapping[str, str]) -> Deployment:
    kinds = ((path, kind_of(path, text), text) for path, text in files.items())
    sources = [Source(path, kind, text) for path, kind, text in kinds if kind]
    return assemble(sources, MemoryTree(dict(files)), given_from({}, {}), name="test")


def facts(files: Mapping[str, str], target: str, **versions: str) -> Mapping[str, Fact]:
    found = [one for one in collect_example(files, {}, versions) if one.target == target]
    assert len(found) == 1, found
    return found[0].facts


def known(facts: Mapping[str, Fact], name: str) -> object:
    fact = facts[name]
    assert isinstance(fact, Value), (name, fact)
    return fact.value


def engine(host: str) -> dict[str, str]:
    return {"app/db.py": ENGINE.format(host), **APP}


class TestPoolers:
    def test_a_file_on_its_own(self) -> None:
        """Its port tells the engines that connect to it; the server is the only one."""
        files = {"pgbouncer.ini": INI, "postgresql.conf": "", **engine("10.0.0.1:6432")}
        deployment = deployed(files)
        (pooler,) = deployment.poolers
        (edge,) = deployment.database_edges

        assert pooler.database is deployment.databases[0]
        assert edge.pooler == "pgbouncer.ini"
        assert known(facts(files, "postgresql"), "connections.pooler")

    def test_another_port_is_no_pooler(self) -> None:
        files = {"pgbouncer.ini": INI, "postgresql.conf": "", **engine("10.0.0.1:5432")}

        assert deployed(files).pooler_edges == ()

    @pytest.mark.parametrize("host", ["pool:5432", "pool", "localhost:6432"])
    def test_a_service(self, host: str) -> None:
        compose = {"compose.yaml": COMPOSE.format(image="edoburu/pgbouncer:v1.23.1-p2")}
        deployment = deployed({**compose, **engine(host)})
        (pooler,) = deployment.poolers
        (edge,) = deployment.database_edges

        assert pooler.name == edge.pooler == "service pool"
        assert edge.database.service == "db"

    def test_the_server_beside_it_is_reached_directly(self) -> None:
        compose = {"compose.yaml": COMPOSE.format(image="edoburu/pgbouncer")}
        (edge,) = deployed({**compose, **engine("db")}).database_edges

        assert edge.pooler == ""

    def test_a_mounted_file_belongs_to_the_service(self) -> None:
        compose = (
            "services:\n  p:\n    image: own/pooler\n"
            "    volumes: ['./pgbouncer.ini:/etc/pgbouncer/pgbouncer.ini']\n"
        )
        (pooler,) = deployed({"compose.yaml": compose, "pgbouncer.ini": INI}).poolers

        assert (pooler.name, pooler.path) == ("service p", "pgbouncer.ini")

    def test_variants_are_left_out(self) -> None:
        deployment = deployed({"pgbouncer.ini": INI, "test/pgbouncer.ini": INI})

        assert [one.path for one in deployment.poolers] == ["pgbouncer.ini"]
        assert any("test/pgbouncer.ini is not judged" in note for note in deployment.notes)

    def test_templates_and_problems(self) -> None:
        deployment = deployed({"pgbouncer.ini": "[pgbouncer]\nmin_pool_size=${X}\nbad\n"})

        assert {one.problem.category for one in deployment.problems} == {"template", "syntax"}


class TestVariables:
    def test_edoburu(self) -> None:
        found = facts({"compose.yaml": COMPOSE.format(image="edoburu/pgbouncer:1.24")}, "pgbouncer")

        assert known(found, "pgbouncer.pool_mode") == "transaction"
        assert known(found, "pgbouncer.default_pool_size") == 9
        assert known(found, "pgbouncer.listen_port") == 5432
        assert known(found, "pgbouncer.max_client_conn") == 100
        assert known(found, "pgbouncer.max_prepared_statements") == 200
        assert known(found, "pgbouncer.usable") == 97

    def test_bitnami(self) -> None:
        found = facts({"compose.yaml": COMPOSE.format(image="bitnami/pgbouncer:1.21")}, "pgbouncer")

        assert known(found, "pgbouncer.max_client_conn") == 700
        assert known(found, "pgbouncer.auth_type") == "scram-sha-256"
        assert known(found, "pgbouncer.max_prepared_statements") == 0

    def test_an_image_of_somebody_else(self) -> None:
        found = facts({"compose.yaml": COMPOSE.format(image="acme/pgbouncer")}, "pgbouncer")

        assert isinstance(found["pgbouncer.pool_mode"], Unknown)
        assert isinstance(found["pgbouncer.server_connections"], Unknown)


class TestDemand:
    def test_clients_and_pools(self) -> None:
        files = {"pgbouncer.ini": INI, "postgresql.conf": "", **engine("h:6432")}
        found = facts(files, "pgbouncer", postgresql="16")

        assert known(found, "pgbouncer.clients") == 6
        assert known(found, "pgbouncer.clients_formula") == "2 workers × 3"
        assert known(found, "pgbouncer.server_connections") == 7
        assert known(found, "pgbouncer.transactional")
        assert known(found, "pgbouncer.local")

    @pytest.mark.parametrize(
        ("entries", "used"),
        [
            ("a = host=x pool_size=7", False),
            ("a = host=x pool_size=7\nb = host=x", True),
            ("a = host=x pool_size=many", True),
            ("; none yet", True),
        ],
    )
    def test_whether_the_default_size_counts(self, entries: str, *, used: bool) -> None:
        found = facts({"pgbouncer.ini": f"[databases]\n{entries}\n[pgbouncer]\n"}, "pgbouncer")

        assert known(found, "pgbouncer.default_used") is used

    def test_databases_on_several_servers(self) -> None:
        ini = "[databases]\na = host=x\nb = host=y\n[pgbouncer]\n"

        unknown = facts({"pgbouncer.ini": ini}, "pgbouncer")["pgbouncer.server_connections"]
        assert isinstance(unknown, Unknown)

    @pytest.mark.parametrize(
        ("driver", "arguments", "prepares"),
        [
            ("psycopg2", "", False),
            ("psycopg", "", True),
            ("psycopg", "connect_args={'prepare_threshold': None}", False),
            ("psycopg", "connect_args={'prepare_threshold': 0}", True),
            ("asyncpg", "", True),
            ("asyncpg", "connect_args={'statement_cache_size': 0}", True),
            (
                "asyncpg",
                "connect_args={'statement_cache_size': 0, 'prepared_statement_cache_size': 0}",
                False,
            ),
            ("psycopg", "**unknown()", None),
            ("pg8000", "", None),
        ],
    )
    def test_drivers_that_prepare(self, driver: str, arguments: str, prepares: object) -> None:
        text = (
            "from sqlalchemy import create_engine\n"
            f"engine = create_engine('postgresql+{driver}://h:6432/d', {arguments})\n"
        )
        fact = facts({"pgbouncer.ini": INI, "db.py": text, **APP}, "stack.pooled")[
            "pooled.prepares"
        ]

        assert (fact.value if isinstance(fact, Value) else None) is prepares

    @pytest.mark.parametrize(
        ("arguments", "opens"),
        [
            ("", True),
            ("isolation_level='SERIALIZABLE'", True),
            ("isolation_level='AUTOCOMMIT'", False),
            ("execution_options={'isolation_level': 'AUTOCOMMIT'}", False),
            ("execution_options={'stream_results': True}", True),
            ("isolation_level=level()", None),
            ("**unknown()", None),
        ],
    )
    def test_transactions(self, arguments: str, opens: object) -> None:
        text = (
            "from sqlalchemy import create_engine\n"
            f"engine = create_engine('postgresql://h:6432/d', {arguments})\n"
        )
        found = facts({"pgbouncer.ini": INI, "db.py": text, **APP}, "stack.pooled")
        fact = found["pooled.transactions"]

        assert (fact.value if isinstance(fact, Value) else None) is opens

    @pytest.mark.parametrize(
        ("options", "version", "setting", "refused", "ignored"),
        [
            ("-c statement_timeout=5", "1.22", "", "statement_timeout", ""),
            ("-c statement_timeout=5", "1.22", "statement_timeout", "", "statement_timeout"),
            ("-c TimeZone=UTC", "1.22", "", "", ""),
            ("-c TimeZone=UTC", "1.18", "", "options", ""),
            ("-c a=1 --b-c=2", "1.18", "options", "", "a and b_c"),
            ("-c a=1", "1.22", "options", "", "a"),
        ],
    )
    def test_startup_parameters(
        self, options: str, version: str, setting: str, refused: str, ignored: str
    ) -> None:
        text = (
            "from sqlalchemy import create_engine\n"
            f"e = create_engine('postgresql://h:6432/d', connect_args={{'options': '{options}'}})\n"
        )
        ini = f"{INI}ignore_startup_parameters = {setting}\n"
        files = {"pgbouncer.ini": ini, "db.py": text, **APP}
        found = facts(files, "stack.pooled", pgbouncer=version)

        assert known(found, "pooled.refused") == refused
        assert known(found, "pooled.ignored") == ignored


class TestAccess:
    def test_the_mounting_server(self) -> None:
        compose = (
            "services:\n  a:\n    image: postgres:16\n  b:\n    image: postgres:13\n"
            "    volumes: ['./pg_hba.conf:/etc/postgresql/pg_hba.conf']\n"
        )
        text = "local all all \\\npeer\n"
        (access,) = deployed({"compose.yaml": compose, "pg_hba.conf": text}).access

        assert access.database is not None
        assert access.database.service == "b"
        assert len(access.document.problems) == 2, "13 knows no continued lines"

    def test_the_only_server(self) -> None:
        (access,) = deployed({"postgresql.conf": "", "pg_hba.conf": ""}).access

        assert access.database is not None

    def test_variants_and_templates(self) -> None:
        files = {"pg_hba.conf": "local all {{ x }} peer\n", "dev/pg_hba.conf": ""}
        deployment = deployed(files)

        assert [one.document.path for one in deployment.access] == ["pg_hba.conf"]
        assert [one.problem.category for one in deployment.problems] == ["template"]

    @pytest.mark.parametrize(
        ("first", "second", "shadowed"),
        [
            ("host all all all md5", "hostssl x y ::1/128 md5", True),
            ("hostssl all all all md5", "host x y ::1/128 md5", False),
            ("host all all all md5", "local all all peer", False),
            ("host a,b all all md5", "host b x all md5", True),
            ("host a,b all all md5", "host b,c x all md5", False),
            ('host all "all" all md5', "host all x all md5", False),
            ("host all +g all md5", "host all x all md5", False),
            ("host @l all all md5", "host @l all all md5", False),
        ],
    )
    def test_shadows(self, first: str, second: str, *, shadowed: bool) -> None:
        subjects = collect_example({"pg_hba.conf": f"{first}\n{second}\n"}, {}, {})

        assert known(subjects[-1].facts, "hba.shadowed") is shadowed
