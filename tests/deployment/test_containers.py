"""What the first command of a container leads to: branches, scripts, supervisors, nginx beside."""

from __future__ import annotations

import pytest

from advisor.deployment.model import Deployment
from advisor.model import Value
from tests.support.deployments import deploy

IMAGE = "FROM python:3.13\nWORKDIR /app\nCOPY . /app\nENTRYPOINT {}\n"
START = "#!/bin/sh\nexec gunicorn -w 3 shop:app\n"
BY_MODE = """\
#!/bin/bash
if [[ "${MODE}" == "worker" ]]; then
  exec celery -A shop worker
else
  exec gunicorn --workers 2 shop:app
fi
"""
BY_ARGUMENT = """\
#!/bin/bash
if [ "$1" = "worker" ]; then
  exec celery -A shop worker
elif [ "$1" = "beat" ]; then exec celery -A shop beat
else exec gunicorn --workers 2 shop:app; fi
"""
NGINX = """\
events {}
http {
  upstream shop { server 127.0.0.1:8001; }
  server { listen 80; location / { proxy_pass http://shop; } }
}
"""


def booted(script: str, environment: str = "{}", command: str = "[]") -> Deployment:
    """A service whose image is started by a script."""
    return deploy(
        {
            "compose.yaml": (
                "services:\n  web:\n    build: .\n"
                f"    command: {command}\n    environment: {environment}\n"
            ),
            "Dockerfile": IMAGE.format('["/app/boot.sh"]'),
            "boot.sh": script,
        }
    )


def workers(deployment: Deployment) -> list[object]:
    """Workers of each application, None where they are not known."""
    found = (one.settings.setting("workers") for one in deployment.applications)
    return [one.value if isinstance(one, Value) else None for one in found]


TWO = (
    'if [ "$DEBUG" = "true" ]; then exec gunicorn --reload -w 1 a:b; '
    "else exec gunicorn -w 4 a:b; fi"
)
UNLESS = (
    'if [ "$ENV" != production ]; then\nexec gunicorn --reload -w 1 a:b\nfi\nexec gunicorn -w 4 a:b'
)


@pytest.mark.parametrize(
    ("script", "environment", "number"),
    [
        (TWO, '{DEBUG: "false"}', 4),
        (TWO, '{DEBUG: "true"}', 1),
        (TWO, "{}", 4),
        (UNLESS, "{ENV: production}", 4),
        (UNLESS, "{ENV: local}", 1),
        ('[ -z "$W" ] && exec gunicorn -w 5 a:b\nexec gunicorn -w "$W" a:b', "{W: 6}", 6),
        ('[ -z "$W" ] && exec gunicorn -w 5 a:b\nexec gunicorn -w "$W" a:b', "{}", 5),
        ("if test $W -gt 3; then gunicorn -w 3 a:b; else gunicorn -w 2 a:b; fi", '{W: "9"}', 3),
        ("if ! [ $W -gt 3 ]; then gunicorn -w 3 a:b; else gunicorn -w 2 a:b; fi", '{W: "9"}', 2),
        (
            "if [[ $S == dev* || -n $X ]]; then gunicorn -w 1 a:b; else gunicorn a:b -w 2; fi",
            "{}",
            2,
        ),
        ("if [[ $S == dev* ]]; then gunicorn -w 1 a:b; else gunicorn a:b -w 2; fi", "{S: dev2}", 1),
        ("[ x = y ] || exec gunicorn -w 3 a:b", "{}", 3),
        ('case "$1" in\n server) exec gunicorn -w 7 a:b ;;\n *) exec "$@" ;;\nesac', "{}", 7),
        ("O=$OPTIONS\nexec gunicorn $O a:b", '{OPTIONS: "-w 8 --reload"}', 8),
    ],
)
def test_branches_that_are_known(script: str, environment: str, number: int) -> None:
    """Variables of the container, and its arguments, decide."""
    deployment = booted(f"#!/bin/bash\n{script}\n", environment, "[server]")

    assert workers(deployment) == [number]


