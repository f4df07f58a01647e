"""gunicorn applications: where they are started, what configures them, which code is theirs."""

from __future__ import annotations

import pytest

from advisor.deployment.model import Application
from advisor.model import Origin, Unknown, Value
from tests.support.deployments import ENGINE, deploy

CONF = "workers = 3\n"
ENGINES = ENGINE.replace("shop'", "shop', pool_size=%s")


def apps(files: dict[str, str]) -> dict[str, Application]:
    """Applications by name."""
    return {one.name: one for one in deploy(files).applications}


def only(files: dict[str, str]) -> Application:
    (application,) = deploy(files).applications
    return application


def workers(application: Application) -> object:
    """Number of workers, or why it is not known."""
    value = application.settings.setting("workers", cpus=2)
    return value.value if isinstance(value, Value) else value.reason


def composed(service: str, **files: str) -> dict[str, str]:
    """A deployment of one service; underscores in the names of files stand for dots."""
    named = {name.replace("__", "/").replace("_", "."): text for name, text in files.items()}
    return {"compose.yaml": f"services:\n  web:\n    {service}\n", **named}


class TestStarts:
    @pytest.mark.parametrize(
        "command",
        [
            "gunicorn -w 5 app:app",
            "sh -c 'exec gunicorn -w 5 app:app'",
            '["python", "-m", "gunicorn", "--workers=5", "app:app"]',
            "tini -- gunicorn -w 5 app:app",
        ],
    )
    def test_by_the_command_of_a_service(self, command: str) -> None:
        application = only(composed(f"image: shop\n    command: {command}"))

        assert application.name == "service web"
        assert workers(application) == 5
        assert application.location is not None
        assert application.location.line == 4

    @pytest.mark.parametrize(
        "dockerfile",
        [
            'CMD ["gunicorn", "-w", "5", "app:app"]',
            "CMD gunicorn -w ${N:-5} app:app",
            'ENTRYPOINT ["gunicorn"]\nCMD ["-w", "5"]',
            "ENV WEB_CONCURRENCY=5\nCMD gunicorn app:app",
            'ENV GUNICORN_CMD_ARGS="--workers 5"\nCMD ["gunicorn", "app:app"]',
        ],
    )
    def test_by_the_dockerfile(self, dockerfile: str) -> None:
        application = only(composed("build: .", Dockerfile=f"FROM python\n{dockerfile}\n"))

        assert (application.service, workers(application)) == ("web", 5)

    def test_the_arguments_of_an_entrypoint(self) -> None:
        files = composed(
            'build: .\n    command: ["-w", "5"]',
            Dockerfile='FROM python\nENTRYPOINT ["gunicorn", "app:app"]\nCMD ["-w", "9"]\n',
        )
        assert workers(only(files)) == 5

    @pytest.mark.parametrize(
        ("start", "script"),
        [
            ('ENTRYPOINT ["/app/start.sh"]\nWORKDIR /app\nCOPY . .', "start.sh"),
            ("WORKDIR /srv\nCOPY bin/ bin/\nCMD ./bin/start.sh", "bin/start.sh"),
            ('CMD ["sh", "start.sh"]', "start.sh"),
        ],
    )
    def test_by_a_script(self, start: str, script: str) -> None:
        text = "#!/bin/sh\n# don't stop\nset -e\n\nexec gunicorn -w ${N:-5} app:app\n"
        files = {**composed("build: ."), "Dockerfile": f"FROM python\n{start}\n", script: text}
        application = only(files)

        assert workers(application) == 5
        assert str(application.location) == f"{script}:5"
        assert str(application.settings.stated("workers")[0].location) == f"{script}:5"

    def test_a_script_that_starts_something_else(self) -> None:
        files = composed("image: x\n    command: ./run.sh", run_sh="exec celery\n")

        assert deploy(files).applications == ()

    @pytest.mark.parametrize("command", ["celery worker", "npm start", "nginx -g 'daemon off;'"])
    def test_other_programs(self, command: str) -> None:
        assert deploy(composed(f"image: x\n    command: {command}")).applications == ()

    def test_a_dockerfile_without_a_compose_file(self) -> None:
        files = {
            "Dockerfile": "FROM python\nCOPY . /app\nWORKDIR /app\nCMD gunicorn app:app\n",
            "gunicorn.conf.py": CONF,
        }
        application = only(files)

        assert (application.name, application.path) == ("Dockerfile", "gunicorn.conf.py")
        assert application.host.container

    def test_a_file_on_its_own(self) -> None:
        application = only({"gunicorn.conf.py": CONF})

        assert (application.name, application.service) == ("gunicorn.conf.py", "")
        assert not application.host.container


