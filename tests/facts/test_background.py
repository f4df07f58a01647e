"""Task workers beside an application: which of them belong to it, and what they open."""

from __future__ import annotations

import pytest

from advisor.model import Origin
from tests.support.deployments import ENGINE, facts_of, known, origin, unknown

TWO = (
    "import os\nfrom sqlalchemy import create_engine\n"
    "a = create_engine('postgresql://db/shop')\nb = create_engine('postgresql://db/log')\n"
)
CHOSEN = (
    "import os\nfrom sqlalchemy import create_engine\n"
    "if os.environ.get('SLOW'):\n  a = create_engine('postgresql://db/shop', pool_size=2)\n"
    "else:\n  a = create_engine('postgresql://db/shop')\n"
)


def stack(worker: str, *, web: str = "build: .", db: str = ENGINE) -> dict[str, str]:
    """An application, one more service and a server."""
    compose = (
        f"services:\n  web:\n    {web}\n"
        "    command: gunicorn -w 2 -k uvicorn_worker.UvicornWorker -b :8000 shop:app\n"
        f"  worker:\n    {worker}\n  db: {{image: 'postgres:16'}}\n"
    )
    return {"compose.yaml": compose, "db.py": db}


def background(files: dict[str, str]) -> tuple[object, ...]:
    facts = facts_of(files, "stack.database")
    names = ("background", "background_formula", "background_name")
    return tuple(known(facts, f"connections.{name}") for name in names)


@pytest.mark.parametrize(
    ("worker", "expected"),
    [
        ("build: .\n    command: celery -A shop worker -c 4", (4, "4 tasks", "service worker")),
        ("build: .\n    command: rq worker", (1, "1 task", "service worker")),
        (
            "build: .\n    command: rq worker\n    deploy: {replicas: 3}",
            (3, "3 replicas × 1 task", "service worker"),
        ),
        (
            "build: .\n    command: celery -A shop worker -P threads -c 40",
            (15, "1 process × 15", "service worker"),
        ),
        (
            "build: .\n    command: dramatiq shop -p 2 -t 8",
            (16, "2 processes × 8", "service worker"),
        ),
        ("build: .\n    command: celery -A shop beat", (0, "", "")),
        ("build: other\n    command: celery -A shop worker -c 4", (0, "", "")),
        ("image: mailer\n    command: celery -A shop worker -c 4", (0, "", "")),
        (
            "build: .\n    command: rq worker\n    environment: {DATABASE_URL: 'postgresql://x/y'}",
            (0, "", ""),
        ),
    ],
)
def test_which_belong_to_the_application(worker: str, expected: tuple[object, ...]) -> None:
    assert background(stack(worker)) == expected


def test_every_pool_counts_unless_they_exclude_each_other() -> None:
    worker = "build: .\n    command: celery -A shop worker -c 4"

    assert background(stack(worker, db=TWO))[:2] == (8, "4 tasks × 2")
    assert background(stack(worker, db=CHOSEN))[:2] == (4, "4 tasks")


def test_the_same_image() -> None:
    worker = "image: shop:3\n    command: celery -A shop worker -c 4"
    files = {
        "compose.yaml": (
            "services:\n  web: {image: 'shop:3', command: gunicorn -w 2 shop:app}\n"
            f"  worker:\n    {worker}\n  db: {{image: 'postgres:16'}}\n"
        ),
        "db.py": ENGINE,
    }

    assert background(files)[0] == 4


def test_units_of_one_host() -> None:
    unit = "[Service]\nWorkingDirectory=/srv/shop\nExecStart=/srv/shop/venv/bin/{}\n"
    files = {
        "web.service": unit.format("gunicorn -w 2 shop:app"),
        "tasks.service": unit.format("celery -A shop worker -c 6"),
        "db.py": ENGINE,
        "postgresql.conf": "",
    }

    assert background(files) == (6, "6 tasks", "unit tasks.service")


def test_what_is_not_written_is_not_guessed() -> None:
    facts = facts_of(stack("build: .\n    command: celery -A shop worker"), "stack.database")

    assert "every cpu" in unknown(facts, "connections.background").reason


def test_it_is_an_assumption_at_the_place_of_the_command() -> None:
    facts = facts_of(stack("build: .\n    command: rq worker"), "stack.database")
    fact = facts["connections.background"]

    assert origin(facts, "connections.background") is Origin.ASSUMED
    assert fact.location is not None
    assert fact.location.line == 7
