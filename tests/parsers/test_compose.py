from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model import Location, Origin, Secret, Unknown, Value
from advisor.parsers.compose import (
    Build,
    Command,
    ComposeDocument,
    EnvFile,
    Mount,
    Port,
    Service,
    Ulimit,
    parse_compose,
)
from advisor.parsers.images import ImageName

if TYPE_CHECKING:
    from pathlib import Path

STACK = """\
name: shop
x-common: &common
  restart: always
  environment: &env
    LOG_LEVEL: info
    DB_PASSWORD: ${DB_PASSWORD:?set it}
    DATABASE_URL: postgresql+asyncpg://app:${DB_PASSWORD}@db:5432/shop
services:
  web:
    <<: *common
    build:
      context: .
      dockerfile: docker/Dockerfile
      target: prod
      args: {PY: "3.12"}
    command: >
      gunicorn shop:app
      -c /app/gunicorn.conf.py --workers ${WORKERS:-4}
    environment:
      <<: *env
      WEB_CONCURRENCY: ${WEB_CONCURRENCY}
    env_file:
      - .env.prod
      - path: local.env
        required: false
    depends_on:
      db: {condition: service_healthy}
    deploy:
      replicas: 3
      resources:
        limits: {cpus: "1.5", memory: 512M}
        reservations: {cpus: "0.5", memory: 256M}
    stop_grace_period: 1m30s
    networks:
      back: {aliases: [app]}
    container_name: shop-web
    volumes:
      - ./gunicorn.conf.py:/app/gunicorn.conf.py:ro
  db:
    image: postgres:${PG:-16}-alpine
    command: ["postgres", "-c", "max_connections=200"]
    shm_size: 1gb
    ports: ["127.0.0.1:5432:5432"]
    healthcheck: {test: [CMD, pg_isready]}
"""

PASSWORD = {"DB_PASSWORD": "hunter2"}
TEMPLATE = "is a template with {{ }}, not a finished compose file"


def read(text: str, **env: str) -> ComposeDocument:
    return parse_compose("compose.yaml", text, env=env)


def service(body: str, **env: str) -> Service:
    """
    The service ``s`` of a file in which nothing is wrong.
    """
    document = one(body, **env)
    assert document.problems == ()
    return document.services["s"]


def one(body: str, **env: str) -> ComposeDocument:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return read(f"services:\n  s:\n{lines}", **env)


def plain(item: object) -> object:
    assert isinstance(item, Value)
    return item.value


def test_a_whole_stack() -> None:
    document = read(STACK, **PASSWORD)
    assert document.problems == ()
    assert list(document.services) == ["web", "db"]
    web = document.services["web"]
    assert web.location == Location("compose.yaml", 9, 3, 9, 6)
    assert web.image is None
    assert isinstance(web.build, Build)
    assert plain(web.build.dockerfile) == "docker/Dockerfile"
    assert plain(web.build.target) == "prod"
    assert plain(web.build.args["PY"]) == "3.12"
    assert (plain(web.replicas), plain(web.cpus), plain(web.memory)) == (3, 1.5, 512 * 1024**2)
    assert (plain(web.cpus_reserved), plain(web.memory_reserved)) == (0.5, 256 * 1024**2)
    assert plain(web.stop_grace_period) == 90
    assert web.depends_on == ("db",)
    assert web.networks == ("back",)
    assert web.aliases == ("shop-web", "app")
    assert [plain(item.path) for item in web.env_files] == [".env.prod", "local.env"]
    assert [item.required for item in web.env_files] == [True, False]
    database = document.services["db"]
    assert database.image_name == ImageName("postgres", "16-alpine")
    assert plain(database.shm_size) == 1024**3
    assert database.ipc is None
    assert database.has_healthcheck
    assert not web.has_healthcheck


def test_merged_environment_and_secrets() -> None:
    web = read(STACK, **PASSWORD).services["web"]
    assert plain(web.environment["LOG_LEVEL"]) == "info"
    assert plain(web.environment["DB_PASSWORD"]) == Secret("hunter2")
    assert plain(web.environment["DATABASE_URL"]) == Secret(
        "postgresql+asyncpg://app:hunter2@db:5432/shop"
    )
    assert web.environment["WEB_CONCURRENCY"] == Unknown(
        "depends on WEB_CONCURRENCY, set in no file", Location("compose.yaml", 21, 24, 21, 42)
    )
    assert "hunter2" not in repr(web)


