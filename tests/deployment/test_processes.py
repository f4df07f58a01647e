"""Services on a host itself: units, programs of supervisord, process types of a Procfile."""

from __future__ import annotations

import pytest

from advisor.deployment.model import Application, Deployment
from advisor.model import Origin, Unknown, Value
from tests.support.deployments import ENGINE, NGINX, deploy, known
from tests.support.deployments import facts_of as facts

UNIT = "[Service]\nWorkingDirectory=/srv/shop\nExecStart=/usr/bin/gunicorn app:app -w 3\n"
SOCKET = "[Socket]\nListenStream=/run/gunicorn.sock\n"
PROGRAM = "[program:web]\ncommand=gunicorn app:app -w 5\n"


def only(files: dict[str, str]) -> Application:
    """The only application of a deployment."""
    (found,) = deploy(files).applications
    return found


def workers(files: dict[str, str]) -> object:
    return known(facts(files, "gunicorn"), "gunicorn.workers")


def edges(found: Deployment) -> list[tuple[str, str]]:
    return [(one.application.name, one.why) for one in found.proxy_edges]


class TestUnits:
    def test_a_host_of_its_own(self) -> None:
        found = only({"web.service": UNIT})

        assert (found.name, found.host.container, found.host.limited) == (
            "unit web.service",
            False,
            False,
        )
        assert isinstance(found.host.memory, Unknown)

    def test_limits_of_drop_ins_in_the_order_of_their_names(self) -> None:
        host = only(
            {
                "etc/web.service": UNIT,
                "etc/web.service.d/20-more.conf": "[Service]\nMemoryMax=2G\n",
                "etc/web.service.d/10-less.conf": "[Service]\nMemoryMax=1G\nCPUQuota=150%\n",
                "etc/other.service.d/limits.conf": "[Service]\nMemoryMax=1M\n",
            }
        ).host

        assert isinstance(host.memory, Value)
        assert isinstance(host.cpus, Value)
        assert (host.memory.value, host.cpus.value) == (2**31, 1.5)
        assert str(host.memory.location) == "etc/web.service.d/20-more.conf:2"
        assert host.limited

    @pytest.mark.parametrize("path", ["etc/default/shop", "deploy/shop", "shop"])
    def test_variables_of_a_file_among_the_files(self, path: str) -> None:
        unit = UNIT.replace("-w 3", "-w ${W}") + "EnvironmentFile=/etc/default/shop\n"

        assert workers({"deploy/web.service": unit, path: "W=7\n"}) == 7

    def test_variables_of_a_file_in_the_working_directory(self) -> None:
        unit = UNIT.replace("-w 3", "-w ${W}") + "EnvironmentFile=/srv/shop/conf/prod.env\n"

        assert workers({"deploy/web.service": unit, "conf/prod.env": "W=8\n"}) == 8

    def test_a_file_that_is_not_there_is_said(self) -> None:
        required = deploy({"web.service": UNIT + "EnvironmentFile=/etc/x\n"})
        optional = deploy({"web.service": UNIT + "EnvironmentFile=-/etc/x\n"})

        assert required.notes == (
            "/etc/x is not among the files: what it sets for unit web.service is not known",
        )
        assert optional.notes == ()

    def test_a_variable_that_nobody_sets_is_not_known(self) -> None:
        found = facts({"web.service": UNIT.replace("-w 3", "-w ${W}")}, "gunicorn")
        fact = found["gunicorn.workers"]

        assert isinstance(fact, Unknown) or fact.origin is Origin.ASSUMED

    def test_the_configuration_file_of_the_working_directory(self) -> None:
        files = {"web.service": UNIT.replace(" -w 3", ""), "gunicorn.conf.py": "workers = 6\n"}

        assert workers(files) == 6

    def test_a_folder_that_is_called_like_the_working_directory(self) -> None:
        unit = UNIT.replace("-w 3", "-c conf.py")
        files = {"deploy/web.service": unit, "shop/conf.py": "workers = 6\n", "conf.py": ""}

        assert only(files).path == "shop/conf.py"

    def test_a_socket_takes_the_place_of_addresses(self) -> None:
        unit = UNIT.replace("-w 3", "-b 0.0.0.0:9000 --bind=x:1")
        files = {
            "web.service": unit,
            "web.socket": SOCKET,
            "gunicorn.conf.py": "bind = '127.0.0.1:8000'\n",
        }
        bind = only(files).settings.setting("bind")

        assert isinstance(bind, Value)
        assert bind.value == ["unix:/run/gunicorn.sock"]
        assert str(bind.location) == "web.socket:2"

    def test_nginx_reaches_it_by_the_socket(self) -> None:
        files = {
            "web.service": UNIT,
            "web.socket": SOCKET,
            "nginx.conf": NGINX % "unix:/run/gunicorn.sock",
        }

        assert edges(deploy(files)) == [("unit web.service", "socket of unit web.service")]

    def test_all_of_a_host_share_its_loopback(self) -> None:
        files = {
            "web.service": UNIT.replace("-w 3", "-b 127.0.0.1:8000"),
            "nginx.service": "[Service]\nExecStart=/usr/sbin/nginx -g 'daemon off;'\n",
            "postgresql.service": "[Service]\nExecStart=/usr/lib/postgresql/16/bin/postgres "
            "-D /d -c max_connections=50\n",
            "nginx.conf": NGINX % "127.0.0.1:8000",
            "db.py": ENGINE.replace("//db/", "//localhost/"),
        }
        found = deploy(files)

        assert edges(found) == [("unit web.service", "port 8000 of unit web.service")]
        assert [one.service for one in found.proxies] == ["nginx.service"]
        assert [one.database.name for one in found.database_edges] == ["unit postgresql.service"]
        assert known(facts(files, "stack.database"), "pg.max_connections") == 50
        assert known(facts(files, "stack.database"), "host.shared") is True
        assert found.notes == ()

    def test_what_starts_containers_declares_nothing(self) -> None:
        unit = "[Service]\nExecStart=/usr/bin/docker compose up\n"
        files = {"shop.service": unit, "Dockerfile": "FROM python\nCMD gunicorn app:app -w 2\n"}

        assert only(files).name == "Dockerfile"

    def test_of_two_units_of_one_name_the_nearest_counts(self) -> None:
        files = {"web.service": UNIT, "old/copy/web.service": UNIT.replace("-w 3", "-w 9")}

        assert workers(files) == 3
        assert deploy(files).notes == (
            "old/copy/web.service is not read: another file declares web.service",
        )

    def test_a_line_that_is_none_is_a_problem(self) -> None:
        found = deploy({"web.service": UNIT + "oops\n"})

        assert [str(one.problem.location) for one in found.problems] == ["web.service:4"]