class TestVariables:
    def test_of_the_service(self) -> None:
        files = composed(
            "image: x\n    command: gunicorn app\n    environment: {WEB_CONCURRENCY: 5}"
        )
        assert workers(only(files)) == 5

    def test_arguments_of_the_service(self) -> None:
        """GUNICORN_CMD_ARGS beats the file and is found where it stands."""
        files = composed(
            "build: .\n    command: gunicorn app\n    environment:\n"
            "      GUNICORN_CMD_ARGS: --workers 5 --bind :9000",
            gunicorn_conf_py=CONF,
        )
        application = only(files)
        (stated, *_) = application.settings.stated("workers")

        assert workers(application) == 5
        assert str(stated.location) == "compose.yaml:6"

    def test_the_file_that_the_arguments_name(self) -> None:
        files = composed(
            "build: .\n    command: gunicorn app\n    environment:\n"
            "      GUNICORN_CMD_ARGS: -c conf/gunicorn_prod.py",
            conf__gunicorn_prod_py="",
        )
        files["conf/gunicorn_prod.py"] = "workers = 7\n"
        assert workers(only(files)) == 7

    def test_defaults_of_compose_are_assumptions(self) -> None:
        files = composed(
            "image: x\n    command: gunicorn -w ${N:-5} --threads ${T:-2} -t 9 app\n"
            "    environment: {WEB_CONCURRENCY: '${W:-3}'}"
        )
        application = only(files)
        guessed = {
            name
            for name in ("workers", "threads", "timeout")
            if application.settings.stated(name)[0].location in application.assumed
        }

        assert guessed == {"workers", "threads"}
        assert "WEB_CONCURRENCY" in application.assumed

    def test_secrets_do_not_reach_the_settings(self) -> None:
        files = composed(
            "build: .\n    command: gunicorn app\n    environment: {API_TOKEN: hunter2}",
            gunicorn_conf_py="import os\nproc_name = os.environ.get('API_TOKEN', 'app')\n",
        )
        name = only(files).settings.setting("proc_name")

        assert isinstance(name, Value)
        assert (name.value, name.origin) == ("app", Origin.ASSUMED)


