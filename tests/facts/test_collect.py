"""Every subject has the facts that the schema promises, whatever the files say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.audit import read_deployment
from advisor.facts.collect import COLLECTORS, collect
from advisor.facts.namespaces import RECORDS, scope_of
from advisor.facts.schema import Kind, Type
from advisor.model import Given, Unknown, Value
from advisor.model.subject import Record, Subject
from advisor.overview import budgets, diagram, fact_rows, stack_line, timeouts
from advisor.rules.catalogue import load_rules
from advisor.verdict import judge_all
from tests.support.deployments import NGINX, UVICORN, deploy

DEPLOYS = Path(__file__).parents[2] / "fixtures" / "deploys"
_PYTHON: Mapping[Kind, type] = {Kind.BOOL: bool, Kind.STRING: str, Kind.VERSION: tuple}

ENGINE = "import os\nfrom sqlalchemy import create_engine\nengine = create_engine(%s)\n"
PLAN = """\
 Sort  (cost=1.0..2.0 rows=5 width=4) (actual time=9.0..9.1 rows=20 loops=1)
   Sort Key: a
   Sort Method: external merge  Disk: 512kB
   ->  Seq Scan on t  (cost=0.00..9.0 rows=9 width=4) (actual time=0.1..8.0 rows=9 loops=1)
         Filter: (b = 1)
         Rows Removed by Filter: 99999
 Execution Time: 9.3 ms
"""
COMPOSE = """\
services:
  proxy: {image: "nginx:1.27", volumes: ["./nginx.conf:/etc/nginx/nginx.conf"]}
  app:
    build: .
    command: gunicorn -w ${N:-3} app
    environment: {DATABASE_URL: "postgresql://u:pw@db/x", GUNICORN_CMD_ARGS: --threads 2}
    cpus: 1.5
  db: {image: "postgres:16", mem_limit: 2g, command: postgres -c work_mem=64MB}
"""
SMALL: Mapping[str, Mapping[str, str]] = {
    "only postgresql": {"postgresql.conf": "work_mem = 8MB\nwork_men = 9\nshared_buffers = 1\n"},
    "a template": {"postgresql.conf": "work_mem = {{ x }}\nmax_connections = {{ y }}\n"},
    "only nginx": {"nginx.conf": NGINX % "127.0.0.1:8000"},
    "a fragment": {
        "a.conf": "server { listen 443 ssl http2; location / { proxy_pass http://x; } }"
    },
    "only gunicorn": {"gunicorn.conf.py": "worker = 3\nworkers = 2.5\nbind = [1, 2]\n"},
    "only an engine": {"db.py": ENGINE % "os.environ['URL'], pool_size='x', pool_pre_ping=1"},
    "engines of all kinds": {
        "gunicorn.conf.py": UVICORN,
        "a.py": ENGINE % "'sqlite://', **settings",
        "b.py": ENGINE % "'postgresql://h:6432/x', max_overflow=-1, pool_size=0",
        "c.py": ENGINE % "url, poolclass=Own, pool_recycle=None, pool_timeout=1e400",
        "postgresql.conf": "max_connections = many\n",
    },
    "a plan": {"slow.plan": PLAN},
    "a whole stack": {
        "compose.yaml": COMPOSE,
        "nginx.conf": NGINX % "app:8000",
        "db.py": ENGINE % "os.environ['DATABASE_URL']",
        "gunicorn.conf.py": "keepalive = 5\ntimeout = 30\n",
        "requirements.txt": "gunicorn==23.0.0\n",
    },
    "a stack without services": {
        "nginx.conf": NGINX % "unix:/run/app.sock",
        "gunicorn.conf.py": "bind = 'unix:/run/app.sock'\nworkers = 10**30\n",
        "db.py": ENGINE % "'postgresql://db/x', pool_size=10**30",
        "postgresql.conf": "",
        "slow.plan": PLAN,
    },
    "broken files": {
        "compose.yaml": "services: [",
        "nginx.conf": "http {",
        "gunicorn.conf.py": "workers = (",
        "postgresql.conf": "'",
        "slow.plan": "[{",
    },
    "an old gunicorn": {"gunicorn.conf.py": "", "requirements.txt": "gunicorn==20.0.4\n"},
}


def fits(value: object, type_: Type) -> bool:
    """Whether a value is of the Python type that stands for a fact's type."""
    if value is None:
        return True
    if type_.kind is Kind.LIST:
        assert type_.item is not None
        return isinstance(value, tuple) and all(fits(one, type_.item) for one in value)
    if type_.kind is Kind.RECORD:
        return isinstance(value, Record) and complete(value, type_)
    if type_.kind in _PYTHON:
        return isinstance(value, _PYTHON[type_.kind])
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def complete(record: Record, type_: Type) -> bool:
    fields = RECORDS[type_.record]
    return record.fields.keys() == fields.keys() and all(
        isinstance(fact, Unknown) or fits(fact.value, fields[name])
        for name, fact in record.fields.items()
    )


