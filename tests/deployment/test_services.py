"""Services of compose files: which file counts, what runs, with which variables."""

from __future__ import annotations

from typing import ClassVar

import pytest

from advisor.deployment.compose import read_images, read_services
from advisor.deployment.services import RunningService, Services
from advisor.model import Origin, Unknown, Value
from advisor.sources.tree import MemoryTree


def read(files: dict[str, str]) -> Services:
    """Services of all files whose name speaks of compose."""
    return read_services(
        [(path, text) for path, text in files.items() if "compose" in path], MemoryTree(files)
    )


def only(files: dict[str, str]) -> RunningService:
    """The only service of a deployment."""
    (service,) = read(files).running
    return service


def named(files: dict[str, str]) -> dict[str, RunningService]:
    return {one.name: one for one in read(files).running}


class TestWhichFileCounts:
    @pytest.mark.parametrize(
        ("paths", "chosen"),
        [
            (["docker-compose.yml", "compose.yaml"], "compose.yaml"),
            (["docker-compose.yml", "docker-compose.prod.yml"], "docker-compose.yml"),
            (["a/compose.yaml", "compose.prod.yaml"], "compose.prod.yaml"),
            (["deploy/x/compose.yaml", "deploy/compose.yaml"], "deploy/compose.yaml"),
            (["docker-compose.dev.yml", "docker-compose.prod.yml"], "docker-compose.prod.yml"),
            (["docker-compose.blue.yml", "docker-compose.prod.yml"], "docker-compose.prod.yml"),
            (["docker-compose.test.yml", "deploy/compose.yaml"], "deploy/compose.yaml"),
            (["docker-compose.dev.yml"], "docker-compose.dev.yml"),
        ],
    )
    def test_one_file_describes_the_stack(self, paths: list[str], chosen: str) -> None:
        texts = {path: f"services: {{s{n}: {{image: a}}}}\n" for n, path in enumerate(paths)}
        services = read(texts)

        assert [one.name for one in services.running] == [f"s{paths.index(chosen)}"]
        assert services.notes == tuple(
            f"{path} is not read: {chosen} describes the stack"
            for path in sorted(paths)
            if path != chosen
        )

    def test_no_file(self) -> None:
        assert read({}) == Services((), (), ())


class TestWhatRuns:
    def test_profiles_are_left_out(self) -> None:
        services = read(
            {"compose.yaml": "services:\n  a: {image: a}\n  b: {image: b, profiles: [debug, x]}\n"}
        )

        assert [one.name for one in services.running] == ["a"]
        assert services.notes == ("service b is left out: its profile is debug and x",)

    @pytest.mark.parametrize("active", ["debug", "other, debug", "*"])
    def test_profiles_that_are_active(self, active: str) -> None:
        files = {
            ".env": f"COMPOSE_PROFILES={active}\n",
            "compose.yaml": "services: {b: {image: b, profiles: [debug]}}\n",
        }

        assert only(files).name == "b"

    def test_no_replicas(self) -> None:
        services = read({"compose.yaml": "services:\n  a: {image: a, deploy: {replicas: 0}}\n"})

        assert services.running == ()
        assert services.notes == ("service a is left out: it has 0 replicas",)

    def test_replicas_by_interpolation(self) -> None:
        files = {"compose.yaml": "services: {a: {image: a, scale: '${COPIES:-3}'}}\n"}
        replicas = only(files).service.replicas

        assert isinstance(replicas, Value)
        assert (replicas.value, replicas.origin) == (3, Origin.ASSUMED)
        assert not read({**files, ".env": "COPIES=0\n"}).running

    def test_broken_files_are_problems(self) -> None:
        assert read({"compose.yaml": "services: [a\n"}).problems
        assert read({"compose.yaml": "services: {a: {cpus: many}}"}).problems


