"""How applications are launched: who watches them, who reaches them, which files nobody loads."""

from __future__ import annotations

import pytest

from advisor.deployment.model import Launch
from advisor.model import Unknown, Value
from tests.support.deployments import deploy

CONF = "workers = 4\nbind = '0.0.0.0:8000'\n"


def launch(files: dict[str, str]) -> Launch:
    """The launch of the only application."""
    (application,) = deploy(files).applications
    return application.launch


def compose(command: str, more: str = "") -> str:
    """A compose file with one service."""
    return f"services:\n  app:\n    image: shop:1\n    command: {command}\n{more}"


@pytest.mark.parametrize(
    ("files", "supervised"),
    [
        ({"compose.yaml": compose("gunicorn shop:app")}, True),
        ({"compose.yaml": compose("tini -- gunicorn shop:app")}, True),
        ({"compose.yaml": compose('sh -c "gunicorn -D shop:app && sleep 9"')}, False),
        ({"compose.yaml": compose("./run.sh"), "run.sh": "#!/bin/sh\ngunicorn -D a:b\n"}, False),
        ({"shop.service": "[Service]\nExecStart=/bin/gunicorn shop:app\n"}, True),
        ({"shop.service": "[Service]\nType=forking\nExecStart=/bin/gunicorn shop:app\n"}, False),
        ({"gunicorn.conf.py": CONF}, False),
    ],
)
def test_who_waits_for_the_process(files: dict[str, str], supervised: bool) -> None:  # noqa: FBT001 - a case
    """A container or unit does, a script that goes on and a unit that forks do not."""
    if "run.sh" in files:
        files = {
            **files,
            "compose.yaml": files["compose.yaml"].replace("image: shop:1", "build: ."),
        }
        files["Dockerfile"] = "FROM python:3.13\nWORKDIR /app\nCOPY . .\n"
    assert launch(files).supervised is supervised


@pytest.mark.parametrize(
    ("files", "development"),
    [
        ({"compose.yaml": compose("gunicorn shop:app")}, False),
        ({"compose.dev.yaml": compose("gunicorn shop:app")}, True),
        (
            {
                "compose.yaml": compose(
                    "gunicorn a:b", "    environment: {FLASK_ENV: development}\n"
                )
            },
            True,
        ),
        ({"compose.yaml": compose("gunicorn a:b", "    environment: {DEBUG: 'true'}\n")}, True),
        ({"compose.yaml": compose("gunicorn a:b", "    environment: {DEBUG: 'false'}\n")}, False),
        ({"compose.yaml": compose("gunicorn a:b", "    environment: {ENV: production}\n")}, False),
        ({"compose.yaml": compose("env DEBUG=1 gunicorn a:b")}, True),
    ],
)
def test_what_is_for_development(files: dict[str, str], development: bool) -> None:  # noqa: FBT001 - a case
    """File names and the usual variables say it."""
    assert launch(files).development is development


@pytest.mark.parametrize(
    ("arguments", "more", "exposed"),
    [
        ("-b 0.0.0.0:8000", "", False),
        ("-b 0.0.0.0:8000", "    ports: ['80:8000']\n", True),
        ("-b 0.0.0.0:8000", "    ports: ['127.0.0.1:80:8000']\n", False),
        ("-b 0.0.0.0:8000", "    ports: ['9000:9000']\n", False),
        ("-b 0.0.0.0", "    ports: ['80:8000']\n", True),
        ("-b :8000 -b unix:/run/a.sock", "    ports: ['80:8000']\n", True),
        ("-b unix:/run/a.sock", "    ports: ['80:8000']\n", False),
        ("-b 127.0.0.1:8000", "    ports: ['80:8000']\n", False),
        ("-b '[::]:8000'", "    ports: ['80:8000']\n", True),
        ("-b 0.0.0.0:8000", "    network_mode: host\n", True),
        ("-b 0.0.0.0:8000", "    network_mode: service:other\n", None),
    ],
)
def test_who_reaches_it(arguments: str, more: str, exposed: bool | None) -> None:  # noqa: FBT001 - a case
    """What is published on an address of others; None where that cannot be told."""
    found = launch({"compose.yaml": compose(f"gunicorn {arguments} a:b", more)}).exposed
    assert (found.value if isinstance(found, Value) else None) is exposed


def test_a_unit_listens_on_the_host_itself() -> None:
    """Nothing publishes its port, and everybody reaches it."""
    text = "[Service]\nExecStart=/bin/gunicorn -b 0.0.0.0:8000 shop:app\n"
    found = launch({"shop.service": text}).exposed
    assert isinstance(found, Value)
    assert found.value is True


def test_nobody_knows_who_reaches_a_file() -> None:
    """A configuration file alone tells its address and not its network."""
    assert isinstance(launch({"gunicorn.conf.py": CONF}).exposed, Unknown)


def test_tmp_in_memory() -> None:
    """A tmpfs on /tmp, and on no other folder."""
    where = "    tmpfs: {}\n"
    files = {"compose.yaml": compose("gunicorn a:b", where.format("/tmp"))}  # noqa: S108 - of the target
    assert launch(files).tmp_in_memory
    files = {"compose.yaml": compose("gunicorn a:b", where.format("/run"))}
    assert not launch(files).tmp_in_memory


DOCKERFILE = "FROM python:3.13\nWORKDIR /app\nCOPY . .\n"


@pytest.mark.parametrize(
    ("command", "config", "unloaded"),
    [
        ("gunicorn shop:app", "gunicorn_conf.py", ("gunicorn_conf.py",)),
        ("gunicorn shop:app", "conf/gunicorn.conf.py", ("conf/gunicorn.conf.py",)),
        ("gunicorn --chdir conf shop:app", "conf/gunicorn.conf.py", ("conf/gunicorn.conf.py",)),
        ("gunicorn shop:app", "gunicorn.conf.py", ()),
        ("gunicorn -c gunicorn_conf.py shop:app", "gunicorn_conf.py", ()),
        ("gunicorn shop:app", "gunicorn_dev.py", ()),
    ],
)
def test_files_that_nobody_loads(command: str, config: str, unloaded: tuple[str, ...]) -> None:
    """gunicorn looks for one name, in the folder it is started in."""
    files = {
        "compose.yaml": f"services:\n  app:\n    build: .\n    command: {command}\n",
        "Dockerfile": DOCKERFILE,
        config: CONF,
    }
    assert launch(files).unloaded == unloaded
