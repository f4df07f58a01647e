"""Objects that keep state in their process, told by the import that their name resolves to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.parsers.process_state import find_state, mentions_state

LIMITER = "from flask_limiter import Limiter\n"
SCHEDULER = (
    "from flask import Flask\nfrom apscheduler.schedulers.background import BackgroundScheduler\n"
)


def found(text: str) -> list[tuple[str, str, int]]:
    """What is kept, by which library, and the line of the call."""
    document = find_state("app.py", text)
    return [(one.keeps, one.library, one.location.line) for one in document.found]


class TestImports:
    @pytest.mark.parametrize(
        "text",
        [
            "from flask_limiter import Limiter\nx = Limiter(key)\n",
            "from flask_limiter import Limiter as L\nx = L(key)\n",
            "import flask_limiter\nx = flask_limiter.Limiter(key)\n",
            "import flask_limiter as f\nx = f.Limiter(key)\n",
            "from flask_limiter.extension import Limiter\nx = Limiter(key)\n",
            "from flask_limiter import Limiter\ndef make():\n  return 1\nx = Limiter(key)\n",
        ],
    )
    def test_names_that_lead_to_it(self, text: str) -> None:
        assert [(keeps, library) for keeps, library, _ in found(text)] == [
            ("limiter", "Flask-Limiter")
        ]

    @pytest.mark.parametrize(
        "text",
        [
            "x = Limiter(key)  # flask_limiter\n",
            "from flask_limiter.util import get_remote_address\nx = get_remote_address()\n",
            "from .flask_limiter import Limiter\nx = Limiter(key)\n",
            "from other import Limiter\nimport flask_limiter\nx = Limiter(key)\n",
            "from flask_limiter import Limiter\nx = Limiter\n",
            "from flask_limiter import Limiter\nx = Limiter(key, enabled=False)\n",
            "from flask_limiter import Limiter\nx = (\n",
        ],
    )
    def test_names_that_do_not(self, text: str) -> None:
        assert found(text) == []

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("from slowapi import Limiter\nx = Limiter(k)\n", ("limiter", "SlowAPI", 2)),
            (
                "from flask_socketio import SocketIO\nx = SocketIO(app)\n",
                ("socketio", "Flask-SocketIO", 2),
            ),
            (
                "from prometheus_client import generate_latest\ny = generate_latest()\n",
                ("metrics", "prometheus_client", 2),
            ),
            (
                "import prometheus_fastapi_instrumentator as p\np.Instrumentator().expose(app)\n",
                ("metrics", "prometheus-fastapi-instrumentator", 2),
            ),
        ],
    )
    def test_libraries(self, text: str, expected: tuple[str, str, int]) -> None:
        assert found(text) == [expected]


@pytest.mark.parametrize(
    ("arguments", "storage"),
    [
        ("key", ""),
        ("key, storage_uri='memory://'", "memory://"),
        ("key, storage_uri='redis://r'", "redis://r"),
        ("key, storage_uri=uri", None),
        ("key, storage_uri=f'redis://{host}'", None),
        ("key, **options", None),
    ],
)
def test_storage_of_a_limiter(arguments: str, storage: str | None) -> None:
    (one,) = find_state("app.py", f"{LIMITER}x = Limiter({arguments})\n").found

    assert one.storage == storage


def test_transports_of_sockets() -> None:
    text = "from flask_socketio import SocketIO\na = SocketIO(x, transports=['websocket'])\n"
    (one,) = find_state("app.py", text).found

    assert one.chosen


class TestSchedulers:
    @pytest.mark.parametrize(
        "text",
        [
            "s = BackgroundScheduler()\ns.start()\n",
            "def create_app():\n  s = BackgroundScheduler()\n  s.start()\n  return 1\n",
            "s = BackgroundScheduler()\n@asynccontextmanager\nasync def open(a):\n  s.start()\n",
            "s = BackgroundScheduler()\n@app.on_event('startup')\ndef go():\n  s.start()\n",
            "class A: pass\na = A()\na.s = BackgroundScheduler()\na.s.start()\n",
        ],
    )
    def test_that_every_process_starts(self, text: str) -> None:
        assert [one[0] for one in found(SCHEDULER + text)] == ["scheduler"]

    @pytest.mark.parametrize(
        "text",
        [
            "s = BackgroundScheduler()\n",
            "s = BackgroundScheduler()\nt.start()\n",
            "s = BackgroundScheduler()\nif __name__ == '__main__':\n  s.start()\n",
            "s = BackgroundScheduler()\nif lock():\n  s.start()\n",
            "s = BackgroundScheduler()\ntry:\n  lock()\n  s.start()\nexcept OSError: pass\n",
            "s = BackgroundScheduler()\ndef run():\n  s.start()\n",
            "s = BackgroundScheduler()\n@app.cli.command()\ndef run():\n  s.start()\n",
            "s = BackgroundScheduler()\ndef create_app():\n  if x:\n    return 1\n  s.start()\n",
        ],
    )
    def test_that_one_may_start(self, text: str) -> None:
        assert found(SCHEDULER + text) == []

    def test_a_program_of_its_own_is_no_application(self) -> None:
        text = (
            "from apscheduler.schedulers.background import BackgroundScheduler\n"
            "s = BackgroundScheduler()\ns.start()\n"
        )

        assert found(text) == []


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("RATELIMIT_STORAGE_URI = 'redis://r'\n", {"RATELIMIT_STORAGE"}),
        ("os.environ['PROMETHEUS_MULTIPROC_DIR'] = '/x'\n", {"prometheus_multiproc_dir"}),
        ("os.environ['prometheus_multiproc_dir'] = '/x'\n", {"prometheus_multiproc_dir"}),
        ("x = 1\n", set()),
    ],
)
def test_where_state_goes_instead(text: str, shares: set[str]) -> None:
    assert find_state("app.py", text).shares == shares


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert find_state("app.py", f"# flask_limiter\n{text}").path == "app.py"


def test_most_files_are_told_by_their_words() -> None:
    assert not mentions_state("from flask import Flask\n")
    assert mentions_state("import apscheduler\n")