def test_words_of_a_folded_command_know_their_line() -> None:
    command = read(STACK).services["web"].command
    assert isinstance(command, Command)
    assert [(word.value, str(word.location)) for word in command.words] == [
        ("gunicorn", "compose.yaml:17"),
        ("shop:app", "compose.yaml:17"),
        ("-c", "compose.yaml:18"),
        ("/app/gunicorn.conf.py", "compose.yaml:18"),
        ("--workers", "compose.yaml:18"),
        ("4", "compose.yaml:18"),
    ]
    last = command.words[-1]
    assert last.origin is Origin.ASSUMED
    assert last.note == "default of WORKERS, set in no file"
    assert last.location == Location("compose.yaml", 18, 42, 18, 55)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("command: a -c 'b c'", ["a", "-c", "b c"]),
        ("command: [a, '-c', b c]", ["a", "-c", "b c"]),
        ("command: |\n  a\n  b", ["a", "b"]),
        ('command: "a \\"b c\\" d"', ["a", "b c", "d"]),
        ("command: a && b", ["a", "&&", "b"]),
        ("command: a ${ARGS:-b c} 'x ${D:-y z}'", ["a", "b", "c", "x y z"]),
        ("command: a $NONE ${EXTRA:-} b$$HOME", ["a", "$NONE", "b$HOME"]),
        ("command: [a, '${NONE}', '${ARGS:-b c}']", ["a", "${NONE}", "b c"]),
        ("command: a\\ ${B:-b}", ["a b"]),
        ('command: a ${B:-"b c}', ["a", '"b c']),
        ("command: ''", []),
        ("command: []", []),
        (
            "command: run --db postgres://u:${DB_PASSWORD}@db/x",
            ["run", "--db", "postgres://u:***@db/x"],
        ),
        ("command: redis-server --requirepass hunter2", ["redis-server", "--requirepass", "***"]),
        ("command: 4", ["4"]),
    ],
)
def test_commands(body: str, words: list[str]) -> None:
    command = service(body, **PASSWORD).command
    assert command is not None
    assert [word.value for word in command.words] == words


@pytest.mark.parametrize("body", ["command:", "command: ~", "command: !reset null", "image: x"])
def test_no_command(body: str) -> None:
    assert service(body).command is None


def test_words_that_cannot_be_placed_stand_for_the_whole_value() -> None:
    command = service('command: "a \\x62 c"').command
    assert command is not None
    columns = [word.location.column for word in command.words if word.location]
    assert columns == [15, 14, 14]


@pytest.mark.parametrize(
    ("body", "field", "value"),
    [
        ("image: app", "image", "app"),
        ("image: 'app:${TAG}'", "image", "app:9"),
        ("working_dir: /app", "working_dir", "/app"),
        ("user: 1000:1000", "user", "1000:1000"),
        ("scale: 2", "replicas", 2),
        ("deploy: {replicas: '${R:-3}'}", "replicas", 3),
        ("deploy: {replicas: 0}", "replicas", 0),
        ("cpus: 0.5", "cpus", 0.5),
        ("cpus: '.5'", "cpus", 0.5),
        ("cpu_quota: 50000", "cpus", 0.5),
        ("cpu_quota: 50ms\ncpu_period: 25ms", "cpus", 2.0),
        ("mem_limit: 1.5g", "memory", 1536 * 1024**2),
        ("mem_limit: 1073741824", "memory", 1024**3),
        ("mem_reservation: 64m", "memory_reserved", 64 * 1024**2),
        ("cpuset: 0-3,8", "cpuset", 5),
        ("shm_size: 256mb", "shm_size", 256 * 1024**2),
        ("ulimits: {nofile: 65535}", "nofile", Ulimit(65535, 65535)),
        ("ulimits: {nofile: {soft: 1, hard: -1}}", "nofile", Ulimit(1, -1)),
        ("stop_grace_period: 500ms", "stop_grace_period", 0.5),
        ("network_mode: host", "network_mode", "host"),
        ("read_only: true", "read_only", True),
        ("read_only: 'False'", "read_only", False),
    ],
)
def test_single_values(body: str, field: str, value: object) -> None:
    assert plain(getattr(service(body, TAG="9"), field)) == value


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("cpus: 0", "cpus"),
        ("cpu_quota: 0", "cpus"),
        ("cpu_quota: -1", "cpus"),
        ("cpu_period: 1000", "cpus"),
        ("deploy: {resources: {limits: {cpus: '0', memory: '0'}}}", "cpus"),
        ("mem_limit: 0", "memory"),
        ("image: ~", "image"),
        ("deploy:", "replicas"),
        ("cpus: !reset null", "cpus"),
    ],
)
def test_what_is_not_limited_or_not_written(body: str, field: str) -> None:
    assert getattr(service(body), field) is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("image: ${IMAGE}", "image"),
        ("deploy: {replicas: '${R}'}", "replicas"),
        ("cpus: ${CPUS:?needed}", "cpus"),
        ("mem_limit: ${MEM}m", "memory"),
        ("cpu_quota: ${Q}", "cpus"),
        ("cpu_quota: 1000\ncpu_period: ${P}", "cpus"),
        ("ulimits: {nofile: {soft: 1, hard: '${H}'}}", "nofile"),
    ],
)
def test_what_depends_on_the_shell_is_unknown(body: str, field: str) -> None:
    """
    Compose would take nothing for the variable; the shell that starts it very likely does not.
    """
    item = getattr(service(body), field)
    assert isinstance(item, Unknown)
    assert item.location is not None


