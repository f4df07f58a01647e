"""Command lines of task queues: what runs, and how many tasks at once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.parsers.task_workers import TaskWorker, find_worker

WORDS = st.sampled_from(
    [
        "celery",
        "rq",
        "dramatiq",
        "worker",
        "-A",
        "-c",
        "-c4",
        "--pool",
        "sh -c 'x'",
        "'",
        "8",
        "=",
        "",
    ]
)


@pytest.mark.parametrize(
    ("line", "processes", "tasks"),
    [
        ("celery -A shop worker -c 8", 8, 1),
        ("celery -A shop worker -c8", 8, 1),
        ("celery -A shop worker --concurrency=8 -l info", 8, 1),
        ("celery --app shop worker --concurrency 8", 8, 1),
        ("/venv/bin/celery -A shop worker -c 2 -c 3", 3, 1),
        ("python -m celery -A shop worker -c 4", 4, 1),
        ("exec celery -A shop worker -c 4", 4, 1),
        ("celery -A shop worker", None, 1),
        ("celery -A shop worker -c many", None, 1),
        ("celery -A shop worker --autoscale=10,3 -c 2", 10, 1),
        ("celery -A shop worker --pool=solo", 1, 1),
        ("celery -A shop worker -P threads -c 20", 1, 20),
        ("celery -A shop worker --pool gevent -c 100", 1, 100),
        ("dramatiq shop.tasks -p 2 -t 4", 2, 4),
        ("dramatiq shop.tasks --processes 2", 2, 8),
        ("dramatiq shop.tasks", None, 8),
        ("rq worker high low", 1, 1),
        ("rq worker --url redis://queue", 1, 1),
        ("rq worker-pool -n 3", 3, 1),
    ],
)
def test_workers(line: str, processes: int | None, tasks: int) -> None:
    found = find_worker(line.split())

    assert found is not None
    assert (found.processes, found.tasks) == (processes, tasks)


def test_a_script_of_a_shell() -> None:
    found = find_worker(["sh", "-c", "wait-for db && celery -A shop worker -c 5"])

    assert found == TaskWorker("Celery", processes=5, tasks=1)


@pytest.mark.parametrize(
    "line",
    [
        "celery -A shop beat",
        "celery -A worker flower",
        "celery",
        "rq info",
        "rq",
        "gunicorn -w 4 worker:app",
        "python worker.py",
        "",
    ],
)
def test_everything_else(line: str) -> None:
    assert find_worker(line.split()) is None


@settings(max_examples=100, deadline=None)
@given(st.lists(WORDS, max_size=8))
def test_any_words_are_read(words: list[str]) -> None:
    found = find_worker(words)

    assert found is None or (found.processes or 0) >= 0
