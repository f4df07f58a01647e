from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.sources import Kind, kind_of
from advisor.sources.kinds import is_certain, kind_of_named, may_matter

POSTGRESQL = "# tuned\nshared_buffers = 4GB\nwork_mem '16MB'\nmax_connections = 200  # enough\n"
NGINX = """\
upstream app { server app:8000; keepalive 32; }
server {
    listen 80;  # comment; with { marks
    location / { proxy_pass http://app; }
}
"""
GUNICORN = "import os\nbind = '0.0.0.0:8000'\nworkers = int(os.getenv('W', '4'))\n"
ENGINE = "from sqlalchemy import create_engine\nengine = create_engine(URL)\n"
COMPOSE = "x-a: 1\nservices:\n  web:\n    image: app\nvolumes: {}\n"
DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
TEXT_PLAN = "Seq Scan on t  (cost=0.00..35.50 rows=2550 width=4)\n"
JSON_PLAN = '[{"Plan": {"Node Type": "Seq Scan"}}]'
YAML_PLAN = '- Plan:\n    Node Type: "Seq Scan"\n'
XML_PLAN = "<explain><Query><Plan><Node-Type>Seq Scan</Node-Type></Plan></Query></explain>"
NO_COSTS = "Nested Loop\n  ->  Seq Scan on a\n  ->  Index Scan using i on b\n"