class TestVariables:
    FILES: ClassVar = {
        ".env": "LEVEL=info\nPASSWORD=hunter2\n",
        "conf/web.env": "A=file\nB=file\nLEVEL2=$LEVEL\nDB_PASSWORD=pw\nC=file\n",
        "Dockerfile": "FROM python:3.12\nENV A=image B=image IMAGE=yes\n",
        "compose.yaml": """\
services:
  web:
    build: .
    env_file: conf/web.env
    environment:
      B: here
      C:
      D: ${LEVEL}
      E: ${NOWHERE:-5}
      DB_PASSWORD: plain-not-secret
      URL: postgresql://u:${PASSWORD}@db/x
""",
    }

    def test_the_nearest_wins(self) -> None:
        """``environment`` beats ``env_file``, which beats the image's ``ENV``."""
        env = only(self.FILES).environment

        assert env["IMAGE"] == "yes"
        assert (env["A"], env["B"], env["D"], env["E"]) == ("file", "here", "info", "5")
        assert env["LEVEL2"] == "info"

    def test_what_the_shell_decides_is_not_known(self) -> None:
        assert "C" not in only(self.FILES).variables

    def test_secrets_are_kept_apart(self) -> None:
        service = only(self.FILES)

        assert not {"DB_PASSWORD", "URL"} & service.environment.keys()
        assert service.url["URL"].text == "postgresql://u:hunter2@db/x"
        assert "hunter2" not in repr(service)

    def test_secrets_of_env_files_too(self) -> None:
        text = "services: {web: {image: a, env_file: conf/web.env}}\n"
        service = only({**self.FILES, "compose.yaml": text})

        assert "DB_PASSWORD" not in service.environment
        assert service.url["DB_PASSWORD"].text == "pw"

    def test_where_they_are_set(self) -> None:
        variables = only(self.FILES).variables

        assert str(variables["A"].location) == "conf/web.env:1"
        assert str(variables["IMAGE"].location) == "Dockerfile:2"
        assert variables["E"].origin is Origin.ASSUMED

    def test_a_missing_file_is_said(self) -> None:
        text = """\
services:
  a: {image: a, env_file: [{path: gone.env}, {path: maybe.env, required: false}, "${NONE}"]}
"""
        assert read({"compose.yaml": text}).notes == (
            "gone.env is not among the files: what it sets for service a is not known",
        )

    def test_an_unreadable_file_is_a_problem(self) -> None:
        files = {
            "compose.yaml": "services: {a: {build: ., env_file: b.env}}\n",
            ".env": "A\0",
            "b.env": "\0",
            "Dockerfile": "\0",
        }
        problems = read(files).problems

        assert [one.location.path for one in problems] == [".env", "Dockerfile", "b.env"]
        assert {one.category for one in problems} == {"unreadable"}

    def test_problems_of_a_file_are_said_once(self) -> None:
        text = "services: {a: {image: a, env_file: x.env}, b: {image: a, env_file: x.env}}\n"

        assert len(read({"compose.yaml": text, "x.env": "no assignment\n"}).problems) == 1


class TestImages:
    @pytest.mark.parametrize(
        ("image", "program"),
        [
            ("nginx:1.27", "nginx"),
            ("docker.io/nginxinc/nginx-unprivileged", "nginx"),
            ("bitnami/postgresql:16", "postgresql"),
            ("timescale/timescaledb:2.14.2-pg16", "postgresql"),
            ("edoburu/pgbouncer:v1.24.1", "pooler"),
            ("redis:7", "redis"),
            ("docker.io/valkey/valkey:8", "redis"),
            ("memcached:1", ""),
            ("${IMAGE}", ""),
        ],
    )
    def test_the_program_by_its_image(self, image: str, program: str) -> None:
        assert only({"compose.yaml": f"services: {{a: {{image: '{image}'}}}}"}).program == program

    def test_an_image_that_is_built_here(self) -> None:
        """The name of the result says nothing, what it is built on does."""
        files = {
            "compose.yaml": """\
services:
  web:
    image: postgres:1
    build: {context: web, dockerfile: docker/Nginx, target: final, args: {V: "1.27"}}
""",
            "web/docker/Nginx": "ARG V=1\nFROM nginx:$V AS final\nFROM redis AS other\n",
        }
        assert only(files).program == "nginx"
        assert only(files).context == "web"
        assert only({"compose.yaml": files["compose.yaml"]}).program == ""

    def test_an_unknown_context(self) -> None:
        service = only({"compose.yaml": "services: {a: {build: '${WHERE}'}}"})

        assert (service.context, service.stage, service.image) == (None, None, None)

    @pytest.mark.parametrize(
        ("compose", "dockerfile", "words"),
        [
            ("", 'CMD ["a", "b"]', "a b"),
            ("command: c", 'ENTRYPOINT ["e"]\nCMD ["a"]', "e c"),
            ("entrypoint: x", 'ENTRYPOINT ["e"]\nCMD ["a"]', "x"),
            ("entrypoint: x\n    command: c", 'CMD ["a"]', "x c"),
            ("", 'ENTRYPOINT e f\nCMD ["a"]', "e f"),
            ("", "", ""),
        ],
    )
    def test_what_is_started(self, compose: str, dockerfile: str, words: str) -> None:
        """Entrypoint and command of image and compose file, as Docker puts them together."""
        files = {
            "compose.yaml": f"services:\n  a:\n    build: .\n    {compose}\n",
            "Dockerfile": f"FROM python\n{dockerfile}\n",
        }
        assert " ".join(word.value for word in only(files).words) == words