def test_a_branch_taken_for_want_of_a_variable_is_told() -> None:
    """It may still be set from outside."""
    deployment = booted(f"#!/bin/bash\n{TWO}\n")

    assert "boot.sh:2 is judged as what runs where DEBUG is not set, as no file sets it" in (
        deployment.notes
    )


def test_branches_that_are_not_known() -> None:
    """A note tells, and what they have in common is still judged."""
    script = "if [ -f /x ]; then\nexec gunicorn -w 1 a:b\nelse\nexec gunicorn -w 4 a:b\nfi"
    deployment = booted(f"#!/bin/bash\n{script}\n")

    assert workers(deployment) == [None]
    (note,) = deployment.notes
    assert note == (
        "service web starts gunicorn at boot.sh:3 and boot.sh:5, on a condition that is not "
        "known: only what these have in common is judged"
    )


@pytest.mark.parametrize(
    ("script", "line", "why"),
    [
        ('serve() { gunicorn a:b; }\n"$RUN"', 2, "what calls it is not known"),
        ("eval exec gunicorn a:b", 2, "eval is not followed"),
        ("fi\ngunicorn a:b", 2, "fi does not belong here"),
    ],
)
def test_a_start_that_could_not_be_followed(script: str, line: int, why: str) -> None:
    """It is said with its place."""
    deployment = booted(f"#!/bin/bash\n{script}\n")

    assert deployment.applications == ()
    assert deployment.notes == (
        f"boot.sh:{line}: gunicorn is named here, and whether it is started cannot be told: {why}",
    )


@pytest.mark.parametrize(
    ("script", "worker"),
    [(BY_MODE, "environment: {MODE: worker}"), (BY_ARGUMENT, "command: worker")],
)
def test_a_worker_that_shares_the_script(script: str, worker: str) -> None:
    """It is no second gunicorn."""
    files = {
        "compose.yaml": (
            "services:\n  api: {build: ., environment: {MODE: api}}\n"
            f"  worker: {{build: ., {worker}}}\n"
        ),
        "Dockerfile": IMAGE.format('["/app/boot.sh"]'),
        "boot.sh": script,
    }

    deployment = deploy(files)

    assert [one.name for one in deployment.applications] == ["service api"]
    assert deployment.notes == ()


@pytest.mark.parametrize(
    "more",
    [
        'COPY compose/start /start\nCMD ["/start"]',
        'COPY compose/start /start\nENTRYPOINT ["/app/compose/entry"]\nCMD ["/start"]',
        'CMD ["/bin/bash", "/app/compose/start"]',
        'CMD ["tini", "--", "/app/compose/start"]',
        'CMD ["gosu", "app", "bash", "-e", "/app/compose/start"]',
        "CMD sleep 1 && ./compose/start",
        'CMD ["sh", "-c", "python manage.py migrate && ./compose/start"]',
        'COPY compose/start /usr/local/bin/start\nCMD ["start"]',
        'COPY compose/start /usr/local/bin/start\nENTRYPOINT ["start"]',
        'ENV PATH=/tools:$PATH\nCOPY compose/start /tools/start\nCMD ["start"]',
    ],
)
def test_ways_to_a_script(more: str) -> None:
    """By its first line, by the shell that runs it, by the path of commands."""
    files = {
        "Dockerfile": f"FROM python:3.13\nWORKDIR /app\nCOPY . /app\n{more}\n",
        "compose/start": START,
        "compose/entry": '#!/bin/bash\nset -e\nuntil check; do sleep 1; done\nexec "$@"\n',
    }

    assert workers(deploy(files)) == [3]


def test_a_script_that_runs_another() -> None:
    """What it exports reaches the other, and what it does not export stays behind."""
    files = {
        "Dockerfile": IMAGE.format('["/app/boot.sh"]'),
        "boot.sh": "#!/bin/sh\nexport A=2\nB=7\nexec ./run.sh 5\n",
        "run.sh": "#!/bin/sh\ngunicorn -w ${A} --threads ${B:-3} --timeout $1 a:b\n",
    }
    (application,) = deploy(files).applications
    names = ("workers", "threads", "timeout")

    assert [getattr(application.settings.setting(one), "value", None) for one in names] == [2, 3, 5]


