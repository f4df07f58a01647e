"""What is in force when everything is put together."""

from __future__ import annotations

import pytest

from advisor.model import Location, Origin, Unknown, Value
from advisor.parsers.gunicorn import (
    Effective,
    Layer,
    effective,
    parse_cmd_args,
    parse_command,
    parse_config,
)

HERE = Location("compose.yaml", 7)


def build(
    file: str | None = None, line: str = "", args: str | None = None, **env: str
) -> Effective:
    document = parse_config("g.py", file, env=env) if file is not None else None
    command = parse_command(line.split(), HERE) if line else None
    cmd_args = parse_cmd_args(args, HERE) if args is not None else None
    return effective(document, command, cmd_args, env)


def value(ours: Effective, name: str, *, cpus: int | None = None) -> object:
    found = ours.setting(name, cpus=cpus)
    return found.value if isinstance(found, Value) else found.reason


def test_order_of_precedence() -> None:
    """Defaults, variables, file, GUNICORN_CMD_ARGS, command line."""
    everything = {"file": "workers = 3\n", "args": "-w 4", "line": "gunicorn -w 5"}
    assert value(build(), "workers") == 1
    assert value(build(WEB_CONCURRENCY="2"), "workers") == 2
    assert value(build("workers = 3\n", WEB_CONCURRENCY="2"), "workers") == 3
    assert value(build("workers = 3\n", args="-w 4"), "workers") == 4
    ours = build(everything["file"], everything["line"], everything["args"], WEB_CONCURRENCY="2")
    assert value(ours, "workers") == 5
    assert [stated.layer for stated in ours.stated("workers")] == [
        Layer.COMMAND,
        Layer.CMD_ARGS,
        Layer.FILE,
        Layer.ENVIRONMENT,
    ]
    assert [stated.written for stated in ours.stated("workers")] == [
        "-w",
        "-w",
        "workers",
        "WEB_CONCURRENCY",
    ]


def test_lists_of_the_command_line_replace_others() -> None:
    ours = build("bind = [':1']\n", "gunicorn -b :3 -b :4", "-b :2")
    assert value(ours, "bind") == [":3", ":4"]
    assert value(build("bind = [':1']\n", args="-b :2"), "bind") == [":2"]


def test_origins_and_places() -> None:
    ours = build(
        "import os\nworkers = 2 + 2\ntimeout = 60\nbind = os.getenv('B', ':1')\n", "gunicorn -t 9"
    )
    origins = {}
    for name in ("workers", "timeout", "bind", "threads"):
        found = ours.setting(name)
        assert isinstance(found, Value)
        origins[name] = (found.origin, found.location.line if found.location else None)
    assert origins == {
        "workers": (Origin.EVALUATED, 2),
        "timeout": (Origin.LITERAL, 7),
        "bind": (Origin.ASSUMED, 4),
        "threads": (Origin.DEFAULT, None),
    }
    threads = ours.setting("threads")
    assert isinstance(threads, Value)
    assert threads.note == "default of gunicorn 27.0"


def test_variables_that_replace_defaults() -> None:
    env = {"WEB_CONCURRENCY": "3", "PORT": "81", "FORWARDED_ALLOW_IPS": "*", "SENDFILE": "no"}
    ours = build(**env)
    found = {
        name: value(ours, name) for name in ("workers", "bind", "forwarded_allow_ips", "sendfile")
    }
    assert found == {
        "workers": 3,
        "bind": ["0.0.0.0:81"],
        "forwarded_allow_ips": ["*"],
        "sendfile": False,
    }
    workers = ours.setting("workers")
    assert isinstance(workers, Value)
    assert (workers.origin, workers.note) == (Origin.EVALUATED, "with WEB_CONCURRENCY as stated")
    broken = build(WEB_CONCURRENCY="")
    assert "WEB_CONCURRENCY" in str(value(broken, "workers"))
    assert [item.setting for item in broken.refused()] == ["workers"]


def test_variables_set_for_one_start_count() -> None:
    assert value(build(line="WEB_CONCURRENCY=6 gunicorn app"), "workers") == 6


def test_cpus() -> None:
    ours = build("import os\nworkers = os.cpu_count() * 2 + 1\n")
    found = ours.setting("workers")
    assert isinstance(found, Unknown)
    assert (found.reason, found.needs) == ("depends on the number of cpus", ("host.cpus",))
    found = ours.setting("workers", cpus=4)
    assert isinstance(found, Value)
    assert (found.value, found.origin, found.note) == (9, Origin.EVALUATED, "9 at 4 cpus")
    assert ours.from_cpus("workers")
    assert not ours.from_cpus("threads")
    assert not ours.from_cpus("timeout")