def check(subject: Subject) -> None:
    """The contract of a subject: the facts of its target, all of them, of the right types."""
    scope = scope_of(subject.target)
    for name, spec in scope.items():
        fact = subject.facts[name]
        assert isinstance(fact, (Value, Unknown)), (subject.target, name)
        assert isinstance(fact, Unknown) or fits(fact.value, spec.type), (name, fact, spec.type)
    assert subject.name
    assert subject.location is None or subject.location.line > 0


@pytest.mark.parametrize("name", SMALL)
def test_small_deployments(name: str) -> None:
    found = collect(deploy(SMALL[name]))

    assert found
    for subject in found:
        check(subject)


@pytest.mark.parametrize("name", SMALL)
def test_with_everything_stated(name: str) -> None:
    host = {"cpus": 4, "memory": "16GB", "storage": "ssd", "shared": True}
    target = {"postgresql": 17, "nginx": "1.30.0", "gunicorn": "27.0.1"}
    for subject in collect(deploy(SMALL[name], host=host, target=target)):
        check(subject)


@pytest.mark.parametrize("path", sorted(DEPLOYS.iterdir()), ids=lambda path: path.name)
def test_fixtures(path: Path) -> None:
    found = collect(read_deployment(path, Given()))

    assert found
    for subject in found:
        check(subject)


def test_no_subject_has_facts_that_nobody_may_name() -> None:
    """Facts of the stack come from joined mappings, which may hold more; the others do not."""
    for files in SMALL.values():
        for subject in collect(deploy(files)):
            if subject.target.partition(".")[0] in ("gunicorn", "engine", "plan", "file"):
                assert set(subject.facts) == set(scope_of(subject.target)), subject.target


def test_lists_are_no_noise() -> None:
    """Settings that are lists have no fact, rather than one that says "is a list"."""
    files = {"gunicorn.conf.py": "bind = ['0.0.0.0:80', ':81']\nraw_env = ['A=1']\n"}
    rows = [one for one in fact_rows(collect(deploy(files))) if one.name.startswith("gunicorn.")]

    assert not [one for one in rows if one.origin is None]
    assert "gunicorn.bind" not in {one.name for one in rows}


def test_nothing_is_collected_from_nothing() -> None:
    assert collect(deploy({})) == ()
    assert not any(has_any(deploy({})) for has_any in COLLECTORS.values())


def pieces(*texts: str) -> st.SearchStrategy[str]:
    """Texts of one kind, whole, cut short, put together or full of dirt."""
    whole = st.sampled_from(texts)
    cut = st.builds(lambda text, end: text[:end], whole, st.integers(0, 200))
    both = st.builds(lambda one, two: one + two, whole, cut)
    dirt = st.text(alphabet="aA0'\"\\{}[]()$:;=#-\n\t\u00e9\u2028/.*%", max_size=40)
    dirty = st.builds(
        lambda text, more, at: text[:at] + more + text[at:], whole, dirt, st.integers(0, 200)
    )
    return whole | cut | both | dirty | dirt