def test_a_script_that_reads_another() -> None:
    """What a sourced file sets is set here."""
    files = {
        "Dockerfile": IMAGE.format('["/app/boot.sh"]'),
        "boot.sh": "#!/bin/sh\n. /app/env\nsource ./none\nexec gunicorn -w ${A} a:b\n",
        "env": "A=6\n[ -n x ] && return\nA=7\n",
    }

    assert workers(deploy(files)) == [6]


def test_a_script_that_runs_itself() -> None:
    """It is left at some point."""
    deployment = booted("#!/bin/sh\n./boot.sh\nexec /app/boot.sh\n")

    assert deployment.applications == ()


SUPERVISED = "[program:web]\ncommand=gunicorn -w 5 a:b\n"


@pytest.mark.parametrize(
    "files",
    [
        {
            "boot.sh": "#!/bin/sh\nexec supervisord -c /etc/supervisord.conf\n",
            "s.conf": SUPERVISED,
        },
        {
            "boot.sh": "#!/bin/sh\nexec sudo -E /usr/bin/supervisord -n -c /etc/supervisord.conf\n",
            "s.conf": "[supervisord]\nnodaemon=true\n[include]\nfiles = /etc/supervisor.d/*.conf\n",
            "d/web.conf": SUPERVISED,
        },
        {
            "boot.sh": "#!/bin/sh\nexec supervisord\n",
            "s.conf": "[include]\nfiles = supervisor.d/*.ini supervisor.d/*.conf\n",
            "d/web.conf": SUPERVISED,
        },
        {
            "boot.sh": "#!/bin/sh\nexport N=5\nsupervisord -c /etc/supervisord.conf\n",
            "s.conf": "[program:web]\ncommand=/app/run.sh %(ENV_N)s\n",
            "run.sh": '#!/bin/sh\nexec gunicorn -w "$1" a:b\n',
        },
    ],
)
def test_a_supervisor_that_a_script_starts(files: dict[str, str]) -> None:
    """Its programs and those of the files it includes, with the variables of the script."""
    image = (
        "FROM python:3.13\nWORKDIR /app\nCOPY . /app\nCOPY s.conf /etc/supervisord.conf\n"
        'COPY d /etc/supervisor.d\nCMD ["/app/boot.sh"]\n'
    )
    deployment = deploy({"Dockerfile": image, **files})

    assert workers(deployment) == [5]


def test_the_files_of_a_supervisor_that_is_followed_are_read() -> None:
    """No note says that they are not."""
    files = {
        "Dockerfile": "FROM x\nWORKDIR /app\nCOPY . /app\nCMD ./boot.sh\n",
        "boot.sh": "#!/bin/sh\nexec supervisord -c supervisord.conf\n",
        "supervisord.conf": SUPERVISED,
    }

    assert deploy(files).notes == ()


BESIDE = "#!/bin/bash\nnginx -c /app/conf/nginx.conf &\ngunicorn a:b -b 0.0.0.0:8001 &\nwait -n\n"
STACK = "services:\n  web: {build: ., ports: ['80:80']}\n  db: {image: 'postgres:17'}\n"


def test_nginx_in_the_same_container() -> None:
    """Its 127.0.0.1 is that of gunicorn, and no port has to be published."""
    files = {
        "compose.yaml": STACK,
        "Dockerfile": "FROM python:3.13\nWORKDIR /app\nCOPY . .\nCMD bash run.sh\n",
        "run.sh": BESIDE,
        "conf/nginx.conf": NGINX,
    }
    deployment = deploy(files)

    assert [(one.proxy.service, one.application.service) for one in deployment.proxy_edges] == [
        ("web", "web")
    ]
    assert not any("no application listens" in one for one in deployment.notes)


def test_nginx_of_a_package() -> None:
    """What is copied to its folders counts, whatever image it is copied to."""
    files = {
        "Dockerfile": (
            "FROM python:3.13\nRUN apt-get install nginx\nCOPY nginx.conf /etc/nginx/nginx.conf\n"
            "COPY size.conf /etc/nginx/conf.d/size.conf\nCMD gunicorn a:b -b 127.0.0.1:8001\n"
        ),
        "nginx.conf": NGINX.replace("http {", "http {\n  include /etc/nginx/conf.d/*.conf;"),
        "size.conf": "client_max_body_size 100m;\n",
    }
    (proxy,) = deploy(files).proxies

    assert proxy.document.files == ("nginx.conf", "size.conf")
    assert not isinstance(proxy.version, Value)