REDIS = "bind 127.0.0.1\nport 6379\nmaxclients 10000\ntimeout 0\nsave 900 1\nmaxmemory 1gb\n"
MYSQL = "[mysqld]\nport = 3306\nmax_connections = 151\nlog_error = /var/log/mysql.log\n"
PGBOUNCER = "[databases]\n* = host=db\n[pgbouncer]\nlisten_port = 6432\nmax_client_conn = 500\n"
PGPOOL = "listen_addresses = '*'\nport = 9999\nbackend_hostname0 = 'db'\nnum_init_children = 32\n"
APACHE = "<VirtualHost *:80>\n  ServerName x\n</VirtualHost>\n"
SUPERVISOR = "[program:web]\ncommand=gunicorn app ; with a comment\n"
UNIT = "[Unit]\nAfter=network.target\n[Service]\nExecStart=/usr/bin/gunicorn app\n"
NAMED = 'options { listen-on port 53 { any; }; };\nzone "x" { type master; file "x"; };\n'
HOCON = "server {\n  port = 80\n}\n"
PAM = "# services;ttys;users;times\n# root;location;x\n"
LOGROTATE = "/var/log/nginx/*.log {\n  daily\n  rotate 14\n}\n"
PHP_FPM = "[www]\n; listen on a socket;\nlisten = /run/php.sock\npm.max_children = 5\n"


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("postgresql.conf", "", Kind.POSTGRESQL),
        ("db/postgresql.auto.conf", "", Kind.POSTGRESQL),
        ("db/tuning.conf", POSTGRESQL, Kind.POSTGRESQL),
        ("db/tuning.conf.j2", POSTGRESQL, Kind.POSTGRESQL),
        ("conf.d/memory.conf", "work_mem = 64MB\n", Kind.POSTGRESQL),
        ("conf.d/crlf.conf", "work_mem = 64MB\r\nport = 5432\r\n", Kind.POSTGRESQL),
        ("pg_hba.conf", "", Kind.PG_HBA),
        ("db/pg_hba.conf.j2", "", Kind.PG_HBA),
        ("db/hba-prod.conf", "local all all peer\n", Kind.PG_HBA),
        ("db/hba.conf", "host replication r ::1/128 scram-sha-256\n", Kind.PG_HBA),
        ("db/hba.conf", "hostname = x\n", None),
        ("infra/db.tf", 'resource "aws_db_instance" "a" {\n}\n', Kind.TERRAFORM),
        ("main.tf", 'module "db" {\n  instance_class = "db.t3.micro"\n}\n', Kind.TERRAFORM),
        ("main.tf", 'resource "aws_vpc" "a" {\n}\n', None),
        ("pgbouncer.ini", "", Kind.PGBOUNCER),
        ("pool.ini", PGBOUNCER, Kind.PGBOUNCER),
        ("bouncer.conf", PGBOUNCER, Kind.PGBOUNCER),
        ("alembic.ini", "[alembic]\nscript_location = x\n", None),
        ("nginx.conf", "", Kind.NGINX),
        ("app.nginx", "", Kind.NGINX),
        ("conf.d/app.conf", NGINX, Kind.NGINX),
        ("templates/default.conf.template", NGINX, Kind.NGINX),
        ("nginx.conf.erb", NGINX, Kind.NGINX),
        ("sites-enabled/app", NGINX, Kind.NGINX),
        ("conf.d/upstream.conf", "upstream app {\n  # one\n  server app:8000;\n}\n", Kind.NGINX),
        ("conf.d/map.conf", "map $http_upgrade $up { default a; '' b; }\n", Kind.NGINX),
        ("conf.d/geo.conf", "geo $office {\n  default 0;\n}\n", Kind.NGINX),
        ("app.conf", "upstream app {\n  hosts = [a]\n}\n", None),
        ("one-line.conf", "events{} http{ server{ listen 80; } }", Kind.NGINX),
        ("snippet.conf", "proxy_set_header Host $host;\n", Kind.NGINX),
        ("gunicorn.conf.py", "", Kind.GUNICORN),
        ("conf/gunicorn_prod.py", GUNICORN, Kind.GUNICORN),
        ("my_gunicorn.py", "workers: int = 4\n", Kind.GUNICORN),
        ("gunicorn.conf", GUNICORN, Kind.GUNICORN),
        ("gunicorn_worker.py", "class Worker: ...\n", None),
        ("gunicorn_db.py", ENGINE, Kind.PYTHON),
        ("app/db.py", ENGINE, Kind.PYTHON),
        ("app/db.py", "create_async_engine(URL)", Kind.PYTHON),
        ("app/views.py", "def create(): ...\n", None),
        ("app/cache.py", "import redis\n", Kind.PYTHON),
        ("shop/settings.py", 'CACHES = {"default": {"LOCATION": "redis://x"}}\n', Kind.PYTHON),
        ("shop/settings.py", 'CACHES = {"default": {"LOCATION": "x"}}\n', None),
        ("app/live.py", '@app.websocket("/live")\n', Kind.PYTHON),
        ("app/live.py", 'Response(x, mimetype="text/event-stream")\n', Kind.PYTHON),
        ("app/x.py", "import requests\nasync def show(): ...\n", Kind.PYTHON),
        ("app/x.py", "async def show(): ...\n", None),
        ("app/x.py", "import requests\ndef show(): ...\n", None),
        ("app/x.py", 'c.execute("LISTEN orders")\n', Kind.PYTHON),
        ("app/x.py", 'c.execute("""\n  set role x""")\n', Kind.PYTHON),
        ("app/x.py", "SELECT pg_advisory_lock(1)\n", Kind.PYTHON),
        ("app/x.py", 'c.execute("UPDATE t SET a = 1")\n', None),
        ("tasks.py", 'from celery import Celery\nCelery(broker="redis://x")\n', Kind.PYTHON),
        ("redis.conf", REDIS, Kind.REDIS),
        ("redis/cache-redis.conf", 'save ""\n', Kind.REDIS),
        ("nginx/redis.conf", "upstream redis {\n  server redis:6379;\n}\n", Kind.NGINX),
        ("nginx/redis.conf", "# redis\n", None),
        ("redis-sentinel.conf", "protected-mode no\nsentinel monitor m 10.0.0.1 6379 2\n", None),
        ("slow.plan", "", Kind.PLAN),
        ("slow.explain", "", Kind.PLAN),
        ("slow.txt", TEXT_PLAN, Kind.PLAN),
        ("slow.txt", "Seq Scan on t (actual time=0.010..0.020 rows=1 loops=1)", Kind.PLAN),
        ("slow.txt", "Seq Scan on t (actual rows=1.00 loops=1)", Kind.PLAN),
        ("slow.txt", NO_COSTS, Kind.PLAN),
        ("slow.json", JSON_PLAN, Kind.PLAN),
        ("slow.yaml", YAML_PLAN, Kind.PLAN),
        ("slow.xml", XML_PLAN, Kind.PLAN),
        ("out/query.sql.out", TEXT_PLAN, Kind.PLAN),
        ("postgresql.log", f"LOG:  duration: 1 ms  plan:\n\t{TEXT_PLAN}", Kind.PLAN),
        ("package.json", '{"name": "x"}', None),
        ("notes.txt", "a (cost=high) -> b", None),
        ("compose.yaml", "", Kind.COMPOSE),
        ("deploy/docker-compose.prod.yml", "", Kind.COMPOSE),
        ("stack.yml", COMPOSE, Kind.COMPOSE),
        ("one.yml", "services: {web: {image: app}}\n", Kind.COMPOSE),
        ("config/services.yaml", "services:\n  App\\Foo:\n    class: Foo\n", None),
        (".github/workflows/ci.yml", "jobs:\n  a:\n    services:\n      image: x\n", None),
        (".gitlab-ci.yml", "services:\n  - postgres:16\njob:\n  image: x\n", None),
        ("k8s/web.yaml", DEPLOYMENT, Kind.KUBERNETES),
        ("k8s/web.yml", f"# shop\n---\n{DEPLOYMENT}", Kind.KUBERNETES),
        ("edge.yaml", "kind: Ingress\napiVersion: networking.k8s.io/v1\n", Kind.KUBERNETES),
        (
            "edge.yaml",
            "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n",
            Kind.KUBERNETES,
        ),
        ("db.yaml", "kind: Cluster\napiVersion: postgresql.cnpg.io/v1\n", Kind.KUBERNETES),
        ("config", "apiVersion: v1\nkind: Config\n", None),
        ("kubeconfig.yaml", "apiVersion: v1\nkind: Config\n", None),
        ("k8s/kustomization.yaml", "resources: []\n", Kind.KUSTOMIZATION),
        ("skaffold.yaml", "apiVersion: skaffold/v4\nkind: Config\n", None),
        ("openapi.yaml", "openapi: 3.1.0\npaths: {}\ncomponents: {}\n", None),
        (".github/workflows/k8s.yml", "on: push\njobs:\n  a:\n    kind: Deployment\n", None),
        ("values.yaml", "replicaCount: 2\nkind: Deployment\n", None),
        ("etc/web.service", UNIT, Kind.SYSTEMD),
        ("web.socket", "[Unit]\n[Socket]\nListenStream=1\n", Kind.SYSTEMD),
        ("web.service.d/limits.conf", "[Service]\nMemoryMax=1G\n", Kind.SYSTEMD),
        ("avahi.service", "<service-group></service-group>\n", None),
        ("dbus.service", "[D-BUS Service]\nName=x\n", None),
        ("Procfile", "", Kind.PROCFILE),
        ("supervisord.conf", SUPERVISOR, Kind.SUPERVISORD),
        ("conf.d/web.conf", SUPERVISOR, Kind.SUPERVISORD),
        ("supervisord.ini", f"[supervisord]\n{SUPERVISOR}", Kind.SUPERVISORD),
        ("Dockerfile", "", Kind.DOCKERFILE),
        ("docker/Dockerfile.prod", "FROM python:3.12 AS base\n", Kind.DOCKERFILE),
        ("web.dockerfile", "from --platform=linux/amd64 python:3.12\n", Kind.DOCKERFILE),
        ("Dockerfile.dockerignore", "*.pyc\n", None),
        ("dockerfile.py", "from x import y\n", None),
        (".env", "", Kind.DOTENV),
        (".env.prod", "", Kind.DOTENV),
        ("db.env", "", Kind.DOTENV),
        ("requirements.txt", "", Kind.REQUIREMENTS),
        ("requirements/prod.txt", "", Kind.REQUIREMENTS),
        ("requirements-dev.txt", "", Kind.REQUIREMENTS),
        ("uv.lock", "", Kind.REQUIREMENTS),
        ("poetry.lock", "", Kind.REQUIREMENTS),
        ("Pipfile.lock", "", Kind.REQUIREMENTS),
        ("pyproject.toml", "", Kind.REQUIREMENTS),
        ("README.md", TEXT_PLAN, None),
    ],
)
def test_kind(path: str, text: str, kind: Kind | None) -> None:
    assert kind_of(path, text) == kind