class TestPlaces:
    FILES: ClassVar = {
        "deploy/compose.yaml": """\
services:
  a:
    build: {context: .., dockerfile: deploy/Dockerfile}
    working_dir: /srv
    volumes:
      - ./nginx:/etc/nginx:ro
      - ./nginx/one.conf:/etc/nginx/nginx.conf
      - ../../outside:/etc/outside
      - /etc/ssl:/etc/ssl
      - data:/var/lib/data
""",
        "deploy/Dockerfile": """\
FROM nginx
WORKDIR /app
COPY deploy/html/ /usr/share/html
COPY a.conf b.conf /etc/conf/
COPY conf.d/*.conf /etc/more/
COPY . .
COPY --from=builder /x /etc/built
""",
    }

    @pytest.mark.parametrize(
        ("target", "source"),
        [
            ("/etc/nginx/nginx.conf", "deploy/nginx/one.conf"),
            ("/etc/nginx/conf.d/x.conf", "deploy/nginx/conf.d/x.conf"),
            ("/etc/nginxes", None),
            ("/etc/outside/x", "../outside/x"),
            ("/etc/ssl/x", None),
            ("/var/lib/data/x", None),
            ("/usr/share/html/i.html", "deploy/html/i.html"),
            ("/etc/conf/b.conf", "b.conf"),
            ("/etc/more/x.conf", "conf.d/x.conf"),
            ("/app/gunicorn.conf.py", "gunicorn.conf.py"),
            ("/etc/built/x", None),
        ],
    )
    def test_where_a_path_of_the_container_comes_from(
        self, target: str, source: str | None
    ) -> None:
        assert next(only(self.FILES).sources_of(target), None) == source

    def test_the_folder_it_starts_in(self) -> None:
        assert only(self.FILES).working_dir == "/srv"
        text = self.FILES["deploy/compose.yaml"].replace("working_dir: /srv", "user: root")
        assert only({**self.FILES, "deploy/compose.yaml": text}).working_dir == "/app"

    def test_networks(self) -> None:
        services = named(
            {
                "compose.yaml": """\
services:
  a: {image: a, container_name: Shop, ports: ["8080-8081:80-81", "9000"]}
  b: {image: b, network_mode: host}
  c: {image: c, network_mode: "${MODE}"}
"""
            }
        )
        assert services["a"].answers_to("A")
        assert services["a"].answers_to("shop")
        assert not services["a"].answers_to("b")
        assert list(services["a"].publishes(8081)) == [81]
        assert not list(services["a"].publishes(9000))
        assert [one.host_network for one in services.values()] == [False, True, False]
        assert [one.own_network for one in services.values()] == [True, False, False]


class TestDockerfilesAlone:
    def test_each_stands_for_a_service(self) -> None:
        files = {
            "Dockerfile": "FROM python\nENV WEB_CONCURRENCY=3\nCMD gunicorn app\n",
            "web/Dockerfile": "FROM nginx:1.27\n",
            "x/web/Dockerfile": "FROM nginx:1.28\n",
            "Dockerfile.dev": "FROM python\n",
            "empty/Dockerfile": "# nothing\n",
        }
        services = read_images(files.items())

        assert [one.name for one in services.running] == ["Dockerfile", "web", "x/web/Dockerfile"]
        first, second, _ = services.running
        assert first.environment == {"WEB_CONCURRENCY": "3"}
        assert (first.context, second.context) == ("", "web")
        assert second.title == "web/Dockerfile"
        assert not first.own_network

    def test_nobody_knows_the_limits(self) -> None:
        (service,) = read_images([("Dockerfile", "FROM nginx")]).running

        assert service.service.cpus is None
        assert not isinstance(service.written_image, Unknown)
