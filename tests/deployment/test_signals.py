"""Whether the signal to stop reaches gunicorn, by what stands between it and the runtime."""

from __future__ import annotations

import pytest

from advisor.model import Unknown, Value
from tests.support.deployments import deploy

COMPOSE = "services:\n  app:\n    image: %s\n    command: %s\n"
GUNICORN = "gunicorn -b 0.0.0.0:8000 shop:app"
DOCKERFILE = "FROM %s\nWORKDIR /srv\nCOPY . /srv\n%s\n"


def stays(files: dict[str, str]) -> bool | None:
    """Whether a shell stays, None when it cannot be told."""
    (application,) = deploy(files).applications
    return application.shell.value if isinstance(application.shell, Value) else None


def scripted(script: str, command: str = 'CMD ["/srv/start.sh"]') -> bool | None:
    """The same for an image whose script is given."""
    return stays({"Dockerfile": DOCKERFILE % ("python:3.12", command), "start.sh": script})


class TestWords:
    @pytest.mark.parametrize(
        ("image", "command", "expected"),
        [
            ("python:3.12", GUNICORN, False),
            ("python:3.12", f"sh -c '{GUNICORN}'", True),
            ("python:3.12", f"/bin/sh -c 'true && {GUNICORN}'", True),
            ("docker.io/library/python:3.12", f"sh -c '{GUNICORN}'", True),
            ("python:3.12", f"sh -c 'exec {GUNICORN}'", False),
            ("python:3.12", f"sh -c 'true; exec {GUNICORN}'", False),
            ("python:3.12", f"bash -c 'true && {GUNICORN}'", False),
            ("alpine:3.20", f"ash -c '{GUNICORN}'", False),
            ("python:3.12", f"dash -c '{GUNICORN}'", True),
            ("python:3.12-alpine3.20", f"sh -c '{GUNICORN}'", False),
            ("alpine:3.20", f"sh -c '{GUNICORN}'", False),
            ("shop:4", f"sh -c '{GUNICORN}'", None),
            ("registry.example.com/python:3", f"sh -c '{GUNICORN}'", None),
            ("python:3.12", f"dumb-init sh -c '{GUNICORN}'", False),
            ("python:3.12", f"tini -g -- sh -c '{GUNICORN}'", False),
            ("python:3.12", f"tini -- sh -c '{GUNICORN}'", True),
        ],
    )
    def test_of_a_compose_file(self, image: str, command: str, *, expected: bool | None) -> None:
        assert stays({"compose.yaml": COMPOSE % (image, command)}) is expected

    @pytest.mark.parametrize(
        ("image", "line", "expected"),
        [
            ("python:3.12", f"CMD {GUNICORN}", True),
            ("python:3.12", f"CMD exec {GUNICORN}", False),
            ("python:3.12", f"ENTRYPOINT {GUNICORN}", True),
            ("python:3.12-alpine", f"CMD {GUNICORN}", False),
            ("python:3.12", 'CMD ["gunicorn", "shop:app"]', False),
            ("python:3.12", f'SHELL ["/bin/bash", "-c"]\nCMD {GUNICORN}', None),
        ],
    )
    def test_of_a_dockerfile(self, image: str, line: str, *, expected: bool | None) -> None:
        assert stays({"Dockerfile": DOCKERFILE % (image, line)}) is expected

    def test_a_unit_is_stopped_as_a_whole(self) -> None:
        assert stays({"app.service": f"[Service]\nExecStart=/bin/sh -c '{GUNICORN}'\n"}) is False


class TestScripts:
    @pytest.mark.parametrize(
        ("script", "expected"),
        [
            (f"#!/bin/sh\n{GUNICORN}\n", True),
            (f"#!/bin/bash\n{GUNICORN}\n", True),
            (f"#!/bin/sh\nexec {GUNICORN}\n", False),
            ("#!/bin/sh\nexec gunicorn \\\n  -b 0.0.0.0:8000 \\\n  shop:app\n", False),
            (f"#!/bin/sh\ntrap 'kill $!' TERM\n{GUNICORN} &\nwait\n", None),
            (f"#!/bin/sh\n{GUNICORN} &\nwait\n", None),
            (f"#!/bin/sh\n# no trap here\n{GUNICORN}\n", True),
        ],
    )
    def test_that_start_it(self, script: str, *, expected: bool | None) -> None:
        assert scripted(script) is expected

    @pytest.mark.parametrize(
        ("script", "expected"),
        [
            ('#!/bin/sh\nexec "$@"\n', False),
            ("#!/bin/sh\nexec gosu app $@\n", False),
            ('#!/bin/sh\nexec "${@}"\n', False),
            ("#!/bin/sh\nexec $*\n", False),
            ('#!/bin/sh\n"$@"\n', True),
            ("#!/bin/sh\n. /srv/run.sh\n", None),
        ],
    )
    def test_that_become_what_they_are_called_with(
        self, script: str, *, expected: bool | None
    ) -> None:
        command = 'ENTRYPOINT ["/srv/start.sh"]\nCMD ["gunicorn", "shop:app"]'

        assert scripted(script, command) is expected


def test_a_file_on_its_own_says_nothing() -> None:
    (application,) = deploy({"gunicorn.conf.py": "workers = 2\n"}).applications

    assert application.shell == Unknown("what starts gunicorn is not among the files")