@pytest.mark.parametrize(
    "text",
    [
        REDIS,
        MYSQL,
        PGBOUNCER,
        PGPOOL,
        APACHE,
        UNIT,
        NAMED,
        HOCON,
        PAM,
        LOGROTATE,
        PHP_FPM,
        "",
    ],
)
@pytest.mark.parametrize("path", ["service.conf", "conf.d/x.conf", "sites-enabled/x"])
def test_other_programs_are_left_alone(path: str, text: str) -> None:
    """
    A file of another program must be taken neither for PostgreSQL's nor for nginx's.
    """
    assert kind_of(path, text) is None


@pytest.mark.parametrize("path", ["redis.cfg", "my.cnf", "nginx.timer", "mime.types"])
def test_other_names_are_not_even_opened(path: str) -> None:
    assert not may_matter(path)


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("plan", TEXT_PLAN, Kind.PLAN),
        ("README.md", TEXT_PLAN, Kind.PLAN),
        ("stack", COMPOSE, Kind.COMPOSE),
        ("site", NGINX, Kind.NGINX),
        ("nginx.conf.example", NGINX, Kind.NGINX),
        ("postgresql.conf.sample", POSTGRESQL, Kind.POSTGRESQL),
        ("Build", "FROM python:3.12\nCMD x\n", Kind.DOCKERFILE),
        ("settings.py", GUNICORN, Kind.GUNICORN),
        ("db.py", "x = 1\n", Kind.PYTHON),
        ("redis.conf", REDIS, Kind.REDIS),
        ("cache.cfg", REDIS, Kind.REDIS),
        ("notes", "nothing of interest", None),
    ],
)
def test_kind_of_a_named_file(path: str, text: str, kind: Kind | None) -> None:
    """
    Of a file that the user names the content decides where the name does not.
    """
    assert kind_of_named(path, text) == kind


