"""Configuration files of gunicorn."""

from __future__ import annotations

import pytest

from advisor.model import Origin, Unknown, Value
from advisor.parsers.gunicorn import effective, parse_config
from advisor.parsers.pyeval import Code, Known, PerCpu

TIANGOLO = """
import json
import multiprocessing
import os

workers_per_core_str = os.getenv("WORKERS_PER_CORE", "1")
max_workers_str = os.getenv("MAX_WORKERS")
use_max_workers = None
if max_workers_str:
    use_max_workers = int(max_workers_str)
web_concurrency_str = os.getenv("WEB_CONCURRENCY", None)

host = os.getenv("HOST", "0.0.0.0")
port = os.getenv("PORT", "80")
bind_env = os.getenv("BIND", None)
use_loglevel = os.getenv("LOG_LEVEL", "info")
if bind_env:
    use_bind = bind_env
else:
    use_bind = f"{host}:{port}"

cores = multiprocessing.cpu_count()
workers_per_core = float(workers_per_core_str)
default_web_concurrency = workers_per_core * cores
if web_concurrency_str:
    web_concurrency = int(web_concurrency_str)
    assert web_concurrency > 0
else:
    web_concurrency = max(int(default_web_concurrency), 2)
    if use_max_workers:
        web_concurrency = min(web_concurrency, use_max_workers)
accesslog_var = os.getenv("ACCESS_LOG", "-")
use_accesslog = accesslog_var or None

# Gunicorn config variables
loglevel = use_loglevel
workers = web_concurrency
bind = use_bind
accesslog = use_accesslog
worker_tmp_dir = "/dev/shm"
graceful_timeout = int(os.getenv("GRACEFUL_TIMEOUT", "120"))
timeout = int(os.getenv("TIMEOUT", "120"))
keepalive = int(os.getenv("KEEP_ALIVE", "5"))

log_data = {"loglevel": loglevel, "workers": workers, "host": host, "port": port}
print(json.dumps(log_data))
"""
"""The shape of the configuration that popular base images ship."""


def test_a_file_as_base_images_ship_it() -> None:
    document = parse_config("gunicorn_conf.py", TIANGOLO)
    assert document.problems == ()
    assert document.unknown == ()
    ours = effective(document, None, None, {})
    workers = ours.setting("workers", cpus=8)
    assert isinstance(workers, Value)
    assert workers.value == 8
    assert (
        workers.note
        == "8 at 8 cpus, if MAX_WORKERS, WEB_CONCURRENCY and WORKERS_PER_CORE are not set"
    )
    assert ours.from_cpus("workers")
    bind = ours.setting("bind")
    assert isinstance(bind, Value)
    assert (bind.value, bind.origin) == (["0.0.0.0:80"], Origin.ASSUMED)
    for name, expected in (
        ("graceful_timeout", 120),
        ("keepalive", 5),
    ):
        value = ours.setting(name)
        assert isinstance(value, Value)
        assert value.value == expected


def test_the_same_file_with_its_variables_stated() -> None:
    env = {"WEB_CONCURRENCY": "3", "PORT": "8000", "LOG_LEVEL": "debug"}
    ours = effective(parse_config("gunicorn_conf.py", TIANGOLO, env=env), None, None, env)
    found = {name: ours.setting(name) for name in ("workers", "bind", "loglevel")}
    values = {name: value.value for name, value in found.items() if isinstance(value, Value)}
    assert values == {"workers": 3, "bind": ["0.0.0.0:8000"], "loglevel": "debug"}
    assert not ours.from_cpus("workers")


def test_where_settings_stand() -> None:
    document = parse_config("g.py", "x = 1\nworkers = (x +\n  3)\n")
    workers = document.settings["workers"]
    assert (workers.statement.line, workers.statement.column, workers.statement.end_line) == (
        2,
        1,
        3,
    )
    assert (workers.location.line, workers.location.column) == (2, 12)
    assert set(document.settings) == {"workers"}