@pytest.mark.parametrize(
    ("body", "origin"),
    [
        ("image: a", Origin.LITERAL),
        ("image: a:$TAG", Origin.EVALUATED),
        ("image: a:${NONE:-1}", Origin.ASSUMED),
        ("image: a:${NONE}", Origin.ASSUMED),
        ("cpu_quota: 100", Origin.EVALUATED),
        ("cpu_quota: ${Q:-100}", Origin.ASSUMED),
    ],
)
def test_origins(body: str, origin: Origin) -> None:
    item = service(body, TAG="9")
    value = item.image or item.cpus
    assert isinstance(value, Value)
    assert value.origin is origin


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("image: [a]", "image is not a single value"),
        ("cpus: many", "cpus is not a number of cores"),
        ("mem_limit: 1 banana", "mem_limit is not a size"),
        ("stop_grace_period: 10", "stop_grace_period is not like 1m30s"),
        ("deploy: {replicas: -1}", "replicas is not a whole number"),
        ("ulimits: {nofile: {soft: x, hard: 1}}", "soft is not a number"),
        ("ports: ['a:b']", "port is not a port mapping"),
        ("ports: ['99999']", "port is not a port mapping"),
        ("ports: ['x:80']", "port is not a port mapping"),
        ("ports: {a: 1}", "ports is not a list"),
        ("volumes: ['']", "volume is not a volume"),
        ("environment: [[a]]", "environment is not of the form NAME=value"),
        ("environment: {A: [b]}", "A is not a single value"),
        ("command: a 'b", "command: a single quote is not closed"),
        ("command: [[a]]", "a word of command is not a single value"),
        ("deploy: x", "deploy is not a mapping"),
        ("image: a${", "variables cannot be replaced: ${ needs the name of a variable"),
        ("image: a\nimage: b", "image is written twice, which Compose refuses"),
        ("? [a]\n: b", "a key of service s is not a text"),
        (
            "cpus: 1\ndeploy: {resources: {limits: {cpus: 2}}}",
            "cpus is set twice to different values",
        ),
        ("scale: 1\ndeploy: {replicas: 2}", "replicas is set twice to different values"),
        (
            "extends: {service: b}",
            "extends b, but there is no such service",
        ),
    ],
)
def test_problems(body: str, message: str) -> None:
    document = one(body)
    assert [problem.message for problem in document.problems] == [message]
    assert document.problems[0].location.line >= 3
    assert "s" in document.services


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("80", Port(range(80, 81), None)),
        ("8080:80", Port(range(80, 81), range(8080, 8081))),
        ("127.0.0.1:8080:80", Port(range(80, 81), range(8080, 8081), "127.0.0.1")),
        ("127.0.0.1::80", Port(range(80, 81), None, "127.0.0.1")),
        ("[::1]:8080:80/udp", Port(range(80, 81), range(8080, 8081), "::1", "udp")),
        ("3000-3005:4000-4005", Port(range(4000, 4006), range(3000, 3006))),
        ("${PORT}:80", Port(range(80, 81), None)),
        ("${P:-81}:80", Port(range(80, 81), range(81, 82))),
    ],
)
def test_ports(text: str, port: Port) -> None:
    (found,) = service(f"ports: ['{text}']").ports
    assert found.value == port
    assert (found.origin is Origin.ASSUMED) == ("$" in text)


