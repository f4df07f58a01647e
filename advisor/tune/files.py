"""
A solution as files: a folder that starts, and that the audit can be run on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from advisor.tune.comments import Beside, commented
from advisor.tune.crew import ARBITER, cache_size
from advisor.tune.model import Choice, Layer, Machine, Solution
from advisor.tune.nginx_file import nginx_file
from advisor.units import SIZE_UNITS, format_size

_MB = SIZE_UNITS["MB"]


def render_files(solution: Solution) -> dict[str, str]:
    """
    Text by path. Every value has its reason beside it.
    """
    files = {path: text(solution) for path, text in _FILES.items()}
    if solution.has("pgbouncer"):
        files["pgbouncer.ini"] = _pgbouncer(solution)
    if solution.has("redis"):
        files["redis.conf"] = "\n".join(_lines(solution["redis"], "{name} {value}", Beside.ABOVE))
    return files


def _lines(layer: Layer, form: str, beside: Beside = Beside.COLUMN) -> Iterator[str]:
    """
    One line for each choice, with its reason.
    """
    for choice in layer.choices:
        line = form.format(name=choice.setting, value=choice.text)
        yield from commented(line, choice.why, beside=beside)
    yield ""


def _gunicorn(solution: Solution) -> str:
    head = f'"""Workers for {_of(solution.request.application)}."""'
    settings = (
        commented(f"{one.setting} = {_literal(one)}", one.why, beside=Beside.CLOSE)
        for one in solution["gunicorn"].choices
    )
    return "\n".join((head, "", *(line for lines in settings for line in lines), ""))


def _literal(choice: Choice) -> str:
    """
    A value of Python with the quotes that formatters leave.
    """
    return f'"{choice.value}"' if isinstance(choice.value, str) else choice.text


def _of(machine: Machine) -> str:
    return f"{machine.cpus:g} cpus and {format_size(machine.memory)}"


def _postgresql(solution: Solution) -> str:
    request = solution.request
    memory = solution.database_memory
    head = f"# {request.database.cpus:g} cpus, {format_size(memory)} for PostgreSQL."
    return "\n".join((head, *_lines(solution["postgresql"], "{name} = {value}")))


def _engine(solution: Solution) -> str:
    call, source = "create_engine", "sqlalchemy"
    if solution.request.load.worker == "uvicorn":
        call, source = "create_async_engine", "sqlalchemy.ext.asyncio"
    arguments = (line for one in solution["engine"].choices for line in _argument(one, solution))
    return "\n".join(
        (
            '"""One engine for each process."""',
            "",
            "import os",
            "",
            f"from {source} import {call}",
            "",
            f"engine = {call}(",
            '    os.environ["DATABASE_URL"],',
            *arguments,
            ")",
            "",
        )
    )


def _argument(choice: Choice, solution: Solution) -> Iterator[str]:
    line = f"{choice.setting}={choice.text},"
    if choice.setting == "connect_timeout":
        more = f"{_limited(solution)}{_unprepared(solution)}"
        line = f'connect_args={{"connect_timeout": {choice.text}{more}}},'
    return commented(line, choice.why, indent="    ", beside=Beside.CLOSE)


def _limited(solution: Solution) -> str:
    """
    The limit of a statement, sent with every connection; PgBouncer would refuse the parameter.
    """
    if solution.has("pgbouncer"):
        return ""
    (choice,) = solution["role"].choices
    return f', "options": "-c {choice.setting}={choice.text}"'


def _unprepared(solution: Solution) -> str:
    """
    An old PgBouncer loses statements that the driver prepares.
    """
    if not solution.has("pgbouncer") or solution["pgbouncer"].has("max_prepared_statements"):
        return ""
    return ', "prepare_threshold": None'


def _roles(solution: Solution) -> str:
    (choice,) = solution["role"].choices
    line = f"ALTER ROLE :\"app\" SET {choice.setting} = '{choice.text}';"
    return f"-- psql -v app=ROLE -f roles.sql\n-- {choice.why}\n{line}\n"


def _pgbouncer(solution: Solution) -> str:
    return "\n".join(
        (
            "[databases]",
            "app = host=db port=5432 dbname=app",
            "",
            "[pgbouncer]",
            "listen_addr = *",
            "listen_port = 6432",
            "auth_type = scram-sha-256",
            "auth_file = /run/secrets/pgbouncer_users",
            *_lines(solution["pgbouncer"], "{name} = {value}", Beside.ABOVE),
        )
    )


def _settings(solution: Solution) -> str:
    """
    ``advisor.toml``: what no other file can say, so that an audit knows it.
    """
    request = solution.request
    versions = request.versions
    host = [f'workload = "{request.load.workload}"']
    if request.database.storage:
        host.insert(0, f'storage = "{request.database.storage}"')
    return "\n".join(
        (
            "[host]",
            *host,
            "",
            "[target]",
            f'postgresql = "{versions.postgresql}"',
            f'nginx = "{_dotted(versions.nginx)}"',
            f'gunicorn = "{_dotted(versions.gunicorn)}"',
            f'pgbouncer = "{_dotted(versions.pgbouncer)}"',
            "",
        )
    )


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _compose(solution: Solution) -> str:
    """
    Limits of memory and cpus, and what follows from other layers for a container.
    """
    services = [_proxy(solution), _application(solution)]
    if solution.has("pgbouncer"):
        services.append(_pooler(solution))
    services.append(_database(solution))
    if solution.has("redis"):
        services.append(_cache(solution))
    tail = ["", "volumes:", "  pgdata: {}", ""]
    if solution.has("pgbouncer"):
        secret = ["secrets:", "  pgbouncer_users:", "    environment: PGBOUNCER_USERS"]
        tail = ["", *secret, *tail]
    return "\n".join(["services:", "\n\n".join(services), *tail])


def _proxy(solution: Solution) -> str:
    version = _dotted(solution.request.versions.nginx)
    files = solution["nginx"].number("worker_rlimit_nofile")
    return f"""\
  proxy:
    image: nginx:{version}
    cpus: {solution.request.application.cpus:g}
    ports:
      - "80:80"
      - "443:443"
    ulimits:
      nofile: {files}
    volumes:
      - ./nginx.conf:/etc/nginx/nginx.conf:ro
      - ./certs:/etc/nginx/certs:ro
    depends_on:
      - app"""


def _application(solution: Solution) -> str:
    request, gunicorn = solution.request, solution["gunicorn"]
    machine, port = request.application, 6432 if solution.has("pgbouncer") else 5432
    server = "pgbouncer" if solution.has("pgbouncer") else "db"
    memory = machine.memory - cache_size(machine, wanted=request.redis)
    if request.one_host:
        memory = ARBITER + gunicorn.number("workers") * request.load.resident
    replicas = request.load.replicas
    copies = f"    deploy:\n      replicas: {replicas}\n" if replicas > 1 else ""
    return f"""\
  app:
    build: .
    command: gunicorn -c gunicorn.conf.py app.main:app
    environment:
      DATABASE_URL: postgresql+psycopg://app@{server}:{port}/app
    expose:
      - "8000"
    cpus: {machine.cpus:g}
    mem_limit: {_mem(memory)}
{copies}    stop_grace_period: {gunicorn.number("graceful_timeout") + 5}s
    depends_on:
      - {server}"""


def _pooler(solution: Solution) -> str:
    clients = solution["pgbouncer"].number("max_client_conn")
    return f"""\
  pgbouncer:
    image: edoburu/pgbouncer
    ulimits:
      nofile: {max(2 * clients, 65536)}
    volumes:
      - ./pgbouncer.ini:/etc/pgbouncer/pgbouncer.ini:ro
    secrets:
      - pgbouncer_users
    depends_on:
      - db"""


def _database(solution: Solution) -> str:
    request = solution.request
    memory = solution.database_memory
    major = request.versions.postgresql
    # From 18 on the image keeps its data one folder higher.
    folder = "/var/lib/postgresql" if major >= 18 else "/var/lib/postgresql/data"
    return f"""\
  db:
    image: postgres:{major}
    command: postgres -c config_file=/etc/postgresql/postgresql.conf
    cpus: {request.database.cpus:g}
    mem_limit: {_mem(memory)}
    shm_size: {_mem(solution.shared_memory)}
    volumes:
      - ./postgresql.conf:/etc/postgresql/postgresql.conf:ro
      - pgdata:{folder}"""


def _cache(solution: Solution) -> str:
    request = solution.request
    machine = request.application
    return f"""\
  redis:
    image: redis:7
    command: redis-server /etc/redis.conf
    mem_limit: {_mem(cache_size(machine, wanted=True))}
    volumes:
      - ./redis.conf:/etc/redis.conf:ro"""


def _mem(size: int) -> str:
    return f"{size // _MB}m"


_FILES: Mapping[str, Callable[[Solution], str]] = {
    "nginx.conf": nginx_file,
    "gunicorn.conf.py": _gunicorn,
    "app/db.py": _engine,
    "postgresql.conf": _postgresql,
    "roles.sql": _roles,
    "compose.yaml": _compose,
    "advisor.toml": _settings,
}
"""Files that every solution has."""