def test_certain_names() -> None:
    assert is_certain("a/postgresql.conf")
    assert not is_certain("a/other.conf")


@given(st.text(alphabet="abc_ \t\n;{}[]#=:-<\"'().0123456789>|", max_size=2000))
@settings(max_examples=500, deadline=None)
def test_any_content_has_a_kind_or_none(text: str) -> None:
    for path in ("a.conf", "a.yml", "a.txt", "a.py", "gunicorn.py", "Dockerfile.a", "a"):
        assert kind_of(path, text) in (None, *Kind)
        assert kind_of_named(path, text) in (None, *Kind)


@pytest.mark.parametrize("unit", [" ", "\t", "{", "a", "a ", ";", "[", "(actual time=", "1."])
def test_recognition_takes_linear_time(unit: str) -> None:
    """
    Long runs of one character must not make a regular expression backtrack.
    """
    text = unit * (300_000 // len(unit))
    for path in ("a.conf", "a.yml", "a.txt", "a.py", "Dockerfile.a"):
        assert kind_of(path, text) is None


DUMP = "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE public.users (\n    id bigint\n);\n"


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("schema.sql", DUMP, Kind.SCHEMA),
        ("db/structure.sql", "create unique index concurrently i on t (a);", Kind.SCHEMA),
        ("V2__keys.ddl", "ALTER TABLE ONLY t ADD PRIMARY KEY (id);", Kind.SCHEMA),
        ("seed.sql", "INSERT INTO t VALUES ('CREATE TABLE x');", None),
        ("0001_init.down.sql", "ALTER TABLE t DROP COLUMN a; CREATE TABLE old (id int);", None),
        ("mysql.sql", "CREATE TABLE `t` (`id` int AUTO_INCREMENT) ENGINE=InnoDB;", None),
        ("mssql.sql", "CREATE TABLE t (id int IDENTITY(1,1), n NVARCHAR(20));\nGO\n", None),
        ("notes.txt", DUMP, None),
    ],
)
def test_sql_that_declares_tables_is_a_schema(path: str, text: str, kind: Kind | None) -> None:
    assert kind_of(path, text) is kind


def test_a_named_file_may_be_a_schema_whatever_its_name() -> None:
    assert kind_of_named("dump.txt", DUMP) is Kind.SCHEMA