def test_ports_in_the_long_notation() -> None:
    body = "ports:\n  - {target: 80, published: '8080-8081', host_ip: 10.0.0.1, protocol: udp}"
    assert service(body).ports[0].value == Port(range(80, 81), range(8080, 8082), "10.0.0.1", "udp")
    assert service("ports: [{target: 80, published: '$P'}]").ports[0].origin is Origin.ASSUMED
    assert service("ports: [{target: 80, published: '${P:-1}'}]").ports[0].origin is Origin.ASSUMED
    assert service("ports: [{target: '$T'}]").ports == ()
    assert service("ports: [{target: '${T:-1}', published: 2}]").ports[0].origin is Origin.ASSUMED


def test_expose() -> None:
    assert [item.value for item in service("expose: [80, '81-82/tcp']").expose] == [
        range(80, 81),
        range(81, 83),
    ]


@pytest.mark.parametrize(
    ("body", "mount"),
    [
        ("volumes: [./a:/b:ro]", Mount("bind", "./a", "/b", read_only=True)),
        ("volumes: ['/a:/b:z,ro']", Mount("bind", "/a", "/b", read_only=True)),
        ("volumes: ['~/a:/b']", Mount("bind", "~/a", "/b")),
        ("volumes: [data:/b]", Mount("volume", "data", "/b")),
        ("volumes: [/b]", Mount("volume", "", "/b")),
        ("volumes: ['C:\\a:/b']", Mount("bind", "C:\\a", "/b")),
        (
            "volumes: [{type: bind, source: ./a, target: /b, read_only: true}]",
            Mount("bind", "./a", "/b", read_only=True),
        ),
        (
            "volumes: [{type: tmpfs, target: /b, tmpfs: {size: 1m}}]",
            Mount("tmpfs", "", "/b", size=1024**2),
        ),
        ("volumes: [{type: npipe, source: a, target: b}]", Mount("other", "a", "b")),
        ("tmpfs: /run", Mount("tmpfs", "", "/run")),
        ("tmpfs: ['/run:size=64m,mode=700']", Mount("tmpfs", "", "/run", size=64 * 1024**2)),
        ("configs: [conf]", Mount("config", "./n.conf", "/conf", read_only=True)),
        (
            "configs: [{source: conf, target: /etc/n.conf}]",
            Mount("config", "./n.conf", "/etc/n.conf", read_only=True),
        ),
        ("secrets: [pw]", Mount("secret", "./pw", "/run/secrets/pw", read_only=True)),
        ("secrets: [none]", Mount("secret", "", "/run/secrets/none", read_only=True)),
    ],
)
def test_mounts(body: str, mount: Mount) -> None:
    top = "configs: {conf: {file: ./n.conf}}\nsecrets: {pw: {file: ./pw}}\n"
    document = read(f"{top}services:\n  s:\n    {body}\n")
    assert document.problems == ()
    assert [item.value for item in document.services["s"].mounts] == [mount]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("environment: {A: 1}", "1"),
        ("environment: {A: ''}", ""),
        ("environment: [A=1]", "1"),
        ("environment: ['A=']", ""),
        ("environment: ['A=x=y']", "x=y"),
        ("environment: ['A=~']", "~"),
        ("environment: {A: $SET}", "s"),
        ("environment: {A: 'x${NONE}'}", "x"),
        ("environment: [SET]", None),
        ("environment: {SET: }", None),
    ],
)
def test_environment(body: str, expected: str | None) -> None:
    found = service(body, SET="s").environment
    if expected is None:
        assert found["SET"] == Value("s", Origin.EVALUATED, found["SET"].location)
    else:
        assert plain(found["A"]) == expected


@pytest.mark.parametrize("body", ["environment: [A]", "environment: {A: }", "environment: {A: $A}"])
def test_variables_from_the_shell_are_unknown(body: str) -> None:
    assert isinstance(service(body).environment["A"], Unknown)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("env_file: a.env", (("a.env", True),)),
        ("env_file: [a.env, b.env]", (("a.env", True), ("b.env", True))),
        ("env_file: {path: a.env, required: false}", (("a.env", False),)),
        ("env_file: [{required: false}]", ()),
    ],
)
def test_env_files(body: str, expected: tuple[tuple[str, bool], ...]) -> None:
    found = service(body).env_files
    assert all(isinstance(item, EnvFile) for item in found)
    assert tuple((plain(item.path), item.required) for item in found) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("healthcheck: {test: curl x}", True),
        ("healthcheck: {interval: 10s}", True),
        ("healthcheck: {test: [NONE]}", False),
        ("healthcheck: {disable: true, test: curl x}", False),
        ("image: a", False),
    ],
)
def test_healthcheck(body: str, expected: bool) -> None:  # noqa: FBT001 - a test parameter
    assert service(body).has_healthcheck is expected


