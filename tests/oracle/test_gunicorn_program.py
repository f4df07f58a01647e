"""The evaluator against gunicorn itself, on files these tests write."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from advisor.catalog import gunicorn as catalog
from advisor.model import Location, Unknown, Value
from advisor.parsers.gunicorn import Effective, effective, parse_command, parse_config
from advisor.parsers.pyeval import Library
from tests.support.deployments import subjects
from tests.support.gunicorn_programs import SHARED, STATED, programs

pytestmark = pytest.mark.oracle
gunicorn = pytest.importorskip("gunicorn", reason="gunicorn is not installed")

LOADER = """
import json, sys
from gunicorn.app.wsgiapp import WSGIApplication
from gunicorn.config import Config

def load(path):
    app = WSGIApplication.__new__(WSGIApplication)
    app.cfg = Config()
    try:
        app.load_config_from_file(path)
    except (SystemExit, Exception) as error:
        return {"failed": str(error)}
    return {name: setting.value for name, setting in app.cfg.settings.items()}

sys.stderr = open("/dev/null", "w")
import os
clean = dict(os.environ)
results = []
for path in sys.argv[1:]:
    os.environ.clear()
    os.environ.update(clean)
    sys.modules.pop("shared", None)
    results.append(load(path))
print(json.dumps(results, default=lambda value: "callable" if callable(value) else str(value)))
"""
MACHINE = {
    "chdir",
    "user",
    "group",
    "control_socket",
    "ssl_version",
    "http_protocols",
    "statsd_host",
}
"""Settings that gunicorn converts with the help of the machine it runs on."""
VERSION = tuple(int(part) for part in gunicorn.__version__.split(".")[:2])
CPUS = os.cpu_count() or 1
LIBRARY = Library({"shared.py": SHARED}.get)
HERE = Location("compose.yaml", 1)


def ask_gunicorn(folder: Path, texts: list[str]) -> list[dict[str, Any]]:
    (folder / "shared.py").write_text(SHARED, encoding="utf-8")
    paths: list[str] = []
    for number, text in enumerate(texts):
        path = folder / f"conf{number}.py"
        path.write_text(text, encoding="utf-8")
        paths.append(str(path))
    modules = os.environ.get("PYTHONPATH", "")
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": modules, **STATED}
    done = subprocess.run(
        [sys.executable, "-c", LOADER, *paths],
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    results: list[dict[str, Any]] = json.loads(done.stdout)
    return results


def differences(ours: Effective, theirs: dict[str, Any]) -> tuple[list[str], int, int]:
    """Mismatches, values compared and values undecided."""
    wrong, compared, undecided = [], 0, 0
    for name in catalog.defaults(VERSION):
        if name in MACHINE or theirs[name] == "callable":
            continue
        value = ours.setting(name, cpus=CPUS)
        if isinstance(value, Unknown):
            undecided += 1
        elif json.loads(json.dumps(value.value)) != theirs[name]:
            wrong.append(f"{name}: {value!r} is {theirs[name]!r}")
        else:
            compared += 1
    return wrong, compared, undecided


def test_every_value_that_is_decided_is_the_one_gunicorn_takes(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    seen = {"files": 0, "compared": 0, "undecided": 0, "failed": 0}

    @settings(
        max_examples=34,
        deadline=None,
        derandomize=True,
        # Twelve files at once are too much to shrink: the message shows the one that differs.
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.lists(programs, min_size=12, max_size=12))
    def check(texts: list[str]) -> None:
        folder = tmp_path_factory.mktemp("confs")
        for text, theirs in zip(texts, ask_gunicorn(folder, texts), strict=True):
            seen["files"] += 1
            document = parse_config("gunicorn.conf.py", text, env=STATED, library=LIBRARY)
            ours = effective(document, None, None, STATED, version=VERSION)
            if "failed" in theirs:
                seen["failed"] += 1
                continue
            wrong, compared, undecided = differences(ours, theirs)
            assert not wrong, f"{wrong}\n{text}"
            assert not list(ours.refused(cpus=CPUS)), text
            seen["compared"] += compared
            seen["undecided"] += undecided

    check()
    assert seen["files"] - seen["failed"] >= 300, seen
    # One line that may set any name leaves all settings of its file undecided.
    assert seen["undecided"] <= seen["compared"] // 50, seen


SAMPLES = {
    "literals": "workers = 4\nbind = '0.0.0.0:8000'\ntimeout = 60\n",
    "cpus": "import multiprocessing\nworkers = multiprocessing.cpu_count() * 2 + 1\n",
    "variables": (
        "import os\nworkers = int(os.environ.get('WORKERS', 2))\nthreads = os.getenv('T', '4')\n"
    ),
    "coerced": (
        "workers = '0x10'\nreload = 'TRUE '\nforwarded_allow_ips = '10.0.0.0/8, *'\nbind = ()\n"
    ),
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_real_command_line_prints_the_same(tmp_path: Path, sample: str) -> None:
    """`gunicorn --print-config -c FILE --threads 3 stub:app`, with the precedence of its layers."""
    (tmp_path / "stub.py").write_text("def app(environ, start_response): ...\n", encoding="utf-8")
    (tmp_path / "conf.py").write_text(SAMPLES[sample], encoding="utf-8")
    arguments = ["-c", "conf.py", "--keep-alive", "7", "--graceful", "9", "-b", ":1", "-b=:2"]
    env = {"PATH": os.environ["PATH"], **STATED, "WEB_CONCURRENCY": "6"}
    env["GUNICORN_CMD_ARGS"] = "--backlog=5 --keep-alive 9 -b :3"
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--print-config", *arguments, "stub:app"],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    printed = dict(line.split("=", 1) for line in done.stdout.splitlines() if " = " in line)
    theirs = {name.strip(): value.strip() for name, value in printed.items()}
    command = parse_command(["gunicorn", *arguments, "stub:app"], HERE)
    document = parse_config("conf.py", SAMPLES[sample], env=env)
    from advisor.parsers.gunicorn import parse_cmd_args

    cmd_args = parse_cmd_args(env["GUNICORN_CMD_ARGS"], HERE)
    ours = effective(document, command, cmd_args, env, version=VERSION)
    for name in (
        "workers",
        "threads",
        "timeout",
        "bind",
        "keepalive",
        "graceful_timeout",
        "backlog",
        "reload",
        "forwarded_allow_ips",
        "worker_class",
        "preload_app",
    ):
        value = ours.setting(name, cpus=CPUS)
        assert isinstance(value, Value), name
        assert str(value.value) == theirs[name], name


@pytest.mark.parametrize(
    "text",
    [
        "workers = 2.5\n",
        "workers = None\n",
        "workers = -1\n",
        "reload = 'yes'\n",
        "reload = 1\n",
        "forwarded_allow_ips = 'nginx'\n",
        "logconfig_dict = []\n",
        "bind = 8000\n",
        "loglevel = 3\n",
        "header_map = 'keep'\n",
    ],
)
def test_what_gunicorn_refuses_is_refused(tmp_path: Path, text: str) -> None:
    assert "failed" in ask_gunicorn(tmp_path, [text])[0]
    ours = effective(parse_config("g.py", text), None, None, {}, version=VERSION)
    assert list(ours.refused(cpus=CPUS))


REFUSABLE = ("2.5", "'yes'", "-1", "None", "'x y'", "5", "True", "[1]", "{}", "'1'", "object")


def test_what_stops_gunicorn_is_found_and_nothing_else(tmp_path: Path) -> None:
    """Every setting with values of every type: a finding only where the loader really fails."""
    names = [name for name in catalog.defaults(VERSION) if name not in MACHINE]
    texts = [f"{name} = {value}\n" for name in names for value in REFUSABLE]
    target = {"gunicorn": ".".join(map(str, VERSION))}
    failed = found = 0
    for text, theirs in zip(texts, ask_gunicorn(tmp_path, texts), strict=True):
        files = {"gunicorn.conf.py": text}
        refused = subjects(files, "gunicorn.refused", target=target)
        assert "failed" in theirs or not refused, text
        failed += "failed" in theirs
        found += bool(refused)
        # Whatever this release takes is not called an error when the release is not known.
        unsure = subjects(files, "gunicorn.refused")
        assert not unsure or refused, text
    assert failed > 500
    # The rest are functions of a wrong kind, and paths and accounts of the machine.
    assert found >= 0.85 * failed, (found, failed)


@pytest.mark.parametrize(
    "text",
    [
        "workers = True\n",
        "workers = ' 5 '\n",
        "reload = None\n",
        "proxy_protocol = True\n",
        "forwarded_allow_ips = None\n",
        "accesslog = None\n",
        "raw_env = {'A=1'}\n",
        "http2_cleartext = True\n",
        "asgi_loop = None\n",
        "header_map = None\n",
        "user = 1000\nbind = ('a:1', ' b:2 ')\n",
    ],
)
def test_what_gunicorn_takes_is_taken(tmp_path: Path, text: str) -> None:
    theirs = ask_gunicorn(tmp_path, [text])[0]
    ours = effective(parse_config("g.py", text), None, None, {}, version=VERSION)
    assert not list(ours.refused(cpus=CPUS))
    if "raw_env" not in text:
        assert differences(ours, theirs)[0] == []


def test_the_catalogue_holds_what_the_installed_release_has(tmp_path: Path) -> None:
    theirs = ask_gunicorn(tmp_path, [""])[0]
    assert set(theirs) == set(catalog.defaults(VERSION))


def test_the_catalogue_is_what_the_tool_writes() -> None:
    """`tools/build_gunicorn_catalog.py` on the installed release."""
    tool = Path(__file__).parents[2] / "tools" / "build_gunicorn_catalog.py"
    done = subprocess.run(
        [sys.executable, tool], capture_output=True, text=True, check=True, timeout=60
    )
    written = json.loads(done.stdout)["settings"]
    for name, setting in catalog.settings().items():
        form = setting.form(VERSION)
        if form is not None:
            (entry,) = written[name]["forms"]
            assert (entry["kind"], entry["arity"]) == (form.kind, form.arity), name
            assert entry["default"] == form.default, name
            assert tuple(written[name]["flags"]) == setting.flags


def test_worker_classes_are_told_as_gunicorn_tells_them() -> None:
    from gunicorn.config import Config
    from gunicorn.workers import SUPPORTED_WORKERS

    for name, path in SUPPORTED_WORKERS.items():
        assert catalog.effective_class(name) == catalog.effective_class(path)
    config = Config()
    config.set("threads", 4)
    for name in ("sync", "gunicorn.workers.sync.SyncWorker", "gevent", "gthread"):
        config.set("worker_class", name)
        gthread = config.worker_class_str == "gthread"
        assert (catalog.effective_class(name, 4) == "gthread") == gthread