HOSTILE = {
    "compose.yaml": pieces(
        COMPOSE,
        "services: {a: {image: nginx, volumes: ['./:/etc/nginx']}, b: {build: .., scale: -1}}\n",
        "services:\n  a: {image: postgres, command: ['-c', 'config_file=/x', '-c'], cpus: 1e9}\n",
        "services:\n  a: {build: {context: '${X}'}, command: './run.sh', env_file: [.env, ../x]}\n",
        "services: {a: {image: 'pgbouncer', environment: [DB_HOST=db, A]}, db: {image: postgis}}\n",
    ),
    "nginx.conf": pieces(
        NGINX % "app:8000",
        NGINX % "unix:/run/app.sock; server [::1]:99999 weight=x",
        "http { server { location / { proxy_pass http://$x; } } include conf.d/*.conf; }\n",
        "upstream a { keepalive x; } server { listen 1 ssl; location / { proxy_pass http://a; } }",
    ),
    "conf.d/site.conf": pieces("server { listen 80; location / { proxy_pass http://app; } }\n"),
    "postgresql.conf": pieces(
        "max_connections = 100\nshared_buffers = 4GB\nwork_mem = 50MB\n",
        "max_connections = -5\nwork_mem = 1e30GB\nsuperuser_reserved_connections = 999\n",
        "include 'postgresql.conf'\ninclude_dir 'conf.d'\nautovacuum_max_workers = 0\n",
        "reserved_connections = {{ x }}\nhash_mem_multiplier = nan\n",
    ),
    "gunicorn.conf.py": pieces(
        UVICORN + "workers = 9\nkeepalive = 5\n",
        "import os\nworkers = int(os.environ.get('N', 4)) * 10**40\nthreads = -1\n",
        "import multiprocessing\nworkers = multiprocessing.cpu_count() / 0\n",
        "workers = 0\ntimeout = float('nan')\nworker_class = None\nbind = {}\n",
        "worker_class = 'gthread'\nthreads = 10**400\nworkers = 'x'\nworker = 3\n",
    ),
    "app/db.py": pieces(
        ENGINE % "'postgresql://db/x', pool_size=20, max_overflow=10",
        ENGINE % "os.environ['DATABASE_URL'], pool_size=0, max_overflow=-1",
        ENGINE % "f'postgresql://{a}:{b}@{c}:{d}/x', poolclass=NullPool",
        ENGINE % "url, pool_size=float('inf'), max_overflow=10**400, pool_timeout=float('nan')",
        ENGINE % "'postgresql://db:6432/x', pool_size=-3, max_overflow=True, pool_pre_ping='no'",
    ),
    "slow.plan": pieces(
        PLAN,
        '[{"Plan": {"Node Type": "Seq Scan", "Plan Rows": 1e400, "Actual Rows": -1}}]',
        "Seq Scan on t  (cost=0.00..0.00 rows=0 width=0) (actual time=0..0 rows=0 loops=0)\n",
    ),
    "requirements.txt": pieces("gunicorn==23.0.0\n", "gunicorn==0\nGunicorn===1.2.3.4.5.6.7\n"),
    "Dockerfile": pieces('FROM python\nCOPY . /app\nCMD ["gunicorn", "-w", "2", "app"]\n'),
    ".env": pieces("COMPOSE_PROFILES=*\nX=1\n"),
    "run.sh": pieces("exec gunicorn -w $N app\n"),
}
rules = cache(load_rules)


@given(
    st.lists(st.sampled_from(sorted(HOSTILE)), min_size=1, max_size=6, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: HOSTILE[name] for name in names})
    ),
    st.sampled_from([{}, {"cpus": 4, "memory": "16GB"}, {"cpus": 0.5, "memory": "1MB"}]),
    st.sampled_from([{}, {"postgresql": 9}, {"postgresql": 17, "nginx": "1.30", "gunicorn": 20}]),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_combination_of_files_is_too_much(
    files: dict[str, str], host: dict[str, object], target: dict[str, object]
) -> None:
    """Whatever the files say: subjects are complete, rules decide, and the overview is drawn."""
    deployment = deploy(files, host=host, target=target)
    found = collect(deployment)
    for subject in found:
        check(subject)

    list(judge_all(rules(), found))
    list(fact_rows(found))
    stack_line(deployment)
    diagram(deployment, tuple(budgets(deployment)), tuple(timeouts(deployment)))
