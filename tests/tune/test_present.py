"""Deployments that are there: what they say of themselves, and what becomes of their files."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.audit import read_deployment
from advisor.config import given_from
from advisor.errors import UsageError
from advisor.facts.collect import collect
from advisor.model import Given
from advisor.tune.model import InfeasibleError, Machine
from advisor.tune.present import Tuned, tune_deployment
from advisor.tune.stated import Stated
from tests.support.deployments import Plain, deploy, facts_of, known
from tests.support.tune import findings_of

DEPLOYS = Path(__file__).parents[2] / "fixtures" / "deploys"
GUIDE = {
    str(file.relative_to(DEPLOYS / "guide")): file.read_text("utf-8")
    for file in sorted((DEPLOYS / "guide").rglob("*"))
    if file.is_file() and file.suffix != ".json"
}
CORES = (1, 2, 3, 4, 8, 32)
ARITHMETIC = {"STK001", "STK002", "STK003", "STK020", "PG305", "PG306", "PG324", "GUN003", "STK036"}
"""What is wrong with numbers that do not fit each other."""

POSTGRESQL = "max_connections = 100\nshared_buffers = 4GB\n"
GUNICORN = "workers = 3\nworker_class = 'sync'\ntimeout = 45\n"
ENGINE = """\
from sqlalchemy import create_engine
engine = create_engine("postgresql+psycopg://app@db/app", pool_size=20, max_overflow=10)
"""
SMALL = {"postgresql.conf": POSTGRESQL, "gunicorn.conf.py": GUNICORN, "app/db.py": ENGINE}
HOST: Plain = {"memory": "16GB", "cpus": "4", "shared": "true"}


def guide(cpus: int) -> dict[str, str]:
    """The stack of the guide on other machines."""
    compose = GUIDE["compose.yaml"].replace("cpus: 4", f"cpus: {cpus}")
    return {**GUIDE, "compose.yaml": compose}


def tune(
    files: dict[str, str],
    stated: Stated | None = None,
    *,
    host: Plain | None = None,
    target: Plain | None = None,
) -> Tuned:
    return tune_deployment(deploy(files, host=host, target=target), stated or Stated())


def codes(files: dict[str, str]) -> set[str]:
    return {one.code for one in findings_of(collect(deploy(files)))}


@pytest.mark.parametrize("cpus", CORES)
def test_the_arithmetic_of_the_guide_is_repaired(cpus: int) -> None:
    files = guide(cpus)
    before = codes(files)
    tuned = tune(files)
    after = {**files, **tuned.after}

    assert before & ARITHMETIC
    assert ("STK001" in before) == (cpus >= 3)
    assert not codes(after) & ARITHMETIC
    assert codes(after) - before <= {"STK041"}
    assert set(tuned.after) == {"gunicorn.conf.py", "app/db.py", "postgresql.conf"}


@pytest.mark.parametrize("cpus", CORES)
def test_the_arithmetic_of_the_guide(cpus: int) -> None:
    """2 × cpus + 1 workers with 20 + 10 connections each, of 200 less 3 for superusers."""
    workers = 2 * cpus + 1
    facts = facts_of(guide(cpus), "stack.database")
    messages = {one.code: one.message for one in findings_of(collect(deploy(guide(cpus))))}
    sums = f"{workers} workers × 30 = {workers * 30} connections, PostgreSQL serves 197"

    assert known(facts, "connections.usable") == 197
    assert known(facts, "connections.peak") == workers * 30
    assert known(facts, "connections.steady") == workers * 20
    assert messages.get("STK001", "") == (sums if workers * 30 > 197 else "")


@pytest.mark.parametrize("cpus", CORES)
def test_nothing_is_left_to_tune_afterwards(cpus: int) -> None:
    files = guide(cpus)
    again = tune({**files, **tune(files).after})

    assert again.after == {}


def test_what_the_files_say_is_taken_and_the_rest_assumed() -> None:
    request = tune(guide(8)).solution.request

    assert (request.database.cpus, request.database.memory) == (8, 16 * 1024**3)
    assert (request.application.cpus, request.application.memory) == (8, 4 * 1024**3)
    assert not request.one_host
    assert (request.load.worker, request.load.replicas) == ("uvicorn", 1)
    assert (request.versions.postgresql, request.versions.nginx) == (16, (1, 30))
    assert request.keep == {"timeout": 30}
    assert [one.partition(" (")[0] for one in request.assumptions] == [
        "the kind of storage is not known, so the costs of reading stay PostgreSQL's own",
        "the workload is web",
        "requests hold a connection for 30 % of their time",
        "a worker takes 150 MB of memory",
        "as many requests are in progress as the workers take on: 25 an event loop, one a thread",
        "gunicorn is 27.0",
    ]


def test_a_small_container_is_named() -> None:
    assert tune(guide(4)).left == (
        ("shm_size: 1024m", "it is 64 MB, and no compose file is edited"),
    )


def test_whole_files() -> None:
    """Comments and layout stay; a timeout that was chosen does, too."""
    tuned = tune(SMALL, host=HOST, target={"postgresql": "16"})

    assert tuned.after == {
        "gunicorn.conf.py": (
            "workers = 9\nworker_class = 'sync'\ntimeout = 45\ngraceful_timeout = 45\n"
        ),
        "app/db.py": (
            "from sqlalchemy import create_engine\n"
            'engine = create_engine("postgresql+psycopg://app@db/app", pool_size=1, '
            "max_overflow=1, pool_timeout=5, pool_recycle=1800, pool_pre_ping=True)\n"
        ),
        "postgresql.conf": (
            "max_connections = 30\nshared_buffers = 3584MB\neffective_cache_size = 10GB\n"
            "work_mem = 64MB\nmaintenance_work_mem = 896MB\nmax_wal_size = 7GB\n"
            "min_wal_size = 1792MB\ncheckpoint_timeout = 900s\nmax_parallel_workers = 4\n"
            "idle_in_transaction_session_timeout = 300s\n"
        ),
    }
    assert tuned.before == SMALL
    assert tuned.left == ()


def test_what_is_stated_counts_more_than_the_files() -> None:
    stated = Stated(worker="gthread", replicas=3, one_host=False, keep={"max_connections": 100})
    request = tune(SMALL, stated, host=HOST).solution.request

    assert (request.load.worker, request.load.replicas) == ("gthread", 3)
    assert not request.one_host
    assert request.keep == {"timeout": 45, "max_connections": 100}


def test_another_kind_of_worker_is_not_put_in_silently() -> None:
    left = dict(tune(SMALL, Stated(worker="uvicorn"), host=HOST).left)

    assert left["worker_class = 'uvicorn_worker.UvicornWorker'"] == (
        "an application is written for its workers"
    )


def test_a_second_host_may_be_stated_in_part() -> None:
    application = given_from({"cpus": "2"}, {})
    request = tune(guide(8), Stated(application=application)).solution.request

    assert request.application == Machine(2, 4 * 1024**3)
    assert request.database.cpus == 8


def test_a_size_that_is_nearly_right_stays() -> None:
    near = {**SMALL, "postgresql.conf": "shared_buffers = 3500MB\nwork_mem = 62MB\n"}
    text = tune(near, host=HOST, target={"postgresql": "16"}).after["postgresql.conf"]

    assert text.startswith("shared_buffers = 3500MB\nwork_mem = 62MB\n")


def test_a_value_from_elsewhere_is_left() -> None:
    files = {
        **SMALL,
        "gunicorn.conf.py": "import os\nworkers = int(os.environ.get('WORKERS', '3'))\n",
        "postgresql.conf": "max_connections = {{ connections }}\n",
    }
    left = dict(tune(files, host=HOST).left)

    assert left["workers = 9"] == "its value depends on the environment: change it there"
    assert left["max_connections = 30"] == "a template fills its value in"


def test_arguments_from_elsewhere_are_left() -> None:
    engine = "from sqlalchemy import create_engine\nengine = create_engine(URL, **options())\n"
    left = dict(tune({**SMALL, "app/db.py": engine}, host=HOST).left)

    assert left["pool_size=1"] == "pool_size is not written in the call itself"


def test_a_file_that_is_not_there_is_left(tmp_path: Path) -> None:
    """It may go away, or become unreadable, between reading and editing."""
    for name, text in SMALL.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    deployment = read_deployment(tmp_path, given_from(HOST, {}))
    (tmp_path / "postgresql.conf").unlink()
    (tmp_path / "gunicorn.conf.py").write_bytes(b"\0")
    left = dict(tune_deployment(deployment, Stated()).left)

    assert left["max_connections = 30"] == "there is no file postgresql.conf"
    assert "binary" in left["workers = 9"]


def test_an_engine_without_a_pool_is_left() -> None:
    """NullPool refuses every size, so the call would fail."""
    engine = ENGINE.replace("pool_size=20, max_overflow=10", "poolclass=NullPool").replace(
        "create_engine\n", "create_engine, NullPool\n", 1
    )
    tuned = tune({**SMALL, "app/db.py": engine}, host=HOST)

    assert "app/db.py" not in tuned.after
    assert dict(tuned.left)["pool_size=1, max_overflow=1"] == "NullPool keeps no connections"


def test_a_command_line_is_left() -> None:
    compose = (
        "services:\n  app:\n    build: .\n    command: gunicorn -w 3 app:app\n"
        "  db:\n    image: postgres:16\n    command: postgres -c max_connections=400\n"
    )
    left = dict(tune({"compose.yaml": compose, "app/db.py": ENGINE}, host=HOST).left)

    assert left["workers = 9"] == "it is set in compose.yaml"
    assert left["max_connections = 30"] == "it is set in compose.yaml"


def pooled(pgbouncer: str) -> dict[str, str]:
    """A stack with this pgbouncer.ini in between."""
    return {
        "compose.yaml": (
            "services:\n  app:\n    build: .\n    command: gunicorn app:app\n"
            "  pgbouncer:\n    image: edoburu/pgbouncer\n    volumes:\n"
            "      - ./pgbouncer.ini:/etc/pgbouncer/pgbouncer.ini\n"
            "  db:\n    image: postgres:16\n    volumes:\n"
            "      - ./postgresql.conf:/etc/postgresql/postgresql.conf\n"
        ),
        "pgbouncer.ini": pgbouncer,
        "postgresql.conf": POSTGRESQL,
        "gunicorn.conf.py": GUNICORN,
        "app/db.py": ENGINE.replace("@db/", "@pgbouncer:6432/"),
    }


POOLER = (
    "[databases]\napp = host=db dbname=app\n\n[pgbouncer]\npool_mode = transaction\n"
    "default_pool_size = 90\nmax_client_conn = 20\n"
)


def test_a_pooler_that_is_there_is_tuned() -> None:
    tuned = tune(pooled(POOLER), host=HOST, target={"pgbouncer": "1.24"})

    assert tuned.after["pgbouncer.ini"] == (
        "[databases]\napp = host=db dbname=app\n\n[pgbouncer]\npool_mode = transaction\n"
        "default_pool_size = 16\nmax_client_conn = 30\nmax_db_connections = 16\n"
        "query_wait_timeout = 10\n"
    )
    assert tuned.after["postgresql.conf"].startswith("max_connections = 30\n")


def test_what_cannot_be_followed_is_left() -> None:
    """PgBouncer takes the comment for a part of the number."""
    tuned = tune(pooled(POOLER.replace("= 90", "= 90 ; many")), host=HOST)

    assert "default_pool_size = 90 ; many" in tuned.after["pgbouncer.ini"]
    assert "default_pool_size = 16" in dict(tuned.left)


def test_an_upstream_without_connections_to_reuse_stays() -> None:
    """Whether one of an unknown version has any is not known, and it takes more than a number."""
    nginx = (
        "events {}\nhttp { upstream app { server 127.0.0.1:8000; }\n"
        "  server { listen 80; location / { proxy_pass http://app; } } }\n"
    )
    tuned = tune({**SMALL, "gunicorn.conf.py": "threads = 4\n", "nginx.conf": nginx}, host=HOST)

    assert "nginx.conf" not in tuned.after
    assert not [setting for setting, _ in tuned.left if "keepalive" in setting]


def test_upstreams_of_the_application() -> None:
    nginx = (
        "events {}\nhttp {\n"
        "  upstream app { server 127.0.0.1:8000; keepalive 2; keepalive_timeout 120s; }\n"
        "  upstream app2 { server 10.1.1.1:9000; keepalive 2; }\n"
        "  server { listen 80; location / { proxy_pass http://app; }\n"
        "    location /x { proxy_pass http://app2; } }\n}\n"
    )
    files = {**SMALL, "gunicorn.conf.py": "threads = 4\n", "nginx.conf": nginx}
    after = tune(files, host=HOST).after["nginx.conf"]

    assert after == nginx.replace(
        "app { server 127.0.0.1:8000; keepalive 2", "app { server 127.0.0.1:8000; keepalive 16"
    ).replace("120s", "60s")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"gunicorn.conf.py": GUNICORN}, "no PostgreSQL server was found"),
        ({"postgresql.conf": POSTGRESQL}, "no application was found"),
        (
            {**SMALL, "two/postgresql.conf": POSTGRESQL},
            "2 PostgreSQL servers were found, and the layers of one are solved together",
        ),
        (
            {**SMALL, "app/more.py": ENGINE},
            "the application has 2 engines, and values for one pool are solved",
        ),
    ],
    ids=str,
)
def test_what_is_not_one_stack_is_refused(files: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        tune(files, host=HOST)

    assert str(caught.value) == (
        f"{message} (state the load and the machines with options instead of a path)"
    )


def test_a_pooler_is_not_put_in_silently() -> None:
    """An edited max_connections must not rest on a PgBouncer that nobody has."""
    compose = guide(4)["compose.yaml"].replace(
        "cpus: 4\n    mem_limit: 4g", "cpus: 4\n    scale: 99"
    )
    with pytest.raises(InfeasibleError) as caught:
        tune({**GUIDE, "compose.yaml": compose}, host={"memory": "64GB"})

    assert "99 replicas × 4 workers need 792 connections" in str(caught.value)


@pytest.mark.parametrize("name", ["healthy", "kubernetes", "systemd", "broken"])
def test_deployments_on_disk(name: str) -> None:
    """Whatever stands in the files, edits fit them and the second run has none."""
    deployment = read_deployment(DEPLOYS / name, Given())
    tuned = tune_deployment(deployment, Stated())

    assert all(tuned.before[path] != text for path, text in tuned.after.items())
    assert all(check.holds for check in tuned.solution.checks)


def test_a_managed_server_is_tuned_for_its_class_and_its_module_left_alone() -> None:
    module = (
        'resource "aws_db_instance" "shop" {\n  engine = "postgres"\n  engine_version = "16.3"\n'
        '  instance_class = "db.t4g.small"\n}\n'
    )
    files = {"main.tf": module, "gunicorn.conf.py": GUNICORN, "app/db.py": ENGINE}
    tuned = tune(files, host={"memory": "16GB", "cpus": "4"})

    assert "main.tf" not in tuned.after
    why = "it is a parameter of a managed server: set it in main.tf"
    assert ("effective_cache_size = 1536MB", why) in tuned.left