def test_lists_of_names() -> None:
    found = service(
        "build: ./app\nprofiles: [dev]\nnetworks: [a, b]\ndepends_on: [x]\n"
        "sysctls: [net.core.somaxconn=1024]"
    )
    assert found.build == Build(
        Location("compose.yaml", 3, 12, 3, 17),
        context=Value("./app", Origin.LITERAL, Location("compose.yaml", 3, 12, 3, 17)),
    )
    assert found.profiles == ("dev",)
    assert (found.networks, found.depends_on) == (("a", "b"), ("x",))
    assert plain(found.sysctls["net.core.somaxconn"]) == "1024"
    assert service("build:").build is None
    assert service("image: $NONE").image_name is None


def test_merges() -> None:
    """
    Own keys win, then the first of several merges; merges nest.
    """
    document = read(
        "x-a: &a {image: a, user: a, cpus: 1}\n"
        "x-b: &b {<<: *a, user: b}\n"
        "x-c: &c {image: c, working_dir: /c}\n"
        "services:\n  s:\n    <<: [*b, *c]\n    cpus: 2\n"
    )
    found = document.services["s"]
    assert document.problems == ()
    assert plain(found.image) == "a"
    assert plain(found.user) == "b"
    assert plain(found.working_dir) == "/c"
    assert plain(found.cpus) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("- a", "the file is not a mapping"),
        ("services: [a]", "services is not a mapping"),
        ("services:\n  a: b", "service a is not a mapping"),
        ("a: [", "is not valid YAML: did not find expected node content"),
        ("a: *b", "the alias *b refers to nothing that is complete"),
        ("a: &a [*a]", "the alias *a refers to nothing that is complete"),
        ("[" * 500, "is nested more than 64 deep"),
        ("- " * 200_000, "is nested more than 64 deep"),
        ("a: \x01", "is not valid YAML: control characters are not allowed"),
        ("a: \ud800", "holds characters that are not text"),
        ("{% if x %}\nservices:\n{% endif %}", "is a template with {{ }} or {% %}, not YAML"),
        ("services:\n  a:\n    image: {{ i }}b\n", "is a template with {{ }} or {% %}, not YAML"),
        ("services:\n  {{ name }}:\n    image: a\n", TEMPLATE),
        ("services:\n  a:\n    image: {{ i }}\n", TEMPLATE),
        ("services:\n  a:\n    cpus: {{ i }}\n    image: {{ i }}\n", TEMPLATE),
        ("web:\n  image: a\n", "has no services; the format of Compose 1 is not read"),
        ("services: {}\n---\na: 1\n", "only the first YAML document of the file is read"),
    ],
)
def test_files_that_are_no_compose_files(text: str, message: str) -> None:
    assert [problem.message for problem in read(text).problems] == [message]


def test_a_template_says_what_to_do() -> None:
    problem = read("{% if x %}").problems[0]
    assert (problem.category, problem.hint) == ("template", "audit the rendered file")


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system", "!custom", "!!binary"])
def test_tags_construct_nothing(tag: str) -> None:
    document = one(f"image: {tag} 'echo x'")
    assert plain(document.services["s"].image) == "echo x"


def test_alias_bombs_do_not_explode() -> None:
    bomb = ["x0: &x0 [a, a, a, a, a, a, a, a, a, a]"]
    bomb += [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]" for n in range(1, 30)]
    merges = ["m0: &m0 {image: a}"]
    merges += [f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 10)}]}}" for n in range(1, 30)]
    text = "\n".join([*bomb, *merges, "services:", "  s: {<<: *m29, command: *x29}"])
    document = read(text)
    assert plain(document.services["s"].image) == "a"


def test_long_chains_of_merges_are_refused() -> None:
    chain = ["m0: &m0 {image: a}", *(f"m{n}: &m{n} {{<<: *m{n - 1}}}" for n in range(1, 2000))]
    document = read("\n".join([*chain, "services: {s: *m1999}"]))
    assert "merges are nested more than 100 deep" in document.problems[0].message


def test_many_services_with_one_large_alias_are_refused() -> None:
    shared = "x: &x [" + "A=1," * 20_000 + "]\n"
    services = "".join(f"  s{n}: {{environment: *x}}\n" for n in range(1000))
    document = read(f"{shared}services:\n{services}")
    assert document.services == {}
    assert "aliases expand to more than" in document.problems[0].message