def test_hooks_and_classes_come_by_name() -> None:
    text = (
        "from uvicorn_worker import UvicornWorker\n"
        "worker_class = UvicornWorker\n"
        "class Own:\n    pass\nlogger_class = Own\n"
        "def post_fork(server, worker):\n    worker.log.info('x')\n"
        "when_ready = lambda server: None\n"
    )
    document = parse_config("g.py", text)
    names = {
        name: setting.outcome.value.name
        for name, setting in document.settings.items()
        if isinstance(setting.outcome, Known) and isinstance(setting.outcome.value, Code)
    }
    assert names == {
        "worker_class": "uvicorn_worker.UvicornWorker",
        "logger_class": "Own",
        "post_fork": "post_fork",
        "when_ready": "<lambda>",
    }
    ours = effective(document, None, None, {})
    kind = ours.worker_class()
    assert isinstance(kind, Value)
    assert kind.value == "uvicorn"
    hook = ours.setting("post_fork")
    assert isinstance(hook, Value)
    assert hook.value == "post_fork"


def test_cpus_stay_open_in_the_document() -> None:
    document = parse_config("g.py", "import os\nworkers = os.cpu_count() * 2 + 1\n")
    assert isinstance(document.settings["workers"].outcome, PerCpu)


TYPOS = {
    "max_request_jitter = 50": "max_requests_jitter",
    "access_logfile = '-'": "accesslog",
    "error_logfile = '-'": "errorlog",
    "log_level = 'info'": "loglevel",
    "keep_alive = 99": "keepalive",
    "Threads = 5": "threads",
    "worker_clas = 'gthread'": "worker_class",
    "wokrers = 4": "workers",
    "timeouts: int = 3": "timeout",
    "preload = True": "preload_app",
    "name = 'shop'": "proc_name",
}


@pytest.mark.parametrize("text", TYPOS)
def test_names_that_gunicorn_ignores(text: str) -> None:
    (unknown,) = parse_config("g.py", f"import os\n{text}\n").unknown
    assert unknown.suggestion == TYPOS[text]
    assert text.startswith(unknown.name)
    assert unknown.location.line == 2


NO_TYPOS = [
    "host = 'a'\nport = 1",
    "cores = 4\nmax_workers = 3",
    "log_level = 'info'\nloglevel = log_level",
    "log_level = 'info'\ndef post_fork(server, worker):\n    print(log_level)",
    "log_level = 'info'\nloglevel = 'info'",
    "_workers = 4",
    "worker: int",
    "a.workers = 4\nb['worker'] = 3",
    "def worker():\n    pass",
    "import thread",
    "for worker in (1, 2):\n    pass",
]


@pytest.mark.parametrize("text", NO_TYPOS)
def test_names_that_are_meant_for_something_else(text: str) -> None:
    assert parse_config("g.py", text).unknown == ()


def test_a_file_that_cannot_be_read() -> None:
    document = parse_config("g.py", "workers = = 4\n")
    assert document.settings == {}
    assert len(document.problems) == 1
    value = effective(document, None, None, {}).setting("workers")
    assert isinstance(value, Unknown)
    assert value.reason == "the configuration file cannot be read"


def test_a_file_that_takes_names_from_elsewhere() -> None:
    document = parse_config("g.py", "from base import *\nworkers = 4\n")
    assert document.opened is not None
    ours = effective(document, None, None, {})
    assert isinstance(ours.setting("workers"), Value)
    value = ours.setting("timeout")
    assert isinstance(value, Unknown)
    assert value.reason == "may be set by names that come from elsewhere"


def test_secrets_do_not_show() -> None:
    text = "raw_env = ['DATABASE_URL=postgres://app:hunter2@db/app', 'DEBUG=1']\n"
    document = parse_config("g.py", text)
    value = effective(document, None, None, {}).setting("raw_env")
    assert isinstance(value, Value)
    assert value.value == ["DATABASE_URL=***", "DEBUG=***"]
    assert "hunter2" not in repr(document)