SHELL = {
    "--workers=$(nproc)": (4, Origin.EVALUATED),
    "--workers=`nproc`": (4, Origin.EVALUATED),
    "--workers=$(getconf _NPROCESSORS_ONLN)": (4, Origin.EVALUATED),
    "--workers=$((2*$(nproc)+1))": (9, Origin.EVALUATED),
    "--workers=$((${W}*2))": (6, Origin.EVALUATED),
    "--workers=$(($W/2))": (1, Origin.EVALUATED),
    "--workers=$W": (3, Origin.EVALUATED),
    "--workers=${W}": (3, Origin.EVALUATED),
    "--workers=${W:-5}": (3, Origin.EVALUATED),
    "--workers=${X:-5}": (5, Origin.ASSUMED),
    "--workers=${X-5}": (5, Origin.ASSUMED),
    "--workers=${EMPTY:-5}": (5, Origin.EVALUATED),
    "--workers=1${X:-5}": (15, Origin.ASSUMED),
    "--workers=${X:-${Y:-7}}": (7, Origin.ASSUMED),
    "--workers=${W:?needed}": (3, Origin.EVALUATED),
}


@pytest.mark.parametrize("flag", SHELL)
def test_shell_syntax_in_flags(flag: str) -> None:
    command = parse_command(["gunicorn", flag], HERE)
    found = effective(None, command, None, {"W": "3", "EMPTY": ""}).setting("workers", cpus=4)
    assert isinstance(found, Value), found
    assert (found.value, found.origin) == SHELL[flag]
    assert found.location == HERE


@pytest.mark.parametrize(
    "text",
    [
        "$X",
        "${X}",
        "${X:?}",
        "$(cat workers)",
        "$((x + 1))",
        "$((2 ** 99))",
        "${W^^}",
        "${!W}",
        "$(",
        "$((1",
        "${",
        "`x`",
        "$1",
        "$" * 600,
        "$((${X}+1))",
    ],
)
def test_shell_syntax_that_stays_open(text: str) -> None:
    command = parse_command(["gunicorn", "-w", text], HERE)
    found = effective(None, command, None, {"W": "3"}).setting("workers", cpus=4)
    assert isinstance(found, Unknown), found
    assert found.location == HERE


def test_cpus_counted_by_the_shell_stay_open() -> None:
    ours = effective(None, parse_command(["gunicorn", "-w", "$(nproc)"], HERE), None, {})
    found = ours.setting("workers")
    assert isinstance(found, Unknown)
    assert found.needs == ("host.cpus",)
    assert ours.from_cpus("workers")


KINDS = [
    ("", "sync", Origin.DEFAULT),
    ("threads = 4\n", "gthread", Origin.DEFAULT),
    ("worker_class = 'sync'\nthreads = 4\n", "gthread", Origin.LITERAL),
    (
        "worker_class = 'sync'\nimport os\nthreads = int(os.getenv('T', '4'))\n",
        "gthread",
        Origin.ASSUMED,
    ),
    ("worker_class = 'uvicorn.workers.UvicornWorker'\nthreads = 4\n", "uvicorn", Origin.LITERAL),
    ("worker_class = 'egg:meinheld#gunicorn_worker'\n", "unknown", Origin.LITERAL),
]


@pytest.mark.parametrize(("file", "kind", "origin"), KINDS)
def test_the_class_that_runs(file: str, kind: str, origin: Origin) -> None:
    found = build(file).worker_class()
    assert isinstance(found, Value)
    assert (found.value, found.origin) == (kind, origin)


def test_classes_that_stay_open() -> None:
    found = build("worker_class = load()\n").worker_class()
    assert isinstance(found, Unknown)
    found = build("import os\nthreads = os.cpu_count()\n").worker_class()
    assert isinstance(found, Unknown)
    assert found.needs == ("host.cpus",)
    for text in (
        "from app import settings\nworker_class = settings.WORKER_CLASS\n",
        "def choose():\n    return 'gevent'\nworker_class = choose\n",
    ):
        assert isinstance(build(text).worker_class(), Unknown)
    own = build("class Own:\n    pass\nworker_class = Own\n").worker_class()
    assert isinstance(own, Value)
    assert own.value == "unknown"
    found = build("worker_class = None\n").worker_class()
    assert isinstance(found, Unknown)
    # Whatever threads is, it does not change the class of a gevent worker.
    found = build("worker_class = 'gevent'\nthreads = load()\n").worker_class()
    assert isinstance(found, Value)