def test_values_that_grow_through_variables_are_refused() -> None:
    services = "".join(f"  s{n}: {{image: $A}}\n" for n in range(200))
    document = read(f"services:\n{services}", A="x" * 60_000)
    assert "values grow beyond" in document.problems[0].message


def test_too_many_values_are_refused() -> None:
    assert "has more than 200,000 values" in read("[" + "a," * 250_000 + "]").problems[0].message


def test_problems_are_not_listed_for_ever() -> None:
    document = one("ports: [" + "x," * 1000 + "]")
    assert len(document.problems) == 51
    assert document.problems[-1].message == "has more problems, not listed here"


def test_a_byte_order_mark_and_windows_line_ends() -> None:
    document = read("\ufeffservices:\r\n  s:\r\n    command: a\r\n      b\r\n")
    command = document.services["s"].command
    assert command is not None
    assert [str(word.location) for word in command.words] == ["compose.yaml:3", "compose.yaml:4"]


def test_docker_splits_and_replaces_alike(tmp_path: Path) -> None:
    """
    ``docker stack config`` prints what Docker's own reader makes of a file.

    Not required where oracles are: the command of Debian 12 does not know it yet.
    """
    docker = shutil.which("docker")
    if docker is None:
        pytest.skip("no docker command")
    text = (
        "version: '3.8'\nservices:\n  s:\n    image: app:${TAG:-1}-$PLAIN\n"
        "    command: sh -c \"a 'b c'\" ${W:-1 2} && x\\ y $$HOME \"q\\\\n\" --a='b c'\n"
        "    entrypoint: >\n      one\n      two 'three four'\n"
        "    stop_grace_period: 1m30s\n"
        "    deploy: {replicas: 2, resources: {limits: {cpus: '0.5', memory: 512M}}}\n"
        "    ports: ['3000-3002:4000-4002', '90/udp']\n"
    )
    (tmp_path / "c.yml").write_text(text)
    done = subprocess.run(
        [docker, "stack", "config", "-c", "c.yml"],
        cwd=tmp_path,
        env={"PLAIN": "p", "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0 or not done.stdout.startswith("version:"):
        pytest.skip(f"docker stack config does not work here: {done.stderr.strip()}")
    theirs = read(done.stdout.replace("$$", "$").replace("$", "$$")).services["s"]
    ours = read(text, PLAIN="p").services["s"]
    assert _words(ours.command) == _words(theirs.command)
    assert _words(ours.entrypoint) == _words(theirs.entrypoint)
    for field in ("image", "replicas", "cpus", "memory", "stop_grace_period"):
        assert plain(getattr(ours, field)) == plain(getattr(theirs, field)), field
    assert _targets(ours) == _targets(theirs)


def _words(command: Command | None) -> list[str]:
    return [word.value for word in command.words] if command else []


def _targets(found: Service) -> list[tuple[int, str]]:
    return sorted((port, item.value.protocol) for item in found.ports for port in item.value.target)


YAML_TEXT = st.text(alphabet=st.sampled_from("ab:-[]{}&*!<>|'\"$ \n#,?%"), max_size=80)
FIELDS = st.sampled_from(
    [
        "image",
        "build",
        "command",
        "entrypoint",
        "environment",
        "env_file",
        "deploy",
        "cpus",
        "ports",
        "volumes",
        "tmpfs",
        "configs",
        "secrets",
        "ulimits",
        "healthcheck",
        "networks",
        "depends_on",
        "expose",
        "cpu_quota",
        "cpuset",
        "sysctls",
        "extends",
        "profiles",
        "<<",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | YAML_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=3),
    max_leaves=8,
)


@given(YAML_TEXT | st.text())
@settings(max_examples=200, deadline=None)
def test_any_text_gives_a_document(text: str) -> None:
    document = read(text)
    assert all(problem.location.line >= 1 for problem in document.problems)


@given(st.dictionaries(FIELDS, VALUES, max_size=6))
@settings(max_examples=200, deadline=None)
def test_any_service_is_read(body: dict[str, object]) -> None:
    """
    Well-formed YAML with values of the wrong shape gives problems, never an exception.
    """
    text = json.dumps({"services": {"s": body}}, ensure_ascii=True)
    document = read(text, A="1")
    if document.services:
        assert document.services["s"].name == "s"
    else:
        assert document.problems