class TestSupervisord:
    def test_programs_on_a_host(self) -> None:
        found = only({"supervisor/web.conf": PROGRAM})

        assert (found.name, found.host.container) == ("program web", False)
        assert workers({"supervisor/web.conf": PROGRAM}) == 5

    @pytest.mark.parametrize(
        "command",
        [
            'CMD ["supervisord", "-c", "/etc/supervisor/supervisord.conf"]',
            'CMD ["supervisord", "-n", "--configuration=/etc/supervisor/supervisord.conf"]',
            "WORKDIR /etc/supervisor\nCMD supervisord -n",
        ],
    )
    def test_programs_in_an_image(self, command: str) -> None:
        files = {
            "Dockerfile": "FROM python:3.12\n"
            f"COPY conf/supervisord.conf /etc/supervisor/supervisord.conf\n{command}\n",
            "conf/supervisord.conf": PROGRAM + "environment=GUNICORN_CMD_ARGS='--threads 2'\n",
        }
        found = deploy(files)

        assert [(one.name, one.host.container) for one in found.applications] == [
            ("Dockerfile", True)
        ]
        assert workers(files) == 5
        assert known(facts(files, "gunicorn"), "gunicorn.threads") == 2
        assert found.notes == ()

    def test_several_starts_of_gunicorn_cannot_be_told_apart(self) -> None:
        files = {
            "Dockerfile": "FROM x\nCOPY supervisord.conf /s.conf\nCMD supervisord -c /s.conf\n",
            "supervisord.conf": PROGRAM + PROGRAM.replace("web", "api"),
        }

        assert deploy(files).applications == ()


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("web@.service", "[Service]\nExecStart=/bin/gunicorn a:b -w %i -k %i\n", "unit_instance"),
        ("web.service", "[Service]\nExecStart=/bin/gunicorn a:b -w ${W} -k $W\n", "W"),
        ("s.conf", "[program:x]\ncommand=gunicorn a:b -w %(ENV_W)s -k %(ENV_W)s\n", "W"),
        ("Procfile", "web: gunicorn a:b -w $W -k ${W}\n", "W"),
    ],
)
def test_what_only_the_host_knows_is_not_known(path: str, text: str, name: str) -> None:
    """A placeholder must never be taken for a value that gunicorn refuses."""
    settings = only({path: text}).settings

    for setting in ("workers", "worker_class"):
        value = settings.setting(setting)
        assert isinstance(value, Unknown)
        assert value.reason == f"depends on the variable {name}"