class TestConfiguration:
    @pytest.mark.parametrize(
        ("service", "path"),
        [
            ("build: .\n    command: gunicorn app", "gunicorn.conf.py"),
            ("build: api\n    command: gunicorn app", "api/gunicorn.conf.py"),
            ("build: .\n    command: gunicorn -c conf/web_gunicorn.py app", "conf/web_gunicorn.py"),
            ("build: .\n    command: gunicorn -c file:./gunicorn.conf.py app", "gunicorn.conf.py"),
            ("build: .\n    command: gunicorn -c python:conf.gunicorn app", "conf/gunicorn.py"),
            (
                "image: x\n    command: gunicorn -c /etc/g.py app\n    volumes: ['./my:/etc']",
                "my/g.py",
            ),
            (
                "image: x\n    command: gunicorn a\n    working_dir: /s\n    volumes: [./code:/s]",
                "code/gunicorn.conf.py",
            ),
            (
                "build: .\n    command: gunicorn -c /app/docker/gunicorn.conf.py app",
                "docker/gunicorn.conf.py",
            ),
        ],
    )
    def test_the_file_that_is_loaded(self, service: str, path: str) -> None:
        application = only({**composed(service), path: CONF})

        assert (application.path, workers(application)) == (path, 3)
        assert str(application.location) == f"{path}:1"

    def test_the_longest_common_ending_decides(self) -> None:
        files = {
            **composed("image: x\n    command: gunicorn -c /app/a/gunicorn.conf.py app"),
            "x/a/gunicorn.conf.py": CONF,
            "x/b/gunicorn.conf.py": "workers = 9\n",
        }
        assert apps(files)["service web"].path == "x/a/gunicorn.conf.py"

    def test_two_that_are_equally_alike(self) -> None:
        files = {
            **composed("image: x\n    command: gunicorn -c /app/gunicorn.conf.py app"),
            "a/gunicorn.conf.py": CONF,
            "b/gunicorn.conf.py": CONF,
        }
        assert apps(files)["service web"].path == ""

    def test_a_file_that_is_not_here(self) -> None:
        """What it may set is unknown: defaults would be guesses."""
        deployment = deploy(composed("image: x\n    command: gunicorn -c /etc/g.py -t 9 app"))
        (application,) = deployment.applications
        timeout = application.settings.setting("timeout")

        assert workers(application) == "the configuration file cannot be read"
        assert isinstance(timeout, Value)
        assert timeout.value == 9
        assert deployment.notes == (
            "the configuration file /etc/g.py of service web is not among the files",
        )
        assert deployment.problems == ()

    def test_the_default_file_of_another_service(self) -> None:
        files = {
            "compose.yaml": """\
services:
  web: {build: web, command: gunicorn app}
  admin: {build: admin, command: gunicorn app}
""",
            "web/gunicorn.conf.py": CONF,
        }
        found = apps(files)

        assert found["service web"].path == "web/gunicorn.conf.py"
        assert found["service admin"].path == ""

    def test_a_folder_that_is_known_to_lack_it(self) -> None:
        """gunicorn looks in the folder it starts in, and nowhere else."""
        files = {
            **composed("build: .\n    command: gunicorn app"),
            "Dockerfile": "FROM python\nWORKDIR /srv\nCOPY src/ .\n",
            "src/app.py": "",
            "other/gunicorn.conf.py": CONF,
        }
        assert apps(files)["service web"].path == ""

    def test_a_default_file_deeper_in_the_code(self) -> None:
        files = composed("build: .\n    command: gunicorn app", app__gunicorn_conf_py=CONF)

        assert only(files).path == "app/gunicorn.conf.py"

    def test_two_services_with_one_file(self) -> None:
        text = "services: {a: {build: ., command: gunicorn a}, b: {build: ., command: gunicorn b}}"
        files = {"compose.yaml": text, "gunicorn.conf.py": "workers = (\n"}

        assert {one.path for one in apps(files).values()} == {"gunicorn.conf.py"}
        assert len(deploy(files).problems) == 1


class TestVariants:
    def test_a_file_for_development_is_no_application(self) -> None:
        files = composed("build: .\n    command: gunicorn -c gunicorn.conf.py app")
        files |= {"gunicorn.conf.py": CONF, "gunicorn_dev.py": "workers = 9\n"}

        assert list(apps(files)) == ["service web"]
        assert deploy(files).notes == (
            "gunicorn_dev.py is not judged: gunicorn.conf.py configures the application",
        )

    def test_beside_the_default_one(self) -> None:
        files = {"gunicorn.conf.py": CONF, "gunicorn_big.py": "workers = 9\n"}

        assert list(apps(files)) == ["gunicorn.conf.py"]

    def test_on_its_own_it_counts(self) -> None:
        assert list(apps({"gunicorn_dev.py": CONF})) == ["gunicorn_dev.py"]
        assert list(apps({"gunicorn_dev.py": CONF, "gunicorn_web.py": CONF})) == ["gunicorn_web.py"]

    def test_two_applications_without_services(self) -> None:
        files = {"gunicorn_web.py": CONF, "gunicorn_api.py": CONF, "x/gunicorn.conf.py": CONF}

        assert len(apps(files)) == 3


class TestFilesThatAreNotLoaded:
    def test_beside_a_service_that_loads_another_or_none(self) -> None:
        """gunicorn does not look for names like this one: it is no second application."""
        files = composed("build: .\n    command: gunicorn app")
        files["gunicorn_settings.py"] = CONF

        assert list(apps(files)) == ["service web"]
        assert deploy(files).notes == (
            "gunicorn_settings.py is not judged: service web does not load it",
        )

    def test_unless_another_service_may(self) -> None:
        text = "services: {web: {build: ., command: gunicorn app}, api: {build: .}}"
        found = apps({"compose.yaml": text, "gunicorn_settings.py": CONF})

        assert found["service api"].path == "gunicorn_settings.py"