def test_a_container_that_runs_no_nginx() -> None:
    """An image that two services share, and only one of them starts nginx."""
    files = {
        "compose.yaml": "services:\n  web: {build: .}\n  job: {build: ., command: celery worker}\n",
        "Dockerfile": (
            "FROM python:3.13\nWORKDIR /app\nCOPY . .\n"
            "COPY conf/nginx.conf /etc/nginx/nginx.conf\nCMD bash run.sh\n"
        ),
        "run.sh": BESIDE.replace("-c /app/conf/nginx.conf ", ""),
        "conf/nginx.conf": NGINX,
    }

    assert [one.service for one in deploy(files).proxies] == ["web"]


@pytest.mark.parametrize(
    ("command", "server"),
    [
        ("uvicorn shop:app --workers 2", "uvicorn"),
        ("python -m uvicorn shop:app", "uvicorn"),
        ("uv run hypercorn shop:app", "hypercorn"),
        ("granian shop:app", "granian"),
        ("uwsgi --ini uwsgi.ini", "uWSGI"),
        ("fastapi run shop.py", "uvicorn"),
        ("daphne shop.asgi:application", "daphne"),
    ],
)
def test_servers_that_are_not_judged(command: str, server: str) -> None:
    """They are named with their place, in a script as well."""
    deployment = booted(f"#!/bin/sh\nexec {command}\n")

    (note,) = deployment.notes
    assert note == (
        f"service web is served by {server} (boot.sh:2), which is not judged: its workers and the "
        "connections of its pools are not counted"
    )


@pytest.mark.parametrize("command", ["celery worker", "uvicorn --version", "pip install uvicorn"])
def test_what_is_no_server(command: str) -> None:
    """Nothing is said of it."""
    assert booted(f"#!/bin/sh\nexec {command}\n").notes == ()


def test_django_behind_a_script() -> None:
    """The module that is served leads to its settings, wherever the command stands."""
    files = {
        "Dockerfile": IMAGE.format('["/app/boot.sh"]'),
        "boot.sh": "#!/bin/sh\nexec gunicorn shop.wsgi\n",
        "shop/wsgi.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.live')\n",
        "shop/live.py": "DEBUG = False\nINSTALLED_APPS = []\n",
    }

    assert [one.path for one in deploy(files).django] == ["shop/live.py"]


def test_django_settings_that_lie_elsewhere() -> None:
    """The image has them beside the package whose settings they take over."""
    files = {
        "Dockerfile": (
            "FROM python:3.13\nENV DJANGO_SETTINGS_MODULE=live\nCOPY src /shop\n"
            "COPY deploy/live.py /shop/live.py\nCMD gunicorn shop.wsgi\n"
        ),
        "deploy/live.py": "from shop.settings import *\nDEBUG = False\n",
        "src/shop/settings.py": (
            "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'HOST': 'db'}}\n"
        ),
    }
    deployment = deploy(files)

    assert [one.path for one in deployment.django] == ["deploy/live.py"]
    (application,) = deployment.applications
    assert [one.location.path for one in application.engines] == ["src/shop/settings.py"]


def test_a_secret_in_a_script_is_not_told() -> None:
    """It fills what it stands in, and its value is nowhere."""
    script = (
        'export DATABASE_URL="postgres://u:${DB_PASSWORD}@db/shop"\n'
        'if [ -n "$DB_PASSWORD" ]; then exec gunicorn -w 2 a:b; fi\nexec gunicorn -w 9 a:b\n'
    )
    deployment = booted(f"#!/bin/sh\n{script}", "{DB_PASSWORD: hunter22}")
    (application,) = deployment.applications

    assert workers(deployment) == [2]
    assert application.settings.env["DATABASE_URL"] == "postgres://u:***@db/shop"