def test_a_setting_that_a_variable_would_bring() -> None:
    ours = build("import os\nif os.getenv('DEBUG'):\n    reload = True\nworkers = 2\n")
    found = ours.setting("reload")
    assert isinstance(found, Value)
    assert (found.value, found.origin) == (False, Origin.ASSUMED)
    assert found.note == "default of gunicorn 27.0, if DEBUG is not set"
    assert found.location is not None
    assert ours.stated("reload") == ()
    stated = build("import os\nif os.getenv('DEBUG'):\n    reload = True\n", DEBUG="1").setting(
        "reload"
    )
    assert isinstance(stated, Value)
    assert stated.value is True
    certain = build(
        "import os\nif os.getenv('DEBUG') == '1':\n    reload = True\n", DEBUG="0"
    ).setting("reload")
    assert isinstance(certain, Value)
    assert (certain.value, certain.origin) == (False, Origin.DEFAULT)


def test_any_variable_may_be_a_setting() -> None:
    text = (
        "import os\nfor k, v in os.environ.items():\n"
        "    if k.startswith('GUNICORN_'):\n        locals()[k[9:].lower()] = v\n"
    )
    found = build(text).setting("timeout")
    assert isinstance(found, Value)
    assert (found.value, found.origin) == (30, Origin.ASSUMED)
    assert value(build(text, GUNICORN_TIMEOUT="90"), "timeout") == 90


def test_releases() -> None:
    document = parse_config("g.py", "http_parser = 'fast'\nproxy_protocol = True\n")
    old = effective(document, None, None, {}, version=(22, 0))
    assert value(old, "http_parser") == "is no setting of gunicorn 22.0"
    assert value(old, "proxy_protocol") is True
    assert value(old, "forwarded_allow_ips") == ["127.0.0.1"]
    assert "http_parser" not in old.settings()
    new = effective(document, None, None, {}, version=(27, 0, 1))
    assert (value(new, "http_parser"), value(new, "proxy_protocol")) == ("fast", "auto")
    assert list(new.refused()) == []
    with pytest.raises(KeyError):
        new.setting("nothing")


def test_flags_without_values() -> None:
    command = parse_command(["gunicorn", "--preload", "--no-sendfile", "--proxy-protocol"], HERE)
    ours = effective(None, command, None, {})
    assert [value(ours, name) for name in ("preload_app", "sendfile", "proxy_protocol")] == [
        True,
        False,
        "auto",
    ]


def test_numbers_and_modes_on_the_command_line() -> None:
    ours = build(line="gunicorn --umask 022 --backlog 0x10 -w x --timeout -1")
    assert value(ours, "umask") == 18
    assert {item.setting for item in ours.refused()} == {"backlog", "workers", "timeout"}


def test_a_value_that_is_refused_although_overridden() -> None:
    """gunicorn checks every layer before the next one counts."""
    ours = build("workers = 2.5\n", "gunicorn -w 3")
    assert value(ours, "workers") == 3
    (refused,) = ours.refused()
    assert (refused.setting, refused.reason) == ("workers", "2.5 is no whole number")
    assert refused.location is not None
    assert refused.location.path == "g.py"


def test_lists_with_an_open_item() -> None:
    command = parse_command(["gunicorn", "-b", ":1", "-b", ":$P"], HERE)
    assert value(effective(None, command, None, {}), "bind") == "depends on the variable P"
    assert value(effective(None, command, None, {"P": "9"}), "bind") == [":1", ":9"]
    assert value(effective(None, command, None, {"P": "9"}), "raw_env") == []
    ours = build(line="gunicorn -e A=1 -e B=2")
    assert value(ours, "raw_env") == ["A=***", "B=***"]


def test_a_setting_for_some_numbers_of_cpus_only() -> None:
    ours = build("import os\nif os.cpu_count() > 4:\n    workers = 8\n")
    assert isinstance(ours.setting("workers"), Unknown)
    assert [value(ours, "workers", cpus=cpus) for cpus in (2, 8)] == [1, 8]