class TestHiddenStarts:
    """A service whose image is built here, and whose start no file tells."""

    def test_the_only_file_and_the_only_service(self) -> None:
        files = composed(
            "build: .\n    cpus: 2\n    environment: {WORKERS: 6}",
            gunicorn_conf_py="import os\nworkers = int(os.environ['WORKERS'])\n",
        )
        application = only(files)

        assert (application.name, workers(application)) == ("service web", 6)
        assert application.host.limited

    def test_a_script_that_is_not_here(self) -> None:
        files = composed("build: .\n    command: /gone.sh", gunicorn_conf_py=CONF)

        assert only(files).name == "service web"

    def test_two_services(self) -> None:
        files = {
            "compose.yaml": "services: {a: {build: .}, b: {build: .}}",
            "gunicorn.conf.py": CONF,
        }

        assert only(files).name == "gunicorn.conf.py"

    def test_two_files(self) -> None:
        files = composed("build: .")
        files |= {"gunicorn_web.py": CONF, "gunicorn_api.py": CONF}

        assert list(apps(files)) == ["gunicorn_api.py", "gunicorn_web.py"]

    @pytest.mark.parametrize(
        "service", ["image: redis", "build: .\n    command: celery worker", "build: other"]
    )
    def test_services_that_cannot_be_it(self, service: str) -> None:
        assert only(composed(service, gunicorn_conf_py=CONF)).name == "gunicorn.conf.py"


class TestEngines:
    def test_by_the_folder_of_the_image(self) -> None:
        files = {
            "compose.yaml": """\
services:
  web: {build: web, command: gunicorn app}
  api: {build: api, command: gunicorn app}
  worker: {build: worker, command: celery worker}
""",
            "web/db.py": ENGINES % 1,
            "api/src/db.py": ENGINES % 2,
            "worker/db.py": ENGINES % 3,
            "shared/db.py": ENGINES % 4,
        }
        found = apps(files)

        assert [one.location.path for one in found["service web"].engines] == ["web/db.py"]
        assert [one.location.path for one in found["service api"].engines] == ["api/src/db.py"]
        assert len(deploy(files).engines) == 4
        assert set(deploy(files).notes) >= {
            "shared/db.py could not be matched to one of the applications",
            "worker/db.py could not be matched to one of the applications",
        }

    def test_the_only_application_has_what_is_nobodys(self) -> None:
        files = composed("image: x\n    command: gunicorn app", app__db_py=ENGINE)

        assert len(only(files).engines) == 1
        assert len(only({"deploy/gunicorn.conf.py": CONF, "app/db.py": ENGINE}).engines) == 1

    def test_not_what_is_another_services(self) -> None:
        text = "services: {web: {build: web, command: gunicorn a}, job: {build: job, command: j}}"

        assert only({"compose.yaml": text, "job/db.py": ENGINE}).engines == ()

    def test_two_applications_from_one_folder(self) -> None:
        text = "services: {a: {build: ., command: gunicorn a}, b: {build: ., command: gunicorn b}}"
        files = {"compose.yaml": text, "db.py": ENGINE, "tests/conftest.py": ENGINE, "x.py": "pass"}

        assert [one.engines for one in apps(files).values()] == [(), ()]
        assert [one for one in deploy(files).notes if "matched" in one] == [
            "db.py could not be matched to one of the applications"
        ]

    def test_the_url_comes_from_the_service(self) -> None:
        files = composed(
            "build: .\n    command: gunicorn app\n"
            "    environment: {DATABASE_URL: 'postgresql://u:hunter2@db.example:6432/shop'}",
            db_py="import os\nfrom sqlalchemy import create_engine\n"
            "engine = create_engine(os.environ['DATABASE_URL'])\n",
        )
        (engine,) = only(files).engines

        assert isinstance(engine.url.host, Value)
        assert engine.url.host.value == "db.example"
        assert "hunter2" not in repr(engine)

    def test_branches_not_taken(self) -> None:
        text = ENGINE.replace("engine =", "if False:\n    engine =")

        assert deploy({"gunicorn.conf.py": CONF, "db.py": text}).engines == ()

    def test_defaults_of_compose_are_assumptions(self) -> None:
        files = composed(
            "build: .\n    command: gunicorn app\n    environment: {SIZE: '${S:-7}', MORE: 3}",
            db_py="import os\nfrom sqlalchemy import create_engine\nengine = create_engine("
            "'postgresql://db/x', pool_size=int(os.environ['SIZE']),"
            " max_overflow=int(os.environ['MORE']))\n",
        )
        (engine,) = only(files).engines
        size, overflow = (engine.arguments[name].value() for name in ("pool_size", "max_overflow"))

        assert isinstance(size, Value)
        assert isinstance(overflow, Value)
        assert (size.value, size.origin) == (7, Origin.ASSUMED)
        assert (overflow.value, overflow.origin) == (3, Origin.EVALUATED)