class TestProcfile:
    @pytest.mark.parametrize(
        ("line", "count"),
        [
            ("web: gunicorn app:app -w 4", 4),
            ("web: WEB_CONCURRENCY=6 gunicorn app:app", 6),
            ("web: cd src && exec gunicorn app:app --workers=2", 2),
        ],
    )
    def test_a_process(self, line: str, count: int) -> None:
        assert only({"Procfile": f"{line}\n"}).name == "process web"
        assert workers({"Procfile": f"{line}\n"}) == count

    def test_of_several_the_outermost(self) -> None:
        files = {"Procfile": "web: gunicorn a:b -w 2\n", "sub/Procfile": "web: gunicorn a:b -w 3\n"}

        assert workers(files) == 2
        assert deploy(files).notes == ("sub/Procfile is not read: Procfile says what runs",)


class TestOneKindCounts:
    COMPOSE = "services: {web: {image: x, command: gunicorn a:b -w 1}}\n"
    DOCKERFILE = "FROM python:3.12\nCMD gunicorn a:b -w 2\n"

    @pytest.mark.parametrize(
        ("files", "count", "left"),
        [
            (("compose.yaml", "web.service", "Procfile"), 1, ("web.service", "Procfile")),
            (("web.service", "Dockerfile", "Procfile"), 3, ("Procfile",)),
            (("Dockerfile", "Procfile"), 2, ("Procfile",)),
            (("web.conf", "Procfile"), 5, ("Procfile",)),
            (("Procfile",), 4, ()),
        ],
    )
    def test_the_surest(self, files: tuple[str, ...], count: int, left: tuple[str, ...]) -> None:
        texts = {
            "compose.yaml": self.COMPOSE,
            "web.service": UNIT,
            "Dockerfile": self.DOCKERFILE,
            "web.conf": PROGRAM,
            "Procfile": "web: gunicorn a:b -w 4\n",
        }
        used = {path: texts[path] for path in files}

        assert workers(used) == count
        assert tuple(note.partition(" ")[0] for note in deploy(used).notes) == left

    @pytest.mark.parametrize(
        ("path", "count"), [("web.service", 3), ("web.conf", 5), ("Procfile", 4)]
    )
    def test_compose_files_of_developers_start_no_application(self, path: str, count: int) -> None:
        """A database for development beside what starts the application in production."""
        texts = {"web.service": UNIT, "web.conf": PROGRAM, "Procfile": "web: gunicorn a:b -w 4\n"}
        files = {path: texts[path], "compose.yaml": "services: {db: {image: 'postgres:16'}}\n"}
        found = deploy(files)

        assert workers(files) == count
        assert found.databases == ()
        assert [note.partition(":")[0] for note in found.notes] == ["compose.yaml is not read"]

    def test_units_of_something_else_do_not_hide_an_image(self) -> None:
        unit = "[Service]\nExecStart=/usr/local/bin/backup\n"
        found = only({"backup.service": unit, "Dockerfile": self.DOCKERFILE})

        assert found.name == "Dockerfile"