class TestVersions:
    @pytest.mark.parametrize(
        ("files", "version"),
        [
            ({"requirements.txt": "gunicorn==23.0.0\n"}, (23, 0, 0)),
            ({"requirements.txt": "gunicorn>=22\n"}, None),
            (
                {
                    "requirements.txt": "gunicorn==20.1\n",
                    "uv.lock": '[[package]]\nname = "gunicorn"\nversion = "23.0.0"\n',
                },
                (23, 0, 0),
            ),
            (
                {
                    "requirements.txt": "gunicorn==22.0\n",
                    "requirements-dev.txt": "gunicorn==23.0\n",
                },
                (22, 0),
            ),
            (
                {"a/requirements.txt": "gunicorn==22.0\n", "requirements.txt": "gunicorn==23.0\n"},
                None,
            ),
            ({}, None),
        ],
    )
    def test_from_the_files(self, files: dict[str, str], version: tuple[int, ...] | None) -> None:
        found = only({"gunicorn.conf.py": CONF, **files}).version

        assert (found.value if isinstance(found, Value) else None) == version

    def test_each_application_has_its_own(self) -> None:
        files = {
            "compose.yaml": """\
services:
  web: {build: web, command: gunicorn app}
  api: {build: api, command: gunicorn app}
  job: {build: job, command: gunicorn app}
""",
            "web/requirements.txt": "gunicorn==20.1.0\n",
            "api/requirements.txt": "gunicorn==23.0.0\n",
        }
        versions = [one.version for one in apps(files).values()]
        values = [one.value if isinstance(one, Value) else None for one in versions]

        assert values == [(20, 1, 0), (23, 0, 0), None]
        assert isinstance(versions[2], Unknown)
        assert versions[2].needs == ("gunicorn.version",)

    def test_code_elsewhere_counts_for_the_only_application(self) -> None:
        files = {"deploy/gunicorn.conf.py": CONF, "app/requirements.txt": "gunicorn==23.0\n"}
        found = only(files).version

        assert isinstance(found, Value)

    def test_stated(self) -> None:
        files = {"gunicorn.conf.py": CONF, "requirements.txt": "gunicorn==20.1\n"}
        (application,) = deploy(files, target={"gunicorn": 27}).applications

        assert isinstance(application.version, Value)
        assert application.version.value == (27,)

    def test_broken_lock_files_are_problems(self) -> None:
        files = {"gunicorn.conf.py": CONF, "Pipfile.lock": "{"}

        assert [one.kind for one in deploy(files).problems] == ["requirements"]


@pytest.mark.parametrize(
    ("replicas", "value", "origin"),
    [("", 1, Origin.DEFAULT), ("scale: 3", 3, Origin.LITERAL), ("scale: $N", 1, Origin.ASSUMED)],
)
def test_replicas(replicas: str, value: int, origin: Origin) -> None:
    found = only(composed(f"image: x\n    command: gunicorn app\n    {replicas}")).replicas

    assert (found.value, found.origin) == (value, origin)
